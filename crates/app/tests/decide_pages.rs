//! Deciding in the browser: the flow kept in a draft, talked through, recorded; and what must not be possible.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use house::{House, NOW, PASSWORD, pack};
use http_body_util::BodyExt;
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sharewell::{App, Mode};
use store::{Place, Store};
use tower::ServiceExt;

struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Shown {
    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a hidden field.
    fn hidden(&self, name: &str) -> String {
        let field = self
            .html
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap_or_else(|| panic!("no {name} in {}", self.html));
        field.split('"').next().unwrap().to_owned()
    }
}

/// A browser: its cookie, and the headers that browsers send.
struct Browser<'h> {
    house: &'h House,
    cookie: Option<String>,
}

impl<'h> Browser<'h> {
    fn signed_out(house: &'h House) -> Self {
        Self { house, cookie: None }
    }

    async fn of(house: &'h House, email: &str) -> Self {
        Self { house, cookie: Some(house.token(email).await) }
    }

    async fn ask(&self, request: axum::http::request::Builder, body: String) -> Shown {
        let name = self.house.app.config.session_cookie();
        let request = match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, format!("{name}={cookie}")),
            None => request,
        };
        let response = self.house.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        // Templates write a slash in a value as a character reference.
        Shown { status, headers, html: String::from_utf8_lossy(&bytes).replace("&#x2f;", "/") }
    }

    async fn get(&self, address: &str) -> Shown {
        self.ask(Request::builder().uri(address).header("host", "127.0.0.1:8080"), String::new()).await
    }

    async fn send(&self, address: &str, fields: &[(&str, &str)]) -> Shown {
        let request = Request::builder().method("POST").uri(address).header("sec-fetch-site", "same-origin");
        self.ask(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form(fields)).await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}

const CALM: [(&str, &str); 2] = [("fact-immediate_danger", "no"), ("fact-crime", "no")];
const TEACHER: &str = "teacher@fernbank.example";

/// Starts a draft and gives its address.
async fn started(browser: &Browser<'_>) -> String {
    let shown = browser.send("/decide", &CALM).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
    let (address, _) = shown.location().rsplit_once('/').unwrap();
    address.to_owned()
}

#[tokio::test]
async fn what_to_do_in_danger_comes_before_everything_else() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let shown = browser.send("/decide", &[("fact-immediate_danger", "yes"), ("fact-crime", "no")]).await;
    assert!(shown.location().ends_with("/now"), "{}", shown.location());
    let now = browser.get(shown.location()).await;
    assert!(now.html.contains("Tell the police now") && now.html.contains("tel:999"));
}

/// Where the page "Do this now" leads on to.
fn leads_on_to(shown: &Shown) -> String {
    let button = shown.html.split("name=\"go\" value=\"").find(|rest| rest.contains("Go on with the decision"));
    button.and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

#[tokio::test]
async fn danger_waits_for_no_other_answer_and_what_is_open_is_asked_later() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    for danger in ["yes", "unsure"] {
        let only = [("fact-immediate_danger", danger)];
        let shown = browser.send("/decide", &only).await;
        assert!(shown.location().ends_with("/now"), "{} {}", shown.status, shown.location());
        let draft = shown.location().trim_end_matches("/now").to_owned();
        let now = browser.get(shown.location()).await;
        assert!(now.html.contains("tel:999"));
        assert_eq!(leads_on_to(&now), "child-worry", "not back to the danger question");
        let check = browser.get(&format!("{draft}/check")).await;
        assert!(check.html.contains("Not answered yet"), "the crime question stays open");

        let talked = Browser::signed_out(&house).send("/talk", &only).await;
        assert_eq!(talked.status, StatusCode::OK);
        assert!(talked.html.contains("Do this now"), "{}", talked.html);
        assert_eq!(leads_on_to(&talked), "child-worry");
    }
    let draft = started(&browser).await;
    let later = browser.send(&format!("{draft}/danger-now"), &[("fact-immediate_danger", "yes"), ("go", "next")]).await;
    assert!(later.location().ends_with("/now"), "danger that comes later waits for nothing either: {}", later.html);
}

