//! A thousand changes by whoever runs the database, each found by `verify` and named: what it was, and where. They are made
//! in a file; every kind of them is made on a server as well, six times each, by its superuser.

mod changes;
mod raw;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use casework::OrganisationId;
use changes::{KINDS, Tampered, tamper};
use raw::Kept;
use sharewell_store::{Database, Finding, verify};
use tempfile::TempDir;

use crate::common::{Ground, HouseOn, NOW, OnPostgres, OnSqlite, decision, item, person};

/// How many changes are tried in a file, each on a fresh copy.
const IN_A_FILE: usize = 1_000;

/// How many are tried on a server, where a copy takes longer.
const ON_A_SERVER: usize = 6 * KINDS;

/// A chance that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// The database that is tampered with, older copies of it, and the folder of keys.
struct Evidence {
    _folder: TempDir,
    whole: Kept,
    /// Each with how many entries of which organisations it lacks.
    older: Vec<Older>,
    /// The organisation whose ledger was restored once.
    restored: OrganisationId,
    keys: PathBuf,
}

/// A copy of the database as it was before.
#[derive(Clone)]
struct Older {
    database: Kept,
    /// What each organisation's ledger had then; none for one that was not there yet.
    sizes: Vec<(OrganisationId, u64)>,
}

async fn evidence<G: Ground>() -> Evidence {
    let mut house = HouseOn::<G>::new().await;
    let (mut older, mut all) = (Vec::new(), Vec::new());
    for name in ["teacher", "doctor"] {
        let (organisation, member) = house.organisation("Fernbank Primary", "school-maintained", name).await;
        all.push(organisation.id);
        // The first of them goes on under another name since a restore, which is an entry of its own.
        let restored = u64::from(all.len() == 1);
        if restored == 1 {
            house = house.restored().await;
        }
        let (matter, first) = house.matter(&member).await;
        for n in 0..4 {
            let seen = item(&member, &matter, &format!("Sign {n}"));
            let other = person(&member, &format!("Neighbour {n}"));
            let decided = decision(&member, &matter, &[&seen]);
            house
                .write(organisation.id, async |w| {
                    w.save_person(&other).await?;
                    w.save_item(&seen).await?;
                    w.add_decision(&decided).await
                })
                .await
                .unwrap();
            if n % 2 == 0 {
                // The organisation, the member, the matter and its person; then three records for each decision.
                sign(&house, organisation.id, restored + 4 + 3 * (n + 1)).await;
                let sizes = sizes(&house, &all).await;
                house.store.close().await;
                let whole = Kept::of(&house.place().database);
                older.push(Older { database: whole.copied(&format!("older_{name}_{n}")).await, sizes });
                house = house.restart().await;
            }
        }
        let renamed = casework::Person { version: 2, note: "Year 3".into(), ..first.clone() };
        house.write(organisation.id, async |w| w.save_person(&renamed).await).await.unwrap();
        sign(&house, organisation.id, restored + 17).await;
    }
    house.store.close().await;
    let whole = Kept::of(&house.place().database);
    Evidence { whole, older, restored: all[0], keys: house.place().keys, _folder: house.folder }
}

