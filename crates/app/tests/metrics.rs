//! What monitoring reads.
#![allow(missing_docs, clippy::unwrap_used, reason = "what a test prepares may fail the test")]

mod house;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::House;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

async fn metrics(house: &House) -> String {
    let router = sharewell::serve::metrics_router(Arc::clone(&house.app));
    let answer = router.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_and_say_nothing_of_what_was_typed() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    for _ in 0..2 {
        house.send("GET", "/api/v1/decisions/Ottilie?about=Quarrendon", Some(&token), None).await;
    }
    house.send("POST", "/api/v1/advice", None, Some(json!({ "facts": {} }))).await;
    house.send("OTTILIE", "/Ottilie", None, None).await;
    let text = metrics(&house).await;
    for line in [
        "sharewell_http_requests_total{method=\"GET\",route=\"/api/v1/decisions/{id}\",status=\"404\"} 2",
        "sharewell_http_requests_total{method=\"POST\",route=\"/api/v1/advice\",status=\"200\"} 1",
        "sharewell_http_request_duration_seconds_count{route=\"/api/v1/advice\"} 1",
        "sharewell_http_requests_open 0",
    ] {
        assert!(text.lines().any(|met| met == line), "{line}\n{text}");
    }
    assert!(text.contains("method=\"other\",route=\"none\""), "{text}");
    assert!(text.ends_with("# EOF\n"));
    for typed in ["Ottilie", "OTTILIE", "Quarrendon", "fernbank", &house.school.organisation.id.to_string()] {
        assert!(!text.contains(typed), "{typed} in {text}");
    }
}

#[tokio::test]
async fn monitoring_has_an_address_of_its_own_and_people_have_none() {
    let house = House::new().await;
    let asked = house.send("GET", "/metrics", None, None).await;
    assert_eq!(asked.status, StatusCode::NOT_FOUND);
    let health = house.send("GET", "/healthz", None, None).await;
    assert_eq!(health.status, StatusCode::OK);
}
