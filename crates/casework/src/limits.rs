//! How long what is typed may be: room for any account of a case, and an end to a slip of the pen or a pasted file.

/// The most characters of a line: a name, a title, what a decision is about.
pub const LONGEST_LINE: usize = 300;

/// The most characters of an account in somebody's own words; some eight printed pages.
pub const LONGEST_TEXT: usize = 20_000;

/// The most people whom one decision may name.
pub const MOST_PEOPLE: usize = 50;

/// What to do about a text that is longer than it may be; none when it is not.
pub fn too_long(text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    let thousands = |number: usize| {
        if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
    };
    (length > most).then(|| format!("Shorten this to {} characters; it has {}.", thousands(most), thousands(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_be_as_long_as_its_limit_and_no_longer() {
        assert_eq!(too_long(&"é".repeat(LONGEST_LINE), LONGEST_LINE), None);
        let one_more = "a".repeat(LONGEST_TEXT + 1);
        assert_eq!(
            too_long(&one_more, LONGEST_TEXT).as_deref(),
            Some("Shorten this to 20,000 characters; it has 20,001.")
        );
    }
}
