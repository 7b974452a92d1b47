//! Who was shown what about whom, where people live, and emergency access.

use casework::{Address, EmergencyAccess, EmergencyId, MemberId, Moment, PersonId, View, ViewId, hour_of};
use sha2::{Digest, Sha256};

use crate::bound::{agreeing, refused};
use crate::glances::sorted;
use crate::leaves::unsigned;
use crate::records::{before, stored};
use crate::sql::{Param, Row};
use crate::statements::{
    ADD_ADDRESS, ADD_EMERGENCY, ADD_VIEWING, ADD_VIEWING_PERSON, CHANGE_ADDRESS, CHANGE_EMERGENCY, CHANGE_VIEWING,
    COUNT_VIEWING, EMERGENCIES, EMERGENCIES_AWAITING, EMERGENCIES_BETWEEN, EMERGENCIES_OF, PERSON_KEPT, VIEWING,
    VIEWS_BY, VIEWS_OF, VIEWS_SINCE,
};
use crate::{Reading, StoreError, Writing};

/// A view, with how often the reader was shown the same in that hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// The view.
    pub view: View,
    /// How often; a count beside the ledger, where the view itself stands in it.
    pub times: u64,
}

/// The id that a view has: the same for the same reader, people, record, reason and hour, so that it is kept once, whichever copy of the
/// program shows the page. `view.id` counts for nothing in it.
pub fn view_id(view: &View) -> Result<ViewId, StoreError> {
    let hour = hour_of(view.first_at);
    let what = (view.organisation, view.reader, &view.people, view.seen, &view.why, hour);
    let digest: [u8; 32] = Sha256::digest(serde_json::to_vec(&what).map_err(StoreError::Json)?).into();
    let mut first = [0; 10];
    first.copy_from_slice(&digest[..10]);
    Ok(ViewId::new(hour, first))
}

impl Reading {
    /// Those of the people of whom anything is kept.
    pub async fn still_kept(
        &mut self,
        people: impl IntoIterator<Item = PersonId>,
    ) -> Result<Vec<PersonId>, StoreError> {
        let mut kept = Vec::new();
        for person in people {
            let place = [Param::Id(self.organisation.uuid()), Param::Id(person.uuid())];
            if self.open.row(PERSON_KEPT, &place).await?.is_some() {
                kept.push(person);
            }
        }
        Ok(kept)
    }

    /// A view. The same statements are run for one that is not there.
    pub async fn view(&mut self, id: ViewId) -> Result<Option<Viewed>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(id.uuid())];
        let row = self.open.row(VIEWING, &place).await?;
        let view: Option<View> = self.latest(id.uuid()).await?;
        let (Some(row), Some(view)) = (row, view) else { return Ok(None) };
        Ok(Some(Viewed { view, times: unsigned(row.int(1)?)? }))
    }

    /// The views of a person, the newest first: at most so many after leaving out the first ones.
    pub async fn views_of(&mut self, person: PersonId, most: u32, after: u32) -> Result<Vec<Viewed>, StoreError> {
        let place = [
            Param::Id(self.organisation.uuid()),
            Param::Id(person.uuid()),
            Param::Int(i64::from(most)),
            Param::Int(i64::from(after)),
        ];
        let rows = self.open.rows(VIEWS_OF, &place).await?;
        let views = self.viewed(rows).await?;
        Ok(agreeing("viewing_person", views, |viewed| viewed.view.people.contains(&person)))
    }

    /// All views since a moment, the newest first, and at most so many.
    pub async fn views_since(&mut self, since: Moment, most: u32) -> Result<Vec<Viewed>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(since.micros()), Param::Int(i64::from(most))];
        let rows = self.open.rows(VIEWS_SINCE, &place).await?;
        self.viewed(rows).await
    }

    async fn viewed(&mut self, rows: impl IntoIterator<Item = Row>) -> Result<Vec<Viewed>, StoreError> {
        let mut views = Vec::new();
        for row in rows {
            let times = unsigned(row.int(1)?)?;
            views.extend(self.latest(row.id(0)?).await?.map(|view| Viewed { view, times }));
        }
        Ok(views)
    }

    /// Where a person lives, if that is known.
    pub async fn address(&mut self, person: PersonId) -> Result<Option<Address>, StoreError> {
        self.latest(person.uuid()).await
    }

    /// Every address that is kept.
    pub async fn addresses(&mut self) -> Result<Vec<Address>, StoreError> {
        self.all_latest().await
    }

    /// Emergency access.
    pub async fn emergency(&mut self, id: EmergencyId) -> Result<Option<EmergencyAccess>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The emergency access that a member began after a moment.
    pub async fn emergencies_of(
        &mut self,
        member: MemberId,
        since: Moment,
    ) -> Result<Vec<EmergencyAccess>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Int(since.micros())];
        let emergencies = self.latest_of_few(EMERGENCIES_OF, &place).await?;
        Ok(agreeing("emergency", emergencies, |access: &EmergencyAccess| access.holder == member))
    }

    /// All emergency access, the newest first: at most so many after leaving out the first ones.
    pub async fn emergencies(&mut self, most: u32, after: u32) -> Result<Vec<EmergencyAccess>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(i64::from(most)), Param::Int(i64::from(after))];
        self.latest_of(EMERGENCIES, &place).await
    }

    /// The emergency access that waits for a review, the oldest first, and at most so many.
    pub async fn emergencies_awaiting(&mut self, most: u32) -> Result<Vec<EmergencyAccess>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(i64::from(most))];
        self.latest_of(EMERGENCIES_AWAITING, &place).await
    }

    /// The emergency access that began from one moment until before another, the oldest first.
    pub async fn emergencies_between(&mut self, [from, to]: [Moment; 2]) -> Result<Vec<EmergencyAccess>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(from.micros()), Param::Int(to.micros())];
        self.latest_of_few(EMERGENCIES_BETWEEN, &place).await
    }

    /// What a member was shown from one moment to another, both counted in, the oldest first.
    pub async fn views_by(&mut self, member: MemberId, [from, to]: [Moment; 2]) -> Result<Vec<Viewed>, StoreError> {
        let place = [
            Param::Id(self.organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Int(from.micros()),
            Param::Int(to.micros()),
        ];
        let rows = self.open.rows(VIEWS_BY, &place).await?;
        let views = self.viewed(rows).await?;
        Ok(agreeing("viewing", views, |viewed| viewed.view.reader == member))
    }
}

