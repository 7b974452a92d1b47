//! What people type, before it is kept: the same for forms and for the API. And bytes as people read them.

use std::fmt::Write as _;

/// The text with line ends as `\n` and without control characters, which mean nothing in a record, and without marks that turn
/// the direction of words: both may hide or rearrange what is read. New lines and tabs stay, and the plain marks that Arabic and Hebrew need.
pub(crate) fn clean(text: &str) -> String {
    let turns = |letter: &char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let stays = |letter: &char| !(turns(letter) || letter.is_control()) || ['\n', '\t'].contains(letter);
    text.replace("\r\n", "\n").chars().filter(stays).collect()
}

/// Whether [`clean_all`] may change anything in JSON written so: whether there is an escape in it, or a character that a clean text lacks.
pub(crate) fn may_be_unclean(json: &[u8]) -> bool {
    json.iter().enumerate().any(|(at, byte)| {
        matches!(
            (byte, json.get(at + 1..at + 3)),
            (b'\\' | 0x7f, _)
                | (0xc2, Some([0x80..=0x9f, _]))
                | (0xe2, Some([0x80, 0xaa..=0xae] | [0x81, 0xa6..=0xa9]))
        )
    })
}

/// Cleans every text of a JSON value, and says whether any was changed.
pub(crate) fn clean_all(value: &mut serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            let cleaned = clean(text);
            let changed = cleaned != *text;
            *text = cleaned;
            changed
        }
        Value::Array(values) => values.iter_mut().fold(false, |changed, value| clean_all(value) | changed),
        Value::Object(fields) => fields.values_mut().fold(false, |changed, value| clean_all(value) | changed),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_line_ends_are_one_kind() {
        assert_eq!(clean("a\r\nb\u{0}\u{1b}[2Jc\td\u{202e}\u{200f}e"), "a\nb[2Jc\td\u{200f}e");
        let mut value = serde_json::json!({"about": ["a\u{7}"], "n": 1});
        assert!(clean_all(&mut value) && !clean_all(&mut value));
        assert_eq!(value, serde_json::json!({"about": ["a"], "n": 1}));
    }

    #[test]
    fn whatever_is_cleaned_is_seen_in_its_json_and_plain_words_are_not_read_twice() {
        for letter in (0..=0x2_ffff).filter_map(char::from_u32) {
            let text = format!("“a{letter}b”");
            let json = serde_json::to_vec(&[&text]).unwrap();
            assert!(may_be_unclean(&json) || clean(&text) == text, "{letter:?}");
        }
        for text in ["Ottilie’s lunches", "£5 — “often”", "Zoë, Łukasz, Nguyễn", "مرحبا", "a/b: 100 %"]
        {
            assert!(!may_be_unclean(&serde_json::to_vec(text).unwrap()), "{text}");
        }
    }
}
