//! Law is dated: the same facts under the law of two days.
#![expect(clippy::unwrap_used, reason = "a test that meets an error stops")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use sharewell_guidance::replay::{Change, replay};
use sharewell_guidance::words::{AdviceView, in_words};
use sharewell_guidance::{CaseDocument, Pack, Verdict, decide};

mod support;

static PACK: LazyLock<Pack> = LazyLock::new(support::pack);

const THEN: Date = date(2025, 6, 1);
const NOW: Date = date(2026, 11, 23);

fn document(facts: &str) -> CaseDocument {
    CaseDocument::from_toml(&PACK, "facts.toml", &format!("[facts]\n{facts}")).unwrap().0
}

fn view(document: &CaseDocument, on: Date) -> AdviceView {
    let case = document.check(&PACK).unwrap();
    in_words(&PACK, &case, &decide(&PACK, &case, on))
}

fn relied_on(view: &AdviceView) -> BTreeSet<&str> {
    view.rely_on.iter().map(|entry| entry.id.as_str()).collect()
}

/// A worry about a child, told to the council's children's services.
const WORRY: &str = r#"
recipient_kind = "council-children"
recipient_named = "yes"
recipient_raises_risk = "no"
immediate_danger = "no"
significant_harm = "no"
child_disclosed = "no"
child_safety_worry = "yes"
subject_age = "child"
purpose = "yes"
aim = "protect-child"
identifiable = "yes"
consent = "not-asked"
no_consent_reason = "undermine"
necessary = "yes"
special_category = "no"
criminal_offence = "no"
confidential = "no"
forbidden_by_law = "no"
sharing_harms_child = "no"
"#;

fn worry_of(discloser: &str, more: &str) -> CaseDocument {
    document(&format!("discloser_kind = \"{discloser}\"\n{WORRY}{more}\n"))
}

#[test]
fn a_charity_has_the_recognised_legitimate_interest_since_5_february_2026() {
    let charity = worry_of("charity", "");
    for (on, has) in [(THEN, false), (date(2026, 2, 4), false), (date(2026, 2, 5), true), (NOW, true)] {
        let view = view(&charity, on);
        assert_eq!(relied_on(&view).contains("6-1-ea"), has, "{on}");
        assert!(relied_on(&view).contains("6-1-f"), "{on}: it could weigh interests before, and still can");
        assert_eq!(view.verdict, Verdict::Share, "{on}");
    }
    let before = view(&charity, THEN);
    let not_yet = before.not_fitting.iter().find(|entry| entry.id == "6-1-ea").unwrap();
    assert_eq!(not_yet.why, ["It is not in force on 1 June 2025."]);
}

#[test]
fn a_charity_that_lost_the_weighing_of_interests_could_not_share_then_and_can_now() {
    let charity = worry_of("charity", "interests_balanced = \"no\"");
    assert_eq!(view(&charity, THEN).verdict, Verdict::DoNotShare);
    assert_eq!(view(&charity, NOW).verdict, Verdict::Share);
}

#[test]
fn another_bodys_task_was_enough_for_a_public_body_and_no_longer_is() {
    let board = worry_of("icb", "own_function = \"no\"");
    let (then, now) = (view(&board, THEN), view(&board, NOW));
    assert!(relied_on(&then).contains("6-1-e") && !relied_on(&now).contains("6-1-e"));
    assert_eq!((then.verdict, now.verdict), (Verdict::Share, Verdict::DoNotShare));
    let why = &now.not_fitting.iter().find(|entry| entry.id == "6-1-e").unwrap().why;
    assert_eq!(why, &["It is not our own task: since 5 February 2026 another body's task is not enough."]);
}

#[test]
fn the_announced_duty_is_offered_since_30_september_2026_with_a_warning_and_carries_nothing_alone() {
    let trust = worry_of("nhs-trust", "");
    for (on, offered) in [(date(2026, 9, 29), false), (date(2026, 9, 30), true), (NOW, true)] {
        let view = view(&trust, on);
        let entry = view.rely_on.iter().find(|entry| entry.id == "ca-2004-s16la");
        assert_eq!(entry.is_some(), offered, "{on}");
        assert!(entry.is_none_or(|entry| entry.start_unconfirmed), "{on}");
    }
}

