//! The real pack is proved, and a broken one is refused with the answers for which it fails.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test that meets an error stops with why"
)]

use jiff::civil::{Date, date};
use sharewell_guidance::advice::{Advice, Fit};
use sharewell_guidance::check::{check, days_of_change};
use sharewell_guidance::facts::Answer;
use sharewell_guidance::pack::LineIx;
use sharewell_guidance::{Case, Facts, Pack, Truth, Verdict, decide};

#[path = "support/edited.rs"]
mod edited;
mod support;

use edited::{Edited, edited};

#[test]
fn every_safety_rule_holds_over_every_combination_of_answers() {
    let pack = support::pack();
    let report = check(&pack, &days_of_change(&pack, date(2025, 6, 1)));
    println!("{report}");
    assert!(report.is_sound(), "{report}");
    assert!(report.sampled >= 20_000);
}

const TODAY: Date = date(2026, 11, 23);

/// Answers in words, as a counterexample gives them, as a case.
fn case_of(pack: &Pack, answers: &[String]) -> Case {
    let mut facts = Facts::none(pack);
    for answer in answers {
        let (fact, values) = answer.split_once(" = ").unwrap();
        facts.answer(pack, fact, &values.split(" + ").collect::<Vec<_>>()).unwrap();
    }
    Case::of(facts)
}

/// The counterexample to a claim, as a case and as what the engine advises on it.
fn violated(pack: &Pack, claim: &str) -> (Case, Advice) {
    let report = check(pack, &[TODAY]);
    assert!(!report.is_sound());
    assert!(
        report.to_string().contains("FAILS on 2026-11-23")
            && report.to_string().ends_with("This pack must not be used.")
    );
    let mut proofs = report.proofs.iter().filter(|proof| proof.claim == claim);
    let answers = proofs.find_map(|proof| proof.counterexample.clone()).unwrap_or_else(|| panic!("{claim}: {report}"));
    let case = case_of(pack, &answers);
    let advice = decide(pack, &case, TODAY);
    (case, advice)
}

/// What is dead is told, at the table in which it was edited.
fn dead(edit: &Edited, message: &str) {
    let report = check(&edit.pack(), &[TODAY]);
    assert!(!report.is_sound());
    let told = report
        .faults
        .iter()
        .any(|fault| fault.file == edit.file && fault.line == edit.table() && fault.message.contains(message));
    assert!(told, "{message}\nis not among\n{:#?}", report.faults);
}

fn is(pack: &Pack, case: &Case, fact: &str, value: &str) -> bool {
    case.facts.answer_of(pack, pack.fact_index(fact).unwrap()) == Answer::Values(vec![value.to_owned()])
}

const DANGER: &str = "immediate danger always yields the police first, whatever else is answered";

fn police_are_first(pack: &Pack, advice: &Advice) -> bool {
    advice.act_now.first().is_some_and(|at| pack.acts[usize::from(*at)].id == "police")
}

#[test]
fn a_pack_that_sends_nobody_to_the_police_when_they_are_acting_is_refused() {
    let was = "{ fact = \"immediate_danger\", is = [\"yes\", \"unsure\"] },";
    let becomes = "{ all = [ { fact = \"immediate_danger\", is = [\"yes\", \"unsure\"] }, { not = { sure = { fact = \"police_acting\", is = [\"yes\"] } } } ] },";
    let pack = edited("25-outcomes.toml", "id = \"police\"", was, becomes).pack();
    let (case, advice) = violated(&pack, DANGER);
    assert!(is(&pack, &case, "immediate_danger", "yes") && is(&pack, &case, "police_acting", "yes"));
    assert!(!police_are_first(&pack, &advice));
}

#[test]
fn a_pack_that_rings_somebody_else_before_the_police_is_refused() {
    let mut edit = edited("25-outcomes.toml", "[[act]]", "[[act]]", "[[act]]");
    let outcomes = edit.files.iter_mut().find(|file| file.path == "25-outcomes.toml").unwrap();
    let from = outcomes.text.find("[[act]]").unwrap();
    let to = from + 1 + outcomes.text[from + 1..].find("[[act]]").unwrap();
    let police = outcomes.text[from..to].to_owned();
    outcomes.text.replace_range(from..to, "");
    outcomes.text.push_str(&format!("\n{police}"));
    let pack = edit.pack();
    let (case, advice) = violated(&pack, DANGER);
    assert!(is(&pack, &case, "immediate_danger", "yes"));
    assert!(!police_are_first(&pack, &advice));
}

