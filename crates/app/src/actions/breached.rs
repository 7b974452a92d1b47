//! A list of passwords that went round after break-ins, as the usual public ones are written: one line for each password, its SHA-1 in
//! hexadecimal, perhaps a colon and how often it was met, in the order of the hashes. Such a list may hold thousands of millions of lines,
//! so it is looked up where it lies, by halving; nothing of it is held in memory and nothing is asked of anybody else.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;

/// No line of such a list comes near this many bytes.
const LONGEST: u64 = 256;

/// Whether the list has a line for this hash, 40 hexadecimal digits in capitals.
///
/// # Errors
/// When the list cannot be read, or a line that was met does not begin with a hash.
pub(super) fn holds(list: impl Read + Seek, wanted: &str) -> io::Result<bool> {
    let mut list = BufReader::with_capacity(512, list);
    // Lines that begin before `low` come before the wanted one, lines that begin at `high` or later come after it.
    let (mut low, mut high) = (0, list.seek(SeekFrom::End(0))?);
    while low < high {
        let middle = low + (high - low) / 2;
        let (line, next) = line_from(&mut list, middle)?;
        match line.as_deref().map(|line| line.cmp(wanted)) {
            Some(std::cmp::Ordering::Equal) => return Ok(true),
            Some(std::cmp::Ordering::Less) => low = next,
            Some(std::cmp::Ordering::Greater) | None => high = middle,
        }
    }
    Ok(false)
}

/// The hash in the first line that begins at `from` or later, and where the line after it begins.
fn line_from<R: Read + Seek>(list: &mut BufReader<R>, from: u64) -> io::Result<(Option<String>, u64)> {
    let mut start = 0;
    if from > 0 {
        list.seek(SeekFrom::Start(from - 1))?;
        start = from - 1 + rest_of_line(list)?.0;
    } else {
        list.rewind()?;
    }
    let (length, line) = rest_of_line(list)?;
    if length == 0 {
        return Ok((None, start));
    }
    let hash = line.get(..DIGITS).filter(|hash| hash.iter().all(u8::is_ascii_hexdigit));
    let hash = hash.and_then(|hash| std::str::from_utf8(hash).ok()).ok_or_else(not_a_list)?;
    Ok((Some(hash.to_ascii_uppercase()), start + length))
}

fn rest_of_line<R: Read>(list: &mut BufReader<R>) -> io::Result<(u64, Vec<u8>)> {
    let mut line = Vec::new();
    let length = list.take(LONGEST).read_until(b'\n', &mut line)?;
    let length = u64::try_from(length).map_err(|_| not_a_list())?;
    if length == LONGEST { Err(not_a_list()) } else { Ok((length, line)) }
}

fn not_a_list() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the list of breached passwords does not hold one SHA-1 in hexadecimal at the beginning of each line",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Hashes in order, none next to another.
    fn hash(n: u32) -> String {
        format!("{n:08X}{:032X}", n * 7)
    }

    #[test]
    fn every_password_of_a_list_is_found_and_none_between_or_beyond() {
        for (lines, ending) in [(1, "\n"), (2, ":3\r\n"), (7, ":10001\n"), (64, "\r\n"), (257, ":1\n")] {
            let text = (1..=lines).map(|n| format!("{}{ending}", hash(n * 2))).collect::<Vec<_>>().concat();
            for list in [text.clone(), text.trim_end().to_owned(), text.to_lowercase()] {
                for n in 1..=lines * 2 + 1 {
                    let found = holds(Cursor::new(&list), &hash(n)).unwrap();
                    assert_eq!(found, n % 2 == 0, "{n} of {lines} lines");
                }
            }
        }
        assert!(!holds(Cursor::new(""), &hash(1)).unwrap());
    }

    #[test]
    fn a_file_of_another_kind_is_an_error_and_not_a_list_without_the_password() {
        for other in ["password1\npassword2\n".to_owned(), "0".repeat(2000), format!("{}\n", &hash(3)[..39])] {
            assert!(holds(Cursor::new(&other), &hash(1)).is_err(), "{other}");
        }
    }
}
