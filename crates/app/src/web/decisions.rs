//! A recorded decision: read, printed, downloaded, corrected by a later one, and decided again under today's law.

use axum::extract::Path;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use casework::{Decision, DecisionId, Judgement, Told, Way};
use serde::Serialize;
use store::InLedger;

use super::caldicott::{Principle, principles};
use super::flow::{ResultParts, item_notes, sample_parts};
use super::page::{Menu, Page};
use super::visit::go_on;
use super::{Stopped, Visit, ledger_words, paper, words};
use crate::AppError;
use crate::actions::{self, DecisionRecord, Witnessing};
use crate::error::named;

/// A term of the record with what it says.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Row {
    /// The term.
    pub term: &'static str,
    /// What it says, line by line.
    pub lines: Vec<String>,
}

/// Another record that this one corrects, or that corrects it.
#[derive(Debug, Serialize)]
pub struct OtherRecord {
    href: String,
    when: String,
    why: String,
}

/// A piece of information as it was judged.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedItem {
    /// What it says.
    pub text: String,
    judgement: &'static str,
    /// The judgement in words.
    pub judged: &'static str,
    /// Why.
    pub reason: String,
    notes: Vec<String>,
}

/// The matter of a record.
#[derive(Debug, Serialize)]
pub struct OnMatter {
    id: String,
    title: String,
}

/// The record's page.
#[derive(Debug, Serialize)]
pub struct DecisionPage {
    id: String,
    reference: String,
    about: String,
    by: String,
    by_role: String,
    organisation: String,
    accountable: String,
    when: String,
    choice: &'static str,
    rows: Vec<Row>,
    items: Vec<JudgedItem>,
    matter: OnMatter,
    corrects: Option<OtherRecord>,
    /// Whether the record that it corrects was destroyed since.
    corrects_destroyed: bool,
    corrected_by: Vec<OtherRecord>,
    /// Whether the member is involved in the matter, and so may open it and correct this.
    works: bool,
    ledger: LedgerLines,
    /// How it met the Caldicott principles, where it concerns confidential information.
    caldicott: Vec<Principle>,
    parts: Option<ResultParts>,
}

/// What the page says of the record's place in the ledger.
#[derive(Debug, Serialize)]
pub struct LedgerLines {
    entry: String,
    witnessed: Vec<String>,
    warnings: Vec<String>,
    receipt: bool,
    key: String,
}

impl LedgerLines {
    pub(super) fn new(visit: &Visit, found: &InLedger, witnessing: &Witnessing, key: String) -> Self {
        let entry = found.position.map(|at| at + 1);
        let mut witnessed = ledger_words::witnessed(witnessing);
        if entry.is_some_and(|entry| witnessing.reaches() > 0 && entry > witnessing.reaches()) {
            witnessed.push("This entry follows.".to_owned());
        }
        Self {
            entry: entry.map(|entry| entry.to_string()).unwrap_or_default(),
            witnessed,
            warnings: ledger_words::warnings(witnessing, visit.app().config.stale_after_hours),
            receipt: found.receipt.is_some(),
            key,
        }
    }

    pub(super) fn sample(receipt: bool) -> Self {
        Self {
            entry: if receipt { "12" } else { "" }.into(),
            witnessed: vec!["Witnessed up to entry 14 by Northmere Council, 23 November 2026, 3:15pm.".into()],
            warnings: vec!["No partner has confirmed the ledger for more than a day.".into()],
            receipt,
            key: "sharewell/0198a+1a2b3c4d+AYs".into(),
        }
    }
}

impl DecisionPage {
    fn new(visit: &Visit, organisation: &str, record: DecisionRecord, ledger: LedgerLines) -> Self {
        let DecisionRecord { decision, advice, matter, people, corrects, corrected_by, way, confidential } = record;
        let pack = visit.app().pack();
        let corrects_destroyed = decision.corrects.is_some() && corrects.is_none();
        let names = names(&decision, &people);
        let caldicott =
            if confidential { principles(pack, &decision, advice.as_ref(), organisation) } else { Vec::new() };
        let other = |of: &Decision, why: &str| OtherRecord {
            href: format!("/decisions/{}", of.id),
            when: words::moment(of.recorded_at),
            why: why.to_owned(),
        };
        let why = |one: &Decision| one.corrects.as_ref().map(|correction| correction.why.clone()).unwrap_or_default();
        Self {
            id: decision.id.to_string(),
            reference: decision.id.to_string(),
            about: decision.about.clone(),
            by: decision.member_name.clone(),
            by_role: decision.member_role_title.clone(),
            organisation: organisation.to_owned(),
            accountable: words::accountable(organisation, "this decision"),
            when: words::moment(decision.recorded_at),
            choice: words::choice(decision.own.choice),
            rows: rows(&decision, &names),
            items: judged(pack, &decision),
            matter: OnMatter { id: matter.id.to_string(), title: matter.title },
            corrects: corrects.as_ref().map(|earlier| other(earlier, &why(&decision))),
            corrects_destroyed,
            corrected_by: corrected_by.iter().map(|later| other(later, &why(later))).collect(),
            works: way == Way::Ordinary,
            ledger,
            caldicott,
            parts: advice.map(|advice| ResultParts::new(pack, advice, None)),
        }
    }
}

