//! Faults that were found once by asking everything, each by itself and in a sentence. `docs/security/attacks.md` names them.

use serde_json::json;

use crate::bundle::Bundle;
use crate::expect::Needs;
use crate::house::told_by_a_child;
use crate::ids::Ids;
use crate::judge::difference;
use crate::table::{Row, Sent, form, get, post, send};
use crate::who::{self, Bond, Involvement};
use crate::world::World;

const NEEDS: Needs = Needs::WhatNobodyHas;
const ASSIGNED: Bond = Bond { involvement: Involvement::Assigned, conflict: false };
const AVOIDED: Bond = Bond { involvement: Involvement::Assigned, conflict: true };
const UNINVOLVED: Bond = Bond { involvement: Involvement::Uninvolved, conflict: false };
const EMERGENCY: Bond = Bond { involvement: Involvement::Emergency, conflict: false };

impl World {
    fn tied(&self, bond: Bond) -> &Bundle {
        self.bundles.iter().find(|bundle| bundle.bond == bond).unwrap()
    }

    fn destroyed_with(&self, conflict: bool) -> &Bundle {
        self.destroyed.iter().find(|bundle| bundle.bond.conflict == conflict).unwrap()
    }

    /// The rows are answered as for ids that nobody has, after the same statements, and keep nothing.
    async fn hides(&self, ids: &Ids, status: u16, rows: Vec<Row>) {
        let (_, session) = self.session(&self.asker, true).await;
        for row in rows {
            let mut ids = self.ids.and(ids);
            self.freshen(&row, &mut ids, &self.asker).await;
            let nowhere = ids.nowhere();
            let what = format!("{} {}", row.method, row.address);
            // The first request opens the asker's own record, which is remembered.
            self.ask(&row, &nowhere, Some(&session)).await;
            let hidden = self.ask(&row, &ids, Some(&session)).await;
            let missing = self.ask(&row, &nowhere, Some(&session)).await;
            assert_eq!(hidden.status, status, "{what}: {}", hidden.body);
            // That somebody was looked up is counted, whoever it was.
            let counted = row.address.ends_with("/people") || row.address.ends_with("/look-up");
            assert!(!hidden.committed || counted, "{what} kept something");
            assert!(hidden.statements.len() > 1, "{what}: {:?}", hidden.statements);
            let (hidden, missing) = (hidden.named(&ids).named(&nowhere), missing.named(&nowhere).named(&ids));
            assert_eq!(hidden.statements, missing.statements, "{what}");
            assert!(hidden == missing, "{what}: {}", difference(&hidden, &missing));
        }
    }

    async fn status(&self, ids: &Ids, row: Row) -> u16 {
        let (_, session) = self.session(&self.asker, true).await;
        self.ask(&row, &self.ids.and(ids), Some(&session)).await.status
    }
}

#[tokio::test]
async fn nobody_is_told_that_something_was_destroyed_about_somebody_whom_they_must_not_see() {
    let world = World::with_destroyed(who::PRACTITIONER_AND_ADMINISTRATOR, &[]).await;
    let rows = || {
        vec![
            get("/matters/{matter}", NEEDS),
            get("/decisions/{decision}", NEEDS),
            get("/people/{person}", NEEDS),
            get("/retention/people/{person}", NEEDS),
            get("/api/v1/decisions/{decision}", NEEDS),
        ]
    };
    world.hides(&world.destroyed_with(true).ids, 404, rows()).await;
    for row in rows() {
        assert_eq!(world.status(&world.destroyed_with(false).ids, row).await, 410);
    }
    world.close().await;
}

#[tokio::test]
async fn nobody_is_told_that_a_matter_about_two_people_went_whichever_of_them_they_must_not_see() {
    let world = World::with_destroyed(who::PRACTITIONER_AND_ADMINISTRATOR, &[]).await;
    let avoided: Vec<&Bundle> = world.destroyed.iter().filter(|bundle| bundle.bond.conflict).collect();
    assert_eq!(avoided.len(), 2, "destroyed before the other, and after them");
    for bundle in avoided {
        let rows = ["/matters/{matter}", "/decisions/{decision}", "/api/v1/decisions/{plain}"];
        world.hides(&bundle.ids, 404, rows.map(|address| get(address, NEEDS)).into()).await;
    }
    world.close().await;
}

