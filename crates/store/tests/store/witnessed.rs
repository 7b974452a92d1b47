//! What only a witness shows: the database and everything beside it put back to an older state, or written anew with the keys.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use casework::{Member, OrganisationId};
use ledger::checkpoint::Checkpoint;
use ledger::note::Note;
use ledger::witness::{Refusal, origin_name};
use sharewell_store::{
    Against, Database, Finding, Place, Shown, SignedCheckpoint, Store, StoreError, verify, verify_against,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use crate::common::{House, NOW, decision, item, randomness};

/// A school whose ledger a surgery in another installation witnesses.
struct Pair {
    house: House,
    school: OrganisationId,
    teacher: Member,
    elsewhere: House,
    surgery: OrganisationId,
}

impl Pair {
    async fn new() -> Self {
        let (house, elsewhere) = (House::new().await, House::new().await);
        let (school, teacher) = house.school().await;
        let (surgery, _) = elsewhere.organisation("Harrow Lane Surgery", "gp", "doctor").await;
        Self { house, school: school.id, teacher, elsewhere, surgery: surgery.id }
    }

    /// Records a decision, signs the ledger, and gives the checkpoint.
    async fn record(&self) -> SignedCheckpoint {
        let (matter, _) = self.house.matter(&self.teacher).await;
        let item = item(&self.teacher, &matter, "Came without lunch");
        let decision = decision(&self.teacher, &matter, &[&item]);
        self.house
            .write(self.school, async |w| {
                w.save_item(&item).await?;
                w.add_decision(&decision).await
            })
            .await
            .unwrap();
        self.house.store.sign_ledger(self.school).await.unwrap().unwrap()
    }

    /// Has the surgery witness a checkpoint; the status of a refusal.
    async fn witness(&self, checkpoint: &SignedCheckpoint) -> Result<(), u16> {
        let log = self.house.store.ledger_key(self.school).await.unwrap();
        let seen = self.elsewhere.read(self.surgery, async |r| r.witnessed(log.name()).await).await;
        let old = seen.map_or(0, |(size, _)| size).min(checkpoint.size);
        let asked = self.house.store.to_be_witnessed(self.school, old, checkpoint).await.unwrap();
        let answer = self.elsewhere.store.witness(self.surgery, asked.as_bytes(), &[log]).await.unwrap();
        let line = answer.map_err(Refusal::status)?;
        let key = self.elsewhere.store.witness_key(self.surgery).unwrap();
        self.house.store.keep_cosignature(self.school, checkpoint, &key, line.as_bytes()).await.unwrap();
        Ok(())
    }

    /// What the surgery shows to those who ask what it saw of the school's ledger.
    async fn against(&self) -> Against {
        let log = self.house.store.ledger_key(self.school).await.unwrap();
        let name = origin_name(log.name());
        let shown = self.elsewhere.read(self.surgery, async |r| r.witnessed_note(&name).await).await.unwrap();
        let key = self.elsewhere.store.witness_key(self.surgery).unwrap();
        let note = Note::parse(shown.as_bytes()).unwrap();
        let (checkpoint, by) = Checkpoint::open(&note, &log, &[&key]).unwrap();
        assert_eq!(by.len(), 1);
        let shown = Shown { by: "Harrow Lane Surgery".into(), checkpoint };
        Against { witnesses: vec![key], shown: vec![shown] }
    }

    fn database(&self) -> PathBuf {
        self.house.place().database.file().unwrap().to_owned()
    }

    /// What the ledger's key remembers, beside it: what it signed last, and how much of it is kept.
    fn remembered(&self) -> [(&'static str, PathBuf); 2] {
        [".signed", ".kept"].map(|name| (name, self.house.place().keys.join(format!("{}{name}", self.school))))
    }

    async fn findings(&self, against: &Against) -> Vec<Finding> {
        let place = self.house.place();
        let verified = verify_against(&place.database, Some(&place.keys), against, |_| {}).await.unwrap();
        assert_eq!(verified.len(), 1);
        verified.into_iter().flat_map(|one| one.findings).collect()
    }

    /// As whoever runs the machine: keeps the database and what the key remembers, to be put back later.
    async fn keep(&self, beside: &Path) {
        let mut raw = raw(&self.database()).await;
        sqlx::query("VACUUM INTO $1").bind(beside.join("older.db").to_str().unwrap()).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
        fs::set_permissions(beside.join("older.db"), fs::Permissions::from_mode(0o600)).unwrap();
        for (name, file) in self.remembered() {
            fs::copy(file, beside.join(format!("older{name}"))).unwrap();
        }
    }

    /// Puts back what [`Self::keep`] kept, and opens it, which shows that nothing beside the database says otherwise.
    async fn put_back(self, beside: &Path) -> Self {
        self.house.store.close().await;
        let database = self.database();
        for part in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{part}", database.display()));
        }
        fs::copy(beside.join("older.db"), &database).unwrap();
        for (name, file) in self.remembered() {
            fs::copy(beside.join(format!("older{name}")), file).unwrap();
        }
        Self { house: self.house.restart().await, ..self }
    }
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).foreign_keys(false)).await.unwrap()
}

