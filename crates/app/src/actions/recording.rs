//! Recording a decision: the one way from an answered flow, or from a line about not sharing, to a record.

mod made;

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    ActDone, AdviceTaken, AdviceText, Article8, Choice, Correction, DecidedItem, Decision, DecisionId, Draft, DraftId,
    Judgement, Matter, MatterId, NewDecision, NewPerson, NotSharing, OwnDecision, PersonId, Pieces, Recipient, Told,
    Way,
};
use guidance::CaseDocument;
use guidance::words::items_in_words;
use jiff::civil::Date;
use store::{Reading, Writing};

use self::made::{Kept, Made};
use super::advice::{Judged, check_case, judge_now};
use super::case::case_of;
use super::drafts::{CORRECTS, may_start, own_draft};
use super::limits::check_draft;
use super::reading::{To, is_confidential, loaded_decision};
use super::{Actor, DecisionRecord, decision, new_draft};
use crate::{App, AppError};

/// What the decision is made from.
#[derive(Debug, Clone)]
pub enum Basis {
    /// The member's draft, in the version that was read. It is gone once recorded.
    Draft(DraftId, u64),
    /// A whole case, as the API sends it.
    Case(CaseDocument),
}

/// The matter it is recorded on.
#[derive(Debug, Clone)]
pub enum OnMatter {
    /// One that the member is involved in.
    Existing(MatterId),
    /// A new one; without a title it is called what the decision is about.
    New {
        /// What it is called.
        title: String,
    },
}

/// A person the decision is about.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Somebody the organisation knows.
    Known(PersonId),
    /// Somebody named now.
    New(NewPerson),
}

/// The practitioner's own judgement of an item, in place of the one advised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChoice {
    /// Whether it goes or stays.
    pub judgement: Judgement,
    /// Why.
    pub reason: String,
}

/// Everything that recording a decision takes. What is required depends on the choice and the advice; `casework` says.
#[derive(Debug, Clone)]
pub struct RecordDecision {
    /// What it is made from.
    pub basis: Basis,
    /// On which matter.
    pub matter: OnMatter,
    /// Whom it is about; nobody named: the matter's people.
    pub people: Vec<Whom>,
    /// In a line, whom and what it is about.
    pub about: String,
    /// For what purpose.
    pub purpose: String,
    /// The practitioner's own decision.
    pub choice: Choice,
    /// Why.
    pub reasons: String,
    /// Why it departs from the advice, where it does.
    pub departing: Option<String>,
    /// Their own judgement of items, by position from 0, where it differs from the one advised.
    pub items: BTreeMap<usize, ItemChoice>,
    /// To whom.
    pub recipient: Option<Recipient>,
    /// Article 8 in their own words.
    pub article_8: Option<Article8>,
    /// The discussion with the requester.
    pub requester_discussion: String,
    /// Advice asked for and given elsewhere.
    pub advice_sought: String,
    /// Whether the person was told.
    pub told: Option<Told>,
    /// When to look at this again.
    pub look_again_on: Option<Date>,
    /// What to do now that was done.
    pub acts_done: Vec<ActDone>,
    /// The earlier decision it corrects, and why.
    pub corrects: Option<Correction>,
    /// The id it will have, chosen beforehand so that sending it twice records it once; a new one when left out.
    pub id: Option<DecisionId>,
}

/// A quick record that nothing is shared (DEC-15).
#[derive(Debug, Clone)]
pub struct RecordNotSharing {
    /// On which matter.
    pub matter: OnMatter,
    /// Whom it is about, if anybody is named.
    pub people: Vec<Whom>,
    /// In a line, whom and what it is about.
    pub about: String,
    /// `DoNotShare`, `Delay` or `AskAdvice`.
    pub choice: Choice,
    /// Why.
    pub reasons: String,
    /// Who asked, where somebody did.
    pub requester: Option<Recipient>,
    /// The discussion with them.
    pub requester_discussion: String,
    /// When to look at this again.
    pub look_again_on: Option<Date>,
    /// The earlier decision it corrects, and why.
    pub corrects: Option<Correction>,
    /// The id it will have, chosen beforehand so that sending it twice records it once; a new one when left out.
    pub id: Option<DecisionId>,
}

/// Records a decision with the advice on its facts under today's law. The draft it came from is gone afterwards.
///
/// # Errors
/// `NotFound`; `Conflict` when the draft was saved since it was read; `Invalid` with what casework asks for (`about`, `reasons`,
/// `departing`, `recipient_name`, `purpose`, `aim`, `necessity`, `proportionality`, `told`, `why_not_told`, `people`, `matter`, `why`,
/// `corrects`), with what is wrong in the case (`facts/…`, `items/0/…`), or on `name` of a person.
pub async fn record_decision(app: &App, actor: &Actor, command: RecordDecision) -> Result<Decision, AppError> {
    Ok(match record(app, actor, &command).await? {
        Recorded::Now(record) => record.decision,
        Recorded::Before(decision) => *decision,
    })
}

