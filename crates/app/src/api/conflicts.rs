//! Declared conflicts of interest: one's own, and those of colleagues for a manager.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use casework::{Born, Declaration, NewDeclaration};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent};
use crate::App;
use crate::actions;
use crate::clock::in_utc;
use crate::error::named;

/// Somebody whom a member must not see.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclarationSent {
    /// Their whole name.
    name: String,
    /// A surname they had before.
    #[serde(default)]
    former_surname: String,
    /// When they were born: a year (`1987`), a day (`1985-02-14`), or empty.
    #[serde(default)]
    born: String,
    /// How the member is connected with them: `oneself`, `family`, `neighbour`, `colleague` or `other`.
    #[schema(example = "neighbour")]
    relation: String,
    /// The street where they live. It blocks nothing; those who look over reading are shown what was read about it.
    #[serde(default)]
    street: String,
    /// Why; a manager must say.
    #[serde(default)]
    why: String,
}

/// A declaration.
#[derive(Serialize, ToSchema)]
pub(super) struct DeclarationView {
    /// Its id.
    id: String,
    /// Their name.
    name: String,
    /// A surname they had before; may be empty.
    former_surname: String,
    /// A year, a day, or empty.
    born: String,
    /// How the member is connected with them.
    relation: &'static str,
    /// The street where they live; may be empty.
    street: String,
    /// Why; may be empty.
    why: String,
    /// The id of the member who declared it.
    declared_by: String,
    /// When (UTC).
    #[schema(format = DateTime)]
    declared_at: String,
}

/// Somebody whom a declaration perhaps means.
#[derive(Serialize, ToSchema)]
pub(super) struct MatchView {
    /// The id of the member whose declaration it is.
    member: String,
    /// The declaration.
    declaration: DeclarationView,
    /// The id of the person who is known.
    person: String,
    /// Their name.
    name: String,
    /// The year they were born, where known.
    born: Option<i16>,
    /// Anything that tells them apart.
    note: String,
    /// Whether the member is working with them and goes on until a manager says, for three working days at most.
    at_work: bool,
}

/// What waits for a manager.
#[derive(Serialize, ToSchema)]
pub(super) struct WaitingView {
    /// People whom declarations perhaps mean.
    matches: Vec<MatchView>,
}

/// Why a declaration no longer holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LiftSent {
    /// Why. It is kept; name nobody.
    why: String,
}

/// Whether a person is whom a declaration means.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecideSent {
    /// The person's id.
    person: String,
    /// Whether it is the same.
    same: bool,
}

impl DeclarationView {
    fn of(one: &Declaration) -> Self {
        Self {
            id: one.id.to_string(),
            name: one.name.clone(),
            former_surname: one.former_surname.clone(),
            born: match one.born {
                Born::Unknown => String::new(),
                Born::In(year) => year.to_string(),
                Born::On(date) => date.to_string(),
            },
            relation: one.relation.word(),
            street: one.street.clone(),
            why: one.why.clone(),
            declared_by: one.declared_by.to_string(),
            declared_at: in_utc(one.declared_at).to_string(),
        }
    }
}

impl DeclarationSent {
    fn declared(self) -> NewDeclaration {
        let Self { name, former_surname, born, relation, street, why } = self;
        NewDeclaration { name, former_surname, born, relation: relation.parse().ok(), street, why }
    }
}

/// What the member declared themselves.
#[utoipa::path(
    get, path = "/conflicts", tag = "conflicts", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The declarations, oldest first.", body = Vec<DeclarationView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn own(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<Vec<DeclarationView>>, ApiError> {
    Ok(Json(actions::own_declarations(&app, &actor).await?.iter().map(DeclarationView::of).collect()))
}

