//! Advice in words: what the page shows, the API returns and a decision keeps.

use crate::advice::{Advice, Fit, Judged};
use crate::case::{Answers, Case};
use crate::facts::{Answer, FIRST_VALUE_BIT};
use crate::pack::{
    BodyPart, Commencement, Entry, FactDefinition, FactIx, Judgement, LineIx, NodeIx, NodeKind, Pack, SayAs,
};
use crate::truth::Truth;
use crate::verdict::Verdict;

mod fill;
mod ready;
mod view;

use fill::Filling;
pub use fill::{date_in_words, list_in_words};
pub use ready::{Ready, Written};
pub use view::{
    ActView, AdviceView, ChangeView, EntryView, ItemView, MissingView, PackView, PartView, SaidView, StepView,
};

/// Puts advice into words.
#[must_use]
pub fn in_words(pack: &Pack, case: &Case, advice: &Advice) -> AdviceView {
    let wording = Wording { pack, case, advice, filling: Filling::new(pack, case, advice) };
    let words = pack.verdicts.iter().find(|words| words.id == advice.verdict.id());
    let sentence = |pick: fn(&crate::pack::VerdictWords) -> &String| {
        words.map(|words| wording.filling.fill(pick(words))).unwrap_or_default()
    };
    let said = |part: SayAs| wording.said(part);
    AdviceView {
        verdict: advice.verdict,
        title: sentence(|words| &words.title),
        sentence: sentence(|words| &words.sentence),
        meaning: sentence(|words| &words.meaning),
        next: sentence(|words| &words.next),
        line: advice.line.id().to_owned(),
        act_now: wording.acts(),
        rely_on: wording.entries(Fit::Fits),
        nearly: wording.entries(Fit::Nearly),
        not_fitting: [Fit::Not, Fit::NotInForce].into_iter().flat_map(|fit| wording.entries(fit)).collect(),
        items: wording.items(),
        warnings: [SayAs::Warning, SayAs::Item].into_iter().flat_map(said).collect(),
        next_steps: said(SayAs::Step),
        how: said(SayAs::Method),
        tell: said(SayAs::Tell),
        words: said(SayAs::Words),
        would_change: wording.changes(),
        explanation: wording.path(),
        lawful_reason: wording.parts(),
        missing: wording.missing(),
        assumed: wording.assumed(),
        applies: wording.applies(),
        pack: PackView { id: pack.id.clone(), version: pack.version.clone(), digest: pack.digest.clone() },
        on: advice.on,
    }
}

const NOT_YET: &str = "It is not in force yet, or its start is not confirmed.";

struct Wording<'a> {
    pack: &'a Pack,
    case: &'a Case,
    advice: &'a Advice,
    filling: Filling,
}

