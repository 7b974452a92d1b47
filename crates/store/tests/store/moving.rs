//! A backup of either database restores to either: the way from a file to a server and back.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{Ground, HouseOn, NOW, OnPostgres, OnSqlite, decision, draft, item, person, randomness};
use casework::{Decision, Draft, Matter, Member, Organisation, Person};
use sharewell_store::{BackupError, Database, Place, Restored, RestoredLedger, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;

/// A folder for what is backed up and what is restored.
struct Shelf {
    folder: TempDir,
}

impl Shelf {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn on_a_file(&self, name: &str) -> Place {
        Place::under(&self.file(name))
    }

    fn on_a_server(&self, name: &str) -> Place {
        let folder = self.file(name);
        Place { database: OnPostgres::database(&folder), ..Place::under(&folder) }
    }

    async fn back_up(&self, store: &Store, name: &str) {
        let keys = self.file(&format!("keys of {name}"));
        store.back_up(&self.file(&format!("records of {name}")), &keys).await.unwrap();
    }

    async fn restore(&self, name: &str, into: &Place) -> Result<Restored, BackupError> {
        let (data, keys) = (self.file(&format!("records of {name}")), self.file(&format!("keys of {name}")));
        Store::restore(&data, &keys, into, "Ada Lovell", randomness(), NOW).await
    }

    /// Whatever stands there, but for the backups themselves.
    fn made(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| !name.starts_with("records of") && !name.starts_with("keys of")).collect()
    }
}

async fn open(place: &Place) -> Store {
    Store::open(place, randomness(), NOW).await.unwrap()
}

async fn holds(place: &Place) {
    let verified = sharewell_store::verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    assert!(!verified.is_empty());
    for one in verified {
        assert_eq!(one.findings, []);
    }
}

/// Something of every kind, some of it signed.
struct Kept {
    school: Organisation,
    teacher: Member,
    child: Person,
    matter: Matter,
    decision: Decision,
    draft: Draft,
}

async fn filled<G: Ground>(house: &HouseOn<G>) -> Kept {
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let item = item(&teacher, &matter, "Came without lunch");
    let (decision, draft) = (decision(&teacher, &matter, &[&item]), draft(&teacher, Some(&matter)));
    house
        .write(school.id, async |w| {
            w.save_item(&item).await?;
            w.add_decision(&decision).await?;
            w.save_draft(&draft).await
        })
        .await
        .unwrap();
    for n in 0..1_100 {
        let child = person(&teacher, &format!("Child {n}"));
        if n % 100 == 0 {
            house.store.sign_ledger(school.id).await.unwrap();
        }
        house.write(school.id, async |w| w.save_person(&child).await).await.unwrap();
    }
    Kept { school, teacher, child, matter, decision, draft }
}

impl Kept {
    async fn is_in(&self, store: &Store) {
        let of = self.school.id;
        let found: Result<_, StoreError> = store
            .read("test", of, |mut r: sharewell_store::Reading| async move {
                assert_eq!(r.organisation().await?.as_ref(), Some(&self.school));
                assert_eq!(r.member(self.teacher.id).await?.as_ref(), Some(&self.teacher));
                assert_eq!(r.person(self.child.id).await?.as_ref(), Some(&self.child));
                assert_eq!(r.matter(self.matter.id).await?.as_ref(), Some(&self.matter));
                assert_eq!(r.decision(self.decision.id).await?.as_ref(), Some(&self.decision));
                assert_eq!(r.draft(self.draft.id).await?.as_ref(), Some(&self.draft));
                Ok(r.people().await?.len())
            })
            .await;
        assert_eq!(found.unwrap(), 1_101);
    }
}

