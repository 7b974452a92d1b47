//! Lists hold exactly what is for whoever asks.

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::expect::{self, Needs};
use crate::world::World;

/// A list, the record that stands in it under the address or the id of this name, and what it takes that it does.
struct List {
    address: &'static str,
    entry: &'static str,
    needs: Needs,
}

const LISTS: [List; 10] = [
    List { address: "/matters", entry: "/matters/{matter}", needs: Needs::WorkingOnTheMatter },
    List { address: "/", entry: "/decide/{draft}\"", needs: Needs::OwnDraft },
    List { address: "/", entry: "/decide/{draft_of_another}\"", needs: Needs::WhatNobodyHas },
    List { address: "/", entry: "/decisions/{plain}", needs: Needs::SeeingTheMatter },
    List { address: "/retention", entry: "/retention/holds/{hold_on_person}", needs: Needs::DisposingOfThePerson },
    List { address: "/retention", entry: "/retention/holds/{hold_on_matter}", needs: Needs::DisposingOfThePerson },
    List {
        address: "/matters/unattended",
        entry: "/matters/unattended/{unattended_matter}",
        needs: Needs::HandingOnTheMatter,
    },
    List {
        address: "/api/v1/matters/unattended",
        entry: "{other_unattended_matter}",
        needs: Needs::HandingOnTheMatter,
    },
    List {
        address: "/conflicts",
        entry: "/conflicts/{known_declarer}/{declaration}/decide",
        needs: Needs::JudgingTheConflict,
    },
    List { address: "/api/v1/retention/holds", entry: "{hold_on_matter}", needs: Needs::DisposingOfThePerson },
];

const OF_THE_DESTROYED: [List; 2] = [
    List { address: "/retention", entry: "/retention/destructions/{destruction}", needs: Needs::DisposingOfThePerson },
    List { address: "/api/v1/retention/destructions", entry: "{destruction}", needs: Needs::DisposingOfThePerson },
];

/// Rooms of which a page shows what is newest: whatever is closed to whoever asks is in none of them.
const ROOMS: [&str; 11] = [
    "/oversight",
    "/oversight/emergency",
    "/oversight/decisions",
    "/oversight/reading",
    "/conflicts",
    "/api/v1/emergency-access",
    "/api/v1/unusual-reading",
    "/api/v1/conflicts",
    "/api/v1/conflicts/waiting",
    "/matters/unattended",
    "/api/v1/matters/unattended",
];

async fn read(world: &World, address: &str, token: &str) -> String {
    let request =
        Request::get(address).header(header::COOKIE, format!("sharewell={token}")).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&bytes).replace("&#x2f;", "/")
}

/// A page without the strip that stands on every page while emergency access runs, and leads to what it opened: that is no entry of a list.
fn without_the_strip(page: &str) -> String {
    let mut parts = page.split("<aside class=\"sw-emergency\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once("</aside>").map_or("", |(_, after)| after))
}

/// Looks at every list for every case.
pub async fn show_what_is_theirs(world: &World) {
    let (_, token) = world.session(&world.asker, true).await;
    let mut faults = Vec::new();
    for (lists, bundles) in [(&LISTS[..], &world.bundles), (&OF_THE_DESTROYED[..], &world.destroyed)] {
        for list in lists {
            let shown = read(world, list.address, &token).await;
            let listed = without_the_strip(&shown);
            for bundle in bundles {
                let expected = expect::may(list.needs, world.who, bundle.bond);
                if listed.contains(&world.ids.and(&bundle.ids).fill(list.entry)) != expected {
                    faults.push(format!("{} {} {:?}: expected {expected}", list.address, list.entry, bundle.bond));
                }
                // What is closed to them is named in no list either, by nothing that stands on it.
                let closed = bundle.bond.conflict
                    && ["name", "title", "about", "inquest"].iter().any(|word| shown.contains(&bundle.ids[word]));
                if closed {
                    faults.push(format!("{} tells of {:?}", list.address, bundle.bond));
                }
            }
        }
    }
    for address in ROOMS {
        let shown = read(world, address, &token).await;
        for bundle in world.bundles.iter().filter(|bundle| bundle.bond.conflict) {
            let named = ["name", "title", "about", "person", "matter", "decision", "emergency", "view", "declaration"];
            for word in named.into_iter().filter(|word| shown.contains(&bundle.ids[word])) {
                faults.push(format!("{address} tells the {word} of {:?}", bundle.bond));
            }
        }
    }
    assert!(faults.is_empty(), "for a {}: {faults:#?}", world.who.name);
}
