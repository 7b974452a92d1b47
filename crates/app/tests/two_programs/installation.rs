//! An installation and the real program that serves it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::house::{PASSWORD, told_by_a_child};

/// Runs the program; whether it ended well, and what it said.
pub fn sharewell(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sharewell")).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// An installation, and the program while it serves it.
pub struct Installation {
    pub folder: TempDir,
    email: String,
    pub listen: String,
    running: Option<Child>,
    /// The certificates of authorities that it goes by, in place of those of the machine.
    pub authorities: Option<PathBuf>,
}

impl Installation {
    pub fn new(organisation: &str, email: &str) -> Self {
        let folder = TempDir::new().unwrap();
        // A port that is free now; it must be the same after a restart, since the partner knows it.
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let password = folder.path().join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        fs::write(folder.path().join("sharewell.toml"), format!("listen = \"{listen}\"\n")).unwrap();
        let made = Self { folder, email: email.to_owned(), listen, running: None, authorities: None };
        let password = password.to_str().unwrap();
        let (done, said) = sharewell(&[
            "init",
            "--password-alone",
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

    pub fn data(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a partner writes into its file.
    pub fn keys(&self) -> String {
        let (done, said) = sharewell(&["witness", "keys", "--data", self.data()]);
        assert!(done && said.contains("[[partner]]"), "{said}");
        said
    }

    pub fn write(&self, lines: &str) {
        let path = self.file("sharewell.toml");
        let text = fs::read_to_string(&path).unwrap() + lines;
        fs::write(&path, text).unwrap();
    }

    pub fn start(&mut self) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sharewell"));
        if let Some(authorities) = &self.authorities {
            program.env("SSL_CERT_FILE", authorities).env_remove("SSL_CERT_DIR");
        }
        let mut child = program
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

    pub fn kill(&mut self) {
        let mut running = self.running.take().unwrap();
        running.kill().unwrap();
        running.wait().unwrap();
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Records a decision over HTTP.
    pub fn record(&self) -> String {
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

    pub fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
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
    pub async fn entries(&self) -> i64 {
        let mut raw = raw(&self.file("sharewell.db")).await;
        sqlx::query_scalar("SELECT size FROM ledger_head").fetch_one(&mut raw).await.unwrap()
    }

    /// Waits until `sharewell witness list` says something.
    pub fn wait_until_listed(&self, words: &str) {
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

pub async fn raw(path: &Path) -> sqlx::SqliteConnection {
    sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}
