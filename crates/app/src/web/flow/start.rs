//! The first page: the danger question, and the choice to keep the decision or to talk it through.

use axum::response::Response;
use casework::NewDraft;
use guidance::pack::Question;
use serde::Serialize;

use super::answers::{apply, fields, problems};
use super::journey::{Journey, kept_journey};
use super::kept::go_from;
use super::now::acts;
use super::question::{OwnProcedure, own_procedure};
use crate::actions;
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The first page.
#[derive(Debug, Serialize)]
pub struct StartPage {
    errors: Vec<ErrorLine>,
    question: String,
    lead: String,
    why: String,
    source: String,
    fields: Vec<Field>,
    signed_in: bool,
    may_decide: bool,
    procedure: Option<OwnProcedure>,
}

impl StartPage {
    /// The first page with what was answered.
    pub fn new(visit: &Visit, journey: &Journey<'_>, problems: &[FieldProblem]) -> Result<Self, AppError> {
        let first = journey.pack.questions.first().ok_or(AppError::NotFound)?;
        Ok(Self {
            errors: error_lines(problems, &[]),
            question: first.title.clone(),
            lead: first.lead.clone(),
            why: first.why.clone(),
            source: first.source.clone(),
            fields: fields(journey.pack, first, &journey.draft, problems),
            signed_in: visit.visitor().is_some(),
            may_decide: visit.visitor().is_none_or(|actor| actor.member.does_casework()),
            procedure: own_procedure(journey, &first.id),
        })
    }
}

impl Page for StartPage {
    const TEMPLATE: &'static str = "decide/start.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Start a decision".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |signed_in| Self {
            errors: Vec::new(),
            question: "Is anyone in danger now?".into(),
            lead: "If somebody could be hurt today, ring 999 now.".into(),
            why: "Safety comes first.".into(),
            source: "guidance §4".into(),
            fields: vec![Field::text("text-x", "Danger", "")],
            signed_in,
            may_decide: true,
            procedure: None,
        };
        let problems =
            [FieldProblem { field: "text-x".into(), message: "Say whether anyone is in danger now.".into() }];
        let in_error = Self { errors: error_lines(&problems, &[]), ..page(false) };
        vec![("signed out", page(false)), ("signed in", page(true)), ("in error", in_error)]
    }
}

fn blank(visit: &Visit, so_far: NewDraft) -> Journey<'_> {
    let organisation = visit.visitor().map(|actor| &actor.organisation);
    Journey::talked(visit.app().pack(), visit.app().clock.today(), organisation, so_far)
}

/// `GET /decide`
pub async fn page(visit: Visit) -> Result<Response, Stopped> {
    let journey = blank(&visit, NewDraft::default());
    Ok(visit.page(&StartPage::new(&visit, &journey, &[])?))
}

/// What the first page's form answered.
pub(super) struct FirstAnswers<'p> {
    /// The decision so far.
    pub journey: Journey<'p>,
    /// The question that was answered.
    pub question: &'p Question,
    /// Whether something is to be done at once.
    pub danger: bool,
}

/// What the first page's form answers; an error shows it again with nothing lost. Danger waits for no other answer: what is open is asked
/// later.
pub(super) fn first_answers<'p>(visit: &'p Visit, sent: &Sent) -> Result<Result<FirstAnswers<'p>, StartPage>, Stopped> {
    let mut journey = blank(visit, NewDraft::default());
    let question = journey.pack.questions.first().ok_or(AppError::NotFound)?;
    apply(journey.pack, question, sent, &mut journey.draft);
    let danger = !acts(visit, &journey, &journey.advised()?).is_empty();
    let problems = if danger { Vec::new() } else { problems(journey.pack, question, sent) };
    if problems.is_empty() {
        Ok(Ok(FirstAnswers { journey, question, danger }))
    } else {
        Ok(Err(StartPage::new(visit, &journey, &problems)?))
    }
}

/// `POST /decide`: keeps the decision in a draft from here on. Signed out, the sign-in page keeps the form and shows what to do now.
pub async fn begin(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let answered = match first_answers(&visit, &sent)? {
        Ok(journey) => journey,
        Err(page) => return Ok(visit.page(&page)),
    };
    let draft = actions::start_draft(visit.app(), visit.actor()?, None, answered.journey.so_far()).await?;
    go_from(&kept_journey(&visit, draft)?, &answered.question.id, "next", answered.danger)
}
