//! Checkpoints: signed where the tree stands, witnessed by partners, and the proofs that follow from them.

use std::collections::HashMap;

use casework::{Moment, OrganisationId};
use ledger::checkpoint::Checkpoint;
use ledger::entry::Entry;
use ledger::key::VerifierKey;
use ledger::note::Note;
use ledger::receipt::Receipt;
use ledger::tree::{
    Hash, Node, consistency_proof, inclusion_proof, leaf_hash, nodes_of_consistency, nodes_of_inclusion, nodes_of_root,
    root_from, root_of_hashes,
};
use ledger::witness::{AddCheckpoint, Seen, Witnessed, take_answer};
use uuid::Uuid;

use crate::engine::Alone;
use crate::epochs::Name;
use crate::kept::{Count, Counting, Standing};
use crate::leaves::{Head, LEVELS, hash, head, signed, unsigned};
use crate::seal::Kind;
use crate::signing::{LedgerKey, epoch_of, last_signed, origin, remember_kept, remember_signed};
use crate::sql::Param;
use crate::statements::{
    ADD_CHECKPOINT, ADD_COSIGNATURE, CHECKPOINT, CHECKPOINTS_UP_TO, COSIGNATURES, COSIGNATURES_UP_TO, FIRST_SIGNED,
    LATEST_CHECKPOINT, LATEST_WITNESSED, LEAF_CONTENTS, LEAF_OF, LEDGER_NODES, NEXT_CHECKPOINT, WITNESS_LEDGER,
    WITNESSED_LEDGER,
};
use crate::{KeyError, Reading, Store, StoreError, Writing};

/// A signed checkpoint as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// How often the ledger was taken up again after a restore, from 1.
    pub epoch: i64,
    /// How many entries it covers.
    pub size: u64,
    /// When it was signed.
    pub signed_at: Moment,
    /// The signed note (C2SP tlog-checkpoint), without cosignatures.
    pub note: String,
    /// The partners' signatures, oldest first.
    pub cosignatures: Vec<KeptCosignature>,
}

/// A partner's signature of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCosignature {
    /// The witness's key name.
    pub witness: String,
    /// When the witness says that it signed.
    pub at: Moment,
    /// The signature line of the note.
    pub line: String,
}

impl SignedCheckpoint {
    /// The note with every signature.
    pub fn text(&self) -> String {
        let mut text = self.note.clone();
        for cosignature in &self.cosignatures {
            text.push_str(&cosignature.line);
        }
        text
    }
}

/// Where a version of a record stands in its organisation's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLedger {
    /// The entry's bytes: they say nothing by themselves.
    pub entry: Vec<u8>,
    /// Its position, once it is sequenced; the first is 0.
    pub position: Option<u64>,
    /// The checkpoint that its receipt rests on: the last witnessed one that covers it, else the first that covers it.
    pub checkpoint: Option<SignedCheckpoint>,
    /// The receipt (C2SP tlog-proof), once there is a checkpoint.
    pub receipt: Option<String>,
}

/// How far an organisation's ledger is signed and witnessed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerState {
    /// How many entries have their place.
    pub size: u64,
    /// The newest checkpoint.
    pub signed: Option<SignedCheckpoint>,
    /// The newest checkpoint that a partner witnessed.
    pub witnessed: Option<SignedCheckpoint>,
    /// When the first checkpoint was signed.
    pub first_signed: Option<Moment>,
}

impl Store {
    /// The key by which anybody checks an organisation's checkpoints (C2SP signed-note vkey).
    pub async fn ledger_key(&self, organisation: OrganisationId) -> Result<VerifierKey, StoreError> {
        let epoch = self.epoch(organisation).await?;
        Ok(self.ledger_secret(organisation)?.signer(epoch)?.verifier_key().clone())
    }

    /// The key by which anybody checks an organisation's signatures under partners' checkpoints.
    pub fn witness_key(&self, organisation: OrganisationId) -> Result<VerifierKey, StoreError> {
        Ok(self.ledger_secret(organisation)?.cosigner()?.verifier_key().clone())
    }

