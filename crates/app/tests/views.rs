//! Who was shown what about whom: kept before it is shown, with why, once an hour, and shown to those who may ask.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use axum::http::StatusCode;
use casework::{Moment, PersonId, Role, Seen, View, Why};
use house::{House, told_by_a_child};
use pages::page;
use serde_json::{Value, json};
use sharewell::actions;
use store::{Reading, StoreError, Viewed, Writing};

const TEACHER: &str = "teacher@fernbank.example";
const LINES: &str = "17 Umbrellathorn Passage";
const COLLEAGUE: &str = "colleague@fernbank.example";

/// A decision of the teacher's about Ottilie; its id, its matter's and hers.
async fn recorded(house: &House, token: &str) -> (String, String, PersonId) {
    let decision = json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what was said",
        "purpose": "To protect a child",
        "people": [{ "name": "Ottilie Quarrendon", "date_of_birth": "2016-02-03" }],
        "choice": "share",
        "reasons": "There are marks.",
    });
    let recorded = house.send("POST", "/api/v1/decisions", Some(token), Some(decision)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let person = text(&recorded.json["people"][0]["id"]).parse().unwrap();
    (text(&recorded.json["id"]), text(&recorded.json["matter"]), person)
}

async fn views(house: &House, person: PersonId) -> Vec<Viewed> {
    let read: Result<Vec<Viewed>, StoreError> = house
        .app
        .store
        .read("views", house.school.organisation.id, |mut r: Reading| async move { r.views_of(person, 100, 0).await })
        .await;
    read.unwrap()
}

#[tokio::test]
async fn whatever_shows_something_about_a_person_is_kept_with_why() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (decision, matter, person) = recorded(&house, &token).await;
    actions::tend_ledgers(&house.app).await.unwrap();
    assert_eq!(views(&house, person).await.len(), 0, "what one has just written oneself is not read by it");
    let involved = Why::Involved(matter.parse().unwrap());
    let placed = json!({ "person": person.to_string(), "reason": "An inquest" });
    let placed = house.send("POST", "/api/v1/retention/holds", Some(&token), Some(placed)).await.json;
    let hold = placed["id"].as_str().unwrap().to_owned();
    for (address, seen) in [
        (format!("/matters/{matter}"), Seen::Matter(matter.parse().unwrap())),
        (format!("/decisions/{decision}"), Seen::Decision(decision.parse().unwrap())),
        (format!("/decisions/{decision}/record.pdf"), Seen::Decision(decision.parse().unwrap())),
        (format!("/decisions/{decision}/record.json"), Seen::Decision(decision.parse().unwrap())),
        (format!("/decisions/{decision}/receipt"), Seen::Decision(decision.parse().unwrap())),
        (format!("/decisions/{decision}/replay"), Seen::Decision(decision.parse().unwrap())),
        (format!("/api/v1/decisions/{decision}"), Seen::Decision(decision.parse().unwrap())),
        (format!("/api/v1/decisions/{decision}/receipt"), Seen::Decision(decision.parse().unwrap())),
        (format!("/retention/people/{person}"), Seen::Destroying(person)),
        (format!("/api/v1/retention/people/{person}"), Seen::Destroying(person)),
        (format!("/retention/holds/{hold}"), Seen::Hold(hold.parse().unwrap())),
        ("/retention".to_owned(), Seen::Hold(hold.parse().unwrap())),
        (format!("/people/{person}"), Seen::Person(person)),
        (format!("/people/{person}/readers"), Seen::Readers(person)),
        (format!("/api/v1/people/{person}"), Seen::Person(person)),
        (format!("/api/v1/people/{person}/readers"), Seen::Readers(person)),
    ] {
        // Each in an hour of its own, so that each is kept by itself.
        house.app.clock.put_forward(3_600);
        let token = house.token(TEACHER).await;
        let before = views(&house, person).await.len();
        let shown = page(&house, &token, &address, None).await;
        assert_eq!(shown.status, StatusCode::OK, "{address}: {}", shown.html);
        let after = views(&house, person).await;
        assert_eq!(after.len(), before + 1, "{address} is kept");
        let View { reader, seen: kept, why, first_at, .. } = &after[0].view;
        assert_eq!((*reader, *kept, why), (house.school.member.id, seen, &involved), "{address}");
        assert_eq!(*first_at, house.app.clock.now());
    }
}

