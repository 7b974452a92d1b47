//! All single other answers at once: which verdict each would give.
//!
//! A truth is two bits, so that one word holds a condition's truth in 64 cases. Lane 0 of a block is the case as it stands, every
//! other lane the case with one fact answered otherwise, one lane for each answer that some condition tells apart. One pass over
//! the conditions then does what would take one pass for each other answer. The order of verdicts is not written again here: it
//! is [`crate::verdict::outcome`], over words of lanes.

use crate::evaluate::OneCase;
use crate::facts::Facts;
use crate::pack::{FactIx, FactKind, Pack};
use crate::program::{Operation, Program, Slot, Truths};
use crate::verdict::{Algebra, One, Two, Verdict, code, outcome};

/// The most words in a block: enough for the guidance there is, few enough that a block stays near the processor.
const WIDEST: usize = 4;
/// The lanes of a block, of which the first is the case itself.
const LANES: usize = WIDEST * 64;

/// Another answer to one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Other {
    /// The fact.
    pub(crate) fact: FactIx,
    /// The answers, which no condition tells apart.
    pub(crate) class: u64,
}

impl Other {
    /// What this other answer makes of the answer that was given: a fact of kind `many` keeps those it has.
    pub(crate) fn instead_of(self, was: u64, many: bool) -> u64 {
        let one = self.class & self.class.wrapping_neg();
        if many { (was & !OPEN) | one } else { one }
    }
}

/// The bits of an answer mask that leave a fact open.
const OPEN: u64 = crate::facts::UNKNOWN_BIT | crate::facts::UNSURE_BIT;

/// What the conditions that matter to the verdict come to, in every lane.
#[derive(Debug)]
pub(crate) struct Lanes {
    steps: Vec<Step>,
    arguments: Vec<u32>,
    blocks: Vec<Block>,
    /// By condition of the pack: its step, where the verdict rests on it.
    conditions: Vec<u32>,
}

/// One operation, and the slot in which the program keeps its truth.
#[derive(Clone, Copy, Debug)]
struct Step {
    operation: LaneOperation,
    slot: Slot,
}

#[derive(Clone, Copy, Debug)]
enum LaneOperation {
    Constant(u8),
    /// Looks at a fact: a position in [`Block::looks`].
    Look(u32),
    All(u32, u32),
    Any(u32, u32),
    Not(u32),
    Sure(u32),
}

/// The other answers that are worked out together.
#[derive(Debug)]
struct Block {
    words: usize,
    /// By lane; the first, the case itself, has no fact and no answers.
    others: Vec<Option<Other>>,
    looks: Vec<Look>,
    patches: Vec<Patch>,
}

/// A look at a fact.
#[derive(Clone, Copy, Debug)]
struct Look {
    fact: FactIx,
    mask: u64,
    /// Whether it is met unless the answer is one of `mask`.
    unless: bool,
    many: bool,
    from: u32,
    to: u32,
}

/// The lanes of one word in which a fact is answered otherwise, and those among them whose answer is in the look's mask.
#[derive(Clone, Copy, Debug)]
struct Patch {
    word: u32,
    lanes: u64,
    hits: u64,
}

/// Room for the lanes, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Room {
    planes: Vec<u64>,
    /// For each word of lanes, the lanes of each verdict.
    verdicts: Vec<[u64; 5]>,
}

impl Lanes {
    /// Lanes for each other answer to these facts, in their order.
    pub(crate) fn new(pack: &Pack, program: &Program, facts: &[FactIx]) -> Lanes {
        let mut positions = vec![0u32; program.operations.len()];
        let mut lanes = Lanes { steps: Vec::new(), arguments: Vec::new(), blocks: Vec::new(), conditions: Vec::new() };
        let mut looks = Vec::new();
        for &slot in &program.cone {
            positions[slot as usize] = position(lanes.steps.len());
            let mut range = |from: u32, to: u32| {
                let start = position(lanes.arguments.len());
                let slots = &program.arguments[from as usize..to as usize];
                lanes.arguments.extend(slots.iter().map(|slot| positions[*slot as usize]));
                (start, position(lanes.arguments.len()))
            };
            let operation = match program.operations[slot as usize] {
                Operation::Constant(code) => LaneOperation::Constant(code),
                Operation::Look { fact, yes, .. } => look(pack, &mut looks, fact, yes, false),
                Operation::Unless { fact, reject } => look(pack, &mut looks, fact, reject, true),
                Operation::All(from, to) => {
                    let (from, to) = range(from, to);
                    LaneOperation::All(from, to)
                }
                Operation::Any(from, to) => {
                    let (from, to) = range(from, to);
                    LaneOperation::Any(from, to)
                }
                Operation::Not(child) => LaneOperation::Not(positions[child as usize]),
                Operation::Sure(child) => LaneOperation::Sure(positions[child as usize]),
            };
            lanes.steps.push(Step { operation, slot });
        }
        lanes.conditions = program.conditions.iter().map(|slot| positions[*slot as usize]).collect();
        let others: Vec<Other> = facts
            .iter()
            .flat_map(|fact| program.classes(*fact).iter().map(|class| Other { fact: *fact, class: *class }))
            .collect();
        lanes.blocks = others.chunks(LANES - 1).map(|others| Block::new(others, &looks)).collect();
        if lanes.blocks.is_empty() {
            lanes.blocks.push(Block::new(&[], &looks));
        }
        lanes
    }

