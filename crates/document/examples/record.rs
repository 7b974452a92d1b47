//! Writes an invented record to standard output, to look at: `cargo run -p sharewell-document --example record > record.pdf`.

use std::io::Write;

use jiff::civil::date;
use jiff::tz::TimeZone;
use sharewell_document::{Block, Definition, Link, RecordDocument, Section, Table, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::io::stdout().write_all(&render(&invented()?)?)?;
    Ok(())
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section { heading: heading.into(), blocks }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.into()).collect()
}

fn invented() -> Result<RecordDocument, jiff::Error> {
    let definition = |term: &str, meaning: &str| Definition { term: term.into(), meaning: meaning.into() };
    Ok(RecordDocument {
        title: "Decision to share information".into(),
        reference: "SW-2026-0042".into(),
        created: TimeZone::UTC.to_ambiguous_zoned(date(2026, 11, 23).at(15, 15, 0, 0)).compatible()?,
        footer: "Record of Larkfield School".into(),
        banner: Some("Everybody and everything in this record is invented".into()),
        sections: vec![
            section("The answer", vec![
                Block::Statement("Share the school attendance and the two incidents with the duty social worker; leave the sister's records out.".into()),
                Block::Definitions(vec![
                    definition("About", "Zoë Łukasz Nguyễn\nਗੁਰਪ੍ਰੀਤ · محمد · Дмитро · Ιωάννης · রহিমা · ሳራ · தமிழ் · רחל · ગુજરાતી"),
                    definition("Decided by", "A designated safeguarding lead"),
                    definition("With whom", "Children's social care, duty team"),
                ]),
            ]),
            section("Why", vec![
                Block::Steps(texts(&["The child is likely to suffer significant harm.", "The purpose is to keep her safe.", "Asking for consent would put her at risk."])),
                Block::Subheading("The law relied on".into()),
                Block::Links(vec![
                    Link { text: "Children Act 1989, section 47".into(), address: Some("https://www.legislation.gov.uk/ukpga/1989/41/section/47".into()) },
                    Link { text: "Local procedure, page 12".into(), address: None },
                ]),
            ]),
            section("What is shared", vec![Block::Table(Table {
                caption: "Each item and its reason".into(),
                columns: texts(&["Item", "Standing", "Shared", "Reason"]),
                rows: vec![
                    texts(&["Attendance since September", "Fact", "Yes", "Shows the pattern of absences before the incidents."]),
                    texts(&["Incident on 3 November", "Fact", "Yes", "Seen by a teacher."]),
                    texts(&["The sister's records", "Opinion", "No", "Not needed for the purpose."]),
                ],
            })]),
            section("What happens next", vec![
                Block::Bullets(texts(&["Tell the duty social worker today.", "Write down who was told, and when.", "Look again in one week."])),
                Block::Paragraph("The mother was not told, because that could put the child at risk.".into()),
            ]),
        ],
    })
}