#[tokio::test]
async fn the_same_page_within_the_hour_is_counted_and_nothing_more_is_written() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, matter, person) = recorded(&house, &token).await;
    let address = format!("/matters/{matter}");
    page(&house, &token, &address, None).await;
    let commits = house.app.store.commits();
    for _ in 0..4 {
        page(&house, &token, &address, None).await;
    }
    assert_eq!(house.app.store.commits(), commits, "reading again waits for no disk");
    assert_eq!(views(&house, person).await[0].times, 1);
    actions::keep_views(&house.app).await.unwrap();
    let kept = views(&house, person).await;
    assert_eq!((kept.len(), kept[0].times), (1, 5));
    // Another copy of the program, or this one after a restart, finds what is kept and counts on.
    let config = house.app.config.clone();
    let again =
        sharewell::App::new(house.app.store.clone(), house::pack(), house.app.clock.clone(), house.app.mode, config);
    actions::matter(&again, &house.school, matter.parse().unwrap()).await.unwrap();
    let kept = views(&house, person).await;
    assert_eq!((kept.len(), kept[0].times), (1, 6));
}

async fn with_conflict(house: &House, email: &str, person: PersonId) {
    let mut member = house.colleague(email, Role::Practitioner).await;
    member.version += 1;
    member.conflicts.insert(person);
    let member = &member;
    let saved: Result<(), StoreError> = house
        .app
        .store
        .write("conflict", member.organisation, |mut w: Writing| async move { w.save_member(member).await })
        .await;
    saved.unwrap();
}

#[tokio::test]
async fn outside_ones_matters_a_person_opens_for_a_stated_reason_that_is_kept_and_shows_no_matter() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, _, person) = recorded(&house, &token).await;
    house.colleague(COLLEAGUE, Role::Practitioner).await;
    let colleague = house.token(COLLEAGUE).await;
    let nobody = page(&house, &colleague, &format!("/people/{}", house.school.member.id), None).await;
    let hidden = page(&house, &colleague, &format!("/people/{person}"), None).await;
    assert_eq!((hidden.status, &hidden.html), (StatusCode::NOT_FOUND, &nobody.html), "looks like nobody");
    let asked = [("name", "ottilie  quarrendon"), ("born", "2016"), ("reason", "She moves to my class tomorrow.")];
    let without: Vec<_> = asked.iter().copied().filter(|(field, _)| *field != "reason").collect();
    let refused = page(&house, &colleague, "/people", Some(&without)).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.html.contains("Say why you need to see them.")
    );
    assert_eq!(views(&house, person).await.len(), 0);
    for times in 1..=2 {
        let opened = page(&house, &colleague, "/people", Some(&asked)).await;
        assert_eq!(opened.status, StatusCode::OK, "{}", opened.html);
        assert!(opened.html.contains("Ottilie Quarrendon") && !opened.html.contains("Telling social care"));
        let kept = views(&house, person).await;
        assert_eq!(kept.len(), times, "each stated reason is one of its own");
        assert_eq!(kept[0].view.why, Why::Stated("She moves to my class tomorrow.".into()));
    }
    // Whoever is involved, and an adviser, see who it was and why; a colleague who is not does not.
    let address = format!("/people/{person}/readers");
    house.colleague("guardian@fernbank.example", Role::Adviser).await;
    for email in [TEACHER, "guardian@fernbank.example"] {
        let readers = page(&house, &house.token(email).await, &address, None).await;
        assert_eq!(readers.status, StatusCode::OK);
        assert!(readers.html.contains("She moves to my class tomorrow."), "{}", readers.html);
    }
    assert_eq!(page(&house, &colleague, &address, None).await.status, StatusCode::NOT_FOUND);
    // A declared conflict of interest closes this door too, in the words that everybody gets who looks for nobody.
    with_conflict(&house, "uncle@fernbank.example", person).await;
    let uncle = house.token("uncle@fernbank.example").await;
    let closed = page(&house, &uncle, "/people", Some(&asked)).await;
    let wrong = [("name", "Ottilie Quarrendon"), ("born", "2015"), asked[2]];
    let unknown = page(&house, &uncle, "/people", Some(&wrong)).await;
    assert_eq!(closed.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in [&closed, &unknown] {
        assert!(shown.html.contains("If you expected someone, ask your duty manager."), "{}", shown.html);
    }
    // Analysts and administrators look nobody up.
    for (email, role) in [("a@fernbank.example", Role::Analyst), ("b@fernbank.example", Role::Administrator)] {
        house.colleague(email, role).await;
        let turned_away = page(&house, &house.token(email).await, "/people", Some(&asked)).await;
        assert_eq!(turned_away.status, StatusCode::NOT_FOUND, "{role}");
    }
}

