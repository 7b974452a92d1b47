//! Sealing: AES-256-GCM bound to the place where the ciphertext belongs, with a commitment to the key.
//!
//! A sealed value is `version (1) | commitment (32) | nonce (12) | ciphertext and tag`. The key that seals and the
//! commitment are both derived from the record's key by HKDF-SHA-256: GCM alone would open one ciphertext under two
//! crafted keys, and the commitment rules that out.

use casework::OrganisationId;
use hmac::{Hmac, KeyInit, Mac};
use sealing::{NONCE, Plain};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FORMAT: u8 = 1;
const COMMITMENT: usize = 32;

/// A secret of 32 bytes. It is wiped when dropped and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A second secret for another use, from which this one cannot be found.
    pub(crate) fn derive(&self, label: &[u8]) -> Self {
        Self(sealing::derive(&self.0, label))
    }

    /// A value that tells this key from any other without helping to find it.
    pub(crate) fn commitment(&self) -> [u8; COMMITMENT] {
        self.derive(b"sharewell 1 commitment").0
    }

    /// HMAC-SHA-256 of the parts, one after the other. Whoever calls it sees to it that no two lists of parts have the same bytes.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC fills a key up to its block with zeros; done here, the call cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What a record is, as it stands in the `kind` columns and in associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Organisation,
    Member,
    Team,
    Person,
    Matter,
    Item,
    Decision,
    Draft,
    Contact,
    Destruction,
    Hold,
    Recovery,
    Rotation,
    View,
    Address,
    Emergency,
    Declaration,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Member => "member",
            Self::Team => "team",
            Self::Person => "person",
            Self::Matter => "matter",
            Self::Item => "item",
            Self::Decision => "decision",
            Self::Draft => "draft",
            Self::Contact => "contact",
            Self::Destruction => "destruction",
            Self::Hold => "hold",
            Self::Recovery => "recovery",
            Self::Rotation => "rotation",
            Self::View => "view",
            Self::Address => "address",
            Self::Emergency => "emergency",
            Self::Declaration => "declaration",
        }
    }
}

impl Kind {
    /// The kind of a kept record, from its word.
    pub(crate) fn of_record(word: &str) -> Option<Self> {
        let kinds = [
            Self::Organisation,
            Self::Member,
            Self::Team,
            Self::Person,
            Self::Matter,
            Self::Item,
            Self::Decision,
            Self::Contact,
            Self::Destruction,
            Self::Hold,
            Self::Recovery,
            Self::Rotation,
            Self::View,
            Self::Address,
            Self::Emergency,
        ];
        kinds.into_iter().find(|kind| kind.word() == word)
    }
}

/// The one place where a ciphertext may stand. Anywhere else it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A version of a record.
    Version { organisation: OrganisationId, kind: Kind, id: Uuid, version: u64 },
    /// A record's key, wrapped for one holder.
    RecordKey { organisation: OrganisationId, kind: Kind, id: Uuid, holder: Holder },
    /// A holder's key, wrapped under the organisation's.
    HolderKey { organisation: OrganisationId, holder: Holder },
    /// The secret that a member's one-time codes come from.
    SecondStep { organisation: OrganisationId, member: Uuid },
    /// A member's passkey: its name, and what its signatures are checked against.
    Passkey { organisation: OrganisationId, member: Uuid, passkey: Uuid },
    /// On what a destruction rests, on the list of destructions.
    Grounds { organisation: OrganisationId, certificate: Uuid },
}

/// Whose key a record's key is wrapped under; when a holder's key is destroyed, so is that way to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) kind: Kind,
    pub(crate) id: Uuid,
}

