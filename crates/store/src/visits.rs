//! Who a request comes from: asked by every request, and so with one statement where nothing changed since the last.
//!
//! The statement says whether the session holds, and in which version the organisation and the member stand. A version of a record never
//! changes: opened once, it is remembered for as long as the database says that it is the latest. Whether the session is one that this
//! program began takes no further statement: its row is tagged (`bound`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use casework::{EmergencyAccess, Member, Moment, Organisation, OrganisationId, Team, TeamId};
use uuid::Uuid;

use crate::records::Sealable;
use crate::sessions::session;
use crate::sql::Param;
use crate::statements::VISIT;
use crate::{Reading, Session, SessionToken, StoreError};

/// Members remembered at most: those who are at work at the same time; and as many organisations and teams. Beyond that all of the kind are
/// forgotten, and opened again as they come.
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

/// Records of one kind by their place, each in the latest version that was opened.
#[derive(Debug)]
pub(crate) struct Latest<R>(Mutex<HashMap<(OrganisationId, Uuid), Arc<R>>>);

impl<R> Default for Latest<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R: Sealable> Latest<R> {
    fn records(&self) -> MutexGuard<'_, HashMap<(OrganisationId, Uuid), Arc<R>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_version(&self, place: (OrganisationId, Uuid), version: i64) -> Option<Arc<R>> {
        let known = self.records().get(&place).cloned();
        known.filter(|known| i64::try_from(known.version()) == Ok(version))
    }

    fn remember(&self, place: (OrganisationId, Uuid), opened: &Arc<R>) {
        let mut records = self.records();
        if records.len() >= MOST {
            records.clear();
        }
        records.insert(place, Arc::clone(opened));
    }
}

/// The latest versions of organisations, members and teams that were opened.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    organisations: Latest<Organisation>,
    members: Latest<Member>,
    teams: Latest<Team>,
}

/// A record of which the latest version is remembered.
pub(crate) trait Rememberable: Sealable {
    fn among(remembered: &Remembered) -> &Latest<Self>;
}

macro_rules! rememberable {
    ($($record:ty: $among:ident;)+) => {$(
        impl Rememberable for $record {
            fn among(remembered: &Remembered) -> &Latest<Self> {
                &remembered.$among
            }
        }
    )+};
}

rememberable! {
    Organisation: organisations;
    Member: members;
    Team: teams;
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
        let organisation = self.of_version(self.organisation.uuid(), row.int(10)?).await?;
        let Some(organisation) = organisation else { return Ok(None) };
        let member: Option<Arc<Member>> = self.of_version(session.member.uuid(), row.int(11)?).await?;
        let Some(member) = member else { return Ok(None) };
        let teams = if row.int(12)? == 0 { BTreeSet::new() } else { self.teams_of(member.id).await? };
        let emergencies = if row.int(13)? == 0 { Vec::new() } else { self.emergencies_of(member.id, since).await? };
        Ok(Some(Visit { session, organisation, member, teams, emergencies }))
    }

    /// A record that the database says stands in this version. What a transaction that writes opens may never be committed: it remembers
    /// nothing.
    pub(crate) async fn of_version<R: Rememberable>(
        &mut self,
        id: Uuid,
        version: i64,
    ) -> Result<Option<Arc<R>>, StoreError> {
        let place = (self.organisation, id);
        if let Some(known) = R::among(&self.inner.remembered).of_version(place, version) {
            return Ok(Some(known));
        }
        let Some(opened) = self.latest::<R>(id).await?.map(Arc::new) else { return Ok(None) };
        if self.remembers {
            R::among(&self.inner.remembered).remember(place, &opened);
        }
        Ok(Some(opened))
    }
}
