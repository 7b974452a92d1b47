//! A pack with a fault is refused, with the file, the line and what to do: the real pack, one passage written otherwise.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a passage that is not found stops the test with why")]

#[path = "support/edited.rs"]
mod edited;
mod support;

use edited::{Edited, edited};

fn says(edit: &Edited, file: &str, line: usize, message: &str) {
    let faults = edit.faults();
    let found = faults.iter().any(|fault| fault.file == file && fault.line == line && fault.message.contains(message));
    assert!(found, "{file}:{line}: {message}\nis not among\n{faults:#?}");
}

/// Refused at the very line that was written otherwise.
fn refused_at_the_line(edit: &Edited, message: &str) {
    says(edit, &edit.file, edit.line, message);
}

/// Refused at the table in which the line stands.
fn refused_at_the_table(edit: &Edited, message: &str) {
    says(edit, &edit.file, edit.table(), message);
}

const CONDITIONS: &str = "20-conditions.toml";
const CHILDREN: &str = "30-law-children.toml";

#[test]
fn a_fact_that_nobody_knows_is_refused_with_the_nearest() {
    let edit = edited(CONDITIONS, "id = \"raises-risk\"", "recipient_raises_risk", "recipient_raise_risk");
    refused_at_the_line(&edit, "there is no fact `recipient_raise_risk`. Did you mean `recipient_raises_risk`?");
}

#[test]
fn a_misspelt_value_is_refused_with_the_nearest() {
    let edit = edited(CONDITIONS, "id = \"consent-valid\"", "\"given\"", "\"gven\"");
    refused_at_the_line(&edit, "`consent` cannot be `gven`. Did you mean `given`?");
}

#[test]
fn a_list_that_nobody_knows_is_refused_with_the_nearest() {
    let edit =
        edited(CHILDREN, "id = \"ca-2004-s10\"", "discloser = [\"s10-partner\"]", "discloser = [\"s10-partners\"]");
    refused_at_the_line(&edit, "there is no list and no kind of body `s10-partners`. Did you mean `s10-partner`?");
    let edit = edited("05-bodies.toml", "[[body]]", "\"public-authority\"", "\"public-authorities\"");
    refused_at_the_table(
        &edit,
        "is on a list `public-authorities` that is not defined. Did you mean `public-authority`?",
    );
}

#[test]
fn a_part_of_a_record_that_does_not_exist_is_refused_with_the_nearest() {
    let edit = edited("25-outcomes.toml", "id = \"caldicott-3\"", "shown_by = \"least\"", "shown_by = \"lest\"");
    refused_at_the_table(&edit, "no part of a record is called `lest`. Did you mean `least`?");
}

#[test]
fn two_conditions_in_one_are_refused() {
    let was = "{ condition = \"giver-has-authority\" }";
    let edit = edited(
        CONDITIONS,
        "id = \"consent-valid\"",
        was,
        "{ condition = \"giver-has-authority\", fact = \"consent\", is = [\"given\"] }",
    );
    refused_at_the_line(&edit, "a condition is one thing, not fact and condition");
}

#[test]
fn a_condition_or_an_entry_that_nobody_knows_is_refused_with_the_nearest() {
    let edit = edited(
        CONDITIONS,
        "id = \"consent-valid\"",
        "condition = \"giver-has-authority\"",
        "condition = \"giver-has-autority\"",
    );
    refused_at_the_line(&edit, "there is no condition `giver-has-autority`. Did you mean `giver-has-authority`?");
    let edit = edited(CONDITIONS, "id = \"gateway\"", "any_entry = \"gateway\"", "entry = \"ca-2004-s111\"");
    refused_at_the_line(&edit, "there is no entry `ca-2004-s111`. Did you mean `ca-2004-s11`?");
}

#[test]
fn law_that_depends_on_itself_is_refused() {
    let was = "{ condition = \"child-welfare\" }";
    let edit = edited(CHILDREN, "id = \"ca-2004-s10\"", was, "{ any_entry = \"gateway\" }");
    let faults = edit.faults();
    let circle = faults
        .iter()
        .find(|fault| fault.message.contains("depends on itself"))
        .unwrap_or_else(|| panic!("{faults:#?}"));
    assert!(circle.line > 0 && edit.files.iter().any(|file| file.path == circle.file), "{circle}");
}

