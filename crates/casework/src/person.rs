//! People whom information is about.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{Action, Member, Moment, OrganisationId, PersonId, Refused, Resource, may};

/// A person, as one organisation knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id within the organisation.
    pub id: PersonId,
    /// The organisation whose record this is.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// Their name, or how they are known.
    pub name: String,
    /// Their date of birth, where known.
    pub date_of_birth: Option<Date>,
    /// Anything that tells them apart from others of the same name.
    pub note: String,
    /// When the record was made.
    pub registered_at: Moment,
}

/// What is needed to name a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPerson {
    /// Their name, or how they are known.
    pub name: String,
    /// Their date of birth, where known.
    pub date_of_birth: Option<Date>,
    /// Anything that tells them apart.
    pub note: String,
}

problems! {
    /// What naming a person needs.
    PersonProblem {
        NameMissing @ "name" = "Enter the person’s name, or how they are known.",
    }
}

/// Names a person in the member's organisation.
pub fn register_person(
    member: &Member,
    id: PersonId,
    new: NewPerson,
    now: Moment,
) -> Result<Person, Refused<PersonProblem>> {
    may(member, Action::StartCasework, Resource::Organisation(member.organisation))?;
    let problems = if blank(&new.name) { vec![PersonProblem::NameMissing] } else { Vec::new() };
    unless_problems(problems, || Person {
        id,
        organisation: member.organisation,
        version: 1,
        name: new.name.trim().to_owned(),
        date_of_birth: new.date_of_birth,
        note: new.note,
        registered_at: now,
    })
}
