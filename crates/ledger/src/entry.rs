//! An entry of the ledger: that something was recorded, when, and what ties it to its record. It holds no name, no kind
//! of event and no organisation; once the key of the record is destroyed, it says nothing about anybody.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::tree::{Hash, leaf_hash};

/// How many bytes an entry has: version, id, time, and two digests.
pub const ENTRY_LENGTH: usize = 1 + 16 + 8 + 32 + 32;

/// The version of the entry's layout, its first byte.
const VERSION: u8 = 1;

/// One entry of the ledger. Its bytes are the leaf of the tree:
///
/// | bytes | what |
/// |---|---|
/// | 0 | version, 1 |
/// | 1–16 | `id` |
/// | 17–24 | `recorded_at`, signed, big-endian |
/// | 25–56 | `meaning` |
/// | 57–88 | `stored` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// An id that says nothing but the time, which the stored record bears too.
    pub id: [u8; 16],
    /// When it was recorded, in microseconds since 1970 in UTC.
    pub recorded_at: i64,
    /// What was recorded, for those who can read it: see [`meaning`].
    pub meaning: [u8; 32],
    /// What is stored, for those who cannot: see [`stored_digest`].
    pub stored: [u8; 32],
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Too few or too many bytes.
    #[error("a ledger entry has {ENTRY_LENGTH} bytes, not {0}")]
    Length(usize),
    /// A layout that this program does not know.
    #[error("ledger entries of version {0} are not known here")]
    Version(u8),
}

impl Entry {
    /// The leaf's bytes.
    pub fn to_bytes(&self) -> [u8; ENTRY_LENGTH] {
        let mut bytes = [VERSION; ENTRY_LENGTH];
        bytes[1..17].copy_from_slice(&self.id);
        bytes[17..25].copy_from_slice(&self.recorded_at.to_be_bytes());
        bytes[25..57].copy_from_slice(&self.meaning);
        bytes[57..].copy_from_slice(&self.stored);
        bytes
    }

    /// Reads a leaf's bytes. Every entry has one spelling: what parses is written again as the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let bytes: &[u8; ENTRY_LENGTH] = bytes.try_into().map_err(|_| EntryError::Length(bytes.len()))?;
        let [version, rest @ ..] = bytes;
        if *version != VERSION {
            return Err(EntryError::Version(*version));
        }
        let mut entry = Self { id: [0; 16], recorded_at: 0, meaning: [0; 32], stored: [0; 32] };
        let mut time = [0; 8];
        entry.id.copy_from_slice(&rest[..16]);
        time.copy_from_slice(&rest[16..24]);
        entry.recorded_at = i64::from_be_bytes(time);
        entry.meaning.copy_from_slice(&rest[24..56]);
        entry.stored.copy_from_slice(&rest[56..]);
        Ok(entry)
    }

    /// The hash of this entry as a leaf of the tree.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.to_bytes())
    }
}

/// The digest of what is stored, which anyone can compute who has the database and no key: SHA-256 of the associated
/// data and of the sealed bytes (nonce, ciphertext and tag as they lie there), each after its length in eight bytes,
/// big-endian. The lengths keep a byte from moving unseen from one part to the other.
pub fn stored_digest(associated_data: &[u8], sealed: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [associated_data, sealed] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// What ties an entry to what was recorded: HMAC-SHA256 of the canonical record, padded as it was before sealing, under
/// a salt derived from the record's own key. Without the salt nobody can tell a record from another by guessing at its
/// text, and the salt is gone when the key is destroyed.
pub fn meaning(salt: &[u8; 32], record: &[u8]) -> [u8; 32] {
    // HMAC fills a key up to its block with zeros; done here, the call cannot fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(salt);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    mac.update(record);
    mac.finalize().into_bytes().into()
}
