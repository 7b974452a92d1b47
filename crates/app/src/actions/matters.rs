//! Matters, and the people they are about.

use std::collections::BTreeSet;

use casework::{
    Action, InvolvedBy, LONGEST_LINE, Matter, MatterId, Member, MemberId, Moment, NewMatter, NewPerson, Person,
    PersonId, Resource, Team, TeamId, Terms, may,
};
use store::{Reading, Writing};

use super::Actor;
use super::conflicts::save_people;
use super::limits::at_most;
use super::reading::or_destroyed;
use crate::{App, AppError};

/// Opens a matter; whoever opens it is involved in it.
///
/// # Errors
/// `Invalid` on the field `title`; `NotFound` for a member who does no casework.
pub async fn open_matter(app: &App, actor: &Actor, title: String) -> Result<Matter, AppError> {
    let new = NewMatter { title, ..NewMatter::default() };
    let matter = casework::open_matter(&actor.member, app.clock.id(MatterId::new)?, new, app.clock.now())?;
    let opened = &matter;
    app.store
        .write(
            "open_matter",
            actor.organisation.id,
            |mut writing: Writing| async move { writing.save_matter(opened).await },
        )
        .await?;
    Ok(matter)
}

/// Names a person whom a matter is about.
///
/// # Errors
/// `NotFound`, or `Invalid` on the field `name`, also for somebody whom the actor said that they must not see.
pub async fn name_person(app: &App, actor: &Actor, matter: MatterId, new: NewPerson) -> Result<Person, AppError> {
    let person = casework::register_person(&actor.member, app.clock.id(PersonId::new)?, new, app.clock.now())?;
    let (named, now) = (&person, person.registered_at);
    app.store
        .write("name_person", actor.organisation.id, |mut writing: Writing| async move {
            let matter = workable(&mut writing, actor, matter, now).await?;
            let changed = casework::add_people(&actor.member, &matter, [named.id], now)?;
            save_people(&mut writing, actor, std::slice::from_ref(named), &changed, "name").await?;
            writing.save_matter(&changed).await?;
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(person)
}

/// Whom a matter is to be opened to, and by which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Involve {
    /// A colleague is invited.
    Invite(MemberId),
    /// It is assigned to a colleague as well.
    Assign(MemberId),
    /// It is assigned to a colleague, and no longer to whoever hands it on.
    HandOn(MemberId),
    /// It is given to a team.
    Team(TeamId),
}

/// Involves a colleague or a team in a matter, until the end that the terms say.
///
/// # Errors
/// `NotFound`, or `Invalid` on the fields `member`, `team`, `until` and `why`.
pub async fn involve(
    app: &App,
    actor: &Actor,
    matter: MatterId,
    whom: Involve,
    terms: &Terms,
) -> Result<Matter, AppError> {
    at_most("why", &terms.why, LONGEST_LINE)?;
    let now = app.clock.now();
    app.store
        .write("involve", actor.organisation.id, |mut writing: Writing| async move {
            let matter = openable(&mut writing, actor, matter, now).await?;
            let by = &actor.member;
            let changed = match whom {
                Involve::Invite(id) => {
                    casework::invite_member(by, &matter, &other(&mut writing, id).await?, terms, now)?
                }
                Involve::Assign(id) => {
                    casework::assign_member(by, &matter, &other(&mut writing, id).await?, terms, now)?
                }
                Involve::HandOn(id) => casework::hand_on(by, &matter, &other(&mut writing, id).await?, terms, now)?,
                Involve::Team(id) => {
                    let team = writing.team(id).await?.ok_or(AppError::NotFound)?;
                    casework::give_to_team(by, &matter, &team, terms, now)?
                }
            };
            writing.save_matter(&changed).await?;
            Ok(changed)
        })
        .await
}

async fn other(writing: &mut Writing, id: MemberId) -> Result<Member, AppError> {
    writing.member(id).await?.ok_or(AppError::NotFound)
}

/// A matter that the member works on.
///
/// # Errors
/// `NotFound`, also for whoever may read it and no more; `Destroyed`.
pub async fn matter_to_work_on(app: &App, actor: &Actor, id: MatterId) -> Result<(), AppError> {
    let now = app.clock.now();
    app.store
        .read("matter_to_work_on", actor.organisation.id, |mut reading: Reading| async move {
            workable(&mut reading, actor, id, now).await.map(drop)
        })
        .await
}

/// A matter of which the member says who else is involved.
///
/// # Errors
/// `NotFound`, also for whoever works on it and no more; `Destroyed`.
pub async fn matter_to_open(app: &App, actor: &Actor, id: MatterId) -> Result<(), AppError> {
    let now = app.clock.now();
    app.store
        .read("matter_to_open", actor.organisation.id, |mut reading: Reading| async move {
            openable(&mut reading, actor, id, now).await.map(drop)
        })
        .await
}

/// Ends an involvement in a matter at once.
///
/// # Errors
/// `NotFound`, also for one that is over; `Invalid` on the field `involvement` when nobody else is involved.
pub async fn end_involvement(app: &App, actor: &Actor, matter: MatterId, by: InvolvedBy) -> Result<Matter, AppError> {
    let now = app.clock.now();
    app.store
        .write("end_involvement", actor.organisation.id, |mut writing: Writing| async move {
            let ends = |matter: &Matter| casework::may_end(&actor.member, matter, by, now);
            let matter = workable_if(&mut writing, actor, matter, now, ends).await?;
            let changed = casework::end_involvement(&actor.member, &matter, by, now)?;
            writing.save_matter(&changed).await?;
            Ok(changed)
        })
        .await
}

/// The organisation's teams.
///
/// # Errors
/// When the store fails.
pub async fn teams(app: &App, actor: &Actor) -> Result<Vec<Team>, AppError> {
    app.store
        .read("teams", actor.organisation.id, |mut reading: Reading| async move {
            let mut teams = reading.teams().await?;
            // Nothing is given to a team that was closed.
            teams.retain(|team| !team.closed);
            Ok(teams)
        })
        .await
}

/// Whether everybody named is on a matter that the actor is involved in and may read. It opens those about them alone. Whoever must not
/// see somebody is not answered, since what is opened would tell who is there.
pub(super) async fn on_ones_own(app: &App, actor: &Actor, named: &BTreeSet<PersonId>) -> Result<bool, AppError> {
    let now = app.clock.now();
    app.store
        .read("on_ones_own", actor.organisation.id, |mut reading: Reading| async move {
            // Whoever declared somebody would learn from what is opened whether they are known; of those from before, only whom it met is kept.
            if reading.has_declared(actor.member.id).await? || !actor.member.conflicts.is_empty() {
                return Ok(false);
            }
            for person in named {
                let matters = reading.matters_of_about(actor.member.id, *person, now).await?;
                let may_read =
                    |matter: &Matter| may(&actor.member, Action::Read, Resource::Matter(matter, now)).is_ok();
                if !matters.iter().any(may_read) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
}

/// A matter that the actor may work on.
pub(super) async fn workable(
    reading: &mut Reading,
    actor: &Actor,
    id: MatterId,
    now: Moment,
) -> Result<Matter, AppError> {
    workable_if(reading, actor, id, now, |_| true).await
}

/// A matter of which the actor says who else is involved.
async fn openable(reading: &mut Reading, actor: &Actor, id: MatterId, now: Moment) -> Result<Matter, AppError> {
    workable_if(reading, actor, id, now, |matter| casework::says_who_is_involved(&actor.member, matter, now)).await
}

/// A matter that the actor may work on and that is so; any other is not found by the same statements.
async fn workable_if(
    reading: &mut Reading,
    actor: &Actor,
    id: MatterId,
    now: Moment,
    is_so: impl Fn(&Matter) -> bool,
) -> Result<Matter, AppError> {
    let found = match reading.matter(id).await? {
        Some(matter) => match may(&actor.member, Action::WorkOn, Resource::Matter(&matter, now)) {
            Ok(_) if is_so(&matter) => Ok(matter),
            Ok(_) => Err(AppError::NotFound),
            Err(denied) => Err(denied.into()),
        },
        None => Err(AppError::NotFound),
    };
    or_destroyed(reading, actor, id.uuid(), found).await
}
