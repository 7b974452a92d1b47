//! Signing in as people do it: password and one-time code, recovery codes, proving it again, sessions and devices.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

#[path = "canary/routes.rs"]
mod mounted;

#[path = "house/browser.rs"]
mod browser;
mod house;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use browser::{Browser, Shown, code};
use casework::{Member, MemberId, Role, SecondStep};
use house::{House, NOW, PASSWORD, found, pack};
use serde_json::{Value, json};
use sharewell::actions::{self, FAILURE_COUNTS_SECONDS, MOST_FAILURES};
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sharewell::{App, AppError, Mode};
use store::{Place, Store};
use tempfile::TempDir;
use tower::ServiceExt;

const TEACHER: &str = "teacher@fernbank.example";
const HEAD: &str = "head@fernbank.example";
const NOWHERE: &str = "0193a5c0-0000-7000-8000-000000000000";
const OTHER_PASSWORD: &str = "another gravel lantern";

/// A school that asks everybody for a one-time code.
async fn asking() -> House {
    let house = House::new().await;
    demand(&house).await;
    house
}

async fn demand(house: &House) {
    let asked = actions::ask_for_second_step(
        &house.app,
        &house.school,
        house.school.organisation.version,
        SecondStep::Demanded,
    );
    asked.await.unwrap();
}

/// Signs in for the first time and sets up a one-time code; its key and the recovery codes. The clock goes on to the next code.
async fn set_up(browser: &mut Browser<'_>, email: &str) -> (String, Vec<String>) {
    let page = browser.password(email, PASSWORD).await;
    assert!(page.html.contains("Or a one-time code"), "{}", page.html);
    let key = page.codes().remove(0);
    let typed = code(browser.app, &key, 0);
    let fields = [("half", page.hidden("half")), ("offer", page.hidden("offer")), ("code", typed)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let codes = browser.post("/sign-in/set-up", &fields).await;
    assert_eq!(codes.status, StatusCode::OK, "{}", codes.html);
    browser.app.clock.put_forward(30);
    (key, codes.codes())
}

async fn with_code(browser: &mut Browser<'_>, email: &str, code: &str) -> Shown {
    let page = browser.password(email, PASSWORD).await;
    let half = page.hidden("half");
    browser.post("/sign-in/code", &[("half", &half), ("code", code)]).await
}

#[tokio::test]
async fn whoever_has_no_code_sets_one_up_before_anything_else_and_what_they_typed_waits() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let waiting = browser
        .post("/decide/not-sharing", &[("about", "A caller"), ("choice", "do-not-share"), ("reasons", "Not hers.")])
        .await;
    let kept = waiting.hidden("kept");
    let page = browser.post("/sign-in", &[("email", TEACHER), ("password", PASSWORD), ("kept", &kept)]).await;
    assert!(browser.cookies.is_empty() && page.html.contains("What you typed is safe"), "{}", page.html);
    let (half, offer, key) = (page.hidden("half"), page.hidden("offer"), page.codes().remove(0));
    let send = |code: String, kept: String| {
        vec![
            ("half".to_owned(), half.clone()),
            ("offer".to_owned(), offer.clone()),
            ("code".to_owned(), code),
            ("kept".to_owned(), kept),
        ]
    };
    let fields = send("000000".to_owned(), page.hidden("kept"));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let again = browser.post("/sign-in/set-up", &fields).await;
    assert_eq!((again.status, again.codes()), (StatusCode::UNPROCESSABLE_ENTITY, vec![key.clone()]));
    assert!(browser.cookies.is_empty(), "a wrong code opens nothing");
    let fields = send(code(&house.app, &key, 0), again.hidden("kept"));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let codes = browser.post("/sign-in/set-up", &fields).await;
    assert_eq!(codes.codes().len(), actions::RECOVERY_CODES, "{}", codes.html);
    let kept = codes.hidden("kept");
    let done = browser.post("/sign-in/go-on", &[("kept", &kept)]).await;
    assert!(done.location.starts_with("/decisions/"), "{} {}", done.status, done.html);
    assert!(browser.get(&done.location).await.html.contains("Not hers."));
}

