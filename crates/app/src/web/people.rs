//! People: looked up for a stated reason, a person's own page, who has read them, and where they live.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{Person, PersonId, Way};
use serde::{Deserialize, Serialize};

use super::fields::{Choice, Control, ErrorLine, Field, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::views::{ViewLine, view_line};
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, Lives, PersonRecord};
use crate::error::named;
use crate::{AppError, FieldProblem};

/// The page to look somebody up on.
#[derive(Debug, Serialize)]
pub struct FindPage {
    errors: Vec<ErrorLine>,
    fields: Vec<Field>,
    /// Whether they look after colleagues' conflicts of interest.
    judges: bool,
}

impl FindPage {
    fn of(judges: bool, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let fields = [
            Field::text("name", "Their whole name, as it is written here", sent.text("name")),
            Field::text("born", "The year they were born", sent.text("born")).hint("For example, 2015."),
            Field::long("reason", "Why do you need to see them?", sent.text("reason"), 3)
                .hint("Your reason is kept with your name. Those who look over reading see it."),
        ];
        Self {
            errors: error_lines(problems, &[]),
            fields: fields.into_iter().map(|field| field.with(problems)).collect(),
            judges,
        }
    }
}

impl Page for FindPage {
    const TEMPLATE: &'static str = "people/find.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "Look somebody up".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "name".into(), message: NOBODY.into() }];
        vec![
            ("empty", Self::of(true, &Sent::default(), &[])),
            ("in error", Self::of(false, &Sent::default(), &problems)),
        ]
    }
}

const NOBODY: &str =
    "Nobody of this name and year is known to you here. If you expected someone, ask your duty manager.";

/// A matter about the person, in a line.
#[derive(Debug, Serialize)]
pub struct AboutLine {
    href: String,
    title: String,
}

/// A person.
#[derive(Debug, Serialize)]
pub struct PersonPage {
    errors: Vec<ErrorLine>,
    id: String,
    name: String,
    born: String,
    note: String,
    /// Whether it was opened for a stated reason.
    stated: bool,
    matters: Vec<AboutLine>,
    address: String,
    protected: bool,
    readers: bool,
    /// To keep and protect an address.
    keep: Vec<Field>,
    /// To read a protected one.
    read: Vec<Field>,
    /// To protect it no longer.
    release: Vec<Field>,
}

fn protect_field(checked: bool) -> Field {
    let choices = vec![Choice::new(
        "yes",
        "Protect it",
        "Nobody sees it on any page, paper or list without saying why.",
        checked,
    )];
    Field::new("protect", "Could it lead somebody to a person at risk?", Control::Checkboxes { choices })
}

fn why_field(sent: &Sent, name: &'static str, label: &str, problems: &[FieldProblem]) -> Field {
    Field::long(name, label, sent.text(name), 2).with(problems)
}

impl PersonPage {
    fn of(record: &PersonRecord, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let Person { id, name, note, .. } = &record.person;
        let offered = |offered: bool, fields: Vec<Field>| if offered { fields } else { Vec::new() };
        let keep = vec![
            Field::long("address", "Address", sent.text("address"), 3).with(problems),
            protect_field(sent.has("protect")),
        ];
        let release = vec![why_field(sent, "release_reason", "Why may it be seen again?", problems)];
        Self {
            errors: error_lines(problems, &[]),
            id: id.to_string(),
            name: name.clone(),
            born: record.person.date_of_birth.map(|date| date.year().to_string()).unwrap_or_default(),
            note: note.clone(),
            stated: record.way == Way::StatedReason,
            matters: record
                .matters
                .iter()
                .map(|matter| AboutLine { href: format!("/matters/{}", matter.id), title: matter.title.clone() })
                .collect(),
            address: if let Lives::At(lines) = &record.address { lines.clone() } else { String::new() },
            protected: record.address == Lives::Protected,
            readers: record.may_see_readers,
            keep: offered(record.may_keep_address, keep),
            read: offered(
                record.may_read_address,
                vec![why_field(sent, "reason", "Why do you need the address now?", problems)],
            ),
            release: offered(record.may_release_address, release),
        }
    }
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "people/person.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "A person".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "reason".into(), message: "Say why.".into() }];
        let page = |problems: &[FieldProblem], involved: bool, protected: bool| {
            let sent = Sent::default();
            let fields = |offered: bool, fields: Vec<Field>| if offered { fields } else { vec![] };
            Self {
                errors: error_lines(problems, &[]),
                id: "0198b".into(),
                name: "Jay Field".into(),
                born: "2015".into(),
                note: "the older brother".into(),
                stated: !involved,
                matters: if involved {
                    vec![AboutLine { href: "/matters/1".into(), title: "Missed meals".into() }]
                } else {
                    vec![]
                },
                address: if involved && !protected { "1 Mill Lane\nLarkfield".into() } else { String::new() },
                protected,
                readers: involved,
                keep: fields(involved, vec![Field::long("address", "Address", "", 3), protect_field(false)]),
                read: fields(protected, vec![why_field(&sent, "reason", "Why do you need the address now?", problems)]),
                release: fields(protected, vec![why_field(&sent, "release_reason", "Why may it be seen again?", &[])]),
            }
        };
        vec![
            ("involved", page(&[], true, false)),
            ("protected", page(&[], true, true)),
            ("for a stated reason", page(&[], false, false)),
            ("in error", page(&problems, true, true)),
        ]
    }
}

