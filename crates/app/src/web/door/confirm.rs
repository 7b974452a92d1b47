//! Proving again who one is, before what cannot be undone. The form that asked for it is kept sealed and sent again.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::second::code_field;
use super::{Kept, Waiting, enter, sign_in_again};
use crate::actions::{self, Proof};
use crate::device::Device;
use crate::web::fields::{Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::cookie;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The page that asks who sits there.
#[derive(Debug, Serialize)]
pub struct ConfirmPage {
    errors: Vec<ErrorLine>,
    /// In the demo one press is enough.
    press: bool,
    waiting: Waiting,
    fields: Vec<Field>,
}

impl ConfirmPage {
    fn new(press: bool, has_code: bool, waiting: Waiting, problems: &[FieldProblem]) -> Self {
        let password =
            Field::new("password", "Password", Control::Password { autocomplete: "current-password" }).with(problems);
        let fields = match (press, has_code) {
            (true, _) => Vec::new(),
            (false, true) => vec![password, code_field(problems)],
            (false, false) => vec![password],
        };
        Self { errors: error_lines(problems, &[]), press, waiting, fields }
    }
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "door/confirm.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Prove again who you are".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wrong = [FieldProblem { field: "password".into(), message: "This is not your password.".into() }];
        let kept = || Waiting { kept: Some("c2VhbGVk".into()), then: None };
        vec![
            ("with a code", Self::new(false, true, kept(), &[])),
            ("without a code", Self::new(false, false, Waiting::default(), &[])),
            ("wrong", Self::new(false, true, kept(), &wrong)),
            ("demo", Self::new(true, false, kept(), &[])),
        ]
    }
}

/// The page in place of one that needs a fresh proof.
pub(in crate::web) async fn confirm_first(visit: &Visit, kept: Kept) -> Result<Response, Stopped> {
    let waiting = match kept {
        Kept::Address(address) => Waiting { kept: None, then: Some(address) },
        Kept::Form { sealed, .. } => Waiting { kept: Some(sealed), then: None },
    };
    asked(visit, StatusCode::FORBIDDEN, waiting, &[]).await
}

async fn asked(
    visit: &Visit,
    status: StatusCode,
    waiting: Waiting,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    let has_code = actions::account(visit.app(), visit.actor()?).await?.code_since.is_some();
    Ok(visit.page_with(status, &ConfirmPage::new(visit.app().is_demo(), has_code, waiting, problems)))
}

/// `POST /sign-in/confirm`
pub(in crate::web) async fn confirm(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (waiting, config) = (Waiting::of(&sent), &visit.app().config);
    let (Some(actor), Some(token)) = (visit.visitor(), cookie(&headers, config.session_cookie())) else {
        // The session ended while the page was open: what waits is done after signing in, which proves as much.
        let late = FieldProblem { field: String::new(), message: "Your session has ended. Sign in to go on.".into() };
        return Ok(sign_in_again(&visit, "", &[late], waiting).await);
    };
    let (password, code, device) = (sent.text("password"), sent.maybe("code"), Device::of(&headers, config));
    let proof = if visit.app().is_demo() {
        Proof::Press
    } else {
        Proof::Password { password: &password, code: code.as_deref() }
    };
    match actions::confirm(visit.app(), actor, &token, proof, &device).await {
        Ok(entered) => enter(&visit, &headers, &entered, &waiting).await,
        Err(AppError::Invalid(problems)) => asked(&visit, StatusCode::UNPROCESSABLE_ENTITY, waiting, &problems).await,
        Err(error) => Err(error.into()),
    }
}
