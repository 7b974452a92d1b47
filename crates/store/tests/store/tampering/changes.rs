//! What somebody who has the database's password, and not the keys, may do to it, with what must be said of it.

use std::fs;
use std::path::Path;

use casework::OrganisationId;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::{Chance, Evidence, Older, raw};
use crate::common::kept_pack;

/// What was done to a copy.
pub struct Tampered {
    /// What `verify` must say: one of these, or each of them.
    pub named: Vec<String>,
    /// Whether each.
    pub each: bool,
    /// The organisation whose records it was done to, when it was one's alone.
    pub whose: Option<OrganisationId>,
}

/// How many kinds of changes there are.
pub const KINDS: usize = 32;

/// A row of the table `record`.
#[derive(Clone)]
struct Version {
    row: i64,
    organisation: OrganisationId,
    /// As a finding calls it.
    place: String,
}

/// A row of the table `ledger_leaf`.
#[derive(Clone)]
struct Leaf {
    row: i64,
    organisation: OrganisationId,
    position: i64,
}

/// What the copy holds before it is changed, and the copy.
struct Copy {
    raw: SqliteConnection,
    versions: Vec<Version>,
    leaves: Vec<Leaf>,
    /// The checkpoints: whose, of how many entries, the row.
    checkpoints: Vec<(OrganisationId, i64, i64)>,
}

fn id(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap()
}

fn organisation(bytes: &[u8]) -> OrganisationId {
    OrganisationId::from_uuid(id(bytes))
}

impl Copy {
    async fn of(whole: &Path, copy: &Path) -> Self {
        type Row = (i64, Vec<u8>, String, Vec<u8>, i64);
        fs::copy(whole, copy).unwrap();
        let mut raw = raw(copy).await;
        let rows: Vec<Row> = sqlx::query_as("SELECT rowid, organisation_id, kind, record_id, version FROM record")
            .fetch_all(&mut raw)
            .await
            .unwrap();
        let version = |(row, of, kind, record, version): Row| Version {
            row,
            organisation: organisation(&of),
            place: format!("{kind} {}, version {version}", id(&record)),
        };
        let versions = rows.into_iter().map(version).collect();
        let rows: Vec<(i64, Vec<u8>, i64)> = sqlx::query_as("SELECT rowid, organisation_id, position FROM ledger_leaf")
            .fetch_all(&mut raw)
            .await
            .unwrap();
        let leaf = |(row, of, position): (i64, Vec<u8>, i64)| Leaf { row, organisation: organisation(&of), position };
        let leaves = rows.into_iter().map(leaf).collect();
        let rows: Vec<(Vec<u8>, i64, i64)> =
            sqlx::query_as("SELECT organisation_id, size, rowid FROM ledger_checkpoint ORDER BY size")
                .fetch_all(&mut raw)
                .await
                .unwrap();
        let checkpoints = rows.into_iter().map(|(of, size, row)| (organisation(&of), size, row)).collect();
        Self { raw, versions, leaves, checkpoints }
    }

    /// Runs what a superuser would; how many rows it changed.
    async fn run(&mut self, text: &'static str, values: &[i64]) -> u64 {
        let mut query = sqlx::query(text);
        for value in values {
            query = query.bind(*value);
        }
        query.execute(&mut self.raw).await.unwrap().rows_affected()
    }

    /// The same for one organisation's rows, which `$1` names.
    async fn run_for(&mut self, text: &'static str, whose: OrganisationId, values: &[i64]) -> u64 {
        let mut query = sqlx::query(text).bind(whose.uuid().as_bytes().to_vec());
        for value in values {
            query = query.bind(*value);
        }
        query.execute(&mut self.raw).await.unwrap().rows_affected()
    }

    /// How many entries an organisation's ledger has.
    fn size(&self, whose: OrganisationId) -> i64 {
        self.checkpoints.iter().filter(|(of, _, _)| *of == whose).map(|(_, size, _)| *size).max().unwrap()
    }

