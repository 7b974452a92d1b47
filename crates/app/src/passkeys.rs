//! What authenticators are asked, and how their answers are checked (WebAuthn, <https://www.w3.org/TR/webauthn-3/>), with the crate
//! `webauthn-rs`. It knows neither the store nor the time: a question is good once and for minutes, which `actions::passkeys` sees to.
//!
//! Every question asks that the authenticator makes sure who uses it (a fingerprint, a face, a PIN), and an answer that does not say so is
//! refused: a passkey is two factors in one. It binds itself to the installation's own address.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::{MemberId, Moment, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, Credential, CredentialID, DiscoverableAuthentication, DiscoverableKey, Passkey,
    PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::AppError;

/// How long the browser waits for somebody to find their key and prove who they are; the time that the standard advises for
/// accessibility.
const WAITS: Duration = Duration::from_mins(5);

/// What authenticators call the site.
const SITE: &str = "Sharewell";

/// The site that authenticators bind passkeys to.
pub(crate) struct Party(Webauthn);

/// Whose passkey it is to be.
pub(crate) struct Owner<'a> {
    pub(crate) organisation: OrganisationId,
    pub(crate) member: MemberId,
    /// The address that they sign in with, which their browser shows them to choose by.
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
}

/// Why an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The authenticator has counted backwards: somebody may have a copy of the passkey.
    Copied,
    /// It is not what it should be. The words are for the log.
    Wrong(&'static str),
}

/// A passkey as the store keeps it, in its `check`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    passkey: Passkey,
    /// Since when it is refused because it may have been copied.
    #[serde(default)]
    refused_at: Option<i64>,
}

impl Kept {
    pub(crate) fn new(passkey: Passkey) -> Self {
        Self { passkey, refused_at: None }
    }

    pub(crate) fn read(check: &str) -> Result<Self, AppError> {
        serde_json::from_str(check).map_err(AppError::internal)
    }

    pub(crate) fn written(&self) -> Result<String, AppError> {
        serde_json::to_string(self).map_err(AppError::internal)
    }

    pub(crate) fn credential(&self) -> &[u8] {
        self.passkey.cred_id()
    }

    /// Whether its maker lets it be on several devices.
    pub(crate) fn may_be_synced(&self) -> bool {
        Credential::from(self.passkey.clone()).backup_eligible
    }

    pub(crate) fn refused_at(&self) -> Option<Moment> {
        self.refused_at.map(Moment::from_micros)
    }

    /// From now on it is refused.
    pub(crate) fn refuse(&mut self, now: Moment) {
        self.refused_at.get_or_insert(now.micros());
    }

    /// What its next use is compared with.
    pub(crate) fn used(&mut self, result: &AuthenticationResult) {
        // None would mean another credential, which `check` has ruled out.
        let _ = self.passkey.update_credential(result);
    }
}

impl Party {
    /// The site at this address; none at an address that passkeys cannot be bound to, such as `http://127.0.0.1`.
    pub(crate) fn at(address: &str) -> Option<Self> {
        let origin = Url::parse(address).ok()?;
        let name = origin.domain()?;
        WebauthnBuilder::new(name, &origin).ok()?.rp_name(SITE).timeout(WAITS).build().ok().map(Self)
    }

    /// Asks for a new passkey that can be found without typing an address.
    pub(crate) fn ask_to_add(
        &self,
        owner: &Owner<'_>,
        have: &[Kept],
    ) -> Result<(Value, PasskeyRegistration), AppError> {
        let have: Vec<CredentialID> = have.iter().map(|kept| kept.passkey.cred_id().clone()).collect();
        let (asked, state) = self
            .0
            .start_passkey_registration(owner.member.uuid(), owner.email, owner.name, Some(have))
            .map_err(AppError::internal)?;
        let mut asked = serde_json::to_value(asked).map_err(AppError::internal)?;
        // What the crate has no word for. Neither is a matter of trust: the first finds the passkey's owner, whom the signature then proves;
        // without the second an authenticator might keep nothing to be found by.
        asked["publicKey"]["user"]["id"] = json!(URL_SAFE_NO_PAD.encode(handle(owner.organisation, owner.member)));
        asked["publicKey"]["authenticatorSelection"]["residentKey"] = json!("required");
        asked["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok((asked, state))
    }

    /// The passkey in an answer.
    pub(crate) fn added(&self, answer: &str, state: &PasskeyRegistration) -> Result<Passkey, Refusal> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        self.0.finish_passkey_registration(&answer, state).map_err(|why| refusal(&why))
    }

    /// Asks whoever is there for any passkey of this site.
    pub(crate) fn ask_anybody(&self) -> Result<(Value, DiscoverableAuthentication), AppError> {
        let (asked, state) = self.0.start_discoverable_authentication().map_err(AppError::internal)?;
        let mut asked = serde_json::to_value(asked).map_err(AppError::internal)?;
        // Somebody pressed a button: the browser asks at once, and does not wait in the field of an address.
        if let Some(asked) = asked.as_object_mut() {
            asked.remove("mediation");
        }
        Ok((asked, state))
    }

