//! How members sign in, for the administrator: whether more than a password is asked for.

use axum::extract::Query;
use axum::response::Response;
use casework::SecondStep;
use serde::Serialize;

use super::Saved;
use crate::FieldProblem;
use crate::actions;
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};

/// The page of how members sign in.
#[derive(Debug, Serialize)]
pub struct SignInSettingsPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    version: u64,
    second_step: Field,
}

impl SignInSettingsPage {
    fn new(asks: SecondStep, version: u64, problems: &[FieldProblem], done: &'static str) -> Self {
        let choice = |value: SecondStep, text: &str, hint: &str| Choice::new(value.word(), text, hint, value == asks);
        let everybody = "Whoever has neither a passkey nor a one-time code sets one up the next time they sign in, before anything else.";
        let some = "A stolen password alone then lets others in.";
        let choices = vec![
            choice(SecondStep::Demanded, "Everybody", everybody),
            choice(SecondStep::Offered, "Whoever has set one up", some),
        ];
        let label = "Who is asked for more than a password?";
        let second_step = Field::radios("second_step", label, choices).with(problems);
        Self { errors: error_lines(problems, &[]), done, version, second_step }
    }
}

impl Page for SignInSettingsPage {
    const TEMPLATE: &'static str = "organisation/sign-in.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "How members sign in".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "second_step".into(), message: "Choose who is asked.".into() }];
        vec![
            ("demanded", Self::new(SecondStep::Demanded, 1, &[], "")),
            ("offered", Self::new(SecondStep::Offered, 2, &[], "From now on it is as you chose.")),
            ("in error", Self::new(SecondStep::Demanded, 1, &problems, "")),
        ]
    }
}

async fn shown(visit: &Visit, problems: &[FieldProblem], done: &'static str) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    // Asking for what only an administrator keeps is also what turns everybody else away.
    actions::contacts(visit.app(), actor).await?;
    let organisation = &actor.organisation;
    Ok(visit.page(&SignInSettingsPage::new(organisation.second_step, organisation.version, problems, done)))
}

/// `GET /organisation/sign-in`
pub(super) async fn page(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    let done = match saved.saved.as_deref() {
        Some("everybody-out") => "Everybody else is signed out, and you are everywhere but here.",
        _ => saved.words("From now on it is as you chose."),
    };
    shown(&visit, &[], done).await
}

/// `POST /organisation/sign-everybody-out`
pub(super) async fn sign_everybody_out(visit: Visit) -> Result<Response, Stopped> {
    actions::sign_everybody_out(visit.app(), visit.actor()?).await?;
    Ok(go_on("/organisation/sign-in?saved=everybody-out"))
}

/// `POST /organisation/sign-in`
pub(super) async fn save(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let Ok(second_step) = sent.text("second_step").parse() else {
        let problem = FieldProblem { field: "second_step".into(), message: "Choose who is asked.".into() };
        return shown(&visit, &[problem], "").await;
    };
    let version = sent.text("version").parse().unwrap_or(0);
    actions::ask_for_second_step(visit.app(), visit.actor()?, version, second_step).await?;
    Ok(go_on("/organisation/sign-in?saved=yes"))
}
