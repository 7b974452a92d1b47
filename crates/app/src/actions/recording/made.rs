//! What a record is made of on the way: its ids and time, the people who are named, the matter it is on and the items that join it.

use std::collections::BTreeSet;

use casework::{DecisionId, Draft, Item, ItemId, Matter, MatterId, Moment, NewMatter, Person, PersonId};
use store::{Reading, Writing};

use super::{Basis, OnMatter, RecordDecision, Whom};
use crate::actions::Actor;
use crate::actions::conflicts::save_people;
use crate::actions::drafts::item_ids;
use crate::actions::matters::workable;
use crate::{App, AppError};

/// Ids and time, made once, so that a write that is tried again records the same thing.
pub(super) struct Made {
    pub(super) at: Moment,
    pub(super) id: DecisionId,
    pub(super) matter: MatterId,
    pub(super) people: Vec<PersonId>,
    pub(super) items: Vec<ItemId>,
}

impl Made {
    pub(super) fn now(app: &App, people: &[Whom], items: usize, id: Option<DecisionId>) -> Result<Self, AppError> {
        Ok(Self {
            at: app.clock.now(),
            id: id.map_or_else(|| app.clock.id(DecisionId::new), Ok)?,
            matter: app.clock.id(MatterId::new)?,
            people: people.iter().map(|_| app.clock.id(PersonId::new)).collect::<Result<_, _>>()?,
            items: item_ids(app, items)?,
        })
    }

    pub(super) fn people(&self, actor: &Actor, named: &[Whom], known: &BTreeSet<PersonId>) -> Result<People, AppError> {
        let mut people = People { known: known.clone(), new: Vec::new() };
        for (whom, id) in named.iter().zip(&self.people) {
            match whom {
                Whom::Known(person) => {
                    people.known.insert(*person);
                }
                Whom::New(new) => people.new.push(casework::register_person(&actor.member, *id, new.clone(), self.at)?),
            }
        }
        Ok(people)
    }

    pub(super) async fn matter(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        on: &OnMatter,
        about: &str,
        whom: &People,
    ) -> Result<OpenMatter, AppError> {
        let people = whom.ids();
        match on {
            OnMatter::New { title } => {
                let title = if title.trim().is_empty() { about } else { title };
                let new = NewMatter { title: title.to_owned(), people };
                // An empty line is asked for as what the decision is about, not as the title of a matter.
                if title.trim().is_empty() {
                    return Err(AppError::field("about", casework::RecordDecisionProblem::AboutMissing.to_string()));
                }
                let now = casework::open_matter(&actor.member, self.matter, new, self.at)?;
                Ok(OpenMatter { now, changed: true })
            }
            OnMatter::Existing(id) => {
                let matter = workable(writing, actor, *id, self.at).await?;
                if people.is_subset(&matter.people) {
                    return Ok(OpenMatter { now: matter, changed: false });
                }
                Ok(OpenMatter { now: casework::add_people(&actor.member, &matter, people, self.at)?, changed: true })
            }
        }
    }

    /// The draft's items as they join the matter. One that is on it already and reads the same is that one; one that reads otherwise is a
    /// new item, since what was recorded stays as it stood.
    pub(super) async fn items(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        matter: &Matter,
        command: &RecordDecision,
        draft: &Draft,
    ) -> Result<Vec<Kept>, AppError> {
        let mut kept = Vec::new();
        for (item, fresh) in
            casework::keep_draft_items(&actor.member, matter, draft, self.at)?.into_iter().zip(&self.items)
        {
            if matches!(command.basis, Basis::Case(_)) {
                // Made for this case a moment ago, so it can be on no matter yet.
                kept.push(Kept { item, new: true });
                continue;
            }
            kept.push(match writing.item(item.id).await? {
                None => Kept { item, new: true },
                Some(earlier) if earlier.matter == matter.id && earlier.entry == item.entry => {
                    Kept { item: earlier, new: false }
                }
                Some(_) => Kept { item: Item { id: *fresh, ..item }, new: true },
            });
        }
        Ok(kept)
    }
}

pub(super) struct People {
    pub(super) known: BTreeSet<PersonId>,
    pub(super) new: Vec<Person>,
}

impl People {
    pub(super) fn ids(&self) -> BTreeSet<PersonId> {
        self.known.iter().copied().chain(self.new.iter().map(|person| person.id)).collect()
    }

    pub(super) async fn save(&self, writing: &mut Writing, actor: &Actor, matter: &Matter) -> Result<(), AppError> {
        save_people(writing, actor, &self.new, matter, "people").await
    }

    /// These people as they are kept: the new ones are at hand.
    pub(super) async fn read(&self, reading: &mut Reading, ids: &BTreeSet<PersonId>) -> Result<Vec<Person>, AppError> {
        let mut people = Vec::with_capacity(ids.len());
        for &id in ids {
            match self.new.iter().find(|person| person.id == id) {
                Some(new) => people.push(new.clone()),
                None => people.extend(reading.person(id).await?),
            }
        }
        Ok(people)
    }
}

pub(super) struct OpenMatter {
    pub(super) now: Matter,
    pub(super) changed: bool,
}

impl OpenMatter {
    pub(super) async fn save(&self, writing: &mut Writing) -> Result<(), AppError> {
        if self.changed {
            writing.save_matter(&self.now).await?;
        }
        Ok(())
    }
}

pub(super) struct Kept {
    pub(super) item: Item,
    pub(super) new: bool,
}
