//! Proving a pack: what must hold whatever is answered, and what must not lie dead in it.
//!
//! First the order of verdicts is compared with DEC-4a and DEC-4b read afresh, in every way in which the conditions it looks at
//! may turn out: that covers every combination of answers, since each makes the conditions turn out in some such way.
//!
//! Then the conditions themselves are built as decision diagrams over all combinations of answers, and with them the verdict.
//! Six parts of a lawful reason (the register's entries, Articles 6, 9 and 10, confidence, necessity) are left free: they may be
//! yes, no, unsure or unknown whatever else is answered. What is proved so holds for every combination of answers, and for more.
//! Each entry and each saying is looked at by itself: one that can never fit, or never be said, is dead. Last, a fixed sequence
//! of made-up cases goes through [`crate::decide`] itself, and must agree with the diagrams.

use std::fmt;

use jiff::civil::Date;

use crate::case::Case;
use crate::diagram::{Diagrams, Root};
use crate::pack::{LineIx, NodeIx, Pack, Step};
use crate::source::Fault;
use crate::truth::Truth;
use crate::verdict::{Algebra, DayPlan, Verdict, Worked, code, node, outcome};

mod alive;
mod made_up;
mod order_of_verdicts;

use alive::Alive;
/// One thing proved, or a combination of answers for which it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What must hold.
    pub claim: &'static str,
    /// The day whose law was looked at.
    pub on: Date,
    /// Answers for which it fails; none: it holds for all.
    pub counterexample: Option<Vec<String>>,
}

/// What was checked, and what was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The pack's id and version.
    pub pack: String,
    /// The days whose law was looked at: those on which something differs.
    pub days: Vec<Date>,
    /// The ids of the facts that steer.
    pub facts: Vec<String>,
    /// How many classes of answers they have between them.
    pub classes: usize,
    /// Ten's logarithm of the number of combinations of answers.
    pub combinations_log10: f64,
    /// In how many ways the conditions to which the order of verdicts looks may turn out.
    pub situations: u32,
    /// How many made-up cases went through the engine.
    pub sampled: usize,
    /// What was proved.
    pub proofs: Vec<Proof>,
    /// What is dead or incomplete.
    pub faults: Vec<Fault>,
}

impl Report {
    /// Whether everything holds and nothing is dead.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.proofs.iter().all(|proof| proof.counterexample.is_none())
    }

    /// The claims, each once, in order.
    fn claims(&self) -> Vec<&'static str> {
        let mut claims = Vec::new();
        for proof in &self.proofs {
            if !claims.contains(&proof.claim) {
                claims.push(proof.claim);
            }
        }
        claims
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.combinations_log10.floor();
        let days: Vec<String> = self.days.iter().map(ToString::to_string).collect();
        writeln!(f, "{}", self.pack)?;
        writeln!(f, "  steering facts       {}: {}", self.facts.len(), self.facts.join(", "))?;
        writeln!(f, "  classes of answers   {}", self.classes)?;
        writeln!(
            f,
            "  combinations         {:.1} × 10^{exponent:.0}, every one covered",
            10f64.powf(self.combinations_log10 - exponent)
        )?;
        writeln!(
            f,
            "  situations           {}: every way in which the conditions of the verdict may turn out",
            self.situations
        )?;
        writeln!(f, "  made-up cases        {} through the engine itself, each compared with the proof", self.sampled)?;
        writeln!(f, "  under the law of     {}", days.join(", "))?;
        for claim in self.claims() {
            let mut failed = false;
            for proof in self.proofs.iter().filter(|proof| proof.claim == claim) {
                if let Some(answers) = &proof.counterexample {
                    failed = true;
                    let with = if answers.is_empty() { "nothing answered".to_owned() } else { answers.join("; ") };
                    writeln!(f, "  FAILS on {}: {claim}\n    for example with: {with}", proof.on)?;
                }
            }
            if !failed {
                writeln!(f, "  proved: {claim}")?;
            }
        }
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        write!(f, "{}", if self.is_sound() { "Everything holds." } else { "This pack must not be used." })
    }
}

/// Checks a pack under the law of each of these days; days under the same law are looked at once.
#[must_use]
pub fn check(pack: &Pack, days: &[Date]) -> Report {
    let facts = pack.steering().iter().map(|fact| pack.facts[fact.0 as usize].id.clone()).collect();
    let mut report = Report {
        pack: format!("{} {}", pack.id, pack.version),
        days: Vec::new(),
        facts,
        classes: 0,
        combinations_log10: 0.0,
        situations: 0,
        sampled: 0,
        proofs: Vec::new(),
        faults: Vec::new(),
    };
    let first = days.first().copied().unwrap_or_default();
    report.situations = order_of_verdicts::SITUATIONS;
    report.proofs.extend(order_of_verdicts::prove(pack, first));
    let mut seen: Vec<Vec<Option<NodeIx>>> = Vec::new();
    let mut alive = Alive::new(pack);
    for &on in days {
        let plan = DayPlan::new(pack, on);
        if !seen.contains(&plan.when) {
            seen.push(plan.when.clone());
            report.days.push(on);
            check_day(pack, on, &plan, &mut alive, &mut report);
        }
    }
    alive.report(pack, &mut report.faults);
    report
}

