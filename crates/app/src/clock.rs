//! Time and randomness: the only file that reads either. Everything else takes them as arguments, so that a decision can be replayed and
//! a test can choose the day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use casework::Moment;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::Randomness;

use crate::AppError;

/// Whose day a record carries: that of the courts and services that will read it.
static LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// What time it is. Cloning it shares it.
#[derive(Clone, Debug)]
pub struct Clock(Time);

#[derive(Clone, Debug)]
enum Time {
    Passing,
    Standing(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn passing() -> Self {
        Self(Time::Passing)
    }

    /// A clock that stands still until it is put forward, for tests.
    #[must_use]
    pub fn standing_at(moment: Moment) -> Self {
        Self(Time::Standing(Arc::new(AtomicI64::new(moment.micros()))))
    }

    /// Puts a standing clock forward; the machine's clock cannot be moved.
    pub fn put_forward(&self, seconds: i64) {
        if let Time::Standing(micros) = &self.0 {
            micros.fetch_add(seconds.saturating_mul(1_000_000), Ordering::Relaxed);
        }
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the program learns the time")]
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::from_micros(match &self.0 {
            Time::Passing => Timestamp::now().as_microsecond(),
            Time::Standing(micros) => micros.load(Ordering::Relaxed),
        })
    }

    /// The legal day: today in Europe/London.
    #[must_use]
    pub fn today(&self) -> Date {
        legal_day(self.now())
    }

    /// A new id, made now: `app.clock.id(MatterId::new)?`.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn id<T>(&self, new: fn(Moment, [u8; 10]) -> T) -> Result<T, AppError> {
        Ok(new(self.now(), random()?))
    }
}

/// The legal day (Europe/London) of a point in time.
#[must_use]
pub fn legal_day(moment: Moment) -> Date {
    in_london(moment).date()
}

/// A point in time as calendars count it, in UTC.
#[must_use]
pub fn in_utc(moment: Moment) -> Timestamp {
    // Beyond the years that calendars know there is nothing to show; no record has such a time.
    Timestamp::from_microsecond(moment.micros()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A point in time as clocks in Europe/London show it.
#[must_use]
pub fn in_london(moment: Moment) -> jiff::civil::DateTime {
    LONDON.to_datetime(in_utc(moment))
}

/// The end of a legal day: the first moment of the next one. None beyond the years that calendars know.
#[must_use]
pub fn end_of(day: Date) -> Option<Moment> {
    let next = day.tomorrow().ok()?.at(0, 0, 0, 0);
    Some(Moment::from_micros(LONDON.to_timestamp(next).ok()?.as_microsecond()))
}

/// Bytes that nobody can guess.
///
/// # Errors
/// When the machine gives no randomness.
pub fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    fill(&mut bytes).map_err(AppError::internal)?;
    Ok(bytes)
}

/// A short random name, for finding a request or an error again in the log.
///
/// # Errors
/// When the machine gives no randomness.
pub fn reference() -> Result<String, AppError> {
    let bytes: [u8; 8] = random()?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// The machine's randomness, for the store.
#[must_use]
pub fn randomness() -> Randomness {
    Randomness::new(fill)
}

/// The clock, for the store.
#[must_use]
pub fn of_store(clock: &Clock) -> store::Clock {
    let clock = clock.clone();
    store::Clock::new(move || clock.now())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place where the program opens the source of randomness")]
fn fill(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_legal_day_is_londons_in_summer_too() {
        // 2026-06-30 23:30 UTC is half past midnight on 1 July in London.
        let late = Timestamp::from_second(1_782_862_200).unwrap();
        assert_eq!(legal_day(Moment::from_micros(late.as_microsecond())), date(2026, 7, 1));
    }

    #[test]
    fn a_day_ends_when_london_begins_the_next() {
        for day in [date(2026, 7, 1), date(2026, 10, 25), date(2026, 12, 31)] {
            let end = end_of(day).unwrap();
            assert_eq!(legal_day(end), day.tomorrow().unwrap());
            assert_eq!(legal_day(Moment::from_micros(end.micros() - 1)), day);
        }
    }

    #[test]
    fn a_standing_clock_moves_only_when_put_forward() {
        let clock = Clock::standing_at(Moment::from_micros(5));
        assert_eq!(clock.now(), clock.now());
        clock.put_forward(60);
        assert_eq!(clock.now(), Moment::from_micros(60_000_005));
    }
}
