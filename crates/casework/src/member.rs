//! Members: named people who work for one organisation and sign in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::wire::words;
use crate::{Declared, Lifted, MemberId, Moment, OrganisationId, PersonId, Refused, Step, TeamId};

words! {
    /// What a member does here, in words that people recognise.
    Role {
        /// Decides whether to share.
        Practitioner = "practitioner",
        /// Manages practitioners and is asked for advice.
        Manager = "manager",
        /// Advises: information governance lead, Caldicott Guardian.
        Adviser = "adviser",
        /// Sees barriers across the partnership, and never a person.
        Analyst = "analyst",
        /// Looks after the organisation's settings and members, and sees no case content.
        Administrator = "administrator",
    }
}

words! {
    /// Where a membership stands.
    Membership {
        /// Asked to join, and not there yet.
        Invited = "invited",
        /// Works here.
        Active = "active",
        /// Kept out for a time.
        Suspended = "suspended",
        /// Works here no longer.
        Left = "left",
    }
}

/// The roles that a member holds.
pub type RoleSet = BTreeSet<Role>;

/// A member of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// The one organisation they belong to.
    pub organisation: OrganisationId,
    /// Which version of their details this is, from 1.
    pub version: u64,
    /// Their name.
    pub name: String,
    /// Their job, as it stands on a record (`Designated safeguarding lead`).
    pub role_title: String,
    /// The e-mail address they sign in with, as [`normal_email`] spells it.
    pub email: String,
    /// What they do here.
    pub roles: RoleSet,
    /// When they joined.
    pub joined_at: Moment,
    /// Where the membership stands. Members of before it was kept are active.
    #[serde(default = "active")]
    pub membership: Membership,
    /// When and by whom their way to sign in was last given anew, as when they lost their phone. They are told when they sign in next.
    #[serde(default)]
    pub reset: Option<Reset>,
    /// People whom they must not see: a declared conflict of interest.
    #[serde(default)]
    pub conflicts: BTreeSet<PersonId>,
    /// Those of them that no declaration that stands says: from before there were any, or from before the member left and came back. None:
    /// from before they were kept apart ([`Self::earlier_conflicts`] says which they are).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicts_before: Option<BTreeSet<PersonId>>,
    /// Whom each of their declared conflicts of interest met, by id; the words are kept apart ([`crate::Declaration`]).
    #[serde(default)]
    pub declared: Declared,
    /// Those that were lifted.
    #[serde(default)]
    pub lifted: Vec<Lifted>,
    /// Whether they are the organisation's named Caldicott Guardian. The organisation says so ([`crate::Responsible`]); it is looked up
    /// when they act and kept nowhere else.
    #[serde(skip)]
    pub guardian: bool,
    /// What made this version, by whom and when; none for whoever was there when the installation was set up.
    #[serde(default)]
    pub step: Option<Step>,
    /// The teams that they are in. The teams say so ([`crate::Team`]); they are looked up when the member acts and kept nowhere else.
    #[serde(skip)]
    pub teams: BTreeSet<TeamId>,
    /// Their account at the organisation's own identity provider, since they first signed in with it.
    #[serde(default)]
    pub account: Option<ProviderAccount>,
}

/// An account at an organisation's own identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderAccount {
    /// The provider, exactly as it names itself.
    pub issuer: String,
    /// What the provider calls the account. It is never given to anybody else, as an e-mail address may be.
    pub subject: String,
}

/// A member's way to sign in, given anew by somebody else. On this machine alone an administrator has nobody to ask: then whoever runs the
/// installation does it, who is no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// By whom; none for whoever runs the installation.
    pub by: Option<MemberId>,
    /// When.
    pub at: Moment,
}

const fn active() -> Membership {
    Membership::Active
}

impl Member {
    /// Whether they hold this role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether any of their roles is one that works with cases.
    pub fn does_casework(&self) -> bool {
        self.is(Role::Practitioner) || self.is(Role::Manager) || self.is(Role::Adviser)
    }
}

/// What is needed to admit a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Their name.
    pub name: String,
    /// Their job.
    pub role_title: String,
    /// Their e-mail address.
    pub email: String,
    /// What they do here.
    pub roles: RoleSet,
}

problems! {
    /// What admitting a member needs.
    MemberProblem {
        NameMissing @ "name" = "Enter the member’s name.",
        RoleTitleMissing @ "role_title" = "Enter the member’s job.",
        EmailWrong @ "email" = "Enter an e-mail address, like name@example.org.",
        RolesMissing @ "roles" = "Choose at least one role.",
        OwnRole @ "roles" = "Another administrator gives you one more role.",
        LastAdministrator @ "roles" = "Nobody else is an administrator here. Make somebody else one first.",
    }
}

/// An e-mail address as it is compared: trimmed and in lower case.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Admits a member to an organisation. Whoever calls this has checked that it may be done: the first member is made
/// by whoever runs the installation, later ones by an administrator (`Action::ManageMembers`).
pub fn admit_member(
    organisation: OrganisationId,
    id: MemberId,
    new: NewMember,
    now: Moment,
) -> Result<Member, Refused<MemberProblem>> {
    let (new, problems) = details(new);
    unless_problems(problems, || Member {
        id,
        organisation,
        version: 1,
        name: new.name,
        role_title: new.role_title,
        email: new.email,
        roles: new.roles,
        joined_at: now,
        membership: Membership::Active,
        reset: None,
        conflicts: BTreeSet::new(),
        conflicts_before: None,
        declared: Declared::new(),
        lifted: Vec::new(),
        guardian: false,
        teams: BTreeSet::new(),
        step: None,
        account: None,
    })
}

/// A member's details as they are kept, and what each needs.
pub(crate) fn details(new: NewMember) -> (NewMember, Vec<MemberProblem>) {
    let new = NewMember {
        name: new.name.trim().to_owned(),
        role_title: new.role_title.trim().to_owned(),
        email: normal_email(&new.email),
        roles: new.roles,
    };
    let mut problems = Vec::new();
    if blank(&new.name) {
        problems.push(MemberProblem::NameMissing);
    }
    if blank(&new.role_title) {
        problems.push(MemberProblem::RoleTitleMissing);
    }
    let whole = new.email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if !whole || new.email.contains(char::is_whitespace) || new.email.matches('@').count() > 1 {
        problems.push(MemberProblem::EmailWrong);
    }
    if new.roles.is_empty() {
        problems.push(MemberProblem::RolesMissing);
    }
    (new, problems)
}
