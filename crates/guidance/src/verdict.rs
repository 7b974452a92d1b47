//! The verdict: the first line that holds (DEC-4b), over a lawful reason in four parts (DEC-4a).
//!
//! The order of verdicts is written once, over an [`Algebra`]: with single answers it decides a case, with decision diagrams it
//! covers every combination of answers at once (see `diagram.rs`). What the conditions mean is written here too ([`node`]);
//! `program.rs` flattens them for speed, and `check` holds the two against each other.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::pack::{FactIx, LineIx, NodeIx, NodeKind, Pack, Step};
use crate::source::{Fault, did_you_mean};
use crate::truth::Truth;

/// What the practitioner is advised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Verdict {
    /// Share, with the "how" that follows.
    Share = 0,
    /// Nobody can be identified, so it may be shared without consent.
    ShareAnonymised = 1,
    /// Do not share.
    DoNotShare = 2,
    /// Unsure about something that decides: ask before going on.
    Advice = 3,
    /// An answer that decides is missing.
    Incomplete = 4,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 5] =
        [Verdict::Share, Verdict::ShareAnonymised, Verdict::DoNotShare, Verdict::Advice, Verdict::Incomplete];

    /// The id used in files and in JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Verdict::Share => "share",
            Verdict::ShareAnonymised => "share-anonymised",
            Verdict::DoNotShare => "do-not-share",
            Verdict::Advice => "advice",
            Verdict::Incomplete => "incomplete",
        }
    }

    /// The verdict with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.id() == id)
    }

    /// Whether it is one of the two that share.
    #[must_use]
    pub const fn shares(self) -> bool {
        matches!(self, Verdict::Share | Verdict::ShareAnonymised)
    }
}

/// Codes that flow through the algebra: 0 to 3 are truths; 4 to 6 mean "this line does not decide", plainly or with a doubt; from 16 on
/// an outcome: line and verdict.
pub(crate) mod code {
    use super::{LineIx, Verdict};

    /// The line does not hold: go on to the next.
    pub const NEXT: u8 = 4;
    /// Go on, but somebody was unsure whether the line holds.
    pub const NEXT_UNSURE: u8 = 5;
    /// Go on, but nobody has said whether the line holds.
    pub const NEXT_UNKNOWN: u8 = 6;
    const OUTCOME: u8 = 16;

    /// The code of an outcome.
    pub const fn outcome(line: LineIx, verdict: Verdict) -> u8 {
        OUTCOME + (line as u8) * 8 + verdict as u8
    }

    /// Line and verdict of an outcome's code.
    pub fn read(code: u8) -> Option<(LineIx, Verdict)> {
        let rest = code.checked_sub(OUTCOME)?;
        let line = *LineIx::ALL.get(usize::from(rest / 8))?;
        let verdict = *Verdict::ALL.get(usize::from(rest % 8))?;
        Some((line, verdict))
    }
}

/// An operation on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum One {
    /// The opposite truth.
    Not,
    /// Certainly.
    Sure,
    /// Line (1): telling this recipient would itself raise the risk.
    RaisesRisk,
    /// Line (4): the purpose.
    Purpose,
    /// Line (5): consent.
    Consent,
    /// Line (6): somebody identifiable.
    Identifies,
}

