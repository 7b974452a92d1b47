//! Names that must lead somewhere: facts to questions, questions to stages, sayings to rules, entries to sources, periods without overlap.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::pack::Pack;
use crate::pack::condition::NodeKind;
use crate::pack::matter::SHOWN_BY;
use crate::pack::model::{FactIx, LineIx};
use crate::source::{Fault, did_you_mean};
use crate::verdict::Verdict;

/// Notes every name that leads nowhere.
pub(super) fn check(pack: &Pack, faults: &RefCell<Vec<Fault>>) {
    let mut found = Vec::new();
    facts_are_asked(pack, &mut found);
    questions_lead_on(pack, &mut found);
    sayings_apply_rules(pack, &mut found);
    entries_are_complete(pack, &mut found);
    bodies_are_on_lists(pack, &mut found);
    outcomes_are_worded(pack, &mut found);
    reading_matter_links(pack, &mut found);
    stories_answer_facts(pack, &mut found);
    inferences_look_at_facts(pack, &mut found);
    faults.borrow_mut().extend(found);
}

/// The facts any condition looks at.
pub(in crate::pack) fn steering(pack: &Pack) -> Vec<FactIx> {
    let mut facts: Vec<FactIx> = pack
        .nodes
        .iter()
        .filter_map(|node| match node.kind {
            NodeKind::Is { fact, .. } | NodeKind::Unless { fact, .. } => Some(fact),
            _ => None,
        })
        .collect();
    facts.sort_unstable();
    facts.dedup();
    facts
}

fn facts_are_asked(pack: &Pack, found: &mut Vec<Fault>) {
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for question in &pack.questions {
        for fact in &question.facts {
            *asked.entry(fact).or_default() += 1;
            if pack.fact_index(fact).is_none() {
                let hint = did_you_mean(fact, pack.facts.iter().map(|fact| fact.id.as_str()));
                found.push(
                    question.place.fault(format!("question `{}` asks `{fact}`, which is no fact.{hint}", question.id)),
                );
            }
        }
    }
    if pack.questions.is_empty() {
        return; // a pack may be used without a flow, over the API alone
    }
    for fact in pack.facts.iter().filter(|fact| !fact.profile && !fact.derived) {
        match asked.get(fact.id.as_str()) {
            Some(1) => {}
            None => found
                .push(fact.place.fault(format!("nobody asks `{}`: add it to a question, or take it out.", fact.id))),
            Some(times) => {
                found.push(fact.place.fault(format!("`{}` is asked by {times} questions: ask it once.", fact.id)));
            }
        }
    }
}

fn questions_lead_on(pack: &Pack, found: &mut Vec<Fault>) {
    for question in &pack.questions {
        if !pack.stages.iter().any(|stage| stage.id == question.stage) {
            let hint = did_you_mean(&question.stage, pack.stages.iter().map(|stage| stage.id.as_str()));
            found.push(question.place.fault(format!("there is no stage `{}`.{hint}", question.stage)));
        }
        for myth in &question.myths {
            if !pack.myths.iter().any(|known| known.id == *myth) {
                let hint = did_you_mean(myth, pack.myths.iter().map(|myth| myth.id.as_str()));
                found.push(question.place.fault(format!("there is no myth `{myth}`.{hint}")));
            }
        }
    }
    for stage in &pack.stages {
        if !pack.questions.iter().any(|question| question.stage == stage.id) {
            found.push(stage.place.fault(format!("the stage `{}` has no question.", stage.id)));
        }
    }
}

fn sayings_apply_rules(pack: &Pack, found: &mut Vec<Fault>) {
    for say in &pack.says {
        for rule in &say.applies {
            let known =
                pack.rules.iter().map(|rule| rule.id.as_str()).chain(pack.myths.iter().map(|myth| myth.id.as_str()));
            if !known.clone().any(|id| id == rule) {
                found.push(say.place.fault(format!(
                    "`{}` applies `{rule}`, which is no rule and no myth.{}",
                    say.id,
                    did_you_mean(rule, known)
                )));
            }
        }
        for verdict in &say.verdicts {
            if Verdict::from_id(verdict).is_none() {
                found.push(say.place.fault(format!(
                    "there is no verdict `{verdict}`.{}",
                    did_you_mean(verdict, Verdict::ALL.map(Verdict::id))
                )));
            }
        }
    }
    for rule in &pack.rules {
        let shown = rule.shown_by.as_str();
        if !shown.is_empty() && !SHOWN_BY.contains(&shown) {
            found.push(
                rule.place.fault(format!("no part of a record is called `{shown}`.{}", did_you_mean(shown, SHOWN_BY))),
            );
        }
        if !pack.says.iter().any(|say| say.applies.contains(&rule.id)) {
            found.push(
                rule.place.fault(format!("no saying applies the rule `{}`: it must be checked somewhere.", rule.id)),
            );
        }
    }
}