    /// Works out every lane: the truths of the case itself go to `truths`, the verdicts to `room`.
    pub(crate) fn run(&self, pack: &Pack, facts: &Facts, truths: &mut Truths, room: &mut Room) {
        room.verdicts.clear();
        for block in &self.blocks {
            match block.words {
                1 => self.run_block::<1>(block, pack, facts, truths, room),
                2 => self.run_block::<2>(block, pack, facts, truths, room),
                3 => self.run_block::<3>(block, pack, facts, truths, room),
                _ => self.run_block::<WIDEST>(block, pack, facts, truths, room),
            }
        }
    }

    fn run_block<const N: usize>(
        &self,
        block: &Block,
        pack: &Pack,
        facts: &Facts,
        truths: &mut Truths,
        room: &mut Room,
    ) {
        room.planes.resize(self.steps.len() * 2 * N, 0);
        let planes = room.planes.as_chunks_mut::<N>().0.as_chunks_mut::<2>().0;
        for (at, step) in self.steps.iter().enumerate() {
            let value = match step.operation {
                LaneOperation::Constant(code) => constant::<N>(code),
                LaneOperation::Look(look) => block.look(&block.looks[look as usize], facts),
                LaneOperation::All(from, to) => all(&self.arguments[from as usize..to as usize], planes),
                LaneOperation::Any(from, to) => any(&self.arguments[from as usize..to as usize], planes),
                LaneOperation::Not(child) => {
                    let [high, low] = planes[child as usize];
                    let no = words::<N>(|word| !(high[word] | low[word]));
                    let open = words::<N>(|word| high[word] ^ low[word]);
                    [words(|word| high[word] & open[word] | no[word]), words(|word| low[word] & open[word] | no[word])]
                }
                LaneOperation::Sure(child) => {
                    let [high, low] = planes[child as usize];
                    let yes = words(|word| high[word] & low[word]);
                    [yes, yes]
                }
            };
            truths.set(step.slot, u8::from(value[0][0] & 1 == 1) << 1 | u8::from(value[1][0] & 1 == 1));
            planes[at] = value;
        }
        for word in 0..N {
            let at = |index: usize| {
                let [high, low] = planes[self.conditions[index] as usize];
                Word { high: high[word], low: low[word], verdicts: [0; 5] }
            };
            room.verdicts.push(outcome(&pack.lines, &mut WordOfCases(OneCase { facts }), &at).verdicts);
        }
    }

    /// Every other answer, by its lane.
    pub(crate) fn others(&self) -> impl Iterator<Item = (usize, Other)> {
        let numbered = |(number, block): (usize, &'_ Block)| -> Vec<(usize, Other)> {
            let lanes = block.others.iter().enumerate();
            lanes.filter_map(|(at, other)| Some((number * LANES + at, (*other)?))).collect()
        };
        self.blocks.iter().enumerate().flat_map(numbered)
    }

    /// Calls `found` with every other answer that gives another verdict than this one, in order of lanes.
    pub(crate) fn otherwise(&self, verdict: Verdict, room: &Room, mut found: impl FnMut(Other, Verdict)) {
        for (at, verdicts) in room.verdicts.iter().enumerate() {
            let lanes_of = |other: Verdict| verdicts[other as usize];
            let mut lanes = Verdict::ALL
                .into_iter()
                .filter(|other| *other != verdict)
                .fold(0, |lanes, other| lanes | lanes_of(other));
            let block = &self.blocks[at / WIDEST];
            while lanes != 0 {
                let bit = lanes & lanes.wrapping_neg();
                let lane = at % WIDEST * 64 + bit.trailing_zeros() as usize;
                lanes ^= bit;
                let other = Verdict::ALL.into_iter().find(|other| lanes_of(*other) & bit != 0);
                if let (Some(Some(changed)), Some(other)) = (block.others.get(lane), other) {
                    found(*changed, other);
                }
            }
        }
    }
}

