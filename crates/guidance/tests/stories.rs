//! Stories as a practitioner would tell them, run through the one engine, with the results they ask for.

#[path = "support/expression.rs"]
mod expression;
mod support;
#[path = "support/stories.rs"]
mod told;

use expression::Expression;
use told::{Story, failure, from_file, from_pack};

fn run(stories: &[Story]) {
    let pack = support::pack();
    let failures: Vec<String> = stories.iter().filter_map(|story| failure(&pack, story)).collect();
    assert!(failures.is_empty(), "{} of {} stories fail\n\n{}", failures.len(), stories.len(), failures.join("\n"));
}

#[test]
fn the_stories_of_the_pack_come_out_as_they_say() {
    let stories = from_pack(&support::pack());
    assert!(stories.len() >= 24, "{} stories", stories.len());
    run(&stories);
}

#[test]
fn the_same_stories_answered_from_the_template_alone_come_out_the_same() {
    let stories = from_file(include_str!("data/cases.toml"));
    assert_eq!(stories.len(), 24);
    run(&stories);
}

#[test]
fn twenty_further_stories_of_other_bodies_and_situations_come_out_as_the_order_of_verdicts_demands() {
    let stories = from_file(include_str!("data/more.toml"));
    assert!(stories.len() >= 20, "{} stories", stories.len());
    run(&stories);
}

#[test]
fn a_requirement_reads_either_both_and_brackets() {
    let fits = |id: &str| ["10", "p36", "9-2-g"].contains(&id);
    for (line, holds) in [
        ("10", true),
        ("part-3", false),
        ("6-1-a | 10", true),
        ("9-2-g + dpa-sch1-p18", false),
        ("10 + (official-authority | p36 | p10)", true),
        ("(10 + (official-authority | p10)) | part-3", false),
    ] {
        assert_eq!(Expression::parse(line).unwrap().holds(&fits), holds, "{line}");
    }
    for line in ["10 +", "(10", "10 | p36 + p10", "10 & p36", "10 p36"] {
        assert!(Expression::parse(line).is_err(), "{line}");
    }
}
