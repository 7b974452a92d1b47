//! Deciding: facts in, advice out, with everything that explains it, as ids. `words.rs` turns ids into sentences.

use std::ops::Deref;
use std::sync::Arc;

use jiff::civil::Date;

use crate::case::{Case, Item};
use crate::evaluate::{Found, Looking, OneCase};
use crate::facts::{Facts, UNKNOWN_BIT, UNSURE_BIT};
use crate::lanes::{Lanes, Other, Room};
use crate::pack::{FactIx, FactKind, Judgement, LineIx, NodeIx, NodeKind, Pack};
use crate::program::{Program, Scratch, Truths};
use crate::truth::Truth;
use crate::verdict::{DayPlan, Verdict, Worked, code, lawful, node, outcome};

/// How far a law entry fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// It fits.
    Fits,
    /// It nearly fits: something is missing, or can be put right.
    Nearly,
    /// It does not fit.
    Not,
    /// It is not in force on the day, or never carries a decision.
    NotInForce,
}

/// A law entry, judged; its reasons are a range of [`Advice::reasons`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Position of the entry in the pack.
    pub entry: u16,
    /// How far it fits.
    pub fit: Fit,
    /// First of its reasons.
    pub reasons_from: u32,
    /// One past the last of its reasons.
    pub reasons_to: u32,
}

/// An item, judged by the pack's item rules (positions).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemJudged {
    /// In, out, or ask first.
    pub judgement: Judgement,
    /// The rule that decided; none when no rule held.
    pub by: Option<usize>,
    /// Rules that add a note.
    pub notes: Vec<usize>,
}

/// A fact that is missing, and the node that asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The fact.
    pub fact: FactIx,
    /// The node.
    pub node: NodeIx,
    /// Whether the verdict turns on it; otherwise it can be completed afterwards.
    pub decides: bool,
    /// Whether somebody answered "not sure" (else nobody answered).
    pub unsure: bool,
}

/// Another answer that would give another verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The fact.
    pub fact: FactIx,
    /// The answers (bits of the fact's mask) that lead there.
    pub answers: u64,
    /// The verdict it would be.
    pub verdict: Verdict,
}

/// The advice on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The day whose law was applied.
    pub on: Date,
    /// The verdict.
    pub verdict: Verdict,
    /// The line of DEC-4b that decided.
    pub line: LineIx,
    /// What to do now: positions in the pack's acts.
    pub act_now: Vec<u8>,
    /// The answer to each line, in order of [`LineIx::ALL`].
    pub answers: [Truth; 7],
    /// The answer to each part of DEC-4a, in order of `LineConditions::lawful_parts`.
    pub lawful_parts: [Truth; 7],
    /// Every entry of the register.
    pub entries: Vec<Judged>,
    /// Why entries do not fit, or what is missing.
    pub reasons: Vec<NodeIx>,
    /// The items, in order.
    pub items: Vec<ItemJudged>,
    /// What is said: positions in the pack's sayings.
    pub says: Vec<u16>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// What would change the verdict.
    pub would_change: Vec<Change>,
    /// Facts taken as met because nobody said otherwise.
    pub assumed: Vec<FactIx>,
    /// Facts concluded from others: positions in the pack's inferences.
    pub inferred: Vec<u16>,
    /// The facts as judged, with what was derived and inferred.
    pub facts: Facts,
}

/// A pack made ready to decide on one day; reuse it for many cases.
#[derive(Debug)]
pub struct Decider<'p> {
    pack: OfPack<'p>,
    plan: DayPlan,
    program: Program,
    on: Date,
    lanes: Lanes,
    /// Other answers on which something inferred may turn, by lane.
    inferring: Vec<(usize, Other)>,
    /// By saying: the verdicts with which it is said, a bit each.
    said_with: Vec<u8>,
    /// By fact: when the question that asks it is asked; none: always.
    asked_when: Vec<Option<NodeIx>>,
}

/// A pack that somebody else holds, or holds together with its decider.
#[derive(Debug)]
enum OfPack<'p> {
    Lent(&'p Pack),
    Shared(Arc<Pack>),
}

impl Deref for OfPack<'_> {
    type Target = Pack;

    fn deref(&self) -> &Pack {
        match self {
            Self::Lent(pack) => pack,
            Self::Shared(pack) => pack,
        }
    }
}

