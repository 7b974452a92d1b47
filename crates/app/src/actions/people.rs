//! A person's own page, who has read them, and where they live.

use casework::{Address, Circumstances, LONGEST_TEXT, Matter, Member, Person, PersonId, Seen, Way, Why, Wish, may_now};
use store::{Reading, Viewed, Writing};
use uuid::Uuid;

use super::limits::at_most;
use super::often::{Often, not_too_often};
use super::reading::or_destroyed;
use super::views::{self, Shown, why};
use super::{Actor, confirmed_lately};
use crate::{App, AppError};

/// How many views a page of readers shows.
pub const READERS_ON_A_PAGE: u32 = 25;

/// A person, as far as the member may see.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each says whether one thing is offered")]
pub struct PersonRecord {
    /// The person.
    pub person: Person,
    /// The matters about them that the member is involved in.
    pub matters: Vec<Matter>,
    /// By which way the page was opened.
    pub way: Way,
    /// Where they live.
    pub address: Lives,
    /// Whether the member may keep an address and protect it.
    pub may_keep_address: bool,
    /// Whether the member may read a protected address, for a reason.
    pub may_read_address: bool,
    /// Whether the member may stop protecting it, for a reason and after signing in again.
    pub may_release_address: bool,
    /// Whether the member may see who has read the person.
    pub may_see_readers: bool,
}

/// Where a person lives, as far as the member may see it without saying why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lives {
    /// Nothing is kept of it, or nothing that may be seen in this way.
    Unsaid,
    /// Here.
    At(String),
    /// It is kept, and protected.
    Protected,
}

/// A view of a person with who it was.
#[derive(Debug, Clone)]
pub struct ReaderRecord {
    /// The view, and how often.
    pub viewed: Viewed,
    /// Who, if the organisation still knows them.
    pub reader: Option<Member>,
    /// The matter by which they were involved, where the member may read it too.
    pub matter: Option<Matter>,
}

/// Who has read a person: a page of it.
#[derive(Debug, Clone)]
pub struct Readers {
    /// The person.
    pub person: Person,
    /// The views, the newest first.
    pub views: Vec<ReaderRecord>,
    /// Whether there are more.
    pub more: bool,
}

/// A person's own page. Outside one's matters it opens to those who work with cases for a stated reason, which is kept with the view.
///
/// # Errors
/// `NotFound`; `Destroyed`; `Invalid` on `reason` when it is too long.
pub async fn person(app: &App, actor: &Actor, id: PersonId, reason: Option<&str>) -> Result<PersonRecord, AppError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    at_most("reason", reason.unwrap_or_default(), LONGEST_TEXT)?;
    let now = app.clock.now();
    let circumstances = Circumstances { reason_stated: reason.is_some(), ..actor.circumstances(now) };
    let record = app
        .store
        .read("person", actor.organisation.id, |mut reading: Reading| async move {
            let (person, matters, way) =
                about(&mut reading, actor, id, &circumstances, |matters| Wish::ReadPerson(id, matters)).await?;
            let address = reading.address(id).await?;
            let may = |wish, circumstances: &Circumstances<'_>| may_now(&actor.member, wish, circumstances).is_ok();
            let plain = actor.circumstances(now);
            let stated = Circumstances { reason_stated: true, ..plain };
            let proved = Circumstances { signed_in_again: Some(now), ..stated };
            let protected = address.as_ref().is_some_and(|address| address.protected);
            Ok::<_, AppError>(PersonRecord {
                way,
                may_keep_address: may(Wish::ProtectAddress(id, &matters), &plain),
                may_read_address: protected && may(Wish::ReadAddress(id, &matters), &stated),
                may_release_address: protected && may(Wish::ReleaseAddress(id, &matters), &proved),
                may_see_readers: may(Wish::ReadReaders(id, &matters), &plain),
                address: match address {
                    Some(address) if address.protected => Lives::Protected,
                    Some(address) if way == Way::Ordinary => Lives::At(address.lines),
                    _ => Lives::Unsaid,
                },
                person,
                matters,
            })
        })
        .await?;
    let involved = record.matters.first().map_or(Why::Oversight, |matter| Why::Involved(matter.id));
    let why = why(record.way, involved, reason.unwrap_or_default());
    views::note(app, actor, [Shown { people: [id].into(), seen: Seen::Person(id), why }]).await?;
    Ok(record)
}

