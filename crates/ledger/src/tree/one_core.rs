//! Stands in for `threads.rs` where there are no threads.

use std::num::NonZeroUsize;

/// This one.
pub(super) fn all() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// What `work` makes of each piece, in their order.
pub(super) fn each<P, D>(pieces: &[P], _threads: NonZeroUsize, work: impl Fn(&P) -> D) -> Vec<D> {
    pieces.iter().map(work).collect()
}
