//! Legal holds: placing one, reading one, and releasing it with a reason.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{Held, HoldId, MatterId, PersonId};
use serde::{Deserialize, Serialize};

use crate::actions::{self, HoldRecord, NewHold};
use crate::error::named;
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// A hold in a line.
#[derive(Debug, Serialize)]
pub struct HoldLine {
    href: String,
    what: String,
    since: String,
    reason: String,
}

impl HoldLine {
    pub(super) fn new(record: &HoldRecord) -> Self {
        Self {
            href: format!("/retention/holds/{}", record.hold.id),
            what: what(record),
            since: words::moment(record.hold.since),
            reason: record.hold.reason.clone(),
        }
    }

    pub(super) fn sample(stands: bool) -> Self {
        Self {
            href: "/retention/holds/1".into(),
            what: if stands { "The matter Missed meals" } else { "All about the person 0198b" }.into(),
            since: "23 November 2026, 3:15pm".into(),
            reason: "An inquest is open".into(),
        }
    }
}

/// What is held: by name where the member may read it, and by reference where not.
pub(super) fn what(record: &HoldRecord) -> String {
    match (&record.hold.held, &record.name) {
        (Held::Person(_), Some(name)) => format!("All about {name}"),
        (Held::Person(id), None) => format!("All about the person {id}"),
        (Held::Matter(_), Some(title)) => format!("The matter {title}"),
        (Held::Matter(id), None) => format!("The matter {id}"),
    }
}

/// The page to place a hold on.
#[derive(Debug, Serialize)]
pub struct NewHoldPage {
    errors: Vec<ErrorLine>,
    /// The id that the hold will have, so that a form that is sent twice places one.
    id: String,
    fields: Vec<Field>,
}

impl NewHoldPage {
    fn of(sent: &Sent, id: String, problems: &[FieldProblem]) -> Self {
        let chosen = sent.text("kind");
        let kind = |value: &str, text: &str, hint: &str| Choice::new(value, text, hint, chosen == value);
        let kinds = vec![
            kind("person", "All about a person", "Nothing about this person is destroyed, on whatever matter."),
            kind("matter", "A matter", "Nobody whom the matter is about is destroyed."),
        ];
        let fields = [
            Field::radios("kind", "What is to be held?", kinds),
            Field::text("reference", "Its reference", sent.text("reference"))
                .hint("It stands on the page of the matter, under References."),
            Field::long("reason", "Why is it held?", sent.text("reason"), 3)
                .hint("For example: an inquest is open. Leave names out: those who look after records read this."),
        ];
        Self {
            errors: error_lines(problems, &[]),
            id,
            fields: fields.into_iter().map(|field| field.with(problems)).collect(),
        }
    }
}

impl Page for NewHoldPage {
    const TEMPLATE: &'static str = "retention/new-hold.html";
    const MENU: Menu = Menu::Retention;

    fn title(&self) -> String {
        "Place a legal hold".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "reason".into(), message: "Say why it is held.".into() }];
        let page = |problems: &[FieldProblem]| Self::of(&Sent::default(), "0198e".into(), problems);
        vec![("empty", page(&[])), ("in error", page(&problems))]
    }
}

/// What is to be held, where a page led here.
#[derive(Debug, Deserialize)]
pub struct OnWhat {
    person: Option<String>,
    matter: Option<String>,
}

/// `GET /retention/holds`
pub(super) async fn new(visit: Visit, Query(on): Query<OnWhat>) -> Result<Response, Stopped> {
    actions::may_dispose(visit.actor()?)?;
    let (kind, reference) = match (on.person, on.matter) {
        (Some(person), _) => ("person", person),
        (None, Some(matter)) => ("matter", matter),
        (None, None) => ("", String::new()),
    };
    let sent = Sent::of([("kind".to_owned(), kind.to_owned()), ("reference".to_owned(), reference)]);
    let id = visit.app().clock.id(HoldId::new)?.to_string();
    Ok(visit.page(&NewHoldPage::of(&sent, id, &[])))
}

/// What is to be held, as it was sent.
fn held(sent: &Sent) -> Result<Held, Vec<FieldProblem>> {
    let problem = |field: &str, message: &str| FieldProblem { field: field.to_owned(), message: message.to_owned() };
    let (kind, reference) = (sent.text("kind"), sent.text("reference"));
    let held = match kind.as_str() {
        "matter" => reference.parse::<MatterId>().map(Held::Matter).ok(),
        _ => reference.parse::<PersonId>().map(Held::Person).ok(),
    };
    let chosen = ["person", "matter"].contains(&kind.as_str());
    match held {
        Some(held) if chosen => Ok(held),
        _ => {
            let kind = problem("kind", "Choose what is to be held.");
            let reference = problem(
                "reference",
                "Enter the reference as it stands on the page of the matter: 36 letters, numbers and hyphens.",
            );
            Err((!chosen).then_some(kind).into_iter().chain(held.is_none().then_some(reference)).collect())
        }
    }
}

