//! The same case under the law of two days, or under two packs, and the difference in words (LAW-9).

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::advice::decide;
use crate::case::{Case, CaseDocument};
use crate::pack::{Entry, Pack, Period};
use crate::verdict::Verdict;
use crate::words::{AdviceView, EntryView, PackView, date_in_words, in_words};

/// One of the two sides that are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The day whose law was applied.
    pub on: Date,
    /// The pack that was used.
    pub pack: PackView,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict's short title.
    pub title: String,
    /// The question that decided, and its answer in words.
    pub decided_by: String,
    /// What this pack does not know of the case, and which was therefore left out.
    pub left_out: Vec<String>,
}

/// How an entry of the law register differs between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It fits now and did not fit then.
    Gained,
    /// It fitted then and does not fit now.
    Lost,
    /// It fits on both sides, in another wording or under another condition; or it fits on neither and its standing changed.
    Changed,
}

/// An entry that differs, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryDifference {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its citation.
    pub cite: String,
    /// How it differs.
    pub change: Change,
    /// Why.
    pub because: Vec<String>,
}

/// Sentences or titles found on one side only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Only then.
    pub only_then: Vec<String>,
    /// Only now.
    pub only_now: Vec<String>,
}

/// A change in the law between the two days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Between {
    /// When.
    pub date: Date,
    /// What.
    pub title: String,
    /// More about it.
    pub text: String,
    /// Whether it touches law that fits this case on either side.
    pub concerns_this: bool,
}

/// The difference between two sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The first side.
    pub then: Side,
    /// The second side.
    pub now: Side,
    /// Law that differs.
    pub entries: Vec<EntryDifference>,
    /// What to do at once.
    pub acts: Differing,
    /// Warnings.
    pub warnings: Differing,
    /// Changes in the law between the two days, oldest first.
    pub changes: Vec<Between>,
}

/// One side, worked out.
struct Worked<'p> {
    pack: &'p Pack,
    on: Date,
    view: AdviceView,
    left_out: Vec<String>,
}

/// Decides the same case on both sides and says what differs. The case is fitted to each pack: what a pack does not know is left out and said.
#[must_use]
pub fn replay(then: (&Pack, Date), now: (&Pack, Date), case: &CaseDocument) -> Difference {
    let work = |(pack, on): (&'_ Pack, Date)| {
        let (case, left_out) = fitted(case, pack);
        let advice = decide(pack, &case, on);
        (in_words(pack, &case, &advice), left_out)
    };
    let (then_view, then_left) = work(then);
    let (now_view, now_left) = work(now);
    let then = Worked { pack: then.0, on: then.1, view: then_view, left_out: then_left };
    let now = Worked { pack: now.0, on: now.1, view: now_view, left_out: now_left };
    let changes = changes_between(&then, &now);
    Difference {
        entries: entries(&then, &now),
        acts: differing(then.view.act_now.iter().map(|act| &act.title), now.view.act_now.iter().map(|act| &act.title)),
        warnings: differing(
            then.view.warnings.iter().map(|said| &said.text),
            now.view.warnings.iter().map(|said| &said.text),
        ),
        changes,
        then: side(then),
        now: side(now),
    }
}

/// The case with everything taken out that the pack does not know, and a sentence for each.
fn fitted(document: &CaseDocument, pack: &Pack) -> (Case, Vec<String>) {
    let mut document = document.clone();
    let mut left_out = Vec::new();
    loop {
        let faults = match document.check(pack) {
            Ok(case) => return (case, left_out),
            Err(faults) => faults,
        };
        for fault in &faults {
            let mut parts = fault.pointer.split('/').skip(1);
            match (parts.next(), parts.next(), parts.next()) {
                (Some("facts"), Some(fact), _) => {
                    document.facts.remove(fact);
                    left_out.push(format!(
                        "The pack of {} does not know this answer, so it was left out: {}",
                        pack.version, fault.message
                    ));
                }
                (Some("items"), Some(at), Some("text")) => {
                    if let Some(item) = at.parse::<usize>().ok().and_then(|at| document.items.get_mut(at)) {
                        "(without words)".clone_into(&mut item.text);
                    }
                }
                (Some("items"), Some(at), Some(field)) => {
                    if let Some(item) = at.parse::<usize>().ok().and_then(|at| document.items.get_mut(at)) {
                        item.fields.remove(field);
                    }
                    left_out.push(format!(
                        "The pack of {} does not know this of an item, so it was left out: {}",
                        pack.version, fault.message
                    ));
                }
                _ => return (Case::empty(pack), left_out),
            }
        }
    }
}

