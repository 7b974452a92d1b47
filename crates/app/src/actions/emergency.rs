//! Emergency access (ACC-2): begun for a reason, for one matter, to read; ended by hand or by the hour; told to the Guardian at once and looked at
//! by somebody else.
//!
//! Whoever asks proves first who they are, and only then is anything looked for: whether a matter exists is not told by being asked for a
//! password. What is not there, and what the member must not see, takes the same statements and gets the same words.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    Circumstances, DecisionId, EMERGENCIES_COUNT_SECONDS, EmergencyAccess, EmergencyId, Goes, LONGEST_TEXT, Mail,
    MailId, Matter, MatterId, Member, MemberId, Moment, Outcome, Person, PersonId, Role, Seen, ToldFirst, Why, Wish,
    may_now, whom_to_tell,
};
use store::{Reading, Viewed, Writing};
use uuid::Uuid;

use super::limits::at_most;
use super::reading::or_destroyed;
use super::views::{self, Shown};
use super::{Actor, confirmed_lately};
use crate::events::Event;
use crate::{App, AppError};

/// How much emergency access a list reaches back over.
const MOST_LISTED: u32 = 500;

/// How much of it that waits for a review is looked through for one page.
const MOST_WAITING: u32 = 100;

const TOO_MANY: &str = "Very many matters were opened in an emergency under your name within an hour.";
const REASON_MISSING: &str = "Say why you must see it now.";
const REFERENCE_MISSING: &str = "Enter the address or the reference of the matter.";
const NO_REFERENCE: &str = "This is no address and no reference of a matter. A reference has 32 letters and digits, like \
                            0198a3f2-5c1d-7e20-9b44-0c8d2f6a1e77.";

/// A matter that could be opened in an emergency, by the least that tells it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Openable {
    /// The matter.
    pub matter: MatterId,
    /// When it was opened.
    pub opened_at: Moment,
    /// When the last decision on it was recorded.
    pub decided_at: Option<Moment>,
}

/// Emergency access with who had it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The access.
    pub access: EmergencyAccess,
    /// Who had it, if the organisation still knows them.
    pub holder: Option<Member>,
}

/// Emergency access as it is reviewed.
#[derive(Debug, Clone)]
pub struct EmergencyRecord {
    /// The access, and who had it.
    pub taken: Taken,
    /// Whom the matter was about when it began. Nobody for the holder, to whom the matter is closed again.
    pub people: Vec<Person>,
    /// What they looked at by it, the oldest first.
    pub seen: Vec<Viewed>,
    /// Those who looked at it, in the order of the reviews.
    pub reviewers: Vec<Option<Member>>,
    /// Whether the member may say what came of it.
    pub may_review: bool,
}

/// Who would be told at once, and the Guardian's name and job where it is they.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldBeTold {
    /// Who.
    pub first: ToldFirst,
    /// Whether there is nobody to tell, not even an administrator besides the member.
    pub nobody: bool,
    /// The Guardian.
    pub guardian: Option<(String, String)>,
}

/// A reference as somebody types it: a whole address, its path, or the id alone, with any spaces and capitals.
fn reference(text: &str) -> Option<Uuid> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let last = plain.split(['?', '#']).next()?.split('/').rfind(|part| part.len() >= 32)?.to_owned();
    Uuid::try_parse(&last).ok()
}

/// The reason, from somebody who works with cases. Whether they proved lately who they are is asked afterwards.
fn stated<'r>(app: &App, actor: &Actor, reason: &'r str) -> Result<&'r str, AppError> {
    may_now(&actor.member, Wish::FindPeople(actor.organisation.id), &Circumstances::plain(app.clock.now()))?;
    at_most("reason", reason, LONGEST_TEXT)?;
    match reason.trim() {
        "" => Err(AppError::field("reason", REASON_MISSING)),
        reason => Ok(reason),
    }
}

