//! Oversight: what waits to be looked at by somebody else than who did it. Emergency access with its review, and the Guardian's list of
//! decisions on confidential information.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use casework::{
    Decision, DecisionId, EmergencyAccess, EmergencyId, Member, Moment, Outcome, Review, Seen, Verdict, review_by,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::fields::{Choice, ErrorLine, Field, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::site::Site;
use super::views::what;
use super::visit::go_on;
use super::{Stopped, Visit, words};
use crate::actions::{self, EmergencyRecord, Oversight, Taken};
use crate::clock::{in_london, legal_day};
use crate::{AppError, FieldProblem};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/oversight", get(overview))
        .route("/oversight/emergency", get(list))
        .route("/oversight/emergency/{access}", get(record))
        .route("/oversight/emergency/{access}/review", post(review))
        .route("/oversight/decisions", get(decisions))
}

/// Where something stands, as a tag.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    /// `due`, `overdue`, `done` or nothing in particular.
    kind: &'static str,
    text: String,
}

/// Emergency access in a line, without anybody whom the matter is about.
#[derive(Clone, Debug, Serialize)]
pub struct EmergencyLine {
    href: String,
    who: String,
    when: String,
    tag: Tag,
    /// Whether it waits for somebody.
    waits: bool,
}

impl EmergencyLine {
    pub(super) fn of(taken: &Taken, now: Moment) -> Self {
        Self { who: who(taken.holder.as_ref()), ..Self::own(&taken.access, now) }
    }

    /// One's own.
    pub(super) fn own(access: &EmergencyAccess, now: Moment) -> Self {
        Self {
            href: format!("/oversight/emergency/{}", access.id),
            who: String::new(),
            when: words::moment(access.begins),
            tag: stands(access, now),
            waits: access.awaits_review(),
        }
    }

    pub(super) fn sample(kind: &'static str, text: &str) -> Self {
        Self {
            href: "/oversight/emergency/0198f".into(),
            who: "Amina Hart, Teacher".into(),
            when: "23 November 2026, 2:12am".into(),
            tag: Tag { kind, text: text.into() },
            waits: kind != "done",
        }
    }
}

/// Where emergency access stands: what is next about it, or what was found.
fn stands(access: &EmergencyAccess, now: Moment) -> Tag {
    let by = due_by(access);
    let late = legal_day(now) > by;
    let kind = if late { "overdue" } else { "due" };
    match &access.review {
        Some(Review { outcome: Outcome::Right, .. }) => Tag { kind: "done", text: "It was right".to_owned() },
        Some(Review { outcome: Outcome::NotRight, .. }) => Tag { kind: "", text: "It was not right".to_owned() },
        Some(Review { outcome: Outcome::AskFurther, .. }) => Tag { kind, text: "More is being asked".to_owned() },
        None if access.runs(now) => {
            Tag { kind, text: format!("Running now, until {}", words::time(in_london(access.until()))) }
        }
        None if late => Tag { kind, text: format!("Review overdue since {}", words::day(by)) },
        None => Tag { kind, text: format!("To review by {}", words::day(by)) },
    }
}

fn due_by(access: &EmergencyAccess) -> Date {
    review_by(legal_day(access.begins))
}

fn who(member: Option<&Member>) -> String {
    member.map_or_else(
        || "Somebody who is no longer known here".to_owned(),
        |one| format!("{}, {}", one.name, one.role_title),
    )
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
    let late = waiting.iter().filter(|one| due_by(&one.access) < today).count();
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
        let taken = || vec![Taken { access: sample_access(at), holder: None }];
        vec![
            ("nothing waits", page(vec![], false, at)),
            ("running", page(taken(), true, at.plus_seconds(60))),
            ("to review", page(taken(), true, at.plus_seconds(4_000))),
            ("overdue", page(taken(), true, at.plus_seconds(10 * 86_400))),
        ]
    }
}

