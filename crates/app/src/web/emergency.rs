//! Emergency access is begun and ended here: for a reason, for one matter, to read. The page says beforehand what will happen.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{EmergencyId, PersonId, ToldFirst, review_by};
use serde::{Deserialize, Serialize};

use super::fields::{Choice, ErrorLine, Field, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, Openable, WouldBeTold};
use crate::error::named;
use crate::{AppError, FieldProblem};

/// The same words for what is not there and for what the member must not see.
const NOTHING: &str =
    "There is nothing here that could be opened to you. If you expected something, ask your duty manager.";

/// The page to begin emergency access on.
#[derive(Debug, Serialize)]
pub struct BeginPage {
    errors: Vec<ErrorLine>,
    /// The person from whose page somebody came; empty otherwise.
    person: String,
    /// Whether one of several matters is being chosen.
    choosing: bool,
    /// Who is told, as a sentence.
    told: String,
    /// By when somebody else looks at it.
    review_by: String,
    fields: Vec<Field>,
}

/// What the form is about.
enum About<'a> {
    /// A matter by its reference.
    Reference,
    /// A person, about whom there is one matter, or none, or nobody knows yet.
    Person,
    /// One of these matters about a person.
    OneOf(&'a [Openable]),
}

impl BeginPage {
    fn of(told: String, review_by: String, about: &About<'_>, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let matter = match about {
            About::Reference => {
                Some(Field::text("matter", "The address or the reference of the matter", sent.text("matter")).hint(
                    "It stands at the end of the matter’s page, under References. Spaces and capitals do not matter.",
                ))
            }
            About::Person => None,
            About::OneOf(matters) => {
                let choices = matters.iter().map(|one| choice(one, &sent.text("matter"))).collect();
                Some(Field::radios("matter", "Which matter?", choices).hint(
                    "More is not told of them before one is open. The one that was decided on last is the likeliest.",
                ))
            }
        };
        let reason = Field::long("reason", "Why must you see it now?", sent.text("reason"), 3)
            .hint("For example: who is at risk, and what you must know before morning.");
        let shown = |field: &str| field == "reason" || matter.is_some();
        let problems: Vec<FieldProblem> = problems
            .iter()
            .map(|one| FieldProblem {
                field: if shown(&one.field) { one.field.clone() } else { String::new() },
                message: one.message.clone(),
            })
            .collect();
        Self {
            errors: error_lines(&problems, &[]),
            person: sent.text("person"),
            choosing: matches!(about, About::OneOf(_)),
            told,
            review_by,
            fields: matter.into_iter().chain([reason]).map(|field| field.with(&problems)).collect(),
        }
    }
}

fn choice(one: &Openable, chosen: &str) -> Choice {
    let id = one.matter.to_string();
    let day = |at| words::day(crate::clock::legal_day(at));
    let last = match one.decided_at {
        Some(at) => format!("The last decision on it was recorded on {}.", day(at)),
        None => "No decision on it has been recorded.".to_owned(),
    };
    let is_chosen = chosen == id;
    Choice::new(id, format!("Opened on {}", day(one.opened_at)), &last, is_chosen)
}

/// Who is told at once, as a sentence.
fn sentence(told: &WouldBeTold, by_mail: bool) -> String {
    if told.nobody {
        return "Nobody here can be told: there is no Guardian, nobody who advises, manages or administers but you. It is kept, and stands open until somebody else has looked at it.".to_owned();
    }
    let who = match (told.first, &told.guardian) {
        (ToldFirst::Guardian, Some((name, job))) => format!("{name}, {job}, is told at once"),
        (ToldFirst::Guardian, None) => "Your Caldicott Guardian is told at once".to_owned(),
        (ToldFirst::Advisers, _) => "Everybody here who advises is told at once".to_owned(),
        (ToldFirst::Managers, _) => "Every manager here is told at once".to_owned(),
        (ToldFirst::Administrators, _) => "Your administrators are told at once".to_owned(),
    };
    let how = match (by_mail, told.first) {
        (true, _) => ", here and by e-mail; of what you begin again within the hour, by one more e-mail at its end.",
        (false, ToldFirst::Administrators) => ", on their first page here.",
        (false, _) => ", on every page of theirs here.",
    };
    who + how
}

