//! The file of an organisation's key, and what lies beside it while the key is changed.
//!
//! A change goes through `ORGANISATION.key.new` (the key to come) and `ORGANISATION.key.old` (the key that was), so that at
//! every moment the key to which the database commits is in one of the three files, whenever the power goes. Which one it is
//! the database says, and nothing else: a file is only moved or removed by what the database commits to.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use casework::OrganisationId;

use crate::KeyError;
use crate::keyring::{heading, read_key, write_key};
use crate::seal::Key;

/// The file that is locked while a key of the folder is changed, or all of them are backed up.
pub(crate) const LOCK_FILE: &str = "rotation.lock";

/// How often the three files are looked through: one of them may be moved on while they are read, once each way.
const PASSES: usize = 3;

/// The three files of one organisation's key.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    heading: String,
    current: PathBuf,
    new: PathBuf,
    old: PathBuf,
}

/// In which of the files the right key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    InPlace,
    New,
    Old,
}

/// What was found beside a key, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// The database had committed to the new key: it was put in its place, and the former one removed.
    Finished(PathBuf),
    /// The database had not: the new key, under which nothing was ever wrapped, was removed.
    Undone(PathBuf),
    /// Only the former key was still there: it was removed.
    Removed(PathBuf),
    /// The former key is the one that the database commits to, though another stands in its place: both are left.
    Kept(PathBuf),
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished(file) => {
                write!(
                    f,
                    "a change of the key {} had been cut off after it was recorded, and is finished now",
                    file.display()
                )
            }
            Self::Undone(file) => write!(
                f,
                "a change of the key {} had been cut off before anything was recorded: the key is the former one, and its \
                 change may be begun again",
                file.display()
            ),
            Self::Removed(file) => write!(f, "a former key was left beside {} and is removed now", file.display()),
            Self::Kept(file) => write!(
                f,
                "the database commits to the former key beside {}, not to the key itself: an older copy of the database may \
                 have been put back. Both keys are left as they are",
                file.display()
            ),
        }
    }
}

impl KeyFiles {
    pub(crate) fn of(folder: &Path, organisation: OrganisationId) -> Self {
        let file = |ending: &str| folder.join(format!("{organisation}.key{ending}"));
        Self { heading: heading(organisation), current: file(""), new: file(".new"), old: file(".old") }
    }

    /// The key that a commitment is of, and where it stands.
    pub(crate) fn find(&self, commitment: &[u8]) -> Result<(Key, Standing), KeyError> {
        let mut why = KeyError::Wrong(self.current.clone());
        for _ in 0..PASSES {
            for (file, standing) in
                [(&self.current, Standing::InPlace), (&self.new, Standing::New), (&self.old, Standing::Old)]
            {
                match read_key(file, &self.heading) {
                    Ok(key) if key.commitment() == commitment => return Ok((key, standing)),
                    Err(error) if standing == Standing::InPlace => why = error,
                    // Half written, or of another time: not the one that is looked for.
                    Ok(_) | Err(_) => {}
                }
            }
        }
        Err(why)
    }

    /// Whether anything lies beside the key.
    pub(crate) fn has_leftovers(&self) -> bool {
        self.new.exists() || self.old.exists()
    }

    /// Writes the key to come beside the key.
    pub(crate) fn prepare(&self, key: &Key) -> Result<(), KeyError> {
        write_key(&self.new, &self.heading, key)
    }

    /// Whether the key to come is still there as it was written: without it, what is wrapped under it would be lost.
    pub(crate) fn check_prepared(&self, commitment: &[u8]) -> Result<(), KeyError> {
        if read_key(&self.new, &self.heading)?.commitment() == commitment {
            Ok(())
        } else {
            Err(KeyError::Wrong(self.new.clone()))
        }
    }

    /// Step by step brings the files to where the right key is in its place and nothing beside it. Cut off anywhere, it goes
    /// on from there. For whoever holds the lock of the folder, and reads the commitment while no change can be committed.
    pub(crate) fn settle(&self, commitment: &[u8]) -> Result<Option<Leftover>, KeyError> {
        match self.find(commitment)?.1 {
            Standing::New => {
                self.set_former_aside()?;
                self.put_new_in_place()?;
                self.remove_former()?;
                Ok(Some(Leftover::Finished(self.current.clone())))
            }
            Standing::InPlace => {
                let undone = self.new.exists();
                if undone {
                    self.remove(&self.new)?;
                }
                let removed = self.remove_former()?;
                Ok(match (undone, removed) {
                    (true, _) => Some(Leftover::Undone(self.current.clone())),
                    (false, true) => Some(Leftover::Removed(self.current.clone())),
                    (false, false) => None,
                })
            }
            Standing::Old if self.current.exists() => Ok(Some(Leftover::Kept(self.current.clone()))),
            Standing::Old => {
                self.rename(&self.old, &self.current)?;
                if self.new.exists() {
                    self.remove(&self.new)?;
                }
                Ok(Some(Leftover::Undone(self.current.clone())))
            }
        }
    }

    pub(crate) fn set_former_aside(&self) -> Result<(), KeyError> {
        if self.current.exists() { self.rename(&self.current, &self.old) } else { Ok(()) }
    }

    pub(crate) fn put_new_in_place(&self) -> Result<(), KeyError> {
        self.rename(&self.new, &self.current)
    }

    /// Says whether there was one.
    pub(crate) fn remove_former(&self) -> Result<bool, KeyError> {
        let there = self.old.exists();
        if there {
            self.remove(&self.old)?;
        }
        Ok(there)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), KeyError> {
        fs::rename(from, to).map_err(|e| KeyError::File(from.to_owned(), e))?;
        self.sync_folder()
    }

    fn remove(&self, file: &Path) -> Result<(), KeyError> {
        fs::remove_file(file).map_err(|e| KeyError::File(file.to_owned(), e))?;
        self.sync_folder()
    }

    /// A name must survive a power cut before the next step is taken.
    fn sync_folder(&self) -> Result<(), KeyError> {
        let Some(folder) = self.current.parent() else { return Ok(()) };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|e| KeyError::File(folder.to_owned(), e))
    }
}

/// Holds a folder of keys as it is, until dropped; it ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct FolderLock(#[expect(dead_code, reason = "held, never read")] File);

impl FolderLock {
    /// For whoever changes keys: alone. `None` while somebody else changes or backs them up.
    pub(crate) fn alone(folder: &Path) -> Result<Option<Self>, KeyError> {
        Self::take(folder, File::try_lock)
    }

    /// For whoever reads all of them: together with others who do. `None` while somebody changes them.
    pub(crate) fn shared(folder: &Path) -> Result<Option<Self>, KeyError> {
        Self::take(folder, File::try_lock_shared)
    }

    fn take(folder: &Path, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Option<Self>, KeyError> {
        let path = folder.join(LOCK_FILE);
        let failed = |e: io::Error| KeyError::File(path.clone(), e);
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
