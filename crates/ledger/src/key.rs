//! Keys that sign notes, as text: C2SP `signed-note` verifier keys (`name+id+base64`), and the private keys that Go's
//! `note` package writes (`PRIVATE+KEY+name+id+base64`).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The longest name of a key, in bytes.
pub const LONGEST_NAME: usize = 255;

/// What a key signs, and how: the signature type of C2SP `signed-note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `0x01`: Ed25519 over the text of a note; the keeper of a ledger.
    Note,
    /// `0x04`: Ed25519 over the time and the text of a checkpoint; a witness.
    Cosignature,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Note, Self::Cosignature].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// Why a text is not a key, or not one that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name is not empty and has no space, plus or control character.
    #[error("the name of a key must not be empty, longer than {LONGEST_NAME} bytes, or have spaces or plus signs")]
    Name,
    /// Not the parts of a key in their order.
    #[error("this is not a key: it should read name+id+key")]
    Malformed,
    /// A signature type that is not Ed25519, of a note or of a checkpoint.
    #[error("keys of type {0:#04x} are not known here")]
    UnknownKind(u8),
    /// The id does not belong to the name and the key: one of the three was altered or mistyped.
    #[error("the key's id does not belong to its name and key: check that it was copied whole")]
    OtherId,
    /// Not a point of the curve, or one for which anybody can make signatures.
    #[error("this is not an Ed25519 key that can be relied on")]
    NotAKey,
}

/// The first four bytes of a hash over name, kind and key: tells keys of one name apart (C2SP `signed-note`). It is no
/// proof of anything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    fn of(name: &str, kind: Kind, key: &VerifyingKey) -> Self {
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', kind.byte()]).chain_update(key.as_bytes()).finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Whether this may be the name of a key (C2SP `signed-note`: not empty, no Unicode space, no plus).
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|character| character.is_whitespace() || character == '+')
}

/// A public key and the name that goes with it. As text: the *vkey* of C2SP `signed-note`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    kind: Kind,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, kind: Kind, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_name(name) || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(KeyError::Name);
        }
        if key.is_weak() {
            return Err(KeyError::NotAKey);
        }
        Ok(Self { name: name.to_owned(), id: KeyId::of(name, kind, &key), kind, key })
    }

    /// Reads `name+id+base64(kind | key)`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // Base64 may have plus signs too; the name and the id have none.
        let (name, id, kind, key) = parts(text)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::NotAKey)?;
        let parsed = Self::new(name, kind, key)?;
        if parsed.id.to_string() == id { Ok(parsed) } else { Err(KeyError::OtherId) }
    }

    /// The name, which is also the origin of the ledger when the key is a ledger's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same key under another name: a ledger that is taken up again after a restore goes on under a new one.
    pub fn named(&self, name: &str) -> Result<Self, KeyError> {
        Self::new(name, self.kind, self.key)
    }

    /// The id that signatures of this key bear.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether this is this key's signature of the message. Strict, so that every verifier comes to the same answer.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = [self.kind.byte(); 33];
        key[1..].copy_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

/// A private key with its public part. `Debug` shows the public part only; the private part is wiped from memory when it
/// is dropped.
pub(crate) struct PrivateKey {
    public: VerifierKey,
    key: SigningKey,
}

/// What stands before the name in a private key.
const PRIVATE: &str = "PRIVATE+KEY+";

impl PrivateKey {
    pub(crate) fn from_seed(name: &str, kind: Kind, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        Ok(Self { public: VerifierKey::new(name, kind, key.verifying_key())?, key })
    }

    pub(crate) fn parse(text: &str, expected: Kind) -> Result<Self, KeyError> {
        let (name, id, kind, seed) = parts(text.strip_prefix(PRIVATE).ok_or(KeyError::Malformed)?)?;
        let seed = Zeroizing::new(seed);
        if kind != expected {
            return Err(KeyError::UnknownKind(kind.byte()));
        }
        let parsed = Self::from_seed(name, kind, &seed)?;
        if parsed.public.id.to_string() == id { Ok(parsed) } else { Err(KeyError::OtherId) }
    }

    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut key = Zeroizing::new([self.public.kind.byte(); 33]);
        key[1..].copy_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(STANDARD.encode(*key));
        Zeroizing::new(format!("{PRIVATE}{}+{}+{}", self.public.name, self.public.id, *encoded))
    }

    pub(crate) fn public(&self) -> &VerifierKey {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey of {:?}", self.public)
    }
}

/// Name, id, kind and key of `name+id+base64(kind | key)`.
fn parts(text: &str) -> Result<(&str, &str, Kind, [u8; 32]), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Malformed);
    };
    // Long enough for the largest key anyone has assigned, and no longer.
    if encoded.len() > 4_096 {
        return Err(KeyError::Malformed);
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| KeyError::Malformed)?);
    let (byte, key) = decoded.split_first().ok_or(KeyError::Malformed)?;
    let kind = Kind::from_byte(*byte).ok_or(KeyError::UnknownKind(*byte))?;
    Ok((name, id, kind, key.try_into().map_err(|_| KeyError::NotAKey)?))
}
