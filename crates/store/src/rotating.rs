//! Changing an organisation's key for a new one: every holder's key is wrapped anew, in one transaction with the organisation's
//! new commitment and with the record of the change. Nothing that a holder's key wraps is touched.
//!
//! The steps are: the new key is written beside the old one; the transaction commits; the files are moved on
//! (`keyfiles`). Cut off at any point, the store opens by itself afterwards, since the commitment in the database says
//! which of the files is the key. Other copies of the program read the commitment together with what it wraps, and so
//! notice the change in the first transaction that sees it.

use casework::{KeyRotation, KeyRotationId, OrganisationId};

use crate::engine::Alone;
use crate::keyfiles::{FolderLock, KeyFiles, Leftover};
use crate::records::holder_kind;
use crate::seal::{Holder, Key, Spot, seal, unwrap_key};
use crate::sql::Param;
use crate::statements::{
    CHANGE_COMMITMENT, HOLDER_KEYS, KEY_ROTATIONS, MEET_AT_ORGANISATION, ORGANISATION_COMMITMENT, REWRAP_HOLDER_KEY,
};
use crate::store::may_try_again;
use crate::{KeyError, Reading, Store, StoreError, Writing};

/// Why a key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// Somebody else does so, or the keys are being backed up.
    #[error("a key is being changed, or the keys are being backed up, at this moment: try again when that is done")]
    UnderWay,
    /// There is no such organisation.
    #[error("there is no organisation {0} here")]
    NoOrganisation(OrganisationId),
    /// A key that should be wrapped anew does not open.
    #[error(
        "the key of {kind} {id} does not open, so that the organisation's key was not changed. `sharewell key check` lists all such \
         keys: restore them from a backup first"
    )]
    DoesNotOpen {
        /// The kind of what it belongs to.
        kind: String,
        /// Its id.
        id: uuid::Uuid,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyError> for RotateError {
    fn from(error: KeyError) -> Self {
        Self::Store(error.into())
    }
}

/// The key to come, prepared beside the one that is.
pub(crate) struct Prepared {
    pub(crate) files: KeyFiles,
    pub(crate) organisation: OrganisationId,
    pub(crate) new: Key,
}

impl Store {
    /// Changes an organisation's key for a new random one; `by` says who does it. Whatever was wrapped under the former key
    /// is wrapped anew, and the former key opens nothing any more that this database holds. The change is an entry of the
    /// organisation's ledger.
    pub async fn rotate_organisation_key(
        &self,
        organisation: OrganisationId,
        by: &str,
    ) -> Result<KeyRotation, RotateError> {
        let lock = FolderLock::alone(self.inner.keys.folder())?.ok_or(RotateError::UnderWay)?;
        self.settle_key(organisation).await?;
        let mut view = self.begin_read().await?;
        let there = view.row(ORGANISATION_COMMITMENT, &[Param::Id(organisation.uuid())]).await?.is_some();
        view.roll_back().await?;
        if !there {
            return Err(RotateError::NoOrganisation(organisation));
        }
        let prepared = self.prepare_key(organisation)?;
        let rewrapped = self.rewrap(&prepared, by).await;
        // Whatever came of it, the database says which key is the right one now.
        let settled = self.settle_key(organisation).await;
        let rotation = rewrapped?;
        settled?;
        drop(lock);
        // The pages where the keys stood as they were wrapped before.
        self.wipe().await?;
        Ok(rotation)
    }

    /// The first step: the new key on the disk.
    pub(crate) fn prepare_key(&self, organisation: OrganisationId) -> Result<Prepared, StoreError> {
        let files = KeyFiles::of(self.inner.keys.folder(), organisation);
        let new = Key::new(self.inner.randomness.bytes()?);
        files.prepare(&new)?;
        Ok(Prepared { files, organisation, new })
    }

    /// The second step: the transaction. On a file it is one command of the one writer. On a server it first keeps away
    /// everybody who would wrap another holder's key, and then sees all that were wrapped before.
    pub(crate) async fn rewrap(&self, prepared: &Prepared, by: &str) -> Result<KeyRotation, RotateError> {
        let organisation = prepared.organisation;
        let id = KeyRotationId::new(self.inner.clock.now(), self.inner.randomness.bytes()?);
        if self.inner.engine.commits_in_groups() {
            return self
                .write("rotate_key", organisation, |mut writing: Writing| async move {
                    writing.rewrap(prepared, id, by).await
                })
                .await;
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.rewrap_on_server(prepared, id, by).await {
                Err(RotateError::Store(StoreError::Busy)) if may_try_again(attempt) => self.stand_back(attempt).await?,
                done => return done,
            }
        }
    }

    async fn rewrap_on_server(
        &self,
        prepared: &Prepared,
        id: KeyRotationId,
        by: &str,
    ) -> Result<KeyRotation, RotateError> {
        let organisation = prepared.organisation;
        let open = self.inner.engine.begin_alone(organisation, Alone::ChangingKeys).await?;
        let open = open.ok_or(RotateError::UnderWay)?;
        let (reading, returned) = self.reading(open, organisation);
        let rewrapped = Writing::of(reading).rewrap(prepared, id, by).await;
        let open = returned.take()?;
        if rewrapped.is_ok() {
            open.commit().await?;
            self.inner.sequencer.wake(organisation);
        } else {
            open.roll_back().await?;
        }
        rewrapped
    }

    /// The last steps, and what is done about a change that was cut off: the files are brought to where the database says
    /// that they should be. For whoever holds the lock of the folder.
    pub(crate) async fn settle_key(&self, organisation: OrganisationId) -> Result<Option<Leftover>, StoreError> {
        let files = KeyFiles::of(self.inner.keys.folder(), organisation);
        if !files.has_leftovers() {
            return Ok(None);
        }
        // While this is open nobody commits a change, even where the folder's lock does not reach them.
        let open = self.inner.engine.begin_alone(organisation, Alone::ChangingKeys).await?;
        let Some(mut open) = open else { return Ok(None) };
        let row = open.row(ORGANISATION_COMMITMENT, &[Param::Id(organisation.uuid())]).await?;
        let settled = match row {
            Some(row) => files.settle(&row.bytes(0)?)?,
            None => None,
        };
        open.roll_back().await?;
        Ok(settled)
    }

    /// Sees to what a change that was cut off left, and says so. A change that is under way is left alone.
    pub(crate) async fn tidy_keys(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let folder = self.inner.keys.folder();
        if !KeyFiles::of(folder, organisation).has_leftovers() {
            return Ok(());
        }
        let Some(_lock) = FolderLock::alone(folder)? else { return Ok(()) };
        if let Some(leftover) = self.settle_key(organisation).await? {
            tracing::warn!("{leftover}");
            self.inner.keys.note(leftover);
        }
        Ok(())
    }
}

impl Reading {
    /// The changes of the organisation's key, the newest first.
    pub async fn key_rotations(&mut self) -> Result<Vec<KeyRotation>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(KEY_ROTATIONS, &[organisation]).await
    }
}

