//! The conversation with an identity provider: OpenID Connect's authorisation code flow with PKCE. What the answers say is checked by the
//! `openidconnect` crate; requests go through [`Post`](crate::post::Post), with its limits on time and size.
//!
//! What a provider says of itself and its keys are kept for an hour, and asked for again at most once a minute when an answer is signed
//! with a key that is not among them.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use casework::{Moment, OrganisationId};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError,
    Client, ClientId, ClientSecret, CsrfToken, DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IdToken, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse,
    UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::App;
use crate::post::{Post, PostError};
use crate::providers::{ProviderSettings, VouchedBy};

/// How long what a provider says of itself is kept.
const KEPT_SECONDS: i64 = 60 * 60;

/// How often at most a provider is asked for its keys again because of a key that is not known.
const KEYS_ASKED_SECONDS: i64 = 60;

/// A provider that could not be reached is left alone for so long, so that whoever waits is told at once.
const LEFT_ALONE_SECONDS: i64 = 5;

/// By how much the clocks here and there may differ.
const CLOCKS_DIFFER_SECONDS: i64 = 60;

/// The oldest that an answer may be. It is asked for when somebody comes back, so that it is made within seconds.
const OLDEST_SECONDS: i64 = 10 * 60;

/// How answers may be signed: by a key that the provider alone has. Never not at all, nor with the secret that is known here too.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What is asked for: who it is, and their e-mail address.
const ASKED_FOR: &str = "email";

/// What a provider may say besides what OpenID Connect has a name for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Besides {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xms_edov: Option<serde_json::Value>,
}

impl AdditionalClaims for Besides {}

type Signed = IdToken<Besides, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Claims = IdTokenClaims<Besides, CoreGenderClaim>;
type Fields = IdTokenFields<
    Besides,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Refusal = StandardErrorResponse<CoreErrorResponseType>;
type OurClient = Client<
    Besides,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The identity providers of this installation's organisations.
#[derive(Debug)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Nobody is asked before somebody signs in.
    #[must_use]
    pub fn new(settings: &[ProviderSettings]) -> Self {
        let new = |settings: &ProviderSettings| Provider { settings: settings.clone(), memory: Mutex::default() };
        Self(settings.iter().map(new).collect())
    }

    /// Every provider, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// The provider of this name.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.settings.id == id)
    }
}

/// An organisation's identity provider, and what it said of itself.
#[derive(Debug)]
pub struct Provider {
    /// How it is set up.
    pub settings: ProviderSettings,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    known: Option<Arc<Known>>,
    tried_at: Option<Moment>,
}

#[derive(Debug)]
struct Known {
    client: OurClient,
    since: Moment,
}

/// What only the visitor's browser and this Sharewell know of a sign-in that was begun.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// Comes back with the answer: it belongs to this browser.
    pub state: String,
    /// Comes back within what is signed: it was made for this sign-in.
    pub nonce: String,
    /// Shown when the answer is exchanged: whoever saw the answer alone can do nothing with it.
    pub verifier: String,
}

/// Whom a provider says that it is.
#[derive(Debug)]
pub struct Told {
    /// What the provider calls the account.
    pub subject: String,
    email: Email,
    token: AccessToken,
}

/// What a provider says about an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Email {
    /// Nothing.
    Unsaid,
    /// That somebody typed it.
    Unverified,
    /// That it is theirs.
    Verified(String),
}

/// Why nobody is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The provider does not answer.
    Unreachable,
    /// The clocks here and there do not agree, or the answer was kept for too long.
    Clocks,
    /// The provider does not take the answer any more.
    Spent,
    /// It was to ask its visitor again who they are, and says that it asked before that, or does not say when.
    NotAgain,
    /// The answer is not what it should be. The words are for the log.
    Untrusted(&'static str),
}

impl Provider {
    /// Which organisation's members sign in with it.
    #[must_use]
    pub fn organisation(&self) -> OrganisationId {
        self.settings.organisation
    }

