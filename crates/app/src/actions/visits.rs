//! Signing in and out, and who a request comes from.

use casework::{
    Circumstances, Denied, EmergencyAccess, LONGEST_EMERGENCY_SECONDS, Member, MemberId, Membership, Moment,
    Organisation, OrganisationId, Proved, SessionId,
};
use store::{Guess, NewSession, Reading, Session, SessionToken, SignedIn, Writing};

use super::passkeys::PasskeyAnswer;
use super::second_step::{self, Asks, HalfSignedIn};
use super::{attempts, passkeys};
use crate::device::Device;
use crate::events::{self, Event};
use crate::{App, AppError, clock};

/// A session ends when nothing happened for this long.
pub const IDLE_SECONDS: i64 = 30 * 60;

/// A session ends after this long, whatever happened.
pub const LONGEST_SECONDS: i64 = 12 * 60 * 60;

/// How often at most the idle end is put off: not every page is worth a write.
const TOUCH_SECONDS: i64 = 60;

/// So long after somebody proved who they are they may do what cannot be undone, as `policies/1-everywhere.cedar` says.
pub const CONFIRMED_SECONDS: i64 = 10 * 60;

const WRONG: &str = "The e-mail address and the password do not belong together. Check both and try again.";
const WRONG_PASSWORD: &str = "This is not your password. Check it and try again.";
const TOO_MANY: &str =
    "There were too many attempts. Wait 15 minutes and try again, or ask your administrator for a new password.";
const CODE_MISSING: &str = "Send the one-time code from your phone too, or one of your recovery codes.";
const SET_UP_FIRST: &str = "Your organisation asks for more than a password. Add a passkey or set up a one-time code first: sign in on the page /sign-in.";

/// Who acts: a member who is signed in, with their organisation as it is now.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The organisation. Everything the actor does happens in it.
    pub organisation: Organisation,
    /// The member.
    pub member: Member,
    /// The session; none for whoever acts without one: the command line, the story of the demo.
    pub session: Option<SessionId>,
    /// When they last proved who they are.
    pub confirmed_at: Option<Moment>,
    /// Emergency access that they took within the last hour.
    pub emergencies: Vec<EmergencyAccess>,
}

impl Actor {
    /// Somebody who acts without a session, and has proved nothing: in the story of the demo.
    #[must_use]
    pub fn without_session(organisation: Organisation, member: Member) -> Self {
        Self { organisation, member, session: None, confirmed_at: None, emergencies: Vec::new() }
    }

    /// The circumstances under which they ask now.
    #[must_use]
    pub fn circumstances(&self, now: Moment) -> Circumstances<'_> {
        Circumstances {
            at: now,
            reason_stated: false,
            signed_in_again: self.confirmed_at,
            emergencies: &self.emergencies,
        }
    }
}

/// A member who has just signed in.
#[derive(Debug)]
pub struct Entered {
    /// Goes into the cookie named [`crate::config::Config::session_cookie`] (`token.cookie()`), or back as a Bearer token.
    pub token: SessionToken,
    /// Who.
    pub actor: Actor,
}

/// How far somebody came with the right password.
#[derive(Debug)]
pub enum Begun {
    /// All the way: nothing more is asked of them.
    Entered(Box<Entered>),
    /// Their one-time code or their passkey is asked for.
    CodeAsked(HalfSignedIn),
    /// They set up a one-time code or a passkey first.
    SetUpAsked(HalfSignedIn),
}

/// Begins to sign a member in with their password. The problem is the same for an unknown address as for a wrong password, and takes as
/// long. Until the second step is taken, nothing is open to them.
///
/// # Errors
/// `Invalid` on the field `password`.
pub async fn begin_sign_in(app: &App, email: &str, password: &str, device: &Device) -> Result<Begun, AppError> {
    let found = prove_password(app, email, password, device).await?.ok_or_else(|| {
        Event::SignInRefused.because("wrong-address-or-password");
        AppError::field("password", WRONG)
    })?;
    let stands = match second_step::standing(app, found.organisation, found.member).await {
        // Somebody who does not work here any more learns nothing by still knowing the password.
        Err(AppError::SignInFirst) => return Err(AppError::field("password", WRONG)),
        stands => stands?,
    };
    match stands.asks() {
        Asks::Nothing => {
            let entered = enter(app, found.organisation, found.member, Proved::Password, device).await?;
            Ok(Begun::Entered(Box::new(entered)))
        }
        Asks::Code => Ok(Begun::CodeAsked(stands.half(app)?)),
        Asks::SetUp => Ok(Begun::SetUpAsked(stands.half(app)?)),
    }
}

/// Signs a member in at once, as a program does: with the password and, where one is asked for, a one-time code or a recovery code.
///
/// # Errors
/// `Invalid` on the field `password` or `code`.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: &str,
    code: Option<&str>,
    device: &Device,
) -> Result<Entered, AppError> {
    match (begin_sign_in(app, email, password, device).await?, code) {
        (Begun::Entered(entered), _) => Ok(*entered),
        (Begun::CodeAsked(half), Some(code)) => second_step::finish_sign_in(app, &half.sealed, code, device).await,
        (Begun::CodeAsked(_), None) => Err(AppError::field("code", CODE_MISSING)),
        (Begun::SetUpAsked(_), _) => Err(AppError::field("code", SET_UP_FIRST)),
    }
}

