//! AES-256-GCM and HKDF-SHA-256, by functions that are generic over nothing. Both come as generic code, which is compiled into the crate that
//! calls it: into a large one that is not optimised while it is worked on, so that opening a record took half of the time of a test that asks many pages.
//! This crate is small and optimised in every profile (`docs/decisions/0003-build-profiles.md`). What is sealed for which place, and with
//! which key, is for the callers.

use std::fmt;
use std::ops::Deref;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

/// The bytes of a nonce.
pub const NONCE: usize = 12;

/// It could not be sealed, or it does not open: with another key, nonce or associated data, or a bit of it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// What was opened. It is wiped when it is dropped, which takes a loop over all of it that is optimised here, and never printed.
#[derive(PartialEq, Eq)]
pub struct Plain(Vec<u8>);

impl Plain {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for Plain {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(hidden)")
    }
}

/// Encrypts; the tag stands at the end. A nonce is used once with a key.
///
/// # Errors
/// When `plain` is longer than the cipher takes: 64 GiB.
pub fn encrypt(key: &[u8; 32], nonce: [u8; NONCE], plain: &[u8], bound_to: &[u8]) -> Result<Vec<u8>, Closed> {
    let payload = Payload { msg: plain, aad: bound_to };
    Aes256Gcm::new(key.into()).encrypt(&Nonce::from(nonce), payload).map_err(|_| Closed)
}

/// Decrypts what [`encrypt`] made with the same key, nonce and associated data.
///
/// # Errors
/// When anything of it is otherwise.
pub fn decrypt(key: &[u8; 32], nonce: [u8; NONCE], ciphertext: &[u8], bound_to: &[u8]) -> Result<Plain, Closed> {
    let payload = Payload { msg: ciphertext, aad: bound_to };
    Aes256Gcm::new(key.into()).decrypt(&Nonce::from(nonce), payload).map(Plain).map_err(|_| Closed)
}

/// A second secret for the use that `label` names, from which the first cannot be found.
#[must_use]
pub fn derive(secret: &[u8; 32], label: &[u8]) -> [u8; 32] {
    let mut derived = [0; 32];
    // 32 bytes is one block of HKDF-SHA-256, which never fails.
    let made = Hkdf::<Sha256>::new(None, secret).expand(label, &mut derived);
    debug_assert!(made.is_ok());
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hexadecimal: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&hexadecimal[2 * at..2 * at + 2], 16).unwrap_or(0))
    }

    #[test]
    fn it_is_the_cipher_of_the_published_vectors() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14.
        let nothing: [u8; 16] = bytes("530f8afbc74536b9a963b4f1c4cb738b");
        assert_eq!(encrypt(&[0; 32], [0; NONCE], b"", b"").as_deref(), Ok(nothing.as_slice()));
        let zeros: [u8; 32] = bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
        assert_eq!(encrypt(&[0; 32], [0; NONCE], &[0; 16], b"").as_deref(), Ok(zeros.as_slice()));
    }

    #[test]
    fn it_opens_with_nothing_but_what_it_was_sealed_with() {
        let (key, nonce) = ([9; 32], [1; NONCE]);
        let sealed = encrypt(&key, nonce, b"a safe address", b"here").unwrap_or_default();
        assert_eq!(decrypt(&key, nonce, &sealed, b"here").as_deref(), Ok(b"a safe address".as_slice()));
        for other in [
            decrypt(&[8; 32], nonce, &sealed, b"here"),
            decrypt(&key, [2; NONCE], &sealed, b"here"),
            decrypt(&key, nonce, &sealed, b"there"),
            decrypt(&key, nonce, &sealed[1..], b"here"),
            decrypt(&key, nonce, b"", b"here"),
        ] {
            assert_eq!(other, Err(Closed));
        }
    }

    #[test]
    fn a_label_makes_a_secret_of_its_own() {
        assert_ne!(derive(&[9; 32], b"one"), derive(&[9; 32], b"two"));
        assert_eq!(derive(&[9; 32], b"one"), derive(&[9; 32], b"one"));
    }
}
