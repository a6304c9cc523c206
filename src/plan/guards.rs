//! Responsible for the guards: checks on the whole plan that refuse it if it would remove too much;
//! and for naming the limit that allows the deletions of a plan.

use super::{
    AllowedDeletions, Inputs, LimitSource, Matches, Operation, Plan, PlanWarning, Policy, Reason,
    Refusal, RemovalFlags, Step,
};
use crate::model::{Completeness, CountOrPercent, DeletePolicy, Guards, WorkspaceId};

/// Number of owned objects from which the percentage applies. Below it, ten percent would be less
/// than one object, so only the count applies.
const PERCENT_FROM: u64 = 10;

/// The deletions of a plan, and the limit on them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deletions {
    deletes: u64,
    /// Owned objects that exist remotely.
    owned: u64,
    limit: Limit,
    flags: RemovalFlags,
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    allowed: u64,
    source: LimitSource,
}

impl Deletions {
    pub(super) fn new(inputs: &Inputs<'_>, plan: &Plan) -> Self {
        let owned = owned(inputs);
        Self {
            deletes: plan.steps().map(|step| weight(inputs, step)).sum(),
            owned,
            limit: Limit::new(inputs.matches.desired.guards, inputs.policy, owned),
            flags: flags(inputs.policy),
        }
    }

    /// The deletions with the limit that allows them; `None` if there are none, or too many.
    pub(super) fn allowed(self) -> Option<AllowedDeletions> {
        let Limit { allowed, source } = self.limit;
        (1..=allowed)
            .contains(&self.deletes)
            .then_some(AllowedDeletions {
                deletes: self.deletes,
                allowed,
                source,
            })
    }

    fn refusal(self) -> Option<Refusal> {
        let Limit { allowed, source } = self.limit;
        (self.deletes > allowed).then_some(Refusal::TooManyDeletes {
            deletes: self.deletes,
            owned: self.owned,
            allowed,
            source,
            flags: self.flags,
        })
    }
}

fn flags(policy: &Policy) -> RemovalFlags {
    match (policy.deletes_by_absence(), policy.delete_customers) {
        (false, _) => RemovalFlags::None,
        (true, false) => RemovalFlags::Prune,
        (true, true) => RemovalFlags::PruneAndDeleteCustomers,
    }
}

impl Limit {
    /// The limit of `--allow-delete`, else that of the files, below the ceiling of the policy file.
    fn new(guards: Guards, policy: &Policy, owned: u64) -> Self {
        let limit = match policy.allow_delete {
            Some(limit) => Self {
                allowed: number(limit, owned),
                source: LimitSource::AllowDelete,
            },
            None => Self::from_files(guards, policy, owned),
        };
        limit.capped(Self::ceiling(policy.ceiling, owned))
    }

    /// The highest number of deletions that the policy file allows. Without `max_allow_delete`, its other
    /// limits hold for `--allow-delete`, too: an operator who wrote one limit expects no run above it.
    fn ceiling(policy: DeletePolicy, owned: u64) -> Option<u64> {
        let DeletePolicy {
            max_allow_delete,
            max_deletes,
            max_delete_percent,
        } = policy;
        if let Some(limit) = max_allow_delete {
            return Some(number(limit, owned));
        }
        let percent = max_delete_percent
            .filter(|_| owned >= PERCENT_FROM)
            .map(|percent| number(CountOrPercent::Percent(percent), owned));
        max_deletes.into_iter().chain(percent).min()
    }

    fn from_files(guards: Guards, policy: &Policy, owned: u64) -> Self {
        let files = Self::from_guards(guards, owned);
        let capped = Guards {
            max_deletes: at_most(guards.max_deletes, policy.ceiling.max_deletes),
            max_delete_percent: at_most(
                guards.max_delete_percent,
                policy.ceiling.max_delete_percent,
            ),
        };
        files.capped(Some(Self::from_guards(capped, owned).allowed))
    }

    fn from_guards(guards: Guards, owned: u64) -> Self {
        let percent = number(CountOrPercent::Percent(guards.max_delete_percent), owned);
        Self {
            allowed: if owned >= PERCENT_FROM {
                guards.max_deletes.min(percent)
            } else {
                guards.max_deletes
            },
            source: LimitSource::Files,
        }
    }

    fn capped(self, ceiling: Option<u64>) -> Self {
        ceiling
            .filter(|ceiling| *ceiling < self.allowed)
            .map_or(self, |allowed| Self {
                allowed,
                source: LimitSource::Policy,
            })
    }
}

fn at_most(value: u64, ceiling: Option<u64>) -> u64 {
    ceiling.map_or(value, |ceiling| value.min(ceiling))
}

fn number(limit: CountOrPercent, owned: u64) -> u64 {
    match limit {
        CountOrPercent::Count(count) => count,
        CountOrPercent::Percent(percent) => owned.saturating_mul(percent) / 100,
    }
}

/// The refusals of all guards.
pub(super) fn refusals(inputs: &Inputs<'_>, deletions: &Deletions) -> Vec<Refusal> {
    [
        empty_desired(inputs, deletions.owned),
        incomplete_listing(inputs),
        deletions.refusal(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The settings below `guards` that are higher than at the last apply.
pub(super) fn warnings(matches: &Matches<'_>) -> Vec<PlanWarning> {
    let (Some(before), now) = (matches.recorded.guards, matches.desired.guards) else {
        return Vec::new();
    };
    [
        ("max_deletes", before.max_deletes, now.max_deletes),
        (
            "max_delete_percent",
            before.max_delete_percent,
            now.max_delete_percent,
        ),
    ]
    .into_iter()
    .filter(|(_, before, now)| now > before)
    .map(|(setting, before, now)| PlanWarning::GuardLoosened {
        setting: setting.to_owned(),
        before,
        now,
    })
    .collect()
}

fn empty_desired(inputs: &Inputs<'_>, owned: u64) -> Option<Refusal> {
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

/// The number of objects that a step removes. A replaced connector has a successor, so its deletion
/// does not count. The deletion of a superseded connector does, because only the ledger says that
/// the connector was replaced.
fn weight(inputs: &Inputs<'_>, step: &Step) -> u64 {
    match &step.operation {
        Operation::DeleteCustomer { workspace_id, .. } => {
            1 + live_connectors(inputs, *workspace_id)
        }
        Operation::DeleteConnector { .. } => 1,
        Operation::UpdateCustomer { .. } if step.reasons.contains(&Reason::NotInConfig) => 1,
        _ => 0,
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

/// The number of owned connectors that exist. Connectors that were not read count as existing.
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
        .owned()
        .into_iter()
        .filter(|id| listed.is_none_or(|listed| listed.contains_key(id)))
        .count();
    u64::try_from(live).unwrap_or(u64::MAX)
}
