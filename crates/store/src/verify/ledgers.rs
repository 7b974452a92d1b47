//! The ledger against itself and against what is stored: no key needed, but for signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use casework::OrganisationId;
use ledger::checkpoint::Checkpoint;
use ledger::cosignature::Cosigner;
use ledger::entry::{Entry, stored_digest};
use ledger::note::Note;
use ledger::tree::{Frontier, Hash, Node, all_cores, split_at_size};
use rayon::prelude::*;
use uuid::Uuid;

use super::names::Names;
use super::witnesses::{cosignatures_agree, shown_agree, witnessed_agree};
use super::{Against, Finding, Leaves, Verified, Where, rows_of, signed_by};
use crate::kept::{Count, Kept};
use crate::leaves::{LEVELS, head, signed};
use crate::seal::{Kind, Spot};
use crate::signing::{LastSigned, LedgerKey, origin};
use crate::sql::{Open, Param, Row};
use crate::statements::{CHECKPOINTS, DESTRUCTION_ROWS, LEAVES_FROM, LEDGER_NODES_ALL, RECORDS_FROM, UNPLACED_LEAVES};
use crate::{Store, StoreError};

/// How many leaves are read at a time, and then hashed on all cores.
const LEAVES_AT_A_TIME: i64 = 8_192;

/// How many versions of records are read at a time, and then hashed on all cores.
const VERSIONS_AT_A_TIME: i64 = 2_000;

/// An entry as its leaf says it.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) position: Option<u64>,
    pub(super) entry: Option<Entry>,
    pub(super) claimed: bool,
}

/// What reading the tree came to.
pub(super) struct Tree {
    leaves: Leaves,
    pub(super) frontier: Frontier,
    nodes: BTreeMap<(i64, i64), Hash>,
    pub(super) roots: BTreeMap<u64, Hash>,
    pub(super) findings: Vec<Finding>,
}

/// What the comparison came to, and what is left to compare.
pub(super) struct Compared {
    pub(super) verified: Verified,
    pub(super) leaves: Leaves,
    pub(super) names: Names,
    /// Where the last certificate of destruction was entered.
    pub(super) last_certificate: Option<u64>,
    /// The rows that tell of a destruction of which no certificate was entered.
    pub(super) uncertified: Vec<Finding>,
}

/// What is entered in the ledger and still there.
#[derive(Default)]
struct Entered {
    /// How many versions of records were compared.
    versions: u64,
    /// The places of restores.
    restores: BTreeMap<Uuid, u64>,
    /// The places of certificates of destruction; after all others where one has none yet.
    certificates: BTreeMap<Uuid, u64>,
}

