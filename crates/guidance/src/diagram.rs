//! Decision diagrams: a value for every combination of answers at once.
//!
//! A diagram asks one variable per level and shares equal parts, so that the verdict over more combinations than could ever be
//! listed fits into memory. The verdict is computed over diagrams by the very lines that decide a single case (see
//! [`crate::verdict::Algebra`]); a proof over a diagram is a proof over every combination.
//!
//! Answers that no condition tells apart fall into one class. A fact with one answer is one variable whose values are its
//! classes. A fact of kind `many` is a variable for "unknown, unsure or answered" and one yes-or-no variable per class of its
//! values. A *free truth* stands for something that is not worked out and may be yes, no, unsure or unknown whatever else is
//! answered: what is proved with it holds for every way in which it could come about, and for more.

use rustc_hash::FxHashMap;

use crate::facts::{FIRST_VALUE_BIT, Facts, UNKNOWN_BIT, UNSURE_BIT};
use crate::pack::{FactIx, FactKind, Gives, NodeKind, Pack};
use crate::truth::Truth;
use crate::verdict::{Algebra, One, Two};

/// A diagram: a terminal with its value, or a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Root(u32);

const TERMINAL: u32 = 1 << 31;

impl Root {
    const fn terminal(value: u32) -> Root {
        Root(value | TERMINAL)
    }

    /// The value, if it is the same for every combination.
    #[must_use]
    pub const fn value(self) -> Option<u32> {
        if self.0 & TERMINAL == 0 { None } else { Some(self.0 & !TERMINAL) }
    }
}

/// What a variable stands for.
#[derive(Clone, Debug)]
enum Meaning {
    /// One fact; each class is a mask of answers that mean the same.
    Fact(FactIx),
    /// Whether a fact of kind `many` is answered: unknown, unsure, answered.
    Status(FactIx),
    /// Whether one of these values of a fact of kind `many` is chosen: no, yes.
    Chosen,
    /// A free truth, by its number.
    Free(usize),
}

/// A variable and the answers each of its branches stands for.
#[derive(Clone, Debug)]
struct Variable {
    meaning: Meaning,
    classes: Vec<u64>,
}

/// A space of answers, and the diagrams over it.
pub struct Diagrams {
    variables: Vec<Variable>,
    /// By fact: its first variable.
    first: FxHashMap<FactIx, usize>,
    /// Nodes: variable, and where their children start.
    nodes: Vec<(u32, u32)>,
    children: Vec<Root>,
    unique: FxHashMap<Box<[u32]>, u32>,
    ones: FxHashMap<(One, Root), Root>,
    twos: FxHashMap<(Two, Root, Root), Root>,
    free: Vec<String>,
}

