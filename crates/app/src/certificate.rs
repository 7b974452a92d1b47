//! A certificate of destruction as a file: what existed and under which rule it was destroyed, with the proof that each of the records was
//! entered in the ledger, and the certificate too. Whoever has the file and the ledger's key checks it without us (`sharewell verify`).

use std::collections::BTreeMap;

use casework::Destruction;
use ledger::entry::{Entry, meaning};
use ledger::key::VerifierKey;
use ledger::receipt::{Proved, Receipt, ReceiptError, ReceiptRefused};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::in_utc;

/// What the file begins with.
pub const ABOUT: &str =
    "A certificate of destruction by Sharewell. It names nobody. Check it with: sharewell verify FILE --key KEY";

/// The file. Nothing in it says anything about a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CertificateFile {
    /// What this is, and how it is checked.
    pub about: String,
    /// The organisation whose records they were.
    pub organisation: String,
    /// When it was destroyed (UTC).
    #[schema(format = DateTime)]
    pub destroyed_at: String,
    /// The job of the member who decided it. Their id stands in the certificate.
    pub decided_by_job: String,
    /// How many records of each kind existed.
    pub counts: BTreeMap<String, usize>,
    /// The certificate as it was recorded: what existed, with ids, times (microseconds since 1970, UTC), ledger entries and digests; the ground
    /// and the rule; who asked for it.
    #[schema(value_type = Object)]
    pub certificate: Destruction,
    /// The key of the organisation's ledger, to be compared with the one that the organisation gives by another way.
    pub ledger: String,
    /// The salt, in hexadecimal, with which the certificate's own entry is found to say the same as this file.
    pub salt: String,
    /// The receipt of the certificate's own entry (C2SP tlog-proof).
    pub receipt: String,
    /// The entries of the records that existed.
    pub entries: Vec<ProvedEntry>,
}

/// An entry of the ledger, with its proof.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProvedEntry {
    /// The entry's id, which the certificate names.
    #[schema(value_type = String)]
    pub entry: Uuid,
    /// Its number in the ledger, from 1.
    pub number: u64,
    /// Its receipt (C2SP tlog-proof).
    pub receipt: String,
}

/// What a certificate proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The certificate's own entry.
    pub own: Proved,
    /// The numbers of the entries of what existed, from 1, in the certificate's order.
    pub numbers: Vec<u64>,
}

/// Why a certificate does not hold.
#[derive(Debug, thiserror::Error)]
pub enum NotCertified {
    /// A receipt cannot be read.
    #[error("the receipt of {0} cannot be read: {1}")]
    Unreadable(String, ReceiptError),
    /// A receipt does not prove what it should.
    #[error("the receipt of {0} does not hold: {1}")]
    Refused(String, ReceiptRefused),
    /// A receipt carries no entry.
    #[error("the receipt of {0} carries no entry")]
    NoEntry(String),
    /// The ledger holds another text.
    #[error("the certificate does not say what was entered in the ledger")]
    AnotherText,
    /// The certificate says something else of a version than its entry does.
    #[error("the certificate says something else of {0} than the ledger")]
    Another(String),
    /// A version's entry is not in the file.
    #[error("the file has no proof for {0}")]
    NoProof(String),
    /// What stands beside the certificate, for whoever reads the file, is not what it says.
    #[error("the file says something else of {0} than the certificate in it")]
    Beside(&'static str),
    /// The salt is none.
    #[error("the salt cannot be read")]
    Salt,
    /// The certificate cannot be written as it was recorded.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl CertificateFile {
    /// Sees that the ledger with this key holds the certificate as it stands here, and every record that it names.
    ///
    /// # Errors
    /// The first thing that does not hold, and where.
    pub fn verify(&self, key: &VerifierKey, witnesses: &[&VerifierKey]) -> Result<Certified, NotCertified> {
        let own = proved("the certificate", &self.receipt, key, witnesses)?;
        let salt = salt_of(&self.salt).ok_or(NotCertified::Salt)?;
        if own.entry.meaning != meaning(&salt, &store::certificate_bytes(&self.certificate)?) {
            return Err(NotCertified::AnotherText);
        }
        if self.destroyed_at != in_utc(self.certificate.decided_at).to_string() {
            return Err(NotCertified::Beside("when it was destroyed"));
        }
        if self.counts != casework::counts(&self.certificate.existed) {
            return Err(NotCertified::Beside("how many records there were"));
        }
        let mut numbers = Vec::new();
        for existed in &self.certificate.existed {
            for version in &existed.versions {
                let what = format!("version {} of {} {}", version.version, existed.kind, existed.id);
                let entry = self.entries.iter().find(|entry| entry.entry == version.leaf);
                let entry = entry.ok_or_else(|| NotCertified::NoProof(what.clone()))?;
                let found = proved(&what, &entry.receipt, key, witnesses)?;
                let Entry { id, recorded_at, stored, .. } = found.entry;
                let same = id == version.leaf.into_bytes()
                    && recorded_at == version.recorded_at.micros()
                    && crate::words::hexadecimal(&stored) == version.stored_sha256
                    && found.index + 1 == entry.number;
                if !same {
                    return Err(NotCertified::Another(what));
                }
                numbers.push(entry.number);
            }
        }
        Ok(Certified { own, numbers })
    }
}

fn proved(what: &str, receipt: &str, key: &VerifierKey, witnesses: &[&VerifierKey]) -> Result<Proved, NotCertified> {
    let receipt = Receipt::parse(receipt.as_bytes()).map_err(|why| NotCertified::Unreadable(what.to_owned(), why))?;
    let entry = receipt.extra().ok_or_else(|| NotCertified::NoEntry(what.to_owned()))?;
    receipt.verify(entry, key, witnesses).map_err(|why| NotCertified::Refused(what.to_owned(), why))
}

fn salt_of(text: &str) -> Option<[u8; 32]> {
    let mut salt = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in salt.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(salt)
}
