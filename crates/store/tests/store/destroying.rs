//! Destroying what is kept about a person: what goes, what lives on, what stays to prove it, and that nothing comes back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{House, NOW, decision, draft, entry, item, matter, person, randomness, unique};
use casework::{
    DestroyRefused, Destruction, DestructionId, Ground, Held, HoldId, ItemId, Member, MemberId, NewDestruction,
    NewMember, Organisation, PersonId, Role,
};
use sharewell_store::{DestroyError, Finding, KeyError, Reading, Store, StoreError};
use sqlx::{Connection, SqliteConnection};

/// A school with a head who may destroy, and its teacher.
async fn school(house: &House) -> (Organisation, Member, Member) {
    let (school, teacher) = house.school().await;
    let new = NewMember {
        name: "Ada Lovell".into(),
        role_title: "Head".into(),
        email: "head@fernbank.example".into(),
        roles: BTreeSet::from([Role::Manager]),
    };
    let head = casework::admit_member(school.id, MemberId::new(NOW, unique()), new, NOW).unwrap();
    house.write(school.id, async |w| w.save_member(&head).await).await.unwrap();
    (school, teacher, head)
}

fn rule(person: PersonId) -> NewDestruction {
    NewDestruction {
        id: DestructionId::new(NOW, unique()),
        person,
        ground: Ground::RetentionRule,
        rule: "Twenty-five years after birth".into(),
    }
}

/// Everything that stands in the files of the folder, keys left out.
fn bytes_on_disk(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            all.extend(fs::read(path).unwrap());
        }
    }
    all
}

