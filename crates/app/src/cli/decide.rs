//! `sharewell decide`: facts in, advice out.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use guidance::{CaseDocument, Pack};
use jiff::civil::Date;

use super::paper::Paper;
use super::{PackFolder, Stop, say};
use crate::actions::advise;
use crate::clock::Clock;

/// Advice on the facts of a case; nothing is stored
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Decide {
    /// A file with the facts (TOML); `-` reads standard input
    #[arg(value_name = "FACTS", required_unless_present = "template")]
    facts: Option<String>,
    /// Print every fact with its allowed values, to fill in
    #[arg(long, conflicts_with_all = ["facts", "on", "json"])]
    template: bool,
    /// The day whose law applies, like 2026-11-23 [default: the file's `on`, else today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Print the whole advice as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pack: PackFolder,
}

const EXAMPLES: &str = "\
Examples:
  sharewell decide --template > facts.toml
      Every fact there is. Take away the # before those you can answer.
  sharewell decide facts.toml
      What to do now, the answer, why, the law, and what would change it.
  sharewell decide facts.toml --on 2025-06-01
      The same under the law of another day.
  printf '[facts]\\nchild_disclosed = \"yes\"\\n' | sharewell decide - --json
      Facts from another program; the answer as JSON.

Ends with 0 whatever the advice is, and with 2 when a fact is wrong: the message names file, line and the nearest right name.";

impl Decide {
    pub(super) fn run(self) -> Result<(), Stop> {
        let pack = self.pack.load()?.pack;
        let Some(name) = self.facts.filter(|_| !self.template) else {
            return say(&guidance::template::template(&pack));
        };
        let mut document = read_case(&pack, &name)?;
        document.on = self.on.or(document.on);
        let advised = advise(&pack, document, Clock::passing().today())?;
        if self.json {
            return say(&serde_json::to_string_pretty(&advised.view).map_err(|error| Stop::Failed(error.to_string()))?);
        }
        say(&Paper::new(io::stdout().is_terminal()).advice(&advised.view))
    }
}

/// Reads a facts file; every fault in it is one line.
pub(super) fn read_case(pack: &Pack, name: &str) -> Result<CaseDocument, Stop> {
    let (shown, read) = if name == "-" {
        let mut text = String::new();
        ("standard input", io::stdin().read_to_string(&mut text).map(|_| text))
    } else {
        (name, fs::read_to_string(Path::new(name)))
    };
    let text = read.map_err(|error| Stop::Wrong(format!("{shown}: cannot be read: {error}")))?;
    match CaseDocument::from_toml(pack, shown, &text) {
        Ok((document, _)) => Ok(document),
        Err(faults) => Err(Stop::Wrong(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))),
    }
}
