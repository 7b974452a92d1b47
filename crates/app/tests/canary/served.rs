//! The program as it is really run: a shorter walk over HTTP, killed in the middle and started again. What it says on standard output and
//! standard error, what it has open while it works, and all that it leaves on disk is searched.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{GOES, SECRET, STAYS, Voice};
use crate::house::told_by_a_child;
use crate::search::Search;

/// The program, and where what it says is kept.
struct Served {
    child: Child,
    address: String,
}

struct Installation {
    folder: TempDir,
    search: Search,
}

impl Installation {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sharewell"));
        // Whatever is put aside for a moment is put where it is looked for.
        for name in ["TMPDIR", "SQLITE_TMPDIR"] {
            program.env(name, self.path("temporary"));
        }
        program.env("RUST_BACKTRACE", "1").env("RUST_LOG", "trace");
        program
    }

    fn new() -> Self {
        let made = Self { folder: TempDir::new().unwrap(), search: Search::everybody() };
        fs::create_dir(made.path("temporary")).unwrap();
        // What somebody else wrote is beside what is searched.
        let password = made.path("password");
        fs::write(&password, format!("{SECRET}\n")).unwrap();
        let init = made
            .program()
            .args(["init", "--organisation", "Fernbank Primary", "--body", "school-maintained", "--password-alone"])
            .args(["--also-practitioner", "--name", STAYS.name, "--email", STAYS.email, "--password-file"])
            .arg(&password)
            .arg("--data")
            .arg(made.data())
            .output()
            .unwrap();
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        fs::remove_file(password).unwrap();
        made
    }

    fn log(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn start(&self) -> Served {
        let log = File::options().create(true).append(true).open(self.path("standard error")).unwrap();
        let mut program = self.program();
        program.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.data());
        let mut child = program.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Sharewell is ready: http://").unwrap_or_else(|| panic!("{line}"));
        let address = address.trim_end_matches('/').to_owned();
        let mut kept = File::options().create(true).append(true).open(self.path("standard output")).unwrap();
        kept.write_all(line.as_bytes()).unwrap();
        thread::spawn(move || {
            let mut rest = Vec::new();
            // It ends when the program does.
            if out.read_to_end(&mut rest).is_ok() {
                kept.write_all(&rest).unwrap();
            }
        });
        Served { child, address }
    }

    /// Everything that can be looked at while the program runs.
    fn look(&self, served: &Served) {
        assert_eq!(self.search.open_files_of(served.child.id()), [] as [String; 0]);
        self.look_at_what_lies_there();
    }

    fn look_at_what_lies_there(&self) {
        let (found, looked_at) = self.search.under(self.folder.path());
        assert_eq!(found, [] as [String; 0]);
        assert!(looked_at > 300_000, "only {looked_at} bytes were there to be searched");
    }
}

