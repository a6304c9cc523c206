//! Responsible for blocking customers whose ledger entries are not authenticated: such an entry owns
//! nothing, and may hide which objects its customer owns.

use super::{BlockReason, Blocked};
use crate::model::{Address, Desired, LedgerState, Observed, WorkspaceId};
use std::collections::BTreeMap;

/// Index of the unauthenticated entries and journal lines by the names of their customers.
#[derive(Debug)]
pub(super) struct UnverifiedIndex<'a> {
    recorded: &'a LedgerState,
    by_name: BTreeMap<&'a str, BlockReason>,
    /// Why new customers are blocked: an entry does not tell its customer, and its workspace may have been renamed.
    new: Option<BlockReason>,
    /// Why every customer is blocked: without the head, nothing says which entries are missing.
    every: Option<BlockReason>,
}

impl<'a> UnverifiedIndex<'a> {
    pub(super) fn new(
        desired: &Desired,
        observed: &'a Observed,
        recorded: &'a LedgerState,
    ) -> Self {
        let mut by_name = BTreeMap::new();
        let mut new = None;
        for (id, entry) in &recorded.unverified {
            let live_name = observed.customers.get(id).map(|customer| &customer.name);
            let reason = entry_reason(recorded, *id);
            let is_declared = live_name.is_some_and(|name| desired.customers.contains_key(name));
            if entry.claimed_name.is_none() && !is_declared {
                new.get_or_insert(reason.clone());
            }
            for name in entry.claimed_name.iter().chain(live_name) {
                by_name.entry(name.as_str()).or_insert(reason.clone());
            }
        }
        for name in &recorded.unverified_names {
            by_name.entry(name).or_insert(JOURNAL);
        }
        Self {
            recorded,
            by_name,
            new,
            every: headless(recorded),
        }
    }

    /// Why the customer of a workspace or of one of these names is blocked. A new customer has no workspace.
    pub(super) fn reason(
        &self,
        workspace: Option<WorkspaceId>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<BlockReason> {
        workspace
            .filter(|id| self.recorded.unverified.contains_key(id))
            .map(|id| entry_reason(self.recorded, id))
            .or_else(|| {
                names
                    .into_iter()
                    .find_map(|name| self.by_name.get(name).cloned())
            })
            .or_else(|| self.new.clone().filter(|_| workspace.is_none()))
            .or_else(|| self.every.clone())
    }
}

/// The reason for which every customer is blocked, if the ledger has entries and no authenticated head.
fn headless(recorded: &LedgerState) -> Option<BlockReason> {
    let mut causes = recorded.unverified.values().map(|entry| entry.cause);
    let cause = causes.find(|cause| cause.is_of_head())?;
    Some(BlockReason::LedgerUnverified {
        workspace_id: None,
        cause: Some(cause),
    })
}

const JOURNAL: BlockReason = BlockReason::LedgerUnverified {
    workspace_id: None,
    cause: None,
};

fn entry_reason(recorded: &LedgerState, id: WorkspaceId) -> BlockReason {
    BlockReason::LedgerUnverified {
        workspace_id: Some(id),
        cause: recorded.unverified.get(&id).map(|entry| entry.cause),
    }
}

/// Every unauthenticated entry and journal line as a blocked customer, in name order. An entry has
/// the name that it claims, else the workspace's name, else the workspace's id.
pub(super) fn blocked(observed: &Observed, recorded: &LedgerState) -> Vec<Blocked> {
    let entries = recorded.unverified.iter().map(|(id, entry)| {
        let live_name = || Some(observed.customers.get(id)?.name.clone());
        let name = entry.claimed_name.clone().or_else(live_name);
        Blocked {
            address: Address::customer(name.unwrap_or_else(|| id.to_string())),
            reason: entry_reason(recorded, *id),
        }
    });
    let lines = recorded.unverified_names.iter().map(|name| Blocked {
        address: Address::customer(name),
        reason: JOURNAL,
    });
    let mut blocked: Vec<Blocked> = entries.chain(lines).collect();
    blocked.sort_by(|left, right| left.address.cmp(&right.address));
    blocked
}
