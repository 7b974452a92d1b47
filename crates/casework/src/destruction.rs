//! Destroying what is kept about a person when its time is up (RET-2), and the legal holds that forbid it.
//!
//! A certificate of destruction outlives what it certifies, so it names records by id, count, time and digest, and nobody by
//! name. It is sealed for the organisation, and the ledger carries it as it carries everything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::blank;
use crate::wire::words;
use crate::{
    Action, Denied, DestructionId, HoldId, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Resource, may,
};

words! {
    /// What a destruction rests on.
    Ground {
        /// A rule of the organisation's retention policy.
        RetentionRule = "retention rule",
        /// An instruction: a court's, a regulator's, a controller's on a request for erasure.
        Instruction = "instruction",
        /// The list of destructions, after an older backup was restored, where the list is of before it said on what a destruction rests: it
        /// had been destroyed before.
        EarlierDestruction = "earlier destruction",
    }
}

/// A certificate of destruction: what existed, and under which rule it was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destruction {
    /// Its id.
    pub id: DestructionId,
    /// The organisation whose records they were.
    pub organisation: OrganisationId,
    /// The person, by the id that they had.
    pub person: PersonId,
    /// On what it rests.
    pub ground: Ground,
    /// The rule or the instruction, in words and without anyone's name.
    pub rule: String,
    /// The member who asked for it.
    pub asked_by: MemberId,
    /// When it was decided.
    pub decided_at: Moment,
    /// When it was destroyed again, after a restore had brought it back. All else is as it was decided, but for what existed, which is what
    /// the restored backup held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Moment>,
    /// Every record that existed and was about nobody else who is still held.
    pub existed: Vec<Existed>,
    /// How many records live on, because they are about others too.
    pub lived_on: u64,
    /// How many drafts went with them.
    pub drafts: u64,
}

impl Destruction {
    /// The ids of all that went: the person's and those of the records.
    #[must_use]
    pub fn names(&self) -> BTreeSet<Uuid> {
        std::iter::once(self.person.uuid()).chain(self.existed.iter().map(|record| record.id)).collect()
    }
}

/// A record that existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existed {
    /// Its kind: person, matter, item, decision.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// Its versions, the first one first.
    pub versions: Vec<ExistedVersion>,
    /// Whom else it, or the matter that it was on, was about: for each a digest in place of their id, in which only whoever knows the id
    /// finds them. Certificates of before this was kept say nothing of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub others: BTreeSet<String>,
}

/// How many records there are of each kind.
#[must_use]
pub fn counts(existed: &[Existed]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in existed {
        *counts.entry(record.kind.clone()).or_insert(0) += 1;
    }
    counts
}

/// A version that existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistedVersion {
    /// Which version, from 1.
    pub version: u64,
    /// When it was entered in the ledger.
    pub recorded_at: Moment,
    /// Its leaf in the ledger, which stays and says nothing by itself.
    pub leaf: Uuid,
    /// SHA-256 of what was stored, with its place, in hexadecimal: the leaf holds the same.
    pub stored_sha256: String,
}

/// What is under a legal hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Held {
    /// All about a person.
    Person(PersonId),
    /// A matter, and with it the people it is about.
    Matter(MatterId),
}

/// A legal hold: until it is released, nothing of what it names is destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// Its id.
    pub id: HoldId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which version this is, from 1; the release is the second.
    pub version: u64,
    /// What is held.
    pub held: Held,
    /// Why: an inquest, a claim, an inquiry.
    pub reason: String,
    /// Who placed it.
    pub by: MemberId,
    /// Since when.
    pub since: Moment,
    /// Who released it, and when.
    pub released: Option<(MemberId, Moment)>,
    /// Why it was released. Holds that were released before a reason was asked for have none.
    #[serde(default)]
    pub released_because: Option<String>,
}

impl LegalHold {
    /// Whether it still holds.
    pub fn stands(&self) -> bool {
        self.released.is_none()
    }

