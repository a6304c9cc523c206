//! Responsible for executing a plan: customers in parallel, the steps of one customer in the plan's
//! order. Each write follows the order durable intent, request, ledger entry, outcome.
//! Checks the remote state where a request has an unknown outcome.
//!
//! Does not make decisions that the plan left open. Does not print: it emits events and returns a
//! report. Does not repeat a creation before a list shows that the first one had no effect.

mod answers;
mod batches;
mod cached_list;
mod customer;
mod customer_context;
mod customers;
mod duplicates;
mod ledger_entry;
mod live_connectors;
mod new_customers;
mod oauth_apps;
mod operations;
mod planned_lists;
mod poll;
mod problem;
mod report;
mod step;
mod stop;
mod warning;
mod waves;

pub use crate::model::Outcome;
pub use customers::{apply, apply_part};
pub use new_customers::NewCustomers;
use new_customers::RequestTime;
pub use oauth_apps::apply_oauth_apps;
pub use planned_lists::PlannedLists;
pub use problem::{CheckEnd, StaleReason, StepProblem};
pub use report::{
    ApplyReport, GateReport, OauthAppReport, ObjectCounts, OperationReport, UnhealthyConnector,
    UnsuccessfulCounts, WaveReport,
};
pub use stop::{Stop, StopCause};
pub use warning::StepWarning;
pub use waves::{Waves, apply_in_waves, not_attempted};

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

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many customers are executed at the same time.
    pub parallelism: usize,
    /// How long a deletion may take to be visible.
    pub delete_deadline: Duration,
    /// How long a check of credentials may stay pending.
    pub check_deadline: Duration,
    /// Whether the credentials of new connectors are checked, as those of replacements are.
    pub check_new: bool,
    /// Whether a connector without a successful check of its credentials is blocked.
    pub require_check: bool,
    /// The first pause between two polls. Later pauses double, up to 2 s.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallelism: 10,
            delete_deadline: Duration::from_mins(1),
            check_deadline: Duration::from_mins(1),
            check_new: false,
            require_check: false,
            pause: Duration::from_millis(200),
        }
    }
}

/// What a run uses besides the plan.
pub struct Context<'a> {
    /// Sends the requests that write.
    pub writer: &'a Writer,
    /// The values of all references that the plan sends, except those in `missing`.
    pub secrets: &'a Values,
    /// References without a value, with the reason. Their connectors are blocked.
    pub missing: &'a BTreeMap<SecretRef, String>,
    /// What is known about the customers that the plan creates.
    pub new_customers: &'a NewCustomers,
    /// The lists of connectors that the plan was made from.
    pub planned_lists: &'a PlannedLists,
    /// Stores the entries of customers.
    pub ledger: &'a Ledger,
    /// Logs the intent of each write before the request is sent.
    pub journal: &'a Journal,
    /// Computes the fingerprints of the secrets that are sent.
    pub fingerprinter: &'a Fingerprinter,
    /// Ends the run early.
    pub stop: &'a Stop,
    /// The settings.
    pub options: &'a Options,
    /// Receives the events of the run.
    pub events: &'a dyn Sink,
    /// Words the problems and warnings in events.
    pub wording: Wording,
}

/// Turns problems and warnings into sentences. The sentences belong to `render`, which `apply` does
/// not import.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// Words a problem.
    pub problem: fn(&StepProblem) -> String,
    /// The stable code of a problem.
    pub code: fn(&StepProblem) -> String,
    /// Words a warning.
    pub warning: fn(&StepWarning) -> String,
}

impl Context<'_> {
    /// Ends the run if the error of a customer's step concerns the other customers, too.
    fn request_stop(&self, customer: &str, cause: Option<StopCause>) {
        match cause {
            None => {}
            Some(StopCause::Forbidden) => self.stop.note_forbidden(customer),
            Some(cause) => self.stop.request(cause),
        }
    }

    fn emit_finished(&self, report: &OperationReport) {
        let message = report.problem.as_ref().map(self.wording.problem);
        let code = report.problem.as_ref().map(self.wording.code);
        let warnings: Vec<String> = report.warnings.iter().map(self.wording.warning).collect();
        self.events.emit(Event::StepFinished {
            address: &report.address,
            action: report.action,
            outcome: report.outcome,
            remote_id: report.remote_id.as_deref(),
            code: code.as_deref(),
            message: message.as_deref(),
            request: report.request.as_ref(),
            warnings: &warnings,
        });
    }
}
