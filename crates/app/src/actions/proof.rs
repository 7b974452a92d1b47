//! Proving once more who one is, before what cannot be taken back.

use casework::Moment;

use super::Actor;
use super::visits::prove_password;
use crate::device::Device;
use crate::{App, AppError};

const WRONG: &str = "This is not your password. Check it and try again.";

/// How long it counts that somebody proved who they are.
const PROVED_SECONDS: i64 = 10 * 60;

/// When the member last proved who they are, if that is not long ago; else takes their password once more. Wrong ones count like those at signing in. In a demo nobody has one to
/// keep, so that none is asked for.
///
/// # Errors
/// `Invalid` on the field `password`.
pub(super) async fn prove_again(app: &App, actor: &Actor, password: &str) -> Result<Moment, AppError> {
    let now = app.clock.now();
    if let Some(proved) = actor.confirmed_at.filter(|proved| now < proved.plus_seconds(PROVED_SECONDS)) {
        return Ok(proved);
    }
    if app.is_demo() {
        return Ok(now);
    }
    if password.is_empty() {
        return Err(AppError::field("password", "Enter your password once more."));
    }
    let found = prove_password(app, &actor.member.email, password, &Device::unknown()).await?;
    let theirs =
        found.is_some_and(|found| found.organisation == actor.organisation.id && found.member == actor.member.id);
    if !theirs {
        return Err(AppError::field("password", WRONG));
    }
    Ok(now)
}
