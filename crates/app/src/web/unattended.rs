//! Unattended matters, on which nobody can work: the list of them for managers, and handing one on without reading it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use casework::{Matter, MatterId, Member};
use serde::{Deserialize, Serialize};

use super::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::site::Site;
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions;
use crate::error::named;
use crate::{AppError, FieldProblem};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/matters/unattended", get(list))
        .route("/matters/unattended/{matter}", get(hand_on_page).post(hand_on))
}

fn address(id: MatterId) -> String {
    format!("/matters/unattended/{id}")
}

/// An unattended matter in a line, which says nothing of what it is about.
#[derive(Debug, Serialize)]
pub struct UnattendedLine {
    href: String,
    opened: String,
}

impl UnattendedLine {
    fn new(matter: &Matter) -> Self {
        Self { href: address(matter.id), opened: words::moment(matter.opened_at) }
    }
}

/// All of them.
#[derive(Debug, Serialize)]
pub struct UnattendedPage {
    /// What was just done.
    done: &'static str,
    matters: Vec<UnattendedLine>,
}

impl Page for UnattendedPage {
    const TEMPLATE: &'static str = "unattended/list.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "Matters on which nobody can work".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let one = UnattendedLine { href: "/matters/unattended/1".into(), opened: "1 November 2026, 9:00am".into() };
        vec![
            ("empty", Self { done: "", matters: vec![] }),
            ("handed on", Self { done: HANDED_ON, matters: vec![] }),
            ("one", Self { done: "", matters: vec![one] }),
        ]
    }
}

const HANDED_ON: &str = "The matter was handed on.";

/// What was just done.
#[derive(Debug, Deserialize)]
struct Done {
    done: Option<String>,
}

impl Done {
    fn words(&self) -> &'static str {
        if self.done.as_deref() == Some("handed-on") { HANDED_ON } else { "" }
    }
}

/// `GET /matters/unattended`
async fn list(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let matters = actions::unattended_matters(visit.app(), visit.actor()?).await?;
    let matters = matters.iter().map(UnattendedLine::new).collect();
    Ok(visit.page(&UnattendedPage { done: done.words(), matters }))
}

/// An unattended matter, and who may take it.
#[derive(Debug, Serialize)]
pub struct HandOnPage {
    errors: Vec<ErrorLine>,
    here: String,
    fields: Vec<Field>,
}

impl HandOnPage {
    fn of(id: MatterId, takers: &[Member], problems: &[FieldProblem]) -> Self {
        let choice =
            |one: &Member| Choice::new(one.id.to_string(), format!("{}, {}", one.name, one.role_title), "", false);
        Self::with(id, takers.iter().map(choice).collect(), problems)
    }

    fn with(id: MatterId, choices: Vec<Choice>, problems: &[FieldProblem]) -> Self {
        let nobody = choices.is_empty();
        let groups = vec![Group { label: "Colleagues".to_owned(), choices }];
        let control = Control::Grouped { groups, blank: "Choose one", unsure: None };
        let to = Field::new("to", "Who takes it?", control).with(problems);
        Self {
            errors: error_lines(problems, &[]),
            here: address(id),
            // Where nobody can take it, the page says what to do.
            fields: if nobody { Vec::new() } else { vec![to] },
        }
    }
}

impl Page for HandOnPage {
    const TEMPLATE: &'static str = "unattended/hand-on.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "A matter on which nobody can work".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let id = MatterId::from_uuid(uuid::Uuid::nil());
        let problems = [FieldProblem { field: "to".into(), message: "Choose who takes this matter.".into() }];
        let choices = || vec![Choice::new("0198a", "Amina Hart, School nurse", "", false)];
        vec![
            ("one", Self::with(id, choices(), &[])),
            ("nobody", Self::with(id, Vec::new(), &[])),
            ("in error", Self::with(id, choices(), &problems)),
        ]
    }
}

/// `GET /matters/unattended/{matter}`
async fn hand_on_page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    let takers = actions::who_may_take(visit.app(), actor, matter).await?;
    Ok(visit.page(&HandOnPage::of(matter, &takers, &[])))
}

/// `POST /matters/unattended/{matter}`
async fn hand_on(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    match actions::hand_on_unattended(visit.app(), actor, matter, sent.text("to").parse().ok()).await {
        Ok(()) => Ok(go_on("/matters/unattended?done=handed-on")),
        Err(AppError::Invalid(problems)) => {
            let takers = actions::who_may_take(visit.app(), actor, matter).await?;
            Ok(visit.page(&HandOnPage::of(matter, &takers, &problems)))
        }
        Err(error) => Err(error.into()),
    }
}
