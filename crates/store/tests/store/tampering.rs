//! A thousand changes by whoever runs the database, each found and named by `verify`.

use std::fs;
use std::path::{Path, PathBuf};

use sharewell_store::{Database, Finding, verify};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use tempfile::TempDir;

use crate::common::{House, decision, item, person};

/// How many changes are tried, one after another, each on a fresh copy.
const CHANGES: usize = 1_000;

/// A chance that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// The database that is tampered with, an older copy of it, and the folder of keys.
struct Evidence {
    _house: TempDir,
    whole: PathBuf,
    older: PathBuf,
    keys: PathBuf,
}

async fn evidence() -> Evidence {
    let house = House::new().await;
    let mut older = PathBuf::new();
    for name in ["teacher", "doctor"] {
        let (organisation, member) = house.organisation("Fernbank Primary", "school-maintained", name).await;
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
            if n == 2 {
                house.store.sign_ledger(organisation.id).await.unwrap();
                older = house.folder.path().join(format!("older-{name}.db"));
                let mut raw = raw(house.place().database.file().unwrap()).await;
                sqlx::query("VACUUM INTO $1").bind(older.to_str().unwrap()).execute(&mut raw).await.unwrap();
            }
        }
        let renamed = casework::Person { version: 2, note: "Year 3".into(), ..first.clone() };
        house.write(organisation.id, async |w| w.save_person(&renamed).await).await.unwrap();
        house.store.sign_ledger(organisation.id).await.unwrap();
    }
    let place = house.place();
    house.store.close().await;
    Evidence { whole: place.database.file().unwrap().to_owned(), older, keys: place.keys, _house: house.folder }
}

async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Runs what a superuser would, with parameters of any kind.
async fn change(raw: &mut SqliteConnection, text: &'static str, rows: &[i64]) -> u64 {
    let mut query = sqlx::query(text);
    for row in rows {
        query = query.bind(*row);
    }
    query.execute(raw).await.unwrap().rows_affected()
}

async fn rowids(raw: &mut SqliteConnection, text: &'static str) -> Vec<i64> {
    let rows = sqlx::query(text).fetch_all(raw).await.unwrap();
    rows.into_iter().map(|row| row.get(0)).collect()
}

/// What may be expected of `verify`: one of these words in what it says.
type Named = &'static [&'static str];

const FLIP_RECORD: &str = "UPDATE record SET sealed = substr(sealed, 1, 60) || (CASE hex(substr(sealed, 61, 1)) WHEN '00' THEN x'01' ELSE x'00' END) || substr(sealed, 62) WHERE rowid = $1";
const FLIP_LEAF: &str = "UPDATE ledger_leaf SET content = substr(content, 1, 40) || (CASE hex(substr(content, 41, 1)) WHEN '00' THEN x'01' ELSE x'00' END) || substr(content, 42) WHERE rowid = $1";

