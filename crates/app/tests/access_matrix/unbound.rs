//! Ids that belong to something else than what they are sent with: an involvement of another matter, a decision of a matter that is closed to
//! whoever corrects it, colleagues and teams of another organisation. Each is answered as an id that nobody has, and nothing is kept.

use serde_json::json;

use crate::expect::Needs;
use crate::house::told_by_a_child;
use crate::ids::Ids;
use crate::judge::difference;
use crate::table::{Row, Sent, form, post, send};
use crate::who::{self, Bond, House, Involvement, Who};
use crate::world::World;

/// Somebody's own case, and what belongs to a case that is closed to them, to another of theirs or to another organisation, by names of
/// its own.
async fn prepared(who: Who) -> (World, Ids, Ids) {
    let bonds =
        [Involvement::Assigned, Involvement::Uninvolved].map(|involvement| Bond { involvement, conflict: false });
    let world = World::with(who, &bonds).await;
    let with = |involvement| {
        let bond = Bond { involvement, conflict: false };
        world.bundles.iter().find(|bundle| bundle.bond == bond).unwrap()
    };
    let ids = world.ids.and(&with(Involvement::Assigned).ids);
    let closed = &with(Involvement::Uninvolved).ids;
    let mut strange = Ids::default();
    strange.put("closed_matter", &closed["matter"]);
    strange.put("closed_person", &closed["person"]);
    strange.put("closed_decision", &closed["decision"]);
    strange.put("closed_quick", &closed["quick"]);
    strange.put("team_elsewhere", world.team);
    let (_, foreign) = world.others.iter().find(|(house, _)| *house == House::Partner).unwrap();
    strange.put("foreign_member", foreign.id);
    (world, ids, strange)
}

/// Asks with ids that belong elsewhere and with ids that nobody has.
async fn as_nobodys(world: &World, (ids, strange): (&Ids, &Ids), status: u16, row: Row) {
    let (_, session) = world.session(&world.asker, true).await;
    let mut ids = ids.clone();
    world.freshen(&row, &mut ids, &world.asker).await;
    let nowhere = strange.nowhere();
    let what = format!("{} {}", row.method, row.address);
    // What the page itself shows of one's own matter is kept once, and counted afterwards.
    world.ask(&row, &ids.and(&nowhere), Some(&session)).await;
    let before = world.stored().await;
    let unbound = world.ask(&row, &ids.and(strange), Some(&session)).await;
    let missing = world.ask(&row, &ids.and(&nowhere), Some(&session)).await;
    assert_eq!(unbound.status, status, "{what}: {}", unbound.body);
    assert_eq!(world.stored().await, before, "{what} kept something");
    let (unbound, missing) = (unbound.named(strange).named(&nowhere), missing.named(&nowhere).named(strange));
    assert_eq!(unbound.statements, missing.statements, "{what}");
    assert!(unbound == missing, "{what}: {}", difference(&unbound, &missing));
}

const NEEDS: Needs = Needs::WhatNobodyHas;