/// The days on which the law of a pack changes, from a day on, and that day itself.
#[must_use]
pub fn days_of_change(pack: &Pack, from: Date) -> Vec<Date> {
    let ends =
        pack.entries.iter().flat_map(|entry| &entry.periods).flat_map(|period| [period.from, period.to]).flatten();
    let mut days: Vec<Date> = ends.filter(|day| *day > from).collect();
    days.push(from);
    days.sort_unstable();
    days.dedup();
    days
}

/// The conditions left free, by id.
const FREE: [&str; 6] = ["needed", "gateway", "article-6", "article-9", "article-10", "confidence-met"];

fn check_day(pack: &Pack, on: Date, plan: &DayPlan, alive: &mut Alive, report: &mut Report) {
    let mut diagrams = Diagrams::new(pack);
    let worked = build(pack, plan, &mut diagrams, alive);
    let value = outcome(&pack.lines, &mut diagrams, &|index| worked.conditions[index]);
    report.classes = diagrams.class_count();
    report.combinations_log10 = diagrams.combinations_log10(pack);
    let mut prover = Prover { pack, plan, on, diagrams, worked, value, proofs: Vec::new() };
    prover.exactly_one_verdict();
    prover.danger_is_first();
    prover.danger_told();
    prover.purpose();
    prover.consent();
    prover.refusal();
    prover.nothing_answered();
    report.sampled += made_up::compare(pack, plan, on, &prover.diagrams, value, &mut report.faults);
    alive.look(&mut prover.diagrams, pack, plan, &prover.worked);
    report.proofs.append(&mut prover.proofs);
}

/// Every condition as a diagram, those of [`FREE`] as free truths; every entry by itself.
fn build(pack: &Pack, plan: &DayPlan, diagrams: &mut Diagrams, alive: &mut Alive) -> Worked<Root> {
    let no = diagrams.constant(Truth::No.code());
    let mut worked = Worked { conditions: vec![no; pack.conditions.len()], entries: vec![no; pack.entries.len()] };
    for step in &pack.order {
        match *step {
            Step::Condition(index) => {
                let own = node(pack, plan, diagrams, &worked, pack.conditions[index].node);
                alive.condition(index, &diagrams.values(own));
                let id = pack.conditions[index].id.as_str();
                worked.conditions[index] = if FREE.contains(&id) { diagrams.free(id) } else { own };
            }
            Step::Entry(index) => {
                if let Some(when) = plan.when[index] {
                    worked.entries[index] = node(pack, plan, diagrams, &worked, when);
                    alive.entry(index, &diagrams.values(worked.entries[index]));
                }
            }
        }
    }
    worked
}

const YES: u32 = Truth::Yes.code() as u32;
const NO: u32 = Truth::No.code() as u32;

struct Prover<'p> {
    pack: &'p Pack,
    plan: &'p DayPlan,
    on: Date,
    diagrams: Diagrams,
    worked: Worked<Root>,
    value: Root,
    proofs: Vec<Proof>,
}

