//! Responsible for the types of the events of `--json`, and for their schema.
//!
//! A new field or a new type of event keeps the version, because readers ignore what they do not
//! know.

use crate::events::ResponseSummary;
use crate::model::{Action, FailedRequest, Outcome};
use crate::plan::{DriftSummary, Summary};
use crate::render::json::{
    Change, DriftEntry, FailureEntry, ReportSummary, SavedEntry, UnverifiedEntry,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The version of the events.
pub(super) const EVENTS_VERSION: &str = "1.0";

/// One line of the output of `--json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift event")]
pub(in crate::render) struct EventLine<'a, B = EventBody<'a>> {
    /// How important the event is.
    #[serde(rename = "@level")]
    pub(super) level: Level,
    /// The event as a sentence for people.
    #[serde(rename = "@message")]
    pub(super) message: &'a str,
    /// The program: `airlift`.
    #[serde(rename = "@module")]
    pub(super) module: &'static str,
    /// When the event was written, in RFC 3339.
    #[serde(rename = "@timestamp")]
    pub(super) timestamp: String,
    /// The number of the event, from 1 and without gaps.
    pub(super) seq: u64,
    /// The id of the run, which the ledger's history has too.
    pub(super) run_id: String,
    /// The id of the saved plan, from the event on that reads or writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan_id: Option<String>,
    #[serde(flatten)]
    pub(super) body: B,
}

/// How important an event is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// What happened.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::render) enum EventBody<'a> {
    /// Always the first event.
    Version {
        /// The version of airlift.
        airlift: &'a str,
        /// The version of the events. A new minor version adds fields or events.
        events: &'a str,
    },
    /// The API and the organization that the run works with.
    Target {
        /// The API's name: its host, or the sandbox.
        api: &'a str,
        /// The organization.
        organization_id: &'a str,
    },
    /// Reading of the API starts.
    RefreshStart(Refresh),
    /// Reading continues. Written every ten seconds.
    RefreshProgress(Refresh),
    /// Reading is complete.
    RefreshComplete(Refresh),
    /// The run waits for the service, a rate limit, a retry, or another run.
    Wait {
        /// Why.
        reason: &'a str,
        /// The longest time of the wait.
        seconds: f64,
    },
    /// A request failed, or ended and `-vv` is given.
    Request(RequestEntry<'a>),
    /// Something that a person should know.
    Diagnostic(Diagnostic<'a>),
    /// Secrets that could not be compared, or that a change sends and that could not be resolved.
    SecretUnverified(UnverifiedEntry<'a>),
    /// A change that the run plans.
    PlannedChange {
        /// The change, with its fields.
        change: Change<'a>,
    },
    /// A guard refuses the plan.
    GuardTripped {
        /// The stable code, which `airlift explain` knows.
        code: String,
        /// The problem and what to do about it.
        message: &'a str,
    },
    /// The plan is complete.
    PlanComplete {
        /// The planned objects.
        changes: Summary,
        /// The saved plan; absent unless the plan was saved or read from a file.
        #[serde(skip_serializing_if = "Option::is_none")]
        saved: Option<SavedEntry<'a>>,
    },
    /// An object that changed outside airlift.
    ResourceDrift {
        /// The change.
        change: DriftEntry<'a>,
    },
    /// A wave of a rotation starts.
    WaveStart {
        /// The number of the wave, from 1.
        number: usize,
        /// The number of waves.
        of: usize,
        /// Connectors in the wave.
        connectors: usize,
    },
    /// A step starts.
    ApplyStart(StepEntry<'a>),
    /// The run continues. Written every ten seconds.
    ApplyProgress {
        /// Steps that ended.
        done: usize,
        /// Steps of the plan or wave.
        total: Option<usize>,
        /// Since the first step.
        elapsed_seconds: f64,
    },
    /// A step succeeded.
    ApplyComplete(CompletedStep<'a>),
    /// A step failed, or it is unknown whether it took effect.
    ApplyErrored(UnsuccessfulStep<'a>),
    /// A step was not executed: blocked, stale, or not attempted.
    ApplySkipped(UnsuccessfulStep<'a>),
    /// The result of a command other than `plan`, `apply`, `adopt`, `rotate` and `drift`.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "documents of any type are written, with this shape"
        )
    )]
    Result {
        /// What the command prints with `--format json`.
        document: Value,
    },
    /// Always the last event.
    Summary(RunSummary<'a>),
}

/// How much of the API is read.
#[derive(Clone, Copy, Serialize, JsonSchema)]
pub(super) struct Refresh {
    /// What is read.
    pub(super) phase: RefreshPhase,
    /// Parts that are read.
    pub(super) done: usize,
    /// The number of parts; null if it is not known.
    pub(super) total: Option<usize>,
}

/// What is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefreshPhase {
    Customers,
    Connectors,
    Details,
    Checks,
}

/// One request and its response.
#[derive(Serialize, JsonSchema)]
pub(super) struct RequestEntry<'a> {
    /// The operation id of the API's specification.
    pub(super) operation: &'a str,
    /// The customer or connector, or an id; may be empty.
    pub(super) about: &'a str,
    /// How the request ended.
    pub(super) response: ResponseSummary,
    /// From the request to the response.
    pub(super) elapsed_seconds: f64,
    /// The attempt of the same call, from 1.
    pub(super) attempt: u32,
    /// The id of a response that is an error.
    pub(super) request_id: Option<&'a str>,
}

/// Something that a person should know.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Diagnostic<'a> {
    /// `error`, `warning` or `info`.
    pub(super) severity: Severity,
    /// The stable code, which `airlift explain` knows; null for a message without one.
    pub(super) code: Option<&'a str>,
    /// What is the matter, and what to do.
    pub(super) message: &'a str,
    /// The object; null if it is about the run or a file.
    pub(super) address: Option<&'a str>,
    /// The location in the files; null if it is about an object or the run.
    pub(super) location: Option<SourceLocation<'a>>,
}

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    Error,
    Warning,
    #[default]
    Info,
}

/// A location in the files.
#[derive(Serialize, JsonSchema)]
pub(super) struct SourceLocation<'a> {
    /// The file, as its path was given.
    pub(super) file: &'a str,
    /// The line, from 1; 0 for the whole file.
    pub(super) line: u32,
    /// The column, from 1; 0 for the whole file.
    pub(super) column: u32,
    /// The field.
    pub(super) path: Option<&'a str>,
}

