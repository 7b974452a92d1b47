//! Memberships, for an administrator: inviting, changing, suspending, leaving, and the history of a member.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    Action, Draft, DraftId, Matter, MatterId, Member, MemberId, Membership, MembershipProblem, MembershipStep, Moment,
    NewMember, Problem, Resource, Role, is_with_somebody, may,
};
use sha2::{Digest, Sha256};
use store::{LinkCode, MemberLink, Reading, Writing};

use super::limits::check_member;
use super::often::{Often, not_too_often};
use super::unattended::{Unattended, unattended_of, with_teams};
use super::{Actor, confirmed_lately};
use crate::events::Event;
use crate::words::hexadecimal;
use crate::{App, AppError, FieldProblem, clock};

/// How long a link holds with which a member sets their password.
pub const LINK_SECONDS: i64 = 7 * 24 * 60 * 60;

/// How long administrators and advisers are told that whoever runs the installation gave somebody a new way in.
const TOLD_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A link to hand over: it is shown once, since only its hash is kept.
#[derive(Debug)]
pub struct GivenLink {
    /// Who may use it.
    pub member: Member,
    /// What the link carries.
    pub code: LinkCode,
    /// From when on it no longer holds.
    pub ends_at: Moment,
}

/// A member as an administrator sees them.
#[derive(Debug)]
pub struct MemberRecord {
    /// The member as they are now.
    pub member: Member,
    /// Every version, oldest first.
    pub versions: Vec<Member>,
    /// Everybody of the organisation, to name who changed what.
    pub everybody: Vec<Member>,
    /// The link that they were given and have not used.
    pub link: Option<MemberLink>,
    /// Work of theirs that would have to be handed on.
    pub work: Work,
    /// How many matters they left with nobody, since they were suspended or have other roles.
    pub unattended: Unattended,
}

/// What a member has under way, as far as the actor may hand it on. Nobody learns of a matter about people whom they must not see.
#[derive(Debug, Default)]
pub struct Work {
    /// Matters that they are involved in, newest first.
    pub matters: Vec<Matter>,
    /// Their drafts, the one saved last first.
    pub drafts: Vec<Draft>,
}

impl Work {
    /// Whether there is nothing to hand on.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.matters.is_empty() && self.drafts.is_empty()
    }
}

/// Who takes over what.
#[derive(Debug, Clone, Default)]
pub struct HandOver {
    /// Whoever takes everything that is not named apart.
    pub everything: Option<MemberId>,
    /// Matters that go to somebody else.
    pub matters: BTreeMap<MatterId, MemberId>,
    /// Drafts that go to somebody else.
    pub drafts: BTreeMap<DraftId, MemberId>,
}

/// The administrator's right to look after members; everybody else finds nothing.
pub(super) fn administers(actor: &Actor) -> Result<(), AppError> {
    may(&actor.member, Action::ManageMembers, Resource::Organisation(actor.organisation.id))?;
    Ok(())
}

/// A new code and how long it holds.
pub(super) fn new_link(app: &App, actor: &Actor) -> Result<(LinkCode, MemberLink), AppError> {
    let made_at = app.clock.now();
    let link = MemberLink { made_at, ends_at: made_at.plus_seconds(LINK_SECONDS) };
    Ok((LinkCode::new(actor.organisation.id, clock::random()?), link))
}

/// Invites somebody to join: they are a member once they have used the link.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `name`, `role_title`, `email` or `roles`; `ConfirmFirst`.
pub async fn invite_colleague(app: &App, actor: &Actor, new: NewMember) -> Result<GivenLink, AppError> {
    administers(actor)?;
    check_member(&new)?;
    not_too_often(app, actor, Often::Link).await?;
    let member = casework::invite(&actor.member, app.clock.id(MemberId::new)?, new, app.clock.now())?;
    confirmed_lately(app, actor)?;
    let (code, link) = new_link(app, actor)?;
    let (invited, given) = (&member, &code);
    let saved: Result<(), AppError> = app
        .store
        .write("invite_colleague", actor.organisation.id, |mut writing: Writing| async move {
            writing.save_member(invited).await?;
            Ok(writing.give_link(given, invited.id, link).await?)
        })
        .await;
    saved?;
    Event::MemberInvited.happened_to(member.id);
    Ok(GivenLink { member, code, ends_at: link.ends_at })
}