/// What two fields hold, or what is wrong with either: what is asked of the second may also turn somebody away.
fn both<A, B>(one: Result<A, AppError>, other: Result<B, AppError>) -> Result<(A, B), AppError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(AppError::Invalid(mut problems)), Err(AppError::Invalid(more))) => {
            problems.extend(more);
            Err(AppError::Invalid(problems))
        }
        (_, Err(error)) | (Err(error), _) => Err(error),
    }
}

/// Who would be told at once if the member began emergency access now.
///
/// # Errors
/// `NotFound` for those who do no casework.
pub async fn would_be_told(app: &App, actor: &Actor) -> Result<WouldBeTold, AppError> {
    let now = app.clock.now();
    may_now(&actor.member, Wish::FindPeople(actor.organisation.id), &Circumstances::plain(now))?;
    let members = app
        .store
        .read("members", actor.organisation.id, |mut reading: Reading| async move {
            Ok::<_, AppError>(reading.members().await?)
        })
        .await?;
    // As it would be about nobody in particular.
    let imagined = EmergencyAccess {
        id: app.clock.id(EmergencyId::new)?,
        organisation: actor.organisation.id,
        version: 1,
        matter: app.clock.id(MatterId::new)?,
        people: BTreeSet::new(),
        holder: actor.member.id,
        reason: String::new(),
        begins: now,
        ends: now,
        ended: None,
        review: None,
        earlier: Vec::new(),
        told: BTreeMap::new(),
    };
    let (first, told) = whom_to_tell(&members, actor.organisation.responsible.guardian, &imagined);
    let named = members.iter().find(|one| told.first() == Some(&one.id)).filter(|_| first == ToldFirst::Guardian);
    let nobody = told.is_empty();
    Ok(WouldBeTold { first, nobody, guardian: named.map(|one| (one.name.clone(), one.role_title.clone())) })
}

/// Begins emergency access to the matter of this reference, or of the decision of this reference. Whoever is to look at it is told by the
/// same transaction.
///
/// # Errors
/// `Invalid` on `reason` and `matter`; `ConfirmFirst`, before anything is looked for; `NotFound`; `Destroyed`; `TooOften`, whether
/// there is such a matter or not.
pub async fn begin_emergency(
    app: &App,
    actor: &Actor,
    matter: &str,
    reason: &str,
) -> Result<EmergencyAccess, AppError> {
    let missing = if matter.trim().is_empty() { REFERENCE_MISSING } else { NO_REFERENCE };
    let of = reference(matter).ok_or_else(|| AppError::field("matter", missing));
    let (of, reason) = both(of, stated(app, actor, reason))?;
    confirmed_lately(app, actor)?;
    let (now, id) = (app.clock.now(), app.clock.id(EmergencyId::new)?);
    let access = app
        .store
        .write("begin_emergency", actor.organisation.id, |mut writing: Writing| async move {
            // What begins at the same moment is counted and told one after the other.
            writing.meet_at_members().await?;
            let since = now.plus_seconds(-EMERGENCIES_COUNT_SECONDS);
            let lately = writing.emergencies_of(actor.member.id, since).await?;
            not_too_many(&lately, now)?;
            let found = begun(&mut writing, actor, of, id, reason, now).await;
            let access = or_destroyed(&mut writing, actor, of, found).await?;
            let access = tell(app, actor.organisation.responsible.guardian, &mut writing, access, &lately).await?;
            writing.save_emergency(&access).await?;
            Ok::<_, AppError>(access)
        })
        .await?;
    Event::EmergencyBegun.happened();
    Ok(access)
}

/// Stops whoever began very much of it within the hour, whatever they ask for.
fn not_too_many(lately: &[EmergencyAccess], now: Moment) -> Result<(), AppError> {
    let Some(again) = casework::may_begin_again(lately, now) else { return Ok(()) };
    Event::TooOften.because("emergency-access");
    Err(AppError::TooOften(TOO_MANY, (again.micros() - now.micros()) / 1_000_000 + 1))
}

