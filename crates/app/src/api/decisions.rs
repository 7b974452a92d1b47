//! Advice, and recorded decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse;
use casework::{Correction, DecisionId, NewPerson};
use guidance::CaseDocument;
use guidance::words::AdviceView;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemJson};
use super::sent::{By, Sent};
use crate::actions::{self, Basis, DecisionRecord, ItemChoice, OnMatter, RecordDecision, RecordNotSharing, Whom};
use crate::error::named;
use crate::{App, AppError};

mod recorded;

use recorded::RecordedDecision;

/// A person the decision is about: one the organisation knows, by `id`, or somebody named now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// The id of somebody the organisation knows.
    id: Option<String>,
    /// Their name, or how they are known.
    #[serde(default)]
    name: String,
    /// Their date of birth.
    #[schema(value_type = Option<String>, format = Date)]
    date_of_birth: Option<Date>,
    /// Anything that tells them apart from others of the same name.
    #[serde(default)]
    note: String,
}

/// To whom information goes, or who asked for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipient {
    /// The kind of body, by its id in the guidance.
    #[schema(example = "council-children")]
    body: Option<String>,
    /// The organisation's name.
    #[serde(default)]
    organisation: String,
    /// The person's or team's name.
    #[serde(default)]
    name: String,
    /// Their role.
    #[serde(default)]
    role: String,
}

/// Article 8 in the practitioner's own words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Article8 {
    /// The legitimate aim.
    #[serde(default)]
    aim: String,
    /// Why it is necessary.
    #[serde(default)]
    necessity: String,
    /// Why it is proportionate.
    #[serde(default)]
    proportionality: String,
}

/// Whether the person was told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "told", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Told {
    /// They were told.
    Yes {
        /// What was said and how they took it.
        #[serde(default)]
        words: String,
    },
    /// They will be told later.
    Later {
        /// Why not now.
        #[serde(default)]
        why: String,
    },
    /// They will not be told.
    No {
        /// Why not.
        #[serde(default)]
        why: String,
    },
}

/// The practitioner's own judgement of an item, in place of the one advised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnJudgement {
    /// The item's position in the case, from 0.
    item: usize,
    /// `in`, `out` or `ask`.
    judgement: String,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Something to do now that was done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActDone {
    /// What, by its id in the advice: `police`, `csc` or `asc`.
    act: String,
    /// When, in the practitioner's words.
    at: String,
    /// To whom, which reference.
    #[serde(default)]
    note: String,
}

/// Which earlier decision this one corrects, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Corrects {
    /// The earlier decision's id.
    decision: String,
    /// What was wrong with it.
    #[serde(default)]
    why: String,
}

/// A decision to record. What is required depends on the choice and the advice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDecision {
    /// The facts, items and texts. Left out answers that the organisation gives once are filled in. `on` is left out: today's law applies.
    case: CaseDocument,
    /// The id of the matter to record it on; a new one when left out.
    matter: Option<String>,
    /// What a new matter is called; what the decision is about when left out.
    #[serde(default)]
    matter_title: String,
    /// Whom it is about; the matter's people when left out.
    #[serde(default)]
    people: Vec<Person>,
    /// In a line, whom and what it is about.
    #[serde(default)]
    about: String,
    /// For what purpose.
    #[serde(default)]
    purpose: String,
    /// `share`, `share-some`, `share-anonymised`, `do-not-share`, `delay` or `ask-advice`.
    #[schema(example = "share")]
    choice: String,
    /// Why, in the practitioner's own words.
    #[serde(default)]
    reasons: String,
    /// Why it departs from the advice, where it does.
    departing: Option<String>,
    /// The practitioner's own judgement of items, where it differs from the one advised.
    #[serde(default)]
    items: Vec<OwnJudgement>,
    /// To whom.
    recipient: Option<Recipient>,
    /// Article 8 in the practitioner's own words.
    article_8: Option<Article8>,
    /// The discussion with the requester, where it was not shared.
    #[serde(default)]
    requester_discussion: String,
    /// Advice asked for and given elsewhere, and how the discussion ended.
    #[serde(default)]
    advice_sought: String,
    /// Whether the person was told.
    told: Option<Told>,
    /// When to look at this again.
    #[schema(value_type = Option<String>, format = Date)]
    look_again_on: Option<Date>,
    /// What to do now that was done.
    #[serde(default)]
    acts_done: Vec<ActDone>,
    /// The earlier decision that this one corrects.
    corrects: Option<Corrects>,
    /// A new id (a UUID in lower case) that the sender chose: sent again, for lack of an answer, it is answered and not recorded again.
    id: Option<String>,
}

