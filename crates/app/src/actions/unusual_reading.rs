//! The list of unusual reading: views that stand out, for the Guardian and advisers to look at, and to mark as looked at (ACC-3). The signs
//! are casework's ([`casework::unusual`]); here is what they are looked for in, and who is shown what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use casework::{
    Circumstances, Declaration, Glance, LONGEST_TEXT, LOOK_BACK_DAYS, LookedAt, Member, MemberId, Moment, Person,
    PersonId, Role, Seen, Sign, Surroundings, ViewId, Why, Wish, may_now,
};
use store::{Reading, Viewed, Writing};

use super::Actor;
use super::limits::at_most;
use super::views::{self, Shown};
use crate::clock::in_london;
use crate::{App, AppError};

/// How many views a page of the list shows.
pub const UNUSUAL_ON_A_PAGE: usize = 25;

/// A view that stands out.
#[derive(Debug, Clone)]
pub struct UnusualView {
    /// The view, and how often.
    pub viewed: Viewed,
    /// Why it stands out.
    pub signs: BTreeSet<Sign>,
    /// Who saw it, if the organisation still knows them.
    pub reader: Option<Member>,
    /// About whom, as far as anything is kept.
    pub people: Vec<Person>,
    /// Who marked it as looked at, as far as the organisation knows them, and what they found; the oldest first.
    pub looked: Vec<(LookedAt, Option<Member>)>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct UnusualReading {
    /// The views, those not looked at yet first, and of each the newest first.
    pub views: Vec<UnusualView>,
    /// Whether there are more.
    pub more: bool,
    /// From when on it looks.
    pub since: Moment,
    /// How many stand out by each sign and were not looked at yet.
    pub waiting: BTreeMap<Sign, usize>,
    /// How many were not looked at yet.
    pub waiting_in_all: usize,
}

/// A view that stands out, before it is opened.
struct Found {
    view: ViewId,
    at: Moment,
    signs: BTreeSet<Sign>,
    marked: bool,
}

/// What the whole list is made from.
struct Whole {
    found: Vec<Found>,
    everybody: Vec<Member>,
    people: HashMap<PersonId, Person>,
}

fn may_look(actor: &Actor, now: Moment) -> Result<(), AppError> {
    may_now(&actor.member, Wish::ReadUnusualViews(actor.organisation.id), &Circumstances::plain(now))?;
    Ok(())
}

/// Everything that stands out for this adviser: not their own reading, and nothing about somebody whom they must not see. Those wait for
/// another adviser.
async fn whole(reading: &mut Reading, actor: &Actor, now: Moment) -> Result<Whole, AppError> {
    let since = since(now);
    let rows = reading.glances(since, now.plus_seconds(1)).await?;
    let everybody = reading.members().await?;
    let people: HashMap<PersonId, Person> = reading.people().await?.into_iter().map(|one| (one.id, one)).collect();
    // A sign must not say where somebody lives whose address is protected; nor is a street looked for that somebody else declared, who
    // could find one out by it.
    let addresses = reading.addresses().await?.into_iter().filter(|one| !one.protected);
    let mut streets: HashMap<MemberId, Vec<String>> = HashMap::new();
    for declaration in reading.declarations().await?.into_iter().filter(Declaration::by_oneself) {
        streets.entry(declaration.member).or_default().push(declaration.street);
    }
    let was_involved = reading.ended_involvement(since, now).await?;
    let marked: BTreeSet<ViewId> = rows.iter().filter(|one| one.marked).map(|one| one.glance.view).collect();
    let glances: Vec<Glance> = rows.into_iter().map(|one| one.glance).collect();
    let known = Surroundings {
        members: &everybody,
        names: people.iter().map(|(id, one)| (*id, one.name.clone())).collect(),
        addresses: addresses.map(|one| (one.person, one.lines)).collect(),
        streets,
        was_involved: &was_involved,
        local: in_london,
    };
    let signs: HashMap<ViewId, BTreeSet<Sign>> = casework::unusual(&glances, &known).into_iter().collect();
    let hidden = |glance: &Glance| {
        glance.reader == actor.member.id || glance.people.iter().any(|one| actor.member.conflicts.contains(one))
    };
    let mut found: Vec<Found> = glances
        .iter()
        .filter(|glance| !hidden(glance))
        .filter_map(|glance| {
            let signs = signs.get(&glance.view)?.clone();
            Some(Found { view: glance.view, at: glance.at, signs, marked: marked.contains(&glance.view) })
        })
        .collect();
    found.sort_by_key(|one| (one.marked, std::cmp::Reverse((one.at, one.view))));
    Ok(Whole { found, everybody, people })
}

fn since(now: Moment) -> Moment {
    now.plus_seconds(-LOOK_BACK_DAYS * 24 * 60 * 60)
}

async fn opened(reading: &mut Reading, whole: &Whole, found: &Found) -> Result<Option<UnusualView>, AppError> {
    let Some(viewed) = reading.view(found.view).await? else { return Ok(None) };
    let member = |id: MemberId| whole.everybody.iter().find(|one| one.id == id).cloned();
    let looked = viewed.view.earlier.iter().chain(&viewed.view.looked_at);
    Ok(Some(UnusualView {
        signs: found.signs.clone(),
        reader: member(viewed.view.reader),
        people: viewed.view.people.iter().filter_map(|id| whole.people.get(id).cloned()).collect(),
        looked: looked.map(|looked| (looked.clone(), member(looked.by))).collect(),
        viewed,
    }))
}

/// Keeps that the adviser was shown who read whom.
async fn note(app: &App, actor: &Actor, views: &[UnusualView]) -> Result<(), AppError> {
    let people: BTreeSet<PersonId> = views.iter().flat_map(|one| &one.people).map(|person| person.id).collect();
    views::note(app, actor, [Shown { people, seen: Seen::Oversight, why: Why::Oversight }]).await
}

/// A page of the views of the last 30 days that stand out, by a sign or all; `page` counts from 0.
///
/// # Errors
/// `NotFound` for anyone but an adviser.
pub async fn unusual_reading(
    app: &App,
    actor: &Actor,
    sign: Option<Sign>,
    page: u32,
) -> Result<UnusualReading, AppError> {
    let now = app.clock.now();
    may_look(actor, now)?;
    let reading = app
        .store
        .read("unusual_reading", actor.organisation.id, |mut reading: Reading| async move {
            let whole = whole(&mut reading, actor, now).await?;
            let mut waiting: BTreeMap<Sign, usize> = BTreeMap::new();
            for sign in whole.found.iter().filter(|one| !one.marked).flat_map(|one| &one.signs) {
                *waiting.entry(*sign).or_default() += 1;
            }
            let waiting_in_all = whole.found.iter().filter(|one| !one.marked).count();
            let wanted = whole.found.iter().filter(|one| sign.is_none_or(|sign| one.signs.contains(&sign)));
            let before = usize::try_from(page).map_or(usize::MAX, |page| page.saturating_mul(UNUSUAL_ON_A_PAGE));
            let mut wanted = wanted.skip(before);
            let mut views = Vec::new();
            for found in wanted.by_ref().take(UNUSUAL_ON_A_PAGE) {
                views.extend(opened(&mut reading, &whole, found).await?);
            }
            let more = wanted.next().is_some();
            Ok::<_, AppError>(UnusualReading { views, more, since: since(now), waiting, waiting_in_all })
        })
        .await?;
    note(app, actor, &reading.views).await?;
    Ok(reading)
}

/// How many views stand out and were not looked at yet; none for those who do not look over reading. Nobody is named, so nothing is kept.
///
/// # Errors
/// When the store fails.
pub(super) async fn unusual_waiting(app: &App, actor: &Actor) -> Result<Option<usize>, AppError> {
    let now = app.clock.now();
    if may_look(actor, now).is_err() {
        return Ok(None);
    }
    app.store
        .read("unusual_waiting", actor.organisation.id, |mut reading: Reading| async move {
            let whole = whole(&mut reading, actor, now).await?;
            Ok(Some(whole.found.iter().filter(|one| !one.marked).count()))
        })
        .await
}

/// How many look over unusual reading here, for an administrator, who makes advisers: nobody looks over the only one's own. None for others.
///
/// # Errors
/// When the store fails.
pub async fn look_over_reading(app: &App, actor: &Actor) -> Result<Option<usize>, AppError> {
    if !actor.member.is(Role::Administrator) {
        return Ok(None);
    }
    let now = app.clock.now();
    let everybody = app
        .store
        .read("look_over_reading", actor.organisation.id, |mut reading: Reading| async move { reading.members().await })
        .await?;
    let wish = Wish::ReadUnusualViews(actor.organisation.id);
    let able = |one: &&Member| may_now(one, wish, &Circumstances::plain(now)).is_ok();
    Ok(Some(everybody.iter().filter(able).count()))
}

/// One view that stands out.
///
/// # Errors
/// `NotFound` for anyone but an adviser, for one's own, and for a view that does not stand out.
pub async fn unusual_view(app: &App, actor: &Actor, id: ViewId) -> Result<UnusualView, AppError> {
    let now = app.clock.now();
    may_look(actor, now)?;
    let view = app
        .store
        .read("unusual_view", actor.organisation.id, |mut reading: Reading| async move {
            let whole = whole(&mut reading, actor, now).await?;
            let found = whole.found.iter().find(|one| one.view == id).ok_or(AppError::NotFound)?;
            opened(&mut reading, &whole, found).await?.ok_or(AppError::NotFound)
        })
        .await?;
    note(app, actor, std::slice::from_ref(&view)).await?;
    Ok(view)
}

/// Marks a view that stands out as looked at, with what was found, beside what was found before. Nobody marks their own.
///
/// # Errors
/// `NotFound`, also for a view that does not stand out; `Invalid` on `note`.
pub async fn mark_view(app: &App, actor: &Actor, id: ViewId, note: &str) -> Result<(), AppError> {
    at_most("note", note, LONGEST_TEXT)?;
    let now = app.clock.now();
    may_look(actor, now)?;
    app.store
        .write("mark_view", actor.organisation.id, |mut writing: Writing| async move {
            let whole = whole(&mut writing, actor, now).await?;
            let viewed = writing.view(id).await?.filter(|_| whole.found.iter().any(|one| one.view == id));
            let viewed = viewed.ok_or(AppError::NotFound)?;
            let marked = casework::mark_view(&actor.member, &viewed.view, note, now)?;
            writing.save_view(&marked).await?;
            Ok(())
        })
        .await
}
