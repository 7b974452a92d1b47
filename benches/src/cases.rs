//! Made-up cases of the small flow, the same on every machine and every run, in the form each engine wants.

use serde_json::{Map, Value, json};
use sharewell_guidance::{Case, Facts, Pack};

use crate::Failure;

/// The facts of the small flow with their values and how often each comes up. Every verdict and every gateway must come up often
/// enough to be compared, which even odds would not give.
const FACTS: [(&str, &[(&str, u64)]); 20] = [
    ("discloser_kind", KINDS),
    ("recipient_kind", KINDS),
    ("recipient_named", &[("yes", 9), ("no", 1)]),
    ("recipient_raises_risk", &[("no", 11), ("yes", 1)]),
    ("immediate_danger", &[("no", 7), ("yes", 1)]),
    ("significant_harm", &[("no", 3), ("yes", 1)]),
    ("purpose", &[("yes", 7), ("no", 1)]),
    ("aim", &[("protect-child", 4), ("crime", 3), ("care", 3), ("scheme", 1)]),
    ("consent", &[("given", 1), ("refused", 1), ("not-asked", 1)]),
    ("consent_freely_given", &[("yes", 4), ("no", 1)]),
    ("coercion", &[("no", 7), ("yes", 1)]),
    ("identifiable", &[("yes", 9), ("no", 1)]),
    ("necessary", &[("yes", 7), ("no", 1)]),
    ("special_category", &[("yes", 1), ("no", 1)]),
    ("criminal_offence", &[("yes", 1), ("no", 1)]),
    ("confidential", &[("yes", 1), ("no", 1)]),
    ("public_interest", &[("yes", 2), ("no", 1)]),
    ("forbidden_by_law", &[("no", 11), ("yes", 1)]),
    ("subject_age", &[("child", 1), ("adult", 1)]),
    ("items_left", &[("some", 8), ("held", 1), ("none", 1)]),
];

const KINDS: &[(&str, u64)] =
    &[("children-services", 2), ("police", 2), ("school", 2), ("hospital", 2), ("surgery", 1), ("club", 1)];

/// A fixed sequence of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit.max(1)
    }

    fn weighted(&mut self, values: &[(&'static str, u64)]) -> &'static str {
        let mut rest = self.below(values.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in values {
            if rest < *weight {
                return value;
            }
            rest -= weight;
        }
        ""
    }
}

/// Answers to the twenty facts, in the order of `FACTS`; `unknown` and `unsure` where that was asked for.
#[derive(Clone, Debug)]
pub struct Answers(Vec<(&'static str, &'static str)>);

impl Answers {
    /// As a checked case of the small flow's pack.
    ///
    /// # Errors
    /// When the pack lacks a fact or a value.
    pub fn case(&self, pack: &Pack) -> Result<Case, Failure> {
        let mut facts = Facts::none(pack);
        for (fact, value) in &self.0 {
            facts.answer(pack, fact, &[value]).map_err(|wrong| wrong.message)?;
        }
        Ok(Case::of(facts))
    }

    /// As JSON for the other engines: yes and no become true and false, which they test faster than texts.
    #[must_use]
    pub fn json(&self) -> Value {
        let value = |value: &str| match value {
            "yes" => json!(true),
            "no" => json!(false),
            other => json!(other),
        };
        Value::Object(self.0.iter().map(|(fact, answer)| ((*fact).to_owned(), value(answer))).collect::<Map<_, _>>())
    }
}

/// Cases in which every fact is answered: the other engines know neither unknown nor unsure.
#[must_use]
pub fn answered(count: usize) -> Vec<Answers> {
    let mut sequence = Sequence(0x5a11_2026);
    (0..count)
        .map(|_| Answers(FACTS.iter().map(|(fact, values)| (*fact, sequence.weighted(values))).collect()))
        .collect()
}

/// Cases in which every sixth answer is missing and every twelfth is "not sure".
#[must_use]
pub fn open(count: usize) -> Vec<Answers> {
    let mut sequence = Sequence(0x5a11_2027);
    let mut answer = |values: &[(&'static str, u64)]| match sequence.below(12) {
        0 | 1 => "unknown",
        2 => "unsure",
        _ => sequence.weighted(values),
    };
    (0..count).map(|_| Answers(FACTS.iter().map(|(fact, values)| (*fact, answer(values))).collect())).collect()
}
