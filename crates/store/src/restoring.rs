//! Restoring a backup into an empty place, on a file or on a server: nothing is written over, nobody who was destroyed comes
//! back, and the ledger says that it happened.
//!
//! All of it is done under names that end in `unfinished`, on a file, and verified there. Only then do the keys and the
//! database come to their places; what fails before leaves nothing.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use casework::{Moment, OrganisationId, Recovery, RecoveryId};

use crate::backup::{
    BackupError, KeysBackup, Records, check_records, new_file, read_keys, sync_folder_of, wipe, with_ending,
};
use crate::keyring::{INSTALLATION_FILE, KeyRing, installation_key};
use crate::signing::{BEING_KEPT, last_signed, origin, signed_file, signed_ledgers};
use crate::{Clock, Database, Place, Randomness, Reading, Store, StoreError, Writing, between, copying, verify};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup of the records was taken.
    pub data_taken_at: Moment,
    /// When the backup of the keys was taken.
    pub keys_taken_at: Moment,
    /// The organisations, and how their ledgers were checked.
    pub organisations: Vec<RestoredLedger>,
    /// Organisations of which there are keys and no records: they were founded after the backup of the records, and are not restored.
    pub lacking: Vec<OrganisationId>,
}

/// What was found of one organisation's ledger, before the recovery was entered in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoredLedger {
    /// The organisation.
    pub organisation: OrganisationId,
    /// How many entries the backup holds; every one was compared with its record, and with every signed checkpoint.
    pub entries: u64,
    /// How many of them the last checkpoint covers that a partner witnessed.
    pub witnessed: Option<u64>,
    /// How many had been signed when the keys were backed up: the backup lacks those beyond `entries`.
    pub signed: Option<u64>,
}

impl Store {
    /// Restores the records and the keys of a backup into a place where there is neither; `by` says who does it. Whatever the
    /// list of destructions names is destroyed again, the recovery is kept and entered in each organisation's ledger, and
    /// the whole is verified, before anything of it is in its place.
    pub async fn restore(
        data: &Path,
        keys: &Path,
        into: &Place,
        by: &str,
        randomness: Randomness,
        clock: impl Into<Clock>,
    ) -> Result<Restored, BackupError> {
        let clock = clock.into();
        let cut_off = KeyRing::is_restoring(&into.keys);
        if into.keys.exists() && !cut_off {
            return Err(BackupError::Exists(into.keys.clone()));
        }
        if Self::exists(into).await? {
            return Err(StoreError::DatabaseExists(into.database.clone()).into());
        }
        let backup = read_keys(keys)?;
        let kept = backup.files.iter().find(|(name, _)| name == INSTALLATION_FILE);
        let (_, text) = kept.ok_or_else(|| BackupError::Altered(keys.to_owned()))?;
        let installation = installation_key(keys, text)?;
        let records = check_records(data, &installation, keys)?;
        if cut_off {
            // Put there by a restore that was killed before its database was: copies out of a backup, never in use.
            fs::remove_dir_all(&into.keys).map_err(|e| BackupError::File(into.keys.clone(), e))?;
        }
        let unfinished = Unfinished::beside(into)?;
        let now = clock.now();
        let restored = match unfinished.restore((data, &records), &backup, by, randomness, clock).await {
            Ok(restored) => unfinished.put_in_place(into, now).await.map(|()| restored),
            failed => failed,
        };
        if restored.is_err() {
            // Why it failed says more than that there was nothing to remove.
            let _ = unfinished.clear();
        }
        restored
    }
}

/// An installation that is being restored, on a file.
struct Unfinished {
    place: Place,
    file: PathBuf,
    /// Those that were made for it.
    folders: Vec<PathBuf>,
}

