//! How an installation is set up: `sharewell.toml` in its folder, every line optional.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::mail::{self, MailSettings, WrittenMail};
use crate::partners::{self, Partner, WrittenPartner};
use crate::providers::{self, ProviderSettings, WrittenProvider};
use crate::tls::CertificateFiles;
use serde::Deserialize;
use store::{Database, InvalidServer, Place, Server};

/// The file's name within the folder.
pub const FILE: &str = "sharewell.toml";

/// Where the address of a PostgreSQL database may stand instead of the file, as containers are given their secrets.
pub const DATABASE_VARIABLE: &str = "SHAREWELL_DATABASE";

/// How an installation is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that holds the database, the keys and this file.
    pub folder: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people type, where a proxy adds TLS: `https://sharewell.example.org`. None: only this machine is served.
    pub address: Option<String>,
    /// The folder of a guidance pack to use in place of the one built in.
    pub pack: Option<PathBuf>,
    /// The certificate of the program's own door; none where a proxy on this machine has it.
    pub certificate: Option<CertificateFiles>,
    /// Whether somebody said that what comes to an address others can reach is protected by another means than TLS here.
    pub proxy_elsewhere: bool,
    /// A PostgreSQL database that several copies of the program share. None: the file `sharewell.db` in the folder.
    pub database: Option<Server>,
    /// Where monitoring may read `/metrics`. None: nowhere.
    pub metrics: Option<SocketAddr>,
    /// The organisations outside this installation that witness our ledgers, or whose ledgers are witnessed here.
    pub partners: Vec<Partner>,
    /// After how many hours without a word from any witness pages warn.
    pub stale_after_hours: u32,
    /// The identity providers of organisations, with which their members sign in.
    pub providers: Vec<ProviderSettings>,
    /// The mail server through which notices go. None: what waits stands on the pages alone.
    pub mail: Option<MailSettings>,
}

/// After how many hours without a word from any witness pages warn, where the file does not say.
const STALE_AFTER_HOURS: u32 = 24;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<SocketAddr>,
    address: Option<String>,
    pack: Option<PathBuf>,
    certificate: Option<PathBuf>,
    certificate_key: Option<PathBuf>,
    proxy_elsewhere: Option<bool>,
    database: Option<String>,
    metrics: Option<SocketAddr>,
    stale_after_hours: Option<u32>,
    #[serde(default)]
    partner: Vec<WrittenPartner>,
    #[serde(default)]
    provider: Vec<WrittenProvider>,
    mail: Option<WrittenMail>,
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
        Self {
            folder: folder.to_owned(),
            listen,
            address: None,
            pack: None,
            certificate: None,
            proxy_elsewhere: false,
            database: None,
            metrics: None,
            partners: Vec::new(),
            stale_after_hours: STALE_AFTER_HOURS,
            providers: Vec::new(),
            mail: None,
        }
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
        // The message alone, with its line: what stands there could be a password.
        let written: Written = toml::from_str(&text).map_err(|error| wrong(told(&error, &text)))?;
        if written.address.as_ref().is_some_and(|address| !address.starts_with("https://")) {
            return Err(wrong(
                "`address` starts with https://: what people record here must not travel in the open.".into(),
            ));
        }
        if written.database.is_some() && is_exposed(&path) {
            return Err(wrong(
                "it holds the address of the database: allow only its owner to read it (chmod 600).".into(),
            ));
        }
        let variable = || std::env::var(DATABASE_VARIABLE).ok().filter(|address| !address.is_empty());
        let database = written.database.or_else(variable).map(|address| address.parse());
        let database = database.transpose().map_err(|error: InvalidServer| wrong(format!("`database`: {error}.")))?;
        let stale_after_hours = written.stale_after_hours.unwrap_or(STALE_AFTER_HOURS);
        if stale_after_hours == 0 {
            return Err(wrong("`stale_after_hours` is at least 1.".into()));
        }
        let certificate = match (written.certificate, written.certificate_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) if written.address.is_some() => {
                Some(CertificateFiles { certificate: folder.join(certificate), key: folder.join(key) })
            }
            _ => {
                return Err(wrong(
                    "`certificate` and `certificate_key` go together, and with `address`: the one that the certificate is for."
                        .into(),
                ));
            }
        };
        let plain = Self::plain(folder);
        Ok(Self {
            listen: written.listen.unwrap_or(plain.listen),
            address: written.address.map(|address| address.trim_end_matches('/').to_owned()),
            pack: written.pack.map(|pack| folder.join(pack)),
            certificate,
            proxy_elsewhere: written.proxy_elsewhere.unwrap_or(false),
            database,
            metrics: written.metrics,
            partners: partners::read(written.partner).map_err(wrong)?,
            stale_after_hours,
            providers: providers::read(written.provider, folder).map_err(wrong)?,
            mail: written.mail.map(|mail| mail::read(mail, folder)).transpose().map_err(wrong)?,
            ..plain
        })
    }

    /// Where the database and the keys lie.
    #[must_use]
    pub fn place(&self) -> Place {
        let usual = Place::under(&self.folder);
        match &self.database {
            Some(server) => Place { database: Database::Server(server.clone()), ..usual },
            None => usual,
        }
    }

    /// After how long without a word from any witness pages warn, in microseconds.
    #[must_use]
    pub fn stale_after_micros(&self) -> i64 {
        i64::from(self.stale_after_hours) * 3_600_000_000
    }

    /// Whether what travels to the program could be read on the way: its address is not of this machine alone, it has no certificate, and
    /// nobody said that something else protects it.
    #[must_use]
    pub fn is_in_the_open(&self) -> bool {
        !self.listen.ip().is_loopback()
            && self.certificate.is_none()
            && !(self.proxy_elsewhere && self.address.is_some())
    }

    /// Whether notices go out by e-mail.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// The address that people type, as it stands in a notice.
    #[must_use]
    pub fn public_address(&self) -> String {
        self.address.clone().unwrap_or_else(|| format!("http://{}", self.listen))
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

    /// The name of the cookie that a browser holds while its visitor signs in with an identity provider.
    #[must_use]
    pub fn provider_cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-sharewell-provider" } else { "sharewell-provider" }
    }

    /// The name of the cookie by which a browser is known again on which somebody has signed in before.
    #[must_use]
    pub fn device_cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-sharewell-device" } else { "sharewell-device" }
    }
}

