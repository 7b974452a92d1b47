//! How far a ledger is witnessed, in words.

use store::Said;

use super::words;
use crate::actions::{WitnessedBy, Witnessing};

/// Who else is a witness where no partner outside is one.
const HERE: &str = "another organisation on this Sharewell";

/// How far each witness witnessed the ledger.
pub(super) fn witnessed(witnessing: &Witnessing) -> Vec<String> {
    if witnessing.by.is_empty() {
        return vec!["No partner has witnessed it yet.".to_owned()];
    }
    let line = |one: &WitnessedBy| {
        let name = one.partner.as_deref().unwrap_or(HERE);
        match one.up_to {
            Some((size, at)) => format!("Witnessed up to entry {size} by {name}, {}.", words::moment(at)),
            None => format!("{name} has not witnessed it yet."),
        }
    };
    witnessing.by.iter().map(line).collect()
}

/// What somebody must look at.
pub(super) fn warnings(witnessing: &Witnessing, stale_after_hours: u32) -> Vec<String> {
    let mut warnings = Vec::new();
    if witnessing.is_alarming {
        warnings.push(
            "A partner witnessed another ledger than this one: something may have been changed or removed. Tell whoever looks after \
             Sharewell at once."
                .to_owned(),
        );
    }
    if witnessing.is_stale {
        let long = match stale_after_hours {
            24 => "a day".to_owned(),
            1 => "an hour".to_owned(),
            hours => format!("{hours} hours"),
        };
        warnings.push(format!(
            "No partner has confirmed the ledger for more than {long}. Tell whoever looks after Sharewell."
        ));
    }
    warnings
}

/// What a partner said last, for whoever looks after it; empty when all is well.
pub(super) fn said(one: &WitnessedBy) -> &'static str {
    match one.said {
        None if one.partner.is_some() => "It was not asked yet.",
        None | Some(Said::Cosigned) => "",
        Some(Said::Nothing) => "It did not answer when it was asked last.",
        Some(Said::Unknown) => "It does not witness this ledger: give the partner the ledger's key.",
        Some(Said::Refused) => "It refused, or gave no right answer, when it was asked last.",
        Some(Said::SawMore(_)) => "It witnessed more of this ledger than there is here.",
        Some(Said::SawOther) => "It witnessed another ledger than this one.",
    }
}

#[cfg(test)]
mod tests {
    use casework::Moment;

    use super::*;

    fn one(partner: Option<&str>, up_to: Option<u64>, said: Option<Said>) -> WitnessedBy {
        let up_to = up_to.map(|size| (size, Moment::from_micros(1_794_998_400_000_000)));
        WitnessedBy { partner: partner.map(str::to_owned), up_to, said, is_stale: false }
    }

    #[test]
    fn each_witness_is_named_with_how_far_and_when() {
        let nobody = Witnessing { by: vec![], is_stale: false, is_alarming: false };
        assert_eq!(witnessed(&nobody), ["No partner has witnessed it yet."]);
        let by =
            vec![one(Some("Northmere Council"), Some(12), Some(Said::Cosigned)), one(Some("Harrow Lane"), None, None)];
        let lines = witnessed(&Witnessing { by, ..nobody.clone() });
        assert_eq!(lines[0], "Witnessed up to entry 12 by Northmere Council, 18 November 2026, 10:40am.");
        assert_eq!(lines[1], "Harrow Lane has not witnessed it yet.");
        let here = witnessed(&Witnessing { by: vec![one(None, Some(3), None)], ..nobody });
        assert!(here[0].contains("by another organisation on this Sharewell"), "{here:?}");
    }

    #[test]
    fn silence_and_an_alarm_are_said() {
        let quiet = Witnessing { by: vec![], is_stale: true, is_alarming: false };
        assert_eq!(warnings(&quiet, 24).len(), 1);
        assert!(warnings(&quiet, 24)[0].contains("more than a day."));
        assert!(warnings(&quiet, 6)[0].contains("more than 6 hours."));
        let alarm = Witnessing { is_stale: false, is_alarming: true, ..quiet };
        assert!(warnings(&alarm, 24)[0].contains("at once"), "{:?}", warnings(&alarm, 24));
        assert_eq!(said(&one(Some("Northmere Council"), None, Some(Said::Cosigned))), "");
        for other in [Said::Nothing, Said::Unknown, Said::Refused, Said::SawMore(9), Said::SawOther] {
            assert!(said(&one(Some("Northmere Council"), None, Some(other))).starts_with("It "));
        }
    }
}
