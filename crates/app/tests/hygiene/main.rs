//! What the log tells of security, what is too often, and when the program is ready.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

#[path = "../house/mod.rs"]
mod house;
mod tls;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{Role, SecondStep};
use house::{House, NOW, PASSWORD, answered, told_by_a_child, told_nothing_to_a_caller};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sharewell::actions::{self, HandOver, MOST_FAILURES, Often};
use sharewell::events::{Event, log_to};
use store::Store;
use tokio::net::TcpListener;
use totp_rs::Builder;
use tower::ServiceExt;

const NOWHERE: &str = "0193a5c0-0000-7000-8000-000000000000";
const COLLEAGUE: &str = "colleague@fernbank.example";

thread_local! {
    static LOG: RefCell<Vec<u8>> = RefCell::default();
}

/// Writes to the log of the test that runs on this thread.
struct ToTest;

impl io::Write for ToTest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to the log as the program writes it, from now on.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| tracing::subscriber::set_global_default(log_to(|| ToTest)).unwrap());
    LOG.take();
}

/// The lines since, each an object.
fn lines() -> Vec<Value> {
    let log = String::from_utf8(LOG.take()).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(lines: &[Value], event: Event) -> Vec<&Value> {
    lines.iter().filter(|line| line["event"] == event.name()).collect()
}

/// A page as a browser gets it that sends this token: status, headers and body.
async fn page(
    house: &House,
    method: &str,
    address: &str,
    token: &str,
    form: &str,
) -> (StatusCode, header::HeaderMap, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if !token.is_empty() {
        request = request.header(header::COOKIE, format!("sharewell={token}"));
    }
    let request = request.body(Body::from(form.to_owned())).unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn every_refusal_says_by_which_rule_to_whom_and_in_which_request_and_the_screen_says_not_found() {
    let house = House::new().await;
    let colleague = house.colleague(COLLEAGUE, Role::Practitioner).await;
    let office = house.colleague("office@fernbank.example", Role::Administrator).await;
    let record = told_nothing_to_a_caller();
    let decision = actions::record_not_sharing(&house.app, &house.school, record).await.unwrap();
    let draft = actions::new_draft(&house.app, &told_by_a_child()).unwrap();
    let draft = actions::start_draft(&house.app, &house.school, None, draft).await.unwrap();
    let (theirs, offices) = (house.token(COLLEAGUE).await, house.token("office@fernbank.example").await);
    listen();
    for (token, whose, method, address, rule) in [
        (&theirs, &colleague, "GET", format!("/matters/{}", decision.matter), "nothing-permits"),
        (&theirs, &colleague, "GET", format!("/decisions/{}", decision.id), "nothing-permits"),
        (&theirs, &colleague, "POST", format!("/decide/{}/record", draft.id), "nothing-permits"),
        (&theirs, &colleague, "GET", "/organisation/members".to_owned(), "nothing-permits"),
        (&theirs, &colleague, "GET", "/retention".to_owned(), "nothing-permits"),
        (&offices, &office, "GET", "/people".to_owned(), "only-roles-that-work-with-cases"),
        (&offices, &office, "GET", format!("/api/v1/decisions/{}", decision.id), "only-roles-that-work-with-cases"),
    ] {
        let (status, headers, body) = page(&house, method, &address, token, "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{address}");
        let lines = lines();
        let refused = events(&lines, Event::Refused);
        let [line] = refused[..] else { panic!("{address}: {lines:#?}") };
        assert_eq!(line["rule"], rule, "{address}");
        assert_eq!(line["span"]["reference"], headers["x-request-id"].to_str().unwrap(), "{address}");
        assert_eq!(line["span"]["member"], whose.id.to_string(), "{address}");
        let reason = line["reason"].as_str().unwrap();
        assert!(!reason.is_empty() && !body.contains(reason) && !body.contains(rule), "{address}: {body}");
        let kind = line["span"]["route"].as_str().unwrap();
        assert_eq!(kind.split('/').nth(1), address.split('/').nth(1), "which kind of record it was about");
        let last = lines.last().unwrap();
        assert_eq!((&last["status"], &last["span"]["member"]), (&json!(404), &json!(whose.id.to_string())));
        let said = format!("{lines:?}");
        for of_the_record in [decision.id.to_string(), decision.matter.to_string(), draft.id.to_string()] {
            assert!(!said.contains(&of_the_record), "{address}");
        }
    }
}

#[tokio::test]
async fn whoever_is_suspended_meanwhile_is_refused_in_the_log_by_their_id() {
    let house = House::new().await;
    let colleague = house.colleague(COLLEAGUE, Role::Practitioner).await;
    actions::suspend_member(&house.app, &house.school, colleague.id).await.unwrap();
    listen();
    let form = format!("email=colleague%40fernbank.example&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(page(&house, "POST", "/sign-in", "", &form).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let lines = lines();
    let refused = events(&lines, Event::Refused)[0];
    assert_eq!(refused["rule"], "only-active-members", "{lines:?}");
    assert_eq!(refused["span"]["member"], colleague.id.to_string(), "{lines:?}");
}

/// The code that an app shows now that holds this key.
fn code(house: &House, key: &str) -> String {
    let five = |letter| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
    let bits: Vec<bool> = key
        .chars()
        .filter(|letter| *letter != ' ')
        .flat_map(|l| (0..5).rev().map(move |b| five(l) >> b & 1 == 1))
        .collect();
    let secret: Vec<u8> =
        bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
    let secret: [u8; 20] = secret.try_into().unwrap();
    let seconds = u64::try_from(house.app.clock.now().micros() / 1_000_000).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
}

#[tokio::test]
async fn coming_in_and_whatever_changes_it_is_a_line_each_by_a_fixed_name_and_names_nobody() {
    let house = House::new().await;
    let (app, school, device) = (&house.app, &house.school, house::device());
    listen();
    // Coming in, and not.
    for (email, password) in [("teacher@fernbank.example", "wrong wrong wrong"), ("nobody@fernbank.example", PASSWORD)]
    {
        let form = format!("email={email}&password={}", password.replace(' ', "+"));
        page(&house, "POST", "/sign-in", "", &form.replace('@', "%40")).await;
    }
    let entered = actions::sign_in(app, "teacher@fernbank.example", PASSWORD, None, &device).await.unwrap();
    let mut teacher = entered.actor.clone();
    let other = house.token("teacher@fernbank.example").await;
    let sessions = actions::account(app, &teacher).await.unwrap().sessions;
    let another = sessions.iter().find(|one| Some(one.id) != teacher.session).unwrap();
    actions::end_my_session(app, &teacher, another.id).await.unwrap();
    actions::end_my_other_sessions(app, &teacher).await.unwrap();
    assert_eq!(page(&house, "GET", "/matters", &other, "").await.0, StatusCode::UNAUTHORIZED);
    page(&house, "GET", "/matters", "made-up", "").await;
    actions::change_password(app, &teacher, PASSWORD, "gravel lantern heron", &device).await.unwrap();
    // The second step.
    let offer = actions::offer_code(app, &teacher, None).unwrap();
    actions::replace_code(app, &teacher, &offer.sealed, &code(&house, &offer.typed)).await.unwrap();
    actions::renew_recovery_codes(app, &teacher).await.unwrap();
    let wrong =
        actions::sign_in(app, "teacher@fernbank.example", "gravel lantern heron", Some("000000"), &device).await;
    assert!(wrong.is_err());
    let version = school.organisation.version;
    actions::ask_for_second_step(app, &teacher, version, SecondStep::Demanded).await.unwrap();
    // Members.
    teacher.organisation.version += 1;
    let new = house::member("new@fernbank.example", &[Role::Practitioner]);
    let given = actions::invite_colleague(app, &teacher, new.clone()).await.unwrap();
    let invited = given.member.id;
    actions::withdraw_invitation(app, &teacher, invited).await.unwrap();
    let again = actions::give_link(app, &teacher, invited).await.unwrap();
    let link = again.code.text();
    assert!(actions::open_link(app, &"0".repeat(link.len())).await.is_err());
    let joined = actions::use_link(app, &link, "heron gravel lantern").await.unwrap();
    let renamed = casework::NewMember { role_title: "Nurse".into(), ..new };
    actions::change_member(app, &teacher, invited, &actions::member_mark(&joined), renamed).await.unwrap();
    actions::reset_sign_in(app, &teacher, invited).await.unwrap();
    actions::suspend_member(app, &teacher, invited).await.unwrap();
    actions::reactivate_member(app, &teacher, invited).await.unwrap();
    actions::hand_over(app, &teacher, invited, &HandOver::default(), true).await.unwrap();
    actions::sign_out(app, &entered.token.cookie()).await.unwrap();

    let lines = lines();
    for (event, times) in [
        (Event::SignedIn, 2),
        (Event::SignInRefused, 3),
        (Event::SessionRefused, 2),
        (Event::SessionEnded, 2),
        (Event::OtherSessionsEnded, 1),
        (Event::PasswordChanged, 1),
        (Event::CodeSetUp, 1),
        (Event::RecoveryCodesRenewed, 1),
        (Event::SignInRulesChanged, 1),
        (Event::MemberInvited, 1),
        (Event::InvitationWithdrawn, 1),
        (Event::LinkGiven, 1),
        (Event::LinkRefused, 1),
        (Event::LinkUsed, 1),
        (Event::MemberChanged, 1),
        (Event::WayInRenewed, 1),
        (Event::MemberSuspended, 1),
        (Event::MemberReactivated, 1),
        (Event::MemberLeft, 1),
    ] {
        assert_eq!(events(&lines, event).len(), times, "{}: {lines:#?}", event.name());
    }
    assert_eq!(events(&lines, Event::SignedIn)[0]["why"], "password");
    assert_eq!(events(&lines, Event::MemberSuspended)[0]["to"], invited.to_string());
    let said = format!("{lines:?}").to_lowercase();
    for personal in ["fernbank", "throssell", "lantern", &link, &entered.token.cookie(), "nurse"] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
}

#[tokio::test]
async fn attempts_to_get_round_are_in_the_log() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    listen();
    let ask = async |request: Request<Body>| answered(house.router(), request).await.status;
    let elsewhere = Request::post("/sign-out").header("origin", "https://elsewhere.example").body(Body::empty());
    assert_eq!(ask(elsewhere.unwrap()).await, StatusCode::FORBIDDEN);
    let with_cookie = Request::post("/api/v1/decisions")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", format!("sharewell={token}"))
        .header("content-type", "application/json")
        .body(Body::from("{}"));
    assert_eq!(ask(with_cookie.unwrap()).await, StatusCode::FORBIDDEN);
    let two = Request::get("/").header("host", "127.0.0.1").header("host", "elsewhere.example").body(Body::empty());
    assert_eq!(ask(two.unwrap()).await, StatusCode::BAD_REQUEST);
    page(&house, "POST", "/sign-in/code", "", "half=YWx0ZXJlZA&code=123456").await;
    for _ in 0..=MOST_FAILURES {
        page(&house, "POST", "/sign-in", "", "email=teacher%40fernbank.example&password=guess+guess+guess").await;
    }
    let lines = lines();
    assert_eq!(events(&lines, Event::SentFromElsewhere).len(), 2, "{lines:#?}");
    assert_eq!(events(&lines, Event::TwoHosts).len(), 1);
    assert_eq!(events(&lines, Event::SealRefused).len(), 1);
    let why: BTreeSet<_> =
        events(&lines, Event::SignInRefused).iter().map(|line| line["why"].as_str().unwrap()).collect();
    assert_eq!(why, BTreeSet::from(["too-many-attempts", "wrong-address-or-password"]));
    for line in lines.iter().filter(|line| line["event"].is_string()) {
        assert!(line["span"]["reference"].as_str().is_some_and(|reference| reference.len() == 16), "{line}");
    }
}

#[tokio::test]
async fn what_a_program_could_do_too_often_ends_for_an_hour_for_that_member_alone() {
    let house = House::new().await;
    house.colleague(COLLEAGUE, Role::Practitioner).await;
    let (token, theirs) = (house.token("teacher@fernbank.example").await, house.token(COLLEAGUE).await);
    let look_up = json!({ "name": "Ottilie Quarrendon", "born": 2015, "reason": "A call from school" });
    let form = "name=Ottilie+Quarrendon&born=2015&reason=A+call+from+school";
    let ask =
        async |token: &str| house.send("POST", "/api/v1/people/look-up", Some(token), Some(look_up.clone())).await;
    for _ in 0..Often::LookUp.most() {
        assert_eq!(ask(&token).await.status, StatusCode::NOT_FOUND);
    }
    listen();
    let refused = ask(&token).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers[header::RETRY_AFTER], "3601");
    assert_eq!(refused.json["type"], "urn:sharewell:problem:too-often");
    let (status, headers, body) = page(&house, "POST", "/people", &token, form).await;
    assert_eq!((status, &headers[header::RETRY_AFTER]), (StatusCode::TOO_MANY_REQUESTS, &"3601".parse().unwrap()));
    assert!(body.contains("Wait 61 minutes and go on. If somebody is in danger, do not wait"), "{body}");
    assert_eq!(events(&lines(), Event::TooOften)[0]["why"], "look-up");
    // A colleague goes on, and so does whatever somebody in danger waits for.
    assert_eq!(ask(&theirs).await.status, StatusCode::NOT_FOUND);
    assert_eq!(page(&house, "GET", "/people", &token, "").await.0, StatusCode::OK);
    let advice = json!({ "facts": { "child_disclosed": "yes", "recipient_kind": "police", "recipient_named": "yes" } });
    assert_eq!(house.send("POST", "/api/v1/advice", Some(&token), Some(advice)).await.status, StatusCode::OK);
    assert!(actions::record_not_sharing(&house.app, &house.school, told_nothing_to_a_caller()).await.is_ok());
    house.app.clock.put_forward(60 * 60);
    // The session has ended meanwhile.
    let token = house.token("teacher@fernbank.example").await;
    assert_eq!(ask(&token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn addresses_files_links_and_tables_have_a_limit_of_their_own() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let decision = actions::record_not_sharing(&house.app, &house.school, told_nothing_to_a_caller()).await.unwrap();
    let json = format!("/decisions/{}/record.json", decision.id);
    for (method, address, form, most) in [
        ("POST", format!("/people/{NOWHERE}/address/read"), "reason=A+visit", Often::Address),
        ("GET", json.clone(), "", Often::File),
        ("POST", "/organisation/members/invite".to_owned(), "name=&email=", Often::Link),
        ("POST", "/organisation/import".to_owned(), "text=name", Often::Table),
    ] {
        for _ in 0..most.most() {
            let status = page(&house, method, &address, &token, form).await.0;
            assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{address}");
        }
        assert_eq!(page(&house, method, &address, &token, form).await.0, StatusCode::TOO_MANY_REQUESTS, "{address}");
    }
    for more in ["record.pdf", "record.json"] {
        let address = format!("/decisions/{}/{more}", decision.id);
        assert_eq!(page(&house, "GET", &address, &token, "").await.0, StatusCode::TOO_MANY_REQUESTS, "{more}");
    }
    // The page itself is read as ever.
    let address = format!("/decisions/{}", decision.id);
    assert_eq!(page(&house, "GET", &address, &token, "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_is_no_number_is_pointed_at_on_every_list() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let (readers, unusual) = (format!("/api/v1/people/{NOWHERE}/readers"), "/api/v1/unusual-reading");
    for (query, pointers) in [
        ("page=null", ["/page"].as_slice()),
        ("page=-1", &["/page"]),
        ("page=18446744073709551616", &["/page"]),
        ("page=0&page=1", &[""]),
        ("page=4294967295", &[]),
        ("page=0&other=1", &[]),
        ("", &[]),
    ] {
        for list in [readers.as_str(), unusual] {
            let answered = house.send("GET", &format!("{list}?{query}"), Some(&token), None).await;
            let status = if pointers.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
            assert_eq!(answered.status, status, "{list} {query}: {}", answered.json);
            if !pointers.is_empty() {
                assert_eq!(answered.pointers(), pointers, "{list} {query}");
                let says = if pointers == ["/page"] { "a page is a number from 0" } else { "duplicate field `page`" };
                assert_eq!(
                    answered.json["errors"][0]["detail"],
                    format!("This cannot be read: {says}."),
                    "{list} {query}"
                );
            }
        }
    }
}

#[tokio::test]
async fn after_signing_out_the_browser_forgets() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let (status, headers, _) = page(&house, "POST", "/sign-out", &token, "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(
        headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .starts_with("sharewell=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
    );
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(page(&house, "GET", "/matters", &token, "").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn it_is_ready_once_the_ledgers_are_signed_as_far_as_they_go() {
    let house = House::new().await;
    let asked = async || {
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        house.router().oneshot(request).await.unwrap().status()
    };
    assert_eq!(asked().await, StatusCode::SERVICE_UNAVAILABLE, "nothing was signed since the start");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(sharewell::serve::serve(Arc::clone(&house.app), listener, async move {
        let _ = stopped.await;
    }));
    let caught_up = async {
        while asked().await != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), caught_up).await.unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert_eq!(asked().await, StatusCode::SERVICE_UNAVAILABLE, "the store is closed");
}

#[tokio::test]
async fn uses_are_counted_for_all_copies_of_the_program() {
    let house = House::new().await;
    let place = store::Place::under(house.folder.path());
    let second = Store::open(&place, sharewell::clock::randomness(), NOW).await.unwrap();
    let (one, other) = (house.school.member.id, house.colleague(COLLEAGUE, Role::Practitioner).await.id);
    let until = NOW.plus_seconds(600);
    let count = async |store: &Store, member, what, now| store.count_use(member, what, now, until, 2).await.unwrap();
    assert_eq!(count(&house.app.store, one, "file", NOW).await, None);
    assert_eq!(count(&second, one, "file", NOW.plus_seconds(1)).await, None);
    assert_eq!(count(&house.app.store, one, "file", NOW.plus_seconds(2)).await, Some(until));
    assert_eq!(count(&second, one, "file", NOW.plus_seconds(2)).await, Some(until));
    assert_eq!(count(&second, one, "link", NOW).await, None, "another use");
    assert_eq!(count(&second, other, "file", NOW).await, None, "another member");
    assert_eq!(count(&second, one, "file", until).await, None, "what is over no longer counts");
}