impl Diagrams {
    /// The space of all answers to the steering facts of a pack.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        let mut masks: FxHashMap<FactIx, Vec<u64>> = FxHashMap::default();
        for node in &pack.nodes {
            if let NodeKind::Is { fact, accept: mask } | NodeKind::Unless { fact, reject: mask } = node.kind {
                let known = masks.entry(fact).or_default();
                if !known.contains(&mask) {
                    known.push(mask);
                }
            }
        }
        let mut facts: Vec<FactIx> = masks.keys().copied().collect();
        facts.sort_by_key(|fact| (pack.facts[fact.0 as usize].kind != FactKind::Body, fact.0));
        let mut diagrams = Diagrams {
            variables: Vec::new(),
            first: FxHashMap::default(),
            nodes: Vec::new(),
            children: Vec::new(),
            unique: FxHashMap::default(),
            ones: FxHashMap::default(),
            twos: FxHashMap::default(),
            free: Vec::new(),
        };
        for fact in facts {
            diagrams.add_fact(pack, fact, &masks[&fact]);
        }
        diagrams
    }

    fn add_fact(&mut self, pack: &Pack, fact: FactIx, masks: &[u64]) {
        self.first.insert(fact, self.variables.len());
        let definition = &pack.facts[fact.0 as usize];
        let values = (0..definition.values.len())
            .map(|position| 1u64 << (u32::try_from(position).unwrap_or(0) + FIRST_VALUE_BIT));
        if definition.kind == FactKind::Many {
            self.variables.push(Variable { meaning: Meaning::Status(fact), classes: vec![UNKNOWN_BIT, UNSURE_BIT, 0] });
            for class in classes(values, masks) {
                if masks.iter().any(|mask| mask & class != 0) {
                    self.variables.push(Variable { meaning: Meaning::Chosen, classes: vec![0, class] });
                }
            }
        } else {
            let classes = classes([UNKNOWN_BIT, UNSURE_BIT].into_iter().chain(values), masks);
            self.variables.push(Variable { meaning: Meaning::Fact(fact), classes });
        }
    }

    /// A free truth of this name: the same name is the same truth.
    pub fn free(&mut self, name: &str) -> Root {
        let number = self.free.iter().position(|known| known == name).unwrap_or_else(|| {
            self.free.push(name.to_owned());
            self.variables.push(Variable { meaning: Meaning::Free(self.free.len() - 1), classes: vec![0; 4] });
            self.free.len() - 1
        });
        let at = self
            .variables
            .iter()
            .position(|variable| matches!(variable.meaning, Meaning::Free(known) if known == number));
        let children = Truth::ALL.map(|truth| Root::terminal(u32::from(truth.code())));
        self.node(at.unwrap_or(0), &children)
    }

    /// How many facts steer.
    #[must_use]
    pub fn fact_count(&self) -> usize {
        self.first.len()
    }

    /// How many classes of answers these facts have between them.
    #[must_use]
    pub fn class_count(&self) -> usize {
        self.variables
            .iter()
            .filter(|variable| !matches!(variable.meaning, Meaning::Free(_)))
            .map(|variable| variable.classes.len())
            .sum()
    }

    /// How many nodes all diagrams have together.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// A node whose children differ, or the one child they all are.
    fn node(&mut self, variable: usize, children: &[Root]) -> Root {
        if children.iter().all(|child| *child == children[0]) {
            return children[0];
        }
        let variable = u32::try_from(variable).unwrap_or(u32::MAX);
        let key: Box<[u32]> = std::iter::once(variable).chain(children.iter().map(|child| child.0)).collect();
        if let Some(known) = self.unique.get(&key) {
            return Root(*known);
        }
        let start = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.extend_from_slice(children);
        self.nodes.push((variable, start));
        let id = u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX);
        self.unique.insert(key, id);
        Root(id)
    }

    fn level(&self, root: Root) -> usize {
        if root.value().is_some() { usize::MAX } else { self.nodes[root.0 as usize].0 as usize }
    }

    fn child(&self, root: Root, level: usize, branch: usize) -> Root {
        if self.level(root) == level { self.children[self.nodes[root.0 as usize].1 as usize + branch] } else { root }
    }

    /// Combines two diagrams value by value.
    pub fn combine(&mut self, a: Root, b: Root, with: &impl Fn(u32, u32) -> u32) -> Root {
        let mut memory = FxHashMap::default();
        self.combine_remembering(a, b, with, &mut memory)
    }

    fn combine_remembering(
        &mut self,
        a: Root,
        b: Root,
        with: &impl Fn(u32, u32) -> u32,
        memory: &mut FxHashMap<(Root, Root), Root>,
    ) -> Root {
        if let (Some(a), Some(b)) = (a.value(), b.value()) {
            return Root::terminal(with(a, b));
        }
        if let Some(known) = memory.get(&(a, b)) {
            return *known;
        }
        let level = self.level(a).min(self.level(b));
        let branches = self.variables[level].classes.len();
        let children: Vec<Root> = (0..branches)
            .map(|branch| {
                let (a, b) = (self.child(a, level, branch), self.child(b, level, branch));
                self.combine_remembering(a, b, with, memory)
            })
            .collect();
        let result = self.node(level, &children);
        memory.insert((a, b), result);
        result
    }

    /// Every value the diagram can have.
    #[must_use]
    pub fn values(&self, root: Root) -> Vec<u32> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut values = Vec::new();
        let mut open = vec![root];
        while let Some(root) = open.pop() {
            if !seen.insert(root) {
                continue;
            }
            if let Some(value) = root.value() {
                values.push(value);
            } else {
                let (variable, start) = self.nodes[root.0 as usize];
                let branches = self.variables[variable as usize].classes.len();
                open.extend_from_slice(&self.children[start as usize..start as usize + branches]);
            }
        }
        values.sort_unstable();
        values
    }

    /// Some combination of answers with a value that `wanted` accepts, if there is one.
    #[must_use]
    pub fn example(&self, pack: &Pack, root: Root, wanted: &impl Fn(u32) -> bool) -> Option<Facts> {
        let mut dead = rustc_hash::FxHashSet::default();
        let mut path = Vec::new();
        if !self.find(root, wanted, &mut dead, &mut path) {
            return None;
        }
        let mut facts = Facts::none(pack);
        for (variable, branch) in &path {
            let class = self.variables[*variable].classes[*branch];
            match self.variables[*variable].meaning {
                Meaning::Fact(fact) => facts.set_mask(fact, lowest(class)),
                Meaning::Status(fact) => facts.set_mask(fact, class),
                Meaning::Free(_) => {}
                Meaning::Chosen => {
                    if class != 0
                        && let Some(fact) = self.owner(*variable)
                    {
                        let before = facts.mask(fact) & !UNKNOWN_BIT;
                        facts.set_mask(fact, before | lowest(class));
                    }
                }
            }
        }
        Some(facts)
    }

    fn owner(&self, variable: usize) -> Option<FactIx> {
        self.variables[..variable].iter().rev().find_map(|variable| match variable.meaning {
            Meaning::Status(fact) => Some(fact),
            _ => None,
        })
    }

    fn find(
        &self,
        root: Root,
        wanted: &impl Fn(u32) -> bool,
        dead: &mut rustc_hash::FxHashSet<Root>,
        path: &mut Vec<(usize, usize)>,
    ) -> bool {
        if let Some(value) = root.value() {
            return wanted(value);
        }
        if dead.contains(&root) {
            return false;
        }
        let (variable, start) = self.nodes[root.0 as usize];
        let branches = self.variables[variable as usize].classes.len();
        for branch in 0..branches {
            path.push((variable as usize, branch));
            if self.find(self.children[start as usize + branch], wanted, dead, path) {
                return true;
            }
            path.pop();
        }
        dead.insert(root);
        false
    }

    /// The value for one combination of answers; `free` gives each free truth by its name.
    #[must_use]
    pub fn value_for(&self, root: Root, facts: &Facts, free: &impl Fn(&str) -> Truth) -> u32 {
        let mut at = root;
        loop {
            if let Some(value) = at.value() {
                return value;
            }
            let (variable, start) = self.nodes[at.0 as usize];
            let variable = variable as usize;
            let branch = match self.variables[variable].meaning {
                Meaning::Fact(fact) => {
                    let mask = facts.mask(fact);
                    self.variables[variable].classes.iter().position(|class| class & mask != 0).unwrap_or(0)
                }
                Meaning::Status(fact) => match facts.mask(fact) {
                    mask if mask & UNKNOWN_BIT != 0 => 0,
                    mask if mask & UNSURE_BIT != 0 => 1,
                    _ => 2,
                },
                Meaning::Free(number) => usize::from(free(&self.free[number]).code()),
                Meaning::Chosen => {
                    let mask = self.owner(variable).map_or(0, |fact| facts.mask(fact));
                    usize::from(mask & self.variables[variable].classes[1] != 0)
                }
            };
            at = self.children[start as usize + branch];
        }
    }

    /// Ten's logarithm of the number of combinations of answers: each fact of one answer may be unknown, unsure or any of its values; each
    /// fact of several answers unknown, unsure or any set of them.
    #[must_use]
    pub fn combinations_log10(&self, pack: &Pack) -> f64 {
        self.first
            .keys()
            .map(|fact| {
                let definition = &pack.facts[fact.0 as usize];
                let values = u32::try_from(definition.values.len()).unwrap_or(0);
                if definition.kind == FactKind::Many {
                    (2f64.powi(i32::try_from(values).unwrap_or(0)) + 2.0).log10()
                } else {
                    f64::from(values + 2).log10()
                }
            })
            .sum()
    }

    fn leaf(&mut self, fact: FactIx, of: &impl Fn(u64) -> Truth) -> Root {
        let Some(&at) = self.first.get(&fact) else { return Root::terminal(u32::from(of(UNKNOWN_BIT).code())) };
        if let Meaning::Status(_) = self.variables[at].meaning {
            let chosen = self.chosen_leaf(at + 1, 0, of);
            let open: Vec<Root> =
                [UNKNOWN_BIT, UNSURE_BIT].iter().map(|bit| Root::terminal(u32::from(of(*bit).code()))).collect();
            self.node(at, &[open[0], open[1], chosen])
        } else {
            let children: Vec<Root> = self.variables[at]
                .classes
                .iter()
                .map(|class| Root::terminal(u32::from(of(lowest(*class)).code())))
                .collect();
            self.node(at, &children)
        }
    }

    fn chosen_leaf(&mut self, at: usize, chosen: u64, of: &impl Fn(u64) -> Truth) -> Root {
        let is_chosen = self.variables.get(at).is_some_and(|variable| matches!(variable.meaning, Meaning::Chosen));
        if !is_chosen {
            return Root::terminal(u32::from(of(chosen).code()));
        }
        let class = self.variables[at].classes[1];
        // Only values that this condition tells apart can matter, and it asks for any of them: once one is chosen the rest is settled.
        let without = self.chosen_leaf(at + 1, chosen, of);
        let with =
            if of(chosen | class) == of(chosen) { without } else { self.chosen_leaf(at + 1, chosen | class, of) };
        self.node(at, &[without, with])
    }
}

