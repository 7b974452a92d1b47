//! Made-up cases of the real pack: a story of the pack or nothing at all, answers changed at random, items of every kind.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use sharewell_guidance::case::{Answers, ItemDocument};
use sharewell_guidance::pack::{FactDefinition, FactKind};
use sharewell_guidance::{Case, CaseDocument, Pack};

/// How many cases, always the same ones unless `PROPTEST_RNG_SEED` says otherwise.
pub fn cases(number: u32) -> Config {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 20000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = number;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(2026);
    }
    config
}

/// Days on which the law differs, and two far away.
pub fn days() -> impl Strategy<Value = Date> {
    prop::sample::select(vec![
        date(2026, 11, 23),
        date(2025, 6, 1),
        date(2026, 2, 4),
        date(2026, 2, 5),
        date(2026, 9, 30),
        date(2011, 1, 1),
        date(-9999, 1, 1),
        date(9999, 12, 31),
    ])
}

/// The answers to a fact: a value, several where they may be, or "unsure".
fn answers(fact: &FactDefinition) -> BoxedStrategy<Answers> {
    let ids: Vec<String> = fact.values.iter().map(|value| value.id.clone()).collect();
    let one = prop::sample::select(ids.clone()).prop_map(Answers::One);
    let unsure = Just(Answers::One("unsure".to_owned()));
    if fact.kind == FactKind::Many {
        let several = prop::sample::subsequence(ids, 0..4).prop_map(Answers::Many);
        prop_oneof![6 => one, 1 => unsure, 4 => several].boxed()
    } else {
        prop_oneof![8 => one, 1 => unsure].boxed()
    }
}

fn item(pack: &Pack) -> BoxedStrategy<ItemDocument> {
    let fields: Vec<BoxedStrategy<Option<(String, String)>>> = pack
        .item_fields
        .iter()
        .filter(|field| !field.values.is_empty())
        .map(|field| {
            let values: Vec<String> = field.values.iter().map(|value| value.id.clone()).collect();
            let id = field.id.clone();
            prop::option::weighted(0.7, prop::sample::select(values).prop_map(move |value| (id.clone(), value))).boxed()
        })
        .collect();
    (0u8..9, fields)
        .prop_map(|(number, fields)| ItemDocument {
            text: format!("Made-up item {number}"),
            fields: fields.into_iter().flatten().collect(),
        })
        .boxed()
}

/// Items, up to a number.
pub fn items(pack: &Pack, most: usize) -> impl Strategy<Value = Vec<ItemDocument>> + use<> {
    prop::collection::vec(item(pack), 0..=most)
}

/// A case: half begin with a story, half with nothing; then answers are put in its place.
pub fn documents(pack: &Pack) -> BoxedStrategy<CaseDocument> {
    let stories: Vec<BTreeMap<String, Answers>> = pack
        .stories
        .iter()
        .map(|story| story.facts.iter().map(|(fact, values)| (fact.clone(), Answers::Many(values.clone()))).collect())
        .collect();
    let facts: Vec<&FactDefinition> = pack.facts.iter().filter(|fact| !fact.derived).collect();
    let few: Vec<_> = facts.iter().map(|fact| one_in(0.06, fact)).collect();
    let many: Vec<_> = facts.iter().map(|fact| one_in(0.7, fact)).collect();
    let told = (prop::sample::select(stories), few);
    let begun = prop_oneof![
        2 => told.prop_map(|(mut facts, changed)| { facts.extend(changed.into_iter().flatten()); facts }),
        1 => many.prop_map(|answered| answered.into_iter().flatten().collect()),
    ];
    (begun, items(pack, 3)).prop_map(|(facts, items)| CaseDocument { facts, items, ..CaseDocument::default() }).boxed()
}

fn one_in(chance: f64, fact: &FactDefinition) -> BoxedStrategy<Option<(String, Answers)>> {
    let id = fact.id.clone();
    prop::option::weighted(chance, answers(fact).prop_map(move |answers| (id.clone(), answers))).boxed()
}

/// The case of a document that is known to be right.
pub fn case(pack: &Pack, document: &CaseDocument) -> Case {
    document.check(pack).unwrap()
}