impl Prover<'_> {
    fn at(&self, condition: usize) -> Root {
        self.worked.conditions[condition]
    }

    /// A proof that no combination makes the diagram 1.
    fn never(&mut self, claim: &'static str, bad: Root) {
        let example = self.diagrams.example(self.pack, bad, &|value| value == 1);
        let counterexample = example.map(|facts| made_up::in_words(self.pack, &facts));
        self.proofs.push(Proof { claim, on: self.on, counterexample });
    }

    /// 1 where the answer is one of these values; none when the pack has no such fact or value.
    fn answered(&mut self, fact: &str, values: &[&str]) -> Option<Root> {
        let mut probe = crate::Facts::none(self.pack);
        let index = self.pack.fact_index(fact)?;
        let mut mask = 0;
        for value in values {
            probe.answer(self.pack, fact, &[value]).ok()?;
            mask |= probe.mask(index);
        }
        let root = self.diagrams.is(index, mask);
        Some(self.both(root, root, |truth, _| truth == YES))
    }

    fn both(&mut self, a: Root, b: Root, with: impl Fn(u32, u32) -> bool) -> Root {
        self.diagrams.combine(a, b, &|a, b| u32::from(with(a, b)))
    }

    /// 1 where the first is 1 and the verdict is as `wrong` says.
    fn with_verdict(&mut self, where_one: Root, wrong: impl Fn(Option<(LineIx, Verdict)>) -> bool) -> Root {
        self.both(where_one, self.value, |one, value| one == 1 && wrong(read(value)))
    }

    fn exactly_one_verdict(&mut self) {
        let unread = self.both(self.value, self.value, |value, _| read(value).is_none());
        self.never("there is exactly one verdict", unread);
    }

    fn danger_is_first(&mut self) {
        let Some(danger) = self.answered("immediate_danger", &["yes"]) else { return };
        let first = self.pack.acts.first().filter(|act| act.id == "police");
        let told = match first {
            Some(act) => node(self.pack, self.plan, &mut self.diagrams, &self.worked, act.when),
            None => self.diagrams.constant(Truth::No.code()),
        };
        let bad = self.both(danger, told, |danger, told| danger == 1 && told != YES);
        self.never("immediate danger always yields the police first, whatever else is answered", bad);
    }

    /// Anchored to the facts themselves, not to what the pack calls danger.
    fn danger_told(&mut self) {
        let dangers = ["immediate_danger", "significant_harm", "child_disclosed"];
        let known = ["police", "council-children", "own-safeguarding-lead"];
        let told = known.into_iter().filter_map(|body| self.answered("recipient_kind", &[body])).collect::<Vec<_>>();
        let (Some(risk), Some(nobody)) =
            (self.answered("recipient_raises_risk", &["yes"]), self.answered("recipient_named", &["no"]))
        else {
            return;
        };
        for danger in dangers.into_iter().filter_map(|fact| self.answered(fact, &["yes"])).collect::<Vec<_>>() {
            for &recipient in &told {
                let here = self.both(danger, recipient, |danger, told| danger == 1 && told == 1);
                let safe = self.both(here, risk, |here, risk| here == 1 && risk == 0);
                let named = self.both(safe, nobody, |safe, nobody| safe == 1 && nobody == 0);
                let held = self.with_verdict(named, |outcome| outcome != Some((LineIx::Danger, Verdict::Share)));
                self.never(
                    "danger, likely harm or a child's own words told to the police, social care or one's own lead is always shared",
                    held,
                );
            }
        }
    }

    fn purpose(&mut self) {
        let lines = self.pack.lines;
        let (purpose, danger, risk) = (self.at(lines.purpose), self.at(lines.danger), self.at(lines.raises_risk));
        let neither = self.both(purpose, danger, |purpose, danger| purpose != YES && danger != YES);
        let bad = self.with_verdict(neither, |outcome| outcome.is_none_or(|(_, verdict)| verdict.shares()));
        self.never("no purpose and no danger never yields share", bad);
        let risky = self.both(risk, risk, |risk, _| risk == YES);
        let told =
            self.with_verdict(risky, |outcome| outcome.is_none_or(|(_, verdict)| verdict != Verdict::DoNotShare));
        self.never("a recipient who would raise the risk is never told", told);
        let none = self.both(danger, purpose, |danger, purpose| danger == NO && purpose == NO);
        let open = self.with_verdict(none, |outcome| outcome.is_none_or(|(_, verdict)| verdict != Verdict::DoNotShare));
        self.never("with certainly no danger and no purpose the answer is “do not share”", open);
    }

    fn consent(&mut self) {
        let valid = self.at(self.pack.lines.consent_valid);
        let unusable: [(&str, &[&str]); 3] = [
            ("consent", &["withdrawn", "expired", "refused"]),
            ("consent_freely_given", &["no"]),
            ("coercion", &["yes"]),
        ];
        for (fact, values) in unusable {
            let Some(answered) = self.answered(fact, values) else { continue };
            let reason = self.with_verdict(answered, |outcome| outcome.is_none_or(|(line, _)| line == LineIx::Consent));
            self.never("a withdrawn, expired, refused or coerced consent is never the reason to share", reason);
            let counted = self.both(answered, valid, |answered, valid| answered == 1 && valid == YES);
            self.never("a withdrawn, expired, refused or coerced consent is never valid", counted);
            for entry in ["6-1-a", "9-2-a"].into_iter().filter_map(|id| self.pack.entry_index(id)).collect::<Vec<_>>() {
                let fits = self.worked.entries[entry];
                let relied = self.both(answered, fits, |answered, fits| answered == 1 && fits == YES);
                self.never("a withdrawn, expired, refused or coerced consent is never offered as a basis", relied);
            }
        }
    }

    fn refusal(&mut self) {
        let (Some(refused), Some(harm)) =
            (self.answered("consent", &["refused"]), self.answered("significant_harm", &["yes"]))
        else {
            return;
        };
        let (protective, risk) = (self.at(self.pack.lines.protective), self.at(self.pack.lines.raises_risk));
        let both = self.both(refused, harm, |refused, harm| refused == 1 && harm == 1);
        let told = self.both(both, protective, |both, protective| both == 1 && protective == YES);
        let safe = self.both(told, risk, |told, risk| told == 1 && risk != YES);
        let bad = self.with_verdict(safe, |outcome| outcome.is_none_or(|(_, verdict)| verdict == Verdict::DoNotShare));
        self.never("refusal alone never yields “do not share” to a protective recipient where a child is likely to suffer significant harm", bad);
    }

    fn nothing_answered(&mut self) {
        let advice = crate::decide(self.pack, &Case::empty(self.pack), self.on);
        let counterexample = advice.verdict.shares().then(Vec::new);
        self.proofs.push(Proof { claim: "an empty set of facts never yields share", on: self.on, counterexample });
    }
}

fn read(value: u32) -> Option<(LineIx, Verdict)> {
    u8::try_from(value).ok().and_then(code::read)
}