fn entries_are_complete(pack: &Pack, found: &mut Vec<Fault>) {
    for entry in &pack.entries {
        if entry.url.is_empty() && entry.status != "G" {
            found.push(entry.place.fault(format!("`{}` cites a text but has no `url` to read it at.", entry.id)));
        }
        let mut periods: Vec<_> = entry.periods.iter().collect();
        periods.sort_by_key(|period| period.from);
        for pair in periods.windows(2) {
            let (earlier, later) = (pair[0], pair[1]);
            if earlier.to.is_none_or(|to| later.from.is_none_or(|from| from < to)) {
                found.push(
                    entry
                        .place
                        .fault(format!("two periods of `{}` overlap: end one on the day the next begins.", entry.id)),
                );
            }
        }
        for period in &entry.periods {
            if let (Some(from), Some(to)) = (period.from, period.to)
                && to <= from
            {
                found.push(entry.place.fault(format!("`{}` ends on {to}, before it begins on {from}.", entry.id)));
            }
        }
    }
}

fn bodies_are_on_lists(pack: &Pack, found: &mut Vec<Fault>) {
    for body in &pack.bodies {
        for list in &body.lists {
            if !pack.lists.iter().any(|known| known.id == *list) {
                let hint = did_you_mean(list, pack.lists.iter().map(|list| list.id.as_str()));
                found.push(
                    body.place
                        .fault(format!("the body `{}` is on a list `{list}` that is not defined.{hint}", body.id)),
                );
            }
        }
    }
}

fn outcomes_are_worded(pack: &Pack, found: &mut Vec<Fault>) {
    let mut fault = |message: String| found.push(Fault { file: "pack".into(), line: 0, message });
    for verdict in Verdict::ALL {
        if !pack.verdicts.iter().any(|words| words.id == verdict.id()) {
            fault(format!(
                "the verdict `{}` has no words: every verdict needs a sentence and a next step.",
                verdict.id()
            ));
        }
    }
    for line in LineIx::ALL {
        if !pack.line_words.iter().any(|words| words.id == line.id()) {
            fault(format!("the line `{}` has no words: every verdict needs its explanation.", line.id()));
        }
    }
}

fn reading_matter_links(pack: &Pack, found: &mut Vec<Fault>) {
    for page in &pack.pages {
        for link in &page.links {
            let known = pack
                .questions
                .iter()
                .map(|question| question.id.as_str())
                .chain(pack.entries.iter().map(|entry| entry.id.as_str()))
                .chain(pack.pages.iter().map(|page| page.id.as_str()))
                .chain(pack.schemes.iter().map(|scheme| scheme.id.as_str()))
                .chain(pack.methods.iter().map(|method| method.id.as_str()))
                .chain(pack.myths.iter().map(|myth| myth.id.as_str()))
                .chain(pack.signs.iter().map(|sign| sign.id.as_str()));
            if !known.clone().any(|id| id == link) {
                let hint = did_you_mean(link, known);
                found.push(
                    page.place.fault(format!("the page `{}` links to `{link}`, which is nowhere.{hint}", page.id)),
                );
            }
        }
    }
    for change in &pack.changes {
        for entry in &change.entries {
            if pack.entry(entry).is_none() {
                found.push(change.place.fault(format!(
                    "the change of {} names the entry `{entry}`, which is not in the register.",
                    change.date
                )));
            }
        }
    }
}

/// Inferences are drawn before any condition is worked out.
fn inferences_look_at_facts(pack: &Pack, found: &mut Vec<Fault>) {
    for inference in &pack.inferences {
        let mut open = vec![inference.when];
        while let Some(at) = open.pop() {
            let named = match &pack.nodes[at.0 as usize].kind {
                NodeKind::Is { .. } | NodeKind::Unless { .. } => continue,
                NodeKind::All(children) | NodeKind::Any(children) => {
                    open.extend(children);
                    continue;
                }
                NodeKind::Not(child) | NodeKind::Sure(child) => {
                    open.push(*child);
                    continue;
                }
                NodeKind::Named(index) => format!("the condition `{}`", pack.conditions[*index].id),
                NodeKind::Entry(index) => format!("the entry `{}`", pack.entries[*index].id),
                NodeKind::AnyEntry(gives) => format!("the entries that give `{}`", gives.id()),
            };
            found.push(inference.place.fault(format!(
                "the inference `{}` looks at {named}: what is inferred may look at facts only.",
                inference.id
            )));
        }
    }
}

fn stories_answer_facts(pack: &Pack, found: &mut Vec<Fault>) {
    for story in &pack.stories {
        let mut facts = crate::facts::Facts::none(pack);
        for (fact, values) in &story.facts {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            if let Err(wrong) = facts.answer(pack, fact, &values) {
                found.push(story.place.fault(format!("the story `{}`: {}", story.id, wrong.message)));
            }
        }
    }
}