impl Writing {
    /// Keeps that something was shown; where that is kept already, with its record, it is counted. An error where it cannot be kept: then it
    /// is not to be shown.
    pub async fn note_view(&mut self, view: &View) -> Result<(), StoreError> {
        self.check_organisation(view.organisation)?;
        let (organisation, id) = (Param::Id(view.organisation.uuid()), Param::Id(view.id.uuid()));
        if self.open.row(VIEWING, &[organisation, id]).await?.is_some() {
            // The row alone may have been put there before, so that a view is counted and never kept.
            let kept: Option<View> = self.latest(view.id.uuid()).await?;
            if kept.is_none_or(|kept| kept.reader != view.reader) {
                refused("viewing");
                return Err(StoreError::Malformed("a view without its record"));
            }
            return self.count_views(view.id, 1).await;
        }
        let sorted = sorted(view);
        let row = [
            organisation,
            id,
            Param::Int(stored(view.version)?),
            Param::Id(view.reader.uuid()),
            Param::Int(view.first_at.micros()),
            Param::Text(sorted.opened),
            Param::MaybeId(sorted.matter),
            Param::Int(sorted.address),
        ];
        self.open.run_one(ADD_VIEWING, &row).await?;
        for person in &view.people {
            self.open.run(ADD_VIEWING_PERSON, &[organisation, id, Param::Id(person.uuid())]).await?;
        }
        self.add_version(view).await
    }

    /// Counts further views. Nothing happens where the view went with whom it was about.
    pub async fn count_views(&mut self, id: ViewId, more: u64) -> Result<(), StoreError> {
        let more = i64::try_from(more).map_err(|_| StoreError::Malformed("a count of views"))?;
        let row = [Param::Id(self.organisation.uuid()), Param::Id(id.uuid()), Param::Int(more)];
        self.open.run(COUNT_VIEWING, &row).await.map(drop)
    }

    /// Saves a view whose version is one more than that stored: that it was looked at.
    pub async fn save_view(&mut self, view: &View) -> Result<(), StoreError> {
        self.check_organisation(view.organisation)?;
        let row = [
            Param::Id(view.organisation.uuid()),
            Param::Id(view.id.uuid()),
            Param::Int(stored(view.version)?),
            Param::Int(before(view.version)?),
        ];
        self.move_on(CHANGE_VIEWING, &row).await?;
        self.add_version(view).await
    }

    /// Saves an address whose version is one more than that stored (1: new).
    pub async fn save_address(&mut self, address: &Address) -> Result<(), StoreError> {
        self.check_organisation(address.organisation)?;
        let (organisation, person) = (Param::Id(address.organisation.uuid()), Param::Id(address.person.uuid()));
        let version = Param::Int(stored(address.version)?);
        match before(address.version)? {
            0 => self.open.run_one(ADD_ADDRESS, &[organisation, person, version]).await?,
            earlier => self.move_on(CHANGE_ADDRESS, &[organisation, person, version, Param::Int(earlier)]).await?,
        }
        self.add_version(address).await
    }

    /// Saves emergency access whose version is one more than that stored (1: new).
    pub async fn save_emergency(&mut self, access: &EmergencyAccess) -> Result<(), StoreError> {
        self.check_organisation(access.organisation)?;
        let (organisation, id) = (Param::Id(access.organisation.uuid()), Param::Id(access.id.uuid()));
        let version = Param::Int(stored(access.version)?);
        let awaits = Param::Int(i64::from(access.awaits_review()));
        match before(access.version)? {
            0 => {
                let (matter, member) = (Param::Id(access.matter.uuid()), Param::Id(access.holder.uuid()));
                let begins = Param::Int(access.begins.micros());
                self.open.run_one(ADD_EMERGENCY, &[organisation, id, version, matter, member, begins, awaits]).await?;
            }
            earlier => {
                self.move_on(CHANGE_EMERGENCY, &[organisation, id, version, Param::Int(earlier), awaits]).await?;
            }
        }
        self.add_version(access).await
    }
}
