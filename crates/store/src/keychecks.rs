//! Whether every key is there and opens.

use casework::OrganisationId;

use crate::records::holder_kind;
use crate::seal::{Holder, Spot, unwrap_key};
use crate::sql::Param;
use crate::statements::{HOLDER_KEYS, ORGANISATION_COMMITMENTS};
use crate::{Store, StoreError};

/// What a check of the keys found. The key files themselves were checked when the store was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeysChecked {
    /// Organisations whose key file is there, private, and the right one.
    pub organisations: u64,
    /// Keys of people, and of what has a key of its own, that open.
    pub open: u64,
    /// Those that do not, by kind and id.
    pub closed: Vec<String>,
    /// What a change of a key that was cut off had left beside it, and what became of that, in words.
    pub tidied: Vec<String>,
}

impl Store {
    /// Opens every wrapped key. Nothing of a key is said.
    pub async fn check_keys(&self) -> Result<KeysChecked, StoreError> {
        let mut view = self.begin_read().await?;
        let tidied = self.inner.keys.leftovers().iter().map(ToString::to_string).collect();
        let mut checked = KeysChecked { tidied, ..KeysChecked::default() };
        for row in view.rows(ORGANISATION_COMMITMENTS, &[]).await? {
            let organisation = OrganisationId::from_uuid(row.id(0)?);
            let key = self.inner.keys.organisation(organisation, &row.bytes(1)?)?;
            checked.organisations += 1;
            for row in view.rows(HOLDER_KEYS, &[Param::Id(organisation.uuid())]).await? {
                let (word, id) = (row.text(0)?, row.id(1)?);
                let opens = holder_kind(&word).is_ok_and(|kind| {
                    let spot = Spot::HolderKey { organisation, holder: Holder { kind, id } };
                    row.bytes(2).is_ok_and(|wrapped| unwrap_key(&key, &spot, &wrapped).is_ok())
                });
                if opens {
                    checked.open += 1;
                } else {
                    checked.closed.push(format!("{word} {id}"));
                }
            }
        }
        view.roll_back().await?;
        Ok(checked)
    }
}