/// One change of the given kind, on a copy; what `verify` must say of it.
#[expect(clippy::too_many_lines, reason = "a list, read one change at a time")]
async fn tamper(kind: usize, raw: &mut SqliteConnection, chance: &mut Chance) -> Named {
    let of = |rows: &[i64], chance: &mut Chance| rows[chance.below(rows.len())];
    let records = rowids(raw, "SELECT rowid FROM record").await;
    let leaves = rowids(raw, "SELECT rowid FROM ledger_leaf").await;
    let record = of(&records, chance);
    let leaf = of(&leaves, chance);
    match kind {
        0 => {
            assert_eq!(change(raw, FLIP_RECORD, &[record]).await, 1);
            &["stored text was changed"]
        }
        1 => {
            change(raw, "DELETE FROM record WHERE rowid = $1", &[record]).await;
            &["its record was removed"]
        }
        2 => {
            change(raw, "INSERT INTO record SELECT organisation_id, kind, randomblob(16), version, sealed, randomblob(16) FROM record WHERE rowid = $1", &[record]).await;
            &["behind the ledger"]
        }
        3 => {
            change(raw, "INSERT INTO record SELECT organisation_id, kind, record_id, version + 100, sealed, leaf_id FROM record WHERE rowid = $1", &[record]).await;
            &["claims the entry of another"]
        }
        4 => {
            let other = records.iter().copied().find(|other| *other != record).unwrap();
            change(raw, "UPDATE record SET sealed = CASE rowid WHEN $1 THEN (SELECT sealed FROM record WHERE rowid = $2) ELSE (SELECT sealed FROM record WHERE rowid = $1) END WHERE rowid IN ($1, $2)", &[record, other]).await;
            &["stored text was changed"]
        }
        5 => {
            assert_eq!(change(raw, FLIP_LEAF, &[leaf]).await, 1);
            &["not the one that was signed"]
        }
        6 => {
            change(raw, "DELETE FROM ledger_leaf WHERE rowid = $1", &[leaf]).await;
            &["it was removed", "cut short", "older copy"]
        }
        7 => {
            let same = "SELECT rowid FROM ledger_leaf WHERE organisation_id = (SELECT organisation_id FROM ledger_leaf WHERE rowid = $1) AND rowid <> $1";
            let others: Vec<i64> = sqlx::query_scalar(same).bind(leaf).fetch_all(&mut *raw).await.unwrap();
            let other = of(&others, chance);
            let swap = "UPDATE ledger_leaf SET position = CASE rowid WHEN $1 THEN (SELECT position FROM ledger_leaf WHERE rowid = $2) ELSE (SELECT position FROM ledger_leaf WHERE rowid = $1) END WHERE rowid IN ($1, $2)";
            sqlx::query("DROP INDEX ledger_leaf_by_position").execute(&mut *raw).await.unwrap();
            change(raw, swap, &[leaf, other]).await;
            &["not the one that was signed", "cut short", "was removed"]
        }
        8 => {
            change(raw, "UPDATE ledger_leaf SET added_at = added_at - 86400000000 WHERE rowid = $1", &[leaf]).await;
            &["it was changed"]
        }
        9 => {
            // The newest entries with their records and checkpoints, as if they had never been.
            change(
                raw,
                "DELETE FROM record WHERE leaf_id IN (SELECT leaf_id FROM ledger_leaf WHERE position >= $1)",
                &[14],
            )
            .await;
            change(raw, "DELETE FROM ledger_leaf WHERE position >= $1", &[14]).await;
            change(raw, "DELETE FROM ledger_checkpoint WHERE size > $1", &[14]).await;
            &["an older copy of the database was put back"]
        }
        10 => {
            let kept = rowids(raw, "SELECT rowid FROM ledger_checkpoint").await;
            let kept = of(&kept, chance);
            change(raw, "UPDATE ledger_checkpoint SET note = replace(note, char(10) || size || char(10), char(10) || (size - 1) || char(10)) WHERE rowid = $1", &[kept]).await;
            &["was changed"]
        }
        11 => {
            let kept = rowids(raw, "SELECT rowid FROM ledger_checkpoint").await;
            let kept = of(&kept, chance);
            change(raw, "UPDATE ledger_checkpoint SET note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAA=' || char(10) WHERE rowid = $1", &[kept]).await;
            &["not signed by", "was changed"]
        }
        12 => {
            change(raw, "DELETE FROM ledger_checkpoint WHERE rowid = (SELECT max(rowid) FROM ledger_checkpoint)", &[])
                .await;
            &["was removed"]
        }
        13 => {
            change(raw, "UPDATE ledger_head SET size = size - 1", &[]).await;
            &["where the ledger says that it stands"]
        }
        14 => {
            change(
                raw,
                "INSERT INTO ledger_node SELECT organisation_id, 8, 0, randomblob(32) FROM organisation LIMIT 1",
                &[],
            )
            .await;
            &["kept root"]
        }
        15 => {
            let keys = rowids(raw, "SELECT rowid FROM holder_key").await;
            change(raw, "DELETE FROM holder_key WHERE rowid = $1", &[of(&keys, chance)]).await;
            &["its key was removed"]
        }
        16 => {
            let keys = rowids(raw, "SELECT rowid FROM holder_key").await;
            change(raw, "UPDATE holder_key SET wrapped = substr(wrapped, 1, 50) || randomblob(8) || substr(wrapped, 59) WHERE rowid = $1", &[of(&keys, chance)]).await;
            &["a key of"]
        }
        17 => {
            let keys = rowids(raw, "SELECT rowid FROM record_key").await;
            change(raw, "DELETE FROM record_key WHERE rowid = $1", &[of(&keys, chance)]).await;
            &["its key was removed", "a key of"]
        }
        18 => {
            let keys = rowids(raw, "SELECT rowid FROM record_key").await;
            change(
                raw,
                "UPDATE record_key SET wrapped = randomblob(length(wrapped)) WHERE rowid = $1",
                &[of(&keys, chance)],
            )
            .await;
            &["a key of"]
        }
        19 => {
            const REMOVALS: [&str; 6] = [
                "DELETE FROM matter_person WHERE rowid = (SELECT min(rowid) FROM matter_person)",
                "DELETE FROM matter_member WHERE rowid = (SELECT max(rowid) FROM matter_member)",
                "DELETE FROM decision WHERE rowid = (SELECT min(rowid) FROM decision)",
                "DELETE FROM decision_item WHERE rowid = (SELECT max(rowid) FROM decision_item)",
                "DELETE FROM item WHERE rowid = (SELECT min(rowid) FROM item)",
                "DELETE FROM sign_in_name WHERE rowid = (SELECT min(rowid) FROM sign_in_name)",
            ];
            change(raw, REMOVALS[chance.below(REMOVALS.len())], &[]).await;
            &["lacks a row"]
        }
        20 => {
            const CHANGED: [&str; 6] = [
                "UPDATE matter_member SET member_id = randomblob(16)",
                "UPDATE decision SET recorded_at = recorded_at - 1000000 WHERE rowid = (SELECT max(rowid) FROM decision)",
                "UPDATE decision SET member_id = randomblob(16) WHERE rowid = (SELECT min(rowid) FROM decision)",
                "UPDATE person SET version = version + 1 WHERE rowid = (SELECT min(rowid) FROM person)",
                "UPDATE sign_in_name SET tag = randomblob(32) WHERE rowid = (SELECT min(rowid) FROM sign_in_name)",
                "INSERT INTO matter_person SELECT organisation_id, matter_id, randomblob(16) FROM matter LIMIT 1",
            ];
            change(raw, CHANGED[chance.below(CHANGED.len())], &[]).await;
            &["a row that no record says"]
        }
        _ => {
            change(
                raw,
                "UPDATE record SET leaf_id = (SELECT leaf_id FROM ledger_leaf WHERE rowid = $2) WHERE rowid = $1",
                &[record, leaf],
            )
            .await;
            // An entry of the other organisation is none of this one.
            &["claims the entry of another", "stored text was changed", "behind the ledger"]
        }
    }
}

