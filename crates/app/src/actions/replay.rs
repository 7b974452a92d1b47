//! Replaying a recorded decision: under the pack and law of its day, under today's pack and the law of its day, and as it would be today.

use casework::DecisionId;
use guidance::replay::Difference;
use guidance::words::AdviceView;
use guidance::{CaseDocument, Pack};
use jiff::civil::Date;
use serde::Serialize;

use super::{Actor, advise, decision};
use crate::packs::LoadedPack;
use crate::{App, AppError};

/// A recorded decision, decided again.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// The day it was recorded under.
    pub then: Date,
    /// Today.
    pub today: Date,
    /// The advice exactly as it was given.
    pub given: AdviceView,
    /// Whether the pack of then, on the day of then, gives exactly that again; none when that pack can no longer be read.
    pub same_again: Option<bool>,
    /// The pack of then against today's pack, both on the day of then: what changed because the guidance was revised.
    pub pack_changed: Option<Difference>,
    /// Today's pack on the day of then against today: what changed because the law did.
    pub law_changed: Difference,
    /// The advice as it would be today; none when today's pack no longer takes the facts as they were given.
    pub today_view: Option<AdviceView>,
}

/// Replays a recorded decision.
///
/// # Errors
/// `NotFound`, also for a quick record of not sharing, which rests on no facts.
pub async fn replay(app: &App, actor: &Actor, id: DecisionId) -> Result<Replay, AppError> {
    let record = decision(app, actor, id).await?;
    let (Some(taken), Some(given)) = (record.decision.advice, record.advice) else { return Err(AppError::NotFound) };
    let case: CaseDocument = serde_json::from_str(&taken.facts).map_err(AppError::internal)?;
    let (then, today, now_pack) = (taken.judged_on, app.clock.today(), app.pack());
    let kept = match app.store.pack(&taken.pack.digest).await? {
        // What was kept under this digest and is not of it was changed by somebody, and is not the guidance of that day.
        Some(kept) => LoadedPack::kept(&kept).ok().filter(|kept| kept.pack.digest == taken.pack.digest),
        None => None,
    };
    let again = |pack: &Pack| advise(pack, CaseDocument { on: Some(then), ..case.clone() }, then).ok();
    Ok(Replay {
        then,
        today,
        same_again: kept.as_ref().map(|kept| again(&kept.pack).is_some_and(|advised| advised.view == given)),
        pack_changed: kept.as_ref().map(|kept| guidance::replay::replay((&kept.pack, then), (now_pack, then), &case)),
        law_changed: guidance::replay::replay((now_pack, then), (now_pack, today), &case),
        today_view: advise(now_pack, CaseDocument { on: Some(today), ..case.clone() }, today)
            .ok()
            .map(|advised| advised.view),
        given,
    })
}
