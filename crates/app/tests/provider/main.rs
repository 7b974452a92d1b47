//! Signing in with a provider that answers wrongly in every way that a test can think of. `e2e/provider.test.mjs` does it with a real one.
#![expect(clippy::unwrap_used, reason = "what a test prepares may fail the test")]

#[path = "../house/mod.rs"]
mod house;
mod rogue;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::{Membership, Role};
use house::{House, PASSWORD, pack};
use http_body_util::BodyExt;
use rogue::{CLIENT, Rogue, SECRET};
use serde_json::{Value, json};
use sharewell::config::Config;
use sharewell::providers::{ProviderSettings, VouchedBy};
use sharewell::{App, Mode};
use store::Writing;
use tower::ServiceExt;
use zeroize::Zeroizing;

/// A house whose school has this provider.
async fn house(rogue: &Rogue) -> House {
    house_with(rogue, VouchedBy::EmailVerified, false).await
}

async fn house_with(rogue: &Rogue, vouched_by: VouchedBy, leaves_out_auth_time: bool) -> House {
    let house = House::new().await;
    let settings = ProviderSettings {
        id: "fernbank".into(),
        organisation: house.school.organisation.id,
        name: "Fernbank’s account".into(),
        issuer: rogue.issuer.clone(),
        client_id: CLIENT.into(),
        client_secret: Zeroizing::new(SECRET.into()),
        domains: vec!["fernbank.example".into(), "harrowlane.example".into()],
        vouched_by,
        leaves_out_auth_time,
    };
    let config = Config { providers: vec![settings], ..Config::plain(house.folder.path()) };
    let app = App::new(house.app.store.clone(), pack(), house.app.clock.clone(), Mode::Live, config);
    House { app, ..house }
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let value = set.filter_map(|cookie| cookie.split(';').next()?.strip_prefix(&format!("{name}="))).next_back();
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    }

    fn is_in(&self) -> bool {
        self.cookie("sharewell").is_some()
    }

    fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }
}

async fn asked(house: &House, request: Request<Body>) -> Page {
    let response = house.router().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Page { status, headers, text: String::from_utf8_lossy(&bytes).replace("&#x27;", "'") }
}

/// What a browser holds after setting out: the cookie, and what stands in the address that it goes on to.
struct Out {
    cookie: String,
    state: String,
    nonce: String,
}

