//! Key files: one for the installation and one for each organisation, outside the database and its backups.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use casework::OrganisationId;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::bound::RowKey;
use crate::keyfiles::{KeyFiles, Leftover};
use crate::seal::Key;

/// The name of the installation's key file.
pub(crate) const INSTALLATION_FILE: &str = "installation.key";

/// What lies beside keys that were made before their installation.
const UNUSED_FILE: &str = "not-in-use-yet";

/// Lies among keys that were restored until their database stands in its place. A restore that was killed between the two leaves it.
const RESTORING_FILE: &str = "restore-unfinished";

const INSTALLATION: &str = "sharewell installation key 1";
const ORGANISATION: &str = "sharewell organisation key 1";

/// The keys in memory while the program runs.
#[derive(Debug)]
pub(crate) struct KeyRing {
    folder: PathBuf,
    installation: Key,
    /// Derived once: every request asks for it.
    rows: RowKey,
    organisations: RwLock<BTreeMap<OrganisationId, Vec<Held>>>,
    /// What changes of keys that were cut off had left.
    leftovers: Mutex<Vec<Leftover>>,
}

/// A key, and its commitment worked out once.
#[derive(Debug)]
struct Held {
    key: Key,
    commitment: [u8; 32],
}

/// How many keys of one organisation are kept in memory: the newest, and the one before, for views of the database that began
/// before it was changed.
const IN_MEMORY: usize = 2;