    /// Sees that the ledger's key is there. One is made for an organisation that was founded before there were ledgers.
    pub(crate) async fn find_ledger_key(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let folder = self.inner.keys.folder();
        let read = |mut reading: Reading| async move { reading.latest_checkpoint().await };
        if !LedgerKey::exists(folder, organisation) && self.read("signed_before", organisation, read).await?.is_none() {
            LedgerKey::create(folder, organisation, self.inner.randomness.bytes()?)?;
        }
        self.ledger_secret(organisation)?;
        Ok(())
    }

    pub(crate) fn ledger_secret(&self, organisation: OrganisationId) -> Result<LedgerKey, KeyError> {
        LedgerKey::open(self.inner.keys.folder(), organisation)
    }

    async fn epoch(&self, organisation: OrganisationId) -> Result<i64, StoreError> {
        let mut open = self.begin_read().await?;
        let head = head(&mut open, organisation).await?;
        open.roll_back().await?;
        Ok(head.map_or(1, |head| head.epoch))
    }

    /// Gives waiting leaves their places and signs where the ledger stands, if it grew since the last checkpoint.
    ///
    /// What is signed is committed before: the key's own memory of it, outside the database, must never be ahead of what
    /// is on the disk, or a power cut would look like a database that somebody put back. The checkpoint itself is kept after the
    /// key remembers it, since whoever sees it may hold us to it; the key remembers as well whether it is kept.
    ///
    /// Several copies of the program may be asked at once: one of them signs, for the others there is nothing to do. What the
    /// key remembers must not go back to a smaller ledger that a slower copy had read.
    pub async fn sign_ledger(&self, organisation: OrganisationId) -> Result<Option<SignedCheckpoint>, StoreError> {
        let _one_at_a_time = self.inner.signing.lock().await;
        if self.inner.engine.commits_in_groups() {
            return self.sign_ledger_alone(organisation).await;
        }
        let Some(lock) = self.inner.engine.begin_alone(organisation, Alone::Signing).await? else { return Ok(None) };
        let signed = self.sign_ledger_alone(organisation).await;
        lock.roll_back().await?;
        signed
    }

    async fn sign_ledger_alone(&self, organisation: OrganisationId) -> Result<Option<SignedCheckpoint>, StoreError> {
        crate::sequencer::sequence(&self.inner, organisation).await?;
        if let Some(cut_off) = last_signed(self.inner.keys.folder(), organisation)?.being_kept {
            self.check_not_rolled_back(organisation).await?;
            let note = self.signed_note(organisation, &cut_off)?;
            self.keep_signed(organisation, &cut_off, note).await?;
        }
        let (head, last) = self
            .read("ledger_head", organisation, |mut reading: Reading| async move {
                let head = reading.head().await?;
                Ok::<_, StoreError>((head, reading.latest_checkpoint().await?))
            })
            .await?;
        let Some(head) = head.filter(|head| head.size() > 0) else { return Ok(None) };
        if last.as_ref().is_some_and(|last| (last.epoch, last.size) == (head.epoch, head.size())) {
            return Ok(None);
        }
        self.check_not_rolled_back(organisation).await?;
        self.sign_head(organisation, &head).await.map(Some)
    }

    /// Signs a ledger that is being restored, under the name that it goes on by. What its key signed last was compared when the restore was
    /// entered, and may be more than the backup holds.
    pub(crate) async fn sign_restored(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let head = self.read("restored_head", organisation, |mut reading: Reading| async move { reading.head().await });
        let head = head.await?.ok_or(StoreError::Malformed("no ledger"))?;
        self.sign_head(organisation, &head).await.map(drop)
    }

    async fn sign_head(&self, organisation: OrganisationId, head: &Head) -> Result<SignedCheckpoint, StoreError> {
        let key = self.ledger_secret(organisation)?;
        let checkpoint = Checkpoint::new(key.signer(head.epoch)?.verifier_key(), head.size(), head.root());
        let note = self.signed_note(organisation, &checkpoint)?;
        remember_signed(self.inner.keys.folder(), organisation, &note)?;
        self.keep_signed(organisation, &checkpoint, note).await
    }