fn holds(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

/// Sealed values as they stand in the database.
async fn column(house: &House, statement: &'static str, id: uuid::Uuid) -> Vec<Vec<u8>> {
    let database = house.folder.path().join("sharewell.db");
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let found = sqlx::query_scalar(statement).bind(id).fetch_all(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    found
}

async fn count(house: &House, table: &str) -> i64 {
    let database = house.folder.path().join("sharewell.db");
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let text = format!("SELECT count(*) FROM {table}");
    let found = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    found
}

#[tokio::test]
async fn a_destroyed_person_leaves_nothing_but_a_certificate() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (about, child) = house.matter(&teacher).await;
    let hungry = item(&teacher, &about, "Came without lunch on three days");
    let recorded = decision(&teacher, &about, &[&hungry]);
    let correction =
        casework::correct_decision(&teacher, &about, &recorded, decision(&teacher, &about, &[]), "Wrong day").unwrap();
    let (drafted, unrelated) = (draft(&teacher, Some(&about)), draft(&teacher, None));
    house
        .write(school.id, async |w| {
            w.save_item(&hungry).await?;
            w.add_decision(&recorded).await?;
            w.add_decision(&correction).await?;
            w.save_draft(&drafted).await?;
            w.save_draft(&unrelated).await
        })
        .await
        .unwrap();
    let key = column(&house, "SELECT wrapped FROM holder_key WHERE holder_id = $1", child.id.uuid()).await;
    let item_sealed = column(&house, "SELECT sealed FROM record WHERE record_id = $1", hungry.id.uuid()).await;
    let draft_sealed = column(&house, "SELECT sealed FROM draft WHERE draft_id = $1", drafted.id.uuid()).await;
    let gone = [&key[0], &item_sealed[0], &draft_sealed[0]];
    let part = |sealed: &[u8]| sealed[40..72].to_vec();
    let before = bytes_on_disk(house.folder.path());
    assert!(gone.iter().all(|sealed| holds(&before, &part(sealed))), "they stood there before");

    let destroyed = house.store.destroy_person(&head, &rule(child.id)).await.unwrap();

    assert!(destroyed.wiped);
    let after = bytes_on_disk(house.folder.path());
    for sealed in gone {
        assert!(!holds(&after, &part(sealed)), "not in the database, nor in its log");
    }
    house
        .read(school.id, async |r| {
            assert_eq!(r.person(child.id).await?, None);
            assert_eq!(r.matter(about.id).await?, None);
            assert_eq!(r.item(hungry.id).await?, None);
            assert_eq!(r.decision(recorded.id).await?, None);
            assert_eq!(r.draft(drafted.id).await?, None);
            assert_eq!(r.draft(unrelated.id).await?.as_ref(), Some(&unrelated));
            assert!(r.matters_about(child.id).await?.is_empty() && r.decisions_by(teacher.id, 9).await?.is_empty());
            assert_eq!(r.destructions().await?, std::slice::from_ref(&destroyed.certificate));
            Ok(())
        })
        .await;
    for table in ["person", "matter", "matter_person", "matter_member", "item", "item_person", "decision"] {
        assert_eq!(count(&house, table).await, 0, "{table}");
    }
    for table in ["decision_person", "decision_item"] {
        assert_eq!(count(&house, table).await, 0, "{table}");
    }
    let certificate = &destroyed.certificate;
    let kinds: Vec<(&str, usize)> =
        certificate.existed.iter().map(|existed| (existed.kind.as_str(), existed.versions.len())).collect();
    assert_eq!(kinds, [("decision", 1), ("decision", 1), ("item", 1), ("matter", 1), ("person", 1)]);
    assert_eq!((certificate.drafts, certificate.lived_on, certificate.asked_by), (1, 0, head.id));
    let leaf = certificate.existed[2].versions[0].leaf;
    assert_eq!(
        column(&house, "SELECT content FROM ledger_leaf WHERE leaf_id = $1", leaf).await.len(),
        1,
        "the leaf stays"
    );
    let said = serde_json::to_string(certificate).unwrap();
    assert!(!said.contains("Ottilie") && !said.contains("lunch"), "{said}");
    let again = house.store.destroy_person(&head, &rule(child.id)).await;
    assert!(matches!(again, Err(DestroyError::NobodyThere)));
    house.restart().await;
}

#[tokio::test]
async fn what_is_about_two_people_lives_on_with_the_other_and_can_still_be_worked_on() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (sister, brother) = (person(&teacher, "Ottilie Quarrendon"), person(&teacher, "Peregrine Quarrendon"));
    let unnamed = matter(&teacher, "Children in the park", &[]);
    let first = item(&teacher, &unnamed, "Two children without coats");
    let both = casework::add_people(&teacher, &unnamed, [sister.id, brother.id], NOW).unwrap();
    let seen = item(&teacher, &both, "Both came without coats");
    let id = ItemId::new(NOW, unique());
    let of_sister = casework::add_item(&teacher, &both, id, [sister.id].into(), entry("She was cold"), NOW).unwrap();
    let recorded = decision(&teacher, &both, &[&seen, &of_sister]);
    house
        .write(school.id, async |w| {
            w.save_person(&sister).await?;
            w.save_person(&brother).await?;
            w.save_matter(&unnamed).await?;
            w.save_item(&first).await?;
            w.save_matter(&both).await?;
            w.save_item(&seen).await?;
            w.save_item(&of_sister).await?;
            w.add_decision(&recorded).await
        })
        .await
        .unwrap();
    let first_gone = house.store.destroy_person(&head, &rule(sister.id)).await.unwrap().certificate;
    assert_eq!(first_gone.lived_on, 3, "the matter, the item about both, the decision");
    let terms = casework::Terms { until: None, why: "She leads on safeguarding".into() };
    let invited = casework::invite_member(&teacher, &both, &head, &terms, NOW).unwrap();
    let later = item(&teacher, &both, "He has a coat now");
    house
        .write(school.id, async |w| {
            assert_eq!(w.item(of_sister.id).await?, None);
            assert_eq!(w.item(seen.id).await?.as_ref(), Some(&seen));
            assert_eq!(w.item(first.id).await?.as_ref(), Some(&first));
            assert_eq!(w.decision(recorded.id).await?.as_ref(), Some(&recorded));
            w.save_matter(&invited).await?;
            w.save_item(&later).await?;
            w.add_decision(&decision(&teacher, &both, &[&later])).await?;
            assert!(w.matters_about(sister.id).await?.is_empty());
            assert_eq!(w.matters_about(brother.id).await?.len(), 1);
            Ok(())
        })
        .await
        .unwrap();
    let house = house.restart().await;
    let last_gone = house.store.destroy_person(&head, &rule(brother.id)).await.unwrap().certificate;
    assert_eq!(last_gone.lived_on, 0);
    // Whoever must not see one of the two recognises her in what went with the other; nobody else finds her in the certificates.
    let (sister_only, brother_only) = ([sister.id].into(), [brother.id].into());
    let told = house.store.read("told", school.id, |mut reading: Reading| async move {
        let mut of = async |id: uuid::Uuid| reading.destruction_of(id).await.map(Option::unwrap);
        Ok::<_, StoreError>((of(of_sister.id.uuid()).await?, of(both.id.uuid()).await?, of(recorded.id.uuid()).await?))
    });
    let (item, matter, decided) = told.await.unwrap();
    for went in [&item, &matter, &decided] {
        assert!(went.is_about_any(&sister_only) && went.is_about_any(&brother_only));
        assert!(!went.is_about_any(&[casework::PersonId::from_uuid(uuid::Uuid::nil())].into()));
    }
    for (certificate, other) in [(&first_gone, brother.id), (&last_gone, sister.id)] {
        assert!(!serde_json::to_string(certificate).unwrap().contains(&other.to_string()));
    }
    assert!(
        last_gone.existed.iter().any(|existed| existed.id == first.id.uuid()),
        "held by the matter itself until now"
    );
    for table in ["matter", "item", "decision", "person"] {
        assert_eq!(count(&house, table).await, 0, "{table}");
    }
    assert_eq!(count(&house, "holder_key WHERE holder_kind IN ('person', 'matter')").await, 0);
    assert_eq!(count(&house, "record WHERE kind IN ('person', 'matter', 'item', 'decision')").await, 0);
}

