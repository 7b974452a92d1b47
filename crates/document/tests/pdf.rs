//! The PDF of a record, judged by a reader that is not the writer.

#![expect(clippy::expect_used, reason = "a test may stop at the first thing that is not as it must be")]

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::{DateTime, date};
use jiff::tz::{Offset, TimeZone};
use lopdf::{Dictionary, Document, Object};
use sharewell_document::{Block, Definition, Link, RecordDocument, RenderError, Section, Table, render};

fn at(when: DateTime) -> Zoned {
    TimeZone::fixed(Offset::UTC).to_ambiguous_zoned(when).compatible().expect("a moment")
}

fn record_with(blocks: Vec<Block>) -> RecordDocument {
    RecordDocument {
        title: "Decision to share information".into(),
        reference: "SW-2026-0042".into(),
        created: at(date(2026, 11, 23).at(15, 15, 0, 0)),
        footer: "Record of Larkfield School".into(),
        banner: Some("Invented for practice".into()),
        sections: vec![Section { heading: "The answer".into(), blocks }],
    }
}

fn one_of_everything() -> RecordDocument {
    record_with(vec![
        Block::Statement("Share the school attendance; leave the sister's records out.".into()),
        Block::Paragraph("Two incidents were seen.\nBoth are written down.".into()),
        Block::Subheading("Who is named".into()),
        Block::Definitions(vec![
            Definition { term: "Child".into(), meaning: "Zoë Łukasz Nguyễn".into() },
            Definition { term: "Grandfather".into(), meaning: "محمد Дмитро Ιωάννης".into() },
        ]),
        Block::Bullets(vec!["Tell the duty social worker.".into(), "Write down who was told.".into()]),
        Block::Steps(vec!["Ring.".into(), "Send.".into()]),
        Block::Table(Table {
            caption: "What is shared".into(),
            columns: vec!["Item".into(), "Shared".into(), "Reason".into()],
            rows: vec![
                vec!["Attendance".into(), "Yes".into(), "Shows the pattern".into()],
                vec!["Sister's records".into(), "No".into(), "Not needed".into()],
            ],
        }),
        Block::Links(vec![
            Link {
                text: "Children Act 1989, section 47".into(),
                address: Some("https://www.legislation.gov.uk/ukpga/1989/41/section/47".into()),
            },
            Link { text: "Not an address".into(), address: Some("javascript:alert(1)".into()) },
        ]),
    ])
}

fn read(record: &RecordDocument) -> Document {
    let bytes = render(record).expect("the record is typeset");
    Document::load_mem(&bytes).expect("another program reads it")
}

fn text_of(document: &Document) -> String {
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).expect("its text can be taken out")
}

/// The text without white space, since where a line or a letter pair breaks is the reader's guess.
fn letters_of(document: &Document) -> String {
    text_of(document).chars().filter(|character| !character.is_whitespace()).collect()
}

fn catalogue(document: &Document) -> &Dictionary {
    document.catalog().expect("a catalogue")
}

fn resolved<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).expect("the reference leads somewhere").1
}

