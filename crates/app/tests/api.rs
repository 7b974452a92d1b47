//! The API as another system meets it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use house::{House, PASSWORD, answered, told_by_a_child};
use serde_json::{Value, json};

fn decision() -> Value {
    json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what Ottilie said",
        "purpose": "To protect a child",
        "people": [{ "name": "Ottilie Quarrendon", "date_of_birth": "2018-02-03" }],
        "choice": "share",
        "reasons": "She was plain and there are marks.",
    })
}

#[tokio::test]
async fn advice_needs_nobody_and_stores_nothing() {
    let house = House::new().await;
    let case = serde_json::to_value(told_by_a_child()).unwrap();
    let first = house.send("POST", "/api/v1/advice", None, Some(case.clone())).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.json["verdict"], "share");
    for key in [
        "act_now",
        "rely_on",
        "nearly",
        "not_fitting",
        "items",
        "warnings",
        "next_steps",
        "would_change",
        "explanation",
        "missing",
        "pack",
    ] {
        assert!(!first.json[key].is_null(), "{key}");
    }
    assert_eq!(first.headers["cache-control"], "no-store");
    let second = house.send("POST", "/api/v1/advice", None, Some(case)).await;
    assert_eq!(first.json, second.json);
    assert!(house.app.store.packs().await.unwrap().is_empty());
}

#[tokio::test]
async fn advice_on_nothing_is_incomplete_and_never_share() {
    let house = House::new().await;
    let advice = house.send("POST", "/api/v1/advice", None, Some(json!({}))).await;
    assert_eq!((advice.status, &advice.json["verdict"]), (StatusCode::OK, &json!("incomplete")));
}

#[tokio::test]
async fn the_law_of_another_day_may_be_asked_for() {
    let house = House::new().await;
    let on = house
        .send("POST", "/api/v1/advice", None, Some(json!({ "on": "2025-06-01", "facts": { "consent": "refused" } })))
        .await;
    assert_eq!(on.json["on"], "2025-06-01");
}

