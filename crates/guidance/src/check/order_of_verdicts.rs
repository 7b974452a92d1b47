//! DEC-4a and DEC-4b read afresh, as plain sentences over one situation, apart from the engine: what the engine is proved against.

use jiff::civil::Date;

use super::Proof;
use crate::evaluate::OneCase;
use crate::facts::Facts;
use crate::pack::{LineIx, Pack};
use crate::truth::Truth::{self, No, Unknown, Unsure, Yes};
use crate::verdict::Verdict::{self, Advice, DoNotShare, Incomplete, Share, ShareAnonymised};
use crate::verdict::{code, lawful, outcome};

/// In how many ways eleven conditions may turn out.
pub(super) const SITUATIONS: u32 = 1 << (2 * 11);

/// In how many ways the eight parts of a lawful reason may turn out.
const LAWFUL_PARTS: u32 = 1 << (2 * 8);

/// Proves the engine's order of verdicts, and its lawful reason, against the reading below.
pub(super) fn prove(pack: &Pack, on: Date) -> [Proof; 2] {
    let nothing = Facts::none(pack);
    let lines = &pack.lines;
    let wrong_order = (0..SITUATIONS).find(|tuple| {
        let s = Situation::read(*tuple);
        let given = [
            (lines.raises_risk, s.raises_risk),
            (lines.danger, s.danger),
            (lines.told_to_protector, s.told_to_protector),
            (lines.protective, s.protective),
            (lines.purpose, s.purpose),
            (lines.consent_valid, s.consent),
            (lines.identifies, s.identifies),
            (lines.recipient_known, s.recipient_known),
            (lines.nothing_left, s.nothing_left),
            (lines.all_held, s.all_held),
            // A lawful reason that turns on one part alone may turn out in every way.
            (lines.needed, s.lawful),
            (lines.another_decides, No),
        ];
        let at = |index: usize| given.iter().find(|(known, _)| *known == index).map_or(Yes, |(_, truth)| *truth).code();
        code::read(outcome(lines, &mut OneCase { facts: &nothing }, &at)) != Some(verdict_of(&s))
    });
    let wrong_reason = (0..LAWFUL_PARTS).find(|tuple| {
        let parts = LawfulParts::read(*tuple);
        let at = |index: usize| {
            let part = lines.lawful_parts().iter().position(|part| *part == index);
            part.map_or(parts.another_decides, |part| parts.parts[part]).code()
        };
        lawful(lines, &mut OneCase { facts: &nothing }, &at) != lawful_reason(&parts).code()
    });
    let found = |tuple: Option<u32>| tuple.map(|tuple| vec![format!("the conditions turning out as {tuple:#o}")]);
    [
        Proof {
            claim: "the verdict is the first line of the order that holds (DEC-4b)",
            on,
            counterexample: found(wrong_order),
        },
        Proof {
            claim: "a lawful reason needs every part of DEC-4a; a scheme that another body decides leaves it open",
            on,
            counterexample: found(wrong_reason),
        },
    ]
}

/// What the order of verdicts looks at.
pub(super) struct Situation {
    raises_risk: Truth,
    danger: Truth,
    told_to_protector: Truth,
    protective: Truth,
    purpose: Truth,
    consent: Truth,
    identifies: Truth,
    lawful: Truth,
    recipient_known: Truth,
    nothing_left: Truth,
    all_held: Truth,
}

fn truth(tuple: u32, from_right: u32) -> Truth {
    Truth::from_code(u8::try_from(tuple >> (2 * from_right) & 3).unwrap_or(0))
}

impl Situation {
    /// Reads eleven truths of two bits each, the first on the left.
    pub(super) fn read(tuple: u32) -> Self {
        Situation {
            raises_risk: truth(tuple, 10),
            danger: truth(tuple, 9),
            told_to_protector: truth(tuple, 8),
            protective: truth(tuple, 7),
            purpose: truth(tuple, 6),
            consent: truth(tuple, 5),
            identifies: truth(tuple, 4),
            lawful: truth(tuple, 3),
            recipient_known: truth(tuple, 2),
            nothing_left: truth(tuple, 1),
            all_held: truth(tuple, 0),
        }
    }
}

/// The verdict of a situation, line by line.
pub(super) fn verdict_of(s: &Situation) -> (LineIx, Verdict) {
    if s.raises_risk == Yes {
        return (LineIx::RaisesRisk, DoNotShare);
    }
    if s.danger == Yes && s.told_to_protector == Yes {
        return (LineIx::Danger, Share);
    }
    let (line, verdict) = lines_four_to_seven(s);
    // Line 3 holds wherever danger is not ruled out and the recipient can protect, or might: then never "do not share".
    let may_need_protecting = match s.protective {
        Yes => s.danger != No,
        Unsure | Unknown => s.danger == Yes || s.danger == Unsure,
        No => false,
    };
    if verdict == DoNotShare && may_need_protecting {
        let unknown = s.protective == Unknown || s.danger == Unknown;
        return (LineIx::Protective, if unknown { Incomplete } else { Advice });
    }
    (line, verdict)
}

fn lines_four_to_seven(s: &Situation) -> (LineIx, Verdict) {
    match s.purpose {
        No => return (LineIx::Purpose, DoNotShare),
        Unsure => return (LineIx::Purpose, Advice),
        Unknown => return (LineIx::Purpose, Incomplete),
        Yes => {}
    }
    if s.consent == Yes {
        return (LineIx::Consent, what_is_left(s, Share));
    }
    if s.identifies == No {
        return (LineIx::Identifies, what_is_left(s, ShareAnonymised));
    }
    (LineIx::LawfulReason, line_seven(s))
}

#[expect(clippy::match_same_arms, reason = "a table, read in the order of the lines")]
fn line_seven(s: &Situation) -> Verdict {
    match (s.lawful, s.recipient_known) {
        (Yes, Yes) => what_is_left(s, Share),
        // A lawful reason is ruled out; but as long as it is open whether there is consent, or whether anyone can be identified, the answer
        // that decides is still missing. The earlier line has the last word on what kind of doubt it is.
        (No, _) => match (s.consent, s.identifies) {
            (_, Unsure) => Advice,
            (_, Unknown) => Incomplete,
            (Unsure, _) => Advice,
            (Unknown, _) => Incomplete,
            _ => DoNotShare,
        },
        (_, No) => Incomplete,
        (Unsure, _) | (Yes, Unsure) => Advice,
        (Unknown, _) | (Yes, Unknown) => Incomplete,
    }
}

fn what_is_left(s: &Situation, verdict: Verdict) -> Verdict {
    if s.nothing_left == Yes {
        DoNotShare
    } else if s.all_held == Yes {
        Advice
    } else {
        verdict
    }
}

/// What a lawful reason without consent looks at.
pub(super) struct LawfulParts {
    another_decides: Truth,
    parts: [Truth; 7],
}

impl LawfulParts {
    /// Reads eight truths of two bits each, the first on the left.
    pub(super) fn read(tuple: u32) -> Self {
        let mut parts = [No; 7];
        for (at, part) in (0u32..).zip(parts.iter_mut()) {
            *part = truth(tuple, 6 - at);
        }
        LawfulParts { another_decides: truth(tuple, 7), parts }
    }
}

/// DEC-4a: yes only where every part is met.
pub(super) fn lawful_reason(parts: &LawfulParts) -> Truth {
    let any = |wanted: Truth| parts.parts.contains(&wanted);
    if parts.another_decides == Yes || (!any(No) && any(Unsure)) {
        Unsure
    } else if any(No) {
        No
    } else if any(Unknown) {
        Unknown
    } else {
        Yes
    }
}
