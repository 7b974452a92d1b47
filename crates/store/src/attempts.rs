//! Attempts to sign in, counted where every copy of the program sees them, so that passwords and codes cannot be guessed one after
//! the other at one copy and then at the next; and the devices on which somebody has signed in before, whose attempts are counted apart.

use std::fmt;
use std::str::FromStr;

use casework::{InvalidId, Moment};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::keyring::{from_hex, hex};
use crate::sql::{Open, Param};
use crate::statements::{
    ADD_ATTEMPT, ATTEMPTS_AT, FORGET_ATTEMPTS, FORGET_DEVICES, FORGET_OLD_ATTEMPTS, FORGET_OLD_DEVICES, KNOW_DEVICE,
    KNOWN_DEVICE,
};
use crate::store::may_try_again;
use crate::{Store, StoreError};

/// What a browser keeps for long, so that it is known again before anybody has signed in: 256 secret bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceToken([u8; 32]);

impl DeviceToken {
    /// A token from 32 random bytes.
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The cookie's value.
    pub fn cookie(&self) -> String {
        hex(&self.0)
    }

    /// What is kept of it for one address: two people on one laptop have nothing in common in the database.
    fn hash(&self, tag: &[u8; 32]) -> [u8; 32] {
        Sha256::new().chain_update(b"sharewell 1 device\0").chain_update(self.0).chain_update(tag).finalize().into()
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(hidden)")
    }
}

impl FromStr for DeviceToken {
    type Err = InvalidId;

    fn from_str(cookie: &str) -> Result<Self, InvalidId> {
        from_hex(cookie).map(Self).ok_or(InvalidId)
    }
}

/// What can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// A password.
    Password,
    /// A one-time code or a recovery code.
    Code,
    /// A passkey's signature.
    Passkey,
}

/// An attempt to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The address that was typed. One that nobody has is counted like any other.
    pub email: &'a str,
    /// What is tried.
    pub guess: Guess,
    /// The device that it is tried on, if it says so.
    pub device: Option<&'a DeviceToken>,
}

/// Something done before an organisation is known.
#[derive(Clone, Copy)]
enum Step<'a> {
    Begin { attempt: Attempt<'a>, id: Uuid, now: Moment, until: Moment, most: u32 },
    Forget { attempt: Attempt<'a>, now: Moment },
    Know { device: &'a DeviceToken, now: Moment, until: Moment },
    ForgetDevices,
}

impl Store {
    /// Counts an attempt until a moment, unless as many as `most` count already; says whether it may be made. Attempts on a device
    /// where this address has signed in before are counted apart from those of strangers, and so neither closes the door to the other.
    pub async fn begin_attempt(
        &self,
        attempt: Attempt<'_>,
        now: Moment,
        until: Moment,
        most: u32,
    ) -> Result<bool, StoreError> {
        let id = Uuid::from_bytes(self.inner.randomness.bytes()?);
        self.at_the_door(attempt.email, Step::Begin { attempt, id, now, until, most }).await
    }

    /// Forgets the attempts that are counted with this one: it was right.
    pub async fn forget_attempts(&self, attempt: Attempt<'_>, now: Moment) -> Result<(), StoreError> {
        self.at_the_door(attempt.email, Step::Forget { attempt, now }).await.map(drop)
    }

    /// Remembers until a moment that this address has signed in on this device.
    pub async fn know_device(
        &self,
        email: &str,
        device: &DeviceToken,
        now: Moment,
        until: Moment,
    ) -> Result<(), StoreError> {
        self.at_the_door(email, Step::Know { device, now, until }).await.map(drop)
    }

    /// Forgets every device on which this address has signed in.
    pub async fn forget_devices(&self, email: &str) -> Result<(), StoreError> {
        self.at_the_door(email, Step::ForgetDevices).await.map(drop)
    }

    async fn at_the_door(&self, email: &str, step: Step<'_>) -> Result<bool, StoreError> {
        let tag = self.sign_in_tag(email);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.inner.engine.begin_strict_write().await?;
            let (done, begun) = match step.take(&mut open, &tag).await {
                Ok(begun) => (open.commit().await, begun),
                Err(error) => (Err(error), false),
            };
            match done {
                Ok(()) => return Ok(begun),
                Err(StoreError::Busy) if may_try_again(attempt) => self.stand_back(attempt).await?,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Step<'_> {
    async fn take(self, open: &mut Open, tag: &[u8; 32]) -> Result<bool, StoreError> {
        match self {
            Self::Begin { attempt, id, now, until, most } => {
                open.run(FORGET_OLD_ATTEMPTS, &[Param::Int(now.micros())]).await?;
                let under = counted_under(open, tag, attempt, now).await?;
                let counted = open.row(ATTEMPTS_AT, &[Param::Bytes(&under)]).await?;
                if counted.ok_or(StoreError::Malformed("a count"))?.int(0)? >= i64::from(most) {
                    return Ok(false);
                }
                let row = [Param::Bytes(&under), Param::Id(id), Param::Int(until.micros())];
                open.run_one(ADD_ATTEMPT, &row).await?;
            }
            Self::Forget { attempt, now } => {
                let under = counted_under(open, tag, attempt, now).await?;
                open.run(FORGET_ATTEMPTS, &[Param::Bytes(&under)]).await?;
            }
            Self::Know { device, now, until } => {
                open.run(FORGET_OLD_DEVICES, &[Param::Int(now.micros())]).await?;
                let hash = device.hash(tag);
                open.run_one(KNOW_DEVICE, &[Param::Bytes(tag), Param::Bytes(&hash), Param::Int(until.micros())])
                    .await?;
            }
            Self::ForgetDevices => {
                open.run(FORGET_DEVICES, &[Param::Bytes(tag)]).await?;
            }
        }
        Ok(true)
    }
}

/// Under which tag an attempt is counted: the address's own for strangers who try passwords, another for codes, and for each device that
/// is known there.
async fn counted_under(
    open: &mut Open,
    tag: &[u8; 32],
    attempt: Attempt<'_>,
    now: Moment,
) -> Result<[u8; 32], StoreError> {
    let known = match attempt.device {
        Some(device) => {
            let hash = device.hash(tag);
            let asked = [Param::Bytes(tag), Param::Bytes(&hash), Param::Int(now.micros())];
            open.row(KNOWN_DEVICE, &asked).await?.map(|_| hash)
        }
        None => None,
    };
    if known.is_none() && attempt.guess == Guess::Password {
        return Ok(*tag);
    }
    let guess: &[u8] = match attempt.guess {
        Guess::Password => b"password",
        Guess::Code => b"code",
        Guess::Passkey => b"passkey",
    };
    let hashed = Sha256::new().chain_update(b"sharewell 1 attempts\0").chain_update(tag).chain_update(guess);
    Ok(hashed.chain_update(known.as_ref().map_or(&[][..], |hash| &hash[..])).finalize().into())
}
