//! Who can see a matter: the list on the matter's page, the form that opens it to a colleague or a team, and ending an involvement.

use axum::extract::Path;
use axum::response::Response;
use casework::{InvolvedBy, Member, Moment, Team, Terms};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use super::form::{Sent, TypedDate};
use super::page::{Menu, Page};
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, Involve, Involved};
use crate::clock::end_of;
use crate::error::named;
use crate::{AppError, FieldProblem};

/// Who can see a matter, or could, in a line.
#[derive(Debug, Serialize)]
pub struct InvolvedLine {
    who: String,
    way: &'static str,
    until: String,
    given: String,
    why: String,
    /// What ends it.
    by: String,
    /// Whether whoever reads the page may.
    ends: bool,
}

impl InvolvedLine {
    pub(super) fn new(one: &Involved) -> Self {
        let (way, by) = match one.involvement.by {
            InvolvedBy::Assignment(member) => ("it is assigned to them", format!("assignment:{member}")),
            InvolvedBy::Team(team) => ("everybody in this team", format!("team:{team}")),
            InvolvedBy::Invitation(member) => ("they were invited", format!("invitation:{member}")),
        };
        let job = Some(one.role_title.as_str()).filter(|job| !job.is_empty());
        Self {
            who: job.map_or_else(|| one.name.clone(), |job| format!("{}, {job}", one.name)),
            way,
            until: one.involvement.until.map(words::until).unwrap_or_default(),
            given: format!("{}, by {}", words::moment(one.involvement.given_at), one.given_by),
            why: one.involvement.why.clone(),
            by,
            ends: one.may_end,
        }
    }

    pub(super) fn sample(until: &str) -> Self {
        Self {
            who: "Amina Hart, School nurse".into(),
            way: "they were invited",
            until: until.into(),
            given: "1 November 2026, 9:00am, by Tom Birchall".into(),
            why: "She sees the children at the clinic".into(),
            by: "invitation:0198a".into(),
            ends: true,
        }
    }
}

/// Who can see a matter at this moment, and who no longer can.
pub(super) fn lines(involved: &[Involved], now: Moment) -> (Vec<InvolvedLine>, Vec<InvolvedLine>) {
    let (running, over): (Vec<&Involved>, Vec<&Involved>) = involved.iter().partition(|one| one.involvement.runs(now));
    let lines = |of: Vec<&Involved>| of.into_iter().map(InvolvedLine::new).collect();
    (lines(running), lines(over))
}

/// The page to open a matter to somebody.
#[derive(Debug, Serialize)]
pub struct InvolvePage {
    errors: Vec<ErrorLine>,
    id: String,
    fields: Vec<Field>,
}

impl InvolvePage {
    fn of(id: &str, (found, teams): (&[Member], &[Team]), sent: &Sent, problems: &[FieldProblem]) -> Self {
        Self {
            errors: error_lines(problems, &["until"]),
            id: id.to_owned(),
            fields: fields(found, teams, sent).into_iter().map(|field| field.with(problems)).collect(),
        }
    }
}

fn fields(found: &[Member], teams: &[Team], sent: &Sent) -> Vec<Field> {
    let chosen = sent.text("way");
    let way = |value: &str, text: &str, hint: &str| Choice::new(value, text, hint, chosen == value);
    let mut ways = vec![
        way("invite", "Invite a colleague", "They see the matter and work on it, for a time."),
        way("assign", "Assign it to a colleague as well", "They are responsible for it too."),
        way("hand-on", "Hand it on to a colleague", "It is assigned to them, and you no longer see it."),
    ];
    if !teams.is_empty() {
        ways.push(way("team", "Give it to a team", "Everybody in the team sees it, whoever joins later too."));
    }
    let mut fields = vec![
        Field::radios("way", "What do you want to do?", ways),
        Field::text("name", "Your colleague’s name", sent.text("name"))
            .hint("A part of it is enough. Only those who work with cases are found."),
    ];
    if !found.is_empty() {
        let member = sent.text("member");
        let choice = |one: &Member| {
            let id = one.id.to_string();
            let checked = id == member;
            Choice::new(id, &one.name, &one.role_title, checked)
        };
        fields.push(Field::radios("member", "Which of these colleagues?", found.iter().map(choice).collect()));
    }
    if !teams.is_empty() {
        let team = sent.text("team");
        let choice = |one: &Team| Choice::new(one.id.to_string(), &one.name, "", one.id.to_string() == team);
        let groups = vec![Group { label: "Teams".to_owned(), choices: teams.iter().map(choice).collect() }];
        let control = Control::Grouped { groups, blank: "Choose one", unsure: None };
        fields.push(Field::new("team", "Which team?", control).hint("Only when you give it to a team."));
    }
    fields.push(
        Field::date("until", "Until when?", sent.typed_date("until"))
            .hint("At the end of this day it is over by itself. For an invitation or a team, three months are filled in. An assignment has no end, unless you choose another day."),
    );
    fields.push(
        Field::text("why", "Why do they need to know?", sent.text("why"))
            .hint("It stands beside their name for all who see this matter."),
    );
    fields
}

