//! Canaries: invented names, addresses, dates of birth, telephone numbers and narratives are written through every page, form and route of
//! the API; then everything that the program leaves on disk, says in its log or hands to others is searched for them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod browser;
#[path = "../house/mod.rs"]
mod house;
mod routes;
mod search;
mod served;
mod walk;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};

use axum::http::StatusCode;
use browser::Walker;
use house::{House, NOW, pack};
use search::{DESTROYED, LIVING, Search, spellings};
use serde_json::Value;
use sharewell::App;
use sharewell::Mode;
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use store::{Database, Place, Reading, Store, StoreError};
use test_postgres::Server;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

const TEACHER: &str = "teacher@fernbank.example";

/// A log, kept in memory to be searched.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged from now on by the whole test program: at the level that the program logs at, and everything.
fn logs() -> &'static (Log, Log) {
    static LISTENING: Once = Once::new();
    static LOGS: std::sync::OnceLock<(Log, Log)> = std::sync::OnceLock::new();
    let logs = LOGS.get_or_init(Default::default);
    LISTENING.call_once(|| {
        let (usual, everything) = logs.clone();
        let usual =
            tracing_subscriber::fmt::layer().json().with_writer(move || usual.clone()).with_filter(LevelFilter::INFO);
        let everything = tracing_subscriber::fmt::layer()
            .json()
            .with_writer(move || everything.clone())
            .with_filter(LevelFilter::TRACE);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(usual).with(everything)).unwrap();
    });
    logs
}

fn logged(log: &Log) -> Vec<u8> {
    log.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Everything that can be read with the keys, in words.
async fn readable(store: &Store) -> String {
    let mut all = String::new();
    for organisation in store.organisations().await.unwrap() {
        let read: Result<String, StoreError> = store
            .read("everything", organisation.id, |mut r: Reading| async move {
                let mut all = format!("{organisation:?}{:?}{:?}", r.people().await?, r.contacts().await?);
                all.extend([format!("{:?}", r.emergencies(100, 0).await?)]);
                all.extend([format!("{:?}", r.declarations().await?)]);
                for member in r.members().await? {
                    all.extend([format!("{member:?}{:?}", r.drafts_of(member.id).await?)]);
                    all.extend([format!("{:?}", r.decisions_by(member.id, 1_000).await?)]);
                    for matter in r.matters_of(member.id, crate::house::NOW).await? {
                        all.extend([format!(
                            "{matter:?}{:?}{:?}",
                            r.items_on(matter.id).await?,
                            r.decisions_on(matter.id).await?
                        )]);
                    }
                }
                all.extend([format!(
                    "{:?}{:?}{:?}",
                    r.legal_holds().await?,
                    r.destructions().await?,
                    r.recoveries().await?
                )]);
                Ok(all)
            })
            .await;
        all += &read.unwrap();
    }
    all
}

/// Walks through everything, and searches what can be searched while the program runs.
async fn walked(house: &House) {
    let (usual, everything) = logs();
    let search = Search::everybody();
    let walker = Walker::new(house, TEACHER).await;
    let left = walk::walk(house, &walker).await;
    walk::sign_out(house, &walker).await;
    assert_eq!(walker.not_walked(), [] as [&str; 0], "say in tests/canary/walk.rs what is written through a new route");
    assert_eq!(
        fields_not_sent(house, &walker.sent_names.borrow()),
        [] as [String; 0],
        "send a canary in every field of the API"
    );

    assert_eq!(search.open_files(), [] as [String; 0]);
    for (what, log) in [("usual", usual), ("whole", everything)] {
        let log = logged(log);
        let words = String::from_utf8_lossy(&log);
        assert!(words.contains("answered") && words.contains("/decisions/{decision}"), "the {what} log is heard");
        assert_eq!(search.within(&log), [] as [&str; 0], "in the {what} log");
    }
    assert!(String::from_utf8_lossy(&logged(everything)).contains("\"level\":\"TRACE\""), "everything is heard");
    // What is handed to others names nobody.
    for (what, bytes) in &left.handed_out {
        assert_eq!(search.within(bytes), [] as [&str; 0], "{what}");
    }
    others_see_nothing(house, &walker, &search).await;

    // With the keys: who stays is read, and nothing of who was destroyed.
    let read = readable(&house.app.store).await;
    assert!(LIVING[..4].iter().all(|word| read.contains(word)), "those who stay are there");
    assert_eq!(Search::for_words(&DESTROYED).within(read.as_bytes()), [] as [&str; 0], "read with the keys");
    let token = house.token(TEACHER).await;
    let again = Walker::new(house, TEACHER).await;
    assert!(!token.is_empty());
    assert_eq!(again.get(&left.matter_gone).await.status, StatusCode::GONE);
    let addresses = walker.addresses.borrow().clone();
    let mut papers = 0;
    for address in &addresses {
        let shown = again.get(address).await;
        if shown.bytes.starts_with(b"%PDF-") && address.ends_with("/record.pdf") {
            papers += 1;
            let search = Search::for_words(&LIVING[..2]);
            let read = search.within(&shown.bytes);
            assert!(!read.is_empty(), "{address} is read: it holds those who stay");
        }
        assert_eq!(
            Search::for_words(&DESTROYED).within(&shown.bytes),
            [] as [&str; 0],
            "{address} after the destruction"
        );
    }
    assert!(papers > 0, "a record's paper was looked at");
    assert!(
        addresses.iter().any(|address| address.ends_with("/certificate.pdf")),
        "a certificate's paper was looked at"
    );
}

/// The pages and errors that another organisation gets at every address that was walked.
async fn others_see_nothing(house: &House, walker: &Walker<'_>, search: &Search) {
    house.neighbour().await;
    let other = Walker::new(house, "doctor@harrowlane.example").await;
    let addresses = walker.addresses.borrow().clone();
    for address in &addresses {
        let shown = other.get(address).await;
        assert_eq!(search.within(&shown.bytes), [] as [&str; 0], "{address} ({})", shown.status);
    }
}

/// The text fields that the API describes and that were not sent.
fn fields_not_sent(house: &House, sent: &BTreeSet<String>) -> Vec<String> {
    let document = serde_json::to_value(sharewell::api::document(&house.app)).unwrap();
    let mut names = BTreeSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        described(&document, &operation["requestBody"]["content"]["application/json"]["schema"], &mut names, 0);
    }
    assert!(names.contains("requester_discussion") && names.contains("rule"), "the description is read: {names:?}");
    // Ids and days, which are no place for words, and what the story of the case says by its own names.
    let no_words = ["id", "on", "words", "facts", "texts"];
    names.into_iter().filter(|name| !sent.contains(name) && !no_words.contains(&name.as_str())).collect()
}

