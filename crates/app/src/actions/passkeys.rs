//! Passkeys: what authenticators are asked, each question answered once and within minutes at whichever copy of the program; signing in and
//! proving it again with one; and what members keep of their own.
//!
//! A question travels sealed in the page. It is used up before its answer is looked at, so that an answer that somebody saw is worth nothing.

use casework::{Member, MemberId, Membership, Moment, OrganisationId, PasskeyId, Proved, StrongWays};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Guess, NewPasskey, Passkey, Reading, Writing};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
};

use super::second_step::{self, new_recovery_codes};
use super::visits::enter;
use super::with_provider::here;
use super::{Actor, Entered, attempts, confirmed_lately};
use crate::device::Device;
use crate::events::Event;
use crate::passkeys::{Answer, Kept, Owner, Party, Refusal};
use crate::words::hexadecimal;
use crate::{App, AppError, clock};

/// How long a question may be answered: as long as the browser waits, and a minute for the way.
const ASKED_SECONDS: i64 = 6 * 60;

const TO_ENTER: &str = "passkey to sign in with";
const TO_CONFIRM: &str = "passkey to prove it again with";
const TO_ADD: &str = "passkey to add";

const NO_ANSWER: &str = "Your browser sent no passkey. Try again, or use another way.";
const TOO_LATE: &str = "That took too long, or was sent before. Try again.";
const WRONG: &str = "This passkey opens nothing here. Use another one, or sign in another way.";
const COPIED: &str = "This passkey may have been copied, so it is not taken any more. Sign in another way, remove it on your account page, and \
                      add a new one.";
const TOO_MANY: &str = "There were too many attempts. Wait 15 minutes and try again, or sign in another way.";
const NOT_ADDED: &str = "The passkey could not be added. It has to ask for your fingerprint, your face or a PIN. Try again, or use another device.";
const ADDED_BEFORE: &str = "This passkey is among yours already.";

/// What a browser asks an authenticator.
#[derive(Debug)]
pub struct Question {
    /// What `navigator.credentials` takes, with bytes in base64url.
    pub options: Value,
    /// What the program keeps of it, sealed, to be sent back with the answer.
    pub sealed: String,
}

/// What a page sends back.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyAnswer<'a> {
    /// The address that the browser asked for, as its request says.
    pub host: Option<&'a str>,
    /// The sealed question.
    pub question: &'a str,
    /// What the authenticator answered, as JSON.
    pub answer: &'a str,
}

/// One of a member's own passkeys.
#[derive(Debug, Clone)]
pub struct PasskeyRecord {
    /// Its id.
    pub id: PasskeyId,
    /// What they call it.
    pub name: String,
    /// When it was added.
    pub added_at: Moment,
    /// When they last used it.
    pub used_at: Option<Moment>,
    /// Whether it may be on several of their devices.
    pub synced: bool,
    /// Since when it is refused because it may have been copied.
    pub refused_at: Option<Moment>,
}

impl PasskeyRecord {
    pub(super) fn of(passkey: Passkey) -> Result<Self, AppError> {
        let kept = Kept::read(&passkey.check)?;
        Ok(Self {
            id: passkey.id,
            name: passkey.name,
            added_at: passkey.added_at,
            used_at: passkey.used_at,
            synced: kept.may_be_synced(),
            refused_at: kept.refused_at(),
        })
    }
}

/// A question as it is sealed.
#[derive(Serialize, Deserialize)]
struct Asked<S> {
    /// Tells it from any other, so that it is used up once.
    once: [u8; 32],
    member: Option<MemberId>,
    state: S,
}

/// The site that passkeys are bound to.
fn party(app: &App, host: Option<&str>) -> Result<Party, AppError> {
    Party::at(&here(app, host)?).ok_or(AppError::NotFound)
}

fn ask<S: Serialize>(
    app: &App,
    purpose: &str,
    member: Option<MemberId>,
    (options, state): (Value, S),
) -> Result<Question, AppError> {
    let asked = Asked { once: clock::random()?, member, state };
    let plain = serde_json::to_vec(&asked).map_err(AppError::internal)?;
    Ok(Question { options, sealed: app.seals.seal(purpose, &plain, app.clock.now().plus_seconds(ASKED_SECONDS))? })
}