    /// The provider's own page to go to, from which people come back to `here`. With `again` it is told to ask who they are even where it
    /// knows that already.
    ///
    /// # Errors
    /// When the provider cannot be asked where that is.
    pub async fn way_out(&self, app: &App, here: &str, secrets: &Secrets, again: bool) -> Result<String, Trouble> {
        let known = self.known(app).await?;
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let (state, nonce) = (CsrfToken::new(secrets.state.clone()), Nonce::new(secrets.nonce.clone()));
        let mut way = known
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .set_redirect_uri(Cow::Owned(redirect(here)?))
            .add_scope(Scope::new(ASKED_FOR.to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if again {
            way = way.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (address, _, _) = way.url();
        Ok(address.into())
    }

    /// Exchanges the code that somebody came back with for the provider's signed word on who they are, and checks it. The provider
    /// says that it did not ask them before `asked_at`; one that is known to leave that out is taken at its word.
    ///
    /// # Errors
    /// When there is no word, or one that must not be trusted.
    pub async fn word(
        &self,
        app: &App,
        here: &str,
        secrets: &Secrets,
        code: &str,
        asked_at: Option<Moment>,
    ) -> Result<Told, Trouble> {
        let known = self.known(app).await?;
        let tokens = self.exchange(app, &known, here, secrets, code).await?;
        let Some(signed) = tokens.id_token() else { return Err(Trouble::Untrusted("nothing signed")) };
        let now = app.clock.now();
        let nonce = Nonce::new(secrets.nonce.clone());
        let claims = match check(&known, signed, tokens.access_token(), &nonce, now) {
            // The provider may have a new key.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let renewed = self.renewed(app).await?;
                check(&renewed, signed, tokens.access_token(), &nonce, now)
            }
            checked => checked,
        };
        let claims = claims.map_err(|why| untrusted(&why))?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(Trouble::Untrusted("made for another party"));
        }
        // OpenID Connect Core §3.1.3.7: whoever asked with `max_age` looks at `auth_time`. Who sits at the browser can take `max_age` and
        // `prompt` out of the address that leads there, so that an answer without it proves nothing.
        if let Some(asked_at) = asked_at {
            let since = asked_at.plus_seconds(-CLOCKS_DIFFER_SECONDS).micros() / 1_000_000;
            let proved_again = match claims.auth_time() {
                Some(proved_at) => proved_at.timestamp() >= since,
                None => self.settings.leaves_out_auth_time,
            };
            if !proved_again {
                let said = claims.auth_time().is_some();
                tracing::warn!(provider = %self.settings.id, said, "a provider did not say that it asked somebody again");
                return Err(Trouble::NotAgain);
            }
        }
        let email = self.email(
            claims.email().map(|email| email.as_str()),
            claims.email_verified(),
            claims.additional_claims().xms_edov.as_ref(),
        );
        Ok(Told { subject: claims.subject().as_str().to_owned(), email, token: tokens.access_token().clone() })
    }

    /// What the provider says about somebody's e-mail address: at once, or when it is asked apart.
    ///
    /// # Errors
    /// When it cannot be asked, or answers about somebody else.
    pub async fn email_of(&self, app: &App, told: &Told) -> Result<Email, Trouble> {
        if told.email != Email::Unsaid {
            return Ok(told.email.clone());
        }
        let (known, subject) = (self.known(app).await?, SubjectIdentifier::new(told.subject.clone()));
        let carry = Carrier(&app.post);
        let Ok(asked) = known.client.user_info(told.token.clone(), Some(subject.clone())) else {
            return Ok(Email::Unsaid);
        };
        let answered: Result<UserInfoClaims<Besides, CoreGenderClaim>, _> = asked.request_async(&carry).await;
        let claims = answered.map_err(|why| match why {
            UserInfoError::Request(why) => unreachable(&self.settings.id, &why),
            _ => Trouble::Untrusted("what it says about the account"),
        })?;
        if *claims.subject() != subject {
            return Err(Trouble::Untrusted("another account"));
        }
        Ok(self.email(
            claims.email().map(|email| email.as_str()),
            claims.email_verified(),
            claims.additional_claims().xms_edov.as_ref(),
        ))
    }

    fn email(&self, email: Option<&str>, verified: Option<bool>, edov: Option<&serde_json::Value>) -> Email {
        let Some(email) = email else { return Email::Unsaid };
        let vouched = match self.settings.vouched_by {
            VouchedBy::EmailVerified => verified == Some(true),
            VouchedBy::XmsEdov => edov.is_some_and(is_true),
        };
        if vouched { Email::Verified(casework::normal_email(email)) } else { Email::Unverified }
    }

    async fn exchange(
        &self,
        app: &App,
        known: &Known,
        here: &str,
        secrets: &Secrets,
        code: &str,
    ) -> Result<Tokens, Trouble> {
        let carry = Carrier(&app.post);
        let asked = known.client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let asked = asked.map_err(|_| Trouble::Untrusted("nowhere to exchange a code"))?;
        let answered = asked
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
            .set_redirect_uri(Cow::Owned(redirect(here)?))
            .request_async(&carry)
            .await;
        answered.map_err(|why| match why {
            RequestTokenError::Request(why) => unreachable(&self.settings.id, &why),
            RequestTokenError::ServerResponse(refusal) => match refusal.error() {
                CoreErrorResponseType::InvalidGrant => Trouble::Spent,
                CoreErrorResponseType::InvalidClient => Trouble::Untrusted("it does not know us, or not our secret"),
                CoreErrorResponseType::UnauthorizedClient => Trouble::Untrusted("it does not let us ask"),
                _ => Trouble::Untrusted("it refuses the exchange"),
            },
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Trouble::Untrusted("not of the right form"),
        })
    }

    /// What the provider said of itself, within the hour.
    async fn known(&self, app: &App) -> Result<Arc<Known>, Trouble> {
        let (mut memory, now) = (self.memory.lock().await, app.clock.now());
        if let Some(known) = memory.known.as_ref().filter(|known| now < known.since.plus_seconds(KEPT_SECONDS)) {
            return Ok(Arc::clone(known));
        }
        let alone = memory.tried_at.is_some_and(|tried| now < tried.plus_seconds(LEFT_ALONE_SECONDS));
        let asked = if alone { Err(Trouble::Unreachable) } else { self.ask(app, &mut memory).await };
        match (asked, &memory.known) {
            // It is away for a moment: what it said before still holds.
            (Err(Trouble::Unreachable), Some(known)) => Ok(Arc::clone(known)),
            (asked, _) => asked,
        }
    }

    /// What the provider says of itself now, since it signed with a key that is not known.
    async fn renewed(&self, app: &App) -> Result<Arc<Known>, Trouble> {
        let (mut memory, now) = (self.memory.lock().await, app.clock.now());
        if memory.tried_at.is_some_and(|tried| now < tried.plus_seconds(KEYS_ASKED_SECONDS)) {
            return Err(Trouble::Untrusted("an unknown key"));
        }
        self.ask(app, &mut memory).await
    }

    async fn ask(&self, app: &App, memory: &mut Memory) -> Result<Arc<Known>, Trouble> {
        memory.tried_at = Some(app.clock.now());
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|_| Trouble::Untrusted("its address"))?;
        let carry = Carrier(&app.post);
        let said = CoreProviderMetadata::discover_async(issuer, &carry).await.map_err(|why| match why {
            DiscoveryError::Request(why) => unreachable(&self.settings.id, &why),
            DiscoveryError::Validation(_) => Trouble::Untrusted("it says that it is another"),
            _ => Trouble::Untrusted("what it says of itself"),
        })?;
        if !may_be_opened(said.authorization_endpoint().url()) {
            return Err(Trouble::Untrusted("a page of its that is not encrypted"));
        }
        let secret = ClientSecret::new(self.settings.client_secret.to_string());
        let id = ClientId::new(self.settings.client_id.clone());
        let client = OurClient::from_provider_metadata(said, id, Some(secret));
        let known = Arc::new(Known { client, since: app.clock.now() });
        memory.known = Some(Arc::clone(&known));
        Ok(known)
    }
}

