//! Under which name a ledger goes on. Every restore begins its next epoch, and says so in its sealed record. The head of the ledger
//! says it as well, but stands in a row that whoever runs the database may change, to hide what was signed under another name.

use std::cmp::Ordering;

use casework::{OrganisationId, Recovery};
use ledger::checkpoint::Checkpoint;

use crate::leaves::unsigned;
use crate::signing::epoch_of;
use crate::sql::Param;
use crate::statements::RESTORES;
use crate::{Reading, StoreError};

/// A restore as the ledger holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restore {
    /// The place of its entry: so many entries were restored, at least.
    pub(crate) position: u64,
    /// The epoch that it began; `None` where its record cannot be opened, or is of before that was said.
    pub(crate) epoch: Option<i64>,
}

/// The restores of a ledger, in the order of their places.
#[derive(Debug)]
pub(crate) struct Restores(Vec<Restore>);

/// How the name under which something was signed is to the one under which the ledger goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// It is the same.
    Same,
    /// The ledger got it later: the database is from before.
    Later,
    /// The ledger had it before a restore, which came after what was signed.
    Earlier,
    /// The ledger had it before, and no restore came after what was signed.
    Changed,
}

impl Restores {
    pub(crate) fn new(mut restores: Vec<Restore>) -> Self {
        restores.sort_unstable_by_key(|restore| restore.position);
        Self(restores)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they lead to this epoch: the one that the last of them began. Where that is not said, each began one at least: one more
    /// than the newest that was known, and the backup may have been from before it.
    pub(crate) fn lead_to(&self, epoch: i64) -> bool {
        let (mut newest, mut is_said) = (1, true);
        for restore in &self.0 {
            (newest, is_said) = restore.epoch.map_or((newest + 1, false), |began| (began, true));
        }
        if is_said { epoch == newest } else { epoch >= newest }
    }

    /// How the name of a checkpoint of this organisation is to that of this epoch.
    pub(crate) fn name(&self, signed: &Checkpoint, organisation: OrganisationId, epoch: i64) -> Name {
        match epoch_of(signed.origin(), organisation).map_or(Ordering::Greater, |under| under.cmp(&epoch)) {
            Ordering::Equal => Name::Same,
            Ordering::Greater => Name::Later,
            Ordering::Less if self.0.last().is_some_and(|newest| newest.position >= signed.size()) => Name::Earlier,
            Ordering::Less => Name::Changed,
        }
    }
}

impl Reading {
    /// The restores that the ledger holds and that can be opened.
    pub(crate) async fn restores(&mut self) -> Result<Restores, StoreError> {
        let mut restores = Vec::new();
        for row in self.open.rows(RESTORES, &[Param::Id(self.organisation.uuid())]).await? {
            if let Some(recovery) = self.latest::<Recovery>(row.id(0)?).await? {
                restores.push(Restore { position: unsigned(row.int(1)?)?, epoch: recovery.epoch });
            }
        }
        Ok(Restores::new(restores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(epochs: &[Option<i64>]) -> Restores {
        Restores::new(epochs.iter().zip(10..).map(|(&epoch, position)| Restore { position, epoch }).collect())
    }

    #[test]
    fn the_last_restore_says_how_the_ledger_goes_on_and_those_that_say_nothing_began_one_each_at_least() {
        for (epochs, right, wrong) in [
            (&[][..], &[1][..], &[0, 2, 3][..]),
            (&[Some(2)], &[2], &[1, 3]),
            // The second backup was from before the first restore.
            (&[Some(3)], &[3], &[1, 2, 4]),
            (&[Some(2), Some(5)], &[5], &[1, 2, 3, 4, 6]),
            (&[None, None], &[3, 4], &[1, 2]),
            (&[None, Some(4)], &[4], &[2, 3, 5]),
            (&[Some(4), None], &[5, 6], &[4, 2]),
        ] {
            let restores = after(epochs);
            assert!(right.iter().all(|epoch| restores.lead_to(*epoch)), "{epochs:?}");
            assert!(!wrong.iter().any(|epoch| restores.lead_to(*epoch)), "{epochs:?}");
        }
    }
}
