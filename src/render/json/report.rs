//! Responsible for the shape of a report as JSON.

use super::FORMAT_VERSION;
use crate::apply::{
    ApplyReport, ObjectCounts, OperationReport, Outcome, UnsuccessfulCounts, WaveReport,
};
use crate::plan::Action;
use crate::render::wording;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `apply --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift report")]
pub(super) struct ReportDocument<'a> {
    /// The version of this shape; only additions keep it.
    format_version: u32,
    /// Everything succeeded.
    complete: bool,
    /// A person or a signal stopped the run before its end.
    interrupted: bool,
    /// The counts: objects done, operations not done.
    summary: ReportSummary,
    /// The waves of a rotation that were begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    waves: Option<&'a [WaveReport]>,
    /// One entry for each operation of the plan, in order.
    operations: Vec<OperationEntry<'a>>,
}

/// The counts of a run.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReportSummary {
    #[serde(flatten)]
    done: ObjectCounts,
    #[serde(flatten)]
    not_done: UnsuccessfulCounts,
    /// What the plan blocked, with its reasons, so that no operation stands for it.
    unplanned: u64,
}

/// How one operation went.
#[derive(Serialize, JsonSchema)]
pub(super) struct OperationEntry<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The customer's name.
    customer: &'a str,
    /// The connector's name; null for the customer itself.
    connector: Option<&'a str>,
    /// What was to be done.
    action: Action,
    /// What became of it.
    outcome: Outcome,
    /// The remote object that is there now.
    id: Option<&'a str>,
    /// Why it did not succeed.
    message: Option<String>,
    /// What a person should know although it succeeded.
    warnings: Vec<String>,
}

/// The document of a report.
pub(super) fn document(report: &ApplyReport) -> ReportDocument<'_> {
    ReportDocument {
        format_version: FORMAT_VERSION,
        complete: report.is_complete(),
        interrupted: report.interrupted,
        summary: ReportSummary {
            done: report.counts(),
            not_done: report.unsuccessful(),
            unplanned: report.unplanned,
        },
        waves: (!report.waves.is_empty()).then_some(&report.waves),
        operations: report.operations.iter().map(operation).collect(),
    }
}

fn operation(operation: &OperationReport) -> OperationEntry<'_> {
    OperationEntry {
        address: operation.address.to_string(),
        customer: &operation.address.customer,
        connector: operation.address.connector.as_deref(),
        action: operation.action,
        outcome: operation.outcome,
        id: operation.remote_id.as_deref(),
        message: operation.problem.as_ref().map(wording::problem),
        warnings: operation.warnings.iter().map(wording::warning).collect(),
    }
}
