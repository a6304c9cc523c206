//! Responsible for the guards: checks on the whole plan that refuse it if it would remove too much.

use super::{Inputs, Operation, Plan, Reason, Refusal};
use crate::model::{Completeness, CountOrPercent, WorkspaceId};

/// Number of owned objects from which the percentage applies. Below it, ten percent would be less
/// than one object, so only the count applies.
const PERCENT_FROM: u64 = 10;

/// The refusals of all guards.
pub(super) fn refusals(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Refusal> {
    [
        empty_desired(inputs),
        incomplete_listing(inputs),
        too_many_deletes(inputs, plan),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn empty_desired(inputs: &Inputs<'_>) -> Option<Refusal> {
    let owned = owned(inputs);
    let empty = inputs.matches.desired.customers.is_empty();
    (inputs.policy.prune && empty && owned > 0).then_some(Refusal::EmptyDesired { owned })
}

fn incomplete_listing(inputs: &Inputs<'_>) -> Option<Refusal> {
    match &inputs.matches.observed.completeness {
        Completeness::Incomplete(problem) if inputs.policy.prune => {
            Some(Refusal::IncompleteListing {
                problem: problem.clone(),
            })
        }
        _ => None,
    }
}

fn too_many_deletes(inputs: &Inputs<'_>, plan: &Plan) -> Option<Refusal> {
    let deletes: u64 = plan.steps().map(|step| weight(inputs, step)).sum();
    let owned = owned(inputs);
    let allowed = allowed(inputs, owned);
    (deletes > allowed).then_some(Refusal::TooManyDeletes {
        deletes,
        owned,
        allowed,
    })
}

/// The number of objects that a step removes because they are no longer declared.
fn weight(inputs: &Inputs<'_>, step: &super::Step) -> u64 {
    if !step.reasons.contains(&Reason::NotInConfig) {
        return 0;
    }
    match &step.operation {
        Operation::DeleteCustomer { workspace_id, .. } => {
            1 + live_connectors(inputs, *workspace_id)
        }
        Operation::UpdateCustomer { .. } | Operation::DeleteConnector { .. } => 1,
        _ => 0,
    }
}

fn allowed(inputs: &Inputs<'_>, owned: u64) -> u64 {
    let guards = inputs.matches.desired.guards;
    let percent = |percent: u64| owned.saturating_mul(percent) / 100;
    let from_files = if owned >= PERCENT_FROM {
        guards.max_deletes.min(percent(guards.max_delete_percent))
    } else {
        guards.max_deletes
    };
    match inputs.policy.allow_delete {
        None => from_files,
        Some(CountOrPercent::Count(count)) => from_files.max(count),
        Some(CountOrPercent::Percent(hundredths)) => from_files.max(percent(hundredths)),
    }
}

fn owned(inputs: &Inputs<'_>) -> u64 {
    inputs
        .matches
        .recorded
        .customers
        .keys()
        .filter(|id| inputs.matches.observed.customers.contains_key(id))
        .map(|id| 1 + live_connectors(inputs, *id))
        .sum()
}

fn live_connectors(inputs: &Inputs<'_>, id: WorkspaceId) -> u64 {
    let Some(recorded) = inputs.matches.recorded.customers.get(&id) else {
        return 0;
    };
    let listed = inputs
        .matches
        .observed
        .customers
        .get(&id)
        .and_then(|customer| customer.connectors.as_ref());
    let live = recorded
        .connectors
        .values()
        .filter(|connector| listed.is_none_or(|listed| listed.contains_key(&connector.id)))
        .count();
    u64::try_from(live).unwrap_or(u64::MAX)
}
