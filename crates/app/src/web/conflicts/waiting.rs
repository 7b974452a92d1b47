//! What waits for a manager about conflicts of interest: whether a declaration means somebody who is known here, and matters on which nobody
//! can work.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{DeclarationId, MatterId, Member, PersonId};
use serde::Serialize;

use super::{DeclaredLine, Done};
use crate::actions::{self, ConflictsWaiting, WaitingMatch};
use crate::error::named;
use crate::web::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

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

/// Something to go to.
#[derive(Debug, Serialize)]
pub struct LinkLine {
    href: String,
    text: String,
    more: String,
}

/// What waits for a manager.
#[derive(Debug, Serialize)]
pub struct WaitingPage {
    done: &'static str,
    matches: Vec<MatchLine>,
    matters: Vec<LinkLine>,
    colleagues: Vec<LinkLine>,
}

impl WaitingPage {
    fn of(waiting: &ConflictsWaiting, done: &'static str) -> Self {
        Self {
            done,
            matches: waiting.matches.iter().map(MatchLine::new).collect(),
            matters: waiting
                .matters
                .iter()
                .map(|matter| LinkLine {
                    href: format!("/conflicts/matters/{}", matter.id),
                    text: format!("A matter opened {}", words::moment(matter.opened_at)),
                    more: String::new(),
                })
                .collect(),
            colleagues: waiting
                .colleagues
                .iter()
                .map(|one| LinkLine {
                    href: format!("/conflicts/{}", one.id),
                    text: one.name.clone(),
                    more: one.role_title.clone(),
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
        let empty = || Self { done: "", matches: vec![], matters: vec![], colleagues: vec![] };
        let line = |text: &str| LinkLine { href: "/conflicts/1".into(), text: text.into(), more: "Teacher".into() };
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
                    matters: vec![line("A matter opened 1 November 2026, 9:00am")],
                    colleagues: vec![line("Amina Hart")],
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

/// A matter on which nobody may work.
#[derive(Debug, Serialize)]
pub struct AlonePage {
    errors: Vec<ErrorLine>,
    here: String,
    fields: Vec<Field>,
}

impl AlonePage {
    fn of(id: MatterId, takers: &[Member], problems: &[FieldProblem]) -> Self {
        let choice =
            |one: &Member| Choice::new(one.id.to_string(), format!("{}, {}", one.name, one.role_title), "", false);
        Self::with(id, takers.iter().map(choice).collect(), problems)
    }

    fn with(id: MatterId, choices: Vec<Choice>, problems: &[FieldProblem]) -> Self {
        let nobody = choices.is_empty();
        let groups = vec![Group { label: "Colleagues".to_owned(), choices }];
        let control = Control::Grouped { groups, blank: "Choose one", unsure: None };
        let to = Field::new("to", "Who takes it?", control).with(problems);
        Self {
            errors: error_lines(problems, &[]),
            here: format!("/conflicts/matters/{id}"),
            // Where nobody can take it, the page says what to do.
            fields: if nobody { Vec::new() } else { vec![to] },
        }
    }
}

impl Page for AlonePage {
    const TEMPLATE: &'static str = "conflicts/alone.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "A matter on which nobody can work".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let id = MatterId::from_uuid(uuid::Uuid::nil());
        let problems = [FieldProblem { field: "to".into(), message: "Choose who takes this matter.".into() }];
        let choices = || vec![Choice::new("0198a", "Amina Hart, School nurse", "", false)];
        vec![
            ("one", Self::with(id, choices(), &[])),
            ("nobody", Self::with(id, Vec::new(), &[])),
            ("in error", Self::with(id, choices(), &problems)),
        ]
    }
}

/// `GET /conflicts/matters/{matter}`
pub(super) async fn alone_page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    let takers = actions::matter_alone(visit.app(), actor, matter).await?;
    Ok(visit.page(&AlonePage::of(matter, &takers, &[])))
}

/// `POST /conflicts/matters/{matter}`
pub(super) async fn hand_on(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    match actions::hand_on_alone(visit.app(), actor, matter, sent.text("to").parse().ok()).await {
        Ok(()) => Ok(go_on("/conflicts?done=handed-on")),
        Err(AppError::Invalid(problems)) => {
            let takers = actions::matter_alone(visit.app(), actor, matter).await?;
            Ok(visit.page(&AlonePage::of(matter, &takers, &problems)))
        }
        Err(error) => Err(error.into()),
    }
}
