//! The power fails at any moment while three members record and their ledgers are signed: each finds what was acknowledged,
//! and at most one command more.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use faulty_disk::{Disk, Image, Playback, Syncs};
use sha2::{Digest as _, Sha256};
use sharewell_store::Store;

use crate::desks::{Desk, Held};
use crate::house::{Memory, Prepared, Room, run, say};
use crate::looks::{Digest, Found, Looks};

/// Different disks looked at in every run of the tests; `SHAREWELL_FAULTS` asks for another number.
const DISKS: usize = 10_000;

/// Possible disks looked at after each operation of a recording.
const SEEDS: u64 = 4;

/// Of so many disks one is started by the whole store, whatever SQLite finds on it.
const BY_THE_WHOLE_STORE: u8 = 16;

/// The log's size near which SQLite copies it into the database here: 1,000 pages of 4,120 bytes.
const NEARLY_FULL_LOG: usize = 960 * 4120;

/// A command, counted in changes to the disk.
struct Told {
    begun: usize,
    acknowledged: usize,
}

/// What a ledger's key remembers, outside the disk, from this change on.
struct Remembered {
    from: usize,
    desk: usize,
    memory: Memory,
}

/// The desks whose organisations sign: one of each.
const SIGNING: [usize; 2] = [0, 1];

/// What was done to a disk, and what each desk was told meanwhile.
struct Recording {
    playback: Playback,
    told: Vec<Vec<Told>>,
    remembered: Vec<Remembered>,
    /// What each desk holds before its first command and after each.
    states: Vec<Vec<Held>>,
    desks: Vec<Desk>,
}

async fn work(disk: &Disk, store: &Store, member: &mut Desk, commands: usize) -> (Vec<Told>, Vec<Held>) {
    let (mut told, mut states) = (Vec::new(), Vec::new());
    for _ in 0..commands {
        let begun = disk.changes();
        member.act(store).await.unwrap();
        told.push(Told { begun, acknowledged: disk.changes() });
        states.push(member.held().clone());
    }
    (told, states)
}

/// Signs both ledgers now and then, as the program does every second; how often.
async fn sign(store: &Store, desks: &[Desk]) -> usize {
    let mut signed = 0;
    for n in 0..4 {
        signed += usize::from(desks[SIGNING[n % 2]].sign(store).await.unwrap().is_some());
    }
    signed
}

/// Looks at what the keys remember right before every change to the disk.
fn watch(disk: &Disk, room: &Room, desks: &[Desk]) -> Arc<Mutex<Vec<Remembered>>> {
    let remembered: Arc<Mutex<Vec<Remembered>>> = Arc::default();
    let mut files = SIGNING.map(|desk| {
        let files = room.memory_of(&desks[desk]);
        (desk, files.read(), files)
    });
    let noted = Arc::clone(&remembered);
    disk.watch(move |changes| {
        for (desk, last, files) in &mut files {
            let memory = files.read();
            if memory != *last {
                *last = memory.clone();
                noted.lock().unwrap().push(Remembered { from: changes, desk: *desk, memory });
            }
        }
    });
    remembered
}

/// Records for a while with three at once, is closed, opened again, and records on.
fn record(prepared: &Prepared, round: u32, syncs: Syncs, log_nearly_full: bool) -> Recording {
    let room = prepared.room();
    let mut desks: Vec<Desk> = prepared.desks.iter().map(|desk| desk.in_round(round)).collect();
    let first = room.mount(prepared.image.clone());
    run(async {
        let mut disk = first;
        if log_nearly_full {
            disk = room.mount(with_a_long_log(&room, &disk, &prepared.passing).await);
        }
        disk.set_syncs(syncs);
        let remembered = watch(&disk, &room, &prepared.desks);
        let mut told: Vec<Vec<Told>> = desks.iter().map(|_| Vec::new()).collect();
        let mut states: Vec<Vec<Held>> = desks.iter().map(|desk| vec![desk.held().clone()]).collect();
        let mut signed = 0;
        for _ in 0..2 {
            let store = room.open().await.unwrap();
            let signing = sign(&store, &prepared.desks);
            let [one, two, three] = &mut desks[..] else { panic!("three desks") };
            let done = tokio::join!(
                work(&disk, &store, one, 4),
                work(&disk, &store, two, 4),
                work(&disk, &store, three, 4),
                signing
            );
            for (n, (new, after)) in [done.0, done.1, done.2].into_iter().enumerate() {
                told[n].extend(new);
                states[n].extend(after);
            }
            signed += done.3;
            store.close().await;
        }
        assert!(signed > 2, "ledgers were signed {signed} times");
        let remembered = std::mem::take(&mut *remembered.lock().unwrap());
        let between = remembered.iter().filter(|one| one.memory.is_being_kept()).count();
        assert!(between > 2, "what was signed was not kept yet at {between} changes");
        Recording { playback: disk.playback(), told, remembered, states, desks }
    })
}

/// A disk on which the program was killed just before its log was full.
async fn with_a_long_log(room: &Room, disk: &Disk, passing: &Desk) -> Image {
    let store = room.open().await.unwrap();
    for round in 1.. {
        let mut passing = passing.in_round(round);
        for _ in 0..4 {
            passing.act(&store).await.unwrap();
            let image = disk.image();
            if image.get("sharewell.db-wal").is_some_and(|log| log.len() > NEARLY_FULL_LOG) {
                store.close().await;
                return image;
            }
        }
    }
    unreachable!("the log grows")
}

fn hash(image: &Image) -> Digest {
    let mut hasher = Sha256::new();
    for (name, content) in image {
        hasher.update(format!("{name} {} ", content.len()));
        hasher.update(content);
    }
    hasher.finalize().into()
}

