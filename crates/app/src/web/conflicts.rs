//! Conflicts of interest: one's own under the account, and those of colleagues for a manager.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use casework::{Born, Declaration, DeclarationId, MatterId, Member, MemberId, NewDeclaration, PersonId, Relation};
use serde::{Deserialize, Serialize};

use super::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::site::Site;
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, ColleagueConflicts, ConflictsWaiting, WaitingMatch};
use crate::{AppError, FieldProblem};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/account/conflicts", get(own_page).post(declare_own))
        .route("/conflicts", get(waiting_page))
        .route("/conflicts/matters/{matter}", get(alone_page).post(hand_on))
        .route("/conflicts/{member}", get(colleague_page).post(declare_for))
        .route("/conflicts/{member}/{declaration}", get(lift_page).post(lift))
        .route("/conflicts/{member}/{declaration}/decide", post(decide))
}

/// What is in the address of declarations from before there were any.
const EARLIER: &str = "earlier";

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
            Some("handed-on") => "The matter was handed on.",
            _ => "",
        }
    }
}

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

async fn own(visit: &Visit, sent: &Sent, done: &'static str, problems: &[FieldProblem]) -> Result<Response, Stopped> {
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
async fn own_page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    own(&visit, &Sent::default(), done.words(), &[]).await
}

/// `POST /account/conflicts`
async fn declare_own(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    match actions::declare_conflict(visit.app(), actor, actor.member.id, &declaration_of(&sent)).await {
        Ok(_) => Ok(go_on("/account/conflicts?done=declared")),
        Err(AppError::Invalid(problems)) => own(&visit, &sent, "", &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// Somebody whom a declaration perhaps means, side by side.
#[derive(Debug, Serialize)]
pub struct MatchLine {
    declared: DeclaredLine,
    colleague: String,
    name: String,
    apart: String,
    person: String,
    at_work: bool,
    action: String,
}

impl MatchLine {
    fn new(one: &WaitingMatch) -> Self {
        let WaitingMatch { member, declaration, person, at_work } = one;
        Self {
            declared: DeclaredLine::new(declaration, false, std::slice::from_ref(member), String::new()),
            colleague: format!("{}, {}", member.name, member.role_title),
            name: person.name.clone(),
            apart: words::apart(person),
            person: person.id.to_string(),
            at_work: *at_work,
            action: format!("/conflicts/{}/{}/decide", member.id, declaration.id),
        }
    }
}

/// Something to go to.
#[derive(Debug, Serialize)]
pub struct LinkLine {
    href: String,
    text: String,
    more: String,
}

/// What waits for a manager.
#[derive(Debug, Serialize)]
pub struct WaitingPage {
    done: &'static str,
    matches: Vec<MatchLine>,
    matters: Vec<LinkLine>,
    colleagues: Vec<LinkLine>,
}

impl WaitingPage {
    fn of(waiting: &ConflictsWaiting, done: &'static str) -> Self {
        Self {
            done,
            matches: waiting.matches.iter().map(MatchLine::new).collect(),
            matters: waiting
                .matters
                .iter()
                .map(|matter| LinkLine {
                    href: format!("/conflicts/matters/{}", matter.id),
                    text: format!("A matter opened {}", words::moment(matter.opened_at)),
                    more: String::new(),
                })
                .collect(),
            colleagues: waiting
                .colleagues
                .iter()
                .map(|one| LinkLine {
                    href: format!("/conflicts/{}", one.id),
                    text: one.name.clone(),
                    more: one.role_title.clone(),
                })
                .collect(),
        }
    }
}

impl Page for WaitingPage {
    const TEMPLATE: &'static str = "conflicts/waiting.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "Conflicts of interest".to_owned()
    }

    fn about_a_person(&self) -> bool {
        !self.matches.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let empty = || Self { done: "", matches: vec![], matters: vec![], colleagues: vec![] };
        let line = |text: &str| LinkLine { href: "/conflicts/1".into(), text: text.into(), more: "Teacher".into() };
        let one = |at_work| MatchLine {
            declared: DeclaredLine::sample(""),
            colleague: "Amina Hart, Teacher".into(),
            name: "Ottilie Quarrendon".into(),
            apart: "born 5 June 1987".into(),
            person: "0198b".into(),
            at_work,
            action: "/conflicts/1/2/decide".into(),
        };
        vec![
            ("empty", empty()),
            (
                "full",
                Self {
                    done: "Your answer is kept.",
                    matches: vec![one(false), one(true)],
                    matters: vec![line("A matter opened 1 November 2026, 9:00am")],
                    colleagues: vec![line("Amina Hart")],
                },
            ),
        ]
    }
}

/// `GET /conflicts`
async fn waiting_page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let waiting = actions::conflicts_waiting(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&WaitingPage::of(&waiting, done.words())))
}

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