/// The person of exactly this name who was born in this year, if there is one alone.
///
/// # Errors
/// `NotFound` for members who do no casework.
pub async fn find_person(app: &App, actor: &Actor, name: &str, born: i16) -> Result<Option<PersonId>, AppError> {
    let now = app.clock.now();
    may_now(&actor.member, Wish::FindPeople(actor.organisation.id), &Circumstances::plain(now))?;
    if !name.trim().is_empty() {
        not_too_often(app, actor, Often::LookUp).await?;
    }
    app.store
        .read("find_person", actor.organisation.id, |mut reading: Reading| async move {
            // Whom the member must not see is left out first: as a namesake they would make somebody else not found, and so known to be here.
            let mut people = reading.people().await?;
            people.retain(|one| !actor.member.conflicts.contains(&one.id));
            Ok(the_one(&people, name, born))
        })
        .await
}

/// The page of the one person of this name and year of birth, for a stated reason; none where nobody is called so, and where the member may
/// not see them. Nobody is looked for as somebody is who may not be seen: by the same statements.
///
/// # Errors
/// `NotFound` for members who do no casework; `Invalid` on `reason` when it is too long.
pub async fn look_up(
    app: &App,
    actor: &Actor,
    name: &str,
    born: i16,
    reason: &str,
) -> Result<Option<PersonRecord>, AppError> {
    let found = find_person(app, actor, name, born).await?.unwrap_or(PersonId::from_uuid(Uuid::nil()));
    match person(app, actor, found, Some(reason)).await {
        Err(AppError::NotFound) => Ok(None),
        opened => opened.map(Some),
    }
}

/// The one person of this name and year of birth; none when there are several.
pub(super) fn the_one(people: &[Person], name: &str, born: i16) -> Option<PersonId> {
    let wanted = spelled(name);
    let mut found = people
        .iter()
        .filter(|one| spelled(&one.name) == wanted && one.date_of_birth.is_some_and(|date| date.year() == born));
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one.id),
        _ => None,
    }
}