impl Page for BeginPage {
    const TEMPLATE: &'static str = "emergency/begin.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "Emergency access".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let told = |first, by_mail| {
            let guardian = Some(("Amina Hart".to_owned(), "Caldicott Guardian".to_owned()));
            sentence(&WouldBeTold { first, nobody: false, guardian }, by_mail)
        };
        let day = || "1 December 2026".to_owned();
        let problem = |field: &str| [FieldProblem { field: field.into(), message: NOTHING.into() }];
        let at = casework::Moment::from_micros(1_795_446_900_000_000);
        let one = |decided_at| Openable { matter: casework::MatterId::new(at, [7; 10]), opened_at: at, decided_at };
        let several = [one(Some(at)), one(None)];
        let sent = Sent::default();
        vec![
            ("empty", Self::of(told(ToldFirst::Guardian, true), day(), &About::Reference, &sent, &[])),
            (
                "nothing there",
                Self::of(told(ToldFirst::Advisers, false), day(), &About::Reference, &sent, &problem("matter")),
            ),
            ("a person", Self::of(told(ToldFirst::Managers, false), day(), &About::Person, &sent, &problem("matter"))),
            (
                "one of several",
                Self::of(told(ToldFirst::Administrators, true), day(), &About::OneOf(&several), &sent, &[]),
            ),
        ]
    }
}

/// What the form begins with.
#[derive(Debug, Deserialize)]
pub struct Asked {
    matter: Option<String>,
    person: Option<String>,
}

async fn shown(visit: &Visit, about: &About<'_>, sent: &Sent, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let app = visit.app();
    let told = sentence(&actions::would_be_told(app, visit.actor()?).await?, app.config.sends_mail());
    let by = words::day(review_by(app.clock.today()));
    Ok(visit.page(&BeginPage::of(told, by, about, sent, problems)))
}

/// `GET /emergency-access`: the same for any address and any person, whether there is one or not.
pub(super) async fn page(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Stopped> {
    visit.actor()?;
    let field = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
    let about = if asked.person.is_some() { About::Person } else { About::Reference };
    let sent = Sent::of(field("matter", asked.matter).into_iter().chain(field("person", asked.person)));
    shown(&visit, &about, &sent, &[]).await
}

/// `POST /emergency-access`
pub(super) async fn begin(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let (app, actor) = (visit.app(), visit.actor()?);
    let (person, mut matter, reason) = (sent.text("person"), sent.text("matter"), sent.text("reason"));
    let openable: Vec<Openable>;
    let mut about = About::Reference;
    if !person.is_empty() {
        let listed = match person.parse::<PersonId>() {
            Ok(person) => actions::openable_matters(app, actor, person, &reason).await,
            Err(_) => Err(AppError::NotFound),
        };
        openable = match listed {
            Ok(listed) => listed,
            Err(AppError::NotFound) => Vec::new(),
            Err(AppError::Invalid(problems)) => return shown(&visit, &About::Person, &sent, &problems).await,
            Err(error) => return Err(error.into()),
        };
        about = match openable.as_slice() {
            [] => return shown(&visit, &About::Person, &sent, &[nothing()]).await,
            [one] => {
                matter = one.matter.to_string();
                About::Person
            }
            several => About::OneOf(several),
        };
        if matter.is_empty() {
            let unchosen = FieldProblem { field: "matter".to_owned(), message: "Choose one matter.".to_owned() };
            let problems: &[FieldProblem] = if sent.has("choosing") { &[unchosen] } else { &[] };
            return shown(&visit, &about, &sent, problems).await;
        }
    }
    match actions::begin_emergency(app, actor, &matter, &reason).await {
        Ok(access) => Ok(go_on(&format!("/matters/{}", access.matter))),
        Err(AppError::NotFound) => shown(&visit, &about, &sent, &[nothing()]).await,
        Err(AppError::Invalid(problems)) => shown(&visit, &about, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

fn nothing() -> FieldProblem {
    FieldProblem { field: "matter".to_owned(), message: NOTHING.to_owned() }
}

/// `POST /emergency-access/{access}/end`
pub(super) async fn end(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id: EmergencyId = named(&id)?;
    actions::end_emergency(visit.app(), visit.actor()?, id).await?;
    Ok(go_on(&format!("/oversight/emergency/{id}")))
}