async fn post_out(house: &House, form: &str) -> Page {
    let request = Request::post("/sign-in/with/fernbank")
        .header(header::HOST, "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    asked(house, request.body(Body::from(form.to_owned())).unwrap()).await
}

async fn set_out(house: &House, rogue: &Rogue, form: &str) -> Out {
    let page = post_out(house, form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let refresh = page.headers[header::REFRESH].to_str().unwrap();
    let query = refresh.strip_prefix(&format!("0; url={}/authorize?", rogue.issuer)).unwrap();
    let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let field = |name: &str| query.iter().find(|(field, _)| field == name).unwrap().1.clone();
    assert_eq!(field("code_challenge_method"), "S256");
    assert_eq!((field("response_type"), field("scope")), ("code".into(), "openid email".into()));
    assert_eq!(field("redirect_uri"), "http://127.0.0.1:8080/sign-in/back");
    rogue.manner().challenge = field("code_challenge");
    let held = page.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(held.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"), "{held}");
    Out { cookie: page.cookie("sharewell-provider").unwrap(), state: field("state"), nonce: field("nonce") }
}

async fn back(house: &House, out: &Out, query: &str) -> Page {
    let address = format!("/sign-in/back?state={}&{query}", out.state);
    let request = Request::get(address)
        .header(header::HOST, "127.0.0.1:8080")
        .header("sec-fetch-site", "cross-site")
        .header(header::COOKIE, format!("sharewell-provider={}", out.cookie));
    asked(house, request.body(Body::empty()).unwrap()).await
}

/// The whole way, with an answer that is right but for what the test changed.
async fn sign_in(house: &House, rogue: &Rogue) -> Page {
    let out = set_out(house, rogue, "").await;
    if rogue.manner().claims.get("nonce").is_none() {
        rogue.claims("nonce", out.nonce.clone().into());
        let page = back(house, &out, "code=a+code").await;
        rogue.manner().claims.as_object_mut().unwrap().remove("nonce");
        return page;
    }
    back(house, &out, "code=a+code").await
}

#[tokio::test]
async fn a_right_answer_signs_a_member_in_and_ties_them_to_their_account() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let page = sign_in(&house, &rogue).await;
    assert!(page.is_in(), "{}", page.text);
    assert_eq!(page.headers[header::LOCATION], "/");
    let token = page.cookie("sharewell").unwrap();
    let actor = sharewell::actions::actor(&house.app, &token).await.unwrap();
    assert_eq!(actor.member.id, house.school.member.id);
    let linked = actor.member.account.unwrap();
    assert_eq!((linked.issuer.as_str(), linked.subject.as_str()), (rogue.issuer.as_str(), "account-7"));
    assert_eq!(actor.member.version, 2, "being tied is a version of its own, with a leaf in the ledger");

    // From then on the account counts, and no e-mail address does.
    for email in [json!("new.name@fernbank.example"), json!("doctor@harrowlane.example"), Value::Null] {
        rogue.claims("email", email);
        assert!(sign_in(&house, &rogue).await.is_in());
    }
    rogue.claims("email", json!("teacher@fernbank.example"));
    rogue.claims("sub", json!("account-8"));
    let page = sign_in(&house, &rogue).await;
    assert!(!page.is_in() && page.says("There is nobody here with that address"), "{}", page.text);
}

#[tokio::test]
async fn an_answer_with_anything_wrong_in_it_opens_nothing() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let seconds = house::NOW.micros() / 1_000_000;
    let (trusted, clocks) = ("could not be trusted", "its clock and ours do not agree");
    let vouched = "does not say that your e-mail address is yours";
    let right = rogue.manner().claims.clone();
    for (name, value, words) in [
        ("nonce", json!("of another sign-in"), trusted),
        ("nonce", json!(""), trusted),
        ("aud", json!("another"), trusted),
        ("aud", json!([CLIENT, "another"]), trusted),
        ("aud", Value::Null, trusted),
        ("azp", json!("another"), trusted),
        ("iss", json!("https://elsewhere.example"), trusted),
        ("iss", json!(format!("{}/", rogue.issuer)), trusted),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), trusted),
        ("sub", Value::Null, trusted),
        ("exp", json!(seconds - 61), clocks),
        ("exp", Value::Null, trusted),
        ("iat", json!(seconds + 61), clocks),
        ("iat", json!(seconds - 601), clocks),
        ("email_verified", json!(false), vouched),
        ("email_verified", Value::Null, vouched),
        ("email_verified", json!("true"), trusted),
        ("email", json!("nobody@fernbank.example"), "nobody here with that address"),
        ("email", json!("teacher@fernbank.example.evil"), "nobody here with that address"),
        ("email", json!("teacher@fernbank.example@evil.example"), "nobody here with that address"),
    ] {
        rogue.claims(name, value.clone());
        let page = sign_in(&house, &rogue).await;
        assert!(!page.is_in(), "{name} {value}");
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.says(words), "{name} {value}: {}", page.text);
        rogue.manner().claims = right.clone();
    }
    assert!(sign_in(&house, &rogue).await.is_in(), "nothing of all that is in the way of a right answer");
}

#[tokio::test]
async fn only_a_signature_of_a_key_that_the_provider_publishes_counts() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    for alg in ["none", "HS256"] {
        rogue.manner().alg = alg;
        let page = sign_in(&house, &rogue).await;
        assert!(!page.is_in() && page.says("could not be trusted"), "{alg}: {}", page.text);
    }
    rogue.manner().alg = "ES256";
    rogue.manner().signs_with = 2;
    assert!(!sign_in(&house, &rogue).await.is_in(), "another key under the same name");
    rogue.manner().unsigned = true;
    assert!(!sign_in(&house, &rogue).await.is_in(), "nothing signed at all");
}

