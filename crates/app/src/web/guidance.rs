//! The guidance to read (LRN-1): its contents and flow, search, pages, the law register, and the rest, open to everybody.
//!
//! Everything is read from the pack; each part names the questions in which it is applied, and each question what it rests on.

mod law;
mod links;
mod reading;

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use guidance::pack::Pack;
use guidance::{draw, search};
use serde::{Deserialize, Serialize};

use super::fields::Field;
use super::page::{Menu, Page};
use super::{Site, Visit};

#[cfg(test)]
pub(super) use law::{EntryPage, RegisterPage};
pub(super) use links::{Link, to_entry, to_question};
#[cfg(test)]
pub(super) use reading::ReadingPage;

/// The addresses of the guidance.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/guidance", get(contents))
        .route("/guidance/search", get(found))
        .route("/guidance/pages/{id}", get(reading::page))
        .route("/guidance/questions", get(reading::questions))
        .route("/guidance/law", get(law::register))
        .route("/guidance/law/{id}", get(law::entry))
        .route("/guidance/changes", get(reading::changes))
        .route("/guidance/methods", get(reading::methods))
        .route("/guidance/myths", get(reading::myths))
        .route("/guidance/signs", get(reading::signs))
        .route("/guidance/schemes", get(reading::schemes))
        .route("/guidance/schemes/{id}", get(reading::scheme))
        .route("/guidance/contacts", get(reading::contacts))
        .route("/guidance/rules", get(reading::rules))
        .route("/guidance/read/{kind}/{id}", get(reading::anything))
}

/// A line of the contents.
#[derive(Debug, Serialize)]
pub struct Chapter {
    link: Link,
    about: String,
}

/// The first page of the guidance.
#[derive(Debug, Serialize)]
pub struct ContentsPage {
    title: String,
    summary: String,
    based_on: String,
    version: String,
    words: Field,
    pages: Vec<Chapter>,
    chapters: Vec<Chapter>,
    chart: String,
    chart_in_words: Vec<String>,
}

impl ContentsPage {
    fn new(pack: &Pack) -> Self {
        let chapter = |href: &str, text: &str, about: String| Chapter { link: Link::new(href, text), about };
        let counted = |count: usize, what: &str| format!("{count} {what}");
        Self {
            title: pack.title.clone(),
            summary: pack.summary.clone(),
            based_on: pack.based_on.clone(),
            version: pack.version.clone(),
            words: search_field(""),
            pages: pack
                .pages
                .iter()
                .map(|page| Chapter { link: links::to_page(page), about: page.summary.clone() })
                .collect(),
            chapters: vec![
                chapter(
                    "/guidance/questions",
                    "The questions and why they are asked",
                    counted(pack.questions.len(), "questions, danger first."),
                ),
                chapter(
                    "/guidance/law",
                    "The law",
                    counted(
                        pack.entries.len(),
                        "entries: who may share, with whom and for what, and when each was in force.",
                    ),
                ),
                chapter(
                    "/guidance/changes",
                    "What changed in the law",
                    counted(pack.changes.len(), "changes, newest first."),
                ),
                chapter(
                    "/guidance/rules",
                    "The rules and principles",
                    "Golden rules, principles of sharing, and the Caldicott principles.".into(),
                ),
                chapter(
                    "/guidance/methods",
                    "Ways of sharing",
                    "What to check before you share by telephone, letter, email or in a meeting.".into(),
                ),
                chapter("/guidance/myths", "Myths", "What is often said about sharing, and what is so.".into()),
                chapter("/guidance/signs", "Signs of abuse and neglect", "What you may see or hear.".into()),
                chapter(
                    "/guidance/schemes",
                    "Disclosure schemes",
                    "When somebody wants to know about a person's past.".into(),
                ),
                chapter(
                    "/guidance/contacts",
                    "Contacts and where to read more",
                    "Numbers that were confirmed, and things to read.".into(),
                ),
                chapter(
                    "/practice",
                    "Practice",
                    counted(pack.stories.len(), "invented stories to try. Nothing is recorded."),
                ),
            ],
            chart: draw::flowchart(pack, None),
            chart_in_words: draw::flowchart_in_words(pack, None),
        }
    }
}

impl Page for ContentsPage {
    const TEMPLATE: &'static str = "guidance/contents.html";
    const MENU: Menu = Menu::Guidance;

    fn title(&self) -> String {
        "Guidance".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        sampled(|pack| vec![("full", Self::new(pack)), ("no pages", Self { pages: Vec::new(), ..Self::new(pack) })])
    }
}

/// Samples made from the pack that the program carries.
pub(super) fn sampled<P>(make: impl FnOnce(&Pack) -> Vec<(&'static str, P)>) -> Vec<(&'static str, P)> {
    crate::packs::LoadedPack::built_in().map(|loaded| make(&loaded.pack)).unwrap_or_default()
}

fn search_field(words: &str) -> Field {
    Field::text("q", "Search the guidance and the law", words).hint("For example: consent, section 115, small signs")
}

/// `GET /guidance`
async fn contents(visit: Visit) -> Response {
    visit.page(&ContentsPage::new(visit.app().pack()))
}

/// Something that was found.
#[derive(Debug, Serialize)]
pub struct Found {
    link: Link,
    kind: &'static str,
    excerpt: String,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct SearchPage {
    words: Field,
    asked: String,
    found: Vec<Found>,
    more: usize,
}

/// The most that one page of results shows.
const MOST_FOUND: usize = 40;

impl SearchPage {
    fn new(pack: &Pack, words: &str) -> Self {
        let hits = search::search(pack, words);
        let found = |hit: &search::Hit| Found {
            link: Link::new(links::address(pack, hit.kind, &hit.id), &hit.title),
            kind: hit.kind.label(),
            excerpt: hit.excerpt.clone(),
        };
        Self {
            words: search_field(words),
            asked: words.trim().to_owned(),
            found: hits.iter().take(MOST_FOUND).map(found).collect(),
            more: hits.len().saturating_sub(MOST_FOUND),
        }
    }
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "guidance/search.html";
    const MENU: Menu = Menu::Guidance;

    fn title(&self) -> String {
        "Search the guidance".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        sampled(|pack| {
            let page = |words| Self::new(pack, words);
            vec![("not asked yet", page("")), ("found", page("consent")), ("nothing found", page("<volcano>"))]
        })
    }
}

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    q: String,
}

/// `GET /guidance/search`
async fn found(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    let words: String = wanted.q.chars().take(200).collect();
    visit.page(&SearchPage::new(visit.app().pack(), &words))
}