    /// The words for an entry that is another than the one that was signed: between the checkpoints around it.
    fn another_entry(&self, whose: OrganisationId, position: i64) -> String {
        let sizes = self.checkpoints.iter().filter(|(of, _, _)| *of == whose).map(|(_, size, _)| *size);
        let (before, after): (Vec<i64>, Vec<i64>) = sizes.partition(|size| *size <= position);
        let (before, after) = (before.into_iter().max().unwrap_or(0), after.into_iter().min().unwrap());
        format!(
            "entries {} to {after}: at least one of them is not the one that was signed with the checkpoint of {after} entries",
            before + 1
        )
    }

    /// The number of the entry that stands for a version.
    async fn entry_of(&mut self, version: &Version) -> i64 {
        let text = "SELECT position + 1 FROM ledger_leaf l JOIN record r ON r.leaf_id = l.leaf_id WHERE r.rowid = $1";
        sqlx::query_scalar(text).bind(version.row).fetch_one(&mut self.raw).await.unwrap()
    }
}

const FLIP_RECORD: &str = "UPDATE record SET sealed = substr(sealed, 1, 60) || (CASE hex(substr(sealed, 61, 1)) WHEN '00' THEN x'01' ELSE x'00' END) || substr(sealed, 62) WHERE rowid = $1";
const FLIP_LEAF: &str = "UPDATE ledger_leaf SET content = substr(content, 1, 40) || (CASE hex(substr(content, 41, 1)) WHEN '00' THEN x'01' ELSE x'00' END) || substr(content, 42) WHERE rowid = $1";
/// What two records say, held aside: a statement that swaps them at once would read the one that it has changed already.
const HOLD_RECORDS: &str = "CREATE TEMP TABLE held AS SELECT rowid AS row, sealed FROM record WHERE rowid IN ($1, $2)";
const SWAP_RECORDS: &str =
    "UPDATE record SET sealed = (SELECT sealed FROM held WHERE row <> record.rowid) WHERE rowid IN ($1, $2)";

/// Makes a copy and one change of the given kind in it.
pub async fn tamper(kind: usize, evidence: &Evidence, at: &Path, chance: &mut Chance) -> Tampered {
    if kind == KINDS - 1 {
        return put_back(evidence, at, chance);
    }
    let mut copy = Copy::of(&evidence.whole, at).await;
    let tampered = match kind {
        0..6 => records(kind, &mut copy, chance).await,
        6..12 => leaves(kind, &mut copy, chance).await,
        12..17 => checkpoints(kind, &mut copy, chance).await,
        17..22 => keys(kind, &mut copy, chance).await,
        22..24 => derived(kind, &mut copy, chance).await,
        _ => whole_tables(kind, &mut copy, chance).await,
    };
    copy.raw.close().await.unwrap();
    tampered
}

