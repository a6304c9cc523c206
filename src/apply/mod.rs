//! Responsible for executing a plan: customers in parallel, the steps of one customer in the plan's
//! order. Resolves unknown outcomes, and keeps the order "intent on disk, request, ledger, outcome
//! on disk".
//!
//! Does not decide what the plan left open, and does not print: it emits events and returns a
//! report. Does not repeat a creation without reading the list in between.

mod customer;
mod customer_context;
mod duplicates;
mod ledger_entry;
mod live_connectors;
mod operations;
mod poll;
mod problem;
mod report;
mod run;
mod step;
mod stop;
mod warning;
mod waves;

pub use crate::model::Outcome;
pub use problem::{CheckEnd, StaleReason, StepProblem};
pub use report::{ApplyReport, Counts, OperationReport, Tally, WaveReport};
pub use run::apply;
pub use stop::{Stop, StopCause};
pub use warning::StepWarning;
pub use waves::{Waves, apply_in_waves};

use customer::CustomerExecutor;
use customer_context::{CreatedConnector, CustomerContext};
use ledger_entry::LedgerEntry;
use live_connectors::LiveConnectors;
use poll::Polling;
use step::{StepError, StepResult, StepSuccess};

use crate::api::Writer;
use crate::events::{Event, Sink};
use crate::ledger::{Journal, Ledger};
use crate::model::SecretRef;
use crate::secrets::{Fingerprinter, Values};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a run behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Customers that are executed at the same time.
    pub parallelism: usize,
    /// How long to wait until a deleted object is gone.
    pub delete_deadline: Duration,
    /// How long to repeat a check that is pending.
    pub check_deadline: Duration,
    /// Whether a replacement needs a check that succeeded.
    pub require_check: bool,
    /// The first pause between two polls; it doubles up to 2 s.
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
    /// The client that writes.
    pub writer: &'a Writer,
    /// The values of every reference that the plan sends, less those in `missing`.
    pub secrets: &'a Values,
    /// References that could not be resolved: their connectors are blocked.
    pub missing: &'a BTreeMap<SecretRef, String>,
    /// Where results are saved.
    pub ledger: &'a Ledger,
    /// Where intents are logged.
    pub journal: &'a Journal,
    /// Makes the fingerprints of the secrets that are sent.
    pub fingerprinter: &'a Fingerprinter,
    /// Requests the end of the run.
    pub stop: &'a Stop,
    /// How to behave.
    pub options: &'a Options,
    /// Receives what happens.
    pub events: &'a dyn Sink,
    /// The words of the events about steps.
    pub wording: Wording,
}

/// How the events about steps are worded.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// The sentence about a problem.
    pub problem: fn(&StepProblem) -> String,
    /// The sentence about a warning.
    pub warning: fn(&StepWarning) -> String,
}

impl Context<'_> {
    fn request_stop(&self, cause: Option<StopCause>) {
        if let Some(cause) = cause {
            self.stop.request(cause);
        }
    }

    fn emit_finished(&self, report: &OperationReport) {
        let message = report.problem.as_ref().map(self.wording.problem);
        let warnings: Vec<String> = report.warnings.iter().map(self.wording.warning).collect();
        self.events.emit(Event::StepFinished {
            address: &report.address,
            action: report.action,
            outcome: report.outcome,
            remote_id: report.remote_id.as_deref(),
            message: message.as_deref(),
            warnings: &warnings,
        });
    }
}
