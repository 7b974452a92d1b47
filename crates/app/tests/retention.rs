//! Keeping and destroying over pages and API: seen before it is done, once, never against a hold, and proved afterwards.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use std::fs;
use std::process::Command;

use axum::http::StatusCode;
use casework::Role;
use house::{House, told_by_a_child};
use pages::{Shown, page};
use serde_json::{Value, json};
use sharewell::actions;

const TEACHER: &str = "teacher@fernbank.example";
const HEAD: &str = "head@fernbank.example";

/// A decision of the teacher's about the named people; its id, its matter's, and the people's in the order named.
async fn recorded(house: &House, names: &[&str]) -> (String, String, Vec<String>) {
    let token = house.token(TEACHER).await;
    let people: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let decision = json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what was said",
        "purpose": "To protect a child",
        "people": people,
        "choice": "share",
        "reasons": "There are marks.",
    });
    let recorded = house.send("POST", "/api/v1/decisions", Some(&token), Some(decision)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = recorded.json["people"].as_array().unwrap();
    let id = |name: &&str| text(&found.iter().find(|person| person["name"] == **name).unwrap()["id"]);
    (text(&recorded.json["id"]), text(&recorded.json["matter"]), names.iter().map(id).collect())
}

const SURE: [(&str, &str); 3] = [("ground", "retention rule"), ("rule", "25 years after birth"), ("sure", "yes")];

/// Presses "Destroy for good" on a page that was opened before.
async fn press(house: &House, token: &str, person: &str, opened: &Shown) -> Shown {
    let (id, seen) = (opened.hidden("id"), opened.hidden("seen"));
    let fields = [&SURE[..], &[("id", id.as_str()), ("seen", seen.as_str())]].concat();
    page(house, token, &format!("/retention/people/{person}"), Some(&fields)).await
}

