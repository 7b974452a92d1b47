//! Opening the store, and the one place where a write commits.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use casework::OrganisationId;
use zeroize::Zeroizing;

use crate::engine::{Engine, Expected};
use crate::group::Group;
use crate::keyring::KeyRing;
use crate::seal::{Holder, Key};
use crate::sequencer::Sequencer;
use crate::signing::signed_ledgers;
use crate::sql::{Open, Param, Row, Statement};
use crate::statements::{ADD_INSTALLATION, INSTALLATION, ORGANISATION_COMMITMENTS};
use crate::visits::Remembered;
use crate::wordings::Wordings;
use crate::{Clock, Place, StoreError};

/// How often a write that meets another program's is tried again before it is given up.
pub(crate) const ATTEMPTS: u32 = 12;

/// How long a command waits at most before its second attempt; twice as long before each further one.
const FIRST_WAIT_MICROS: u64 = 500;

/// Where keys, nonces and salts come from; given by the program, so that a test may choose them.
#[derive(Clone)]
pub struct Randomness(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) -> io::Result<()> + Send + Sync;

impl Randomness {
    /// From a function that fills the bytes it is given.
    pub fn new(fill: impl Fn(&mut [u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    pub(crate) fn bytes<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes).map_err(StoreError::Randomness)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness")
    }
}

/// The store of one installation. Cloning it is cheap and shares everything.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) engine: Arc<Engine>,
    /// On a file, where one writer commits what waits together.
    group: Option<Group>,
    pub(crate) keys: KeyRing,
    pub(crate) randomness: Randomness,
    pub(crate) clock: Clock,
    pub(crate) sequencer: Sequencer,
    pub(crate) wordings: Wordings,
    pub(crate) remembered: Remembered,
    /// Held while this copy signs a ledger.
    pub(crate) signing: tokio::sync::Mutex<()>,
}

impl Store {
    /// Makes the folder of keys and the installation's key in it, and nothing else: so that they can be put where they belong,
    /// and kept safe, before there is anything to be lost. [`Self::create`] takes them then.
    pub fn create_keys(folder: &Path, randomness: &Randomness) -> Result<(), StoreError> {
        Ok(KeyRing::create_ahead(folder, randomness.bytes()?)?)
    }

    /// Makes a new, empty installation: its database, and its key in the folder of keys, where
    /// [`Self::create_keys`] has not made it before. Nothing is written over. A
    /// `PostgreSQL` database must be there, and empty.
    pub async fn create(place: &Place, randomness: Randomness, clock: impl Into<Clock>) -> Result<Self, StoreError> {
        let clock = clock.into();
        if Self::exists(place).await? {
            return Err(StoreError::DatabaseExists(place.database.clone()));
        }
        let keys = KeyRing::for_new_installation(&place.keys, randomness.bytes()?)?;
        let store = Self::connect(place, Expected::Nothing, keys, randomness, clock).await?;
        let mut open = store.begin_write().await?;
        let commitment = store.inner.keys.installation().commitment();
        let row = [Param::Bytes(&commitment), Param::Int(store.inner.clock.now().micros())];
        open.run_one(ADD_INSTALLATION, &row).await.map_err(|error| match error {
            // Another was made at the same moment.
            StoreError::Exists | StoreError::Busy => StoreError::DatabaseExists(place.database.clone()),
            failed => failed,
        })?;
        open.commit().await?;
        store.inner.keys.in_use()?;
        Ok(store)
    }

    /// Whether there is an installation at this place already.
    pub async fn exists(place: &Place) -> Result<bool, StoreError> {
        Engine::holds_installation(&place.database).await
    }

    /// Opens an installation. Refuses, in words for whoever runs it, a missing or wrong key and a newer database. An older
    /// file is brought up to date, after a backup is written beside it; an older database of a server, when
    /// [`Server::backed_up`](crate::Server::backed_up) says that there is one.
    pub async fn open(place: &Place, randomness: Randomness, clock: impl Into<Clock>) -> Result<Self, StoreError> {
        Self::open_with(place, randomness, clock.into(), true).await
    }

    /// Opens what is being restored: its ledgers are compared with what their keys signed when the restore is entered in them.
    pub(crate) async fn open_restored(place: &Place, randomness: Randomness, clock: Clock) -> Result<Self, StoreError> {
        Self::open_with(place, randomness, clock, false).await
    }

