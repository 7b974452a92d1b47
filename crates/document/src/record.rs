//! What a record consists of, whoever it is about.

use jiff::Zoned;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::RenderError;
use crate::text::{Scribe, Writing};

/// A record to be kept or handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDocument {
    /// What it is: "Decision to share information". Also the file's title, so it should name nobody.
    pub title: String,
    /// The record's reference, by which it can be found again.
    pub reference: String,
    /// When the record was made, on the clock of the place where it was made (Europe/London).
    pub created: Zoned,
    /// A line that stands at the foot of every page, such as whose record it is.
    pub footer: String,
    /// A line that stands at the top of every page, such as "Invented for practice".
    pub banner: Option<String>,
    /// The parts, each with its heading.
    pub sections: Vec<Section>,
}

/// A part of a record under its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// One piece of a section. Every text may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph(String),
    /// A sentence that must not be missed, such as the answer itself.
    Statement(String),
    /// A heading within the section.
    Subheading(String),
    /// Terms and what they say here.
    Definitions(Vec<Definition>),
    /// Points without an order.
    Bullets(Vec<String>),
    /// Steps in their order.
    Steps(Vec<String>),
    /// Rows and columns.
    Table(Table),
    /// Sources: each with its address written out, since paper has no links.
    Links(Vec<Link>),
}

/// A term and what it says in this record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The term: "Asked by".
    pub term: String,
    /// What it says here.
    pub meaning: String,
}

/// A table. Every row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What the table shows, read out before it.
    pub caption: String,
    /// The columns' headings.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The citation: "Children Act 1989, section 47".
    pub text: String,
    /// Its address. Only `https:` and `http:` become links; anything else is written as text.
    pub address: Option<String>,
}

impl RecordDocument {
    /// A tagged file needs a title, and a section without heading cannot be found by ear.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        if self.title.trim().is_empty() {
            return Err(RenderError::Missing("title"));
        }
        if self.reference.trim().is_empty() {
            return Err(RenderError::Missing("reference"));
        }
        if self.sections.iter().any(|section| section.heading.trim().is_empty()) {
            return Err(RenderError::Missing("heading for each section"));
        }
        let tables = self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        for table in tables {
            if table.columns.is_empty() {
                return Err(RenderError::Missing("column for each table"));
            }
            if table.rows.iter().any(|row| row.len() != table.columns.len()) {
                return Err(RenderError::UnevenTable);
            }
        }
        Ok(())
    }

    /// The record as the layout reads it.
    pub(crate) fn layout(&self, writing: Writing) -> Value {
        let scribe = Scribe::new(writing);
        let sections: Vec<Value> = self.sections.iter().map(|section| section.layout(&scribe)).collect();
        let title = scribe.line(&self.title);
        let reference = scribe.line(&self.reference);
        let footer = scribe.line(&self.footer);
        let banner = self.banner.as_deref().map(|banner| scribe.line(banner));
        json!({
            "title": title,
            "reference": reference,
            "footer": footer,
            "banner": banner,
            "created": said(self.created.datetime()),
            "sections": sections,
            "numbered": scribe.has_numbered(),
        })
    }
}

impl Section {
    fn layout(&self, scribe: &Scribe) -> Value {
        let blocks: Vec<Value> = self.blocks.iter().map(|block| block.layout(scribe)).collect();
        json!({ "heading": scribe.line(&self.heading), "blocks": blocks })
    }
}

impl Block {
    fn layout(&self, scribe: &Scribe) -> Value {
        let each = |texts: &[String]| -> Vec<Vec<String>> { texts.iter().map(|text| scribe.lines(text)).collect() };
        match self {
            Self::Paragraph(text) => json!({ "kind": "paragraph", "lines": scribe.lines(text) }),
            Self::Statement(text) => json!({ "kind": "statement", "lines": scribe.lines(text) }),
            Self::Subheading(text) => json!({ "kind": "subheading", "text": scribe.line(text) }),
            Self::Bullets(points) => json!({ "kind": "bullets", "points": each(points) }),
            Self::Steps(steps) => json!({ "kind": "steps", "points": each(steps) }),
            Self::Definitions(definitions) => {
                let entries: Vec<Value> = definitions
                    .iter()
                    .map(|entry| json!({ "term": scribe.line(&entry.term), "lines": scribe.lines(&entry.meaning) }))
                    .collect();
                json!({ "kind": "definitions", "entries": entries })
            }
            Self::Table(table) => {
                let rows: Vec<Vec<Vec<String>>> = table.rows.iter().map(|row| each(row)).collect();
                json!({
                    "kind": "table",
                    "caption": scribe.line(&table.caption),
                    "columns": each(&table.columns),
                    "rows": rows,
                })
            }
            Self::Links(links) => {
                let links: Vec<Value> = links.iter().map(|link| link.layout(scribe)).collect();
                json!({ "kind": "links", "links": links })
            }
        }
    }
}

impl Link {
    fn layout(&self, scribe: &Scribe) -> Value {
        let address = self.address.as_deref().map(|address| scribe.line(address));
        let opens = address.as_deref().filter(|address| {
            let web = address.starts_with("https://") || address.starts_with("http://");
            web && address.chars().all(|character| character.is_ascii_graphic())
        });
        json!({ "text": scribe.line(&self.text), "address": address, "opens": opens })
    }
}

/// "23 November 2026, 3:15pm", as on the screen.
fn said(when: DateTime) -> String {
    let half = if when.hour() < 12 { "am" } else { "pm" };
    let hour = match when.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let date = when.date().strftime("%-d %B %Y");
    format!("{date}, {hour}:{minute:02}{half}", minute = when.minute())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::said;

    #[test]
    fn times_are_said_as_on_the_screen() {
        assert_eq!(said(date(2026, 11, 23).at(15, 15, 9, 0)), "23 November 2026, 3:15pm");
        assert_eq!(said(date(2026, 3, 1).at(0, 5, 0, 0)), "1 March 2026, 12:05am");
        assert_eq!(said(date(2026, 3, 1).at(12, 0, 0, 0)), "1 March 2026, 12:00pm");
    }
}