/// Puts the notices of new emergency access into the queue: the first at once, and what the same member begins within the hour after it in one
/// more. An installation that sends no mail has none: what waits is on the pages.
async fn tell(
    app: &App,
    guardian: Option<MemberId>,
    writing: &mut Writing,
    access: EmergencyAccess,
    lately: &[EmergencyAccess],
) -> Result<EmergencyAccess, AppError> {
    if !app.config.sends_mail() {
        return Ok(access);
    }
    let (first, told) = whom_to_tell(&writing.members().await?, guardian, &access);
    let notices = casework::notices(&access, &told, lately);
    let access = casework::told_of(access, &notices, lately);
    for (&to, goes) in &notices {
        let (notice, at) = match goes {
            Goes::AtOnce => (first.notice(), access.begins),
            Goes::Gathered(at) => (first.notice_of_several(), *at),
            Goes::WithOthers => continue,
        };
        let about_at = access.told.get(&to).copied().unwrap_or(access.begins);
        let mail = Mail { id: app.clock.id(MailId::new)?, organisation: access.organisation, to, notice, about_at };
        writing.send_mail(&mail, at).await?;
    }
    Ok(access)
}

async fn begun(
    writing: &mut Writing,
    actor: &Actor,
    of: Uuid,
    id: EmergencyId,
    reason: &str,
    now: Moment,
) -> Result<EmergencyAccess, AppError> {
    let decision = writing.decision(DecisionId::from_uuid(of)).await?;
    let on = decision.map_or_else(|| MatterId::from_uuid(of), |decision| decision.matter);
    let matter = writing.matter(on).await?.ok_or(AppError::NotFound)?;
    Ok(casework::begin_emergency(&actor.member, id, &matter, reason, &actor.circumstances(now))?)
}

/// The matters about a person that could be opened in an emergency, the newest first, for whoever has said why and proved who they are. Each is
/// told by its days alone. That they were asked for is kept, with the reason.
///
/// # Errors
/// `Invalid` on `reason`; `ConfirmFirst`, before anything is looked for; `NotFound`; `Destroyed`.
pub async fn openable_matters(
    app: &App,
    actor: &Actor,
    person: PersonId,
    reason: &str,
) -> Result<Vec<Openable>, AppError> {
    let reason = stated(app, actor, reason)?;
    confirmed_lately(app, actor)?;
    let now = app.clock.now();
    let circumstances = Circumstances { reason_stated: true, ..actor.circumstances(now) };
    let openable = app
        .store
        .read("openable_matters", actor.organisation.id, |mut reading: Reading| async move {
            let permitted = match reading.person(person).await? {
                Some(_) => {
                    may_now(&actor.member, Wish::ReadPerson(person, &[]), &circumstances).map_err(AppError::from)
                }
                None => Err(AppError::NotFound),
            };
            or_destroyed(&mut reading, actor, person.uuid(), permitted).await?;
            let mut openable = Vec::new();
            for matter in reading.matters_about(person).await? {
                if may_be_opened(actor, &matter, &circumstances) {
                    let decided_at = reading.decisions_on(matter.id).await?.first().map(|last| last.recorded_at);
                    openable.push(Openable { matter: matter.id, opened_at: matter.opened_at, decided_at });
                }
            }
            Ok::<_, AppError>(openable)
        })
        .await?;
    let why = Why::Stated(reason.to_owned());
    views::note(app, actor, [Shown { people: [person].into(), seen: Seen::Openable(person), why }]).await?;
    Ok(openable)
}

fn may_be_opened(actor: &Actor, matter: &Matter, circumstances: &Circumstances<'_>) -> bool {
    may_now(&actor.member, Wish::BeginEmergency(matter), circumstances).is_ok()
        && may_now(&actor.member, Wish::ReadMatter(matter), circumstances).is_err()
}

/// Ends emergency access before its time; nothing happens when it is over.
///
/// # Errors
/// `NotFound` for all but who has it.
pub async fn end_emergency(app: &App, actor: &Actor, id: EmergencyId) -> Result<(), AppError> {
    let now = app.clock.now();
    let ran = app
        .store
        .write("end_emergency", actor.organisation.id, |mut writing: Writing| async move {
            let access = writing.emergency(id).await?.ok_or(AppError::NotFound)?;
            let ended = casework::end_emergency(&actor.member, &access, now)?;
            let runs = access.runs(now);
            if runs {
                writing.save_emergency(&ended).await?;
            }
            Ok::<_, AppError>(runs)
        })
        .await?;
    if ran {
        Event::EmergencyEnded.happened();
    }
    Ok(())
}

