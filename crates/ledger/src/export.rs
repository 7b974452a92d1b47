//! A whole ledger in one file: every entry in its order and every checkpoint with its signatures, so that anybody checks all of
//! it with no server and with no key but the public ones. It holds sizes, times, digests and signatures, and nothing of any record.
//!
//! ```text
//! sharewell ledger export v1
//! checkpoints 2
//!
//! sharewell/0198…                       a checkpoint as its signed note: text, blank line, signatures
//! 1181
//! oVPX+fJfDnekUUCfB4KKnZsn7sIxAR7DDG1JmdkA5bs=
//!
//! — sharewell/0198… U+rf5nq2a5yfKg…
//!
//! sharewell/0198…
//! …
//!
//! entries 1204
//! AQAAAAAAAAAAAAAAAAAAAAcABlv+2pCvwA…   an entry, its 89 bytes in base64; so many lines, and nothing after them
//! ```
//!
//! Checkpoints come first, so that one reading of the entries is enough, however many there are.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::checkpoint::{Checkpoint, OpenCheckpointError};
use crate::entry::Entry;
use crate::key::{Kind, VerifierKey};
use crate::lines::decimal;
use crate::note::{LONGEST_NOTE, Note};
use crate::receipt::Witness;
use crate::tree::{Frontier, Hash, all_cores, split_at_size};

/// The first line of the file.
pub const FIRST_LINE: &str = "sharewell ledger export v1";

/// The ending of the file's name.
pub const FILE_ENDING: &str = ".ledger";

/// So many entries are read at a time; then it is said how far reading is.
const AT_A_TIME: usize = 8_192;

/// Writes the file, part by part in its order: [`Writer::new`], each checkpoint, the number of entries, each entry.
#[derive(Debug)]
pub struct Writer<W: Write>(W);

impl<W: Write> Writer<W> {
    /// Begins the file.
    pub fn new(mut file: W, checkpoints: u64) -> io::Result<Self> {
        write!(file, "{FIRST_LINE}\ncheckpoints {checkpoints}\n")?;
        Ok(Self(file))
    }

    /// One of the checkpoints, from the smallest to the largest.
    pub fn checkpoint(&mut self, note: &Note) -> io::Result<()> {
        write!(self.0, "\n{note}")
    }

    /// How many entries follow, after the last checkpoint.
    pub fn entries(&mut self, count: u64) -> io::Result<()> {
        write!(self.0, "\nentries {count}\n")
    }

    /// One of the entries.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        writeln!(self.0, "{}", STANDARD.encode(entry.to_bytes()))
    }

    /// Gives back what was written to.
    pub fn into_inner(self) -> W {
        self.0
    }
}

/// Why a file cannot be checked as an export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The first line is another one.
    #[error("an export begins with “{FIRST_LINE}”")]
    FirstLine,
    /// A line is not what must stand there.
    #[error("line {line} was changed, or a line before it was added or removed: {expected} should stand there")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What should stand there.
        expected: &'static str,
    },
    /// An entry's line holds no entry.
    #[error("line {line}, entry {}: it was changed, and is no entry of a ledger", .position + 1)]
    Entry {
        /// Its number, from 1.
        line: u64,
        /// The entry's position, from 0.
        position: u64,
    },
    /// The file ends early.
    #[error("the file was cut short: it ends after line {line}, where {expected} should follow")]
    CutShort {
        /// How many lines it has.
        line: u64,
        /// What should follow.
        expected: &'static str,
    },
    /// More follows than was said.
    #[error("line {line}: something was added after the last of {entries} entries")]
    More {
        /// The first line too many, from 1.
        line: u64,
        /// How many entries the file says that it has.
        entries: u64,
    },
    /// Nothing in the file is signed.
    #[error("the export holds no checkpoint, so that nothing in it is signed")]
    NothingSigned,
    /// The key given is a witness's.
    #[error("the key {0} is a witness’s, not a ledger’s")]
    NotALedgersKey(String),
}

/// What is wrong in an export that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportFinding {
    /// A checkpoint is not one of this ledger, or of this witness.
    #[error("line {line}, the checkpoint of {size} entries: {why}")]
    NotSigned {
        /// The line on which its text begins.
        line: u64,
        /// How many entries it says.
        size: u64,
        /// Why it is not believed.
        why: OpenCheckpointError,
    },
    /// The entries are others than those that were signed.
    #[error(
        "entries {} to {size}: at least one of them is not the one that was signed with the checkpoint of {size} entries (line {line})",
        .after + 1
    )]
    TreeDiffers {
        /// The line on which the checkpoint begins.
        line: u64,
        /// The last checkpoint that agrees covers so many entries.
        after: u64,
        /// The first that does not.
        size: u64,
    },
    /// Entries are missing at the end.
    #[error("the ledger was cut short: {signed} entries were signed (line {line}), {found} are here")]
    CutShort {
        /// The line on which the checkpoint begins.
        line: u64,
        /// How many it covers.
        signed: u64,
        /// How many entries the file has.
        found: u64,
    },
    /// Entries at the end that no checkpoint covers.
    #[error("entries {} to {found}: they are under no signature", .after + 1)]
    NotCovered {
        /// The last checkpoint covers so many.
        after: u64,
        /// How many entries the file has.
        found: u64,
    },
}

