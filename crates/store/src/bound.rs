//! Rows that decide who somebody is, each bound by a tag to whom it is for.
//!
//! A session, a link to set a password and the hash of a password are no records: they are sealed nowhere and stand in no ledger. Whoever
//! writes to the database, and has no keys, could otherwise add them, or give their own to a colleague, and be taken for them. So each holds
//! an HMAC-SHA-256 of all in it that counts, under a key that is derived from the installation's. A row whose tag does not fit is answered as
//! if it were not there. A row that was genuine once can still be put back as it was; `docs/security/README.md` says what comes of that.

use casework::{MemberId, Moment, OrganisationId, SessionId};
use subtle::ConstantTimeEq;

use crate::seal::Key;

/// The name in the log of a row that does not hold: one whose tag does not fit, or that says something else than the sealed record that it
/// leads to. Beside it stands the table. Nothing else is said: what the row holds may be of anybody's making.
pub const ROW_REFUSED: &str = "row-refused";

/// The key under which these rows are tagged.
#[derive(Clone)]
pub(crate) struct RowKey(Key);

impl std::fmt::Debug for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowKey(hidden)")
    }
}

/// What of a row its tag covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound<'a> {
    /// Not when it was seen last and until when it may be idle: both are written anew by every minute's work, and the latter is worth
    /// nothing beyond `ends_at`, which is covered.
    Session {
        organisation: OrganisationId,
        token_hash: &'a [u8],
        id: SessionId,
        member: MemberId,
        proved: &'a str,
        browser: &'a str,
        started_at: Moment,
        confirmed_at: Moment,
        ends_at: Moment,
    },
    Link {
        organisation: OrganisationId,
        member: MemberId,
        secret_hash: &'a [u8],
        made_at: Moment,
        ends_at: Moment,
    },
    Password {
        organisation: OrganisationId,
        member: MemberId,
        hash: &'a str,
        set_at: Moment,
    },
}

