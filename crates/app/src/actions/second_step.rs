//! The second step after a password: one-time codes (RFC 6238) from an app on the member's phone, and recovery codes for when it is lost.
//! Between the two steps nobody is signed in: what the first proved travels sealed in the page, and opens nothing.

use casework::{Member, MemberId, Moment, Organisation, OrganisationId, Proved, Reset};
use serde::{Deserialize, Serialize};
use store::{CODE_SECRET_BYTES, Guess, Reading, Writing};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::{Actor, Entered, attempts, confirmed_lately, enter};
use crate::device::Device;
use crate::events::Event;
use crate::{App, AppError, clock};

const HALF: &str = "half signed in";
const OFFER: &str = "one-time code on offer";

/// How long the second step may take: time enough to find an app and set it up.
const HALF_SECONDS: i64 = 30 * 60;

/// How many recovery codes a member gets at once.
pub const RECOVERY_CODES: usize = 10;

/// Random bytes of a recovery code: 120 bits (ASVS 5.0 V6.5.2 asks for 112 where they are kept as a plain hash).
const RECOVERY_BYTES: usize = 15;

pub(super) const TOO_LATE: &str =
    "That took too long, or your password was changed meanwhile. Enter your e-mail address and password again.";
const WRONG_CODE: &str =
    "This code is not right, or it was used already. Wait until the app shows the next one and enter that.";
const WRONG_FIRST_CODE: &str = "This is not the code that the app shows now. Check that the phone’s time is set by itself, wait for the next code \
                                and enter that.";
const NO_CODE: &str = "Enter the six digits that the app shows, or a recovery code.";
const NO_FIRST_CODE: &str = "Enter the six digits that the app shows.";
const TOO_MANY: &str = "There were too many wrong codes. Wait 15 minutes and try again.";

/// Somebody whose password was right, and who is not signed in.
#[derive(Debug, Clone)]
pub struct HalfSignedIn {
    /// What the password proved, sealed: it goes into the page of the second step, and opens nothing.
    pub sealed: String,
    /// Their organisation's name.
    pub organisation: String,
    /// When and by whom their way to sign in was given anew, if that is why it is to be set up; by none for whoever runs the installation.
    pub reset: Option<(Moment, Option<String>)>,
    /// Whether they have a one-time code.
    pub has_code: bool,
    /// Whether they have a passkey.
    pub has_passkey: bool,
}

/// What a right password leaves to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Nothing,
    Code,
    SetUp,
}

#[derive(Serialize, Deserialize)]
struct Half {
    organisation: OrganisationId,
    member: MemberId,
    /// The password that was right. Another one since, and this is worth nothing.
    password_set_at: Option<i64>,
}

/// Where a member stands with what they sign in with.
#[derive(Debug)]
pub(super) struct Standing {
    organisation: Organisation,
    member: Member,
    has_code: bool,
    has_passkey: bool,
    password_set_at: Option<Moment>,
    reset_by: Option<String>,
}

/// Where a member stands with what they sign in with.
///
/// # Errors
/// `SignInFirst` when the membership is not active.
pub(super) async fn standing(app: &App, organisation: OrganisationId, member: MemberId) -> Result<Standing, AppError> {
    app.store
        .read("sign_in_standing", organisation, |mut reading: Reading| async move {
            let organisation = reading.organisation().await?.ok_or(AppError::SignInFirst)?;
            let member = super::visits::active(&mut reading, member).await?;
            let has_code = reading.second_step(member.id).await?.is_some();
            let has_passkey = !reading.passkeys(member.id).await?.is_empty();
            let password_set_at = reading.password_set_at(member.id).await?;
            let reset_by = match member.reset {
                Some(Reset { by: Some(by), .. }) => reading.member(by).await?.map(|by| by.name),
                Some(Reset { by: None, .. }) | None => None,
            };
            Ok(Standing { organisation, member, has_code, has_passkey, password_set_at, reset_by })
        })
        .await
}

impl Standing {
    /// Whether their password is not enough.
    pub(super) fn has_second_step(&self) -> bool {
        self.has_code || self.has_passkey
    }

    pub(super) fn member(&self) -> &Member {
        &self.member
    }

    pub(super) fn asks(&self) -> Asks {
        let demanded = self.organisation.second_step == casework::SecondStep::Demanded || self.member.reset.is_some();
        match (self.has_second_step(), demanded) {
            (true, _) => Asks::Code,
            (false, true) => Asks::SetUp,
            (false, false) => Asks::Nothing,
        }
    }

