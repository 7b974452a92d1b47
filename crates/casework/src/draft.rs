//! Drafts: a decision as far as it has been answered. Nothing typed is lost (REC-7), so anything may be missing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::problem::{problems, unless_problems};
use crate::{
    Action, DraftId, ItemEntry, ItemId, Matter, MatterId, Member, MemberId, Moment, OrganisationId, PersonId, Refused,
    Resource, may,
};

/// A decision not yet recorded. It belongs to the member who started it and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Whose draft it is.
    pub member: MemberId,
    /// Which version this is, from 1; a save names the version it changes.
    pub version: u64,
    /// The matter it will be recorded on, where one is chosen.
    pub matter: Option<MatterId>,
    /// People already known here whom it is about.
    pub people: BTreeSet<PersonId>,
    /// The answers given so far: the pack's fact id to the values chosen (`unsure` among them).
    pub answers: BTreeMap<String, Vec<String>>,
    /// Free texts by the pack's field id (`recipient_name`, `subjects`, `purpose_words`, …).
    pub texts: BTreeMap<String, String>,
    /// The items of information, in the order added.
    pub items: Vec<DraftItem>,
    /// The practitioner's own notes.
    pub notes: String,
    /// The page to come back to, by the pack's question id.
    pub last_page: Option<String>,
    /// When it was started.
    pub started_at: Moment,
    /// When it was last saved.
    pub saved_at: Moment,
}

/// An item of a draft, with the id it will keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftItem {
    /// Its id, from the start, so that a page can name it.
    pub id: ItemId,
    /// What is said about it so far.
    pub entry: ItemEntry,
}

/// What may already be known when a draft is started: on a matter, from "talk it through", or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDraft {
    /// Answers already given.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Free texts already given.
    pub texts: BTreeMap<String, String>,
    /// Items already given.
    pub items: Vec<DraftItem>,
}

/// The most items a draft may hold.
pub const MOST_ITEMS: usize = 200;

problems! {
    /// What saving a draft needs.
    SaveDraftProblem {
        TooManyItems @ "items" = "Keep to 200 items of information; start a second decision for more.",
        ItemTwice @ "items" = "Each item of information can be added once.",
    }
}

/// Starts a draft, on a matter or on none yet.
pub fn start_draft(
    member: &Member,
    id: DraftId,
    matter: Option<&Matter>,
    new: NewDraft,
    now: Moment,
) -> Result<Draft, Refused<SaveDraftProblem>> {
    may(member, Action::StartCasework, Resource::Organisation(member.organisation))?;
    if let Some(matter) = matter {
        may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    }
    unless_problems(item_problems(&new.items), || Draft {
        id,
        organisation: member.organisation,
        member: member.id,
        version: 1,
        matter: matter.map(|matter| matter.id),
        people: matter.map(|matter| matter.people.clone()).unwrap_or_default(),
        answers: new.answers,
        texts: new.texts,
        items: new.items,
        notes: String::new(),
        last_page: None,
        started_at: now,
        saved_at: now,
    })
}

/// The next version of a draft, as `change` leaves it. Id, owner and times stay this function's business.
pub fn save_draft(
    member: &Member,
    draft: &Draft,
    now: Moment,
    change: impl FnOnce(&mut Draft),
) -> Result<Draft, Refused<SaveDraftProblem>> {
    may(member, Action::WorkOn, Resource::Draft(draft))?;
    let mut changed = draft.clone();
    change(&mut changed);
    unless_problems(item_problems(&changed.items), || Draft {
        id: draft.id,
        organisation: draft.organisation,
        member: draft.member,
        version: draft.version + 1,
        started_at: draft.started_at,
        saved_at: now,
        ..changed
    })
}

fn item_problems(items: &[DraftItem]) -> Vec<SaveDraftProblem> {
    let mut problems = Vec::new();
    if items.len() > MOST_ITEMS {
        problems.push(SaveDraftProblem::TooManyItems);
    }
    if items.iter().map(|item| item.id).collect::<BTreeSet<_>>().len() < items.len() {
        problems.push(SaveDraftProblem::ItemTwice);
    }
    problems
}
