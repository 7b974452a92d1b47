//! A question: who wants to do what to which record, when, and under which circumstances. An action comes together with the kind of
//! record that it is done to, so that no question is without meaning.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::words::{
    Action, ColleagueAction, DisposalAction, DraftAction, EmergencyAction, MatterAction, Membership, PersonAction,
    RecordAction, Role, WorkplaceAction,
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);
    )+};
}

ids! {
    /// An organisation.
    OrganisationId,
    /// A partnership of organisations.
    PartnershipId,
    /// A team within an organisation.
    TeamId,
    /// A member.
    MemberId,
    /// A matter.
    MatterId,
    /// A person.
    PersonId,
}

/// A point in time between the years 1970 and 9999, so that adding an hour to it is always a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(i64);

impl At {
    /// Later than anything: an end that is not set.
    pub const NEVER: Self = Self(253_402_300_799_000_000);

    /// From microseconds since 1970. Anything outside the years counts as their nearest edge.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < 0 {
            Self(0)
        } else if micros > Self::NEVER.0 {
            Self::NEVER
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Their one organisation.
    pub organisation: OrganisationId,
    /// The partnerships that it belongs to.
    pub partnerships: BTreeSet<PartnershipId>,
    /// Where the membership stands.
    pub membership: Membership,
    /// What they do there.
    pub roles: BTreeSet<Role>,
    /// Whether they are the organisation's named Caldicott Guardian.
    pub guardian: bool,
    /// The teams that they are in.
    pub teams: BTreeSet<TeamId>,
    /// People whom they must not see.
    pub conflicts: BTreeSet<PersonId>,
}

/// By which way one is involved in a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It was assigned to the member, or they opened it.
    Assignment(MemberId),
    /// It was given to the team.
    Team(TeamId),
    /// Somebody involved invited the member.
    Invitation(MemberId),
}

/// An involvement. At `until` it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Involvement {
    /// Whose, and by which way.
    pub by: By,
    /// Its end.
    pub until: At,
}

/// A matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// Its id.
    pub id: MatterId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Whom it is about.
    pub people: BTreeSet<PersonId>,
    /// Who is involved.
    pub involvement: Vec<Involvement>,
}

/// A recorded decision on a matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The matter it stands on.
    pub matter: Matter,
    /// Whether it concerns confidential information.
    pub confidential: bool,
}

/// A decision that is not recorded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who writes it.
    pub writer: MemberId,
    /// Whom it is about, as far as is known.
    pub people: BTreeSet<PersonId>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The organisation whose record this is.
    pub organisation: OrganisationId,
    /// Who is involved in any matter about them.
    pub involvement: Vec<Involvement>,
}

/// What is to be destroyed, or held against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Whom it is about.
    pub people: BTreeSet<PersonId>,
}

/// Emergency access to one matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyAccess {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The matter.
    pub matter: MatterId,
    /// Whom the matter is about.
    pub people: BTreeSet<PersonId>,
    /// Who has it.
    pub holder: MemberId,
    /// From when.
    pub begins: At,
    /// Until when; at that moment it is over.
    pub ends: At,
}

/// One view of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Who was seen.
    pub person: PersonId,
    /// Who saw them.
    pub reader: MemberId,
}

/// A member as somebody whose conflicts of interest are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colleague {
    /// Their organisation.
    pub organisation: OrganisationId,
    /// Who they are.
    pub id: MemberId,
}

/// What is to be done, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks<'a> {
    /// To an organisation.
    Workplace(WorkplaceAction, OrganisationId),
    /// About a member's conflicts of interest.
    Colleague(ColleagueAction, &'a Colleague),
    /// To a matter.
    Matter(MatterAction, &'a Matter),
    /// To a recorded decision.
    Record(RecordAction, &'a Record),
    /// To a draft.
    Draft(DraftAction, &'a Draft),
    /// About a person.
    Person(PersonAction, &'a Person),
    /// About keeping.
    Disposal(DisposalAction, &'a Disposal),
    /// Mark a view as looked at.
    MarkView(&'a View),
    /// About emergency access that was taken.
    Emergency(EmergencyAction, &'a EmergencyAccess),
    /// Read the numbers of a partnership.
    ReadStatistics(PartnershipId),
}

impl Asks<'_> {
    /// The action alone.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Workplace(action, _) => Action::Workplace(action),
            Self::Colleague(action, _) => Action::Colleague(action),
            Self::Matter(action, _) => Action::Matter(action),
            Self::Record(action, _) => Action::Record(action),
            Self::Draft(action, _) => Action::Draft(action),
            Self::Person(action, _) => Action::Person(action),
            Self::Disposal(action, _) => Action::Disposal(action),
            Self::MarkView(_) => Action::MarkView,
            Self::Emergency(action, _) => Action::Emergency(action),
            Self::ReadStatistics(_) => Action::ReadStatistics,
        }
    }
}

/// What is known about the question itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances<'a> {
    /// When it is asked.
    pub at: At,
    /// Whether the member said why, for this one thing.
    pub reason_stated: bool,
    /// When they last proved again who they are.
    pub signed_in_again: Option<At>,
    /// Emergency access that they took.
    pub emergency: Option<&'a EmergencyAccess>,
}

impl Circumstances<'_> {
    /// An ordinary moment: no reason, no second sign-in, no emergency.
    #[must_use]
    pub const fn plain(at: At) -> Self {
        Self { at, reason_stated: false, signed_in_again: None, emergency: None }
    }
}

/// May this member do this?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// Who.
    pub member: &'a Member,
    /// What, and to what.
    pub asks: Asks<'a>,
    /// When, and under which circumstances.
    pub circumstances: Circumstances<'a>,
}
