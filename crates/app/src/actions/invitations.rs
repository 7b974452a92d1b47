//! Links from the other side: whoever was given one opens it, sets their password and is in.

use casework::{Member, Membership, Organisation};
use store::{Guess, LinkCode, Reading, Writing};

use super::membership::come_in_to_teams;
use super::{attempts, passwords};
use crate::device::Device;
use crate::events::Event;
use crate::{App, AppError};

/// One answer for a link that was used, has ended, was taken back or never was.
const DOES_NOT_HOLD: &str = "This link does not hold. It may have been used, or be older than 7 days. Ask whoever gave it to you for a new one.";

/// What somebody sees who opens a link.
#[derive(Debug)]
pub struct Welcome {
    /// Where they work, or are to work.
    pub organisation: Organisation,
    /// As whom they were invited.
    pub member: Member,
}

/// The code in what somebody typed or pasted: the whole link, or what stands in it after the `#`.
fn code_in(typed: &str) -> Result<LinkCode, AppError> {
    let code = typed.rsplit('#').next().unwrap_or(typed);
    code.trim().parse().map_err(|_| does_not_hold())
}

fn does_not_hold() -> AppError {
    Event::LinkRefused.happened();
    AppError::field("code", DOES_NOT_HOLD)
}

/// Opens a link. Nothing is used up by it.
///
/// # Errors
/// `Invalid` on `code`, in the same words whatever is wrong with it.
pub async fn open_link(app: &App, typed: &str) -> Result<Welcome, AppError> {
    let (code, now) = (code_in(typed)?, app.clock.now());
    let code = &code;
    app.store
        .read(
            "open_link",
            code.organisation(),
            |mut reading: Reading| async move { welcome(&mut reading, code, now).await },
        )
        .await
}

async fn welcome(reading: &mut Reading, code: &LinkCode, now: casework::Moment) -> Result<Welcome, AppError> {
    let id = reading.member_of_link(code, now).await?.ok_or_else(does_not_hold)?;
    let member = reading.member(id).await?.ok_or_else(does_not_hold)?;
    if !matches!(member.membership, Membership::Invited | Membership::Active) {
        return Err(does_not_hold());
    }
    let organisation = reading.organisation().await?.ok_or_else(does_not_hold)?;
    Ok(Welcome { organisation, member })
}

/// Uses a link up: its member has this password from now on, has joined, and is signed in nowhere any more. They sign in with it next, so
/// that whatever else their organisation asks of them then is asked here too.
///
/// # Errors
/// `Invalid` on `code` or `password`.
pub async fn use_link(app: &App, typed: &str, password: &str) -> Result<Member, AppError> {
    let Welcome { organisation, member } = open_link(app, typed).await?;
    passwords::check(app, password, &[&member.name, &member.email, &organisation.name]).await?;
    let hash = app.store.hash_password(password).await?;
    let (code, now) = (code_in(typed)?, app.clock.now());
    let (code, hash) = (&code, &hash);
    let joined: Result<Member, AppError> = app
        .store
        .write("use_link", organisation.id, |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            // Somebody may have used it, or taken it back, while the password was being typed.
            let member = welcome(&mut writing, code, now).await?.member;
            let joined = match member.membership {
                Membership::Invited => casework::join(&member, now)?,
                _ => member.clone(),
            };
            if joined.version > member.version {
                writing.save_member(&joined).await?;
                come_in_to_teams(&mut writing, &joined, now).await?;
            }
            writing.set_password(member.id, hash, now).await?;
            writing.end_sessions_of(member.id).await?;
            writing.end_link(member.id).await?;
            Ok(joined)
        })
        .await;
    let member = joined?;
    Event::LinkUsed.happened_to(member.id);
    attempts::succeeded(app, &member.email, Guess::Password, &Device::unknown()).await?;
    Ok(member)
}
