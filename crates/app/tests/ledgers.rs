//! A recorded decision's place in the ledger: on its page, over the API, and checked by the program with no server.
#![allow(clippy::unwrap_used, reason = "what a test prepares may fail the test")]

mod house;

use std::fs;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::{House, told_nothing_to_a_caller};
use http_body_util::BodyExt;
use sharewell::actions;
use sqlx::Connection as _;
use tower::ServiceExt;

const TEACHER: &str = "teacher@fernbank.example";

async fn recorded(house: &House) -> casework::Decision {
    actions::record_not_sharing(&house.app, &house.school, told_nothing_to_a_caller()).await.unwrap()
}

async fn get(house: &House, address: &str, email: &str) -> (StatusCode, String) {
    let cookie = format!("{}={}", house.app.config.session_cookie(), house.token(email).await);
    let request = Request::builder().uri(address).header("host", "127.0.0.1:8080").header(header::COOKIE, cookie);
    let response = house.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn verify(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sharewell")).arg("verify").args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_shows_its_place_and_gives_a_receipt_that_holds_without_us() {
    let house = House::new().await;
    let neighbour = house.neighbour().await;
    let decision = recorded(&house).await;
    let address = format!("/decisions/{}", decision.id);
    let receipt_address = format!("{address}/receipt");

    let (status, early) = get(&house, &receipt_address, TEACHER).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(early.contains("follows with the ledger"), "{early}");

    actions::tend_ledgers(&house.app).await.unwrap();
    let (_, page) = get(&house, &address, TEACHER).await;
    assert!(page.contains("This record is entry ") && page.contains(" of your organisation"), "{page}");
    assert!(page.contains("by another organisation on this Sharewell, 18 November 2026"), "{page}");

    let (status, receipt) = get(&house, &receipt_address, TEACHER).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!receipt.contains("families"), "a receipt says nothing of what is in the record");
    let token = house.token(TEACHER).await;
    let over_api = house.send("GET", &format!("/api/v1{receipt_address}"), Some(&token), None).await;
    assert_eq!(over_api.status, StatusCode::OK);
    let (elsewhere, _) = get(&house, &receipt_address, &neighbour.member.email).await;
    assert_eq!(elsewhere, StatusCode::NOT_FOUND);

    let file = house.folder.path().join("decision.tlog-proof");
    fs::write(&file, &receipt).unwrap();
    let file = file.to_str().unwrap();
    let key = actions::ledger_key(&house.app, &house.school).await.unwrap();
    let witness = house.app.store.witness_key(neighbour.organisation.id).unwrap().to_string();
    let (holds, said) = verify(&[file, "--key", &key, "--witness", &witness]);
    assert!(holds && said.contains("The receipt holds: entry ") && said.contains("Witnessed by sharewell/"), "{said}");
    let (holds, said) = verify(&[file]);
    assert!(!holds && said.contains("Give the ledger’s key"), "{said}");
    let (holds, said) = verify(&[file, "--key", &witness]);
    assert!(!holds && said.contains("The receipt does not hold"), "{said}");
    fs::write(file, receipt.replacen("\nindex ", "\nindex 1", 1)).unwrap();
    let (holds, said) = verify(&[file, "--key", &key]);
    assert!(!holds && said.contains("The receipt does not hold"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_folder_is_verified_and_a_change_is_named() {
    let house = House::new().await;
    let decision = recorded(&house).await;
    actions::tend_ledgers(&house.app).await.unwrap();
    let folder = house.folder.path().to_str().unwrap().to_owned();
    let (holds, said) = verify(&[&folder]);
    assert!(holds && said.contains("Everything holds."), "{said}");
    house.app.store.close().await;

    let database = house.folder.path().join("sharewell.db");
    let raw = format!("sqlite://{}", database.display());
    let mut raw = sqlx::SqliteConnection::connect(&raw).await.unwrap();
    let backdated = "UPDATE decision SET recorded_at = recorded_at - 86400000000";
    sqlx::query(backdated).execute(&mut raw).await.unwrap();
    let removed = "DELETE FROM record WHERE kind = 'decision'";
    sqlx::query(removed).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let (holds, said) = verify(&[database.to_str().unwrap()]);
    assert!(!holds && said.contains("WRONG: entry ") && said.contains("its record was removed"), "{said}");
    let keys = house.folder.path().join("keys");
    let (holds, said) = verify(&[database.to_str().unwrap(), "--keys", keys.to_str().unwrap()]);
    assert!(!holds && said.contains("table decision has a row that no record says"), "{said} {}", decision.id);
}
