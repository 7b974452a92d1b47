//! An export of a whole ledger, checked with nothing but public keys.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Write as _};
use std::path::Path;

use casework::Moment;
use ledger::export::{Exported, verify};
use ledger::key::VerifierKey;

use super::{count, keys, when};
use crate::cli::{Stop, say};

pub(super) fn verify_export(path: &Path, key: Option<&str>, witnesses: &[String]) -> Result<(), Stop> {
    let (key, witnesses) = keys(key, witnesses)?;
    let known: Vec<&VerifierKey> = witnesses.iter().collect();
    let shown = io::stderr().is_terminal();
    let mut progress = |entries: u64| {
        if shown {
            // Only to be looked at; what cannot be shown is not missed.
            let _ = write!(io::stderr(), "\r{entries} entries");
        }
    };
    let found = verify(BufReader::new(File::open(path)?), &key, &known, &mut progress);
    if shown {
        let _ = writeln!(io::stderr());
    }
    let found = found.map_err(|why| Stop::Failed(format!("{}: {why}.", path.display())))?;
    say(&in_words(&found))?;
    match found.findings.len() {
        0 => say("The export holds."),
        1 => Err(Stop::Failed("1 thing is wrong.".to_owned())),
        many => Err(Stop::Failed(format!("{many} things are wrong."))),
    }
}

fn in_words(found: &Exported) -> String {
    let names = if found.names.is_empty() { "no ledger of this key".to_owned() } else { found.names.join(", then ") };
    let mut text = format!(
        "Ledger {names}: {}, {}; the last that agrees covers {}.\n",
        count(found.entries, "entry", "entries"),
        count(found.checkpoints, "checkpoint", "checkpoints"),
        count(found.covered, "entry", "entries"),
    );
    if let Some((first, last)) = found.recorded {
        let [first, last] = [first, last].map(|at| when(Moment::from_micros(at)));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  Recorded from {first} to {last}, by the ledger’s own clock.");
    }
    for reached in &found.witnessed {
        let at = i64::try_from(reached.witness.time).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let (name, at) = (&reached.witness.name, when(Moment::from_micros(at)));
        let _ = writeln!(text, "  Witnessed up to entry {} by {name}, {at}: it existed by then.", reached.size);
    }
    if found.witnessed.is_empty() {
        text.push_str("  No witness that you named has signed it: that it is no newer than it says rests on the ledger’s key alone.\n");
    }
    for finding in &found.findings {
        let _ = writeln!(text, "  WRONG: {finding}.");
    }
    text
}
