//! What is about the organisation itself and names a colleague, a team or a session.

use super::{Keeps, Row, Sent, form, get, overseen, post, send};
use crate::expect::Needs;
use crate::ids::Ids;

pub fn of_the_house() -> Vec<Row> {
    [sessions(), passkeys(), members(), teams(), overseen::of_a_colleague()]
        .into_iter()
        .flatten()
        .map(Row::not_of_the_destroyed)
        .collect()
}

fn sessions() -> Vec<Row> {
    let ends = |ids: &Ids| form([("session", &ids["own_session"])]);
    let ends_anothers = |ids: &Ids| form([("session", &ids["session_of_another"])]);
    let nothing = |_: &Ids| Sent::Nothing;
    vec![
        post("/account/sessions/end", Needs::Own, ends).keeps(Keeps::Whatever),
        post("/account/sessions/end", Needs::WhatNobodyHas, ends_anothers),
        send("DELETE", "/api/v1/sessions/{own_session}", Needs::Own, nothing).answers(204).keeps(Keeps::Whatever),
        send("DELETE", "/api/v1/sessions/{session_of_another}", Needs::WhatNobodyHas, nothing),
    ]
}

/// Several passkeys stand on one page, each with a field of its own.
fn named(passkey: &str) -> Sent {
    Sent::Form(vec![(format!("name-{passkey}"), "The old laptop".to_owned())])
}

fn passkeys() -> Vec<Row> {
    let nothing = |_: &Ids| Sent::Nothing;
    let (own, anothers) = (Needs::Own, Needs::WhatNobodyHas);
    vec![
        post("/account/passkeys/{own_passkey}", own, |ids| named(&ids["own_passkey"])),
        post("/account/passkeys/{passkey_of_another}", anothers, |ids| named(&ids["passkey_of_another"])),
        post("/account/passkeys/{passkey_of_another}/remove", anothers, nothing),
        send("DELETE", "/api/v1/passkeys/{passkey_of_another}", anothers, nothing),
        // Whoever removes one is signed out everywhere else.
        post("/account/passkeys/{own_passkey}/remove", own, nothing).keeps(Keeps::Whatever).confirms(),
        send("DELETE", "/api/v1/passkeys/{own_passkey}", own, nothing).answers(204).keeps(Keeps::Whatever).confirms(),
    ]
}

fn members() -> Vec<Row> {
    let needs = Needs::Administering;
    let nothing = |_: &Ids| Sent::Nothing;
    vec![
        get("/organisation/members/{colleague}", needs).shows("colleague_name"),
        get("/organisation/members/{colleague}/leave", needs).shows("colleague_name"),
        post("/organisation/members/{to_change}", needs, |ids| {
            form([
                ("seen", &ids["to_change_seen"]),
                ("name", "Ada Marlowe"),
                ("role_title", "Teacher"),
                ("email", "ada.marlowe@fernbank.example"),
                ("roles", "practitioner"),
            ])
        })
        .confirms(),
        post("/organisation/members/{invited}/link", needs, nothing).answers(200).confirms().counted(),
        post("/organisation/members/{invited}/withdraw", needs, nothing),
        post("/organisation/members/{to_suspend}/suspend", needs, nothing),
        post("/organisation/members/{suspended}/reactivate", needs, nothing).confirms(),
        post("/organisation/members/{to_reset}/new-way-in", needs, nothing).answers(200).confirms().counted(),
        post("/organisation/members/{colleague}/sign-out", needs, nothing).confirms(),
        post("/organisation/members/{to_leave}/leave", needs, nothing).confirms(),
        post("/organisation/import/links", needs, |ids| form([("sealed", &ids["sealed_links"])]))
            .answers(200)
            .keeps(Keeps::Views),
    ]
}

fn teams() -> Vec<Row> {
    let needs = Needs::Administering;
    vec![
        get("/organisation/teams/{other_team}", needs),
        post("/organisation/teams/{other_team}", needs, |ids| {
            form([("version", "1"), ("name", "The clinic on Tuesdays"), ("members", &ids["colleague"])])
        }),
        // Whoever is put into a team comes in to its matters.
        post("/organisation/teams/{team_to_fill}", needs, |ids| {
            let both = [("members", ids["colleague"].as_str()), ("members", &ids["to_change"])];
            form([("version", "1"), ("name", "The clinic on Fridays"), both[0], both[1]])
        })
        .confirms(),
        post("/organisation/teams/{team_to_close}/close", needs, |_| Sent::Nothing),
    ]
}
