//! Drafts: working paper, replaced as it is saved and gone when it is recorded or thrown away.

use casework::{Draft, DraftId, MemberId};

use crate::bound::agreeing;
use crate::records::{before, stored};
use crate::seal::{Holder, Kind};
use crate::sql::Param;
use crate::statements::{ADD_DRAFT, CHANGE_DRAFT, DELETE_DRAFT, DELETE_RECORD_KEYS, DRAFT, DRAFTS_OF, HAND_ON_DRAFT};
use crate::{Reading, StoreError, Writing};

impl Reading {
    /// A draft; whether the member may see it is for the caller to ask.
    pub async fn draft(&mut self, id: DraftId) -> Result<Option<Draft>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(id.uuid())];
        let key = self.record_key(Kind::Draft, id.uuid()).await?;
        let row = self.open.row(DRAFT, &place).await?;
        let (Some(key), Some(row)) = (key, row) else { return Ok(None) };
        self.opened(&key, id.uuid(), row.int(0)?, &row.bytes(1)?).map(Some)
    }

    /// A member's drafts, the one saved last first.
    pub async fn drafts_of(&mut self, member: MemberId) -> Result<Vec<Draft>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let mut drafts = Vec::new();
        for row in self.open.rows(DRAFTS_OF, &place).await? {
            drafts.extend(self.draft(DraftId::from_uuid(row.id(0)?)).await?);
        }
        Ok(agreeing("draft", drafts, |draft: &Draft| draft.member == member))
    }
}

impl Writing {
    /// Saves a draft whose version is one more than that stored (1: new).
    pub async fn save_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        self.check_organisation(draft.organisation)?;
        let place = [Param::Id(draft.organisation.uuid()), Param::Id(draft.id.uuid())];
        if draft.version > 1 && self.open.row(DRAFT, &place).await?.is_none() {
            // Recorded or thrown away in another tab: its keys are gone too.
            return Err(StoreError::Conflict);
        }
        let sealed = self.sealed(draft).await?.bytes;
        let row = [
            Param::Id(draft.organisation.uuid()),
            Param::Id(draft.id.uuid()),
            Param::Id(draft.member.uuid()),
            Param::Int(stored(draft.version)?),
            Param::Int(draft.saved_at.micros()),
            Param::Bytes(&sealed),
        ];
        match before(draft.version)? {
            0 => self.open.run_one(ADD_DRAFT, &row).await,
            earlier => {
                let [organisation, id, member, version, saved_at, sealed] = row;
                let row = [organisation, id, member, version, saved_at, sealed, Param::Int(earlier)];
                self.move_on(CHANGE_DRAFT, &row).await
            }
        }
    }

    /// Saves a draft that was handed on: whose it is changes, with a version one more than that stored.
    pub async fn hand_on_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        self.check_organisation(draft.organisation)?;
        let sealed = self.sealed(draft).await?.bytes;
        let row = [
            Param::Id(draft.organisation.uuid()),
            Param::Id(draft.id.uuid()),
            Param::Id(draft.member.uuid()),
            Param::Int(stored(draft.version)?),
            Param::Int(draft.saved_at.micros()),
            Param::Bytes(&sealed),
            Param::Int(before(draft.version)?),
        ];
        self.move_on(HAND_ON_DRAFT, &row).await
    }

    /// Throws a draft away, with its keys. Says whether there was one.
    pub async fn delete_draft(&mut self, id: DraftId) -> Result<bool, StoreError> {
        let (organisation, kind) = (Param::Id(self.organisation.uuid()), Param::Text(Kind::Draft.word()));
        let holder = Holder { kind: Kind::Draft, id: id.uuid() };
        let id = Param::Id(id.uuid());
        self.open.run(DELETE_RECORD_KEYS, &[organisation, kind, id]).await?;
        self.delete_holder_key(holder).await?;
        Ok(self.open.run(DELETE_DRAFT, &[organisation, id]).await? == 1)
    }
}