/// What was gone through.
#[derive(Default)]
struct Seen {
    /// Operations, each with every seed.
    points: usize,
    disks: HashSet<Digest>,
    by_the_whole_store: usize,
    wrong: Vec<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.points += other.points;
        self.disks.extend(other.disks);
        self.by_the_whole_store += other.by_the_whole_store;
        self.wrong.extend(other.wrong);
    }
}

impl Recording {
    /// What is wrong with what was found, if the power failed after so many changes.
    fn judge(&self, changes: usize, found: &Found) -> Option<String> {
        let commands = found.held.iter().enumerate().find_map(|(desk, held)| {
            let (told, place) = (&self.told[desk], self.states[desk].iter().position(|state| state == held));
            let acknowledged = told.iter().filter(|command| command.acknowledged <= changes).count();
            let begun = told.get(acknowledged).is_some_and(|command| command.begun < changes);
            let right = |place| place == acknowledged || (begun && place == acknowledged + 1);
            (!place.is_some_and(right)).then(|| {
                format!("desk {desk}: {acknowledged} acknowledged, another begun: {begun}, found after {place:?}")
            })
        });
        commands.or_else(|| {
            let mut remembered = self.remembered.iter().filter(|one| one.from <= changes);
            let short = remembered.find(|one| found.entries[one.desk] < one.memory.entries())?;
            Some(format!("{} entries of desk {} were signed: {:?}", short.memory.entries(), short.desk, found.entries))
        })
    }

    /// Has the keys remember what they did after so many changes; says what all of them remember.
    fn remember(&self, prepared: &Prepared, room: &Room, changes: usize) -> Vec<Memory> {
        for one in self.remembered.iter().filter(|one| one.from == changes) {
            room.memory_of(&prepared.desks[one.desk]).write(&one.memory);
        }
        SIGNING.map(|desk| room.memory_of(&prepared.desks[desk]).read()).into()
    }

    /// Goes through every `of`th operation, starting with the `nth`.
    async fn go_through(&self, prepared: &Prepared, nth: usize, of: usize, seeds: u64) -> Seen {
        let room = prepared.room();
        let mut looks = Looks::new(&room, &self.desks, prepared.image.clone()).await.unwrap();
        let mut known: HashMap<(Digest, Vec<Memory>), Result<Arc<Found>, String>> = HashMap::new();
        let mut playback = self.playback.clone();
        let mut seen = Seen::default();
        while let Some(changes) = playback.step() {
            let memories = self.remember(prepared, &room, changes);
            if changes % of != nth {
                continue;
            }
            for seed in 0..seeds {
                seen.points += 1;
                let image = playback.power_loss(seed ^ (changes as u64) << 20);
                let disk = hash(&image);
                let found = match known.entry((disk, memories.clone())) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        let whole = disk[0].is_multiple_of(BY_THE_WHOLE_STORE);
                        new.insert(looks.look(image, &memories, whole).await)
                    }
                };
                let wrong = match found {
                    Ok(found) => self.judge(changes, found),
                    Err(damage) => Some(damage.clone()),
                };
                seen.wrong.extend(wrong.map(|what| format!("after {changes} changes, seed {seed}: {what}")));
            }
        }
        Seen { disks: known.into_keys().map(|(disk, _)| disk).collect(), by_the_whole_store: looks.whole, ..seen }
    }
}

#[test]
fn what_was_acknowledged_outlives_every_power_loss() {
    let wanted = std::env::var("SHAREWELL_FAULTS").map_or(DISKS, |number| number.parse().unwrap());
    let prepared = Prepared::new();
    let (mut seen, mut recordings) = (Seen::default(), 0);
    while seen.disks.len() < wanted {
        recordings += 1;
        let recording = record(&prepared, recordings, Syncs::Honest, recordings % 4 == 2);
        std::thread::scope(|threads| {
            let go = |nth| {
                let (recording, prepared) = (&recording, &prepared);
                threads.spawn(move || run(recording.go_through(prepared, nth, 2, SEEDS)))
            };
            for half in [go(0), go(1)] {
                seen.add(half.join().unwrap());
            }
        });
        let wrong = &seen.wrong;
        assert!(
            wrong.is_empty(),
            "recording {recordings}: {} wrong, first {:#?}",
            wrong.len(),
            &wrong[..wrong.len().min(5)]
        );
    }
    say(&format!(
        "power loss: {} points of {recordings} recordings, {} different disks, {} started by the whole store; nothing \
         acknowledged lost",
        seen.points,
        seen.disks.len(),
        seen.by_the_whole_store
    ));
}

/// What is found wrong after power losses on a disk that does not do what it says.
fn found_out(syncs: Syncs) -> Vec<String> {
    let prepared = Prepared::new();
    let recording = record(&prepared, 1, syncs, false);
    run(recording.go_through(&prepared, 0, 8, 1)).wrong
}

/// Whether something was lost that was acknowledged. Where it was signed as well, the database is not even opened.
fn is_lost(what: &str) -> bool {
    what.contains("acknowledged") || what.contains("RolledBack")
}

#[test]
fn a_disk_that_never_syncs_is_found_out() {
    let wrong = found_out(Syncs::Never);
    assert!(wrong.iter().any(|what| is_lost(what)), "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn a_log_that_is_synced_only_before_a_checkpoint_is_found_out() {
    let wrong = found_out(Syncs::LogOnlyBeforeCheckpoint);
    assert!(wrong.iter().any(|what| is_lost(what)), "{} wrong: {wrong:#?}", wrong.len());
    // What such a disk loses is the newest; it damages nothing, and the tests must not say that it does.
    let damaged: Vec<_> =
        wrong.iter().filter(|what| what.contains("not whole") || what.contains("cannot be read")).collect();
    assert!(damaged.is_empty(), "{damaged:#?}");
}