impl One {
    /// The result for one code.
    #[must_use]
    pub fn apply(self, value: u8) -> u8 {
        let truth = Truth::from_code(value);
        match self {
            One::Not => truth.negate().code(),
            One::Sure => truth.sure().code(),
            One::RaisesRisk => match truth {
                Truth::Yes => code::outcome(LineIx::RaisesRisk, Verdict::DoNotShare),
                Truth::No | Truth::Unknown | Truth::Unsure => code::NEXT,
            },
            One::Purpose => match truth {
                Truth::Yes => code::NEXT,
                Truth::No => code::outcome(LineIx::Purpose, Verdict::DoNotShare),
                Truth::Unsure => code::outcome(LineIx::Purpose, Verdict::Advice),
                Truth::Unknown => code::outcome(LineIx::Purpose, Verdict::Incomplete),
            },
            One::Consent => match truth {
                Truth::Yes => code::outcome(LineIx::Consent, Verdict::Share),
                Truth::No => code::NEXT,
                Truth::Unsure => code::NEXT_UNSURE,
                Truth::Unknown => code::NEXT_UNKNOWN,
            },
            One::Identifies => match truth {
                Truth::No => code::outcome(LineIx::Identifies, Verdict::ShareAnonymised),
                Truth::Yes => code::NEXT,
                Truth::Unsure => code::NEXT_UNSURE,
                Truth::Unknown => code::NEXT_UNKNOWN,
            },
        }
    }
}

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Two {
    /// Both truths.
    And,
    /// Either truth.
    Or,
    /// Line (2): danger, and told to a direct protector.
    Danger,
    /// A lawful reason, unless another body decides (a disclosure scheme): then it is unsure.
    UnlessAnotherDecides,
    /// Line (7): a lawful reason, and whether it is clear who receives it.
    LawfulReason,
    /// The first line that decides; a doubt in it keeps a later "do not share" from being certain.
    First,
    /// Nothing is left to share (first value): a share becomes "do not share".
    NothingLeft,
    /// All that is left is held for advice (first value): a share becomes advice.
    AllHeld,
    /// Line (3), first half: what a "do not share" becomes (a truth), from protective recipient and danger.
    Floor,
    /// Line (3), second half: applies the floor (first value) to an outcome.
    ApplyFloor,
}

impl Two {
    /// The result for two codes.
    #[must_use]
    pub fn apply(self, a: u8, b: u8) -> u8 {
        match self {
            Two::And => Truth::from_code(a).and(Truth::from_code(b)).code(),
            Two::Or => Truth::from_code(a).or(Truth::from_code(b)).code(),
            Two::Danger => match (Truth::from_code(a), Truth::from_code(b)) {
                (Truth::Yes, Truth::Yes) => code::outcome(LineIx::Danger, Verdict::Share),
                _ => code::NEXT,
            },
            Two::UnlessAnotherDecides => match Truth::from_code(a) {
                Truth::Yes => Truth::Unsure.code(),
                Truth::No | Truth::Unknown | Truth::Unsure => b,
            },
            Two::LawfulReason => lawful_reason(Truth::from_code(a), Truth::from_code(b)),
            Two::First => first(a, b),
            Two::NothingLeft => replace_share(a, b, Verdict::DoNotShare),
            Two::AllHeld => replace_share(a, b, Verdict::Advice),
            Two::Floor => floor(Truth::from_code(a), Truth::from_code(b)).code(),
            Two::ApplyFloor => apply_floor(Truth::from_code(a), b),
        }
    }
}

/// Line (7) as a truth table: the lawful reason, and whether it is clear who receives it.
#[expect(clippy::match_same_arms, reason = "a table, read in the order of the lines")]
fn lawful_reason(lawful: Truth, recipient: Truth) -> u8 {
    let verdict = match (lawful, recipient) {
        (Truth::No, _) => Verdict::DoNotShare,
        (_, Truth::No) => Verdict::Incomplete,
        (Truth::Unsure, _) | (Truth::Yes, Truth::Unsure) => Verdict::Advice,
        (Truth::Unknown, _) | (Truth::Yes, Truth::Unknown) => Verdict::Incomplete,
        (Truth::Yes, Truth::Yes) => Verdict::Share,
    };
    code::outcome(LineIx::LawfulReason, verdict)
}

fn first(line: u8, rest: u8) -> u8 {
    if code::read(line).is_some() {
        return line;
    }
    let Some((at, Verdict::DoNotShare)) = code::read(rest) else { return rest };
    match line {
        code::NEXT_UNSURE => code::outcome(at, Verdict::Advice),
        code::NEXT_UNKNOWN => code::outcome(at, Verdict::Incomplete),
        _ => rest,
    }
}

fn replace_share(replaced: u8, outcome: u8, with: Verdict) -> u8 {
    match code::read(outcome) {
        Some((line, verdict)) if verdict.shares() && Truth::from_code(replaced).is_yes() => code::outcome(line, with),
        _ => outcome,
    }
}

