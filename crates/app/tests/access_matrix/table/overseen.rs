//! What somebody else looks at or decides about: colleagues' conflicts of interest, matters on which nobody can work, and reading that stands
//! out.

use serde_json::json;

use super::{Row, Sent, form, get, post, send};
use crate::expect::{Needs, ToldTo};
use crate::ids::Ids;

/// Nobody of this name is kept.
const NAME: &str = "Zebedee Quennell-Wray";

pub fn of_a_case() -> Vec<Row> {
    let kept = [conflicts(), reading()].into_iter().flatten().map(Row::not_of_the_destroyed);
    unattended().into_iter().chain(kept).collect()
}

/// One's own.
pub fn of_oneself() -> Vec<Row> {
    let own = Needs::Membership;
    vec![
        get("/account/conflicts", own),
        get("/api/v1/conflicts", own),
        post("/account/conflicts", own, |_| form([("name", NAME), ("relation", "neighbour")])),
        send("POST", "/api/v1/conflicts", own, |_| Sent::Json(json!({ "name": NAME, "relation": "neighbour" })))
            .answers(204),
    ]
}

/// Rooms and lists, which show what is for whoever asks.
pub fn rooms() -> Vec<Row> {
    vec![
        get("/emergency-access", Needs::Casework),
        get("/oversight", Needs::Overseeing),
        get("/oversight/emergency", Needs::Overseeing),
        get("/api/v1/emergency-access", Needs::Overseeing),
        get("/oversight/decisions", Needs::TheGuardiansList),
        get("/oversight/reading", Needs::LookingOverReading),
        get("/api/v1/unusual-reading", Needs::LookingOverReading),
        get("/conflicts", Needs::Judging),
        get("/api/v1/conflicts/waiting", Needs::Judging),
        get("/matters/unattended", Needs::HandingOnUnattended),
        get("/api/v1/matters/unattended", Needs::HandingOnUnattended),
    ]
}

/// A colleague's, of whom nobody is known yet.
pub fn of_a_colleague() -> Vec<Row> {
    let needs = Needs::Judging;
    vec![
        get("/conflicts/{colleague}", needs).shows("colleague_name"),
        get("/api/v1/conflicts/members/{colleague}", needs),
        post("/conflicts/{colleague}", needs, |_| {
            form([("name", NAME), ("relation", "family"), ("why", "She told me.")])
        })
        .counted(),
        send("POST", "/api/v1/conflicts/members/{colleague}", needs, |_| {
            Sent::Json(json!({ "name": NAME, "relation": "family", "why": "She told me." }))
        })
        .answers(204)
        .counted(),
    ]
}

/// Whoever hands on a matter on which nobody may work need not read it.
fn unattended() -> Vec<Row> {
    let needs = Needs::HandingOnTheMatter;
    [
        get("/matters/unattended/{unattended_matter}", needs).shows("colleague_name"),
        post("/matters/unattended/{unattended_matter}", needs, |ids| form([("to", &ids["colleague"])])),
        send("POST", "/api/v1/matters/unattended/{other_unattended_matter}/hand-on", needs, |ids| {
            Sent::Json(json!({ "to": ids["colleague"] }))
        })
        .answers(204),
    ]
    .into_iter()
    .map(|row| row.destroyed(ToldTo::Nobody))
    .collect()
}

fn conflicts() -> Vec<Row> {
    // What is lifted goes by what was declared, and says nothing of whom it met; deciding names them.
    let (needs, lifting) = (Needs::JudgingTheConflict, Needs::Judging);
    let why = |_: &Ids| Sent::Json(json!({ "why": "They have moved away." }));
    vec![
        get("/conflicts/{known_declarer}/{declaration}", lifting).shows("declaration"),
        post("/conflicts/{known_declarer}/{declaration}/decide", needs, |ids| {
            form([("person", &ids["other_spare"]), ("same", "no")])
        }),
        send("POST", "/api/v1/conflicts/members/{known_declarer}/{other_declaration}/decide", needs, |ids| {
            Sent::Json(json!({ "person": ids["spare"], "same": true }))
        })
        .answers(204),
        post("/conflicts/{known_declarer}/{declaration}", lifting, |_| form([("why", "They have moved away.")])),
        send("POST", "/api/v1/conflicts/members/{known_declarer}/{other_declaration}/lift", lifting, why).answers(204),
    ]
}

/// Views of others that stand out.
fn reading() -> Vec<Row> {
    let needs = Needs::LookingOverTheView;
    vec![
        get("/oversight/reading/{view}", needs).shows("name"),
        get("/api/v1/unusual-reading/{view}", needs).shows("person"),
        post("/oversight/reading/{view}", needs, |_| form([("note", "The school did ring.")])),
        send("POST", "/api/v1/unusual-reading/{other_view}/looked-at", needs, |_| {
            Sent::Json(json!({ "note": "The school did ring." }))
        })
        .answers(204),
    ]
}
