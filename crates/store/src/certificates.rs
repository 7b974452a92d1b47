//! What a certificate of destruction is proved by: its own entry in the ledger, and those of the records that it names.

use std::collections::BTreeSet;

use casework::{Destruction, DestructionId, Moment, OrganisationId, PersonId};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::keyring::hex;
use crate::leaves::{salt, unsigned};
use crate::records::Sealable;
use crate::seal::Kind;
use crate::sql::Param;
use crate::statements::{DESTRUCTION_OF, LEAF_BY_ID, NAME_DESTROYED, UNNAMED_DESTRUCTIONS};
use crate::{InLedger, Reading, Store, StoreError, Writing};

/// The destruction in which something went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentIn {
    /// Its certificate.
    pub certificate: DestructionId,
    /// The person whom it was about, by the id that they had.
    pub person: PersonId,
    /// When it was decided.
    pub decided_at: Moment,
    /// What was asked for.
    record: Uuid,
    /// Whom else that was about ([`casework::Existed::others`]).
    others: BTreeSet<String>,
}

impl WentIn {
    /// Whether what went was about any of these people: the one with whom it went, one who went before, or one who is here still.
    #[must_use]
    pub fn is_about_any(&self, people: &BTreeSet<PersonId>) -> bool {
        let named = |person: &PersonId| self.others.contains(&other(self.certificate, self.record, *person));
        people.contains(&self.person) || (!self.others.is_empty() && people.iter().any(named))
    }
}

/// What stands for somebody in a certificate that is not theirs. An id holds 80 random bits, so that nobody finds it from this.
pub(crate) fn other(certificate: DestructionId, record: Uuid, person: PersonId) -> String {
    let mut digest = Sha256::new();
    for id in [certificate.uuid(), record, person.uuid()] {
        digest.update(id.as_bytes());
    }
    hex(&digest.finalize())
}

impl Reading {
    /// Where a certificate of destruction stands in the ledger, with its receipt; `None` where the organisation holds none of this id.
    pub async fn destruction_in_ledger(&mut self, id: DestructionId) -> Result<Option<InLedger>, StoreError> {
        self.in_ledger(Kind::Destruction, id.uuid(), 1).await
    }

    /// An entry of the ledger by its id, with its receipt. The entries of destroyed records stay.
    pub async fn entry_in_ledger(&mut self, entry: Uuid) -> Result<Option<InLedger>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(entry)];
        let Some(row) = self.open.row(LEAF_BY_ID, &place).await? else { return Ok(None) };
        let position = row.maybe_int(1)?.map(unsigned).transpose()?;
        self.proved(row.bytes(0)?, position).await.map(Some)
    }

    /// The position of an entry in the ledger, from 0, once it has one.
    pub async fn position_in_ledger(&mut self, entry: Uuid) -> Result<Option<u64>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(entry)];
        let Some(row) = self.open.row(LEAF_BY_ID, &place).await? else { return Ok(None) };
        row.maybe_int(1)?.map(unsigned).transpose()
    }

    /// The salt with which anybody can see that a certificate says what was entered in the ledger. It opens nothing: it is derived
    /// from the key of the certificate alone, which is about nobody.
    pub async fn destruction_salt(&mut self, id: DestructionId) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
        let key = self.record_key(Destruction::KIND, id.uuid()).await?;
        Ok(key.map(|key| Zeroizing::new(*salt(&key).bytes())))
    }

    /// The destruction, the latest where there are several, in which a record or a person of this id went. Where nothing went, a certificate
    /// that nobody has is asked for: the same statements are run for both.
    pub async fn destruction_of(&mut self, id: Uuid) -> Result<Option<WentIn>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(id)];
        let row = self.open.row(DESTRUCTION_OF, &place).await?;
        let certificate = DestructionId::from_uuid(row.as_ref().map_or(Ok(id), |row| row.id(0))?);
        let certified = self.destruction(certificate).await?;
        let Some(row) = row else { return Ok(None) };
        let existed = certified.into_iter().flat_map(|certified| certified.existed).find(|existed| existed.id == id);
        Ok(Some(WentIn {
            certificate,
            person: PersonId::from_uuid(row.id(1)?),
            decided_at: Moment::from_micros(row.int(2)?),
            record: id,
            others: existed.map(|existed| existed.others).unwrap_or_default(),
        }))
    }
}

impl Store {
    /// Notes what each certificate names where that is not noted yet: those of before it was.
    pub(crate) async fn name_destroyed(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let of = [Param::Id(organisation.uuid())];
        let unnamed = |mut reading: Reading| async move { reading.open.rows(UNNAMED_DESTRUCTIONS, &of).await };
        if self.read("unnamed_destructions", organisation, unnamed).await?.is_empty() {
            return Ok(());
        }
        let name = |mut writing: Writing| async move {
            for row in writing.open.rows(UNNAMED_DESTRUCTIONS, &of).await? {
                if let Some(certificate) = writing.destruction(DestructionId::from_uuid(row.id(0)?)).await? {
                    writing.name_what_went(&certificate).await?;
                }
            }
            Ok(())
        };
        self.write("name_destroyed", organisation, name).await
    }
}

impl Writing {
    /// Notes what a certificate names.
    pub(crate) async fn name_what_went(&mut self, certificate: &Destruction) -> Result<(), StoreError> {
        let (of, certified) = (Param::Id(self.organisation.uuid()), Param::Id(certificate.id.uuid()));
        for id in certificate.names() {
            self.open.run(NAME_DESTROYED, &[of, Param::Id(id), certified]).await?;
        }
        Ok(())
    }
}

/// The bytes of a certificate as its entry in the ledger was made from them: the JSON as it is sealed, filled up as it is sealed.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn certificate_bytes(certificate: &Destruction) -> Result<Vec<u8>, StoreError> {
    crate::records::padded(certificate).map(|plain| plain.to_vec())
}
