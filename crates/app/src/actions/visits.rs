//! Signing in and out, and who a request comes from.

use casework::{
    Circumstances, EmergencyAccess, LONGEST_EMERGENCY_SECONDS, Member, MemberId, Membership, Moment, Organisation,
    OrganisationId, Proved, SessionId,
};
use store::{NewSession, Reading, SessionToken, Writing};

use super::attempts;
use crate::device::Device;
use crate::{App, AppError, clock};

/// A session ends when nothing happened for this long.
pub const IDLE_SECONDS: i64 = 30 * 60;

/// A session ends after this long, whatever happened.
pub const LONGEST_SECONDS: i64 = 12 * 60 * 60;

/// How often at most the idle end is put off: not every page is worth a write.
const TOUCH_SECONDS: i64 = 60;

const WRONG: &str = "The e-mail address and the password do not belong together. Check both and try again.";
const TOO_MANY: &str =
    "There were too many attempts. Wait 15 minutes and try again, or ask your administrator for a new password.";

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

/// Signs a member in with their password. The problem is the same for an unknown address as for a wrong password, and takes as long.
///
/// # Errors
/// `Invalid` on the field `password`.
pub async fn sign_in(app: &App, email: &str, password: &str, device: &Device) -> Result<Entered, AppError> {
    if !attempts::begin(app, email, app.clock.now()).await? {
        tracing::warn!("sign-in refused: too many attempts");
        return Err(AppError::field("password", TOO_MANY));
    }
    let turn = app.attempts.queue.acquire().await.map_err(AppError::internal)?;
    let found = app.store.sign_in(email, password).await?;
    drop(turn);
    let Some(found) = found else {
        tracing::info!("sign-in refused: wrong address or password");
        return Err(AppError::field("password", WRONG));
    };
    app.store.forget_attempts(email).await?;
    match enter(app, found.organisation, found.member, Proved::Password, device).await {
        // Somebody who does not work here any more learns nothing by still knowing the password.
        Err(AppError::SignInFirst) => Err(AppError::field("password", WRONG)),
        entered => entered,
    }
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
    Ok(Entered { token, actor })
}

/// Who a request comes from, by its cookie or Bearer token. Every request puts the idle end off, at most once a minute.
///
/// # Errors
/// `SignInFirst` when the token is none of ours or its session has ended.
pub async fn actor(app: &App, token: &str) -> Result<Actor, AppError> {
    let token: SessionToken = token.parse().map_err(|_| AppError::SignInFirst)?;
    let (now, asked) = (app.clock.now(), &token);
    let found: Result<_, AppError> = app
        .store
        .read("session", token.organisation(), |mut reading: Reading| async move {
            let Some(session) = reading.session(asked, now).await? else { return Err(AppError::SignInFirst) };
            let actor = who(&mut reading, session.member, session.id, [session.confirmed_at, now]).await?;
            Ok((session, actor))
        })
        .await;
    let (session, actor) = found?;
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
            Ok(())
        })
        .await
}

async fn who(
    reading: &mut Reading,
    member: MemberId,
    session: SessionId,
    [confirmed_at, now]: [Moment; 2],
) -> Result<Actor, AppError> {
    let organisation = reading.organisation().await?.ok_or(AppError::SignInFirst)?;
    let mut member = reading.member(member).await?.ok_or(AppError::SignInFirst)?;
    member.guardian = organisation.responsible.guardian == Some(member.id);
    member.teams = reading.teams_of(member.id).await?;
    // Whoever is suspended or has left is signed out wherever they are, at once.
    if member.membership != Membership::Active {
        tracing::info!(membership = %member.membership, "refused: the membership is not active");
        return Err(AppError::SignInFirst);
    }
    let emergencies = reading.emergencies_of(member.id, now.plus_seconds(-LONGEST_EMERGENCY_SECONDS)).await?;
    Ok(Actor { organisation, member, session: Some(session), confirmed_at: Some(confirmed_at), emergencies })
}
