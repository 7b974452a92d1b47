//! Recorded decisions: they are added and read. There is no statement that changes or deletes one (REC-2).

use casework::{Decision, DecisionId, MatterId, MemberId, Moment, PersonId};

use crate::bound::agreeing;
use crate::sql::Param;
use crate::statements::{
    ADD_DECISION, ADD_DECISION_ITEM, ADD_DECISION_PERSON, CORRECTIONS_OF, DECISIONS_ABOUT, DECISIONS_BEFORE,
    DECISIONS_BY, DECISIONS_ON,
};
use crate::{Reading, StoreError, Writing};

impl Reading {
    /// A decision.
    pub async fn decision(&mut self, id: DecisionId) -> Result<Option<Decision>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The decisions on a matter, newest first; not one that a row puts there and its own record does not.
    pub async fn decisions_on(&mut self, matter: MatterId) -> Result<Vec<Decision>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let decisions = self.latest_of(DECISIONS_ON, &[organisation, Param::Id(matter.uuid())]).await?;
        Ok(agreeing("decision", decisions, |decision: &Decision| decision.matter == matter))
    }

    /// A member's decisions, newest first, at most so many.
    pub async fn decisions_by(&mut self, member: MemberId, most: u32) -> Result<Vec<Decision>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let place = [organisation, Param::Id(member.uuid()), Param::Int(i64::from(most))];
        let decisions = self.latest_of(DECISIONS_BY, &place).await?;
        Ok(agreeing("decision", decisions, |decision: &Decision| decision.member == member))
    }

    /// The organisation's decisions that were recorded before this moment, or at it under a lower id, newest first, at most so many.
    pub async fn decisions_before(
        &mut self,
        (at, id): (Moment, DecisionId),
        most: u32,
    ) -> Result<Vec<Decision>, StoreError> {
        let place = [
            Param::Id(self.organisation.uuid()),
            Param::Int(at.micros()),
            Param::Id(id.uuid()),
            Param::Int(i64::from(most)),
        ];
        self.latest_of(DECISIONS_BEFORE, &place).await
    }

    /// The decisions on a person's record, newest first; who may see which is for the caller to ask.
    pub async fn decisions_about(&mut self, person: PersonId) -> Result<Vec<Decision>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let decisions = self.latest_of(DECISIONS_ABOUT, &[organisation, Param::Id(person.uuid())]).await?;
        Ok(agreeing("decision_person", decisions, |decision: &Decision| decision.people.contains(&person)))
    }

    /// The later decisions that correct this one, oldest first.
    pub async fn corrections_of(&mut self, decision: DecisionId) -> Result<Vec<Decision>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let corrections = self.latest_of(CORRECTIONS_OF, &[organisation, Param::Id(decision.uuid())]).await?;
        Ok(agreeing("decision", corrections, |one: &Decision| {
            one.corrects.as_ref().is_some_and(|corrects| corrects.decision == decision)
        }))
    }
}

impl Writing {
    /// Adds a decision. Its matter, people, items, member and the decision it corrects must be the organisation's own.
    pub async fn add_decision(&mut self, decision: &Decision) -> Result<(), StoreError> {
        self.check_organisation(decision.organisation)?;
        let (organisation, id) = (Param::Id(decision.organisation.uuid()), Param::Id(decision.id.uuid()));
        let row = [
            organisation,
            id,
            Param::Id(decision.matter.uuid()),
            Param::Id(decision.member.uuid()),
            Param::Int(decision.recorded_at.micros()),
            Param::MaybeId(decision.corrects.as_ref().map(|correction| correction.decision.uuid())),
        ];
        self.open.run_one(ADD_DECISION, &row).await?;
        for person in &decision.people {
            self.open.run(ADD_DECISION_PERSON, &[organisation, id, Param::Id(person.uuid())]).await?;
        }
        for decided in &decision.items {
            self.open.run_one(ADD_DECISION_ITEM, &[organisation, id, Param::Id(decided.item.uuid())]).await?;
        }
        self.add_version(decision).await
    }
}
