//! `sharewell backup` and `restore`: what keeps an installation.

use std::fmt::Write as _;
use std::path::PathBuf;

use store::{Place, Restored, RestoredLedger, Store};

use super::serving::runtime;
use super::verify::count;
use super::{Stop, say};
use crate::clock::{self, Clock, in_utc};
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
like, and of the keys only the newest few: an old file of keys could bring back what has been destroyed since. It works alike
on a file and on a PostgreSQL server, and either restores to either.";

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
    /// The folder of the restored installation; it may hold a sharewell.toml, and nothing else of Sharewell’s
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Who restores it: kept with the recovery, and entered in the ledger
    #[arg(long, value_name = "NAME")]
    by: String,
}

const RESTORE: &str = "\
Example:
  sharewell restore --data /backup/records-monday --keys /vault/keys-friday --into /srv/sharewell --by \"Ada Lovell\"

Nothing is written over. What was destroyed since the backup is destroyed again, the recovery is entered in the ledger, and all of it is
verified, before anything is in its place; what fails leaves nothing behind.

A backup of a file restores to a PostgreSQL server and the other way round. To restore to a server, make the folder first, with
`database = \"postgres://…\"` in its sharewell.toml, and an empty database.";

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
        let place = Config::read(&self.into)?.place();
        let clock = clock::of_store(&Clock::passing());
        let restored = runtime()?.block_on(Store::restore(
            &self.data,
            &self.keys,
            &place,
            &self.by,
            clock::randomness(),
            clock,
        ))?;
        say(&in_words(&restored))?;
        say(&format!(
            "The keys are in {}, the records in {}. Everyone signs in anew.\nStart it with: sharewell serve --data {}",
            place.keys.display(),
            place.database,
            self.into.display()
        ))
    }
}

/// What was restored, and how far it was checked.
fn in_words(restored: &Restored) -> String {
    let taken_at = in_utc(restored.data_taken_at);
    let mut text = format!(
        "Restored and verified: {}, as they were at {} UTC.\n",
        count(u64::try_from(restored.organisations.len()).unwrap_or(u64::MAX), "organisation", "organisations"),
        taken_at.strftime("%F %T")
    );
    for &RestoredLedger { organisation, entries, witnessed, signed } in &restored.organisations {
        let witnessed = match witnessed {
            Some(size) => format!("the last witnessed checkpoint covers {size} of them"),
            None => "no partner has witnessed any of them".to_owned(),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "Organisation {organisation}: {entries} entries, and all hold; {witnessed}.");
        if let Some(lost) = signed.and_then(|signed| signed.checked_sub(entries)).filter(|lost| *lost > 0) {
            let _ = writeln!(
                text,
                "  {lost} entries that were signed later are not in this backup. A newer one may hold them."
            );
        }
    }
    for organisation in &restored.lacking {
        let _ = writeln!(
            text,
            "Organisation {organisation} is not in this backup, but there are keys of it: it was founded later. A newer backup of the \
             records holds it."
        );
    }
    text
}

pub(super) async fn open(place: &Place) -> Result<Store, Stop> {
    Ok(Store::open(place, clock::randomness(), clock::of_store(&Clock::passing())).await?)
}
