//! How often within an hour somebody may do what a program could abuse: far more often than a person does, and too seldom to copy an
//! organisation's people out through one stolen session. Counted in the store for all copies of the program. Advice, recording, and
//! whatever else somebody in danger waits for is not among it.

use super::Actor;
use crate::events::Event;
use crate::{App, AppError};

const WITHIN_SECONDS: i64 = 60 * 60;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Looking somebody up.
    LookUp,
    /// Reading a protected address.
    Address,
    /// Taking a record away as a file: each PDF is a costly one.
    File,
    /// Inviting somebody, or giving them a link.
    Link,
    /// Sending a table of people to invite.
    Table,
}

impl Often {
    /// How often within an hour.
    #[must_use]
    pub const fn most(self) -> u32 {
        match self {
            Self::LookUp => 120,
            Self::Address | Self::Table => 40,
            Self::File | Self::Link => 200,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::LookUp => "look-up",
            Self::Address => "protected-address",
            Self::File => "file",
            Self::Link => "link",
            Self::Table => "table",
        }
    }

    const fn said(self) -> &'static str {
        match self {
            Self::LookUp => "Very many people were looked up under your name within an hour.",
            Self::Address => "Very many protected addresses were read under your name within an hour.",
            Self::File => "Very many files were taken under your name within an hour.",
            Self::Link => "Very many links were given out under your name within an hour.",
            Self::Table => "Very many tables were sent under your name within an hour.",
        }
    }
}

/// Counts that the member does this once more.
///
/// # Errors
/// `TooOften`.
pub(super) async fn not_too_often(app: &App, actor: &Actor, what: Often) -> Result<(), AppError> {
    let now = app.clock.now();
    let until = now.plus_seconds(WITHIN_SECONDS);
    let counted = app.store.count_use(actor.member.id, what.name(), now, until, what.most()).await;
    let again = match counted.map_err(AppError::from) {
        // On a full disk people go on reading: what is recorded may be needed now.
        Err(AppError::Unavailable(_)) if what == Often::File => None,
        counted => counted?,
    };
    let Some(again) = again else { return Ok(()) };
    Event::TooOften.because(what.name());
    Err(AppError::TooOften(what.said(), (again.micros() - now.micros()) / 1_000_000 + 1))
}

/// Says that the member takes a record away as a file, before it is made.
///
/// # Errors
/// `TooOften`.
pub async fn take_file(app: &App, actor: &Actor) -> Result<(), AppError> {
    not_too_often(app, actor, Often::File).await
}
