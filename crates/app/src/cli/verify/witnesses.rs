//! What witnesses saw of a database's ledgers: fetched from them, or read from files that they made.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use ledger::checkpoint::Checkpoint;
use ledger::export::{FIRST_LINE, newest_checkpoint};
use ledger::key::VerifierKey;
use ledger::note::{LONGEST_NOTE, Note};
use ledger::witness::origin_name;
use store::{Against, LedgerName, Shown, ledger_names};

use super::{Target, read_key};
use crate::cli::Stop;
use crate::partners::{Witness, WitnessAddress};
use crate::post::Post;

/// What there is to compare with.
pub(super) struct Seen {
    pub(super) against: Against,
    /// Whether any witness was asked or shown, so that every ledger is expected to be compared.
    pub(super) asked: bool,
}

/// A witness that is asked.
struct Asked {
    /// What people call it.
    by: String,
    address: WitnessAddress,
    /// Its key, where the data folder names it.
    key: Option<VerifierKey>,
}

/// Whom and what to compare with.
#[derive(Default)]
struct Given<'a> {
    asked: Vec<Asked>,
    files: Vec<&'a Path>,
    keys: Vec<VerifierKey>,
}

impl<'a> Given<'a> {
    /// Those that were given as an address, a file or a key, and with `ask`, those that the data folder names.
    fn new(target: &Target, given: &'a [String], ask: bool) -> Result<Self, Stop> {
        let configured = || target.partners.iter().filter_map(|one| one.witness.as_ref().map(|witness| (one, witness)));
        let mut all = Self { keys: configured().map(|(_, one)| one.key.clone()).collect(), ..Self::default() };
        if ask {
            all.asked.extend(configured().map(|(partner, Witness { key, address })| Asked {
                by: partner.name.clone(),
                address: address.clone(),
                key: Some(key.clone()),
            }));
            if all.asked.is_empty() {
                return Err(Stop::Wrong(
                    "There is no witness to ask: --ask-witnesses needs a data folder whose sharewell.toml names one."
                        .to_owned(),
                ));
            }
        }
        for one in given {
            if one.starts_with("http://") || one.starts_with("https://") {
                let address: WitnessAddress =
                    one.parse().map_err(|why| Stop::Wrong(format!("The witness’s address {one}: {why}.")))?;
                let known = configured().find(|(_, witness)| witness.address == address);
                all.asked.push(Asked { by: one.clone(), address, key: known.map(|(_, one)| one.key.clone()) });
            } else if let Ok(key) = VerifierKey::parse(one.trim()) {
                all.keys.push(key);
            } else {
                all.files.push(Path::new(one));
            }
        }
        Ok(all)
    }
}

/// Gathers what witnesses saw. What they show counts only under the signature of the ledger's own key, and of the witness's where that is
/// known.
pub(super) async fn seen(target: &Target, given: &[String], key: Option<&str>, ask: bool) -> Result<Seen, Stop> {
    let Given { asked, files, keys } = Given::new(target, given, ask)?;
    let mut against = Against { witnesses: keys, shown: Vec::new() };
    if asked.is_empty() && files.is_empty() {
        return Ok(Seen { against, asked: false });
    }
    let mut names = ledger_names(&target.database, target.keys.as_deref()).await?;
    if let Some(key) = key.map(read_key).transpose()? {
        for name in names.iter_mut().filter(|name| name.origin == key.name()) {
            name.key = Some(key.clone());
        }
    }
    let post = Post::new();
    for Asked { by, address, key } in &asked {
        for name in &names {
            let Some(note) = fetch(&post, by, address, &name.origin).await? else { continue };
            against.shown.push(opened(by, &note, name, key.as_ref())?);
        }
    }
    for file in files {
        let by = file.display().to_string();
        let note = read(file)?;
        let origin = note.text().lines().next().unwrap_or_default();
        let name = names.iter().find(|name| name.origin == origin).ok_or_else(|| {
            Stop::Failed(format!("{by} is a checkpoint of {origin}, and this database holds no such ledger."))
        })?;
        against.shown.push(opened(&by, &note, name, None)?);
    }
    Ok(Seen { against, asked: true })
}

/// The last checkpoint that a witness cosigned of a ledger; `None` where it knows no such ledger.
async fn fetch(post: &Post, by: &str, address: &WitnessAddress, origin: &str) -> Result<Option<Note>, Stop> {
    let silent =
        |why: &dyn std::fmt::Display| Stop::Failed(format!("{by} could not be asked what it witnessed: {why}."));
    let path = format!("{}/checkpoint", origin_name(origin));
    let answer = post.fetch(address, &path).await.map_err(|why| silent(&why))?;
    match answer.status.as_u16() {
        200 => Note::parse(&answer.body).map(Some).map_err(|why| silent(&why)),
        404 => Ok(None),
        other => Err(silent(&format!("it answered with status {other}"))),
    }
}

/// The checkpoint in a file, or the newest of an export: who kept one has seen the ledger, too.
fn read(file: &Path) -> Result<Note, Stop> {
    let cannot = |why: &dyn std::fmt::Display| Stop::Wrong(format!("{}: {why}.", file.display()));
    let mut bytes = Vec::new();
    let limit = u64::try_from(LONGEST_NOTE + 1).unwrap_or(u64::MAX);
    File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(|why| cannot(&why))?;
    if bytes.starts_with(FIRST_LINE.as_bytes()) {
        let whole = File::open(file).map_err(|why| cannot(&why))?;
        return newest_checkpoint(BufReader::new(whole)).map_err(|why| cannot(&why));
    }
    Note::parse(&bytes).map_err(|why| cannot(&why))
}

fn opened(by: &str, note: &Note, name: &LedgerName, witness: Option<&VerifierKey>) -> Result<Shown, Stop> {
    let key = name.key.as_ref().ok_or_else(|| {
        Stop::Wrong(format!(
            "To compare with what {by} saw, the key of {} is needed: give --keys, or --key.",
            name.origin
        ))
    })?;
    let witnesses: Vec<&VerifierKey> = witness.into_iter().collect();
    let (checkpoint, signed) = Checkpoint::open(note, key, &witnesses)
        .map_err(|why| Stop::Failed(format!("What {by} showed is no checkpoint of this ledger: {why}.")))?;
    if signed.len() < witnesses.len() {
        return Err(Stop::Failed(format!("What {by} showed does not bear its own signature.")));
    }
    Ok(Shown { by: by.to_owned(), checkpoint })
}
