//! What holds of every case, over made-up cases of the real pack.
#![expect(clippy::unwrap_used, reason = "a test that meets an error stops")]

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;
use sharewell_guidance::advice::Fit;
use sharewell_guidance::case::{Answers, ItemDocument};
use sharewell_guidance::facts::{FIRST_VALUE_BIT, UNKNOWN_BIT, UNSURE_BIT};
use sharewell_guidance::pack::{Commencement, FactIx, FactKind, LineIx};
use sharewell_guidance::truth::Truth;
use sharewell_guidance::words::{AdviceView, Ready, Written, in_words};
use sharewell_guidance::{Case, CaseDocument, Pack, Verdict, decide};

#[path = "support/made_up.rs"]
mod made_up;
#[path = "support/plain.rs"]
mod plain;
mod support;

use made_up::{case, cases, days, documents, items};
use plain::Reading;

const TODAY: jiff::civil::Date = date(2026, 11, 23);

static PACK: LazyLock<Pack> = LazyLock::new(support::pack);
/// Its words, written in advance.
static READY: LazyLock<Ready> = LazyLock::new(|| Ready::new(&PACK));
/// The same files read a second time.
static AGAIN: LazyLock<Pack> = LazyLock::new(support::pack);
/// The pack in which no entry of unconfirmed commencement is offered at all.
static CONFIRMED_ONLY: LazyLock<Pack> = LazyLock::new(|| {
    let mut files = support::files();
    for file in &mut files {
        file.text = file.text.replace("commencement = \"unconfirmed\"", "commencement = \"inactive\"");
    }
    Pack::load(&files).unwrap()
});

fn json(view: &AdviceView) -> String {
    serde_json::to_string(view).unwrap()
}

/// The text of an advice, put together.
fn whole(written: &Written) -> String {
    let (mut whole, mut own) = (String::new(), written.own.as_str());
    for &[before, from, len] in &written.fixed {
        let (mine, rest) = own.split_at(before as usize);
        whole.push_str(mine);
        whole.push_str(&READY.wording()[from as usize..][..len as usize]);
        own = rest;
    }
    whole.push_str(own);
    whole
}

