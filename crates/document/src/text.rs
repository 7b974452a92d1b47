//! What a person wrote, made fit to be drawn: nothing lost, nothing disguised.

use std::cell::Cell;
use std::fmt::Write;

use crate::fonts;

/// Which characters are drawn as themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// All that some embedded font has.
    EveryFont,
    /// Those of the main font, apart from combining marks.
    MainFontOnly,
}

/// Writes text for one record, and remembers whether a character had to be written as its number.
pub(crate) struct Scribe {
    writing: Writing,
    numbered: Cell<bool>,
}

impl Scribe {
    pub(crate) fn new(writing: Writing) -> Self {
        Self { writing, numbered: Cell::new(false) }
    }

    /// Whether any character so far was written as its number.
    pub(crate) fn has_numbered(&self) -> bool {
        self.numbered.get()
    }

    /// Text in one line.
    pub(crate) fn line(&self, text: &str) -> String {
        self.lines(text).join(" ")
    }

    /// Text in the lines its author gave it.
    pub(crate) fn lines(&self, text: &str) -> Vec<String> {
        let text = text.replace("\r\n", "\n");
        let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        lines.map(|line| self.drawn(line.trim_end())).collect()
    }

    fn drawn(&self, line: &str) -> String {
        let mut drawn = String::with_capacity(line.len());
        for character in line.chars() {
            if character == '\t' {
                drawn.push(' ');
            } else if self.can_draw(character) {
                drawn.push(character);
            } else {
                self.numbered.set(true);
                let _ = write!(drawn, "[U+{:04X}]", u32::from(character));
            }
        }
        drawn
    }

    fn can_draw(&self, character: char) -> bool {
        if disguises(character) {
            return false;
        }
        match self.writing {
            Writing::EveryFont => joins(character) || fonts::some_font_draws(character),
            Writing::MainFontOnly => !combines(character) && fonts::main_font_draws(character),
        }
    }
}

/// Control characters, private use, and invisible ones that turn the direction of text or hide in it, so that what is read
/// differs from what is written (Unicode TR 36, bidirectional text spoofing).
fn disguises(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00AD | 0x061C | 0x180E | 0x200B | 0x200E..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F
            | 0xFEFF | 0xFFF9..=0xFFFD | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x0010_FFFF)
}

/// Zero-width joiner and non-joiner, which several scripts need to write a word properly.
fn joins(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

fn combines(character: char) -> bool {
    matches!(u32::from(character), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

#[cfg(test)]
mod tests {
    use super::{Scribe, Writing};

    #[test]
    fn names_of_many_languages_are_written_as_they_are() {
        let scribe = Scribe::new(Writing::EveryFont);
        for name in ["Zoë", "Łukasz", "Nguyễn", "Ιωάννης", "Дмитро", "محمد", "ਗੁਰਪ੍ਰੀਤ", "রহিমা", "ሳራ", "தமிழ்"]
        {
            assert_eq!(scribe.line(name), name);
        }
        assert!(!scribe.has_numbered());
    }

    #[test]
    fn a_character_without_a_font_is_written_as_its_number() {
        let scribe = Scribe::new(Writing::EveryFont);
        assert_eq!(scribe.line("李"), "[U+674E]");
        assert!(scribe.has_numbered());
    }

    #[test]
    fn a_hidden_turn_of_direction_is_made_visible() {
        let scribe = Scribe::new(Writing::EveryFont);
        assert_eq!(scribe.line("safe\u{202E}efas"), "safe[U+202E]efas");
    }

    #[test]
    fn lines_stay_the_lines_of_their_author() {
        let scribe = Scribe::new(Writing::EveryFont);
        assert_eq!(scribe.lines("one\r\ntwo\tthree\n\nfour"), ["one", "two three", "", "four"]);
    }
}
