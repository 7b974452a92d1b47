//! Notices by e-mail: how `sharewell.toml` says that they are sent, and sending one. A notice says that something waits and where to look, and
//! nothing of whom it is about; the one thing in it that is anybody's is the address that it goes to.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use casework::{Mail, Moment, Notice};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::config::is_exposed;
use crate::partners::is_this_machine;

/// The longest that a mail server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the connection to the mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// It begins in the open and goes on over TLS, or not at all.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: for a mail server on this machine alone.
    None,
}

/// The mail server through which notices go.
#[derive(Clone)]
pub struct MailSettings {
    host: String,
    port: u16,
    tls: MailTls,
    from: Mailbox,
    /// Who we are to the server.
    account: Option<(String, Zeroizing<String>)>,
    /// An authority of one's own that the server's certificate comes from, beside those that this machine trusts.
    authority: Option<Vec<u8>>,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// How a certificate in PEM begins (RFC 7468).
const PEM_BEGINS: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The mail server as the file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenMail {
    server: String,
    tls: MailTls,
    from: String,
    username: Option<String>,
    password_file: Option<PathBuf>,
    authority_file: Option<PathBuf>,
}

/// The settings, or what is wrong with them, in words for whoever wrote them.
pub(crate) fn read(written: WrittenMail, folder: &Path) -> Result<MailSettings, String> {
    read_one(written, folder).map_err(|wrong| format!("[mail]: {wrong}"))
}

fn read_one(written: WrittenMail, folder: &Path) -> Result<MailSettings, String> {
    let usual = match written.tls {
        MailTls::Starttls => 587,
        MailTls::Tls => 465,
        MailTls::None => 25,
    };
    let (host, port) = match written.server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| "`server` is a name, or a name and a port.".to_owned())?),
        None => (written.server.as_str(), usual),
    };
    if host.is_empty() || host.contains(['/', '@', ' ', ':']) {
        return Err("`server` is a name, or a name and a port, such as \"smtp.larkfield.example:587\".".to_owned());
    }
    if written.tls == MailTls::None && !is_this_machine(host) {
        return Err("`tls` is \"starttls\" or \"tls\"; \"none\" is for a mail server on this machine alone.".to_owned());
    }
    let from: Mailbox =
        written.from.parse().map_err(|_| "`from` is the e-mail address that notices come from.".to_owned())?;
    let account = match (written.username, written.password_file) {
        (Some(name), Some(file)) => Some((name, secret(&folder.join(file))?)),
        (None, None) => None,
        _ => return Err("`username` and `password_file` go together.".to_owned()),
    };
    let authority = written.authority_file.map(|file| {
        let path = folder.join(file);
        let read = fs::read(&path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
        // A file without any certificate would be taken for none.
        let any = read.windows(PEM_BEGINS.len()).any(|part| part == PEM_BEGINS);
        match Certificate::from_pem(&read) {
            Ok(_) if any => Ok(read),
            _ => Err(format!("{}: this is no certificate in PEM.", path.display())),
        }
    });
    Ok(MailSettings { host: host.to_owned(), port, tls: written.tls, from, account, authority: authority.transpose()? })
}

fn secret(path: &Path) -> Result<Zeroizing<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    let text = Zeroizing::new(text);
    if is_exposed(path) {
        return Err(format!("{}: allow only its owner to read it (chmod 600).", path.display()));
    }
    match text.trim() {
        "" => Err(format!("{}: it is empty; it holds the password and nothing else.", path.display())),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

/// Why a notice was not sent, without a word of what the server said: it may have quoted the address.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The member's address is none that mail goes to.
    #[error("this is no address that mail goes to")]
    Address,
    /// The notice or the connection cannot be made.
    #[error("the connection cannot be set up")]
    SetUp,
    /// The server did not take it.
    #[error("the mail server did not take it: {kind}{}", status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default())]
    NotTaken {
        /// How.
        kind: &'static str,
        /// The status that it answered with.
        status: Option<String>,
    },
}

/// Says to machines that nobody wrote this by hand (RFC 3834), so that none answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What a notice says. `when` is as people say it, `times` how often it happened so far, `address` where this Sharewell is.
pub(crate) fn words(notice: Notice, when: &str, times: usize, address: &str) -> (&'static str, String) {
    let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let end = "This message says nothing of whom it is about. Nobody reads an answer to it.";
    match notice {
        Notice::EmergencyBegan => (
            "Emergency access began",
            format!("Emergency access began at {when}.\n\nSign in to look: {address}/oversight\n\n{end}\n"),
        ),
        Notice::NobodyToReview => (
            "Emergency access began, and nobody may look at it",
            format!(
                "Emergency access began at {when}, and nobody in your organisation may look at it.\n\n\
                 Sign in and name a Caldicott Guardian: {address}/organisation/responsible\n\n{end}\n"
            ),
        ),
        Notice::EmergencyAgain => (
            "Emergency access began again",
            format!(
                "The same member began emergency access {often} within an hour.\n\
                 The first began at {when}. Each is listed.\n\n\
                 Sign in to look: {address}/oversight/emergency\n\n{end}\n"
            ),
        ),
        Notice::NobodyToReviewAgain => (
            "Emergency access began again, and nobody may look at it",
            format!(
                "The same member began emergency access {often} within an hour, and nobody\n\
                 in your organisation may look at it. The first began at\n{when}.\n\n\
                 Sign in and name a Caldicott Guardian: {address}/organisation/responsible\n\n{end}\n"
            ),
        ),
    }
}

