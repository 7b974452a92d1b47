//! What the store promises to everything that uses it.
#![allow(missing_docs)]

mod common;

use std::collections::BTreeSet;

use casework::{DecisionId, Moment, SessionId};
use common::{House, NOW, decision, draft, item, matter, member, person, today, unique};
use sharewell_store::{KeptPack, NewSession, Place, SessionToken, Store, StoreError};

#[tokio::test]
async fn a_whole_matter_is_found_again_after_a_restart() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let hungry = item(&teacher, &matter, "Came without lunch on three days");
    let recorded = decision(&teacher, &matter, &[&hungry]);
    let drafted = draft(&teacher, Some(&matter));
    house
        .write(school.id, async |w| {
            w.save_item(&hungry).await?;
            w.add_decision(&recorded).await?;
            w.save_draft(&drafted).await
        })
        .await
        .unwrap();

    let house = house.restart().await;
    house
        .read(school.id, async |r| {
            assert_eq!(r.organisation().await?.as_ref(), Some(&school));
            assert_eq!(r.members().await?, [teacher.clone()]);
            assert_eq!(r.person(child.id).await?.as_ref(), Some(&child));
            assert_eq!(r.people().await?, [child.clone()]);
            assert_eq!(r.people_on(matter.id).await?, [child.clone()]);
            assert_eq!(r.matter(matter.id).await?.as_ref(), Some(&matter));
            assert_eq!(r.matters_of(teacher.id).await?, [matter.clone()]);
            assert_eq!(r.matters_about(child.id).await?, [matter.clone()]);
            assert_eq!(r.item(hungry.id).await?.as_ref(), Some(&hungry));
            assert_eq!(r.items_on(matter.id).await?, [hungry.clone()]);
            assert_eq!(r.decision(recorded.id).await?.as_ref(), Some(&recorded));
            assert_eq!(r.decisions_on(matter.id).await?, [recorded.clone()]);
            assert_eq!(r.decisions_by(teacher.id, 10).await?, [recorded.clone()]);
            assert_eq!(r.decisions_about(child.id).await?, [recorded.clone()]);
            assert_eq!(r.draft(drafted.id).await?.as_ref(), Some(&drafted));
            assert_eq!(r.drafts_of(teacher.id).await?, [drafted.clone()]);
            Ok(())
        })
        .await;
    assert_eq!(house.store.organisations().await.unwrap(), [school]);
}

#[tokio::test]
async fn a_write_can_run_on_any_thread() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let child = person(&teacher, "Ottilie Quarrendon");
    let store = house.store.clone();
    let task = tokio::spawn(async move {
        let child = &child;
        store
            .write("save_person", school.id, |mut w| async move {
                w.save_person(child).await?;
                w.person(child.id).await
            })
            .await
    });
    let saved: Result<_, StoreError> = task.await.unwrap();
    assert!(saved.unwrap().is_some());
}