    /// Whether it forbids destroying a person who is in these matters.
    pub fn forbids(&self, person: PersonId, matters: &[MatterId]) -> bool {
        self.stands()
            && match self.held {
                Held::Person(held) => held == person,
                Held::Matter(held) => matters.contains(&held),
            }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDestruction {
    /// The certificate's id.
    pub id: DestructionId,
    /// Whom to destroy.
    pub person: PersonId,
    /// On what it rests.
    pub ground: Ground,
    /// The rule or the instruction, in words.
    pub rule: String,
}

/// Why something is not destroyed, held or released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestroyRefused {
    /// The member may not do this.
    #[error("only a manager or an administrator of the organisation may destroy records or hold them")]
    NotFor(Denied),
    /// A legal hold stands.
    #[error("a legal hold stands: {}. Release it first, if it is no longer needed", list(.0))]
    Held(Vec<HoldId>),
    /// Nobody said under which rule.
    #[error("say in words under which rule or instruction, without anybody's name")]
    RuleMissing,
    /// Nobody said why it is held.
    #[error("say in words why it is held")]
    ReasonMissing,
    /// Nobody said why it is released.
    #[error("say in words why it is released")]
    ReleaseReasonMissing,
    /// The hold was released before.
    #[error("the hold was released before")]
    ReleasedBefore,
}

fn list(holds: &[HoldId]) -> String {
    holds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn may_dispose(member: &Member, whose: Resource<'_>) -> Result<(), DestroyRefused> {
    may(member, Action::Dispose, whose).map(drop).map_err(DestroyRefused::NotFor)
}

fn of(organisation: OrganisationId, held: Held) -> Resource<'static> {
    match held {
        Held::Person(person) => Resource::Person(organisation, person),
        Held::Matter(_) => Resource::Organisation(organisation),
    }
}

/// Whether the member may destroy a person who is in these matters. `holds` are the organisation's legal holds.
pub fn may_destroy(
    member: &Member,
    organisation: OrganisationId,
    new: &NewDestruction,
    matters: &[MatterId],
    holds: &[LegalHold],
) -> Result<(), DestroyRefused> {
    may_dispose(member, Resource::Person(organisation, new.person))?;
    let forbidding: Vec<HoldId> =
        holds.iter().filter(|hold| hold.forbids(new.person, matters)).map(|hold| hold.id).collect();
    if !forbidding.is_empty() {
        return Err(DestroyRefused::Held(forbidding));
    }
    if blank(&new.rule) { Err(DestroyRefused::RuleMissing) } else { Ok(()) }
}

/// Places a legal hold.
pub fn hold(member: &Member, id: HoldId, held: Held, reason: &str, now: Moment) -> Result<LegalHold, DestroyRefused> {
    may_dispose(member, of(member.organisation, held))?;
    reason_to_hold(reason)?;
    Ok(LegalHold {
        id,
        organisation: member.organisation,
        version: 1,
        held,
        reason: reason.trim().to_owned(),
        by: member.id,
        since: now,
        released: None,
        released_because: None,
    })
}

/// Whether a reason is given for which a hold can be placed.
pub fn reason_to_hold(reason: &str) -> Result<(), DestroyRefused> {
    if blank(reason) { Err(DestroyRefused::ReasonMissing) } else { Ok(()) }
}

/// Releases a legal hold.
pub fn release(member: &Member, hold: &LegalHold, reason: &str, now: Moment) -> Result<LegalHold, DestroyRefused> {
    may_dispose(member, of(hold.organisation, hold.held))?;
    if !hold.stands() {
        return Err(DestroyRefused::ReleasedBefore);
    }
    if blank(reason) {
        return Err(DestroyRefused::ReleaseReasonMissing);
    }
    Ok(LegalHold {
        version: hold.version + 1,
        released: Some((member.id, now)),
        released_because: Some(reason.trim().to_owned()),
        ..hold.clone()
    })
}

/// That a backup was restored: from then on the ledger goes on from an earlier state than the last one signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Its id.
    pub id: crate::RecoveryId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which epoch of the ledger began with it: how often it was taken up, and so its name from then on. Records of before this was kept
    /// say nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// When the backup of the records was taken.
    pub data_taken_at: Moment,
    /// When the backup of the keys was taken.
    pub keys_taken_at: Moment,
    /// When it was restored.
    pub restored_at: Moment,
    /// Who restored it, in the words of whoever did.
    pub by: String,
}

