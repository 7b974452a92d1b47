//! Matters that the member is involved in, and a matter with what stands on it.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{MatterId, NewDraft, NewPerson, Way};
use serde::{Deserialize, Serialize};

use super::fields::{ErrorLine, Field, error_lines};
use super::flow::item_notes;
use super::form::Sent;
use super::involving::{InvolvedLine, lines};
use super::page::{Menu, Page};
use super::visit::go_on;
use super::work::DecisionLine;
use super::{Stopped, Visit, words};
use crate::actions;
use crate::error::named;
use crate::{AppError, FieldProblem};

/// A matter in a line.
#[derive(Debug, Serialize)]
pub struct MatterLine {
    href: String,
    title: String,
    when: String,
}

/// The list.
#[derive(Debug, Serialize)]
pub struct MattersPage {
    /// What was just done.
    done: &'static str,
    matters: Vec<MatterLine>,
    /// Whether they hand on matters on which nobody can work.
    hands_on: bool,
}

impl Page for MattersPage {
    const TEMPLATE: &'static str = "matter/list.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "Matters".to_owned()
    }

    fn about_a_person(&self) -> bool {
        !self.matters.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let one = MatterLine {
            href: "/matters/1".into(),
            title: "Missed meals".into(),
            when: "1 November 2026, 9:00am".into(),
        };
        let page = |done, matters, hands_on| Self { done, matters, hands_on };
        vec![
            ("empty", page("", vec![], false)),
            ("handed on", page(done("handed-on"), vec![], false)),
            ("one", page("", vec![one], true)),
        ]
    }
}

/// A person on a matter.
#[derive(Debug, Serialize)]
pub struct PersonLine {
    id: String,
    name: String,
    note: String,
}

/// A piece of information on a matter.
#[derive(Debug, Serialize)]
pub struct ItemLine {
    text: String,
    notes: Vec<String>,
}

/// A matter.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "what the member may do here, each for itself")]
pub struct MatterPage {
    errors: Vec<ErrorLine>,
    /// What was just done.
    done: &'static str,
    id: String,
    heading: String,
    opened: String,
    accountable: String,
    /// Who can see it.
    involved: Vec<InvolvedLine>,
    /// Who no longer can.
    over: Vec<InvolvedLine>,
    people: Vec<PersonLine>,
    /// What is said of people about whom what was kept was destroyed.
    destroyed: String,
    /// Whether the member may hold and destroy.
    disposes: bool,
    new_person: Vec<Field>,
    /// Whether something is to be put right about them.
    naming: bool,
    decisions: Vec<DecisionLine>,
    items: Vec<ItemLine>,
    /// Whether the member is involved, and so may add to it.
    works: bool,
    /// Whether they say who else is.
    opens: bool,
}

impl Page for MatterPage {
    const TEMPLATE: &'static str = "matter/matter.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "A matter".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "name".into(), message: "Enter the person’s name.".into() }];
        let page = |full: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            done: if full { done("opened") } else { "" },
            id: "0198d".into(),
            heading: "Missed meals".into(),
            opened: "1 November 2026, 9:00am".into(),
            accountable: words::accountable("Larkfield School", "this matter"),
            involved: vec![InvolvedLine::sample(""), InvolvedLine::sample("the end of 3 December 2026")],
            over: full.then(|| InvolvedLine::sample("2 November 2026, 9:00am")).into_iter().collect(),
            people: full
                .then(|| PersonLine { id: "0198b".into(), name: "Jay Field".into(), note: "the older brother".into() })
                .into_iter()
                .collect(),
            destroyed: if full { words::destroyed_people(1) } else { String::new() },
            disposes: full,
            new_person: person_fields(&Sent::default(), problems),
            naming: !problems.is_empty(),
            decisions: full.then(DecisionLine::sample).into_iter().collect(),
            works: full || !problems.is_empty(),
            opens: full,
            items: full.then(|| ItemLine { text: "A bruise".into(), notes: vec!["Fact".into()] }).into_iter().collect(),
        };
        vec![("empty", page(false, &[])), ("full", page(true, &[])), ("in error", page(true, &problems))]
    }
}

