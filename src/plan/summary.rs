//! Responsible for counting the steps of a plan: objects to add, change, delete and adopt, and secrets to
//! send. Does not print the counts.

use super::{Action, Operation, Plan, Summary};
use crate::model::{Address, Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// Counts objects, not steps: an object that is created and then updated counts once, as added.
/// `is_declared` leaves pruned customers out of `customers_touched`.
pub(super) fn summarize(
    plan: &Plan,
    declared: usize,
    is_declared: impl Fn(&str) -> bool,
) -> Summary {
    let mut actions: BTreeMap<(&Address, bool), BTreeSet<Action>> = BTreeMap::new();
    let mut summary = Summary {
        customers_declared: count(declared),
        ..Summary::default()
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
        }
        summary.secrets += secrets_sent(&step.operation);
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
