//! A disk for tests: SQLite writes to it as to any other, and it fails as real disks fail.
//!
//! [`become_every_disk`] makes it the file system of every SQLite connection of this process, so that the program under
//! test is the real one, unchanged. [`Disk::mount`] puts a disk in memory under a folder. What is written is in a
//! volatile cache until it is synced; [`Playback`] goes through what was done, operation by operation, and says what a
//! disk could hold if the power failed there: each write since the last sync kept, lost or torn at sector boundaries,
//! in any order. [`Disk::fail`] makes the disk fail at the Nth operation instead. All follows from a seed.

mod disk;
mod power;
mod vfs;

pub use disk::{Disk, Fault, Image, Syncs};
pub use power::Playback;
pub use vfs::become_every_disk;

/// A small generator of numbers that look random, the same for the same seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.next() & 1 == 0
    }
}
