//! The command line, run as the program that people run.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const TOLD: &str = "[facts]\nchild_disclosed = \"yes\"\nrecipient_kind = \"council-children\"\ndiscloser_kind = \"school-maintained\"\n";

fn sharewell() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sharewell"))
}

fn run(arguments: &[&str]) -> Output {
    sharewell().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn run_with(arguments: &[&str], input: &str) -> Output {
    let mut child = sharewell()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn help_teaches_by_example() {
    for (arguments, example) in [
        (vec!["--help"], "sharewell demo"),
        (vec!["decide", "--help"], "sharewell decide --template > facts.toml"),
        (vec!["guidance", "show", "--help"], "sharewell guidance show ca-2004-s11"),
        (vec!["guidance", "replay", "--help"], "--then 2025-06-01"),
        (vec!["init", "--help"], "--password-file"),
        (vec!["serve", "--help"], "sharewell.toml"),
        (vec!["demo", "--help"], "--port 0"),
        (vec!["backup", "--help"], "--keys /vault/keys-monday"),
        (vec!["restore", "--help"], "--by \"Ada Lovell\""),
        (vec!["key", "--help"], "ORGANISATION.ledger-key"),
        (vec!["key", "create", "--help"], "sharewell init --data /srv/sharewell"),
        (vec!["key", "rotate", "--help"], "sharewell key rotate --data /srv/sharewell --by \"Ada Lovell\""),
        (vec!["member", "new-way-in", "--help"], "--email ada.lovell@larkfield.example"),
        (vec!["destroy", "--help"], "--rule \"25 years after birth\""),
    ] {
        let output = run(&arguments);
        assert!(output.status.success() && out(&output).contains(example), "{arguments:?}: {}", out(&output));
    }
}

#[test]
fn the_template_uncommented_is_taken() {
    let template = run(&["decide", "--template"]);
    let open = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    let filled: String = out(&template).lines().map(|line| open(line) + "\n").collect();
    let output = run_with(&["decide", "-"], &filled);
    assert!(output.status.success(), "{}", err(&output));
    let plain = run_with(&["decide", "-", "--json"], out(&template));
    let advice: Value = serde_json::from_str(out(&plain)).unwrap();
    assert_eq!(advice["verdict"], "incomplete");
}

#[test]
fn a_wrong_name_is_refused_with_its_line_and_the_nearest_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.toml");
    fs::write(
        &file,
        "[facts]\nconsent = \"gven\"\nchild_disclosd = \"yes\"\n\n[[items]]\ntext = \"x\"\nstanding = \"facct\"\n",
    )
    .unwrap();
    let name = file.to_str().unwrap();
    let output = run(&["decide", name]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(out(&output), "");
    let lines: Vec<&str> = err(&output).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with(&format!("{name}:2: ")) && lines[0].contains("Did you mean `given`?"), "{}", lines[0]);
    assert!(
        lines[1].starts_with(&format!("{name}:3: ")) && lines[1].contains("Did you mean `child_disclosed`?"),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with(&format!("{name}:7: ")) && lines[2].contains("Did you mean `fact`?"), "{}", lines[2]);
    assert_eq!(run(&["decide", "no-such-file.toml"]).status.code(), Some(2));
    assert_eq!(run(&["decide"]).status.code(), Some(2));
    assert_eq!(run(&["decide", name, "--on", "soon"]).status.code(), Some(2));
}

#[test]
fn the_answer_comes_as_text_and_as_json() {
    let text = run_with(&["decide", "-"], TOLD);
    assert!(text.status.success());
    let said = out(&text);
    let order: Vec<usize> =
        ["DO NOW", "SHARE", "Why: the path taken", "The law you can rely on", "What would change this"]
            .iter()
            .map(|heading| said.find(heading).unwrap_or_else(|| panic!("{heading}")))
            .collect();
    assert!(order.is_sorted(), "{order:?}");
    let json = run_with(&["decide", "-", "--json"], TOLD);
    let advice: Value = serde_json::from_str(out(&json)).unwrap();
    for key in [
        "verdict",
        "act_now",
        "rely_on",
        "nearly",
        "not_fitting",
        "items",
        "warnings",
        "next_steps",
        "would_change",
        "explanation",
        "missing",
        "pack",
    ] {
        assert!(!advice[key].is_null(), "{key}");
    }
    assert_eq!(advice["verdict"], "share");
    assert_eq!(run_with(&["decide", "-", "--json"], TOLD).stdout, json.stdout, "the same facts give the same bytes");
}

#[test]
fn the_law_is_that_of_the_day_asked_for() {
    let then = run_with(&["decide", "-", "--json", "--on", "2025-06-01"], TOLD);
    let now = run_with(&["decide", "-", "--json", "--on", "2026-11-23"], TOLD);
    let (then, now): (Value, Value) =
        (serde_json::from_str(out(&then)).unwrap(), serde_json::from_str(out(&now)).unwrap());
    assert_eq!((&then["on"], &now["on"]), (&"2025-06-01".into(), &"2026-11-23".into()));
    assert_ne!(then["not_fitting"], now["not_fitting"]);
}

#[test]
fn replay_says_what_differs_in_words() {
    let output = run_with(&["guidance", "replay", "-", "--then", "2025-06-01", "--now", "2026-11-23"], TOLD);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).contains("1 June 2025") && out(&output).contains("23 November 2026"), "{}", out(&output));
    let same = run_with(&["guidance", "replay", "-", "--then", "2026-11-23", "--now", "2026-11-23"], TOLD);
    assert!(out(&same).contains("The answer is the same"), "{}", out(&same));
}

