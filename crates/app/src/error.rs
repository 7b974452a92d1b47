//! What an action says when it is not done: few kinds, each rendered once as a page (`web`) and once as JSON (`api`).

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use casework::{DestroyRefused, Problem, Refused};
use guidance::case::CaseFault;
use serde::Serialize;
use store::{DestroyError, PasswordError, StoreError};

use crate::events;

/// What one field needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field: `about`, or within a case `facts/consent`, `items/0/standing`.
    pub field: String,
    /// What it needs, as a sentence that says what to do.
    pub message: String,
}

impl FieldProblem {
    /// What a field needs, as casework says it.
    pub(crate) fn of(problem: &impl Problem) -> Self {
        Self { field: problem.field().to_owned(), message: problem.to_string() }
    }
}

/// The id that an address or a form names something by. What is no id is that of nothing.
///
/// # Errors
/// `NotFound`.
pub(crate) fn named<Id: FromStr>(id: &str) -> Result<Id, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

/// Why an action was not done.
#[derive(Debug)]
pub enum AppError {
    /// There is no such record here, or it is not for this member: nobody can tell which.
    NotFound,
    /// It was here and was destroyed for good: when, and the certificate that says so. Told to those alone who may work with cases or look
    /// after what is kept.
    Destroyed(casework::Moment, casework::DestructionId),
    /// Nobody is signed in, or the session has ended.
    SignInFirst,
    /// It cannot be undone, and it is too long ago that whoever is signed in proved who they are.
    ConfirmFirst,
    /// The member may not do this at all, whatever the record. The sentence says what to do.
    Forbidden(&'static str),
    /// Somebody else changed the record since it was read.
    Conflict,
    /// What each field needs, in the order of the form.
    Invalid(Vec<FieldProblem>),
    /// What was sent is more than is taken at once.
    TooMuch,
    /// What was sent did not arrive in time, or not whole.
    TooSlow,
    /// It took too long on our side and was broken off.
    TookTooLong,
    /// It was done so often lately that a program may be at it: what it is, and in how many seconds it may be done again.
    TooOften(&'static str, i64),
    /// Nothing can be recorded for now, for a reason that people can do something about. The sentence says what.
    Unavailable(&'static str),
    /// A fault of the program or its surroundings. People see a reference only; the cause is for the log.
    Internal(Box<dyn Error + Send + Sync>),
}

impl AppError {
    /// A fault of the program or its surroundings.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// One field needs something.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { field: field.into(), message: message.into() }])
    }
}

impl AppError {
    /// In how many seconds it may be tried again, where that is known: the header `Retry-After`.
    #[must_use]
    pub fn again_in(&self) -> Option<i64> {
        if let Self::TooOften(_, seconds) = self { Some(*seconds) } else { None }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str(
                "There is nothing here, or it is not yours to see. If you expected something, ask your duty manager.",
            ),
            Self::Destroyed(_, certificate) => {
                write!(f, "This was destroyed for good. Certificate {certificate} says what existed.")
            }
            Self::SignInFirst => f.write_str("Sign in first."),
            Self::ConfirmFirst => f.write_str(CONFIRM_FIRST),
            Self::Forbidden(sentence) | Self::Unavailable(sentence) => f.write_str(sentence),
            Self::Conflict => {
                f.write_str("Somebody else changed this since you opened it. Open it again to see what is there now.")
            }
            Self::Invalid(problems) => {
                let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
                f.write_str(&messages.join(" "))
            }
            Self::TooSlow => f.write_str("What was sent did not arrive in time, so nothing was done. Send it again."),
            Self::TookTooLong => {
                f.write_str("This took too long and was broken off. Look whether it was done before you send it again.")
            }
            Self::TooOften(what, seconds) => {
                let minutes = (seconds + 59) / 60;
                let wait = if minutes <= 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
                write!(f, "{what} Wait {wait} and go on. If somebody is in danger, do not wait: ring 999.")
            }
            Self::TooMuch => f.write_str("This is more than can be sent at once. Send less, or in two parts."),
            Self::Internal(_) => f.write_str("Something went wrong on our side. Nothing was changed."),
        }
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Internal(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            // Of two that were sent at once, to two copies of the program say, the other was there first; or the id is another record's.
            StoreError::Conflict | StoreError::Exists => Self::Conflict,
            StoreError::EmailTaken => {
                Self::field("email", "Another member signs in with this e-mail address. Enter a different one.")
            }
            // The record names another that the organisation does not hold: it is not here.
            StoreError::UnknownReference => Self::NotFound,
            StoreError::DiskFull(_) => {
                tracing::error!("the disk is full: nothing can be recorded");
                Self::Unavailable(DISK_FULL)
            }
            StoreError::Busy => Self::Unavailable(BUSY),
            StoreError::Unreachable(cause) => {
                tracing::error!(%cause, "the database's server cannot be reached");
                Self::Unavailable(UNREACHABLE)
            }
            StoreError::Unsure(cause) => {
                tracing::error!(%cause, "the connection to the database broke during a commit");
                Self::Unavailable(UNSURE)
            }
            other => Self::internal(other),
        }
    }
}

const CONFIRM_FIRST: &str = "This cannot be undone, and it is more than ten minutes since you proved who you are. Prove it again, then send this \
                             again. Over the API: POST /api/v1/sessions/confirm.";
const DISK_FULL: &str = "The disk of this Sharewell is full, so nothing was recorded. Tell whoever looks after it. Until there is space \
                         again, write the decision down on paper, and do not wait with what is urgent.";
const UNREACHABLE: &str = "The database of this Sharewell cannot be reached, so nothing was recorded. Wait a moment and send it again. If it \
                           lasts, write the decision down on paper, and do not wait with what is urgent.";
const UNSURE: &str = "The connection to the database broke while this was being recorded. Look whether it was recorded before you send it again.";
const BUSY: &str = "Sharewell is busy, and nothing was recorded. Wait a moment and send it again.";

impl From<PasswordError> for AppError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort => Self::field("password", error.to_string()),
            PasswordError::Store(error) => error.into(),
        }
    }
}

