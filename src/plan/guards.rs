//! Responsible for the guards: checks on the whole plan that refuse it if it would remove or replace too much;
//! and for naming the limits that allow the deletions and id changes of a plan.

use super::policy_check::DeletedConnector;
use super::summary::summarize;
use super::{
    AllowedDeletions, AllowedIdChanges, Inputs, LimitSource, Matches, Operation, Plan, PlanWarning,
    Policy, Refusal, RemovalFlags, Step, policy_check,
};
use crate::model::{Completeness, CountOrPercent, Guards, PolicyLimits, PolicyRules, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Number of owned objects from which the percentage applies. Below it, ten percent would be less
/// than one object, so only the count applies.
const PERCENT_FROM: u64 = 10;

/// The limits that the guards compare a plan with. A part of the plan has the same limits.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct GuardLimits {
    /// Owned objects that exist remotely.
    owned: u64,
    deletes: Limit,
    /// `None` sets no limit.
    id_changes: Option<Limit>,
    flags: RemovalFlags,
    /// The owned connectors in each workspace that the plan deletes.
    connectors: BTreeMap<WorkspaceId, u64>,
    /// The rules of the policy file.
    #[serde(default, skip_serializing_if = "PolicyRules::is_empty")]
    rules: PolicyRules,
    /// The connectors that the plan deletes, of types that the rules limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deleted: Vec<DeletedConnector>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
struct Limit {
    allowed: u64,
    source: LimitSource,
}

impl GuardLimits {
    pub(super) fn new(inputs: &Inputs<'_>, plan: &Plan) -> Self {
        let owned = owned(inputs);
        let (guards, policy) = (inputs.matches.desired.guards, inputs.policy);
        let deleted = plan.steps().filter_map(|step| match step.operation {
            Operation::DeleteCustomer { workspace_id } => Some(workspace_id),
            _ => None,
        });
        Self {
            owned,
            deletes: Limit::new(guards, policy, owned),
            id_changes: Limit::of_id_changes(guards, policy),
            flags: flags(policy),
            connectors: deleted
                .map(|id| (id, live_connectors(inputs, id)))
                .collect(),
            deleted: policy_check::deleted_connectors(inputs, plan),
            rules: policy.rules.clone(),
        }
    }

    /// The number of objects that a step removes. A replaced connector has a successor, so its
    /// deletion does not count. The deletion of a superseded connector does, because only the ledger
    /// says that the connector was replaced.
    fn weight(&self, step: &Step) -> u64 {
        match &step.operation {
            Operation::DeleteCustomer { workspace_id } => {
                1 + self.connectors.get(workspace_id).copied().unwrap_or(0)
            }
            Operation::DeleteConnector { .. } => 1,
            _ => u64::from(step.suspends()),
        }
    }

    fn deletes(&self, plan: &Plan) -> u64 {
        plan.steps().map(|step| self.weight(step)).sum()
    }
}

/// Counts a plan again after steps were taken out of it, and compares it with its limits.
pub(super) fn recount(plan: &mut Plan) {
    let before = plan.summary.forecast;
    plan.summary = summarize(plan, plan.summary.into(), |_| true);
    plan.summary.forecast = plan.summary.forecast.timed_like(before);
    compare_with_limits(plan);
}

/// Compares the numbers of deletions and id changes of a plan with its limits, in place of an earlier
/// comparison.
pub(super) fn compare_with_limits(plan: &mut Plan) {
    let deletes = plan.limits.deletes(plan);
    let id_changes = plan.summary.impact.id_changes;
    let is_compared = |refusal: &Refusal| {
        matches!(
            refusal,
            Refusal::TooManyDeletes { .. }
                | Refusal::TooManyIdChanges { .. }
                | Refusal::PolicyViolated(_)
        )
    };
    plan.refusals.retain(|refusal| !is_compared(refusal));
    let GuardLimits { rules, deleted, .. } = &plan.limits;
    let violations = policy_check::refusals(rules, deleted, plan);
    plan.refusals.extend(violations);
    let limits = &plan.limits;
    let Limit { allowed, source } = limits.deletes;
    plan.deletions = (1..=allowed)
        .contains(&deletes)
        .then_some(AllowedDeletions {
            deletes,
            allowed,
            source,
        });
    plan.refusals
        .extend((deletes > allowed).then_some(Refusal::TooManyDeletes {
            deletes,
            owned: limits.owned,
            allowed,
            source,
            flags: limits.flags,
        }));
    plan.id_changes = None;
    if let Some(Limit { allowed, source }) = limits.id_changes {
        if id_changes > allowed {
            plan.refusals.push(Refusal::TooManyIdChanges {
                id_changes,
                allowed,
                source,
            });
        } else if id_changes > 0 {
            plan.id_changes = Some(AllowedIdChanges {
                id_changes,
                allowed,
                source,
            });
        }
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
    fn ceiling(policy: PolicyLimits, owned: u64) -> Option<u64> {
        let PolicyLimits {
            max_allow_delete,
            max_deletes,
            max_delete_percent,
            max_id_changes: _,
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
            max_id_changes: None,
        };
        files.capped(Some(Self::from_guards(capped, owned).allowed))
    }

    fn from_guards(guards: Guards, owned: u64) -> Self {
        let Guards {
            max_deletes,
            max_delete_percent,
            max_id_changes: _,
        } = guards;
        let default = Guards::default();
        let percent = number(CountOrPercent::Percent(max_delete_percent), owned);
        let (allowed, is_default) = if owned >= PERCENT_FROM && percent < max_deletes {
            (percent, max_delete_percent == default.max_delete_percent)
        } else {
            (max_deletes, max_deletes == default.max_deletes)
        };
        let source = if is_default {
            LimitSource::Default
        } else {
            LimitSource::Files
        };
        Self { allowed, source }
    }

    /// The limit of `--allow-id-changes`, else that of the files, below the ceiling of the policy file.
    fn of_id_changes(guards: Guards, policy: &Policy) -> Option<Self> {
        let limit = |source| move |allowed| Self { allowed, source };
        let ceiling = policy.ceiling.max_id_changes;
        let requested = match policy.allow_id_changes {
            Some(allowed) => Some(limit(LimitSource::AllowIdChanges)(allowed)),
            None => guards.max_id_changes.map(limit(LimitSource::Files)),
        };
        match requested {
            Some(requested) => Some(requested.capped(ceiling)),
            None => ceiling.map(limit(LimitSource::Policy)),
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

/// The refusals that do not depend on the number of steps.
pub(super) fn refusals(inputs: &Inputs<'_>, limits: &GuardLimits) -> Vec<Refusal> {
    [
        empty_desired(inputs, limits.owned),
        incomplete_listing(inputs),
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
    // A limit that is not set is the highest.
    let is_higher = |before: &Option<u64>, now: &Option<u64>| {
        before.is_some_and(|before| now.is_none_or(|now| now > before))
    };
    [
        (
            "max_deletes",
            Some(before.max_deletes),
            Some(now.max_deletes),
        ),
        (
            "max_delete_percent",
            Some(before.max_delete_percent),
            Some(now.max_delete_percent),
        ),
        ("max_id_changes", before.max_id_changes, now.max_id_changes),
    ]
    .into_iter()
    .filter(|(_, before, now)| is_higher(before, now))
    .map(|(setting, before, now)| PlanWarning::GuardLoosened {
        setting: setting.to_owned(),
        before: before.unwrap_or_default(),
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