#[tokio::test]
async fn what_belongs_to_another_matter_is_not_found_on_this_one() {
    let (world, ids, strange) = prepared(who::PRACTITIONER).await;
    let both = (&ids, &strange);
    for row in [
        post("/matters/{matter}/involvement/end", NEEDS, |ids| {
            form([("by", &format!("team:{}", ids["team_elsewhere"]))])
        }),
        send("POST", "/api/v1/decisions/not-sharing", NEEDS, |ids| {
            Sent::Json(json!({
                "matter": ids["matter"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
                "corrects": { "decision": ids["closed_quick"], "why": "The name was wrong." },
            }))
        }),
        send("POST", "/api/v1/decisions", NEEDS, |ids| {
            Sent::Json(json!({
                "case": told_by_a_child(), "matter": ids["matter"], "about": "Telling social care", "purpose": "To protect a child",
                "choice": "share", "reasons": "There are marks.",
                "corrects": { "decision": ids["closed_decision"], "why": "The day was wrong." },
            }))
        }),
        send("POST", "/api/v1/decisions", NEEDS, |ids| {
            Sent::Json(json!({
                "case": told_by_a_child(), "matter": ids["matter"], "people": [{ "id": ids["closed_person"] }],
                "about": "Telling social care", "purpose": "To protect a child", "choice": "share", "reasons": "There are marks.",
            }))
        }),
        post("/decide/not-sharing", NEEDS, |ids| {
            form([
                ("corrects", &ids["closed_quick"]),
                ("why", "The name was wrong."),
                ("choice", "do-not-share"),
                ("about", "A caller asked"),
                ("reasons", "He would not say what it is for."),
            ])
        }),
    ] {
        as_nobodys(&world, both, 404, row).await;
    }
    world.close().await;
}

#[tokio::test]
async fn an_item_of_another_draft_is_not_removed_from_this_one() {
    let (world, ids, mut strange) = prepared(who::PRACTITIONER).await;
    strange.put("item_of_anothers_draft", &ids["item_of_another"]);
    strange.put("item_of_another_draft", &ids["item_to_discard"]);
    let both = (&ids, &strange);
    let remove = |address| post(address, NEEDS, |_| Sent::Nothing);
    as_nobodys(&world, both, 404, remove("/decide/{draft}/items/{item_of_anothers_draft}/remove")).await;
    as_nobodys(&world, both, 404, remove("/decide/{draft}/items/{item_of_another_draft}/remove")).await;
    world.close().await;
}

#[tokio::test]
async fn a_draft_is_recorded_on_no_matter_that_is_closed_and_about_nobody_who_is() {
    let (world, mut ids, strange) = prepared(who::PRACTITIONER).await;
    // A draft that is on no matter yet: its form says on which it is to be recorded.
    let (_, session) = world.session(&world.asker, true).await;
    let begin = post("/decide", Needs::Casework, |_| form([("fact-immediate_danger", "yes"), ("fact-crime", "no")]));
    let begun = world.ask(&begin, &ids, Some(&session)).await;
    let location = begun.headers.iter().find(|(name, _)| name == "location").unwrap().1.clone();
    ids.put("loose_draft", location.split('/').nth(2).unwrap());
    let row = post("/decide/{loose_draft}/record", NEEDS, |ids| {
        form([
            ("matter", &ids["closed_matter"]),
            ("known", &ids["closed_person"]),
            ("choice", "ask-advice"),
            ("about", "A girl in year four"),
            ("reasons", "There are marks."),
            ("departing", "I want to ask first."),
        ])
    });
    as_nobodys(&world, (&ids, &strange), 404, row).await;

    // Somebody of another matter who is chosen in the form is put on no matter of one's own.
    let row = post("/decide/{draft_to_record}/record", NEEDS, |ids| {
        form([
            ("known", &ids["closed_person"]),
            ("choice", "share"),
            ("about", "A girl in year four"),
            ("purpose", "To protect a child"),
            ("reasons", "There are marks."),
        ])
    });
    let all = ids.and(&strange);
    assert_eq!(world.ask(&row, &all, Some(&session)).await.status, 303);
    let shown = world.ask(&crate::table::get("/matters/{matter}", NEEDS), &all, Some(&session)).await;
    assert!(!shown.body.contains(&strange["closed_person"]), "{}", shown.body);
    world.close().await;
}

#[tokio::test]
async fn colleagues_and_teams_of_another_organisation_are_nobody_here() {
    let (world, ids, strange) = prepared(who::PRACTITIONER).await;
    for (status, row) in [
        (
            422,
            post("/matters/{matter}/involve", NEEDS, |ids| {
                form([
                    ("way", "invite"),
                    ("name", "Else"),
                    ("member", &ids["foreign_member"]),
                    ("why", "She knows them."),
                ])
            }),
        ),
        (
            404,
            post("/matters/{matter}/involve", NEEDS, |ids| {
                form([("way", "team"), ("team", &ids["foreign_member"]), ("why", "They know them.")])
            }),
        ),
    ] {
        as_nobodys(&world, (&ids, &strange), status, row).await;
    }
    world.close().await;
    let (world, ids, strange) = prepared(who::ADMINISTRATOR).await;
    for (status, row) in [
        (
            422,
            post("/organisation/teams/new", NEEDS, |ids| {
                form([("name", "From both houses"), ("members", &ids["foreign_member"])])
            }),
        ),
        (
            422,
            post("/organisation/teams/{other_team}", NEEDS, |ids| {
                form([("version", "1"), ("name", "From both houses"), ("members", &ids["foreign_member"])])
            }),
        ),
        (
            422,
            post("/organisation/responsible", NEEDS, |ids| {
                form([("version", &ids["version"]), ("guardian", &ids["foreign_member"])])
            }),
        ),
    ] {
        as_nobodys(&world, (&ids, &strange), status, row).await;
    }
    world.close().await;
}

#[tokio::test]
async fn work_is_handed_to_nobody_of_another_organisation() {
    let (world, mut ids, strange) = prepared(who::ADMINISTRATOR).await;
    // The colleague was invited to every matter, so that there is work to hand on.
    ids.put("leaves", &ids["colleague"].clone());
    let row = post("/organisation/members/{leaves}/leave", NEEDS, |ids| form([("to", &ids["foreign_member"])]));
    as_nobodys(&world, (&ids, &strange), 422, row).await;
    world.close().await;
}

/// The organisation comes from the session and from nowhere else.
#[tokio::test]
async fn an_organisation_that_is_named_in_a_form_or_a_token_changes_nothing() {
    let (world, mut ids, _) = prepared(who::PRACTITIONER_AND_ADMINISTRATOR).await;
    let (_, foreign) = world.others.iter().find(|(house, _)| *house == House::Partner).unwrap();
    ids.put("foreign_house", foreign.organisation);
    let (_, session) = world.session(&world.asker, true).await;
    for row in [
        post("/organisation/teams/new", NEEDS, |ids| form([("name", "Ours"), ("organisation", &ids["foreign_house"])])),
        post("/decide/not-sharing", NEEDS, |ids| {
            form([
                ("organisation", &ids["foreign_house"]),
                ("choice", "do-not-share"),
                ("about", "A caller asked"),
                ("reasons", "He would not say."),
            ])
        }),
    ] {
        let before = world.leaves_of(foreign.organisation).await;
        let sent = world.ask(&row, &ids, Some(&session)).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        assert_eq!(world.leaves_of(foreign.organisation).await, before, "{} {}", row.method, row.address);
    }
    let named = send("POST", "/api/v1/decisions/not-sharing", NEEDS, |ids| {
        Sent::Json(json!({
            "organisation": ids["foreign_house"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
        }))
    });
    let refused = world.ask(&named, &ids, Some(&session)).await;
    assert_eq!((refused.status, refused.committed), (422, false), "{}", refused.body);
    // A token says where its session is kept. With another organisation in it there is no such session.
    let (_, secret) = session.split_once('.').unwrap();
    let moved = format!("{}.{secret}", foreign.organisation);
    for row in [crate::table::get("/matters", NEEDS), crate::table::get("/api/v1/sessions", NEEDS)] {
        assert_eq!(world.ask(&row, &ids, Some(&moved)).await.status, 401, "{}", row.address);
    }
    world.close().await;
}

/// An id that a sender may choose is not another record's.
#[tokio::test]
async fn what_somebody_elses_record_is_called_is_taken() {
    let assigned = Bond { involvement: Involvement::Assigned, conflict: false };
    let world = World::with_destroyed(who::MANAGER, &[assigned]).await;
    let (_, session) = world.session(&world.asker, true).await;
    let avoided = world.destroyed.iter().find(|bundle| bundle.bond.conflict).unwrap();
    let mut ids = world.ids.and(&world.bundles[0].ids);
    ids.put("destruction", &avoided.ids["destruction"]);
    for row in [
        post("/retention/people/{spare}", NEEDS, |ids| {
            form([
                ("ground", "retention rule"),
                ("rule", "25 years after birth"),
                ("sure", "yes"),
                ("id", &ids["destruction"]),
                ("seen", &ids["spare_seen"]),
            ])
        })
        .answers(409),
        send("POST", "/api/v1/decisions/not-sharing", NEEDS, |ids| {
            Sent::Json(json!({
                "id": ids["decision"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
            }))
        })
        .answers(404),
    ] {
        world.freshen(&row, &mut ids, &world.asker).await;
        let before = world.stored().await;
        let refused = world.ask(&row, &ids, Some(&session)).await;
        assert_eq!(refused.status, row.answers, "{} {}: {}", row.method, row.address, refused.body);
        assert_eq!(world.stored().await, before, "{} {}", row.method, row.address);
    }
    world.close().await;
}