/// `last` is what the key signed last, none where the keys are not at hand; `kept` is how much of it the database had, nothing without them.
pub(super) async fn compare(
    open: &mut Open,
    store: &Store,
    organisation: OrganisationId,
    last: Option<&LastSigned>,
    kept: &Kept,
    against: &Against,
    step: &mut impl FnMut(u64),
) -> Result<Compared, StoreError> {
    let checkpoints = checkpoints(open, organisation).await?;
    let key = if last.is_some() { signed_by(store, organisation)? } else { None };
    let mut sizes: BTreeSet<u64> = checkpoints.iter().filter_map(|kept| u64::try_from(kept.size).ok()).collect();
    sizes.extend(last.into_iter().flat_map(LastSigned::all).map(Checkpoint::size));
    sizes.extend(against.shown.iter().map(|shown| shown.checkpoint.size()));
    let mut tree = tree(open, organisation, &sizes, step).await?;
    let entries = tree.frontier.size();
    let epoch = head_agrees(open, organisation, &mut tree).await?;
    nodes_agree(open, organisation, &mut tree).await?;
    let (covered, newest) = checkpoints_agree(organisation, &checkpoints, key.as_ref(), &mut tree)?;
    if let Some(last) = last {
        let named = origin(organisation, epoch);
        let is_here = |signed: &Checkpoint| checkpoints.iter().any(|kept| kept.is_of(organisation, signed));
        let missing =
            last.kept.iter().filter(|signed| signed.origin() == named && !is_here(signed)).map(Checkpoint::size);
        tree.findings.extend(missing.filter(|size| *size <= entries).map(|size| Finding::CheckpointMissing { size }));
    }
    if let Some(Count { many, up_to }) = kept.checkpoints {
        let found = count(checkpoints.iter().filter(|one| (one.epoch, one.size) <= up_to));
        // Where the last is gone, or all of the ledger's end, that is said already.
        let rolled_back = last.is_some_and(|last| last.size() > entries);
        let said = count(tree.findings.iter().filter(|one| matches!(one, Finding::CheckpointMissing { .. })));
        if !rolled_back && found + said < many {
            tree.findings.push(Finding::CheckpointsMissing { kept: many, found, up_to: up_to.1 });
        }
    }
    let shown = shown_agree(organisation, epoch, &against.shown, &mut tree);
    let entered = records_agree(open, organisation, &mut tree, step).await?;
    let gone = tree.leaves.values().filter(|leaf| !leaf.claimed).count();
    let destructions = rows_of(open, DESTRUCTION_ROWS, organisation).await?;
    for leaf in tree.leaves.values().filter(|leaf| !leaf.claimed) {
        tree.findings.extend(leaf.position.map(|position| Finding::RecordMissing { position }));
    }
    let mut verified = Verified {
        organisation,
        entries,
        versions: entered.versions,
        checkpoints: (u64::try_from(checkpoints.len()).unwrap_or(u64::MAX), covered),
        gone: u64::try_from(gone).unwrap_or(u64::MAX),
        destructions: u64::try_from(destructions.len()).unwrap_or(u64::MAX),
        untold: 0,
        with_keys: key.is_some(),
        witnessed: Vec::new(),
        shown,
        unknown_cosignatures: 0,
        findings: tree.findings,
    };
    cosignatures_agree(open, organisation, &checkpoints, (&against.witnesses, kept), &mut verified).await?;
    let cosigner = key.as_ref().map(LedgerKey::cosigner).transpose()?;
    let cosigner = cosigner.as_ref().map(Cosigner::verifier_key);
    witnessed_agree(open, organisation, (cosigner, kept), &mut verified).await?;
    let mut uncertified = Vec::new();
    for row in destructions {
        let (id, person, at) = (row.id(0)?, row.id(1)?, row.int(2)?);
        if !entered.certificates.contains_key(&id) {
            uncertified.push(Finding::RowNotRecorded { table: "destruction", row: format!("{id} {person} {at}") });
        }
    }
    let names = Names { epoch, entries, roots: tree.roots, restores: entered.restores, newest };
    let last_certificate = entered.certificates.into_values().max();
    Ok(Compared { verified, leaves: tree.leaves, names, last_certificate, uncertified })
}

fn count<T>(all: impl Iterator<Item = T>) -> u64 {
    u64::try_from(all.count()).unwrap_or(u64::MAX)
}

/// Reads every leaf in its order and grows the tree, noting its root at the sizes asked for.
async fn tree(
    open: &mut Open,
    organisation: OrganisationId,
    sizes: &BTreeSet<u64>,
    step: &mut impl FnMut(u64),
) -> Result<Tree, StoreError> {
    let mut tree = Tree {
        leaves: BTreeMap::new(),
        frontier: Frontier::new(),
        nodes: BTreeMap::new(),
        roots: BTreeMap::new(),
        findings: Vec::new(),
    };
    let (cores, mut from, mut expected) = (all_cores(), -1, 0);
    loop {
        let bounds = [Param::Id(organisation.uuid()), Param::Int(from), Param::Int(LEAVES_AT_A_TIME)];
        let rows = open.rows(LEAVES_FROM, &bounds).await?;
        let mut contents = Vec::with_capacity(rows.len());
        for row in &rows {
            from = row.int(0)?;
            let position = u64::try_from(from).unwrap_or(u64::MAX);
            while expected < position && tree.findings.len() < 1_000 {
                tree.findings.push(Finding::EntryMissing { position: expected });
                expected += 1;
            }
            expected = position.saturating_add(1);
            let (id, added_at, content) = (row.id(1)?, row.int(2)?, row.bytes(3)?);
            let entry = Entry::parse(&content).ok();
            let agrees =
                entry.as_ref().is_some_and(|entry| entry.id == *id.as_bytes() && entry.recorded_at == added_at);
            if !agrees {
                tree.findings.push(Finding::EntryAltered { position });
            }
            tree.leaves.insert(id, Leaf { position: Some(position), entry, claimed: false });
            contents.push(content);
        }
        tree.grow(&contents, sizes, cores);
        step(u64::try_from(rows.len()).unwrap_or(0));
        if i64::try_from(rows.len()).is_ok_and(|count| count < LEAVES_AT_A_TIME) {
            break;
        }
    }
    for row in rows_of(open, UNPLACED_LEAVES, organisation).await? {
        let entry = Entry::parse(&row.bytes(1)?).ok();
        tree.leaves.insert(row.id(0)?, Leaf { position: None, entry, claimed: false });
    }
    Ok(tree)
}