impl Wording<'_> {
    fn fact(&self, fact: FactIx) -> &FactDefinition {
        &self.pack.facts[fact.0 as usize]
    }

    fn acts(&self) -> Vec<ActView> {
        let view = |at: &u8| {
            let act = &self.pack.acts[usize::from(*at)];
            ActView {
                id: act.id.clone(),
                title: act.title.clone(),
                text: self.filling.fill(&act.text),
                phone: act.phone.clone(),
                phone_else: act.phone_else.clone(),
                source: act.source.clone(),
            }
        };
        self.advice.act_now.iter().map(view).collect()
    }

    fn entries(&self, fit: Fit) -> Vec<EntryView> {
        self.advice
            .entries
            .iter()
            .filter(|judged| judged.fit == fit && !self.only_for_reading(judged))
            .map(|judged| self.entry(judged))
            .collect()
    }

    /// In force on the day, but without a condition: it can neither fit nor fail to fit.
    fn only_for_reading(&self, judged: &Judged) -> bool {
        let entry = &self.pack.entries[usize::from(judged.entry)];
        judged.fit == Fit::NotInForce
            && entry.commencement != Commencement::Inactive
            && entry.period_on(self.advice.on).is_some()
    }

    fn entry(&self, judged: &Judged) -> EntryView {
        let entry = &self.pack.entries[usize::from(judged.entry)];
        EntryView {
            id: entry.id.clone(),
            title: entry.title.clone(),
            cite: entry.cite.clone(),
            role: entry.role.clone(),
            nature: entry.nature.clone(),
            summary: entry.summary.clone(),
            why: self.why(entry, judged),
            caveats: entry.caveats.clone(),
            status: entry.status.clone(),
            start_unconfirmed: entry.commencement == Commencement::Unconfirmed,
            from_guidance: entry.from_guidance,
            url: entry.url.clone(),
        }
    }

    fn why(&self, entry: &Entry, judged: &Judged) -> Vec<String> {
        let reasons = &self.advice.reasons[judged.reasons_from as usize..judged.reasons_to as usize];
        let mut why: Vec<String> = Vec::new();
        match judged.fit {
            Fit::Fits if !entry.why.is_empty() => why.push(self.filling.fill(&entry.why)),
            Fit::Fits => why.push(self.filling.fill(&entry.summary)),
            Fit::Nearly | Fit::Not => {
                for node in reasons {
                    let sentence =
                        if self.is_open(*node) { self.missing_sentence(*node) } else { self.fails_sentence(*node) };
                    if !why.contains(&sentence) {
                        why.push(sentence);
                    }
                }
            }
            Fit::NotInForce => why.push(self.not_in_force(entry)),
        }
        why
    }

    fn not_in_force(&self, entry: &Entry) -> String {
        if entry.commencement == Commencement::Inactive {
            NOT_YET.to_owned()
        } else {
            format!("It is not in force on {}.", date_in_words(self.advice.on))
        }
    }

    fn is_open(&self, node: NodeIx) -> bool {
        match self.pack.nodes[node.0 as usize].kind {
            NodeKind::Is { fact, accept } => self.advice.facts.is_one_of(fact, accept).is_open(),
            _ => false,
        }
    }

    fn missing_sentence(&self, node: NodeIx) -> String {
        self.always().missing(node).to_owned()
    }

    fn fails_sentence(&self, node: NodeIx) -> String {
        let failed = &self.pack.nodes[node.0 as usize];
        if !failed.fails.is_empty() {
            return self.filling.fill(&failed.fails);
        }
        match &failed.kind {
            NodeKind::Is { fact, accept } => match failed.list {
                Some(list) => self.filling.outside(&self.pack.lists[list].outside, self.always().part_of(*fact)),
                None => self.wanted(*fact, *accept),
            },
            _ => self.always().fails(node),
        }
    }

    /// What the pack says whatever the case is.
    fn always(&self) -> Always<'_> {
        Always { pack: self.pack }
    }

    fn wanted(&self, fact: FactIx, accept: u64) -> String {
        let label = &self.fact(fact).label;
        format!("{label}: it is “{}”, and would have to be “{}”.", self.answered(fact), self.labels(fact, accept))
    }

    /// What a fact was answered.
    fn answered(&self, fact: FactIx) -> String {
        match self.advice.facts.answer_of(self.pack, fact) {
            Answer::Unknown => "not answered".to_owned(),
            Answer::Unsure => "not sure".to_owned(),
            Answer::Values(_) => self.labels(fact, self.advice.facts.mask(fact)),
        }
    }

    fn labels(&self, fact: FactIx, mask: u64) -> String {
        self.always().labels(fact, mask)
    }

    fn items(&self) -> Vec<ItemView> {
        items_in_words(self.pack, self.case, self.advice)
    }

    fn said(&self, part: SayAs) -> Vec<SaidView> {
        let says = self.advice.says.iter().map(|at| &self.pack.says[usize::from(*at)]).filter(|say| say.part == part);
        says.map(|say| SaidView {
            id: say.id.clone(),
            title: self.filling.fill(&say.title),
            text: self.filling.fill(&say.text),
            source: say.source.clone(),
            applies: say.applies.clone(),
        })
        .collect()
    }

    fn changes(&self) -> Vec<ChangeView> {
        let mut changes: Vec<ChangeView> = self
            .advice
            .would_change
            .iter()
            .map(|change| {
                let definition = self.fact(change.fact);
                let title = self
                    .pack
                    .verdicts
                    .iter()
                    .find(|words| words.id == change.verdict.id())
                    .map_or("", |words| words.title.as_str());
                ChangeView {
                    fact: definition.id.clone(),
                    answers: values_in(definition, change.answers).map(|value| value.id.clone()).collect(),
                    verdict: change.verdict,
                    text: format!(
                        "If “{}” were “{}”, the answer would be: {}.",
                        definition.label,
                        self.labels(change.fact, change.answers),
                        lower_first(title)
                    ),
                    unanswered: self.advice.facts.is_unknown(change.fact),
                }
            })
            .collect();
        let missing = |fact: &str| self.advice.missing.iter().any(|missing| self.fact(missing.fact).id == fact);
        changes.sort_by_key(|change| !missing(&change.fact));
        changes
    }

    fn path(&self) -> Vec<StepView> {
        self.path_because(|line| self.because(line))
    }

    /// The path, with the answers on which each line rests.
    fn path_because(&self, because: impl Fn(LineIx) -> Vec<String>) -> Vec<StepView> {
        let advice = self.advice;
        let mut path = Vec::new();
        for line in LineIx::ALL {
            let answer = advice.answers[line as usize];
            let decided = advice.line == line;
            let safety = matches!(line, LineIx::RaisesRisk | LineIx::Danger | LineIx::Protective);
            // A safety line that neither decided nor is certainly met says nothing; the four questions are always shown up to the deciding one.
            if safety && !decided && !(line == LineIx::Danger && answer.is_yes()) {
                continue;
            }
            // The path shown is always the guidance's four questions: in danger all of them, since each can be completed afterwards.
            let in_danger = advice.line == LineIx::Danger && line > LineIx::Danger;
            if line > advice.line && advice.line != LineIx::Protective && !in_danger {
                break;
            }
            if let Some(words) = self.pack.line_words.iter().find(|words| words.id == line.id()) {
                // Protecting the child *is* the purpose (DEC-4b (2)).
                let answer = if in_danger && line == LineIx::Purpose { Truth::Yes } else { answer };
                let text = match answer {
                    _ if in_danger && !words.in_danger.is_empty() => &words.in_danger,
                    Truth::Yes => &words.yes,
                    Truth::No => &words.no,
                    Truth::Unsure => &words.unsure,
                    Truth::Unknown => &words.unknown,
                };
                path.push(StepView {
                    line: words.id.clone(),
                    question: words.question.clone(),
                    answer,
                    text: self.step_text(text, decided),
                    source: words.source.clone(),
                    decided,
                    because: because(line),
                });
            }
        }
        path
    }

    /// The sentence of a step; the deciding one also says what is missing.
    fn step_text(&self, text: &str, decided: bool) -> String {
        let mut said = self.filling.fill(text);
        if decided && self.advice.verdict == Verdict::Incomplete {
            for missing in self.missing().into_iter().filter(|missing| missing.decides).take(3) {
                said.push(' ');
                said.push_str(&missing.text);
            }
        }
        said
    }

    /// The answered facts on which a line's conditions rest, with their answers.
    fn because(&self, line: LineIx) -> Vec<String> {
        self.answers_to(&self.always().facts_of(line))
    }

    fn answers_to(&self, facts: &[FactIx]) -> Vec<String> {
        let answered = facts.iter().filter_map(|&fact| match self.advice.facts.answer_of(self.pack, fact) {
            Answer::Unknown => None,
            Answer::Unsure => Some(format!("{}: not sure", self.fact(fact).label)),
            Answer::Values(_) => Some(format!(
                "{}: {}",
                self.fact(fact).label,
                lower_first(&self.labels(fact, self.advice.facts.mask(fact)))
            )),
        });
        answered.collect()
    }

    fn parts(&self) -> Vec<PartView> {
        let parts = self.pack.lines.lawful_parts().into_iter().zip(self.advice.lawful_parts);
        parts
            .map(|(part, answer)| {
                let condition = &self.pack.conditions[part];
                PartView {
                    id: condition.id.clone(),
                    text: condition.words.clone(),
                    answer,
                    source: condition.source.clone(),
                }
            })
            .collect()
    }

    fn missing(&self) -> Vec<MissingView> {
        let view = |missing: &crate::advice::Missing| {
            let definition = self.fact(missing.fact);
            MissingView {
                fact: definition.id.clone(),
                text: if self.is_open(missing.node) {
                    self.missing_sentence(missing.node)
                } else {
                    self.fails_sentence(missing.node)
                },
                question: self
                    .pack
                    .question_asking(&definition.id)
                    .map(|question| question.id.clone())
                    .unwrap_or_default(),
                decides: missing.decides,
                unsure: missing.unsure,
            }
        };
        self.advice.missing.iter().map(view).collect()
    }

    fn assumed(&self) -> Vec<String> {
        self.assumed_as(|fact| self.always().taken_as(fact))
    }

    /// What was assumed, with what each fact is taken as.
    fn assumed_as(&self, taken_as: impl Fn(FactIx) -> String) -> Vec<String> {
        let inferred = self.advice.inferred.iter().map(|at| self.pack.inferences[usize::from(*at)].words.clone());
        let taken = self.advice.assumed.iter().map(|fact| {
            let how =
                if self.advice.facts.is_unknown(*fact) { "was not answered" } else { "was answered “not sure”" };
            format!("“{}” {how} and is taken as “{}”. Check it.", self.fact(*fact).label, taken_as(*fact))
        });
        inferred.chain(taken).collect()
    }

    fn applies(&self) -> Vec<String> {
        let mut applies: Vec<String> = Vec::new();
        for at in &self.advice.says {
            for rule in &self.pack.says[usize::from(*at)].applies {
                if !applies.contains(rule) {
                    applies.push(rule.clone());
                }
            }
        }
        applies
    }
}

