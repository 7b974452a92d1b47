//! Group commit on `SQLite`: commands that wait are done one after the other in one open transaction and committed together,
//! so that the disk is waited for once and not once for each. Nobody is told that a command is done before its commit.
//!
//! Each command stands in a savepoint of its own, so that one that is refused, or whose caller went away, leaves nothing and
//! harms no other. The lock is handed on in the order asked for: the task that will commit asks for it when the batch begins,
//! and so comes after every command that waited then.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use casework::OrganisationId;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::StoreError;
use crate::engine::Engine;
use crate::leaves::{self, Growth};
use crate::sql::{Open, Statement};
use crate::store::Returned;

/// Commands committed together at most, unless somebody says otherwise: the first of them waits for the last.
const MOST: usize = 256;

/// For how many turns organisations are committed apart after one of them could not be: its ledger does not hold, and the
/// others must not share its fate.
const TURNS_APART: usize = 64;

const SAVE: Statement = Statement { name: "SAVE", text: "SAVEPOINT command" };
const KEEP: Statement = Statement { name: "KEEP", text: "RELEASE command" };
const UNDO: Statement = Statement { name: "UNDO", text: "ROLLBACK TO command" };

/// The one writer of a file.
#[derive(Debug, Default)]
pub(crate) struct Group {
    batch: Arc<Mutex<Option<Batch>>>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    commits: AtomicU64,
    /// Commands committed together at most.
    most: AtomicUsize,
    /// Turns to come in which no two organisations share a commit.
    turns_apart: AtomicUsize,
}

impl Default for Counts {
    fn default() -> Self {
        Self { commits: AtomicU64::new(0), most: AtomicUsize::new(MOST), turns_apart: AtomicUsize::new(0) }
    }
}

/// Commands that will be committed together.
#[derive(Debug)]
struct Batch {
    /// Away while a command works with it.
    open: Option<Open>,
    savepoint: Savepoint,
    organisations: BTreeSet<OrganisationId>,
    /// Those who wait to hear that it is committed. Dropped unanswered, each hears that the work was cut short.
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
}

/// What the last command left of its savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    /// The command is done and stays.
    Kept,
    /// The command was refused or never finished: what it did must go.
    Undone,
}

/// A command's turn at the open transaction. Dropped before [`Turn::keep`], the command leaves nothing.
pub(crate) struct Turn {
    batch: OwnedMutexGuard<Option<Batch>>,
    lent: Option<Returned>,
}

impl Group {
    /// How often something was committed.
    pub(crate) fn commits(&self) -> u64 {
        self.counts.commits.load(Ordering::Relaxed)
    }

    /// Commits at most so many commands together from now on.
    pub(crate) fn commit_at_most(&self, commands: NonZeroUsize) {
        self.counts.most.store(commands.get(), Ordering::Relaxed);
    }

    /// Waits for this command's turn; its savepoint is set then.
    pub(crate) async fn turn(&self, engine: &Arc<Engine>, organisation: OrganisationId) -> Result<Turn, StoreError> {
        let mut batch = Arc::clone(&self.batch).lock_owned().await;
        let apart = self.counts.turns_apart.load(Ordering::Relaxed) > 0;
        if apart {
            self.counts.turns_apart.fetch_sub(1, Ordering::Relaxed);
        }
        let (engine, asked, counts) = (Arc::clone(engine), Arc::clone(&self.batch), Arc::clone(&self.counts));
        // On a task of its own: a caller that goes away half-way must not leave it unknown whether a savepoint stands.
        let prepared = tokio::spawn(async move {
            let most = counts.most.load(Ordering::Relaxed);
            if batch.as_ref().is_some_and(|batch| batch.is_full_for(organisation, apart, most)) {
                // Here, with the turn in hand: whoever gave it up would have to wait behind everybody once more.
                end(&mut batch, &counts).await;
            }
            if batch.is_none() {
                *batch = Some(Batch::begin(&engine).await?);
                tokio::spawn(async move {
                    let mut batch = asked.lock_owned().await;
                    end(&mut batch, &counts).await;
                });
            }
            if let Some(begun) = batch.as_mut()
                && let Err(error) = begun.save().await
            {
                // The database ended the transaction by itself: those before in it are told so, and this one too.
                fail(batch.take(), &error);
                return Err(error);
            }
            Ok(Turn { batch, lent: None })
        });
        prepared.await.map_err(|_| StoreError::CutShort)?
    }
}

impl Turn {
    /// Lends the transaction to the command; it comes back to `returned` when the command lets go of it.
    pub(crate) fn lend(&mut self, returned: &Returned) -> Result<Open, StoreError> {
        let open = self.batch.as_mut().and_then(|batch| batch.open.take()).ok_or(StoreError::CutShort)?;
        self.lent = Some(returned.clone());
        Ok(open)
    }

    /// The command is done: it stays, and whoever waits at what is returned hears whether it was committed.
    pub(crate) fn keep(
        mut self,
        organisation: OrganisationId,
    ) -> Result<oneshot::Receiver<Result<(), StoreError>>, StoreError> {
        self.take_back();
        let batch = self.batch.as_mut().ok_or(StoreError::CutShort)?;
        if batch.open.as_ref().is_none_or(Open::has_failed) {
            return Err(StoreError::CutShort);
        }
        let (told, hears) = oneshot::channel();
        batch.savepoint = Savepoint::Kept;
        batch.organisations.insert(organisation);
        batch.waiting.push(told);
        Ok(hears)
    }