impl Bound<'_> {
    /// A label with its version, then fields of fixed length, or led by their length, so that no two rows have the same bytes.
    fn bytes(&self) -> Vec<u8> {
        fn led(bytes: &mut Vec<u8>, field: &[u8]) {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        fn at(bytes: &mut Vec<u8>, moment: Moment) {
            bytes.extend_from_slice(&moment.micros().to_be_bytes());
        }
        let mut bytes = Vec::with_capacity(256);
        match *self {
            Self::Session {
                organisation,
                token_hash,
                id,
                member,
                proved,
                browser,
                started_at,
                confirmed_at,
                ends_at,
            } => {
                bytes.extend_from_slice(b"sharewell 1 session\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                led(&mut bytes, token_hash);
                bytes.extend_from_slice(id.uuid().as_bytes());
                bytes.extend_from_slice(member.uuid().as_bytes());
                led(&mut bytes, proved.as_bytes());
                led(&mut bytes, browser.as_bytes());
                at(&mut bytes, started_at);
                at(&mut bytes, confirmed_at);
                at(&mut bytes, ends_at);
            }
            Self::Link { organisation, member, secret_hash, made_at, ends_at } => {
                bytes.extend_from_slice(b"sharewell 1 member link\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                bytes.extend_from_slice(member.uuid().as_bytes());
                led(&mut bytes, secret_hash);
                at(&mut bytes, made_at);
                at(&mut bytes, ends_at);
            }
            Self::Password { organisation, member, hash, set_at } => {
                bytes.extend_from_slice(b"sharewell 1 password\0");
                bytes.extend_from_slice(organisation.uuid().as_bytes());
                bytes.extend_from_slice(member.uuid().as_bytes());
                led(&mut bytes, hash.as_bytes());
                at(&mut bytes, set_at);
            }
        }
        bytes
    }

    const fn table(&self) -> &'static str {
        match self {
            Self::Session { .. } => "session",
            Self::Link { .. } => "member_link",
            Self::Password { .. } => "member_password",
        }
    }
}

impl RowKey {
    pub(crate) fn of(installation: &Key) -> Self {
        Self(installation.derive(b"sharewell 1 rows that say who somebody is"))
    }

    /// The tag that a row is kept with.
    pub(crate) fn tag(&self, row: Bound<'_>) -> [u8; 32] {
        self.0.mac(&[&row.bytes()])
    }

    /// Whether this program wrote the row. One that it did not is said in the log; a tag that is missing fits nothing.
    pub(crate) fn fits(&self, row: Bound<'_>, tag: Option<&[u8]>) -> bool {
        let fits = tag.is_some_and(|tag| bool::from(self.tag(row).ct_eq(tag)));
        if !fits {
            refused(row.table());
        }
        fits
    }
}

/// Says in the log that a row of this table does not hold. It stands in the span of the request that met it, where there is one.
pub(crate) fn refused(table: &'static str) {
    tracing::warn!(
        event = ROW_REFUSED,
        table,
        "a row of the database is not as this program writes it; it counts for nothing"
    );
}

/// Those records that say the same as the rows that led to them.
///
/// Lists are found by rows that are derived from sealed records, and whoever writes to the database writes those too. What somebody is
/// shown is decided by the record: one that a row puts where it does not belong is left out.
pub(crate) fn agreeing<T>(table: &'static str, mut records: Vec<T>, agrees: impl Fn(&T) -> bool) -> Vec<T> {
    records.retain(|record| {
        let agrees = agrees(record);
        if !agrees {
            refused(table);
        }
        agrees
    });
    records
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const fn at(n: i64) -> Moment {
        Moment::from_micros(n)
    }

    fn organisation(n: u8) -> OrganisationId {
        OrganisationId::new(at(0), [n; 10])
    }

    fn member(n: u8) -> MemberId {
        MemberId::new(at(0), [n; 10])
    }

    fn password(of: u8, hash: &str, set_at: i64) -> Bound<'_> {
        Bound::Password { organisation: organisation(of), member: member(1), hash, set_at: at(set_at) }
    }

    fn link(of: u8, secret_hash: &[u8], ends_at: i64) -> Bound<'_> {
        Bound::Link {
            organisation: organisation(1),
            member: member(of),
            secret_hash,
            made_at: at(1),
            ends_at: at(ends_at),
        }
    }

    fn session(words: [&str; 2], times: [i64; 3]) -> Bound<'_> {
        let ([proved, browser], [started_at, confirmed_at, ends_at]) = (words, times.map(at));
        let (organisation, member, id) = (organisation(1), member(1), SessionId::new(at(0), [1; 10]));
        let token_hash = &[7; 32];
        Bound::Session { organisation, token_hash, id, member, proved, browser, started_at, confirmed_at, ends_at }
    }

    #[test]
    fn no_two_rows_have_one_tag() {
        let key = RowKey::of(&Key::new([9; 32]));
        let rows = [
            session(["password", "Firefox"], [1, 2, 3]),
            session(["passkey", "Firefox"], [1, 2, 3]),
            // The same letters, parted elsewhere.
            session(["passwordF", "irefox"], [1, 2, 3]),
            session(["password", "Firefox"], [0, 2, 3]),
            session(["password", "Firefox"], [1, 3, 3]),
            session(["password", "Firefox"], [1, 2, 4]),
            link(1, &[7; 32], 3),
            link(2, &[7; 32], 3),
            link(1, &[8; 32], 3),
            link(1, &[7; 32], 4),
            password(1, "$argon2id$", 3),
            password(2, "$argon2id$", 3),
            password(1, "$argon2i$", 3),
            password(1, "$argon2id$", 4),
        ];
        let tags: BTreeSet<_> = rows.iter().map(|&row| key.tag(row)).collect();
        assert_eq!(tags.len(), rows.len());
        for (row, other) in rows.iter().zip(rows.iter().skip(1)) {
            assert!(key.fits(*row, Some(&key.tag(*row))));
            assert!(!key.fits(*row, Some(&key.tag(*other))));
        }
    }

    #[test]
    fn no_tag_half_a_tag_and_one_under_another_key_do_not_fit() {
        let (key, other) = (RowKey::of(&Key::new([9; 32])), RowKey::of(&Key::new([8; 32])));
        let row = link(1, &[7; 32], 3);
        let tag = key.tag(row);
        for wrong in [None, Some(&[][..]), Some(&tag[..16]), Some(&other.tag(row)[..])] {
            assert!(!key.fits(row, wrong));
        }
        assert_eq!(format!("{key:?}"), "RowKey(hidden)");
    }
}