/// Carries the library's requests.
struct Carrier<'p>(&'p Post);

impl<'c> AsyncHttpClient<'c> for Carrier<'_> {
    type Error = PostError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, PostError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.carry(request))
    }
}

/// Checks what is signed: by whom, for whom, for which sign-in, and when.
fn check<'s>(
    known: &Known,
    signed: &'s Signed,
    token: &AccessToken,
    nonce: &Nonce,
    now: Moment,
) -> Result<&'s Claims, ClaimsVerificationError> {
    let now = DateTime::<Utc>::from_timestamp_micros(now.micros()).unwrap_or_default();
    let differ = TimeDelta::seconds(CLOCKS_DIFFER_SECONDS);
    let made_in_time = move |made: DateTime<Utc>| {
        let in_time = made <= now + differ && made >= now - TimeDelta::seconds(OLDEST_SECONDS);
        in_time.then_some(()).ok_or_else(|| "made at another time".to_owned())
    };
    let verifier = known
        .client
        .id_token_verifier()
        .set_allowed_algs(SIGNED_BY)
        .set_time_fn(move || now - differ)
        .set_issue_time_verifier_fn(made_in_time);
    let claims = signed.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let unsigned = ClaimsVerificationError::SignatureVerification;
        let (how, key) = (signed.signing_alg().map_err(unsigned)?, signed.signing_key(&verifier).map_err(unsigned)?);
        let found = AccessTokenHash::from_token(token, how, key)
            .map_err(|_| ClaimsVerificationError::Other("the token's hash".to_owned()))?;
        if found != *expected {
            return Err(ClaimsVerificationError::Other("the token's hash".to_owned()));
        }
    }
    Ok(claims)
}

