//! Declared conflicts of interest: sealed, named by the member's record, and gone with their keys.

use std::collections::BTreeSet;

use casework::{Declaration, DeclarationId, Member, NewDeclaration, Relation};
use sharewell_store::{Finding, Store, verify};
use sqlx::{Connection, SqliteConnection};

use crate::common::{House, NOW, randomness, unique};

async fn declared(house: &House, member: &Member) -> (Declaration, Member) {
    let new = NewDeclaration {
        name: "Marmaduke Lighthouse".into(),
        relation: Some(Relation::Neighbour),
        street: "Umbrellathorn Passage".into(),
        ..NewDeclaration::default()
    };
    let (declaration, changed) =
        casework::declare(member, member, DeclarationId::new(NOW, unique()), &new, NOW).unwrap();
    let child = house.matter(member).await.1;
    let people: BTreeSet<_> = [child.id].into();
    let changed = casework::meet(&changed, std::slice::from_ref(&declaration), &[child], &people);
    house
        .write(member.organisation, async |w| {
            w.save_member(&changed).await?;
            w.add_declaration(&declaration).await
        })
        .await
        .unwrap();
    (declaration, changed)
}

async fn findings(house: &House) -> Vec<Finding> {
    let verified = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    verified.into_iter().flat_map(|one| one.findings).collect()
}

#[tokio::test]
async fn a_declaration_is_read_until_it_is_lifted_and_then_nobody_reads_it_again() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (declaration, member) = declared(&house, &teacher).await;
    let read = async |house: &House| house.read(school.id, async |r| r.declarations().await).await;
    assert_eq!(read(&house).await, std::slice::from_ref(&declaration));
    assert_eq!(findings(&house).await, []);
    let (records, keys) = (house.folder.path().join("records"), house.folder.path().join("keys.backup"));
    house.store.back_up(&records, &keys).await.unwrap();
    // Lifted: the member's record names it no longer, and its row and keys are gone.
    let lifted = Member { version: member.version + 1, declared: casework::Declared::new(), ..member };
    house
        .write(school.id, async |w| {
            w.save_member(&lifted).await?;
            w.delete_declaration(declaration.id).await
        })
        .await
        .unwrap();
    assert_eq!(read(&house).await, []);
    assert_eq!(findings(&house).await, []);
    let later = house.folder.path().join("later.keys");
    house.store.back_up(&house.folder.path().join("later.records"), &later).await.unwrap();
    // The records of before with the keys of before have it; with the keys of after it nobody does.
    for (with, expected) in [(&keys, vec![declaration.clone()]), (&later, vec![])] {
        let folder = tempfile::TempDir::new().unwrap();
        let again = sharewell_store::Place::under(&folder.path().join("again"));
        std::fs::create_dir(folder.path().join("again")).unwrap();
        Store::restore(&records, with, &again, "Ada Lovell", randomness(), NOW).await.unwrap();
        let store = Store::open(&again, randomness(), NOW).await.unwrap();
        let found: Result<_, sharewell_store::StoreError> = store
            .read("declarations", school.id, |mut r: sharewell_store::Reading| async move { r.declarations().await })
            .await;
        assert_eq!(found.unwrap(), expected);
        store.close().await;
    }
}

#[tokio::test]
async fn verify_misses_a_declaration_that_somebody_took_away() {
    let house = House::new().await;
    let (_, teacher) = house.school().await;
    declared(&house, &teacher).await;
    let url = format!("sqlite://{}", house.folder.path().join("sharewell.db").display());
    let mut direct = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("DELETE FROM declaration").execute(&mut direct).await.unwrap();
    let found = findings(&house).await;
    assert!(matches!(found.as_slice(), [Finding::RowMissing { table: "declaration", .. }]), "{found:?}");
}