#[tokio::test]
async fn a_new_key_is_asked_for_at_most_once_a_minute() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    assert!(sign_in(&house, &rogue).await.is_in());
    assert_eq!(rogue.manner().asked, 1);
    {
        let mut manner = rogue.manner();
        (manner.kid, manner.signs_with) = ("second", 2);
        manner.publishes.push(("second", 2));
    }
    assert!(!sign_in(&house, &rogue).await.is_in(), "within the minute");
    assert_eq!(rogue.manner().asked, 1);
    house.app.clock.put_forward(60);
    assert!(sign_in(&house, &rogue).await.is_in());
    assert_eq!(rogue.manner().asked, 2);
    for _ in 0..3 {
        rogue.manner().kid = "third";
        assert!(!sign_in(&house, &rogue).await.is_in());
    }
    assert_eq!(rogue.manner().asked, 2, "names that nobody knows make nobody ask again and again");
}

#[tokio::test]
async fn what_cannot_be_reached_or_understood_says_so_and_loses_nothing() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let away = "cannot be reached just now";
    for (status, text, words) in [
        (StatusCode::SERVICE_UNAVAILABLE, "{}".to_owned(), away),
        (StatusCode::OK, "x".repeat(70_000), away),
        (StatusCode::OK, "<html>".to_owned(), "could not be trusted"),
        (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" }).to_string(), "was finished before"),
        (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" }).to_string(), "could not be trusted"),
        (StatusCode::FOUND, String::new(), "could not be trusted"),
    ] {
        rogue.manner().instead = Some((status, text));
        let out = set_out(&house, &rogue, "then=%2Fmatters&kept=c2VhbGVk").await;
        let page = back(&house, &out, "code=a+code").await;
        assert!(!page.is_in() && page.says(words), "{status}: {}", page.text);
        assert!(page.says("name=\"kept\" value=\"c2VhbGVk\""), "what waits is still there: {}", page.text);
        assert!(page.says("name=\"then\" value=\"&#x2f;matters\"") || page.says("name=\"then\" value=\"/matters\""));
    }
    rogue.manner().instead = None;
    for (query, words) in [
        ("error=access_denied", "was stopped before it was finished"),
        ("error=temporarily_unavailable", away),
        ("error=something_new", "could not be trusted"),
        ("code=", "could not be trusted"),
        ("code=a+code&iss=https%3A%2F%2Felsewhere.example", "could not be trusted"),
    ] {
        let out = set_out(&house, &rogue, "").await;
        let page = back(&house, &out, query).await;
        assert!(!page.is_in() && page.says(words), "{query}: {}", page.text);
    }
}

#[tokio::test]
async fn a_provider_that_says_it_is_another_or_sends_people_out_in_the_open_is_not_gone_to() {
    for (name, value) in [
        ("issuer", json!("https://elsewhere.example")),
        ("authorization_endpoint", json!("http://elsewhere.example/authorize")),
        ("jwks_uri", json!("http://elsewhere.example/keys")),
    ] {
        let rogue = Rogue::start().await;
        let house = house(&rogue).await;
        rogue.manner().says_of_itself = json!({ name: value });
        let page = post_out(&house, "kept=c2VhbGVk").await;
        assert!(page.headers.get(header::REFRESH).is_none(), "{name}");
        assert!(page.says("value=\"c2VhbGVk\""), "{name}: {}", page.text);
    }
}

#[tokio::test]
async fn an_answer_is_taken_once_in_time_and_from_the_browser_that_set_out() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let over = "begun too long ago or in another window";
    let out = set_out(&house, &rogue, "").await;
    rogue.claims("nonce", out.nonce.clone().into());
    for (held, state) in [
        ("", out.state.as_str()),
        ("x", &out.state),
        (&out.cookie, ""),
        (&out.cookie, "AAAA"),
        (&out.cookie, &out.nonce),
    ] {
        let other = Out { cookie: held.to_owned(), state: state.to_owned(), nonce: String::new() };
        let page = back(&house, &other, "code=a+code").await;
        assert!(!page.is_in() && page.says(over), "{}", page.text);
    }
    assert!(back(&house, &out, "code=a+code").await.is_in());
    let again = back(&house, &out, "code=a+code").await;
    assert!(!again.is_in() && again.says("was finished before"), "{}", again.text);

    let slow = set_out(&house, &rogue, "").await;
    house.app.clock.put_forward(600);
    let page = back(&house, &slow, "code=a+code").await;
    assert!(!page.is_in() && page.says(over), "{}", page.text);
}

