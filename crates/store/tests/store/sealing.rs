//! What somebody with the database file, and not the keys, can see or do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::slice::from_ref;

use crate::common::{House, NOW, decision, draft, entry, item, matter, new_decision, person, today, unique};
use casework::{
    ActDone, Article8, Choice, ContactId, DecisionId, ItemId, NewContact, NewDraft, NotSharing, PackRef, Procedure,
    Proved, Recipient, Role, SessionId, Told,
};
use sharewell_store::{KeptPack, NewSession, SessionToken, StoreError};
use sqlx::{Connection, SqliteConnection};

const CANARIES: [&str; 4] =
    ["Canary Featherstonehaugh", "canary@hidden.example", "17 Canary Wharfside", "canary narrative"];

/// A text with every canary in it.
fn song() -> String {
    CANARIES.join("; ")
}

async fn direct(house: &House) -> SqliteConnection {
    let url = format!("sqlite://{}", house.place().database);
    SqliteConnection::connect(&url).await.unwrap()
}

/// The files under a folder in which a canary stands in clear.
fn files_with_canaries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files_with_canaries(&entry.path()));
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap().to_ascii_lowercase();
        let words = CANARIES.iter().copied().chain(["canary", "featherstonehaugh"]).map(str::to_ascii_lowercase);
        if words.into_iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes())) {
            found.push(entry.path());
        }
    }
    found
}

fn new_contact_of_canaries() -> NewContact {
    NewContact {
        council: song(),
        service: "police".into(),
        phone: "01632 960 001".into(),
        hours: song(),
        source: song(),
        checked_on: today(),
        confirmed: true,
    }
}

/// A decision whose every text is a canary.
fn new_decision_of_canaries(items: &[&casework::Item], recipient: &Recipient) -> casework::NewDecision {
    let mut new = new_decision(items);
    new.about = song();
    new.recipient = Some(recipient.clone());
    new.purpose = song();
    new.own.reasons = song();
    new.own.departing = Some(song());
    new.advice.facts = song();
    new.advice.document = song().into();
    new.article_8 = Some(Article8 { aim: song(), necessity: song(), proportionality: song() });
    new.requester_discussion = song();
    new.advice_sought = song();
    new.told = Some(Told::No { why: song() });
    new.acts_done = vec![ActDone { act: "police".into(), at: song(), note: song() }];
    new
}

