//! What anyone needs to check a ledger, a receipt or a proof, with no server and without any key of the organisation
//! that keeps it.
//!
//! A ledger is an RFC 6962 tree over [entries](entry). Its keeper signs [checkpoints](checkpoint), which partner
//! organisations [witness] with [cosignatures](cosignature), and hands out [receipts](receipt). Formats are those of
//! C2SP (`signed-note`, `tlog-checkpoint`, `tlog-cosignature`, `tlog-witness`, `tlog-proof`), so that tools made by
//! others agree. `docs/ledger.md` tells the whole story.
//!
//! Everything here is pure: bytes and times come in as arguments, and every parser takes any bytes at all.
#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod cosignature;
pub mod entry;
pub mod export;
pub mod key;
mod lines;
pub mod note;
pub mod receipt;
pub mod tree;
pub mod witness;
