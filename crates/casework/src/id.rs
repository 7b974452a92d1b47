//! Ids: `UUIDv7`, so that they sort by the time they were made, with the time and the random part given.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::Moment;

/// The text is not an id of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of a record")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id made at `now` with ten random bytes.
            pub fn new(now: Moment, random: [u8; 10]) -> Self {
                Self(Builder::from_unix_timestamp_millis(now.unix_millis(), &random).into_uuid())
            }

            /// The id as stored.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id for storing.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Only the one hyphenated form is taken, so that an address has one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                if uuid.hyphenated().to_string() == text { Ok(Self(uuid)) } else { Err(InvalidId) }
            }
        }
    )+};
}

ids! {
    /// An organisation: its own controller of what it holds.
    OrganisationId;
    /// A member of one organisation.
    MemberId;
    /// A team of one organisation.
    TeamId;
    /// A matter: the worry or piece of work that ties people, decisions and shares together.
    MatterId;
    /// A person whom information is about.
    PersonId;
    /// One piece of information.
    ItemId;
    /// A recorded decision.
    DecisionId;
    /// A decision not yet recorded.
    DraftId;
    /// A member's visit after signing in.
    SessionId;
    /// A member's passkey.
    PasskeyId;
    /// A front-door number or other way to reach a service.
    ContactId;
    /// A certificate of destruction.
    DestructionId;
    /// A legal hold.
    HoldId;
    /// A recovery from a backup.
    RecoveryId;
    /// A change of an organisation's key.
    KeyRotationId;
    /// That a member was shown something about people.
    ViewId;
    /// Emergency access to a matter.
    EmergencyId;
    /// A notice that is sent by e-mail.
    MailId;
    /// A declared conflict of interest.
    DeclarationId;
}
