//! Cosignatures (C2SP `tlog-cosignature`, `cosignature/v1`): a witness says that, at this time, this was the largest
//! checkpoint of this ledger it had seen, and that it continues all those it had seen before.

use zeroize::Zeroizing;

use crate::checkpoint::Checkpoint;
use crate::key::{KeyError, Kind, PrivateKey, VerifierKey};
use crate::note::NoteSignature;

/// The latest time a cosignature may bear.
const LATEST: u64 = i64::MAX as u64;

/// What the witness signs: a heading that no other text has, the time, and the checkpoint.
fn message(time: u64, checkpoint: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{checkpoint}")
}

/// The time that the witness signed at, if this is its signature of the checkpoint: eight bytes of time, big-endian, and
/// an Ed25519 signature.
pub(crate) fn time_if_right(key: &VerifierKey, checkpoint: &str, signature: &[u8]) -> Option<u64> {
    let (time, signature) = signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let is_right = time <= LATEST
        && Checkpoint::parse(checkpoint).is_ok()
        && key.has_signed(message(time, checkpoint).as_bytes(), signature);
    is_right.then_some(time)
}

/// A private key that cosigns checkpoints. It must serve nothing else: a cosignature does not name the witness.
#[derive(Debug)]
pub struct Cosigner(PrivateKey);

impl Cosigner {
    /// The key of this name made from 32 random bytes (RFC 8032 §5.1.5).
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        PrivateKey::from_seed(name, Kind::Cosignature, seed).map(Self)
    }

    /// Reads `PRIVATE+KEY+name+id+base64`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        PrivateKey::parse(text, Kind::Cosignature).map(Self)
    }

    /// The text that [`Cosigner::parse`] reads: a secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// The public key, for those who verify.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.0.public()
    }

    /// Signs what the witness has seen, at a time in seconds since 1970 in UTC. Call it through
    /// [`witness::consider`](crate::witness::consider), which first checks that the ledger has only grown. `None` for the
    /// year 1970's first second and for times beyond 2^63 − 1, which a witness may not give.
    pub(crate) fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Option<NoteSignature> {
        if time == 0 || time > LATEST {
            return None;
        }
        let signature = self.0.sign(message(time, &checkpoint.to_text()).as_bytes());
        Some(NoteSignature::new(self.0.public(), [time.to_be_bytes().as_slice(), &signature].concat()))
    }
}
