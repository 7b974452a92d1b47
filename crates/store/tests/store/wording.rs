//! What thousands of advices say alike is kept once, outside the records, and is as sure as what stands in them.

use casework::Decision;
use sharewell_store::{StoreError, verify};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::common::{House, NOW, WORDING, advice_in_pieces, decision};

async fn recorded(house: &House) -> Decision {
    let (_, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let decision = decision(&teacher, &matter, &[]);
    house.write(teacher.organisation, async |w| w.add_decision(&decision).await).await.unwrap();
    decision
}

async fn direct(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.place().database.file().unwrap());
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn findings(house: &House) -> Vec<String> {
    let place = house.place();
    let verified = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    verified.iter().flat_map(|one| &one.findings).map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_advice_is_read_whole_and_kept_without_the_words_it_shares() {
    let house = House::new().await;
    let decision = recorded(&house).await;
    let whole = r#"{"verdict":"share","title":"Share what is needed.","items":["Often hungry"]}"#;
    assert_eq!(&*decision.advice.as_ref().unwrap().document, whole);
    let house = house.restart().await;
    let read = house.read(decision.organisation, async |r| r.decision(decision.id).await).await.unwrap();
    assert_eq!(read, decision);
    let text = &read.advice.unwrap().document;
    assert_eq!((&**text, text.lacks(), text.kept_with()), (whole, None, None));
    let kept = serde_json::to_string(&advice_in_pieces()).unwrap();
    assert!(!kept.contains("what is needed") && kept.contains("Often hungry"), "{kept}");
    assert_eq!(findings(&house).await, [""; 0]);
}

#[tokio::test]
async fn a_wording_is_kept_once() {
    let house = House::new().await;
    let first = house.store.keep_wording(WORDING, NOW).await.unwrap();
    assert_eq!(house.store.keep_wording(WORDING, NOW.plus_seconds(1)).await.unwrap(), first);
    let mut file = direct(&house).await;
    let kept: Vec<(String, String)> =
        sqlx::query_as("SELECT digest, content FROM wording").fetch_all(&mut file).await.unwrap();
    assert_eq!(kept, [(first, WORDING.to_owned())]);
}

#[tokio::test]
async fn words_that_were_changed_or_removed_are_found_and_never_shown() {
    for (change, said) in [
        ("UPDATE wording SET content = replace(content, 'Share', 'Spare')", "they were changed after they were kept"),
        ("DELETE FROM wording", "they were removed"),
    ] {
        let house = House::new().await;
        let decision = recorded(&house).await;
        let mut file = direct(&house).await;
        sqlx::query(change).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
        let house = house.restart().await;
        let found = findings(&house).await;
        assert!(!found.is_empty() && found.iter().all(|one| one.contains(said)), "{found:?}");
        let read = house
            .store
            .read("read", decision.organisation, |mut reading| async move { reading.decision(decision.id).await })
            .await;
        assert!(matches!(read, Err(StoreError::Malformed(_))), "{read:?}");
    }
}
