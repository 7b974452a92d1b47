//! Signing in with the account that an organisation's own identity provider gives its members: the way out to the provider's page, the way
//! back, and whose account it is. It makes nobody a member.

use axum::http::uri::Authority;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::{Member, MemberId, Membership, Moment, Proved, ProviderAccount};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Reading, Writing};

use super::membership::come_in_to_teams;
use super::visits::{Actor, Entered, enter};
use crate::device::Device;
use crate::events::Event;
use crate::openid::{Email, Provider, Secrets, Told, Trouble};
use crate::{App, AppError, clock};

/// How long somebody may take at the provider's page.
pub const AWAY_SECONDS: i64 = 10 * 60;

const SEALED_FOR: &str = "signing in with a provider";

/// The page that the provider sends people back to.
const BACK: &str = "/sign-in/back";

/// How often linking is tried again when somebody else changes the member at the same time.
const TRIES: u32 = 3;

/// What somebody goes on with once they are signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoOn {
    /// A sealed form to send again.
    pub form: Option<String>,
    /// A page of this site to open.
    pub address: Option<String>,
}

/// Out to the provider's page.
#[derive(Debug)]
pub struct WayOut {
    /// What people call the provider.
    pub name: String,
    /// The provider's page.
    pub address: String,
    /// What the browser holds meanwhile, sealed.
    pub cookie: String,
}

/// What the provider sent somebody back with.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Back {
    /// The code to be exchanged.
    pub code: Option<String>,
    /// Which sign-in it answers.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
}

/// Somebody came back from a provider.
#[derive(Debug)]
pub enum CameBack {
    /// And is signed in.
    In(Box<Entered>, GoOn),
    /// And is not.
    Not(NotSignedIn),
}

/// Nobody is signed in.
#[derive(Debug)]
pub struct NotSignedIn {
    /// Why.
    pub why: Why,
    /// The provider's id and name, where it is known.
    pub provider: Option<(String, String)>,
    /// What waits, so that nothing is lost.
    pub go_on: GoOn,
    /// Whether what the browser holds is used up.
    pub is_over: bool,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The answer belongs to no sign-in of this browser, or to one that is over.
    Over,
    /// It was stopped at the provider's page.
    Stopped,
    /// The provider does not answer.
    Unreachable,
    /// The clocks do not agree.
    Clocks,
    /// The answer cannot be trusted.
    Untrusted,
    /// The provider does not say that the e-mail address is theirs.
    NotVouched,
    /// There is nobody here with that account.
    Nobody,
    /// Whoever is signed in came back as somebody else.
    SomebodyElse,
    /// The provider did not ask again who they are.
    NotAgain,
    /// Too much waits already.
    Full,
}

impl Why {
    /// What to do, in words.
    #[must_use]
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Self::Over => {
                "This sign-in was begun too long ago or in another window, or was finished before. Begin again.".into()
            }
            Self::Stopped => {
                format!("Signing in with {provider} was stopped before it was finished. Begin again, or sign in another way.")
            }
            Self::Unreachable => {
                format!("{provider} cannot be reached just now. Wait a moment and try again, or sign in another way.")
            }
            Self::Clocks => format!(
                "The answer of {provider} has run out, or its clock and ours do not agree. Begin again. If it happens again, tell whoever looks after Sharewell."
            ),
            Self::Untrusted => format!(
                "The answer of {provider} could not be trusted, so nobody was signed in. Begin again. If it happens again, tell your administrator."
            ),
            Self::NotVouched => {
                format!("{provider} does not say that your e-mail address is yours, so nobody can be found by it. Ask your administrator.")
            }
            Self::Nobody => "There is nobody here with that address. Ask your administrator.".into(),
            Self::SomebodyElse => format!("This is another account of {provider} than the one with which you are signed in here. Use your own."),
            Self::NotAgain => format!(
                "{provider} did not ask you again who you are. Sign out there, then try again, or prove it in another way."
            ),
            Self::Full => "Many people are signing in just now. What you typed is safe. Wait a minute and try again, or sign in another way.".into(),
        }
    }
}

impl From<Trouble> for Why {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unreachable => Self::Unreachable,
            Trouble::Clocks => Self::Clocks,
            Trouble::Spent => Self::Over,
            Trouble::NotAgain => Self::NotAgain,
            Trouble::Untrusted(_) => Self::Untrusted,
        }
    }
}

/// What a browser holds while its visitor is at the provider's page.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    here: String,
    secrets: Secrets,
    then: Option<String>,
    /// Who is signed in and proves it again, and since when they are out.
    #[serde(default)]
    again: Option<(MemberId, i64)>,
}

/// Begins a sign-in with a provider. What is to be done afterwards waits, for [`AWAY_SECONDS`].
///
/// # Errors
/// `NotFound` when there is no such provider; when the store fails.
pub async fn set_out(
    app: &App,
    provider: &str,
    host: Option<&str>,
    go_on: GoOn,
) -> Result<Result<WayOut, NotSignedIn>, AppError> {
    go_out(app, provider, host, go_on, None).await
}