#[tokio::test]
async fn who_said_that_somebody_is_in_danger_is_not_asked_it_again() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let begun = browser.send("/decide", &[("fact-immediate_danger", "yes")]).await;
    let draft = begun.location().trim_end_matches("/now").to_owned();
    let mut at = leads_on_to(&browser.get(begun.location()).await);
    let mut asked = vec![];
    // A question that cannot be skipped comes again at the end; that of danger was answered.
    while at != "check" && !asked.contains(&at) {
        assert_ne!(at, "danger-now", "after {asked:?}");
        asked.push(at.clone());
        let shown = browser.send(&format!("{draft}/{at}"), &[("go", "skip")]).await;
        at = shown.location().rsplit('/').next().unwrap().to_owned();
        if at == "now" {
            at = leads_on_to(&browser.get(shown.location()).await);
        }
    }
    assert!(asked.len() > 5, "everything else was asked: {asked:?}");
    let check = browser.get(&format!("{draft}/check")).await;
    assert!(check.html.contains("Not answered yet"), "what was left open, the crime question, is said to be open");
}

#[tokio::test]
async fn pressing_twice_records_once() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let id = browser.get("/decide/not-sharing").await.hidden("id");
    let fields = [
        ("id", id.as_str()),
        ("choice", "do-not-share"),
        ("about", "A neighbour asked about a pupil"),
        ("reasons", "She has no part in keeping him safe."),
    ];
    let first = browser.send("/decide/not-sharing", &fields).await;
    let second = browser.send("/decide/not-sharing", &fields).await;
    assert_eq!(first.location(), format!("/decisions/{id}"));
    assert_eq!((second.status, second.location()), (StatusCode::SEE_OTHER, first.location()));
    let [_, decisions, _] = held(&house).await;
    assert_eq!(decisions, 1);

    let neighbour = house.neighbour().await;
    let elsewhere = Browser { house: &house, cookie: Some(house.token(&neighbour.member.email).await) };
    let taken = elsewhere.send("/decide/not-sharing", &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "another organisation's ids are its own");
}

#[tokio::test]
async fn recording_a_draft_twice_leads_to_the_one_record() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    let fields = [
        ("choice", "ask-advice"),
        ("about", "A boy often alone"),
        ("reasons", "I do not know enough yet."),
        ("departing", "I want to ask first."),
    ];
    let first = browser.send(&format!("{draft}/record"), &fields).await;
    assert!(first.location().starts_with("/decisions/"), "{}", first.html);
    let second = browser.send(&format!("{draft}/record"), &fields).await;
    assert_eq!(second.location(), first.location());
    let other = browser.send(&format!("{draft}/child-worry"), &[("go", "next")]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "the draft itself is gone");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_said_beside_its_field_with_nothing_lost() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let long = "He came late again. ".repeat(1_001);
    let about = "a".repeat(301);
    let fields = [("choice", "do-not-share"), ("about", about.as_str()), ("reasons", long.as_str())];
    let shown = browser.send("/decide/not-sharing", &fields).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Shorten this to 300 characters; it has 301.", "Shorten this to 20,000 characters; it has 20,019."] {
        assert!(shown.html.contains(words), "{words}");
    }
    assert!(shown.html.contains(long.trim()));
    let draft = started(&browser).await;
    let item = browser.send(&format!("{draft}/items/new"), &[("item-text", &long)]).await;
    assert!(item.html.contains("Shorten this to 20,000 characters"), "{}", item.status);
}

#[tokio::test]
async fn what_is_no_form_or_no_address_is_answered_with_a_page() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    for address in ["/decisions/%ff", "/matters/%C3%28", "/decide/%ff/child-worry"] {
        let shown = browser.get(address).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{address}");
        assert!(shown.html.contains("There is nothing at this address"), "{address}: {}", shown.html);
    }
    let draft = started(&browser).await;
    let odd = browser.send(&format!("{draft}/child-worry"), &[("go", "items/x\r\nset-cookie: a=b")]).await;
    assert_eq!(odd.location(), format!("{draft}/tasks"));
    let much = "a".repeat(2 * 1024 * 1024);
    let refused = browser.send("/decide/not-sharing", &[("reasons", &much)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.html.contains("too much to send at once"));
}