/// How far a witness's signatures reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Who signed, and when.
    pub witness: Witness,
    /// How many entries it had seen then.
    pub size: u64,
}

/// What an export says, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The names under which the ledger was signed, each once, the newest last: after a restore it goes on under a new one.
    pub names: Vec<String>,
    /// How many entries there are.
    pub entries: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many entries the last checkpoint covers that agrees with them.
    pub covered: u64,
    /// The root of the tree over all entries.
    pub root: Hash,
    /// When its keeper says that the first and the last entry were recorded, in microseconds since 1970 in UTC.
    pub recorded: Option<(i64, i64)>,
    /// How far each of the witnesses that were given reaches.
    pub witnessed: Vec<Reached>,
    /// What is wrong; empty when it holds.
    pub findings: Vec<ExportFinding>,
}

/// Reads an export whole and checks it: every checkpoint against the ledger's key, and the entries against every checkpoint.
/// `progress` is told how many entries were read.
///
/// After a restore a ledger goes on under another name, and with the same key: a checkpoint counts under whatever name, when this
/// key has signed it.
pub fn verify(
    file: impl BufRead,
    log: &VerifierKey,
    witnesses: &[&VerifierKey],
    progress: &mut impl FnMut(u64),
) -> Result<Exported, ExportError> {
    if log.kind() != Kind::Note {
        return Err(ExportError::NotALedgersKey(log.name().to_owned()));
    }
    let mut lines = Lines { file, at: 0 };
    let checkpoints = begin(&mut lines)?;
    let mut found = Exported {
        names: Vec::new(),
        entries: 0,
        checkpoints,
        covered: 0,
        root: Frontier::new().root(),
        recorded: None,
        witnessed: Vec::new(),
        findings: Vec::new(),
    };
    let mut signed: BTreeMap<u64, Vec<(u64, Hash)>> = BTreeMap::new();
    for _ in 0..checkpoints {
        let (line, note) = read_note(&mut lines)?;
        if let Some(checkpoint) = believed(line, &note, log, witnesses, &mut found)? {
            signed.entry(checkpoint.size()).or_default().push((line, checkpoint.root()));
        }
    }
    entries(&mut lines, &signed, &mut found, progress)?;
    Ok(found)
}

/// The newest checkpoint in an export, which says as much of the ledger as a witness does. Nothing is verified.
pub fn newest_checkpoint(file: impl BufRead) -> Result<Note, ExportError> {
    let mut lines = Lines { file, at: 0 };
    let mut newest = None;
    for _ in 0..begin(&mut lines)? {
        newest = Some(read_note(&mut lines)?.1);
    }
    newest.ok_or(ExportError::NothingSigned)
}

fn begin(lines: &mut Lines<impl BufRead>) -> Result<u64, ExportError> {
    match lines.next() {
        Ok(Some(first)) if first == FIRST_LINE => {}
        Ok(_) | Err(ExportError::Line { .. }) => return Err(ExportError::FirstLine),
        Err(error) => return Err(error),
    }
    match lines.number("checkpoints ", "the number of checkpoints")? {
        0 => Err(ExportError::NothingSigned),
        count => Ok(count),
    }
}

/// A blank line and a note; the line on which its text begins.
fn read_note(lines: &mut Lines<impl BufRead>) -> Result<(u64, Note), ExportError> {
    const EXPECTED: &str = "a checkpoint with its signatures";
    lines.blank(EXPECTED)?;
    let begins = lines.at + 1;
    let mut text = String::new();
    for expected_blank in [true, false] {
        loop {
            // Signatures end where the next part begins, which is after a blank line that is read with that part.
            if !expected_blank && !lines.more_of_the_note()? {
                break;
            }
            let line = lines.need(EXPECTED)?;
            text.push_str(&line);
            text.push('\n');
            if text.len() > LONGEST_NOTE {
                return Err(ExportError::Line { line: lines.at, expected: EXPECTED });
            }
            if expected_blank && line.is_empty() {
                break;
            }
        }
    }
    let note = Note::parse(text.as_bytes()).map_err(|_| ExportError::Line { line: begins, expected: EXPECTED })?;
    Ok((begins, note))
}

