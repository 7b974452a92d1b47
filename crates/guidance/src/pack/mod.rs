//! The guidance pack: the guidance and the law as data, read once and never changed.
//!
//! `docs/pack-format.md` describes the files; [`Pack::load`] reads them and refuses what is wrong, naming file and line.

mod condition;
mod matter;
mod model;
mod read;

pub use condition::{Condition, Gives, Node, NodeIx, NodeKind};
pub use matter::{
    Change, Contact, Method, MethodCheck, Myth, Page, Resource, Rule, SHOWN_BY, Scheme, SchemeStep, Section, Sign,
    Story, StoryItem,
};
pub use model::{
    Act, Body, BodyList, BodyPart, Commencement, Entry, FactDefinition, FactIx, FactKind, FactValue, Inference,
    ItemField, ItemRule, Judgement, Line, LineIx, Period, Question, QuestionKind, Say, SayAs, Stage, TextField,
    VerdictWords,
};

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::source::{Fault, SourceFile};
use crate::verdict::LineConditions;

/// A whole pack.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The pack's id, for instance `pan-cheshire`.
    pub id: String,
    /// The pack's version, as its authors name it.
    pub version: String,
    /// SHA-256 over the paths and texts of all its files, in hexadecimal: what a decision names.
    pub digest: String,
    /// The title people see.
    pub title: String,
    /// What the pack is.
    pub summary: String,
    /// What it was built from.
    pub based_on: String,
    /// The facts that may be asked.
    pub facts: Vec<FactDefinition>,
    /// Lists of bodies that a law refers to.
    pub lists: Vec<BodyList>,
    /// Kinds of body.
    pub bodies: Vec<Body>,
    /// All condition nodes; ranges of children lie next to each other.
    pub nodes: Vec<Node>,
    /// The named conditions, in an order in which each uses only earlier ones and `order`.
    pub conditions: Vec<Condition>,
    /// The law register.
    pub entries: Vec<Entry>,
    /// Conditions and entries in an order in which each depends only on earlier ones.
    pub order: Vec<Step>,
    /// The conditions that carry the verdict.
    pub lines: LineConditions,
    /// Stages of the flow.
    pub stages: Vec<Stage>,
    /// Questions of the flow, in the order of asking.
    pub questions: Vec<Question>,
    /// What is said when.
    pub says: Vec<Say>,
    /// What to do now.
    pub acts: Vec<Act>,
    /// The lines of the verdict, in words.
    pub line_words: Vec<Line>,
    /// The verdicts, in words.
    pub verdicts: Vec<VerdictWords>,
    /// What follows from other answers when a fact was not answered.
    pub inferences: Vec<Inference>,
    /// What is asked of each item.
    pub item_fields: Vec<ItemField>,
    /// How items are judged.
    pub item_rules: Vec<ItemRule>,
    /// Golden rules, principles and Caldicott principles.
    pub rules: Vec<Rule>,
    /// Ways of sharing.
    pub methods: Vec<Method>,
    /// Disclosure schemes.
    pub schemes: Vec<Scheme>,
    /// Myths and their answers.
    pub myths: Vec<Myth>,
    /// Signs of abuse and neglect.
    pub signs: Vec<Sign>,
    /// Resources.
    pub resources: Vec<Resource>,
    /// Contacts of councils and services.
    pub contacts: Vec<Contact>,
    /// Pages of the guidance.
    pub pages: Vec<Page>,
    /// What changed in the law, newest last.
    pub changes: Vec<Change>,
    /// Worked stories.
    pub stories: Vec<Story>,
    fact_index: HashMap<String, FactIx>,
    condition_index: HashMap<String, usize>,
    entry_index: HashMap<String, usize>,
}

/// A named condition or a law entry, as a step of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The condition with this index.
    Condition(usize),
    /// The entry with this index.
    Entry(usize),
}

impl Pack {
    /// Reads a pack from its files.
    ///
    /// # Errors
    /// Every fault found, sorted by file and line.
    pub fn load(files: &[SourceFile]) -> Result<Pack, Vec<Fault>> {
        read::load(files)
    }

    /// The index of a fact.
    #[must_use]
    pub fn fact_index(&self, id: &str) -> Option<FactIx> {
        self.fact_index.get(id).copied()
    }

    /// A fact by its id.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&FactDefinition> {
        self.fact_index(id).map(|index| &self.facts[index.0 as usize])
    }

    /// The index of a named condition.
    #[must_use]
    pub fn condition_index(&self, id: &str) -> Option<usize> {
        self.condition_index.get(id).copied()
    }

    /// The index of a law entry.
    #[must_use]
    pub fn entry_index(&self, id: &str) -> Option<usize> {
        self.entry_index.get(id).copied()
    }

    /// A law entry by its id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entry_index(id).map(|index| &self.entries[index])
    }

    /// A kind of body by its id.
    #[must_use]
    pub fn body(&self, id: &str) -> Option<&Body> {
        self.bodies.iter().find(|body| body.id == id)
    }

    /// A page of the guidance by its id.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// The facts that any condition looks at, in order of position: those that steer.
    #[must_use]
    pub fn steering(&self) -> Vec<FactIx> {
        read::steering(self)
    }

    /// The facts at which a condition itself looks, not through others it names, each with the answers it tells apart.
    pub(crate) fn looks(&self, at: NodeIx) -> Vec<(FactIx, u64)> {
        let mut open = vec![at];
        let mut looks = Vec::new();
        while let Some(at) = open.pop() {
            match &self.nodes[at.0 as usize].kind {
                NodeKind::Is { fact, accept: mask } | NodeKind::Unless { fact, reject: mask } => {
                    looks.push((*fact, *mask));
                }
                NodeKind::All(children) | NodeKind::Any(children) => open.extend(children),
                NodeKind::Not(child) | NodeKind::Sure(child) => open.push(*child),
                NodeKind::Named(_) | NodeKind::Entry(_) | NodeKind::AnyEntry(_) => {}
            }
        }
        looks
    }

    /// A question by its id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// The question that asks a fact.
    #[must_use]
    pub fn question_asking(&self, fact: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.facts.iter().any(|asked| asked == fact))
    }
}

/// SHA-256 over the paths and texts of all files, in hexadecimal; each part is preceded by its length, so that no two packs share bytes.
#[must_use]
pub fn digest(files: &[SourceFile]) -> String {
    let mut sorted: Vec<&SourceFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut hash = Sha256::new();
    for file in sorted {
        for part in [&file.path, &file.text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    let mut digest = String::new();
    for byte in hash.finalize() {
        // Writing to a text cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}