/// As [`record_decision`], with everything that belongs to the decision, as [`decision`](super::decision) would read it now, but for the advice
/// in its parts.
///
/// # Errors
/// As [`record_decision`].
pub async fn record_decision_to_read(
    app: &App,
    actor: &Actor,
    command: RecordDecision,
) -> Result<DecisionRecord, AppError> {
    match record(app, actor, &command).await? {
        Recorded::Now(record) => Ok(*record),
        Recorded::Before(earlier) => decision(app, actor, earlier.id).await,
    }
}

/// A decision that was recorded now, or under the same id before.
enum Recorded {
    Now(Box<DecisionRecord>),
    Before(Box<Decision>),
}

async fn record(app: &App, actor: &Actor, command: &RecordDecision) -> Result<Recorded, AppError> {
    match record_once(app, actor, command).await {
        // Sent twice at once, to two copies of the program: the other's is there by now, and is found by its id.
        Err(AppError::Conflict) if command.id.is_some() => record_once(app, actor, command).await,
        recorded => recorded,
    }
}

async fn record_once(app: &App, actor: &Actor, command: &RecordDecision) -> Result<Recorded, AppError> {
    command.check_lengths()?;
    all_known(app, actor, &command.people).await?;
    // What was sent whole needs nothing that is stored: its advice is worked out before others wait for the transaction.
    let sent = match &command.basis {
        Basis::Draft(..) => None,
        Basis::Case(document) => Some(Considered::of(app, actor, draft_of(app, actor, document)?)?),
    };
    app.keep_pack().await?;
    let made = Made::now(app, &command.people, most_items(command, sent.as_ref()), command.id)?;
    let (considered, made) = (&sent, &made);
    app.store
        .write("record_decision", actor.organisation.id, |mut writing: Writing| async move {
            if let Some(recorded) = recorded_already(&mut writing, actor, command.id).await? {
                return Ok(Recorded::Before(Box::new(recorded)));
            }
            let loaded = match &command.basis {
                Basis::Draft(id, version) => {
                    Some(Considered::of(app, actor, drafted(&mut writing, actor, *id, *version).await?)?)
                }
                Basis::Case(_) => None,
            };
            let Considered { draft, judged, taken } =
                loaded.as_ref().or(considered.as_ref()).ok_or(AppError::NotFound)?;
            let whom = made.people(actor, &command.people, &draft.people)?;
            let matter = made.matter(&mut writing, actor, &command.matter, &command.about, &whom).await?;
            let items = made.items(&mut writing, actor, &matter.now, command, draft).await?;
            let new = new_decision(command, whom.ids(), &items, &judged_items(app, judged)?, taken.clone())?;
            let recorded = without_corrects(draft);
            let decision = casework::record_decision(
                &actor.member,
                &matter.now,
                Some(&recorded),
                made.id,
                new,
                made.at,
                app.clock.today(),
            )?;
            let (mut decision, corrects) =
                corrected(&mut writing, actor, &matter.now, decision, command.corrects.as_ref()).await?;
            whom.save(&mut writing, actor, &matter.now).await?;
            matter.save(&mut writing).await?;
            for item in items.iter().filter(|item| item.new) {
                writing.save_item(&item.item).await?;
            }
            writing.add_decision(&decision).await?;
            if let Some(taken) = &mut decision.advice {
                taken.document.forget_pieces();
            }
            if let Basis::Draft(id, _) = &command.basis {
                writing.delete_draft(*id).await?;
            }
            let people = whom.read(&mut writing, &decision.people).await?;
            let (advice, matter) = (None, matter.now);
            let (corrected_by, way) = (Vec::new(), Way::Ordinary);
            let confidential = is_confidential(&decision);
            let record = DecisionRecord { decision, advice, matter, people, corrects, corrected_by, way, confidential };
            Ok::<_, AppError>(Recorded::Now(Box::new(record)))
        })
        .await
}

/// Records that nothing is shared, or not yet, in a line with the reasons.
///
/// # Errors
/// `NotFound`; `Conflict` when other words were recorded under the same id; or `Invalid` on `about`, `choice`, `reasons`, `why`, `corrects` or `name` of a person.
pub async fn record_not_sharing(app: &App, actor: &Actor, command: RecordNotSharing) -> Result<Decision, AppError> {
    match record_not_sharing_once(app, actor, &command).await {
        // Sent twice at once: as in [`record`].
        Err(AppError::Conflict) if command.id.is_some() => record_not_sharing_once(app, actor, &command).await,
        recorded => recorded,
    }
}

