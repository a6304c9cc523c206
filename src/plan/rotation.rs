//! Responsible for the part of a plan that rotates the selected connectors.
//!
//! A replacement sends the whole declaration, so a connector with other pending changes is blocked:
//! a rotation must not apply changes that were not reviewed.

use super::{
    Action, BlockReason, Blocked, CustomerPlan, LedgerUpdates, Operation, Plan, Reason, Step,
    Unmanaged, guards,
};
use crate::model::{Address, Status};
use std::collections::BTreeSet;

/// A plan that is reduced to rotations.
#[derive(Clone, Debug, PartialEq)]
pub struct RotationPlan {
    /// Rotations, and deletions of connectors that earlier replacements left.
    pub plan: Plan,
    /// The other pending changes of the selected connectors and their customers, for `apply`.
    pub deferred: Vec<(Address, Action)>,
}

/// Whether the rotation includes a step.
enum Disposition {
    Included,
    Deferred,
    Refused(BlockReason),
}

/// Reduces a plan that was made with connectors in [`super::Policy::rotate`].
pub fn only_rotations(mut plan: Plan) -> RotationPlan {
    let mut deferred = Vec::new();
    for customer in &mut plan.customers {
        let blockers = RotationBlockers::new(customer);
        let dispositions: Vec<Disposition> = customer
            .steps
            .iter()
            .map(|step| blockers.disposition(step))
            .collect();
        // Apply shows unmanaged connectors and adopts customers, so it records them.
        customer.ledger_updates.unmanaged = None;
        if customer.adds_ledger_entry() {
            customer.ledger_updates = LedgerUpdates::default();
        }
        let steps = std::mem::take(&mut customer.steps);
        for (step, disposition) in steps.into_iter().zip(dispositions) {
            match disposition {
                Disposition::Included => customer.steps.push(step),
                Disposition::Deferred => deferred.push((step.address, step.action)),
                Disposition::Refused(reason) => plan.blocked.push(Blocked {
                    address: step.address,
                    reason,
                }),
            }
        }
    }
    plan.customers
        .retain(|customer| !customer.steps.is_empty() || !customer.ledger_updates.is_empty());
    plan.partial = true;
    plan.unverified = Vec::new();
    plan.waiting = Vec::new();
    plan.leave_organization();
    plan.unmanaged = Unmanaged::default();
    plan.warnings.retain(|warning| warning.created().is_none());
    // A rotation has steps of declared customers only.
    guards::recount(&mut plan);
    RotationPlan { plan, deferred }
}

/// Pending changes of a customer that block the rotation of its connectors.
struct RotationBlockers {
    adopted: BTreeSet<Address>,
    has_earlier_step: bool,
}

impl RotationBlockers {
    fn new(customer: &CustomerPlan) -> Self {
        let is_adoption = |step: &&Step| matches!(step.operation, Operation::AdoptConnector { .. });
        Self {
            adopted: customer
                .steps
                .iter()
                .filter(is_adoption)
                .map(|step| step.address.clone())
                .collect(),
            has_earlier_step: customer.steps.iter().any(must_come_first),
        }
    }

    fn disposition(&self, step: &Step) -> Disposition {
        if step.reasons == [Reason::Superseded] {
            return Disposition::Included;
        }
        if !step.reasons.contains(&Reason::Requested) {
            return Disposition::Deferred;
        }
        if self.adopted.contains(&step.address) {
            return Disposition::Refused(BlockReason::NotRecorded);
        }
        if self.has_earlier_step {
            return Disposition::Refused(BlockReason::CustomerChangesFirst);
        }
        if step.action == Action::Rotate && step.reasons.iter().copied().all(concerns_secrets) {
            Disposition::Included
        } else {
            Disposition::Refused(BlockReason::OtherChanges)
        }
    }
}

fn concerns_secrets(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Requested
            | Reason::SecretRotated
            | Reason::CredentialChanged
            | Reason::ReferenceChanged
            | Reason::StoreVersionChanged
            | Reason::CredentialsVersionChanged
    )
}

/// Whether connectors of the customer can be written only after this step.
fn must_come_first(step: &Step) -> bool {
    match &step.operation {
        Operation::CreateCustomer { .. } | Operation::AdoptCustomer { .. } => true,
        Operation::UpdateCustomer { patch, .. } => {
            patch.name.is_some() || patch.status == Some(Status::Active)
        }
        _ => false,
    }
}