#[tokio::test]
async fn a_view_of_somebody_whom_an_adviser_must_not_see_takes_the_statements_of_one_that_is_not_there() {
    let world = World::with(who::ADVISER, &[AVOIDED]).await;
    let note = |_: &Ids| form([("note", "The school did ring.")]);
    let looked_at = |_: &Ids| Sent::Json(json!({ "note": "The school did ring." }));
    let rows = vec![
        post("/oversight/reading/{view}", NEEDS, note),
        send("POST", "/api/v1/unusual-reading/{other_view}/looked-at", NEEDS, looked_at),
    ];
    world.hides(&world.tied(AVOIDED).ids, 404, rows).await;
    world.close().await;
}

#[tokio::test]
async fn a_manager_who_is_an_analyst_looks_after_nobodys_conflicts_of_interest_but_declares_their_own() {
    let world = World::with(who::MANAGER_AND_ANALYST, &[UNINVOLVED]).await;
    let ids = &world.tied(UNINVOLVED).ids;
    let declares =
        |_: &Ids| form([("name", "Zebedee Quennell-Wray"), ("relation", "neighbour"), ("why", "She said so.")]);
    for row in [
        get("/conflicts", NEEDS),
        get("/api/v1/conflicts/waiting", NEEDS),
        get("/matters/unattended", NEEDS),
        get("/api/v1/matters/unattended", NEEDS),
        get("/conflicts/{colleague}", NEEDS),
        get("/conflicts/{known_declarer}/{declaration}", NEEDS),
        post("/conflicts/{colleague}", NEEDS, declares),
    ] {
        let what = format!("{} {}", row.method, row.address);
        assert_eq!(world.status(ids, row).await, 404, "{what}");
    }
    assert_eq!(world.status(ids, post("/account/conflicts", NEEDS, declares)).await, 303);
    world.close().await;
}

#[tokio::test]
async fn a_manager_neither_reads_nor_places_nor_releases_holds_on_somebody_whom_they_must_not_see_nor_reads_a_certificate()
 {
    let world = World::with_destroyed(who::MANAGER, &[ASSIGNED, AVOIDED]).await;
    crate::lists::show_what_is_theirs(&world).await;
    let release = |_: &Ids| form([("reason", "It is over")]);
    let rows = vec![
        get("/retention/holds/{hold_on_person}", NEEDS),
        get("/retention/holds/{hold_on_matter}", NEEDS),
        post("/retention/holds/{hold_on_person}", NEEDS, release),
        send("POST", "/api/v1/retention/holds", NEEDS, |ids| {
            Sent::Json(json!({ "matter": ids["matter"], "reason": "A claim" }))
        }),
    ];
    world.hides(&world.tied(AVOIDED).ids, 404, rows).await;
    let certificate = || vec![get("/retention/destructions/{destruction}", NEEDS)];
    world.hides(&world.destroyed_with(true).ids, 404, certificate()).await;
    for row in certificate() {
        assert_eq!(world.status(&world.destroyed_with(false).ids, row).await, 200);
    }
    world.close().await;
}

#[tokio::test]
async fn naming_somebody_by_their_reference_shows_who_they_are_to_nobody_who_is_not_involved() {
    let world = World::with(who::PRACTITIONER, &[ASSIGNED, AVOIDED, UNINVOLVED]).await;
    let named = || {
        vec![send("POST", "/api/v1/decisions", NEEDS, |ids| {
            Sent::Json(json!({
                "case": told_by_a_child(), "people": [{ "id": ids["person"] }], "about": "Telling social care",
                "purpose": "To protect a child", "choice": "share", "reasons": "There are marks.",
            }))
        })]
    };
    world.hides(&world.tied(UNINVOLVED).ids, 404, named()).await;
    world.hides(&world.tied(AVOIDED).ids, 404, named()).await;
    for row in named() {
        assert_eq!(world.status(&world.tied(ASSIGNED).ids, row).await, 201);
    }
    world.close().await;
}

#[tokio::test]
async fn a_closed_decision_and_whoever_may_not_be_destroyed_take_the_statements_of_what_is_not_there() {
    let world = World::with(who::MANAGER, &[AVOIDED, UNINVOLVED]).await;
    let decisions = vec![get("/decisions/{decision}", NEEDS), get("/decisions/{decision}/receipt", NEEDS)];
    world.hides(&world.tied(UNINVOLVED).ids, 404, decisions).await;
    let destroying = vec![
        get("/api/v1/retention/people/{person}", NEEDS),
        send("POST", "/api/v1/retention/people/{spare}/destroy", NEEDS, |ids| {
            Sent::Json(json!({ "ground": "instruction", "rule": "A court’s order", "seen": ids["spare_seen"] }))
        }),
    ];
    world.hides(&world.tied(AVOIDED).ids, 404, destroying).await;
    world.close().await;
}