    async fn open_with(
        place: &Place,
        randomness: Randomness,
        clock: Clock,
        compare_with_signed: bool,
    ) -> Result<Self, StoreError> {
        if place.database.file().is_some_and(|file| !file.exists()) {
            return Err(StoreError::NoDatabase(place.database.clone()));
        }
        let keys = KeyRing::open(&place.keys)?;
        let store = Self::connect(place, Expected::Installation, keys, randomness, clock).await?;
        KeyRing::restored(&place.keys)?;
        let mut open = store.begin_read().await?;
        let installation =
            open.row(INSTALLATION, &[]).await?.ok_or(StoreError::Malformed("no installation"))?.bytes(0)?;
        store.inner.keys.check_installation(&installation)?;
        let mut organisations = Vec::new();
        for row in open.rows(ORGANISATION_COMMITMENTS, &[]).await? {
            let organisation = OrganisationId::from_uuid(row.id(0)?);
            store.inner.keys.load(organisation, &row.bytes(1)?)?;
            organisations.push(organisation);
        }
        open.roll_back().await?;
        for (organisation, signed) in signed_ledgers(&place.keys)? {
            if !organisations.contains(&organisation) {
                return Err(StoreError::RolledBack { organisation, signed: signed.size(), found: 0 });
            }
        }
        for organisation in organisations {
            store.tidy_keys(organisation).await?;
            store.enter_earlier_versions(organisation).await?;
            store.find_ledger_key(organisation).await?;
            if compare_with_signed {
                store.check_not_rolled_back(organisation).await?;
            }
            store.destroy_again(organisation).await?;
            store.name_destroyed(organisation).await?;
            store.sort_views(organisation).await?;
        }
        Ok(store)
    }

    /// Opens a database to look at it: nothing is brought up to date, nothing is written, and keys are optional.
    pub(crate) async fn open_to_verify(
        place: &Place,
        with_keys: bool,
        randomness: Randomness,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let keys = if with_keys { KeyRing::open(&place.keys)? } else { KeyRing::none() };
        let engine = Arc::new(Engine::to_look(&place.database).await?);
        let sequencer = Sequencer::default();
        let store = Self {
            inner: Arc::new(Inner {
                engine,
                group: None,
                keys,
                randomness,
                clock,
                sequencer,
                wordings: Wordings::default(),
                remembered: Remembered::default(),
                signing: tokio::sync::Mutex::default(),
            }),
        };
        if with_keys {
            let mut open = store.begin_read().await?;
            let installation =
                open.row(INSTALLATION, &[]).await?.ok_or(StoreError::Malformed("no installation"))?.bytes(0)?;
            store.inner.keys.check_installation(&installation)?;
            for row in open.rows(ORGANISATION_COMMITMENTS, &[]).await? {
                store.inner.keys.load(OrganisationId::from_uuid(row.id(0)?), &row.bytes(1)?)?;
            }
            open.roll_back().await?;
        }
        Ok(store)
    }