/// Who an address and a password belong to; none when they do not belong together.
///
/// # Errors
/// `Invalid` on the field `password` when there were too many attempts.
pub(super) async fn prove_password(
    app: &App,
    email: &str,
    password: &str,
    device: &Device,
) -> Result<Option<SignedIn>, AppError> {
    if !attempts::begin(app, email, Guess::Password, device).await? {
        Event::SignInRefused.because("too-many-attempts");
        return Err(AppError::field("password", TOO_MANY));
    }
    let turn = app.attempts.queue.acquire().await.map_err(AppError::internal)?;
    let found = app.store.sign_in(email, password).await?;
    drop(turn);
    if found.is_some() {
        attempts::succeeded(app, email, Guess::Password, device).await?;
    }
    Ok(found)
}

/// Whoever is signed in proves who they are again: with a passkey, or their password and, where they have set it up, a one-time code. A new session takes the
/// place of the one of `token`, and may do what cannot be undone for [`CONFIRMED_SECONDS`]. In the demo one press is enough.
///
/// # Errors
/// `Invalid` on the field `password`, `code` or `passkey`.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    token: &str,
    proof: Proof<'_>,
    device: &Device,
) -> Result<Entered, AppError> {
    let entered = match proof {
        Proof::Press => sign_in_as(app, actor.member.id, device).await?,
        Proof::Password { password, code } => {
            let found = prove_password(app, &actor.member.email, password, device).await?;
            if found.is_none_or(|found| found.member != actor.member.id) {
                Event::SignInRefused.because("wrong-password");
                return Err(AppError::field("password", WRONG_PASSWORD));
            }
            let stands = second_step::standing(app, actor.organisation.id, actor.member.id).await?;
            let proved = match (stands.has_second_step(), code) {
                (true, Some(code)) => second_step::prove_code(app, &actor.member, code, device).await?,
                (true, None) => return Err(AppError::field("code", CODE_MISSING)),
                (false, _) => Proved::Password,
            };
            enter(app, actor.organisation.id, actor.member.id, proved, device).await?
        }
        Proof::Passkey(sent) => {
            passkeys::prove_again(app, actor, sent, device).await?;
            enter(app, actor.organisation.id, actor.member.id, Proved::Passkey, device).await?
        }
    };
    sign_out(app, token).await?;
    Ok(entered)
}

/// With what somebody proves again who they are.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// As when they signed in.
    Password {
        /// The password.
        password: &'a str,
        /// The one-time code, or a recovery code.
        code: Option<&'a str>,
    },
    /// One of their passkeys.
    Passkey(PasskeyAnswer<'a>),
    /// A press, in the demo alone.
    Press,
}

/// Stops what cannot be undone, unless the actor proved within ten minutes that it is still they who sit there.
///
/// # Errors
/// `ConfirmFirst`.
pub fn confirmed_lately(app: &App, actor: &Actor) -> Result<(), AppError> {
    let now = app.clock.now();
    let lately = |at: Moment| at <= now && now < at.plus_seconds(CONFIRMED_SECONDS);
    if actor.confirmed_at.is_some_and(lately) { Ok(()) } else { Err(AppError::ConfirmFirst) }
}

/// A member of the invented story, for "Sign in as…".
#[derive(Debug, Clone)]
pub struct DemoMember {
    /// Their organisation.
    pub organisation: Organisation,
    /// Who they are.
    pub member: Member,
}

/// Everybody of the invented story, in the order of the story; `NotFound` outside the demo.
///
/// # Errors
/// `NotFound` outside the demo.
pub async fn demo_members(app: &App) -> Result<Vec<DemoMember>, AppError> {
    if !app.is_demo() {
        return Err(AppError::NotFound);
    }
    let mut everybody = Vec::new();
    for organisation in app.store.organisations().await? {
        let members: Result<_, AppError> = app
            .store
            .read("members", organisation.id, |mut reading: Reading| async move { Ok(reading.members().await?) })
            .await;
        let members: Vec<Member> = members?;
        everybody.extend(members.into_iter().map(|member| DemoMember { organisation: organisation.clone(), member }));
    }
    Ok(everybody)
}

/// Signs in as somebody of the invented story, without a password; `NotFound` outside the demo.
///
/// # Errors
/// `NotFound` outside the demo, or when there is no such member.
pub async fn sign_in_as(app: &App, member: MemberId, device: &Device) -> Result<Entered, AppError> {
    let everybody = demo_members(app).await?;
    let found = everybody.iter().find(|one| one.member.id == member).ok_or(AppError::NotFound)?;
    enter(app, found.organisation.id, member, Proved::Invented, device).await
}