fn side(worked: Worked<'_>) -> Side {
    let decided = worked.view.explanation.iter().find(|step| step.decided);
    Side {
        on: worked.on,
        verdict: worked.view.verdict,
        title: worked.view.title,
        decided_by: decided.map(|step| format!("{} {}", step.question, step.text)).unwrap_or_default(),
        left_out: worked.left_out,
        pack: worked.view.pack,
    }
}

fn differing<'t>(then: impl Iterator<Item = &'t String>, now: impl Iterator<Item = &'t String>) -> Differing {
    let then: Vec<&String> = then.collect();
    let now: Vec<&String> = now.collect();
    let only = |these: &[&String], others: &[&String]| {
        these.iter().filter(|text| !others.contains(text)).map(|text| (*text).clone()).collect()
    };
    Differing { only_then: only(&then, &now), only_now: only(&now, &then) }
}

/// Changes that the newer pack tells of, after the earlier day and up to the later one.
fn changes_between(then: &Worked<'_>, now: &Worked<'_>) -> Vec<Between> {
    let (first, last) = (then.on.min(now.on), then.on.max(now.on));
    let fits = |id: &str| then.view.rely_on.iter().chain(&now.view.rely_on).any(|entry| entry.id == id);
    let between = now.pack.changes.iter().filter(|change| first < change.date && change.date <= last);
    between
        .map(|change| Between {
            date: change.date,
            title: change.title.clone(),
            text: change.text.clone(),
            concerns_this: change.entries.iter().any(|id| fits(id)),
        })
        .collect()
}

/// Where an entry stands in an advice.
fn standing<'v>(view: &'v AdviceView, id: &str) -> Option<(u8, &'v EntryView)> {
    let groups = [(2, &view.rely_on), (1, &view.nearly), (0, &view.not_fitting)];
    groups.into_iter().find_map(|(rank, group)| group.iter().find(|entry| entry.id == id).map(|entry| (rank, entry)))
}

fn entries(then: &Worked<'_>, now: &Worked<'_>) -> Vec<EntryDifference> {
    let gone = then.pack.entries.iter().filter(|entry| now.pack.entry(&entry.id).is_none());
    let mut differences: Vec<EntryDifference> =
        now.pack.entries.iter().chain(gone).filter_map(|entry| difference(entry, then, now)).collect();
    differences.sort_by_key(|difference| match difference.change {
        Change::Gained => 0,
        Change::Lost => 1,
        Change::Changed => 2,
    });
    differences
}

fn difference(entry: &Entry, then: &Worked<'_>, now: &Worked<'_>) -> Option<EntryDifference> {
    let (before, after) = (then.pack.entry(&entry.id), now.pack.entry(&entry.id));
    let rank = |worked: &Worked<'_>| standing(&worked.view, &entry.id).map_or(0, |(rank, _)| rank);
    let (was, is) = (rank(then), rank(now));
    let (period_then, period_now) =
        (before.and_then(|entry| entry.period_on(then.on)), after.and_then(|entry| entry.period_on(now.on)));
    let another_period = match (period_then, period_now) {
        (Some(then), Some(now)) => (then.from, then.to, &then.note) != (now.from, now.to, &now.note),
        (None, None) => false,
        _ => true,
    };
    let change = match (was, is) {
        (2, 2) if another_period => Change::Changed,
        (2, 2) => return None,
        (_, 2) => Change::Gained,
        (2, _) => Change::Lost,
        (was, is) if was != is && another_period => Change::Changed,
        _ => return None,
    };
    let mut because = Vec::new();
    match (before, after) {
        (None, _) => because.push("The pack of then did not have it.".to_owned()),
        (_, None) => because.push("The pack of now no longer has it.".to_owned()),
        (Some(before), Some(after)) => {
            because.extend(in_time(before, then.on, period_then, after, now.on, period_now));
            if before.commencement != after.commencement {
                because.push(format!(
                    "What is known of its start has changed: {}",
                    crate::search::commencement_in_words(after.commencement)
                ));
            }
        }
    }
    because.extend(told_by_changes(&entry.id, then, now));
    // Same law on both sides, so another answer or another entry made the difference: the side on which it does not fit says why.
    if change != Change::Changed && (because.is_empty() || !another_period) {
        let without = if change == Change::Gained { then } else { now };
        because.extend(standing(&without.view, &entry.id).map(|(_, view)| view.why.clone()).unwrap_or_default());
    } else if is == 1 {
        because.push("It nearly fits now.".to_owned());
        because.extend(standing(&now.view, &entry.id).map(|(_, view)| view.why.clone()).unwrap_or_default());
    }
    let named = after.or(before)?;
    Some(EntryDifference {
        id: named.id.clone(),
        title: named.title.clone(),
        cite: named.cite.clone(),
        change,
        because,
    })
}

