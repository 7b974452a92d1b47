//! Opening a store: what it refuses, and in which words.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{House, NOW, randomness};
use sharewell_store::{Database, KeyError, Place, Store, StoreError};
use sqlx::{Connection, SqliteConnection};

async fn reopen(place: &Place) -> StoreError {
    Store::open(place, randomness(), NOW).await.unwrap_err()
}

#[tokio::test]
async fn without_a_database_it_says_to_run_init() {
    let folder = tempfile::TempDir::new().unwrap();
    let error = reopen(&Place::under(folder.path())).await;
    assert!(error.to_string().contains("sharewell init"), "{error}");
}

#[tokio::test]
async fn an_existing_installation_is_never_written_over() {
    let house = House::new().await;
    let again = Store::create(&house.place(), randomness(), NOW).await;
    assert!(matches!(again, Err(StoreError::DatabaseExists(_))));
    let elsewhere = Place { database: Database::File(house.folder.path().join("other.db")), keys: house.place().keys };
    let again = Store::create(&elsewhere, randomness(), NOW).await;
    assert!(matches!(again, Err(StoreError::Key(KeyError::Exists(_)))));
}

#[tokio::test]
async fn a_missing_key_is_named_and_nothing_opens_without_it() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    house.store.close().await;
    for name in [format!("{}.key", school.id), "installation.key".to_owned()] {
        let file = house.place().keys.join(name);
        let aside = house.folder.path().join("aside");
        fs::rename(&file, &aside).unwrap();
        let error = reopen(&house.place()).await;
        assert!(matches!(&error, StoreError::Key(KeyError::Missing(missing)) if *missing == file), "{error}");
        assert!(error.to_string().contains("backup of the keys"));
        fs::rename(&aside, &file).unwrap();
    }
    Store::open(&house.place(), randomness(), NOW).await.unwrap();
}

#[tokio::test]
async fn the_wrong_key_is_refused_before_anything_is_read() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    house.store.close().await;
    let file = house.place().keys.join(format!("{}.key", school.id));
    let right = fs::read_to_string(&file).unwrap();
    let heading = right.lines().next().unwrap();
    fs::write(&file, format!("{heading}\n{}\n", "ab".repeat(32))).unwrap();
    assert!(matches!(reopen(&house.place()).await, StoreError::Key(KeyError::Wrong(_))));
    fs::write(&file, "not a key").unwrap();
    assert!(matches!(reopen(&house.place()).await, StoreError::Key(KeyError::Malformed(_))));
}

#[tokio::test]
async fn a_key_that_others_may_read_is_refused() {
    let house = House::new().await;
    house.store.close().await;
    let file = house.place().keys.join("installation.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(reopen(&house.place()).await, StoreError::Key(KeyError::Exposed(_))));
}

#[tokio::test]
async fn keys_and_database_are_readable_by_their_owner_alone() {
    let house = House::new().await;
    house.school().await;
    for folder in [house.folder.path().to_owned(), house.place().keys] {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
        }
    }
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_database() {
    let house = House::new().await;
    house.store.close().await;
    let url = format!("sqlite://{}", house.place().database);
    let mut direct = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("PRAGMA user_version = 99").execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    assert!(matches!(reopen(&house.place()).await, StoreError::NewerSchema { found: 99, .. }));
}

#[tokio::test]
async fn a_database_that_others_may_read_is_refused() {
    let house = House::new().await;
    house.store.close().await;
    fs::set_permissions(house.place().database.file().unwrap(), fs::Permissions::from_mode(0o644)).unwrap();
    let error = reopen(&house.place()).await;
    assert!(matches!(error, StoreError::Exposed(_)), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_damaged() {
    let house = House::new().await;
    house.store.close().await;
    fs::write(house.place().database.file().unwrap(), "These are not the pages of a database. ".repeat(200)).unwrap();
    let error = reopen(&house.place()).await;
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    assert!(error.to_string().contains("backup"), "{error}");
}
