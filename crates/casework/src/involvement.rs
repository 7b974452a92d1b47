//! Involvement: who may see a matter, by which way, until when, and who gave it to them (ACC-1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{Action, Denied, Matter, Member, MemberId, Moment, Refused, Resource, Team, TeamId, may};

/// By which way one is involved in a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvolvedBy {
    /// It was assigned to the member, or they opened it.
    Assignment(MemberId),
    /// It was given to the team.
    Team(TeamId),
    /// Somebody involved invited the member.
    Invitation(MemberId),
}

/// That a member or a team is involved in a matter. What is over stays, so that it can be seen who was able to see the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Involvement {
    /// Whose, and by which way.
    pub by: InvolvedBy,
    /// Its end; none: until somebody ends it. At the end itself it is over.
    pub until: Option<Moment>,
    /// Who gave it.
    pub given_by: MemberId,
    /// When.
    pub given_at: Moment,
    /// Why.
    pub why: String,
    /// Who ended it before its time; that moment is then its end.
    pub ended_by: Option<MemberId>,
}

impl Involvement {
    /// When it is over.
    #[must_use]
    pub fn end(&self) -> Moment {
        self.until.unwrap_or(Moment::NEVER)
    }

    /// Whether it is not over yet.
    #[must_use]
    pub fn runs(&self, now: Moment) -> bool {
        now < self.end()
    }
}

impl Matter {
    /// Who opened a matter is assigned to it, and has no end.
    pub(crate) fn opened_involvement(opened_by: MemberId, at: Moment) -> Involvement {
        Involvement {
            by: InvolvedBy::Assignment(opened_by),
            until: None,
            given_by: opened_by,
            given_at: at,
            why: String::new(),
            ended_by: None,
        }
    }

    /// Until when each member is involved, by assignment or invitation; the latest end counts. What is over is there too.
    #[must_use]
    pub fn members_until(&self) -> BTreeMap<MemberId, Moment> {
        latest(self.involved.iter().filter_map(|one| match one.by {
            InvolvedBy::Assignment(member) | InvolvedBy::Invitation(member) => Some((member, one.end())),
            InvolvedBy::Team(_) => None,
        }))
    }

    /// Until when each team is involved; the latest end counts. What is over is there too.
    #[must_use]
    pub fn teams_until(&self) -> BTreeMap<TeamId, Moment> {
        latest(self.involved.iter().filter_map(|one| match one.by {
            InvolvedBy::Team(team) => Some((team, one.end())),
            InvolvedBy::Assignment(_) | InvolvedBy::Invitation(_) => None,
        }))
    }
}

fn latest<T: Ord>(ends: impl Iterator<Item = (T, Moment)>) -> BTreeMap<T, Moment> {
    let mut latest = BTreeMap::new();
    for (whose, end) in ends {
        let known = latest.entry(whose).or_insert(end);
        *known = end.max(*known);
    }
    latest
}

problems! {
    /// What involving somebody in a matter, or ending it, needs.
    InvolvementProblem {
        MemberElsewhere @ "member" = "Choose someone who works with cases in your organisation and can take this matter.",
        TeamElsewhere @ "team" = "Choose a team of your organisation.",
        WhyMissing @ "why" = "Say why they need to know.",
        EndPassed @ "until" = "Choose a day that is still to come, or leave it empty for no end.",
        LastInvolved @ "involvement" = "Nobody else could then work on this matter. Hand it on to somebody first.",
        LastWithoutEnd @ "involvement" = "The others are involved until a day, and nobody would be responsible for this matter after it. First assign it to somebody with no end.",
        EndOfTheLast @ "until" = "Leave the end empty. Otherwise nobody would be responsible for this matter after that day.",
    }
}

/// Until when somebody is involved, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The end; none: until somebody ends it.
    pub until: Option<Moment>,
    /// Why.
    pub why: String,
}

