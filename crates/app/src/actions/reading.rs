//! Reading what was recorded. Every record that concerns a person goes through [`seen`], the one place where views will be logged.

use casework::{Action, Decision, DecisionId, Item, Matter, MatterId, Member, Person, Resource, may};
use guidance::words::AdviceView;
use store::Reading;
use uuid::Uuid;

use super::Actor;
use crate::{App, AppError};

/// How many decisions a list shows.
const MOST_LISTED: u32 = 100;

/// A recorded decision with what belongs to it.
#[derive(Debug, Clone)]
pub struct DecisionRecord {
    /// The decision.
    pub decision: Decision,
    /// The advice exactly as it was given; none for a quick record of not sharing.
    pub advice: Option<AdviceView>,
    /// The matter it stands on.
    pub matter: Matter,
    /// The people it is about.
    pub people: Vec<Person>,
    /// The earlier decision that it corrects.
    pub corrects: Option<Decision>,
    /// The later ones that correct it, oldest first.
    pub corrected_by: Vec<Decision>,
}

/// A matter with everything on it.
#[derive(Debug, Clone)]
pub struct MatterRecord {
    /// The matter.
    pub matter: Matter,
    /// The people it is about.
    pub people: Vec<Person>,
    /// Its items, in the order added.
    pub items: Vec<Item>,
    /// Its decisions, newest first.
    pub decisions: Vec<Decision>,
    /// The members involved in it.
    pub involved: Vec<Member>,
}

/// A recorded decision.
///
/// # Errors
/// `NotFound`: another organisation's, one of a matter the member is not involved in, and one that does not exist look the same.
pub async fn decision(app: &App, actor: &Actor, id: DecisionId) -> Result<DecisionRecord, AppError> {
    app.store
        .read("decision", actor.organisation.id, |mut reading: Reading| async move {
            let (decision, matter) = loaded_decision(&mut reading, actor, id).await?;
            let advice = match &decision.advice {
                Some(advice) => Some(serde_json::from_str(&advice.document).map_err(AppError::internal)?),
                None => None,
            };
            let mut people = Vec::new();
            for person in &decision.people {
                people.extend(reading.person(*person).await?);
            }
            let corrects = match &decision.corrects {
                Some(correction) => reading.decision(correction.decision).await?,
                None => None,
            };
            let corrected_by = reading.corrections_of(id).await?;
            Ok(DecisionRecord { decision, advice, matter, people, corrects, corrected_by })
        })
        .await
}

/// A matter with everything on it.
///
/// # Errors
/// `NotFound`.
pub async fn matter(app: &App, actor: &Actor, id: MatterId) -> Result<MatterRecord, AppError> {
    app.store
        .read("matter", actor.organisation.id, |mut reading: Reading| async move {
            let found = seen(reading.matter(id).await?, actor);
            let matter = or_destroyed(&mut reading, actor, id.uuid(), found).await?;
            let mut involved = Vec::new();
            for member in &matter.involved {
                involved.extend(reading.member(*member).await?);
            }
            Ok(MatterRecord {
                people: reading.people_on(id).await?,
                items: reading.items_on(id).await?,
                decisions: reading.decisions_on(id).await?,
                matter,
                involved,
            })
        })
        .await
}

/// The matters that the member is involved in, newest first.
///
/// # Errors
/// When the store fails.
pub async fn matters(app: &App, actor: &Actor) -> Result<Vec<Matter>, AppError> {
    app.store
        .read("matters", actor.organisation.id, |mut reading: Reading| async move {
            let found = reading.matters_of(actor.member.id).await?;
            Ok(found
                .into_iter()
                .filter(|matter| may(&actor.member, Action::Read, Resource::Matter(matter)).is_ok())
                .collect())
        })
        .await
}

/// The member's own decisions, newest first.
///
/// # Errors
/// When the store fails.
pub async fn decisions(app: &App, actor: &Actor) -> Result<Vec<Decision>, AppError> {
    app.store
        .read("decisions", actor.organisation.id, |mut reading: Reading| async move {
            let mut readable = Vec::new();
            for decision in reading.decisions_by(actor.member.id, MOST_LISTED).await? {
                // Who made a decision may since have left its matter, or casework altogether.
                if seen(reading.matter(decision.matter).await?, actor).is_ok() {
                    readable.push(decision);
                }
            }
            Ok(readable)
        })
        .await
}

/// A decision with its matter, if the actor may read them.
pub(super) async fn loaded_decision(
    reading: &mut Reading,
    actor: &Actor,
    id: DecisionId,
) -> Result<(Decision, Matter), AppError> {
    let found = readable_decision(reading, actor, id).await;
    or_destroyed(reading, actor, id.uuid(), found).await
}

async fn readable_decision(
    reading: &mut Reading,
    actor: &Actor,
    id: DecisionId,
) -> Result<(Decision, Matter), AppError> {
    let decision = reading.decision(id).await?.ok_or(AppError::NotFound)?;
    let matter = seen(reading.matter(decision.matter).await?, actor)?;
    Ok((decision, matter))
}

/// How many certificates, the newest first, are looked through for what is not found. What was destroyed longer ago is not found, like
/// what never was.
const MOST_CERTIFICATES: usize = 500;

/// What was found; or, where nothing was, whether that is because it was destroyed. That is told to those alone who work with cases or
/// look after what is kept. What another organisation holds, and what the member may not read, is looked for in the same way.
pub(super) async fn or_destroyed<T>(
    reading: &mut Reading,
    actor: &Actor,
    id: Uuid,
    found: Result<T, AppError>,
) -> Result<T, AppError> {
    if !matches!(found, Err(AppError::NotFound)) {
        return found;
    }
    let organisation = Resource::Organisation(actor.organisation.id);
    let told =
        [Action::StartCasework, Action::Dispose].into_iter().any(|act| may(&actor.member, act, organisation).is_ok());
    if !told {
        return found;
    }
    match reading.destruction_naming(id, MOST_CERTIFICATES).await? {
        Some(certificate) => Err(AppError::Destroyed(certificate.decided_at, certificate.id)),
        None => found,
    }
}

/// A matter that the actor may read. Whatever is read of a matter comes through here.
fn seen(matter: Option<Matter>, actor: &Actor) -> Result<Matter, AppError> {
    let matter = matter.ok_or(AppError::NotFound)?;
    may(&actor.member, Action::Read, Resource::Matter(&matter))?;
    Ok(matter)
}
