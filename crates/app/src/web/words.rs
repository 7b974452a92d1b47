//! Dates and times as people read them, and forms of words that pages share.

use casework::{Choice, Moment, Person, Proved, Role, Verdict};
use jiff::civil::{Date, DateTime};

use crate::clock::in_london;

pub(super) use guidance::words::date_in_words as day;

pub(super) use crate::words::hexadecimal;

/// "23 November 2026, 3:15pm".
pub(super) fn moment(moment: Moment) -> String {
    let local = in_london(moment);
    format!("{}, {}", day(local.date()), time(local))
}

/// "3:15pm".
pub(super) fn time(at: DateTime) -> String {
    let half = if at.hour() < 12 { "am" } else { "pm" };
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour}:{minute:02}{half}", minute = at.minute())
}

/// An end: "the end of 3 December 2026" at midnight, and otherwise "3 December 2026, 3:15pm".
pub(super) fn until(end: Moment) -> String {
    let local = in_london(end);
    match local.date().yesterday() {
        Ok(last) if local.time() == jiff::civil::Time::midnight() => format!("the end of {}", day(last)),
        _ => moment(end),
    }
}

/// A day that may not be known.
pub(super) fn maybe_day(date: Option<Date>) -> String {
    date.map(day).unwrap_or_default()
}

/// What tells a person apart from others of the same name: "born 4 March 2017; the older brother".
pub(super) fn apart(person: &Person) -> String {
    let born = person.date_of_birth.map(|date| format!("born {}", day(date)));
    let note = Some(person.note.clone()).filter(|note| !note.is_empty());
    born.into_iter().chain(note).collect::<Vec<_>>().join("; ")
}

/// A person's name with the date of birth, where it is known.
pub(super) fn person(person: &Person) -> String {
    match person.date_of_birth {
        Some(date) => format!("{}, born {}", person.name, day(date)),
        None => person.name.clone(),
    }
}

/// People of whom nothing is kept any more.
pub(super) fn destroyed_people(count: usize) -> String {
    let who = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    format!("{who} about whom what was kept has been destroyed")
}

/// Who is accountable (GOV-2): each organisation is the controller of what it holds.
pub(super) fn accountable(organisation: &str, what: &str) -> String {
    format!("{organisation} is the controller of what it knows and answers for {what}.")
}

/// What the practitioner decided, in words.
pub(super) fn choice(choice: Choice) -> &'static str {
    match choice {
        Choice::Share => "Share",
        Choice::ShareSome => "Share some of it",
        Choice::ShareAnonymised => "Share without naming anyone",
        Choice::DoNotShare => "Do not share",
        Choice::Delay => "Not yet",
        Choice::AskAdvice => "Ask for advice first",
    }
}

/// What was advised, in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Share => "Share",
        Verdict::ShareAnonymised => "Share without naming anyone",
        Verdict::DoNotShare => "Do not share",
        Verdict::Advice => "Ask for advice",
        Verdict::Incomplete => "Something is still missing",
    }
}

/// A role in words, and what it means.
pub(super) fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Practitioner => ("Decides on cases", "Works with children and families, and records decisions."),
        Role::Manager => ("Manages", "Manages those who decide on cases, and is asked for advice."),
        Role::Adviser => {
            ("Advises", "Information governance lead, Caldicott Guardian or the like; also decides on cases.")
        }
        Role::Analyst => (
            "Analyses",
            "Sees what stands in the way of sharing, and never a person or a case. It takes that away from every other role too.",
        ),
        Role::Administrator => ("Administers", "Looks after members, numbers and procedures, and sees no case for it."),
    }
}

/// Leaves out the empty lines that templates leave behind, but none within a text area, where they are somebody's words.
pub(super) fn tidy(html: &str) -> String {
    let mut tidied = String::with_capacity(html.len());
    let mut within = false;
    for line in html.lines() {
        let opens = line.rfind("<textarea");
        let closes = line.rfind("</textarea");
        if within || !line.trim().is_empty() {
            tidied.push_str(if within || opens.is_some() { line } else { line.trim_end() });
            tidied.push('\n');
        }
        within = match (opens, closes) {
            (Some(opens), Some(closes)) => opens > closes,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => within,
        };
    }
    tidied
}

/// How somebody proved who they are.
pub(super) const fn proved(proved: Proved) -> &'static str {
    match proved {
        Proved::Password => "with your password",
        Proved::PasswordAndCode => "with your password and a one-time code",
        Proved::PasswordAndRecoveryCode => "with your password and a recovery code",
        Proved::Passkey => "with a passkey",
        Proved::Provider => "through your organisation’s own sign-in",
        Proved::Invented => "with one press",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        // 2026-11-23 15:15 UTC, which is London's own time in winter.
        assert_eq!(moment(Moment::from_micros(1_795_446_900_000_000)), "23 November 2026, 3:15pm");
    }

    #[test]
    fn what_somebody_wrote_keeps_its_empty_lines() {
        let html = "<p>a</p>\n\n<textarea>one\n\n  two</textarea>\n\n<p>b</p>";
        assert_eq!(tidy(html), "<p>a</p>\n<textarea>one\n\n  two</textarea>\n<p>b</p>\n");
    }
}