#[tokio::test]
async fn nothing_personal_stands_in_clear_on_disk() {
    let house = House::new().await;
    let (mut school, mut teacher) = house.school().await;
    teacher.version += 1;
    teacher.name = song();
    teacher.role_title = song();
    teacher.email = "canary@hidden.example".into();
    let mut head = teacher.clone();
    head.roles = BTreeSet::from([Role::Administrator]);
    let procedure = Procedure { title: song(), text: song(), link: None, owner: song(), review_on: today() };
    school = casework::attach_procedure(&head, &school, "danger-now", procedure).unwrap();
    let kept = casework::record_contact(&head, ContactId::new(NOW, unique()), None, new_contact_of_canaries(), today());
    let contact = casework::Contact { phone: song(), ..kept.unwrap() };
    let mut child = person(&teacher, &song());
    child.note = song();
    let about_child = matter(&teacher, &song(), &[&child]);
    let about_nobody_yet = matter(&teacher, &song(), &[]);
    let mut told = entry(&song());
    told.source = song();
    told.historical_context = song();
    let secret =
        casework::add_item(&teacher, &about_child, ItemId::new(NOW, unique()), BTreeSet::new(), told, NOW).unwrap();
    let recipient = Recipient { body: None, organisation: song(), name: song(), role: song() };
    let new = new_decision_of_canaries(&[&secret], &recipient);
    let id = DecisionId::new(NOW, unique());
    let shared = casework::record_decision(&teacher, &about_child, None, id, new, NOW, today()).unwrap();
    let quick = NotSharing {
        about: song(),
        choice: Choice::DoNotShare,
        reasons: song(),
        requester: Some(recipient),
        requester_discussion: song(),
        look_again_on: None,
    };
    let id = DecisionId::new(NOW, unique());
    let refused = casework::record_not_sharing(&teacher, &about_nobody_yet, id, quick, NOW, today()).unwrap();
    let refused = casework::correct_decision(
        &teacher,
        &about_nobody_yet,
        &refused,
        decision(&teacher, &about_nobody_yet, &[]),
        &song(),
    )
    .map(|correction| (refused, correction))
    .unwrap();
    let mut started = draft(&teacher, None);
    let thrown_away = casework::start_draft(
        &teacher,
        casework::DraftId::new(NOW, unique()),
        None,
        NewDraft { texts: [("recipient_name".to_owned(), song())].into(), ..NewDraft::default() },
        NOW,
    )
    .unwrap();
    started.notes = song();
    started.answers.insert("free".into(), vec![song()]);
    let hash = house.store.hash_password(&song()).await.unwrap();
    let token = SessionToken::new(school.id, unique());
    let session = NewSession {
        id: SessionId::new(NOW, unique()),
        member: teacher.id,
        proved: Proved::Password,
        browser: "Firefox on Windows".into(),
        started_at: NOW,
        idle_until: NOW.plus_seconds(60),
        ends_at: NOW.plus_seconds(60),
    };
    house
        .write(school.id, async |w| {
            w.save_member(&teacher).await?;
            w.set_password(teacher.id, &hash, NOW).await?;
            w.start_session(&token, &session).await?;
            w.save_organisation(&school).await?;
            w.save_contact(&contact).await?;
            w.save_person(&child).await?;
            w.save_matter(&about_child).await?;
            w.save_matter(&about_nobody_yet).await?;
            w.save_item(&secret).await?;
            w.add_decision(&shared).await?;
            w.add_decision(&refused.0).await?;
            w.add_decision(&refused.1).await?;
            w.save_draft(&started).await?;
            w.save_draft(&thrown_away).await?;
            w.delete_draft(thrown_away.id).await?;
            Ok(())
        })
        .await
        .unwrap();
    assert!(house.store.sign_in("canary@hidden.example", &song()).await.unwrap().is_some());
    let copy = house.folder.path().join("copy.backup");
    let mut direct = direct(&house).await;
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(&mut direct).await.unwrap();
    let keys = tempfile::TempDir::new().unwrap();
    house.store.back_up(&house.folder.path().join("records"), &keys.path().join("keys")).await.unwrap();
    assert_eq!(files_with_canaries(keys.path()), [] as [PathBuf; 0]);
    // The write-ahead log is still there while the store is open, and is searched too.
    assert!(house.folder.path().join("sharewell.db-wal").exists());
    assert_eq!(files_with_canaries(house.folder.path()), [] as [PathBuf; 0]);
    direct.close().await.unwrap();
    house.store.close().await;
    assert_eq!(files_with_canaries(house.folder.path()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn the_search_for_canaries_finds_one_that_stands_in_clear() {
    let house = House::new().await;
    let pack = PackRef { id: "p".into(), version: "1".into(), digest: "d".into() };
    let kept = KeptPack { pack, files: [("public".to_owned(), song().into_bytes())].into() };
    house.store.keep_pack(&kept, NOW).await.unwrap();
    assert_eq!(files_with_canaries(house.folder.path()), [house.folder.path().join("sharewell.db-wal")]);
}

#[tokio::test]
async fn a_sealed_record_moved_or_altered_does_not_open() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let other = person(&teacher, "Peregrine Quarrendon");
    let one = item(&teacher, &matter, "One");
    let two = item(&teacher, &matter, "Two");
    house
        .write(school.id, async |w| {
            w.save_person(&other).await?;
            w.save_item(&one).await?;
            w.save_item(&two).await
        })
        .await
        .unwrap();
    let mut direct = direct(&house).await;
    let swap = "UPDATE record SET sealed = (SELECT sealed FROM record r WHERE r.record_id = $2) WHERE record_id = $1";
    sqlx::query(swap).bind(one.id.uuid()).bind(two.id.uuid()).execute(&mut direct).await.unwrap();
    sqlx::query(swap).bind(child.id.uuid()).bind(other.id.uuid()).execute(&mut direct).await.unwrap();
    sqlx::query("UPDATE record SET version = 2 WHERE record_id = $1")
        .bind(two.id.uuid())
        .execute(&mut direct)
        .await
        .unwrap();
    sqlx::query("UPDATE record SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE record_id = $1")
        .bind(matter.id.uuid())
        .execute(&mut direct)
        .await
        .unwrap();
    let opened = |result| matches!(result, Err(StoreError::DoesNotOpen { .. }));
    house
        .read(school.id, async |r| {
            assert!(opened(r.item(one.id).await.map(|_| ())), "with another item’s ciphertext");
            assert!(opened(r.person(child.id).await.map(|_| ())), "with another person’s ciphertext");
            assert!(opened(r.item(two.id).await.map(|_| ())), "as another version");
            assert!(opened(r.matter(matter.id).await.map(|_| ())), "with its last byte cut off");
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn an_item_about_two_people_dies_with_the_last_of_them() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (sister, brother) = (person(&teacher, "Ottilie Quarrendon"), person(&teacher, "Peregrine Quarrendon"));
    let both = matter(&teacher, "Both children", &[&sister, &brother]);
    let seen = item(&teacher, &both, "Both came without coats");
    let of_sister = casework::add_item(
        &teacher,
        &both,
        ItemId::new(NOW, unique()),
        BTreeSet::from([sister.id]),
        entry("She said she was cold"),
        NOW,
    )
    .unwrap();
    let recorded = decision(&teacher, &both, &[&seen]);
    house
        .write(school.id, async |w| {
            w.save_person(&sister).await?;
            w.save_person(&brother).await?;
            w.save_matter(&both).await?;
            w.save_item(&seen).await?;
            w.save_item(&of_sister).await?;
            w.add_decision(&recorded).await
        })
        .await
        .unwrap();
    let mut direct = direct(&house).await;
    let destroy = "DELETE FROM holder_key WHERE holder_kind = 'person' AND holder_id = $1";

    sqlx::query(destroy).bind(sister.id.uuid()).execute(&mut direct).await.unwrap();
    house
        .read(school.id, async |r| {
            assert_eq!(r.person(sister.id).await?, None);
            assert_eq!(r.item(of_sister.id).await?, None);
            assert_eq!(r.item(seen.id).await?.as_ref(), Some(&seen));
            assert_eq!(r.decision(recorded.id).await?.as_ref(), Some(&recorded));
            assert_eq!(r.items_on(both.id).await?, from_ref(&seen));
            Ok(())
        })
        .await;
    sqlx::query(destroy).bind(brother.id.uuid()).execute(&mut direct).await.unwrap();
    house
        .read(school.id, async |r| {
            assert_eq!(r.item(seen.id).await?, None);
            assert_eq!(r.decision(recorded.id).await?, None);
            assert_eq!(r.matter(both.id).await?, None);
            assert!(r.people().await?.is_empty());
            Ok(())
        })
        .await;
    let after = item(&teacher, &both, "Written after");
    let written = house.write(school.id, async |w| w.save_item(&after).await).await;
    assert!(matches!(written, Err(StoreError::NoHolder)));
}

#[tokio::test]
async fn a_matter_first_about_nobody_is_held_by_its_people_from_then_on() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let child = person(&teacher, "Ottilie Quarrendon");
    let unnamed = matter(&teacher, "A child in the park", &[]);
    let named = casework::add_people(&teacher, &unnamed, [child.id], NOW).unwrap();
    house
        .write(school.id, async |w| {
            w.save_person(&child).await?;
            w.save_matter(&unnamed).await?;
            w.save_matter(&named).await
        })
        .await
        .unwrap();
    let mut direct = direct(&house).await;
    let holders: Vec<String> = sqlx::query_scalar("SELECT holder_kind FROM record_key WHERE kind = 'matter'")
        .fetch_all(&mut direct)
        .await
        .unwrap();
    assert_eq!(holders, ["person"]);
    assert_eq!(house.read(school.id, async |r| r.matter(named.id).await).await, Some(named));
}
