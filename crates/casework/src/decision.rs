//! Recorded decisions: never changed, corrected only by a later one that says why (REC-2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::wire::words;
use crate::{AdviceText, DecisionId, DraftId, ItemEntry, ItemId, MatterId, MemberId, Moment, OrganisationId, PersonId};

words! {
    /// What the guidance advised.
    Verdict {
        /// Share.
        Share = "share",
        /// Share, so that nobody can be identified.
        ShareAnonymised = "share-anonymised",
        /// Do not share.
        DoNotShare = "do-not-share",
        /// Ask for advice first.
        Advice = "advice",
        /// More has to be known first.
        Incomplete = "incomplete",
    }
    /// What the practitioner decided.
    Choice {
        /// Share all of it.
        Share = "share",
        /// Share some of it.
        ShareSome = "share-some",
        /// Share, so that nobody can be identified.
        ShareAnonymised = "share-anonymised",
        /// Do not share.
        DoNotShare = "do-not-share",
        /// Not yet; look again.
        Delay = "delay",
        /// Ask for advice first.
        AskAdvice = "ask-advice",
    }
    /// Whether an item goes or stays.
    Judgement {
        /// It goes.
        In = "in",
        /// It stays.
        Out = "out",
        /// It needs advice first.
        Ask = "ask",
    }
}

impl Choice {
    /// Whether anything that may identify a person leaves the organisation.
    pub const fn shares_about_people(self) -> bool {
        matches!(self, Self::Share | Self::ShareSome)
    }

    /// Whether anything leaves at all.
    pub const fn shares(self) -> bool {
        matches!(self, Self::Share | Self::ShareSome | Self::ShareAnonymised)
    }
}

/// A decision as recorded. Fields are open for reading; the store keeps no way to change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The organisation that decided.
    pub organisation: OrganisationId,
    /// The matter it belongs to.
    pub matter: MatterId,
    /// The people it is about, on whose records it stands.
    pub people: BTreeSet<PersonId>,
    /// In a line, whom and what it is about.
    pub about: String,
    /// The items it was about, each as it then stood.
    pub items: Vec<DecidedItem>,
    /// Who decided.
    pub member: MemberId,
    /// Their name at the time.
    pub member_name: String,
    /// Their job at the time.
    pub member_role_title: String,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// The legal day (Europe/London) of the recording.
    pub recorded_on: Date,
    /// To whom; none where it was not known or nobody asked.
    pub recipient: Option<Recipient>,
    /// For what purpose.
    pub purpose: String,
    /// The practitioner's own decision.
    pub own: OwnDecision,
    /// What the guidance advised, exactly; none for a quick record of not sharing.
    pub advice: Option<AdviceTaken>,
    /// Article 8 in the practitioner's own words (LAW-5).
    pub article_8: Option<Article8>,
    /// The discussion with the requester, where it was not shared (REC-3).
    pub requester_discussion: String,
    /// Advice asked for and given elsewhere, and how the discussion ended (REC-4).
    pub advice_sought: String,
    /// Whether and why the person was told.
    pub told: Option<Told>,
    /// When to look at this again.
    pub look_again_on: Option<Date>,
    /// What to do now that was done, and when.
    pub acts_done: Vec<ActDone>,
    /// Other words typed on the way, by the pack's field id.
    pub texts: BTreeMap<String, String>,
    /// The draft it came from.
    pub draft: Option<DraftId>,
    /// The earlier decision that it corrects, and why.
    pub corrects: Option<Correction>,
}

/// An item as the decision judged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedItem {
    /// The item.
    pub item: ItemId,
    /// What it said on that day.
    pub entry: ItemEntry,
    /// Whether it goes or stays.
    pub judgement: Judgement,
    /// Why.
    pub reason: String,
}

/// To whom information goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The kind of body, by the pack's id.
    pub body: Option<String>,
    /// The organisation's name.
    pub organisation: String,
    /// The person's or team's name.
    pub name: String,
    /// Their role.
    pub role: String,
}

/// What the practitioner decided, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDecision {
    /// The decision.
    pub choice: Choice,
    /// Why, in their own words.
    pub reasons: String,
    /// Why it departs from the advice, where it does (DEC-9).
    pub departing: Option<String>,
}

/// The advice exactly as it was given, so that it can be shown and replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceTaken {
    /// What was advised.
    pub verdict: Verdict,
    /// Under which pack.
    pub pack: PackRef,
    /// The legal day it was judged on.
    pub judged_on: Date,
    /// Someone may be in danger: what else is unknown may be completed afterwards (DEC-12).
    pub urgent: bool,
    /// Sharing would interfere with privacy without consent, so Article 8 is to be answered (LAW-5).
    pub interferes: bool,
    /// The facts, as the exact JSON text that was judged.
    pub facts: String,
    /// The advice, as the exact JSON text that was given.
    pub document: AdviceText,
}

/// Which guidance pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackRef {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The digest of its files, by which the store finds it.
    pub digest: String,
}

/// Article 8 of the European Convention on Human Rights, in the practitioner's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article8 {
    /// The legitimate aim.
    pub aim: String,
    /// Why it is necessary.
    pub necessity: String,
    /// Why it is proportionate.
    pub proportionality: String,
}

/// Whether the person was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "kebab-case")]
pub enum Told {
    /// They were told.
    Yes {
        /// What was said and how they took it.
        words: String,
    },
    /// They will be told later.
    Later {
        /// Why not now.
        why: String,
    },
    /// They will not be told.
    No {
        /// Why not.
        why: String,
    },
}

/// Something to be done at once that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActDone {
    /// What, by the pack's id (`police`, `csc`).
    pub act: String,
    /// When, as the practitioner wrote it.
    pub at: String,
    /// Anything to note: to whom, which reference.
    pub note: String,
}

/// That a decision corrects an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The earlier one, which stays as it was.
    pub decision: DecisionId,
    /// What was wrong with it.
    pub why: String,
}
