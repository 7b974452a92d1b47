//! The parts of the guidance that are simply read: pages, questions, rules, methods, myths, signs, schemes, changes and contacts.

use axum::extract::Path;
use axum::response::Response;
use guidance::pack::{Contact, Pack, Page as GuidancePage, Question, Scheme};
use guidance::search;
use serde::Serialize;

use super::links::{self, Link, to_question};
use super::sampled;
use crate::AppError;
use crate::web::page::{Menu, Number, Page};
use crate::web::visit::service_name;
use crate::web::{Stopped, Visit, words};

/// Links under a few words that say why they are there.
#[derive(Debug, Serialize)]
pub struct LinkList {
    label: &'static str,
    links: Vec<Link>,
}

/// A step with its time limit.
#[derive(Debug, Serialize)]
pub struct Step {
    title: String,
    text: String,
    limit: String,
}

/// A part of a page.
#[derive(Debug, Default, Serialize)]
pub struct Part {
    id: String,
    heading: String,
    under: String,
    paragraphs: Vec<String>,
    points: Vec<String>,
    steps: Vec<Step>,
    numbers: Vec<Number>,
    warnings: Vec<String>,
    links: Vec<LinkList>,
    source: Vec<Link>,
}

impl Part {
    fn new(id: &str, heading: &str) -> Self {
        Self { id: id.to_owned(), heading: heading.to_owned(), ..Self::default() }
    }

    fn saying(self, text: &str) -> Self {
        let mut paragraphs = self.paragraphs;
        paragraphs.extend((!text.is_empty()).then(|| text.to_owned()));
        Self { paragraphs, ..self }
    }

    fn leading_to(self, label: &'static str, links: Vec<Link>) -> Self {
        let mut lists = self.links;
        if !links.is_empty() {
            lists.push(LinkList { label, links });
        }
        Self { links: lists, ..self }
    }

    fn from(self, source: Vec<Link>) -> Self {
        Self { source, ..self }
    }
}

/// A page of the guidance to read.
#[derive(Debug, Serialize)]
pub struct ReadingPage {
    heading: String,
    lead: Vec<String>,
    back: Link,
    parts: Vec<Part>,
    /// Whether a list of the parts stands at the top.
    listed: bool,
    empty: &'static str,
}

impl ReadingPage {
    fn new(heading: &str, lead: &str, parts: Vec<Part>) -> Self {
        Self {
            heading: heading.to_owned(),
            lead: if lead.is_empty() { Vec::new() } else { vec![lead.to_owned()] },
            back: Link::new("/guidance", "Guidance"),
            listed: parts.len() > 3,
            parts,
            empty: "Nothing has been written here yet. It appears as soon as the guidance holds it.",
        }
    }

    fn of_page(pack: &Pack, page: &GuidancePage) -> Self {
        let part = |(at, section): (usize, &guidance::pack::Section)| {
            let id = if section.title.is_empty() {
                format!("part-{}", at + 1)
            } else {
                search::address_part(&section.title)
            };
            Part { paragraphs: section.paragraphs.clone(), ..Part::new(&id, &section.title) }
        };
        let mut parts: Vec<Part> = page.sections.iter().enumerate().map(part).collect();
        let mut applied: Vec<&Question> = page.links.iter().filter_map(|id| pack.question(id)).collect();
        applied.dedup_by(|a, b| a.id == b.id);
        let read_on = page
            .links
            .iter()
            .filter(|id| pack.question(id).is_none())
            .filter_map(|id| links::to_anything(pack, id))
            .collect();
        parts.push(
            Part::new("where-applied", "Where this is used")
                .leading_to("In the decision", applied.into_iter().map(to_question).collect())
                .leading_to("Read on", read_on)
                .from(links::sources(pack, &page.source)),
        );
        Self { listed: false, ..Self::new(&page.title, &page.summary, parts) }
    }

    fn of_questions(pack: &Pack) -> Self {
        let mut parts = Vec::new();
        for stage in &pack.stages {
            for question in pack.questions.iter().filter(|question| question.stage == stage.id) {
                parts.push(question_part(pack, question, &stage.title));
            }
        }
        Self {
            listed: false,
            ..Self::new(
                "The questions and why they are asked",
                "They are asked in this order, danger first. A question appears only where its answer can matter.",
                parts,
            )
        }
    }

