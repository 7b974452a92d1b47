//! The one way to run a statement: static text with `$1` binds, typed parameters in, typed columns out. Whatever
//! differs between database engines stays behind this file.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite, Transaction};
use uuid::Uuid;

use crate::StoreError;

/// A statement with its name. All are declared in `statements`, where a test prepares every one.
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
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A row, read by position.
pub(crate) struct Row(SqliteRow, &'static str);

impl Row {
    pub(crate) fn id(&self, column: usize) -> Result<Uuid, StoreError> {
        self.0.try_get(column).map_err(|source| StoreError::Database { statement: self.1, source })
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.0.try_get(column).map_err(|source| StoreError::Database { statement: self.1, source })
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        self.0.try_get(column).map_err(|source| StoreError::Database { statement: self.1, source })
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.0.try_get(column).map_err(|source| StoreError::Database { statement: self.1, source })
    }
}

/// An open transaction. Dropped without a commit, it is rolled back.
pub(crate) struct Open {
    transaction: Transaction<'static, Sqlite>,
    busy: bool,
}

impl Open {
    pub(crate) fn new(transaction: Transaction<'static, Sqlite>) -> Self {
        Self { transaction, busy: false }
    }

    /// Whether a statement met another writer, so that the whole is worth trying again.
    pub(crate) fn met_another_writer(&self) -> bool {
        self.busy
    }

    pub(crate) async fn rows(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        tracing::trace!(statement = statement.name, "statement");
        match bound(statement, params).fetch_all(&mut *self.transaction).await {
            Ok(rows) => Ok(rows.into_iter().map(|row| Row(row, statement.name)).collect()),
            Err(e) => Err(self.failed(statement, e)),
        }
    }

    pub(crate) async fn row(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<Option<Row>, StoreError> {
        tracing::trace!(statement = statement.name, "statement");
        match bound(statement, params).fetch_optional(&mut *self.transaction).await {
            Ok(row) => Ok(row.map(|row| Row(row, statement.name))),
            Err(e) => Err(self.failed(statement, e)),
        }
    }

    /// Runs a statement that may change any number of rows.
    pub(crate) async fn run(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
        tracing::trace!(statement = statement.name, "statement");
        match bound(statement, params).execute(&mut *self.transaction).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(e) => Err(self.failed(statement, e)),
        }
    }

    /// Runs a statement that must change exactly one row.
    pub(crate) async fn run_one(&mut self, statement: Statement, params: &[Param<'_>]) -> Result<(), StoreError> {
        match self.run(statement, params).await? {
            1 => Ok(()),
            changed => Err(StoreError::RowCount { statement: statement.name, changed, expected: 1 }),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(|e| failure("commit", e))
    }

    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        self.transaction.rollback().await.map_err(|e| failure("roll back", e))
    }

    fn failed(&mut self, statement: Statement, error: sqlx::Error) -> StoreError {
        let failure = failure(statement.name, error);
        self.busy |= matches!(failure, StoreError::Busy);
        failure
    }
}

fn bound<'q>(statement: Statement, params: &[Param<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(statement.text);
    for &param in params {
        query = match param {
            Param::Id(id) => query.bind(id),
            Param::MaybeId(id) => query.bind(id),
            Param::Int(int) => query.bind(int),
            Param::Text(text) => query.bind(text),
            Param::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}

/// Sorts a database error into those that callers treat differently.
pub(crate) fn failure(statement: &'static str, source: sqlx::Error) -> StoreError {
    let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok());
    // SQLite's extended result codes keep the primary code in the low byte.
    match code.map(|code| (code & 0xff, code)) {
        Some((5 | 6, _)) => StoreError::Busy,
        Some((13, _)) => StoreError::DiskFull(source),
        Some((11 | 26, _)) => StoreError::Damaged(source),
        Some((19, 787)) => StoreError::UnknownReference,
        Some((19, 1555 | 2067)) => StoreError::Exists,
        _ => StoreError::Database { statement, source },
    }
}