/// Gives a member a link in place of any earlier one: an invitation to whoever is not there (yet), a new password to whoever is.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst`; `Invalid` on `membership` or `email`.
pub async fn give_link(app: &App, actor: &Actor, id: MemberId) -> Result<GivenLink, AppError> {
    administers(actor)?;
    confirmed_lately(app, actor)?;
    not_too_often(app, actor, Often::Link).await?;
    let (code, link) = new_link(app, actor)?;
    let step = |member: &Member, _: &[Member]| {
        Ok(match member.membership {
            Membership::Active => casework::give_password_link(&actor.member, member, link.made_at)?,
            _ => casework::invite_again(&actor.member, member, link.made_at)?,
        })
    };
    let member = change(app, actor, "give_link", id, step, Some((&code, link))).await?;
    Event::LinkGiven.happened_to(id);
    Ok(GivenLink { member, code, ends_at: link.ends_at })
}

/// Gives a member who lost their phone a new way in: a link to set a password, and nothing of what they had. All their sessions end, every
/// device is forgotten, and they are told when they sign in next, which sets up a one-time code first.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst`; `Invalid` on `membership`, for oneself too.
pub async fn reset_sign_in(app: &App, actor: &Actor, id: MemberId) -> Result<GivenLink, AppError> {
    administers(actor)?;
    confirmed_lately(app, actor)?;
    not_too_often(app, actor, Often::Link).await?;
    let (code, link) = new_link(app, actor)?;
    let given = &code;
    let saved: Result<Member, AppError> = app
        .store
        .write("reset_sign_in", actor.organisation.id, |mut writing: Writing| async move {
            let member = writing.member(id).await?.ok_or(AppError::NotFound)?;
            let reset = casework::reset_sign_in(&actor.member, &member, link.made_at)?;
            start_over(&mut writing, &reset, given, link).await?;
            Ok(reset)
        })
        .await;
    let member = saved?;
    app.store.forget_devices(&member.email).await?;
    Event::WayInRenewed.happened_to(id);
    Ok(GivenLink { member, code, ends_at: link.ends_at })
}

/// Takes away all that a member signs in with, and gives them a link.
async fn start_over(writing: &mut Writing, reset: &Member, code: &LinkCode, link: MemberLink) -> Result<(), AppError> {
    writing.save_member(reset).await?;
    writing.forget_password(reset.id).await?;
    writing.clear_second_step(reset.id).await?;
    writing.clear_passkeys(reset.id).await?;
    writing.end_sessions_of(reset.id).await?;
    Ok(writing.give_link(code, reset.id, link).await?)
}

/// Gives the member with this e-mail address a new way in, as an administrator does for others: for an only administrator, who has nobody to
/// ask. Whoever calls this runs the installation. It is a version of the member's record, and administrators and advisers are told.
///
/// # Errors
/// `Invalid` on `email` or `membership`.
pub async fn reset_sign_in_by_operator(app: &App, email: &str) -> Result<GivenLink, AppError> {
    let nobody = || AppError::field("email", "Nobody signs in with this e-mail address here. Check it.");
    let email = &casework::normal_email(email);
    let found = app.store.member_with_email(email).await?.ok_or_else(nobody)?;
    let made_at = app.clock.now();
    let link = MemberLink { made_at, ends_at: made_at.plus_seconds(LINK_SECONDS) };
    let code = LinkCode::new(found.organisation, clock::random()?);
    let given = &code;
    let saved: Result<Member, AppError> = app
        .store
        .write("reset_sign_in_by_operator", found.organisation, |mut writing: Writing| async move {
            // The row only leads there: whose address it is their own record says, or the link would be for another.
            let member = writing.member(found.member).await?.filter(|member| member.email == *email);
            let member = member.ok_or_else(nobody)?;
            let reset = casework::reset_sign_in_by_operator(&member, made_at)?;
            start_over(&mut writing, &reset, given, link).await?;
            writing.note_operator_reset(reset.id, made_at).await?;
            Ok(reset)
        })
        .await;
    let member = saved?;
    app.store.forget_devices(&member.email).await?;
    Ok(GivenLink { member, code, ends_at: link.ends_at })
}

