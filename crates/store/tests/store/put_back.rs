//! Databases that were put back, and databases from before there was a ledger.

use casework::Decision;
use sharewell_store::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use crate::common::{House, decision, item, randomness};

/// A decision recorded on a matter of its own.
async fn recorded(house: &House, member: &casework::Member) -> Decision {
    let (matter, _) = house.matter(member).await;
    let item = item(member, &matter, "Came without lunch");
    let decision = decision(member, &matter, &[&item]);
    house
        .write(member.organisation, async |w| {
            w.save_item(&item).await?;
            w.add_decision(&decision).await
        })
        .await
        .unwrap();
    decision
}

#[tokio::test]
async fn a_database_that_was_put_back_is_not_opened_and_a_witness_sees_it_too() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    recorded(&house, &teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    house.store.close().await;
    let (database, kept) = (house.place().database.file().unwrap().to_owned(), house.folder.path().join("kept"));
    std::fs::copy(&database, &kept).unwrap();
    let house = house.restart().await;
    recorded(&house, &teacher).await;
    let size = house.store.sign_ledger(school.id).await.unwrap().unwrap().size;
    house.store.close().await;
    for beside in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{beside}", database.display()));
    }
    std::fs::copy(&kept, &database).unwrap();
    let refused = sharewell_store::Store::open(&house.place(), randomness(), crate::common::NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::RolledBack { signed, .. } if signed == size), "{refused}");
    let verified = sharewell_store::verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert!(verified[0].findings.iter().any(|finding| finding.to_string().contains("older copy of the database")));
}

#[tokio::test]
async fn a_database_from_before_an_organisation_was_founded_is_not_opened() {
    let house = House::new().await;
    let (_, teacher) = house.school().await;
    recorded(&house, &teacher).await;
    house.store.close().await;
    let (database, kept) = (house.place().database.file().unwrap().to_owned(), house.folder.path().join("kept"));
    std::fs::copy(&database, &kept).unwrap();
    let house = house.restart().await;
    let (surgery, _) = house.organisation("Harrow Lane Surgery", "gp", "doctor").await;
    let size = house.store.sign_ledger(surgery.id).await.unwrap().unwrap().size;
    house.store.close().await;
    std::fs::copy(&kept, &database).unwrap();
    let refused = sharewell_store::Store::open(&house.place(), randomness(), crate::common::NOW).await.unwrap_err();
    let expected = (surgery.id, size, 0);
    assert!(
        matches!(refused, StoreError::RolledBack { organisation, signed, found } if (organisation, signed, found) == expected),
        "{refused}"
    );
    let verified = sharewell_store::verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    let gone = verified.iter().find(|one| one.organisation == surgery.id).unwrap();
    assert_eq!(gone.findings, [sharewell_store::Finding::OrganisationGone { signed: size }]);
    let without_keys = sharewell_store::verify(&house.place().database, None, |_| {}).await.unwrap();
    assert!(without_keys.iter().all(|one| one.organisation != surgery.id), "only the keys know of it");
}

#[tokio::test]
async fn what_was_recorded_before_there_was_a_ledger_is_entered_when_the_database_is_opened() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let decision = recorded(&house, &teacher).await;
    house.store.close().await;
    let options = SqliteConnectOptions::new().filename(house.place().database.file().unwrap());
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    raw.execute("UPDATE record SET leaf_id = NULL; DELETE FROM ledger_leaf; DELETE FROM ledger_head").await.unwrap();
    raw.close().await.unwrap();
    let house = house.restart().await;
    let found = house.read(school.id, async |r| r.decision_in_ledger(decision.id).await).await.unwrap();
    assert!(found.position.is_some());
    house.store.sign_ledger(school.id).await.unwrap();
    let verified = sharewell_store::verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert_eq!(verified[0].findings, []);
    assert_eq!((verified[0].entries, verified[0].versions), (6, 6));
}

#[tokio::test]
async fn a_restored_ledger_that_is_put_back_under_another_name_is_not_opened() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let house = house.restored().await;
    recorded(&house, &teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    house.store.close().await;
    let (database, kept) = (house.place().database.file().unwrap().to_owned(), house.folder.path().join("kept"));
    std::fs::copy(&database, &kept).unwrap();
    let house = house.restart().await;
    recorded(&house, &teacher).await;
    let signed = house.store.sign_ledger(school.id).await.unwrap().unwrap();
    assert_eq!(signed.epoch, 2, "it goes on under the name that the restore gave it");
    house.store.close().await;
    let newest = house.folder.path().join("newest");
    std::fs::copy(&database, &newest).unwrap();
    for (epoch, put_back) in [(1, true), (2, true), (3, true), (1, false), (3, false)] {
        std::fs::copy(if put_back { &kept } else { &newest }, &database).unwrap();
        let options = SqliteConnectOptions::new().filename(&database);
        let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("UPDATE ledger_head SET epoch = $1").bind(epoch).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
        let refused = sharewell_store::Store::open(&house.place(), randomness(), crate::common::NOW).await.unwrap_err();
        match refused {
            StoreError::RolledBack { .. } => assert_eq!(epoch, 2),
            StoreError::OtherName { .. } => assert_ne!(epoch, 2),
            other => panic!("{other}"),
        }
        for keys in [Some(house.place().keys), None] {
            let verified = sharewell_store::verify(&house.place().database, keys.as_deref(), |_| {}).await.unwrap();
            let found: Vec<String> = verified[0].findings.iter().map(ToString::to_string).collect();
            assert!(!found.is_empty() || (epoch == 2 && keys.is_none()), "epoch {epoch}, put back: {put_back}");
        }
        let memory = std::fs::read_to_string(house.place().keys.join(format!("{}.signed", school.id))).unwrap();
        assert_eq!(memory, signed.note, "what was signed last is not forgotten");
    }
}
