//! Who may do what, in casework's own words. The rules are the policy in `policies/` (crate `sharewell-access`); here a member and a
//! record become a question to it, and its answer becomes a permission or the reason for a refusal. One function asks, and everything
//! goes through it. Whatever is not allowed looks as if it did not exist.

use std::collections::BTreeSet;

use access::{
    Answer, Asks, At, By, Circumstances, Disposal, DisposalAction, DraftAction, Involvement, MatterAction, Policy,
    Question, Rule, WorkplaceAction, built_in,
};

use crate::{Draft, InvolvedBy, Matter, Member, Membership, Moment, OrganisationId, PersonId, Role};

/// What a member wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open a matter, name a person, start a draft: in the organisation.
    StartCasework,
    /// Read a matter with its people, items and decisions; read a draft.
    Read,
    /// Add to a matter, record a decision on it, correct one; save a draft.
    WorkOn,
    /// Change the organisation's settings, procedures and contacts.
    ChangeSettings,
    /// Admit and change members.
    ManageMembers,
    /// Hand somebody's matter or draft on to a colleague, without reading it.
    HandOn,
    /// Destroy records whose time is up, hold them, and read what was destroyed, held and recovered.
    Dispose,
}

/// What they want to do it to.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// The organisation itself.
    Organisation(OrganisationId),
    /// All that an organisation keeps about a person.
    Person(OrganisationId, PersonId),
    /// A matter with everything on it, at this moment: involvement ends.
    Matter(&'a Matter, Moment),
    /// A draft.
    Draft(&'a Draft),
}

/// It may be done, and under which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// By a role that works with cases, in their own organisation.
    DoesCasework,
    /// By being involved in the matter.
    Involved,
    /// By being the draft's writer.
    OwnDraft,
    /// By being an administrator.
    Administers,
    /// By being a manager or an administrator.
    Disposes,
    /// By being a manager or an administrator, who hand work on.
    HandsOn,
}

impl Denied {
    /// Whether it may be done once the member has proved again who they are.
    #[must_use]
    pub fn asks_for_proof(&self) -> bool {
        matches!(self, Self::Forbidden(rule) if rule.id == "sign-in-again-for-what-cannot-be-undone")
    }

    /// The id of the policy's rule that decided, for the log; `nothing-permits` where no rule allows it.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::AnotherOrganisation => "own-organisation-only",
            Self::NoCasework => "only-roles-that-work-with-cases",
            Self::NotActive => "only-active-members",
            Self::ConflictOfInterest => "conflict-of-interest",
            Self::Forbidden(rule) => &rule.id,
            Self::Unanswered => "unanswered",
            Self::NotHandingOn
            | Self::NotInvolved
            | Self::AnothersDraft
            | Self::NotAdministrator
            | Self::NotDisposing
            | Self::NoSuchAction => "nothing-permits",
        }
    }
}

/// It may not be done. The reason is for the log; the screen says *not found*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The record belongs to another organisation.
    #[error("the record belongs to another organisation")]
    AnotherOrganisation,
    /// None of the member's roles works with cases.
    #[error("none of the member's roles works with cases")]
    NoCasework,
    /// The member is not involved in the matter.
    #[error("the member is not involved in the matter")]
    NotInvolved,
    /// The draft is another member's.
    #[error("the draft is another member's")]
    AnothersDraft,
    /// The member is not an administrator.
    #[error("the member is not an administrator")]
    NotAdministrator,
    /// The member is neither a manager nor an administrator.
    #[error("the member is neither a manager nor an administrator")]
    NotDisposing,
    /// The member is neither a manager nor an administrator, who hand work on.
    #[error("the member hands no work on")]
    NotHandingOn,
    /// The membership is not active: invited, suspended or left.
    #[error("the membership is not active")]
    NotActive,
    /// The member has a conflict of interest with somebody whom it is about.
    #[error("the member has a conflict of interest with somebody whom it is about")]
    ConflictOfInterest,
    /// Another rule of the policy forbids it.
    #[error("{0}")]
    Forbidden(&'static Rule),
    /// The policy could not answer, so the answer is no.
    #[error("the policy could not answer")]
    Unanswered,
    /// The action has no meaning for this kind of record.
    #[error("the action has no meaning for this kind of record")]
    NoSuchAction,
}

