//! The list of unusual reading, for the Guardian and advisers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use casework::{LookedAt, Sign};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::people::ReaderView;
use super::problem::{ApiError, ProblemJson};
use super::sent::{Asked, By, PageNumber, Sent};
use crate::actions::{self, UnusualView};
use crate::clock::in_utc;
use crate::error::named;
use crate::{App, AppError};

/// A page of the views that stand out.
#[derive(Serialize, ToSchema)]
pub(super) struct UnusualReadingView {
    /// From when on it looks (UTC).
    #[schema(format = DateTime)]
    since: String,
    /// How many were not looked at yet.
    waiting: usize,
    /// How many of them stand out by each sign.
    waiting_by_sign: BTreeMap<&'static str, usize>,
    /// The views, those not looked at yet first.
    views: Vec<StandsOut>,
    /// Whether there are more.
    more: bool,
}

/// A view that stands out.
#[derive(Serialize, ToSchema)]
pub(super) struct StandsOut {
    /// The view.
    view: ReaderView,
    /// The ids of those whom it was about, as far as anything of them is kept.
    people: Vec<String>,
    /// Why it stands out: `oneself`, `own-surname`, `colleague`, `own-street`, `many-an-hour`, `many-a-day`, `stated-reason`, `emergency`,
    /// `brief-involvement`, `outside-hours`, `address-again` or `set-conflict`.
    signs: Vec<&'static str>,
    /// The same in words.
    says: Vec<&'static str>,
    /// Who looked at it, and what they found: the oldest first; nobody yet when empty.
    looked_at: Vec<LookedAtView>,
}

/// That somebody looked at a view.
#[derive(Serialize, ToSchema)]
pub(super) struct LookedAtView {
    /// The id of the member.
    by: String,
    /// When (UTC).
    #[schema(format = DateTime)]
    at: String,
    /// What they found.
    note: String,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only views with this sign.
    sign: Option<String>,
    /// Which page, from 0.
    #[param(value_type = Option<u32>)]
    page: Option<PageNumber>,
}

/// What was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkSent {
    /// What was found, in a line. It is kept.
    note: String,
}

impl LookedAtView {
    fn of(looked: &LookedAt) -> Self {
        Self { by: looked.by.to_string(), at: in_utc(looked.at).to_string(), note: looked.note.clone() }
    }
}

impl StandsOut {
    fn of(one: &UnusualView) -> Self {
        Self {
            view: ReaderView::of(&one.viewed, one.reader.as_ref()),
            people: one.people.iter().map(|person| person.id.to_string()).collect(),
            signs: one.signs.iter().map(|sign| sign.word()).collect(),
            says: one.signs.iter().map(|sign| sign.says()).collect(),
            looked_at: one.looked.iter().map(|(looked, _)| LookedAtView::of(looked)).collect(),
        }
    }
}

/// Views of the last 30 days that stand out, 25 on a page. For the Guardian and advisers: never their own, and nothing about somebody whom
/// they must not see. That it was read is kept.
#[utoipa::path(
    get, path = "/unusual-reading", tag = "unusual-reading", security(("bearer" = []), ("session" = [])),
    params(Part),
    responses(
        (status = 200, description = "The views.", body = UnusualReadingView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member, or no such sign.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "This is no page.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(actor): By,
    Asked(part): Asked<Part>,
) -> Result<Json<UnusualReadingView>, ApiError> {
    let sign = match part.sign.as_deref().filter(|sign| !sign.is_empty()) {
        Some(sign) => Some(sign.parse::<Sign>().map_err(|_| AppError::NotFound)?),
        None => None,
    };
    let reading = actions::unusual_reading(&app, &actor, sign, part.page.unwrap_or_default().0).await?;
    Ok(Json(UnusualReadingView {
        since: in_utc(reading.since).to_string(),
        waiting: reading.waiting_in_all,
        waiting_by_sign: reading.waiting.iter().map(|(sign, count)| (sign.word(), *count)).collect(),
        views: reading.views.iter().map(StandsOut::of).collect(),
        more: reading.more,
    }))
}

/// One view that stands out.
#[utoipa::path(
    get, path = "/unusual-reading/{view}", tag = "unusual-reading", security(("bearer" = []), ("session" = [])),
    params(("view" = String, Path, description = "The view's id")),
    responses(
        (status = 200, description = "The view.", body = StandsOut),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(view): Path<String>,
) -> Result<Json<StandsOut>, ApiError> {
    Ok(Json(StandsOut::of(&actions::unusual_view(&app, &actor, named(&view)?).await?)))
}

/// Mark a view as looked at, with what was found. Nobody marks their own.
#[utoipa::path(
    post, path = "/unusual-reading/{view}/looked-at", tag = "unusual-reading", request_body = MarkSent, security(("bearer" = []), ("session" = [])),
    params(("view" = String, Path, description = "The view's id")),
    responses(
        (status = 204, description = "It is marked."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else marked it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn mark(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(view): Path<String>,
    Sent(sent): Sent<MarkSent>,
) -> Result<StatusCode, ApiError> {
    actions::mark_view(&app, &actor, named(&view)?, &sent.note).await?;
    Ok(StatusCode::NO_CONTENT)
}