/// What a "do not share" may become: no (it stands), unsure (advice) or unknown (incomplete).
#[expect(clippy::match_same_arms, reason = "a table, read in the order of the lines")]
fn floor(protective: Truth, danger: Truth) -> Truth {
    match (protective, danger) {
        (Truth::No, _) | (_, Truth::No) => Truth::No,
        (Truth::Yes | Truth::Unsure, Truth::Yes | Truth::Unsure) => Truth::Unsure,
        (Truth::Yes, Truth::Unknown) | (Truth::Unknown, Truth::Yes | Truth::Unsure) => Truth::Unknown,
        (Truth::Unknown | Truth::Unsure, Truth::Unknown) => Truth::No,
    }
}

fn apply_floor(floor: Truth, outcome: u8) -> u8 {
    match (floor, code::read(outcome)) {
        (Truth::Unsure, Some((_, Verdict::DoNotShare))) => code::outcome(LineIx::Protective, Verdict::Advice),
        (Truth::Unknown, Some((_, Verdict::DoNotShare))) => code::outcome(LineIx::Protective, Verdict::Incomplete),
        _ => outcome,
    }
}

/// What evaluating needs: looking at facts, and applying operations. Codes in, codes out.
pub trait Algebra {
    /// A value: one code, or a diagram over all answers.
    type Value: Copy;
    /// A code that holds whatever is answered.
    fn constant(&mut self, code: u8) -> Self::Value;
    /// Whether the answer is one of `accept`.
    fn is(&mut self, fact: FactIx, accept: u64) -> Self::Value;
    /// Met unless the answer is one of `reject`.
    fn unless(&mut self, fact: FactIx, reject: u64) -> Self::Value;
    /// One operation.
    fn one(&mut self, operation: One, a: Self::Value) -> Self::Value;
    /// One operation on two values.
    fn two(&mut self, operation: Two, a: Self::Value, b: Self::Value) -> Self::Value;
    /// What stands for "some entry gives this", if the algebra leaves it free instead of working it out.
    fn free_entry(&mut self, _gives: crate::pack::Gives) -> Option<Self::Value> {
        None
    }
    /// Whether the value decides this operation whatever comes after it (for stopping early).
    fn settles(&self, operation: Two, a: Self::Value) -> bool;
}

/// The values of all conditions and entries, as far as worked out.
pub struct Worked<V> {
    /// By condition.
    pub conditions: Vec<V>,
    /// By entry.
    pub entries: Vec<V>,
}

/// Works out every condition and every entry in force on a day, in order.
pub fn work_out<A: Algebra>(pack: &Pack, plan: &DayPlan, algebra: &mut A) -> Worked<A::Value> {
    let no = algebra.constant(Truth::No.code());
    let mut worked = Worked { conditions: vec![no; pack.conditions.len()], entries: vec![no; pack.entries.len()] };
    for step in &pack.order {
        match *step {
            Step::Condition(index) => {
                worked.conditions[index] = node(pack, plan, algebra, &worked, pack.conditions[index].node);
            }
            Step::Entry(index) => {
                if let Some(when) = plan.when[index] {
                    worked.entries[index] = node(pack, plan, algebra, &worked, when);
                }
            }
        }
    }
    worked
}

/// Which condition each entry has on a given day: none when it is not in force, inactive, or never fits.
#[derive(Clone, Debug)]
pub struct DayPlan {
    /// By entry.
    pub when: Vec<Option<NodeIx>>,
    /// For each thing entries give, the confirmed entries in force that give it.
    pub givers: Vec<Vec<usize>>,
}