/// The people of a decision by name; those of whom nothing is kept any more are counted.
pub(super) fn names(decision: &Decision, people: &[casework::Person]) -> Vec<String> {
    let gone = decision.people.len().saturating_sub(people.len());
    let said = (gone > 0).then(|| words::destroyed_people(gone));
    people.iter().map(words::person).chain(said).collect()
}

/// The items of a decision as they were judged.
pub(super) fn judged(pack: &guidance::Pack, decision: &Decision) -> Vec<JudgedItem> {
    let one = |item: &casework::DecidedItem| JudgedItem {
        text: item.entry.text.clone(),
        judgement: item.judgement.word(),
        judged: match item.judgement {
            Judgement::In => "Share",
            Judgement::Out => "Leave out",
            Judgement::Ask => "Ask first",
        },
        reason: item.reason.clone(),
        notes: item_notes(pack, &item.entry),
    };
    decision.items.iter().map(one).collect()
}

/// What the practitioner recorded, term by term; what was left empty is left out.
pub(super) fn rows(decision: &Decision, people: &[String]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut say = |term: &'static str, text: &str| {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if !text.trim().is_empty() {
            rows.push(Row { term, lines });
        }
    };
    say("People it is about", &people.join("\n"));
    say("Reasons", &decision.own.reasons);
    if let Some(advice) = &decision.advice {
        say("What was advised", words::verdict(advice.verdict));
    }
    say("Why this departs from the advice", decision.own.departing.as_deref().unwrap_or_default());
    if let Some(to) = &decision.recipient {
        let said = [&to.name, &to.role, &to.organisation].into_iter().filter(|part| !part.is_empty());
        let heading = if decision.own.choice.shares() { "To whom" } else { "Who asked, or would have received it" };
        say(heading, &said.map(String::as_str).collect::<Vec<_>>().join(", "));
    }
    say("What for", &decision.purpose);
    for done in &decision.acts_done {
        let what = match done.act.as_str() {
            "police" => "The police were told",
            "csc" => "Children's social care was told",
            "asc" => "Adult social care was told",
            _ => "Done at once",
        };
        say(what, format!("{}\n{}", done.at, done.note).trim());
    }
    if let Some(article) = &decision.article_8 {
        say("Private and family life: the aim", &article.aim);
        say("Private and family life: why it is needed", &article.necessity);
        say("Private and family life: why this much", &article.proportionality);
    }
    match &decision.told {
        Some(Told::Yes { words }) => say("The person was told", if words.is_empty() { "Yes" } else { words }),
        Some(Told::Later { why }) => say("The person will be told later, because", why),
        Some(Told::No { why }) => say("The person was not told, because", why),
        None => {}
    }
    say("Look at this again on", &words::maybe_day(decision.look_again_on));
    say("Talked over with whoever asked", &decision.requester_discussion);
    say("Advice asked for", &decision.advice_sought);
    rows
}

impl Page for DecisionPage {
    const TEMPLATE: &'static str = "decision/decision.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "A recorded decision".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let other = || OtherRecord {
            href: "/decisions/2".into(),
            when: "24 November 2026, 9:00am".into(),
            why: "The date was wrong.".into(),
        };
        let page = |parts, corrects: Option<OtherRecord>, corrected_by| Self {
            id: "0198c".into(),
            reference: "0198c".into(),
            about: "Two brothers, missed meals".into(),
            by: "Amina Hart".into(),
            by_role: "Teacher".into(),
            organisation: "Larkfield School".into(),
            accountable: words::accountable("Larkfield School", "this decision"),
            when: "23 November 2026, 3:15pm".into(),
            choice: "Share",
            rows: vec![Row { term: "Reasons", lines: vec!["They are hungry.".into(), "Every Monday.".into()] }],
            items: vec![JudgedItem {
                text: "A bruise".into(),
                judgement: "in",
                judged: "Share",
                reason: "Needed.".into(),
                notes: vec!["Fact".into()],
            }],
            matter: OnMatter { id: "1".into(), title: "Missed meals".into() },
            corrects_destroyed: corrects.is_none(),
            corrects,
            corrected_by,
            works: true,
            ledger: LedgerLines::sample(true),
            caldicott: vec![Principle {
                title: "1. Justify the purpose".into(),
                text: "Know why confidential information is used, each time.".into(),
                how: vec!["So that the boys are fed.".into(), "Advised: Say what it is for.".into()],
            }],
            parts,
        };
        vec![
            ("with advice", page(Some(sample_parts(guidance::Verdict::Share)), Some(other()), vec![other()])),
            ("a quick record", page(None, None, vec![])),
        ]
    }
}

async fn record(visit: &Visit, id: &str) -> Result<DecisionRecord, Stopped> {
    let actor = visit.actor()?;
    let id: DecisionId = named(id)?;
    Ok(actions::decision(visit.app(), actor, id).await?)
}

