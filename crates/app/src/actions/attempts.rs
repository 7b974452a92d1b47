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
    accounts: Mutex<HashMap<[u8; 32], Vec<Moment>>>,
    pub(crate) queue: Semaphore,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { accounts: Mutex::default(), queue: Semaphore::new(AT_ONCE) }
    }
}

impl Attempts {
    /// Counts an attempt, unless the account is closed for now. Counted before the password is checked, so that attempts made at the same
    /// moment count too.
    pub(crate) fn begin(&self, email: &str, now: Moment) -> bool {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST_ACCOUNTS {
            accounts.retain(|_, times| times.last().is_some_and(|time| counts(*time, now)));
        }
        if accounts.len() >= MOST_ACCOUNTS
            && let Some(oldest) = accounts.iter().min_by_key(|(_, times)| times.last().copied()).map(|(tag, _)| *tag)
        {
            accounts.remove(&oldest);
        }
        let times = accounts.entry(tag(email)).or_default();
        times.retain(|time| counts(*time, now));
        let open = times.len() < MOST_FAILURES;
        if open {
            times.push(now);
        }
        open
    }

    /// Forgets an account's failures: its password was right.
    pub(crate) fn succeeded(&self, email: &str) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).remove(&tag(email));
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
            assert!(attempts.begin("w.teacher@fernbank.example", NOON), "after {n}");
        }
        assert!(!attempts.begin(" W.Teacher@Fernbank.example", NOON));
        assert!(attempts.begin("another@fernbank.example", NOON));
        assert!(attempts.begin("w.teacher@fernbank.example", NOON.plus_seconds(FAILURE_COUNTS_SECONDS)));
    }

    #[test]
    fn the_right_password_opens_the_count_anew() {
        let attempts = Attempts::default();
        for _ in 0..MOST_FAILURES {
            attempts.begin("w.teacher@fernbank.example", NOON);
        }
        attempts.succeeded("w.teacher@fernbank.example");
        assert!(attempts.begin("w.teacher@fernbank.example", NOON));
    }
}
