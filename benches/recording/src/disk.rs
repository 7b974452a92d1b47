//! What this disk takes to keep something for certain: the floor under every figure, so that the reader can judge them.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;

/// How often each is tried.
const TIMES: usize = 500;

/// Appending so many bytes and waiting for the disk.
pub(crate) struct Waited {
    pub(crate) bytes: usize,
    pub(crate) median: Duration,
    pub(crate) slowest_percent: Duration,
    pub(crate) mean: Duration,
}

/// In the folder where the databases will be: about what one decision adds to the log, and what sixty-four do.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Waited>, Failure> {
    [32 * 1024, 1024 * 1024].into_iter().map(|bytes| append(folder, bytes)).collect()
}

#[expect(clippy::disallowed_methods, reason = "measuring needs a clock; nothing is decided by it")]
fn append(folder: &Path, bytes: usize) -> Result<Waited, Failure> {
    let path = folder.join("disk");
    let mut file = OpenOptions::new().create_new(true).write(true).open(&path)?;
    let written = vec![0x5a; bytes];
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        file.write_all(&written)?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    drop(file);
    std::fs::remove_file(&path)?;
    took.sort_unstable();
    let mean = took.iter().sum::<Duration>() / u32::try_from(TIMES)?;
    Ok(Waited { bytes, median: took[TIMES / 2], slowest_percent: took[TIMES * 99 / 100], mean })
}