fn said(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_database_put_back_with_everything_beside_it_is_found_through_the_witness_alone() {
    let beside = tempfile::TempDir::new().unwrap();
    let pair = Pair::new().await;
    pair.witness(&pair.record().await).await.unwrap();
    pair.keep(beside.path()).await;
    let last = pair.record().await;
    pair.witness(&last).await.unwrap();
    let against = pair.against().await;
    assert_eq!(pair.findings(&against).await, [], "all is as it was");

    let pair = pair.put_back(beside.path()).await;
    assert_eq!(pair.findings(&Against::default()).await, [], "nothing on this machine shows it");
    let found = pair.findings(&against).await;
    let here = last.size - 4;
    assert_eq!(
        found,
        [Finding::WitnessSawMore { by: "Harrow Lane Surgery".into(), seen: last.size, found: here }],
        "{}",
        said(&found)
    );
    assert!(said(&found).contains(&format!("entries {} to {} are missing", here + 1, last.size)), "{}", said(&found));

    // The running program is refused, too: with what it has, and with what it records since.
    let state = pair.house.read(pair.school, async |r| r.ledger_state().await).await;
    assert_eq!(pair.witness(&state.signed.unwrap()).await, Err(409));
    let other = pair.record().await;
    assert_eq!(other.size, last.size);
    assert_eq!(pair.witness(&other).await, Err(422));
    assert_eq!(pair.findings(&Against::default()).await, []);
    let found = pair.findings(&against).await;
    assert_eq!(found, [Finding::WitnessSawOther { by: "Harrow Lane Surgery".into(), size: last.size }]);
    let longer = pair.record().await;
    assert_eq!(pair.witness(&longer).await, Err(422), "a longer fork is none the better");
    let found = pair.findings(&against).await;
    assert!(
        said(&found).contains("another ledger than the one that Harrow Lane Surgery witnessed"),
        "{}",
        said(&found)
    );
}

#[tokio::test]
async fn a_ledger_that_is_given_another_name_to_escape_its_witness_is_found() {
    let beside = tempfile::TempDir::new().unwrap();
    let pair = Pair::new().await;
    pair.witness(&pair.record().await).await.unwrap();
    pair.keep(beside.path()).await;
    pair.witness(&pair.record().await).await.unwrap();
    let against = pair.against().await;
    let pair = pair.put_back(beside.path()).await;
    pair.house.store.close().await;
    let mut raw = raw(&pair.database()).await;
    raw.execute("UPDATE ledger_head SET epoch = 2").await.unwrap();
    raw.close().await.unwrap();
    let refused = Store::open(&pair.house.place(), randomness(), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::OtherName { .. }), "{refused}");
    let found = said(&pair.findings(&Against::default()).await);
    assert!(found.contains("no restore is recorded"), "{found}");
    let found = said(&pair.findings(&against).await);
    assert!(found.contains("the name that it had before a restore, and this is not how it goes on"), "{found}");
}

