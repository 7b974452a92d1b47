//! Unattended matters, on which nobody can work, whatever left them so: a suspension, other roles, a conflict of interest, a team in which nobody is left,
//! an end that came. Managers hand them on without reading them; administrators are told how many there are, and of none which.

use std::collections::BTreeSet;

use casework::{
    Action, Circumstances, Declaration, Matter, MatterId, Member, MemberId, Membership, Moment, PersonId, Resource,
    Role, Team, TeamId, Wish, may, may_now,
};
use store::{Reading, Writing};

use super::Actor;
use super::membership::administers;
use crate::{App, AppError};

const NOT_TO_ONESELF: &str =
    "Choose a colleague. If nobody else can take this matter, ask another manager to hand it to you.";

const NOT_TO_WHO_LEFT_IT: &str = "This cannot be handed to them. Choose somebody else.";

/// How many matters are unattended, as an administrator is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unattended {
    /// Those that a manager is told of and hands on.
    pub with_managers: usize,
    /// Those that no manager here can hand on.
    pub without: usize,
}

impl Unattended {
    /// How many of these matters the actor, who administers, is told of: none that is about somebody whom they must not see.
    fn of(actor: &Actor, matters: &[Matter], everybody: &[Member], now: Moment) -> Self {
        let mut counted = Self::default();
        for matter in matters.iter().filter(|matter| hands_on(actor, matter, now)) {
            let mut managers = everybody.iter().filter(|one| one.is(Role::Manager));
            if managers.any(|one| casework::hands_on_unattended(one, matter, now)) {
                counted.with_managers += 1;
            } else {
                counted.without += 1;
            }
        }
        counted
    }
}

/// Everybody, each with the teams that they are in.
pub(super) async fn with_teams(reading: &mut Reading) -> Result<Vec<Member>, AppError> {
    let (mut everybody, teams) = (reading.members().await?, reading.teams().await?);
    for one in &mut everybody {
        one.teams = teams.iter().filter(|team| team.members.contains(&one.id)).map(|team| team.id).collect();
    }
    Ok(everybody)
}

/// Stops everybody but managers, who are told of unattended matters.
fn only_managers(actor: &Actor, now: Moment) -> Result<(), AppError> {
    may_now(&actor.member, Wish::HandOnUnattended(actor.organisation.id), &Circumstances::plain(now))?;
    Ok(())
}

/// Whether the actor is told of unattended matters and hands them on.
#[must_use]
pub fn hands_on_unattended(app: &App, actor: &Actor) -> bool {
    only_managers(actor, app.clock.now()).is_ok()
}

/// Whether a matter may be handed on by the actor: what is about somebody whom they must not see is not even counted for them.
pub(super) fn hands_on(actor: &Actor, matter: &Matter, now: Moment) -> bool {
    may(&actor.member, Action::HandOn, Resource::Matter(matter, now)).is_ok()
}

/// The matters on which nobody may work, as far as the actor may hand them on.
async fn unattended(
    reading: &mut Reading,
    actor: &Actor,
    everybody: &[Member],
    now: Moment,
) -> Result<Vec<Matter>, AppError> {
    let mut found = perhaps_unattended(reading, actor, everybody, now).await?;
    // Newest first, each once.
    found.sort_by_key(|matter| std::cmp::Reverse(matter.id));
    found.dedup_by_key(|matter| matter.id);
    found.retain(|matter| casework::is_unattended(matter, everybody, now) && hands_on(actor, matter, now));
    Ok(found)
}

