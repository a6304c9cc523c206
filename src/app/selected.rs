//! Responsible for the part of the files and of the ledger that a run with a selection reads from the API.

use super::{App, Planned};
use crate::model::{Desired, LedgerState};
use crate::plan::Policy;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The most workspaces on a page of the API.
const PAGE: usize = 100;

/// The declared and the recorded customers that are read.
pub(super) struct Selected<'a> {
    pub(super) desired: Cow<'a, Desired>,
    pub(super) recorded: Cow<'a, LedgerState>,
}

impl<'a> Selected<'a> {
    /// All customers.
    pub(super) fn all(desired: &'a Desired, recorded: &'a LedgerState) -> Self {
        Self {
            desired: Cow::Borrowed(desired),
            recorded: Cow::Borrowed(recorded),
        }
    }

    /// The customers that the policy selects, under their present and their former names.
    pub(super) fn new(desired: &'a Desired, recorded: &'a LedgerState, policy: &Policy) -> Self {
        if !policy.is_partial() {
            return Self::all(desired, recorded);
        }
        let customers = desired.customers.iter();
        let declared = customers.filter(|(name, _)| policy.selects_customer(name));
        let former: BTreeSet<&str> = declared
            .clone()
            .filter_map(|(_, customer)| customer.previous_name.as_deref())
            .collect();
        let is_recorded = |name: &str| policy.selects_customer(name) || former.contains(name);
        Self {
            desired: Cow::Owned(Desired {
                customers: declared
                    .map(|(name, customer)| (name.clone(), customer.clone()))
                    .collect(),
                ..desired.without_customers()
            }),
            recorded: Cow::Owned(LedgerState {
                customers: recorded
                    .customers
                    .iter()
                    .filter(|(_, entry)| is_recorded(&entry.name))
                    .map(|(id, entry)| (*id, entry.clone()))
                    .collect(),
                unverified: recorded.unverified.clone(),
                unverified_names: recorded.unverified_names.clone(),
                oauth_apps: recorded.oauth_apps.clone(),
                guards: recorded.guards,
            }),
        }
    }
}

impl Selected<'_> {
    /// The names of the selected customers, if the ledger knows all of them and a request for each name is cheaper than
    /// the pages of all workspaces. `recorded` is the whole ledger.
    pub(super) fn names(&self, recorded: &LedgerState) -> Option<BTreeSet<String>> {
        let is_recorded: BTreeSet<&str> = self
            .recorded
            .customers
            .values()
            .map(|entry| entry.name.as_str())
            .collect();
        let mut names: BTreeSet<String> = is_recorded.iter().copied().map(str::to_owned).collect();
        for (name, customer) in &self.desired.customers {
            let previous = customer.previous_name.as_deref();
            let mut known = [Some(name.as_str()), previous].into_iter().flatten();
            if !known.any(|name| is_recorded.contains(name)) {
                return None;
            }
            names.insert(name.clone());
            names.extend(previous.map(str::to_owned));
        }
        is_cheaper(names, recorded)
    }
}

/// The names, if the pages of the workspaces that contain each are no more requests than the pages of all workspaces in
/// the ledger and the statistics, with which a list of all is compared.
pub(super) fn is_cheaper(
    names: BTreeSet<String>,
    recorded: &LedgerState,
) -> Option<BTreeSet<String>> {
    let all = recorded.customers.len().div_ceil(PAGE) + 1;
    if names.is_empty() || names.len() > all {
        return None;
    }
    let customers = recorded.customers.values();
    let known: Vec<String> = customers.map(|entry| entry.name.to_lowercase()).collect();
    let mut requests = 0;
    for name in &names {
        let part = name.to_lowercase();
        let listed = known.iter().filter(|name| name.contains(&part)).count();
        requests += listed.div_ceil(PAGE).max(1);
        if requests > all {
            return None;
        }
    }
    Some(names)
}

impl App<'_> {
    /// Adds what the execution needs to know of the policy and of the run's limits.
    pub(super) fn describe(&self, planned: &mut Planned, policy: &Policy) {
        let declared = self.project.desired.customers.keys();
        let covered = declared.filter(|name| policy.selects_customer(name));
        planned.covered = covered.cloned().collect();
        planned.new_customers.adopt = policy.adopt;
        let forecast = &mut planned.plan.summary.forecast;
        *forecast = forecast.within(self.per_hundred_seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::is_cheaper;
    use crate::model::{CustomerEntry, LedgerState, WorkspaceId};
    use std::collections::BTreeSet;
    use uuid::Uuid;

    #[test]
    fn is_cheaper_counts_the_pages_of_all_names_that_contain_one() {
        let entry = |number: u128| {
            let name = if number == 0 {
                "ACME".to_owned()
            } else {
                format!("acme-{number:03}")
            };
            let entry = CustomerEntry {
                name,
                ..CustomerEntry::default()
            };
            (WorkspaceId(Uuid::from_u128(number)), entry)
        };
        let recorded = LedgerState {
            customers: (0..250).map(entry).collect(),
            ..LedgerState::default()
        };
        for (names, expected) in [
            (&[][..], false),
            (&["acme-001"], true),
            (&["acme-001", "acme-002"], true),
            (&["acme-001", "acme-002", "acme-003", "acme-004"], true),
            (
                &["acme-001", "acme-002", "acme-003", "acme-004", "acme-005"],
                false,
            ),
            (&["acme"], true),
            (&["acme-0"], true),
            (&["cme-", "acme-002"], true),
            (&["cme-", "acme-002", "acme-003"], false),
        ] {
            let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let chosen = is_cheaper(names.clone(), &recorded);
            assert_eq!(chosen, expected.then_some(names));
        }
        let small = LedgerState {
            customers: (1..2).map(entry).collect(),
            ..LedgerState::default()
        };
        let names = BTreeSet::from(["acme-001".to_owned()]);
        assert_eq!(is_cheaper(names.clone(), &small), Some(names));
    }
}
