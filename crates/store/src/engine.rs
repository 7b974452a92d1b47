//! The connections to the database, and how a transaction begins on each of the two.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casework::{Moment, OrganisationId};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::file::{self, Connections, Purpose};
use crate::keyring::KeyRing;
use crate::place::Server;
use crate::sql::{Open, Param, Statement, failure};
use crate::statements::{INSTALLATION, ORGANISATION_COMMITMENT};
use crate::{Database, StoreError, schema};

/// Readers of the file at once; a writer never waits for them, nor they for it.
const READERS: u32 = 4;

/// Connections that one copy of the program opens to a server at most: for writing, and again for reading. They are apart so
/// that writers who wait for something read cannot wait for each other.
const CONNECTIONS: u32 = 8;

/// How long a command waits for a connection to the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every connection to a server begins with. An answer means that it is kept: a server that is set up to answer before it
/// has written is told to wait for its disk. And a copy of the program that hangs holds up the others for a minute at most.
pub(crate) const MANNERS: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'; \
     SET idle_in_transaction_session_timeout = '60s'";

/// The connections, for writing and for reading.
#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite { writer: Arc<Connections>, readers: Arc<Connections> },
    Postgres { writers: PgPool, readers: PgPool },
}

/// Whether a database is expected to hold an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is to be made.
    Nothing,
    /// It is there.
    Installation,
}

/// What `integrate` asks before it sequences a ledger, so that one copy of the program does so at a time.
const LOCK_LEDGER: Statement =
    Statement { name: "LOCK_LEDGER", text: "SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN $1 END" };

/// What reads an organisation's commitment so that nobody changes it before the transaction ends. A file has one writer at a
/// time, and needs no more than `ORGANISATION_COMMITMENT`.
const HOLD_COMMITMENT: Statement = Statement {
    name: "HOLD_COMMITMENT",
    text: "SELECT commitment FROM organisation WHERE organisation_id = $1 FOR SHARE",
};

/// What an organisation's lock is for. The locks are apart, so that a ledger is sequenced while it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alone {
    /// Giving leaves their places.
    Sequencing,
    /// Signing where the ledger stands, and remembering it beside the keys.
    Signing,
    /// Changing the organisation's key.
    ChangingKeys,
}

impl Engine {
    /// Connects, and brings the database to this program's schema, for which the keys must be those of its installation.
    pub(crate) async fn connect(
        database: &Database,
        keys: &KeyRing,
        expected: Expected,
        now: Moment,
    ) -> Result<Self, StoreError> {
        match database {
            Database::File(file) => Self::sqlite(file, keys, expected, now).await,
            Database::Server(server) => Self::postgres(server, keys, expected, now).await,
        }
    }