/// Each table of two files of records: how many rows only the first has, and how many only the second.
async fn differences(one: &std::path::Path, other: &std::path::Path) -> Vec<(String, i64, i64)> {
    let mut both = SqliteConnection::connect(&format!("sqlite://{}?mode=ro", one.display())).await.unwrap();
    sqlx::query("ATTACH $1 AS other").bind(other.to_str().unwrap()).execute(&mut both).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut both)
            .await
            .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    let mut differ = Vec::new();
    for table in tables {
        let mut counts = [0; 2];
        for (count, (from, without)) in counts.iter_mut().zip([("main", "other"), ("other", "main")]) {
            let text =
                format!("SELECT count(*) FROM (SELECT * FROM {from}.{table} EXCEPT SELECT * FROM {without}.{table})");
            *count = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut both).await.unwrap();
        }
        if counts != [0, 0] {
            differ.push((table, counts[0], counts[1]));
        }
    }
    differ
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_file_to_a_server_and_back_everything_is_as_it_was() {
    let (house, shelf) = (HouseOn::<OnSqlite>::new().await, Shelf::new());
    let kept = filled(&house).await;
    shelf.back_up(&house.store, "the first").await;

    let server = shelf.on_a_server("server");
    let restored = shelf.restore("the first", &server).await.unwrap();
    // The organisation, its member, the matter, its child, an item, a decision, and the other children.
    let ledger = RestoredLedger { organisation: kept.school.id, entries: 1_106, witnessed: None, signed: Some(1_006) };
    assert_eq!(restored.organisations, [ledger]);
    holds(&server).await;
    let store = open(&server).await;
    kept.is_in(&store).await;
    // It goes on there.
    let child = &person(&kept.teacher, "Peregrine Quarrendon");
    let saved: Result<(), StoreError> =
        store.write("save_person", kept.school.id, |mut w| async move { w.save_person(child).await }).await;
    saved.unwrap();
    shelf.back_up(&store, "the server").await;
    store.close().await;

    let file = shelf.on_a_file("file");
    shelf.restore("the server", &file).await.unwrap();
    holds(&file).await;
    let store = open(&file).await;
    let read =
        |mut r: sharewell_store::Reading| async move { Ok((r.people().await?.len(), r.recoveries().await?.len())) };
    let found: Result<(usize, usize), StoreError> = store.read("test", kept.school.id, read).await;
    assert_eq!(found.unwrap(), (1_102, 2));
    shelf.back_up(&store, "the last").await;
    let differ = differences(&shelf.file("records of the first"), &shelf.file("records of the last")).await;
    let differ: Vec<(&str, i64, i64)> =
        differ.iter().map(|(table, one, other)| (table.as_str(), *one, *other)).collect();
    // The child who came later, two recoveries, each with the checkpoint that follows it, and the ledger that grew by the three.
    let expected = [
        ("ledger_checkpoint", 0, 2),
        ("ledger_head", 1, 1),
        ("ledger_leaf", 0, 3),
        ("person", 0, 1),
        ("record", 0, 3),
        ("record_key", 0, 3),
        ("recovery", 0, 2),
    ];
    assert_eq!(differ, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_backed_up_as_it_is_at_one_moment_while_others_write() {
    let (house, shelf) = (HouseOn::<OnPostgres>::new().await, Shelf::new());
    let kept = filled(&house).await;
    let done = Arc::new(AtomicBool::new(false));
    let (store, teacher, stop) = (house.store.clone(), kept.teacher.clone(), Arc::clone(&done));
    let busy = tokio::spawn(async move {
        let mut saved = 0;
        while !stop.load(Ordering::Relaxed) {
            let child = &person(&teacher, "Ottilie Quarrendon");
            let written: Result<(), StoreError> =
                store.write("save_person", child.organisation, |mut w| async move { w.save_person(child).await }).await;
            written.unwrap();
            saved += 1;
        }
        saved
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    shelf.back_up(&house.store, "it").await;
    done.store(true, Ordering::Relaxed);
    assert!(busy.await.unwrap() > 0);
    for place in [shelf.on_a_server("server"), shelf.on_a_file("file")] {
        shelf.restore("it", &place).await.unwrap();
        holds(&place).await;
        let store = open(&place).await;
        let read = |mut r: sharewell_store::Reading| async move { r.decision(kept.decision.id).await };
        let found: Result<_, StoreError> = store.read("test", kept.school.id, read).await;
        assert_eq!(found.unwrap().as_ref(), Some(&kept.decision));
        store.close().await;
    }
}

#[tokio::test]
async fn what_does_not_hold_is_not_restored_and_nothing_half_made_is_left() {
    let (house, shelf) = (HouseOn::<OnSqlite>::new().await, Shelf::new());
    let (school, teacher) = house.school().await;
    house.matter(&teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    house.store.close().await;
    let database = house.place().database.file().unwrap().to_owned();
    let mut raw = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    sqlx::query("UPDATE matter SET opened_at = opened_at + 1").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let store = open(&house.place()).await;
    shelf.back_up(&store, "it").await;
    let (file, server) = (shelf.on_a_file("file"), shelf.on_a_server("server"));
    for place in [&file, &server] {
        let refused = shelf.restore("it", place).await.unwrap_err();
        assert!(matches!(refused, BackupError::DoesNotHold(_)), "{refused}");
        assert_eq!(shelf.made(), Vec::<String>::new());
        assert!(!Store::exists(place).await.unwrap());
    }
    // Nor is anything left of a place that cannot be written to.
    let nowhere = "postgres://sharewell@127.0.0.1:1/sharewell?sslmode=disable".parse().unwrap();
    let nowhere = Place { database: Database::Server(nowhere), ..shelf.on_a_file("nowhere") };
    assert!(shelf.restore("it", &nowhere).await.is_err());
    assert_eq!(shelf.made(), Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_holds_something_is_left_as_it_is_and_an_attempt_that_was_killed_is_in_nobodys_way() {
    let (house, shelf) = (HouseOn::<OnPostgres>::new().await, Shelf::new());
    let (school, _) = house.school().await;
    shelf.back_up(&house.store, "it").await;
    let taken = Place { keys: shelf.file("elsewhere").join("keys"), ..house.place() };
    let refused = shelf.restore("it", &taken).await.unwrap_err();
    assert!(matches!(refused, BackupError::Store(StoreError::DatabaseExists(_))), "{refused}");
    assert_eq!(house.store.organisations().await.unwrap(), [school]);
    assert_eq!(shelf.made(), Vec::<String>::new());

    let place = shelf.on_a_file("file");
    fs::create_dir_all(shelf.file("file/keys.unfinished")).unwrap();
    fs::write(shelf.file("file/keys.unfinished/installation.key"), "half").unwrap();
    fs::write(shelf.file("file/sharewell.db.unfinished"), "half").unwrap();
    fs::write(shelf.file("file/sharewell.toml"), "").unwrap();
    shelf.restore("it", &place).await.unwrap();
    let mut left: Vec<_> = fs::read_dir(shelf.file("file")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["keys", "sharewell.db", "sharewell.toml"]);
    holds(&place).await;
}

#[tokio::test]
async fn a_restore_that_was_killed_between_its_keys_and_its_database_is_simply_done_again() {
    let (house, shelf) = (HouseOn::<OnSqlite>::new().await, Shelf::new());
    house.school().await;
    shelf.back_up(&house.store, "it").await;
    for place in [shelf.on_a_file("file"), shelf.on_a_server("server")] {
        let mark = place.keys.join("restore-unfinished");
        fs::create_dir_all(&place.keys).unwrap();
        fs::write(place.keys.join("installation.key"), "of a backup").unwrap();
        // Keys without the mark were in use: they are left as they are.
        let refused = shelf.restore("it", &place).await.unwrap_err();
        assert!(matches!(refused, BackupError::Exists(_)), "{refused}");
        fs::write(&mark, "").unwrap();
        shelf.restore("it", &place).await.unwrap();
        assert!(!mark.exists());
        holds(&place).await;

        // Killed after both, and before the mark was taken away: the next start takes it away, so that keys in use never bear it.
        fs::write(&mark, "").unwrap();
        let refused = shelf.restore("it", &place).await.unwrap_err();
        assert!(matches!(refused, BackupError::Store(StoreError::DatabaseExists(_))), "{refused}");
        open(&place).await.close().await;
        assert!(!mark.exists());
    }
}

#[tokio::test]
async fn a_backup_older_than_what_was_signed_says_how_much_it_lacks() {
    let (house, shelf) = (HouseOn::<OnSqlite>::new().await, Shelf::new());
    let (school, teacher) = house.school().await;
    house.store.back_up(&shelf.file("records of it"), &shelf.file("older keys")).await.unwrap();
    house.matter(&teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    house.store.back_up(&shelf.file("later records"), &shelf.file("keys of it")).await.unwrap();
    let place = shelf.on_a_file("file");
    let restored = shelf.restore("it", &place).await.unwrap();
    let ledger = RestoredLedger { organisation: school.id, entries: 2, witnessed: None, signed: Some(4) };
    assert_eq!(restored.organisations, [ledger]);
    holds(&place).await;
}

#[tokio::test]
async fn an_organisation_that_was_founded_after_the_backup_is_said_not_to_be_in_it() {
    let (house, shelf) = (HouseOn::<OnSqlite>::new().await, Shelf::new());
    house.school().await;
    house.store.back_up(&shelf.file("records of it"), &shelf.file("older keys")).await.unwrap();
    let (surgery, _) = house.organisation("Harrow Lane Surgery", "gp", "doctor").await;
    house.store.sign_ledger(surgery.id).await.unwrap();
    house.store.back_up(&shelf.file("later records"), &shelf.file("keys of it")).await.unwrap();
    let place = shelf.on_a_file("file");
    let restored = shelf.restore("it", &place).await.unwrap();
    assert_eq!((restored.organisations.len(), restored.lacking), (1, vec![surgery.id]));
    // It is opened, and holds: nothing in it says that something was removed.
    open(&place).await.close().await;
    holds(&place).await;
}
