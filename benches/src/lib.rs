//! Measuring Sharewell against other engines: the same cases, the same answers, CPU time on one thread.
//!
//! `README.md` says what is compared and why it is fair; `decisions.rs` is the program that `make bench` runs.

#![forbid(unsafe_code)]

pub mod cases;
pub mod packs;
pub mod real;
pub mod rivals;
pub mod timing;

/// Why a measurement could not be made, or must not be believed.
pub type Failure = Box<dyn std::error::Error>;
