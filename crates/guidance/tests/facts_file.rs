//! Facts as people write them: a file names the line of what is wrong, a document sent as JSON names the place, both the nearest right name.
#![expect(clippy::unwrap_used, reason = "a test that meets an error stops")]

use std::sync::LazyLock;

use jiff::civil::date;
use sharewell_guidance::case::Answers;
use sharewell_guidance::facts::Answer;
use sharewell_guidance::{CaseDocument, Fault, Pack, Verdict, decide};

mod support;

static PACK: LazyLock<Pack> = LazyLock::new(support::pack);

fn faults(text: &str) -> Vec<Fault> {
    CaseDocument::from_toml(&PACK, "facts.toml", text).err().unwrap_or_default()
}

/// The one fault: its line and what it says.
fn fault(text: &str) -> (usize, String) {
    let faults = faults(text);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(faults[0].file, "facts.toml");
    (faults[0].line, faults[0].message.clone())
}

fn says(text: &str, line: usize, message: &str) {
    let (at, said) = fault(text);
    assert_eq!(at, line, "{said}");
    assert!(said.contains(message), "{said}");
}

#[test]
fn a_misspelt_fact_gives_its_line_and_the_nearest_fact() {
    says("[facts]\npurpose = \"yes\"\nconcent = \"given\"\n", 3, "there is no fact `concent`. Did you mean `consent`?");
}

#[test]
fn a_misspelt_answer_gives_its_line_the_nearest_and_all_that_may_be_said() {
    let text = "on = 2026-11-23\n\n[facts]\nconsent = \"refuse\"\n";
    says(text, 4, "`consent` cannot be `refuse`. Did you mean `refused`? It may be: given, ");
    says(text, 4, "unsure.");
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_the_lines() {
    let found = faults(
        "[facts]\nconcent = \"given\"\npurpose = \"yes\"\ncapacity = \"maybe\"\n[[items]]\ntext = \"x\"\nneeds = \"yes\"\n",
    );
    let lines: Vec<usize> = found.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 4, 7], "{found:#?}");
}

#[test]
fn unsure_is_an_answer_and_unknown_is_none() {
    let (_, case) =
        CaseDocument::from_toml(&PACK, "facts.toml", "[facts]\npurpose = \"unsure\"\nconsent = \"unknown\"\n").unwrap();
    assert_eq!(case.facts.answer_of(&PACK, PACK.fact_index("purpose").unwrap()), Answer::Unsure);
    assert_eq!(case.facts.answer_of(&PACK, PACK.fact_index("consent").unwrap()), Answer::Unknown);
    assert_eq!(decide(&PACK, &case, date(2026, 11, 23)).verdict, Verdict::Advice);
}

#[test]
fn a_fact_of_one_answer_takes_no_second_and_no_doubt_beside_it() {
    says("[facts]\nconsent = [\"given\", \"refused\"]\n", 2, "`consent` takes one answer, not 2.");
    says(
        "[facts]\naim = [\"crime\", \"unsure\"]\n",
        2,
        "`aim` cannot be unsure or unknown and something else as well.",
    );
}

#[test]
fn a_fact_of_several_answers_takes_them_all() {
    let text = "[facts]\naim = [\"protect-child\", \"crime\"]\n";
    let (_, case) = CaseDocument::from_toml(&PACK, "facts.toml", text).unwrap();
    let aim = case.facts.answer_of(&PACK, PACK.fact_index("aim").unwrap());
    assert_eq!(aim, Answer::Values(vec!["protect-child".to_owned(), "crime".to_owned()]));
}

#[test]
fn what_is_worked_out_from_the_items_is_not_taken_as_an_answer() {
    says("[facts]\nitems_left = \"some\"\n", 2, "`items_left` is worked out from the items: leave it out.");
}

#[test]
fn an_answer_that_is_no_text_is_refused_at_its_line() {
    says("[facts]\npurpose = true\n", 2, "`purpose` of this facts must be a list of texts.");
    says("[facts]\n\nconsent = 1\n", 3, "`consent` of this facts must be a list of texts.");
}