    async fn sqlite(file: &Path, keys: &KeyRing, expected: Expected, now: Moment) -> Result<Self, StoreError> {
        match expected {
            Expected::Nothing => make_file(file)?,
            Expected::Installation => {
                if !file.exists() {
                    return Err(StoreError::NoDatabase(Database::File(file.to_owned())));
                }
                let about = fs::metadata(file).map_err(|e| StoreError::File(file.to_owned(), e))?;
                if about.permissions().mode() & 0o077 != 0 {
                    return Err(StoreError::Exposed(file.to_owned()));
                }
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY")
            .disable_statement_logging();
        // Brought up to date by one connection, before there are others.
        let mut connection = options.connect().await.map_err(|e| failure("open the database", e))?;
        schema::migrate(&mut connection, keys, file, now).await?;
        connection.close().await.map_err(|e| failure("open the database", e))?;
        let writer = Connections::open(file, Purpose::Writing, 1).await;
        let writer = writer.map_err(|e| failure("open the database", e))?;
        let readers = Connections::open(file, Purpose::Reading, READERS).await;
        let readers = readers.map_err(|e| failure("open the database for reading", e))?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// Connects to look only: nothing is brought up to date, and nothing can be written.
    pub(crate) async fn to_look(database: &Database) -> Result<Self, StoreError> {
        match database {
            Database::File(file) => {
                if !file.exists() {
                    return Err(StoreError::NoDatabase(database.clone()));
                }
                let readers = Connections::open(file, Purpose::Reading, READERS).await;
                let readers = readers.map_err(|e| failure("open the database", e))?;
                let version =
                    readers.with(|file| file.pragma_query_value(None, "user_version", |row| row.get(0))).await;
                schema::check(version.map_err(|e| failure("schema version", e))?)?;
                Ok(Self::Sqlite { writer: Arc::clone(&readers), readers })
            }
            Database::Server(server) => {
                let options = PgConnectOptions::clone(&server.options)
                    .application_name("sharewell verify")
                    .options([("default_transaction_read_only", "on")])
                    .disable_statement_logging();
                let readers = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
                let readers = readers.connect_with(options).await.map_err(|e| failure("connect to the database", e))?;
                let mut connection = readers.acquire().await.map_err(|e| failure("connect to the database", e))?;
                let found = schema::postgres_version(&mut connection).await?;
                drop(connection);
                if found == 0 {
                    return Err(StoreError::NoDatabase(database.clone()));
                }
                schema::check(found)?;
                Ok(Self::Postgres { writers: readers.clone(), readers })
            }
        }
    }

    /// What a file's own check finds wrong with it: a part that cannot be read, an index that leads elsewhere. Nothing on a server, which
    /// checks its pages by itself.
    pub(crate) async fn damage(&self) -> Result<Option<String>, StoreError> {
        let Self::Sqlite { readers, .. } = self else { return Ok(None) };
        let found: Result<String, _> =
            readers.with(|file| file.pragma_query_value(None, "integrity_check", |row| row.get(0))).await;
        let found = found.map_err(|e| failure("check the file", e))?;
        Ok((found != "ok").then_some(found))
    }

    async fn postgres(server: &Server, keys: &KeyRing, expected: Expected, now: Moment) -> Result<Self, StoreError> {
        let options = PgConnectOptions::clone(&server.options)
            .application_name("sharewell")
            .statement_cache_capacity(400)
            .disable_statement_logging();
        let pool = || {
            PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(PATIENCE)
                .after_connect(|connection, _| Box::pin(async move { connection.execute(MANNERS).await.map(|_| ()) }))
        };
        let writers = pool().connect_with(options.clone()).await.map_err(|e| failure("connect to the database", e))?;
        let mut connection = writers.acquire().await.map_err(|e| failure("connect to the database", e))?;
        if expected == Expected::Installation && schema::postgres_version(&mut connection).await? == 0 {
            return Err(StoreError::NoDatabase(Database::Server(server.clone())));
        }
        schema::migrate_postgres(&mut connection, keys, server.backed_up, now).await?;
        drop(connection);
        let readers =
            pool().connect_with(options).await.map_err(|e| failure("connect to the database for reading", e))?;
        Ok(Self::Postgres { writers, readers })
    }

    /// Whether a database holds an installation already.
    pub(crate) async fn holds_installation(database: &Database) -> Result<bool, StoreError> {
        match database {
            Database::File(file) => Ok(file.exists()),
            Database::Server(server) => {
                let connecting = PgConnectOptions::clone(&server.options).disable_statement_logging();
                let mut connection = connecting.connect().await.map_err(|e| failure("connect to the database", e))?;
                if schema::postgres_version(&mut connection).await? == 0 {
                    return Ok(false);
                }
                let found = sqlx::query(INSTALLATION.text).fetch_optional(&mut connection).await;
                let held = found.map_err(|e| failure(INSTALLATION.name, e))?.is_some();
                connection.close().await.map_err(|e| failure("close", e))?;
                Ok(held)
            }
        }
    }

    pub(crate) async fn begin_write(&self) -> Result<Open, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                writer.begin().await.map(Open::from).map_err(|e| failure("begin a write", e))
            }
            // One unchanging view, and of two commands that change one row the later is done again. Not SERIALIZABLE: ids grow
            // with time, so every command reads and adds at the same end of the same indexes, and the server, which watches whole
            // pages of them, then undid more commands than it kept (145 of 275 with six writers). What must hold between rows
            // stands on keys, references and versions; what cannot, begins strictly.
            Self::Postgres { writers, .. } => {
                let begun = writers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE").await;
                begun.map(Open::from).map_err(|e| not_begun("begin a write", e))
            }
        }
    }

