//! `sharewell key` as people run it, also while the program serves and while the power goes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]
#![expect(clippy::disallowed_methods, reason = "how long a change takes decides when it is killed")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Instant;

use tempfile::TempDir;
use test_postgres::Server;

const PASSWORD: &str = "lantern otter gravel";

/// How many changes of the key are killed, spread over the time that one takes.
const KILLS: u32 = 24;

/// An installation in a folder of its own; its database is on a server where there is one.
struct Installation {
    folder: TempDir,
    server: Option<String>,
}

impl Installation {
    fn on(server: Option<String>) -> Self {
        Self { folder: TempDir::new().unwrap(), server }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sharewell"));
        program.args(arguments).arg("--data").arg(self.data()).stdin(Stdio::null());
        if let Some(address) = &self.server {
            program.env("SHAREWELL_DATABASE", address);
        }
        program
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().unwrap()
    }

    fn init(&self) {
        let password = self.folder.path().join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        let made = self
            .program(&["init", "--organisation", "Fernbank Primary", "--body", "school-maintained", "--password-alone"])
            .args(["--name", "Wilhelmina Throssell", "--email", "head@fernbank.example", "--password-file"])
            .arg(&password)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", err(&made));
    }

    /// The names of what lies in the folder of keys, without the organisation's id.
    fn keys(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.data().join("keys"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| match name.split_once('.') {
                Some((of, ending)) if of.len() == 36 => ending.to_owned(),
                _ => name,
            })
            .collect();
        names.sort();
        names
    }
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The program while it serves.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(installation: &Installation) -> Self {
        let mut child = installation
            .program(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Sharewell is ready: http://").unwrap_or_else(|| panic!("{line}"));
        Self { address: address.trim_end_matches('/').to_owned(), child }
    }

    /// Signs in, which reads sealed records. The status line of the answer.
    fn sign_in(&self) -> String {
        let sent = format!("{{\"email\":\"head@fernbank.example\",\"password\":\"{PASSWORD}\"}}");
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = "POST /api/v1/sessions HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\n";
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{sent}", sent.len()).as_bytes()).unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ROTATE: [&str; 4] = ["key", "rotate", "--by", "Ada Lovell"];

/// Kills a change of the key at moments spread over the time that one takes, while a copy serves.
fn killed_at_any_moment(installation: &Installation) {
    installation.init();
    let served = Served::start(installation);
    let begun = Instant::now();
    let rotated = installation.run(&ROTATE);
    assert!(rotated.status.success() && out(&rotated).contains("is a new one"), "{}", err(&rotated));
    let whole = begun.elapsed();
    let (mut told, mut cut) = (0, 0);
    for n in 0..KILLS {
        let mut changing = installation.program(&ROTATE).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From the first third on: before, the program only starts.
        sleep(whole / 3 + whole * n / KILLS * 2 / 3);
        changing.kill().unwrap();
        cut += u32::from(!changing.wait().unwrap().success());
        if n % 4 == 0 {
            assert_eq!(served.sign_in(), "HTTP/1.0 201 Created", "after kill {n}");
        }
        let checked = installation.run(&["key", "check"]);
        assert!(checked.status.success() && out(&checked).contains("private and right"), "kill {n}: {}", err(&checked));
        told += u32::from(out(&checked).contains("Note: "));
        let left = installation.keys();
        assert!(!left.iter().any(|name| name == "key.new" || name == "key.old"), "after kill {n}: {left:?}");
    }
    assert!(cut > 0, "some are cut off");
    println!("{cut} of {KILLS} were cut off, of which {told} left something to tidy; one takes {whole:?}");
    let rotated = installation.run(&ROTATE);
    assert!(rotated.status.success(), "{}", err(&rotated));
    assert_eq!(served.sign_in(), "HTTP/1.0 201 Created");
    drop(served);
    let keys = installation.data().join("keys");
    let target = installation.server.clone().unwrap_or_else(|| installation.data().display().to_string());
    let verified =
        Command::new(env!("CARGO_BIN_EXE_sharewell")).args(["verify", &target, "--keys"]).arg(&keys).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), err(&verified));
}

#[test]
fn on_a_file_a_change_killed_at_any_moment_leaves_a_store_that_opens_by_itself() {
    killed_at_any_moment(&Installation::on(None));
}

#[test]
fn on_a_server_a_change_killed_at_any_moment_leaves_a_store_that_opens_by_itself() {
    killed_at_any_moment(&Installation::on(Some(Server::shared().database())));
}

#[test]
fn a_key_made_before_is_taken_by_init_and_never_written_over() {
    let installation = Installation::on(None);
    let made = installation.run(&["key", "create"]);
    assert!(made.status.success() && out(&made).contains("sharewell init"), "{}", err(&made));
    let file = installation.data().join("keys/installation.key");
    let key = fs::read_to_string(&file).unwrap();
    let again = installation.run(&["key", "create"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("left as it is"), "{}", err(&again));
    installation.init();
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert!(installation.run(&["key", "check"]).status.success());

    // Keys that are in use belong to another installation.
    let other = Installation::on(None);
    copy_keys(&installation.data().join("keys"), &other.data().join("keys"));
    let password = installation.folder.path().join("password");
    let refused = other
        .program(&["init", "--organisation", "Larkfield Primary", "--body", "school-maintained", "--password-alone"])
        .args(["--name", "Ada Lovell", "--email", "ada@larkfield.example", "--password-file"])
        .arg(&password)
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("left as it is"), "{}", err(&refused));
}

fn copy_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for key in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(key.path(), to.join(key.file_name())).unwrap();
    }
}

