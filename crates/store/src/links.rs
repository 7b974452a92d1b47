//! Links with which a member sets their password: an invitation, or a new password. A member has one at most, it is used once, and only
//! the hash of its secret is kept.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use casework::{InvalidId, MemberId, Moment, OrganisationId};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::bound::Bound;
use crate::keyring::from_hex;
use crate::sql::{Param, Row};
use crate::statements::{END_LINK, GIVE_LINK, LINK_OF, MEMBER_OF_LINK, NOTE_OPERATOR_RESET, OPERATOR_RESETS};
use crate::{Reading, StoreError, Writing};

/// What a link carries: the organisation, so that it is looked for in one place, and 256 secret bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LinkCode {
    #[zeroize(skip)]
    organisation: OrganisationId,
    secret: [u8; 32],
}

impl LinkCode {
    /// A code from 32 random bytes.
    pub const fn new(organisation: OrganisationId, random: [u8; 32]) -> Self {
        Self { organisation, secret: random }
    }

    /// Where to look for the link. It proves nothing until the link is found there.
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// The code as it is handed over.
    pub fn text(&self) -> String {
        let mut text = format!("{}.", self.organisation);
        for byte in &self.secret {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// What is kept. It begins with its use, so that it is never the hash of a session's token.
    fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"sharewell 1 member link").chain_update(self.secret).finalize().into()
    }
}

impl fmt::Debug for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkCode(hidden)")
    }
}

impl FromStr for LinkCode {
    type Err = InvalidId;

    fn from_str(code: &str) -> Result<Self, InvalidId> {
        let (organisation, secret) = code.split_once('.').ok_or(InvalidId)?;
        Ok(Self { organisation: organisation.parse()?, secret: from_hex(secret).ok_or(InvalidId)? })
    }
}

/// A link that was given and not used yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberLink {
    /// When it was made.
    pub made_at: Moment,
    /// From when on it no longer holds.
    pub ends_at: Moment,
}

impl Reading {
    /// The link that a member was given last, whether it still holds or not.
    pub async fn member_link(&mut self, member: MemberId) -> Result<Option<MemberLink>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let Some(row) = self.open.row(LINK_OF, &place).await? else { return Ok(None) };
        self.bound_link(member, &row.bytes(3)?, &row)
    }

    /// The link in a row; none where its tag does not fit.
    fn bound_link(&self, member: MemberId, secret_hash: &[u8], row: &Row) -> Result<Option<MemberLink>, StoreError> {
        let at = |column| row.int(column).map(Moment::from_micros);
        let (organisation, made_at, ends_at) = (self.organisation, at(0)?, at(1)?);
        let bound = Bound::Link { organisation, member, secret_hash, made_at, ends_at };
        let fits = self.inner.keys.rows().fits(bound, row.bytes(2).ok().as_deref());
        Ok(fits.then_some(MemberLink { made_at, ends_at }))
    }

    /// Whose link this is, if it holds at `now`; nobody's, too, where its row is not as this program wrote it.
    pub async fn member_of_link(&mut self, code: &LinkCode, now: Moment) -> Result<Option<MemberId>, StoreError> {
        let hash = code.hash();
        let place = [Param::Id(self.organisation.uuid()), Param::Bytes(&hash), Param::Int(now.micros())];
        let Some(row) = self.open.row(MEMBER_OF_LINK, &place).await? else { return Ok(None) };
        let member = MemberId::from_uuid(row.id(3)?);
        Ok(self.bound_link(member, &hash, &row)?.map(|_| member))
    }
}

impl Reading {
    /// Members to whom whoever runs the installation gave a new way in after a moment, the last one first.
    pub async fn operator_resets(&mut self, after: Moment) -> Result<Vec<(MemberId, Moment)>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(after.micros())];
        let rows = self.open.rows(OPERATOR_RESETS, &place).await?;
        rows.iter().map(|row| Ok((MemberId::from_uuid(row.id(0)?), Moment::from_micros(row.int(1)?)))).collect()
    }
}

impl Writing {
    /// Remembers that whoever runs the installation gave a member a new way in, so that others are told.
    pub async fn note_operator_reset(&mut self, member: MemberId, at: Moment) -> Result<(), StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Int(at.micros())];
        self.open.run_one(NOTE_OPERATOR_RESET, &row).await
    }

    /// Gives a member a link in place of any earlier one.
    pub async fn give_link(&mut self, code: &LinkCode, member: MemberId, link: MemberLink) -> Result<(), StoreError> {
        self.check_organisation(code.organisation())?;
        let (hash, organisation, MemberLink { made_at, ends_at }) = (code.hash(), self.organisation, link);
        let tag =
            self.inner.keys.rows().tag(Bound::Link { organisation, member, secret_hash: &hash, made_at, ends_at });
        let row = [
            Param::Id(organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Bytes(&hash),
            Param::Int(made_at.micros()),
            Param::Int(ends_at.micros()),
            Param::Bytes(&tag),
        ];
        self.open.run_one(GIVE_LINK, &row).await
    }

    /// Ends a member's link, used or taken back; says whether there was one.
    pub async fn end_link(&mut self, member: MemberId) -> Result<bool, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        Ok(self.open.run(END_LINK, &place).await? == 1)
    }
}
