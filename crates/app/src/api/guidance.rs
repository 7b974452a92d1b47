//! The facts that may be asked, and the law register as it stands on a day.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use guidance::Pack;
use guidance::pack::{Entry, FactDefinition, FactKind};
use guidance::search::standing_on;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{ApiError, ProblemJson};
use super::sent::Asked;
use crate::{App, AppError};

/// A fact that may be asked.
#[derive(Serialize, ToSchema)]
pub(super) struct FactView {
    /// Its id: the key in a case's `facts`.
    id: String,
    /// A noun phrase.
    label: String,
    /// What exactly is meant.
    help: String,
    /// `one` of the values, any number (`many`), or a kind of `body`.
    kind: &'static str,
    /// Whether an administrator answers it once for the organisation.
    profile: bool,
    /// The values it may have, besides `unsure`.
    values: Vec<ValueView>,
    /// Where it comes from.
    source: String,
}

/// A value that a fact may have.
#[derive(Serialize, ToSchema)]
pub(super) struct ValueView {
    /// Its id.
    id: String,
    /// What people read.
    label: String,
    /// More about it; may be empty.
    hint: String,
}

impl From<&FactDefinition> for FactView {
    fn from(fact: &FactDefinition) -> Self {
        let value = |value: &guidance::pack::FactValue| ValueView {
            id: value.id.clone(),
            label: value.label.clone(),
            hint: value.hint.clone(),
        };
        Self {
            id: fact.id.clone(),
            label: fact.label.clone(),
            help: fact.help.clone(),
            kind: match fact.kind {
                FactKind::One => "one",
                FactKind::Many => "many",
                FactKind::Body => "body",
            },
            profile: fact.profile,
            values: fact.values.iter().map(value).collect(),
            source: fact.source.clone(),
        }
    }
}

/// An entry of the law register as it stands on a day.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryOnDay {
    /// Its stable id.
    id: String,
    /// Its title.
    title: String,
    /// Its citation.
    cite: String,
    /// Its part in a decision.
    role: String,
    /// What it is: duty, power, …
    nature: String,
    /// In plain English.
    summary: String,
    /// Who may rely on it.
    who: String,
    /// To whom.
    to: String,
    /// For what purpose.
    purpose: String,
    /// About whom.
    about: String,
    /// What a lawyer would add.
    caveats: Vec<String>,
    /// V (read), V~ (read in part or in an older version) or G (general knowledge).
    status: String,
    /// Whether the guidance cites it.
    from_guidance: bool,
    /// What the guidance cites, where that differs; may be empty.
    guidance_cites: String,
    /// What stands today, where the guidance is out of date; may be empty.
    today: String,
    /// Where to read it; may be empty.
    url: String,
    /// Whether it is in force on the day.
    in_force: bool,
    /// The same in words.
    standing: String,
    /// The day.
    #[schema(value_type = String, format = Date)]
    on: Date,
}

impl EntryOnDay {
    fn of(entry: &Entry, on: Date) -> Self {
        let known = entry.commencement != guidance::pack::Commencement::Inactive;
        Self {
            id: entry.id.clone(),
            title: entry.title.clone(),
            cite: entry.cite.clone(),
            role: entry.role.clone(),
            nature: entry.nature.clone(),
            summary: entry.summary.clone(),
            who: entry.who.clone(),
            to: entry.to.clone(),
            purpose: entry.purpose.clone(),
            about: entry.about.clone(),
            caveats: entry.caveats.clone(),
            status: entry.status.clone(),
            from_guidance: entry.from_guidance,
            guidance_cites: entry.guidance_cites.clone(),
            today: entry.today.clone(),
            url: entry.url.clone(),
            in_force: known && entry.period_on(on).is_some(),
            standing: standing_on(entry, on),
            on,
        }
    }
}

/// The day whose law is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OnDay {
    /// The day, like 2026-11-23; today when left out.
    #[param(example = "2025-06-01")]
    on: Option<String>,
}

impl OnDay {
    fn day(&self, app: &App) -> Result<Date, ApiError> {
        let Some(on) = &self.on else { return Ok(app.clock.today()) };
        on.parse().map_err(|_| AppError::field("on", "Give a day as year-month-day, like 2026-11-23.").into())
    }
}

/// Every fact that may be answered in a case.
#[utoipa::path(
    get, path = "/guidance/facts", tag = "guidance",
    responses((status = 200, description = "The facts, in the order of the guidance pack.", body = Vec<FactView>))
)]
pub(super) async fn facts(State(app): State<Arc<App>>) -> Json<Vec<FactView>> {
    let pack: &Pack = app.pack();
    Json(pack.facts.iter().filter(|fact| !fact.derived).map(FactView::from).collect())
}

/// The law register as it stands on a day.
#[utoipa::path(
    get, path = "/guidance/entries", tag = "guidance", params(OnDay),
    responses(
        (status = 200, description = "Every entry, in force or not.", body = Vec<EntryOnDay>),
        (status = 422, description = "The day cannot be read.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entries(
    State(app): State<Arc<App>>,
    Asked(asked): Asked<OnDay>,
) -> Result<Json<Vec<EntryOnDay>>, ApiError> {
    let on = asked.day(&app)?;
    Ok(Json(app.pack().entries.iter().map(|entry| EntryOnDay::of(entry, on)).collect()))
}

/// One entry of the law register as it stands on a day.
#[utoipa::path(
    get, path = "/guidance/entries/{id}", tag = "guidance", params(("id" = String, Path, description = "The entry's id, like ca-2004-s11"), OnDay),
    responses(
        (status = 200, description = "The entry.", body = EntryOnDay),
        (status = 404, description = "There is none of this id.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 422, description = "The day cannot be read.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entry(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Asked(asked): Asked<OnDay>,
) -> Result<Json<EntryOnDay>, ApiError> {
    let on = asked.day(&app)?;
    let entry = app.pack().entry(&id).ok_or(AppError::NotFound)?;
    Ok(Json(EntryOnDay::of(entry, on)))
}
