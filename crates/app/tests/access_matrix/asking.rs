//! One request and its answer: what was said, which statements were run for it, and whether anything was kept.

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::browser::HOST;
use crate::heard;
use crate::ids::Ids;
use crate::table::{Row, Sent};
use crate::world::World;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The headers but for the request's own reference and the length.
    pub headers: Vec<(String, String)>,
    /// The words of the answer; empty for a file of bytes.
    pub body: String,
    /// The statements that the store ran, by name and in order.
    pub statements: Vec<String>,
    /// Whether anything whatever was committed to the database.
    pub committed: bool,
}

const BOUNDARY: &str = "the-matrix-sends-this";

impl Answer {
    /// The same with names in place of ids, and without what is sealed anew each time, so that two can be compared.
    pub fn named(&self, ids: &Ids) -> Self {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), ids.named(value))).collect();
        let body = ["kept", "then", "sealed"].iter().fold(ids.named(&self.body), |body, name| without(&body, name));
        Self { headers, body, ..self.clone() }
    }
}

/// A page without the value of its hidden field of this name.
fn without(body: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let mut parts = body.split(field.as_str());
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole += &field;
        whole += part.find('"').map_or("", |end| &part[end..]);
    }
    whole
}

impl World {
    /// Asks what a row asks, of the records of these ids, with a session or without.
    pub async fn ask(&self, row: &Row, ids: &Ids, session: Option<&str>) -> Answer {
        let before = self.committed().await;
        heard::statements();
        let response = self.router.clone().oneshot(request(row, ids, session)).await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| !["x-request-id", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let statements = heard::statements();
        let committed = self.committed().await != before;
        let body = String::from_utf8(bytes.to_vec()).map(|text| text.replace("&#x2f;", "/")).unwrap_or_default();
        Answer { status, headers, body, statements, committed }
    }
}

fn request(row: &Row, ids: &Ids, session: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(row.method).uri(ids.fill(row.address));
    match session {
        Some(token) if row.is_api() => request = request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        Some(token) => request = request.header(header::COOKIE, format!("sharewell={token}")),
        None => {}
    }
    // Passkeys are bound to an address that is this machine’s.
    request = request.header("sec-fetch-site", "same-origin").header(header::HOST, HOST);
    let body = match (row.sends)(ids) {
        Sent::Nothing => Body::empty(),
        Sent::Form(fields) => {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            Body::from(serde_urlencoded::to_string(fields).unwrap())
        }
        Sent::Json(json) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(json.to_string())
        }
        Sent::File(text) => {
            request = request.header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
            Body::from(format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"members.csv\"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
            ))
        }
    };
    request.body(body).unwrap()
}
