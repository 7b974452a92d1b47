//! Migrations: forward only, with a backup taken first, and never by an older program.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::{MemberId, Moment, OrganisationId};
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::StoreError;
use crate::bound::Bound;
use crate::keyring::KeyRing;
use crate::sql::failure;

/// A step from one schema to the next, in the words of each database. Only the definition of tables differs, and only in
/// the names of types; a test compares what comes of them.
#[derive(Clone, Copy)]
struct Migration {
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration {
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

/// Every migration, in order; the n-th leads to schema n.
const MIGRATIONS: &[Migration] = migrations![
    "0001_beginning",
    "0002_ledger",
    "0003_destroying",
    "0004_attempts",
    "0005_witnesses",
    "0006_proved",
    "0007_teams",
    "0008_member_links",
    "0009_waiting",
    "0010_seeing",
    "0011_involvement",
    "0012_second_step",
    "0013_destroyed",
    "0014_passkeys",
    "0015_operator_reset",
    "0016_oversight",
    "0017_mail",
    "0018_declarations",
    "0019_opened",
    "0020_wording",
    "0021_bound",
];

/// The schema in which rows that decide who somebody is are tagged, [`crate::bound`].
const BOUND: usize = 21;

const ADD_SCHEMA: &str = "INSERT INTO schema_migration (schema, applied_at) VALUES ($1, $2)";

const INSTALLATION_COMMITMENT: &str = "SELECT commitment FROM installation WHERE one = 1";
const PASSWORDS: &str = "SELECT organisation_id, member_id, hash, set_at FROM member_password";
const TAG_PASSWORD: &str = "UPDATE member_password SET tag = $3 WHERE organisation_id = $1 AND member_id = $2";

/// Whether these are the keys of the installation that is brought up to date: a step that needs them must not be taken with others.
macro_rules! check_keys {
    ($connection:expr, $keys:expr) => {{
        let found: Option<Vec<u8>> = sqlx::query_scalar(INSTALLATION_COMMITMENT)
            .fetch_optional(&mut *$connection)
            .await
            .map_err(|e| failure("commitment of the installation", e))?;
        match found {
            Some(commitment) => $keys.check_installation(&commitment),
            // Whoever opens it finds none, and says so.
            None => Ok(()),
        }
    }};
}

/// What leads to schema [`BOUND`] beside its text: the passwords of before are tagged for whom they stand with, within the migration's own
/// transaction and never again. From then on a row without its tag is no password.
macro_rules! tag_passwords {
    ($step:expr, $keys:expr) => {{
        let failed = |e| failure("tag passwords", e);
        let passwords: Vec<(Uuid, Uuid, String, i64)> =
            sqlx::query_as(PASSWORDS).fetch_all(&mut *$step).await.map_err(failed)?;
        for (organisation, member, hash, set_at) in passwords {
            let tag = $keys.rows().tag(Bound::Password {
                organisation: OrganisationId::from_uuid(organisation),
                member: MemberId::from_uuid(member),
                hash: &hash,
                set_at: Moment::from_micros(set_at),
            });
            let row = sqlx::query(TAG_PASSWORD).bind(organisation).bind(member).bind(&tag[..]);
            row.execute(&mut *$step).await.map_err(failed)?;
        }
    }};
}

/// What copies of the program that start at the same moment hold in turn while they look at the schema. Any number that no
/// other use of the database has.
const MIGRATION_LOCK: i64 = 0x5348_4152_4557_454c;

/// The schema of a server's database; 0 where there is none yet.
pub(crate) async fn postgres_version(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let failed = |e| failure("schema version", e);
    let table = "SELECT to_regclass('schema_migration') IS NOT NULL";
    if !sqlx::query_scalar(table).fetch_one(&mut *connection).await.map_err(failed)? {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(schema), 0) FROM schema_migration";
    sqlx::query_scalar(newest).fetch_one(&mut *connection).await.map_err(failed)
}

/// Brings a server's database to the newest schema: all steps in one transaction, so that one that fails leaves it as it was,
/// and under a lock, so that of several copies that start at once one does it and the others find it done.
pub(crate) async fn migrate_postgres(
    connection: &mut PgConnection,
    keys: &KeyRing,
    backed_up: bool,
    now: Moment,
) -> Result<(), StoreError> {
    migrate_postgres_with(connection, keys, backed_up, now, MIGRATIONS).await
}

async fn migrate_postgres_with(
    connection: &mut PgConnection,
    keys: &KeyRing,
    backed_up: bool,
    now: Moment,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let failed = |e| failure("migration", e);
    // Whoever had to wait for the lock must see what was done meanwhile.
    let mut steps = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *steps).await.map_err(failed)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found = postgres_version(&mut steps).await?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 && !backed_up {
        return Err(StoreError::BackUpFirst { found, known });
    }
    if found > 0 {
        check_keys!(steps, keys)?;
    }
    take_steps(&mut steps, keys, found, now, migrations).await?;
    steps.commit().await.map_err(failed)
}

async fn take_steps(
    steps: &mut PgConnection,
    keys: &KeyRing,
    found: i64,
    now: Moment,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let failed = |e| failure("migration", e);
    let from = usize::try_from(found).map_err(|_| StoreError::Malformed("schema version"))?;
    for (n, migration) in migrations.iter().enumerate().skip(from) {
        sqlx::raw_sql(migration.postgres).execute(&mut *steps).await.map_err(failed)?;
        if n + 1 == BOUND {
            tag_passwords!(steps, keys);
        }
        let schema = i64::try_from(n + 1).unwrap_or(i64::MAX);
        sqlx::query(ADD_SCHEMA).bind(schema).bind(now.micros()).execute(&mut *steps).await.map_err(failed)?;
    }
    Ok(())
}

/// Makes the tables in an empty database of a server, within a transaction that is open, under the lock of migrations. One that
/// is not empty is left as it is.
pub(crate) async fn make_postgres(steps: &mut PgConnection, now: Moment) -> Result<(), StoreError> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *steps).await;
    lock.map_err(|e| failure("migration", e))?;
    if postgres_version(steps).await? > 0 {
        return Err(StoreError::Exists);
    }
    // There is nothing in it yet that a key is needed for.
    take_steps(steps, &KeyRing::none(), 0, now, MIGRATIONS).await
}

