//! Emergency access: begun, ended, listed and reviewed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use casework::{EmergencyAccess, Outcome, PersonId, Review, Seen, review_by};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent};
use crate::actions::{self, EmergencyRecord};
use crate::clock::{in_utc, legal_day};
use crate::error::named;
use crate::{App, AppError};

/// Emergency access to be begun.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginSent {
    /// The id of the matter, or of a decision on it; or its address.
    #[schema(example = "0198a3f2-5c1d-7e20-9b44-0c8d2f6a1e77")]
    matter: String,
    /// Why it must be seen now. It is kept, and read by whoever reviews it.
    reason: String,
}

/// About whom a matter is sought.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenableSent {
    /// The id of the person.
    person: String,
    /// Why it must be seen now. It is kept with the view.
    reason: String,
}

/// A matter that could be opened, by its days alone.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenableView {
    /// Its id.
    matter: String,
    /// The day on which it was opened.
    #[schema(format = Date)]
    opened_on: String,
    /// The day of the last decision on it.
    #[schema(format = Date)]
    decided_on: Option<String>,
}

/// What somebody found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewSent {
    /// `right`, `not right` or `ask further`; the last leaves it open.
    #[schema(example = "right")]
    outcome: String,
    /// What was found, in words. Whoever had the access reads it too.
    note: String,
}

/// What somebody found who looked at emergency access.
#[derive(Serialize, ToSchema)]
pub(super) struct ReviewView {
    /// The id of the member.
    by: String,
    /// When (UTC).
    #[schema(format = DateTime)]
    at: String,
    /// `right`, `not right` or `ask further`.
    outcome: &'static str,
    /// In their words.
    note: String,
}

/// Emergency access. The list of it leaves out the reason and the matter.
#[derive(Serialize, ToSchema)]
pub(super) struct EmergencyView {
    /// Its id.
    id: String,
    /// The id of the member who had it.
    holder: String,
    /// From when (UTC).
    #[schema(format = DateTime)]
    begins: String,
    /// Until when at most, or when it was ended (UTC).
    #[schema(format = DateTime)]
    until: String,
    /// Whether it runs now.
    running: bool,
    /// Whether nobody has said yet whether it was right.
    awaits_review: bool,
    /// The last day on which a review is in time.
    #[schema(format = Date)]
    review_by: String,
    /// The id of the matter that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What was found, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reviews: Vec<ReviewView>,
}

/// One thing that was opened by it.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenedView {
    /// When first in that hour (UTC).
    #[schema(format = DateTime)]
    first_at: String,
    /// How often in that hour.
    times: u64,
    /// `matter`, `decision` or `person`.
    what: &'static str,
    /// Its id.
    id: String,
}

/// Emergency access with what was done by it.
#[derive(Serialize, ToSchema)]
pub(super) struct EmergencyRecordView {
    /// The access.
    access: EmergencyView,
    /// What was looked at by it, the oldest first.
    seen: Vec<OpenedView>,
    /// Whether the member may say what came of it.
    may_review: bool,
}

impl EmergencyView {
    fn in_line(access: &EmergencyAccess, app: &App) -> Self {
        let now = app.clock.now();
        Self {
            id: access.id.to_string(),
            holder: access.holder.to_string(),
            begins: in_utc(access.begins).to_string(),
            until: in_utc(access.until()).to_string(),
            running: access.runs(now),
            awaits_review: access.awaits_review(),
            review_by: review_by(legal_day(access.begins)).to_string(),
            matter: None,
            reason: None,
            reviews: Vec::new(),
        }
    }

    fn whole(access: &EmergencyAccess, app: &App) -> Self {
        let review = |review: &Review| ReviewView {
            by: review.by.to_string(),
            at: in_utc(review.at).to_string(),
            outcome: review.outcome.word(),
            note: review.note.clone(),
        };
        Self {
            matter: Some(access.matter.to_string()),
            reason: Some(access.reason.clone()),
            reviews: access.earlier.iter().chain(&access.review).map(review).collect(),
            ..Self::in_line(access, app)
        }
    }
}

