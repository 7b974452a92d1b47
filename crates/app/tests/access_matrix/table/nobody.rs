//! What names no record: the door, the guidance, lists, and the organisation's settings.

use serde_json::json;

use super::{Keeps, Row, Sent, form, get, overseen, post, row, send};
use crate::expect::Needs;
use crate::house::{PASSWORD, told_by_a_child};
use crate::ids::Ids;

pub fn of_nobody() -> Vec<Row> {
    [
        everybody(),
        guidance(),
        door(),
        door_with_passkeys(),
        account(),
        overseen::of_oneself(),
        casework(),
        lists(),
        overseen::rooms(),
        settings(),
        new_members(),
        everybody_out(),
    ]
    .into_iter()
    .flatten()
    .map(Row::not_of_the_destroyed)
    .collect()
}

const NOTHING: fn(&Ids) -> Sent = |_| Sent::Nothing;

fn everybody() -> Vec<Row> {
    let open = Needs::Nothing;
    let case = |_: &Ids| Sent::Json(serde_json::to_value(told_by_a_child()).unwrap());
    vec![
        get("/healthz", open),
        // Ready once the ledgers are signed as far as they go, which nothing in this test does by itself.
        get("/readyz", open).answers(503),
        get("/assets/tag/css/none.css", open).answers(404).signed_out(404),
        get("/api/v1/openapi.json", open),
        send("POST", "/api/v1/advice", open, case).answers(200).keeps(Keeps::Views).signed_out(200),
        get("/", open).signed_out(303),
        get("/decide", open),
        get("/talk", open),
        post("/talk", open, |_| form([("fact-immediate_danger", "no"), ("fact-crime", "no")]))
            .answers(200)
            .keeps(Keeps::Views)
            .signed_out(200),
        // Partners' ledgers are let in by the signature under what they send, and by nothing else.
        post("/witness/{house}/add-checkpoint", open, NOTHING).answers(400).keeps(Keeps::Views).signed_out(400),
        get("/witness/{house}/another-ledger/checkpoint", open).answers(404).signed_out(404),
    ]
    .into_iter()
    .map(|row| {
        if row.signed_out == 401 {
            let answers = row.answers;
            row.signed_out(answers)
        } else {
            row
        }
    })
    .collect()
}

fn guidance() -> Vec<Row> {
    let open = |address| get(address, Needs::Nothing).signed_out(200);
    let of_the_api = |address| row("GET", address, Needs::Nothing).signed_out(200);
    vec![
        open("/guidance"),
        open("/guidance/search?q=consent"),
        open("/guidance/pages/{page}"),
        open("/guidance/questions"),
        open("/guidance/law"),
        open("/guidance/law/{law}"),
        open("/guidance/changes"),
        open("/guidance/methods"),
        open("/guidance/myths"),
        open("/guidance/signs"),
        open("/guidance/schemes"),
        open("/guidance/schemes/{scheme}"),
        open("/guidance/contacts"),
        open("/guidance/rules"),
        open("/guidance/read/entry/{law}"),
        open("/practice"),
        open("/practice/{story}"),
        post("/practice/{story}", Needs::Nothing, |_| form([("verdict", "share")]))
            .answers(200)
            .keeps(Keeps::Views)
            .signed_out(200),
        of_the_api("/api/v1/guidance/facts"),
        of_the_api("/api/v1/guidance/entries"),
        of_the_api("/api/v1/guidance/entries/{law}"),
    ]
}

/// What says nothing that opens anything.
fn refused(address: &'static str) -> Row {
    post(address, Needs::Nothing, |_| form([("half", "x"), ("offer", "x"), ("code", "000000")]))
        .answers(422)
        .keeps(Keeps::Whatever)
        .signed_out(422)
}

