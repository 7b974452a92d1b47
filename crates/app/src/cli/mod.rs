//! The command line: `sharewell --help` teaches it.

mod decide;
mod destroy;
mod export;
mod guidance;
mod install;
mod keeping;
mod key;
mod member;
mod paper;
mod serving;
mod verify;
mod witness;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The exit code when what was written is wrong: a fact, a file, an option.
const WRONG: u8 = 2;

/// Whether, what, with whom and how to share information to keep children and adults safe, and a record of why.
#[derive(Debug, Parser)]
#[command(name = "sharewell", version, after_help = EXAMPLES, max_term_width = 100)]
struct Sharewell {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Try it:
  sharewell demo                              an invented story in the browser, nothing to set up
  sharewell decide --template > facts.toml    the facts of a decision, to fill in
  sharewell decide facts.toml                 the advice on them
  sharewell guidance search bruise            the guidance and the law, in plain words

In danger ring 999 first. Sharewell helps you think; it is not legal advice.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Advice on the facts of a case; nothing is stored
    Decide(decide::Decide),
    /// Read, search, draw, check and replay the guidance
    #[command(subcommand)]
    Guidance(guidance::Guidance),
    /// Set up a new installation with its first organisation and administrator
    Init(install::Init),
    /// Check a database, a receipt, an export or a certificate of destruction, without a server
    Verify(verify::Verify),
    /// Serve an installation
    Serve(serving::Serve),
    /// Back up the records and, apart from them, the keys, while Sharewell runs
    Backup(keeping::Backup),
    /// Restore a backup into a new folder
    Restore(keeping::Restore),
    /// Write an organisation’s whole ledger to one file, for anybody to check
    Export(export::Export),
    /// Look after the keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Let a member in again who has nobody to ask
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Have partners witness the ledgers, and witness theirs
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Destroy for good what is kept about a person
    Destroy(destroy::Destroy),
    /// Hold records, so that nobody destroys them
    #[command(subcommand)]
    Hold(destroy::HoldCommand),
    /// Open the invented story, to look around
    Demo(serving::Demo),
}

/// Why a command ended early.
#[derive(Debug)]
enum Stop {
    /// What was written is wrong; each line says where and what to do.
    Wrong(String),
    /// It could not be done.
    Failed(String),
    /// Whoever read the output has stopped reading, as `head` does.
    NobodyReads,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::NobodyReads } else { Self::Failed(error.to_string()) }
    }
}

impl From<crate::packs::PackError> for Stop {
    fn from(error: crate::packs::PackError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<crate::config::ConfigError> for Stop {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<store::StoreError> for Stop {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<casework::DestroyRefused> for Stop {
    fn from(refused: casework::DestroyRefused) -> Self {
        Self::Failed(refused.to_string())
    }
}

impl From<store::BackupError> for Stop {
    fn from(error: store::BackupError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<crate::AppError> for Stop {
    fn from(error: crate::AppError) -> Self {
        use std::error::Error;
        match &error {
            crate::AppError::Invalid(_) => Self::Wrong(error.to_string()),
            _ => Self::Failed(error.source().map_or_else(|| error.to_string(), ToString::to_string)),
        }
    }
}

/// Runs the program on the arguments it was started with.
#[must_use]
pub fn run() -> ExitCode {
    let ended = match Sharewell::parse().command {
        Command::Decide(decide) => decide.run(),
        Command::Guidance(guidance) => guidance.run(),
        Command::Init(init) => init.run(),
        Command::Verify(verify) => verify.run(),
        Command::Serve(serve) => serve.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Export(export) => export.run(),
        Command::Key(key) => key.run(),
        Command::Member(member) => member.run(),
        Command::Witness(witness) => witness.run(),
        Command::Destroy(destroy) => destroy.run(),
        Command::Hold(hold) => hold.run(),
        Command::Demo(demo) => demo.run(),
    };
    match ended {
        Ok(()) | Err(Stop::NobodyReads) => ExitCode::SUCCESS,
        Err(Stop::Wrong(message)) => {
            complain(&message);
            ExitCode::from(WRONG)
        }
        Err(Stop::Failed(message)) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

fn complain(message: &str) {
    // Nothing is left to do when even this cannot be written.
    let _ = writeln!(io::stderr(), "{message}");
}

fn say(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// The folder that somebody named with `--pack`.
#[derive(Debug, clap::Args)]
struct PackFolder {
    /// A folder with a guidance pack, in place of the one built in
    #[arg(id = "pack", long = "pack", value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl PackFolder {
    fn load(&self) -> Result<crate::packs::LoadedPack, Stop> {
        Ok(crate::packs::LoadedPack::named(self.folder.as_deref())?)
    }
}