fn sample_access(at: Moment) -> EmergencyAccess {
    EmergencyAccess {
        id: EmergencyId::new(at, [1; 10]),
        organisation: casework::OrganisationId::new(at, [2; 10]),
        version: 1,
        matter: casework::MatterId::new(at, [3; 10]),
        people: std::collections::BTreeSet::new(),
        holder: casework::MemberId::new(at, [4; 10]),
        reason: "Her brother rang.".into(),
        begins: at,
        ends: at.plus_seconds(casework::LONGEST_EMERGENCY_SECONDS),
        ended: None,
        review: None,
        earlier: Vec::new(),
    }
}

/// `GET /oversight`
pub(super) async fn overview(visit: Visit) -> Result<Response, Stopped> {
    let oversight = actions::oversight(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&OversightPage::of(&oversight, visit.app().clock.now())))
}

/// All emergency access, the newest first.
#[derive(Debug, Serialize)]
pub struct EmergenciesPage {
    waiting: Vec<EmergencyLine>,
    earlier: Vec<EmergencyLine>,
    newer: Option<u32>,
    older: Option<u32>,
}

/// How much a page of the list shows of what is done.
const ON_A_PAGE: usize = 25;

impl Page for EmergenciesPage {
    const TEMPLATE: &'static str = "oversight/emergencies.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Emergency access".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let waiting = || {
            vec![
                EmergencyLine::sample("overdue", "Review overdue since 24 November 2026"),
                EmergencyLine::sample("due", "Running now, until 3:15am"),
            ]
        };
        let done =
            || vec![EmergencyLine::sample("done", "It was right"), EmergencyLine::sample("", "It was not right")];
        let page = |waiting, earlier, newer, older| Self { waiting, earlier, newer, older };
        vec![
            ("empty", page(vec![], vec![], None, None)),
            ("waiting", page(waiting(), vec![], None, None)),
            ("many", page(waiting(), done(), Some(0), Some(2))),
        ]
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct Paged {
    page: Option<u32>,
}

/// `GET /oversight/emergency`
pub(super) async fn list(visit: Visit, Query(paged): Query<Paged>) -> Result<Response, Stopped> {
    let taken = actions::emergencies(visit.app(), visit.actor()?).await?;
    let (at, now) = (paged.page.unwrap_or_default(), visit.app().clock.now());
    let lines = taken.iter().map(|one| EmergencyLine::of(one, now));
    let (mut waiting, earlier): (Vec<_>, Vec<_>) = lines.partition(|line| line.waits);
    // What waits longest comes first.
    waiting.reverse();
    let from = usize::try_from(at).unwrap_or(usize::MAX).saturating_mul(ON_A_PAGE);
    let more = earlier.len() > from.saturating_add(ON_A_PAGE);
    Ok(visit.page(&EmergenciesPage {
        waiting: if at == 0 { waiting } else { Vec::new() },
        earlier: earlier.into_iter().skip(from).take(ON_A_PAGE).collect(),
        newer: at.checked_sub(1),
        older: more.then_some(at.saturating_add(1)),
    }))
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct LookedAtLine {
    when: String,
    what: &'static str,
    /// Its reference, where one matter has several such things.
    reference: String,
    times: String,
}

/// What somebody found.
#[derive(Debug, Serialize)]
pub struct ReviewLine {
    who: String,
    when: String,
    outcome: &'static str,
    note: String,
}

/// Emergency access as it is reviewed, or as whoever had it sees it.
#[derive(Debug, Serialize)]
pub struct EmergencyPage {
    errors: Vec<ErrorLine>,
    id: String,
    /// Whether it was the reader's own.
    own: bool,
    who: String,
    tag: Tag,
    reason: String,
    began: String,
    ended: String,
    lasted: String,
    running: bool,
    people: Vec<String>,
    matter: String,
    seen: Vec<LookedAtLine>,
    reviews: Vec<ReviewLine>,
    /// To say what came of looking at it; none where that is done, or not theirs.
    fields: Vec<Field>,
}

fn outcome_words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Right => ("It was right", "They had to see this then, and looked at no more than they had to."),
        Outcome::NotRight => ("It was not right", "It was not needed, or went further than it had to."),
        Outcome::AskFurther => ("More has to be asked", "It stays open until somebody has said whether it was right."),
    }
}