/// The provider before which whoever is signed in can prove again who they are: that of the account they are tied to.
#[must_use]
pub fn own_provider<'a>(app: &'a App, actor: &Actor) -> Option<&'a Provider> {
    let account = actor.member.account.as_ref()?;
    let theirs = |provider: &&Provider| {
        provider.organisation() == actor.organisation.id && provider.settings.issuer == account.issuer
    };
    app.providers.iter().find(theirs)
}

/// Sends whoever is signed in to their organisation's provider, to prove again who they are.
///
/// # Errors
/// `NotFound` when it is not theirs; when the store fails.
pub async fn set_out_again(
    app: &App,
    actor: &Actor,
    host: Option<&str>,
    go_on: GoOn,
) -> Result<Result<WayOut, NotSignedIn>, AppError> {
    let provider = own_provider(app, actor).ok_or(AppError::NotFound)?.settings.id.clone();
    go_out(app, &provider, host, go_on, Some((actor.member.id, app.clock.now().micros()))).await
}

async fn go_out(
    app: &App,
    provider: &str,
    host: Option<&str>,
    go_on: GoOn,
    again: Option<(MemberId, i64)>,
) -> Result<Result<WayOut, NotSignedIn>, AppError> {
    let (provider, now) = (app.providers.named(provider).ok_or(AppError::NotFound)?, app.clock.now());
    let away = Away {
        provider: provider.settings.id.clone(),
        here: here(app, host)? + BACK,
        secrets: Secrets { state: secret()?, nonce: secret()?, verifier: secret()? },
        then: go_on.address.clone(),
        again,
    };
    let not = |why, go_on| Ok(Err(not_signed_in(why, Some(provider), go_on, false)));
    let address = match provider.way_out(app, &away.here, &away.secrets, again.is_some()).await {
        Ok(address) => address,
        Err(trouble) => return not(told(provider, trouble), go_on),
    };
    let until = now.plus_seconds(AWAY_SECONDS);
    if let Some(form) = &go_on.form
        && !app.store.let_form_wait(away.secrets.state.as_bytes(), form.as_bytes(), now, until).await?
    {
        Event::SignInRefused.because("too-many-forms-wait");
        return not(Why::Full, go_on);
    }
    let plain = serde_json::to_vec(&away).map_err(AppError::internal)?;
    Ok(Ok(WayOut { name: provider.settings.name.clone(), address, cookie: app.seals.seal(SEALED_FOR, &plain, until)? }))
}

/// Ends a sign-in with a provider. An answer is taken once, from the browser that set out.
///
/// # Errors
/// When the store fails.
pub async fn come_back(app: &App, cookie: Option<&str>, back: &Back, device: &Device) -> Result<CameBack, AppError> {
    let now = app.clock.now();
    let away = cookie.and_then(|cookie| app.seals.open(SEALED_FOR, cookie, now));
    let away: Option<Away> = away.and_then(|plain| serde_json::from_slice(&plain).ok());
    let over = |provider| Ok(CameBack::Not(not_signed_in(Why::Over, provider, GoOn::default(), false)));
    let Some(away) = away else {
        Event::SignInRefused.because("this-browser-did-not-set-out");
        return over(None);
    };
    let Some(provider) = app.providers.named(&away.provider) else { return over(None) };
    if !back.state.as_deref().is_some_and(|state| same(state, &away.secrets.state)) {
        Event::SignInRefused.because("another-sign-ins-answer");
        return over(Some(provider));
    }
    let until = now.plus_seconds(AWAY_SECONDS);
    let Some(taken) = app.store.take_answer(away.secrets.state.as_bytes(), now, until).await? else {
        Event::SignInRefused.because("the-answer-was-taken-before");
        return over(Some(provider));
    };
    let form = taken.form.and_then(|form| String::from_utf8(form).ok());
    let go_on = GoOn { form, address: away.then.clone() };
    let whose = match word(app, provider, &away, back).await {
        Ok(said) => whose(app, provider, &said).await?,
        Err(why) => Err(why),
    };
    let whose = whose.and_then(|member| match away.again {
        Some((asked, _)) if asked != member => Err(Why::SomebodyElse),
        _ => Ok(member),
    });
    let entered = match whose {
        Ok(member) => match enter(app, provider.organisation(), member, Proved::Provider, device).await {
            // Whoever is suspended or has left learns nothing more than a stranger.
            Err(AppError::SignInFirst) => Err(Why::Nobody),
            entered => Ok(entered?),
        },
        Err(why) => Err(why),
    };
    Ok(match entered {
        Ok(entered) => CameBack::In(Box::new(entered), go_on),
        Err(why) => {
            tracing::info!(event = Event::SignInRefused.name(), provider = provider.settings.id, ?why);
            CameBack::Not(not_signed_in(why, Some(provider), go_on, true))
        }
    })
}