impl Tree {
    /// Adds what leaves hold, on all cores, noting the root wherever the tree reaches one of these sizes.
    fn grow(&mut self, contents: &[Vec<u8>], sizes: &BTreeSet<u64>, cores: NonZeroUsize) {
        let Self { frontier, nodes, roots, .. } = self;
        let mut rest = contents;
        while !rest.is_empty() {
            let stop = sizes.range(frontier.size() + 1..).next().copied();
            let (part, after) = split_at_size(rest, frontier.size(), stop);
            frontier.extend_noting(part, cores, |level| level % LEVELS == 0, &mut |Node { level, index }, hash| {
                if let Ok(index) = i64::try_from(index) {
                    nodes.insert((i64::from(level), index), hash);
                }
            });
            if sizes.contains(&frontier.size()) {
                roots.insert(frontier.size(), frontier.root());
            }
            rest = after;
        }
    }
}

async fn head_agrees(open: &mut Open, organisation: OrganisationId, tree: &mut Tree) -> Result<i64, StoreError> {
    let (agrees, epoch) = match head(open, organisation).await {
        Ok(Some(head)) => (head.size() == tree.frontier.size() && head.root() == tree.frontier.root(), head.epoch),
        Ok(None) => (tree.frontier.size() == 0, 1),
        Err(StoreError::Malformed(_)) => (false, 1),
        Err(error) => return Err(error),
    };
    if !agrees {
        tree.findings.push(Finding::HeadDiffers);
    }
    Ok(epoch)
}

async fn nodes_agree(open: &mut Open, organisation: OrganisationId, tree: &mut Tree) -> Result<(), StoreError> {
    let mut kept = BTreeSet::new();
    for row in rows_of(open, LEDGER_NODES_ALL, organisation).await? {
        let (level, position, hash) = (row.int(0)?, row.int(1)?, row.bytes(2)?);
        kept.insert((level, position));
        if tree.nodes.get(&(level, position)).is_none_or(|real| real.as_bytes()[..] != hash[..]) {
            tree.findings.push(Finding::NodeDiffers { level, position });
        }
    }
    let missing = tree.nodes.keys().filter(|node| !kept.contains(*node));
    let missing: Vec<Finding> =
        missing.map(|(level, position)| Finding::NodeDiffers { level: *level, position: *position }).collect();
    tree.findings.extend(missing);
    Ok(())
}

pub(super) struct KeptCheckpoint {
    pub(super) epoch: i64,
    pub(super) size: i64,
    pub(super) note: String,
}

impl KeptCheckpoint {
    fn is_of(&self, organisation: OrganisationId, checkpoint: &Checkpoint) -> bool {
        let size = signed(checkpoint.size()).is_ok_and(|size| size == self.size);
        size && origin(organisation, self.epoch) == checkpoint.origin()
    }
}

async fn checkpoints(open: &mut Open, organisation: OrganisationId) -> Result<Vec<KeptCheckpoint>, StoreError> {
    let mut kept = Vec::new();
    for row in rows_of(open, CHECKPOINTS, organisation).await? {
        kept.push(KeptCheckpoint { epoch: row.int(0)?, size: row.int(1)?, note: row.text(2)? });
    }
    Ok(kept)
}

