//! The connections to a file that the running program keeps open, and a transaction on one of them.
//!
//! A statement on a file takes some microseconds, less than handing it to another thread and being woken by its answer does: so it is
//! run where it is asked for. What may wait, for another program or for the disk, and what reads any number of rows beside the writer, is
//! done on a thread for such work.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::DatabaseError;
use crate::sql::{Param, Statement};

/// How long a transaction waits for another program's.
const PATIENCE: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared: more than the store has.
const PREPARED: usize = 400;

/// How long the log of what was written grows before it is copied into the file, in pages of 4 KiB. Pages that many commands write, the ends of tables and
/// indexes, are copied once for all of them, and the disk is waited for twice more.
const LOG_PAGES: u32 = 4_000;

/// What the writer keeps of the file in memory, in KiB: the ends of tables and indexes, where rows are added, are not read again then.
const CACHE_KIB: i64 = 32 * 1024;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writing, with all that makes a commit last.
    Writing,
    /// Reading beside a writer.
    Reading,
}

/// The connections to one file for one purpose; at most so many transactions at once.
#[derive(Debug)]
pub(crate) struct Connections {
    file: PathBuf,
    purpose: Purpose,
    most: u32,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// Opens the first, so that a file that cannot be used is refused at once.
    pub(crate) async fn open(file: &Path, purpose: Purpose, most: u32) -> Result<Arc<Self>, DatabaseError> {
        let turns = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
        let file = file.to_owned();
        let opened = Arc::new(Self { file, purpose, most, turns, idle: Mutex::default() });
        let first = Arc::clone(&opened);
        let connection = apart(move || first.connect()).await?;
        opened.keep(connection);
        Ok(opened)
    }

    /// The file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Begins a transaction when one of the connections is free.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<FileTransaction, DatabaseError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| DatabaseError::Closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let of = Arc::clone(self);
        let connection = match (self.purpose, idle) {
            (Purpose::Reading, Some(connection)) => begun(connection, "BEGIN")?,
            // Immediate: a read that turns into a write half-way would fail at once when another writer came between.
            (Purpose::Writing, idle) => {
                apart(move || begun(idle.map_or_else(|| of.connect(), Ok)?, "BEGIN IMMEDIATE")).await?
            }
            (Purpose::Reading, None) => apart(move || begun(of.connect()?, "BEGIN")).await?,
        };
        Ok(FileTransaction { connection: Some(connection), of: Arc::clone(self), _turn: turn })
    }

    /// Does something with a connection outside any transaction.
    pub(crate) async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| DatabaseError::Closed)?;
        let of = Arc::clone(self);
        apart(move || {
            let idle = of.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| of.connect(), Ok)?;
            let done = what(&connection);
            of.keep(connection);
            drop(turn);
            done
        })
        .await
    }

    /// Closes every connection, once nobody works with one any more.
    pub(crate) async fn close(self: &Arc<Self>) {
        // Refused where it is closed already.
        let all = self.turns.acquire_many(self.most).await;
        self.turns.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // The last to close moves the log into the database, and waits for the disk.
        let closed = tokio::task::spawn_blocking(move || drop(idle)).await;
        if let Err(failed) = closed {
            tracing::error!(cause = %failed, "the database was not closed in order");
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.turns.is_closed()
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let access = match self.purpose {
            Purpose::Writing => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Purpose::Reading => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(&self.file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON")?;
        if self.purpose == Purpose::Writing {
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            copy_log_after(&connection, LOG_PAGES)?;
        }
        Ok(connection)
    }

    /// Keeps a connection for the next transaction, unless one stands open on it still.
    fn keep(&self, connection: Connection) {
        if connection.is_autocommit() && !self.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// Copies the log into the file after so many pages.
pub(crate) fn copy_log_after(file: &Connection, pages: u32) -> rusqlite::Result<()> {
    file.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_| Ok(()))
}

fn begun(connection: Connection, how: &str) -> rusqlite::Result<Connection> {
    connection.prepare_cached(how)?.raw_execute()?;
    Ok(connection)
}

/// Does what may wait on a thread where nothing else waits for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, DatabaseError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| DatabaseError::Closed)??)
}

/// A transaction on a file. Dropped without a commit, it is rolled back.
pub(crate) struct FileTransaction {
    /// Away while it waits, or reads many rows.
    connection: Option<Connection>,
    of: Arc<Connections>,
    _turn: OwnedSemaphorePermit,
}

impl FileTransaction {
    /// Runs a statement that gives no rows; says how many it changed.
    pub(crate) async fn run(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<u64, DatabaseError> {
        let changed = bound(self.here().await?, statement, params)?.raw_execute()?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// The first row that a statement gives.
    pub(crate) async fn row(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
    ) -> Result<Option<Vec<Value>>, DatabaseError> {
        let mut prepared = bound(self.here().await?, statement, params)?;
        let columns = prepared.column_count();
        let mut found = prepared.raw_query();
        Ok(found.next()?.map(|row| values(row, columns)).transpose()?)
    }

    /// The few rows that a statement gives, read here.
    pub(crate) async fn few(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        Ok(all(bound(self.here().await?, statement, params)?)?)
    }

    /// Every row that a statement gives.
    pub(crate) async fn rows(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
    ) -> Result<Vec<Vec<Value>>, DatabaseError> {
        if self.of.purpose == Purpose::Writing {
            return Ok(all(bound(self.here().await?, statement, params)?)?);
        }
        let params: Vec<Value> = params.iter().map(|param| Value::from(param.as_ref())).collect();
        let connection = self.connection.take().ok_or(DatabaseError::Closed)?;
        let (connection, rows) = apart(move || {
            let rows = bound(&connection, statement, &params).and_then(all);
            Ok((connection, rows))
        })
        .await?;
        self.connection = Some(connection);
        Ok(rows?)
    }

    pub(crate) async fn commit(mut self) -> Result<(), DatabaseError> {
        let connection = self.connection.take().ok_or(DatabaseError::Closed)?;
        let (connection, done) = apart(move || {
            let done = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.raw_execute());
            Ok((connection, done))
        })
        .await?;
        self.connection = Some(connection);
        done?;
        Ok(())
    }

    pub(crate) fn roll_back(mut self) -> Result<(), DatabaseError> {
        let connection = self.connection.take().ok_or(DatabaseError::Closed)?;
        let done = connection.prepare_cached("ROLLBACK").and_then(|mut back| back.raw_execute());
        self.connection = Some(connection);
        done?;
        Ok(())
    }

    /// The connection, after others on this thread had their turn where it was long.
    async fn here(&mut self) -> Result<&Connection, DatabaseError> {
        tokio::task::coop::consume_budget().await;
        self.connection.as_ref().ok_or(DatabaseError::Closed)
    }
}

impl Drop for FileTransaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !connection.is_autocommit()
            && let Err(failed) = connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(cause = %failed, "a transaction could not be rolled back; its connection is closed");
        }
        self.of.keep(connection);
    }
}

