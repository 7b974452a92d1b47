//! Commands that share a commit: together to the disk, each for itself otherwise.

use std::future::pending;
use std::time::Duration;

use casework::{Moment, NewOrganisation, Organisation, OrganisationId, Profile, SecondStep};
use tempfile::TempDir;

use super::*;
use crate::sql::Param;
use crate::statements::ADD_PACK;
use crate::{Place, Randomness, Store, StoreError, Writing};

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

struct House {
    folder: TempDir,
    store: Store,
    school: Organisation,
}

fn randomness() -> Randomness {
    let next = AtomicU64::new(1);
    Randomness::new(move |bytes| {
        for byte in bytes.iter_mut() {
            let state = next.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte = state.to_be_bytes()[0] ^ state.to_be_bytes()[3];
        }
        Ok(())
    })
}

impl House {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::create(&Place::under(folder.path()), randomness(), NOW).await.unwrap();
        let new = NewOrganisation {
            name: "Fernbank Primary".into(),
            body: "school-maintained".into(),
            partnership: String::new(),
            profile: Profile::default(),
            second_step: SecondStep::Offered,
        };
        let school = casework::found_organisation(OrganisationId::new(NOW, [7; 10]), new, NOW).unwrap();
        store.found_organisation(&school).await.unwrap();
        Self { folder, store, school }
    }

    /// Whether what was committed is exactly this, seen after the file is closed and opened again.
    async fn kept(self) -> BTreeSet<String> {
        self.store.close().await;
        let store = Store::open(&Place::under(self.folder.path()), randomness(), NOW).await.unwrap();
        store.packs().await.unwrap().into_iter().collect()
    }

    /// A command that adds one row named so.
    async fn add(&self, name: &str) -> Result<(), StoreError> {
        add(&self.store, self.school.id, name).await
    }
}

async fn add(store: &Store, organisation: OrganisationId, name: &str) -> Result<(), StoreError> {
    store.write("add", organisation, |mut w| async move { row(&mut w, name).await }).await
}