/// Room in which cases are worked out: what one case leaves behind, the next overwrites, so that deciding many asks for no new memory.
#[derive(Debug, Default)]
pub struct Workspace {
    truths: Truths,
    lanes: Room,
    scratch: Scratch,
    open: Vec<NodeIx>,
}

/// Advice on one case under the law of one day. Pure and total.
#[must_use]
pub fn decide(pack: &Pack, case: &Case, on: Date) -> Advice {
    Decider::new(pack, on).decide(case)
}

impl Decider<'static> {
    /// Prepares a pack for a day, to be kept for as long as the day lasts.
    #[must_use]
    pub fn shared(pack: Arc<Pack>, on: Date) -> Self {
        Self::prepared(OfPack::Shared(pack), on)
    }
}

impl<'p> Decider<'p> {
    /// Prepares a pack for a day.
    #[must_use]
    pub fn new(pack: &'p Pack, on: Date) -> Self {
        Self::prepared(OfPack::Lent(pack), on)
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The day whose law is applied.
    #[must_use]
    pub fn on(&self) -> Date {
        self.on
    }

    fn prepared(of: OfPack<'p>, on: Date) -> Self {
        let pack = &*of;
        let plan = DayPlan::new(pack, on);
        let program = Program::new(pack, &plan, &pack.lines.all());
        let asked = |fact: &FactIx| {
            let definition = &pack.facts[fact.0 as usize];
            !definition.derived && definition.id != "discloser_kind"
        };
        let asked_when = |fact: &crate::pack::FactDefinition| pack.question_asking(&fact.id)?.ask_when;
        let asked_when = pack.facts.iter().map(asked_when).collect();
        let mut inferring = vec![false; pack.facts.len()];
        for inference in &pack.inferences {
            for (fact, _) in pack.looks(inference.when) {
                inferring[usize::from(fact.0)] = true;
            }
        }
        let steering = pack.steering().into_iter().filter(asked);
        let steering = steering.filter(|fact| program.looked_at(*fact) || inferring[usize::from(fact.0)]);
        let lanes = Lanes::new(pack, &program, &steering.collect::<Vec<_>>());
        let inferring = lanes.others().filter(|(_, other)| inferring[usize::from(other.fact.0)]).collect();
        let said_with = pack.says.iter().map(said_with).collect();
        Decider { pack: of, plan, program, on, lanes, inferring, said_with, asked_when }
    }

    /// The verdict and the line that gives it, on facts as they stand (nothing derived): the core that proofs cover.
    #[must_use]
    pub fn verdict(&self, facts: &Facts) -> (LineIx, Verdict) {
        let mut truths = Truths::default();
        self.program.run_cone(facts, &mut truths);
        self.outcome(facts, &truths)
    }

    fn outcome(&self, facts: &Facts, truths: &Truths) -> (LineIx, Verdict) {
        let at = |index: usize| self.program.condition(truths, index).code();
        let value = outcome(&self.pack.lines, &mut OneCase { facts }, &at);
        code::read(value).unwrap_or((LineIx::Purpose, Verdict::Incomplete))
    }

    fn looking<'a>(&'a self, facts: &'a Facts, truths: &'a Truths) -> Looking<'a> {
        Looking { pack: &self.pack, plan: &self.plan, facts, program: &self.program, truths }
    }

    /// The questions worth asking on these facts, by position and in order: those whose `ask_when` is met or still open.
    #[must_use]
    pub fn asked(&self, case: &Case) -> Vec<usize> {
        let items: Vec<ItemJudged> = case.items.iter().map(|item| judge_item(&self.pack, item)).collect();
        let (facts, _) = self.complete(case, &items);
        let mut truths = Truths::default();
        self.program.run_cone(&facts, &mut truths);
        self.program.run_rest(&facts, &mut truths);
        let looking = self.looking(&facts, &truths);
        let asked =
            |question: &crate::pack::Question| question.ask_when.is_none_or(|when| looking.truth(when) != Truth::No);
        self.pack.questions.iter().enumerate().filter(|(_, question)| asked(question)).map(|(at, _)| at).collect()
    }

    /// The advice.
    #[must_use]
    pub fn decide(&self, case: &Case) -> Advice {
        self.decide_with(case, &mut Workspace::default())
    }

    /// The advice, worked out in room that is used again; any room will do, whatever was worked out in it before.
    #[must_use]
    pub fn decide_with(&self, case: &Case, room: &mut Workspace) -> Advice {
        let items: Vec<ItemJudged> = case.items.iter().map(|item| judge_item(&self.pack, item)).collect();
        let (facts, inferred) = self.complete(case, &items);
        let Workspace { truths, lanes, scratch, open } = room;
        self.program.make_room(truths);
        self.lanes.run(&self.pack, &facts, truths, lanes);
        self.program.run_rest(&facts, truths);
        let (line, verdict) = self.outcome(&facts, truths);
        self.correct_inferring(&facts, &inferred, truths, lanes, scratch);
        let would_change = self.would_change(verdict, lanes);
        let looking = self.looking(&facts, truths);
        let (entries, reasons, assumed) = self.judge_entries(&looking);
        let acts = self.pack.acts.iter().enumerate().filter(|(_, act)| looking.truth(act.when).is_yes());
        let act_now = acts.map(|(at, _)| u8::try_from(at).unwrap_or(u8::MAX)).collect();
        let says = self.says(&looking, verdict);
        let answers = self.answers(&looking);
        let lawful_parts = self.pack.lines.lawful_parts().map(|part| looking.condition(part));
        let missing = self.missing(&looking, line, verdict, answers, open);
        Advice {
            on: self.on,
            verdict,
            line,
            act_now,
            answers,
            lawful_parts,
            entries,
            reasons,
            items,
            says,
            missing,
            would_change,
            assumed,
            inferred,
            facts,
        }
    }

    /// Adds what follows from the items and from other answers; an answer that was given is never changed.
    fn complete(&self, case: &Case, items: &[ItemJudged]) -> (Facts, Vec<u16>) {
        let mut facts = case.facts.clone();
        if !case.items.is_empty() {
            derive_from_items(&self.pack, &mut facts, &case.items, items);
        }
        let inferred = self.infer(&mut facts);
        (facts, inferred)
    }

    /// Adds what follows from other answers.
    fn infer(&self, facts: &mut Facts) -> Vec<u16> {
        let mut inferred = Vec::new();
        for (at, inference) in self.pack.inferences.iter().enumerate() {
            if !facts.is_unknown(inference.fact) {
                continue;
            }
            let no_worked = Worked { conditions: Vec::new(), entries: Vec::new() };
            let when = node(&self.pack, &self.plan, &mut OneCase { facts }, &no_worked, inference.when);
            if Truth::from_code(when).is_yes() {
                facts.set_mask(inference.fact, inference.mask);
                inferred.push(u16::try_from(at).unwrap_or(u16::MAX));
            }
        }
        inferred
    }

    fn judge_entries(&self, looking: &Looking<'_>) -> (Vec<Judged>, Vec<NodeIx>, Vec<FactIx>) {
        let mut reasons = Vec::new();
        let mut assumed = Vec::new();
        let mut judged = Vec::with_capacity(self.pack.entries.len());
        for (at, when) in self.plan.when.iter().enumerate() {
            let from = reasons.len();
            let fit = match when {
                None => Fit::NotInForce,
                Some(when) => match looking.entry(at) {
                    Truth::Yes => {
                        looking.assumptions(*when, &mut assumed);
                        Fit::Fits
                    }
                    Truth::Unknown | Truth::Unsure => {
                        looking.open_leaves(*when, &mut Found::at_end_of(&mut reasons));
                        Fit::Nearly
                    }
                    Truth::No => {
                        let mut blockers = Found::at_end_of(&mut reasons);
                        looking.blockers(*when, &mut blockers);
                        let nodes = blockers.nodes();
                        let mendable =
                            !nodes.is_empty() && nodes.iter().all(|at| looking.pack.nodes[at.0 as usize].mendable);
                        if mendable { Fit::Nearly } else { Fit::Not }
                    }
                },
            };
            judged.push(Judged {
                entry: u16::try_from(at).unwrap_or(u16::MAX),
                fit,
                reasons_from: u32::try_from(from).unwrap_or(u32::MAX),
                reasons_to: u32::try_from(reasons.len()).unwrap_or(u32::MAX),
            });
        }
        (judged, reasons, assumed)
    }

    fn says(&self, looking: &Looking<'_>, verdict: Verdict) -> Vec<u16> {
        let with = 1u8 << verdict as u8;
        let mut said = Vec::with_capacity(self.said_with.len());
        for (at, (say, verdicts)) in self.pack.says.iter().zip(&self.said_with).enumerate() {
            if verdicts & with != 0 && say.when.is_none_or(|when| looking.truth(when).is_yes()) {
                said.push(u16::try_from(at).unwrap_or(u16::MAX));
            }
        }
        said
    }

    fn answers(&self, looking: &Looking<'_>) -> [Truth; 7] {
        let lines = &self.pack.lines;
        let at = |index: usize| looking.condition(index);
        let danger_told = at(lines.danger).and(at(lines.told_to_protector));
        let lawful = lawful(lines, &mut OneCase { facts: looking.facts }, &|index| at(index).code());
        [
            at(lines.raises_risk),
            danger_told,
            at(lines.protective),
            at(lines.purpose),
            at(lines.consent_valid),
            at(lines.identifies),
            Truth::from_code(lawful),
        ]
    }

    fn missing(
        &self,
        looking: &Looking<'_>,
        line: LineIx,
        verdict: Verdict,
        answers: [Truth; 7],
        nodes: &mut Vec<NodeIx>,
    ) -> Vec<Missing> {
        let mut missing: Vec<Missing> = Vec::new();
        let decides = matches!(verdict, Verdict::Advice | Verdict::Incomplete);
        nodes.clear();
        self.open_nodes(looking, line, verdict, answers, nodes);
        for &node in &*nodes {
            let (NodeKind::Is { fact, .. } | NodeKind::Unless { fact, .. }) = self.pack.nodes[node.0 as usize].kind
            else {
                continue;
            };
            if missing.iter().all(|one| one.fact != fact) && !self.pack.facts[fact.0 as usize].derived {
                let unsure = looking.facts.mask(fact) & UNSURE_BIT != 0;
                missing.push(Missing { fact, node, decides, unsure });
            }
        }
        // What is only asked once something else is answered (what a consent covers, before anyone says that there is one) waits.
        let asked_now =
            |one: &Missing| self.asked_when[one.fact.0 as usize].is_none_or(|when| looking.truth(when) == Truth::Yes);
        if missing.iter().any(asked_now) {
            missing.retain(asked_now);
        }
        missing
    }

    /// The nodes on which the verdict still turns; for a share in danger, what may be completed afterwards.
    fn open_nodes(
        &self,
        looking: &Looking<'_>,
        line: LineIx,
        verdict: Verdict,
        answers: [Truth; 7],
        nodes: &mut Vec<NodeIx>,
    ) {
        let lines = &self.pack.lines;
        let mut open = |index: usize| {
            looking.open_leaves(self.pack.conditions[index].node, &mut Found::at_end_of(nodes));
        };
        if verdict.shares() && line != LineIx::Danger || line == LineIx::RaisesRisk {
            return;
        }
        if line == LineIx::Protective {
            open(lines.danger);
            open(lines.protective);
        }
        open(lines.purpose);
        if line == LineIx::Purpose {
            return;
        }
        if answers[LineIx::LawfulReason as usize] == Truth::No && line != LineIx::Danger {
            open(lines.identifies);
            open(lines.consent_valid);
        } else {
            open(lines.recipient_known);
            lines.lawful_parts().into_iter().for_each(open);
        }
        if looking.condition(lines.recipient_known) == Truth::No {
            // "Whoever deals with it" is an answer, yet what is missing is somebody to tell.
            looking.blockers(self.pack.conditions[lines.recipient_known].node, &mut Found::at_end_of(nodes));
        }
    }

    /// Every single other answer that gives another verdict.
    fn would_change(&self, verdict: Verdict, lanes: &Room) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        self.lanes.otherwise(verdict, lanes, |changed, other| {
            if other == Verdict::Incomplete {
                return;
            }
            let Other { fact, class } = changed;
            match changes.iter_mut().rev().find(|change| change.fact == fact && change.verdict == other) {
                Some(change) => change.answers |= class,
                None => changes.push(Change { fact, answers: class, verdict: other }),
            }
        });
        changes
    }

    /// Where another answer changes what is inferred, more than one fact changes: such lanes are worked out one by one.
    fn correct_inferring(
        &self,
        facts: &Facts,
        inferred: &[u16],
        truths: &mut Truths,
        lanes: &mut Room,
        scratch: &mut Scratch,
    ) {
        // What was answered is never inferred, whatever else is answered.
        let settled = inferred.is_empty() && self.pack.inferences.iter().all(|one| !facts.is_unknown(one.fact));
        if settled || self.inferring.is_empty() {
            return;
        }
        let mut trial = facts.clone();
        let mut changed: Vec<FactIx> = Vec::new();
        for &(lane, other) in &self.inferring {
            let was = facts.mask(other.fact);
            if other.class & was != 0 {
                continue;
            }
            let many = self.pack.facts[usize::from(other.fact.0)].kind == FactKind::Many;
            trial.set_mask(other.fact, other.instead_of(was, many));
            changed.clear();
            changed.push(other.fact);
            self.infer_again(facts, inferred, &mut trial, &mut changed);
            if changed.len() > 1 {
                self.program.rerun(&changed, &trial, truths, scratch);
                lanes.correct(lane, self.outcome(&trial, truths).1);
                truths.undo(scratch);
            }
            for &fact in &changed {
                trial.set_mask(fact, facts.mask(fact));
            }
        }
    }

    /// Draws the inferences afresh after the first of `changed` got another answer, and notes which facts came out otherwise.
    fn infer_again(&self, facts: &Facts, inferred: &[u16], trial: &mut Facts, changed: &mut Vec<FactIx>) {
        let answered = changed[0];
        for &at in inferred {
            let fact = self.pack.inferences[usize::from(at)].fact;
            if fact != answered {
                trial.set_mask(fact, UNKNOWN_BIT);
            }
        }
        self.infer(trial);
        for inference in &self.pack.inferences {
            let other = inference.fact;
            if trial.mask(other) != facts.mask(other) && !changed.contains(&other) {
                changed.push(other);
            }
        }
    }
}