fn described(document: &Value, schema: &Value, names: &mut BTreeSet<String>, depth: usize) {
    if depth > 12 {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        described(document, document.pointer(reference.trim_start_matches('#')).unwrap(), names, depth + 1);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        names.insert(name.clone());
        described(document, field, names, depth + 1);
    }
    described_each(document, schema, names, depth);
}

fn described_each(document: &Value, schema: &Value, names: &mut BTreeSet<String>, depth: usize) {
    for several in ["oneOf", "anyOf", "allOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            described(document, one, names, depth + 1);
        }
    }
    if schema["items"].is_object() {
        described(document, &schema["items"], names, depth + 1);
    }
}

async fn house_on(database: Option<Database>) -> House {
    let folder = tempfile::TempDir::new().unwrap();
    let mut place = Place::under(folder.path());
    place.database = database.unwrap_or(place.database);
    let clock = Clock::standing_at(NOW);
    let store = Store::create(&place, clock::randomness(), clock::of_store(&clock)).await.unwrap();
    let app = App::new(store, pack(), clock, Mode::Live, Config::plain(folder.path()));
    let school = house::found(&app, "Fernbank Primary", "school-maintained", TEACHER).await;
    House { folder, app, school }
}

fn nothing_under(folder: &Path, at_least: u64) {
    let (found, looked_at) = Search::everybody().under(folder);
    assert_eq!(found, [] as [String; 0]);
    assert!(looked_at > at_least, "only {looked_at} bytes were there to be searched");
}