    /// Whether the answer proves its owner, of whom this is kept under its credential. Without one, as much is worked out before it is
    /// refused.
    pub(crate) fn check(
        &self,
        answer: &Answer,
        state: DiscoverableAuthentication,
        kept: Option<&Kept>,
    ) -> Result<AuthenticationResult, Refusal> {
        let key = match kept {
            Some(kept) => kept.passkey.clone(),
            None => nobodys(&answer.0)?,
        };
        let checked = self.0.finish_discoverable_authentication_v2(&answer.0, state, DiscoverableKey::from(key));
        match (checked, kept) {
            (Ok(result), Some(kept)) if kept.refused_at.is_none() => Ok(result),
            (Ok(_), Some(_)) => Err(Refusal::Copied),
            (Ok(_), None) => Err(Refusal::Wrong("an unknown passkey")),
            (Err(why), _) => Err(refusal(&why)),
        }
    }

    /// Asks a member for one of their own passkeys.
    pub(crate) fn ask_owner(&self, have: &[Kept]) -> Result<(Value, PasskeyAuthentication), AppError> {
        let have: Vec<Passkey> = have.iter().map(|kept| kept.passkey.clone()).collect();
        let (asked, state) = self.0.start_passkey_authentication(&have).map_err(AppError::internal)?;
        Ok((serde_json::to_value(asked).map_err(AppError::internal)?, state))
    }

    /// Whether the answer proves that it is the owner of one of the passkeys that were asked for, of which this is kept by now.
    pub(crate) fn check_owner(
        &self,
        answer: &Answer,
        state: &PasskeyAuthentication,
        kept: &Kept,
    ) -> Result<AuthenticationResult, Refusal> {
        let result = self.0.finish_passkey_authentication(&answer.0, state).map_err(|why| refusal(&why))?;
        let counted = Credential::from(kept.passkey.clone()).counter;
        // The question holds the count of when it was asked; another use may have come between.
        let backwards = (counted > 0 || result.counter() > 0) && result.counter() <= counted;
        if backwards || kept.refused_at.is_some() { Err(Refusal::Copied) } else { Ok(result) }
    }
}

/// What an authenticator answered, as the browser passed it on.
pub(crate) struct Answer(PublicKeyCredential);

impl Answer {
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        read(text).map(Self)
    }

    pub(crate) fn credential(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whose passkey it says it is.
    pub(crate) fn owner(&self) -> Option<(OrganisationId, MemberId)> {
        let (organisation, member) = self.0.get_user_unique_id()?.split_first_chunk::<16>()?;
        let member: [u8; 16] = member.try_into().ok()?;
        Some((
            OrganisationId::from_uuid(Uuid::from_bytes(*organisation)),
            MemberId::from_uuid(Uuid::from_bytes(member)),
        ))
    }
}

/// By what an authenticator finds a passkey's owner: ids, and nothing that says anything of them.
fn handle(organisation: OrganisationId, member: MemberId) -> Vec<u8> {
    [*organisation.uuid().as_bytes(), *member.uuid().as_bytes()].concat()
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, Refusal> {
    serde_json::from_str(answer).map_err(|_| Refusal::Wrong("not of the right form"))
}

/// A passkey that nobody has, under the answer's own credential: the key is the base point of the curve, whose secret is 1, and whoever
/// signs with that is refused all the same.
fn nobodys(answer: &PublicKeyCredential) -> Result<Passkey, Refusal> {
    const X: &str = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
    const Y: &str = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
    let nobodys = json!({"cred": {
        "cred_id": URL_SAFE_NO_PAD.encode(answer.get_credential_id()),
        "cred": {"type_": "ES256", "key": {"EC_EC2": {"curve": "SECP256R1", "x": X, "y": Y}}},
        "counter": 0, "transports": null, "user_verified": true, "backup_eligible": false, "backup_state": false,
        "registration_policy": "required", "extensions": {},
        "attestation": {"data": "None", "metadata": "None"}, "attestation_format": "none"
    }});
    serde_json::from_value(nobodys).map_err(|_| Refusal::Wrong("an unknown passkey"))
}

fn refusal(why: &WebauthnError) -> Refusal {
    Refusal::Wrong(match why {
        WebauthnError::CredentialPossibleCompromise => return Refusal::Copied,
        WebauthnError::MismatchedChallenge => "the answer to another question",
        WebauthnError::InvalidRPOrigin => "from another site",
        WebauthnError::InvalidRPIDHash => "bound to another site",
        WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => "its owner was not verified",
        WebauthnError::AuthenticationFailure => "a wrong signature",
        WebauthnError::CredentialNotFound => "a passkey that was not asked for",
        _ => "not as it should be",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_bound_to_a_name_and_never_to_a_number() {
        for (address, has) in [
            ("https://sharewell.larkfield.example", true),
            ("https://sharewell.larkfield.example:8443", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("nonsense", false),
        ] {
            assert_eq!(Party::at(address).is_some(), has, "{address}");
        }
    }

    #[test]
    fn an_answer_of_nobody_is_checked_like_another_and_refused() {
        let answer = json!({"id": "AAEC", "rawId": "AAEC", "type": "public-key", "response": {
            "authenticatorData": "", "clientDataJSON": "", "signature": "", "userHandle": null}});
        let answer = Answer::read(&answer.to_string()).unwrap_or_else(|_| unreachable!());
        assert_eq!(nobodys(&answer.0).map(|key| key.cred_id().as_slice().to_vec()), Ok(vec![0, 1, 2]));
        assert_eq!(answer.owner(), None);
    }
}
