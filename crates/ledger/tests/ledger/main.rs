//! The ledger as strangers check it: the tree, its entries, notes, witnesses and receipts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod change;
mod entry;
mod export;
mod notes;
mod receipt;
mod sample;
mod tree;
mod vectors;
mod witness;