    fn signed_note(&self, organisation: OrganisationId, checkpoint: &Checkpoint) -> Result<String, StoreError> {
        let signer = self.ledger_secret(organisation)?.signer(epoch_in(checkpoint, organisation)?)?;
        Ok(checkpoint.sign(&signer)?.to_string())
    }

    /// Keeps a checkpoint that the key remembers, and has it remember that.
    async fn keep_signed(
        &self,
        organisation: OrganisationId,
        checkpoint: &Checkpoint,
        note: String,
    ) -> Result<SignedCheckpoint, StoreError> {
        let (epoch, size) = (epoch_in(checkpoint, organisation)?, checkpoint.size());
        let signed_at = self.inner.clock.now();
        let kept = SignedCheckpoint { epoch, size, signed_at, note, cosignatures: Vec::new() };
        let keep = &kept;
        self.write("keep_checkpoint", organisation, |mut writing: Writing| async move {
            writing.keep_checkpoint(keep).await
        })
        .await?;
        self.count_kept(organisation, (epoch, signed(size)?), None).await?;
        remember_kept(self.inner.keys.folder(), organisation)?;
        Ok(kept)
    }

    /// Remembers beside the ledger's key that the database keeps one more checkpoint, or one more signature of this witness. Where
    /// nothing was counted before, all that are there are.
    async fn count_kept(
        &self,
        organisation: OrganisationId,
        one: Standing,
        witness: Option<&str>,
    ) -> Result<(), StoreError> {
        let counting = Counting::begin(self.inner.keys.folder(), organisation).await?;
        let mut kept = counting.read()?;
        let before = match witness {
            Some(witness) => kept.cosignatures.get(witness).copied(),
            None => kept.checkpoints,
        };
        let count = if let Some(before) = before {
            before.and(one)
        } else {
            let read = |mut reading: Reading| async move { reading.kept_up_to(one, witness).await };
            Count { many: self.read("count_kept", organisation, read).await?, up_to: one }
        };
        match witness {
            Some(witness) => drop(kept.cosignatures.insert(witness.to_owned(), count)),
            None => kept.checkpoints = Some(count),
        }
        Ok(counting.write(&kept)?)
    }

    /// Remembers beside the ledger's key how far this organisation cosigned another's ledger.
    pub(crate) async fn remember_seen(
        &self,
        organisation: OrganisationId,
        origin: &str,
        size: u64,
    ) -> Result<(), StoreError> {
        let counting = Counting::begin(self.inner.keys.folder(), organisation).await?;
        let mut kept = counting.read()?;
        if kept.seen.get(origin).is_some_and(|seen| *seen >= size) {
            return Ok(());
        }
        kept.seen.insert(origin.to_owned(), size);
        Ok(counting.write(&kept)?)
    }

    /// Refuses a database that is older than what its ledger's key has signed, or that tells another story.
    pub(crate) async fn check_not_rolled_back(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let last = &last_signed(self.inner.keys.folder(), organisation)?;
        self.read("compare_with_signed", organisation, |mut reading: Reading| async move {
            let (found, epoch) = reading.head().await?.map_or((0, 1), |head| (head.size(), head.epoch));
            let restores = reading.restores().await?;
            let other_name = || Err(StoreError::OtherName { organisation, origin: origin(organisation, epoch) });
            if !restores.lead_to(epoch) {
                return other_name();
            }
            for signed in last.all() {
                match restores.name(signed, organisation, epoch) {
                    Name::Later => return other_name(),
                    _ if found < signed.size() => {
                        return Err(StoreError::RolledBack { organisation, signed: signed.size(), found });
                    }
                    Name::Changed => return other_name(),
                    Name::Same | Name::Earlier => {}
                }
                if reading.root_at(signed.size()).await? != signed.root() {
                    return Err(StoreError::Forked { organisation, size: signed.size() });
                }
            }
            Ok(())
        })
        .await
    }