/// Uses a question up, and gives what the program kept of it.
async fn answered<S: DeserializeOwned>(
    app: &App,
    purpose: &str,
    member: Option<MemberId>,
    sent: PasskeyAnswer<'_>,
) -> Result<S, AppError> {
    if sent.answer.is_empty() {
        return Err(AppError::field("passkey", NO_ANSWER));
    }
    let (now, late) = (app.clock.now(), || AppError::field("passkey", TOO_LATE));
    let plain = app.seals.open(purpose, sent.question, now).ok_or_else(late)?;
    let asked: Asked<S> = serde_json::from_slice(&plain).map_err(AppError::internal)?;
    let until = now.plus_seconds(ASKED_SECONDS);
    if asked.member != member || app.store.take_answer(&asked.once, now, until).await?.is_none() {
        tracing::info!("a passkey was refused: its question was answered before, or is another's");
        return Err(late());
    }
    Ok(asked.state)
}

fn refused(why: Refusal) -> AppError {
    match why {
        Refusal::Copied => {
            tracing::warn!("a passkey was refused: it may have been copied");
            AppError::field("passkey", COPIED)
        }
        Refusal::Wrong(cause) => {
            tracing::info!(cause, "a passkey was refused");
            AppError::field("passkey", WRONG)
        }
    }
}

/// Asks whoever is there for a passkey. Nobody has said who they are.
///
/// # Errors
/// `NotFound` at an address that passkeys cannot be bound to.
pub fn ask_for_passkey(app: &App, host: Option<&str>) -> Result<Question, AppError> {
    ask(app, TO_ENTER, None, party(app, host)?.ask_anybody()?)
}

/// Signs in whoever proves themselves with a passkey. It is two factors in one, so nothing more is asked. An unknown passkey, one of somebody
/// who does not work here and a wrong answer are refused alike.
///
/// # Errors
/// `Invalid` on the field `passkey`.
pub async fn sign_in_with_passkey(app: &App, sent: PasskeyAnswer<'_>, device: &Device) -> Result<Entered, AppError> {
    let party = party(app, sent.host)?;
    let state: DiscoverableAuthentication = answered(app, TO_ENTER, None, sent).await?;
    let answer = Answer::read(sent.answer).map_err(refused)?;
    let Some((organisation, member)) = answer.owner() else {
        return Err(refused(party.check(&answer, state, None).err().unwrap_or(Refusal::Wrong("it names nobody"))));
    };
    let check = |kept: Option<&Kept>| party.check(&answer, state.clone(), kept);
    let owner = owner_of(app, organisation, member, answer.credential()).await?;
    prove(app, (organisation, member), &owner, &answer, &check, device).await?;
    match enter(app, organisation, member, Proved::Passkey, device).await {
        Err(AppError::SignInFirst) => Err(AppError::field("passkey", WRONG)),
        entered => entered,
    }
}

/// Whom an answer says that it is of, as far as that is known.
struct OwnerFound {
    /// Under which address attempts are counted: its owner's, or for a passkey that nobody has, one of its own.
    email: String,
    /// Whether there is such an organisation.
    is_here: bool,
}

async fn owner_of(
    app: &App,
    organisation: OrganisationId,
    member: MemberId,
    credential: &[u8],
) -> Result<OwnerFound, AppError> {
    let known: Result<(Option<Member>, bool), AppError> = app
        .store
        .read("passkey_owner", organisation, |mut reading: Reading| async move {
            let is_here = reading.organisation().await?.is_some();
            let owner = reading.member(member).await?;
            Ok(match reading.passkey_with(member, credential).await? {
                Some(_) => (owner, is_here),
                None => (None, is_here),
            })
        })
        .await;
    let (owner, is_here) = known?;
    let email = owner.map_or_else(|| format!("passkey {}", hexadecimal(credential)), |member| member.email);
    Ok(OwnerFound { email, is_here })
}

/// Checks an answer against what is kept, counts it, and keeps that the passkey was used.
async fn prove(
    app: &App,
    (organisation, member): (OrganisationId, MemberId),
    owner: &OwnerFound,
    answer: &Answer,
    check: &(impl Fn(Option<&Kept>) -> Result<AuthenticationResult, Refusal> + Sync),
    device: &Device,
) -> Result<(), AppError> {
    if !attempts::begin(app, &owner.email, Guess::Passkey, device).await? {
        tracing::warn!("a passkey was refused: too many attempts");
        return Err(AppError::field("passkey", TOO_MANY));
    }
    if !owner.is_here {
        return Err(refused(check(None).err().unwrap_or(Refusal::Wrong("an unknown organisation"))));
    }
    let now = app.clock.now();
    let checked: Result<Result<(), Refusal>, AppError> = app
        .store
        .write("use_passkey", organisation, |mut writing: Writing| async move {
            let works_here = writing.member(member).await?.is_some_and(|one| one.membership == Membership::Active);
            let found = writing.passkey_with(member, answer.credential()).await?.filter(|_| works_here);
            let Some(mut passkey) = found else { return Ok(check(None).map(drop)) };
            let mut kept = Kept::read(&passkey.check)?;
            let checked = check(Some(&kept));
            match &checked {
                Ok(result) => {
                    kept.used(result);
                    passkey.used_at = Some(now);
                }
                // Whoever has the copy would go on with it.
                Err(Refusal::Copied) => kept.refuse(now),
                Err(Refusal::Wrong(_)) => return Ok(checked.map(drop)),
            }
            passkey.check = kept.written()?;
            writing.change_passkey(member, &passkey).await?;
            Ok(checked.map(drop))
        })
        .await;
    checked?.map_err(refused)?;
    attempts::succeeded(app, &owner.email, Guess::Passkey, device).await
}

