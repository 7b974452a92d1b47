//! Teams: members of one organisation to whom a matter can be given together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::membership::has_another_administrator;
use crate::problem::{blank, problems, unless_problems};
use crate::unusual::LOOK_BACK_DAYS;
use crate::{
    Action, Circumstances, Member, MemberId, Membership, MembershipStep, Moment, OrganisationId, Refused, Resource,
    TeamId, Wish, may, may_now,
};

/// A team of one organisation. Whoever is in it is involved in the matters that were given to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// The organisation whose team it is.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// Who is in it.
    pub members: BTreeSet<MemberId>,
    /// Whether it was closed. Nobody is in it then, and nothing is given to it.
    #[serde(default)]
    pub closed: bool,
    /// When each of them came into it; not of those who came before this was kept, nor of those who are awaited.
    #[serde(default)]
    pub since: BTreeMap<MemberId, Moment>,
    /// Those who were put into it while they could not come in, invited or suspended. It opens nothing to them, and they count as in it from
    /// when they come in ([`come_in`]).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub awaited: BTreeSet<MemberId>,
    /// Who came out of it within the last [`LOOK_BACK_DAYS`]: whoever was put into it and read may have been put there in order to.
    #[serde(default)]
    pub left: Vec<WasInTeam>,
}

/// That somebody was in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WasInTeam {
    /// Who.
    pub member: MemberId,
    /// From when, if that is known.
    pub from: Option<Moment>,
    /// Until when.
    pub until: Moment,
}

impl Team {
    /// The next version, with these in it from now on; `here` says of those who are new whether they work here already.
    fn with(&self, members: BTreeSet<MemberId>, here: impl Fn(&MemberId) -> bool, now: Moment) -> Self {
        let (mut since, mut awaited, mut left) = (self.since.clone(), self.awaited.clone(), self.left.clone());
        left.retain(|one| now < one.until.plus_seconds(LOOK_BACK_DAYS * 24 * 60 * 60));
        for &member in self.members.difference(&members) {
            let from = since.remove(&member);
            // Whoever never came in was shown nothing.
            if !awaited.remove(&member) {
                left.push(WasInTeam { member, from, until: now });
            }
        }
        let (come, wait): (Vec<MemberId>, Vec<MemberId>) =
            members.difference(&self.members).copied().partition(|member| here(member));
        since.extend(come.into_iter().map(|member| (member, now)));
        awaited.extend(wait);
        Self { version: self.version + 1, members, since, awaited, left, ..self.clone() }
    }
}

problems! {
    /// What making or changing a team needs.
    TeamProblem {
        NameMissing @ "name" = "Enter what the team is called.",
        NameTaken @ "name" = "There is a team of this name already. Choose another name.",
        Oneself @ "members" = "Another administrator puts you into a team.",
        MemberElsewhere @ "members" = "Choose people who work here.",
        Needed @ "members" = "Nobody could work on some of this team’s matters any more. Leave somebody in it who works on them until each of these matters was opened to a colleague.",
        Closed @ "name" = "This team was closed meanwhile.",
    }
}

/// The organisation in which a team is made or changed, as it is at that moment.
#[derive(Debug, Clone, Copy)]
pub struct TeamsNow<'a> {
    /// Its teams.
    pub teams: &'a [Team],
    /// Everybody who works there, or did.
    pub everybody: &'a [Member],
    /// The moment.
    pub at: Moment,
    /// When the administrator last proved again who they are.
    pub signed_in_again: Option<Moment>,
}

/// Makes a team. Whoever puts somebody into it proved lately who they are ([`Denied::asks_for_proof`](crate::Denied::asks_for_proof)).
pub fn make_team(
    administrator: &Member,
    id: TeamId,
    name: &str,
    members: BTreeSet<MemberId>,
    now: TeamsNow<'_>,
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(administrator.organisation))?;
    let organisation = administrator.organisation;
    let none = Team {
        id,
        organisation,
        version: 0,
        name: String::new(),
        members: BTreeSet::new(),
        closed: false,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left: Vec::new(),
    };
    changed(administrator, &none, name, members, false, now)
}