    /// What to send to a witness that last saw `old` of our entries, so that it cosigns our checkpoint.
    pub async fn to_be_witnessed(
        &self,
        organisation: OrganisationId,
        old: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<String, StoreError> {
        let (note, size) = (Note::parse(checkpoint.note.as_bytes())?, checkpoint.size);
        let proof = if old == 0 { Vec::new() } else { self.consistency(organisation, old, size).await? };
        let request = AddCheckpoint::new(old, proof, note).ok_or(StoreError::Malformed("a checkpoint"))?;
        Ok(request.to_string())
    }

    /// Keeps what a witness answered to [`Self::to_be_witnessed`], once it is checked against the witness's key; says when it
    /// signed. A second signature of one witness under one checkpoint is not kept: the first proves more.
    pub async fn keep_cosignature(
        &self,
        organisation: OrganisationId,
        checkpoint: &SignedCheckpoint,
        witness: &VerifierKey,
        answer: &[u8],
    ) -> Result<Moment, StoreError> {
        let note = Note::parse(checkpoint.note.as_bytes())?;
        let (cosigned, seconds) = take_answer(&note, answer, witness)?;
        let at = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
        let at = at.ok_or(StoreError::Malformed("the time of a cosignature"))?;
        let (epoch, size) = (checkpoint.epoch, signed(checkpoint.size)?);
        let lines = cosigned.signatures().iter().filter(|line| line.is_of(witness)).map(ToString::to_string);
        let line = &lines.collect::<String>();
        self.write("keep_cosignature", organisation, |mut writing: Writing| async move {
            let row = [
                Param::Id(organisation.uuid()),
                Param::Int(epoch),
                Param::Int(size),
                Param::Text(witness.name()),
                Param::Int(at),
                Param::Text(line),
            ];
            writing.open.run(ADD_COSIGNATURE, &row).await.map(drop)
        })
        .await?;
        self.count_kept(organisation, (epoch, size), Some(witness.name())).await?;
        Ok(Moment::from_micros(at))
    }

    /// The proof that our tree at `size` contains the tree at `old`, for a witness.
    pub async fn consistency(
        &self,
        organisation: OrganisationId,
        old: u64,
        size: u64,
    ) -> Result<Vec<Hash>, StoreError> {
        self.read("consistency_proof", organisation, |mut reading: Reading| async move {
            let nodes = reading.nodes(&nodes_of_consistency(old, size)?).await?;
            Ok(consistency_proof(old, size, &|node| nodes.get(&node).copied())?)
        })
        .await
    }
}

/// Under which of its ledger's names a checkpoint is signed.
fn epoch_in(checkpoint: &Checkpoint, organisation: OrganisationId) -> Result<i64, StoreError> {
    epoch_of(checkpoint.origin(), organisation).ok_or(StoreError::Malformed("the name of a ledger"))
}

impl Writing {
    async fn keep_checkpoint(&mut self, kept: &SignedCheckpoint) -> Result<(), StoreError> {
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Int(kept.epoch),
            Param::Int(signed(kept.size)?),
            Param::Int(kept.signed_at.micros()),
            Param::Text(&kept.note),
        ];
        // Another copy of the program may have signed the same tree: one checkpoint of it is enough.
        self.open.run(ADD_CHECKPOINT, &row).await.map(drop)
    }

    pub(crate) async fn keep_seen(
        &mut self,
        origin: &str,
        witnessed: &Witnessed,
        now: Moment,
    ) -> Result<(), StoreError> {
        let (seen, note) = (&witnessed.seen, witnessed.note.to_string());
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Text(origin),
            Param::Int(signed(seen.size)?),
            Param::Bytes(seen.root.as_bytes()),
            Param::Int(now.micros()),
            Param::Text(&note),
        ];
        self.open.run_one(WITNESS_LEDGER, &row).await
    }
}

impl Reading {
    pub(crate) async fn head(&mut self) -> Result<Option<Head>, StoreError> {
        let organisation = self.organisation;
        head(self.open.open()?, organisation).await
    }

