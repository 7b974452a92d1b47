//! Matters: the worry or piece of work that ties people, items and decisions together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{Action, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Refused, Resource, may};

/// A matter of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Who is involved, and so may read it: the one who opened it and those invited.
    pub involved: BTreeSet<MemberId>,
    /// When it was opened.
    pub opened_at: Moment,
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
        MemberElsewhere @ "member" = "Choose someone who works with cases in your organisation.",
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
        involved: BTreeSet::from([member.id]),
        opened_at: now,
    })?;
    may(member, Action::WorkOn, Resource::Matter(&opened))?;
    Ok(opened)
}

/// Adds people whom the matter is about. Somebody whom the member must not see is not found for them.
pub fn add_people(
    member: &Member,
    matter: &Matter,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<Matter, Refused<MatterProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter))?;
    let mut changed = matter.clone();
    changed.people.extend(people);
    changed.version += 1;
    may(member, Action::WorkOn, Resource::Matter(&changed))?;
    Ok(changed)
}

/// Involves another member of the same organisation.
pub fn invite_member(member: &Member, matter: &Matter, other: &Member) -> Result<Matter, Refused<MatterProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter))?;
    let mut problems = Vec::new();
    if other.organisation != matter.organisation || !other.does_casework() {
        problems.push(MatterProblem::MemberElsewhere);
    }
    unless_problems(problems, || {
        let mut changed = matter.clone();
        changed.involved.insert(other.id);
        changed.version += 1;
        changed
    })
}