impl Terms {
    /// What is wrong with them, whoever is involved.
    #[must_use]
    pub fn problems(&self, now: Moment) -> Vec<InvolvementProblem> {
        let refused = [
            (self.until.is_some_and(|until| until <= now), InvolvementProblem::EndPassed),
            (blank(&self.why), InvolvementProblem::WhyMissing),
        ];
        refused.into_iter().filter_map(|(holds, problem)| holds.then_some(problem)).collect()
    }
}

/// Whether a member says who else is involved in a matter: whoever it is assigned to; and, while it is assigned to nobody, whoever works on it by
/// their team. Whoever was invited does not, or the end of their own invitation would be theirs to lift, and a protected address theirs to read.
#[must_use]
pub fn says_who_is_involved(member: &Member, matter: &Matter, now: Moment) -> bool {
    let runs = |whose: &dyn Fn(InvolvedBy) -> bool| matter.involved.iter().any(|one| whose(one.by) && one.runs(now));
    let assigned = |by: InvolvedBy| matches!(by, InvolvedBy::Assignment(_));
    runs(&|by| by == InvolvedBy::Assignment(member.id))
        || (!runs(&assigned) && runs(&|by| matches!(by, InvolvedBy::Team(team) if member.teams.contains(&team))))
}

/// Whether a member may end an involvement: their own, or any where they say who is involved.
#[must_use]
pub fn may_end(member: &Member, matter: &Matter, by: InvolvedBy, now: Moment) -> bool {
    let own = [InvolvedBy::Assignment(member.id), InvolvedBy::Invitation(member.id)];
    own.contains(&by) || says_who_is_involved(member, matter, now)
}

/// Invites another member of the organisation to a matter. An earlier invitation of theirs is replaced.
pub fn invite_member(
    member: &Member,
    matter: &Matter,
    other: &Member,
    terms: &Terms,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    involve_member(member, matter, (InvolvedBy::Invitation(other.id), other), terms, now)
}

/// Assigns a matter to another member of the organisation, who is then responsible for it as well.
pub fn assign_member(
    member: &Member,
    matter: &Matter,
    other: &Member,
    terms: &Terms,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    involve_member(member, matter, (InvolvedBy::Assignment(other.id), other), terms, now)
}

/// Hands a matter on: it is assigned to the other, and whoever hands it on is no longer involved by assignment or invitation.
pub fn hand_on(
    member: &Member,
    matter: &Matter,
    other: &Member,
    terms: &Terms,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    if other.id == member.id {
        return Err(Refused::Problems(vec![InvolvementProblem::MemberElsewhere]));
    }
    let mut changed = assign_member(member, matter, other, terms, now)?;
    close_all(&mut changed, member.id, member.id, now);
    unless_problems(end_of_the_last(matter, &changed).into_iter().collect(), || changed)
}

/// Gives a matter to a team. An earlier involvement of the team is replaced.
pub fn give_to_team(
    member: &Member,
    matter: &Matter,
    team: &Team,
    terms: &Terms,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    if !says_who_is_involved(member, matter, now) {
        return Err(Refused::NotFound(Denied::NotInvolved));
    }
    let mut problems = terms.problems(now);
    if team.organisation != matter.organisation || team.members.is_empty() {
        problems.push(InvolvementProblem::TeamElsewhere);
    }
    let changed = involving(member, matter, InvolvedBy::Team(team.id), terms, now);
    problems.extend(end_of_the_last(matter, &changed));
    unless_problems(problems, || changed)
}

/// Whether a change takes away the last involvement that has no end: from its day on nobody would be responsible for the matter. One that
/// had none before may be worked on all the same.
fn loses_the_last_without_end(before: &Matter, after: &Matter) -> bool {
    let without_end = |matter: &Matter| matter.involved.iter().any(|one| one.until.is_none());
    without_end(before) && !without_end(after)
}

