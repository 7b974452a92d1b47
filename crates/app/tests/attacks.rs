//! Attacks that were tried and must go on failing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{InvolvedBy, Involvement, Matter, MatterId, Role};
use house::{House, answered, told_by_a_child};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sharewell::App;
use sharewell::Mode;
use sharewell::actions;
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sqlx::{Connection, SqliteConnection};
use store::{LinkCode, MemberLink, Place, SessionToken, Store, StoreError, Writing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const NOWHERE: &str = "0193a5c0-0000-7000-8000-000000000000";

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

/// The statements that the store ran for the test of this thread, by name and in order, and everything else that would stand
/// in a log. One subscriber for the whole program: one per thread misses what another thread met first, because whether a
/// place in the code is listened to is remembered for all threads.
struct Heard;

#[derive(Default)]
struct Notes {
    statements: Vec<String>,
    log: String,
}

thread_local! {
    static NOTES: RefCell<Notes> = RefCell::default();
}

/// What the one writer of a file says around the commands it commits together: it belongs to whoever shares the commit and falls
/// where the commit falls, not where a request does.
const WRITERS_OWN: [&str; 3] = ["\"SAVE\"", "\"KEEP\"", "\"UNDO\""];

struct ToNotes;

impl<S: tracing::Subscriber> Layer<S> for ToNotes {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut Words { said: *event.metadata().level() <= tracing::Level::INFO });
    }

    fn on_new_span(&self, span: &tracing::span::Attributes<'_>, _: &tracing::span::Id, _: Context<'_, S>) {
        span.record(&mut Words { said: true });
    }
}

struct Words {
    said: bool,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        NOTES.with_borrow_mut(|notes| {
            let value = format!("{value:?}");
            if self.said {
                let _ = writeln!(notes.log, "{}={value}", field.name());
            } else if field.name() == "statement" && !WRITERS_OWN.contains(&value.as_str()) {
                notes.statements.push(value);
            }
        });
    }
}

impl Heard {
    fn from_now_on() -> Self {
        static LISTENING: Once = Once::new();
        LISTENING.call_once(|| {
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToNotes)).unwrap();
        });
        NOTES.take();
        Self
    }

    #[expect(clippy::unused_self, reason = "only who listens has something to ask")]
    fn statements(&self) -> Vec<String> {
        NOTES.with_borrow_mut(|notes| std::mem::take(&mut notes.statements))
    }

    #[expect(clippy::unused_self, reason = "only who listens has something to ask")]
    fn log(&self) -> String {
        NOTES.with_borrow(|notes| notes.log.to_lowercase())
    }
}

/// The status and body of a page, its own id left out, as a signed-in browser gets them.
async fn page(house: &House, method: &str, address: &str, token: &str, form: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::COOKIE, format!("sharewell={token}"))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn recorded(house: &House) -> (String, String) {
    let token = house.token("teacher@fernbank.example").await;
    let recorded = house.send("POST", "/api/v1/decisions", Some(&token), Some(decision())).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    (recorded.json["id"].as_str().unwrap().to_owned(), recorded.json["matter"].as_str().unwrap().to_owned())
}

async fn draft(house: &House) -> String {
    let token = house.token("teacher@fernbank.example").await;
    let case = sharewell::actions::new_draft(&house.app, &told_by_a_child()).unwrap();
    let started = sharewell::actions::start_draft(&house.app, &house.school, None, case).await.unwrap();
    let (status, _) = page(house, "GET", &format!("/decide/{}/tasks", started.id), &token, "").await;
    assert_eq!(status, StatusCode::OK);
    started.id.to_string()
}