/// Whether the member may do this, and why or why not.
pub fn may(member: &Member, action: Action, resource: Resource<'_>) -> Result<Permission, Denied> {
    let policy = built_in().map_err(|_| Denied::Unanswered)?;
    let at = match resource {
        Resource::Matter(_, now) => At::from_micros(now.micros()),
        // What is asked of anything else does not depend on the hour.
        Resource::Organisation(_) | Resource::Person(..) | Resource::Draft(_) => At::from_micros(0),
    };
    let asking = Asking { policy, member: asker(member), at };
    match (action, resource) {
        (Action::ChangeSettings, Resource::Organisation(id)) => {
            let asks = Asks::Workplace(WorkplaceAction::ChangeSettings, organisation(id));
            asking.answer(asks, Permission::Administers, Denied::NotAdministrator)
        }
        (Action::ManageMembers, Resource::Organisation(id)) => {
            let asks = Asks::Workplace(WorkplaceAction::ManageMembers, organisation(id));
            asking.answer(asks, Permission::Administers, Denied::NotAdministrator)
        }
        (Action::StartCasework, Resource::Organisation(id)) => {
            let asks = Asks::Workplace(WorkplaceAction::StartCasework, organisation(id));
            asking.answer(asks, Permission::DoesCasework, Denied::NoCasework)
        }
        (Action::Dispose, Resource::Organisation(id) | Resource::Person(id, _)) => {
            let about =
                if let Resource::Person(_, person) = resource { BTreeSet::from([person]) } else { BTreeSet::new() };
            let disposal = Disposal { organisation: organisation(id), people: people(&about) };
            let asks = Asks::Disposal(DisposalAction::Destroy, &disposal);
            asking.answer(asks, Permission::Disposes, Denied::NotDisposing)
        }
        (Action::Read, Resource::Matter(matter, _)) => {
            let asks = Asks::Matter(MatterAction::Read, &asked_matter(matter));
            asking.answer(asks, Permission::Involved, Denied::NotInvolved)
        }
        (Action::WorkOn, Resource::Matter(matter, _)) => {
            let asks = Asks::Matter(MatterAction::WorkOn, &asked_matter(matter));
            asking.answer(asks, Permission::Involved, Denied::NotInvolved)
        }
        (Action::HandOn, Resource::Matter(matter, _)) => {
            let asks = Asks::Matter(MatterAction::HandOn, &asked_matter(matter));
            asking.answer(asks, Permission::HandsOn, Denied::NotHandingOn)
        }
        (Action::HandOn, Resource::Draft(draft)) => {
            let asks = Asks::Matter(MatterAction::HandOn, &matter_of(draft));
            asking.answer(asks, Permission::HandsOn, Denied::NotHandingOn)
        }
        (Action::Read, Resource::Draft(draft)) => {
            let asks = Asks::Draft(DraftAction::Read, &asked_draft(draft));
            asking.answer(asks, Permission::OwnDraft, Denied::AnothersDraft)
        }
        (Action::WorkOn, Resource::Draft(draft)) => {
            let asks = Asks::Draft(DraftAction::Write, &asked_draft(draft));
            asking.answer(asks, Permission::OwnDraft, Denied::AnothersDraft)
        }
        (Action::Read | Action::WorkOn | Action::HandOn, Resource::Organisation(_) | Resource::Person(..))
        | (Action::StartCasework | Action::ChangeSettings | Action::ManageMembers, Resource::Person(..))
        | (
            Action::StartCasework | Action::ChangeSettings | Action::ManageMembers | Action::Dispose,
            Resource::Matter(..) | Resource::Draft(_),
        ) => Err(Denied::NoSuchAction),
    }
}

