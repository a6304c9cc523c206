//! Responsible for the part of a plan that an earlier, approved plan contains.
//!
//! A step is approved if the earlier plan has the same operation for the same observed state. The
//! steps of an object are approved together, and those of a customer only if the customer itself is
//! as approved: another step may need one that was not approved.

use super::{
    Action, Blocked, CustomerPlan, Impact, LedgerUpdates, Operation, Plan, Refusal, Step,
    Unmanaged, guards,
};
use crate::model::{Address, ConnectorId, LedgerState, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A plan that is reduced to the steps that an earlier plan contains.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovedPart {
    /// The approved steps.
    pub plan: Plan,
    /// Approved steps that no longer fit, so that they are skipped.
    pub stale: Vec<StaleStep>,
    /// Approved steps whose objects are as the steps would make them.
    pub satisfied: Vec<(Address, Action)>,
    /// Steps that the earlier plan does not contain, so that they are left out.
    pub unapproved: Vec<(Address, Action)>,
}

/// An approved step that no longer fits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StaleStep {
    /// The customer or connector.
    pub address: Address,
    /// The action that was approved.
    pub action: Action,
    /// What changed.
    pub cause: StaleCause,
}

/// What changed after a plan was approved.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleCause {
    /// The object, so that it needs another step now.
    Object,
    /// The customer, so that it needs another step now, or has another workspace.
    Customer,
    /// The object's declaration in the files.
    Files,
    /// The value of a secret that the step sends.
    Secret,
    /// The object can no longer be planned.
    Blocked,
}

impl ApprovedPart {
    /// Skips the steps of these objects, whose secrets have other values than those approved.
    #[must_use]
    pub fn without(mut self, objects: &BTreeSet<Address>) -> Self {
        for customer in &mut self.plan.customers {
            let steps = std::mem::take(&mut customer.steps);
            let (stale, valid): (Vec<Step>, Vec<Step>) = steps
                .into_iter()
                .partition(|step| objects.contains(&step.address));
            customer.steps = valid;
            self.stale.extend(stale.into_iter().map(|step| StaleStep {
                address: step.address,
                action: step.action,
                cause: StaleCause::Secret,
            }));
        }
        guards::recount(&mut self.plan);
        self
    }
}

/// Reduces `present` to the steps of `approved`. `has_same_declaration` says whether the files
/// declare an object as they did for `approved`. `recorded` is the ledger that `present` was made
/// with.
pub fn approved_part(
    approved: &Plan,
    mut present: Plan,
    recorded: &LedgerState,
    has_same_declaration: impl Fn(&Address) -> bool,
) -> ApprovedPart {
    // A saved plan contains no values, and the check of changed values is for connectors.
    present.leave_organization();
    let blocked = addresses(&present.blocked);
    let by_name = by_name(approved);
    let mut verdicts = Verdicts::default();
    let mut seen = BTreeSet::new();
    for customer in &mut present.customers {
        seen.insert(customer.name.clone());
        let steps = std::mem::take(&mut customer.steps);
        customer.steps = if let Some(approved) = by_name.get(customer.name.as_str()) {
            verdicts.retain(approved, customer.workspace_id, steps)
        } else {
            verdicts.unapproved.extend(steps.iter().map(identity));
            customer.ledger_updates = LedgerUpdates::default();
            Vec::new()
        };
    }
    for customer in &approved.customers {
        if !seen.contains(&customer.name) {
            verdicts.absent.extend(customer.steps.iter().cloned());
        }
    }
    let was_blocked = addresses(&approved.blocked);
    present.blocked.retain(|blocked| {
        let customer = by_name.get(blocked.address.customer.as_str());
        customer.is_some_and(|customer| !customer.steps.is_empty())
            || was_blocked.contains(&blocked.address)
    });
    let unmanaged = present.unmanaged.clone();
    let renamed = renamed_by_others(&present);
    verdicts.finish(present, |step| {
        if renamed.contains(&step.address.customer) {
            Some(StaleCause::Customer)
        } else if is_blocked(&blocked, &step.address) {
            Some(StaleCause::Blocked)
        } else if !has_same_declaration(&step.address) {
            Some(StaleCause::Files)
        } else {
            (!is_done(step, recorded, &unmanaged)).then(|| unproven(step))
        }
    })
}

