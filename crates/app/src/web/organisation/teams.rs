//! Teams: the list, and one team with its name and who is in it.

use std::collections::BTreeSet;

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{Member, MemberId, Membership, Team, TeamId};
use serde::Serialize;

use super::{Saved, counted};
use crate::actions::{self, Teams};
use crate::error::named;
use crate::web::fields::{Choice, Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// A team in a line.
#[derive(Debug, Serialize)]
pub struct TeamLine {
    href: String,
    name: String,
    says: String,
}

/// The list of teams.
#[derive(Debug, Serialize)]
pub struct TeamsPage {
    done: &'static str,
    teams: Vec<TeamLine>,
    closed: Vec<String>,
}

impl Page for TeamsPage {
    const TEMPLATE: &'static str = "organisation/teams.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Teams".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let line =
            TeamLine { href: "/organisation/teams/1".into(), name: "Safeguarding".into(), says: "2 people".into() };
        vec![
            ("full", Self { done: "The team was saved.", teams: vec![line], closed: vec!["Night desk".into()] }),
            ("empty", Self { done: "", teams: vec![], closed: vec![] }),
        ]
    }
}

/// `GET /organisation/teams`
pub(super) async fn list(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    let Teams { teams, .. } = actions::teams_to_administer(visit.app(), visit.actor()?).await?;
    let (closed, open): (Vec<Team>, Vec<Team>) = teams.into_iter().partition(|team| team.closed);
    let line = |team: &Team| TeamLine {
        href: format!("/organisation/teams/{}", team.id),
        name: team.name.clone(),
        says: counted(team.members.len(), "person", "people"),
    };
    Ok(visit.page(&TeamsPage {
        done: saved.words("The change was saved."),
        teams: open.iter().map(line).collect(),
        closed: closed.into_iter().map(|team| team.name).collect(),
    }))
}

/// A new team, or one that is there.
#[derive(Debug, Serialize)]
pub struct TeamPage {
    errors: Vec<ErrorLine>,
    here: String,
    /// Nothing for a new one.
    name: String,
    version: u64,
    fields: Vec<Field>,
}

fn team_fields(everybody: &[Member], sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen: BTreeSet<String> = sent.all("members").into_iter().collect();
    let mut here: Vec<&Member> = everybody.iter().filter(|one| one.membership != Membership::Left).collect();
    here.sort_by_cached_key(|one| one.name.to_lowercase());
    let choice = |one: &&Member| {
        let id = one.id.to_string();
        let checked = chosen.contains(&id);
        let hint = match one.membership {
            Membership::Invited => "Invited: in the team once they come in.",
            Membership::Suspended => "Suspended: they see nothing until they are let in again.",
            Membership::Active | Membership::Left => "",
        };
        Choice::new(id, format!("{}, {}", one.name, one.role_title), hint, checked)
    };
    let members = Control::Checkboxes { choices: here.iter().map(choice).collect() };
    let fields =
        [Field::text("name", "What is it called?", sent.text("name")), Field::new("members", "Who is in it?", members)];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

impl Page for TeamPage {
    const TEMPLATE: &'static str = "organisation/team.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        if self.name.is_empty() { "Make a team".to_owned() } else { "A team".to_owned() }
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |name: &str, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            here: "/organisation/teams/1".into(),
            name: name.into(),
            version: 1,
            fields: vec![
                Field::text("name", "What is it called?", name).with(problems),
                Field::new(
                    "members",
                    "Who is in it?",
                    Control::Checkboxes { choices: vec![Choice::new("1", "Amina Hart, Teacher", "", true)] },
                ),
            ],
        };
        let problems = [FieldProblem { field: "name".into(), message: "Enter what the team is called.".into() }];
        vec![("new", page("", &[])), ("there", page("Safeguarding", &[])), ("in error", page("", &problems))]
    }
}

async fn shown(
    visit: &Visit,
    id: Option<TeamId>,
    sent: Option<&Sent>,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    let Teams { teams, everybody } = actions::teams_to_administer(visit.app(), visit.actor()?).await?;
    let team = match id {
        Some(id) => Some(teams.into_iter().find(|team| team.id == id && !team.closed).ok_or(AppError::NotFound)?),
        None => None,
    };
    let kept = team.as_ref().map(|team| {
        let members = team.members.iter().map(|id| ("members".to_owned(), id.to_string()));
        Sent::of(std::iter::once(("name".to_owned(), team.name.clone())).chain(members))
    });
    let (blank, version) = (Sent::default(), team.as_ref().map_or(0, |team| team.version));
    Ok(visit.page(&TeamPage {
        errors: error_lines(problems, &[]),
        here: id.map_or_else(|| "/organisation/teams/new".to_owned(), |id| format!("/organisation/teams/{id}")),
        name: team.map(|team| team.name).unwrap_or_default(),
        version: sent.and_then(|sent| sent.text("version").parse().ok()).unwrap_or(version),
        fields: team_fields(&everybody, sent.or(kept.as_ref()).unwrap_or(&blank), problems),
    }))
}

/// `GET /organisation/teams/new`
pub(super) async fn new(visit: Visit) -> Result<Response, Stopped> {
    shown(&visit, None, None, &[]).await
}

/// `GET /organisation/teams/{team}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    shown(&visit, Some(named(&id)?), None, &[]).await
}

async fn save(visit: &Visit, id: Option<TeamId>, sent: &Sent) -> Result<Response, Stopped> {
    let members: BTreeSet<MemberId> = sent.all("members").iter().filter_map(|id| id.parse().ok()).collect();
    let earlier = id.map(|id| (id, sent.text("version").parse().unwrap_or(0)));
    match actions::save_team(visit.app(), visit.actor()?, earlier, &sent.text("name"), &members).await {
        Ok(_) => Ok(go_on("/organisation/teams?saved=yes")),
        Err(AppError::Invalid(problems)) => shown(visit, id, Some(sent), &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /organisation/teams/new`
pub(super) async fn make(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    save(&visit, None, &sent).await
}

/// `POST /organisation/teams/{team}`
pub(super) async fn change(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    save(&visit, Some(named(&id)?), &sent).await
}

/// `POST /organisation/teams/{team}/close`
pub(super) async fn close(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    match actions::close_team(visit.app(), visit.actor()?, id).await {
        Ok(_) => Ok(go_on("/organisation/teams?saved=yes")),
        // Somebody else closed it: then it is as was wanted.
        Err(AppError::Invalid(problems)) if problems.iter().any(|problem| problem.field == "name") => {
            Ok(go_on("/organisation/teams?saved=yes"))
        }
        Err(AppError::Invalid(problems)) => shown(&visit, Some(id), None, &problems).await,
        Err(error) => Err(error.into()),
    }
}
