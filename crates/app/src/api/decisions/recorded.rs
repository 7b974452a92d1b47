//! A recorded decision as the API shows it.

use guidance::words::AdviceView;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppError;
use crate::actions::DecisionRecord;
use crate::clock::in_utc;

/// A decision as it was recorded.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct RecordedDecision {
    /// Its id.
    id: String,
    /// The matter it stands on.
    matter: String,
    /// What the matter is called.
    matter_title: String,
    /// In a line, whom and what it is about.
    about: String,
    /// The people it is about.
    people: Vec<PersonView>,
    /// Who decided.
    decided_by: String,
    /// Their job at the time.
    decided_by_job: String,
    /// When it was recorded (UTC).
    #[schema(format = DateTime)]
    recorded_at: String,
    /// The legal day of the recording (Europe/London).
    #[schema(value_type = String, format = Date)]
    recorded_on: Date,
    /// What was decided.
    choice: String,
    /// Why.
    reasons: String,
    /// Why it departs from the advice, where it does.
    departing: Option<String>,
    /// To whom, or who asked.
    recipient: Option<RecipientView>,
    /// For what purpose.
    purpose: String,
    /// The items as decided.
    items: Vec<DecidedItemView>,
    /// The advice exactly as it was given; none for a quick record of not sharing.
    #[schema(value_type = Option<AdviceView>)]
    advice: (),
    /// Article 8 in the practitioner's own words.
    article_8: Option<Article8View>,
    /// The discussion with the requester.
    requester_discussion: String,
    /// Advice asked for and given elsewhere.
    advice_sought: String,
    /// Whether the person was told, and why or in which words.
    told: Option<ToldView>,
    /// When to look at this again.
    #[schema(value_type = Option<String>, format = Date)]
    look_again_on: Option<Date>,
    /// What to do now that was done.
    acts_done: Vec<ActDoneView>,
    /// The earlier decision that it corrects.
    corrects: Option<CorrectionView>,
    /// The later decisions that correct it, oldest first.
    corrected_by: Vec<String>,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct PersonView {
    /// Their id.
    id: String,
    /// Their name.
    name: String,
}

/// To whom information goes.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct RecipientView {
    /// The kind of body.
    body: Option<String>,
    /// The organisation's name.
    organisation: String,
    /// The person's or team's name.
    name: String,
    /// Their role.
    role: String,
}

/// An item as it was decided on.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DecidedItemView {
    /// Its id.
    id: String,
    /// What it said on that day.
    text: String,
    /// Fact, opinion, allegation or judgement.
    standing: Option<String>,
    /// Where it comes from.
    source: String,
    /// `in`, `out` or `ask`.
    judgement: String,
    /// Why.
    reason: String,
}

/// Article 8.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Article8View {
    /// The legitimate aim.
    aim: String,
    /// Why it is necessary.
    necessity: String,
    /// Why it is proportionate.
    proportionality: String,
}

/// Whether the person was told.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ToldView {
    /// `yes`, `later` or `no`.
    told: &'static str,
    /// What was said, or why not.
    words: String,
}

/// Something to do now that was done.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ActDoneView {
    /// What.
    act: String,
    /// When.
    at: String,
    /// To whom, which reference.
    note: String,
}

/// Which decision is corrected, and why.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CorrectionView {
    /// The earlier decision.
    decision: String,
    /// What was wrong with it.
    why: String,
}

/// Where the advice belongs. In a text its quotes would be escaped, so that it stands nowhere else.
const NO_ADVICE: &[u8] = b",\"advice\":null,\"article_8\":";
/// About how long an answer is, in bytes.
const WITH_ADVICE: usize = 80 * 1024;
const WITHOUT: usize = 2 * 1024;
/// How many bytes of that stand before the `null` that the advice takes the place of.
const BEFORE_NULL: usize = b",\"advice\":".len();

impl RecordedDecision {
    /// The decision as JSON. The advice is put in as the text that is kept: it is JSON, most of the answer, and not worth reading and
    /// writing anew.
    pub(super) fn json(record: &DecisionRecord) -> Result<Vec<u8>, AppError> {
        let mut json = Vec::with_capacity(if record.decision.advice.is_some() { WITH_ADVICE } else { WITHOUT });
        serde_json::to_writer(&mut json, &Self::without_advice(record)).map_err(AppError::internal)?;
        if let Some(taken) = &record.decision.advice {
            let at = json.windows(NO_ADVICE.len()).position(|part| part == NO_ADVICE);
            let from = at.ok_or_else(|| AppError::internal("an answer without a place for the advice"))? + BEFORE_NULL;
            let rest = json.split_off(from + 4);
            json.truncate(from);
            taken.document.append_to(&mut json);
            json.extend_from_slice(&rest);
        }
        Ok(json)
    }

    fn without_advice(record: &DecisionRecord) -> Self {
        let decision = &record.decision;
        Self {
            id: decision.id.to_string(),
            matter: decision.matter.to_string(),
            matter_title: record.matter.title.clone(),
            about: decision.about.clone(),
            people: record
                .people
                .iter()
                .map(|person| PersonView { id: person.id.to_string(), name: person.name.clone() })
                .collect(),
            decided_by: decision.member_name.clone(),
            decided_by_job: decision.member_role_title.clone(),
            recorded_at: in_utc(decision.recorded_at).to_string(),
            recorded_on: decision.recorded_on,
            choice: decision.own.choice.to_string(),
            reasons: decision.own.reasons.clone(),
            departing: decision.own.departing.clone(),
            recipient: decision.recipient.as_ref().map(recipient),
            purpose: decision.purpose.clone(),
            items: decision.items.iter().map(item).collect(),
            advice: (),
            article_8: decision.article_8.as_ref().map(|words| Article8View {
                aim: words.aim.clone(),
                necessity: words.necessity.clone(),
                proportionality: words.proportionality.clone(),
            }),
            requester_discussion: decision.requester_discussion.clone(),
            advice_sought: decision.advice_sought.clone(),
            told: decision.told.as_ref().map(told),
            look_again_on: decision.look_again_on,
            acts_done: decision
                .acts_done
                .iter()
                .map(|done| ActDoneView { act: done.act.clone(), at: done.at.clone(), note: done.note.clone() })
                .collect(),
            corrects: decision.corrects.as_ref().map(|correction| CorrectionView {
                decision: correction.decision.to_string(),
                why: correction.why.clone(),
            }),
            corrected_by: record.corrected_by.iter().map(|later| later.id.to_string()).collect(),
        }
    }
}

fn recipient(recipient: &casework::Recipient) -> RecipientView {
    RecipientView {
        body: recipient.body.clone(),
        organisation: recipient.organisation.clone(),
        name: recipient.name.clone(),
        role: recipient.role.clone(),
    }
}

fn item(decided: &casework::DecidedItem) -> DecidedItemView {
    DecidedItemView {
        id: decided.item.to_string(),
        text: decided.entry.text.clone(),
        standing: decided.entry.standing.map(|standing| standing.to_string()),
        source: decided.entry.source.clone(),
        judgement: decided.judgement.to_string(),
        reason: decided.reason.clone(),
    }
}

fn told(told: &casework::Told) -> ToldView {
    let (told, words) = match told {
        casework::Told::Yes { words } => ("yes", words),
        casework::Told::Later { why } => ("later", why),
        casework::Told::No { why } => ("no", why),
    };
    ToldView { told, words: words.clone() }
}
