//! A recorded decision as a document to keep: the same content as its page.

use document::{Block, Definition, Link, RecordDocument, Section};
use jiff::tz::TimeZone;

use super::caldicott::principles;
use super::decisions::{judged, names, rows};
use super::{Visit, words};
use crate::actions::DecisionRecord;
use crate::clock::in_utc;

/// The document of a record.
pub(super) fn of(visit: &Visit, organisation: &str, record: &DecisionRecord) -> RecordDocument {
    let decision = &record.decision;
    let names = names(decision, &record.people);
    let mut sections = vec![decided(organisation, record, &names)];
    let items = judged(visit.app().pack(), decision);
    if !items.is_empty() {
        let points = items.iter().map(|item| format!("{} {}: {}", item.text, item.judged, item.reason)).collect();
        sections.push(Section { heading: "The pieces of information".into(), blocks: vec![Block::Bullets(points)] });
    }
    if record.confidential {
        let met = principles(visit.app().pack(), decision, record.advice.as_ref(), organisation);
        let definitions = met.into_iter().map(|one| Definition { term: one.title, meaning: one.how.join("\n") });
        let blocks = vec![Block::Definitions(definitions.collect())];
        sections.push(Section { heading: "How the Caldicott principles were met".into(), blocks });
    }
    sections.extend(advice(record));
    RecordDocument {
        title: "Decision about sharing information".into(),
        reference: decision.id.to_string(),
        created: in_utc(decision.recorded_at).to_zoned(london()),
        footer: format!("Record of {organisation}. Confidential."),
        banner: visit.app().is_demo().then(|| "All of this is invented.".to_owned()),
        sections,
    }
}

/// The clock of the place where records are made.
pub(super) fn london() -> TimeZone {
    static LONDON: TimeZone = jiff::tz::get!("Europe/London");
    LONDON.clone()
}

fn decided(organisation: &str, record: &DecisionRecord, names: &[String]) -> Section {
    let decision = &record.decision;
    let defined = |term: &str, meaning: &str| Definition { term: term.to_owned(), meaning: meaning.to_owned() };
    let mut definitions = vec![
        defined("About", &decision.about),
        defined("Decided by", &format!("{}, {}, {organisation}", decision.member_name, decision.member_role_title)),
        defined("Accountable", &words::accountable(organisation, "this decision")),
        defined("Recorded", &words::moment(decision.recorded_at)),
        defined("Matter", &record.matter.title),
    ];
    definitions.extend(rows(decision, names).into_iter().map(|row| defined(row.term, &row.lines.join("\n"))));
    for (term, other) in record
        .corrects
        .iter()
        .map(|one| ("Corrects", one))
        .chain(record.corrected_by.iter().map(|one| ("Corrected by", one)))
    {
        let why = if term == "Corrects" { &decision.corrects } else { &other.corrects };
        let why = why.as_ref().map(|correction| correction.why.as_str()).unwrap_or_default();
        definitions.push(defined(term, &format!("Record {} of {}. {why}", other.id, words::moment(other.recorded_at))));
    }
    let blocks = vec![Block::Statement(words::choice(decision.own.choice).to_owned()), Block::Definitions(definitions)];
    Section { heading: "The decision".into(), blocks }
}

fn advice(record: &DecisionRecord) -> Vec<Section> {
    let Some(view) = &record.advice else { return Vec::new() };
    let said = |list: &[guidance::words::SaidView]| list.iter().map(|said| said.text.clone()).collect::<Vec<_>>();
    let mut sections = vec![Section {
        heading: "The advice, as it was given".into(),
        blocks: vec![
            Block::Statement(view.sentence.clone()),
            Block::Paragraph(view.meaning.clone()),
            Block::Steps(view.explanation.iter().map(|step| format!("{} ({})", step.text, step.source)).collect()),
        ],
    }];
    let points = |heading: &str, points: Vec<String>| {
        (!points.is_empty()).then(|| Section { heading: heading.to_owned(), blocks: vec![Block::Bullets(points)] })
    };
    let acts = view.act_now.iter().map(|act| format!("{}. {}", act.title, act.text)).collect();
    sections.extend(points("To do at once", acts));
    if !view.rely_on.is_empty() {
        let links = view.rely_on.iter().map(|entry| Link {
            text: format!("{}: {}. {}", entry.cite, entry.title, entry.why.join(" ")),
            address: Some(entry.url.clone()).filter(|url| !url.is_empty()),
        });
        sections.push(Section { heading: "The law that fits".into(), blocks: vec![Block::Links(links.collect())] });
    }
    sections.extend(points("Warnings", said(&view.warnings)));
    sections.extend(points("Next steps", said(&view.next_steps)));
    sections.extend(points("How", said(&view.how)));
    sections.extend(points("Telling the person", said(&view.tell)));
    sections
        .extend(points("What would change this", view.would_change.iter().map(|change| change.text.clone()).collect()));
    let pack = format!(
        "Guidance pack {} {}, digest {}, judged under the law of {}.",
        view.pack.id,
        view.pack.version,
        view.pack.digest,
        words::day(view.on)
    );
    sections.push(Section { heading: "What it was judged by".into(), blocks: vec![Block::Paragraph(pack)] });
    sections
}
