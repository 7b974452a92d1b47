//! Teams: members of one organisation to whom a matter can be given together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{Action, Member, MemberId, Membership, OrganisationId, Refused, Resource, TeamId, may};

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

problems! {
    /// What making or changing a team needs.
    TeamProblem {
        NameMissing @ "name" = "Enter what the team is called.",
        NameTaken @ "name" = "There is a team of this name already. Choose another name.",
        MemberElsewhere @ "members" = "Choose people who work here.",
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
    changed(&none, name, members, teams, everybody)
}

/// Renames a team and says anew who is in it.
pub fn change_team(
    administrator: &Member,
    team: &Team,
    name: &str,
    members: BTreeSet<MemberId>,
    teams: &[Team],
    everybody: &[Member],
) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    changed(team, name, members, teams, everybody)
}

/// Closes a team: whoever was involved in a matter through it alone is so no longer.
pub fn close_team(administrator: &Member, team: &Team) -> Result<Team, Refused<TeamProblem>> {
    may(administrator, Action::ManageMembers, Resource::Organisation(team.organisation))?;
    let problems = if team.closed { vec![TeamProblem::Closed] } else { Vec::new() };
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
    unless_problems(problems, || Team { version: team.version + 1, name: name.to_owned(), members, ..team.clone() })
}
