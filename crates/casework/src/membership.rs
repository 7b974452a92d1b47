//! Memberships: invited, joined, suspended, left. Each step is a new version of the member that says who took it and when, so that the
//! versions are the history of the membership.

use serde::{Deserialize, Serialize};

use crate::involvement::handed_on;
use crate::member::{admit_member, details};
use crate::problem::{problems, unless_problems};
use crate::wire::words;
use crate::{
    Action, Declared, Draft, Matter, Member, MemberId, MemberProblem, Membership, Moment, NewMember, ProviderAccount,
    Refused, Reset, Resource, Role, may,
};

words! {
    /// What happened to a membership.
    MembershipStep {
        /// Asked to join.
        Invited = "invited",
        /// Came in with their own password.
        Joined = "joined",
        /// The invitation was taken back.
        Withdrawn = "withdrawn",
        /// Kept out for a time.
        Suspended = "suspended",
        /// Let in again.
        Reactivated = "reactivated",
        /// Works here no longer.
        Left = "left",
        /// Name, job, address or roles were changed.
        Changed = "changed",
        /// Was given a link to set a new password.
        PasswordLink = "password-link",
        /// Signed in with the account of the organisation's own provider for the first time.
        AccountLinked = "account-linked",
        /// Was given a new way in, in place of all that they signed in with.
        SignInReset = "sign-in-reset",
        /// Was signed out wherever they were signed in.
        SignedOut = "signed-out",
        /// A conflict of interest was declared, lifted, or decided about.
        ConflictsChanged = "conflicts-changed",
    }
}

/// Who took a step, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The step.
    pub step: MembershipStep,
    /// Who took it: an administrator, or the member. None for whoever runs the installation, who is no member.
    pub by: Option<MemberId>,
    /// When.
    pub at: Moment,
}

problems! {
    /// What keeps a membership as it is.
    MembershipProblem {
        Oneself @ "membership" = "You cannot suspend yourself. Ask another administrator to do it.",
        LastAdministrator @ "membership" = "Nobody else is an administrator here. Make somebody else one first.",
        OwnSignIn @ "membership" = "Change your own password and one-time code on your account page.",
        StandsOtherwise @ "membership" = "This was changed meanwhile. Look at how the membership stands now.",
        WorkLeft @ "to" = "Choose who takes over each matter and each draft.",
    }
}

problems! {
    /// What handing work on needs.
    HandOnProblem {
        CannotTake @ "to" = "This cannot be handed to them. Choose somebody else.",
    }
}

fn administers(administrator: &Member, member: &Member) -> Result<(), crate::Denied> {
    may(administrator, Action::ManageMembers, Resource::Organisation(member.organisation)).map(drop)
}

fn next(member: &Member, step: MembershipStep, by: impl Into<Option<MemberId>>, now: Moment) -> Member {
    let membership = match step {
        MembershipStep::Invited => Membership::Invited,
        MembershipStep::Joined | MembershipStep::Reactivated => Membership::Active,
        MembershipStep::Suspended => Membership::Suspended,
        MembershipStep::Withdrawn | MembershipStep::Left => Membership::Left,
        MembershipStep::Changed
        | MembershipStep::PasswordLink
        | MembershipStep::AccountLinked
        | MembershipStep::SignInReset
        | MembershipStep::SignedOut
        | MembershipStep::ConflictsChanged => member.membership,
    };
    let step = Some(Step { step, by: by.into(), at: now });
    // Whoever comes back may have a new account by then.
    let account = member.account.clone().filter(|_| membership != Membership::Left);
    // What they declared goes when they do; whom they must not see, by id, stays for when they come back.
    let (declared, conflicts_before) = if membership == Membership::Left {
        (Declared::new(), Some(member.conflicts.clone()))
    } else {
        (member.declared.clone(), member.conflicts_before.clone())
    };
    Member { version: member.version + 1, membership, step, account, declared, conflicts_before, ..member.clone() }
}

/// Whether somebody other than this member is an administrator and may act as one.
pub(crate) fn has_another_administrator(member: &Member, everybody: &[Member]) -> bool {
    let able = |one: &&Member| one.is(Role::Administrator) && one.membership == Membership::Active;
    everybody.iter().filter(able).any(|one| one.id != member.id)
}

