//! Matters: the worry or piece of work that ties people, items and decisions together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::involvement::{Involvement, StoredInvolvement};
use crate::problem::{blank, problems, unless_problems};
use crate::{Action, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Refused, Resource, may};

/// A matter of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredMatter")]
pub struct Matter {
    /// Its id.
    pub id: MatterId,
    /// The organisation whose matter it is.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// What it is called.
    pub title: String,
    /// Whom it is about; may be empty at first.
    pub people: BTreeSet<PersonId>,
    /// The member who opened it.
    pub opened_by: MemberId,
    /// Who is involved, and so may read it, in the order it was given; what is over stays.
    pub involved: Vec<Involvement>,
    /// When it was opened.
    pub opened_at: Moment,
}

#[derive(Deserialize)]
struct StoredMatter {
    id: MatterId,
    organisation: OrganisationId,
    version: u64,
    title: String,
    people: BTreeSet<PersonId>,
    opened_by: MemberId,
    involved: Vec<StoredInvolvement>,
    opened_at: Moment,
}

impl From<StoredMatter> for Matter {
    fn from(stored: StoredMatter) -> Self {
        let StoredMatter { id, organisation, version, title, people, opened_by, involved, opened_at } = stored;
        let involved = involved.into_iter().map(|one| one.of_matter(opened_by, opened_at)).collect();
        Self { id, organisation, version, title, people, opened_by, involved, opened_at }
    }
}

/// What is needed to open a matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMatter {
    /// What it is called.
    pub title: String,
    /// Whom it is about.
    pub people: BTreeSet<PersonId>,
}

problems! {
    /// What a matter needs.
    MatterProblem {
        TitleMissing @ "title" = "Say in a line what this is about.",
    }
}

/// Opens a matter; the member who opens it is involved in it. Somebody whom they must not see is not found for them.
pub fn open_matter(
    member: &Member,
    id: MatterId,
    new: NewMatter,
    now: Moment,
) -> Result<Matter, Refused<MatterProblem>> {
    may(member, Action::StartCasework, Resource::Organisation(member.organisation))?;
    let problems = if blank(&new.title) { vec![MatterProblem::TitleMissing] } else { Vec::new() };
    let opened = unless_problems(problems, || Matter {
        id,
        organisation: member.organisation,
        version: 1,
        title: new.title.trim().to_owned(),
        people: new.people,
        opened_by: member.id,
        involved: vec![Matter::opened_involvement(member.id, now)],
        opened_at: now,
    })?;
    may(member, Action::WorkOn, Resource::Matter(&opened, now))?;
    Ok(opened)
}

/// Adds people whom the matter is about. Somebody whom the member must not see is not found for them.
pub fn add_people(
    member: &Member,
    matter: &Matter,
    people: impl IntoIterator<Item = PersonId>,
    now: Moment,
) -> Result<Matter, Refused<MatterProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    let mut changed = matter.clone();
    changed.people.extend(people);
    changed.version += 1;
    may(member, Action::WorkOn, Resource::Matter(&changed, now))?;
    Ok(changed)
}