/// Edit, delete, insert and swap what was recorded.
async fn records(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    let version = chance.of(&copy.versions);
    let (whose, place) = (version.organisation, version.place.as_str());
    let (named, whose) = match kind {
        0 => {
            assert_eq!(copy.run(FLIP_RECORD, &[version.row]).await, 1);
            (vec![format!("{place}: its stored text was changed after it was recorded")], Some(whose))
        }
        1 => {
            let entry = copy.entry_of(&version).await;
            copy.run("DELETE FROM record WHERE rowid = $1", &[version.row]).await;
            (vec![format!("entry {entry}: its record was removed, and no certificate")], Some(whose))
        }
        2 => {
            copy.run("INSERT INTO record SELECT organisation_id, kind, randomblob(16), version, sealed, randomblob(16) FROM record WHERE rowid = $1", &[version.row]).await;
            let added = "SELECT record_id FROM record ORDER BY rowid DESC LIMIT 1";
            let added: Vec<u8> = sqlx::query_scalar(added).fetch_one(&mut copy.raw).await.unwrap();
            let version = place.rsplit_once(' ').unwrap().1;
            (vec![format!("{}, version {version}: it was added behind the ledger’s back", id(&added))], Some(whose))
        }
        3 => {
            copy.run("INSERT INTO record SELECT organisation_id, kind, record_id, version + 100, sealed, leaf_id FROM record WHERE rowid = $1", &[version.row]).await;
            let before = place.rsplit_once(' ').unwrap().0;
            (
                vec![format!("{before} 101: it claims the entry"), format!("{before} 102: it claims the entry")],
                Some(whose),
            )
        }
        4 => {
            let other = loop {
                let other = chance.of(&copy.versions);
                if other.row != version.row {
                    break other;
                }
            };
            copy.run(HOLD_RECORDS, &[version.row, other.row]).await;
            assert_eq!(copy.run(SWAP_RECORDS, &[version.row, other.row]).await, 2);
            let named = [place, &other.place].map(|place| format!("{place}: its stored text was changed"));
            (named.into(), (other.organisation == whose).then_some(whose))
        }
        _ => {
            let leaf = loop {
                let leaf = chance.of(&copy.leaves);
                if (leaf.organisation, leaf.position + 1) != (whose, copy.entry_of(&version).await) {
                    break leaf;
                }
            };
            copy.run(
                "UPDATE record SET leaf_id = (SELECT leaf_id FROM ledger_leaf WHERE rowid = $2) WHERE rowid = $1",
                &[version.row, leaf.row],
            )
            .await;
            // An entry of the other organisation is none of this one. Of two records with one entry, the first in order is compared with it.
            let mut named = vec![format!("{place}: it was added behind"), format!("{place}: its stored text")];
            named.push(format!("{place}: it claims the entry of another record"));
            (named, Some(whose))
        }
    };
    Tampered { named, each: kind == 4, whose }
}

/// Edit, delete, insert and swap entries of the ledger, and cut it short.
async fn leaves(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    let leaf = chance.of(&copy.leaves);
    let (whose, position) = (leaf.organisation, leaf.position);
    let size = copy.size(whose);
    let named = match kind {
        6 => {
            assert_eq!(copy.run(FLIP_LEAF, &[leaf.row]).await, 1);
            vec![copy.another_entry(whose, position)]
        }
        7 => {
            copy.run("DELETE FROM ledger_leaf WHERE rowid = $1", &[leaf.row]).await;
            let last = format!("the ledger was cut short: {size} entries were signed, {position} are here");
            vec![if position + 1 == size { last } else { format!("entry {}: it was removed", position + 1) }]
        }
        8 => {
            let others: Vec<Leaf> =
                copy.leaves.iter().filter(|o| o.organisation == whose && o.row != leaf.row).cloned().collect();
            let other = chance.of(&others);
            copy.run("DROP INDEX ledger_leaf_by_position", &[]).await;
            for (row, position) in [(leaf.row, other.position), (other.row, position)] {
                copy.run("UPDATE ledger_leaf SET position = $2 WHERE rowid = $1", &[row, position]).await;
            }
            vec![copy.another_entry(whose, position.min(other.position))]
        }
        9 => {
            copy.run("UPDATE ledger_leaf SET added_at = added_at - 86400000000 WHERE rowid = $1", &[leaf.row]).await;
            vec![format!("entry {}: it was changed", position + 1)]
        }
        10 => {
            // Back-dated, in the entry as well as in its row.
            copy.run("UPDATE ledger_leaf SET content = substr(content, 1, 19) || x'00' || substr(content, 21) WHERE rowid = $1", &[leaf.row]).await;
            vec![format!("entry {}: it was changed", position + 1)]
        }
        _ => {
            // One more at the end, that looks like any other.
            let text = "INSERT INTO ledger_leaf (organisation_id, leaf_id, added_at, content, position) SELECT organisation_id, substr(leaf_id, 1, 8) || randomblob(8), added_at, content, $2 FROM ledger_leaf WHERE rowid = $1";
            copy.run(text, &[leaf.row, size]).await;
            vec![format!("entry {}: it was changed", size + 1)]
        }
    };
    Tampered { named, each: false, whose: Some(whose) }
}

