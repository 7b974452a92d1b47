//! Keeping and destroying: legal holds, what would go, destroying it for good, its certificates, and recoveries from a backup.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use casework::{Destruction, DestructionId, Ground, Held, HoldId, LegalHold, NewDestruction, PersonId, counts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent};
use crate::actions::{self, NewHold};
use crate::certificate::CertificateFile;
use crate::clock::in_utc;
use crate::error::named;
use crate::{App, AppError};

/// What would go if a person were destroyed now.
#[derive(Serialize, ToSchema)]
pub(super) struct WouldGoView {
    /// How many records of each kind: those about nobody else who is still held.
    counts: BTreeMap<String, usize>,
    /// How many drafts would go with them.
    drafts: u64,
    /// How many records would live on, because they are about others too.
    lives_on: u64,
    /// The legal holds that forbid it; with any, nothing is destroyed.
    held_by: Vec<String>,
    /// The mark of this answer, which destroying takes.
    seen: String,
}

/// A destruction to be done. It cannot be undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDestructionSent {
    /// `retention rule` or `instruction`.
    #[schema(example = "retention rule")]
    ground: String,
    /// The rule or the instruction in words, without anybody's name: the certificate keeps it.
    rule: String,
    /// The mark of what was shown to whoever decided it: `seen` of `GET /retention/people/{id}`.
    seen: String,
    /// A new id (a UUID in lower case) that the sender chose: sent again, for lack of an answer, it is answered and not done again.
    id: Option<String>,
}

/// A certificate of destruction in short.
#[derive(Serialize, ToSchema)]
pub(super) struct DestructionView {
    /// Its id.
    id: String,
    /// The person, by the id that they had.
    person: String,
    /// When it was decided (UTC).
    #[schema(format = DateTime)]
    destroyed_at: String,
    /// When it was destroyed again (UTC), because a restored backup had brought it back; null where none had.
    #[schema(format = DateTime)]
    destroyed_again_at: Option<String>,
    /// On what it rests.
    ground: String,
    /// The rule or the instruction.
    rule: String,
    /// The id of the member who decided it.
    decided_by: String,
    /// How many records of each kind existed.
    counts: BTreeMap<String, usize>,
    /// How many drafts went with them.
    drafts: u64,
    /// How many records lived on.
    lived_on: u64,
}

/// A legal hold to be placed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHoldSent {
    /// The id of the person all about whom is held; or `matter`.
    person: Option<String>,
    /// The id of the matter that is held; or `person`.
    matter: Option<String>,
    /// Why: an inquest, a claim, an inquiry.
    reason: String,
    /// A new id (a UUID in lower case) that the sender chose: sent again, for lack of an answer, it is answered and not done again.
    id: Option<String>,
}

/// Why a hold is released.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseSent {
    /// Why.
    reason: String,
}

/// A legal hold.
#[derive(Serialize, ToSchema)]
pub(super) struct HoldView {
    /// Its id.
    id: String,
    /// The person all about whom is held.
    person: Option<String>,
    /// The matter that is held.
    matter: Option<String>,
    /// Why.
    reason: String,
    /// The id of the member who placed it.
    placed_by: String,
    /// Since when (UTC).
    #[schema(format = DateTime)]
    since: String,
    /// Whether it still holds.
    stands: bool,
    /// The id of the member who released it.
    released_by: Option<String>,
    /// When it was released (UTC).
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// Why it was released.
    released_because: Option<String>,
}

/// That a backup was restored.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryView {
    /// Its id.
    id: String,
    /// When the backup of the records was taken (UTC).
    #[schema(format = DateTime)]
    data_taken_at: String,
    /// When the backup of the keys was taken (UTC).
    #[schema(format = DateTime)]
    keys_taken_at: String,
    /// When it was restored (UTC).
    #[schema(format = DateTime)]
    restored_at: String,
    /// Who restored it.
    by: String,
}

impl DestructionView {
    fn of(destruction: &Destruction) -> Self {
        Self {
            id: destruction.id.to_string(),
            person: destruction.person.to_string(),
            destroyed_at: in_utc(destruction.decided_at).to_string(),
            destroyed_again_at: destruction.again_at.map(|at| in_utc(at).to_string()),
            ground: destruction.ground.to_string(),
            rule: destruction.rule.clone(),
            decided_by: destruction.asked_by.to_string(),
            counts: counts(&destruction.existed),
            drafts: destruction.drafts,
            lived_on: destruction.lived_on,
        }
    }
}

impl HoldView {
    fn of(hold: &LegalHold) -> Self {
        let (person, matter) = match hold.held {
            Held::Person(id) => (Some(id.to_string()), None),
            Held::Matter(id) => (None, Some(id.to_string())),
        };
        Self {
            id: hold.id.to_string(),
            person,
            matter,
            reason: hold.reason.clone(),
            placed_by: hold.by.to_string(),
            since: in_utc(hold.since).to_string(),
            stands: hold.stands(),
            released_by: hold.released.map(|(by, _)| by.to_string()),
            released_at: hold.released.map(|(_, at)| in_utc(at).to_string()),
            released_because: hold.released_because.clone(),
        }
    }
}

/// The id that the sender chose, or a new one.
fn own_id<T: std::str::FromStr>(sent: Option<&str>, new: impl FnOnce() -> Result<T, AppError>) -> Result<T, AppError> {
    let message = "Choose a UUID with hyphens, in lower case, or leave it out.";
    match sent {
        Some(id) => id.parse().map_err(|_| AppError::field("id", message)),
        None => new(),
    }
}

