//! Verifying a database without a server: whether what is recorded is what was recorded, and if not, what is wrong and where.
//!
//! Without keys, every stored byte of a record is compared with its leaf, the leaves with the tree, the tree with every
//! signed checkpoint. With keys, signatures are checked as well, every record is opened, its meaning compared with its
//! leaf, and the rows that are derived from records are worked out again.

mod findings;
mod ledgers;
mod meaning;
mod names;
mod witnesses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casework::OrganisationId;
use uuid::Uuid;

pub use findings::{Finding, Place as Where};
use ledger::key::VerifierKey;
pub use witnesses::{Against, LedgerName, Shown, WitnessedUpTo, ledger_names};

use crate::kept::Kept;
use crate::packs::kept_packs;
use crate::signing::{LastSigned, signed_ledgers};
use crate::sql::Open;
use crate::statements::{ORGANISATIONS, STRAY_ORGANISATIONS};
use crate::wordings::kept_wordings;
use crate::{Clock, Database, KeyError, Place, Randomness, Store, StoreError};

/// How far verifying is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which organisation, from 1, of how many.
    pub organisation: (usize, usize),
    /// How many entries and records were looked at so far, of this organisation.
    pub looked_at: u64,
}

/// What was found about one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The organisation.
    pub organisation: OrganisationId,
    /// How many entries its ledger has.
    pub entries: u64,
    /// How many versions of records were compared with their entries.
    pub versions: u64,
    /// How many entries stand for records that are gone: destroyed by rule, where nothing is found wrong with them and of none it is untold.
    pub gone: u64,
    /// How many checkpoints were compared with the tree, and how many entries the last one covers.
    pub checkpoints: (u64, u64),
    /// How many certificates of destruction there are.
    pub destructions: u64,
    /// Of how many entries it could not be said whether a certificate names their records: it was looked at without the keys.
    pub untold: u64,
    /// Whether signatures and meanings were checked: the keys were there.
    pub with_keys: bool,
    /// How far witnesses, whose signatures were checked, witnessed the ledger.
    pub witnessed: Vec<WitnessedUpTo>,
    /// How far the ledger agrees with what witnesses have shown.
    pub shown: Vec<WitnessedUpTo>,
    /// How many kept signatures are of witnesses whose keys are not known here.
    pub unknown_cosignatures: u64,
    /// What is wrong; empty when everything holds.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// What there is to say of an organisation that is not there.
    fn nothing_but(organisation: OrganisationId, with_keys: bool, finding: Finding) -> Self {
        Self {
            organisation,
            entries: 0,
            versions: 0,
            gone: 0,
            checkpoints: (0, 0),
            destructions: 0,
            untold: 0,
            with_keys,
            witnessed: Vec::new(),
            shown: Vec::new(),
            unknown_cosignatures: 0,
            findings: vec![finding],
        }
    }
}

/// Verifies a database. `keys` is the folder of keys, where it is at hand. Nothing is written.
pub async fn verify(
    database: &Database,
    keys: Option<&Path>,
    progress: impl FnMut(Progress),
) -> Result<Vec<Verified>, StoreError> {
    verify_against(database, keys, &Against::default(), progress).await
}

