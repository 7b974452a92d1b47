//! The parts of a pack that steer: facts, bodies, law, flow, sayings, outcomes, items.

use jiff::civil::Date;
use serde::Serialize;

use super::condition::{Gives, NodeIx};
use crate::source::Place;

/// Position of a fact in [`super::Pack::facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FactIx(pub u16);

/// How a fact is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// One of the values.
    One,
    /// Any number of the values.
    Many,
    /// A kind of body.
    Body,
}

/// A value that a fact may have.
#[derive(Clone, Debug, Serialize)]
pub struct FactValue {
    /// Its id.
    pub id: String,
    /// What people read.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// The heading under which long lists show it; may be empty.
    pub group: String,
}

/// A fact that may be asked.
#[derive(Clone, Debug, Serialize)]
pub struct FactDefinition {
    /// Its id.
    pub id: String,
    /// A noun phrase.
    pub label: String,
    /// What exactly is meant.
    pub help: String,
    /// The sentence shown when it is what is missing.
    pub missing: String,
    /// Where it comes from.
    pub source: String,
    /// How it is answered.
    pub kind: FactKind,
    /// Answered once by an organisation's administrator, never in the flow.
    pub profile: bool,
    /// Worked out from the items, never asked.
    pub derived: bool,
    /// The values, besides unsure and unknown.
    pub values: Vec<FactValue>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A list of bodies that a law refers to.
#[derive(Clone, Debug, Serialize)]
pub struct BodyList {
    /// Its id.
    pub id: String,
    /// What being on it means.
    pub label: String,
    /// The sentence for a body outside it, with `{body}` or `{Body}`.
    pub outside: String,
    /// Where it comes from.
    pub source: String,
}

/// Which part a kind of body may play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyPart {
    /// May hold the information.
    Discloser,
    /// May receive it.
    Recipient,
}

/// A kind of body.
#[derive(Clone, Debug, Serialize)]
pub struct Body {
    /// Its id.
    pub id: String,
    /// Its name in lists.
    pub label: String,
    /// Its name in a sentence, with its article: "an NHS trust".
    pub phrase: String,
    /// Its heading in pick lists.
    pub group: String,
    /// The lists it is on.
    pub lists: Vec<String>,
    /// The parts it may play.
    pub parts: Vec<BodyPart>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// Whether an entry is known to be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Commencement {
    /// Known.
    Confirmed,
    /// Announced; offered with a warning and never enough alone.
    Unconfirmed,
    /// Not yet; shown and never fits.
    Inactive,
}

/// A stretch of time in which an entry's condition stays the same.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// First day in force; open when unknown.
    pub from: Option<Date>,
    /// First day no longer in force; open when no end is known.
    pub to: Option<Date>,
    /// What changed; may be empty.
    pub note: String,
    /// The condition; none: it never fits.
    #[serde(skip)]
    pub when: Option<NodeIx>,
}

/// An entry of the law register (LAW-1).
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its stable id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its citation.
    pub cite: String,
    /// Its part in a decision: gateway, article-6, …
    pub role: String,
    /// What it is: duty, power, …
    pub nature: String,
    /// What it can carry in a verdict.
    pub gives: Vec<Gives>,
    /// V, V~ or G.
    pub status: String,
    /// Whether it is known to be in force.
    pub commencement: Commencement,
    /// Whether the guidance cites it.
    pub from_guidance: bool,
    /// What the guidance cites, where that differs.
    pub guidance_cites: String,
    /// What stands today, where the guidance is out of date.
    pub today: String,
    /// In plain English.
    pub summary: String,
    /// Who may rely on it.
    pub who: String,
    /// To whom.
    pub to: String,
    /// For what purpose.
    pub purpose: String,
    /// About whom.
    pub about: String,
    /// Why it fits, when it does.
    pub why: String,
    /// What a lawyer would add.
    pub caveats: Vec<String>,
    /// Where to read it.
    pub url: String,
    /// When it is in force, and on what condition.
    pub periods: Vec<Period>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

impl Entry {
    /// The period in force on a day.
    #[must_use]
    pub fn period_on(&self, day: Date) -> Option<&Period> {
        self.periods
            .iter()
            .find(|period| period.from.is_none_or(|from| from <= day) && period.to.is_none_or(|to| day < to))
    }
}

/// A stage of the flow.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// What a question's page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// Facts and texts.
    Facts,
    /// The items of information.
    Items,
}

/// A free-text field of a question. Texts never steer.
#[derive(Clone, Debug, Serialize)]
pub struct TextField {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// Whether it takes several lines.
    pub long: bool,
    /// Whether it takes a date.
    pub date: bool,
}