#[tokio::test]
async fn a_legal_hold_keeps_everything_until_it_is_released() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (about, child) = house.matter(&teacher).await;
    let placed =
        casework::hold(&head, HoldId::new(NOW, unique()), Held::Matter(about.id), "An inquest is open", NOW).unwrap();
    house.write(school.id, async |w| w.save_hold(&placed).await).await.unwrap();
    let refused = house.store.destroy_person(&head, &rule(child.id)).await;
    assert!(matches!(refused, Err(DestroyError::Refused(DestroyRefused::Held(holds))) if holds == [placed.id]));
    let refused = house.store.destroy_person(&teacher, &rule(child.id)).await;
    assert!(matches!(refused, Err(DestroyError::Refused(DestroyRefused::NotFor(_)))));
    assert!(house.read(school.id, async |r| r.person(child.id).await).await.is_some());
    let released = casework::release(&head, &placed, "The inquest is over", NOW).unwrap();
    house.write(school.id, async |w| w.save_hold(&released).await).await.unwrap();
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.legal_holds().await).await, [released]);
}

#[tokio::test]
async fn an_older_copy_of_the_database_brings_nobody_back() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (about, child) = house.matter(&teacher).await;
    let older = house.folder.path().join("older.db");
    let database = house.folder.path().join("sharewell.db");
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(older.to_str().unwrap()).execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    let first = house.store.destroy_person(&head, &rule(child.id)).await.unwrap().certificate;
    house.store.close().await;
    fs::write(&database, fs::read(&older).unwrap()).unwrap();
    fs::remove_file(&older).unwrap();
    let house = house.restart().await;
    house
        .read(school.id, async |r| {
            assert_eq!((r.person(child.id).await?, r.matter(about.id).await?), (None, None));
            assert_eq!(first.again_at, None);
            let again = Destruction { again_at: Some(NOW), ..first.clone() };
            assert_eq!(r.destructions().await?, [again]);
            Ok(())
        })
        .await;
    assert_eq!(count(&house, "person").await, 0);
}

/// The lines of the organisation's list of destructions.
fn listed(house: &House, of: &Organisation) -> (PathBuf, Vec<String>) {
    let list = house.place().keys.join(format!("{}.destroyed", of.id));
    let lines = fs::read_to_string(&list).unwrap();
    // After the last line there is room for those that close it.
    let whole = lines.rfind('\n').unwrap();
    (list, lines[..whole].lines().map(str::to_owned).collect())
}

