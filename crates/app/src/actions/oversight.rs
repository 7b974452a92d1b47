//! Oversight: what waits to be looked at by somebody else than who did it, and the Guardian's list of decisions on confidential information
//! (CAL-2).

use casework::{Circumstances, Decision, DecisionId, Moment, Wish, may_now};
use store::Reading;

use super::Actor;
use super::emergency::{Taken, emergencies_to_review};
use super::reading::is_confidential;
use super::unusual_reading::unusual_waiting;
use crate::{App, AppError};

/// How many decisions a page of the Guardian's list shows, and how many are looked through for it at a time and at most.
pub const DECISIONS_ON_A_PAGE: usize = 25;
const AT_A_TIME: u32 = 50;
const MOST_LOOKED_THROUGH: usize = 1_000;

/// How long the address of a further page of the Guardian's list is good for.
const PLACE_HOLDS_SECONDS: i64 = 24 * 60 * 60;
const PLACE_IN_LIST: &str = "place in the list of confidential decisions";

/// What waits for a member who oversees. A kind of work that is added here is counted in the menu.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// Emergency access to review, the oldest first.
    pub emergencies: Vec<Taken>,
}

impl Waiting {
    /// How much of it there is.
    #[must_use]
    pub fn count(&self) -> usize {
        self.emergencies.len()
    }
}

/// The room of those who oversee.
#[derive(Debug, Clone)]
pub struct Oversight {
    /// What waits.
    pub waiting: Waiting,
    /// How many views stand out and were not looked at yet; none for those who do not look over reading.
    pub unusual: Option<usize>,
    /// Whether the member is the Guardian, who has a list of the decisions on confidential information.
    pub lists_decisions: bool,
}

/// A page of the Guardian's list.
#[derive(Debug, Clone)]
pub struct ConfidentialDecisions {
    /// The decisions, the newest first.
    pub decisions: Vec<Decision>,
    /// Where the next page goes on, sealed, since that may be a decision that is not on the list; none when there is no more.
    pub older: Option<String>,
}

/// Whether the member oversees anything.
#[must_use]
pub fn oversees(app: &App, actor: &Actor) -> bool {
    may_now(&actor.member, Wish::Oversee(actor.organisation.id), &Circumstances::plain(app.clock.now())).is_ok()
}

/// What waits for the member; nothing for those who do not oversee.
///
/// # Errors
/// When the store fails.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Waiting, AppError> {
    Ok(Waiting { emergencies: emergencies_to_review(app, actor).await? })
}

/// What waits, and which lists there are.
///
/// # Errors
/// `NotFound` for those who do not oversee.
pub async fn oversight(app: &App, actor: &Actor) -> Result<Oversight, AppError> {
    let plain = Circumstances::plain(app.clock.now());
    may_now(&actor.member, Wish::Oversee(actor.organisation.id), &plain)?;
    let lists = Wish::ReadConfidentialDecisions(actor.organisation.id);
    Ok(Oversight {
        waiting: waiting(app, actor).await?,
        unusual: unusual_waiting(app, actor).await?,
        lists_decisions: may_now(&actor.member, lists, &plain).is_ok(),
    })
}

/// The organisation's decisions that concern confidential information, also those not to share, the newest first; those after `before`, which
/// is a page's `older`. One that is none, or a day old, begins at the newest.
/// Each says who decided what and when, and nothing of whom it is about: that is in the record, whose reading is kept.
///
/// # Errors
/// `NotFound` for all but the named Guardian.
pub async fn confidential_decisions(
    app: &App,
    actor: &Actor,
    before: Option<&str>,
) -> Result<ConfidentialDecisions, AppError> {
    let now = app.clock.now();
    let plain = Circumstances::plain(now);
    may_now(&actor.member, Wish::ReadConfidentialDecisions(actor.organisation.id), &plain)?;
    let newest = (now.plus_seconds(1), DecisionId::new(now, [0xff; 10]));
    let opened = before.and_then(|sealed| app.seals.open(PLACE_IN_LIST, sealed, now));
    let first = opened.and_then(|place| serde_json::from_slice(&place).ok()).unwrap_or(newest);
    let (decisions, older) = app
        .store
        .read("confidential_decisions", actor.organisation.id, |mut reading: Reading| async move {
            let (mut from, mut looked_through) = (first, 0);
            let mut decisions: Vec<Decision> = Vec::new();
            loop {
                let found = reading.decisions_before(from, AT_A_TIME).await?;
                let last = found.len() < AT_A_TIME as usize;
                looked_through += found.len();
                for decision in found {
                    let at = (decision.recorded_at, decision.id);
                    if is_the_guardians(&mut reading, actor, &decision, &plain).await? {
                        if decisions.len() == DECISIONS_ON_A_PAGE {
                            return Ok((decisions, Some(from)));
                        }
                        decisions.push(decision);
                    }
                    from = at;
                }
                if last {
                    return Ok((decisions, None));
                }
                if looked_through >= MOST_LOOKED_THROUGH {
                    return Ok::<_, AppError>((decisions, Some(from)));
                }
            }
        })
        .await?;
    let until = now.plus_seconds(PLACE_HOLDS_SECONDS);
    let sealed = |place: (Moment, DecisionId)| {
        app.seals.seal(PLACE_IN_LIST, &serde_json::to_vec(&place).map_err(AppError::internal)?, until)
    };
    Ok(ConfidentialDecisions { decisions, older: older.map(sealed).transpose()? })
}

async fn is_the_guardians(
    reading: &mut Reading,
    actor: &Actor,
    decision: &Decision,
    circumstances: &Circumstances<'_>,
) -> Result<bool, AppError> {
    if !is_confidential(decision) {
        return Ok(false);
    }
    let Some(matter) = reading.matter(decision.matter).await? else { return Ok(false) };
    let wish = Wish::ReadDecision { matter: &matter, confidential: true };
    Ok(may_now(&actor.member, wish, circumstances).is_ok())
}