async fn record_not_sharing_once(app: &App, actor: &Actor, command: &RecordNotSharing) -> Result<Decision, AppError> {
    may_start(actor)?;
    command.check_lengths()?;
    all_known(app, actor, &command.people).await?;
    let made = Made::now(app, &command.people, 0, command.id)?;
    let made = &made;
    app.store
        .write("record_not_sharing", actor.organisation.id, |mut writing: Writing| async move {
            if let Some(recorded) = recorded_already(&mut writing, actor, command.id).await? {
                return if says_the_same(&recorded, command) { Ok(recorded) } else { Err(AppError::Conflict) };
            }
            let whom = made.people(actor, &command.people, &BTreeSet::new())?;
            let matter = made.matter(&mut writing, actor, &command.matter, &command.about, &whom).await?;
            let new = NotSharing {
                about: command.about.clone(),
                choice: command.choice,
                reasons: command.reasons.clone(),
                requester: command.requester.clone(),
                requester_discussion: command.requester_discussion.clone(),
                look_again_on: command.look_again_on,
            };
            let decision =
                casework::record_not_sharing(&actor.member, &matter.now, made.id, new, made.at, app.clock.today())?;
            let (decision, _) =
                corrected(&mut writing, actor, &matter.now, decision, command.corrects.as_ref()).await?;
            whom.save(&mut writing, actor, &matter.now).await?;
            matter.save(&mut writing).await?;
            writing.add_decision(&decision).await?;
            Ok(decision)
        })
        .await
}

/// Whether everybody who is named by their reference is on a matter that the actor may read: to put somebody on a matter of one's own is to
/// see who they are.
async fn all_known(app: &App, actor: &Actor, named: &[Whom]) -> Result<(), AppError> {
    let known = |whom: &Whom| if let Whom::Known(person) = whom { Some(*person) } else { None };
    let named: BTreeSet<PersonId> = named.iter().filter_map(known).collect();
    if named.is_empty() {
        return Ok(());
    }
    if super::matters::on_ones_own(app, actor, &named).await? {
        return Ok(());
    }
    let matters = super::matters(app, actor).await?;
    let all = named.iter().all(|person| matters.iter().any(|matter| matter.people.contains(person)));
    if all { Ok(()) } else { Err(AppError::NotFound) }
}

/// Whether a quick record says what is to be recorded: under the same id, but with other words, it is another.
fn says_the_same(decision: &Decision, command: &RecordNotSharing) -> bool {
    decision.about == command.about.trim()
        && decision.own.choice == command.choice
        && decision.own.reasons == command.reasons
        && decision.recipient == command.requester
        && decision.requester_discussion == command.requester_discussion
        && decision.look_again_on == command.look_again_on
}

/// The decision of this id, when it was recorded before: a form sent twice is answered as it was the first time.
async fn recorded_already(
    reading: &mut Reading,
    actor: &Actor,
    id: Option<DecisionId>,
) -> Result<Option<Decision>, AppError> {
    let Some(id) = id else { return Ok(None) };
    match reading.decision(id).await? {
        Some(decision) if decision.member == actor.member.id => Ok(Some(decision)),
        Some(_) => Err(AppError::NotFound),
        None => Ok(None),
    }
}

/// The decision that was recorded from this draft, which is gone since: the form was sent twice, or from another window.
///
/// # Errors
/// When the store fails.
pub async fn recorded_from(app: &App, actor: &Actor, draft: DraftId) -> Result<Option<DecisionId>, AppError> {
    let member = actor.member.id;
    app.store
        .read("recorded_from", actor.organisation.id, |mut reading: Reading| async move {
            let latest = reading.decisions_by(member, 20).await?;
            Ok(latest.into_iter().find(|decision| decision.draft == Some(draft)).map(|decision| decision.id))
        })
        .await
}

/// A draft with the advice on it.
struct Considered {
    draft: Draft,
    judged: Judged,
    /// The advice as it will be kept.
    taken: AdviceTaken,
}

impl Considered {
    fn of(app: &App, actor: &Actor, draft: Draft) -> Result<Self, AppError> {
        check_draft(&draft)?;
        let judged = judge_now(app, case_of(app.pack(), &actor.organisation, &draft))?;
        let taken = advice_taken(app, &judged)?;
        Ok(Self { draft, judged, taken })
    }
}

/// How many items there may be at most: as many as casework lets a draft hold, unless they are known.
fn most_items(command: &RecordDecision, sent: Option<&Considered>) -> usize {
    match (&command.basis, sent) {
        (Basis::Case(_), Some(sent)) => sent.draft.items.len(),
        _ => casework::MOST_ITEMS,
    }
}

