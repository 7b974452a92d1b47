//! Destroying on a disk that breaks or is full at any operation: nothing is destroyed that was refused, past a hold that was
//! placed since, and nothing is kept that was told as destroyed.

use std::collections::BTreeSet;

use casework::{
    DestructionId, Ground, Held, HoldId, Member, MemberId, NewDestruction, NewMember, PersonId, Role, admit_member,
    hold,
};
use faulty_disk::{Fault, Image};
use sharewell_store::{DestroyError, Reading, Store, StoreError, verify};

use crate::desks::NOW;
use crate::house::{Prepared, Room, run, say};

/// No destruction needs as many operations as this.
const MOST: u64 = 2_000;

/// Somebody who may destroy, and a person with a matter, an item and a decision.
struct Scene {
    prepared: Prepared,
    image: Image,
    head: Member,
    person: PersonId,
}

/// What there is of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Kept,
    Destroyed,
}

impl Scene {
    fn new() -> Self {
        let prepared = Prepared::new();
        let room = prepared.room();
        let disk = room.mount(prepared.image.clone());
        let mut recording = prepared.desks[0].in_round(1);
        let new = NewMember {
            name: "Ada Lovell".into(),
            role_title: "Head".into(),
            email: "head@fernbank.example".into(),
            roles: BTreeSet::from([Role::Manager]),
        };
        let head = admit_member(recording.member.organisation, MemberId::new(NOW, [99; 10]), new, NOW).unwrap();
        run(async {
            let (store, saved) = (room.open().await.unwrap(), &head);
            recording.act(&store).await.unwrap();
            store.write("test", head.organisation, |mut w| async move { w.save_member(saved).await }).await.unwrap();
            store.close().await;
        });
        let person = recording.held().keys().find_map(|name| name.strip_prefix("person ")).unwrap().parse().unwrap();
        Self { image: disk.image(), prepared, head, person }
    }

    fn asked(&self) -> NewDestruction {
        NewDestruction {
            id: DestructionId::new(NOW, [98; 10]),
            person: self.person,
            ground: Ground::RetentionRule,
            rule: "Twenty-five years after birth".into(),
        }
    }

    /// What there is of the person: all of them, or the certificate of what was asked for.
    async fn state(&self, store: &Store) -> State {
        let person = self.person;
        let read =
            |mut r: Reading| async move { Ok::<_, StoreError>((r.person(person).await?, r.destructions().await?)) };
        let (kept, certificates) = store.read("test", self.head.organisation, read).await.unwrap();
        assert_eq!(kept.is_none(), certificates.len() == 1, "whole, or destroyed with a certificate");
        match certificates.first() {
            None => State::Kept,
            Some(certificate) => {
                let asked = self.asked();
                assert_eq!((certificate.ground, &certificate.rule), (asked.ground, &asked.rule));
                assert_eq!(certificate.again_at, None, "not by a replay");
                State::Destroyed
            }
        }
    }

    async fn place_hold(&self, store: &Store) {
        let placed =
            &hold(&self.head, HoldId::new(NOW, [97; 10]), Held::Person(self.person), "An inquest", NOW).unwrap();
        store.write("test", self.head.organisation, |mut w| async move { w.save_hold(placed).await }).await.unwrap();
        let refused = store.destroy_person(&self.head, &self.asked()).await;
        assert!(matches!(refused, Err(DestroyError::Refused(_))), "{refused:?}");
    }

    /// Starts once more, and sees that the ledger holds.
    async fn starts(&self, room: &Room) -> State {
        let store = room.open().await.unwrap();
        let state = self.state(&store).await;
        store.close().await;
        let place = room.place();
        let verified = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
        assert!(verified.iter().all(|verified| verified.findings.is_empty()), "{verified:?}");
        state
    }
}

/// Destroys while the disk fails. Says how often it failed, and whether the destruction was refused.
async fn destroys(scene: &Scene, room: &Room, fault: Fault, started_again: bool) -> (u64, bool) {
    let disk = room.mount(scene.image.clone());
    let mut store = room.open().await.unwrap();
    disk.fail(fault);
    let told = store.destroy_person(&scene.head, &scene.asked()).await;
    if started_again {
        store.close().await;
    }
    let (struck, changes) = (disk.struck(), disk.changes());
    disk.heal();
    if started_again {
        store = room.open().await.unwrap();
    }
    let state = scene.state(&store).await;
    match &told {
        Ok(_) => assert_eq!(state, State::Destroyed, "{fault:?}: told as destroyed"),
        Err(refused) => {
            if let Fault::FullFrom(_) | Fault::FullOnce(_) = fault {
                assert!(matches!(refused, DestroyError::Store(StoreError::DiskFull(_))), "{fault:?}: {refused:?}");
            }
            // What failed as it was written may be found whole in the log at the next start: then it is recorded after all.
            assert!(state == State::Kept || started_again, "{fault:?}: refused, and yet destroyed");
        }
    }
    if state == State::Kept {
        scene.place_hold(&store).await;
    }
    store.close().await;
    assert_eq!(scene.starts(room).await, state, "{fault:?}: after another start");
    if told.is_err() && state == State::Destroyed {
        // The list says so by now, and would destroy again on a disk of before the second start.
        return (struck, true);
    }
    let mut playback = disk.playback();
    while playback.step().is_some_and(|done| done < changes) {}
    room.mount(playback.power_loss(changes as u64));
    let found = scene.starts(room).await;
    assert!(found == State::Destroyed || told.is_err(), "{fault:?}, and then the power failed");
    (struck, told.is_err())
}

fn at_every_operation(what: &str, kind: fn(u64) -> Fault, started_again: bool) {
    let scene = Scene::new();
    let mut refusals = 0;
    for at in 1..MOST {
        // Keys of its own each time: the list of destructions lies among them.
        let room = scene.prepared.room();
        let (struck, refused) = run(destroys(&scene, &room, kind(at), started_again));
        refusals += u64::from(refused);
        if struck == 0 {
            assert!(refusals > 5, "{what}: {refusals} refused at {at} operations");
            say(&format!(
                "destroying, {what}: at each of {} operations, {refusals} refused, none of them done",
                at - 1
            ));
            return;
        }
    }
    panic!("a destruction needs more operations than {MOST}")
}

#[test]
fn a_destruction_that_fails_once_is_not_done_later() {
    at_every_operation("one error", Fault::BrokenOnce, false);
    at_every_operation("one error, then started again", Fault::BrokenOnce, true);
}

#[test]
fn a_destruction_on_a_disk_that_breaks_is_not_done_later() {
    at_every_operation("broken disk", Fault::BrokenFrom, false);
    at_every_operation("broken disk, then started again", Fault::BrokenFrom, true);
}

#[test]
fn a_destruction_on_a_full_disk_is_refused_in_words_and_not_done_later() {
    at_every_operation("full disk", Fault::FullFrom, false);
    at_every_operation("full disk, then started again", Fault::FullFrom, true);
    at_every_operation("full for a moment", Fault::FullOnce, false);
}