fn named<T: std::str::FromStr>(id: &str) -> Result<T, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

fn lifted(record: &ColleagueConflicts) -> Vec<String> {
    let by =
        |id: MemberId| record.everybody.iter().find(|one| one.id == id).map_or("somebody", |one| one.name.as_str());
    let line = |one: &casework::Lifted| format!("{}, by {}: {}", words::moment(one.at), by(one.by), one.why);
    record.member.lifted.iter().rev().map(line).collect()
}

async fn colleague(
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
async fn colleague_page(visit: Visit, Path(id): Path<String>, Query(done): Query<Done>) -> Result<Response, Stopped> {
    visit.actor()?;
    colleague(&visit, named(&id)?, &Sent::default(), done.words(), &[]).await
}

/// `POST /conflicts/{member}`: a manager sets one for a colleague.
async fn declare_for(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, member) = (visit.actor()?, named(&id)?);
    // Whoever may not look after them is turned away before anything is said about the form.
    actions::colleague_conflicts(visit.app(), actor, member).await?;
    match actions::declare_conflict(visit.app(), actor, member, &declaration_of(&sent)).await {
        Ok(_) => Ok(go_on(&format!("/conflicts/{member}?done=declared"))),
        Err(AppError::Invalid(problems)) => colleague(&visit, member, &sent, "", &problems).await,
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
async fn lift_page(visit: Visit, Path((whose, which)): Path<(String, String)>) -> Result<Response, Stopped> {
    visit.actor()?;
    lifting(&visit, (named(&whose)?, declaration(&which)?), &Sent::default(), &[]).await
}

/// `POST /conflicts/{member}/{declaration}`
async fn lift(visit: Visit, Path((whose, which)): Path<(String, String)>, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let (member, which): (MemberId, _) = (named(&whose)?, declaration(&which)?);
    match actions::lift_conflict(visit.app(), actor, member, which, &sent.text("why")).await {
        Ok(()) => Ok(go_on(&format!("/conflicts/{member}?done=lifted"))),
        Err(AppError::Invalid(problems)) => lifting(&visit, (member, which), &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /conflicts/{member}/{declaration}/decide`: the same person, or another.
async fn decide(visit: Visit, Path((whose, which)): Path<(String, String)>, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let (declaration, person): (DeclarationId, PersonId) = (named(&which)?, named(&sent.text("person"))?);
    let same = match sent.text("same").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::NotFound.into()),
    };
    actions::decide_likeness(visit.app(), actor, named(&whose)?, (declaration, person), same).await?;
    Ok(go_on("/conflicts?done=decided"))
}

/// A matter on which nobody may work.
#[derive(Debug, Serialize)]
pub struct AlonePage {
    errors: Vec<ErrorLine>,
    here: String,
    fields: Vec<Field>,
}

impl AlonePage {
    fn of(id: MatterId, takers: &[Member], problems: &[FieldProblem]) -> Self {
        let choice =
            |one: &Member| Choice::new(one.id.to_string(), format!("{}, {}", one.name, one.role_title), "", false);
        let groups = vec![Group { label: "Colleagues".to_owned(), choices: takers.iter().map(choice).collect() }];
        let control = Control::Grouped { groups, blank: "Choose one", unsure: None };
        Self {
            errors: error_lines(problems, &[]),
            here: format!("/conflicts/matters/{id}"),
            fields: vec![Field::new("to", "Who takes it?", control).with(problems)],
        }
    }
}

impl Page for AlonePage {
    const TEMPLATE: &'static str = "conflicts/alone.html";
    const MENU: Menu = Menu::People;

    fn title(&self) -> String {
        "A matter on which nobody can work".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let id = MatterId::from_uuid(uuid::Uuid::nil());
        let problems = [FieldProblem { field: "to".into(), message: "Choose who takes this matter.".into() }];
        vec![("one", Self::of(id, &[], &[])), ("in error", Self::of(id, &[], &problems))]
    }
}

/// `GET /conflicts/matters/{matter}`
async fn alone_page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    let takers = actions::matter_alone(visit.app(), actor, matter).await?;
    Ok(visit.page(&AlonePage::of(matter, &takers, &[])))
}

/// `POST /conflicts/matters/{matter}`
async fn hand_on(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    match actions::hand_on_alone(visit.app(), actor, matter, sent.text("to").parse().ok()).await {
        Ok(()) => Ok(go_on("/conflicts?done=handed-on")),
        Err(AppError::Invalid(problems)) => {
            let takers = actions::matter_alone(visit.app(), actor, matter).await?;
            Ok(visit.page(&AlonePage::of(matter, &takers, &problems)))
        }
        Err(error) => Err(error.into()),
    }
}
