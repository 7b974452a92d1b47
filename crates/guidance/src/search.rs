//! Finding and reading anything in a pack (LRN-1): entries, questions, facts, pages, rules and the rest, each as a title and paragraphs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::pack::{Commencement, Entry, Pack};
use crate::words::date_in_words;

mod readable;

pub use readable::{
    address_part, commencement_in_words, conditions_in_words, facts_looked_at, nature_in_words, period_in_words,
    role_in_words, status_in_words,
};

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A page of the guidance.
    Page,
    /// An entry of the law register.
    Entry,
    /// A question of the flow.
    Question,
    /// A fact that may be asked.
    Fact,
    /// A myth and its answer.
    Myth,
    /// A golden rule, principle or Caldicott principle.
    Rule,
    /// A way of sharing.
    Method,
    /// Signs of abuse or neglect.
    Sign,
    /// A disclosure scheme.
    Scheme,
    /// Advice that is given when it applies.
    Say,
    /// Something to do at once.
    Act,
    /// A change in the law.
    Change,
    /// A book, page or service to read.
    Resource,
}

impl Kind {
    /// What people read beside a result.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Kind::Page => "Guidance",
            Kind::Entry => "Law",
            Kind::Question => "Question",
            Kind::Fact => "What is asked",
            Kind::Myth => "Myth",
            Kind::Rule => "Rule",
            Kind::Method => "Way of sharing",
            Kind::Sign => "Signs",
            Kind::Scheme => "Scheme",
            Kind::Say => "Advice",
            Kind::Act => "Do now",
            Kind::Change => "Change in the law",
            Kind::Resource => "To read",
        }
    }
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The part of its text where the words were found.
    pub excerpt: String,
    /// How well it fits; more is better.
    pub score: u32,
}

/// Something shown: its title and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub paragraphs: Vec<String>,
    /// Where it comes from; may be empty.
    pub source: String,
}

/// Everything of the pack in which all the words are found: whole, as the beginning of a longer word, or with a small slip of the pen.
/// Best first; what is equally good stands in the order of the pack.
#[must_use]
pub fn search(pack: &Pack, words: &str) -> Vec<Hit> {
    let wanted = tokens(words);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<Hit> = readable::everything(pack).into_iter().filter_map(|shown| judge(shown, &wanted)).collect();
    hits.sort_by(|a, b| b.score.cmp(&a.score).then(a.kind.cmp(&b.kind)));
    hits
}

/// Anything by its id. Where several kinds of thing share an id, the first in the order of [`Kind`] is shown; `kind:id` chooses one.
#[must_use]
pub fn show(pack: &Pack, id: &str) -> Option<Shown> {
    let (kind, id) = match id.split_once(':') {
        Some((kind, rest)) => (Some(kind.to_lowercase()), rest),
        None => (None, id),
    };
    let named = |shown: &Shown| kind.as_deref().is_none_or(|kind| format!("{:?}", shown.kind).to_lowercase() == kind);
    readable::everything(pack).into_iter().find(|shown| shown.id == id && named(shown))
}

/// Every id that [`show`] knows, sorted.
#[must_use]
pub fn ids(pack: &Pack) -> BTreeSet<String> {
    readable::everything(pack).into_iter().map(|shown| shown.id).collect()
}

/// Whether an entry is known to be in force on a day.
#[must_use]
pub fn is_in_force(entry: &Entry, day: jiff::civil::Date) -> bool {
    entry.commencement == Commencement::Confirmed && entry.period_on(day).is_some()
}

/// Whether an entry is in force on a day, as a sentence.
#[must_use]
pub fn standing_on(entry: &Entry, day: jiff::civil::Date) -> String {
    let on = date_in_words(day);
    match (entry.commencement, entry.period_on(day)) {
        (_, None) => format!("Not in force on {on}."),
        (Commencement::Inactive, _) => format!("Not known to be in force on {on}."),
        (Commencement::Unconfirmed, Some(_)) => format!("Announced as in force on {on}, not confirmed."),
        (Commencement::Confirmed, Some(_)) => format!("In force on {on}."),
    }
}

