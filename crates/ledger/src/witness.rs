//! Witnessing (C2SP `tlog-witness`, `add-checkpoint`): the keeper of a ledger sends a checkpoint and the proof that it
//! continues the last one; the witness checks it and answers with a cosignature. A witness sees sizes, hashes and
//! signatures, never an entry.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoint;
use crate::cosignature::Cosigner;
use crate::key::VerifierKey;
use crate::lines::{decimal, hashes, whole_lines};
use crate::note::{LONGEST_NOTE, NotVerified, Note, NoteError, NoteSignature};
use crate::tree::{Hash, MOST_LEAVES, empty_root, verify_consistency};

/// The most hashes a request may have (C2SP `tlog-witness`).
pub const MOST_PROOF_LINES: usize = 63;

/// The longest request that is read, in bytes.
pub const LONGEST_REQUEST: usize = LONGEST_NOTE + 4 * 1024;

/// The media type of the answer to a request whose old size is not the one the witness saw last.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// The request: a checkpoint, and the proof that it continues the one of `old_size` entries. What parses is written
/// again as the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    old_size: u64,
    proof: Vec<Hash>,
    note: Note,
    claimed: Checkpoint,
}

impl AddCheckpoint {
    /// A request of the ledger's keeper. `None` if the note is not a checkpoint, or the proof or the size is
    /// more than any ledger's.
    pub fn new(old_size: u64, proof: Vec<Hash>, note: Note) -> Option<Self> {
        let claimed = Checkpoint::parse(note.text()).ok()?;
        (old_size <= MOST_LEAVES && proof.len() <= MOST_PROOF_LINES).then_some(Self { old_size, proof, note, claimed })
    }

    /// Reads a request's body. Nothing is verified.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        Self::read(body).ok_or(Refusal::Malformed)
    }

    fn read(body: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(body).ok().filter(|body| body.len() <= LONGEST_REQUEST)?;
        let blank = body.find("\n\n")?;
        let mut lines = whole_lines(&body[..=blank])?;
        let old_size = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof = hashes(lines.take(MOST_PROOF_LINES + 1))?;
        Self::new(old_size, proof, Note::parse(&body.as_bytes()[blank + 2..]).ok()?)
    }

    /// The size of the checkpoint that this one continues, 0 for the first.
    pub fn old_size(&self) -> u64 {
        self.old_size
    }

    /// What the request says the ledger is, not yet verified: its origin is what the witness looks up the ledger's key
    /// and its last checkpoint by.
    pub fn claimed(&self) -> &Checkpoint {
        &self.claimed
    }

    /// The checkpoint as its note.
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// The request's body.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// The last checkpoint of a ledger that a witness has cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The ledger's size.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
}

impl Seen {
    /// What has been seen of a ledger that was never witnessed.
    pub fn nothing() -> Self {
        Self { size: 0, root: empty_root() }
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a request, or the old size is larger than the checkpoint's.
    #[error("this is not a request to witness a checkpoint")]
    Malformed,
    /// A ledger that this witness does not watch.
    #[error("this ledger is not watched here")]
    UnknownLog,
    /// Not signed by the ledger's key.
    #[error("the ledger's own signature is missing or wrong")]
    NotSigned,
    /// The old size is not the one seen last; this one is.
    #[error("the last checkpoint seen here has {seen} entries")]
    OtherSize {
        /// The size seen last.
        seen: u64,
    },
    /// The proof does not show that the ledger has only grown.
    #[error("nothing proves that this ledger continues the one seen before")]
    NotProved,
    /// The witness's clock gives a time that a cosignature cannot bear.
    #[error("the witness does not know the time")]
    NoTime,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::UnknownLog => 404,
            Self::NotSigned => 403,
            Self::OtherSize { .. } => 409,
            Self::NotProved => 422,
            Self::NoTime => 500,
        }
    }

    /// The body of the answer: the size seen last as C2SP `tlog-witness` wants it (with [`SIZE_MEDIA_TYPE`]), and a
    /// sentence otherwise.
    pub fn body(self) -> String {
        match self {
            Self::OtherSize { seen } => format!("{seen}\n"),
            other => format!("{other}\n"),
        }
    }
}