/// What an authenticator signs is not made here (`tests/passkeys.rs` does that): each gets as far as being refused for its content.
fn door_with_passkeys() -> Vec<Row> {
    vec![
        post("/sign-in/passkey/ask", Needs::Nothing, NOTHING).answers(200).keeps(Keeps::Views).signed_out(200),
        refused("/sign-in/passkey"),
        refused("/sign-in/set-up/passkey/ask"),
        refused("/sign-in/set-up/passkey"),
        refused("/sign-in/confirm/passkey"),
        post("/sign-in/confirm/passkey/ask", Needs::Membership, NOTHING).answers(200).keeps(Keeps::Views),
        // Nobody has an account at a provider here; and whoever is signed out meanwhile begins anew.
        refused("/sign-in/confirm/provider").answers(404),
    ]
}

/// Whoever knocks proves who they are by what they send, and not by being signed in.
fn door() -> Vec<Row> {
    let wrong = |_: &Ids| form([("email", "nobody@fernbank.example"), ("password", PASSWORD), ("code", "000000")]);
    vec![
        get("/sign-in", Needs::Nothing).answers(303).signed_out(200),
        post("/sign-in", Needs::Nothing, wrong).answers(422).keeps(Keeps::Whatever).signed_out(422),
        // In the demo alone.
        post("/sign-in/as", Needs::Nothing, |ids| form([("member", &ids["colleague"])]))
            .answers(404)
            .keeps(Keeps::Views)
            .signed_out(404),
        post("/sign-in/with/{house}", Needs::Nothing, NOTHING).answers(404).keeps(Keeps::Views).signed_out(404),
        get("/sign-in/back", Needs::Nothing).answers(422).signed_out(422),
        refused("/sign-in/code"),
        refused("/sign-in/set-up"),
        refused("/sign-in/confirm"),
        post("/sign-in/go-on", Needs::Membership, NOTHING).keeps(Keeps::Views),
        get("/link", Needs::Nothing).signed_out(200),
        refused("/link"),
        refused("/link/password"),
        send("POST", "/api/v1/sessions", Needs::Nothing, |_| {
            Sent::Json(json!({ "email": "nobody@fernbank.example", "password": PASSWORD }))
        })
        .answers(422)
        .keeps(Keeps::Whatever)
        .signed_out(422),
        post("/sign-out", Needs::Nothing, NOTHING).keeps(Keeps::Whatever).signed_out(303),
        send("DELETE", "/api/v1/sessions", Needs::Nothing, NOTHING).answers(204).keeps(Keeps::Whatever),
    ]
}

/// One's own ways in.
fn account() -> Vec<Row> {
    let own = Needs::Membership;
    vec![
        get("/account", own),
        get("/api/v1/sessions", own),
        post("/account/sessions/end-others", own, NOTHING).keeps(Keeps::Whatever),
        post("/account/password", own, |_| form([("password", PASSWORD), ("new_password", PASSWORD)]))
            .keeps(Keeps::Whatever),
        get("/account/code", own).confirms(),
        post("/account/code", own, |_| form([("offer", "x"), ("code", "000000")]))
            .answers(422)
            .keeps(Keeps::Whatever)
            .confirms(),
        // Of one-time codes that nobody here has.
        post("/account/recovery-codes", own, NOTHING).answers(404).keeps(Keeps::Whatever).confirms(),
        get("/account/passkeys", own).confirms(),
        get("/api/v1/passkeys", own),
        post("/account/passkeys/ask", own, |_| form([("name", "Work laptop")]))
            .answers(200)
            .keeps(Keeps::Views)
            .confirms(),
        post("/account/passkeys", own, |_| form([("name", "Work laptop"), ("question", "x"), ("answer", "x")]))
            .answers(422)
            .keeps(Keeps::Views)
            .confirms(),
        send("POST", "/api/v1/sessions/confirm", own, |_| Sent::Json(json!({ "password": PASSWORD })))
            .keeps(Keeps::Whatever),
    ]
}