/// The items of a case with their judgements.
#[must_use]
pub fn items_in_words(pack: &Pack, case: &Case, advice: &Advice) -> Vec<ItemView> {
    let view = |(index, judged): (usize, &crate::advice::ItemJudged)| ItemView {
        index,
        text: case.items[index].text.clone(),
        judgement: match judged.judgement {
            Judgement::In => "in",
            Judgement::Out => "out",
            Judgement::Ask => "ask",
        }
        .to_owned(),
        why: judged.by.map_or_else(|| "Say whether this is needed.".to_owned(), |at| pack.item_rules[at].text.clone()),
        notes: judged.notes.iter().map(|at| pack.item_rules[*at].text.clone()).collect(),
    };
    advice.items.iter().enumerate().map(view).collect()
}

/// What the words of a pack say by themselves.
struct Always<'a> {
    pack: &'a Pack,
}

impl<'a> Always<'a> {
    fn fact(&self, fact: FactIx) -> &'a FactDefinition {
        &self.pack.facts[fact.0 as usize]
    }

    fn part_of(&self, fact: FactIx) -> BodyPart {
        if self.fact(fact).id == "discloser_kind" { BodyPart::Discloser } else { BodyPart::Recipient }
    }

    fn labels(&self, fact: FactIx, mask: u64) -> String {
        let labels: Vec<&str> = values_in(self.fact(fact), mask).map(|value| value.label.as_str()).collect();
        match labels.len() {
            0 => "none".to_owned(),
            1..=4 => list_in_words(&labels, "or"),
            _ => format!("{} or another of {}", list_in_words(&labels[..2], "or"), labels.len()),
        }
    }

    /// The facts on which a line's conditions rest.
    fn facts_of(&self, line: LineIx) -> Vec<FactIx> {
        let lines = &self.pack.lines;
        let conditions = match line {
            LineIx::RaisesRisk => vec![lines.raises_risk],
            LineIx::Danger => vec![lines.danger, lines.told_to_protector],
            LineIx::Protective => vec![lines.danger, lines.protective],
            LineIx::Purpose => vec![lines.purpose],
            LineIx::Consent => vec![lines.consent_valid],
            LineIx::Identifies => vec![lines.identifies],
            LineIx::LawfulReason => vec![lines.needed, lines.confidence_met],
        };
        let mut facts = Vec::new();
        for condition in conditions {
            self.facts_at(self.pack.conditions[condition].node, &mut facts);
        }
        facts
    }

    fn facts_at(&self, at: NodeIx, found: &mut Vec<FactIx>) {
        match &self.pack.nodes[at.0 as usize].kind {
            NodeKind::Is { fact, .. } | NodeKind::Unless { fact, .. } => {
                if !found.contains(fact) {
                    found.push(*fact);
                }
            }
            NodeKind::All(children) | NodeKind::Any(children) => {
                for child in children {
                    self.facts_at(*child, found);
                }
            }
            NodeKind::Not(child) | NodeKind::Sure(child) => self.facts_at(*child, found),
            NodeKind::Named(index) => self.facts_at(self.pack.conditions[*index].node, found),
            NodeKind::Entry(_) | NodeKind::AnyEntry(_) => {}
        }
    }

    /// The answers that no condition of the kind "unless" turns away.
    fn taken_as(&self, fact: FactIx) -> String {
        let rejected = self.pack.nodes.iter().fold(0, |mask, node| match node.kind {
            NodeKind::Unless { fact: other, reject } if other == fact => mask | reject,
            _ => mask,
        });
        let labels = self.labels(fact, !rejected);
        if labels == "none" { "not applying".to_owned() } else { labels }
    }

    /// The sentence for what is missing at a node.
    fn missing(&self, node: NodeIx) -> &'a str {
        let asked = &self.pack.nodes[node.0 as usize];
        match asked.kind {
            _ if !asked.missing.is_empty() => &asked.missing,
            NodeKind::Is { fact, .. } | NodeKind::Unless { fact, .. } => &self.fact(fact).missing,
            _ => "",
        }
    }

    /// The sentence for a node that fails and has none of its own, unless it asks for a fact.
    fn fails(&self, node: NodeIx) -> String {
        match &self.pack.nodes[node.0 as usize].kind {
            NodeKind::Unless { fact, reject } => {
                format!("{}: {}.", self.fact(*fact).label, self.labels(*fact, *reject))
            }
            NodeKind::Named(index) => {
                format!("This does not hold: {}.", lower_first(&self.pack.conditions[*index].words))
            }
            NodeKind::Entry(index) => format!("{} does not fit.", self.pack.entries[*index].title),
            NodeKind::AnyEntry(gives) => format!("Nothing in the register fits as {}.", gives.id().replace('-', " ")),
            NodeKind::Not(child) => match &self.pack.nodes[child.0 as usize].kind {
                NodeKind::Named(index) => format!("{}.", self.pack.conditions[*index].words),
                _ => "A condition that would rule it out is met.".to_owned(),
            },
            NodeKind::All(_) | NodeKind::Any(_) | NodeKind::Sure(_) | NodeKind::Is { .. } => {
                "Its conditions are not met.".to_owned()
            }
        }
    }
}

