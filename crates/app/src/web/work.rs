//! My work: what is due, drafts to finish, and what was decided lately.

use axum::response::Response;
use casework::{Decision, Draft, Role};
use serde::Serialize;

use super::oversight::EmergencyLine;
use super::page::{Menu, Page};
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions;

/// For how long one's own emergency access stands here.
const OWN_SHOWN_SECONDS: i64 = 30 * 24 * 60 * 60;

/// What waits, decisions and drafts, each in a line.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each says by itself whether a part of the page is there")]
pub struct WorkPage {
    /// Whether they work with cases; without that, nothing below is theirs to see.
    casework: bool,
    administrator: bool,
    analyst: bool,
    /// To whom whoever runs the installation gave a new way in, and when.
    told: Vec<Told>,
    /// Emergency access of others to look at.
    to_review: Vec<EmergencyLine>,
    /// How much emergency access nobody here may look at, for administrators.
    unreviewed: usize,
    /// One's own of the last month.
    own_emergencies: Vec<EmergencyLine>,
    /// How much about colleagues' conflicts of interest waits for them, where they are managers.
    conflicts: usize,
    /// How many matters on which nobody can work they hand on, where they are managers.
    unattended: usize,
    /// How many of those no manager here can hand on, for administrators.
    nobody_hands_on: usize,
    /// Whether nobody here may look after some conflict of interest, for an administrator.
    nobody_decides: bool,
    /// What an administrator is told of who looks over unusual reading.
    looked_over: &'static str,
    due: Vec<DueLine>,
    drafts: Vec<DraftLine>,
    decisions: Vec<DecisionLine>,
}

/// A new way in that came from the machine and not from an administrator.
#[derive(Debug, Serialize)]
pub struct Told {
    name: String,
    when: String,
}

/// A decision to look at again.
#[derive(Debug, Serialize)]
pub struct DueLine {
    href: String,
    title: String,
    when: String,
    overdue: bool,
}

/// A draft.
#[derive(Debug, Serialize)]
pub struct DraftLine {
    href: String,
    title: String,
    when: String,
}

/// A decision.
#[derive(Debug, Serialize)]
pub struct DecisionLine {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) choice: &'static str,
    pub(super) when: String,
    pub(super) by: String,
    pub(super) corrects: bool,
}

impl DecisionLine {
    pub(super) fn new(decision: &Decision) -> Self {
        Self {
            href: format!("/decisions/{}", decision.id),
            title: decision.about.clone(),
            choice: words::choice(decision.own.choice),
            when: words::moment(decision.recorded_at),
            by: decision.member_name.clone(),
            corrects: decision.corrects.is_some(),
        }
    }

    pub(super) fn sample() -> Self {
        Self {
            href: "/decisions/0198c".into(),
            title: "Two brothers, missed meals".into(),
            choice: "Share",
            when: "23 November 2026, 3:15pm".into(),
            by: "Amina Hart".into(),
            corrects: true,
        }
    }
}

/// What a draft is called, for the one person who sees it.
fn draft_title(draft: &Draft) -> String {
    let said = ["subjects", "purpose_words", "recipient_name"].into_iter().find_map(|text| draft.texts.get(text));
    said.filter(|text| !text.is_empty())
        .cloned()
        .unwrap_or_else(|| format!("Decision started {}", words::moment(draft.started_at)))
}

impl Page for WorkPage {
    const TEMPLATE: &'static str = "work/home.html";
    const MENU: Menu = Menu::Work;

    fn title(&self) -> String {
        "My work".to_owned()
    }