impl Writing {
    async fn rewrap(&mut self, prepared: &Prepared, id: KeyRotationId, by: &str) -> Result<KeyRotation, RotateError> {
        let organisation = self.organisation;
        let of = Param::Id(organisation.uuid());
        // First, and before anything is read: from here on nobody wraps another holder's key, and all who did have committed.
        if self.open.run(MEET_AT_ORGANISATION, &[of]).await? == 0 {
            return Err(RotateError::NoOrganisation(organisation));
        }
        let row = self.open.row(ORGANISATION_COMMITMENT, &[of]).await?;
        let commitment = row.ok_or(RotateError::NoOrganisation(organisation))?.bytes(0)?;
        let former = self.inner.keys.organisation(organisation, &commitment)?;
        let rows = self.open.rows(HOLDER_KEYS, &[of]).await?;
        let rotation = KeyRotation {
            id,
            organisation,
            rotated_at: self.inner.clock.now(),
            by: by.trim().to_owned(),
            keys: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        };
        // Recorded while the former key still opens what this is sealed for.
        self.add_version(&rotation).await?;
        for row in rows {
            let (word, id, wrapped) = (row.text(0)?, row.id(1)?, row.bytes(2)?);
            let spot = Spot::HolderKey { organisation, holder: Holder { kind: holder_kind(&word)?, id } };
            let key = unwrap_key(&former, &spot, &wrapped);
            let key = key.map_err(|_| RotateError::DoesNotOpen { kind: word.clone(), id })?;
            let wrapped = seal(&prepared.new, &spot, self.inner.randomness.bytes()?, key.bytes());
            let wrapped = wrapped.map_err(StoreError::from)?;
            // One that was destroyed meanwhile is not brought back.
            let row = [of, Param::Text(&word), Param::Id(id), Param::Bytes(&wrapped)];
            self.open.run(REWRAP_HOLDER_KEY, &row).await?;
        }
        let new = prepared.new.commitment();
        self.open.run_one(CHANGE_COMMITMENT, &[of, Param::Bytes(&new), Param::Bytes(&commitment)]).await?;
        // Last: what is committed now opens with this file alone.
        prepared.files.check_prepared(&new)?;
        Ok(rotation)
    }
}

#[cfg(test)]
mod tests;