/// Brings a file to the newest schema; says where the backup is, if one was needed.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    keys: &KeyRing,
    database: &Path,
    now: Moment,
) -> Result<Option<PathBuf>, StoreError> {
    migrate_with(connection, keys, database, now, MIGRATIONS).await
}

/// Makes the tables in an empty file.
pub(crate) async fn make(connection: &mut SqliteConnection, database: &Path, now: Moment) -> Result<(), StoreError> {
    // There is nothing in it yet that a key is needed for.
    migrate(connection, &KeyRing::none(), database, now).await.map(drop)
}

async fn migrate_with(
    connection: &mut SqliteConnection,
    keys: &KeyRing,
    database: &Path,
    now: Moment,
    migrations: &[Migration],
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
    if found > 0 {
        check_keys!(connection, keys)?;
    }
    let backup = if found > 0 { Some(back_up(connection, database, found, now).await?) } else { None };
    let from = usize::try_from(found).map_err(|_| StoreError::Malformed("schema version"))?;
    for (n, migration) in migrations.iter().enumerate().skip(from) {
        let mut step = connection.begin_with("BEGIN IMMEDIATE").await.map_err(|e| failure("migration", e))?;
        sqlx::raw_sql(migration.sqlite).execute(&mut *step).await.map_err(|e| failure("migration", e))?;
        if n + 1 == BOUND {
            tag_passwords!(step, keys);
        }
        sqlx::query(ADD_SCHEMA)
            .bind(i64::try_from(n + 1).unwrap_or(i64::MAX))
            .bind(now.micros())
            .execute(&mut *step)
            .await
            .map_err(|e| failure("migration", e))?;
        step.commit().await.map_err(|e| failure("migration", e))?;
    }
    Ok(backup)
}

/// Whether a database that is only looked at has the schema that this program knows.
pub(crate) fn check(found: i64) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
        std::cmp::Ordering::Less => Err(StoreError::OlderSchema { found, known }),
    }
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
mod tests;
