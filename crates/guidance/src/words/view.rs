//! The shape of advice in words: what the page shows, the API returns and a decision keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::truth::Truth;
use crate::verdict::Verdict;

/// The whole advice in words. Lists are in the order in which they are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdviceView {
    /// The verdict.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "share"))]
    pub verdict: Verdict,
    /// The verdict's short title.
    pub title: String,
    /// The answer in one sentence.
    pub sentence: String,
    /// What that verdict means.
    pub meaning: String,
    /// What happens next.
    pub next: String,
    /// The line of the order of verdicts that decided.
    pub line: String,
    /// What to do now, before anything else.
    pub act_now: Vec<ActView>,
    /// The law that fits.
    pub rely_on: Vec<EntryView>,
    /// The law that nearly fits, with what is missing.
    pub nearly: Vec<EntryView>,
    /// The law that does not fit, with why.
    pub not_fitting: Vec<EntryView>,
    /// The items, in the order given.
    pub items: Vec<ItemView>,
    /// Warnings.
    pub warnings: Vec<SaidView>,
    /// Next steps.
    pub next_steps: Vec<SaidView>,
    /// How to share: the checks of the method.
    pub how: Vec<SaidView>,
    /// About openness with the person concerned.
    pub tell: Vec<SaidView>,
    /// Words to use, on the telephone or in writing (DEC-18).
    pub words: Vec<SaidView>,
    /// What would change the verdict.
    pub would_change: Vec<ChangeView>,
    /// The path taken, in order.
    pub explanation: Vec<StepView>,
    /// The parts of a lawful reason without consent.
    pub lawful_reason: Vec<PartView>,
    /// What is missing.
    pub missing: Vec<MissingView>,
    /// What was taken as given because nobody said otherwise: please check.
    pub assumed: Vec<String>,
    /// The rules and principles that this advice applies, by id.
    pub applies: Vec<String>,
    /// The pack that was used.
    pub pack: PackView,
    /// The day whose law was applied.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub on: Date,
}

/// Which pack was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackView {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its files.
    pub digest: String,
}

/// Something to do now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActView {
    /// `police`, `csc` or `asc`.
    pub id: String,
    /// What to do.
    pub title: String,
    /// More about it.
    pub text: String,
    /// The emergency number; may be empty.
    pub phone: String,
    /// The number when it is not an emergency; may be empty.
    pub phone_else: String,
    /// Where it comes from.
    pub source: String,
}

/// A law entry with how it fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its citation.
    pub cite: String,
    /// Its part in a decision.
    pub role: String,
    /// What it is.
    pub nature: String,
    /// What it says, in plain English.
    pub summary: String,
    /// Why it fits, what is missing, or why it does not fit.
    pub why: Vec<String>,
    /// What a lawyer would add.
    pub caveats: Vec<String>,
    /// V, V~ or G.
    pub status: String,
    /// Whether its start is unconfirmed, so that no verdict rests on it alone.
    pub start_unconfirmed: bool,
    /// Whether the guidance cites it.
    pub from_guidance: bool,
    /// Where to read it; may be empty.
    pub url: String,
}

/// An item with its judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemView {
    /// Its position, from 0.
    pub index: usize,
    /// What it says.
    pub text: String,
    /// `in`, `out` or `ask`.
    pub judgement: String,
    /// Why.
    pub why: String,
    /// More to mind about it.
    pub notes: Vec<String>,
}

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaidView {
    /// Its id.
    pub id: String,
    /// A heading; may be empty.
    pub title: String,
    /// The sentence.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// The rules it applies, by id.
    pub applies: Vec<String>,
}

/// Another answer that would give another verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeView {
    /// The fact.
    pub fact: String,
    /// The answers that lead there, by id.
    pub answers: Vec<String>,
    /// The verdict it would be.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub verdict: Verdict,
    /// The sentence.
    pub text: String,
    /// Whether nobody has answered this fact yet.
    pub unanswered: bool,
}

/// A step of the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepView {
    /// The line.
    pub line: String,
    /// The question.
    pub question: String,
    /// `yes`, `no`, `unsure` or `unknown`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub answer: Truth,
    /// What that means.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// Whether this line decided.
    pub decided: bool,
    /// The answers on which it rests.
    pub because: Vec<String>,
}

/// A part of the lawful reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartView {
    /// The named condition.
    pub id: String,
    /// What it asks for.
    pub text: String,
    /// `yes`, `no`, `unsure` or `unknown`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub answer: Truth,
    /// Where it comes from.
    pub source: String,
}

/// Something missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MissingView {
    /// The fact.
    pub fact: String,
    /// What to say.
    pub text: String,
    /// The question that asks it; may be empty.
    pub question: String,
    /// Whether the verdict turns on it; otherwise it can be completed afterwards.
    pub decides: bool,
    /// Whether somebody answered "not sure".
    pub unsure: bool,
}
