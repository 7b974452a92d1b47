//! A colleague's conflicts of interest, for a manager: what there is, one more, and lifting one.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{Declaration, DeclarationId, MemberId};
use serde::Serialize;

use super::{DeclaredLine, Done, declaration_of, fields};
use crate::actions::{self, ColleagueConflicts};
use crate::error::named;
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// What is in the address of declarations from before there were any.
const EARLIER: &str = "earlier";

/// A colleague's conflicts of interest.
#[derive(Debug, Serialize)]
pub struct ColleaguePage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    here: String,
    name: String,
    role_title: String,
    declared: Vec<DeclaredLine>,
    /// Where those from before there were declarations are lifted; empty where there are none.
    earlier: String,
    lifted: Vec<String>,
    fields: Vec<Field>,
}

impl Page for ColleaguePage {
    const TEMPLATE: &'static str = "conflicts/colleague.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "A colleague’s conflicts of interest".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |full: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &["born"]),
            done: if full { "It was lifted. What it said is gone." } else { "" },
            here: "/conflicts/1".into(),
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            declared: full.then(|| DeclaredLine::sample("/conflicts/1/2")).into_iter().collect(),
            earlier: if full { "/conflicts/1/earlier".into() } else { String::new() },
            lifted: full.then(|| "23 November 2026, 3:15pm, by Tom Birchall: she moved".into()).into_iter().collect(),
            fields: fields(&Sent::default(), false, problems),
        };
        let problems = [FieldProblem { field: "why".into(), message: "Say why.".into() }];
        vec![("empty", page(false, &[])), ("full", page(true, &[])), ("in error", page(false, &problems))]
    }
}

fn lifted(record: &ColleagueConflicts) -> Vec<String> {
    let by =
        |id: MemberId| record.everybody.iter().find(|one| one.id == id).map_or("somebody", |one| one.name.as_str());
    let line = |one: &casework::Lifted| format!("{}, by {}: {}", words::moment(one.at), by(one.by), one.why);
    record.member.lifted.iter().rev().map(line).collect()
}

async fn shown(
    visit: &Visit,
    id: MemberId,
    sent: &Sent,
    done: &'static str,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    let record = actions::colleague_conflicts(visit.app(), visit.actor()?, id).await?;
    let here = format!("/conflicts/{id}");
    let line = |one: &Declaration| DeclaredLine::new(one, false, &record.everybody, format!("{here}/{}", one.id));
    Ok(visit.page(&ColleaguePage {
        errors: error_lines(problems, &["born"]),
        done,
        name: record.member.name.clone(),
        role_title: record.member.role_title.clone(),
        declared: record.declarations.iter().map(line).collect(),
        earlier: if record.earlier { format!("{here}/{EARLIER}") } else { String::new() },
        lifted: lifted(&record),
        fields: fields(sent, false, problems),
        here,
    }))
}

/// `GET /conflicts/{member}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>, Query(done): Query<Done>) -> Result<Response, Stopped> {
    visit.actor()?;
    shown(&visit, named(&id)?, &Sent::default(), done.words(), &[]).await
}

/// `POST /conflicts/{member}`: a manager sets one for a colleague.
pub(super) async fn declare(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, member) = (visit.actor()?, named(&id)?);
    // Whoever may not look after them is turned away before anything is said about the form.
    actions::colleague_conflicts(visit.app(), actor, member).await?;
    match actions::declare_conflict(visit.app(), actor, member, &declaration_of(&sent)).await {
        Ok(_) => Ok(go_on(&format!("/conflicts/{member}?done=declared"))),
        Err(AppError::Invalid(problems)) => shown(&visit, member, &sent, "", &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// A declaration to be lifted.
#[derive(Debug, Serialize)]
pub struct LiftPage {
    errors: Vec<ErrorLine>,
    here: String,
    back: String,
    colleague: String,
    /// None: those from before there were declarations.
    declared: Option<DeclaredLine>,
    fields: Vec<Field>,
}

impl Page for LiftPage {
    const TEMPLATE: &'static str = "conflicts/lift.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "Lift a conflict of interest".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |declared, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            here: "/conflicts/1/2".into(),
            back: "/conflicts/1".into(),
            colleague: "Amina Hart".into(),
            declared,
            fields: vec![why_field(&Sent::default(), problems)],
        };
        let problems = [FieldProblem { field: "why".into(), message: "Say why it no longer holds.".into() }];
        vec![
            ("one", page(Some(DeclaredLine::sample("/conflicts/1/2")), &[])),
            ("from before", page(None, &[])),
            ("in error", page(None, &problems)),
        ]
    }
}

fn why_field(sent: &Sent, problems: &[FieldProblem]) -> Field {
    Field::text("why", "Why does it no longer hold?", sent.text("why"))
        .hint("It is kept with your name. Do not name anybody.")
        .with(problems)
}

fn declaration(id: &str) -> Result<Option<DeclarationId>, AppError> {
    if id == EARLIER { Ok(None) } else { named(id).map(Some) }
}

async fn lifting(
    visit: &Visit,
    (whose, which): (MemberId, Option<DeclarationId>),
    sent: &Sent,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    let record = actions::colleague_conflicts(visit.app(), visit.actor()?, whose).await?;
    let back = format!("/conflicts/{whose}");
    let (declared, here) = match which {
        Some(id) => {
            let one = record.declarations.iter().find(|one| one.id == id).ok_or(AppError::NotFound)?;
            let here = format!("{back}/{id}");
            (Some(DeclaredLine::new(one, false, &record.everybody, here.clone())), here)
        }
        None if record.earlier => (None, format!("{back}/{EARLIER}")),
        None => return Err(AppError::NotFound.into()),
    };
    Ok(visit.page(&LiftPage {
        errors: error_lines(problems, &[]),
        here,
        back,
        colleague: record.member.name.clone(),
        declared,
        fields: vec![why_field(sent, problems)],
    }))
}

/// `GET /conflicts/{member}/{declaration}`
pub(super) async fn lift_page(visit: Visit, Path((whose, which)): Path<(String, String)>) -> Result<Response, Stopped> {
    visit.actor()?;
    lifting(&visit, (named(&whose)?, declaration(&which)?), &Sent::default(), &[]).await
}

/// `POST /conflicts/{member}/{declaration}`
pub(super) async fn lift(
    visit: Visit,
    Path((whose, which)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let (member, which): (MemberId, _) = (named(&whose)?, declaration(&which)?);
    match actions::lift_conflict(visit.app(), actor, member, which, &sent.text("why")).await {
        Ok(()) => Ok(go_on(&format!("/conflicts/{member}?done=lifted"))),
        Err(AppError::Invalid(problems)) => lifting(&visit, (member, which), &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}
