//! The tree of RFC 6962: SHA-256, leaves prefixed with 0, inner nodes with 1.
//!
//! [`Frontier`] grows a tree one leaf at a time and keeps a handful of hashes. [`inclusion_proof`] and
//! [`consistency_proof`] are put together from hashes of complete subtrees ([`Node`]), which never change once they
//! are complete and can be stored. [`verify_inclusion`] and [`verify_consistency`] need nothing but the proof.

mod frontier;
mod proof;
#[cfg_attr(target_family = "wasm", path = "tree/one_core.rs")]
mod threads;
mod whole;

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

pub use frontier::{Frontier, FrontierError};
pub use proof::{
    AssembleError, ProofRefused, consistency_proof, inclusion_proof, nodes_of_consistency, nodes_of_inclusion,
    nodes_of_root, root_from, verify_consistency, verify_inclusion,
};
pub use whole::{all_cores, root_of, root_of_hashes, split_at_size};

/// The most leaves a tree may have: what a signed 64-bit number holds, so that sizes can be stored in a database.
pub const MOST_LEAVES: u64 = i64::MAX as u64;

/// The most hashes a proof about a tree of any permitted size has: one for each level, and one more at the start of a
/// consistency proof.
pub const LONGEST_PROOF: usize = 64;

/// A SHA-256 hash of a leaf, of an inner node or of a whole tree. Shown in base64, as checkpoints and proofs have it;
/// `Debug` shows hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Reads the 44 characters of standard base64 that [`Display`](fmt::Display) writes, and nothing else: every hash
    /// has one spelling.
    pub fn from_base64(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 44 {
            return None;
        }
        // The decoder wants room for whole groups of three bytes.
        let mut room = [0; 33];
        let length = STANDARD.decode_slice(text, &mut room).ok()?;
        hash.copy_from_slice(room.get(..length).filter(|decoded| decoded.len() == 32)?);
        Some(Self(hash))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// The hash of a leaf: `SHA-256(0x00 | entry)` (RFC 6962 §2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of an inner node: `SHA-256(0x01 | left | right)` (RFC 6962 §2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Hash(Sha256::digest(bytes).into())
}

/// The root of a tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// A complete subtree: the 2^`level` leaves that begin at leaf `index` · 2^`level`. Level 0 is a leaf. Its hash stays
/// the same however much the tree grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// The height above the leaves.
    pub level: u8,
    /// The position among the subtrees of this level, from 0.
    pub index: u64,
}