impl KeyRing {
    /// Makes the keys of an installation that is yet to be made, and marks them so.
    pub(crate) fn create_ahead(folder: &Path, random: [u8; 32]) -> Result<(), KeyError> {
        Self::create(folder, random)?;
        let mark = folder.join(UNUSED_FILE);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&mark).map_err(|e| KeyError::File(mark, e))?;
        Ok(())
    }

    /// The keys of a new installation: those that were made ahead for it, or else new ones.
    pub(crate) fn for_new_installation(folder: &Path, random: [u8; 32]) -> Result<Self, KeyError> {
        if folder.join(UNUSED_FILE).exists() { Self::open(folder) } else { Self::create(folder, random) }
    }

    /// Says that the keys have their installation now.
    pub(crate) fn in_use(&self) -> Result<(), KeyError> {
        unmark(self.folder.join(UNUSED_FILE))
    }

    /// Says of a folder of keys that their database is not in its place yet.
    pub(crate) fn mark_restoring(folder: &Path) -> Result<(), KeyError> {
        let mark = folder.join(RESTORING_FILE);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&mark);
        made.and_then(|file| file.sync_all()).map_err(|e| KeyError::File(mark, e))
    }

    /// Whether a restore left these keys without their database.
    pub(crate) fn is_restoring(folder: &Path) -> bool {
        folder.join(RESTORING_FILE).exists()
    }

    /// Says that the database of restored keys is in its place.
    pub(crate) fn restored(folder: &Path) -> Result<(), KeyError> {
        unmark(folder.join(RESTORING_FILE))
    }

    /// Makes the folder and the installation's key. A key is never written over.
    pub(crate) fn create(folder: &Path, random: [u8; 32]) -> Result<Self, KeyError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| KeyError::File(folder.to_owned(), e))?;
        let key = Key::new(random);
        write_key(&installation_file(folder), INSTALLATION, &key)?;
        Ok(Self::with(folder, key))
    }

    /// Reads the installation's key; organisations' keys are read by [`Self::load`].
    pub(crate) fn open(folder: &Path) -> Result<Self, KeyError> {
        let installation = read_key(&installation_file(folder), INSTALLATION)?;
        Ok(Self::with(folder, installation))
    }

    /// No keys at all: nothing can be opened with it, and what needs none can still be compared.
    pub(crate) fn none() -> Self {
        Self::with(Path::new(""), Key::new([0; 32]))
    }

    fn with(folder: &Path, installation: Key) -> Self {
        let rows = RowKey::of(&installation);
        Self {
            folder: folder.to_owned(),
            installation,
            rows,
            organisations: RwLock::default(),
            leftovers: Mutex::default(),
        }
    }

    /// Makes an organisation's key file.
    pub(crate) fn create_organisation_key(&self, id: OrganisationId, random: [u8; 32]) -> Result<Key, KeyError> {
        let key = Key::new(random);
        write_key(&self.organisation_file(id), &heading(id), &key)?;
        self.keep(id, key.clone());
        Ok(key)
    }

    /// Reads an organisation's key and checks that it is the one whose commitment the database holds.
    pub(crate) fn load(&self, id: OrganisationId, commitment: &[u8]) -> Result<(), KeyError> {
        let (key, _) = KeyFiles::of(&self.folder, id).find(commitment)?;
        self.keep(id, key);
        Ok(())
    }

    pub(crate) fn check_installation(&self, commitment: &[u8]) -> Result<(), KeyError> {
        if self.installation.commitment() == commitment {
            Ok(())
        } else {
            Err(KeyError::Wrong(installation_file(&self.folder)))
        }
    }

    pub(crate) fn installation(&self) -> &Key {
        &self.installation
    }

    /// What rows that decide who somebody is are tagged with. It is the installation's, which is never changed: changing an
    /// organisation's key leaves them as they are.
    pub(crate) fn rows(&self) -> &RowKey {
        &self.rows
    }

    /// The organisation's key that a transaction's own view of the database commits to; read from its file where another
    /// copy of the program founded the organisation, or changed its key, meanwhile.
    pub(crate) fn organisation(&self, id: OrganisationId, commitment: &[u8]) -> Result<Key, KeyError> {
        let known = {
            let keys = self.organisations.read().unwrap_or_else(PoisonError::into_inner);
            let held = keys.get(&id).map(Vec::as_slice).unwrap_or_default();
            if let Some(held) = held.iter().find(|held| held.commitment == commitment) {
                return Ok(held.key.clone());
            }
            !held.is_empty()
        };
        match self.load(id, commitment) {
            Err(KeyError::Wrong(file)) if known => return Err(KeyError::Changed(file)),
            loaded => loaded?,
        }
        let keys = self.organisations.read().unwrap_or_else(PoisonError::into_inner);
        let held = keys.get(&id).and_then(|held| held.iter().find(|held| held.commitment == commitment));
        held.map(|held| held.key.clone()).ok_or_else(|| KeyError::Missing(self.organisation_file(id)))
    }

    /// Remembers what was tidied, to be said to whoever looks after the keys.
    pub(crate) fn note(&self, leftover: Leftover) {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).push(leftover);
    }

    pub(crate) fn leftovers(&self) -> Vec<Leftover> {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The organisations whose keys are here.
    pub(crate) fn organisations(&self) -> Vec<OrganisationId> {
        self.organisations.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The folder of key files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn keep(&self, id: OrganisationId, key: Key) {
        let held = Held { commitment: key.commitment(), key };
        let mut keys = self.organisations.write().unwrap_or_else(PoisonError::into_inner);
        let known = keys.entry(id).or_default();
        known.retain(|other| other.commitment != held.commitment);
        known.push(held);
        let former = known.len().saturating_sub(IN_MEMORY);
        known.drain(..former);
    }

    fn organisation_file(&self, id: OrganisationId) -> PathBuf {
        self.folder.join(format!("{id}.key"))
    }
}

fn installation_file(folder: &Path) -> PathBuf {
    folder.join(INSTALLATION_FILE)
}

pub(crate) fn heading(id: OrganisationId) -> String {
    format!("{ORGANISATION} {id}")
}

pub(crate) fn write_key(path: &Path, heading: &str, key: &Key) -> Result<(), KeyError> {
    let mut text = Zeroizing::new(format!("{heading}\n"));
    for byte in key.bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
        _ => KeyError::File(path.to_owned(), e),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    // The name must survive a power cut as surely as the content: a sealed record may be written next.
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

pub(crate) fn read_key(path: &Path, heading: &str) -> Result<Key, KeyError> {
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
        _ => KeyError::File(path.to_owned(), e),
    };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    key_in(path, &text, heading)
}

/// The installation's key, from the text of its file in a backup.
pub(crate) fn installation_key(backup: &Path, text: &str) -> Result<Key, KeyError> {
    key_in(backup, text, INSTALLATION)
}

/// An organisation's key, if a text is the content of its file.
pub(crate) fn key_of(organisation: OrganisationId, text: &str) -> Option<Key> {
    key_in(Path::new(""), text, &heading(organisation)).ok()
}

fn key_in(path: &Path, text: &str, heading: &str) -> Result<Key, KeyError> {
    let malformed = || KeyError::Malformed(path.to_owned());
    let (first, second) = text.split_once('\n').ok_or_else(malformed)?;
    let hex = second.strip_suffix('\n').unwrap_or(second);
    let bytes = from_hex(hex).ok_or_else(malformed)?;
    if first == heading { Ok(Key::new(bytes)) } else { Err(malformed()) }
}

/// Bytes as lower-case hexadecimal digits; for what is no secret.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// 32 bytes from 64 lower-case hexadecimal digits.
pub(crate) fn from_hex(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 {
        return None;
    }
    let bytes = Zeroizing::new(unhex(hex)?);
    bytes.as_slice().try_into().ok()
}

/// Bytes from lower-case hexadecimal digits.
pub(crate) fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| match d {
        b'0'..=b'9' => Some(d - b'0'),
        b'a'..=b'f' => Some(d - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

fn unmark(mark: PathBuf) -> Result<(), KeyError> {
    match fs::remove_file(&mark) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(KeyError::File(mark, e)),
        _ => Ok(()),
    }
}