#[tokio::test]
async fn a_form_that_waited_is_carried_out_after_both_steps_and_not_before() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let (key, _) = set_up(&mut browser, TEACHER).await;
    browser.cookies.clear();
    let form = [("about", "A caller"), ("choice", "do-not-share"), ("reasons", "Not hers.")];
    let kept = browser.post("/decide/not-sharing", &form).await.hidden("kept");
    let page = browser.post("/sign-in", &[("email", TEACHER), ("password", PASSWORD), ("kept", &kept)]).await;
    assert!(page.html.contains("Enter your one-time code") && browser.cookies.is_empty(), "{}", page.html);
    let (half, kept) = (page.hidden("half"), page.hidden("kept"));
    let wrong = browser.post("/sign-in/code", &[("half", &half), ("kept", &kept), ("code", "12 34 56")]).await;
    assert_eq!((wrong.status, browser.cookies.len()), (StatusCode::UNPROCESSABLE_ENTITY, 0), "{}", wrong.html);
    assert!(actions::decisions(&house.app, &house.school).await.unwrap().is_empty());
    let (half, kept, typed) = (wrong.hidden("half"), wrong.hidden("kept"), code(&house.app, &key, 0));
    let done = browser.post("/sign-in/code", &[("half", &half), ("kept", &kept), ("code", &typed)]).await;
    assert!(done.location.starts_with("/decisions/"), "{} {}", done.status, done.html);
    assert_eq!(actions::decisions(&house.app, &house.school).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_lets_in_once_and_a_clock_may_be_one_step_off() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let (key, _) = set_up(&mut browser, TEACHER).await;
    let mut tries = async |steps, lets_in: bool| {
        browser.cookies.remove("sharewell");
        let typed = code(&house.app, &key, steps);
        let shown = with_code(&mut browser, TEACHER, &typed).await;
        assert_eq!(shown.status == StatusCode::SEE_OTHER, lets_in, "{steps} steps: {}", shown.html);
        assert_eq!(browser.is_in().await, lets_in, "{steps} steps");
    };
    // The one before was used to set it up.
    tries(-1, false).await;
    tries(0, true).await;
    tries(0, false).await;
    tries(1, true).await;
    house.app.clock.put_forward(90);
    tries(-2, false).await;
    tries(2, false).await;
    tries(-1, true).await;
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_however_it_is_typed() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let (_, codes) = set_up(&mut browser, TEACHER).await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    assert_eq!(with_code(&mut browser, TEACHER, &typed).await.status, StatusCode::SEE_OTHER);
    let account = browser.get("/account").await;
    assert!(
        account.html.contains("9 of 10 recovery codes") && account.html.contains("a recovery code"),
        "{}",
        account.html
    );
    assert_eq!(with_code(&mut browser, TEACHER, &codes[3]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(with_code(&mut browser, TEACHER, &codes[4]).await.status, StatusCode::SEE_OTHER);
    // New ones take their place.
    let new = browser.post("/account/recovery-codes", &[]).await.codes();
    assert_eq!(new.len(), actions::RECOVERY_CODES);
    assert_eq!(with_code(&mut browser, TEACHER, &codes[5]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(with_code(&mut browser, TEACHER, &new[0]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn wrong_codes_are_counted_for_all_who_guess_and_close_the_second_step_for_a_while() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let (key, codes) = set_up(&mut browser, TEACHER).await;
    let mut stranger = Browser::new(&house.app);
    for _ in 0..MOST_FAILURES {
        // A right password in between forgets no wrong code.
        assert_eq!(with_code(&mut stranger, TEACHER, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for right in [code(&house.app, &key, 0), codes[0].clone()] {
        let closed = with_code(&mut stranger, TEACHER, &right).await;
        assert!(closed.html.contains("too many wrong codes"), "{}", closed.html);
    }
    // Whoever has signed in on this laptop before is not kept out by others.
    let typed = code(&house.app, &key, 0);
    assert_eq!(with_code(&mut browser, TEACHER, &typed).await.status, StatusCode::SEE_OTHER);
    house.app.clock.put_forward(FAILURE_COUNTS_SECONDS);
    let typed = code(&house.app, &key, 0);
    assert_eq!(with_code(&mut stranger, TEACHER, &typed).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn strangers_guesses_keep_nobody_out_of_their_own_laptop_and_its_own_are_limited_too() {
    let house = House::new().await;
    let (mut laptop, mut stranger) = (Browser::new(&house.app), Browser::new(&house.app));
    assert_eq!(laptop.password(TEACHER, PASSWORD).await.status, StatusCode::SEE_OTHER);
    let closed = "too many attempts";
    for _ in 0..MOST_FAILURES {
        assert!(!stranger.password(TEACHER, "wrong wrong wrong").await.html.contains(closed));
    }
    assert!(stranger.password(TEACHER, PASSWORD).await.html.contains(closed));
    assert_eq!(laptop.password(TEACHER, PASSWORD).await.status, StatusCode::SEE_OTHER);
    // Whoever else works there is a stranger to this account.
    house.colleague(HEAD, Role::Manager).await;
    let mut shared = Browser::new(&house.app);
    shared.password(HEAD, PASSWORD).await;
    assert!(shared.password(TEACHER, PASSWORD).await.html.contains(closed));
    house.app.clock.put_forward(FAILURE_COUNTS_SECONDS);
    for _ in 0..MOST_FAILURES {
        assert!(!laptop.password(TEACHER, "wrong wrong wrong").await.html.contains(closed));
    }
    assert!(laptop.password(TEACHER, PASSWORD).await.html.contains(closed));
    assert_eq!(stranger.password(TEACHER, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn between_the_two_steps_nothing_is_open_on_any_route() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    set_up(&mut browser, TEACHER).await;
    browser.cookies.clear();
    let half = browser.password(TEACHER, PASSWORD).await.hidden("half");
    let routes = mounted::mounted(&house.router());
    assert!(routes.len() > 60);
    assert_eq!(mounted::route_of(&routes, "GET", "/account").as_deref(), Some("GET /account"));
    for route in routes {
        let (method, path) = route.split_once(' ').unwrap();
        let parts = path.split('/').map(|part| if part.starts_with('{') { NOWHERE } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let ask = async |proof: &str| {
            let mut request = Request::builder().method(method).uri(&path).header("sec-fetch-site", "same-origin");
            request = request.header(header::COOKIE, format!("sharewell={proof}"));
            if path.starts_with("/api") {
                request = request.header(header::AUTHORIZATION, format!("Bearer {proof}"));
            }
            let response = house.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            (response.status(), response.headers().get(header::LOCATION).cloned())
        };
        let made_up = format!("{}.{}", house.school.organisation.id, "0".repeat(64));
        assert_eq!(ask(&half).await, ask(&made_up).await, "{route}");
    }
}

#[tokio::test]
async fn a_right_password_alone_never_replaces_a_code() {
    let house = asking().await;
    let (mut thief, mut browser) = (Browser::new(&house.app), Browser::new(&house.app));
    let early = thief.password(TEACHER, PASSWORD).await;
    set_up(&mut browser, TEACHER).await;
    let typed = code(&house.app, &early.codes()[0], 0);
    let fields = [("half", early.hidden("half")), ("offer", early.hidden("offer")), ("code", typed)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let late = thief.post("/sign-in/set-up", &fields).await;
    assert!(late.html.contains("took too long") && thief.cookies.is_empty(), "{}", late.html);
    // Nor does what was proved before the password was changed.
    let half = thief.password(TEACHER, PASSWORD).await.hidden("half");
    actions::set_password(&house.app, &house.school, house.school.member.id, OTHER_PASSWORD).await.unwrap();
    let late = thief.post("/sign-in/code", &[("half", &half), ("code", "000000")]).await;
    assert!(late.html.contains("took too long"), "{}", late.html);
}

#[tokio::test]
async fn every_proof_gives_a_new_token_and_the_one_before_is_of_no_more_use() {
    let house = asking().await;
    let mut browser = Browser::new(&house.app);
    let planted = format!("{}.{}", house.school.organisation.id, "0".repeat(64));
    browser.cookies.insert("sharewell".into(), planted.clone());
    let (key, _) = set_up(&mut browser, TEACHER).await;
    let first = browser.session();
    let typed = code(&house.app, &key, 0);
    with_code(&mut browser, TEACHER, &typed).await;
    let second = browser.session();
    house.app.clock.put_forward(30);
    let typed = code(&house.app, &key, 0);
    let confirmed = browser.post("/sign-in/confirm", &[("password", PASSWORD), ("code", &typed)]).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER, "{}", confirmed.html);
    let third = browser.session();
    assert!(planted != first && first != second && second != third);
    for ended in [&planted, &first, &second] {
        assert!(matches!(actions::actor(&house.app, ended).await, Err(AppError::SignInFirst)));
    }
    actions::actor(&house.app, &third).await.unwrap();
}

#[tokio::test]
async fn cookies_are_bound_to_this_host_and_to_tls_and_kept_from_scripts() {
    let folder = TempDir::new().unwrap();
    let config = Config { address: Some("https://sharewell.example".into()), ..Config::plain(folder.path()) };
    let store = Store::create(&Place::under(folder.path()), clock::randomness(), NOW).await.unwrap();
    let app = App::new(store, pack(), Clock::standing_at(NOW), Mode::Live, config);
    found(&app, "Fernbank Primary", "school-maintained", TEACHER).await;
    let shown = Browser::new(&app).password(TEACHER, PASSWORD).await;
    let [session, device] = shown.cookies.as_slice() else { panic!("{:?}", shown.cookies) };
    let attributes = |cookie: &str| cookie.split("; ").skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert!(session.starts_with("__Host-sharewell=") && device.starts_with("__Host-sharewell-device="));
    assert_eq!(attributes(session), ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]);
    assert_eq!(attributes(device), ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=15552000"]);
}

#[tokio::test]
async fn what_cannot_be_undone_asks_again_and_is_carried_out_once_it_is_proved() {
    let house = House::new().await;
    let mut browser = Browser::new(&house.app);
    browser.password(TEACHER, PASSWORD).await;
    let matter =
        actions::record_not_sharing(&house.app, &house.school, house::told_nothing_to_a_caller()).await.unwrap();
    let reference = matter.matter.to_string();
    browser.get("/retention/holds").await;
    let hold = [("id", NOWHERE), ("kind", "matter"), ("reference", &reference), ("reason", "An inquest.")];
    let placed = browser.post("/retention/holds", &hold).await;
    assert_eq!(placed.location, "/retention?done=held", "{}", placed.html);
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let release = format!("/retention/holds/{NOWHERE}");
    let asked = browser.post(&release, &[("reason", "The inquest is over.")]).await;
    assert!(asked.status == StatusCode::FORBIDDEN && asked.html.contains("Prove again who you are"), "{}", asked.html);
    let kept = asked.hidden("kept");
    let wrong = browser.post("/sign-in/confirm", &[("password", "wrong wrong wrong"), ("kept", &kept)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let id = NOWHERE.parse().unwrap();
    assert!(actions::hold(&house.app, &house.school, id).await.unwrap().hold.stands());
    let kept = wrong.hidden("kept");
    let done = browser.post("/sign-in/confirm", &[("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(done.location, "/retention?done=released", "{}", done.html);
    assert!(!actions::hold(&house.app, &house.school, id).await.unwrap().hold.stands());
    // Another's password proves nothing of who sits here.
    house.colleague(HEAD, Role::Manager).await;
    actions::set_password(&house.app, &lately(&house), house.school.member.id, OTHER_PASSWORD).await.unwrap();
    browser.password(TEACHER, OTHER_PASSWORD).await;
    let others = browser.post("/sign-in/confirm", &[("password", PASSWORD)]).await;
    assert_eq!(others.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_invites_is_asked_again_and_nothing_that_they_typed_is_lost() {
    let house = House::new().await;
    let mut browser = Browser::new(&house.app);
    browser.password(TEACHER, PASSWORD).await;
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let form = [
        ("name", "Ada Lovell"),
        ("email", "ada@fernbank.example"),
        ("role_title", "School nurse"),
        ("roles", "practitioner"),
    ];
    let table = "name,e-mail,job,roles,team\nBea Moss,bea@fernbank.example,Teacher,practitioner,\n";
    for (address, fields, email) in [
        ("/organisation/members/invite", form.as_slice(), "ada@fernbank.example"),
        ("/organisation/import", &[("text", table), ("go", "invite")], "bea@fernbank.example"),
    ] {
        let here = async || {
            let all = actions::members(&house.app, &house.school).await.unwrap();
            all.iter().any(|one| one.email == email)
        };
        let asked = browser.post(address, fields).await;
        assert!(
            asked.status == StatusCode::FORBIDDEN && asked.html.contains("Prove again who you are"),
            "{}",
            asked.html
        );
        assert!(!here().await);
        let kept = asked.hidden("kept");
        let done = browser.post("/sign-in/confirm", &[("password", PASSWORD), ("kept", &kept)]).await;
        assert!(here().await && done.html.contains("/link#"), "{}", done.html);
        house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    }
}

#[tokio::test]
async fn whoever_puts_somebody_into_a_team_is_asked_again_with_nothing_lost_and_taking_somebody_out_asks_nothing() {
    let house = House::new().await;
    let [nurse, head] = [
        house.colleague("nurse@fernbank.example", Role::Practitioner).await.id,
        house.colleague(HEAD, Role::Manager).await.id,
    ];
    let (one, other) = (nurse.to_string(), head.to_string());
    let mut browser = Browser::new(&house.app);
    browser.password(TEACHER, PASSWORD).await;
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let teams = async || actions::teams_to_administer(&house.app, &house.school).await.unwrap().teams;
    let form = [("name", "Night nurses"), ("members", one.as_str())];
    // What is wrong is said beside the field, before anybody is asked for anything.
    let wrong = browser.post("/organisation/teams/new", &[("name", " "), form[1]]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.html.contains("Enter what the team is called."));
    let asked = browser.post("/organisation/teams/new", &form).await;
    assert!(asked.status == StatusCode::FORBIDDEN && asked.html.contains("Prove again who you are"), "{}", asked.html);
    assert!(teams().await.is_empty());
    let kept = asked.hidden("kept");
    let done = browser.post("/sign-in/confirm", &[("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(done.location, "/organisation/teams?saved=yes", "{}", done.html);
    let made = teams().await.remove(0);
    assert_eq!((made.name.as_str(), made.members.clone()), ("Night nurses", [nurse].into()));
    // Ten minutes later a name is changed, and somebody taken out, at once; somebody else comes in after the proof.
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let address = format!("/organisation/teams/{}", made.id);
    let renamed = browser.post(&address, &[("version", "1"), ("name", "Nurses"), ("members", &one)]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{}", renamed.html);
    let emptied = browser.post(&address, &[("version", "2"), ("name", "Nurses")]).await;
    assert_eq!(emptied.status, StatusCode::SEE_OTHER, "{}", emptied.html);
    let both = [("version", "3"), ("name", "Nurses"), ("members", &one), ("members", &other)];
    let asked = browser.post(&address, &both).await;
    assert_eq!((asked.status, teams().await[0].members.len()), (StatusCode::FORBIDDEN, 0));
    let kept = asked.hidden("kept");
    browser.post("/sign-in/confirm", &[("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(teams().await[0].members, [nurse, head].into());
    // Whoever administers nothing is asked for nothing.
    let mut head = Browser::new(&house.app);
    head.password(HEAD, PASSWORD).await;
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    assert_eq!(head.post(&address, &both).await.status, StatusCode::NOT_FOUND);
}

/// The administrator, who has just proved who they are.
fn lately(house: &House) -> actions::Actor {
    actions::Actor { confirmed_at: Some(house.app.clock.now()), ..house.school.clone() }
}

#[tokio::test]
async fn a_program_sends_the_code_beside_the_password_and_proves_itself_again_before_what_cannot_be_undone() {
    let house = asking().await;
    let sign_in = async |code: Option<&str>| {
        let mut body = json!({ "email": TEACHER, "password": PASSWORD });
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        house.send("POST", "/api/v1/sessions", None, Some(body)).await
    };
    let nothing = sign_in(None).await;
    assert_eq!((nothing.status, nothing.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/code"]));
    assert!(nothing.json["detail"].as_str().unwrap().contains("/sign-in"), "{}", nothing.json);
    let mut browser = Browser::new(&house.app);
    let (key, _) = set_up(&mut browser, TEACHER).await;
    for wrong in [None, Some("000000")] {
        let refused = sign_in(wrong).await;
        assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/code"]));
    }
    let entered = sign_in(Some(&code(&house.app, &key, 0))).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
    let token = entered.json["token"].as_str().unwrap().to_owned();
    let sessions = house.send("GET", "/api/v1/sessions", Some(&token), None).await.json;
    assert_eq!(sessions.as_array().unwrap().len(), 2, "{sessions}");
    let this = sessions.as_array().unwrap().iter().find(|one| one["this"] == Value::Bool(true)).unwrap();
    assert_eq!((&this["proved"], &this["browser"]), (&json!("password and code"), &json!("Another program")));

    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let address = format!("/api/v1/retention/people/{NOWHERE}/destroy");
    let destroy = json!({ "ground": "instruction", "rule": "An order", "seen": "0" });
    let late = house.send("POST", &address, Some(&token), Some(destroy.clone())).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
    assert_eq!(late.json["type"], "urn:sharewell:problem:confirm-first");
    let proof = json!({ "password": PASSWORD, "code": code(&house.app, &key, 0) });
    let confirmed = house.send("POST", "/api/v1/sessions/confirm", Some(&token), Some(proof)).await;
    assert_eq!(confirmed.status, StatusCode::CREATED, "{}", confirmed.json);
    let new = confirmed.json["token"].as_str().unwrap();
    assert_eq!(house.send("POST", &address, Some(new), Some(destroy)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.send("GET", "/api/v1/sessions", Some(&token), None).await.status, StatusCode::UNAUTHORIZED);
    let other = sessions.as_array().unwrap().iter().find(|one| one["this"] == Value::Bool(false)).unwrap();
    let other = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(house.send("DELETE", &other, Some(new), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.send("DELETE", &other, Some(new), None).await.status, StatusCode::NOT_FOUND);
    assert!(!browser.is_in().await);
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_at_once_at_every_copy_and_nobody_elses() {
    let house = House::new().await;
    house.colleague(HEAD, Role::Manager).await;
    let (mut here, mut there, mut elsewhere) =
        (Browser::new(&house.app), Browser::new(&house.app), Browser::new(&house.app));
    for browser in [&mut here, &mut there, &mut elsewhere] {
        browser.password(TEACHER, PASSWORD).await;
    }
    let mut head = Browser::new(&house.app);
    head.password(HEAD, PASSWORD).await;
    let page = here.get("/account").await;
    assert_eq!(
        page.html.matches("Firefox on Linux</p>").count() + page.html.matches("Firefox on Linux <span").count(),
        3
    );
    assert_eq!(page.html.matches(">This one<").count(), 1, "{}", page.html);
    let second = actions::actor(&house.app, &there.session()).await.unwrap().session.unwrap().to_string();
    assert_eq!(head.post("/account/sessions/end", &[("session", &second)]).await.status, StatusCode::NOT_FOUND);
    assert!(there.is_in().await);
    let config = Config::plain(house.folder.path());
    let copy = App::open(pack(), Clock::standing_at(NOW), Mode::Live, config).await.unwrap();
    actions::actor(&copy, &there.session()).await.unwrap();
    let ended = here.post("/account/sessions/end", &[("session", &second)]).await;
    assert_eq!(ended.location, "/account?done=ended");
    assert!(!there.is_in().await && elsewhere.is_in().await && here.is_in().await);
    assert!(matches!(actions::actor(&copy, &there.session()).await, Err(AppError::SignInFirst)));
    here.post("/account/sessions/end-others", &[]).await;
    assert!(!elsewhere.is_in().await && here.is_in().await && head.is_in().await);
}

#[tokio::test]
async fn people_change_their_own_password_and_prove_that_they_know_the_present_one() {
    let house = House::new().await;
    let (mut here, mut there) = (Browser::new(&house.app), Browser::new(&house.app));
    here.password(TEACHER, PASSWORD).await;
    there.password(TEACHER, PASSWORD).await;
    for (present, new, said) in [
        ("wrong wrong wrong", OTHER_PASSWORD, "This is not your present password"),
        (PASSWORD, "short", "at least 12 characters"),
        (PASSWORD, "password1234", "among the first that others would try"),
    ] {
        let refused = here.post("/account/password", &[("password", present), ("new_password", new)]).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.html.contains(said), "{}", refused.html);
    }
    assert!(there.is_in().await);
    let changed = here.post("/account/password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD)]).await;
    assert_eq!(changed.location, "/account?done=password", "{}", changed.html);
    assert!(here.is_in().await && !there.is_in().await);
    assert_eq!(there.password(TEACHER, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(there.password(TEACHER, OTHER_PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_code_takes_the_place_of_the_one_before_and_ends_other_sessions() {
    let house = asking().await;
    let (mut here, mut there) = (Browser::new(&house.app), Browser::new(&house.app));
    let (key, codes) = set_up(&mut here, TEACHER).await;
    let typed = code(&house.app, &key, 0);
    with_code(&mut there, TEACHER, &typed).await;
    let page = here.get("/account/code").await;
    let (new, offer) = (page.codes().remove(0), page.hidden("offer"));
    let typed = code(&house.app, &new, 0);
    let kept = here.post("/account/code", &[("offer", &offer), ("code", &typed)]).await;
    assert_eq!(kept.codes().len(), actions::RECOVERY_CODES, "{}", kept.html);
    assert!(here.is_in().await && !there.is_in().await);
    house.app.clock.put_forward(30);
    for old in [code(&house.app, &key, 0), codes[0].clone()] {
        assert_eq!(with_code(&mut there, TEACHER, &old).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let typed = code(&house.app, &new, 0);
    assert_eq!(with_code(&mut there, TEACHER, &typed).await.status, StatusCode::SEE_OTHER);
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    assert!(here.get("/account/code").await.html.contains("Prove again who you are"));
    assert!(here.post("/account/recovery-codes", &[]).await.html.contains("Prove again who you are"));
}

#[tokio::test]
async fn whoever_lost_their_phone_gets_a_new_way_in_from_an_administrator_and_is_told() {
    let house = asking().await;
    let head: Member = house.colleague(HEAD, Role::Manager).await;
    let mut lost = Browser::new(&house.app);
    let (key, codes) = set_up(&mut lost, HEAD).await;
    let mut administrator = Browser::new(&house.app);
    let (own_key, _) = set_up(&mut administrator, TEACHER).await;
    let own = house.school.member.id;
    let give = async |browser: &mut Browser<'_>, member: MemberId| {
        browser.post(&format!("/organisation/members/{member}/new-way-in"), &[]).await
    };
    assert_eq!(give(&mut lost, own).await.status, StatusCode::NOT_FOUND, "a manager is no administrator");
    let oneself = give(&mut administrator, own).await;
    assert!(oneself.html.contains("on your account page"), "{}", oneself.html);
    let neighbour = house.neighbour().await.member.id;
    assert_eq!(give(&mut administrator, neighbour).await.status, StatusCode::NOT_FOUND);
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    assert!(give(&mut administrator, head.id).await.html.contains("Prove again who you are"));
    assert!(lost.is_in().await);
    let typed = code(&house.app, &own_key, 0);
    administrator.post("/sign-in/confirm", &[("password", PASSWORD), ("code", &typed)]).await;
    let given = give(&mut administrator, head.id).await;
    let link = given.html.split("/link#").nth(1).unwrap_or_else(|| panic!("{}", given.html));
    let link: String = link.chars().take_while(|sign| sign.is_ascii_hexdigit() || ['-', '.'].contains(sign)).collect();
    assert!(!lost.is_in().await);
    assert_eq!(lost.password(HEAD, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = lost.post("/link/password", &[("code", &link), ("password", OTHER_PASSWORD)]).await;
    let said = "Wilhelmina Throssell gave you a new way to sign in on 18 November 2026";
    assert!(told.html.contains(said) && !lost.is_in().await, "{}", told.html);
    let half = told.hidden("half");
    for old in [code(&house.app, &key, 0), codes[0].clone()] {
        let refused = lost.post("/sign-in/code", &[("half", &half), ("code", &old)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Where nobody is asked for a code, they are told and set one up all the same.
    let offered = actions::ask_for_second_step(&house.app, &lately(&house), 2, SecondStep::Offered).await.unwrap();
    assert_eq!(offered.second_step, SecondStep::Offered);
    assert!(lost.password(HEAD, OTHER_PASSWORD).await.html.contains("gave you a new way to sign in"));
}

#[tokio::test]
async fn an_administrator_signs_out_a_member_or_everybody_at_once_and_nobody_else_does() {
    let house = House::new().await;
    let head: Member = house.colleague(HEAD, Role::Manager).await;
    let doctor = house.neighbour().await;
    let (mut administrator, mut elsewhere, mut heads, mut neighbour) =
        (Browser::new(&house.app), Browser::new(&house.app), Browser::new(&house.app), Browser::new(&house.app));
    for browser in [&mut administrator, &mut elsewhere] {
        browser.password(TEACHER, PASSWORD).await;
    }
    heads.password(HEAD, PASSWORD).await;
    neighbour.password(&doctor.member.email, PASSWORD).await;
    let one = format!("/organisation/members/{}/sign-out", head.id);
    let everybody = "/organisation/sign-everybody-out";
    for address in [one.as_str(), everybody] {
        assert_eq!(heads.post(address, &[]).await.status, StatusCode::NOT_FOUND, "a manager is no administrator");
    }
    assert_eq!(neighbour.post(&one, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(neighbour.post(everybody, &[]).await.status, StatusCode::SEE_OTHER, "everybody of their own");
    assert!(heads.is_in().await && elsewhere.is_in().await && neighbour.is_in().await);
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let asked = administrator.post(&one, &[]).await;
    assert!(asked.status == StatusCode::FORBIDDEN && heads.is_in().await, "{}", asked.html);
    let kept = asked.hidden("kept");
    let done = administrator.post("/sign-in/confirm", &[("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(done.location, format!("/organisation/members/{}?done=signed-out", head.id), "{}", done.html);
    assert!(!heads.is_in().await && elsewhere.is_in().await);
    let page = administrator.get(&format!("/organisation/members/{}", head.id)).await;
    assert!(page.html.contains("Signed out everywhere by Wilhelmina Throssell"), "{}", page.html);
    // They come in again with what they have. Then everybody is out at once, but for whoever did it, and nobody of another organisation.
    assert_eq!(heads.password(HEAD, PASSWORD).await.status, StatusCode::SEE_OTHER);
    let done = administrator.post(everybody, &[]).await;
    assert_eq!(done.location, "/organisation/sign-in?saved=everybody-out", "{}", done.html);
    assert!(!heads.is_in().await && !elsewhere.is_in().await);
    assert!(administrator.is_in().await && neighbour.is_in().await);
}

#[tokio::test]
async fn a_new_way_in_from_the_machine_stands_in_the_record_and_is_told_to_those_who_should_know() {
    let house = asking().await;
    let adviser = "adviser@fernbank.example";
    for (email, role) in [(adviser, Role::Adviser), (HEAD, Role::Manager)] {
        house.colleague(email, role).await;
    }
    let (mut lost, mut guardian, mut head) =
        (Browser::new(&house.app), Browser::new(&house.app), Browser::new(&house.app));
    let (key, codes) = set_up(&mut lost, TEACHER).await;
    set_up(&mut guardian, adviser).await;
    set_up(&mut head, HEAD).await;
    let link = actions::reset_sign_in_by_operator(&house.app, TEACHER).await.unwrap();
    assert!(!lost.is_in().await, "their sessions end");
    let code_text = link.code.text();
    let page = lost.post("/link/password", &[("code", &code_text), ("password", OTHER_PASSWORD)]).await;
    assert!(page.html.contains("Whoever runs this Sharewell gave you a new way to sign in on"), "{}", page.html);
    let half = page.hidden("half");
    for old in [code(&house.app, &key, 0), codes[0].clone()] {
        assert_eq!(
            lost.post("/sign-in/code", &[("half", &half), ("code", &old)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let told = "Whoever runs this Sharewell gave Wilhelmina Throssell a new way to sign in on";
    assert!(guardian.get("/").await.html.contains(told));
    assert!(!head.get("/").await.html.contains(told), "nobody else is told");
    let record = actions::member_record(&house.app, &house.school, house.school.member.id).await.unwrap();
    let reset = record.member.reset.unwrap();
    assert_eq!((reset.by, record.member.step.unwrap().by), (None, None));
    house.app.clock.put_forward(31 * 24 * 60 * 60);
    let mut later = Browser::new(&house.app);
    let typed = later.password(adviser, PASSWORD).await;
    assert!(typed.html.contains("Enter your one-time code"), "{}", typed.html);
    // Whoever was suspended is not let in by the machine either.
    let suspended = house.colleague("away@fernbank.example", Role::Manager).await;
    actions::suspend_member(&house.app, &lately(&house), suspended.id).await.unwrap();
    let refused = actions::reset_sign_in_by_operator(&house.app, "away@fernbank.example").await;
    assert!(matches!(refused, Err(AppError::Invalid(_))));
}
