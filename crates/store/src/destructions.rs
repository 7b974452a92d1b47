//! The list of destructions: kept beside the keys and apart from the database, so that a restored backup brings nobody back.
//!
//! One file for each organisation, only ever added to:
//!
//! ```text
//! sharewell list of destructions 1 ORGANISATION
//! TIME PERSON CERTIFICATE MEMBER MAC
//! ```
//!
//! TIME is microseconds of UTC; MAC is an HMAC-SHA-256 over the one before it and the line, under a secret of the
//! installation, so that no line can be forged, changed, left out or moved. That lines were cut off at the end shows when
//! the database holds a certificate which the list does not name.
//!
//! The file is made under the name `ORGANISATION.destroyed.new` and comes to its own when its heading is on the disk. One that
//! holds a part of its heading and no more, as earlier versions of the program could leave it when the power failed, is an empty list.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use casework::{DestructionId, MemberId, Moment, OrganisationId, PersonId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::keyring::{from_hex, hex};
use crate::seal::Key;

const HEADING: &str = "sharewell list of destructions 1";

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) decided_at: Moment,
    pub(crate) person: PersonId,
    pub(crate) certificate: DestructionId,
    pub(crate) asked_by: MemberId,
}

/// An organisation's list of destructions.
pub(crate) struct DestructionList {
    file: PathBuf,
    heading: String,
    key: Key,
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
            heading: format!("{HEADING} {organisation}"),
            key: installation.derive(b"sharewell 1 list of destructions"),
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

    /// Adds a line and waits until the disk has it. A certificate that is listed already is not listed again: a transaction
    /// may be done again from its start.
    pub(crate) fn add(&self, listed: &Listed) -> Result<(), KeyError> {
        let mut file = self.open_or_make()?;
        let content = self.content(&mut file)?;
        if content.lines.iter().any(|line| line.certificate == listed.certificate) {
            return Ok(());
        }
        let line =
            format!("{} {} {} {}", listed.decided_at.micros(), listed.person, listed.certificate, listed.asked_by);
        let mac = self.mac(&content.last, &line);
        self.append(&mut file, content.end, &format!("{line} {}", hex(&mac)))
            .map_err(|error| KeyError::File(self.file.clone(), error))
    }

    /// Writes a line after the last whole one. Its end is written when the rest of it is on the disk: a power cut leaves a whole
    /// line or one that is passed over, and never a torn one.
    fn append(&self, file: &mut File, after: u64, line: &str) -> io::Result<()> {
        let mut at = after;
        // What a power cut left of an earlier line was never acknowledged.
        file.set_len(at)?;
        if at == 0 {
            at = write_at(file, 0, &self.first_line())?;
        }
        at = write_at(file, at, line)?;
        write_at(file, at, "\n").map(drop)
    }

    /// The file, for this one alone until it is closed: several copies of the program may share the folder.
    fn open_or_make(&self) -> Result<File, KeyError> {
        let failed = |error| KeyError::File(self.file.clone(), error);
        if !self.file.exists() {
            self.make().map_err(failed)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&self.file).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
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
        let mut lines = Vec::new();
        for row in rows {
            let (line, tag) = row.rsplit_once(' ').ok_or_else(altered)?;
            let mac = self.mac(&last, line);
            let tag = from_hex(tag).ok_or_else(altered)?;
            if !bool::from(mac.ct_eq(&tag)) {
                return Err(altered());
            }
            lines.push(listed(line).ok_or_else(altered)?);
            last = mac;
        }
        Ok(Content { lines, last, end: u64::try_from(whole).unwrap_or(u64::MAX) })
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

fn listed(line: &str) -> Option<Listed> {
    let mut fields = line.split(' ');
    let listed = Listed {
        decided_at: Moment::from_micros(fields.next()?.parse().ok()?),
        person: PersonId::from_str(fields.next()?).ok()?,
        certificate: DestructionId::from_str(fields.next()?).ok()?,
        asked_by: MemberId::from_str(fields.next()?).ok()?,
    };
    fields.next().is_none().then_some(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

    fn line(n: u8) -> Listed {
        Listed {
            decided_at: NOW.plus_seconds(i64::from(n)),
            person: PersonId::new(NOW, [n; 10]),
            certificate: DestructionId::new(NOW, [n; 10]),
            asked_by: MemberId::new(NOW, [1; 10]),
        }
    }

    fn list(folder: &Path) -> DestructionList {
        DestructionList::of(folder, &Key::new([9; 32]), OrganisationId::new(NOW, [1; 10]))
    }

    #[test]
    fn what_is_added_is_read_in_its_order_and_once() {
        let folder = tempfile::TempDir::new().unwrap();
        assert_eq!(list(folder.path()).read().unwrap(), []);
        for n in [1, 2, 2, 3, 1] {
            list(folder.path()).add(&line(n)).unwrap();
        }
        assert_eq!(list(folder.path()).read().unwrap(), [line(1), line(2), line(3)]);
    }

    #[test]
    fn a_line_that_a_power_cut_left_half_written_is_passed_over_and_replaced() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        list.add(&line(1)).unwrap();
        let mut bytes = fs::read(list.file()).unwrap();
        bytes.extend_from_slice(b"1795000000000002 0199");
        fs::write(list.file(), &bytes).unwrap();
        assert_eq!(list.read().unwrap(), [line(1)]);
        list.add(&line(2)).unwrap();
        assert_eq!(list.read().unwrap(), [line(1), line(2)]);
    }

    #[test]
    fn a_list_that_was_cut_off_within_its_heading_is_an_empty_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        list.add(&line(1)).unwrap();
        let whole = fs::read(list.file()).unwrap();
        let heading = whole.iter().position(|&byte| byte == b'\n').unwrap();
        for length in 0..=heading {
            fs::write(list.file(), &whole[..length]).unwrap();
            assert_eq!(list.read().unwrap(), [], "{length} bytes");
            list.add(&line(1)).unwrap();
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
        // As when the disk is full: a file of which not even the name is there.
        assert_eq!(list(folder.path()).read().unwrap(), []);
        std::thread::scope(|threads| {
            for n in 0..8 {
                let folder = folder.path();
                threads.spawn(move || list(folder).add(&line(n)).unwrap());
            }
        });
        let mut listed = list(folder.path()).read().unwrap();
        listed.sort_by_key(|line| line.decided_at);
        assert_eq!(listed, (0..8).map(line).collect::<Vec<_>>());
        assert!(!new.exists());
    }

    #[test]
    fn a_line_changed_left_out_moved_or_forged_is_seen() {
        let folder = tempfile::TempDir::new().unwrap();
        let list = list(folder.path());
        for n in 1..=3 {
            list.add(&line(n)).unwrap();
        }
        let right = fs::read_to_string(list.file()).unwrap();
        let rows: Vec<&str> = right.lines().collect();
        let put = |rows: &[&str]| fs::write(list.file(), rows.join("\n") + "\n").unwrap();
        for wrong in [
            vec![rows[0], rows[2], rows[3]],
            vec![rows[0], rows[2], rows[1], rows[3]],
            vec![rows[1], rows[2], rows[3]],
            vec![rows[0], rows[1], rows[1], rows[2], rows[3]],
        ] {
            put(&wrong);
            assert!(matches!(list.read(), Err(KeyError::ListAltered(_))), "{wrong:?}");
        }
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