impl Unfinished {
    /// Beside the place where it will stand. What an attempt that was killed left there goes.
    fn beside(into: &Place) -> Result<Self, BackupError> {
        let file = match &into.database {
            Database::File(file) => file.clone(),
            Database::Server(_) => into.keys.with_file_name("sharewell.db"),
        };
        let (file, keys) = (with_ending(&file, "unfinished"), with_ending(&into.keys, "unfinished"));
        let mut folders = Vec::new();
        for folder in [&file, &keys].into_iter().filter_map(|path| path.parent()) {
            if !folder.as_os_str().is_empty() && !folder.exists() {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
                made.map_err(|e| BackupError::File(folder.to_owned(), e))?;
                folders.push(folder.to_owned());
            }
        }
        let place = Place { database: Database::File(file.clone()), keys };
        let unfinished = Self { place, file, folders };
        unfinished.clear_files()?;
        Ok(unfinished)
    }

    async fn restore(
        &self,
        (data, records): (&Path, &Records),
        backup: &KeysBackup,
        by: &str,
        randomness: Randomness,
        clock: Clock,
    ) -> Result<Restored, BackupError> {
        put_keys(&self.place.keys, backup)?;
        put_records(data, records, &self.file)?;
        let sizes = copying::add_keys(&self.file, backup).await?;
        let lacking = self.set_aside(&copying::organisations(&self.file).await?)?;
        let store = Store::open_restored(&self.place, randomness, clock).await?;
        let recovered = recover(&store, records, backup, by, &sizes).await;
        store.close().await;
        let organisations = recovered?;
        for verified in verify(&self.place.database, Some(&self.place.keys), |_| {}).await? {
            if let Some(finding) = verified.findings.first() {
                let why = format!("organisation {}: {finding}", verified.organisation);
                return Err(BackupError::DoesNotHold(why));
            }
        }
        Ok(Restored { data_taken_at: records.taken_at, keys_taken_at: backup.taken_at, organisations, lacking })
    }

    /// The keys may be of a later day than the records, and have signed ledgers of organisations that were founded in between. What they
    /// signed is taken out of the restored folder, in which it would say that these were removed; it stays in the backup.
    fn set_aside(&self, here: &[OrganisationId]) -> Result<Vec<OrganisationId>, BackupError> {
        let keys = &self.place.keys;
        let signed = signed_ledgers(keys).map_err(StoreError::from)?.into_keys();
        let lacking: Vec<OrganisationId> = signed.filter(|organisation| !here.contains(organisation)).collect();
        for &organisation in &lacking {
            let file = signed_file(keys, organisation);
            fs::remove_file(&file).map_err(|e| BackupError::File(file, e))?;
        }
        Ok(lacking)
    }

