//! `sharewell backup` and `restore`: what keeps an installation.

use std::path::PathBuf;

use store::{Place, Store};

use super::serving::runtime;
use super::{Stop, say};
use crate::clock::{self, Clock};
use crate::config::Config;

/// Back up the records and, apart from them, the keys, while Sharewell runs
#[derive(Debug, clap::Args)]
#[command(after_help = BACKUP)]
pub(super) struct Backup {
    /// The folder of the installation
    #[arg(long, value_name = "DIR", default_value = "var/sharewell")]
    from: PathBuf,
    /// The new file for the records
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The new file for the keys; keep it in another place than the records
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
}

const BACKUP: &str = "\
Example:
  sharewell backup --from /srv/sharewell --data /backup/records-monday --keys /vault/keys-monday

Who has both files can read everything; who has the records alone can read nothing. Keep old files of records as long as you
like, and of the keys only the newest few: an old file of keys could bring back what has been destroyed since.";

/// Restore a backup into a new folder
#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE)]
pub(super) struct Restore {
    /// The file of the records
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The file of the keys: the newest that there is
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Who restores it: kept with the recovery, and entered in the ledger
    #[arg(long, value_name = "NAME")]
    by: String,
}

const RESTORE: &str = "\
Example:
  sharewell restore --data /backup/records-monday --keys /vault/keys-friday --into /srv/sharewell --by \"Ada Lovell\"

Nothing is written over. What was destroyed since the backup is destroyed again before anything is served.";

impl Backup {
    pub(super) fn run(self) -> Result<(), Stop> {
        let place = Config::read(&self.from)?.place();
        let taken = runtime()?.block_on(async {
            let store = open(&place).await?;
            let taken = store.back_up(&self.data, &self.keys).await;
            store.close().await;
            taken.map_err(Stop::from)
        })?;
        say(&format!(
            "Backed up and checked: {} versions of records in {}, {} keys in {}.",
            taken.versions,
            self.data.display(),
            taken.holders,
            self.keys.display()
        ))
    }
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Stop> {
        let place = Place::under(&self.into);
        let clock = clock::of_store(&Clock::passing());
        let restored = runtime()?.block_on(Store::restore(
            &self.data,
            &self.keys,
            &place,
            &self.by,
            clock::randomness(),
            clock,
        ))?;
        say(&format!(
            "Restored into {}: {} organisations, as they were at {} UTC. Everyone signs in anew.\nStart it with: sharewell serve --data {}",
            self.into.display(),
            restored.organisations,
            jiff::Timestamp::from_microsecond(restored.data_taken_at.micros()).unwrap_or_default().strftime("%F %T"),
            self.into.display()
        ))
    }
}

pub(super) async fn open(place: &Place) -> Result<Store, Stop> {
    Ok(Store::open(place, clock::randomness(), clock::of_store(&Clock::passing())).await?)
}
