//! Records as PDF: tagged and titled for screen readers (PDF/UA-1), fit to be kept for decades (PDF/A-2a), with every font
//! embedded, and the same bytes for the same record.
//!
//! Everything a person wrote reaches the typesetter as data, never as markup: `#`, `*` and `]` in a record stay `#`, `*` and
//! `]`. Typesetting costs most of the build, which is why it has a crate to itself
//! (`docs/decisions/0002-typst-in-its-own-crate.md`).

#![forbid(unsafe_code)]

mod fonts;
mod record;
mod text;
mod world;

pub use record::{Block, Definition, Link, RecordDocument, Section, Table};

use jiff::Zoned;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::text::Writing;
use crate::world::RecordWorld;

/// Why a record could not be made into a PDF. No text of the record is in it, so that it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The record is missing something without which it would not be accessible.
    #[error("a record needs a {0}")]
    Missing(&'static str),
    /// A table has a row with more or fewer cells than it has columns.
    #[error("a table's row does not have as many cells as the table has columns")]
    UnevenTable,
    /// The typesetter refused, which is a fault of the program and not of the record.
    #[error("the record could not be typeset ({problems} problems)")]
    NotTypeset {
        /// How many problems it named.
        problems: usize,
    },
}

/// The record as a PDF file.
///
/// Characters that no embedded font can draw, and invisible ones that could disguise the text, are written as their
/// number (`[U+4E2D]`), and the record says so at its end: a record must neither fail nor lose something silently.
///
/// # Errors
/// See [`RenderError`].
pub fn render(record: &RecordDocument) -> Result<Vec<u8>, RenderError> {
    record.check()?;
    let written = typeset(record, Writing::EveryFont);
    // A letter and its accents may each be in a font but in no font together. The plainer writing always works.
    let written = written.or_else(|_| typeset(record, Writing::MainFontOnly));
    // The typesetter remembers what it worked on; nobody's record may stay in memory for that.
    comemo::evict(0);
    written
}

fn typeset(record: &RecordDocument, writing: Writing) -> Result<Vec<u8>, RenderError> {
    let refused = |problems: usize| RenderError::NotTypeset { problems };
    let world = RecordWorld::new(record.layout(writing).to_string()).map_err(|_| refused(1))?;
    let paged: PagedDocument = typst::compile(&world).output.map_err(|problems| refused(problems.len()))?;
    let options = PdfOptions {
        ident: Smart::Custom(record.reference.clone()),
        creator: Smart::Custom(Some("Sharewell".to_owned())),
        timestamp: timestamp(&record.created),
        standards: PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_2a]).map_err(|_| refused(1))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&paged, &options).map_err(|problems| refused(problems.len()))
}

/// The moment as PDF writes it: the clock of the place with its distance from UTC.
fn timestamp(when: &Zoned) -> Option<Timestamp> {
    let number = |value: i8| u8::try_from(value).ok();
    let (month, day) = (number(when.month())?, number(when.day())?);
    let (hour, minute, second) = (number(when.hour())?, number(when.minute())?, number(when.second())?);
    let datetime = Datetime::from_ymd_hms(when.year().into(), month, day, hour, minute, second)?;
    Timestamp::new_local(datetime, when.offset().seconds() / 60)
}
