//! `sharewell verify`: whether a database, a receipt or a certificate of destruction is what was recorded.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use ledger::key::VerifierKey;
use ledger::receipt::{Proved, Receipt};
use store::{Database, InvalidServer, Progress, Verified};

use super::serving::runtime;
use super::{Stop, say};
use crate::certificate::{CertificateFile, Certified};
use crate::clock::in_london;

/// Check a database, a receipt or a certificate of destruction, without a server
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY)]
pub(super) struct Verify {
    /// A data folder, a database file, a postgres:// address, a receipt (.tlog-proof), or a certificate of destruction (.json)
    target: String,
    /// The folder of keys: signatures and meanings are checked as well [default for a data folder: its own]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The key of the ledger that the receipt or certificate is of
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The key of a witness that you trust; may be given again
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<String>,
}

const VERIFY: &str = "\
Examples:
  sharewell verify /srv/sharewell
  sharewell verify copy.db                       every stored byte against the ledger; no key needed
  sharewell verify copy.db --keys /safe/keys     signatures and meanings as well
  sharewell verify receipt.tlog-proof --key 'sharewell/0198…+3f2a…+AY…'
  sharewell verify destruction.json --key 'sharewell/0198…+3f2a…+AY…'

It ends with 0 when everything holds and with 1 when something is wrong; each line says what and where. Sessions, passwords, drafts and
the times of checkpoints are outside the ledger, and are not checked. docs/ledger.md says how to check a receipt with others' tools.";

/// How a receipt begins.
const RECEIPT: &[u8] = b"c2sp.org/tlog-proof@";

impl Verify {
    pub(super) fn run(self) -> Result<(), Stop> {
        if self.target.contains("://") {
            let server = self
                .target
                .parse()
                .map_err(|why: InvalidServer| Stop::Wrong(format!("It cannot be verified: {why}.")))?;
            return verify_database(&Database::Server(server), self.keys.as_deref());
        }
        let path = Path::new(&self.target);
        if path.is_dir() {
            let keys = self.keys.unwrap_or_else(|| path.join("keys"));
            return verify_database(&store::Place::under(path).database, Some(&keys));
        }
        let begins = fs::File::open(path).and_then(|mut file| {
            let mut first = [0; RECEIPT.len()];
            io::Read::read(&mut file, &mut first).map(|_| first)
        });
        let begins = begins.map_err(|error| Stop::Wrong(format!("{} cannot be read: {error}.", path.display())))?;
        if begins == RECEIPT {
            return verify_receipt(path, self.key.as_deref(), &self.witnesses);
        }
        if begins.first() == Some(&b'{') {
            return verify_certificate(path, self.key.as_deref(), &self.witnesses);
        }
        verify_database(&Database::File(path.to_owned()), self.keys.as_deref())
    }
}

fn verify_database(database: &Database, keys: Option<&Path>) -> Result<(), Stop> {
    let shown = io::stderr().is_terminal();
    let progress = |at: Progress| {
        if shown {
            let (which, of) = at.organisation;
            // Only to be looked at; what cannot be shown is not missed.
            let _ = write!(io::stderr(), "\rorganisation {which} of {of}: {} rows", at.looked_at);
        }
    };
    let verified = runtime()?.block_on(store::verify(database, keys, progress))?;
    if shown {
        let _ = writeln!(io::stderr());
    }
    let mut wrong = 0;
    for one in &verified {
        say(&in_words(one))?;
        wrong += one.findings.len();
    }
    match wrong {
        0 => say("Everything holds."),
        1 => Err(Stop::Failed("1 thing is wrong.".to_owned())),
        many => Err(Stop::Failed(format!("{many} things are wrong."))),
    }
}

fn in_words(one: &Verified) -> String {
    let (checkpoints, covered) = one.checkpoints;
    let mut text = format!(
        "Organisation {}: {}, {} of records, {}; the last that agrees covers {}.\n",
        one.organisation,
        count(one.entries, "entry", "entries"),
        count(one.versions, "version", "versions"),
        count(checkpoints, "checkpoint", "checkpoints"),
        count(covered, "entry", "entries"),
    );
    if one.gone > 0 {
        let certificates = count(one.destructions, "certificate of destruction", "certificates of destruction");
        let known = if one.with_keys { "" } else { " Whether they name what is gone can be said with --keys only." };
        let gone = count(one.gone, "entry", "entries");
        let _ = writeln!(text, "  The records of {gone} are gone; {certificates} here.{known}");
    }
    if !one.with_keys {
        text.push_str("  Signatures and meanings were not checked: give --keys for that.\n");
    }
    for finding in &one.findings {
        let _ = writeln!(text, "  WRONG: {finding}.");
    }
    text
}

