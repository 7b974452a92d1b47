//! The organisation, for its administrator: an overview that leads to a page for each thing there is to look after.

mod importing;
mod leaving;
mod link;
mod member;
mod members;
mod responsible;
mod settings;
mod sign_in;
mod teams;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use casework::{Membership, SecondStep};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub use self::{
    importing::{ImportPage, InvitedPage},
    leaving::LeavePage,
    link::LinkPage,
    member::MemberPage,
    members::{InvitePage, MembersPage},
    responsible::{PartnersPage, ResponsiblePage},
    settings::{ContactsPage, ProceduresPage, ProfilePage},
    sign_in::SignInSettingsPage,
    teams::{TeamPage, TeamsPage},
};
use super::page::{Menu, Page};
use super::site::Site;
use super::{Stopped, Visit, ledger_words};
use crate::actions;

/// The pages under `/organisation`.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/organisation", get(page))
        .route("/organisation/members", get(members::list))
        .route("/organisation/members/invite", get(members::invite_page).post(members::invite))
        .route("/organisation/members/{member}", get(member::page).post(member::change))
        .route("/organisation/members/{member}/link", post(member::link))
        .route("/organisation/members/{member}/withdraw", post(member::withdraw))
        .route("/organisation/members/{member}/suspend", post(member::suspend))
        .route("/organisation/members/{member}/reactivate", post(member::reactivate))
        .route("/organisation/members/{member}/leave", get(leaving::page).post(leaving::leave))
        .route("/organisation/import", get(importing::page).post(importing::send))
        .route("/organisation/import/file", get(importing::page).post(importing::file))
        .route("/organisation/import/links", post(importing::links))
        .route("/organisation/teams", get(teams::list))
        .route("/organisation/teams/new", get(teams::new).post(teams::make))
        .route("/organisation/teams/{team}", get(teams::page).post(teams::change))
        .route("/organisation/teams/{team}/close", post(teams::close))
        .route("/organisation/responsible", get(responsible::responsible).post(responsible::save_responsible))
        .route("/organisation/partners", get(responsible::partners).post(responsible::save_partners))
        .route("/organisation/members/{member}/new-way-in", post(member::new_way_in))
        .route("/organisation/members/{member}/sign-out", post(member::sign_out))
        .route("/organisation/sign-everybody-out", post(sign_in::sign_everybody_out))
        .route("/organisation/sign-in", get(sign_in::page).post(sign_in::save))
        .route("/organisation/profile", get(settings::profile).post(settings::save_profile))
        .route("/organisation/contacts", get(settings::contacts).post(settings::save_contact))
        .route("/organisation/procedures", get(settings::procedures).post(settings::save_procedure))
}

/// Whether something was just saved.
#[derive(Debug, Deserialize)]
pub(super) struct Saved {
    saved: Option<String>,
}

impl Saved {
    /// These words, if something was.
    fn words(&self, words: &'static str) -> &'static str {
        if self.saved.is_some() { words } else { "" }
    }
}

/// A page to go on to, and how things stand there.
#[derive(Debug, Serialize)]
pub struct Part {
    href: &'static str,
    title: &'static str,
    says: String,
    /// Whether something is to be done there.
    due: bool,
}

/// A witness in a line.
#[derive(Debug, Serialize)]
pub struct WitnessLine {
    witnessed: String,
    said: &'static str,
}

/// The overview.
#[derive(Debug, Serialize)]
pub struct OrganisationPage {
    name: String,
    parts: Vec<Part>,
    witnesses: Vec<WitnessLine>,
    warnings: Vec<String>,
}

impl Page for OrganisationPage {
    const TEMPLATE: &'static str = "organisation/organisation.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Organisation".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |due| Self {
            name: "Larkfield School".into(),
            parts: vec![Part {
                href: "/organisation/members",
                title: "Members",
                says: "12 work here, 1 is invited.".into(),
                due,
            }],
            witnesses: vec![WitnessLine {
                witnessed: "Witnessed up to entry 14 by Northmere Council, 23 November 2026, 3:15pm.".into(),
                said: "It did not answer when it was asked last.",
            }],
            warnings: vec!["No partner has confirmed the ledger for more than a day.".into()],
        };
        vec![("full", page(true)), ("without warnings", Self { warnings: vec![], ..page(false) })]
    }
}