/// What would go if this person were destroyed now, in counts, and what forbids it. For managers and administrators.
#[utoipa::path(
    get, path = "/retention/people/{id}", tag = "retention", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 200, description = "What would go.", body = WouldGoView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn would_go(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<Json<WouldGoView>, ApiError> {
    let person: PersonId = named(&id)?;
    let found = actions::would_be_destroyed(&app, &actor, person).await?;
    Ok(Json(WouldGoView {
        counts: counts(&found.goes.existing),
        drafts: found.goes.drafts,
        lives_on: found.goes.lives_on,
        held_by: found.holds.iter().map(|hold| hold.id.to_string()).collect(),
        seen: found.goes.mark(),
    }))
}

/// Destroy for good what is kept about a person. Nobody can undo it.
#[utoipa::path(
    post, path = "/retention/people/{id}/destroy", tag = "retention", request_body = NewDestructionSent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 201, description = "It is destroyed.", body = DestructionView, headers(("location" = String, description = "The certificate."))),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "A legal hold stands, or you are to prove again who you are (`confirm-first`).", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Something else would go than was shown.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 410, description = "They were destroyed before, under another id.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing or wrong, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn destroy(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<NewDestructionSent>,
) -> Result<impl IntoResponse, ApiError> {
    let person: PersonId = named(&id)?;
    let Ok(ground @ (Ground::RetentionRule | Ground::Instruction)) = sent.ground.parse() else {
        return Err(AppError::field("ground", "Write `retention rule` or `instruction`.").into());
    };
    let id = own_id(sent.id.as_deref(), || app.clock.id(DestructionId::new))?;
    let new = NewDestruction { id, person, ground, rule: sent.rule };
    let done = actions::destroy(&app, &actor, &new, Some(&sent.seen)).await?;
    let location = format!("/api/v1/retention/destructions/{}", done.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(DestructionView::of(&done))))
}

/// The certificates of destruction in short, the newest first. For managers and administrators.
#[utoipa::path(
    get, path = "/retention/destructions", tag = "retention", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The certificates.", body = Vec<DestructionView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "Not for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn destructions(
    State(app): State<Arc<App>>,
    By(actor): By,
) -> Result<Json<Vec<DestructionView>>, ApiError> {
    let all = actions::destructions(&app, &actor).await?;
    Ok(Json(all.iter().map(DestructionView::of).collect()))
}

/// A certificate of destruction with its proofs, as `sharewell verify` checks it. It names nobody.
#[utoipa::path(
    get, path = "/retention/destructions/{id}", tag = "retention", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The certificate's id")),
    responses(
        (status = 200, description = "The certificate.", body = CertificateFile),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 503, description = "The proofs follow with the next checkpoint, within some seconds.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn certificate(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<Json<CertificateFile>, ApiError> {
    let id: DestructionId = named(&id)?;
    Ok(Json(actions::certificate_file(&app, &actor, id).await?))
}

/// The legal holds, those that stand first. For managers and administrators.
#[utoipa::path(
    get, path = "/retention/holds", tag = "retention", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The holds.", body = Vec<HoldView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "Not for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn holds(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<HoldView>>, ApiError> {
    let all = actions::holds(&app, &actor).await?;
    Ok(Json(all.iter().map(|record| HoldView::of(&record.hold)).collect()))
}

/// Place a legal hold on all about a person, or on a matter: until it is released, nothing of it is destroyed.
#[utoipa::path(
    post, path = "/retention/holds", tag = "retention", request_body = NewHoldSent, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "It stands.", body = HoldView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The person or the matter is not there, or not for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Another hold has this id.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing or wrong, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn place_hold(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<NewHoldSent>,
) -> Result<impl IntoResponse, ApiError> {
    let held = match (&sent.person, &sent.matter) {
        (Some(person), None) => Held::Person(named(person)?),
        (None, Some(matter)) => Held::Matter(named(matter)?),
        _ => return Err(AppError::field("person", "Name a person or a matter, one of them.").into()),
    };
    let id = own_id(sent.id.as_deref(), || app.clock.id(HoldId::new))?;
    let placed = actions::place_hold(&app, &actor, &NewHold { id, held, reason: sent.reason }).await?;
    Ok((StatusCode::CREATED, Json(HoldView::of(&placed))))
}

/// Release a legal hold.
#[utoipa::path(
    post, path = "/retention/holds/{id}/release", tag = "retention", request_body = ReleaseSent, security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The hold's id")),
    responses(
        (status = 200, description = "It is released.", body = HoldView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 403, description = "Prove again who you are (`confirm-first`).", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "It was released before.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "No reason was given.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn release_hold(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
    Sent(sent): Sent<ReleaseSent>,
) -> Result<Json<HoldView>, ApiError> {
    let id: HoldId = named(&id)?;
    Ok(Json(HoldView::of(&actions::release_hold(&app, &actor, id, &sent.reason).await?)))
}

/// The recoveries from a backup, the newest first. For managers and administrators.
#[utoipa::path(
    get, path = "/retention/recoveries", tag = "retention", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The recoveries.", body = Vec<RecoveryView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "Not for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn recoveries(
    State(app): State<Arc<App>>,
    By(actor): By,
) -> Result<Json<Vec<RecoveryView>>, ApiError> {
    let all = actions::recoveries(&app, &actor).await?;
    let view = |recovery: &casework::Recovery| RecoveryView {
        id: recovery.id.to_string(),
        data_taken_at: in_utc(recovery.data_taken_at).to_string(),
        keys_taken_at: in_utc(recovery.keys_taken_at).to_string(),
        restored_at: in_utc(recovery.restored_at).to_string(),
        by: recovery.by.clone(),
    };
    Ok(Json(all.iter().map(view).collect()))
}
