//! Migrations: forward only, with a backup taken first, and never by an older program.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::Moment;
use sqlx::{Connection, SqliteConnection};

use crate::StoreError;
use crate::sql::failure;

/// Every migration, in order; the n-th leads to schema n.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_beginning.sql")];

/// Brings the database to the newest schema; says where the backup is, if one was needed.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    database: &Path,
    now: Moment,
) -> Result<Option<PathBuf>, StoreError> {
    migrate_with(connection, database, now, MIGRATIONS).await
}

async fn migrate_with(
    connection: &mut SqliteConnection,
    database: &Path,
    now: Moment,
    migrations: &[&'static str],
) -> Result<Option<PathBuf>, StoreError> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| failure("schema version", e))?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known {
        return Ok(None);
    }
    let backup = if found > 0 { Some(back_up(connection, database, found, now).await?) } else { None };
    let from = usize::try_from(found).map_err(|_| StoreError::Malformed("schema version"))?;
    for (n, text) in migrations.iter().enumerate().skip(from) {
        let mut step = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| failure("migration", e))?;
        sqlx::raw_sql(*text).execute(&mut *step).await.map_err(|e| failure("migration", e))?;
        sqlx::query("INSERT INTO schema_migration (schema, applied_at) VALUES ($1, $2)")
            .bind(i64::try_from(n + 1).unwrap_or(i64::MAX))
            .bind(now.micros())
            .execute(&mut *step)
            .await
            .map_err(|e| failure("migration", e))?;
        step.commit().await.map_err(|e| failure("migration", e))?;
    }
    Ok(backup)
}

/// Writes a whole, consistent copy beside the database, readable by its owner alone.
async fn back_up(
    connection: &mut SqliteConnection,
    database: &Path,
    schema: i64,
    now: Moment,
) -> Result<PathBuf, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".schema-{schema}.{}.backup", now.micros()));
    let backup = PathBuf::from(name);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&backup)
        .map_err(|e| StoreError::File(backup.clone(), e))?;
    let target = backup.to_str().ok_or(StoreError::Malformed("the database's path is not text"))?;
    sqlx::query("VACUUM INTO $1")
        .bind(target)
        .execute(&mut *connection)
        .await
        .map_err(|e| failure("backup before migration", e))?;
    Ok(backup)
}