    fn of_rules(pack: &Pack) -> Self {
        let sets =
            [("golden", "Golden rule"), ("principle", "Principle of sharing"), ("caldicott", "Caldicott principle")];
        let mut parts = Vec::new();
        for (set, name) in sets {
            for rule in pack.rules.iter().filter(|rule| rule.set == set) {
                let says: Vec<_> = pack.says.iter().filter(|say| say.applies.contains(&rule.id)).collect();
                let questions = links::questions_behind(pack, says.iter().filter_map(|say| say.when));
                let applied = says
                    .iter()
                    .map(|say| Link::new(format!("/guidance/read/say/{}", say.id), first_sentence(&say.text)));
                let mut part =
                    Part::new(&rule.id, &format!("{name} {}: {}", rule.number, rule.title)).saying(&rule.text);
                part = part.leading_to("It is checked in what is advised", applied.collect());
                part =
                    part.leading_to("It follows from the answers to", questions.into_iter().map(to_question).collect());
                parts.push(part.from(links::sources(pack, &rule.source)));
            }
        }
        Self::new(
            "The rules and principles",
            "Each is checked where it applies, not ticked off on a page of its own.",
            parts,
        )
    }

    fn of_methods(pack: &Pack) -> Self {
        let question = pack.question_asking("method").map(to_question);
        let part = |method: &guidance::pack::Method| {
            let checks = method.checks.iter().map(|check| check.text.clone()).collect();
            Part { points: checks, ..Part::new(&method.id, &method.title).saying(&method.text) }
                .leading_to("Asked in", question.clone().into_iter().collect())
                .from(links::sources(pack, &method.source))
        };
        Self::new(
            "Ways of sharing",
            "Choose the way that fits how urgent and how sensitive it is. Then check each point.",
            pack.methods.iter().map(part).collect(),
        )
    }

