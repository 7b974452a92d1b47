//! The ledger against what its witnesses saw: the one comparison that holds against whoever has the database, its backups and
//! everything beside it in hand, since the witnesses are elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use casework::{Moment, OrganisationId};
use ledger::checkpoint::Checkpoint;
use ledger::key::VerifierKey;
use ledger::note::{Note, NoteSignature};

use super::ledgers::{KeptCheckpoint, Tree};
use super::{Finding, Verified, nothing_written, rows_of, signed_by};
use crate::kept::{Count, Kept};
use crate::leaves::{head, signed, unsigned};
use crate::signing::{epoch_of, last_signed, origin};
use crate::sql::Open;
use crate::statements::{ALL_COSIGNATURES, ORGANISATIONS, WITNESSED_LEDGERS};
use crate::{Database, Place, Store, StoreError};

/// What a database is compared with beyond itself and its keys.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// The keys of witnesses: their signatures under kept checkpoints are checked.
    pub witnesses: Vec<VerifierKey>,
    /// Checkpoints that witnesses have shown.
    pub shown: Vec<Shown>,
}

/// The last checkpoint of a ledger that a witness cosigned, as it showed it. Whoever makes this has checked that the ledger's
/// key signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Who showed it, in words.
    pub by: String,
    /// What it says.
    pub checkpoint: Checkpoint,
}

/// How far a witness's signatures, which were checked, reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessedUpTo {
    /// The name of the witness's key, or who showed a checkpoint.
    pub witness: String,
    /// How many entries it witnessed.
    pub size: u64,
    /// When it says that it signed; `None` where it showed a checkpoint, and nobody can say by which key it signs.
    pub at: Option<Moment>,
}

/// A name under which an organisation's ledger was, or may next be, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerName {
    /// Whose ledger.
    pub organisation: OrganisationId,
    /// The name.
    pub origin: String,
    /// The key that signs under it, where the folder of keys is at hand.
    pub key: Option<VerifierKey>,
}

/// More names than a ledger is ever given: each is a restore.
const MOST_NAMES: i64 = 50;

/// The names of every ledger in a database, so that witnesses can be asked what they saw under them: those it had, and the one
/// that it would have after a further restore, in case the database is from before that.
pub async fn ledger_names(database: &Database, keys: Option<&Path>) -> Result<Vec<LedgerName>, StoreError> {
    let folder = keys.unwrap_or(Path::new(""));
    let place = Place { database: database.clone(), keys: folder.to_owned() };
    let (none, clock) = nothing_written();
    // The keys are only read, and checked against the database when it is verified.
    let store = Store::open_to_verify(&place, keys.is_some(), none, clock).await?;
    let names = names(&store, keys).await;
    store.close().await;
    names
}

async fn names(store: &Store, keys: Option<&Path>) -> Result<Vec<LedgerName>, StoreError> {
    let mut open = store.begin_read().await?;
    let mut names = Vec::new();
    for row in open.rows(ORGANISATIONS, &[]).await? {
        let organisation = OrganisationId::from_uuid(row.id(0)?);
        let secret = if keys.is_some() { signed_by(store, organisation)? } else { None };
        let signed = keys.map(|folder| last_signed(folder, organisation)).transpose()?.unwrap_or_default();
        let here = head(&mut open, organisation).await.ok().flatten().map_or(1, |head| head.epoch);
        let newest = signed.all().filter_map(|signed| epoch_of(signed.origin(), organisation)).fold(here, i64::max);
        for epoch in 1..=newest.saturating_add(1).min(MOST_NAMES) {
            let key = secret.as_ref().map(|key| key.signer(epoch)).transpose()?;
            let key = key.map(|signer| signer.verifier_key().clone());
            names.push(LedgerName { organisation, origin: origin(organisation, epoch), key });
        }
    }
    open.roll_back().await?;
    Ok(names)
}

/// Compares what witnesses have shown with the tree; the sizes of their checkpoints are among those whose roots it noted.
pub(super) fn shown_agree(
    organisation: OrganisationId,
    epoch: i64,
    shown: &[Shown],
    tree: &mut Tree,
) -> Vec<WitnessedUpTo> {
    let entries = tree.frontier.size();
    let mut agreed = Vec::new();
    for Shown { by, checkpoint } in shown {
        let Some(under) = epoch_of(checkpoint.origin(), organisation) else { continue };
        let (by, size) = (by.clone(), checkpoint.size());
        if under > epoch {
            tree.findings.push(Finding::WitnessKnowsLaterName { by, origin: checkpoint.origin().to_owned() });
        } else if under < epoch && tree.roots.get(&size) != Some(&checkpoint.root()) {
            let origin = checkpoint.origin().to_owned();
            tree.findings.push(Finding::WitnessKnowsEarlierName { by, origin, size });
        } else if size > entries {
            tree.findings.push(Finding::WitnessSawMore { by, seen: size, found: entries });
        } else if size > 0 && tree.roots.get(&size) != Some(&checkpoint.root()) {
            tree.findings.push(Finding::WitnessSawOther { by, size });
        } else {
            agreed.push(WitnessedUpTo { witness: by, size, at: None });
        }
    }
    agreed
}

