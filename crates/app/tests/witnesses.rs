//! Witnessing over HTTP: what the door answers to whom, and what is made of a partner's answers, right and wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::OrganisationId;
use house::{House, NOW, pack, told_nothing_to_a_caller};
use http_body_util::BodyExt;
use ledger::checkpoint::Checkpoint;
use ledger::key::VerifierKey;
use ledger::note::{Note, Signer};
use ledger::tree::{Hash, leaf_hash, root_of_hashes};
use ledger::witness::{AddCheckpoint, LONGEST_REQUEST, origin_name, take_answer};
use sharewell::actions;
use sharewell::clock::Clock;
use sharewell::config::Config;
use sharewell::partners::{Partner, Witness};
use sharewell::{App, Mode, serve};
use sqlx::{Connection as _, Executor as _};
use store::{Reading, Said};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;

const TEACHER: &str = "teacher@fernbank.example";

/// An installation whose clock can be put forward, and the partners it knows.
struct Place {
    _folder: TempDir,
    app: Arc<App>,
    school: actions::Actor,
    rounds: tokio::sync::Mutex<actions::Rounds>,
}

impl Place {
    async fn new(clock: &Clock) -> Self {
        let house = House::new().await;
        house.app.store.close().await;
        let app = opened(house.folder.path(), clock, Vec::new()).await;
        let rounds = actions::Rounds::since(NOW).into();
        Self { _folder: house.folder, app, school: house.school, rounds }
    }

    fn organisation(&self) -> OrganisationId {
        self.school.organisation.id
    }

    async fn ledger_key(&self) -> VerifierKey {
        self.app.store.ledger_key(self.organisation()).await.unwrap()
    }

    async fn know(&mut self, partner: Partner) {
        let (folder, clock) = (self.app.config.folder.clone(), self.app.clock.clone());
        self.app.store.close().await;
        self.app = opened(&folder, &clock, vec![partner]).await;
    }

    /// Records something, and signs the ledger.
    async fn record(&self) -> casework::Decision {
        let decision = actions::record_not_sharing(&self.app, &self.school, told_nothing_to_a_caller()).await.unwrap();
        actions::tend_ledgers(&self.app).await.unwrap();
        decision
    }

    async fn size(&self) -> u64 {
        self.app.store.newest_checkpoint(self.organisation()).await.unwrap().unwrap().size
    }

    /// Asks the one partner; what it said.
    async fn ask(&self) -> Said {
        let partner = &self.app.config.partners[0];
        let mut rounds = self.rounds.lock().await;
        actions::ask_witness(&self.app, &partner.name, partner.witness.as_ref().unwrap(), &mut rounds).await.unwrap();
        self.said().await
    }

    async fn said(&self) -> Said {
        let asked = self
            .app
            .store
            .read("asked", self.organisation(), |mut reading: Reading| async move { reading.asked_witnesses().await });
        asked.await.unwrap()[0].said
    }

    async fn page(&self, address: &str) -> String {
        let token =
            actions::sign_in(&self.app, TEACHER, house::PASSWORD, None, &house::device()).await.unwrap().token.cookie();
        let cookie = format!("{}={token}", self.app.config.session_cookie());
        let request = Request::builder().uri(address).header("host", "127.0.0.1:8080").header(header::COOKIE, cookie);
        let answer = serve::router(Arc::clone(&self.app)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    /// Asks this installation's own door.
    async fn door(&self, method: &str, path: &str, body: impl Into<Body>) -> (u16, String, String) {
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let answer = serve::router(Arc::clone(&self.app)).oneshot(request).await.unwrap();
        let kind = answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, kind.unwrap_or_default(), String::from_utf8_lossy(&body).into_owned())
    }
}

async fn opened(folder: &Path, clock: &Clock, partners: Vec<Partner>) -> Arc<App> {
    let config = Config { partners, ..Config::plain(folder) };
    App::open(pack(), clock.clone(), Mode::Live, config).await.unwrap()
}

/// Serves an installation on this machine for as long as the test runs.
async fn served(app: &Arc<App>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::serve(Arc::clone(app), listener, std::future::pending()));
    address
}