/// The verdicts with which something is said, a bit each; with any, when it names none.
fn said_with(say: &crate::pack::Say) -> u8 {
    let named = |verdict: &Verdict| say.verdicts.is_empty() || say.verdicts.iter().any(|id| id == verdict.id());
    Verdict::ALL.into_iter().filter(named).map(|verdict| 1u8 << verdict as u8).sum()
}

/// Judges one item: the first deciding rule that holds, and every note that holds.
fn judge_item(pack: &Pack, item: &Item) -> ItemJudged {
    let holds = |rule: &crate::pack::ItemRule| {
        rule.when.iter().all(|(field, accepted)| accepted.iter().any(|value| value == item.field(field)))
    };
    let by = pack.item_rules.iter().position(|rule| rule.judgement.is_some() && holds(rule));
    let notes = pack
        .item_rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.judgement.is_none() && holds(rule))
        .map(|(at, _)| at)
        .collect();
    let judgement = by.and_then(|at| pack.item_rules[at].judgement).unwrap_or(Judgement::Ask);
    ItemJudged { judgement, by, notes }
}

/// What the items say about the whole: which kinds of information are among what may go, and whether anything is left to share.
fn derive_from_items(pack: &Pack, facts: &mut Facts, items: &[Item], judged: &[ItemJudged]) {
    let going: Vec<&Item> = items
        .iter()
        .zip(judged)
        .filter(|(_, judged)| judged.judgement != Judgement::Out)
        .map(|(item, _)| item)
        .collect();
    let about = |field: &str, yes: &[&str]| {
        if going.iter().any(|item| yes.contains(&item.field(field))) {
            Some("yes")
        } else if going.iter().all(|item| item.field(field) != "unknown") {
            Some("no")
        } else {
            None
        }
    };
    let held = |judged: &ItemJudged| {
        judged.judgement == Judgement::Ask && judged.by.is_some_and(|at| pack.item_rules[at].holds)
    };
    let left = if going.is_empty() {
        "none"
    } else if judged.iter().filter(|judged| judged.judgement != Judgement::Out).all(held) {
        "held"
    } else {
        "some"
    };
    let derived = [
        ("special_category", about("category", &["special", "health"])),
        ("health_information", about("category", &["health"])),
        ("criminal_offence", about("category", &["criminal"])),
        ("confidential", about("confidence", &["yes"])),
        ("items_left", Some(left)),
    ];
    for (fact, value) in derived {
        if let (Some(index), Some(value)) = (pack.fact_index(fact), value)
            && facts.is_unknown(index)
        {
            // The pack may lack the fact or the value; then there is nothing to derive.
            let _ = facts.answer(pack, fact, &[value]);
        }
    }
}
