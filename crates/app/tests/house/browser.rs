//! A browser with its cookies, and a phone with its codes.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of it, and may fail"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use sharewell::App;
use totp_rs::Builder;
use tower::ServiceExt;

/// What the browser opened. Passkeys are bound to names, so not a number.
pub const HOST: &str = "localhost:8080";

/// A browser with its cookies.
pub struct Browser<'h> {
    pub app: &'h Arc<App>,
    pub cookies: BTreeMap<String, String>,
    /// What it opened.
    pub host: &'static str,
}

pub struct Shown {
    pub status: StatusCode,
    pub location: String,
    pub cookies: Vec<String>,
    pub html: String,
}

impl Shown {
    pub fn hidden(&self, name: &str) -> String {
        let field = self.html.split(&format!("name=\"{name}\" value=\"")).nth(1);
        field.unwrap_or_else(|| panic!("no {name} in {}", self.html)).split('"').next().unwrap().to_owned()
    }

    /// Every text that stands in `<code>`.
    pub fn codes(&self) -> Vec<String> {
        let codes = self.html.split("<code class=\"sw-digest\">").skip(1);
        codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }
}

impl<'h> Browser<'h> {
    pub fn new(app: &'h Arc<App>) -> Self {
        Self { app, cookies: BTreeMap::new(), host: HOST }
    }

    pub async fn send(&mut self, method: &str, address: &str, fields: &[(&str, &str)]) -> Shown {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
            .header("sec-fetch-site", "same-origin")
            .header(header::HOST, self.host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = if method == "GET" { String::new() } else { serde_urlencoded::to_string(fields).unwrap() };
        let router = sharewell::serve::router(Arc::clone(self.app));
        let response = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let set: Vec<String> =
            response.headers().get_all(header::SET_COOKIE).iter().map(|one| one.to_str().unwrap().to_owned()).collect();
        for cookie in &set {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = response.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let html = String::from_utf8_lossy(&bytes).replace("&#x2f;", "/").replace("&#x27;", "'");
        Shown { status, location, cookies: set, html }
    }

    pub async fn get(&mut self, address: &str) -> Shown {
        self.send("GET", address, &[]).await
    }

    pub async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Shown {
        self.send("POST", address, fields).await
    }

    pub async fn password(&mut self, email: &str, password: &str) -> Shown {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    pub fn session(&self) -> String {
        self.cookies.get("sharewell").cloned().unwrap_or_default()
    }

    pub async fn is_in(&mut self) -> bool {
        self.get("/account").await.status == StatusCode::OK
    }
}

/// The code that an app shows that holds this key, so many steps from now.
pub fn code(app: &App, key: &str, steps: i64) -> String {
    let five = |letter| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
    let bits: Vec<bool> = key
        .chars()
        .filter(|letter| *letter != ' ')
        .flat_map(|letter| (0..5).rev().map(move |bit| five(letter) >> bit & 1 == 1))
        .collect();
    let secret: Vec<u8> =
        bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    let secret: [u8; 20] = secret.try_into().unwrap();
    let seconds = app.clock.now().plus_seconds(30 * steps).micros() / 1_000_000;
    Builder::new().with_secret(secret).build().unwrap().generate(u64::try_from(seconds).unwrap()).to_string()
}
