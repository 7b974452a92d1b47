//! The store on a disk that loses power, breaks and runs full. In a program of its own, because the disk takes the place of
//! every other for SQLite. `docs/durability.md` says what is promised and what was seen.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod broken;
mod desks;
mod destroying;
mod house;
mod looks;
mod power;
