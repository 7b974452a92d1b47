//! The items of information: added one by one, each saying what it is (REC-6).

use casework::{Draft, DraftItem, ItemEntry, ItemId};
use guidance::Pack;
use guidance::pack::Question;
use serde::Serialize;

use super::journey::{Journey, Way};
use super::now::{ActNow, acts};
use super::question::{OwnProcedure, own_procedure, stage_title};
use crate::web::Visit;
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::{Sent, TypedDate};
use crate::web::page::{Menu, Page};
use crate::{AppError, FieldProblem};

/// An item as the list shows it.
#[derive(Debug, Serialize)]
pub struct ItemLine {
    id: String,
    text: String,
    notes: Vec<String>,
}

/// The page on which items are listed.
#[derive(Debug, Serialize)]
pub struct ItemsPage {
    way: Way,
    acts: Vec<ActNow>,
    id: String,
    stage: String,
    question: String,
    lead: String,
    why: String,
    source: String,
    items: Vec<ItemLine>,
    procedure: Option<OwnProcedure>,
    back: Option<String>,
}

impl ItemsPage {
    /// The items of a journey.
    pub fn new(visit: &Visit, journey: &Journey<'_>, question: &Question) -> Result<Self, AppError> {
        let line = |item: &DraftItem| ItemLine {
            id: item.id.to_string(),
            text: item.entry.text.clone(),
            notes: notes(journey.pack, &item.entry),
        };
        Ok(Self {
            way: journey.way.clone(),
            acts: acts(visit, journey, &journey.advised()?),
            id: question.id.clone(),
            stage: stage_title(journey, question),
            question: question.title.clone(),
            lead: question.lead.clone(),
            why: question.why.clone(),
            source: question.source.clone(),
            items: journey.draft.items.iter().map(line).collect(),
            procedure: own_procedure(journey, &question.id),
            back: journey.before(&question.id)?.map(|before| before.id.clone()),
        })
    }
}

impl Page for ItemsPage {
    const TEMPLATE: &'static str = "decide/items.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        self.question.clone()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |way, items| Self {
            way,
            acts: vec![],
            id: "items".into(),
            stage: "What it is".into(),
            question: "What would you share?".into(),
            lead: "Add each piece of information by itself.".into(),
            why: "Share what is needed and no more.".into(),
            source: "guidance §5".into(),
            items,
            procedure: None,
            back: Some("recipient".into()),
        };
        let line =
            || ItemLine { id: "0198b".into(), text: "Attendance since September".into(), notes: vec!["Fact".into()] };
        vec![
            ("empty", page(Way::Kept { id: "0198a".into() }, vec![])),
            ("two items", page(Way::Kept { id: "0198a".into() }, vec![line(), line()])),
            ("talk", page(Way::Talk { state: "c2VhbGVk".into() }, vec![line()])),
        ]
    }
}

/// The fields that most items need; the others are folded away.
const FIRST: [&str; 7] = ["standing", "source", "event_date", "about", "category", "confidence", "need"];

/// The page of one item.
#[derive(Debug, Serialize)]
pub struct ItemPage {
    way: Way,
    errors: Vec<ErrorLine>,
    /// `new`, or the item's id.
    id: String,
    heading: &'static str,
    text: Field,
    first: Vec<Field>,
    more: Vec<Field>,
    more_open: bool,
}

impl ItemPage {
    /// The page of a new item (`None`) or of one that is there, with what was typed.
    pub fn new(journey: &Journey<'_>, id: Option<ItemId>, typed: &TypedItem, problems: &[FieldProblem]) -> Self {
        let field = |id: &str| item_field(journey.pack, id, typed).map(|field| field.with(problems));
        let first: Vec<Field> = FIRST.iter().filter_map(|id| field(id)).collect();
        let others = journey.pack.item_fields.iter().map(|field| field.id.as_str()).filter(|id| !FIRST.contains(id));
        let mut more: Vec<Field> = others.filter_map(field).collect();
        let context = Field::long("item-historical_context", "The story behind it", &typed.entry.historical_context, 3);
        more.push(context.hint("If it is old: when it was, what was going on, and what has changed since."));
        let kept = &typed.entry;
        let more_open = kept.recorded_on.is_some() || kept.last_checked_on.is_some() || kept.restriction.is_some();
        Self {
            way: journey.way.clone(),
            errors: error_lines(problems, &["item-event_date", "item-recorded_date", "item-last_checked"]),
            id: id.map_or_else(|| "new".to_owned(), |id| id.to_string()),
            heading: if id.is_some() { "Change a piece of information" } else { "Add a piece of information" },
            text: Field::long("item-text", "What is the information?", &typed.entry.text, 3)
                .hint("One thing only. Leave out names where you can: “the older child”, “the father”.")
                .with(problems),
            more_open: more_open || kept.historical.is_some() || more.iter().any(|field| field.error.is_some()),
            first,
            more,
        }
    }

    /// The same page, reached in another way.
    #[must_use]
    pub fn on(self, way: Way) -> Self {
        Self { way, ..self }
    }
}

impl Page for ItemPage {
    const TEMPLATE: &'static str = "decide/item.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        self.heading.to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = vec![FieldProblem { field: "item-text".into(), message: "Enter the information.".into() }];
        let page = |problems: &[FieldProblem]| Self {
            way: Way::Kept { id: "0198a".into() },
            errors: error_lines(problems, &[]),
            id: "new".into(),
            heading: "Add a piece of information",
            text: Field::long("item-text", "What is the information?", "", 3).with(problems),
            first: vec![Field::date("item-event_date", "When did it happen?", TypedDate::default())],
            more: vec![Field::radios("item-historical", "Is it old?", vec![Choice::new("no", "No", "", false)])],
            more_open: false,
        };
        vec![("empty", page(&[])), ("in error", page(&problems))]
    }
}

