//! Failed sign-ins, counted by account, so that passwords cannot be guessed one after the other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use casework::{Moment, normal_email};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// So many failures within the time below close an account for that time.
pub const MOST_FAILURES: usize = 5;

/// How long a failure counts.
pub const FAILURE_COUNTS_SECONDS: i64 = 15 * 60;

/// Accounts remembered at most, known or not; beyond that the oldest failures are forgotten.
const MOST_ACCOUNTS: usize = 10_000;

/// Passwords checked at once: each takes 46 MiB of memory.
const AT_ONCE: usize = 2;

/// The failed sign-ins of the last minutes, and a queue for checking passwords. An address nobody has is counted like any other, so that
/// nobody learns from it who has an account.
#[derive(Debug)]
pub struct Attempts {
    failures: Mutex<HashMap<[u8; 32], Vec<Moment>>>,
    pub(crate) queue: Semaphore,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failures: Mutex::default(), queue: Semaphore::new(AT_ONCE) }
    }
}

impl Attempts {
    /// Whether the account is closed for now.
    pub(crate) fn are_too_many(&self, email: &str, now: Moment) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&tag(email)).is_some_and(|times| times.iter().filter(|time| counts(**time, now)).count() >= MOST_FAILURES)
    }

    /// Notes a failure before the password is checked, so that attempts at the same moment count too.
    pub(crate) fn begin(&self, email: &str, now: Moment) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_ACCOUNTS {
            failures.retain(|_, times| times.last().is_some_and(|time| counts(*time, now)));
        }
        if failures.len() >= MOST_ACCOUNTS
            && let Some(oldest) = failures.iter().min_by_key(|(_, times)| times.last().copied()).map(|(tag, _)| *tag)
        {
            failures.remove(&oldest);
        }
        let times = failures.entry(tag(email)).or_default();
        times.retain(|time| counts(*time, now));
        times.push(now);
    }

    /// Forgets an account's failures: its password was right.
    pub(crate) fn succeeded(&self, email: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&tag(email));
    }
}

fn counts(failure: Moment, now: Moment) -> bool {
    now < failure.plus_seconds(FAILURE_COUNTS_SECONDS)
}

fn tag(email: &str) -> [u8; 32] {
    Sha256::digest(normal_email(email).as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Moment = Moment::from_micros(1_795_000_000_000_000);

    #[test]
    fn five_failures_close_an_account_for_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        for n in 0..MOST_FAILURES {
            assert!(!attempts.are_too_many("w.teacher@fernbank.example", NOON), "after {n}");
            attempts.begin("w.teacher@fernbank.example", NOON);
        }
        assert!(attempts.are_too_many(" W.Teacher@Fernbank.example", NOON));
        assert!(!attempts.are_too_many("another@fernbank.example", NOON));
        assert!(!attempts.are_too_many("w.teacher@fernbank.example", NOON.plus_seconds(FAILURE_COUNTS_SECONDS)));
    }

    #[test]
    fn the_right_password_opens_the_count_anew() {
        let attempts = Attempts::default();
        (0..4).for_each(|_| attempts.begin("w.teacher@fernbank.example", NOON));
        attempts.succeeded("w.teacher@fernbank.example");
        attempts.begin("w.teacher@fernbank.example", NOON);
        assert!(!attempts.are_too_many("w.teacher@fernbank.example", NOON));
    }
}
