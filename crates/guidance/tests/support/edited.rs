//! The real pack with one passage written otherwise, in memory.
#![allow(dead_code, reason = "each test file uses a part of it")]

use sharewell_guidance::{Fault, Pack, SourceFile};

use crate::support;

/// The files with one passage replaced, and where that passage stands.
pub struct Edited {
    /// All files, one of them edited.
    pub files: Vec<SourceFile>,
    /// The edited file.
    pub file: String,
    /// The line on which the replaced passage began.
    pub line: usize,
}

/// Replaces in `file` the first passage `was` after the first `near`.
pub fn edited(file: &str, near: &str, was: &str, becomes: &str) -> Edited {
    let mut files = support::files();
    let found = files.iter_mut().find(|one| one.path == file).unwrap_or_else(|| panic!("no file {file}"));
    let from = found.text.find(near).unwrap_or_else(|| panic!("no `{near}` in {file}"));
    let at = from + found.text[from..].find(was).unwrap_or_else(|| panic!("no `{was}` after `{near}` in {file}"));
    let line = found.text[..at].lines().count() + usize::from(found.text[..at].ends_with('\n'));
    found.text.replace_range(at..at + was.len(), becomes);
    Edited { files, file: file.to_owned(), line }
}

impl Edited {
    /// The line of the table in which the passage stands.
    pub fn table(&self) -> usize {
        let text = &self.files.iter().find(|file| file.path == self.file).unwrap().text;
        let before = text.lines().take(self.line).enumerate();
        let headers = before.filter(|(_, line)| line.starts_with("[["));
        headers.map(|(at, _)| at + 1).last().unwrap()
    }

    /// The line of the table in which a passage stands.
    pub fn table_with(&self, file: &str, passage: &str) -> usize {
        let text = &self.files.iter().find(|one| one.path == file).unwrap().text;
        let upto = &text[..text.find(passage).unwrap_or_else(|| panic!("no `{passage}` in {file}"))];
        let headers = upto.lines().enumerate().filter(|(_, line)| line.starts_with("[["));
        headers.map(|(at, _)| at + 1).last().unwrap()
    }

    /// The faults for which it is refused.
    pub fn faults(&self) -> Vec<Fault> {
        Pack::load(&self.files).err().unwrap_or_default()
    }

    /// The pack, which still loads.
    pub fn pack(&self) -> Pack {
        Pack::load(&self.files).unwrap_or_else(|faults| panic!("{faults:#?}"))
    }
}
