//! Four-valued truth: a condition may be met, not met, unsure (someone answered "not sure") or unknown (nobody answered).
//!
//! Unsure outranks unknown wherever both would decide: an unsure answer needs advice, a missing one only needs an answer
//! (DEC-4a orders them yes, unsure, unknown, no).

use serde::{Deserialize, Serialize};

/// Whether a condition is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Truth {
    /// Certainly not met.
    No = 0,
    /// Nobody has answered.
    Unknown = 1,
    /// Somebody answered that they are not sure.
    Unsure = 2,
    /// Certainly met.
    Yes = 3,
}

impl Truth {
    /// All four, in the order of their codes.
    pub const ALL: [Truth; 4] = [Truth::No, Truth::Unknown, Truth::Unsure, Truth::Yes];

    /// The truth with this code; anything above 3 is `Yes`.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Truth::No,
            1 => Truth::Unknown,
            2 => Truth::Unsure,
            _ => Truth::Yes,
        }
    }

    /// A small number for tables and diagrams.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Both: the first of no, unsure, unknown that either is, else yes.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Unsure, _) | (_, Truth::Unsure) => Truth::Unsure,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
        }
    }

    /// Either: the first of yes, unsure, unknown that either is, else no.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
            (Truth::Unsure, _) | (_, Truth::Unsure) => Truth::Unsure,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::No, Truth::No) => Truth::No,
        }
    }

    /// The opposite; unsure and unknown stay as they are.
    #[must_use]
    pub const fn negate(self) -> Self {
        match self {
            Truth::No => Truth::Yes,
            Truth::Yes => Truth::No,
            other => other,
        }
    }

    /// Yes only when certainly yes; everything else counts as no.
    #[must_use]
    pub const fn sure(self) -> Self {
        match self {
            Truth::Yes => Truth::Yes,
            _ => Truth::No,
        }
    }

    /// Whether it is certainly met.
    #[must_use]
    pub const fn is_yes(self) -> bool {
        matches!(self, Truth::Yes)
    }

    /// Whether it is neither certainly met nor certainly not met.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Truth::Unknown | Truth::Unsure)
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Truth::Yes } else { Truth::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Unsure, Yes};

    #[test]
    fn unsure_outranks_unknown_in_both_directions() {
        assert_eq!(Unsure.and(Unknown), Unsure);
        assert_eq!(Unknown.or(Unsure), Unsure);
    }

    #[test]
    fn one_no_settles_all_and_one_yes_settles_any() {
        for truth in Truth::ALL {
            assert_eq!(No.and(truth), No);
            assert_eq!(Yes.or(truth), Yes);
            assert_eq!(Truth::from_code(truth.code()), truth);
        }
    }

    #[test]
    fn and_or_are_each_others_mirror() {
        for a in Truth::ALL {
            for b in Truth::ALL {
                assert_eq!(a.and(b).negate(), a.negate().or(b.negate()));
                assert_eq!(a.and(b), b.and(a));
            }
        }
    }
}
