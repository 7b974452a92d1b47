//! One member: who they are, what may be done about their membership, and what happened to it.

use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Member, MemberId, Membership, MembershipStep, Step};
use serde::{Deserialize, Serialize};

use super::counted;
use super::link::link_page;
use super::members::{member_fields, member_of, status, tag};
use crate::actions::{self, MemberRecord, Unattended};
use crate::error::named;
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// Something that happened to a membership.
#[derive(Debug, Serialize)]
pub struct Happened {
    when: String,
    what: String,
}

/// The page of a member.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each says whether one act is offered")]
pub struct MemberPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    here: String,
    name: String,
    role_title: String,
    email: String,
    roles: Vec<&'static str>,
    status: &'static str,
    tag: &'static str,
    link: String,
    seen: String,
    fields: Vec<Field>,
    open: bool,
    may_link: &'static str,
    may_withdraw: bool,
    may_suspend: bool,
    may_reactivate: bool,
    may_leave: bool,
    work_left: bool,
    /// What is said of the matters that they left with nobody; empty where there are none.
    unattended: String,
    history: Vec<Happened>,
}

/// What an administrator is told of the matters that somebody who is suspended, or has other roles, left with nobody: how many, and who takes
/// care of them.
fn unattended(left: Unattended) -> String {
    let Unattended { with_managers, without } = left;
    let all = with_managers + without;
    if all == 0 {
        return String::new();
    }
    let matters = counted(all, "matter", "matters");
    let them = |count| if count == 1 { "it" } else { "them" };
    let mut said = vec![format!("Nobody can work on {matters} that they are involved in.")];
    if with_managers > 0 {
        let them = if without > 0 { format!("{with_managers} of them") } else { them(all).to_owned() };
        said.push(format!("Managers are told on their first page, and hand {them} on without reading what is there."));
    }
    if without > 0 {
        let which = if with_managers > 0 { format!("{without} of them") } else { them(without).to_owned() };
        said.push(format!(
            "No manager here can hand {which} on: make one more colleague a manager today. They are told at once."
        ));
    }
    said.join(" ")
}

impl Page for MemberPage {
    const TEMPLATE: &'static str = "organisation/member.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "A member".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |membership, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            done: "The changes were saved.",
            here: "/organisation/members/1".into(),
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            email: "a.hart@larkfield.example".into(),
            roles: vec!["Decides on cases"],
            status: status(membership),
            tag: tag(membership),
            link: "Holds until 30 November 2026, 3:15pm.".into(),
            seen: "8d1f".into(),
            fields: member_fields(&Sent::default(), problems),
            open: !problems.is_empty(),
            may_link: may_link(membership),
            may_withdraw: membership == Membership::Invited,
            may_suspend: membership == Membership::Active,
            may_reactivate: membership == Membership::Suspended,
            may_leave: matches!(membership, Membership::Active | Membership::Suspended),
            work_left: membership == Membership::Left,
            unattended: unattended(if membership == Membership::Suspended {
                Unattended { with_managers: 2, without: 1 }
            } else {
                Unattended::default()
            }),
            history: vec![Happened { when: "23 November 2026, 3:15pm".into(), what: "Invited by Tom Birchall".into() }],
        };
        let problems = [FieldProblem { field: "name".into(), message: "Enter the member’s name.".into() }];
        vec![
            ("invited", page(Membership::Invited, &[])),
            ("active", page(Membership::Active, &[])),
            ("suspended", page(Membership::Suspended, &[])),
            ("left", page(Membership::Left, &[])),
            ("in error", page(Membership::Active, &problems)),
        ]
    }
}

/// What the button says that gives a member a link; empty where none may be given.
const fn may_link(membership: Membership) -> &'static str {
    match membership {
        Membership::Invited => "Give a new link",
        Membership::Active => "Give a link to set a new password",
        Membership::Suspended => "",
        Membership::Left => "Invite again",
    }
}

/// A step in words, with who took it.
fn step(step: MembershipStep) -> &'static str {
    match step {
        MembershipStep::Invited => "Invited by",
        MembershipStep::Joined => "Joined:",
        MembershipStep::Withdrawn => "Invitation taken back by",
        MembershipStep::Suspended => "Suspended by",
        MembershipStep::Reactivated => "Let in again by",
        MembershipStep::Left => "Noted as having left by",
        MembershipStep::Changed => "Changed by",
        MembershipStep::AccountLinked => "First sign-in with the organisation’s own account by",
        MembershipStep::PasswordLink => "Given a link for a new password by",
        MembershipStep::SignInReset => "Given a new way in by",
        MembershipStep::SignedOut => "Signed out everywhere by",
        MembershipStep::ConflictsChanged => "Conflicts of interest changed by",
    }
}

