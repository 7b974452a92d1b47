use std::ops::Range;

use super::frontier::fold;
use super::{Hash, MOST_LEAVES, Node, empty_root, node_hash};

/// Why a proof or a root cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// The tree has no such leaf.
    #[error("a tree of {size} entries has no entry {index}")]
    NoSuchLeaf {
        /// The leaf asked for, from 0.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tree cannot be consistent with a smaller one that came after it.
    #[error("a ledger of {old} entries cannot have grown into one of {new}")]
    Shrunk {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// More leaves than [`MOST_LEAVES`].
    #[error("a tree cannot have {0} leaves")]
    TooLarge(u64),
    /// A hash that is needed is not at hand.
    #[error("the hash at level {}, position {} of the tree is missing", .0.level, .0.index)]
    Missing(Node),
}

/// Why a proof is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// The leaf lies outside the tree.
    #[error("the tree has no such entry")]
    OutsideTree,
    /// The earlier tree is larger than the later one.
    #[error("the earlier tree is larger than the later one")]
    Shrunk,
    /// Every tree is consistent with an empty one, so that such a proof would say nothing.
    #[error("a proof from an empty tree says nothing")]
    FromEmpty,
    /// Too few or too many hashes for trees of these sizes.
    #[error("the proof has {given} hashes where these sizes need {needed}")]
    Length {
        /// How many hashes a proof for these sizes has.
        needed: usize,
        /// How many it has.
        given: usize,
    },
    /// The hashes do not lead to the root, or to the earlier root.
    #[error("the proof does not lead to the root")]
    OtherRoot,
}

