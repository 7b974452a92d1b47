//! Attempts to sign in, so that passwords cannot be guessed one after the other. They are counted in the store, where every copy of the
//! program sees them and a restart does not forget them.

use casework::Moment;
use store::StoreError;
use tokio::sync::Semaphore;

use crate::App;

/// So many failures within the time below close an account for that time.
pub const MOST_FAILURES: usize = 5;

/// How long a failure counts.
pub const FAILURE_COUNTS_SECONDS: i64 = 15 * 60;

/// Passwords checked at once: each takes 46 MiB of memory.
const AT_ONCE: usize = 2;

/// The queue for checking passwords.
#[derive(Debug)]
pub struct Attempts {
    pub(crate) queue: Semaphore,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { queue: Semaphore::new(AT_ONCE) }
    }
}

/// Counts an attempt, unless the account is closed for now. Counted before the password is checked, so that attempts made at the same
/// moment count too.
pub(crate) async fn begin(app: &App, email: &str, now: Moment) -> Result<bool, StoreError> {
    let most = u32::try_from(MOST_FAILURES).unwrap_or(u32::MAX);
    app.store.begin_sign_in(email, now, now.plus_seconds(FAILURE_COUNTS_SECONDS), most).await
}
