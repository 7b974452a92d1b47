//! Several copies of the program on one PostgreSQL, as they run for real: signed in at one, going on at another, one of them
//! killed, and the database killed under all of them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use house::{PASSWORD, told_by_a_child};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_postgres::Server;

const DATABASE: &str = "sharewell";

/// An installation on a server of its own; every copy has a data folder of its own, in which the one folder of keys is.
struct Installation {
    folder: TempDir,
    server: Server,
}

/// A running copy of the program.
struct Running {
    child: Child,
    address: String,
}

impl Installation {
    fn new() -> Self {
        let server = Server::start(&[]);
        server.sql("postgres", &format!("CREATE DATABASE {DATABASE}"));
        let made = Self { folder: TempDir::new().unwrap(), server };
        let password = made.folder.path().join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        let init = made
            .program("first")
            .args([
                "init",
                "--organisation",
                "Fernbank Primary",
                "--body",
                "school-maintained",
                "--password-alone",
                "--also-practitioner",
            ])
            .args(["--name", "Wilhelmina Throssell", "--email", "head@fernbank.example", "--password-file"])
            .arg(&password)
            .arg("--data")
            .arg(made.data("first"))
            .output()
            .unwrap();
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        made
    }

    fn data(&self, copy: &str) -> PathBuf {
        self.folder.path().join(copy)
    }

