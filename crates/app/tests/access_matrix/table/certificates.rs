//! Certificates of what was destroyed.

use super::{Row, get};
use crate::expect::Needs;

pub fn of_a_certificate() -> Vec<Row> {
    let needs = Needs::DisposingOfThePerson;
    vec![
        get("/retention/destructions/{destruction}", needs).shows("rule"),
        get("/retention/destructions/{destruction}/certificate.pdf", needs).counted(),
        get("/retention/destructions/{destruction}/certificate.json", needs).shows("rule").counted(),
        get("/retention/destructions/{destruction}/receipt", needs),
        get("/api/v1/retention/destructions/{destruction}", needs).shows("rule"),
    ]
}
