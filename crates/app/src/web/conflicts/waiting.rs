//! What waits for a manager about conflicts of interest: whether a declaration means somebody who is known here.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{DeclarationId, PersonId};
use serde::Serialize;

use super::{DeclaredLine, Done};
use crate::AppError;
use crate::actions::{self, ConflictsWaiting, WaitingMatch};
use crate::error::named;
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};

/// Somebody whom a declaration perhaps means, side by side.
#[derive(Debug, Serialize)]
pub struct MatchLine {
    declared: DeclaredLine,
    colleague: String,
    name: String,
    apart: String,
    person: String,
    at_work: bool,
    action: String,
}

impl MatchLine {
    fn new(one: &WaitingMatch) -> Self {
        let WaitingMatch { member, declaration, person, at_work } = one;
        Self {
            declared: DeclaredLine::new(declaration, false, std::slice::from_ref(member), String::new()),
            colleague: format!("{}, {}", member.name, member.role_title),
            name: person.name.clone(),
            apart: words::apart(person),
            person: person.id.to_string(),
            at_work: *at_work,
            action: format!("/conflicts/{}/{}/decide", member.id, declaration.id),
        }
    }
}

/// A colleague whose conflicts of interest one may look after.
#[derive(Debug, Serialize)]
pub struct ColleagueLine {
    href: String,
    name: String,
    role_title: String,
}

/// What waits for a manager.
#[derive(Debug, Serialize)]
pub struct WaitingPage {
    done: &'static str,
    matches: Vec<MatchLine>,
    colleagues: Vec<ColleagueLine>,
}

impl WaitingPage {
    fn of(waiting: &ConflictsWaiting, done: &'static str) -> Self {
        Self {
            done,
            matches: waiting.matches.iter().map(MatchLine::new).collect(),
            colleagues: waiting
                .colleagues
                .iter()
                .map(|one| ColleagueLine {
                    href: format!("/conflicts/{}", one.id),
                    name: one.name.clone(),
                    role_title: one.role_title.clone(),
                })
                .collect(),
        }
    }
}

impl Page for WaitingPage {
    const TEMPLATE: &'static str = "conflicts/waiting.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "Conflicts of interest".to_owned()
    }

    fn about_a_person(&self) -> bool {
        !self.matches.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = || Self { done: "", matches: vec![], colleagues: vec![] };
        let colleague =
            ColleagueLine { href: "/conflicts/1".into(), name: "Amina Hart".into(), role_title: "Teacher".into() };
        let one = |at_work| MatchLine {
            declared: DeclaredLine::sample(""),
            colleague: "Amina Hart, Teacher".into(),
            name: "Ottilie Quarrendon".into(),
            apart: "born 5 June 1987".into(),
            person: "0198b".into(),
            at_work,
            action: "/conflicts/1/2/decide".into(),
        };
        vec![
            ("empty", empty()),
            (
                "full",
                Self {
                    done: "Your answer is kept.",
                    matches: vec![one(false), one(true)],
                    colleagues: vec![colleague],
                },
            ),
        ]
    }
}

/// `GET /conflicts`
pub(super) async fn page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let waiting = actions::conflicts_waiting(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&WaitingPage::of(&waiting, done.words())))
}

/// `POST /conflicts/{member}/{declaration}/decide`: the same person, or another.
pub(super) async fn decide(
    visit: Visit,
    Path((whose, which)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let (declaration, person): (DeclarationId, PersonId) = (named(&which)?, named(&sent.text("person"))?);
    let same = match sent.text("same").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::NotFound.into()),
    };
    actions::decide_likeness(visit.app(), actor, named(&whose)?, (declaration, person), same).await?;
    Ok(go_on("/conflicts?done=decided"))
}
