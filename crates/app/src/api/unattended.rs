//! Unattended matters, on which nobody can work: for managers, who hand them on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent};
use crate::App;
use crate::actions;
use crate::clock::in_utc;
use crate::error::named;

/// A matter on which nobody can work, without a word of what it is about.
#[derive(Serialize, ToSchema)]
pub(super) struct UnattendedView {
    /// The matter's id.
    matter: String,
    /// When it was opened (UTC).
    #[schema(format = DateTime)]
    opened_at: String,
}

/// Who takes a matter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOnSent {
    /// The member's id.
    to: String,
}

/// The matters on which nobody can work, whatever left them so, the newest first. For managers.
#[utoipa::path(
    get, path = "/matters/unattended", tag = "unattended matters", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The matters to be handed on.", body = Vec<UnattendedView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The member is not a manager.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<UnattendedView>>, ApiError> {
    let view = |matter: &casework::Matter| UnattendedView {
        matter: matter.id.to_string(),
        opened_at: in_utc(matter.opened_at).to_string(),
    };
    Ok(Json(actions::unattended_matters(&app, &actor).await?.iter().map(view).collect()))
}

/// Hand on a matter on which nobody may work, whatever left it so, without reading it. For managers.
#[utoipa::path(
    post, path = "/matters/unattended/{matter}/hand-on", tag = "unattended matters", request_body = HandOnSent, security(("bearer" = []), ("session" = [])),
    params(("matter" = String, Path, description = "The matter's id")),
    responses(
        (status = 204, description = "It is handed on."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "Who cannot take it.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn hand_on(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(matter): Path<String>,
    Sent(sent): Sent<HandOnSent>,
) -> Result<StatusCode, ApiError> {
    actions::hand_on_unattended(&app, &actor, named(&matter)?, sent.to.parse().ok())
        .await
        .map_err(ApiError::as_sent)?;
    Ok(StatusCode::NO_CONTENT)
}
