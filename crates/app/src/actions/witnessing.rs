//! Witnessing between installations: partners' checkpoints cosigned here, ours cosigned by them, and what there is to say of it.

use std::collections::BTreeMap;

use casework::{Moment, OrganisationId};
use ledger::key::VerifierKey;
use ledger::witness::{Refusal, read_size};
use store::{Answered, Asking, Pace, Reading, Said, SignedCheckpoint, StoreError};

use crate::partners::{Partner, Witness};
use crate::post::PostError;
use crate::{App, AppError, clock};

const SECOND: i64 = 1_000_000;

/// A witness that cosigned is asked again after so long at the earliest, and confirms a ledger that did not grow twice a minute: so a
/// ledger that is put back is noticed within a minute, whatever the round and the answer take.
const AGAIN_AFTER: i64 = 5 * SECOND;
const CONFIRM_AFTER: i64 = 30 * SECOND;

/// The clocks of several copies of the program may be so far apart. What is said to have been later than that was not.
const SKEW: i64 = 60 * SECOND;

/// Longer than any exchange with a witness takes.
const CLAIM_FOR: i64 = 60 * SECOND;

/// A witness that does not cosign is asked again after so long, twice as long each time, up to the longest.
const FIRST_WAIT: i64 = 2 * SECOND;
const LONGEST_WAIT: i64 = 15 * 60 * SECOND;

/// What this copy of the program itself remembers of asking one witness. The database says it too, so that of several copies one asks at
/// a time; but it is the database that is to be checked, and whoever changes it can also write there that all is well.
#[derive(Debug)]
pub struct Rounds {
    /// Since when it asks.
    since: Moment,
    /// Until when it is content with what it heard of each ledger, and how often in a row it was told nothing good.
    heard: BTreeMap<OrganisationId, (Moment, u32)>,
}

impl Rounds {
    /// Asks from now on.
    #[must_use]
    pub fn since(now: Moment) -> Self {
        Self { since: now, heard: BTreeMap::new() }
    }

    /// From when on what the database says of the witness counts: since this program runs, or not at all when it is time that this
    /// copy hears it by itself.
    fn counts_from(&self, organisation: OrganisationId, now: Moment) -> Moment {
        match self.heard.get(&organisation) {
            Some((until, _)) if now < *until => self.since,
            _ => now,
        }
    }

    /// It was told something, and asks again by itself after the wait.
    fn heard(&mut self, organisation: OrganisationId, said: Said, now: Moment, chance: u32) {
        let before = self.heard.get(&organisation).map_or(0, |(_, failures)| *failures);
        let failures = if said == Said::Cosigned { 0 } else { before.saturating_add(1) };
        let longest = if said == Said::Cosigned { CONFIRM_AFTER } else { wait(said, failures, chance) };
        self.heard.insert(organisation, (Moment::from_micros(now.micros().saturating_add(longest)), failures));
    }
}

/// Cosigns a partner's checkpoint for an organisation of this installation, or says why not. Only ledgers that `sharewell.toml` names are
/// witnessed; the request itself shows by its signature that it comes from one of them.
///
/// # Errors
/// When the store fails: nothing was cosigned.
pub async fn witness_checkpoint(
    app: &App,
    organisation: OrganisationId,
    request: &[u8],
) -> Result<Result<String, Refusal>, AppError> {
    if !app.store.organisations().await?.iter().any(|here| here.id == organisation) {
        return Ok(Err(Refusal::UnknownLog));
    }
    let ledgers: Vec<VerifierKey> = app.config.partners.iter().flat_map(|one| one.ledgers.iter().cloned()).collect();
    Ok(app.store.witness(organisation, request, &ledgers).await?)
}

/// The last checkpoint that an organisation of this installation cosigned of the ledger of this name (C2SP `tlog-witness`).
///
/// # Errors
/// `NotFound`.
pub async fn witnessed_checkpoint(app: &App, organisation: OrganisationId, name: &str) -> Result<String, AppError> {
    app.store
        .read("witnessed_checkpoint", organisation, |mut reading: Reading| async move {
            reading.witnessed_note(name).await?.ok_or(AppError::NotFound)
        })
        .await
}

