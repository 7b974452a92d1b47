//! `sharewell key`: making, changing and checking keys.

use std::fmt::Write as _;

use casework::{KeyRotation, OrganisationId};
use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use store::{RotateError, Store};

use super::keeping::open;
use super::serving::{DataFolder, runtime};
use super::{Stop, say};
use crate::clock;
use crate::config::Config;

/// Look after the keys
#[derive(Debug, Subcommand)]
#[command(after_help = KEY)]
pub(super) enum KeyCommand {
    /// Make the folder of keys and the installation’s key, before `sharewell init`
    Create(Create),
    /// Change an organisation’s key for a new one, while Sharewell runs
    Rotate(Rotate),
    /// Say whether every key is there, private and right; exit code 1 if one is not
    Check(DataFolder),
}

const KEY: &str = "\
The keys lie in the folder `keys` of the data folder, apart from the database: without them nobody can read what is recorded.
  installation.key          tags e-mail addresses and protects passwords
  ORGANISATION.key          wraps the keys of people; `sharewell key rotate` changes it
  ORGANISATION.ledger-key   signs the organisation’s ledger
  ORGANISATION.signed       what the ledger signed last
  ORGANISATION.kept         how much of it, and of others’ ledgers, is kept
  ORGANISATION.destroyed    the list of destructions
Back them up apart from the records (`sharewell backup`), and keep such backups for a short time. Never edit a file there.";

/// Make the folder of keys and the installation’s key, before `sharewell init`
#[derive(Debug, clap::Args)]
#[command(after_help = CREATE)]
pub(super) struct Create {
    #[command(flatten)]
    data: DataFolder,
}

const CREATE: &str = "\
Example:
  sharewell key create --data /srv/sharewell
  sharewell init --data /srv/sharewell …

`sharewell init` makes the key by itself. Make it before, where the folder of keys is to be put elsewhere, shared by several copies
or kept safe before anything is recorded. A key is never written over. Each organisation’s key is made when it is founded.";

/// Change an organisation’s key for a new one, while Sharewell runs
#[derive(Debug, clap::Args)]
#[command(after_help = ROTATE)]
pub(super) struct Rotate {
    #[command(flatten)]
    data: DataFolder,
    /// The organisation’s id [default: every organisation, one after the other]
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,
    /// Who changes it: kept with the change, and entered in the ledger
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
}

const ROTATE: &str = "\
Example:
  sharewell key rotate --data /srv/sharewell --by \"Ada Lovell\"
  sharewell backup --from /srv/sharewell --data /backup/records-today --keys /vault/keys-today

Do it when somebody who could read the folder of keys leaves, when a copy of it may have been seen, and once a year. What is
recorded stays as it is: only the keys of people are wrapped anew. Running copies take the new key from the folder by themselves.
Cut off half-way, by a loss of power say, it is finished or undone at the next start; nothing is lost.

Afterwards back up the keys, and destroy the backups of keys from before: with one of them and an old copy of the database,
whoever has both still reads what stood there then.";

impl KeyCommand {
    pub(super) fn run(self) -> Result<(), Stop> {
        match self {
            Self::Create(create) => create.run(),
            Self::Rotate(rotate) => rotate.run(),
            Self::Check(data) => check(&data),
        }
    }
}

impl Create {
    fn run(self) -> Result<(), Stop> {
        let folder = Config::read(&self.data.folder)?.place().keys;
        Store::create_keys(&folder, &clock::randomness())?;
        say(&format!("Made {}. Go on with: sharewell init --data {} …", folder.display(), self.data.folder.display()))
    }
}

impl Rotate {
    fn run(self) -> Result<(), Stop> {
        let place = Config::read(&self.data.folder)?.place();
        let mut said = String::new();
        let rotated = runtime()?.block_on(async {
            let store = open(&place).await?;
            let rotated = self.rotate(&store, &mut said).await;
            store.close().await;
            rotated
        });
        // What was changed before something failed was changed.
        if !said.is_empty() {
            say(&said)?;
        }
        rotated?;
        say("Back up the keys now, and destroy the backups of keys from before.")
    }

    async fn rotate(&self, store: &Store, said: &mut String) -> Result<(), Stop> {
        let organisations = match self.organisation {
            Some(organisation) => vec![organisation],
            None => store.organisations().await?.into_iter().map(|organisation| organisation.id).collect(),
        };
        for organisation in organisations {
            let KeyRotation { keys, .. } = store.rotate_organisation_key(organisation, &self.by).await?;
            // Writing to a text cannot fail.
            let _ =
                writeln!(said, "The key of organisation {organisation} is a new one; {keys} keys are wrapped anew.");
        }
        Ok(())
    }
}

impl From<RotateError> for Stop {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::NoOrganisation(_) => Self::Wrong(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

fn check(data: &DataFolder) -> Result<(), Stop> {
    let place = Config::read(&data.folder)?.place();
    let checked = runtime()?.block_on(async {
        let store = open(&place).await?;
        let checked = store.check_keys().await;
        store.close().await;
        Ok::<_, Stop>(checked?)
    })?;
    for tidied in &checked.tidied {
        say(&format!("Note: {tidied}."))?;
    }
    if checked.closed.is_empty() {
        return say(&format!(
            "Every key is there, private and right: the installation’s, {} of organisations, and {} that they open.",
            checked.organisations, checked.open
        ));
    }
    let list = checked.closed.join("\n  ");
    Err(Stop::Failed(format!(
        "These keys do not open; they were altered, or another key wrapped them. Restore them from a backup:\n  {list}"
    )))
}