/// How many there are of something, in words.
fn counted(count: usize, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

/// Whether a Caldicott Guardian and a data protection officer are named, and are there.
fn answering(organisation: &casework::Organisation, members: &[casework::Member]) -> (String, bool) {
    let here = |id| members.iter().any(|one| one.id == id && one.membership == Membership::Active);
    let responsible = &organisation.responsible;
    let missing: Vec<&str> = [
        ("a Caldicott Guardian", responsible.guardian.is_some_and(here)),
        ("an information governance lead", responsible.ig_lead.is_some_and(here)),
        ("a data protection officer", responsible.dpo.is_some_and(here) || responsible.dpo_outside.is_some()),
    ]
    .into_iter()
    .filter_map(|(who, named)| (!named).then_some(who))
    .collect();
    match missing.as_slice() {
        [] => ("Everybody is named.".to_owned(), false),
        missing => (format!("Name {}.", missing.join(", ")), true),
    }
}

/// Whether somebody else administers, or is invited to: whoever is alone and loses their phone and codes is locked out.
fn inviting(members: &[casework::Member]) -> (String, bool) {
    let there = |one: &&casework::Member| matches!(one.membership, Membership::Active | Membership::Invited);
    let administrators = members.iter().filter(there).filter(|one| one.is(casework::Role::Administrator)).count();
    if administrators < 2 {
        ("You alone administer. Invite a second administrator, so that somebody can let you in again.".to_owned(), true)
    } else {
        ("With a link that you hand over.".to_owned(), false)
    }
}

/// How many stand in which way.
fn standing(members: &[casework::Member]) -> String {
    let count = |membership| members.iter().filter(|member| member.membership == membership).count();
    let mut people = vec![counted(count(Membership::Active), "works here", "work here")];
    for (membership, one, several) in
        [(Membership::Invited, "is invited", "are invited"), (Membership::Suspended, "is suspended", "are suspended")]
    {
        if count(membership) > 0 {
            people.push(counted(count(membership), one, several));
        }
    }
    format!("{}.", people.join(", "))
}

/// What kind of organisation it is, and how many questions about it are open.
fn being(visit: &Visit, organisation: &casework::Organisation) -> (String, bool) {
    let kind = visit.app().pack().body(&organisation.body).map_or(organisation.body.as_str(), |body| &body.label);
    let profile = &organisation.profile;
    let open = [profile.policy_document, profile.commissioned, profile.designated];
    match open.iter().filter(|answer| answer.is_none()).count() {
        0 => (format!("{kind}."), false),
        open => (format!("{kind}. {} not answered yet.", counted(open, "question is", "questions are")), true),
    }
}

/// How many numbers are shown to people in danger.
fn ringing(contacts: &[casework::Contact]) -> (String, bool) {
    match contacts.iter().filter(|contact| contact.confirmed).count() {
        0 => (
            "None is confirmed yet, so that people in danger are told to use 999, 101 and the council’s website."
                .into(),
            true,
        ),
        confirmed => (format!("{}.", counted(confirmed, "number is confirmed", "numbers are confirmed")), false),
    }
}

/// To which partnerships it belongs.
fn belonging(organisation: &casework::Organisation) -> (String, bool) {
    let partnerships: Vec<&str> = organisation.partnerships.iter().map(String::as_str).collect();
    match partnerships.as_slice() {
        [] => ("No partnership is named yet.".to_owned(), true),
        named => (format!("{}.", named.join(", ")), false),
    }
}

async fn parts(visit: &Visit) -> Result<Vec<Part>, Stopped> {
    let actor = visit.actor()?;
    // Asking for what only an administrator keeps is also what turns everybody else away.
    let members = actions::members_to_administer(visit.app(), actor).await?;
    let contacts = actions::contacts(visit.app(), actor).await?;
    let organisation = &actor.organisation;
    let plain = |says: &str| (says.to_owned(), false);
    let part = |href, title, (says, due): (String, bool)| Part { href, title, says, due };
    let sign_in = plain(match organisation.second_step {
        SecondStep::Demanded => "With a passkey, or with a one-time code beside the password.",
        SecondStep::Offered => "With a password alone, but for those who have a passkey or a one-time code.",
    });
    let procedures = match organisation.procedures.len() {
        0 => "None is attached yet.".to_owned(),
        some => format!("{}.", counted(some, "is attached", "are attached")),
    };
    let mut parts = vec![
        part("/organisation/profile", "What the organisation is", being(visit, organisation)),
        part("/organisation/contacts", "Numbers to ring", ringing(&contacts)),
        part("/organisation/members", "Members", (standing(&members), false)),
        part("/organisation/members/invite", "Invite a member", inviting(&members)),
        part("/organisation/import", "Invite many members", plain("From a table, after looking at every row.")),
        part("/organisation/teams", "Teams", plain("To whom a matter can be given together.")),
        part("/organisation/responsible", "Who answers for what", answering(organisation, &members)),
        part("/organisation/partners", "Partnerships and secure e-mail", belonging(organisation)),
        part("/organisation/sign-in", "How members sign in", sign_in),
        part("/organisation/procedures", "Your own procedures", (procedures, false)),
    ];
    // What is to be done comes first.
    parts.sort_by_key(|part| !part.due);
    Ok(parts)
}

/// `GET /organisation`
async fn page(visit: Visit) -> Result<Response, Stopped> {
    let parts = parts(&visit).await?;
    let organisation = &visit.actor()?.organisation;
    let witnessing = actions::witnessing(visit.app(), organisation.id).await?;
    let witnesses = ledger_words::witnessed(&witnessing)
        .into_iter()
        .enumerate()
        .map(|(at, witnessed)| WitnessLine { witnessed, said: witnessing.by.get(at).map_or("", ledger_words::said) });
    Ok(visit.page(&OrganisationPage {
        name: organisation.name.clone(),
        parts,
        witnesses: witnesses.collect(),
        warnings: ledger_words::warnings(&witnessing, visit.app().config.stale_after_hours),
    }))
}
