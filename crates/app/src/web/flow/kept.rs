//! A decision kept in a draft: its pages have addresses, and each is saved when it is sent.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use casework::{Draft, DraftId, ItemId};
use guidance::pack::QuestionKind;

use super::answers::{apply, problems};
use super::item::{ItemPage, ItemsPage, TypedItem, put};
use super::journey::{Journey, Status, Way, kept_journey};
use super::now::{NowPage, acts, done_at, done_note};
use super::overview::{CheckPage, TasksPage};
use super::question::QuestionPage;
use super::record;
use super::result::ResultPage;
use crate::actions;
use crate::error::named;
use crate::web::form::Sent;
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The pages of the flow that are not a question's.
pub(super) const OTHER_PAGES: [&str; 6] = ["now", "tasks", "check", "result", "record", "discard"];

async fn draft_of(visit: &Visit, id: &str) -> Result<Draft, Stopped> {
    let actor = visit.actor()?;
    let id: DraftId = named(id)?;
    Ok(actions::draft(visit.app(), actor, id).await?)
}

async fn save(visit: &Visit, earlier: &Draft, changed: Draft) -> Result<Draft, Stopped> {
    let Draft { answers, texts, items, last_page, notes, .. } = changed;
    let change = move |draft: &mut Draft| {
        (draft.answers, draft.texts, draft.items, draft.last_page, draft.notes) =
            (answers, texts, items, last_page, notes);
    };
    Ok(actions::save_draft(visit.app(), visit.actor()?, earlier.id, earlier.version, change).await?)
}

/// The draft, or the way to the decision that was recorded from it: somebody went back after recording.
async fn draft_or_record(visit: &Visit, id: &str) -> Result<Result<Draft, Response>, Stopped> {
    match draft_of(visit, id).await {
        Ok(draft) => Ok(Ok(draft)),
        Err(stopped) if matches!(*stopped.0, AppError::NotFound) => {
            recorded_already(visit, id, "record").await?.map(Err).ok_or(stopped)
        }
        Err(stopped) => Err(stopped),
    }
}

/// `GET /decide/{draft}`: where it was left.
pub async fn resume(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let draft = match draft_or_record(&visit, &id).await? {
        Ok(draft) => draft,
        Err(recorded) => return Ok(recorded),
    };
    let journey = kept_journey(&visit, draft)?;
    let page = match &journey.draft.last_page {
        Some(last) if journey.pack.question(last).is_some() => last.clone(),
        _ => "tasks".to_owned(),
    };
    Ok(go_on(&format!("/decide/{id}/{page}")))
}

/// `GET /decide/{draft}/{page}`
pub async fn page(visit: Visit, Path((id, page)): Path<(String, String)>) -> Result<Response, Stopped> {
    let draft = match draft_or_record(&visit, &id).await? {
        Ok(draft) => draft,
        Err(recorded) => return Ok(recorded),
    };
    let journey = kept_journey(&visit, draft)?;
    if page == "record" {
        return record::page(&visit, &journey).await;
    }
    shown(&visit, &journey, &page, &[])
}

/// A page of the flow, kept or talked through.
pub(super) fn shown(
    visit: &Visit,
    journey: &Journey<'_>,
    page: &str,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    match page {
        "tasks" => Ok(visit.page(&TasksPage::new(visit, journey)?)),
        "check" => Ok(visit.page(&CheckPage::new(visit, journey)?)),
        "result" => Ok(visit.page(&ResultPage::new(visit, journey)?)),
        "now" => {
            let acts = acts(visit, journey, &journey.advised()?);
            if acts.is_empty() {
                return Ok(visit.page(&TasksPage::new(visit, journey)?));
            }
            // A draft begins with the first question.
            let first = || journey.pack.questions.first().map(|question| question.id.clone());
            let here = journey.draft.last_page.clone().or_else(first).unwrap_or_default();
            let next = match journey.pack.question(&here) {
                // Left without an answer to see what to do now: it is still the one that comes next.
                Some(left) if journey.status(left) == Status::Open => left.id.clone(),
                _ => next_page(journey, &here)?,
            };
            Ok(visit.page(&NowPage { way: journey.way.clone(), acts, next }))
        }
        id => {
            let question = journey.pack.question(id).ok_or(AppError::NotFound)?;
            if question.kind == QuestionKind::Items {
                return Ok(visit.page(&ItemsPage::new(visit, journey, question)?));
            }
            Ok(visit.page(&QuestionPage::new(visit, journey, question, problems)?))
        }
    }
}

