//! Recording: the practitioner's own decision and reasons, with the advice as it stands.

use axum::response::Response;
use casework::{ActDone, Article8, Correction, DecisionId, Matter, NewPerson, Recipient, Told};
use jiff::civil::Date;
use serde::Serialize;

use super::answers::typed;
use super::differing::{ItemToJudge, Known, items, known, known_field, own_judgements};
use super::journey::{Journey, Way};
use super::now::{done_at, done_note};
use super::result::sample_item;
use crate::actions::{self, Advised, Basis, CORRECTS, OnMatter, RecordDecision, Whom};
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::{Sent, TypedDate};
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// The page on which a decision is recorded.
#[derive(Debug, Serialize)]
pub struct RecordPage {
    way: Way,
    errors: Vec<ErrorLine>,
    advised: String,
    urgent: bool,
    corrects: bool,
    decision: Vec<Field>,
    items_to_judge: Vec<ItemToJudge>,
    whom: Vec<Field>,
    article_8: Vec<Field>,
    told: Vec<Field>,
    more: Vec<Field>,
}

const DATE: &str = "look_again_on";

/// What stands in the form: as it was sent, or as far as the draft already knows it.
struct Filled(Sent);

impl Filled {
    fn from_draft(journey: &Journey<'_>) -> Self {
        let text = |id: &str| journey.draft.texts.get(id).cloned().unwrap_or_default();
        let told = match journey.draft.answers.get("person_told").and_then(|told| told.first()).map(String::as_str) {
            Some("yes" | "told") => "yes",
            Some("no") => "no",
            Some("later" | "not-yet" | "will-tell") => "later",
            _ => "",
        };
        let look_again = typed(&text(DATE));
        let kind = journey.draft.answers.get("recipient_kind").and_then(|kind| kind.first());
        let organisation =
            kind.and_then(|kind| journey.pack.body(kind)).map(|body| body.label.clone()).unwrap_or_default();
        let fields = [
            ("purpose", text("purpose_words")),
            ("recipient_organisation", organisation),
            ("recipient_name", text("recipient_name")),
            ("recipient_role", text("recipient_role")),
            ("aim", text("purpose_words")),
            ("necessity", text("article8")),
            ("matter", "new".to_owned()),
            ("told", told.to_owned()),
            ("why_not_told", text("not_told_reason")),
            ("look_again_on-day", look_again.day),
            ("look_again_on-month", look_again.month),
            ("look_again_on-year", look_again.year),
        ];
        Self(Sent::of(fields.map(|(name, value)| (name.to_owned(), value))))
    }

    fn line(&self, name: &str, label: &str, hint: &str) -> Field {
        Field::text(name, label, self.0.text(name)).hint(hint)
    }

    fn long(&self, name: &str, label: &str, hint: &str, rows: u8) -> Field {
        Field::long(name, label, self.0.text(name), rows).hint(hint)
    }

    fn radios(&self, name: &str, label: &str, choices: &[(&str, &str)]) -> Field {
        let chosen = self.0.text(name);
        let choices = choices.iter().map(|(value, text)| Choice::new(*value, *text, "", chosen == *value));
        Field::radios(name, label, choices.collect())
    }
}

