//! People, matters and items.

use std::collections::BTreeSet;

use casework::{Item, ItemId, Matter, MatterId, MemberId, Moment, Person, PersonId, TeamId};

use crate::bound::agreeing;
use crate::records::{before, stored};
use crate::sql::Param;
use crate::statements::{
    ADD_ITEM, ADD_ITEM_PERSON, ADD_MATTER, ADD_MATTER_MEMBER, ADD_MATTER_PERSON, ADD_MATTER_TEAM, ADD_PERSON,
    CHANGE_ITEM, CHANGE_MATTER, CHANGE_PERSON, CLEAR_ITEM_PEOPLE, CLEAR_MATTER_MEMBERS, CLEAR_MATTER_PEOPLE,
    CLEAR_MATTER_TEAMS, INVOLVED_MEMBERS, INVOLVED_TEAMS, ITEMS_ON, MATTERS_ABOUT, MATTERS_OF, MATTERS_OF_ABOUT,
    MATTERS_OF_NOBODY, MATTERS_OF_TEAM,
};
use crate::{Reading, StoreError, Writing};

impl Reading {
    /// A person.
    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// Everyone the organisation holds a record of, oldest first. For the index in memory, not for a page.
    pub async fn people(&mut self) -> Result<Vec<Person>, StoreError> {
        self.all_latest().await
    }

    /// The people a matter is about, as its own record says; but for those who were destroyed, whom it may still name.
    pub async fn people_on(&mut self, matter: &Matter) -> Result<Vec<Person>, StoreError> {
        let mut people = Vec::with_capacity(matter.people.len());
        for person in &matter.people {
            people.extend(self.person(*person).await?);
        }
        Ok(people)
    }

    /// A matter.
    pub async fn matter(&mut self, id: MatterId) -> Result<Option<Matter>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The matters that a member is involved in at this moment, by any way, newest first. The rows only lead there: whether the member is
    /// involved, conflicts of interest and all other rules are for the caller to ask of the matter.
    pub async fn matters_of(&mut self, member: MemberId, now: Moment) -> Result<Vec<Matter>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(MATTERS_OF, &[organisation, Param::Id(member.uuid()), Param::Int(now.micros())]).await
    }

    /// Those among [`Self::matters_of`] that are about a person, newest first. All rules are for the caller to ask.
    pub async fn matters_of_about(
        &mut self,
        member: MemberId,
        person: PersonId,
        now: Moment,
    ) -> Result<Vec<Matter>, StoreError> {
        let (organisation, member) = (Param::Id(self.organisation.uuid()), Param::Id(member.uuid()));
        let place = [organisation, member, Param::Int(now.micros()), Param::Id(person.uuid())];
        let matters = self.latest_of_few(MATTERS_OF_ABOUT, &place).await?;
        Ok(agreeing("matter_person", matters, |matter: &Matter| matter.people.contains(&person)))
    }

    /// The matters that a team is involved in at this moment, newest first. All rules are for the caller to ask.
    pub async fn matters_of_team(&mut self, team: TeamId, now: Moment) -> Result<Vec<Matter>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(MATTERS_OF_TEAM, &[organisation, Param::Id(team.uuid()), Param::Int(now.micros())]).await
    }

    /// Those who are involved in any matter at this moment, by assignment or invitation.
    pub async fn involved_members(&mut self, now: Moment) -> Result<BTreeSet<MemberId>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(now.micros())];
        let rows = self.open.rows(INVOLVED_MEMBERS, &place).await?;
        rows.iter().map(|row| Ok(MemberId::from_uuid(row.id(0)?))).collect()
    }

    /// The teams that are involved in any matter at this moment, closed ones too.
    pub async fn involved_teams(&mut self, now: Moment) -> Result<BTreeSet<TeamId>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(now.micros())];
        let rows = self.open.rows(INVOLVED_TEAMS, &place).await?;
        rows.iter().map(|row| Ok(TeamId::from_uuid(row.id(0)?))).collect()
    }

    /// The matters in which nobody and no team is involved at this moment, newest first.
    pub async fn matters_of_nobody(&mut self, now: Moment) -> Result<Vec<Matter>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(MATTERS_OF_NOBODY, &[organisation, Param::Int(now.micros())]).await
    }

    /// The matters about a person, newest first; who may see which is for the caller to ask.
    pub async fn matters_about(&mut self, person: PersonId) -> Result<Vec<Matter>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let matters = self.latest_of(MATTERS_ABOUT, &[organisation, Param::Id(person.uuid())]).await?;
        Ok(agreeing("matter_person", matters, |matter: &Matter| matter.people.contains(&person)))
    }

    /// An item.
    pub async fn item(&mut self, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The items on a matter, in the order added; not one that a row puts there and its own record does not.
    pub async fn items_on(&mut self, matter: MatterId) -> Result<Vec<Item>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let items = self.latest_of(ITEMS_ON, &[organisation, Param::Id(matter.uuid())]).await?;
        Ok(agreeing("item", items, |item: &Item| item.matter == matter))
    }
}

