//! The disk breaks or is full at any operation of a command: nobody is told what is not so, and recording goes on when the
//! disk is well again.

use std::io::Write as _;

use faulty_disk::{Disk, Fault, Image};
use sharewell_store::StoreError;

use crate::desks::Desk;
use crate::house::{Prepared, Room, run};

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
    let found = run(room.examine(&desks, true)).unwrap();
    assert!(found.iter().zip(&desks).all(|(found, desk)| found == desk.held()));
    let after = disk.playback().to_the_end().power_loss(1);
    room.mount(after);
    let found = run(room.examine(&desks, true)).unwrap();
    assert!(found.iter().zip(&desks).all(|(found, desk)| found == desk.held()));
}

/// A disk that is well, holds `image` and loses its power at once: what the desk finds there.
fn found_on(room: &Room, image: Image, desk: &Desk) -> crate::desks::Held {
    room.mount(image);
    run(room.examine(std::slice::from_ref(desk), false)).unwrap().remove(0)
}

/// Records while the disk fails. Says whether it failed at all, and whether that was noticed.
fn fails(prepared: &Prepared, room: &Room, fault: Fault, then: Then) -> (bool, bool) {
    let disk: Disk = room.mount(prepared.image.clone());
    let mut desk = prepared.desks[0].in_round(1);
    let (before, next) = (desk.held().clone(), desk.held_next());
    let (told, struck, changes) = run(async {
        let mut store = room.open().await.unwrap();
        disk.fail(fault);
        let told = desk.act(&store).await;
        if then == Then::IsStartedAgain {
            store.close().await;
        }
        let (struck, changes) = (disk.struck() > 0, disk.changes());
        disk.heal();
        if then == Then::IsStartedAgain {
            store = room.open().await.unwrap_or_else(|error| panic!("{fault:?}: not started again: {error:?}"));
        }
        if told.is_err() {
            // What failed as it was written may be found whole in the log at the next start: then it is recorded after all.
            if desk.found(&store).await.unwrap() == before {
                let again = desk.act(&store).await;
                assert!(again.is_ok(), "{fault:?}: the disk is well, and it is refused: {again:?}");
            } else {
                assert!(then == Then::IsStartedAgain, "{fault:?}: refused, and yet there");
            }
        }
        assert_eq!(desk.found(&store).await.unwrap(), next, "{fault:?}");
        store.close().await;
        (told, struck, changes)
    });
    if let (Fault::FullFrom(_) | Fault::FullOnce(_), Err(refused)) = (fault, &told) {
        assert!(matches!(refused, StoreError::DiskFull(_)), "{fault:?}: {refused:?}");
        assert!(refused.to_string().contains("the disk is full: nothing was recorded"));
    }
    let mut playback = disk.playback();
    while playback.step().is_some_and(|done| done < changes) {}
    let found = found_on(room, playback.power_loss(changes as u64), &desk);
    assert!(found == next || (told.is_err() && found == before), "{fault:?}, power lost then, {told:?}");
    let found = found_on(room, playback.to_the_end().power_loss(1), &desk);
    assert!(found == next, "{fault:?}, power lost after it was well again");
    (struck, told.is_err())
}

/// Every operation of a command in turn, until one that it does not need.
fn at_every_operation(kind: fn(u64) -> Fault, then: Then) -> (u64, u64) {
    let prepared = Prepared::new();
    let room = prepared.room();
    let mut refused = 0;
    for at in 1..MOST {
        let (struck, noticed) = fails(&prepared, &room, kind(at), then);
        if !struck {
            return (at - 1, refused);
        }
        refused += u64::from(noticed);
    }
    panic!("a command needs more operations than {MOST}")
}

fn told(what: &str, (operations, refused): (u64, u64)) {
    assert!(refused > 10, "{what}: {refused} of {operations} refused");
    writeln!(std::io::stderr(), "{what}: at each of {operations} operations, refused at {refused}, nothing false told")
        .unwrap();
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
