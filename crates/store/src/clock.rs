//! What time it is: given by the program, so that a test may choose it.

use std::fmt;
use std::sync::Arc;

use casework::Moment;

/// Where the times of ledger entries and checkpoints come from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// From a function that tells the time.
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Moment {
        (self.0)()
    }
}

/// A clock that stands still.
impl From<Moment> for Clock {
    fn from(moment: Moment) -> Self {
        Self::new(move || moment)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
