//! Matters, and the people they are about.

use casework::{Action, Matter, MatterId, MemberId, NewMatter, NewPerson, Person, PersonId, Resource, may};
use store::Writing;

use super::Actor;
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
/// `NotFound`, or `Invalid` on the field `name`.
pub async fn name_person(app: &App, actor: &Actor, matter: MatterId, new: NewPerson) -> Result<Person, AppError> {
    let person = casework::register_person(&actor.member, app.clock.id(PersonId::new)?, new, app.clock.now())?;
    let named = &person;
    app.store
        .write("name_person", actor.organisation.id, |mut writing: Writing| async move {
            let matter = workable(&mut writing, actor, matter).await?;
            let changed = casework::add_people(&actor.member, &matter, [named.id])?;
            writing.save_person(named).await?;
            writing.save_matter(&changed).await?;
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(person)
}

/// Involves another member of the organisation in a matter, who may then read it.
///
/// # Errors
/// `NotFound`, or `Invalid` on the field `member`.
pub async fn invite_member(app: &App, actor: &Actor, matter: MatterId, other: MemberId) -> Result<Matter, AppError> {
    app.store
        .write("invite_member", actor.organisation.id, |mut writing: Writing| async move {
            let matter = workable(&mut writing, actor, matter).await?;
            let other = writing.member(other).await?.ok_or(AppError::NotFound)?;
            let changed = casework::invite_member(&actor.member, &matter, &other)?;
            writing.save_matter(&changed).await?;
            Ok(changed)
        })
        .await
}

/// A matter that the actor may work on.
pub(super) async fn workable(writing: &mut Writing, actor: &Actor, id: MatterId) -> Result<Matter, AppError> {
    let found = match writing.matter(id).await? {
        Some(matter) => {
            may(&actor.member, Action::WorkOn, Resource::Matter(&matter)).map(|_| matter).map_err(AppError::from)
        }
        None => Err(AppError::NotFound),
    };
    or_destroyed(writing, actor, id.uuid(), found).await
}
