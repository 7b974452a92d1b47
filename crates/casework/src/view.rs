//! Views: that a member was shown something about people, when, and why (ACC-3).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::{
    Circumstances, DecisionId, DraftId, EmergencyId, HoldId, MatterId, Member, MemberId, Moment, OrganisationId,
    PersonId, Refused, ViewId, Wish, may_now,
};

/// How long views of one record by one reader for one reason count as one, in seconds.
pub const VIEWS_COUNT_AS_ONE_SECONDS: i64 = 60 * 60;

/// What was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// A person's own page.
    Person(PersonId),
    /// A person's protected address.
    Address(PersonId),
    /// A matter, with its people, items and decisions.
    Matter(MatterId),
    /// A recorded decision, on a page, on paper, as data, or its receipt.
    Decision(DecisionId),
    /// A draft.
    Draft(DraftId),
    /// A legal hold that names a person or a matter.
    Hold(HoldId),
    /// What would be destroyed with a person.
    Destroying(PersonId),
    /// Who has read a person.
    Readers(PersonId),
    /// The days of the matters about a person that could be opened in an emergency.
    Openable(PersonId),
    /// Emergency access, as it is reviewed.
    Emergency(EmergencyId),
    /// Who has read people, as the Guardian and advisers look it through.
    Oversight,
}

/// Why it was shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The reader is involved in this matter.
    Involved(MatterId),
    /// It is the reader's own draft.
    OwnDraft,
    /// The reader said why.
    Stated(String),
    /// The reader had this emergency access.
    Emergency(EmergencyId),
    /// The reader is the Caldicott Guardian, and it concerns confidential information.
    Guardian,
    /// The reader looks over what others read.
    Oversight,
    /// The reader set a conflict of interest for a colleague, and decides whether it means this person.
    SetConflict,
}

/// That a member was shown something about people: once for every reader, record, reason and hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its id.
    pub id: ViewId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which version this is, from 1; each time it is marked as looked at makes another.
    pub version: u64,
    /// Who saw it.
    pub reader: MemberId,
    /// About whom something was shown.
    pub people: BTreeSet<PersonId>,
    /// What was shown.
    pub seen: Seen,
    /// Why.
    pub why: Why,
    /// When it was shown first.
    pub first_at: Moment,
    /// Who looked at this view last, if anybody did.
    pub looked_at: Option<LookedAt>,
    /// Who looked at it before that, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<LookedAt>,
}

/// That somebody looked at a view and found nothing, or something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedAt {
    /// Who.
    pub by: MemberId,
    /// When.
    pub at: Moment,
    /// What they found.
    pub note: String,
}

problems! {
    /// What marking a view as looked at needs.
    MarkViewProblem {
        NoteMissing @ "note" = "Say what you found, in a line.",
    }
}

/// The hour in which views count as one: its beginning.
#[must_use]
pub const fn hour_of(at: Moment) -> Moment {
    let hour = VIEWS_COUNT_AS_ONE_SECONDS * 1_000_000;
    Moment::from_micros(at.micros().div_euclid(hour) * hour)
}

/// Marks a view as looked at, beside what was found before. Nobody marks their own.
pub fn mark_view(member: &Member, view: &View, note: &str, now: Moment) -> Result<View, Refused<MarkViewProblem>> {
    // Of what is about nobody by name, somebody who is nobody is asked about.
    let nobody = [PersonId::from_uuid(view.organisation.uuid())];
    for person in view.people.iter().copied().chain(nobody) {
        may_now(member, Wish::MarkView(view, person), &Circumstances::plain(now))?;
    }
    let problems = if blank(note) { vec![MarkViewProblem::NoteMissing] } else { Vec::new() };
    unless_problems(problems, || View {
        version: view.version + 1,
        looked_at: Some(LookedAt { by: member.id, at: now, note: note.trim().to_owned() }),
        earlier: view.earlier.iter().chain(&view.looked_at).cloned().collect(),
        ..view.clone()
    })
}