/// To whom whoever runs the installation gave a new way in lately, and when. Administrators and advisers are told; nobody else is.
///
/// # Errors
/// When the store fails.
pub async fn operator_resets(app: &App, actor: &Actor) -> Result<Vec<(Member, Moment)>, AppError> {
    if !actor.member.is(Role::Administrator) && !actor.member.is(Role::Adviser) {
        return Ok(Vec::new());
    }
    let after = app.clock.now().plus_seconds(-TOLD_SECONDS);
    app.store
        .read("operator_resets", actor.organisation.id, |mut reading: Reading| async move {
            let mut told = Vec::new();
            for (id, at) in reading.operator_resets(after).await? {
                told.extend(reading.member(id).await?.map(|member| (member, at)));
            }
            Ok(told)
        })
        .await
}

/// Signs a member out wherever they are signed in, as when a laptop was lost. Whoever does it for themselves stays signed in here. They may sign
/// in again with what they have.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst`; `Invalid` on `membership`.
pub async fn sign_out_member(app: &App, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
    administers(actor)?;
    confirmed_lately(app, actor)?;
    let now = app.clock.now();
    app.store
        .write("sign_out_member", actor.organisation.id, |mut writing: Writing| async move {
            let member = writing.member(id).await?.ok_or(AppError::NotFound)?;
            let signed_out = casework::sign_out_member(&actor.member, &member, now)?;
            writing.save_member(&signed_out).await?;
            match actor.session.filter(|_| id == actor.member.id) {
                Some(this) => writing.end_other_sessions_of(id, this).await?,
                None => writing.end_sessions_of(id).await?,
            };
            Ok(signed_out)
        })
        .await
}

/// Signs everybody of the organisation out, but for the session in which it is done; says how many sessions that were.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst`.
pub async fn sign_everybody_out(app: &App, actor: &Actor) -> Result<u64, AppError> {
    administers(actor)?;
    confirmed_lately(app, actor)?;
    let this = actor.session.ok_or(AppError::SignInFirst)?;
    let ended: Result<u64, AppError> = app
        .store
        .write("sign_everybody_out", actor.organisation.id, |mut writing: Writing| async move {
            Ok(writing.end_sessions_but(this).await?)
        })
        .await;
    let ended = ended?;
    tracing::warn!(ended, "an administrator signed everybody of an organisation out");
    Ok(ended)
}

/// Takes an invitation back that was not taken up.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `membership`.
pub async fn withdraw_invitation(app: &App, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
    let now = app.clock.now();
    let step = |member: &Member, _: &[Member]| Ok(casework::withdraw(&actor.member, member, now)?);
    change(app, actor, "withdraw_invitation", id, step, None)
        .await
        .inspect(|_| Event::InvitationWithdrawn.happened_to(id))
}

/// Suspends a member: wherever they are signed in, they are signed out, on every copy of the program.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `membership`.
pub async fn suspend_member(app: &App, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
    let now = app.clock.now();
    let step = |member: &Member, everybody: &[Member]| Ok(casework::suspend(&actor.member, member, everybody, now)?);
    change(app, actor, "suspend_member", id, step, None).await.inspect(|_| Event::MemberSuspended.happened_to(id))
}

/// Lets a suspended member in again, with the password that they had.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst`; `Invalid` on `membership`.
pub async fn reactivate_member(app: &App, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
    administers(actor)?;
    confirmed_lately(app, actor)?;
    let now = app.clock.now();
    let step = |member: &Member, _: &[Member]| Ok(casework::reactivate(&actor.member, member, now)?);
    change(app, actor, "reactivate_member", id, step, None).await.inspect(|_| Event::MemberReactivated.happened_to(id))
}

/// A mark of what an administrator is shown of a member, which is another one as soon as any of it is. The version of the record would say
/// more: it rises as well when a declared conflict of interest meets somebody, which nobody but a manager may learn.
#[must_use]
pub fn member_mark(member: &Member) -> String {
    let Member { name, role_title, email, roles, membership, .. } = member;
    let mut digest = Sha256::new();
    for shown in
        [name.as_str(), role_title, email, membership.word()].into_iter().chain(roles.iter().map(|role| role.word()))
    {
        digest.update(shown.len().to_be_bytes());
        digest.update(shown.as_bytes());
    }
    hexadecimal(&digest.finalize())
}