/// `POST /retention/holds`
pub(super) async fn place(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let id: HoldId = named(&sent.text("id"))?;
    let again = |problems: &[FieldProblem]| visit.page(&NewHoldPage::of(&sent, id.to_string(), problems));
    let actor = visit.actor()?;
    let held = match held(&sent) {
        Ok(held) => held,
        Err(mut problems) => {
            actions::may_dispose(actor)?;
            if let Err(AppError::Invalid(more)) = actions::reason_to_hold(&sent.text("reason")) {
                problems.extend(more);
            }
            return Ok(again(&problems));
        }
    };
    match actions::place_hold(visit.app(), actor, &NewHold { id, held, reason: sent.text("reason") }).await {
        Ok(_) => Ok(go_on("/retention?done=held")),
        Err(AppError::Invalid(problems)) => Ok(again(&problems)),
        Err(AppError::NotFound) => {
            // Whoever may not hold at all is turned away here.
            actions::may_dispose(actor)?;
            let message =
                "Nothing of this reference is kept here. Check what you chose above, and the reference.".to_owned();
            Ok(again(&[FieldProblem { field: "reference".to_owned(), message }]))
        }
        Err(error) => Err(error.into()),
    }
}

/// A hold.
#[derive(Debug, Serialize)]
pub struct HoldPage {
    errors: Vec<ErrorLine>,
    id: String,
    what: String,
    reference: String,
    reason: String,
    by: String,
    since: String,
    stands: bool,
    released: String,
    released_by: String,
    released_because: String,
    why: Field,
}

impl HoldPage {
    fn of(record: &HoldRecord, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let hold = &record.hold;
        let name = |member: &Option<casework::Member>| {
            member.as_ref().map(|one| format!("{}, {}", one.name, one.role_title)).unwrap_or_default()
        };
        Self {
            errors: error_lines(problems, &[]),
            id: hold.id.to_string(),
            what: what(record),
            reference: match hold.held {
                Held::Person(id) => id.to_string(),
                Held::Matter(id) => id.to_string(),
            },
            reason: hold.reason.clone(),
            by: name(&record.by),
            since: words::moment(hold.since),
            stands: hold.stands(),
            released: hold.released.map(|(_, at)| words::moment(at)).unwrap_or_default(),
            released_by: name(&record.released_by),
            released_because: hold.released_because.clone().unwrap_or_default(),
            why: why_field(sent, problems),
        }
    }
}

fn why_field(sent: &Sent, problems: &[FieldProblem]) -> Field {
    Field::long("reason", "Why is it released?", sent.text("reason"), 3)
        .hint("For example: the inquest is over. Leave names out.")
        .with(problems)
}

impl Page for HoldPage {
    const TEMPLATE: &'static str = "retention/hold.html";
    const MENU: Menu = Menu::Retention;

    fn title(&self) -> String {
        "A legal hold".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "reason".into(), message: "Say why the hold is released.".into() }];
        let page = |stands: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            id: "0198f".into(),
            what: "The matter Missed meals".into(),
            reference: "0198d".into(),
            reason: "An inquest is open".into(),
            by: "Ada Lovell, Business manager".into(),
            since: "23 November 2026, 3:15pm".into(),
            stands,
            released: if stands { "" } else { "24 November 2026, 9:00am" }.into(),
            released_by: if stands { "" } else { "Ada Lovell, Business manager" }.into(),
            released_because: if stands { "" } else { "The inquest is over" }.into(),
            why: why_field(&Sent::default(), problems),
        };
        vec![("stands", page(true, &[])), ("released", page(false, &[])), ("in error", page(true, &problems))]
    }
}

/// `GET /retention/holds/{hold}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let record = actions::hold(visit.app(), visit.actor()?, named(&id)?).await?;
    Ok(visit.page(&HoldPage::of(&record, &Sent::default(), &[])))
}

/// `POST /retention/holds/{hold}`: releases it.
pub(super) async fn release(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, id) = (visit.actor()?, named(&id)?);
    match actions::release_hold(visit.app(), actor, id, &sent.text("reason")).await {
        Ok(_) => Ok(go_on("/retention?done=released")),
        Err(AppError::Invalid(problems)) => {
            let record = actions::hold(visit.app(), actor, id).await?;
            Ok(visit.page(&HoldPage::of(&record, &sent, &problems)))
        }
        Err(error) => Err(error.into()),
    }
}