#[test]
fn the_guidance_can_be_read_searched_and_drawn() {
    let shown = run(&["guidance", "show", "ca-2004-s11", "--on", "2026-11-23"]);
    assert!(out(&shown).contains("Children Act 2004") && out(&shown).contains("23 November 2026"), "{}", out(&shown));
    let misspelt = run(&["guidance", "show", "ca-2004-s1l"]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(err(&misspelt).contains("Did you mean"), "{}", err(&misspelt));
    assert!(out(&run(&["guidance", "search", "consent", "withdrawn"])).contains("sharewell guidance show"));
    assert!(out(&run(&["guidance", "draw"])).starts_with("<svg"));
    let lit = run_with(&["guidance", "draw", "-", "--words"], TOLD);
    assert!(out(&lit).contains("The path taken here"), "{}", out(&lit));
}

#[test]
fn a_pack_that_does_not_load_is_refused_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&["guidance", "check", folder.path().to_str().unwrap()]).status.code(), Some(1));
    fs::write(folder.path().join("pack.toml"), "id = \"x\"\n[[fact]]\nid = \"a\"\n").unwrap();
    let output = run(&["guidance", "check", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("pack.toml:2: "), "{}", err(&output));
}

fn init(folder: &Path, password: &str) -> Output {
    let file = folder.with_extension("password");
    fs::write(&file, format!("{password}\n")).unwrap();
    let [folder, file] = [folder, &file].map(|path| path.to_str().unwrap().to_owned());
    let mut arguments = vec!["init", "--data", &folder, "--password-file", &file, "--password-alone"];
    arguments.extend(["--organisation", "Fernbank Primary", "--body", "school-maintained"]);
    arguments.extend(["--name", "Wilhelmina Throssell", "--email", "head@fernbank.example"]);
    run(&arguments)
}

#[test]
fn an_installation_is_set_up_once_and_serves_its_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let short = init(&data, "short");
    assert_eq!(short.status.code(), Some(2), "{}", err(&short));
    let made = init(&data, "lantern otter gravel");
    assert!(made.status.success(), "{}", err(&made));
    let again = init(&data, "lantern otter gravel");
    assert_eq!(again.status.code(), Some(2));
    assert!(err(&again).contains("left as it is"), "{}", err(&again));

    let mut served = Served::start(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let sent = "{\"email\":\"head@fernbank.example\",\"password\":\"lantern otter gravel\"}";
    let answer = served.ask(&format!(
        "POST /api/v1/sessions HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{sent}",
        sent.len()
    ));
    assert!(answer.starts_with("HTTP/1.0 201"), "{answer}");
    let log = served.stop();
    assert!(log.contains("/api/v1/sessions") && !log.contains("fernbank"), "{log}");
}

#[test]
fn an_only_administrator_is_let_in_again_from_the_machine_and_all_who_should_know_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    init(&data, "lantern otter gravel");
    let place = data.to_str().unwrap();
    let unknown = run(&["member", "new-way-in", "--data", place, "--email", "nobody@fernbank.example"]);
    assert!(unknown.status.code() == Some(2) && err(&unknown).contains("Nobody signs in"), "{}", err(&unknown));
    let given = run(&["member", "new-way-in", "--data", place, "--email", " Head@Fernbank.example "]);
    assert!(given.status.success(), "{}", err(&given));
    assert!(
        out(&given).contains("http://localhost:8080/link#") && out(&given).contains("Wilhelmina Throssell"),
        "{}",
        out(&given)
    );
    let mut served = Served::start(&["serve", "--data", place, "--listen", "127.0.0.1:0"]);
    let sent = "{\"email\":\"head@fernbank.example\",\"password\":\"lantern otter gravel\"}";
    let answer = served.ask(&format!(
        "POST /api/v1/sessions HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{sent}",
        sent.len()
    ));
    assert!(answer.starts_with("HTTP/1.0 422"), "what they had is of no more use: {answer}");
    served.stop();
    let verified = run(&["verify", place]);
    assert!(verified.status.success(), "{}{}", out(&verified), err(&verified));
}

