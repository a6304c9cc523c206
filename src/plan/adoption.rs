//! Responsible for the plan of `airlift adopt`: the part of a plan that records existing remote objects in
//! the ledger as managed. Does not change the objects and does not execute the plan.

use super::{Action, LedgerUpdates, Operation, Plan, Step, Unmanaged, guards};
use crate::model::Address;
use std::collections::BTreeSet;

/// Reduces a plan to its adoptions. No remaining step sends a write request. Also returns the other changes of what was
/// selected, which are left for `apply`.
pub fn only_adoptions(mut plan: Plan) -> (Plan, Vec<(Address, Action)>) {
    let mut deferred = Vec::new();
    for customer in &mut plan.customers {
        let others = customer
            .steps
            .iter()
            .filter(|step| step.action != Action::Adopt);
        deferred.extend(others.map(|step| (step.address.clone(), step.action)));
        let changed: BTreeSet<Address> = customer
            .steps
            .iter()
            .filter(|step| step.action != Action::Adopt)
            .map(|step| step.address.clone())
            .collect();
        customer.steps.retain(|step| step.action == Action::Adopt);
        for step in &mut customer.steps {
            if changed.contains(&step.address) {
                leave_settings_unrecorded(step);
            }
        }
        // Corrections of a customer that is not adopted are left to `apply`.
        if !customer.adds_ledger_entry() {
            customer.ledger_updates = LedgerUpdates::default();
        }
    }
    plan.customers.retain(|customer| !customer.steps.is_empty());
    plan.partial = true;
    // The guards limit deletions and id changes, and none of them remains.
    plan.refusals = Vec::new();
    plan.warnings = Vec::new();
    plan.unverified = Vec::new();
    plan.waiting = Vec::new();
    plan.leave_organization();
    plan.unmanaged = Unmanaged::default();
    guards::recount(&mut plan);
    (plan, deferred)
}

/// Removes the settings that differ remotely from the record of an adopted connector, because they
/// are not applied yet.
fn leave_settings_unrecorded(step: &mut Step) {
    if let Operation::AdoptConnector { body, .. } = &mut step.operation {
        body.replication_config = None;
        body.entities = None;
    }
}
