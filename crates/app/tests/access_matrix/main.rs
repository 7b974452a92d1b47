//! The access matrix: every address that the program answers, asked by every role, in every state of membership, of the organisation's own
//! records, a partner's and an unrelated organisation's, by everything that can tie somebody to a case, with a conflict of interest and
//! without, while the record is kept and after it was destroyed.
//!
//! Whoever may gets through and is shown what they asked for. Whoever may not is answered as if it did not exist: the same status, headers
//! and words, after the same statements, as for an id that nobody has; and nothing whatever is kept.
//!
//! `table/mod.rs` says what to do for a new route, `expect.rs` who is expected to be let in.
#![allow(
    clippy::pedantic,
    clippy::needless_update,
    clippy::needless_borrows_for_generic_args,
    clippy::cloned_ref_to_slice_refs,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test prepares may fail the test"
)]

mod asking;
#[path = "../house/authenticator.rs"]
mod authenticator;
#[path = "../house/browser.rs"]
mod browser;
mod bundle;
mod declared;
mod expect;
mod heard;
#[path = "../house/mod.rs"]
mod house;
mod ids;
mod judge;
mod lists;
mod mended;
mod passkeys;
#[path = "../canary/routes.rs"]
mod routes;
mod table;
mod unbound;
mod who;
mod world;

use std::collections::BTreeSet;

use casework::Membership;
use expect::Record;
use judge::{Case, Judge};
use who::{Asker, Bond, House, Involvement, Who};
use world::World;

const NO_BOND: Bond = Bond { involvement: Involvement::Uninvolved, conflict: false };

/// Every list of the table with whether its rows name a case.
fn rows() -> Vec<table::Row> {
    [table::of_nobody(), table::of_the_house(), table::of_a_case(), table::of_a_certificate()]
        .into_iter()
        .flatten()
        .collect()
}

#[tokio::test]
async fn every_route_has_its_row_and_every_row_its_route() {
    let house = house::House::new().await;
    let mounted = routes::mounted(&house.router());
    let mut has_a_row = BTreeSet::new();
    for row in rows() {
        // Ids are one part of an address each.
        let address = row.address.replace(['{', '}'], "");
        let route = routes::route_of(&mounted, row.method, &address);
        assert!(route.is_some(), "{} {} is in the matrix and not mounted", row.method, row.address);
        has_a_row.extend(route);
    }
    let missing: Vec<_> = mounted.difference(&has_a_row).collect();
    assert!(
        missing.is_empty(),
        "these routes are mounted and stand in no row of the access matrix: {missing:?}. Add a row for each to \
         tests/access_matrix/table, which says what it needs, from the requirements, and sends what really gets through"
    );
    // A route that has no row is missed.
    let new = house.router().route("/new/{thing}", axum::routing::delete(async || "new"));
    let more = routes::mounted(&new.route("/newer/{thing}", axum::routing::any(async || "newer")));
    assert_eq!(more.difference(&has_a_row).collect::<Vec<_>>(), ["ANY /newer/{thing}", "DELETE /new/{thing}"]);
}

/// Asks everything as one role.
async fn whole(who: Who) {
    let world = World::of(who).await;
    let mut judge = Judge::new(&world);
    let own = |membership, proved_lately| Asker { who, membership, house: House::Own, proved_lately };
    let nobody = own(None, false);
    let kept = Record::Kept;

    lists::show_what_is_theirs(&world).await;
    // Signed out, and with a membership that is not active in spite of a session.
    let first = &world.bundles[0];
    let ids = world.ids.and(&world.destroyed[0].ids).and(&first.ids);
    for row in rows() {
        judge.ask(&row, Case { asker: nobody, bond: first.bond, ids: &ids, record: kept }, None).await;
    }
    for (member, bundle) in &world.standing {
        let ids = world.ids.and(&world.destroyed[0].ids).and(&bundle.ids);
        let asker = own(Some(member.membership), true);
        for row in rows() {
            judge.ask(&row, Case { asker, bond: bundle.bond, ids: &ids, record: kept }, Some(member)).await;
        }
    }

    // Of another organisation: what is kept and what was destroyed.
    for (house, member) in &world.others {
        let asker = Asker { house: *house, ..own(Some(Membership::Active), true) };
        for row in table::of_the_house().into_iter().chain(table::of_a_case()) {
            judge.ask(&row, Case { asker, bond: first.bond, ids: &ids, record: kept }, Some(member)).await;
        }
        let ids = world.ids.and(&world.destroyed[0].ids);
        for row in table::of_a_case().into_iter().filter(|row| row.destroyed.is_some()).chain(table::of_a_certificate())
        {
            judge.ask(&row, Case { asker, bond: first.bond, ids: &ids, record: kept }, Some(member)).await;
        }
    }

    // Of their own, tied to it in every way, with a conflict of interest and without; then what was destroyed.
    let asker = own(Some(Membership::Active), true);
    for bundle in &world.bundles {
        let ids = world.ids.and(&bundle.ids);
        for row in table::of_a_case() {
            judge.ask(&row, Case { asker, bond: bundle.bond, ids: &ids, record: kept }, Some(&world.asker)).await;
        }
    }
    for bundle in &world.destroyed {
        let ids = world.ids.and(&bundle.ids);
        for row in table::of_a_certificate() {
            judge.ask(&row, Case { asker, bond: bundle.bond, ids: &ids, record: kept }, Some(&world.asker)).await;
        }
        for row in table::of_a_case() {
            let Some(told) = row.destroyed else { continue };
            let record = Record::Destroyed(told);
            judge.ask(&row, Case { asker, bond: bundle.bond, ids: &ids, record }, Some(&world.asker)).await;
        }
    }
    for row in table::of_the_house().into_iter().chain(table::of_nobody()) {
        judge.ask(&row, Case { asker, bond: NO_BOND, ids: &world.ids, record: kept }, Some(&world.asker)).await;
    }
    judge.verdict();
    world.close().await;
}

#[tokio::test]
async fn a_practitioner_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::PRACTITIONER).await;
}

#[tokio::test]
async fn a_manager_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::MANAGER).await;
}

#[tokio::test]
async fn an_adviser_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::ADVISER).await;
}

#[tokio::test]
async fn the_named_caldicott_guardian_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::GUARDIAN).await;
}

#[tokio::test]
async fn an_analyst_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::ANALYST).await;
}

#[tokio::test]
async fn an_administrator_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::ADMINISTRATOR).await;
}

#[tokio::test]
async fn a_practitioner_who_administers_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::PRACTITIONER_AND_ADMINISTRATOR).await;
}

#[tokio::test]
async fn a_manager_who_administers_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::MANAGER_AND_ADMINISTRATOR).await;
}

#[tokio::test]
async fn an_adviser_who_is_an_analyst_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::ADVISER_AND_ANALYST).await;
}

#[tokio::test]
async fn a_manager_who_is_an_analyst_is_let_into_what_is_theirs_and_finds_nothing_else() {
    whole(who::MANAGER_AND_ANALYST).await;
}
