//! Passkeys, against an authenticator in software: adding, signing in, proving it again, and everything that must be refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

#[path = "house/authenticator.rs"]
mod authenticator;
#[path = "house/browser.rs"]
mod browser;
mod house;

use authenticator::Authenticator;
use axum::http::StatusCode;
use browser::{Browser, Shown};
use casework::{MOST_PASSKEYS, Role, SecondStep};
use house::{House, PASSWORD, pack};
use serde_json::{Value, json};
use sharewell::actions::{self, FAILURE_COUNTS_SECONDS, MOST_FAILURES};
use sharewell::clock::Clock;
use sharewell::config::Config;
use sharewell::{App, Mode};

const TEACHER: &str = "teacher@fernbank.example";
const HEAD: &str = "head@fernbank.example";
const OPENS_NOTHING: &str = "This passkey opens nothing here";
const AGAIN: &str = "That took too long, or was sent before";

/// What the script is told to ask.
async fn asked(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Value {
    let shown = browser.post(address, fields).await;
    assert_eq!(shown.status, StatusCode::OK, "{address}: {}", shown.html);
    serde_json::from_str(&shown.html).unwrap()
}

async fn send(browser: &mut Browser<'_>, address: &str, asked: &Value, answer: &str, more: &[(&str, &str)]) -> Shown {
    let mut fields = vec![("question", asked["question"].as_str().unwrap()), ("answer", answer)];
    fields.extend(more);
    browser.post(address, &fields).await
}

async fn add(browser: &mut Browser<'_>, key: &mut Authenticator, name: &str) -> Shown {
    let asked = asked(browser, "/account/passkeys/ask", &[("name", name)]).await;
    let answer = key.create(&asked["options"]);
    send(browser, "/account/passkeys", &asked, &answer, &[("name", name)]).await
}

async fn enter(browser: &mut Browser<'_>, key: &mut Authenticator) -> Shown {
    let asked = asked(browser, "/sign-in/passkey/ask", &[]).await;
    let answer = key.get(&asked["options"]);
    send(browser, "/sign-in/passkey", &asked, &answer, &[]).await
}

/// The teacher, signed in with a password, with a passkey.
async fn with_passkey(house: &House, n: u8) -> (Browser<'_>, Authenticator) {
    let (mut browser, mut key) = (Browser::new(&house.app), Authenticator::new(n));
    browser.password(TEACHER, PASSWORD).await;
    let shown = add(&mut browser, &mut key, "Work laptop").await;
    assert_eq!(shown.codes().len(), actions::RECOVERY_CODES, "{}", shown.html);
    (browser, key)
}

fn refused(shown: &Shown, words: &str) {
    assert!(shown.status == StatusCode::UNPROCESSABLE_ENTITY && shown.html.contains(words), "{}", shown.html);
}

#[tokio::test]
async fn a_passkey_lets_in_without_a_password_and_its_owner_sees_when_it_did() {
    let house = House::new().await;
    let (_, mut key) = with_passkey(&house, 1).await;
    let mut browser = Browser::new(&house.app);
    let page = browser.get("/sign-in").await;
    assert!(page.html.contains("Sign in with a passkey") && page.html.contains("data-passkey-not"), "{}", page.html);
    let entered = enter(&mut browser, &mut key).await;
    assert_eq!((entered.status, entered.location.as_str()), (StatusCode::SEE_OTHER, "/"), "{}", entered.html);
    let account = browser.get("/account").await.html;
    for words in ["Work laptop", "Last used 18 November 2026", "It stays on one device", "with a passkey"] {
        assert!(account.contains(words), "{words}: {account}");
    }
    let session = actions::actor(&house.app, &browser.session()).await.unwrap();
    assert!(session.confirmed_at.is_some(), "whoever just proved it may do what cannot be undone");
    // The next one knows that it may be on several devices.
    let mut phone = Authenticator { synced: true, counts: false, ..Authenticator::new(2) };
    assert_eq!(add(&mut browser, &mut phone, "  My   phone ").await.location, "/account?done=passkey-added");
    let account = browser.get("/account").await.html;
    assert!(account.contains(">My phone</p>") && account.contains("the account that your devices share"), "{account}");
    for _ in 0..2 {
        assert_eq!(enter(&mut browser, &mut phone).await.status, StatusCode::SEE_OTHER, "one that never counts");
    }
}

#[tokio::test]
async fn what_the_browser_is_told_to_ask_needs_its_owner_and_names_nobody_at_the_door() {
    let house = House::new().await;
    let (mut browser, _) = with_passkey(&house, 1).await;
    let new = asked(&mut browser, "/account/passkeys/ask", &[("name", "Second")]).await;
    let chosen = &new["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!(
        (&chosen["residentKey"], &chosen["requireResidentKey"], &chosen["userVerification"]),
        (&json!("required"), &json!(true), &json!("required"))
    );
    assert_eq!(new["options"]["publicKey"]["rp"], json!({"name": "Sharewell", "id": "localhost"}));
    assert_eq!(new["options"]["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let door = asked(&mut Browser::new(&house.app), "/sign-in/passkey/ask", &[]).await;
    let door = &door["options"]["publicKey"];
    assert_eq!((&door["userVerification"], &door["allowCredentials"]), (&json!("required"), &json!([])));
}

#[tokio::test]
async fn an_answer_is_refused_whatever_is_wrong_with_it_and_in_the_same_words() {
    let house = House::new().await;
    let (_, key) = with_passkey(&house, 1).await;
    let mut stranger = Browser::new(&house.app);
    let mut other = Authenticator { id: key.id.clone(), owner: key.owner.clone(), ..Authenticator::new(9) };
    let lies = [
        ("another site", Authenticator { origin: "https://sharewell.evil.example".into(), ..key.clone() }),
        ("another port", Authenticator { origin: "http://localhost:8081".into(), ..key.clone() }),
        ("bound to another site", Authenticator { site: "evil.example".into(), ..key.clone() }),
        ("nobody verified", Authenticator { verifies: false, ..key.clone() }),
        ("an unknown credential", Authenticator { id: vec![7; 24], ..key.clone() }),
        ("nobody’s", Authenticator { owner: Vec::new(), ..key.clone() }),
        ("an owner that is none", Authenticator { owner: vec![1; 32], ..key.clone() }),
        ("an owner of another length", Authenticator { owner: vec![1; 31], ..key.clone() }),
    ];
    for (what, mut liar) in lies {
        let shown = enter(&mut stranger, &mut liar).await;
        assert!(shown.html.contains(OPENS_NOTHING) && stranger.cookies.is_empty(), "{what}: {}", shown.html);
        house.app.clock.put_forward(FAILURE_COUNTS_SECONDS);
    }
    refused(&enter(&mut stranger, &mut other).await, OPENS_NOTHING);
    // The answer to another question, and what is no answer at all.
    let (first, second) = (
        asked(&mut stranger, "/sign-in/passkey/ask", &[]).await,
        asked(&mut stranger, "/sign-in/passkey/ask", &[]).await,
    );
    let answer = key.clone().get(&first["options"]);
    refused(&send(&mut stranger, "/sign-in/passkey", &second, &answer, &[]).await, OPENS_NOTHING);
    for nonsense in ["{}", "nonsense", "[1]"] {
        let asked = asked(&mut stranger, "/sign-in/passkey/ask", &[]).await;
        refused(&send(&mut stranger, "/sign-in/passkey", &asked, nonsense, &[]).await, OPENS_NOTHING);
    }
    let asked = asked(&mut stranger, "/sign-in/passkey/ask", &[]).await;
    refused(&send(&mut stranger, "/sign-in/passkey", &asked, "", &[]).await, "Your browser sent no passkey");
    assert!(stranger.cookies.is_empty());
}

#[tokio::test]
async fn a_question_is_answered_once_in_time_for_its_own_use_and_at_one_copy() {
    let house = House::new().await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let mut stranger = Browser::new(&house.app);
    let asked_once = asked(&mut stranger, "/sign-in/passkey/ask", &[]).await;
    let answer = key.get(&asked_once["options"]);
    assert_eq!(send(&mut stranger, "/sign-in/passkey", &asked_once, &answer, &[]).await.status, StatusCode::SEE_OTHER);
    refused(&send(&mut stranger, "/sign-in/passkey", &asked_once, &answer, &[]).await, AGAIN);
    let copy = App::open(pack(), Clock::standing_at(house::NOW), Mode::Live, Config::plain(house.folder.path()));
    let copy = copy.await.unwrap();
    refused(&send(&mut Browser::new(&copy), "/sign-in/passkey", &asked_once, &answer, &[]).await, AGAIN);
    // A question of one copy is answered at another.
    let asked_here = asked(&mut stranger, "/sign-in/passkey/ask", &[]).await;
    let answer = key.get(&asked_here["options"]);
    let there = send(&mut Browser::new(&copy), "/sign-in/passkey", &asked_here, &answer, &[]).await;
    assert_eq!(there.status, StatusCode::SEE_OTHER, "{}", there.html);
    // What was asked for one use answers no other.
    let asked_again = asked(&mut browser, "/sign-in/confirm/passkey/ask", &[]).await;
    let answer = key.get(&asked_again["options"]);
    refused(&send(&mut stranger, "/sign-in/passkey", &asked_again, &answer, &[]).await, AGAIN);
    let asked_late = asked(&mut stranger, "/sign-in/passkey/ask", &[]).await;
    let answer = key.get(&asked_late["options"]);
    house.app.clock.put_forward(6 * 60);
    refused(&send(&mut stranger, "/sign-in/passkey", &asked_late, &answer, &[]).await, AGAIN);
    let made_up = json!({"question": "c2VhbGVk"});
    refused(&send(&mut stranger, "/sign-in/passkey", &made_up, &answer, &[]).await, AGAIN);
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_may_be_copied_and_is_not_taken_any_more() {
    let house = House::new().await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let mut copy = key.clone();
    for _ in 0..3 {
        assert_eq!(enter(&mut Browser::new(&house.app), &mut key).await.status, StatusCode::SEE_OTHER);
    }
    let mut thief = Browser::new(&house.app);
    refused(&enter(&mut thief, &mut copy).await, "may have been copied");
    assert!(thief.cookies.is_empty());
    // Neither is taken from now on: nobody knows which is the copy.
    refused(&enter(&mut thief, &mut key).await, "may have been copied");
    let account = browser.get("/account").await.html;
    assert!(account.contains("Not taken any more since 18 November 2026"), "{account}");
    let confirm = browser.post("/sign-in/confirm/passkey/ask", &[]).await;
    assert_eq!(confirm.status, StatusCode::NOT_FOUND, "nor is it asked for");
}

#[tokio::test]
async fn whoever_does_not_work_here_learns_no_more_than_a_stranger() {
    let house = House::new().await;
    let head = house.colleague(HEAD, Role::Manager).await;
    let (mut browser, mut key) = (Browser::new(&house.app), Authenticator::new(3));
    browser.password(HEAD, PASSWORD).await;
    add(&mut browser, &mut key, "Key ring").await;
    let boss = actions::Actor { confirmed_at: Some(house.app.clock.now()), ..house.school.clone() };
    actions::suspend_member(&house.app, &boss, head.id).await.unwrap();
    let suspended = enter(&mut browser, &mut key).await;
    refused(&suspended, OPENS_NOTHING);
    actions::reactivate_member(&house.app, &boss, head.id).await.unwrap();
    assert_eq!(enter(&mut browser, &mut key).await.status, StatusCode::SEE_OTHER, "as before they were suspended");
    // What they came in with goes with a new way in, and when they leave.
    let link = actions::reset_sign_in(&house.app, &boss, head.id).await.unwrap();
    refused(&enter(&mut browser, &mut key).await, OPENS_NOTHING);
    actions::use_link(&house.app, &link.code.text(), "another gravel lantern").await.unwrap();
    refused(&enter(&mut browser, &mut key).await, OPENS_NOTHING);
    // Another organisation's member is found nowhere else: the owner that the key names is not believed without the credential.
    let doctor = house.neighbour().await;
    let mut foreign = Authenticator::new(3);
    foreign.owner = [*doctor.organisation.id.uuid().as_bytes(), *doctor.member.id.uuid().as_bytes()].concat();
    refused(&enter(&mut browser, &mut foreign).await, OPENS_NOTHING);
}

#[tokio::test]
async fn wrong_answers_are_counted_apart_from_passwords_and_close_the_way_for_a_while() {
    let house = House::new().await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let mut stranger = Browser::new(&house.app);
    for mut wrong in [
        Authenticator { id: key.id.clone(), owner: key.owner.clone(), ..Authenticator::new(9) },
        Authenticator { id: vec![7; 24], owner: key.owner.clone(), ..Authenticator::new(9) },
    ] {
        for _ in 0..MOST_FAILURES {
            refused(&enter(&mut stranger, &mut wrong).await, OPENS_NOTHING);
        }
        refused(&enter(&mut stranger, &mut wrong).await, "too many attempts");
    }
    refused(&enter(&mut stranger, &mut key).await, "too many attempts");
    // Neither a password nor whoever has signed in on this laptop before is kept out by it.
    assert!(stranger.password(TEACHER, PASSWORD).await.html.contains("Use your passkey"));
    assert_eq!(enter(&mut browser, &mut key).await.status, StatusCode::SEE_OTHER);
    house.app.clock.put_forward(FAILURE_COUNTS_SECONDS);
    assert_eq!(enter(&mut stranger, &mut key).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_waited_is_carried_out_after_a_passkey_as_after_a_password() {
    let house = House::new().await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let before = browser.session();
    let form = [("about", "A caller"), ("choice", "do-not-share"), ("reasons", "Not hers.")];
    let mut fresh = Browser::new(&house.app);
    let kept = fresh.post("/decide/not-sharing", &form).await.hidden("kept");
    let asked_of = asked(&mut fresh, "/sign-in/passkey/ask", &[]).await;
    let mut wrong = Authenticator { verifies: false, ..key.clone() };
    let again =
        send(&mut fresh, "/sign-in/passkey", &asked_of, &wrong.get(&asked_of["options"]), &[("kept", &kept)]).await;
    refused(&again, "What you typed is safe");
    let kept = again.hidden("kept");
    let asked_of = asked(&mut fresh, "/sign-in/passkey/ask", &[]).await;
    key.counter = wrong.counter;
    let answer = key.get(&asked_of["options"]);
    let done = send(&mut fresh, "/sign-in/passkey", &asked_of, &answer, &[("kept", &kept)]).await;
    assert!(done.location.starts_with("/decisions/"), "{} {}", done.status, done.html);
    // Signing in ends the session that the same browser had, and gives a new token.
    assert_eq!(enter(&mut browser, &mut key).await.status, StatusCode::SEE_OTHER);
    assert!(browser.session() != before && actions::actor(&house.app, &before).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_undone_goes_on_after_ones_own_passkey_and_nobody_elses() {
    let house = House::new().await;
    house.colleague(HEAD, Role::Manager).await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let (mut head, mut heads) = (Browser::new(&house.app), Authenticator::new(2));
    head.password(HEAD, PASSWORD).await;
    add(&mut head, &mut heads, "Key ring").await;
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let page = browser.get("/account/passkeys").await;
    assert!(page.status == StatusCode::FORBIDDEN && page.html.contains("/sign-in/confirm/passkey"), "{}", page.html);
    let then = page.hidden("then");
    let more = [("then", then.as_str())];
    for mut wrong in [
        heads.clone(),
        Authenticator { owner: heads.owner.clone(), ..key.clone() },
        Authenticator { verifies: false, ..key.clone() },
        Authenticator { origin: "http://localhost:9999".into(), ..key.clone() },
    ] {
        let asked_of = asked(&mut browser, "/sign-in/confirm/passkey/ask", &[]).await;
        let answer = wrong.get(&asked_of["options"]);
        let shown = send(&mut browser, "/sign-in/confirm/passkey", &asked_of, &answer, &more).await;
        refused(&shown, OPENS_NOTHING);
        assert!(browser.get("/account/passkeys").await.status == StatusCode::FORBIDDEN);
    }
    // A question that was asked of another is not answered here.
    let asked_of_head = asked(&mut head, "/sign-in/confirm/passkey/ask", &[]).await;
    let answer = key.clone().get(&asked_of_head["options"]);
    refused(&send(&mut browser, "/sign-in/confirm/passkey", &asked_of_head, &answer, &more).await, AGAIN);
    let asked_of = asked(&mut browser, "/sign-in/confirm/passkey/ask", &[]).await;
    let (answer, before) = (key.get(&asked_of["options"]), browser.session());
    let done = send(&mut browser, "/sign-in/confirm/passkey", &asked_of, &answer, &more).await;
    assert_eq!(done.location, "/account/passkeys", "{}", done.html);
    assert!(browser.session() != before && actions::actor(&house.app, &before).await.is_err());
    assert_eq!(browser.get("/account/passkeys").await.status, StatusCode::OK);
    // Without a session there is nobody to ask.
    let nobody = Browser::new(&house.app).post("/sign-in/confirm/passkey/ask", &[]).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

async fn demand(house: &House) {
    let version = house.school.organisation.version;
    actions::ask_for_second_step(&house.app, &house.school, version, SecondStep::Demanded).await.unwrap();
}

#[tokio::test]
async fn a_first_passkey_stands_in_for_the_code_that_an_organisation_asks_of_everybody() {
    let house = House::new().await;
    demand(&house).await;
    let (mut browser, mut key) = (Browser::new(&house.app), Authenticator::new(1));
    let (mut thief, mut thiefs) = (Browser::new(&house.app), Authenticator::new(8));
    let early = thief.password(TEACHER, PASSWORD).await;
    let (early_half, early_offer) = (early.hidden("half"), early.hidden("offer"));
    let early_key = early.codes().remove(0);
    let early_asked =
        asked(&mut thief, "/sign-in/set-up/passkey/ask", &[("half", &early_half), ("name", "Mine")]).await;
    let page = browser.password(TEACHER, PASSWORD).await;
    assert!(page.html.contains("Add a passkey") && page.html.contains("value=\"Firefox on Linux\""), "{}", page.html);
    let half = page.hidden("half");
    let unnamed = browser.post("/sign-in/set-up/passkey/ask", &[("half", &half), ("name", " ")]).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let named = browser.post("/sign-in/set-up/passkey", &[("half", &half), ("name", " ")]).await;
    refused(&named, "Enter a name by which you know it again");
    let more = [("half", half.as_str()), ("name", "Work laptop"), ("then", "/account")];
    let asked_of = asked(&mut browser, "/sign-in/set-up/passkey/ask", &more).await;
    let mut careless = Authenticator { verifies: false, ..key.clone() };
    let answer = careless.create(&asked_of["options"]);
    let again = send(&mut browser, "/sign-in/set-up/passkey", &asked_of, &answer, &more).await;
    refused(&again, "The passkey could not be added");
    assert!(browser.cookies.is_empty() && again.hidden("then") == "/account", "{}", again.html);
    let asked_of = asked(&mut browser, "/sign-in/set-up/passkey/ask", &more).await;
    let answer = key.create(&asked_of["options"]);
    let codes = send(&mut browser, "/sign-in/set-up/passkey", &asked_of, &answer, &more).await;
    assert_eq!(codes.codes().len(), actions::RECOVERY_CODES, "{}", codes.html);
    assert!(browser.is_in().await && codes.hidden("then") == "/account");

    // From now on a password alone neither lets in nor adds anything to what there is.
    let answer = thiefs.create(&early_asked["options"]);
    let more = [("half", early_half.as_str()), ("name", "Mine")];
    let late = send(&mut thief, "/sign-in/set-up/passkey", &early_asked, &answer, &more).await;
    refused(&late, "That took too long");
    let typed = browser::code(&house.app, &early_key, 0);
    let fields = [("half", early_half.as_str()), ("offer", early_offer.as_str()), ("code", typed.as_str())];
    refused(&thief.post("/sign-in/set-up", &fields).await, "That took too long");
    let page = thief.password(TEACHER, PASSWORD).await;
    assert!(page.html.contains("Use your passkey") && page.html.contains("Recovery code"), "{}", page.html);
    let half = page.hidden("half");
    let wrong = thief.post("/sign-in/code", &[("half", &half), ("code", "000000")]).await;
    assert!(wrong.html.contains("Use your passkey") && thief.cookies.is_empty(), "{}", wrong.html);
    let recovered = thief.post("/sign-in/code", &[("half", &half), ("code", &codes.codes()[0])]).await;
    assert_eq!(recovered.status, StatusCode::SEE_OTHER, "{}", recovered.html);
    assert_eq!(enter(&mut Browser::new(&house.app), &mut key).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_opens_an_invitation_adds_a_passkey_right_after_their_password() {
    let house = House::new().await;
    demand(&house).await;
    let boss = actions::Actor { confirmed_at: Some(house.app.clock.now()), ..house.school.clone() };
    let new = house::member(HEAD, &[Role::Manager]);
    let link = actions::invite_colleague(&house.app, &boss, new).await.unwrap();
    let (mut browser, mut key) = (Browser::new(&house.app), Authenticator::new(1));
    let code = link.code.text();
    let page = browser.post("/link/password", &[("code", &code), ("password", PASSWORD)]).await;
    let half = page.hidden("half");
    let more = [("half", half.as_str()), ("name", "Work laptop")];
    let asked_of = asked(&mut browser, "/sign-in/set-up/passkey/ask", &more).await;
    let answer = key.create(&asked_of["options"]);
    let codes = send(&mut browser, "/sign-in/set-up/passkey", &asked_of, &answer, &more).await;
    assert!(codes.codes().len() == actions::RECOVERY_CODES && browser.is_in().await, "{}", codes.html);
}

#[tokio::test]
async fn a_passkey_is_renamed_and_removed_by_its_owner_but_not_the_only_strong_way() {
    let house = House::new().await;
    house.colleague(HEAD, Role::Manager).await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    let mut elsewhere = Browser::new(&house.app);
    assert_eq!(enter(&mut elsewhere, &mut key).await.status, StatusCode::SEE_OTHER);
    let mine = actions::account(&house.app, &actions::actor(&house.app, &browser.session()).await.unwrap()).await;
    let id = mine.unwrap().passkeys[0].id.to_string();
    let (address, field) = (format!("/account/passkeys/{id}"), format!("name-{id}"));
    let remove = format!("{address}/remove");
    assert_eq!(browser.post(&address, &[(&field, "Kitchen laptop")]).await.location, "/account?done=passkey-named");
    refused(&browser.post(&address, &[(&field, "")]).await, "Enter a name by which you know it again");
    refused(&browser.post(&address, &[(&field, &"n".repeat(61))]).await, "at most 60 characters");
    let mut head = Browser::new(&house.app);
    head.password(HEAD, PASSWORD).await;
    for (address, fields) in [(&address, [(field.as_str(), "Mine")]), (&remove, [("", "")])] {
        assert_eq!(head.post(address, &fields).await.status, StatusCode::NOT_FOUND);
    }
    refused(&browser.post(&remove, &[]).await, "Add another passkey or set up a one-time code first");
    let mut second = Authenticator::new(2);
    assert_eq!(add(&mut browser, &mut second, "Key ring").await.location, "/account?done=passkey-added");
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    assert_eq!(browser.post(&remove, &[]).await.status, StatusCode::FORBIDDEN, "it asks again first");
    assert_eq!(enter(&mut browser, &mut second).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post(&remove, &[]).await.location, "/account?done=passkey-removed");
    assert!(browser.is_in().await && !elsewhere.is_in().await);
    refused(&enter(&mut elsewhere, &mut key).await, OPENS_NOTHING);
    let account = browser.get("/account").await.html;
    assert!(account.contains("Key ring") && !account.contains("Kitchen laptop"), "{account}");
}

#[tokio::test]
async fn nobody_has_the_same_passkey_twice_nor_more_than_they_can_tell_apart() {
    let house = House::new().await;
    let (mut browser, mut key) = with_passkey(&house, 1).await;
    // A browser that leaves out what it is told to leave out.
    let asked_of = asked(&mut browser, "/account/passkeys/ask", &[("name", "Again")]).await;
    let answer = key.create(&asked_of["options"]);
    let again = send(&mut browser, "/account/passkeys", &asked_of, &answer, &[("name", "Again")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.html);
    for n in 2..=u8::try_from(MOST_PASSKEYS).unwrap() {
        assert_eq!(add(&mut browser, &mut Authenticator::new(n), "More").await.location, "/account?done=passkey-added");
    }
    refused(&browser.post("/account/passkeys", &[("name", "")]).await, "Enter a name");
    let full = browser.post("/account/passkeys/ask", &[("name", "Too many")]).await;
    refused(&full, "You have 20 passkeys");
}

#[tokio::test]
async fn at_a_number_instead_of_a_name_there_are_no_passkeys() {
    let house = House::new().await;
    let (mut browser, _) = with_passkey(&house, 1).await;
    for host in ["127.0.0.1:8080", "[::1]:8080"] {
        browser.host = host;
        for ask in ["/sign-in/passkey/ask", "/account/passkeys/ask"] {
            assert_eq!(browser.post(ask, &[("name", "Here")]).await.status, StatusCode::NOT_FOUND, "{host}{ask}");
        }
    }
}

#[tokio::test]
async fn a_program_lists_and_removes_its_owners_passkeys_and_signs_in_with_a_recovery_code() {
    let house = House::new().await;
    let (mut browser, mut key) = (Browser::new(&house.app), Authenticator::new(1));
    browser.password(TEACHER, PASSWORD).await;
    let codes = add(&mut browser, &mut key, "Work laptop").await.codes();
    let sign_in = |code: Option<String>| {
        let body = json!({"email": TEACHER, "password": PASSWORD, "code": code});
        house.send("POST", "/api/v1/sessions", None, Some(body))
    };
    let refused = sign_in(None).await;
    assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/code"]));
    let entered = sign_in(Some(codes[0].clone())).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
    let token = entered.json["token"].as_str().unwrap().to_owned();
    let mut second = Authenticator::new(2);
    add(&mut browser, &mut second, "Key ring").await;
    let list = house.send("GET", "/api/v1/passkeys", Some(&token), None).await.json;
    let named = |name: &str| list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &named("Key ring")["synced"]), (2, &json!(false)));
    let first = named("Work laptop");
    assert_eq!((&first["synced"], &first["used_at"]), (&json!(false), &Value::Null));
    let address = format!("/api/v1/passkeys/{}", first["id"].as_str().unwrap());
    assert_eq!(house.send("DELETE", &address, Some(&token), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.send("DELETE", &address, Some(&token), None).await.status, StatusCode::NOT_FOUND);
    assert!(!browser.is_in().await, "removing one ends the other sessions");
    let address = format!("/api/v1/passkeys/{}", named("Key ring")["id"].as_str().unwrap());
    let only = house.send("DELETE", &address, Some(&token), None).await;
    assert_eq!((only.status, only.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/passkey"]));
}
