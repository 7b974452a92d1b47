//! The list of destructions: kept beside the keys and apart from the database, so that a restored backup brings nobody back.
//!
//! One file for each organisation, only ever added to:
//!
//! ```text
//! sharewell list of destructions 1 ORGANISATION
//! intended TIME PERSON CERTIFICATE MEMBER GROUND MAC
//! done CERTIFICATE MAC
//! ```
//!
//! A destruction is listed as intended before it is committed, and as `done` or `not-done` when it is known which. The last word
//! about a certificate holds: one that had been taken for not done may be found done. Earlier versions of the program
//! wrote one line `TIME PERSON CERTIFICATE MEMBER MAC` and no other, which counts as done.
//!
//! GROUND is on what it rests, the rule in words with it, sealed for its place under a key that is derived from the installation's. It is not
//! sealed under the organisation's key: when that is changed, the former one is destroyed, and a list that is only ever added to could
//! not be sealed anew. Both keys lie in the same folder as the list, so that neither guards it better than the other.
//!
//! TIME is microseconds of UTC; MAC is an HMAC-SHA-256 over the one before it and the line, under a secret of the
//! installation, so that no line can be forged, changed, left out or moved. That lines were cut off at the end shows when
//! the database holds a certificate which the list does not name.
//!
//! The file is made under the name `ORGANISATION.destroyed.new` and comes to its own when its heading is on the disk. One that
//! holds a part of its heading and no more, as earlier versions of the program could leave it when the power failed, is an empty list.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use casework::{DestructionId, Ground, MemberId, Moment, OrganisationId, PersonId};
use hmac::{Hmac, KeyInit, Mac};
use sealing::NONCE;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keyring::{from_hex, hex, unhex};
use crate::records::padded;
use crate::seal::{Key, Spot, open, seal};
use crate::{KeyError, StoreError};

const HEADING: &str = "sharewell list of destructions 1";

/// A destruction on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) intended: Intended,
    pub(crate) outcome: Outcome,
}

/// What was to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intended {
    pub(crate) decided_at: Moment,
    pub(crate) person: PersonId,
    pub(crate) certificate: DestructionId,
    pub(crate) asked_by: MemberId,
    /// What earlier versions of the program did not keep.
    pub(crate) grounds: Option<Grounds>,
}

/// On what a destruction rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grounds {
    pub(crate) ground: Ground,
    /// The rule or the instruction, in words.
    pub(crate) rule: String,
}

/// What came of it, as far as the list knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was to be committed, and no more is known.
    Open,
    /// It was committed.
    Done,
    /// It was not, as far as anybody could tell.
    NotDone,
}

/// How the lines begin. Those of earlier versions of the program begin with a number.
const INTENDED: &str = "intended";
const DONE: &str = "done";
const NOT_DONE: &str = "not-done";

/// Room that a line of what is intended takes on the disk for those that say what came of it, so that a full disk does not keep these from being
/// written. It holds spaces and no end of a line, and so nothing that is read.
const ROOM: usize = 256;

/// An organisation's list of destructions.
pub(crate) struct DestructionList {
    organisation: OrganisationId,
    file: PathBuf,
    heading: String,
    key: Key,
    /// What seals the grounds.
    sealing: Key,
}

/// What was read: the lines, the last MAC, and where the last whole line ends; 0 where not even the heading is whole.
struct Content {
    lines: Vec<Listed>,
    last: [u8; 32],
    end: u64,
}

