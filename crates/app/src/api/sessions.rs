//! Signing in and out, and what one signs in with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use store::Session;
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent, Token};
use crate::App;
use crate::actions::{self, Entered, IDLE_SECONDS, LONGEST_SECONDS, PasskeyRecord, Proof};
use crate::clock::in_utc;
use crate::device::Device;
use crate::error::named;

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
    /// The one-time code, or a recovery code, where one is asked for.
    #[schema(example = "287082")]
    code: Option<String>,
}

/// Who is signed in proves it again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirm {
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// The one-time code, or a recovery code, where one is set up.
    #[schema(example = "287082")]
    code: Option<String>,
}

/// One of the member's own sessions.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionView {
    /// Its id.
    id: String,
    /// Whether it is that of this request.
    this: bool,
    /// How they proved who they are: `password`, `password and code`, `password and recovery code`, `passkey`, `provider`, or in a demo `invented`.
    proved: &'static str,
    /// Which sort of browser or program it says it is.
    browser: String,
    /// When it began (UTC).
    started_at: String,
    /// When it was last used (UTC), to the minute.
    seen_at: String,
}

/// One of the member's own passkeys.
#[derive(Serialize, ToSchema)]
pub(super) struct PasskeyView {
    /// Its id.
    id: String,
    /// What its owner calls it.
    name: String,
    /// When it was added (UTC).
    added_at: String,
    /// When its owner last used it (UTC).
    used_at: Option<String>,
    /// Whether it goes with the account that its owner's devices share; else it stays on one device.
    synced: bool,
    /// Since when it is not taken any more (UTC), because it may have been copied.
    refused_at: Option<String>,
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

impl SignedIn {
    fn of(entered: Entered) -> Self {
        Self {
            token: entered.token.cookie(),
            organisation: entered.actor.organisation.name,
            member: entered.actor.member.name,
            idle_seconds: IDLE_SECONDS,
            longest_seconds: LONGEST_SECONDS,
        }
    }
}

/// Sign in. Five failures within 15 minutes close the account for that time. A missing one-time code is a problem of the field `code`.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", request_body = SignIn,
    responses(
        (status = 201, description = "The session has begun.", body = SignedIn),
        (status = 422, description = "Address and password do not belong together, the code is missing or wrong, or there were too many attempts.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Sent(sent): Sent<SignIn>,
) -> Result<(StatusCode, Json<SignedIn>), ApiError> {
    let (code, device) = (sent.code.as_deref(), Device::of(&headers, &app.config));
    let entered = actions::sign_in(&app, &sent.email, &sent.password, code, &device).await?;
    Ok((StatusCode::CREATED, Json(SignedIn::of(entered))))
}

/// Prove again who you are. A new session takes the place of this one, and for ten minutes it may do what cannot be undone.
#[utoipa::path(
    post, path = "/sessions/confirm", tag = "sessions", request_body = Confirm, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The new session. The token sent is of no more use.", body = SignedIn),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "The password or the code is wrong or missing, or there were too many attempts.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    By(actor): By,
    Token(token): Token,
    Sent(sent): Sent<Confirm>,
) -> Result<(StatusCode, Json<SignedIn>), ApiError> {
    let proof = Proof::Password { password: &sent.password, code: sent.code.as_deref() };
    let entered = actions::confirm(&app, &actor, &token, proof, &Device::of(&headers, &app.config)).await?;
    Ok((StatusCode::CREATED, Json(SignedIn::of(entered))))
}

/// Your own sessions, the one used last first.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The sessions.", body = Vec<SessionView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<SessionView>>, ApiError> {
    let view = |session: Session| SessionView {
        id: session.id.to_string(),
        this: Some(session.id) == actor.session,
        proved: session.proved.word(),
        browser: session.browser,
        started_at: in_utc(session.started_at).to_string(),
        seen_at: in_utc(session.seen_at).to_string(),
    };
    Ok(Json(actions::account(&app, &actor).await?.sessions.into_iter().map(view).collect()))
}

/// End one of your own sessions.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "It has ended."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "You have none of this id.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    actions::end_my_session(&app, &actor, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Your own passkeys, the oldest first. They are added and used on the pages alone, since a browser stands between.
#[utoipa::path(
    get, path = "/passkeys", tag = "sessions", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The passkeys.", body = Vec<PasskeyView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn passkeys(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<PasskeyView>>, ApiError> {
    let utc = |at: casework::Moment| in_utc(at).to_string();
    let view = |passkey: PasskeyRecord| PasskeyView {
        id: passkey.id.to_string(),
        name: passkey.name,
        added_at: utc(passkey.added_at),
        used_at: passkey.used_at.map(utc),
        synced: passkey.synced,
        refused_at: passkey.refused_at.map(utc),
    };
    Ok(Json(actions::account(&app, &actor).await?.passkeys.into_iter().map(view).collect()))
}

/// Remove one of your own passkeys. Your other sessions end.
#[utoipa::path(
    delete, path = "/passkeys/{id}", tag = "sessions", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The passkey's id")),
    responses(
        (status = 204, description = "It was removed."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "Prove first who you are (`POST /api/v1/sessions/confirm`).", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "You have none of this id.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "It is all that you have besides a password.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove_passkey(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    actions::remove_passkey(&app, &actor, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
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