    async fn connect(
        place: &Place,
        expected: Expected,
        keys: KeyRing,
        randomness: Randomness,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::connect(&place.database, &keys, expected, clock.now()).await?);
        let group = engine.commits_in_groups().then(Group::default);
        let store = Self {
            inner: Arc::new(Inner {
                engine,
                group,
                keys,
                randomness,
                clock,
                sequencer: Sequencer::default(),
                wordings: Wordings::default(),
                remembered: Remembered::default(),
                signing: tokio::sync::Mutex::default(),
            }),
        };
        if !store.inner.engine.commits_in_groups() {
            Sequencer::run(&store.inner);
        }
        Ok(store)
    }

    /// Closes every connection; what was committed stays. Waits for transactions in progress.
    pub async fn close(&self) {
        self.inner.engine.close().await;
    }

    /// A secret of this installation for one named use outside the store, from which no other secret can be found.
    pub fn secret_for(&self, name: &str) -> Zeroizing<[u8; 32]> {
        let key = self.inner.keys.installation().derive(format!("sharewell 1 secret for {name}").as_bytes());
        Zeroizing::new(*key.bytes())
    }

    pub(crate) async fn begin_write(&self) -> Result<Open, StoreError> {
        self.inner.engine.begin_write().await
    }

    pub(crate) async fn begin_read(&self) -> Result<Open, StoreError> {
        self.inner.engine.begin_read().await
    }

    /// Does `work` in one transaction for one organisation and commits it here, the only place where a write of an
    /// organisation commits. `name` is for logs and measurements. `Ok` commits; an error rolls all back.
    ///
    /// When another program's write comes between, `work` is done again from the start, so it must do nothing but what it
    /// does to its `Writing`, and borrows what it needs:
    ///
    /// ```no_run
    /// # use casework::{Decision, Matter};
    /// # use sharewell_store::{Store, StoreError};
    /// # async fn record(store: &Store, matter: &Matter, decision: &Decision) -> Result<(), StoreError> {
    /// store
    ///     .write("record_decision", matter.organisation, |mut writing| async move {
    ///         writing.save_matter(matter).await?;
    ///         writing.add_decision(decision).await
    ///     })
    ///     .await
    /// # }
    /// ```
    pub async fn write<T, E, F, W>(&self, name: &'static str, organisation: OrganisationId, mut work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnMut(Writing) -> W,
        W: Future<Output = Result<T, E>>,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            tracing::debug!(transaction = name, attempt, "write");
            let done = match &self.inner.group {
                Some(group) => self.write_with_others(group, organisation, &mut work).await,
                None => self.write_alone(organisation, &mut work).await,
            };
            match done {
                Ok(done) => return Ok(done),
                Err(refusal) if refusal.met_another_writer && may_try_again(attempt) => {
                    self.stand_back(attempt).await?;
                }
                Err(refusal) => return Err(refusal.error),
            }
        }
    }

    /// One attempt in a transaction that other commands share, committed with theirs.
    async fn write_with_others<T, E, F, W>(
        &self,
        group: &Group,
        organisation: OrganisationId,
        work: &mut F,
    ) -> Result<T, Refusal<E>>
    where
        E: From<StoreError>,
        F: FnMut(Writing) -> W,
        W: Future<Output = Result<T, E>>,
    {
        let mut turn = group.turn(&self.inner.engine, organisation).await?;
        let returned = Returned::default();
        let open = Lent { open: Some(turn.lend(&returned)?), to: returned };
        let reading = Reading::of(open, organisation, &self.inner);
        match work(Writing::of(reading)).await {
            Ok(done) => {
                let committed = turn.keep(organisation)?.await;
                committed.map_err(|_| StoreError::CutShort)??;
                Ok(done)
            }
            Err(error) => Err(Refusal { error, met_another_writer: turn.met_another_writer() }),
        }
    }

    /// One attempt in a transaction of its own.
    async fn write_alone<T, E, F, W>(&self, organisation: OrganisationId, work: &mut F) -> Result<T, Refusal<E>>
    where
        E: From<StoreError>,
        F: FnMut(Writing) -> W,
        W: Future<Output = Result<T, E>>,
    {
        let (reading, returned) = self.reading(self.begin_write().await?, organisation);
        let done = work(Writing::of(reading)).await;
        let open = returned.take()?;
        match done {
            Ok(done) => {
                open.commit().await?;
                self.inner.sequencer.wake(organisation);
                Ok(done)
            }
            Err(error) => {
                let met_another_writer = open.met_another_writer();
                // Why it was refused says more than that there was nothing left to roll back.
                let rolled_back = open.roll_back().await;
                if let (true, Err(failed)) = (met_another_writer, rolled_back) {
                    return Err(Refusal { error: E::from(failed), met_another_writer: false });
                }
                Err(Refusal { error, met_another_writer })
            }
        }
    }

    /// How often this copy of the program has committed commands to its file; fewer than there were commands, since those
    /// that wait are committed together. 0 on a server.
    pub fn commits(&self) -> u64 {
        self.inner.group.as_ref().map_or(0, Group::commits)
    }

    /// Commits at most so many commands together from now on, on a file: with one, each waits for the disk by itself. It is
    /// for tests, and for measuring what committing together is worth. Nothing changes on a server.
    pub fn commit_at_most(&self, commands: NonZeroUsize) {
        if let Some(group) = &self.inner.group {
            group.commit_at_most(commands);
        }
    }

    /// Copies the log of a file into it after so many pages of 4 KiB from now on. It is for tests, and for measuring. Nothing changes on a server.
    pub async fn copy_log_after(&self, pages: u32) -> Result<(), StoreError> {
        self.inner.engine.copy_log_after(pages).await
    }

    /// Waits before a further attempt: longer each time, and for a part of it that chance decides, so that two commands that
    /// met do not meet again.
    pub(crate) async fn stand_back(&self, attempt: u32) -> Result<(), StoreError> {
        let longest = FIRST_WAIT_MICROS << attempt.min(6);
        let [chance] = self.inner.randomness.bytes()?;
        let wait = longest / 4 + longest * u64::from(chance) / 256;
        tokio::time::sleep(Duration::from_micros(wait)).await;
        Ok(())
    }

    /// Does `work` on one unchanging view of what an organisation holds.
    pub async fn read<T, E, F, R>(&self, name: &'static str, organisation: OrganisationId, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(Reading) -> R,
        R: Future<Output = Result<T, E>>,
    {
        tracing::debug!(transaction = name, "read");
        let (reading, returned) = self.reading(self.begin_read().await?, organisation);
        let read = work(reading).await;
        returned.take()?.roll_back().await?;
        read
    }

    pub(crate) fn reading(&self, open: Open, organisation: OrganisationId) -> (Reading, Returned) {
        let returned = Returned::default();
        let open = Lent { open: Some(open), to: returned.clone() };
        (Reading::of(open, organisation, &self.inner), returned)
    }
}