#[tokio::test]
async fn nobody_who_is_suspended_or_of_another_organisation_comes_in_and_nobody_is_made_a_member() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let neighbour = house.neighbour().await;
    let colleague = house.colleague("second@fernbank.example", Role::Practitioner).await;
    let suspended = casework::Member { membership: Membership::Suspended, version: colleague.version + 1, ..colleague };
    let saved = &suspended;
    let done: Result<(), sharewell::AppError> =
        house
            .app
            .store
            .write("test", suspended.organisation, |mut writing: Writing| async move {
                Ok(writing.save_member(saved).await?)
            })
            .await;
    done.unwrap();
    let mut bodies = Vec::new();
    for email in [&suspended.email, &neighbour.member.email, "nobody@fernbank.example"] {
        rogue.claims("email", json!(email));
        let page = sign_in(&house, &rogue).await;
        assert!(!page.is_in() && page.says("There is nobody here with that address"), "{}", page.text);
        bodies.push(page.text);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same page for each");
    let members = sharewell::actions::members(&house.app, &house.school).await.unwrap();
    assert_eq!(members.len(), 2);

    // An account that was tied before does not outlive the membership either.
    rogue.claims("email", json!("teacher@fernbank.example"));
    assert!(sign_in(&house, &rogue).await.is_in());
    let head = house.app.store.member_with_email("teacher@fernbank.example").await.unwrap().unwrap();
    let left: Result<(), sharewell::AppError> = house
        .app
        .store
        .write("test", head.organisation, |mut writing: Writing| async move {
            let member = writing.member(head.member).await?.unwrap();
            let version = member.version + 1;
            let left = casework::Member { membership: Membership::Left, version, ..member };
            Ok(writing.save_member(&left).await?)
        })
        .await;
    left.unwrap();
    let page = sign_in(&house, &rogue).await;
    assert!(!page.is_in() && page.says("There is nobody here with that address"), "{}", page.text);
}

#[tokio::test]
async fn whoever_was_invited_joins_by_signing_in_and_their_link_ends() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let new = house::member("third@fernbank.example", &[Role::Practitioner]);
    let invited = sharewell::actions::invite_colleague(&house.app, &house.school, new).await.unwrap();
    let (app, school) = (&house.app, &house.school);
    let awaited = [invited.member.id].into();
    let made = sharewell::actions::save_team(app, school, None, "Nurses", &awaited).await.unwrap();
    assert_eq!((made.awaited, made.since.len()), (awaited, 0));
    rogue.claims("email", json!("third@fernbank.example"));
    let page = sign_in(&house, &rogue).await;
    let actor = sharewell::actions::actor(&house.app, &page.cookie("sharewell").unwrap()).await.unwrap();
    assert_eq!((actor.member.email.as_str(), actor.member.membership), ("third@fernbank.example", Membership::Active));
    assert_eq!(actor.member.step.unwrap().step, casework::MembershipStep::Joined);
    assert!(
        sharewell::actions::open_link(&house.app, &invited.code.text()).await.is_err(),
        "nobody sets a password by it"
    );
    let teams = sharewell::actions::teams_to_administer(app, school).await.unwrap().teams;
    assert!(teams[0].awaited.is_empty() && teams[0].since.contains_key(&actor.member.id), "they came in");
}