fn casework() -> Vec<Row> {
    let cases = Needs::Casework;
    vec![
        post("/decide", cases, |_| form([("fact-immediate_danger", "no"), ("fact-crime", "no")])),
        post("/talk/keep", cases, |ids| form([("state", &ids["talk"])])),
        get("/decide/not-sharing", cases),
        post("/decide/not-sharing", cases, |_| {
            form([("choice", "do-not-share"), ("about", "A caller asked"), ("reasons", "He would not say why.")])
        }),
        get("/people", cases),
        send("POST", "/api/v1/decisions", cases, |_| {
            Sent::Json(json!({
                "case": told_by_a_child(), "about": "Telling social care", "purpose": "To protect a child",
                "people": [{ "name": "A child at the gate" }], "choice": "share", "reasons": "There are marks.",
            }))
        }),
        send("POST", "/api/v1/decisions/not-sharing", cases, |_| {
            Sent::Json(json!({ "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say." }))
        }),
    ]
}

/// Lists show what is for whoever asks: `lists.rs` looks at what is in them.
fn lists() -> Vec<Row> {
    let keeps = Needs::Disposing;
    vec![
        get("/matters", Needs::Membership),
        get("/retention", keeps),
        get("/retention/destroy?person={house}", keeps).answers(303),
        get("/retention/holds", keeps),
        get("/api/v1/retention/holds", keeps),
        get("/api/v1/retention/destructions", keeps),
        get("/api/v1/retention/recoveries", keeps),
    ]
}

fn settings() -> Vec<Row> {
    let needs = Needs::Administering;
    vec![
        get("/organisation", needs),
        get("/organisation/profile", needs),
        get("/organisation/contacts", needs),
        get("/organisation/procedures", needs),
        get("/organisation/responsible", needs),
        get("/organisation/partners", needs),
        get("/organisation/sign-in", needs),
        get("/organisation/teams", needs),
        get("/organisation/teams/new", needs),
        post("/organisation/profile", needs, |ids| {
            form([("version", &ids["version"]), ("body", "school-maintained"), ("designated", "yes")])
        }),
        post("/organisation/contacts", needs, |_| {
            form([("council", "Halton"), ("service", "csc"), ("phone", "01632 960001"), ("source", "Its own page")])
        }),
        post("/organisation/procedures", needs, |ids| {
            form([
                ("version", &ids["version"]),
                ("step", &ids["question"]),
                ("title", "Our own steps"),
                ("text", "Ring the lead."),
                ("owner", "The head"),
                ("review_on-day", "1"),
                ("review_on-month", "9"),
                ("review_on-year", "2027"),
            ])
        }),
        post("/organisation/responsible", needs, |ids| {
            form([("version", &ids["version"]), ("guardian", &ids["guardian"])])
        })
        .confirms(),
        post("/organisation/partners", needs, |ids| {
            form([("version", &ids["version"]), ("partnerships", "Halton"), ("domains", "nhs.net")])
        }),
        post("/organisation/sign-in", needs, |ids| form([("version", &ids["version"]), ("second_step", "offered")])),
        post("/organisation/teams/new", needs, |_| form([("name", "The clinic")])),
    ]
}

const TABLE: &str = "name,e-mail,job,roles,team\nEdith Farrow,edith.farrow@fernbank.example,Nurse,practitioner,\n";

fn new_members() -> Vec<Row> {
    let needs = Needs::Administering;
    vec![
        get("/organisation/members", needs),
        get("/organisation/members/invite", needs),
        get("/organisation/import", needs),
        get("/organisation/import/file", needs),
        post("/organisation/members/invite", needs, |_| {
            form([
                ("name", "Ivo Lanyon"),
                ("role_title", "Nurse"),
                ("email", "ivo.lanyon@fernbank.example"),
                ("roles", "practitioner"),
            ])
        })
        .answers(200)
        .confirms()
        .counted(),
        post("/organisation/import/file", needs, |_| Sent::File(TABLE)).answers(200).keeps(Keeps::Views).counted(),
        post("/organisation/import", needs, |_| form([("text", TABLE), ("go", "invite")]))
            .answers(200)
            .confirms()
            .counted(),
    ]
}

/// Nobody else is signed in any more afterwards.
fn everybody_out() -> Vec<Row> {
    vec![post("/organisation/sign-everybody-out", Needs::Administering, NOTHING).keeps(Keeps::Whatever).confirms()]
}
