//! `sharewell verify`: whether a database, a receipt, an export or a certificate of destruction is what was recorded.

mod exported;
mod witnesses;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use ledger::export;
use ledger::key::VerifierKey;
use ledger::receipt::{Proved, Receipt};
use store::{Database, Finding, InvalidServer, Progress, Verified};

use super::serving::runtime;
use super::{Stop, say};
use crate::certificate::{CertificateFile, Certified};
use crate::clock::in_london;
use crate::config::Config;
use crate::partners::Partner;

/// Check a database, a receipt, an export or a certificate of destruction, without a server
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY)]
pub(super) struct Verify {
    /// A data folder, a database file, a postgres:// address, a receipt (.tlog-proof), an export (.ledger), or a certificate of
    /// destruction (.json)
    target: String,
    /// The folder of keys: signatures and meanings are checked as well [default for a data folder: its own]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// The key of the ledger that the receipt, export or certificate is of; for a database, where the folder of keys is not at hand
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The key of a witness that you trust; for a database also the address of one, or a file with a checkpoint that it cosigned, or an
    /// earlier export; may be given again
    #[arg(long = "witness", value_name = "KEY|URL|FILE")]
    witnesses: Vec<String>,
    /// Ask every partner in the data folder's sharewell.toml what it witnessed, over the network
    #[arg(long)]
    ask_witnesses: bool,
}

const VERIFY: &str = "\
Examples:
  sharewell verify /srv/sharewell
  sharewell verify /srv/sharewell --ask-witnesses
  sharewell verify copy.db                       every stored byte against the ledger; no key needed
  sharewell verify copy.db --keys /safe/keys     signatures and meanings as well
  sharewell verify copy.db --keys /safe/keys --witness https://sharewell.northmere.example/witness/0198…
  sharewell verify receipt.tlog-proof --key 'sharewell/0198…+3f2a…+AY…'
  sharewell verify larkfield.ledger --key 'sharewell/0198…+3f2a…+AY…'
  sharewell verify destruction.json --key 'sharewell/0198…+3f2a…+AY…'

It ends with 0 when everything holds and with 1 when something is wrong, or is gone without the keys to say why; each line says what and
where. Whoever can put back the database and all that lies beside it, or has the keys and writes it anew, is found only by comparing with what
a witness saw: ask the witnesses, or give a file that a partner made with `sharewell witness checkpoint`. Sessions, passwords, drafts and the
times of checkpoints are outside the ledger, and are not checked. docs/ledger.md says how to check a receipt with others' tools.";

/// How a receipt begins.
const RECEIPT: &[u8] = b"c2sp.org/tlog-proof@";

/// How an SQLite database begins.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// A database to verify, and who is there to compare it with.
struct Target {
    database: Database,
    keys: Option<PathBuf>,
    partners: Vec<Partner>,
}

impl Verify {
    pub(super) fn run(self) -> Result<(), Stop> {
        let of = |database, keys| Target { database, keys, partners: Vec::new() };
        if self.target.contains("://") {
            let server = self
                .target
                .parse()
                .map_err(|why: InvalidServer| Stop::Wrong(format!("It cannot be verified: {why}.")))?;
            return self.verify_database(&of(Database::Server(server), self.keys.clone()));
        }
        let path = Path::new(&self.target);
        if path.is_dir() {
            let config = Config::read(path)?;
            let place = config.place();
            let keys = self.keys.clone().unwrap_or(place.keys);
            let target = Target { database: place.database, keys: Some(keys), partners: config.partners };
            return self.verify_database(&target);
        }
        let begins = fs::File::open(path).and_then(|mut file| {
            let mut first = [0; RECEIPT.len()];
            io::Read::read(&mut file, &mut first).map(|_| first)
        });
        let begins = begins.map_err(|error| Stop::Wrong(format!("{} cannot be read: {error}.", path.display())))?;
        if begins == export::FIRST_LINE.as_bytes()[..RECEIPT.len()] {
            return exported::verify_export(path, self.key.as_deref(), &self.witnesses);
        }
        if begins == RECEIPT {
            return verify_receipt(path, self.key.as_deref(), &self.witnesses);
        }
        if begins.first() == Some(&b'{') {
            return verify_certificate(path, self.key.as_deref(), &self.witnesses);
        }
        if !begins.starts_with(DATABASE) {
            return Err(Stop::Failed(format!(
                "{} is no database, receipt, export or certificate of Sharewell, or its beginning was changed.",
                path.display()
            )));
        }
        self.verify_database(&of(Database::File(path.to_owned()), self.keys.clone()))
    }

