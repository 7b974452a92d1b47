//! Two programs, each with an installation of its own, that witness each other over HTTP: one is killed and comes back, one is put back to
//! an older state with everything beside it, and one is reached over TLS only.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

#[path = "../house/mod.rs"]
mod house;
mod installation;
mod tls;

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use installation::{Installation, raw, sharewell};
use sqlx::Connection as _;
use tempfile::TempDir;

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
    // What the ledger's key remembers, beside it: what it signed last, and how much of it is kept.
    let remembered: Vec<PathBuf> = fs::read_dir(school.file("keys"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "signed" || ending == "kept"))
        .collect();
    assert_eq!(remembered.len(), 2, "{remembered:?}");
    for file in &remembered {
        fs::copy(file, kept.path().join(file.file_name().unwrap())).unwrap();
    }
    school.record();
    let seen = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {seen}"));
    school.kill();
    for part in ["sharewell.db-wal", "sharewell.db-shm"] {
        let _ = fs::remove_file(school.file(part));
    }
    fs::write(school.file("sharewell.db"), fs::read(&copy).unwrap()).unwrap();
    for file in &remembered {
        fs::copy(kept.path().join(file.file_name().unwrap()), file).unwrap();
    }

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
    assert!(!holds && said.contains(&format!("entries {} to {seen} are missing", size + 1)), "{said}");

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

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_behind_tls_is_believed_with_a_certificate_of_an_authority_that_is_known_and_with_no_other() {
    let mut school = Installation::new("Fernbank Primary", "head@fernbank.example");
    let mut surgery = Installation::new("Harrow Lane Surgery", "doctor@harrowlane.example");
    let door = tls::Door::before(&surgery.listen).await;
    let in_the_open = format!("http://{}", surgery.listen);
    let (of_school, of_surgery) = (school.keys(), surgery.keys());
    assert!(of_surgery.contains(&in_the_open), "{of_surgery}");
    school.write(&of_surgery.replace(&in_the_open, &door.address));
    surgery.write(&of_school);
    surgery.start();

    // The door shows a certificate of an authority that this machine does not know: whoever stands there is not asked.
    let stranger = tls::authority();
    school.authorities = Some(school.file("authorities.pem"));
    fs::write(school.file("authorities.pem"), stranger.pem()).unwrap();
    school.start();
    school.record();
    school.wait_until_listed("it did not answer when it was asked last");
    assert!(school.log().contains("certificate"), "{}", school.log());

    school.kill();
    fs::write(school.file("authorities.pem"), &door.authority).unwrap();
    school.start();
    let size = school.entries().await;
    school.wait_until_listed(&format!("witnessed our ledger up to entry {size}"));
    assert!(door.passed() > 0);
}
