//! How somebody proved who they are when they signed in.

use crate::wire::words;

words! {
    /// How somebody proved who they are.
    Proved {
        /// By a password alone, where the organisation does not ask for more.
        Password = "password",
        /// By a password and a one-time code.
        PasswordAndCode = "password and code",
        /// By a password and one of the printed recovery codes.
        PasswordAndRecoveryCode = "password and recovery code",
        /// By a passkey.
        Passkey = "passkey",
        /// Before the organisation's own identity provider.
        Provider = "provider",
        /// Not at all: somebody of the invented story, by one press.
        Invented = "invented",
    }
}
