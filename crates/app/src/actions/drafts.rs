//! Drafts: a decision as far as it has been answered, kept as one goes (REC-7).

use casework::{
    Action, DecisionId, Draft, DraftId, DraftItem, ItemId, Matter, MatterId, Moment, NewDraft, Resource, Seen, Why, may,
};
use guidance::CaseDocument;
use store::{Reading, Writing};

use super::matters::workable;
use super::reading::{To, loaded_decision};
use super::views::{self, Shown};
use super::{Actor, Advised, advise_now, case_of};
use crate::{App, AppError};

/// The text of a draft that names the decision it is to correct. It is not a text of the flow and not recorded as one.
pub const CORRECTS: &str = "corrects-decision";

/// Whether the member may start anything at all: what they would fill in is shown to nobody else.
///
/// # Errors
/// `NotFound` for members who do no casework.
pub fn may_start(actor: &Actor) -> Result<(), AppError> {
    may(&actor.member, Action::StartCasework, Resource::Organisation(actor.organisation.id))?;
    Ok(())
}

/// Starts a draft, on a matter or on none yet; from "talk it through" with what was answered there.
///
/// # Errors
/// `NotFound` when the matter is not the member's to work on, or the member does no casework.
pub async fn start_draft(app: &App, actor: &Actor, matter: Option<MatterId>, new: NewDraft) -> Result<Draft, AppError> {
    let (id, now, member, new) = (app.clock.id(DraftId::new)?, app.clock.now(), &actor.member, &new);
    app.store
        .write("start_draft", actor.organisation.id, |mut writing: Writing| async move {
            let matter = match matter {
                Some(id) => Some(workable(&mut writing, actor, id, now).await?),
                None => None,
            };
            let draft = casework::start_draft(member, id, matter.as_ref(), new.clone(), now)?;
            writing.save_draft(&draft).await?;
            Ok(draft)
        })
        .await
}

/// Saves a draft as `change` leaves it. `version` is the version that was read: when somebody (another tab) saved in between, it is a
/// conflict and nothing is lost on either side.
///
/// # Errors
/// `NotFound`, `Conflict`, or `Invalid` on the field `items`.
pub async fn save_draft(
    app: &App,
    actor: &Actor,
    id: DraftId,
    version: u64,
    change: impl FnOnce(&mut Draft) + Send,
) -> Result<Draft, AppError> {
    let earlier = draft(app, actor, id).await?;
    if earlier.version != version {
        return Err(AppError::Conflict);
    }
    let changed = casework::save_draft(&actor.member, &earlier, app.clock.now(), change)?;
    let saved = &changed;
    app.store
        .write(
            "save_draft",
            actor.organisation.id,
            |mut writing: Writing| async move { writing.save_draft(saved).await },
        )
        .await?;
    Ok(changed)
}

/// The member's drafts, the one saved last first.
///
/// # Errors
/// When the store fails.
pub async fn drafts(app: &App, actor: &Actor) -> Result<Vec<Draft>, AppError> {
    let now = app.clock.now();
    app.store
        .read("drafts", actor.organisation.id, |mut reading: Reading| async move {
            let mut readable = Vec::new();
            for draft in reading.drafts_of(actor.member.id).await? {
                let about = about(&mut reading, actor, Some(&draft), draft.id, now).await?;
                if about.is_some_and(|about| may(&actor.member, Action::Read, Resource::Draft(&about)).is_ok()) {
                    readable.push(draft);
                }
            }
            Ok(readable)
        })
        .await
}

/// A draft of the member's own.
///
/// # Errors
/// `NotFound`.
pub async fn draft(app: &App, actor: &Actor, id: DraftId) -> Result<Draft, AppError> {
    let now = app.clock.now();
    let (draft, people) = app
        .store
        .read("draft", actor.organisation.id, |mut reading: Reading| async move {
            let draft = open_draft(&mut reading, actor, id, now).await?;
            let people = reading.still_kept(draft.people.iter().copied()).await?;
            Ok::<_, AppError>((draft, people))
        })
        .await?;
    let shown = Shown { people: people.into_iter().collect(), seen: Seen::Draft(id), why: Why::OwnDraft };
    views::note(app, actor, [shown]).await?;
    Ok(draft)
}