/// Change what was signed, or take it away.
async fn checkpoints(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    let (whose, size, row) = chance.of(&copy.checkpoints);
    let named = match kind {
        12 => {
            copy.run("UPDATE ledger_checkpoint SET note = replace(note, char(10) || size || char(10), char(10) || (size - 1) || char(10)) WHERE rowid = $1", &[row]).await;
            vec![format!("the checkpoint of {size} entries was changed")]
        }
        13 => {
            copy.run("UPDATE ledger_checkpoint SET note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAA=' || char(10) WHERE rowid = $1", &[row]).await;
            let not_signed =
                format!("the checkpoint of {size} entries is not signed by this organisation’s ledger key");
            vec![not_signed, format!("the checkpoint of {size} entries was changed")]
        }
        14 => {
            let size = copy.size(whose);
            copy.run_for("DELETE FROM ledger_checkpoint WHERE organisation_id = $1 AND size = $2", whose, &[size])
                .await;
            vec![format!("the checkpoint of {size} entries was removed")]
        }
        15 => {
            copy.run_for("UPDATE ledger_head SET size = size - 1 WHERE organisation_id = $1", whose, &[]).await;
            vec!["where the ledger says that it stands is not where its entries lead".to_owned()]
        }
        _ => {
            let level = [8, 16][chance.below(2)];
            let text = "INSERT INTO ledger_node SELECT organisation_id, $2, $3, randomblob(32) FROM organisation WHERE organisation_id = $1";
            let at = i64::try_from(chance.below(3)).unwrap();
            copy.run_for(text, whose, &[level, at]).await;
            vec![format!("the kept root {at} of level {level} of the tree was changed")]
        }
    };
    Tampered { named, each: false, whose: Some(whose) }
}

/// Take away or change what opens the records.
async fn keys(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    type Key = (i64, Vec<u8>, String, Vec<u8>);
    let table = match kind {
        17 | 18 => "SELECT rowid, organisation_id, holder_kind, holder_id FROM holder_key",
        _ => "SELECT rowid, organisation_id, kind, record_id FROM record_key",
    };
    let all: Vec<Key> = sqlx::query_as(table).fetch_all(&mut copy.raw).await.unwrap();
    let (row, of, word, record) = chance.of(&all);
    let (whose, record) = (organisation(&of), id(&record));
    let closed = format!("{word} {record}, version 1: its key was removed, and no certificate");
    let changed = format!("a key of {word} {record} was changed, or belongs to nothing");
    let named = match kind {
        17 => {
            // What was held by it alone no longer opens.
            let held = "SELECT r.kind, r.record_id FROM record_key r JOIN holder_key h ON h.holder_kind = r.holder_kind AND h.holder_id = r.holder_id WHERE h.rowid = $1";
            let held: Vec<(String, Vec<u8>)> = sqlx::query_as(held).bind(row).fetch_all(&mut copy.raw).await.unwrap();
            copy.run("DELETE FROM holder_key WHERE rowid = $1", &[row]).await;
            let words =
                |(kind, record): (String, Vec<u8>)| format!("{kind} {}, version 1: its key was removed", id(&record));
            held.into_iter().map(words).collect()
        }
        18 => {
            copy.run("UPDATE holder_key SET wrapped = substr(wrapped, 1, 50) || randomblob(8) || substr(wrapped, 59) WHERE rowid = $1", &[row]).await;
            vec![changed]
        }
        19 => {
            copy.run("DELETE FROM record_key WHERE rowid = $1", &[row]).await;
            vec![closed, changed]
        }
        20 => {
            copy.run("UPDATE record_key SET wrapped = randomblob(length(wrapped)) WHERE rowid = $1", &[row]).await;
            vec![changed]
        }
        _ => {
            let text = "INSERT INTO record_key SELECT organisation_id, kind, randomblob(16), holder_kind, holder_id, wrapped FROM record_key WHERE rowid = $1";
            copy.run(text, &[row]).await;
            let added = "SELECT record_id FROM record_key ORDER BY rowid DESC LIMIT 1";
            let added: Vec<u8> = sqlx::query_scalar(added).fetch_one(&mut copy.raw).await.unwrap();
            vec![format!("a key of {word} {} was changed, or belongs to nothing", id(&added))]
        }
    };
    Tampered { named, each: false, whose: Some(whose) }
}

