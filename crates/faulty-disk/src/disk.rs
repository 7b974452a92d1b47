//! The disk itself: files in memory, the record of what was done to them, and the faults it was told to have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use libsqlite3_sys as sqlite;

use crate::power::{Playback, put};

/// Every file of a disk by its name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// How a disk fails, once its operation has come. Operations are opening, reading, writing, cutting, syncing, deleting
/// a file and mapping shared memory, counted from [`Disk::fail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The Nth operation fails as an input or output error; a write or read is cut short half-way.
    BrokenOnce(u64),
    /// Every operation from the Nth on fails so.
    BrokenFrom(u64),
    /// From the Nth operation on no file can grow, until [`Disk::heal`] frees space.
    FullFrom(u64),
    /// The first growth of a file from the Nth operation on fails, as when another program frees space at once.
    FullOnce(u64),
}

/// What the disk does when it is told to sync. The two lies show that the tests can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syncs {
    /// What it says.
    #[default]
    Honest,
    /// Nothing: as SQLite with `synchronous=OFF`.
    Never,
    /// The write-ahead log only when its heading is new and before a checkpoint writes to the database: what SQLite asks for
    /// with `synchronous=NORMAL`.
    LogOnlyBeforeCheckpoint,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Create,
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
    Sync,
    FailedSync(u64),
    Delete { synced: bool },
}

#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) file: String,
    pub(crate) change: Change,
}

/// A part of the memory that connections share: in words so that it is aligned as SQLite expects, and ones that may be written
/// through an address that others have too.
type Region = Arc<[AtomicU64]>;

/// An open file's lock on one of the eight places of shared memory.
#[derive(Default)]
struct Place {
    shared: Vec<u64>,
    exclusive: Option<u64>,
}

#[derive(Default)]
struct File {
    content: Vec<u8>,
    /// Who holds which lock on the file (`SQLITE_LOCK_…`).
    locks: BTreeMap<u64, i32>,
    places: [Place; 8],
    /// What connections share; gone when the last of them has let go, as the last closing deletes the file for it.
    memory: Vec<Region>,
    mapped_by: BTreeSet<u64>,
}

impl File {
    fn unmap(&mut self, id: u64) {
        for place in &mut self.places {
            place.shared.retain(|holder| *holder != id);
            place.exclusive = place.exclusive.filter(|holder| *holder != id);
        }
        self.mapped_by.remove(&id);
        if self.mapped_by.is_empty() {
            self.memory.clear();
        }
    }
}

/// Called before each change, with how many there were.
type Watch = Box<dyn FnMut(usize) + Send>;

#[derive(Default)]
struct State {
    files: BTreeMap<String, File>,
    base: Image,
    done: Vec<Operation>,
    syncs: Syncs,
    log_unsynced: Option<String>,
    log_heading_unsynced: bool,
    fault: Option<Fault>,
    counted: u64,
    struck: u64,
    next_handle: u64,
    watch: Option<Watch>,
}

/// A disk in memory. Cloning it gives another handle to the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

static MOUNTED: Mutex<BTreeMap<PathBuf, Disk>> = Mutex::new(BTreeMap::new());

