//! The list of unusual reading, for the Guardian and advisers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use casework::{Sign, ViewId};
use serde::{Deserialize, Serialize};

use super::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::site::Site;
use super::views::{ViewLine, view_line};
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, UnusualReading, UnusualView};
use crate::error::named;
use crate::{AppError, FieldProblem};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/oversight/reading", get(list)).route("/oversight/reading/{view}", get(page).post(mark))
}

/// A view that stands out, in words.
#[derive(Debug, Serialize)]
pub struct UnusualLine {
    href: String,
    view: ViewLine,
    people: Vec<String>,
    /// Why it stands out.
    rules: Vec<&'static str>,
    /// Who looked at it, the oldest first; nobody yet.
    looked: Vec<LookedLine>,
}

/// That somebody looked at it.
#[derive(Debug, Serialize)]
struct LookedLine {
    /// Who and when.
    by: String,
    /// What they found.
    note: String,
}

impl UnusualLine {
    fn new(one: &UnusualView) -> Self {
        let looked = one.looked.iter().map(|(looked, by)| {
            let by = by.as_ref().map_or("Somebody", |by| by.name.as_str());
            LookedLine { by: format!("{by}, {}", words::moment(looked.at)), note: looked.note.clone() }
        });
        Self {
            href: format!("/oversight/reading/{}", one.viewed.view.id),
            view: view_line(&one.viewed, one.reader.as_ref(), None),
            people: one.people.iter().map(words::person).collect(),
            rules: one.signs.iter().map(|sign| sign.says()).collect(),
            looked: looked.collect(),
        }
    }

    fn sample(note: &str) -> Self {
        let by = "Miriam Oyelaran, 24 November 2026, 9:00am".to_owned();
        Self {
            href: "/oversight/reading/0198e".into(),
            view: ViewLine::sample(),
            people: vec!["Jay Field, born 4 March 2017".into()],
            rules: vec![Sign::OwnSurname.says(), Sign::OutsideHours.says()],
            looked: if note.is_empty() { vec![] } else { vec![LookedLine { by, note: note.into() }] },
        }
    }
}

/// The list.
#[derive(Debug, Serialize)]
pub struct UnusualPage {
    done: &'static str,
    since: String,
    waiting: usize,
    filter: Vec<Field>,
    chosen: &'static str,
    views: Vec<UnusualLine>,
    newer: Option<u32>,
    older: Option<u32>,
}

fn filter(chosen: Option<Sign>, reading: Option<&UnusualReading>) -> Vec<Field> {
    let waiting = |sign: &Sign| reading.and_then(|reading| reading.waiting.get(sign)).copied().unwrap_or_default();
    let choice = |sign: &Sign| {
        Choice::new(sign.word(), format!("{} ({})", sign.says(), waiting(sign)), "", chosen == Some(*sign))
    };
    let groups =
        vec![Group { label: "Signs, with how many wait".to_owned(), choices: Sign::ALL.iter().map(choice).collect() }];
    let control = Control::Grouped { groups, blank: "All signs", unsure: None };
    vec![Field::new("sign", "Show only", control)]
}

impl Page for UnusualPage {
    const TEMPLATE: &'static str = "oversight/reading.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Unusual reading".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |views: Vec<UnusualLine>, newer, older| Self {
            done: if views.is_empty() { "" } else { "It is marked as looked at." },
            since: "24 October 2026, 3:15pm".into(),
            waiting: views.len(),
            filter: filter(Some(Sign::OwnSurname), None),
            chosen: "own-surname",
            views,
            newer,
            older,
        };
        let some = vec![UnusualLine::sample(""), UnusualLine::sample("She was asked to by the duty manager")];
        vec![("empty", page(vec![], None, None)), ("some", page(some, Some(0), Some(2)))]
    }
}

/// Which part of the list.
#[derive(Debug, Deserialize)]
struct Asked {
    sign: Option<String>,
    page: Option<u32>,
    done: Option<String>,
}

/// `GET /oversight/reading`
async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stopped> {
    let sign: Option<Sign> = asked.sign.as_deref().and_then(|sign| sign.parse().ok());
    let at = asked.page.unwrap_or_default();
    let reading = actions::unusual_reading(visit.app(), visit.actor()?, sign, at).await?;
    Ok(visit.page(&UnusualPage {
        done: if asked.done.is_some() { "It is marked as looked at." } else { "" },
        since: words::moment(reading.since),
        waiting: reading.waiting_in_all,
        filter: filter(sign, Some(&reading)),
        chosen: sign.map_or("", Sign::word),
        views: reading.views.iter().map(UnusualLine::new).collect(),
        newer: at.checked_sub(1),
        older: reading.more.then_some(at.saturating_add(1)),
    }))
}

/// One view, to be looked at.
#[derive(Debug, Serialize)]
pub struct UnusualViewPage {
    errors: Vec<ErrorLine>,
    view: UnusualLine,
    fields: Vec<Field>,
}

impl UnusualViewPage {
    fn of(view: UnusualLine, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let note = Field::long("note", "What did you find?", sent.text("note"), 3)
            .hint("Say whom you asked and what they said. It is kept with your name.");
        Self { errors: error_lines(problems, &[]), view, fields: vec![note.with(problems)] }
    }
}

impl Page for UnusualViewPage {
    const TEMPLATE: &'static str = "oversight/view.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Reading to look at".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "note".into(), message: "Say what you found, in a line.".into() }];
        let sent = Sent::default();
        vec![
            ("one", Self::of(UnusualLine::sample(""), &sent, &[])),
            ("looked at", Self::of(UnusualLine::sample("She was asked to by the duty manager"), &sent, &[])),
            ("in error", Self::of(UnusualLine::sample(""), &sent, &problems)),
        ]
    }
}

async fn shown(visit: &Visit, id: ViewId, sent: &Sent, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let view = actions::unusual_view(visit.app(), visit.actor()?, id).await?;
    Ok(visit.page(&UnusualViewPage::of(UnusualLine::new(&view), sent, problems)))
}

/// `GET /oversight/reading/{view}`
async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    visit.actor()?;
    shown(&visit, named(&id)?, &Sent::default(), &[]).await
}

/// `POST /oversight/reading/{view}`
async fn mark(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, view) = (visit.actor()?, named(&id)?);
    match actions::mark_view(visit.app(), actor, view, &sent.text("note")).await {
        Ok(()) => Ok(go_on("/oversight/reading?done=yes")),
        Err(AppError::Invalid(problems)) => shown(&visit, view, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}