/// "1 entry", "12 entries".
fn count(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn verify_receipt(path: &Path, key: Option<&str>, witnesses: &[String]) -> Result<(), Stop> {
    let cannot = |why: &dyn std::fmt::Display| Stop::Wrong(format!("{}: {why}.", path.display()));
    let receipt = Receipt::parse(&fs::read(path)?).map_err(|why| cannot(&why))?;
    let (key, witnesses) = keys(key, witnesses)?;
    let entry = receipt.extra().ok_or_else(|| cannot(&"the receipt carries no entry"))?;
    let known: Vec<&VerifierKey> = witnesses.iter().collect();
    match receipt.verify(entry, &key, &known) {
        Ok(proved) => say(&proved_in_words(&proved)),
        Err(why) => Err(Stop::Failed(format!("The receipt does not hold: {why}."))),
    }
}

/// The ledger's key and those of the witnesses, as they were given.
fn keys(key: Option<&str>, witnesses: &[String]) -> Result<(VerifierKey, Vec<VerifierKey>), Stop> {
    let read = |text: &str| {
        VerifierKey::parse(text.trim())
            .map_err(|why| Stop::Wrong(format!("The key “{}” cannot be read: {why}.", text.trim())))
    };
    let key = key.ok_or_else(|| {
        Stop::Wrong(
            "Give the ledger’s key with --key. Get it from the organisation itself, not with the file.".to_owned(),
        )
    })?;
    Ok((read(key)?, witnesses.iter().map(|text| read(text)).collect::<Result<_, _>>()?))
}

/// The longest certificate that is read, in bytes: some 50,000 entries.
const LONGEST_CERTIFICATE: u64 = 256 * 1024 * 1024;

fn verify_certificate(path: &Path, key: Option<&str>, witnesses: &[String]) -> Result<(), Stop> {
    if fs::metadata(path)?.len() > LONGEST_CERTIFICATE {
        return Err(Stop::Wrong(format!("{} is too long for a certificate.", path.display())));
    }
    let file: CertificateFile = serde_json::from_slice(&fs::read(path)?).map_err(|why| {
        // Where it is wrong, and not what stands there: it may be another file altogether.
        let at = format!("line {}, column {}", why.line(), why.column());
        Stop::Wrong(format!("{} is no certificate of destruction: it cannot be read at {at}.", path.display()))
    })?;
    let (key, witnesses) = keys(key, witnesses)?;
    let known: Vec<&VerifierKey> = witnesses.iter().collect();
    match file.verify(&key, &known) {
        Ok(certified) => say(&certified_in_words(&file, &certified)),
        Err(why) => Err(Stop::Failed(format!("The certificate does not hold: {why}."))),
    }
}

fn certified_in_words(file: &CertificateFile, certified: &Certified) -> String {
    let certificate = &file.certificate;
    let numbers: Vec<String> = certified.numbers.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "The certificate {} holds. The ledger {} holds it as entry {}, recorded {}.\n",
        certificate.id,
        certified.own.origin,
        certified.own.index + 1,
        when(casework::Moment::from_micros(certified.own.entry.recorded_at))
    );
    let _ = writeln!(
        text,
        "Destroyed {} under: {} ({}).",
        when(certificate.decided_at),
        certificate.rule,
        certificate.ground
    );
    let _ = writeln!(
        text,
        "What existed was entered in the ledger: {} records, {} versions, at {}.",
        certificate.existed.len(),
        numbers.len(),
        if numbers.is_empty() { "no entry".to_owned() } else { numbers.join(", ") }
    );
    text.push_str(&witnessed_in_words(&certified.own));
    text
}

fn witnessed_in_words(proved: &Proved) -> String {
    let at = |seconds: u64| {
        let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        when(casework::Moment::from_micros(micros))
    };
    let mut text = String::new();
    for witness in &proved.witnesses {
        let _ = writeln!(text, "Witnessed by {} {}: it existed by then.", witness.name, at(witness.time));
    }
    if proved.witnesses.is_empty() {
        text.push_str("No witness that you named has signed it: that it is no newer than it says rests on the ledger’s key alone.\n");
    }
    text
}

fn proved_in_words(proved: &Proved) -> String {
    let found = format!(
        "The receipt holds: entry {} of the ledger {}, recorded {} by the ledger’s own clock, in a tree of {} entries.\n",
        proved.index,
        proved.origin,
        when(casework::Moment::from_micros(proved.entry.recorded_at)),
        proved.size
    );
    found + &witnessed_in_words(proved)
}

/// A point in time as clocks in Europe/London show it.
fn when(moment: casework::Moment) -> String {
    let local = in_london(moment);
    format!(
        "{} at {:02}:{:02}:{:02} (London)",
        guidance::words::date_in_words(local.date()),
        local.hour(),
        local.minute(),
        local.second()
    )
}
