//! Reading what was recorded. That somebody was shown what concerns a person is kept, with why, before they see it ([`super::views`]).

use std::collections::BTreeMap;

use casework::{
    Action, Decision, DecisionId, InvolvedBy, Involvement, Item, Matter, MatterId, MemberId, Moment, Person, Resource,
    Seen, Way, Why, Wish, may, may_now,
};
use guidance::CaseDocument;
use guidance::words::AdviceView;
use store::Reading;
use uuid::Uuid;

use super::Actor;
use super::views::{self, Shown, why};
use crate::{App, AppError};

/// How many decisions a list shows.
const MOST_LISTED: u32 = 100;

/// A recorded decision with what belongs to it.
#[derive(Debug, Clone)]
pub struct DecisionRecord {
    /// The decision.
    pub decision: Decision,
    /// The advice exactly as it was given, in its parts; none for a quick record of not sharing, and none for a decision that was recorded a
    /// moment ago, in which it stands as the text that it is kept as.
    pub advice: Option<AdviceView>,
    /// The matter it stands on.
    pub matter: Matter,
    /// The people it is about.
    pub people: Vec<Person>,
    /// The earlier decision that it corrects.
    pub corrects: Option<Decision>,
    /// The later ones that correct it, oldest first.
    pub corrected_by: Vec<Decision>,
    /// By which way the member reads it.
    pub way: Way,
    /// Whether it concerns confidential information.
    pub confidential: bool,
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
    /// By which way the member reads it.
    pub way: Way,
    /// Who is or was involved in it, in the order it was given.
    pub involved: Vec<Involved>,
    /// Whether the member says who is.
    pub says_who_is_involved: bool,
}

/// Who is or was involved in a matter, in names.
#[derive(Debug, Clone)]
pub struct Involved {
    /// By which way, until when, and who gave it.
    pub involvement: Involvement,
    /// The member or the team.
    pub name: String,
    /// The member's job; empty for a team.
    pub role_title: String,
    /// Who gave it.
    pub given_by: String,
    /// Whether whoever reads it may end it.
    pub may_end: bool,
}

/// A recorded decision.
///
/// # Errors
/// `NotFound`: another organisation's, one of a matter the member is not involved in, and one that does not exist look the same.
pub async fn decision(app: &App, actor: &Actor, id: DecisionId) -> Result<DecisionRecord, AppError> {
    opened(app, actor, id, To::Read).await
}

/// A recorded decision that the member may correct: one of a matter that they work on.
///
/// # Errors
/// `NotFound`, also for whoever may read it and no more.
pub async fn decision_to_correct(app: &App, actor: &Actor, id: DecisionId) -> Result<DecisionRecord, AppError> {
    opened(app, actor, id, To::Correct).await
}

async fn opened(app: &App, actor: &Actor, id: DecisionId, to: To) -> Result<DecisionRecord, AppError> {
    let now = app.clock.now();
    let record = app
        .store
        .read("decision", actor.organisation.id, |mut reading: Reading| async move {
            let (decision, matter, way) = loaded_decision(&mut reading, actor, id, to, now).await?;
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
            let confidential = is_confidential(&decision);
            Ok::<_, AppError>(DecisionRecord {
                decision,
                advice,
                matter,
                people,
                corrects,
                corrected_by,
                way,
                confidential,
            })
        })
        .await?;
    let people = record.people.iter().map(|person| person.id).collect();
    let why = why(record.way, Why::Involved(record.matter.id), "");
    views::note(app, actor, [Shown { people, seen: Seen::Decision(id), why }]).await?;
    Ok(record)
}

/// A matter with everything on it.
///
/// # Errors
/// `NotFound`.
pub async fn matter(app: &App, actor: &Actor, id: MatterId) -> Result<MatterRecord, AppError> {
    let now = app.clock.now();
    let record = app
        .store
        .read("matter", actor.organisation.id, |mut reading: Reading| async move {
            let found = seen(reading.matter(id).await?, actor, now);
            let (matter, way) = or_destroyed(&mut reading, actor, id.uuid(), found).await?;
            let involved = involved(&mut reading, actor, &matter, now).await?;
            Ok::<_, AppError>(MatterRecord {
                people: reading.people_on(&matter).await?,
                items: reading.items_on(id).await?,
                decisions: reading.decisions_on(id).await?,
                says_who_is_involved: casework::says_who_is_involved(&actor.member, &matter, now),
                matter,
                involved,
                way,
            })
        })
        .await?;
    let people = record.people.iter().map(|person| person.id).collect();
    let why = why(record.way, Why::Involved(id), "");
    views::note(app, actor, [Shown { people, seen: Seen::Matter(id), why }]).await?;
    Ok(record)
}

/// The matters that the member is involved in, newest first.
///
/// # Errors
/// When the store fails.
pub async fn matters(app: &App, actor: &Actor) -> Result<Vec<Matter>, AppError> {
    let now = app.clock.now();
    app.store
        .read("matters", actor.organisation.id, |mut reading: Reading| async move {
            let found = reading.matters_of(actor.member.id, now).await?;
            Ok(found
                .into_iter()
                .filter(|matter| may(&actor.member, Action::Read, Resource::Matter(matter, now)).is_ok())
                .collect())
        })
        .await
}

