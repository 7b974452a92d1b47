//! A case as people write it: facts, items of information and free texts, read once into types that cannot be wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, WrongAnswer};
use crate::pack::Pack;
use crate::source::{Document, Fault, Reader, did_you_mean};

/// One answer or several: JSON may say `"yes"` or `["protect-child", "crime"]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Answers {
    /// One answer.
    One(String),
    /// Several answers.
    Many(Vec<String>),
}

impl Answers {
    /// The answers as a list.
    #[must_use]
    pub fn list(&self) -> Vec<&str> {
        match self {
            Answers::One(value) => vec![value.as_str()],
            Answers::Many(values) => values.iter().map(String::as_str).collect(),
        }
    }
}

/// An item of information as it is written: its text, and fields such as `standing` or `need` (see the pack's item fields).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemDocument {
    /// What the item says.
    #[serde(default)]
    pub text: String,
    /// Field and value.
    #[serde(flatten)]
    pub fields: BTreeMap<String, String>,
}

/// A case as it is written in a facts file, sent over the API, or kept with a recorded decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaseDocument {
    /// The day whose law applies; today when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date, example = "2026-11-23"))]
    pub on: Option<Date>,
    /// Fact and answer.
    #[serde(default)]
    pub facts: BTreeMap<String, Answers>,
    /// Free texts such as `recipient_name`; they never steer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Items of information.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemDocument>,
}

/// What is wrong in a case document, and where: a fact, or a field of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseFault {
    /// A JSON pointer such as `/facts/consent` or `/items/0/standing`.
    pub pointer: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// An item of information, its fields checked against the pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What it says.
    pub text: String,
    /// Field and value; a field that was not answered is absent.
    pub fields: BTreeMap<String, String>,
}

impl Item {
    /// The value of a field; `unknown` when it was not answered.
    #[must_use]
    pub fn field(&self, id: &str) -> &str {
        self.fields.get(id).map_or("unknown", String::as_str)
    }
}

/// A case, checked: the engine takes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The facts as answered.
    pub facts: Facts,
    /// The items.
    pub items: Vec<Item>,
    /// Free texts for the wording.
    pub texts: BTreeMap<String, String>,
}

impl Case {
    /// A case in which nothing has been said.
    #[must_use]
    pub fn empty(pack: &Pack) -> Case {
        Case { facts: Facts::none(pack), items: Vec::new(), texts: BTreeMap::new() }
    }

    /// A case with facts only.
    #[must_use]
    pub fn of(facts: Facts) -> Case {
        Case { facts, items: Vec::new(), texts: BTreeMap::new() }
    }

    /// A free text, or nothing.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<&str> {
        self.texts.get(id).map(String::as_str).filter(|text| !text.trim().is_empty())
    }
}

impl CaseDocument {
    /// Checks the document against a pack.
    ///
    /// # Errors
    /// Every wrong fact, answer and item field, with the nearest right one.
    pub fn check(&self, pack: &Pack) -> Result<Case, Vec<CaseFault>> {
        let mut faults = Vec::new();
        let mut facts = Facts::none(pack);
        for (fact, answers) in &self.facts {
            if let Err(wrong) = answer(&mut facts, pack, fact, &answers.list()) {
                faults.push(CaseFault { pointer: format!("/facts/{fact}"), message: wrong.message });
            }
        }
        let items = self.items.iter().enumerate().map(|(at, item)| check_item(pack, at, item, &mut faults)).collect();
        if faults.is_empty() { Ok(Case { facts, items, texts: self.texts.clone() }) } else { Err(faults) }
    }

