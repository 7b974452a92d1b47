//! Passkeys at the door: what the script asks for, and the forms in which it sends the authenticator's answer. What waits goes along, sealed.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::second::{ask_to_set_up, from_the_start, shown_codes};
use super::{Waiting, enter, sign_in_again};
use crate::actions::{self, PasskeyAnswer, Question};
use crate::device::Device;
use crate::web::fields::{Control, Field};
use crate::web::form::Sent;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// What `passkeys.js` asks an authenticator, and the sealed question that it sends back with the answer.
#[derive(Debug, Serialize)]
pub struct Asks {
    options: Value,
    question: String,
}

impl From<Question> for Json<Asks> {
    fn from(question: Question) -> Self {
        Self(Asks { options: question.options, question: question.sealed })
    }
}

/// Which address the browser asked for.
pub(in crate::web) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST).and_then(|host| host.to_str().ok())
}

/// The field in which a new passkey is named; what the browser says that it is makes a start.
pub(in crate::web) fn name_field(name: &str, problems: &[FieldProblem]) -> Field {
    let line =
        Control::Text { value: name.to_owned(), input: "text", autocomplete: "off", classes: "govuk-input--width-20" };
    Field::new("name", "What do you call it?", line)
        .hint("So that you know it again among yours, such as Work laptop.")
        .with(problems)
}

/// `POST /sign-in/passkey/ask`
pub(in crate::web) async fn ask(visit: Visit, headers: HeaderMap) -> Result<Json<Asks>, Stopped> {
    Ok(actions::ask_for_passkey(visit.app(), host(&headers))?.into())
}

/// `POST /sign-in/passkey`
pub(in crate::web) async fn sign_in(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (waiting, device) = (Waiting::of(&sent), Device::of(&headers, &visit.app().config));
    let (question, answer) = (sent.text("question"), sent.text("answer"));
    let answered = PasskeyAnswer { host: host(&headers), question: &question, answer: &answer };
    match actions::sign_in_with_passkey(visit.app(), answered, &device).await {
        Ok(entered) => enter(&visit, &headers, &entered, &waiting).await,
        Err(AppError::Invalid(problems)) => Ok(sign_in_again(&visit, "", &problems, waiting).await),
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-in/set-up/passkey/ask`
pub(in crate::web) async fn ask_first(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Json<Asks>, Stopped> {
    let (half, name) = (sent.text("half"), sent.text("name"));
    Ok(actions::offer_first_passkey(visit.app(), &half, host(&headers), &name).await?.into())
}

/// `POST /sign-in/set-up/passkey`
pub(in crate::web) async fn set_up(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (half, name, waiting) = (sent.text("half"), sent.text("name"), Waiting::of(&sent));
    let (question, answer) = (sent.text("question"), sent.text("answer"));
    let device = Device::of(&headers, &visit.app().config);
    let answered = PasskeyAnswer { host: host(&headers), question: &question, answer: &answer };
    match actions::set_up_first_passkey(visit.app(), &half, &name, answered, &device).await {
        Ok((entered, codes)) => shown_codes(&visit, &headers, &entered, codes, waiting).await,
        Err(AppError::Invalid(problems)) if from_the_start(&problems) => {
            Ok(sign_in_again(&visit, "", &problems, waiting).await)
        }
        Err(AppError::Invalid(problems)) => ask_to_set_up(&visit, &half, None, waiting, &problems, Some(&name)).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-in/confirm/passkey/ask`
pub(in crate::web) async fn ask_again(visit: Visit, headers: HeaderMap) -> Result<Json<Asks>, Stopped> {
    Ok(actions::ask_owner_for_passkey(visit.app(), visit.actor()?, host(&headers)).await?.into())
}