/// A step.
#[derive(Serialize, JsonSchema)]
pub(super) struct StepEntry<'a> {
    /// `customer` or `customer/connector`.
    pub(super) address: &'a str,
    /// The customer's name.
    pub(super) customer: &'a str,
    /// The connector's name; null for the customer itself.
    pub(super) connector: Option<&'a str>,
    /// The kind of action.
    pub(super) action: Action,
}

/// A step that succeeded.
#[derive(Serialize, JsonSchema)]
pub(super) struct CompletedStep<'a> {
    #[serde(flatten)]
    pub(super) step: StepEntry<'a>,
    /// The id of the remote object that exists now.
    pub(super) id: Option<&'a str>,
    /// Since the step started; null if it had nothing to send.
    pub(super) elapsed_seconds: Option<f64>,
    /// What a person should know about the step.
    pub(super) warnings: &'a [String],
}

/// A step that did not succeed.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnsuccessfulStep<'a> {
    #[serde(flatten)]
    pub(super) step: StepEntry<'a>,
    /// The result.
    pub(super) outcome: Outcome,
    /// The stable code, which `airlift explain` knows.
    pub(super) code: Option<&'a str>,
    /// Why.
    pub(super) message: Option<&'a str>,
    /// The request that failed, with its attempts and its id.
    pub(super) request: Option<&'a FailedRequest>,
    /// Since the step started; null if it did not start.
    pub(super) elapsed_seconds: Option<f64>,
}

/// How the run ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunSummary<'a> {
    /// How the run ended, in a word.
    pub(super) result: RunResult,
    /// The exit code of the process.
    pub(super) exit_code: u8,
    /// The planned objects; null without a plan.
    pub(super) planned: Option<Summary>,
    /// What was applied, and what was not; null unless a plan was executed.
    pub(super) applied: Option<ReportSummary>,
    /// What changed outside airlift; null unless the command is `drift`.
    pub(super) drifted: Option<DriftSummary>,
    /// The failure that stopped the run; null without one.
    pub(super) error: Option<FailureEntry<'a>>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunResult {
    Succeeded,
    Partial,
    Canceled,
    Failed,
}

impl RunResult {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
        }
    }
}

/// The schema of an event.
pub(in crate::render) fn schema() -> schemars::Schema {
    crate::model::schema_of::<EventLine<'static>>()
}
