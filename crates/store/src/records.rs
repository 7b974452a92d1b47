//! Sealed records: versions, their keys, and for whom each key is wrapped.

use casework::{
    Address, AdviceText, Contact, Decision, Declaration, Destruction, Draft, EmergencyAccess, Item, KeyRotation,
    LegalHold, Matter, Member, Organisation, OrganisationId, Person, PersonId, Recovery, Team, View,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::seal::{Holder, Key, Kind, Spot, open, seal, unwrap_key};
use crate::sql::{Param, Row, Statement};
use crate::statements::{
    ADD_HOLDER_KEY, ADD_RECORD_KEY, ADD_VERSION, ALL_LATEST, DELETE_HOLDER_KEY, DELETE_RECORD_KEY, EVERY_VERSION,
    HOLDER_KEY, LATEST_VERSION, RECORD_KEYS,
};
use crate::{Reading, StoreError, Writing};

/// Plain text is filled up with spaces to a multiple of this, so that its length says little.
const BLOCK: usize = 256;

/// A sealed version, and what the ledger says of it.
pub(crate) struct Sealed {
    pub(crate) bytes: Vec<u8>,
    /// SHA-256 of what is stored, with its place.
    pub(crate) digest: [u8; 32],
    /// HMAC of what it says, under a salt that goes with its key.
    pub(crate) meaning: [u8; 32],
}

/// A record that is sealed whole.
pub(crate) trait Sealable: Serialize + DeserializeOwned {
    const KIND: Kind;
    fn organisation(&self) -> OrganisationId;
    fn id(&self) -> Uuid;
    fn version(&self) -> u64;
    /// For whom its key is wrapped: the people it is about, and without any, what it belongs to.
    fn holders(&self) -> Vec<Holder>;
    /// The text in it that may be kept without the words that it shares with other records.
    fn shares_words(&mut self) -> Option<&mut AdviceText> {
        None
    }
}

macro_rules! sealable {
    ($($record:ty: $kind:ident, $version:expr, $holders:expr;)+) => {$(
        impl Sealable for $record {
            const KIND: Kind = Kind::$kind;
            fn organisation(&self) -> OrganisationId {
                self.organisation
            }
            fn id(&self) -> Uuid {
                self.id.uuid()
            }
            fn version(&self) -> u64 {
                let version: fn(&Self) -> u64 = $version;
                version(self)
            }
            fn holders(&self) -> Vec<Holder> {
                let holders: fn(&Self) -> Vec<Holder> = $holders;
                holders(self)
            }
        }
    )+};
}

sealable! {
    Member: Member, |r| r.version, |r| itself(Kind::Member, r.id.uuid());
    Team: Team, |r| r.version, |r| itself(Kind::Organisation, r.organisation.uuid());
    Contact: Contact, |r| r.version, |r| itself(Kind::Organisation, r.organisation.uuid());
    Destruction: Destruction, |_| 1, |r| itself(Kind::Organisation, r.organisation.uuid());
    LegalHold: Hold, |r| r.version, |r| itself(Kind::Organisation, r.organisation.uuid());
    KeyRotation: Rotation, |_| 1, |r| itself(Kind::Organisation, r.organisation.uuid());
    Recovery: Recovery, |_| 1, |r| itself(Kind::Organisation, r.organisation.uuid());
    Person: Person, |r| r.version, |r| itself(Kind::Person, r.id.uuid());
    Matter: Matter, |r| r.version, |r| people_or(&r.people, Kind::Matter, r.id.uuid());
    Item: Item, |r| r.version, |r| people_or(&r.people, Kind::Matter, r.matter.uuid());
    Draft: Draft, |r| r.version, |r| people_or(&r.people, Kind::Draft, r.id.uuid());
    Declaration: Declaration, |_| 1, |r| itself(Kind::Declaration, r.id.uuid());
    View: View, |r| r.version, |r| people_or(&r.people, Kind::Member, r.reader.uuid());
    EmergencyAccess: Emergency, |r| r.version, |r| people_or(&r.people, Kind::Matter, r.matter.uuid());
}

impl Sealable for Address {
    const KIND: Kind = Kind::Address;
    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
    fn id(&self) -> Uuid {
        self.person.uuid()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn holders(&self) -> Vec<Holder> {
        itself(Kind::Person, self.person.uuid())
    }
}

impl Sealable for Decision {
    const KIND: Kind = Kind::Decision;
    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
    fn id(&self) -> Uuid {
        self.id.uuid()
    }
    fn version(&self) -> u64 {
        1
    }
    fn holders(&self) -> Vec<Holder> {
        people_or(&self.people, Kind::Matter, self.matter.uuid())
    }
    fn shares_words(&mut self) -> Option<&mut AdviceText> {
        self.advice.as_mut().map(|taken| &mut taken.document)
    }
}

impl Sealable for Organisation {
    const KIND: Kind = Kind::Organisation;
    fn organisation(&self) -> OrganisationId {
        self.id
    }
    fn id(&self) -> Uuid {
        self.id.uuid()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn holders(&self) -> Vec<Holder> {
        itself(Kind::Organisation, self.id.uuid())
    }
}

fn itself(kind: Kind, id: Uuid) -> Vec<Holder> {
    vec![Holder { kind, id }]
}

fn people_or(people: &std::collections::BTreeSet<PersonId>, kind: Kind, id: Uuid) -> Vec<Holder> {
    if people.is_empty() {
        return itself(kind, id);
    }
    people.iter().map(|person| Holder { kind: Kind::Person, id: person.uuid() }).collect()
}

/// A record as it is sealed: its JSON, filled up so that its length says little.
pub(crate) fn padded<T: Serialize>(record: &T) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut plain = Zeroizing::new(serde_json::to_vec(record).map_err(StoreError::Json)?);
    let whole = plain.len().next_multiple_of(BLOCK);
    plain.resize(whole, b' ');
    Ok(plain)
}

/// A stored version number; they start at 1.
pub(crate) fn stored(version: u64) -> Result<i64, StoreError> {
    match i64::try_from(version) {
        Ok(version) if version > 0 => Ok(version),
        _ => Err(StoreError::Malformed("version")),
    }
}

/// The version before, which a save expects to find.
pub(crate) fn before(version: u64) -> Result<i64, StoreError> {
    Ok(stored(version)? - 1)
}

impl Reading {
    /// The latest version of a record; `None` where the organisation holds none, or where its last key was destroyed.
    pub(crate) async fn latest<T: Sealable>(&mut self, id: Uuid) -> Result<Option<T>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(T::KIND.word()), Param::Id(id)];
        let Some(row) = self.open.row(LATEST_VERSION, &place).await? else { return Ok(None) };
        let holder = Holder { kind: holder_kind(&row.text(2)?)?, id: row.id(3)? };
        let key = self.unwrapped(T::KIND, id, holder, [&row.bytes(4)?, &row.bytes(5)?], &row.bytes(6)?)?;
        let record = self.opened(&key, id, row.int(0)?, &row.bytes(1)?)?;
        self.whole(record).await.map(Some)
    }

    /// Every version of a record, oldest first; none where the organisation holds none, or where its last key was destroyed.
    pub(crate) async fn every_version<T: Sealable>(&mut self, id: Uuid) -> Result<Vec<T>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(T::KIND.word()), Param::Id(id)];
        let Some(key) = self.record_key(T::KIND, id).await? else { return Ok(Vec::new()) };
        let rows = self.open.rows(EVERY_VERSION, &place).await?;
        let mut versions = Vec::with_capacity(rows.len());
        for row in &rows {
            let record = self.opened(&key, id, row.int(0)?, &row.bytes(1)?)?;
            versions.push(self.whole(record).await?);
        }
        Ok(versions)
    }

    /// The latest versions of all records whose ids the statement gives.
    pub(crate) async fn latest_of<T: Sealable>(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.open.rows(statement, params).await?;
        self.latest_in(&rows).await
    }

    /// As [`Self::latest_of`], where a person, a member or a matter has but a few.
    pub(crate) async fn latest_of_few<T: Sealable>(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.open.few(statement, params).await?;
        self.latest_in(&rows).await
    }

    async fn latest_in<T: Sealable>(&mut self, rows: &[Row]) -> Result<Vec<T>, StoreError> {
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            records.extend(self.latest(row.id(0)?).await?);
        }
        Ok(records)
    }

    /// The latest version of every record of a kind that can still be opened, by id, in one statement.
    pub(crate) async fn all_latest<T: Sealable>(&mut self) -> Result<Vec<T>, StoreError> {
        let of_kind = [Param::Id(self.organisation.uuid()), Param::Text(T::KIND.word())];
        let (mut records, mut last) = (Vec::new(), None);
        for row in self.open.rows(ALL_LATEST, &of_kind).await? {
            let id = row.id(0)?;
            // One way to its key is enough.
            if last.replace(id) == Some(id) {
                continue;
            }
            let holder = Holder { kind: holder_kind(&row.text(3)?)?, id: row.id(4)? };
            let key = self.unwrapped(T::KIND, id, holder, [&row.bytes(5)?, &row.bytes(6)?], &row.bytes(7)?)?;
            let record = self.opened(&key, id, row.int(1)?, &row.bytes(2)?)?;
            records.push(self.whole(record).await?);
        }
        Ok(records)
    }

    /// Opens one sealed version.
    pub(crate) fn opened<T: Sealable>(
        &self,
        key: &Key,
        id: Uuid,
        version: i64,
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        let version = u64::try_from(version).map_err(|_| StoreError::Malformed("version"))?;
        let spot = Spot::Version { organisation: self.organisation, kind: T::KIND, id, version };
        let plain = open(key, &spot, sealed)?;
        serde_json::from_slice(&plain).map_err(StoreError::Json)
    }

    /// A record's key, through any holder whose own key still exists.
    pub(crate) async fn record_key(&mut self, kind: Kind, id: Uuid) -> Result<Option<Key>, StoreError> {
        Ok(self.wrapped_for(kind, id).await?.map(|(key, _)| key))
    }

    /// A record's key and the holders through whom it can be reached.
    async fn wrapped_for(&mut self, kind: Kind, id: Uuid) -> Result<Option<(Key, Vec<Holder>)>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(kind.word()), Param::Id(id)];
        let rows = self.open.rows(RECORD_KEYS, &place).await?;
        let mut holders = Vec::with_capacity(rows.len());
        for row in &rows {
            holders.push(Holder { kind: holder_kind(&row.text(0)?)?, id: row.id(1)? });
        }
        let (Some(row), Some(&holder)) = (rows.first(), holders.first()) else { return Ok(None) };
        let key = self.unwrapped(kind, id, holder, [&row.bytes(2)?, &row.bytes(3)?], &row.bytes(4)?)?;
        Ok(Some((key, holders)))
    }

    /// A record's key, wrapped for a holder, whose own key is wrapped for the organisation. All come from one statement with the
    /// commitment to the organisation's key, so that a change of the key by another copy is seen at once and never by half.
    pub(crate) fn unwrapped(
        &self,
        kind: Kind,
        id: Uuid,
        holder: Holder,
        [wrapped, holder_wrapped]: [&[u8]; 2],
        commitment: &[u8],
    ) -> Result<Key, StoreError> {
        let organisation = self.organisation;
        let organisation_key = self.inner.keys.organisation(organisation, commitment)?;
        let holder_key = unwrap_key(&organisation_key, &Spot::HolderKey { organisation, holder }, holder_wrapped)?;
        Ok(unwrap_key(&holder_key, &Spot::RecordKey { organisation, kind, id, holder }, wrapped)?)
    }

    pub(crate) async fn holder_key(&mut self, holder: Holder) -> Result<Option<Key>, StoreError> {
        if let Some((_, key)) = self.holder_keys.iter().find(|(of, _)| *of == holder) {
            return Ok(Some(key.clone()));
        }
        let organisation = self.organisation;
        let place = [Param::Id(organisation.uuid()), Param::Text(holder.kind.word()), Param::Id(holder.id)];
        let Some(row) = self.open.row(HOLDER_KEY, &place).await? else { return Ok(None) };
        let organisation_key = self.inner.keys.organisation(organisation, &row.bytes(1)?)?;
        let key = unwrap_key(&organisation_key, &Spot::HolderKey { organisation, holder }, &row.bytes(0)?)?;
        self.holder_keys.push((holder, key.clone()));
        Ok(Some(key))
    }
}