/// A member who asks the policy.
struct Asking {
    policy: &'static Policy,
    member: access::Member,
    at: At,
}

impl Asking {
    /// What the policy answers; `otherwise` is why not when no rule permits it.
    fn answer(&self, asks: Asks<'_>, permission: Permission, otherwise: Denied) -> Result<Permission, Denied> {
        let circumstances = Circumstances::plain(self.at);
        match self.policy.ask(&Question { member: &self.member, asks, circumstances }) {
            Answer::Permitted(_) => Ok(permission),
            Answer::Forbidden(rule) => Err(forbidden(rule)),
            Answer::NothingPermits => Err(otherwise),
            Answer::Unanswered(_) => Err(Denied::Unanswered),
        }
    }
}

pub(crate) fn forbidden(rule: &'static Rule) -> Denied {
    match rule.id.as_str() {
        "only-active-members" => Denied::NotActive,
        "own-organisation-only" => Denied::AnotherOrganisation,
        "conflict-of-interest" => Denied::ConflictOfInterest,
        "only-roles-that-work-with-cases" => Denied::NoCasework,
        _ => Denied::Forbidden(rule),
    }
}

pub(crate) fn asker(member: &Member) -> access::Member {
    access::Member {
        id: access::MemberId(member.id.uuid()),
        organisation: organisation(member.organisation),
        partnerships: BTreeSet::new(),
        membership: match member.membership {
            Membership::Invited => access::Membership::Invited,
            Membership::Active => access::Membership::Active,
            Membership::Suspended => access::Membership::Suspended,
            Membership::Left => access::Membership::Left,
        },
        roles: member.roles.iter().map(|&role| asked_role(role)).collect(),
        guardian: member.guardian,
        teams: member.teams.iter().map(|team| access::TeamId(team.uuid())).collect(),
        conflicts: people(&member.conflicts),
    }
}

const fn asked_role(role: Role) -> access::Role {
    match role {
        Role::Practitioner => access::Role::Practitioner,
        Role::Manager => access::Role::Manager,
        Role::Adviser => access::Role::Adviser,
        Role::Analyst => access::Role::Analyst,
        Role::Administrator => access::Role::Administrator,
    }
}

pub(crate) const fn organisation(id: OrganisationId) -> access::OrganisationId {
    access::OrganisationId(id.uuid())
}

pub(crate) fn people(people: &BTreeSet<PersonId>) -> BTreeSet<access::PersonId> {
    people.iter().map(|person| access::PersonId(person.uuid())).collect()
}

pub(crate) fn asked_matter(matter: &Matter) -> access::Matter {
    let involved = |one: &crate::Involvement| {
        let by = match one.by {
            InvolvedBy::Assignment(member) => By::Assignment(access::MemberId(member.uuid())),
            InvolvedBy::Team(team) => By::Team(access::TeamId(team.uuid())),
            InvolvedBy::Invitation(member) => By::Invitation(access::MemberId(member.uuid())),
        };
        Involvement { by, until: At::from_micros(one.end().micros()) }
    };
    access::Matter {
        id: access::MatterId(matter.id.uuid()),
        organisation: organisation(matter.organisation),
        people: people(&matter.people),
        involvement: matter.involved.iter().map(involved).collect(),
    }
}

fn asked_draft(draft: &Draft) -> access::Draft {
    access::Draft {
        organisation: organisation(draft.organisation),
        writer: access::MemberId(draft.member.uuid()),
        people: people(&draft.people),
    }
}

/// A draft goes the way of a matter about the same people when its writer leaves: the policy has one rule for handing work on.
fn matter_of(draft: &Draft) -> access::Matter {
    access::Matter {
        id: access::MatterId(draft.id.uuid()),
        organisation: organisation(draft.organisation),
        people: people(&draft.people),
        involvement: Vec::new(),
    }
}
