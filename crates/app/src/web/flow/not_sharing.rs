//! Not sharing, delaying and doing nothing are decisions too: each is recorded in under a minute (DEC-15).

use axum::extract::Query;
use axum::response::Response;
use casework::{Choice as Decided, Correction, Decision, DecisionId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::record::{NAMED_HINT, maybe_date, named, recipient};
use crate::actions::{self, OnMatter, RecordNotSharing, Whom};
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::{Sent, TypedDate};
use crate::web::page::{Menu, Page};
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

/// The short form.
#[derive(Debug, Serialize)]
pub struct NotSharingPage {
    errors: Vec<ErrorLine>,
    /// The id that the record will have, so that a form that is sent twice is recorded once.
    id: String,
    /// The quick record that this one corrects.
    corrects: String,
    first: Vec<Field>,
    more: Vec<Field>,
    more_open: bool,
}

const DATE: &str = "look_again_on";
/// The field and the part of the address that name the record to correct.
const CORRECTS: &str = "corrects";

impl NotSharingPage {
    fn new(sent: &Sent, id: String, problems: &[FieldProblem]) -> Self {
        let chosen = sent.text("choice");
        let choice =
            |value: Decided, text: &str, hint: &str| Choice::new(value.word(), text, hint, chosen == value.word());
        let choices = vec![
            choice(Decided::DoNotShare, "I am not sharing", ""),
            choice(
                Decided::Delay,
                "Not yet: I am waiting, or doing nothing for now",
                "Say below when you will look at it again.",
            ),
            choice(Decided::AskAdvice, "I am asking for advice first", ""),
        ];
        let line = |name: &str, label: &str, hint: &str| Field::text(name, label, sent.text(name)).hint(hint);
        let long =
            |name: &str, label: &str, hint: &str, rows| Field::long(name, label, sent.text(name), rows).hint(hint);
        let with =
            |fields: Vec<Field>| -> Vec<Field> { fields.into_iter().map(|field| field.with(problems)).collect() };
        let more = with(vec![
            long("people", "Names of the people it is about", NAMED_HINT, 2),
            line("recipient_organisation", "Who asked: which organisation?", ""),
            line("recipient_name", "Which person or team?", ""),
            long("requester_discussion", "What you said to each other", "", 2),
            Field::date(DATE, "When will you look at this again?", sent.typed_date(DATE)),
        ]);
        let corrects = sent.text(CORRECTS);
        let why = long("why", "What was wrong with the earlier record?", "Both stay visible.", 3);
        let why = (!corrects.is_empty()).then_some(why);
        let first = why.into_iter().chain([
            Field::radios("choice", "What do you decide?", choices),
            line("about", "Whom and what is this about, in a line?", "For example: a neighbour asked about a pupil"),
            long("reasons", "Why?", "A sentence or two is enough.", 3),
        ]);
        Self {
            errors: error_lines(problems, &[DATE]),
            id,
            first: with(first.collect()),
            more_open: !corrects.is_empty() || more.iter().any(|field| field.error.is_some()),
            more,
            corrects,
        }
    }
}

impl Page for NotSharingPage {
    const TEMPLATE: &'static str = "decide/not-sharing.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        let title = if self.corrects.is_empty() {
            "Record that you are not sharing, or not yet"
        } else {
            "Correct this record"
        };
        title.to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "reasons".into(), message: "Give your reasons.".into() }];
        let page = |corrects: &str, problems: &[FieldProblem]| {
            Self::new(&Sent::of([(CORRECTS.to_owned(), corrects.to_owned())]), "0198e".into(), problems)
        };
        vec![("empty", page("", &[])), ("in error", page("", &problems)), ("correcting", page("0198c", &[]))]
    }
}

/// The record that the page corrects, if any.
#[derive(Debug, Deserialize)]
pub struct Correcting {
    corrects: Option<String>,
}

/// `GET /decide/not-sharing`, empty or with the quick record that is to be corrected.
pub async fn page(visit: Visit, Query(asked): Query<Correcting>) -> Result<Response, Stopped> {
    let filled = if let Some(id) = asked.corrects {
        as_recorded(&earlier(&visit, &id).await?)
    } else {
        actions::may_start(visit.actor()?)?;
        Sent::default()
    };
    Ok(visit.page(&NotSharingPage::new(&filled, new_id(&visit)?, &[])))
}

fn new_id(visit: &Visit) -> Result<String, AppError> {
    Ok(visit.app().clock.id(DecisionId::new)?.to_string())
}

async fn earlier(visit: &Visit, id: &str) -> Result<Decision, Stopped> {
    let id: DecisionId = crate::error::named(id)?;
    let decision = actions::decision_to_correct(visit.app(), visit.actor()?, id).await?.decision;
    // What was decided with advice is corrected by answering again.
    if decision.advice.is_some() { Err(AppError::NotFound.into()) } else { Ok(decision) }
}