impl Writing {
    /// Saves a person whose version is one more than that stored (1: new).
    pub async fn save_person(&mut self, person: &Person) -> Result<(), StoreError> {
        self.check_organisation(person.organisation)?;
        let (organisation, id) = (Param::Id(person.organisation.uuid()), Param::Id(person.id.uuid()));
        let version = Param::Int(stored(person.version)?);
        match before(person.version)? {
            0 => self.open.run_one(ADD_PERSON, &[organisation, id, version]).await?,
            earlier => self.move_on(CHANGE_PERSON, &[organisation, id, version, Param::Int(earlier)]).await?,
        }
        self.add_version(person).await
    }

    /// Saves a matter whose version is one more than that stored (1: new), with its people and those involved.
    pub async fn save_matter(&mut self, matter: &Matter) -> Result<(), StoreError> {
        self.check_organisation(matter.organisation)?;
        let (organisation, id) = (Param::Id(matter.organisation.uuid()), Param::Id(matter.id.uuid()));
        let version = Param::Int(stored(matter.version)?);
        match before(matter.version)? {
            0 => {
                let opened_at = Param::Int(matter.opened_at.micros());
                self.open.run_one(ADD_MATTER, &[organisation, id, version, opened_at]).await?;
            }
            earlier => {
                self.move_on(CHANGE_MATTER, &[organisation, id, version, Param::Int(earlier)]).await?;
                self.open.run(CLEAR_MATTER_PEOPLE, &[organisation, id]).await?;
                self.open.run(CLEAR_MATTER_MEMBERS, &[organisation, id]).await?;
                self.open.run(CLEAR_MATTER_TEAMS, &[organisation, id]).await?;
            }
        }
        // One who was destroyed stays named in what lives on, and in no table.
        for person in &matter.people {
            self.open.run(ADD_MATTER_PERSON, &[organisation, id, Param::Id(person.uuid())]).await?;
        }
        for (member, until) in matter.members_until() {
            let row = [organisation, id, Param::Id(member.uuid()), Param::Int(until.micros())];
            self.open.run_one(ADD_MATTER_MEMBER, &row).await?;
        }
        for (team, until) in matter.teams_until() {
            let row = [organisation, id, Param::Id(team.uuid()), Param::Int(until.micros())];
            self.open.run_one(ADD_MATTER_TEAM, &row).await?;
        }
        self.add_version(matter).await
    }

    /// Saves an item whose version is one more than that stored (1: new). An item never changes its matter.
    pub async fn save_item(&mut self, item: &Item) -> Result<(), StoreError> {
        self.check_organisation(item.organisation)?;
        let (organisation, id) = (Param::Id(item.organisation.uuid()), Param::Id(item.id.uuid()));
        let (matter, version) = (Param::Id(item.matter.uuid()), Param::Int(stored(item.version)?));
        match before(item.version)? {
            0 => {
                let added_at = Param::Int(item.added_at.micros());
                self.open.run_one(ADD_ITEM, &[organisation, id, matter, version, added_at]).await?;
            }
            earlier => {
                self.move_on(CHANGE_ITEM, &[organisation, id, matter, version, Param::Int(earlier)]).await?;
                self.open.run(CLEAR_ITEM_PEOPLE, &[organisation, id]).await?;
            }
        }
        for person in &item.people {
            self.open.run(ADD_ITEM_PERSON, &[organisation, id, Param::Id(person.uuid())]).await?;
        }
        self.add_version(item).await
    }
}
