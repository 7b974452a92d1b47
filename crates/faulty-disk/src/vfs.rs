//! Where SQLite calls the disk: the only unsafe code, because SQLite speaks C. Every function turns its arguments into safe
//! ones and hands on to `disk.rs`.
#![expect(unsafe_code, reason = "SQLite calls a file system through C function pointers")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::slice;
use std::sync::OnceLock;

use libsqlite3_sys as sqlite;

use crate::disk::{self, Failed, Handle};

/// What SQLite allocates for an open file; its own part comes first.
#[repr(C)]
struct OpenFile {
    base: sqlite::sqlite3_file,
    handle: *mut Handle,
}

static METHODS: sqlite::sqlite3_io_methods = sqlite::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(promises),
    xShmMap: Some(map),
    xShmLock: Some(lock_memory),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes mounted disks the file system of every SQLite connection of this process from now on. Says whether SQLite took it.
pub fn become_every_disk() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    // SAFETY: the default file system is copied after SQLite set it up; the copy and its name live as long as the process.
    *DONE.get_or_init(|| unsafe {
        if sqlite::sqlite3_initialize() != sqlite::SQLITE_OK {
            return false;
        }
        let usual = sqlite::sqlite3_vfs_find(null_mut());
        if usual.is_null() {
            return false;
        }
        // Time, sleep, randomness and extensions stay as usual.
        let mut ours = *usual;
        ours.szOsFile = c_int::try_from(size_of::<OpenFile>()).unwrap_or(c_int::MAX);
        ours.pNext = null_mut();
        ours.zName = c"faulty-disk".as_ptr();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        ours.xAccess = Some(access);
        ours.xFullPathname = Some(full_path);
        sqlite::sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1) == sqlite::SQLITE_OK
    })
}

fn code(done: Result<(), Failed>) -> c_int {
    done.err().unwrap_or(sqlite::SQLITE_OK)
}

fn whole(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// # Safety
/// `file` is one that `open` succeeded on and `close` was not called for.
unsafe fn handle<'a>(file: *mut sqlite::sqlite3_file) -> &'a Handle {
    // SAFETY: as above, `handle` points to a box that only `close` frees.
    unsafe { &*(*file.cast::<OpenFile>()).handle }
}

/// # Safety
/// `path` is null or a C string.
unsafe fn text<'a>(path: *const c_char) -> Option<&'a str> {
    // SAFETY: as above.
    (!path.is_null()).then(|| unsafe { CStr::from_ptr(path) }.to_str().ok()).flatten()
}

unsafe extern "C" fn open(
    _: *mut sqlite::sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes for the file, and `path` and `out` as its manual says: null, or valid until this returns.
    unsafe {
        let file = file.cast::<OpenFile>();
        (*file).base.pMethods = null_mut();
        match disk::open(text(path), flags & sqlite::SQLITE_OPEN_CREATE != 0) {
            Ok(handle) => {
                (*file).handle = Box::into_raw(Box::new(handle));
                (*file).base.pMethods = &raw const METHODS;
                if !out.is_null() {
                    *out = flags;
                }
                sqlite::SQLITE_OK
            }
            Err(failed) => failed,
        }
    }
}

unsafe extern "C" fn delete(_: *mut sqlite::sqlite3_vfs, path: *const c_char, synced: c_int) -> c_int {
    // SAFETY: `path` is a C string of SQLite.
    unsafe { code(text(path).ok_or(sqlite::SQLITE_CANTOPEN).and_then(|path| disk::delete(path, synced != 0))) }
}

unsafe extern "C" fn access(_: *mut sqlite::sqlite3_vfs, path: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: `path` is a C string of SQLite, `out` a place for the answer.
    unsafe { *out = c_int::from(text(path).is_some_and(disk::exists)) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut sqlite::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `path` is a C string of SQLite, and there are `room` bytes at `out`, which does not overlap it.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > whole(room.into()) {
            return sqlite::SQLITE_CANTOPEN;
        }
        slice::from_raw_parts_mut(out.cast::<u8>(), bytes.len()).copy_from_slice(bytes);
    }
    sqlite::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once and never uses it again; the box is that which `open` made.
    unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle).let_go() };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut sqlite::sqlite3_file, into: *mut c_void, most: c_int, at: i64) -> c_int {
    // SAFETY: the file is open, and there are `most` bytes of SQLite's own at `into`, which it reads only when this returned.
    let into = unsafe { slice::from_raw_parts_mut(into.cast::<u8>(), whole(most.into())) };
    // SAFETY: as above.
    match unsafe { handle(file) }.read(whole(at), into) {
        Ok(there) if there < into.len() => {
            into[there..].fill(0);
            sqlite::SQLITE_IOERR_SHORT_READ
        }
        Ok(_) => sqlite::SQLITE_OK,
        Err(failed) => failed,
    }
}

unsafe extern "C" fn write(file: *mut sqlite::sqlite3_file, from: *const c_void, most: c_int, at: i64) -> c_int {
    // SAFETY: the file is open, and there are `most` bytes at `from`, which nobody changes meanwhile.
    unsafe { code(handle(file).write(whole(at), slice::from_raw_parts(from.cast::<u8>(), whole(most.into())))) }
}

unsafe extern "C" fn truncate(file: *mut sqlite::sqlite3_file, size: i64) -> c_int {
    // SAFETY: the file is open.
    unsafe { code(handle(file).truncate(whole(size))) }
}

unsafe extern "C" fn sync(file: *mut sqlite::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { code(handle(file).sync()) }
}

unsafe extern "C" fn size(file: *mut sqlite::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: the file is open, and `out` is a place for the answer.
    unsafe { *out = i64::try_from(handle(file).size()).unwrap_or(i64::MAX) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { code(handle(file).lock(level)) }
}

unsafe extern "C" fn unlock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { handle(file).unlock(level) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn reserved(file: *mut sqlite::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open, and `out` is a place for the answer.
    unsafe { *out = c_int::from(handle(file).reserved()) };
    sqlite::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut sqlite::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    sqlite::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector(_: *mut sqlite::sqlite3_file) -> c_int {
    4096
}

/// What SQLite's own file system promises of an ordinary disk.
unsafe extern "C" fn promises(_: *mut sqlite::sqlite3_file) -> c_int {
    sqlite::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn map(
    file: *mut sqlite::sqlite3_file,
    region: c_int,
    size: c_int,
    make: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open, and `out` is a place for the address; the handle keeps the region where it is until this
    // connection lets go of it.
    match unsafe { handle(file) }.memory(whole(region.into()), whole(size.into()), make != 0) {
        Ok(address) => {
            // SAFETY: as above.
            unsafe { *out = address.map_or(null_mut(), <*mut u8>::cast) };
            sqlite::SQLITE_OK
        }
        Err(failed) => failed,
    }
}

unsafe extern "C" fn lock_memory(file: *mut sqlite::sqlite3_file, from: c_int, many: c_int, flags: c_int) -> c_int {
    let from = whole(from.into());
    // SAFETY: the file is open.
    unsafe { code(handle(file).lock_memory(from..from + whole(many.into()), flags)) }
}

unsafe extern "C" fn barrier(_: *mut sqlite::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn unmap(file: *mut sqlite::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { handle(file).unmap() };
    sqlite::SQLITE_OK
}
