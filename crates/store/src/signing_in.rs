//! What is kept between the two halves of signing in by way of somebody else, an identity provider or an authenticator: that an answer was
//! taken, so that it works once, and a form that waits to be sent again. Both come before anybody is known, and are forgotten in minutes.

use casework::Moment;
use sha2::{Digest, Sha256};

use crate::sql::{Open, Param};
use crate::statements::{
    ADD_WAITING_FORM, DELETE_WAITING_FORM, FORGET_TAKEN_ANSWERS, FORGET_WAITING_FORMS, TAKE_ANSWER, TAKEN_ANSWER,
    WAITING_FORM, WAITING_FORMS_LENGTH,
};
use crate::store::may_try_again;
use crate::{Store, StoreError};

/// The most that forms may take together while they wait, in bytes: whoever is not signed in may not fill the disk.
pub const MOST_WAITING: usize = 64 * 1024 * 1024;

/// What is done in a transaction of its own, again when it met another.
enum Step<'s> {
    Take { until: Moment },
    Wait { until: Moment, sealed: &'s [u8] },
    Forget,
}

/// What came of it.
enum Outcome {
    Refused,
    Done { form: Option<Vec<u8>> },
}

/// An answer that was taken, for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The form that waited for it, still sealed.
    pub form: Option<Vec<u8>>,
}

impl Store {
    /// Takes the answer to a question that was asked with this secret, and the form that waited for it. None when it was taken before: at
    /// any copy of the program, whenever the other was.
    pub async fn take_answer(&self, secret: &[u8], now: Moment, until: Moment) -> Result<Option<Taken>, StoreError> {
        match self.step(secret, now, &Step::Take { until }).await? {
            Outcome::Done { form } => Ok(Some(Taken { form })),
            Outcome::Refused => Ok(None),
        }
    }

    /// Lets a sealed form wait for the answer to a question; says whether there is room for it.
    pub async fn let_form_wait(
        &self,
        secret: &[u8],
        sealed: &[u8],
        now: Moment,
        until: Moment,
    ) -> Result<bool, StoreError> {
        Ok(matches!(self.step(secret, now, &Step::Wait { until, sealed }).await?, Outcome::Done { .. }))
    }

    /// Forgets forms whose writers did not come back, and answers that could not be given any more.
    pub async fn forget_waiting(&self, now: Moment) -> Result<(), StoreError> {
        self.step(&[], now, &Step::Forget).await.map(drop)
    }

    async fn step(&self, secret: &[u8], now: Moment, step: &Step<'_>) -> Result<Outcome, StoreError> {
        let tag: [u8; 32] = Sha256::digest(secret).into();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.inner.engine.begin_strict_write().await?;
            let done = match take(&mut open, &tag, now, step).await {
                Ok(outcome) => open.commit().await.map(|()| outcome),
                Err(error) => Err(error),
            };
            match done {
                Err(StoreError::Busy) if may_try_again(attempt) => self.stand_back(attempt).await?,
                done => return done,
            }
        }
    }
}

async fn take(open: &mut Open, tag: &[u8], now: Moment, step: &Step<'_>) -> Result<Outcome, StoreError> {
    let (by, at) = (Param::Bytes(tag), Param::Int(now.micros()));
    open.run(FORGET_TAKEN_ANSWERS, &[at]).await?;
    open.run(FORGET_WAITING_FORMS, &[at]).await?;
    let form = match *step {
        Step::Forget => None,
        Step::Take { until } => {
            if open.row(TAKEN_ANSWER, &[by]).await?.is_some() {
                return Ok(Outcome::Refused);
            }
            open.run_one(TAKE_ANSWER, &[by, Param::Int(until.micros())]).await?;
            let form = open.row(WAITING_FORM, &[by, at]).await?.map(|row| row.bytes(0)).transpose()?;
            open.run(DELETE_WAITING_FORM, &[by]).await?;
            form
        }
        Step::Wait { until, sealed } => {
            let waiting = open.row(WAITING_FORMS_LENGTH, &[]).await?.ok_or(StoreError::Malformed("a sum"))?.int(0)?;
            let waiting = usize::try_from(waiting).unwrap_or(usize::MAX);
            if waiting.saturating_add(sealed.len()) > MOST_WAITING {
                return Ok(Outcome::Refused);
            }
            open.run_one(ADD_WAITING_FORM, &[by, Param::Int(until.micros()), Param::Bytes(sealed)]).await?;
            None
        }
    };
    Ok(Outcome::Done { form })
}
