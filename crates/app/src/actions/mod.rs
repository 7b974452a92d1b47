//! The one place that acts. Each function is one thing that somebody does: it loads under the organisation, asks `casework` whether this
//! member may, asks `guidance` where advice is due, makes the pure transition, saves by expected version and commits once.

mod attempts;

pub use attempts::Attempts;
