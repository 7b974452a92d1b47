//! What somebody who has the database's password, and not the keys, may do to it, with what must be said of it.

use std::fs;

use casework::OrganisationId;
use uuid::Uuid;

use super::raw::{Kept, Raw, Value};
use super::{Chance, Evidence, Older};
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
pub const KINDS: usize = 35;

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
    raw: Raw,
    versions: Vec<Version>,
    leaves: Vec<Leaf>,
    /// The checkpoints: whose, of how many entries, the row.
    checkpoints: Vec<(OrganisationId, i64, i64)>,
}

impl Copy {
    async fn of(copy: &Kept) -> Self {
        type Row = (i64, Uuid, String, Uuid, i64);
        let mut raw = copy.opened().await;
        let rows: Vec<Row> = raw.rows("SELECT rowid, organisation_id, kind, record_id, version FROM record", &[]).await;
        let version = |(row, of, kind, record, version): Row| Version {
            row,
            organisation: OrganisationId::from_uuid(of),
            place: format!("{kind} {record}, version {version}"),
        };
        let versions = rows.into_iter().map(version).collect();
        let rows: Vec<(i64, Uuid, i64)> =
            raw.rows("SELECT rowid, organisation_id, position FROM ledger_leaf", &[]).await;
        let leaf = |(row, of, position)| Leaf { row, organisation: OrganisationId::from_uuid(of), position };
        let leaves = rows.into_iter().map(leaf).collect();
        let rows: Vec<(Uuid, i64, i64)> =
            raw.rows("SELECT organisation_id, size, rowid FROM ledger_checkpoint ORDER BY size", &[]).await;
        let checkpoint = |(of, size, row)| (OrganisationId::from_uuid(of), size, row);
        let checkpoints = rows.into_iter().map(checkpoint).collect();
        Self { raw, versions, leaves, checkpoints }
    }

    /// Runs what a superuser would; how many rows it changed.
    async fn run(&mut self, text: &str, values: &[i64]) -> u64 {
        let values: Vec<Value> = values.iter().map(|value| Value::Number(*value)).collect();
        self.raw.run(text, &values).await
    }

    /// The same for one organisation's rows, which `$1` names.
    async fn run_for(&mut self, text: &str, whose: OrganisationId, values: &[i64]) -> u64 {
        let mut all = vec![Value::Id(whose.uuid())];
        all.extend(values.iter().map(|value| Value::Number(*value)));
        self.raw.run(text, &all).await
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
        self.raw.only(text, &[Value::Number(version.row)]).await
    }
}

const FLIP_RECORD: &str = "UPDATE record SET sealed = substr(sealed, 1, 60) || (CASE hex(substr(sealed, 61, 1)) WHEN '00' THEN unhex('01') ELSE unhex('00') END) || substr(sealed, 62) WHERE rowid = $1";
const FLIP_LEAF: &str = "UPDATE ledger_leaf SET content = substr(content, 1, 40) || (CASE hex(substr(content, 41, 1)) WHEN '00' THEN unhex('01') ELSE unhex('00') END) || substr(content, 42) WHERE rowid = $1";
/// Makes a copy and one change of the given kind in it.
pub async fn tamper(kind: usize, evidence: &Evidence, name: &str, chance: &mut Chance) -> (Kept, Tampered) {
    match KINDS - kind {
        1 => return put_back(evidence, name, chance).await,
        2 => return put_back_and_renamed(evidence, 3, name, chance).await,
        3 => return put_back_and_renamed(evidence, 1, name, chance).await,
        _ => {}
    }
    let kept = evidence.whole.copied(name).await;
    let mut copy = Copy::of(&kept).await;
    let tampered = match kind {
        0..6 => records(kind, &mut copy, chance).await,
        6..12 => leaves(kind, &mut copy, chance).await,
        12..17 => checkpoints(kind, &mut copy, chance).await,
        17..22 => keys(kind, &mut copy, chance).await,
        22..24 => derived(kind, &mut copy, chance).await,
        _ => whole_tables(kind, &mut copy, chance).await,
    };
    copy.raw.close().await;
    (kept, tampered)
}