/// What is wrong in the file and in which line, without quoting the line.
fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// Whether others on this machine may read the file.
pub(crate) fn is_exposed(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, mode: u32) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Config::read(folder.path())
    }

    #[test]
    fn one_line_chooses_the_database_and_its_password_is_never_said() {
        let line = "database = \"postgres://sharewell:s3cret@db.example/records?sslmode=verify-full\"";
        let config = written(line, 0o600).unwrap();
        assert_eq!(config.place().database.to_string(), "postgres://db.example:5432/records");
        assert!(!format!("{config:?}").contains("s3cret"));
        for (text, mode, word) in [
            (line, 0o644, "chmod 600"),
            ("database = \"mysql://sharewell:s3cret@db.example/records\"", 0o600, "postgres://"),
            ("database = \"postgres://sharewell:s3cret@db.example/records\"", 0o600, "sslmode=verify-full"),
            ("database = \"postgres://sharewell:s3cret@db.example/records\" nonsense", 0o600, "line 1"),
        ] {
            let refused = written(text, mode).unwrap_err();
            assert!(refused.to_string().contains(word), "{refused}");
            assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{text}");
        }
    }

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
    fn to_other_machines_there_is_tls_or_somebody_said_what_else_protects_it() {
        let address = "listen = \"0.0.0.0:8443\"\naddress = \"https://sharewell.example.org\"\n";
        let in_the_open = |more: &str| written(&format!("{address}{more}"), 0o600).unwrap().is_in_the_open();
        assert!(in_the_open("") && in_the_open("proxy_elsewhere = false"));
        assert!(!in_the_open("proxy_elsewhere = true"));
        assert!(!in_the_open("certificate = \"chain.pem\"\ncertificate_key = \"key.pem\""));
        assert!(!written("", 0o600).unwrap().is_in_the_open());
        assert!(written("listen = \"0.0.0.0:8080\"\nproxy_elsewhere = true", 0o600).unwrap().is_in_the_open());
        for half in ["certificate = \"chain.pem\"", "certificate_key = \"key.pem\""] {
            let refused = written(&format!("{address}{half}"), 0o600).unwrap_err();
            assert!(refused.to_string().contains("go together"), "{refused}");
        }
    }

    #[test]
    fn partners_are_read_and_what_is_wrong_with_one_is_said() {
        let key = ledger::note::Signer::from_seed("sharewell/1", &[1; 32]).unwrap().verifier_key().to_string();
        let partner = format!("[[partner]]\nname = \"Northmere Council\"\nledgers = [\"{key}\"]\n");
        let config = written(&format!("stale_after_hours = 6\n\n{partner}"), 0o644).unwrap();
        assert_eq!((config.partners.len(), config.stale_after_micros()), (1, 6 * 3_600_000_000));
        assert_eq!(written("", 0o644).unwrap().stale_after_hours, 24);
        for (text, words) in [
            (partner.replace("ledgers", "legders"), "legders"),
            (partner.replace("+A", "+B"), "“Northmere Council”"),
            ("stale_after_hours = 0".to_owned(), "at least 1"),
        ] {
            let refused = written(&text, 0o644).unwrap_err().to_string();
            assert!(refused.contains(FILE) && refused.contains(words), "{refused}");
        }
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "lisen = \"127.0.0.1:80\"").unwrap();
        assert!(Config::read(folder.path()).unwrap_err().to_string().contains("lisen"));
    }
}