/// The file of the database as it stands, for later.
async fn copied(house: &House) -> Vec<u8> {
    let (copy, database) = (house.folder.path().join("older.db"), house.folder.path().join("sharewell.db"));
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    let bytes = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    bytes
}

#[tokio::test]
async fn what_was_to_be_destroyed_and_was_not_committed_is_not_destroyed_at_the_next_start() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (about, child) = house.matter(&teacher).await;
    let before = copied(&house).await;
    let asked = rule(child.id);
    house.store.destroy_person(&head, &asked).await.unwrap();
    house.store.close().await;
    // As a loss of power between the list and the commit leaves it.
    fs::write(house.folder.path().join("sharewell.db"), before).unwrap();
    let (list, lines) = listed(&house, &school);
    assert!(lines[1].starts_with("intended ") && lines[2].starts_with(&format!("done {}", asked.id)), "{lines:?}");
    fs::write(&list, format!("{}\n{}\n", lines[0], lines[1])).unwrap();

    let house = house.restart().await;
    assert_eq!(house.read(school.id, async |r| r.matter(about.id).await).await.as_ref(), Some(&about));
    assert!(listed(&house, &school).1[2].starts_with(&format!("not-done {}", asked.id)));
    let placed =
        casework::hold(&head, HoldId::new(NOW, unique()), Held::Person(child.id), "An inquest is open", NOW).unwrap();
    house.write(school.id, async |w| w.save_hold(&placed).await).await.unwrap();
    let house = house.restart().await;
    assert_eq!(house.read(school.id, async |r| r.person(child.id).await).await.as_ref(), Some(&child));
    assert!(house.read(school.id, async |r| r.destructions().await).await.is_empty());

    let released = casework::release(&head, &placed, "It is over", NOW).unwrap();
    house.write(school.id, async |w| w.save_hold(&released).await).await.unwrap();
    house.store.destroy_person(&head, &asked).await.unwrap();
    assert!(listed(&house, &school).1[4].starts_with(&format!("done {}", asked.id)), "once more, and done");
    house.restart().await;
}

#[tokio::test]
async fn what_was_committed_and_not_told_counts_as_destroyed_from_the_next_start_on() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (_, child) = house.matter(&teacher).await;
    let before = copied(&house).await;
    let asked = rule(child.id);
    let certificate = house.store.destroy_person(&head, &asked).await.unwrap().certificate;
    let mut house = house;
    let (list, told) = listed(&house, &school);
    for outcome in [None, Some("not-done")] {
        house.store.close().await;
        // As a loss of power after the commit leaves it; and where it was taken for not done besides.
        fs::write(&list, format!("{}\n{}\n", told[0], told[1])).unwrap();
        if outcome.is_some() {
            let now = fs::read(house.folder.path().join("sharewell.db")).unwrap();
            fs::write(house.folder.path().join("sharewell.db"), &before).unwrap();
            house = house.restart().await;
            house.store.close().await;
            fs::write(house.folder.path().join("sharewell.db"), now).unwrap();
        }
        house = house.restart().await;
        let (_, lines) = listed(&house, &school);
        assert!(lines.last().unwrap().starts_with(&format!("done {}", asked.id)), "{lines:?}");
        assert_eq!(lines.len(), told.len() + usize::from(outcome.is_some()));
        assert_eq!(house.read(school.id, async |r| r.destructions().await).await, std::slice::from_ref(&certificate));
    }
    house.store.close().await;
    fs::write(house.folder.path().join("sharewell.db"), before).unwrap();
    let house = house.restart().await;
    assert_eq!(house.read(school.id, async |r| r.person(child.id).await).await, None, "an older copy is put in order");
}

#[tokio::test]
async fn where_the_list_cannot_be_written_nobody_is_destroyed() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (_, child) = house.matter(&teacher).await;
    let list = house.place().keys.join(format!("{}.destroyed", school.id));
    fs::create_dir(&list).unwrap();
    let refused = house.store.destroy_person(&head, &rule(child.id)).await;
    assert!(matches!(refused, Err(DestroyError::Store(StoreError::Key(KeyError::File(..))))), "{refused:?}");
    assert!(house.read(school.id, async |r| r.person(child.id).await).await.is_some());
    fs::remove_dir(&list).unwrap();
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    house.restart().await;
}

