//! Lines as all these formats have them: every number and every hash has one spelling.

use crate::tree::{Hash, MOST_LEAVES};

/// A number of leaves or a position: ASCII digits without leading zeros, at most [`MOST_LEAVES`].
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let one_spelling = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|number| one_spelling && *number <= MOST_LEAVES)
}

/// Hashes, one a line.
pub(crate) fn hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hash>> {
    lines.map(Hash::from_base64).collect()
}

/// Lines that each end in a newline, without it. `None` when the last does not.
pub(crate) fn whole_lines(text: &str) -> Option<std::str::Split<'_, char>> {
    text.strip_suffix('\n').map(|text| text.split('\n'))
}
