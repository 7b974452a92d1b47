//! Where an installation keeps its database and, apart from it, its keys.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

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

/// Why an address of a `PostgreSQL` database is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    /// It is none.
    #[error("the address of the database is not understood: write postgres://user@host:port/database")]
    NotUnderstood,
    /// What travels to another machine could be read on the way, and the server could be another.
    #[error(
        "the database is on another machine, and the address does not ask for TLS: add ?sslmode=verify-full to its end, and, where \
         the server's certificate is not from a public authority, &sslrootcert=/path/to/authority.pem"
    )]
    InTheOpen,
}

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
            return Err(InvalidServer::NotUnderstood);
        }
        // Why it is not understood could quote the password, and is left out.
        let options: Box<PgConnectOptions> = address.parse().map(Box::new).map_err(|_| InvalidServer::NotUnderstood)?;
        if options.get_database().is_none() {
            return Err(InvalidServer::NotUnderstood);
        }
        if !stays_here(&options) && !asks_for_tls(options.get_ssl_mode()) {
            return Err(InvalidServer::InTheOpen);
        }
        Ok(Self { options, backed_up: false })
    }
}

/// Whether the connection never leaves this machine: a socket in the file system, or the machine's own address.
fn stays_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

/// Whether there is TLS or no connection. `prefer`, which is what an address without `sslmode` means, goes without TLS where
/// somebody between says that there is none.
fn asks_for_tls(mode: PgSslMode) -> bool {
    match mode {
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => true,
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => false,
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
        let server: Server = "postgres://sharewell:s3cret@db.example:5433/records?sslmode=verify-full".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://db.example:5433/records");
        assert!(!format!("{server:?} {:?}", Database::Server(server.clone())).contains("s3cret"));
        for wrong in
            ["mysql://sharewell:s3cret@db/records", "postgres://u:s3cret@db:port/records", "postgres://u:s3cret@db"]
        {
            let refused = wrong.parse::<Server>();
            assert!(refused.is_err_and(|error| !format!("{error} {error:?}").contains("s3cret")), "{wrong}");
        }
    }

    #[test]
    fn to_another_machine_there_is_tls_or_no_connection() {
        let read = |address: &str| address.parse::<Server>().map(|_| ());
        for here in [
            "postgres://sharewell@127.0.0.1/records",
            "postgres://sharewell@127.8.9.10/records?sslmode=disable",
            "postgres://sharewell@[::1]/records?sslmode=prefer",
            "postgres://sharewell@localhost:5433/records",
            "postgres://sharewell@%2Fvar%2Frun%2Fpostgresql/records",
            "postgres:///records?host=/var/run/postgresql",
        ] {
            assert_eq!(read(here), Ok(()), "{here}");
        }
        for elsewhere in ["db.example", "10.0.0.7", "[2001:db8::7]", "localhost.example", "127.0.0.1.example"] {
            for open in ["", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer"] {
                let address = format!("postgres://sharewell@{elsewhere}/records{open}");
                assert_eq!(read(&address), Err(InvalidServer::InTheOpen), "{address}");
            }
            for closed in ["require", "verify-ca", "verify-full"] {
                let address = format!("postgres://sharewell@{elsewhere}/records?sslmode={closed}");
                assert_eq!(read(&address), Ok(()), "{address}");
            }
        }
        assert!(InvalidServer::InTheOpen.to_string().contains("sslmode=verify-full"));
    }
}