#[tokio::test]
async fn what_goes_is_shown_and_then_destroyed_once_and_what_stood_there_says_so() {
    let house = House::new().await;
    let (decision, matter, people) = recorded(&house, &["Ottilie Quarrendon"]).await;
    let token = house.token(TEACHER).await;
    let address = format!("/retention/people/{}", people[0]);
    let opened = page(&house, &token, &address, None).await;
    for said in [
        "Ottilie Quarrendon",
        "1 record of a person",
        "1 matter",
        "1 decision",
        "1 piece of information",
        "Nobody can undo this",
    ] {
        assert!(opened.html.contains(said), "{said} is not in {}", opened.html);
    }
    // Nothing is lost of what was typed, and nothing is done, while something is missing.
    let unsure = page(&house, &token, &address, Some(&[("id", &opened.hidden("id")), ("rule", "Six years")])).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        unsure.html.contains("Choose on what it rests.") && unsure.html.contains("value=\"Six years\""),
        "{}",
        unsure.html
    );
    assert!(unsure.html.contains("Tick this if it is to be destroyed for good."));

    let pressed = press(&house, &token, &people[0], &opened).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.html);
    assert!(pressed.location.starts_with("/retention/destructions/"), "{}", pressed.location);
    let again = press(&house, &token, &people[0], &opened).await;
    assert_eq!((again.status, &again.location), (StatusCode::SEE_OTHER, &pressed.location), "pressed twice");

    let certificate = page(&house, &token, &pressed.location, None).await;
    assert!(certificate.html.contains("25 years after birth") && certificate.html.contains("1 decision"));
    assert!(!certificate.html.contains("Ottilie"));
    for gone in [
        format!("/matters/{matter}"),
        format!("/decisions/{decision}"),
        format!("/decisions/{decision}/record.pdf"),
        address,
    ] {
        let shown = page(&house, &token, &gone, None).await;
        assert_eq!(shown.status, StatusCode::GONE, "{gone}");
        assert!(shown.html.contains("What stood here was destroyed for good on 18 November 2026"), "{}", shown.html);
    }
    let gone = house.send("GET", &format!("/api/v1/decisions/{decision}"), Some(&token), None).await;
    assert_eq!((gone.status, &gone.json["type"]), (StatusCode::GONE, &json!("urn:sharewell:problem:destroyed")));
    let added = page(&house, &token, &format!("/matters/{matter}/people"), Some(&[("name", "Somebody")])).await;
    assert_eq!(added.status, StatusCode::GONE);

    // To another organisation, and to who sees no person, it is nothing.
    house.neighbour().await;
    house.colleague("analyst@fernbank.example", Role::Analyst).await;
    for other in ["doctor@harrowlane.example", "analyst@fernbank.example"] {
        let shown = page(&house, &house.token(other).await, &format!("/matters/{matter}"), None).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn what_was_recorded_after_the_page_was_opened_is_not_destroyed_unseen() {
    let house = House::new().await;
    let (_, matter, people) = recorded(&house, &["Ottilie Quarrendon"]).await;
    let token = house.token(TEACHER).await;
    let opened = page(&house, &token, &format!("/retention/people/{}", people[0]), None).await;
    let later = json!({ "matter": matter, "people": [{ "id": people[0] }], "about": "Ottilie", "choice": "delay", "reasons": "Too soon." });
    let later = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(later)).await;
    assert_eq!(later.status, StatusCode::CREATED, "{}", later.json);
    let pressed = press(&house, &token, &people[0], &opened).await;
    assert_eq!(pressed.status, StatusCode::CONFLICT);
    assert!(
        pressed.html.contains("Nothing was destroyed.") && pressed.html.contains("2 decisions"),
        "{}",
        pressed.html
    );
    // With what the page says now it is done.
    assert_eq!(press(&house, &token, &people[0], &pressed).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_hold_forbids_it_where_everybody_sees_it_and_is_released_with_a_reason() {
    let house = House::new().await;
    let (_, matter, people) = recorded(&house, &["Ottilie Quarrendon"]).await;
    let token = house.token(TEACHER).await;
    let before = page(&house, &token, &format!("/retention/people/{}", people[0]), None).await;
    let new = page(&house, &token, &format!("/retention/holds?matter={matter}"), None).await;
    let id = new.hidden("id");
    let place = async |reason: &str| {
        let fields = [("id", id.as_str()), ("kind", "matter"), ("reference", matter.as_str()), ("reason", reason)];
        page(&house, &token, "/retention/holds", Some(&fields)).await
    };
    let unexplained = place("").await;
    assert_eq!(unexplained.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unexplained.html.contains("Say why it is held.") && unexplained.html.contains(&matter));
    for _ in 0..2 {
        assert_eq!(place("An inquest is open").await.location, "/retention?done=held");
    }
    let list = page(&house, &token, "/retention", None).await;
    assert_eq!(list.html.matches("An inquest is open").count(), 1, "placed once: {}", list.html);
    let held = page(&house, &token, &format!("/retention/people/{}", people[0]), None).await;
    assert!(held.html.contains("A legal hold stands. Nothing can be destroyed."), "{}", held.html);
    assert!(!held.html.contains("Destroy for good</button>"));
    // A page that was opened before the hold destroys nothing either.
    let pressed = press(&house, &token, &people[0], &before).await;
    assert_eq!(pressed.status, StatusCode::CONFLICT);
    assert!(pressed.html.contains("A legal hold stands."));
    let seen = before.hidden("seen");
    let sent = json!({ "ground": "instruction", "rule": "A court’s order", "seen": seen });
    let address = format!("/api/v1/retention/people/{}/destroy", people[0]);
    assert_eq!(house.send("POST", &address, Some(&token), Some(sent)).await.status, StatusCode::FORBIDDEN);

    let release =
        async |reason: &str| page(&house, &token, &format!("/retention/holds/{id}"), Some(&[("reason", reason)])).await;
    let unexplained = release(" ").await;
    assert_eq!(unexplained.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unexplained.html.contains("Say why the hold is released."));
    for _ in 0..2 {
        assert_eq!(release("The inquest is over").await.location, "/retention?done=released");
    }
    let shown = page(&house, &token, &format!("/retention/holds/{id}"), None).await;
    assert!(shown.html.contains("An inquest is open") && shown.html.contains("The inquest is over"));
    assert_eq!(press(&house, &token, &people[0], &before).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn somebody_who_only_administers_sees_counts_and_no_name_and_others_see_nothing() {
    let house = House::new().await;
    let (_, matter, people) = recorded(&house, &["Ottilie Quarrendon"]).await;
    house.colleague("office@fernbank.example", Role::Administrator).await;
    house.colleague(HEAD, Role::Manager).await;
    for who in ["office@fernbank.example", HEAD] {
        let token = house.token(who).await;
        let shown = page(&house, &token, &format!("/retention/people/{}", people[0]), None).await;
        assert_eq!(shown.status, StatusCode::OK, "{who}");
        assert!(shown.html.contains("1 matter") && !shown.html.contains("Ottilie"), "{}", shown.html);
        let nobody = page(&house, &token, "/retention/people/0193a5c0-0000-7000-8000-000000000000", None).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        let hold = [
            ("id", "0199c0de-0000-7000-8000-000000000001"),
            ("kind", "matter"),
            ("reference", "0193a5c0-0000-7000-8000-000000000000"),
            ("reason", "A claim"),
        ];
        let hold = page(&house, &token, "/retention/holds", Some(&hold)).await;
        assert!(hold.html.contains("Nothing of this reference is kept here."), "{}", hold.html);
    }
    house.colleague("practitioner@fernbank.example", Role::Practitioner).await;
    house.colleague("analyst@fernbank.example", Role::Analyst).await;
    house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let fields = [
        ("id", "0199c0de-0000-7000-8000-000000000001"),
        ("kind", "matter"),
        ("reference", matter.as_str()),
        ("reason", "A claim"),
    ];
    let destroying = [&SURE[..], &[("id", "0199c0de-0000-7000-8000-000000000001"), ("seen", "4-4-0-0")]].concat();
    house.neighbour().await;
    for who in ["practitioner", "analyst", "adviser"] {
        let token = house.token(&format!("{who}@fernbank.example")).await;
        for (address, sent) in [
            ("/retention".to_owned(), None),
            ("/retention/destroy?person=x".to_owned(), None),
            ("/retention/holds".to_owned(), None),
            ("/retention/holds".to_owned(), Some(&fields[..])),
            ("/retention/holds".to_owned(), Some(&fields[..2])),
            (format!("/retention/people/{}", people[0]), None),
            (format!("/retention/people/{}", people[0]), Some(&destroying[..])),
            (format!("/retention/people/{}", people[0]), Some(&destroying[3..])),
        ] {
            let shown = page(&house, &token, &address, sent).await;
            assert_eq!(shown.status, StatusCode::NOT_FOUND, "{who} {address} {sent:?}");
        }
        for path in ["destructions", "holds", "recoveries"] {
            let answer = house.send("GET", &format!("/api/v1/retention/{path}"), Some(&token), None).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who} {path}");
        }
    }
    // Another organisation's manager finds nobody, by the same answer as for nobody.
    let theirs = house.token("doctor@harrowlane.example").await;
    let hidden = page(&house, &theirs, &format!("/retention/people/{}", people[0]), None).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_also_about_others_lives_on_and_says_who_is_no_longer_there() {
    let house = House::new().await;
    let (decision, matter, people) = recorded(&house, &["Ottilie Quarrendon", "Peregrine Quarrendon"]).await;
    let token = house.token(TEACHER).await;
    let opened = page(&house, &token, &format!("/retention/people/{}", people[0]), None).await;
    assert!(opened.html.contains("3 records that are about others too"), "{}", opened.html);
    assert_eq!(press(&house, &token, &people[0], &opened).await.status, StatusCode::SEE_OTHER);
    let said = "1 person about whom what was kept has been destroyed";
    for address in [format!("/matters/{matter}"), format!("/decisions/{decision}")] {
        let shown = page(&house, &token, &address, None).await;
        assert_eq!(shown.status, StatusCode::OK, "{address}");
        assert!(
            shown.html.contains(said) && shown.html.contains("Peregrine") && !shown.html.contains("Ottilie"),
            "{}",
            shown.html
        );
    }
}

#[tokio::test]
async fn a_certificate_is_downloaded_and_checked_by_anybody_and_a_changed_one_is_refused() {
    let house = House::new().await;
    let neighbour = house.neighbour().await;
    let (_, _, people) = recorded(&house, &["Ottilie Quarrendon"]).await;
    let token = house.token(TEACHER).await;
    let seen = house.send("GET", &format!("/api/v1/retention/people/{}", people[0]), Some(&token), None).await;
    assert_eq!(seen.json["counts"], json!({ "person": 1, "matter": 1, "decision": 1, "item": 1 }), "{}", seen.json);
    let address = format!("/api/v1/retention/people/{}/destroy", people[0]);
    let sent = json!({ "ground": "retention rule", "rule": "25 years after birth", "seen": seen.json["seen"], "id": "0199c0de-0000-7000-8000-000000000001" });
    let stale = json!({ "ground": "retention rule", "rule": "25 years after birth", "seen": "1-1-0-0" });
    assert_eq!(house.send("POST", &address, Some(&token), Some(stale)).await.status, StatusCode::CONFLICT);
    for wrong in ["earlier destruction", "because"] {
        let wrong = json!({ "ground": wrong, "rule": "x", "seen": "" });
        assert_eq!(house.send("POST", &address, Some(&token), Some(wrong)).await.pointers(), ["/ground"]);
    }
    let done = house.send("POST", &address, Some(&token), Some(sent.clone())).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.json);
    assert_eq!(house.send("POST", &address, Some(&token), Some(sent)).await.json, done.json, "sent twice");
    let all = house.send("GET", "/api/v1/retention/destructions", Some(&token), None).await;
    assert_eq!(all.json, json!([done.json]));

    let certificate = done.headers["location"].to_str().unwrap();
    assert_eq!(
        house.send("GET", certificate, Some(&token), None).await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "no checkpoint yet"
    );
    actions::tend_ledgers(&house.app).await.unwrap();
    let proved = house.send("GET", certificate, Some(&token), None).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.json);
    let pages = format!("/retention/destructions/{}", done.json["id"].as_str().unwrap());
    let json = page(&house, &token, &format!("{pages}/certificate.json"), None).await;
    assert_eq!(serde_json::from_slice::<Value>(&json.bytes).unwrap(), proved.json);
    let pdf = page(&house, &token, &format!("{pages}/certificate.pdf"), None).await;
    assert!(pdf.bytes.starts_with(b"%PDF-"), "{}", pdf.html);
    let receipt = page(&house, &token, &format!("{pages}/receipt"), None).await;
    assert!(receipt.html.starts_with("c2sp.org/tlog-proof@v1"));
    for bytes in [&json.bytes, &receipt.bytes] {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("Ottilie") && !text.contains("Wilhelmina"), "{text}");
    }

    let key = actions::ledger_key(&house.app, &house.school).await.unwrap();
    let file = house.folder.path().join("certificate.json");
    let verify = |certificate: &Value, key: &str| {
        fs::write(&file, certificate.to_string()).unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_sharewell"))
            .arg("verify")
            .arg(&file)
            .args(["--key", key])
            .output()
            .unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap())
    };
    let (code, said) = verify(&proved.json, &key);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("holds") && said.contains("25 years after birth") && said.contains("5 records"), "{said}");
    let change = |pointer: &str, to: Value| {
        let mut changed = proved.json.clone();
        *changed.pointer_mut(pointer).unwrap() = to;
        changed
    };
    for (changed, why) in [
        (change("/certificate/rule", json!("7 years after birth")), "does not say what was entered"),
        (change("/certificate/existed/0/versions/0/stored_sha256", json!("00")), "does not say what was entered"),
        (change("/certificate/existed", json!([])), "does not say what was entered"),
        (change("/entries/1/number", json!(99)), "something else of"),
        (change("/entries/1/receipt", proved.json["receipt"].clone()), "something else of"),
        (change("/entries", json!([])), "no proof for"),
        (change("/destroyed_at", json!("2026-11-17T10:40:00Z")), "something else of when it was destroyed"),
        (change("/counts", json!({ "person": 1 })), "something else of how many records there were"),
        (change("/salt", json!("0".repeat(64))), "does not say what was entered"),
        (change("/receipt", json!("c2sp.org")), "cannot be read"),
    ] {
        let (code, said) = verify(&changed, &key);
        assert!(code == Some(1) && said.contains(why), "{why}: {code:?} {said}");
    }
    let theirs = actions::ledger_key(&house.app, &neighbour).await.unwrap();
    let (code, said) = verify(&proved.json, &theirs);
    assert!(code == Some(1) && said.contains("does not hold"), "{said}");
}
