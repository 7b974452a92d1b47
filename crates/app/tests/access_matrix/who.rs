//! Who asks: every role and useful combination, where their membership stands, and of which organisation they are.

use casework::{Membership, Role};

/// What somebody does in their organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    pub name: &'static str,
    pub roles: &'static [Role],
    /// Whether they are their organisation's named Caldicott Guardian.
    pub guardian: bool,
}

const fn with(name: &'static str, roles: &'static [Role]) -> Who {
    Who { name, roles, guardian: false }
}

pub const PRACTITIONER: Who = with("practitioner", &[Role::Practitioner]);
pub const MANAGER: Who = with("manager", &[Role::Manager]);
pub const ADVISER: Who = with("adviser", &[Role::Adviser]);
pub const GUARDIAN: Who = Who { guardian: true, ..with("named Caldicott Guardian", &[Role::Adviser]) };
pub const ANALYST: Who = with("analyst", &[Role::Analyst]);
pub const ADMINISTRATOR: Who = with("administrator", &[Role::Administrator]);
pub const PRACTITIONER_AND_ADMINISTRATOR: Who =
    with("practitioner and administrator", &[Role::Practitioner, Role::Administrator]);
pub const MANAGER_AND_ADMINISTRATOR: Who = with("manager and administrator", &[Role::Manager, Role::Administrator]);
pub const ADVISER_AND_ANALYST: Who = with("adviser and analyst", &[Role::Adviser, Role::Analyst]);
pub const MANAGER_AND_ANALYST: Who = with("manager and analyst", &[Role::Manager, Role::Analyst]);

impl Who {
    pub fn is(self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Of which organisation somebody is, seen from the one that holds the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    Own,
    /// Another of the same safeguarding partnership.
    Partner,
    Unrelated,
}

/// Who asks, and how they come.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    pub who: Who,
    /// None: nobody is signed in.
    pub membership: Option<Membership>,
    pub house: House,
    /// Whether they proved within ten minutes who they are.
    pub proved_lately: bool,
}

/// How somebody came to have to do with a matter and whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Involvement {
    Assigned,
    ByTeam,
    Invited,
    /// Nothing ties them to it.
    Uninvolved,
    /// It was assigned to them, given to their team and they were invited, each until this very moment.
    Over,
    /// They have emergency access to it, for one more microsecond.
    Emergency,
    /// Their emergency access ended at this very moment.
    EmergencyOver,
    /// They ended their emergency access by hand.
    EmergencyEnded,
    /// They have emergency access to another matter.
    EmergencyElsewhere,
    /// A colleague has emergency access to it.
    EmergencyOfAnother,
}

/// What ties somebody to a matter, and whether they must not see somebody whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bond {
    pub involvement: Involvement,
    pub conflict: bool,
}

/// Every bond. A conflict of interest is set against everything that would let in, and against nothing that does not.
pub const BONDS: [Bond; 15] = {
    const fn open(involvement: Involvement) -> Bond {
        Bond { involvement, conflict: false }
    }
    const fn closed(involvement: Involvement) -> Bond {
        Bond { involvement, conflict: true }
    }
    [
        open(Involvement::Assigned),
        open(Involvement::ByTeam),
        open(Involvement::Invited),
        open(Involvement::Uninvolved),
        open(Involvement::Over),
        open(Involvement::Emergency),
        open(Involvement::EmergencyOver),
        open(Involvement::EmergencyEnded),
        open(Involvement::EmergencyElsewhere),
        open(Involvement::EmergencyOfAnother),
        closed(Involvement::Assigned),
        closed(Involvement::ByTeam),
        closed(Involvement::Invited),
        closed(Involvement::Uninvolved),
        closed(Involvement::Emergency),
    ]
};
