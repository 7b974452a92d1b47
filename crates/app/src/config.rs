//! How an installation is set up: `sharewell.toml` in its folder, every line optional.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use store::Place;

/// The file's name within the folder.
pub const FILE: &str = "sharewell.toml";

/// How an installation is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The folder that holds the database, the keys and this file.
    pub folder: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people type, where a proxy adds TLS: `https://sharewell.example.org`. None: only this machine is served.
    pub address: Option<String>,
    /// The folder of a guidance pack to use in place of the one built in.
    pub pack: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<SocketAddr>,
    address: Option<String>,
    pack: Option<PathBuf>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says something that is not understood.
    #[error("{}: {message}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What.
        message: String,
    },
}

impl Config {
    /// An installation that nobody has set up further: served to this machine only.
    #[must_use]
    pub fn plain(folder: &Path) -> Self {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
        Self { folder: folder.to_owned(), listen, address: None, pack: None }
    }

    /// Reads the folder's `sharewell.toml`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or says something that is not understood.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::File { path, source }),
        };
        let wrong = |message: String| ConfigError::Wrong { path: path.clone(), message };
        let written: Written = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if written.address.as_ref().is_some_and(|address| !address.starts_with("https://")) {
            return Err(wrong(
                "`address` starts with https://: what people record here must not travel in the open.".into(),
            ));
        }
        let plain = Self::plain(folder);
        Ok(Self {
            listen: written.listen.unwrap_or(plain.listen),
            address: written.address.map(|address| address.trim_end_matches('/').to_owned()),
            pack: written.pack.map(|pack| folder.join(pack)),
            ..plain
        })
    }

    /// Where the database and the keys lie.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::under(&self.folder)
    }

    /// Whether cookies are for TLS alone.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.address.is_some()
    }

    /// The name of the session's cookie. The prefix binds it to this host and to TLS; on this machine alone there is no TLS.
    #[must_use]
    pub fn session_cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-sharewell" } else { "sharewell" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_only_this_machine_is_served() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Config::read(folder.path()).unwrap().listen.ip().is_loopback());
    }

    #[test]
    fn an_address_without_tls_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "address = \"http://sharewell.example.org\"").unwrap();
        assert!(Config::read(folder.path()).unwrap_err().to_string().contains("https://"));
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "lisen = \"127.0.0.1:80\"").unwrap();
        assert!(Config::read(folder.path()).unwrap_err().to_string().contains("lisen"));
    }
}
