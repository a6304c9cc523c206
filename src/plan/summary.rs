//! Responsible for counting the steps of a plan: objects to add, change, delete and adopt, and secrets to
//! send. Does not print the counts.

use super::{Action, Forecast, Impact, ImpactCounts, Matches, Operation, Plan, Policy};
use crate::model::{Address, Setting, Settings};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Counts of a plan's objects. A replacement counts in `add` and in `destroy`. An object that is
/// created and then updated counts once.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Summary {
    /// Objects to create.
    pub add: u64,
    /// Objects to change in place.
    pub change: u64,
    /// Objects to delete.
    pub destroy: u64,
    /// Objects to add to the ledger.
    pub adopt: u64,
    /// Objects by what the plan means for programs that use them.
    pub impact: ImpactCounts,
    /// Secrets to send.
    pub secrets: u64,
    /// Declared customers with one or more steps.
    pub customers_touched: u64,
    /// Customers declared.
    pub customers_declared: u64,
    /// Declared customers of which the run covers anything.
    pub customers_selected: u64,
    /// Connectors declared.
    #[serde(default)]
    pub connectors_declared: u64,
    /// Declared connectors that the run covers.
    pub connectors_selected: u64,
    /// Customers of which only the ids of connectors were compared (`--listing organization`).
    pub customers_not_compared: u64,
    /// What the execution costs.
    #[serde(default)]
    pub forecast: Forecast,
}

/// What the files declare, and what of it the run covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    customers_declared: u64,
    customers_selected: u64,
    connectors_declared: u64,
    connectors_selected: u64,
    customers_not_compared: u64,
}

impl Scope {
    pub(super) fn new(matches: &Matches<'_>, policy: &Policy) -> Self {
        let desired = matches.desired;
        let customers = desired.customers.keys();
        let connectors = desired.connectors();
        Self {
            customers_declared: count(desired.customers.len()),
            customers_selected: count(
                customers
                    .filter(|name| policy.selects_customer(name))
                    .count(),
            ),
            connectors_declared: count(desired.connectors().count()),
            connectors_selected: count(
                connectors
                    .filter(|(address, _)| policy.selects(address))
                    .count(),
            ),
            customers_not_compared: count(matches.observed.organization_listing.customers()),
        }
    }
}

impl From<Summary> for Scope {
    fn from(summary: Summary) -> Self {
        Self {
            customers_declared: summary.customers_declared,
            customers_selected: summary.customers_selected,
            connectors_declared: summary.connectors_declared,
            connectors_selected: summary.connectors_selected,
            customers_not_compared: summary.customers_not_compared,
        }
    }
}

impl From<Scope> for Summary {
    fn from(scope: Scope) -> Self {
        Self {
            customers_declared: scope.customers_declared,
            customers_selected: scope.customers_selected,
            connectors_declared: scope.connectors_declared,
            connectors_selected: scope.connectors_selected,
            customers_not_compared: scope.customers_not_compared,
            ..Self::default()
        }
    }
}

/// Counts objects, not steps: an object that is created and then updated counts once, as added.
/// `is_declared` leaves pruned customers out of `customers_touched`.
pub(super) fn summarize(plan: &Plan, scope: Scope, is_declared: impl Fn(&str) -> bool) -> Summary {
    let mut actions: BTreeMap<(&Address, bool), BTreeSet<Action>> = BTreeMap::new();
    let mut impacts: BTreeMap<&Address, Impact> = BTreeMap::new();
    let mut summary = Summary {
        forecast: Forecast::new(plan),
        ..scope.into()
    };
    for step in plan.steps() {
        // A deleted object and a remaining one can have the same address.
        let deleted = step.action == Action::Delete;
        actions
            .entry((&step.address, deleted))
            .or_default()
            .insert(step.action);
        if deleted {
            summary.destroy += 1;
            summary.impact.add(Impact::Removed);
        } else {
            let impact = step.impact();
            impacts
                .entry(&step.address)
                .and_modify(|other| *other = other.and(impact))
                .or_insert(impact);
        }
        summary.impact.secret_only += u64::from(step.is_secret_only());
        summary.secrets += secrets_sent(&step.operation);
    }
    for impact in impacts.into_values() {
        summary.impact.add(impact);
    }
    for actions in actions.values() {
        let has = |action| actions.contains(&action);
        if has(Action::Replace) || has(Action::Rotate) {
            summary.add += 1;
            summary.destroy += 1;
        } else if has(Action::Create) {
            summary.add += 1;
        } else if has(Action::Update) || has(Action::Rename) {
            summary.change += 1;
        }
        summary.adopt += u64::from(has(Action::Adopt));
    }
    let touched = plan
        .customers
        .iter()
        .filter(|customer| !customer.steps.is_empty() && is_declared(&customer.name));
    summary.customers_touched = count(touched.count());
    summary
}

fn secrets_sent(operation: &Operation) -> u64 {
    match operation {
        Operation::CreateConnector { body } | Operation::ReplaceConnector { body, .. } => body
            .blocks()
            .map(|(_, block)| references_in_settings(block))
            .sum(),
        _ => 0,
    }
}

fn references_in_settings(settings: &Settings) -> u64 {
    settings.values().map(references_in_setting).sum()
}

fn references_in_setting(setting: &Setting) -> u64 {
    match setting {
        Setting::Literal(_) => 0,
        Setting::Secret(_) => 1,
        Setting::List(items) => items.iter().map(references_in_setting).sum(),
        Setting::Map(fields) => references_in_settings(fields),
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
