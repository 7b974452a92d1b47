//! What is found on a disk after a fault: first by SQLite alone, which is fast, and by the whole store and its verifier.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use faulty_disk::Image;
use sha2::{Digest as _, Sha256};
use sharewell_store::{Store, verify};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::desks::{Desk, Held};
use crate::house::{Memory, Room};

/// SHA-256 of all that a disk holds, or that a database says.
pub type Digest = [u8; 32];

/// What the whole store finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What each desk finds of its own.
    pub held: Vec<Held>,
    /// How many entries each desk's organisation has in its ledger.
    pub entries: Vec<u64>,
}

/// Looks at disks, and remembers what the whole store said of each content.
pub struct Looks<'a> {
    room: &'a Room,
    desks: &'a [Desk],
    /// One statement that reads every value of every table.
    everything: String,
    known: HashMap<(Digest, Vec<Memory>), Arc<Found>>,
    /// How many disks the whole store looked at.
    pub whole: usize,
}

impl<'a> Looks<'a> {
    pub async fn new(room: &'a Room, desks: &'a [Desk], image: Image) -> Result<Self, String> {
        room.mount(image);
        let mut connection = plain(&room.file()).await.map_err(|error| said(&error))?;
        let everything = everything(&mut connection).await.map_err(|error| said(&error))?;
        connection.close().await.map_err(|error| said(&error))?;
        Ok(Self { room, desks, everything, known: HashMap::new(), whole: 0 })
    }

    /// What is found on a disk: SQLite must find the file whole, and its every value be as on a disk that the whole store has
    /// looked at; a content not seen before, and any disk on request, is looked at by the whole store.
    /// It is compared with what the keys remember.
    pub async fn look(
        &mut self,
        image: Image,
        memories: &[Memory],
        by_the_whole_store: bool,
    ) -> Result<Arc<Found>, String> {
        self.room.mount(image.clone());
        let content = (self.content().await?, memories.to_vec());
        match self.known.get(&content) {
            Some(found) if !by_the_whole_store => Ok(Arc::clone(found)),
            known => {
                // Again on the disk as it was: SQLite has put the first one in order.
                self.room.mount(image);
                let found = Arc::new(examine(self.room, self.desks, known.is_none()).await?);
                if known.is_some_and(|known| *known != found) {
                    return Err(format!("two disks of one content differ: {found:?}"));
                }
                self.whole += 1;
                self.known.insert(content, Arc::clone(&found));
                Ok(found)
            }
        }
    }

    async fn content(&self) -> Result<Digest, String> {
        let mut connection = plain(&self.room.file()).await.map_err(|error| said(&error))?;
        let read = self.read(&mut connection).await;
        connection.close().await.map_err(|error| said(&error))?;
        read
    }

    async fn read(&self, connection: &mut SqliteConnection) -> Result<Digest, String> {
        whole(connection).await?;
        let tables: Vec<(String, Option<String>)> = sqlx::query_as(AssertSqlSafe(self.everything.as_str()))
            .fetch_all(connection)
            .await
            .map_err(|error| said(&error))?;
        let mut hasher = Sha256::new();
        for (table, rows) in tables {
            hasher.update(format!("{table} {rows:?} "));
        }
        Ok(hasher.finalize().into())
    }
}

fn said(error: &sqlx::Error) -> String {
    format!("it cannot be read: {error}")
}

async fn plain(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new().filename(file).connect().await
}

async fn whole(connection: &mut SqliteConnection) -> Result<(), String> {
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(connection).await.map_err(|error| said(&error))?;
    if found == ["ok"] { Ok(()) } else { Err(format!("the file is not whole: {found:?}")) }
}

/// A statement whose answer differs whenever any value of any row does.
async fn everything(connection: &mut SqliteConnection) -> Result<String, sqlx::Error> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, group_concat('quote(\"' || c.name || '\")', '||'',''||') FROM sqlite_schema AS t, \
         pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name",
    )
    .fetch_all(connection)
    .await?;
    let tables = columns.iter().map(|(table, row)| {
        format!("SELECT '{table}', group_concat(line, ';') FROM (SELECT {row} AS line FROM \"{table}\" ORDER BY 1)")
    });
    Ok(tables.collect::<Vec<_>>().join(" UNION ALL "))
}

/// What each desk finds after a start, where the file is whole and its ledger holds. `with_keys` has the verifier open
/// every record as well, as the desks do.
pub async fn examine(room: &Room, desks: &[Desk], with_keys: bool) -> Result<Found, String> {
    let store = room.open().await.map_err(|error| format!("it does not open: {error:?}"))?;
    let found = found(room, &store, desks, with_keys).await;
    store.close().await;
    found
}

async fn found(room: &Room, store: &Store, desks: &[Desk], with_keys: bool) -> Result<Found, String> {
    let mut found = Found { held: Vec::new(), entries: Vec::new() };
    for desk in desks {
        let failed = |error| format!("it cannot be read: {error:?}");
        found.held.push(desk.found(store).await.map_err(failed)?);
        found.entries.push(desk.entries(store).await.map_err(failed)?);
    }
    let mut connection = plain(&room.file()).await.map_err(|error| said(&error))?;
    let is_whole = whole(&mut connection).await;
    connection.close().await.map_err(|error| said(&error))?;
    is_whole?;
    let place = room.place();
    let keys = with_keys.then_some(place.keys.as_path());
    let verified = verify(&place.database, keys, |_| ()).await.map_err(|error| format!("{error:?}"))?;
    let findings: Vec<_> = verified.into_iter().flat_map(|verified| verified.findings).collect();
    if findings.is_empty() { Ok(found) } else { Err(format!("the ledger does not hold: {findings:?}")) }
}
