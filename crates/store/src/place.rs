//! Where an installation keeps its database and, apart from it, its keys.

use std::path::{Path, PathBuf};

/// The database file and the folder of key files. Back them up apart: who has both can read everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The database file.
    pub database: PathBuf,
    /// The folder of key files.
    pub keys: PathBuf,
}

impl Place {
    /// The usual names under one folder: `sharewell.db` and `keys/`.
    pub fn under(folder: &Path) -> Self {
        Self { database: folder.join("sharewell.db"), keys: folder.join("keys") }
    }
}