/// Says what came of looking at somebody's emergency access.
///
/// # Errors
/// `NotFound` for all but managers and advisers, and for whoever had it; `Invalid` on `note` and `outcome`; `Conflict`.
pub async fn review_emergency(
    app: &App,
    actor: &Actor,
    id: EmergencyId,
    outcome: Option<Outcome>,
    note: &str,
) -> Result<EmergencyAccess, AppError> {
    at_most("note", note, LONGEST_TEXT)?;
    let now = app.clock.now();
    app.store
        .write("review_emergency", actor.organisation.id, |mut writing: Writing| async move {
            let access = writing.emergency(id).await?.ok_or(AppError::NotFound)?;
            let reviewed = casework::review_emergency(&actor.member, &access, outcome, note, now)?;
            writing.save_emergency(&reviewed).await?;
            Ok(reviewed)
        })
        .await
        .inspect(|_| Event::EmergencyReviewed.happened())
}

/// Emergency access with what was done by it: for those who review it, and, without the people, for whoever had it.
///
/// # Errors
/// `NotFound`.
pub async fn emergency(app: &App, actor: &Actor, id: EmergencyId) -> Result<EmergencyRecord, AppError> {
    let plain = Circumstances::plain(app.clock.now());
    let record = app
        .store
        .read("emergency", actor.organisation.id, |mut reading: Reading| async move {
            let access = reading.emergency(id).await?.ok_or(AppError::NotFound)?;
            may_now(&actor.member, Wish::ReadEmergency(&access), &plain)?;
            let may_review = may_now(&actor.member, Wish::ReviewEmergency(&access), &plain).is_ok();
            let mut people = Vec::new();
            for &person in access.people.iter().filter(|_| may_review) {
                people.extend(reading.person(person).await?);
            }
            let mut seen = reading.views_by(access.holder, [access.begins, access.ends]).await?;
            // What they read of it afterwards, on this page, is no reading of the matter.
            seen.retain(|one| one.view.why == Why::Emergency(id) && one.view.seen != Seen::Emergency(id));
            let mut reviewers = Vec::new();
            for review in access.earlier.iter().chain(&access.review) {
                reviewers.push(reading.member(review.by).await?);
            }
            let holder = reading.member(access.holder).await?;
            Ok::<_, AppError>(EmergencyRecord { taken: Taken { access, holder }, people, seen, reviewers, may_review })
        })
        .await?;
    let access = &record.taken.access;
    // Whoever may review it did not have it.
    let why = if record.may_review { Why::Oversight } else { Why::Emergency(id) };
    views::note(app, actor, [Shown { people: access.people.clone(), seen: Seen::Emergency(id), why }]).await?;
    Ok(record)
}

/// The emergency access of the organisation that the member may look at, the newest first; it names nobody whom a matter is about.
///
/// # Errors
/// `NotFound` for those who do not oversee.
pub async fn emergencies(app: &App, actor: &Actor) -> Result<Vec<Taken>, AppError> {
    let plain = Circumstances::plain(app.clock.now());
    may_now(&actor.member, Wish::Oversee(actor.organisation.id), &plain)?;
    app.store
        .read("emergencies", actor.organisation.id, |mut reading: Reading| async move {
            let mut found = reading.emergencies(MOST_LISTED, 0).await?;
            // What waits is on the list however much has begun since.
            found.extend(reading.emergencies_awaiting(MOST_LISTED).await?);
            found.sort_by_key(|access| std::cmp::Reverse((access.begins, access.id)));
            found.dedup_by_key(|access| access.id);
            found.retain(|access| may_now(&actor.member, Wish::ReadEmergency(access), &plain).is_ok());
            with_holders(&mut reading, found).await
        })
        .await
}

