//! What only a database server brings: an address, a password, several copies at once, and going away.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::House;
use crate::common::{NOW, person, randomness};
use casework::PackRef;
use sharewell_store::{Database, KeptPack, Place, Reading, Server, Store, StoreError, verify};
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn an_empty_database_is_no_installation_and_one_is_made_in_it_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let server: Server = test_postgres::Server::shared().database().parse().unwrap();
    let place = Place { database: Database::Server(server), keys: folder.path().join("keys") };
    assert!(!Store::exists(&place).await.unwrap());
    let house = House::new().await;
    let elsewhere = Place { database: place.database.clone(), keys: house.place().keys };
    let opened = Store::open(&elsewhere, randomness(), NOW).await;
    assert!(matches!(opened, Err(StoreError::NoDatabase(_))), "{opened:?}");
    Store::create(&place, randomness(), NOW).await.unwrap();
    assert!(Store::exists(&place).await.unwrap());
    let again = Store::create(&place, randomness(), NOW).await;
    assert!(matches!(again, Err(StoreError::DatabaseExists(_))), "{again:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_in_words_without_the_password() {
    let folder = tempfile::TempDir::new().unwrap();
    let server: Server = "postgres://sharewell:s3cret@127.0.0.1:1/sharewell".parse().unwrap();
    let place = Place { database: Database::Server(server), keys: folder.path().join("keys") };
    let error = Store::create(&place, randomness(), NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("nothing was recorded"));
    assert!(!format!("{error:?}").contains("s3cret"));
    assert!(!place.keys.exists(), "no key is made for a database that is not there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_leaf_gets_its_own_place_in_the_ledger_soon_whichever_copy_added_it() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let second = Store::open(&house.place(), randomness(), NOW).await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..30 {
        let store = if n % 2 == 0 { house.store.clone() } else { second.clone() };
        let child = person(&teacher, &format!("Child {n}"));
        tasks.push(tokio::spawn(async move {
            let child = &child;
            store.write("save_person", school.id, |mut w| async move { w.save_person(child).await }).await
        }));
    }
    for task in tasks {
        let saved: Result<(), StoreError> = task.await.unwrap();
        saved.unwrap();
    }
    let name = house.place().database.to_string().rsplit_once('/').unwrap().1.to_owned();
    let server = test_postgres::Server::shared();
    for attempt in 0.. {
        if server.sql(&name, "SELECT count(*) FROM ledger_leaf WHERE position IS NULL") == "0" {
            break;
        }
        assert!(attempt < 50, "leaves are still waiting");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let positions = server.sql(&name, "SELECT position FROM ledger_leaf");
    let positions: BTreeSet<usize> = positions.lines().map(|line| line.parse().unwrap()).collect();
    // The organisation, its first member and thirty people.
    assert_eq!(positions, (0..32).collect());
    assert_eq!(server.sql(&name, "SELECT size FROM ledger_head"), "32");
}

#[tokio::test]
async fn an_organisation_founded_on_one_copy_is_served_by_another_that_started_before() {
    let house = House::new().await;
    let second = Store::open(&house.place(), randomness(), NOW).await.unwrap();
    let (school, teacher) = house.school().await;
    assert_eq!(second.organisations().await.unwrap(), std::slice::from_ref(&school));
    let child = person(&teacher, "Ottilie Quarrendon");
    let saved = &child;
    let written: Result<(), StoreError> =
        second.write("save_person", school.id, |mut w| async move { w.save_person(saved).await }).await;
    written.unwrap();
    assert_eq!(house.read(school.id, async |r| r.people().await).await, [child]);
}

#[tokio::test]
async fn copies_that_start_at_once_keep_the_same_pack_once() {
    let house = House::new().await;
    let pack = KeptPack {
        pack: PackRef { id: "p".into(), version: "1".into(), digest: "d".into() },
        files: BTreeMap::from([("pack.toml".to_owned(), b"id = \"p\"".to_vec())]),
    };
    let mut copies = Vec::new();
    for _ in 0..3 {
        copies.push(Store::open(&house.place(), randomness(), NOW).await.unwrap());
    }
    let kept =
        tokio::join!(copies[0].keep_pack(&pack, NOW), copies[1].keep_pack(&pack, NOW), copies[2].keep_pack(&pack, NOW));
    let new = [kept.0.unwrap(), kept.1.unwrap(), kept.2.unwrap()];
    assert_eq!(new.into_iter().filter(|new| *new).count(), 1);
    assert_eq!(house.store.pack("d").await.unwrap(), Some(pack));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_sign_at_once_never_remember_a_smaller_ledger_than_was_signed() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let second = Store::open(&house.place(), randomness(), NOW).await.unwrap();
    let mut signing = Vec::new();
    for store in [house.store.clone(), second.clone(), house.store.clone(), second.clone()] {
        let children: Vec<_> = (0..8).map(|n| person(&teacher, &format!("Child {n}"))).collect();
        signing.push(tokio::spawn(async move {
            let mut sizes = Vec::new();
            for child in &children {
                let saved: Result<(), StoreError> =
                    store.write("save_person", school.id, |mut w| async move { w.save_person(child).await }).await;
                saved.unwrap();
                sizes.extend(store.sign_ledger(school.id).await.unwrap().map(|signed| signed.size));
            }
            sizes
        }));
    }
    let mut sizes = Vec::new();
    for one in signing {
        sizes.extend(one.await.unwrap());
    }
    // Whatever was still waiting.
    for attempt in 0..200 {
        sizes.extend(house.store.sign_ledger(school.id).await.unwrap().map(|signed| signed.size));
        if sizes.contains(&34) {
            break;
        }
        assert!(attempt < 199, "{sizes:?}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let distinct: BTreeSet<u64> = sizes.iter().copied().collect();
    assert_eq!(distinct.len(), sizes.len(), "no size is signed twice");
    let remembered = std::fs::read_to_string(house.place().keys.join(format!("{}.signed", school.id))).unwrap();
    assert_eq!(remembered.lines().nth(1), Some("34"), "{remembered}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_restored_goes_on_under_another_name_also_where_no_entry_had_its_place_when_the_backup_was_taken() {
    let house = House::new().await;
    // No ledger goes on while somebody holds its head.
    let name = house.place().database.to_string().rsplit_once('/').unwrap().1.to_owned();
    let mut holder = PgConnection::connect(&test_postgres::Server::shared().url(&name)).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    sqlx::query("LOCK TABLE ledger_head IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let (school, teacher) = house.school().await;
    let file = |name| house.folder.path().join(name);
    let (records, early) = (file("records"), file("early keys"));
    house.store.back_up(&records, &early).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.ledger_state().await).await.size, 0, "nothing has its place yet");
    held.rollback().await.unwrap();
    // It goes on after the backup, and is signed under its first name: the keys of a later backup know of that.
    house.write(school.id, async |w| w.save_person(&person(&teacher, "Ottilie Quarrendon")).await).await.unwrap();
    // Whoever waited for the head may be placing the entries just now, and then there is nothing to sign yet.
    let signed = loop {
        if let Some(signed) = house.store.sign_ledger(school.id).await.unwrap() {
            break signed;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(signed.epoch, 1);
    let late = file("late keys");
    house.store.back_up(&file("later records"), &late).await.unwrap();
    house.store.close().await;
    for (keys, into) in [(&early, "into early"), (&late, "into late")] {
        let server: Server = test_postgres::Server::shared().database().parse().unwrap();
        let place = Place { database: Database::Server(server), ..Place::under(&file(into)) };
        let restored = Store::restore(&records, keys, &place, "Ada Lovell", randomness(), NOW).await.unwrap();
        assert_eq!(restored.organisations[0].entries, 0);
        let store = Store::open(&place, randomness(), NOW).await.unwrap();
        let state: Result<_, StoreError> =
            store.read("test", school.id, |mut r: Reading| async move { r.ledger_state().await }).await;
        let state = state.unwrap();
        // The organisation, the member, and that it was restored.
        assert_eq!((state.size, state.signed.unwrap().epoch), (3, 2), "{into}");
        store.close().await;
        assert_eq!(verify(&place.database, Some(&place.keys), |_| {}).await.unwrap()[0].findings, [], "{into}");
    }
}
