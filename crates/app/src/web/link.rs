//! A link from the other side: somebody opens it, sees where they are to work and as what, and sets their password. The link's secret
//! stands after the `#`, which browsers keep to themselves; it comes here in a form and never in an address.

use axum::http::HeaderMap;
use axum::response::Response;
use casework::Membership;
use serde::Serialize;

use super::door;
use super::fields::{Control, ErrorLine, Field, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::{Stopped, Visit, words};
use crate::actions::{self, Welcome};
use crate::{AppError, FieldProblem};

/// Where a link leads: its code comes by itself with the script, or is pasted.
#[derive(Debug, Serialize)]
pub struct OpenLinkPage {
    errors: Vec<ErrorLine>,
    field: Field,
}

impl OpenLinkPage {
    fn of(problems: &[FieldProblem]) -> Self {
        let field = Field::text("code", "Your link", "")
            .hint("Copy the whole link that you were given, and paste it here. It works once, for 7 days.")
            .with(problems);
        Self { errors: error_lines(problems, &[]), field }
    }
}

impl Page for OpenLinkPage {
    const TEMPLATE: &'static str = "door/open-link.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Open your link".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "code".into(), message: "This link does not hold.".into() }];
        vec![("empty", Self::of(&[])), ("does not hold", Self::of(&problems))]
    }
}

/// What somebody sees who opened a link.
#[derive(Debug, Serialize)]
pub struct WelcomePage {
    errors: Vec<ErrorLine>,
    code: String,
    joins: bool,
    organisation: String,
    name: String,
    role_title: String,
    email: String,
    roles: Vec<(&'static str, &'static str)>,
    password: Field,
    /// Who else is signed in in this browser; may be empty.
    signed_in: String,
}

impl WelcomePage {
    fn of(visit: &Visit, welcome: &Welcome, code: &str, problems: &[FieldProblem]) -> Self {
        let member = &welcome.member;
        let other = visit.actor().ok().filter(|actor| actor.member.id != member.id);
        let password = Field::new("password", "Your password", Control::Password { autocomplete: "new-password" })
            .hint("At least 12 characters. Three or four words that do not belong together work well.")
            .with(problems);
        Self {
            errors: error_lines(problems, &[]),
            code: code.to_owned(),
            joins: member.membership == Membership::Invited,
            organisation: welcome.organisation.name.clone(),
            name: member.name.clone(),
            role_title: member.role_title.clone(),
            email: member.email.clone(),
            roles: member.roles.iter().map(|role| words::role(*role)).collect(),
            password,
            signed_in: other.map(|actor| actor.member.name.clone()).unwrap_or_default(),
        }
    }
}

impl Page for WelcomePage {
    const TEMPLATE: &'static str = "door/welcome.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Set your password".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |joins, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            code: "0198e".into(),
            joins,
            organisation: "Larkfield School".into(),
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            email: "a.hart@larkfield.example".into(),
            roles: vec![words::role(casework::Role::Practitioner)],
            password: Field::new("password", "Your password", Control::Password { autocomplete: "new-password" })
                .with(problems),
            signed_in: if joins { String::new() } else { "Tom Birchall".into() },
        };
        let problems = [FieldProblem { field: "password".into(), message: "Use a longer password.".into() }];
        vec![
            ("an invitation", page(true, &[])),
            ("a new password", page(false, &[])),
            ("in error", page(true, &problems)),
        ]
    }
}

/// `GET /link`
pub(super) async fn page(visit: Visit) -> Response {
    visit.page(&OpenLinkPage::of(&[]))
}

/// `POST /link`: uses nothing up, so that a link may be opened and looked at before it is used.
pub(super) async fn open(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let code = sent.text("code");
    if code.is_empty() {
        let missing =
            FieldProblem { field: "code".to_owned(), message: "Paste the link that you were given.".to_owned() };
        return Ok(visit.page(&OpenLinkPage::of(&[missing])));
    }
    match actions::open_link(visit.app(), &code).await {
        Ok(welcome) => Ok(visit.page(&WelcomePage::of(&visit, &welcome, &code, &[]))),
        Err(AppError::Invalid(problems)) => Ok(visit.page(&OpenLinkPage::of(&problems))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /link/password`
pub(super) async fn set_password(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let code = sent.text("code");
    match actions::use_link(visit.app(), &code, &sent.text("password")).await {
        Ok(member) => {
            let proof = [("email", member.email), ("password", sent.text("password"))];
            door::sign_in(visit, headers, Sent::of(proof.map(|(name, value)| (name.to_owned(), value)))).await
        }
        Err(AppError::Invalid(problems)) => match actions::open_link(visit.app(), &code).await {
            Ok(welcome) => Ok(visit.page(&WelcomePage::of(&visit, &welcome, &code, &problems))),
            Err(AppError::Invalid(problems)) => Ok(visit.page(&OpenLinkPage::of(&problems))),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}