fn roles(member: &Member) -> String {
    member.roles.iter().map(|role| words::role(*role).0).collect::<Vec<_>>().join(", ")
}

/// What differs between two versions, in words.
fn differences(before: &Member, after: &Member) -> Vec<String> {
    let texts = [
        ("name", before.name.clone(), after.name.clone()),
        ("job", before.role_title.clone(), after.role_title.clone()),
        ("e-mail address", before.email.clone(), after.email.clone()),
        ("roles", roles(before), roles(after)),
    ];
    let changed = texts.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(what, before, after)| format!("{what} from “{before}” to “{after}”")).collect()
}

/// What happened, newest first. Versions that say nothing of the membership, such as a conflict of interest, are left out. That somebody else
/// decided about one's own conflicts of interest is not said either: there was somebody to decide about.
fn history(record: &MemberRecord, reader: MemberId) -> Vec<Happened> {
    let name = |id: Option<MemberId>| match id {
        Some(id) => record.everybody.iter().find(|one| one.id == id).map_or("somebody", |one| one.name.as_str()),
        None => "whoever runs this Sharewell",
    };
    let mut happened = Vec::new();
    let mut before: Option<&Member> = None;
    for version in &record.versions {
        let new = version.step.filter(|step| before.and_then(|before| before.step) != Some(*step));
        let decided = |taken: &Step| {
            record.member.id == reader && taken.step == MembershipStep::ConflictsChanged && taken.by != Some(reader)
        };
        if new.as_ref().is_some_and(decided) {
            before = Some(version);
            continue;
        }
        if let Some(taken) = new {
            let differences = before.map(|before| differences(before, version)).unwrap_or_default();
            let more = if differences.is_empty() { String::new() } else { format!(": {}", differences.join("; ")) };
            happened.push(Happened {
                when: words::moment(taken.at),
                what: format!("{} {}{more}", step(taken.step), name(taken.by)),
            });
        } else if before.is_none() {
            happened.push(Happened { when: words::moment(version.joined_at), what: "Set up as a member".to_owned() });
        }
        before = Some(version);
    }
    happened.reverse();
    happened
}

/// What a form of a member's details holds.
fn details(member: &Member) -> Sent {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let lines = [own("name", &member.name), own("role_title", &member.role_title), own("email", &member.email)];
    Sent::of(lines.into_iter().chain(member.roles.iter().map(|role| own("roles", role.word()))))
}

async fn shown(
    visit: &Visit,
    id: MemberId,
    sent: Option<&Sent>,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let record = actions::member_record(visit.app(), visit.actor()?, id).await?;
    let MemberRecord { member, link, work, .. } = &record;
    let kept = details(member);
    let now = visit.app().clock.now();
    let link = link.map(|link| match (link.ends_at > now, words::moment(link.ends_at)) {
        (true, until) => format!("The link that they were given holds until {until}."),
        (false, until) => format!("The link that they were given held until {until}. Give them a new one."),
    });
    Ok(visit.page(&MemberPage {
        errors: error_lines(problems, &[]),
        done,
        here: format!("/organisation/members/{id}"),
        name: member.name.clone(),
        role_title: member.role_title.clone(),
        email: member.email.clone(),
        roles: member.roles.iter().map(|role| words::role(*role).0).collect(),
        status: status(member.membership),
        tag: tag(member.membership),
        link: link.unwrap_or_default(),
        seen: sent.map_or_else(|| actions::member_mark(member), |sent| sent.text("seen")),
        fields: member_fields(sent.unwrap_or(&kept), problems),
        open: sent.is_some(),
        may_link: may_link(member.membership),
        may_withdraw: member.membership == Membership::Invited,
        may_suspend: member.membership == Membership::Active && member.id != visit.actor()?.member.id,
        may_reactivate: member.membership == Membership::Suspended,
        may_leave: matches!(member.membership, Membership::Active | Membership::Suspended),
        work_left: member.membership == Membership::Left && !work.is_empty(),
        // Of somebody who has left, the administrator hands it on themselves.
        unattended: if member.membership == Membership::Left { String::new() } else { unattended(record.unattended) },
        history: history(&record, visit.actor()?.member.id),
    }))
}

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// `GET /organisation/members/{member}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let done = match done.done.as_deref() {
        Some("changed") => "The changes were saved.",
        Some("withdrawn") => "The invitation was taken back. Its link does not hold any more.",
        Some("suspended") => "They are suspended. Wherever they were signed in, they no longer are.",
        Some("reactivated") => "They may sign in again, with the password that they had.",
        Some("left") => "They no longer work here. Wherever they were signed in, they no longer are.",
        Some("signed-out") => "They are signed out everywhere. They may sign in again at once.",
        Some("handed-on") => "The work was handed on.",
        _ => "",
    };
    shown(&visit, named(&id)?, None, &[], done).await
}

