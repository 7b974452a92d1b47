//! Sessions: a visit after signing in, known by an opaque token of which only the hash is kept.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use casework::{InvalidId, MemberId, Moment, OrganisationId, Proved, SessionId};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::bound::{Bound, RowKey};
use crate::keyring::from_hex;
use crate::sql::{Param, Row};
use crate::statements::{
    ADD_SESSION, END_EXPIRED_SESSIONS, END_ONE_SESSION_OF, END_OTHER_SESSIONS_OF, END_SESSION, END_SESSIONS_BUT,
    END_SESSIONS_OF, SESSION, SESSIONS_OF, TOUCH_SESSION,
};
use crate::{Reading, StoreError, Writing};

/// What the browser's cookie holds: the organisation, so that the session is looked for in one place, and 256 secret bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken {
    #[zeroize(skip)]
    organisation: OrganisationId,
    secret: [u8; 32],
}

impl SessionToken {
    /// A token from 32 random bytes.
    pub const fn new(organisation: OrganisationId, random: [u8; 32]) -> Self {
        Self { organisation, secret: random }
    }

    /// Where to look for the session. It proves nothing until the session is found there.
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// The cookie's value.
    pub fn cookie(&self) -> String {
        let mut text = format!("{}.", self.organisation);
        for byte in &self.secret {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(hidden)")
    }
}

impl FromStr for SessionToken {
    type Err = InvalidId;

    fn from_str(cookie: &str) -> Result<Self, InvalidId> {
        let (organisation, secret) = cookie.split_once('.').ok_or(InvalidId)?;
        Ok(Self { organisation: organisation.parse()?, secret: from_hex(secret).ok_or(InvalidId)? })
    }
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id, by which its owner may see and end it.
    pub id: SessionId,
    /// Who signed in.
    pub member: MemberId,
    /// How they proved who they are.
    pub proved: Proved,
    /// Which sort of browser, in words that fit many people. It is stored as it is.
    pub browser: String,
    /// When.
    pub started_at: Moment,
    /// When it ends if nothing happens.
    pub idle_until: Moment,
    /// When it ends whatever happens.
    pub ends_at: Moment,
}

/// A session that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Who signed in.
    pub member: MemberId,
    /// How they proved who they are.
    pub proved: Proved,
    /// Which sort of browser, in words that fit many people. It is stored as it is.
    pub browser: String,
    /// When.
    pub started_at: Moment,
    /// When its owner last proved who they are.
    pub confirmed_at: Moment,
    /// When it was last used.
    pub seen_at: Moment,
    /// When it ends if nothing more happens.
    pub idle_until: Moment,
    /// When it ends whatever happens.
    pub ends_at: Moment,
}

impl Reading {
    /// The session of this token, if it holds at `now`; none, too, where its row is not as this program wrote it.
    pub async fn session(&mut self, token: &SessionToken, now: Moment) -> Result<Option<Session>, StoreError> {
        let hash = token.hash();
        let place = [Param::Id(self.organisation.uuid()), Param::Bytes(&hash), Param::Int(now.micros())];
        let Some(row) = self.open.row(SESSION, &place).await? else { return Ok(None) };
        session(self.inner.keys.rows(), self.organisation, &hash, &row)
    }

    /// The sessions of a member that hold at `now`, the one used last first. Those that would not let anybody in are left out.
    pub async fn sessions_of(&mut self, member: MemberId, now: Moment) -> Result<Vec<Session>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Int(now.micros())];
        let rows = self.open.rows(SESSIONS_OF, &place).await?;
        let read = |row: &Row| session(self.inner.keys.rows(), self.organisation, &row.bytes(10)?, row);
        rows.iter().filter_map(|row| read(row).transpose()).collect()
    }
}

