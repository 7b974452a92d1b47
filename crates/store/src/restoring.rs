//! Restoring a backup into an empty place: nothing is written over, nobody who was destroyed comes back, and the ledger says
//! that it happened.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use casework::{Moment, OrganisationId, Recovery, RecoveryId};

use crate::backup::{
    BackupError, KeysBackup, Records, check_records, new_file, read_keys, sync_folder_of, with_ending,
};
use crate::keyring::{INSTALLATION_FILE, installation_key};
use crate::{Clock, Place, Randomness, Store, Writing, copying};

/// What was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// When the backup of the records was taken.
    pub data_taken_at: Moment,
    /// When the backup of the keys was taken.
    pub keys_taken_at: Moment,
    /// How many organisations.
    pub organisations: u64,
}

impl Store {
    /// Restores the records and the keys of a backup into a place where there is neither; `by` says who does it. Whatever the
    /// list of destructions names is destroyed again, and the recovery is kept and entered in each organisation's ledger,
    /// before this returns.
    pub async fn restore(
        data: &Path,
        keys: &Path,
        into: &Place,
        by: &str,
        randomness: Randomness,
        clock: impl Into<Clock>,
    ) -> Result<Restored, BackupError> {
        let clock = clock.into();
        let Some(database) = into.database.file() else { return Err(BackupError::OnServer) };
        for path in [database, &into.keys] {
            if path.exists() {
                return Err(BackupError::Exists(path.to_owned()));
            }
        }
        let backup = read_keys(keys)?;
        let kept = backup.files.iter().find(|(name, _)| name == INSTALLATION_FILE);
        let (_, text) = kept.ok_or_else(|| BackupError::Altered(keys.to_owned()))?;
        let installation = installation_key(keys, text)?;
        let records = check_records(data, &installation, keys)?;
        put_keys(&into.keys, &backup)?;
        let unfinished = with_ending(database, "unfinished");
        put_records(data, &records, &unfinished)?;
        copying::add_keys(&unfinished, &backup).await?;
        fs::rename(&unfinished, database).map_err(|e| BackupError::File(database.to_owned(), e))?;
        sync_folder_of(database)?;

        let store = Self::open(into, randomness, clock).await?;
        let restored_at = store.inner.clock.now();
        let mut organisations = 0;
        for organisation in store.organisation_ids().await? {
            let recovery = &Recovery {
                id: RecoveryId::new(restored_at, store.inner.randomness.bytes()?),
                organisation,
                data_taken_at: records.taken_at,
                keys_taken_at: backup.taken_at,
                restored_at,
                by: by.to_owned(),
            };
            store
                .write("add_recovery", organisation, |mut writing: Writing| async move {
                    writing.add_recovery(recovery).await
                })
                .await?;
            organisations += 1;
        }
        store.close().await;
        Ok(Restored { data_taken_at: records.taken_at, keys_taken_at: backup.taken_at, organisations })
    }

    async fn organisation_ids(&self) -> Result<Vec<OrganisationId>, crate::StoreError> {
        Ok(self.organisations().await?.into_iter().map(|organisation| organisation.id).collect())
    }
}

fn put_keys(folder: &Path, backup: &KeysBackup) -> Result<(), BackupError> {
    let failed = |e| BackupError::File(folder.to_owned(), e);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    for (name, text) in &backup.files {
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