const KINDS: usize = 22;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_by_the_databases_superuser_is_found_and_named() {
    let evidence = evidence().await;
    let untouched = verify(&Database::File(evidence.whole.clone()), Some(&evidence.keys), |_| {}).await.unwrap();
    assert_eq!(untouched.len(), 2);
    for one in &untouched {
        assert_eq!(one.findings, [], "nothing is found where nothing was done");
        assert!(one.with_keys && one.entries == one.versions && one.checkpoints == (2, one.entries));
    }
    let (whole, keys) = (evidence.whole.clone(), evidence.keys.clone());
    let workers: Vec<_> = (0..2)
        .map(|worker| {
            let (whole, keys) = (whole.clone(), keys.clone());
            tokio::spawn(async move { tamper_and_verify(worker, &whole, &keys).await })
        })
        .collect();
    let mut tried = 0;
    for worker in workers {
        tried += worker.await.unwrap();
    }
    assert_eq!(tried, CHANGES);

    let put_back = verify(&Database::File(evidence.older.clone()), Some(&evidence.keys), |_| {}).await.unwrap();
    let said: Vec<String> = put_back.iter().flat_map(|one| &one.findings).map(ToString::to_string).collect();
    assert!(said.iter().any(|finding| finding.contains("an older copy of the database was put back")), "{said:?}");
}

async fn tamper_and_verify(worker: u64, whole: &Path, keys: &Path) -> usize {
    let folder = TempDir::new().unwrap();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15 ^ (worker + 1));
    for n in 0..CHANGES / 2 {
        let copy = folder.path().join(format!("{n}.db"));
        fs::copy(whole, &copy).unwrap();
        let mut raw = raw(&copy).await;
        let kind = n % KINDS;
        let named = tamper(kind, &mut raw, &mut chance).await;
        raw.close().await.unwrap();
        let found: Vec<Finding> = verify(&Database::File(copy.clone()), Some(keys), |_| {})
            .await
            .unwrap()
            .into_iter()
            .flat_map(|one| one.findings)
            .collect();
        let said: Vec<String> = found.iter().map(ToString::to_string).collect();
        let rightly = said.iter().any(|finding| named.iter().any(|words| finding.contains(words)));
        // A record given its own entry once more is not a change.
        let nothing_done = kind == 21 && fs::read(&copy).unwrap() == fs::read(whole).unwrap();
        assert!(rightly || nothing_done, "change {n} of kind {kind} is not named: expected {named:?}, found {said:?}");
        fs::remove_file(&copy).unwrap();
    }
    CHANGES / 2
}
