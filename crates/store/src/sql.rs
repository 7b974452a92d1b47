//! The one way to run a statement: static text with `$1` binds, typed parameters in, typed columns out. What differs
//! between the two databases stays behind this file, `engine` and `schema`.

use std::fmt;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgDatabaseError, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _, Postgres, Row as _, Sqlite, Transaction};
use uuid::Uuid;

use crate::StoreError;

/// Statements that are put off at most before they are run together.
const TOGETHER: usize = 32;

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
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($row:ident, $column:ident) => {
        match &$row.0 {
            AnyRow::Sqlite(row) => row.try_get($column),
            AnyRow::Postgres(row) => row.try_get($column),
        }
        .map_err(|source| StoreError::Database { statement: $row.1, source: Arc::new(source) })
    };
}

impl Row {
    pub(crate) fn id(&self, column: usize) -> Result<Uuid, StoreError> {
        column!(self, column)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        column!(self, column)
    }

    pub(crate) fn maybe_id(&self, column: usize) -> Result<Option<Uuid>, StoreError> {
        column!(self, column)
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        column!(self, column)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        column!(self, column)
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        column!(self, column)
    }
}

/// An open transaction. Dropped without a commit, it is rolled back.
pub(crate) struct Open {
    begun: Begun,
    busy: bool,
    failed: bool,
    later: Later,
}

/// Statements that were put off, in the order in which they came, on a file. Each goes to the thread that has the file, and to hand one
/// over and wait takes longer than most of them do: so they go together, as one text whose parameters are numbered through.
#[derive(Default)]
struct Later {
    text: String,
    arguments: SqliteArguments,
    bound: usize,
    /// Each with how many rows it must change; none: any number.
    statements: Vec<(Statement, Option<u64>)>,
}

impl Later {
    fn add(&mut self, statement: Statement, params: &[Param<'_>], changes: Option<u64>) -> Result<(), StoreError> {
        let mut parts = statement.text.split('$');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
            let number = part[..digits].parse::<usize>().map_err(|_| StoreError::Malformed("a statement"))?;
            self.text.push('$');
            self.text.push_str(&(number + self.bound).to_string());
            self.text.push_str(&part[digits..]);
        }
        self.text.push_str(";\n");
        for &param in params {
            match param {
                Param::Id(id) => self.arguments.add(id),
                Param::MaybeId(id) => self.arguments.add(id),
                Param::Int(int) => self.arguments.add(int),
                Param::MaybeInt(int) => self.arguments.add(int),
                Param::Text(text) => self.arguments.add(text),
                Param::Bytes(bytes) => self.arguments.add(bytes),
            }
            .map_err(|error| failure(statement.name, sqlx::Error::Encode(error)))?;
        }
        self.bound += params.len();
        self.statements.push((statement, changes));
        Ok(())
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

/// The transaction of whichever database it is.
pub(crate) enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl From<Transaction<'static, Sqlite>> for Open {
    fn from(transaction: Transaction<'static, Sqlite>) -> Self {
        Self { begun: Begun::Sqlite(transaction), busy: false, failed: false, later: Later::default() }
    }
}

impl From<Transaction<'static, Postgres>> for Open {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self { begun: Begun::Postgres(transaction), busy: false, failed: false, later: Later::default() }
    }
}

