//! Responsible for finding what others changed since the last apply.
//!
//! Does not compare with the files, and reads no secret.

use super::App;
use crate::cli::DriftArgs;
use crate::failure::Failure;
use crate::ledger::recover;
use crate::model::{Address, LedgerState, Observed};
use crate::observed::{Details, Survey};
use crate::plan::{Drift, Policy, drift};

impl App<'_> {
    /// Compares the ledger with the API.
    pub(crate) async fn drift(&self, args: &DriftArgs) -> Result<(Drift, Observed), Failure> {
        let (recorded, unsettled) = self.read_ledger().await?;
        refuse_unknown_targets(&recorded, &args.target)?;
        let policy = Policy {
            targets: args.target.iter().cloned().collect(),
            excludes: args.exclude.iter().cloned().collect(),
            ..Policy::default()
        };
        let extent = Survey {
            customers: &|id, _| {
                recorded
                    .customers
                    .get(&id)
                    .is_some_and(|customer| policy.selects_customer(&customer.name))
            },
            details: Details::Applied,
        };
        let observed = self.survey(&recorded, &extent).await?;
        let recovered = recover(recorded.clone(), &unsettled, &observed);
        let drift = drift(&recovered.recorded, &observed, &policy);
        Ok((drift, observed))
    }
}

/// Refuses targets that the ledger does not have. Otherwise a mistyped target would show no drift.
fn refuse_unknown_targets(recorded: &LedgerState, targets: &[Address]) -> Result<(), Failure> {
    match targets.iter().find(|target| !is_known(recorded, target)) {
        None => Ok(()),
        Some(target) => {
            let message = format!("the ledger has no {target}");
            Err(Failure::unknown_selector(message))
        }
    }
}

fn is_known(recorded: &LedgerState, target: &Address) -> bool {
    recorded.customers.values().any(|customer| {
        customer.name == target.customer
            && target
                .connector
                .as_ref()
                .is_none_or(|name| customer.connectors.contains_key(name))
    })
}
