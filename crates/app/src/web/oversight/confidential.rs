//! The Guardian's list of decisions on confidential information (CAL-2).

use axum::extract::Query;
use axum::response::Response;
use casework::{Decision, Verdict};
use serde::{Deserialize, Serialize};

use crate::actions;
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit, words};

/// A decision in the Guardian's list: who decided what and when, and nobody whom it is about.
#[derive(Debug, Serialize)]
pub struct ConfidentialLine {
    href: String,
    choice: &'static str,
    when: String,
    by: String,
    against: bool,
    corrects: bool,
}

impl ConfidentialLine {
    fn of(decision: &Decision) -> Self {
        let advised = decision.advice.as_ref().map(|advice| advice.verdict);
        Self {
            href: format!("/decisions/{}", decision.id),
            choice: words::choice(decision.own.choice),
            when: words::moment(decision.recorded_at),
            by: format!("{}, {}", decision.member_name, decision.member_role_title),
            against: advised.is_some_and(|advised: Verdict| casework::departs(advised, decision.own.choice)),
            corrects: decision.corrects.is_some(),
        }
    }
}

/// The Guardian's list.
#[derive(Debug, Serialize)]
pub struct ConfidentialPage {
    decisions: Vec<ConfidentialLine>,
    first: bool,
    older: String,
}

impl Page for ConfidentialPage {
    const TEMPLATE: &'static str = "oversight/decisions.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Decisions on confidential information".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |against| ConfidentialLine {
            href: "/decisions/0198c".into(),
            choice: "Do not share",
            when: "23 November 2026, 3:15pm".into(),
            by: "Amina Hart, Teacher".into(),
            against,
            corrects: !against,
        };
        let page = |decisions, first, older: &str| Self { decisions, first, older: older.to_owned() };
        vec![
            ("empty", page(vec![], true, "")),
            ("some", page(vec![line(true), line(false)], true, "c2VhbGVk")),
            ("older", page(vec![line(false)], false, "")),
        ]
    }
}

/// Where the list goes on, sealed.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: Option<String>,
}

/// `GET /oversight/decisions`
pub(super) async fn list(visit: Visit, Query(Before { before }): Query<Before>) -> Result<Response, Stopped> {
    let found = actions::confidential_decisions(visit.app(), visit.actor()?, before.as_deref()).await?;
    Ok(visit.page(&ConfidentialPage {
        decisions: found.decisions.iter().map(ConfidentialLine::of).collect(),
        first: before.is_none(),
        older: found.older.unwrap_or_default(),
    }))
}
