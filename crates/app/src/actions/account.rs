//! What a member sees of their own ways in, and changes: sessions, passkeys, password, codes. And whether the organisation asks for a code.

use casework::{Moment, Organisation, SecondStep, SessionId};
use store::{Reading, Session, Writing};

use super::organisation::change;
use super::passkeys::PasskeyRecord;
use super::visits::prove_password;
use super::{Actor, confirmed_lately, passwords};
use crate::device::Device;
use crate::events::Event;
use crate::{App, AppError};

/// A member's own ways in.
#[derive(Debug)]
pub struct Account {
    /// Where they are signed in, the session used last first.
    pub sessions: Vec<Session>,
    /// Their passkeys, the oldest first.
    pub passkeys: Vec<PasskeyRecord>,
    /// Since when they have a one-time code.
    pub code_since: Option<Moment>,
    /// How many recovery codes they have left.
    pub recovery_codes_left: u64,
    /// Since when they have their password; who signs in another way may have none.
    pub password_since: Option<Moment>,
}

/// The member's own ways in.
///
/// # Errors
/// When the store fails.
pub async fn account(app: &App, actor: &Actor) -> Result<Account, AppError> {
    let (now, me) = (app.clock.now(), actor.member.id);
    app.store
        .read("account", actor.organisation.id, |mut reading: Reading| async move {
            Ok(Account {
                sessions: reading.sessions_of(me, now).await?,
                passkeys: reading.passkeys(me).await?.into_iter().map(PasskeyRecord::of).collect::<Result<_, _>>()?,
                code_since: reading.second_step(me).await?.map(|second_step| second_step.set_at),
                recovery_codes_left: reading.recovery_codes_left(me).await?,
                password_since: reading.password_set_at(me).await?,
            })
        })
        .await
}

/// Ends one of the member's own sessions.
///
/// # Errors
/// `NotFound`: it ended before, or is another's.
pub async fn end_my_session(app: &App, actor: &Actor, session: SessionId) -> Result<(), AppError> {
    let me = actor.member.id;
    app.store
        .write("end_my_session", actor.organisation.id, |mut writing: Writing| async move {
            if writing.end_session_of(me, session).await? { Ok(()) } else { Err(AppError::NotFound) }
        })
        .await
        .inspect(|()| Event::SessionEnded.happened())
}

/// Ends all of the member's own sessions but this one.
///
/// # Errors
/// When the store fails.
pub async fn end_my_other_sessions(app: &App, actor: &Actor) -> Result<(), AppError> {
    let (me, this) = (actor.member.id, actor.session.ok_or(AppError::SignInFirst)?);
    app.store
        .write("end_my_other_sessions", actor.organisation.id, |mut writing: Writing| async move {
            writing.end_other_sessions_of(me, this).await?;
            Ok(())
        })
        .await
        .inspect(|()| Event::OtherSessionsEnded.happened())
}

/// The member chooses a new password, and proves that they know the present one. Their other sessions end.
///
/// # Errors
/// `Invalid` on `password` (the present one) or `new_password`.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    present: &str,
    new: &str,
    device: &Device,
) -> Result<(), AppError> {
    let member = &actor.member;
    let found = prove_password(app, &member.email, present, device).await?;
    if found.is_none_or(|found| found.member != member.id) {
        Event::SignInRefused.because("wrong-password");
        return Err(AppError::field("password", "This is not your present password. Check it and try again."));
    }
    passwords::check(app, new, &[&member.name, &member.email, &actor.organisation.name]).await.map_err(of_new)?;
    let hash = app.store.hash_password(new).await.map_err(|error| of_new(error.into()))?;
    let (now, hash, this) = (app.clock.now(), &hash, actor.session.ok_or(AppError::SignInFirst)?);
    app.store
        .write("change_password", actor.organisation.id, |mut writing: Writing| async move {
            writing.set_password(member.id, hash, now).await?;
            writing.end_other_sessions_of(member.id, this).await?;
            Ok(())
        })
        .await
        .inspect(|()| Event::PasswordChanged.happened())
}

/// Two passwords stand on the page; what is wrong with the new one is said of that.
fn of_new(error: AppError) -> AppError {
    match error {
        AppError::Invalid(problems) => AppError::Invalid(
            problems
                .into_iter()
                .map(|problem| crate::FieldProblem { field: "new_password".into(), ..problem })
                .collect(),
        ),
        other => other,
    }
}

/// An administrator says whether a password needs a one-time code or a passkey beside it. `version` is that of the settings they saw.
///
/// # Errors
/// `NotFound`; `Conflict` when the settings were changed meanwhile; `ConfirmFirst` when it is demanded no longer.
pub async fn ask_for_second_step(
    app: &App,
    actor: &Actor,
    version: u64,
    second_step: SecondStep,
) -> Result<Organisation, AppError> {
    change(app, actor, version, |organisation| {
        let changed = casework::ask_for_second_step(&actor.member, organisation, second_step)?;
        if organisation.second_step == SecondStep::Demanded && second_step != SecondStep::Demanded {
            confirmed_lately(app, actor)?;
        }
        Ok(changed)
    })
    .await
    .inspect(|_| Event::SignInRulesChanged.happened())
}