fn mounted() -> MutexGuard<'static, BTreeMap<PathBuf, Disk>> {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// A disk that holds `image`, all of it durable.
    pub fn holding(image: Image) -> Self {
        let disk = Self::default();
        let file = |content: &Vec<u8>| File { content: content.clone(), ..File::default() };
        let mut state = disk.state();
        state.files = image.iter().map(|(name, content)| (name.clone(), file(content))).collect();
        state.base = image;
        drop(state);
        disk
    }

    /// Puts it under a folder, in the place of what was there.
    pub fn mount(&self, folder: &Path) {
        mounted().insert(folder.to_owned(), self.clone());
    }

    /// Takes away what is mounted under a folder. Who has a file of it open keeps that file.
    pub fn unmount(folder: &Path) {
        mounted().remove(folder);
    }

    /// What running programs see of it.
    pub fn image(&self) -> Image {
        self.state().files.iter().map(|(name, file)| (name.clone(), file.content.clone())).collect()
    }

    /// How it treats syncs from now on.
    pub fn set_syncs(&self, syncs: Syncs) {
        self.state().syncs = syncs;
    }

    /// Has it fail, counting operations from now.
    pub fn fail(&self, fault: Fault) {
        let mut state = self.state();
        (state.fault, state.counted, state.struck) = (Some(fault), 0, 0);
    }

    /// Ends its faults: the cable is plugged in again, the space is freed.
    pub fn heal(&self) {
        self.state().fault = None;
    }

    /// How many operations have failed since [`Disk::fail`].
    pub fn struck(&self) -> u64 {
        self.state().struck
    }

    /// How many changes have been made to it: what is acknowledged now must outlive a power loss from this one on.
    pub fn changes(&self) -> usize {
        self.state().done.len()
    }

    /// Has `watch` called right before every change, with how many there were: what it finds elsewhere is what is there if the power
    /// fails after so many. It must not use the disk.
    pub fn watch(&self, watch: impl FnMut(usize) + Send + 'static) {
        self.state().watch = Some(Box::new(watch));
    }

    /// Takes what was done out of the disk, to be gone through.
    pub fn playback(&self) -> Playback {
        let mut state = self.state();
        let (base, done) = (std::mem::take(&mut state.base), std::mem::take(&mut state.done));
        Playback::new(base, done)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which error, as SQLite numbers them.
pub(crate) type Failed = i32;

impl State {
    /// Counts an operation and says whether it fails.
    fn strikes(&mut self, grows: bool) -> Option<Fault> {
        self.counted += 1;
        let fault = self.fault.filter(|fault| match *fault {
            Fault::BrokenOnce(at) => self.counted == at,
            Fault::BrokenFrom(at) => self.counted >= at,
            Fault::FullFrom(at) | Fault::FullOnce(at) => grows && self.counted >= at,
        })?;
        if matches!(fault, Fault::FullOnce(_)) {
            self.fault = None;
        }
        self.struck += 1;
        Some(fault)
    }

    fn did(&mut self, file: &str, change: Change) {
        if let Some(watch) = &mut self.watch {
            watch(self.done.len());
        }
        self.done.push(Operation { file: file.to_owned(), change });
    }

    fn write(&mut self, name: &str, at: usize, bytes: &[u8]) {
        if name.ends_with("-wal") {
            self.log_heading_unsynced |= at == 0;
        } else if let Some(log) = self.log_unsynced.take() {
            self.did(&log, Change::Sync);
        }
        put(&mut self.files.entry(name.to_owned()).or_default().content, at, bytes);
        self.did(name, Change::Write { at, bytes: bytes.to_vec() });
    }
}

/// A file that a connection has open.
pub(crate) struct Handle {
    disk: Disk,
    name: String,
    id: u64,
    /// The regions whose address this connection has: they stay where they are while it may use them, whatever becomes of the file.
    mapped: Mutex<BTreeMap<usize, Region>>,
}

fn found(path: &str) -> Result<(Disk, String), Failed> {
    let path = Path::new(path);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Err(sqlite::SQLITE_CANTOPEN) };
    let disk = mounted().get(folder).cloned().ok_or(sqlite::SQLITE_CANTOPEN)?;
    Ok((disk, name.to_string_lossy().into_owned()))
}

pub(crate) fn open(path: Option<&str>, create: bool) -> Result<Handle, Failed> {
    // A file without a name is scratch paper: it gets a disk of its own that dies with it.
    let (disk, name) = path.map_or_else(|| Ok((Disk::default(), String::new())), found)?;
    let mut state = disk.state();
    if state.strikes(false).is_some() {
        return Err(sqlite::SQLITE_CANTOPEN);
    }
    if !state.files.contains_key(&name) {
        if !create && path.is_some() {
            return Err(sqlite::SQLITE_CANTOPEN);
        }
        state.files.insert(name.clone(), File::default());
        state.did(&name, Change::Create);
    }
    state.next_handle += 1;
    let id = state.next_handle;
    drop(state);
    Ok(Handle { disk, name, id, mapped: Mutex::default() })
}

pub(crate) fn delete(path: &str, synced: bool) -> Result<(), Failed> {
    let (disk, name) = found(path)?;
    let mut state = disk.state();
    if state.strikes(false).is_some() {
        return Err(sqlite::SQLITE_IOERR_DELETE);
    }
    state.files.remove(&name).ok_or(sqlite::SQLITE_IOERR_DELETE_NOENT)?;
    state.did(&name, Change::Delete { synced });
    Ok(())
}

pub(crate) fn exists(path: &str) -> bool {
    found(path).is_ok_and(|(disk, name)| disk.state().files.get(&name).is_some_and(|file| !file.content.is_empty()))
}

impl Handle {
    fn with<T>(&self, act: impl FnOnce(&mut File) -> T) -> T {
        act(self.disk.state().files.entry(self.name.clone()).or_default())
    }

    pub(crate) fn size(&self) -> usize {
        self.with(|file| file.content.len())
    }

    /// Reads; how many bytes there were.
    pub(crate) fn read(&self, at: usize, into: &mut [u8]) -> Result<usize, Failed> {
        let broken = self.disk.state().strikes(false).is_some();
        self.with(|file| {
            let from = file.content.get(at..).unwrap_or(&[]);
            let there = from.len().min(into.len());
            into[..there].copy_from_slice(&from[..there]);
            if broken {
                into[there / 2..].fill(0xA5);
                return Err(sqlite::SQLITE_IOERR_READ);
            }
            Ok(there)
        })
    }

