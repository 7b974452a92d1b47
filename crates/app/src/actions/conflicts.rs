//! Declared conflicts of interest: people whom a member must not see, whether they are known here or not.
//!
//! Whoever declares one is never told whether anybody is known: the same statements, words and time either way. What a declaration met is
//! looked up for everybody who is kept when it is made, and for whoever is named afterwards, in the transaction that names them.

use std::collections::BTreeSet;

use casework::{
    Circumstances, Declaration, DeclarationId, LONGEST_LINE, Matter, Member, MemberId, Membership, Moment,
    NewDeclaration, OrganisationId, Person, PersonId, Seen, Why, Wish, may_judge, may_now,
};
use store::{Reading, Writing};

use super::limits::at_most;
use super::often::{Often, not_too_often};
use super::views::{self, Shown};
use super::{Actor, membership};
use crate::clock::legal_day;
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
/// `NotFound`; `Invalid` on `name`, `former_surname`, `born`, `relation`, `street` or `why`; `TooOften` for colleagues, as for looking people
/// up: whoever sets one may be shown whom it perhaps means.
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
    if whose != actor.member.id {
        judges(actor, Some(whose), now)?;
        not_too_often(app, actor, Often::LookUp).await?;
        note_whom_it_meets(app, actor, whose, id, new, now).await?;
    }
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
    // On a server somebody may have been named while this was written, in a transaction that could not see it yet. What was declared is kept
    // whether this succeeds or not; it is done again every hour.
    let again: Result<(), AppError> = app
        .store
        .write("look_again", actor.organisation.id, |mut writing: Writing| async move {
            let member = writing.member(whose).await?.ok_or(AppError::NotFound)?;
            let declarations = writing.declarations().await?;
            if let Some(declaration) = declarations.iter().find(|one| one.id == id) {
                let changed = met(&mut writing, &member, declaration, now).await?;
                if changed != member {
                    writing.save_member(&Member { version: member.version + 1, ..changed }).await?;
                }
            }
            Ok(())
        })
        .await;
    if let Err(error) = again {
        tracing::error!(cause = error.cause(), "a declaration could not be matched again; it is tried again");
    }
    Ok(id)
}

/// Keeps whom a declaration for a colleague will meet: how many wait for a manager tells whoever sets it that somebody is known, whether they
/// look at the list or not. It is kept before anything is set.
async fn note_whom_it_meets(
    app: &App,
    actor: &Actor,
    whose: MemberId,
    id: DeclarationId,
    new: &NewDeclaration,
    now: Moment,
) -> Result<(), AppError> {
    let met: BTreeSet<PersonId> = app
        .store
        .read("whom_it_meets", actor.organisation.id, |mut reading: Reading| async move {
            let member = reading.member(whose).await?.ok_or(AppError::NotFound)?;
            let (declaration, declared) = casework::declare(&actor.member, &member, id, new, now)?;
            let changed = met(&mut reading, &declared, &declaration, now).await?;
            let met = changed.declared.get(&id).into_iter().flat_map(|met| met.keys().copied());
            Ok::<_, AppError>(met.collect())
        })
        .await?;
    // Nothing is kept of somebody whom the manager must not see, as nothing is shown of them.
    let seen = met.difference(&actor.member.conflicts);
    let shown =
        seen.map(|&person| Shown { people: [person].into(), seen: Seen::Person(person), why: Why::SetConflict });
    views::note(app, actor, shown.collect::<Vec<_>>()).await
}

/// The member after a declaration has met everybody who is kept.
async fn met(
    reading: &mut Reading,
    member: &Member,
    declaration: &Declaration,
    now: Moment,
) -> Result<Member, AppError> {
    let people = reading.people().await?;
    let at_work = people_at_work(reading, member.id, now).await?;
    Ok(casework::meet(member, std::slice::from_ref(declaration), &people, &at_work))
}

/// Those with whom a member works.
async fn people_at_work(reading: &mut Reading, member: MemberId, now: Moment) -> Result<BTreeSet<PersonId>, AppError> {
    let matters = reading.matters_of(member, now).await?;
    Ok(matters.into_iter().flat_map(|matter| matter.people).collect())
}

/// Matches every declaration again with everybody who is kept, for what was written at the same moment and for what failed; and lets those
/// count on whom no manager decided in time. Called every hour while the program serves; one organisation that fails keeps no other waiting.
///
/// # Errors
/// When the organisations cannot be read; else the last error of one.
pub async fn tend_conflicts(app: &App) -> Result<(), AppError> {
    let mut tended = Ok(());
    for organisation in app.store.organisations().await? {
        if let Err(error) = tend_conflicts_of(app, organisation.id).await {
            tracing::error!(organisation = %organisation.id, cause = error.cause(), "declarations could not be matched again");
            tended = Err(error);
        }
    }
    tended
}