impl RecordPage {
    fn new(
        journey: &Journey<'_>,
        advised: &Advised,
        (matters, known): (&[Matter], &[Known]),
        filled: &Filled,
        problems: &[FieldProblem],
    ) -> Self {
        let choices: Vec<(&str, &str)> =
            casework::Choice::ALL.iter().map(|choice| (choice.word(), words::choice(*choice))).collect();
        let mut decision = vec![
            filled.radios("choice", "What do you decide?", &choices),
            filled.long("reasons", "Your reasons", "In your own words. They stand on the record.", 5),
            filled.long(
                "departing",
                "If you decide differently from the advice: why?",
                "Leave this empty if you follow it.",
                3,
            ),
        ];
        let corrects = journey.draft.texts.contains_key(CORRECTS);
        if corrects {
            decision.insert(0, filled.long("why", "What was wrong with the earlier record?", "Both stay visible.", 3));
        }
        let mut whom = vec![filled.line(
            "about",
            "Whom and what is this about, in a line?",
            "For example: two brothers, missed meals and a bruise",
        )];
        let known = known_field(known, journey.draft.matter.is_some(), &filled.0);
        let named =
            if known.is_some() { "Names of other people it is about" } else { "Names of the people it is about" };
        whom.extend(known);
        let hint = format!("{NAMED_HINT} Leave it empty if you do not know them yet.");
        whom.push(filled.long("people", named, &hint, 3));
        if journey.draft.matter.is_none() && !matters.is_empty() {
            let new = ("new".to_owned(), "A new matter".to_owned());
            let known = matters.iter().map(|matter| (matter.id.to_string(), matter.title.clone()));
            let all: Vec<(String, String)> = [new].into_iter().chain(known).collect();
            let all: Vec<(&str, &str)> = all.iter().map(|(value, text)| (value.as_str(), text.as_str())).collect();
            whom.push(filled.radios("matter", "Which matter does it belong to?", &all));
        }
        whom.extend([
            filled.line("recipient_organisation", "Who would receive it: which organisation?", ""),
            filled.line("recipient_name", "Which person or team?", ""),
            filled.line("recipient_role", "Their role", ""),
            filled.long("purpose", "What is it for?", "", 2),
        ]);
        let article_8 = if advised.interferes() {
            vec![
                filled.long(
                    "aim",
                    "What is sharing to achieve?",
                    "For example: to protect the health of the younger child.",
                    2,
                ),
                filled.long("necessity", "Why is it needed?", "", 2),
                filled.long("proportionality", "Why this much, and no more?", "", 2),
            ]
        } else {
            Vec::new()
        };
        let told = vec![
            filled.radios(
                "told",
                "Was the person told?",
                &[("yes", "Yes"), ("later", "Not yet: they will be told later"), ("no", "No")],
            ),
            filled.line("told_words", "If they were: what was said, and how they took it", ""),
            filled.long("why_not_told", "If not: why", "What could happen if they knew now.", 2),
            Field::date(DATE, "When will you look at this again?", filled.0.typed_date(DATE)),
        ];
        let more = vec![
            filled.long(
                "requester_discussion",
                "If somebody asked and you do not share: what you said to each other",
                "",
                3,
            ),
            filled.long(
                "advice_sought",
                "Advice you asked for, and what came of it",
                "Whom you asked, when, and what they said.",
                3,
            ),
        ];
        let with = |fields: Vec<Field>| fields.into_iter().map(|field| field.with(problems)).collect();
        Self {
            way: journey.way.clone(),
            errors: error_lines(problems, &[DATE]),
            advised: advised.view.sentence.clone(),
            urgent: advised.is_urgent(),
            corrects,
            decision: with(decision),
            items_to_judge: items(&advised.view.items, &filled.0, problems),
            whom: with(whom),
            article_8: with(article_8),
            told: with(told),
            more: with(more),
        }
    }
}

impl Page for RecordPage {
    const TEMPLATE: &'static str = "decide/record.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Record your decision".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problem = |field: &str, message: &str| FieldProblem { field: field.into(), message: message.into() };
        let problems = [problem("reasons", "Give your reasons."), problem("item-0-reason", "Say why.")];
        let page = |problems: &[FieldProblem]| Self {
            way: Way::Kept { id: "0198a".into() },
            errors: error_lines(problems, &[]),
            advised: "Share the attendance with the duty social worker.".into(),
            urgent: true,
            corrects: true,
            decision: vec![Field::long("reasons", "Your reasons", "", 5).with(problems)],
            items_to_judge: items(&[sample_item(0, "in")], &Sent::default(), problems),
            whom: vec![Field::text("about", "About", "")],
            article_8: vec![Field::long("aim", "What is sharing to achieve?", "", 2)],
            told: vec![Field::date(DATE, "When?", TypedDate::default())],
            more: vec![Field::long("advice_sought", "Advice", "", 2)],
        };
        vec![("empty", page(&[])), ("in error", page(&problems))]
    }
}

/// `GET /decide/{draft}/record`
pub async fn page(visit: &Visit, journey: &Journey<'_>) -> Result<Response, Stopped> {
    let matters = actions::matters(visit.app(), visit.actor()?).await?;
    let known = known(visit, journey, &matters).await?;
    let filled = Filled::from_draft(journey);
    Ok(visit.page(&RecordPage::new(journey, &journey.advised()?, (&matters, &known), &filled, &[])))
}

/// How people are named in a few lines.
pub(super) const NAMED_HINT: &str =
    "One on each line. Add the date of birth after a comma if you know it, for example: Sam Hart, 4 3 2017.";

/// The people named, one on each line, with the date of birth after a comma where it is known.
pub(super) fn named(text: &str, today: Date, problems: &mut Vec<FieldProblem>) -> Vec<Whom> {
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    names.map(|line| Whom::New(named_in(line, today, problems))).collect()
}

fn named_in(line: &str, today: Date, problems: &mut Vec<FieldProblem>) -> NewPerson {
    // "Hart, Sam" is a name: only what has figures in it is meant as a date.
    let dated = line.rsplit_once(',').filter(|(_, after)| after.contains(|letter: char| letter.is_ascii_digit()));
    let Some((name, written)) = dated else { return NewPerson { name: line.to_owned(), ..NewPerson::default() } };
    let written = written.trim().trim_start_matches("born").trim();
    let date_of_birth = typed(&written.replace(['/', '.', '-'], " ")).read().filter(|birth| *birth <= today);
    if date_of_birth.is_none() && problems.iter().all(|problem| problem.field != "people") {
        let message =
            "Enter a date of birth after the comma that is a real date in the past, like 4 3 2017, or leave it out.";
        problems.push(FieldProblem { field: "people".into(), message: message.into() });
    }
    NewPerson { name: name.trim().to_owned(), date_of_birth, ..NewPerson::default() }
}

