//! Notices: who is told at once that something waits to be looked at, and what a notice says. It says what and when, and nothing of whom.

use crate::wire::words;
use crate::{
    Circumstances, EmergencyAccess, MailId, Member, MemberId, Membership, Moment, OrganisationId, Role, Wish, may_now,
};

words! {
    /// What a notice says.
    Notice {
        /// Emergency access began; whoever is told may look at it.
        EmergencyBegan = "emergency-began",
        /// Emergency access began, and nobody may look at it before somebody is named.
        NobodyToReview = "nobody-to-review",
    }


    /// Who is told at once that emergency access began.
    ToldFirst {
        /// The named Caldicott Guardian.
        Guardian = "guardian",
        /// Everybody who advises.
        Advisers = "advisers",
        /// Everybody who manages.
        Managers = "managers",
        /// The administrators: nobody may look at it before they name somebody.
        Administrators = "administrators",
    }
}

/// A notice to a member, to be sent to the address that they have when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// To whom.
    pub to: MemberId,
    /// What it says.
    pub notice: Notice,
    /// When it happened.
    pub about_at: Moment,
}

impl ToldFirst {
    /// The notice that they get.
    #[must_use]
    pub const fn notice(self) -> Notice {
        match self {
            Self::Guardian | Self::Advisers | Self::Managers => Notice::EmergencyBegan,
            Self::Administrators => Notice::NobodyToReview,
        }
    }
}

/// Whom to tell at once that emergency access began: the named Caldicott Guardian; without one who may look at it, every adviser; without
/// those, every manager. Where none of them is there, the administrators, who can name somebody. Never whoever took it, and nobody who must
/// not see whom it is about.
#[must_use]
pub fn whom_to_tell(
    members: &[Member],
    guardian: Option<MemberId>,
    access: &EmergencyAccess,
) -> (ToldFirst, Vec<MemberId>) {
    let circumstances = Circumstances::plain(access.begins);
    let may_look = |one: &Member| may_now(one, Wish::ReviewEmergency(access), &circumstances).is_ok();
    for circle in [ToldFirst::Guardian, ToldFirst::Advisers, ToldFirst::Managers] {
        let within = |one: &&Member| match circle {
            ToldFirst::Guardian => guardian == Some(one.id),
            ToldFirst::Advisers => one.is(Role::Adviser),
            _ => one.is(Role::Manager),
        };
        let told: Vec<MemberId> = members.iter().filter(within).filter(|one| may_look(one)).map(|one| one.id).collect();
        if !told.is_empty() {
            return (circle, told);
        }
    }
    let names =
        |one: &&Member| one.is(Role::Administrator) && one.membership == Membership::Active && one.id != access.holder;
    (ToldFirst::Administrators, members.iter().filter(names).map(|one| one.id).collect())
}
