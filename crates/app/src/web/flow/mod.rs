//! The decision flow: one question on each page, kept in a draft (`kept`) or only in the page itself (`talk`).
//!
//! Both ways show the same pages of the same [`journey::Journey`]; they differ in how a page is reached and where answers stay.

mod answers;
mod journey;
mod now;

pub use now::{ActNow, NowPage};

pub(super) use now::acts_in;