    /// The last step. On a server, everything is copied there in one transaction first.
    async fn put_in_place(&self, into: &Place, now: Moment) -> Result<(), BackupError> {
        let log = with_suffix(&self.file, "-wal");
        if fs::metadata(&log).is_ok_and(|about| about.len() > 0) {
            return Err(BackupError::NotWhole("its log was not emptied".to_owned()));
        }
        let moved = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|e| BackupError::File(to.to_owned(), e))?;
            sync_folder_of(to)
        };
        KeyRing::mark_restoring(&self.place.keys).map_err(StoreError::from)?;
        moved(&self.place.keys, &into.keys)?;
        let placed = match &into.database {
            Database::File(file) => moved(&self.file, file),
            Database::Server(server) => between::into_server(&self.file, server, now).await,
        };
        if placed.is_err() {
            // Back, so that it is cleared away with the rest.
            moved(&into.keys, &self.place.keys)?;
        }
        placed?;
        KeyRing::restored(&into.keys).map_err(StoreError::from)?;
        self.clear_files()
    }

    /// Removes what an attempt has made, and what an earlier one left.
    fn clear(&self) -> Result<(), BackupError> {
        self.clear_files()?;
        for folder in &self.folders {
            // One that is not empty holds something else, and stays.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    fn clear_files(&self) -> Result<(), BackupError> {
        if self.place.keys.exists() {
            fs::remove_dir_all(&self.place.keys).map_err(|e| BackupError::File(self.place.keys.clone(), e))?;
        }
        let (Some(folder), Some(name)) = (self.file.parent(), self.file.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(());
        };
        let failed = |e| BackupError::File(folder.to_owned(), e);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // The file, its log, and the copies that bringing it up to date left.
            let of = path.file_name().and_then(|of| of.to_str()).is_some_and(|of| of.starts_with(name));
            if of && path.is_file() {
                wipe(&path).map_err(|e| BackupError::File(path.clone(), e))?;
            }
        }
        Ok(())
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Compares each ledger with what its key signed, and enters the recovery in it.
async fn recover(
    store: &Store,
    records: &Records,
    backup: &KeysBackup,
    by: &str,
    sizes: &[(OrganisationId, u64)],
) -> Result<Vec<RestoredLedger>, BackupError> {
    let restored_at = store.inner.clock.now();
    let mut organisations = Vec::new();
    for organisation in store.organisations().await?.into_iter().map(|organisation| organisation.id) {
        store.destroy_without_key(organisation).await?;
        let entries = sizes.iter().find(|(of, _)| *of == organisation).map_or(0, |(_, size)| *size);
        let signed = last_signed(store.inner.keys.folder(), organisation).map_err(StoreError::from)?.kept;
        let signed = signed.as_ref();
        let compared: Result<_, StoreError> = store
            .read("restored_ledger", organisation, |mut reading: Reading| async move {
                let epoch = reading.head().await?.map_or(1, |head| head.epoch);
                let of_before = signed.is_some_and(|signed| signed.origin() == origin(organisation, epoch - 1));
                if let Some(signed) = signed.filter(|signed| of_before && signed.size() <= entries)
                    && reading.root_at(signed.size()).await? != signed.root()
                {
                    return Err(StoreError::Forked { organisation, size: signed.size() });
                }
                Ok((epoch, reading.ledger_state().await?.witnessed.map(|checkpoint| checkpoint.size)))
            })
            .await;
        let (epoch, witnessed) = compared?;
        let signed = signed.map(ledger::checkpoint::Checkpoint::size);
        organisations.push(RestoredLedger { organisation, entries, witnessed, signed });
        let recovery = &Recovery {
            id: RecoveryId::new(restored_at, store.inner.randomness.bytes()?),
            organisation,
            epoch: Some(epoch),
            data_taken_at: records.taken_at,
            keys_taken_at: backup.taken_at,
            restored_at,
            by: by.to_owned(),
        };
        store
            .write(
                "add_recovery",
                organisation,
                |mut writing: Writing| async move { writing.add_recovery(recovery).await },
            )
            .await?;
        // At once, so that from then on what is signed under another name was signed of another database.
        store.sign_restored(organisation).await?;
    }
    Ok(organisations)
}

fn put_keys(folder: &Path, backup: &KeysBackup) -> Result<(), BackupError> {
    let failed = |e| BackupError::File(folder.to_owned(), e);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // What was being signed when an earlier program backed it up was shown to nobody.
    for (name, text) in backup.files.iter().filter(|(name, _)| !name.ends_with(BEING_KEPT)) {
        // A name that leads elsewhere was never written by a backup.
        if Path::new(name).file_name().is_none_or(|plain| plain != name.as_str()) {
            return Err(BackupError::File(folder.join(name), io::ErrorKind::InvalidInput.into()));
        }
        let path = folder.join(name);
        let mut file = new_file(&path)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|e| BackupError::File(path.clone(), e))?;
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// The database out of the file of records, without the line at its end.
fn put_records(data: &Path, records: &Records, into: &Path) -> Result<(), BackupError> {
    if let Some(folder) = into.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| BackupError::File(folder.to_owned(), e))?;
    }
    let source = File::open(data).map_err(|e| BackupError::File(data.to_owned(), e))?;
    let mut target = new_file(into)?;
    io::copy(&mut source.take(records.length), &mut target)
        .and_then(|_| target.sync_all())
        .map_err(|e| BackupError::File(into.to_owned(), e))
}