/// A protected address, shown once.
#[derive(Debug, Serialize)]
pub struct AddressPage {
    id: String,
    lines: Vec<String>,
}

impl Page for AddressPage {
    const TEMPLATE: &'static str = "people/address.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "A protected address".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("one", Self { id: "0198b".into(), lines: vec!["1 Mill Lane".into(), "Larkfield".into()] })]
    }
}

/// Who has read a person.
#[derive(Debug, Serialize)]
pub struct ReadersPage {
    id: String,
    name: String,
    views: Vec<ViewLine>,
    newer: Option<u32>,
    older: Option<u32>,
}

impl Page for ReadersPage {
    const TEMPLATE: &'static str = "people/readers.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "Who has read about a person".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |views: Vec<ViewLine>, newer, older| Self {
            id: "0198b".into(),
            name: "Jay Field".into(),
            views,
            newer,
            older,
        };
        vec![("empty", page(vec![], Some(0), None)), ("some", page(vec![ViewLine::sample()], None, Some(1)))]
    }
}

/// `GET /people`
pub(super) async fn find_page(visit: Visit) -> Result<Response, Stopped> {
    // Whoever may look nobody up is turned away here.
    actions::find_person(visit.app(), visit.actor()?, "", 0).await?;
    let judges = actions::judges_conflicts(visit.app(), visit.actor()?);
    Ok(visit.page(&FindPage::of(judges, &Sent::default(), &[])))
}

/// `POST /people`: opens a person's page for a stated reason.
pub(super) async fn find(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let mut problems = Vec::new();
    let mut missing = |field: &str, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), message: message.to_owned() });
    };
    let (name, reason) = (sent.text("name"), sent.text("reason"));
    let born = sent.text("born").parse::<i16>().ok().filter(|year| (1850..=2199).contains(year));
    if name.is_empty() {
        missing("name", "Enter their name.");
    }
    if born.is_none() {
        missing("born", "Enter a year, like 2015.");
    }
    if reason.is_empty() {
        missing("reason", "Say why you need to see them.");
    }
    let judges = actions::judges_conflicts(visit.app(), actor);
    let (Some(born), true) = (born, problems.is_empty()) else {
        // Whoever may look nobody up is turned away here.
        actions::find_person(visit.app(), actor, "", 0).await?;
        return Ok(visit.page(&FindPage::of(judges, &sent, &problems)));
    };
    match actions::look_up(visit.app(), actor, &name, born, &reason).await {
        Ok(Some(record)) => Ok(visit.page(&PersonPage::of(&record, &Sent::default(), &[]))),
        Ok(None) => {
            let nobody = FieldProblem { field: "name".to_owned(), message: NOBODY.to_owned() };
            Ok(visit.page(&FindPage::of(judges, &sent, &[nobody])))
        }
        Err(AppError::Invalid(problems)) => Ok(visit.page(&FindPage::of(judges, &sent, &problems))),
        Err(error) => Err(error.into()),
    }
}

/// `GET /people/{person}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    visit.actor()?;
    shown(&visit, named(&id)?, &Sent::default(), &[]).await
}

async fn shown(visit: &Visit, id: PersonId, sent: &Sent, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let record = actions::person(visit.app(), visit.actor()?, id, None).await?;
    Ok(visit.page(&PersonPage::of(&record, sent, problems)))
}

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct Paged {
    page: Option<u32>,
}

/// `GET /people/{person}/readers`
pub(super) async fn readers(
    visit: Visit,
    Path(id): Path<String>,
    Query(paged): Query<Paged>,
) -> Result<Response, Stopped> {
    let at = paged.page.unwrap_or_default();
    let readers = actions::readers(visit.app(), visit.actor()?, named(&id)?, at).await?;
    Ok(visit.page(&ReadersPage {
        id,
        name: words::person(&readers.person),
        views: readers
            .views
            .iter()
            .map(|one| view_line(&one.viewed, one.reader.as_ref(), one.matter.as_ref()))
            .collect(),
        newer: at.checked_sub(1),
        older: readers.more.then_some(at.saturating_add(1)),
    }))
}

/// `POST /people/{person}/address`
pub(super) async fn keep_address(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, person) = (visit.actor()?, named(&id)?);
    match actions::keep_address(visit.app(), actor, person, &sent.text("address"), sent.has("protect")).await {
        Ok(()) => Ok(go_on(&format!("/people/{id}"))),
        Err(AppError::Invalid(problems)) => shown(&visit, person, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /people/{person}/address/read`
pub(super) async fn read_address(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, person) = (visit.actor()?, named(&id)?);
    match actions::read_address(visit.app(), actor, person, &sent.text("reason")).await {
        Ok(address) => Ok(visit.page(&AddressPage { id, lines: address.lines.lines().map(str::to_owned).collect() })),
        Err(AppError::Invalid(problems)) => shown(&visit, person, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /people/{person}/address/release`
pub(super) async fn release_address(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, person) = (visit.actor()?, named(&id)?);
    match actions::release_address(visit.app(), actor, person, &sent.text("release_reason")).await {
        Ok(()) => Ok(go_on(&format!("/people/{id}"))),
        Err(AppError::Invalid(mut problems)) => {
            for problem in problems.iter_mut().filter(|problem| problem.field == "reason") {
                "release_reason".clone_into(&mut problem.field);
            }
            shown(&visit, person, &sent, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}
