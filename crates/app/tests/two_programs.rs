//! Two programs, each with an installation of its own, that witness each other over HTTP: one is killed and comes back, and one is put back to
//! an older state with everything beside it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use house::{PASSWORD, told_by_a_child};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;

/// Runs the program; whether it ended well, and what it said.
fn sharewell(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sharewell")).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// An installation, and the program while it serves it.
struct Installation {
    folder: TempDir,
    email: String,
    listen: String,
    running: Option<Child>,
}

impl Installation {
    fn new(organisation: &str, email: &str) -> Self {
        let folder = TempDir::new().unwrap();
        // A port that is free now; it must be the same after a restart, since the partner knows it.
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let password = folder.path().join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        fs::write(folder.path().join("sharewell.toml"), format!("listen = \"{listen}\"\n")).unwrap();
        let made = Self { folder, email: email.to_owned(), listen, running: None };
        let password = password.to_str().unwrap();
        let (done, said) = sharewell(&[
            "init",
            "--data",
            made.data(),
            "--organisation",
            organisation,
            "--body",
            "school-maintained",
            "--also-practitioner",
            "--name",
            "Wilhelmina Throssell",
            "--email",
            email,
            "--password-file",
            password,
        ]);
        assert!(done, "{said}");
        made
    }

    fn data(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a partner writes into its file.
    fn keys(&self) -> String {
        let (done, said) = sharewell(&["witness", "keys", "--data", self.data()]);
        assert!(done && said.contains("[[partner]]"), "{said}");
        said
    }

    fn write(&self, lines: &str) {
        let path = self.file("sharewell.toml");
        let text = fs::read_to_string(&path).unwrap() + lines;
        fs::write(&path, text).unwrap();
    }

    fn start(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sharewell"))
            .args(["serve", "--data", self.data()])
            .stdout(Stdio::piped())
            .stderr(fs::File::options().create(true).append(true).open(self.file("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("Sharewell is ready"), "{line} {}", self.log());
        self.running = Some(child);
    }

    fn kill(&mut self) {
        let mut running = self.running.take().unwrap();
        running.kill().unwrap();
        running.wait().unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Records a decision over HTTP.
    fn record(&self) -> String {
        let sent = json!({ "email": self.email, "password": PASSWORD }).to_string();
        let (status, answer) = self.ask("POST", "/api/v1/sessions", "", &sent);
        assert_eq!(status, 201, "{answer}");
        let decision = json!({
            "case": serde_json::to_value(told_by_a_child()).unwrap(),
            "about": "Telling social care what Ottilie said",
            "purpose": "To protect a child",
            "people": [{ "name": "Ottilie Quarrendon" }],
            "choice": "share",
            "reasons": "She was plain and there are marks.",
        });
        let token = answer["token"].as_str().unwrap().to_owned();
        let (status, answer) = self.ask("POST", "/api/v1/decisions", &token, &decision.to_string());
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.listen).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.listen,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(json).unwrap_or(Value::Null))
    }

    /// How many entries the ledger has, as its database says.
    async fn entries(&self) -> i64 {
        let mut raw = raw(&self.file("sharewell.db")).await;
        sqlx::query_scalar("SELECT size FROM ledger_head").fetch_one(&mut raw).await.unwrap()
    }

    /// Waits until `sharewell witness list` says something.
    fn wait_until_listed(&self, words: &str) {
        for _ in 0..80 {
            let (done, said) = sharewell(&["witness", "list", "--data", self.data()]);
            assert!(done, "{said}");
            if said.contains(words) {
                return;
            }
            sleep(Duration::from_millis(500));
        }
        let (_, said) = sharewell(&["witness", "list", "--data", self.data()]);
        panic!("“{words}” is not said:\n{said}\n{}", self.log());
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may have ended already.
            let _ = running.kill();
            let _ = running.wait();
        }
    }
}

async fn raw(path: &Path) -> sqlx::SqliteConnection {
    sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_witness_each_other_through_a_crash_and_find_one_that_was_put_back() {
    let mut school = Installation::new("Fernbank Primary", "head@fernbank.example");
    let mut surgery = Installation::new("Harrow Lane Surgery", "doctor@harrowlane.example");
    let (of_school, of_surgery) = (school.keys(), surgery.keys());
    school.write(&of_surgery);
    surgery.write(&of_school);
    school.start();
    surgery.start();
    school.record();
    let size = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {size}"));
    school.wait_until_listed("all is well");
    let theirs = surgery.entries().await;
    surgery.wait_until_listed(&format!("witnessed our ledger up to entry {theirs}"));
    surgery.wait_until_listed(&format!("up to entry {size}, "));

    // The witness is killed; recording goes on, and when it is back, it catches up from where it was.
    surgery.kill();
    school.record();
    school.wait_until_listed("it did not answer when it was asked last");
    surgery.start();
    let size = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {size}"));

    // The one whose ledger is witnessed is killed, and goes on where it was.
    school.kill();
    school.start();
    school.record();
    let size = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {size}"));
    let (holds, said) = sharewell(&["verify", school.data(), "--ask-witnesses"]);
    assert!(holds && said.contains(&format!("It agrees with what Harrow Lane Surgery saw: {size} entries.")), "{said}");
    assert!(said.contains(&format!("Witnessed up to entry {size} by Harrow Lane Surgery, ")), "{said}");

    // Whoever runs the school's machine keeps a copy of all of it, and puts it back later.
    let kept = TempDir::new().unwrap();
    let mut open = raw(&school.file("sharewell.db")).await;
    let copy = kept.path().join("sharewell.db");
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(&mut open).await.unwrap();
    open.close().await.unwrap();
    let signed = fs::read_dir(school.file("keys")).unwrap().map(|file| file.unwrap().path());
    let signed = signed.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "signed")).unwrap();
    fs::copy(&signed, kept.path().join("signed")).unwrap();
    school.record();
    let seen = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {seen}"));
    school.kill();
    for part in ["sharewell.db-wal", "sharewell.db-shm"] {
        let _ = fs::remove_file(school.file(part));
    }
    fs::write(school.file("sharewell.db"), fs::read(&copy).unwrap()).unwrap();
    fs::copy(kept.path().join("signed"), &signed).unwrap();

    let (holds, said) = sharewell(&["verify", school.data()]);
    assert!(holds, "nothing on that machine shows it: {said}");
    let named = format!("Harrow Lane Surgery witnessed {seen} entries of this ledger, {size} are here");
    let (holds, said) = sharewell(&["verify", school.data(), "--ask-witnesses"]);
    assert!(!holds && said.contains("an older copy of the database was put back") && said.contains(&named), "{said}");
    let ledger = said.split("Organisation ").nth(1).unwrap().split(':').next().unwrap();
    let (done, shown) = sharewell(&["witness", "checkpoint", &format!("sharewell/{ledger}"), "--data", surgery.data()]);
    assert!(done, "{shown}");
    let file = kept.path().join("shown");
    fs::write(&file, shown).unwrap();
    let (holds, said) = sharewell(&["verify", school.data(), "--witness", file.to_str().unwrap()]);
    assert!(!holds && said.contains(&format!("entries {size} to {} are missing", seen - 1)), "{said}");

    // The program itself notices within a minute, at once when it starts; it says so and goes on recording.
    school.start();
    school.wait_until_listed("ALARM: it witnessed another ledger than this one");
    assert!(school.log().contains("an older copy of the database was put back"), "{}", school.log());
    school.record();
    school.record();
    assert!(school.entries().await > seen);
    sleep(Duration::from_secs(2));
    let (holds, said) = sharewell(&["verify", school.data(), "--ask-witnesses"]);
    assert!(!holds && said.contains("another ledger than the one that Harrow Lane Surgery witnessed"), "{said}");

    // A witness that is silent is not taken for one that agrees.
    surgery.kill();
    let (holds, said) = sharewell(&["verify", school.data(), "--ask-witnesses"]);
    assert!(!holds && said.contains("Harrow Lane Surgery could not be asked what it witnessed"), "{said}");
}