/// Changes a member's name, job, e-mail address and roles. `seen` is the mark of what was shown ([`member_mark`]).
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `name`, `role_title`, `email` or `roles`; `ConfirmFirst` for another
/// e-mail address or other roles.
pub async fn change_member(
    app: &App,
    actor: &Actor,
    id: MemberId,
    seen: &str,
    new: NewMember,
) -> Result<Member, AppError> {
    administers(actor)?;
    check_member(&new)?;
    let now = app.clock.now();
    let step = |member: &Member, everybody: &[Member]| {
        if member_mark(member) != seen {
            return Err(AppError::Conflict);
        }
        let changed = casework::change_member(&actor.member, member, new.clone(), everybody, now)?;
        // By the address a password link and an account are found, and the roles say what one comes in to.
        if changed.email != member.email || changed.roles != member.roles {
            confirmed_lately(app, actor)?;
        }
        Ok(changed)
    };
    change(app, actor, "change_member", id, step, None).await.inspect(|_| Event::MemberChanged.happened_to(id))
}

/// A member with the history of their membership, for an administrator.
///
/// # Errors
/// `NotFound`.
pub async fn member_record(app: &App, actor: &Actor, id: MemberId) -> Result<MemberRecord, AppError> {
    administers(actor)?;
    let now = app.clock.now();
    app.store
        .read("member_record", actor.organisation.id, |mut reading: Reading| async move {
            let member = reading.member(id).await?.ok_or(AppError::NotFound)?;
            Ok(MemberRecord {
                versions: reading.member_versions(id).await?,
                everybody: reading.members().await?,
                link: reading.member_link(id).await?,
                work: work_of(&mut reading, actor, id, now).await?,
                unattended: unattended_of(&mut reading, actor, id, now).await?,
                member,
            })
        })
        .await
}

/// Hands a member's work on to colleagues and, if they leave, ends their membership: all of it, or nothing.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `ConfirmFirst` when they leave; `Invalid` on `membership`, on `to`, or on `matter-ID` and `draft-ID` where somebody else has
/// to be chosen.
pub async fn hand_over(
    app: &App,
    actor: &Actor,
    id: MemberId,
    over: &HandOver,
    leaves: bool,
) -> Result<Member, AppError> {
    administers(actor)?;
    if leaves {
        confirmed_lately(app, actor)?;
    }
    let now = app.clock.now();
    app.store
        .write("hand_over", actor.organisation.id, |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            let everybody = writing.members().await?;
            let member = everybody.iter().find(|one| one.id == id).ok_or(AppError::NotFound)?;
            hand_on(&mut writing, actor, id, over, &everybody, now).await?;
            if !leaves {
                return Ok(member.clone());
            }
            let changed = casework::leave(&actor.member, member, &everybody, now)?;
            save(&mut writing, &changed, now).await?;
            writing.forget_password(id).await?;
            writing.clear_passkeys(id).await?;
            Ok(changed)
        })
        .await
        .inspect(|_| {
            if leaves {
                Event::MemberLeft.happened_to(id);
            }
        })
}

async fn hand_on(
    writing: &mut Writing,
    actor: &Actor,
    from: MemberId,
    over: &HandOver,
    everybody: &[Member],
    now: Moment,
) -> Result<(), AppError> {
    let work = work_of(writing, actor, from, now).await?;
    let takers = casework::takers(&actor.member, everybody, from);
    let taker = |named: Option<&MemberId>| {
        let id = named.copied().or(over.everything)?;
        everybody.iter().find(|one| one.id == id)
    };
    let may_have = |to: &Member| takers.iter().any(|one| one.id == to.id);
    let mut problems: Vec<FieldProblem> = Vec::new();
    let mut problem =
        |field: String, problem: &dyn Problem| problems.push(FieldProblem { field, message: problem.to_string() });
    let mut nobody = false;
    for matter in &work.matters {
        let Some(to) = taker(over.matters.get(&matter.id)) else {
            nobody = true;
            continue;
        };
        match casework::hand_on_matter(&actor.member, matter, Some(from), to, now) {
            Ok(changed) if may_have(to) => writing.save_matter(&changed).await?,
            _ => problem(format!("matter-{}", matter.id), &casework::HandOnProblem::CannotTake),
        }
    }
    for draft in &work.drafts {
        let Some(to) = taker(over.drafts.get(&draft.id)) else {
            nobody = true;
            continue;
        };
        match casework::hand_on_draft(&actor.member, draft, to, now) {
            Ok(changed) if may_have(to) => writing.hand_on_draft(&changed).await?,
            _ => problem(format!("draft-{}", draft.id), &casework::HandOnProblem::CannotTake),
        }
    }
    if nobody {
        problem("to".to_owned(), &MembershipProblem::WorkLeft);
    }
    if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
}

