//! The ledger's signing key, and what it signed last: files beside the keys, which the database cannot read or turn back.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::OrganisationId;
use ledger::checkpoint::Checkpoint;
use ledger::cosignature::Cosigner;
use ledger::note::{Note, Signer};

use crate::KeyError;
use crate::seal::Key;

const HEADING: &str = "sharewell ledger key 1";

/// The name of an organisation's ledger. After a restore it is taken up again under the next epoch's name, since nobody
/// may sign a smaller tree under the old one.
pub(crate) fn origin(organisation: OrganisationId, epoch: i64) -> String {
    if epoch == 1 { format!("sharewell/{organisation}") } else { format!("sharewell/{organisation}/epoch-{epoch}") }
}

/// Which epoch of this organisation's ledger a name is of; `None` for a name of another ledger.
pub(crate) fn epoch_of(name: &str, organisation: OrganisationId) -> Option<i64> {
    let first = origin(organisation, 1);
    match name.strip_prefix(&first)?.strip_prefix("/epoch-") {
        Some(epoch) => epoch.parse().ok().filter(|&epoch| epoch > 1 && origin(organisation, epoch) == name),
        None => (name == first).then_some(1),
    }
}

/// An organisation's ledger key: it signs checkpoints of its own ledger, and with a second key derived from it the
/// checkpoints of partners.
#[derive(Debug)]
pub(crate) struct LedgerKey {
    organisation: OrganisationId,
    seed: Key,
}

impl LedgerKey {
    /// Makes the key file. It is never written over.
    pub(crate) fn create(folder: &Path, organisation: OrganisationId, random: [u8; 32]) -> Result<Self, KeyError> {
        let seed = Key::new(random);
        crate::keyring::write_key(&key_file(folder, organisation), &heading(organisation), &seed)?;
        Ok(Self { organisation, seed })
    }

    pub(crate) fn open(folder: &Path, organisation: OrganisationId) -> Result<Self, KeyError> {
        let seed = crate::keyring::read_key(&key_file(folder, organisation), &heading(organisation))?;
        Ok(Self { organisation, seed })
    }

    pub(crate) fn exists(folder: &Path, organisation: OrganisationId) -> bool {
        key_file(folder, organisation).exists()
    }

    /// Signs checkpoints of this organisation's ledger in one epoch.
    pub(crate) fn signer(&self, epoch: i64) -> Result<Signer, crate::StoreError> {
        Ok(Signer::from_seed(&origin(self.organisation, epoch), self.seed.bytes())?)
    }

    /// Signs checkpoints of partners, as their witness.
    pub(crate) fn cosigner(&self) -> Result<Cosigner, crate::StoreError> {
        let name = format!("sharewell/{}/witness", self.organisation);
        Ok(Cosigner::from_seed(&name, self.seed.derive(b"sharewell 1 witness key").bytes())?)
    }
}

fn heading(organisation: OrganisationId) -> String {
    format!("{HEADING} {organisation}")
}

fn key_file(folder: &Path, organisation: OrganisationId) -> PathBuf {
    folder.join(format!("{organisation}.ledger-key"))
}

/// Where the last signed checkpoint is kept.
pub(crate) fn signed_file(folder: &Path, organisation: OrganisationId) -> PathBuf {
    folder.join(format!("{organisation}.signed"))
}

/// The checkpoint that this key signed last, as its file says; `None` before the first.
pub(crate) fn last_signed(folder: &Path, organisation: OrganisationId) -> Result<Option<Checkpoint>, KeyError> {
    let path = signed_file(folder, organisation);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(KeyError::File(path, e)),
    };
    let malformed = || KeyError::Malformed(path.clone());
    let note = Note::parse(text.as_bytes()).map_err(|_| malformed())?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|_| malformed())?;
    Ok(Some(checkpoint))
}

/// What every ledger's key of this folder signed last.
pub(crate) type LastSigned = BTreeMap<OrganisationId, Checkpoint>;

/// Every ledger that keys of this folder have signed, with what they signed last.
pub(crate) fn signed_ledgers(folder: &Path) -> Result<LastSigned, KeyError> {
    let failed = |e: io::Error| KeyError::File(folder.to_owned(), e);
    let mut ledgers = LastSigned::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let name = file.map_err(failed)?.file_name();
        let organisation = name.to_str().and_then(|name| name.strip_suffix(".signed")?.parse().ok());
        if let Some(organisation) = organisation
            && let Some(signed) = last_signed(folder, organisation)?
        {
            ledgers.insert(organisation, signed);
        }
    }
    Ok(ledgers)
}

/// Remembers what was signed, so that it outlives a power cut and a database that is put back.
pub(crate) fn remember_signed(folder: &Path, organisation: OrganisationId, note: &str) -> Result<(), KeyError> {
    let path = signed_file(folder, organisation);
    let new = folder.join(format!("{organisation}.signed.new"));
    let failed = |e: io::Error| KeyError::File(path.clone(), e);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(failed)?;
    file.write_all(note.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&new, &path).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