    fn program(&self, _copy: &str) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sharewell"));
        program.env("SHAREWELL_DATABASE", self.server.url(DATABASE));
        program
    }

    /// Starts a copy, which shares the keys of the first, as docs/operating.md says.
    fn start(&self, copy: &str) -> Running {
        let keys = self.data(copy).join("keys");
        if !keys.exists() {
            fs::create_dir_all(self.data(copy)).unwrap();
            symlink(self.data("first").join("keys"), keys).unwrap();
        }
        let mut child = self
            .program(copy)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data(copy))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("Sharewell is ready: http://").unwrap_or_else(|| panic!("{copy}: {line}"));
        Running { address: address.trim_end_matches('/').to_owned(), child }
    }

    fn count(&self, question: &str) -> usize {
        self.server.sql(DATABASE, question).parse().unwrap()
    }

    /// The ids of every decision that the database holds.
    fn decisions(&self) -> BTreeSet<String> {
        self.server.sql(DATABASE, "SELECT decision_id FROM decision").lines().map(str::to_owned).collect()
    }

    /// Waits until so many decisions are there, however slow the machine is.
    fn has_recorded(&self, decisions: usize) {
        for attempt in 0.. {
            if self.decisions().len() >= decisions {
                break;
            }
            assert!(attempt < 400, "{decisions} decisions are not recorded");
            sleep(Duration::from_millis(200));
        }
    }

    /// Waits until every leaf has its place in the ledger, and sees that no place is empty or taken twice.
    fn ledger_is_whole(&self) {
        for attempt in 0.. {
            if self.count("SELECT count(*) FROM ledger_leaf WHERE position IS NULL") == 0 {
                break;
            }
            assert!(attempt < 100, "leaves are still waiting");
            sleep(Duration::from_millis(100));
        }
        let leaves = self.count("SELECT count(*) FROM ledger_leaf");
        assert_eq!(self.count("SELECT count(DISTINCT position) FROM ledger_leaf"), leaves);
        assert_eq!(self.count("SELECT max(position) + 1 FROM ledger_leaf"), leaves);
        assert_eq!(self.count("SELECT size FROM ledger_head"), leaves);
        assert_eq!(self.count("SELECT count(*) FROM record WHERE leaf_id IS NULL"), 0);
        self.is_signed_and_holds();
    }

    /// Waits until the rounds of whichever copies run have signed the whole ledger; then every record is verified, with the keys.
    fn is_signed_and_holds(&self) {
        for attempt in 0.. {
            let left = "SELECT (SELECT size FROM ledger_head) - (SELECT max(size) FROM ledger_checkpoint)";
            if self.count(left) == 0 {
                break;
            }
            assert!(attempt < 100, "the newest entries are not signed");
            sleep(Duration::from_millis(100));
        }
        let verified = Command::new(env!("CARGO_BIN_EXE_sharewell"))
            .arg("verify")
            .arg(self.server.url(DATABASE))
            .arg("--keys")
            .arg(self.data("first").join("keys"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(verified.status.success() && said.contains("Everything holds."), "{said}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a copy; its answer's status and JSON, or nothing when it goes away.
fn ask(address: &str, method: &str, path: &str, token: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let answer = std::io::read_to_string(stream).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, json) = answer.split_once("\r\n\r\n")?;
    Some((status, serde_json::from_str(json).unwrap_or(Value::Null)))
}

/// Sends a form to a page of a copy, as a browser does; its answer's status and where it leads, or nothing when the copy goes away.
fn send_form(address: &str, path: &str, token: &str, fields: &[(&str, &str)]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let body = serde_urlencoded::to_string(fields).unwrap();
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nCookie: sharewell={token}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).ok()?;
    let answer = std::io::read_to_string(stream).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
    Some((status, location.unwrap_or_default().to_owned()))
}

fn page(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nCookie: sharewell={token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    std::io::read_to_string(stream).unwrap()
}

/// Begins a draft; its address.
fn draft(address: &str, token: &str) -> String {
    let calm = [("fact-immediate_danger", "no"), ("fact-crime", "no")];
    let (status, location) = send_form(address, "/decide", token, &calm).unwrap();
    assert_eq!(status, 303);
    location.rsplit_once('/').unwrap().0.to_owned()
}

/// Adds one item after the other to a draft on which another copy works too; the words of those that were saved.
fn keep_drafting(
    copy: &str,
    token: &str,
    draft: &str,
    who: &'static str,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<Vec<String>> {
    let (copy, token, path, stop) = (copy.to_owned(), token.to_owned(), format!("{draft}/items/new"), Arc::clone(stop));
    thread::spawn(move || {
        let mut saved = Vec::new();
        for n in 0.. {
            let words = format!("Seen by {who}: number {n}.");
            if stop.load(Ordering::Relaxed) || saved.len() == 60 {
                break;
            }
            match send_form(&copy, &path, &token, &[("item-text", &words), ("item-need", "yes")]) {
                Some((303, _)) => saved.push(words),
                // The other was there first: it is said, and nothing of theirs is written over.
                Some((409 | 503, _)) => {}
                Some((status, _)) => panic!("{status} for {words}"),
                None => break,
            }
            sleep(Duration::from_millis(30));
        }
        saved
    })
}

/// Everything that was saved in a draft is there once, whichever copy saved it.
fn draft_is_right(copy: &str, token: &str, draft: &str, saved: &[Vec<String>]) {
    let shown = page(copy, &format!("{draft}/items"), token);
    let mut known = 0;
    for words in saved.iter().flatten() {
        assert_eq!(shown.matches(&format!("sw-item__what\">{words}<")).count(), 1, "{words}: {shown}");
        known += 1;
    }
    // What was under way when a copy was killed, or was answered with 503, may have been saved.
    let there = shown.matches("sw-item__what\">Seen by ").count();
    assert!((known..=known + 2).contains(&there), "{known} saved, {there} there");
    assert!(saved.iter().all(|one| !one.is_empty()) && known > 3, "both worked on it: {saved:?}");
}

/// A draft is recorded at two copies at the same moment: there is one decision, and both lead to it.
fn recorded_once(installation: &Installation, copies: &[Running], token: &str, draft: &str) {
    let before = installation.decisions().len();
    let record = format!("{draft}/record");
    let fields = [
        ("choice", "ask-advice"),
        ("about", "A boy often alone"),
        ("reasons", "I do not know enough yet."),
        ("departing", "I want to ask first."),
    ];
    let led: Vec<(u16, String)> = thread::scope(|scope| {
        let asking: Vec<_> = copies
            .iter()
            .map(|copy| scope.spawn(|| send_form(&copy.address, &record, token, &fields).unwrap()))
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let after = send_form(&copies[0].address, &record, token, &fields).unwrap();
    assert!(after.1.starts_with("/decisions/"), "{after:?}, {led:?}");
    for (status, location) in led {
        assert_eq!((status, &location), (303, &after.1), "both presses lead to the one record");
    }
    assert_eq!(installation.decisions().len(), before + 1);
}

fn sign_in(address: &str, password: &str) -> (u16, Value) {
    let sent = json!({ "email": "head@fernbank.example", "password": password }).to_string();
    ask(address, "POST", "/api/v1/sessions", "", &sent).unwrap()
}

fn token(address: &str) -> String {
    let (status, answer) = sign_in(address, PASSWORD);
    assert_eq!(status, 201, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// Records decisions one after the other until told to stop or until the copy is gone; the ids that it answered with.
fn keep_recording(address: &str, token: &str, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<String>> {
    let (address, token, stop) = (address.to_owned(), token.to_owned(), Arc::clone(stop));
    let decision = json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what Ottilie said",
        "purpose": "To protect a child",
        "people": [{ "name": "Ottilie Quarrendon" }],
        "choice": "share",
        "reasons": "She was plain and there are marks.",
    })
    .to_string();
    thread::spawn(move || {
        let mut acknowledged = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            match ask(&address, "POST", "/api/v1/decisions", &token, &decision) {
                Some((201, answer)) => acknowledged.push(answer["id"].as_str().unwrap().to_owned()),
                Some((503 | 500, _)) => sleep(Duration::from_millis(20)),
                Some((status, answer)) => panic!("{status} {answer}"),
                None => break,
            }
        }
        acknowledged
    })
}

fn ended(recording: Vec<JoinHandle<Vec<String>>>) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for one in recording {
        for id in one.join().unwrap() {
            assert!(acknowledged.insert(id), "no id is given twice");
        }
    }
    acknowledged
}

#[test]
fn of_three_copies_one_is_killed_and_what_each_acknowledged_is_there_once() {
    let installation = Installation::new();
    let copies: Vec<Running> = ["first", "second", "third"].map(|copy| installation.start(copy)).into();
    let token = token(&copies[0].address);
    let stop = Arc::new(AtomicBool::new(false));
    // Two writers at each copy, all in the session that began at the first.
    let writers: Vec<_> =
        copies.iter().flat_map(|copy| [(); 2].map(|()| keep_recording(&copy.address, &token, &stop))).collect();
    // A draft that is worked on at two copies at once, and one at the copy that is killed and at another.
    let drafts = [draft(&copies[0].address, &token), draft(&copies[2].address, &token)];
    let drafting = [("first", 0, 0), ("second", 1, 0), ("third", 2, 1), ("first", 0, 1)]
        .map(|(who, copy, of)| keep_drafting(&copies[copy].address, &token, &drafts[of], who, &stop));
    installation.has_recorded(15);
    // On a machine that is busy the copy that is to be killed may not have saved anything yet.
    for attempt in 0.. {
        if page(&copies[0].address, &format!("{}/items", drafts[1]), &token).contains("Seen by third") {
            break;
        }
        assert!(attempt < 100, "the third saves nothing");
        sleep(Duration::from_millis(200));
    }
    let mut copies = copies;
    let mut killed = copies.pop().unwrap();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let before = installation.decisions().len();
    installation.has_recorded(before + 10);
    stop.store(true, Ordering::Relaxed);
    let saved = drafting.map(|one| one.join().unwrap());
    let acknowledged = ended(writers);
    assert!(acknowledged.len() >= 20, "{} were recorded", acknowledged.len());

    let held = installation.decisions();
    assert!(acknowledged.is_subset(&held), "{:?} are lost", acknowledged.difference(&held));
    // What the killed copy's two writers had under way may have been kept without an answer; nothing else may.
    assert!(held.len() <= acknowledged.len() + 2, "{} acknowledged, {} held", acknowledged.len(), held.len());
    for id in acknowledged.iter().take(10) {
        let (status, read) = ask(&copies[1].address, "GET", &format!("/api/v1/decisions/{id}"), &token, "").unwrap();
        assert_eq!((status, read["id"].as_str()), (200, Some(id.as_str())));
    }
    for copy in &copies {
        draft_is_right(&copy.address, &token, &drafts[0], &saved[..2]);
        draft_is_right(&copy.address, &token, &drafts[1], &saved[2..]);
    }
    recorded_once(&installation, &copies, &token, &drafts[1]);
    installation.ledger_is_whole();

    // Signed out at one copy is signed out at all.
    assert_eq!(ask(&copies[1].address, "DELETE", "/api/v1/sessions", &token, "").unwrap().0, 204);
    let id = acknowledged.first().unwrap();
    assert_eq!(ask(&copies[0].address, "GET", &format!("/api/v1/decisions/{id}"), &token, "").unwrap().0, 401);
}

#[test]
fn when_the_database_is_killed_under_load_nothing_acknowledged_is_lost_and_the_program_goes_on_by_itself() {
    let installation = Installation::new();
    let copy = installation.start("first");
    let token = token(&copy.address);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = [(); 4].map(|()| keep_recording(&copy.address, &token, &stop)).into();
    for _ in 0..2 {
        sleep(Duration::from_secs(2));
        installation.server.kill();
        sleep(Duration::from_millis(300));
        installation.server.restart();
    }
    sleep(Duration::from_secs(2));
    // It records again without being started again.
    let recorded = installation.decisions().len();
    installation.has_recorded(recorded + 2);
    stop.store(true, Ordering::Relaxed);
    let acknowledged = ended(writers);
    let held = installation.decisions();
    assert!(acknowledged.is_subset(&held), "{:?} are lost", acknowledged.difference(&held));
    // At each of two crashes, what four writers had under way may have been kept without an answer.
    assert!(held.len() <= acknowledged.len() + 8, "{} acknowledged, {} held", acknowledged.len(), held.len());
    installation.ledger_is_whole();
}
