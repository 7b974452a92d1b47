//! Signing in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{Sent, Token};
use crate::App;
use crate::actions::{self, IDLE_SECONDS, LONGEST_SECONDS};
use crate::device::Device;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The e-mail address.
    #[schema(example = "tom.birchall@larkfield.example")]
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn {
    /// Goes into the header `Authorization: Bearer …`.
    token: String,
    /// The organisation.
    organisation: String,
    /// The member.
    member: String,
    /// The session ends when it is not used for so many seconds.
    idle_seconds: i64,
    /// It ends after so many seconds, whatever happens.
    longest_seconds: i64,
}

/// Sign in. Five failures within 15 minutes close the account for that time.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", request_body = SignIn,
    responses(
        (status = 201, description = "The session has begun.", body = SignedIn),
        (status = 422, description = "Address and password do not belong together, or there were too many attempts.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Sent(sent): Sent<SignIn>,
) -> Result<(StatusCode, Json<SignedIn>), ApiError> {
    let entered = actions::sign_in(&app, &sent.email, &sent.password, &Device::of(&headers)).await?;
    let signed_in = SignedIn {
        token: entered.token.cookie(),
        organisation: entered.actor.organisation.name,
        member: entered.actor.member.name,
        idle_seconds: IDLE_SECONDS,
        longest_seconds: LONGEST_SECONDS,
    };
    Ok((StatusCode::CREATED, Json(signed_in)))
}

/// Sign out: the token's session ends.
#[utoipa::path(
    delete, path = "/sessions", tag = "sessions", security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The session has ended."), (status = 401, description = "No token was sent.", body = ProblemJson,
               content_type = "application/problem+json"))
)]
pub(super) async fn sign_out(State(app): State<Arc<App>>, Token(token): Token) -> Result<StatusCode, ApiError> {
    actions::sign_out(&app, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
