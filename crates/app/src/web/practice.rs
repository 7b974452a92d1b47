//! Practice (LRN-4): worked stories to try. One gives one's own answer and compares it with the reasoned one; nothing is recorded.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use guidance::case::{Answers, ItemDocument};
use guidance::pack::{Pack, Story};
use guidance::words::{AdviceView, EntryView, ItemView, StepView};
use guidance::{CaseDocument, Verdict};
use jiff::civil::Date;
use serde::Serialize;

use super::fields::{Choice, ErrorLine, Field, error_lines};
use super::flow;
use super::form::Sent;
use super::guidance::{Link, to_entry, to_question};
use super::page::{Menu, Page};
use super::{Site, Stopped, Visit, words};
use crate::{AppError, FieldProblem, actions};

/// The addresses of practice.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/practice", get(stories)).route("/practice/{id}", get(story).post(compare))
}

/// A story in the list.
#[derive(Debug, Serialize)]
pub struct Listed {
    link: Link,
    begins: String,
}

/// The stories to choose from.
#[derive(Debug, Serialize)]
pub struct PracticePage {
    stories: Vec<Listed>,
}

impl PracticePage {
    fn new(pack: &Pack) -> Self {
        let listed = |story: &Story| Listed {
            link: Link::new(format!("/practice/{}", story.id), &story.title),
            begins: story.story.split_inclusive(". ").next().unwrap_or_default().trim().to_owned(),
        };
        Self { stories: pack.stories.iter().map(listed).collect() }
    }
}

impl Page for PracticePage {
    const TEMPLATE: &'static str = "practice/stories.html";
    const MENU: Menu = Menu::Practice;

    fn title(&self) -> String {
        "Practice".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        super::guidance::sampled(|pack| vec![("stories", Self::new(pack)), ("none", Self { stories: Vec::new() })])
    }
}

/// `GET /practice`
async fn stories(visit: Visit) -> Response {
    visit.page(&PracticePage::new(visit.app().pack()))
}

/// One's own answer beside the reasoned one.
#[derive(Debug, Serialize)]
pub struct Compared {
    own: String,
    reasoned: String,
    same: bool,
    tone: &'static str,
    discussion: String,
    advice: AdviceView,
    law: Vec<LawCompared>,
    law_differs: usize,
    path: Vec<StepView>,
    items: Vec<ItemView>,
    answers: Vec<(Link, String)>,
}

/// A law that was offered: whether one chose it, and whether it fits.
#[derive(Debug, Serialize)]
pub struct LawCompared {
    link: Link,
    cite: String,
    chosen: bool,
    fits: bool,
    says: &'static str,
    why: String,
}

/// A story: to read, to answer, and after that to compare.
#[derive(Debug, Serialize)]
pub struct StoryPage {
    id: String,
    title: String,
    paragraphs: Vec<String>,
    on: String,
    errors: Vec<ErrorLine>,
    verdict: Field,
    law: Field,
    compared: Option<Compared>,
    next: Option<Link>,
    /// The story's answers, sealed, to be walked through in the flow.
    walk: Option<String>,
    first: String,
}

/// The most laws that a story offers to choose from.
const MOST_OFFERED: usize = 8;

/// What each law of a story comes to, under the law of the story's day.
fn reasoned(pack: &Pack, story: &Story, today: Date) -> Result<actions::Advised, AppError> {
    actions::advise(pack, document(story), today)
}

/// A story's answers, as a case.
fn document(story: &Story) -> CaseDocument {
    let answers =
        |values: &[String]| if let [one] = values { Answers::One(one.clone()) } else { Answers::Many(values.to_vec()) };
    let item = |item: &guidance::pack::StoryItem| ItemDocument {
        text: item.text.clone(),
        fields: item.fields.iter().cloned().collect(),
    };
    CaseDocument {
        on: story.on,
        facts: story.facts.iter().map(|(fact, values)| (fact.clone(), answers(values))).collect(),
        texts: story.texts.iter().cloned().collect(),
        items: story.items.iter().map(item).collect(),
    }
}

