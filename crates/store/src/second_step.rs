//! The second step of signing in: the secret that a member's one-time codes come from, sealed under their own key, and their recovery
//! codes, of which only an HMAC under the installation's key is kept.

use casework::{MemberId, Moment};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::seal::{Holder, Kind, Spot, open, seal};
use crate::sql::Param;
use crate::statements::{
    ADD_RECOVERY_CODE, CLEAR_RECOVERY_CODES, CLEAR_SECOND_STEP, RECOVERY_CODES, RECOVERY_CODES_LEFT, SECOND_STEP,
    SET_SECOND_STEP, USE_RECOVERY_CODE, USE_STEP,
};
use crate::{Reading, StoreError, Writing};

/// How many bytes the secret of one-time codes has (RFC 4226 recommends 160 bits).
pub const CODE_SECRET_BYTES: usize = 20;

/// A member's second step.
#[derive(Clone)]
pub struct SecondStep {
    /// What the codes come from.
    pub secret: Zeroizing<[u8; CODE_SECRET_BYTES]>,
    /// The step of time whose code was used last.
    pub last_step: u64,
    /// When it was set up.
    pub set_at: Moment,
}

impl std::fmt::Debug for SecondStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondStep(hidden)")
    }
}

impl Reading {
    /// A member's second step, if they have set one up.
    pub async fn second_step(&mut self, member: MemberId) -> Result<Option<SecondStep>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let Some(row) = self.open.row(SECOND_STEP, &place).await? else { return Ok(None) };
        let holder = Holder { kind: Kind::Member, id: member.uuid() };
        let key = self.holder_key(holder).await?.ok_or(StoreError::NoHolder)?;
        let spot = Spot::SecondStep { organisation: self.organisation, member: member.uuid() };
        let plain = open(&key, &spot, &row.bytes(0)?)?;
        let secret = plain.as_slice().try_into().map_err(|_| StoreError::Malformed("the secret of one-time codes"))?;
        Ok(Some(SecondStep {
            secret: Zeroizing::new(secret),
            last_step: u64::try_from(row.int(1)?).map_err(|_| StoreError::Malformed("a step of time"))?,
            set_at: Moment::from_micros(row.int(2)?),
        }))
    }

    /// How many recovery codes a member has left.
    pub async fn recovery_codes_left(&mut self, member: MemberId) -> Result<u64, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let counted = self.open.row(RECOVERY_CODES_LEFT, &place).await?.ok_or(StoreError::Malformed("a count"))?;
        u64::try_from(counted.int(0)?).map_err(|_| StoreError::Malformed("a count"))
    }

    fn recovery_tag(&self, member: MemberId, code: &str) -> [u8; 32] {
        self.member_tag(b"sharewell 1 recovery code", member, code.as_bytes())
    }

    /// An HMAC of something that a member signs in with, under a key of the installation for this use.
    pub(crate) fn member_tag(&self, label: &[u8], member: MemberId, what: &[u8]) -> [u8; 32] {
        let (organisation, member) = (self.organisation.uuid(), member.uuid());
        self.inner.keys.installation().derive(label).mac(&[organisation.as_bytes(), member.as_bytes(), what])
    }
}

impl Writing {
    /// Sets up a member's second step, in place of an earlier one. The code of `step` has just been used.
    pub async fn set_second_step(
        &mut self,
        member: MemberId,
        secret: &[u8; CODE_SECRET_BYTES],
        step: u64,
        now: Moment,
    ) -> Result<(), StoreError> {
        let holder = Holder { kind: Kind::Member, id: member.uuid() };
        let key = self.holder_key(holder).await?.ok_or(StoreError::NoHolder)?;
        let spot = Spot::SecondStep { organisation: self.organisation, member: member.uuid() };
        let sealed = seal(&key, &spot, self.inner.randomness.bytes()?, secret)?;
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Int(now.micros()),
            Param::Int(stored_step(step)?),
            Param::Bytes(&sealed),
        ];
        self.open.run_one(SET_SECOND_STEP, &row).await
    }

    /// Uses up the code of a step of time, and with it every earlier one; says whether it was still to be used.
    pub async fn use_step(&mut self, member: MemberId, step: u64) -> Result<bool, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Int(stored_step(step)?)];
        Ok(self.open.run(USE_STEP, &row).await? == 1)
    }

    /// Takes a member's second step away, with their recovery codes.
    pub async fn clear_second_step(&mut self, member: MemberId) -> Result<(), StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        self.open.run(CLEAR_SECOND_STEP, &place).await?;
        self.open.run(CLEAR_RECOVERY_CODES, &place).await?;
        Ok(())
    }

    /// Gives a member recovery codes, in place of those they had.
    pub async fn set_recovery_codes(&mut self, member: MemberId, codes: &[String]) -> Result<(), StoreError> {
        let (organisation, id) = (Param::Id(self.organisation.uuid()), Param::Id(member.uuid()));
        self.open.run(CLEAR_RECOVERY_CODES, &[organisation, id]).await?;
        for code in codes {
            let tag = self.recovery_tag(member, code);
            self.open.run_one(ADD_RECOVERY_CODE, &[organisation, id, Param::Bytes(&tag)]).await?;
        }
        Ok(())
    }

    /// Uses up a recovery code; says whether it was one. What is kept is compared here, and the database is told a tag only when it holds it
    /// already: whoever reads its statements would else learn the tag of a code of their own choice, and could add it.
    pub async fn use_recovery_code(&mut self, member: MemberId, code: &str) -> Result<bool, StoreError> {
        let tag = self.recovery_tag(member, code);
        let (organisation, id) = (Param::Id(self.organisation.uuid()), Param::Id(member.uuid()));
        let mut known = false;
        for row in self.open.few(RECOVERY_CODES, &[organisation, id]).await? {
            known |= bool::from(row.bytes(0)?.ct_eq(&tag));
        }
        Ok(known && self.open.run(USE_RECOVERY_CODE, &[organisation, id, Param::Bytes(&tag)]).await? == 1)
    }
}

fn stored_step(step: u64) -> Result<i64, StoreError> {
    i64::try_from(step).map_err(|_| StoreError::Malformed("a step of time"))
}
