//! Responsible for dividing a plan into the waves of an apply.

use super::{CustomerPlan, Plan};
use crate::model::{Desired, Wave, wave_order};
use std::collections::{BTreeMap, BTreeSet};

/// A plan in waves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// The waves that change something, in order. Those that remove customers come last.
    pub waves: Vec<RolloutWave>,
    /// The customers of the plan that no wave selects.
    pub unselected: Vec<CustomerPlan>,
    /// The customers of the plan that have steps.
    pub customers: usize,
}

/// The customers of one wave.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutWave {
    /// The wave as `--waves` names it.
    pub wave: Wave,
    /// Whether the wave removes customers that the files no longer declare.
    pub removes: bool,
    /// What the wave executes, in the order of the plan.
    pub customers: Vec<CustomerPlan>,
}

impl Rollout {
    /// Divides a plan. `covered` are the declared customers that the run covers: percentages count all of them, so that
    /// a customer stays in its wave when others are done.
    pub fn new(plan: &Plan, desired: &Desired, covered: &BTreeSet<String>, waves: &[Wave]) -> Self {
        let is_declared = |customer: &&CustomerPlan| desired.customers.contains_key(&customer.name);
        let (declared, removed): (Vec<&CustomerPlan>, Vec<&CustomerPlan>) =
            plan.customers.iter().partition(is_declared);
        let names = declared.iter().map(|customer| customer.name.as_str());
        let all: BTreeSet<&str> = covered.iter().map(String::as_str).chain(names).collect();
        let mut assigned = assign(&in_order(all), waves, |name, key, value| {
            let customer = desired.customers.get(name);
            customer.is_some_and(|customer| customer.labels.get(key).is_some_and(|is| is == value))
        });
        start_small(&mut assigned, &declared, waves);
        let names = removed.iter().map(|customer| customer.name.as_str());
        // What is created first is removed last.
        let mut last_first = in_order(names.collect());
        last_first.reverse();
        // The files have no labels of a customer that they do not declare.
        let assigned_removals = assign(&last_first, waves, |_, _, _| false);
        let mut rollout = Self {
            customers: plan.customers.iter().filter(|plan| has_steps(plan)).count(),
            ..Self::default()
        };
        rollout.add(&declared, &assigned, waves, Removal::Keeps);
        rollout.add(&removed, &assigned_removals, waves, Removal::Removes);
        rollout
    }

    fn add(
        &mut self,
        customers: &[&CustomerPlan],
        assigned: &BTreeMap<&str, usize>,
        waves: &[Wave],
        removal: Removal,
    ) {
        for (index, wave) in waves.iter().enumerate() {
            let is_of_wave =
                |customer: &&&CustomerPlan| assigned.get(customer.name.as_str()) == Some(&index);
            let customers: Vec<CustomerPlan> = customers
                .iter()
                .filter(is_of_wave)
                .map(|customer| (*customer).clone())
                .collect();
            if !customers.is_empty() {
                self.waves.push(RolloutWave {
                    wave: wave.clone(),
                    removes: removal == Removal::Removes,
                    customers,
                });
            }
        }
        let rest = customers
            .iter()
            .filter(|customer| !assigned.contains_key(customer.name.as_str()));
        self.unselected
            .extend(rest.map(|customer| (*customer).clone()));
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Removal {
    Keeps,
    Removes,
}

fn has_steps(customer: &CustomerPlan) -> bool {
    !customer.steps.is_empty()
}

/// Names in the order of the waves.
fn in_order(names: BTreeSet<&str>) -> Vec<&str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_cached_key(|name| wave_order(name));
    names
}

/// The index of the wave of each name.
fn assign<'a>(
    names: &[&'a str],
    waves: &[Wave],
    has_label: impl Fn(&str, &str, &str) -> bool,
) -> BTreeMap<&'a str, usize> {
    let total = names.len();
    let mut assigned = BTreeMap::new();
    for (index, wave) in waves.iter().enumerate() {
        let left = names.iter().filter(|name| !assigned.contains_key(*name));
        let selected: Vec<&str> = match wave {
            Wave::Label { key, value } => left
                .filter(|name| has_label(name, key, value))
                .copied()
                .collect(),
            Wave::Size(size) => {
                let further = size.up_to(total).saturating_sub(assigned.len());
                left.take(further).copied().collect()
            }
        };
        assigned.extend(selected.into_iter().map(|name| (name, index)));
    }
    assigned
}

/// Moves one customer with steps into the first wave if that wave changes nothing, because the customers that it selects
/// are as declared. Without it, a small change would meet no small wave. A wave of a label has only customers with the
/// label.
fn start_small<'a>(
    assigned: &mut BTreeMap<&'a str, usize>,
    customers: &[&'a CustomerPlan],
    waves: &[Wave],
) {
    if matches!(waves, [] | [_] | [Wave::Label { .. }, ..]) {
        return;
    }
    let changed = customers.iter().filter(|customer| has_steps(customer));
    let first = changed
        .filter_map(|customer| {
            let name = customer.name.as_str();
            Some((*assigned.get(name)?, wave_order(name), name))
        })
        .min();
    if let Some((index, _, name)) = first
        && index > 0
    {
        assigned.insert(name, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Wave, assign, in_order};
    use crate::model::CountOrPercent::{Count, Percent};
    use std::collections::BTreeSet;

    fn sizes(names: &[String], waves: &[Wave]) -> Vec<usize> {
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let assigned = assign(&in_order(names), waves, |name, key, value| {
            key == "tier" && value == "canary" && name.ends_with('7')
        });
        let count = |index: usize| assigned.values().filter(|wave| **wave == index).count();
        (0..waves.len()).map(count).collect()
    }

    #[test]
    fn assign_of_sizes_is_cumulative() {
        let names: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
        let waves = [Count(1), Percent(5), Percent(25), Percent(100)].map(Wave::Size);
        assert_eq!(sizes(&names, &waves), [1, 9, 40, 150]);
        assert_eq!(sizes(&names, &waves[..2]), [1, 9]);
        assert_eq!(sizes(&names[..2], &waves), [1, 0, 0, 1]);
    }

    #[test]
    fn assign_of_label_takes_all_that_have_it_and_counts_them() {
        let names: Vec<String> = (0..100).map(|n| format!("c{n}")).collect();
        let label = Wave::Label {
            key: "tier".to_owned(),
            value: "canary".to_owned(),
        };
        let waves = [label, Wave::Size(Percent(25)), Wave::Size(Percent(100))];
        assert_eq!(sizes(&names, &waves), [10, 15, 75]);
    }
}