    fn of_myths(pack: &Pack) -> Self {
        let part = |myth: &guidance::pack::Myth| {
            let questions =
                pack.questions.iter().filter(|question| question.myths.contains(&myth.id)).map(to_question).collect();
            Part { under: myth.r#where.clone(), ..Part::new(&myth.id, &myth.title).saying(&myth.answer) }
                .leading_to("Answered where it comes up", questions)
                .leading_to("Read on", links::pages_naming(pack, &myth.id).into_iter().map(links::to_page).collect())
                .from(links::sources(pack, &myth.source))
        };
        Self::new("Myths", "What is often said about sharing, and what is so.", pack.myths.iter().map(part).collect())
    }

    fn of_signs(pack: &Pack) -> Self {
        let questions: Vec<Link> = pack.questions.iter().filter(|question| question.signs).map(to_question).collect();
        let part = |sign: &guidance::pack::Sign| {
            Part { points: sign.signs.clone(), ..Part::new(&sign.id, &sign.title) }
                .leading_to("At hand in", questions.clone())
                .from(links::sources(pack, &sign.source))
        };
        let lead = "One sign alone may mean little. Several, over time or held in several places, can mean much. No list is complete: trust a feeling that something is wrong.";
        Self::new("Signs of abuse and neglect", lead, pack.signs.iter().map(part).collect())
    }

    fn of_schemes(pack: &Pack) -> Self {
        let part = |scheme: &Scheme| {
            let here = vec![Link::new(format!("/guidance/schemes/{}", scheme.id), "Step by step")];
            Part::new(&scheme.id, &scheme.title).saying(&scheme.summary).leading_to("Read", here)
        };
        let lead =
            "Who may be told of a person's past is decided under these schemes, never by one organisation alone.";
        Self::new("Disclosure schemes", lead, pack.schemes.iter().map(part).collect())
    }

    fn of_scheme(pack: &Pack, scheme: &Scheme) -> Self {
        let steps = scheme
            .steps
            .iter()
            .map(|step| Step { title: step.title.clone(), text: step.text.clone(), limit: step.limit.clone() })
            .collect();
        let mut parts = vec![Part { steps, ..Part::new("steps", "Step by step") }];
        if !scheme.caveats.is_empty() {
            parts.push(Part { warnings: scheme.caveats.clone(), ..Part::new("caveats", "To mind") });
        }
        let law = pack.entry(&scheme.id).map(links::to_entry);
        parts.push(
            Part::new("where-applied", "Where this is used")
                .leading_to("In the decision", pack.question_asking("scheme").map(to_question).into_iter().collect())
                .leading_to("The law", law.into_iter().collect())
                .from(links::sources(pack, &scheme.source)),
        );
        Self {
            back: Link::new("/guidance/schemes", "Disclosure schemes"),
            ..Self::new(&scheme.title, &scheme.summary, parts)
        }
    }

    fn of_changes(pack: &Pack) -> Self {
        let part = |change: &guidance::pack::Change| {
            let entries = change.entries.iter().filter_map(|id| pack.entry(id)).map(links::to_entry).collect();
            let day = words::day(change.date);
            Part { under: day, ..Part::new(&format!("on-{}", change.date), &change.title).saying(&change.text) }
                .leading_to("What it touches", entries)
        };
        let lead = "Newest first. A decision is judged under the law of its day; the register shows each entry as it stood on any day.";
        Self {
            listed: false,
            ..Self::new("What changed in the law", lead, pack.changes.iter().rev().map(part).collect())
        }
    }

    fn of_contacts(pack: &Pack, own: &[Number]) -> Self {
        let confirmed: Vec<&Contact> = pack.contacts.iter().filter(|contact| contact.confirmed).collect();
        let hidden = pack.contacts.len() - confirmed.len();
        let mut numbers = vec![
            Number::new("police", "Police, ambulance, fire: somebody is in danger now", "999", "Day and night"),
            Number::new("police", "Police: nobody is in danger at this moment", "101", "Day and night"),
        ];
        numbers.extend(own.iter().cloned());
        for contact in confirmed {
            let label = format!("{}, {}", service_name(&contact.service), contact.council);
            if !numbers.iter().any(|number| number.label == label) {
                numbers.push(Number::new(&contact.service, &label, &contact.phone, &contact.hours));
            }
        }
        let warnings = if hidden == 0 {
            Vec::new()
        } else {
            vec![format!(
                "{hidden} numbers of councils are not shown, because nobody has confirmed them yet. Find the number on the council's own website, or ask your safeguarding lead. An administrator can enter and confirm numbers for your organisation."
            )]
        };
        let mut parts = vec![Part { numbers, warnings, ..Part::new("numbers", "Numbers to ring") }];
        for resource in &pack.resources {
            let link = if resource.url.is_empty() { Vec::new() } else { vec![Link::new(&resource.url, &resource.url)] };
            let checked =
                resource.checked.map(|day| format!("Last checked on {}.", words::day(day))).unwrap_or_default();
            let part = Part {
                under: checked,
                ..Part::new(&search::address_part(&resource.title), &resource.title).saying(&resource.note)
            };
            parts.push(part.leading_to("Read it at", link).from(links::sources(pack, &resource.source)));
        }
        Self { listed: false, ..Self::new("Contacts and where to read more", "", parts) }
    }

    fn of_anything(pack: &Pack, shown: &search::Shown) -> Self {
        let say = pack.says.iter().find(|say| say.id == shown.id);
        let act = pack.acts.iter().find(|act| act.id == shown.id);
        let when = match shown.kind {
            search::Kind::Say => say.and_then(|say| say.when),
            search::Kind::Act => act.map(|act| act.when),
            _ => None,
        };
        let questions = links::questions_behind(pack, when).into_iter().map(to_question).collect();
        let rules = say
            .map(|say| say.applies.iter().filter_map(|id| links::to_anything(pack, id)).collect())
            .unwrap_or_default();
        let part = Part { paragraphs: shown.paragraphs.clone(), ..Part::new("text", shown.kind.label()) }
            .leading_to("It follows from the answers to", questions)
            .leading_to("It applies", rules)
            .from(links::sources(pack, &shown.source));
        Self::new(&shown.title, "", vec![part])
    }
}

fn first_sentence(text: &str) -> String {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].to_owned()
}

