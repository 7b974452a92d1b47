//! A member's own passkeys: adding, naming, removing.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::shown;
use crate::actions::{self, Account, PasskeyAnswer, PasskeyRecord};
use crate::device::Device;
use crate::error::named;
use crate::web::door;
use crate::web::door::passkey::{Asks, host, name_field};
use crate::web::fields::{Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// A passkey in a line.
#[derive(Debug, Serialize)]
pub struct PasskeyLine {
    id: String,
    name: String,
    since: String,
    /// Empty when it was never used.
    used: String,
    synced: bool,
    /// Since when it is refused; empty while it is not.
    refused: String,
    field: Field,
    open: bool,
}

impl PasskeyLine {
    fn new(passkey: &PasskeyRecord, problems: &[FieldProblem]) -> Self {
        let id = passkey.id.to_string();
        let field = rename_field(&id, &passkey.name).with(problems);
        Self {
            open: field.error.is_some(),
            field,
            name: passkey.name.clone(),
            since: words::moment(passkey.added_at),
            used: passkey.used_at.map(words::moment).unwrap_or_default(),
            synced: passkey.synced,
            refused: passkey.refused_at.map(words::moment).unwrap_or_default(),
            id,
        }
    }

    pub(super) fn samples() -> Vec<Self> {
        let line = |n: &str, name: &str, synced| Self {
            id: format!("0198a{n}"),
            name: name.into(),
            since: "24 November 2026, 9:15am".into(),
            used: "24 November 2026, 10:40am".into(),
            synced,
            refused: String::new(),
            field: rename_field(&format!("0198a{n}"), name),
            open: false,
        };
        let refused = Self {
            used: String::new(),
            refused: "24 November 2026, 11:05am".into(),
            open: true,
            ..line("2", "Key on my key ring", false)
        };
        vec![line("1", "Work laptop", true), refused]
    }
}

/// Each has a name of its own, since several stand on one page.
fn rename_field(id: &str, name: &str) -> Field {
    let line =
        Control::Text { value: name.to_owned(), input: "text", autocomplete: "off", classes: "govuk-input--width-20" };
    Field::new(format!("name-{id}"), "What do you call it?", line)
}

pub(super) fn lines(account: &Account, problems: &[FieldProblem]) -> Vec<PasskeyLine> {
    account.passkeys.iter().map(|passkey| PasskeyLine::new(passkey, problems)).collect()
}

/// The page on which a passkey is added.
#[derive(Debug, Serialize)]
pub struct AddPasskeyPage {
    errors: Vec<ErrorLine>,
    name: Field,
}

impl AddPasskeyPage {
    fn new(name: &str, problems: &[FieldProblem]) -> Self {
        Self { errors: error_lines(problems, &[]), name: name_field(name, problems) }
    }
}

impl Page for AddPasskeyPage {
    const TEMPLATE: &'static str = "account/add-passkey.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Add a passkey".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problem = |field: &str, message: &str| [FieldProblem { field: field.into(), message: message.into() }];
        vec![
            ("new", Self::new("Firefox on Windows", &[])),
            ("not named", Self::new("", &problem("name", "Enter a name by which you know it again."))),
            ("refused", Self::new("Work laptop", &problem("passkey", "The passkey could not be added."))),
        ]
    }
}

/// `GET /account/passkeys`
pub(super) async fn page(visit: Visit, headers: HeaderMap) -> Result<Response, Stopped> {
    actions::confirmed_lately(visit.app(), visit.actor()?)?;
    let device = Device::of(&headers, &visit.app().config);
    Ok(visit.page(&AddPasskeyPage::new(&device.browser, &[])))
}

/// `POST /account/passkeys/ask`
pub(super) async fn ask(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Json<Asks>, Stopped> {
    let name = sent.text("name");
    Ok(actions::offer_passkey(visit.app(), visit.actor()?, host(&headers), &name).await?.into())
}

/// `POST /account/passkeys`
pub(super) async fn add(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (name, question, answer) = (sent.text("name"), sent.text("question"), sent.text("answer"));
    let answered = PasskeyAnswer { host: host(&headers), question: &question, answer: &answer };
    match actions::add_passkey(visit.app(), visit.actor()?, &name, answered).await {
        Ok(Some(codes)) => Ok(door::codes_page(&visit, codes)),
        Ok(None) => Ok(go_on("/account?done=passkey-added")),
        Err(AppError::Invalid(problems)) => Ok(visit.page(&AddPasskeyPage::new(&name, &problems))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/passkeys/{passkey}`: its name.
pub(super) async fn rename(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, passkey) = (visit.actor()?, named(&id)?);
    match actions::rename_passkey(visit.app(), actor, passkey, &sent.text(&format!("name-{id}"))).await {
        Ok(()) => Ok(go_on("/account?done=passkey-named")),
        Err(AppError::Invalid(problems)) => shown(&visit, "", &of(&id, problems)).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/passkeys/{passkey}/remove`
pub(super) async fn remove(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let (actor, passkey) = (visit.actor()?, named(&id)?);
    match actions::remove_passkey(visit.app(), actor, passkey).await {
        Ok(()) => Ok(go_on("/account?done=passkey-removed")),
        Err(AppError::Invalid(problems)) => shown(&visit, "", &of(&id, problems)).await,
        Err(error) => Err(error.into()),
    }
}

/// Which of several passkeys is meant.
fn of(id: &str, problems: Vec<FieldProblem>) -> Vec<FieldProblem> {
    let of = |problem: FieldProblem| FieldProblem { field: format!("{}-{id}", problem.field), ..problem };
    problems.into_iter().map(of).collect()
}