#[test]
fn a_pack_that_takes_a_consent_that_was_not_freely_given_is_refused() {
    let was = "{ fact = \"consent_freely_given\", is = [\"yes\"], fails = \"The consent was not freely given.\" },";
    let pack = edited("20-conditions.toml", "id = \"consent-valid\"", was, "").pack();
    let (case, advice) = violated(&pack, "a withdrawn, expired, refused or coerced consent is never valid");
    assert!(is(&pack, &case, "consent_freely_given", "no"));
    assert_eq!(advice.answers[LineIx::Consent as usize], Truth::Yes);
    let (_, advice) = violated(&pack, "a withdrawn, expired, refused or coerced consent is never the reason to share");
    assert_eq!(advice.line, LineIx::Consent);
    let (_, advice) = violated(&pack, "a withdrawn, expired, refused or coerced consent is never offered as a basis");
    let basis = |id: &str| advice.entries[pack.entry_index(id).unwrap()].fit == Fit::Fits;
    assert!(basis("6-1-a") || basis("9-2-a"));
}

#[test]
fn a_pack_that_offers_a_refused_consent_as_a_basis_is_refused() {
    let was = "when = { condition = \"consent-valid\" }";
    let becomes = "when = { fact = \"consent\", is = [\"given\", \"refused\"] }";
    let pack = edited("34-law-data-protection.toml", "id = \"6-1-a\"", was, becomes).pack();
    let (case, advice) =
        violated(&pack, "a withdrawn, expired, refused or coerced consent is never offered as a basis");
    assert!(is(&pack, &case, "consent", "refused"));
    assert_eq!(advice.entries[pack.entry_index("6-1-a").unwrap()].fit, Fit::Fits);
}

#[test]
fn a_pack_in_which_likely_harm_to_a_child_is_no_danger_is_refused() {
    let was = "{ fact = \"significant_harm\", is = [\"yes\"] },";
    let pack = edited("20-conditions.toml", "id = \"danger\"", was, "").pack();
    let claim = "refusal alone never yields “do not share” to a protective recipient where a child is likely to suffer significant harm";
    let (case, advice) = violated(&pack, claim);
    assert!(is(&pack, &case, "significant_harm", "yes") && is(&pack, &case, "consent", "refused"));
    // The proof leaves the parts of a lawful reason free; that sharing is not necessary is one way in which they fail.
    let mut case = case;
    assert!(!advice.verdict.shares());
    case.facts.answer(&pack, "necessary", &["no"]).unwrap();
    assert_eq!(decide(&pack, &case, TODAY).verdict, Verdict::DoNotShare);
    assert_ne!(decide(&support::pack(), &case, TODAY).verdict, Verdict::DoNotShare);
}

#[test]
fn a_condition_that_can_never_be_met_is_told() {
    let was = "any = [\n  { fact = \"immediate_danger\", is = [\"yes\"] },\n  { fact = \"significant_harm\", is = [\"yes\"] },\n  { fact = \"child_disclosed\", is = [\"yes\"] },\n]";
    let becomes =
        "all = [ { fact = \"immediate_danger\", is = [\"yes\"] }, { fact = \"immediate_danger\", is = [\"no\"] } ]";
    let edit = edited("20-conditions.toml", "id = \"danger\"", was, becomes);
    dead(&edit, "the condition `danger` can never be met: it contradicts itself.");
    let pack = edit.pack();
    let answers = ["immediate_danger = yes", "recipient_kind = police"].map(str::to_owned);
    assert_ne!(decide(&pack, &case_of(&pack, &answers), TODAY).line, LineIx::Danger);
}

#[test]
fn a_condition_that_is_met_whatever_is_answered_is_told() {
    let was = "all = [ { fact = \"purpose\", is = [\"yes\"] } ]";
    let becomes = "any = [ { fact = \"purpose\", unless = [\"no\"] }, { fact = \"purpose\", is = [\"no\"] } ]";
    let edit = edited("20-conditions.toml", "id = \"purpose\"", was, becomes);
    dead(&edit, "the condition `purpose` is met whatever is answered.");
}

#[test]
fn law_whose_condition_contradicts_itself_is_told() {
    let was = "{ recipient = [\"s10-partner\"] },";
    let edit = edited(
        "30-law-children.toml",
        "id = \"ca-2004-s10\"",
        was,
        "{ recipient = [\"media\"] }, { recipient = [\"police\"] },",
    );
    dead(&edit, "`ca-2004-s10` can never fit: its condition contradicts itself.");
}

#[test]
fn a_saying_that_can_never_be_said_is_told() {
    let was = "when = { fact = \"child_disclosed\", is = [\"yes\"] }";
    let becomes = "when = { all = [ { fact = \"child_disclosed\", is = [\"yes\"] }, { fact = \"child_disclosed\", is = [\"no\"] } ] }";
    let edit = edited("40-say-danger.toml", "id = \"child-has-spoken\"", was, becomes);
    dead(&edit, "`child-has-spoken` can never be said: its condition contradicts itself.");
}

#[test]
fn a_question_that_nobody_reaches_is_told() {
    let was = "ask_when = { fact = \"adult_at_risk\", is = [\"yes\", \"unsure\"] }";
    let becomes = "ask_when = { sure = { all = [ { fact = \"adult_at_risk\", is = [\"yes\"] }, { fact = \"adult_at_risk\", is = [\"no\"] } ] } }";
    let edit = edited("15-flow.toml", "[[question]]", was, becomes);
    dead(&edit, "can never be reached.");
}
