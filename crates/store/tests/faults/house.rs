//! An installation on a disk that can fail, prepared once and put back as often as is wished.

use std::fs::OpenOptions;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use faulty_disk::{Disk, Image, become_every_disk};
use sharewell_store::{Place, Randomness, Store, StoreError, verify};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::desks::{Desk, Held, NOW, furnish};

pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Bytes that never repeat within a test run; a test needs no secrets.
fn randomness() -> Randomness {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Randomness::new(|bytes| {
        for chunk in bytes.chunks_mut(8) {
            let mut state = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            chunk.copy_from_slice(&(state ^ (state >> 27)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    })
}

/// Two organisations and three members, nothing recorded yet.
pub struct Prepared {
    /// Keys stay on the machine's own disk.
    keys: TempDir,
    pub image: Image,
    pub desks: Vec<Desk>,
}

impl Prepared {
    pub fn new() -> Self {
        assert!(become_every_disk(), "SQLite takes the disk");
        let keys = TempDir::new().unwrap();
        let folder = TempDir::new().unwrap();
        // The store makes the file itself, on the machine's own disk; here it is there already, as empty.
        let disk = Disk::holding(Image::from([("sharewell.db".to_owned(), Vec::new())]));
        disk.mount(folder.path());
        let place = Place { keys: keys.path().join("keys"), ..Place::under(folder.path()) };
        let desks = run(async {
            let store = Store::create(&place, randomness(), NOW).await.unwrap();
            let desks = furnish(&store).await;
            for desk in &desks {
                store.sign_ledger(desk.member.organisation).await.unwrap();
            }
            store.close().await;
            desks
        });
        let image = disk.image();
        assert_eq!(image.keys().collect::<Vec<_>>(), ["sharewell.db"], "the log goes when the store is closed");
        Self { keys, image, desks }
    }

    /// A folder of its own where disks can be mounted one after the other.
    pub fn room(&self) -> Room {
        let folder = TempDir::new().unwrap();
        let place = Place { keys: self.keys.path().join("keys"), ..Place::under(folder.path()) };
        // The store looks at its real file before SQLite opens it.
        let file = place.database.file().unwrap();
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
        Room { folder, place }
    }
}

pub struct Room {
    folder: TempDir,
    place: Place,
}

impl Room {
    pub fn mount(&self, image: Image) -> Disk {
        let disk = Disk::holding(image);
        disk.mount(self.folder.path());
        disk
    }

    pub async fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.place, randomness(), NOW).await
    }

    /// What each desk finds on the disk after a start, where the file is whole and its ledger holds. `with_keys` has the
    /// verifier open every record as well, as the desks do.
    pub async fn examine(&self, desks: &[Desk], with_keys: bool) -> Result<Vec<Held>, String> {
        let store = self.open().await.map_err(|error| format!("it does not open: {error:?}"))?;
        let found = self.look(&store, desks, with_keys).await;
        // Closed in any case: the log that goes with it must go from this disk, not from the next to be mounted here.
        store.close().await;
        found
    }

    async fn look(&self, store: &Store, desks: &[Desk], with_keys: bool) -> Result<Vec<Held>, String> {
        let mut found = Vec::new();
        for desk in desks {
            found.push(desk.found(store).await.map_err(|error| format!("it cannot be read: {error:?}"))?);
        }
        let whole = integrity(self.place.database.file().unwrap()).await.map_err(|error| error.to_string())?;
        if whole != ["ok"] {
            return Err(format!("the file is not whole: {whole:?}"));
        }
        let keys = with_keys.then_some(self.place.keys.as_path());
        let verified = verify(&self.place.database, keys, |_| ()).await.map_err(|error| format!("{error:?}"))?;
        let findings: Vec<_> = verified.into_iter().flat_map(|verified| verified.findings).collect();
        if findings.is_empty() { Ok(found) } else { Err(format!("the ledger does not hold: {findings:?}")) }
    }
}

async fn integrity(file: &Path) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let whole = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(whole)
}
