//! A whole ledger written to one file, so that a stranger checks it with public keys alone (`ledger::export`).

use std::fs;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use casework::OrganisationId;
use ledger::entry::Entry;
use ledger::export::{ExportError, Exported, Writer, verify};
use ledger::key::VerifierKey;
use ledger::note::{Note, NoteSignature};

use crate::backup::{new_file, sync_folder_of, with_ending};
use crate::leaves::{head, signed};
use crate::sql::{Open, Param};
use crate::statements::{ALL_COSIGNATURES, CHECKPOINTS, LEAVES_FROM, ORGANISATIONS};
use crate::verify::nothing_written;
use crate::{BackupError, Place, Store, StoreError};

/// How many rows are read at a time.
const AT_A_TIME: i64 = 2_000;

/// Why a ledger was not exported. No file is left then.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// There is no organisation of this id.
    #[error("there is no organisation {wanted} here; there {}", there_are(.here))]
    NoOrganisation {
        /// The one that was asked for, or `one` when there are several and none was named.
        wanted: String,
        /// Those that are there.
        here: Vec<OrganisationId>,
    },
    /// Nothing is signed yet.
    #[error("nothing of this ledger is signed yet: sharewell serve signs it within a second")]
    NotSigned,
    /// The file cannot be made or written.
    #[error(transparent)]
    File(#[from] BackupError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was written does not hold.
    #[error("the ledger in the database does not hold, so that nothing was exported: {0}. Run sharewell verify")]
    DoesNotHold(String),
}

