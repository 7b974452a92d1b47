//! Attempts to sign in, counted where every copy of the program sees them, so that passwords cannot be guessed one after the
//! other at one copy and then at the next.

use casework::Moment;
use uuid::Uuid;

use crate::sql::{Open, Param};
use crate::statements::{ADD_ATTEMPT, ATTEMPTS_AT, FORGET_ATTEMPTS, FORGET_OLD_ATTEMPTS};
use crate::store::may_try_again;
use crate::{Store, StoreError};

impl Store {
    /// Counts an attempt to sign in with this address until a moment, unless as many as `most` count already; says whether
    /// it may be made. An address that nobody has is counted like any other.
    pub async fn begin_sign_in(&self, email: &str, now: Moment, until: Moment, most: u32) -> Result<bool, StoreError> {
        let tag = self.sign_in_tag(email);
        let id = Uuid::from_bytes(self.inner.randomness.bytes()?);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.inner.engine.begin_strict_write().await?;
            let (counted, begun) = match count(&mut open, &tag, id, [now, until], most).await {
                Ok(begun) => (open.commit().await, begun),
                Err(error) => (Err(error), false),
            };
            match counted {
                Ok(()) => return Ok(begun),
                Err(StoreError::Busy) if may_try_again(attempt) => self.stand_back(attempt).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Forgets the attempts with this address: its password was right.
    pub async fn forget_attempts(&self, email: &str) -> Result<(), StoreError> {
        let tag = self.sign_in_tag(email);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.inner.engine.begin_strict_write().await?;
            let forgotten = match open.run(FORGET_ATTEMPTS, &[Param::Bytes(&tag)]).await {
                Ok(_) => open.commit().await,
                Err(error) => Err(error),
            };
            match forgotten {
                Err(StoreError::Busy) if may_try_again(attempt) => self.stand_back(attempt).await?,
                done => return done,
            }
        }
    }
}

async fn count(
    open: &mut Open,
    tag: &[u8],
    id: Uuid,
    [now, until]: [Moment; 2],
    most: u32,
) -> Result<bool, StoreError> {
    open.run(FORGET_OLD_ATTEMPTS, &[Param::Int(now.micros())]).await?;
    let counted = open.row(ATTEMPTS_AT, &[Param::Bytes(tag)]).await?.ok_or(StoreError::Malformed("a count"))?.int(0)?;
    if counted >= i64::from(most) {
        return Ok(false);
    }
    open.run_one(ADD_ATTEMPT, &[Param::Bytes(tag), Param::Id(id), Param::Int(until.micros())]).await?;
    Ok(true)
}
