//! A table as people's programs write it: UTF-8 or Windows-1252, with commas, semicolons or tabs, and columns in any order.

use std::borrow::Cow;

/// The columns, in the order in which they are kept, and the words by which a first line may name them.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("name", &["name", "full name"]),
    ("e-mail", &["e-mail", "email", "e-mail address", "email address", "mail"]),
    ("job", &["job", "job title", "role title", "title", "post"]),
    ("roles", &["roles", "role", "does here"]),
    ("team", &["team", "teams"]),
];

/// Only a team may be left out.
const NEEDED: usize = 4;

/// A row, with its cells in the order of [`COLUMNS`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it begins.
    pub(super) line: u64,
    /// What it says.
    pub(super) cells: [String; 5],
    /// Whether something stands beyond the last column.
    pub(super) more: bool,
}

/// A file's text: UTF-8, with or without its mark, or UTF-16 with one; whatever else is text at all is taken as Windows-1252.
///
/// # Errors
/// In words, when the file is a spreadsheet's own, or no text.
pub fn decoded(bytes: &[u8]) -> Result<String, &'static str> {
    // Zip, in which today's spreadsheets are kept, and the compound file of the earlier ones.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(
            "This is a spreadsheet’s own file. Open it there, choose “Save as” and then CSV, and send what you get.",
        );
    }
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned());
    }
    if bytes.contains(&0) {
        return Err("This file is no table. Send one that was saved as CSV.");
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    })
}

/// A cell that no spreadsheet takes for a formula.
#[must_use]
pub fn neutral(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}

/// What separates the cells: whichever of the three stands most often in the first line.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|byte| *byte == sign).count();
    let mut best = b',';
    for sign in *b";\t" {
        if count(sign) > count(best) {
            best = sign;
        }
    }
    best
}

/// The rows of a table, without empty ones.
///
/// # Errors
/// In words, when the first line does not name the columns, or nothing follows it.
pub(super) fn read(text: &str) -> Result<Vec<Row>, String> {
    let text = text.trim_start_matches('\u{feff}');
    // A line that some put first, to tell their spreadsheet what separates the cells; the line after it says so as well.
    let (above, text) = match text.split_once('\n') {
        Some((first, rest)) if first.trim_end_matches('\r').len() == 5 && first.to_lowercase().starts_with("sep=") => {
            (1, rest)
        }
        _ => (0, text),
    };
    // The reader counts a line at its "\n", which it takes with the row after it where there is a "\r" before.
    let text = text.replace("\r\n", "\n");
    let mut records = csv::ReaderBuilder::new()
        .delimiter(separator(&text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = records.records();
    let unreadable = |_| "This is no table that can be read. Save it as CSV and send it again.".to_owned();
    let first = records.next().transpose().map_err(unreadable)?.unwrap_or_default();
    let places = places(&first)?;
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(unreadable)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned();
        rows.push(Row {
            line: above + record.position().map_or(0, csv::Position::line),
            cells: places.map(cell),
            more: record.iter().skip(first.len()).any(|cell| !cell.is_empty()),
        });
    }
    if rows.is_empty() { Err("There is no row below the first line.".to_owned()) } else { Ok(rows) }
}

/// At which place each column stands.
fn places(first: &csv::StringRecord) -> Result<[Option<usize>; 5], String> {
    let place = |names: &[&str]| first.iter().position(|cell| names.contains(&cell.to_lowercase().as_str()));
    let places = COLUMNS.map(|(_, names)| place(names));
    let missing: Vec<&str> = COLUMNS
        .iter()
        .zip(&places)
        .take(NEEDED)
        .filter(|(_, place)| place.is_none())
        .map(|(column, _)| column.0)
        .collect();
    if missing.is_empty() {
        return Ok(places);
    }
    Err(format!(
        "The first line must name the columns: name, e-mail, job, roles, and team if there is one. Not found: {}.",
        missing.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_whatever_separates_its_cells_and_however_its_columns_are_ordered() {
        for (sign, quoted) in [(',', "\"Hart, Amina\""), (';', "Hart, Amina"), ('\t', "Hart, Amina")] {
            let text = ["Roles", "Name", "Email", "Job title", "Notes"].join(&sign.to_string());
            let row = ["practitioner", quoted, "a@x.example", "Teacher", "new"].join(&sign.to_string());
            let rows = read(&format!("\u{feff}{text}\r\n\r\n{row}\r\n")).unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].cells, ["Hart, Amina", "a@x.example", "Teacher", "practitioner", ""].map(str::to_owned));
            assert!(!rows[0].more);
        }
    }

    #[test]
    fn what_stands_beyond_the_last_column_is_said_and_a_missing_column_named() {
        let rows = read("name,e-mail,job,roles\nA,a@x.example,Teacher,manager,practitioner\nB\n").unwrap();
        assert!(rows[0].more);
        assert_eq!((rows[1].cells[0].as_str(), rows[1].cells[1].as_str()), ("B", ""));
        assert!(read("name,mail\nA,b").unwrap_err().ends_with("Not found: job, roles."));
        assert!(read("name,e-mail,job,roles\n\n").is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn files_of_older_programs_are_read_too() {
        let decoded = |bytes: &[u8]| super::decoded(bytes).unwrap();
        assert_eq!(decoded("Zoë".as_bytes()), "Zoë");
        assert_eq!(decoded(b"\xef\xbb\xbfZo\xc3\xab"), "Zoë");
        assert_eq!(decoded(b"Zo\xeb \x96 O\x92Neill"), "Zoë – O’Neill");
        assert_eq!(decoded(b"\xff\xfeZ\0o\0\xeb\0"), "Zoë");
    }

    #[test]
    fn a_spreadsheets_own_file_is_answered_with_how_to_save_it() {
        assert!(super::decoded(b"PK\x03\x04\x14\0").unwrap_err().contains("Save as"));
        assert!(super::decoded(b"\xd0\xcf\x11\xe0\xa1").unwrap_err().contains("Save as"));
        assert!(super::decoded(b"\x89PNG\r\n\x1a\n\0").unwrap_err().contains("no table"));
    }

    #[test]
    fn a_line_that_tells_a_spreadsheet_the_separator_is_no_row() {
        let rows = read("sep=;\r\nname;e-mail;job;roles\r\nA;a@x.example;Teacher;manager\r\n").unwrap();
        assert_eq!((rows[0].line, rows[0].cells[2].as_str()), (3, "Teacher"));
    }

    #[test]
    fn no_cell_is_taken_for_a_formula() {
        for formula in ["=1+1", "+44", "-2", "@SUM(A1)", "\tx"] {
            assert_eq!(neutral(formula), format!("'{formula}"));
        }
        assert_eq!(neutral("Amina = Hart"), "Amina = Hart");
    }
}