#[tokio::test]
async fn what_is_restored_is_verified_up_to_what_the_witness_has_and_what_the_backup_lacks_is_said() {
    let beside = tempfile::TempDir::new().unwrap();
    let file = |name: &str| beside.path().join(name);
    let pair = Pair::new().await;
    pair.witness(&pair.record().await).await.unwrap();
    pair.house.store.back_up(&file("records of before"), &file("keys of before")).await.unwrap();
    let last = pair.record().await;
    pair.witness(&last).await.unwrap();
    pair.house.store.back_up(&file("records"), &file("keys")).await.unwrap();
    let against = pair.against().await;
    let restore = async |records: &str, into: &str| {
        let place = Place::under(&file(into));
        let restored =
            Store::restore(&file(records), &file("keys"), &place, "Ada Lovell", randomness(), NOW).await.unwrap();
        let verified = verify_against(&place.database, Some(&place.keys), &against, |_| {}).await.unwrap();
        (restored.organisations[0], verified.into_iter().next().unwrap())
    };

    let (restored, verified) = restore("records", "new").await;
    let held =
        pair.elsewhere.read(pair.surgery, async |r| r.witnessed(&format!("sharewell/{}", pair.school)).await).await;
    assert_eq!(held.map(|(size, _)| size), Some(last.size), "what the witness itself has");
    assert_eq!((restored.witnessed, restored.entries, restored.signed), (Some(last.size), last.size, Some(last.size)));
    assert_eq!(verified.findings, []);
    assert_eq!((verified.shown.len(), verified.shown[0].size, verified.entries), (1, last.size, last.size + 1));
    assert_eq!(verified.witnessed[0].size, last.size, "with the signature that the backup brought along");

    let (restored, verified) = restore("records of before", "older").await;
    assert_eq!((restored.witnessed, restored.signed), (Some(last.size - 4), Some(last.size)));
    let by = "Harrow Lane Surgery".to_owned();
    let origin = format!("sharewell/{}", pair.school);
    assert_eq!(verified.findings, [Finding::WitnessKnowsEarlierName { by, origin, size: last.size }]);
}

#[tokio::test]
async fn a_witnesss_kept_signature_that_was_altered_is_named_and_a_right_one_says_how_far_it_reaches() {
    let pair = Pair::new().await;
    pair.witness(&pair.record().await).await.unwrap();
    let last = pair.record().await;
    pair.witness(&last).await.unwrap();
    let against = pair.against().await;
    let place = pair.house.place();
    let verified = verify_against(&place.database, Some(&place.keys), &against, |_| {}).await.unwrap();
    let key = pair.elsewhere.store.witness_key(pair.surgery).unwrap();
    let reaches = &verified[0].witnessed[0];
    assert_eq!((reaches.witness.as_str(), reaches.size), (key.name(), last.size));
    assert_eq!(reaches.at.unwrap().micros() / 1_000_000, NOW.micros() / 1_000_000);
    assert_eq!((verified[0].shown[0].size, verified[0].unknown_cosignatures), (last.size, 0));
    let unknown = verify(&place.database, None, |_| {}).await.unwrap();
    assert_eq!((unknown[0].unknown_cosignatures, unknown[0].witnessed.len()), (2, 0));
    pair.house.store.close().await;
    let mut raw = raw(&pair.database()).await;
    raw.execute("UPDATE ledger_cosignature SET cosigned_at = cosigned_at + 86400000000").await.unwrap();
    let found = verify_against(&Database::File(pair.database()), None, &against, |_| {}).await.unwrap();
    assert_eq!(found[0].findings.len(), 2, "the time that the row says is not the one that is signed");
    raw.execute("UPDATE ledger_cosignature SET cosigned_at = cosigned_at - 86400000000").await.unwrap();
    let found = verify_against(&Database::File(pair.database()), None, &against, |_| {}).await.unwrap();
    assert_eq!(found[0].findings, []);
    let moved = "UPDATE ledger_cosignature SET line = (SELECT line FROM ledger_cosignature o ORDER BY size LIMIT 1) WHERE size = (SELECT max(size) FROM ledger_cosignature)";
    raw.execute(moved).await.unwrap();
    raw.close().await.unwrap();
    let found = verify_against(&Database::File(pair.database()), None, &against, |_| {}).await.unwrap();
    let altered =
        Finding::CosignatureAltered { size: i64::try_from(last.size).unwrap(), witness: key.name().to_owned() };
    assert_eq!(found[0].findings, [altered]);
}

