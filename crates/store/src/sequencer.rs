//! Where several copies of the program write to one database, a leaf gets its place in the ledger after its command has
//! committed: by whichever copy holds the organisation's lock, within a second.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use casework::OrganisationId;
use tokio::sync::Notify;

use crate::engine::Alone;
use crate::store::Inner;
use crate::{StoreError, leaves};

/// How often every organisation is looked at, for leaves that a copy left behind when it stopped.
const ROUND: Duration = Duration::from_secs(1);

/// How long leaves are let gather, so that many commands are sequenced in one transaction.
const GATHER: Duration = Duration::from_millis(50);

/// The organisations with leaves that this copy added and has not seen sequenced.
#[derive(Debug, Default)]
pub(crate) struct Sequencer {
    touched: Mutex<BTreeSet<OrganisationId>>,
    woken: Notify,
}

impl Sequencer {
    /// Says that a command of this organisation has committed.
    pub(crate) fn wake(&self, organisation: OrganisationId) {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).insert(organisation);
        self.woken.notify_one();
    }

    fn touched(&self) -> BTreeSet<OrganisationId> {
        std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sequences as commands commit, for as long as the store is in use.
    pub(crate) fn run(store: &Arc<Inner>) {
        let store = Arc::downgrade(store);
        tokio::spawn(async move {
            let mut round = tokio::time::interval(ROUND);
            loop {
                let Some(inner) = store.upgrade() else { return };
                let all = tokio::select! {
                    _ = round.tick() => true,
                    () = inner.sequencer.woken.notified() => false,
                };
                if inner.engine.is_closed() {
                    return;
                }
                if !all {
                    tokio::time::sleep(GATHER).await;
                }
                let mut waiting = inner.sequencer.touched();
                if all {
                    waiting.extend(inner.keys.organisations());
                }
                for organisation in waiting {
                    // What could not be done now is done in a later round; whoever runs it should know.
                    if let Err(error) = sequence(&inner, organisation).await {
                        tracing::warn!(%error, "the ledger could not be sequenced");
                    }
                }
            }
        });
    }
}

/// Gives the waiting leaves of an organisation their places, unless another copy does so at this moment.
pub(crate) async fn sequence(inner: &Inner, organisation: OrganisationId) -> Result<(), StoreError> {
    let Some(mut open) = inner.engine.begin_alone(organisation, Alone::Sequencing).await? else { return Ok(()) };
    leaves::sequence(&mut open, organisation).await?;
    open.commit().await
}
