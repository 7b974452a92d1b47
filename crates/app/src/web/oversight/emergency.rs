//! Emergency access as those who oversee see it, and as whoever had it does: all of it, each with its review.

use axum::extract::{Path, Query};
use axum::response::Response;
use casework::{EmergencyAccess, EmergencyId, Member, Moment, Outcome, Review, Seen, goes_with, review_by};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Tag;
use crate::actions::{self, EmergencyRecord, Taken};
use crate::clock::{in_london, legal_day};
use crate::error::named;
use crate::web::fields::{Choice, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::views::what;
use crate::web::visit::go_on;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// Emergency access in a line, without anybody whom the matter is about.
#[derive(Clone, Debug, Serialize)]
pub struct EmergencyLine {
    href: String,
    who: String,
    when: String,
    tag: Tag,
    /// Whether it waits for somebody.
    waits: bool,
    /// How much more the same member began within the hour after it, and until when; empty where nothing.
    more: String,
    /// Where each of them is, this one among them; empty where there is no more.
    each: Vec<OneOfThem>,
}

/// One of several that a line gathers.
#[derive(Clone, Debug, Serialize)]
pub struct OneOfThem {
    href: String,
    /// The time of day at which it began.
    began: String,
}

impl EmergencyLine {
    pub(in crate::web) fn of(taken: &Taken, now: Moment) -> Self {
        Self { who: who(taken.holder.as_ref()), ..Self::own(&taken.access, now) }
    }

    /// What waits, with all that one member began within an hour in one line, which leads to each of them.
    pub(in crate::web) fn gathered(waiting: &[Taken], now: Moment) -> Vec<Self> {
        let mut together: Vec<Vec<&Taken>> = Vec::new();
        for one in waiting {
            let with =
                |others: &&mut Vec<&Taken>| others.first().is_some_and(|first| goes_with(&first.access, &one.access));
            match together.iter_mut().find(with) {
                Some(others) => others.push(one),
                None => together.push(vec![one]),
            }
        }
        let line = |all: Vec<&Taken>| {
            let first = Self::of(all.first()?, now);
            let running = all.iter().find(|one| one.access.runs(now));
            let tag = running.map_or_else(|| first.tag.clone(), |one| stands(&one.access, now));
            let each = if all.len() > 1 { all.iter().map(|one| OneOfThem::of(&one.access)).collect() } else { vec![] };
            let more = how_many_more(&all);
            Some(Self { tag, more, each, ..first })
        };
        together.into_iter().filter_map(line).collect()
    }

    /// One's own.
    pub(in crate::web) fn own(access: &EmergencyAccess, now: Moment) -> Self {
        Self {
            href: address(access),
            who: String::new(),
            when: words::moment(access.begins),
            tag: stands(access, now),
            waits: access.awaits_review(),
            more: String::new(),
            each: Vec::new(),
        }
    }

    pub(in crate::web) fn sample(kind: &'static str, text: &str) -> Self {
        Self {
            href: "/oversight/emergency/0198f".into(),
            who: "Amina Hart, Teacher".into(),
            when: "23 November 2026, 2:12am".into(),
            tag: Tag { kind, text: text.into() },
            waits: kind != "done",
            more: if kind == "due" { "2 more times until 2:55am".into() } else { String::new() },
            each: if kind == "due" { vec![OneOfThem::sample("2:12am"), OneOfThem::sample("2:55am")] } else { vec![] },
        }
    }
}

impl OneOfThem {
    fn of(access: &EmergencyAccess) -> Self {
        Self { href: address(access), began: time_of(access) }
    }

    fn sample(began: &str) -> Self {
        Self { href: "/oversight/emergency/0198f".into(), began: began.into() }
    }
}

fn address(access: &EmergencyAccess) -> String {
    format!("/oversight/emergency/{}", access.id)
}

fn time_of(access: &EmergencyAccess) -> String {
    words::time(in_london(access.begins))
}

/// How many more there are than the first, and when the last of them began; empty where there is one alone.
fn how_many_more(all: &[&Taken]) -> String {
    const MINUTE: i64 = 60_000_000;
    let [first, .., last] = all else { return String::new() };
    let minute = |of: &Taken| of.access.begins.micros().div_euclid(MINUTE);
    let (same, time) = (minute(first) == minute(last), time_of(&last.access));
    match (all.len() - 1, same) {
        (1, true) => "once more in the same minute".to_owned(),
        (1, false) => format!("once more at {time}"),
        (more, true) => format!("{more} more times in the same minute"),
        (more, false) => format!("{more} more times until {time}"),
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

pub(super) fn due_by(access: &EmergencyAccess) -> Date {
    review_by(legal_day(access.begins))
}

fn who(member: Option<&Member>) -> String {
    member.map_or_else(
        || "Somebody who is no longer known here".to_owned(),
        |one| format!("{}, {}", one.name, one.role_title),
    )
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
    let outcome: Option<Outcome> = sent.text("outcome").parse().ok();
    match actions::review_emergency(visit.app(), actor, id, outcome, &sent.text("note")).await {
        Ok(_) => Ok(go_on(&format!("/oversight/emergency/{id}"))),
        Err(AppError::Invalid(problems)) => shown(&visit, id, &sent, &problems).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) fn sample_access(at: Moment) -> EmergencyAccess {
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
        told: std::collections::BTreeMap::new(),
    }
}