    fn about_a_person(&self) -> bool {
        !self.drafts.is_empty() || !self.decisions.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let due = |overdue| DueLine {
            href: "/decisions/1".into(),
            title: "Missed meals".into(),
            when: "1 December 2026".into(),
            overdue,
        };
        let draft =
            DraftLine { href: "/decide/1".into(), title: "So that the baby is safe".into(), when: "today".into() };
        let empty = || Self {
            casework: true,
            administrator: false,
            analyst: false,
            told: vec![],
            to_review: vec![],
            unreviewed: 0,
            own_emergencies: vec![],
            conflicts: 0,
            unattended: 0,
            nobody_hands_on: 0,
            nobody_decides: false,
            looked_over: "",
            due: vec![],
            drafts: vec![],
            decisions: vec![],
        };
        let busy = Self {
            to_review: vec![EmergencyLine::sample("due", "Running now, until 3:15am")],
            own_emergencies: vec![EmergencyLine::sample("done", "It was right")],
            conflicts: 2,
            unattended: 2,
            due: vec![due(true), due(false)],
            drafts: vec![draft],
            decisions: vec![DecisionLine::sample()],
            ..empty()
        };
        vec![
            ("empty", empty()),
            ("busy", busy),
            (
                "an administrator",
                Self {
                    casework: false,
                    administrator: true,
                    nobody_decides: true,
                    nobody_hands_on: 1,
                    looked_over: looked_over(Some(1)),
                    ..empty()
                },
            ),
            (
                "told",
                Self {
                    told: vec![Told { name: "Ada Lovell".into(), when: "24 November 2026, 9:15am".into() }],
                    ..empty()
                },
            ),
            ("an analyst", Self { casework: false, analyst: true, ..empty() }),
        ]
    }
}

/// What is said where fewer than two colleagues look over unusual reading.
fn looked_over(advisers: Option<usize>) -> &'static str {
    match advisers {
        Some(0) => "Nobody here looks over unusual reading. It takes two, since nobody looks over their own.",
        Some(1) => "Only one colleague looks over unusual reading, so nobody looks over what they read themselves.",
        _ => "",
    }
}

/// `GET /`: signed out, the first page of the flow.
pub(super) async fn page(visit: Visit) -> Result<Response, Stopped> {
    let Some(actor) = visit.visitor() else { return Ok(go_on("/decide")) };
    let drafts = actions::drafts(visit.app(), actor).await?;
    let decisions = actions::decisions(visit.app(), actor).await?;
    let today = visit.app().clock.today();
    let corrected: Vec<_> =
        decisions.iter().filter_map(|decision| decision.corrects.as_ref()).map(|earlier| earlier.decision).collect();
    let mut due: Vec<(jiff::civil::Date, DueLine)> = decisions
        .iter()
        .filter(|decision| !corrected.contains(&decision.id))
        .filter_map(|decision| decision.look_again_on.map(|on| (on, decision)))
        .filter(|(on, _)| today.until(*on).is_ok_and(|time| time.get_days() <= 7))
        .map(|(on, decision)| {
            let line = DecisionLine::new(decision);
            (on, DueLine { href: line.href, title: line.title, when: words::day(on), overdue: on < today })
        })
        .collect();
    due.sort_by_key(|(on, _)| *on);
    let draft = |draft: &Draft| DraftLine {
        href: format!("/decide/{}", draft.id),
        title: draft_title(draft),
        when: words::moment(draft.saved_at),
    };
    let told = actions::operator_resets(visit.app(), actor).await?;
    let now = visit.app().clock.now();
    let to_review = actions::emergencies_to_review(visit.app(), actor).await?;
    let own = actions::own_emergencies(visit.app(), actor, now.plus_seconds(-OWN_SHOWN_SECONDS)).await?;
    Ok(visit.page(&WorkPage {
        told: told.into_iter().map(|(member, at)| Told { name: member.name, when: words::moment(at) }).collect(),
        casework: actor.member.does_casework(),
        administrator: actor.member.is(Role::Administrator),
        analyst: actor.member.is(Role::Analyst),
        unreviewed: actions::emergencies_nobody_reviews(visit.app(), actor).await?,
        to_review: EmergencyLine::gathered(&to_review, now),
        own_emergencies: own.iter().map(|access| EmergencyLine::own(access, now)).collect(),
        conflicts: actions::conflicts_to_decide(visit.app(), actor).await?,
        unattended: actions::matters_to_hand_on(visit.app(), actor).await?,
        nobody_hands_on: actions::matters_nobody_hands_on(visit.app(), actor).await?,
        nobody_decides: actions::nobody_looks_after_conflicts(visit.app(), actor).await?,
        looked_over: looked_over(actions::look_over_reading(visit.app(), actor).await?),
        due: due.into_iter().map(|(_, line)| line).collect(),
        drafts: drafts.iter().map(draft).collect(),
        decisions: decisions.iter().take(20).map(DecisionLine::new).collect(),
    }))
}