impl Room {
    /// Puts another verdict in a lane, where an other answer changes more than the one fact.
    pub(crate) fn correct(&mut self, lane: usize, verdict: Verdict) {
        let bit = 1 << (lane % 64);
        if let Some(verdicts) = self.verdicts.get_mut(lane / 64) {
            for lanes in verdicts.iter_mut() {
                *lanes &= !bit;
            }
            verdicts[verdict as usize] |= bit;
        }
    }
}

impl Block {
    fn new(others: &[Other], looks: &[Look]) -> Block {
        let others: Vec<Option<Other>> = std::iter::once(None).chain(others.iter().copied().map(Some)).collect();
        let mut block = Block { words: others.len().div_ceil(64), others, looks: looks.to_vec(), patches: Vec::new() };
        for look in &mut block.looks {
            look.from = position(block.patches.len());
            for (word, others) in block.others.chunks(64).enumerate() {
                let (mut lanes, mut hits) = (0, 0);
                for (at, other) in others.iter().enumerate() {
                    if let Some(other) = other.filter(|other| other.fact == look.fact) {
                        lanes |= 1 << at;
                        hits |= u64::from(other.class & look.mask != 0) << at;
                    }
                }
                if lanes != 0 {
                    block.patches.push(Patch { word: position(word), lanes, hits });
                }
            }
            look.to = position(block.patches.len());
        }
        block
    }

    /// What one look at a fact finds in every lane.
    #[inline]
    fn look<const N: usize>(&self, look: &Look, facts: &Facts) -> [[u64; N]; 2] {
        let answer = facts.mask(look.fact);
        let found = answer & look.mask != 0;
        let met = found ^ look.unless;
        // Only a look for an answer can find the fact open; "unless" is met by what is open as by any other answer.
        let open = if look.unless { 0 } else { answer & OPEN };
        let spread = |bit: bool| 0u64.wrapping_sub(u64::from(bit));
        let mut value = [[spread(met || open & 2 != 0); N], [spread(met || open & 1 != 0); N]];
        // A fact of kind `many` keeps what it has, so that what was found stays found.
        let stays = look.many && answer & OPEN == 0 && found;
        let invert = spread(look.unless);
        for patch in &self.patches[look.from as usize..look.to as usize] {
            let hits = if stays { patch.lanes } else { patch.hits };
            let met = (hits ^ invert) & patch.lanes;
            for plane in &mut value {
                let word = &mut plane[patch.word as usize];
                *word = *word & !patch.lanes | met;
            }
        }
        value
    }
}

fn look(pack: &Pack, looks: &mut Vec<Look>, fact: u16, mask: u64, unless: bool) -> LaneOperation {
    let many = pack.facts[usize::from(fact)].kind == FactKind::Many;
    looks.push(Look { fact: FactIx(fact), mask, unless, many, from: 0, to: 0 });
    LaneOperation::Look(position(looks.len() - 1))
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[inline]
fn words<const N: usize>(word: impl FnMut(usize) -> u64) -> [u64; N] {
    std::array::from_fn(word)
}

#[inline]
fn constant<const N: usize>(code: u8) -> [[u64; N]; 2] {
    [code >> 1, code].map(|bit| [0u64.wrapping_sub(u64::from(bit & 1)); N])
}

/// No where any is no, else unsure where any is unsure, else unknown where any is unknown.
#[inline]
fn all<const N: usize>(arguments: &[u32], planes: &[[[u64; N]; 2]]) -> [[u64; N]; 2] {
    let (mut some, mut unsure, mut unknown) = ([!0; N], [0; N], [0; N]);
    for argument in arguments {
        let [high, low] = &planes[*argument as usize];
        for word in 0..N {
            some[word] &= high[word] | low[word];
            unsure[word] |= high[word] & !low[word];
            unknown[word] |= low[word] & !high[word];
        }
    }
    [words(|word| some[word] & (unsure[word] | !unknown[word])), words(|word| some[word] & !unsure[word])]
}

/// Yes where any is yes, else unsure where any is unsure, else unknown where any is unknown.
#[inline]
fn any<const N: usize>(arguments: &[u32], planes: &[[[u64; N]; 2]]) -> [[u64; N]; 2] {
    let (mut yes, mut any_high, mut any_low) = ([0; N], [0; N], [0; N]);
    for argument in arguments {
        let [high, low] = &planes[*argument as usize];
        for word in 0..N {
            yes[word] |= high[word] & low[word];
            any_high[word] |= high[word];
            any_low[word] |= low[word];
        }
    }
    [any_high, words(|word| yes[word] | any_low[word] & !any_high[word])]
}

/// The algebra of 64 cases that differ in one answer each.
struct WordOfCases<'f>(OneCase<'f>);