/// `GET /decisions/{decision}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let record = record(&visit, &id).await?;
    let actor = visit.actor()?;
    let found = actions::in_ledger(visit.app(), actor, record.decision.id).await?;
    let witnessing = actions::witnessing(visit.app(), actor.organisation.id).await?;
    let ledger = LedgerLines::new(&visit, &found, &witnessing, actions::ledger_key(visit.app(), actor).await?);
    Ok(visit.page(&DecisionPage::new(&visit, &actor.organisation.name, record, ledger)))
}

/// `GET /decisions/{decision}/record.json`: the record as data.
pub(super) async fn data(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    actions::take_file(visit.app(), visit.actor()?).await?;
    let record = record(&visit, &id).await?;
    let advice: Option<serde_json::Value> = match &record.decision.advice {
        Some(advice) => Some(serde_json::from_str(&advice.document).map_err(AppError::internal)?),
        None => None,
    };
    let whole = serde_json::json!({ "decision": record.decision, "people": record.people, "advice": advice });
    let body = serde_json::to_vec_pretty(&whole).map_err(AppError::internal)?;
    Ok(download("application/json", &format!("decision-{id}.json"), body))
}

/// `GET /decisions/{decision}/receipt`: the proof that the record is in the ledger. It holds nothing of what the record says.
pub(super) async fn receipt(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id: DecisionId = named(&id)?;
    let found = actions::in_ledger(visit.app(), visit.actor()?, id).await?;
    let receipt = found.receipt.ok_or(AppError::Unavailable(
        "The receipt follows with the ledger’s next checkpoint, within some seconds. Try again in a moment.",
    ))?;
    Ok(download("text/plain; charset=utf-8", &format!("decision-{id}.tlog-proof"), receipt.into_bytes()))
}

/// `GET /decisions/{decision}/record.pdf`: the record on paper.
pub(super) async fn pdf(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    actions::take_file(visit.app(), visit.actor()?).await?;
    let record = record(&visit, &id).await?;
    let document = paper::of(&visit, &visit.actor()?.organisation.name, &record);
    let rendered = tokio::task::spawn_blocking(move || document::render(&document)).await;
    let bytes = rendered.map_err(AppError::internal)?.map_err(AppError::internal)?;
    Ok(download("application/pdf", &format!("decision-{id}.pdf"), bytes))
}

/// A file to be kept.
pub(super) fn download(kind: &'static str, name: &str, body: Vec<u8>) -> Response {
    let headers: [(HeaderName, String); 2] =
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    (headers, body).into_response()
}

/// `POST /decisions/{decision}/correct`: a draft that begins with what was then answered.
pub(super) async fn correct(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let id: DecisionId = named(&id)?;
    // What was recorded quickly is corrected as quickly.
    if actions::decision_to_correct(visit.app(), actor, id).await?.decision.advice.is_none() {
        return Ok(go_on(&format!("/decide/not-sharing?corrects={id}")));
    }
    let draft = actions::start_correction(visit.app(), actor, id).await?;
    Ok(go_on(&format!("/decide/{}/check", draft.id)))
}

/// The same facts, decided again.
#[derive(Debug, Serialize)]
pub struct ReplayPage {
    id: String,
    then: String,
    today: String,
    given: String,
    today_sentence: String,
    same_again: &'static str,
    pack_changed: Vec<String>,
    law_changed: Vec<String>,
}

impl Page for ReplayPage {
    const TEMPLATE: &'static str = "decision/replay.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "The same facts, decided again".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |pack_changed: Vec<String>| Self {
            id: "0198c".into(),
            then: "1 June 2025".into(),
            today: "23 November 2026".into(),
            given: "Share it with the duty social worker.".into(),
            today_sentence: "Share it with the duty social worker.".into(),
            same_again: "The guidance of that day gives exactly the same advice again.",
            pack_changed,
            law_changed: vec!["A new duty fits now.".into()],
        };
        vec![("law changed", page(vec![])), ("pack changed too", page(vec!["It is worded differently.".into()]))]
    }
}

/// `GET /decisions/{decision}/replay`
pub(super) async fn replay(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let decision: DecisionId = named(&id)?;
    let replay = actions::replay(visit.app(), actor, decision).await?;
    Ok(visit.page(&ReplayPage {
        id,
        then: words::day(replay.then),
        today: words::day(replay.today),
        given: replay.given.sentence,
        today_sentence: replay.today_view.map_or_else(
            || "Today's guidance asks in another way, so these facts cannot be judged as they are.".to_owned(),
            |view| view.sentence,
        ),
        same_again: match replay.same_again {
            Some(true) => "The guidance of that day gives exactly the same advice again.",
            Some(false) => "The guidance of that day, read by today's program, says it differently from the record.",
            None => "The guidance of that day can no longer be read by today's program.",
        },
        pack_changed: replay.pack_changed.map(|difference| difference.paragraphs()).unwrap_or_default(),
        law_changed: replay.law_changed.paragraphs(),
    }))
}
