//! Verifying an installation while it is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sharewell_store::{StoreError, verify};

use super::House;
use crate::common::person;

/// How often it is verified.
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_found_wrong_while_others_record_and_sign_and_organisations_are_founded() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let stop = Arc::new(AtomicBool::new(false));
    let recording = {
        let (store, stop) = (house.store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut signed = 0;
            while !stop.load(Ordering::Relaxed) {
                let child = &person(&teacher, "Ottilie Quarrendon");
                let saved: Result<(), StoreError> = store
                    .write("save_person", teacher.organisation, |mut w| async move { w.save_person(child).await })
                    .await;
                saved.unwrap();
                signed += u32::from(store.sign_ledger(teacher.organisation).await.unwrap().is_some());
            }
            signed
        })
    };
    let mut founded = 1;
    for n in 0..TIMES {
        let (place, with_keys) = (house.place(), n % 4 != 3);
        let verifying = tokio::spawn(async move {
            verify(&place.database, with_keys.then_some(place.keys.as_path()), |_| {}).await.unwrap()
        });
        if n % 5 == 1 {
            let (surgery, _) = house.organisation("Harrow Lane Surgery", "gp", &format!("doctor{n}")).await;
            house.store.sign_ledger(surgery.id).await.unwrap();
            founded += 1;
        }
        let verified = verifying.await.unwrap();
        assert!(verified.iter().any(|one| one.organisation == school.id) && verified.len() <= founded);
        for one in verified {
            assert_eq!(one.findings, [], "the {n}th time");
        }
    }
    stop.store(true, Ordering::Relaxed);
    let signed = recording.await.unwrap();
    assert!(signed > 5, "it was signed {signed} times meanwhile");
}