    pub(crate) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), Failed> {
        let mut state = self.disk.state();
        let size = state.files.get(&self.name).map_or(0, |file| file.content.len());
        let (part, failed) = match state.strikes(at + bytes.len() > size) {
            None => (bytes.len(), None),
            // A full disk takes what still fits.
            Some(Fault::FullFrom(_) | Fault::FullOnce(_)) => (bytes.len() / 2, Some(sqlite::SQLITE_FULL)),
            Some(_) => (bytes.len() / 2, Some(sqlite::SQLITE_IOERR_WRITE)),
        };
        state.write(&self.name, at, &bytes[..part]);
        failed.map_or(Ok(()), Err)
    }

    pub(crate) fn truncate(&self, size: usize) -> Result<(), Failed> {
        let mut state = self.disk.state();
        if state.strikes(false).is_some() {
            return Err(sqlite::SQLITE_IOERR_TRUNCATE);
        }
        state.files.entry(self.name.clone()).or_default().content.resize(size, 0);
        state.did(&self.name, Change::Truncate(size));
        Ok(())
    }

    pub(crate) fn sync(&self) -> Result<(), Failed> {
        let mut state = self.disk.state();
        if state.strikes(false).is_some() {
            let seed = state.counted;
            state.did(&self.name, Change::FailedSync(seed));
            return Err(sqlite::SQLITE_IOERR_FSYNC);
        }
        match state.syncs {
            Syncs::Never => {}
            Syncs::LogOnlyBeforeCheckpoint if self.name.ends_with("-wal") && !state.log_heading_unsynced => {
                state.log_unsynced = Some(self.name.clone());
            }
            Syncs::Honest | Syncs::LogOnlyBeforeCheckpoint => {
                state.log_heading_unsynced &= !self.name.ends_with("-wal");
                state.did(&self.name, Change::Sync);
            }
        }
        Ok(())
    }

    /// Takes a lock on the file as SQLite's own file systems do: many share, one reserves, one alone writes.
    pub(crate) fn lock(&self, level: i32) -> Result<(), Failed> {
        self.with(|file| {
            let others = || file.locks.iter().filter(|(id, _)| **id != self.id).map(|(_, level)| *level);
            let refused = match level {
                sqlite::SQLITE_LOCK_SHARED => others().any(|held| held >= sqlite::SQLITE_LOCK_PENDING),
                sqlite::SQLITE_LOCK_EXCLUSIVE => others().any(|held| held >= sqlite::SQLITE_LOCK_SHARED),
                _ => others().any(|held| held >= sqlite::SQLITE_LOCK_RESERVED),
            };
            if refused {
                return Err(sqlite::SQLITE_BUSY);
            }
            let held = file.locks.entry(self.id).or_insert(level);
            *held = level.max(*held);
            Ok(())
        })
    }

    pub(crate) fn unlock(&self, level: i32) {
        self.with(|file| {
            if level == sqlite::SQLITE_LOCK_NONE {
                file.locks.remove(&self.id);
            } else {
                file.locks.insert(self.id, level);
            }
        });
    }

    pub(crate) fn reserved(&self) -> bool {
        self.with(|file| file.locks.values().any(|level| *level >= sqlite::SQLITE_LOCK_RESERVED))
    }

    /// The address of a region of the memory that connections share, if it is there or may be made. It holds until
    /// [`Handle::unmap`], [`Handle::let_go`] or the handle's end.
    pub(crate) fn memory(&self, region: usize, size: usize, make: bool) -> Result<Option<*mut u8>, Failed> {
        if make && self.disk.state().strikes(false).is_some() {
            return Err(sqlite::SQLITE_IOERR_SHMMAP);
        }
        let there = self.with(|file| {
            file.mapped_by.insert(self.id);
            while make && file.memory.len() <= region {
                file.memory.push((0..size.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
            }
            file.memory.get(region).map(Arc::clone)
        });
        Ok(there.map(|there| {
            let address = there.as_ptr().cast_mut().cast();
            self.mapped().insert(region, there);
            address
        }))
    }

    fn mapped(&self) -> MutexGuard<'_, BTreeMap<usize, Region>> {
        self.mapped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_memory(&self, places: std::ops::Range<usize>, flags: i32) -> Result<(), Failed> {
        self.with(|file| {
            let places = file.places.get_mut(places).ok_or(sqlite::SQLITE_IOERR_SHMMAP)?;
            let exclusive = flags & sqlite::SQLITE_SHM_EXCLUSIVE != 0;
            let other = |place: &Place| place.exclusive.is_some_and(|id| id != self.id);
            if flags & sqlite::SQLITE_SHM_UNLOCK != 0 {
                for place in places {
                    place.shared.retain(|id| *id != self.id);
                    place.exclusive = place.exclusive.filter(|id| *id != self.id);
                }
                return Ok(());
            }
            if places.iter().any(|place| other(place) || (exclusive && place.shared.iter().any(|id| *id != self.id))) {
                return Err(sqlite::SQLITE_BUSY);
            }
            for place in places {
                if exclusive {
                    place.exclusive = Some(self.id);
                } else {
                    place.shared.push(self.id);
                }
            }
            Ok(())
        })
    }

    /// Lets go of every lock, as closing does.
    pub(crate) fn let_go(&self) {
        let mut state = self.disk.state();
        // Not `with`: a file that was deleted must not come back.
        if let Some(file) = state.files.get_mut(&self.name) {
            file.locks.remove(&self.id);
            file.unmap(self.id);
        }
    }

    /// Lets go of the memory that connections share.
    pub(crate) fn unmap(&self) {
        if let Some(file) = self.disk.state().files.get_mut(&self.name) {
            file.unmap(self.id);
        }
        self.mapped().clear();
    }
}