    /// Whether a statement of the command met another program's write.
    pub(crate) fn met_another_writer(&mut self) -> bool {
        self.take_back();
        let open = self.batch.as_ref().and_then(|batch| batch.open.as_ref());
        open.is_some_and(Open::met_another_writer)
    }

    /// Takes the transaction back from the command, as one that is undone until [`Self::keep`] says otherwise.
    fn take_back(&mut self) {
        let Some(returned) = self.lent.take() else { return };
        match (self.batch.as_mut(), returned.take()) {
            (Some(batch), Ok(open)) => {
                batch.open = Some(open);
                batch.savepoint = Savepoint::Undone;
            }
            // The command never gave it back: those before in it hear that their work was cut short.
            _ => *self.batch = None,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl Batch {
    async fn begin(engine: &Engine) -> Result<Self, StoreError> {
        let mut open = engine.begin_write().await?;
        open.growth = Growth::in_place();
        Ok(Self { open: Some(open), savepoint: Savepoint::None, organisations: BTreeSet::new(), waiting: Vec::new() })
    }

    /// Whether a command of this organisation must wait for the next batch.
    fn is_full_for(&self, organisation: OrganisationId, apart: bool, most: usize) -> bool {
        let shared = self.organisations.iter().any(|&other| other != organisation);
        self.waiting.len() >= most || (apart && shared)
    }

    /// Ends the last command's savepoint and sets the next one's.
    async fn save(&mut self) -> Result<(), StoreError> {
        let open = self.open.as_mut().ok_or(StoreError::CutShort)?;
        open.forget_what_it_met();
        match self.savepoint {
            Savepoint::None => drop(open.run(SAVE, &[]).await?),
            Savepoint::Kept => {
                open.growth.keep();
                open.run(KEEP, &[]).await?;
                open.run(SAVE, &[]).await?;
            }
            // The savepoint itself stays.
            Savepoint::Undone => {
                open.growth.undo();
                open.run(UNDO, &[]).await?;
            }
        }
        // A command that never comes to do anything has nothing to keep.
        self.savepoint = Savepoint::Undone;
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StoreError> {
        let open = self.open.as_mut().ok_or(StoreError::CutShort)?;
        open.forget_what_it_met();
        match self.savepoint {
            Savepoint::None => {}
            Savepoint::Kept => {
                open.growth.keep();
                open.run(KEEP, &[]).await?;
            }
            Savepoint::Undone => {
                open.growth.undo();
                open.run(UNDO, &[]).await?;
                open.run(KEEP, &[]).await?;
            }
        }
        self.savepoint = Savepoint::None;
        Ok(())
    }

    /// What is done once for the whole batch, and for each organisation in it, just before it is committed.
    async fn before_commit(open: &mut Open, organisations: &BTreeSet<OrganisationId>) -> Result<(), StoreError> {
        for &organisation in organisations {
            // Here, once for all that was added: the one writer gave each leaf its place already.
            leaves::settle(open, organisation).await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        self.settle().await?;
        let mut open = self.open.take().ok_or(StoreError::CutShort)?;
        if self.waiting.is_empty() {
            return open.roll_back().await;
        }
        match Self::before_commit(&mut open, &self.organisations).await {
            Err(StoreError::DiskFull(full)) => return Err(StoreError::DiskFull(full)),
            // Whose ledger it is will show when each is done again by itself.
            Err(error) if self.organisations.len() > 1 => {
                tracing::warn!(%error, "organisations are committed apart for a while");
                open.roll_back().await?;
                return Err(StoreError::Busy);
            }
            done => done?,
        }
        open.commit().await
    }
}

/// Commits the batch, whichever it is by then, and tells everybody in it.
async fn end(batch: &mut Option<Batch>, counts: &Counts) {
    let Some(mut ending) = batch.take() else { return };
    match ending.commit().await {
        Ok(()) => {
            if !ending.waiting.is_empty() {
                counts.commits.fetch_add(1, Ordering::Relaxed);
            }
            tracing::trace!(commands = ending.waiting.len(), "commit");
            for waiting in ending.waiting {
                // Whoever does not wait any more does not need to hear.
                let _ = waiting.send(Ok(()));
            }
        }
        Err(error) => {
            if matches!(error, StoreError::Busy) && ending.organisations.len() > 1 {
                counts.turns_apart.store(TURNS_APART.max(2 * ending.waiting.len()), Ordering::Relaxed);
            }
            fail(Some(ending), &error);
        }
    }
}

/// Tells everybody in a batch that nothing of it was kept.
fn fail(batch: Option<Batch>, error: &StoreError) {
    let Some(batch) = batch else { return };
    // Rolled back before anybody hears of it.
    drop(batch.open);
    for waiting in batch.waiting {
        let _ = waiting.send(Err(error.shared()));
    }
}

#[cfg(test)]
mod tests;