#[test]
fn with_nothing_but_the_announced_duty_there_is_no_duty_or_power() {
    // Every other power is taken out of the register: what is left of the gateway is the announced duty alone.
    let mut files = support::files();
    for file in &mut files {
        let parts: Vec<String> = file
            .text
            .split("[[entry]]")
            .map(|entry| {
                if entry.contains("commencement = \"unconfirmed\"") { entry.to_owned() } else { without_gateway(entry) }
            })
            .collect();
        file.text = parts.join("[[entry]]");
    }
    let pack = Pack::load(&files).unwrap();
    let case = worry_of("nhs-trust", "").check(&pack).unwrap();
    let advice = decide(&pack, &case, NOW);
    let view = in_words(&pack, &case, &advice);
    assert!(relied_on(&view).contains("ca-2004-s16la"));
    assert_ne!(view.verdict, Verdict::Share);
    let gateway = view.lawful_reason.iter().find(|part| part.id == "gateway").unwrap();
    assert_eq!(gateway.answer, sharewell_guidance::Truth::No);
}

fn without_gateway(entry: &str) -> String {
    entry
        .replace("gives = [\"gateway\", \"duty\"", "gives = [\"duty\"")
        .replace("gives = [\"gateway\", ", "gives = [")
        .replace("gives = [\"gateway\"]", "gives = []")
}

#[test]
fn what_has_not_been_started_never_fits_on_any_day() {
    for on in [THEN, NOW, date(2030, 1, 1)] {
        let view = view(&worry_of("nhs-trust", ""), on);
        for id in ["ca-2004-s16lc", "cpa-2026-csa"] {
            assert!(!relied_on(&view).contains(id), "{id} on {on}");
        }
    }
}

#[test]
fn a_replay_of_the_charitys_case_says_what_came_and_why() {
    let difference = replay((&PACK, THEN), (&PACK, NOW), &worry_of("charity", ""));
    let gained = difference.entries.iter().find(|entry| entry.id == "6-1-ea").unwrap();
    assert_eq!(gained.change, Change::Gained);
    assert!(gained.because[0].contains("In force since 5 February 2026."), "{:?}", gained.because);
    assert_eq!((difference.then.verdict, difference.now.verdict), (Verdict::Share, Verdict::Share));
    let dates: Vec<Date> = difference.changes.iter().map(|change| change.date).collect();
    assert!(dates.is_sorted() && dates.iter().all(|date| THEN < *date && *date <= NOW), "{dates:?}");
    assert!(difference.changes.iter().any(|change| change.date == date(2026, 2, 5) && change.concerns_this));
    let words = difference.paragraphs().join("\n");
    assert!(words.contains("Fits now and did not then: Article 6(1)(ea)"), "{words}");
}

#[test]
fn a_replay_backwards_says_lost_where_forwards_says_gained() {
    let case = worry_of("charity", "");
    let pick = |then: Date, now: Date, change: Change| {
        let difference = replay((&PACK, then), (&PACK, now), &case);
        let these = difference.entries.into_iter().filter(|entry| entry.change == change).map(|entry| entry.id);
        these.collect::<BTreeSet<_>>()
    };
    assert_eq!(pick(THEN, NOW, Change::Gained), pick(NOW, THEN, Change::Lost));
    assert_eq!(pick(THEN, NOW, Change::Lost), pick(NOW, THEN, Change::Gained));
}

#[test]
fn a_replay_of_the_public_bodys_case_says_what_went() {
    let difference = replay((&PACK, THEN), (&PACK, NOW), &worry_of("icb", "own_function = \"no\""));
    let lost = difference.entries.iter().find(|entry| entry.id == "6-1-e").unwrap();
    assert_eq!(lost.change, Change::Lost);
    assert!(lost.because[0].contains("the task must be our own"), "{:?}", lost.because);
}

#[test]
fn on_one_day_nothing_differs() {
    assert!(replay((&PACK, NOW), (&PACK, NOW), &worry_of("charity", "")).is_nothing());
}
