//! Passkeys: what their owners may call them and when one may go.

use crate::Refused;
use crate::problem::{problems, unless_problems};

/// The most characters that a passkey's name may have.
pub const LONGEST_PASSKEY_NAME: usize = 60;

/// The most passkeys that a member may have.
pub const MOST_PASSKEYS: usize = 20;

problems! {
    /// What a passkey needs.
    PasskeyProblem {
        NameMissing @ "name" = "Enter a name by which you know it again, such as Work laptop.",
        NameTooLong @ "name" = "Use a name of at most 60 characters.",
        TooMany @ "passkey" = "You have 20 passkeys. Remove one that you no longer use, then add this one.",
        OnlyStrongWay @ "passkey" = "This passkey is all that you have besides a password. Add another passkey or set up a one-time code first, then remove this one.",
    }
}

/// What a member signs in with, beside a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrongWays {
    /// How many passkeys.
    pub passkeys: usize,
    /// Whether they have a one-time code.
    pub code: bool,
    /// Whether they are known at their organisation's own provider.
    pub provider: bool,
}

/// A passkey's name as it is kept.
pub fn name_passkey(name: &str) -> Result<String, Refused<PasskeyProblem>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let problems = match name.chars().count() {
        0 => vec![PasskeyProblem::NameMissing],
        1..=LONGEST_PASSKEY_NAME => Vec::new(),
        _ => vec![PasskeyProblem::NameTooLong],
    };
    unless_problems(problems, || name)
}

/// Whether a member may have one more passkey.
pub fn add_passkey(ways: StrongWays) -> Result<(), Refused<PasskeyProblem>> {
    unless_problems(if ways.passkeys < MOST_PASSKEYS { Vec::new() } else { vec![PasskeyProblem::TooMany] }, || ())
}

/// Whether one of a member's passkeys may go: not when a password alone would be left.
pub fn remove_passkey(ways: StrongWays) -> Result<(), Refused<PasskeyProblem>> {
    let stays = ways.passkeys > 1 || ways.code || ways.provider;
    unless_problems(if stays { Vec::new() } else { vec![PasskeyProblem::OnlyStrongWay] }, || ())
}
