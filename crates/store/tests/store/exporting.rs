//! A whole ledger in a file, as a stranger checks it.

use std::fs;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;

use ledger::export::{FIRST_LINE, verify};
use sharewell_store::{BackupError, ExportProgress, NotExported, SignedCheckpoint, export_ledger};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use crate::common::{Ground, HouseOn, OnPostgres, OnSqlite, decision, item};

/// The newest checkpoint; on a server entries get their places within a second.
async fn signed<G: Ground>(house: &HouseOn<G>, organisation: casework::OrganisationId) -> SignedCheckpoint {
    for _ in 0..200 {
        if let Some(signed) = house.store.sign_ledger(organisation).await.unwrap() {
            return signed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("nothing is signed");
}

async fn exported_from<G: Ground>() {
    let house = HouseOn::<G>::new().await;
    let (school, teacher) = house.school().await;
    let into = house.folder.path().join("school.ledger");
    let refused = export_ledger(&house.place(), None, &into, |_| {}).await.unwrap_err();
    assert!(matches!(refused, NotExported::NotSigned) && !into.exists(), "{refused}");

    let (surgery, _) = house.organisation("Harrow Lane Surgery", "gp", "doctor").await;
    let mut size = 0;
    for _ in 0..3 {
        let (matter, _) = house.matter(&teacher).await;
        let seen = item(&teacher, &matter, "Came without lunch");
        let decided = decision(&teacher, &matter, &[&seen]);
        house
            .write(school.id, async |w| {
                w.save_item(&seen).await?;
                w.add_decision(&decided).await
            })
            .await
            .unwrap();
        let signed = signed(&house, school.id).await;
        let asked = house.store.to_be_witnessed(school.id, 0, &signed).await.unwrap();
        let key = house.store.ledger_key(school.id).await.unwrap();
        let line = house.store.witness(surgery.id, asked.as_bytes(), &[key]).await.unwrap();
        // A witness that saw more already does not cosign from nothing; the first does.
        if let Ok(line) = line {
            let witness = house.store.witness_key(surgery.id).unwrap();
            house.store.keep_cosignature(school.id, &signed, &witness, line.as_bytes()).await.unwrap();
        }
        size = signed.size;
    }
    // What is not signed yet is not in it.
    house.matter(&teacher).await;

    let refused = export_ledger(&house.place(), None, &into, |_| {}).await.unwrap_err();
    let words = refused.to_string();
    assert!(words.contains(&school.id.to_string()) && words.contains(&surgery.id.to_string()), "{words}");
    let mut told = Vec::new();
    let exported = export_ledger(&house.place(), Some(school.id), &into, |at| told.push(at)).await.unwrap();
    assert_eq!((exported.entries, exported.checkpoints, exported.covered), (size, 3, size));
    assert_eq!(told.last(), Some(&ExportProgress::Checked(size)));
    assert!(told.contains(&ExportProgress::Written(size)), "{told:?}");
    assert_eq!(fs::metadata(&into).unwrap().permissions().mode() & 0o077, 0);
    let again = export_ledger(&house.place(), Some(school.id), &into, |_| {}).await.unwrap_err();
    assert!(matches!(again, NotExported::File(BackupError::Exists(_))), "{again}");

    let text = fs::read_to_string(&into).unwrap();
    assert!(text.starts_with(FIRST_LINE));
    for word in ["Ottilie", "Quarrendon", "Fernbank", "lunch", "teacher", "decision", "person"] {
        assert!(!text.contains(word), "{word}");
    }
    let (key, witness) =
        (house.store.ledger_key(school.id).await.unwrap(), house.store.witness_key(surgery.id).unwrap());
    let found = verify(BufReader::new(text.as_bytes()), &key, &[&witness], &mut |_| {}).unwrap();
    assert_eq!((found.findings, found.entries, found.witnessed.len()), (Vec::new(), size, 1));
    let other = house.store.ledger_key(surgery.id).await.unwrap();
    assert!(!verify(BufReader::new(text.as_bytes()), &other, &[], &mut |_| {}).unwrap().findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_on_a_file_is_exported_up_to_its_newest_checkpoint_and_checked_by_a_stranger() {
    exported_from::<OnSqlite>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_on_a_server_is_exported_up_to_its_newest_checkpoint_and_checked_by_a_stranger() {
    exported_from::<OnPostgres>().await;
}

#[tokio::test]
async fn a_ledger_that_does_not_hold_is_not_exported() {
    let house = HouseOn::<OnSqlite>::new().await;
    let (school, teacher) = house.school().await;
    house.matter(&teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    let options = SqliteConnectOptions::new().filename(house.place().database.file().unwrap()).foreign_keys(false);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let into = house.folder.path().join("school.ledger");
    for (change, words) in [
        (
            "UPDATE ledger_leaf SET content = substr(content, 1, 80) || randomblob(9) WHERE position = 1",
            "at least one of them",
        ),
        ("UPDATE ledger_checkpoint SET note = replace(note, 'sharewell/', 'sharewell.')", "nobody known here"),
        ("DELETE FROM ledger_leaf WHERE position = 2", "entries were signed"),
        ("UPDATE ledger_leaf SET content = x'01' WHERE position = 1", "entry 1 was changed"),
    ] {
        raw.execute(change).await.unwrap();
        let refused = export_ledger(&house.place(), None, &into, |_| {}).await.unwrap_err();
        assert!(matches!(&refused, NotExported::DoesNotHold(why) if why.contains(words)), "{change}: {refused}");
        let left = fs::read_dir(house.folder.path()).unwrap().map(|file| file.unwrap().file_name());
        assert!(left.into_iter().all(|name| !name.to_string_lossy().contains("ledger.")), "nothing half made is left");
        assert!(!into.exists());
    }
}
