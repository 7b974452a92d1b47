//! Keeping and destroying: what is held, what would go, destroying it for good, and what proves that it existed (RET-2).

use std::collections::{BTreeSet, HashMap};

use casework::{
    Action, Destruction, DestructionId, Held, HoldId, LONGEST_LINE, LONGEST_TEXT, LegalHold, Matter, MatterId, Member,
    Moment, NewDestruction, Person, PersonId, Recovery, Resource, Seen, Why, may,
};
use store::{DestroyError, Goes, InLedger, Reading, Writing};
use uuid::Uuid;

use super::limits::at_most;
use super::reading::or_destroyed;
use super::views::{self, Shown};
use super::{Actor, confirmed_lately, ledger_key};
use crate::certificate::{ABOUT, CertificateFile, ProvedEntry};
use crate::clock::in_utc;
use crate::words::hexadecimal;
use crate::{App, AppError};

/// A certificate of destruction with what belongs to it.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub destruction: Destruction,
    /// Who decided it, if the organisation still knows them.
    pub decided_by: Option<Member>,
    /// Where the certificate itself stands in the ledger.
    pub ledger: InLedger,
    /// The number in the ledger, from 1, of each entry that it names and that has its place.
    pub numbers: HashMap<Uuid, u64>,
}

/// A legal hold, with what the member may see of it.
#[derive(Debug, Clone)]
pub struct HoldRecord {
    /// The hold.
    pub hold: LegalHold,
    /// What the held person or matter is called, where the member may read it.
    pub name: Option<String>,
    /// Whom that name tells of, and the matter by which the member may read it.
    pub shows: Option<(MatterId, BTreeSet<PersonId>)>,
    /// Who placed it.
    pub by: Option<Member>,
    /// Who released it.
    pub released_by: Option<Member>,
}

/// What is asked for when a hold is placed.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// The id it will have, chosen beforehand so that sending it twice places it once.
    pub id: HoldId,
    /// What is to be held.
    pub held: Held,
    /// Why.
    pub reason: String,
}

/// What would go if a person were destroyed now.
#[derive(Debug, Clone)]
pub struct WouldGo {
    /// The person, where the member may read a matter about them.
    pub person: Option<Person>,
    /// What would go.
    pub goes: Goes,
    /// The person's matters: their ids, and the matter where the member may read it.
    pub matters: Vec<(MatterId, Option<Matter>)>,
    /// The legal holds that forbid it.
    pub holds: Vec<LegalHold>,
}

/// What would go if a person were destroyed now, and what forbids it. Whoever may destroy may ask, without sight of the case: they then see
/// counts, and no name.
///
/// # Errors
/// `NotFound` for whoever may not destroy, and for a person who is not there; `Destroyed` when they were.
pub async fn would_be_destroyed(app: &App, actor: &Actor, person: PersonId) -> Result<WouldGo, AppError> {
    may_dispose(actor)?;
    let (asked, now) = (whom(actor, person), app.clock.now());
    let would_go = app
        .store
        .read("would_be_destroyed", actor.organisation.id, |mut reading: Reading| async move {
            let found = reading.would_go(asked).await?.ok_or(AppError::NotFound);
            let goes = or_destroyed(&mut reading, actor, person.uuid(), found).await?;
            let mut matters = Vec::new();
            for &id in &goes.matters {
                matters.push((id, readable(reading.matter(id).await?, actor, now)));
            }
            let known = matters.iter().any(|(_, matter)| matter.is_some());
            let holds = reading.legal_holds().await?;
            let holds = holds.into_iter().filter(|hold| hold.forbids(person, &goes.matters)).collect();
            let person = if known { reading.person(person).await? } else { None };
            Ok::<_, AppError>(WouldGo { person, goes, matters, holds })
        })
        .await?;
    // Without sight of a matter there are counts and references, and nobody is named.
    if let Some(matter) = would_go.matters.iter().find_map(|(_, matter)| matter.as_ref()) {
        let why = Why::Involved(matter.id);
        views::note(app, actor, [Shown { people: [person].into(), seen: Seen::Destroying(person), why }]).await?;
    }
    Ok(would_go)
}