#[tokio::test]
async fn a_protected_address_is_on_no_page_paper_or_list_and_is_read_for_a_reason_by_who_is_assigned() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (decision, matter, person) = recorded(&house, &token).await;
    let manager = house.colleague("manager@fernbank.example", Role::Manager).await;
    let terms = casework::Terms { until: None, why: "She leads".into() };
    let invited = actions::Involve::Invite(manager.id);
    actions::involve(&house.app, &house.school, matter.parse().unwrap(), invited, &terms).await.unwrap();
    let (own, kept) = (format!("/people/{person}"), format!("/people/{person}/address"));
    let done = page(&house, &token, &kept, Some(&[("address", LINES)])).await;
    assert_eq!(done.location, own, "{}", done.html);
    assert!(page(&house, &token, &own, None).await.html.contains(LINES), "an open address is seen by who is involved");
    page(&house, &token, &kept, Some(&[("address", LINES), ("protect", "yes")])).await;
    // Once protected it stays so, whoever writes a new one.
    page(&house, &token, &kept, Some(&[("address", LINES)])).await;
    let manager = house.token("manager@fernbank.example").await;
    for who in [&token, &manager] {
        for address in [
            own.clone(),
            format!("/people/{person}/readers"),
            format!("/matters/{matter}"),
            format!("/decisions/{decision}"),
            format!("/decisions/{decision}/record.pdf"),
            format!("/decisions/{decision}/record.json"),
            format!("/api/v1/decisions/{decision}"),
            format!("/api/v1/people/{person}"),
        ] {
            let shown = page(&house, who, &address, None).await;
            assert_eq!(shown.status, StatusCode::OK, "{address}");
            assert!(!shown.html.contains("Umbrellathorn"), "{address}");
        }
    }
    let read = format!("/people/{person}/address/read");
    let unsaid = page(&house, &token, &read, Some(&[("reason", " ")])).await;
    assert!(unsaid.status == StatusCode::UNPROCESSABLE_ENTITY && !unsaid.html.contains(LINES));
    let why = [("reason", "A worker drives there now.")];
    assert!(page(&house, &token, &read, Some(&why)).await.html.contains(LINES));
    assert_eq!(
        page(&house, &manager, &read, Some(&why)).await.status,
        StatusCode::NOT_FOUND,
        "an invitation is not enough"
    );
    let seen = views(&house, person).await.into_iter().find(|one| one.view.seen == Seen::Address(person)).unwrap();
    assert_eq!(seen.view.why, Why::Stated("A worker drives there now.".into()));
    // Letting it out: a manager who is involved, for a reason, having proved again who they are. The teacher may not.
    house.app.clock.put_forward(11 * 60);
    let release = format!("/people/{person}/address/release");
    let words = [("release_reason", "The risk is over.")];
    assert_eq!(page(&house, &token, &release, Some(&words)).await.status, StatusCode::NOT_FOUND);
    let asked = page(&house, &manager, &release, Some(&words)).await;
    assert!(asked.html.contains("action=\"/sign-in/confirm\""), "{}", asked.html);
    assert!(!page(&house, &manager, &own, None).await.html.contains(LINES), "nothing is let out before the proof");
    let manager = house.token("manager@fernbank.example").await;
    assert_eq!(page(&house, &manager, &release, Some(&words)).await.location, own);
    assert!(page(&house, &manager, &own, None).await.html.contains(LINES));
}

#[tokio::test]
async fn a_guardian_reads_confidential_decisions_outside_their_matters_and_that_is_kept_too() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (decision, matter, person) = recorded(&house, &token).await;
    let guardian = house.colleague("guardian@fernbank.example", Role::Adviser).await;
    let mut actor = actions::Actor { member: guardian, ..house.school.clone() };
    let refused = actions::decision(&house.app, &actor, decision.parse().unwrap()).await;
    assert!(matches!(refused, Err(sharewell::AppError::NotFound)), "an adviser is not the Guardian");
    actor.member.guardian = true;
    actions::decision(&house.app, &actor, decision.parse().unwrap()).await.unwrap();
    assert!(actions::matter(&house.app, &actor, matter.parse().unwrap()).await.is_err(), "the matter stays closed");
    assert_eq!(views(&house, person).await[0].view.why, Why::Guardian);
}

#[test]
fn an_hour_begins_at_the_hour() {
    let at = |micros| casework::hour_of(Moment::from_micros(micros)).micros();
    assert_eq!([at(0), at(3_599_999_999), at(3_600_000_000), at(-1)], [0, 0, 3_600_000_000, -3_600_000_000]);
}
