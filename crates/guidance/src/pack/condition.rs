//! Conditions: named facts with allowed values, joined by all, any, not and sure. No scripting.

use serde::Serialize;

use super::model::FactIx;

/// Position of a node in [`super::Pack::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct NodeIx(pub u32);

/// What a law entry can carry in a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// A duty or power to tell (DEC-4a i).
    Gateway,
    /// An obligation to tell, on which Article 6(1)(c) can rest.
    Duty,
    /// It answers the duty of confidence.
    OverridesConfidence,
    /// A basis in Article 6.
    #[serde(rename = "article-6")]
    Article6,
    /// A condition in Article 9.
    #[serde(rename = "article-9")]
    Article9,
    /// A condition in Article 10.
    #[serde(rename = "article-10")]
    Article10,
    /// Law-enforcement processing.
    LawEnforcement,
}

impl Gives {
    /// All of them.
    pub const ALL: [Gives; 7] = [
        Gives::Gateway,
        Gives::Duty,
        Gives::OverridesConfidence,
        Gives::Article6,
        Gives::Article9,
        Gives::Article10,
        Gives::LawEnforcement,
    ];

    /// The id under which packs write it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Gives::Gateway => "gateway",
            Gives::Duty => "duty",
            Gives::OverridesConfidence => "overrides-confidence",
            Gives::Article6 => "article-6",
            Gives::Article9 => "article-9",
            Gives::Article10 => "article-10",
            Gives::LawEnforcement => "law-enforcement",
        }
    }
}

/// The kinds of node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// The answer is one of these (a mask of [`crate::facts::Facts::mask`]).
    Is {
        /// The fact.
        fact: FactIx,
        /// Accepted answers.
        accept: u64,
    },
    /// Met unless the answer is one of these.
    Unless {
        /// The fact.
        fact: FactIx,
        /// Answers for which it is not met.
        reject: u64,
    },
    /// All of the children.
    All(Vec<NodeIx>),
    /// Any of the children.
    Any(Vec<NodeIx>),
    /// The opposite.
    Not(NodeIx),
    /// Certainly met.
    Sure(NodeIx),
    /// A named condition.
    Named(usize),
    /// A law entry fits.
    Entry(usize),
    /// Some entry that gives this fits and its commencement is confirmed.
    AnyEntry(Gives),
}

/// A node of a condition.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it asks.
    pub kind: NodeKind,
    /// The sentence shown when this is why something does not fit; may be empty.
    pub fails: String,
    /// The sentence shown when this is what is missing; may be empty.
    pub missing: String,
    /// It fails today but can be put right.
    pub mendable: bool,
    /// The first list or body named, for the default sentence of a body condition.
    pub list: Option<usize>,
}

/// A named condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its id.
    pub id: String,
    /// What it says when met.
    pub words: String,
    /// Where it comes from.
    pub source: String,
    /// What it asks.
    pub node: NodeIx,
    /// Where it is written.
    pub place: crate::source::Place,
}