/// The member's own decisions, newest first.
///
/// # Errors
/// When the store fails.
pub async fn decisions(app: &App, actor: &Actor) -> Result<Vec<Decision>, AppError> {
    let now = app.clock.now();
    app.store
        .read("decisions", actor.organisation.id, |mut reading: Reading| async move {
            let mut readable = Vec::new();
            for decision in reading.decisions_by(actor.member.id, MOST_LISTED).await? {
                // Who made a decision may since have left its matter, or casework altogether.
                if seen(reading.matter(decision.matter).await?, actor, now).is_ok() {
                    readable.push(decision);
                }
            }
            Ok(readable)
        })
        .await
}

async fn involved(
    reading: &mut Reading,
    actor: &Actor,
    matter: &Matter,
    now: Moment,
) -> Result<Vec<Involved>, AppError> {
    let mut known: BTreeMap<MemberId, (String, String)> = BTreeMap::new();
    let mut involved = Vec::with_capacity(matter.involved.len());
    for involvement in &matter.involved {
        let member = match involvement.by {
            InvolvedBy::Assignment(member) | InvolvedBy::Invitation(member) => Some(member),
            InvolvedBy::Team(_) => None,
        };
        for id in member.into_iter().chain([involvement.given_by]) {
            if let std::collections::btree_map::Entry::Vacant(unknown) = known.entry(id) {
                let member = reading.member(id).await?;
                unknown.insert(member.map(|member| (member.name, member.role_title)).unwrap_or_default());
            }
        }
        let (name, role_title) = match involvement.by {
            InvolvedBy::Assignment(member) | InvolvedBy::Invitation(member) => {
                known.get(&member).cloned().unwrap_or_default()
            }
            InvolvedBy::Team(team) => {
                (reading.team(team).await?.map(|team| team.name).unwrap_or_default(), String::new())
            }
        };
        let given_by = known.get(&involvement.given_by).map(|(name, _)| name.clone()).unwrap_or_default();
        let may_end = casework::may_end(&actor.member, matter, involvement.by, now);
        involved.push(Involved { involvement: involvement.clone(), name, role_title, given_by, may_end });
    }
    Ok(involved)
}

/// What a decision is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Read,
    /// That takes more than reading it in an emergency, or as the Guardian.
    Correct,
}

/// A decision with its matter, if the actor may open it for this, and by which way.
pub(super) async fn loaded_decision(
    reading: &mut Reading,
    actor: &Actor,
    id: DecisionId,
    to: To,
    now: Moment,
) -> Result<(Decision, Matter, Way), AppError> {
    let found = readable_decision(reading, actor, id, to, now).await;
    or_destroyed(reading, actor, id.uuid(), found).await
}

async fn readable_decision(
    reading: &mut Reading,
    actor: &Actor,
    id: DecisionId,
    to: To,
    now: Moment,
) -> Result<(Decision, Matter, Way), AppError> {
    let decision = reading.decision(id).await?;
    // Where there is no decision, a matter that nobody has is asked for: what is not there takes the same statements as what may not be seen.
    let on = decision.as_ref().map_or_else(|| MatterId::from_uuid(id.uuid()), |decision| decision.matter);
    let matter = reading.matter(on).await?;
    let (decision, matter) = (decision.ok_or(AppError::NotFound)?, matter.ok_or(AppError::NotFound)?);
    let wish = Wish::ReadDecision { matter: &matter, confidential: is_confidential(&decision) };
    let way = may_now(&actor.member, wish, &actor.circumstances(now))?;
    if to == To::Correct {
        may(&actor.member, Action::WorkOn, Resource::Matter(&matter, now))?;
    }
    Ok((decision, matter, way))
}

/// Whether a decision concerns confidential information: it was said to, or nobody said that it does not.
pub(super) fn is_confidential(decision: &Decision) -> bool {
    let facts = decision.advice.as_ref().and_then(|advice| serde_json::from_str::<CaseDocument>(&advice.facts).ok());
    let answered = facts.as_ref().and_then(|document| document.facts.get("confidential"));
    answered.is_none_or(|answers| answers.list().into_iter().any(|answer| answer != "no"))
}

/// What was found; or, where nothing was, whether that is because it was destroyed. That is told to those alone who work with cases or
/// look after what is kept, and not where it was about somebody whom they must not see. What another organisation holds, and what the member
/// may not read, is looked for in the same way.
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
    match reading.destruction_of(id).await? {
        Some(went) if !went.is_about_any(&actor.member.conflicts) => {
            Err(AppError::Destroyed(went.decided_at, went.certificate))
        }
        _ => found,
    }
}

/// A matter that the actor may read. Whatever is read of a matter comes through here.
fn seen(matter: Option<Matter>, actor: &Actor, now: Moment) -> Result<(Matter, Way), AppError> {
    let matter = matter.ok_or(AppError::NotFound)?;
    let way = may_now(&actor.member, Wish::ReadMatter(&matter), &actor.circumstances(now))?;
    Ok((matter, way))
}
