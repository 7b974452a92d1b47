//! Made-up cases through the engine itself: it must agree with the proof, and never leave anyone without an explanation.

use jiff::civil::Date;

use super::read;
use crate::advice::Decider;
use crate::case::Case;
use crate::diagram::{Diagrams, Root};
use crate::evaluate::OneCase;
use crate::facts::{Answer, FIRST_VALUE_BIT, Facts, UNKNOWN_BIT, UNSURE_BIT};
use crate::pack::{FactIx, FactKind, Pack};
use crate::source::Fault;
use crate::truth::Truth;
use crate::verdict::{DayPlan, Verdict, code, outcome, work_out};

/// How many made-up cases are compared for each day; every twentieth is also put into words.
const CASES: usize = 20_000;

/// Compares the engine with the proof; returns how many cases were compared.
pub(super) fn compare(
    pack: &Pack,
    plan: &DayPlan,
    on: Date,
    diagrams: &Diagrams,
    value: Root,
    faults: &mut Vec<Fault>,
) -> usize {
    let decider = Decider::new(pack, on);
    let mut sequence = Sequence(0x5eed_2026_1123);
    for round in 0..CASES {
        let facts = sequence.facts(pack);
        let worked = work_out(pack, plan, &mut OneCase { facts: &facts });
        let free = |name: &str| {
            pack.condition_index(name).map_or(Truth::No, |index| Truth::from_code(worked.conditions[index]))
        };
        let meant = outcome(&pack.lines, &mut OneCase { facts: &facts }, &|index| worked.conditions[index]);
        let mut wrong = Vec::new();
        if code::read(meant) != Some(decider.verdict(&facts)) {
            wrong.push("the flattened conditions and their meaning disagree");
        }
        if read(diagrams.value_for(value, &facts, &free)) != Some(decider.verdict(&facts)) {
            wrong.push("the engine and the proof disagree");
        }
        if round % 20 == 0 {
            wrong.extend(unexplained(pack, &decider, facts.clone()));
        }
        for message in wrong {
            let answers = in_words(pack, &facts).join("; ");
            faults.push(Fault { file: "engine".into(), line: 0, message: format!("{message}, with: {answers}.") });
        }
    }
    CASES
}

fn unexplained(pack: &Pack, decider: &Decider<'_>, facts: Facts) -> Option<&'static str> {
    let case = Case::of(facts);
    let advice = decider.decide(&case);
    let view = crate::words::in_words(pack, &case, &advice);
    if view.explanation.is_empty() || view.next.is_empty() || view.sentence.is_empty() {
        return Some("a verdict has no explanation or no next step");
    }
    let says_what = view.missing.iter().any(|missing| missing.decides);
    (advice.verdict == Verdict::Incomplete && !says_what)
        .then_some("the answer is “incomplete” and nothing is said to be missing")
}

/// The answers that were given, as `fact = answer`.
pub(super) fn in_words(pack: &Pack, facts: &Facts) -> Vec<String> {
    let answers = pack.facts.iter().enumerate().filter_map(|(at, fact)| {
        match facts.answer_of(pack, FactIx(u16::try_from(at).ok()?)) {
            Answer::Unknown => None,
            Answer::Unsure => Some(format!("{} = unsure", fact.id)),
            Answer::Values(values) => Some(format!("{} = {}", fact.id, values.join(" + "))),
        }
    });
    answers.collect()
}

/// A fixed sequence of made-up answers (SplitMix64): the same on every machine and every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }

    /// Every fact answered at random; how many stay unknown varies from case to case.
    fn facts(&mut self, pack: &Pack) -> Facts {
        let mut facts = Facts::none(pack);
        let known = 1 + self.below(10);
        for (at, fact) in pack.facts.iter().enumerate() {
            if self.below(10) >= known {
                continue;
            }
            let bit = |position: usize| 1u64 << (u32::try_from(position).unwrap_or(0) + FIRST_VALUE_BIT);
            let mask = match self.below(12) {
                0 => UNSURE_BIT,
                1 => UNKNOWN_BIT,
                _ if fact.kind == FactKind::Many => {
                    (0..fact.values.len()).filter(|_| self.below(3) == 0).map(bit).sum()
                }
                _ => bit(self.below(fact.values.len())),
            };
            facts.set_mask(FactIx(u16::try_from(at).unwrap_or(u16::MAX)), mask);
        }
        facts
    }
}