/// Declare somebody whom one must not see. The answer is the same whether or not anybody is known.
#[utoipa::path(
    post, path = "/conflicts", tag = "conflicts", request_body = DeclarationSent, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 204, description = "It is kept, and holds."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed the member at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn declare(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<DeclarationSent>,
) -> Result<StatusCode, ApiError> {
    actions::declare_conflict(&app, &actor, actor.member.id, &sent.declared()).await.map_err(ApiError::as_sent)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What waits for a manager: people whom declarations perhaps mean. That it was read is kept.
#[utoipa::path(
    get, path = "/conflicts/waiting", tag = "conflicts", security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "What waits.", body = WaitingView),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn waiting(State(app): State<Arc<App>>, By(actor): By) -> Result<Json<WaitingView>, ApiError> {
    let waiting = actions::conflicts_waiting(&app, &actor).await?;
    let one = |one: &actions::WaitingMatch| MatchView {
        member: one.member.id.to_string(),
        declaration: DeclarationView::of(&one.declaration),
        person: one.person.id.to_string(),
        name: one.person.name.clone(),
        born: one.person.date_of_birth.map(jiff::civil::Date::year),
        note: one.person.note.clone(),
        at_work: one.at_work,
    };
    Ok(Json(WaitingView { matches: waiting.matches.iter().map(one).collect() }))
}

/// A colleague's declarations. For managers, and never one's own.
#[utoipa::path(
    get, path = "/conflicts/members/{member}", tag = "conflicts", security(("bearer" = []), ("session" = [])),
    params(("member" = String, Path, description = "The member's id")),
    responses(
        (status = 200, description = "The declarations, oldest first.", body = Vec<DeclarationView>),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn colleague(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(member): Path<String>,
) -> Result<Json<Vec<DeclarationView>>, ApiError> {
    let record = actions::colleague_conflicts(&app, &actor, named(&member)?).await?;
    Ok(Json(record.declarations.iter().map(DeclarationView::of).collect()))
}

/// Set one for a colleague. For managers.
#[utoipa::path(
    post, path = "/conflicts/members/{member}", tag = "conflicts", request_body = DeclarationSent, security(("bearer" = []), ("session" = [])),
    params(("member" = String, Path, description = "The member's id")),
    responses(
        (status = 204, description = "It is kept, and holds."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody of this id for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed the member at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn declare_for(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(member): Path<String>,
    Sent(sent): Sent<DeclarationSent>,
) -> Result<StatusCode, ApiError> {
    actions::declare_conflict(&app, &actor, named(&member)?, &sent.declared()).await.map_err(ApiError::as_sent)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lift a colleague's declaration, for a reason. What it said is deleted. `earlier` in place of an id: those from before there were
/// declarations.
#[utoipa::path(
    post, path = "/conflicts/members/{member}/{declaration}/lift", tag = "conflicts", request_body = LiftSent, security(("bearer" = []), ("session" = [])),
    params(("member" = String, Path, description = "The member's id"), ("declaration" = String, Path, description = "The declaration's id, or `earlier`")),
    responses(
        (status = 204, description = "It is lifted."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed the member at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn lift(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path((member, declaration)): Path<(String, String)>,
    Sent(sent): Sent<LiftSent>,
) -> Result<StatusCode, ApiError> {
    let declaration = if declaration == "earlier" { None } else { Some(named(&declaration)?) };
    actions::lift_conflict(&app, &actor, named(&member)?, declaration, &sent.why).await.map_err(ApiError::as_sent)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say whether somebody whom a colleague's declaration perhaps means is the same.
#[utoipa::path(
    post, path = "/conflicts/members/{member}/{declaration}/decide", tag = "conflicts", request_body = DecideSent, security(("bearer" = []), ("session" = [])),
    params(("member" = String, Path, description = "The member's id"), ("declaration" = String, Path, description = "The declaration's id")),
    responses(
        (status = 204, description = "It is kept."),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "Nothing of this kind waits for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed the member at the same moment.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "What cannot be read.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path((member, declaration)): Path<(String, String)>,
    Sent(sent): Sent<DecideSent>,
) -> Result<StatusCode, ApiError> {
    let whom = (named(&declaration)?, named(&sent.person)?);
    actions::decide_likeness(&app, &actor, named(&member)?, whom, sent.same).await?;
    Ok(StatusCode::NO_CONTENT)
}
