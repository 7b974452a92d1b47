//! Receipts (C2SP `tlog-proof`): that an entry is in a ledger, kept by whoever it concerns, and checked without asking
//! the ledger's keeper.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::checkpoint::{Checkpoint, OpenCheckpointError};
use crate::entry::{Entry, EntryError};
use crate::key::VerifierKey;
use crate::lines::{decimal, hashes, whole_lines};
use crate::note::{LONGEST_NOTE, Note, NoteError};
use crate::tree::{Hash, LONGEST_PROOF, MOST_LEAVES, ProofRefused, verify_inclusion};

/// The longest extra data of a receipt, in bytes.
pub const LONGEST_EXTRA: usize = 16 * 1024;

/// The longest receipt that is read, in bytes.
pub const LONGEST_RECEIPT: usize = LONGEST_NOTE + 32 * 1024;

/// The ending of a receipt's file name.
pub const FILE_ENDING: &str = ".tlog-proof";

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Where an entry is in a ledger, and what proves it. What parses is written again as the same bytes.
///
/// Sharewell puts the bytes of the entry into the extra data, so that a receipt can be checked by itself. Nothing signs
/// extra data; what makes an entry there worth anything is that the proof leads from it to the signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    extra: Option<Vec<u8>>,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: Note,
}

/// Why bytes are not a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`LONGEST_RECEIPT`].
    #[error("the receipt is longer than {LONGEST_RECEIPT} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the receipt is not plain text")]
    NotText,
    /// The first line is another one.
    #[error("a receipt begins with {FIRST_LINE}")]
    FirstLine,
    /// The extra data is not base64, or longer than [`LONGEST_EXTRA`].
    #[error("the line of extra data cannot be read")]
    Extra,
    /// The position is missing or not a number.
    #[error("the line with the entry's position cannot be read")]
    Index,
    /// A hash cannot be read, or there are more than any tree needs.
    #[error("the hashes of the proof cannot be read")]
    Proof,
    /// No blank line and checkpoint.
    #[error("the receipt ends before its checkpoint")]
    NoCheckpoint,
    /// The checkpoint is not a note.
    #[error("the receipt's checkpoint cannot be read: {0}")]
    Checkpoint(#[from] NoteError),
}

/// Why a receipt does not prove what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptRefused {
    /// The bytes are not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The checkpoint is not the ledger's.
    #[error(transparent)]
    Checkpoint(#[from] OpenCheckpointError),
    /// The entry is not where the receipt says.
    #[error("the entry is not in the ledger at this place: {0}")]
    Proof(#[from] ProofRefused),
}

/// That a witness has seen the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The name of the witness's key.
    pub name: String,
    /// When it signed, in seconds since 1970 in UTC.
    pub time: u64,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The entry, with the time at which its keeper says it was recorded.
    pub entry: Entry,
    /// Whose ledger it is in.
    pub origin: String,
    /// Its position there, from 0.
    pub index: u64,
    /// How many entries the ledger had when the receipt was given.
    pub size: u64,
    /// The root of the ledger's tree then.
    pub root: Hash,
    /// Which of the given witnesses have seen the ledger with this entry, and when: it existed by then, whatever its
    /// keeper says.
    pub witnesses: Vec<Witness>,
}

impl Receipt {
    /// A receipt for an entry, which it carries along as extra data. `None` if no tree has such a position
    /// or such a long proof.
    pub fn for_entry(entry: &Entry, index: u64, proof: Vec<Hash>, checkpoint: Note) -> Option<Self> {
        (index < MOST_LEAVES && proof.len() <= LONGEST_PROOF).then(|| Self {
            extra: Some(entry.to_bytes().to_vec()),
            index,
            proof,
            checkpoint,
        })
    }

    /// The extra data, not signed by anybody: in a receipt by Sharewell, the bytes of the entry.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The entry's position, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The hashes from the entry's sibling up to the root's child.
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The checkpoint as its note.
    pub fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Reads a receipt. Nothing is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > LONGEST_RECEIPT {
            return Err(ReceiptError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ReceiptError::NotText)?;
        let blank = text.find("\n\n").ok_or(ReceiptError::NoCheckpoint)?;
        let mut lines = whole_lines(&text[..=blank]).ok_or(ReceiptError::NoCheckpoint)?.peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(ReceiptError::FirstLine);
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).and_then(|line| line.strip_prefix("extra "));
        let extra = extra.map(read_extra).transpose()?;
        let index = lines.next().and_then(|line| decimal(line.strip_prefix("index ")?)).ok_or(ReceiptError::Index)?;
        let proof = hashes(lines.take(LONGEST_PROOF + 1))
            .filter(|proof| proof.len() <= LONGEST_PROOF)
            .ok_or(ReceiptError::Proof)?;
        Ok(Self { extra, index, proof, checkpoint: Note::parse(&bytes[blank + 2..])? })
    }

    /// What the receipt proves about the entry with these bytes, to somebody who knows the ledger's key and the keys of
    /// some witnesses. How many witnesses are enough is for the reader to say.
    pub fn verify(
        &self,
        entry: &[u8],
        log: &VerifierKey,
        witnesses: &[&VerifierKey],
    ) -> Result<Proved, ReceiptRefused> {
        let entry = Entry::parse(entry)?;
        let (checkpoint, signed) = Checkpoint::open(&self.checkpoint, log, witnesses)?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        verify_inclusion(&entry.leaf_hash(), self.index, size, &self.proof, &root)?;
        let witnesses = signed
            .into_iter()
            .filter_map(|signed| Some(Witness { name: signed.key.name().to_owned(), time: signed.time? }))
            .collect();
        Ok(Proved { entry, origin: checkpoint.origin().to_owned(), index: self.index, size, root, witnesses })
    }
}

/// The receipt's text.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn read_extra(encoded: &str) -> Result<Vec<u8>, ReceiptError> {
    if encoded.len() > LONGEST_EXTRA.div_ceil(3) * 4 {
        return Err(ReceiptError::Extra);
    }
    STANDARD.decode(encoded).map_err(|_| ReceiptError::Extra)
}
