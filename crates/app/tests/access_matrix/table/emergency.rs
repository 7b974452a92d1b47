//! Emergency access: begun for a matter to which nothing else leads, looked at, reviewed and ended.

use serde_json::json;

use super::{Keeps, Row, Sent, form, get, post, send};
use crate::expect::{Needs, ToldTo};
use crate::ids::Ids;

const WHY: &str = "The hospital rang about them.";

/// In this order: what waits for a review is open until somebody says whether it was right, and what was ended is over.
pub fn of_a_case() -> Vec<Row> {
    [beginning(), looked_at()].into_iter().flatten().collect()
}

fn beginning() -> Vec<Row> {
    // Whoever works with cases and need not stay away may begin it; they prove first who they are, and only then is anything looked for.
    let begins = |row: Row| row.confirms().destroyed(ToldTo::WhoeverWorksWithCases);
    let needs = Needs::SayingWhy;
    vec![
        // There are several matters about them, so one must be chosen.
        begins(post("/emergency-access", needs, |ids| form([("person", &ids["other_spare"]), ("reason", WHY)])))
            .answers(200)
            .keeps(Keeps::Views)
            .not_found(422),
        begins(send("POST", "/api/v1/emergency-access/openable", needs, |ids| {
            Sent::Json(json!({ "person": ids["other_spare"], "reason": WHY }))
        }))
        .answers(200)
        .shows("sudden_matter")
        .keeps(Keeps::Views),
        begins(post("/emergency-access", needs, |ids| form([("matter", &ids["sudden_matter"]), ("reason", WHY)])))
            .not_found(422),
        begins(send("POST", "/api/v1/emergency-access", needs, |ids| {
            Sent::Json(json!({ "matter": ids["other_sudden_matter"], "reason": WHY }))
        })),
    ]
}

fn looked_at() -> Vec<Row> {
    let (sees, reviews, own) = (Needs::SeeingTheEmergency, Needs::ReviewingTheEmergency, Needs::OwnEmergency);
    let nothing = |_: &Ids| Sent::Nothing;
    [
        get("/oversight/emergency/{emergency}", sees),
        get("/api/v1/emergency-access/{emergency}", sees).shows("emergency"),
        post("/oversight/emergency/{emergency}/review", reviews, |_| {
            form([("outcome", "ask further"), ("note", "Whom did they ring?")])
        }),
        send("POST", "/api/v1/emergency-access/{emergency}/review", reviews, |_| {
            // One that still runs is not judged yet.
            Sent::Json(json!({ "outcome": "ask further", "note": "Whom did they ring?" }))
        })
        .answers(200),
        // What is over already stays as it is.
        post("/emergency-access/{emergency}/end", own, nothing).keeps(Keeps::Whatever),
        send("POST", "/api/v1/emergency-access/{emergency}/end", own, nothing).answers(204).keeps(Keeps::Whatever),
    ]
    .into_iter()
    .map(Row::not_of_the_destroyed)
    .collect()
}
