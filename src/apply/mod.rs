//! Carrying out a plan: customers side by side, the steps of one customer in the plan's order.
//!
//! Owns execution, the settling of unclear outcomes, and the order "intent on disk, write,
//! ledger, outcome on disk". Decides nothing that the plan left open and prints nothing: it emits
//! events and returns a report. Refuses to repeat a creation without having looked.

mod config;
mod connector;
mod create;
mod delete;
mod outcome;
mod record;
mod run;
mod stop;
mod twins;
mod waves;
mod workspace;

pub use crate::model::Outcome;
pub use outcome::{ApplyReport, Counts, OperationReport, Tally, WaveReport};
pub use stop::{Stop, StopCause};
pub use waves::{Waves, apply_in_waves};

use crate::api::Writer;
use crate::events::Sink;
use crate::ledger::{Journal, Ledger};
use crate::model::{Recorded, RecordedCustomer, SecretRef, WorkspaceId};
use crate::plan::{CustomerPlan, Plan};
use crate::secrets::{Fingerprinter, Values};
use futures_util::{StreamExt, stream};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a run behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Customers worked on at the same time.
    pub parallelism: usize,
    /// How long to wait until a deleted object is gone.
    pub delete_deadline: Duration,
    /// How long to ask again for a check that is pending.
    pub check_deadline: Duration,
    /// Whether a replacement needs a check that succeeded.
    pub require_check: bool,
    /// The first pause between two looks; it doubles up to 2 s.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallelism: 10,
            delete_deadline: Duration::from_mins(1),
            check_deadline: Duration::from_mins(1),
            require_check: false,
            pause: Duration::from_millis(200),
        }
    }
}

/// Everything a run needs besides the plan.
pub struct Context<'a> {
    /// The right to write.
    pub writer: &'a Writer,
    /// The values of every reference that the plan sends, less those in `missing`.
    pub secrets: &'a Values,
    /// References that could not be resolved: their connectors are blocked.
    pub missing: &'a BTreeMap<SecretRef, String>,
    /// Where results are kept.
    pub ledger: &'a Ledger,
    /// Where intents are kept.
    pub journal: &'a Journal,
    /// Fingerprints what is sent.
    pub fingerprinter: &'a Fingerprinter,
    /// Asks the run to stop, or tells that it did.
    pub stop: &'a Stop,
    /// How to behave.
    pub options: &'a Options,
    /// Receives what happens.
    pub events: &'a dyn Sink,
}

/// Carries out a plan. The ledger is `recorded` at the start; it is kept up to date on disk.
pub async fn apply(plan: &Plan, recorded: &Recorded, context: &Context<'_>) -> ApplyReport {
    ApplyReport {
        operations: customers(&plan.customers, recorded, context).await,
        interrupted: context.stop.cause() == Some(StopCause::Signal),
        waves: Vec::new(),
        unplanned: unplanned(plan),
    }
}

/// What the plan could not plan for.
fn unplanned(plan: &Plan) -> u64 {
    u64::try_from(plan.blocked.len()).unwrap_or(u64::MAX)
}

async fn customers(
    plans: &[CustomerPlan],
    recorded: &Recorded,
    context: &Context<'_>,
) -> Vec<OperationReport> {
    let mut finished: Vec<_> = stream::iter(plans.iter().enumerate())
        .map(|(index, customer)| one(index, customer, recorded, context))
        .buffer_unordered(context.options.parallelism.max(1))
        .collect()
        .await;
    finished.sort_by_key(|(index, _)| *index);
    finished
        .into_iter()
        .flat_map(|(_, reports)| reports)
        .collect()
}

async fn one(
    index: usize,
    customer: &CustomerPlan,
    recorded: &Recorded,
    context: &Context<'_>,
) -> (usize, Vec<OperationReport>) {
    let mut run = run::CustomerRun::new(context, customer, ledger_entry(customer, recorded));
    run.execute().await;
    (index, run.into_reports())
}

fn ledger_entry(plan: &CustomerPlan, recorded: &Recorded) -> Option<RecordedCustomer> {
    let id: WorkspaceId = plan.workspace_id?;
    recorded.customers.get(&id).cloned()
}
