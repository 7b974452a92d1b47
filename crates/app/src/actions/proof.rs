//! Proving once more who one is, before what cannot be taken back.

use casework::Moment;

use super::{Actor, attempts};
use crate::{App, AppError};

const WRONG: &str = "This is not your password. Check it and try again.";
const TOO_MANY: &str = "There were too many attempts. Wait 15 minutes and try again.";

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
    let email = &actor.member.email;
    if !attempts::begin(app, email, now).await? {
        return Err(AppError::field("password", TOO_MANY));
    }
    let turn = app.attempts.queue.acquire().await.map_err(AppError::internal)?;
    let found = app.store.sign_in(email, password).await?;
    drop(turn);
    let theirs =
        found.is_some_and(|found| found.organisation == actor.organisation.id && found.member == actor.member.id);
    if !theirs {
        return Err(AppError::field("password", WRONG));
    }
    app.store.forget_attempts(email).await?;
    Ok(now)
}
