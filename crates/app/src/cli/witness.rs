//! `sharewell witness`: what partners need in order to witness each other's ledgers, and how it stands.

use std::fmt::Write as _;

use clap::Subcommand;
use ledger::witness::origin_name;
use store::{Reading, Said, Store};

use super::keeping::open;
use super::serving::{DataFolder, runtime};
use super::verify::when;
use super::{Stop, say};
use crate::config::{Config, FILE};
use crate::partners::Partner;

/// Have partners witness the ledgers, and witness theirs
#[derive(Debug, Subcommand)]
#[command(after_help = WITNESS)]
pub(super) enum WitnessCommand {
    /// What to give to a partner, ready for its sharewell.toml
    Keys(DataFolder),
    /// Whom sharewell.toml names, how far they witnessed our ledgers and we theirs
    List(DataFolder),
    /// The last checkpoint of a partner's ledger that was cosigned here, for the partner's `sharewell verify --witness`
    Checkpoint(Checkpoint),
}

const WITNESS: &str = "\
A partner who witnesses a ledger sees its size and its hashes, never a record. It keeps whoever runs this Sharewell from changing, removing
or putting back anything unseen. So do both, each on its own machine:

  sharewell witness keys --data /srv/sharewell      print these lines and give them to the partner, by telephone or in person
  (the partner's lines go into sharewell.toml)      take `ledgers` out if you do not witness them, `witness` and `address` if they do
                                                    not witness you
  sharewell serve --data /srv/sharewell             start again
  sharewell witness list --data /srv/sharewell      see that it works

In sharewell.toml:

  stale_after_hours = 24                            pages warn when no partner has confirmed the ledger for so long

  [[partner]]
  name = \"Northmere Council\"
  ledgers = [\"sharewell/0198…+3f2a…+AY…\"]           whose ledgers every organisation here witnesses
  witness = \"sharewell/0198…/witness+77ab…+BB…\"     who witnesses ours
  address = \"https://sharewell.northmere.example/witness/0198…\"

After a restore a ledger has a new name and key: print the keys again and give them to the partner.";

/// The last checkpoint of a partner's ledger that was cosigned here
#[derive(Debug, clap::Args)]
pub(super) struct Checkpoint {
    #[command(flatten)]
    data: DataFolder,
    /// The name of the partner's ledger: what stands before the first + of its key
    ledger: String,
}

impl WitnessCommand {
    pub(super) fn run(self) -> Result<(), Stop> {
        let (Self::Keys(DataFolder { folder })
        | Self::List(DataFolder { folder })
        | Self::Checkpoint(Checkpoint { data: DataFolder { folder }, .. })) = &self;
        let config = Config::read(folder)?;
        let text = runtime()?.block_on(async {
            let store = open(&config.place()).await?;
            let text = match &self {
                Self::Keys(_) => keys(&store, &config).await,
                Self::List(_) => list(&store, &config).await,
                Self::Checkpoint(asked) => checkpoint(&store, &asked.ledger).await,
            };
            store.close().await;
            text
        })?;
        say(&text)
    }
}

/// A text within quotation marks, as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

async fn keys(store: &Store, config: &Config) -> Result<String, Stop> {
    let base = config.address.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let mut text = String::from("# Give these lines to a partner, by a way that you trust, for its sharewell.toml.\n");
    if config.address.is_none() {
        text.push_str("# `address` leads to this machine alone: write your own `address = \"https://…\"` into sharewell.toml first.\n");
    }
    for organisation in store.organisations().await? {
        let (ledger, witness) = (store.ledger_key(organisation.id).await?, store.witness_key(organisation.id)?);
        let _ = write!(
            text,
            "\n[[partner]]\nname = {}\nledgers = [{}]\nwitness = {}\naddress = {}\n",
            quoted(&organisation.name),
            quoted(&ledger.to_string()),
            quoted(&witness.to_string()),
            quoted(&format!("{base}/witness/{}", organisation.id)),
        );
    }
    Ok(text)
}

/// What a witness said last, in words.
pub(super) fn said(said: Said) -> &'static str {
    match said {
        Said::Cosigned => "all is well",
        Said::Nothing => "it did not answer when it was asked last",
        Said::Unknown => "it does not witness this ledger: give the partner the key (sharewell witness keys)",
        Said::Refused => "it refused, or gave no right answer, when it was asked last",
        Said::SawMore(_) | Said::SawOther => {
            "ALARM: it witnessed another ledger than this one; run sharewell verify with --ask-witnesses at once"
        }
    }
}

async fn list(store: &Store, config: &Config) -> Result<String, Stop> {
    if config.partners.is_empty() {
        return Ok(format!("No partner stands in {FILE}. See sharewell witness --help."));
    }
    let mut text = String::new();
    for partner in &config.partners {
        let _ = writeln!(text, "{}", partner.name);
        for organisation in store.organisations().await? {
            let of = organisation.id;
            let lines = store
                .read("list_witnesses", of, |mut reading: Reading| async move { lines(&mut reading, partner).await })
                .await?;
            let _ = write!(text, "  {}:\n{lines}", organisation.name);
        }
    }
    Ok(text)
}

/// How it stands between one organisation and a partner.
async fn lines(reading: &mut Reading, partner: &Partner) -> Result<String, store::StoreError> {
    let mut text = String::new();
    if let Some(witness) = &partner.witness {
        let asked = reading.asked_witnesses().await?;
        let last = asked.iter().find(|one| one.witness == witness.key.name());
        let up_to = match reading.cosigned_by(&witness.key).await? {
            Some((size, at)) => format!("witnessed our ledger up to entry {size}, {}", when(at)),
            None => "has not witnessed our ledger yet".to_owned(),
        };
        let now = last.map_or("it was not asked yet; does sharewell serve run?", |last| said(last.said));
        let _ = writeln!(text, "    {up_to}: {now}");
        if let Some(confirmed) = last.and_then(|last| last.confirmed_at) {
            let _ = writeln!(text, "    confirmed last {}", when(confirmed));
        }
    }
    for ledger in &partner.ledgers {
        let _ = match reading.witnessed(ledger.name()).await? {
            Some((size, at)) => {
                writeln!(text, "    we witnessed {} up to entry {size}, {}", ledger.name(), when(at))
            }
            None => writeln!(text, "    {} has not been shown to us yet", ledger.name()),
        };
    }
    Ok(text)
}

async fn checkpoint(store: &Store, ledger: &str) -> Result<String, Stop> {
    let name = &origin_name(ledger);
    for organisation in store.organisations().await? {
        let found = store
            .read("witnessed_checkpoint", organisation.id, |mut reading: Reading| async move {
                reading.witnessed_note(name).await
            })
            .await?;
        if let Some(note) = found {
            return Ok(note);
        }
    }
    Err(Stop::Failed(format!("Nothing was cosigned here of a ledger named {ledger}.")))
}
