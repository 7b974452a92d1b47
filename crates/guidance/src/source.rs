//! Reading pack files so that every fault names its file and line.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One file of a pack: its path inside the pack and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path inside the pack, with `/` between folders, for instance `30-law-children.toml`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Something wrong in a pack or in a facts file, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Fault {
    /// The file, as the reader named it.
    pub file: String,
    /// The line, from 1; 0 when the fault is about the file as a whole.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}:{}: {}", self.file, self.line, self.message)
        }
    }
}

/// A place in a file, kept beside what was read there so that later checks can name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl Place {
    /// A fault at this place.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { file: self.file.clone(), line: self.line, message: message.into() }
    }
}

/// The nearest of `known` to what was written, when it is near enough to be a slip.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST_SLIP: usize = 80; // comparing takes time that grows with length, and no slip of the pen is this long
    if written.len() > LONGEST_SLIP {
        return None;
    }
    known
        .into_iter()
        .map(|name| {
            (strsim::normalized_damerau_levenshtein(written, name).max(strsim::jaro_winkler(written, name) - 0.2), name)
        })
        .filter(|(score, _)| *score > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// " Did you mean `x`?" when something is near enough, else nothing.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, known).map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default()
}

/// A file being read, with the faults found so far.
pub struct Document<'a> {
    /// How the file is named in faults.
    pub name: &'a str,
    text: &'a str,
    faults: &'a RefCell<Vec<Fault>>,
}

impl<'a> Document<'a> {
    /// Starts reading `text`, adding faults to `faults`.
    pub fn new(name: &'a str, text: &'a str, faults: &'a RefCell<Vec<Fault>>) -> Self {
        Document { name, text, faults }
    }

    /// The line of a byte position, from 1.
    pub fn line(&self, at: usize) -> usize {
        let upto = at.min(self.text.len());
        self.text.as_bytes()[..upto].split(|byte| *byte == b'\n').count()
    }

    /// The place of a byte position.
    pub fn place(&self, at: usize) -> Place {
        Place { file: self.name.to_owned(), line: self.line(at) }
    }

    /// Notes a fault at a byte position.
    pub fn fault(&self, at: usize, message: impl Into<String>) {
        self.faults.borrow_mut().push(self.place(at).fault(message));
    }

    /// Parses the text, or notes why it cannot be parsed.
    pub fn parse(&self) -> Option<Spanned<DeTable<'a>>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table),
            Err(error) => {
                let at = error.span().map_or(0, |span: Range<usize>| span.start);
                self.fault(at, format!("this is not readable as TOML: {}.", error.message().trim_end_matches('.')));
                None
            }
        }
    }
}

/// A table being read; what is never asked for is a fault when reading ends.
pub struct Reader<'d, 't> {
    /// The file.
    pub document: &'d Document<'d>,
    table: &'t DeTable<'t>,
    at: usize,
    what: String,
    taken: RefCell<Vec<String>>,
    broken: Cell<bool>,
}

impl<'d, 't> Reader<'d, 't> {
    /// Starts reading a table; `what` names it in faults, for instance "fact".
    pub fn new(document: &'d Document<'d>, table: &'t DeTable<'t>, at: usize, what: &str) -> Self {
        Reader { document, table, at, what: what.to_owned(), taken: RefCell::default(), broken: Cell::new(false) }
    }

    /// Where the table starts.
    pub fn place(&self) -> Place {
        self.document.place(self.at)
    }

    /// The byte position where the table starts.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Notes a fault at the start of the table.
    pub fn fault(&self, message: impl Into<String>) {
        self.broken.set(true);
        self.document.fault(self.at, message);
    }

