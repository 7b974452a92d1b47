//! The organisations' ledgers: signed as they grow, witnessed by partners, and the receipts that follow.

use casework::{DecisionId, OrganisationId, Seen, Why};
use store::{InLedger, Reading, SignedCheckpoint, Store, StoreError};

use super::Actor;
use super::reading::{To, loaded_decision};
use super::views::{self, Shown, why};
use crate::{App, AppError};

/// Where a decision stands in its organisation's ledger, with its receipt once there is a checkpoint.
///
/// # Errors
/// `NotFound`.
pub async fn in_ledger(app: &App, actor: &Actor, id: DecisionId) -> Result<InLedger, AppError> {
    let now = app.clock.now();
    let (found, people, why) = app
        .store
        .read("in_ledger", actor.organisation.id, |mut reading: Reading| async move {
            let (decision, matter, way) = loaded_decision(&mut reading, actor, id, To::Read, now).await?;
            let people = reading.still_kept(decision.people.iter().copied()).await?;
            let found = reading.decision_in_ledger(id).await?.ok_or(AppError::NotFound)?;
            Ok::<_, AppError>((found, people, why(way, Why::Involved(matter.id), "")))
        })
        .await?;
    // A receipt says nothing of the record, but that there is one about these people.
    views::note(app, actor, [Shown { people: people.into_iter().collect(), seen: Seen::Decision(id), why }]).await?;
    Ok(found)
}

/// The key by which anybody checks the receipts of the actor's organisation.
///
/// # Errors
/// When the key cannot be read.
pub async fn ledger_key(app: &App, actor: &Actor) -> Result<String, AppError> {
    Ok(app.store.ledger_key(actor.organisation.id).await?.to_string())
}

/// Signs every ledger that grew, and has the other organisations of this installation witness it. Called every second while
/// the program serves; one ledger that fails keeps no other waiting.
///
/// # Errors
/// When the organisations cannot be read; else the last error of a ledger that could not be signed. A witness of this installation that
/// did not cosign is only logged: it is asked again at the next checkpoint.
pub async fn tend_ledgers(app: &App) -> Result<(), AppError> {
    let organisations = app.store.organisations().await?;
    let all: Vec<OrganisationId> = organisations.iter().map(|organisation| organisation.id).collect();
    let mut tended = Ok(());
    for &organisation in &all {
        let signed = match app.store.sign_ledger(organisation).await {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(%organisation, cause = %error, "the ledger could not be signed");
                tended = Err(error.into());
                continue;
            }
        };
        let Some(checkpoint) = signed else { continue };
        for &witness in all.iter().filter(|witness| **witness != organisation) {
            if let Err(error) = witnessed(&app.store, organisation, witness, &checkpoint).await {
                tracing::warn!(%organisation, %witness, cause = %error, "a checkpoint was not witnessed");
            }
        }
    }
    tended
}

/// Has one organisation of this installation witness a checkpoint of another, as it would over C2SP `tlog-witness`.
async fn witnessed(
    store: &Store,
    organisation: OrganisationId,
    witness: OrganisationId,
    checkpoint: &SignedCheckpoint,
) -> Result<(), StoreError> {
    let ledger = store.ledger_key(organisation).await?;
    let name = ledger.name().to_owned();
    let seen = store
        .read("witnessed", witness, |mut reading: Reading| {
            let name = name.clone();
            async move { reading.witnessed(&name).await }
        })
        .await?;
    let asked = store.to_be_witnessed(organisation, seen.map_or(0, |(size, _)| size), checkpoint).await?;
    match store.witness(witness, asked.as_bytes(), std::slice::from_ref(&ledger)).await? {
        Ok(answer) => {
            let key = store.witness_key(witness)?;
            store.keep_cosignature(organisation, checkpoint, &key, answer.as_bytes()).await.map(drop)
        }
        Err(refusal) => {
            tracing::warn!(%organisation, %witness, %refusal, "a witness refused a checkpoint");
            Ok(())
        }
    }
}
