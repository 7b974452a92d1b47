//! Stories with expected results: reading them, running them through the one engine, and saying what went wrong.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_collect,
    clippy::struct_field_names,
    reason = "what went wrong with a story is put together once, when a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use serde::Deserialize;

use sharewell_guidance::case::{Answers, ItemDocument};
use sharewell_guidance::words::{AdviceView, in_words};
use sharewell_guidance::{CaseDocument, Pack, decide};

use crate::expression::Expression;

/// The day on which a story is judged that names none.
pub const TODAY: Date = date(2026, 11, 23);

/// A story and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    pub id: String,
    pub story: String,
    pub on: Option<toml::value::Datetime>,
    pub verdict: String,
    pub act_now: Vec<String>,
    #[serde(default)]
    pub rely_on: Vec<String>,
    #[serde(default)]
    pub not_rely_on: Vec<String>,
    /// Sayings by id.
    #[serde(default)]
    pub said: Vec<String>,
    /// What is judged of each item: in, out or ask.
    #[serde(default)]
    pub judged: Vec<String>,
    /// What must be said in substance, for a reader.
    #[serde(default)]
    pub say: Vec<String>,
    pub facts: BTreeMap<String, Answers>,
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    #[serde(default)]
    pub items: Vec<ItemDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Story>,
}

/// The stories of a data file.
pub fn from_file(text: &str) -> Vec<Story> {
    toml::from_str::<File>(text).unwrap_or_else(|error| panic!("{error}")).case
}

/// The stories that the pack itself tells.
pub fn from_pack(pack: &Pack) -> Vec<Story> {
    let answers =
        |values: &[String]| if let [one] = values { Answers::One(one.clone()) } else { Answers::Many(values.to_vec()) };
    let story = |story: &sharewell_guidance::pack::Story| Story {
        id: story.id.clone(),
        story: story.story.clone(),
        on: story.on.map(|on| on.to_string().parse().unwrap()),
        verdict: story.verdict.clone(),
        act_now: story.act_now.clone(),
        rely_on: story.rely_on.clone(),
        not_rely_on: story.not_rely_on.clone(),
        said: story.say.clone(),
        judged: Vec::new(),
        say: Vec::new(),
        facts: story.facts.iter().map(|(fact, values)| (fact.clone(), answers(values))).collect(),
        texts: story.texts.iter().cloned().collect(),
        items: story
            .items
            .iter()
            .map(|item| ItemDocument { text: item.text.clone(), fields: item.fields.iter().cloned().collect() })
            .collect(),
    };
    pack.stories.iter().map(story).collect()
}

/// What went wrong with a story: nothing, or the story, the advice and each expectation that failed.
pub fn failure(pack: &Pack, story: &Story) -> Option<String> {
    let document = CaseDocument {
        facts: story.facts.clone(),
        texts: story.texts.clone(),
        items: story.items.clone(),
        ..CaseDocument::default()
    };
    let case = match document.check(pack) {
        Ok(case) => case,
        Err(faults) => return Some(format!("== {} ==\nits facts are refused: {faults:#?}", story.id)),
    };
    let on = story.on.as_ref().map_or(TODAY, |on| on.to_string().parse().unwrap());
    let advice = decide(pack, &case, on);
    let view = in_words(pack, &case, &advice);
    let failed = failed(story, &view);
    (!failed.is_empty()).then(|| {
        let failed: String = failed.iter().map(|one| format!("  FAILED  {one}\n")).collect();
        let reader: String = story.say.iter().map(|line| format!("  in substance: {line}\n")).collect();
        format!("== {} ==\n{}\n{}\n{reader}{failed}", story.id, story.story.trim(), summary(&view))
    })
}

fn failed(story: &Story, view: &AdviceView) -> Vec<String> {
    let mut failed = Vec::new();
    let relied: BTreeSet<&str> = view.rely_on.iter().map(|entry| entry.id.as_str()).collect();
    if view.verdict.id() != story.verdict {
        failed.push(format!("the verdict is `{}` and should be `{}`", view.verdict.id(), story.verdict));
    }
    let acts: BTreeSet<&str> = view.act_now.iter().map(|act| act.id.as_str()).collect();
    let wanted: BTreeSet<&str> = story.act_now.iter().map(String::as_str).collect();
    if acts != wanted {
        failed.push(format!("to do now is {acts:?} and should be {wanted:?}"));
    }
    for line in &story.rely_on {
        match Expression::parse(line) {
            Err(why) => failed.push(format!("`{line}` cannot be read: {why}")),
            Ok(expression) if !expression.holds(&|id| relied.contains(id)) => {
                failed.push(format!("`{line}` should fit. {}", why_not(&expression, view)));
            }
            Ok(_) => {}
        }
    }
    for id in story.not_rely_on.iter().filter(|id| relied.contains(id.as_str())) {
        failed.push(format!("`{id}` fits and should not"));
    }
    let said: BTreeSet<&str> = [&view.warnings, &view.next_steps, &view.how, &view.tell, &view.words]
        .into_iter()
        .flatten()
        .map(|said| said.id.as_str())
        .collect();
    for id in story.said.iter().filter(|id| !said.contains(id.as_str())) {
        failed.push(format!("`{id}` should be said"));
    }
    let judged: Vec<&str> = view.items.iter().map(|item| item.judgement.as_str()).collect();
    if !story.judged.is_empty() && judged != story.judged {
        failed.push(format!("the items are judged {judged:?} and should be {:?}", story.judged));
    }
    if view.explanation.is_empty() || view.next.is_empty() {
        failed.push("there is no explanation or no next step".to_owned());
    }
    failed
}

fn why_not(expression: &Expression, view: &AdviceView) -> String {
    let entries = [&view.nearly, &view.not_fitting].into_iter().flatten();
    let named = entries.filter(|entry| expression.names(&entry.id));
    named.map(|entry| format!("{}: {}", entry.id, entry.why.join(" "))).collect::<Vec<_>>().join("; ")
}

fn summary(view: &AdviceView) -> String {
    let ids = |entries: &[sharewell_guidance::words::EntryView]| {
        entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>().join(" ")
    };
    let path: String = view
        .explanation
        .iter()
        .map(|step| format!("    {} {:?}: {}\n", step.question, step.answer, step.text))
        .collect();
    let parts: String =
        view.lawful_reason.iter().map(|part| format!("    {:?}: {}\n", part.answer, part.text)).collect();
    let missing: String =
        view.missing.iter().map(|missing| format!("    {}: {}\n", missing.fact, missing.text)).collect();
    format!(
        "  ADVICE  {} ({})\n{path}  lawful reason:\n{parts}  missing:\n{missing}  fits: {}\n  nearly: {}\n",
        view.sentence,
        view.line,
        ids(&view.rely_on),
        ids(&view.nearly)
    )
}