/// The checkpoint in a note, if this ledger's key has signed it; what is wrong with it goes to the findings.
fn believed(
    line: u64,
    note: &Note,
    log: &VerifierKey,
    witnesses: &[&VerifierKey],
    found: &mut Exported,
) -> Result<Option<Checkpoint>, ExportError> {
    let said = Checkpoint::parse(note.text());
    let said = said.map_err(|_| ExportError::Line { line, expected: "the text of a checkpoint" })?;
    let (origin, size) = (said.origin().to_owned(), said.size());
    // A name that no key can have is not the ledger's either, and the note is then looked at under the name that was given.
    let key = log.named(&origin).unwrap_or_else(|_| log.clone());
    let (checkpoint, signed) = match Checkpoint::open(note, &key, witnesses) {
        Ok(opened) => opened,
        Err(why) => {
            found.findings.push(ExportFinding::NotSigned { line, size, why });
            return Ok(None);
        }
    };
    for one in signed {
        let Some(time) = one.time else { continue };
        let reached = Reached { witness: Witness { name: one.key.name().to_owned(), time }, size };
        match found.witnessed.iter_mut().find(|earlier| earlier.witness.name == reached.witness.name) {
            Some(earlier) if earlier.size <= size => *earlier = reached,
            Some(_) => {}
            None => found.witnessed.push(reached),
        }
    }
    if found.names.last() != Some(&origin) {
        found.names.retain(|name| *name != origin);
        found.names.push(origin);
    }
    Ok(Some(checkpoint))
}

/// Grows the tree on all cores, part by part as it is read, and compares it with what was signed at each size.
fn entries(
    lines: &mut Lines<impl BufRead>,
    signed: &BTreeMap<u64, Vec<(u64, Hash)>>,
    found: &mut Exported,
    progress: &mut impl FnMut(u64),
) -> Result<(), ExportError> {
    lines.blank("a blank line before the entries")?;
    let count = lines.number("entries ", "the number of entries")?;
    let mut tree = Frontier::new();
    let mut differs = false;
    compare(&tree, signed, &mut differs, found);
    let (cores, mut read) = (all_cores(), Vec::with_capacity(AT_A_TIME));
    for position in 0..count {
        let line = lines.need("an entry")?;
        let entry = read_entry(&line).ok_or(ExportError::Entry { line: lines.at, position })?;
        let (first, _) = found.recorded.unwrap_or((entry.recorded_at, entry.recorded_at));
        found.recorded = Some((first, entry.recorded_at));
        read.push(entry.to_bytes());
        if read.len() < AT_A_TIME && position + 1 < count {
            continue;
        }
        let mut rest = read.as_slice();
        while !rest.is_empty() {
            let stop = signed.range(tree.size() + 1..).next().map(|(size, _)| *size);
            let (part, after) = split_at_size(rest, tree.size(), stop);
            tree.extend(part, cores);
            compare(&tree, signed, &mut differs, found);
            rest = after;
        }
        read.clear();
        progress(tree.size());
    }
    if lines.next()?.is_some() {
        return Err(ExportError::More { line: lines.at, entries: count });
    }
    found.entries = count;
    found.root = tree.root();
    for (&size, checkpoints) in signed.range(count + 1..) {
        let line = checkpoints.first().map_or(0, |(line, _)| *line);
        found.findings.push(ExportFinding::CutShort { line, signed: size, found: count });
    }
    let largest = signed.keys().next_back().copied().unwrap_or(0);
    if largest < count {
        found.findings.push(ExportFinding::NotCovered { after: largest, found: count });
    }
    Ok(())
}

/// Compares the tree as it is now with the checkpoints of its size.
fn compare(tree: &Frontier, signed: &BTreeMap<u64, Vec<(u64, Hash)>>, differs: &mut bool, found: &mut Exported) {
    let size = tree.size();
    for &(line, root) in signed.get(&size).into_iter().flatten() {
        if tree.root() == root {
            found.covered = size;
        } else if !*differs {
            // Every later one differs as well; the first says where to look.
            *differs = true;
            found.findings.push(ExportFinding::TreeDiffers { line, after: found.covered, size });
        }
    }
}

fn read_entry(line: &str) -> Option<Entry> {
    Entry::parse(&STANDARD.decode(line).ok()?).ok()
}

/// The file line by line; no line is longer than a note may be.
struct Lines<R> {
    file: R,
    /// How many were read.
    at: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its newline; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<String>, ExportError> {
        const EXPECTED: &str = "a whole line of text";
        let limit = u64::try_from(LONGEST_NOTE).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        if self.file.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.at += 1;
        if bytes.pop() != Some(b'\n') {
            return Err(ExportError::CutShort { line: self.at, expected: "the end of that line" });
        }
        String::from_utf8(bytes).map(Some).map_err(|_| ExportError::Line { line: self.at, expected: EXPECTED })
    }

    fn need(&mut self, expected: &'static str) -> Result<String, ExportError> {
        let line = self.at;
        self.next()?.ok_or(ExportError::CutShort { line, expected })
    }

    fn blank(&mut self, expected: &'static str) -> Result<(), ExportError> {
        if self.need(expected)?.is_empty() { Ok(()) } else { Err(ExportError::Line { line: self.at, expected }) }
    }

    fn number(&mut self, before: &str, expected: &'static str) -> Result<u64, ExportError> {
        let line = self.need(expected)?;
        line.strip_prefix(before).and_then(decimal).ok_or(ExportError::Line { line: self.at, expected })
    }

    /// Whether the note's signatures go on: the next line is neither blank nor the end.
    fn more_of_the_note(&mut self) -> Result<bool, ExportError> {
        Ok(self.file.fill_buf()?.first().is_some_and(|byte| *byte != b'\n'))
    }
}