fn there_are(here: &[OrganisationId]) -> String {
    match here {
        [] => "is none".to_owned(),
        [one] => format!("is {one}"),
        many => format!("are {}", many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// How far exporting is: how many entries were written, or then read again and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportProgress {
    /// So many were written.
    Written(u64),
    /// So many were checked.
    Checked(u64),
}

/// Writes the ledger of an organisation to a new file, up to its newest checkpoint, reads it again and checks it with the ledger's key.
/// Nothing else is written; the database may be in use. With one organisation there is no need to name it.
///
/// # Errors
/// [`NotExported`]; a file that was begun is removed.
pub async fn export_ledger(
    place: &Place,
    organisation: Option<OrganisationId>,
    into: &Path,
    mut progress: impl FnMut(ExportProgress),
) -> Result<Exported, NotExported> {
    if into.exists() {
        return Err(BackupError::Exists(into.to_owned()).into());
    }
    let (none, clock) = nothing_written();
    let store = Store::open_to_verify(place, true, none, clock).await?;
    let unfinished = with_ending(into, "unfinished");
    // What an attempt left that was killed.
    let _ = fs::remove_file(&unfinished);
    let exported = exported(&store, organisation, &unfinished, &mut progress).await;
    store.close().await;
    let placed = exported.and_then(|exported| {
        fs::rename(&unfinished, into).map_err(|error| BackupError::File(into.to_owned(), error))?;
        sync_folder_of(into)?;
        Ok(exported)
    });
    if placed.is_err() {
        // Why it failed says more than that there was nothing to remove.
        let _ = fs::remove_file(&unfinished);
    }
    placed
}

async fn exported(
    store: &Store,
    organisation: Option<OrganisationId>,
    into: &Path,
    progress: &mut impl FnMut(ExportProgress),
) -> Result<Exported, NotExported> {
    let failed = |error| NotExported::File(BackupError::File(into.to_owned(), error));
    let mut open = store.begin_read().await?;
    let organisation = chosen(&mut open, organisation).await?;
    let epoch = head(&mut open, organisation).await?.map_or(1, |head| head.epoch);
    let notes = notes(&mut open, organisation).await?;
    let newest = notes.last().ok_or(NotExported::NotSigned)?;
    let size = ledger::checkpoint::Checkpoint::parse(newest.text())
        .map_err(|why| NotExported::DoesNotHold(format!("the newest checkpoint cannot be read: {why}")))?
        .size();
    let mut file =
        Writer::new(BufWriter::new(new_file(into)?), u64::try_from(notes.len()).unwrap_or(u64::MAX)).map_err(failed)?;
    for note in &notes {
        file.checkpoint(note).map_err(failed)?;
    }
    file.entries(size).map_err(failed)?;
    let mut from = -1;
    let mut found = 0;
    loop {
        let bounds = [Param::Id(organisation.uuid()), Param::Int(from), Param::Int(AT_A_TIME)];
        let rows = open.rows(LEAVES_FROM, &bounds).await?;
        let last = i64::try_from(rows.len()).is_ok_and(|count| count < AT_A_TIME);
        for row in rows {
            from = row.int(0)?;
            if from >= signed(size)? {
                break;
            }
            let entry = Entry::parse(&row.bytes(3)?)
                .map_err(|why| NotExported::DoesNotHold(format!("entry {from} was changed: {why}")))?;
            file.entry(&entry).map_err(failed)?;
            found += 1;
        }
        progress(ExportProgress::Written(found));
        if last || from >= signed(size)? {
            break;
        }
    }
    open.roll_back().await?;
    if found != size {
        return Err(NotExported::DoesNotHold(format!("{size} entries were signed, {found} are here")));
    }
    let mut written = file.into_inner();
    written.flush().and_then(|()| written.get_ref().sync_all()).map_err(failed)?;
    let key = store.ledger_secret(organisation).map_err(StoreError::from)?.signer(epoch)?;
    checked(into, key.verifier_key(), progress)
}

/// Reads what was written again, as a stranger would.
fn checked(
    written: &Path,
    key: &VerifierKey,
    progress: &mut impl FnMut(ExportProgress),
) -> Result<Exported, NotExported> {
    let failed = |error| NotExported::File(BackupError::File(written.to_owned(), error));
    let file = BufReader::new(fs::File::open(written).map_err(failed)?);
    let found = verify(file, key, &[], &mut |at| progress(ExportProgress::Checked(at)));
    let found = found.map_err(|why| match why {
        ExportError::Read(error) => failed(error),
        other => NotExported::DoesNotHold(other.to_string()),
    })?;
    match found.findings.first() {
        Some(finding) => Err(NotExported::DoesNotHold(finding.to_string())),
        None => Ok(found),
    }
}

async fn chosen(open: &mut Open, wanted: Option<OrganisationId>) -> Result<OrganisationId, NotExported> {
    let mut here = Vec::new();
    for row in open.rows(ORGANISATIONS, &[]).await? {
        here.push(OrganisationId::from_uuid(row.id(0)?));
    }
    let found = match (wanted, here.as_slice()) {
        (Some(wanted), _) => here.iter().find(|one| **one == wanted).copied(),
        (None, [one]) => Some(*one),
        (None, _) => None,
    };
    let wanted = wanted.map_or_else(|| "one".to_owned(), |wanted| wanted.to_string());
    found.ok_or(NotExported::NoOrganisation { wanted, here })
}

/// Every checkpoint with the signatures of its witnesses, from the smallest to the largest.
async fn notes(open: &mut Open, organisation: OrganisationId) -> Result<Vec<Note>, NotExported> {
    let of = [Param::Id(organisation.uuid())];
    let mut notes: Vec<((i64, i64), Note)> = Vec::new();
    for row in open.rows(CHECKPOINTS, &of).await? {
        let (epoch, size) = (row.int(0)?, row.int(1)?);
        let note = Note::parse(row.text(2)?.as_bytes());
        let note = note.map_err(|why| NotExported::DoesNotHold(format!("the checkpoint of {size} entries: {why}")))?;
        notes.push(((epoch, size), note));
    }
    for row in open.rows(ALL_COSIGNATURES, &of).await? {
        let (epoch, size, line) = (row.int(0)?, row.int(1)?, row.text(3)?);
        let Ok(at) = notes.binary_search_by_key(&(epoch, size), |(place, _)| *place) else { continue };
        let altered =
            |why| NotExported::DoesNotHold(format!("a signature under the checkpoint of {size} entries: {why}"));
        for signature in NoteSignature::parse_lines(&line).map_err(altered)? {
            if let Some((_, note)) = notes.get_mut(at) {
                note.add(signature).map_err(altered)?;
            }
        }
    }
    Ok(notes.into_iter().map(|(_, note)| note).collect())
}
