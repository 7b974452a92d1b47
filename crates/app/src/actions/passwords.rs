//! Passwords that others try first are not taken: those of lists that went round after break-ins, and what is easily made from them or
//! from the member's own name. A list is built in; whoever runs the installation may put a larger one beside `sharewell.toml`. Nothing is
//! asked of anybody else.

use std::fmt::Write as _;
use std::fs::File;
use std::io;

use sha1::{Digest, Sha1};
use zxcvbn::{Score, zxcvbn};

use super::breached;
use crate::{App, AppError};

/// The name, in the installation's folder, of the larger list.
const LIST: &str = "breached-passwords.txt";

/// Beyond this many characters nothing is gained by looking, and looking takes longer.
const LOOKED_AT: usize = 100;

const GUESSED: &str =
    "This password is among the first that others would try. Use three or four words that do not belong together.";

const BREACHED: &str = "This password is on a list of passwords that were stolen somewhere else, so others will try it. Use three or \
                        four words that do not belong together.";

/// Refuses a password that is guessed easily, or that is on the installation's own list of stolen ones. `about` are words that others
/// connect with the member.
///
/// # Errors
/// `Invalid` on the field `password`; internal when the list is there and cannot be used.
pub(super) async fn check(app: &App, password: &str, about: &[&str]) -> Result<(), AppError> {
    guessed(password, about)?;
    let (path, wanted) = (app.config.folder.join(LIST), sha1(password));
    let looked_up = move || match File::open(path) {
        Ok(list) => breached::holds(list, &wanted),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    let found =
        tokio::task::spawn_blocking(looked_up).await.map_err(AppError::internal)?.map_err(AppError::internal)?;
    if found { Err(AppError::field("password", BREACHED)) } else { Ok(()) }
}

/// As such lists spell it. It guards nothing: it only finds the line.
fn sha1(password: &str) -> String {
    let mut hash = String::new();
    for byte in Sha1::digest(password.as_bytes()) {
        let _ = write!(hash, "{byte:02X}");
    }
    hash
}

/// Refuses a password that is guessed easily. `about` are words that others connect with the member: names, the e-mail address.
///
/// # Errors
/// `Invalid` on the field `password`.
fn guessed(password: &str, about: &[&str]) -> Result<(), AppError> {
    // What is too short is refused with words of its own.
    if password.chars().count() < store::SHORTEST_PASSWORD {
        return Ok(());
    }
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let words: Vec<&str> =
        about.iter().flat_map(|text| text.split([' ', '@', '.', '-'])).chain(about.iter().copied()).collect();
    match zxcvbn(&looked_at, &words).score() {
        Score::Three | Score::Four => Ok(()),
        _ => Err(AppError::field("password", GUESSED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_try_first_is_refused_and_words_that_do_not_belong_together_are_taken() {
        let about = ["Wilhelmina Featherstone", "w.featherstone@fernbank.example", "Fernbank Primary"];
        for guessed in [
            "password1234",
            "Passw0rd123!",
            "qwertyuiop12",
            "aaaaaaaaaaaaaa",
            "123456789012",
            "Featherstone1",
            "fernbankfernbank",
        ] {
            assert!(super::guessed(guessed, &about).is_err(), "{guessed}");
        }
        for taken in ["lantern otter gravel", "drei Birnen im Regen", "kT9#vq2!Lm0z"] {
            assert!(super::guessed(taken, &about).is_ok(), "{taken}");
        }
    }

    #[test]
    fn a_password_is_looked_up_as_public_lists_spell_it() {
        // FIPS 180-4's own example.
        assert_eq!(sha1("abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    }
}