/// Renames a team and says anew who is in it, as for [`make_team`]; taking somebody out asks for no proof. `needed` says that somebody has to stay in it ([`crate::would_be_unattended`]).
pub fn change_team(
    administrator: &Member,
    team: &Team,
    name: &str,
    members: BTreeSet<MemberId>,
    needed: bool,
    now: TeamsNow<'_>,
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    changed(administrator, team, name, members, needed, now)
}

/// Closes a team: whoever was involved in a matter through it alone is so no longer. One that is needed ([`crate::would_be_unattended`]) stays.
pub fn close_team(
    administrator: &Member,
    team: &Team,
    needed: bool,
    now: Moment,
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    let refused = [(team.closed, TeamProblem::Closed), (needed, TeamProblem::Needed)];
    let problems = refused.into_iter().filter_map(|(holds, problem)| holds.then_some(problem)).collect();
    unless_problems(problems, || Team { closed: true, ..team.with(BTreeSet::new(), |_| false, now) })
}

/// The team without a member, who has left.
#[must_use]
pub fn leave_team(team: &Team, member: MemberId, now: Moment) -> Team {
    team.with(team.members.iter().copied().filter(|&one| one != member).collect(), |_| false, now)
}

/// The team with these in it as well, who were just invited: they are awaited.
#[must_use]
pub fn invite_to_team(team: &Team, invited: &BTreeSet<MemberId>, now: Moment) -> Team {
    team.with(team.members.union(invited).copied().collect(), |_| false, now)
}

/// The team after a member of it came in: who accepted an invitation, or was suspended and is let in again. From now on they count as in it
/// who were awaited; and of whoever was invited, whatever the team says of before. None where nothing changes.
#[must_use]
pub fn come_in(team: &Team, member: &Member, now: Moment) -> Option<Team> {
    let accepted = member.step.is_some_and(|step| step.step == MembershipStep::Joined);
    if !team.members.contains(&member.id) || !(accepted || team.awaited.contains(&member.id)) {
        return None;
    }
    let mut changed = Team { version: team.version + 1, ..team.clone() };
    changed.awaited.remove(&member.id);
    changed.since.insert(member.id, now);
    Some(changed)
}

fn changed(
    administrator: &Member,
    team: &Team,
    name: &str,
    members: BTreeSet<MemberId>,
    needed: bool,
    now: TeamsNow<'_>,
) -> Result<Team, Refused<TeamProblem>> {
    let (name, TeamsNow { teams, everybody, at, signed_in_again }) = (name.trim(), now);
    let mut problems = Vec::new();
    if team.closed {
        problems.push(TeamProblem::Closed);
    }
    if blank(name) {
        problems.push(TeamProblem::NameMissing);
    }
    let same = |other: &Team| !other.closed && other.id != team.id && other.name.to_lowercase() == name.to_lowercase();
    if teams.iter().any(same) {
        problems.push(TeamProblem::NameTaken);
    }
    let here = |id: &MemberId| everybody.iter().any(|one| one.id == *id && one.membership != Membership::Left);
    if !members.iter().all(here) {
        problems.push(TeamProblem::MemberElsewhere);
    }
    // Nobody opens cases to themselves, as long as there is somebody else to do it.
    let comes_in = members.contains(&administrator.id) && !team.members.contains(&administrator.id);
    if comes_in && has_another_administrator(administrator, everybody) {
        problems.push(TeamProblem::Oneself);
    }
    if needed {
        problems.push(TeamProblem::Needed);
    }
    let works_here = |id: &MemberId| everybody.iter().any(|one| one.id == *id && one.membership == Membership::Active);
    let changed = unless_problems(problems, || Team { name: name.to_owned(), ..team.with(members, works_here, at) })?;
    // What is wrong is said before anybody is asked to prove who they are.
    if !changed.members.is_subset(&team.members) {
        let circumstances = Circumstances { signed_in_again, ..Circumstances::plain(at) };
        may_now(administrator, Wish::AddToTeam(team.organisation), &circumstances)?;
    }
    Ok(changed)
}