/// Truths in 64 lanes (the two bits of their codes), or outcomes: the lanes of each verdict, and in the first two planes the lanes
/// in which a line does not decide but leaves a doubt, unsure or unknown. A lane in none of them goes on to the next line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    high: u64,
    low: u64,
    verdicts: [u64; 5],
}

const SHARE: usize = Verdict::Share as usize;
const ANONYMISED: usize = Verdict::ShareAnonymised as usize;
const NOT: usize = Verdict::DoNotShare as usize;
const ADVICE: usize = Verdict::Advice as usize;
const INCOMPLETE: usize = Verdict::Incomplete as usize;

impl Word {
    fn truth(high: u64, low: u64) -> Word {
        Word { high, low, verdicts: [0; 5] }
    }

    fn yes(self) -> u64 {
        self.high & self.low
    }

    fn no(self) -> u64 {
        !(self.high | self.low)
    }

    fn unsure(self) -> u64 {
        self.high & !self.low
    }

    fn unknown(self) -> u64 {
        self.low & !self.high
    }

    /// The lanes of one verdict, and no doubt in any other.
    fn decided(verdict: usize, lanes: u64) -> Word {
        let mut word = Word::default();
        word.verdicts[verdict] = lanes;
        word
    }

    /// The outcome with another verdict in the lanes that have one of these verdicts.
    fn replaced(mut self, verdicts: &[usize], with: usize, lanes: u64) -> Word {
        for &verdict in verdicts {
            let moved = self.verdicts[verdict] & lanes;
            self.verdicts[verdict] ^= moved;
            self.verdicts[with] |= moved;
        }
        self
    }

    /// The outcome in which a "do not share" gives way to a doubt.
    fn doubted(self, doubt: Word) -> Word {
        self.replaced(&[NOT], ADVICE, doubt.unsure()).replaced(&[NOT], INCOMPLETE, doubt.unknown())
    }
}

impl Algebra for WordOfCases<'_> {
    type Value = Word;

    fn constant(&mut self, code: u8) -> Word {
        match (code, code::read(code)) {
            (_, Some((_, verdict))) => Word::decided(verdict as usize, !0),
            (code::NEXT, _) => Word::default(),
            (code::NEXT_UNSURE, _) => Word::truth(!0, 0),
            (code::NEXT_UNKNOWN, _) => Word::truth(0, !0),
            (truth, None) => {
                let [[high], [low]] = constant::<1>(truth);
                Word::truth(high, low)
            }
        }
    }

    // Conditions look at facts, lane by lane, before this; the order of verdicts itself does not. Asked all the same, the case as it
    // stands answers.
    fn is(&mut self, fact: FactIx, accept: u64) -> Word {
        let code = self.0.is(fact, accept);
        self.constant(code)
    }

    fn unless(&mut self, fact: FactIx, reject: u64) -> Word {
        let code = self.0.unless(fact, reject);
        self.constant(code)
    }

    #[inline]
    fn one(&mut self, operation: One, a: Word) -> Word {
        match operation {
            One::Not => Word::truth(a.unsure() | a.no(), a.unknown() | a.no()),
            One::Sure => Word::truth(a.yes(), a.yes()),
            One::RaisesRisk => Word::decided(NOT, a.yes()),
            One::Purpose => {
                let mut word = Word::decided(NOT, a.no());
                word.verdicts[ADVICE] = a.unsure();
                word.verdicts[INCOMPLETE] = a.unknown();
                word
            }
            One::Consent => Word { high: a.unsure(), low: a.unknown(), ..Word::decided(SHARE, a.yes()) },
            One::Identifies => Word { high: a.unsure(), low: a.unknown(), ..Word::decided(ANONYMISED, a.no()) },
        }
    }

    #[inline]
    fn two(&mut self, operation: Two, a: Word, b: Word) -> Word {
        match operation {
            Two::And => {
                let (some, unsure) = (!(a.no() | b.no()), a.unsure() | b.unsure());
                Word::truth(some & (unsure | !(a.unknown() | b.unknown())), some & !unsure)
            }
            Two::Or => {
                let high = a.high | b.high;
                Word::truth(high, a.yes() | b.yes() | (a.low | b.low) & !high)
            }
            Two::Danger => Word::decided(SHARE, a.yes() & b.yes()),
            Two::UnlessAnotherDecides => Word::truth(b.high | a.yes(), b.low & !a.yes()),
            Two::LawfulReason => lawful_reason(a, b),
            Two::First => {
                let open = a.verdicts.iter().fold(!0, |open, lanes| open & !lanes);
                let rest = b.doubted(Word::truth(a.high, a.low));
                let verdicts = std::array::from_fn(|at| a.verdicts[at] | rest.verdicts[at] & open);
                Word { high: rest.high & open, low: rest.low & open, verdicts }
            }
            Two::NothingLeft => b.replaced(&[SHARE, ANONYMISED], NOT, a.yes()),
            Two::AllHeld => b.replaced(&[SHARE, ANONYMISED], ADVICE, a.yes()),
            Two::Floor => {
                let danger = b.yes() | b.unsure();
                Word::truth((a.yes() | a.unsure()) & danger, a.yes() & b.unknown() | a.unknown() & danger)
            }
            Two::ApplyFloor => b.doubted(a),
        }
    }

    fn settles(&self, _: Two, _: Word) -> bool {
        false
    }
}