impl DayPlan {
    /// The plan for a day.
    #[must_use]
    pub fn new(pack: &Pack, on: jiff::civil::Date) -> DayPlan {
        use crate::pack::{Commencement, Gives};
        let when: Vec<Option<NodeIx>> = pack
            .entries
            .iter()
            .map(|entry| match entry.commencement {
                Commencement::Inactive => None,
                Commencement::Confirmed | Commencement::Unconfirmed => {
                    entry.period_on(on).and_then(|period| period.when)
                }
            })
            .collect();
        let givers = Gives::ALL
            .iter()
            .map(|gives| {
                (0..pack.entries.len())
                    .filter(|&index| {
                        let entry = &pack.entries[index];
                        entry.commencement == Commencement::Confirmed
                            && entry.gives.contains(gives)
                            && when[index].is_some()
                    })
                    .collect()
            })
            .collect();
        DayPlan { when, givers }
    }

    /// The entries that give something.
    #[must_use]
    pub fn givers(&self, gives: crate::pack::Gives) -> &[usize] {
        crate::pack::Gives::ALL.iter().position(|one| *one == gives).map_or(&[], |at| &self.givers[at])
    }
}

/// Works out one node.
pub fn node<A: Algebra>(
    pack: &Pack,
    plan: &DayPlan,
    algebra: &mut A,
    worked: &Worked<A::Value>,
    at: NodeIx,
) -> A::Value {
    match &pack.nodes[at.0 as usize].kind {
        NodeKind::Is { fact, accept } => algebra.is(*fact, *accept),
        NodeKind::Unless { fact, reject } => algebra.unless(*fact, *reject),
        NodeKind::All(children) => joined(pack, plan, algebra, worked, Two::And, children),
        NodeKind::Any(children) => joined(pack, plan, algebra, worked, Two::Or, children),
        NodeKind::Not(child) => {
            let value = node(pack, plan, algebra, worked, *child);
            algebra.one(One::Not, value)
        }
        NodeKind::Sure(child) => {
            let value = node(pack, plan, algebra, worked, *child);
            algebra.one(One::Sure, value)
        }
        NodeKind::Named(index) => worked.conditions[*index],
        NodeKind::Entry(index) => worked.entries[*index],
        NodeKind::AnyEntry(gives) => {
            if let Some(free) = algebra.free_entry(*gives) {
                return free;
            }
            let mut value = algebra.constant(Truth::No.code());
            for &index in plan.givers(*gives) {
                value = algebra.two(Two::Or, value, worked.entries[index]);
                if algebra.settles(Two::Or, value) {
                    break;
                }
            }
            value
        }
    }
}

fn joined<A: Algebra>(
    pack: &Pack,
    plan: &DayPlan,
    algebra: &mut A,
    worked: &Worked<A::Value>,
    operation: Two,
    children: &[NodeIx],
) -> A::Value {
    let start = if operation == Two::And { Truth::Yes } else { Truth::No };
    let mut value = algebra.constant(start.code());
    for child in children {
        let next = node(pack, plan, algebra, worked, *child);
        value = algebra.two(operation, value, next);
        if algebra.settles(operation, value) {
            break;
        }
    }
    value
}

/// The conditions that carry the verdict, by position in [`Pack::conditions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineConditions {
    /// Line (1).
    pub raises_risk: usize,
    /// Danger, likely significant harm or a child's own disclosure.
    pub danger: usize,
    /// Told to the police, social care or one's own safeguarding lead.
    pub told_to_protector: usize,
    /// The recipient can protect.
    pub protective: usize,
    /// Line (4).
    pub purpose: usize,
    /// Line (5).
    pub consent_valid: usize,
    /// Line (6).
    pub identifies: usize,
    /// DEC-4a (i).
    pub gateway: usize,
    /// DEC-4a (ii), Article 6.
    pub article_6: usize,
    /// DEC-4a (ii), Article 9.
    pub article_9: usize,
    /// DEC-4a (ii), Article 10.
    pub article_10: usize,
    /// DEC-4a (iii).
    pub confidence_met: usize,
    /// DEC-4a (iv).
    pub needed: usize,
    /// No court order or law forbids it.
    pub not_forbidden: usize,
    /// It is clear who receives it.
    pub recipient_known: usize,
    /// Another body decides (a disclosure scheme).
    pub another_decides: usize,
    /// Nothing needed is left to share.
    pub nothing_left: usize,
    /// All that is left is held for advice.
    pub all_held: usize,
}