impl MailSettings {
    /// Sends a notice to this address. The mail carries the notice's own id, so that one that is sent again can be told.
    ///
    /// # Errors
    /// When it was not taken.
    pub async fn send(&self, mail: &Mail, to: &str, text: (&str, String), now: Moment) -> Result<(), MailError> {
        let to: Mailbox = to.parse().map_err(|_| MailError::Address)?;
        let domain = self.from.email.domain();
        let sent_at = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.micros()).unwrap_or_default());
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(text.0)
            .date(sent_at)
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text.1)
            .map_err(|_| MailError::SetUp)?;
        let refused = |error: lettre::transport::smtp::Error| MailError::NotTaken {
            kind: match () {
                () if error.is_timeout() => "it did not answer in time",
                () if error.is_tls() => "no TLS came about",
                () if error.is_permanent() => "it refused",
                () if error.is_transient() => "not now",
                () => "it could not be reached, or its answer not read",
            },
            status: error.status().map(|status| status.to_string()),
        };
        self.transport()?.send(message).await.map(drop).map_err(refused)
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
        let tls = || -> Result<TlsParameters, MailError> {
            let mut tls = TlsParameters::builder(self.host.clone());
            if let Some(authority) = &self.authority {
                tls = tls.add_root_certificate(Certificate::from_pem(authority).map_err(|_| MailError::SetUp)?);
            }
            tls.build_rustls().map_err(|_| MailError::SetUp)
        };
        let tls = match self.tls {
            MailTls::Starttls => Tls::Required(tls()?),
            MailTls::Tls => Tls::Wrapper(tls()?),
            MailTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .timeout(Some(PATIENCE))
            .tls(tls);
        if let Some((name, password)) = &self.account {
            transport = transport.credentials(Credentials::new(name.clone(), password.to_string()));
        }
        Ok(transport.build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn written(text: &str, mode: u32) -> Result<MailSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("smtp.password");
        fs::write(&password, "s3cret\n").unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(mode)).unwrap();
        fs::write(folder.path().join("no.pem"), "no certificate").unwrap();
        read(toml::from_str(text).map_err(|error| error.to_string())?, folder.path())
    }

    const PLAIN: &str =
        "server = \"smtp.larkfield.example\"\ntls = \"starttls\"\nfrom = \"sharewell@larkfield.example\"\n";

    #[test]
    fn a_mail_server_is_reached_over_tls_and_its_password_is_never_said() {
        let account = format!("{PLAIN}username = \"sharewell\"\npassword_file = \"smtp.password\"\n");
        let settings = written(&account, 0o600).unwrap();
        assert_eq!((settings.host.as_str(), settings.port), ("smtp.larkfield.example", 587));
        assert!(!format!("{settings:?}").contains("s3cret"));
        assert_eq!(written(&PLAIN.replace("starttls", "tls"), 0o600).unwrap().port, 465);
        let here = PLAIN.replace("starttls", "none").replace("smtp.larkfield.example", "127.0.0.1:2525");
        assert_eq!(written(&here, 0o600).unwrap().port, 2525);
        for (text, mode, word) in [
            (account.clone(), 0o644, "chmod 600"),
            (PLAIN.replace("starttls", "none"), 0o600, "on this machine alone"),
            (PLAIN.replace("smtp.larkfield.example", "https://smtp.larkfield.example"), 0o600, "`server`"),
            (PLAIN.replace("sharewell@larkfield.example", "Sharewell"), 0o600, "`from`"),
            (format!("{PLAIN}username = \"sharewell\"\n"), 0o600, "go together"),
            (format!("{PLAIN}password = \"s3cret\"\n"), 0o600, "password"),
            (format!("{PLAIN}authority_file = \"no.pem\"\n"), 0o600, "no certificate"),
            (account.replace("smtp.password", "nowhere"), 0o600, "cannot be read"),
        ] {
            let refused = written(&text, mode).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
    }

    #[test]
    fn a_notice_says_when_and_where_to_look_and_nothing_else() {
        let (subject, text) =
            words(Notice::EmergencyBegan, "2:12am on 30 November 2026", 1, "https://sharewell.example");
        assert_eq!(subject, "Emergency access began");
        assert!(text.starts_with("Emergency access began at 2:12am on 30 November 2026.\n"), "{text}");
        assert!(text.contains("Sign in to look: https://sharewell.example/oversight\n"), "{text}");
        for notice in [Notice::NobodyToReview, Notice::NobodyToReviewAgain] {
            let (_, text) = words(notice, "2:12am on 30 November 2026", 2, "https://sharewell.example");
            assert!(text.contains("https://sharewell.example/organisation/responsible\n"), "{text}");
        }
        let (_, text) = words(Notice::EmergencyAgain, "2:12am on 30 November 2026", 7, "https://sharewell.example");
        let several = "began emergency access 7 times within an hour.\nThe first began at 2:12am on 30 November 2026.";
        assert!(text.contains(several) && text.contains("https://sharewell.example/oversight/emergency\n"), "{text}");
    }
}