/// The lowest answer of a class stands for all of it.
const fn lowest(class: u64) -> u64 {
    class & class.wrapping_neg()
}

/// Answers grouped by what the masks tell apart.
fn classes(answers: impl Iterator<Item = u64>, masks: &[u64]) -> Vec<u64> {
    let mut groups: Vec<(Vec<bool>, u64)> = Vec::new();
    for answer in answers {
        // Unknown and unsure are always told apart from everything else.
        let mut signature: Vec<bool> = masks.iter().map(|mask| mask & answer != 0).collect();
        signature.extend([answer == UNKNOWN_BIT, answer == UNSURE_BIT]);
        match groups.iter_mut().find(|(known, _)| *known == signature) {
            Some((_, class)) => *class |= answer,
            None => groups.push((signature, answer)),
        }
    }
    groups.into_iter().map(|(_, class)| class).collect()
}

impl Algebra for Diagrams {
    type Value = Root;

    fn constant(&mut self, code: u8) -> Root {
        Root::terminal(u32::from(code))
    }

    fn is(&mut self, fact: FactIx, accept: u64) -> Root {
        self.leaf(fact, &|mask| {
            if mask & accept != 0 {
                Truth::Yes
            } else if mask & UNKNOWN_BIT != 0 {
                Truth::Unknown
            } else if mask & UNSURE_BIT != 0 {
                Truth::Unsure
            } else {
                Truth::No
            }
        })
    }