#[tokio::test]
async fn a_list_of_destructions_that_was_cut_or_altered_stops_the_program() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (_, child) = house.matter(&teacher).await;
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    house.store.close().await;
    let list = house.place().keys.join(format!("{}.destroyed", school.id));
    let right = fs::read_to_string(&list).unwrap();
    assert!(!right.contains("Ottilie"));
    let open = async || Store::open(&house.place(), randomness(), NOW).await;
    fs::write(&list, format!("{}\n", right.lines().next().unwrap())).unwrap();
    assert!(matches!(open().await, Err(StoreError::Key(KeyError::ListCut(_)))));
    fs::remove_file(&list).unwrap();
    assert!(matches!(open().await, Err(StoreError::Key(KeyError::ListCut(_)))));
    fs::write(&list, right.replacen('1', "2", 3)).unwrap();
    assert!(matches!(open().await, Err(StoreError::Key(KeyError::ListAltered(_)))));
    fs::write(&list, right).unwrap();
    open().await.unwrap();
}

#[tokio::test]
async fn a_list_of_destructions_that_was_never_finished_stops_nothing() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (_, child) = house.matter(&teacher).await;
    let list = house.place().keys.join(format!("{}.destroyed", school.id));
    let heading = format!("sharewell list of destructions 1 {}", school.id);
    let mut house = house;
    for begun in ["", &heading[..20], &heading] {
        fs::write(&list, begun).unwrap();
        house = house.restart().await;
    }
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    house = house.restart().await;
    assert_eq!(house.read(school.id, async |r| r.destructions().await).await.len(), 1);
    house.store.close().await;
    for cut in ["", &heading[..20], &heading] {
        fs::write(&list, cut).unwrap();
        let refused = Store::open(&house.place(), randomness(), NOW).await;
        assert!(matches!(refused, Err(StoreError::Key(KeyError::ListCut(_)))), "the database certifies one: {cut:?}");
    }
}

#[tokio::test]
async fn a_copy_that_a_migration_left_forgets_the_key_too() {
    let house = House::new().await;
    let (_, teacher, head) = school(&house).await;
    let (_, child) = house.matter(&teacher).await;
    let copy = house.folder.path().join("sharewell.db.schema-1.1795000000000000.backup");
    let database = house.folder.path().join("sharewell.db");
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    let key = column(&house, "SELECT wrapped FROM holder_key WHERE holder_id = $1", child.id.uuid()).await;
    assert!(holds(&fs::read(&copy).unwrap(), &key[0]));
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    assert!(!holds(&fs::read(&copy).unwrap(), &key[0][40..]));
}

#[tokio::test]
async fn what_was_destroyed_by_rule_is_verified_and_what_was_merely_removed_is_not() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (matter, child) = house.matter(&teacher).await;
    let seen = item(&teacher, &matter, "Came without lunch");
    let decided = decision(&teacher, &matter, &[&seen]);
    house
        .write(school.id, async |w| {
            w.save_item(&seen).await?;
            w.add_decision(&decided).await
        })
        .await
        .unwrap();
    house.store.sign_ledger(school.id).await.unwrap();
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    house.store.sign_ledger(school.id).await.unwrap();
    let (database, keys) = (house.place().database, house.place().keys);
    let verified = sharewell_store::verify(&database, Some(&keys), |_| {}).await.unwrap();
    assert_eq!(verified[0].findings, []);
    assert_eq!((verified[0].gone, verified[0].destructions), (4, 1), "the person, the matter, the item, the decision");
    let without_keys = sharewell_store::verify(&database, None, |_| {}).await.unwrap();
    assert_eq!(
        (without_keys[0].findings.len(), without_keys[0].untold),
        (0, 4),
        "which of them it names the keys alone tell"
    );
    assert_eq!(verified[0].untold, 0);

    house.store.close().await;
    let file = database.file().unwrap();
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query("DELETE FROM record WHERE kind = 'destruction'").execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    let verified = sharewell_store::verify(&database, Some(&keys), |_| {}).await.unwrap();
    let said: Vec<String> = verified[0].findings.iter().map(ToString::to_string).collect();
    let removed = said.iter().filter(|finding| finding.contains("its record was removed")).count();
    assert_eq!(removed, 5, "the four records and the certificate itself: {said:?}");
}