    pub(super) fn half(self, app: &App) -> Result<HalfSignedIn, AppError> {
        let half = Half {
            organisation: self.organisation.id,
            member: self.member.id,
            password_set_at: self.password_set_at.map(Moment::micros),
        };
        let plain = serde_json::to_vec(&half).map_err(AppError::internal)?;
        Ok(HalfSignedIn {
            sealed: app.seals.seal(HALF, &plain, app.clock.now().plus_seconds(HALF_SECONDS))?,
            organisation: self.organisation.name,
            reset: self.member.reset.map(|reset| (reset.at, self.reset_by)),
            has_code: self.has_code,
            has_passkey: self.has_passkey,
        })
    }
}

/// Opens what the password proved, if it is still so.
pub(super) async fn opened(app: &App, sealed: &str) -> Result<Standing, AppError> {
    let too_late = || AppError::field("password", TOO_LATE);
    let plain = app.seals.open(HALF, sealed, app.clock.now()).ok_or_else(too_late)?;
    let half: Half = serde_json::from_slice(&plain).map_err(|_| too_late())?;
    match standing(app, half.organisation, half.member).await {
        Ok(stands) if stands.password_set_at.map(Moment::micros) == half.password_set_at => Ok(stands),
        Ok(_) | Err(AppError::SignInFirst) => Err(too_late()),
        Err(error) => Err(error),
    }
}

/// What is asked of somebody who is half signed in.
///
/// # Errors
/// `Invalid` on the field `password` when the first step is to be taken again.
pub async fn half_signed_in(app: &App, half: &str) -> Result<HalfSignedIn, AppError> {
    opened(app, half).await?.half(app)
}

/// The second step: a one-time code, or a recovery code.
///
/// # Errors
/// `Invalid` on the field `code`; on `password` when the first step is to be taken again.
pub async fn finish_sign_in(app: &App, half: &str, code: &str, device: &Device) -> Result<Entered, AppError> {
    let stands = opened(app, half).await?;
    let proved = prove_code(app, &stands.member, code, device).await?;
    enter(app, stands.organisation.id, stands.member.id, proved, device).await
}

/// Checks a one-time code or a recovery code, and uses it up.
///
/// # Errors
/// `Invalid` on the field `code`.
pub(super) async fn prove_code(app: &App, member: &Member, code: &str, device: &Device) -> Result<Proved, AppError> {
    // Pressed too early: nothing was guessed.
    if plain_code(code).is_empty() {
        return Err(AppError::field("code", NO_CODE));
    }
    if !attempts::begin(app, &member.email, Guess::Code, device).await? {
        Event::SignInRefused.because("too-many-codes");
        return Err(AppError::field("code", TOO_MANY));
    }
    let (now, code, id) = (app.clock.now(), plain_code(code), member.id);
    let typed = &code;
    let proved: Result<Option<Proved>, AppError> = app
        .store
        .write("use_code", member.organisation, |mut writing: Writing| async move {
            if typed.len() != 6 {
                let used = writing.use_recovery_code(id, typed).await?;
                return Ok(used.then_some(Proved::PasswordAndRecoveryCode));
            }
            let Some(second_step) = writing.second_step(id).await? else { return Ok(None) };
            let Some(step) = step_of(&second_step.secret, typed, now)? else { return Ok(None) };
            Ok(writing.use_step(id, step).await?.then_some(Proved::PasswordAndCode))
        })
        .await;
    let Some(proved) = proved? else {
        Event::SignInRefused.because("wrong-or-used-code");
        return Err(AppError::field("code", WRONG_CODE));
    };
    attempts::succeeded(app, &member.email, Guess::Code, device).await?;
    Ok(proved)
}

/// The step of time whose code this is: this one, the one before or the one after, since clocks differ.
fn step_of(secret: &[u8; CODE_SECRET_BYTES], code: &str, now: Moment) -> Result<Option<u64>, AppError> {
    let seconds = u64::try_from(now.micros() / 1_000_000).map_err(AppError::internal)?;
    Ok(codes(secret)?.check(code, seconds))
}

/// Six digits from SHA-1, a new code every 30 seconds, one step of skew: what every app understands.
fn codes(secret: &[u8; CODE_SECRET_BYTES]) -> Result<Totp, AppError> {
    Builder::new().with_secret(*secret).build().map_err(|error| AppError::internal(error.to_string()))
}

/// A new secret for one-time codes, before anybody has shown that their app has it.
#[derive(Debug)]
pub struct CodeOffer {
    /// The secret, sealed, for the page to send back.
    pub sealed: String,
    /// The secret as people type it into an app, in groups of four.
    pub typed: String,
    /// The address that the QR code holds (`otpauth://`).
    pub address: String,
}

#[derive(Serialize, Deserialize)]
struct Offered {
    member: MemberId,
    secret: [u8; CODE_SECRET_BYTES],
}

