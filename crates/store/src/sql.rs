//! The one way to run a statement: static text with `$1` binds, typed parameters in, typed columns out. What differs
//! between the two databases stays behind this file, `engine` and `schema`.

use std::fmt;
use std::sync::Arc;

use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use sqlx::postgres::{PgArguments, PgDatabaseError, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row as _, Transaction};
use uuid::Uuid;

use crate::StoreError;
use crate::error::DatabaseError;
use crate::file::{FileTransaction, Value};
use crate::leaves::Growth;

/// A statement with its name. All are declared in `statements`, where a test prepares every one on both databases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// A bound value.
#[derive(Clone, Copy)]
pub(crate) enum Param<'a> {
    Id(Uuid),
    MaybeId(Option<Uuid>),
    Int(i64),
    MaybeInt(Option<i64>),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A row, read by position.
pub(crate) struct Row(AnyRow, &'static str);

enum AnyRow {
    File(Vec<Value>),
    Postgres(PgRow),
}

macro_rules! column {
    ($row:ident, $column:ident, $of_file:expr) => {
        match &$row.0 {
            AnyRow::File(values) => of_file(values, $column, $of_file).map_err(DatabaseError::from),
            AnyRow::Postgres(row) => row.try_get($column).map_err(DatabaseError::from),
        }
        .map_err(|source| StoreError::Database { statement: $row.1, source: Arc::new(source) })
    };
}

/// A column of a file's row, as `read` understands it.
fn of_file<T>(values: &[Value], column: usize, read: fn(ValueRef<'_>) -> FromSqlResult<T>) -> rusqlite::Result<T> {
    let value = values.get(column).map(Value::as_ref).ok_or(rusqlite::Error::InvalidColumnIndex(column))?;
    read(value).map_err(|why| rusqlite::Error::FromSqlConversionFailure(column, value.data_type(), Box::new(why)))
}

/// Bytes that somebody turned into text are compared as the bytes that they are.
fn id(value: ValueRef<'_>) -> FromSqlResult<Uuid> {
    Uuid::from_slice(value.as_bytes()?).map_err(FromSqlError::other)
}

impl Row {
    pub(crate) fn id(&self, column: usize) -> Result<Uuid, StoreError> {
        column!(self, column, id)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        column!(self, column, |value| value.as_i64())
    }

    pub(crate) fn maybe_id(&self, column: usize) -> Result<Option<Uuid>, StoreError> {
        column!(self, column, |value| value.as_bytes_or_null()?.map(|_| id(value)).transpose())
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        column!(self, column, |value| value.as_i64_or_null())
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        column!(self, column, |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        column!(self, column, |value| value.as_str_or_null().map(|text| text.map(str::to_owned)))
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        column!(self, column, |value| value.as_bytes().map(<[u8]>::to_vec))
    }
}

/// An open transaction. Dropped without a commit, it is rolled back.
pub(crate) struct Open {
    begun: Begun,
    busy: bool,
    failed: bool,
    /// How ledgers grow in it.
    pub(crate) growth: Growth,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

/// The transaction of whichever database it is.
pub(crate) enum Begun {
    File(FileTransaction),
    Postgres(Transaction<'static, Postgres>),
}

impl From<FileTransaction> for Open {
    fn from(transaction: FileTransaction) -> Self {
        Self { begun: Begun::File(transaction), busy: false, failed: false, growth: Growth::default() }
    }
}

impl From<Transaction<'static, Postgres>> for Open {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self { begun: Begun::Postgres(transaction), busy: false, failed: false, growth: Growth::default() }
    }
}

/// Runs one of the ways to fetch on whichever transaction it is.
macro_rules! on {
    ($open:ident, $statement:ident, $params:ident, $of_file:ident: $read_file:expr, $of_server:ident: $read_server:expr) => {{
        tracing::trace!(statement = $statement.name, "statement");
        if $open.failed {
            // A server takes no more; a file may have ended the transaction by itself, and what came now would stand alone.
            return Err(StoreError::CutShort);
        }
        let fetched = match &mut $open.begun {
            Begun::File(transaction) => transaction.$of_file($statement, $params).await.map($read_file),
            Begun::Postgres(transaction) => on_postgres($statement, $params)
                .$of_server(&mut **transaction)
                .await
                .map($read_server)
                .map_err(DatabaseError::from),
        };
        fetched.map_err(|error| $open.failed($statement, error))
    }};
}

impl Open {
    /// Whether a statement met another writer, so that the whole is worth trying again.
    pub(crate) fn met_another_writer(&self) -> bool {
        self.busy
    }

    /// Whether a statement failed. Then nothing of it may be kept, whatever the command made of the failure.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Begins the next command's account of what it met.
    pub(crate) fn forget_what_it_met(&mut self) {
        self.busy = false;
        self.failed = false;
    }

    pub(crate) async fn rows(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let row = |row| Row(row, statement.name);
        on!(
            self,
            statement,
            params,
            rows: |rows| rows.into_iter().map(AnyRow::File).map(row).collect(),
            fetch_all: |rows| rows.into_iter().map(AnyRow::Postgres).map(row).collect()
        )
    }

    /// As [`Self::rows`], where the rows are few and found by a key: they are not worth another thread.
    pub(crate) async fn few(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let row = |row| Row(row, statement.name);
        on!(
            self,
            statement,
            params,
            few: |rows| rows.into_iter().map(AnyRow::File).map(row).collect(),
            fetch_all: |rows| rows.into_iter().map(AnyRow::Postgres).map(row).collect()
        )
    }

    pub(crate) async fn row(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Option<Row>, StoreError> {
        let row = |row| Row(row, statement.name);
        on!(
            self,
            statement,
            params,
            row: |found| found.map(AnyRow::File).map(row),
            fetch_optional: |found| found.map(AnyRow::Postgres).map(row)
        )
    }

    /// Runs a statement that may change any number of rows.
    pub(crate) async fn run(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
        on!(self, statement, params, run: |changed| changed, execute: |done| done.rows_affected())
    }

    /// Runs a statement that must change exactly one row.
    pub(crate) async fn run_one(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        match self.run(statement, params).await? {
            1 => Ok(()),
            changed => Err(StoreError::RowCount { statement: statement.name, changed, expected: 1 }),
        }
    }

    /// Commits, unless a statement failed: a server would answer such a commit by rolling back, and call that a success.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        if self.failed {
            self.roll_back().await?;
            return Err(StoreError::CutShort);
        }
        match self.begun {
            Begun::File(transaction) => transaction.commit().await.map_err(|e| failure("commit", e)),
            Begun::Postgres(transaction) => transaction.commit().await.map_err(|e| match failure("commit", e) {
                // Without an answer nobody knows whether the server kept it.
                StoreError::Unreachable(source) => StoreError::Unsure(source),
                refused => refused,
            }),
        }
    }

    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        match self.begun {
            Begun::File(transaction) => transaction.roll_back(),
            Begun::Postgres(transaction) => transaction.rollback().await.map_err(DatabaseError::from),
        }
        .map_err(|e| failure("roll back", e))
    }

    fn failed(&mut self, statement: Statement, error: DatabaseError) -> StoreError {
        let failure = failure(statement.name, error);
        self.busy |= matches!(failure, StoreError::Busy);
        self.failed = true;
        failure
    }
}

fn on_postgres<'q>(statement: Statement, params: &[Param<'q>]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(statement.text);
    for &param in params {
        query = match param {
            Param::Id(id) => query.bind(id),
            Param::MaybeId(id) => query.bind(id),
            Param::Int(int) => query.bind(int),
            Param::MaybeInt(int) => query.bind(int),
            Param::Text(text) => query.bind(text),
            Param::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}

/// Sorts a database error into those that callers treat differently.
pub(crate) fn failure(statement: &'static str, source: impl Into<DatabaseError>) -> StoreError {
    let source = Arc::new(source.into());
    let told = match &*source {
        DatabaseError::File(error) => {
            let code = error.sqlite_error().map_or(0, |told| told.extended_code);
            return sqlite_failure(statement, code, source);
        }
        DatabaseError::Sqlx(error) => error,
        DatabaseError::Closed => return StoreError::Database { statement, source },
    };
    let Some(told) = told.as_database_error() else {
        return match told {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => StoreError::Unreachable(source),
            _ => StoreError::Database { statement, source },
        };
    };
    let code = told.code().unwrap_or_default().into_owned();
    if told.try_downcast_ref::<PgDatabaseError>().is_some() {
        postgres_failure(statement, &code, source)
    } else {
        sqlite_failure(statement, code.parse().unwrap_or(0), source)
    }
}

/// SQLite's extended result codes keep the primary code in the low byte.
fn sqlite_failure(statement: &'static str, code: i32, source: Arc<DatabaseError>) -> StoreError {
    match (code & 0xff, code) {
        (5 | 6, _) => StoreError::Busy,
        (13, _) => StoreError::DiskFull(source),
        (11 | 26, _) => StoreError::Damaged(source),
        (19, 787) => StoreError::UnknownReference,
        (19, 1555 | 2067) => StoreError::Exists,
        _ => StoreError::Database { statement, source },
    }
}

/// PostgreSQL's error codes, from its manual's appendix A; the first two characters are the class.
fn postgres_failure(statement: &'static str, code: &str, source: Arc<DatabaseError>) -> StoreError {
    match (code.get(..2), code) {
        (_, "40001" | "40P01") => StoreError::Busy,
        (_, "23505") => StoreError::Exists,
        (_, "23503") => StoreError::UnknownReference,
        (_, "53100") => StoreError::DiskFull(source),
        (_, "XX001" | "XX002") => StoreError::Damaged(source),
        // Too many connections; starting up, shutting down, killed.
        (_, "53300" | "57P01" | "57P02" | "57P03") | (Some("08"), _) => StoreError::Unreachable(source),
        _ => StoreError::Database { statement, source },
    }
}