/// `POST /decide/{draft}/{page}`
pub async fn answer(visit: Visit, Path((id, page)): Path<(String, String)>, sent: Sent) -> Result<Response, Stopped> {
    let earlier = match draft_of(&visit, &id).await {
        Ok(draft) => draft,
        Err(gone) => return recorded_already(&visit, &id, &page).await?.ok_or(gone),
    };
    match page.as_str() {
        "discard" => {
            actions::discard_draft(visit.app(), visit.actor()?, earlier.id).await?;
            return Ok(go_on("/"));
        }
        "record" => {
            let recorded = record::record(&visit, &kept_journey(&visit, earlier)?, &sent).await;
            return match recorded {
                // Pressed twice at once: the other press has recorded it meanwhile.
                Err(stopped) if matches!(*stopped.0, AppError::NotFound | AppError::Conflict) => {
                    recorded_already(&visit, &id, &page).await?.ok_or(stopped)
                }
                recorded => recorded,
            };
        }
        _ => {}
    }
    let mut journey = kept_journey(&visit, earlier.clone())?;
    let taken = take(&visit, &mut journey, &page, &sent)?;
    let saved = save(&visit, &earlier, journey.draft.clone()).await?;
    if visit.is_autosave() {
        let version = HeaderValue::from(saved.version);
        return Ok((StatusCode::NO_CONTENT, [(HeaderName::from_static("sharewell-version"), version)]).into_response());
    }
    journey.draft = saved;
    if !taken.problems.is_empty() {
        return shown(&visit, &journey, &page, &taken.problems);
    }
    go_from(&journey, &page, &sent.text("go"), taken.danger)
}

/// Pressing "Record" twice leads to the record that the first press made.
async fn recorded_already(visit: &Visit, draft: &str, page: &str) -> Result<Option<Response>, Stopped> {
    let Some(draft) = draft.parse().ok().filter(|_| page == "record") else { return Ok(None) };
    let recorded = actions::recorded_from(visit.app(), visit.actor()?, draft).await?;
    Ok(recorded.map(|decision| go_on(&format!("/decisions/{decision}"))))
}

/// What became of a page's answers.
pub(super) struct Taken {
    /// What is to be put right before going on.
    pub problems: Vec<FieldProblem>,
    /// Whether something new is to be done at once.
    pub danger: bool,
}

/// Takes a page's answers into the journey.
pub(super) fn take(visit: &Visit, journey: &mut Journey<'_>, page: &str, sent: &Sent) -> Result<Taken, Stopped> {
    let pack = journey.pack;
    if OTHER_PAGES.contains(&page) {
        for act in &pack.acts {
            for (field, text) in [("at", done_at(&act.id)), ("note", done_note(&act.id))] {
                let name = format!("done-{}-{field}", act.id);
                if sent.has(&name) {
                    journey.draft.texts.insert(text, sent.text(&name));
                }
            }
        }
        return Ok(Taken { problems: Vec::new(), danger: false });
    }
    let question = pack.question(page).ok_or(AppError::NotFound)?;
    let ids = |journey: &Journey<'_>| -> Result<Vec<String>, AppError> {
        Ok(acts(visit, journey, &journey.advised()?).into_iter().map(|act| act.id).collect())
    };
    let before = ids(journey)?;
    if question.kind == QuestionKind::Items {
        journey.draft.last_page = Some(question.id.clone());
    } else {
        apply(pack, question, sent, &mut journey.draft);
    }
    let danger = ids(journey)?.iter().any(|act| !before.contains(act));
    // Only going on asks for an answer; going back, away or to the answer so far does not, and danger waits for none.
    let goes_on = ["", "next"].contains(&sent.text("go").as_str());
    let problems = if goes_on && !danger { problems(pack, question, sent) } else { Vec::new() };
    Ok(Taken { problems, danger })
}

