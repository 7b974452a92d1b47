//! A draft as the case that guidance judges, and items between their two forms: words as packs spell them, and casework's types.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use casework::{Draft, DraftItem, ItemEntry, ItemId, NewDraft, Organisation, YesNo};
use guidance::case::{Answers, ItemDocument};
use guidance::{CaseDocument, Facts, Pack};
use jiff::civil::Date;

use crate::{App, AppError, FieldProblem};

/// The draft as a case: what it answers, what the organisation answers once for everybody, and its items.
///
/// An answer that today's pack no longer knows is left out, so that its question is asked again.
#[must_use]
pub fn case_of(pack: &Pack, organisation: &Organisation, draft: &Draft) -> CaseDocument {
    let mut facts = BTreeMap::new();
    let mut trial = Facts::none(pack);
    for (fact, values) in &draft.answers {
        let given: Vec<&str> = values.iter().map(String::as_str).collect();
        let derived = pack.fact(fact).is_none_or(|definition| definition.derived);
        if !given.is_empty() && !derived && trial.answer(pack, fact, &given).is_ok() {
            facts.insert(fact.clone(), answers(values));
        }
    }
    for (fact, value) in standing_answers(organisation) {
        if pack.fact(fact).is_some() {
            facts.entry(fact.to_owned()).or_insert(Answers::One(value));
        }
    }
    let items = draft.items.iter().filter(|item| !item.entry.text.trim().is_empty());
    let items = items.map(|item| document_of(pack, &item.entry)).collect();
    CaseDocument { on: None, facts, texts: draft.texts.clone(), items }
}

fn answers(values: &[String]) -> Answers {
    match values {
        [one] => Answers::One(one.clone()),
        several => Answers::Many(several.to_vec()),
    }
}

/// What the organisation answers once, so that no practitioner is asked.
fn standing_answers(organisation: &Organisation) -> Vec<(&'static str, String)> {
    let profile = &organisation.profile;
    let once = [
        ("policy_document", profile.policy_document),
        ("commissioned", profile.commissioned),
        ("designated", profile.designated),
    ];
    let once = once.into_iter().filter_map(|(fact, answer)| Some((fact, answer.map(YesNo::word)?.to_owned())));
    [("discloser_kind", organisation.body.clone())]
        .into_iter()
        .chain(once)
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// An item in the words of the pack. What the pack does not ask is left out.
fn document_of(pack: &Pack, entry: &ItemEntry) -> ItemDocument {
    let date = |date: Option<Date>| date.map(|date| date.to_string());
    let fields = [
        ("standing", entry.standing.map(|word| word.word().to_owned())),
        ("category", entry.category.map(|word| word.word().to_owned())),
        ("need", entry.need.map(|word| word.word().to_owned())),
        ("about", entry.about.map(|word| word.word().to_owned())),
        ("confidence", entry.confidence.map(|word| word.word().to_owned())),
        ("restriction", entry.restriction.map(|word| word.word().to_owned())),
        ("historical", entry.historical.map(|word| word.word().to_owned())),
        ("source", Some(entry.source.clone()).filter(|source| !source.trim().is_empty())),
        ("event_date", date(entry.event_on)),
        ("recorded_date", date(entry.recorded_on)),
        ("last_checked", date(entry.last_checked_on)),
    ];
    let asked = |id: &str, value: &str| {
        let field = pack.item_fields.iter().find(|field| field.id == id);
        field.is_some_and(|field| field.values.is_empty() || field.values.iter().any(|known| known.id == value))
    };
    let fields = fields.into_iter().filter_map(|(id, value)| Some((id.to_owned(), value?)));
    ItemDocument { text: entry.text.clone(), fields: fields.filter(|(id, value)| asked(id, value)).collect() }
}

/// What a whole case says, to start a draft with: what "talk it through" gathered, or what the API sent.
///
/// # Errors
/// `Invalid` on the item fields whose value cannot be read (`items/0/event_date`).
pub fn new_draft(app: &App, document: &CaseDocument) -> Result<NewDraft, AppError> {
    let answers = document
        .facts
        .iter()
        .map(|(fact, answers)| (fact.clone(), answers.list().into_iter().map(str::to_owned).collect()));
    let mut items = Vec::new();
    let mut problems = Vec::new();
    for (at, item) in document.items.iter().enumerate() {
        match entry_of(at, item) {
            Ok(entry) => items.push(DraftItem { id: app.clock.id(ItemId::new)?, entry }),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if !problems.is_empty() {
        return Err(AppError::Invalid(problems));
    }
    Ok(NewDraft { answers: answers.collect(), texts: document.texts.clone(), items })
}

/// An item of a case document as casework keeps it. `at` is its position, for naming the field.
///
/// # Errors
/// The fields whose value cannot be read.
pub fn entry_of(at: usize, item: &ItemDocument) -> Result<ItemEntry, Vec<FieldProblem>> {
    let mut fields = Fields { at, item, problems: Vec::new() };
    let entry = ItemEntry {
        text: item.text.clone(),
        standing: fields.word("standing"),
        source: fields.text("source").unwrap_or_default().to_owned(),
        event_on: fields.date("event_date"),
        recorded_on: fields.date("recorded_date"),
        last_checked_on: fields.date("last_checked"),
        about: fields.word("about"),
        confidence: fields.word("confidence"),
        category: fields.word("category"),
        need: fields.word("need"),
        restriction: fields.word("restriction"),
        historical: fields.word("historical"),
        historical_context: fields.text("historical_context").unwrap_or_default().to_owned(),
    };
    if fields.problems.is_empty() { Ok(entry) } else { Err(fields.problems) }
}

struct Fields<'a> {
    at: usize,
    item: &'a ItemDocument,
    problems: Vec<FieldProblem>,
}

impl<'a> Fields<'a> {
    fn text(&self, id: &str) -> Option<&'a str> {
        self.item.fields.get(id).map(String::as_str).filter(|value| !["", "unknown"].contains(value))
    }

    fn word<T: FromStr<Err: Display>>(&mut self, id: &str) -> Option<T> {
        let read = self.text(id)?.parse();
        self.read(id, read.map_err(|error: T::Err| error.to_string()))
    }

    fn date(&mut self, id: &str) -> Option<Date> {
        let read = self.text(id)?.parse();
        self.read(id, read.map_err(|_| "Enter a date as year-month-day, like 2026-11-23.".to_owned()))
    }

    fn read<T>(&mut self, id: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.problems.push(FieldProblem { field: format!("items/{}/{id}", self.at), message }))
            .ok()
    }
}
