//! The whole decision at a glance: the task list, and the answers to check.

use guidance::pack::QuestionKind;
use serde::Serialize;

use super::answers::in_words;
use super::journey::{Journey, Status, Way};
use super::now::{ActNow, acts};
use crate::AppError;
use crate::web::Visit;
use crate::web::page::{Menu, Page};

/// A stage with its questions.
#[derive(Debug, Serialize)]
pub struct StageTasks {
    title: String,
    summary: String,
    tasks: Vec<Task>,
}

/// A question in the task list.
#[derive(Debug, Serialize)]
pub struct Task {
    id: String,
    title: String,
    status: Status,
}

/// The task list.
#[derive(Debug, Serialize)]
pub struct TasksPage {
    way: Way,
    acts: Vec<ActNow>,
    stages: Vec<StageTasks>,
    answered: usize,
    asked: usize,
    /// The first question that is still open.
    next: Option<String>,
}

impl TasksPage {
    /// The task list of a journey.
    pub fn new(visit: &Visit, journey: &Journey<'_>) -> Result<Self, AppError> {
        let asked = journey.asked()?;
        let open = |status: Status| matches!(status, Status::Open | Status::Partly);
        let next = asked.iter().find(|question| open(journey.status(question))).map(|question| question.id.clone());
        let stages = journey.pack.stages.iter().map(|stage| StageTasks {
            title: stage.title.clone(),
            summary: stage.summary.clone(),
            tasks: asked
                .iter()
                .filter(|question| question.stage == stage.id)
                .map(|question| Task {
                    id: question.id.clone(),
                    title: question.title.clone(),
                    status: journey.status(question),
                })
                .collect(),
        });
        Ok(Self {
            way: journey.way.clone(),
            acts: acts(visit, journey, &journey.advised()?),
            stages: stages.filter(|stage| !stage.tasks.is_empty()).collect(),
            answered: asked.iter().filter(|question| !open(journey.status(question))).count(),
            asked: asked.len(),
            next,
        })
    }
}

impl Page for TasksPage {
    const TEMPLATE: &'static str = "decide/tasks.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "This decision, step by step".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let task = |status| Task { id: "danger-now".into(), title: "Is anyone in danger now?".into(), status };
        let page = |way, next| Self {
            way,
            acts: vec![],
            stages: vec![StageTasks {
                title: "Danger first".into(),
                summary: "What must be done first.".into(),
                tasks: [Status::Answered, Status::NotSure, Status::Partly, Status::Open]
                    .into_iter()
                    .map(task)
                    .collect(),
            }],
            answered: 2,
            asked: 4,
            next,
        };
        vec![
            ("open", page(Way::Kept { id: "0198a".into() }, Some("danger-now".into()))),
            ("all answered", page(Way::Talk { state: "c2VhbGVk".into() }, None)),
        ]
    }
}

/// An answer to check.
#[derive(Debug, Serialize)]
pub struct Row {
    key: String,
    values: Vec<String>,
    question: String,
}

/// The answers of a stage.
#[derive(Debug, Serialize)]
pub struct StageRows {
    title: String,
    rows: Vec<Row>,
}

/// The answers to check before the result.
#[derive(Debug, Serialize)]
pub struct CheckPage {
    way: Way,
    acts: Vec<ActNow>,
    stages: Vec<StageRows>,
    back: Option<String>,
}

impl CheckPage {
    /// The answers of a journey.
    pub fn new(visit: &Visit, journey: &Journey<'_>) -> Result<Self, AppError> {
        let asked = journey.asked()?;
        let mut stages = Vec::new();
        for stage in &journey.pack.stages {
            let mut rows = Vec::new();
            for question in asked.iter().filter(|question| question.stage == stage.id) {
                let row =
                    |key: &str, values: Vec<String>| Row { key: key.to_owned(), values, question: question.id.clone() };
                if question.kind == QuestionKind::Items {
                    let items = journey.draft.items.iter().map(|item| item.entry.text.clone()).collect();
                    rows.push(row("Pieces of information", items));
                }
                for fact in question.facts.iter().filter_map(|id| journey.pack.fact(id)) {
                    rows.push(row(&fact.label, in_words(journey.pack, fact, &journey.draft)));
                }
                for text in &question.texts {
                    let written = journey.draft.texts.get(&text.id).filter(|written| !written.is_empty());
                    rows.extend(written.map(|written| row(&text.label, vec![written.clone()])));
                }
            }
            if !rows.is_empty() {
                stages.push(StageRows { title: stage.title.clone(), rows });
            }
        }
        Ok(Self {
            way: journey.way.clone(),
            acts: acts(visit, journey, &journey.advised()?),
            stages,
            back: asked.last().map(|question| question.id.clone()),
        })
    }
}

impl Page for CheckPage {
    const TEMPLATE: &'static str = "decide/check.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Check your answers".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |values: &[&str]| Row {
            key: "Danger now".into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            question: "danger-now".into(),
        };
        let page = |way| Self {
            way,
            acts: vec![],
            stages: vec![StageRows {
                title: "Danger first".into(),
                rows: vec![row(&["No"]), row(&["One", "Two"]), row(&[])],
            }],
            back: Some("method".into()),
        };
        vec![("kept", page(Way::Kept { id: "0198a".into() })), ("talk", page(Way::Talk { state: "c2VhbGVk".into() }))]
    }
}
