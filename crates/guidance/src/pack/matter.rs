//! The parts of a pack that are for reading: rules, methods, schemes, myths, signs, resources, contacts, pages, changes, stories.

use jiff::civil::Date;
use serde::Serialize;

use crate::source::Place;

/// A golden rule, a principle or a Caldicott principle.
#[derive(Clone, Debug, Serialize)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// `golden`, `principle` or `caldicott`.
    pub set: String,
    /// Its number in the set.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Which part of a record shows how it was met, one of [`SHOWN_BY`]; empty where none does.
    pub shown_by: String,
    /// Where it comes from.
    pub source: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// The parts of a record that show how a rule was met: what it was for, whether it was needed, how little of it went, to whom, how it was
/// handled, under which law, how it was weighed, and what the person was told.
pub const SHOWN_BY: [&str; 8] = ["purpose", "need", "least", "recipient", "handling", "law", "balance", "told"];

/// A check before a share by some method.
#[derive(Clone, Debug, Serialize)]
pub struct MethodCheck {
    /// Its id.
    pub id: String,
    /// What to check.
    pub text: String,
}

/// A way of sharing (SEC-1).
#[derive(Clone, Debug, Serialize)]
pub struct Method {
    /// Its id: a value of the fact `method`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What to mind.
    pub text: String,
    /// Its checks.
    pub checks: Vec<MethodCheck>,
    /// Where it comes from.
    pub source: String,
}

/// A step of a scheme.
#[derive(Clone, Debug, Serialize)]
pub struct SchemeStep {
    /// Its title.
    pub title: String,
    /// What happens.
    pub text: String,
    /// The time limit; may be empty.
    pub limit: String,
}

/// A disclosure scheme (signpost).
#[derive(Clone, Debug, Serialize)]
pub struct Scheme {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub summary: String,
    /// Its steps.
    pub steps: Vec<SchemeStep>,
    /// What is still to be confirmed.
    pub caveats: Vec<String>,
    /// Where it comes from.
    pub source: String,
}

/// A myth and its answer (LRN-2).
#[derive(Clone, Debug, Serialize)]
pub struct Myth {
    /// Its id.
    pub id: String,
    /// The myth.
    pub title: String,
    /// The answer.
    pub answer: String,
    /// Where a practitioner meets it.
    pub r#where: String,
    /// Where it comes from.
    pub source: String,
}

/// Signs of one kind of abuse (PIC-5).
#[derive(Clone, Debug, Serialize)]
pub struct Sign {
    /// Its id.
    pub id: String,
    /// The kind of abuse.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The signs.
    pub signs: Vec<String>,
    /// Where it comes from.
    pub source: String,
}

/// A resource (LRN-3).
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What it is.
    pub note: String,
    /// Where it comes from.
    pub source: String,
    /// When it was last checked.
    pub checked: Option<Date>,
}

/// A front door of a council or service; hidden while unconfirmed.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// Its id.
    pub id: String,
    /// The council.
    pub council: String,
    /// The service: `csc` or `asc`.
    pub service: String,
    /// The number; empty while unknown.
    pub phone: String,
    /// When it is staffed.
    pub hours: String,
    /// Where the number comes from.
    pub source: String,
    /// When it was last checked.
    pub checked: Option<Date>,
    /// Whether somebody has confirmed it.
    pub confirmed: bool,
}

/// A part of a page.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Its title; may be empty.
    pub title: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// A page of the guidance (LRN-1).
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// Its id, which is also its address.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Its parts.
    pub sections: Vec<Section>,
    /// Questions, entries and pages it leads to, by id.
    pub links: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A change in the law (LAW-9).
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// When.
    pub date: Date,
    /// What, in short.
    pub title: String,
    /// What.
    pub text: String,
    /// The entries concerned.
    pub entries: Vec<String>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// An item of a story: field and value.
#[derive(Clone, Debug, Serialize)]
pub struct StoryItem {
    /// What it says.
    pub text: String,
    /// Field and value.
    pub fields: Vec<(String, String)>,
}

/// A worked story (LRN-4).
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Its id.
    pub id: String,
    /// A short title.
    pub title: String,
    /// The story as a practitioner would tell it.
    pub story: String,
    /// The day on which it is judged, if not today.
    pub on: Option<Date>,
    /// Fact and answers.
    pub facts: Vec<(String, Vec<String>)>,
    /// Free texts, for instance the recipient's name.
    pub texts: Vec<(String, String)>,
    /// Items.
    pub items: Vec<StoryItem>,
    /// The verdict expected.
    pub verdict: String,
    /// What to do now, expected.
    pub act_now: Vec<String>,
    /// Entries that must fit: each line is one requirement, `a | b` either, `a + b` both, brackets where they mix.
    pub rely_on: Vec<String>,
    /// Entries that must not fit.
    pub not_rely_on: Vec<String>,
    /// Ids of sayings that must be said.
    pub say: Vec<String>,
    /// Why, for the learner.
    pub discussion: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}