/// Signs a ledger up to so many entries. On a server they get their places soon after they are recorded, in a task of the store's own.
async fn sign<G: Ground>(house: &HouseOn<G>, organisation: OrganisationId, entries: u64) {
    for _ in 0..400 {
        house.store.sign_ledger(organisation).await.unwrap();
        let state = house.read(organisation, async |r| r.ledger_state().await).await;
        if state.signed.is_some_and(|signed| signed.size == entries) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{entries} entries are not signed within ten seconds");
}

/// How many entries each of these organisations' ledgers has.
async fn sizes<G: Ground>(house: &HouseOn<G>, organisations: &[OrganisationId]) -> Vec<(OrganisationId, u64)> {
    let mut sizes = Vec::new();
    for &organisation in organisations {
        let state = house.read(organisation, async |r| r.ledger_state().await).await;
        sizes.push((organisation, state.size));
    }
    sizes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_by_the_databases_superuser_is_found_and_named_in_a_file() {
    every_change_is_found::<OnSqlite>(IN_A_FILE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_by_the_databases_superuser_is_found_and_named_on_a_server() {
    every_change_is_found::<OnPostgres>(ON_A_SERVER).await;
}

async fn every_change_is_found<G: Ground>(changes: usize) {
    let evidence = evidence::<G>().await;
    let untouched = verify(&evidence.whole.database(), Some(&evidence.keys), |_| {}).await.unwrap();
    assert_eq!(untouched.len(), 2);
    for one in &untouched {
        assert_eq!(one.findings, [], "nothing is found where nothing was done");
        assert!(
            one.with_keys && one.entries == one.versions && one.checkpoints.0 >= 3 && one.checkpoints.1 == one.entries
        );
    }
    let evidence = Arc::new(evidence);
    let workers: Vec<_> = (0..2)
        .map(|worker| {
            let evidence = Arc::clone(&evidence);
            tokio::spawn(async move { tamper_and_verify(worker, changes / 2, &evidence).await })
        })
        .collect();
    let (mut tried, mut by_kind) = (0, [0; KINDS]);
    for worker in workers {
        for kind in worker.await.unwrap() {
            tried += 1;
            by_kind[kind] += 1;
        }
    }
    assert_eq!(tried, changes);
    assert!(by_kind.iter().all(|times| *times >= changes / KINDS - 1), "{by_kind:?}");
}

/// Tries so many changes; the kind of each.
async fn tamper_and_verify(worker: u64, changes: usize, evidence: &Evidence) -> Vec<usize> {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15 ^ (worker + 1));
    let mut kinds = Vec::new();
    while kinds.len() < changes {
        let (n, kind) = (kinds.len(), kinds.len() % KINDS);
        let (copy, Tampered { named, each, whose }) =
            tamper(kind, evidence, &format!("tampered_{worker}_{n}"), &mut chance).await;
        let verified = verify(&copy.database(), Some(&evidence.keys), |_| {}).await.unwrap();
        let found: Vec<(OrganisationId, Finding)> =
            verified.into_iter().flat_map(|one| one.findings.into_iter().map(move |f| (one.organisation, f))).collect();
        let said: Vec<String> = found.iter().map(|(_, finding)| finding.to_string()).collect();
        let is_said = |words: &String| said.iter().any(|finding| finding.contains(words.as_str()));
        let rightly = if each { named.iter().all(is_said) } else { named.iter().any(is_said) };
        assert!(rightly, "change {n} of kind {kind} is not named: expected {named:?}, found {said:?}");
        if let Some(whose) = whose {
            let others = found.iter().filter(|(organisation, _)| *organisation != whose).count();
            assert_eq!(others, 0, "change {n} of kind {kind} is laid to another organisation: {found:?}");
        }
        copy.removed().await;
        kinds.push(kind);
    }
    kinds
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_said_to_be_damaged() {
    let evidence = evidence::<OnSqlite>().await;
    let whole = evidence.whole.database().file().unwrap().to_owned();
    let cut = whole.with_file_name("cut.db");
    let whole = fs::read(whole).unwrap();
    for part in [1, 3, 7, 9] {
        fs::write(&cut, &whole[..whole.len() * part / 10]).unwrap();
        match verify(&Database::File(cut.clone()), Some(&evidence.keys), |_| {}).await {
            Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
            Ok(verified) => assert!(verified.iter().any(|one| !one.findings.is_empty()), "cut at {part} tenths"),
        }
    }
}

#[tokio::test]
async fn the_notice_of_a_new_way_in_from_the_machine_is_not_taken_away_or_moved_unseen() {
    let house = HouseOn::<OnSqlite>::new().await;
    let (school, teacher) = house.school().await;
    let reset = casework::reset_sign_in_by_operator(&teacher, NOW).unwrap();
    house
        .write(school.id, async |w| {
            w.save_member(&reset).await?;
            w.note_operator_reset(reset.id, NOW).await
        })
        .await
        .unwrap();
    let later = casework::Member { version: 3, reset: None, ..reset };
    house.write(school.id, async |w| w.save_member(&later).await).await.unwrap();
    let place = house.place();
    let said = async || {
        let verified = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
        verified[0].findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(said().await.is_empty());
    let mut raw = Kept::of(&place.database).opened().await;
    raw.run("UPDATE operator_reset SET reset_at = reset_at - 86400000000", &[]).await;
    assert_eq!(said().await.len(), 2, "one row that no record says, and one that is missing");
    raw.run("DELETE FROM operator_reset", &[]).await;
    let found = said().await;
    assert!(found.len() == 1 && found[0].contains("table operator_reset lacks a row that a record says"), "{found:?}");
    raw.close().await;
}