#[tokio::test]
async fn without_keys_nothing_that_was_removed_passes_for_destroyed_that_no_certificate_can_name() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    house.matter(&teacher).await;
    house.store.sign_ledger(school.id).await.unwrap();
    let database = house.place().database;
    let found = async || {
        let verified = sharewell_store::verify(&database, None, |_| {}).await.unwrap().remove(0);
        let missing = verified.findings.iter().filter(|one| matches!(one, Finding::RecordMissing { .. })).count();
        let rows = verified.findings.iter().filter(|one| matches!(one, Finding::RowNotRecorded { .. })).count();
        assert_eq!(missing + rows, verified.findings.len(), "{:?}", verified.findings);
        (missing, rows, verified.untold)
    };
    assert_eq!(found().await, (0, 0, 0));
    behind(&house, "DELETE FROM record WHERE kind = 'matter'").await;
    behind(&house, "DELETE FROM matter_person").await;
    behind(&house, "DELETE FROM matter_member").await;
    behind(&house, "DELETE FROM matter").await;
    assert_eq!(found().await, (1, 0, 0));
    let row = "INSERT INTO destruction SELECT organisation_id, randomblob(16), randomblob(16), 1 FROM organisation";
    behind(&house, row).await;
    assert_eq!(found().await, (1, 1, 0), "a row is no certificate");
    behind(&house, "DELETE FROM destruction").await;

    let (_, child) = house.matter(&teacher).await;
    house.store.destroy_person(&head, &rule(child.id)).await.unwrap();
    assert_eq!(found().await, (0, 0, 3), "whether it names all three the keys alone tell");
    house.matter(&teacher).await;
    behind(&house, "DELETE FROM record WHERE kind = 'matter'").await;
    assert_eq!(found().await, (1, 0, 3), "it was recorded after the last certificate");
}

/// Runs a statement on the file behind the store's back.
async fn behind(house: &House, statement: &'static str) -> u64 {
    let database = house.folder.path().join("sharewell.db");
    let mut direct = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let done = sqlx::query(statement).execute(&mut direct).await.unwrap();
    direct.close().await.unwrap();
    done.rows_affected()
}

#[tokio::test]
async fn whatever_was_destroyed_leads_to_its_certificate_in_databases_of_before_too() {
    let house = House::new().await;
    let (school, teacher, head) = school(&house).await;
    let (about, child) = house.matter(&teacher).await;
    let (living, sister) = house.matter(&teacher).await;
    let destroyed = house.store.destroy_person(&head, &rule(child.id)).await.unwrap().certificate;
    let told = async |store: &Store| {
        store
            .read("told", school.id, |mut reading: Reading| async move {
                for gone in [child.id.uuid(), about.id.uuid()] {
                    let went = reading.destruction_of(gone).await?.unwrap();
                    let expected = (destroyed.id, child.id, destroyed.decided_at);
                    assert_eq!((went.certificate, went.person, went.decided_at), expected);
                    assert!(went.is_about_any(&[child.id].into()) && !went.is_about_any(&[sister.id].into()));
                }
                for kept in [sister.id.uuid(), living.id.uuid(), uuid::Uuid::nil()] {
                    assert_eq!(reading.destruction_of(kept).await?, None);
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    };
    told(&house.store).await;
    house.store.close().await;

    assert!(behind(&house, "DELETE FROM destroyed_record").await >= 2, "as before there was this table");
    let place = house.place();
    let found = sharewell_store::verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    let words: Vec<_> = found[0].findings.iter().map(ToString::to_string).collect();
    assert!(words.iter().any(|finding| finding.contains("destroyed_record")), "{words:?}");
    told(&Store::open(&place, randomness(), NOW).await.unwrap()).await;
}