/// The form as it would have been filled in.
fn as_recorded(decision: &Decision) -> Sent {
    let requester = decision.recipient.clone().unwrap_or_default();
    let look_again = TypedDate::of(decision.look_again_on);
    let fields = [
        (CORRECTS, decision.id.to_string()),
        ("choice", decision.own.choice.word().to_owned()),
        ("about", decision.about.clone()),
        ("reasons", decision.own.reasons.clone()),
        ("recipient_organisation", requester.organisation),
        ("recipient_name", requester.name),
        ("requester_discussion", decision.requester_discussion.clone()),
        ("look_again_on-day", look_again.day),
        ("look_again_on-month", look_again.month),
        ("look_again_on-year", look_again.year),
    ];
    Sent::of(fields.map(|(name, value)| (name.to_owned(), value)))
}

fn command(sent: &Sent, today: Date, corrects: Option<&Decision>) -> Result<RecordNotSharing, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    let mut need = |missing: bool, field: &str, message: &str| {
        if missing {
            problems.push(FieldProblem { field: field.into(), message: message.into() });
        }
    };
    let choice = sent.text("choice").parse::<Decided>();
    let empty = |name: &str| sent.text(name).is_empty();
    need(corrects.is_some() && empty("why"), "why", "Say what was wrong with the earlier record.");
    need(choice.is_err(), "choice", "Say what you decide.");
    need(empty("about"), "about", "Say in a line whom and what this is about.");
    need(empty("reasons"), "reasons", "Give your reasons.");
    let named = named(&sent.text("people"), today, &mut problems);
    let look_again_on = maybe_date(sent, DATE, &mut problems);
    let Some(choice) = choice.ok().filter(|_| problems.is_empty()) else { return Err(problems) };
    let known = corrects.into_iter().flat_map(|earlier| &earlier.people).map(|person| Whom::Known(*person));
    let new = || OnMatter::New { title: String::new() };
    Ok(RecordNotSharing {
        matter: corrects.map_or_else(new, |earlier| OnMatter::Existing(earlier.matter)),
        people: known.chain(named).collect(),
        about: sent.text("about"),
        choice,
        reasons: sent.text("reasons"),
        requester: recipient(sent, None),
        requester_discussion: sent.text("requester_discussion"),
        look_again_on,
        corrects: corrects.map(|earlier| Correction { decision: earlier.id, why: sent.text("why") }),
        // The page chose it, so that pressing twice records once.
        id: sent.text("id").parse().ok(),
    })
}

/// `POST /decide/not-sharing`
pub async fn record(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let corrects = match sent.maybe(CORRECTS) {
        Some(id) => Some(earlier(&visit, &id).await?),
        None => None,
    };
    let recorded = match command(&sent, visit.app().clock.today(), corrects.as_ref()) {
        Ok(command) => actions::record_not_sharing(visit.app(), actor, command).await,
        Err(problems) => Err(AppError::Invalid(problems)),
    };
    let again = |id: String, problems: &[FieldProblem]| Ok(visit.page(&NotSharingPage::new(&sent, id, problems)));
    match recorded {
        Ok(decision) => Ok(go_on(&format!("/decisions/{}", decision.id))),
        Err(AppError::Invalid(problems)) => again(sent.maybe("id").map_or_else(|| new_id(&visit), Ok)?, &problems),
        Err(AppError::Conflict) => {
            let message = "You recorded this page before, with other words. To put that record right, open it under My work and correct it. \
                           To record this as another decision, press the button again.";
            again(new_id(&visit)?, &[FieldProblem { field: "about".into(), message: message.into() }])
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use casework::NewPerson;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn people_are_named_with_their_date_of_birth_after_a_comma() {
        let mut problems = Vec::new();
        let people =
            named("Sam Hart, 4 3 2017\n\nHart, Robin\nJay, born 5 May 2019", date(2026, 11, 23), &mut problems);
        let new = |one: &Whom| match one {
            Whom::New(NewPerson { name, date_of_birth, .. }) => (name.clone(), *date_of_birth),
            Whom::Known(_) => (String::new(), None),
        };
        assert_eq!(problems, []);
        assert_eq!(
            people.iter().map(new).collect::<Vec<_>>(),
            [
                ("Sam Hart".to_owned(), Some(date(2017, 3, 4))),
                ("Hart, Robin".to_owned(), None),
                ("Jay".to_owned(), Some(date(2019, 5, 5))),
            ]
        );
        named("Sam, 31 2 2017\nRobin, 1 1 2030", date(2026, 11, 23), &mut problems);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