/// The day that is filled in: an invitation, or what a team was given, is over after three months, unless somebody chooses otherwise.
fn in_three_months(today: Date) -> Option<Date> {
    today.checked_add(3.months()).ok()
}

/// The form as it is before anybody types.
fn blank_form(today: Date) -> Sent {
    let TypedDate { day, month, year } = TypedDate::of(in_three_months(today));
    let fields = [("until-day", day), ("until-month", month), ("until-year", year)];
    Sent::of(fields.map(|(name, value)| (name.to_owned(), value)))
}

/// The last day that was chosen. What was only filled in ends no assignment; a form that was opened before midnight carries yesterday's.
fn chosen(way: &str, typed: Option<Date>, today: Date) -> Option<Date> {
    let assigns = matches!(way, "assign" | "hand-on");
    let filled_in = [Some(today), today.yesterday().ok()].into_iter().flatten().filter_map(in_three_months);
    typed.filter(|day| !(assigns && filled_in.clone().any(|filled| filled == *day)))
}

impl Page for InvolvePage {
    const TEMPLATE: &'static str = "matter/involve.html";
    const MENU: Menu = Menu::Matters;

    fn title(&self) -> String {
        "Open this matter to somebody".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problem = |field: &str, message: &str| FieldProblem { field: field.into(), message: message.into() };
        let problems = [problem("member", "Choose one of them."), problem("why", "Say why they need to know.")];
        let with = |problems: &[FieldProblem], choices: Vec<Choice>| {
            let mut page = Self::of("0198d", (&[], &[]), &Sent::default(), problems);
            if !choices.is_empty() {
                page.fields.insert(2, Field::radios("member", "Which of these colleagues?", choices).with(problems));
            }
            page
        };
        let choices = || vec![Choice::new("0198a", "Amina Hart", "School nurse", false)];
        vec![("empty", with(&[], Vec::new())), ("in error", with(&problems, choices()))]
    }
}

/// Those who work with cases and are called so.
fn called(members: Vec<Member>, name: &str) -> Vec<Member> {
    let wanted = name.to_lowercase();
    let mut found = members;
    found.retain(|one| {
        one.does_casework()
            && one.membership == casework::Membership::Active
            && one.name.to_lowercase().contains(&wanted)
    });
    found
}

fn problem(field: &str, message: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), message: message.to_owned() }
}

/// `GET /matters/{matter}/involve`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    actions::matter_to_open(visit.app(), actor, named(&id)?).await?;
    let teams = actions::teams(visit.app(), actor).await?;
    let blank = blank_form(visit.app().clock.today());
    Ok(visit.page(&InvolvePage::of(&id, (&[], &teams), &blank, &[])))
}

