//! The real pack: the stories it tells, and made-up cases over all its facts.

use jiff::civil::{Date, date};
use sharewell_guidance::case::{Answers, ItemDocument};
use sharewell_guidance::facts::{FIRST_VALUE_BIT, UNKNOWN_BIT, UNSURE_BIT};
use sharewell_guidance::pack::{FactIx, FactKind};
use sharewell_guidance::{Case, CaseDocument, Facts, Pack};

use crate::Failure;
use crate::cases::Sequence;

/// The day whose law is applied.
pub const TODAY: Date = date(2026, 11, 23);

/// The stories of the pack, with their items.
///
/// # Errors
/// When a story does not fit its own pack.
pub fn stories(pack: &Pack) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for story in &pack.stories {
        let document = CaseDocument {
            on: story.on,
            facts: story.facts.iter().map(|(fact, values)| (fact.clone(), Answers::Many(values.clone()))).collect(),
            texts: story.texts.iter().cloned().collect(),
            items: story
                .items
                .iter()
                .map(|item| ItemDocument { text: item.text.clone(), fields: item.fields.iter().cloned().collect() })
                .collect(),
        };
        cases.push(document.check(pack).map_err(|faults| format!("story {}: {faults:?}", story.id))?);
    }
    Ok(cases)
}

/// Cases with facts answered at random; how many stay unknown varies from case to case, from few to nine in ten.
#[must_use]
pub fn made_up(pack: &Pack, count: usize) -> Vec<Case> {
    let mut sequence = Sequence(0x5eed_2026_1123);
    (0..count).map(|_| Case::of(facts(&mut sequence, pack))).collect()
}

fn facts(sequence: &mut Sequence, pack: &Pack) -> Facts {
    let mut facts = Facts::none(pack);
    let known = 1 + sequence.below(10);
    for (at, fact) in pack.facts.iter().enumerate() {
        if sequence.below(10) >= known {
            continue;
        }
        let bit = |position: u64| (1u64 << FIRST_VALUE_BIT) << position;
        let values = fact.values.len() as u64;
        let mask = match sequence.below(12) {
            0 => UNSURE_BIT,
            1 => UNKNOWN_BIT,
            _ if fact.kind == FactKind::Many => (0..values).filter(|_| sequence.below(3) == 0).map(bit).sum(),
            _ => bit(sequence.below(values)),
        };
        facts.set_mask(FactIx(u16::try_from(at).unwrap_or(u16::MAX)), mask);
    }
    facts
}
