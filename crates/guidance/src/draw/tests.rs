use jiff::civil::date;

use super::svg::{escaped, wrapped};
use super::{flowchart, flowchart_in_words};
use crate::case::Case;
use crate::facts::Facts;
use crate::pack::Pack;
use crate::testing;
use crate::{advice, verdict::Verdict};

fn decided(pack: &Pack, answers: &[(&str, &str)]) -> crate::Advice {
    let mut facts = Facts::none(pack);
    for (fact, value) in answers {
        facts.answer(pack, fact, &[value]).unwrap();
    }
    advice::decide(pack, &Case::of(facts), date(2026, 11, 23))
}

#[test]
fn the_chart_shows_danger_first_and_then_the_four_questions_in_order() {
    let pack = testing::small_pack();
    let chart = flowchart(&pack, None);
    let places: Vec<usize> = ["danger", "purpose", "consent", "identified", "lawful"]
        .iter()
        .map(|word| chart.find(&format!(">Q {word}?<")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for outcome in ["share", "share-anonymised", "do-not-share", "advice"] {
        assert!(chart.contains(&format!("flow-outcome--{outcome}")), "{outcome}");
    }
    assert!(!chart.contains("--lit"));
}

#[test]
fn the_path_taken_is_lit_by_thickness_and_weight_and_not_by_colour_alone() {
    let pack = testing::small_pack();
    let advice = decided(&pack, &[("danger", "no"), ("purpose", "no")]);
    assert_eq!(advice.verdict, Verdict::DoNotShare);
    let chart = flowchart(&pack, Some(&advice));
    assert!(chart.contains("flow-node--decided\"><rect"));
    assert!(chart.contains("stroke-width=\"4\""));
    assert!(chart.contains("font-weight=\"bold\""));
    assert_eq!(chart.matches("flow-node--decided").count(), 1);
    assert!(chart.contains("flow-outcome--do-not-share flow-node--lit"));
    assert!(!chart.contains("flow-outcome--share flow-node--lit"));
}

#[test]
fn the_picture_says_the_same_in_words() {
    let pack = testing::small_pack();
    let advice = decided(&pack, &[("danger", "no"), ("purpose", "unsure")]);
    let words = flowchart_in_words(&pack, Some(&advice));
    let chart = flowchart(&pack, Some(&advice));
    for sentence in &words {
        assert!(chart.contains(&escaped(sentence)), "{sentence}");
    }
    assert!(words.iter().any(|sentence| sentence == "Q purpose? Not sure. This decides: ask & learn."), "{words:#?}");
}

#[test]
fn the_picture_is_the_same_each_time_and_escapes_what_the_pack_says() {
    let pack = testing::small_pack();
    let chart = flowchart(&pack, None);
    assert_eq!(chart, flowchart(&pack, None));
    assert!(chart.contains("Ask &amp; learn"));
    assert!(!chart.contains("Ask & learn"));
    for never in ["<script", "<style", "href=", "style="] {
        assert!(!chart.contains(never), "{never}");
    }
}

#[test]
fn a_share_leads_on_to_how_to_share() {
    let pack = testing::small_pack();
    let advice =
        decided(&pack, &[("danger", "no"), ("purpose", "yes"), ("consent", "yes"), ("recipient_kind", "police")]);
    assert_eq!(advice.verdict, Verdict::Share);
    let chart = flowchart(&pack, Some(&advice));
    assert!(chart.contains("flow-node--how flow-node--lit"));
    assert!(
        !flowchart(&pack, Some(&decided(&pack, &[("danger", "no"), ("purpose", "no")])))
            .contains("flow-node--how flow-node--lit")
    );
}

#[test]
fn long_words_are_wrapped_and_none_is_lost() {
    let text = "Is there a lawful reason to share without consent, and is it needed now?";
    let lines = wrapped(text, 200);
    assert!(lines.len() > 1);
    assert_eq!(lines.join(" "), text);
}

#[test]
fn the_real_pack_draws_every_verdict_it_can_reach() {
    let pack = testing::real_pack();
    for answers in [
        &[("recipient_raises_risk", "yes")][..],
        &[("significant_harm", "yes"), ("recipient_kind", "council-children"), ("recipient_named", "yes")],
        &[("significant_harm", "unsure"), ("recipient_kind", "gp"), ("purpose", "no")],
        &[],
    ] {
        let advice = decided(&pack, answers);
        let chart = flowchart(&pack, Some(&advice));
        assert!(chart.contains("flow-node--decided"), "{answers:?}");
        assert!(
            chart.contains(&format!("flow-outcome--{} flow-node--lit", advice.verdict.id())),
            "{answers:?} {}",
            advice.verdict.id()
        );
    }
}