/// An item as it was typed: what could be read, and dates as they stand in their fields.
#[derive(Clone, Debug, Default)]
pub struct TypedItem {
    /// What could be read.
    pub entry: ItemEntry,
    dates: [TypedDate; 3],
}

const DATES: [&str; 3] = ["event_date", "recorded_date", "last_checked"];

impl TypedItem {
    /// An item that is there.
    pub fn of(entry: &ItemEntry) -> Self {
        let dates = [entry.event_on, entry.recorded_on, entry.last_checked_on].map(TypedDate::of);
        Self { entry: entry.clone(), dates }
    }

    /// What a form sent, and what is to be put right.
    pub fn read(sent: &Sent) -> (Self, Vec<FieldProblem>) {
        let text = |id: &str| sent.text(&format!("item-{id}"));
        let dates = DATES.map(|id| sent.typed_date(&format!("item-{id}")));
        let entry = ItemEntry {
            text: text("text"),
            standing: text("standing").parse().ok(),
            source: text("source"),
            event_on: dates[0].read(),
            recorded_on: dates[1].read(),
            last_checked_on: dates[2].read(),
            about: text("about").parse().ok(),
            confidence: text("confidence").parse().ok(),
            category: text("category").parse().ok(),
            need: text("need").parse().ok(),
            restriction: text("restriction").parse().ok(),
            historical: text("historical").parse().ok(),
            historical_context: text("historical_context"),
        };
        let mut problems = Vec::new();
        if entry.text.is_empty() {
            problems.push(FieldProblem { field: "item-text".into(), message: "Enter the information.".into() });
        }
        for (id, most) in [
            ("text", casework::LONGEST_TEXT),
            ("source", casework::LONGEST_LINE),
            ("historical_context", casework::LONGEST_TEXT),
        ] {
            let longer = casework::too_long(&text(id), most);
            problems.extend(longer.map(|message| FieldProblem { field: format!("item-{id}"), message }));
        }
        for (id, typed) in DATES.iter().zip(&dates) {
            if !typed.is_blank() && typed.read().is_none() {
                let message = "Enter a real date, like 23 11 2026, or leave it empty.".into();
                problems.push(FieldProblem { field: format!("item-{id}"), message });
            }
        }
        (Self { entry, dates }, problems)
    }

    fn word(&self, id: &str) -> Option<&'static str> {
        let entry = &self.entry;
        match id {
            "standing" => entry.standing.map(casework::Standing::word),
            "about" => entry.about.map(casework::About::word),
            "confidence" => entry.confidence.map(casework::Confidence::word),
            "category" => entry.category.map(casework::Category::word),
            "need" => entry.need.map(casework::Need::word),
            "restriction" => entry.restriction.map(casework::Restriction::word),
            "historical" => entry.historical.map(casework::Historical::word),
            _ => None,
        }
    }
}

fn item_field(pack: &Pack, id: &str, typed: &TypedItem) -> Option<Field> {
    let asked = pack.item_fields.iter().find(|field| field.id == id)?;
    let name = format!("item-{id}");
    if let Some(at) = DATES.iter().position(|date| *date == id) {
        return Some(Field::date(name, &asked.label, typed.dates[at].clone()).hint(&asked.help));
    }
    if asked.values.is_empty() {
        return Some(Field::text(name, &asked.label, &typed.entry.source).hint(&asked.help));
    }
    let chosen = typed.word(id);
    let mut choices: Vec<Choice> = asked
        .values
        .iter()
        .map(|value| Choice::new(&value.id, &value.label, &value.hint, chosen == Some(value.id.as_str())))
        .collect();
    if id == "confidence" {
        choices.push(Choice::new("unsure", "Not sure", "", chosen == Some("unsure")));
    }
    Some(Field::radios(name, &asked.label, choices).hint(&asked.help))
}

/// What an item is, in a few words.
pub fn notes(pack: &Pack, entry: &ItemEntry) -> Vec<String> {
    let typed = TypedItem::of(entry);
    let label = |id: &str| {
        let word = typed.word(id)?;
        let field = pack.item_fields.iter().find(|field| field.id == id)?;
        let value = field.values.iter().find(|value| value.id == word).map(|value| value.label.clone())?;
        match id {
            "need" => Some(match word {
                "yes" => "Needed".to_owned(),
                "no" => "Not needed".to_owned(),
                _ => "Not sure whether it is needed".to_owned(),
            }),
            "confidence" => (word == "yes").then(|| "Given in confidence".to_owned()),
            "restriction" => (word != "none").then_some(value),
            "historical" => (word != "no").then(|| "Old".to_owned()),
            _ => Some(value),
        }
    };
    let mut notes: Vec<String> = ["standing", "about", "category", "confidence", "need", "historical", "restriction"]
        .iter()
        .filter_map(|id| label(id))
        .collect();
    if !entry.source.is_empty() {
        notes.push(format!("From: {}", entry.source));
    }
    if let Some(date) = entry.event_on {
        notes.push(format!("Happened on {}", crate::web::words::day(date)));
    }
    notes
}

/// Puts an item into the draft: a new one, or in place of the one with this id.
pub fn put(draft: &mut Draft, id: ItemId, entry: ItemEntry) {
    match draft.items.iter_mut().find(|item| item.id == id) {
        Some(item) => item.entry = entry,
        None => draft.items.push(DraftItem { id, entry }),
    }
}
