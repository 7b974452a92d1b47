//! Keeping and destroying: what is held, what was destroyed and recovered, and the way to each (RET-2). For those who may destroy.

mod certificate;
mod destroying;
mod holds;
mod paper;

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use casework::{Destruction, Existed, Ground, PersonId, Recovery};
use serde::{Deserialize, Serialize};

use super::fields::{ErrorLine, Field, error_lines};
use super::page::{Menu, Page};
use super::site::Site;
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::{FieldProblem, actions};

#[cfg(test)]
pub(super) use self::certificate::CertificatePage;
#[cfg(test)]
pub(super) use self::destroying::DestroyPage;
use self::holds::HoldLine;
#[cfg(test)]
pub(super) use self::holds::{HoldPage, NewHoldPage};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/retention", get(page))
        .route("/retention/destroy", get(find))
        .route("/retention/people/{person}", get(destroying::page).post(destroying::destroy))
        .route("/retention/holds", get(holds::new).post(holds::place))
        .route("/retention/holds/{hold}", get(holds::page).post(holds::release))
        .route("/retention/destructions/{destruction}", get(certificate::page))
        .route("/retention/destructions/{destruction}/certificate.pdf", get(certificate::pdf))
        .route("/retention/destructions/{destruction}/certificate.json", get(certificate::data))
        .route("/retention/destructions/{destruction}/receipt", get(certificate::receipt))
}

/// A certificate in a line.
#[derive(Debug, Serialize)]
pub struct DestructionLine {
    href: String,
    when: String,
    rule: String,
    what: String,
}

impl DestructionLine {
    fn new(destruction: &Destruction) -> Self {
        Self {
            href: format!("/retention/destructions/{}", destruction.id),
            when: words::moment(destruction.decided_at),
            rule: destruction.rule.clone(),
            what: what_existed(destruction),
        }
    }
}

/// A recovery in a line.
#[derive(Debug, Serialize)]
pub struct RecoveryLine {
    when: String,
    taken: String,
    by: String,
}

impl RecoveryLine {
    fn new(recovery: &Recovery) -> Self {
        Self {
            when: words::moment(recovery.restored_at),
            taken: words::moment(recovery.data_taken_at),
            by: recovery.by.clone(),
        }
    }
}

/// What is held, destroyed and recovered.
#[derive(Debug, Serialize)]
pub struct RetentionPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    holds: Vec<HoldLine>,
    released: Vec<HoldLine>,
    person: Field,
    destructions: Vec<DestructionLine>,
    recoveries: Vec<RecoveryLine>,
}

impl Page for RetentionPage {
    const TEMPLATE: &'static str = "retention/retention.html";
    const MENU: Menu = Menu::Retention;

    fn title(&self) -> String {
        "Keep or destroy".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: PERSON.into(), message: "Enter the person’s reference.".into() }];
        let page = |full: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            done: "",
            holds: full.then(|| HoldLine::sample(true)).into_iter().collect(),
            released: full.then(|| HoldLine::sample(false)).into_iter().collect(),
            person: person_field("", problems),
            destructions: full
                .then(|| DestructionLine {
                    href: "/retention/destructions/1".into(),
                    when: "23 November 2026, 3:15pm".into(),
                    rule: "25 years after birth".into(),
                    what: "1 matter, 2 decisions".into(),
                })
                .into_iter()
                .collect(),
            recoveries: full
                .then(|| RecoveryLine {
                    when: "23 November 2026, 3:15pm".into(),
                    taken: "22 November 2026, 3:15pm".into(),
                    by: "Ada Lovell".into(),
                })
                .into_iter()
                .collect(),
        };
        let done = Self { done: "The hold was released.", ..page(true, &[]) };
        vec![("empty", page(false, &[])), ("full", done), ("in error", page(true, &problems))]
    }
}

const PERSON: &str = "person";

fn person_field(value: &str, problems: &[FieldProblem]) -> Field {
    Field::text(PERSON, "The person’s reference", value)
        .hint("It stands on the page of a matter, under References. Those who work on the matter can read it there.")
        .with(problems)
}