fn review_fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.text("outcome");
    let choice = |outcome: &Outcome| {
        let (text, hint) = outcome_words(*outcome);
        Choice::new(outcome.word(), text, hint, chosen == outcome.word())
    };
    let fields = [
        Field::radios("outcome", "Was it right?", Outcome::ALL.iter().map(choice).collect()),
        Field::long("note", "What did you find?", sent.text("note"), 3).hint("Whoever had the access reads this too."),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

fn lasted(access: &EmergencyAccess) -> String {
    let seconds = (access.until().micros() - access.begins.micros()) / 1_000_000;
    match seconds / 60 {
        0 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

impl EmergencyPage {
    fn of(record: &EmergencyRecord, now: Moment, sent: &Sent, problems: &[FieldProblem]) -> Self {
        let access = &record.taken.access;
        let running = access.runs(now);
        let until = words::time(in_london(access.until()));
        let looked = |viewed: &store::Viewed| LookedAtLine {
            when: words::moment(viewed.view.first_at),
            what: what(viewed.view.seen),
            reference: if let Seen::Decision(id) = viewed.view.seen { id.to_string() } else { String::new() },
            times: if viewed.times > 1 { format!("{} times", viewed.times) } else { String::new() },
        };
        let reviews = access.earlier.iter().chain(&access.review).zip(&record.reviewers);
        let fields = if record.may_review && access.awaits_review() { review_fields(sent, problems) } else { vec![] };
        Self {
            errors: error_lines(problems, &[]),
            id: access.id.to_string(),
            own: !record.may_review,
            who: who(record.taken.holder.as_ref()),
            tag: stands(access, now),
            reason: access.reason.clone(),
            began: words::moment(access.begins),
            ended: match access.ended {
                Some(_) => format!("{until}, ended by hand"),
                None if running => format!("{until}, unless it is ended before"),
                None => until,
            },
            lasted: lasted(access),
            running,
            people: record.people.iter().map(words::person).collect(),
            matter: access.matter.to_string(),
            seen: record.seen.iter().map(looked).collect(),
            reviews: reviews
                .map(|(review, reviewer)| ReviewLine {
                    who: who(reviewer.as_ref()),
                    when: words::moment(review.at),
                    outcome: outcome_words(review.outcome).0,
                    note: review.note.clone(),
                })
                .collect(),
            fields,
        }
    }
}

impl Page for EmergencyPage {
    const TEMPLATE: &'static str = "oversight/emergency.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Emergency access".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let at = Moment::from_micros(1_795_446_900_000_000);
        let review =
            |outcome| Review { by: casework::MemberId::new(at, [5; 10]), at, outcome, note: "She had to.".into() };
        let page = |access: EmergencyAccess, may_review, after, problems: &[FieldProblem]| {
            let reviewers = access.earlier.iter().chain(&access.review).map(|_| None).collect();
            let record = EmergencyRecord {
                taken: Taken { access, holder: None },
                people: Vec::new(),
                seen: Vec::new(),
                reviewers,
                may_review,
            };
            let mut page = Self::of(&record, at.plus_seconds(after), &Sent::default(), problems);
            if may_review && after > 60 {
                page.people = vec!["Jay Field, born 4 March 2017".into()];
                page.seen = vec![LookedAtLine {
                    when: "23 November 2026, 3:16pm".into(),
                    what: "a recorded decision",
                    reference: "0198c".into(),
                    times: "3 times".into(),
                }];
            }
            page
        };
        let taken = || sample_access(at);
        let done = EmergencyAccess {
            review: Some(review(Outcome::Right)),
            earlier: vec![review(Outcome::AskFurther)],
            ended: Some(at.plus_seconds(90)),
            ..taken()
        };
        let problems = [FieldProblem { field: "note".into(), message: "Say what you found, in a line or two.".into() }];
        vec![
            ("running", page(taken(), true, 60, &[])),
            ("to review", page(taken(), true, 4_000, &[])),
            ("in error", page(taken(), true, 4_000, &problems)),
            ("one's own", page(taken(), false, 4_000, &[])),
            ("one's own, running", page(taken(), false, 60, &[])),
            ("done", page(done.clone(), true, 90_000, &[])),
            ("one's own, done", page(done, false, 90_000, &[])),
        ]
    }
}

fn named(id: &str) -> Result<EmergencyId, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

/// `GET /oversight/emergency/{access}`
pub(super) async fn record(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    visit.actor()?;
    shown(&visit, named(&id)?, &Sent::default(), &[]).await
}

async fn shown(visit: &Visit, id: EmergencyId, sent: &Sent, problems: &[FieldProblem]) -> Result<Response, Stopped> {
    let record = actions::emergency(visit.app(), visit.actor()?, id).await?;
    Ok(visit.page(&EmergencyPage::of(&record, visit.app().clock.now(), sent, problems)))
}

/// `POST /oversight/emergency/{access}/review`
pub(super) async fn review(visit: Visit, Path(id): Path<String>, sent: Sent) -> Result<Response, Stopped> {
    let (actor, id) = (visit.actor()?, named(&id)?);
    let Ok(outcome) = sent.text("outcome").parse::<Outcome>() else {
        let problem = FieldProblem { field: "outcome".to_owned(), message: "Say whether it was right.".to_owned() };
        return shown(&visit, id, &sent, &[problem]).await;
    };
    match actions::review_emergency(visit.app(), actor, id, outcome, &sent.text("note")).await {
        Ok(_) => Ok(go_on(&format!("/oversight/emergency/{id}"))),
        Err(AppError::Invalid(problems)) => shown(&visit, id, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// A decision in the Guardian's list: who decided what and when, and nobody whom it is about.
#[derive(Debug, Serialize)]
pub struct ConfidentialLine {
    href: String,
    choice: &'static str,
    when: String,
    by: String,
    against: bool,
    corrects: bool,
}

impl ConfidentialLine {
    fn of(decision: &Decision) -> Self {
        let advised = decision.advice.as_ref().map(|advice| advice.verdict);
        Self {
            href: format!("/decisions/{}", decision.id),
            choice: words::choice(decision.own.choice),
            when: words::moment(decision.recorded_at),
            by: format!("{}, {}", decision.member_name, decision.member_role_title),
            against: advised.is_some_and(|advised: Verdict| casework::departs(advised, decision.own.choice)),
            corrects: decision.corrects.is_some(),
        }
    }
}

/// The Guardian's list.
#[derive(Debug, Serialize)]
pub struct ConfidentialPage {
    decisions: Vec<ConfidentialLine>,
    first: bool,
    older: String,
}

impl Page for ConfidentialPage {
    const TEMPLATE: &'static str = "oversight/decisions.html";
    const MENU: Menu = Menu::Oversight;

    fn title(&self) -> String {
        "Decisions on confidential information".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let line = |against| ConfidentialLine {
            href: "/decisions/0198c".into(),
            choice: "Do not share",
            when: "23 November 2026, 3:15pm".into(),
            by: "Amina Hart, Teacher".into(),
            against,
            corrects: !against,
        };
        let page = |decisions, first, older: &str| Self { decisions, first, older: older.to_owned() };
        vec![
            ("empty", page(vec![], true, "")),
            ("some", page(vec![line(true), line(false)], true, "1.0198c")),
            ("older", page(vec![line(false)], false, "")),
        ]
    }
}

/// After which decision the list goes on: its time and its id.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: Option<String>,
}

fn place(text: &str) -> Option<(Moment, DecisionId)> {
    let (at, id) = text.split_once('.')?;
    Some((Moment::from_micros(at.parse().ok()?), id.parse().ok()?))
}

/// `GET /oversight/decisions`
pub(super) async fn decisions(visit: Visit, Query(Before { before }): Query<Before>) -> Result<Response, Stopped> {
    let before = before.as_deref().and_then(place);
    let found = actions::confidential_decisions(visit.app(), visit.actor()?, before).await?;
    Ok(visit.page(&ConfidentialPage {
        decisions: found.decisions.iter().map(ConfidentialLine::of).collect(),
        first: before.is_none(),
        older: found.older.map(|(at, id)| format!("{}.{id}", at.micros())).unwrap_or_default(),
    }))
}