/// The matters on which perhaps nobody may work: nobody is involved; or somebody is who works with no case, or a team in which nobody does;
/// or they are about people whom somebody must not see. On every other one whoever is involved may work.
async fn perhaps_unattended(
    reading: &mut Reading,
    actor: &Actor,
    everybody: &[Member],
    now: Moment,
) -> Result<Vec<Matter>, AppError> {
    let mut found = reading.matters_of_nobody(now).await?;
    let working: BTreeSet<MemberId> =
        everybody.iter().filter(|one| casework::works_with_cases(one)).map(|one| one.id).collect();
    for member in reading.involved_members(now).await?.difference(&working) {
        found.extend(reading.matters_of(*member, now).await?);
    }
    let of_teams = everybody.iter().filter(|one| working.contains(&one.id)).flat_map(|one| &one.teams);
    let working_teams: BTreeSet<TeamId> = of_teams.copied().collect();
    for team in reading.involved_teams(now).await?.difference(&working_teams) {
        found.extend(reading.matters_of_team(*team, now).await?);
    }
    let people: BTreeSet<PersonId> = everybody.iter().flat_map(|one| &one.conflicts).copied().collect();
    // Somebody whom the actor must not see is not even asked for, so that nothing tells them that they are known.
    for person in people.difference(&actor.member.conflicts) {
        found.extend(reading.matters_about(*person).await?);
    }
    Ok(found)
}

/// The matters on which nobody may work, the newest first. What is about somebody whom the manager must not see waits for another.
///
/// # Errors
/// `NotFound` for anyone but a manager.
pub async fn unattended_matters(app: &App, actor: &Actor) -> Result<Vec<Matter>, AppError> {
    let now = app.clock.now();
    only_managers(actor, now)?;
    app.store
        .read("unattended_matters", actor.organisation.id, |mut reading: Reading| async move {
            let everybody = with_teams(&mut reading).await?;
            unattended(&mut reading, actor, &everybody, now).await
        })
        .await
}

/// How many unattended matters the actor is to hand on; none for anyone but a manager.
///
/// # Errors
/// When the store fails.
pub async fn matters_to_hand_on(app: &App, actor: &Actor) -> Result<usize, AppError> {
    if !hands_on_unattended(app, actor) {
        return Ok(0);
    }
    Ok(unattended_matters(app, actor).await?.len())
}

/// How many matters are unattended that no manager here can hand on, for an administrator, who can make somebody a manager. None for others. What
/// conflicts of interest alone left so is not among them: it would say that somebody who was declared is known.
///
/// # Errors
/// When the store fails.
pub async fn matters_nobody_hands_on(app: &App, actor: &Actor) -> Result<usize, AppError> {
    if administers(actor).is_err() {
        return Ok(0);
    }
    let now = app.clock.now();
    app.store
        .read("matters_nobody_hands_on", actor.organisation.id, |mut reading: Reading| async move {
            let everybody = with_teams(&mut reading).await?;
            let mut matters = unattended(&mut reading, actor, &everybody, now).await?;
            matters.retain(|matter| !casework::is_with_somebody(matter, &everybody, now));
            Ok(Unattended::of(actor, &matters, &everybody, now).without)
        })
        .await
}

/// How many of the matters that a member is involved in are unattended.
pub(super) async fn unattended_of(
    reading: &mut Reading,
    actor: &Actor,
    id: MemberId,
    now: Moment,
) -> Result<Unattended, AppError> {
    let everybody = with_teams(reading).await?;
    // Whoever works with cases, or never came in, left none with nobody.
    let left_none = |one: &Member| casework::works_with_cases(one) || one.membership == Membership::Invited;
    if everybody.iter().any(|one| one.id == id && left_none(one)) {
        return Ok(Unattended::default());
    }
    let mut matters = reading.matters_of(id, now).await?;
    // What a conflict of interest of somebody else leaves so is for managers, and tells others who is known.
    matters.retain(|matter| !casework::is_with_somebody(matter, &everybody, now));
    Ok(Unattended::of(actor, &matters, &everybody, now))
}

/// A matter on which nobody may work, with what says who may take it.
struct UnattendedMatter {
    matter: Matter,
    everybody: Vec<Member>,
    teams: Vec<Team>,
    declarations: Vec<Declaration>,
    now: Moment,
    /// Who took it from those who are involved, or came out of a team that is, that they work with cases.
    kept_out_by: BTreeSet<MemberId>,
}

impl UnattendedMatter {
    fn involved(&self) -> Vec<&Member> {
        casework::involved_or_were(&self.matter, &self.everybody, &self.teams, self.now)
    }

