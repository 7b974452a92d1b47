//! Two invented organisations in an installation of its own, with a clock that stands still.
#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "each test file uses a part of it, and may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{Choice, Member, Moment, NewMember, NewOrganisation, Profile, Role, SecondStep};
use guidance::CaseDocument;
use guidance::case::{Answers, ItemDocument};
use http_body_util::BodyExt;
use serde_json::Value;
use sharewell::actions::{self, Actor, OnMatter, RecordNotSharing};
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sharewell::device::Device;
use sharewell::packs::LoadedPack;
use sharewell::{App, Mode};
use store::{Place, Store};
use tempfile::TempDir;
use tower::ServiceExt;

pub const PASSWORD: &str = "lantern otter gravel";

/// 2026-11-18 10:40 in London.
pub const NOW: Moment = Moment::from_micros(1_794_998_400_000_000);

pub fn pack() -> LoadedPack {
    static PACK: OnceLock<LoadedPack> = OnceLock::new();
    PACK.get_or_init(|| LoadedPack::built_in().unwrap()).clone()
}

pub fn device() -> Device {
    Device { browser: "Firefox on Windows".into(), token: None }
}

pub struct House {
    pub folder: TempDir,
    pub app: Arc<App>,
    /// A school and its administrator, who also works with cases.
    pub school: Actor,
}

impl House {
    pub async fn new() -> Self {
        Self::under(TempDir::new().unwrap()).await
    }

    /// An installation in this folder.
    pub async fn under(folder: TempDir) -> Self {
        let store = Store::create(&Place::under(folder.path()), clock::randomness(), NOW).await.unwrap();
        let app = App::new(store, pack(), Clock::standing_at(NOW), Mode::Live, Config::plain(folder.path()));
        let school = found(&app, "Fernbank Primary", "school-maintained", "teacher@fernbank.example").await;
        Self { folder, app, school }
    }

    /// A second organisation, which must see nothing of the first.
    pub async fn neighbour(&self) -> Actor {
        found(&self.app, "Harrow Lane Surgery", "gp", "doctor@harrowlane.example").await
    }

    pub async fn colleague(&self, email: &str, role: Role) -> Member {
        actions::admit_member(&self.app, &self.school, member(email, &[role]), Some(PASSWORD)).await.unwrap()
    }

    pub async fn token(&self, email: &str) -> String {
        actions::sign_in(&self.app, email, PASSWORD, None, &device()).await.unwrap().token.cookie()
    }

    pub fn router(&self) -> Router {
        sharewell::serve::router(Arc::clone(&self.app))
    }

    /// Sends a request with a Bearer token, if there is one; the answer's status, headers and JSON.
    pub async fn send(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        answered(self.router(), request.body(body).unwrap()).await
    }
}

pub struct Answered {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub json: Value,
}

impl Answered {
    /// The JSON pointers of the problem's errors.
    pub fn pointers(&self) -> Vec<&str> {
        self.json["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect()
    }
}

pub async fn answered(router: Router, request: Request<Body>) -> Answered {
    let response = router.oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answered { status, headers, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

pub async fn found(app: &App, name: &str, body: &str, email: &str) -> Actor {
    let new = NewOrganisation {
        name: name.into(),
        body: body.into(),
        partnership: "Halton".into(),
        profile: Profile::default(),
        second_step: SecondStep::Offered,
    };
    actions::found_organisation(app, new, member(email, &[Role::Administrator, Role::Practitioner]), PASSWORD)
        .await
        .unwrap()
}

pub fn member(email: &str, roles: &[Role]) -> NewMember {
    NewMember {
        name: "Wilhelmina Throssell".into(),
        role_title: "Designated safeguarding lead".into(),
        email: email.into(),
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
    }
}

/// A caller who would not say what it is for is told nothing. It is about nobody by name.
pub fn told_nothing_to_a_caller() -> RecordNotSharing {
    RecordNotSharing {
        matter: OnMatter::New { title: String::new() },
        people: Vec::new(),
        about: "A list of families, asked for by a caller".into(),
        choice: Choice::DoNotShare,
        reasons: "He would not say what it is for.".into(),
        requester: None,
        requester_discussion: String::new(),
        look_again_on: None,
        corrects: None,
        id: None,
    }
}

/// A child has said that she is hurt at home; children's social care is to be told.
pub fn told_by_a_child() -> CaseDocument {
    let facts = [
        ("child_disclosed", "yes"),
        ("recipient_kind", "council-children"),
        ("consent", "not-asked"),
        ("purpose", "yes"),
    ];
    let fields = [
        ("standing", "allegation"),
        ("need", "yes"),
        ("about", "child"),
        ("source", "The child"),
        ("event_date", "2026-11-17"),
    ];
    CaseDocument {
        on: None,
        facts: facts.iter().map(|(fact, answer)| ((*fact).to_owned(), Answers::One((*answer).to_owned()))).collect(),
        texts: BTreeMap::from([("recipient_name".to_owned(), "the duty social worker".to_owned())]),
        items: vec![ItemDocument {
            text: "She says that she is hit with a belt.".into(),
            fields: fields.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect(),
        }],
    }
}