async fn drafted(writing: &mut Writing, actor: &Actor, id: DraftId, version: u64) -> Result<Draft, AppError> {
    let draft = own_draft(writing, actor, id).await?;
    if draft.version == version { Ok(draft) } else { Err(AppError::Conflict) }
}

/// A whole case as a draft that is recorded at once, so that there is one way from facts to a record.
fn draft_of(app: &App, actor: &Actor, document: &CaseDocument) -> Result<Draft, AppError> {
    if document.on.is_some_and(|on| on != app.clock.today()) {
        return Err(AppError::field("on", "A decision is recorded under today’s law. Leave the day out."));
    }
    check_case(app.pack(), document)?;
    Ok(casework::start_draft(
        &actor.member,
        app.clock.id(DraftId::new)?,
        None,
        new_draft(app, document)?,
        app.clock.now(),
    )?)
}

fn new_decision(
    command: &RecordDecision,
    people: BTreeSet<PersonId>,
    items: &[Kept],
    judged: &[(Judgement, String)],
    advice: AdviceTaken,
) -> Result<NewDecision, AppError> {
    Ok(NewDecision {
        about: command.about.clone(),
        people,
        items: decided_items(command, items, judged)?,
        recipient: command.recipient.clone(),
        purpose: command.purpose.clone(),
        own: OwnDecision {
            choice: command.choice,
            reasons: command.reasons.clone(),
            departing: command.departing.clone(),
        },
        advice,
        article_8: command.article_8.clone(),
        requester_discussion: command.requester_discussion.clone(),
        advice_sought: command.advice_sought.clone(),
        told: command.told.clone(),
        look_again_on: command.look_again_on,
        acts_done: command.acts_done.clone(),
    })
}

/// The advice exactly as it was given.
fn advice_taken(app: &App, judged: &Judged) -> Result<AdviceTaken, AppError> {
    let Judged { document, case, advice } = judged;
    let words = app.words();
    let written = words.write(app.pack(), case, advice);
    let pieces = Pieces { wording: words.digest().to_owned(), own: written.own, fixed: written.fixed };
    let text = AdviceText::in_pieces(pieces, words.wording());
    Ok(AdviceTaken {
        verdict: advice.verdict.id().parse().map_err(AppError::internal)?,
        pack: app.loaded.reference(),
        judged_on: advice.on,
        urgent: judged.is_urgent(app.pack()),
        interferes: judged.interferes(),
        facts: serde_json::to_string(document).map_err(AppError::internal)?,
        document: text.ok_or_else(|| AppError::internal("the pieces of an advice do not lie within its wording"))?,
    })
}

/// Each item as the advice judged it, and why.
fn judged_items(app: &App, Judged { case, advice, .. }: &Judged) -> Result<Vec<(Judgement, String)>, AppError> {
    let items = items_in_words(app.pack(), case, advice).into_iter();
    items.map(|item| Ok((item.judgement.parse().map_err(AppError::internal)?, item.why))).collect()
}

/// Each item as the advice judged it, or as the practitioner did.
fn decided_items(
    command: &RecordDecision,
    items: &[Kept],
    judged: &[(Judgement, String)],
) -> Result<Vec<DecidedItem>, AppError> {
    if command.items.keys().any(|at| *at >= items.len()) {
        return Err(AppError::field("items", "Choose items of this decision."));
    }
    let judged = items.iter().zip(judged).enumerate().map(|(at, (kept, advised))| {
        let (judgement, reason) = match command.items.get(&at) {
            Some(own) => (own.judgement, own.reason.clone()),
            None => advised.clone(),
        };
        DecidedItem { item: kept.item.id, entry: kept.item.entry.clone(), judgement, reason }
    });
    Ok(judged.collect())
}

/// The draft without the note that it corrects a decision: the record itself says so.
fn without_corrects(draft: &Draft) -> Draft {
    let mut recorded = draft.clone();
    recorded.texts.remove(CORRECTS);
    recorded
}

async fn corrected(
    writing: &mut Writing,
    actor: &Actor,
    matter: &Matter,
    decision: Decision,
    corrects: Option<&Correction>,
) -> Result<(Decision, Option<Decision>), AppError> {
    let Some(correction) = corrects else { return Ok((decision, None)) };
    // One that is not theirs to correct is not found, whether it is there or not; one on another matter of theirs is asked for again.
    let at = decision.recorded_at;
    let (earlier, ..) = loaded_decision(writing, actor, correction.decision, To::Correct, at).await?;
    let correcting = casework::correct_decision(&actor.member, matter, &earlier, decision, &correction.why)?;
    Ok((correcting, Some(earlier)))
}
