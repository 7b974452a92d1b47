//! How often a member did something lately, counted where every copy of the program sees it. It stands beside the attempts to sign in, under
//! a tag from which nobody can be found, and is forgotten as they are.

use casework::{MemberId, Moment};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::sql::{Open, Param};
use crate::statements::{ADD_ATTEMPT, ATTEMPTS_AT, FIRST_ATTEMPT_ENDS, FORGET_OLD_ATTEMPTS};
use crate::store::may_try_again;
use crate::{Store, StoreError};

impl Store {
    /// Counts that a member does something once more, until a moment, unless as many as `most` count already: then it says when the first
    /// of those no longer counts, and counts nothing. `what` is the program's own word for it.
    pub async fn count_use(
        &self,
        member: MemberId,
        what: &'static str,
        now: Moment,
        until: Moment,
        most: u32,
    ) -> Result<Option<Moment>, StoreError> {
        let key = self.secret_for("counting uses");
        let hashed = Sha256::new().chain_update(b"sharewell 1 uses\0").chain_update(*key);
        let tag: [u8; 32] = hashed.chain_update(member.uuid()).chain_update(what).finalize().into();
        let id = Uuid::from_bytes(self.inner.randomness.bytes()?);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.inner.engine.begin_strict_write().await?;
            let (done, again) = match counted(&mut open, &tag, id, now, until, most).await {
                Ok(again) => (open.commit().await, again),
                Err(error) => (Err(error), None),
            };
            match done {
                Ok(()) => return Ok(again),
                Err(StoreError::Busy) if may_try_again(attempt) => self.stand_back(attempt).await?,
                Err(error) => return Err(error),
            }
        }
    }
}

async fn counted(
    open: &mut Open,
    tag: &[u8; 32],
    id: Uuid,
    now: Moment,
    until: Moment,
    most: u32,
) -> Result<Option<Moment>, StoreError> {
    open.run(FORGET_OLD_ATTEMPTS, &[Param::Int(now.micros())]).await?;
    let count = open.row(ATTEMPTS_AT, &[Param::Bytes(tag)]).await?;
    if count.ok_or(StoreError::Malformed("a count"))?.int(0)? >= i64::from(most) {
        let first = open.row(FIRST_ATTEMPT_ENDS, &[Param::Bytes(tag)]).await?;
        return first.ok_or(StoreError::Malformed("a count"))?.int(0).map(|ends| Some(Moment::from_micros(ends)));
    }
    open.run_one(ADD_ATTEMPT, &[Param::Bytes(tag), Param::Id(id), Param::Int(until.micros())]).await?;
    Ok(None)
}
