//! Notices: who is told at once that something waits to be looked at, and what a notice says. It says what and when, and nothing of whom.

use std::collections::BTreeMap;

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
        /// The same member began emergency access several times; whoever is told may look at each.
        EmergencyAgain = "emergency-again",
        /// The same, where nobody may look at it before somebody is named.
        NobodyToReviewAgain = "nobody-to-review-again",
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

impl Notice {
    /// Whether it tells of all that one member began within an hour.
    #[must_use]
    pub const fn is_of_several(self) -> bool {
        matches!(self, Self::EmergencyAgain | Self::NobodyToReviewAgain)
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
    /// When it happened; of several, the first.
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

    /// The notice that they get of several.
    #[must_use]
    pub const fn notice_of_several(self) -> Notice {
        match self {
            Self::Guardian | Self::Advisers | Self::Managers => Notice::EmergencyAgain,
            Self::Administrators => Notice::NobodyToReviewAgain,
        }
    }
}

/// How long after a notice that goes at once others of the same member's emergency access are gathered into one: as long as an access lasts.
pub const GATHERED_SECONDS: i64 = 60 * 60;

/// How a notice of emergency access goes to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// At once: it is the first of this member's that they are told of.
    AtOnce,
    /// With all that follow, at this moment, in one notice of several.
    Gathered(Moment),
    /// In a notice of several that waits already.
    WithOthers,
}

/// How each of those to be told of new emergency access is told: at once of the first, and of all that the same member begins within the hour
/// after it in one more notice at its end, so that nobody drowns the notice that matters in others. What is told of somebody else's access, or
/// to somebody who was told of none before, always goes at once. `lately` is the holder's own of the hour before.
#[must_use]
pub fn notices(access: &EmergencyAccess, told: &[MemberId], lately: &[EmergencyAccess]) -> BTreeMap<MemberId, Goes> {
    let goes = |to: &MemberId| {
        let holders = lately.iter().filter(|one| one.holder == access.holder);
        let known: Vec<Moment> = holders.filter_map(|one| one.told.get(to).copied()).collect();
        let gathers = |first: &&Moment| access.begins < first.plus_seconds(GATHERED_SECONDS);
        match known.iter().max().filter(gathers) {
            None => Goes::AtOnce,
            Some(first) if known.iter().filter(|one| *one == first).count() > 1 => Goes::WithOthers,
            Some(first) => Goes::Gathered(first.plus_seconds(GATHERED_SECONDS)),
        }
    };
    told.iter().map(|to| (*to, goes(to))).collect()
}

/// The access with whom it is told to, as [`notices`] says.
#[must_use]
pub fn told_of(
    access: EmergencyAccess,
    notices: &BTreeMap<MemberId, Goes>,
    lately: &[EmergencyAccess],
) -> EmergencyAccess {
    let since = |to: &MemberId, goes: &Goes| match goes {
        Goes::AtOnce => access.begins,
        Goes::Gathered(_) | Goes::WithOthers => {
            lately.iter().filter_map(|one| one.told.get(to).copied()).max().unwrap_or(access.begins)
        }
    };
    let told = notices.iter().map(|(to, goes)| (*to, since(to, goes))).collect();
    EmergencyAccess { told, ..access }
}

/// Whether a notice to this member that was to go at `first`, or gathers what began since, is of this access.
#[must_use]
pub fn is_told(access: &EmergencyAccess, to: MemberId, first: Moment) -> bool {
    // Of those from before it was kept, the moment alone is known.
    if access.told.is_empty() { access.begins == first } else { access.told.get(&to) == Some(&first) }
}

/// Whether a notice to this member tells of this access, also where it was sent in the place of somebody who could be told no more: then the
/// moment alone is known.
#[must_use]
pub fn tells_of(access: &EmergencyAccess, to: MemberId, first: Moment) -> bool {
    access.told.get(&to).map_or(access.begins == first, |since| *since == first)
}

/// How often the same member began what a notice of several gathers.
#[must_use]
pub fn times_told(accesses: &[EmergencyAccess], to: MemberId, first: Moment) -> usize {
    let mut times: BTreeMap<MemberId, usize> = BTreeMap::new();
    for one in accesses.iter().filter(|one| is_told(one, to, first)) {
        *times.entry(one.holder).or_default() += 1;
    }
    // Two members begin at the same microsecond as good as never; then each notice says the larger number.
    times.into_values().max().unwrap_or_default()
}

/// Whether one access is shown with an earlier one in a line: of the same member, within the hour after it.
#[must_use]
pub fn goes_with(first: &EmergencyAccess, other: &EmergencyAccess) -> bool {
    other.holder == first.holder
        && first.begins <= other.begins
        && other.begins < first.begins.plus_seconds(GATHERED_SECONDS)
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
