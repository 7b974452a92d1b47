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

/// How the name of the file ends in which a ledger's key remembers what it signed last.
const SIGNED: &str = ".signed";

/// The same for what may not be kept in the database yet.
pub(crate) const BEING_KEPT: &str = ".signed.new";

/// What a ledger's key signed last, as the files beside it say. All entries that it covers were committed before.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastSigned {
    /// The last checkpoint that the database keeps.
    pub(crate) kept: Option<Checkpoint>,
    /// A later one that the database may not keep yet: the program may have been cut off in between.
    pub(crate) being_kept: Option<Checkpoint>,
}

impl LastSigned {
    /// Both, the earlier one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Checkpoint> {
        self.kept.iter().chain(&self.being_kept)
    }

    /// How many entries were signed at last.
    pub(crate) fn size(&self) -> u64 {
        self.all().last().map_or(0, Checkpoint::size)
    }
}

/// Where the last signed checkpoint is kept.
pub(crate) fn signed_file(folder: &Path, organisation: OrganisationId) -> PathBuf {
    folder.join(format!("{organisation}{SIGNED}"))
}

fn being_kept_file(folder: &Path, organisation: OrganisationId) -> PathBuf {
    folder.join(format!("{organisation}{BEING_KEPT}"))
}

/// What this key signed last, as its files say; nothing before the first time.
pub(crate) fn last_signed(folder: &Path, organisation: OrganisationId) -> Result<LastSigned, KeyError> {
    // First the later one: it may be put in the earlier one's place meanwhile.
    let path = being_kept_file(folder, organisation);
    // What a power cut left half written was not kept, nor shown to anybody.
    let being_kept = content(&path)?.and_then(|text| checkpoint_in(&text, organisation));
    let path = signed_file(folder, organisation);
    let read = |text: Vec<u8>| checkpoint_in(&text, organisation).ok_or(KeyError::Malformed(path.clone()));
    let kept = content(&path)?.map(read).transpose()?;
    let place = |checkpoint: &Checkpoint| (epoch_of(checkpoint.origin(), organisation), checkpoint.size());
    let being_kept = being_kept.filter(|new| kept.as_ref().is_none_or(|kept| place(new) > place(kept)));
    Ok(LastSigned { kept, being_kept })
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(KeyError::File(path.to_owned(), e)),
    }
}

/// The checkpoint of this organisation's ledger that a file holds.
fn checkpoint_in(text: &[u8], organisation: OrganisationId) -> Option<Checkpoint> {
    let checkpoint = Checkpoint::parse(Note::parse(text).ok()?.text()).ok()?;
    epoch_of(checkpoint.origin(), organisation).is_some().then_some(checkpoint)
}

/// Every ledger that keys of this folder have signed, with what they signed last.
pub(crate) fn signed_ledgers(folder: &Path) -> Result<BTreeMap<OrganisationId, LastSigned>, KeyError> {
    let failed = |e: io::Error| KeyError::File(folder.to_owned(), e);
    let mut ledgers = BTreeMap::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let name = file.map_err(failed)?.file_name();
        let whose = |name: &str| name.strip_suffix(SIGNED).or(name.strip_suffix(BEING_KEPT))?.parse().ok();
        if let Some(organisation) = name.to_str().and_then(whose) {
            let signed = last_signed(folder, organisation)?;
            if signed.all().next().is_some() {
                ledgers.insert(organisation, signed);
            }
        }
    }
    Ok(ledgers)
}

/// Remembers what is signed before the database keeps it, and anybody can see it: so that it outlives a power cut and a database that
/// is put back.
pub(crate) fn remember_signed(folder: &Path, organisation: OrganisationId, note: &str) -> Result<(), KeyError> {
    let path = being_kept_file(folder, organisation);
    let failed = |e: io::Error| KeyError::File(path.clone(), e);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(failed)?;
    file.write_all(note.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Remembers that the database keeps what was signed: from then on it must.
pub(crate) fn remember_kept(folder: &Path, organisation: OrganisationId) -> Result<(), KeyError> {
    let path = signed_file(folder, organisation);
    let failed = |e: io::Error| KeyError::File(path.clone(), e);
    fs::rename(being_kept_file(folder, organisation), &path).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
