//! What conditions mean, read afresh from the pack: slow, plain, and apart from the engine that is tested against it.

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::civil::Date;
use sharewell_guidance::facts::{Facts, UNKNOWN_BIT, UNSURE_BIT};
use sharewell_guidance::pack::{Commencement, FactIx, NodeIx, NodeKind, Pack};
use sharewell_guidance::truth::Truth::{self, No, Unknown, Unsure, Yes};
use sharewell_guidance::verdict::Verdict::{self, Advice, DoNotShare, Incomplete, Share, ShareAnonymised};

/// A case being read under the law of a day.
pub struct Reading<'a> {
    pack: &'a Pack,
    facts: &'a Facts,
    on: Date,
    known: RefCell<HashMap<usize, Truth>>,
}

/// The one that comes first in `order`, else `otherwise`.
fn first_of(truths: &[Truth], order: [Truth; 3], otherwise: Truth) -> Truth {
    order.into_iter().find(|truth| truths.contains(truth)).unwrap_or(otherwise)
}

fn all(truths: &[Truth]) -> Truth {
    first_of(truths, [No, Unsure, Unknown], Yes)
}

fn any(truths: &[Truth]) -> Truth {
    first_of(truths, [Yes, Unsure, Unknown], No)
}

impl<'a> Reading<'a> {
    /// Starts reading facts as they were judged.
    pub fn new(pack: &'a Pack, facts: &'a Facts, on: Date) -> Self {
        Reading { pack, facts, on, known: RefCell::default() }
    }

    /// Whether the named condition is met.
    pub fn condition(&self, id: &str) -> Truth {
        self.named(self.pack.condition_index(id).unwrap())
    }

    fn named(&self, index: usize) -> Truth {
        if let Some(known) = self.known.borrow().get(&index) {
            return *known;
        }
        let truth = self.node(self.pack.conditions[index].node);
        self.known.borrow_mut().insert(index, truth);
        truth
    }

    /// Whether the entry fits, whatever is known of its start.
    pub fn entry(&self, index: usize) -> Truth {
        let entry = &self.pack.entries[index];
        let stood = |from: Option<Date>, to: Option<Date>| {
            from.is_none_or(|from| from <= self.on) && to.is_none_or(|to| self.on < to)
        };
        let period = entry.periods.iter().find(|period| stood(period.from, period.to));
        match period.and_then(|period| period.when) {
            Some(when) if entry.commencement != Commencement::Inactive => self.node(when),
            _ => No,
        }
    }

    fn answer(&self, fact: FactIx, wanted: u64) -> Truth {
        match self.facts.mask(fact) {
            mask if mask & wanted != 0 => Yes,
            UNKNOWN_BIT => Unknown,
            UNSURE_BIT => Unsure,
            _ => No,
        }
    }

    fn node(&self, at: NodeIx) -> Truth {
        let each = |children: &[NodeIx]| children.iter().map(|child| self.node(*child)).collect::<Vec<_>>();
        match &self.pack.nodes[at.0 as usize].kind {
            NodeKind::Is { fact, accept } => self.answer(*fact, *accept),
            NodeKind::Unless { fact, reject } => Truth::from(self.answer(*fact, *reject) != Yes),
            NodeKind::All(children) => all(&each(children)),
            NodeKind::Any(children) => any(&each(children)),
            NodeKind::Not(child) => match self.node(*child) {
                Yes => No,
                No => Yes,
                open => open,
            },
            NodeKind::Sure(child) => Truth::from(self.node(*child) == Yes),
            NodeKind::Named(index) => self.named(*index),
            NodeKind::Entry(index) => self.entry(*index),
            NodeKind::AnyEntry(gives) => {
                let entries = self.pack.entries.iter().enumerate();
                let counting = entries
                    .filter(|(_, entry)| entry.commencement == Commencement::Confirmed && entry.gives.contains(gives));
                any(&counting.map(|(index, _)| self.entry(index)).collect::<Vec<_>>())
            }
        }
    }

    /// DEC-4b: the first line that holds.
    pub fn verdict(&self) -> Verdict {
        let danger = self.condition("danger");
        if self.condition("raises-risk") == Yes {
            return DoNotShare;
        }
        if danger == Yes && self.condition("told-to-protector") == Yes {
            return Share;
        }
        match (self.the_four_questions(), self.condition("protective")) {
            // Told to another body that can protect: never "do not share" while danger is not ruled out.
            (DoNotShare, Yes) if danger == Unknown => Incomplete,
            (DoNotShare, Yes | Unsure) if danger == Yes || danger == Unsure => Advice,
            (DoNotShare, Unknown) if danger == Yes || danger == Unsure => Incomplete,
            (verdict, _) => verdict,
        }
    }

    fn the_four_questions(&self) -> Verdict {
        let (consent, identifies) = (self.condition("consent-valid"), self.condition("identifies"));
        match self.condition("purpose") {
            No => return DoNotShare,
            Unsure => return Advice,
            Unknown => return Incomplete,
            Yes => {}
        }
        let verdict = if consent == Yes {
            Share
        } else if identifies == No {
            ShareAnonymised
        } else {
            let verdict = self.without_consent();
            // A "do not share" waits for an open answer to an earlier question; the later of the two says how.
            let doubt = [identifies, consent].into_iter().find(|answer| answer.is_open());
            match (verdict, doubt) {
                (DoNotShare, Some(Unsure)) => Advice,
                (DoNotShare, Some(_)) => Incomplete,
                _ => verdict,
            }
        };
        let shares = verdict == Share || verdict == ShareAnonymised;
        if shares && self.condition("nothing-left") == Yes {
            DoNotShare
        } else if shares && self.condition("all-held") == Yes {
            Advice
        } else {
            verdict
        }
    }

    /// DEC-4a, with whom it would go to.
    fn without_consent(&self) -> Verdict {
        let parts = ["needed", "gateway", "article-6", "article-9", "article-10", "confidence-met", "not-forbidden"];
        let mut lawful = all(&parts.map(|part| self.condition(part)));
        if self.condition("another-decides") == Yes {
            lawful = Unsure;
        }
        let recipient = self.condition("recipient-known");
        if lawful == No {
            DoNotShare
        } else if recipient == No {
            Incomplete
        } else {
            match all(&[lawful, recipient]) {
                Yes => Share,
                Unsure => Advice,
                // Unsure about the law outranks what is merely missing; so `all` has it already.
                _ => Incomplete,
            }
        }
    }
}
