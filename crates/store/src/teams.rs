//! Teams, and who is in them.

use std::collections::BTreeSet;

use casework::{MemberId, Team, TeamId};

use crate::bound::agreeing;
use crate::records::{before, stored};
use crate::sql::Param;
use crate::statements::{ADD_TEAM, ADD_TEAM_MEMBER, CHANGE_TEAM, CLEAR_TEAM_MEMBERS, TEAMS, TEAMS_OF};
use crate::{Reading, StoreError, Writing};

impl Reading {
    /// A team.
    pub async fn team(&mut self, id: TeamId) -> Result<Option<Team>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The organisation's teams, in the order they were made.
    pub async fn teams(&mut self) -> Result<Vec<Team>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(TEAMS, &[organisation]).await
    }

    /// The teams that a member is in. The rows only lead there: the team's own record says who is in it.
    pub async fn teams_of(&mut self, member: MemberId) -> Result<BTreeSet<TeamId>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let mut teams = Vec::new();
        for row in self.open.few(TEAMS_OF, &place).await? {
            teams.extend(self.of_version::<Team>(row.id(0)?, row.int(1)?).await?);
        }
        let teams = agreeing("team_member", teams, |team| team.members.contains(&member));
        Ok(teams.iter().map(|team| team.id).collect())
    }
}

impl Writing {
    /// Saves a team whose version is one more than that stored (1: new), with who is in it.
    pub async fn save_team(&mut self, team: &Team) -> Result<(), StoreError> {
        self.check_organisation(team.organisation)?;
        let (organisation, id) = (Param::Id(team.organisation.uuid()), Param::Id(team.id.uuid()));
        let version = Param::Int(stored(team.version)?);
        match before(team.version)? {
            0 => self.open.run_one(ADD_TEAM, &[organisation, id, version]).await?,
            earlier => self.move_on(CHANGE_TEAM, &[organisation, id, version, Param::Int(earlier)]).await?,
        }
        self.open.run(CLEAR_TEAM_MEMBERS, &[organisation, id]).await?;
        for member in &team.members {
            self.open.run_one(ADD_TEAM_MEMBER, &[organisation, id, Param::Id(member.uuid())]).await?;
        }
        self.add_version(team).await
    }
}
