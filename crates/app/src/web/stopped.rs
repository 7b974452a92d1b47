//! A request that was not done: what it says travels to the one place that renders it as a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::{DestructionId, Moment};
use serde::Serialize;
use std::sync::Arc;

use super::page::{Menu, Page};
use super::words;
use crate::AppError;

/// Why a request was not done. [`super::visit::attend`] turns it into a page, or into the sign-in page.
#[derive(Clone, Debug)]
pub struct Stopped(pub(super) Arc<AppError>);

impl<E: Into<AppError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self(Arc::new(error.into()))
    }
}

impl Stopped {
    pub(super) fn status(&self) -> StatusCode {
        match *self.0 {
            AppError::NotFound => StatusCode::NOT_FOUND,
            AppError::Destroyed(..) => StatusCode::GONE,
            AppError::SignInFirst => StatusCode::UNAUTHORIZED,
            AppError::ConfirmFirst | AppError::Forbidden(_) => StatusCode::FORBIDDEN,
            AppError::Conflict => StatusCode::CONFLICT,
            AppError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            AppError::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            AppError::TooOften(..) => StatusCode::TOO_MANY_REQUESTS,
            AppError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            AppError::TookTooLong | AppError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            AppError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Stopped {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page for whatever was not done.
#[derive(Debug, Serialize)]
pub struct ErrorPage {
    heading: &'static str,
    lines: Vec<String>,
    reference: String,
    /// Whether emergency access is offered. The link leads to this same address, so that the page is the same for all of them.
    emergency: bool,
    onward: Onward,
}

/// Where to go from here.
#[derive(Debug, Serialize)]
pub struct Onward {
    href: &'static str,
    label: &'static str,
}

const HOME: Onward = Onward { href: "/", label: "Go to the first page" };

impl ErrorPage {
    /// What people see of an error: nothing that tells whether a record exists, and no cause.
    pub(super) fn of(error: &AppError, reference: String) -> Self {
        let (heading, lines, onward) = match error {
            AppError::NotFound => (
                "There is nothing at this address",
                vec![
                    "The address may be mistyped, or what stood here may not be yours to see.".to_owned(),
                    "If you expected something here, ask your duty manager.".to_owned(),
                ],
                HOME,
            ),
            AppError::Destroyed(at, certificate) => (
                "This was destroyed",
                vec![
                    format!(
                        "What stood here was destroyed for good on {}. Nobody can read it again.",
                        words::moment(*at)
                    ),
                    format!(
                        "Certificate {certificate} says what existed and under which rule it was destroyed. A manager or an administrator of your organisation can open it."
                    ),
                ],
                HOME,
            ),
            AppError::SignInFirst => ("Sign in first", Vec::new(), Onward { href: "/sign-in", label: "Sign in" }),
            AppError::ConfirmFirst => ("Prove again who you are", vec![error.to_string()], HOME),
            AppError::Forbidden(sentence) => ("This cannot be done from here", vec![(*sentence).to_owned()], HOME),
            AppError::Conflict => (
                "This was changed somewhere else",
                vec![
                    "Somebody, perhaps you in another window, changed this after you opened it, so it was not saved."
                        .to_owned(),
                    "Go back to see what you typed and copy it; then open it again.".to_owned(),
                ],
                HOME,
            ),
            AppError::Invalid(problems) => (
                "Something needs to be put right",
                problems.iter().map(|problem| problem.message.clone()).collect(),
                HOME,
            ),
            AppError::TooOften(..) => ("Wait a little", vec![error.to_string()], HOME),
            AppError::TooMuch => (
                "This is too much to send at once",
                vec![
                    "Nothing was saved. Go back: what you typed is still there. Shorten it, or send it in two parts."
                        .to_owned(),
                ],
                HOME,
            ),
            AppError::TooSlow => (
                "The form did not arrive in time",
                vec![
                    "The connection is slow or was broken, so nothing was recorded.".to_owned(),
                    "Go back: what you typed is still there. Then send it again.".to_owned(),
                ],
                HOME,
            ),
            AppError::TookTooLong => (
                "This took too long",
                vec![
                    "It was broken off. Look under My work whether it was recorded before you send it again."
                        .to_owned(),
                    "Go back: what you typed is still there.".to_owned(),
                    "If it happens again, tell whoever looks after Sharewell and give them this reference.".to_owned(),
                ],
                HOME,
            ),
            AppError::Unavailable(sentence) => (
                "This cannot be recorded now",
                vec![(*sentence).to_owned(), "Go back: what you typed is still there.".to_owned()],
                HOME,
            ),
            AppError::Internal(_) => (
                "Something went wrong on our side",
                vec![
                    "Nothing was changed. Go back and try again; what you typed is still there.".to_owned(),
                    "If it happens again, tell whoever looks after Sharewell and give them this reference.".to_owned(),
                ],
                HOME,
            ),
        };
        Self { heading, lines, reference, emergency: false, onward }
    }

    /// With emergency access offered, or not.
    pub(super) fn offering(self, emergency: bool) -> Self {
        Self { emergency, ..self }
    }
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        self.heading.to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let now = Moment::from_micros(1_795_446_900_000_000);
        let destroyed = AppError::Destroyed(now, DestructionId::new(now, [7; 10]));
        vec![
            ("not found", Self::of(&AppError::NotFound, String::new())),
            ("not found below matters", Self::of(&AppError::NotFound, String::new()).offering(true)),
            ("destroyed", Self::of(&destroyed, String::new())),
            ("forbidden", Self::of(&AppError::Forbidden("Ask an administrator to do this."), String::new())),
            ("conflict", Self::of(&AppError::Conflict, String::new())),
            ("invalid", Self::of(&AppError::field("about", "Say in a line what this is about."), String::new())),
            ("too slow", Self::of(&AppError::TooSlow, String::new())),
            ("took too long", Self::of(&AppError::TookTooLong, "7f3a91c2".to_owned())),
            (
                "too often",
                Self::of(
                    &AppError::TooOften("Very many people were looked up under your name within an hour.", 1_500),
                    String::new(),
                ),
            ),
            ("too much", Self::of(&AppError::TooMuch, String::new())),
            ("unavailable", Self::of(&AppError::Unavailable("The disk is full."), String::new())),
            ("internal", Self::of(&AppError::internal("a fault"), "7f3a91c2".to_owned())),
        ]
    }
}
