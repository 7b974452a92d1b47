//! Sealed text for hidden fields: what "talk it through" carries from page to page, since nothing of it stays on the server.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casework::Moment;
use sealing::{NONCE, Plain};
use zeroize::Zeroizing;

use crate::AppError;
use crate::clock;
use crate::events::Event;

const TIME: usize = 8;

/// Seals text for this installation alone, so that it can neither be read nor changed on its way round.
#[derive(Clone)]
pub struct Seals(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seals(hidden)")
    }
}

impl Seals {
    /// From the installation's secret for this use.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// Seals `plain` until a moment. `purpose` names the use: text sealed for one does not open for another.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn seal(&self, purpose: &str, plain: &[u8], until: Moment) -> Result<String, AppError> {
        let nonce: [u8; NONCE] = clock::random()?;
        let until = until.micros().to_be_bytes();
        let ciphertext = sealing::encrypt(&self.0, nonce, plain, &bound(purpose, until))
            .map_err(|_| AppError::internal("sealing failed"))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &until, &ciphertext].concat()))
    }

    /// Opens what was sealed here for this purpose and has not run out; anything else is none.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &str, now: Moment) -> Option<Plain> {
        let opened = self.opened(purpose, sealed, now);
        if opened.is_none() && !sealed.is_empty() {
            Event::SealRefused.happened();
        }
        opened
    }

    fn opened(&self, purpose: &str, sealed: &str, now: Moment) -> Option<Plain> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE>()?;
        let (until, ciphertext) = rest.split_first_chunk::<TIME>()?;
        let plain = sealing::decrypt(&self.0, *nonce, ciphertext, &bound(purpose, *until)).ok()?;
        (now < Moment::from_micros(i64::from_be_bytes(*until))).then_some(plain)
    }
}

/// The associated data: the time has a fixed length, so no two pairs share bytes.
fn bound(purpose: &str, until: [u8; TIME]) -> Vec<u8> {
    [b"sharewell 1 sealed text\0".as_slice(), &until, purpose.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Moment = Moment::from_micros(1_795_000_000_000_000);

    fn seals() -> Seals {
        Seals::new(Zeroizing::new([7; 32]))
    }

    #[test]
    fn sealed_text_opens_for_its_purpose_and_in_its_time_only() {
        let sealed = seals().seal("talk", b"bruises", NOON.plus_seconds(60)).unwrap();
        assert_eq!(seals().open("talk", &sealed, NOON).unwrap().as_slice(), b"bruises");
        assert!(seals().open("other", &sealed, NOON).is_none());
        assert!(seals().open("talk", &sealed, NOON.plus_seconds(60)).is_none());
    }

    #[test]
    fn altered_text_does_not_open() {
        let sealed = seals().seal("talk", b"bruises", NOON.plus_seconds(60)).unwrap();
        for at in 0..sealed.len() - 1 {
            let mut altered = sealed.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(seals().open("talk", &String::from_utf8(altered).unwrap(), NOON).is_none(), "at {at}");
        }
    }
}