/// Asks a partner's witness to cosign every ledger of this installation that is due. Called every second while the program serves.
///
/// # Errors
/// When the store fails, or the machine gives no randomness.
pub async fn ask_witness(app: &App, partner: &str, witness: &Witness, rounds: &mut Rounds) -> Result<(), AppError> {
    for organisation in app.store.organisations().await?.into_iter().map(|organisation| organisation.id) {
        let now = app.clock.now();
        let since = rounds.counts_from(organisation, now);
        let pace = Pace { confirm_after: CONFIRM_AFTER, since, claim_for: CLAIM_FOR };
        let Some(asking) = app.store.due_for(organisation, &witness.key, pace).await? else { continue };
        let (said, confirmed) = exchange(app, organisation, witness, &asking).await?;
        let failures = if said == Said::Cosigned { 0 } else { asking.failures.saturating_add(1) };
        let chance = u32::from_be_bytes(clock::random()?);
        rounds.heard(organisation, said, now, chance);
        let next_at = Moment::from_micros(app.clock.now().micros().saturating_add(wait(said, failures, chance)));
        app.store.keep_answer(organisation, &witness.key, Answered { said, confirmed, failures, next_at }).await?;
        log(organisation, partner, said, asking.checkpoint.size);
        if said == Said::Nothing {
            // The next ledger would wait as long for nothing.
            break;
        }
    }
    Ok(())
}

fn log(organisation: OrganisationId, partner: &str, said: Said, size: u64) {
    match said {
        Said::Cosigned => tracing::debug!(%organisation, partner, size, "a partner witnessed the ledger"),
        Said::SawMore(seen) => tracing::error!(
            %organisation, partner, seen, size,
            "a partner witnessed more of the ledger than there is here: an older copy of the database was put back. Run \
             `sharewell verify` with --ask-witnesses"
        ),
        Said::SawOther => tracing::error!(
            %organisation, partner, size,
            "a partner witnessed another ledger than this one: entries were changed or removed. Run `sharewell verify` with \
             --ask-witnesses"
        ),
        Said::Unknown => {
            tracing::warn!(%organisation, partner, "a partner does not witness this ledger: give it the ledger's key");
        }
        Said::Refused => tracing::warn!(%organisation, partner, "a partner's witness refused, or gave no right answer"),
        // Why there was no answer is in the log already.
        Said::Nothing => {}
    }
}

/// How long until a witness is asked again, in microseconds. A part of it is left to chance, so that a witness that comes back is not asked by
/// everybody at the same moment.
fn wait(said: Said, failures: u32, chance: u32) -> i64 {
    let longest = match said {
        Said::Cosigned => return AGAIN_AFTER,
        Said::SawMore(_) | Said::SawOther => CONFIRM_AFTER,
        _ => (FIRST_WAIT << failures.saturating_sub(1).min(16)).min(LONGEST_WAIT),
    };
    longest / 2 + i64::try_from(i128::from(longest / 2) * i128::from(chance) / i128::from(u32::MAX)).unwrap_or(0)
}

/// Asks once, and again when the witness names another size that can be right.
async fn exchange(
    app: &App,
    organisation: OrganisationId,
    witness: &Witness,
    asking: &Asking,
) -> Result<(Said, Option<(u64, Moment)>), StoreError> {
    let (mut checkpoint, mut old): (SignedCheckpoint, u64) = (asking.checkpoint.clone(), asking.old);
    for _ in 0..3 {
        let asked = app.store.to_be_witnessed(organisation, old, &checkpoint).await?;
        let answer = match app.post.send(&witness.address, "add-checkpoint", asked).await {
            Ok(answer) => answer,
            Err(why) => {
                tracing::warn!(witness = witness.key.name(), %why, "a partner's witness did not answer");
                let said = if matches!(why, PostError::TooMuch) { Said::Refused } else { Said::Nothing };
                return Ok((said, None));
            }
        };
        let said = match answer.status.as_u16() {
            200 => match app.store.keep_cosignature(organisation, &checkpoint, &witness.key, &answer.body).await {
                Ok(at) => return Ok((Said::Cosigned, Some((checkpoint.size, at)))),
                Err(StoreError::Witness(why)) => {
                    tracing::warn!(witness = witness.key.name(), %why, "a partner's witness gave no right signature");
                    Said::Refused
                }
                Err(error) => return Err(error),
            },
            409 => match read_size(&answer.body).filter(|&size| size != old) {
                Some(size) if size <= checkpoint.size => {
                    old = size;
                    continue;
                }
                Some(size) => match app.store.newest_checkpoint(organisation).await? {
                    // Another copy of the program has signed and shown more since. What is shown is kept before, so that it is here.
                    Some(newest) if newest.epoch == checkpoint.epoch && newest.size >= size => {
                        (checkpoint, old) = (newest, size);
                        continue;
                    }
                    _ => Said::SawMore(size),
                },
                None => Said::Refused,
            },
            422 if old > 0 => Said::SawOther,
            404 => Said::Unknown,
            _ => Said::Refused,
        };
        return Ok((said, None));
    }
    Ok((Said::Refused, None))
}

