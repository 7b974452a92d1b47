//! Who may see whom, under which circumstances: a moment, a stated reason, having proved once more who one is, emergency access. The
//! rules are the policy's, as for `may`; here it is also said by which way something was opened, because the log of views says so.

use std::collections::BTreeSet;

use access::{
    Answer, Asks, At, ColleagueAction, EmergencyAction, MatterAction, PersonAction, Policy, Question, RecordAction,
    WorkplaceAction, built_in,
};

use crate::access::{asked_matter, asker, forbidden, organisation, people};
use crate::{Denied, EmergencyAccess, EmergencyId, Matter, Member, MemberId, Moment, OrganisationId, PersonId, View};

/// Under which circumstances somebody asks.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// When.
    pub at: Moment,
    /// Whether they said why, for this one thing.
    pub reason_stated: bool,
    /// When they last proved once more who they are.
    pub signed_in_again: Option<Moment>,
    /// Emergency access that they took.
    pub emergencies: &'a [EmergencyAccess],
}

impl Circumstances<'_> {
    /// An ordinary moment.
    #[must_use]
    pub const fn plain(at: Moment) -> Self {
        Self { at, reason_stated: false, signed_in_again: None, emergencies: &[] }
    }
}

/// What somebody wishes to do.
#[derive(Debug, Clone, Copy)]
pub enum Wish<'a> {
    /// Read a matter with its people and items.
    ReadMatter(&'a Matter),
    /// Read a recorded decision on a matter.
    ReadDecision {
        /// The matter.
        matter: &'a Matter,
        /// Whether the decision concerns confidential information.
        confidential: bool,
    },
    /// Look whether somebody is known here.
    FindPeople(OrganisationId),
    /// Read a person's own page; with all matters about them.
    ReadPerson(PersonId, &'a [Matter]),
    /// Read who has read a person; with all matters about them.
    ReadReaders(PersonId, &'a [Matter]),
    /// Read a person's protected address; with all matters about them.
    ReadAddress(PersonId, &'a [Matter]),
    /// Keep and protect a person's address; with all matters about them.
    ProtectAddress(PersonId, &'a [Matter]),
    /// Protect an address no longer; with all matters about the person.
    ReleaseAddress(PersonId, &'a [Matter]),
    /// Begin emergency access to a matter.
    BeginEmergency(&'a Matter),
    /// See who had emergency access, why, and what came of it.
    ReadEmergency(&'a EmergencyAccess),
    /// Look at somebody's emergency access and say what came of it.
    ReviewEmergency(&'a EmergencyAccess),
    /// See the list of decisions that concern confidential information.
    ReadConfidentialDecisions(OrganisationId),
    /// See what waits to be looked at by somebody else than who did it.
    Oversee(OrganisationId),
    /// Be told of matters on which nobody can work, and hand them on.
    HandOnUnattended(OrganisationId),
    /// Look over unusual reading.
    ReadUnusualViews(OrganisationId),
    /// Mark a view of this person as looked at.
    MarkView(&'a View, PersonId),
    /// Declare a conflict of interest of a member of this organisation.
    DeclareConflict(OrganisationId, MemberId),
    /// Lift one, and see what was declared.
    LiftConflict(OrganisationId, MemberId),
    /// Put somebody into a team of this organisation, which opens its matters to them.
    AddToTeam(OrganisationId),
}

/// By which way something was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By what the member is: involved, in a role, or the writer.
    Ordinary,
    /// By being the Caldicott Guardian.
    Guardian,
    /// By a stated reason.
    StatedReason,
    /// By this emergency access.
    Emergency(EmergencyId),
}

/// Whether the member may, and by which way. The most ordinary way comes first.
pub fn may_now(member: &Member, wish: Wish<'_>, circumstances: &Circumstances<'_>) -> Result<Way, Denied> {
    match wish {
        Wish::ReadMatter(matter) => {
            let matter = asked_matter(matter);
            answered(member, Asks::Matter(MatterAction::Read, &matter), circumstances)
        }
        Wish::BeginEmergency(matter) => {
            let matter = asked_matter(matter);
            answered(member, Asks::Matter(MatterAction::BeginEmergency, &matter), circumstances)
        }
        Wish::ReadDecision { matter, confidential } => {
            let record = access::Record { matter: asked_matter(matter), confidential };
            answered(member, Asks::Record(RecordAction::Read, &record), circumstances)
        }
        Wish::FindPeople(of) => {
            answered(member, Asks::Workplace(WorkplaceAction::FindPeople, organisation(of)), circumstances)
        }
        Wish::ReadUnusualViews(of) => {
            answered(member, Asks::Workplace(WorkplaceAction::ReadUnusualViews, organisation(of)), circumstances)
        }
        Wish::ReadPerson(person, matters) => asked(member, PersonAction::Read, person, matters, circumstances),
        Wish::ReadReaders(person, matters) => asked(member, PersonAction::ReadReaders, person, matters, circumstances),
        Wish::ReadAddress(person, matters) => asked(member, PersonAction::ReadAddress, person, matters, circumstances),
        Wish::ProtectAddress(person, matters) => {
            asked(member, PersonAction::ProtectAddress, person, matters, circumstances)
        }
        Wish::ReleaseAddress(person, matters) => {
            asked(member, PersonAction::ReleaseAddress, person, matters, circumstances)
        }
        Wish::ReadEmergency(of) => {
            answered(member, Asks::Emergency(EmergencyAction::Read, &asked_emergency(of)), circumstances)
        }
        Wish::ReviewEmergency(of) => {
            answered(member, Asks::Emergency(EmergencyAction::Review, &asked_emergency(of)), circumstances)
        }
        Wish::ReadConfidentialDecisions(of) => answered(
            member,
            Asks::Workplace(WorkplaceAction::ReadConfidentialDecisions, organisation(of)),
            circumstances,
        ),
        Wish::Oversee(of) => {
            answered(member, Asks::Workplace(WorkplaceAction::Oversee, organisation(of)), circumstances)
        }
        Wish::HandOnUnattended(of) => {
            answered(member, Asks::Workplace(WorkplaceAction::HandOnUnattended, organisation(of)), circumstances)
        }
        Wish::AddToTeam(of) => {
            answered(member, Asks::Workplace(WorkplaceAction::AddToTeam, organisation(of)), circumstances)
        }
        Wish::MarkView(view, person) => {
            let view = access::View {
                organisation: organisation(view.organisation),
                person: access::PersonId(person.uuid()),
                reader: access::MemberId(view.reader.uuid()),
            };
            answered(member, Asks::MarkView(&view), circumstances)
        }
        Wish::DeclareConflict(of, whose) => {
            answered(member, Asks::Colleague(ColleagueAction::DeclareConflict, &colleague(of, whose)), circumstances)
        }
        Wish::LiftConflict(of, whose) => {
            answered(member, Asks::Colleague(ColleagueAction::LiftConflict, &colleague(of, whose)), circumstances)
        }
    }
}

fn colleague(of: OrganisationId, whose: MemberId) -> access::Colleague {
    access::Colleague { organisation: organisation(of), id: access::MemberId(whose.uuid()) }
}

/// A question about a person of the member's own organisation.
fn asked(
    member: &Member,
    action: PersonAction,
    person: PersonId,
    matters: &[Matter],
    circumstances: &Circumstances<'_>,
) -> Result<Way, Denied> {
    let about =
        matters.iter().filter(|matter| matter.organisation == member.organisation && matter.people.contains(&person));
    let person = access::Person {
        id: access::PersonId(person.uuid()),
        organisation: organisation(member.organisation),
        involvement: about.flat_map(|matter| asked_matter(matter).involvement).collect(),
    };
    answered(member, Asks::Person(action, &person), circumstances)
}

fn answered(member: &Member, asks: Asks<'_>, circumstances: &Circumstances<'_>) -> Result<Way, Denied> {
    let policy = built_in().map_err(|_| Denied::Unanswered)?;
    let asking = Asking { policy, member: asker(member), asks, circumstances };
    if let Some(way) = asking.one(false, None)? {
        return Ok(way);
    }
    if circumstances.reason_stated && asking.one(true, None)?.is_some() {
        return Ok(Way::StatedReason);
    }
    for access in circumstances.emergencies {
        // The policy compares holder, matter, people and times. What else makes up the grant must be the member's own too.
        let whole = access.organisation == member.organisation && !access.reason.trim().is_empty();
        if whole && asking.one(false, Some(&asked_emergency(access)))?.is_some() {
            return Ok(Way::Emergency(access.id));
        }
    }
    Err(Denied::NotInvolved)
}

struct Asking<'a> {
    policy: &'static Policy,
    member: access::Member,
    asks: Asks<'a>,
    circumstances: &'a Circumstances<'a>,
}

impl Asking<'_> {
    /// What the policy says; none when nothing permits it.
    fn one(&self, reason: bool, emergency: Option<&access::EmergencyAccess>) -> Result<Option<Way>, Denied> {
        let circumstances = access::Circumstances {
            at: at(self.circumstances.at),
            reason_stated: reason,
            signed_in_again: self.circumstances.signed_in_again.map(at),
            emergency,
        };
        match self.policy.ask(&Question { member: &self.member, asks: self.asks, circumstances }) {
            Answer::Permitted(rule) if rule.id == "guardian-reads-confidential-decisions" => Ok(Some(Way::Guardian)),
            Answer::Permitted(_) => Ok(Some(Way::Ordinary)),
            Answer::Forbidden(rule) => Err(forbidden(rule)),
            Answer::NothingPermits => Ok(None),
            Answer::Unanswered(_) => Err(Denied::Unanswered),
        }
    }
}

const fn at(moment: Moment) -> At {
    At::from_micros(moment.micros())
}

fn asked_emergency(of: &EmergencyAccess) -> access::EmergencyAccess {
    let about: &BTreeSet<PersonId> = &of.people;
    access::EmergencyAccess {
        organisation: organisation(of.organisation),
        matter: access::MatterId(of.matter.uuid()),
        people: people(about),
        holder: access::MemberId(of.holder.uuid()),
        begins: at(of.begins),
        ends: at(of.until()),
    }
}