/// The first leaf at which the right half of a tree of two or more leaves begins: the largest power of two below the
/// size (RFC 6962 §2.1).
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The leaves that each hash of an inclusion proof covers, in the order of the proof: from the leaf to the root
/// (RFC 6962 §2.1.1, `PATH`).
fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut begin, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(begin..middle);
            begin = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The way from the root of the new tree down to the largest subtree that ends where the old tree ended (RFC 6962
/// §2.1.2, `SUBPROOF`): the sibling left behind at each step, the highest first, and the subtree reached.
struct Descent {
    siblings: Vec<Range<u64>>,
    reached: Range<u64>,
}

fn consistency_descent(old: u64, new: u64) -> Descent {
    let (mut begin, mut end) = (0, new);
    let mut siblings = Vec::new();
    while end != old {
        let middle = begin + split(end - begin);
        if old <= middle {
            siblings.push(middle..end);
            end = middle;
        } else {
            siblings.push(begin..middle);
            begin = middle;
        }
    }
    Descent { siblings, reached: begin..end }
}

/// The leaves that each hash of a consistency proof covers, in the order of the proof.
fn consistency_ranges(old: u64, new: u64) -> Vec<Range<u64>> {
    if old == 0 || old == new {
        return Vec::new();
    }
    let Descent { siblings, reached } = consistency_descent(old, new);
    // A subtree that begins at leaf 0 is the whole old tree, whose root the verifier has.
    let reached = (reached.start > 0).then_some(reached);
    reached.into_iter().chain(siblings.into_iter().rev()).collect()
}

/// The complete subtrees that cover these leaves, the largest first. The leaves begin where a subtree of their number,
/// rounded up to a power of two, may begin: every range in a proof does.
fn complete_subtrees(leaves: &Range<u64>) -> impl Iterator<Item = Node> + use<> {
    let count = leaves.end - leaves.start;
    let mut begin = leaves.start;
    (0..64_u8).rev().filter(move |level| count >> level & 1 == 1).map(move |level| {
        let node = Node { level, index: begin >> level };
        begin += 1 << level;
        node
    })
}

fn nodes_of(ranges: &[Range<u64>]) -> Vec<Node> {
    ranges.iter().flat_map(complete_subtrees).collect()
}

fn known_hash(range: &Range<u64>, hash_of: &impl Fn(Node) -> Option<Hash>) -> Result<Hash, AssembleError> {
    let hashes = complete_subtrees(range)
        .map(|node| hash_of(node).ok_or(AssembleError::Missing(node)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(fold(&hashes).unwrap_or_else(empty_root))
}

fn within_most(size: u64) -> Result<(), AssembleError> {
    if size > MOST_LEAVES { Err(AssembleError::TooLarge(size)) } else { Ok(()) }
}

fn check_leaf(index: u64, size: u64) -> Result<(), AssembleError> {
    within_most(size)?;
    if index >= size { Err(AssembleError::NoSuchLeaf { index, size }) } else { Ok(()) }
}

fn check_growth(old: u64, new: u64) -> Result<(), AssembleError> {
    within_most(new)?;
    if old > new { Err(AssembleError::Shrunk { old, new }) } else { Ok(()) }
}

/// The complete subtrees whose hashes make the root of a tree of this size, the leftmost first; these are also the
/// hashes of its [`Frontier`](super::Frontier).
pub fn nodes_of_root(size: u64) -> Vec<Node> {
    complete_subtrees(&(0..size)).collect()
}

/// The complete subtrees whose hashes [`inclusion_proof`] needs.
pub fn nodes_of_inclusion(index: u64, size: u64) -> Result<Vec<Node>, AssembleError> {
    check_leaf(index, size)?;
    Ok(nodes_of(&inclusion_ranges(index, size)))
}

/// The complete subtrees whose hashes [`consistency_proof`] needs.
pub fn nodes_of_consistency(old: u64, new: u64) -> Result<Vec<Node>, AssembleError> {
    check_growth(old, new)?;
    Ok(nodes_of(&consistency_ranges(old, new)))
}

/// The root of a tree of `size` leaves, from the hashes of [`nodes_of_root`].
pub fn root_from(size: u64, hash_of: &impl Fn(Node) -> Option<Hash>) -> Result<Hash, AssembleError> {
    within_most(size)?;
    known_hash(&(0..size), hash_of)
}

/// The proof that leaf `index` is in the tree of `size` leaves (RFC 6962 §2.1.1), from the hashes of
/// [`nodes_of_inclusion`]. The parts at the right edge that are not complete are put together here and never stored.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    hash_of: &impl Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, AssembleError> {
    check_leaf(index, size)?;
    inclusion_ranges(index, size).iter().map(|range| known_hash(range, hash_of)).collect()
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962 §2.1.2), from the
/// hashes of [`nodes_of_consistency`]. It is empty when the sizes are equal, and when the old tree was empty.
pub fn consistency_proof(
    old: u64,
    new: u64,
    hash_of: &impl Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, AssembleError> {
    check_growth(old, new)?;
    consistency_ranges(old, new).iter().map(|range| known_hash(range, hash_of)).collect()
}

/// Checks that the leaf with this hash is leaf `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofRefused> {
    if index >= size {
        return Err(ProofRefused::OutsideTree);
    }
    let ranges = inclusion_ranges(index, size);
    if ranges.len() != proof.len() {
        return Err(ProofRefused::Length { needed: ranges.len(), given: proof.len() });
    }
    let reached = ranges.iter().zip(proof).fold(*leaf_hash, |below, (covered, sibling)| {
        if covered.start > index { node_hash(&below, sibling) } else { node_hash(sibling, &below) }
    });
    if reached == *root { Ok(()) } else { Err(ProofRefused::OtherRoot) }
}

/// Checks that the tree of `old_size` leaves with `old_root` is the beginning of the tree of `new_size` leaves with
/// `new_root`. Sizes that are equal need equal roots and no proof. Nothing is proved from an empty tree, and such a
/// proof is refused; whoever begins with nothing has nothing to compare.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofRefused> {
    if old_size > new_size {
        return Err(ProofRefused::Shrunk);
    }
    if old_size == 0 {
        return Err(ProofRefused::FromEmpty);
    }
    let Descent { siblings, reached } = consistency_descent(old_size, new_size);
    let whole_old_tree = reached.start == 0;
    let needed = siblings.len() + usize::from(!whole_old_tree);
    if proof.len() != needed {
        return Err(ProofRefused::Length { needed, given: proof.len() });
    }
    let (begin, upwards) = match proof.split_first() {
        Some((first, rest)) if !whole_old_tree => (first, rest),
        _ => (old_root, proof),
    };
    let (mut old, mut new) = (*begin, *begin);
    for (covered, sibling) in siblings.iter().rev().zip(upwards) {
        if covered.start < old_size {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
        } else {
            new = node_hash(&new, sibling);
        }
    }
    if old == *old_root && new == *new_root { Ok(()) } else { Err(ProofRefused::OtherRoot) }
}
