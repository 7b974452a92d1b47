//! Whether a name that somebody declared and a person who is known may be the same: tolerant of how names are written, and never sure of
//! more than what stands there. Who is not surely the same is for a person to judge.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// When somebody was born, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Born {
    /// It is not known.
    Unknown,
    /// In this year.
    In(i16),
    /// On this day.
    On(Date),
}

impl Born {
    /// As somebody typed it: nothing, a year, or a day as `1987-06-05`. None when it is none of these.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::Unknown);
        }
        let possible = |year: &i16| (1850..=2199).contains(year);
        match text.parse::<i16>() {
            Ok(year) => Some(year).filter(possible).map(Self::In),
            Err(_) => text.parse::<Date>().ok().filter(|date| possible(&date.year())).map(Self::On),
        }
    }

    fn year(self) -> Option<i16> {
        match self {
            Self::Unknown => None,
            Self::In(year) => Some(year),
            Self::On(date) => Some(date.year()),
        }
    }
}

/// How alike a declared name and a person are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Perhaps the same: somebody who knows must say.
    Perhaps,
    /// The same name and the same birth.
    Same,
}

/// How two names go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Names {
    /// One is spelled a little differently, shortened, or an initial.
    Close,
    /// One of them has a further name, a middle one, say.
    Within,
    /// The same names, in whatever order.
    Same,
}

/// How two births go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Births {
    /// One of them is not known.
    Unknown,
    /// The same day.
    SameDay,
    /// The same year, as far as is known.
    SameYear,
    /// Another day of the same year, or the year before or after: perhaps mistyped.
    Near,
    /// Too far apart.
    Apart,
}

/// Whether a person of this name and birth may be the one who was declared by these names (their name now, and with a former surname).
#[must_use]
pub fn likeness(declared: &[String], born: Born, name: &str, date_of_birth: Option<Date>) -> Option<Likeness> {
    let known = date_of_birth.map_or(Born::Unknown, Born::On);
    alike(declared, born, &[name.to_owned()], known)
}

/// Whether those who go by any of these names may be the same as those who go by any of the others.
pub fn alike(one: &[String], born: Born, others: &[String], other_born: Born) -> Option<Likeness> {
    let others: Vec<BTreeSet<String>> = others.iter().map(|name| parts(name)).collect();
    let met = |name: &String| {
        let name = parts(name);
        others.iter().filter_map(|other| names(&name, other)).max()
    };
    let names = one.iter().filter_map(met).max()?;
    match (names, births(born, other_born)) {
        (_, Births::Apart) | (Names::Close, Births::Unknown) | (Names::Close | Names::Within, Births::Near) => None,
        (Names::Same, Births::SameDay | Births::SameYear) | (Names::Within, Births::SameDay) => Some(Likeness::Same),
        (Names::Same, Births::Unknown | Births::Near)
        | (Names::Within, Births::Unknown | Births::SameYear)
        | (Names::Close, Births::SameDay | Births::SameYear) => Some(Likeness::Perhaps),
    }
}

fn births(one: Born, other: Born) -> Births {
    let (Some(year), Some(other_year)) = (one.year(), other.year()) else { return Births::Unknown };
    match (one, other, (year - other_year).abs()) {
        (Born::On(day), Born::On(other), 0) if day == other => Births::SameDay,
        (Born::On(_), Born::On(_), 0) | (_, _, 1) => Births::Near,
        (_, _, 0) => Births::SameYear,
        _ => Births::Apart,
    }
}

fn names(declared: &BTreeSet<String>, person: &BTreeSet<String>) -> Option<Names> {
    if declared.is_empty() || person.is_empty() {
        return None;
    }
    if declared == person {
        return Some(Names::Same);
    }
    let (fewer, more) = if declared.len() <= person.len() { (declared, person) } else { (person, declared) };
    // A single name is within very many.
    if fewer.len() < 2 {
        return None;
    }
    if fewer.is_subset(more) {
        return Some(Names::Within);
    }
    let odd: Vec<&String> = fewer.difference(more).collect();
    let left: Vec<&String> = more.difference(fewer).collect();
    // One part alone may differ, and another must be the same.
    match odd.as_slice() {
        [one] if fewer.len() - odd.len() >= 1 && left.iter().any(|other| close(one, other)) => Some(Names::Close),
        _ => None,
    }
}

/// Whether one part of a name may be another as somebody else writes it: an initial, a short form, a letter mistyped.
fn close(one: &str, other: &str) -> bool {
    let (short, long) = if one.chars().count() <= other.chars().count() { (one, other) } else { (other, one) };
    let letters = short.chars().count();
    ((letters == 1 || letters >= 3) && long.starts_with(short))
        || (letters >= 4 && strsim::osa_distance(short, long) <= 1)
}