    /// Whether a required key was missing or of the wrong kind.
    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// The value of a key, noted as read.
    pub fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.taken.borrow_mut().push(key.to_owned());
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }

    /// Whether the key stands in the table.
    pub fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref().as_ref() == key)
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        self.broken.set(true);
        self.document.fault(value.span().start, format!("`{key}` of this {} must be {wanted}.", self.what));
    }

    /// Text, if the key is there.
    pub fn opt_text(&self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        if let DeValue::String(text) = value.get_ref() {
            Some(text.trim().to_owned())
        } else {
            self.wrong_kind(key, value, "text in quotation marks");
            None
        }
    }

    /// Text, or empty when the key is not there.
    pub fn text_or_empty(&self, key: &str) -> String {
        self.opt_text(key).unwrap_or_default()
    }

    /// Text that must be there and not be empty.
    pub fn text(&self, key: &str) -> String {
        match self.opt_text(key) {
            Some(text) if !text.is_empty() => text,
            _ => {
                if !self.is_broken() {
                    self.fault(format!("this {} needs `{key} = \"…\"`.", self.what));
                }
                String::new()
            }
        }
    }

    /// A list of texts with where each stands; a single text counts as a list of one.
    pub fn texts_at(&self, key: &str) -> Vec<(String, usize)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::String(text) => vec![(text.to_string(), value.span().start)],
            DeValue::Array(array) => array
                .iter()
                .filter_map(|element| {
                    if let DeValue::String(text) = element.get_ref() {
                        Some((text.to_string(), element.span().start))
                    } else {
                        self.wrong_kind(key, element, "a list of texts");
                        None
                    }
                })
                .collect(),
            _ => {
                self.wrong_kind(key, value, "a list of texts");
                Vec::new()
            }
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Vec<String> {
        self.texts_at(key).into_iter().map(|(text, _)| text).collect()
    }

    /// Yes or no, `otherwise` when not there.
    pub fn flag(&self, key: &str, otherwise: bool) -> bool {
        match self.value(key) {
            None => otherwise,
            Some(value) => {
                if let DeValue::Boolean(flag) = value.get_ref() {
                    *flag
                } else {
                    self.wrong_kind(key, value, "true or false");
                    otherwise
                }
            }
        }
    }

    /// A whole number, if there.
    pub fn number(&self, key: &str) -> Option<i64> {
        let value = self.value(key)?;
        let parsed = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        if parsed.is_none() {
            self.wrong_kind(key, value, "a whole number");
        }
        parsed
    }

    /// A date such as `2026-11-23`, if there.
    pub fn date(&self, key: &str) -> Option<Date> {
        let value = self.value(key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(datetime) => datetime.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let parsed = written.parse::<Date>().ok();
        if parsed.is_none() {
            self.wrong_kind(key, value, "a date such as 2026-11-23");
        }
        parsed
    }

    /// The tables under a key: `[[key]]` or `key = [ {…}, … ]`.
    pub fn tables(&self, key: &str) -> Vec<Reader<'d, 't>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(array) => array
                .iter()
                .filter_map(|element| {
                    if let DeValue::Table(table) = element.get_ref() {
                        Some(Reader::new(self.document, table, element.span().start, key))
                    } else {
                        self.wrong_kind(key, element, "a list of tables");
                        None
                    }
                })
                .collect(),
            DeValue::Table(table) => vec![Reader::new(self.document, table, value.span().start, key)],
            _ => {
                self.wrong_kind(key, value, "a list of tables");
                Vec::new()
            }
        }
    }

    /// The one table under a key, if there.
    pub fn table(&self, key: &str) -> Option<Reader<'d, 't>> {
        let value = self.value(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            Some(Reader::new(self.document, table, value.span().start, key))
        } else {
            self.wrong_kind(key, value, "a table");
            None
        }
    }

    /// The keys of this table with where each stands.
    pub fn keys(&self) -> Vec<(String, usize)> {
        self.table.iter().map(|(key, _)| (key.get_ref().to_string(), key.span().start)).collect()
    }

    /// Ends the reading: a key that was never asked for is a slip of the pen.
    pub fn finish(&self) {
        let taken = self.taken.borrow();
        for (key, at) in self.keys() {
            if !taken.contains(&key) {
                let hint = did_you_mean(&key, taken.iter().map(String::as_str));
                self.document.fault(at, format!("`{key}` means nothing in this {}.{hint}", self.what));
            }
        }
    }
}
