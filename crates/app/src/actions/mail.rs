//! Sending the notices that wait: by every copy of the program in rounds, each notice by one of them, again and again until a mail server
//! has taken it.

use std::collections::BTreeMap;

use casework::{GATHERED_SECONDS, Mail, MailId, MemberId, Membership, Moment, Notice};
use store::{DueMail, Reading, Writing};

use crate::clock::in_london;
use crate::mail::{MailError, MailSettings, words};
use crate::{App, AppError, clock};

const SECOND: i64 = 1_000_000;

/// Longer than any exchange with a mail server takes.
const CLAIM_FOR: i64 = 5 * 60 * SECOND;

/// A notice that was not taken is sent again after so long, twice as long each time, up to the longest.
const FIRST_WAIT_SECONDS: i64 = 5;
const LONGEST_WAIT_SECONDS: i64 = 15 * 60;

/// After so long nobody needs a mail any more: what waits has stood on the pages all the time.
const GIVEN_UP_AFTER_SECONDS: i64 = 3 * 24 * 60 * 60;

/// Sends what is due. Called every few seconds while the program serves.
///
/// # Errors
/// When the store fails, or the machine gives no randomness. That a mail server takes nothing is none: it is in the log, and tried again.
pub async fn send_mail(app: &App) -> Result<(), AppError> {
    let Some(settings) = &app.config.mail else { return Ok(()) };
    for organisation in app.store.organisations().await?.into_iter().map(|organisation| organisation.id) {
        while let Some(due) = app.store.take_mail(organisation, app.clock.now(), CLAIM_FOR).await? {
            send(app, settings, &due).await?;
        }
    }
    Ok(())
}

async fn send(app: &App, settings: &MailSettings, due: &DueMail) -> Result<(), AppError> {
    let DueMail { mail, tries } = due;
    let found = app
        .store
        .read("mail_recipient", mail.organisation, |mut reading: Reading| async move {
            Ok::<_, AppError>(reading.member(mail.to).await?)
        })
        .await?;
    // Whoever has left meanwhile is told nothing more, and others are in their place.
    let Some(member) = found.filter(|member| member.membership == Membership::Active) else {
        return tell_others(app, due).await;
    };
    let now = app.clock.now();
    let times = if mail.notice.is_of_several() { times(app, mail).await? } else { 1 };
    // All of it was destroyed meanwhile.
    if times == 0 {
        return forget(app, due).await;
    }
    let text = words(mail.notice, &when(mail.about_at), times, &app.config.public_address());
    match settings.send(mail, &member.email, text, now).await {
        Ok(()) => {
            app.metrics.mailed("sent");
            forget(app, due).await
        }
        Err(why) if matches!(why, MailError::Address) || now >= mail.about_at.plus_seconds(GIVEN_UP_AFTER_SECONDS) => {
            app.metrics.mailed("given up");
            tracing::error!(organisation = %mail.organisation, tries, %why, "a notice is given up; what it tells of stands on the pages");
            forget(app, due).await
        }
        Err(why) => {
            app.metrics.mailed("failed");
            tracing::warn!(organisation = %mail.organisation, tries, %why, "a notice could not be sent; it is tried again");
            let next_at = now.plus_seconds(wait(*tries, u32::from_be_bytes(clock::random()?)));
            app.store
                .write("put_off_mail", mail.organisation, |mut writing: Writing| async move {
                    Ok(writing.put_off_mail(mail.id, next_at).await?)
                })
                .await
        }
    }
}

/// When what a notice tells of began: of two at the same moment the later may be kept first.
const fn told_within(mail: &Mail) -> [Moment; 2] {
    [mail.about_at.plus_seconds(-60), mail.about_at.plus_seconds(GATHERED_SECONDS)]
}

/// How often emergency access was begun of which this notice tells.
async fn times(app: &App, mail: &Mail) -> Result<usize, AppError> {
    let within = told_within(mail);
    app.store
        .read("times_told", mail.organisation, |mut reading: Reading| async move {
            Ok(casework::times_told(&reading.emergencies_between(within).await?, mail.to, mail.about_at))
        })
        .await
}

/// Tells of the same whoever is to be told by now, who may have been told before.
async fn tell_others(app: &App, due: &DueMail) -> Result<(), AppError> {
    let mail = &due.mail;
    app.store
        .write("tell_others", mail.organisation, |mut writing: Writing| async move {
            writing.forget_mail(mail.id).await?;
            let organisation = writing.organisation().await?.ok_or(AppError::NotFound)?;
            let members = writing.members().await?;
            let within = told_within(mail);
            let mut others: BTreeMap<MemberId, Notice> = BTreeMap::new();
            for access in writing.emergencies_between(within).await? {
                if access.awaits_review() && casework::tells_of(&access, mail.to, mail.about_at) {
                    let (first, told) = casework::whom_to_tell(&members, organisation.responsible.guardian, &access);
                    others.extend(told.into_iter().map(|to| (to, first.notice())));
                }
            }
            for (to, notice) in others {
                let told = Mail { id: app.clock.id(MailId::new)?, to, notice, ..mail.clone() };
                writing.send_mail(&told, mail.about_at).await?;
            }
            Ok(())
        })
        .await
}

async fn forget(app: &App, due: &DueMail) -> Result<(), AppError> {
    let mail = &due.mail;
    app.store
        .write("forget_mail", mail.organisation, |mut writing: Writing| async move {
            Ok(writing.forget_mail(mail.id).await?)
        })
        .await
}

/// "2:12am on 30 November 2026".
fn when(at: Moment) -> String {
    let local = in_london(at);
    let half = if local.hour() < 12 { "am" } else { "pm" };
    let hour = if local.hour() % 12 == 0 { 12 } else { local.hour() % 12 };
    format!("{hour}:{:02}{half} on {}", local.minute(), guidance::words::date_in_words(local.date()))
}

/// How long until a notice is sent again, in seconds; half of it is left to chance, so that what waits does not come all at once.
fn wait(tries: u32, chance: u32) -> i64 {
    let longest = (FIRST_WAIT_SECONDS << tries.saturating_sub(1).min(16)).min(LONGEST_WAIT_SECONDS);
    longest / 2 + (longest / 2) * i64::from(chance) / i64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_tried_again_less_and_less_often() {
        let longest: Vec<i64> = (1..=10).map(|tries| wait(tries, u32::MAX)).collect();
        assert_eq!(longest, [4, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(wait(u32::MAX, 0), 450);
    }

    #[test]
    fn the_time_is_said_as_people_say_it() {
        assert_eq!(when(Moment::from_micros(1_794_967_920_000_000)), "2:12am on 18 November 2026");
    }
}
