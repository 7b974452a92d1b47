//! What people type, before it is kept: the same for forms and for the API.

/// The text with line ends as `\n` and without control characters, which mean nothing in a record and may hide or rearrange what is
/// read: only new lines and tabs stay.
pub(crate) fn clean(text: &str) -> String {
    let stays = |letter: &char| !letter.is_control() || ['\n', '\t'].contains(letter);
    text.replace("\r\n", "\n").chars().filter(stays).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_line_ends_are_one_kind() {
        assert_eq!(clean("a\r\nb\u{0}\u{1b}[2Jc\td"), "a\nb[2Jc\td");
        let mut value = serde_json::json!({"about": ["a\u{7}"], "n": 1});
        assert!(clean_all(&mut value) && !clean_all(&mut value));
        assert_eq!(value, serde_json::json!({"about": ["a"], "n": 1}));
    }
}