pub(crate) fn holder_kind(word: &str) -> Result<Kind, StoreError> {
    let holders = [Kind::Person, Kind::Matter, Kind::Draft, Kind::Declaration, Kind::Member, Kind::Organisation];
    holders.into_iter().find(|kind| kind.word() == word).ok_or(StoreError::Malformed("holder kind"))
}

impl Writing {
    /// The commitment to the organisation's key, held as it is until this transaction ends: what is wrapped under the key
    /// meanwhile is either seen by whoever changes the key, or done again under the new one.
    pub(crate) async fn held_commitment(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.held.is_some() {
            return Ok(self.held.clone());
        }
        let organisation = Param::Id(self.organisation.uuid());
        let hold = self.inner.engine.hold_commitment();
        let row = self.open.row(hold, &[organisation]).await?;
        self.held = row.map(|row| row.bytes(0)).transpose()?;
        Ok(self.held.clone())
    }

    /// Seals a version and adds it, with its leaf of the ledger. This is the one place where a version of a record comes
    /// into being.
    pub(crate) async fn add_version<T: Sealable>(&mut self, record: &T) -> Result<(), StoreError> {
        let sealed = self.sealed(record).await?;
        let leaf = self.add_leaf(&sealed).await?;
        let place = [
            Param::Id(self.organisation.uuid()),
            Param::Text(T::KIND.word()),
            Param::Id(record.id()),
            Param::Int(stored(record.version())?),
            Param::Bytes(&sealed.bytes),
            Param::Id(leaf),
        ];
        self.open.run_one(ADD_VERSION, &place).await
    }