/// A few laws to choose from: some that fit, and some that look as if they might, in the order of the register.
fn offered(pack: &Pack, story: &Story, view: &AdviceView) -> Vec<String> {
    let carries = |entry: &&EntryView| ["gateway", "article-6", "confidence"].contains(&entry.role.as_str());
    let fitting = view.rely_on.iter().filter(carries).take(MOST_OFFERED / 2).map(|entry| entry.id.clone());
    let mut chosen: Vec<String> = fitting.collect();
    let fits = |id: &str| view.rely_on.iter().any(|entry| entry.id == id);
    let tempting = story.not_rely_on.iter().filter(|id| pack.entry(id).is_some()).cloned();
    let near = view.nearly.iter().chain(&view.not_fitting).filter(carries).map(|entry| entry.id.clone());
    for id in tempting.chain(near) {
        if chosen.len() < MOST_OFFERED && !chosen.contains(&id) && !fits(&id) {
            chosen.push(id);
        }
    }
    chosen.sort_by_key(|id| pack.entry_index(id));
    chosen
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Share => "share",
        Verdict::ShareAnonymised => "share-limited",
        Verdict::Advice => "ask",
        Verdict::DoNotShare => "do-not-share",
        Verdict::Incomplete => "more-needed",
    }
}

fn titled(pack: &Pack, verdict: Verdict) -> String {
    pack.verdicts
        .iter()
        .find(|words| words.id == verdict.id())
        .map_or_else(|| verdict.id().to_owned(), |words| words.title.clone())
}

fn says(chosen: bool, fits: bool) -> &'static str {
    match (chosen, fits) {
        (true, true) => "You chose it, and it fits.",
        (true, false) => "You chose it. It does not fit here.",
        (false, true) => "It fits here as well.",
        (false, false) => "It does not fit here, and you left it out.",
    }
}

impl StoryPage {
    fn new(pack: &Pack, story: &Story, advised: &actions::Advised, answer: Option<(&str, &[String])>) -> Self {
        let (own, laws) = answer.unwrap_or_default();
        let mut problems = Vec::new();
        let verdict = Verdict::from_id(own);
        if answer.is_some() && verdict.is_none() {
            problems.push(FieldProblem {
                field: "verdict".into(),
                message: "Choose what you would do. A guess is fine.".into(),
            });
        }
        let choices = Verdict::ALL.into_iter().map(|one| {
            let meaning =
                pack.verdicts.iter().find(|words| words.id == one.id()).map_or("", |words| words.meaning.as_str());
            Choice::new(one.id(), titled(pack, one), meaning, verdict == Some(one))
        });
        let ids = offered(pack, story, &advised.view);
        let entries = ids.iter().filter_map(|id| pack.entry(id));
        let law =
            entries.map(|entry| Choice::new(&entry.id, &entry.title, &entry.cite, laws.contains(&entry.id))).collect();
        let at = pack.stories.iter().position(|one| one.id == story.id);
        let next = at
            .and_then(|at| pack.stories.get(at + 1))
            .map(|next| Link::new(format!("/practice/{}", next.id), &next.title));
        Self {
            id: story.id.clone(),
            title: story.title.clone(),
            paragraphs: story
                .story
                .split("\n\n")
                .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect(),
            on: story.on.map(words::day).unwrap_or_default(),
            errors: error_lines(&problems, &[]),
            verdict: Field::radios("verdict", "What would you do?", choices.collect()).with(&problems),
            law: Field::new(
                "law",
                "Which of these would you rely on?",
                super::fields::Control::Checkboxes { choices: law },
            )
            .hint("Choose any that you think fit. Choose none if you think that none does, or if you do not know."),
            compared: verdict.map(|verdict| compared(pack, story, advised, verdict, &ids, laws)),
            next,
            walk: None,
            first: pack.questions.first().map(|question| question.id.clone()).unwrap_or_default(),
        }
    }
}

