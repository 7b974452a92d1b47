//! The tree against the definition in RFC 6962 §2.1, written out as naively as it stands there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use sharewell_ledger::tree::{
    AssembleError, Frontier, Hash, MOST_LEAVES, Node, ProofRefused, consistency_proof, empty_root, inclusion_proof,
    leaf_hash, node_hash, nodes_of_consistency, nodes_of_inclusion, nodes_of_root, root_from, root_of, root_of_hashes,
    verify_consistency, verify_inclusion,
};

/// MTH of RFC 6962.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// The largest power of two smaller than n.
fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// PATH of RFC 6962.
fn naive_inclusion(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = if m < k {
        (naive_inclusion(m, left), naive_root(right))
    } else {
        (naive_inclusion(m - k, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962.
fn naive_consistency(m: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if complete { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = if m <= k {
        (naive_consistency(m, left, complete), naive_root(right))
    } else {
        (naive_consistency(m - k, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// A tree grown leaf by leaf, with every complete subtree that was reported, and the leaves themselves.
fn grown(leaves: &[Hash]) -> (Frontier, HashMap<Node, Hash>) {
    let mut frontier = Frontier::new();
    let mut stored = HashMap::new();
    for (index, leaf) in leaves.iter().enumerate() {
        stored.insert(Node { level: 0, index: index as u64 }, *leaf);
        frontier.push(*leaf, &mut |node, hash| {
            assert_eq!(stored.insert(node, hash), None, "{node:?} is completed once");
        });
    }
    (frontier, stored)
}

#[test]
fn every_tree_up_to_seventy_leaves_has_the_root_and_the_proofs_of_the_definition() {
    for size in 0..=70 {
        let leaves = leaves(size);
        let (frontier, stored) = grown(&leaves);
        let hash_of = |node: Node| stored.get(&node).copied();
        let root = naive_root(&leaves);
        let n = size as u64;
        assert_eq!(frontier.root(), root);
        assert_eq!(root_from(n, &hash_of), Ok(root));
        assert_eq!(root_of_hashes(leaves.iter().copied()), root);
        let kept: Vec<Hash> = nodes_of_root(n).into_iter().map(|node| stored[&node]).collect();
        assert_eq!(kept, frontier.hashes());
        assert_eq!(Frontier::from_parts(n, kept), Ok(frontier));

        for index in 0..size {
            let proof = inclusion_proof(index as u64, n, &hash_of).unwrap();
            assert_eq!(proof, naive_inclusion(index, &leaves));
            assert_eq!(verify_inclusion(&leaves[index], index as u64, n, &proof, &root), Ok(()));
        }
        for old in 1..=size {
            let proof = consistency_proof(old as u64, n, &hash_of).unwrap();
            assert_eq!(proof, naive_consistency(old, &leaves, true));
            let old_root = naive_root(&leaves[..old]);
            assert_eq!(verify_consistency(old as u64, &old_root, n, &root, &proof), Ok(()));
        }
    }
}

#[test]
fn a_proof_asks_for_no_hash_beyond_those_it_names() {
    let leaves = leaves(53);
    let (_, stored) = grown(&leaves);
    let asked = RefCell::new(Vec::new());
    let hash_of = |node: Node| {
        asked.borrow_mut().push(node);
        stored.get(&node).copied()
    };
    for small in 1..53 {
        inclusion_proof(small, 53, &hash_of).unwrap();
        assert_eq!(asked.take(), nodes_of_inclusion(small, 53).unwrap());
        consistency_proof(small, 53, &hash_of).unwrap();
        assert_eq!(asked.take(), nodes_of_consistency(small, 53).unwrap());
    }
    let missing = Node { level: 4, index: 2 };
    let without = |node: Node| stored.get(&node).copied().filter(|_| node != missing);
    assert_eq!(inclusion_proof(3, 53, &without), Err(AssembleError::Missing(missing)));
}

#[test]
fn what_no_tree_can_have_is_said_and_not_computed() {
    let nothing = |_: Node| None;
    assert_eq!(inclusion_proof(3, 3, &nothing), Err(AssembleError::NoSuchLeaf { index: 3, size: 3 }));
    assert_eq!(nodes_of_consistency(4, 3), Err(AssembleError::Shrunk { old: 4, new: 3 }));
    assert_eq!(nodes_of_inclusion(0, MOST_LEAVES + 1), Err(AssembleError::TooLarge(MOST_LEAVES + 1)));
    assert!(Frontier::from_parts(MOST_LEAVES + 1, vec![empty_root()]).is_err());
    assert!(Frontier::from_parts(6, vec![empty_root()]).is_err());
    assert_eq!(consistency_proof(0, 9, &nothing), Ok(Vec::new()));
    assert_eq!(verify_consistency(0, &empty_root(), 9, &empty_root(), &[]), Err(ProofRefused::FromEmpty));
    assert!(nodes_of_inclusion(MOST_LEAVES - 1, MOST_LEAVES).is_ok());
}

#[test]
fn a_ledger_recomputed_on_several_cores_and_in_parts_has_the_same_root() {
    let entries: Vec<[u8; 8]> = (0..5_003_u64).map(u64::to_le_bytes).collect();
    let plain = root_of_hashes(entries.iter().map(|entry| leaf_hash(entry)));
    for threads in [1, 2, 7] {
        let threads = NonZeroUsize::new(threads).unwrap();
        assert_eq!(root_of(&entries, threads), plain);
        for part in [1, 700, 1_024, 4_096] {
            let mut frontier = Frontier::new();
            entries.chunks(part).for_each(|part| frontier.extend(part, threads));
            assert_eq!((frontier.size(), frontier.root()), (5_003, plain));
        }
        for first in [1, 1_023, 1_025] {
            let mut frontier = Frontier::new();
            frontier.extend(&entries[..first], threads);
            frontier.extend(&entries[first..], threads);
            assert_eq!((frontier.size(), frontier.root()), (5_003, plain), "beginning within a part");
        }
    }
}

#[test]
fn a_ledger_recomputed_on_several_cores_notes_the_subtrees_that_growing_it_leaf_by_leaf_completes() {
    let entries: Vec<[u8; 8]> = (0..9_219_u64).map(u64::to_le_bytes).collect();
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (_, all) = grown(&hashes);
    for wanted in [|level: u8| level.is_multiple_of(8), |level| level > 8, |_| true] {
        let expected: HashMap<Node, Hash> = all
            .iter()
            .filter(|(node, _)| node.level > 0 && wanted(node.level))
            .map(|(node, hash)| (*node, *hash))
            .collect();
        for (threads, part) in [(1, 9_219), (2, 8_192), (7, 2_000), (2, 1_025), (3, 1)] {
            let (mut frontier, mut noted) = (Frontier::new(), HashMap::new());
            for part in entries.chunks(part) {
                let threads = NonZeroUsize::new(threads).unwrap();
                frontier.extend_noting(part, threads, wanted, &mut |node, hash| {
                    assert_eq!(noted.insert(node, hash), None, "{node:?} was noted twice");
                });
            }
            assert_eq!(noted, expected);
        }
    }
}

#[test]
fn a_hash_has_one_spelling() {
    let hash = leaf_hash(b"one spelling");
    let text = hash.to_string();
    assert_eq!(Hash::from_base64(&text), Some(hash));
    let unpadded = text.trim_end_matches('=');
    for other in [unpadded.to_owned(), format!("{text}\n"), format!(" {text}"), text.replace('=', "A"), String::new()] {
        assert_eq!(Hash::from_base64(&other), None, "{other:?}");
    }
    // The last character before the padding carries two bits that must be zero.
    let last = unpadded.chars().last().unwrap();
    let mut others = 0;
    for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).filter(|other| *other != last) {
        let changed = format!("{}{other}=", &unpadded[..42]);
        if let Some(decoded) = Hash::from_base64(&changed) {
            assert_ne!(decoded, hash);
            others += 1;
        }
    }
    assert_eq!(others, 15, "of 64 characters 16 are permitted there");
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

proptest! {
    #[test]
    fn a_larger_tree_agrees_with_the_definition(size in 1_usize..600, at in any::<prop::sample::Index>()) {
        let leaves = leaves(size);
        let (frontier, stored) = grown(&leaves);
        let hash_of = |node: Node| stored.get(&node).copied();
        let (index, n, root) = (at.index(size), size as u64, naive_root(&leaves));
        prop_assert_eq!(frontier.root(), root);
        let inclusion = inclusion_proof(index as u64, n, &hash_of).unwrap();
        prop_assert_eq!(&inclusion, &naive_inclusion(index, &leaves));
        prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, n, &inclusion, &root), Ok(()));
        let old = index + 1;
        let consistency = consistency_proof(old as u64, n, &hash_of).unwrap();
        prop_assert_eq!(&consistency, &naive_consistency(old, &leaves, true));
        let old_root = naive_root(&leaves[..old]);
        prop_assert_eq!(verify_consistency(old as u64, &old_root, n, &root, &consistency), Ok(()));
    }

    #[test]
    fn no_changed_proof_is_believed(
        size in 2_usize..300,
        at in any::<prop::sample::Index>(),
        change in any::<prop::sample::Index>(),
        bit in 0_usize..256,
        stranger in any_hash(),
    ) {
        let leaves = leaves(size);
        let (frontier, stored) = grown(&leaves);
        let hash_of = |node: Node| stored.get(&node).copied();
        let (index, n, root) = (at.index(size) as u64, size as u64, frontier.root());
        let leaf = leaves[at.index(size)];
        let proof = inclusion_proof(index, n, &hash_of).unwrap();

        let mut flipped = proof.clone();
        flipped[change.index(proof.len())].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verify_inclusion(&leaf, index, n, &flipped, &root), Err(ProofRefused::OtherRoot));
        let mut longer = proof.clone();
        longer.insert(change.index(proof.len() + 1), stranger);
        prop_assert!(verify_inclusion(&leaf, index, n, &longer, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, n, &proof[1..], &root).is_err());
        prop_assert!(verify_inclusion(&stranger, index, n, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, n, &proof, &stranger).is_err());
        for other in 0..n {
            prop_assert_eq!(verify_inclusion(&leaf, other, n, &proof, &root).is_ok(), other == index);
        }

        let old = at.index(size - 1) as u64 + 1;
        let old_root = naive_root(&leaves[..=at.index(size - 1)]);
        let proof = consistency_proof(old, n, &hash_of).unwrap();
        let mut flipped = proof.clone();
        flipped[change.index(proof.len())].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verify_consistency(old, &old_root, n, &root, &flipped), Err(ProofRefused::OtherRoot));
        prop_assert!(verify_consistency(old, &stranger, n, &root, &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, n, &stranger, &proof).is_err());
        prop_assert!(verify_consistency(old, &root, n, &old_root, &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, n, &root, &proof[1..]).is_err());
    }

    #[test]
    fn any_sizes_and_hashes_are_refused_without_a_panic(
        (one, other) in any::<(u64, u64)>(),
        proof in prop::collection::vec(any_hash(), 0..70),
        hash in any_hash(),
        root in any_hash(),
    ) {
        prop_assert!(verify_inclusion(&hash, one, other, &proof, &root).is_err());
        prop_assert!(verify_consistency(one, &hash, other, &root, &proof).is_err());
        let nothing = |_: Node| None;
        prop_assert!(inclusion_proof(one, other, &nothing).is_err());
        prop_assert!(consistency_proof(one, other, &nothing).is_err() || one == other);
        prop_assert!(Frontier::from_parts(one, proof).is_ok() <= (one <= MOST_LEAVES));
    }
}
