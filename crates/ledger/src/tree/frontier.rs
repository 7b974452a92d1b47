use super::{Hash, MOST_LEAVES, Node, empty_root, node_hash};

/// What a tree needs in order to grow: its size, and the hashes of the complete subtrees that its leaves divide into,
/// the largest (leftmost) first. A tree of a million leaves has at most twenty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

/// Why a size and hashes are not a frontier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// A tree of this size has another number of complete subtrees.
    #[error("a tree of {size} leaves is held by {needed} hashes, not by {given}")]
    HashCount {
        /// The size given.
        size: u64,
        /// How many hashes that size needs.
        needed: u32,
        /// How many there are.
        given: usize,
    },
    /// More leaves than [`MOST_LEAVES`].
    #[error("a tree cannot have {0} leaves")]
    TooLarge(u64),
}

impl Frontier {
    /// The frontier of a tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frontier that was kept: the hashes are those of [`nodes_of_root`](super::nodes_of_root), in that order.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, FrontierError> {
        if size > MOST_LEAVES {
            return Err(FrontierError::TooLarge(size));
        }
        let needed = size.count_ones();
        if usize::try_from(needed) != Ok(hashes.len()) {
            return Err(FrontierError::HashCount { size, needed, given: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the complete subtrees, the leftmost first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Adds a leaf by its [`leaf_hash`](super::leaf_hash), and calls `completed` with every subtree above level 0 that
    /// this leaf completes, the lowest first.
    pub fn push(&mut self, leaf: Hash, completed: &mut impl FnMut(Node, Hash)) {
        self.push_subtree(0, leaf, completed);
    }

    /// Adds a complete subtree at once. The caller sees to it that the size is a multiple of 2^`level`.
    pub(super) fn push_subtree(&mut self, level: u8, subtree: Hash, completed: &mut impl FnMut(Node, Hash)) {
        debug_assert!(self.size.trailing_zeros() >= u32::from(level), "a subtree begins at a multiple of its size");
        let mut hash = subtree;
        let mut level = level;
        let mut index = self.size >> level;
        self.size += 1 << level;
        // As in adding one to a binary number: every 1 that carries is a left sibling that is now complete.
        while index & 1 == 1 {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            index >>= 1;
            completed(Node { level, index }, hash);
        }
        self.hashes.push(hash);
    }

    /// The root of the tree as it is now.
    pub fn root(&self) -> Hash {
        fold(&self.hashes).unwrap_or_else(empty_root)
    }
}

/// Complete subtrees beside each other, the largest first, as one hash: the smaller ones on the right are joined first,
/// since every right-hand part of an RFC 6962 tree is such a tree itself. `None` when there are none.
pub(super) fn fold(hashes: &[Hash]) -> Option<Hash> {
    hashes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right))
}
