//! What is said when the program itself fails: one reference, and nothing of anybody's record.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod house;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::House;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

#[tokio::test]
async fn a_page_that_failed_shows_the_reference_of_its_request() {
    let house = House::new().await;
    house.app.store.close().await;
    let request = Request::builder()
        .method("POST")
        .uri("/sign-in")
        .header("host", "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("email=teacher%40fernbank.example&password=anything+at+all"))
        .unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let reference = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let html = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(reference.len() == 16 && html.contains(&reference), "{reference}: {html}");
    assert!(!html.contains("fernbank.example"));
}

#[tokio::test]
async fn an_answer_of_the_api_that_failed_says_the_reference_of_its_request() {
    let house = House::new().await;
    house.app.store.close().await;
    let body = json!({ "email": "teacher@fernbank.example", "password": "anything at all" });
    let answered = house.send("POST", "/api/v1/sessions", None, Some(body)).await;
    assert_eq!(answered.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answered.json);
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answered.headers["x-request-id"].to_str().unwrap(), answered.json["reference"].as_str().unwrap());
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_a_problem_like_any_other() {
    let house = House::new().await;
    let answered = house.send("PUT", "/api/v1/advice", None, None).await;
    assert_eq!(answered.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json");
    assert!(answered.headers.contains_key(header::ALLOW) && answered.json["detail"].is_string());
}