    fn verify_database(&self, target: &Target) -> Result<(), Stop> {
        let runtime = runtime()?;
        let seen =
            runtime.block_on(witnesses::seen(target, &self.witnesses, self.key.as_deref(), self.ask_witnesses))?;
        let shown = io::stderr().is_terminal();
        let progress = |at: Progress| {
            if shown {
                let (which, of) = at.organisation;
                // Only to be looked at; what cannot be shown is not missed.
                let _ = write!(io::stderr(), "\rorganisation {which} of {of}: {} rows", at.looked_at);
            }
        };
        let verifying = store::verify_against(&target.database, target.keys.as_deref(), &seen.against, progress);
        let verified = runtime.block_on(verifying)?;
        if shown {
            let _ = writeln!(io::stderr());
        }
        let mut wrong = 0;
        for one in &verified {
            let missing = seen.asked && one.shown.is_empty() && !one.findings.iter().any(Finding::is_a_witnesss);
            say(&(in_words(one, &target.partners) + if missing { NOT_COMPARED } else { "" }))?;
            wrong += one.findings.len() + usize::from(missing);
        }
        let untold: u64 = verified.iter().map(|one| one.untold).sum();
        match wrong {
            0 if untold > 0 => {
                let gone = count(untold, "entry", "entries");
                Err(Stop::Failed(format!(
                    "Nothing is found wrong, but not everything could be checked: the records of {gone} are gone, and whether they were \
                     destroyed by rule can be said with --keys only."
                )))
            }
            0 => say("Everything holds."),
            1 => Err(Stop::Failed("1 thing is wrong.".to_owned())),
            many => Err(Stop::Failed(format!("{many} things are wrong."))),
        }
    }
}

/// Whoever asks the witnesses must not take their silence for a yes.
const NOT_COMPARED: &str =
    "  WRONG: none of the witnesses asked knows this ledger, so that it could not be compared with what they saw.\n";

fn in_words(one: &Verified, partners: &[Partner]) -> String {
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
    for reached in &one.witnessed {
        let by = |partner: &&Partner| partner.witness.as_ref().is_some_and(|one| one.key.name() == reached.witness);
        let name = partners.iter().find(by).map_or(reached.witness.as_str(), |partner| partner.name.as_str());
        let at = reached.at.map(when).unwrap_or_default();
        let _ = writeln!(text, "  Witnessed up to entry {} by {name}, {at}.", reached.size);
    }
    for shown in &one.shown {
        let entries = count(shown.size, "entry", "entries");
        let _ = writeln!(text, "  It agrees with what {} saw: {entries}.", shown.witness);
    }
    if one.unknown_cosignatures > 0 {
        let signatures = count(one.unknown_cosignatures, "signature", "signatures");
        let _ = writeln!(text, "  Not checked, since their keys are not known here: {signatures} of witnesses.");
    }
    for finding in &one.findings {
        let _ = writeln!(text, "  WRONG: {finding}.");
    }
    text
}

/// "1 entry", "12 entries".
pub(super) fn count(number: u64, one: &str, several: &str) -> String {
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

fn read_key(text: &str) -> Result<VerifierKey, Stop> {
    let text = text.trim();
    VerifierKey::parse(text).map_err(|why| Stop::Wrong(format!("The key “{text}” cannot be read: {why}.")))
}

/// The ledger's key and those of the witnesses, as they were given.
fn keys(key: Option<&str>, witnesses: &[String]) -> Result<(VerifierKey, Vec<VerifierKey>), Stop> {
    let key = key.ok_or_else(|| {
        Stop::Wrong(
            "Give the ledger’s key with --key. Get it from the organisation itself, not with the file.".to_owned(),
        )
    })?;
    Ok((read_key(key)?, witnesses.iter().map(|text| read_key(text)).collect::<Result<_, _>>()?))
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
    if let Some(again) = certificate.again_at {
        let _ = writeln!(text, "Destroyed again {}, because a restored backup had brought it back.", when(again));
    }
    let _ = writeln!(
        text,
        "What existed was entered in the ledger: {} records, {} versions, at {}.",
        certificate.existed.len(),
        numbers.len(),
        if numbers.is_empty() { "no entry".to_owned() } else { numbers.join(", ") }
    );
    text.push_str(&witnessed_in_words(&certified.own));
    let _ = writeln!(
        text,
        "Said by the file, and not proved: the organisation’s name, {}, and the job of who decided it, {}.",
        file.organisation, file.decided_by_job
    );
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
        proved.index + 1,
        proved.origin,
        when(casework::Moment::from_micros(proved.entry.recorded_at)),
        proved.size
    );
    found + &witnessed_in_words(proved)
}

/// A point in time as clocks in Europe/London show it.
pub(super) fn when(moment: casework::Moment) -> String {
    let local = in_london(moment);
    format!(
        "{} at {:02}:{:02}:{:02} (London)",
        guidance::words::date_in_words(local.date()),
        local.hour(),
        local.minute(),
        local.second()
    )
}
