//! Declared conflicts of interest: people whom a member must not see, whether they are known here or not.
//!
//! Whoever declares one is never told whether anybody is known: the same statements, words and time either way. What a declaration met is
//! looked up for everybody who is kept when it is made, and for whoever is named afterwards, in the transaction that names them.

use std::collections::BTreeSet;

use casework::{
    Circumstances, Declaration, DeclarationId, LONGEST_LINE, Matter, MatterId, Member, MemberId, Membership, Moment,
    NewDeclaration, Person, PersonId, Seen, Why, Wish, may_judge, may_now,
};
use store::{Reading, Writing};

use super::retention::at_most;
use super::views::{self, Shown};
use super::{Actor, membership};
use crate::{App, AppError};

/// What is said to whoever names somebody whom they declared. They have typed the name themselves, so that it tells them nothing.
const DECLARED: &str = "You have declared that you must not see somebody of this name. Ask a colleague or your duty manager to \
                        record this. In danger, act first: nobody needs to be named for that.";

/// Somebody whom a declaration perhaps means.
#[derive(Debug, Clone)]
pub struct WaitingMatch {
    /// The member whose declaration it is.
    pub member: Member,
    /// The declaration.
    pub declaration: Declaration,
    /// The person who is known.
    pub person: Person,
    /// Whether the member is working with them meanwhile.
    pub at_work: bool,
}

/// What waits for a manager.
#[derive(Debug, Clone, Default)]
pub struct ConflictsWaiting {
    /// People whom a declaration perhaps means.
    pub matches: Vec<WaitingMatch>,
    /// Matters on which nobody of those involved may work.
    pub matters: Vec<Matter>,
    /// Colleagues whose conflicts of interest the actor may set and lift.
    pub colleagues: Vec<Member>,
}

/// A colleague's conflicts of interest, as a manager sees them.
#[derive(Debug, Clone)]
pub struct ColleagueConflicts {
    /// The colleague.
    pub member: Member,
    /// What was declared, oldest first.
    pub declarations: Vec<Declaration>,
    /// Whether there are some from before there were declarations.
    pub earlier: bool,
    /// Everybody of the organisation, to name who declared and lifted.
    pub everybody: Vec<Member>,
}

/// What the member declared themselves. What a manager set for them is not among it, and whom it met is said to nobody here.
///
/// # Errors
/// When the store fails.
pub async fn own_declarations(app: &App, actor: &Actor) -> Result<Vec<Declaration>, AppError> {
    app.store
        .read("own_declarations", actor.organisation.id, |mut reading: Reading| async move {
            let mut declarations = reading.declarations().await?;
            declarations.retain(|one| one.member == actor.member.id && one.by_oneself());
            Ok(declarations)
        })
        .await
}

