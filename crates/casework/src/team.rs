//! Teams: members of one organisation to whom a matter can be given together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{
    Action, InvolvedBy, Matter, Member, MemberId, Membership, Moment, OrganisationId, Refused, Resource, TeamId, may,
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
}

impl Team {
    /// Whether one of these matters is with this team alone, so that nobody could work on it without the team.
    #[must_use]
    pub fn is_needed(&self, matters: &[Matter], now: Moment) -> bool {
        matters.iter().any(|matter| {
            let mut running = matter.involved.iter().filter(|one| one.runs(now)).peekable();
            running.peek().is_some() && running.all(|one| one.by == InvolvedBy::Team(self.id))
        })
    }
}

problems! {
    /// What making or changing a team needs.
    TeamProblem {
        NameMissing @ "name" = "Enter what the team is called.",
        NameTaken @ "name" = "There is a team of this name already. Choose another name.",
        MemberElsewhere @ "members" = "Choose people who work here.",
        Needed @ "members" = "Some matters are with this team alone: nobody would see them any more. Leave somebody in it until each of these matters was opened to a colleague.",
        Closed @ "name" = "This team was closed meanwhile.",
    }
}

/// Makes a team. `teams` and `everybody` are the organisation's as they are now.
pub fn make_team(
    administrator: &Member,
    id: TeamId,
    name: &str,
    members: BTreeSet<MemberId>,
    teams: &[Team],
    everybody: &[Member],
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(administrator.organisation))?;
    let organisation = administrator.organisation;
    let none = Team { id, organisation, version: 0, name: String::new(), members: BTreeSet::new(), closed: false };
    changed(&none, name, members, teams, everybody, false)
}

/// Renames a team and says anew who is in it. Somebody stays in a team that is needed ([`Team::is_needed`]).
pub fn change_team(
    administrator: &Member,
    team: &Team,
    name: &str,
    members: BTreeSet<MemberId>,
    teams: &[Team],
    everybody: &[Member],
    needed: bool,
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    changed(team, name, members, teams, everybody, needed)
}

/// Closes a team: whoever was involved in a matter through it alone is so no longer. One that is needed ([`Team::is_needed`]) stays.
pub fn close_team(administrator: &Member, team: &Team, needed: bool) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    let refused = [(team.closed, TeamProblem::Closed), (needed, TeamProblem::Needed)];
    let problems = refused.into_iter().filter_map(|(holds, problem)| holds.then_some(problem)).collect();
    unless_problems(problems, || Team {
        version: team.version + 1,
        members: BTreeSet::new(),
        closed: true,
        ..team.clone()
    })
}

/// The team without a member, who has left.
#[must_use]
pub fn leave_team(team: &Team, member: MemberId) -> Team {
    let mut without = Team { version: team.version + 1, ..team.clone() };
    without.members.remove(&member);
    without
}

fn changed(
    team: &Team,
    name: &str,
    members: BTreeSet<MemberId>,
    teams: &[Team],
    everybody: &[Member],
    needed: bool,
) -> Result<Team, Refused<TeamProblem>> {
    let name = name.trim();
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
    if needed && members.is_empty() {
        problems.push(TeamProblem::Needed);
    }
    unless_problems(problems, || Team { version: team.version + 1, name: name.to_owned(), members, ..team.clone() })
}
