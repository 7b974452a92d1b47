//! Backups while running: the records in one file and, apart from them, the keys in another.
//!
//! The file of records is an `SQLite` database without the table `holder_key`, and ends in a line that binds every byte of it
//! to the installation. The file of keys holds what opens it: the key files, the list of destructions, and the wrapped keys of
//! people. An old file of records is restored with the newest file of keys, so that whoever was destroyed since stays so; for
//! the same reason files of keys are kept for a short time only (docs/operating.md).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casework::{Moment, OrganisationId};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::copying;
use crate::kept::KEPT;
use crate::keyfiles::{FolderLock, LOCK_FILE};
use crate::keyring::{from_hex, hex, key_of};
use crate::seal::Key;
use crate::signing::BEING_KEPT;
use crate::{KeyError, Store, StoreError};

const KEYS: &str = "sharewell backup of keys 1";
/// How often, and how long apart, it is looked whether a change of a key is done.
const LOOKS: u32 = 300;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

const TRAILER: &str = "\nsharewell backup of records 1 ";

/// Why a backup was not taken or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there already.
    #[error("{0} is there already and is left as it is: choose another name")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{0} cannot be read or written: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The end is missing.
    #[error("{0} is not whole: it was cut off, or it is no backup of Sharewell. Use another copy of it")]
    CutOff(PathBuf),
    /// What it says is not what was written.
    #[error("{0} was altered since it was written, or is damaged. Use another copy of it")]
    Altered(PathBuf),
    /// Keys and records are not of one installation.
    #[error("the keys in {0} are of another installation than the records: find the backup of the right keys")]
    OtherInstallation(PathBuf),
    /// The copy does not hold what it must.
    #[error(
        "the backup was checked as it was written and is not whole: {0}. Nothing was kept; look at the disk and try again"
    )]
    NotWhole(String),
    /// What was restored is not what was recorded.
    #[error(
        "what the backup holds was verified and does not hold: {0}. Nothing was restored. Use another backup, and keep this one for \
         whoever looks into it"
    )]
    DoesNotHold(String),
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// When it was taken: everything acknowledged before is in it.
    pub taken_at: Moment,
    /// How many versions of records.
    pub versions: u64,
    /// How many keys of people, and of what has a key of its own.
    pub holders: u64,
}

