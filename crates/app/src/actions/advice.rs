//! Advice on a case. Nothing is stored.

use guidance::pack::LineIx;
use guidance::words::{AdviceView, in_words};
use guidance::{Advice, Case, CaseDocument, Decider, Pack};
use jiff::civil::Date;

use crate::{App, AppError};

/// The most facts a case may name: several times as many as any pack asks. Anybody may send a case, and each name that is wrong is compared
/// with every right one.
const MOST_FACTS: usize = 500;

/// The longest name of a fact or of an item's field, and the longest of a fact's values, in bytes.
const LONGEST_NAME: usize = 200;

/// A case with the advice on it.
#[derive(Debug, Clone)]
pub struct Advised {
    /// The case as it was written, with the day it was judged on.
    pub document: CaseDocument,
    /// The case, checked.
    pub case: Case,
    /// The advice, as ids.
    pub advice: Advice,
    /// The advice, in words.
    pub view: AdviceView,
}

impl Advised {
    /// Whether somebody may be in danger, so that nothing may wait for the rest of the form (DEC-12).
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.advice.line == LineIx::Danger || self.view.act_now.iter().any(|act| act.id == "police")
    }

    /// Whether sharing would interfere with somebody's privacy without their consent, so that Article 8 is answered (LAW-5).
    #[must_use]
    pub fn interferes(&self) -> bool {
        interferes(&self.advice)
    }
}

fn interferes(advice: &Advice) -> bool {
    let answer = |line: LineIx| advice.answers[line as usize];
    !answer(LineIx::Consent).is_yes() && answer(LineIx::Identifies) != guidance::Truth::No
}

/// A case with the advice on it, before that is put in words.
#[derive(Debug)]
pub(super) struct Judged {
    /// The case as it was written, with the day it was judged on.
    pub(super) document: CaseDocument,
    /// The case, checked.
    pub(super) case: Case,
    /// The advice, as ids.
    pub(super) advice: Advice,
}

impl Judged {
    /// As [`Advised::is_urgent`].
    pub(super) fn is_urgent(&self, pack: &Pack) -> bool {
        let police = |at: &u8| pack.acts.get(usize::from(*at)).is_some_and(|act| act.id == "police");
        self.advice.line == LineIx::Danger || self.advice.act_now.iter().any(police)
    }

    /// As [`Advised::interferes`].
    pub(super) fn interferes(&self) -> bool {
        interferes(&self.advice)
    }
}

/// Judges a case under today's law.
///
/// # Errors
/// As [`advise`].
pub(super) fn judge_now(app: &App, document: CaseDocument) -> Result<Judged, AppError> {
    let today = app.clock.today();
    match document.on {
        Some(on) if on != today => judged(&Decider::new(app.pack(), on), document),
        _ => judged(&app.decider(today), document),
    }
}

/// Advice on a case, under the law of the day it names, or of `today`. The same case, pack and day give the same advice.
///
/// # Errors
/// `Invalid`, naming every wrong fact, value and item field (`facts/consent`, `items/0/standing`).
pub fn advise(pack: &Pack, document: CaseDocument, today: Date) -> Result<Advised, AppError> {
    let decider = Decider::new(pack, document.on.unwrap_or(today));
    advised(&decider, document)
}

/// Advice on a case by the running program, which has its pack ready for today.
///
/// # Errors
/// As [`advise`].
pub fn advise_now(app: &App, document: CaseDocument) -> Result<Advised, AppError> {
    let today = app.clock.today();
    match document.on {
        // Anybody may ask about any day: only today's is kept.
        Some(on) if on != today => advise(app.pack(), document, today),
        _ => advised(&app.decider(today), document),
    }
}

/// Whether a case can be judged at all.
///
/// # Errors
/// As [`advise`].
pub(super) fn check_case(pack: &Pack, document: &CaseDocument) -> Result<Case, AppError> {
    within_bounds(document)?;
    Ok(document.check(pack)?)
}

fn advised(decider: &Decider<'_>, document: CaseDocument) -> Result<Advised, AppError> {
    let Judged { document, case, advice } = judged(decider, document)?;
    let view = in_words(decider.pack(), &case, &advice);
    Ok(Advised { document, case, advice, view })
}

fn judged(decider: &Decider<'_>, mut document: CaseDocument) -> Result<Judged, AppError> {
    let case = check_case(decider.pack(), &document)?;
    document.on = Some(decider.on());
    let advice = decider.decide(&case);
    Ok(Judged { document, case, advice })
}

/// Refuses a case that would cost far more to compare with the pack than any real one, before it is compared.
fn within_bounds(document: &CaseDocument) -> Result<(), AppError> {
    let too_long = |name: &str| name.len() > LONGEST_NAME;
    if document.facts.len() > MOST_FACTS {
        return Err(AppError::field("facts/", format!("Name at most {MOST_FACTS} facts.")));
    }
    if document.facts.keys().any(|name| too_long(name)) {
        return Err(AppError::field("facts/", format!("No fact has a name longer than {LONGEST_NAME} characters.")));
    }
    for (fact, answers) in &document.facts {
        let answers = answers.list();
        if answers.len() > MOST_FACTS || answers.iter().any(|answer| too_long(answer)) {
            return Err(AppError::field(format!("facts/{fact}"), "Choose from the values of this fact."));
        }
    }
    if document.items.iter().any(|item| item.fields.len() > MOST_FACTS || item.fields.keys().any(|name| too_long(name)))
    {
        return Err(AppError::field("items/", "No item has so many fields, or fields of such long names."));
    }
    Ok(())
}
