//! The ledger's rows: a leaf joins the transaction of what it stands for, and sequencing gives it its place in the tree.
//!
//! With `SQLite` the one writer gives each leaf its place as it adds it, and moves the head of the tree before each commit ([`Growth`]); with
//! `PostgreSQL` one copy of the program at a time does both, within a second ([`sequence`]). The tree is the same either way (design: RFC 6962).

use casework::{Moment, OrganisationId};
use ledger::entry::Entry;
use ledger::tree::{Frontier, Hash, Node, leaf_hash};
use uuid::{Builder, Uuid};

use crate::records::Sealed;
use crate::seal::{Key, Kind, Spot, open};
use crate::sql::{Open, Param};
use crate::statements::{
    ADD_LEAF, ADD_LEDGER_HEAD, ADD_LEDGER_NODE, ADD_PLACED_LEAF, GIVE_LEAF, LEDGER_HEAD, MOVE_LEDGER_HEAD,
    PLACE_LEAVES, VERSIONS_WITHOUT_LEAF,
};
use crate::{Store, StoreError, Writing};

/// Levels of the tree between kept nodes: a kept node is the root of 256 leaves, or of 256 kept nodes.
pub(crate) const LEVELS: u8 = 8;

/// Where an organisation's ledger stands.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// How often the ledger was taken up again after a restore; part of its name.
    pub(crate) epoch: i64,
    pub(crate) frontier: Frontier,
}

impl Head {
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }
}

/// The secret that a leaf's meaning is bound with: it goes with the record's key, and then the leaf says nothing.
pub(crate) fn salt(key: &Key) -> Key {
    key.derive(b"sharewell 1 ledger salt")
}

/// The id of a leaf: when it was added, which the leaf tells anyway, and chance. Ids that grow keep the index on them growing at its end;
/// were all of it chance, every leaf would touch another page.
fn leaf_id(added_at: Moment, chance: [u8; 10]) -> Uuid {
    Builder::from_unix_timestamp_millis(added_at.unix_millis(), &chance).into_uuid()
}

impl Writing {
    /// Adds the leaf that stands for a sealed version; returns its id.
    pub(crate) async fn add_leaf(&mut self, sealed: &Sealed) -> Result<Uuid, StoreError> {
        let now = self.inner.clock.now();
        let id = leaf_id(now, self.inner.randomness.bytes()?);
        let entry =
            Entry { id: id.into_bytes(), recorded_at: now.micros(), meaning: sealed.meaning, stored: sealed.digest };
        let content = entry.to_bytes();
        let organisation = self.organisation;
        let (of, added_at) = (Param::Id(organisation.uuid()), Param::Int(now.micros()));
        let open = self.open.open()?;
        if let Some(place) = next_place(open, organisation).await? {
            let row = [of, Param::Id(id), added_at, Param::Bytes(&content), Param::Int(signed(place)?)];
            open.run_one(ADD_PLACED_LEAF, &row).await?;
            open.growth.added(organisation, leaf_hash(&content));
        } else {
            open.run_one(ADD_LEAF, &[of, Param::Id(id), added_at, Param::Bytes(&content)]).await?;
        }
        Ok(id)
    }
}

/// How ledgers grow within one transaction of the one writer of a file, who places leaves as they are added. Elsewhere leaves wait.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    here: bool,
    growing: Vec<Growing>,
}

/// One ledger that grows.
#[derive(Debug)]
struct Growing {
    organisation: OrganisationId,
    /// Where the ledger stands in the database.
    from: Head,
    /// The leaves that were placed after that.
    added: Vec<Hash>,
    /// How many of them belong to commands that are done; none where the command that began this is not.
    kept: Option<usize>,
}

impl Growth {
    /// Leaves are placed as they are added: whoever says so commits with [`settle`].
    pub(crate) fn in_place() -> Self {
        Self { here: true, growing: Vec::new() }
    }

    /// The last command is done.
    pub(crate) fn keep(&mut self) {
        for growing in &mut self.growing {
            growing.kept = Some(growing.added.len());
        }
    }

    /// The last command was undone, with every leaf that it added, and with what it may have found waiting and placed.
    pub(crate) fn undo(&mut self) {
        self.growing.retain(|growing| growing.kept.is_some());
        for growing in &mut self.growing {
            growing.added.truncate(growing.kept.unwrap_or(0));
        }
    }

    fn added(&mut self, organisation: OrganisationId, leaf: Hash) {
        if let Some(growing) = self.growing.iter_mut().find(|one| one.organisation == organisation) {
            growing.added.push(leaf);
        }
    }
}

/// The place of the next leaf of an organisation, where leaves are placed as they are added. What waits from before comes first.
async fn next_place(open: &mut Open, organisation: OrganisationId) -> Result<Option<u64>, StoreError> {
    if !open.growth.here {
        return Ok(None);
    }
    let place = |growing: &Growing| growing.from.size() + growing.added.len() as u64;
    if let Some(growing) = open.growth.growing.iter().find(|one| one.organisation == organisation) {
        return Ok(Some(place(growing)));
    }
    sequence(open, organisation).await?;
    let from = head(open, organisation).await?.ok_or(StoreError::Malformed("no ledger"))?;
    let growing = Growing { organisation, from, added: Vec::new(), kept: None };
    let place = place(&growing);
    open.growth.growing.push(growing);
    Ok(Some(place))
}

/// Moves the heads of the ledgers that grew in this transaction, and of any other organisation that leaves may wait for. Done before the commit.
pub(crate) async fn settle(open: &mut Open, organisation: OrganisationId) -> Result<(), StoreError> {
    let at = open.growth.growing.iter().position(|one| one.organisation == organisation);
    let Some(at) = at else { return sequence(open, organisation).await.map(drop) };
    let Growing { from, added, .. } = open.growth.growing.swap_remove(at);
    grow(open, organisation, from, true, added).await.map(drop)
}

