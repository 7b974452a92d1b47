//! Reading conditions into nodes.

use std::collections::HashMap;

use crate::facts::{FIRST_VALUE_BIT, UNKNOWN_BIT, UNSURE_BIT};
use crate::pack::Pack;
use crate::pack::condition::{Gives, Node, NodeIx, NodeKind};
use crate::pack::model::{Body, BodyList, FactDefinition, FactIx};
use crate::source::{Reader, did_you_mean};

/// The shapes a condition may have.
const SHAPES: [&str; 9] = ["all", "any", "not", "sure", "fact", "discloser", "recipient", "condition", "entry"];

/// Turns written conditions into nodes.
pub(super) struct Conditions<'p> {
    facts: &'p [FactDefinition],
    fact_index: HashMap<String, FactIx>,
    lists: &'p [BodyList],
    bodies: &'p [Body],
    named: HashMap<String, usize>,
    entries: HashMap<String, usize>,
    nodes: Vec<Node>,
}

impl<'p> Conditions<'p> {
    /// Starts with the facts, bodies and names of a pack.
    pub(super) fn new(pack: &'p Pack) -> Self {
        Conditions {
            facts: &pack.facts,
            fact_index: pack.fact_index.clone(),
            lists: &pack.lists,
            bodies: &pack.bodies,
            named: pack.condition_index.clone(),
            entries: pack.entry_index.clone(),
            nodes: Vec::new(),
        }
    }

