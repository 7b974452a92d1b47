//! Reading what a request sends: no more than is taken, no longer than is reasonable, and to its end, so that the sender can read the answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::AppError;

/// The longest that a sender may fall silent.
const SILENCE: Duration = Duration::from_secs(30);

/// The longest that sending may take in all: two megabytes on a bad telephone line need about a minute and a half.
const IN_ALL: Duration = Duration::from_secs(150);

/// How much more than is taken is read and thrown away. Whoever sends still more finds the connection closed.
const THROWN_AWAY: usize = 32 * 1024 * 1024;

/// The whole body, of at most so many bytes.
///
/// # Errors
/// `TooMuch`, once the rest has been thrown away: a browser shows an answer only when it could send everything. `TooSlow` when it did
/// not arrive in time, or broke off.
pub async fn read(body: Body, most: usize) -> Result<Bytes, AppError> {
    timeout(IN_ALL, whole(body, most)).await.map_err(|_| AppError::TooSlow)?
}

async fn whole(mut body: Body, most: usize) -> Result<Bytes, AppError> {
    let (mut kept, mut seen) = (Vec::new(), 0_usize);
    while let Some(frame) = timeout(SILENCE, body.frame()).await.map_err(|_| AppError::TooSlow)? {
        let Ok(part) = frame.map_err(|_| AppError::TooSlow)?.into_data() else { continue };
        seen = seen.saturating_add(part.len());
        if seen <= most {
            kept.extend_from_slice(&part);
        } else {
            kept = Vec::new();
        }
        if seen > most.saturating_add(THROWN_AWAY) {
            break;
        }
    }
    if seen > most { Err(AppError::TooMuch) } else { Ok(kept.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fits_is_read_whole_and_what_does_not_is_too_much() {
        assert_eq!(read(Body::from("four"), 4).await.unwrap(), "four");
        assert!(matches!(read(Body::from("fives"), 4).await, Err(AppError::TooMuch)));
    }
}
