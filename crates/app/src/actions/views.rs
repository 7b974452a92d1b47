//! The log of views: whenever a member is shown something about people, that is kept, with why, before they see it (ACC-3).
//!
//! What counts as one view is kept once and counted afterwards: the counts are gathered in memory and written every second, so that
//! reading the same page again costs nothing. Only the count of the last second can be lost, never that somebody read.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use casework::{Moment, OrganisationId, PersonId, Seen, View, ViewId, Way, Why, hour_of};
use store::{StoreError, Writing};

use super::Actor;
use crate::{App, AppError};

/// How many views wait in memory at most while the disk is full. Then nobody reads before there is space again.
const MOST_WAITING: usize = 500;

/// Something that is shown about people.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// About whom. Nobody: then it is kept only where it was opened by exception.
    pub(super) people: BTreeSet<PersonId>,
    /// What.
    pub(super) seen: Seen,
    /// Why.
    pub(super) why: Why,
}

/// Why something was shown that was opened in this way; `ordinarily` is what an ordinary way comes to.
pub(super) fn why(way: Way, ordinarily: Why, reason: &str) -> Why {
    match way {
        Way::Ordinary => ordinarily,
        Way::Guardian => Why::Guardian,
        Way::StatedReason => Why::Stated(reason.trim().to_owned()),
        Way::Emergency(id) => Why::Emergency(id),
    }
}

/// The views that this copy of the program knows to be kept, and how often they were shown again since.
#[derive(Debug, Default)]
pub struct Views(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    again: HashMap<(OrganisationId, ViewId), Again>,
    /// Views that could not be written because the disk is full.
    waiting: Vec<View>,
}

#[derive(Debug)]
struct Again {
    hour: Moment,
    times: u64,
}

impl Views {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a view that is kept already; says whether it was.
    fn counted(&self, view: &View) -> bool {
        let mut known = self.known();
        let again = known.again.get_mut(&(view.organisation, view.id));
        again.map(|again| again.times += 1).is_some()
    }

    fn are_kept(&self, views: &[View]) {
        let mut known = self.known();
        for view in views {
            let again = Again { hour: hour_of(view.first_at), times: 0 };
            known.again.entry((view.organisation, view.id)).or_insert(again);
        }
    }

    /// Lets views wait until there is space; says how many wait now, or none when they are too many.
    fn wait(&self, views: &[View]) -> Option<usize> {
        let mut known = self.known();
        if known.waiting.len() + views.len() > MOST_WAITING {
            return None;
        }
        known.waiting.extend_from_slice(views);
        Some(known.waiting.len())
    }

    /// Whether somebody who is shown this is entitled to it by what they are, every day.
    fn is_everyday(view: &View) -> bool {
        matches!(view.why, Why::Involved(_) | Why::OwnDraft)
    }
}

impl Shown {
    /// Whether it is kept: everything about people, and what is about nobody by name where it was opened by exception.
    fn is_kept(&self) -> bool {
        !self.people.is_empty() || matches!(self.why, Why::Stated(_) | Why::Emergency(_) | Why::Guardian)
    }
}

/// Keeps that the actor is shown this. Whatever is shown of people comes through here, before it is shown.
///
/// On a full disk those who read by what they are every day go on reading, because a child's record may be needed now: up to
/// [`MOST_WAITING`] views wait in memory, each is said in the log, without names, and all are written as soon as there is space. Whoever
/// reads by exception, for a stated reason or in an emergency, does not.
///
/// # Errors
/// When it cannot be kept: then it is not shown.
pub(super) async fn note(app: &App, actor: &Actor, shown: impl IntoIterator<Item = Shown>) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut new = Vec::new();
    for Shown { people, seen, why } in shown.into_iter().filter(Shown::is_kept) {
        let mut view = View {
            id: app.clock.id(ViewId::new)?,
            organisation: actor.organisation.id,
            version: 1,
            reader: actor.member.id,
            people,
            seen,
            why,
            first_at: now,
            looked_at: None,
            earlier: Vec::new(),
        };
        // Each stated reason is one of its own, said twice in an hour or not.
        if !matches!(view.why, Why::Stated(_)) {
            view.id = store::view_id(&view)?;
        }
        if !app.views.counted(&view) {
            new.push(view);
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let written = match write(app, actor.organisation.id, &new).await {
        // Another copy of the program showed the same at the same moment: now it is there to be counted.
        Err(StoreError::Exists) => write(app, actor.organisation.id, &new).await,
        written => written,
    };
    match written {
        Ok(()) => app.views.are_kept(&new),
        Err(StoreError::DiskFull(cause)) if new.iter().all(Views::is_everyday) => {
            let waiting = app.views.wait(&new).ok_or(StoreError::DiskFull(cause))?;
            tracing::error!(waiting, "the disk is full: a view of a record waits in memory to be kept");
        }
        // Whom it was about was destroyed meanwhile.
        Err(StoreError::NoHolder) => return Err(AppError::NotFound),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn write(app: &App, organisation: OrganisationId, views: &[View]) -> Result<(), StoreError> {
    app.store
        .write("note_views", organisation, |mut writing: Writing| async move {
            for view in views {
                writing.note_view(view).await?;
            }
            Ok(())
        })
        .await
}

/// Writes what is only in memory yet: how often views were repeated, and views that waited for space. Called every second while the program
/// serves, and before it stops.
///
/// # Errors
/// When it cannot be written; it is tried again the next time.
pub async fn keep_views(app: &App) -> Result<(), AppError> {
    let hour = hour_of(app.clock.now());
    let (again, waiting) = {
        let mut known = app.views.known();
        let mut again: HashMap<OrganisationId, Vec<(ViewId, u64)>> = HashMap::new();
        for ((organisation, view), counted) in &mut known.again {
            if counted.times > 0 {
                again.entry(*organisation).or_default().push((*view, std::mem::take(&mut counted.times)));
            }
        }
        known.again.retain(|_, counted| counted.hour >= hour);
        (again, std::mem::take(&mut known.waiting))
    };
    let mut kept = Ok(());
    for view in waiting {
        match write(app, view.organisation, std::slice::from_ref(&view)).await {
            Ok(()) => app.views.are_kept(std::slice::from_ref(&view)),
            // Whom it was about was destroyed meanwhile, and with them what was known of who saw them.
            Err(StoreError::NoHolder) => {}
            Err(error) => {
                app.views.known().waiting.push(view);
                kept = Err(error);
            }
        }
    }
    for (organisation, counts) in again {
        let counted = &counts;
        let written = app
            .store
            .write("count_views", organisation, |mut writing: Writing| async move {
                for &(view, times) in counted {
                    writing.count_views(view, times).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await;
        if let Err(error) = written {
            let mut known = app.views.known();
            for (view, times) in counts {
                let lost = Again { hour, times: 0 };
                known.again.entry((organisation, view)).or_insert(lost).times += times;
            }
            kept = Err(error);
        }
    }
    Ok(kept?)
}
