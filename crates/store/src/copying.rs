//! Copying every table from the database into a file of records, and back.

use std::path::Path;

use casework::{Moment, OrganisationId};
use sqlx::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};
use uuid::Uuid;

use crate::backup::{BackupError, KeptHolder, KeptOrganisation, KeysBackup};
use crate::engine::Engine;
use crate::keyring::{hex, unhex};
use crate::sql::failure;
use crate::{StoreError, between, schema};

/// What the copy does not take along: the keys, which are kept apart, visits, which end, with what waits for one, and links, which may have
/// been used since.
const LEFT_OUT: [&str; 6] = ["holder_key", "mail", "member_link", "session", "taken_answer", "waiting_form"];

const HOLDERS: &str = "SELECT organisation_id, holder_kind, holder_id, wrapped FROM holder_key ORDER BY organisation_id, holder_kind, holder_id";
const ORGANISATIONS: &str = "SELECT o.organisation_id, o.commitment, coalesce(h.epoch, 1) FROM organisation o LEFT JOIN \
     ledger_head h ON h.organisation_id = o.organisation_id ORDER BY o.organisation_id";

/// What goes into the file of keys, seen at the same moment as the records.
pub(crate) struct Copied {
    pub(crate) organisations: Vec<KeptOrganisation>,
    pub(crate) holders: Vec<KeptHolder>,
    pub(crate) versions: u64,
}

/// A table, and its columns joined by commas.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: String,
}

pub(crate) fn failed(error: sqlx::Error) -> BackupError {
    BackupError::Store(failure("backup", error))
}

pub(crate) async fn connect(file: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Memory)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .foreign_keys(false)
        .disable_statement_logging();
    options.connect().await.map_err(failed)
}

pub(crate) async fn tables(of: &mut SqliteConnection) -> Result<Vec<Table>, BackupError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .fetch_all(&mut *of)
    .await
    .map_err(failed)?;
    let mut tables = Vec::new();
    for name in names {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY cid")
            .bind(&name)
            .fetch_all(&mut *of)
            .await
            .map_err(failed)?;
        tables.push(Table { name, columns: columns.join(", ") });
    }
    Ok(tables)
}

/// Fills a new file with everything that the database holds at one moment, and checks it.
pub(crate) async fn out_of(engine: &Engine, file: &Path, now: Moment) -> Result<Copied, BackupError> {
    let mut copy = connect(file).await?;
    schema::make(&mut copy, file, now).await.map_err(BackupError::Store)?;
    sqlx::query("DELETE FROM schema_migration").execute(&mut copy).await.map_err(failed)?;
    let tables = tables(&mut copy).await?;
    let tables: Vec<&Table> = tables.iter().filter(|table| !LEFT_OUT.contains(&table.name.as_str())).collect();
    let (copied, expected) = match engine {
        Engine::Sqlite { readers, .. } => {
            let source = readers.file().to_str().ok_or(StoreError::Malformed("the database's path is not text"))?;
            from_file(&mut copy, source, &tables).await?
        }
        Engine::Postgres { readers, .. } => from_server(&mut copy, readers, &tables).await?,
    };
    check(&mut copy, &tables, &expected).await?;
    copy.close().await.map_err(failed)?;
    Ok(copied)
}

/// Copies within SQLite. One transaction sees the other file as it was when it began, while its writers go on.
async fn from_file(
    copy: &mut SqliteConnection,
    source: &str,
    tables: &[&Table],
) -> Result<(Copied, Vec<i64>), BackupError> {
    sqlx::query("ATTACH $1 AS source").bind(source).execute(&mut *copy).await.map_err(failed)?;
    let mut view = copy.begin().await.map_err(failed)?;
    let mut expected = Vec::new();
    for table in tables {
        let Table { name, columns } = table;
        let count = format!("SELECT count(*) FROM source.{name}");
        expected.push(sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *view).await.map_err(failed)?);
        let text = format!("INSERT INTO main.{name} ({columns}) SELECT {columns} FROM source.{name}");
        sqlx::query(AssertSqlSafe(text)).execute(&mut *view).await.map_err(failed)?;
    }
    let holders = HOLDERS.replace("FROM holder_key", "FROM source.holder_key");
    let holders: Vec<Holder> = sqlx::query_as(AssertSqlSafe(holders)).fetch_all(&mut *view).await.map_err(failed)?;
    let organisations: Vec<Organised> = sqlx::query_as(ORGANISATIONS).fetch_all(&mut *view).await.map_err(failed)?;
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM record").fetch_one(&mut *view).await.map_err(failed)?;
    view.commit().await.map_err(failed)?;
    sqlx::query("DETACH source").execute(&mut *copy).await.map_err(failed)?;
    Ok((copied(holders, organisations, versions), expected))
}

/// Copies out of one transaction that sees the server's database as it was when it began, table by table.
async fn from_server(
    copy: &mut SqliteConnection,
    readers: &PgPool,
    tables: &[&Table],
) -> Result<(Copied, Vec<i64>), BackupError> {
    let begun = readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
    let mut view = begun.map_err(failed)?;
    let mut expected = Vec::new();
    for table in tables {
        expected.push(between::table_to_file(&mut view, copy, table).await?);
    }
    let holders: Vec<Holder> = sqlx::query_as(HOLDERS).fetch_all(&mut *view).await.map_err(failed)?;
    let organisations: Vec<Organised> = sqlx::query_as(ORGANISATIONS).fetch_all(&mut *view).await.map_err(failed)?;
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM record").fetch_one(&mut *view).await.map_err(failed)?;
    view.rollback().await.map_err(failed)?;
    Ok((copied(holders, organisations, versions), expected))
}