/// The steps of `present` that `approved` does not contain for the same observed state.
pub fn unapproved_steps(approved: &Plan, present: &Plan) -> Vec<(Address, Action)> {
    let approved = by_name(approved);
    let mut unapproved = Vec::new();
    for customer in &present.customers {
        let earlier = approved
            .get(customer.name.as_str())
            .filter(|approved| !has_other_workspace(approved, customer.workspace_id));
        let is_new = |step: &&Step| !earlier.is_some_and(|earlier| is_approved(earlier, step));
        unapproved.extend(customer.steps.iter().filter(is_new).map(identity));
    }
    unapproved
}

fn by_name(plan: &Plan) -> BTreeMap<&str, &CustomerPlan> {
    let customers = plan.customers.iter();
    customers
        .map(|customer| (customer.name.as_str(), customer))
        .collect()
}

/// Whether a customer has got another workspace since it was approved.
fn has_other_workspace(approved: &CustomerPlan, present: Option<WorkspaceId>) -> bool {
    let ids = approved.workspace_id.zip(present);
    ids.is_some_and(|(approved, present)| approved != present)
}

/// Reduces a plan to the steps of these objects, with the creation or adoption of their customers.
#[must_use]
pub fn only_moved(mut plan: Plan, moved: &BTreeSet<Address>) -> Plan {
    let touched: BTreeSet<&str> = moved
        .iter()
        .map(|address| address.customer.as_str())
        .collect();
    for customer in &mut plan.customers {
        let is_touched = touched.contains(customer.name.as_str());
        customer.steps.retain(|step| {
            let is_needed = matches!(
                step.operation,
                Operation::CreateCustomer { .. } | Operation::AdoptCustomer { .. }
            );
            moved.contains(&step.address) || (is_needed && is_touched)
        });
        customer.ledger_updates = LedgerUpdates::default();
    }
    plan.customers.retain(|customer| !customer.steps.is_empty());
    plan.blocked
        .retain(|blocked| is_blocked(moved, &blocked.address));
    plan.partial = true;
    plan.unmanaged = Unmanaged::default();
    plan.warnings
        .retain(|warning| warning.address().is_some_and(|at| moved.contains(at)));
    plan.unverified
        .retain(|entry| moved.contains(&entry.address));
    retain_refusals_of_deletions(&mut plan);
    guards::recount(&mut plan);
    plan
}

/// Drops the guards that concern customers or deletions which the plan does not have.
fn retain_refusals_of_deletions(plan: &mut Plan) {
    let deletes = plan.steps().any(|step| step.impact() == Impact::Removed);
    plan.refusals
        .retain(|refusal| deletes && refusal.forbids_deletions());
}

