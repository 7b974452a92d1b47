//! What can go wrong in the store, in words for whoever runs it. No message holds anything sealed.

use std::path::PathBuf;
use std::sync::Arc;

use casework::OrganisationId;

use crate::Database;

/// Why a key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not there.
    #[error(
        "the key file {0} is missing. Without it nothing that it sealed can be read: restore it from the backup of the keys"
    )]
    Missing(PathBuf),
    /// The file is there already; a key is never written over.
    #[error("the key file {0} exists already and is left as it is")]
    Exists(PathBuf),
    /// The file is not a key of this kind.
    #[error("{0} is not a Sharewell key file of the expected kind: restore it from the backup of the keys")]
    Malformed(PathBuf),
    /// Others on the machine may read the file.
    #[error("{0} can be read by others on this machine: allow only its owner (chmod 600)")]
    Exposed(PathBuf),
    /// It is a key, but not the one the database was made with.
    #[error("{0} is not the key that this database was made with: restore the right one from the backup of the keys")]
    Wrong(PathBuf),
    /// Another copy of the program changed the key, and this one's folder has it not.
    #[error(
        "the organisation's key was changed by another copy of the program, and {0} is still the former one. All copies share one \
         folder of keys: put the folder of the copy that changed it in the place of this one's"
    )]
    Changed(PathBuf),
    /// Somebody changes or backs up the keys.
    #[error(
        "a key is being changed, or the keys are being backed up, at this moment ({0}): try again when that is done"
    )]
    UnderWay(PathBuf),
    /// The list of destructions was altered.
    #[error(
        "the list of destructions {0} was altered. Nothing is served, since people whose records were destroyed could come back: \
         restore the list from the newest backup of the keys"
    )]
    ListAltered(PathBuf),
    /// The list of destructions lacks one that the database certifies.
    #[error(
        "the list of destructions {0} is missing or was cut off: the database holds a certificate that is not on it. Restore \
         the list from the newest backup of the keys"
    )]
    ListCut(PathBuf),
    /// The file could not be read or written.
    #[error("the key file {0} cannot be read or written")]
    File(PathBuf, #[source] std::io::Error),
}

