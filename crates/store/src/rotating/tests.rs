//! A change of a key that is cut off after each of its steps, as by a loss of power.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casework::{Moment, NewOrganisation, Organisation, Profile, SecondStep};

use super::*;
use crate::{Place, Randomness};

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

/// Bytes that never repeat within a test; a test needs no secrets.
fn randomness() -> Randomness {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Randomness::new(|bytes| {
        for chunk in bytes.chunks_mut(8) {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
            chunk.copy_from_slice(&fresh[..chunk.len()]);
        }
        Ok(())
    })
}

/// An installation with one organisation.
struct House {
    _folder: tempfile::TempDir,
    place: Place,
    school: Organisation,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let place = Place::under(folder.path());
        let store = Store::create(&place, randomness(), NOW).await.unwrap();
        let new = NewOrganisation {
            name: "Fernbank Primary".into(),
            body: "school-maintained".into(),
            partnership: "Cheshire East".into(),
            profile: Profile::default(),
            second_step: SecondStep::Offered,
        };
        let id = OrganisationId::new(NOW, randomness().bytes().unwrap());
        let school = casework::found_organisation(id, new, NOW).unwrap();
        store.found_organisation(&school).await.unwrap();
        store.close().await;
        Self { _folder: folder, place, school }
    }

    async fn open(&self) -> Store {
        Store::open(&self.place, randomness(), NOW).await.unwrap()
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.place.keys.join(format!("{}.key{ending}", self.school.id))
    }

    /// Does the first so many steps of a change, and nothing after them.
    async fn change_up_to(&self, steps: usize) {
        let store = self.open().await;
        let lock = FolderLock::alone(&self.place.keys).unwrap().unwrap();
        let prepared = store.prepare_key(self.school.id).unwrap();
        if steps > 1 {
            store.rewrap(&prepared, "Ada Lovell").await.unwrap();
        }
        if steps > 2 {
            prepared.files.set_former_aside().unwrap();
        }
        if steps > 3 {
            prepared.files.put_new_in_place().unwrap();
        }
        if steps > 4 {
            prepared.files.remove_former().unwrap();
        }
        store.close().await;
        drop(lock);
    }

    /// What a start finds: the organisation as it was, and how often its key was changed.
    async fn found(&self) -> (usize, Vec<Leftover>) {
        let store = self.open().await;
        assert_eq!(store.organisations().await.unwrap(), std::slice::from_ref(&self.school));
        let checked = store.check_keys().await.unwrap();
        assert_eq!((checked.open, checked.closed.len()), (1, 0));
        let read = |mut reading: Reading| async move { reading.key_rotations().await };
        let changes: Result<Vec<KeyRotation>, StoreError> = store.read("test", self.school.id, read).await;
        let leftovers = store.inner.keys.leftovers();
        store.close().await;
        (changes.unwrap().len(), leftovers)
    }
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn cut_off_after_any_step_the_store_opens_by_itself_and_tidies_what_was_left() {
    for (steps, changed) in [(1, false), (2, true), (3, true), (4, true), (5, true)] {
        let house = House::new().await;
        let former = text(&house.file(""));
        house.change_up_to(steps).await;
        let (changes, leftovers) = house.found().await;
        assert_eq!(changes, usize::from(changed), "after step {steps}");
        let key = house.file("");
        let said = match steps {
            1 => vec![Leftover::Undone(key.clone())],
            2 | 3 => vec![Leftover::Finished(key.clone())],
            4 => vec![Leftover::Removed(key.clone())],
            _ => vec![],
        };
        assert_eq!(leftovers, said, "after step {steps}");
        assert_eq!(text(&key) != former, changed, "after step {steps}");
        assert!(!house.file(".new").exists() && !house.file(".old").exists(), "after step {steps}");
        assert_eq!(house.found().await, (changes, vec![]), "a second start finds nothing to do after step {steps}");

        // And it can be changed again.
        let store = house.open().await;
        store.rotate_organisation_key(house.school.id, "Ada Lovell").await.unwrap();
        store.close().await;
        assert_eq!(house.found().await.0, changes + 1);
    }
}

#[tokio::test]
async fn a_new_key_that_was_written_by_half_is_removed() {
    let house = House::new().await;
    house.change_up_to(1).await;
    for length in [0, 1, 40, 100] {
        let whole = text(&house.file(""));
        fs::write(house.file(".new"), &whole[..length.min(whole.len())]).unwrap();
        assert_eq!(house.found().await, (0, vec![Leftover::Undone(house.file(""))]));
        assert!(!house.file(".new").exists());
    }
}

#[tokio::test]
async fn the_former_key_opens_nothing_any_more() {
    let house = House::new().await;
    let former = text(&house.file(""));
    let store = house.open().await;
    store.rotate_organisation_key(house.school.id, "Ada Lovell").await.unwrap();
    store.close().await;
    fs::write(house.file(""), former).unwrap();
    let refused = Store::open(&house.place, randomness(), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Key(KeyError::Wrong(_))), "{refused}");
}

#[tokio::test]
async fn a_change_whose_new_key_is_taken_away_is_not_committed() {
    let house = House::new().await;
    let store = house.open().await;
    let prepared = store.prepare_key(house.school.id).unwrap();
    fs::remove_file(house.file(".new")).unwrap();
    let refused = store.rewrap(&prepared, "Ada Lovell").await.unwrap_err();
    assert!(matches!(refused, RotateError::Store(StoreError::Key(KeyError::Missing(_)))), "{refused}");
    store.close().await;
    assert_eq!(house.found().await, (0, vec![]));
}

#[tokio::test]
async fn nothing_is_tidied_while_a_change_is_under_way_and_no_second_one_begins() {
    let house = House::new().await;
    let (store, other) = (house.open().await, house.open().await);
    let lock = FolderLock::alone(&house.place.keys).unwrap().unwrap();
    let prepared = Arc::new(store.prepare_key(house.school.id).unwrap());
    other.tidy_keys(house.school.id).await.unwrap();
    assert!(house.file(".new").exists(), "it belongs to the change that is under way");
    let refused = other.rotate_organisation_key(house.school.id, "Somebody else").await.unwrap_err();
    assert!(matches!(refused, RotateError::UnderWay), "{refused}");
    store.rewrap(&prepared, "Ada Lovell").await.unwrap();
    drop(lock);
    other.close().await;
    store.close().await;
    assert_eq!(house.found().await, (1, vec![Leftover::Finished(house.file(""))]));
}
