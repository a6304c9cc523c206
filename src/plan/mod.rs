//! The pure core: desired, observed and recorded state in, a [`Plan`] out.
//!
//! Owns every decision about what is to be done. Refuses I/O, `async`, clocks, environment,
//! randomness, hash-map order and secret values: the same inputs give the same bytes.

mod connector;
mod customer;
mod diff;
mod drift;
mod guards;
mod matching;
mod prune;
mod rotation;
mod secrets;
mod step;
mod summary;
mod workspace;

#[cfg(test)]
mod tests;

pub use drift::{Drift, DriftKind, DriftSubject, DriftSummary, Drifted, DriftedCustomer, drift};
pub use rotation::{Rotation, only_rotations};
pub use step::{
    BlockCode, Blocked, ConnectorPatch, CustomerPlan, FieldChange, FieldValue, GuardCode,
    Operation, Plan, Reason, Refusal, Remember, RememberConnector, Step, Summary, Unmanaged,
    UnmanagedConnector, Unverified,
};

pub use crate::model::Action;
use crate::model::{
    Address, ConnectorId, Desired, DesiredConnector, Evidence, Observed, Recorded, WorkspaceId,
};
use matching::{ConnectorMatch, ConnectorPool, CustomerMatch, Index};
use std::collections::BTreeSet;

/// All that the planner may know.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What the files ask for.
    pub desired: &'a Desired,
    /// What there is.
    pub observed: &'a Observed,
    /// What the ledger remembers.
    pub recorded: &'a Recorded,
    /// What is known of the secrets.
    pub evidence: &'a Evidence,
    /// What this run may do.
    pub policy: &'a Policy,
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

/// Compares and decides.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let index = Index::new(inputs);
    let mut plan = Plan {
        organization_id: inputs.observed.organization_id,
        contract: inputs.desired.contract,
        partial: inputs.policy.is_partial(),
        customers: Vec::new(),
        blocked: Vec::new(),
        refusals: Vec::new(),
        unverified: Vec::new(),
        unmanaged: Unmanaged::default(),
        summary: Summary::default(),
    };
    let mut meant = BTreeSet::new();
    for (name, declared) in &inputs.desired.customers {
        meant.extend(matching::meant(inputs, &index, name, declared));
        if !inputs.policy.wants_customer(name) {
            continue;
        }
        let outcome = customer::plan(inputs, &index, name, declared);
        if !outcome.plan.steps.is_empty() || !outcome.plan.remember.is_empty() {
            plan.customers.push(outcome.plan);
        }
        plan.blocked.extend(outcome.blocked);
        plan.refusals.extend(outcome.refusal);
        plan.unverified.extend(outcome.unverified);
        plan.unmanaged.connectors.extend(outcome.unmanaged);
        plan.unmanaged.kept.extend(outcome.kept);
    }
    add_undeclared(inputs, &meant, &mut plan);
    plan.refusals.extend(guards::refusals(inputs, &plan));
    let declared = &inputs.desired.customers;
    plan.summary = summary::of(&plan, declared.len(), |name| declared.contains_key(name));
    plan
}

fn add_undeclared(inputs: &Inputs<'_>, meant: &BTreeSet<WorkspaceId>, plan: &mut Plan) {
    if !plan.partial {
        let undeclared = prune::undeclared(inputs, meant);
        plan.customers.extend(undeclared.plans);
        plan.customers.sort_by(|left, right| {
            (&left.name, left.workspace_id).cmp(&(&right.name, right.workspace_id))
        });
        plan.blocked.extend(undeclared.blocked);
        plan.unmanaged.kept.extend(undeclared.kept);
        plan.refusals.extend(undeclared.refusals);
    }
    plan.unmanaged.customers = inputs
        .observed
        .customers
        .iter()
        .filter(|(id, _)| !meant.contains(id) && !inputs.recorded.customers.contains_key(id))
        .map(|(_, customer)| customer.name.clone())
        .collect();
    plan.unmanaged.customers.sort();
    plan.unmanaged.kept.sort();
}

/// Which recorded connector each declared one means: what the evidence has to be gathered for.
pub fn pairs<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    recorded: &'a Recorded,
) -> Vec<(Address, &'a DesiredConnector, ConnectorId)> {
    let (evidence, policy) = (Evidence::default(), Policy::default());
    let inputs = Inputs {
        desired,
        observed,
        recorded,
        evidence: &evidence,
        policy: &policy,
    };
    let index = Index::new(&inputs);
    let mut pairs = Vec::new();
    for (name, declared) in &desired.customers {
        let CustomerMatch::Found(found) = matching::customer(&inputs, &index, name, declared)
        else {
            continue;
        };
        let pool = ConnectorPool::new(found, declared);
        for (connector, wanted) in &declared.connectors {
            let definition = wanted.kind.definition_id.unwrap_or(NO_DEFINITION);
            if let ConnectorMatch::Found {
                id,
                recorded: Some(_),
                ..
            } = pool.find(connector, definition)
            {
                pairs.push((Address::connector(name, connector), wanted, id));
            }
        }
    }
    pairs
}

/// Matches no connector by name and type; a recorded id still matches.
const NO_DEFINITION: crate::model::DefinitionId = crate::model::DefinitionId(uuid::Uuid::nil());
