//! The order in which conditions and entries are worked out: each after what it uses; circles are refused.

use crate::pack::condition::{Gives, NodeIx, NodeKind};
use crate::pack::{Pack, Step};
use crate::source::Reader;

/// Which steps a condition uses.
fn uses(pack: &Pack, node: NodeIx, found: &mut Vec<Step>) {
    match &pack.nodes[node.0 as usize].kind {
        NodeKind::All(children) | NodeKind::Any(children) => {
            for child in children {
                uses(pack, *child, found);
            }
        }
        NodeKind::Not(child) | NodeKind::Sure(child) => uses(pack, *child, found),
        NodeKind::Named(index) if *index < pack.conditions.len() => found.push(Step::Condition(*index)),
        NodeKind::Entry(index) if *index < pack.entries.len() => found.push(Step::Entry(*index)),
        NodeKind::AnyEntry(gives) => found.extend(givers(pack, *gives).map(Step::Entry)),
        // A name that leads nowhere is a fault already.
        NodeKind::Is { .. } | NodeKind::Unless { .. } | NodeKind::Named(_) | NodeKind::Entry(_) => {}
    }
}

/// The entries that give something.
fn givers(pack: &Pack, gives: Gives) -> impl Iterator<Item = usize> + '_ {
    pack.entries.iter().enumerate().filter(move |(_, entry)| entry.gives.contains(&gives)).map(|(index, _)| index)
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

struct Walk<'p> {
    pack: &'p Pack,
    marks: [Vec<Mark>; 2],
    order: Vec<Step>,
    circle: Option<Step>,
}

impl Walk<'_> {
    fn mark(&mut self, step: Step) -> &mut Mark {
        match step {
            Step::Condition(index) => &mut self.marks[0][index],
            Step::Entry(index) => &mut self.marks[1][index],
        }
    }

    fn visit(&mut self, step: Step) {
        match *self.mark(step) {
            Mark::Done => return,
            Mark::Open => {
                self.circle = Some(step);
                return;
            }
            Mark::New => *self.mark(step) = Mark::Open,
        }
        let mut used = Vec::new();
        match step {
            Step::Condition(index) => uses(self.pack, self.pack.conditions[index].node, &mut used),
            Step::Entry(index) => {
                for when in self.pack.entries[index].periods.iter().filter_map(|period| period.when) {
                    uses(self.pack, when, &mut used);
                }
            }
        }
        for next in used {
            self.visit(next);
        }
        *self.mark(step) = Mark::Done;
        self.order.push(step);
    }
}

/// The order of evaluation; a circle becomes a fault at one of its members.
pub(super) fn order(pack: &Pack, conditions: &[Reader<'_, '_>], entries: &[Reader<'_, '_>]) -> Vec<Step> {
    let mut walk = Walk {
        pack,
        marks: [vec![Mark::New; pack.conditions.len()], vec![Mark::New; pack.entries.len()]],
        order: Vec::new(),
        circle: None,
    };
    for index in 0..pack.conditions.len() {
        walk.visit(Step::Condition(index));
    }
    for index in 0..pack.entries.len() {
        walk.visit(Step::Entry(index));
    }
    if let Some(step) = walk.circle {
        let (reader, id) = match step {
            Step::Condition(index) => (&conditions[index], &pack.conditions[index].id),
            Step::Entry(index) => (&entries[index], &pack.entries[index].id),
        };
        reader.fault(format!("`{id}` depends on itself, through other conditions or entries."));
    }
    walk.order
}