async fn after<T>(visit: &Visit, id: MemberId, done: Result<T, AppError>, what: &str) -> Result<Response, Stopped> {
    match done {
        Ok(_) => Ok(go_on(&format!("/organisation/members/{id}?done={what}"))),
        Err(AppError::Invalid(problems)) => {
            // Which belongs beside no field of the form.
            let problems: Vec<_> =
                problems.into_iter().map(|problem| FieldProblem { field: String::new(), ..problem }).collect();
            shown(visit, id, None, &problems, "").await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /organisation/members/{member}`: name, job, address and roles.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (id, actor) = (named(&id)?, visit.actor()?);
    match actions::change_member(visit.app(), actor, id, &sent.text("seen"), member_of(&sent)).await {
        // Whoever takes the administrator's role from themselves has no page here any more.
        Ok(changed) if changed.id == actor.member.id && !changed.is(casework::Role::Administrator) => Ok(go_on("/")),
        Err(AppError::Invalid(problems)) => shown(&visit, id, Some(&sent), &problems, "").await,
        done => after(&visit, id, done, "changed").await,
    }
}

/// `POST /organisation/members/{member}/link`: the link is shown in the answer and nowhere else.
pub(super) async fn link(visit: Visit, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    match actions::give_link(visit.app(), visit.actor()?, id).await {
        Ok(link) => Ok(visit.page(&link_page(&visit, &headers, &link)?)),
        refused => after(&visit, id, refused, "").await,
    }
}

/// `POST /organisation/members/{member}/new-way-in`: for whoever lost their phone. The link is shown in the answer and nowhere else.
pub(super) async fn new_way_in(visit: Visit, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    match actions::reset_sign_in(visit.app(), visit.actor()?, id).await {
        Ok(link) => Ok(visit.page(&link_page(&visit, &headers, &link)?)),
        refused => after(&visit, id, refused, "").await,
    }
}

/// `POST /organisation/members/{member}/sign-out`
pub(super) async fn sign_out(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    let done = actions::sign_out_member(visit.app(), visit.actor()?, id).await;
    after(&visit, id, done, "signed-out").await
}

/// `POST /organisation/members/{member}/withdraw`
pub(super) async fn withdraw(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    let done = actions::withdraw_invitation(visit.app(), visit.actor()?, id).await;
    after(&visit, id, done, "withdrawn").await
}

/// `POST /organisation/members/{member}/suspend`
pub(super) async fn suspend(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    let done = actions::suspend_member(visit.app(), visit.actor()?, id).await;
    after(&visit, id, done, "suspended").await
}

/// `POST /organisation/members/{member}/reactivate`
pub(super) async fn reactivate(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id = named(&id)?;
    let done = actions::reactivate_member(visit.app(), visit.actor()?, id).await;
    after(&visit, id, done, "reactivated").await
}

#[cfg(test)]
mod tests {
    use casework::{MemberId, Moment, NewMember, OrganisationId, Role};

    use super::*;

    #[test]
    fn the_history_says_who_changed_what_and_leaves_out_what_is_not_about_the_membership() {
        let (now, here) =
            (Moment::from_micros(1_795_446_900_000_000), OrganisationId::new(Moment::from_micros(1), [1; 10]));
        let new = |name: &str| NewMember {
            name: name.to_owned(),
            role_title: "Teacher".into(),
            email: "x@larkfield.example".into(),
            roles: [Role::Administrator].into(),
        };
        let boss = casework::admit_member(here, MemberId::new(now, [2; 10]), new("Tom Birchall"), now).unwrap();
        let invited = casework::invite(&boss, MemberId::new(now, [3; 10]), new("Amina Hart"), now).unwrap();
        let joined = casework::join(&invited, now.plus_seconds(60)).unwrap();
        let apart = Member { version: 3, conflicts: [casework::PersonId::new(now, [4; 10])].into(), ..joined.clone() };
        let married = casework::change_member(
            &boss,
            &apart,
            NewMember { name: "Amina Vane".into(), roles: [Role::Manager].into(), ..new("") },
            &[boss.clone(), apart.clone()],
            now.plus_seconds(120),
        );
        let married = married.unwrap();
        let record = MemberRecord {
            everybody: vec![boss, married.clone()],
            versions: vec![invited, joined, apart, married.clone()],
            member: married,
            link: None,
            work: actions::Work::default(),
            unattended: Unattended::default(),
        };
        let said: Vec<String> =
            history(&record, record.everybody[0].id).into_iter().map(|happened| happened.what).collect();
        assert_eq!(
            said,
            [
                "Changed by Tom Birchall: name from “Amina Hart” to “Amina Vane”; roles from “Administers” to “Manages”",
                "Joined: Amina Vane",
                "Invited by Tom Birchall",
            ]
        );
    }
}
