//! Responsible for removals: recorded customers that are no longer declared, and connectors that an
//! unfinished replacement or deletion left. Does not limit their number; `guards` does.

use super::matching::LiveCustomer;
use super::{
    Action, BlockReason, Blocked, CustomerPlan, FieldChange, FieldValue, Inputs, LedgerUpdates,
    Operation, Precondition, Reason, Refusal, Step,
};
use crate::model::{
    Address, ConnectorId, CustomerEntry, CustomerPatch, ObservedConnector, ObservedCustomer,
    ObservedStatus, Status, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The result of planning the recorded customers that are not declared.
#[derive(Debug, Default)]
pub(super) struct Undeclared {
    pub(super) plans: Vec<CustomerPlan>,
    pub(super) blocked: Vec<Blocked>,
    pub(super) not_pruned: Vec<Address>,
    pub(super) protected: Vec<Address>,
    pub(super) refusals: Vec<Refusal>,
}

/// Plans the recorded, existing customers that match no declaration.
pub(super) fn undeclared(inputs: &Inputs<'_>) -> Undeclared {
    let mut result = Undeclared::default();
    result.blocked.extend(unverified(inputs));
    let matches = inputs.matches;
    for (id, recorded) in &matches.recorded.customers {
        let observed = matches.observed.customers.get(id);
        if let Some(observed) = observed.filter(|_| !matches.claimed.contains(id)) {
            let live = LiveCustomer {
                id: *id,
                observed,
                recorded: Some(recorded),
            };
            result.plan_customer(inputs, live, recorded);
        }
    }
    result
}

impl Undeclared {
    fn plan_customer(
        &mut self,
        inputs: &Inputs<'_>,
        live: LiveCustomer<'_>,
        recorded: &CustomerEntry,
    ) {
        let (id, observed) = (live.id, live.observed);
        let address = Address::customer(&recorded.name);
        let blockers = workspace_blockers(inputs, id);
        if !blockers.is_empty() {
            let reasons = blockers.into_iter();
            let blocked = reasons.map(|reason| blocked(address.clone(), reason));
            return self.blocked.extend(blocked);
        }
        let mut steps = superseded(&recorded.name, live);
        if !inputs.policy.deletes_by_absence() {
            if !(recorded.suspended && observed.status == ObservedStatus::Inactive) {
                if recorded.protect.is_some() {
                    self.protected.push(address.clone());
                }
                self.not_pruned.push(address);
            }
        } else if let Some(reason) = removal_blocker(inputs, recorded, observed) {
            self.blocked.push(blocked(address, reason));
        } else if let Some(step) = removal(inputs, id, recorded, observed) {
            if observed.name == recorded.name {
                steps = vec![step];
            } else {
                self.refusals.push(renamed(id, recorded, observed));
            }
        }
        let ledger_updates = LedgerUpdates {
            gone: gone(live),
            ..LedgerUpdates::default()
        };
        if !steps.is_empty() || !ledger_updates.is_empty() {
            self.plans.push(CustomerPlan {
                name: recorded.name.clone(),
                workspace_id: Some(id),
                protect: recorded.protect,
                steps,
                ledger_updates,
            });
        }
    }
}

/// The unauthenticated ledger entries of undeclared customers. Declared customers are blocked where
/// they are planned.
fn unverified(inputs: &Inputs<'_>) -> impl Iterator<Item = Blocked> {
    let declared = &inputs.matches.desired.customers;
    super::unverified::blocked(inputs.matches.observed, inputs.matches.recorded)
        .into_iter()
        .filter(|blocked| !declared.contains_key(&blocked.address.customer))
}

/// Why nothing of a customer is changed: its connectors could not be read, or its ledger entry is
/// wrong, because it records connectors that exist outside the workspace.
pub(super) fn workspace_blockers(inputs: &Inputs<'_>, id: WorkspaceId) -> Vec<BlockReason> {
    let observed = inputs.matches.observed;
    if let Some(error) = observed.unreadable.get(&id) {
        let error = error.clone();
        return vec![BlockReason::Unreadable { error }];
    }
    observed
        .foreign
        .get(&id)
        .into_iter()
        .flatten()
        .map(|(connector, found_in)| BlockReason::ForeignConnector {
            connector: *connector,
            recorded_in: id,
            found_in: *found_in,
        })
        .collect()
}

/// Why a customer cannot be removed.
fn removal_blocker(
    inputs: &Inputs<'_>,
    recorded: &CustomerEntry,
    observed: &ObservedCustomer,
) -> Option<BlockReason> {
    if let ObservedStatus::Other(status) = &observed.status {
        let status = status.clone();
        return Some(BlockReason::UnknownStatus { status });
    }
    let (policy, full) = (inputs.policy, BlockReason::RemovalProtected);
    if let Some(reason) = policy.protects(&recorded.name, recorded.protect, full) {
        return Some(reason);
    }
    let connectors = unmanaged_connectors(inputs, recorded, observed)?;
    Some(BlockReason::HoldsUnmanaged { connectors })
}

/// Blocks a customer whose workspace has a status that this version does not know.
pub(super) fn unknown_status(address: Address, status: &str) -> Blocked {
    let status = status.to_owned();
    blocked(address, BlockReason::UnknownStatus { status })
}

fn blocked(address: Address, reason: BlockReason) -> Blocked {
    Blocked { address, reason }
}

fn renamed(id: WorkspaceId, recorded: &CustomerEntry, observed: &ObservedCustomer) -> Refusal {
    Refusal::UndeclaredIdRenamed {
        name: recorded.name.clone(),
        workspace_id: id,
        carries: observed.name.clone(),
    }
}

/// The number of connectors that the customer's deletion would delete and the ledger does not own;
/// `None` if there are none or the run does not delete customers.
fn unmanaged_connectors(
    inputs: &Inputs<'_>,
    recorded: &CustomerEntry,
    observed: &ObservedCustomer,
) -> Option<usize> {
    let owned = recorded.owned();
    let unmanaged = observed
        .connectors
        .iter()
        .flat_map(BTreeMap::keys)
        .filter(|id| !owned.contains(id))
        .count();
    (inputs.policy.delete_customers && unmanaged > 0).then_some(unmanaged)
}

fn removal(
    inputs: &Inputs<'_>,
    id: WorkspaceId,
    recorded: &CustomerEntry,
    observed: &ObservedCustomer,
) -> Option<Step> {
    let address = Address::customer(&recorded.name);
    let reasons = vec![Reason::NotInConfig];
    if inputs.policy.delete_customers {
        let operation = Operation::DeleteCustomer { workspace_id: id };
        let action = Action::Delete;
        return Some(Step {
            address,
            action,
            reasons,
            changes: Vec::new(),
            precondition: Precondition::customer(Some(id), &observed.name, &[]),
            operation,
        });
    }
    let changes = vec![FieldChange {
        path: "status".to_owned(),
        before: FieldValue::Value("active".into()),
        after: FieldValue::Value("inactive".into()),
    }];
    (observed.status == ObservedStatus::Active).then(|| Step {
        address,
        action: Action::Update,
        reasons,
        precondition: Precondition::customer(Some(id), &observed.name, &changes),
        changes,
        operation: Operation::UpdateCustomer {
            workspace_id: Some(id),
            patch: CustomerPatch {
                status: Some(Status::Inactive),
                ..CustomerPatch::default()
            },
            record_suspension: true,
        },
    })
}

/// Steps that delete the connectors pending deletion that still exist.
pub(super) fn superseded(customer: &str, live: LiveCustomer<'_>) -> Vec<Step> {
    let Some(recorded) = live.recorded else {
        return Vec::new();
    };
    recorded
        .pending_deletion
        .iter()
        .filter_map(|id| {
            let connector = live.observed.connectors.as_ref()?.get(id)?;
            let address = Address::connector(customer, &connector.name);
            Some(delete_connector(
                address,
                *id,
                connector,
                Reason::Superseded,
            ))
        })
        .collect()
}

/// Connectors pending deletion that no longer exist. Empty if the connectors were not read.
pub(super) fn gone(live: LiveCustomer<'_>) -> BTreeSet<ConnectorId> {
    let (Some(recorded), Some(connectors)) = (live.recorded, &live.observed.connectors) else {
        return BTreeSet::new();
    };
    let pending = recorded.pending_deletion.iter().copied();
    pending.filter(|id| !connectors.contains_key(id)).collect()
}

/// The step that deletes one connector.
pub(super) fn delete_connector(
    address: Address,
    id: ConnectorId,
    observed: &ObservedConnector,
    reason: Reason,
) -> Step {
    Step {
        address,
        action: Action::Delete,
        reasons: vec![reason],
        changes: Vec::new(),
        precondition: Precondition::connector(id, observed, &[], BTreeSet::new()),
        operation: Operation::DeleteConnector { id },
    }
}
