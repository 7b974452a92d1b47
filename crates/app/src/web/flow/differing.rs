//! On the page where a decision is recorded: the single pieces of information, each judged as advised or otherwise, and the people who are
//! known already.

use std::collections::BTreeMap;

use casework::{Judgement, Matter, PersonId};
use guidance::words::ItemView;
use serde::Serialize;

use super::journey::Journey;
use crate::actions::{self, ItemChoice};
use crate::web::fields::{Choice, Control, Field};
use crate::web::form::Sent;
use crate::web::{Visit, words};
use crate::{AppError, FieldProblem};

/// Of how many matters, the newest first, the people are offered.
const MOST_MATTERS: usize = 12;

/// A piece of information with the advice on it, and what the practitioner makes of it.
#[derive(Debug, Serialize)]
pub struct ItemToJudge {
    text: String,
    advised: &'static str,
    why: String,
    fields: Vec<Field>,
    /// Whether it is judged otherwise than advised, or something is to be put right.
    open: bool,
}

fn in_words(judgement: &str) -> &'static str {
    match judgement {
        "in" => "Share it",
        "out" => "Leave it out",
        _ => "Ask first",
    }
}

fn judgement_name(at: usize) -> String {
    format!("item-{at}")
}

fn reason_name(at: usize) -> String {
    format!("item-{at}-reason")
}

/// The pieces of information as they were advised, and as the form judges them.
pub fn items(advised: &[ItemView], sent: &Sent, problems: &[FieldProblem]) -> Vec<ItemToJudge> {
    let one = |(at, view): (usize, &ItemView)| {
        let own = sent.maybe(&judgement_name(at)).unwrap_or_else(|| view.judgement.clone());
        let choices = Judgement::ALL.iter().map(|one| {
            let word = one.word();
            Choice::new(word, in_words(word), "", own == word)
        });
        let judgement = Control::Radios { choices: choices.collect(), inline: false };
        let fields = [
            Field::new(judgement_name(at), "What do you decide about this piece?", judgement),
            Field::long(reason_name(at), "Why, if you see it differently", sent.text(&reason_name(at)), 2),
        ];
        let fields: Vec<Field> = fields.into_iter().map(|field| field.with(problems)).collect();
        ItemToJudge {
            text: view.text.clone(),
            advised: in_words(&view.judgement),
            why: view.why.clone(),
            open: own != view.judgement || fields.iter().any(|field| field.error.is_some()),
            fields,
        }
    };
    advised.iter().enumerate().map(one).collect()
}

/// The pieces that are judged otherwise than advised, each with its reason.
pub fn own_judgements(
    advised: &[ItemView],
    sent: &Sent,
    problems: &mut Vec<FieldProblem>,
) -> BTreeMap<usize, ItemChoice> {
    let mut own = BTreeMap::new();
    for (at, view) in advised.iter().enumerate() {
        let Ok(judgement) = sent.text(&judgement_name(at)).parse::<Judgement>() else { continue };
        if judgement.word() == view.judgement {
            continue;
        }
        let reason = sent.text(&reason_name(at));
        if reason.is_empty() {
            let message = "Say why you decide differently about this piece.".to_owned();
            problems.push(FieldProblem { field: reason_name(at), message });
        }
        own.insert(at, ItemChoice { judgement, reason });
    }
    own
}

/// Somebody who is known already.
#[derive(Debug)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    name: String,
    /// What tells them apart from others of the same name.
    apart: String,
    matter: String,
}

/// The people on the draft's matter, or on the member's newest matters when the draft belongs to none yet.
pub async fn known(visit: &Visit, journey: &Journey<'_>, matters: &[Matter]) -> Result<Vec<Known>, AppError> {
    let Ok(actor) = visit.actor() else { return Err(AppError::SignInFirst) };
    let on: Vec<_> = match journey.draft.matter {
        Some(matter) => vec![matter],
        None => matters.iter().take(MOST_MATTERS).map(|matter| matter.id).collect(),
    };
    let mut known: Vec<Known> = Vec::new();
    for matter in on {
        // Whoever may only read the draft's matter by now, in an emergency, records nothing on it.
        if journey.draft.matter.is_some() {
            actions::matter_to_work_on(visit.app(), actor, matter).await?;
        }
        let record = actions::matter(visit.app(), actor, matter).await?;
        for person in record.people {
            if known.iter().all(|one| one.id != person.id) {
                known.push(Known {
                    id: person.id,
                    apart: words::apart(&person),
                    name: person.name,
                    matter: record.matter.title.clone(),
                });
            }
        }
    }
    Ok(known)
}

/// The field to choose them, unless there is nobody.
pub fn known_field(known: &[Known], on_matter: bool, sent: &Sent) -> Option<Field> {
    let chosen = sent.all("known");
    let choice = |one: &Known| {
        let id = one.id.to_string();
        let checked = chosen.contains(&id);
        let hint = [one.apart.as_str(), if on_matter { "" } else { &one.matter }];
        let hint: Vec<&str> = hint.into_iter().filter(|part| !part.is_empty()).collect();
        Choice::new(id, &one.name, &hint.join("; "), checked)
    };
    let control = Control::Checkboxes { choices: known.iter().map(choice).collect() };
    let hint = if on_matter { "They are on this matter already." } else { "They are on your matters already." };
    (!known.is_empty()).then(|| Field::new("known", "Is it about any of these people?", control).hint(hint))
}
