//! What the ledger's key signed last against the ledger, under whichever of its names: comparing only what is signed under the name that
//! the ledger's head says would leave it to whoever writes there to choose.

use std::collections::BTreeMap;

use casework::OrganisationId;
use ledger::checkpoint::Checkpoint;
use ledger::tree::Hash;
use uuid::Uuid;

use super::Finding;
use crate::epochs::{Name, Restore, Restores};
use crate::signing::{LastSigned, origin};

/// What is to be compared once it is known what the sealed records of restores say.
pub(super) struct Names {
    /// What the head says.
    pub(super) epoch: i64,
    /// How many entries there are.
    pub(super) entries: u64,
    /// The tree's root at the sizes that were signed.
    pub(super) roots: BTreeMap<u64, Hash>,
    /// The places of the records of restores.
    pub(super) restores: BTreeMap<Uuid, u64>,
    /// The newest checkpoint that the database keeps.
    pub(super) newest: Option<Checkpoint>,
}

impl Names {
    /// `began` is the epoch that each restore says it began, where its record was opened; none without keys.
    pub(super) fn findings(
        &self,
        organisation: OrganisationId,
        last: Option<&LastSigned>,
        began: Option<&BTreeMap<Uuid, Option<i64>>>,
    ) -> Vec<Finding> {
        let epoch = |id| began.map_or(Some(None), |began| began.get(id).copied());
        let restores = self.restores.iter();
        let restores = restores.filter_map(|(id, &position)| Some(Restore { position, epoch: epoch(id)? })).collect();
        let restores = Restores::new(restores);
        let mut findings = Vec::new();
        if !restores.lead_to(self.epoch) {
            let origin = origin(organisation, self.epoch);
            findings.push(if restores.is_empty() {
                Finding::RenamedWithoutRecovery { origin }
            } else {
                Finding::NotItsName { origin }
            });
        }
        let signed = last.into_iter().flat_map(LastSigned::all);
        for (checkpoint, is_kept) in self.newest.iter().map(|kept| (kept, true)).chain(signed.map(|one| (one, false))) {
            let (size, found) = (checkpoint.size(), self.entries);
            let origin = checkpoint.origin().to_owned();
            let finding = match restores.name(checkpoint, organisation, self.epoch) {
                Name::Later => Some(Finding::SignedUnderLaterName { origin }),
                // The others kept in the database are compared with the tree one by one.
                Name::Same | Name::Earlier if is_kept => None,
                _ if size > found => Some(Finding::RolledBack { signed: size, found }),
                Name::Changed => Some(Finding::SignedUnderEarlierName { origin, size }),
                Name::Same | Name::Earlier => {
                    (self.roots.get(&size) != Some(&checkpoint.root())).then_some(Finding::Forked { size })
                }
            };
            findings.extend(finding.filter(|finding| !findings.contains(finding)));
        }
        findings
    }
}
