//! Responsible for finding what others changed since the last apply.
//!
//! Does not compare with the files. Reads their secrets only to withhold values that repeat one.

use super::{App, Selectable};
use crate::cli::DriftArgs;
use crate::failure::Failure;
use crate::ledger::recover;
use crate::model::Observed;
use crate::observed::{Details, Survey};
use crate::plan::{Drift, drift};

impl App<'_> {
    /// Compares the ledger with the API.
    pub(crate) async fn drift(&self, args: &DriftArgs) -> Result<(Drift, Observed), Failure> {
        let (recorded, unsettled) = self.read_ledger().await?;
        let policy = Selectable::recorded(&recorded)
            .within(&self.project)
            .narrow(&args.target, &args.exclude)?;
        let extent = Survey {
            customers: &|id, _| {
                recorded
                    .customers
                    .get(&id)
                    .is_some_and(|customer| policy.selects_customer(&customer.name))
            },
            details: Details::Applied,
        };
        let mut observed = self.survey(&recorded, &extent).await?;
        let recovered = recover(recorded.clone(), &unsettled, &observed);
        self.read_secrets().await;
        self.withhold_secrets(&mut observed);
        let mut drift = drift(&recovered.recorded, &observed, &policy);
        drift.withhold(&|value| self.repeats_secret(value));
        Ok((drift, observed))
    }
}
