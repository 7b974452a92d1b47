//! The fonts that records embed: Source Sans 3, and Noto Sans for the scripts it does not have. All under the SIL Open Font
//! Licence; fetched by `make assets`.

use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

macro_rules! faces {
    ($($name:literal),+ $(,)?) => {
        [$(
            include_bytes!(concat!("../fonts/", $name, "_400Regular.ttf")).as_slice(),
            include_bytes!(concat!("../fonts/", $name, "_700Bold.ttf")).as_slice(),
        )+]
    };
}

/// The main font's faces come first.
const MAIN_FACES: usize = 2;

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    faces![
        "SourceSans3",
        "NotoSans",
        "NotoSansArabic",
        "NotoSansHebrew",
        "NotoSansBengali",
        "NotoSansGurmukhi",
        "NotoSansGujarati",
        "NotoSansTamil",
        "NotoSansEthiopic",
    ]
    .into_iter()
    .filter_map(|face| Font::new(Bytes::new(face), 0))
    .collect()
});

static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

pub(crate) fn book() -> &'static LazyHash<FontBook> {
    &BOOK
}

pub(crate) fn font(index: usize) -> Option<Font> {
    FONTS.get(index).cloned()
}

/// Whether the main font draws this character.
pub(crate) fn main_font_draws(character: char) -> bool {
    draws(&FONTS[..MAIN_FACES.min(FONTS.len())], character)
}

/// Whether any of the fonts draws this character.
pub(crate) fn some_font_draws(character: char) -> bool {
    draws(&FONTS, character)
}

fn draws(fonts: &[Font], character: char) -> bool {
    fonts.iter().any(|font| font.info().coverage.contains(u32::from(character)))
}