type Holder = (Uuid, String, Uuid, Vec<u8>);
type Organised = (Uuid, Vec<u8>, i64);

fn copied(holders: Vec<Holder>, organisations: Vec<Organised>, versions: i64) -> Copied {
    let organisations = organisations.into_iter().map(|(id, commitment, epoch)| KeptOrganisation {
        id,
        commitment: hex(&commitment),
        epoch,
    });
    let holders = holders.into_iter().map(|(organisation, kind, id, wrapped)| KeptHolder {
        organisation,
        kind,
        id,
        wrapped: hex(&wrapped),
    });
    let versions = u64::try_from(versions).unwrap_or(0);
    Copied { organisations: organisations.collect(), holders: holders.collect(), versions }
}

/// Whether the copy is a whole database with as many rows as there were.
async fn check(copy: &mut SqliteConnection, tables: &[&Table], expected: &[i64]) -> Result<(), BackupError> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *copy).await.map_err(failed)?;
    if found != "ok" {
        return Err(BackupError::NotWhole(found));
    }
    for (table, &expected) in tables.iter().zip(expected) {
        let count = format!("SELECT count(*) FROM {}", table.name);
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *copy).await.map_err(failed)?;
        if found != expected {
            return Err(BackupError::NotWhole(format!("{}: {found} rows of {expected}", table.name)));
        }
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM holder_key").fetch_one(copy).await.map_err(failed)?;
    if keys == 0 { Ok(()) } else { Err(BackupError::NotWhole("it holds keys".to_owned())) }
}

/// The organisations that a file of records holds.
pub(crate) async fn organisations(file: &Path) -> Result<Vec<OrganisationId>, BackupError> {
    let mut copy = connect(file).await?;
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT organisation_id FROM organisation ORDER BY organisation_id")
        .fetch_all(&mut copy)
        .await
        .map_err(failed)?;
    copy.close().await.map_err(failed)?;
    Ok(ids.into_iter().map(OrganisationId::from_uuid).collect())
}

/// Puts the keys back into a file of records, and begins each ledger's next epoch: what was signed since the backup is lost, and
/// a ledger that went on under its old name would look like one that was rolled back. Says how many entries each holds.
pub(crate) async fn add_keys(file: &Path, keys: &KeysBackup) -> Result<Vec<(OrganisationId, u64)>, BackupError> {
    let altered = || BackupError::NotWhole("the file of keys cannot be read".to_owned());
    let mut copy = connect(file).await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut copy).await.map_err(failed)?;
    if found != "ok" {
        return Err(BackupError::NotWhole(found));
    }
    let mut step = copy.begin().await.map_err(failed)?;
    for organisation in &keys.organisations {
        // The key may have been changed since the records were backed up.
        sqlx::query("UPDATE organisation SET commitment = $2 WHERE organisation_id = $1")
            .bind(organisation.id)
            .bind(unhex(&organisation.commitment).ok_or_else(altered)?)
            .execute(&mut *step)
            .await
            .map_err(failed)?;
        // On a server, entries get their places soon after they are recorded: a backup taken before the first have theirs has no head.
        sqlx::query(
            "INSERT INTO ledger_head (organisation_id, size, frontier, epoch) SELECT organisation_id, 0, x'', 1 FROM organisation \
             WHERE organisation_id = $1 ON CONFLICT (organisation_id) DO NOTHING",
        )
        .bind(organisation.id)
        .execute(&mut *step)
        .await
        .map_err(failed)?;
        sqlx::query("UPDATE ledger_head SET epoch = 1 + max(epoch, $2) WHERE organisation_id = $1")
            .bind(organisation.id)
            .bind(organisation.epoch)
            .execute(&mut *step)
            .await
            .map_err(failed)?;
    }
    for holder in &keys.holders {
        // An older file of records knows nothing of an organisation, or of anybody, that came later.
        sqlx::query(
            "INSERT INTO holder_key (organisation_id, holder_kind, holder_id, wrapped) SELECT $1, $2, $3, $4 WHERE EXISTS \
             (SELECT 1 FROM record WHERE organisation_id = $1 AND kind = $2 AND record_id = $3) OR ($2 = 'draft' AND EXISTS (SELECT 1 FROM \
             draft WHERE organisation_id = $1 AND draft_id = $3)) OR ($2 = 'declaration' AND EXISTS (SELECT 1 FROM record_key WHERE \
             organisation_id = $1 AND kind = $2 AND record_id = $3))",
        )
        .bind(holder.organisation)
        .bind(&holder.kind)
        .bind(holder.id)
        .bind(unhex(&holder.wrapped).ok_or_else(altered)?)
        .execute(&mut *step)
        .await
        .map_err(failed)?;
    }
    let sizes: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT organisation_id, size FROM ledger_head").fetch_all(&mut *step).await.map_err(failed)?;
    step.commit().await.map_err(failed)?;
    copy.close().await.map_err(failed)?;
    let size = |(id, size)| (OrganisationId::from_uuid(id), u64::try_from(size).unwrap_or(0));
    Ok(sizes.into_iter().map(size).collect())
}
