//! A member leaves: their matters and drafts are handed on to colleagues first. Whoever does that sees references and days; titles only where
//! they may read the matter.

use axum::extract::Path;
use axum::response::Response;
use casework::{Draft, Matter, Member, MemberId, Membership};
use serde::Serialize;

use crate::actions::{self, HandOver, MemberRecord};
use crate::error::named;
use crate::web::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// The page to hand a member's work on.
#[derive(Debug, Serialize)]
pub struct LeavePage {
    errors: Vec<ErrorLine>,
    here: String,
    back: String,
    name: String,
    /// Whether the membership ends with it; else it has ended before.
    leaves: bool,
    everything: Option<Field>,
    /// Whether there is work, and nobody to take it over.
    nobody: bool,
    matters: Vec<Field>,
    drafts: Vec<Field>,
}

impl Page for LeavePage {
    const TEMPLATE: &'static str = "organisation/leave.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        if self.leaves { "A member leaves".to_owned() } else { "Hand work on".to_owned() }
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "to".into(), message: "Choose who takes over.".into() }];
        let choose =
            |name: &str, label: &str| taker(name, label, "", vec![("1".into(), "Tom Birchall, Head".into())], "", &[]);
        let page = |leaves, work: bool, problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            here: "/organisation/members/1/leave".into(),
            back: "/organisation/members/1".into(),
            name: "Amina Hart".into(),
            leaves,
            nobody: false,
            everything: work.then(|| choose("to", "Who takes over everything?").with(problems)),
            matters: if work { vec![choose("matter-1", "Missed meals, opened on 1 November 2026")] } else { vec![] },
            drafts: if work { vec![choose("draft-1", "Draft saved on 1 November 2026")] } else { vec![] },
        };
        vec![
            ("with work", page(true, true, &[])),
            ("without", page(true, false, &[])),
            ("in error", page(true, true, &problems)),
            ("has left", page(false, true, &[])),
            ("nobody to take over", Self { nobody: true, ..page(true, true, &[]) }),
        ]
    }
}

fn taker(
    name: &str,
    label: &str,
    hint: &str,
    colleagues: Vec<(String, String)>,
    chosen: &str,
    problems: &[FieldProblem],
) -> Field {
    let choices =
        colleagues.into_iter().map(|(id, text)| Choice::new(id.clone(), text, "", id == chosen)).collect::<Vec<_>>();
    let blank = if name == "to" { "Choose one" } else { "The same as everything" };
    let groups = vec![Group { label: "Colleagues who work with cases".to_owned(), choices }];
    Field::new(name, label, Control::Grouped { groups, blank, unsure: None }).hint(hint).with(problems)
}

impl LeavePage {
    fn of(visit: &Visit, record: &MemberRecord, sent: &Sent, problems: &[FieldProblem]) -> Result<Self, Stopped> {
        let actor = visit.actor()?;
        let id = record.member.id;
        let colleagues: Vec<(String, String)> = casework::takers(&actor.member, &record.everybody, id)
            .into_iter()
            .map(|one: &Member| (one.id.to_string(), format!("{}, {}", one.name, one.role_title)))
            .collect();
        let readable = actions::readable(actor, &record.work.matters, visit.app().clock.now());
        let choose = |name: String, label: String| {
            let chosen = sent.text(&name);
            taker(&name, &label, "", colleagues.clone(), &chosen, problems)
        };
        let matter = |matter: &Matter| {
            let title =
                readable.get(&matter.id).map_or_else(|| format!("Matter {}", matter.id), |_| matter.title.clone());
            let day = words::day(crate::clock::legal_day(matter.opened_at));
            choose(format!("matter-{}", matter.id), format!("{title}, opened on {day}"))
        };
        let draft = |draft: &Draft| {
            let day = words::moment(draft.saved_at);
            choose(format!("draft-{}", draft.id), format!("Draft {}, saved on {day}", draft.id))
        };
        let (matters, drafts): (Vec<_>, Vec<_>) =
            (record.work.matters.iter().map(matter).collect(), record.work.drafts.iter().map(draft).collect());
        let hint = "Where somebody else is to take over one of them, choose that below.";
        let everything = (!record.work.is_empty())
            .then(|| taker("to", "Who takes over everything?", hint, colleagues.clone(), &sent.text("to"), problems));
        Ok(Self {
            errors: error_lines(problems, &[]),
            here: format!("/organisation/members/{id}/leave"),
            back: format!("/organisation/members/{id}"),
            name: record.member.name.clone(),
            leaves: record.member.membership != Membership::Left,
            nobody: everything.is_some() && colleagues.is_empty(),
            everything,
            matters,
            drafts,
        })
    }
}

/// `GET /organisation/members/{member}/leave`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let record = actions::member_record(visit.app(), visit.actor()?, named(&id)?).await?;
    if record.member.membership == Membership::Invited {
        return Ok(go_on(&format!("/organisation/members/{}", record.member.id)));
    }
    Ok(visit.page(&LeavePage::of(&visit, &record, &Sent::default(), &[])?))
}

/// Who takes over, as it was sent.
fn over(record: &MemberRecord, sent: &Sent) -> HandOver {
    let chosen = |name: &str| sent.text(name).parse::<MemberId>().ok();
    let matters = record.work.matters.iter();
    let drafts = record.work.drafts.iter();
    HandOver {
        everything: chosen("to"),
        matters: matters.filter_map(|one| Some((one.id, chosen(&format!("matter-{}", one.id))?))).collect(),
        drafts: drafts.filter_map(|one| Some((one.id, chosen(&format!("draft-{}", one.id))?))).collect(),
    }
}

/// `POST /organisation/members/{member}/leave`
pub(super) async fn leave(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (id, actor) = (named(&id)?, visit.actor()?);
    let record = actions::member_record(visit.app(), actor, id).await?;
    let leaves = record.member.membership != Membership::Left;
    match actions::hand_over(visit.app(), actor, id, &over(&record, &sent), leaves).await {
        Ok(_) if leaves && id == actor.member.id => Ok(go_on("/decide")),
        Ok(_) => {
            let done = if leaves { "left" } else { "handed-on" };
            Ok(go_on(&format!("/organisation/members/{id}?done={done}")))
        }
        Err(AppError::Invalid(problems)) => {
            let problems: Vec<_> = problems
                .into_iter()
                .map(|problem| match problem.field.as_str() {
                    "membership" => FieldProblem { field: String::new(), ..problem },
                    _ => problem,
                })
                .collect();
            // What was there may have changed meanwhile.
            let record = actions::member_record(visit.app(), actor, id).await?;
            Ok(visit.page(&LeavePage::of(&visit, &record, &sent, &problems)?))
        }
        Err(error) => Err(error.into()),
    }
}
