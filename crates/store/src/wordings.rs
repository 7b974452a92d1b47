//! The words of guidance packs that records name by their hash, kept once for all of them. A record's hash in the ledger covers the hash of its
//! wording, and so the words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use casework::Moment;
use sha2::{Digest, Sha256};

use crate::keyring::hex;
use crate::records::Sealable;
use crate::sql::{Open, Param};
use crate::statements::{ADD_WORDING, WORDING, WORDINGS};
use crate::store::ATTEMPTS;
use crate::{Reading, Store, StoreError};

/// The wordings that were read or kept since the start; there is one for each pack that decisions were recorded under.
#[derive(Debug, Default)]
pub(crate) struct Wordings(RwLock<BTreeMap<String, Arc<str>>>);

impl Wordings {
    fn known(&self, digest: &str) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn remember(&self, digest: &str, wording: &Arc<str>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(digest.to_owned(), Arc::clone(wording));
    }
}

/// The digest of a wording, by which records name it.
fn digest_of(wording: &str) -> String {
    hex(&Sha256::digest(wording.as_bytes()))
}

/// The digests of the wordings that are kept, and of those among them whose text is another.
pub(crate) async fn kept_wordings(open: &mut Open) -> Result<(BTreeSet<String>, Vec<String>), StoreError> {
    let (mut kept, mut altered) = (BTreeSet::new(), Vec::new());
    for row in open.rows(WORDINGS, &[]).await? {
        let digest = row.text(0)?;
        if digest_of(&row.text(1)?) != digest {
            altered.push(digest.clone());
        }
        kept.insert(digest);
    }
    Ok((kept, altered))
}

impl Store {
    /// Keeps a wording, unless it is kept already: it comes before the first record that names it. Gives its digest.
    pub async fn keep_wording(&self, wording: &str, now: Moment) -> Result<String, StoreError> {
        let digest = digest_of(wording);
        let row = [Param::Text(&digest), Param::Int(now.micros()), Param::Text(wording)];
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut open = self.begin_write().await?;
            let done = match open.run(ADD_WORDING, &row).await {
                Ok(_) => open.commit().await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => break,
                // Several copies of the program that start at once keep the same one.
                Err(StoreError::Busy) if attempt < ATTEMPTS => self.stand_back(attempt).await?,
                Err(error) => return Err(error),
            }
        }
        self.inner.wordings.remember(&digest, &Arc::from(wording));
        Ok(digest)
    }
}

impl Reading {
    /// Makes a record whole that is kept without the words that it shares with others.
    pub(crate) async fn whole<T: Sealable>(&mut self, mut record: T) -> Result<T, StoreError> {
        let Some(text) = record.shares_words() else { return Ok(record) };
        let Some(digest) = text.lacks().map(str::to_owned) else { return Ok(record) };
        let wording = if let Some(wording) = self.inner.wordings.known(&digest) {
            wording
        } else {
            let missing = StoreError::Malformed("the wording of an advice");
            let Some(row) = self.open.row(WORDING, &[Param::Text(&digest)]).await? else { return Err(missing) };
            let wording: Arc<str> = row.text(0)?.into();
            if digest_of(&wording) != digest {
                return Err(missing);
            }
            self.inner.wordings.remember(&digest, &wording);
            wording
        };
        if text.put_together(&wording) { Ok(record) } else { Err(StoreError::Malformed("the pieces of an advice")) }
    }
}