    /// Reads a facts file (TOML): `on`, `[facts]`, `[texts]` and `[[items]]`.
    ///
    /// # Errors
    /// Every fault, with its line and the nearest right name.
    pub fn from_toml(pack: &Pack, name: &str, text: &str) -> Result<(CaseDocument, Case), Vec<Fault>> {
        let faults = RefCell::new(Vec::new());
        let document = Document::new(name, text, &faults);
        let Some(table) = document.parse() else { return Err(faults.into_inner()) };
        let reader = Reader::new(&document, table.get_ref(), 0, "facts file");
        let read = read_case(pack, &reader);
        reader.finish();
        let mut faults = faults.into_inner();
        if faults.is_empty() {
            match read.check(pack) {
                Ok(case) => return Ok((read, case)),
                Err(wrong) => faults.extend(wrong.into_iter().map(|wrong| Fault {
                    file: name.to_owned(),
                    line: 0,
                    message: wrong.message,
                })),
            }
        }
        faults.sort();
        Err(faults)
    }
}

fn answer(facts: &mut Facts, pack: &Pack, fact: &str, values: &[&str]) -> Result<(), WrongAnswer> {
    if pack.fact(fact).is_some_and(|definition| definition.derived) {
        let message = format!("`{fact}` is worked out from the items: leave it out.");
        return Err(WrongAnswer { fact: fact.to_owned(), unknown_fact: false, message });
    }
    facts.answer(pack, fact, values)
}

fn check_field(pack: &Pack, id: &str, value: &str) -> Result<(), String> {
    let Some(field) = pack.item_fields.iter().find(|field| field.id == id) else {
        let hint = did_you_mean(id, pack.item_fields.iter().map(|field| field.id.as_str()));
        return Err(format!("an item has no `{id}`.{hint}"));
    };
    let allowed = field.values.iter().map(|value| value.id.as_str());
    if field.values.is_empty() || ["", "unknown"].contains(&value) || allowed.clone().any(|known| known == value) {
        return Ok(());
    }
    let hint = did_you_mean(value, allowed.clone());
    Err(format!("`{id}` of an item cannot be `{value}`.{hint} It may be: {}.", allowed.collect::<Vec<_>>().join(", ")))
}

fn check_item(pack: &Pack, at: usize, item: &ItemDocument, faults: &mut Vec<CaseFault>) -> Item {
    let mut fields = BTreeMap::new();
    for (id, value) in &item.fields {
        match check_field(pack, id, value) {
            Ok(()) if ["", "unknown"].contains(&value.as_str()) => {}
            Ok(()) => {
                fields.insert(id.clone(), value.clone());
            }
            Err(message) => faults.push(CaseFault { pointer: format!("/items/{at}/{id}"), message }),
        }
    }
    if item.text.trim().is_empty() {
        faults.push(CaseFault {
            pointer: format!("/items/{at}/text"),
            message: "say what this item of information is.".into(),
        });
    }
    Item { text: item.text.trim().to_owned(), fields }
}

fn read_case(pack: &Pack, reader: &Reader<'_, '_>) -> CaseDocument {
    let mut document = CaseDocument { on: reader.date("on"), ..CaseDocument::default() };
    if let Some(table) = reader.table("facts") {
        let mut trial = Facts::none(pack);
        for (fact, at) in table.keys() {
            let values = table.texts(&fact);
            let borrowed: Vec<&str> = values.iter().map(String::as_str).collect();
            if let Err(wrong) = answer(&mut trial, pack, &fact, &borrowed) {
                table.document.fault(at, wrong.message);
            }
            let answers = if let [one] = values.as_slice() { Answers::One(one.clone()) } else { Answers::Many(values) };
            document.facts.insert(fact, answers);
        }
    }
    if let Some(table) = reader.table("texts") {
        for (id, _) in table.keys() {
            document.texts.insert(id.clone(), table.text_or_empty(&id));
        }
    }
    for item in reader.tables("items") {
        let mut read = ItemDocument { text: item.text("text"), fields: BTreeMap::new() };
        for (id, at) in item.keys().into_iter().filter(|(id, _)| id != "text") {
            let value = if id.ends_with("_date") || id == "last_checked" {
                item.date(&id).map(|date| date.to_string()).unwrap_or_default()
            } else {
                item.text_or_empty(&id)
            };
            if let Err(message) = check_field(pack, &id, &value) {
                item.document.fault(at, message);
            }
            read.fields.insert(id, value);
        }
        document.items.push(read);
    }
    document
}
