use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::{Change, replay};
use crate::case::{Answers, CaseDocument};
use crate::testing;
use crate::verdict::Verdict;

const THEN: Date = date(2025, 6, 1);
const NOW: Date = date(2026, 11, 23);

fn case(facts: &[(&str, &str)]) -> CaseDocument {
    let facts: BTreeMap<String, Answers> =
        facts.iter().map(|(fact, value)| ((*fact).to_owned(), Answers::One((*value).to_owned()))).collect();
    CaseDocument { facts, ..CaseDocument::default() }
}

fn lawful() -> CaseDocument {
    case(&[
        ("danger", "no"),
        ("purpose", "yes"),
        ("consent", "no"),
        ("identifiable", "yes"),
        ("necessary", "yes"),
        ("recipient_kind", "club"),
    ])
}

#[test]
fn the_same_case_on_two_days_shows_the_law_that_came_went_and_changed() {
    let pack = testing::small_pack();
    let difference = replay((&pack, THEN), (&pack, NOW), &lawful());
    assert_eq!((difference.then.verdict, difference.now.verdict), (Verdict::Share, Verdict::Share));
    let of = |id: &str| difference.entries.iter().find(|entry| entry.id == id).unwrap();
    assert_eq!(of("new-duty").change, Change::Gained);
    assert!(of("new-duty").because.contains(&"In force since 1 February 2026.".to_owned()));
    assert!(of("new-duty").because.iter().any(|why| why.contains("The New Act started.")));
    assert_eq!(of("old-power").change, Change::Lost);
    assert_eq!(of("old-power").because, ["In force until 1 January 2026 (that day no longer)."]);
    assert_eq!(of("basis").change, Change::Changed);
    assert_eq!(of("basis").because, ["Since 5 February 2026: The task must be our own.", "Before: Any task would do."]);
    assert!(difference.changes[0].concerns_this);
}

#[test]
fn between_the_end_of_one_power_and_the_start_of_the_next_the_verdict_changes() {
    let pack = testing::small_pack();
    let difference = replay((&pack, THEN), (&pack, date(2026, 1, 15)), &lawful());
    assert_eq!((difference.then.verdict, difference.now.verdict), (Verdict::Share, Verdict::DoNotShare));
    assert!(difference.to_string().contains("The answer changes from “Share” to “Do not share”."), "{difference}");
}

#[test]
fn the_same_day_and_pack_differ_in_nothing() {
    let pack = testing::small_pack();
    let difference = replay((&pack, NOW), (&pack, NOW), &lawful());
    assert!(difference.is_nothing() && difference.changes.is_empty());
    assert!(difference.to_string().contains("The answer is the same: Share."));
}

#[test]
fn a_fact_that_the_older_pack_does_not_know_is_said_and_is_no_error() {
    let older = testing::load(
        &testing::SMALL
            .replace("id = \"identifiable\"", "id = \"could_identify\"")
            .replace("fact = \"identifiable\"", "fact = \"could_identify\"")
            .replace("\"identifiable\"", "\"could_identify\""),
    );
    let newer = testing::small_pack();
    let difference = replay((&older, THEN), (&newer, NOW), &lawful());
    assert_eq!(difference.then.left_out.len(), 1);
    assert!(difference.then.left_out[0].contains("`identifiable`"), "{:?}", difference.then.left_out);
    assert!(difference.now.left_out.is_empty());
    assert!(difference.to_string().contains("left out"));
}

#[test]
fn an_entry_of_the_newer_pack_only_says_so() {
    let older = testing::load(
        &testing::SMALL.replace("id = \"new-duty\"", "id = \"other-duty\"").replace("\"new-duty\"", "\"other-duty\""),
    );
    let newer = testing::small_pack();
    let difference = replay((&older, NOW), (&newer, NOW), &lawful());
    let of = |id: &str| difference.entries.iter().find(|entry| entry.id == id).unwrap();
    assert_eq!((of("new-duty").change, of("other-duty").change), (Change::Gained, Change::Lost));
    assert_eq!(of("new-duty").because[0], "The pack of then did not have it.");
}

#[test]
fn a_warning_and_an_act_on_one_side_only_are_told() {
    let older =
        testing::load(&testing::SMALL.replace("text = \"The child comes first.\"", "text = \"Mind the child.\""));
    let newer = testing::small_pack();
    let difference = replay((&older, NOW), (&newer, NOW), &case(&[("danger", "yes"), ("recipient_kind", "police")]));
    assert_eq!(difference.warnings.only_then, ["Mind the child."]);
    assert_eq!(difference.warnings.only_now, ["The child comes first."]);
    assert!(difference.acts.only_then.is_empty() && difference.acts.only_now.is_empty());
}

#[test]
fn in_the_real_pack_a_charity_gains_a_recognised_interest_and_a_public_task_narrows() {
    let pack = testing::real_pack();
    let facts = [
        ("discloser_kind", "charity"),
        ("recipient_kind", "council-children"),
        ("recipient_named", "yes"),
        ("child_safety_worry", "yes"),
        ("significant_harm", "yes"),
        ("aim", "protect-child"),
        ("necessary", "yes"),
    ];
    let difference = replay((&pack, THEN), (&pack, NOW), &case(&facts));
    let gained = difference.entries.iter().find(|entry| entry.id == "6-1-ea").unwrap();
    assert_eq!(gained.change, Change::Gained);
    assert!(gained.because.iter().any(|why| why.contains("5 February 2026")), "{:?}", gained.because);
    let mut school = facts;
    school[0] = ("discloser_kind", "school-maintained");
    let difference = replay((&pack, THEN), (&pack, NOW), &case(&school));
    assert!(
        difference.entries.iter().any(|entry| entry.id == "6-1-e" && entry.change == Change::Changed),
        "{difference}"
    );
}
