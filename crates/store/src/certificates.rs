//! What a certificate of destruction is proved by: its own entry in the ledger, and those of the records that it names.

use casework::{Destruction, DestructionId};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::leaves::{salt, unsigned};
use crate::records::Sealable;
use crate::seal::Kind;
use crate::sql::Param;
use crate::statements::{DESTRUCTIONS, LEAF_BY_ID};
use crate::{InLedger, Reading, StoreError};

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

    /// The certificate that names a record or a person of this id, among the newest `most`. All of them are looked through, whether one
    /// does or not, so that the statements do not tell.
    pub async fn destruction_naming(&mut self, id: Uuid, most: usize) -> Result<Option<Destruction>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let mut naming = None;
        for row in self.open.rows(DESTRUCTIONS, &[organisation]).await?.into_iter().take(most) {
            let Some(certificate) = self.destruction(DestructionId::from_uuid(row.id(0)?)).await? else { continue };
            if certificate.person.uuid() == id || certificate.existed.iter().any(|existed| existed.id == id) {
                naming = naming.or(Some(certificate));
            }
        }
        Ok(naming)
    }
}

/// The bytes of a certificate as its entry in the ledger was made from them: the JSON as it is sealed, filled up as it is sealed.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn certificate_bytes(certificate: &Destruction) -> Result<Vec<u8>, StoreError> {
    crate::records::padded(certificate).map(|plain| plain.to_vec())
}
