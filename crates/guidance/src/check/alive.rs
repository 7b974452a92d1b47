//! What lies dead in a pack: a condition always or never met, an entry that never fits, a saying never said, a question never asked.

use super::{Root, YES};
use crate::diagram::Diagrams;
use crate::pack::{NodeIx, Pack};
use crate::source::Fault;
use crate::truth::Truth;
use crate::verdict::{DayPlan, Worked, node};

/// What has shown, on some day, that it can come alive.
pub(super) struct Alive {
    met: Vec<bool>,
    unmet: Vec<bool>,
    fits: Vec<bool>,
    tried: Vec<bool>,
    said: Vec<bool>,
    asked: Vec<bool>,
}

impl Alive {
    pub(super) fn new(pack: &Pack) -> Self {
        Alive {
            met: vec![false; pack.conditions.len()],
            unmet: vec![false; pack.conditions.len()],
            fits: vec![false; pack.entries.len()],
            tried: vec![false; pack.entries.len()],
            said: vec![false; pack.says.len()],
            asked: vec![false; pack.questions.len()],
        }
    }

    pub(super) fn condition(&mut self, index: usize, values: &[u32]) {
        self.met[index] |= values.contains(&YES);
        self.unmet[index] |= values.iter().any(|value| *value != YES);
    }

    pub(super) fn entry(&mut self, index: usize, values: &[u32]) {
        self.tried[index] = true;
        self.fits[index] |= values.contains(&YES);
    }

    /// Looks at sayings and questions under the law of a day.
    pub(super) fn look(&mut self, diagrams: &mut Diagrams, pack: &Pack, plan: &DayPlan, worked: &Worked<Root>) {
        let mut can = |when: Option<NodeIx>, wanted: &[Truth]| {
            when.is_none_or(|when| {
                let root = node(pack, plan, diagrams, worked, when);
                diagrams.values(root).iter().any(|value| wanted.iter().any(|truth| u32::from(truth.code()) == *value))
            })
        };
        for (at, say) in pack.says.iter().enumerate() {
            self.said[at] |= can(say.when, &[Truth::Yes]);
        }
        for (at, question) in pack.questions.iter().enumerate() {
            self.asked[at] |= can(question.ask_when, &[Truth::Yes, Truth::Unknown, Truth::Unsure]);
        }
    }

    pub(super) fn report(&self, pack: &Pack, faults: &mut Vec<Fault>) {
        for (at, condition) in pack.conditions.iter().enumerate() {
            if !self.met[at] {
                faults.push(
                    condition
                        .place
                        .fault(format!("the condition `{}` can never be met: it contradicts itself.", condition.id)),
                );
            } else if !self.unmet[at] {
                faults.push(
                    condition.place.fault(format!("the condition `{}` is met whatever is answered.", condition.id)),
                );
            }
        }
        for (at, entry) in pack.entries.iter().enumerate() {
            if self.tried[at] && !self.fits[at] {
                faults.push(
                    entry.place.fault(format!("`{}` can never fit: its condition contradicts itself.", entry.id)),
                );
            }
        }
        for (at, say) in pack.says.iter().enumerate() {
            if !self.said[at] {
                faults.push(
                    say.place.fault(format!("`{}` can never be said: its condition contradicts itself.", say.id)),
                );
            }
        }
        for (at, question) in pack.questions.iter().enumerate() {
            if !self.asked[at] {
                faults.push(question.place.fault(format!("the question `{}` can never be reached.", question.id)));
            }
        }
    }
}