#[tokio::test]
async fn an_address_is_asked_for_apart_where_it_is_not_signed_and_is_of_the_same_account() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    rogue.claims("email", Value::Null);
    for (about, comes_in) in [
        (json!({ "sub": "account-9", "email": "teacher@fernbank.example", "email_verified": true }), false),
        (json!({ "sub": "account-7", "email": "teacher@fernbank.example" }), false),
        (json!({ "sub": "account-7", "email": "teacher@fernbank.example", "email_verified": true }), true),
    ] {
        rogue.manner().about = about.clone();
        assert_eq!(sign_in(&house, &rogue).await.is_in(), comes_in, "{about}");
    }
}

#[tokio::test]
async fn where_a_directory_vouches_for_domains_its_own_word_counts_and_no_other() {
    let rogue = Rogue::start().await;
    let house = house_with(&rogue, VouchedBy::XmsEdov, false).await;
    for (edov, comes_in) in [(Value::Null, false), (json!(false), false), (json!("0"), false), (json!(true), true)] {
        rogue.claims("xms_edov", edov.clone());
        assert_eq!(sign_in(&house, &rogue).await.is_in(), comes_in, "{edov}");
    }
}

#[tokio::test]
async fn a_form_that_waits_is_sent_again_by_whoever_comes_back_and_lies_sealed_meanwhile() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let form = serde_urlencoded::to_string([
        ("choice", "do-not-share"),
        ("about", "A neighbour of Zephyrine Quillfeather asked"),
        ("reasons", "Not hers to know."),
    ])
    .unwrap();
    let request = Request::post("/decide/not-sharing")
        .header(header::HOST, "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = asked(&house, request.body(Body::from(form)).unwrap()).await;
    let kept = page.text.split("name=\"kept\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let out = set_out(&house, &rogue, &serde_urlencoded::to_string([("kept", &kept)]).unwrap()).await;
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(12).any(|part| part == b"Quillfeather"), "{}", path.display());
        }
    }
    rogue.claims("nonce", out.nonce.clone().into());
    let page = back(&house, &out, "code=a+code").await;
    assert!(page.is_in(), "{}", page.text);
    assert!(page.headers[header::LOCATION].to_str().unwrap().starts_with("/decisions/"), "{}", page.text);
}