/// A quick record that nothing is shared, or not yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNotSharing {
    /// The id of the matter to record it on; a new one when left out.
    matter: Option<String>,
    /// What a new matter is called; what the decision is about when left out.
    #[serde(default)]
    matter_title: String,
    /// Whom it is about.
    #[serde(default)]
    people: Vec<Person>,
    /// In a line, whom and what it is about.
    #[serde(default)]
    about: String,
    /// `do-not-share`, `delay` or `ask-advice`.
    #[schema(example = "do-not-share")]
    choice: String,
    /// Why.
    #[serde(default)]
    reasons: String,
    /// Who asked.
    requester: Option<Recipient>,
    /// The discussion with them.
    #[serde(default)]
    requester_discussion: String,
    /// When to look at this again.
    #[schema(value_type = Option<String>, format = Date)]
    look_again_on: Option<Date>,
    /// The earlier decision that this one corrects.
    corrects: Option<Corrects>,
    /// A new id (a UUID in lower case) that the sender chose: sent again, for lack of an answer, it is answered and not recorded again.
    id: Option<String>,
}

/// Advice on a case. Nothing is stored, and nobody needs to sign in.
#[utoipa::path(
    post, path = "/advice", tag = "advice", request_body = CaseDocument,
    responses(
        (status = 200, description = "The advice, whatever it is.", body = AdviceView),
        (status = 422, description = "A fact, value or item field is wrong; each is named, with the nearest right one.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn advice(
    State(app): State<Arc<App>>,
    Sent(case): Sent<CaseDocument>,
) -> Result<Json<AdviceView>, ApiError> {
    Ok(Json(actions::advise_now(&app, case)?.view))
}

/// Record a decision, with the advice on its case under today's law.
#[utoipa::path(
    post, path = "/decisions", tag = "decisions", request_body = NewDecision, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "It is recorded.", body = RecordedDecision, headers(("location" = String, description = "Where to read it again."))),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The matter, a person or the decision to correct is not there.", body = ProblemJson,
         content_type = "application/problem+json"),
        (status = 422, description = "What is missing or wrong, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn record(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<NewDecision>,
) -> Result<impl IntoResponse, ApiError> {
    let recorded = actions::record_decision_to_read(&app, &actor, sent.command()?).await;
    created(&recorded.map_err(ApiError::within_case)?)
}

/// Record, in a line with the reasons, that nothing is shared, or not yet.
#[utoipa::path(
    post, path = "/decisions/not-sharing", tag = "decisions", request_body = NewNotSharing, security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "It is recorded.", body = RecordedDecision, headers(("location" = String, description = "Where to read it again."))),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "The matter, a person or the decision to correct is not there.", body = ProblemJson,
         content_type = "application/problem+json"),
        (status = 422, description = "What is missing or wrong, each with a JSON pointer.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn record_not_sharing(
    State(app): State<Arc<App>>,
    By(actor): By,
    Sent(sent): Sent<NewNotSharing>,
) -> Result<impl IntoResponse, ApiError> {
    let decision = actions::record_not_sharing(&app, &actor, sent.command()?).await?;
    created(&actions::decision(&app, &actor, decision.id).await?)
}

/// A recorded decision. One of another organisation, or of a matter that the member is not involved in, is not found.
#[utoipa::path(
    get, path = "/decisions/{id}", tag = "decisions", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The decision's id")),
    responses(
        (status = 200, description = "The decision as it was recorded.", body = RecordedDecision),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let id: DecisionId = named(&id)?;
    as_json(&actions::decision(&app, &actor, id).await?)
}

/// The receipt of a recorded decision (C2SP tlog-proof): it proves that the record is in the organisation's ledger, and says nothing of
/// what is in it.
#[utoipa::path(
    get, path = "/decisions/{id}/receipt", tag = "decisions", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "The decision's id")),
    responses(
        (status = 200, description = "The receipt.", body = String, content_type = "text/plain"),
        (status = 401, description = "Nobody is signed in.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 404, description = "There is none for this member.", body = ProblemJson, content_type = "application/problem+json"),
        (status = 503, description = "It follows with the next checkpoint, within some seconds.", body = ProblemJson,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    By(actor): By,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let id: DecisionId = named(&id)?;
    let found = actions::in_ledger(&app, &actor, id).await?;
    let soon = "The receipt follows with the ledger’s next checkpoint, within some seconds. Try again in a moment.";
    let receipt = found.receipt.ok_or(AppError::Unavailable(soon))?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], receipt))
}

