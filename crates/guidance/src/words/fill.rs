//! Filling the places in a sentence: `{recipient}`, `{discloser}`, `{items_in}`, `{items_out}`, `{leave_out}`, `{purpose}`, `{body}`.

use std::fmt::Write as _;

use jiff::civil::Date;

use crate::advice::Advice;
use crate::case::Case;
use crate::facts::Answer;
use crate::pack::{BodyPart, Judgement, Pack};

/// "23 November 2026".
#[must_use]
pub fn date_in_words(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month - 1)).unwrap_or(&"");
    format!("{} {month} {}", date.day(), date.year())
}

/// "one", "one and two", "one, two and three".
#[must_use]
pub fn list_in_words(words: &[&str], joined_by: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} {joined_by} {last}", init.join(", ")),
    }
}

/// The places that a sentence may have.
pub(super) const PLACES: [&str; 6] =
    ["{recipient}", "{discloser}", "{items_in}", "{items_out}", "{leave_out}", "{purpose}"];

/// What fills the places, worked out once.
pub(super) struct Filling {
    /// In the order of [`PLACES`].
    places: [String; PLACES.len()],
    discloser: String,
    recipient: String,
}

impl Filling {
    pub(super) fn new(pack: &Pack, case: &Case, advice: &Advice) -> Self {
        let phrase =
            |fact: &str, otherwise: &str| match pack.fact_index(fact).map(|fact| advice.facts.answer_of(pack, fact)) {
                Some(Answer::Values(values)) => values
                    .first()
                    .and_then(|id| pack.body(id))
                    .map_or_else(|| otherwise.to_owned(), |body| body.phrase.clone()),
                _ => otherwise.to_owned(),
            };
        let discloser = phrase("discloser_kind", "your organisation");
        let kind = phrase("recipient_kind", "the recipient");
        let recipient = match (case.text("recipient_name"), case.text("recipient_role")) {
            (Some(name), Some(role)) => format!("{name} ({role})"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => kind.clone(),
        };
        let texts = |judgement: Judgement| -> Vec<&str> {
            let judged = case.items.iter().zip(&advice.items).filter(|(_, judged)| judged.judgement == judgement);
            judged.map(|(item, _)| item.text.trim_end_matches('.')).collect()
        };
        let quoted = |texts: &[&str]| {
            let quoted: Vec<String> = texts.iter().map(|text| format!("“{text}”")).collect();
            list_in_words(&quoted.iter().map(String::as_str).collect::<Vec<_>>(), "and")
        };
        let (going, out, held) = (texts(Judgement::In), texts(Judgement::Out), texts(Judgement::Ask));
        let items_in = if going.is_empty() { "what bears on this".to_owned() } else { quoted(&going) };
        let mut leave_out = String::new();
        if !out.is_empty() {
            let _ = write!(leave_out, " Leave out {}.", quoted(&out));
        }
        if !held.is_empty() {
            let _ = write!(leave_out, " Ask first about {}.", quoted(&held));
        }
        let purpose = case.text("purpose").unwrap_or("this purpose").to_owned();
        let items_out = if out.is_empty() { "nothing".to_owned() } else { quoted(&out) };
        let places = [recipient, discloser.clone(), items_in, items_out, leave_out, purpose];
        Filling { places, discloser, recipient: kind }
    }

    /// What fills the places, in the order of [`PLACES`].
    pub(super) fn places(&self) -> &[String] {
        &self.places
    }

    /// The text with its places filled. What fills a place is never filled again.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for part in parts_of(text) {
            filled.push_str(match part {
                Ok(text) => text,
                Err(place) => &self.places[place],
            });
        }
        filled
    }

    /// The sentence of a list about a body outside it.
    pub(super) fn outside(&self, sentence: &str, part: BodyPart) -> String {
        sentence.replace("{Body}", &self.body(part, true)).replace("{body}", &self.body(part, false))
    }

    /// The kind of body that plays a part, as a sentence begins with it or holds it.
    pub(super) fn body(&self, part: BodyPart, begins: bool) -> String {
        let body = match part {
            BodyPart::Discloser => &self.discloser,
            BodyPart::Recipient => &self.recipient,
        };
        let mut letters = body.chars();
        match letters.next() {
            Some(first) if begins => first.to_uppercase().chain(letters).collect(),
            _ => body.clone(),
        }
    }
}

/// The parts of a text: as it stands, or the number of a place.
pub(super) fn parts_of(text: &str) -> impl Iterator<Item = Result<&str, usize>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some(place) = PLACES.iter().position(|place| rest.starts_with(place)) {
            rest = &rest[PLACES[place].len()..];
            return Some(Err(place));
        }
        // The next brace that opens a place, or the end.
        let opens = |(at, _): &(usize, &str)| PLACES.iter().any(|place| rest[*at..].starts_with(place));
        let until = rest.match_indices('{').find(opens).map_or(rest.len(), |(at, _)| at);
        let (text, after) = rest.split_at(until);
        rest = after;
        (!text.is_empty()).then_some(Ok(text))
    })
}