#[tokio::test]
async fn a_wrong_name_is_pointed_at_with_the_nearest_right_one() {
    let house = House::new().await;
    let case =
        json!({ "facts": { "consnt": "given", "consent": "gven" }, "items": [{ "text": "x", "standing": "facct" }] });
    let refused = house.send("POST", "/api/v1/advice", None, Some(case)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert_eq!(refused.pointers(), ["/facts/consent", "/facts/consnt", "/items/0/standing"]);
    assert!(refused.json["errors"][1]["detail"].as_str().unwrap().contains("Did you mean `consent`?"));

    let token = house.token("teacher@fernbank.example").await;
    let mut wrong = decision();
    wrong["case"]["facts"]["consnt"] = json!("given");
    let refused = house.send("POST", "/api/v1/decisions", Some(&token), Some(wrong)).await;
    assert_eq!(refused.pointers(), ["/case/facts/consnt"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_words() {
    let house = House::new().await;
    let send = async |kind: &str, body: String| {
        let request = Request::post("/api/v1/advice").header("content-type", kind).body(Body::from(body)).unwrap();
        answered(house.router(), request).await
    };
    assert_eq!(send("text/plain", "{}".into()).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send("application/json", "{".into()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send("application/json", "{} {}".into()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        send("application/json", format!("{{\"texts\":{{\"x\":\"{}\"}}}}", "x".repeat(1 << 20))).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let wrong = send("application/json", json!({ "facts": { "consent": 7 } }).to_string()).await;
    assert_eq!((wrong.status, wrong.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/facts/consent"]));
    let unknown = send("application/json", json!({ "fcts": {} }).to_string()).await;
    assert_eq!((unknown.status, unknown.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/fcts"]));
}

#[tokio::test]
async fn a_decision_is_recorded_and_read_again() {
    let house = House::new().await;
    let signed_in = house
        .send(
            "POST",
            "/api/v1/sessions",
            None,
            Some(json!({ "email": "teacher@fernbank.example", "password": PASSWORD })),
        )
        .await;
    assert_eq!(signed_in.status, StatusCode::CREATED);
    let token = signed_in.json["token"].as_str().unwrap();
    let recorded = house.send("POST", "/api/v1/decisions", Some(token), Some(decision())).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    let read = house.send("GET", recorded.headers["location"].to_str().unwrap(), Some(token), None).await;
    assert_eq!((read.status, &read.json), (StatusCode::OK, &recorded.json));
    assert_eq!(read.json["advice"]["verdict"], "share");
    assert_eq!(read.json["items"][0]["judgement"], "in");
    assert_eq!(read.json["people"][0]["name"], "Ottilie Quarrendon");

    let corrected = json!({ "decision": read.json["id"], "why": "The wrong line." });
    let later = json!({ "matter": read.json["matter"], "about": "Ottilie", "choice": "delay", "reasons": "Too soon.", "corrects": corrected });
    let later = house.send("POST", "/api/v1/decisions/not-sharing", Some(token), Some(later)).await;
    assert_eq!(later.status, StatusCode::CREATED, "{}", later.json);
    let read = house.send("GET", recorded.headers["location"].to_str().unwrap(), Some(token), None).await;
    assert_eq!(read.json["corrected_by"], json!([later.json["id"]]));

    assert_eq!(house.send("DELETE", "/api/v1/sessions", Some(token), None).await.status, StatusCode::NO_CONTENT);
    let ended = house.send("POST", "/api/v1/decisions", Some(token), Some(decision())).await;
    assert_eq!(
        (ended.status, &ended.headers["www-authenticate"]),
        (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
    );
}

#[tokio::test]
async fn what_is_missing_is_pointed_at() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let mut empty = decision();
    for field in ["about", "reasons"] {
        empty[field] = json!("");
    }
    empty["matter_title"] = json!("A matter");
    empty["choice"] = json!("do-not-share");
    let refused = house.send("POST", "/api/v1/decisions", Some(&token), Some(empty)).await;
    assert_eq!(
        (refused.status, refused.pointers()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["/about", "/reasons", "/departing"])
    );
    let mut wrong = decision();
    wrong["choice"] = json!("shre");
    let refused = house.send("POST", "/api/v1/decisions", Some(&token), Some(wrong)).await;
    assert_eq!(refused.pointers(), ["/choice"]);
    let mut dated = decision();
    dated["case"]["on"] = json!("2025-06-01");
    assert_eq!(house.send("POST", "/api/v1/decisions", Some(&token), Some(dated)).await.pointers(), ["/case/on"]);
    let mut undated = decision();
    undated["case"]["items"][0]["event_date"] = json!("last Tuesday");
    assert_eq!(
        house.send("POST", "/api/v1/decisions", Some(&token), Some(undated)).await.pointers(),
        ["/case/items/0/event_date"]
    );
}

#[tokio::test]
async fn another_organisations_decision_is_not_found_like_one_that_does_not_exist() {
    let house = House::new().await;
    house.neighbour().await;
    let token = house.token("teacher@fernbank.example").await;
    let recorded = house.send("POST", "/api/v1/decisions", Some(&token), Some(decision())).await;
    let theirs = house.token("doctor@harrowlane.example").await;
    let hidden = house.send("GET", recorded.headers["location"].to_str().unwrap(), Some(&theirs), None).await;
    let none = house.send("GET", "/api/v1/decisions/0193a5c0-0000-7000-8000-000000000000", Some(&theirs), None).await;
    let misspelt = house.send("GET", "/api/v1/decisions/x", Some(&theirs), None).await;
    for answer in [&hidden, &none, &misspelt] {
        assert_eq!((answer.status, &answer.json), (StatusCode::NOT_FOUND, &none.json));
    }
}

#[tokio::test]
async fn a_browsers_cookie_counts_only_from_our_own_pages() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let send = async |site: Option<&str>| {
        let mut request = Request::post("/api/v1/decisions")
            .header("content-type", "application/json")
            .header("cookie", format!("sharewell={token}"));
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        answered(house.router(), request.body(Body::from(decision().to_string())).unwrap()).await.status
    };
    assert_eq!(send(Some("cross-site")).await, StatusCode::FORBIDDEN);
    assert_eq!(send(None).await, StatusCode::FORBIDDEN);
    assert_eq!(send(Some("same-origin")).await, StatusCode::CREATED);
}

#[tokio::test]
async fn the_register_is_read_as_it_stood_on_a_day() {
    let house = House::new().await;
    let facts = house.send("GET", "/api/v1/guidance/facts", None, None).await;
    assert!(facts.json.as_array().unwrap().iter().any(|fact| fact["id"] == "consent"));
    let then = house.send("GET", "/api/v1/guidance/entries?on=2025-06-01", None, None).await;
    let now = house.send("GET", "/api/v1/guidance/entries?on=2026-11-23", None, None).await;
    let in_force = |answer: &house::Answered| {
        let entries = answer.json.as_array().unwrap().iter();
        entries.filter(|entry| entry["in_force"] == true).map(|entry| entry["id"].to_string()).collect::<Vec<_>>()
    };
    assert_ne!(in_force(&then), in_force(&now), "the law changed between the two days");
    let one = house.send("GET", "/api/v1/guidance/entries/ca-2004-s11", None, None).await;
    assert_eq!(one.json["id"], "ca-2004-s11");
    assert_eq!(house.send("GET", "/api/v1/guidance/entries/none", None, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        house.send("GET", "/api/v1/guidance/entries?on=soon", None, None).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// `UPDATE_OPENAPI=1 cargo test -p sharewell --test api` writes it anew after a change that is meant.
#[tokio::test]
async fn the_described_api_is_the_one_written_down() {
    let house = House::new().await;
    let served = house.send("GET", "/api/v1/openapi.json", None, None).await;
    assert_eq!(served.json["openapi"], "3.1.0");
    let document = sharewell::api::document(&Arc::clone(&house.app)).to_pretty_json().unwrap() + "\n";
    assert_eq!(served.json, serde_json::from_str::<Value>(&document).unwrap());
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&written, &document).unwrap();
    }
    assert!(
        fs::read_to_string(&written).unwrap_or_default() == document,
        "docs/openapi.json is stale: run with UPDATE_OPENAPI=1 and read what changed"
    );
}

/// The description knows a type by its bare name: of two types with one name it would describe one, and send whoever reads it wrong about the other.
#[tokio::test]
async fn no_two_types_of_the_described_api_share_a_name() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![source.join("app/src"), source.join("guidance/src")];
    let mut named: BTreeMap<String, PathBuf> = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for name in described_types(&fs::read_to_string(&path).unwrap()) {
                    if let Some(other) = named.insert(name.clone(), path.clone()) {
                        panic!("{} and {} both describe a type `{name}`", other.display(), path.display());
                    }
                }
            }
        }
    }
    let house = House::new().await;
    let document = serde_json::to_value(sharewell::api::document(&house.app)).unwrap();
    let described = document["components"]["schemas"].as_object().unwrap().keys();
    let overlooked: Vec<&String> = described.filter(|name| !named.contains_key(*name)).collect();
    assert!(overlooked.is_empty(), "described, and not found in the sources: {overlooked:?}");
}

/// The names of the types in a source text that derive `ToSchema`.
fn described_types(text: &str) -> Vec<String> {
    let mut derives = false;
    let mut names = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let words: Vec<&str> = line.split(|of: char| !of.is_alphanumeric() && of != '_').collect();
        if line.contains("derive(") && words.contains(&"ToSchema") {
            derives = true;
        } else if let Some(at) = words.iter().position(|word| ["struct", "enum"].contains(word)).filter(|_| derives) {
            names.push(words[at + 1].to_owned());
            derives = false;
        }
    }
    names
}

#[tokio::test]
async fn every_operation_of_the_api_says_what_it_answers() {
    let house = House::new().await;
    let document = serde_json::to_value(sharewell::api::document(&house.app)).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
            assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_decision_sent_again_under_its_id_is_recorded_once_and_without_control_characters() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let body = json!({
        "id": "0199c0de-0000-7000-8000-000000000001",
        "about": "A neighbour asked\u{0} about a pupil\u{1b}[2J", "choice": "do-not-share", "reasons": "Not hers to know.\r\nTold her so."
    });
    let first = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(body.clone())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    assert_eq!(first.json["about"], "A neighbour asked about a pupil[2J");
    let second = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(body)).await;
    assert_eq!((second.status, &second.json["id"]), (StatusCode::CREATED, &first.json["id"]));
    let wrong = json!({ "id": "one", "about": "A", "choice": "delay", "reasons": "B" });
    let refused = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(wrong)).await;
    assert_eq!(refused.pointers(), ["/id"]);
}
