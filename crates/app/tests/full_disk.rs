//! The disk is full: the program says so in words, what is recorded can be read, and recording goes on by itself when there is
//! space again. In a program of its own, because the faulty disk takes the place of every other for SQLite.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test may fail")]

mod house;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use faulty_disk::{Disk, Fault, Image, become_every_disk};
use house::{House, PASSWORD, told_by_a_child};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

const WORDS: &str = "The disk of this Sharewell is full, so nothing was recorded.";

fn decision() -> Value {
    json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what Ottilie said",
        "purpose": "To protect a child",
        "people": [{ "name": "Ottilie Quarrendon" }],
        "choice": "share",
        "reasons": "She was plain and there are marks.",
    })
}

/// Signs in on the page; the answer's status and the page.
async fn sign_in(house: &House) -> (StatusCode, String) {
    let form = format!("email=teacher%40fernbank.example&password={}", PASSWORD.replace(' ', "+"));
    let request = Request::builder()
        .method("POST")
        .uri("/sign-in")
        .header("host", "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    let status = response.status();
    let page = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(page.to_vec()).unwrap())
}

async fn views(house: &House, person: casework::PersonId) -> usize {
    let read: Result<_, store::StoreError> =
        house
            .app
            .store
            .read("views", house.school.organisation.id, |mut r: store::Reading| async move {
                r.views_of(person, 100, 0).await
            })
            .await;
    read.unwrap().len()
}

#[tokio::test]
async fn a_full_disk_is_told_in_words_and_recording_goes_on_when_there_is_space() {
    assert!(become_every_disk(), "SQLite takes the disk");
    let folder = TempDir::new().unwrap();
    let disk = Disk::holding(Image::from([("sharewell.db".to_owned(), Vec::new())]));
    disk.mount(folder.path());
    let house = House::under(folder).await;
    let token = house.token("teacher@fernbank.example").await;
    let token = Some(token.as_str());
    let before = house.send("POST", "/api/v1/decisions", token, Some(decision())).await;
    assert_eq!(before.status, StatusCode::CREATED, "{}", before.json);
    let recorded = format!("/api/v1/decisions/{}", before.json["id"].as_str().unwrap());

    let person: casework::PersonId = before.json["people"][0]["id"].as_str().unwrap().parse().unwrap();
    let address = json!({ "address": "17 Umbrellathorn Passage", "protect": true });
    let kept = house.send("PUT", &format!("/api/v1/people/{person}/address"), token, Some(address)).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.json);
    assert_eq!(views(&house, person).await, 0, "nobody has read the record yet");

    disk.fail(Fault::FullFrom(1));
    for _ in 0..3 {
        let refused = house.send("POST", "/api/v1/decisions", token, Some(decision())).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.json);
        assert!(refused.json["detail"].as_str().unwrap().starts_with(WORDS), "{}", refused.json);
        let (status, page) = sign_in(&house).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.contains(WORDS), "{page}");
        let read = house.send("GET", &recorded, token, None).await;
        assert_eq!((read.status, &read.json["id"]), (StatusCode::OK, &before.json["id"]));
    }
    assert!(disk.struck() >= 6, "the disk refused {} times", disk.struck());

    // Who is involved reads on, and what they read waits to be kept. Who reads by exception does not.
    let address = format!("/api/v1/people/{person}/address/read");
    let refused = house.send("POST", &address, token, Some(json!({ "reason": "A worker drives there." }))).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.json);
    assert!(sharewell::actions::keep_views(&house.app).await.is_err(), "it is tried again later");
    assert_eq!(views(&house, person).await, 0);

    disk.heal();
    sharewell::actions::keep_views(&house.app).await.unwrap();
    assert_eq!(
        views(&house, person).await,
        1,
        "what was read while the disk was full is kept as soon as there is space"
    );
    let after = house.send("POST", "/api/v1/decisions", token, Some(decision())).await;
    assert_eq!(after.status, StatusCode::CREATED, "{}", after.json);
    assert_eq!(sign_in(&house).await.0, StatusCode::SEE_OTHER);
    for decision in [&before, &after] {
        let path = format!("/api/v1/decisions/{}", decision.json["id"].as_str().unwrap());
        assert_eq!(house.send("GET", &path, token, None).await.status, StatusCode::OK);
    }
}