#[tokio::test]
async fn a_password_still_signs_in_and_no_other_site_can_begin_a_sign_in() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    assert!(!house.token("teacher@fernbank.example").await.is_empty(), "{PASSWORD}");
    for (site, host) in [("cross-site", "127.0.0.1:8080"), ("same-origin", "leads-here.example")] {
        let request = Request::post("/sign-in/with/fernbank").header(header::HOST, host).header("sec-fetch-site", site);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let page = asked(&house, request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{site} {host}");
    }
    let request = Request::post("/sign-in/with/elsewhere").header("sec-fetch-site", "same-origin");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = asked(&house, request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// Out once more, by whoever is signed in and is to prove it again.
async fn set_out_again(house: &House, rogue: &Rogue, token: &str) -> Out {
    let request = Request::post("/sign-in/confirm/provider")
        .header(header::HOST, "127.0.0.1:8080")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("sharewell={token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = asked(house, request.body(Body::from("then=%2Faccount%2Fpasskeys")).unwrap()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let refresh = page.headers[header::REFRESH].to_str().unwrap();
    let query = refresh.strip_prefix(&format!("0; url={}/authorize?", rogue.issuer)).unwrap();
    let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let field = |name: &str| query.iter().find(|(field, _)| field == name).unwrap().1.clone();
    assert_eq!((field("prompt"), field("max_age")), ("login".into(), "0".into()), "it is told to ask again");
    rogue.manner().challenge = field("code_challenge");
    let seconds = house.app.clock.now().micros() / 1_000_000;
    for (name, value) in [("nonce", json!(field("nonce"))), ("iat", json!(seconds)), ("exp", json!(seconds + 300))] {
        rogue.claims(name, value);
    }
    Out { cookie: page.cookie("sharewell-provider").unwrap(), state: field("state"), nonce: field("nonce") }
}

#[tokio::test]
async fn a_provider_that_is_known_not_to_say_when_it_asked_is_taken_at_its_word() {
    let rogue = Rogue::start().await;
    let house = house_with(&rogue, VouchedBy::EmailVerified, true).await;
    let token = sign_in(&house, &rogue).await.cookie("sharewell").unwrap();
    house.app.clock.put_forward(sharewell::actions::CONFIRMED_SECONDS);
    let out = set_out_again(&house, &rogue, &token).await;
    let before = house.app.clock.now().micros() / 1_000_000 - 61;
    let right = rogue.manner().claims.clone();
    rogue.claims("auth_time", json!(before));
    let refused = back(&house, &out, "code=a+code").await;
    assert!(!refused.is_in(), "what it says counts all the same: {}", refused.text);
    rogue.manner().claims = right;
    let out = set_out_again(&house, &rogue, &token).await;
    let done = back(&house, &out, "code=a+code").await;
    assert!(done.is_in() && done.headers[header::LOCATION] == "/account/passkeys", "{}", done.text);
}

#[tokio::test]
async fn whoever_has_the_organisations_account_alone_proves_again_there_who_they_are() {
    let rogue = Rogue::start().await;
    let house = house(&rogue).await;
    let token = sign_in(&house, &rogue).await.cookie("sharewell").unwrap();
    house.app.clock.put_forward(sharewell::actions::CONFIRMED_SECONDS);
    let page = |address: &'static str, token: String| {
        let request = Request::get(address).header(header::COOKIE, format!("sharewell={token}"));
        asked(&house, request.body(Body::empty()).unwrap())
    };
    let confirm = page("/account/passkeys", token.clone()).await;
    assert_eq!(confirm.status, StatusCode::FORBIDDEN);
    assert!(confirm.says("Go on with Fernbank’s account"), "{}", confirm.text);
    // Where the provider says when it asked them, that was for this; and it is the same account.
    let before = house.app.clock.now().micros() / 1_000_000 - 61;
    rogue.claims("auth_time", json!(before + 61));
    let right = rogue.manner().claims.clone();
    for (name, value, words) in [
        ("auth_time", json!(before), "did not ask you again who you are"),
        // As where whoever sits there took `prompt` and `max_age` out of the address.
        ("auth_time", Value::Null, "did not ask you again who you are"),
        ("sub", json!("account-8"), "nobody here with that address"),
    ] {
        let out = set_out_again(&house, &rogue, &token).await;
        rogue.claims(name, value);
        let refused = back(&house, &out, "code=a+code").await;
        assert!(!refused.is_in() && refused.says(words), "{}", refused.text);
        rogue.manner().claims = right.clone();
        assert_eq!(page("/account/passkeys", token.clone()).await.status, StatusCode::FORBIDDEN);
    }
    // A colleague’s account at the same provider is not theirs.
    house.colleague("second@fernbank.example", Role::Practitioner).await;
    let out = set_out_again(&house, &rogue, &token).await;
    rogue.claims("sub", json!("account-9"));
    rogue.claims("email", json!("second@fernbank.example"));
    let refused = back(&house, &out, "code=a+code").await;
    assert!(!refused.is_in() && refused.says("another account of Fernbank’s account"), "{}", refused.text);
    rogue.manner().claims = right;
    let out = set_out_again(&house, &rogue, &token).await;
    rogue.claims("auth_time", json!(before + 61));
    let done = back(&house, &out, "code=a+code").await;
    assert!(done.is_in() && done.headers[header::LOCATION] == "/account/passkeys", "{}", done.text);
    let new = done.cookie("sharewell").unwrap();
    assert_eq!(page("/account/passkeys", new).await.status, StatusCode::OK);
    // Whoever has no account there is not sent there.
    house.colleague("third@fernbank.example", Role::Practitioner).await;
    let device = house::device();
    let other = sharewell::actions::sign_in(&house.app, "third@fernbank.example", PASSWORD, None, &device);
    let other = other.await.unwrap().token.cookie();
    let request = Request::post("/sign-in/confirm/provider")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("sharewell={other}"));
    assert_eq!(asked(&house, request.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_FOUND);
}
