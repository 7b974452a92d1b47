//! How many checkpoints the database keeps, how many signatures of each witness, and how far this organisation cosigned the ledgers of others, as
//! a file beside the ledger's key remembers it: so that taking away an older one, which a newer one covers, is seen as well, and a
//! witness cannot be made to forget.
//!
//! A number is written after the commit of what it says, and counts only what comes after the last that it counted. So it is never
//! ahead of the database, whenever the power goes and however many copies of the program write it; at worst it is some behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::OrganisationId;

use crate::{KeyError, StoreError};

const HEADING: &str = "sharewell kept 1";

/// How the name of the file ends.
pub(crate) const KEPT: &str = ".kept";

/// Where a checkpoint stands among all of its ledger: its epoch, and how many entries it covers.
pub(crate) type Standing = (i64, i64);

/// So many are kept, up to the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) many: u64,
    pub(crate) up_to: Standing,
}

impl Count {
    /// With one more, unless it was counted.
    pub(crate) fn and(self, one: Standing) -> Self {
        if one > self.up_to { Self { many: self.many + 1, up_to: one } } else { self }
    }
}

/// What is kept of one ledger. What nothing is remembered of yet, of before there was this file, is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) checkpoints: Option<Count>,
    /// By the names of their keys.
    pub(crate) cosignatures: BTreeMap<String, Count>,
    /// How many entries of others' ledgers this organisation cosigned, by their names.
    pub(crate) seen: BTreeMap<String, u64>,
}