#[tokio::test]
async fn nothing_personal_is_left_in_clear_by_any_page_form_or_route() {
    let house = house_on(None).await;
    walked(&house).await;
    let folder = house.folder.path();
    for file in ["sharewell.db", "sharewell.db-wal", "sharewell.db-shm", "before.records", "before.keys"] {
        assert!(folder.join(file).exists(), "{file} is there to be searched");
    }
    nothing_under(folder, 500_000);
    let (records, keys) = (folder.join("after.records"), folder.join("after.keys"));
    house.app.store.back_up(&records, &keys).await.unwrap();
    house.app.store.close().await;
    nothing_under(folder, 500_000);

    // The records of before the destruction, with the keys of after it: nobody brings back who was destroyed.
    let again = Place::under(&folder.join("again"));
    Store::restore(&folder.join("before.records"), &keys, &again, "Ada Lovell", clock::randomness(), NOW)
        .await
        .unwrap();
    let store = Store::open(&again, clock::randomness(), NOW).await.unwrap();
    let read = readable(&store).await;
    assert!(read.contains("Quillfeather"), "those who stay are there");
    assert_eq!(Search::for_words(&DESTROYED).within(read.as_bytes()), [] as [&str; 0]);
    store.close().await;
    nothing_under(folder, 500_000);
    // With the keys of before it they were there: what is looked for can be found.
    let before = Place::under(&folder.join("before"));
    fs::create_dir(folder.join("before")).unwrap();
    let restored = Store::restore(
        &folder.join("before.records"),
        &folder.join("before.keys"),
        &before,
        "Ada Lovell",
        clock::randomness(),
        NOW,
    )
    .await;
    restored.unwrap();
    let store = Store::open(&before, clock::randomness(), NOW).await.unwrap();
    let read = readable(&store).await;
    for word in DESTROYED {
        assert!(read.contains(word), "{word} was there before");
    }
    store.close().await;
}

#[tokio::test]
async fn nothing_personal_is_left_in_clear_on_a_server() {
    let server = Server::start(&[]);
    server.sql("postgres", "CREATE DATABASE sharewell");
    let house = house_on(Some(Database::Server(server.url("sharewell").parse().unwrap()))).await;
    walked(&house).await;
    nothing_under(&server.data(), 5_000_000);
    let dump = server.dump("sharewell");
    assert!(dump.len() > 100_000 && String::from_utf8_lossy(&dump).contains("ledger_leaf"));
    assert_eq!(Search::everybody().within(&dump), [] as [&str; 0]);
    nothing_under(house.folder.path(), 100);
    house.app.store.close().await;
}

#[test]
fn the_search_finds_every_word_in_every_spelling_wherever_it_stands() {
    let search = Search::everybody();
    for word in LIVING.iter().chain(&DESTROYED) {
        for spelling in spellings(word) {
            for before in 0..4 {
                let bytes = [vec![0xA5; before], spelling.bytes.clone(), vec![0x5A; 3]].concat();
                assert!(!search.within(&bytes).is_empty(), "{word} as {}", spelling.name);
            }
        }
    }
    // Within a longer text that is encoded as a whole.
    let text = "They said that Zephyrine lives there.";
    for before in 0..3 {
        use base64::Engine as _;
        let whole = base64::engine::general_purpose::STANDARD.encode([&"ab"[..before.min(2)], text].concat());
        assert!(!search.within(whole.as_bytes()).is_empty(), "{whole}");
    }
    assert_eq!(search.within(b"nothing of anybody"), [] as [&str; 0]);
}

#[tokio::test]
async fn the_search_finds_a_canary_that_somebody_left_in_clear() {
    let house = house_on(None).await;
    let pack = casework::PackRef { id: "p".into(), version: "1".into(), digest: "d".into() };
    let kept = store::KeptPack { pack, files: [("public".to_owned(), b"of 17 Umbrellathorn Passage".to_vec())].into() };
    house.app.store.keep_pack(&kept, NOW).await.unwrap();
    let (found, _) = Search::everybody().under(house.folder.path());
    assert!(found.iter().any(|what| what.ends_with("sharewell.db-wal")), "{found:?}");
    let (_, everything) = logs();
    let before = logged(everything).len();
    tracing::trace!(planted = "a word that is looked for");
    assert!(logged(everything).len() > before, "what is traced is heard");
}

#[tokio::test]
async fn the_routes_are_read_from_the_router_itself() {
    let house = house_on(None).await;
    let mounted = routes::mounted(&house.router());
    for known in [
        "GET /",
        "POST /decide",
        "GET /decide",
        "POST /matters/{matter}/people",
        "DELETE /api/v1/sessions",
        "POST /api/v1/decisions",
        "GET /healthz",
    ] {
        assert!(mounted.contains(known), "{known}: {mounted:?}");
    }
    assert!(!mounted.contains("POST /matters"));
    let of = |method, address| routes::route_of(&mounted, method, address);
    assert_eq!(of("GET", "/decide/not-sharing").as_deref(), Some("GET /decide/not-sharing"));
    assert_eq!(of("GET", "/decide/1/items/new?x=y").as_deref(), Some("GET /decide/{draft}/items/{item}"));
    assert_eq!(of("GET", "/nowhere/at/all"), None);
    // A route that is not walked is missed.
    let more = house.router().route("/new", axum::routing::post(async || "new"));
    let added: Vec<String> = routes::mounted(&more).difference(&mounted).cloned().collect();
    assert_eq!(added, ["POST /new"]);
}