/// Runs one of sqlx's ways to fetch on whichever transaction it is.
macro_rules! on {
    ($open:ident, $statement:ident, $params:ident, $fetch:ident, |$found:ident, $row:ident| $read:expr) => {{
        $open.catch_up().await?;
        tracing::trace!(statement = $statement.name, "statement");
        if $open.failed {
            // A server takes no more; a file may have ended the transaction by itself, and what came now would stand alone.
            return Err(StoreError::CutShort);
        }
        let fetched = match &mut $open.begun {
            Begun::Sqlite(transaction) => {
                let $row = AnyRow::Sqlite;
                let _ = &$row;
                on_sqlite($statement, $params).$fetch(&mut **transaction).await.map(|$found| $read)
            }
            Begun::Postgres(transaction) => {
                let $row = AnyRow::Postgres;
                let _ = &$row;
                on_postgres($statement, $params).$fetch(&mut **transaction).await.map(|$found| $read)
            }
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

    /// Whether statements are put off still.
    pub(crate) fn is_behind(&self) -> bool {
        !self.later.statements.is_empty()
    }

    /// Begins the next command's account of what it met. What the last one put off and never ran goes with the rest of it.
    pub(crate) fn forget_what_it_met(&mut self) {
        self.busy = false;
        self.failed = false;
        self.later = Later::default();
    }

    pub(crate) async fn rows(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        on!(self, statement, params, fetch_all, |rows, any| rows
            .into_iter()
            .map(|row| Row(any(row), statement.name))
            .collect())
    }

    pub(crate) async fn row(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Option<Row>, StoreError> {
        on!(self, statement, params, fetch_optional, |row, any| row.map(|row| Row(any(row), statement.name)))
    }

    /// Runs a statement that may change any number of rows.
    pub(crate) async fn run(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
        on!(self, statement, params, execute, |done, _any| done.rows_affected())
    }

    /// Runs a statement that must change exactly one row.
    pub(crate) async fn run_one(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        as_many(statement, self.run(statement, params).await?, Some(1))
    }

    /// Runs a statement that must change exactly one row; on a file with others, at the latest before anything is read or
    /// committed. What it meets is said then.
    pub(crate) async fn run_one_soon(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.put_off(statement, params, Some(1)).await
    }

    /// As [`Self::run_one_soon`], for one that may change any number of rows.
    pub(crate) async fn run_soon(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.put_off(statement, params, None).await
    }

    async fn put_off(
        &mut self,
        statement: Statement,
        params: &[Param<'_>],
        changes: Option<u64>,
    ) -> Result<(), StoreError> {
        if matches!(self.begun, Begun::Postgres(_)) {
            return as_many(statement, self.run(statement, params).await?, changes);
        }
        if self.failed {
            return Err(StoreError::CutShort);
        }
        tracing::trace!(statement = statement.name, "statement");
        self.later.add(statement, params, changes)?;
        if self.later.statements.len() < TOGETHER { Ok(()) } else { self.catch_up().await }
    }

    /// Runs what was put off.
    pub(crate) async fn catch_up(&mut self) -> Result<(), StoreError> {
        let Begun::Sqlite(transaction) = &mut self.begun else { return Ok(()) };
        if self.later.statements.is_empty() {
            return Ok(());
        }
        let Later { text, arguments, statements, .. } = std::mem::take(&mut self.later);
        // Made of the store's own static texts; only the numbers of their parameters are others.
        let query = sqlx::query_with(AssertSqlSafe(text), arguments);
        let mut ran = (&mut **transaction).execute_many(query);
        let mut wrong = Ok(());
        for (statement, changes) in statements {
            match ran.try_next().await {
                Ok(Some(done)) => wrong = wrong.and(as_many(statement, done.rows_affected(), changes)),
                Ok(None) => wrong = wrong.and(Err(StoreError::CutShort)),
                Err(error) => {
                    drop(ran);
                    return Err(self.failed(statement, error));
                }
            }
        }
        drop(ran);
        self.failed |= wrong.is_err();
        wrong
    }

    /// Commits, unless a statement failed: a server would answer such a commit by rolling back, and call that a success.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if let Err(error) = self.catch_up().await {
            self.roll_back().await?;
            return Err(error);
        }
        if self.failed {
            self.roll_back().await?;
            return Err(StoreError::CutShort);
        }
        match self.begun {
            Begun::Sqlite(transaction) => transaction.commit().await.map_err(|e| failure("commit", e)),
            Begun::Postgres(transaction) => transaction.commit().await.map_err(|e| match failure("commit", e) {
                // Without an answer nobody knows whether the server kept it.
                StoreError::Unreachable(source) => StoreError::Unsure(source),
                refused => refused,
            }),
        }
    }

    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        match self.begun {
            Begun::Sqlite(transaction) => transaction.rollback().await,
            Begun::Postgres(transaction) => transaction.rollback().await,
        }
        .map_err(|e| failure("roll back", e))
    }

    fn failed(&mut self, statement: Statement, error: sqlx::Error) -> StoreError {
        let failure = failure(statement.name, error);
        self.busy |= matches!(failure, StoreError::Busy);
        self.failed = true;
        failure
    }
}

/// Whether a statement changed as many rows as it must.
fn as_many(statement: Statement, changed: u64, expected: Option<u64>) -> Result<(), StoreError> {
    match expected {
        Some(expected) if changed != expected => {
            Err(StoreError::RowCount { statement: statement.name, changed, expected })
        }
        _ => Ok(()),
    }
}

macro_rules! bound {
    ($statement:ident, $params:ident) => {{
        let mut query = sqlx::query($statement.text);
        for &param in $params {
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
    }};
}

fn on_sqlite<'q>(statement: Statement, params: &[Param<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    bound!(statement, params)
}

fn on_postgres<'q>(statement: Statement, params: &[Param<'q>]) -> Query<'q, Postgres, PgArguments> {
    bound!(statement, params)
}

/// Sorts a database error into those that callers treat differently.
pub(crate) fn failure(statement: &'static str, source: sqlx::Error) -> StoreError {
    let source = Arc::new(source);
    let Some(told) = source.as_database_error() else {
        return match &*source {
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
fn sqlite_failure(statement: &'static str, code: i32, source: Arc<sqlx::Error>) -> StoreError {
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
fn postgres_failure(statement: &'static str, code: &str, source: Arc<sqlx::Error>) -> StoreError {
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
