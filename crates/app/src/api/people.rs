//! People, who has read them, and where they live.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use casework::{Member, Why};
use serde::{Deserialize, Serialize};
use store::Viewed;
use utoipa::{IntoParams, ToSchema};

use super::problem::{ApiError, ProblemJson};
use super::sent::{Asked, By, PageNumber, Sent};
use crate::actions::{self, Lives, PersonRecord};
use crate::clock::in_utc;
use crate::error::named;
use crate::{App, AppError};

/// A person, as far as the member may see.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonPageView {
    /// Their id.
    id: String,
    /// Their name, or how they are known.
    name: String,
    /// The year they were born, where known.
    born: Option<i16>,
    /// Anything that tells them apart.
    note: String,
    /// The ids of the matters about them that the member is involved in.
    matters: Vec<String>,
    /// Where they live: none when it is not known, protected, or not for this member.
    address: Option<String>,
    /// Whether an address is kept and protected.
    address_protected: bool,
}

/// Why a person is looked up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LookUpSent {
    /// Their whole name, as it is written here.
    name: String,
    /// The year they were born.
    #[schema(example = 2015)]
    born: i16,
    /// Why. It is kept with the view.
    reason: String,
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhySent {
    /// Why. It is kept.
    reason: String,
}

/// An address to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressSent {
    /// The address, in lines.
    address: String,
    /// Whether it is protected. One that is protected stays so.
    #[serde(default)]
    protect: bool,
}

/// A protected address.
#[derive(Serialize, ToSchema)]
pub(super) struct AddressView {
    /// The address, in lines.
    address: String,
}

/// A view of a person.
#[derive(Serialize, ToSchema)]
pub(super) struct ReaderView {
    /// The id of the view.
    id: String,
    /// The id of the member who saw it.
    reader: String,
    /// Their name, if they are still known.
    reader_name: Option<String>,
    /// Their job.
    reader_job: Option<String>,
    /// When first in that hour (UTC).
    #[schema(format = DateTime)]
    first_at: String,
    /// How often in that hour.
    times: u64,
    /// Why: `involved`, `own-draft`, `stated`, `emergency`, `guardian`, `oversight` or `set-conflict`.
    why: &'static str,
    /// The reason that they stated.
    reason: Option<String>,
}

/// Which page of a list, from 0.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// Which page, from 0.
    #[param(value_type = Option<u32>)]
    page: Option<PageNumber>,
}

impl PersonPageView {
    fn of(record: PersonRecord) -> Self {
        Self {
            id: record.person.id.to_string(),
            name: record.person.name,
            born: record.person.date_of_birth.map(jiff::civil::Date::year),
            note: record.person.note,
            matters: record.matters.iter().map(|matter| matter.id.to_string()).collect(),
            address_protected: record.address == Lives::Protected,
            address: if let Lives::At(lines) = record.address { Some(lines) } else { None },
        }
    }
}

impl ReaderView {
    pub(super) fn of(viewed: &Viewed, reader: Option<&Member>) -> Self {
        let view = &viewed.view;
        let (why, reason) = match &view.why {
            Why::Involved(_) => ("involved", None),
            Why::OwnDraft => ("own-draft", None),
            Why::Stated(reason) => ("stated", Some(reason.clone())),
            Why::Emergency(_) => ("emergency", None),
            Why::Guardian => ("guardian", None),
            Why::Oversight => ("oversight", None),
            Why::SetConflict => ("set-conflict", None),
        };
        Self {
            id: view.id.to_string(),
            reader: view.reader.to_string(),
            reader_name: reader.map(|one| one.name.clone()),
            reader_job: reader.map(|one| one.role_title.clone()),
            first_at: in_utc(view.first_at).to_string(),
            times: viewed.times,
            why,
            reason,
        }
    }
}

/// A person whom a matter of the member's is about. That it was read is kept.
#[utoipa::path(
    get, path = "/people/{id}", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 200, description = "The person.", body = PersonPageView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<Json<PersonPageView>, ApiError> {
    Ok(Json(PersonPageView::of(actions::person(&app, &actor, named(&id)?, None).await?)))
}

/// Look somebody up for a stated reason, which is kept with the view. It shows no matter that the member is not involved in.
#[utoipa::path(
    post, path = "/people/look-up", tag = "people", request_body = LookUpSent, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The person.", body = PersonPageView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "Nobody of this name and year is known to this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 429, description = "Too often within an hour (`too-often`); `Retry-After` says when to go on.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<LookUpSent>,
) -> Result<Json<PersonPageView>, ApiError> {
    if sent.reason.trim().is_empty() {
        // Whoever may look nobody up is turned away here.
        actions::find_person(&app, &actor, "", 0).await?;
        return Err(AppError::field("reason", "Say why you need to see them.").into());
    }
    let found = actions::look_up(&app, &actor, &sent.name, sent.born, &sent.reason).await?;
    Ok(Json(PersonPageView::of(found.ok_or(AppError::NotFound)?)))
}

/// Who has read a person, the newest first, 25 on a page. For those involved in a matter about them, and for advisers.
#[utoipa::path(
    get, path = "/people/{id}/readers", tag = "people", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id"), Paged),
    responses(
        (status = 200, description = "The views.", body = Vec<ReaderView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "This is no page.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn readers(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Asked(paged): Asked<Paged>,
) -> Result<Json<Vec<ReaderView>>, ApiError> {
    let readers = actions::readers(&app, &actor, named(&id)?, paged.page.unwrap_or_default().0).await?;
    Ok(Json(readers.views.iter().map(|one| ReaderView::of(&one.viewed, one.reader.as_ref())).collect()))
}

/// Keep a person's address, protected or not. For those involved in a matter about them.
#[utoipa::path(
    put, path = "/people/{id}/address", tag = "people", request_body = AddressSent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 204, description = "It is kept."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn keep_address(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<AddressSent>,
) -> Result<StatusCode, ApiError> {
    actions::keep_address(&app, &actor, named(&id)?, &sent.address, sent.protect).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read a protected address for a stated reason, which is kept with the view. For those to whom a matter about the person is assigned.
#[utoipa::path(
    post, path = "/people/{id}/address/read", tag = "people", request_body = WhySent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 200, description = "The address.", body = AddressView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 429, description = "Too often within an hour (`too-often`); `Retry-After` says when to go on.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_address(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<WhySent>,
) -> Result<Json<AddressView>, ApiError> {
    let address = actions::read_address(&app, &actor, named(&id)?, &sent.reason).await?;
    Ok(Json(AddressView { address: address.lines }))
}

/// Protect an address no longer. For managers and advisers who are involved, and who proved within ten minutes who they are.
#[utoipa::path(
    post, path = "/people/{id}/address/release", tag = "people", request_body = WhySent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 204, description = "It is protected no longer."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "Prove again who you are (`confirm-first`).", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn release_address(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<WhySent>,
) -> Result<StatusCode, ApiError> {
    actions::release_address(&app, &actor, named(&id)?, &sent.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
