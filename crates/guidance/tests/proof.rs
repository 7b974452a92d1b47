//! The real pack is proved, and a broken one is refused with the answers for which it fails.

use jiff::civil::date;
use sharewell_guidance::check::{check, days_of_change};

mod support;

#[test]
fn every_safety_rule_holds_over_every_combination_of_answers() {
    let pack = support::pack();
    let report = check(&pack, &days_of_change(&pack, date(2025, 6, 1)));
    println!("{report}");
    assert!(report.is_sound(), "{report}");
    assert!(report.sampled >= 20_000);
}