/// Where a page leads: `go` is `next`, `skip`, `later`, or a page.
pub(super) fn target(journey: &Journey<'_>, page: &str, go: &str, danger: bool) -> Result<String, AppError> {
    if danger && go != "later" {
        return Ok("now".to_owned());
    }
    Ok(match go {
        "" | "next" | "skip" => next_page(journey, page)?,
        other => other.to_owned(),
    })
}

/// The page of the next question that is still open, or else of the answers to check.
fn next_page(journey: &Journey<'_>, page: &str) -> Result<String, AppError> {
    Ok(journey.next_open(page)?.map_or_else(|| "check".to_owned(), |next| next.id.clone()))
}

/// Goes on from a page of a kept decision.
pub(super) fn go_from(journey: &Journey<'_>, page: &str, go: &str, danger: bool) -> Result<Response, Stopped> {
    let Way::Kept { id } = &journey.way else { return Err(AppError::NotFound.into()) };
    let target = target(journey, page, go, danger)?;
    if target == "later" {
        return Ok(go_on("/"));
    }
    let known = target.strip_prefix("items/").is_some_and(|item| item == "new" || item.parse::<ItemId>().is_ok())
        || OTHER_PAGES.contains(&target.as_str())
        || journey.pack.question(&target).is_some();
    Ok(go_on(&if known { format!("/decide/{id}/{target}") } else { format!("/decide/{id}/tasks") }))
}

/// `GET /decide/{draft}/items/{item}`: `new`, or one that is there.
pub async fn item(visit: Visit, Path((id, item)): Path<(String, String)>) -> Result<Response, Stopped> {
    let journey = kept_journey(&visit, draft_of(&visit, &id).await?)?;
    Ok(visit.page(&item_page(&journey, &item)?))
}

/// The page of an item that is named in an address or on a button.
pub(super) fn item_page(journey: &Journey<'_>, item: &str) -> Result<ItemPage, AppError> {
    if item == "new" {
        return Ok(ItemPage::new(journey, None, &TypedItem::default(), &[]));
    }
    let id: ItemId = named(item)?;
    let item = journey.draft.items.iter().find(|item| item.id == id).ok_or(AppError::NotFound)?;
    Ok(ItemPage::new(journey, Some(id), &TypedItem::of(&item.entry), &[]))
}

/// Takes an item's form into the journey, or shows it again.
pub(super) fn take_item(
    visit: &Visit,
    journey: &mut Journey<'_>,
    item: &str,
    sent: &Sent,
) -> Result<Option<ItemPage>, AppError> {
    let known: Option<ItemId> = match item {
        "new" => None,
        id => Some(named(id)?),
    };
    if let Some(id) = known
        && journey.draft.items.iter().all(|item| item.id != id)
    {
        return Err(AppError::NotFound);
    }
    let (typed, problems) = TypedItem::read(sent);
    if !problems.is_empty() {
        return Ok(Some(ItemPage::new(journey, known, &typed, &problems)));
    }
    let id = match known {
        Some(id) => id,
        None => visit.app().clock.id(ItemId::new)?,
    };
    put(&mut journey.draft, id, typed.entry);
    Ok(None)
}

/// `POST /decide/{draft}/items/{item}`
pub async fn save_item(
    visit: Visit,
    Path((id, item)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Stopped> {
    let earlier = draft_of(&visit, &id).await?;
    let mut journey = kept_journey(&visit, earlier.clone())?;
    if let Some(page) = take_item(&visit, &mut journey, &item, &sent)? {
        return Ok(visit.page(&page));
    }
    save(&visit, &earlier, journey.draft).await?;
    let more = sent.text("go") == "items/new";
    Ok(go_on(&format!("/decide/{id}/items{}", if more { "/new" } else { "" })))
}

/// `POST /decide/{draft}/items/{item}/remove`
pub async fn remove_item(visit: Visit, Path((id, item)): Path<(String, String)>) -> Result<Response, Stopped> {
    let earlier = draft_of(&visit, &id).await?;
    let item: ItemId = named(&item)?;
    let mut changed = earlier.clone();
    changed.items.retain(|one| one.id != item);
    // An item belongs to one draft.
    if changed.items.len() == earlier.items.len() {
        return Err(AppError::NotFound.into());
    }
    save(&visit, &earlier, changed).await?;
    Ok(go_on(&format!("/decide/{id}/items")))
}