impl CodeOffer {
    fn new(app: &App, member: &Member) -> Result<Self, AppError> {
        let secret = Zeroizing::new(clock::random()?);
        let plain = Zeroizing::new(
            serde_json::to_vec(&Offered { member: member.id, secret: *secret }).map_err(AppError::internal)?,
        );
        let sealed = app.seals.seal(OFFER, &plain, app.clock.now().plus_seconds(HALF_SECONDS))?;
        Ok(Self::of(sealed, &secret, member))
    }

    fn of(sealed: String, secret: &[u8; CODE_SECRET_BYTES], member: &Member) -> Self {
        let letters = base32(secret, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        let account = percent_encoded(&member.email);
        Self {
            sealed,
            typed: grouped(&letters, " "),
            address: format!("otpauth://totp/Sharewell:{account}?secret={letters}&issuer=Sharewell"),
        }
    }

    /// The offer that a page sent back, and its secret; none when it is too old or another's.
    fn opened(app: &App, sealed: &str, member: &Member) -> Option<(Self, Zeroizing<[u8; CODE_SECRET_BYTES]>)> {
        let plain = app.seals.open(OFFER, sealed, app.clock.now())?;
        let offered: Offered = serde_json::from_slice(&plain).ok()?;
        let secret = Zeroizing::new(offered.secret);
        (offered.member == member.id).then(|| (Self::of(sealed.to_owned(), &secret, member), secret))
    }

    fn again(app: &App, sealed: Option<&str>, member: &Member) -> Result<Self, AppError> {
        match sealed.and_then(|sealed| Self::opened(app, sealed, member)) {
            Some((offer, _)) => Ok(offer),
            None => Self::new(app, member),
        }
    }
}

/// What somebody who is half signed in sets up: the offer that the page sent, or a new one.
///
/// # Errors
/// `Invalid` on the field `password` when the first step is to be taken again.
pub async fn offer_first_code(
    app: &App,
    half: &str,
    offer: Option<&str>,
) -> Result<(HalfSignedIn, CodeOffer), AppError> {
    let stands = opened(app, half).await?;
    let offer = CodeOffer::again(app, offer, &stands.member)?;
    Ok((stands.half(app)?, offer))
}

/// Sets up the first one-time code of somebody whose password was right, and signs them in. The recovery codes are shown this once.
///
/// # Errors
/// `Invalid` on the field `code`; on `password` when the first step is to be taken again, and so when a code was set up meanwhile: the
/// password alone never replaces one.
pub async fn set_up_first_code(
    app: &App,
    half: &str,
    offer: &str,
    code: &str,
    device: &Device,
) -> Result<(Entered, Vec<String>), AppError> {
    let stands = opened(app, half).await?;
    let given = keep_code(app, &stands.member, offer, code, Replaces::Nothing).await?;
    let entered = enter(app, stands.organisation.id, stands.member.id, Proved::PasswordAndCode, device).await?;
    Ok((entered, given))
}

/// What a member who is signed in sets up in place of what they have: the offer that the page sent, or a new one.
///
/// # Errors
/// `ConfirmFirst`.
pub fn offer_code(app: &App, actor: &Actor, offer: Option<&str>) -> Result<CodeOffer, AppError> {
    confirmed_lately(app, actor)?;
    CodeOffer::again(app, offer, &actor.member)
}

/// Sets up a one-time code in place of the one before, gives new recovery codes and ends the member's other sessions.
///
/// # Errors
/// `ConfirmFirst`; `Invalid` on the field `code`.
pub async fn replace_code(app: &App, actor: &Actor, offer: &str, code: &str) -> Result<Vec<String>, AppError> {
    confirmed_lately(app, actor)?;
    keep_code(app, &actor.member, offer, code, Replaces::Any(actor)).await
}

/// Gives a member new recovery codes in place of those they had. They are shown this once.
///
/// # Errors
/// `ConfirmFirst`; `NotFound` for whoever has neither a one-time code nor a passkey.
pub async fn renew_recovery_codes(app: &App, actor: &Actor) -> Result<Vec<String>, AppError> {
    confirmed_lately(app, actor)?;
    let (given, kept) = new_recovery_codes()?;
    let (kept, member) = (&kept, actor.member.id);
    let saved: Result<(), AppError> = app
        .store
        .write("renew_recovery_codes", actor.organisation.id, |mut writing: Writing| async move {
            if !has_second_step(&mut writing, member).await? {
                return Err(AppError::NotFound);
            }
            Ok(writing.set_recovery_codes(member, kept).await?)
        })
        .await;
    saved?;
    Event::RecoveryCodesRenewed.happened();
    Ok(given)
}

/// What a new one-time code may take the place of.
#[derive(Clone, Copy)]
enum Replaces<'a> {
    /// Of none: they have none yet.
    Nothing,
    /// Of any, for a member who is signed in.
    Any(&'a Actor),
}

async fn keep_code(
    app: &App,
    member: &Member,
    offer: &str,
    code: &str,
    replaces: Replaces<'_>,
) -> Result<Vec<String>, AppError> {
    if plain_code(code).is_empty() {
        return Err(AppError::field("code", NO_FIRST_CODE));
    }
    let now = app.clock.now();
    let (_, secret) = CodeOffer::opened(app, offer, member).ok_or_else(|| AppError::field("code", WRONG_FIRST_CODE))?;
    let step = step_of(&secret, &plain_code(code), now)?;
    let step = step.ok_or_else(|| AppError::field("code", WRONG_FIRST_CODE))?;
    let (given, kept) = new_recovery_codes()?;
    let (secret, kept) = (&secret, &kept);
    let saved: Result<(), AppError> = app
        .store
        .write("set_up_code", member.organisation, |mut writing: Writing| async move {
            match replaces {
                Replaces::Nothing if has_second_step(&mut writing, member.id).await? => {
                    return Err(AppError::field("password", TOO_LATE));
                }
                Replaces::Nothing => {}
                Replaces::Any(Actor { session: Some(session), .. }) => {
                    writing.end_other_sessions_of(member.id, *session).await?;
                }
                Replaces::Any(_) => return Err(AppError::SignInFirst),
            }
            writing.set_second_step(member.id, secret, step, now).await?;
            Ok(writing.set_recovery_codes(member.id, kept).await?)
        })
        .await;
    saved?;
    Event::CodeSetUp.happened_to(member.id);
    Ok(given)
}

async fn has_second_step(reading: &mut Reading, member: MemberId) -> Result<bool, AppError> {
    Ok(reading.second_step(member).await?.is_some() || !reading.passkeys(member).await?.is_empty())
}

/// Recovery codes as they are shown, and as they are kept.
pub(super) fn new_recovery_codes() -> Result<(Vec<String>, Vec<String>), AppError> {
    let mut kept = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let random: [u8; RECOVERY_BYTES] = clock::random()?;
        // Crockford's letters, without those that look like another.
        kept.push(base32(&random, b"0123456789abcdefghjkmnpqrstvwxyz"));
    }
    Ok((kept.iter().map(|code| grouped(code, "-")).collect(), kept))
}

