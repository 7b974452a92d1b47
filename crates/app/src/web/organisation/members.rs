//! The organisation's members: adding one, and giving one a new password.

use axum::response::Response;
use casework::{Member, MemberId, NewMember, Role};
use serde::Serialize;

use super::{Part, after};
use crate::actions;
use crate::web::fields::{Choice, Control, Field, Group};
use crate::web::form::Sent;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

const PASSWORD_RULES: &str = "At least 12 characters. Three or four words that do not belong together work well. \
                              Tell it to them yourself; it is not sent anywhere.";

/// A member in a line.
#[derive(Debug, Serialize)]
pub struct MemberLine {
    name: String,
    role_title: String,
    email: String,
    roles: Vec<&'static str>,
}

impl MemberLine {
    pub(super) fn new(member: &Member) -> Self {
        Self {
            name: member.name.clone(),
            role_title: member.role_title.clone(),
            email: member.email.clone(),
            roles: member.roles.iter().map(|role| words::role(*role).0).collect(),
        }
    }

    pub(super) fn sample() -> Self {
        Self {
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            email: "a.hart@larkfield.example".into(),
            roles: vec![words::role(Role::Practitioner).0],
        }
    }
}

/// What adding a member takes. A password is never shown again, so it is typed again after an error.
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
        Field::new("password", "First password", Control::Password { autocomplete: "new-password" })
            .hint(PASSWORD_RULES),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

/// What giving a member a new password takes.
pub(super) fn password_fields(members: &[Member], sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.text("member");
    let choice = |member: &Member| {
        let id = member.id.to_string();
        let checked = id == chosen;
        Choice::new(id, format!("{}, {}", member.name, member.role_title), "", checked)
    };
    let group = Group { label: "Members".to_owned(), choices: members.iter().map(choice).collect() };
    let fields = [
        Field::new(
            "member",
            "Whose password?",
            Control::Grouped { groups: vec![group], blank: "Choose one", unsure: None },
        ),
        Field::new("new_password", "New password", Control::Password { autocomplete: "new-password" })
            .hint(PASSWORD_RULES),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

/// `POST /organisation/members`
pub(in crate::web) async fn admit(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let new = NewMember {
        name: sent.text("name"),
        role_title: sent.text("role_title"),
        email: sent.text("email"),
        roles: sent.all("roles").iter().filter_map(|role| role.parse().ok()).collect(),
    };
    let done = actions::admit_member(visit.app(), visit.actor()?, new, Some(&sent.text("password"))).await;
    after(&visit, done, "member", Part::Member, &sent).await
}

/// `POST /organisation/passwords`
pub(in crate::web) async fn set_password(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let done = match sent.text("member").parse::<MemberId>() {
        Ok(member) => actions::set_password(visit.app(), actor, member, &sent.text("new_password")).await,
        Err(_) => Err(AppError::field("member", "Choose whose password it is.")),
    };
    // Both forms stand on one page, so the field of the second has a name of its own.
    let done = done.map_err(|error| match error {
        AppError::Invalid(problems) => AppError::Invalid(
            problems
                .into_iter()
                .map(|problem| match problem.field.as_str() {
                    "password" => FieldProblem { field: "new_password".to_owned(), ..problem },
                    _ => problem,
                })
                .collect(),
        ),
        other => other,
    });
    after(&visit, done, "password", Part::Password, &sent).await
}
