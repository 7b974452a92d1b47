//! Work on several cores; where there are no threads (`wasm32-unknown-unknown`), `one_core.rs` stands in.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As many as there are cores.
pub(super) fn all() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What `work` makes of each piece, in the order of the pieces. Each thread takes the next piece when it is done with
/// one, so that a core busy with something else does not hold up the rest. This thread works too; one that cannot be
/// started is done without.
pub(super) fn each<P: Sync, D: Send + Sync>(
    pieces: &[P],
    threads: NonZeroUsize,
    work: impl Fn(&P) -> D + Sync,
) -> Vec<D> {
    let slots: Vec<OnceLock<D>> = pieces.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let take_pieces = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(piece), Some(slot)) = (pieces.get(number), slots.get(number)) else { break };
            slot.get_or_init(|| work(piece));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(pieces.len()) {
            if std::thread::Builder::new().spawn_scoped(scope, take_pieces).is_err() {
                break;
            }
        }
        take_pieces();
    });
    pieces.iter().zip(slots).map(|(piece, slot)| slot.into_inner().unwrap_or_else(|| work(piece))).collect()
}