#[tokio::test]
async fn another_organisations_record_and_a_missing_one_run_the_same_statements_and_answer_the_same() {
    let house = House::new().await;
    house.neighbour().await;
    let (decision, matter) = recorded(&house).await;
    let draft = draft(&house).await;
    let theirs = house.token("doctor@harrowlane.example").await;
    // The first request opens the member's own record, which is remembered.
    page(&house, "GET", "/", &theirs, "").await;
    let heard = Heard::from_now_on();
    let form = "name=Peregrine&about=a&reasons=b&choice=share&text=t&go=next";
    for (method, address, id) in [
        ("GET", "/matters/ID", &matter),
        ("POST", "/matters/ID/people", &matter),
        ("POST", "/matters/ID/decide", &matter),
        ("GET", "/decisions/ID", &decision),
        ("GET", "/decisions/ID/record.pdf", &decision),
        ("GET", "/decisions/ID/record.json", &decision),
        ("POST", "/decisions/ID/correct", &decision),
        ("GET", "/decisions/ID/replay", &decision),
        ("GET", "/decide/ID", &draft),
        ("GET", "/decide/ID/tasks", &draft),
        ("GET", "/decide/ID/result", &draft),
        ("GET", "/decide/ID/record", &draft),
        ("POST", "/decide/ID/record", &draft),
        ("POST", "/decide/ID/discard", &draft),
        ("POST", "/decide/ID/items/new", &draft),
        ("POST", "/decide/ID/items/ID/remove", &draft),
        ("GET", "/api/v1/decisions/ID", &decision),
    ] {
        heard.statements();
        let hidden = page(&house, method, &address.replace("ID", id), &theirs, form).await;
        let for_hidden = heard.statements();
        let missing = page(&house, method, &address.replace("ID", NOWHERE), &theirs, form).await;
        let for_missing = heard.statements();
        assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{method} {address}");
        assert_eq!(hidden, missing, "{method} {address}");
        assert!(for_hidden.len() > 3, "{method} {address}: {for_hidden:?}");
        assert_eq!(for_hidden, for_missing, "{method} {address}");
    }
}

#[tokio::test]
async fn declaring_somebody_who_is_known_runs_the_same_statements_and_answers_the_same_as_declaring_nobody() {
    let house = House::new().await;
    recorded(&house).await;
    house.colleague("aunt@fernbank.example", Role::Practitioner).await;
    let aunt = house.token("aunt@fernbank.example").await;
    let heard = Heard::from_now_on();
    let mut answers = Vec::new();
    // Surely, perhaps, and not at all; the last of the same length, so that nothing tells them apart but what is meant.
    for name in ["Ottilie Quarrendon", "Ottilie J Quarrendon", "Ottoline Quarrenden"] {
        let form = serde_urlencoded::to_string([("name", name), ("relation", "family")]).unwrap();
        heard.statements();
        let answered = page(&house, "POST", "/account/conflicts", &aunt, &form).await;
        answers.push((answered, heard.statements()));
    }
    assert_eq!(answers[0].0.0, StatusCode::SEE_OTHER, "{}", answers[0].0.1);
    let same =
        |statements: &[String]| statements.iter().filter(|one| !one.contains("LEAF")).cloned().collect::<Vec<_>>();
    for (answered, statements) in &answers[1..] {
        assert_eq!(answered, &answers[0].0);
        assert_eq!(same(statements), same(&answers[0].1));
    }
}

