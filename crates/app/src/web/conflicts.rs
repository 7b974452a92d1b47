//! Conflicts of interest: one's own under the account, what waits for a manager, and those of a colleague.

mod colleague;
mod own;
mod waiting;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use casework::{Born, Declaration, Member, NewDeclaration, Relation};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub use self::{
    colleague::{ColleaguePage, LiftPage},
    own::OwnConflictsPage,
    waiting::WaitingPage,
};
use super::fields::{Choice, Field};
use super::form::Sent;
use super::site::Site;
use super::words;
use crate::FieldProblem;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/account/conflicts", get(own::page).post(own::declare))
        .route("/conflicts", get(waiting::page))
        .route("/conflicts/{member}", get(colleague::page).post(colleague::declare))
        .route("/conflicts/{member}/{declaration}", get(colleague::lift_page).post(colleague::lift))
        .route("/conflicts/{member}/{declaration}/decide", post(waiting::decide))
}

/// A declaration in a line.
#[derive(Debug, Serialize)]
pub struct DeclaredLine {
    name: String,
    says: Vec<String>,
    declared: String,
    /// Where it is lifted; empty where that is not offered.
    href: String,
}

fn relation(of: Relation, own: bool) -> &'static str {
    match (of, own) {
        (Relation::Oneself, true) => "Me, or somebody who lives with me",
        (Relation::Oneself, false) => "Themselves, or somebody who lives with them",
        (Relation::Family, _) => "Family",
        (Relation::Neighbour, _) => "A neighbour",
        (Relation::Colleague, _) => "A colleague, or a colleague’s family",
        (Relation::Other, _) => "Somebody else",
    }
}

fn born(of: Born) -> Option<String> {
    match of {
        Born::Unknown => None,
        Born::In(year) => Some(format!("Born in {year}")),
        Born::On(date) => Some(format!("Born {}", words::day(date))),
    }
}

impl DeclaredLine {
    fn new(one: &Declaration, own: bool, everybody: &[Member], href: String) -> Self {
        let said = |label: &str, text: &str| (!text.is_empty()).then(|| format!("{label}{text}"));
        let says = [
            Some(relation(one.relation, own).to_owned()),
            said("Known before as ", &one.former_surname),
            born(one.born),
            said("Lives in ", &one.street),
            said("", &one.why),
        ];
        let by = everybody.iter().find(|member| member.id == one.declared_by);
        let by = by.map(|member| format!(", by {}", member.name)).unwrap_or_default();
        Self {
            name: one.name.clone(),
            says: says.into_iter().flatten().collect(),
            declared: format!("{}{by}", words::moment(one.declared_at)),
            href,
        }
    }

    fn sample(href: &str) -> Self {
        Self {
            name: "Ottilie Quarrendon".into(),
            says: vec!["A neighbour".into(), "Born in 1987".into(), "Lives in Mill Lane".into()],
            declared: "23 November 2026, 3:15pm, by Amina Hart".into(),
            href: href.into(),
        }
    }
}

/// The fields of a declaration; one's own, or a colleague's.
fn fields(sent: &Sent, own: bool, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.text("relation");
    let choice = |of: &Relation| Choice::new(of.word(), relation(*of, own), "", chosen == of.word());
    let connected = if own { "How are you connected?" } else { "How are they connected?" };
    let why = if own { "Anything a manager should know, if you like" } else { "Why must they not see them?" };
    let fields = [
        Field::text("name", "Their whole name", sent.text("name")),
        Field::text("former_surname", "A surname they had before, if you know one", sent.text("former_surname")),
        Field::date("born", "When were they born, if you know?", sent.typed_date("born"))
            .hint("The year alone is enough. Without it, a manager is asked about everybody of this name."),
        Field::radios("relation", connected, Relation::ALL.iter().map(choice).collect()),
        Field::text("street", "The street where they live, if you like", sent.text("street"))
            .hint("It blocks nothing. Those who look over reading notice when this street was read about."),
        Field::text("why", why, sent.text("why")),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

fn declaration_of(sent: &Sent) -> NewDeclaration {
    let typed = sent.typed_date("born");
    let born = match typed.read() {
        _ if typed.is_blank() => String::new(),
        _ if typed.day.is_empty() && typed.month.is_empty() => typed.year,
        Some(date) => date.to_string(),
        None => "no date".to_owned(),
    };
    NewDeclaration {
        name: sent.text("name"),
        former_surname: sent.text("former_surname"),
        born,
        relation: sent.text("relation").parse().ok(),
        street: sent.text("street"),
        why: sent.text("why"),
    }
}

/// What was just done.
#[derive(Debug, Deserialize)]
struct Done {
    done: Option<String>,
}

impl Done {
    fn words(&self) -> &'static str {
        match self.done.as_deref() {
            Some("declared") => "It is kept, and holds from now on.",
            Some("lifted") => "It was lifted. What it said is gone.",
            Some("decided") => "Your answer is kept.",
            _ => "",
        }
    }
}
