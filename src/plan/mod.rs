//! Responsible for every decision about what is to be done: desired, observed and recorded state
//! are matched once ([`match_resources`]), and a [`Plan`] is made from the matches ([`plan`]).
//!
//! Does no I/O and knows no `async`, clock, environment, randomness, hash-map order or secret
//! value: the same inputs give the same bytes.

mod blocked;
mod connector;
mod customer;
mod diff;
mod difference;
mod drift;
mod guards;
mod matching;
mod precondition;
mod prune;
mod rotation;
mod secrets;
mod step;
mod summary;
mod workspace;

#[cfg(test)]
mod tests;

pub use blocked::{BlockCode, BlockReason, Blocked, GuardCode, Refusal};
pub use drift::{Drift, DriftKind, DriftSubject, DriftSummary, Drifted, DriftedCustomer, drift};
pub use matching::{Matches, RecordedMatch, match_resources};
pub use precondition::Precondition;
pub use rotation::{Rotation, only_rotations};
pub use step::{
    ConnectorPatch, ConnectorUpdate, CustomerPlan, FieldChange, FieldValue, LedgerUpdates,
    Operation, Plan, Reason, Step, Summary, Unmanaged, UnmanagedConnector, Unverified,
};

pub use crate::model::Action;
use crate::model::{Address, SecretComparison};
use std::collections::BTreeSet;

/// All that the planner may know.
#[derive(Clone, Copy, Debug)]
struct Inputs<'a> {
    matches: &'a Matches<'a>,
    secrets: &'a SecretComparison,
    policy: &'a Policy,
}

/// What a run may do, from its flags.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    /// Delete what is ours and no longer declared.
    pub prune: bool,
    /// Delete customers too, instead of suspending them; only with `prune`.
    pub delete_customers: bool,
    /// Raises the limits on deletions for this run.
    pub allow_delete: Option<Limit>,
    /// Only these; empty means all.
    pub targets: BTreeSet<Address>,
    /// All but these.
    pub excludes: BTreeSet<Address>,
    /// Connectors whose credentials are to be sent again although they are unchanged.
    pub rotate: BTreeSet<Address>,
}

impl Policy {
    /// Whether the run is for a part of the files.
    pub fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }

    /// Whether absence from the files deletes: never in a partial run.
    pub fn deletes_by_absence(&self) -> bool {
        self.prune && !self.is_partial()
    }

    /// Whether this address is selected.
    pub fn wants(&self, address: &Address) -> bool {
        let selected =
            self.targets.is_empty() || self.targets.iter().any(|target| address.is_within(target));
        selected
            && !self
                .excludes
                .iter()
                .any(|exclude| address.is_within(exclude))
    }

    /// Whether the customer is needed: it is selected, or something inside it is.
    pub fn wants_customer(&self, name: &str) -> bool {
        let selected =
            self.targets.is_empty() || self.targets.iter().any(|target| target.customer == name);
        selected && !self.excludes.contains(&Address::customer(name))
    }
}

/// A limit: `N` or `P%`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// At most so many.
    Count(u64),
    /// At most so many hundredths of the whole.
    Percent(u64),
}

/// Decides what is to be done.
pub fn plan(matches: &Matches<'_>, secrets: &SecretComparison, policy: &Policy) -> Plan {
    let inputs = Inputs {
        matches,
        secrets,
        policy,
    };
    let mut plan = Plan {
        organization_id: matches.observed.organization_id,
        contract: matches.desired.contract,
        partial: policy.is_partial(),
        customers: Vec::new(),
        blocked: Vec::new(),
        refusals: Vec::new(),
        unverified: Vec::new(),
        unmanaged: Unmanaged::default(),
        summary: Summary::default(),
    };
    let wanted = matches.customers.iter();
    for matched in wanted.filter(|matched| policy.wants_customer(matched.name)) {
        let outcome = customer::plan(&inputs, matched);
        if !outcome.plan.steps.is_empty() || !outcome.plan.ledger_updates.is_empty() {
            plan.customers.push(outcome.plan);
        }
        plan.blocked.extend(outcome.blocked);
        plan.refusals.extend(outcome.refusal);
        plan.unverified.extend(outcome.unverified);
        plan.unmanaged.connectors.extend(outcome.unmanaged);
        plan.unmanaged.not_pruned.extend(outcome.not_pruned);
    }
    add_undeclared(&inputs, &mut plan);
    plan.refusals.extend(guards::refusals(&inputs, &plan));
    let declared = &matches.desired.customers;
    plan.summary = summary::of(&plan, declared.len(), |name| declared.contains_key(name));
    plan
}

fn add_undeclared(inputs: &Inputs<'_>, plan: &mut Plan) {
    if !plan.partial {
        let undeclared = prune::undeclared(inputs);
        plan.customers.extend(undeclared.plans);
        plan.customers.sort_by(|left, right| {
            (&left.name, left.workspace_id).cmp(&(&right.name, right.workspace_id))
        });
        plan.blocked.extend(undeclared.blocked);
        plan.unmanaged.not_pruned.extend(undeclared.not_pruned);
        plan.refusals.extend(undeclared.refusals);
    }
    let matches = inputs.matches;
    let recorded = &matches.recorded.customers;
    let observed = matches.observed.customers.iter();
    plan.unmanaged.customers = observed
        .filter(|(id, _)| !matches.claimed.contains(id) && !recorded.contains_key(id))
        .map(|(_, customer)| customer.name.clone())
        .collect();
    plan.unmanaged.customers.sort();
    plan.unmanaged.not_pruned.sort();
}