/// Invites somebody to join the administrator's organisation.
pub fn invite(
    administrator: &Member,
    id: MemberId,
    new: NewMember,
    now: Moment,
) -> Result<Member, Refused<MemberProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(administrator.organisation))?;
    let step = Some(Step { step: MembershipStep::Invited, by: Some(administrator.id), at: now });
    let admitted = admit_member(administrator.organisation, id, new, now)?;
    Ok(Member { membership: Membership::Invited, step, ..admitted })
}

/// Invites somebody again: who has left, whose invitation was taken back, or whose link no longer holds. They come back as who they were.
pub fn invite_again(
    administrator: &Member,
    member: &Member,
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    step(administrator, member, &[Membership::Left, Membership::Invited], MembershipStep::Invited, now)
}

/// The invited takes up the invitation.
pub fn join(member: &Member, now: Moment) -> Result<Member, Refused<MembershipProblem>> {
    let problems = stands(member, &[Membership::Invited]);
    unless_problems(problems, || next(member, MembershipStep::Joined, member.id, now))
}

/// The member signs in with another account of this provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the member signs in with another account of this provider")]
pub struct OtherAccount;

/// Ties a member to the account with which they sign in for the first time; the invited join by it. From then on that account alone is
/// theirs: whoever is given their e-mail address at the provider later is somebody else. An account of a provider that the organisation
/// had before is replaced.
pub fn link_account(member: &Member, account: ProviderAccount, now: Moment) -> Result<Member, OtherAccount> {
    if member.account.as_ref().is_some_and(|linked| linked.issuer == account.issuer && *linked != account) {
        return Err(OtherAccount);
    }
    let step = match member.membership {
        Membership::Invited => MembershipStep::Joined,
        _ => MembershipStep::AccountLinked,
    };
    Ok(Member { account: Some(account), ..next(member, step, member.id, now) })
}

/// Takes an invitation back that was not taken up.
pub fn withdraw(administrator: &Member, member: &Member, now: Moment) -> Result<Member, Refused<MembershipProblem>> {
    step(administrator, member, &[Membership::Invited], MembershipStep::Withdrawn, now)
}

/// Keeps a member out for a time. `everybody` are the organisation's members as they are now.
pub fn suspend(
    administrator: &Member,
    member: &Member,
    everybody: &[Member],
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    administers(administrator, member)?;
    if administrator.id == member.id {
        return Err(Refused::Problems(vec![MembershipProblem::Oneself]));
    }
    last_administrator(member, everybody)?;
    step(administrator, member, &[Membership::Active], MembershipStep::Suspended, now)
}

/// Lets a suspended member in again.
pub fn reactivate(administrator: &Member, member: &Member, now: Moment) -> Result<Member, Refused<MembershipProblem>> {
    step(administrator, member, &[Membership::Suspended], MembershipStep::Reactivated, now)
}

/// Notes that a member works here no longer. Their work has been handed on before.
pub fn leave(
    administrator: &Member,
    member: &Member,
    everybody: &[Member],
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    administers(administrator, member)?;
    last_administrator(member, everybody)?;
    step(administrator, member, &[Membership::Active, Membership::Suspended], MembershipStep::Left, now)
}

/// Notes that a member was given a link to set a new password: who hands such a link out could use it.
pub fn give_password_link(
    administrator: &Member,
    member: &Member,
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    step(administrator, member, &[Membership::Active], MembershipStep::PasswordLink, now)
}

/// Notes that a member who lost their phone is given a new way in: their password and second step are of no more use. Nobody does it for
/// themselves; who still gets in changes them, and who does not asks somebody else.
pub fn reset_sign_in(
    administrator: &Member,
    member: &Member,
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    administers(administrator, member)?;
    if administrator.id == member.id {
        return Err(Refused::Problems(vec![MembershipProblem::OwnSignIn]));
    }
    let reset = Some(Reset { by: Some(administrator.id), at: now });
    let member = step(administrator, member, &[Membership::Active], MembershipStep::SignInReset, now)?;
    Ok(Member { reset, ..member })
}

/// Notes that a member was signed out wherever they were signed in.
pub fn sign_out_member(
    administrator: &Member,
    member: &Member,
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    step(administrator, member, &[Membership::Active], MembershipStep::SignedOut, now)
}