impl LineConditions {
    /// Finds them by their fixed ids; a missing one is a fault.
    pub(crate) fn find(pack: &Pack, faults: &RefCell<Vec<Fault>>) -> LineConditions {
        let find = |id: &str| {
            pack.condition_index(id).unwrap_or_else(|| {
                let hint = did_you_mean(id, pack.conditions.iter().map(|condition| condition.id.as_str()));
                let message = format!("the pack needs the condition `{id}`: the verdict rests on it.{hint}");
                faults.borrow_mut().push(Fault { file: "pack".into(), line: 0, message });
                0
            })
        };
        LineConditions {
            raises_risk: find("raises-risk"),
            danger: find("danger"),
            told_to_protector: find("told-to-protector"),
            protective: find("protective"),
            purpose: find("purpose"),
            consent_valid: find("consent-valid"),
            identifies: find("identifies"),
            gateway: find("gateway"),
            article_6: find("article-6"),
            article_9: find("article-9"),
            article_10: find("article-10"),
            confidence_met: find("confidence-met"),
            needed: find("needed"),
            not_forbidden: find("not-forbidden"),
            recipient_known: find("recipient-known"),
            another_decides: find("another-decides"),
            nothing_left: find("nothing-left"),
            all_held: find("all-held"),
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> [usize; 18] {
        [
            self.raises_risk,
            self.danger,
            self.told_to_protector,
            self.protective,
            self.purpose,
            self.consent_valid,
            self.identifies,
            self.gateway,
            self.article_6,
            self.article_9,
            self.article_10,
            self.confidence_met,
            self.needed,
            self.not_forbidden,
            self.recipient_known,
            self.another_decides,
            self.nothing_left,
            self.all_held,
        ]
    }

    /// The parts of DEC-4a, in the order in which they are explained.
    #[must_use]
    pub fn lawful_parts(&self) -> [usize; 7] {
        [
            self.needed,
            self.gateway,
            self.article_6,
            self.article_9,
            self.article_10,
            self.confidence_met,
            self.not_forbidden,
        ]
    }
}

/// The lawful reason without consent (DEC-4a), before asking who receives it; `at` gives the value of each named condition.
pub fn lawful<A: Algebra>(lines: &LineConditions, algebra: &mut A, at: &impl Fn(usize) -> A::Value) -> A::Value {
    let mut value = algebra.constant(Truth::Yes.code());
    for part in lines.lawful_parts() {
        value = algebra.two(Two::And, value, at(part));
    }
    algebra.two(Two::UnlessAnotherDecides, at(lines.another_decides), value)
}

/// The outcome: the first line that holds (DEC-4b); `at` gives the value of each named condition.
pub fn outcome<A: Algebra>(lines: &LineConditions, algebra: &mut A, at: &impl Fn(usize) -> A::Value) -> A::Value {
    let lawful = lawful(lines, algebra, at);
    let reason = algebra.two(Two::LawfulReason, lawful, at(lines.recipient_known));
    let identifies = algebra.one(One::Identifies, at(lines.identifies));
    let consent = algebra.one(One::Consent, at(lines.consent_valid));
    let six_on = algebra.two(Two::First, identifies, reason);
    let five_on = algebra.two(Two::First, consent, six_on);
    let not_nothing = algebra.two(Two::NothingLeft, at(lines.nothing_left), five_on);
    let not_held = algebra.two(Two::AllHeld, at(lines.all_held), not_nothing);
    let purpose = algebra.one(One::Purpose, at(lines.purpose));
    let four_on = algebra.two(Two::First, purpose, not_held);
    let floor = algebra.two(Two::Floor, at(lines.protective), at(lines.danger));
    let three_on = algebra.two(Two::ApplyFloor, floor, four_on);
    let danger = algebra.two(Two::Danger, at(lines.danger), at(lines.told_to_protector));
    let two_on = algebra.two(Two::First, danger, three_on);
    let raises_risk = algebra.one(One::RaisesRisk, at(lines.raises_risk));
    algebra.two(Two::First, raises_risk, two_on)
}