/// Ends an involvement that is not over. Somebody must stay involved by assignment or invitation, or a team must, and one of them without an
/// end.
pub fn end_involvement(
    member: &Member,
    matter: &Matter,
    by: InvolvedBy,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    if !may_end(member, matter, by, now) || !matter.involved.iter().any(|one| one.by == by && one.runs(now)) {
        return Err(Refused::NotFound(Denied::NotInvolved));
    }
    let mut changed = matter.clone();
    close(&mut changed, by, member.id, now);
    changed.version += 1;
    let problems = if !changed.involved.iter().any(|one| one.runs(now)) {
        vec![InvolvementProblem::LastInvolved]
    } else if loses_the_last_without_end(matter, &changed) {
        vec![InvolvementProblem::LastWithoutEnd]
    } else {
        Vec::new()
    };
    unless_problems(problems, || changed)
}

fn involve_member(
    member: &Member,
    matter: &Matter,
    (by, other): (InvolvedBy, &Member),
    terms: &Terms,
    now: Moment,
) -> Result<Matter, Refused<InvolvementProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    if !says_who_is_involved(member, matter, now) {
        return Err(Refused::NotFound(Denied::NotInvolved));
    }
    let mut problems = terms.problems(now);
    let changed = involving(member, matter, by, terms, now);
    // Whoever would not see it all the same is not involved: who works with no case, who has left, who has a conflict of interest.
    if problems.is_empty() && may(other, Action::WorkOn, Resource::Matter(&changed, now)).is_err() {
        problems.push(InvolvementProblem::MemberElsewhere);
    }
    problems.extend(end_of_the_last(matter, &changed));
    unless_problems(problems, || changed)
}

fn end_of_the_last(before: &Matter, after: &Matter) -> Option<InvolvementProblem> {
    loses_the_last_without_end(before, after).then_some(InvolvementProblem::EndOfTheLast)
}

fn involving(member: &Member, matter: &Matter, by: InvolvedBy, terms: &Terms, now: Moment) -> Matter {
    let mut changed = matter.clone();
    close(&mut changed, by, member.id, now);
    changed.involved.push(Involvement {
        by,
        until: terms.until,
        given_by: member.id,
        given_at: now,
        why: terms.why.trim().to_owned(),
        ended_by: None,
    });
    changed.version += 1;
    changed
}

/// A matter as it is after somebody handed it on for a member, or because nobody could open it. Who does so has been asked about.
pub(crate) fn handed_on(by: &Member, matter: &Matter, from: Option<MemberId>, to: &Member, now: Moment) -> Matter {
    let terms = Terms { until: None, why: "It was handed on".to_owned() };
    let mut changed = involving(by, matter, InvolvedBy::Assignment(to.id), &terms, now);
    if let Some(from) = from {
        close_all(&mut changed, from, by.id, now);
    }
    changed
}

/// Ends a member's involvement by assignment and by invitation.
fn close_all(matter: &mut Matter, whose: MemberId, by: MemberId, now: Moment) {
    for way in [InvolvedBy::Assignment(whose), InvolvedBy::Invitation(whose)] {
        close(matter, way, by, now);
    }
}

fn close(matter: &mut Matter, by: InvolvedBy, member: MemberId, now: Moment) {
    for one in matter.involved.iter_mut().filter(|one| one.by == by && one.runs(now)) {
        one.until = Some(now);
        one.ended_by = Some(member);
    }
}

/// A matter as it stands in a record. Before involvement had a way and an end, it was a list of members.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredInvolvement {
    /// With its way and its end.
    Whole(Involvement),
    /// A member's id alone: who opened the matter was assigned to it, the others were invited.
    Before(MemberId),
}

impl StoredInvolvement {
    /// What it means for a matter that this member opened then.
    pub(crate) fn of_matter(self, opened_by: MemberId, opened_at: Moment) -> Involvement {
        match self {
            Self::Whole(involvement) => involvement,
            Self::Before(member) if member == opened_by => Matter::opened_involvement(opened_by, opened_at),
            Self::Before(member) => {
                Involvement { by: InvolvedBy::Invitation(member), ..Matter::opened_involvement(opened_by, opened_at) }
            }
        }
    }
}