/// Asks whoever is signed in for one of their own passkeys, to prove again who they are.
///
/// # Errors
/// `NotFound` when they have none, or at an address that passkeys cannot be bound to.
pub async fn ask_owner_for_passkey(app: &App, actor: &Actor, host: Option<&str>) -> Result<Question, AppError> {
    let mut have = kept_of(app, &actor.member).await?;
    have.retain(|kept| kept.refused_at().is_none());
    if have.is_empty() {
        return Err(AppError::NotFound);
    }
    ask(app, TO_CONFIRM, Some(actor.member.id), party(app, host)?.ask_owner(&have)?)
}

/// Whether the answer is of one of the actor's own passkeys.
///
/// # Errors
/// `Invalid` on the field `passkey`.
pub(super) async fn prove_again(
    app: &App,
    actor: &Actor,
    sent: PasskeyAnswer<'_>,
    device: &Device,
) -> Result<(), AppError> {
    let (party, me) = (party(app, sent.host)?, (actor.organisation.id, actor.member.id));
    let state: PasskeyAuthentication = answered(app, TO_CONFIRM, Some(me.1), sent).await?;
    let answer = Answer::read(sent.answer).map_err(refused)?;
    if answer.owner().is_some_and(|owner| owner != me) {
        return Err(refused(Refusal::Wrong("another member’s passkey")));
    }
    let check = |kept: Option<&Kept>| match kept {
        Some(kept) => party.check_owner(&answer, &state, kept),
        None => Err(Refusal::Wrong("an unknown passkey")),
    };
    let owner = OwnerFound { email: actor.member.email.clone(), is_here: true };
    prove(app, me, &owner, &answer, &check, device).await
}

async fn kept_of(app: &App, member: &Member) -> Result<Vec<Kept>, AppError> {
    let id = member.id;
    app.store
        .read("passkeys", member.organisation, |mut reading: Reading| async move {
            reading.passkeys(id).await?.iter().map(|passkey| Kept::read(&passkey.check)).collect()
        })
        .await
}

async fn strong_ways(reading: &mut Reading, member: &Member) -> Result<StrongWays, AppError> {
    Ok(StrongWays {
        passkeys: reading.passkeys(member.id).await?.len(),
        code: reading.second_step(member.id).await?.is_some(),
        provider: member.account.is_some(),
    })
}

/// Asks for a new passkey of whoever is signed in. `name` is what they mean to call it.
///
/// # Errors
/// `ConfirmFirst`; `Invalid` on `name` or `passkey`; `NotFound` at an address that passkeys cannot be bound to.
pub async fn offer_passkey(app: &App, actor: &Actor, host: Option<&str>, name: &str) -> Result<Question, AppError> {
    confirmed_lately(app, actor)?;
    offer(app, &actor.member, host, name).await
}

async fn offer(app: &App, member: &Member, host: Option<&str>, name: &str) -> Result<Question, AppError> {
    casework::name_passkey(name)?;
    let have = kept_of(app, member).await?;
    casework::add_passkey(StrongWays { passkeys: have.len(), code: false, provider: false })?;
    let owner =
        Owner { organisation: member.organisation, member: member.id, email: &member.email, name: &member.name };
    ask(app, TO_ADD, Some(member.id), party(app, host)?.ask_to_add(&owner, &have)?)
}

/// Adds a passkey. Whoever has a password, and nothing strong beside it so far, gets recovery codes, which are shown this once.
///
/// # Errors
/// `ConfirmFirst`; `Invalid` on `name` or `passkey`.
pub async fn add_passkey(
    app: &App,
    actor: &Actor,
    name: &str,
    sent: PasskeyAnswer<'_>,
) -> Result<Option<Vec<String>>, AppError> {
    confirmed_lately(app, actor)?;
    add(app, &actor.member, name, sent, false).await
}