#[test]
fn an_items_fields_are_checked_at_their_lines() {
    let item = |field: &str| format!("[facts]\npurpose = \"yes\"\n\n[[items]]\ntext = \"A bruise\"\n{field}\n");
    says(&item("standing = \"facts\""), 6, "`standing` of an item cannot be `facts`. Did you mean `fact`?");
    says(&item("standng = \"fact\""), 6, "an item has no `standng`. Did you mean `standing`?");
    says(&item("event_date = \"last week\""), 6, "`event_date` of this items must be a date such as 2026-11-23.");
    says("[[items]]\nneed = \"yes\"\n", 1, "needs `text = \"…\"`.");
    let (document, case) =
        CaseDocument::from_toml(&PACK, "facts.toml", &item("event_date = 2026-11-20\nneed = \"yes\"")).unwrap();
    assert_eq!(document.items[0].fields["event_date"], "2026-11-20");
    assert_eq!(case.items[0].field("need"), "yes");
    assert_eq!(case.items[0].field("about"), "unknown");
}

#[test]
fn the_day_whose_law_applies_is_a_date() {
    let (document, _) = CaseDocument::from_toml(&PACK, "facts.toml", "on = 2025-06-01\n[facts]\n").unwrap();
    assert_eq!(document.on, Some(date(2025, 6, 1)));
    says("on = \"soon\"\n[facts]\n", 1, "`on` of this facts file must be a date such as 2026-11-23.");
}

#[test]
fn what_a_facts_file_does_not_have_is_refused_with_the_nearest() {
    says("[fact]\npurpose = \"yes\"\n", 1, "`fact` means nothing in this facts file. Did you mean `facts`?");
}

#[test]
fn a_file_that_cannot_be_read_says_where() {
    says("[facts]\npurpose = \"yes\nconsent = \"given\"\n", 2, "this is not readable as TOML");
}

fn pointers(json: &str) -> Vec<(String, String)> {
    let document: CaseDocument = serde_json::from_str(json).unwrap();
    let faults = document.check(&PACK).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.pointer, fault.message)).collect()
}

#[test]
fn a_json_document_gives_the_place_of_each_fault_as_a_pointer() {
    let found = pointers(
        r#"{ "facts": { "concent": "given", "consent": "gven", "aim": ["crime", "fun"], "items_left": "some" },
             "items": [ { "text": "fine" }, { "text": " ", "standing": "rumour", "colour": "red" } ] }"#,
    );
    let places: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    let wanted = [
        "/facts/aim",
        "/facts/concent",
        "/facts/consent",
        "/facts/items_left",
        "/items/1/colour",
        "/items/1/standing",
        "/items/1/text",
    ];
    assert_eq!(places, wanted);
    assert!(found[2].1.contains("Did you mean `given`?"), "{}", found[2].1);
}

#[test]
fn a_json_document_says_one_answer_or_several_and_nothing_it_does_not_know() {
    let document: CaseDocument =
        serde_json::from_str(r#"{ "facts": { "purpose": "yes", "aim": ["crime"] } }"#).unwrap();
    assert_eq!(document.facts["purpose"], Answers::One("yes".to_owned()));
    assert!(document.check(&PACK).is_ok());
    assert!(serde_json::from_str::<CaseDocument>(r#"{ "fact": {} }"#).is_err());
    let again = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<CaseDocument>(&again).unwrap(), document);
}

#[test]
fn a_facts_file_and_the_same_document_in_json_are_the_same_case() {
    let text = "on = 2026-11-23\n[facts]\npurpose = \"yes\"\naim = [\"crime\"]\n[texts]\nrecipient_name = \"the duty desk\"\n\
        [[items]]\ntext = \"A sighting\"\nneed = \"yes\"\n";
    let json = r#"{ "on": "2026-11-23", "facts": { "purpose": "yes", "aim": ["crime"] },
        "texts": { "recipient_name": "the duty desk" }, "items": [ { "text": "A sighting", "need": "yes" } ] }"#;
    let (document, case) = CaseDocument::from_toml(&PACK, "facts.toml", text).unwrap();
    let sent: CaseDocument = serde_json::from_str(json).unwrap();
    assert_eq!(case, sent.check(&PACK).unwrap());
    assert_eq!(document.on, sent.on);
}
