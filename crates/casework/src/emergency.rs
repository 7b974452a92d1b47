//! Emergency access: a matter opened at once to somebody who is not involved in it, for a reason, for an hour at most, to read, and
//! looked at by somebody else the next day (ACC-2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::wire::words;
use crate::{
    Circumstances, Denied, EmergencyId, Matter, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Refused,
    Wish, may_now,
};

/// The longest that emergency access lasts, in seconds.
pub const LONGEST_EMERGENCY_SECONDS: i64 = 60 * 60;

/// The most emergency access that one member begins within an hour. Nobody reads so many matters in that time for somebody in danger; a program
/// that goes through an organisation's matters under a member's name would.
pub const MOST_EMERGENCIES: usize = 20;

/// Over how long that is counted, in seconds.
pub const EMERGENCIES_COUNT_SECONDS: i64 = 60 * 60;

words! {
    /// What whoever reviewed emergency access found.
    Outcome {
        /// It was needed.
        Right = "right",
        /// It was not needed, or went too far.
        NotRight = "not right",
        /// More has to be asked.
        AskFurther = "ask further",
    }
}

/// Emergency access to one matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyAccess {
    /// Its id.
    pub id: EmergencyId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// The matter.
    pub matter: MatterId,
    /// Whom the matter was about when it began.
    pub people: BTreeSet<PersonId>,
    /// Who has it.
    pub holder: MemberId,
    /// Why, in their words.
    pub reason: String,
    /// From when.
    pub begins: Moment,
    /// Until when at most; at that moment it is over.
    pub ends: Moment,
    /// When the holder ended it by hand.
    pub ended: Option<Moment>,
    /// What somebody else found who looked at it.
    pub review: Option<Review>,
    /// What was found before that, where more had to be asked, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Review>,
    /// To whom a notice of it goes, and when the first access began with which the notice is gathered ([`crate::notices`]); its own beginning
    /// where the notice goes at once. Nobody where no notices are sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<MemberId, Moment>,
}

/// What somebody else found who looked at emergency access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub by: MemberId,
    /// When.
    pub at: Moment,
    /// What they found.
    pub outcome: Outcome,
    /// In their words.
    pub note: String,
}

impl EmergencyAccess {
    /// When it is over, or was ended.
    #[must_use]
    pub fn until(&self) -> Moment {
        self.ended.map_or(self.ends, |ended| ended.min(self.ends))
    }

    /// Whether it opens anything at this moment.
    #[must_use]
    pub fn runs(&self, now: Moment) -> bool {
        self.begins <= now && now < self.until()
    }

    /// Whether nobody has said yet whether it was right. One that needs more to be asked is not closed either.
    #[must_use]
    pub fn awaits_review(&self) -> bool {
        self.review.as_ref().is_none_or(|review| review.outcome == Outcome::AskFurther)
    }
}

/// The last day on which a review is in time: the next day from Monday to Friday. A bank holiday counts as any other day, so that nobody
/// waits longer for it.
#[must_use]
pub fn review_by(began_on: Date) -> Date {
    let working = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    std::iter::successors(began_on.tomorrow().ok(), |day| day.tomorrow().ok()).find(working).unwrap_or(began_on)
}

problems! {
    /// What emergency access needs.
    EmergencyProblem {
        ReasonMissing @ "reason" = "Say why you must see it now.",
        AlreadyOpen @ "matter" = "This matter is open to you already: look under Matters.",
    }
}

problems! {
    /// What a review of emergency access needs.
    ReviewProblem {
        OutcomeMissing @ "outcome" = "Say whether it was right.",
        NoteMissing @ "note" = "Say what you found, in a line or two.",
        StillRunning @ "outcome" = "This emergency access still runs. Choose “More has to be asked” now, or say whether it was right when it is over.",
        Closed @ "outcome" = "Somebody has said already whether this was right. What they found is above.",
    }
}

/// Begins emergency access to a matter. The member has said who they are once more, at most ten minutes before.
pub fn begin_emergency(
    member: &Member,
    id: EmergencyId,
    matter: &Matter,
    reason: &str,
    circumstances: &Circumstances<'_>,
) -> Result<EmergencyAccess, Refused<EmergencyProblem>> {
    let now = circumstances.at;
    if blank(reason) {
        return Err(Refused::Problems(vec![EmergencyProblem::ReasonMissing]));
    }
    let stated = Circumstances { reason_stated: true, ..*circumstances };
    may_now(member, Wish::BeginEmergency(matter), &stated)?;
    let open = may_now(member, Wish::ReadMatter(matter), circumstances).is_ok();
    let problems = if open { vec![EmergencyProblem::AlreadyOpen] } else { Vec::new() };
    unless_problems(problems, || EmergencyAccess {
        id,
        organisation: matter.organisation,
        version: 1,
        matter: matter.id,
        people: matter.people.clone(),
        holder: member.id,
        reason: reason.trim().to_owned(),
        begins: now,
        ends: now.plus_seconds(LONGEST_EMERGENCY_SECONDS),
        ended: None,
        review: None,
        earlier: Vec::new(),
        told: BTreeMap::new(),
    })
}

/// When a member may begin emergency access once more, if they began the most already. `lately` is their own of the last hour.
#[must_use]
pub fn may_begin_again(lately: &[EmergencyAccess], now: Moment) -> Option<Moment> {
    let ends = |one: &EmergencyAccess| one.begins.plus_seconds(EMERGENCIES_COUNT_SECONDS);
    let mut count: Vec<Moment> = lately.iter().map(ends).filter(|ends| now < *ends).collect();
    count.sort_unstable();
    count.len().checked_sub(MOST_EMERGENCIES).and_then(|first| count.get(first).copied())
}

/// Ends emergency access before its time. Only who has it does.
pub fn end_emergency(member: &Member, access: &EmergencyAccess, now: Moment) -> Result<EmergencyAccess, Denied> {
    if access.organisation != member.organisation || access.holder != member.id {
        return Err(Denied::NotInvolved);
    }
    Ok(EmergencyAccess { version: access.version + 1, ended: Some(access.until().min(now)), ..access.clone() })
}

/// Says what came of looking at somebody else's emergency access; no outcome where none was chosen.
pub fn review_emergency(
    member: &Member,
    access: &EmergencyAccess,
    outcome: Option<Outcome>,
    note: &str,
    now: Moment,
) -> Result<EmergencyAccess, Refused<ReviewProblem>> {
    may_now(member, Wish::ReviewEmergency(access), &Circumstances::plain(now))?;
    let mut problems = Vec::new();
    if !access.awaits_review() {
        problems.push(ReviewProblem::Closed);
    } else if outcome.is_none() {
        problems.push(ReviewProblem::OutcomeMissing);
    } else if access.runs(now) && outcome != Some(Outcome::AskFurther) {
        // What is read until the end would be looked at by nobody.
        problems.push(ReviewProblem::StillRunning);
    }
    if blank(note) {
        problems.push(ReviewProblem::NoteMissing);
    }
    let Some(outcome) = outcome.filter(|_| problems.is_empty()) else { return Err(Refused::Problems(problems)) };
    Ok(EmergencyAccess {
        version: access.version + 1,
        review: Some(Review { by: member.id, at: now, outcome, note: note.trim().to_owned() }),
        earlier: access.earlier.iter().chain(&access.review).cloned().collect(),
        ..access.clone()
    })
}
