//! Destroying what is kept about a person: what would go, what forbids it, and the press that cannot be undone.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use casework::{DestructionId, Ground, Held, NewDestruction, PersonId};
use serde::Serialize;

use super::counted;
use crate::actions::{self, WouldGo};
use crate::error::named;
use crate::web::fields::{Choice, Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// A hold that forbids it.
#[derive(Debug, Serialize)]
pub struct Forbidding {
    href: String,
    what: &'static str,
    since: String,
    reason: String,
}

/// The page that says what would be destroyed.
#[derive(Debug, Serialize)]
pub struct DestroyPage {
    errors: Vec<ErrorLine>,
    /// Whether what would go is not what was shown before.
    changed: bool,
    person: String,
    name: String,
    /// What tells the person apart.
    apart: String,
    goes: Vec<String>,
    drafts: u64,
    lives_on: u64,
    matters: Vec<String>,
    unseen_matters: usize,
    holds: Vec<Forbidding>,
    /// The id that the certificate will have, so that a form that is sent twice destroys once.
    id: String,
    /// The mark of what is shown.
    seen: String,
    fields: Vec<Field>,
}

impl DestroyPage {
    fn of(person: PersonId, found: &WouldGo, sent: &Sent, id: String, problems: &[FieldProblem]) -> Self {
        let titles: Vec<String> =
            found.matters.iter().filter_map(|(_, matter)| matter.as_ref()).map(|matter| matter.title.clone()).collect();
        let forbidding = |hold: &casework::LegalHold| Forbidding {
            href: format!("/retention/holds/{}", hold.id),
            what: match hold.held {
                Held::Person(_) => "This person is held",
                Held::Matter(_) => "A matter that this person is in is held",
            },
            since: words::moment(hold.since),
            reason: hold.reason.clone(),
        };
        Self {
            errors: error_lines(problems, &[]),
            changed: false,
            person: person.to_string(),
            name: found.person.as_ref().map(|known| known.name.clone()).unwrap_or_default(),
            apart: found.person.as_ref().map(words::apart).unwrap_or_default(),
            goes: counted(&found.goes.existing),
            drafts: found.goes.drafts,
            lives_on: found.goes.lives_on,
            unseen_matters: found.matters.len() - titles.len(),
            matters: titles,
            holds: found.holds.iter().map(forbidding).collect(),
            id,
            seen: found.goes.mark(),
            fields: fields(sent, problems),
        }
    }
}

const SURE: &str = "sure";

fn fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.text("ground");
    let ground =
        |ground: Ground, text: &str, hint: &str| Choice::new(ground.word(), text, hint, chosen == ground.word());
    let grounds = vec![
        ground(Ground::RetentionRule, "A rule of our retention policy", "Its time is up."),
        ground(
            Ground::Instruction,
            "An instruction",
            "For example a court’s, or a request for erasure that was granted.",
        ),
    ];
    let sure = vec![Choice::new("yes", "I know that nobody can undo this", "", sent.text(SURE) == "yes")];
    let fields = [
        Field::radios("ground", "On what does it rest?", grounds),
        Field::text("rule", "Which rule or instruction?", sent.text("rule"))
            .hint("For example: 25 years after birth. Leave names out: the certificate keeps these words."),
        Field::new(SURE, "Are you sure?", Control::Checkboxes { choices: sure }),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

impl Page for DestroyPage {
    const TEMPLATE: &'static str = "retention/destroy.html";
    const MENU: Menu = Menu::Retention;

    fn title(&self) -> String {
        "Destroy for good".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "rule".into(), message: "Say under which rule.".into() }];
        let page = |known: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            changed: false,
            person: "0198b".into(),
            name: if known { "Jay Field" } else { "" }.into(),
            apart: if known { "the older brother" } else { "" }.into(),
            goes: vec!["1 record of a person".into(), "2 decisions".into()],
            drafts: 1,
            lives_on: 3,
            matters: if known { vec!["Missed meals".into()] } else { vec![] },
            unseen_matters: usize::from(!known),
            holds: vec![],
            id: "0198e".into(),
            seen: "3-3-3-1".into(),
            fields: fields(&Sent::default(), problems),
        };
        let held = Forbidding {
            href: "/retention/holds/1".into(),
            what: "This person is held",
            since: "23 November 2026, 3:15pm".into(),
            reason: "An inquest is open".into(),
        };
        vec![
            ("known", page(true, &[])),
            ("not known", page(false, &[])),
            ("in error", page(true, &problems)),
            ("changed", Self { changed: true, ..page(true, &[]) }),
            ("held", Self { holds: vec![held], ..page(true, &[]) }),
        ]
    }
}

/// `GET /retention/people/{person}`
pub(super) async fn page(visit: Visit, Path(person): Path<String>) -> Result<Response, Stopped> {
    let person = named(&person)?;
    let found = actions::would_be_destroyed(visit.app(), visit.actor()?, person).await?;
    let id = visit.app().clock.id(DestructionId::new)?.to_string();
    Ok(visit.page(&DestroyPage::of(person, &found, &Sent::default(), id, &[])))
}

/// What a form that says too little needs.
fn missing(sent: &Sent) -> Vec<FieldProblem> {
    let problem = |field: &str, message: &str| FieldProblem { field: field.to_owned(), message: message.to_owned() };
    let ground = matches!(sent.text("ground").parse(), Ok(Ground::RetentionRule | Ground::Instruction));
    let mut problems = Vec::new();
    if !ground {
        problems.push(problem("ground", "Choose on what it rests."));
    }
    if sent.text("rule").is_empty() {
        problems.push(problem("rule", "Say under which rule or instruction, without anybody’s name."));
    }
    if sent.text(SURE) != "yes" {
        problems.push(problem(SURE, "Tick this if it is to be destroyed for good."));
    }
    problems
}

/// `POST /retention/people/{person}`: destroys for good.
pub(super) async fn destroy(visit: Visit, Path(person): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, person) = (visit.actor()?, named(&person)?);
    let id: DestructionId = named(&sent.text("id"))?;
    let problems = missing(&sent);
    let ground = sent.text("ground").parse().unwrap_or(Ground::RetentionRule);
    let done = if problems.is_empty() {
        let new = NewDestruction { id, person, ground, rule: sent.text("rule") };
        actions::destroy(visit.app(), actor, &new, Some(&sent.text("seen"))).await
    } else {
        Err(AppError::Invalid(problems))
    };
    let (problems, changed) = match done {
        Ok(certificate) => return Ok(go_on(&format!("/retention/destructions/{}", certificate.id))),
        Err(AppError::Invalid(problems)) => (problems, false),
        // Something was recorded since, or a hold was placed: the page says what there is now, and asks again.
        Err(AppError::Conflict | AppError::Forbidden(_)) => (Vec::new(), true),
        Err(error) => return Err(error.into()),
    };
    let found = actions::would_be_destroyed(visit.app(), actor, person).await?;
    let page = DestroyPage { changed, ..DestroyPage::of(person, &found, &sent, id.to_string(), &problems) };
    Ok(if changed { visit.page_with(StatusCode::CONFLICT, &page) } else { visit.page(&page) })
}