/// A statement with its parameters, of which `$2` is the second wherever it stands.
fn bound<'c>(
    connection: &'c Connection,
    statement: Statement,
    params: &[impl ToSql],
) -> rusqlite::Result<CachedStatement<'c>> {
    let mut prepared = connection.prepare_cached(statement.text)?;
    for at in 1..=prepared.parameter_count() {
        let number = prepared.parameter_name(at).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let param = number.and_then(|number| params.get(number.checked_sub(1)?));
        prepared.raw_bind_parameter(at, param.ok_or(rusqlite::Error::InvalidParameterCount(params.len(), at))?)?;
    }
    Ok(prepared)
}

fn all(mut prepared: CachedStatement<'_>) -> rusqlite::Result<Vec<Vec<Value>>> {
    let columns = prepared.column_count();
    let (mut found, mut rows) = (prepared.raw_query(), Vec::new());
    while let Some(row) = found.next()? {
        rows.push(values(row, columns)?);
    }
    Ok(rows)
}

fn values(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns).map(|column| row.get_ref(column).map(Value::from)).collect()
}

/// A value as the file holds it. Whether a text is one is asked where it is read: one column that somebody altered must not keep the others
/// of its row from being compared.
pub(crate) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            &Self::Int(int) => ValueRef::Integer(int),
            &Self::Real(real) => ValueRef::Real(real),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(int) => Self::Int(int),
            ValueRef::Real(real) => Self::Real(real),
            ValueRef::Text(text) => Self::Text(text.to_vec()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.as_ref()))
    }
}

impl Param<'_> {
    fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Id(id) | Self::MaybeId(Some(id)) => ValueRef::Blob(id.as_bytes()),
            Self::Int(int) | Self::MaybeInt(Some(int)) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::MaybeId(None) | Self::MaybeInt(None) => ValueRef::Null,
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.as_ref()))
    }
}