fn person_fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let fields = [
        Field::text("name", "Their name, or how they are known", sent.text("name")),
        Field::date("date_of_birth", "Date of birth, if you know it", sent.typed_date("date_of_birth")),
        Field::text("note", "Anything that tells them apart", sent.text("note")),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

/// What was just done, as the address says it: it names nobody.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

fn done(word: &str) -> &'static str {
    match word {
        "opened" => "It is done. Who can see this matter, until when and why, stands below.",
        "ended" => "It is over. They no longer see this matter.",
        "named" => "The person was added.",
        "handed-on" => "The matter was handed on. You no longer see it.",
        "left" => "It is over. You no longer see that matter.",
        _ => "",
    }
}

impl Done {
    fn words(&self) -> &'static str {
        done(self.done.as_deref().unwrap_or_default())
    }
}

/// `GET /matters`
pub(super) async fn list(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let matters = actions::matters(visit.app(), visit.actor()?).await?;
    let line = |matter: &casework::Matter| MatterLine {
        href: format!("/matters/{}", matter.id),
        title: matter.title.clone(),
        when: words::moment(matter.opened_at),
    };
    let hands_on = actions::hands_on_unattended(visit.app(), visit.actor()?);
    Ok(visit.page(&MattersPage { done: done.words(), matters: matters.iter().map(line).collect(), hands_on }))
}

pub(super) async fn shown(
    visit: &Visit,
    id: MatterId,
    sent: &Sent,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let record = actions::matter(visit.app(), visit.actor()?, id).await?;
    let item = |item: &casework::Item| ItemLine {
        text: item.entry.text.clone(),
        notes: item_notes(visit.app().pack(), &item.entry),
    };
    let (involved, over) = lines(&record.involved, visit.app().clock.now());
    let gone = record.matter.people.len().saturating_sub(record.people.len());
    Ok(visit.page(&MatterPage {
        errors: error_lines(problems, &["date_of_birth"]),
        done,
        id: id.to_string(),
        heading: record.matter.title.clone(),
        opened: words::moment(record.matter.opened_at),
        accountable: words::accountable(&visit.actor()?.organisation.name, "this matter"),
        involved,
        over,
        people: record
            .people
            .iter()
            .map(|one| PersonLine { id: one.id.to_string(), name: one.name.clone(), note: words::apart(one) })
            .collect(),
        destroyed: if gone > 0 { words::destroyed_people(gone) } else { String::new() },
        disposes: visit.may_dispose(),
        new_person: person_fields(sent, problems),
        naming: problems.iter().any(|problem| ["name", "date_of_birth", "note"].contains(&problem.field.as_str())),
        decisions: record.decisions.iter().map(DecisionLine::new).collect(),
        items: record.items.iter().map(item).collect(),
        works: record.way == Way::Ordinary,
        opens: record.way == Way::Ordinary && record.says_who_is_involved,
    }))
}

/// `GET /matters/{matter}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>, Query(done): Query<Done>) -> Result<Response, Stopped> {
    visit.actor()?;
    shown(&visit, named(&id)?, &Sent::default(), &[], done.words()).await
}

/// `POST /matters/{matter}/people`
pub(super) async fn add_person(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let matter = named(&id)?;
    let birth = sent.typed_date("date_of_birth");
    let new = NewPerson { name: sent.text("name"), date_of_birth: birth.read(), note: sent.text("note") };
    if !birth.is_blank() && new.date_of_birth.is_none() {
        let message = "Enter a real date, like 23 11 2015, or leave it empty.".to_owned();
        return shown(&visit, matter, &sent, &[FieldProblem { field: "date_of_birth".into(), message }], "").await;
    }
    match actions::name_person(visit.app(), actor, matter, new).await {
        Ok(_) => Ok(go_on(&format!("/matters/{id}?done=named"))),
        Err(AppError::Invalid(problems)) => shown(&visit, matter, &sent, &problems, "").await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /matters/{matter}/decide`
pub(super) async fn decide(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let draft = actions::start_draft(visit.app(), visit.actor()?, Some(named(&id)?), NewDraft::default()).await?;
    let first = visit.app().pack().questions.first().map_or("tasks", |question| question.id.as_str());
    Ok(go_on(&format!("/decide/{}/{first}", draft.id)))
}
