//! Passwords that others try first are not taken: those of lists that went round after break-ins, and what is easily made from them or
//! from the member's own name. The lists are built in; nothing is asked of anybody else.

use zxcvbn::{Score, zxcvbn};

use crate::AppError;

/// Beyond this many characters nothing is gained by looking, and looking takes longer.
const LOOKED_AT: usize = 100;

const GUESSED: &str =
    "This password is among the first that others would try. Use three or four words that do not belong together.";

/// Refuses a password that is guessed easily. `about` are words that others connect with the member: names, the e-mail address.
///
/// # Errors
/// `Invalid` on the field `password`.
pub(super) fn check(password: &str, about: &[&str]) -> Result<(), AppError> {
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
            assert!(check(guessed, &about).is_err(), "{guessed}");
        }
        for taken in ["lantern otter gravel", "drei Birnen im Regen", "kT9#vq2!Lm0z"] {
            assert!(check(taken, &about).is_ok(), "{taken}");
        }
    }
}
