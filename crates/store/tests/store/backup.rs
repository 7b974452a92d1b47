//! Backups taken while others work, and restored elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{House, NOW, person, randomness, unique};
use casework::{DestructionId, Ground, Member, NewDestruction, Person, PersonId, Role};
use sha2::{Digest, Sha256};
use sharewell_store::{BackupError, Clock, Place, Reading, Store, Writing};
use sqlx::{Connection, SqliteConnection};
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

    fn place(&self, name: &str) -> Place {
        Place::under(&self.file(name))
    }

    async fn restore(&self, data: &str, keys: &str, into: &str) -> Result<Store, BackupError> {
        let place = self.place(into);
        Store::restore(&self.file(data), &self.file(keys), &place, "Ada Lovell", randomness(), NOW).await?;
        Ok(Store::open(&place, randomness(), NOW).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_recorded_before_a_backup_began_is_there_after_it_is_restored() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (school, teacher) = house.school().await;
    let done = Arc::new(AtomicBool::new(false));
    let (store, writer, stop) = (house.store.clone(), teacher.clone(), Arc::clone(&done));
    let busy = tokio::spawn(async move {
        let mut saved = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let child = &person(&writer, "Ottilie Quarrendon");
            let written: Result<(), sharewell_store::StoreError> = store
                .write("save_person", child.organisation, |mut w: Writing| async move { w.save_person(child).await })
                .await;
            written.unwrap();
            saved.push(child.id);
        }
        saved
    });
    let mut before = Vec::new();
    for n in 0..20 {
        let child = person(&teacher, &format!("Child {n}"));
        house.write(school.id, async |w| w.save_person(&child).await).await.unwrap();
        before.push(child);
    }
    let taken = house.store.back_up(&shelf.file("records"), &shelf.file("keys")).await.unwrap();
    done.store(true, Ordering::Relaxed);
    assert!(!busy.await.unwrap().is_empty());
    assert!(taken.versions >= 22 && taken.holders >= 22, "{taken:?}");
    for name in ["records", "keys"] {
        assert_eq!(fs::metadata(shelf.file(name)).unwrap().permissions().mode() & 0o077, 0, "{name}");
    }
    let store = shelf.restore("records", "keys", "new").await.unwrap();
    let before = &before;
    let recovered: Result<_, sharewell_store::StoreError> = store
        .read("test", school.id, |mut r: Reading| async move {
            for child in before {
                assert_eq!(r.person(child.id).await?.as_ref(), Some(child));
            }
            assert!(!r.people().await?.is_empty());
            r.recoveries().await
        })
        .await;
    let recovered = recovered.unwrap();
    assert_eq!((recovered.len(), recovered[0].by.as_str(), recovered[0].data_taken_at), (1, "Ada Lovell", NOW));
}

#[tokio::test]
async fn the_file_of_records_opens_nothing_by_itself_and_is_a_whole_database() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (_, teacher) = house.school().await;
    house.matter(&teacher).await;
    house.store.back_up(&shelf.file("records"), &shelf.file("keys")).await.unwrap();
    let mut records =
        SqliteConnection::connect(&format!("sqlite://{}?mode=ro", shelf.file("records").display())).await.unwrap();
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM holder_key").fetch_one(&mut records).await.unwrap();
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM person").fetch_one(&mut records).await.unwrap();
    assert_eq!((keys, people), (0, 1));
    let wrapped: Vec<Vec<u8>> = {
        let database = house.folder.path().join("sharewell.db");
        let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        sqlx::query_scalar("SELECT wrapped FROM holder_key").fetch_all(&mut direct).await.unwrap()
    };
    let bytes = fs::read(shelf.file("records")).unwrap();
    assert!(!wrapped.is_empty());
    for key in wrapped {
        assert!(!bytes.windows(32).any(|window| window == &key[45..77]));
    }
}