/// What two records say, each in the other's place.
async fn swap(copy: &mut Copy, one: &Version, other: &Version) {
    let sealed = "SELECT sealed FROM record WHERE rowid = $1";
    let first: Vec<u8> = copy.raw.only(sealed, &[Value::Number(one.row)]).await;
    let second: Vec<u8> = copy.raw.only(sealed, &[Value::Number(other.row)]).await;
    for (version, sealed) in [(one, second), (other, first)] {
        let text = "UPDATE record SET sealed = $2 WHERE rowid = $1";
        assert_eq!(copy.raw.run(text, &[Value::Number(version.row), Value::Bytes(sealed)]).await, 1);
    }
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
            let text = "INSERT INTO record SELECT organisation_id, kind, new_id(), version, sealed, new_id() FROM record WHERE rowid = $1 RETURNING record_id";
            let added: Uuid = copy.raw.only(text, &[Value::Number(version.row)]).await;
            let version = place.rsplit_once(' ').unwrap().1;
            (vec![format!("{added}, version {version}: it was added behind the ledger’s back")], Some(whose))
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
            swap(copy, &version, &other).await;
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
            copy.run("UPDATE ledger_leaf SET content = substr(content, 1, 19) || unhex('00') || substr(content, 21) WHERE rowid = $1", &[leaf.row]).await;
            vec![format!("entry {}: it was changed", position + 1)]
        }
        _ => {
            // One more at the end, that looks like any other.
            let text = "INSERT INTO ledger_leaf (organisation_id, leaf_id, added_at, content, position) SELECT organisation_id, new_id(), added_at, content, $2 FROM ledger_leaf WHERE rowid = $1";
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
            copy.run("UPDATE ledger_checkpoint SET note = replace(note, '\n' || size || '\n', '\n' || (size - 1) || '\n') WHERE rowid = $1", &[row]).await;
            vec![format!("the checkpoint of {size} entries was changed")]
        }
        13 => {
            copy.run("UPDATE ledger_checkpoint SET note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAA=' || '\n' WHERE rowid = $1", &[row]).await;
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
    type Key = (i64, Uuid, String, Uuid);
    let table = match kind {
        17 | 18 => "SELECT rowid, organisation_id, holder_kind, holder_id FROM holder_key",
        _ => "SELECT rowid, organisation_id, kind, record_id FROM record_key",
    };
    let all: Vec<Key> = copy.raw.rows(table, &[]).await;
    let (row, of, word, record) = chance.of(&all);
    let whose = OrganisationId::from_uuid(of);
    let closed = format!("{word} {record}, version 1: its key was removed, and no certificate");
    let changed = format!("a key of {word} {record} was changed, or belongs to nothing");
    let named = match kind {
        17 => {
            // What was held by it alone no longer opens.
            let held = "SELECT r.kind, r.record_id FROM record_key r JOIN holder_key h ON h.holder_kind = r.holder_kind AND h.holder_id = r.holder_id WHERE h.rowid = $1";
            let held: Vec<(String, Uuid)> = copy.raw.rows(held, &[Value::Number(row)]).await;
            copy.run("DELETE FROM holder_key WHERE rowid = $1", &[row]).await;
            let words = |(kind, record)| format!("{kind} {record}, version 1: its key was removed");
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
            let text = "INSERT INTO record_key SELECT organisation_id, kind, new_id(), holder_kind, holder_id, wrapped FROM record_key WHERE rowid = $1 RETURNING record_id";
            let added: Uuid = copy.raw.only(text, &[Value::Number(row)]).await;
            vec![format!("a key of {word} {added} was changed, or belongs to nothing")]
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
        ("matter_member", "UPDATE matter_member SET member_id = new_id()"),
        (
            "decision",
            "UPDATE decision SET recorded_at = recorded_at - 1000000 WHERE rowid = (SELECT max(rowid) FROM decision)",
        ),
        ("decision", "UPDATE decision SET member_id = new_id() WHERE rowid = (SELECT min(rowid) FROM decision)"),
        ("person", "UPDATE person SET version = version + 1 WHERE rowid = (SELECT min(rowid) FROM person)"),
        (
            "sign_in_name",
            "UPDATE sign_in_name SET tag = randomblob(32) WHERE rowid = (SELECT min(rowid) FROM sign_in_name)",
        ),
        ("matter_person", "INSERT INTO matter_person SELECT organisation_id, matter_id, new_id() FROM matter LIMIT 1"),
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
            let newest =
                copy.versions.iter().find(|one| one.organisation == whose && one.place.ends_with(", version 2"));
            let newest = newest.cloned().unwrap();
            let entry = copy.entry_of(&newest).await;
            copy.run_for("DELETE FROM record WHERE organisation_id = $1 AND version = 2", whose, &[]).await;
            copy.run_for("UPDATE person SET version = 1 WHERE organisation_id = $1", whose, &[]).await;
            (vec![format!("entry {entry}: its record was removed, and no certificate")], Some(whose))
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
            let more = "UPDATE pack_file SET content = content || unhex('0A23206F72206E6F74') WHERE rowid = (SELECT min(rowid) FROM pack_file)";
            copy.run(more, &[]).await;
            (vec![format!("pack {}): its text was changed after it was kept", kept_pack().pack.digest)], None)
        }
        29 => {
            copy.run("DELETE FROM pack_file", &[]).await;
            copy.run("DELETE FROM pack", &[]).await;
            (vec![format!("pack {}): it was removed", kept_pack().pack.digest)], None)
        }
        30 => {
            copy.run_for("DELETE FROM organisation WHERE organisation_id = $1", whose, &[]).await;
            (vec!["the organisation was removed, but records of it are left".to_owned()], Some(whose))
        }
        _ => {
            // One that a newer one covers: nothing rests on it any more, and it is missed all the same.
            let all: Vec<_> = copy.checkpoints.iter().filter(|(of, _, _)| *of == whose).copied().collect();
            let earlier: Vec<_> = all.iter().filter(|(_, of_size, _)| *of_size < size).copied().collect();
            let (_, _, row) = chance.of(&earlier);
            assert_eq!(copy.run("DELETE FROM ledger_checkpoint WHERE rowid = $1", &[row]).await, 1);
            let (kept, left) = (all.len(), all.len() - 1);
            let said = format!("of the {kept} checkpoints of up to {size} entries that were kept, {left} are here");
            (vec![said], Some(whose))
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
    let tables = copy.raw.tables_with("organisation_id").await;
    assert!(tables.len() > 30, "{tables:?}");
    for table in tables {
        copy.run_for(&format!("DELETE FROM \"{table}\" WHERE organisation_id = $1"), whose, &[]).await;
    }
}

/// An older copy, from after the restore, in which the ledger is given the name that it would have after another, or had before it: so that
/// what was signed under its own name is not compared with it.
async fn put_back_and_renamed(evidence: &Evidence, epoch: i64, name: &str, chance: &mut Chance) -> (Kept, Tampered) {
    let older: Older = chance.of(&evidence.older);
    let kept = older.database.copied(name).await;
    let mut raw = kept.opened().await;
    let text = "UPDATE ledger_head SET epoch = $2 WHERE organisation_id = $1";
    let whose = evidence.restored;
    assert_eq!(raw.run(text, &[Value::Id(whose.uuid()), Value::Number(epoch)]).await, 1);
    raw.close().await;
    let name =
        |epoch: i64| if epoch == 1 { format!("sharewell/{whose}") } else { format!("sharewell/{whose}/epoch-{epoch}") };
    let mut named = vec![format!("the ledger goes on as {}, which is not its name", name(epoch))];
    let size = fs::read_to_string(evidence.keys.join(format!("{whose}.signed"))).unwrap();
    let size: i64 = size.lines().nth(1).unwrap().parse().unwrap();
    let found = older.sizes.iter().find(|(organisation, _)| *organisation == whose).unwrap().1;
    let found = i64::try_from(found).unwrap();
    named.push(if epoch == 1 {
        format!("its ledger was signed as {}, the name that it got after a restore", name(2))
    } else if found < size {
        rolled_back(size, found)
    } else {
        format!("{size} entries of it were signed last as {}, and no restore", name(2))
    });
    (kept, Tampered { named, each: true, whose: None })
}

/// An older copy of the whole database in its place.
async fn put_back(evidence: &Evidence, name: &str, chance: &mut Chance) -> (Kept, Tampered) {
    let older: Older = chance.of(&evidence.older);
    let kept = older.database.copied(name).await;
    let signed = |organisation: OrganisationId| -> i64 {
        let signed = fs::read_to_string(evidence.keys.join(format!("{organisation}.signed"))).unwrap();
        signed.lines().nth(1).unwrap().parse().unwrap()
    };
    let shorter = older.sizes.iter().filter_map(|&(organisation, size)| {
        let (size, signed) = (i64::try_from(size).unwrap(), signed(organisation));
        (size < signed).then(|| rolled_back(signed, size))
    });
    let named = shorter.collect();
    (kept, Tampered { named, each: true, whose: None })
}
