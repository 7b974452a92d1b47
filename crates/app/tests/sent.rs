//! What is sent twice, corrected, too large or never sent whole.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::{House, told_by_a_child};
use http_body_util::BodyExt;
use sharewell::actions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

const TEACHER: &str = "teacher@fernbank.example";

struct Shown {
    status: StatusCode,
    html: String,
    location: String,
}

async fn ask(house: &House, method: &str, address: &str, form: String) -> Shown {
    let token = house.token(TEACHER).await;
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::COOKIE, format!("sharewell={token}"))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let response = house.router().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = |name: header::HeaderName| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let html = response.into_body().collect().await.unwrap().to_bytes();
    Shown { status, html: String::from_utf8_lossy(&html).into_owned(), location: text(header::LOCATION) }
}

async fn get(house: &House, address: &str) -> Shown {
    ask(house, "GET", address, String::new()).await
}

async fn send(house: &House, address: &str, fields: &[(&str, &str)]) -> Shown {
    ask(house, "POST", address, serde_urlencoded::to_string(fields).unwrap()).await
}

fn hidden(html: &str, name: &str) -> String {
    let (_, after) =
        html.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {html}"));
    after.split_once('"').unwrap().0.to_owned()
}

async fn decisions(house: &House) -> usize {
    actions::decisions(&house.app, &house.school).await.unwrap().len()
}

#[tokio::test]
async fn not_sharing_is_recorded_once_when_the_button_is_pressed_twice() {
    let house = House::new().await;
    let once = hidden(&get(&house, "/decide/not-sharing").await.html, "id");
    let form =
        |reasons| [("id", once.as_str()), ("choice", "do-not-share"), ("about", "A caller"), ("reasons", reasons)];
    let pressed = form("He would not say why.");
    let (first, second) =
        tokio::join!(send(&house, "/decide/not-sharing", &pressed), send(&house, "/decide/not-sharing", &pressed));
    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(first.location, second.location);
    assert_eq!(decisions(&house).await, 1);
    let otherwise = send(&house, "/decide/not-sharing", &form("He hung up.")).await;
    assert_eq!(otherwise.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(otherwise.html.contains("You recorded this page before") && otherwise.html.contains("He hung up."));
    assert_ne!(hidden(&otherwise.html, "id"), once);
    assert_eq!(decisions(&house).await, 1);
}

#[tokio::test]
async fn a_draft_is_recorded_once_and_its_address_then_leads_to_the_record() {
    let house = House::new().await;
    let case = actions::new_draft(&house.app, &told_by_a_child()).unwrap();
    let draft = actions::start_draft(&house.app, &house.school, None, case).await.unwrap();
    let address = format!("/decide/{}/record", draft.id);
    let form = [
        ("choice", "share"),
        ("about", "Ottilie"),
        ("reasons", "She was plain."),
        ("told", "later"),
        ("why_not_told", "He is at home."),
    ];
    let first = send(&house, &address, &form).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.html);
    let second = send(&house, &address, &form).await;
    let back = get(&house, &format!("/decide/{}/result", draft.id)).await;
    assert_eq!([&second.location, &back.location], [&first.location; 2]);
    assert_eq!(decisions(&house).await, 1);
}

#[tokio::test]
async fn a_quick_record_is_corrected_as_quickly() {
    let house = House::new().await;
    let form = [
        ("choice", "do-not-share"),
        ("about", "A caller"),
        ("reasons", "He would not say why."),
        ("people", "Sam Hart, 4 3 2017"),
    ];
    let first = send(&house, "/decide/not-sharing", &form).await.location;
    let correcting = send(&house, &format!("{first}/correct"), &[]).await.location;
    let page = get(&house, &correcting).await;
    assert!(
        page.html.contains("He would not say why.") && page.html.contains("What was wrong with the earlier record?")
    );
    let (once, corrects) = (hidden(&page.html, "id"), hidden(&page.html, "corrects"));
    let mut form = vec![
        ("id", once.as_str()),
        ("corrects", corrects.as_str()),
        ("choice", "delay"),
        ("about", "A caller"),
        ("reasons", "He will send a letter."),
    ];
    let without = send(&house, "/decide/not-sharing", &form).await;
    assert!(without.html.contains("Say what was wrong with the earlier record."));
    form.push(("why", "He rang again."));
    let second = send(&house, "/decide/not-sharing", &form).await.location;
    let shown = get(&house, &second).await.html;
    assert!(shown.contains("He rang again.") && shown.contains("Sam Hart, born 4 March 2017"), "{shown}");
    assert!(get(&house, &first).await.html.contains("This was corrected by"));
}

/// Sends bytes to the program as it serves, and reads all that it answers.
async fn over_the_wire(house: &House, sent: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(sharewell::serve::serve(Arc::clone(&house.app), listener, std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answered = Vec::new();
    tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut answered)).await.unwrap().unwrap();
    serving.abort();
    String::from_utf8_lossy(&answered).into_owned()
}

#[tokio::test]
async fn a_form_of_three_megabytes_is_answered_with_a_page() {
    let house = House::new().await;
    let body = "a".repeat(3 * 1024 * 1024);
    let head = |path: &str, kind: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nsec-fetch-site: same-origin\r\nconnection: close\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let answered = over_the_wire(&house, head("/decide", "application/x-www-form-urlencoded").as_bytes()).await;
    assert!(
        answered.starts_with("HTTP/1.1 413") && answered.contains("This is too much to send at once"),
        "{answered}"
    );
    let answered = over_the_wire(&house, head("/api/v1/advice", "application/json").as_bytes()).await;
    assert!(answered.starts_with("HTTP/1.1 413") && answered.contains("urn:sharewell:problem:too-much"), "{answered}");
}

#[tokio::test]
async fn a_connection_that_never_says_what_it_wants_is_closed() {
    let house = House::new().await;
    let begun = tokio::time::Instant::now();
    let answered = over_the_wire(&house, b"GET / HTTP/1.1\r\nhost: 127.0.0.1").await;
    assert!(begun.elapsed() < Duration::from_secs(40), "{answered}");
}
