//! Passwords: argon2id with a pepper from the installation's key, so that a stolen database alone lets nobody guess; and bound to whom they
//! are of, so that a hash that is copied to a colleague lets nobody in as them.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use casework::{MemberId, Moment, OrganisationId};
use zeroize::Zeroizing;

use crate::bound::{Bound, RowKey};
use crate::seal::Key;
use crate::sql::{Param, Row};
use crate::statements::{DELETE_PASSWORD, PASSWORD, SET_PASSWORD, SIGN_IN_NAME};
use crate::{Reading, Store, StoreError, Writing};

/// The fewest characters a password may have.
pub const SHORTEST_PASSWORD: usize = 12;

/// Memory in KiB (46 MiB), passes and lanes (OWASP's first choice for argon2id).
const MEMORY: u32 = 46 * 1024;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// Why a password was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("Use a password of at least 12 characters. Three or four words that do not belong together work well.")]
    TooShort,
    /// It could not be worked on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A password's hash, for [`Writing::set_password`].
#[derive(Clone)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// Who the address and password belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// Their organisation.
    pub organisation: OrganisationId,
    /// The member.
    pub member: MemberId,
}

/// Hashes a password with this salt; slow on purpose.
fn hash(password: &str, salt: [u8; 16], pepper: &Key) -> Result<PasswordHash, StoreError> {
    let failed = |_| StoreError::Malformed("password hash");
    let hasher = hasher(pepper)?;
    let phc: Phc = hasher.hash_password_with_salt(password.as_bytes(), &salt).map_err(failed)?;
    Ok(PasswordHash(phc.to_string()))
}

/// Whether it is the password of this hash.
fn verify(password: &str, stored: &str, pepper: &Key) -> Result<bool, StoreError> {
    let phc = Phc::new(stored).map_err(|_| StoreError::Malformed("password hash"))?;
    Ok(hasher(pepper)?.verify_password(password.as_bytes(), &phc).is_ok())
}

fn hasher(pepper: &Key) -> Result<Argon2<'_>, StoreError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| StoreError::Malformed("password parameters"))?;
    Argon2::new_with_secret(pepper.bytes(), Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| StoreError::Malformed("password parameters"))
}

/// A password as it is kept.
struct KeptPassword {
    hash: String,
    set_at: Moment,
}

/// The password in a member's row; none where its tag does not fit.
fn kept(key: &RowKey, whose: SignedIn, row: &Row) -> Result<Option<KeptPassword>, StoreError> {
    let (hash, set_at) = (row.text(0)?, Moment::from_micros(row.int(1)?));
    let SignedIn { organisation, member } = whose;
    let bound = Bound::Password { organisation, member, hash: &hash, set_at };
    let fits = key.fits(bound, row.bytes(2).ok().as_deref());
    Ok(fits.then_some(KeptPassword { hash, set_at }))
}

impl Store {
    /// Hashes a new password, away from the threads that answer requests.
    pub async fn hash_password(&self, password: &str) -> Result<PasswordHash, PasswordError> {
        if password.chars().count() < SHORTEST_PASSWORD {
            return Err(PasswordError::TooShort);
        }
        let (password, salt, pepper) =
            (Zeroizing::new(password.to_owned()), self.inner.randomness.bytes()?, self.pepper());
        Ok(aside(move || hash(&password, salt, &pepper)).await?)
    }

    /// Who signs in with this e-mail address and password. An unknown address takes as long as a wrong password, and so does one whose
    /// password is not as this program set it for them.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Option<SignedIn>, StoreError> {
        let tag = self.sign_in_tag(email);
        let mut open = self.begin_read().await?;
        let known = match open.row(SIGN_IN_NAME, &[Param::Bytes(&tag)]).await? {
            Some(row) => {
                let who = [Param::Id(row.id(0)?), Param::Id(row.id(1)?)];
                let signed_in = SignedIn {
                    organisation: OrganisationId::from_uuid(row.id(0)?),
                    member: MemberId::from_uuid(row.id(1)?),
                };
                let row = open.row(PASSWORD, &who).await?;
                let password = row.map(|row| kept(self.inner.keys.rows(), signed_in, &row)).transpose()?.flatten();
                password.map(|password| (signed_in, password.hash))
            }
            None => None,
        };
        open.roll_back().await?;
        let (password, pepper) = (Zeroizing::new(password.to_owned()), self.pepper());
        aside(move || match known {
            Some((signed_in, stored)) => Ok(verify(&password, &stored, &pepper)?.then_some(signed_in)),
            None => hash(&password, [0; 16], &pepper).map(|_| None),
        })
        .await
    }

    fn pepper(&self) -> Key {
        self.inner.keys.installation().derive(b"sharewell 1 password pepper")
    }
}

/// Runs slow work on a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::CutShort)?
}

impl Reading {
    /// When a member's password was set; `None` when they have none, or none that this program set for them.
    pub async fn password_set_at(&mut self, member: MemberId) -> Result<Option<Moment>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        let Some(row) = self.open.row(PASSWORD, &place).await? else { return Ok(None) };
        let whose = SignedIn { organisation: self.organisation, member };
        Ok(kept(self.inner.keys.rows(), whose, &row)?.map(|password| password.set_at))
    }
}

impl Writing {
    /// Sets a member's password.
    pub async fn set_password(&mut self, member: MemberId, hash: &PasswordHash, now: Moment) -> Result<(), StoreError> {
        let organisation = self.organisation;
        let bound = Bound::Password { organisation, member, hash: &hash.0, set_at: now };
        let tag = self.inner.keys.rows().tag(bound);
        let row = [
            Param::Id(organisation.uuid()),
            Param::Id(member.uuid()),
            Param::Text(&hash.0),
            Param::Int(now.micros()),
            Param::Bytes(&tag),
        ];
        self.open.run_one(SET_PASSWORD, &row).await
    }

    /// Forgets a member's password; says whether there was one.
    pub async fn forget_password(&mut self, member: MemberId) -> Result<bool, StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        Ok(self.open.run(DELETE_PASSWORD, &row).await? == 1)
    }
}
