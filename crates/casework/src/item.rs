//! Items: single pieces of information, each saying what it is and where it comes from (guidance §5 Accurate).

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::wire::words;
use crate::{
    Action, Draft, ItemId, Matter, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Refused, Resource, may,
};

words! {
    /// What an item is, so that nobody takes an opinion for a fact.
    Standing {
        /// Seen, heard or recorded.
        Fact = "fact",
        /// Someone's opinion.
        Opinion = "opinion",
        /// Something alleged.
        Allegation = "allegation",
        /// A professional's judgement.
        Judgement = "judgement",
    }
    /// What kind of information it is in law.
    Category {
        /// Nothing below.
        Ordinary = "ordinary",
        /// About health.
        Health = "health",
        /// Another special category (UK GDPR Art 9).
        Special = "special",
        /// About offences or allegations of them (UK GDPR Art 10).
        Criminal = "criminal",
        /// An address that must stay secret.
        SafeAddress = "safe-address",
    }
    /// Whether the recipient needs it for the purpose.
    Need {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Unsure.
        Unsure = "unsure",
    }
    /// Whom it is about.
    About {
        /// The person this is about.
        Subject = "subject",
        /// The child at risk.
        Child = "child",
        /// Someone else.
        ThirdParty = "third-party",
        /// Several people.
        Several = "several",
    }
    /// Whether it was given in confidence.
    Confidence {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Unsure.
        Unsure = "unsure",
    }
    /// A restriction that holds it back whatever else is true (LAW-11).
    Restriction {
        /// None.
        None = "none",
        /// Gender recognition.
        GenderRecognition = "gender-recognition",
        /// Adoption.
        Adoption = "adoption",
        /// Fertility treatment.
        Fertility = "fertility",
        /// A spent conviction.
        SpentConviction = "spent-conviction",
        /// Family court papers.
        FamilyCourt = "family-court",
        /// A victim's anonymity.
        VictimAnonymity = "victim-anonymity",
        /// Sexual health.
        SexualHealth = "sexual-health",
        /// Legal privilege.
        LegalPrivilege = "legal-privilege",
    }
    /// Whether it is historical, and if so whether its context is given.
    Historical {
        /// It is not.
        No = "no",
        /// It is, and its context is given.
        WithContext = "with-context",
        /// It is, and its context is not given.
        WithoutContext = "without-context",
    }
}

/// What is said about one piece of information; anything may be left out while drafting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemEntry {
    /// The information itself.
    pub text: String,
    /// Fact, opinion, allegation or judgement.
    pub standing: Option<Standing>,
    /// Where it comes from.
    pub source: String,
    /// When it happened.
    pub event_on: Option<Date>,
    /// When it was first written down.
    pub recorded_on: Option<Date>,
    /// When it was last checked.
    pub last_checked_on: Option<Date>,
    /// Whom it is about.
    pub about: Option<About>,
    /// Whether it was given in confidence.
    pub confidence: Option<Confidence>,
    /// What kind of information it is in law.
    pub category: Option<Category>,
    /// Whether the recipient needs it.
    pub need: Option<Need>,
    /// A restriction that holds it back.
    pub restriction: Option<Restriction>,
    /// Whether it is historical.
    pub historical: Option<Historical>,
    /// The context of a historical item.
    pub historical_context: String,
}

/// One piece of information on a matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The organisation that holds it.
    pub organisation: OrganisationId,
    /// The matter it belongs to.
    pub matter: MatterId,
    /// Which version this is, from 1.
    pub version: u64,
    /// The people it is about: it is destroyed with the last of them.
    pub people: BTreeSet<PersonId>,
    /// What it says.
    pub entry: ItemEntry,
    /// Who added it.
    pub added_by: MemberId,
    /// When it was added.
    pub added_at: Moment,
}

problems! {
    /// What an item needs before it joins a matter.
    AddItemProblem {
        TextMissing @ "text" = "Enter the information.",
        StandingMissing @ "standing" = "Say whether it is a fact, an opinion, an allegation or a judgement.",
        SourceMissing @ "source" = "Say where it comes from.",
        PersonElsewhere @ "people" = "Choose people whom this matter is about.",
        ContextMissing @ "historical_context" = "Give the context of this older information.",
    }
}

/// Adds an item to a matter. `people` are those it is about; none means the matter's people.
pub fn add_item(
    member: &Member,
    matter: &Matter,
    id: ItemId,
    people: BTreeSet<PersonId>,
    entry: ItemEntry,
    now: Moment,
) -> Result<Item, Refused<AddItemProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    let mut problems = Vec::new();
    if blank(&entry.text) {
        problems.push(AddItemProblem::TextMissing);
    }
    if entry.standing.is_none() {
        problems.push(AddItemProblem::StandingMissing);
    }
    if blank(&entry.source) {
        problems.push(AddItemProblem::SourceMissing);
    }
    if !people.is_subset(&matter.people) {
        problems.push(AddItemProblem::PersonElsewhere);
    }
    if entry.historical == Some(Historical::WithContext) && blank(&entry.historical_context) {
        problems.push(AddItemProblem::ContextMissing);
    }
    unless_problems(problems, || Item {
        id,
        organisation: matter.organisation,
        matter: matter.id,
        version: 1,
        people: if people.is_empty() { matter.people.clone() } else { people },
        entry,
        added_by: member.id,
        added_at: now,
    })
}

/// The items of a draft as they join the matter it is recorded on. What is still unsaid stays unsaid: nobody is held up
/// in an emergency to finish a form (DEC-12), and an empty item is left out.
pub fn keep_draft_items(
    member: &Member,
    matter: &Matter,
    draft: &Draft,
    now: Moment,
) -> Result<Vec<Item>, Refused<AddItemProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    may(member, Action::WorkOn, Resource::Draft(draft))?;
    let said = draft.items.iter().filter(|item| !blank(&item.entry.text));
    Ok(said
        .map(|item| Item {
            id: item.id,
            organisation: matter.organisation,
            matter: matter.id,
            version: 1,
            people: matter.people.clone(),
            entry: item.entry.clone(),
            added_by: member.id,
            added_at: now,
        })
        .collect())
}