/// Compares every checkpoint with the tree and, with the key, checks its signature; says how many entries the last that agrees
/// covers, and which is the newest.
fn checkpoints_agree(
    organisation: OrganisationId,
    checkpoints: &[KeptCheckpoint],
    key: Option<&LedgerKey>,
    tree: &mut Tree,
) -> Result<(u64, Option<Checkpoint>), StoreError> {
    let found = tree.frontier.size();
    let (mut agreed, mut newest) = (0, None);
    let mut differs = false;
    for kept in checkpoints {
        let note = Note::parse(kept.note.as_bytes()).ok();
        let checkpoint = note.as_ref().and_then(|note| Checkpoint::parse(note.text()).ok());
        let named = origin(organisation, kept.epoch);
        let same =
            |read: &&Checkpoint| signed(read.size()).is_ok_and(|size| size == kept.size) && read.origin() == named;
        let (Some(note), Some(checkpoint)) = (&note, checkpoint.as_ref().filter(same)) else {
            tree.findings.push(Finding::CheckpointAltered { size: kept.size });
            continue;
        };
        if let Some(key) = key {
            let signer = key.signer(kept.epoch)?;
            if Checkpoint::open(note, signer.verifier_key(), &[]).is_err() {
                tree.findings.push(Finding::CheckpointNotSigned { size: checkpoint.size() });
                continue;
            }
        }
        newest = Some(checkpoint.clone());
        match tree.roots.get(&checkpoint.size()) {
            None => tree.findings.push(Finding::CutShort { signed: checkpoint.size(), found }),
            Some(root) if *root == checkpoint.root() => agreed = checkpoint.size(),
            // Every later one differs as well; the first says where to look.
            Some(_) if differs => {}
            Some(_) => {
                differs = true;
                tree.findings.push(Finding::TreeDiffers { after: agreed, size: checkpoint.size() });
            }
        }
    }
    Ok((agreed, newest))
}

/// A version of a record as it is stored.
struct Stored {
    place: Where,
    /// What its sealed bytes are bound to, and its kind; none where no record can stand there.
    spot: Option<(Spot, Kind)>,
    sealed: Vec<u8>,
    leaf: Option<Uuid>,
}

impl Stored {
    fn read(organisation: OrganisationId, row: &Row) -> Result<Self, StoreError> {
        let place = Where { kind: row.text(0)?, id: row.id(1)?, version: row.int(2)? };
        let spot = Kind::of_record(&place.kind).zip(u64::try_from(place.version).ok());
        let spot = spot.map(|(kind, version)| (Spot::Version { organisation, kind, id: place.id, version }, kind));
        Ok(Self { place, spot, sealed: row.bytes(3)?, leaf: row.maybe_id(4)? })
    }

    fn digest(&self) -> Option<[u8; 32]> {
        self.spot.map(|(spot, _)| stored_digest(&spot.bytes(), &self.sealed))
    }
}

/// Compares every stored version of every record with its leaf; says what is there.
async fn records_agree(
    open: &mut Open,
    organisation: OrganisationId,
    tree: &mut Tree,
    step: &mut impl FnMut(u64),
) -> Result<Entered, StoreError> {
    let mut entered = Entered::default();
    let mut after: (String, Uuid, i64) = (String::new(), Uuid::nil(), i64::MIN);
    loop {
        let bounds = [
            Param::Id(organisation.uuid()),
            Param::Text(&after.0),
            Param::Id(after.1),
            Param::Int(after.2),
            Param::Int(VERSIONS_AT_A_TIME),
        ];
        let rows = open.rows(RECORDS_FROM, &bounds).await?;
        let count = rows.len();
        let stored: Vec<Stored> = rows.iter().map(|row| Stored::read(organisation, row)).collect::<Result<_, _>>()?;
        let digests: Vec<_> = stored.par_iter().map(Stored::digest).collect();
        for (Stored { place, spot, leaf, .. }, digest) in stored.into_iter().zip(digests) {
            after = (place.kind.clone(), place.id, place.version);
            let id = place.id;
            match (leaf.and_then(|leaf| tree.leaves.get_mut(&leaf)), spot, digest) {
                (Some(leaf), Some((_, kind)), Some(digest)) => {
                    if leaf.claimed {
                        tree.findings.push(Finding::EntryClaimedTwice(place));
                    } else if leaf.entry.as_ref().is_none_or(|entry| entry.stored != digest) {
                        tree.findings.push(Finding::RecordAltered(place));
                    } else if kind == Kind::Recovery {
                        entered.restores.extend(leaf.position.map(|position| (id, position)));
                    } else if kind == Kind::Destruction {
                        entered.certificates.insert(id, leaf.position.unwrap_or(u64::MAX));
                    }
                    leaf.claimed = true;
                }
                _ => tree.findings.push(Finding::RecordNotEntered(place)),
            }
        }
        entered.versions += u64::try_from(count).unwrap_or(0);
        step(u64::try_from(count).unwrap_or(0));
        if i64::try_from(count).is_ok_and(|count| count < VERSIONS_AT_A_TIME) {
            return Ok(entered);
        }
    }
}
