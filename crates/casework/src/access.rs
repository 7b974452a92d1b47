//! Who may do what. One function answers, and everything asks it.
//!
//! The rules for now: a member works only in their own organisation; practitioners, managers and advisers read and
//! work on matters they are involved in; a draft is its writer's alone; an administrator changes settings and members
//! and sees no case content; an analyst sees no person. A manager or an administrator destroys what is kept about a person
//! and holds it, which needs no sight of the case: records go by id. Whatever is not allowed looks as if it did not exist.

use crate::{Draft, Matter, Member, OrganisationId, Role};

/// What a member wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open a matter, name a person, start a draft: in the organisation.
    StartCasework,
    /// Read a matter with its people, items and decisions; read a draft.
    Read,
    /// Add to a matter, record a decision on it, correct one; save a draft.
    WorkOn,
    /// Change the organisation's settings, procedures and contacts.
    ChangeSettings,
    /// Admit and change members.
    ManageMembers,
    /// Destroy records whose time is up, hold them, and read what was destroyed, held and recovered.
    Dispose,
}

/// What they want to do it to.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// The organisation itself.
    Organisation(OrganisationId),
    /// A matter with everything on it.
    Matter(&'a Matter),
    /// A draft.
    Draft(&'a Draft),
}

/// It may be done, and under which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// By a role that works with cases, in their own organisation.
    DoesCasework,
    /// By being involved in the matter.
    Involved,
    /// By being the draft's writer.
    OwnDraft,
    /// By being an administrator.
    Administers,
    /// By being a manager or an administrator.
    Disposes,
}

/// It may not be done. The reason is for the log; the screen says *not found*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The record belongs to another organisation.
    #[error("the record belongs to another organisation")]
    AnotherOrganisation,
    /// None of the member's roles works with cases.
    #[error("none of the member's roles works with cases")]
    NoCasework,
    /// The member is not involved in the matter.
    #[error("the member is not involved in the matter")]
    NotInvolved,
    /// The draft is another member's.
    #[error("the draft is another member's")]
    AnothersDraft,
    /// The member is not an administrator.
    #[error("the member is not an administrator")]
    NotAdministrator,
    /// The member is neither a manager nor an administrator.
    #[error("the member is neither a manager nor an administrator")]
    NotDisposing,
    /// The action has no meaning for this kind of record.
    #[error("the action has no meaning for this kind of record")]
    NoSuchAction,
}

/// Whether the member may do this, and why or why not.
pub fn may(member: &Member, action: Action, resource: Resource<'_>) -> Result<Permission, Denied> {
    let owner = match resource {
        Resource::Organisation(id) => id,
        Resource::Matter(matter) => matter.organisation,
        Resource::Draft(draft) => draft.organisation,
    };
    if owner != member.organisation {
        return Err(Denied::AnotherOrganisation);
    }
    match (action, resource) {
        (Action::ChangeSettings | Action::ManageMembers, Resource::Organisation(_)) => {
            if member.is(Role::Administrator) { Ok(Permission::Administers) } else { Err(Denied::NotAdministrator) }
        }
        (Action::Dispose, Resource::Organisation(_)) => {
            let disposes = member.is(Role::Manager) || member.is(Role::Administrator);
            if disposes { Ok(Permission::Disposes) } else { Err(Denied::NotDisposing) }
        }
        (Action::StartCasework, Resource::Organisation(_)) => casework(member).map(|()| Permission::DoesCasework),
        (Action::Read | Action::WorkOn, Resource::Matter(matter)) => {
            casework(member)?;
            if matter.involved.contains(&member.id) { Ok(Permission::Involved) } else { Err(Denied::NotInvolved) }
        }
        (Action::Read | Action::WorkOn, Resource::Draft(draft)) => {
            casework(member)?;
            if draft.member == member.id { Ok(Permission::OwnDraft) } else { Err(Denied::AnothersDraft) }
        }
        _ => Err(Denied::NoSuchAction),
    }
}

fn casework(member: &Member) -> Result<(), Denied> {
    if member.does_casework() { Ok(()) } else { Err(Denied::NoCasework) }
}