    /// Begins a write as if no other of these ran at the same time: for what counts rows before it adds one.
    pub(crate) async fn begin_strict_write(&self) -> Result<Open, StoreError> {
        let Self::Postgres { writers, .. } = self else { return self.begin_write().await };
        let begun = writers.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE").await;
        begun.map(Open::from).map_err(|e| not_begun("begin a write", e))
    }

    pub(crate) async fn begin_read(&self) -> Result<Open, StoreError> {
        match self {
            Self::Sqlite { readers, .. } => {
                readers.begin().await.map(Open::from).map_err(|e| failure("begin a read", e))
            }
            Self::Postgres { readers, .. } => {
                let begun = readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
                begun.map(Open::from).map_err(|e| not_begun("begin a read", e))
            }
        }
    }

    /// Begins what only one copy of the program may do for an organisation at a time; `None` while another does it.
    pub(crate) async fn begin_alone(
        &self,
        organisation: OrganisationId,
        what: Alone,
    ) -> Result<Option<Open>, StoreError> {
        let Self::Postgres { writers, .. } = self else { return self.begin_write().await.map(Some) };
        // Each statement sees what is committed by then: the lock, not the level, keeps others away.
        let begun = writers.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await;
        let mut open = begun.map(Open::from).map_err(|e| not_begun("begin a write", e))?;
        let (high, low) = organisation.uuid().as_u64_pair();
        let lock = (high ^ low) & !3 | what as u64;
        let lock = Param::Int(lock.cast_signed());
        let held = open.row(LOCK_LEDGER, &[lock]).await?.is_some_and(|row| row.int(0).is_ok());
        if held {
            return Ok(Some(open));
        }
        open.roll_back().await?;
        Ok(None)
    }

    /// See [`crate::Store::copy_log_after`].
    pub(crate) async fn copy_log_after(&self, pages: u32) -> Result<(), StoreError> {
        let Self::Sqlite { writer, .. } = self else { return Ok(()) };
        let told = move |file: &rusqlite::Connection| file::copy_log_after(file, pages);
        writer.with(told).await.map_err(|e| failure("copy the log after", e))
    }

    /// How a command reads the commitment that it wraps a new key under.
    pub(crate) fn hold_commitment(&self) -> Statement {
        match self {
            Self::Sqlite { .. } => ORGANISATION_COMMITMENT,
            Self::Postgres { .. } => HOLD_COMMITMENT,
        }
    }

    /// Whether commands that wait are committed together by one writer, who then gives their leaves their places in the
    /// ledger. On a server each commits by itself: there, every command of an organisation would otherwise wait for, or undo,
    /// every other.
    pub(crate) fn commits_in_groups(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite { writer, .. } => writer.is_closed(),
            Self::Postgres { writers, .. } => writers.is_closed(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { writers, readers } => {
                readers.close().await;
                writers.close().await;
            }
        }
    }
}

fn not_begun(what: &'static str, error: sqlx::Error) -> StoreError {
    match error {
        // Nobody answered, or all connections that the server grants are taken.
        error @ sqlx::Error::PoolTimedOut => StoreError::Unreachable(Arc::new(error.into())),
        error => failure(what, error),
    }
}

/// An empty file that only its owner may read; what SQLite makes beside it has the same permissions.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let failed = |e| StoreError::File(path.to_owned(), e);
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    // SQLite syncs the folder for its log, not for the database: the name must survive a power cut before anything is in it.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for folder in folder.ancestors().take(2).filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_answers_before_it_has_written_is_told_to_wait() {
        let server = test_postgres::Server::shared();
        let address = server.database();
        let name = address.rsplit('/').next().unwrap().split('?').next().unwrap();
        server.sql(name, &format!("ALTER DATABASE {name} SET synchronous_commit = off"));
        assert_eq!(server.sql(name, "SHOW synchronous_commit"), "off");
        let database = Database::Server(address.parse().unwrap());
        let engine = Engine::connect(&database, &KeyRing::none(), Expected::Nothing, Moment::from_micros(0)).await;
        let engine = engine.unwrap();
        let Engine::Postgres { writers, .. } = &engine else { panic!("it is a server") };
        let waits: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(writers).await.unwrap();
        assert_eq!(waits, "on");
    }
}