/// A question of the flow: one page.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// Its id, which is also its address.
    pub id: String,
    /// The stage it belongs to.
    pub stage: String,
    /// The heading.
    pub title: String,
    /// A paragraph under it; may be empty.
    pub lead: String,
    /// Why we ask.
    pub why: String,
    /// Where it comes from.
    pub source: String,
    /// What the page holds.
    pub kind: QuestionKind,
    /// The facts it asks.
    pub facts: Vec<String>,
    /// The texts it asks.
    pub texts: Vec<TextField>,
    /// Asked only when this is met or open.
    #[serde(skip)]
    pub ask_when: Option<NodeIx>,
    /// May be completed afterwards in an emergency (DEC-12).
    pub later: bool,
    /// Offers the signs of abuse.
    pub signs: bool,
    /// Myths answered here.
    pub myths: Vec<String>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// In which part of the result something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SayAs {
    /// A warning.
    Warning,
    /// A next step.
    Step,
    /// About openness with the person.
    Tell,
    /// About how to share.
    Method,
    /// About the items.
    Item,
    /// Words to use.
    Words,
}

/// A sentence that is said when its condition is met.
#[derive(Clone, Debug, Serialize)]
pub struct Say {
    /// Its id.
    pub id: String,
    /// Where it is said.
    pub part: SayAs,
    /// A heading, for words to use; may be empty.
    pub title: String,
    /// The sentence.
    pub text: String,
    /// When.
    #[serde(skip)]
    pub when: Option<NodeIx>,
    /// With which verdicts; empty: with any.
    pub verdicts: Vec<String>,
    /// The rules it applies.
    pub applies: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// Something to do now, before anything else (DEC-2).
#[derive(Clone, Debug, Serialize)]
pub struct Act {
    /// `police`, `csc` or `asc`.
    pub id: String,
    /// What to do.
    pub title: String,
    /// More.
    pub text: String,
    /// The emergency number; may be empty.
    pub phone: String,
    /// The number when it is not an emergency; may be empty.
    pub phone_else: String,
    /// When.
    #[serde(skip)]
    pub when: NodeIx,
    /// Where it comes from.
    pub source: String,
}

/// Position of a line in the order of DEC-4b.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum LineIx {
    /// (1) telling this recipient would itself raise the risk.
    RaisesRisk = 0,
    /// (2) danger, told to a direct protector.
    Danger = 1,
    /// (3) possible danger, told to another body that can protect: never "do not share".
    Protective = 2,
    /// (4) the purpose.
    Purpose = 3,
    /// (5) consent.
    Consent = 4,
    /// (6) nobody identifiable.
    Identifies = 5,
    /// (7) a lawful reason without consent.
    LawfulReason = 6,
}

impl LineIx {
    /// All lines in order.
    pub const ALL: [LineIx; 7] = [
        LineIx::RaisesRisk,
        LineIx::Danger,
        LineIx::Protective,
        LineIx::Purpose,
        LineIx::Consent,
        LineIx::Identifies,
        LineIx::LawfulReason,
    ];

    /// The id under which a pack words the line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            LineIx::RaisesRisk => "raises-risk",
            LineIx::Danger => "danger",
            LineIx::Protective => "protective",
            LineIx::Purpose => "purpose",
            LineIx::Consent => "consent",
            LineIx::Identifies => "identifies",
            LineIx::LawfulReason => "lawful-reason",
        }
    }
}

/// A line of the verdict, in words.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The question it asks.
    pub question: String,
    /// Whether it is one of the guidance's four questions, drawn in the chart.
    pub chart: bool,
    /// The sentence when the answer is yes.
    pub yes: String,
    /// The sentence when it is no.
    pub no: String,
    /// The sentence when it is unsure.
    pub unsure: String,
    /// The sentence when it is unknown.
    pub unknown: String,
    /// The sentence when danger has decided already; empty: as otherwise.
    pub in_danger: String,
    /// Where it comes from.
    pub source: String,
}

/// A verdict, in words.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictWords {
    /// Its id.
    pub id: String,
    /// A short title.
    pub title: String,
    /// The answer in one sentence, with places to fill.
    pub sentence: String,
    /// What it means.
    pub meaning: String,
    /// What happens next.
    pub next: String,
}

/// A conclusion from other answers, drawn only when the fact itself was not answered, and always shown.
#[derive(Clone, Debug, Serialize)]
pub struct Inference {
    /// Its id.
    pub id: String,
    /// The fact concluded.
    pub fact: FactIx,
    /// The answer concluded, as a mask.
    #[serde(skip)]
    pub mask: u64,
    /// When.
    #[serde(skip)]
    pub when: NodeIx,
    /// What people read.
    pub words: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// Something asked of each item of information.
#[derive(Clone, Debug, Serialize)]
pub struct ItemField {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// What is meant.
    pub help: String,
    /// The values; none for texts and dates.
    pub values: Vec<FactValue>,
    /// Where it comes from.
    pub source: String,
}

/// What is judged of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Share it.
    In,
    /// Leave it out.
    Out,
    /// Ask for advice about it first.
    Ask,
}

/// A rule by which an item is judged, or noted.
#[derive(Clone, Debug, Serialize)]
pub struct ItemRule {
    /// Its id.
    pub id: String,
    /// The item is held back until somebody entitled has advised, whatever is needed.
    pub holds: bool,
    /// The judgement; none: a note only.
    pub judgement: Option<Judgement>,
    /// Why.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// Field and accepted values; all must hold.
    pub when: Vec<(String, Vec<String>)>,
}