#[inline]
fn lawful_reason(lawful: Word, recipient: Word) -> Word {
    let known = !(lawful.no() | recipient.no());
    let advice = known & (lawful.unsure() | lawful.yes() & recipient.unsure());
    let share = lawful.yes() & recipient.yes();
    let mut word = Word::decided(NOT, lawful.no());
    word.verdicts[SHARE] = share;
    word.verdicts[ADVICE] = advice;
    word.verdicts[INCOMPLETE] = !(lawful.no() | advice | share);
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::LineIx;
    use crate::truth::Truth;

    const ONES: [One; 6] = [One::Not, One::Sure, One::RaisesRisk, One::Purpose, One::Consent, One::Identifies];
    const TRUTHS_ONLY: [Two; 6] =
        [Two::And, Two::Or, Two::Danger, Two::UnlessAnotherDecides, Two::LawfulReason, Two::Floor];
    const TO_OUTCOMES: [Two; 3] = [Two::NothingLeft, Two::AllHeld, Two::ApplyFloor];

    fn same(operation: impl Fn(&mut WordOfCases<'_>) -> Word, code: u8, what: &str) {
        let facts = Facts::none(&crate::testing::small_pack());
        let mut algebra = WordOfCases(OneCase { facts: &facts });
        assert_eq!(operation(&mut algebra), algebra.constant(code), "{what}");
    }

    #[test]
    fn every_operation_means_in_lanes_what_it_means_for_one_case() {
        let truths = Truth::ALL.map(Truth::code);
        let outcomes = Verdict::ALL.map(|verdict| code::outcome(LineIx::Purpose, verdict));
        let doubts = [code::NEXT, code::NEXT_UNSURE, code::NEXT_UNKNOWN];
        let lines: Vec<u8> = outcomes.into_iter().chain(doubts).collect();
        let two = |operation: Two, a: u8, b: u8| {
            let worked = |algebra: &mut WordOfCases<'_>| {
                let (a, b) = (algebra.constant(a), algebra.constant(b));
                algebra.two(operation, a, b)
            };
            same(worked, operation.apply(a, b), &format!("{operation:?} of {a} and {b}"));
        };
        for a in truths {
            for operation in ONES {
                let worked = |algebra: &mut WordOfCases<'_>| {
                    let a = algebra.constant(a);
                    algebra.one(operation, a)
                };
                same(worked, operation.apply(a), &format!("{operation:?} of {a}"));
            }
            for b in truths {
                for operation in TRUTHS_ONLY {
                    two(operation, a, b);
                }
            }
            for &b in &lines {
                for operation in TO_OUTCOMES {
                    two(operation, a, b);
                }
            }
        }
        for &a in &lines {
            for b in &lines {
                two(Two::First, a, *b);
            }
        }
    }
}