/// Gives every waiting leaf of an organisation its place, in the order added, and says how large the tree is then.
pub(crate) async fn sequence(open: &mut Open, organisation: OrganisationId) -> Result<u64, StoreError> {
    let of = Param::Id(organisation.uuid());
    let found = head(open, organisation).await?;
    let begun = found.is_some();
    let Head { epoch, frontier } = found.unwrap_or_else(|| Head { epoch: 1, frontier: Frontier::new() });
    let before = frontier.size();
    // One statement gives the places and says who got which, so that no leaf can come between.
    let mut placed = Vec::new();
    for row in open.rows(PLACE_LEAVES, &[of, Param::Int(signed(before)?)]).await? {
        placed.push((unsigned(row.int(0)?)?, row.bytes(1)?));
    }
    placed.sort_unstable();
    if placed.iter().zip(before..).any(|((position, _), expected)| *position != expected) {
        return Err(StoreError::Malformed("a position in the ledger"));
    }
    let leaves = placed.iter().map(|(_, content)| leaf_hash(content)).collect();
    grow(open, organisation, Head { epoch, frontier }, begun, leaves).await
}

/// Moves the head of a ledger over leaves that have their places, and keeps the nodes that they complete.
async fn grow(
    open: &mut Open,
    organisation: OrganisationId,
    Head { epoch, mut frontier }: Head,
    begun: bool,
    leaves: Vec<Hash>,
) -> Result<u64, StoreError> {
    let before = frontier.size();
    if leaves.is_empty() && begun {
        return Ok(before);
    }
    let of = Param::Id(organisation.uuid());
    let mut completed: Vec<(Node, Hash)> = Vec::new();
    for leaf in leaves {
        frontier.push(leaf, &mut |node, hash| completed.push((node, hash)));
    }
    for (node, hash) in completed.into_iter().filter(|(node, _)| node.level % LEVELS == 0) {
        let row =
            [of, Param::Int(i64::from(node.level)), Param::Int(signed(node.index)?), Param::Bytes(hash.as_bytes())];
        open.run_one(ADD_LEDGER_NODE, &row).await?;
    }
    let edge: Vec<u8> = frontier.hashes().iter().flat_map(|hash| *hash.as_bytes()).collect();
    let (size, edge) = (Param::Int(signed(frontier.size())?), Param::Bytes(&edge));
    if begun {
        open.run_one(MOVE_LEDGER_HEAD, &[of, size, edge, Param::Int(signed(before)?)]).await?;
    } else {
        open.run_one(ADD_LEDGER_HEAD, &[of, size, edge, Param::Int(epoch)]).await?;
    }
    Ok(frontier.size())
}

/// Where the ledger stands; `None` before its first leaf is sequenced.
pub(crate) async fn head(open: &mut Open, organisation: OrganisationId) -> Result<Option<Head>, StoreError> {
    let Some(row) = open.row(LEDGER_HEAD, &[Param::Id(organisation.uuid())]).await? else { return Ok(None) };
    let hashes = hashes(&row.bytes(1)?)?;
    let frontier = Frontier::from_parts(unsigned(row.int(0)?)?, hashes)
        .map_err(|_| StoreError::Malformed("the right edge of the ledger"))?;
    Ok(Some(Head { epoch: row.int(2)?, frontier }))
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, StoreError> {
    let (whole, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(whole.iter().map(|bytes| Hash(*bytes)).collect())
    } else {
        Err(StoreError::Malformed("a hash"))
    }
}

pub(crate) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    <[u8; 32]>::try_from(bytes).map(Hash).map_err(|_| StoreError::Malformed("a hash"))
}

/// Numbers of leaves in the form in which they are stored.
pub(crate) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Malformed("a position in the ledger"))
}

pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Malformed("a position in the ledger"))
}

impl Store {
    /// Enters in the ledger what was recorded before there was one, as after the migration that began it.
    pub(crate) async fn enter_earlier_versions(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        loop {
            let entered = self
                .write("enter_earlier_versions", organisation, |mut writing: Writing| async move {
                    writing.enter_earlier_versions().await
                })
                .await?;
            if entered == 0 {
                return Ok(());
            }
        }
    }
}

impl Writing {
    /// Some hundred versions at a time; says how many.
    async fn enter_earlier_versions(&mut self) -> Result<usize, StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let rows = self.open.rows(VERSIONS_WITHOUT_LEAF, &[of]).await?;
        for row in &rows {
            let (word, id, version) = (row.text(0)?, row.id(1)?, row.int(2)?);
            let kind = Kind::of_record(&word).ok_or(StoreError::Malformed("kind"))?;
            let bytes = row.bytes(3)?;
            let spot = Spot::Version { organisation: self.organisation, kind, id, version: unsigned(version)? };
            let meaning = match self.record_key(kind, id).await? {
                Some(key) => ledger::entry::meaning(salt(&key).bytes(), &open(&key, &spot, &bytes)?),
                // Its key is gone: what is stored is bound all the same, what it said can no longer be.
                None => [0; 32],
            };
            let digest = ledger::entry::stored_digest(&spot.bytes(), &bytes);
            let leaf = self.add_leaf(&Sealed { bytes, digest, meaning }).await?;
            let place = [of, Param::Text(&word), Param::Id(id), Param::Int(version), Param::Id(leaf)];
            self.open.run_one(GIVE_LEAF, &place).await?;
        }
        Ok(rows.len())
    }
}
