use std::num::NonZeroUsize;

use super::{Frontier, Hash, Node, leaf_hash, threads};

/// How many levels a piece of work has: 1,024 entries are enough that handing them to a thread costs nothing beside
/// hashing them, and few enough that no thread waits long for the last.
const PIECE_LEVEL: u8 = 10;
const PIECE: u64 = 1 << PIECE_LEVEL;

/// What one piece of work comes to.
enum Done {
    /// A whole piece that begins at a multiple of its size: its root, and the subtrees within it that were asked for.
    Subtree(Hash, Vec<(Node, Hash)>),
    /// A piece at the edge: its leaf hashes.
    Leaves(Vec<Hash>),
}

impl Frontier {
    /// Adds these entries, using up to `threads` cores, for checking what is already stored. A ledger that is too large
    /// for the memory goes through here in parts; parts of some thousand entries, a multiple of 1,024, are quickest.
    pub fn extend<E: AsRef<[u8]> + Sync>(&mut self, entries: &[E], threads: NonZeroUsize) {
        self.extend_noting(entries, threads, |_| false, &mut |_, _| ());
    }

    /// The same, and calls `completed` with every subtree above level 0 that these entries complete and whose level is `wanted`; none
    /// comes before those within it.
    pub fn extend_noting<E: AsRef<[u8]> + Sync>(
        &mut self,
        entries: &[E],
        threads: NonZeroUsize,
        wanted: impl Fn(u8) -> bool + Sync,
        completed: &mut impl FnMut(Node, Hash),
    ) {
        let mut note = |node: Node, hash: Hash| {
            if wanted(node.level) {
                completed(node, hash);
            }
        };
        let first = usize::try_from((PIECE - self.size() % PIECE) % PIECE).unwrap_or(usize::MAX).min(entries.len());
        let (unaligned, aligned) = entries.split_at(first);
        for entry in unaligned {
            self.push(leaf_hash(entry.as_ref()), &mut note);
        }
        let pieces: Vec<&[E]> = aligned.chunks(1 << PIECE_LEVEL).collect();
        for done in threads::each(&pieces, threads, |piece| hash_piece(piece, &wanted)) {
            match done {
                Done::Subtree(hash, within) => {
                    let piece = self.size() >> PIECE_LEVEL;
                    for (Node { level, index }, hash) in within {
                        note(Node { level, index: (piece << (PIECE_LEVEL - level)) + index }, hash);
                    }
                    self.push_subtree(PIECE_LEVEL, hash, &mut note);
                }
                Done::Leaves(hashes) => {
                    for hash in hashes {
                        self.push(hash, &mut note);
                    }
                }
            }
        }
    }
}

/// The nodes of a whole piece have their index within it.
fn hash_piece<E: AsRef<[u8]>>(piece: &[E], wanted: &impl Fn(u8) -> bool) -> Done {
    let leaves = piece.iter().map(|entry| leaf_hash(entry.as_ref()));
    if piece.len() != 1 << PIECE_LEVEL {
        return Done::Leaves(leaves.collect());
    }
    let (mut tree, mut within) = (Frontier::new(), Vec::new());
    for leaf in leaves {
        tree.push(leaf, &mut |node, hash| {
            if wanted(node.level) {
                within.push((node, hash));
            }
        });
    }
    Done::Subtree(tree.root(), within)
}

/// Splits entries that follow a tree of `size` leaves where the tree reaches `stop` leaves: before it, and after it.
pub fn split_at_size<E>(entries: &[E], size: u64, stop: Option<u64>) -> (&[E], &[E]) {
    let before = stop.and_then(|stop| usize::try_from(stop.saturating_sub(size)).ok());
    entries.split_at(before.unwrap_or(entries.len()).min(entries.len()))
}

/// As many threads as there are cores for this program; one where that cannot be said.
pub fn all_cores() -> NonZeroUsize {
    threads::all()
}

/// The root of the tree over these leaf hashes.
pub fn root_of_hashes(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(leaf, &mut |_, _| ());
    }
    frontier.root()
}

/// The root of the tree over these entries, using up to `threads` cores.
pub fn root_of<E: AsRef<[u8]> + Sync>(entries: &[E], threads: NonZeroUsize) -> Hash {
    let mut frontier = Frontier::new();
    frontier.extend(entries, threads);
    frontier.root()
}
