//! Where an installation keeps its database and, apart from it, its keys.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// The database and the folder of key files. Back them up apart: who has both can read everything.
#[derive(Debug, Clone)]
pub struct Place {
    /// The database.
    pub database: Database,
    /// The folder of key files.
    pub keys: PathBuf,
}

impl Place {
    /// The usual names under one folder: `sharewell.db` and `keys/`.
    pub fn under(folder: &Path) -> Self {
        Self { database: Database::File(folder.join("sharewell.db")), keys: folder.join("keys") }
    }
}

/// What holds the records. Shown, it never says a password.
#[derive(Debug, Clone)]
pub enum Database {
    /// An `SQLite` file, written by this program alone.
    File(PathBuf),
    /// A database of a `PostgreSQL` server, which several copies of the program may use at once.
    Server(Server),
}

impl Database {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Server(_) => None,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// A database of a `PostgreSQL` server, as an address says it: `postgres://user@host:port/database`. What the address leaves
/// open is taken from the environment (`PGPASSWORD`, `PGPASSFILE`, `PGSSLMODE`, …) as other programs do.
#[derive(Clone)]
pub struct Server {
    pub(crate) options: Box<PgConnectOptions>,
    pub(crate) backed_up: bool,
}

/// An address that is none of a `PostgreSQL` database.
#[derive(Debug, thiserror::Error)]
#[error("the address of the database is not understood: write postgres://user@host:port/database")]
pub struct InvalidServer;

impl Server {
    /// The same, with the word of whoever runs it that a backup was taken: only then is a database with records in it
    /// brought to a newer schema.
    #[must_use]
    pub fn backed_up(self, backed_up: bool) -> Self {
        Self { backed_up, ..self }
    }
}

impl FromStr for Server {
    type Err = InvalidServer;

    fn from_str(address: &str) -> Result<Self, InvalidServer> {
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err(InvalidServer);
        }
        // Why it is not understood could quote the password, and is left out.
        let options: Box<PgConnectOptions> = address.parse().map(Box::new).map_err(|_| InvalidServer)?;
        if options.get_database().is_none() {
            return Err(InvalidServer);
        }
        Ok(Self { options, backed_up: false })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.options.get_database().unwrap_or_default();
        write!(f, "postgres://{}:{}/{database}", self.options.get_host(), self.options.get_port())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shown_or_refused_never_says_the_password() {
        let server: Server = "postgres://sharewell:s3cret@db.example:5433/records".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://db.example:5433/records");
        assert!(!format!("{server:?} {:?}", Database::Server(server.clone())).contains("s3cret"));
        for wrong in
            ["mysql://sharewell:s3cret@db/records", "postgres://u:s3cret@db:port/records", "postgres://u:s3cret@db"]
        {
            let refused = wrong.parse::<Server>();
            assert!(refused.is_err_and(|error| !format!("{error} {error:?}").contains("s3cret")), "{wrong}");
        }
    }
}