/// What the library of a database said.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Of a file that the program works with.
    #[error(transparent)]
    File(#[from] rusqlite::Error),
    /// Of a server, or of a file that is migrated or copied.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    /// Nobody works with the file any more.
    #[error("the database is closed")]
    Closed,
}

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A key is missing or wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The record was changed by someone else since it was read.
    #[error("the record was changed since it was read")]
    Conflict,
    /// A record of this id is there already: sent twice, say.
    #[error("a record of this id is there already")]
    Exists,
    /// Another member signs in with this e-mail address already.
    #[error("another member signs in with this e-mail address already")]
    EmailTaken,
    /// A record of one organisation was handed to a transaction of another.
    #[error("a record of another organisation was handed to a transaction of {0}")]
    AnotherOrganisation(OrganisationId),
    /// A record names a matter, person, item, member or decision that the organisation does not hold.
    #[error("the record names another record that the organisation does not hold")]
    UnknownReference,
    /// Every key that a record could be sealed for has been destroyed.
    #[error("every key that the record could be sealed for is gone")]
    NoHolder,
    /// A sealed record does not open: it was altered, moved, or sealed with another key.
    #[error("a sealed record of kind {kind} does not open: it was altered or moved, or another key sealed it")]
    DoesNotOpen {
        /// The kind of record.
        kind: &'static str,
    },
    /// A record could not be turned into text or back.
    #[error("a record cannot be written or read as JSON")]
    Json(#[source] serde_json::Error),
    /// A statement changed another number of rows than it must.
    #[error("{statement} changed {changed} rows, expected {expected}")]
    RowCount {
        /// The statement's name.
        statement: &'static str,
        /// How many rows it changed.
        changed: u64,
        /// How many it must change.
        expected: u64,
    },
    /// A stored value has a form that this program never writes.
    #[error("the database holds a value that this program never writes: {0}")]
    Malformed(&'static str),
    /// The database is of a newer program.
    #[error(
        "the database has schema {found}, and this program knows up to {known}: start the newer program, or restore the \
         backup taken before it ran"
    )]
    NewerSchema {
        /// The database's schema.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// The database is of an older program, and was not to be changed.
    #[error(
        "the database has schema {found}, and this program verifies schema {known}: start Sharewell on it once, or use the older program"
    )]
    OlderSchema {
        /// The database's schema.
        found: i64,
        /// The schema of this program.
        known: i64,
    },
    /// There is no database to open.
    #[error("there is no database at {0}: run `sharewell init` first")]
    NoDatabase(Database),
    /// There is a database where a new one was to be made.
    #[error("there is a database at {0} already; it is left as it is")]
    DatabaseExists(Database),
    /// A database with records in it is brought to a newer schema only when a backup was taken.
    #[error(
        "the database has schema {found}, and this program brings it to {known}. Stop every copy of the older program, take a \
         backup (pg_dump --format=custom), then start this program once with --backed-up"
    )]
    BackUpFirst {
        /// The database's schema.
        found: i64,
        /// The schema of this program.
        known: i64,
    },
    /// A folder or file could not be made.
    #[error("{0} cannot be made")]
    File(PathBuf, #[source] std::io::Error),
    /// The disk is full.
    #[error("the disk is full: nothing was recorded. Free some space and try again")]
    DiskFull(#[source] Arc<DatabaseError>),
    /// The file is no database, or is damaged.
    #[error(
        "the database is damaged or is not a database: keep the file for whoever looks into it, and restore the newest backup"
    )]
    Damaged(#[source] Arc<DatabaseError>),
    /// Others on the machine may read or change the database.
    #[error("{0} can be read or changed by others on this machine: allow only its owner (chmod 600)")]
    Exposed(PathBuf),
    /// The source of randomness failed.
    #[error("no randomness is to be had")]
    Randomness(#[source] std::io::Error),
    /// The database kept being busy with another program.
    #[error("the database is busy with another program; nothing was recorded")]
    Busy,
    /// The database has fewer ledger entries than its key has signed: it was put back, or entries were removed.
    #[error(
        "the database of organisation {organisation} has {found} ledger entries, but {signed} were signed: an older copy was put \
         back, or records were removed. If you restored a backup, use `sharewell restore`, which says so in the ledger; if \
         not, keep the database as it is and tell whoever looks after your information governance"
    )]
    RolledBack {
        /// Whose ledger.
        organisation: OrganisationId,
        /// How many entries were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// The database tells another story than its key has signed.
    #[error(
        "the first {size} ledger entries of organisation {organisation} are not those that were signed: records were changed. \
         Keep the database as it is and run `sharewell verify`"
    )]
    Forked {
        /// Whose ledger.
        organisation: OrganisationId,
        /// How many entries were signed.
        size: u64,
    },
    /// The ledger does not go on under the name that its restores gave it, or another was signed last.
    #[error(
        "the ledger of organisation {organisation} goes on as {origin}, which is not its name after the restores that it holds, or \
         after what was signed last: an older copy of the database was put back, or its rows were changed. If you restored a \
         backup, use `sharewell restore`, which says so in the ledger; if not, keep the database as it is, run `sharewell \
         verify`, and tell whoever looks after your information governance"
    )]
    OtherName {
        /// Whose ledger.
        organisation: OrganisationId,
        /// The name.
        origin: String,
    },
    /// A ledger key cannot be used.
    #[error("the ledger's key cannot be used")]
    LedgerKey(#[from] ledger::key::KeyError),
    /// A checkpoint cannot be read or written.
    #[error("a checkpoint of the ledger cannot be read")]
    Note(#[from] ledger::note::NoteError),
    /// A proof cannot be put together from what is stored.
    #[error("a proof cannot be put together: the ledger's rows are not whole")]
    Proof(#[from] ledger::tree::AssembleError),
    /// A witness answered with something other than its signature.
    #[error("the witness did not sign: {0}")]
    Witness(#[from] ledger::witness::AnswerError),
    /// A task of the program was cut short.
    #[error("the work was cut short")]
    CutShort,
    /// The database failed in another way.
    #[error("the database failed at {statement}")]
    Database {
        /// The statement's name, or what was being done.
        statement: &'static str,
        /// Why.
        #[source]
        source: Arc<DatabaseError>,
    },
    /// The database's server is not there, goes away, or takes no more connections.
    #[error(
        "the database's server cannot be reached or takes no more connections: nothing was recorded. See that it runs, and \
         that it takes as many connections as all copies of this program need"
    )]
    Unreachable(#[source] Arc<DatabaseError>),
    /// The connection broke while the record was being committed.
    #[error(
        "the connection to the database broke at the last moment: look whether it was recorded before sending it again"
    )]
    Unsure(#[source] Arc<DatabaseError>),
}

impl StoreError {
    /// The same failure for another command that shared its transaction.
    pub(crate) fn shared(&self) -> Self {
        match self {
            Self::Busy => Self::Busy,
            Self::DiskFull(source) => Self::DiskFull(Arc::clone(source)),
            Self::Damaged(source) => Self::Damaged(Arc::clone(source)),
            Self::Database { statement, source } => Self::Database { statement, source: Arc::clone(source) },
            Self::Malformed(what) => Self::Malformed(what),
            &Self::RowCount { statement, changed, expected } => Self::RowCount { statement, changed, expected },
            // What else can go wrong between a command and its commit tells another command no more than that.
            _ => Self::CutShort,
        }
    }
}