/// The case with one more answer; a fact that takes several keeps those it has.
fn answered(case: &Case, fact: FactIx, value: usize) -> Case {
    let bit = 1u64 << (u32::try_from(value).unwrap() + FIRST_VALUE_BIT);
    let many = PACK.facts[usize::from(fact.0)].kind == FactKind::Many;
    let kept = if many { case.facts.mask(fact) & !(UNKNOWN_BIT | UNSURE_BIT) } else { 0 };
    let mut changed = case.clone();
    changed.facts.set_mask(fact, kept | bit);
    changed
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_same_facts_pack_and_day_give_the_same_advice_and_the_same_bytes(document in documents(&PACK), on in days()) {
        let (first, second) = (case(&PACK, &document), case(&AGAIN, &document));
        let (advice, again) = (decide(&PACK, &first, on), decide(&AGAIN, &second, on));
        prop_assert_eq!(&advice, &again);
        prop_assert_eq!(json(&in_words(&PACK, &first, &advice)), json(&in_words(&AGAIN, &second, &again)));
    }

    #[test]
    fn what_is_put_together_from_the_wording_is_the_advice_in_words_to_the_letter(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, on);
        let written = READY.write(&PACK, &case, &advice);
        prop_assert_eq!(whole(&written), json(&in_words(&PACK, &case, &advice)));
    }

    #[test]
    fn the_verdict_is_the_first_line_of_the_order_that_holds(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, on);
        prop_assert_eq!(advice.verdict, Reading::new(&PACK, &advice.facts, on).verdict());
    }

    #[test]
    fn an_entry_fits_when_its_conditions_read_plainly_are_met(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, on);
        let reading = Reading::new(&PACK, &advice.facts, on);
        for judged in &advice.entries {
            let entry = &PACK.entries[usize::from(judged.entry)];
            let fits = reading.entry(usize::from(judged.entry)) == Truth::Yes;
            prop_assert_eq!(judged.fit == Fit::Fits, fits, "{}", entry.id);
            prop_assert!(!fits || entry.commencement != Commencement::Inactive, "{} is inactive", entry.id);
        }
    }

    #[test]
    fn in_immediate_danger_the_police_come_first_whatever_else_is_answered(document in documents(&PACK), on in days()) {
        let mut document = document;
        document.facts.insert("immediate_danger".to_owned(), Answers::One("yes".to_owned()));
        let case = case(&PACK, &document);
        let view = in_words(&PACK, &case, &decide(&PACK, &case, on));
        prop_assert_eq!(view.act_now.first().map(|act| (act.id.as_str(), act.phone.as_str())), Some(("police", "999")));
    }

    #[test]
    fn the_order_in_which_items_are_written_changes_nothing(
        document in documents(&PACK),
        (items, shuffled) in items(&PACK, 5).prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
    ) {
        let with = |items: Vec<ItemDocument>| case(&PACK, &CaseDocument { items, ..document.clone() });
        let (one, other) = (decide(&PACK, &with(items.clone()), TODAY), decide(&PACK, &with(shuffled.clone()), TODAY));
        for (item, judged) in items.iter().zip(&one.items) {
            let at = shuffled.iter().position(|other| other == item).unwrap();
            prop_assert_eq!(judged, &other.items[at]);
        }
        let mut other = other;
        other.items.clone_from(&one.items);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn in_danger_no_further_item_keeps_a_protector_from_being_told(
        document in documents(&PACK),
        danger in prop::sample::select(vec!["immediate_danger", "significant_harm", "child_disclosed"]),
        more in items(&PACK, 4),
    ) {
        let mut document = document;
        for (fact, answer) in [
            (danger, "yes"), ("recipient_kind", "police"), ("recipient_named", "yes"), ("recipient_raises_risk", "no"),
        ] {
            document.facts.insert(fact.to_owned(), Answers::One(answer.to_owned()));
        }
        prop_assert_eq!(decide(&PACK, &case(&PACK, &document), TODAY).verdict, Verdict::Share);
        document.items.extend(more);
        let advice = decide(&PACK, &case(&PACK, &document), TODAY);
        prop_assert_eq!((advice.verdict, advice.line), (Verdict::Share, LineIx::Danger));
    }

    #[test]
    fn every_entry_that_can_fit_is_in_exactly_one_of_the_three_lists(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let view = in_words(&PACK, &case, &decide(&PACK, &case, on));
        let mut listed: Vec<&str> = [&view.rely_on, &view.nearly, &view.not_fitting]
            .into_iter().flatten().map(|entry| entry.id.as_str()).collect();
        // What has no condition in force on the day is there for reading only; what has none because of the day says so.
        let testable = PACK.entries.iter().filter(|entry| {
            entry.commencement == Commencement::Inactive || entry.period_on(on).is_none_or(|period| period.when.is_some())
        });
        let mut register: Vec<&str> = testable.map(|entry| entry.id.as_str()).collect();
        listed.sort_unstable();
        register.sort_unstable();
        prop_assert_eq!(listed, register);
        for entry in [&view.rely_on, &view.nearly, &view.not_fitting].into_iter().flatten() {
            prop_assert!(entry.why.iter().all(|why| !why.trim().is_empty()) && !entry.why.is_empty(), "{}: no reason", entry.id);
        }
    }

    #[test]
    fn what_nobody_answered_is_never_given_as_a_reason(document in documents(&PACK)) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, TODAY);
        let view = in_words(&PACK, &case, &advice);
        let unanswered = |at: usize| advice.facts.is_unknown(FactIx(u16::try_from(at).unwrap()));
        let labels = PACK.facts.iter().enumerate().map(|(at, fact)| (unanswered(at), format!("{}: ", fact.label)));
        let (open, known): (Vec<_>, Vec<_>) = labels.partition(|(open, _)| *open);
        for because in view.explanation.iter().flat_map(|step| &step.because) {
            prop_assert!(!open.iter().any(|(_, label)| because.starts_with(label)), "{because}");
            prop_assert!(known.iter().any(|(_, label)| because.starts_with(label)), "{because}");
        }
    }

    #[test]
    fn no_verdict_rests_on_law_whose_start_is_unconfirmed(document in documents(&PACK), on in days()) {
        let with = decide(&PACK, &case(&PACK, &document), on);
        let without = decide(&CONFIRMED_ONLY, &case(&CONFIRMED_ONLY, &document), on);
        prop_assert_eq!((with.verdict, with.line, with.lawful_parts), (without.verdict, without.line, without.lawful_parts));
    }

    #[test]
    fn advice_read_back_from_json_is_the_same(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let view = in_words(&PACK, &case, &decide(&PACK, &case, on));
        prop_assert_eq!(&serde_json::from_str::<AdviceView>(&json(&view)).unwrap(), &view);
    }

    #[test]
    fn what_is_missing_is_open_and_is_asked_somewhere(document in documents(&PACK)) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, TODAY);
        let view = in_words(&PACK, &case, &advice);
        for (missing, told) in advice.missing.iter().zip(&view.missing) {
            let mask = advice.facts.mask(missing.fact);
            prop_assert_eq!(missing.unsure, mask == UNSURE_BIT, "{}", &told.fact);
            let nobody_to_tell = ["recipient_kind", "recipient_named"].contains(&told.fact.as_str());
            prop_assert!(missing.unsure || mask == UNKNOWN_BIT || nobody_to_tell, "{} is answered", told.fact);
            prop_assert!(!told.question.is_empty() || PACK.fact(&told.fact).unwrap().profile, "{}", told.fact);
            prop_assert!(!told.text.is_empty());
        }
        if advice.verdict == Verdict::Incomplete {
            prop_assert!(advice.missing.iter().any(|missing| missing.decides));
        }
    }

    #[test]
    fn answering_what_is_missing_always_leads_to_an_answer(
        document in documents(&PACK),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        let mut case = case(&PACK, &document);
        for pick in picks {
            let advice = decide(&PACK, &case, TODAY);
            if advice.verdict != Verdict::Incomplete {
                return Ok(());
            }
            let missing = advice.missing.iter().find(|missing| missing.decides).unwrap();
            let fact = &PACK.facts[usize::from(missing.fact.0)];
            let open = advice.facts.mask(missing.fact) & (UNKNOWN_BIT | UNSURE_BIT) != 0;
            // "Nobody in particular" has been answered before: now somebody is named.
            let value = match fact.id.as_str() {
                "recipient_named" if !open => 0,
                _ => pick.index(fact.values.len()),
            };
            case = answered(&case, missing.fact, value);
        }
        prop_assert!(false, "still incomplete after sixty answers");
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn what_is_said_to_change_the_verdict_does_and_nothing_that_would_is_left_out(document in documents(&PACK), on in days()) {
        let case = case(&PACK, &document);
        let advice = decide(&PACK, &case, on);
        for fact in PACK.steering() {
            let definition = &PACK.facts[usize::from(fact.0)];
            if definition.derived || definition.id == "discloser_kind" {
                continue;
            }
            for (position, value) in definition.values.iter().enumerate() {
                let bit = 1u64 << (u32::try_from(position).unwrap() + FIRST_VALUE_BIT);
                let said = advice.would_change.iter().find(|change| change.fact == fact && change.answers & bit != 0);
                let then = decide(&PACK, &answered(&case, fact, position), on).verdict;
                let would = (then != advice.verdict && then != Verdict::Incomplete).then_some(then);
                prop_assert_eq!(said.map(|change| change.verdict), would,
                    "from {:?} with {} = {}", advice.verdict, &definition.id, &value.id);
            }
        }
    }
}