/// Change the rows by which records are found.
async fn derived(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    const REMOVALS: [(&str, &str); 6] = [
        ("matter_person", "DELETE FROM matter_person WHERE rowid = (SELECT min(rowid) FROM matter_person)"),
        ("matter_member", "DELETE FROM matter_member WHERE rowid = (SELECT max(rowid) FROM matter_member)"),
        ("decision", "DELETE FROM decision WHERE rowid = (SELECT min(rowid) FROM decision)"),
        ("decision_item", "DELETE FROM decision_item WHERE rowid = (SELECT max(rowid) FROM decision_item)"),
        ("item", "DELETE FROM item WHERE rowid = (SELECT min(rowid) FROM item)"),
        ("sign_in_name", "DELETE FROM sign_in_name WHERE rowid = (SELECT min(rowid) FROM sign_in_name)"),
    ];
    const CHANGES: [(&str, &str); 6] = [
        ("matter_member", "UPDATE matter_member SET member_id = randomblob(16)"),
        (
            "decision",
            "UPDATE decision SET recorded_at = recorded_at - 1000000 WHERE rowid = (SELECT max(rowid) FROM decision)",
        ),
        ("decision", "UPDATE decision SET member_id = randomblob(16) WHERE rowid = (SELECT min(rowid) FROM decision)"),
        ("person", "UPDATE person SET version = version + 1 WHERE rowid = (SELECT min(rowid) FROM person)"),
        (
            "sign_in_name",
            "UPDATE sign_in_name SET tag = randomblob(32) WHERE rowid = (SELECT min(rowid) FROM sign_in_name)",
        ),
        (
            "matter_person",
            "INSERT INTO matter_person SELECT organisation_id, matter_id, randomblob(16) FROM matter LIMIT 1",
        ),
    ];
    let words = if kind == 22 {
        let (table, text) = chance.of(&REMOVALS);
        copy.run(text, &[]).await;
        format!("table {table} lacks a row that a record says: ")
    } else {
        let (table, text) = chance.of(&CHANGES);
        copy.run(text, &[]).await;
        format!("table {table} has a row that no record says: ")
    };
    Tampered { named: vec![words], each: false, whose: None }
}

/// Truncate, remove an organisation, and put a part back to an earlier state.
async fn whole_tables(kind: usize, copy: &mut Copy, chance: &mut Chance) -> Tampered {
    let (whose, _, _) = chance.of(&copy.checkpoints);
    let size = copy.size(whose);
    let (named, whose) = match kind {
        24 => (truncated(copy, whose, chance).await, None),
        25 => {
            // The newest entries with their records and checkpoints, as if they had never been.
            let kept = i64::try_from(chance.below(usize::try_from(size).unwrap())).unwrap();
            let gone = "DELETE FROM record WHERE organisation_id = $1 AND leaf_id IN (SELECT leaf_id FROM ledger_leaf WHERE position >= $2)";
            copy.run_for(gone, whose, &[kept]).await;
            copy.run_for("DELETE FROM ledger_leaf WHERE organisation_id = $1 AND position >= $2", whose, &[kept]).await;
            copy.run_for("DELETE FROM ledger_checkpoint WHERE organisation_id = $1 AND size > $2", whose, &[kept])
                .await;
            (vec![rolled_back(size, kept)], Some(whose))
        }
        26 => {
            // The newest version of what was changed last, with all that was derived from it.
            copy.run_for("DELETE FROM record WHERE organisation_id = $1 AND version = 2", whose, &[]).await;
            copy.run_for("UPDATE person SET version = 1 WHERE organisation_id = $1", whose, &[]).await;
            (vec![format!("entry {size}: its record was removed, and no certificate")], Some(whose))
        }
        27 => {
            remove_everything_of(copy, whose).await;
            (
                vec![format!(
                    "the organisation was removed whole: {size} entries of its ledger were signed, and nothing of it is here"
                )],
                Some(whose),
            )
        }
        28 => {
            let more = "UPDATE pack_file SET content = content || x'0A23206F72206E6F74' WHERE rowid = (SELECT min(rowid) FROM pack_file)";
            copy.run(more, &[]).await;
            (vec![format!("pack {}): its text was changed after it was kept", kept_pack().pack.digest)], None)
        }
        29 => {
            copy.run("DELETE FROM pack_file", &[]).await;
            copy.run("DELETE FROM pack", &[]).await;
            (vec![format!("pack {}): it was removed", kept_pack().pack.digest)], None)
        }
        _ => {
            copy.run_for("DELETE FROM organisation WHERE organisation_id = $1", whose, &[]).await;
            (vec!["the organisation was removed, but records of it are left".to_owned()], Some(whose))
        }
    };
    Tampered { named, each: false, whose }
}

