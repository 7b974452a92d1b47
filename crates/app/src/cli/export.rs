//! `sharewell export`: the ledger of an organisation in one file, for whoever wants to check it without us.

use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;

use casework::OrganisationId;
use store::{ExportProgress, NotExported, export_ledger};

use super::serving::{DataFolder, runtime};
use super::verify::count;
use super::{Stop, say};
use crate::config::Config;

/// Write an organisation’s whole ledger to one file, for anybody to check
#[derive(Debug, clap::Args)]
#[command(after_help = EXPORT)]
pub(super) struct Export {
    #[command(flatten)]
    data: DataFolder,
    /// The new file
    #[arg(long, value_name = "FILE")]
    into: PathBuf,
    /// The organisation’s id, where there are several
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,
}

const EXPORT: &str = "\
Examples:
  sharewell export --data /srv/sharewell --into larkfield.ledger
  sharewell verify larkfield.ledger --key 'sharewell/0198…+3f2a…+AY…'

The file holds every entry of the ledger up to its newest checkpoint, and every checkpoint with its signatures: sizes, times, digests,
and nothing of what was recorded or about whom. Give it to an auditor, an inspector or a partner; whoever has it and the ledger’s key
checks all of it without you, and finds any receipt’s entry in it. Who kept one can later see that the database still continues it:

  sharewell verify /srv/sharewell --witness larkfield.ledger

It runs while Sharewell runs, and is checked as it is written. docs/ledger.md describes every line of it.";

impl Export {
    pub(super) fn run(self) -> Result<(), Stop> {
        let place = Config::read(&self.data.folder)?.place();
        let shown = io::stderr().is_terminal();
        let progress = |at: ExportProgress| {
            if shown {
                let (what, entries) = match at {
                    ExportProgress::Written(entries) => ("written", entries),
                    ExportProgress::Checked(entries) => ("checked", entries),
                };
                // Only to be looked at; what cannot be shown is not missed.
                let _ = write!(io::stderr(), "\r{what}: {entries} entries");
            }
        };
        let exported = runtime()?.block_on(export_ledger(&place, self.organisation, &self.into, progress));
        if shown {
            let _ = writeln!(io::stderr());
        }
        let exported = exported?;
        say(&format!(
            "Exported and checked: {} and {} of the ledger {} in {}.\nWhoever checks it needs the ledger’s key, which `sharewell witness \
             keys` prints: give it by another way than the file.",
            count(exported.entries, "entry", "entries"),
            count(exported.checkpoints, "checkpoint", "checkpoints"),
            exported.names.last().map_or("", String::as_str),
            self.into.display()
        ))
    }
}

impl From<NotExported> for Stop {
    fn from(why: NotExported) -> Self {
        match why {
            NotExported::NoOrganisation { .. } => Self::Wrong(format!("Say with --organisation which ledger: {why}.")),
            other => Self::Failed(format!("Nothing was exported: {other}.")),
        }
    }
}
