//! The law register (LAW-1, LAW-9): what there is, who may rely on it, and what was in force on a day.

use axum::extract::{Path, Query};
use axum::response::Response;
use guidance::pack::{Entry, Pack};
use guidance::search::{self, Kind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::links::{self, Link, to_question};
use super::sampled;
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// The parts that entries play, in the order of the register.
const ROLES: [&str; 12] = [
    "gateway",
    "article-6",
    "article-9",
    "article-10",
    "schedule-1",
    "part-3",
    "confidence",
    "rights",
    "restriction",
    "exemption",
    "practice",
    "history",
];

/// An entry as the register lists it.
#[derive(Debug, Serialize)]
pub struct Listed {
    link: Link,
    cite: String,
    summary: String,
    standing: String,
    in_force: bool,
}

/// Entries that play the same part.
#[derive(Debug, Serialize)]
pub struct Section {
    id: &'static str,
    heading: &'static str,
    entries: Vec<Listed>,
}

/// The register.
#[derive(Debug, Serialize)]
pub struct RegisterPage {
    errors: Vec<ErrorLine>,
    words: Field,
    day: Field,
    roles: Vec<Choice>,
    on: String,
    sections: Vec<Section>,
    count: usize,
    not_in_force: usize,
}

/// What is looked for in the register.
#[derive(Debug, Default, Deserialize)]
pub struct LookedFor {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    on: String,
}

/// A day as people write it: 2025-06-01, 1/6/2025 or 1 June 2025.
fn read_day(written: &str) -> Option<Date> {
    let written = written.trim();
    if let Ok(day) = written.parse() {
        return Some(day);
    }
    let parts: Vec<&str> = written
        .split(|sign: char| sign == '/' || sign == '.' || sign.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    let [day, month, year] = parts.as_slice() else { return None };
    crate::web::form::TypedDate { day: (*day).to_owned(), month: (*month).to_owned(), year: (*year).to_owned() }.read()
}

impl RegisterPage {
    fn new(pack: &Pack, wanted: &LookedFor, today: Date) -> Self {
        let mut problems = Vec::new();
        let day = if wanted.on.trim().is_empty() { Some(today) } else { read_day(&wanted.on) };
        if day.is_none() {
            let message =
                "Enter the day as 2025-06-01 or as 1 June 2025. Until then the law of today is shown.".to_owned();
            problems.push(FieldProblem { field: "on".to_owned(), message });
        }
        let on = day.unwrap_or(today);
        let hits = search::search(pack, &wanted.q);
        let looked_for = |entry: &&Entry| {
            (wanted.q.trim().is_empty() || hits.iter().any(|hit| hit.kind == Kind::Entry && hit.id == entry.id))
                && (!ROLES.contains(&wanted.role.as_str()) || entry.role == wanted.role)
        };
        let entries: Vec<&Entry> = pack.entries.iter().filter(looked_for).collect();
        let sections = ROLES.into_iter().map(|role| Section {
            id: role,
            heading: search::role_in_words(role),
            entries: entries
                .iter()
                .filter(|entry| entry.role == role)
                .map(|entry| listed(entry, on, &wanted.on))
                .collect(),
        });
        let roles = ROLES
            .iter()
            .map(|role| Choice::new(*role, search::role_in_words(role), "", *role == wanted.role))
            .collect();
        Self {
            errors: error_lines(&problems, &[]),
            words: Field::text("q", "Words in it", &wanted.q).hint("For example: section 115, neglect, prison"),
            day: Field::text("on", "As it stood on", &wanted.on)
                .hint("For example: 2025-06-01, or 1 June 2025. Empty means today.")
                .with(&problems),
            roles,
            on: words::day(on),
            count: entries.len(),
            not_in_force: entries.iter().filter(|entry| !search::is_in_force(entry, on)).count(),
            sections: sections.filter(|section| !section.entries.is_empty()).collect(),
        }
    }
}

/// Whether an entry stands on a day, as a mark.
fn standing(entry: &Entry, on: Date) -> String {
    search::standing_on(entry, on).trim_end_matches('.').to_owned()
}

fn listed(entry: &Entry, on: Date, written: &str) -> Listed {
    let day = if written.trim().is_empty() { String::new() } else { format!("?on={on}") };
    Listed {
        link: Link::new(format!("/guidance/law/{}{day}", entry.id), &entry.title),
        cite: entry.cite.clone(),
        summary: entry.summary.clone(),
        standing: standing(entry, on),
        in_force: search::is_in_force(entry, on),
    }
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "guidance/register.html";
    const MENU: Menu = Menu::Guidance;

    fn title(&self) -> String {
        "The law".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        sampled(|pack| {
            let page = |q: &str, role: &str, on: &str| {
                let wanted = LookedFor { q: q.to_owned(), role: role.to_owned(), on: on.to_owned() };
                Self::new(pack, &wanted, jiff::civil::date(2026, 11, 23))
            };
            vec![
                ("all", page("", "", "")),
                ("another day", page("", "gateway", "2025-06-01")),
                ("nothing found", page("volcano", "", "")),
                ("not a day", page("", "", "last <summer>")),
            ]
        })
    }
}

/// `GET /guidance/law`
pub(super) async fn register(visit: Visit, Query(wanted): Query<LookedFor>) -> Response {
    visit.page(&RegisterPage::new(visit.app().pack(), &wanted, visit.app().clock.today()))
}

/// A label and what stands under it.
#[derive(Debug, Serialize)]
pub struct Labelled {
    label: &'static str,
    text: String,
}

/// A stretch of time of an entry.
#[derive(Debug, Serialize)]
pub struct Stretch {
    text: String,
    conditions: Vec<String>,
    on_the_day: bool,
}

/// A change in the law that touched an entry.
#[derive(Debug, Serialize)]
pub struct Touched {
    day: String,
    link: Link,
}

/// An entry of the register.
#[derive(Debug, Serialize)]
pub struct EntryPage {
    title: String,
    cite: String,
    summary: String,
    standing: String,
    in_force: bool,
    facts: Vec<Labelled>,
    guidance_cites: String,
    today: String,
    from_guidance: bool,
    status: &'static str,
    commencement: &'static str,
    stretches: Vec<Stretch>,
    caveats: Vec<String>,
    url: String,
    questions: Vec<Link>,
    pages: Vec<Link>,
    changes: Vec<Touched>,
}

impl EntryPage {
    fn new(pack: &Pack, entry: &Entry, on: Date) -> Self {
        let facts = [
            ("Its part in a decision", search::role_in_words(&entry.role).to_owned()),
            ("What it is", search::nature_in_words(&entry.nature).to_owned()),
            ("Who may rely on it", entry.who.clone()),
            ("To whom", entry.to.clone()),
            ("For what", entry.purpose.clone()),
            ("About whom", entry.about.clone()),
        ];
        let of_the_day = entry.period_on(on);
        let stretches = entry.periods.iter().map(|period| Stretch {
            text: search::period_in_words(period),
            conditions: period.when.map(|when| search::conditions_in_words(pack, when)).unwrap_or_default(),
            on_the_day: of_the_day.is_some_and(|of_the_day| std::ptr::eq(of_the_day, period)),
        });
        let mut questions = links::questions_naming(pack, &entry.id);
        for question in links::questions_behind(pack, entry.periods.iter().filter_map(|period| period.when)) {
            if !questions.iter().any(|known| known.id == question.id) {
                questions.push(question);
            }
        }
        let changes = pack.changes.iter().rev().filter(|change| change.entries.contains(&entry.id));
        Self {
            title: entry.title.clone(),
            cite: entry.cite.clone(),
            summary: entry.summary.clone(),
            standing: standing(entry, on),
            in_force: search::is_in_force(entry, on),
            facts: facts
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(label, text)| Labelled { label, text })
                .collect(),
            guidance_cites: entry.guidance_cites.clone(),
            today: entry.today.clone(),
            from_guidance: entry.from_guidance,
            status: search::status_in_words(&entry.status),
            commencement: search::commencement_in_words(entry.commencement),
            stretches: stretches.collect(),
            caveats: entry.caveats.clone(),
            url: entry.url.clone(),
            questions: questions.into_iter().map(to_question).collect(),
            pages: links::pages_naming(pack, &entry.id).into_iter().map(links::to_page).collect(),
            changes: changes
                .map(|change| Touched {
                    day: words::day(change.date),
                    link: Link::new(format!("/guidance/changes#on-{}", change.date), &change.title),
                })
                .collect(),
        }
    }
}

impl Page for EntryPage {
    const TEMPLATE: &'static str = "guidance/entry.html";
    const MENU: Menu = Menu::Guidance;

    fn title(&self) -> String {
        self.title.clone()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        sampled(|pack| {
            let on = jiff::civil::date(2026, 11, 23);
            let page = |id: &str| pack.entry(id).map(|entry| Self::new(pack, entry, on));
            let named = [
                ("power", "cda-1998-s115"),
                ("two periods", "6-1-e"),
                ("history", "lga-2000-s2"),
                ("not started", "cpa-2026-csa"),
            ];
            named.into_iter().filter_map(|(state, id)| Some((state, page(id)?))).collect()
        })
    }
}

/// The day whose law is shown.
#[derive(Debug, Default, Deserialize)]
pub struct OnDay {
    #[serde(default)]
    on: String,
}

/// `GET /guidance/law/{id}`
pub(super) async fn entry(visit: Visit, Path(id): Path<String>, Query(day): Query<OnDay>) -> Result<Response, Stopped> {
    let pack = visit.app().pack();
    let entry = pack.entry(&id).ok_or(AppError::NotFound)?;
    let on = read_day(&day.on).unwrap_or_else(|| visit.app().clock.today());
    Ok(visit.page(&EntryPage::new(pack, entry, on)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read_day;

    #[test]
    fn a_day_may_be_written_in_the_usual_ways() {
        for written in ["2025-06-01", "1 June 2025", "1/6/2025", " 01.06.2025 "] {
            assert_eq!(read_day(written), Some(date(2025, 6, 1)), "{written}");
        }
        for wrong in ["", "June", "31 June 2025", "1/6"] {
            assert_eq!(read_day(wrong), None, "{wrong}");
        }
    }
}