fn structure_types(document: &Document) -> BTreeSet<String> {
    let elements = document.objects.values().filter_map(|object| object.as_dict().ok());
    elements
        .filter(|element| element.has(b"P") && element.has(b"S"))
        .filter_map(|element| element.get(b"S").and_then(Object::as_name).ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

#[test]
fn a_record_is_tagged_and_says_its_title_and_language() {
    let document = read(&one_of_everything());
    let catalogue = catalogue(&document);

    let marked = resolved(&document, catalogue.get(b"MarkInfo").expect("marked")).as_dict().expect("a dictionary");
    assert_eq!(marked.get(b"Marked").and_then(Object::as_bool).ok(), Some(true));
    assert_eq!(catalogue.get(b"Lang").and_then(Object::as_str).ok(), Some(b"en-GB".as_slice()));
    let viewer =
        resolved(&document, catalogue.get(b"ViewerPreferences").expect("preferences")).as_dict().expect("a dictionary");
    assert_eq!(viewer.get(b"DisplayDocTitle").and_then(Object::as_bool).ok(), Some(true));

    let metadata = resolved(&document, catalogue.get(b"Metadata").expect("metadata")).as_stream().expect("a stream");
    let metadata = metadata.get_plain_content().expect("readable");
    let metadata = String::from_utf8(metadata).expect("XMP is text");
    assert!(metadata.contains("Decision to share information"));
    assert!(metadata.contains("pdfuaid:part>1<"), "says that it is PDF/UA-1");
    assert!(metadata.contains("pdfaid:part>2<"), "says that it is PDF/A-2");
}

#[test]
fn headings_lists_tables_and_links_are_what_they_look_like() {
    let types = structure_types(&read(&one_of_everything()));
    for expected in ["H1", "H2", "P", "L", "LI", "LBody", "Table", "TR", "TH", "TD", "Link"] {
        assert!(types.contains(expected), "no {expected} among {types:?}");
    }
}

#[test]
fn every_font_is_embedded() {
    let document = read(&one_of_everything());
    let mut fonts = 0;
    for object in document.objects.values().filter_map(|object| object.as_dict().ok()) {
        if object.get(b"Type").and_then(Object::as_name).ok() == Some(b"FontDescriptor".as_slice()) {
            fonts += 1;
            assert!(object.has(b"FontFile2") || object.has(b"FontFile3"), "a font is not embedded: {object:?}");
        }
    }
    assert!(fonts >= 3, "regular, bold and one for Arabic, but found {fonts}");
}

#[test]
fn names_come_out_as_they_went_in() {
    let letters = letters_of(&read(&one_of_everything()));
    for name in ["Zoë", "Łukasz", "Nguyễn", "Дмитро", "Ιωάννης"] {
        assert!(letters.contains(name), "{name} is not in {letters}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(render(&one_of_everything()), render(&one_of_everything()));
}

#[test]
fn another_date_gives_other_bytes() {
    let later = RecordDocument { created: at(date(2026, 11, 24).at(9, 0, 0, 0)), ..one_of_everything() };
    assert_ne!(render(&one_of_everything()), render(&later));
}

#[test]
fn text_that_looks_like_markup_stays_text() {
    let hostile = r#"#set text(size: 99pt) *bold* _it_ ] [ $x$ #panic("no") \ `raw` @ref <label> // gone? /* gone? */ = no heading"#;
    let record = RecordDocument {
        title: hostile.into(),
        footer: hostile.into(),
        ..record_with(vec![
            Block::Paragraph(hostile.into()),
            Block::Bullets(vec![hostile.into()]),
            Block::Definitions(vec![Definition { term: hostile.into(), meaning: hostile.into() }]),
            Block::Table(Table {
                caption: hostile.into(),
                columns: vec![hostile.into()],
                rows: vec![vec![hostile.into()]],
            }),
            Block::Links(vec![Link { text: hostile.into(), address: Some(hostile.into()) }]),
        ])
    };
    let letters = letters_of(&read(&record));
    let expected: String = hostile.chars().filter(|character| !character.is_whitespace()).collect();
    assert!(letters.matches(&expected).count() >= 7, "{letters}");
}

#[test]
fn only_web_addresses_become_links() {
    let document = read(&one_of_everything());
    let bytes: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter_map(|object| object.get(b"URI").and_then(Object::as_str).ok())
        .map(|address| String::from_utf8_lossy(address).into_owned())
        .collect();
    assert!(bytes.iter().all(|address| address.starts_with("https://")), "{bytes:?}");
    assert!(text_of(&document).contains("javascript:alert(1)"));
}

#[test]
fn what_cannot_be_drawn_is_named_and_never_lost() {
    let letters = letters_of(&read(&record_with(vec![Block::Paragraph(
        "李 \u{202E}x 👧 e\u{0316}\u{0330}\u{0489} \u{0} q\u{0651}".into(),
    )])));
    for number in ["[U+674E]", "[U+202E]", "[U+1F467]", "[U+0000]", "Aboutsomecharacters"] {
        assert!(letters.contains(number), "{number} is not in {letters}");
    }
}

#[test]
fn a_long_record_runs_over_pages_and_repeats_its_table_heading() {
    let rows = (1..=120).map(|number| vec![format!("Item {number}"), "Yes".into()]).collect();
    let document = read(&record_with(vec![Block::Table(Table {
        caption: "Items".into(),
        columns: vec!["What was seen".into(), "Shared".into()],
        rows,
    })]));
    let pages = document.get_pages().len();
    assert!(pages > 2, "{pages} pages");
    assert!(text_of(&document).contains("Item 120"));
}

#[test]
fn a_record_without_content_is_still_a_record() {
    assert!(render(&RecordDocument { sections: vec![], banner: None, ..one_of_everything() }).is_ok());
    let hollow = record_with(vec![
        Block::Bullets(vec![]),
        Block::Definitions(vec![]),
        Block::Links(vec![]),
        Block::Paragraph(String::new()),
    ]);
    assert!(render(&hollow).is_ok());
}

#[test]
fn a_record_without_a_title_is_refused() {
    let untitled = RecordDocument { title: "  ".into(), ..one_of_everything() };
    assert_eq!(render(&untitled), Err(RenderError::Missing("title")));
}

#[test]
fn an_uneven_table_is_refused() {
    let uneven = record_with(vec![Block::Table(Table {
        caption: "x".into(),
        columns: vec!["a".into(), "b".into()],
        rows: vec![vec!["1".into()]],
    })]);
    assert_eq!(render(&uneven), Err(RenderError::UnevenTable));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test of how long it takes must read the clock")]
fn a_record_is_ready_while_somebody_waits() {
    let record = one_of_everything();
    render(&record).expect("a first one, which also reads the fonts");
    let begun = std::time::Instant::now();
    render(&record).expect("a second one");
    let taken = begun.elapsed();
    println!("a record of two pages took {taken:?}");
    assert!(taken < Duration::from_secs(20), "{taken:?}");
}
