//! The door for partners' ledgers (C2SP `tlog-witness`): each organisation of this installation is a witness under
//! `/witness/ORGANISATION`. Who may ask is decided by the signature under the checkpoint alone: no session, no password, no cookie.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, extract::Request};
use casework::OrganisationId;
use ledger::witness::{LONGEST_REQUEST, Refusal, SIZE_MEDIA_TYPE};

use crate::serve::Reference;
use crate::{App, AppError, actions, body};

const PLAIN: &str = "text/plain; charset=utf-8";

/// The routes of the witnesses.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/witness/{organisation}/add-checkpoint", post(add_checkpoint))
        .route("/witness/{organisation}/{ledger}/checkpoint", get(checkpoint))
        .with_state(app)
}

fn said(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &str); 3] =
        [(CONTENT_TYPE, kind), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}

/// The answer to a request that is not cosigned, with the status that C2SP gives it.
fn refused(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if matches!(refusal, Refusal::OtherSize { .. }) { SIZE_MEDIA_TYPE } else { PLAIN };
    said(status, kind, refusal.body())
}

fn failed(error: &AppError, reference: &Reference) -> Response {
    error.log(&reference.0);
    let status = match error {
        AppError::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
        AppError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        AppError::NotFound => StatusCode::NOT_FOUND,
        AppError::Unavailable(_) | AppError::TookTooLong => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    said(status, PLAIN, format!("{error}\n"))
}

/// `POST /witness/{organisation}/add-checkpoint`
async fn add_checkpoint(
    State(app): State<Arc<App>>,
    Path(organisation): Path<String>,
    Extension(reference): Extension<Reference>,
    request: Request,
) -> Response {
    // Whoever says beforehand that too much will come is not waited for.
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| usize::try_from(length).map_or(true, |length| length > LONGEST_REQUEST)) {
        return failed(&AppError::TooMuch, &reference);
    }
    let Ok(organisation) = organisation.parse::<OrganisationId>() else { return refused(Refusal::UnknownLog) };
    let body: Body = request.into_body();
    let sent = match body::read(body, LONGEST_REQUEST).await {
        Ok(sent) => sent,
        Err(error) => return failed(&error, &reference),
    };
    match actions::witness_checkpoint(&app, organisation, &sent).await {
        Ok(Ok(cosignature)) => said(StatusCode::OK, PLAIN, cosignature),
        Ok(Err(refusal)) => refused(refusal),
        Err(error) => failed(&error, &reference),
    }
}

/// `GET /witness/{organisation}/{ledger}/checkpoint`: the last checkpoint of a ledger that was cosigned here, for monitors. `ledger` is the
/// SHA-256 of its name in hexadecimal digits.
async fn checkpoint(
    State(app): State<Arc<App>>,
    Path((organisation, ledger)): Path<(String, String)>,
    Extension(reference): Extension<Reference>,
) -> Response {
    let shown = match organisation.parse::<OrganisationId>() {
        Ok(organisation) => actions::witnessed_checkpoint(&app, organisation, &ledger).await,
        Err(_) => Err(AppError::NotFound),
    };
    match shown {
        Ok(note) => said(StatusCode::OK, PLAIN, note),
        Err(error) => failed(&error, &reference),
    }
}