/// The file of keys, as JSON; its last line is the SHA-256 of all before.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeysBackup {
    format: String,
    pub(crate) taken_at: Moment,
    /// The key files, the list of destructions and what else lies beside them: name and text.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) organisations: Vec<KeptOrganisation>,
    pub(crate) holders: Vec<KeptHolder>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptOrganisation {
    pub(crate) id: Uuid,
    /// The commitment to its key, in hexadecimal.
    pub(crate) commitment: String,
    /// How often its ledger was taken up again.
    pub(crate) epoch: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeptHolder {
    pub(crate) organisation: Uuid,
    pub(crate) kind: String,
    pub(crate) id: Uuid,
    /// Its key, wrapped under the organisation's, in hexadecimal.
    pub(crate) wrapped: String,
}

impl Store {
    /// Writes a backup of the records to one new file and of the keys to another, while others go on working. Both are
    /// checked as they are written, are for their owner alone, and come to their names when both are whole: what fails leaves
    /// neither.
    pub async fn back_up(&self, data: &Path, keys: &Path) -> Result<BackedUp, BackupError> {
        for path in [data, keys] {
            if path.exists() {
                return Err(BackupError::Exists(path.to_owned()));
            }
        }
        let _keys_stay = self.keys_as_they_are().await?;
        let taken_at = self.inner.clock.now();
        let [unfinished_data, unfinished_keys] = [data, keys].map(|path| with_ending(path, "unfinished"));
        // What a backup that was killed left there goes.
        clear([&unfinished_data, &unfinished_keys])?;
        let written = match self.write_backup(&unfinished_data, &unfinished_keys, taken_at).await {
            Ok(written) => name_both([(&unfinished_data, data), (&unfinished_keys, keys)]).map(|()| written),
            failed => failed,
        };
        if written.is_err() {
            // Why it failed says more than that there was nothing to remove.
            let _ = clear([&unfinished_data, &unfinished_keys]);
        }
        written
    }

    /// Keeps the keys from being changed until what is returned is dropped: the records would else be of one key, and the
    /// file of keys hold another. A change that is under way is waited for.
    async fn keys_as_they_are(&self) -> Result<FolderLock, BackupError> {
        let folder = self.inner.keys.folder();
        for _ in 0..LOOKS {
            if let Some(lock) = FolderLock::shared(folder)? {
                return Ok(lock);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Err(KeyError::UnderWay(folder.to_owned()).into())
    }

    async fn write_backup(&self, data: &Path, keys: &Path, taken_at: Moment) -> Result<BackedUp, BackupError> {
        drop(new_file(data)?);
        let copied = copying::out_of(&self.inner.engine, data, taken_at).await?;
        let installation = self.inner.keys.installation();
        add_trailer(data, installation, taken_at)?;
        // Read after the records, so that no record lacks its key.
        let backup = KeysBackup {
            format: KEYS.to_owned(),
            taken_at,
            files: key_files(self.inner.keys.folder())?,
            organisations: copied.organisations,
            holders: copied.holders,
        };
        opens_all(&backup)?;
        write_keys(keys, &backup)?;
        let holders = u64::try_from(backup.holders.len()).unwrap_or(u64::MAX);
        check_records(data, installation, keys)?;
        read_keys(keys)?;
        Ok(BackedUp { taken_at, versions: copied.versions, holders })
    }
}

/// Gives two files their names: the second has its own before the first, and loses it again where the first gets none, so that
/// records never lie there without their keys, nor keys for nothing.
fn name_both([first, second]: [(&Path, &Path); 2]) -> Result<(), BackupError> {
    let renamed = |from: &Path, to: &Path| {
        fs::rename(from, to).map_err(|e| BackupError::File(to.to_owned(), e))?;
        sync_folder_of(to)
    };
    let named = renamed(second.0, second.1).and_then(|()| renamed(first.0, first.1));
    if named.is_err() {
        // Back, to be cleared away with the other. One that was not named is there still, and stays.
        for (unfinished, name) in [first, second] {
            if !unfinished.exists() {
                let _ = fs::rename(name, unfinished);
            }
        }
    }
    named
}

/// Wipes unfinished files. Those of keys hold what opens records, the others what they open.
fn clear(unfinished: [&Path; 2]) -> Result<(), BackupError> {
    for path in unfinished {
        match wipe(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::File(path.to_owned(), error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes zeros over a file and removes it: it holds keys, be they wrapped, of people who may be destroyed later.
pub(crate) fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    let zeros = vec![0; 1 << 16];
    while left > 0 {
        let piece = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all(&zeros[..piece])?;
        left -= u64::try_from(piece).unwrap_or(left);
    }
    file.sync_all()?;
    fs::remove_file(path)
}

/// Whether the keys that open what is backed up are among the files.
fn opens_all(backup: &KeysBackup) -> Result<(), BackupError> {
    for organisation in &backup.organisations {
        let id = OrganisationId::from_uuid(organisation.id);
        let kept = |(_, text): &(String, String)| {
            key_of(id, text).is_some_and(|key| hex(&key.commitment()) == organisation.commitment)
        };
        if !backup.files.iter().any(kept) {
            let why = format!("the key of organisation {id} was changed meanwhile, or is not there");
            return Err(BackupError::NotWhole(why));
        }
    }
    Ok(())
}

/// Every file beside the keys.
fn key_files(folder: &Path) -> Result<Vec<(String, String)>, BackupError> {
    let failed = |e| BackupError::File(folder.to_owned(), e);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) else { continue };
        // What is being signed at this moment may be gone before it is read, and is not waited for.
        // How much is kept is of the database as it is now, not of the one that will be restored.
        if name == LOCK_FILE || name.ends_with(BEING_KEPT) || name.contains(KEPT) {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|e| BackupError::File(path.clone(), e))?;
        files.push((name.to_owned(), text));
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(files)
}

fn write_keys(path: &Path, backup: &KeysBackup) -> Result<(), BackupError> {
    let failed = |e| BackupError::File(path.to_owned(), e);
    let mut text = Zeroizing::new(serde_json::to_string(backup).map_err(|e| failed(e.into()))?);
    text.push('\n');
    let sum = hex(&Sha256::digest(text.as_bytes()));
    let mut file = new_file(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(format!("{sum}\n").as_bytes())).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// Reads a file of keys, if it is whole and unchanged.
pub(crate) fn read_keys(path: &Path) -> Result<KeysBackup, BackupError> {
    let text = fs::read(path).map_err(|e| BackupError::File(path.to_owned(), e))?;
    let text = Zeroizing::new(text);
    let (cut, altered) = (|| BackupError::CutOff(path.to_owned()), || BackupError::Altered(path.to_owned()));
    // Two lines: what is kept, and its digest of 64 digits.
    let body = text.len().checked_sub(65).filter(|_| text.last() == Some(&b'\n')).ok_or_else(cut)?;
    let (body, sum) = text.split_at(body);
    if body.last() != Some(&b'\n') {
        return Err(cut());
    }
    let sum = std::str::from_utf8(&sum[..64]).ok().and_then(from_hex).ok_or_else(altered)?;
    if Sha256::digest(body).as_slice() != sum {
        return Err(altered());
    }
    let backup: KeysBackup = serde_json::from_slice(body).map_err(|_| altered())?;
    if backup.format == KEYS { Ok(backup) } else { Err(altered()) }
}

/// Ends a file of records in the line that binds it: the installation, the time, and an HMAC over all of it.
fn add_trailer(path: &Path, installation: &Key, taken_at: Moment) -> Result<(), BackupError> {
    let failed = |e| BackupError::File(path.to_owned(), e);
    let said = format!("{TRAILER}{} {:020} ", hex(&installation.commitment()), taken_at.micros());
    let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
    file.write_all(said.as_bytes()).map_err(failed)?;
    let mac = mac_of(&mut file, u64::MAX, installation).map_err(failed)?;
    file.write_all(format!("{}\n", hex(&mac)).as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// The last line, without its HMAC and with it.
const SAID: usize = TRAILER.len() + 64 + 1 + 20 + 1;
const WHOLE: usize = SAID + 64 + 1;

/// What the last line of a file of records says.
pub(crate) struct Records {
    /// How many bytes of the file are the database.
    pub(crate) length: u64,
    pub(crate) taken_at: Moment,
}

/// Checks a file of records against the installation's key.
pub(crate) fn check_records(path: &Path, installation: &Key, keys: &Path) -> Result<Records, BackupError> {
    let failed = |e| BackupError::File(path.to_owned(), e);
    let cut = || BackupError::CutOff(path.to_owned());
    let mut file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let whole = u64::try_from(WHOLE).unwrap_or(u64::MAX);
    let length = size.checked_sub(whole).ok_or_else(cut)?;
    file.seek(SeekFrom::Start(length)).map_err(failed)?;
    let mut last = Vec::with_capacity(WHOLE);
    file.read_to_end(&mut last).map_err(failed)?;
    let text = std::str::from_utf8(&last).map_err(|_| cut())?;
    let line = text.strip_prefix(TRAILER).and_then(|line| line.strip_suffix('\n')).ok_or_else(cut)?;
    let mut fields = line.split(' ');
    let (commitment, taken_at, mac) = (fields.next(), fields.next(), fields.next());
    let altered = || BackupError::Altered(path.to_owned());
    let commitment = commitment.and_then(from_hex).ok_or_else(altered)?;
    if commitment != installation.commitment() {
        return Err(BackupError::OtherInstallation(keys.to_owned()));
    }
    let taken_at = taken_at.and_then(|micros| micros.parse().ok()).ok_or_else(altered)?;
    let mac = mac.and_then(from_hex).ok_or_else(altered)?;
    let said = length + u64::try_from(SAID).unwrap_or(u64::MAX);
    let found = mac_of(&mut file, said, installation).map_err(failed)?;
    if !bool::from(found.ct_eq(&mac)) {
        return Err(altered());
    }
    Ok(Records { length, taken_at: Moment::from_micros(taken_at) })
}

/// The HMAC over the first bytes of a file, read piece by piece.
fn mac_of(file: &mut File, length: u64, installation: &Key) -> io::Result<[u8; 32]> {
    let key = installation.derive(b"sharewell 1 backup of records");
    // HMAC fills a key up to its block with zeros; done here, the call cannot fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key.bytes());
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    file.seek(SeekFrom::Start(0))?;
    let mut piece = vec![0; 1 << 16];
    let mut part = file.take(length);
    loop {
        let read = part.read(&mut piece)?;
        if read == 0 {
            return Ok(mac.finalize().into_bytes().into());
        }
        mac.update(&piece[..read]);
    }
}

/// A new file for its owner alone.
pub(crate) fn new_file(path: &Path) -> Result<File, BackupError> {
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        _ => BackupError::File(path.to_owned(), error),
    })
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}

pub(crate) fn sync_folder_of(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| BackupError::File(folder.to_owned(), e))
}
