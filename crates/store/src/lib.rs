//! Sharewell's store: what each organisation holds, sealed, in one `SQLite` file or in a
//! `PostgreSQL` database that several copies of the program share.
//!
//! Every write goes through [`Store::write`], a named transaction for one organisation that commits in one place; every
//! read through [`Store::read`]. Both see only what belongs to that organisation: a record of another organisation is
//! `None` through the same statements as one that does not exist. Personal fields are sealed before they reach a
//! statement (`docs/data.md` draws the tables and the keys). Time and randomness come from the caller.
#![forbid(unsafe_code)]

mod attempts;
mod backup;
mod between;
mod bound;
mod casefiles;
mod certificates;
mod checkpoints;
mod clock;
mod copying;
mod decisions;
mod declarations;
mod destroying;
mod destructions;
mod drafts;
mod engine;
mod epochs;
mod error;
mod export;
mod file;
mod glances;
mod group;
mod kept;
mod keychecks;
mod keyfiles;
mod keyring;
mod leaves;
mod links;
mod mail;
mod organisations;
mod packs;
mod passkeys;
mod passwords;
mod place;
mod records;
mod restoring;
mod rotating;
mod schema;
mod seal;
mod second_step;
mod seeing;
mod sequencer;
mod sessions;
mod signing;
mod signing_in;
mod sql;
mod statements;
mod store;
mod teams;
mod uses;
mod verify;
mod visits;
mod wiping;
mod witnesses;
mod wordings;

pub use attempts::{Attempt, DeviceToken, Guess};
pub use backup::{BackedUp, BackupError};
pub use bound::ROW_REFUSED;
pub use certificates::{WentIn, certificate_bytes};
pub use checkpoints::{InLedger, KeptCosignature, LedgerState, SignedCheckpoint};
pub use clock::Clock;
pub use destroying::{DestroyError, Destroyed, Goes};
pub use error::{DatabaseError, KeyError, StoreError};
pub use export::{ExportProgress, NotExported, export_ledger};
pub use glances::Glanced;
pub use keychecks::KeysChecked;
pub use links::{LinkCode, MemberLink};
pub use mail::DueMail;
pub use packs::{KeptPack, pack_digest};
pub use passkeys::{NewPasskey, Passkey};
pub use passwords::{PasswordError, PasswordHash, SHORTEST_PASSWORD, SignedIn};
pub use place::{Database, InvalidServer, Place, Server};
pub use restoring::{Restored, RestoredLedger};
pub use rotating::RotateError;
pub use second_step::{CODE_SECRET_BYTES, SecondStep};
pub use seeing::{Viewed, view_id};
pub use sessions::{NewSession, Session, SessionToken};
pub use signing_in::{MOST_WAITING, Taken};
pub use store::{Randomness, Reading, Store, Writing};
pub use verify::{
    Against, Finding, LedgerName, Progress, Shown, Verified, Where, WitnessedUpTo, ledger_names, verify, verify_against,
};
pub use visits::Visit;
pub use witnesses::{Answered, AskedWitness, Asking, Pace, Said};
