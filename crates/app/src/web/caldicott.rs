//! How a decision on confidential information met each of the Caldicott principles (CAL-1). The guidance counts seven in its heading and lists
//! eight; the pack holds all of them and says of each which part of a record shows it.

use casework::{Decision, Judgement, Told};
use guidance::Pack;
use guidance::words::{AdviceView, SaidView};
use serde::Serialize;

use super::words;

/// A principle with how it was met.
#[derive(Clone, Debug, Serialize)]
pub struct Principle {
    /// Its number and title.
    pub title: String,
    /// What it asks.
    pub text: String,
    /// How it was met, line by line.
    pub how: Vec<String>,
}

/// The principles, in their order, with what the record and the advice on it say to each.
pub(super) fn principles(
    pack: &Pack,
    decision: &Decision,
    advice: Option<&AdviceView>,
    organisation: &str,
) -> Vec<Principle> {
    let mut rules: Vec<_> =
        pack.rules.iter().filter(|rule| rule.set == "caldicott" && !rule.shown_by.is_empty()).collect();
    rules.sort_by_key(|rule| rule.number);
    let one = |rule: &&guidance::pack::Rule| {
        let mut how = recorded(&rule.shown_by, decision, advice, organisation);
        let said = advice.into_iter().flat_map(all_said).filter(|said| said.applies.contains(&rule.id));
        how.extend(said.map(|said| format!("Advised: {}", said.text)));
        Principle { title: format!("{}. {}", rule.number, rule.title), text: rule.text.clone(), how }
    };
    rules.iter().map(one).collect()
}

fn all_said(advice: &AdviceView) -> impl Iterator<Item = &SaidView> {
    [&advice.warnings, &advice.next_steps, &advice.how, &advice.tell].into_iter().flatten()
}

/// What the record says to this part.
fn recorded(part: &str, decision: &Decision, advice: Option<&AdviceView>, organisation: &str) -> Vec<String> {
    let shares = decision.own.choice.shares();
    let or = |text: &str, otherwise: &str| {
        let said = if text.trim().is_empty() { otherwise } else { text.trim() };
        vec![said.to_owned()]
    };
    match part {
        "purpose" => or(&decision.purpose, if shares { "No purpose was recorded." } else { NOTHING_SHARED }),
        "need" | "least" if !shares => vec![NOTHING_SHARED.to_owned()],
        "need" => {
            let necessity = decision.article_8.as_ref().map(|article| article.necessity.as_str()).unwrap_or_default();
            or(necessity, &counted(decision))
        }
        "least" => vec![counted(decision)],
        "recipient" => match &decision.recipient {
            Some(to) if shares => {
                let said = [&to.name, &to.role, &to.organisation].into_iter().filter(|part| !part.is_empty());
                or(&said.map(String::as_str).collect::<Vec<_>>().join(", "), "Nobody was named who receives it.")
            }
            _ if shares => vec!["Nobody was named who receives it.".to_owned()],
            _ => vec![NOTHING_SHARED.to_owned()],
        },
        "handling" => vec![format!(
            "{} recorded the decision in the matter, which those involved in it see. Each view of it is kept.",
            decision.member_name
        )],
        "law" => advice
            .into_iter()
            .flat_map(|advice| advice.rely_on.iter().map(|entry| format!("{}: {}", entry.cite, entry.title)))
            .chain([words::accountable(organisation, "this decision")])
            .collect(),
        "balance" => {
            let weighed = decision.own.departing.as_deref().unwrap_or(&decision.own.reasons);
            vec![format!("{}: {}", words::choice(decision.own.choice), weighed.trim())]
        }
        "told" => vec![match &decision.told {
            Some(Told::Yes { words }) if words.is_empty() => "The person was told.".to_owned(),
            Some(Told::Yes { words }) => format!("The person was told: {words}"),
            Some(Told::Later { why }) => format!("The person will be told later, because: {why}"),
            Some(Told::No { why }) => format!("The person was not told, because: {why}"),
            None => "Whether the person was told is not recorded.".to_owned(),
        }],
        _ => Vec::new(),
    }
}

const NOTHING_SHARED: &str = "Nothing that names anybody was shared.";

/// How many pieces of information go, stay and are asked about.
fn counted(decision: &Decision) -> String {
    let of = |wanted: Judgement| decision.items.iter().filter(|item| item.judgement == wanted).count();
    match decision.items.len() {
        0 => "No pieces of information were listed one by one.".to_owned(),
        all => format!(
            "Of {all} pieces of information {} shared, {} left out, {} asked about first; each has its reason.",
            verb(of(Judgement::In)),
            verb(of(Judgement::Out)),
            verb(of(Judgement::Ask))
        ),
    }
}

fn verb(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}