    /// Those who may take it. Whoever suspended one of those involved, or gave them other roles, is among them only where nobody else is:
    /// they could do so to get at the matter.
    fn takers(&self, actor: &Actor) -> Vec<&Member> {
        let by = &actor.member;
        let Self { matter, everybody, declarations, kept_out_by, .. } = self;
        let involved = self.involved();
        let able = |to: &&Member| {
            casework::may_take_unattended(by, matter, &involved, declarations, to)
                && casework::hand_on_matter(by, matter, None, to, self.now).is_ok()
        };
        let (left_it, others): (Vec<_>, Vec<_>) =
            everybody.iter().filter(able).partition(|one| kept_out_by.contains(&one.id));
        if others.is_empty() { left_it } else { others }
    }

    /// The matter after it was handed to somebody who may take it.
    fn handed_to(&self, actor: &Actor, to: &Member) -> Result<Matter, AppError> {
        if to.id == actor.member.id {
            return Err(AppError::field("to", NOT_TO_ONESELF));
        }
        if !self.takers(actor).iter().any(|one| one.id == to.id) {
            return Err(AppError::field("to", NOT_TO_WHO_LEFT_IT));
        }
        Ok(casework::hand_on_matter(&actor.member, &self.matter, None, to, self.now)?)
    }
}

async fn unattended_matter(
    reading: &mut Reading,
    actor: &Actor,
    id: MatterId,
    now: Moment,
) -> Result<UnattendedMatter, AppError> {
    let (matter, everybody) = (reading.matter(id).await?, with_teams(reading).await?);
    let (teams, declarations) = (reading.teams().await?, reading.declarations().await?);
    let matter = matter.ok_or(AppError::NotFound)?;
    if !casework::is_unattended(&matter, &everybody, now) || !hands_on(actor, &matter, now) {
        return Err(AppError::NotFound);
    }
    let mut unattended = UnattendedMatter { matter, everybody, teams, declarations, now, kept_out_by: BTreeSet::new() };
    let involved: Vec<MemberId> = unattended.involved().iter().map(|one| one.id).collect();
    for one in involved {
        unattended.kept_out_by.extend(casework::kept_from_cases_by(&reading.member_versions(one).await?));
    }
    Ok(unattended)
}

/// Who may take a matter on which nobody may work: not the actor, nor whoever set a conflict of interest for a colleague that left it so; and
/// whoever kept a colleague from it otherwise only where nobody else can.
///
/// # Errors
/// `NotFound` for anyone but a manager, and for a matter on which somebody may work.
pub async fn who_may_take(app: &App, actor: &Actor, id: MatterId) -> Result<Vec<Member>, AppError> {
    let now = app.clock.now();
    only_managers(actor, now)?;
    app.store
        .read("who_may_take", actor.organisation.id, |mut reading: Reading| async move {
            let unattended = unattended_matter(&mut reading, actor, id, now).await?;
            Ok(unattended.takers(actor).into_iter().cloned().collect())
        })
        .await
}

/// Hands a matter on which nobody may work to somebody who may. Whoever does so need not read it, and does not take it themselves. Those who
/// were involved stay so: whoever comes back finds it again.
///
/// # Errors
/// `NotFound` as for [`who_may_take`]; `Invalid` on `to`.
pub async fn hand_on_unattended(app: &App, actor: &Actor, id: MatterId, to: Option<MemberId>) -> Result<(), AppError> {
    let now = app.clock.now();
    only_managers(actor, now)?;
    app.store
        .write("hand_on_unattended", actor.organisation.id, |mut writing: Writing| async move {
            let unattended = unattended_matter(&mut writing, actor, id, now).await?;
            let to = unattended.everybody.iter().find(|one| Some(one.id) == to);
            let to = to.ok_or_else(|| AppError::field("to", "Choose who takes this matter."))?;
            writing.save_matter(&unattended.handed_to(actor, to)?).await?;
            Ok(())
        })
        .await
}
