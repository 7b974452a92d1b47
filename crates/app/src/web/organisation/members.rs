//! The organisation's members: the list, and inviting somebody to join.

use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Member, Membership, NewMember, Role};
use serde::{Deserialize, Serialize};

use super::link::link_page;
use crate::actions;
use crate::web::fields::{Choice, Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// A member in a line.
#[derive(Debug, Serialize)]
pub struct MemberLine {
    href: String,
    name: String,
    role_title: String,
    email: String,
    roles: Vec<&'static str>,
    status: &'static str,
    tag: &'static str,
}

impl MemberLine {
    fn new(member: &Member) -> Self {
        Self {
            href: format!("/organisation/members/{}", member.id),
            name: member.name.clone(),
            role_title: member.role_title.clone(),
            email: member.email.clone(),
            roles: member.roles.iter().map(|role| words::role(*role).0).collect(),
            status: status(member.membership),
            tag: tag(member.membership),
        }
    }

    fn sample(membership: Membership) -> Self {
        Self {
            href: "/organisation/members/1".into(),
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            email: "a.hart@larkfield.example".into(),
            roles: vec![words::role(Role::Practitioner).0],
            status: status(membership),
            tag: tag(membership),
        }
    }
}

/// How a membership stands, in words.
pub(super) const fn status(membership: Membership) -> &'static str {
    match membership {
        Membership::Invited => "Invited",
        Membership::Active => "Works here",
        Membership::Suspended => "Suspended",
        Membership::Left => "Left",
    }
}

/// The look of how a membership stands; the word says the same.
pub(super) const fn tag(membership: Membership) -> &'static str {
    match membership {
        Membership::Invited => "due",
        Membership::Active => "done",
        Membership::Suspended => "overdue",
        Membership::Left => "teal",
    }
}

/// One way to narrow the list.
#[derive(Debug, Serialize)]
pub struct Narrow {
    href: String,
    label: String,
    current: bool,
}

/// The list of members.
#[derive(Debug, Serialize)]
pub struct MembersPage {
    narrows: Vec<Narrow>,
    members: Vec<MemberLine>,
}

impl Page for MembersPage {
    const TEMPLATE: &'static str = "organisation/members.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Members".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let narrow =
            |label: &str, current| Narrow { href: "/organisation/members".into(), label: label.into(), current };
        let narrows = || vec![narrow("Everybody (4)", true), narrow("Invited (1)", false)];
        let members = Membership::ALL.iter().map(|&membership| MemberLine::sample(membership)).collect();
        vec![("full", Self { narrows: narrows(), members }), ("none", Self { narrows: narrows(), members: vec![] })]
    }
}

/// Which members are listed.
#[derive(Debug, Deserialize)]
pub struct Which {
    status: Option<String>,
}

/// `GET /organisation/members`
pub(super) async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Stopped> {
    let mut members = actions::members_to_administer(visit.app(), visit.actor()?).await?;
    let chosen: Option<Membership> = which.status.and_then(|word| word.parse().ok());
    let count = |membership: Option<Membership>| {
        members.iter().filter(|member| membership.is_none_or(|membership| member.membership == membership)).count()
    };
    let narrow = |membership: Option<Membership>| Narrow {
        href: membership.map_or_else(
            || "/organisation/members".to_owned(),
            |membership| format!("/organisation/members?status={membership}"),
        ),
        label: format!("{} ({})", membership.map_or("Everybody", status), count(membership)),
        current: membership == chosen,
    };
    let each = Membership::ALL.iter().map(|&membership| narrow(Some(membership)));
    let narrows = std::iter::once(narrow(None)).chain(each).collect();
    members.retain(|member| chosen.is_none_or(|membership| member.membership == membership));
    members.sort_by_cached_key(|member| member.name.to_lowercase());
    Ok(visit.page(&MembersPage { narrows, members: members.iter().map(MemberLine::new).collect() }))
}

/// What an administrator says of a member.
pub(super) fn member_fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.all("roles");
    let role = |role: &Role| {
        let (title, means) = words::role(*role);
        Choice::new(role.word(), title, means, chosen.iter().any(|one| one == role.word()))
    };
    let email = Control::Text { value: sent.text("email"), input: "email", autocomplete: "off", classes: "" };
    let fields = [
        Field::text("name", "Name", sent.text("name")),
        Field::text("role_title", "Job", sent.text("role_title"))
            .hint("As it is to stand on a record. For example: school nurse"),
        Field::new("email", "E-mail address", email).hint("They sign in with it."),
        Field::new(
            "roles",
            "What will they do here?",
            Control::Checkboxes { choices: Role::ALL.iter().map(role).collect() },
        ),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

/// What the fields of [`member_fields`] say.
pub(super) fn member_of(sent: &Sent) -> NewMember {
    NewMember {
        name: sent.text("name"),
        role_title: sent.text("role_title"),
        email: sent.text("email"),
        roles: sent.all("roles").iter().filter_map(|role| role.parse().ok()).collect(),
    }
}

/// The page to invite somebody.
#[derive(Debug, Serialize)]
pub struct InvitePage {
    errors: Vec<ErrorLine>,
    fields: Vec<Field>,
}

impl InvitePage {
    fn of(sent: &Sent, problems: &[FieldProblem]) -> Self {
        Self { errors: error_lines(problems, &[]), fields: member_fields(sent, problems) }
    }
}

impl Page for InvitePage {
    const TEMPLATE: &'static str = "organisation/invite.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Invite a member".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "roles".into(), message: "Choose at least one role.".into() }];
        vec![("empty", Self::of(&Sent::default(), &[])), ("in error", Self::of(&Sent::default(), &problems))]
    }
}

/// `GET /organisation/members/invite`
pub(super) async fn invite_page(visit: Visit) -> Result<Response, Stopped> {
    actions::members_to_administer(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&InvitePage::of(&Sent::default(), &[])))
}

/// `POST /organisation/members/invite`: the link is shown in the answer and nowhere else.
pub(super) async fn invite(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    match actions::invite_colleague(visit.app(), visit.actor()?, member_of(&sent)).await {
        Ok(link) => Ok(visit.page(&link_page(&visit, &headers, &link)?)),
        Err(AppError::Invalid(problems)) => Ok(visit.page(&InvitePage::of(&sent, &problems))),
        Err(error) => Err(error.into()),
    }
}
