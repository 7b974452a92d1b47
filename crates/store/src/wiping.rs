//! Wiping: after a destruction nothing of it stays in the database's files, nor in the copies beside it.
//!
//! `secure_delete` writes zeros over what is deleted. The write-ahead log still holds the pages as they were, until it is
//! emptied; and a copy taken before a migration holds the keys of its day.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::engine::Engine;
use crate::file::Connections;
use crate::sql::failure;
use crate::{Store, StoreError};

/// How often, and how long apart, the log is tried to be emptied while somebody still reads its pages.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

impl Store {
    /// Wipes what was deleted. Says whether that is done: a long read by somebody keeps the log for now.
    pub(crate) async fn wipe(&self) -> Result<bool, StoreError> {
        // A server keeps old pages by rules of its own: docs/data.md says what to do there.
        let Engine::Sqlite { writer, .. } = &*self.inner.engine else { return Ok(false) };
        for copy in copies_beside(writer.file())? {
            forget_keys_in(&copy, writer.file()).await?;
        }
        empty_log(writer).await
    }
}

async fn empty_log(writer: &Arc<Connections>) -> Result<bool, StoreError> {
    for _ in 0..TRIES {
        let emptied = writer.with(|file| file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))).await;
        let busy: i64 = emptied.map_err(|e| failure("empty the write-ahead log", e))?;
        if busy == 0 {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

/// The copies that migrations left beside the database.
fn copies_beside(database: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let failed = |e| StoreError::File(folder.to_owned(), e);
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let of = entry.file_name();
        let is_copy = of.to_str().and_then(|of| of.strip_prefix(name)).is_some_and(|rest| {
            rest.starts_with(".schema-") && Path::new(rest).extension().is_some_and(|ending| ending == "backup")
        });
        if is_copy {
            copies.push(entry.path());
        }
    }
    Ok(copies)
}

/// Deletes from a copy every key that the database has no more, or has wrapped anew since.
async fn forget_keys_in(copy: &Path, database: &Path) -> Result<(), StoreError> {
    let wiping = |e| failure("wipe keys from the copy beside the database", e);
    let database = database.to_str().ok_or(StoreError::Malformed("the database's path is not text"))?;
    // A journal on disk would hold the pages once more.
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .journal_mode(SqliteJournalMode::Memory)
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(wiping)?;
    sqlx::query("ATTACH $1 AS today").bind(database).execute(&mut connection).await.map_err(wiping)?;
    sqlx::query(
        "DELETE FROM main.holder_key WHERE NOT EXISTS (SELECT 1 FROM today.holder_key t WHERE t.organisation_id = \
         main.holder_key.organisation_id AND t.holder_kind = main.holder_key.holder_kind AND t.holder_id = \
         main.holder_key.holder_id AND t.wrapped = main.holder_key.wrapped)",
    )
    .execute(&mut connection)
    .await
    .map_err(wiping)?;
    connection.close().await.map_err(wiping)
}