/// Begins a session for somebody who has proved who they are. Every way to sign in ends here; none begins here: whoever calls this has
/// checked the proof.
///
/// # Errors
/// `SignInFirst` when the membership is not active.
pub async fn enter(
    app: &App,
    organisation: OrganisationId,
    member: MemberId,
    proved: Proved,
    device: &Device,
) -> Result<Entered, AppError> {
    let now = app.clock.now();
    let token = SessionToken::new(organisation, clock::random()?);
    let session = NewSession {
        id: app.clock.id(SessionId::new)?,
        member,
        proved,
        browser: device.browser.clone(),
        started_at: now,
        idle_until: now.plus_seconds(IDLE_SECONDS),
        ends_at: now.plus_seconds(LONGEST_SECONDS),
    };
    let (started, begun) = (&token, &session);
    let actor = app
        .store
        .write("sign_in", organisation, |mut writing: Writing| async move {
            writing.end_expired_sessions(now).await?;
            writing.start_session(started, begun).await?;
            who(&mut writing, member, begun.id, [now, now]).await
        })
        .await?;
    events::asked_by(&actor.member);
    Event::SignedIn.because(events::way(proved));
    Ok(Entered { token, actor })
}

/// Who a request comes from, by its cookie or Bearer token. Every request puts the idle end off, at most once a minute.
///
/// # Errors
/// `SignInFirst` when the token is none of ours or its session has ended.
pub async fn actor(app: &App, token: &str) -> Result<Actor, AppError> {
    let token: SessionToken = token.parse().map_err(|_| {
        Event::SessionRefused.because("not-one-of-ours");
        AppError::SignInFirst
    })?;
    let (now, asked) = (app.clock.now(), &token);
    let found: Result<_, AppError> = app
        .store
        .read("session", token.organisation(), |mut reading: Reading| async move {
            let since = now.plus_seconds(-LONGEST_EMERGENCY_SECONDS);
            let Some(visit) = reading.visit(asked, now, since).await? else {
                Event::SessionRefused.because("ended-or-never-was");
                return Err(AppError::SignInFirst);
            };
            let (organisation, mut member) = (Organisation::clone(&visit.organisation), Member::clone(&visit.member));
            works_here(&member)?;
            member.guardian = organisation.responsible.guardian == Some(member.id);
            member.teams = visit.teams;
            let Session { id, confirmed_at, .. } = visit.session;
            let emergencies = visit.emergencies;
            let actor =
                Actor { organisation, member, session: Some(id), confirmed_at: Some(confirmed_at), emergencies };
            Ok((visit.session, actor))
        })
        .await;
    let (session, actor) = found?;
    events::asked_by(&actor.member);
    if now >= session.seen_at.plus_seconds(TOUCH_SECONDS) {
        let idle_until = now.plus_seconds(IDLE_SECONDS).min(session.ends_at);
        let touched: Result<bool, AppError> = app
            .store
            .write("touch_session", token.organisation(), |mut writing: Writing| async move {
                Ok(writing.touch_session(asked, now, idle_until).await?)
            })
            .await;
        // A disk that is full must not keep anybody from reading what is recorded: the session then merely ends sooner.
        if let Err(error) = touched {
            tracing::warn!(cause = error.cause(), "the end of a session could not be put off");
        }
    }
    Ok(actor)
}

/// Ends a session; nothing happens when there is none.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(app: &App, token: &str) -> Result<(), AppError> {
    let Ok(token) = token.parse::<SessionToken>() else { return Ok(()) };
    let ended = &token;
    app.store
        .write("sign_out", token.organisation(), |mut writing: Writing| async move {
            writing.end_session(ended).await?;
            Ok::<_, AppError>(())
        })
        .await?;
    Event::SessionEnded.happened();
    Ok(())
}

async fn who(
    reading: &mut Reading,
    member: MemberId,
    session: SessionId,
    [confirmed_at, now]: [Moment; 2],
) -> Result<Actor, AppError> {
    let organisation = reading.organisation().await?.ok_or(AppError::SignInFirst)?;
    let mut member = active(reading, member).await?;
    member.guardian = organisation.responsible.guardian == Some(member.id);
    member.teams = reading.teams_of(member.id).await?;
    let emergencies = reading.emergencies_of(member.id, now.plus_seconds(-LONGEST_EMERGENCY_SECONDS)).await?;
    Ok(Actor { organisation, member, session: Some(session), confirmed_at: Some(confirmed_at), emergencies })
}

/// A member who works here. Whoever is suspended or has left is signed out wherever they are, at once.
pub(super) async fn active(reading: &mut Reading, member: MemberId) -> Result<Member, AppError> {
    let member = reading.member(member).await?.ok_or(AppError::SignInFirst)?;
    works_here(&member)?;
    Ok(member)
}

fn works_here(member: &Member) -> Result<(), AppError> {
    if member.membership != Membership::Active {
        events::asked_by(member);
        events::refused(&Denied::NotActive);
        return Err(AppError::SignInFirst);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::CONFIRMED_SECONDS;

    #[test]
    fn the_program_asks_again_after_as_long_as_the_policy_says() {
        let policy = include_str!("../../../../policies/1-everywhere.cedar");
        assert!(policy.contains(&format!("context.signed_in_again + {CONFIRMED_SECONDS}000000\n")));
    }
}