    /// The nodes read.
    pub(super) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }

    fn push(&mut self, node: Node) -> NodeIx {
        self.nodes.push(node);
        NodeIx(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Reads the condition in a table; `aside` are keys of the table that belong to something else.
    pub(super) fn read(&mut self, reader: &Reader<'_, '_>, aside: &[&str]) -> NodeIx {
        let fails = reader.text_or_empty("fails");
        let missing = reader.text_or_empty("missing");
        let mendable = reader.flag("mendable", false);
        let present: Vec<&str> = SHAPES.into_iter().chain(["any_entry"]).filter(|shape| reader.has(shape)).collect();
        let (kind, list) = match present.as_slice() {
            [one] => self.read_shape(reader, one),
            [] => {
                reader.fault("a condition needs one of: all, any, not, sure, fact, discloser, recipient, condition, entry, any_entry.");
                (NodeKind::All(Vec::new()), None)
            }
            several => {
                reader.fault(format!(
                    "a condition is one thing, not {}: put them in `all = [ … ]` or `any = [ … ]`.",
                    several.join(" and ")
                ));
                (NodeKind::All(Vec::new()), None)
            }
        };
        if aside.is_empty() {
            reader.finish();
        }
        self.push(Node { kind, fails, missing, mendable, list })
    }

    fn read_shape(&mut self, reader: &Reader<'_, '_>, shape: &str) -> (NodeKind, Option<usize>) {
        match shape {
            "all" => (NodeKind::All(self.children(reader, "all")), None),
            "any" => (NodeKind::Any(self.children(reader, "any")), None),
            "not" => (NodeKind::Not(self.child(reader, "not")), None),
            "sure" => (NodeKind::Sure(self.child(reader, "sure")), None),
            "fact" => (self.fact(reader), None),
            "discloser" => self.body(reader, "discloser", "discloser_kind"),
            "recipient" => self.body(reader, "recipient", "recipient_kind"),
            "condition" => (NodeKind::Named(Self::named(reader, "condition", &self.named)), None),
            "entry" => (NodeKind::Entry(Self::named(reader, "entry", &self.entries)), None),
            _ => (Self::any_entry(reader), None),
        }
    }

    fn children(&mut self, reader: &Reader<'_, '_>, key: &str) -> Vec<NodeIx> {
        let tables = reader.tables(key);
        if tables.is_empty() {
            reader.fault(format!("`{key}` needs at least one condition."));
        }
        tables.iter().map(|child| self.read(child, &[])).collect()
    }

    fn child(&mut self, reader: &Reader<'_, '_>, key: &str) -> NodeIx {
        match reader.table(key) {
            Some(child) => self.read(&child, &[]),
            None => self.push(Node {
                kind: NodeKind::All(Vec::new()),
                fails: String::new(),
                missing: String::new(),
                mendable: false,
                list: None,
            }),
        }
    }

    /// The fact named by the key `fact`.
    pub(super) fn fact_named(&self, reader: &Reader<'_, '_>) -> Option<FactIx> {
        let id = reader.text("fact");
        let found = self.fact_index.get(&id).copied();
        if found.is_none() {
            reader.fault(format!(
                "there is no fact `{id}`.{}",
                did_you_mean(&id, self.facts.iter().map(|fact| fact.id.as_str()))
            ));
        }
        found
    }

    /// The values of a fact listed under a key, as a mask.
    pub(super) fn value_mask(&self, reader: &Reader<'_, '_>, key: &str, fact: FactIx) -> u64 {
        Self::mask(reader, key, &self.facts[fact.0 as usize])
    }

    fn fact(&self, reader: &Reader<'_, '_>) -> NodeKind {
        let Some(fact) = self.fact_named(reader) else {
            return NodeKind::All(Vec::new());
        };
        let definition = &self.facts[fact.0 as usize];
        match (reader.has("is"), reader.has("unless")) {
            (true, false) => NodeKind::Is { fact, accept: Self::mask(reader, "is", definition) },
            (false, true) => NodeKind::Unless { fact, reject: Self::mask(reader, "unless", definition) },
            _ => {
                reader.fault("a fact needs either `is = [ … ]` or `unless = [ … ]`.");
                NodeKind::All(Vec::new())
            }
        }
    }

    fn mask(reader: &Reader<'_, '_>, key: &str, definition: &FactDefinition) -> u64 {
        let mut mask = 0;
        for (value, at) in reader.texts_at(key) {
            mask |= match value.as_str() {
                "unknown" => UNKNOWN_BIT,
                "unsure" => UNSURE_BIT,
                id => {
                    if let Some(position) = definition.values.iter().position(|value| value.id == id) {
                        value_bit(position)
                    } else {
                        let hint = did_you_mean(id, definition.values.iter().map(|value| value.id.as_str()));
                        reader.document.fault(at, format!("`{}` cannot be `{id}`.{hint}", definition.id));
                        0
                    }
                }
            };
        }
        if mask == 0 {
            reader.fault(format!("`{key}` needs at least one value of `{}`.", definition.id));
        }
        mask
    }

    fn body(&self, reader: &Reader<'_, '_>, key: &str, fact: &str) -> (NodeKind, Option<usize>) {
        let Some(&fact) = self.fact_index.get(fact) else {
            reader.fault(format!("`{key}` needs the fact `{fact}` of kind body."));
            return (NodeKind::All(Vec::new()), None);
        };
        let values = &self.facts[fact.0 as usize].values;
        let mut accept = 0;
        let mut list = None;
        for (name, at) in reader.texts_at(key) {
            let found = self.lists.iter().position(|list| list.id == name);
            let on = |body: &&Body| name == "anyone" || body.id == name || body.lists.contains(&name);
            if found.is_none() && name != "anyone" && !self.bodies.iter().any(|body| body.id == name) {
                let known = self
                    .lists
                    .iter()
                    .map(|list| list.id.as_str())
                    .chain(self.bodies.iter().map(|body| body.id.as_str()));
                reader
                    .document
                    .fault(at, format!("there is no list and no kind of body `{name}`.{}", did_you_mean(&name, known)));
            }
            list = list.or(found);
            for body in self.bodies.iter().filter(on) {
                if let Some(position) = values.iter().position(|value| value.id == body.id) {
                    accept |= value_bit(position);
                }
            }
        }
        (NodeKind::Is { fact, accept }, list)
    }

    fn named(reader: &Reader<'_, '_>, key: &str, known: &HashMap<String, usize>) -> usize {
        let id = reader.text(key);
        known.get(&id).copied().unwrap_or_else(|| {
            reader.fault(format!("there is no {key} `{id}`.{}", did_you_mean(&id, known.keys().map(String::as_str))));
            usize::MAX
        })
    }

    fn any_entry(reader: &Reader<'_, '_>) -> NodeKind {
        let id = reader.text("any_entry");
        if let Some(gives) = Gives::ALL.into_iter().find(|gives| gives.id() == id) {
            NodeKind::AnyEntry(gives)
        } else {
            reader.fault(format!("no entry gives `{id}`.{}", did_you_mean(&id, Gives::ALL.map(Gives::id))));
            NodeKind::All(Vec::new())
        }
    }
}

fn value_bit(position: usize) -> u64 {
    1 << (u32::try_from(position).unwrap_or(0) + FIRST_VALUE_BIT)
}