async fn tend_conflicts_of(app: &App, organisation: OrganisationId) -> Result<(), AppError> {
    let now = app.clock.now();
    // People are looked through outside a write, which would keep others waiting for as long.
    let changed: Result<Vec<MemberId>, AppError> = app
        .store
        .read("conflicts_to_tend", organisation, |mut reading: Reading| async move {
            let declarations = reading.declarations().await?;
            let mut changed = Vec::new();
            if declarations.is_empty() {
                return Ok(changed);
            }
            let people = reading.people().await?;
            for member in reading.members().await? {
                if tended(&mut reading, &member, &declarations, &people, now).await? != member {
                    changed.push(member.id);
                }
            }
            Ok(changed)
        })
        .await;
    for id in changed? {
        let saved: Result<(), AppError> = app
            .store
            .write("tend_conflicts", organisation, |mut writing: Writing| async move {
                let Some(member) = writing.member(id).await? else { return Ok(()) };
                let (declarations, people) = (writing.declarations().await?, writing.people().await?);
                let changed = tended(&mut writing, &member, &declarations, &people, now).await?;
                if changed != member {
                    writing.save_member(&Member { version: member.version + 1, ..changed }).await?;
                }
                Ok(())
            })
            .await;
        match saved {
            // Another copy of the program did it, or something else changed the member: it is done again next time.
            Err(AppError::Conflict) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The member after their declarations met everybody again and those count on whom nobody decided in time.
async fn tended(
    reading: &mut Reading,
    member: &Member,
    declarations: &[Declaration],
    people: &[Person],
    now: Moment,
) -> Result<Member, AppError> {
    if !declarations.iter().any(|one| one.member == member.id) {
        return Ok(member.clone());
    }
    let at_work = people_at_work(reading, member.id, now).await?;
    let met = casework::meet(member, declarations, people, &at_work);
    let met = casework::count_undecided(&met, declarations, people, legal_day(now), legal_day);
    // How the conflicts from before are kept is no change by itself.
    let same = met.conflicts == member.conflicts && met.declared == member.declared;
    Ok(if same { member.clone() } else { met })
}

/// Whether nobody here may look after something that was declared, for an administrator, who can change that. It goes by what was declared
/// alone, and says nothing of who is known here.
///
/// # Errors
/// When the store fails.
pub async fn nobody_looks_after_conflicts(app: &App, actor: &Actor) -> Result<bool, AppError> {
    if membership::administers(actor).is_err() {
        return Ok(false);
    }
    let now = app.clock.now();
    app.store
        .read("nobody_looks_after_conflicts", actor.organisation.id, |mut reading: Reading| async move {
            let (everybody, declarations) = (reading.members().await?, reading.declarations().await?);
            Ok(casework::nobody_looks_after(&everybody, &declarations, now))
        })
        .await
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

/// What waits for a manager: people whom declarations perhaps mean. Somebody whom the manager must not see waits for another.
///
/// # Errors
/// `NotFound` for anyone but a manager.
pub async fn conflicts_waiting(app: &App, actor: &Actor) -> Result<ConflictsWaiting, AppError> {
    let waiting = waiting(app, actor).await?;
    // Whoever set it themselves looked somebody up by it, and did not say why.
    let own = |one: &WaitingMatch| one.declaration.declared_by == actor.member.id;
    let shown = waiting.matches.iter().map(|one| Shown {
        people: [one.person.id].into(),
        seen: Seen::Person(one.person.id),
        why: if own(one) { Why::SetConflict } else { Why::Oversight },
    });
    views::note(app, actor, shown.collect::<Vec<_>>()).await?;
    Ok(waiting)
}

/// How many people, whom declarations perhaps mean, wait for the actor to decide; none for anyone but a manager. It names nobody.
///
/// # Errors
/// When the store fails.
pub async fn conflicts_to_decide(app: &App, actor: &Actor) -> Result<usize, AppError> {
    if !judges_conflicts(app, actor) {
        return Ok(0);
    }
    Ok(waiting(app, actor).await?.matches.len())
}

async fn waiting(app: &App, actor: &Actor) -> Result<ConflictsWaiting, AppError> {
    let now = app.clock.now();
    judges(actor, None, now)?;
    app.store
        .read("conflicts_waiting", actor.organisation.id, |mut reading: Reading| async move {
            let everybody = reading.members().await?;
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
            waiting.colleagues = everybody;
            waiting
                .colleagues
                .retain(|one| one.membership != Membership::Left && judges(actor, Some(one.id), now).is_ok());
            Ok(waiting)
        })
        .await
}

/// A colleague's conflicts of interest. A declaration like one that the manager made for themselves is for another manager.
///
/// # Errors
/// `NotFound` for anyone but a manager, and of oneself.
pub async fn colleague_conflicts(app: &App, actor: &Actor, whose: MemberId) -> Result<ColleagueConflicts, AppError> {
    let now = app.clock.now();
    judges(actor, Some(whose), now)?;
    app.store
        .read("colleague_conflicts", actor.organisation.id, |mut reading: Reading| async move {
            let member = reading.member(whose).await?.ok_or(AppError::NotFound)?;
            let all = reading.declarations().await?;
            // By what they say alone: whom they met would tell a manager who declared the same person that they are known here.
            let shown = |one: &&Declaration| {
                one.member == whose && casework::may_look_after(&actor.member, one, &all, now).is_ok()
            };
            let declarations = all.iter().filter(shown).cloned().collect();
            let earlier = !casework::earlier_to_lift(&actor.member, &member, now).is_empty();
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
            let declarations = writing.declarations().await?;
            let changed = casework::lift(&actor.member, &member, declaration, &declarations, why, now)?;
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