/// The values of a fact whose bits are set.
pub(crate) fn values_in(definition: &FactDefinition, mask: u64) -> impl Iterator<Item = &crate::pack::FactValue> {
    definition
        .values
        .iter()
        .enumerate()
        .filter(move |(position, _)| mask >> (u32::try_from(*position).unwrap_or(0) + FIRST_VALUE_BIT) & 1 == 1)
        .map(|(_, value)| value)
}

/// The text with a small first letter, unless it starts with an abbreviation.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), second) if second.is_none_or(|second| !second.is_uppercase()) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// A case's answers in the form in which they are kept, for instance with a recorded decision.
#[must_use]
pub fn answers_of(pack: &Pack, case: &Case) -> Vec<(String, Answers)> {
    let mut answers = Vec::new();
    for (at, fact) in pack.facts.iter().enumerate() {
        match case.facts.answer_of(pack, FactIx(u16::try_from(at).unwrap_or(u16::MAX))) {
            Answer::Unknown => {}
            Answer::Unsure => answers.push((fact.id.clone(), Answers::One("unsure".into()))),
            Answer::Values(values) => {
                let values = if values.len() == 1 { Answers::One(values.concat()) } else { Answers::Many(values) };
                answers.push((fact.id.clone(), values));
            }
        }
    }
    answers
}