fn created(record: &DecisionRecord) -> Result<impl IntoResponse + use<>, ApiError> {
    let location = format!("/api/v1/decisions/{}", record.decision.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], as_json(record)?))
}

fn as_json(record: &DecisionRecord) -> Result<impl IntoResponse + use<>, ApiError> {
    Ok(([(CONTENT_TYPE, "application/json")], RecordedDecision::json(record)?))
}

impl NewDecision {
    fn command(self) -> Result<RecordDecision, AppError> {
        let mut items = BTreeMap::new();
        for own in self.items {
            items.insert(own.item, ItemChoice { judgement: word("items", &own.judgement)?, reason: own.reason });
        }
        Ok(RecordDecision {
            basis: Basis::Case(self.case),
            matter: on_matter(self.matter.as_deref(), self.matter_title)?,
            people: self.people.into_iter().map(Person::whom).collect::<Result<_, _>>()?,
            about: self.about,
            purpose: self.purpose,
            choice: word("choice", &self.choice)?,
            reasons: self.reasons,
            departing: self.departing,
            items,
            recipient: self.recipient.map(Recipient::own),
            article_8: self.article_8.map(|words| casework::Article8 {
                aim: words.aim,
                necessity: words.necessity,
                proportionality: words.proportionality,
            }),
            requester_discussion: self.requester_discussion,
            advice_sought: self.advice_sought,
            told: self.told.map(Told::own),
            look_again_on: self.look_again_on,
            acts_done: self
                .acts_done
                .into_iter()
                .map(|done| casework::ActDone { act: done.act, at: done.at, note: done.note })
                .collect(),
            corrects: self.corrects.map(Corrects::own).transpose()?,
            id: own_id(self.id.as_deref())?,
        })
    }
}

impl NewNotSharing {
    fn command(self) -> Result<RecordNotSharing, AppError> {
        Ok(RecordNotSharing {
            matter: on_matter(self.matter.as_deref(), self.matter_title)?,
            people: self.people.into_iter().map(Person::whom).collect::<Result<_, _>>()?,
            about: self.about,
            choice: word("choice", &self.choice)?,
            reasons: self.reasons,
            requester: self.requester.map(Recipient::own),
            requester_discussion: self.requester_discussion,
            look_again_on: self.look_again_on,
            corrects: self.corrects.map(Corrects::own).transpose()?,
            id: own_id(self.id.as_deref())?,
        })
    }
}

impl Person {
    fn whom(self) -> Result<Whom, AppError> {
        match self.id {
            Some(id) => Ok(Whom::Known(named(&id)?)),
            None => Ok(Whom::New(NewPerson { name: self.name, date_of_birth: self.date_of_birth, note: self.note })),
        }
    }
}

impl Recipient {
    fn own(self) -> casework::Recipient {
        casework::Recipient { body: self.body, organisation: self.organisation, name: self.name, role: self.role }
    }
}

impl Told {
    fn own(self) -> casework::Told {
        match self {
            Self::Yes { words } => casework::Told::Yes { words },
            Self::Later { why } => casework::Told::Later { why },
            Self::No { why } => casework::Told::No { why },
        }
    }
}

impl Corrects {
    fn own(self) -> Result<Correction, AppError> {
        Ok(Correction { decision: named(&self.decision)?, why: self.why })
    }
}

fn on_matter(id: Option<&str>, title: String) -> Result<OnMatter, AppError> {
    match id {
        Some(id) => Ok(OnMatter::Existing(named(id)?)),
        None => Ok(OnMatter::New { title }),
    }
}

/// The id that the sender chose.
fn own_id(id: Option<&str>) -> Result<Option<DecisionId>, AppError> {
    let message = "Choose a UUID with hyphens, in lower case, or leave it out.";
    id.map(|id| id.parse().map_err(|_| AppError::field("id", message))).transpose()
}

/// One of casework's words, or a sentence that names those allowed.
fn word<T: std::str::FromStr<Err = casework::UnknownWord>>(field: &str, written: &str) -> Result<T, AppError> {
    written.parse().map_err(|unknown: casework::UnknownWord| AppError::field(field, format!("{unknown}.")))
}
