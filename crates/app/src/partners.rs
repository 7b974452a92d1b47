//! Partners outside the installation, as `sharewell.toml` names them: whose ledgers are witnessed here, and who witnesses ours.
//!
//! They stand in a file beside the keys and not in the database, since they are what the database is checked against.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Scheme;
use ledger::key::{Kind, VerifierKey};
use serde::Deserialize;

/// The longest name of a partner, in characters.
const LONGEST_NAME: usize = 100;

/// An organisation that runs a Sharewell, or another witness, of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// What people call it.
    pub name: String,
    /// The keys of its ledgers, which every organisation of this installation witnesses for it.
    pub ledgers: Vec<VerifierKey>,
    /// How it witnesses our ledgers.
    pub witness: Option<Witness>,
}

/// A partner's witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The key that it cosigns with.
    pub key: VerifierKey,
    /// Where it is asked.
    pub address: WitnessAddress,
}

/// Where a witness is asked: both prefixes of C2SP `tlog-witness`. Always over TLS, except on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAddress {
    prefix: String,
    encrypted: bool,
}

/// Why a text is no address of a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not an address of the web.
    #[error("write the whole address, https://…, as your partner gave it")]
    Malformed,
    /// It would travel in the open.
    #[error("an address begins with https://; http:// is taken for this machine alone")]
    Open,
}

impl WitnessAddress {
    /// Whether it is asked over TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The address of what stands below the prefix. `None` if that is no address.
    #[must_use]
    pub fn below(&self, path: &str) -> Option<Uri> {
        format!("{}/{path}", self.prefix).parse().ok()
    }
}

impl FromStr for WitnessAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let uri: Uri = text.parse().map_err(|_| InvalidAddress::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(InvalidAddress::Malformed);
        };
        if authority.as_str().contains('@')
            || authority.host().is_empty()
            || uri.query().is_some()
            || text.contains('#')
        {
            return Err(InvalidAddress::Malformed);
        }
        let encrypted = *scheme == Scheme::HTTPS;
        if !encrypted && (*scheme != Scheme::HTTP || !is_this_machine(authority.host())) {
            return Err(InvalidAddress::Open);
        }
        Ok(Self { prefix: text.trim_end_matches('/').to_owned(), encrypted })
    }
}

impl fmt::Display for WitnessAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)
    }
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A partner as the file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenPartner {
    name: String,
    #[serde(default)]
    ledgers: Vec<String>,
    witness: Option<String>,
    address: Option<String>,
}

/// The partners that the file names, or what is wrong with them, in words for whoever wrote it.
pub(crate) fn read(written: Vec<WrittenPartner>) -> Result<Vec<Partner>, String> {
    let mut partners: Vec<Partner> = Vec::with_capacity(written.len());
    for one in written {
        let name = one.name.trim().to_owned();
        let partner = read_one(&one).map_err(|wrong| format!("[[partner]] “{name}”: {wrong}"))?;
        for earlier in &partners {
            if earlier.name == partner.name {
                return Err(format!("[[partner]] “{name}” is there twice: give each its own name."));
            }
            let key = |one: &Partner| one.witness.as_ref().map(|witness| witness.key.name().to_owned());
            let ledger =
                partner.ledgers.iter().find(|ledger| earlier.ledgers.iter().any(|l| l.name() == ledger.name()));
            if ledger.is_some() || (key(&partner).is_some() && key(earlier) == key(&partner)) {
                return Err(format!("[[partner]] “{name}” has a key that “{}” has, too.", earlier.name));
            }
        }
        partners.push(partner);
    }
    Ok(partners)
}

fn read_one(written: &WrittenPartner) -> Result<Partner, String> {
    let name = written.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("`name` is what people call the partner, in at most {LONGEST_NAME} characters."));
    }
    let mut ledgers: Vec<VerifierKey> = Vec::new();
    for text in &written.ledgers {
        let key = key(text, Kind::Note).map_err(|wrong| format!("`ledgers`: {wrong}"))?;
        if ledgers.iter().any(|earlier| earlier.name() == key.name()) {
            return Err(format!("`ledgers`: {} is there twice.", key.name()));
        }
        ledgers.push(key);
    }
    let witness = match (&written.witness, &written.address) {
        (Some(text), Some(address)) => {
            let key = key(text, Kind::Cosignature).map_err(|wrong| format!("`witness`: {wrong}"))?;
            let address = address.trim().parse().map_err(|wrong: InvalidAddress| format!("`address`: {wrong}."))?;
            Some(Witness { key, address })
        }
        (None, None) => None,
        _ => return Err("`witness` (its key) and `address` (where it is asked) belong together.".to_owned()),
    };
    if ledgers.is_empty() && witness.is_none() {
        return Err("give `ledgers`, to witness them, or `witness` and `address`, to have ours witnessed.".to_owned());
    }
    Ok(Partner { name, ledgers, witness })
}