/// The emergency access that waits for a review which the member may make, the oldest first. Nobody else has any.
///
/// # Errors
/// When the store fails.
pub async fn emergencies_to_review(app: &App, actor: &Actor) -> Result<Vec<Taken>, AppError> {
    let plain = Circumstances::plain(app.clock.now());
    if may_now(&actor.member, Wish::Oversee(actor.organisation.id), &plain).is_err() {
        return Ok(Vec::new());
    }
    app.store
        .read("emergencies_to_review", actor.organisation.id, |mut reading: Reading| async move {
            let mut found = reading.emergencies_awaiting(MOST_WAITING).await?;
            found.retain(|access| may_now(&actor.member, Wish::ReviewEmergency(access), &plain).is_ok());
            with_holders(&mut reading, found).await
        })
        .await
}

/// How much emergency access waits for a review that nobody here may give, for administrators, who can name somebody. It names nobody.
///
/// # Errors
/// When the store fails.
pub async fn emergencies_nobody_reviews(app: &App, actor: &Actor) -> Result<usize, AppError> {
    if !actor.member.is(Role::Administrator) {
        return Ok(0);
    }
    let guardian = actor.organisation.responsible.guardian;
    app.store
        .read("emergencies_nobody_reviews", actor.organisation.id, |mut reading: Reading| async move {
            let (waiting, members) = (reading.emergencies_awaiting(MOST_WAITING).await?, reading.members().await?);
            let by_nobody = |access: &&EmergencyAccess| {
                matches!(whom_to_tell(&members, guardian, access), (ToldFirst::Administrators, _))
            };
            Ok::<_, AppError>(waiting.iter().filter(by_nobody).count())
        })
        .await
}

/// The member's own emergency access since a moment, the newest first.
///
/// # Errors
/// When the store fails.
pub async fn own_emergencies(app: &App, actor: &Actor, since: Moment) -> Result<Vec<EmergencyAccess>, AppError> {
    let plain = Circumstances::plain(app.clock.now());
    app.store
        .read("own_emergencies", actor.organisation.id, |mut reading: Reading| async move {
            let mut found = reading.emergencies_of(actor.member.id, since).await?;
            found.retain(|access| may_now(&actor.member, Wish::ReadEmergency(access), &plain).is_ok());
            Ok(found)
        })
        .await
}

/// The emergency access of whoever acts that runs now. A conflict of interest that was declared since has ended it.
pub fn running(actor: &Actor, now: Moment) -> impl Iterator<Item = &EmergencyAccess> {
    let open = move |access: &&EmergencyAccess| {
        access.runs(now) && may_now(&actor.member, Wish::ReadEmergency(access), &Circumstances::plain(now)).is_ok()
    };
    actor.emergencies.iter().filter(open)
}

async fn with_holders(reading: &mut Reading, found: Vec<EmergencyAccess>) -> Result<Vec<Taken>, AppError> {
    let mut taken = Vec::with_capacity(found.len());
    for access in found {
        let holder = reading.member(access.holder).await?;
        taken.push(Taken { access, holder });
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn a_reference_is_taken_as_it_is_told_and_typed() {
        let id = "0198a3f2-5c1d-7e20-9b44-0c8d2f6a1e77";
        for typed in [
            id.to_owned(),
            format!(" {} ", id.to_uppercase()),
            id.replace('-', ""),
            "0198a3f2 5c1d 7e20 9b44 0c8d 2f6a 1e77".to_owned(),
            format!("/matters/{id}"),
            format!("https://sharewell.example.org/matters/{id}?page=2#involvement"),
            format!("https://sharewell.example.org/decisions/{id}/record.pdf"),
        ] {
            assert_eq!(reference(&typed).map(|id| id.to_string()).as_deref(), Some(id), "{typed}");
        }
        for typed in ["", "the Tarleton children", "0198a3f2-5c1d", "/matters/"] {
            assert_eq!(reference(typed), None, "{typed}");
        }
    }
}