/// Verifies a database and compares it with what witnesses saw, which is the only way to find that the database *and* all that
/// lies beside it were put back to an older state, or written anew with the keys. Nothing is written.
pub async fn verify_against(
    database: &Database,
    keys: Option<&Path>,
    against: &Against,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<Verified>, StoreError> {
    let folder = keys.unwrap_or(Path::new(""));
    let place = Place { database: database.clone(), keys: folder.to_owned() };
    let (none, clock) = nothing_written();
    let store = Store::open_to_verify(&place, keys.is_some(), none, clock).await?;
    let verified = verify_all(&store, keys.is_some(), against, &mut progress).await;
    store.close().await;
    verified
}

/// Where nothing is written, nothing random and no time is needed.
pub(crate) fn nothing_written() -> (Randomness, Clock) {
    let none = Randomness::new(|_| Err(std::io::Error::other("verifying writes nothing")));
    (none, Clock::from(casework::Moment::from_micros(0)))
}

async fn verify_all(
    store: &Store,
    with_keys: bool,
    against: &Against,
    progress: &mut impl FnMut(Progress),
) -> Result<Vec<Verified>, StoreError> {
    // What is signed is committed before, so that what is seen after this is never behind it, however busy the program is.
    let signed = if with_keys { signed_ledgers(store.inner.keys.folder())? } else { BTreeMap::new() };
    let mut kept_before = if with_keys { Kept::all(store.inner.keys.folder())? } else { BTreeMap::new() };
    let mut open = store.begin_read().await?;
    let mut organisations = Vec::new();
    for row in open.rows(ORGANISATIONS, &[]).await? {
        organisations.push(OrganisationId::from_uuid(row.id(0)?));
    }
    let mut strays = Vec::new();
    for row in open.rows(STRAY_ORGANISATIONS, &[]).await? {
        strays.push(OrganisationId::from_uuid(row.id(0)?));
    }
    let (packs, altered) = kept_packs(&mut open).await?;
    let (wordings, reworded) = kept_wordings(&mut open).await?;
    let kept = meaning::Kept { packs, wordings };
    let damaged = store.inner.engine.damage().await?;
    let against = &with_those_here(store, with_keys, &organisations, against)?;
    let none = &LastSigned::default();
    let mut all = Vec::with_capacity(organisations.len());
    let count = organisations.len();
    for (at, organisation) in organisations.into_iter().enumerate() {
        let last = with_keys.then(|| signed.get(&organisation).unwrap_or(none));
        let kept_of = kept_before.remove(&organisation).unwrap_or_default();
        let mut looked_at = 0;
        let mut step = |more: u64| {
            looked_at += more;
            progress(Progress { organisation: (at + 1, count), looked_at });
        };
        let ledgers::Compared { mut verified, leaves, names, last_certificate, uncertified } =
            ledgers::compare(&mut open, store, organisation, last, &kept_of, against, &mut step).await?;
        if with_keys {
            let compared = meaning::compare(&mut open, store, organisation, &leaves, &kept, &mut step).await?;
            let certified = |position: u64| {
                let mut gone = leaves.iter().filter(|(_, leaf)| !leaf.claimed && leaf.position == Some(position));
                gone.any(|(id, _)| compared.destroyed.contains(id))
            };
            verified.findings.retain(|finding| match finding {
                Finding::RecordMissing { position } => !certified(*position),
                _ => true,
            });
            verified.findings.extend(names.findings(organisation, last, Some(&compared.began)));
            verified.findings.extend(compared.findings);
        } else {
            // Which of them a certificate names can be said with keys only; but none names what was recorded after it.
            let found = verified.findings.len();
            verified.findings.retain(|finding| match finding {
                Finding::RecordMissing { position } => last_certificate.is_none_or(|last| *position >= last),
                _ => true,
            });
            verified.untold = u64::try_from(found - verified.findings.len()).unwrap_or(u64::MAX);
            verified.findings.extend(uncertified);
            verified.findings.extend(names.findings(organisation, None, None));
        }
        // What all organisations rest on.
        verified.findings.extend(altered.iter().map(|digest| Finding::PackAltered { digest: digest.clone() }));
        verified.findings.extend(reworded.iter().map(|digest| Finding::WordingAltered { digest: digest.clone() }));
        verified.findings.extend(damaged.iter().map(|what| Finding::FileDamaged { what: what.clone() }));
        all.push(verified);
    }
    open.roll_back().await?;
    let here: BTreeSet<OrganisationId> = all.iter().map(|one| one.organisation).chain(strays.iter().copied()).collect();
    all.extend(strays.into_iter().map(|stray| Verified::nothing_but(stray, with_keys, Finding::NoOrganisation)));
    for (gone, signed) in signed.into_iter().filter(|(organisation, _)| !here.contains(organisation)) {
        let signed = signed.size();
        all.push(Verified::nothing_but(gone, with_keys, Finding::OrganisationGone { signed }));
    }
    Ok(all)
}

/// With the keys, the organisations of the installation that witness each other are known, too.
fn with_those_here(
    store: &Store,
    with_keys: bool,
    organisations: &[OrganisationId],
    against: &Against,
) -> Result<Against, StoreError> {
    let mut against = against.clone();
    for &organisation in organisations.iter().filter(|_| with_keys) {
        if let Some(key) = signed_by(store, organisation)? {
            let here: VerifierKey = key.cosigner()?.verifier_key().clone();
            against.witnesses.retain(|known| known.name() != here.name());
            against.witnesses.push(here);
        }
    }
    Ok(against)
}

/// Which leaf stands for what, as far as it is known.
type Leaves = BTreeMap<Uuid, ledgers::Leaf>;

/// The key that checks an organisation's signatures, when its file is there.
fn signed_by(store: &Store, organisation: OrganisationId) -> Result<Option<crate::signing::LedgerKey>, KeyError> {
    match store.ledger_secret(organisation) {
        Ok(key) => Ok(Some(key)),
        Err(KeyError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Rows of a statement about one organisation.
async fn rows_of(
    open: &mut Open,
    statement: crate::sql::Statement,
    organisation: OrganisationId,
) -> Result<Vec<crate::sql::Row>, StoreError> {
    open.rows(statement, &[crate::sql::Param::Id(organisation.uuid())]).await
}