    /// The record sealed for its place, its key wrapped for its holders of today.
    pub(crate) async fn sealed<T: Sealable>(&mut self, record: &T) -> Result<Sealed, StoreError> {
        self.check_organisation(record.organisation())?;
        let key = self.key_for(record).await?;
        let plain = padded(record)?;
        let spot = Spot::Version {
            organisation: self.organisation,
            kind: T::KIND,
            id: record.id(),
            version: record.version(),
        };
        let bytes = seal(&key, &spot, self.inner.randomness.bytes()?, &plain)?;
        let digest = ledger::entry::stored_digest(&spot.bytes(), &bytes);
        let meaning = ledger::entry::meaning(crate::leaves::salt(&key).bytes(), &plain);
        Ok(Sealed { bytes, digest, meaning })
    }

    pub(crate) fn check_organisation(&self, of: OrganisationId) -> Result<(), StoreError> {
        if of == self.organisation { Ok(()) } else { Err(StoreError::AnotherOrganisation(self.organisation)) }
    }

    /// Finds or makes the record's key, and sees that it is wrapped for exactly the holders that the record has now.
    async fn key_for<T: Sealable>(&mut self, record: &T) -> Result<Key, StoreError> {
        let id = record.id();
        // What is new has no key yet; were there one all the same, the new one could not be added beside it.
        let (key, wrapped) = if record.version() == 1 {
            (Key::new(self.inner.randomness.bytes()?), Vec::new())
        } else {
            self.wrapped_for(T::KIND, id).await?.ok_or(StoreError::NoHolder)?
        };
        let wanted = record.holders();
        let mut held = 0;
        for &holder in &wanted {
            // A person whose key was destroyed is passed over: the record lives on with the others.
            let Some(holder_key) = self.holder_key_or_own::<T>(holder, record).await? else { continue };
            held += 1;
            if !wrapped.contains(&holder) {
                self.wrap(T::KIND, id, &key, holder, &holder_key).await?;
            }
        }
        if held == 0 {
            return Err(StoreError::NoHolder);
        }
        for holder in wrapped.into_iter().filter(|holder| !wanted.contains(holder)) {
            let place = [
                Param::Id(self.organisation.uuid()),
                Param::Text(T::KIND.word()),
                Param::Id(id),
                Param::Text(holder.kind.word()),
                Param::Id(holder.id),
            ];
            self.open.run_one(DELETE_RECORD_KEY, &place).await?;
        }
        Ok(key)
    }