fn compared(
    pack: &Pack,
    story: &Story,
    advised: &actions::Advised,
    own: Verdict,
    offered: &[String],
    laws: &[String],
) -> Compared {
    let view = advised.view.clone();
    let law: Vec<LawCompared> = offered
        .iter()
        .filter_map(|id| pack.entry(id))
        .map(|entry| {
            let chosen = laws.contains(&entry.id);
            let judged =
                view.rely_on.iter().chain(&view.nearly).chain(&view.not_fitting).find(|judged| judged.id == entry.id);
            let fits = view.rely_on.iter().any(|fitting| fitting.id == entry.id);
            LawCompared {
                link: to_entry(entry),
                cite: entry.cite.clone(),
                chosen,
                fits,
                says: says(chosen, fits),
                why: judged.map(|judged| judged.why.join(" ")).unwrap_or_default(),
            }
        })
        .collect();
    let answers = story.facts.iter().filter_map(|(id, values)| {
        let fact = pack.fact(id)?;
        let label = |value: &String| match value.as_str() {
            "unsure" => Some("not sure"),
            value => fact.values.iter().find(|one| one.id == value).map(|one| one.label.as_str()),
        };
        let labels: Vec<&str> = values.iter().filter_map(label).collect();
        let link = pack.question_asking(id).map_or_else(|| Link::new("", ""), to_question);
        Some((link.saying(&fact.label), labels.join("; ")))
    });
    Compared {
        own: titled(pack, own),
        reasoned: titled(pack, advised.advice.verdict),
        same: own == advised.advice.verdict,
        tone: tone(advised.advice.verdict),
        discussion: story.discussion.clone(),
        law_differs: law.iter().filter(|law| law.chosen != law.fits).count(),
        law,
        path: view.explanation.clone(),
        items: view.items.clone(),
        answers: answers.collect(),
        advice: view,
    }
}

impl Page for StoryPage {
    const TEMPLATE: &'static str = "practice/story.html";
    const MENU: Menu = Menu::Practice;

    fn title(&self) -> String {
        if self.compared.is_some() { format!("{}: compare", self.title) } else { self.title.clone() }
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        super::guidance::sampled(|pack| {
            let today = jiff::civil::date(2026, 11, 23);
            let mut samples = Vec::new();
            for story in &pack.stories {
                let Ok(advised) = reasoned(pack, story, today) else { continue };
                let chosen = offered(pack, story, &advised.view);
                samples.push(("to read", Self::new(pack, story, &advised, None)));
                samples.push(("compared", Self::new(pack, story, &advised, Some(("advice", &chosen)))));
                samples.push(("without an answer", Self::new(pack, story, &advised, Some(("", &[])))));
            }
            samples
        })
    }
}

fn find<'p>(visit: &'p Visit, id: &str) -> Result<(&'p Pack, &'p Story, actions::Advised), AppError> {
    let pack = visit.app().pack();
    let story = pack.stories.iter().find(|story| story.id == id).ok_or(AppError::NotFound)?;
    Ok((pack, story, reasoned(pack, story, visit.app().clock.today())?))
}

/// `GET /practice/{id}`
async fn story(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let (pack, story, advised) = find(&visit, &id)?;
    Ok(visit.page(&StoryPage::new(pack, story, &advised, None)))
}

/// `POST /practice/{id}`: compares. Nothing of it is kept.
async fn compare(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (pack, story, advised) = find(&visit, &id)?;
    let laws = sent.all("law");
    let mut page = StoryPage::new(pack, story, &advised, Some((&sent.text("verdict"), &laws)));
    if page.compared.is_some() {
        page.walk = Some(flow::begun_with(&visit, actions::new_draft(visit.app(), &document(story))?)?);
    }
    Ok(visit.page(&page))
}
