//! The identity providers of organisations, as `sharewell.toml` names them: where an organisation's members sign in with the account they
//! have already.
//!
//! They stand in a file and not in the database: whoever may say where members sign in could sign in as any of them.

use std::fmt;
use std::fs;
use std::path::Path;

use axum::http::Uri;
use casework::OrganisationId;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::config::is_exposed;
use crate::partners::is_this_machine;

/// The longest name of a provider, in characters.
const LONGEST_NAME: usize = 60;

/// How a provider says that an e-mail address belongs to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VouchedBy {
    /// `email_verified`, as OpenID Connect has it.
    #[default]
    EmailVerified,
    /// `xms_edov`, in place of it at Microsoft: whoever looks after the directory has proved that the address's domain is theirs.
    XmsEdov,
}

/// An organisation's identity provider.
#[derive(Clone)]
pub struct ProviderSettings {
    /// Its name within addresses here.
    pub id: String,
    /// Whose members sign in with it. Nobody else does.
    pub organisation: OrganisationId,
    /// What stands on the button, after "Sign in with".
    pub name: String,
    /// The provider's address, exactly as it names itself.
    pub issuer: String,
    /// What the provider calls this Sharewell.
    pub client_id: String,
    /// With what this Sharewell proves to the provider who it is.
    pub client_secret: Zeroizing<String>,
    /// The domains of e-mail addresses that the provider may speak for.
    pub domains: Vec<String>,
    /// How it says that an e-mail address belongs to the account.
    pub vouched_by: VouchedBy,
    /// Whether it is known to leave out when it asked somebody who they are. Else its word that they proved it again is not taken without.
    pub leaves_out_auth_time: bool,
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("id", &self.id)
            .field("organisation", &self.organisation)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl ProviderSettings {
    /// Whether the provider may speak for this e-mail address, spelt as it is compared.
    #[must_use]
    pub fn speaks_for(&self, email: &str) -> bool {
        email.rsplit_once('@').is_some_and(|(_, domain)| self.domains.iter().any(|ours| ours == domain))
    }
}

/// A provider as the file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenProvider {
    id: String,
    organisation: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret_file: std::path::PathBuf,
    domains: Vec<String>,
    #[serde(default)]
    vouched_by: VouchedBy,
    #[serde(default)]
    leaves_out_auth_time: bool,
}

/// The providers that the file names, or what is wrong with them, in words for whoever wrote it.
pub(crate) fn read(written: Vec<WrittenProvider>, folder: &Path) -> Result<Vec<ProviderSettings>, String> {
    let mut providers: Vec<ProviderSettings> = Vec::with_capacity(written.len());
    for one in written {
        let id = one.id.clone();
        let provider = read_one(one, folder).map_err(|wrong| format!("[[provider]] “{id}”: {wrong}"))?;
        if providers.iter().any(|earlier| earlier.id == provider.id) {
            return Err(format!("[[provider]] “{id}” is there twice: give each its own `id`."));
        }
        providers.push(provider);
    }
    Ok(providers)
}

fn read_one(written: WrittenProvider, folder: &Path) -> Result<ProviderSettings, String> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if written.id.is_empty() || written.id.len() > 40 || !written.id.chars().all(plain) {
        return Err("`id` is at most 40 small letters, digits and hyphens: it becomes part of an address.".to_owned());
    }
    let organisation = written.organisation.parse();
    let organisation = organisation.map_err(|_| {
        "`organisation` is an id: the name of the organisation’s file in the folder of keys.".to_owned()
    })?;
    let name = written.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("`name` is what stands on the button, in at most {LONGEST_NAME} characters."));
    }
    if !is_issuer(&written.issuer) {
        return Err("`issuer` is the whole address, https://…, as the provider names itself; http:// is taken for this machine alone.".to_owned());
    }
    if written.client_id.is_empty() {
        return Err("`client_id` is what the provider calls this Sharewell.".to_owned());
    }
    let domains: Vec<String> = written.domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
    let is_domain = |domain: &String| domain.contains('.') && !domain.contains(['@', ' ', '*', '/']);
    if domains.is_empty() || !domains.iter().all(is_domain) {
        return Err("`domains` are the ends of the organisation’s e-mail addresses, such as [\"larkfield.example\"]."
            .to_owned());
    }
    Ok(ProviderSettings {
        client_secret: secret(&folder.join(&written.client_secret_file))?,
        id: written.id,
        organisation,
        name,
        issuer: written.issuer,
        client_id: written.client_id,
        domains,
        vouched_by: written.vouched_by,
        leaves_out_auth_time: written.leaves_out_auth_time,
    })
}

fn is_issuer(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Some(host) = uri.host().filter(|host| !host.is_empty()) else { return false };
    let plain = uri.query().is_none() && !address.contains(['#', '@']);
    plain && (uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_this_machine(host)))
}

fn secret(file: &Path) -> Result<Zeroizing<String>, String> {
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| format!("`client_secret_file`: {} cannot be read: {error}.", file.display()))?;
    if is_exposed(file) {
        return Err(format!("`client_secret_file`: allow only its owner to read {} (chmod 600).", file.display()));
    }
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return Err(format!("`client_secret_file`: {} has nothing in its first line.", file.display()));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const GOOD: &str = "id = \"larkfield\"\norganisation = \"019a0000-0000-7000-8000-000000000001\"\nname = \"Larkfield’s account\"\nissuer = \"https://login.larkfield.example\"\nclient_id = \"sharewell\"\nclient_secret_file = \"secret\"\ndomains = [\"Larkfield.example\"]\n";

    fn written(text: &str, mode: u32) -> Result<Vec<ProviderSettings>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "s3cret-of-sharewell\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        read(vec![toml::from_str(text).map_err(|error| error.to_string())?], folder.path())
    }

    #[test]
    fn a_provider_is_read_with_its_secret_which_is_never_said() {
        let read = written(GOOD, 0o600).unwrap();
        assert_eq!(read[0].client_secret.as_str(), "s3cret-of-sharewell");
        assert!(!format!("{read:?}").contains("s3cret"));
        assert!(read[0].speaks_for("a.hart@larkfield.example"));
        for elsewhere in ["a.hart@evil.larkfield.example", "a.hart@larkfield.example.evil", "larkfield.example"] {
            assert!(!read[0].speaks_for(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_provider_is_said_in_words_without_its_secret() {
        for (from, to, mode, words) in [
            ("", "", 0o644, "chmod 600"),
            ("\"larkfield\"", "\"Larkfield School\"", 0o600, "small letters"),
            ("019a0000-", "Larkfield", 0o600, "folder of keys"),
            ("https://login", "http://login", 0o600, "https://"),
            ("https://login", "https://me@login", 0o600, "https://"),
            ("[\"Larkfield.example\"]", "[]", 0o600, "domains"),
            ("[\"Larkfield.example\"]", "[\"*.example\"]", 0o600, "domains"),
            ("\"secret\"", "\"elsewhere\"", 0o600, "cannot be read"),
            ("Larkfield’s account", " ", 0o600, "button"),
        ] {
            let refused = written(&GOOD.replace(from, to), mode).unwrap_err();
            assert!(refused.contains(words) && !refused.contains("s3cret"), "{refused}");
        }
    }
}
