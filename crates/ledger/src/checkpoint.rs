//! Checkpoints (C2SP `tlog-checkpoint`): the keeper of a ledger says how large it is and what its root is.

use crate::key::VerifierKey;
use crate::lines::{decimal, whole_lines};
use crate::note::{NotVerified, Note, NoteError, Signed, Signer};
use crate::tree::Hash;

/// What a ledger was at one moment. Whoever has two checkpoints of one ledger can demand proof that the larger one
/// continues the smaller one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The first line, which says whose ledger it is, is empty.
    #[error("a checkpoint begins with the name of its ledger")]
    Origin,
    /// The second line is not a size.
    #[error("the second line of a checkpoint is the ledger's size")]
    Size,
    /// The third line is not a hash.
    #[error("the third line of a checkpoint is the ledger's root hash")]
    Root,
    /// A further line is empty, or the last one does not end.
    #[error("every line of a checkpoint has text and an end")]
    Lines,
}

/// Why a note is not a checkpoint of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenCheckpointError {
    /// Nobody has to look at a text that the ledger's key has not signed.
    #[error(transparent)]
    NotVerified(#[from] NotVerified),
    /// Witnesses signed, the ledger did not.
    #[error("{0} has not signed this checkpoint")]
    NotByLedger(String),
    /// Signed, and not a checkpoint.
    #[error(transparent)]
    Malformed(#[from] CheckpointError),
    /// A checkpoint of another ledger under the same key.
    #[error("this is a checkpoint of {found}, not of {expected}")]
    OtherLedger {
        /// The ledger whose key was given.
        expected: String,
        /// The ledger that the checkpoint names.
        found: String,
    },
}

impl Checkpoint {
    /// The checkpoint of the ledger that signs with this key: its origin is the key's name.
    pub fn new(log: &VerifierKey, size: u64, root: Hash) -> Self {
        Self { origin: log.name().to_owned(), size, root, extensions: Vec::new() }
    }

    /// Whose ledger it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the ledger had.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the ledger's tree.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Further lines, which Sharewell neither writes nor understands; they are kept.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Reads the text of a note. What parses is written again as the same text.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = whole_lines(text).ok_or(CheckpointError::Lines)?;
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or(CheckpointError::Origin)?;
        let size = lines.next().and_then(decimal).ok_or(CheckpointError::Size)?;
        let root = lines.next().and_then(Hash::from_base64).ok_or(CheckpointError::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// The text that the keeper of the ledger and its witnesses sign.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The checkpoint as a note, signed by the keeper of the ledger.
    pub fn sign(&self, signer: &Signer) -> Result<Note, NoteError> {
        Note::sign(&self.to_text(), signer)
    }

    /// The checkpoint in a note, if the ledger with this key has signed it, and who of the witnesses did so too. The
    /// origin must be the key's name.
    pub fn open<'k>(
        note: &Note,
        log: &'k VerifierKey,
        witnesses: &[&'k VerifierKey],
    ) -> Result<(Self, Vec<Signed<'k>>), OpenCheckpointError> {
        let keys: Vec<&VerifierKey> = std::iter::once(log).chain(witnesses.iter().copied()).collect();
        let (by_log, by_witnesses): (Vec<_>, Vec<_>) =
            note.verify(&keys)?.into_iter().partition(|signed| signed.key == log);
        if by_log.is_empty() {
            return Err(OpenCheckpointError::NotByLedger(log.name().to_owned()));
        }
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != log.name() {
            return Err(OpenCheckpointError::OtherLedger { expected: log.name().to_owned(), found: checkpoint.origin });
        }
        Ok((checkpoint, by_witnesses))
    }
}
