//! What was not done, as problem JSON (RFC 9457), with a JSON pointer to every field concerned.

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppError, FieldProblem, clock};

/// A problem (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemJson {
    /// What kind of problem: `urn:sharewell:problem:` and `not-found`, `sign-in-first`, `forbidden`, `conflict`, `invalid` or `internal`.
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
    status: Option<StatusCode>,
}

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self { error: error.into(), within_case: false, status: None }
    }
}

impl ApiError {
    /// The case stood under `case`.
    pub(super) fn within_case(error: AppError) -> Self {
        Self { error, within_case: true, status: None }
    }

    /// What was sent could not be read at all.
    pub(super) fn unreadable(status: StatusCode, pointer: &str, message: String) -> Self {
        let problem = FieldProblem { field: pointer.trim_start_matches('/').to_owned(), message };
        Self { error: AppError::Invalid(vec![problem]), within_case: false, status: Some(status) }
    }

    fn pointer(&self, field: &str) -> String {
        if self.status.is_some() {
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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind, title) = match &self.error {
            AppError::NotFound => (StatusCode::NOT_FOUND, "urn:sharewell:problem:not-found", "Not found"),
            AppError::SignInFirst => (StatusCode::UNAUTHORIZED, "urn:sharewell:problem:sign-in-first", "Sign in first"),
            AppError::Forbidden(_) => (StatusCode::FORBIDDEN, "urn:sharewell:problem:forbidden", "Not allowed"),
            AppError::Conflict => (StatusCode::CONFLICT, "urn:sharewell:problem:conflict", "Changed by somebody else"),
            AppError::Invalid(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "urn:sharewell:problem:invalid", "Something is missing or wrong")
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
        let reference = matches!(self.error, AppError::Internal(_)).then(|| clock::reference().unwrap_or_default());
        if let Some(reference) = &reference {
            self.error.log(reference);
        }
        let problem = ProblemJson {
            r#type: kind,
            title,
            status: status.as_u16(),
            detail: self.error.to_string(),
            errors,
            reference,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
