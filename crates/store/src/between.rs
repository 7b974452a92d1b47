//! Copying tables between a file and a server: the same tables and columns on both, so that a backup of either restores to
//! either. A page of rows is in memory at a time.

use std::path::Path;

use casework::Moment;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, Postgres, QueryBuilder, Row as _,
    Sqlite, SqliteConnection,
};
use uuid::Uuid;

use crate::backup::BackupError;
use crate::copying::{Table, connect, failed, tables};
use crate::engine::MANNERS;
use crate::{Database, Server, StoreError, schema};

/// Rows copied at a time. At eight columns a row this stays far below what one statement of a server may bind.
const AT_A_TIME: i64 = 500;

/// Lets rows come in any order: what they refer to must be there at the end only.
const REFER_LATER: &str = "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS on_table, conname FROM pg_constraint \
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace LOOP EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I \
     DEFERRABLE INITIALLY DEFERRED', c.on_table, c.conname); END LOOP; END $$";
const REFER_AT_ONCE: &str = "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS on_table, conname FROM pg_constraint \
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace LOOP EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I \
     NOT DEFERRABLE', c.on_table, c.conname); END LOOP; END $$";

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Int,
    Text,
    Bytes,
    Id,
}

/// A value on its way.
enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
}

macro_rules! value {
    ($row:ident, $at:ident, $sort:ident) => {
        match $sort {
            Sort::Int => $row.try_get($at).map(Value::Int),
            Sort::Text => $row.try_get($at).map(Value::Text),
            Sort::Bytes => $row.try_get($at).map(Value::Bytes),
            Sort::Id => $row.try_get($at).map(Value::Id),
        }
    };
}

fn of_server(row: &PgRow, sorts: &[Sort]) -> Result<Vec<Value>, sqlx::Error> {
    sorts.iter().enumerate().map(|(at, &sort)| value!(row, at, sort)).collect()
}

fn of_file(row: &SqliteRow, sorts: &[Sort]) -> Result<Vec<Value>, sqlx::Error> {
    // The first column is the row's number.
    sorts.iter().enumerate().map(|(at, &sort)| (at + 1, sort)).map(|(at, sort)| value!(row, at, sort)).collect()
}

/// What each column of a table holds, in the order of the file's.
async fn sorts(server: &mut PgConnection, table: &Table) -> Result<Vec<Sort>, BackupError> {
    let kinds: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND \
         table_name = $1",
    )
    .bind(&table.name)
    .fetch_all(server)
    .await
    .map_err(failed)?;
    let mut sorts = Vec::new();
    for column in table.columns.split(", ") {
        let kind = kinds.iter().find(|(name, _)| name == column).map(|(_, kind)| kind.as_str());
        sorts.push(match kind {
            Some("bigint") => Sort::Int,
            Some("text") => Sort::Text,
            Some("bytea") => Sort::Bytes,
            Some("uuid") => Sort::Id,
            _ => return Err(BackupError::NotWhole(format!("{}.{column} is not known on the server", table.name))),
        });
    }
    Ok(sorts)
}

/// Copies a table out of one transaction of a server into a file. Gives the number of rows.
pub(crate) async fn table_to_file(
    view: &mut PgConnection,
    file: &mut SqliteConnection,
    table: &Table,
) -> Result<i64, BackupError> {
    let sorts = sorts(view, table).await?;
    let Table { name, columns } = table;
    let cursor = format!("DECLARE copied NO SCROLL CURSOR FOR SELECT {columns} FROM {name}");
    view.execute(AssertSqlSafe(cursor)).await.map_err(failed)?;
    let mut count = 0;
    loop {
        let fetch = format!("FETCH FORWARD {AT_A_TIME} FROM copied");
        // Prepared anew each time: the same words fetch other columns for another table.
        let fetched = sqlx::query(AssertSqlSafe(fetch)).persistent(false).fetch_all(&mut *view).await;
        let rows = fetched.map_err(failed)?;
        if rows.is_empty() {
            break;
        }
        let mut step = file.begin().await.map_err(failed)?;
        for row in &rows {
            let values = of_server(row, &sorts).map_err(failed)?;
            let mut insert = QueryBuilder::<Sqlite>::new(format!("INSERT INTO {name} ({columns}) "));
            insert.push_values([values], |mut into, values| {
                for value in values {
                    match value {
                        Value::Int(value) => into.push_bind(value),
                        Value::Text(value) => into.push_bind(value),
                        Value::Bytes(value) => into.push_bind(value),
                        Value::Id(value) => into.push_bind(value),
                    };
                }
            });
            insert.build().execute(&mut *step).await.map_err(failed)?;
            count += 1;
        }
        step.commit().await.map_err(failed)?;
    }
    view.execute("CLOSE copied").await.map_err(failed)?;
    Ok(count)
}

/// Copies a table of a file into a server.
async fn table_to_server(
    file: &mut SqliteConnection,
    step: &mut PgConnection,
    table: &Table,
) -> Result<(), BackupError> {
    let sorts = sorts(step, table).await?;
    let Table { name, columns } = table;
    let select = format!("SELECT rowid, {columns} FROM {name} WHERE rowid > $1 ORDER BY rowid LIMIT {AT_A_TIME}");
    let (mut after, mut copied) = (i64::MIN, 0);
    loop {
        let rows =
            sqlx::query(AssertSqlSafe(select.clone())).bind(after).fetch_all(&mut *file).await.map_err(failed)?;
        let Some(last) = rows.last() else { break };
        after = last.try_get(0).map_err(failed)?;
        copied += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let values: Result<Vec<_>, _> = rows.iter().map(|row| of_file(row, &sorts)).collect();
        let mut insert = QueryBuilder::<Postgres>::new(format!("INSERT INTO {name} ({columns}) "));
        insert.push_values(values.map_err(failed)?, |mut into, values| {
            for value in values {
                match value {
                    Value::Int(value) => into.push_bind(value),
                    Value::Text(value) => into.push_bind(value),
                    Value::Bytes(value) => into.push_bind(value),
                    Value::Id(value) => into.push_bind(value),
                };
            }
        });
        insert.build().persistent(false).execute(&mut *step).await.map_err(failed)?;
    }
    let count = format!("SELECT count(*) FROM {name}");
    let found: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(step).await.map_err(failed)?;
    if found == copied { Ok(()) } else { Err(BackupError::NotWhole(format!("{name}: {found} rows of {copied}"))) }
}

/// Copies every table of a file into an empty database of a server, tables and all in one transaction: it is whole, or nothing
/// of it is there.
pub(crate) async fn into_server(file: &Path, server: &Server, now: Moment) -> Result<(), BackupError> {
    let mut source = connect(file).await?;
    let options = PgConnectOptions::clone(&server.options).application_name("sharewell restore");
    let mut connection = options.disable_statement_logging().connect().await.map_err(failed)?;
    connection.execute(MANNERS).await.map_err(failed)?;
    let mut step = connection.begin().await.map_err(failed)?;
    schema::make_postgres(&mut step, now).await.map_err(|error| match error {
        StoreError::Exists => StoreError::DatabaseExists(Database::Server(server.clone())),
        failed => failed,
    })?;
    step.execute("DELETE FROM schema_migration").await.map_err(failed)?;
    step.execute(REFER_LATER).await.map_err(failed)?;
    for table in tables(&mut source).await? {
        table_to_server(&mut source, &mut step, &table).await?;
    }
    step.execute("SET CONSTRAINTS ALL IMMEDIATE").await.map_err(failed)?;
    step.execute(REFER_AT_ONCE).await.map_err(failed)?;
    step.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    source.close().await.map_err(failed)
}
