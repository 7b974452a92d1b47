//! What is about a matter, its people, decisions and drafts, and about what is held of them.

use serde_json::json;

use super::{Keeps, Row, Sent, emergency, form, get, overseen, post, send};
use crate::expect::{Needs, ToldTo};
use crate::house::told_by_a_child;
use crate::ids::Ids;

pub fn of_a_case() -> Vec<Row> {
    [
        matters(),
        people(),
        decisions(),
        drafts(),
        recording(),
        over_the_api(),
        emergency::of_a_case(),
        overseen::of_a_case(),
        holds(),
        destroying(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn matters() -> Vec<Row> {
    vec![
        get("/matters/{matter}", Needs::SeeingTheMatter).shows("title"),
        get("/matters/{matter}/involve", Needs::SayingWhoIsInvolved),
        post("/matters/{matter}/people", Needs::WorkingOnTheMatter, |_| {
            form([("name", "An uncle"), ("note", "the mother’s brother")])
        })
        .destroyed(ToldTo::WhoeverWorksWithCases),
        post("/matters/{matter}/involve", Needs::SayingWhoIsInvolved, |ids| {
            form([("way", "invite"), ("name", &ids["colleague_name"]), ("why", "She sees the children.")])
        }),
        post("/matters/{matter}/involvement/end", Needs::SayingWhoIsInvolved, |ids| {
            form([("by", &format!("invitation:{}", ids["colleague"]))])
        }),
        post("/matters/{matter}/decide", Needs::WorkingOnTheMatter, |_| Sent::Nothing),
    ]
}

fn people() -> Vec<Row> {
    let why = |_: &Ids| Sent::Json(json!({ "reason": "A referral is written." }));
    vec![
        get("/people/{person}", Needs::SeeingThePerson).shows("name"),
        get("/people/{sibling}", Needs::SeeingTheSibling),
        get("/people/{person}/readers", Needs::SeeingReaders).shows("name"),
        get("/api/v1/people/{person}", Needs::SeeingThePerson).shows("name"),
        get("/api/v1/people/{person}/readers", Needs::SeeingReaders),
        post("/people", Needs::SayingWhy, |ids| {
            form([("name", &ids["name"]), ("born", "2015"), ("reason", "The hospital rang about them.")])
        })
        .answers(200)
        .shows("name")
        .keeps(Keeps::Views)
        .not_found(422)
        .counted()
        .destroyed(ToldTo::Nobody),
        send("POST", "/api/v1/people/look-up", Needs::SayingWhy, |ids| {
            Sent::Json(json!({ "name": ids["name"], "born": 2015, "reason": "The hospital rang about them." }))
        })
        .answers(200)
        .shows("name")
        .keeps(Keeps::Views)
        .counted()
        .destroyed(ToldTo::Nobody),
        post("/people/{person}/address/read", Needs::ReadingTheAddress, |_| {
            form([("reason", "A referral is written.")])
        })
        .answers(200)
        .shows("street")
        .keeps(Keeps::Views)
        .counted(),
        send("POST", "/api/v1/people/{person}/address/read", Needs::ReadingTheAddress, why)
            .answers(200)
            .shows("street")
            .keeps(Keeps::Views)
            .counted(),
        post("/people/{person}/address", Needs::KeepingTheAddress, |ids| {
            form([("address", &ids["street"]), ("protect", "yes")])
        }),
        send("PUT", "/api/v1/people/{person}/address", Needs::KeepingTheAddress, |ids| {
            Sent::Json(json!({ "address": ids["street"], "protect": true }))
        })
        .answers(204),
        post("/people/{person}/address/release", Needs::ReleasingTheAddress, |_| {
            form([("release_reason", "They have moved away.")])
        })
        .confirms(),
        send("POST", "/api/v1/people/{person}/address/release", Needs::ReleasingTheAddress, why)
            .answers(204)
            .confirms(),
    ]
}

fn decisions() -> Vec<Row> {
    let confidential = Needs::SeeingAConfidentialDecision;
    vec![
        get("/decisions/{decision}", confidential).shows("about"),
        get("/decisions/{plain}", Needs::SeeingADecision).shows("about"),
        // Nobody said of what was recorded quickly that it is not confidential.
        get("/decisions/{quick}", confidential).shows("about"),
        get("/decisions/{decision}/record.pdf", confidential).counted(),
        get("/decisions/{plain}/record.pdf", Needs::SeeingADecision).counted(),
        get("/decisions/{decision}/record.json", confidential).shows("about").counted(),
        get("/decisions/{plain}/record.json", Needs::SeeingADecision).shows("about").counted(),
        get("/decisions/{decision}/receipt", confidential),
        get("/decisions/{plain}/receipt", Needs::SeeingADecision),
        get("/decisions/{decision}/replay", confidential),
        get("/decisions/{plain}/replay", Needs::SeeingADecision),
        get("/api/v1/decisions/{decision}", confidential).shows("about"),
        get("/api/v1/decisions/{plain}", Needs::SeeingADecision).shows("about"),
        get("/api/v1/decisions/{decision}/receipt", confidential),
        get("/api/v1/decisions/{plain}/receipt", Needs::SeeingADecision),
        get("/decide/not-sharing?corrects={quick}", Needs::WorkingOnTheMatter).shows("about"),
        post("/decisions/{decision}/correct", Needs::WorkingOnTheMatter, |_| Sent::Nothing),
        post("/decisions/{quick}/correct", Needs::WorkingOnTheMatter, |_| Sent::Nothing).keeps(Keeps::Views),
        post("/decide/not-sharing", Needs::WorkingOnTheMatter, |ids| {
            form([
                ("corrects", &ids["quick"]),
                ("why", "The name was wrong."),
                ("choice", "do-not-share"),
                ("about", "A caller asked"),
                ("reasons", "He would not say what it is for."),
            ])
        }),
    ]
}

const DRAFT: &[&str] = &["draft"];

fn drafts() -> Vec<Row> {
    let nowhere = |row: Row| row.destroyed(ToldTo::Nobody);
    let item = |_: &Ids| {
        form([("item-text", "She says that she is hit."), ("item-standing", "allegation"), ("item-source", "She")])
    };
    let nothing = |_: &Ids| Sent::Nothing;
    let own = Needs::OwnDraft;
    let anothers = Needs::WhatNobodyHas;
    [
        get("/decide/{draft}", own).answers(303),
        get("/decide/{draft}/tasks", own),
        get("/decide/{draft}/purpose", own),
        get("/decide/{draft}/check", own),
        get("/decide/{draft}/result", own),
        get("/decide/{draft}/record", Needs::OwnDraftAndMatter).within(DRAFT),
        get("/decide/{draft}/items/{item}", own),
        get("/decide/{draft}/items/new", own),
        get("/decide/{draft_of_another}", anothers),
        get("/decide/{draft_of_another}/tasks", anothers),
        get("/decide/{draft_of_another}/record", anothers),
        get("/decide/{draft_of_another}/items/{item_of_another}", anothers),
        // An item belongs to one draft.
        get("/decide/{draft}/items/{item_of_another}", anothers).within(DRAFT),
        post("/decide/{draft}/check", own, nothing),
        post("/decide/{draft}/items/new", own, item),
        post("/decide/{draft}/items/{item}", own, item),
        post("/decide/{draft}/items/{item_of_another}", anothers, item).within(DRAFT),
        post("/decide/{draft_of_another}/check", anothers, nothing),
        post("/decide/{draft_of_another}/items/{item_of_another}", anothers, item),
        post("/decide/{draft_of_another}/items/{item_of_another}/remove", anothers, nothing),
        post("/decide/{draft}/items/{item_of_another}/remove", anothers, nothing).within(DRAFT),
        post("/decide/{draft}/items/{item}/remove", own, nothing),
        post("/decide/{draft_of_another}/discard", anothers, nothing),
        post("/decide/{draft_to_discard}/discard", own, nothing),
    ]
    .into_iter()
    .map(nowhere)
    .collect()
}

fn recording() -> Vec<Row> {
    let record = |_: &Ids| {
        form([
            ("choice", "share"),
            ("about", "Telling social care what she said"),
            ("purpose", "To protect a child"),
            ("reasons", "She was plain and there are marks."),
            ("told", "no"),
            ("why_not_told", "It would put her at risk."),
        ])
    };
    vec![
        post("/decide/{draft_of_another}/record", Needs::WhatNobodyHas, record).destroyed(ToldTo::Nobody),
        post("/decide/{draft_to_record}/record", Needs::OwnDraftAndMatter, record)
            .within(&["draft_to_record"])
            .destroyed(ToldTo::Nobody),
    ]
}

fn over_the_api() -> Vec<Row> {
    let api = |sends: fn(&Ids) -> Sent| {
        send("POST", "/api/v1/decisions", Needs::WorkingOnTheMatter, sends).destroyed(ToldTo::WhoeverWorksWithCases)
    };
    let quick = |sends: fn(&Ids) -> Sent| {
        send("POST", "/api/v1/decisions/not-sharing", Needs::WorkingOnTheMatter, sends)
            .destroyed(ToldTo::WhoeverWorksWithCases)
    };
    vec![
        api(|ids| Sent::Json(json!({
            "case": told_by_a_child(), "matter": ids["matter"], "about": "Telling social care", "purpose": "To protect a child",
            "choice": "share", "reasons": "There are marks.",
        }))),
        // Who names somebody by their reference would learn their name.
        api(|ids| Sent::Json(json!({
            "case": told_by_a_child(), "people": [{ "id": ids["person"] }], "about": "Telling social care",
            "purpose": "To protect a child", "choice": "share", "reasons": "There are marks.",
        })))
        .destroyed(ToldTo::Nobody),
        api(|ids| Sent::Json(json!({
            "case": told_by_a_child(), "matter": ids["matter"], "about": "Telling social care", "purpose": "To protect a child",
            "choice": "share", "reasons": "There are marks.",
            "corrects": { "decision": ids["plain"], "why": "The day was wrong." },
        }))),
        quick(|ids| Sent::Json(json!({
            "matter": ids["matter"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
        }))),
        quick(|ids| Sent::Json(json!({
            "people": [{ "id": ids["person"] }], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
        })))
        .destroyed(ToldTo::Nobody),
        quick(|ids| Sent::Json(json!({
            "matter": ids["matter"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
            "corrects": { "decision": ids["quick"], "why": "The name was wrong." },
        }))),
    ]
}

fn holds() -> Vec<Row> {
    let needs = Needs::DisposingOfThePerson;
    let to_place = |row: Row| row.destroyed(ToldTo::WhoeverDisposes);
    vec![
        get("/retention/holds/{hold_on_person}", needs).shows("inquest").not_of_the_destroyed(),
        get("/retention/holds/{hold_on_matter}", needs).shows("inquest").not_of_the_destroyed(),
        to_place(
            post("/retention/holds", needs, |ids| {
                form([
                    ("id", &ids["new_hold"]),
                    ("kind", "person"),
                    ("reference", &ids["person"]),
                    ("reason", "A claim"),
                ])
            })
            .not_found(422),
        ),
        to_place(
            post("/retention/holds", needs, |ids| {
                form([
                    ("id", &ids["newer_hold"]),
                    ("kind", "matter"),
                    ("reference", &ids["matter"]),
                    ("reason", "A claim"),
                ])
            })
            .not_found(422),
        ),
        to_place(send("POST", "/api/v1/retention/holds", needs, |ids| {
            Sent::Json(json!({ "person": ids["person"], "reason": "A claim" }))
        })),
        to_place(send("POST", "/api/v1/retention/holds", needs, |ids| {
            Sent::Json(json!({ "matter": ids["matter"], "reason": "A claim" }))
        })),
        post("/retention/holds/{hold_on_person}", needs, |_| form([("reason", "The inquest is over")]))
            .confirms()
            .not_of_the_destroyed(),
        send("POST", "/api/v1/retention/holds/{hold_on_matter}/release", needs, |_| {
            Sent::Json(json!({ "reason": "The inquest is over" }))
        })
        .answers(200)
        .confirms()
        .not_of_the_destroyed(),
    ]
}

fn destroying() -> Vec<Row> {
    let needs = Needs::DisposingOfThePerson;
    let to_destroy = |row: Row| row.confirms().destroyed(ToldTo::WhoeverDisposes);
    vec![
        get("/retention/people/{person}", needs).destroyed(ToldTo::WhoeverDisposes),
        get("/api/v1/retention/people/{person}", needs).destroyed(ToldTo::WhoeverDisposes),
        // Holds were placed above.
        to_destroy(post("/retention/people/{person}", needs, |ids| {
            form([
                ("ground", "retention rule"),
                ("rule", "25 years after birth"),
                ("sure", "yes"),
                ("id", &ids["new_destruction"]),
                ("seen", &ids["person_seen"]),
            ])
        }))
        .answers(409)
        .keeps(Keeps::Views),
        to_destroy(send("POST", "/api/v1/retention/people/{person}/destroy", needs, |ids| {
            Sent::Json(json!({ "ground": "instruction", "rule": "A court’s order", "seen": ids["person_seen"] }))
        }))
        .answers(403)
        .keeps(Keeps::Views),
        to_destroy(post("/retention/people/{spare}", needs, |ids| {
            form([
                ("ground", "retention rule"),
                ("rule", "25 years after birth"),
                ("sure", "yes"),
                ("id", &ids["newer_destruction"]),
                ("seen", &ids["spare_seen"]),
            ])
        })),
        to_destroy(send("POST", "/api/v1/retention/people/{other_spare}/destroy", needs, |ids| {
            Sent::Json(json!({ "ground": "instruction", "rule": "A court’s order", "seen": ids["other_spare_seen"] }))
        })),
    ]
}
