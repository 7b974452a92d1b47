//! "Talk it through": the same pages, with everything that was answered sealed in a hidden field. Nothing is stored on the server and
//! nothing stands in an address; after signing in it can be kept.

use axum::response::Response;
use casework::{DraftItem, NewDraft};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::journey::{Journey, Way};
use super::kept::{item_page, shown, take, take_item, target};
use super::start::{FirstAnswers, first_answers};
use crate::AppError;
use crate::actions;
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};

const SEALED_FOR: &str = "talk it through";
/// What "Back" on an item's page sends, since "items" saves it.
const BACK_TO_ITEMS: &str = "back-to-items";
/// How long a page that is left open can still be sent.
const LASTS_SECONDS: i64 = 24 * 60 * 60;

#[derive(Default, Serialize, Deserialize)]
struct State {
    answers: BTreeMap<String, Vec<String>>,
    texts: BTreeMap<String, String>,
    items: Vec<DraftItem>,
    last_page: Option<String>,
}

/// The page from which talking it through begins, and to which a lost page leads back.
#[derive(Debug, Serialize)]
pub struct TalkPage {
    lost: bool,
}

impl Page for TalkPage {
    const TEMPLATE: &'static str = "decide/talk.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Talk it through".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("start", Self { lost: false }), ("lost", Self { lost: true })]
    }
}

/// `GET /talk`
pub async fn page(visit: Visit) -> Response {
    visit.page(&TalkPage { lost: false })
}

fn open<'p>(visit: &'p Visit, sent: &Sent) -> Option<Journey<'p>> {
    let app = visit.app();
    let plain = app.seals.open(SEALED_FOR, &sent.text("state"), app.clock.now())?;
    let state: State = serde_json::from_slice(&plain).ok()?;
    let so_far = NewDraft { answers: state.answers, texts: state.texts, items: state.items };
    let organisation = visit.visitor().map(|actor| &actor.organisation);
    let mut journey = Journey::talked(app.pack(), app.clock.today(), organisation, so_far);
    journey.draft.last_page = state.last_page;
    Some(journey)
}

fn carry(visit: &Visit, journey: &mut Journey<'_>) -> Result<(), AppError> {
    let NewDraft { answers, texts, items } = journey.so_far();
    let state = State { answers, texts, items, last_page: journey.draft.last_page.clone() };
    let plain = serde_json::to_vec(&state).map_err(AppError::internal)?;
    let until = visit.app().clock.now().plus_seconds(LASTS_SECONDS);
    journey.way = Way::Talk { state: visit.app().seals.seal(SEALED_FOR, &plain, until)? };
    Ok(())
}

/// A talk that begins with answers already given, for instance those of a story: its sealed state.
pub(in crate::web) fn begun_with(visit: &Visit, so_far: NewDraft) -> Result<String, AppError> {
    let mut journey = Journey::talked(visit.app().pack(), visit.app().clock.today(), None, so_far);
    carry(visit, &mut journey)?;
    match journey.way {
        Way::Talk { state } => Ok(state),
        Way::Kept { .. } => Err(AppError::internal("a talk is never kept")),
    }
}

/// `POST /talk`: takes the answers of the page `at` and shows the page that `go` asks for.
pub async fn go(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    if !sent.has("state") {
        let FirstAnswers { mut journey, question, danger } = match first_answers(&visit, &sent)? {
            Ok(answered) => answered,
            Err(page) => return Ok(visit.page(&page)),
        };
        let target = target(&journey, &question.id, "next", danger)?;
        return show(&visit, &mut journey, &target, &[]);
    }
    let Some(mut journey) = open(&visit, &sent) else { return Ok(visit.page(&TalkPage { lost: true })) };
    let (at, go) = (sent.text("at"), sent.text("go"));
    if let Some(item) = at.strip_prefix("items/") {
        // A button that leads away from an item leaves it as it was.
        if go == BACK_TO_ITEMS {
            return show(&visit, &mut journey, "items", &[]);
        }
        if go.starts_with("items")
            && let Some(page) = take_item(&visit, &mut journey, item, &sent)?
        {
            carry(&visit, &mut journey)?;
            return Ok(visit.page(&page.on(journey.way.clone())));
        }
        return show(&visit, &mut journey, &go, &[]);
    }
    let taken = take(&visit, &mut journey, &at, &sent)?;
    if !taken.problems.is_empty() {
        return show(&visit, &mut journey, &at, &taken.problems);
    }
    let target = target(&journey, &at, &go, taken.danger)?;
    show(&visit, &mut journey, &target, &[])
}

fn show(
    visit: &Visit,
    journey: &mut Journey<'_>,
    page: &str,
    problems: &[crate::FieldProblem],
) -> Result<Response, Stopped> {
    if let Some(item) = page.strip_prefix("items/").and_then(|rest| rest.strip_suffix("/remove")) {
        journey.draft.items.retain(|one| one.id.to_string() != item);
        carry(visit, journey)?;
        return shown(visit, journey, "items", problems);
    }
    carry(visit, journey)?;
    match page.strip_prefix("items/") {
        Some(item) => Ok(visit.page(&item_page(journey, item)?)),
        None if page == "record" || page == "discard" => Err(AppError::NotFound.into()),
        None => shown(visit, journey, page, problems),
    }
}

/// `POST /talk/keep`: keeps what was talked through in a draft of one's own.
pub async fn keep(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let Some(journey) = open(&visit, &sent) else { return Ok(visit.page(&TalkPage { lost: true })) };
    let draft = actions::start_draft(visit.app(), actor, None, journey.so_far()).await?;
    Ok(go_on(&format!("/decide/{}/result", draft.id)))
}