#[test]
fn what_cannot_be_changed_is_said_in_words() {
    let installation = Installation::on(None);
    installation.init();
    let nobody = "01980000-0000-7000-8000-000000000000";
    let refused = installation.run(&[&ROTATE[..], &["--organisation", nobody]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("there is no organisation"), "{}", err(&refused));
    let nameless = installation.run(&["key", "rotate", "--by", ""]);
    assert_eq!(nameless.status.code(), Some(2));
}

#[test]
fn from_a_file_to_a_server_an_installation_is_moved_by_its_backup() {
    let here = Installation::on(None);
    here.init();
    let path = |name: &str| here.folder.path().join(name).display().to_string();
    let (from, data, keys) = (here.data().display().to_string(), path("records"), path("keys"));
    let program = || Command::new(env!("CARGO_BIN_EXE_sharewell"));
    let taken = program().args(["backup", "--from", &from, "--data", &data, "--keys", &keys]).output().unwrap();
    assert!(taken.status.success(), "{}", err(&taken));

    let there = Installation::on(Some(Server::shared().database()));
    let into = there.data().display().to_string();
    let restore = |into: &str| {
        let mut restore = program();
        restore.env("SHAREWELL_DATABASE", there.server.as_ref().unwrap());
        restore
            .args(["restore", "--data", &data, "--keys", &keys, "--into", into, "--by", "Ada Lovell"])
            .output()
            .unwrap()
    };
    let restored = restore(&into);
    assert!(restored.status.success(), "{}", err(&restored));
    assert!(
        out(&restored).contains("Restored and verified") && out(&restored).contains("all hold"),
        "{}",
        out(&restored)
    );
    assert_eq!(Served::start(&there).sign_in(), "HTTP/1.0 201 Created");
    let again = restore(&path("elsewhere"));
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("left as it is"), "{}", err(&again));
    assert!(!Path::new(&path("elsewhere")).exists());

    let (data, keys) = (path("records of the server"), path("keys of the server"));
    let mut backup = program();
    backup.env("SHAREWELL_DATABASE", there.server.as_ref().unwrap());
    let taken = backup.args(["backup", "--from", &into, "--data", &data, "--keys", &keys]).output().unwrap();
    assert!(taken.status.success() && out(&taken).contains("Backed up and checked"), "{}", err(&taken));
    assert!(!out(&taken).contains("postgres://"), "{}", out(&taken));
}

#[test]
fn a_database_on_another_machine_is_not_asked_for_in_the_open() {
    let installation = Installation::on(Some("postgres://sharewell:s3cret@db.example/records".to_owned()));
    let refused = installation.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("sslmode=verify-full") && !err(&refused).contains("s3cret"), "{}", err(&refused));
}