/// Whether a command that met another program's is worth a further attempt after so many.
pub(crate) fn may_try_again(attempts: u32) -> bool {
    attempts < ATTEMPTS
}

/// Why an attempt came to nothing, and whether only because another program wrote at the same time.
struct Refusal<E> {
    error: E,
    met_another_writer: bool,
}

impl<E: From<StoreError>> From<StoreError> for Refusal<E> {
    fn from(error: StoreError) -> Self {
        Self { met_another_writer: matches!(error, StoreError::Busy), error: error.into() }
    }
}

/// Where a transaction comes back to when the work it was lent to is done. It is lent by value, not by reference, because
/// the compiler cannot yet see that work which borrows it may move between threads.
#[derive(Clone, Default)]
pub(crate) struct Returned(Arc<Mutex<Option<Open>>>);

impl Returned {
    pub(crate) fn take(&self) -> Result<Open, StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(StoreError::CutShort)
    }
}

/// An open transaction on loan.
pub(crate) struct Lent {
    open: Option<Open>,
    to: Returned,
}

impl Lent {
    pub(crate) fn open(&mut self) -> Result<&mut Open, StoreError> {
        self.open.as_mut().ok_or(StoreError::CutShort)
    }

    pub(crate) async fn rows(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        self.open()?.rows(statement, params).await
    }

    pub(crate) async fn few(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        self.open()?.few(statement, params).await
    }

    pub(crate) async fn row(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Option<Row>, StoreError> {
        self.open()?.row(statement, params).await
    }

    pub(crate) async fn run(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
        self.open()?.run(statement, params).await
    }

    pub(crate) async fn run_one(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.open()?.run_one(statement, params).await
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.to.0.lock().unwrap_or_else(PoisonError::into_inner) = self.open.take();
    }
}

/// A transaction that reads what one organisation holds, and nothing of any other.
pub struct Reading {
    pub(crate) open: Lent,
    pub(crate) organisation: OrganisationId,
    pub(crate) inner: Arc<Inner>,
    /// The commitment that this transaction holds as it is, once it has asked for it.
    pub(crate) held: Option<Vec<u8>>,
    /// Keys of holders that this transaction found or made, so that each is looked for once.
    pub(crate) holder_keys: Vec<(Holder, Key)>,
    /// Whether what it opens is committed, and may be remembered.
    pub(crate) remembers: bool,
}

impl Reading {
    fn of(open: Lent, organisation: OrganisationId, inner: &Arc<Inner>) -> Self {
        Self { open, organisation, inner: Arc::clone(inner), held: None, holder_keys: Vec::new(), remembers: true }
    }

    /// The organisation whose records this reads.
    pub fn organisation_id(&self) -> OrganisationId {
        self.organisation
    }
}

/// A transaction that also writes. Nothing is kept until [`Store::write`] commits.
pub struct Writing(pub(crate) Reading);

impl Writing {
    /// What it opens may never be committed.
    pub(crate) fn of(reading: Reading) -> Self {
        Self(Reading { remembers: false, ..reading })
    }
}

impl Deref for Writing {
    type Target = Reading;
    fn deref(&self) -> &Reading {
        &self.0
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Reading {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use casework::Moment;

    use super::*;

    #[tokio::test]
    async fn after_the_database_ended_a_transaction_by_itself_another_begins() {
        let folder = tempfile::TempDir::new().unwrap();
        let randomness = Randomness::new(|bytes| {
            bytes.fill(7);
            Ok(())
        });
        let store = Store::create(&Place::under(folder.path()), randomness, Moment::from_micros(0)).await.unwrap();
        // What SQLite does of its own accord when the disk is full.
        let ended = Statement { name: "ended", text: "ROLLBACK" };
        for keeps in [true, false] {
            let mut open = store.begin_write().await.unwrap();
            open.run(ended, &[]).await.unwrap();
            let closed = if keeps { open.commit().await } else { open.roll_back().await };
            assert!(closed.is_err());
            store.begin_write().await.unwrap().roll_back().await.unwrap();
        }
        let mut open = store.begin_write().await.unwrap();
        open.run(ended, &[]).await.unwrap();
        drop(open);
        store.begin_write().await.unwrap().roll_back().await.unwrap();
    }
}
