//! A QR code as one path of an inline drawing, since pages load no pictures from anywhere.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};
use serde::Serialize;

use crate::AppError;

/// Light modules around the code, as the standard asks for.
const QUIET: usize = 4;

/// A QR code, drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Drawn {
    /// How many modules wide and high it is, with the quiet zone.
    pub size: usize,
    /// The dark modules, as an SVG path of rows.
    pub path: String,
}

impl Drawn {
    /// Draws a text.
    ///
    /// # Errors
    /// When it is too long for a QR code.
    pub fn new(text: &str) -> Result<Self, AppError> {
        let code = QrCode::new(text).map_err(AppError::internal)?;
        let width = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            let mut x = QUIET;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{x} {}h{}v1h-{}z", y + QUIET, run.len(), run.len());
                }
                x += run.len();
            }
        }
        Ok(Self { size: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_and_no_light_one() {
        let text = "otpauth://totp/Sharewell:a.hart%40larkfield.example?secret=GEZDGNBVGY3TQOJQ&issuer=Sharewell";
        let (drawn, code) = (Drawn::new(text).unwrap(), QrCode::new(text).unwrap());
        let mut dark = 0;
        for run in drawn.path.split('M').skip(1) {
            let (place, run) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = run.split('v').next().unwrap().parse().unwrap();
            for module in x..x + length {
                assert_eq!(code[(module - QUIET, y - QUIET)], Color::Dark);
            }
            dark += length;
        }
        assert_eq!(dark, code.to_colors().iter().filter(|color| **color == Color::Dark).count());
        assert_eq!(drawn.size, code.width() + 2 * QUIET);
    }
}
