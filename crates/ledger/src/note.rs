//! Signed notes (C2SP `signed-note`): a text, a blank line, and signature lines. The text says nothing until
//! [`Note::verify`] has found a signature of a key that the reader knows.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::cosignature;
use crate::key::{KeyError, KeyId, Kind, PrivateKey, VerifierKey, is_name};
use crate::lines::whole_lines;

/// The longest note that is read, in bytes: room for many post-quantum signatures that are kept and passed on.
pub const LONGEST_NOTE: usize = 256 * 1024;

/// The most signatures a note may have. C2SP asks for at least 16.
pub const MOST_SIGNATURES: usize = 64;

/// What a signature line begins with: an em dash and a space.
const LINE_START: &str = "\u{2014} ";

/// Why bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`LONGEST_NOTE`].
    #[error("the note is longer than {LONGEST_NOTE} bytes")]
    TooLong,
    /// Not UTF-8, or with control characters other than newlines.
    #[error("the note is not plain text")]
    NotText,
    /// The text does not end in a newline, or no blank line and signature follow it.
    #[error("a note is a text, a blank line, and one or more signatures")]
    Shape,
    /// A line below the blank line is not a signature.
    #[error("line {0} below the blank line is not a signature")]
    SignatureLine(usize),
    /// More than [`MOST_SIGNATURES`].
    #[error("a note has at most {MOST_SIGNATURES} signatures")]
    TooManySignatures,
}

/// Why a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// A line bears the name and id of a known key, but its signature is not that key's.
    #[error("the signature of {0} is not right: the text or the signature was altered")]
    WrongSignature(String),
    /// No known key has signed it.
    #[error("nobody known here has signed this")]
    NoKnownSignature,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: KeyId,
    signature: Vec<u8>,
}

impl NoteSignature {
    pub(crate) fn new(key: &VerifierKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().to_owned(), id: key.id(), signature }
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key that is said to have signed.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The signature's bytes, after the key id.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether the line bears this key's name and id. It says nothing about the signature.
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// Reads one line, without its newline.
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded).ok()?;
        let (id, signature) = decoded.split_first_chunk::<4>()?;
        let plausible = is_name(name) && !signature.is_empty();
        plausible.then(|| Self { name: name.to_owned(), id: KeyId(*id), signature: signature.to_vec() })
    }

    /// Reads signature lines, each with its newline, as a witness answers. At least one, at most [`MOST_SIGNATURES`].
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, NoteError> {
        if text.len() > LONGEST_NOTE {
            return Err(NoteError::TooLong);
        }
        if !is_plain(text) {
            return Err(NoteError::NotText);
        }
        let mut signatures = Vec::new();
        for (at, line) in whole_lines(text).ok_or(NoteError::Shape)?.enumerate() {
            if at == MOST_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(Self::parse(line).ok_or(NoteError::SignatureLine(at + 1))?);
        }
        Ok(signatures)
    }
}

/// The line, with its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.0.as_slice(), &self.signature].concat();
        writeln!(f, "{LINE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Who has signed a note, as found by [`Note::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'k> {
    /// The key, one of those that the reader gave.
    pub key: &'k VerifierKey,
    /// For a cosignature: when the witness signed, in seconds since 1970 in UTC.
    pub time: Option<u64>,
}

/// A text and the signatures under it. What parses is written again as the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note. Nothing is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > LONGEST_NOTE {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        if !is_plain(whole) {
            return Err(NoteError::NotText);
        }
        // The text may have blank lines of its own: the last one divides.
        let blank = whole.rfind("\n\n").ok_or(NoteError::Shape)?;
        let (text, rest) = whole.split_at(blank + 1);
        Ok(Self { text: text.to_owned(), signatures: NoteSignature::parse_lines(&rest[1..])? })
    }

    /// A note of this text, which ends in a newline and has no control characters, under its first signature.
    pub fn sign(text: &str, signer: &Signer) -> Result<Self, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Shape);
        }
        if !is_plain(text) {
            return Err(NoteError::NotText);
        }
        let note = Self { text: text.to_owned(), signatures: vec![signer.sign(text)] };
        if note.to_string().len() > LONGEST_NOTE { Err(NoteError::TooLong) } else { Ok(note) }
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, known or not, in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature; one of the same key is replaced, so that a witness who signs again does not make the note grow.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        let same = |one: &&mut NoteSignature| one.name == signature.name && one.id == signature.id;
        if let Some(earlier) = self.signatures.iter_mut().find(same) {
            *earlier = signature;
            return Ok(());
        }
        if self.signatures.len() == MOST_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        if self.to_string().len() + signature.to_string().len() > LONGEST_NOTE {
            return Err(NoteError::TooLong);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The same text with those lines only that bear this key's name and id. It says nothing about the signatures.
    pub(crate) fn only_of(&self, key: &VerifierKey) -> Self {
        let signatures = self.signatures.iter().filter(|line| line.is_of(key)).cloned().collect();
        Self { text: self.text.clone(), signatures }
    }

    /// Which of these keys have signed, each once, in the order of the lines. Signatures of other keys say nothing and
    /// are passed over; a wrong signature under a known key's name and id refuses the whole note, and so does a note that
    /// no known key has signed.
    pub fn verify<'k>(&self, keys: &[&'k VerifierKey]) -> Result<Vec<Signed<'k>>, NotVerified> {
        let mut signed: Vec<Signed<'k>> = Vec::new();
        for signature in &self.signatures {
            for &key in keys.iter().filter(|key| signature.is_of(key)) {
                let time = self.check(key, &signature.signature)?;
                if !signed.iter().any(|earlier| earlier.key == key) {
                    signed.push(Signed { key, time });
                }
            }
        }
        if signed.is_empty() { Err(NotVerified::NoKnownSignature) } else { Ok(signed) }
    }

    /// Checks one signature; a cosignature bears a time.
    fn check(&self, key: &VerifierKey, signature: &[u8]) -> Result<Option<u64>, NotVerified> {
        let wrong = || NotVerified::WrongSignature(key.name().to_owned());
        match key.kind() {
            Kind::Note if key.has_signed(self.text.as_bytes(), signature) => Ok(None),
            Kind::Note => Err(wrong()),
            Kind::Cosignature => cosignature::time_if_right(key, &self.text, signature).map(Some).ok_or_else(wrong),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

/// No ASCII control character but the newline (C2SP `signed-note`).
fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte < 0x20 && byte != b'\n')
}

/// A private key that signs notes: the keeper of a ledger signs its checkpoints with one.
#[derive(Debug)]
pub struct Signer(PrivateKey);

impl Signer {
    /// The key of this name made from 32 random bytes (RFC 8032 §5.1.5).
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        PrivateKey::from_seed(name, Kind::Note, seed).map(Self)
    }

    /// Reads `PRIVATE+KEY+name+id+base64`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        PrivateKey::parse(text, Kind::Note).map(Self)
    }

    /// The text that [`Signer::parse`] reads: a secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// The public key, for those who verify.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.0.public()
    }

    fn sign(&self, text: &str) -> NoteSignature {
        NoteSignature::new(self.0.public(), self.0.sign(text.as_bytes()).to_vec())
    }
}
