//! One question of the pack on one page.

use guidance::pack::Question;
use serde::Serialize;

use super::answers::fields;
use super::journey::{Journey, Way};
use super::now::{ActNow, acts};
use crate::web::Visit;
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::page::{Menu, Page};
use crate::web::words::day;
use crate::{AppError, FieldProblem};

/// A myth with its answer, or the signs of one kind of abuse.
#[derive(Debug, Serialize)]
pub struct Myth {
    title: String,
    answer: String,
}

/// The signs of one kind of abuse.
#[derive(Debug, Serialize)]
pub struct Signs {
    title: String,
    signs: Vec<String>,
}

/// The organisation's own procedure for this step (GOV-6).
#[derive(Clone, Debug, Serialize)]
pub struct OwnProcedure {
    title: String,
    text: String,
    link: Option<String>,
    owner: String,
    review_on: String,
}

/// A question's page.
#[derive(Debug, Serialize)]
pub struct QuestionPage {
    way: Way,
    errors: Vec<ErrorLine>,
    acts: Vec<ActNow>,
    id: String,
    stage: String,
    question: String,
    lead: String,
    why: String,
    source: String,
    fields: Vec<Field>,
    later: bool,
    signs: Vec<Signs>,
    myths: Vec<Myth>,
    procedure: Option<OwnProcedure>,
    /// The page before: a question's id, or none for the first.
    back: Option<String>,
}

/// The procedure that the organisation attached to a step.
pub fn own_procedure(journey: &Journey<'_>, step: &str) -> Option<OwnProcedure> {
    journey.organisation.procedures.get(step).map(|procedure| OwnProcedure {
        title: procedure.title.clone(),
        text: procedure.text.clone(),
        link: procedure.link.clone(),
        owner: procedure.owner.clone(),
        review_on: day(procedure.review_on),
    })
}

/// The title of a question's stage.
pub fn stage_title(journey: &Journey<'_>, question: &Question) -> String {
    journey
        .pack
        .stages
        .iter()
        .find(|stage| stage.id == question.stage)
        .map(|stage| stage.title.clone())
        .unwrap_or_default()
}

impl QuestionPage {
    /// The page of a question as the journey answers it.
    pub fn new(
        visit: &Visit,
        journey: &Journey<'_>,
        question: &Question,
        problems: &[FieldProblem],
    ) -> Result<Self, AppError> {
        let pack = journey.pack;
        let dates: Vec<String> =
            question.texts.iter().filter(|text| text.date).map(|text| super::answers::text_name(&text.id)).collect();
        let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
        let signs = pack.signs.iter().filter(|_| question.signs);
        let myths = pack.myths.iter().filter(|myth| question.myths.contains(&myth.id));
        Ok(Self {
            way: journey.way.clone(),
            errors: error_lines(problems, &dates),
            acts: acts(visit, journey, &journey.advised()?),
            id: question.id.clone(),
            stage: stage_title(journey, question),
            question: question.title.clone(),
            lead: question.lead.clone(),
            why: question.why.clone(),
            source: question.source.clone(),
            fields: fields(pack, question, &journey.draft, problems),
            later: question.later,
            signs: signs.map(|sign| Signs { title: sign.title.clone(), signs: sign.signs.clone() }).collect(),
            myths: myths.map(|myth| Myth { title: myth.title.clone(), answer: myth.answer.clone() }).collect(),
            procedure: own_procedure(journey, &question.id),
            back: journey.before(&question.id)?.map(|before| before.id.clone()),
        })
    }
}

impl Page for QuestionPage {
    const TEMPLATE: &'static str = "decide/question.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        self.question.clone()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::web::fields::{Choice, Control, Group};
        use crate::web::form::TypedDate;
        let choices = || {
            vec![
                Choice::new("yes", "Yes", "Ring 999 first.", true),
                Choice::or(),
                Choice::new("unsure", "Not sure", "", false),
            ]
        };
        let group = Group { label: "Health".into(), choices: vec![Choice::new("gp", "GP", "", true)] };
        let fields = || {
            vec![
                Field { label_hidden: true, ..Field::radios("fact-danger", "Is anyone in danger now?", choices()) },
                Field {
                    more: "Yes: today or tonight.".into(),
                    ..Field::new("fact-aim", "The aim", Control::Checkboxes { choices: choices() })
                },
                Field::new(
                    "fact-body",
                    "The recipient",
                    Control::Grouped { groups: vec![group.clone()], blank: "Choose one", unsure: Some("offered") },
                ),
                Field::text("text-name", "Name of the team", "Duty desk").hint("For example: front door team"),
                Field::long("text-words", "In your own words", "He said “no”.\n\nThen yes.", 4),
                Field::date(
                    "text-when",
                    "When",
                    TypedDate { day: "23".into(), month: "11".into(), year: "2026".into() },
                ),
            ]
        };
        let page = |way| Self {
            way,
            errors: Vec::new(),
            acts: vec![ActNow::sample()],
            id: "danger-now".into(),
            stage: "Danger first".into(),
            question: "Is anyone in danger now?".into(),
            lead: "If somebody could be hurt today, ring 999 now.".into(),
            why: "We ask this first because safety comes before everything else.".into(),
            source: "guidance §4".into(),
            fields: fields(),
            later: true,
            signs: vec![Signs { title: "Neglect".into(), signs: vec!["Often hungry".into()] }],
            myths: vec![Myth { title: "The law forbids it".into(), answer: "It does not.".into() }],
            procedure: Some(OwnProcedure {
                title: "Our first steps".into(),
                text: "Tell the safeguarding lead.".into(),
                link: Some("https://larkfield.example/first-steps".into()),
                owner: "Head teacher".into(),
                review_on: "1 September 2027".into(),
            }),
            back: Some("child-worry".into()),
        };
        let wrong =
            vec![FieldProblem { field: "fact-danger".into(), message: "Say whether anyone is in danger now.".into() }];
        let kept = || Way::Kept { id: "0198a".into() };
        let in_error = Self {
            errors: error_lines(&wrong, &[]),
            fields: fields().into_iter().map(|field| field.with(&wrong)).collect(),
            ..page(kept())
        };
        let bare = Self {
            acts: vec![],
            signs: vec![],
            myths: vec![],
            procedure: None,
            back: None,
            later: false,
            ..page(kept())
        };
        vec![
            ("kept", page(kept())),
            ("talk", page(Way::Talk { state: "c2VhbGVk".into() })),
            ("in error", in_error),
            ("bare", bare),
        ]
    }
}
