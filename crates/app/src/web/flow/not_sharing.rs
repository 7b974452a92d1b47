//! Not sharing, delaying and doing nothing are decisions too: each is recorded in under a minute (DEC-15).

use axum::response::Response;
use casework::{Choice as Decided, DecisionId};
use serde::Serialize;

use super::record::{maybe_date, named, recipient};
use crate::actions::{self, OnMatter, RecordNotSharing};
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The short form.
#[derive(Debug, Serialize)]
pub struct NotSharingPage {
    id: String,
    errors: Vec<ErrorLine>,
    first: Vec<Field>,
    more: Vec<Field>,
    more_open: bool,
}

const DATE: &str = "look_again_on";

impl NotSharingPage {
    fn new(id: String, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let chosen = sent.text("choice");
        let choice =
            |value: Decided, text: &str, hint: &str| Choice::new(value.word(), text, hint, chosen == value.word());
        let choices = vec![
            choice(Decided::DoNotShare, "I am not sharing", ""),
            choice(
                Decided::Delay,
                "Not yet: I am waiting, or doing nothing for now",
                "Say below when you will look at it again.",
            ),
            choice(Decided::AskAdvice, "I am asking for advice first", ""),
        ];
        let line = |name: &str, label: &str, hint: &str| Field::text(name, label, sent.text(name)).hint(hint);
        let long =
            |name: &str, label: &str, hint: &str, rows| Field::long(name, label, sent.text(name), rows).hint(hint);
        let with =
            |fields: Vec<Field>| -> Vec<Field> { fields.into_iter().map(|field| field.with(problems)).collect() };
        let more = with(vec![
            long("people", "Names of the people it is about", "One on each line.", 2),
            line("recipient_organisation", "Who asked: which organisation?", ""),
            line("recipient_name", "Which person or team?", ""),
            long("requester_discussion", "What you said to each other", "", 2),
            Field::date(DATE, "When will you look at this again?", sent.typed_date(DATE)),
        ]);
        Self {
            id,
            errors: error_lines(problems, &[DATE]),
            first: with(vec![
                Field::radios("choice", "What do you decide?", choices),
                line(
                    "about",
                    "Whom and what is this about, in a line?",
                    "For example: a neighbour asked about a pupil",
                ),
                long("reasons", "Why?", "A sentence or two is enough.", 3),
            ]),
            more_open: more.iter().any(|field| field.error.is_some()),
            more,
        }
    }
}

impl Page for NotSharingPage {
    const TEMPLATE: &'static str = "decide/not-sharing.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Record that you are not sharing, or not yet".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "reasons".into(), message: "Give your reasons.".into() }];
        let page = |problems: &[FieldProblem]| Self::new("0198a".to_owned(), &Sent::default(), problems);
        vec![("empty", page(&[])), ("in error", page(&problems))]
    }
}

/// `GET /decide/not-sharing`
pub async fn page(visit: Visit) -> Result<Response, Stopped> {
    visit.actor()?;
    let id = visit.app().clock.id(DecisionId::new)?;
    Ok(visit.page(&NotSharingPage::new(id.to_string(), &Sent::default(), &[])))
}

fn command(sent: &Sent) -> Result<RecordNotSharing, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let choice = sent.text("choice").parse::<Decided>();
    if choice.is_err() {
        problems.push(FieldProblem { field: "choice".into(), message: "Say what you decide.".into() });
    }
    if sent.text("about").is_empty() {
        problems
            .push(FieldProblem { field: "about".into(), message: "Say in a line whom and what this is about.".into() });
    }
    if sent.text("reasons").is_empty() {
        problems.push(FieldProblem { field: "reasons".into(), message: "Give your reasons.".into() });
    }
    let look_again_on = maybe_date(sent, DATE, &mut problems);
    let Some(choice) = choice.ok().filter(|_| problems.is_empty()) else { return Err(problems) };
    Ok(RecordNotSharing {
        matter: OnMatter::New { title: String::new() },
        people: named(&sent.text("people")),
        about: sent.text("about"),
        choice,
        reasons: sent.text("reasons"),
        requester: recipient(sent, None),
        requester_discussion: sent.text("requester_discussion"),
        look_again_on,
        corrects: None,
        // The page chose it, so that pressing twice records once.
        id: sent.text("id").parse().ok(),
    })
}

/// `POST /decide/not-sharing`
pub async fn record(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let recorded = match command(&sent) {
        Ok(command) => actions::record_not_sharing(visit.app(), actor, command).await,
        Err(problems) => Err(AppError::Invalid(problems)),
    };
    match recorded {
        Ok(decision) => Ok(go_on(&format!("/decisions/{}", decision.id))),
        Err(AppError::Invalid(problems)) => Ok(visit.page(&NotSharingPage::new(sent.text("id"), &sent, &problems))),
        Err(error) => Err(error.into()),
    }
}
