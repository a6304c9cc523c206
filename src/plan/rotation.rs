//! The part of a plan that sends credentials again because that was asked for by name.
//!
//! A replacement carries the whole declaration, so a connector with other pending changes is
//! refused: a rotation must not smuggle in what nobody reviewed.

use super::{
    Action, BlockReason, Blocked, CustomerPlan, LedgerUpdates, Operation, Plan, Reason, Step,
    Unmanaged, summary,
};
use crate::model::{Address, Status};
use std::collections::BTreeSet;

/// A plan narrowed to a rotation.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// Rotations, and deletions of what earlier replacements left over.
    pub plan: Plan,
    /// Everything else that is pending where the rotation looks: left for `apply`.
    pub deferred: Vec<(Address, Action)>,
}

/// What becomes of one step.
enum Fate {
    Kept,
    Deferred,
    Refused(BlockReason),
}

/// Narrows a plan that was made with connectors in [`super::Policy::rotate`].
pub fn only_rotations(mut plan: Plan) -> Rotation {
    let mut deferred = Vec::new();
    for customer in &mut plan.customers {
        let obstacles = Obstacles::new(customer);
        let fates: Vec<Fate> = customer
            .steps
            .iter()
            .map(|step| obstacles.fate(step))
            .collect();
        // What apply would show and adopt is left for apply to remember.
        customer.ledger_updates.unmanaged = None;
        if customer.begins() {
            customer.ledger_updates = LedgerUpdates::default();
        }
        let steps = std::mem::take(&mut customer.steps);
        for (step, fate) in steps.into_iter().zip(fates) {
            match fate {
                Fate::Kept => customer.steps.push(step),
                Fate::Deferred => deferred.push((step.address, step.action)),
                Fate::Refused(reason) => plan.blocked.push(Blocked {
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
    plan.unmanaged = Unmanaged::default();
    let declared = usize::try_from(plan.summary.customers_declared).unwrap_or(usize::MAX);
    // Only what is declared is rotated.
    plan.summary = summary::of(&plan, declared, |_| true);
    Rotation { plan, deferred }
}

/// What keeps connectors of a customer from being rotated.
struct Obstacles {
    adopted: BTreeSet<Address>,
    comes_first: bool,
}

impl Obstacles {
    fn new(customer: &CustomerPlan) -> Self {
        let adopted = |step: &&Step| matches!(step.operation, Operation::AdoptConnector { .. });
        Self {
            adopted: customer
                .steps
                .iter()
                .filter(adopted)
                .map(|step| step.address.clone())
                .collect(),
            comes_first: customer.steps.iter().any(comes_first),
        }
    }

    fn fate(&self, step: &Step) -> Fate {
        if step.reasons == [Reason::Superseded] {
            return Fate::Kept;
        }
        if !step.reasons.contains(&Reason::Requested) {
            return Fate::Deferred;
        }
        if self.adopted.contains(&step.address) {
            return Fate::Refused(BlockReason::NotRecorded);
        }
        if self.comes_first {
            return Fate::Refused(BlockReason::CustomerChangesFirst);
        }
        if step.action == Action::Rotate && step.reasons.iter().copied().all(is_of_secrets) {
            Fate::Kept
        } else {
            Fate::Refused(BlockReason::OtherChanges)
        }
    }
}

fn is_of_secrets(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Requested
            | Reason::SecretRotated
            | Reason::StoreVersionChanged
            | Reason::CredentialsVersionChanged
    )
}

/// Whether connectors of the customer cannot be written to before this step is done.
fn comes_first(step: &Step) -> bool {
    match &step.operation {
        Operation::CreateCustomer { .. } | Operation::AdoptCustomer { .. } => true,
        Operation::UpdateCustomer { patch, .. } => {
            patch.name.is_some() || patch.status == Some(Status::Active)
        }
        _ => false,
    }
}