#[test]
fn periods_that_overlap_are_refused() {
    let edit = edited(CHILDREN, "note = \"The 2018 edition.\"", "from = 2023-12-15", "from = 2023-12-01");
    let entry = edited(CHILDREN, "id = \"wt\"", "title = ", "title = ").table();
    says(&edit, CHILDREN, entry, "two periods of `wt` overlap: end one on the day the next begins.");
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let edit = edited(CHILDREN, "from = 2023-12-15", "to = 2026-03-19", "to = 2023-03-19");
    let entry = edited(CHILDREN, "id = \"wt\"", "title = ", "title = ").table();
    says(&edit, CHILDREN, entry, "`wt` ends on 2023-03-19, before it begins on 2023-12-15.");
}

#[test]
fn the_same_id_twice_is_refused_with_the_place_of_the_first() {
    let edit = edited(CHILDREN, "[[entry]]", "id = \"ca-2004-s16la\"", "id = \"ca-2004-s10\"");
    refused_at_the_table(&edit, "there is another entry `ca-2004-s10` at 30-law-children.toml:");
}

#[test]
fn a_question_of_no_stage_is_refused_with_the_nearest() {
    let edit = edited("15-flow.toml", "[[question]]", "stage = \"danger\"", "stage = \"dangers\"");
    refused_at_the_table(&edit, "there is no stage `dangers`. Did you mean `danger`?");
}

#[test]
fn a_fact_that_nobody_asks_is_refused() {
    let edit = edited("15-flow.toml", "[[question]]", "facts = [\"immediate_danger\"", "facts = [\"crime\"");
    let fact = edited("10-facts.toml", "id = \"immediate_danger\"", "label = ", "label = ").table();
    says(&edit, "10-facts.toml", fact, "nobody asks `immediate_danger`: add it to a question, or take it out.");
}

#[test]
fn a_fact_asked_twice_is_refused() {
    let edit = edited(
        "15-flow.toml",
        "[[question]]",
        "facts = [\"immediate_danger\"",
        "facts = [\"immediate_danger\", \"consent\"",
    );
    let fact = edited("10-facts.toml", "id = \"consent\"", "label = ", "label = ").table();
    says(&edit, "10-facts.toml", fact, "`consent` is asked by 2 questions: ask it once.");
}

#[test]
fn law_without_a_citation_or_without_a_place_to_read_it_is_refused() {
    let edit = edited(CHILDREN, "id = \"ca-2004-s10\"", "cite = \"", "cite = \"\" # \"");
    refused_at_the_table(&edit, "this entry needs `cite = \"…\"`.");
    let edit = edited(CHILDREN, "id = \"ca-2004-s10\"", "url = \"", "url = \"\" # \"");
    refused_at_the_table(&edit, "`ca-2004-s10` cites a text but has no `url` to read it at.");
}

#[test]
fn a_confirmed_contact_without_its_number_is_refused() {
    let edit = edited("55-contacts.toml", "id = \"halton-csc\"", "confirmed = false", "confirmed = true");
    refused_at_the_table(&edit, "a confirmed contact needs its phone, its source and the day it was checked.");
}

#[test]
fn a_verdict_or_a_line_without_words_is_refused() {
    let edit = edited("25-outcomes.toml", "[[verdict]]", "id = \"advice\"", "id = \"advise\"");
    says(&edit, "pack", 0, "the verdict `advice` has no words");
    let edit = edited("25-outcomes.toml", "[[line]]", "id = \"purpose\"", "id = \"purposes\"");
    refused_at_the_table(&edit, "there is no line `purposes`. Did you mean `purpose`?");
    let edit = edited("25-outcomes.toml", "id = \"do-not-share\"", "sentence = \"", "sentence = \"\" # \"");
    refused_at_the_table(&edit, "this verdict needs `sentence = \"…\"`.");
}