impl DestructionList {
    pub(crate) fn of(folder: &Path, installation: &Key, organisation: OrganisationId) -> Self {
        Self {
            file: folder.join(format!("{organisation}.destroyed")),
            organisation,
            heading: format!("{HEADING} {organisation}"),
            key: installation.derive(b"sharewell 1 list of destructions"),
            sealing: installation.derive(b"sharewell 1 grounds of destructions"),
        }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Every destruction on the list, the first one first. Where there is no file, nothing was destroyed yet.
    pub(crate) fn read(&self) -> Result<Vec<Listed>, KeyError> {
        match File::open(&self.file) {
            Ok(mut file) => Ok(self.content(&mut file)?.lines),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(KeyError::File(self.file.clone(), error)),
        }
    }

    /// Lists what is about to be committed, and waits until the disk has it. What is listed as open or done already is not listed
    /// again: a transaction may be done again from its start. `nonce` is random and used once.
    pub(crate) fn intend(&self, intended: &Intended, nonce: [u8; NONCE]) -> Result<(), StoreError> {
        self.make_once()?;
        let (mut file, content) = self.open()?;
        let known = content.lines.iter().find(|line| line.intended.certificate == intended.certificate);
        if known.is_some_and(|line| line.outcome != Outcome::NotDone) {
            return Ok(());
        }
        let grounds = match &intended.grounds {
            Some(grounds) => hex(&seal(&self.sealing, &self.spot(intended.certificate), nonce, &padded(grounds)?)?),
            None => return Err(StoreError::Malformed("a destruction without its ground")),
        };
        let line = self.line(&content, &format!("{INTENDED} {intended} {grounds}"));
        let begin = |file: &mut File| {
            // What a power cut left of an earlier line was never acknowledged.
            file.set_len(content.end)?;
            let at = match content.end {
                0 => write_at(file, 0, &self.first_line())?,
                end => end,
            };
            write_line(file, at, &line, ROOM)
        };
        begin(&mut file).map_err(|error| KeyError::File(self.file.clone(), error).into())
    }

    /// Says of what was intended that it was done, or that it was not. What is not listed as intended is not said to be not done.
    pub(crate) fn close(&self, certificate: DestructionId, done: bool) -> Result<(), KeyError> {
        if !done && !self.file.exists() {
            return Ok(());
        }
        let (mut file, content) = self.open()?;
        let known = content.lines.iter().find(|line| line.intended.certificate == certificate);
        let word = match (known.map(|line| line.outcome), done) {
            (Some(Outcome::Open | Outcome::NotDone), true) => DONE,
            (Some(Outcome::Open), false) => NOT_DONE,
            (Some(_), _) | (None, false) => return Ok(()),
            // It was put back to an earlier one meanwhile.
            (None, true) => return Err(KeyError::ListCut(self.file.clone())),
        };
        let line = self.line(&content, &format!("{word} {certificate}"));
        write_line(&mut file, content.end, &line, 0).map_err(|error| KeyError::File(self.file.clone(), error))
    }

    /// Where the grounds of a destruction stand.
    fn spot(&self, certificate: DestructionId) -> Spot {
        Spot::Grounds { organisation: self.organisation, certificate: certificate.uuid() }
    }

    /// A line with its MAC.
    fn line(&self, after: &Content, line: &str) -> String {
        format!("{line} {}", hex(&self.mac(&after.last, line)))
    }

    /// The file, for this one alone until it is closed, since several copies of the program may share the folder; and what it holds.
    fn open(&self) -> Result<(File, Content), KeyError> {
        let failed = |error| KeyError::File(self.file.clone(), error);
        let mut file = OpenOptions::new().read(true).write(true).open(&self.file).map_err(failed)?;
        file.lock().map_err(failed)?;
        let content = self.content(&mut file)?;
        Ok((file, content))
    }

    fn make_once(&self) -> Result<(), KeyError> {
        if self.file.exists() {
            return Ok(());
        }
        self.make().map_err(|error| KeyError::File(self.file.clone(), error))
    }

    /// Makes the file, and gives it its name when what it begins with is on the disk.
    fn make(&self) -> io::Result<()> {
        let mut new = self.file.clone().into_os_string();
        new.push(".new");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&new)?;
        // Of several who make it at once, one does; the others find it made.
        file.lock()?;
        if self.file.exists() {
            return match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        file.set_len(0)?;
        write_at(&mut file, 0, &self.first_line())?;
        fs::rename(&new, &self.file)?;
        let Some(folder) = self.file.parent() else { return Ok(()) };
        File::open(folder)?.sync_all()
    }

    fn first_line(&self) -> String {
        format!("{}\n", self.heading)
    }

    fn content(&self, file: &mut File) -> Result<Content, KeyError> {
        let failed = |error| KeyError::File(self.file.clone(), error);
        let altered = || KeyError::ListAltered(self.file.clone());
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes[..whole]).map_err(|_| altered())?;
        let mut last = self.mac(&[0; 32], &self.heading);
        let first = self.first_line();
        if bytes.len() < first.len() && first.as_bytes().starts_with(&bytes) {
            return Ok(Content { lines: Vec::new(), last, end: 0 });
        }
        let mut rows = text.lines();
        if rows.next() != Some(&self.heading) {
            return Err(altered());
        }
        let mut lines: Vec<Listed> = Vec::new();
        for row in rows {
            let (line, tag) = row.rsplit_once(' ').ok_or_else(altered)?;
            let mac = self.mac(&last, line);
            let tag = from_hex(tag).ok_or_else(altered)?;
            if !bool::from(mac.ct_eq(&tag)) {
                return Err(altered());
            }
            self.take_in(&mut lines, line).ok_or_else(altered)?;
            last = mac;
        }
        Ok(Content { lines, last, end: u64::try_from(whole).unwrap_or(u64::MAX) })
    }