/// A code as it is compared: whatever was typed between its signs is left out, and letters that look like a digit are read as it.
fn plain_code(typed: &str) -> String {
    let sign = |letter: char| match letter.to_ascii_lowercase() {
        'o' => Some('0'),
        'i' | 'l' => Some('1'),
        plain if plain.is_ascii_alphanumeric() => Some(plain),
        _ => None,
    };
    typed.chars().filter_map(sign).collect()
}

/// Base 32 with this alphabet, for whole groups of five bytes.
fn base32(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut letters = String::with_capacity(bytes.len() * 8 / 5);
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            let letter = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            letters.push(char::from(alphabet[letter]));
        }
    }
    letters
}

fn grouped(letters: &str, between: &str) -> String {
    let groups: Vec<String> = letters.chars().collect::<Vec<_>>().chunks(4).map(|four| four.iter().collect()).collect();
    groups.join(between)
}

/// A text as it may stand in an address (RFC 3986).
fn percent_encoded(text: &str) -> String {
    let sign = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret and times of RFC 6238, appendix B; its eight digits end in these six.
    #[test]
    fn codes_are_those_of_the_standard_and_a_clock_may_be_one_step_off() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [(1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")] {
            let at =
                |off: i64| step_of(secret, code, Moment::from_micros(seconds * 1_000_000).plus_seconds(off)).unwrap();
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!((at(-30), at(0), at(30)), (Some(step), Some(step), Some(step)), "{code}");
            assert_eq!((at(-60), at(60)), (None, None), "{code}");
        }
    }

    #[test]
    fn letters_are_those_of_the_standard() {
        // RFC 4648, section 10.
        assert_eq!(base32(b"fooba", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "MZXW6YTB");
        assert_eq!(grouped("MZXW6YTB", " "), "MZXW 6YTB");
        assert_eq!(percent_encoded("w.t+1@fernbank.example"), "w.t%2B1%40fernbank.example");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(plain_code(" 287 082 "), "287082");
        assert_eq!(plain_code("K7QF-9mox-LI23"), "k7qf9m0x1123");
        let (shown, kept) = new_recovery_codes().unwrap();
        assert_eq!((shown.len(), shown[0].len()), (RECOVERY_CODES, 29));
        assert_eq!(shown.iter().map(|code| plain_code(&code.to_uppercase())).collect::<Vec<_>>(), kept);
    }
}
