//! Responsible for the customers of a shard: those of the shard's ledger, and those that no ledger has and that the
//! hash of the name chooses.
//!
//! The ledger decides first, so that a customer stays with its shard when it is renamed.

use super::App;
use crate::config::Project;
use crate::failure::Failure;
use crate::ledger::{Authenticator, Ledger, LedgerStore, check_shards};
use crate::model::{LedgerState, Observed, Shard, WorkspaceId};
use std::collections::BTreeSet;

/// The customers of a shard.
#[derive(Clone, Debug)]
pub(super) struct ShardMembers {
    shard: Shard,
    own: RecordedCustomers,
    others: RecordedCustomers,
}

#[derive(Clone, Debug, Default)]
struct RecordedCustomers {
    ids: BTreeSet<WorkspaceId>,
    names: BTreeSet<String>,
}

impl RecordedCustomers {
    fn add(&mut self, recorded: LedgerState) {
        self.ids.extend(recorded.customers.keys());
        self.ids.extend(recorded.unverified.keys());
        let claimed = recorded.unverified.into_values();
        self.names
            .extend(claimed.filter_map(|entry| entry.claimed_name));
        let entries = recorded.customers.into_values();
        self.names.extend(entries.map(|entry| entry.name));
    }
}

impl ShardMembers {
    /// Reads the ledgers of all shards. `authenticator` is that of the ledger without shards.
    pub(super) async fn read(
        place: &LedgerStore,
        authenticator: &Authenticator,
        shard: Shard,
    ) -> Result<Self, Failure> {
        check_shards(place, authenticator, shard).await?;
        let mut members = Self {
            shard,
            own: RecordedCustomers::default(),
            others: RecordedCustomers::default(),
        };
        let ledger = |shard| Ledger::new(place, authenticator.of_shard(shard));
        members.own.add(ledger(shard).load().await?);
        for other in shard.others() {
            members.others.add(ledger(other).load().await?);
        }
        Ok(members)
    }

    fn has(&self, name: &str, previous: Option<&str>) -> bool {
        let is_in = |recorded: &RecordedCustomers| {
            recorded.names.contains(name)
                || previous.is_some_and(|previous| recorded.names.contains(previous))
        };
        is_in(&self.own) || (!is_in(&self.others) && self.shard.is_chosen_for(name))
    }

    /// The project with the shard's customers only. A customer of the shard's ledger that is not among them is
    /// not declared.
    pub(super) fn project(&self, project: &Project) -> Project {
        let mut project = project.clone();
        project
            .desired
            .customers
            .retain(|name, customer| self.has(name, customer.previous_name.as_deref()));
        project
    }

    /// Leaves out the customers of other shards, which are no unmanaged customers. `project` has the shard's customers.
    pub(super) fn keep_own(&self, observed: &mut Observed, project: &Project) {
        let declared = &project.desired.customers;
        let previous: BTreeSet<&str> = declared
            .values()
            .filter_map(|customer| customer.previous_name.as_deref())
            .collect();
        observed.customers.retain(|id, customer| {
            let name = customer.name.as_str();
            let is_named = declared.contains_key(name) || previous.contains(name);
            let is_free = !self.others.ids.contains(id);
            self.own.ids.contains(id) || (is_free && (is_named || self.shard.is_chosen_for(name)))
        });
    }
}

impl App<'_> {
    /// Leaves out the customers of other shards.
    pub(super) fn of_shard(&self, mut observed: Observed) -> Observed {
        if let Some(shard) = &self.shard {
            shard.keep_own(&mut observed, &self.project);
        }
        observed
    }
}