/// Asks somebody who is half signed in, and has nothing strong beside their password yet, for a passkey.
///
/// # Errors
/// `Invalid` on `name`; on `password` when the first step is to be taken again.
pub async fn offer_first_passkey(app: &App, half: &str, host: Option<&str>, name: &str) -> Result<Question, AppError> {
    let stands = second_step::opened(app, half).await?;
    offer(app, stands.member(), host, name).await
}

/// Adds the first passkey of somebody whose password was right, in place of a one-time code, and signs them in.
///
/// # Errors
/// `Invalid` on `name` or `passkey`; on `password` when the first step is to be taken again, and so when they have something stronger by now:
/// the password alone never adds to it.
pub async fn set_up_first_passkey(
    app: &App,
    half: &str,
    name: &str,
    sent: PasskeyAnswer<'_>,
    device: &Device,
) -> Result<(Entered, Vec<String>), AppError> {
    let stands = second_step::opened(app, half).await?;
    let member = stands.member();
    let given = add(app, member, name, sent, true).await?;
    let entered = enter(app, member.organisation, member.id, Proved::Passkey, device).await?;
    Ok((entered, given.unwrap_or_default()))
}

async fn add(
    app: &App,
    member: &Member,
    name: &str,
    sent: PasskeyAnswer<'_>,
    is_first: bool,
) -> Result<Option<Vec<String>>, AppError> {
    let (party, name) = (party(app, sent.host)?, casework::name_passkey(name)?);
    let state: PasskeyRegistration = answered(app, TO_ADD, Some(member.id), sent).await?;
    let added = party.added(sent.answer, &state).map_err(|why| {
        tracing::info!(?why, "a passkey was not added");
        AppError::field("passkey", NOT_ADDED)
    })?;
    let kept = Kept::new(added);
    let (check, id, now) = (kept.written()?, app.clock.id(PasskeyId::new)?, app.clock.now());
    let (given, codes) = new_recovery_codes()?;
    let (kept, codes, check, name) = (&kept, &codes, &check, &name);
    let saved: Result<bool, AppError> = app
        .store
        .write("add_passkey", member.organisation, |mut writing: Writing| async move {
            let ways = strong_ways(&mut writing, member).await?;
            let none = ways.passkeys == 0 && !ways.code;
            if is_first && !none {
                return Err(AppError::field("password", second_step::TOO_LATE));
            }
            casework::add_passkey(ways)?;
            let new = NewPasskey { id, name, credential: kept.credential(), check };
            if !writing.add_passkey(member.id, new, now).await? {
                return Err(AppError::field("passkey", ADDED_BEFORE));
            }
            let gets_codes = none && writing.password_set_at(member.id).await?.is_some();
            if gets_codes {
                writing.set_recovery_codes(member.id, codes).await?;
            }
            Ok(gets_codes)
        })
        .await;
    let gets_codes = saved?;
    Event::PasskeyAdded.happened_to(member.id);
    Ok(gets_codes.then_some(given))
}

/// Calls one of the member's own passkeys something else.
///
/// # Errors
/// `NotFound`; `Invalid` on `name`.
pub async fn rename_passkey(app: &App, actor: &Actor, id: PasskeyId, name: &str) -> Result<(), AppError> {
    let (name, me) = (casework::name_passkey(name)?, actor.member.id);
    let name = &name;
    app.store
        .write("rename_passkey", actor.organisation.id, |mut writing: Writing| async move {
            let found = writing.passkeys(me).await?.into_iter().find(|passkey| passkey.id == id);
            let passkey = found.ok_or(AppError::NotFound)?;
            Ok(writing.change_passkey(me, &Passkey { name: name.clone(), used_at: None, ..passkey }).await?)
        })
        .await
}

/// Removes one of the member's own passkeys, and ends their other sessions.
///
/// # Errors
/// `NotFound`; `ConfirmFirst`; `Invalid` on `passkey` when a password alone would be left.
pub async fn remove_passkey(app: &App, actor: &Actor, id: PasskeyId) -> Result<(), AppError> {
    let (me, confirmed) = (&actor.member, confirmed_lately(app, actor).is_ok());
    app.store
        .write("remove_passkey", actor.organisation.id, |mut writing: Writing| async move {
            if !writing.passkeys(me.id).await?.iter().any(|passkey| passkey.id == id) {
                return Err(AppError::NotFound);
            }
            casework::remove_passkey(strong_ways(&mut writing, me).await?)?;
            if !confirmed {
                return Err(AppError::ConfirmFirst);
            }
            writing.remove_passkey(me.id, id).await?;
            if let Some(this) = actor.session {
                writing.end_other_sessions_of(me.id, this).await?;
            }
            Ok(())
        })
        .await
        .inspect(|()| Event::PasskeyRemoved.happened())
}