/// That the organisation's key was changed for a new one: from then on the former key opens nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Its id.
    pub id: crate::KeyRotationId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// When.
    pub rotated_at: Moment,
    /// Who changed it, in the words of whoever did.
    pub by: String,
    /// How many keys of people, and of what has a key of its own, were wrapped anew.
    pub keys: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{NewMember, Role, admit_member};

    const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

    fn member(organisation: u8, role: Role) -> Member {
        let new = NewMember {
            name: "Wilhelmina Throssell".into(),
            role_title: "Head".into(),
            email: "head@fernbank.example".into(),
            roles: BTreeSet::from([role]),
        };
        admit_member(here(organisation), MemberId::new(NOW, [organisation; 10]), new, NOW).unwrap()
    }

    fn here(n: u8) -> OrganisationId {
        OrganisationId::new(NOW, [n; 10])
    }

    fn asked() -> NewDestruction {
        NewDestruction {
            id: DestructionId::new(NOW, [5; 10]),
            person: PersonId::new(NOW, [6; 10]),
            ground: Ground::RetentionRule,
            rule: "Six years after leaving".into(),
        }
    }

    #[test]
    fn a_manager_or_an_administrator_of_the_organisation_may_destroy_and_nobody_else() {
        for &role in Role::ALL {
            let allowed = may_destroy(&member(1, role), here(1), &asked(), &[], &[]).is_ok();
            assert_eq!(allowed, matches!(role, Role::Manager | Role::Administrator), "{role}");
            let elsewhere = may_destroy(&member(2, role), here(1), &asked(), &[], &[]);
            assert_eq!(elsewhere, Err(DestroyRefused::NotFor(Denied::AnotherOrganisation)), "{role}");
        }
    }

    #[test]
    fn a_legal_hold_on_the_person_or_on_a_matter_of_theirs_forbids_it_until_released() {
        let head = member(1, Role::Manager);
        let (matter, other) = (MatterId::new(NOW, [7; 10]), MatterId::new(NOW, [8; 10]));
        for (held, forbids) in [
            (Held::Person(asked().person), true),
            (Held::Matter(matter), true),
            (Held::Matter(other), false),
            (Held::Person(PersonId::new(NOW, [9; 10])), false),
        ] {
            let placed = hold(&head, HoldId::new(NOW, [1; 10]), held, "An inquest", NOW).unwrap();
            let refused = may_destroy(&head, here(1), &asked(), &[matter], std::slice::from_ref(&placed));
            assert_eq!(refused, if forbids { Err(DestroyRefused::Held(vec![placed.id])) } else { Ok(()) }, "{held:?}");
            let released = release(&head, &placed, "It is over", NOW).unwrap();
            assert_eq!((released.version, released.stands()), (2, false));
            assert_eq!(release(&head, &released, "Again", NOW), Err(DestroyRefused::ReleasedBefore));
            assert_eq!(may_destroy(&head, here(1), &asked(), &[matter], &[released]), Ok(()));
        }
    }

    #[test]
    fn a_destruction_names_its_rule_and_a_hold_its_reason() {
        let head = member(1, Role::Manager);
        let without = NewDestruction { rule: "  ".into(), ..asked() };
        assert_eq!(may_destroy(&head, here(1), &without, &[], &[]), Err(DestroyRefused::RuleMissing));
        let placed = hold(&head, HoldId::new(NOW, [1; 10]), Held::Person(asked().person), "", NOW);
        assert_eq!(placed, Err(DestroyRefused::ReasonMissing));
        let placed = hold(&head, HoldId::new(NOW, [1; 10]), Held::Person(asked().person), "An inquest", NOW).unwrap();
        assert_eq!(release(&head, &placed, " ", NOW), Err(DestroyRefused::ReleaseReasonMissing));
    }
}
