//! Reading the real pack from the repository.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read the pack stops with why")]

use std::path::Path;

use sharewell_guidance::{Fault, Pack, SourceFile};

/// The files of `packs/pan-cheshire`.
pub fn files() -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/pan-cheshire");
    let mut files: Vec<SourceFile> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| SourceFile {
            path: entry.file_name().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(entry.path()).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The pack, or its faults.
pub fn load() -> Result<Pack, Vec<Fault>> {
    Pack::load(&files())
}

/// The pack.
pub fn pack() -> Pack {
    load().unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}