impl EmergencyRecordView {
    fn of(record: &EmergencyRecord, app: &App) -> Self {
        let looked = |viewed: &store::Viewed| {
            let (what, id) = match viewed.view.seen {
                Seen::Matter(id) => ("matter", id.to_string()),
                Seen::Decision(id) => ("decision", id.to_string()),
                Seen::Person(id) => ("person", id.to_string()),
                // Emergency access opens nothing else.
                _ => return None,
            };
            Some(OpenedView { first_at: in_utc(viewed.view.first_at).to_string(), times: viewed.times, what, id })
        };
        Self {
            access: EmergencyView::whole(&record.taken.access, app),
            seen: record.seen.iter().filter_map(looked).collect(),
            may_review: record.may_review,
        }
    }
}

/// Begin emergency access to one matter, to read, for 60 minutes at most. For those who work with cases and proved within ten minutes who they
/// are. Whoever is to look at it is told at once.
#[utoipa::path(
    post, path = "/emergency-access", tag = "emergency access", request_body = BeginSent, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The access, which runs.", body = EmergencyView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "Prove again who you are (`confirm-first`). It says nothing of whether there is such a matter.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is no such matter for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "It was destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer; also when the matter is open to the member already.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 429, description = "Too often within an hour (`too-often`); `Retry-After` says when to go on.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<BeginSent>,
) -> Result<(StatusCode, Json<EmergencyView>), ApiError> {
    let access = actions::begin_emergency(&app, &actor, &sent.matter, &sent.reason).await?;
    Ok((StatusCode::CREATED, Json(EmergencyView::whole(&access, &app))))
}

/// The matters about a person that could be opened in an emergency, by their days alone. That they were asked for is kept, with the reason.
#[utoipa::path(
    post, path = "/emergency-access/openable", tag = "emergency access", request_body = OpenableSent, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The matters, the newest first.", body = Vec<OpenableView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "Prove again who you are (`confirm-first`).", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn openable(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<OpenableSent>,
) -> Result<Json<Vec<OpenableView>>, ApiError> {
    let person: PersonId = named(&sent.person)?;
    let found = actions::openable_matters(&app, &actor, person, &sent.reason).await?;
    let view = |one: &actions::Openable| OpenableView {
        matter: one.matter.to_string(),
        opened_on: legal_day(one.opened_at).to_string(),
        decided_on: one.decided_at.map(|at| legal_day(at).to_string()),
    };
    Ok(Json(found.iter().map(view).collect()))
}

/// The organisation's emergency access, the newest first, without matters and reasons. For managers and advisers.
#[utoipa::path(
    get, path = "/emergency-access", tag = "emergency access", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The access.", body = Vec<EmergencyView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The member does not oversee.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<EmergencyView>>, ApiError> {
    let taken = actions::emergencies(&app, &actor).await?;
    Ok(Json(taken.iter().map(|one| EmergencyView::in_line(&one.access, &app)).collect()))
}

/// Emergency access with what was looked at by it. For managers and advisers, and for whoever had it.
#[utoipa::path(
    get, path = "/emergency-access/{id}", tag = "emergency access", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The id of the access")),
    responses(
        (status = 200, description = "The access.", body = EmergencyRecordView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<Json<EmergencyRecordView>, ApiError> {
    Ok(Json(EmergencyRecordView::of(&actions::emergency(&app, &actor, named(&id)?).await?, &app)))
}

/// End emergency access before its time. For whoever has it; nothing happens when it is over.
#[utoipa::path(
    post, path = "/emergency-access/{id}/end", tag = "emergency access", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The id of the access")),
    responses(
        (status = 204, description = "It is over."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The member has no such access.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    actions::end_emergency(&app, &actor, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say what came of looking at somebody's emergency access. For managers and advisers, and never for whoever had it.
#[utoipa::path(
    post, path = "/emergency-access/{id}/review", tag = "emergency access", request_body = ReviewSent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The id of the access")),
    responses(
        (status = 200, description = "The access with what was found.", body = EmergencyView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none that this member may review.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn review(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<ReviewSent>,
) -> Result<Json<EmergencyView>, ApiError> {
    let outcome: Result<Outcome, _> = sent.outcome.parse();
    let outcome = outcome.map_err(|unknown| AppError::field("outcome", format!("{unknown}.")))?;
    let access = actions::review_emergency(&app, &actor, named(&id)?, Some(outcome), &sent.note).await?;
    Ok(Json(EmergencyView::whole(&access, &app)))
}