/// How far somebody witnessed a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessedBy {
    /// The partner; `None` for another organisation of this installation, which is in the same hands.
    pub partner: Option<String>,
    /// How many entries, and when: as its signature says, which was checked. `None` before the first.
    pub up_to: Option<(u64, Moment)>,
    /// What it said when it was asked last.
    pub said: Option<Said>,
    /// Whether it has not confirmed the ledger for longer than it should.
    pub is_stale: bool,
}

/// How far a ledger is witnessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessing {
    /// By whom, the partners first, as the file names them.
    pub by: Vec<WitnessedBy>,
    /// Whether nobody has confirmed the ledger for longer than should be.
    pub is_stale: bool,
    /// Whether a partner says that this is not the ledger that it witnessed.
    pub is_alarming: bool,
}

impl Witnessing {
    /// How many entries somebody witnessed.
    #[must_use]
    pub fn reaches(&self) -> u64 {
        self.by.iter().filter_map(|one| one.up_to).map(|(size, _)| size).max().unwrap_or(0)
    }
}

/// How far an organisation's ledger is witnessed, and by whom.
///
/// # Errors
/// When the store fails.
pub async fn witnessing(app: &App, organisation: OrganisationId) -> Result<Witnessing, AppError> {
    let partners: Vec<(&Partner, &Witness)> =
        app.config.partners.iter().filter_map(|one| one.witness.as_ref().map(|witness| (one, witness))).collect();
    let (partners, now, limit) = (&partners, app.clock.now().micros(), app.config.stale_after_micros());
    app.store
        .read("witnessing", organisation, |mut reading: Reading| async move {
            let old = |at: Moment| now.saturating_sub(at.micros()) > limit;
            let asked = reading.asked_witnesses().await?;
            let state = reading.ledger_state().await?;
            let waiting = state.first_signed.is_some_and(old);
            let mut by = Vec::new();
            for (partner, witness) in partners {
                let up_to = reading.cosigned_by(&witness.key).await?;
                let last = asked.iter().find(|one| one.witness == witness.key.name());
                let confirmed =
                    last.and_then(|last| last.confirmed_at).filter(|at| at.micros() <= now.saturating_add(SKEW));
                let confirmed = confirmed.into_iter().chain(up_to.map(|(_, at)| at)).max();
                by.push(WitnessedBy {
                    partner: Some(partner.name.clone()),
                    up_to,
                    said: last.map(|last| last.said),
                    is_stale: confirmed.map_or(waiting, old),
                });
            }
            let of_partner = |name: &str| partners.iter().any(|(_, witness)| witness.key.name() == name);
            let here = state.witnessed.as_ref().and_then(|kept| {
                let at = kept.cosignatures.iter().filter(|one| !of_partner(&one.witness)).map(|one| one.at).max();
                at.map(|at| (kept.size, at))
            });
            let is_stale = match (partners.is_empty(), here, &state.signed) {
                (false, _, _) => by.iter().all(|one| one.is_stale),
                (true, None, _) => waiting,
                (true, Some((size, _)), signed) => {
                    signed.as_ref().is_some_and(|signed| signed.size > size && old(signed.signed_at))
                }
            };
            if here.is_some() {
                by.push(WitnessedBy { partner: None, up_to: here, said: None, is_stale: false });
            }
            let is_alarming = by.iter().any(|one| one.said.is_some_and(Said::is_alarm));
            Ok(Witnessing { by, is_stale, is_alarming })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_that_does_not_answer_is_asked_less_and_less_often_and_never_by_all_at_once() {
        let longest: Vec<i64> = (1..=12).map(|failures| wait(Said::Nothing, failures, u32::MAX) / SECOND).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        for said in [Said::Nothing, Said::Refused, Said::Unknown] {
            for failures in [1, 5, 40, u32::MAX] {
                let (soonest, latest) = (wait(said, failures, 0), wait(said, failures, u32::MAX));
                assert_eq!(soonest * 2, latest, "chance decides about half of it");
            }
        }
        assert_eq!(wait(Said::SawMore(9), 30, u32::MAX), CONFIRM_AFTER, "an alarm is looked at again within a minute");
        assert_eq!(wait(Said::Cosigned, 0, 7), AGAIN_AFTER);
    }
}