/// The session in a row; none where its tag does not fit. What the row says is believed after that, and not looked at before.
pub(crate) fn session(
    key: &RowKey,
    organisation: OrganisationId,
    token_hash: &[u8],
    row: &Row,
) -> Result<Option<Session>, StoreError> {
    let at = |column| row.int(column).map(Moment::from_micros);
    let (id, member) = (SessionId::from_uuid(row.id(0)?), MemberId::from_uuid(row.id(1)?));
    let (proved, browser) = (row.text(2)?, row.text(3)?);
    let (started_at, confirmed_at, ends_at) = (at(4)?, at(5)?, at(8)?);
    let bound = Bound::Session {
        organisation,
        token_hash,
        id,
        member,
        proved: &proved,
        browser: &browser,
        started_at,
        confirmed_at,
        ends_at,
    };
    if !key.fits(bound, row.bytes(9).ok().as_deref()) {
        return Ok(None);
    }
    Ok(Some(Session {
        id,
        organisation,
        member,
        proved: proved.parse().map_err(|_| StoreError::Malformed("how a session was proved"))?,
        browser,
        started_at,
        confirmed_at,
        seen_at: at(6)?,
        idle_until: at(7)?,
        ends_at,
    }))
}

impl Writing {
    /// Begins a session.
    pub async fn start_session(&mut self, token: &SessionToken, new: &NewSession) -> Result<(), StoreError> {
        self.check_organisation(token.organisation())?;
        let hash = token.hash();
        let tag = self.inner.keys.rows().tag(Bound::Session {
            organisation: self.organisation,
            token_hash: &hash,
            id: new.id,
            member: new.member,
            proved: new.proved.word(),
            browser: &new.browser,
            started_at: new.started_at,
            confirmed_at: new.started_at,
            ends_at: new.ends_at,
        });
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Bytes(&hash),
            Param::Id(new.id.uuid()),
            Param::Id(new.member.uuid()),
            Param::Text(new.proved.word()),
            Param::Text(&new.browser),
            Param::Int(new.started_at.micros()),
            Param::Int(new.idle_until.micros()),
            Param::Int(new.ends_at.micros()),
            Param::Bytes(&tag),
        ];
        self.open.run_one(ADD_SESSION, &row).await
    }

    /// Puts off the idle end of a session that still holds; says whether it did.
    pub async fn touch_session(
        &mut self,
        token: &SessionToken,
        now: Moment,
        idle_until: Moment,
    ) -> Result<bool, StoreError> {
        let hash = token.hash();
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Bytes(&hash),
            Param::Int(now.micros()),
            Param::Int(idle_until.micros()),
        ];
        Ok(self.open.run(TOUCH_SESSION, &row).await? == 1)
    }

    /// Ends a session; says whether there was one.
    pub async fn end_session(&mut self, token: &SessionToken) -> Result<bool, StoreError> {
        let hash = token.hash();
        let row = [Param::Id(self.organisation.uuid()), Param::Bytes(&hash)];
        Ok(self.open.run(END_SESSION, &row).await? == 1)
    }

    /// Ends one session of a member, by its id; says whether there was one.
    pub async fn end_session_of(&mut self, member: MemberId, session: SessionId) -> Result<bool, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Id(session.uuid())];
        Ok(self.open.run(END_ONE_SESSION_OF, &row).await? == 1)
    }

    /// Ends every session of a member but this one; says how many.
    pub async fn end_other_sessions_of(&mut self, member: MemberId, but: SessionId) -> Result<u64, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Id(but.uuid())];
        self.open.run(END_OTHER_SESSIONS_OF, &row).await
    }

    /// Ends every session of a member; says how many.
    pub async fn end_sessions_of(&mut self, member: MemberId) -> Result<u64, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        self.open.run(END_SESSIONS_OF, &row).await
    }

    /// Ends every session of the organisation but this one; says how many.
    pub async fn end_sessions_but(&mut self, but: SessionId) -> Result<u64, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(but.uuid())];
        self.open.run(END_SESSIONS_BUT, &row).await
    }

    /// Clears away sessions that no longer hold; says how many.
    pub async fn end_expired_sessions(&mut self, now: Moment) -> Result<u64, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Int(now.micros())];
        self.open.run(END_EXPIRED_SESSIONS, &row).await
    }
}
