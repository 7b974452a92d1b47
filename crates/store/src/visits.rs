//! Who a request comes from: asked by every request, and so with one statement where nothing changed since the last.
//!
//! The statement says whether the session holds, and in which version the organisation and the member stand. A version of a record never
//! changes: opened once, it is remembered for as long as the database says that it is the latest. Whether the session is one that this
//! program began takes no further statement: its row is tagged (`bound`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use casework::{EmergencyAccess, Member, MemberId, Moment, Organisation, OrganisationId, Team, TeamId};

use crate::sessions::session;
use crate::sql::Param;
use crate::statements::VISIT;
use crate::{Reading, Session, SessionToken, StoreError};

/// Members remembered at most: those who are at work at the same time; and as many teams. Beyond that all are forgotten, and opened again as
/// they come.
const MOST: usize = 2_000;

/// A session that holds, with whose it is.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The session.
    pub session: Session,
    /// The organisation as it is now.
    pub organisation: Arc<Organisation>,
    /// The member as they are now.
    pub member: Arc<Member>,
    /// The teams that they are in.
    pub teams: BTreeSet<TeamId>,
    /// Emergency access that they took since the moment asked about, the newest first.
    pub emergencies: Vec<EmergencyAccess>,
}

/// The latest versions of organisations, members and teams that were opened.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    organisations: Mutex<HashMap<OrganisationId, Arc<Organisation>>>,
    members: Mutex<HashMap<(OrganisationId, MemberId), Arc<Member>>>,
    teams: Mutex<HashMap<(OrganisationId, TeamId), Arc<Team>>>,
}

impl Reading {
    /// The visit of this token, if its session holds at `now`; with the emergency access that began after `since`. None, too, where the
    /// session's row is not as this program wrote it.
    pub async fn visit(
        &mut self,
        token: &SessionToken,
        now: Moment,
        since: Moment,
    ) -> Result<Option<Visit>, StoreError> {
        let hash = token.hash();
        let of = Param::Id(self.organisation.uuid());
        let place = [of, Param::Bytes(&hash), Param::Int(now.micros()), Param::Int(since.micros())];
        let Some(row) = self.open.row(VISIT, &place).await? else { return Ok(None) };
        let session = session(self.inner.keys.rows(), self.organisation, &hash, &row)?;
        let Some(session) = session else { return Ok(None) };
        let Some(organisation) = self.organisation_of_version(row.int(10)?).await? else { return Ok(None) };
        let Some(member) = self.member_of_version(session.member, row.int(11)?).await? else { return Ok(None) };
        let teams = if row.int(12)? == 0 { BTreeSet::new() } else { self.teams_of(member.id).await? };
        let emergencies = if row.int(13)? == 0 { Vec::new() } else { self.emergencies_of(member.id, since).await? };
        Ok(Some(Visit { session, organisation, member, teams, emergencies }))
    }

    async fn organisation_of_version(&mut self, version: i64) -> Result<Option<Arc<Organisation>>, StoreError> {
        let inner = Arc::clone(&self.inner);
        let remembered = || inner.remembered.organisations.lock().unwrap_or_else(PoisonError::into_inner);
        let known = remembered().get(&self.organisation).cloned();
        if let Some(known) = known.filter(|known| i64::try_from(known.version) == Ok(version)) {
            return Ok(Some(known));
        }
        let Some(opened) = self.organisation().await?.map(Arc::new) else { return Ok(None) };
        remembered().insert(self.organisation, Arc::clone(&opened));
        Ok(Some(opened))
    }

    async fn member_of_version(&mut self, id: MemberId, version: i64) -> Result<Option<Arc<Member>>, StoreError> {
        let inner = Arc::clone(&self.inner);
        let remembered = || inner.remembered.members.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (self.organisation, id);
        let known = remembered().get(&place).cloned();
        if let Some(known) = known.filter(|known| i64::try_from(known.version) == Ok(version)) {
            return Ok(Some(known));
        }
        let Some(opened) = self.member(id).await?.map(Arc::new) else { return Ok(None) };
        let mut remembered = remembered();
        if remembered.len() >= MOST {
            remembered.clear();
        }
        remembered.insert(place, Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// A team that the database says stands in this version.
    pub(crate) async fn team_of_version(&mut self, id: TeamId, version: i64) -> Result<Option<Arc<Team>>, StoreError> {
        let inner = Arc::clone(&self.inner);
        let remembered = || inner.remembered.teams.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (self.organisation, id);
        let known = remembered().get(&place).cloned();
        if let Some(known) = known.filter(|known| i64::try_from(known.version) == Ok(version)) {
            return Ok(Some(known));
        }
        let Some(opened) = self.team(id).await?.map(Arc::new) else { return Ok(None) };
        let mut remembered = remembered();
        if remembered.len() >= MOST {
            remembered.clear();
        }
        remembered.insert(place, Arc::clone(&opened));
        Ok(Some(opened))
    }
}