/// Checks the kept signatures of known witnesses, and says how far each reaches; also how many are of others, and where fewer are here
/// than were kept.
pub(super) async fn cosignatures_agree(
    open: &mut Open,
    organisation: OrganisationId,
    checkpoints: &[KeptCheckpoint],
    (witnesses, remembered): (&[VerifierKey], &Kept),
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows_of(open, ALL_COSIGNATURES, organisation).await? {
        let (epoch, size, witness, line) = (row.int(0)?, row.int(1)?, row.text(2)?, row.text(3)?);
        if remembered.cosignatures.get(&witness).is_some_and(|count| (epoch, size) <= count.up_to) {
            *found.entry(witness.clone()).or_default() += 1;
        }
        let Some(key) = witnesses.iter().find(|key| key.name() == witness) else {
            verified.unknown_cosignatures += 1;
            continue;
        };
        let kept = checkpoints.iter().find(|kept| (kept.epoch, kept.size) == (epoch, size));
        // When it signed stands in the signature; the row says it again for pages.
        let says = Moment::from_micros(row.int(4)?);
        let signed = kept.and_then(|kept| signed_at(&kept.note, &line, key)).filter(|at| *at == says);
        let (Some(at), Ok(size)) = (signed, unsigned(size)) else {
            verified.findings.push(Finding::CosignatureAltered { size, witness });
            continue;
        };
        match verified.witnessed.iter_mut().find(|one| one.witness == witness) {
            Some(one) => (one.size, one.at) = (size, Some(at)),
            None => verified.witnessed.push(WitnessedUpTo { witness, size, at: Some(at) }),
        }
    }
    for (witness, &Count { many, up_to }) in &remembered.cosignatures {
        let found = found.get(witness).copied().unwrap_or(0);
        if found < many {
            let witness = witness.clone();
            verified.findings.push(Finding::CosignaturesMissing { witness, kept: many, found, up_to: up_to.1 });
        }
    }
    Ok(())
}

/// Compares what this organisation remembers of partners' ledgers, as their witness, with the last checkpoint of each that it cosigned, and
/// with how far its key remembers to have cosigned it; `key` is its own, where the keys are at hand.
pub(super) async fn witnessed_agree(
    open: &mut Open,
    organisation: OrganisationId,
    (key, kept): (Option<&VerifierKey>, &Kept),
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut less: BTreeMap<&str, u64> = kept.seen.iter().map(|(origin, size)| (origin.as_str(), *size)).collect();
    for row in rows_of(open, WITNESSED_LEDGERS, organisation).await? {
        // Of before there was a note nothing can be said, and nothing was remembered: where something is, it is missing.
        let Some(note) = row.maybe_text(3)? else { continue };
        let (origin, size, root) = (row.text(0)?, row.int(1)?, row.bytes(2)?);
        let note = Note::parse(note.as_bytes()).ok();
        let note = note.filter(|note| key.is_none_or(|key| note.verify(&[key]).is_ok()));
        let seen = note.and_then(|note| Checkpoint::parse(note.text()).ok());
        if less.get(origin.as_str()).is_some_and(|least| unsigned(size).is_ok_and(|size| size >= *least)) {
            less.remove(origin.as_str());
        }
        let agrees = seen.is_some_and(|seen| {
            seen.origin() == origin
                && signed(seen.size()).is_ok_and(|seen| seen == size)
                && seen.root().as_bytes()[..] == root[..]
        });
        if !agrees {
            less.remove(origin.as_str());
            verified.findings.push(Finding::WitnessedAltered { origin });
        }
    }
    let forgotten = less.into_keys().map(|origin| Finding::WitnessedAltered { origin: origin.to_owned() });
    verified.findings.extend(forgotten);
    Ok(())
}

/// When the witness signed the checkpoint, if these are its signature's lines.
fn signed_at(note: &str, line: &str, key: &VerifierKey) -> Option<Moment> {
    let mut note = Note::parse(note.as_bytes()).ok()?;
    for signature in NoteSignature::parse_lines(line).ok()? {
        note.add(signature).ok()?;
    }
    let seconds = note.verify(&[key]).ok()?.first()?.time?;
    i64::try_from(seconds).ok()?.checked_mul(1_000_000).map(Moment::from_micros)
}
