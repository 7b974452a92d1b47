//! An organisation's key is changed while others work, on both databases.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::House;
use crate::common::{NOW, person, randomness};
use casework::{OrganisationId, Person};
use sharewell_store::{RotateError, Store, StoreError};

async fn saved(store: &Store, child: &Person) -> Result<(), StoreError> {
    store.write("save_person", child.organisation, |mut w| async move { w.save_person(child).await }).await
}

/// Waits until every leaf has its place, so that verifying finds a ledger at rest.
async fn rested(house: &House, organisation: OrganisationId) {
    while house.store.sign_ledger(organisation).await.unwrap().is_some() {}
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    house.store.sign_ledger(organisation).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_nothing_is_wrapped_under_a_former_key_and_nobody_is_refused() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let second = Store::open(&house.place(), randomness(), NOW).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for store in [house.store.clone(), second.clone(), house.store.clone(), second.clone()] {
        let (teacher, done) = (teacher.clone(), Arc::clone(&done));
        writers.push(tokio::spawn(async move {
            let mut kept = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let child = person(&teacher, "Ottilie Quarrendon");
                saved(&store, &child).await.unwrap();
                let (id, of) = (child.id, child.organisation);
                let read = |mut r: sharewell_store::Reading| async move { r.person(id).await };
                let found: Result<Option<Person>, StoreError> = store.read("test", of, read).await;
                assert_eq!(found.unwrap().as_ref(), Some(&child));
                kept.push(child);
            }
            kept
        }));
    }
    let file = house.place().keys.join(format!("{}.key", school.id));
    let mut keys = vec![fs::read_to_string(&file).unwrap()];
    for n in 0..6 {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        let changer = if n % 2 == 0 { &house.store } else { &second };
        let rotation = changer.rotate_organisation_key(school.id, "Ada Lovell").await.unwrap();
        assert!(rotation.keys >= 2);
        keys.push(fs::read_to_string(&file).unwrap());
    }
    done.store(true, Ordering::Relaxed);
    let mut kept = Vec::new();
    for writer in writers {
        kept.extend(writer.await.unwrap());
    }
    assert!(kept.len() > 10, "{} were saved", kept.len());
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 7, "each change brings a new key");
    rested(&house, school.id).await;
    second.close().await;

    let house = house.restart().await;
    let checked = house.store.check_keys().await.unwrap();
    assert_eq!((checked.closed, checked.tidied), (vec![], vec![]));
    assert_eq!(house.read(school.id, async |r| r.people().await).await.len(), kept.len());
    let changes = house.read(school.id, async |r| r.key_rotations().await).await;
    assert_eq!((changes.len(), changes[0].by.as_str()), (6, "Ada Lovell"));
    let verified = sharewell_store::verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert_eq!(verified[0].findings, []);
    // The organisation, its member, the people, and each change of the key.
    assert_eq!(verified[0].entries, 2 + kept.len() as u64 + 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_at_once_one_is_refused_or_follows_the_other() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    let second = Store::open(&house.place(), randomness(), NOW).await.unwrap();
    let (one, other) = tokio::join!(
        house.store.rotate_organisation_key(school.id, "Ada Lovell"),
        second.rotate_organisation_key(school.id, "Wilhelmina Throssell")
    );
    let refused = [&one, &other].into_iter().filter(|done| matches!(done, Err(RotateError::UnderWay))).count();
    let changed = [&one, &other].into_iter().filter(|done| done.is_ok()).count();
    assert_eq!(refused + changed, 2, "{one:?} {other:?}");
    assert!(changed >= 1, "{one:?} {other:?}");
    second.close().await;
    let house = house.restart().await;
    assert_eq!(house.store.check_keys().await.unwrap().closed, Vec::<String>::new());
    assert_eq!(house.read(school.id, async |r| r.key_rotations().await).await.len(), changed);
}

#[tokio::test]
async fn a_copy_with_a_folder_of_its_own_says_that_the_key_was_changed_and_goes_on_when_it_has_it() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let mut place = house.place();
    place.keys = house.folder.path().join("keys of the second");
    fs::create_dir(&place.keys).unwrap();
    for file in fs::read_dir(house.place().keys).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), place.keys.join(file.file_name())).unwrap();
    }
    let second = Store::open(&place, randomness(), NOW).await.unwrap();
    house.store.rotate_organisation_key(school.id, "Ada Lovell").await.unwrap();
    let child = person(&teacher, "Ottilie Quarrendon");
    let refused = saved(&second, &child).await.unwrap_err();
    assert!(refused.to_string().contains("changed by another copy"), "{refused}");
    let name = format!("{}.key", school.id);
    fs::copy(house.place().keys.join(&name), place.keys.join(&name)).unwrap();
    saved(&second, &child).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.people().await).await, [child]);
}

#[tokio::test]
async fn an_organisation_that_is_not_there_has_no_key_to_change() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    let nobody = OrganisationId::new(NOW, crate::common::unique());
    let refused = house.store.rotate_organisation_key(nobody, "Ada Lovell").await.unwrap_err();
    assert!(matches!(refused, RotateError::NoOrganisation(_)), "{refused}");
    assert!(!house.place().keys.join(format!("{nobody}.key.new")).exists());
    house.store.rotate_organisation_key(school.id, "Ada Lovell").await.unwrap();
    assert_eq!(house.store.check_keys().await.unwrap().open, 2);
}
