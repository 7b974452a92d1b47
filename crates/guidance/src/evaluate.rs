//! Evaluating one case: codes for truths, one answer per fact.

use crate::facts::Facts;
use crate::pack::{FactIx, NodeIx, NodeKind, Pack};
use crate::program::{Program, Truths};
use crate::truth::Truth;
use crate::verdict::{Algebra, DayPlan, One, Two};

/// The algebra of one case.
pub(crate) struct OneCase<'f> {
    /// The answers.
    pub facts: &'f Facts,
}

impl Algebra for OneCase<'_> {
    type Value = u8;

    fn constant(&mut self, code: u8) -> u8 {
        code
    }

    fn is(&mut self, fact: FactIx, accept: u64) -> u8 {
        self.facts.is_one_of(fact, accept).code()
    }

    fn unless(&mut self, fact: FactIx, reject: u64) -> u8 {
        Truth::from(self.facts.mask(fact) & reject == 0).code()
    }

    fn one(&mut self, operation: One, a: u8) -> u8 {
        operation.apply(a)
    }

    fn two(&mut self, operation: Two, a: u8, b: u8) -> u8 {
        operation.apply(a, b)
    }

    fn settles(&self, operation: Two, a: u8) -> bool {
        match operation {
            Two::And => a == Truth::No.code(),
            Two::Or => a == Truth::Yes.code(),
            _ => false,
        }
    }
}

/// One case being looked into: what is worked out, and the pack and plan to look with.
pub(crate) struct Looking<'a> {
    pub pack: &'a Pack,
    pub plan: &'a DayPlan,
    pub facts: &'a Facts,
    pub program: &'a Program,
    pub truths: &'a Truths,
}

impl Looking<'_> {
    /// The truth of a node.
    pub(crate) fn truth(&self, at: NodeIx) -> Truth {
        self.program.node(self.truths, at)
    }

    /// The truth of a named condition.
    pub(crate) fn condition(&self, index: usize) -> Truth {
        self.program.condition(self.truths, index)
    }

    /// The truth of an entry.
    pub(crate) fn entry(&self, index: usize) -> Truth {
        self.program.entry(self.truths, index)
    }

    /// The nodes that explain why `at` is not met, as few as say it: the first that fails of an "all", every one of a short "any".
    pub(crate) fn blockers(&self, at: NodeIx, found: &mut Found<'_>) {
        let node = &self.pack.nodes[at.0 as usize];
        if !node.fails.is_empty() {
            found.push(at);
            return;
        }
        match &node.kind {
            NodeKind::All(children) => {
                if let Some(child) = children.iter().find(|child| self.truth(**child) == Truth::No) {
                    self.blockers(*child, found);
                }
            }
            NodeKind::Any(children) => {
                for child in children.iter().take(4) {
                    self.blockers(*child, found);
                }
            }
            NodeKind::Named(index) => {
                let inner = self.pack.conditions[*index].node;
                if matches!(self.pack.nodes[inner.0 as usize].kind, NodeKind::Any(_)) {
                    found.push(at);
                } else {
                    self.blockers(inner, found);
                }
            }
            NodeKind::Sure(child) if self.truth(*child) == Truth::No => self.blockers(*child, found),
            // What counts only when certain is missing rather than false.
            NodeKind::Sure(child) => self.open_leaves(*child, found),
            _ => found.push(at),
        }
    }

    /// The open leaves (unknown or unsure) on which `at` still turns.
    pub(crate) fn open_leaves(&self, at: NodeIx, found: &mut Found<'_>) {
        if !self.truth(at).is_open() {
            return;
        }
        match &self.pack.nodes[at.0 as usize].kind {
            NodeKind::All(children) | NodeKind::Any(children) => {
                for child in children {
                    self.open_leaves(*child, found);
                }
            }
            NodeKind::Not(child) | NodeKind::Sure(child) => self.open_leaves(*child, found),
            NodeKind::Named(index) => self.open_leaves(self.pack.conditions[*index].node, found),
            NodeKind::Entry(index) => {
                if let Some(when) = self.plan.when[*index] {
                    self.open_leaves(when, found);
                }
            }
            NodeKind::AnyEntry(gives) => {
                for &index in self.plan.givers(*gives) {
                    if let Some(when) = self.plan.when[index] {
                        self.open_leaves(when, found);
                    }
                }
            }
            NodeKind::Is { .. } | NodeKind::Unless { .. } => found.push(at),
        }
    }

    /// Facts taken as met because nobody said otherwise, among those on which a met node rests.
    pub(crate) fn assumptions(&self, at: NodeIx, found: &mut Vec<FactIx>) {
        match &self.pack.nodes[at.0 as usize].kind {
            NodeKind::All(children) | NodeKind::Any(children) => {
                for child in children.iter().filter(|child| self.truth(**child) == Truth::Yes) {
                    self.assumptions(*child, found);
                }
            }
            NodeKind::Named(index) => self.assumptions(self.pack.conditions[*index].node, found),
            NodeKind::Unless { fact, .. } if self.facts.mask(*fact) & 3 != 0 && !found.contains(fact) => {
                found.push(*fact);
            }
            _ => {}
        }
    }
}

/// Nodes found, each once, at the end of a longer list.
pub(crate) struct Found<'v> {
    list: &'v mut Vec<NodeIx>,
    from: usize,
}

impl<'v> Found<'v> {
    /// Finds onto the end of a list.
    pub(crate) fn at_end_of(list: &'v mut Vec<NodeIx>) -> Self {
        Found { from: list.len(), list }
    }

    /// What was found.
    pub(crate) fn nodes(&self) -> &[NodeIx] {
        &self.list[self.from..]
    }

    fn push(&mut self, at: NodeIx) {
        if !self.nodes().contains(&at) {
            self.list.push(at);
        }
    }
}