    /// Takes a line in, as the last word about its certificate.
    fn take_in(&self, lines: &mut Vec<Listed>, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        let mut closed = |outcome| {
            let certificate = DestructionId::from_str(rest).ok()?;
            let known = lines.iter_mut().find(|line| line.intended.certificate == certificate)?;
            known.outcome = outcome;
            Some(())
        };
        match word {
            DONE => closed(Outcome::Done),
            NOT_DONE => closed(Outcome::NotDone),
            INTENDED => {
                let (fields, sealed) = rest.rsplit_once(' ')?;
                let mut intended = intended(fields)?;
                let grounds = open(&self.sealing, &self.spot(intended.certificate), &unhex(sealed)?).ok()?;
                intended.grounds = Some(serde_json::from_slice(&grounds).ok()?);
                // Once more, after it was not done: now it is the last.
                lines.retain(|line| line.intended.certificate != intended.certificate);
                lines.push(Listed { intended, outcome: Outcome::Open });
                Some(())
            }
            _ => {
                lines.push(Listed { intended: intended(line)?, outcome: Outcome::Done });
                Some(())
            }
        }
    }

    fn mac(&self, before: &[u8; 32], line: &str) -> [u8; 32] {
        // HMAC fills a key up to its block with zeros; done here, the call cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.key.bytes());
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.update(before);
        mac.update(line.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Writes at a place and waits until the disk has it. Says where what was written ends.
fn write_at(file: &mut File, at: u64, text: &str) -> io::Result<u64> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    file.stream_position()
}

/// Writes a line after the last whole one. Its end is written when the rest of it is on the disk: a power cut leaves a whole line
/// or one that is passed over, and never a torn one.
fn write_line(file: &mut File, at: u64, line: &str, room: usize) -> io::Result<()> {
    // The first space stands where the end of the line will.
    write_at(file, at, &format!("{line}{}", " ".repeat(room)))?;
    let end = at + u64::try_from(line.len()).unwrap_or(u64::MAX);
    write_at(file, end, "\n").map(drop)
}

fn intended(line: &str) -> Option<Intended> {
    let mut fields = line.split(' ');
    let intended = Intended {
        decided_at: Moment::from_micros(fields.next()?.parse().ok()?),
        person: PersonId::from_str(fields.next()?).ok()?,
        certificate: DestructionId::from_str(fields.next()?).ok()?,
        asked_by: MemberId::from_str(fields.next()?).ok()?,
        grounds: None,
    };
    fields.next().is_none().then_some(intended)
}

/// Without the grounds, which are sealed for the list.
impl fmt::Display for Intended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decided_at, person, certificate, asked_by, grounds: _ } = self;
        write!(f, "{} {person} {certificate} {asked_by}", decided_at.micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

    fn intended(n: u8) -> Intended {
        Intended {
            decided_at: NOW.plus_seconds(i64::from(n)),
            person: PersonId::new(NOW, [n; 10]),
            certificate: DestructionId::new(NOW, [n; 10]),
            asked_by: MemberId::new(NOW, [1; 10]),
            grounds: Some(Grounds { ground: Ground::RetentionRule, rule: format!("Rule {n}") }),
        }
    }

    fn intend(list: &DestructionList, n: u8) {
        list.intend(&intended(n), [n; NONCE]).unwrap();
    }

    fn listed(n: u8, outcome: Outcome) -> Listed {
        Listed { intended: intended(n), outcome }
    }

    /// As earlier versions of the program listed it.
    fn of_before(n: u8) -> Listed {
        Listed { intended: Intended { grounds: None, ..intended(n) }, outcome: Outcome::Done }
    }

    fn list(folder: &Path) -> DestructionList {
        DestructionList::of(folder, &Key::new([9; 32]), OrganisationId::new(NOW, [1; 10]))
    }

    /// The file up to the end of the last line, without the room after it.
    fn lines(list: &DestructionList) -> String {
        let text = fs::read_to_string(list.file()).unwrap();
        text[..=text.rfind('\n').unwrap()].to_owned()
    }

    fn close(list: &DestructionList, n: u8, done: bool) {
        list.close(intended(n).certificate, done).unwrap();
    }

    #[test]
    fn what_is_intended_is_read_in_its_order_and_once_with_the_last_word_about_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        assert_eq!(list.read().unwrap(), []);
        for n in [1, 2, 2, 3, 1] {
            intend(&list, n);
        }
        assert_eq!(list.read().unwrap(), [1, 2, 3].map(|n| listed(n, Outcome::Open)));
        close(&list, 1, true);
        close(&list, 2, false);
        assert_eq!(
            list.read().unwrap(),
            [listed(1, Outcome::Done), listed(2, Outcome::NotDone), listed(3, Outcome::Open)]
        );
        let before = lines(&list);
        close(&list, 1, false);
        close(&list, 1, true);
        close(&list, 2, false);
        intend(&list, 1);
        assert_eq!(lines(&list), before, "what was done stays so");
        intend(&list, 2);
        assert_eq!(
            list.read().unwrap(),
            [listed(1, Outcome::Done), listed(3, Outcome::Open), listed(2, Outcome::Open)]
        );
        close(&list, 2, false);
        close(&list, 2, true);
        assert_eq!(list.read().unwrap()[2], listed(2, Outcome::Done), "it was found done after all");
    }