fn key(text: &str, kind: Kind) -> Result<VerifierKey, String> {
    let key = VerifierKey::parse(text.trim()).map_err(|why| format!("{why}."))?;
    match (kind, key.kind()) {
        (Kind::Note, Kind::Cosignature) => Err(format!("{} is the key of a witness, not of a ledger.", key.name())),
        (Kind::Cosignature, Kind::Note) => Err(format!("{} is the key of a ledger, not of a witness.", key.name())),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use ledger::cosignature::Cosigner;
    use ledger::note::Signer;

    use super::*;

    #[test]
    fn a_witness_is_asked_over_tls_except_on_this_machine() {
        for good in [
            "https://witness.example",
            "https://witness.example:8443/a/b/",
            "http://127.0.0.1:8080/witness/1",
            "http://[::1]:9/w",
            "http://localhost/w",
        ] {
            let address: WitnessAddress = good.parse().unwrap();
            assert_eq!(address.is_encrypted(), good.starts_with("https"), "{good}");
            let below = address.below("add-checkpoint").unwrap().to_string();
            assert_eq!(below, format!("{}/add-checkpoint", good.trim_end_matches('/')));
        }
        for (wrong, why) in [
            ("http://witness.example/w", InvalidAddress::Open),
            ("http://127.0.0.1.witness.example/w", InvalidAddress::Open),
            ("http://10.0.0.1/w", InvalidAddress::Open),
            ("ftp://127.0.0.1/w", InvalidAddress::Open),
            ("https://user:secret@witness.example/w", InvalidAddress::Malformed),
            ("http://127.0.0.1@witness.example/w", InvalidAddress::Malformed),
            ("https://witness.example/w?log=1", InvalidAddress::Malformed),
            ("https://witness.example/w#part", InvalidAddress::Malformed),
            ("witness.example/w", InvalidAddress::Malformed),
            ("/w", InvalidAddress::Malformed),
            ("", InvalidAddress::Malformed),
        ] {
            assert_eq!(wrong.parse::<WitnessAddress>(), Err(why), "{wrong}");
        }
    }

    fn from(text: &str) -> Result<Vec<Partner>, String> {
        #[derive(Deserialize)]
        struct File {
            partner: Vec<WrittenPartner>,
        }
        read(toml::from_str::<File>(text).unwrap().partner)
    }

    #[test]
    fn what_is_wrong_with_a_partner_is_said_with_its_name() {
        let ledger = Signer::from_seed("sharewell/1", &[1; 32]).unwrap().verifier_key().to_string();
        let witness = Cosigner::from_seed("sharewell/1/witness", &[2; 32]).unwrap().verifier_key().to_string();
        let at = "address = \"https://w.example\"";
        let partner = |lines: &str| format!("[[partner]]\nname = \"Northmere\"\n{lines}\n");
        let whole = partner(&format!("ledgers = [\"{ledger}\"]\nwitness = \"{witness}\"\n{at}"));
        let read = from(&whole).unwrap();
        assert_eq!((read[0].name.as_str(), read[0].ledgers.len()), ("Northmere", 1));
        assert_eq!(read[0].witness.as_ref().unwrap().address.to_string(), "https://w.example");
        for (text, words) in [
            (partner(""), "give `ledgers`"),
            (partner(&format!("ledgers = [\"{witness}\"]")), "is the key of a witness"),
            (partner(&format!("witness = \"{ledger}\"\n{at}")), "is the key of a ledger"),
            (partner(&format!("witness = \"{witness}\"")), "belong together"),
            (partner(at), "belong together"),
            (partner(&format!("witness = \"{witness}\"\naddress = \"http://w.example\"")), "https://"),
            (partner("ledgers = [\"sharewell/1+00000000+AQ==\"]"), "`ledgers`"),
            (partner(&format!("ledgers = [\"{ledger}\", \"{ledger}\"]")), "twice"),
            (whole.clone() + &whole, "there twice"),
            (whole.clone() + &whole.replace("Northmere", "Southmere"), "that “Northmere” has, too"),
            (whole.replace("Northmere", " "), "`name`"),
        ] {
            let refused = from(&text).unwrap_err();
            assert!(refused.starts_with("[[partner]] “") && refused.contains(words), "{refused}");
        }
    }
}