#[tokio::test]
async fn a_manager_who_declared_somebody_learns_nothing_by_setting_the_same_name_for_a_colleague() {
    let house = House::new().await;
    recorded(&house).await;
    let aunt = house.colleague("aunt@fernbank.example", Role::Practitioner).await;
    house.colleague("manager@fernbank.example", Role::Manager).await;
    let boss = house.token("manager@fernbank.example").await;
    let colleague = format!("/conflicts/{}", aunt.id);
    let heard = Heard::from_now_on();
    let mut answers = Vec::new();
    // One who is known here, and nobody; of the same length.
    let names = ["Ottilie Quarrendon", "Peregrin Quarrantan"];
    for name in names {
        let own = serde_urlencoded::to_string([("name", name), ("relation", "family")]).unwrap();
        assert_eq!(page(&house, "POST", "/account/conflicts", &boss, &own).await.0, StatusCode::SEE_OTHER);
        let set = serde_urlencoded::to_string([("name", name), ("relation", "family"), ("why", "Kin")]).unwrap();
        heard.statements();
        let mut said = vec![page(&house, "POST", &colleague, &boss, &set).await];
        for address in [colleague.as_str(), "/conflicts", "/"] {
            said.push(page(&house, "GET", address, &boss, "").await);
        }
        // Lifting what the manager just set is for another manager, known or not.
        let newest = declared_as(&house, &aunt, name).await;
        let lift = format!("{colleague}/{newest}");
        said.push(page(&house, "POST", &lift, &boss, "why=I+say+so").await);
        assert_eq!(said.last().unwrap().0, StatusCode::NOT_FOUND);
        assert!(said.iter().all(|(_, html)| !html.contains(name)), "{name}");
        answers.push((said, heard.statements()));
    }
    let same =
        |statements: &[String]| statements.iter().filter(|one| !one.contains("LEAF")).cloned().collect::<Vec<_>>();
    assert_eq!(answers[0].0, answers[1].0);
    assert_eq!(same(&answers[0].1), same(&answers[1].1));
    // Another name is listed and lifted, whoever it means; a namesake whom another set for the manager hides nothing, since they are not told.
    let set = "name=Jay+Field&relation=family&why=Kin";
    page(&house, "POST", &colleague, &boss, set).await;
    assert!(page(&house, "GET", &colleague, &boss, "").await.1.contains("Jay Field"));
    let lift = format!("{colleague}/{}", declared_as(&house, &aunt, "Jay Field").await);
    assert_eq!(page(&house, "POST", &lift, &boss, "why=She+moved").await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn naming_somebody_by_their_reference_takes_the_same_statements_whomever_one_declared() {
    let house = House::new().await;
    recorded(&house).await;
    let heard = Heard::from_now_on();
    let mut answers = Vec::new();
    // One declares somebody who is known here, the other nobody.
    for (who, name) in
        [("aunt@fernbank.example", "Ottilie Quarrendon"), ("uncle@fernbank.example", "Peregrin Quarrantan")]
    {
        house.colleague(who, Role::Practitioner).await;
        let token = house.token(who).await;
        let record = async |person: serde_json::Value| {
            let quick = json!({
                "about": "A neighbour asked", "choice": "do-not-share", "reasons": "Not hers to know.", "people": [person]
            });
            let recorded = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(quick)).await;
            assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
            recorded.json
        };
        let person = record(json!({ "name": "Jay Field" })).await["people"][0]["id"].clone();
        let form = serde_urlencoded::to_string([("name", name), ("relation", "family")]).unwrap();
        assert_eq!(page(&house, "POST", "/account/conflicts", &token, &form).await.0, StatusCode::SEE_OTHER);
        page(&house, "GET", "/", &token, "").await;
        heard.statements();
        record(json!({ "id": person })).await;
        answers.push(heard.statements());
    }
    let same =
        |statements: &[String]| statements.iter().filter(|one| !one.contains("LEAF")).cloned().collect::<Vec<_>>();
    assert_eq!(same(&answers[0]), same(&answers[1]));
}

/// A member's declaration of this name.
async fn declared_as(house: &House, whose: &casework::Member, name: &str) -> casework::DeclarationId {
    let read: Result<_, store::StoreError> =
        house
            .app
            .store
            .read("declarations", house.school.organisation.id, |mut r: store::Reading| async move {
                r.declarations().await
            })
            .await;
    let all = read.unwrap();
    all.iter().find(|one| one.member == whose.id && one.name == name).unwrap().id
}

#[tokio::test]
async fn who_must_not_see_a_matter_gets_what_whoever_asks_for_none_gets_by_the_same_statements() {
    let house = House::new().await;
    let (decision, matter) = recorded(&house).await;
    let aunt = house.colleague("aunt@fernbank.example", Role::Practitioner).await;
    let terms = casework::Terms { until: None, why: "She helps".into() };
    let invited = sharewell::actions::Involve::Invite(aunt.id);
    sharewell::actions::involve(&house.app, &house.school, matter.parse().unwrap(), invited, &terms).await.unwrap();
    let own = house.token("aunt@fernbank.example").await;
    let declared = page(&house, "POST", "/account/conflicts", &own, "name=Ottilie+Quarrendon&relation=family").await;
    assert_eq!(declared.0, StatusCode::SEE_OTHER);
    // She works on it, and nobody knows a year: a manager says that it is the same.
    house.colleague("manager@fernbank.example", Role::Manager).await;
    let boss = house.token("manager@fernbank.example").await;
    let waiting = house.send("GET", "/api/v1/conflicts/waiting", Some(&boss), None).await.json;
    let (person, of) = (&waiting["matches"][0]["person"], &waiting["matches"][0]["declaration"]["id"]);
    let decide = format!("/api/v1/conflicts/members/{}/{}/decide", aunt.id, of.as_str().unwrap());
    house.send("POST", &decide, Some(&boss), Some(json!({ "person": person, "same": true }))).await;
    // The first request opens the member's own record, which is remembered.
    page(&house, "GET", "/", &own, "").await;
    let heard = Heard::from_now_on();
    for (address, id) in [
        ("/matters/ID", matter.as_str()),
        ("/decisions/ID", &decision),
        ("/decisions/ID/record.pdf", &decision),
        ("/decisions/ID/replay", &decision),
        ("/people/ID", person.as_str().unwrap()),
        ("/people/ID/readers", person.as_str().unwrap()),
        ("/api/v1/people/ID", person.as_str().unwrap()),
        ("/api/v1/decisions/ID", &decision),
    ] {
        heard.statements();
        let hidden = page(&house, "GET", &address.replace("ID", id), &own, "").await;
        let for_hidden = heard.statements();
        let missing = page(&house, "GET", &address.replace("ID", NOWHERE), &own, "").await;
        assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{address}");
        assert_eq!((hidden, for_hidden), (missing, heard.statements()), "{address}");
    }
}

#[tokio::test]
async fn who_administers_or_was_not_asked_in_reads_nothing_of_a_matter() {
    let house = House::new().await;
    let (decision, matter) = recorded(&house).await;
    house.colleague("office@fernbank.example", Role::Administrator).await;
    house.colleague("analyst@fernbank.example", Role::Analyst).await;
    house.colleague("colleague@fernbank.example", Role::Practitioner).await;
    for who in ["office@fernbank.example", "analyst@fernbank.example", "colleague@fernbank.example"] {
        let token = house.token(who).await;
        for address in [format!("/decisions/{decision}"), format!("/matters/{matter}")] {
            let kind = address.split('/').nth(1).unwrap();
            let hidden = page(&house, "GET", &address, &token, "").await;
            let missing = page(&house, "GET", &format!("/{kind}/{NOWHERE}"), &token, "").await;
            assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{who} {address}");
            assert_eq!(hidden, missing, "{who} {address}");
        }
    }
}

#[tokio::test]
async fn nothing_that_was_typed_stands_in_the_log() {
    let house = House::new().await;
    let heard = Heard::from_now_on();
    let (id, _) = recorded(&house).await;
    let token = house.token("teacher@fernbank.example").await;
    page(&house, "GET", &format!("/decisions/{id}?q=Ottilie"), &token, "").await;
    page(&house, "POST", "/matters/Ottilie/people", &token, "name=Ottilie").await;
    page(&house, "OTTILIE", "/matters", &token, "").await;
    page(&house, "POST", "/sign-in", "", "email=ottilie%40fernbank.example&password=ottilie").await;
    let log = heard.log();
    assert!(log.contains("/decisions/{decision}"), "{log}");
    for typed in ["ottilie", &id, "belt", "fernbank", "marks"] {
        assert!(!log.contains(typed), "{typed} in {log}");
    }
}

#[tokio::test]
async fn a_case_made_to_be_compared_for_minutes_is_refused_at_once() {
    let house = House::new().await;
    let many: serde_json::Map<String, Value> = (0..20_000).map(|n| (format!("fact{n}"), json!("yes"))).collect();
    for (case, pointer) in [
        (json!({ "facts": { ("y".repeat(900_000)): "yes" } }), "/facts/"),
        (json!({ "facts": many }), "/facts/"),
        (json!({ "facts": { "consent": "x".repeat(900_000) } }), "/facts/consent"),
        (json!({ "facts": { "consent": vec!["x"; 90_000] } }), "/facts/consent"),
        (json!({ "items": [{ "text": "t", ("y".repeat(900_000)): "yes" }] }), "/items/"),
    ] {
        let sent = house.send("POST", "/api/v1/advice", None, Some(case));
        let refused = tokio::time::timeout(Duration::from_secs(5), sent).await.unwrap();
        assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]));
        assert!(refused.json.to_string().len() < 1_000, "it is not sent back");
    }
}

