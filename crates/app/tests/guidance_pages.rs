//! The guidance and practice as a visitor meets them, signed out: every link leads somewhere, and nothing is recorded.
#![expect(clippy::unwrap_used, reason = "a test that cannot open the program stops with why")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sharewell::packs::LoadedPack;
use sharewell::{App, Mode, web};
use store::{Place, Store};
use tempfile::TempDir;
use tower::ServiceExt;

/// The program on 23 November 2026, with nobody in it.
async fn opened() -> (TempDir, Arc<App>, Router) {
    let folder = tempfile::tempdir().unwrap();
    let begins = casework::Moment::from_micros(1_795_446_900_000_000);
    let store = Store::create(&Place::under(folder.path()), clock::randomness(), begins).await.unwrap();
    let loaded = LoadedPack::built_in().unwrap();
    let app = App::new(store, loaded, Clock::standing_at(begins), Mode::Live, Config::plain(folder.path()));
    let pages = web::router(Arc::clone(&app));
    (folder, app, pages)
}

async fn get(pages: &Router, address: &str) -> (StatusCode, String) {
    let request = Request::builder().uri(address).header("host", "localhost").body(Body::empty()).unwrap();
    answer(pages, request).await
}

async fn answer(pages: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = pages.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    // Templates write a slash in a value as a character reference.
    (status, String::from_utf8_lossy(&bytes).replace("&#x2f;", "/"))
}

fn between<'h>(html: &'h str, before: &'h str) -> impl Iterator<Item = &'h str> {
    html.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[tokio::test]
async fn every_link_of_the_guidance_leads_to_a_page_and_to_a_place_on_it() {
    let (_folder, _app, pages) = opened().await;
    let mut waiting: VecDeque<String> =
        ["/guidance", "/practice", "/guidance/search?q=consent"].map(str::to_owned).into();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut anchors: BTreeSet<(String, String, String)> = BTreeSet::new();
    while let Some(address) = waiting.pop_front() {
        if seen.contains_key(&address) {
            continue;
        }
        let (status, html) = get(&pages, &address).await;
        assert_eq!(status, StatusCode::OK, "{address}");
        let ids: Vec<&str> = between(&html, " id=\"").collect();
        let unique: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(ids.len(), unique.len(), "{address} names something twice");
        seen.insert(address.clone(), unique);
        for href in between(&html, "href=\"") {
            let (path, anchor) = href.split_once('#').unwrap_or((href, ""));
            let path = if path.is_empty() { address.as_str() } else { path };
            if path.starts_with("/guidance") || path.starts_with("/practice") {
                if !anchor.is_empty() {
                    anchors.insert((address.clone(), path.to_owned(), anchor.to_owned()));
                }
                waiting.push_back(path.to_owned());
            }
        }
    }
    assert!(seen.len() > 100, "{} pages", seen.len());
    for (from, path, anchor) in anchors {
        assert!(seen[&path].contains(&anchor), "{from} leads to {path}#{anchor}, which is not there");
    }
}

#[tokio::test]
async fn the_register_shows_the_law_of_another_day() {
    let (_folder, _app, pages) = opened().await;
    let (_, then) = get(&pages, "/guidance/law/6-1-ea?on=2025-06-01").await;
    assert!(then.contains("Not in force on 1 June 2025"));
    let (_, now) = get(&pages, "/guidance/law/6-1-ea").await;
    assert!(now.contains(">In force on 23 November 2026<"));
    let (_, announced) = get(&pages, "/guidance/law/cpa-2026-csa").await;
    assert!(announced.contains("sw-tag--due\">Not known to be in force on 23 November 2026<"));
    let (status, register) = get(&pages, "/guidance/law?q=&role=article-6&on=2025-06-01").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        register.contains("/guidance/law/6-1-ea?on=2025-06-01") && !register.contains("/guidance/law/cda-1998-s115")
    );
    let (status, wrong) = get(&pages, "/guidance/law?on=yesterday").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.contains("There is something to put right") && wrong.contains("href=\"#on\""));
}

#[tokio::test]
async fn what_is_not_in_the_guidance_is_not_found() {
    let (_folder, _app, pages) = opened().await;
    for address in [
        "/guidance/law/no-such",
        "/guidance/pages/no-such",
        "/guidance/schemes/x",
        "/guidance/read/say/x",
        "/practice/x",
    ] {
        assert_eq!(get(&pages, address).await.0, StatusCode::NOT_FOUND, "{address}");
    }
    let (status, html) = get(&pages, "/guidance/search?q=%3Cscript%3E").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Nothing was found") && !html.contains("<script>"));
}

#[tokio::test]
async fn a_number_that_nobody_confirmed_is_hidden_and_that_is_said() {
    let (_folder, app, pages) = opened().await;
    let (_, html) = get(&pages, "/guidance/contacts").await;
    for contact in app.pack().contacts.iter().filter(|contact| !contact.confirmed && !contact.phone.is_empty()) {
        assert!(!html.contains(&contact.phone), "{}", contact.id);
    }
    if app.pack().contacts.iter().any(|contact| !contact.confirmed) {
        assert!(html.contains("not shown, because nobody has confirmed them yet"));
    }
}

#[tokio::test]
async fn a_story_is_compared_with_the_reasoned_answer_and_nothing_is_kept() {
    let (_folder, _app, pages) = opened().await;
    let send = |body: &'static str| {
        let request = Request::builder().method("POST").uri("/practice/belt").header("host", "localhost");
        request
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    };
    let (status, html) = answer(&pages, send("law=6-1-a")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Choose what you would do."));
    let (status, html) = answer(&pages, send("verdict=advice&law=6-1-a")).await;
    assert_eq!(status, StatusCode::OK);
    for part in ["They differ.", "You chose it. It does not fit here.", "It fits here as well.", "Tell the police now"]
    {
        assert!(html.contains(part), "{part}");
    }
    let (_, html) = answer(&pages, send("verdict=share")).await;
    assert!(html.contains("They are the same."));
}
