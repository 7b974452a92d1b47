//! Oversight: what waits to be looked at by somebody else than who did it. Emergency access with its review, and the Guardian's list of
//! decisions on confidential information; unusual reading has pages of its own ([`super::unusual`]).

mod confidential;
mod emergency;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use casework::Moment;
use serde::Serialize;

pub(super) use self::emergency::EmergencyLine;
#[cfg(test)]
pub use self::{
    confidential::ConfidentialPage,
    emergency::{EmergenciesPage, EmergencyPage},
};
use super::page::{Menu, Page};
use super::site::Site;
use super::{Stopped, Visit};
use crate::actions::{self, Oversight, Taken};
use crate::clock::legal_day;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/oversight", get(overview))
        .route("/oversight/emergency", get(emergency::list))
        .route("/oversight/emergency/{access}", get(emergency::record))
        .route("/oversight/emergency/{access}/review", post(emergency::review))
        .route("/oversight/decisions", get(confidential::list))
}

/// Where something stands, as a tag.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    /// `due`, `overdue`, `done` or nothing in particular.
    kind: &'static str,
    text: String,
}

/// A room within Oversight.
#[derive(Debug, Serialize)]
pub struct Room {
    href: &'static str,
    title: &'static str,
    /// How much waits there, as a sentence.
    waits: String,
    tag: Option<Tag>,
    /// What is there, and who may do what about it.
    about: &'static str,
    /// How soon somebody should go there: the lowest first.
    #[serde(skip)]
    urgency: u8,
}

/// The overview: what waits, the most urgent first.
#[derive(Debug, Serialize)]
pub struct OversightPage {
    rooms: Vec<Room>,
}

impl OversightPage {
    fn of(oversight: &Oversight, now: Moment) -> Self {
        // A further room is one more line here: its urgency says where it stands.
        let rooms = [
            Some(emergency_room(&oversight.waiting.emergencies, now)),
            oversight.unusual.map(reading_room),
            decisions_room(oversight),
        ];
        let mut rooms: Vec<Room> = rooms.into_iter().flatten().collect();
        rooms.sort_by_key(|room| room.urgency);
        Self { rooms }
    }
}

fn emergency_room(waiting: &[Taken], now: Moment) -> Room {
    let today = legal_day(now);
    let running = waiting.iter().filter(|one| one.access.runs(now)).count();
    let late = waiting.iter().filter(|one| emergency::due_by(&one.access) < today).count();
    let (tag, urgency) = match (late, running, waiting.len()) {
        (1.., _, _) => (Some(Tag { kind: "overdue", text: format!("{late} overdue") }), 0),
        (_, 1.., _) => (Some(Tag { kind: "due", text: format!("{running} running now") }), 1),
        (_, _, 1..) => (Some(Tag { kind: "due", text: "Due".to_owned() }), 2),
        _ => (None, 6),
    };
    Room {
        href: "/oversight/emergency",
        title: "Emergency access",
        waits: match waiting.len() {
            0 => "Nothing waits for you.".to_owned(),
            1 => "1 waits for a review.".to_owned(),
            many => format!("{many} wait for a review."),
        },
        tag,
        about: "A matter opened at once, for an hour, to somebody who is not involved in it. Managers and advisers look at it by the next working day; nobody looks at their own.",
        urgency,
    }
}

fn reading_room(waiting: usize) -> Room {
    Room {
        href: "/oversight/reading",
        title: "Unusual reading",
        waits: match waiting {
            0 => "Nothing waits for you.".to_owned(),
            1 => "1 view stands out.".to_owned(),
            many => format!("{many} views stand out."),
        },
        tag: (waiting > 0).then(|| Tag { kind: "due", text: "To look at".to_owned() }),
        about: "Who read whom where something stands out: the same surname or street, many people at once, outside their matters or working hours. For advisers; nobody looks at their own.",
        urgency: if waiting > 0 { 3 } else { 7 },
    }
}

fn decisions_room(oversight: &Oversight) -> Option<Room> {
    oversight.lists_decisions.then(|| Room {
        href: "/oversight/decisions",
        title: "Decisions on confidential information",
        waits: String::new(),
        tag: None,
        about: "What was decided here about confidential information, also where nothing was shared. For you as Caldicott Guardian.",
        urgency: 8,
    })
}

impl Page for OversightPage {
    const TEMPLATE: &'static str = "oversight/overview.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Oversight".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let at = Moment::from_micros(1_795_446_900_000_000);
        let page = |waiting: Vec<Taken>, lists_decisions: bool, now| {
            let waiting = actions::Waiting { emergencies: waiting };
            let unusual = lists_decisions.then_some(waiting.count());
            Self::of(&Oversight { waiting, unusual, lists_decisions }, now)
        };
        let taken = || vec![Taken { access: emergency::sample_access(at), holder: None }];
        vec![
            ("nothing waits", page(vec![], false, at)),
            ("running", page(taken(), true, at.plus_seconds(60))),
            ("to review", page(taken(), true, at.plus_seconds(4_000))),
            ("overdue", page(taken(), true, at.plus_seconds(10 * 86_400))),
        ]
    }
}

/// `GET /oversight`
async fn overview(visit: Visit) -> Result<Response, Stopped> {
    let oversight = actions::oversight(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&OversightPage::of(&oversight, visit.app().clock.now())))
}