    /// How many checkpoints there are up to one, or signatures of a witness.
    async fn kept_up_to(&mut self, (epoch, size): Standing, witness: Option<&str>) -> Result<u64, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(epoch), Param::Int(size)];
        let row = match witness {
            Some(witness) => {
                let [organisation, epoch, size] = place;
                self.open.row(COSIGNATURES_UP_TO, &[organisation, epoch, size, Param::Text(witness)]).await?
            }
            None => self.open.row(CHECKPOINTS_UP_TO, &place).await?,
        };
        unsigned(row.ok_or(StoreError::Malformed("a count"))?.int(0)?)
    }

    /// The root of our tree when it had `size` entries.
    pub(crate) async fn root_at(&mut self, size: u64) -> Result<Hash, StoreError> {
        let nodes = self.nodes(&nodes_of_root(size)).await?;
        Ok(root_from(size, &|node| nodes.get(&node).copied())?)
    }

    async fn nodes(&mut self, wanted: &[Node]) -> Result<HashMap<Node, Hash>, StoreError> {
        let mut found = HashMap::with_capacity(wanted.len());
        for &node in wanted {
            found.insert(node, self.node_hash(node).await?);
        }
        Ok(found)
    }

    /// The hash of a whole subtree, from the kept nodes and leaves below it.
    async fn node_hash(&mut self, node: Node) -> Result<Hash, StoreError> {
        let below = node.level % LEVELS;
        let kept = node.level - below;
        let first = node.index << below;
        let bounds = [
            Param::Id(self.organisation.uuid()),
            Param::Int(i64::from(kept)),
            Param::Int(signed(first)?),
            Param::Int(signed(first + (1 << below))?),
        ];
        let rows = if kept == 0 {
            let [organisation, _, from, to] = bounds;
            self.open.rows(LEAF_CONTENTS, &[organisation, from, to]).await?
        } else {
            self.open.rows(LEDGER_NODES, &bounds).await?
        };
        let mut hashes = Vec::with_capacity(rows.len());
        for row in rows {
            hashes.push(if kept == 0 { leaf_hash(&row.bytes(0)?) } else { hash(&row.bytes(0)?)? });
        }
        if hashes.len() != 1 << below {
            return Err(StoreError::Malformed("an entry of the ledger is missing"));
        }
        Ok(root_of_hashes(hashes))
    }

    /// What this organisation last cosigned of a partner's ledger, nothing if it cosigned none. What the database says must be what `witness`,
    /// its own key, signed, and no less than the key remembers to have signed. Of before there was a note beside it, when nothing was
    /// remembered either, it is taken as it stands.
    pub(crate) async fn seen(
        &mut self,
        origin: &str,
        witness: &VerifierKey,
        remembered: Option<u64>,
    ) -> Result<Seen, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(origin)];
        let (seen, note) = match self.open.row(WITNESSED_LEDGER, &place).await? {
            Some(row) => (Seen { size: unsigned(row.int(0)?)?, root: hash(&row.bytes(1)?)? }, row.maybe_text(3)?),
            None => (Seen::nothing(), None),
        };
        if remembered.is_some_and(|remembered| seen.size < remembered) {
            return Err(StoreError::Malformed("what was witnessed of a partner's ledger: more was cosigned"));
        }
        let note = match (note, remembered) {
            (Some(note), _) => note,
            (None, None) => return Ok(seen),
            (None, Some(_)) => {
                return Err(StoreError::Malformed("what was witnessed of a partner's ledger: its note is missing"));
            }
        };
        let note = Note::parse(note.as_bytes())?;
        let cosigned = note.verify(&[witness]).ok().and_then(|_| Checkpoint::parse(note.text()).ok());
        let same = |cosigned: &Checkpoint| {
            (cosigned.origin(), cosigned.size(), cosigned.root()) == (origin, seen.size, seen.root)
        };
        if cosigned.as_ref().is_some_and(same) {
            Ok(seen)
        } else {
            Err(StoreError::Malformed("what was witnessed of a partner's ledger"))
        }
    }

    /// How far this organisation last witnessed a partner's ledger: its size, and when.
    pub async fn witnessed(&mut self, origin: &str) -> Result<Option<(u64, Moment)>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(origin)];
        let Some(row) = self.open.row(WITNESSED_LEDGER, &place).await? else { return Ok(None) };
        Ok(Some((unsigned(row.int(0)?)?, Moment::from_micros(row.int(2)?))))
    }

    /// How far the ledger is signed and witnessed.
    pub async fn ledger_state(&mut self) -> Result<LedgerState, StoreError> {
        let size = self.head().await?.map_or(0, |head| head.size());
        let of = Param::Id(self.organisation.uuid());
        let signed = self.latest_checkpoint().await?;
        let witnessed = match self.open.row(LATEST_WITNESSED, &[of, Param::Int(0)]).await? {
            Some(row) => self.checkpoint(row.int(0)?, unsigned(row.int(1)?)?).await?,
            None => None,
        };
        let first_signed = match self.open.row(FIRST_SIGNED, &[of]).await? {
            Some(row) => row.maybe_int(0)?.map(Moment::from_micros),
            None => None,
        };
        Ok(LedgerState { size, signed, witnessed, first_signed })
    }

    pub(crate) async fn latest_checkpoint(&mut self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let row = self.open.row(LATEST_CHECKPOINT, &[Param::Id(self.organisation.uuid())]).await?;
        match row {
            Some(row) => self.checkpoint(row.int(0)?, unsigned(row.int(1)?)?).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn checkpoint(&mut self, epoch: i64, size: u64) -> Result<Option<SignedCheckpoint>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(epoch), Param::Int(signed(size)?)];
        let Some(row) = self.open.row(CHECKPOINT, &place).await? else { return Ok(None) };
        let mut cosignatures = Vec::new();
        for row in self.open.rows(COSIGNATURES, &place).await? {
            let (witness, at, line) = (row.text(0)?, Moment::from_micros(row.int(1)?), row.text(2)?);
            cosignatures.push(KeptCosignature { witness, at, line });
        }
        let (signed_at, note) = (Moment::from_micros(row.int(0)?), row.text(1)?);
        Ok(Some(SignedCheckpoint { epoch, size, signed_at, note, cosignatures }))
    }

    /// Where a decision stands in the ledger, with its receipt; `None` where the organisation holds no such decision.
    pub async fn decision_in_ledger(&mut self, id: casework::DecisionId) -> Result<Option<InLedger>, StoreError> {
        self.in_ledger(Kind::Decision, id.uuid(), 1).await
    }

    pub(crate) async fn in_ledger(
        &mut self,
        kind: Kind,
        id: Uuid,
        version: u64,
    ) -> Result<Option<InLedger>, StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let place = [of, Param::Text(kind.word()), Param::Id(id), Param::Int(signed(version)?)];
        let Some(row) = self.open.row(LEAF_OF, &place).await? else { return Ok(None) };
        let (entry, position) = (row.bytes(0)?, row.maybe_int(1)?.map(unsigned).transpose()?);
        self.proved(entry, position).await.map(Some)
    }

    /// An entry of the ledger with its receipt, once a checkpoint covers its place.
    pub(crate) async fn proved(&mut self, entry: Vec<u8>, position: Option<u64>) -> Result<InLedger, StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let Some(at) = position else { return Ok(InLedger { entry, position, checkpoint: None, receipt: None }) };
        let covering = [of, Param::Int(signed(at)?)];
        let row = match self.open.row(LATEST_WITNESSED, &covering).await? {
            Some(row) => Some(row),
            None => self.open.row(NEXT_CHECKPOINT, &covering).await?,
        };
        let checkpoint = match row {
            Some(row) => self.checkpoint(row.int(0)?, unsigned(row.int(1)?)?).await?,
            None => None,
        };
        let receipt = match &checkpoint {
            Some(checkpoint) => {
                let nodes = self.nodes(&nodes_of_inclusion(at, checkpoint.size)?).await?;
                let proof = inclusion_proof(at, checkpoint.size, &|node| nodes.get(&node).copied())?;
                let read = Entry::parse(&entry).map_err(|_| StoreError::Malformed("an entry of the ledger"))?;
                let receipt = Receipt::for_entry(&read, at, proof, Note::parse(checkpoint.text().as_bytes())?);
                Some(receipt.ok_or(StoreError::Malformed("a receipt"))?.to_string())
            }
            None => None,
        };
        Ok(InLedger { entry, position, checkpoint, receipt })
    }
}