#[test]
fn an_installation_is_backed_up_restored_elsewhere_and_its_keys_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = init(&folder.path().join("data"), "lantern otter gravel");
    assert!(made.status.success(), "{}", err(&made));
    let (data, records, keys, new) = (path("data"), path("records"), path("keys"), path("new"));
    let taken = run(&["backup", "--from", &data, "--data", &records, "--keys", &keys]);
    assert!(taken.status.success() && out(&taken).contains("Backed up and checked"), "{}", err(&taken));
    let restore = ["restore", "--data", &records, "--keys", &keys, "--into", &new, "--by", "Ada Lovell"];
    let restored = run(&restore);
    assert!(restored.status.success(), "{}", err(&restored));
    for folder in [&data, &new] {
        let checked = run(&["key", "check", "--data", folder]);
        assert!(checked.status.success() && out(&checked).contains("private and right"), "{}", err(&checked));
    }
    let again = run(&restore);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("left as it is"), "{}", err(&again));
    fs::remove_file(folder.path().join("new/keys/installation.key")).unwrap();
    let checked = run(&["key", "check", "--data", &new]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(err(&checked).contains("installation.key is missing"), "{}", err(&checked));
}

#[test]
fn nobody_is_destroyed_without_being_asked_again_and_a_hold_is_placed_seen_and_released() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(init(&data, "lantern otter gravel").status.success());
    let data = data.to_str().unwrap();
    let nobody = "01980000-0000-7000-8000-000000000000";
    let destroy =
        ["destroy", "--data", data, nobody, "--rule", "25 years after birth", "--by", "head@fernbank.example"];
    let unasked = run(&destroy);
    assert_eq!(unasked.status.code(), Some(2));
    assert!(err(&unasked).contains("--yes"), "{}", err(&unasked));
    let hold = |arguments: &[&str]| {
        let mut whole = vec!["hold"];
        whole.extend(arguments);
        whole.extend(["--data", data, "--by", "head@fernbank.example"]);
        run(&whole)
    };
    let placed = hold(&["add", "--person", nobody, "--reason", "An inquest is open"]);
    let id = out(&placed).trim().strip_prefix("Held: ").unwrap_or_else(|| panic!("{}", err(&placed))).to_owned();
    let refused = run(&[&destroy[..], &["--yes"]].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains(&id), "{}", err(&refused));
    assert!(hold(&["release", &id, "--reason", "The inquest is over"]).status.success());
    assert!(out(&hold(&["list"])).contains("released"));
    let gone = run(&[&destroy[..], &["--yes"]].concat());
    assert_eq!(gone.status.code(), Some(1));
    assert!(err(&gone).contains("nobody of this id"), "{}", err(&gone));
}

#[test]
fn others_are_not_served_without_tls() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["serve", "--data", folder.path().to_str().unwrap(), "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("TLS"), "{}", err(&output));
}

#[test]
fn the_demo_is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("story");
    let start = || Served::start(&["demo", "--port", "0", "--data", data.to_str().unwrap()]);
    start().stop();
    let made = fs::metadata(data.join("keys/installation.key")).unwrap().modified().unwrap();
    let mut again = start();
    let ready = |again: &mut Served| again.ask("GET /readyz HTTP/1.0\r\nHost: x\r\n\r\n").starts_with("HTTP/1.0 200");
    let caught_up = (0..200).any(|_| {
        ready(&mut again) || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            false
        }
    });
    assert!(caught_up, "the ledgers of the story are signed as far as they go");
    again.stop();
    assert_eq!(fs::metadata(data.join("keys/installation.key")).unwrap().modified().unwrap(), made);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half made is left beside it");
}

/// The program while it serves.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = sharewell().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Sharewell is ready: http://").unwrap_or_else(|| panic!("{line}"));
        Self { address: address.trim_end_matches('/').to_owned(), child }
    }

    fn ask(&mut self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        std::io::read_to_string(stream).unwrap()
    }

    /// Tells it to stop, and gives what it logged.
    fn stop(self) -> String {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        String::from_utf8(output.stderr).unwrap()
    }
}
