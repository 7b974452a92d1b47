//! What was not done, as problem JSON (RFC 9457), with a JSON pointer to every field concerned.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::serve::Reference;
use crate::{AppError, FieldProblem};

/// The longest that an answer may take, with the time that sending the request takes.
const LONGEST: Duration = Duration::from_secs(210);

/// A problem (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemJson {
    /// What kind of problem: `urn:sharewell:problem:` and `not-found`, `destroyed`, `sign-in-first`, `confirm-first`, `forbidden`, `conflict`, `invalid`, `too-much`, `too-often`, `too-slow`,
    /// `took-too-long`, `unavailable` or `internal`.
    pub r#type: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// What each field needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// For an internal error: what to name when asking about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// What one field needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemField {
    /// Where it stands in what was sent, as a JSON pointer (RFC 6901).
    #[schema(example = "/case/facts/consent")]
    pub pointer: String,
    /// What it needs.
    pub detail: String,
}

/// An action that was not done, on its way out of the API.
#[derive(Debug)]
pub struct ApiError {
    error: AppError,
    /// Whether the case stands under `case` in what was sent, or is all of it.
    within_case: bool,
    /// Whether each field stands in what was sent under its own name.
    as_sent: bool,
    status: Option<StatusCode>,
}

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self { error: error.into(), within_case: false, as_sent: false, status: None }
    }
}

impl ApiError {
    /// The case stood under `case`.
    pub(super) fn within_case(error: AppError) -> Self {
        Self { error, within_case: true, as_sent: false, status: None }
    }

    /// Each field stands in what was sent under its own name.
    pub(super) fn as_sent(error: AppError) -> Self {
        Self { error, within_case: false, as_sent: true, status: None }
    }

    /// What was sent could not be read at all.
    pub(super) fn unreadable(status: StatusCode, pointer: &str, message: String) -> Self {
        let problem = FieldProblem { field: pointer.trim_start_matches('/').to_owned(), message };
        Self { error: AppError::Invalid(vec![problem]), within_case: false, as_sent: false, status: Some(status) }
    }

    fn pointer(&self, field: &str) -> String {
        if self.status.is_some() || self.as_sent {
            return if field.is_empty() { String::new() } else { format!("/{field}") };
        }
        let in_case = field == "on" || ["facts/", "items/"].iter().any(|part| field.starts_with(part));
        if in_case {
            return if self.within_case { format!("/case/{field}") } else { format!("/{field}") };
        }
        match field {
            "recipient_name" => "/recipient".to_owned(),
            "aim" | "necessity" | "proportionality" => format!("/article_8/{field}"),
            "why_not_told" => "/told/why".to_owned(),
            "why" => "/corrects/why".to_owned(),
            "corrects" => "/corrects/decision".to_owned(),
            "name" => "/people".to_owned(),
            other => format!("/{other}"),
        }
    }
}

/// An internal error on its way to [`refer`].
#[derive(Clone)]
struct Failed {
    error: Arc<AppError>,
    problem: ProblemJson,
}

fn said(status: StatusCode, problem: &ProblemJson) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// What the framework itself refuses, as a problem like any other: an unknown method, an address that is no text.
pub(super) async fn in_our_words(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if !status.is_client_error() || !plain {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let refusal = match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address does not take this method; the header Allow says which it takes."
        }
        _ => "This request could not be understood.",
    };
    let mut said = ApiError::unreadable(status, "", refusal.to_owned()).into_response();
    if let Some(allow) = allow {
        said.headers_mut().insert(ALLOW, allow);
    }
    said
}

/// Logs an internal error under the request's own reference, and says that reference in the answer.
pub(super) async fn refer(request: Request, next: Next) -> Response {
    let reference = request.extensions().get::<Reference>().map(|reference| reference.0.clone());
    let response = match timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::from(AppError::TookTooLong).into_response(),
    };
    let Some(Failed { error, problem }) = response.extensions().get::<Failed>().cloned() else { return response };
    error.log(reference.as_deref().unwrap_or_default());
    said(response.status(), &ProblemJson { reference, ..problem })
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind, title) = match &self.error {
            AppError::NotFound => (StatusCode::NOT_FOUND, "urn:sharewell:problem:not-found", "Not found"),
            AppError::Destroyed(..) => (StatusCode::GONE, "urn:sharewell:problem:destroyed", "Destroyed"),
            AppError::SignInFirst => (StatusCode::UNAUTHORIZED, "urn:sharewell:problem:sign-in-first", "Sign in first"),
            AppError::ConfirmFirst => {
                (StatusCode::FORBIDDEN, "urn:sharewell:problem:confirm-first", "Prove again who you are")
            }
            AppError::Forbidden(_) => (StatusCode::FORBIDDEN, "urn:sharewell:problem:forbidden", "Not allowed"),
            AppError::Conflict => (StatusCode::CONFLICT, "urn:sharewell:problem:conflict", "Changed by somebody else"),
            AppError::Invalid(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "urn:sharewell:problem:invalid", "Something is missing or wrong")
            }
            AppError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "urn:sharewell:problem:too-slow", "Not sent in time"),
            AppError::TookTooLong => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:sharewell:problem:took-too-long", "Broken off")
            }
            AppError::TooOften(..) => {
                (StatusCode::TOO_MANY_REQUESTS, "urn:sharewell:problem:too-often", "Too often in a short time")
            }
            AppError::TooMuch => (StatusCode::PAYLOAD_TOO_LARGE, "urn:sharewell:problem:too-much", "Too much"),
            AppError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:sharewell:problem:unavailable", "Nothing can be recorded now")
            }
            AppError::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "urn:sharewell:problem:internal", "Something went wrong")
            }
        };
        let status = self.status.unwrap_or(status);
        let errors = match &self.error {
            AppError::Invalid(problems) => {
                let field = |problem: &FieldProblem| ProblemField {
                    pointer: self.pointer(&problem.field),
                    detail: problem.message.clone(),
                };
                problems.iter().map(field).collect()
            }
            _ => Vec::new(),
        };
        let problem = ProblemJson {
            r#type: kind,
            title,
            status: status.as_u16(),
            detail: self.error.to_string(),
            errors,
            reference: None,
        };
        let mut response = said(status, &problem);
        let again = self.error.again_in();
        if let AppError::Internal(_) | AppError::TookTooLong = &self.error {
            response.extensions_mut().insert(Failed { error: Arc::new(self.error), problem });
        }
        if let Some(seconds) = again {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
