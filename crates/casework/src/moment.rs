//! Points in time, as integer microseconds: they sort, compare and store the same everywhere.

use serde::{Deserialize, Serialize};

/// A point in time: microseconds of UTC since 1 January 1970. The legal day (Europe/London's) is worked out by
/// whoever holds the time zone tables and passed in as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Later than anything that happens: the end of the year 9999.
    pub const NEVER: Self = Self(253_402_300_799_000_000);

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, as ids carry them; a time before 1970 counts as 1970.
    pub fn unix_millis(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// This many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}
