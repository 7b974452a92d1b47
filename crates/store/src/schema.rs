//! Migrations: forward only, with a backup taken first, and never by an older program.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::Moment;
use sqlx::{Connection, SqliteConnection};

use crate::StoreError;
use crate::sql::failure;

/// Every migration, in order; the n-th leads to schema n.
const MIGRATIONS: &[&str] =
    &[include_str!("../migrations/sqlite/0001_beginning.sql"), include_str!("../migrations/sqlite/0002_ledger.sql")];

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

#[cfg(test)]
mod tests {
    use sqlx::Executor;
    use sqlx::sqlite::SqliteConnectOptions;

    use super::*;
    use crate::statements::ALL;

    const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

    async fn database(folder: &tempfile::TempDir) -> (PathBuf, SqliteConnection) {
        let path = folder.path().join("sharewell.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        assert_eq!(migrate(&mut connection, &path, NOW).await.unwrap(), None);
        (path, connection)
    }

    #[tokio::test]
    async fn every_statement_prepares() {
        let folder = tempfile::TempDir::new().unwrap();
        let (_, mut connection) = database(&folder).await;
        for statement in ALL {
            let prepared = connection.prepare(sqlx::SqlStr::from_static(statement.text)).await;
            assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
        }
    }

    #[test]
    fn no_statement_changes_or_deletes_a_decision_or_a_recorded_version() {
        for statement in ALL {
            let text = statement.text.to_uppercase();
            for table in ["DECISION", "DECISION_PERSON", "DECISION_ITEM", "RECORD"] {
                let changes =
                    text.starts_with(&format!("UPDATE {table} ")) || text.starts_with(&format!("DELETE FROM {table} "));
                // The one exception gives a version from before the ledger its leaf, and changes nothing that it says.
                let gives_leaf = text.starts_with("UPDATE RECORD SET LEAF_ID = $5 WHERE");
                assert!(!changes || gives_leaf, "{}", statement.name);
            }
        }
    }

    #[tokio::test]
    async fn every_key_starts_with_the_organisation_but_those_that_come_before_one_is_known() {
        let folder = tempfile::TempDir::new().unwrap();
        let (_, mut connection) = database(&folder).await;
        let first_key_columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.pk = 1",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(first_key_columns.len() > 15);
        for (table, column) in first_key_columns {
            let before_one_is_known =
                ["schema_migration", "installation", "sign_in_name", "pack", "pack_file"].contains(&table.as_str());
            assert!(before_one_is_known || column == "organisation_id", "{table} starts with {column}");
        }
    }

    #[tokio::test]
    async fn a_migration_is_preceded_by_a_whole_backup_that_only_its_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::TempDir::new().unwrap();
        let (path, mut connection) = database(&folder).await;
        let keep = "INSERT INTO pack (digest, pack_id, version, kept_at) VALUES ('d', 'p', '1', 0)";
        sqlx::query(keep).execute(&mut connection).await.unwrap();
        let next = [
            MIGRATIONS[0],
            MIGRATIONS[1],
            "CREATE TABLE later (organisation_id BLOB NOT NULL PRIMARY KEY); PRAGMA user_version = 3;",
        ];
        let backup = migrate_with(&mut connection, &path, NOW, &next).await.unwrap().unwrap();
        assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o077, 0);
        let options = SqliteConnectOptions::new().filename(&backup);
        let mut copy = SqliteConnection::connect_with(&options).await.unwrap();
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM pack").fetch_one(&mut copy).await.unwrap();
        let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut copy).await.unwrap();
        assert_eq!((kept, schema), (1, 2));
        assert_eq!(migrate_with(&mut connection, &path, NOW, &next).await.unwrap(), None);
        assert!(matches!(
            migrate(&mut connection, &path, NOW).await,
            Err(StoreError::NewerSchema { found: 3, known: 2 })
        ));
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_schema_as_it_was() {
        let folder = tempfile::TempDir::new().unwrap();
        let (path, mut connection) = database(&folder).await;
        let broken = [
            MIGRATIONS[0],
            MIGRATIONS[1],
            "CREATE TABLE later (one BIGINT); PRAGMA user_version = 3; CREATE NONSENSE;",
        ];
        assert!(migrate_with(&mut connection, &path, NOW, &broken).await.is_err());
        assert_eq!(migrate(&mut connection, &path, NOW).await.unwrap(), None);
    }
}
