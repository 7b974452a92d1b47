//! Teams: members of one organisation to whom a matter can be given together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{MemberId, OrganisationId, TeamId};

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
}