async fn row(writing: &mut Writing, name: &str) -> Result<(), StoreError> {
    let row = [Param::Text(name), Param::Text("p"), Param::Text("1"), Param::Int(0)];
    writing.open.run_one(ADD_PACK, &row).await
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_at_once_are_all_kept_with_far_fewer_commits() {
    let house = House::new().await;
    let before = house.store.commits();
    let mut writers = Vec::new();
    for n in 0..64 {
        let (store, school) = (house.store.clone(), house.school.id);
        writers.push(tokio::spawn(async move {
            for m in 0..4 {
                add(&store, school, &format!("{n} {m}")).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let commits = house.store.commits() - before;
    assert!(commits < 64, "{commits} commits for 256 commands");
    let expected = (0..64).flat_map(|n| (0..4).map(move |m| format!("{n} {m}"))).collect();
    assert_eq!(house.kept().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_command_a_commit_every_command_has_its_own() {
    let house = House::new().await;
    house.store.commit_at_most(NonZeroUsize::MIN);
    let before = house.store.commits();
    let mut writers = Vec::new();
    for n in 0..16 {
        let (store, school) = (house.store.clone(), house.school.id);
        writers.push(tokio::spawn(async move { add(&store, school, &n.to_string()).await }));
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(house.store.commits() - before, 16);
    assert_eq!(house.kept().await, (0..16).map(|n: u32| n.to_string()).collect());
}

/// Holds the writer up while others come to wait behind it, then lets it go on.
async fn behind_one_that_holds_up<T>(house: &House, others: impl Future<Output = T>) -> T {
    let (go, gone) = oneshot::channel::<()>();
    let gone = std::sync::Mutex::new(Some(gone));
    let gone = &gone;
    let holding = house.store.write("holding", house.school.id, |_| async move {
        let gone = gone.lock().unwrap().take().unwrap();
        gone.await.map_err(|_| StoreError::CutShort)
    });
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        go.send(()).unwrap();
    };
    let (held, (), others) = tokio::join!(holding, release, others);
    held.unwrap();
    others
}

#[tokio::test]
async fn a_command_refused_among_others_leaves_nothing_and_harms_none() {
    let house = House::new().await;
    let before = house.store.commits();
    let refused = async {
        let done: Result<(), StoreError> = house
            .store
            .write("refused", house.school.id, |mut w| async move {
                row(&mut w, "refused").await?;
                Err(StoreError::Conflict)
            })
            .await;
        done
    };
    let twice = async {
        let done: Result<(), StoreError> = house
            .store
            .write("twice", house.school.id, |mut w| async move {
                row(&mut w, "twice").await?;
                row(&mut w, "twice").await
            })
            .await;
        done
    };
    let work = Box::pin(async { tokio::join!(house.add("one"), refused, house.add("two"), twice, house.add("three")) });
    let (one, refused, two, twice, three) = behind_one_that_holds_up(&house, work).await;
    assert!(matches!((&one, &two, &three), (Ok(()), Ok(()), Ok(()))), "{one:?} {two:?} {three:?}");
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert!(matches!(twice, Err(StoreError::RowCount { .. })), "{twice:?}");
    assert!(house.store.commits() - before <= 2, "all of them shared a commit");
    assert_eq!(house.kept().await, names(["one", "two", "three"]));
}

#[tokio::test]
async fn a_command_whose_caller_goes_away_leaves_nothing_and_holds_nobody_up() {
    let house = House::new().await;
    let dropped = async {
        let hanging = house.store.write("hanging", house.school.id, |mut w| async move {
            row(&mut w, "dropped").await?;
            pending::<Result<(), StoreError>>().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(300), hanging).await.is_err());
    };
    // One that goes away while it still waits for its turn.
    let waiting =
        async { assert!(tokio::time::timeout(Duration::from_millis(50), house.add("waiting")).await.is_err()) };
    let work = Box::pin(async { tokio::join!(house.add("one"), waiting, dropped, house.add("two")) });
    let (one, (), (), two) = behind_one_that_holds_up(&house, work).await;
    one.unwrap();
    two.unwrap();
    house.add("after").await.unwrap();
    assert_eq!(house.kept().await, names(["one", "two", "after"]));
}

#[tokio::test]
async fn when_the_commit_fails_nobody_is_told_that_it_was_done() {
    let house = House::new().await;
    let before = house.store.commits();
    // What the database finds out only at the commit: a reference to nothing, let pass until then.
    let later = Statement { name: "later", text: "PRAGMA defer_foreign_keys = ON" };
    let dangling = Statement {
        name: "dangling",
        text: "INSERT INTO pack_file (digest, path, content) VALUES ('none', 'p', x'00')",
    };
    let breaks = async {
        let done: Result<(), StoreError> = house
            .store
            .write("breaks", house.school.id, |mut w| async move {
                w.open.run(later, &[]).await?;
                w.open.run_one(dangling, &[]).await
            })
            .await;
        done
    };
    let (one, breaks, two) = behind_one_that_holds_up_and_fails(
        &house,
        Box::pin(async { tokio::join!(house.add("one"), breaks, house.add("two")) }),
    )
    .await;
    assert!(one.is_err() && breaks.is_err() && two.is_err(), "{one:?} {breaks:?} {two:?}");
    assert_eq!(house.store.commits(), before);
    house.add("after").await.unwrap();
    assert_eq!(house.kept().await, names(["after"]));
}

/// As above, where the one that holds the others up shares their fate.
async fn behind_one_that_holds_up_and_fails<T>(house: &House, others: impl Future<Output = T>) -> T {
    let mut first = house.store.inner.engine.begin_write().await.unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        first.run(SAVE, &[]).await.unwrap();
        first.roll_back().await.unwrap();
    };
    tokio::join!(release, others).1
}

#[tokio::test]
async fn when_the_database_ends_the_transaction_by_itself_those_before_are_told_and_those_after_begin_afresh() {
    let house = House::new().await;
    let ended = Statement { name: "ended", text: "ROLLBACK" };
    let ends = async {
        let done: Result<(), StoreError> = house
            .store
            .write("ends", house.school.id, |mut w| async move {
                row(&mut w, "ends").await?;
                // What SQLite does of its own accord when the disk is full.
                w.open.run(ended, &[]).await?;
                Err(StoreError::Conflict)
            })
            .await;
        done
    };
    let work = Box::pin(async { tokio::join!(house.add("one"), ends, house.add("two")) });
    let (one, ends, two) = behind_one_that_holds_up_and_fails(&house, work).await;
    assert!(one.is_err(), "its row went with the transaction");
    assert!(ends.is_err());
    assert!(two.is_err(), "its turn found the transaction gone");
    house.add("after").await.unwrap();
    assert_eq!(house.kept().await, names(["after"]));
}

#[tokio::test]
async fn a_full_disk_keeps_nobody_from_being_told_the_truth() {
    let house = House::new().await;
    house.add("before").await.unwrap();
    let fill = Statement {
        name: "fill",
        text: "INSERT INTO pack_file (digest, path, content) VALUES ('before', 'large', zeroblob(4000000))",
    };
    let mut open = house.store.inner.engine.begin_write().await.unwrap();
    let limit = Statement { name: "limit", text: "PRAGMA max_page_count = 200" };
    open.row(limit, &[]).await.unwrap();
    open.roll_back().await.unwrap();
    let fills = async {
        let done: Result<(), StoreError> =
            house.store.write("fills", house.school.id, |mut w| async move { w.open.run_one(fill, &[]).await }).await;
        done
    };
    let work = Box::pin(async { tokio::join!(house.add("one"), fills, house.add("two")) });
    let (one, fills, two) = behind_one_that_holds_up_and_fails(&house, work).await;
    assert!(matches!(fills, Err(StoreError::DiskFull(_))), "{fills:?}");
    let told: BTreeSet<String> = [("one", one), ("two", two)]
        .into_iter()
        .filter(|(_, done)| done.is_ok())
        .map(|(name, _)| name.to_owned())
        .collect();
    house.add("after").await.unwrap();
    let kept = house.kept().await;
    assert_eq!(kept, told.into_iter().chain(["before".to_owned(), "after".to_owned()]).collect());
}

#[tokio::test]
async fn an_organisation_whose_ledger_was_damaged_keeps_no_other_from_recording() {
    let house = House::new().await;
    let new = NewOrganisation {
        name: "Elm Surgery".into(),
        body: "gp".into(),
        partnership: String::new(),
        profile: Profile::default(),
        second_step: SecondStep::Offered,
    };
    let surgery = casework::found_organisation(OrganisationId::new(NOW, [8; 10]), new, NOW).unwrap();
    house.store.found_organisation(&surgery).await.unwrap();
    let mut open = house.store.inner.engine.begin_write().await.unwrap();
    let damage =
        Statement { name: "damage", text: "UPDATE ledger_head SET frontier = x'00' WHERE organisation_id = $1" };
    open.run_one(damage, &[Param::Id(house.school.id.uuid())]).await.unwrap();
    open.commit().await.unwrap();

    let (store, surgery) = (house.store.clone(), surgery.id);
    let at_the_surgery = |name: &'static str| add(&store, surgery, name);
    let work = Box::pin(async {
        tokio::join!(
            house.add("one"),
            at_the_surgery("two"),
            house.add("three"),
            at_the_surgery("four"),
            at_the_surgery("five")
        )
    });
    let (one, two, three, four, five) = behind_one_that_holds_up_and_fails(&house, work).await;
    assert!(
        matches!((&one, &three), (Err(StoreError::Malformed(_)), Err(StoreError::Malformed(_)))),
        "{one:?} {three:?}"
    );
    assert!(two.is_ok() && four.is_ok() && five.is_ok(), "{two:?} {four:?} {five:?}");
    let kept: BTreeSet<String> = house.store.packs().await.unwrap().into_iter().collect();
    assert_eq!(kept, names(["two", "four", "five"]));
}