/// The words of a text in small letters, without punctuation.
fn tokens(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How well one word of the text answers the word that is wanted.
fn likeness(wanted: &str, word: &str) -> u32 {
    if wanted == word {
        return 10;
    }
    let long = wanted.chars().count();
    if long >= 2 && word.starts_with(wanted) {
        return 7;
    }
    // A word in the plural or another form: the text holds the beginning of what is wanted.
    if word.chars().count() >= 4 && long <= word.chars().count() + 3 && wanted.starts_with(word) {
        return 5;
    }
    let slips = match long {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    let near =
        slips > 0 && word.chars().next() == wanted.chars().next() && strsim::damerau_levenshtein(wanted, word) <= slips;
    if near { 3 } else { 0 }
}

fn best(wanted: &str, words: &[String]) -> u32 {
    words.iter().map(|word| likeness(wanted, word)).max().unwrap_or(0)
}

fn judge(shown: Shown, wanted: &[String]) -> Option<Hit> {
    let title = tokens(&format!("{} {}", shown.title, shown.id));
    let body: Vec<Vec<String>> = shown.paragraphs.iter().map(|paragraph| tokens(paragraph)).collect();
    let mut score = 0;
    for word in wanted {
        let in_title = best(word, &title) * 4;
        let in_body = body.iter().map(|paragraph| best(word, paragraph)).max().unwrap_or(0);
        if in_title.max(in_body) == 0 {
            return None;
        }
        score += in_title + in_body;
    }
    // Guidance to read comes before the fact or sentence that it explains.
    if matches!(shown.kind, Kind::Fact | Kind::Say) {
        score = score * 3 / 4;
    }
    let at = (0..body.len())
        .max_by_key(|at| (wanted.iter().map(|word| best(word, &body[*at])).sum::<u32>(), body.len() - at));
    let excerpt = at.map(|at| excerpt(&shown.paragraphs[at], wanted)).unwrap_or_default();
    Some(Hit { kind: shown.kind, id: shown.id, title: shown.title, excerpt, score })
}

const EXCERPT: usize = 180;

/// The part of a paragraph around the first word that was found, cut between words.
fn excerpt(paragraph: &str, wanted: &[String]) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let found = words
        .iter()
        .position(|word| tokens(word).iter().any(|word| wanted.iter().any(|wanted| likeness(wanted, word) > 0)));
    let mut start = found.unwrap_or(0).saturating_sub(8);
    if words.iter().map(|word| word.len() + 1).sum::<usize>() <= EXCERPT {
        start = 0;
    }
    let mut text = String::new();
    let mut end = start;
    while end < words.len() && text.len() + words[end].len() < EXCERPT {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(words[end]);
        end += 1;
    }
    let before = if start > 0 { "… " } else { "" };
    let after = if end < words.len() { " …" } else { "" };
    format!("{before}{text}{after}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Kind, ids, search, show, standing_on};
    use crate::testing;

    #[test]
    fn all_the_words_must_be_found_and_a_title_counts_for_more() {
        let pack = testing::small_pack();
        let hits = search(&pack, "neglect");
        assert_eq!(hits[0].kind, Kind::Sign, "{hits:#?}");
        assert!(hits.iter().any(|hit| hit.kind == Kind::Page) && hits.iter().any(|hit| hit.id == "new-duty"));
        let both = search(&pack, "missed appointment");
        assert_eq!(both.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["small-signs"]);
        assert!(search(&pack, "neglect volcano").is_empty());
    }

    #[test]
    fn the_beginning_of_a_word_and_a_small_slip_find_it() {
        let pack = testing::small_pack();
        assert_eq!(search(&pack, "negl")[0].id, search(&pack, "neglect")[0].id);
        assert_eq!(search(&pack, "neglcet")[0].id, search(&pack, "neglect")[0].id);
        assert_eq!(search(&pack, "telephon number")[0].id, "telephone");
        assert!(search(&pack, "  ?! ").is_empty());
    }

    #[test]
    fn the_excerpt_holds_the_words_and_is_short() {
        let pack = testing::small_pack();
        let hits = search(&pack, "appointment");
        assert!(hits[0].excerpt.contains("appointment"));
        let real = testing::real_pack();
        for hit in search(&real, "consent") {
            assert!(hit.excerpt.len() < 220, "{}", hit.excerpt);
        }
    }

    #[test]
    fn anything_can_be_shown_by_its_id() {
        let pack = testing::small_pack();
        let entry = show(&pack, "old-power").unwrap();
        assert_eq!((entry.kind, entry.title.as_str()), (Kind::Entry, "The old power to tell"));
        assert!(entry.paragraphs.iter().any(|paragraph| paragraph.contains("Old Act 1990 s.1")));
        assert!(entry.paragraphs.iter().any(|paragraph| paragraph.contains("1 January 2026")));
        assert_eq!(show(&pack, "fact:danger").unwrap().kind, Kind::Fact);
        assert_eq!(show(&pack, "no-such-thing"), None);
        let real = testing::real_pack();
        for id in ids(&real) {
            let shown = show(&real, &id).unwrap();
            assert!(!shown.title.is_empty() && !shown.paragraphs.is_empty(), "{id}");
        }
    }

    #[test]
    fn what_practitioners_look_for_is_found_in_the_real_pack() {
        let pack = testing::real_pack();
        for (words, id) in [
            ("section 115", "cda-1998-s115"),
            ("gillick", "gillick"),
            ("right to ask", "dvds"),
            ("need consent", "consent-needed"),
            ("251B", "hsca-2012-s251b"),
        ] {
            assert!(
                search(&pack, words).iter().take(5).any(|hit| hit.id == id),
                "{words}: {:#?}",
                search(&pack, words).iter().take(5).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn an_entry_says_whether_it_stood_on_a_day() {
        let pack = testing::small_pack();
        let entry = pack.entry("old-power").unwrap();
        assert_eq!(standing_on(entry, date(2025, 6, 1)), "In force on 1 June 2025.");
        assert_eq!(standing_on(entry, date(2026, 11, 23)), "Not in force on 23 November 2026.");
    }
}
