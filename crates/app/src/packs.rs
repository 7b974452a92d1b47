//! The guidance pack: the one built in, or a folder that somebody names.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use casework::PackRef;
use guidance::{Fault, Pack, SourceFile};
use rust_embed::RustEmbed;
use store::KeptPack;

#[derive(RustEmbed)]
#[folder = "../../packs/pan-cheshire"]
#[include = "*.toml"]
struct BuiltIn;

/// A pack with the files it was read from, so that it can be kept with the first decision made under it.
#[derive(Clone, Debug)]
pub struct LoadedPack {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Its files.
    pub files: Vec<SourceFile>,
}

/// Why a pack could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder holds no pack.
    #[error("{}: there is no `.toml` file in this folder. A pack is a folder of them; see docs/pack-format.md", .0.display())]
    Empty(PathBuf),
    /// What is wrong in its files: one line each, with file and line.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

impl LoadedPack {
    /// The pack that the program carries.
    ///
    /// # Errors
    /// Its faults; a test sees to it that there are none.
    pub fn built_in() -> Result<Self, PackError> {
        let text = |path: &str| BuiltIn::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let files = BuiltIn::iter().filter_map(|path| Some(SourceFile { text: text(&path)?, path: path.into_owned() }));
        Self::of(files.collect())
    }

    /// The pack in a folder.
    ///
    /// # Errors
    /// What cannot be read, or is wrong.
    pub fn in_folder(folder: &Path) -> Result<Self, PackError> {
        let mut files = Vec::new();
        gather(folder, "", &mut files)?;
        if files.is_empty() {
            return Err(PackError::Empty(folder.to_owned()));
        }
        Self::of(files)
    }

    /// The pack in this folder, or the one built in.
    ///
    /// # Errors
    /// What cannot be read, or is wrong.
    pub fn named(folder: Option<&Path>) -> Result<Self, PackError> {
        folder.map_or_else(Self::built_in, Self::in_folder)
    }

    /// A pack as the store kept it.
    ///
    /// # Errors
    /// Its faults: today's program may refuse what an older one took.
    pub fn kept(kept: &KeptPack) -> Result<Self, PackError> {
        let file = |(path, bytes): (&String, &Vec<u8>)| SourceFile {
            path: path.clone(),
            text: String::from_utf8_lossy(bytes).into_owned(),
        };
        Self::of(kept.files.iter().map(file).collect())
    }

    fn of(mut files: Vec<SourceFile>) -> Result<Self, PackError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let pack = Pack::load(&files).map_err(PackError::Faults)?;
        Ok(Self { pack: Arc::new(pack), files })
    }

    /// What a decision names.
    #[must_use]
    pub fn reference(&self) -> PackRef {
        PackRef { id: self.pack.id.clone(), version: self.pack.version.clone(), digest: self.pack.digest.clone() }
    }

    /// The pack as the store keeps it.
    #[must_use]
    pub fn to_keep(&self) -> KeptPack {
        let files: BTreeMap<_, _> =
            self.files.iter().map(|file| (file.path.clone(), file.text.clone().into_bytes())).collect();
        KeptPack { pack: self.reference(), files }
    }
}

fn gather(folder: &Path, within: &str, files: &mut Vec<SourceFile>) -> Result<(), PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PackError::File { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let inside = format!("{within}{name}");
        if path.is_dir() {
            gather(&path, &format!("{inside}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path).map_err(failed(&path))?;
            files.push(SourceFile { path: inside, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_built_in_is_the_one_in_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/pan-cheshire");
        assert_eq!(LoadedPack::built_in().unwrap().pack.digest, LoadedPack::in_folder(&folder).unwrap().pack.digest);
    }

    #[test]
    fn a_pack_survives_being_kept() {
        let pack = LoadedPack::built_in().unwrap();
        assert_eq!(store::pack_digest(&pack.to_keep().files), pack.pack.digest, "the store works out the same");
        assert_eq!(LoadedPack::kept(&pack.to_keep()).unwrap().pack.digest, pack.pack.digest);
    }
}
