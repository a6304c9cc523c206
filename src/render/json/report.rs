//! Responsible for the JSON document of `apply --format json`.

use super::FORMAT_VERSION;
use super::oauth_app::OauthAppResult;
use super::plan::{BlockedEntry, UnverifiedEntry, blocked, unverified};
use crate::apply::{
    ApplyReport, ObjectCounts, OperationReport, Outcome, UnsuccessfulCounts, WaveReport,
};
use crate::model::FailedRequest;
use crate::plan::Action;
use crate::render::{labels, wording};
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `apply --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift report")]
pub(super) struct ReportDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// The id of the run, as in `airlift ledger history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    /// Whether every operation succeeded.
    complete: bool,
    /// Whether a person or a signal stopped the run before its end.
    interrupted: bool,
    /// The counts: objects done, operations not done.
    summary: ReportSummary,
    /// The waves that were started, of a rotation or of an apply with `--waves`.
    #[serde(skip_serializing_if = "Option::is_none")]
    waves: Option<&'a [WaveReport]>,
    /// One entry for each operation of the plan, in order.
    operations: Vec<OperationEntry<'a>>,
    /// What the plan blocked, which has no operation.
    blocked: Vec<BlockedEntry>,
    /// Steps of a saved plan whose objects were already as the steps would make them.
    already_done: Vec<String>,
    /// Secrets that could not be compared with those last sent, or that an operation needs and that
    /// could not be resolved.
    unverified: Vec<UnverifiedEntry<'a>>,
    /// One entry for each change of the organization's OAuth apps.
    oauth_apps: Vec<OauthAppResult<'a>>,
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(in crate::render) struct ReportSummary {
    #[serde(flatten)]
    done: ObjectCounts,
    #[serde(flatten)]
    not_done: UnsuccessfulCounts,
    /// Objects that the plan blocked, which have no operation.
    unplanned: u64,
}

/// The result of one operation.
#[derive(Serialize, JsonSchema)]
pub(super) struct OperationEntry<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The customer's name.
    customer: &'a str,
    /// The connector's name; null for the customer itself.
    connector: Option<&'a str>,
    /// The planned action.
    action: Action,
    /// The result.
    outcome: Outcome,
    /// The id of the remote object that exists now.
    id: Option<&'a str>,
    /// The id before a replacement or rotation that succeeded; null otherwise.
    previous_id: Option<&'a str>,
    /// The stable code of the reason why the operation did not succeed, which `airlift explain` knows.
    code: Option<String>,
    /// Why the operation did not succeed.
    message: Option<String>,
    /// The request that failed, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a FailedRequest>,
    /// Warnings about an operation that succeeded.
    warnings: Vec<String>,
}

/// The document of a report.
pub(super) fn document(report: &ApplyReport) -> ReportDocument<'_> {
    ReportDocument {
        format_version: FORMAT_VERSION,
        run_id: report.run_id.map(|id| id.to_string()),
        complete: report.is_complete(),
        interrupted: report.interrupted,
        summary: summary(report),
        waves: (!report.waves.is_empty()).then_some(&report.waves),
        operations: report.operations.iter().map(operation).collect(),
        blocked: report.blocked.iter().map(blocked).collect(),
        already_done: report
            .already_done
            .iter()
            .map(ToString::to_string)
            .collect(),
        unverified: report.unverified.iter().map(unverified).collect(),
        oauth_apps: report.oauth_apps.iter().map(OauthAppResult::new).collect(),
    }
}

/// The counts of a report.
pub(in crate::render) fn summary(report: &ApplyReport) -> ReportSummary {
    ReportSummary {
        done: report.counts(),
        not_done: report.unsuccessful(),
        unplanned: report.unplanned(),
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
        previous_id: operation.previous_id.as_deref(),
        code: operation.problem.as_ref().map(labels::problem),
        message: operation.problem.as_ref().map(wording::problem),
        request: operation.request.as_ref(),
        warnings: operation.warnings.iter().map(wording::warning).collect(),
    }
}