/// Destroys for good what is kept about a person. `seen` is the mark of what the member was shown ([`Goes::mark`]); sent twice, under the
/// same id, it is done once.
///
/// # Errors
/// `NotFound`, `Destroyed`, `ConfirmFirst`; `Conflict` when something else would go than was shown; `Forbidden` under a legal hold; `Invalid`
/// on `rule`.
pub async fn destroy(
    app: &App,
    actor: &Actor,
    new: &NewDestruction,
    seen: Option<&str>,
) -> Result<Destruction, AppError> {
    may_dispose(actor)?;
    confirmed_lately(app, actor)?;
    at_most("rule", &new.rule, LONGEST_LINE)?;
    let asked = NewDestruction { person: whom(actor, new.person), ..new.clone() };
    match app.store.destroy_person_seen(&actor.member, &asked, seen).await {
        Ok(destroyed) => {
            if !destroyed.wiped {
                tracing::warn!("old pages of the database are still to be wiped: see docs/operating.md");
            }
            Ok(destroyed.certificate)
        }
        Err(DestroyError::NobodyThere) => {
            app.store
                .read("destroyed_before", actor.organisation.id, |mut reading: Reading| async move {
                    match reading.destruction(new.id).await? {
                        Some(before) if before.person == new.person => Ok(before),
                        _ => or_destroyed(&mut reading, actor, new.person.uuid(), Err(AppError::NotFound)).await,
                    }
                })
                .await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The certificates of destruction, the newest first.
///
/// # Errors
/// `NotFound` for whoever may not destroy.
pub async fn destructions(app: &App, actor: &Actor) -> Result<Vec<Destruction>, AppError> {
    may_dispose(actor)?;
    app.store
        .read("destructions", actor.organisation.id, |mut reading: Reading| async move {
            let mut all = reading.destructions().await?;
            all.retain(|one| may_dispose_of(actor, one.person));
            Ok(all)
        })
        .await
}

/// A certificate of destruction.
///
/// # Errors
/// `NotFound`.
pub async fn destruction(app: &App, actor: &Actor, id: DestructionId) -> Result<Certificate, AppError> {
    may_dispose(actor)?;
    app.store
        .read("destruction", actor.organisation.id, |mut reading: Reading| async move {
            let destruction = reading.destruction(id).await?.filter(|one| may_dispose_of(actor, one.person));
            let destruction = destruction.ok_or(AppError::NotFound)?;
            let decided_by = reading.member(destruction.asked_by).await?;
            let ledger = reading.destruction_in_ledger(id).await?.ok_or(AppError::NotFound)?;
            let mut numbers = HashMap::new();
            for version in destruction.existed.iter().flat_map(|existed| &existed.versions) {
                if let Some(position) = reading.position_in_ledger(version.leaf).await? {
                    numbers.insert(version.leaf, position + 1);
                }
            }
            Ok(Certificate { destruction, decided_by, ledger, numbers })
        })
        .await
}

/// The receipt of a certificate of destruction.
///
/// # Errors
/// `NotFound`; `Unavailable` until the next checkpoint.
pub async fn destruction_receipt(app: &App, actor: &Actor, id: DestructionId) -> Result<String, AppError> {
    destruction(app, actor, id).await?.ledger.receipt.ok_or(AppError::Unavailable(SOON))
}

const SOON: &str = "The proof follows with the ledger’s next checkpoint, within some seconds. Try again in a moment.";

/// A certificate of destruction as a file that anybody can check.
///
/// # Errors
/// `NotFound`; `Unavailable` until the ledger's next checkpoint.
pub async fn certificate_file(app: &App, actor: &Actor, id: DestructionId) -> Result<CertificateFile, AppError> {
    let Certificate { destruction, decided_by, ledger, .. } = self::destruction(app, actor, id).await?;
    let receipt = ledger.receipt.ok_or(AppError::Unavailable(SOON))?;
    let named = &destruction;
    let proofs: Result<(String, Vec<ProvedEntry>), AppError> = app
        .store
        .read("certificate_file", actor.organisation.id, |mut reading: Reading| async move {
            let salt = reading.destruction_salt(id).await?.ok_or(AppError::NotFound)?;
            let mut entries = Vec::new();
            for version in named.existed.iter().flat_map(|existed| &existed.versions) {
                let missing = || AppError::internal("an entry of the ledger is missing");
                let found = reading.entry_in_ledger(version.leaf).await?.ok_or_else(missing)?;
                let number = found.position.ok_or(AppError::Unavailable(SOON))? + 1;
                let receipt = found.receipt.ok_or(AppError::Unavailable(SOON))?;
                entries.push(ProvedEntry { entry: version.leaf, number, receipt });
            }
            Ok((hexadecimal(&*salt), entries))
        })
        .await;
    let (salt, entries) = proofs?;
    Ok(CertificateFile {
        about: ABOUT.to_owned(),
        organisation: actor.organisation.name.clone(),
        destroyed_at: in_utc(destruction.decided_at).to_string(),
        decided_by_job: decided_by.map(|member| member.role_title).unwrap_or_default(),
        counts: casework::counts(&destruction.existed),
        certificate: destruction,
        ledger: ledger_key(app, actor).await?,
        salt,
        receipt,
        entries,
    })
}

/// The legal holds, those that stand first, then the newest first.
///
/// # Errors
/// `NotFound` for whoever may not hold.
pub async fn holds(app: &App, actor: &Actor) -> Result<Vec<HoldRecord>, AppError> {
    may_dispose(actor)?;
    let now = app.clock.now();
    let records = app
        .store
        .read("legal_holds", actor.organisation.id, |mut reading: Reading| async move {
            let mut holds = reading.legal_holds().await?;
            holds.sort_by_key(|hold| (!hold.stands(), std::cmp::Reverse(hold.since)));
            let mut records = Vec::with_capacity(holds.len());
            for hold in holds {
                if let Some(hold) = open_hold(&mut reading, actor, Some(hold)).await? {
                    records.push(described(&mut reading, actor, hold, now).await?);
                }
            }
            Ok::<_, AppError>(records)
        })
        .await?;
    views::note(app, actor, records.iter().filter_map(named_by)).await?;
    Ok(records)
}

/// A legal hold.
///
/// # Errors
/// `NotFound`.
pub async fn hold(app: &App, actor: &Actor, id: HoldId) -> Result<HoldRecord, AppError> {
    may_dispose(actor)?;
    let now = app.clock.now();
    let record = app
        .store
        .read("legal_hold", actor.organisation.id, |mut reading: Reading| async move {
            let found = reading.legal_hold(id).await?;
            let hold = open_hold(&mut reading, actor, found).await?.ok_or(AppError::NotFound)?;
            described(&mut reading, actor, hold, now).await
        })
        .await?;
    views::note(app, actor, named_by(&record)).await?;
    Ok(record)
}

/// Whom a hold names to whoever reads it.
fn named_by(record: &HoldRecord) -> Option<Shown> {
    let (matter, people) = record.shows.clone()?;
    Some(Shown { people, seen: Seen::Hold(record.hold.id), why: Why::Involved(matter) })
}

/// Whether a hold can be placed for this reason, whatever is held.
///
/// # Errors
/// `Invalid` on `reason`.
pub fn reason_to_hold(reason: &str) -> Result<(), AppError> {
    at_most("reason", reason, LONGEST_TEXT)?;
    Ok(casework::reason_to_hold(reason)?)
}

/// Places a legal hold on a person or a matter that the organisation keeps.
///
/// # Errors
/// `NotFound`, `Destroyed`; `Conflict` when another hold has this id; `Invalid` on `reason`.
pub async fn place_hold(app: &App, actor: &Actor, new: &NewHold) -> Result<LegalHold, AppError> {
    may_dispose(actor)?;
    reason_to_hold(&new.reason)?;
    let now = app.clock.now();
    app.store
        .write("place_hold", actor.organisation.id, |mut writing: Writing| async move {
            if let Some(before) = writing.legal_hold(new.id).await? {
                let same =
                    before.held == new.held && before.by == actor.member.id && before.reason == new.reason.trim();
                return if same { Ok(before) } else { Err(AppError::Conflict) };
            }
            let (id, there) = match new.held {
                Held::Person(person) => {
                    (person.uuid(), writing.person(person).await?.is_some_and(|one| may_dispose_of(actor, one.id)))
                }
                Held::Matter(matter) => {
                    let found = writing.matter(matter).await?;
                    (matter.uuid(), found.is_some_and(|found| may_hold(actor, &found)))
                }
            };
            let found = if there { Ok(()) } else { Err(AppError::NotFound) };
            or_destroyed(&mut writing, actor, id, found).await?;
            let placed = casework::hold(&actor.member, new.id, new.held, &new.reason, now)?;
            writing.save_hold(&placed).await?;
            Ok(placed)
        })
        .await
}

/// Releases a legal hold. Sent twice with the same words it is done once.
///
/// # Errors
/// `NotFound`, `ConfirmFirst`; `Conflict` when it was released before, by another or with other words; `Invalid` on `reason`.
pub async fn release_hold(app: &App, actor: &Actor, id: HoldId, reason: &str) -> Result<LegalHold, AppError> {
    may_dispose(actor)?;
    confirmed_lately(app, actor)?;
    at_most("reason", reason, LONGEST_TEXT)?;
    let now = app.clock.now();
    app.store
        .write("release_hold", actor.organisation.id, |mut writing: Writing| async move {
            let found = writing.legal_hold(id).await?;
            let placed = open_hold(&mut writing, actor, found).await?.ok_or(AppError::NotFound)?;
            let by_me = placed.released.is_some_and(|(by, _)| by == actor.member.id);
            if by_me && placed.released_because.as_deref() == Some(reason.trim()) {
                return Ok(placed);
            }
            let released = casework::release(&actor.member, &placed, reason, now)?;
            writing.save_hold(&released).await?;
            Ok(released)
        })
        .await
}

/// The recoveries from a backup, the newest first.
///
/// # Errors
/// `NotFound` for whoever may not destroy.
pub async fn recoveries(app: &App, actor: &Actor) -> Result<Vec<Recovery>, AppError> {
    may_dispose(actor)?;
    app.store
        .read(
            "recoveries",
            actor.organisation.id,
            |mut reading: Reading| async move { Ok(reading.recoveries().await?) },
        )
        .await
}

/// Stops whoever does not look after what is kept.
///
/// # Errors
/// `NotFound`.
pub fn may_dispose(actor: &Actor) -> Result<(), AppError> {
    may(&actor.member, Action::Dispose, Resource::Organisation(actor.organisation.id))?;
    Ok(())
}

fn may_dispose_of(actor: &Actor, person: PersonId) -> bool {
    may(&actor.member, Action::Dispose, Resource::Person(actor.organisation.id, person)).is_ok()
}

/// Whether nobody whom the member must not see is held with a matter.
fn may_hold(actor: &Actor, matter: &Matter) -> bool {
    matter.people.iter().all(|person| may_dispose_of(actor, *person))
}

/// A person whom the member may dispose of; in place of another, an id that nobody has, so that the same statements find nothing.
fn whom(actor: &Actor, person: PersonId) -> PersonId {
    if may_dispose_of(actor, person) { person } else { PersonId::from_uuid(Uuid::nil()) }
}

/// A hold, unless somebody is held whom the member must not see. One on a person, and one that is not there, ask for a matter too: the same
/// statements are run for each.
async fn open_hold(
    reading: &mut Reading,
    actor: &Actor,
    hold: Option<LegalHold>,
) -> Result<Option<LegalHold>, AppError> {
    let matter = match hold.as_ref().map(|hold| hold.held) {
        Some(Held::Matter(matter)) => matter,
        _ => MatterId::from_uuid(Uuid::nil()),
    };
    let matter = reading.matter(matter).await?;
    Ok(hold.filter(|hold| match hold.held {
        Held::Person(person) => may_dispose_of(actor, person),
        // One that was released, on a matter that was destroyed since, names nobody any more.
        Held::Matter(_) => matter.is_none_or(|matter| may_hold(actor, &matter)),
    }))
}

/// A matter, if the actor may read it.
fn readable(matter: Option<Matter>, actor: &Actor, now: Moment) -> Option<Matter> {
    matter.filter(|matter| may(&actor.member, Action::Read, Resource::Matter(matter, now)).is_ok())
}

async fn described(reading: &mut Reading, actor: &Actor, hold: LegalHold, now: Moment) -> Result<HoldRecord, AppError> {
    let (name, shows) = match hold.held {
        Held::Matter(id) => match readable(reading.matter(id).await?, actor, now) {
            Some(matter) => {
                let people = reading.still_kept(matter.people.iter().copied()).await?;
                (Some(matter.title), Some((id, people.into_iter().collect())))
            }
            None => (None, None),
        },
        Held::Person(id) => {
            let matters = reading.matters_about(id).await?;
            let known = matters.into_iter().find_map(|matter| readable(Some(matter), actor, now));
            match (known, reading.person(id).await?) {
                (Some(matter), Some(person)) => (Some(person.name), Some((matter.id, [id].into()))),
                _ => (None, None),
            }
        }
    };
    let by = reading.member(hold.by).await?;
    let released_by = match hold.released {
        Some((member, _)) => reading.member(member).await?,
        None => None,
    };
    Ok(HoldRecord { hold, name, shows, by, released_by })
}
