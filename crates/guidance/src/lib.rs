//! The guidance as a pure function: a pack and the facts of a case in, advice with its whole explanation out.
//!
//! Nothing here reads a clock, a file, a network or a random source. A pack is read once ([`pack::Pack::load`]); then
//! [`decide`] is total: every fact may be unknown or unsure, and the same facts, pack and day give the same advice.

pub mod advice;
pub mod case;
pub mod check;
pub mod diagram;
pub mod draw;
pub mod facts;
pub mod pack;
pub mod replay;
pub mod search;
pub mod source;
pub mod template;
pub mod truth;
pub mod verdict;
pub mod words;

mod evaluate;
mod lanes;
mod program;
#[cfg(test)]
mod testing;

pub use advice::{Advice, Decider, Workspace, decide};
pub use case::{Case, CaseDocument, Item};
pub use facts::{Answer, Facts};
pub use pack::Pack;
pub use source::{Fault, SourceFile};
pub use truth::Truth;
pub use verdict::Verdict;