    #[test]
    fn what_was_never_intended_is_not_closed() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        close(&list, 1, false);
        assert!(!list.file().exists());
        intend(&list, 1);
        close(&list, 2, false);
        assert!(matches!(list.close(intended(2).certificate, true), Err(KeyError::ListCut(_))));
        assert_eq!(list.read().unwrap(), [listed(1, Outcome::Open)]);
    }

    #[test]
    fn a_list_of_before_there_were_two_lines_is_read_and_goes_on() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        let mut text = list.first_line();
        let mut mac = list.mac(&[0; 32], &list.heading);
        for n in 1..=2 {
            let line = intended(n).to_string();
            mac = list.mac(&mac, &line);
            text = format!("{text}{line} {}\n", hex(&mac));
        }
        fs::write(list.file(), text).unwrap();
        intend(&list, 2);
        intend(&list, 3);
        assert_eq!(list.read().unwrap(), [of_before(1), of_before(2), listed(3, Outcome::Open)]);
    }

    #[test]
    fn the_ground_is_sealed_for_its_place_and_says_nothing_by_its_length() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        intend(&list, 1);
        let mut long = intended(2);
        let rule = "The order of the court of 3 November, by which nothing is to be kept".to_owned();
        long.grounds = Some(Grounds { ground: Ground::Instruction, rule });
        list.intend(&long, [2; NONCE]).unwrap();
        assert_eq!(list.read().unwrap()[1].intended, long);
        let text = lines(&list);
        let rows: Vec<&str> = text.lines().collect();
        assert!(!text.contains("Rule") && !text.contains("court") && !text.contains("instruction"), "{text}");
        assert_eq!(rows[1].len(), rows[2].len());
        // Under the right MAC, and yet in another's place.
        let sealed = |row: &str| row.split(' ').nth(5).unwrap().to_owned();
        let (moved, _) = rows[2]
            .replace(&sealed(rows[2]), &sealed(rows[1]))
            .rsplit_once(' ')
            .map(|(line, mac)| (line.to_owned(), mac.to_owned()))
            .unwrap();
        let first = from_hex(rows[1].rsplit_once(' ').unwrap().1).unwrap();
        let mac = hex(&list.mac(&first, &moved));
        fs::write(list.file(), format!("{}\n{}\n{moved} {mac}\n", rows[0], rows[1])).unwrap();
        assert!(matches!(list.read(), Err(KeyError::ListAltered(_))));
    }

    #[test]
    fn what_came_of_it_takes_no_more_of_the_disk() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        for n in 1..=3 {
            intend(&list, n);
            let taken = fs::metadata(list.file()).unwrap().len();
            close(&list, n, false);
            close(&list, n, true);
            assert_eq!(fs::metadata(list.file()).unwrap().len(), taken);
        }
        assert_eq!(list.read().unwrap(), [1, 2, 3].map(|n| listed(n, Outcome::Done)));
    }

    #[test]
    fn a_line_that_was_cut_off_anywhere_is_passed_over_and_replaced() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        intend(&list, 1);
        close(&list, 1, true);
        let first = lines(&list);
        intend(&list, 2);
        let second = lines(&list);
        for length in first.len()..second.len() {
            for rest in [" ", ""] {
                fs::write(list.file(), format!("{}{}", &second[..length], rest.repeat(ROOM))).unwrap();
                assert_eq!(list.read().unwrap(), [listed(1, Outcome::Done)], "{length} bytes");
                intend(&list, 2);
                assert_eq!(lines(&list), second, "{length} bytes");
            }
        }
        close(&list, 2, true);
        let third = lines(&list);
        for length in second.len()..third.len() {
            fs::write(list.file(), format!("{}{}", &third[..length], " ".repeat(ROOM))).unwrap();
            assert_eq!(list.read().unwrap()[1], listed(2, Outcome::Open), "{length} bytes");
            close(&list, 2, false);
            close(&list, 2, true);
            assert_eq!(list.read().unwrap()[1], listed(2, Outcome::Done), "{length} bytes");
        }
    }

    #[test]
    fn a_list_that_was_cut_off_within_its_heading_is_an_empty_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        intend(&list, 1);
        let whole = fs::read(list.file()).unwrap();
        let heading = whole.iter().position(|&byte| byte == b'\n').unwrap();
        for length in 0..=heading {
            fs::write(list.file(), &whole[..length]).unwrap();
            assert_eq!(list.read().unwrap(), [], "{length} bytes");
            close(&list, 1, false);
            intend(&list, 1);
            assert_eq!(fs::read(list.file()).unwrap(), whole, "{length} bytes");
        }
        for wrong in [&b"\0"[..], b"sharewell list of destroyed", &whole[1..heading], b"\n"] {
            fs::write(list.file(), wrong).unwrap();
            assert!(matches!(list.read(), Err(KeyError::ListAltered(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_list_comes_to_its_name_whole_whatever_an_attempt_left_and_however_many_make_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let new = list(folder.path()).file().with_extension("destroyed.new");
        fs::write(&new, "sharewell list of something much longer than a heading, which an attempt left").unwrap();
        assert_eq!(list(folder.path()).read().unwrap(), []);
        std::thread::scope(|threads| {
            for n in 0..8 {
                let folder = folder.path();
                threads.spawn(move || intend(&list(folder), n));
            }
        });
        let mut found = list(folder.path()).read().unwrap();
        found.sort_by_key(|line| line.intended.decided_at);
        assert_eq!(found, (0..8).map(|n| listed(n, Outcome::Open)).collect::<Vec<_>>());
        assert!(!new.exists());
    }

    #[test]
    fn a_line_changed_left_out_moved_or_forged_is_seen() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        for n in 1..=3 {
            intend(&list, n);
            close(&list, n, n != 2);
        }
        let right = lines(&list);
        let rows: Vec<&str> = right.lines().collect();
        let put = |rows: &[&str]| fs::write(list.file(), rows.join("\n") + "\n").unwrap();
        for wrong in [
            vec![rows[0], rows[3], rows[4]],
            vec![rows[0], rows[1], rows[3], rows[2], rows[4]],
            vec![rows[1], rows[2], rows[3]],
            vec![rows[0], rows[1], rows[1], rows[2], rows[3]],
            vec![rows[0], rows[1], rows[3]],
        ] {
            put(&wrong);
            assert!(matches!(list.read(), Err(KeyError::ListAltered(_))), "{wrong:?}");
        }
        // Without its end the last line is one that a power cut left.
        let length = right.len() - 1;
        for n in 0..length {
            let mut changed = right.clone().into_bytes();
            changed[n] ^= 1;
            fs::write(list.file(), &changed).unwrap();
            assert!(matches!(list.read(), Err(KeyError::ListAltered(_))), "byte {n}");
        }
        put(&rows);
        assert_eq!(list.read().unwrap().len(), 3);
        let other = DestructionList::of(folder.path(), &Key::new([8; 32]), OrganisationId::new(NOW, [1; 10]));
        assert!(matches!(other.read(), Err(KeyError::ListAltered(_))), "under another installation’s key");
    }
}