#[tokio::test]
async fn a_checkpoint_or_a_witnesss_signature_that_was_taken_away_is_missed_also_where_a_newer_one_covers_it() {
    let pair = Pair::new().await;
    for _ in 0..3 {
        pair.witness(&pair.record().await).await.unwrap();
    }
    pair.witness(&pair.record().await).await.unwrap();
    let (last, place) = (pair.record().await, pair.house.place());
    pair.witness(&last).await.unwrap();
    let witness = pair.elsewhere.store.witness_key(pair.surgery).unwrap().name().to_owned();
    let up_to = i64::try_from(last.size).unwrap();
    pair.house.store.close().await;
    let mut raw = raw(&pair.database()).await;
    for (gone, found) in [("min(size)", 4), ("max(size)", 3)] {
        let text = format!("DELETE FROM ledger_cosignature WHERE size = (SELECT {gone} FROM ledger_cosignature)");
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut raw).await.unwrap();
        let missing = Finding::CosignaturesMissing { witness: witness.clone(), kept: 5, found, up_to };
        let said = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
        assert_eq!(said[0].findings, [missing]);
        assert_eq!(verify(&place.database, None, |_| {}).await.unwrap()[0].findings, [], "only the keys remember");
    }
    raw.execute("DELETE FROM ledger_cosignature").await.unwrap();
    let kept = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap()[0].checkpoints.0;
    raw.execute("DELETE FROM ledger_checkpoint WHERE size = (SELECT min(size) FROM ledger_checkpoint)").await.unwrap();
    raw.close().await.unwrap();
    let said = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    let missing = Finding::CheckpointsMissing { kept, found: kept - 1, up_to };
    assert!(said[0].findings.contains(&missing), "{:?}", said[0].findings);
}

#[tokio::test]
async fn checkpoints_of_before_they_were_counted_are_counted_with_the_next() {
    let pair = Pair::new().await;
    pair.witness(&pair.record().await).await.unwrap();
    let place = pair.house.place();
    let file = place.keys.join(format!("{}.kept", pair.school));
    std::fs::remove_file(&file).unwrap();
    let verified = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    assert_eq!(verified[0].findings, [], "nothing is missed where nothing was counted");
    pair.witness(&pair.record().await).await.unwrap();
    let said = std::fs::read_to_string(&file).unwrap();
    let kept = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap()[0].checkpoints.0;
    let says = |what: String| said.lines().any(|line| line.starts_with(&what));
    assert!(says(format!("checkpoints {kept} 1 ")) && says("cosignatures 2 1 ".to_owned()), "{said}");
}

#[tokio::test]
async fn what_a_witness_remembers_is_what_it_cosigned_or_it_cosigns_no_more() {
    for change in [
        "UPDATE witnessed_ledger SET size = size - 1",
        "UPDATE witnessed_ledger SET size = 0, root = zeroblob(32)",
        "UPDATE witnessed_ledger SET origin = origin || '/epoch-2'",
        "DELETE FROM witnessed_ledger",
        "UPDATE witnessed_ledger SET root = zeroblob(32), note = NULL",
        "UPDATE witnessed_ledger SET size = size + 1, root = zeroblob(32), note = NULL",
    ] {
        let pair = Pair::new().await;
        pair.witness(&pair.record().await).await.unwrap();
        let place = pair.elsewhere.place();
        for keys in [Some(place.keys.as_path()), None] {
            assert_eq!(verify(&place.database, keys, |_| {}).await.unwrap()[0].findings, []);
        }
        let mut raw = raw(place.database.file().unwrap()).await;
        raw.execute(change).await.unwrap();
        raw.close().await.unwrap();
        let found = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
        let origin = format!("sharewell/{}", pair.school);
        assert!(found[0].findings.iter().all(|one| matches!(one, Finding::WitnessedAltered { .. })), "{change}");
        assert!(found[0].findings.contains(&Finding::WitnessedAltered { origin }), "{change}");
        // That it is gone, or its note, only the keys remember.
        let found = verify(&place.database, None, |_| {}).await.unwrap();
        let gone = change.starts_with("DELETE") || change.contains("NULL");
        assert_eq!(found[0].findings.len(), usize::from(!gone), "{change}");
        let log = pair.house.store.ledger_key(pair.school).await.unwrap();
        let asked = pair.house.store.to_be_witnessed(pair.school, 0, &pair.record().await).await.unwrap();
        let refused = pair.elsewhere.store.witness(pair.surgery, asked.as_bytes(), &[log]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Malformed(_)), "{refused}");
    }
}