/// A draft of the member's own, asked for with everybody whom its matter is about by now.
async fn open_draft(reading: &mut Reading, actor: &Actor, id: DraftId, now: Moment) -> Result<Draft, AppError> {
    let draft = reading.draft(id).await?;
    let about = about(reading, actor, draft.as_ref(), id, now).await?.ok_or(AppError::NotFound)?;
    may(&actor.member, Action::WorkOn, Resource::Draft(&about))?;
    draft.ok_or(AppError::NotFound)
}

/// A draft as the policy is asked about it: somebody may have been named on its matter since it was started. Where there is no draft, or
/// it is on no matter, one is looked for all the same, so that every answer takes the same statements. A correction holds what was recorded:
/// for whoever works on its matter no longer there is none.
async fn about(
    reading: &mut Reading,
    actor: &Actor,
    draft: Option<&Draft>,
    id: DraftId,
    now: Moment,
) -> Result<Option<Draft>, AppError> {
    let on = draft.and_then(|draft| draft.matter).unwrap_or_else(|| MatterId::from_uuid(id.uuid()));
    let matter = reading.matter(on).await?;
    let works = |matter: &Matter| may(&actor.member, Action::WorkOn, Resource::Matter(matter, now)).is_ok();
    let opens = |draft: &&Draft| !draft.texts.contains_key(CORRECTS) || matter.as_ref().is_some_and(works);
    Ok(draft.filter(opens).cloned().map(|mut about| {
        about.people.extend(matter.into_iter().flat_map(|matter| matter.people));
        about
    }))
}

/// A draft of the member's own, to record on a matter that is asked about apart from it.
pub(super) async fn own_draft(reading: &mut Reading, actor: &Actor, id: DraftId) -> Result<Draft, AppError> {
    let draft = reading.draft(id).await?.ok_or(AppError::NotFound)?;
    may(&actor.member, Action::WorkOn, Resource::Draft(&draft))?;
    Ok(draft)
}

/// Advice on a draft as it stands, under today's law.
///
/// # Errors
/// `Invalid` where an answer cannot be judged.
pub fn advise_on_draft(app: &App, actor: &Actor, draft: &Draft) -> Result<Advised, AppError> {
    advise_now(app, case_of(app.pack(), &actor.organisation, draft))
}

/// Throws a draft away.
///
/// # Errors
/// `NotFound`.
pub async fn discard_draft(app: &App, actor: &Actor, id: DraftId) -> Result<(), AppError> {
    let now = app.clock.now();
    app.store
        .write("discard_draft", actor.organisation.id, |mut writing: Writing| async move {
            open_draft(&mut writing, actor, id, now).await?;
            writing.delete_draft(id).await?;
            Ok(())
        })
        .await
}

/// Starts a draft that will correct a recorded decision: it begins with what was then answered, and what is recorded from it says which
/// decision it corrects and why ([`super::RecordDecision::corrects`]).
///
/// # Errors
/// `NotFound`.
pub async fn start_correction(app: &App, actor: &Actor, earlier: DecisionId) -> Result<Draft, AppError> {
    let (id, now) = (app.clock.id(DraftId::new)?, app.clock.now());
    app.store
        .write("start_correction", actor.organisation.id, |mut writing: Writing| async move {
            let (decision, matter, _) = loaded_decision(&mut writing, actor, earlier, To::Correct, now).await?;
            let document: CaseDocument = match &decision.advice {
                Some(advice) => serde_json::from_str(&advice.facts).map_err(AppError::internal)?,
                None => CaseDocument::default(),
            };
            let answers = document
                .facts
                .iter()
                .map(|(fact, answers)| (fact.clone(), answers.list().into_iter().map(str::to_owned).collect()));
            let mut texts = decision.texts.clone();
            texts.insert(CORRECTS.to_owned(), earlier.to_string());
            // The items keep their ids: an item that stays as it was is the same item.
            let items = decision.items.iter().map(|item| DraftItem { id: item.item, entry: item.entry.clone() });
            let new = NewDraft { answers: answers.collect(), texts, items: items.collect() };
            let draft = casework::start_draft(&actor.member, id, Some(&matter), new, now)?;
            writing.save_draft(&draft).await?;
            Ok(draft)
        })
        .await
}

/// New ids for the items of a case that has none yet.
pub(super) fn item_ids(app: &App, count: usize) -> Result<Vec<ItemId>, AppError> {
    (0..count).map(|_| app.clock.id(ItemId::new)).collect()
}