#[tokio::test]
async fn the_way_to_destroying_leads_nobody_on_who_may_not_destroy() {
    let row = || get("/retention/destroy?person={person}", NEEDS);
    let world = World::with(who::PRACTITIONER, &[ASSIGNED]).await;
    let ids = world.tied(ASSIGNED).ids.clone();
    assert_eq!(world.status(&ids, row()).await, 404);
    assert_eq!(world.ask(&row(), &ids, None).await.status, 401);
    world.close().await;
}

#[tokio::test]
async fn a_draft_on_a_matter_that_was_destroyed_is_answered_as_every_page_of_the_matter_is() {
    let world = World::with_destroyed(who::PRACTITIONER, &[]).await;
    let decide = || post("/matters/{matter}/decide", NEEDS, |_| Sent::Nothing);
    assert_eq!(world.status(&world.destroyed_with(false).ids, decide()).await, 410);
    world.hides(&world.destroyed_with(true).ids, 404, vec![decide()]).await;
    world.close().await;
}

#[tokio::test]
async fn whoever_records_nothing_is_not_found_whatever_became_of_the_matter() {
    let world = World::with_destroyed(who::ADMINISTRATOR, &[]).await;
    let rows = vec![send("POST", "/api/v1/decisions/not-sharing", NEEDS, |ids| {
        Sent::Json(json!({
            "matter": ids["matter"], "about": "A caller asked", "choice": "do-not-share", "reasons": "He would not say.",
        }))
    })];
    world.hides(&world.destroyed_with(false).ids, 404, rows).await;
    world.close().await;
}

#[tokio::test]
async fn looking_up_somebody_whom_one_must_not_see_takes_the_statements_of_looking_up_nobody() {
    let world = World::with(who::PRACTITIONER, &[AVOIDED]).await;
    let page = post("/people", NEEDS, |ids| {
        form([("name", &ids["name"]), ("born", "2015"), ("reason", "The hospital rang about them.")])
    });
    let api = send("POST", "/api/v1/people/look-up", NEEDS, |ids| {
        Sent::Json(json!({ "name": ids["name"], "born": 2015, "reason": "The hospital rang about them." }))
    });
    let avoided = &world.tied(AVOIDED).ids;
    world.hides(avoided, 422, vec![page]).await;
    world.hides(avoided, 404, vec![api]).await;
    world.close().await;
}

#[tokio::test]
async fn whoever_reads_in_an_emergency_neither_opens_a_matter_to_others_nor_corrects_what_is_on_it() {
    let world = World::with(who::PRACTITIONER, &[EMERGENCY]).await;
    let nothing = |_: &Ids| Sent::Nothing;
    let rows = vec![
        get("/matters/{matter}/involve", NEEDS),
        post("/matters/{matter}/involve", NEEDS, |ids| form([("way", "invite"), ("name", &ids["colleague_name"])])),
        post("/decisions/{decision}/correct", NEEDS, nothing),
        post("/decisions/{quick}/correct", NEEDS, nothing),
        get("/decide/not-sharing?corrects={quick}", NEEDS),
    ];
    let emergency = &world.tied(EMERGENCY).ids;
    assert_eq!(world.status(emergency, get("/decisions/{quick}", NEEDS)).await, 200);
    world.hides(emergency, 404, rows).await;
    // Nor does a draft of their own lead to recording on it.
    assert_eq!(world.status(emergency, get("/decide/{draft}/record", NEEDS)).await, 404);
    assert_eq!(world.status(emergency, get("/decide/{draft}/tasks", NEEDS)).await, 200);
    world.close().await;
}

#[tokio::test]
async fn the_form_for_not_sharing_is_for_those_who_may_record_it() {
    for (who, status) in [(who::ADMINISTRATOR, 404), (who::ANALYST, 404), (who::PRACTITIONER, 200)] {
        let world = World::with(who, &[]).await;
        assert_eq!(world.status(&Ids::default(), get("/decide/not-sharing", NEEDS)).await, status, "{}", who.name);
        world.close().await;
    }
}
