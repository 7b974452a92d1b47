//! Notices by e-mail, sent to a real mail server (npm's `smtp-server`) over TLS and with a password: what it receives, when it is away, and
//! when several copies of the program look for what is due.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test prepares may fail the test"
)]

#[path = "../house/mod.rs"]
mod house;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use casework::{Member, Role};
use house::House;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use sharewell::actions::{self, Actor, OnMatter, RecordNotSharing, Whom};
use sharewell::config::Config;
use sharewell::{App, AppError};
use tempfile::TempDir;

const GUARDIAN: &str = "miriam@fernbank.example";
const REASON: &str = "Zephyrine Quillfeather rang from 17 Umbrellathorn Passage.";
/// Whatever stands in the case, and whoever is in the house.
const CANARIES: [&str; 9] = [
    "Zephyrine",
    "Quillfeather",
    "Umbrellathorn",
    "Ottilie",
    "Quarrendon",
    "marmalade",
    "Throssell",
    "Fernbank",
    "safeguarding",
];

/// A mail server on this machine, ended when it is dropped.
struct Server {
    child: Child,
    tls: &'static str,
    port: u16,
    keys: TempDir,
    lines: Receiver<Value>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn new(tls: &'static str) -> Self {
        Self::start(tls, keys(), 0)
    }

    /// On this port (0: any), with these keys.
    fn start(tls: &'static str, keys: TempDir, port: u16) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/server.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .args([tls, keys.path().to_str().unwrap(), &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str::<Value>(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let first =
            lines.recv_timeout(Duration::from_secs(30)).expect("the mail server starts: run `make setup` first");
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        Self { child, tls, port, keys, lines }
    }

    /// A house that knows this server and sends its notices to it.
    async fn case(&self, colleagues: &[(&str, Role)]) -> Case {
        Case::new(self.tls, self.port, &self.keys, colleagues).await
    }

    /// What it took so far. What was sent was answered, so that it is said by now.
    fn took(&self) -> Vec<Value> {
        let mut took = Vec::new();
        while let Ok(mail) = self.lines.recv_timeout(Duration::from_millis(300)) {
            took.push(mail);
        }
        took
    }
}

/// A folder with a certificate for this machine, which is its own authority.
fn keys() -> TempDir {
    let (folder, key) = (TempDir::new().unwrap(), KeyPair::generate().unwrap());
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.path().join("server.key"), key.serialize_pem()).unwrap();
    fs::write(folder.path().join("server.pem"), certificate.pem()).unwrap();
    folder
}

fn configured(folder: &Path, tls: &str, port: u16, password: &str) -> Config {
    let secret = folder.join("smtp.password");
    fs::write(&secret, password).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "address = \"https://sharewell.example\"\n[mail]\nserver = \"localhost:{port}\"\ntls = \"{tls}\"\nfrom = \"sharewell@mail.example\"\n\
         username = \"sharewell\"\npassword_file = \"smtp.password\"\nauthority_file = \"server.pem\"\n"
    );
    fs::write(folder.join("sharewell.toml"), text).unwrap();
    Config::read(folder).unwrap()
}

const RIGHT: &str = "a secret of this test\n";

struct Case {
    house: House,
    folder: TempDir,
    tls: &'static str,
    port: u16,
    app: Arc<App>,
    /// Who opens the matter in an emergency, having proved who they are.
    night: Actor,
    matter: String,
}

impl Case {
    /// A house that sends its notices to this port, where it expects these keys.
    async fn new(tls: &'static str, port: u16, keys: &TempDir, colleagues: &[(&str, Role)]) -> Self {
        let (house, folder) = (House::new().await, TempDir::new().unwrap());
        fs::copy(keys.path().join("server.pem"), folder.path().join("server.pem")).unwrap();
        let app = another(&house, configured(folder.path(), tls, port, RIGHT));
        for (email, role) in colleagues {
            house.colleague(email, *role).await;
        }
        let new = RecordNotSharing {
            matter: OnMatter::New { title: "The marmalade matter".into() },
            people: vec![Whom::New(casework::NewPerson {
                name: "Ottilie Quarrendon".into(),
                date_of_birth: None,
                note: String::new(),
            })],
            ..house::told_nothing_to_a_caller()
        };
        let matter = actions::record_not_sharing(&app, &house.school, new).await.unwrap().matter.to_string();
        let night = house.colleague("night@fernbank.example", Role::Practitioner).await;
        let mut night = Actor::without_session(house.school.organisation.clone(), night);
        night.confirmed_at = Some(house.app.clock.now());
        Self { house, folder, tls, port, app, night, matter }
    }