    fn unless(&mut self, fact: FactIx, reject: u64) -> Root {
        self.leaf(fact, &|mask| Truth::from(mask & reject == 0))
    }

    fn one(&mut self, operation: One, a: Root) -> Root {
        if let Some(value) = a.value() {
            return Root::terminal(u32::from(operation.apply(narrow(value))));
        }
        if let Some(known) = self.ones.get(&(operation, a)) {
            return *known;
        }
        let (variable, start) = self.nodes[a.0 as usize];
        let branches = self.variables[variable as usize].classes.len();
        let children: Vec<Root> = (0..branches)
            .map(|branch| {
                let child = self.children[start as usize + branch];
                self.one(operation, child)
            })
            .collect();
        let result = self.node(variable as usize, &children);
        self.ones.insert((operation, a), result);
        result
    }

    fn two(&mut self, operation: Two, a: Root, b: Root) -> Root {
        if let (Some(a), Some(b)) = (a.value(), b.value()) {
            return Root::terminal(u32::from(operation.apply(narrow(a), narrow(b))));
        }
        for (known, other) in [(a, b), (b, a)] {
            match (operation, known.value().map(|value| Truth::from_code(narrow(value)))) {
                (Two::And, Some(Truth::No)) | (Two::Or, Some(Truth::Yes)) => return known,
                (Two::And, Some(Truth::Yes)) | (Two::Or, Some(Truth::No)) => return other,
                _ => {}
            }
        }
        let key = match operation {
            Two::And | Two::Or if b < a => (operation, b, a),
            _ => (operation, a, b),
        };
        if let Some(known) = self.twos.get(&key) {
            return *known;
        }
        let level = self.level(a).min(self.level(b));
        let branches = self.variables[level].classes.len();
        let children: Vec<Root> = (0..branches)
            .map(|branch| {
                let (a, b) = (self.child(a, level, branch), self.child(b, level, branch));
                self.two(operation, a, b)
            })
            .collect();
        let result = self.node(level, &children);
        self.twos.insert(key, result);
        result
    }

    fn free_entry(&mut self, gives: Gives) -> Option<Root> {
        Some(self.free(gives.id()))
    }

    fn settles(&self, operation: Two, a: Root) -> bool {
        match operation {
            Two::And => a == Root::terminal(u32::from(Truth::No.code())),
            Two::Or => a == Root::terminal(u32::from(Truth::Yes.code())),
            _ => false,
        }
    }
}

fn narrow(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}
