//! Attempts to sign in, so that passwords and codes cannot be guessed one after the other. They are counted in the store, where every copy
//! of the program sees them and a restart does not forget them: for each address, apart for passwords and for codes, and apart for each
//! device on which the address has signed in before. A whole council may sit behind one network address, so none is counted.

use store::{Attempt, DeviceToken, Guess};
use tokio::sync::Semaphore;

use crate::device::Device;
use crate::{App, AppError, clock};

/// So many failures within the time below close an account for that time.
pub const MOST_FAILURES: usize = 5;

/// How long a failure counts.
pub const FAILURE_COUNTS_SECONDS: i64 = 15 * 60;

/// How long a device is known after somebody has signed in on it.
pub const DEVICE_KNOWN_SECONDS: i64 = 180 * 24 * 60 * 60;

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

fn attempt<'a>(email: &'a str, guess: Guess, device: &'a Device) -> Attempt<'a> {
    Attempt { email, guess, device: device.token.as_ref() }
}

/// Counts an attempt, unless too many count already. Counted before anything is checked, so that attempts made at the same moment count
/// too.
pub(super) async fn begin(app: &App, email: &str, guess: Guess, device: &Device) -> Result<bool, AppError> {
    let (now, most) = (app.clock.now(), u32::try_from(MOST_FAILURES).unwrap_or(u32::MAX));
    let until = now.plus_seconds(FAILURE_COUNTS_SECONDS);
    Ok(app.store.begin_attempt(attempt(email, guess, device), now, until, most).await?)
}

/// Forgets the attempts before: this one was right.
pub(super) async fn succeeded(app: &App, email: &str, guess: Guess, device: &Device) -> Result<(), AppError> {
    Ok(app.store.forget_attempts(attempt(email, guess, device), app.clock.now()).await?)
}

/// Remembers that somebody signed in on a device, and gives back what its browser keeps.
///
/// # Errors
/// When the store fails, or the machine gives no randomness.
pub async fn remember_device(app: &App, email: &str, device: &Device) -> Result<DeviceToken, AppError> {
    let token = match &device.token {
        Some(token) => token.clone(),
        None => DeviceToken::new(clock::random()?),
    };
    let now = app.clock.now();
    app.store.know_device(email, &token, now, now.plus_seconds(DEVICE_KNOWN_SECONDS)).await?;
    Ok(token)
}