/// Exchanges what somebody came back with for the provider's word.
async fn word(app: &App, provider: &Provider, away: &Away, back: &Back) -> Result<Told, Why> {
    if let Some(error) = back.error.as_deref() {
        return Err(match error {
            "access_denied" | "login_required" | "interaction_required" | "consent_required" => Why::Stopped,
            "server_error" | "temporarily_unavailable" => Why::Unreachable,
            _ => Why::Untrusted,
        });
    }
    // RFC 9207: a provider that says who answers must be the one that was asked.
    if back.iss.as_ref().is_some_and(|issuer| *issuer != provider.settings.issuer) {
        return Err(told(provider, Trouble::Untrusted("another provider answers")));
    }
    let Some(code) = back.code.as_deref().filter(|code| !code.is_empty()) else { return Err(Why::Untrusted) };
    let asked_at = away.again.map(|(_, at)| Moment::from_micros(at));
    let word = provider.word(app, &away.here, &away.secrets, code, asked_at).await;
    word.map_err(|trouble| told(provider, trouble))
}

/// Whose account it is: known by the account itself once it is linked, before that by a verified e-mail address.
async fn whose(app: &App, provider: &Provider, said: &Told) -> Result<Result<MemberId, Why>, AppError> {
    let organisation = provider.organisation();
    let account = ProviderAccount { issuer: provider.settings.issuer.clone(), subject: said.subject.clone() };
    if let Some(found) = app.store.member_with_account(organisation, &account).await? {
        // The row only leads there. What the member's record says, which nobody alters unseen, counts.
        let member = member(app, provider, found.member).await?;
        let theirs = member.filter(|member| found.organisation == organisation && member.account == Some(account));
        return Ok(theirs.map(|member| member.id).ok_or(Why::Nobody));
    }
    let email = match provider.email_of(app, said).await {
        Ok(Email::Verified(email)) => email,
        Ok(Email::Unsaid | Email::Unverified) => return Ok(Err(Why::NotVouched)),
        Err(trouble) => return Ok(Err(told(provider, trouble))),
    };
    if !provider.settings.speaks_for(&email) {
        return Ok(Err(Why::Nobody));
    }
    let found = app.store.member_with_email(&email).await?.filter(|found| found.organisation == organisation);
    let Some(found) = found else { return Ok(Err(Why::Nobody)) };
    for _ in 1..TRIES {
        match link(app, provider, found.member, &email, &account).await {
            Err(AppError::Conflict) => {}
            linked => return linked,
        }
    }
    link(app, provider, found.member, &email, &account).await
}

async fn member(app: &App, provider: &Provider, id: MemberId) -> Result<Option<Member>, AppError> {
    app.store
        .read("member", provider.organisation(), |mut reading: Reading| async move { Ok(reading.member(id).await?) })
        .await
}

/// Ties the member to the account with which they sign in for the first time. Whoever was invited joins by it, and needs no password.
async fn link(
    app: &App,
    provider: &Provider,
    id: MemberId,
    email: &str,
    account: &ProviderAccount,
) -> Result<Result<MemberId, Why>, AppError> {
    let now = app.clock.now();
    app.store
        .write("link_account", provider.organisation(), |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            let may_come = |one: &Member| matches!(one.membership, Membership::Active | Membership::Invited);
            let member = writing.member(id).await?.filter(|one| may_come(one) && one.email == email);
            let Some(member) = member else { return Ok(Err(Why::Nobody)) };
            match casework::link_account(&member, account.clone(), now) {
                Ok(linked) => {
                    writing.save_member(&linked).await?;
                    if member.membership == Membership::Invited {
                        come_in_to_teams(&mut writing, &linked, now).await?;
                        writing.end_link(linked.id).await?;
                    }
                    Ok(Ok(linked.id))
                }
                Err(other) => {
                    tracing::warn!(provider = provider.settings.id, cause = %other, "sign-in with a provider refused");
                    Ok(Err(Why::Nobody))
                }
            }
        })
        .await
}

fn told(provider: &Provider, trouble: Trouble) -> Why {
    if let Trouble::Untrusted(what) = trouble {
        tracing::warn!(provider = provider.settings.id, what, "the answer of an identity provider is not trusted");
    }
    trouble.into()
}

fn not_signed_in(why: Why, provider: Option<&Provider>, go_on: GoOn, is_over: bool) -> NotSignedIn {
    let provider = provider.map(|provider| (provider.settings.id.clone(), provider.settings.name.clone()));
    NotSignedIn { why, provider, go_on, is_over }
}

/// The address that people type: the one that is set up, else the one of this machine that the browser asked.
pub(super) fn here(app: &App, host: Option<&str>) -> Result<String, AppError> {
    if let Some(address) = &app.config.address {
        return Ok(address.clone());
    }
    let authority: Option<Authority> = host.and_then(|host| host.parse().ok());
    let ours = authority.filter(|authority| crate::partners::is_this_machine(authority.host()));
    ours.map(|authority| format!("http://{authority}")).ok_or(AppError::NotFound)
}

/// 256 bits that nobody can guess, as they may stand in an address.
fn secret() -> Result<String, AppError> {
    Ok(URL_SAFE_NO_PAD.encode(clock::random::<32>()?))
}

/// Whether two secrets are the same, however long it takes to see that they are not.
fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}
