//! One's own conflicts of interest.

use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;

use super::{DeclaredLine, Done, declaration_of, fields};
use crate::actions;
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// One's own declarations.
#[derive(Debug, Serialize)]
pub struct OwnConflictsPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    declared: Vec<DeclaredLine>,
    fields: Vec<Field>,
    /// Whether they look after colleagues' conflicts of interest.
    judges: bool,
}

impl Page for OwnConflictsPage {
    const TEMPLATE: &'static str = "conflicts/own.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "People whom you must not see".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |declared: Vec<DeclaredLine>, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &["born"]),
            done: if declared.is_empty() { "" } else { "It is kept, and holds from now on." },
            judges: !declared.is_empty(),
            declared,
            fields: fields(&Sent::default(), true, problems),
        };
        let problems = [FieldProblem { field: "name".into(), message: "Enter their whole name.".into() }];
        vec![
            ("empty", page(vec![], &[])),
            ("some", page(vec![DeclaredLine::sample("")], &[])),
            ("in error", page(vec![], &problems)),
        ]
    }
}

async fn shown(visit: &Visit, sent: &Sent, done: &'static str, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let declared = actions::own_declarations(visit.app(), actor).await?;
    Ok(visit.page(&OwnConflictsPage {
        errors: error_lines(problems, &["born"]),
        done,
        declared: declared.iter().map(|one| DeclaredLine::new(one, true, &[], String::new())).collect(),
        fields: fields(sent, true, problems),
        judges: actions::judges_conflicts(visit.app(), actor),
    }))
}

/// `GET /account/conflicts`
pub(super) async fn page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    shown(&visit, &Sent::default(), done.words(), &[]).await
}

/// `POST /account/conflicts`
pub(super) async fn declare(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    match actions::declare_conflict(visit.app(), actor, actor.member.id, &declaration_of(&sent)).await {
        Ok(_) => Ok(go_on("/account/conflicts?done=declared")),
        Err(AppError::Invalid(problems)) => shown(&visit, &sent, "", &problems).await,
        Err(error) => Err(error.into()),
    }
}