fn rolled_back(signed: i64, found: i64) -> String {
    format!("an older copy of the database was put back: {signed} entries were signed, {found} are here")
}

/// Empties one table for everybody; what must be said of this organisation's part of it.
async fn truncated(copy: &mut Copy, whose: OrganisationId, chance: &mut Chance) -> Vec<String> {
    let (size, last) = (copy.size(whose), chance.below(10));
    let entry = 1 + chance.below(usize::try_from(size).unwrap());
    let version = chance.of(&copy.versions);
    let (text, said) = match last {
        0 => ("DELETE FROM record", format!("entry {entry}: its record was removed")),
        1 => ("DELETE FROM ledger_leaf", format!("the ledger was cut short: {size} entries were signed, 0 are here")),
        2 => ("DELETE FROM ledger_checkpoint", format!("the checkpoint of {size} entries was removed")),
        3 => ("DELETE FROM ledger_head", "where the ledger says that it stands".to_owned()),
        4 => ("DELETE FROM holder_key", format!("{}: its key was removed", version.place)),
        5 => ("DELETE FROM record_key", format!("{}: its key was removed", version.place)),
        6 => ("DELETE FROM decision", "table decision lacks a row that a record says".to_owned()),
        7 => ("DELETE FROM person", "table person lacks a row that a record says".to_owned()),
        8 => ("DELETE FROM member", "table member lacks a row that a record says".to_owned()),
        _ => ("DELETE FROM organisation", "the organisation was removed, but records of it are left".to_owned()),
    };
    assert!(copy.run(text, &[]).await > 1);
    vec![said]
}

/// Everything of one organisation goes, as if it had never been: every table that names one.
async fn remove_everything_of(copy: &mut Copy, whose: OrganisationId) {
    let named = "SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'organisation_id'";
    let tables: Vec<String> = sqlx::query_scalar(named).fetch_all(&mut copy.raw).await.unwrap();
    assert!(tables.len() > 30, "{tables:?}");
    for table in tables {
        let text: &'static str = format!("DELETE FROM \"{table}\" WHERE organisation_id = $1").leak();
        copy.run_for(text, whose, &[]).await;
    }
}

/// An older copy of the whole database in its place.
fn put_back(evidence: &Evidence, at: &Path, chance: &mut Chance) -> Tampered {
    let older: Older = chance.of(&evidence.older);
    fs::copy(&older.file, at).unwrap();
    let signed = |organisation: OrganisationId| -> i64 {
        let signed = fs::read_to_string(evidence.keys.join(format!("{organisation}.signed"))).unwrap();
        signed.lines().nth(1).unwrap().parse().unwrap()
    };
    let shorter = older.sizes.iter().filter_map(|&(organisation, size)| {
        let (size, signed) = (i64::try_from(size).unwrap(), signed(organisation));
        (size < signed).then(|| rolled_back(signed, size))
    });
    Tampered { named: shorter.collect(), each: true, whose: None }
}
