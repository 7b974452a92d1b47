//! A certificate of destruction as a document to keep. It names nobody: who decided it stands there by job and reference.

use document::{Block, Definition, RecordDocument, Section, Table};

use super::certificate::entries;
use super::{ground, what_existed};
use crate::actions::Certificate;
use crate::clock::in_utc;
use crate::web::paper::london;
use crate::web::words;

/// The document of a certificate.
pub(super) fn of(organisation: &str, demo: bool, certificate: &Certificate, key: &str) -> RecordDocument {
    let destruction = &certificate.destruction;
    RecordDocument {
        title: "Certificate of destruction".into(),
        reference: destruction.id.to_string(),
        created: in_utc(destruction.decided_at).to_zoned(london()),
        footer: format!("Certificate of {organisation}."),
        banner: demo.then(|| "All of this is invented.".to_owned()),
        sections: vec![destroyed(organisation, certificate), existed(certificate), proof(certificate, key)],
    }
}

fn destroyed(organisation: &str, certificate: &Certificate) -> Section {
    let destruction = &certificate.destruction;
    let defined = |term: &str, meaning: String| Definition { term: term.to_owned(), meaning };
    let job = certificate.decided_by.as_ref().map(|member| member.role_title.as_str()).unwrap_or_default();
    let mut definitions = vec![
        defined("Organisation", organisation.to_owned()),
        defined("Accountable", words::accountable(organisation, "this destruction")),
        defined("Destroyed", words::moment(destruction.decided_at)),
        defined("It rests on", ground(destruction.ground).to_owned()),
        defined("Rule or instruction", destruction.rule.clone()),
        defined("Decided by", format!("{job}\nMember {}", destruction.asked_by).trim().to_owned()),
        defined("The person, by reference", destruction.person.to_string()),
    ];
    if let Some(again) = destruction.again_at {
        let said = format!("{}, because a restored backup had brought it back", words::moment(again));
        definitions.push(defined("Destroyed again", said));
    }
    let statement = "What was kept about one person, and about nobody else who is still held, was destroyed for good.";
    Section {
        heading: "What was destroyed".into(),
        blocks: vec![Block::Statement(statement.to_owned()), Block::Definitions(definitions)],
    }
}

fn existed(certificate: &Certificate) -> Section {
    let destruction = &certificate.destruction;
    let mut points = vec![format!("Destroyed: {}.", what_existed(destruction))];
    points.push(format!("Drafts that went with them: {}.", destruction.drafts));
    points.push(format!("Records that live on because they are about others too: {}.", destruction.lived_on));
    let rows: Vec<Vec<String>> = entries(certificate)
        .into_iter()
        .map(|line| vec![line.what, line.when, line.number, halves(&line.digest)])
        .collect();
    let mut blocks = vec![Block::Bullets(points)];
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Every version that existed".into(),
            columns: ["Record", "Recorded", "Entry in the ledger", "SHA-256 of what was stored"]
                .map(str::to_owned)
                .into(),
            rows,
        }));
    }
    Section { heading: "What existed".into(), blocks }
}

/// A digest in lines that fit a column.
fn halves(digest: &str) -> String {
    let parts: Vec<&str> = digest.as_bytes().chunks(16).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join("\n")
}

fn proof(certificate: &Certificate, key: &str) -> Section {
    let number = certificate.ledger.position.map(|at| format!(" It is entry {}.", at + 1)).unwrap_or_default();
    Section {
        heading: "How this is proved".into(),
        blocks: vec![
            Block::Paragraph(format!(
                "This certificate stands in the organisation’s ledger, and so do the records that it names; nobody can change or remove an entry unseen.{number} The file certificate.json that belongs to it carries the proofs; sharewell verify checks them against the ledger’s key without asking anybody."
            )),
            Block::Definitions(vec![Definition { term: "The ledger’s key".into(), meaning: key.to_owned() }]),
        ],
    }
}