/// Those who were chosen among the people offered, and those who are named anew.
fn whom(known: &[Known], sent: &Sent, today: Date, problems: &mut Vec<FieldProblem>) -> Vec<Whom> {
    let chosen = sent.all("known");
    let offered = known.iter().filter(|one| chosen.contains(&one.id.to_string())).map(|one| Whom::Known(one.id));
    offered.chain(named(&sent.text("people"), today, problems)).collect()
}

/// A recipient or a requester, if anything was said of one.
pub(super) fn recipient(sent: &Sent, body: Option<String>) -> Option<Recipient> {
    let [organisation, name, role] =
        ["organisation", "name", "role"].map(|part| sent.text(&format!("recipient_{part}")));
    let said = !(organisation.is_empty() && name.is_empty() && role.is_empty());
    said.then_some(Recipient { body, organisation, name, role })
}

/// Reads a date that may be left out, or says what to put right.
pub(super) fn maybe_date(sent: &Sent, name: &str, problems: &mut Vec<FieldProblem>) -> Option<jiff::civil::Date> {
    let written = sent.typed_date(name);
    let read = written.read();
    if read.is_none() && !written.is_blank() {
        let message = "Enter a real date, like 23 11 2026, or leave it empty.".to_owned();
        problems.push(FieldProblem { field: name.to_owned(), message });
    }
    read
}

fn command(
    journey: &Journey<'_>,
    advised: &Advised,
    known: &[Known],
    sent: &Sent,
) -> Result<RecordDecision, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let people = whom(known, sent, journey.today(), &mut problems);
    let items = own_judgements(&advised.view.items, sent, &mut problems);
    let look_again_on = maybe_date(sent, DATE, &mut problems);
    let choice = sent.text("choice").parse::<casework::Choice>();
    if choice.is_err() {
        problems.insert(0, FieldProblem { field: "choice".into(), message: "Say what you decide.".into() });
    }
    let Some(choice) = choice.ok().filter(|_| problems.is_empty()) else { return Err(problems) };
    let told = match sent.text("told").as_str() {
        "yes" => Some(Told::Yes { words: sent.text("told_words") }),
        "later" => Some(Told::Later { why: sent.text("why_not_told") }),
        "no" => Some(Told::No { why: sent.text("why_not_told") }),
        _ => None,
    };
    let matter = match (journey.draft.matter, sent.text("matter").parse()) {
        (Some(matter), _) | (None, Ok(matter)) => OnMatter::Existing(matter),
        (None, Err(_)) => OnMatter::New { title: String::new() },
    };
    let text = |key: String| journey.draft.texts.get(&key).cloned().unwrap_or_default();
    let done = advised.view.act_now.iter().filter(|act| !text(done_at(&act.id)).is_empty());
    let article_8 = advised.interferes().then(|| Article8 {
        aim: sent.text("aim"),
        necessity: sent.text("necessity"),
        proportionality: sent.text("proportionality"),
    });
    let correction: Option<DecisionId> = journey.draft.texts.get(CORRECTS).and_then(|id| id.parse().ok());
    let body =
        journey.draft.answers.get("recipient_kind").and_then(|kind| kind.first()).filter(|kind| *kind != "unsure");
    Ok(RecordDecision {
        basis: Basis::Draft(journey.draft.id, journey.draft.version),
        matter,
        people,
        about: sent.text("about"),
        purpose: sent.text("purpose"),
        choice,
        reasons: sent.text("reasons"),
        departing: sent.maybe("departing"),
        items,
        recipient: recipient(sent, body.cloned()),
        article_8,
        requester_discussion: sent.text("requester_discussion"),
        advice_sought: sent.text("advice_sought"),
        told,
        look_again_on,
        acts_done: done
            .map(|act| ActDone { act: act.id.clone(), at: text(done_at(&act.id)), note: text(done_note(&act.id)) })
            .collect(),
        corrects: correction.map(|decision| Correction { decision, why: sent.text("why") }),
        id: None,
    })
}

/// `POST /decide/{draft}/record`
pub async fn record(visit: &Visit, journey: &Journey<'_>, sent: &Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let advised = journey.advised()?;
    let matters = actions::matters(visit.app(), actor).await?;
    let known = known(visit, journey, &matters).await?;
    let recorded = match command(journey, &advised, &known, sent) {
        Ok(command) => actions::record_decision(visit.app(), actor, command).await,
        Err(problems) => Err(AppError::Invalid(problems)),
    };
    match recorded {
        Ok(decision) => Ok(go_on(&format!("/decisions/{}", decision.id))),
        Err(AppError::Invalid(problems)) => {
            let filled = Filled(sent.clone());
            Ok(visit.page(&RecordPage::new(journey, &advised, (&matters, &known), &filled, &problems)))
        }
        Err(error) => Err(error.into()),
    }
}