#[tokio::test]
async fn signed_out_danger_is_answered_before_signing_in_and_the_answers_are_kept() {
    let house = House::new().await;
    let browser = Browser::signed_out(&house);
    let danger = [("fact-immediate_danger", "yes"), ("fact-crime", "no")];
    let shown = browser.send("/decide", &danger).await;
    assert_eq!(shown.status, StatusCode::UNAUTHORIZED);
    assert!(shown.html.contains("Tell the police now"));
    let kept = shown.hidden("kept");
    let shown = browser.send("/sign-in", &[("email", TEACHER), ("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
    assert!(shown.location().starts_with("/decide/") && shown.location().ends_with("/now"), "{}", shown.location());
    assert!(shown.headers[header::SET_COOKIE].to_str().unwrap().contains("HttpOnly"));
}

#[tokio::test]
async fn the_first_question_needs_an_answer_and_not_sure_is_one() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let shown = browser.send("/decide", &[("fact-crime", "no")]).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(shown.html.contains("<title>Error: ") && shown.html.contains("href=\"#fact-immediate_danger\""));
    assert!(
        shown.html.contains("name=\"fact-crime\" type=\"radio\" value=\"no\" checked"),
        "what was answered stays answered"
    );
    let shown = browser.send("/decide", &[("fact-immediate_danger", "unsure"), ("fact-crime", "unsure")]).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_draft_survives_a_restart() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    let words = "So that somebody sees whether Saoirse eats";
    browser
        .send(&format!("{draft}/purpose"), &[("fact-purpose", "yes"), ("text-purpose_words", words), ("go", "next")])
        .await;
    let cookie = browser.cookie.clone();
    house.app.store.close().await;

    let store = Store::open(&Place::under(house.folder.path()), clock::randomness(), NOW).await.unwrap();
    let app = App::new(store, pack(), Clock::standing_at(NOW), Mode::Live, Config::plain(house.folder.path()));
    let house = House { app, ..house };
    let browser = Browser { house: &house, cookie };
    assert!(browser.get(&format!("{draft}/purpose")).await.html.contains(words));
    assert!(browser.get("/").await.html.contains(&draft), "it is among the drafts to finish");
}

#[tokio::test]
async fn autosave_keeps_a_page_without_judging_it() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    let request = Request::builder()
        .method("POST")
        .uri(format!("{draft}/child-worry"))
        .header("sec-fetch-site", "same-origin")
        .header("sharewell-autosave", "1")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let saved = browser.ask(request, form(&[("fact-significant_harm", "unsure")])).await;
    assert_eq!(saved.status, StatusCode::NO_CONTENT);
    assert!(saved.headers.contains_key("sharewell-version"));
    assert!(browser.get(&format!("{draft}/child-worry")).await.html.contains("value=\"unsure\" checked"));
}

/// How many drafts, matters, people, items and decisions the organisation holds.
async fn held(house: &House) -> [usize; 3] {
    [
        sharewell::actions::drafts(&house.app, &house.school).await.unwrap().len(),
        sharewell::actions::matters(&house.app, &house.school).await.unwrap().len(),
        sharewell::actions::decisions(&house.app, &house.school).await.unwrap().len(),
    ]
}

/// The bytes of the database and of what was not yet written into it: nothing that is stored leaves them as they were.
fn stored(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(house.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn talking_it_through_stores_nothing_and_puts_nothing_in_an_address() {
    let house = House::new().await;
    let browser = Browser::signed_out(&house);
    let before = (stored(&house), held(&house).await);
    let mut shown = browser.send("/talk", &CALM).await;
    assert_eq!(shown.status, StatusCode::OK);
    let secret = "Saoirse at number nine";
    for (at, field, value, go) in [
        ("purpose", "text-purpose_words", secret, "items/new"),
        ("items/new", "item-text", secret, "items"),
        ("items", "", "", "result"),
    ] {
        let state = shown.hidden("state");
        assert!(!state.contains("Saoirse"));
        shown = browser
            .send("/talk", &[("state", &state), ("at", at), (field, value), ("go", go), ("fact-purpose", "yes")])
            .await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.html);
        assert!(shown.location().is_empty() && shown.headers.get(header::SET_COOKIE).is_none());
    }
    assert!(shown.html.contains("The answer") && shown.html.contains(secret));
    assert_eq!((stored(&house), held(&house).await), before, "nothing was stored");

    let state = shown.hidden("state");
    let member = Browser::of(&house, TEACHER).await;
    let kept = member.send("/talk/keep", &[("state", &state)]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER);
    assert!(member.get(kept.location()).await.html.contains(secret), "after signing in it can be kept");
}

#[tokio::test]
async fn a_state_that_was_altered_is_not_taken() {
    let house = House::new().await;
    let browser = Browser::signed_out(&house);
    let state = browser.send("/talk", &CALM).await.hidden("state");
    let altered = format!("B{}", &state[1..]);
    let altered = if altered == state { format!("C{}", &state[1..]) } else { altered };
    let shown = browser.send("/talk", &[("state", &altered), ("at", "purpose"), ("go", "result")]).await;
    assert!(shown.html.contains("What you talked through is no longer here"));
}

#[tokio::test]
async fn another_organisations_draft_and_record_look_as_if_they_did_not_exist() {
    let house = House::new().await;
    house.neighbour().await;
    let teacher = Browser::of(&house, TEACHER).await;
    let draft = started(&teacher).await;
    let not_sharing =
        [("choice", "do-not-share"), ("about", "A neighbour asked"), ("reasons", "She has no need to know.")];
    let recorded = teacher.send("/decide/not-sharing", &not_sharing).await;
    assert_eq!(recorded.status, StatusCode::SEE_OTHER, "{}", recorded.html);

    let doctor = Browser::of(&house, "doctor@harrowlane.example").await;
    let nowhere = "00000000-0000-7000-8000-000000000000";
    for (theirs, none) in [
        (format!("{draft}/purpose"), format!("/decide/{nowhere}/purpose")),
        (recorded.location().to_owned(), format!("/decisions/{nowhere}")),
        (format!("{}/record.pdf", recorded.location()), format!("/decisions/{nowhere}/record.pdf")),
    ] {
        assert_eq!(teacher.get(&theirs).await.status, StatusCode::OK, "{theirs}");
        let (theirs, none) = (doctor.get(&theirs).await, doctor.get(&none).await);
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!(theirs.html, none.html, "the same page");
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    for sent_from in [None, Some(("sec-fetch-site", "cross-site")), Some(("origin", "https://elsewhere.example"))] {
        let request = Request::builder().method("POST").uri("/decide").header("host", "127.0.0.1:8080");
        let mut request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((name, value)) = sent_from {
            request = request.header(name, value);
        }
        assert_eq!(browser.ask(request, form(&CALM)).await.status, StatusCode::FORBIDDEN, "{sent_from:?}");
    }
    assert_eq!(held(&house).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_decision_is_recorded_read_downloaded_corrected_and_replayed() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    for (page, fields) in [
        (
            "child-worry",
            [("fact-child_disclosed", "yes"), ("fact-significant_harm", "yes"), ("fact-child_safety_worry", "yes")],
        ),
        (
            "recipient",
            [
                ("fact-recipient_kind", "council-children"),
                ("fact-recipient_named", "yes"),
                ("text-recipient_name", "Duty desk"),
            ],
        ),
    ] {
        let shown = browser.send(&format!("{draft}/{page}"), &fields).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{page}: {}", shown.html);
    }
    let result = browser.get(&format!("{draft}/result")).await;
    assert!(result.html.contains("sw-verdict--share"), "{}", result.html);

    let nothing = browser.send(&format!("{draft}/record"), &[("reasons", "She told me herself.")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.html.contains("Say what you decide.") && nothing.html.contains("She told me herself."));
    let departing = [("choice", "do-not-share"), ("about", "A girl"), ("reasons", "No")];
    let departing = browser.send(&format!("{draft}/record"), &departing).await;
    assert!(departing.html.contains("Say why you decide differently from the advice."));

    let own = [
        ("choice", "share"),
        ("about", "A girl in year four"),
        ("reasons", "She told me herself."),
        ("people", "Saoirse Example"),
    ];
    let recorded = browser.send(&format!("{draft}/record"), &own).await;
    assert_eq!(recorded.status, StatusCode::SEE_OTHER, "{}", recorded.html);
    let address = recorded.location().to_owned();
    let page = browser.get(&address).await;
    assert!(page.html.contains("Saoirse Example") && page.html.contains("She told me herself."));
    assert!(!page.html.contains("<title>A girl"), "no name or matter in a title");
    let pdf = browser.get(&format!("{address}/record.pdf")).await;
    assert_eq!((pdf.status, pdf.html.starts_with("%PDF-")), (StatusCode::OK, true));
    assert_eq!(browser.get(&format!("{address}/record.json")).await.status, StatusCode::OK);
    assert_eq!(browser.get(&format!("{address}/replay")).await.status, StatusCode::OK);

    let correction = browser.send(&format!("{address}/correct"), &[]).await;
    let (draft, _) = correction.location().rsplit_once('/').unwrap();
    let corrected = [
        ("why", "The year was wrong."),
        ("choice", "share"),
        ("about", "A girl in year five"),
        ("reasons", "She told me."),
    ];
    let corrected = browser.send(&format!("{draft}/record"), &corrected).await;
    assert_eq!(corrected.status, StatusCode::SEE_OTHER, "{}", corrected.html);
    let earlier = browser.get(&address).await;
    assert!(earlier.html.contains("The year was wrong.") && earlier.html.contains("A girl in year four"), "both stay");
}

#[tokio::test]
async fn items_are_added_changed_and_removed_with_nothing_lost_on_the_way() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    let wrong = [
        ("item-text", ""),
        ("item-source", "Register"),
        ("item-event_date-day", "31"),
        ("item-event_date-month", "2"),
        ("item-event_date-year", "2026"),
    ];
    let shown = browser.send(&format!("{draft}/items/new"), &wrong).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        shown.html.contains("href=\"#item-event_date-day\"")
            && shown.html.contains("value=\"Register\"")
            && shown.html.contains("value=\"31\"")
    );
    browser.send(&format!("{draft}/items/new"), &[("item-text", "Attendance"), ("item-need", "yes")]).await;
    let list = browser.get(&format!("{draft}/items")).await.html;
    let item = list
        .split("/items/")
        .skip(1)
        .filter_map(|rest| rest.split(['"', '/']).next())
        .find(|id| *id != "new")
        .unwrap()
        .to_owned();
    assert!(list.contains("Attendance"));
    browser.send(&format!("{draft}/items/{item}"), &[("item-text", "Attendance since May")]).await;
    assert!(browser.get(&format!("{draft}/items")).await.html.contains("Attendance since May"));
    browser.send(&format!("{draft}/items/{item}/remove"), &[]).await;
    assert!(!browser.get(&format!("{draft}/items")).await.html.contains("Attendance"));
}

#[tokio::test]
async fn the_organisations_page_is_its_administrators_alone_and_a_procedure_appears_where_it_belongs() {
    let house = House::new().await;
    house.colleague("colleague@fernbank.example", casework::Role::Practitioner).await;
    let colleague = Browser::of(&house, "colleague@fernbank.example").await;
    assert_eq!(colleague.get("/organisation").await.status, StatusCode::NOT_FOUND);
    let administrator = Browser::of(&house, TEACHER).await;
    let version = administrator.get("/organisation/procedures").await.hidden("version");
    let procedure = [
        ("version", version.as_str()),
        ("step", "danger-now"),
        ("title", "Who to find first"),
        ("text", "Find the head teacher."),
        ("owner", "Head teacher"),
        ("review_on-day", "1"),
        ("review_on-month", "9"),
        ("review_on-year", "2027"),
    ];
    let saved = administrator.send("/organisation/procedures", &procedure).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    assert!(colleague.get("/decide").await.html.contains("Find the head teacher."));
}

#[test]
fn no_question_is_called_like_another_page_of_the_flow() {
    for page in ["now", "tasks", "check", "result", "record", "discard", "not-sharing", "later", "next", "skip", "keep"]
    {
        assert!(pack().pack.question(page).is_none(), "{page}");
    }
    assert!(pack().pack.question("items").is_some(), "the items have the address of their question");
}

#[tokio::test]
async fn talking_it_through_one_may_go_back_without_answering() {
    let house = House::new().await;
    let browser = Browser::signed_out(&house);
    let shown = browser.send("/talk", &CALM).await;
    let state = shown.hidden("state");
    let at = shown.hidden("at");
    let back = browser.send("/talk", &[("state", &state), ("at", &at), ("go", "danger-now")]).await;
    assert_eq!(back.status, StatusCode::OK);
    assert!(back.html.contains("value=\"no\" checked"), "what was answered is still there");
    let item = browser.send("/talk", &[("state", &state), ("at", "items"), ("go", "items/new")]).await;
    let back =
        browser.send("/talk", &[("state", &item.hidden("state")), ("at", "items/new"), ("go", "back-to-items")]).await;
    assert_eq!(back.status, StatusCode::OK);
    assert!(back.html.contains("What would you share?"));
}

#[tokio::test]
async fn after_a_time_out_signing_in_sends_the_form_again() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let draft = started(&browser).await;
    house.app.clock.put_forward(sharewell::actions::IDLE_SECONDS + 1);
    let words = "So that somebody sees whether Saoirse eats";
    let page = format!("{draft}/purpose");
    let shown = browser.send(&page, &[("fact-purpose", "yes"), ("text-purpose_words", words), ("go", "next")]).await;
    assert_eq!(shown.status, StatusCode::UNAUTHORIZED);
    assert!(!shown.html.contains("Saoirse"), "nothing readable waits in the sign-in page");
    let fields = [("email", TEACHER), ("password", PASSWORD), ("kept", &shown.hidden("kept"))];
    let shown = Browser::signed_out(&house).send("/sign-in", &fields).await;
    assert!(shown.location().starts_with(&draft), "{} {}", shown.status, shown.location());
    assert!(Browser::of(&house, TEACHER).await.get(&page).await.html.contains(words));
}

#[tokio::test]
async fn the_administrator_invites_a_member_and_gives_them_a_link_for_a_new_password() {
    let house = House::new().await;
    let administrator = Browser::of(&house, TEACHER).await;
    let mut member = vec![("name", "Bronwen Tull"), ("role_title", ""), ("email", "bronwen@fernbank.example")];
    let invite = "/organisation/members/invite";
    let wrong = administrator.send(invite, &member).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for beside in ["id=\"role_title-error\"", "id=\"roles-error\"", "value=\"Bronwen Tull\""] {
        assert!(wrong.html.contains(beside), "{beside} in {}", wrong.html);
    }
    member.extend([("roles", "practitioner"), ("roles", "manager")]);
    member[1].1 = "School nurse";
    let link = |html: &str| {
        let code = html.split("link#").nth(1).unwrap_or_else(|| panic!("no link in {html}"));
        code.split('<').next().unwrap().to_owned()
    };
    let invited = link(&administrator.send(invite, &member).await.html);
    let list = administrator.get("/organisation/members?status=invited").await.html;
    assert!(list.contains("Bronwen Tull") && list.contains("Decides on cases, Manages"), "{list}");

    let nobody = Browser::signed_out(&house);
    let welcome = nobody.send("/link", &[("code", &invited)]).await.html;
    assert!(welcome.contains("You are invited to Fernbank Primary") && welcome.contains("School nurse"), "{welcome}");
    let short = nobody.send("/link/password", &[("code", &invited), ("password", "too short")]).await;
    assert!(short.html.contains("id=\"password-error\"") && !short.html.contains("too short\""), "{}", short.html);
    let in_now = nobody.send("/link/password", &[("code", &invited), ("password", PASSWORD)]).await;
    assert_eq!(in_now.status, StatusCode::SEE_OTHER, "{}", in_now.html);

    let nurse = Browser::of(&house, "bronwen@fernbank.example").await;
    assert_eq!(nurse.send(invite, &member).await.status, StatusCode::NOT_FOUND);
    let members = sharewell::actions::members(&house.app, &house.school).await.unwrap();
    let id = members.iter().find(|member| member.email == "bronwen@fernbank.example").unwrap().id;
    let theirs = format!("/organisation/members/{id}");
    for act in ["link", "suspend", "reactivate", "withdraw", "leave"] {
        assert_eq!(nurse.send(&format!("{theirs}/{act}"), &[]).await.status, StatusCode::NOT_FOUND, "{act}");
    }
    let fresh = link(&administrator.send(&format!("{theirs}/link"), &[]).await.html);
    assert_ne!(nurse.get("/matters").await.status, StatusCode::UNAUTHORIZED, "the link alone changes nothing");
    nobody.send("/link/password", &[("code", &fresh), ("password", "pebble tractor hymn")]).await;
    assert_eq!(nurse.get("/matters").await.status, StatusCode::UNAUTHORIZED, "whoever is signed in is signed out");
    let signs_in = [("email", "bronwen@fernbank.example"), ("password", "pebble tractor hymn")];
    assert_eq!(Browser::signed_out(&house).send("/sign-in", &signs_in).await.status, StatusCode::SEE_OTHER);
    let page = administrator.get(&theirs).await.html;
    for happened in ["Invited by", "Joined:", "Given a link for a new password by"] {
        assert!(page.contains(happened), "{happened} in {page}");
    }
}

#[tokio::test]
async fn a_single_piece_may_be_judged_otherwise_with_a_reason_and_known_people_chosen() {
    let house = House::new().await;
    let browser = Browser::of(&house, TEACHER).await;
    let first = [
        ("choice", "do-not-share"),
        ("about", "A neighbour asked"),
        ("reasons", "No need to know."),
        ("people", "Saoirse Example"),
    ];
    assert_eq!(browser.send("/decide/not-sharing", &first).await.status, StatusCode::SEE_OTHER);
    let draft = started(&browser).await;
    let item = [("item-text", "Attendance since May"), ("item-need", "yes")];
    assert_eq!(browser.send(&format!("{draft}/items/new"), &item).await.status, StatusCode::SEE_OTHER);
    let form = browser.get(&format!("{draft}/record")).await.html;
    assert!(form.contains("Attendance since May") && form.contains("Saoirse Example"), "{form}");
    let person = form.split("name=\"known\" type=\"checkbox\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let advised = ["in", "out", "ask"]
        .into_iter()
        .find(|word| form.contains(&format!("name=\"item-0\" type=\"radio\" value=\"{word}\" checked")))
        .unwrap();
    let own = if advised == "out" { "in" } else { "out" };
    let mut sent = vec![
        ("choice", "ask-advice"),
        ("about", "A girl in year four"),
        ("reasons", "I want to talk it over."),
        ("departing", "It is not clear to me."),
        ("known", person),
        ("item-0", own),
    ];
    let unexplained = browser.send(&format!("{draft}/record"), &sent).await;
    assert_eq!(unexplained.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        unexplained.html.contains("href=\"#item-0-reason\"") && unexplained.html.contains("id=\"item-0-reason-error\"")
    );
    sent.push(("item-0-reason", "The school needs to see it first."));
    let recorded = browser.send(&format!("{draft}/record"), &sent).await;
    assert_eq!(recorded.status, StatusCode::SEE_OTHER, "{}", recorded.html);
    let record = browser.get(recorded.location()).await.html;
    assert!(record.contains("The school needs to see it first.") && record.contains("Saoirse Example"), "{record}");
    let decisions = sharewell::actions::decisions(&house.app, &house.school).await.unwrap();
    let [asked, refused] = &decisions[..] else { panic!("two decisions") };
    assert_eq!(asked.people, refused.people, "the same person, not another of that name");
}
