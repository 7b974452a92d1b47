//! An installation on a disk that can fail, prepared once and put back as often as is wished.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::future::Future;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use faulty_disk::{Disk, Image, become_every_disk};
use sharewell_store::{Place, Randomness, Store, StoreError};
use tempfile::TempDir;

use crate::desks::{Desk, NOW, furnish, kept_pack};

/// Says a figure past the capture of what tests print: it is to be seen in every run.
pub fn say(line: &str) {
    let mut seen = std::io::stderr().lock();
    writeln!(seen, "{line}").unwrap();
}

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
    /// Whose records nobody looks at.
    pub passing: Desk,
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
        let (desks, passing) = run(async {
            let store = Store::create(&place, randomness(), NOW).await.unwrap();
            store.keep_pack(&kept_pack(), NOW).await.unwrap();
            let (desks, passing) = furnish(&store).await;
            for desk in &desks {
                desk.sign(&store).await.unwrap();
            }
            store.close().await;
            (desks, passing)
        });
        let image = disk.image();
        assert_eq!(image.keys().collect::<Vec<_>>(), ["sharewell.db"], "the log goes when the store is closed");
        Self { keys, image, desks, passing }
    }

    /// A room of its own, with the keys as they were prepared, where disks can be mounted one after the other.
    pub fn room(&self) -> Room {
        let folder = TempDir::new().unwrap();
        let room = Room { folder, mounted: Cell::new(0) };
        fs::create_dir_all(room.keys()).unwrap();
        for key in fs::read_dir(self.keys.path().join("keys")).unwrap().map(Result::unwrap) {
            fs::copy(key.path(), room.keys().join(key.file_name())).unwrap();
        }
        room
    }
}

pub struct Room {
    folder: TempDir,
    mounted: Cell<u32>,
}

impl Room {
    /// Mounts a disk in the place of the last. Each has a folder of its own: a connection that nobody waited for deletes its
    /// log when it closes, and it must not find the next disk's.
    pub fn mount(&self, image: Image) -> Disk {
        let disk = Disk::holding(image);
        let before = self.mount_point();
        if self.mounted.replace(self.mounted.get() + 1) > 0 {
            Disk::unmount(&before);
            fs::remove_dir_all(before).unwrap();
        }
        fs::create_dir(self.mount_point()).unwrap();
        // The store looks at its real file before SQLite opens it.
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.file()).unwrap();
        disk.mount(&self.mount_point());
        disk
    }

    fn mount_point(&self) -> PathBuf {
        self.folder.path().join(self.mounted.get().to_string())
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    pub fn place(&self) -> Place {
        Place { keys: self.keys(), ..Place::under(&self.mount_point()) }
    }

    pub fn file(&self) -> PathBuf {
        self.place().database.file().unwrap().to_owned()
    }

    pub async fn open(&self) -> Result<Store, StoreError> {
        let store = Store::open(&self.place(), randomness(), NOW).await?;
        // Sooner than the program does, so that disks stay small.
        store.copy_log_after(1_000).await?;
        Ok(store)
    }

    /// Where the ledger's key remembers what it signed.
    pub fn memory_of(&self, desk: &Desk) -> MemoryFiles {
        let file = |ending| self.keys().join(format!("{}{ending}", desk.member.organisation));
        MemoryFiles([file(".signed"), file(".signed.new")])
    }
}

/// The files in which a ledger's key remembers what it signed: what is kept, and what may not be kept yet.
pub struct MemoryFiles([PathBuf; 2]);

/// What is in them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Memory([Option<Vec<u8>>; 2]);

impl MemoryFiles {
    pub fn read(&self) -> Memory {
        // Read first what may be put in the other's place meanwhile.
        let new = fs::read(&self.0[1]).ok();
        Memory([fs::read(&self.0[0]).ok(), new])
    }

    pub fn write(&self, memory: &Memory) {
        for (file, content) in self.0.iter().zip(&memory.0) {
            match content {
                Some(content) => fs::write(file, content).unwrap(),
                None => drop(fs::remove_file(file)),
            }
        }
    }
}

impl Memory {
    /// How many entries were signed at last.
    pub fn entries(&self) -> u64 {
        let size = |note: &Vec<u8>| std::str::from_utf8(note).ok()?.lines().nth(1)?.parse().ok();
        self.0.iter().flatten().filter_map(size).max().unwrap_or(0)
    }

    /// Whether something is signed that may not be kept yet.
    pub fn is_being_kept(&self) -> bool {
        self.0[1].is_some()
    }
}