/// The customers whose workspaces others renamed. A plan compares nothing of them, so that it has no step
/// for them either.
fn renamed_by_others(plan: &Plan) -> BTreeSet<String> {
    let names = plan.refusals.iter().filter_map(|refusal| match refusal {
        Refusal::RecordedIdRenamed { name, .. } => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

fn addresses(blocked: &[Blocked]) -> BTreeSet<Address> {
    let addresses = blocked.iter().map(|blocked| blocked.address.clone());
    addresses.collect()
}

/// Whether an approved step that the present plan does not have was executed. That the present plan
/// does not need it proves it only for a step that brings an object to its declaration.
fn is_done(step: &Step, recorded: &LedgerState, unmanaged: &Unmanaged) -> bool {
    match &step.operation {
        // The present plan may lack the value of the secret, or see the one that was sent before.
        Operation::ReplaceConnector { id, .. } => {
            recorded_id(recorded, &step.address).is_some_and(|now| now != *id)
        }
        // Another ledger does not record what is to be deleted.
        Operation::DeleteConnector { id } => {
            let is_listed = unmanaged.connectors.iter().any(|other| other.id == *id);
            !is_listed && recorded_id(recorded, &step.address) != Some(*id)
        }
        Operation::DeleteCustomer { workspace_id } => {
            !unmanaged.customers.contains(&step.address.customer)
                && !recorded.customers.contains_key(workspace_id)
        }
        _ => true,
    }
}

fn unproven(step: &Step) -> StaleCause {
    match &step.operation {
        Operation::ReplaceConnector { .. } => StaleCause::Secret,
        _ => StaleCause::Object,
    }
}

fn recorded_id(recorded: &LedgerState, address: &Address) -> Option<ConnectorId> {
    let name = address.connector.as_ref()?;
    let mut customers = recorded.customers.values();
    let customer = customers.find(|customer| customer.name == address.customer)?;
    Some(customer.connectors.get(name.as_str())?.id)
}

/// A blocked customer blocks its connectors.
fn is_blocked(blocked: &BTreeSet<Address>, address: &Address) -> bool {
    blocked.contains(address) || blocked.contains(&Address::customer(&address.customer))
}

fn is_approved(approved: &CustomerPlan, step: &Step) -> bool {
    approved.steps.iter().any(|other| is_same(other, step))
}

/// Whether two steps do the same to the same observed state. What explains a step to a reader, such
/// as its reasons, is not compared.
fn is_same(step: &Step, other: &Step) -> bool {
    step.address == other.address
        && step.action == other.action
        && step.precondition == other.precondition
        && step.operation == other.operation
}

fn identity(step: &Step) -> (Address, Action) {
    (step.address.clone(), step.action)
}

/// What became of the approved steps.
#[derive(Default)]
struct Verdicts {
    stale: Vec<StaleStep>,
    unapproved: Vec<(Address, Action)>,
    /// Approved steps that the present plan does not have.
    absent: Vec<Step>,
}

impl Verdicts {
    /// The approved steps of a customer of the present plan.
    fn retain(
        &mut self,
        approved: &CustomerPlan,
        workspace_id: Option<WorkspaceId>,
        present: Vec<Step>,
    ) -> Vec<Step> {
        let is_other = |step: &Step| !is_approved(approved, step);
        let is_stale_customer = has_other_workspace(approved, workspace_id)
            || present
                .iter()
                .any(|step| step.address.connector.is_none() && is_other(step));
        if is_stale_customer {
            self.reject_all(approved, &present);
            return Vec::new();
        }
        let changed: BTreeSet<Address> = present
            .iter()
            .filter(|step| is_other(step))
            .map(|step| step.address.clone())
            .collect();
        for step in &approved.steps {
            if changed.contains(&step.address) {
                self.reject(step, StaleCause::Object);
            } else if !present.iter().any(|other| is_same(other, step)) {
                self.absent.push(step.clone());
            }
        }
        let (left_out, retained): (Vec<Step>, Vec<Step>) = present
            .into_iter()
            .partition(|step| changed.contains(&step.address));
        self.unapproved.extend(
            left_out
                .iter()
                .filter(|step| !approved.steps.iter().any(|a| a.address == step.address))
                .map(identity),
        );
        retained
    }

    fn reject_all(&mut self, approved: &CustomerPlan, present: &[Step]) {
        for step in &approved.steps {
            self.reject(step, StaleCause::Customer);
        }
        let is_new = |step: &&Step| !approved.steps.iter().any(|a| a.address == step.address);
        self.unapproved
            .extend(present.iter().filter(is_new).map(identity));
    }

    fn reject(&mut self, step: &Step, cause: StaleCause) {
        self.stale.push(StaleStep {
            address: step.address.clone(),
            action: step.action,
            cause,
        });
    }

    fn finish(
        mut self,
        mut plan: Plan,
        cause: impl Fn(&Step) -> Option<StaleCause>,
    ) -> ApprovedPart {
        let mut satisfied = Vec::new();
        for step in std::mem::take(&mut self.absent) {
            match cause(&step) {
                None => satisfied.push(identity(&step)),
                Some(cause) => self.reject(&step, cause),
            }
        }
        plan.customers
            .retain(|customer| !customer.steps.is_empty() || !customer.ledger_updates.is_empty());
        // A reader saw these with the approved plan.
        plan.warnings = Vec::new();
        plan.unmanaged = Unmanaged::default();
        retain_refusals_of_deletions(&mut plan);
        guards::recount(&mut plan);
        ApprovedPart {
            plan,
            stale: self.stale,
            satisfied,
            unapproved: self.unapproved,
        }
    }
}