/// What the periods on the two days say about the difference.
fn in_time(
    before: &Entry,
    then: Date,
    period_then: Option<&Period>,
    after: &Entry,
    now: Date,
    period_now: Option<&Period>,
) -> Vec<String> {
    let noted = |start: String, period: &Period| {
        if period.note.is_empty() { start } else { format!("{start} {}", period.note) }
    };
    match (period_then, period_now) {
        (None, Some(period)) => vec![match period.from {
            Some(from) if from > then => noted(format!("In force since {}.", date_in_words(from)), period),
            _ => noted(format!("In force on {}, not on {}.", date_in_words(now), date_in_words(then)), period),
        }],
        (Some(period), None) => vec![match period.to {
            Some(to) if to <= now => {
                noted(format!("In force until {} (that day no longer).", date_in_words(to)), period)
            }
            _ => noted(format!("In force on {}, not on {}.", date_in_words(then), date_in_words(now)), period),
        }],
        (Some(old), Some(new)) if (old.from, old.to, &old.note) != (new.from, new.to, &new.note) => {
            let since = new.from.map_or_else(|| "Now:".to_owned(), |from| format!("Since {}:", date_in_words(from)));
            let mut said = vec![if new.note.is_empty() {
                format!("{since} it applies in another way.")
            } else {
                format!("{since} {}", new.note)
            }];
            if !old.note.is_empty() {
                said.push(format!("Before: {}", old.note));
            }
            said
        }
        _ if before.summary != after.summary => vec!["The pack words it differently now.".to_owned()],
        _ => Vec::new(),
    }
}

fn told_by_changes(id: &str, then: &Worked<'_>, now: &Worked<'_>) -> Vec<String> {
    let (first, last) = (then.on.min(now.on), then.on.max(now.on));
    let told =
        now.pack.changes.iter().filter(|change| {
            first < change.date && change.date <= last && change.entries.iter().any(|entry| entry == id)
        });
    told.map(|change| format!("{}, {}: {}", change.title, date_in_words(change.date), change.text)).collect()
}

impl Difference {
    /// Whether nothing differs that a reader would act on.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.then.verdict == self.now.verdict
            && self.entries.is_empty()
            && self.acts == Differing::default()
            && self.warnings == Differing::default()
    }

    /// The difference for people, paragraph by paragraph.
    #[must_use]
    pub fn paragraphs(&self) -> Vec<String> {
        let mut said = vec![self.sides(), self.verdicts()];
        for side in [&self.then, &self.now] {
            said.extend(side.left_out.iter().cloned());
        }
        for (change, heading) in [
            (Change::Gained, "Fits now and did not then"),
            (Change::Lost, "Fitted then and does not now"),
            (Change::Changed, "Has changed"),
        ] {
            let these = self.entries.iter().filter(|entry| entry.change == change);
            said.extend(
                these.map(|entry| format!("{heading}: {} ({}). {}", entry.title, entry.cite, entry.because.join(" "))),
            );
        }
        for (differing, what) in [(&self.acts, "To do at once"), (&self.warnings, "Warning")] {
            said.extend(differing.only_then.iter().map(|text| format!("{what}, only then: {text}")));
            said.extend(differing.only_now.iter().map(|text| format!("{what}, only now: {text}")));
        }
        let concerning = self.changes.iter().filter(|change| change.concerns_this).count();
        if self.is_nothing() {
            said.push("Nothing in the law that fits, in what to do at once or in the warnings differs.".to_owned());
        }
        if !self.changes.is_empty() {
            said.push(format!(
                "Changes in the law between the two days: {}; touching law that fits here: {concerning}.",
                self.changes.len()
            ));
        }
        said
    }

    fn sides(&self) -> String {
        let side = |side: &Side| {
            format!(
                "the law of {} (pack {} {}, {})",
                date_in_words(side.on),
                side.pack.id,
                side.pack.version,
                short(&side.pack.digest)
            )
        };
        if self.then.pack.digest == self.now.pack.digest {
            format!(
                "The same case under the law of {} and of {} (pack {} {}, {}).",
                date_in_words(self.then.on),
                date_in_words(self.now.on),
                self.now.pack.id,
                self.now.pack.version,
                short(&self.now.pack.digest)
            )
        } else {
            format!("The same case under {} and under {}.", side(&self.then), side(&self.now))
        }
    }

    fn verdicts(&self) -> String {
        if self.then.verdict == self.now.verdict {
            return format!("The answer is the same: {}.", self.now.title);
        }
        format!(
            "The answer changes from “{}” to “{}”. Then it turned on: {} Now it turns on: {}",
            self.then.title, self.now.title, self.then.decided_by, self.now.decided_by
        )
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for paragraph in self.paragraphs() {
            writeln!(f, "{paragraph}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