impl Spot {
    /// The associated data: a label, then fields of fixed length, or text led by its length, so that no two places
    /// have the same bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fn word(bytes: &mut Vec<u8>, kind: Kind) {
            let word = kind.word().as_bytes();
            bytes.push(u8::try_from(word.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(word);
        }
        let mut bytes = Vec::with_capacity(96);
        match *self {
            Self::Version { organisation, kind, id, version } => {
                bytes.extend_from_slice(b"sharewell 1 version\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                word(&mut bytes, kind);
                bytes.extend_from_slice(id.as_bytes());
                bytes.extend_from_slice(&version.to_be_bytes());
            }
            Self::RecordKey { organisation, kind, id, holder } => {
                bytes.extend_from_slice(b"sharewell 1 record key\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                word(&mut bytes, kind);
                bytes.extend_from_slice(id.as_bytes());
                word(&mut bytes, holder.kind);
                bytes.extend_from_slice(holder.id.as_bytes());
            }
            Self::HolderKey { organisation, holder } => {
                bytes.extend_from_slice(b"sharewell 1 holder key\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                word(&mut bytes, holder.kind);
                bytes.extend_from_slice(holder.id.as_bytes());
            }
            Self::SecondStep { organisation, member } => {
                bytes.extend_from_slice(b"sharewell 1 second step\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                bytes.extend_from_slice(member.as_bytes());
            }
            Self::Passkey { organisation, member, passkey } => {
                bytes.extend_from_slice(b"sharewell 1 passkey\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                bytes.extend_from_slice(member.as_bytes());
                bytes.extend_from_slice(passkey.as_bytes());
            }
            Self::Grounds { organisation, certificate } => {
                bytes.extend_from_slice(b"sharewell 1 grounds of a destruction\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                bytes.extend_from_slice(certificate.as_bytes());
            }
        }
        bytes
    }

    fn kind(&self) -> &'static str {
        match *self {
            Self::Version { kind, .. } | Self::RecordKey { kind, .. } => kind.word(),
            Self::HolderKey { holder, .. } => holder.kind.word(),
            Self::SecondStep { .. } => "second step",
            Self::Passkey { .. } => "passkey",
            Self::Grounds { .. } => "grounds of a destruction",
        }
    }
}

/// The ciphertext did not open at this place under this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoesNotOpen {
    pub(crate) kind: &'static str,
}

impl From<DoesNotOpen> for crate::StoreError {
    fn from(closed: DoesNotOpen) -> Self {
        Self::DoesNotOpen { kind: closed.kind }
    }
}

/// Seals `plain` for one place. `nonce` is random and used once.
pub(crate) fn seal(key: &Key, spot: &Spot, nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
    let ciphertext = sealing::encrypt(key.derive(b"sharewell 1 seal").bytes(), nonce, plain, &spot.bytes())
        .map_err(|_| DoesNotOpen { kind: spot.kind() })?;
    let mut sealed = Vec::with_capacity(1 + COMMITMENT + NONCE + ciphertext.len());
    sealed.push(FORMAT);
    sealed.extend_from_slice(&key.commitment());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Opens what was sealed for this place with this key; anything else does not open.
pub(crate) fn open(key: &Key, spot: &Spot, sealed: &[u8]) -> Result<Plain, DoesNotOpen> {
    let closed = DoesNotOpen { kind: spot.kind() };
    let (&format, rest) = sealed.split_first().ok_or(closed)?;
    let (commitment, rest) = rest.split_first_chunk::<COMMITMENT>().ok_or(closed)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(closed)?;
    if format != FORMAT || !bool::from(commitment.ct_eq(&key.commitment())) {
        return Err(closed);
    }
    sealing::decrypt(key.derive(b"sharewell 1 seal").bytes(), *nonce, ciphertext, &spot.bytes()).map_err(|_| closed)
}

/// Opens a wrapped key.
pub(crate) fn unwrap_key(key: &Key, spot: &Spot, wrapped: &[u8]) -> Result<Key, DoesNotOpen> {
    let plain = open(key, spot, wrapped)?;
    let bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| DoesNotOpen { kind: spot.kind() })?;
    Ok(Key::new(bytes))
}

#[cfg(test)]
mod tests {
    use casework::{Moment, OrganisationId};

    use super::*;

    const NONCE_ONE: [u8; NONCE] = [1; NONCE];

    fn organisation(n: u8) -> OrganisationId {
        OrganisationId::new(Moment::from_micros(0), [n; 10])
    }

    fn spot() -> Spot {
        Spot::Version { organisation: organisation(1), kind: Kind::Item, id: Uuid::from_u128(7), version: 3 }
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key() {
        let key = Key::new([9; 32]);
        let sealed = seal(&key, &spot(), NONCE_ONE, b"a safe address").unwrap();
        assert_eq!(open(&key, &spot(), &sealed).unwrap().as_slice(), b"a safe address");
    }

    #[test]
    fn it_opens_at_no_other_place() {
        let key = Key::new([9; 32]);
        let sealed = seal(&key, &spot(), NONCE_ONE, b"a safe address").unwrap();
        let holder = Holder { kind: Kind::Item, id: Uuid::from_u128(7) };
        let elsewhere = [
            Spot::Version { organisation: organisation(2), kind: Kind::Item, id: Uuid::from_u128(7), version: 3 },
            Spot::Version { organisation: organisation(1), kind: Kind::Draft, id: Uuid::from_u128(7), version: 3 },
            Spot::Version { organisation: organisation(1), kind: Kind::Item, id: Uuid::from_u128(8), version: 3 },
            Spot::Version { organisation: organisation(1), kind: Kind::Item, id: Uuid::from_u128(7), version: 4 },
            Spot::RecordKey { organisation: organisation(1), kind: Kind::Item, id: Uuid::from_u128(7), holder },
            Spot::HolderKey { organisation: organisation(1), holder },
            Spot::SecondStep { organisation: organisation(1), member: Uuid::from_u128(7) },
            Spot::Passkey { organisation: organisation(1), member: Uuid::from_u128(7), passkey: Uuid::from_u128(7) },
            Spot::Grounds { organisation: organisation(1), certificate: Uuid::from_u128(7) },
        ];
        for other in elsewhere {
            assert!(open(&key, &other, &sealed).is_err(), "{other:?}");
        }
    }

    #[test]
    fn it_opens_with_no_other_key_and_with_no_byte_changed_or_missing() {
        let key = Key::new([9; 32]);
        let sealed = seal(&key, &spot(), NONCE_ONE, b"a safe address").unwrap();
        assert!(open(&Key::new([8; 32]), &spot(), &sealed).is_err());
        for n in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[n] ^= 1;
            assert!(open(&key, &spot(), &changed).is_err(), "byte {n}");
            assert!(open(&key, &spot(), &sealed[..n]).is_err(), "first {n} bytes");
        }
    }

    #[test]
    fn a_ciphertext_under_another_key_is_refused_by_the_commitment_alone() {
        // As if someone had crafted a ciphertext that both keys open: only the commitment stands between.
        let (key, other) = (Key::new([9; 32]), Key::new([8; 32]));
        let mut sealed = seal(&key, &spot(), NONCE_ONE, b"one").unwrap();
        sealed[1..=COMMITMENT].copy_from_slice(&other.commitment());
        assert!(open(&key, &spot(), &sealed).is_err());
        assert!(open(&other, &spot(), &sealed).is_err());
    }

    #[test]
    fn keys_are_not_printed_and_each_use_has_its_own() {
        let key = Key::new([9; 32]);
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        assert_ne!(key.derive(b"one").bytes(), key.derive(b"two").bytes());
        assert_ne!(key.derive(b"one").bytes(), key.bytes());
    }

    #[test]
    fn a_wrapped_key_unwraps_for_its_holder_only() {
        let (holder_key, record_key) = (Key::new([9; 32]), Key::new([5; 32]));
        let holder = |n| Holder { kind: Kind::Person, id: Uuid::from_u128(n) };
        let at = |n| Spot::RecordKey {
            organisation: organisation(1),
            kind: Kind::Item,
            id: Uuid::from_u128(7),
            holder: holder(n),
        };
        let wrapped = seal(&holder_key, &at(1), NONCE_ONE, record_key.bytes()).unwrap();
        assert_eq!(unwrap_key(&holder_key, &at(1), &wrapped).unwrap().bytes(), record_key.bytes());
        assert!(unwrap_key(&holder_key, &at(2), &wrapped).is_err());
        let short = seal(&holder_key, &at(1), NONCE_ONE, b"too short").unwrap();
        assert!(unwrap_key(&holder_key, &at(1), &short).is_err());
    }
}