/// Notes that whoever runs the installation gave a member a new way in: an only administrator has nobody else to ask. Whoever calls this has
/// access to the machine and its keys.
pub fn reset_sign_in_by_operator(member: &Member, now: Moment) -> Result<Member, Refused<MembershipProblem>> {
    let reset = Some(Reset { by: None, at: now });
    unless_problems(stands(member, &[Membership::Active]), || Member {
        reset,
        ..next(member, MembershipStep::SignInReset, None::<MemberId>, now)
    })
}

/// Changes a member's name, job, e-mail address and roles.
pub fn change_member(
    administrator: &Member,
    member: &Member,
    new: NewMember,
    everybody: &[Member],
    now: Moment,
) -> Result<Member, Refused<MemberProblem>> {
    administers(administrator, member)?;
    let (new, mut problems) = details(new);
    let administered = member.is(Role::Administrator) && member.membership == Membership::Active;
    if administered && !new.roles.contains(&Role::Administrator) && !has_another_administrator(member, everybody) {
        problems.push(MemberProblem::LastAdministrator);
    }
    // Nobody opens cases to themselves, as long as there is somebody else to do it.
    let more = new.roles.iter().any(|role| !member.roles.contains(role));
    if administrator.id == member.id && more && has_another_administrator(member, everybody) {
        problems.push(MemberProblem::OwnRole);
    }
    unless_problems(problems, || Member {
        name: new.name,
        role_title: new.role_title,
        email: new.email,
        roles: new.roles,
        ..next(member, MembershipStep::Changed, administrator.id, now)
    })
}

/// Who may be handed a member's work: everybody who works here with cases now. Whoever hands it on is among them only where nobody else is.
#[must_use]
pub fn takers<'m>(by: &Member, everybody: &'m [Member], from: MemberId) -> Vec<&'m Member> {
    let here = |one: &&Member| one.membership == Membership::Active && one.does_casework() && one.id != from;
    let (themselves, others): (Vec<_>, Vec<_>) = everybody.iter().filter(here).partition(|one| one.id == by.id);
    if others.is_empty() { themselves } else { others }
}

/// Hands a matter on to a colleague, to whom it is assigned; a member from whom it is taken is no longer involved in it. Whoever does that need not read it; neither may have a conflict of interest in it.
pub fn hand_on_matter(
    by: &Member,
    matter: &Matter,
    from: Option<MemberId>,
    to: &Member,
    now: Moment,
) -> Result<Matter, Refused<HandOnProblem>> {
    may(by, Action::HandOn, Resource::Matter(matter, now))?;
    let changed = handed_on(by, matter, from, to, now);
    let takes = Some(to.id) != from && may(to, Action::WorkOn, Resource::Matter(&changed, now)).is_ok();
    unless_problems(if takes { Vec::new() } else { vec![HandOnProblem::CannotTake] }, || changed)
}

/// Hands a member's draft on to a colleague, whose draft it then is.
pub fn hand_on_draft(by: &Member, draft: &Draft, to: &Member, now: Moment) -> Result<Draft, Refused<HandOnProblem>> {
    may(by, Action::HandOn, Resource::Draft(draft))?;
    let changed = Draft { member: to.id, version: draft.version + 1, saved_at: now, ..draft.clone() };
    let takes = to.id != draft.member && may(to, Action::WorkOn, Resource::Draft(&changed)).is_ok();
    unless_problems(if takes { Vec::new() } else { vec![HandOnProblem::CannotTake] }, || changed)
}

fn last_administrator(member: &Member, everybody: &[Member]) -> Result<(), Refused<MembershipProblem>> {
    if member.is(Role::Administrator) && !has_another_administrator(member, everybody) {
        return Err(Refused::Problems(vec![MembershipProblem::LastAdministrator]));
    }
    Ok(())
}

fn step(
    administrator: &Member,
    member: &Member,
    from: &[Membership],
    step: MembershipStep,
    now: Moment,
) -> Result<Member, Refused<MembershipProblem>> {
    administers(administrator, member)?;
    unless_problems(stands(member, from), || next(member, step, administrator.id, now))
}

fn stands(member: &Member, allowed: &[Membership]) -> Vec<MembershipProblem> {
    if allowed.contains(&member.membership) { Vec::new() } else { vec![MembershipProblem::StandsOtherwise] }
}
