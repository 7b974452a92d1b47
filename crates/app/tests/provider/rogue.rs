//! An identity provider on this machine that answers as a test tells it to: rightly, until something is changed.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::house::NOW;

pub const CLIENT: &str = "sharewell";
pub const SECRET: &str = "known to two";

/// How the provider answers.
pub struct Manner {
    /// What it signs, with this name for its key.
    pub claims: Value,
    pub kid: &'static str,
    pub alg: &'static str,
    /// The key it signs with, and those it publishes.
    pub signs_with: u8,
    pub publishes: Vec<(&'static str, u8)>,
    /// What it says of itself in place of what is right.
    pub says_of_itself: Value,
    /// Says when it is asked about somebody.
    pub about: Value,
    /// Answers in place of the tokens.
    pub instead: Option<(StatusCode, String)>,
    /// Leaves the signed word out.
    pub unsigned: bool,
    /// What the visitor was sent with: the challenge that the exchange must meet.
    pub challenge: String,
    /// How often it was asked what it says of itself.
    pub asked: u32,
}

#[derive(Clone)]
pub struct Rogue {
    pub issuer: String,
    manner: Arc<Mutex<Manner>>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn part(value: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(value)
}

impl Rogue {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let seconds = NOW.micros() / 1_000_000;
        let manner = Manner {
            claims: json!({
                "iss": issuer, "sub": "account-7", "aud": CLIENT, "iat": seconds, "exp": seconds + 300,
                "email": "Teacher@Fernbank.example", "email_verified": true,
            }),
            kid: "first",
            alg: "ES256",
            signs_with: 1,
            publishes: vec![("first", 1)],
            says_of_itself: json!({}),
            about: json!({ "sub": "account-7" }),
            instead: None,
            unsigned: false,
            challenge: String::new(),
            asked: 0,
        };
        let rogue = Self { issuer, manner: Arc::new(Mutex::new(manner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(itself))
            .route("/keys", get(keys))
            .route("/token", post(tokens))
            .route("/about", get(async |State(rogue): State<Rogue>| Json(rogue.manner().about.clone())))
            .with_state(rogue.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        rogue
    }

    pub fn manner(&self) -> MutexGuard<'_, Manner> {
        self.manner.lock().unwrap()
    }

    /// Changes one thing that is signed; `null` leaves it out.
    pub fn claims(&self, name: &str, value: Value) {
        self.manner().claims[name] = value;
    }
}

fn over(mut right: Value, changed: &Value) -> Value {
    for (name, value) in changed.as_object().unwrap() {
        right[name] = value.clone();
    }
    right.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    right
}

async fn itself(State(rogue): State<Rogue>) -> Json<Value> {
    let mut manner = rogue.manner();
    manner.asked += 1;
    let at = &rogue.issuer;
    let right = json!({
        "issuer": at, "authorization_endpoint": format!("{at}/authorize"), "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/keys"), "userinfo_endpoint": format!("{at}/about"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    });
    Json(over(right, &manner.says_of_itself))
}

async fn keys(State(rogue): State<Rogue>) -> Json<Value> {
    let published: Vec<Value> = rogue
        .manner()
        .publishes
        .iter()
        .map(|(kid, seed)| {
            let point = key(*seed).verifying_key().to_encoded_point(false);
            json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid,
                "x": part(point.x().unwrap()), "y": part(point.y().unwrap()),
            })
        })
        .collect();
    Json(json!({ "keys": published }))
}

async fn tokens(State(rogue): State<Rogue>, headers: HeaderMap, body: String) -> Response {
    let manner = rogue.manner();
    if let Some((status, text)) = &manner.instead {
        return (*status, [("content-type", "application/json")], text.clone()).into_response();
    }
    let sent: Vec<(String, String)> = serde_urlencoded::from_str(&body).unwrap();
    let field = |name: &str| sent.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    assert_eq!(part(Sha256::digest(field("code_verifier"))), manner.challenge, "the verifier meets the challenge");
    assert!(field("redirect_uri").ends_with("/sign-in/back"));
    assert_eq!((field("grant_type"), field("code")), ("authorization_code", "a code"));
    let proof = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
    assert_eq!(headers["authorization"].to_str().unwrap(), proof);
    let mut answer = json!({ "access_token": "to ask about somebody", "token_type": "Bearer" });
    if !manner.unsigned {
        answer["id_token"] = signed(&manner).into();
    }
    Json(answer).into_response()
}

fn signed(manner: &Manner) -> String {
    let header = json!({ "alg": manner.alg, "kid": manner.kid, "typ": "JWT" });
    let text = format!("{}.{}", part(header.to_string()), part(over(json!({}), &manner.claims).to_string()));
    let signature = match manner.alg {
        "none" => String::new(),
        "HS256" => {
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.update(text.as_bytes());
            part(mac.finalize().into_bytes())
        }
        _ => {
            let signature: Signature = key(manner.signs_with).sign(text.as_bytes());
            part(signature.to_bytes())
        }
    };
    format!("{text}.{signature}")
}