/// What the actor may hand on of a member's work.
async fn work_of(reading: &mut Reading, actor: &Actor, id: MemberId, now: Moment) -> Result<Work, AppError> {
    let (mut matters, mut drafts) = (reading.matters_of(id, now).await?, reading.drafts_of(id).await?);
    // What their team is involved in stays with the team, unless nobody else could work on it.
    let mut others = with_teams(reading).await?;
    others.retain(|one| one.id != id);
    let own = |matter: &Matter| matter.members_until().get(&id).is_some_and(|until| now < *until);
    matters.retain(|matter| {
        (own(matter) || !is_with_somebody(matter, &others, now))
            && may(&actor.member, Action::HandOn, Resource::Matter(matter, now)).is_ok()
    });
    drafts.retain(|draft| may(&actor.member, Action::HandOn, Resource::Draft(draft)).is_ok());
    Ok(Work { matters, drafts })
}

/// The titles of matters that the actor may read; of the others they learn none.
#[must_use]
pub fn readable(actor: &Actor, matters: &[Matter], now: Moment) -> BTreeSet<MatterId> {
    let reads = |matter: &&Matter| may(&actor.member, Action::Read, Resource::Matter(matter, now)).is_ok();
    matters.iter().filter(reads).map(|matter| matter.id).collect()
}

/// Saves a member. For whoever may not come in any more, what they came in by ends with it.
async fn save(writing: &mut Writing, member: &Member, now: Moment) -> Result<(), AppError> {
    writing.save_member(member).await?;
    if matches!(member.membership, Membership::Suspended | Membership::Left) {
        writing.end_sessions_of(member.id).await?;
        writing.end_link(member.id).await?;
    }
    if member.step.is_some_and(|step| step.step == MembershipStep::Reactivated) {
        come_in_to_teams(writing, member, now).await?;
    }
    if member.membership == Membership::Left {
        for declaration in writing.declarations().await?.iter().filter(|one| one.member == member.id) {
            writing.delete_declaration(declaration.id).await?;
        }
        for team in writing.teams_of(member.id).await? {
            if let Some(team) = writing.team(team).await? {
                writing.save_team(&casework::leave_team(&team, member.id, now)).await?;
            }
        }
    }
    Ok(())
}

/// Has a member who came in, by an invitation or after a suspension, count as in their teams from now on.
pub(super) async fn come_in_to_teams(writing: &mut Writing, member: &Member, now: Moment) -> Result<(), AppError> {
    for team in writing.teams_of(member.id).await? {
        let team = writing.team(team).await?;
        if let Some(changed) = team.and_then(|team| casework::come_in(&team, member, now)) {
            writing.save_team(&changed).await?;
        }
    }
    Ok(())
}

/// Changes a member in one transaction that sees everybody else as they are, and gives them a link where there is one to give.
async fn change(
    app: &App,
    actor: &Actor,
    name: &'static str,
    id: MemberId,
    step: impl Fn(&Member, &[Member]) -> Result<Member, AppError> + Send + Sync,
    link: Option<(&LinkCode, MemberLink)>,
) -> Result<Member, AppError> {
    administers(actor)?;
    let (step, now) = (&step, app.clock.now());
    app.store
        .write(name, actor.organisation.id, |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            let everybody = writing.members().await?;
            let member = everybody.iter().find(|one| one.id == id).ok_or(AppError::NotFound)?;
            let changed = step(member, &everybody)?;
            save(&mut writing, &changed, now).await?;
            if let Some((code, link)) = link {
                writing.give_link(code, id, link).await?;
            }
            Ok(changed)
        })
        .await
}