impl<P: Problem> From<Refused<P>> for AppError {
    fn from(refused: Refused<P>) -> Self {
        match refused {
            Refused::NotFound(reason) => reason.into(),
            Refused::Problems(problems) => Self::Invalid(problems.iter().map(FieldProblem::of).collect()),
        }
    }
}

impl From<casework::Denied> for AppError {
    fn from(reason: casework::Denied) -> Self {
        events::refused(&reason);
        Self::NotFound
    }
}

impl From<DestroyRefused> for AppError {
    fn from(refused: DestroyRefused) -> Self {
        match refused {
            DestroyRefused::NotFor(reason) => reason.into(),
            DestroyRefused::Held(_) => Self::Forbidden(
                "A legal hold stands, so nothing was destroyed. Release the hold first, if it is no longer needed.",
            ),
            DestroyRefused::RuleMissing => {
                Self::field("rule", "Say under which rule or instruction, without anybody’s name.")
            }
            DestroyRefused::ReasonMissing => Self::field("reason", "Say why it is held."),
            DestroyRefused::ReleaseReasonMissing => Self::field("reason", "Say why the hold is released."),
            DestroyRefused::ReleasedBefore => Self::Conflict,
        }
    }
}

impl From<DestroyError> for AppError {
    fn from(error: DestroyError) -> Self {
        match error {
            DestroyError::NobodyThere => Self::NotFound,
            DestroyError::Changed => Self::Conflict,
            DestroyError::Refused(refused) => refused.into(),
            DestroyError::Store(error) => error.into(),
        }
    }
}

impl From<Vec<CaseFault>> for AppError {
    fn from(faults: Vec<CaseFault>) -> Self {
        let problem = |fault: CaseFault| FieldProblem {
            field: fault.pointer.trim_start_matches('/').to_owned(),
            message: fault.message,
        };
        Self::Invalid(faults.into_iter().map(problem).collect())
    }
}

impl AppError {
    /// The cause in words for the log. What could not be read is never quoted: it may be somebody's record.
    #[must_use]
    pub fn cause(&self) -> String {
        chain(self)
    }

    /// Writes a fault of the program to the log, under the reference that people are shown. The one place that does.
    ///
    /// What could not be read is never quoted: it may be somebody's record.
    pub fn log(&self, reference: &str) {
        match self {
            Self::Internal(cause) => tracing::error!(reference, cause = chain(cause.as_ref()), "internal error"),
            Self::TookTooLong => tracing::error!(reference, "it took too long and was broken off"),
            _ => {}
        }
    }
}

/// The causes of an error, outermost first.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        causes.push(match cause.downcast_ref::<serde_json::Error>() {
            Some(json) => format!("JSON of the wrong form at line {} column {}", json.line(), json.column()),
            None => cause.to_string(),
        });
        next = cause.source();
    }
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_quoted_in_the_log() {
        let secret = serde_json::from_str::<u8>("\"Ottilie Quarrendon\"").unwrap_err();
        let told = chain(&StoreError::Json(secret));
        assert!(told.contains("JSON of the wrong form") && !told.contains("Ottilie"), "{told}");
    }
}
