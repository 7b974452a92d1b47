//! Between a question's fields and the answers of a draft.

use casework::Draft;
use guidance::Pack;
use guidance::pack::{BodyPart, FactDefinition, FactKind, FactValue, Question, TextField};

use crate::FieldProblem;
use crate::web::fields::{Choice, Control, Field, Group};
use crate::web::form::{Sent, TypedDate};

/// A hint longer than this is folded away, so that the choices stay in sight.
const LONG_HINT: usize = 150;

/// The name under which a fact is sent.
pub fn fact_name(fact: &str) -> String {
    format!("fact-{fact}")
}

/// The name under which a text is sent.
pub fn text_name(text: &str) -> String {
    format!("text-{text}")
}

/// Takes the answers that a form holds into the draft. What today's pack does not know is passed over; a date that is none is kept as
/// it was typed, so that nothing is lost.
pub fn apply(pack: &Pack, question: &Question, sent: &Sent, draft: &mut Draft) {
    for fact in question.facts.iter().filter_map(|id| pack.fact(id)) {
        let values: Vec<String> =
            sent.all(&fact_name(&fact.id)).into_iter().filter(|value| knows(pack, fact, value)).collect();
        // "Not sure" stands alone.
        let values = if values.iter().any(|value| value == "unsure") { vec!["unsure".to_owned()] } else { values };
        if values.is_empty() {
            draft.answers.remove(&fact.id);
        } else if fact.kind == FactKind::Many {
            draft.answers.insert(fact.id.clone(), values);
        } else {
            draft.answers.insert(fact.id.clone(), values.into_iter().take(1).collect());
        }
    }
    for text in &question.texts {
        let written =
            if text.date { date_text(&sent.typed_date(&text_name(&text.id))) } else { sent.text(&text_name(&text.id)) };
        if written.is_empty() {
            draft.texts.remove(&text.id);
        } else {
            draft.texts.insert(text.id.clone(), written);
        }
    }
    draft.last_page = Some(question.id.clone());
}

fn knows(pack: &Pack, fact: &FactDefinition, value: &str) -> bool {
    value == "unsure"
        || fact.values.iter().any(|known| known.id == value)
        || (fact.kind == FactKind::Body && pack.body(value).is_some())
}

fn date_text(typed: &TypedDate) -> String {
    match typed.read() {
        Some(date) => guidance::words::date_in_words(date),
        None if typed.is_blank() => String::new(),
        None => format!("{} {} {}", typed.day, typed.month, typed.year).trim().to_owned(),
    }
}

/// What is to be put right before going on. A question that cannot wait needs an answer, and "not sure" is one.
pub fn problems(pack: &Pack, question: &Question, sent: &Sent) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for fact in question.facts.iter().filter_map(|id| pack.fact(id)).filter(|_| !question.later) {
        let name = fact_name(&fact.id);
        if sent.all(&name).iter().all(String::is_empty) {
            let message = format!("{} If you do not know, choose “Not sure”.", fact.missing);
            problems.push(FieldProblem { field: name, message });
        }
    }
    for text in question.texts.iter().filter(|text| !text.date) {
        let name = text_name(&text.id);
        let longer = casework::too_long(&sent.text(&name), casework::LONGEST_TEXT);
        problems.extend(longer.map(|message| FieldProblem { field: name, message }));
    }
    for text in question.texts.iter().filter(|text| text.date) {
        let typed = sent.typed_date(&text_name(&text.id));
        if !typed.is_blank() && typed.read().is_none() {
            let message = "Enter a real date, like 23 11 2026.".to_owned();
            problems.push(FieldProblem { field: text_name(&text.id), message });
        }
    }
    problems
}

/// The fields of a question, as the draft answers them.
pub fn fields(pack: &Pack, question: &Question, draft: &Draft, problems: &[FieldProblem]) -> Vec<Field> {
    let alone = question.facts.len() == 1;
    let facts =
        question.facts.iter().filter_map(|id| pack.fact(id)).map(|fact| fact_field(pack, question, fact, draft, alone));
    let texts = question.texts.iter().map(|text| text_field(text, draft));
    facts.chain(texts).map(|field| field.with(problems)).collect()
}