/// Why what is signed is not trusted, without a word of what it says.
fn untrusted(why: &ClaimsVerificationError) -> Trouble {
    match why {
        ClaimsVerificationError::Expired(_) => Trouble::Clocks,
        ClaimsVerificationError::InvalidAudience(_) => Trouble::Untrusted("made for another"),
        ClaimsVerificationError::InvalidIssuer(_) => Trouble::Untrusted("made by another"),
        ClaimsVerificationError::InvalidNonce(_) => Trouble::Untrusted("made for another sign-in"),
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Trouble::Untrusted("an unknown key")
        }
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => {
            Trouble::Untrusted("signed in a way that is not taken")
        }
        ClaimsVerificationError::SignatureVerification(_) => Trouble::Untrusted("a wrong signature"),
        _ => Trouble::Untrusted("what is signed"),
    }
}

fn unreachable(provider: &str, why: &PostError) -> Trouble {
    tracing::warn!(provider, cause = %why, "an identity provider cannot be asked");
    Trouble::Unreachable
}

fn redirect(here: &str) -> Result<RedirectUrl, Trouble> {
    RedirectUrl::new(here.to_owned()).map_err(|_| Trouble::Untrusted("our own address"))
}

fn may_be_opened(address: &openidconnect::url::Url) -> bool {
    let here = address.host_str().is_some_and(crate::partners::is_this_machine);
    address.scheme() == "https" || (address.scheme() == "http" && here)
}

/// As Microsoft has spelt it over the years.
fn is_true(value: &serde_json::Value) -> bool {
    value == &serde_json::Value::Bool(true) || value == "1" || value == "true" || value == 1
}