#[tokio::test]
async fn wrong_cut_off_and_altered_files_are_refused_in_words_and_nothing_is_written_over() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (_, teacher) = house.school().await;
    house.matter(&teacher).await;
    house.store.back_up(&shelf.file("records"), &shelf.file("keys")).await.unwrap();
    let again = house.store.back_up(&shelf.file("records"), &shelf.file("other")).await;
    assert!(matches!(again, Err(BackupError::Exists(_))));

    let other = House::new().await;
    other.store.back_up(&shelf.file("records of others"), &shelf.file("keys of others")).await.unwrap();
    let refused = shelf.restore("records", "keys of others", "a").await.unwrap_err();
    assert!(matches!(refused, BackupError::OtherInstallation(_)), "{refused}");

    for name in ["records", "keys"] {
        let whole = fs::read(shelf.file(name)).unwrap();
        for at in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 2, whole.len() - 1] {
            fs::write(shelf.file("wrong"), &whole[..at]).unwrap();
            let refused = match name {
                "records" => shelf.restore("wrong", "keys", "b").await,
                _ => shelf.restore("records", "wrong", "b").await,
            };
            assert!(matches!(&refused, Err(BackupError::CutOff(_) | BackupError::Altered(_))), "{name} cut at {at}");
        }
        for at in (0..whole.len()).step_by(whole.len() / 40) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(shelf.file("wrong"), &changed).unwrap();
            let refused = match name {
                "records" => shelf.restore("wrong", "keys", "c").await,
                _ => shelf.restore("records", "wrong", "c").await,
            };
            assert!(refused.is_err(), "{name} changed at {at}");
        }
    }
    assert!(!shelf.file("b").exists() && !shelf.file("c").exists(), "refused before anything was made");
    shelf.restore("records", "keys", "new").await.unwrap();
    let again = shelf.restore("records", "keys", "new").await;
    assert!(matches!(again, Err(BackupError::Exists(_))));
}

#[tokio::test]
async fn a_backup_that_fails_at_the_end_leaves_neither_records_nor_keys() {
    let (house, shelf) = (House::new().await, Shelf::new());
    house.school().await;
    house.store.close().await;
    for name in ["records", "keys"] {
        // Somebody puts a folder where the backup is to be, after it was looked whether there is anything.
        let (in_the_way, begun) = (shelf.file(name), Arc::new(AtomicBool::new(false)));
        let (folder, asked) = (in_the_way.clone(), Arc::clone(&begun));
        let clock = Clock::new(move || {
            if asked.swap(false, Ordering::Relaxed) {
                fs::create_dir_all(folder.join("something")).unwrap();
            }
            NOW
        });
        let store = Store::open(&house.place(), randomness(), clock).await.unwrap();
        begun.store(true, Ordering::Relaxed);
        let refused = store.back_up(&shelf.file("records"), &shelf.file("keys")).await;
        assert!(matches!(&refused, Err(BackupError::File(path, _)) if *path == in_the_way), "{name}: {refused:?}");
        let left: Vec<_> = fs::read_dir(shelf.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, [name], "the folder alone");
        fs::remove_dir_all(in_the_way).unwrap();
        // What one that was killed left hinders no other.
        fs::write(shelf.file("records.unfinished"), "half").unwrap();
        fs::write(shelf.file("keys.unfinished"), "half").unwrap();
        store.back_up(&shelf.file("records"), &shelf.file("keys")).await.unwrap();
        let mut left: Vec<_> =
            fs::read_dir(shelf.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["keys", "records"]);
        fs::remove_file(shelf.file("records")).unwrap();
        fs::remove_file(shelf.file("keys")).unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn an_old_file_of_records_with_the_newest_keys_brings_nobody_back() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (school, mut teacher) = house.school().await;
    let (about, child) = house.matter(&teacher).await;
    let stays = person(&teacher, "Peregrine Quarrendon");
    teacher.version += 1;
    teacher.roles.insert(Role::Manager);
    house
        .write(school.id, async |w| {
            w.save_person(&stays).await?;
            w.save_member(&teacher).await
        })
        .await
        .unwrap();
    house.store.back_up(&shelf.file("records"), &shelf.file("old keys")).await.unwrap();
    let rule = NewDestruction {
        id: DestructionId::new(NOW, unique()),
        person: child.id,
        ground: Ground::Instruction,
        rule: "Order of the court".into(),
    };
    house.store.destroy_person(&teacher, &rule).await.unwrap();
    // What the list says outlives a change of the organisation's key.
    house.store.rotate_organisation_key(school.id, "Ada Lovell").await.unwrap();
    house.store.back_up(&shelf.file("newer records"), &shelf.file("keys")).await.unwrap();
    let store = shelf.restore("records", "keys", "new").await.unwrap();
    let (about, child, stays) = (&about, &child, &stays);
    let found: Result<_, sharewell_store::StoreError> = store
        .read("test", school.id, |mut r: Reading| async move {
            assert_eq!((r.person(child.id).await?, r.matter(about.id).await?), (None, None));
            assert_eq!(r.person(stays.id).await?.as_ref(), Some(stays));
            r.destructions().await
        })
        .await;
    let certificates = found.unwrap();
    let certificate = &certificates[0];
    let said = (certificates.len(), certificate.ground, certificate.rule.as_str(), certificate.again_at);
    assert_eq!(said, (1, Ground::Instruction, "Order of the court", Some(NOW)));
    assert_eq!((certificate.id, certificate.asked_by, certificate.decided_at), (rule.id, teacher.id, NOW));
}

/// A manager, a person with a matter, and somebody else.
async fn manager_and_child(house: &House) -> (Member, Person) {
    let (school, mut teacher) = house.school().await;
    let (_, child) = house.matter(&teacher).await;
    teacher.version += 1;
    teacher.roles.insert(Role::Manager);
    house.write(school.id, async |w| w.save_member(&teacher).await).await.unwrap();
    (teacher, child)
}

fn ordered(person: PersonId) -> NewDestruction {
    NewDestruction {
        id: DestructionId::new(NOW, unique()),
        person,
        ground: Ground::Instruction,
        rule: "Order of the court".into(),
    }
}

/// Cuts the list of destructions after so many lines, as a power cut leaves it.
fn cut_list(place: &Place, of: &Member, lines: usize) {
    let list = place.keys.join(format!("{}.destroyed", of.organisation));
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.split_inclusive('\n').take(lines).collect::<String>()).unwrap();
}

