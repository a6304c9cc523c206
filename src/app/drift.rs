//! Responsible for finding what others changed since the last apply.
//!
//! Does not compare with the files. Reads their secrets only to withhold values that repeat one.

use super::selected::is_cheaper;
use super::{App, Selectable};
use crate::cli::DriftArgs;
use crate::failure::Failure;
use crate::ledger::recover;
use crate::model::{Address, Observed, Selector, WorkspaceId};
use crate::observed::{Details, Survey};
use crate::plan::{Drift, drift};
use std::collections::BTreeSet;

impl App<'_> {
    /// Compares the ledger with the API.
    pub(crate) async fn drift(&self, args: &DriftArgs) -> Result<(Drift, Observed), Failure> {
        let (recorded, unsettled) = self.read_ledger().await?;
        let policy = Selectable::recorded(&recorded)
            .within(&self.project)
            .narrow(&args.target, &args.exclude)?;
        let is_selected = |id: &WorkspaceId| {
            let entry = recorded.customers.get(id);
            entry.is_some_and(|customer| policy.selects_customer(&customer.name))
        };
        let names = recorded.customers.iter().filter(|(id, _)| is_selected(id));
        let names: BTreeSet<String> = names.map(|(_, entry)| entry.name.clone()).collect();
        let is_part = policy.is_partial() && unsettled.is_empty();
        let names = is_cheaper(names, &recorded).filter(|_| is_part);
        let extent = Survey {
            customers: &|id, _| is_selected(&id),
            details: Details::Applied,
            names: names.as_ref(),
        };
        let mut surveyed = recorded.clone();
        if names.is_some() {
            surveyed.customers.retain(|id, _| is_selected(id));
        }
        let mut observed = self.survey(&surveyed, &extent).await?;
        let recovered = recover(recorded.clone(), &unsettled, &observed);
        self.read_secrets().await;
        self.withhold_secrets(&mut observed);
        let mut drift = drift(&recovered.recorded, &observed, &policy);
        drift.withhold(&self.project.desired, &|value| self.repeats_secret(value));
        Ok((drift, observed))
    }
}

/// Keeps the changes that the selectors name. Fails if one names none.
pub(super) fn select(drift: &mut Drift, selectors: &[Selector]) -> Result<(), Failure> {
    let changed: BTreeSet<Address> = drift
        .customers
        .iter()
        .flat_map(|customer| &customer.changes)
        .map(|change| change.address.clone())
        .collect();
    let mut selected = BTreeSet::new();
    for selector in selectors {
        let covered = changed.iter().filter(|address| selector.covers(address));
        let named: Vec<Address> = covered.cloned().collect();
        if named.is_empty() {
            let message = format!("nothing that {selector} names changed out of band");
            return Err(Failure::unknown_selector(message)
                .hint("`airlift drift` shows what others changed"));
        }
        selected.extend(named);
    }
    for customer in &mut drift.customers {
        customer
            .changes
            .retain(|change| selected.contains(&change.address));
    }
    drift
        .customers
        .retain(|customer| !customer.changes.is_empty());
    Ok(())
}