/// A kind of record in words: one of them, and several.
pub(super) fn kind(word: &str) -> (&'static str, &'static str) {
    match word {
        "person" => ("record of a person", "records of people"),
        "matter" => ("matter", "matters"),
        "item" => ("piece of information", "pieces of information"),
        "decision" => ("decision", "decisions"),
        "view" => ("entry of who read what", "entries of who read what"),
        "address" => ("address", "addresses"),
        "emergency" => ("emergency access", "emergency accesses"),
        _ => ("other record", "other records"),
    }
}

/// How many records of each kind, in words: "1 matter, 3 decisions".
pub(super) fn counted(existed: &[Existed]) -> Vec<String> {
    let mut counts = casework::counts(existed);
    let mut ordered: Vec<(&str, usize)> = ["person", "matter", "decision", "item", "address", "emergency", "view"]
        .iter()
        .map(|&word| (word, counts.remove(word).unwrap_or(0)))
        .collect();
    ordered.push(("other", counts.values().sum()));
    let said = |(word, count): (&str, usize)| match (count, kind(word)) {
        (0, _) => None,
        (1, (one, _)) => Some(format!("1 {one}")),
        (count, (_, several)) => Some(format!("{count} {several}")),
    };
    ordered.into_iter().filter_map(said).collect()
}

fn what_existed(destruction: &Destruction) -> String {
    counted(&destruction.existed).join(", ")
}

/// On what a destruction rests, in words.
pub(super) fn ground(ground: Ground) -> &'static str {
    match ground {
        Ground::RetentionRule => "A rule of the organisation’s retention policy",
        Ground::Instruction => "An instruction, such as a court’s",
        Ground::EarlierDestruction => {
            "It had been destroyed before; an older backup had brought it back, and it was destroyed again"
        }
    }
}

async fn shown(visit: &Visit, typed: &str, problems: &[FieldProblem], done: &'static str) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let holds = actions::holds(visit.app(), actor).await?;
    let (standing, released): (Vec<_>, Vec<_>) = holds.iter().partition(|record| record.hold.stands());
    let destructions = actions::destructions(visit.app(), actor).await?;
    let recoveries = actions::recoveries(visit.app(), actor).await?;
    Ok(visit.page(&RetentionPage {
        errors: error_lines(problems, &[]),
        done,
        holds: standing.into_iter().map(HoldLine::new).collect(),
        released: released.into_iter().map(HoldLine::new).collect(),
        person: person_field(typed, problems),
        destructions: destructions.iter().map(DestructionLine::new).collect(),
        recoveries: recoveries.iter().map(RecoveryLine::new).collect(),
    }))
}

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// `GET /retention`
pub(super) async fn page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let done = match done.done.as_deref() {
        Some("held") => "The hold stands. Nothing that it names can be destroyed until it is released.",
        Some("released") => "The hold was released. What it named may be destroyed when its time is up.",
        _ => "",
    };
    shown(&visit, "", &[], done).await
}

/// Whom to look for.
#[derive(Debug, Deserialize)]
pub struct Whom {
    #[serde(default)]
    person: String,
}

/// `GET /retention/destroy`: to the page that says what would be destroyed.
async fn find(visit: Visit, Query(whom): Query<Whom>) -> Result<Response, Stopped> {
    actions::may_dispose(visit.actor()?)?;
    if let Ok(person) = whom.person.trim().parse::<PersonId>() {
        return Ok(go_on(&format!("/retention/people/{person}")));
    }
    let message = "Enter the person’s reference as it stands on the page of a matter: 36 letters, numbers and hyphens.";
    let problems = [FieldProblem { field: PERSON.to_owned(), message: message.to_owned() }];
    shown(&visit, &whom.person, &problems, "").await
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Existed, counted};

    #[test]
    fn records_are_counted_by_kind_in_a_fixed_order() {
        let existed = ["item", "decision", "item", "person", "elsewise", "otherwise"].map(|kind| Existed {
            kind: kind.into(),
            id: Uuid::nil(),
            versions: Vec::new(),
            others: std::collections::BTreeSet::new(),
        });
        let said = ["1 record of a person", "1 decision", "2 pieces of information", "2 other records"];
        assert_eq!(counted(&existed), said);
    }
}