#[test]
fn a_rule_that_no_saying_applies_is_refused() {
    let mut edit = edited("25-outcomes.toml", "set = \"golden\"", "set = \"golden\"", "set = \"golden\"");
    for file in &mut edit.files {
        file.text =
            file.text.replace("\"caldicott-5\"]", "\"caldicott-6\"]").replace("\"caldicott-5\",", "\"caldicott-6\",");
    }
    let place = edit.table_with("25-outcomes.toml", "id = \"caldicott-5\"");
    says(&edit, "25-outcomes.toml", place, "no saying applies the rule `caldicott-5`: it must be checked somewhere.");
}

#[test]
fn a_saying_of_an_unknown_rule_or_verdict_is_refused_with_the_nearest() {
    let edit = edited("40-say-danger.toml", "id = \"child-has-spoken\"", "\"golden-5\"", "\"goldn-5\"");
    refused_at_the_table(
        &edit,
        "`child-has-spoken` applies `goldn-5`, which is no rule and no myth. Did you mean `golden-5`?",
    );
    let was = "applies = [\"golden-5\"]";
    let edit = edited(
        "40-say-danger.toml",
        "id = \"child-has-spoken\"",
        was,
        "applies = [\"golden-5\"]\nverdicts = [\"shares\"]",
    );
    refused_at_the_table(&edit, "there is no verdict `shares`. Did you mean `share`?");
}

#[test]
fn an_inference_that_looks_at_a_condition_or_at_law_is_refused() {
    let was = "when = { fact = \"child_safety_worry\", is = [\"no\"] }";
    for (becomes, named) in [
        ("when = { not = { sure = { condition = \"danger\" } } }", "the condition `danger`"),
        ("when = { all = [ { entry = \"ca-2004-s11\" } ] }", "the entry `ca-2004-s11`"),
        ("when = { any = [ { any_entry = \"duty\" } ] }", "the entries that give `duty`"),
    ] {
        let edit = edited("22-inferences.toml", "id = \"no-worry-no-harm\"", was, becomes);
        refused_at_the_table(
            &edit,
            &format!("`no-worry-no-harm` looks at {named}: what is inferred may look at facts only."),
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_says_where() {
    let edit = edited(
        CONDITIONS,
        "id = \"identifies\"",
        "words = \"Somebody could be identified\"",
        "words = \"Somebody could be identified",
    );
    refused_at_the_line(&edit, "this is not readable as TOML");
}

#[test]
fn a_key_that_means_nothing_is_refused_with_the_nearest() {
    let edit = edited(CHILDREN, "id = \"ca-2004-s10\"", "summary = ", "sumary = ");
    refused_at_the_line(&edit, "`sumary` means nothing in this entry. Did you mean `summary`?");
    let edit = edited(
        CONDITIONS,
        "id = \"consent-valid\"",
        "fails = \"Consent is not in place.\"",
        "fail = \"Consent is not in place.\"",
    );
    refused_at_the_line(&edit, "`fail` means nothing in this all. Did you mean `fails`?");
    let edit = edited("52-myths.toml", "[[myth]]", "[[myth]]", "[[mith]]");
    refused_at_the_line(&edit, "a pack has no `mith`. Did you mean `myth`?");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let edit = edited(CHILDREN, "id = \"ca-2004-s16la\"", "from = 2026-09-30", "from = \"the thirtieth\"");
    refused_at_the_line(&edit, "`from` of this entry must be a date such as 2026-11-23.");
    let edit = edited("15-flow.toml", "[[question]]", "later = true", "later = \"yes\"");
    refused_at_the_line(&edit, "`later` of this question must be true or false.");
    let edit = edited("25-outcomes.toml", "id = \"golden-1\"", "number = 1", "number = \"one\"");
    refused_at_the_line(&edit, "`number` of this rule must be a whole number.");
}

#[test]
fn the_pack_as_it_is_has_none_of_these_faults() {
    assert!(edited(CONDITIONS, "[[condition]]", "[[condition]]", "[[condition]]").faults().is_empty());
}
