//! The disk breaks or is full at any operation of a command: nobody is told what is not so, and recording goes on when the
//! disk is well again.

use faulty_disk::{Disk, Fault};
use sharewell_store::StoreError;

use crate::desks::{Desk, Held};
use crate::house::{Prepared, Room, run, say};
use crate::looks::examine;

/// A fault at the Nth operation.
type Kind = fn(u64) -> Fault;

/// No command needs as many operations as this.
const MOST: u64 = 2_000;

/// Whether the program is stopped while the disk still fails.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    GoesOn,
    IsStartedAgain,
}

#[test]
fn a_command_at_a_store_on_a_faulty_disk_does_what_it_does_on_any_other() {
    let prepared = Prepared::new();
    let room = prepared.room();
    let disk = room.mount(prepared.image.clone());
    let desks = run(async {
        let store = room.open().await.unwrap();
        let mut desks: Vec<Desk> = prepared.desks.iter().map(|desk| desk.in_round(1)).collect();
        for desk in &mut desks {
            for _ in 0..8 {
                desk.act(&store).await.unwrap();
                assert_eq!(desk.found(&store).await.unwrap(), *desk.held());
            }
        }
        store.close().await;
        desks
    });
    let held: Vec<_> = desks.iter().map(|desk| desk.held().clone()).collect();
    assert_eq!(run(examine(&room, &desks, true)).unwrap().held, held);
    room.mount(disk.playback().to_the_end().power_loss(1));
    assert_eq!(run(examine(&room, &desks, true)).unwrap().held, held);
}

/// What was told to three members who recorded at once while the disk failed.
struct Failed {
    disk: Disk,
    desks: Vec<Desk>,
    before: Vec<Held>,
    next: Vec<Held>,
    told: Vec<Result<(), StoreError>>,
    /// How often the disk failed.
    struck: u64,
    /// How many changes there were when they were told.
    changes: usize,
}

/// Three record at once while the disk fails, and again when it is well.
async fn record(prepared: &Prepared, room: &Room, fault: Fault, then: Then) -> Failed {
    let disk = room.mount(prepared.image.clone());
    let mut desks: Vec<Desk> = prepared.desks.iter().map(|desk| desk.in_round(1)).collect();
    let before: Vec<Held> = desks.iter().map(|desk| desk.held().clone()).collect();
    let next: Vec<Held> = desks.iter().map(Desk::held_next).collect();
    let mut store = room.open().await.unwrap();
    disk.fail(fault);
    let [one, two, three] = &mut desks[..] else { panic!("three desks") };
    let told = tokio::join!(one.act(&store), two.act(&store), three.act(&store));
    let told = vec![told.0, told.1, told.2];
    if then == Then::IsStartedAgain {
        store.close().await;
    }
    let (struck, changes) = (disk.struck(), disk.changes());
    disk.heal();
    if then == Then::IsStartedAgain {
        store = room.open().await.unwrap_or_else(|error| panic!("{fault:?}: not started again: {error:?}"));
    }
    for (n, desk) in desks.iter_mut().enumerate().filter(|(n, _)| told[*n].is_err()) {
        // What failed as it was written may be found whole in the log at the next start: then it is recorded after all.
        if desk.found(&store).await.unwrap() == before[n] {
            let again = desk.act(&store).await;
            assert!(again.is_ok(), "{fault:?}: the disk is well, and it is refused: {again:?}");
        } else {
            assert!(then == Then::IsStartedAgain, "{fault:?}: refused, and yet there");
        }
    }
    store.close().await;
    Failed { disk, desks, before, next, told, struck, changes }
}

/// Records while the disk fails, and sees that what was told is so, whatever happens then. Says how often the disk failed,
/// and how many of the three noticed.
fn fails(prepared: &Prepared, room: &Room, fault: Fault, then: Then) -> (u64, u64) {
    let Failed { disk, desks, before, next, told, struck, changes } = run(record(prepared, room, fault, then));
    for refused in told.iter().filter_map(|told| told.as_ref().err()) {
        if let Fault::FullFrom(_) | Fault::FullOnce(_) = fault {
            assert!(matches!(refused, StoreError::DiskFull(_)), "{fault:?}: {refused:?}");
            assert!(refused.to_string().contains("the disk is full: nothing was recorded"));
        }
    }
    let mut playback = disk.playback();
    while playback.step().is_some_and(|done| done < changes) {}
    room.mount(playback.power_loss(changes as u64));
    let found = run(examine(room, &desks, false)).unwrap();
    for (n, found) in found.held.iter().enumerate() {
        let right = *found == next[n] || (told[n].is_err() && *found == before[n]);
        assert!(right, "{fault:?}, and then the power failed: {:?}", told[n]);
    }
    room.mount(playback.to_the_end().power_loss(1));
    let found = run(examine(room, &desks, false)).unwrap();
    assert!(found.held == next, "{fault:?}, and the power failed after it was well again");
    (struck, told.iter().filter(|told| told.is_err()).count() as u64)
}

