//! The store as its users meet it: on a real file, opened and closed, attacked with the database in hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod common;
mod contract;
mod opening;
mod sealing;
