//! Guidance packs, kept by the digest of their files when first used, so that a past decision can be replayed.

use std::collections::{BTreeMap, BTreeSet};

use casework::{Moment, PackRef};
use sha2::{Digest, Sha256};

use crate::keyring::hex;
use crate::sql::{Open, Param};
use crate::statements::{ADD_PACK, ADD_PACK_FILE, PACK, PACK_FILES, PACKS};
use crate::store::ATTEMPTS;
use crate::{Store, StoreError};

/// A pack's files. The digest is what the guidance works out over them ([`pack_digest`]); whoever loads one works it out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPack {
    /// Which pack.
    pub pack: PackRef,
    /// Its files by path within the pack.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// SHA-256 over the paths and texts of all files in the order of their paths, each part after its length, in hexadecimal: as the guidance
/// works it out, so that `verify` finds a kept pack that was changed.
#[must_use]
pub fn pack_digest(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_slice()]) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// The digests of the packs that are kept, and of those among them whose text is another.
pub(crate) async fn kept_packs(open: &mut Open) -> Result<(BTreeSet<String>, Vec<String>), StoreError> {
    let (mut kept, mut altered) = (BTreeSet::new(), Vec::new());
    for row in open.rows(PACKS, &[]).await? {
        let digest = row.text(0)?;
        let mut files = BTreeMap::new();
        for file in open.rows(PACK_FILES, &[Param::Text(&digest)]).await? {
            files.insert(file.text(0)?, file.bytes(1)?);
        }
        if pack_digest(&files) != digest {
            altered.push(digest.clone());
        }
        kept.insert(digest);
    }
    Ok((kept, altered))
}

impl Store {
    /// Keeps a pack unless one of this digest is kept already; says whether it was new.
    pub async fn keep_pack(&self, kept: &KeptPack, now: Moment) -> Result<bool, StoreError> {
        let digest = Param::Text(&kept.pack.digest);
        let mut open = self.begin_read().await?;
        let known = open.row(PACK, &[digest]).await?.is_some();
        open.roll_back().await?;
        if known {
            return Ok(false);
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.add_pack(kept, now).await {
                // Several copies of the program that start at once keep the same pack.
                Err(StoreError::Busy) if attempt < ATTEMPTS => self.stand_back(attempt).await?,
                done => return done,
            }
        }
    }

    async fn add_pack(&self, kept: &KeptPack, now: Moment) -> Result<bool, StoreError> {
        let digest = Param::Text(&kept.pack.digest);
        let mut open = self.begin_write().await?;
        let row = [digest, Param::Text(&kept.pack.id), Param::Text(&kept.pack.version), Param::Int(now.micros())];
        if open.run(ADD_PACK, &row).await? == 0 {
            open.roll_back().await?;
            return Ok(false);
        }
        for (path, content) in &kept.files {
            open.run_one(ADD_PACK_FILE, &[digest, Param::Text(path), Param::Bytes(content)]).await?;
        }
        open.commit().await?;
        Ok(true)
    }

    /// The pack of this digest.
    pub async fn pack(&self, digest: &str) -> Result<Option<KeptPack>, StoreError> {
        let mut open = self.begin_read().await?;
        let found = open.row(PACK, &[Param::Text(digest)]).await?;
        let rows = open.rows(PACK_FILES, &[Param::Text(digest)]).await?;
        open.roll_back().await?;
        let Some(row) = found else { return Ok(None) };
        let pack = PackRef { id: row.text(0)?, version: row.text(1)?, digest: digest.to_owned() };
        let mut files = BTreeMap::new();
        for row in rows {
            files.insert(row.text(0)?, row.bytes(1)?);
        }
        Ok(Some(KeptPack { pack, files }))
    }

    /// The digests of every pack kept, oldest first.
    pub async fn packs(&self) -> Result<Vec<String>, StoreError> {
        let mut open = self.begin_read().await?;
        let rows = open.rows(PACKS, &[]).await?;
        open.roll_back().await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}