/// Whom the form means, or what is still to be said; and the colleagues to choose from.
fn whom(sent: &Sent, members: Vec<Member>) -> Result<Involve, (Vec<Member>, FieldProblem)> {
    let way = sent.text("way");
    if way == "team" {
        let team = sent.text("team").parse();
        return team.map(Involve::Team).map_err(|_| (Vec::new(), problem("team", "Choose a team.")));
    }
    let involve = match way.as_str() {
        "invite" => Involve::Invite,
        "assign" => Involve::Assign,
        "hand-on" => Involve::HandOn,
        _ => return Err((Vec::new(), problem("way", "Choose what you want to do."))),
    };
    let name = sent.text("name");
    if name.is_empty() {
        return Err((Vec::new(), problem("name", "Enter your colleague’s name, or a part of it.")));
    }
    let found = called(members, &name);
    let chosen = sent.text("member");
    match found.as_slice() {
        [] => {
            let nobody = "Nobody of this name works with cases here. Check the spelling, or ask your administrator.";
            Err((found, problem("name", nobody)))
        }
        [one] => Ok(involve(one.id)),
        _ => match found.iter().find(|one| one.id.to_string() == chosen) {
            Some(one) => Ok(involve(one.id)),
            None => Err((found, problem("member", "Several colleagues are called so. Choose one of them."))),
        },
    }
}

/// `POST /matters/{matter}/involve`
pub(super) async fn involve(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    // Whoever may not see the matter is turned away before anything is said about the form.
    actions::matter_to_open(visit.app(), actor, matter).await?;
    let teams = actions::teams(visit.app(), actor).await?;
    let again = |found: &[Member], problems: &[FieldProblem]| {
        visit.page(&InvolvePage::of(&id, (found, &teams), &sent, problems))
    };
    let typed = sent.typed_date("until");
    let day = typed.read();
    let no_day = !typed.is_blank() && day.and_then(end_of).is_none();
    let no_day = no_day.then(|| problem("until", "Enter a real date, like 23 11 2026, or leave it empty."));
    let until = chosen(&sent.text("way"), day, visit.app().clock.today()).and_then(end_of);
    let limits = Terms { until, why: sent.text("why") };
    // Where nobody is named yet, what is wrong with the rest is said all the same.
    let now = visit.app().clock.now();
    let of_limits = || limits.problems(now).iter().map(FieldProblem::of).collect::<Vec<_>>();
    let whom = match (whom(&sent, actions::members(visit.app(), actor).await?), no_day) {
        (Ok(whom), None) => whom,
        (whom, no_day) => {
            let (found, of_whom) = whom.err().map_or((Vec::new(), None), |(found, problem)| (found, Some(problem)));
            let problems: Vec<_> = of_whom.into_iter().chain(no_day).chain(of_limits()).collect();
            return Ok(again(&found, &problems));
        }
    };
    match actions::involve(visit.app(), actor, matter, whom, &limits).await {
        Ok(_) if matches!(whom, Involve::HandOn(_)) => Ok(go_on("/matters?done=handed-on")),
        Ok(_) => Ok(go_on(&format!("/matters/{id}?done=opened"))),
        Err(AppError::Invalid(problems)) => {
            // The colleague was found by the name, so that is the field to go to.
            let at_name = |problem: FieldProblem| match problem.field.as_str() {
                "member" => FieldProblem { field: "name".to_owned(), ..problem },
                _ => problem,
            };
            Ok(again(&[], &problems.into_iter().map(at_name).collect::<Vec<_>>()))
        }
        Err(error) => Err(error.into()),
    }
}

fn involved_by(text: &str) -> Option<InvolvedBy> {
    let (way, id) = text.split_once(':')?;
    match way {
        "assignment" => id.parse().ok().map(InvolvedBy::Assignment),
        "team" => id.parse().ok().map(InvolvedBy::Team),
        "invitation" => id.parse().ok().map(InvolvedBy::Invitation),
        _ => None,
    }
}

/// `POST /matters/{matter}/involvement/end`
pub(super) async fn end(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, matter) = (visit.actor()?, named(&id)?);
    let by = involved_by(&sent.text("by")).ok_or(AppError::NotFound)?;
    match actions::end_involvement(visit.app(), actor, matter, by).await {
        Ok(changed) => {
            let may_still = actions::matter(visit.app(), actor, changed.id).await.is_ok();
            Ok(go_on(&if may_still { format!("/matters/{id}?done=ended") } else { "/matters?done=left".to_owned() }))
        }
        Err(AppError::Invalid(problems)) => {
            super::matters::shown(&visit, matter, &Sent::default(), &problems, "").await
        }
        Err(error) => Err(error.into()),
    }
}