#[tokio::test]
async fn a_foreign_name_that_leads_to_this_machine_is_no_page_of_ours() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    for host in ["leads-here.example", "127.0.0.1.leads-here.example:8080", "localhost.leads-here.example"] {
        let request = Request::post("/api/v1/decisions")
            .header("host", host)
            .header("origin", format!("http://{host}"))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .header("cookie", format!("sharewell={token}"))
            .body(Body::from(decision().to_string()))
            .unwrap();
        assert_eq!(answered(house.router(), request).await.status, StatusCode::FORBIDDEN, "{host}");
    }
}

/// The headers of an answer to an address that begins with `https` or of this machine alone.
async fn headers(address: Option<&str>, method: &str, path: &str) -> (StatusCode, header::HeaderMap) {
    let folder = tempfile::TempDir::new().unwrap();
    let store = Store::create(&Place::under(folder.path()), clock::randomness(), house::NOW).await.unwrap();
    let config = Config { address: address.map(str::to_owned), ..Config::plain(folder.path()) };
    let app = App::new(store, house::pack(), Clock::standing_at(house::NOW), Mode::Live, config);
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = sharewell::serve::router(app).oneshot(request).await.unwrap();
    (response.status(), response.headers().clone())
}

#[tokio::test]
async fn every_answer_is_framed_by_nobody_taken_for_nothing_else_and_kept_nowhere() {
    for (method, path, expected) in [
        ("GET", "/healthz", StatusCode::OK),
        ("POST", "/healthz", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/assets/none/css/none.css", StatusCode::NOT_FOUND),
        ("POST", "/assets/none/css/sharewell.css", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/sign-in", StatusCode::OK),
        ("GET", "/matters", StatusCode::UNAUTHORIZED),
        ("GET", "/nowhere", StatusCode::NOT_FOUND),
        ("TRACE", "/", StatusCode::FORBIDDEN),
        ("GET", "/api/v1/guidance/facts", StatusCode::OK),
        ("GET", "/api/v1/nowhere", StatusCode::NOT_FOUND),
        ("PUT", "/api/v1/advice", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let (status, headers) = headers(None, method, path).await;
        let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert_eq!(status, expected, "{method} {path}");
        let policy = said("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(said("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(said("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(said("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(said("cache-control"), "no-store", "{path}");
        assert!(headers.get("access-control-allow-origin").is_none(), "{path}");
        assert!(headers.get("strict-transport-security").is_none(), "without TLS it would be ignored: {path}");
    }
}

#[tokio::test]
async fn over_tls_every_answer_tells_the_browser_never_to_come_without_it() {
    for path in ["/healthz", "/assets/none/css/none.css", "/sign-in", "/nowhere", "/api/v1/nowhere"] {
        let (_, headers) = headers(Some("https://sharewell.example"), "GET", path).await;
        assert_eq!(headers["strict-transport-security"], "max-age=63072000; includeSubDomains", "{path}");
    }
}

/// What a raw connection is answered; empty when it was closed without a word.
async fn raw(house: &House, sent: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(sharewell::serve::serve(house.app.clone(), listener, async move {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_whose_end_is_in_doubt_is_refused_and_what_follows_it_is_no_request() {
    for ambiguous in [
        "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let house = House::new().await;
        let answer = raw(&house, format!("POST /sign-in HTTP/1.1\r\nHost: localhost\r\n{ambiguous}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_request_for_two_hosts_is_refused() {
    let house = House::new().await;
    for sent in
        ["GET /sign-in HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere.example", "GET / HTTP/1.1\r\nHost: a\r\nhost: a"]
    {
        let answer = raw(&house, format!("{sent}\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("nosniff"), "{answer}");
    }
}

#[tokio::test]
async fn where_to_go_on_after_signing_in_cannot_be_elsewhere_nor_split_the_answer() {
    let house = House::new().await;
    for elsewhere in
        ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%0D%0ASet-Cookie:a=b", "/%09/evil.example"]
    {
        let request = Request::post("/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "email=teacher%40fernbank.example&password={}&then={elsewhere}",
                house::PASSWORD.replace(' ', "+")
            )))
            .unwrap();
        let response = house.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{elsewhere}");
        assert_eq!(response.headers()["location"], "/", "{elsewhere}");
        let set = response.headers().get_all("set-cookie").iter();
        let names: Vec<_> = set.filter_map(|cookie| cookie.to_str().unwrap().split('=').next()).collect();
        assert_eq!(names, ["sharewell", "sharewell-device"], "{elsewhere}");
    }
}

#[tokio::test]
async fn no_header_turns_a_reading_request_into_a_writing_one() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let request = Request::get("/sign-out?_method=POST")
            .header("cookie", format!("sharewell={token}"))
            .header("sec-fetch-site", "same-origin")
            .header(name, "POST")
            .body(Body::empty())
            .unwrap();
        assert_eq!(house.router().oneshot(request).await.unwrap().status(), StatusCode::NOT_FOUND, "{name}");
        assert_eq!(page(&house, "GET", "/matters", &token, "").await.0, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_planted_cookie_signs_nobody_in_and_becomes_no_session_of_anybody() {
    let house = House::new().await;
    let theirs = house.token("teacher@fernbank.example").await;
    // Who can set a cookie from a neighbouring name puts theirs first: it counts, and nothing behind it.
    let (status, _) = page(&house, "GET", "/matters", &format!("planted; sharewell={theirs}"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let request = Request::post("/sign-in")
        .header("cookie", format!("sharewell={theirs}"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("email=teacher%40fernbank.example&password={}", house::PASSWORD.replace(' ', "+"))))
        .unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    let given = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(given.contains("HttpOnly; SameSite=Lax") && !given.contains(&theirs), "{given}");
    assert_eq!(
        page(&house, "GET", "/matters", &theirs, "").await.0,
        StatusCode::UNAUTHORIZED,
        "the visit before ended"
    );
}

/// Runs a statement on the house's file behind the program's back, as whoever writes to the database may; how many rows it changed.
async fn behind(house: &House, statement: &str) -> u64 {
    let file = house.folder.path().join("sharewell.db");
    let mut raw = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    done.rows_affected()
}

fn blob(bytes: &[u8]) -> String {
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("x'{hex}'")
}

#[tokio::test]
async fn a_member_who_writes_to_the_database_is_let_in_as_nobody_else() {
    const OWN: &str = "orchid thimble quarry";
    let house = House::new().await;
    let of_mine = house::member("colleague@fernbank.example", &[Role::Practitioner]);
    let me = actions::admit_member(&house.app, &house.school, of_mine, Some(OWN)).await.unwrap();
    let (school, mine) = (house.school.organisation.id, blob(me.id.uuid().as_bytes()));
    let theirs = blob(house.school.member.id.uuid().as_bytes());
    let enter = async || {
        let entered = actions::sign_in(&house.app, &me.email, OWN, None, &house::device()).await.unwrap();
        entered.token.cookie()
    };

    // One's own session, made a colleague's, or longer, or proved in another way, or a moment ago.
    let nobody = SessionToken::new(school, [7; 32]).cookie();
    // A page for whoever is not signed in holds a question for passkeys, which is another each time.
    let asks = async |token: &str| {
        let (page, _) = page(&house, "GET", "/matters", token, "").await;
        let api = house.send("GET", "/api/v1/sessions", Some(token), None).await;
        (page, api.status, api.json)
    };
    let unknown = asks(&nobody).await;
    assert_eq!((unknown.0, unknown.1), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    for changed in [
        format!("member_id = {theirs}"),
        "ends_at = ends_at + 86400000000".to_owned(),
        "confirmed_at = confirmed_at + 1".to_owned(),
        "proved = 'passkey'".to_owned(),
    ] {
        let token = enter().await;
        assert_eq!(page(&house, "GET", "/matters", &token, "").await.0, StatusCode::OK);
        assert_eq!(behind(&house, &format!("UPDATE session SET {changed} WHERE member_id = {mine}")).await, 1);
        let heard = Heard::from_now_on();
        assert_eq!(asks(&token).await, unknown, "{changed}");
        let log = heard.log();
        assert!(log.contains("event=\"row-refused\"\ntable=\"session\""), "{log}");
        assert!(log.contains("ended-or-never-was"), "{log}");
        for private in [&me.id.to_string(), &token.to_lowercase(), "wilhelmina", "fernbank"] {
            assert!(!log.contains(private), "{private} in {log}");
        }
        behind(&house, "DELETE FROM session").await;
    }

    // The session of a colleague who sits there, under a token that one has oneself.
    let (known, hash) = (SessionToken::new(school, [8; 32]).cookie(), Sha256::digest([8; 32]));
    house.token("teacher@fernbank.example").await;
    assert_eq!(behind(&house, &format!("UPDATE session SET token_hash = {}", blob(&hash))).await, 1);
    assert_eq!(asks(&known).await, unknown);

    // One's own link, led to a colleague.
    let code = LinkCode::new(school, [9; 32]);
    let link = MemberLink { made_at: house::NOW, ends_at: house::NOW.plus_seconds(600) };
    let (given, to) = (&code, me.id);
    let written: Result<(), StoreError> =
        house.app.store.write("test", school, |mut w: Writing| async move { w.give_link(given, to, link).await }).await;
    written.unwrap();
    let open = |code: &LinkCode| format!("code={}", code.text());
    let never = page(&house, "POST", "/link", "", &open(&LinkCode::new(school, [6; 32]))).await;
    assert_eq!(page(&house, "POST", "/link", "", &open(&code)).await.0, StatusCode::OK);
    assert_eq!(behind(&house, &format!("UPDATE member_link SET member_id = {theirs}")).await, 1);
    assert_eq!(page(&house, "POST", "/link", "", &open(&code)).await, never);

    // One's own password, copied to a colleague.
    let copied = format!(
        "UPDATE member_password SET hash = m.hash, set_at = m.set_at, tag = m.tag FROM (SELECT * FROM member_password WHERE \
         member_id = {mine}) AS m WHERE member_password.member_id = {theirs}"
    );
    assert_eq!(behind(&house, &copied).await, 1);
    let sent = |password: &str| Some(json!({ "email": "teacher@fernbank.example", "password": password }));
    let wrong = house.send("POST", "/api/v1/sessions", None, sent("four words apart here")).await;
    let copied = house.send("POST", "/api/v1/sessions", None, sent(OWN)).await;
    assert_eq!((copied.status, &copied.json["errors"]), (wrong.status, &wrong.json["errors"]));
    assert_eq!(copied.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page(&house, "GET", "/matters", &enter().await, "").await.0, StatusCode::OK, "as oneself as ever");
}

#[tokio::test]
async fn a_member_who_writes_to_the_database_is_shown_no_more_by_it() {
    let house = House::new().await;
    let (decision, matter) = recorded(&house).await;
    let me = house.colleague("colleague@fernbank.example", Role::Practitioner).await;
    let token = house.token("colleague@fernbank.example").await;
    let own = json!({ "case": serde_json::to_value(told_by_a_child()).unwrap(), "about": "Telling the duty team",
        "purpose": "To protect a child", "people": [{ "name": "Bartholomew Finch" }], "choice": "share", "reasons": "He said so." });
    let own = house.send("POST", "/api/v1/decisions", Some(&token), Some(own)).await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.json);
    let own: MatterId = own.json["matter"].as_str().unwrap().parse().unwrap();
    // The colleague's matter is with a team as well, in which one is not.
    let (matter, teacher) = (matter.parse::<MatterId>().unwrap(), &house.school);
    let team = actions::save_team(&house.app, teacher, None, "Early help", &[].into()).await.unwrap();
    let team_id = team.id;
    let given: Result<(), StoreError> = house
        .app
        .store
        .write("test", teacher.organisation.id, |mut w: Writing| async move {
            let matter = w.matter(matter).await?.unwrap();
            let involved = Involvement { by: InvolvedBy::Team(team_id), ..matter.involved[0].clone() };
            let involved = matter.involved.iter().cloned().chain([involved]).collect();
            w.save_matter(&Matter { version: matter.version + 1, involved, ..matter }).await
        })
        .await;
    given.unwrap();

    let addresses = [format!("/matters/{matter}"), format!("/decisions/{decision}"), format!("/matters/{NOWHERE}")];
    let shown = async || {
        let mut shown = Vec::new();
        for address in ["/matters".to_owned(), format!("/matters/{own}")].iter().chain(&addresses) {
            shown.push(page(&house, "GET", address, &token, "").await);
        }
        shown
    };
    let before = shown().await;
    let statuses: Vec<u16> = before.iter().map(|(status, _)| status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 404, 404, 404]);
    let [school, i, them, their_matter, my_matter, team] = [
        teacher.organisation.id.uuid(),
        me.id.uuid(),
        teacher.member.id.uuid(),
        matter.uuid(),
        own.uuid(),
        team.id.uuid(),
    ]
    .map(|id| blob(id.as_bytes()));
    for written in [
        format!("INSERT INTO matter_member VALUES ({school}, {their_matter}, {i}, 9000000000000000)"),
        format!("INSERT INTO team_member VALUES ({school}, {team}, {i})"),
        format!("INSERT OR IGNORE INTO matter_person SELECT {school}, {my_matter}, person_id FROM matter_person"),
        format!("UPDATE item SET matter_id = {my_matter}"),
        format!("UPDATE decision SET matter_id = {my_matter}, member_id = {i} WHERE member_id = {them}"),
    ] {
        assert!(behind(&house, &written).await > 0, "{written}");
        let heard = Heard::from_now_on();
        assert_eq!(shown().await, before, "{written}");
        let log = heard.log();
        // A matter that a row leads to is asked for, and refused by the rules.
        assert!(log.contains("row-refused") || written.contains("matter_member"), "{written}: {log}");
    }
}

#[tokio::test]
async fn whoever_reads_the_databases_statements_does_not_learn_how_a_code_of_their_own_would_be_kept() {
    let house = House::new().await;
    let (school, me) = (house.school.organisation.id, house.school.member.id);
    let codes = &["right".to_owned()];
    let set: Result<(), StoreError> = house
        .app
        .store
        .write("test", school, |mut w: Writing| async move { w.set_recovery_codes(me, codes).await })
        .await;
    set.unwrap();
    for (code, right) in [("of their own", false), ("right", true)] {
        let heard = Heard::from_now_on();
        let used: Result<bool, StoreError> = house
            .app
            .store
            .write("test", school, |mut w: Writing| async move { w.use_recovery_code(me, code).await })
            .await;
        assert_eq!(used.unwrap(), right);
        // The one statement to which the HMAC of the code is given.
        assert_eq!(heard.statements().contains(&"\"USE_RECOVERY_CODE\"".to_owned()), right, "{code}");
    }
}