impl Served {
    /// Sends a request; the status and the whole answer.
    fn ask(&self, head: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{head} HTTP/1.0\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    fn api(&self, head: &str, token: &str, body: &Value) -> (u16, Value) {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let (status, answer) = self.ask(head, &headers, &body.to_string());
        let json = answer
            .split_once("\r\n\r\n")
            .map_or(Value::Null, |(_, body)| serde_json::from_str(body).unwrap_or(Value::Null));
        (status, json)
    }

    fn form(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let headers = format!(
            "Cookie: sharewell={token}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        );
        self.ask(&format!("POST {path}"), &headers, &serde_urlencoded::to_string(fields).unwrap())
    }

    fn token(&self) -> String {
        let sent = json!({ "email": STAYS.email, "password": SECRET });
        let (status, answer) = self.api("POST /api/v1/sessions", "", &sent);
        assert_eq!(status, 201, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    /// What is right and what is wrong, with a canary wherever there is room for one; the id of the decision and of its person.
    fn walk(&self, token: &str, voice: Voice) -> (String, String) {
        let canary = serde_urlencoded::to_string([("x", voice.song)]).unwrap();
        let mut case = told_by_a_child();
        for item in &mut case.items {
            voice.song.clone_into(&mut item.text);
        }
        let decision = json!({
            "case": serde_json::to_value(case).unwrap(), "about": voice.song, "purpose": voice.song, "choice": "share",
            "people": [{ "name": voice.name }], "reasons": voice.song,
        });
        let (status, recorded) = self.api("POST /api/v1/decisions", token, &decision);
        assert_eq!(status, 201, "{recorded}");
        let id = recorded["id"].as_str().unwrap().to_owned();
        let person = recorded["people"][0]["id"].as_str().unwrap().to_owned();
        let address = json!({ "address": voice.song, "protect": true });
        assert_eq!(self.api(&format!("PUT /api/v1/people/{person}/address"), token, &address).0, 204);
        let look_up = json!({ "name": voice.name, "born": 1987, "reason": voice.song });
        self.api("POST /api/v1/people/look-up", token, &look_up);
        for part in ["", "/record.pdf", "/record.json", "/receipt"] {
            let (status, _) = self.ask(
                &format!("GET /decisions/{id}{part}?{canary}"),
                &format!("Cookie: sharewell={token}\r\nReferer: http://{}/?{canary}\r\n", self.address),
                "",
            );
            assert!(status == 200 || status == 503, "{part}: {status}");
        }
        let sent = [("choice", "do-not-share"), ("about", voice.song), ("reasons", voice.song), ("people", voice.name)];
        assert_eq!(self.form("/decide/not-sharing", token, &sent).0, 303);
        let (status, page) = self.form("/decide", token, &[("fact-immediate_danger", "no"), ("fact-crime", "no")]);
        assert_eq!(status, 303);
        let draft = page.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let draft = draft.rsplit_once('/').unwrap().0;
        assert_eq!(self.form(&format!("{draft}/items/new"), token, &[("item-text", voice.song)]).0, 303);
        self.wrong(token, voice, &canary);
        (id, person)
    }

    /// What is refused must not be said in a log, either.
    fn wrong(&self, token: &str, voice: Voice, canary: &str) {
        let sign_in = [("email", voice.email), ("password", SECRET), ("then", voice.song), ("kept", voice.song)];
        self.form("/sign-in", voice.song.split(' ').next().unwrap(), &sign_in);
        self.api("POST /api/v1/sessions", "", &json!({ "email": voice.email, "password": voice.song }));
        self.api("POST /api/v1/decisions", token, &json!({ voice.song: voice.song, "case": voice.song }));
        let bad = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        self.ask("POST /api/v1/decisions", &bad, &format!("{{\"about\": \"{}", voice.song));
        let path = canary.trim_start_matches("x=");
        self.ask(&format!("GET /{path}"), "", "");
        self.ask(&format!("GET /decisions/{path}"), &format!("Cookie: sharewell={token}\r\n"), "");
        self.ask(&format!("QUILLFEATHER /decisions/{path}"), "", "");
        self.form(&format!("/decide/{path}/record"), token, &[("reasons", voice.song)]);
        self.form("/decide/not-sharing", token, &[("reasons", &voice.song.repeat(20_000))]);
        self.ask("POST /decide/not-sharing", "Origin: https://umbrellathorn.example\r\n", voice.song);
    }
}

/// Kills it as a loss of power would, while it is asked for more.
fn killed_at_work(mut served: Served, token: &str) {
    thread::scope(|scope| {
        let address = served.address.clone();
        let asking = scope.spawn(move || {
            let sent = [("choice", "do-not-share"), ("about", STAYS.song), ("reasons", STAYS.song)];
            let body = serde_urlencoded::to_string(sent).unwrap();
            for n in 0.. {
                let Ok(mut stream) = TcpStream::connect(&address) else { return n };
                let head = format!(
                    "POST /decide/not-sharing HTTP/1.0\r\nHost: {address}\r\nCookie: sharewell={token}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let sent = stream.write_all(head.as_bytes());
                if sent.is_err() || std::io::read_to_string(stream).is_ok_and(|answer| answer.is_empty()) {
                    return n;
                }
            }
            0
        });
        thread::sleep(std::time::Duration::from_millis(400));
        served.child.kill().unwrap();
        served.child.wait().unwrap();
        assert!(asking.join().unwrap() > 0, "it was at work");
    });
}

#[test]
fn the_program_as_it_is_run_says_nothing_of_anybody_and_leaves_nothing_killed_or_stopped() {
    let installation = Installation::new();
    let served = installation.start();
    let token = served.token();
    let (decision, _) = served.walk(&token, STAYS);
    installation.look(&served);
    killed_at_work(served, &token);
    assert!(
        fs::metadata(installation.data().join("sharewell.db-wal")).unwrap().len() > 0,
        "its log is there to be searched"
    );
    installation.look_at_what_lies_there();

    let mut served = installation.start();
    let (status, read) = served.api(&format!("GET /api/v1/decisions/{decision}"), &token, &Value::Null);
    assert_eq!((status, read["about"].as_str()), (200, Some(STAYS.song)), "it is there, and opens");
    let (_, person) = served.walk(&token, GOES);
    installation.look(&served);
    let backup = |name: &str| installation.path(name).display().to_string();
    let (records, keys, ledger) = (backup("records"), backup("keys"), backup("school.ledger"));
    let data = installation.data().display().to_string();
    for command in [
        vec!["backup", "--from", &data, "--data", &records, "--keys", &keys],
        vec!["export", "--data", &data, "--into", &ledger],
        vec!["verify", &data],
        vec!["key", "check", "--data", &data],
        vec!["destroy", "--data", &data, &person, "--rule", "25 years after birth", "--by", STAYS.email, "--yes"],
    ] {
        // Who is destroyed is named by the manager's address, which is asked for and not said.
        let done = installation.program().args(&command).output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
        assert_eq!(installation.search.within(&said), [] as [&str; 0], "{command:?} says it");
    }
    installation.look(&served);
    Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status().unwrap();
    assert!(served.child.wait().unwrap().success());
    installation.look_at_what_lies_there();
    logs_are_heard(&installation);
    nothing_is_left_for_a_moment(&installation.path("temporary"));
}

/// The logs were there to be searched: every line one JSON object, with the routes that were walked.
fn logs_are_heard(installation: &Installation) {
    let log = String::from_utf8(installation.log("standard error")).unwrap();
    let mut routes = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON object: {line}"));
        routes += usize::from(line["message"] == "answered");
    }
    assert!(routes > 40, "{routes} requests are in the log");
    for route in ["/api/v1/decisions", "/decisions/{decision}", "/decide/not-sharing", "/sign-in"] {
        assert!(log.contains(route), "{route}");
    }
    let out = String::from_utf8(installation.log("standard output")).unwrap();
    assert_eq!(out.matches("Sharewell is ready").count(), 2, "{out}");
}

fn nothing_is_left_for_a_moment(temporary: &Path) {
    assert_eq!(fs::read_dir(temporary).unwrap().count(), 0, "nothing was put aside");
}
