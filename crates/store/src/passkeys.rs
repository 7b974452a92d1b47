//! Passkeys: what a member's authenticator signs with is checked against, sealed under the member's own key. Found by an HMAC of the
//! credential's id under the installation's key, for one member alone: the same credential says nothing of anybody else.

use casework::{MemberId, Moment, PasskeyId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::seal::{Holder, Kind, Spot, open, seal};
use crate::sql::{Param, Row};
use crate::statements::{ADD_PASSKEY, CHANGE_PASSKEY, CLEAR_PASSKEYS, PASSKEY_BY_TAG, PASSKEYS, REMOVE_PASSKEY};
use crate::{Reading, StoreError, Writing};

/// A passkey to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewPasskey<'a> {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: &'a str,
    /// The credential's id, as the authenticator names it.
    pub credential: &'a [u8],
    /// What its signatures are checked against, as whoever checks them writes it down.
    pub check: &'a str,
}

/// A member's passkey.
#[derive(Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// What its signatures are checked against, as whoever checks them writes it down.
    pub check: String,
    /// When it was added.
    pub added_at: Moment,
    /// When its owner last signed in with it.
    pub used_at: Option<Moment>,
}

impl std::fmt::Debug for Passkey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passkey(hidden)")
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Inside {
    name: String,
    check: String,
}

impl Reading {
    /// A member's passkeys, the oldest first.
    pub async fn passkeys(&mut self, member: MemberId) -> Result<Vec<Passkey>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let rows = self.open.rows(PASSKEYS, &place).await?;
        let mut passkeys = Vec::with_capacity(rows.len());
        for row in &rows {
            passkeys.push(self.passkey(member, row).await?);
        }
        Ok(passkeys)
    }

    /// A member's passkey with this credential.
    pub async fn passkey_with(&mut self, member: MemberId, credential: &[u8]) -> Result<Option<Passkey>, StoreError> {
        let tag = self.credential_tag(member, credential);
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Bytes(&tag)];
        match self.open.row(PASSKEY_BY_TAG, &place).await? {
            Some(row) => self.passkey(member, &row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn passkey(&mut self, member: MemberId, row: &Row) -> Result<Passkey, StoreError> {
        let id = PasskeyId::from_uuid(row.id(0)?);
        let holder = Holder { kind: Kind::Member, id: member.uuid() };
        let key = self.holder_key(holder).await?.ok_or(StoreError::NoHolder)?;
        let plain = open(&key, &self.passkey_spot(member, id), &row.bytes(3)?)?;
        let Inside { name, check } = serde_json::from_slice(&plain).map_err(StoreError::Json)?;
        Ok(Passkey {
            id,
            name,
            check,
            added_at: Moment::from_micros(row.int(1)?),
            used_at: row.maybe_int(2)?.map(Moment::from_micros),
        })
    }

    fn passkey_spot(&self, member: MemberId, id: PasskeyId) -> Spot {
        Spot::Passkey { organisation: self.organisation, member: member.uuid(), passkey: id.uuid() }
    }

    fn credential_tag(&self, member: MemberId, credential: &[u8]) -> [u8; 32] {
        self.member_tag(b"sharewell 1 passkey", member, credential)
    }
}

impl Writing {
    /// Keeps a new passkey of a member; says whether it is new to them.
    pub async fn add_passkey(
        &mut self,
        member: MemberId,
        new: NewPasskey<'_>,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let sealed = self.sealed_passkey(member, new.id, new.name, new.check).await?;
        let tag = self.credential_tag(member, new.credential);
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Id(new.id.uuid()),
            Param::Bytes(&tag),
            Param::Int(now.micros()),
            Param::Bytes(&sealed),
        ];
        Ok(self.open.run(ADD_PASSKEY, &row).await? == 1)
    }

    /// Keeps what a passkey is called and is checked against from now on, and when it was used if it just was.
    pub async fn change_passkey(&mut self, member: MemberId, passkey: &Passkey) -> Result<(), StoreError> {
        let sealed = self.sealed_passkey(member, passkey.id, &passkey.name, &passkey.check).await?;
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Id(passkey.id.uuid()),
            Param::MaybeInt(passkey.used_at.map(Moment::micros)),
            Param::Bytes(&sealed),
        ];
        self.open.run_one(CHANGE_PASSKEY, &row).await
    }

    /// Removes a member's passkey; says whether there was one of this id.
    pub async fn remove_passkey(&mut self, member: MemberId, id: PasskeyId) -> Result<bool, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid()), Param::Id(id.uuid())];
        Ok(self.open.run(REMOVE_PASSKEY, &row).await? == 1)
    }

    /// Removes all passkeys of a member; says how many there were.
    pub async fn clear_passkeys(&mut self, member: MemberId) -> Result<u64, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        self.open.run(CLEAR_PASSKEYS, &row).await
    }

    async fn sealed_passkey(
        &mut self,
        member: MemberId,
        id: PasskeyId,
        name: &str,
        check: &str,
    ) -> Result<Vec<u8>, StoreError> {
        let holder = Holder { kind: Kind::Member, id: member.uuid() };
        let key = self.holder_key(holder).await?.ok_or(StoreError::NoHolder)?;
        let inside = Inside { name: name.to_owned(), check: check.to_owned() };
        let plain = Zeroizing::new(serde_json::to_vec(&inside).map_err(StoreError::Json)?);
        Ok(seal(&key, &self.passkey_spot(member, id), self.inner.randomness.bytes()?, &plain)?)
    }
}
