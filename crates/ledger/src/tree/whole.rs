use std::num::NonZeroUsize;

use super::{Frontier, Hash, leaf_hash, threads};

/// How many levels a piece of work has: 1,024 entries are enough that handing them to a thread costs nothing beside
/// hashing them, and few enough that no thread waits long for the last.
const PIECE_LEVEL: u8 = 10;
const PIECE: u64 = 1 << PIECE_LEVEL;

/// What one piece of work comes to.
enum Done {
    /// A whole piece that begins at a multiple of its size: its root.
    Subtree(Hash),
    /// A piece at the edge: its leaf hashes.
    Leaves(Vec<Hash>),
}

impl Frontier {
    /// Adds these entries, using up to `threads` cores, for checking what is already stored. A ledger that is too large
    /// for the memory goes through here in parts; parts of some thousand entries, a multiple of 1,024, are quickest.
    pub fn extend<E: AsRef<[u8]> + Sync>(&mut self, entries: &[E], threads: NonZeroUsize) {
        let first = usize::try_from((PIECE - self.size() % PIECE) % PIECE).unwrap_or(usize::MAX).min(entries.len());
        let (unaligned, aligned) = entries.split_at(first);
        for entry in unaligned {
            self.push(leaf_hash(entry.as_ref()), &mut |_, _| ());
        }
        let pieces: Vec<&[E]> = aligned.chunks(1 << PIECE_LEVEL).collect();
        for done in threads::each(&pieces, threads, |piece| hash_piece(piece)) {
            match done {
                Done::Subtree(hash) => self.push_subtree(PIECE_LEVEL, hash, &mut |_, _| ()),
                Done::Leaves(hashes) => {
                    for hash in hashes {
                        self.push(hash, &mut |_, _| ());
                    }
                }
            }
        }
    }
}

fn hash_piece<E: AsRef<[u8]>>(piece: &[E]) -> Done {
    let leaves = piece.iter().map(|entry| leaf_hash(entry.as_ref()));
    if piece.len() == 1 << PIECE_LEVEL { Done::Subtree(root_of_hashes(leaves)) } else { Done::Leaves(leaves.collect()) }
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
