//! Pages as a signed-in member's browser asks for them.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of it, and may fail"
)]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::house::House;

pub struct Shown {
    pub status: StatusCode,
    pub location: String,
    /// With slashes and apostrophes as they are read.
    pub html: String,
    pub bytes: Vec<u8>,
}

impl Shown {
    pub fn hidden(&self, name: &str) -> String {
        let field = self.html.split(&format!("name=\"{name}\" value=\"")).nth(1);
        field.unwrap_or_else(|| panic!("no {name} in {}", self.html)).split('"').next().unwrap().to_owned()
    }
}

/// Fetches a page, or sends a form to it.
pub async fn page(house: &House, token: &str, address: &str, fields: Option<&[(&str, &str)]>) -> Shown {
    let request = Request::builder()
        .method(if fields.is_some() { "POST" } else { "GET" })
        .uri(address)
        .header(header::COOKIE, format!("sharewell={token}"))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = fields.map(|fields| serde_urlencoded::to_string(fields).unwrap()).unwrap_or_default();
    let response = house.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let location = response.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    let html = String::from_utf8_lossy(&bytes).replace("&#x2f;", "/").replace("&#x27;", "'");
    Shown { status, location, html, bytes }
}