    /// One more copy of the program, which signs in to the mail server with this password.
    fn copy(&self, password: &str) -> Arc<App> {
        another(&self.house, configured(self.folder.path(), self.tls, self.port, password))
    }

    async fn name_guardian(&mut self, guardian: &Member) {
        let responsible = casework::Responsible { guardian: Some(guardian.id), ..casework::Responsible::default() };
        let version = self.house.school.organisation.version;
        let named = actions::name_responsible(&self.app, &self.house.school, version, &responsible).await.unwrap();
        self.night.organisation = named;
    }

    async fn begin(&self) {
        actions::begin_emergency(&self.app, &self.night, &self.matter, REASON).await.unwrap();
    }
}

/// One more copy of the program on the same records.
fn another(house: &House, config: Config) -> Arc<App> {
    App::new(house.app.store.clone(), house::pack(), house.app.clock.clone(), house.app.mode, config)
}

fn counted(app: &App, outcome: &str) -> u64 {
    let text = app.metrics.text().unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("sharewell_mails_total{{outcome=\"{outcome}\"}}")));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn the_guardian_is_written_to_over_tls_with_a_password_and_the_mail_says_nothing_of_anybody() {
    for tls in ["starttls", "tls"] {
        let server = Server::new(tls);
        let others = [("adviser@fernbank.example", Role::Adviser), ("manager@fernbank.example", Role::Manager)];
        let mut case = server.case(&others).await;
        let guardian = case.house.colleague(GUARDIAN, Role::Adviser).await;
        case.name_guardian(&guardian).await;
        case.begin().await;
        assert_eq!(server.took().len(), 0, "nothing is sent before it is kept");
        actions::send_mail(&case.app).await.unwrap();
        actions::send_mail(&case.app).await.unwrap();
        let took = server.took();
        assert_eq!(took.len(), 1, "{took:?}");
        let mail = &took[0];
        assert_eq!((mail["secure"].as_bool(), mail["user"].as_str()), (Some(true), Some("sharewell")), "{tls}");
        assert_eq!((mail["from"].as_str(), mail["to"][0].as_str()), (Some("sharewell@mail.example"), Some(GUARDIAN)));
        let text = mail["text"].as_str().unwrap();
        for said in [
            "Emergency access began at 10:40am on 18 November 2026.",
            "Sign in to look: https://sharewell.example/oversight",
            "Auto-Submitted: auto-generated",
            "Subject: Emergency access began",
            "Message-ID: <",
            "Date: Wed, 18 Nov 2026 10:40:00 +0000",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        // The address that it goes to is the guardian's own.
        let rest = text.replace(GUARDIAN, "").to_lowercase();
        for canary in CANARIES {
            assert!(!rest.contains(&canary.to_lowercase()), "{canary}: {text}");
        }
        for id in [&case.matter, &case.night.member.id.to_string(), &case.night.organisation.id.to_string()] {
            assert!(!rest.contains(id.as_str()), "{id}: {text}");
        }
        assert_eq!((counted(&case.app, "sent"), counted(&case.app, "failed")), (1, 0));
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again_by_whichever_copy_is_there_and_gets_the_notice_once() {
    let keys = keys();
    // A port on which nobody listens.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let case = Case::new("starttls", port, &keys, &[(GUARDIAN, Role::Adviser)]).await;
    case.begin().await;
    for tries in 1..=3 {
        actions::send_mail(&case.app).await.unwrap();
        assert_eq!(counted(&case.app, "failed"), tries);
        actions::send_mail(&case.app).await.unwrap();
        assert_eq!(counted(&case.app, "failed"), tries, "it is not asked again before its time");
        case.house.app.clock.put_forward(60);
    }
    let server = Server::start("starttls", keys, port);
    // The program was started again, as two copies.
    let copies = [case.copy(RIGHT), case.copy(RIGHT)];
    let (one, other) = tokio::join!(actions::send_mail(&copies[0]), actions::send_mail(&copies[1]));
    one.unwrap();
    other.unwrap();
    actions::send_mail(&copies[0]).await.unwrap();
    assert_eq!(server.took().len(), 1);
    assert_eq!(copies.iter().map(|copy| counted(copy, "sent")).sum::<u64>(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_known_or_does_not_know_us_gets_nothing_and_the_rest_waits() {
    let server = Server::new("starttls");
    // The certificate is another's.
    let case = Case::new("starttls", server.port, &keys(), &[(GUARDIAN, Role::Adviser)]).await;
    case.begin().await;
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(
        (counted(&case.app, "failed"), server.took().len()),
        (1, 0),
        "no password goes to whom one does not know"
    );
    fs::copy(server.keys.path().join("server.pem"), case.folder.path().join("server.pem")).unwrap();
    let wrong = case.copy("another secret");
    case.house.app.clock.put_forward(60);
    actions::send_mail(&wrong).await.unwrap();
    assert_eq!((counted(&wrong, "failed"), server.took().len()), (1, 0));
    let right = case.copy(RIGHT);
    case.house.app.clock.put_forward(60);
    actions::send_mail(&right).await.unwrap();
    assert_eq!((counted(&right, "sent"), server.took().len()), (1, 1));
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_after_three_days() {
    let server = Server::new("starttls");
    let case = server.case(&[("nobody@fernbank.example", Role::Adviser)]).await;
    case.begin().await;
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!((counted(&case.app, "failed"), counted(&case.app, "given up")), (1, 0));
    case.house.app.clock.put_forward(3 * 86_400);
    actions::send_mail(&case.app).await.unwrap();
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!((counted(&case.app, "failed"), counted(&case.app, "given up")), (1, 1));
    assert_eq!(server.took().len(), 0);
}

#[tokio::test]
async fn without_a_guardian_every_adviser_is_written_to_and_without_anybody_who_may_look_the_administrators() {
    let server = Server::new("starttls");
    for (colleagues, expected, words) in [
        (
            vec![
                ("a@fernbank.example", Role::Adviser),
                ("b@fernbank.example", Role::Adviser),
                ("m@fernbank.example", Role::Manager),
            ],
            vec!["a@fernbank.example", "b@fernbank.example"],
            "Sign in to look",
        ),
        (vec![("m@fernbank.example", Role::Manager)], vec!["m@fernbank.example"], "Sign in to look"),
        (vec![], vec!["teacher@fernbank.example"], "Sign in and name a Caldicott Guardian"),
    ] {
        let case = server.case(&colleagues).await;
        case.begin().await;
        actions::send_mail(&case.app).await.unwrap();
        let took = server.took();
        let mut to: Vec<&str> = took.iter().map(|mail| mail["to"][0].as_str().unwrap()).collect();
        to.sort_unstable();
        assert_eq!(to, expected);
        assert!(took.iter().all(|mail| mail["text"].as_str().unwrap().contains(words)), "{took:?}");
    }
}

#[tokio::test]
async fn what_is_not_begun_is_told_to_nobody() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let case = Case::new("starttls", port, &keys(), &[(GUARDIAN, Role::Adviser)]).await;
    let nowhere = "0193a5c0-0000-7000-8000-000000000000";
    let refused = actions::begin_emergency(&case.app, &case.night, nowhere, REASON).await;
    assert!(matches!(refused, Err(AppError::NotFound)));
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(counted(&case.app, "failed"), 0);
}

#[tokio::test]
async fn whoever_was_suspended_before_the_mail_went_out_has_others_told_in_their_place() {
    let server = Server::new("starttls");
    let mut case = server.case(&[("adviser@fernbank.example", Role::Adviser)]).await;
    let guardian = case.house.colleague(GUARDIAN, Role::Adviser).await;
    case.name_guardian(&guardian).await;
    case.begin().await;
    actions::suspend_member(&case.app, &case.house.school, guardian.id).await.unwrap();
    actions::send_mail(&case.app).await.unwrap();
    let to: Vec<String> = server.took().iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!(to, ["adviser@fernbank.example"]);
}

impl Case {
    /// Begins emergency access once more, and ends it.
    async fn begin_and_end(&mut self) {
        self.night.confirmed_at = Some(self.house.app.clock.now());
        let access = actions::begin_emergency(&self.app, &self.night, &self.matter, REASON).await.unwrap();
        actions::end_emergency(&self.app, &self.night, access.id).await.unwrap();
    }
}

fn said(took: &[Value]) -> Vec<(String, String)> {
    let said = |mail: &Value| {
        let text = mail["text"].as_str().unwrap();
        let subject = text.lines().find(|line| line.starts_with("Subject: ")).unwrap();
        let times = text.split("began emergency access ").nth(1).and_then(|rest| rest.split(" within").next());
        (subject.trim_start_matches("Subject: ").to_owned(), times.unwrap_or_default().to_owned())
    };
    took.iter().map(said).collect()
}

#[tokio::test]
async fn what_is_begun_and_ended_again_and_again_is_told_at_once_and_then_in_one_notice_that_says_how_often() {
    let server = Server::new("starttls");
    let mut case = server.case(&[(GUARDIAN, Role::Adviser)]).await;
    let once = |subject: &str, times: &str| vec![(subject.to_owned(), times.to_owned())];
    for number in 0..5 {
        case.begin_and_end().await;
        actions::send_mail(&case.app).await.unwrap();
        let expected = if number == 0 { once("Emergency access began", "") } else { vec![] };
        assert_eq!(said(&server.took()), expected, "number {number}");
        case.house.app.clock.put_forward(60);
    }
    case.house.app.clock.put_forward(3_600 - 5 * 60 - 1);
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(server.took().len(), 0);
    case.house.app.clock.put_forward(1);
    actions::send_mail(&case.app).await.unwrap();
    let took = server.took();
    assert_eq!(said(&took), once("Emergency access began again", "5 times"));
    let rest = took[0]["text"].as_str().unwrap().replace(GUARDIAN, "").to_lowercase();
    assert!(rest.contains("the first began at 10:40am on 18 november 2026. each is listed."), "{rest}");
    for canary in CANARIES {
        assert!(!rest.contains(&canary.to_lowercase()), "{canary}: {rest}");
    }
    for id in [&case.matter, &case.night.member.id.to_string(), &case.night.organisation.id.to_string()] {
        assert!(!rest.contains(id.as_str()), "{id}: {rest}");
    }
    // The next is the first of another hour.
    case.begin_and_end().await;
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(said(&server.took()), once("Emergency access began", ""));
    // Every one of them is kept, whatever was told of it.
    let guardian = case.house.school.organisation.id;
    let kept: Result<_, store::StoreError> = case
        .house
        .app
        .store
        .read("kept", guardian, |mut reading: store::Reading| async move { reading.emergencies_awaiting(100).await })
        .await;
    assert_eq!(kept.unwrap().len(), 6);
}

#[tokio::test]
async fn whoever_was_told_of_none_of_them_is_told_at_once() {
    let server = Server::new("starttls");
    let mut case = server.case(&[("adviser@fernbank.example", Role::Adviser)]).await;
    let guardian = case.house.colleague(GUARDIAN, Role::Adviser).await;
    case.name_guardian(&guardian).await;
    let to = |took: &[Value]| -> Vec<String> {
        took.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect()
    };
    case.begin_and_end().await;
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(to(&server.took()), [GUARDIAN]);
    // The next is about somebody whom the Guardian must not see: an adviser is told, at once, and the Guardian of none of it.
    let people: Result<(), store::StoreError> = case
        .house
        .app
        .store
        .write("apart", case.house.school.organisation.id, |mut writing: store::Writing| async move {
            let people = writing.people().await?.into_iter().map(|one| one.id).collect();
            let one = writing.member(guardian.id).await?.unwrap();
            writing.save_member(&Member { version: one.version + 1, conflicts: people, ..one }).await
        })
        .await;
    people.unwrap();
    case.begin_and_end().await;
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(to(&server.took()), ["adviser@fernbank.example"]);
    case.begin_and_end().await;
    case.house.app.clock.put_forward(3_600);
    actions::send_mail(&case.app).await.unwrap();
    let took = server.took();
    assert_eq!(to(&took), ["adviser@fernbank.example"]);
    assert_eq!(said(&took)[0].1, "2 times");
}

#[tokio::test]
async fn several_notices_of_whoever_was_suspended_go_to_others_as_one() {
    let server = Server::new("starttls");
    let mut case = server.case(&[("adviser@fernbank.example", Role::Adviser)]).await;
    let guardian = case.house.colleague(GUARDIAN, Role::Adviser).await;
    case.name_guardian(&guardian).await;
    for _ in 0..3 {
        case.begin_and_end().await;
    }
    actions::send_mail(&case.app).await.unwrap();
    assert_eq!(server.took().len(), 1);
    actions::suspend_member(&case.app, &case.house.school, guardian.id).await.unwrap();
    case.house.app.clock.put_forward(3_600);
    actions::send_mail(&case.app).await.unwrap();
    let took = server.took();
    assert_eq!(took.len(), 1, "{took:?}");
    assert_eq!(took[0]["to"][0], "adviser@fernbank.example");
    assert_eq!(said(&took)[0].0, "Emergency access began");
}
