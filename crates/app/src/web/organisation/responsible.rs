//! Who answers for what, and with whom the organisation works: its partnerships and the e-mail domains that are secure.

use std::collections::BTreeSet;

use axum::extract::Query;
use axum::response::Response;
use casework::{Member, MemberId, Membership, Organisation, OutsideOfficer, Responsible};
use serde::Serialize;

use super::Saved;
use crate::actions::{self, Teams};
use crate::web::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The partnerships of the guidance, which are offered; others may be typed.
const PARTNERSHIPS: [&str; 4] = ["Cheshire East", "Cheshire West and Chester", "Halton", "Warrington"];

/// Who answers for what.
#[derive(Debug, Serialize)]
pub struct ResponsiblePage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    version: u64,
    fields: Vec<Field>,
}

fn kept_responsible(responsible: &Responsible) -> Sent {
    let id = |id: Option<MemberId>| id.map(|id| id.to_string()).unwrap_or_default();
    let outside = |text: fn(&OutsideOfficer) -> &String| responsible.dpo_outside.as_ref().map(text).cloned();
    let fields = [
        ("guardian", id(responsible.guardian)),
        ("ig_lead", id(responsible.ig_lead)),
        ("dpo", id(responsible.dpo)),
        ("dpo_name", outside(|outside| &outside.name).unwrap_or_default()),
        ("dpo_contact", outside(|outside| &outside.contact).unwrap_or_default()),
    ];
    Sent::of(fields.map(|(name, value)| (name.to_owned(), value)))
}

fn responsible_fields(everybody: &[Member], sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let member = |name: &str, label: &str, hint: &str| {
        let chosen = sent.text(name);
        let here = everybody.iter().filter(|one| one.membership == Membership::Active);
        let choice = |one: &Member| {
            let id = one.id.to_string();
            let checked = id == chosen;
            Choice::new(id, format!("{}, {}", one.name, one.role_title), "", checked)
        };
        let groups = vec![Group { label: "Members".to_owned(), choices: here.map(choice).collect() }];
        Field::new(name, label, Control::Grouped { groups, blank: "Nobody", unsure: None }).hint(hint)
    };
    let line = |name: &str, label: &str, hint: &str| Field::text(name, label, sent.text(name)).hint(hint);
    let fields = [
        member(
            "guardian",
            "Caldicott Guardian",
            "Sees the decisions, refusals and advice on confidential information.",
        ),
        member("ig_lead", "Information governance lead", "Is asked for advice, and sees who read what."),
        member("dpo", "Data protection officer, if a member", "Leave it at nobody if somebody outside is."),
        line("dpo_name", "Data protection officer outside", "Their name, or that of their office"),
        line("dpo_contact", "How the officer outside is reached", "An e-mail address or a telephone number"),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

impl Page for ResponsiblePage {
    const TEMPLATE: &'static str = "organisation/responsible.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Who answers for what".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |problems: &[FieldProblem], done| Self {
            errors: error_lines(problems, &[]),
            done,
            version: 1,
            fields: responsible_fields(&[], &Sent::default(), problems),
        };
        let problems = [FieldProblem { field: "guardian".into(), message: "Choose somebody who works here.".into() }];
        vec![("saved", page(&[], "The answers were saved.")), ("in error", page(&problems, ""))]
    }
}

fn version(sent: &Sent, organisation: &Organisation) -> u64 {
    sent.text("version").parse().unwrap_or(organisation.version)
}

async fn responsible_shown(
    visit: &Visit,
    sent: Option<&Sent>,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let organisation = actions::organisation_to_administer(visit.app(), actor).await?;
    let Teams { everybody, .. } = actions::teams_to_administer(visit.app(), actor).await?;
    let kept = kept_responsible(&organisation.responsible);
    Ok(visit.page(&ResponsiblePage {
        errors: error_lines(problems, &[]),
        done,
        version: version(sent.unwrap_or(&kept), &organisation),
        fields: responsible_fields(&everybody, sent.unwrap_or(&kept), problems),
    }))
}

/// `GET /organisation/responsible`
pub(super) async fn responsible(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    responsible_shown(&visit, None, &[], saved.words("The answers were saved.")).await
}