fn spelled(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Who has read a person, the newest first; `page` counts from 0.
///
/// # Errors
/// `NotFound` for those who are not involved and do not advise.
pub async fn readers(app: &App, actor: &Actor, id: PersonId, page: u32) -> Result<Readers, AppError> {
    let now = app.clock.now();
    let (readers, way, matters) = app
        .store
        .read("readers", actor.organisation.id, |mut reading: Reading| async move {
            let plain = actor.circumstances(now);
            let (person, matters, way) =
                about(&mut reading, actor, id, &plain, |matters| Wish::ReadReaders(id, matters)).await?;
            let after = page.saturating_mul(READERS_ON_A_PAGE);
            let mut found = reading.views_of(id, READERS_ON_A_PAGE + 1, after).await?;
            let more = found.len() > READERS_ON_A_PAGE as usize;
            found.truncate(READERS_ON_A_PAGE as usize);
            let mut views = Vec::new();
            for viewed in found {
                let reader = reading.member(viewed.view.reader).await?;
                let matter = match viewed.view.why {
                    Why::Involved(matter) => matters.iter().find(|one| one.id == matter).cloned(),
                    _ => None,
                };
                views.push(ReaderRecord { viewed, reader, matter });
            }
            Ok::<_, AppError>((Readers { person, views, more }, way, matters))
        })
        .await?;
    let ordinarily = matters.first().map_or(Why::Oversight, |matter| Why::Involved(matter.id));
    let shown = Shown { people: [id].into(), seen: Seen::Readers(id), why: why(way, ordinarily, "") };
    views::note(app, actor, [shown]).await?;
    Ok(readers)
}

/// Keeps a person's address; protected or not. One that is protected stays so.
///
/// # Errors
/// `NotFound` for those who are not involved; `Invalid` on `address`.
pub async fn keep_address(app: &App, actor: &Actor, id: PersonId, lines: &str, protect: bool) -> Result<(), AppError> {
    at_most("address", lines, LONGEST_TEXT)?;
    let now = app.clock.now();
    app.store
        .write("keep_address", actor.organisation.id, |mut writing: Writing| async move {
            let plain = actor.circumstances(now);
            let (_, matters, _) =
                about(&mut writing, actor, id, &plain, |matters| Wish::ProtectAddress(id, matters)).await?;
            let earlier = writing.address(id).await?;
            let kept = casework::keep_address(&actor.member, id, &matters, earlier.as_ref(), lines, protect, now)?;
            writing.save_address(&kept).await?;
            Ok(())
        })
        .await
}

/// A protected address, for a stated reason, which is kept with the view.
///
/// # Errors
/// `NotFound` for all but those to whom a matter about the person is assigned, and where there is none; `Invalid` on `reason`.
pub async fn read_address(app: &App, actor: &Actor, id: PersonId, reason: &str) -> Result<Address, AppError> {
    at_most("reason", reason, LONGEST_TEXT)?;
    if reason.trim().is_empty() {
        return Err(AppError::field("reason", "Say why."));
    }
    not_too_often(app, actor, Often::Address).await?;
    let circumstances = Circumstances { reason_stated: true, ..actor.circumstances(app.clock.now()) };
    let address = app
        .store
        .read("address", actor.organisation.id, |mut reading: Reading| async move {
            about(&mut reading, actor, id, &circumstances, |matters| Wish::ReadAddress(id, matters)).await?;
            reading.address(id).await?.ok_or(AppError::NotFound)
        })
        .await?;
    let why = Why::Stated(reason.trim().to_owned());
    views::note(app, actor, [Shown { people: [id].into(), seen: Seen::Address(id), why }]).await?;
    Ok(address)
}

/// Protects an address no longer.
///
/// # Errors
/// `NotFound` for all but managers and advisers who are involved; `ConfirmFirst`; `Invalid` on `reason`.
pub async fn release_address(app: &App, actor: &Actor, id: PersonId, reason: &str) -> Result<(), AppError> {
    at_most("reason", reason, LONGEST_TEXT)?;
    if reason.trim().is_empty() {
        return Err(AppError::field("reason", "Say why."));
    }
    let now = app.clock.now();
    // Whether it may be done at all is said before anybody is asked to prove who they are.
    let proved = Circumstances { reason_stated: true, signed_in_again: Some(now), ..actor.circumstances(now) };
    app.store
        .write("release_address", actor.organisation.id, |mut writing: Writing| async move {
            let (_, matters, _) =
                about(&mut writing, actor, id, &proved, |matters| Wish::ReleaseAddress(id, matters)).await?;
            let earlier = writing.address(id).await?.ok_or(AppError::NotFound)?;
            confirmed_lately(app, actor)?;
            let circumstances = actor.circumstances(now);
            let released = casework::release_address(&actor.member, &earlier, &matters, reason, &circumstances)?;
            writing.save_address(&released).await?;
            Ok(())
        })
        .await
}

/// A person, the member's own matters about them, and by which way the wish is granted. Somebody who may not be seen takes the same statements
/// as nobody: what was destroyed is looked through for both.
async fn about(
    reading: &mut Reading,
    actor: &Actor,
    id: PersonId,
    circumstances: &Circumstances<'_>,
    wish: impl for<'m> FnOnce(&'m [Matter]) -> Wish<'m>,
) -> Result<(Person, Vec<Matter>, Way), AppError> {
    let now = circumstances.at;
    let found = reading.person(id).await?;
    let mut matters = reading.matters_of(actor.member.id, now).await?;
    matters.retain(|matter| {
        matter.people.contains(&id)
            && casework::may(&actor.member, casework::Action::Read, casework::Resource::Matter(matter, now)).is_ok()
    });
    let way = may_now(&actor.member, wish(&matters), circumstances);
    let permitted = match found {
        Some(person) => way.map(|way| (person, way)).map_err(AppError::from),
        None => Err(AppError::NotFound),
    };
    let (person, way) = or_destroyed(reading, actor, id.uuid(), permitted).await?;
    Ok((person, matters, way))
}
