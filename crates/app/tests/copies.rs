//! Several copies of the program on one PostgreSQL, as they run for real: signed in at one, going on at another, one of them
//! killed, and the database killed under all of them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
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

/// An installation on a server of its own; every copy has the keys in a folder of its own.
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

    /// Starts a copy, which gets the keys of the first.
    fn start(&self, copy: &str) -> Running {
        let keys = self.data(copy).join("keys");
        if !keys.exists() {
            copy_keys(&self.data("first").join("keys"), &keys);
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
    }
}

fn copy_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for key in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(key.path(), to.join(key.file_name())).unwrap();
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
    sleep(Duration::from_secs(3));
    let mut copies = copies;
    let mut killed = copies.pop().unwrap();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    sleep(Duration::from_secs(2));
    stop.store(true, Ordering::Relaxed);
    let acknowledged = ended(writers);
    assert!(acknowledged.len() > 20, "{} were recorded", acknowledged.len());

    let held = installation.decisions();
    assert!(acknowledged.is_subset(&held), "{:?} are lost", acknowledged.difference(&held));
    // What the killed copy's two writers had under way may have been kept without an answer; nothing else may.
    assert!(held.len() <= acknowledged.len() + 2, "{} acknowledged, {} held", acknowledged.len(), held.len());
    for id in acknowledged.iter().take(10) {
        let (status, read) = ask(&copies[1].address, "GET", &format!("/api/v1/decisions/{id}"), &token, "").unwrap();
        assert_eq!((status, read["id"].as_str()), (200, Some(id.as_str())));
    }
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
    let recorded = installation.decisions().len();
    sleep(Duration::from_secs(1));
    assert!(installation.decisions().len() > recorded, "it records again without being started again");
    stop.store(true, Ordering::Relaxed);
    let acknowledged = ended(writers);
    let held = installation.decisions();
    assert!(acknowledged.is_subset(&held), "{:?} are lost", acknowledged.difference(&held));
    // At each of two crashes, what four writers had under way may have been kept without an answer.
    assert!(held.len() <= acknowledged.len() + 8, "{} acknowledged, {} held", acknowledged.len(), held.len());
    installation.ledger_is_whole();
}