#[tokio::test]
async fn a_destruction_that_was_never_told_comes_back_in_no_restore_where_its_key_is_gone() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (manager, child) = manager_and_child(&house).await;
    house.store.back_up(&shelf.file("records"), &shelf.file("old keys")).await.unwrap();
    let asked = ordered(child.id);
    house.store.destroy_person(&manager, &asked).await.unwrap();
    // The keys are backed up between the commit and the word that it was done.
    cut_list(&house.place(), &manager, 2);
    house.store.back_up(&shelf.file("newer records"), &shelf.file("keys")).await.unwrap();
    let store = shelf.restore("records", "keys", "new").await.unwrap();
    let read = |mut r: Reading| async move {
        Ok::<_, sharewell_store::StoreError>((r.person(child.id).await?, r.destructions().await?))
    };
    let (found, certificates) = store.read("test", manager.organisation, read).await.unwrap();
    assert_eq!((found, certificates.len(), certificates[0].id), (None, 1, asked.id));
    assert_eq!((certificates[0].ground, &certificates[0].rule), (asked.ground, &asked.rule));
    let list = shelf.place("new").keys.join(format!("{}.destroyed", manager.organisation));
    assert!(fs::read_to_string(list).unwrap().contains(&format!("\ndone {}", asked.id)));
}

#[tokio::test]
async fn a_destruction_that_may_not_have_been_done_is_not_done_by_a_restore() {
    let (house, shelf) = (House::new().await, Shelf::new());
    let (manager, child) = manager_and_child(&house).await;
    house.store.back_up(&shelf.file("records"), &shelf.file("keys before")).await.unwrap();
    // With the list of a destruction that was intended, and the keys of before its commit.
    house.store.destroy_person(&manager, &ordered(child.id)).await.unwrap();
    cut_list(&house.place(), &manager, 2);
    let list = format!("{}.destroyed", manager.organisation);
    let intended = fs::read_to_string(house.place().keys.join(&list)).unwrap();
    let text = fs::read_to_string(shelf.file("keys before")).unwrap();
    let mut keys: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    keys["files"].as_array_mut().unwrap().push(serde_json::json!([list, intended]));
    let body = format!("{keys}\n");
    let sum: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    let sum = sum.iter().fold(String::new(), |sum, byte| format!("{sum}{byte:02x}"));
    fs::write(shelf.file("keys"), format!("{body}{sum}\n")).unwrap();

    let store = shelf.restore("records", "keys", "new").await.unwrap();
    let expected = child.clone();
    let read = |mut r: Reading| async move {
        Ok::<_, sharewell_store::StoreError>((r.person(child.id).await?, r.destructions().await?))
    };
    let found = store.read("test", manager.organisation, read).await.unwrap();
    assert_eq!(found, (Some(expected), Vec::new()));
}