/// A partner's ledger whose keeper tells two stories of its second entry.
struct Ledger(Signer);

impl Ledger {
    fn new() -> Self {
        Self(Signer::from_seed("ledger.northmere.example", &[5; 32]).unwrap())
    }

    fn leaf(n: u8, story: &str) -> Hash {
        leaf_hash(format!("{n}{}", if n == 0 { "" } else { story }).as_bytes())
    }

    fn note(&self, size: u8, story: &str) -> Note {
        let root = root_of_hashes((0..size).map(|n| Self::leaf(n, story)));
        Checkpoint::new(self.0.verifier_key(), size.into(), root).sign(&self.0).unwrap()
    }

    fn asks(&self, old: u64, proof: Vec<Hash>, size: u8, story: &str) -> String {
        AddCheckpoint::new(old, proof, self.note(size, story)).unwrap().to_string()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_answers_as_c2sp_says_and_looks_at_the_signature_alone() {
    let clock = Clock::standing_at(NOW);
    let mut place = Place::new(&clock).await;
    let ledger = Ledger::new();
    let keys = vec![ledger.0.verifier_key().clone()];
    place.know(Partner { name: "Northmere Council".into(), ledgers: keys, witness: None }).await;
    let prefix = format!("/witness/{}", place.organisation());
    let door = format!("{prefix}/add-checkpoint");
    let shown = format!("{prefix}/{}/checkpoint", origin_name("ledger.northmere.example"));
    let witness = place.app.store.witness_key(place.organisation()).unwrap();
    let plain = "text/plain; charset=utf-8";

    assert_eq!(place.door("GET", &shown, "").await.0, 404, "nothing was cosigned yet");
    let first = ledger.asks(0, vec![], 1, "");
    let (status, kind, line) = place.door("POST", &door, first.clone()).await;
    assert_eq!((status, kind.as_str()), (200, plain), "{line}");
    take_answer(&ledger.note(1, ""), line.as_bytes(), &witness).unwrap();
    assert_eq!(line.lines().count(), 1);

    for (body, status, why) in [
        (String::new(), 400, "nothing"),
        ("old 0\n".into(), 400, "no checkpoint"),
        (first.replacen("old 0", "old 2", 1), 400, "an old size beyond the new one"),
        (first.replacen("\n1\n", "\n2\n", 1), 403, "another text than was signed"),
        (first.replace("— ledger.northmere.example ", "— somebody.example "), 403, "no signature of the ledger"),
        (first.replacen("\nledger.north", "\nledger.south", 1), 404, "a ledger that is not witnessed"),
        (ledger.asks(1, vec![], 1, ""), 200, "the same once more"),
        (ledger.asks(1, vec![], 2, ""), 422, "no proof"),
        (ledger.asks(1, vec![Ledger::leaf(1, "x")], 2, ""), 422, "a wrong proof"),
        (ledger.asks(1, vec![Ledger::leaf(1, "")], 2, ""), 200, "a ledger that grew"),
        (ledger.asks(2, vec![], 2, "another"), 422, "the same size, another story"),
        (ledger.asks(1, vec![Ledger::leaf(1, "another")], 2, "another"), 409, "a fork from where it was before"),
    ] {
        let (found, kind, said) = place.door("POST", &door, body).await;
        assert_eq!(found, status, "{why}: {said}");
        if status == 409 {
            assert_eq!((kind.as_str(), said.as_str()), ("text/x.tlog.size", "2\n"));
        } else {
            assert_eq!(kind, plain, "{why}");
        }
    }
    assert_eq!(place.door("POST", &door, "x".repeat(LONGEST_REQUEST + 1)).await.0, 413);
    let elsewhere = format!("/witness/{}/add-checkpoint", OrganisationId::new(NOW, [7; 10]));
    for nobody in [elsewhere.as_str(), "/witness/x/add-checkpoint"] {
        assert_eq!(place.door("POST", nobody, first.clone()).await.0, 404);
    }
    assert_eq!(place.door("GET", &door, "").await.0, 405);

    let (status, kind, note) = place.door("GET", &shown, "").await;
    assert_eq!((status, kind.as_str()), (200, plain));
    let note = Note::parse(note.as_bytes()).unwrap();
    let (checkpoint, by) = Checkpoint::open(&note, ledger.0.verifier_key(), &[&witness]).unwrap();
    assert_eq!((checkpoint.size(), by.len(), note.signatures().len()), (2, 1, 2));
}

/// A witness that answers as it is told, once for each request, and counts them.
struct Mock {
    address: String,
    asked: Arc<AtomicUsize>,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Mock {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/w", listener.local_addr().unwrap());
        let (asked, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::<String>::new())));
        let (count, told) = (Arc::clone(&asked), Arc::clone(&answers));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (count, told) = (Arc::clone(&count), Arc::clone(&told));
                tokio::spawn(async move {
                    let mut read = [0; 8192];
                    let n = stream.read(&mut read).await.unwrap_or(0);
                    assert!(read[..n].starts_with(b"POST /w/add-checkpoint HTTP/1.1\r\n"));
                    let answer = {
                        let mut told = told.lock().unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                        if told.len() > 1 { told.remove(0) } else { told[0].clone() }
                    };
                    if answer == "silence" {
                        tokio::time::sleep(std::time::Duration::from_mins(1)).await;
                    }
                    // Whoever asked may be gone already.
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, asked, answers }
    }

    fn tell(&self, answers: &[String]) {
        *self.answers.lock().unwrap() = answers.to_vec();
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

fn with(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A minute and a quarter of an hour: longer than any wait.
const LATER: i64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_witnesses_a_ledger_over_http_and_its_page_says_how_far_and_when_it_falls_silent() {
    let clock = Clock::standing_at(NOW);
    let (mut ours, mut theirs) = (Place::new(&clock).await, Place::new(&clock).await);
    let known = Partner { name: "Fernbank".into(), ledgers: vec![ours.ledger_key().await], witness: None };
    theirs.know(known).await;
    let address = format!("{}/witness/{}/", served(&theirs.app).await, theirs.organisation());
    let key = theirs.app.store.witness_key(theirs.organisation()).unwrap();
    let witness = Some(Witness { key, address: address.parse().unwrap() });
    ours.know(Partner { name: "Harrow Lane Surgery".into(), ledgers: Vec::new(), witness }).await;

    let decision = ours.record().await;
    let at = format!("/decisions/{}", decision.id);
    assert!(ours.page(&at).await.contains("Harrow Lane Surgery has not witnessed it yet."));
    assert_eq!(ours.ask().await, Said::Cosigned);
    let size = ours.size().await;
    let reached = format!("Witnessed up to entry {size} by Harrow Lane Surgery, 18 November 2026, 10:40am.");
    for page in [&at, "/organisation"] {
        let page = ours.page(page).await;
        assert!(page.contains(&reached) && !page.contains("has confirmed the ledger for more"), "{page}");
    }
    let later = ours.record().await;
    let page = ours.page(&format!("/decisions/{}", later.id)).await;
    assert!(page.contains(&reached) && page.contains("This entry follows."), "{page}");

    clock.put_forward(25 * 3_600);
    let warning = "No partner has confirmed the ledger for more than a day.";
    assert!(ours.page(&at).await.contains(warning));
    assert_eq!(ours.ask().await, Said::Cosigned);
    let page = ours.page(&at).await;
    assert!(
        page.contains(&format!("Witnessed up to entry {}", ours.size().await)) && !page.contains(warning),
        "{page}"
    );
    clock.put_forward(25 * 3_600);
    assert!(ours.page(&at).await.contains(warning));
    assert_eq!(ours.ask().await, Said::Cosigned, "a ledger that did not grow is confirmed, too");
    assert!(!ours.page(&at).await.contains(warning));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_wrong_answers_are_not_taken_and_never_hold_up_recording() {
    let clock = Clock::standing_at(NOW);
    let mut ours = Place::new(&clock).await;
    let mock = Mock::new().await;
    let stranger = Place::new(&clock).await;
    let key = stranger.app.store.witness_key(stranger.organisation()).unwrap();
    let witness = Some(Witness { key: key.clone(), address: mock.address.parse().unwrap() });
    ours.know(Partner { name: "Northmere Council".into(), ledgers: Vec::new(), witness }).await;
    ours.record().await;
    let size = ours.size().await;
    let signed = ours.app.store.newest_checkpoint(ours.organisation()).await.unwrap().unwrap();
    let asked = ours.app.store.to_be_witnessed(ours.organisation(), 0, &signed).await.unwrap();
    let other = ours.app.store.witness(ours.organisation(), asked.as_bytes(), &[ours.ledger_key().await]).await;
    let (other, right) = (
        other.unwrap().unwrap(),
        stranger
            .app
            .store
            .witness(stranger.organisation(), asked.as_bytes(), &[ours.ledger_key().await])
            .await
            .unwrap()
            .unwrap(),
    );
    let elsewhere = Mock::new().await;
    elsewhere.tell(&[with("200 OK", &right)]);
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}/add-checkpoint\r\ncontent-length: 0\r\n\r\n",
        elsewhere.address
    );
    let size_of = |size: u64| with("409 Conflict", &format!("{size}\n"));
    for (answers, said, times, why) in [
        (vec![redirect], Said::Refused, 1, "a redirect is not followed"),
        (vec![with("200 OK", &other)], Said::Refused, 1, "a signature of somebody else"),
        (vec![with("200 OK", "thank you\n")], Said::Refused, 1, "no signature"),
        (vec![with("200 OK", &right.repeat(4_000))], Said::Refused, 1, "more than is ever right"),
        (vec![with("500 Internal Server Error", "")], Said::Refused, 1, "a failure"),
        (vec![with("404 Not Found", "")], Said::Unknown, 1, "a ledger that it does not know"),
        (vec![with("403 Forbidden", "")], Said::Refused, 1, "another key of the ledger"),
        (vec![with("422 Unprocessable Content", "")], Said::Refused, 1, "no story can differ from nothing"),
        (vec![with("409 Conflict", "many\n")], Said::Refused, 1, "no size"),
        (vec![size_of(0)], Said::Refused, 1, "the size that was sent"),
        (vec![size_of(1), size_of(2), size_of(1)], Said::Refused, 3, "one that never makes up its mind"),
        (vec![size_of(1), with("422 Unprocessable Content", "")], Said::SawOther, 2, "another beginning"),
        (vec![size_of(size + 1)], Said::SawMore(size + 1), 1, "more than there is"),
        (vec![size_of(1 << 62)], Said::SawMore(1 << 62), 1, "more than there can be"),
        (vec![with("409 Conflict", "99999999999999999999\n")], Said::Refused, 1, "no size of any ledger"),
        (vec!["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".into()], Said::Nothing, 1, "half an answer"),
        (vec![String::new()], Said::Nothing, 1, "no answer"),
        (vec!["nonsense\r\n\r\n".into()], Said::Nothing, 1, "no HTTP"),
    ] {
        clock.put_forward(LATER);
        mock.tell(&answers);
        assert_eq!((ours.ask().await, mock.asked()), (said, times), "{why}");
        assert_eq!(ours.ask().await, said, "{why}");
        assert_eq!(mock.asked(), 0, "{why}: it is not asked again at once");
        let page = ours.page("/organisation").await;
        assert!(page.contains("Northmere Council has not witnessed it yet."), "{why}: {page}");
        assert_eq!(page.contains("A partner witnessed another ledger than this one"), said.is_alarm(), "{why}");
    }
    assert_eq!(elsewhere.asked(), 0);
    ours.record().await;
    clock.put_forward(LATER);
    mock.tell(&[size_of(size + 1)]);
    assert_eq!(
        ours.ask().await,
        Said::Refused,
        "once it has grown, the size can be right; then it does not change its mind"
    );
    mock.asked();
    clock.put_forward(LATER);
    mock.tell(&["silence".into()]);
    assert_eq!(ours.ask().await, Said::Nothing, "it is not waited for any longer than some seconds");
}

/// Every row of the database is put back to what it was in an older copy, while the program runs; and what the key remembers as signed.
async fn put_back(place: &Place, older: &Path, signed: &[u8], now: i64) {
    let mut raw = raw(place).await;
    let attach = format!("ATTACH '{}' AS older", older.display());
    raw.execute(sqlx::AssertSqlSafe(attach)).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM older.sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut raw)
        .await
        .unwrap();
    let each =
        |table: &String| format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM older.{table};");
    let put_back = tables.iter().map(each).collect::<Vec<_>>().concat();
    // And, since they can, that the witness was asked a moment ago, is content, and need not be asked for long.
    let later = now + 900_000_000;
    let content = format!(
        "UPDATE asked_witness SET asked_at = {now}, confirmed_at = {now}, next_at = {later}, outcome = 'cosigned';"
    );
    let whole = format!("BEGIN IMMEDIATE;{put_back}{content}COMMIT");
    raw.execute(sqlx::AssertSqlSafe(whole)).await.unwrap();
    raw.close().await.unwrap();
    fs::write(signed_file(place), signed).unwrap();
}

async fn raw(place: &Place) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(place.app.config.folder.join("sharewell.db"))
        .foreign_keys(false)
        .busy_timeout(std::time::Duration::from_secs(10));
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

fn signed_file(place: &Place) -> std::path::PathBuf {
    place.app.config.folder.join("keys").join(format!("{}.signed", place.organisation()))
}

/// Looks at a page until it says something, for some rounds of the program.
async fn soon(place: &Place, page: &str, words: &str) {
    let mut shown = String::new();
    for _ in 0..60 {
        shown = place.page(page).await;
        if shown.contains(words) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    panic!("“{words}” is not said: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_put_back_while_the_program_runs_is_noticed_by_its_own_rounds_within_a_minute() {
    let clock = Clock::standing_at(NOW);
    let (mut ours, mut theirs) = (Place::new(&clock).await, Place::new(&clock).await);
    let known = Partner { name: "Fernbank".into(), ledgers: vec![ours.ledger_key().await], witness: None };
    theirs.know(known).await;
    let address = format!("{}/witness/{}/", served(&theirs.app).await, theirs.organisation());
    let key = theirs.app.store.witness_key(theirs.organisation()).unwrap();
    let witness = Some(Witness { key, address: address.parse().unwrap() });
    ours.know(Partner { name: "Harrow Lane Surgery".into(), ledgers: Vec::new(), witness }).await;
    served(&ours.app).await;

    let first = ours.record().await;
    let page = format!("/decisions/{}", first.id);
    soon(&ours, &page, "Witnessed up to entry ").await;
    let beside = TempDir::new().unwrap();
    let older = beside.path().join("older.db");
    let mut open = raw(&ours).await;
    sqlx::query("VACUUM INTO $1").bind(older.to_str().unwrap()).execute(&mut open).await.unwrap();
    open.close().await.unwrap();
    let signed = fs::read(signed_file(&ours)).unwrap();
    for _ in 0..4 {
        ours.record().await;
    }
    let seen = ours.size().await;
    clock.put_forward(5);
    soon(&ours, "/organisation", &format!("Witnessed up to entry {seen} by Harrow Lane Surgery")).await;

    put_back(&ours, &older, &signed, clock.now().micros()).await;
    let alarm = "A partner witnessed another ledger than this one";
    assert!(ours.size().await < seen);
    assert!(!ours.page(&page).await.contains(alarm), "nothing on this machine shows it");
    clock.put_forward(59);
    soon(&ours, &page, alarm).await;
    soon(&ours, "/organisation", "It witnessed more of this ledger than there is here.").await;
    assert_eq!(ours.said().await, Said::SawMore(seen));
    assert!(ours.record().await.recorded_at > first.recorded_at, "people in danger do not wait for it");
}