/// What a witness stores and answers. Both belong together: it is stored, in the transaction that read what was seen
/// before, and only then answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What is now the last checkpoint seen.
    pub seen: Seen,
    /// The answer, as one line of text.
    pub cosignature: NoteSignature,
    /// The checkpoint with the ledger's signature and this one: what a witness shows to those who ask what it saw.
    pub note: Note,
}

/// Whether a witness cosigns: `log` is the key that it has for the ledger the request names, if any, `seen` the last
/// checkpoint it cosigned ([`Seen::nothing`] if none), `time` in seconds since 1970 in UTC.
pub fn consider(
    request: &AddCheckpoint,
    log: Option<&VerifierKey>,
    seen: Seen,
    witness: &Cosigner,
    time: u64,
) -> Result<Witnessed, Refusal> {
    consider_sender(request, log)?;
    let log = log.ok_or(Refusal::UnknownLog)?;
    // Its note is the request's, and the ledger has signed that.
    let AddCheckpoint { old_size, proof, claimed: checkpoint, .. } = request;
    if *old_size != seen.size {
        return Err(Refusal::OtherSize { seen: seen.size });
    }
    let proved = if checkpoint.size() == 0 {
        proof.is_empty() && checkpoint.root() == empty_root()
    } else if seen.size == 0 {
        proof.is_empty()
    } else {
        verify_consistency(seen.size, &seen.root, checkpoint.size(), &checkpoint.root(), proof).is_ok()
    };
    if !proved {
        return Err(Refusal::NotProved);
    }
    let cosignature = witness.cosign(checkpoint, time).ok_or(Refusal::NoTime)?;
    let mut note = request.note.only_of(log);
    note.add(cosignature.clone()).map_err(|_| Refusal::Malformed)?;
    Ok(Witnessed { seen: Seen { size: checkpoint.size(), root: checkpoint.root() }, cosignature, note })
}

/// What a request is refused for before it matters what was seen of the ledger: so that a stranger's costs no look at it.
pub fn consider_sender(request: &AddCheckpoint, log: Option<&VerifierKey>) -> Result<(), Refusal> {
    let log = log.filter(|log| log.name() == request.claimed.origin()).ok_or(Refusal::UnknownLog)?;
    Checkpoint::open(&request.note, log, &[]).map_err(|_| Refusal::NotSigned)?;
    if request.old_size > request.claimed.size() { Err(Refusal::Malformed) } else { Ok(()) }
}

/// The size in the answer to a request whose old size was another (`409`, [`SIZE_MEDIA_TYPE`]): a number and a newline.
pub fn read_size(body: &[u8]) -> Option<u64> {
    decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

/// Under which name a witness shows the last checkpoint that it cosigned of a ledger, `GET PREFIX/NAME/checkpoint`: SHA-256 of
/// the origin in hexadecimal digits.
pub fn origin_name(origin: &str) -> String {
    Sha256::digest(origin).iter().fold(String::with_capacity(64), |mut name, byte| {
        use fmt::Write as _;
        // A string takes whatever is written to it.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// Why the ledger's keeper does not take a witness's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not signature lines.
    #[error("the witness did not answer with a signature: {0}")]
    Malformed(#[from] NoteError),
    /// Not, or not rightly, signed by this witness.
    #[error("the answer is not by this witness: {0}")]
    NotVerified(#[from] NotVerified),
}

/// What a witness answered (`200 OK`), checked, and added to the checkpoint's note; also when it signed, in seconds since
/// 1970 in UTC. Lines of keys other than this witness's are passed over.
pub fn take_answer(note: &Note, answer: &[u8], witness: &VerifierKey) -> Result<(Note, u64), AnswerError> {
    let answer = std::str::from_utf8(answer).map_err(|_| NoteError::NotText)?;
    let mut cosigned = note.clone();
    for signature in NoteSignature::parse_lines(answer)?.into_iter().filter(|line| line.is_of(witness)) {
        cosigned.add(signature)?;
    }
    let time = cosigned.verify(&[witness])?.first().and_then(|signed| signed.time);
    Ok((cosigned, time.ok_or(NotVerified::NoKnownSignature)?))
}
