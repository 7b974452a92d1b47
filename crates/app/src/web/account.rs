//! A member's own account: where they are signed in, their passkeys, their password, their one-time code and recovery codes.

pub(super) mod passkeys;

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::fields::{Control, ErrorLine, Field, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::site::Site;
use super::visit::go_on;
use super::{Stopped, Visit, door, words};
use crate::actions::{self, Account, Actor, RECOVERY_CODES};
use crate::device::Device;
use crate::error::named;
use crate::{AppError, FieldProblem};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/account", get(page))
        .route("/account/sessions/end", post(end_session))
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/passkeys", get(passkeys::page).post(passkeys::add))
        .route("/account/passkeys/ask", post(passkeys::ask))
        .route("/account/passkeys/{passkey}", post(passkeys::rename))
        .route("/account/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/account/password", post(change_password))
        .route("/account/code", get(offer_code).post(replace_code))
        .route("/account/recovery-codes", post(renew_recovery_codes))
}

/// A session in a line.
#[derive(Debug, Serialize)]
pub struct SessionLine {
    id: String,
    browser: String,
    since: String,
    seen: String,
    proved: &'static str,
    this: bool,
}

/// The account's page.
#[derive(Debug, Serialize)]
pub struct AccountPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    name: String,
    email: String,
    sessions: Vec<SessionLine>,
    others: bool,
    passkeys: Vec<passkeys::PasskeyLine>,
    /// Since when there is a password; empty without one.
    password_since: String,
    password: Vec<Field>,
    password_open: bool,
    /// Since when there is a one-time code; empty without one.
    code_since: String,
    codes_left: u64,
    most_codes: usize,
}

impl AccountPage {
    fn new(actor: &Actor, account: &Account, done: &'static str, problems: &[FieldProblem]) -> Self {
        let line = |session: &store::Session| SessionLine {
            id: session.id.to_string(),
            browser: session.browser.clone(),
            since: words::moment(session.started_at),
            seen: words::moment(session.seen_at),
            proved: words::proved(session.proved),
            this: Some(session.id) == actor.session,
        };
        let since = |at: Option<casework::Moment>| at.map(words::moment).unwrap_or_default();
        Self {
            errors: error_lines(problems, &[]),
            done,
            name: actor.member.name.clone(),
            email: actor.member.email.clone(),
            sessions: account.sessions.iter().map(line).collect(),
            others: account.sessions.iter().any(|session| Some(session.id) != actor.session),
            password_since: since(account.password_since),
            password: password_fields(problems),
            password_open: about_password(problems),
            passkeys: passkeys::lines(account, problems),
            code_since: since(account.code_since),
            codes_left: account.recovery_codes_left,
            most_codes: RECOVERY_CODES,
        }
    }
}

fn about_password(problems: &[FieldProblem]) -> bool {
    problems.iter().any(|problem| ["password", "new_password"].contains(&problem.field.as_str()))
}

fn password_fields(problems: &[FieldProblem]) -> Vec<Field> {
    let field = |name, label, autocomplete| Field::new(name, label, Control::Password { autocomplete }).with(problems);
    vec![
        field("password", "Your present password", "current-password"),
        field("new_password", "Your new password", "new-password")
            .hint("At least 12 characters. Three or four words that do not belong together work well."),
    ]
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account/account.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Your account".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |this: bool| SessionLine {
            id: "0198a".into(),
            browser: "Firefox on Windows".into(),
            since: "24 November 2026, 9:15am".into(),
            seen: "24 November 2026, 10:40am".into(),
            proved: words::proved(casework::Proved::PasswordAndCode),
            this,
        };
        let page = |problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            done: "",
            name: "Amina Hart".into(),
            email: "a.hart@larkfield.example".into(),
            sessions: vec![line(true), line(false)],
            others: true,
            password_since: "1 November 2026, 9:00am".into(),
            password: password_fields(problems),
            password_open: about_password(problems),
            passkeys: passkeys::PasskeyLine::samples(),
            code_since: "1 November 2026, 9:05am".into(),
            codes_left: 2,
            most_codes: RECOVERY_CODES,
        };
        let wrong = [FieldProblem { field: "new_password".into(), message: "Use at least 12 characters.".into() }];
        let plain = Self {
            sessions: vec![line(true)],
            others: false,
            passkeys: Vec::new(),
            code_since: String::new(),
            codes_left: 0,
            done: "The session has ended.",
            ..page(&[])
        };
        let only = "Add another passkey or set up a one-time code first, then remove this one.";
        let only = [FieldProblem { field: "passkey-0198a1".into(), message: only.into() }];
        let passkeys_alone =
            Self { password_since: String::new(), code_since: String::new(), codes_left: 0, ..page(&only) };
        vec![("full", page(&[])), ("plain", plain), ("in error", page(&wrong)), ("passkeys alone", passkeys_alone)]
    }
}

/// What was just done.
#[derive(Debug, Deserialize)]
struct Done {
    done: Option<String>,
}

async fn page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let done = match done.done.as_deref() {
        Some("ended") => "The session has ended.",
        Some("others-ended") => "You are signed in here alone.",
        Some("passkey-added") => "The passkey was added. You can sign in with it from now on.",
        Some("passkey-named") => "The passkey has its new name.",
        Some("passkey-removed") => {
            "The passkey was removed, and you are signed in here alone. You may delete it on your device too."
        }
        Some("password") => "Your password was changed. You are signed in here alone.",
        _ => "",
    };
    shown(&visit, done, &[]).await
}

async fn shown(visit: &Visit, done: &'static str, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let account = actions::account(visit.app(), actor).await?;
    Ok(visit.page(&AccountPage::new(actor, &account, done, problems)))
}

/// `POST /account/sessions/end`
async fn end_session(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let session = named(&sent.text("session"))?;
    actions::end_my_session(visit.app(), actor, session).await?;
    Ok(go_on("/account?done=ended"))
}

/// `POST /account/sessions/end-others`
async fn end_others(visit: Visit) -> Result<Response, Stopped> {
    actions::end_my_other_sessions(visit.app(), visit.actor()?).await?;
    Ok(go_on("/account?done=others-ended"))
}

/// `POST /account/password`
async fn change_password(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (present, new) = (sent.text("password"), sent.text("new_password"));
    let device = Device::of(&headers, &visit.app().config);
    match actions::change_password(visit.app(), visit.actor()?, &present, &new, &device).await {
        Ok(()) => Ok(go_on("/account?done=password")),
        Err(AppError::Invalid(problems)) => shown(&visit, "", &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// `GET /account/code`
async fn offer_code(visit: Visit) -> Result<Response, Stopped> {
    let offer = actions::offer_code(visit.app(), visit.actor()?, None)?;
    Ok(door::set_up_page(&visit, offer, &[])?)
}

/// `POST /account/code`
async fn replace_code(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let (actor, offer) = (visit.actor()?, sent.text("offer"));
    match actions::replace_code(visit.app(), actor, &offer, &sent.text("code")).await {
        Ok(codes) => Ok(door::codes_page(&visit, codes)),
        Err(AppError::Invalid(problems)) => {
            let offer = actions::offer_code(visit.app(), actor, Some(&offer))?;
            Ok(door::set_up_page(&visit, offer, &problems)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/recovery-codes`
async fn renew_recovery_codes(visit: Visit) -> Result<Response, Stopped> {
    let codes = actions::renew_recovery_codes(visit.app(), visit.actor()?).await?;
    Ok(door::codes_page(&visit, codes))
}
