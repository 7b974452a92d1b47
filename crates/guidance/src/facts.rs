//! The facts of a case, as answers to the facts a pack names.

use crate::pack::{FactIx, FactKind, Pack};
use crate::source::did_you_mean;
use crate::truth::Truth;

/// Bit of an answer mask: nobody has answered.
pub const UNKNOWN_BIT: u64 = 1;
/// Bit of an answer mask: answered "not sure".
pub const UNSURE_BIT: u64 = 2;
/// The first bit that stands for a value of the fact.
pub const FIRST_VALUE_BIT: u32 = 2;

/// The bit of an answer mask that stands for the value at this position.
fn value_bit(position: usize) -> u64 {
    1 << (u32::try_from(position).unwrap_or(0) + FIRST_VALUE_BIT)
}

/// What was answered for one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody has answered.
    Unknown,
    /// Somebody answered that they are not sure.
    Unsure,
    /// These values, by their ids; one for most facts, any number for a fact of kind `many`.
    Values(Vec<String>),
}

/// Why an answer was refused. The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAnswer {
    /// The fact as it was written.
    pub fact: String,
    /// Whether the fact itself is unknown to the pack (else its value is wrong).
    pub unknown_fact: bool,
    /// What is wrong, with the nearest right name.
    pub message: String,
}

/// Answers to the facts of one pack: one mask per fact. Every fact may be unknown or unsure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    masks: Vec<u64>,
}

impl Facts {
    /// Nothing answered yet.
    #[must_use]
    pub fn none(pack: &Pack) -> Self {
        Facts { masks: vec![UNKNOWN_BIT; pack.facts.len()] }
    }

    /// The mask of a fact: bit 0 unknown, bit 1 unsure, then one bit per value.
    #[must_use]
    pub fn mask(&self, fact: FactIx) -> u64 {
        self.masks[fact.0 as usize]
    }

    /// Sets a fact by its mask; used by generators that walk over all values.
    pub fn set_mask(&mut self, fact: FactIx, mask: u64) {
        self.masks[fact.0 as usize] = mask;
    }

    /// Whether nobody has answered this fact.
    #[must_use]
    pub fn is_unknown(&self, fact: FactIx) -> bool {
        self.mask(fact) & UNKNOWN_BIT != 0
    }

    /// Answers a fact by ids: `yes`, `unsure`, `unknown`, or for a fact of kind `many` several values at once.
    ///
    /// # Errors
    /// When the pack has no such fact or value; the message names the nearest right one.
    pub fn answer(&mut self, pack: &Pack, fact: &str, values: &[&str]) -> Result<(), WrongAnswer> {
        let Some(index) = pack.fact_index(fact) else {
            let hint = did_you_mean(fact, pack.facts.iter().filter(|fact| !fact.derived).map(|fact| fact.id.as_str()));
            return Err(WrongAnswer {
                fact: fact.to_owned(),
                unknown_fact: true,
                message: format!("there is no fact `{fact}`.{hint}"),
            });
        };
        let definition = &pack.facts[index.0 as usize];
        let wrong = |message: String| WrongAnswer { fact: fact.to_owned(), unknown_fact: false, message };
        let mut mask = 0;
        for value in values {
            mask |= match *value {
                "unknown" | "" => UNKNOWN_BIT,
                "unsure" => UNSURE_BIT,
                id => {
                    let position = definition.values.iter().position(|value| value.id == id).ok_or_else(|| {
                        let allowed = definition.values.iter().map(|value| value.id.as_str());
                        let hint = did_you_mean(id, allowed.clone());
                        let list = allowed.chain(["unsure"]).collect::<Vec<_>>().join(", ");
                        wrong(format!("`{fact}` cannot be `{id}`.{hint} It may be: {list}."))
                    })?;
                    value_bit(position)
                }
            };
        }
        if definition.kind != FactKind::Many && mask.count_ones() > 1 {
            return Err(wrong(format!("`{fact}` takes one answer, not {}.", values.len())));
        }
        if mask & (UNKNOWN_BIT | UNSURE_BIT) != 0 && mask.count_ones() > 1 {
            return Err(wrong(format!("`{fact}` cannot be unsure or unknown and something else as well.")));
        }
        if definition.kind != FactKind::Many && mask == 0 {
            mask = UNKNOWN_BIT;
        }
        self.set_mask(index, mask);
        Ok(())
    }

    /// What was answered for a fact, by ids.
    #[must_use]
    pub fn answer_of(&self, pack: &Pack, fact: FactIx) -> Answer {
        let mask = self.mask(fact);
        if mask & UNKNOWN_BIT != 0 {
            Answer::Unknown
        } else if mask & UNSURE_BIT != 0 {
            Answer::Unsure
        } else {
            let values = &pack.facts[fact.0 as usize].values;
            Answer::Values(
                values
                    .iter()
                    .enumerate()
                    .filter(|(position, _)| mask & value_bit(*position) != 0)
                    .map(|(_, value)| value.id.clone())
                    .collect(),
            )
        }
    }

    /// Whether the answer is one of the values in `accepted` (a mask).
    #[must_use]
    pub fn is_one_of(&self, fact: FactIx, accepted: u64) -> Truth {
        let mask = self.mask(fact);
        if mask & accepted != 0 {
            Truth::Yes
        } else if mask & UNKNOWN_BIT != 0 {
            Truth::Unknown
        } else if mask & UNSURE_BIT != 0 {
            Truth::Unsure
        } else {
            Truth::No
        }
    }
}