    /// The holder's key. A record that is its own holder brings a new one along with its first version.
    async fn holder_key_or_own<T: Sealable>(&mut self, holder: Holder, record: &T) -> Result<Option<Key>, StoreError> {
        if holder != (Holder { kind: T::KIND, id: record.id() }) || record.version() > 1 {
            return self.holder_key(holder).await;
        }
        let organisation = self.organisation;
        let key = Key::new(self.inner.randomness.bytes()?);
        let commitment = self.held_commitment().await?.ok_or(StoreError::UnknownReference)?;
        let organisation_key = self.inner.keys.organisation(organisation, &commitment)?;
        let spot = Spot::HolderKey { organisation, holder };
        let wrapped = seal(&organisation_key, &spot, self.inner.randomness.bytes()?, key.bytes())?;
        let row = [
            Param::Id(organisation.uuid()),
            Param::Text(holder.kind.word()),
            Param::Id(holder.id),
            Param::Bytes(&wrapped),
        ];
        self.open.run_one(ADD_HOLDER_KEY, &row).await?;
        self.holder_keys.push((holder, key.clone()));
        Ok(Some(key))
    }

    /// Destroys a holder's key, and with it the way to every record that was sealed for nobody else.
    pub(crate) async fn delete_holder_key(&mut self, holder: Holder) -> Result<u64, StoreError> {
        self.holder_keys.clear();
        let place = [Param::Id(self.organisation.uuid()), Param::Text(holder.kind.word()), Param::Id(holder.id)];
        self.open.run(DELETE_HOLDER_KEY, &place).await
    }

    async fn wrap(
        &mut self,
        kind: Kind,
        id: Uuid,
        key: &Key,
        holder: Holder,
        holder_key: &Key,
    ) -> Result<(), StoreError> {
        let organisation = self.organisation;
        let spot = Spot::RecordKey { organisation, kind, id, holder };
        let wrapped = seal(holder_key, &spot, self.inner.randomness.bytes()?, key.bytes())?;
        let row = [
            Param::Id(organisation.uuid()),
            Param::Text(kind.word()),
            Param::Id(id),
            Param::Text(holder.kind.word()),
            Param::Id(holder.id),
            Param::Bytes(&wrapped),
        ];
        self.open.run_one(ADD_RECORD_KEY, &row).await
    }

    /// Moves a current row from the version before to this one; anything else between is a conflict.
    pub(crate) async fn move_on(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        match self.open.run(statement, params).await? {
            0 => Err(StoreError::Conflict),
            1 => Ok(()),
            changed => Err(StoreError::RowCount { statement: statement.name, changed, expected: 1 }),
        }
    }
}