/// Declares a conflict of interest: the actor's own, or, for a manager, a colleague's.
///
/// # Errors
/// `NotFound`; `Invalid` on `name`, `former_surname`, `born`, `relation`, `street` or `why`.
pub async fn declare_conflict(
    app: &App,
    actor: &Actor,
    whose: MemberId,
    new: &NewDeclaration,
) -> Result<DeclarationId, AppError> {
    for (field, text) in [
        ("name", &new.name),
        ("former_surname", &new.former_surname),
        ("street", &new.street),
        ("why", &new.why),
        ("born", &new.born),
    ] {
        at_most(field, text, LONGEST_LINE)?;
    }
    let (id, now) = (app.clock.id(DeclarationId::new)?, app.clock.now());
    app.store
        .write("declare_conflict", actor.organisation.id, |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            let member = writing.member(whose).await?.ok_or(AppError::NotFound)?;
            let (declaration, declared) = casework::declare(&actor.member, &member, id, new, now)?;
            let changed = met(&mut writing, &declared, &declaration, now).await?;
            writing.save_member(&changed).await?;
            writing.add_declaration(&declaration).await?;
            Ok::<_, AppError>(())
        })
        .await?;
    // On a server somebody may have been named while this was written, in a transaction that could not see it yet.
    app.store
        .write("look_again", actor.organisation.id, |mut writing: Writing| async move {
            let member = writing.member(whose).await?.ok_or(AppError::NotFound)?;
            let declarations = writing.declarations().await?;
            if let Some(declaration) = declarations.iter().find(|one| one.id == id) {
                let changed = met(&mut writing, &member, declaration, now).await?;
                if changed != member {
                    writing.save_member(&Member { version: member.version + 1, ..changed }).await?;
                }
            }
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(id)
}

/// The member after a declaration has met everybody who is kept.
async fn met(
    reading: &mut Reading,
    member: &Member,
    declaration: &Declaration,
    now: Moment,
) -> Result<Member, AppError> {
    let people = reading.people().await?;
    let matters = reading.matters_of(member.id, now).await?;
    let at_work: BTreeSet<PersonId> = matters.into_iter().flat_map(|matter| matter.people).collect();
    Ok(casework::meet(member, std::slice::from_ref(declaration), &people, &at_work))
}

/// Saves people who are named or changed: the one place where that is done. Whoever must not see them by a declaration of theirs is kept
/// from them in the same transaction. Whom the actor said themselves that they must not see, they do not name.
pub(super) async fn save_people(
    writing: &mut Writing,
    actor: &Actor,
    people: &[Person],
    matter: &Matter,
    field: &'static str,
) -> Result<(), AppError> {
    if people.is_empty() {
        return Ok(());
    }
    for person in people {
        writing.save_person(person).await?;
    }
    // After the people are saved: that holds the organisation's row, so that a declaration made meanwhile is seen here or looks again.
    let declarations = writing.declarations().await?;
    if casework::declared_by_oneself(&actor.member, &declarations, people).is_some() {
        return Err(AppError::field(field, DECLARED));
    }
    let alike = |one: &&Declaration| people.iter().any(|person| one.likeness(person).is_some());
    let members: BTreeSet<MemberId> = declarations.iter().filter(alike).map(|one| one.member).collect();
    for id in members {
        let Some(member) = writing.member(id).await? else { continue };
        let teams = writing.teams_of(id).await?;
        let now = named_at(matter, people);
        let works = id == actor.member.id
            || matter.members_until().get(&id).is_some_and(|until| now < *until)
            || matter.teams_until().iter().any(|(team, until)| teams.contains(team) && now < *until);
        let at_work = if works { people.iter().map(|person| person.id).collect() } else { BTreeSet::new() };
        let changed = casework::meet(&member, &declarations, people, &at_work);
        if changed != member {
            writing.save_member(&Member { version: member.version + 1, ..changed }).await?;
        }
    }
    Ok(())
}

/// The moment at which people are named on a matter: when the first of them was registered, or the matter was opened.
fn named_at(matter: &Matter, people: &[Person]) -> Moment {
    people.iter().map(|person| person.registered_at).max().unwrap_or(matter.opened_at)
}

/// Stops everybody but managers, who look after colleagues' conflicts of interest.
fn judges(actor: &Actor, whose: Option<MemberId>, now: Moment) -> Result<(), AppError> {
    // Somebody who is nobody stands for any colleague.
    let anybody = MemberId::from_uuid(actor.organisation.id.uuid());
    let wish = Wish::LiftConflict(actor.organisation.id, whose.unwrap_or(anybody));
    may_now(&actor.member, wish, &Circumstances::plain(now))?;
    Ok(())
}

/// Whether the actor looks after colleagues' conflicts of interest.
#[must_use]
pub fn judges_conflicts(app: &App, actor: &Actor) -> bool {
    judges(actor, None, app.clock.now()).is_ok()
}

/// What waits for a manager: people whom declarations perhaps mean, and matters on which nobody may work. What is about somebody whom the
/// manager must not see waits for another.
///
/// # Errors
/// `NotFound` for anyone but a manager.
pub async fn conflicts_waiting(app: &App, actor: &Actor) -> Result<ConflictsWaiting, AppError> {
    let waiting = waiting(app, actor).await?;
    let shown = waiting.matches.iter().map(|one| Shown {
        people: [one.person.id].into(),
        seen: Seen::Person(one.person.id),
        why: Why::Oversight,
    });
    views::note(app, actor, shown.collect::<Vec<_>>()).await?;
    Ok(waiting)
}

/// How many people and matters wait for the actor, if they look after colleagues' conflicts of interest: it names nobody.
///
/// # Errors
/// When the store fails.
pub async fn conflicts_to_decide(app: &App, actor: &Actor) -> Result<usize, AppError> {
    if !judges_conflicts(app, actor) {
        return Ok(0);
    }
    let waiting = waiting(app, actor).await?;
    Ok(waiting.matches.len() + waiting.matters.len())
}

async fn waiting(app: &App, actor: &Actor) -> Result<ConflictsWaiting, AppError> {
    let now = app.clock.now();
    judges(actor, None, now)?;
    app.store
        .read("conflicts_waiting", actor.organisation.id, |mut reading: Reading| async move {
            let everybody = with_teams(&mut reading).await?;
            let declarations = reading.declarations().await?;
            let mut waiting = ConflictsWaiting::default();
            for declaration in &declarations {
                let Some(member) = everybody.iter().find(|one| one.id == declaration.member) else { continue };
                if judges(actor, Some(member.id), now).is_err() {
                    continue;
                }
                let met = member.declared.get(&declaration.id).into_iter().flatten();
                for (person, met) in met.filter(|(_, met)| met.waits()) {
                    if may_judge(&actor.member, [*person], now).is_err() {
                        continue;
                    }
                    // Somebody who was destroyed is nobody to decide about.
                    let Some(person) = reading.person(*person).await? else { continue };
                    let at_work = !met.counts();
                    let (member, declaration) = (member.clone(), declaration.clone());
                    waiting.matches.push(WaitingMatch { member, declaration, person, at_work });
                }
            }
            waiting.matters = left_alone(&mut reading, actor, &everybody, now).await?;
            waiting.colleagues = everybody;
            waiting
                .colleagues
                .retain(|one| one.membership != Membership::Left && judges(actor, Some(one.id), now).is_ok());
            Ok(waiting)
        })
        .await
}

/// Everybody, each with the teams that they are in.
async fn with_teams(reading: &mut Reading) -> Result<Vec<Member>, AppError> {
    let (mut everybody, teams) = (reading.members().await?, reading.teams().await?);
    for one in &mut everybody {
        one.teams = teams.iter().filter(|team| team.members.contains(&one.id)).map(|team| team.id).collect();
    }
    Ok(everybody)
}

/// The matters about people whom somebody must not see on which nobody involved may work, as far as the actor may hand them on.
async fn left_alone(
    reading: &mut Reading,
    actor: &Actor,
    everybody: &[Member],
    now: Moment,
) -> Result<Vec<Matter>, AppError> {
    let people: BTreeSet<PersonId> = everybody.iter().flat_map(|one| &one.conflicts).copied().collect();
    let mut found: Vec<Matter> = Vec::new();
    for person in people {
        for matter in reading.matters_about(person).await? {
            let known = found.iter().any(|one| one.id == matter.id);
            if !known && casework::is_left_alone(&matter, everybody, now) && hands_on(actor, &matter, now) {
                found.push(matter);
            }
        }
    }
    Ok(found)
}

fn hands_on(actor: &Actor, matter: &Matter, now: Moment) -> bool {
    casework::may(&actor.member, casework::Action::HandOn, casework::Resource::Matter(matter, now)).is_ok()
}

/// A colleague's conflicts of interest. A declaration that met somebody whom the manager must not see is for another manager.
///
/// # Errors
/// `NotFound` for anyone but a manager, and of oneself.
pub async fn colleague_conflicts(app: &App, actor: &Actor, whose: MemberId) -> Result<ColleagueConflicts, AppError> {
    let now = app.clock.now();
    judges(actor, Some(whose), now)?;
    app.store
        .read("colleague_conflicts", actor.organisation.id, |mut reading: Reading| async move {
            let member = reading.member(whose).await?.ok_or(AppError::NotFound)?;
            let mut declarations = reading.declarations().await?;
            declarations.retain(|one| {
                one.member == whose
                    && member
                        .declared
                        .get(&one.id)
                        .is_some_and(|met| may_judge(&actor.member, met.keys().copied(), now).is_ok())
            });
            let earlier = member.earlier_conflicts();
            let earlier = !earlier.is_empty() && may_judge(&actor.member, earlier, now).is_ok();
            let everybody = reading.members().await?;
            Ok(ColleagueConflicts { member, declarations, earlier, everybody })
        })
        .await
}

/// Lifts a colleague's declaration (none: all from before there were declarations), for a reason. Its words are gone.
///
/// # Errors
/// `NotFound` for anyone but a manager other than the member; `Invalid` on `why`.
pub async fn lift_conflict(
    app: &App,
    actor: &Actor,
    whose: MemberId,
    declaration: Option<DeclarationId>,
    why: &str,
) -> Result<(), AppError> {
    at_most("why", why, LONGEST_LINE)?;
    let now = app.clock.now();
    app.store
        .write("lift_conflict", actor.organisation.id, |mut writing: Writing| async move {
            judges(actor, Some(whose), now)?;
            let member = writing.member(whose).await?.ok_or(AppError::NotFound)?;
            let changed = casework::lift(&actor.member, &member, declaration, why, now)?;
            writing.save_member(&changed).await?;
            if let Some(declaration) = declaration {
                writing.delete_declaration(declaration).await?;
            }
            Ok(())
        })
        .await
}

/// Says whether somebody whom a colleague's declaration perhaps means is the same, or another.
///
/// # Errors
/// `NotFound` for anyone but a manager other than the member, and where nothing waits.
pub async fn decide_likeness(
    app: &App,
    actor: &Actor,
    whose: MemberId,
    whom: (DeclarationId, PersonId),
    same: bool,
) -> Result<(), AppError> {
    let now = app.clock.now();
    app.store
        .write("decide_likeness", actor.organisation.id, |mut writing: Writing| async move {
            judges(actor, Some(whose), now)?;
            let member = writing.member(whose).await?.ok_or(AppError::NotFound)?;
            let changed = casework::decide_likeness(&actor.member, &member, whom, same, now)?;
            writing.save_member(&changed).await?;
            Ok(())
        })
        .await
}

/// Who may take a matter on which nobody may work.
///
/// # Errors
/// `NotFound` for anyone but a manager, and for a matter on which somebody may work.
pub async fn matter_alone(app: &App, actor: &Actor, id: MatterId) -> Result<Vec<Member>, AppError> {
    let now = app.clock.now();
    judges(actor, None, now)?;
    app.store
        .read("matter_alone", actor.organisation.id, |mut reading: Reading| async move {
            let (matter, everybody) = alone(&mut reading, actor, id, now).await?;
            let takes = |one: &Member| casework::hand_on_matter(&actor.member, &matter, None, one, now).is_ok();
            Ok(membership::takers(&everybody, MemberId::from_uuid(id.uuid()))
                .into_iter()
                .filter(|one| takes(one))
                .cloned()
                .collect())
        })
        .await
}

async fn alone(
    reading: &mut Reading,
    actor: &Actor,
    id: MatterId,
    now: Moment,
) -> Result<(Matter, Vec<Member>), AppError> {
    let (matter, everybody) = (reading.matter(id).await?, with_teams(reading).await?);
    let matter = matter.ok_or(AppError::NotFound)?;
    if casework::is_left_alone(&matter, &everybody, now) && hands_on(actor, &matter, now) {
        Ok((matter, everybody))
    } else {
        Err(AppError::NotFound)
    }
}

/// Hands a matter on which nobody may work to somebody who may. Whoever does so need not read it.
///
/// # Errors
/// `NotFound` as for [`matter_alone`]; `Invalid` on `to`.
pub async fn hand_on_alone(app: &App, actor: &Actor, id: MatterId, to: Option<MemberId>) -> Result<(), AppError> {
    let now = app.clock.now();
    judges(actor, None, now)?;
    app.store
        .write("hand_on_alone", actor.organisation.id, |mut writing: Writing| async move {
            let (matter, everybody) = alone(&mut writing, actor, id, now).await?;
            let to = everybody.iter().find(|one| Some(one.id) == to);
            let to = to.ok_or_else(|| AppError::field("to", "Choose who takes this matter."))?;
            let changed = casework::hand_on_matter(&actor.member, &matter, None, to, now)?;
            writing.save_matter(&changed).await?;
            Ok(())
        })
        .await
}
