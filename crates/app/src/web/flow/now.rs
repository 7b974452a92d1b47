//! What to do now (DEC-2): shown at once after the question that calls for it, and in short on every page that follows.

use serde::Serialize;

use super::answers::apply;
use super::journey::{Journey, Way};
use crate::actions::Advised;
use crate::web::Visit;
use crate::web::form::Sent;
use crate::web::page::{Menu, Number, Page};

/// Something to do now, with the numbers to ring.
#[derive(Clone, Debug, Serialize)]
pub struct ActNow {
    /// The pack's id.
    pub id: String,
    title: String,
    text: String,
    phone: String,
    phone_else: String,
    numbers: Vec<Number>,
    no_number: &'static str,
    done_at: String,
    done_note: String,
}

impl ActNow {
    /// An invented one, for samples.
    pub fn sample() -> Self {
        Self {
            id: "police".into(),
            title: "Tell the police now".into(),
            text: "Say who, where and what you know.".into(),
            phone: "999".into(),
            phone_else: "101".into(),
            numbers: Vec::new(),
            no_number: "",
            done_at: String::new(),
            done_note: String::new(),
        }
    }
}

/// The draft's text that says when an act was done.
pub fn done_at(act: &str) -> String {
    format!("done_{act}_at")
}

/// The draft's text that notes more about it.
pub fn done_note(act: &str) -> String {
    format!("done_{act}_note")
}

/// What is to be done now, as this advice says, with the numbers that this visitor's organisation confirmed.
pub fn acts(visit: &Visit, journey: &Journey<'_>, advised: &Advised) -> Vec<ActNow> {
    let text = |key: String| journey.draft.texts.get(&key).cloned().unwrap_or_default();
    let of = |act: &guidance::words::ActView| {
        let service = match act.id.as_str() {
            "csc" => "children-social-care",
            "asc" => "adult-social-care",
            other => other,
        };
        let numbers: Vec<Number> = visit.numbers().iter().filter(|number| number.service == service).cloned().collect();
        let bare = numbers.is_empty() && act.phone.is_empty();
        ActNow {
            id: act.id.clone(),
            title: act.title.clone(),
            text: act.text.clone(),
            phone: act.phone.clone(),
            phone_else: act.phone_else.clone(),
            numbers,
            no_number: if bare {
                "The number is on the council's website. If you cannot get through, ring 101."
            } else {
                ""
            },
            done_at: text(done_at(&act.id)),
            done_note: text(done_note(&act.id)),
        }
    };
    advised.view.act_now.iter().map(of).collect()
}

/// What a form that is not kept yet calls for at once: signing in must not stand before it.
pub(in crate::web) fn acts_in(visit: &Visit, sent: &Sent) -> Vec<ActNow> {
    let (pack, today) = (visit.app().pack(), visit.app().clock.today());
    let mut journey = Journey::talked(pack, today, None, casework::NewDraft::default());
    if let Some(question) = pack.questions.first() {
        apply(pack, question, sent, &mut journey.draft);
    }
    journey.advised().map(|advised| acts(visit, &journey, &advised)).unwrap_or_default()
}

/// The page that stands between the danger questions and everything else, whenever something new is to be done at once.
#[derive(Debug, Serialize)]
pub struct NowPage {
    /// How its forms lead on.
    pub way: Way,
    /// What to do.
    pub acts: Vec<ActNow>,
    /// The question that comes next.
    pub next: String,
}

impl Page for NowPage {
    const TEMPLATE: &'static str = "decide/now.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "Do this now".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |way| Self { way, acts: vec![ActNow::sample()], next: "child-worry".into() };
        vec![("kept", page(Way::Kept { id: "0198a".into() })), ("talk", page(Way::Talk { state: "c2VhbGVk".into() }))]
    }
}