/// Every operation of a command in turn, until one that it does not need.
fn at_every_operation(kind: Kind, then: Then) -> (u64, u64) {
    let prepared = Prepared::new();
    let room = prepared.room();
    let mut refused = 0;
    for at in 1..MOST {
        let (struck, noticed) = fails(&prepared, &room, kind(at), then);
        if struck == 0 {
            return (at - 1, refused);
        }
        refused += noticed;
    }
    panic!("a command needs more operations than {MOST}")
}

fn told(what: &str, (operations, refused): (u64, u64)) {
    assert!(refused > 10, "{what}: {refused} refused at {operations} operations");
    say(&format!("{what}: at each of {operations} operations, {refused} commands refused, nothing false told"));
}

/// Starts, where the program was killed before, on a disk that fails at every operation of a start in turn.
#[test]
fn a_start_on_a_failing_disk_loses_nothing_and_a_full_one_hinders_no_start() {
    let prepared = Prepared::new();
    let room = prepared.room();
    let disk = room.mount(prepared.image.clone());
    let mut desks: Vec<Desk> = prepared.desks.iter().map(|desk| desk.in_round(1)).collect();
    let killed = run(async {
        let store = room.open().await.unwrap();
        for desk in &mut desks {
            desk.act(&store).await.unwrap();
        }
        let killed = disk.image();
        store.close().await;
        killed
    });
    assert!(killed.contains_key("sharewell.db-wal"), "what was recorded is in the log alone");
    let held: Vec<Held> = desks.iter().map(|desk| desk.held().clone()).collect();
    let kinds: [(&str, Kind); 3] =
        [("one error", Fault::BrokenOnce), ("broken disk", Fault::BrokenFrom), ("full disk", Fault::FullFrom)];
    for (what, kind) in kinds {
        let mut refused = 0;
        for at in 1..MOST {
            let (fault, disk) = (kind(at), room.mount(killed.clone()));
            disk.fail(fault);
            let (struck, found) = run(async {
                match room.open().await {
                    Ok(store) => store.close().await,
                    Err(error) => {
                        refused += 1;
                        assert!(
                            !matches!(fault, Fault::FullFrom(_)),
                            "{fault:?}: what is there can be read: {error:?}"
                        );
                    }
                }
                let struck = disk.struck();
                disk.heal();
                (struck, examine(&room, &desks, false).await)
            });
            assert_eq!(found.unwrap().held, held, "{fault:?}");
            if struck == 0 {
                say(&format!("a start, {what}: at each of {} operations, {refused} refused", at - 1));
                break;
            }
        }
    }
}

#[test]
fn an_operation_that_fails_once_is_never_told_as_done() {
    told("one error", at_every_operation(Fault::BrokenOnce, Then::GoesOn));
}

#[test]
fn an_operation_that_fails_before_a_stop_is_never_told_as_done() {
    told("one error, then started again", at_every_operation(Fault::BrokenOnce, Then::IsStartedAgain));
}

#[test]
fn a_disk_that_breaks_is_never_told_as_done() {
    told("broken disk", at_every_operation(Fault::BrokenFrom, Then::GoesOn));
}

#[test]
fn a_disk_that_breaks_before_a_stop_is_never_told_as_done() {
    told("broken disk, then started again", at_every_operation(Fault::BrokenFrom, Then::IsStartedAgain));
}

#[test]
fn a_full_disk_is_told_in_words_and_recording_goes_on_when_it_is_not() {
    told("full disk", at_every_operation(Fault::FullFrom, Then::GoesOn));
    told("full disk, then started again", at_every_operation(Fault::FullFrom, Then::IsStartedAgain));
}

#[test]
fn a_disk_that_is_full_for_a_moment_is_told_in_words() {
    told("full for a moment", at_every_operation(Fault::FullOnce, Then::GoesOn));
}
