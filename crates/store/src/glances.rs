//! What unusual reading is looked for in: how and when each view was opened, without opening any.

use std::collections::BTreeMap;

use casework::{Glance, MatterId, MemberId, Moment, Opened, OrganisationId, PersonId, View, ViewId, WasInvolved};

use crate::sql::{Param, Row};
use crate::statements::{ENDED_INVOLVEMENT, GLANCES, SORT_VIEWING, VIEWINGS_UNSORTED};
use crate::{Reading, Store, StoreError, Writing};

/// How many views from before are sorted in one transaction.
const AT_A_TIME: i64 = 500;

/// A view as it is looked at from afar, and whether it was marked as looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glanced {
    /// The view.
    pub glance: Glance,
    /// Whether somebody marked it.
    pub marked: bool,
}

/// What the row of a view says of how it was opened.
pub(crate) struct Sorted {
    pub(crate) opened: &'static str,
    pub(crate) matter: Option<uuid::Uuid>,
    pub(crate) address: i64,
}

pub(crate) fn sorted(view: &View) -> Sorted {
    let (opened, matter) = match Opened::of(&view.why, view.seen) {
        Opened::Involved(matter) => ("involved", Some(matter.uuid())),
        Opened::Stated => ("stated", None),
        Opened::Emergency => ("emergency", None),
        Opened::Otherwise => ("otherwise", None),
        Opened::LookedOver => ("looked-over", None),
        Opened::Oversight => ("oversight", None),
        Opened::SetConflict => ("set-conflict", None),
    };
    Sorted { opened, matter, address: i64::from(Glance::is_address(view.seen)) }
}

fn opened(row: &Row) -> Result<Opened, StoreError> {
    Ok(match row.text(4)?.as_str() {
        "involved" => Opened::Involved(MatterId::from_uuid(row.maybe_id(5)?.ok_or(StoreError::Malformed("a view"))?)),
        "stated" => Opened::Stated,
        "emergency" => Opened::Emergency,
        "otherwise" => Opened::Otherwise,
        "looked-over" => Opened::LookedOver,
        "oversight" => Opened::Oversight,
        "set-conflict" => Opened::SetConflict,
        _ => return Err(StoreError::Malformed("how a view was opened")),
    })
}

impl Reading {
    /// Every view from a moment until another, oldest first.
    pub async fn glances(&mut self, from: Moment, until: Moment) -> Result<Vec<Glanced>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(from.micros()), Param::Int(until.micros())];
        let mut found: Vec<Glanced> = Vec::new();
        for row in self.open.rows(GLANCES, &place).await? {
            let (view, person) = (ViewId::from_uuid(row.id(0)?), row.maybe_id(7)?.map(PersonId::from_uuid));
            match found.last_mut() {
                Some(last) if last.glance.view == view => last.glance.people.extend(person),
                _ => found.push(Glanced {
                    marked: row.int(1)? > 1,
                    glance: Glance {
                        view,
                        reader: MemberId::from_uuid(row.id(2)?),
                        people: person.into_iter().collect(),
                        at: Moment::from_micros(row.int(3)?),
                        opened: opened(&row)?,
                        address: row.int(6)? != 0,
                    },
                }),
            }
        }
        Ok(found)
    }

    /// Involvement by assignment, invitation or a team that ended after a moment and is over by now, because the matter's ended or because
    /// somebody came out of the team. Whoever is involved in another way then is left out.
    pub async fn ended_involvement(&mut self, since: Moment, now: Moment) -> Result<Vec<WasInvolved>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(since.micros()), Param::Int(now.micros())];
        let teams = self.teams().await?;
        let lately = |until: Moment| since < until && until <= now;
        let mut matters = BTreeMap::new();
        for row in self.open.rows(ENDED_INVOLVEMENT, &place).await? {
            let found = self.matter(MatterId::from_uuid(row.id(0)?)).await?;
            matters.extend(found.map(|matter| (matter.id, matter)));
        }
        for team in teams.iter().filter(|team| team.left.iter().any(|one| lately(one.until))) {
            matters.extend(self.matters_of_team(team.id, since).await?.into_iter().map(|matter| (matter.id, matter)));
        }
        Ok(matters.values().flat_map(|matter| casework::ended_involvement(matter, &teams, since, now)).collect())
    }
}

impl Store {
    /// Says in the rows of views from before how each was opened.
    pub(crate) async fn sort_views(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        loop {
            let sorted = self
                .write("sort_views", organisation, |mut writing: Writing| async move {
                    let of = Param::Id(organisation.uuid());
                    let rows = writing.open.rows(VIEWINGS_UNSORTED, &[of, Param::Int(AT_A_TIME)]).await?;
                    let count = rows.len();
                    for row in rows {
                        let id = ViewId::from_uuid(row.id(0)?);
                        let viewed =
                            writing.view(id).await?.ok_or(StoreError::Malformed("a view without its record"))?;
                        let Sorted { opened, matter, address } = sorted(&viewed.view);
                        let row = [
                            of,
                            Param::Id(id.uuid()),
                            Param::Text(opened),
                            Param::MaybeId(matter),
                            Param::Int(address),
                        ];
                        writing.open.run_one(SORT_VIEWING, &row).await?;
                    }
                    Ok::<_, StoreError>(count)
                })
                .await?;
            if i64::try_from(sorted).is_ok_and(|sorted| sorted < AT_A_TIME) {
                return Ok(());
            }
        }
    }
}