/// How people are addressed, which is no part of a name.
const TITLES: [&str; 9] = ["mr", "mrs", "miss", "ms", "mx", "dr", "sir", "rev", "prof"];

/// The parts of a name in plain small letters: without accents, apostrophes and titles, and apart where there is a hyphen.
#[must_use]
pub fn parts(name: &str) -> BTreeSet<String> {
    let mut plain = String::with_capacity(name.len());
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        match letter {
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ı' => plain.push('i'),
            '\'' | '’' | '‘' | 'ʼ' | '`' => {}
            letter if letter.is_alphanumeric() => plain.push(letter),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().filter(|part| !TITLES.contains(part)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Likeness::{Perhaps, Same};
    use super::*;

    fn like(declared: &str, born: &str, name: &str, known: Option<Date>) -> Option<Likeness> {
        likeness(&[declared.to_owned()], Born::typed(born).unwrap(), name, known)
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written_when_the_birth_agrees() {
        let known = Some(date(1987, 6, 5));
        for name in [
            "Zoë O’Neill-Smith",
            "zoe oneill smith",
            "SMITH O'NEILL, ZOË",
            "Ms Zoe O'Neill Smith",
            "O'Neill-Smith Zoë",
            "Zoe\u{308} O`Neill-Smith",
        ] {
            assert_eq!(like("Zoë O'Neill-Smith", "1987", name, known), Some(Same), "{name}");
            assert_eq!(like("Zoë O'Neill-Smith", "1987-06-05", name, known), Some(Same), "{name}");
        }
        assert_eq!(like("Łukasz Đorđević", "1987", "Lukasz Dordevic", known), Some(Same));
    }

    #[test]
    fn what_is_not_sure_is_asked_and_what_is_too_far_apart_is_nobody() {
        let known = Some(date(1987, 6, 5));
        for (declared, born, name, known, expected) in [
            ("Anna Smith", "", "Anna Smith", known, Some(Perhaps)),
            ("Anna Smith", "1987", "Anna Smith", None, Some(Perhaps)),
            ("Anna Smith", "1988", "Anna Smith", known, Some(Perhaps)),
            ("Anna Smith", "1987-05-06", "Anna Smith", known, Some(Perhaps)),
            ("Anna Smith", "1990", "Anna Smith", known, None),
            ("Anna Smith", "1987-06-05", "Anna Maria Smith", known, Some(Same)),
            ("Anna Smith", "1987", "Anna Maria Smith", known, Some(Perhaps)),
            ("Anna Smith", "", "Anna Maria Smith", known, Some(Perhaps)),
            ("Anna Smith", "1988", "Anna Maria Smith", known, None),
            ("Anna Smith", "1987", "Ann Smith", known, Some(Perhaps)),
            ("Anna Smith", "1987", "A. Smith", known, Some(Perhaps)),
            ("Catherine Smith", "1987", "Katherine Smith", known, Some(Perhaps)),
            ("Catherine Smith", "", "Katherine Smith", known, None),
            ("Anna Smith", "1987", "Hanna Jones", known, None),
            ("Anna", "1987", "Anna Smith", known, None),
            ("Smith", "1987", "Anna Smith", known, None),
            ("Anna", "1987", "Anna", known, Some(Same)),
            ("", "1987", "Anna Smith", known, None),
            ("Anna Smith", "1987", "—", known, None),
        ] {
            assert_eq!(like(declared, born, name, known), expected, "{declared} {born} and {name}");
        }
    }

    #[test]
    fn likeness_is_the_same_both_ways() {
        let all =
            ["Anna Smith", "Smith Anna Maria", "Ann Smith", "A Smith", "Anna", "Björn Åkesson", "Bjorn Akeson", ""];
        for one in all {
            for other in all {
                assert_eq!(names(&parts(one), &parts(other)), names(&parts(other), &parts(one)), "{one} and {other}");
            }
        }
    }

    #[test]
    fn a_birth_is_typed_as_a_year_or_a_day_or_left_out() {
        assert_eq!(Born::typed(" "), Some(Born::Unknown));
        assert_eq!(Born::typed("1987"), Some(Born::In(1987)));
        assert_eq!(Born::typed("1987-06-05"), Some(Born::On(date(1987, 6, 5))));
        for wrong in ["87", "1987-13-05", "June", "30000", "0001-01-01"] {
            assert_eq!(Born::typed(wrong), None, "{wrong}");
        }
    }
}
