//! Where a person lives. It stands in a record of its own, so that nothing else that is read, printed or handed out can hold it; one
//! that is protected is read by few, each time for a reason (SUB-4).

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{Circumstances, Matter, Member, MemberId, Moment, OrganisationId, PersonId, Refused, Wish, may_now};

/// Where a person lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Whose address it is.
    pub person: PersonId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// The address.
    pub lines: String,
    /// Whether it is protected: it may lead somebody to a person at risk.
    pub protected: bool,
    /// Why it was last protected or is protected no longer; may be empty.
    pub because: String,
    /// Who wrote this version.
    pub by: MemberId,
    /// When.
    pub at: Moment,
}

problems! {
    /// What keeping an address needs.
    AddressProblem {
        LinesMissing @ "address" = "Enter the address.",
        ReasonMissing @ "reason" = "Say why.",
    }
}

/// Keeps a person's address. Once it is protected it stays so, whoever writes a new one, until it is released.
#[allow(clippy::too_many_arguments, reason = "who, whose, and each field of the form")]
pub fn keep_address(
    member: &Member,
    person: PersonId,
    matters: &[Matter],
    earlier: Option<&Address>,
    lines: &str,
    protect: bool,
    now: Moment,
) -> Result<Address, Refused<AddressProblem>> {
    may_now(member, Wish::ProtectAddress(person, matters), &Circumstances::plain(now))?;
    let problems = if blank(lines) { vec![AddressProblem::LinesMissing] } else { Vec::new() };
    unless_problems(problems, || Address {
        person,
        organisation: member.organisation,
        version: earlier.map_or(1, |earlier| earlier.version + 1),
        lines: lines.trim().to_owned(),
        protected: protect || earlier.is_some_and(|earlier| earlier.protected),
        because: earlier.map(|earlier| earlier.because.clone()).unwrap_or_default(),
        by: member.id,
        at: now,
    })
}

/// Protects an address no longer, for a stated reason.
pub fn release_address(
    member: &Member,
    earlier: &Address,
    matters: &[Matter],
    reason: &str,
    circumstances: &Circumstances<'_>,
) -> Result<Address, Refused<AddressProblem>> {
    if blank(reason) {
        return Err(Refused::Problems(vec![AddressProblem::ReasonMissing]));
    }
    let stated = Circumstances { reason_stated: true, ..*circumstances };
    may_now(member, Wish::ReleaseAddress(earlier.person, matters), &stated)?;
    Ok(Address {
        version: earlier.version + 1,
        protected: false,
        because: reason.trim().to_owned(),
        by: member.id,
        at: circumstances.at,
        ..earlier.clone()
    })
}