fn fact_field(pack: &Pack, question: &Question, fact: &FactDefinition, draft: &Draft, alone: bool) -> Field {
    let given = draft.answers.get(&fact.id).cloned().unwrap_or_default();
    let chosen = |value: &str| given.iter().any(|one| one == value);
    let choice = |value: &FactValue| Choice::new(&value.id, &value.label, &value.hint, chosen(&value.id));
    let unsure = || Choice::new("unsure", "Not sure", "", chosen("unsure"));
    let control = match fact.kind {
        FactKind::One => {
            let choices = fact.values.iter().map(choice).chain([Choice::or(), unsure()]);
            Control::Radios { choices: choices.collect(), inline: false }
        }
        FactKind::Many => {
            let choices = fact.values.iter().map(choice).chain([Choice::or(), unsure().alone()]);
            Control::Checkboxes { choices: choices.collect() }
        }
        FactKind::Body => Control::Grouped {
            groups: bodies(pack, &fact.id, &given),
            blank: "Choose one",
            unsure: Some(if chosen("unsure") { "chosen" } else { "offered" }),
        },
    };
    let label = if alone { question.title.clone() } else { fact.label.clone() };
    let help = readable(pack, &fact.help);
    let field = Field::new(fact_name(&fact.id), label, control);
    let field = Field { label_hidden: alone, ..field };
    if help.chars().count() > LONG_HINT { Field { more: help, ..field } } else { field.hint(help) }
}

fn bodies(pack: &Pack, fact: &str, given: &[String]) -> Vec<Group> {
    let part = if fact == "discloser_kind" { BodyPart::Discloser } else { BodyPart::Recipient };
    let mut groups: Vec<Group> = Vec::new();
    for body in pack.bodies.iter().filter(|body| body.parts.contains(&part)) {
        let choice = Choice::new(&body.id, &body.label, "", given.contains(&body.id));
        match groups.iter_mut().find(|group| group.label == body.group) {
            Some(group) => group.choices.push(choice),
            None => groups.push(Group { label: body.group.clone(), choices: vec![choice] }),
        }
    }
    groups
}

fn text_field(text: &TextField, draft: &Draft) -> Field {
    let written = draft.texts.get(&text.id).cloned().unwrap_or_default();
    let name = text_name(&text.id);
    let field = if text.date {
        Field::date(name, &text.label, typed(&written))
    } else if text.long || text.label.ends_with("words") || written.chars().count() > 60 {
        Field::long(name, &text.label, written, 4)
    } else {
        Field::text(name, &text.label, written)
    };
    field.hint(&text.hint)
}

/// The three fields of a date that was kept as "23 November 2026", or as it was typed.
pub fn typed(written: &str) -> TypedDate {
    let mut parts = written.split_whitespace().map(str::to_owned);
    let typed = TypedDate {
        day: parts.next().unwrap_or_default(),
        month: parts.next().unwrap_or_default(),
        year: parts.next().unwrap_or_default(),
    };
    // The name of a month is longer than its field: a real date is shown in figures.
    typed.read().map_or(typed, |date| TypedDate::of(Some(date)))
}

/// The ids in a help text, which is also read in facts files, as the labels that people see on the page.
fn readable(pack: &Pack, help: &str) -> String {
    let is_id = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_' || sign == '-';
    let label = |word: &str| {
        let fact = pack.fact(word).filter(|_| word.contains('_')).map(|fact| fact.label.as_str());
        let body = || pack.body(word).map(|body| body.label.as_str());
        let value = || {
            let mut values = pack.facts.iter().flat_map(|fact| &fact.values);
            values.find(|value| value.id == word).map(|value| value.label.as_str())
        };
        fact.or_else(|| if word.contains('-') { body().or_else(value) } else { None })
    };
    let mut read = String::with_capacity(help.len());
    let mut word = String::new();
    let put = |word: &mut String, read: &mut String| {
        match label(word) {
            Some(label) => read.extend(["“", label, "”"]),
            None => read.push_str(word),
        }
        word.clear();
    };
    for sign in help.chars() {
        if is_id(sign) || (sign.is_alphanumeric() && !word.is_empty()) {
            word.push(sign);
        } else {
            put(&mut word, &mut read);
            read.push(sign);
        }
    }
    put(&mut word, &mut read);
    read
}

/// What was answered to a fact, in words; empty when nothing was.
pub fn in_words(pack: &Pack, fact: &FactDefinition, draft: &Draft) -> Vec<String> {
    let given = draft.answers.get(&fact.id).map(Vec::as_slice).unwrap_or_default();
    let label = |value: &String| {
        if value == "unsure" {
            return "Not sure".to_owned();
        }
        let known = fact.values.iter().find(|known| known.id == *value).map(|known| known.label.clone());
        known.or_else(|| pack.body(value).map(|body| body.label.clone())).unwrap_or_else(|| value.clone())
    };
    given.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_was_kept_in_words_fits_its_fields_and_one_that_is_none_stays_as_it_was_typed() {
        let fields = |written| {
            let TypedDate { day, month, year } = typed(written);
            [day, month, year].join("-")
        };
        assert_eq!(fields("30 November 2026"), "30-11-2026");
        assert_eq!(fields("31 2 2026"), "31-2-2026");
        assert_eq!(fields(""), "--");
    }
}