impl Kept {
    /// What the file says; nothing where there is none.
    pub(crate) fn read(folder: &Path, organisation: OrganisationId) -> Result<Self, KeyError> {
        let path = file(folder, organisation);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).ok_or(KeyError::Malformed(path)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(KeyError::File(path, e)),
        }
    }

    /// What all files of a folder say.
    pub(crate) fn all(folder: &Path) -> Result<BTreeMap<OrganisationId, Self>, KeyError> {
        let failed = |e: io::Error| KeyError::File(folder.to_owned(), e);
        let mut all = BTreeMap::new();
        for file in fs::read_dir(folder).map_err(failed)? {
            let name = file.map_err(failed)?.file_name();
            let whose = name.to_str().and_then(|name| name.strip_suffix(KEPT)?.parse().ok());
            if let Some(organisation) = whose {
                all.insert(organisation, Self::read(folder, organisation)?);
            }
        }
        Ok(all)
    }

    fn write(&self, folder: &Path, organisation: OrganisationId) -> Result<(), KeyError> {
        let path = file(folder, organisation);
        let new = folder.join(format!("{organisation}{KEPT}.new"));
        let failed = |e: io::Error| KeyError::File(path.clone(), e);
        let mut open = OpenOptions::new();
        let mut content = open.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(failed)?;
        content.write_all(self.text().as_bytes()).and_then(|()| content.sync_all()).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    fn text(&self) -> String {
        let mut text = format!("{HEADING}\n");
        // Writing to a text cannot fail.
        if let Some(Count { many, up_to: (epoch, size) }) = &self.checkpoints {
            let _ = writeln!(text, "checkpoints {many} {epoch} {size}");
        }
        for (witness, Count { many, up_to: (epoch, size) }) in &self.cosignatures {
            let _ = writeln!(text, "cosignatures {many} {epoch} {size} {witness}");
        }
        for (origin, size) in &self.seen {
            let _ = writeln!(text, "seen {size} {origin}");
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut kept = Self::default();
        for line in text.strip_prefix(HEADING)?.strip_prefix('\n')?.lines() {
            let (what, rest) = line.split_once(' ')?;
            match what {
                "checkpoints" => kept.checkpoints = count(rest).filter(|(_, name)| name.is_empty())?.0.into(),
                "cosignatures" => {
                    let (count, witness) = count(rest)?;
                    kept.cosignatures.insert(witness.to_owned(), count);
                }
                "seen" => {
                    let (size, origin) = rest.split_once(' ')?;
                    kept.seen.insert(origin.to_owned(), size.parse().ok()?);
                }
                _ => return None,
            }
        }
        Some(kept)
    }
}

/// Lets one at a time change what is kept of a ledger, of all copies of the program that share the folder of keys, until dropped; it ends
/// with the process, however that ends.
pub(crate) struct Counting {
    folder: PathBuf,
    organisation: OrganisationId,
    _held: File,
}

impl Counting {
    /// Waits for its turn, some milliseconds, on a thread that may wait.
    pub(crate) async fn begin(folder: &Path, organisation: OrganisationId) -> Result<Self, StoreError> {
        let (folder, path) = (folder.to_owned(), folder.join(format!("{organisation}{KEPT}.lock")));
        let wait = move || {
            let mut open = OpenOptions::new();
            let held = open.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
            let held = held.and_then(|file| file.lock().map(|()| file)).map_err(|e| KeyError::File(path, e))?;
            Ok(Self { folder, organisation, _held: held })
        };
        tokio::task::spawn_blocking(wait).await.map_err(|_| StoreError::CutShort)?
    }

    pub(crate) fn read(&self) -> Result<Kept, KeyError> {
        Kept::read(&self.folder, self.organisation)
    }

    /// Puts this in the file's place, whole or not at all.
    pub(crate) fn write(&self, kept: &Kept) -> Result<(), KeyError> {
        kept.write(&self.folder, self.organisation)
    }
}

/// A count, and the name that follows it.
fn count(line: &str) -> Option<(Count, &str)> {
    let mut words = line.splitn(4, ' ');
    let many = words.next()?.parse().ok()?;
    let up_to = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((Count { many, up_to }, words.next().unwrap_or("")))
}

fn file(folder: &Path, organisation: OrganisationId) -> PathBuf {
    folder.join(format!("{organisation}{KEPT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_not_counted_again() {
        let count = Count { many: 3, up_to: (1, 40) };
        assert_eq!(count.and((1, 40)), count);
        assert_eq!(count.and((1, 39)), count);
        assert_eq!(count.and((1, 41)), Count { many: 4, up_to: (1, 41) });
        assert_eq!(count.and((2, 5)), Count { many: 4, up_to: (2, 5) }, "after a restore a ledger may be smaller");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn copies_that_count_at_once_lose_no_count() {
        let folder = tempfile::tempdir().unwrap();
        let organisation = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let mut copies = tokio::task::JoinSet::new();
        for n in 0..40 {
            let folder = folder.path().to_owned();
            copies.spawn(async move {
                let counting = Counting::begin(&folder, organisation).await.unwrap();
                let mut kept = counting.read().unwrap();
                kept.seen.insert(format!("sharewell/{n}"), n);
                tokio::task::yield_now().await;
                counting.write(&kept).unwrap();
            });
        }
        copies.join_all().await;
        assert_eq!(Kept::read(folder.path(), organisation).unwrap().seen.len(), 40);
    }

    #[test]
    fn the_file_says_what_was_written_and_nothing_else_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let organisation = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(Kept::read(folder.path(), organisation).unwrap(), Kept::default());
        let mut kept = Kept { checkpoints: Some(Count { many: 57, up_to: (2, 1_204) }), ..Kept::default() };
        kept.cosignatures.insert("example.org/witness".to_owned(), Count { many: 12, up_to: (1, 1_180) });
        kept.seen.insert("sharewell/of another".to_owned(), 300);
        kept.write(folder.path(), organisation).unwrap();
        assert_eq!(Kept::read(folder.path(), organisation).unwrap(), kept);
        let lines = ["checkpoints 57 2", "checkpoints -1 2 3", "checkpoints 5 2 3 of whom", "seen all", "more 1 2 3"];
        let wrong = lines.map(|line| format!("{HEADING}\n{line}\n"));
        for wrong in wrong.into_iter().chain([String::new(), "sharewell kept 2\n".to_owned()]) {
            fs::write(file(folder.path(), organisation), &wrong).unwrap();
            let refused = Kept::read(folder.path(), organisation);
            assert!(matches!(refused, Err(KeyError::Malformed(_))), "{wrong:?}: {refused:?}");
        }
    }
}