/// `POST /organisation/responsible`
pub(super) async fn save_responsible(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let member = |name: &str| sent.text(name).parse::<MemberId>().ok();
    let (name, contact) = (sent.text("dpo_name"), sent.text("dpo_contact"));
    let outside = (!name.is_empty() || !contact.is_empty()).then_some(OutsideOfficer { name, contact });
    let named = Responsible {
        guardian: member("guardian"),
        ig_lead: member("ig_lead"),
        dpo: member("dpo"),
        dpo_outside: outside,
    };
    let version = sent.text("version").parse().unwrap_or(0);
    match actions::name_responsible(visit.app(), visit.actor()?, version, &named).await {
        Ok(_) => Ok(go_on("/organisation/responsible?saved=yes")),
        Err(AppError::Invalid(problems)) => responsible_shown(&visit, Some(&sent), &problems, "").await,
        Err(error) => Err(error.into()),
    }
}

/// Partnerships and secure domains.
#[derive(Debug, Serialize)]
pub struct PartnersPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    version: u64,
    fields: Vec<Field>,
}

fn kept_partners(organisation: &Organisation) -> Sent {
    let (known, others): (Vec<&String>, Vec<&String>) =
        organisation.partnerships.iter().partition(|name| PARTNERSHIPS.contains(&name.as_str()));
    let lines = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>().join("\n");
    let known = known.into_iter().map(|name| ("partnerships".to_owned(), name.clone()));
    let others = ("others".to_owned(), lines(others));
    let domains = ("domains".to_owned(), lines(organisation.secure_domains.iter().collect()));
    Sent::of(known.chain([others, domains]))
}

fn partner_fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.all("partnerships");
    let choice = |name: &&str| Choice::new(*name, *name, "", chosen.iter().any(|one| one == name));
    let partnerships = Control::Checkboxes { choices: PARTNERSHIPS.iter().map(choice).collect() };
    let fields = [
        Field::new("partnerships", "To which safeguarding partnerships does it belong?", partnerships),
        Field::long("others", "Others", sent.text("others"), 2).hint("One in a line"),
        Field::long("domains", "Secure e-mail domains", sent.text("domains"), 5)
            .hint("What stands after the @ in addresses that may be written to in confidence. One in a line. For example: nhs.net"),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

impl Page for PartnersPage {
    const TEMPLATE: &'static str = "organisation/partners.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Partnerships and secure e-mail".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |problems: &[FieldProblem], done| Self {
            errors: error_lines(problems, &[]),
            done,
            version: 1,
            fields: partner_fields(&Sent::default(), problems),
        };
        let problems = [FieldProblem { field: "domains".into(), message: "“nhs” is no e-mail domain.".into() }];
        vec![("saved", page(&[], "The answers were saved.")), ("in error", page(&problems, ""))]
    }
}

async fn partners_shown(
    visit: &Visit,
    sent: Option<&Sent>,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let organisation = actions::organisation_to_administer(visit.app(), visit.actor()?).await?;
    let kept = kept_partners(&organisation);
    Ok(visit.page(&PartnersPage {
        errors: error_lines(problems, &[]),
        done,
        version: version(sent.unwrap_or(&kept), &organisation),
        fields: partner_fields(sent.unwrap_or(&kept), problems),
    }))
}

/// `GET /organisation/partners`
pub(super) async fn partners(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    partners_shown(&visit, None, &[], saved.words("The answers were saved.")).await
}

/// `POST /organisation/partners`
pub(super) async fn save_partners(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let others = sent.text("others");
    let others = others.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let partnerships: BTreeSet<String> = sent.all("partnerships").into_iter().chain(others).collect();
    let version = sent.text("version").parse().unwrap_or(0);
    let domains = sent.text("domains");
    match actions::name_partners(visit.app(), visit.actor()?, version, &partnerships, &domains).await {
        Ok(_) => Ok(go_on("/organisation/partners?saved=yes")),
        Err(AppError::Invalid(problems)) => partners_shown(&visit, Some(&sent), &problems, "").await,
        Err(error) => Err(error.into()),
    }
}
