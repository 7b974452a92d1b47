//! How the tables spread over the machines of a distributed PostgreSQL, as docs/operating.md says it.

use std::collections::BTreeSet;
use std::path::Path;

use super::House;

/// The rows that a statement gives.
fn rows(house: &House, statement: &str) -> BTreeSet<String> {
    let name = house.place().database.to_string().rsplit_once('/').unwrap().1.to_owned();
    test_postgres::Server::shared().sql(&name, statement).lines().map(str::to_owned).collect()
}

/// The tables that a part of the page names in quotation marks.
fn named(part: &str) -> BTreeSet<String> {
    part.split('\'').skip(1).step_by(2).filter(|&name| name != "organisation_id").map(str::to_owned).collect()
}

#[tokio::test]
async fn every_table_is_spread_by_organisation_or_on_every_machine_as_the_page_for_operators_says() {
    let house = House::new().await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md");
    let page: String = std::fs::read_to_string(page)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("--"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let (_, plan) = page.split_once("create_reference_table(").unwrap();
    let (everywhere, plan) = plan.split_once(';').unwrap();
    let (plan, _) = plan.split_once("```").unwrap();
    let all = rows(&house, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
    let (everywhere, spread) = (named(everywhere), named(plan));
    assert!(everywhere.is_disjoint(&spread));
    assert_eq!(everywhere.union(&spread).cloned().collect::<BTreeSet<_>>(), all, "the page names every table once");
    let by_organisation = rows(
        &house,
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] \
         WHERE i.indisprimary AND a.attname = 'organisation_id'",
    );
    assert!(spread.len() > 20 && spread.is_subset(&by_organisation), "{spread:?}");
    // A table on every machine may not refer to one that is spread.
    let references =
        rows(&house, "SELECT conrelid::regclass || ' ' || confrelid::regclass FROM pg_constraint WHERE contype = 'f'");
    assert!(references.len() > 20);
    for reference in references {
        let (from, to) = reference.split_once(' ').unwrap();
        assert!(spread.contains(from) || !spread.contains(to), "{from} refers to {to}");
    }
}