fn question_part(pack: &Pack, question: &Question, stage: &str) -> Part {
    let facts = question.facts.iter().filter_map(|id| pack.fact(id));
    let points = facts
        .map(|fact| if fact.help.is_empty() { fact.label.clone() } else { format!("{}. {}", fact.label, fact.help) })
        .collect();
    let myths = pack.myths.iter().filter(|myth| question.myths.contains(&myth.id));
    let mut read: Vec<Link> = links::pages_naming(pack, &question.id).into_iter().map(links::to_page).collect();
    if question.signs {
        read.push(Link::new("/guidance/signs", "Signs of abuse and neglect"));
    }
    if question.facts.iter().any(|fact| fact == "method") {
        read.push(Link::new("/guidance/methods", "Ways of sharing"));
    }
    if question.facts.iter().any(|fact| fact == "scheme") {
        read.push(Link::new("/guidance/schemes", "Disclosure schemes"));
    }
    read.extend(myths.map(|myth| Link::new(format!("/guidance/myths#{}", myth.id), format!("Myth: {}", myth.title))));
    Part {
        points,
        under: stage.to_owned(),
        ..Part::new(&question.id, &question.title).saying(&question.lead).saying(&question.why)
    }
    .leading_to("Read on", read)
    .from(links::sources(pack, &question.source))
}

impl Page for ReadingPage {
    const TEMPLATE: &'static str = "guidance/reading.html";
    const MENU: Menu = Menu::Guidance;

    fn title(&self) -> String {
        self.heading.clone()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        sampled(|pack| {
            let mut samples = vec![
                ("questions", Self::of_questions(pack)),
                ("rules", Self::of_rules(pack)),
                ("methods", Self::of_methods(pack)),
                ("myths", Self::of_myths(pack)),
                ("signs", Self::of_signs(pack)),
                ("schemes", Self::of_schemes(pack)),
                ("changes", Self::of_changes(pack)),
                ("contacts", Self::of_contacts(pack, &[])),
                ("empty", Self::new("Myths", "", Vec::new())),
            ];
            samples.extend(pack.schemes.first().map(|scheme| ("scheme", Self::of_scheme(pack, scheme))));
            samples.extend(pack.pages.iter().map(|page| ("page", Self::of_page(pack, page))));
            samples
                .extend(search::show(pack, "say:record-it").map(|shown| ("saying", Self::of_anything(pack, &shown))));
            samples
        })
    }
}

/// `GET /guidance/pages/{id}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let pack = visit.app().pack();
    let page = pack.page(&id).ok_or(AppError::NotFound)?;
    Ok(visit.page(&ReadingPage::of_page(pack, page)))
}

/// `GET /guidance/questions`
pub(super) async fn questions(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_questions(visit.app().pack()))
}

/// `GET /guidance/rules`
pub(super) async fn rules(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_rules(visit.app().pack()))
}

/// `GET /guidance/methods`
pub(super) async fn methods(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_methods(visit.app().pack()))
}

/// `GET /guidance/myths`
pub(super) async fn myths(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_myths(visit.app().pack()))
}

/// `GET /guidance/signs`
pub(super) async fn signs(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_signs(visit.app().pack()))
}

/// `GET /guidance/schemes`
pub(super) async fn schemes(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_schemes(visit.app().pack()))
}

/// `GET /guidance/schemes/{id}`
pub(super) async fn scheme(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let pack = visit.app().pack();
    let scheme = pack.schemes.iter().find(|scheme| scheme.id == id).ok_or(AppError::NotFound)?;
    Ok(visit.page(&ReadingPage::of_scheme(pack, scheme)))
}

/// `GET /guidance/changes`
pub(super) async fn changes(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_changes(visit.app().pack()))
}

/// `GET /guidance/contacts`
pub(super) async fn contacts(visit: Visit) -> Response {
    visit.page(&ReadingPage::of_contacts(visit.app().pack(), visit.numbers()))
}

/// `GET /guidance/read/{kind}/{id}`: what has no page of its own, such as a sentence that is advised.
pub(super) async fn anything(visit: Visit, Path((kind, id)): Path<(String, String)>) -> Result<Response, Stopped> {
    let pack = visit.app().pack();
    let shown = search::show(pack, &format!("{kind}:{id}")).ok_or(AppError::NotFound)?;
    Ok(visit.page(&ReadingPage::of_anything(pack, &shown)))
}
