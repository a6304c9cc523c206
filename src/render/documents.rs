//! The shapes of results as JSON, apart from the saved plan: what a reader may rely on is decided
//! here. Only additions keep `format_version`; readers ignore what they do not know.

mod drift;

pub(super) use drift::{DriftDocument, drift};

use super::words;
use crate::apply::{ApplyReport, Counts, OperationReport, Outcome, Tally, WaveReport};
use crate::config::diagnostic::{Finding, Location, Report, Severity};
use crate::model::{Address, Contract, Health, HealthCheck, WhyUnverified};
use crate::plan::{
    Action, BlockCode, FieldChange, Operation, Plan, Reason, Refusal, Step, Summary,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The version of these shapes.
const FORMAT_VERSION: u32 = 1;

/// The result of `plan --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift plan")]
pub(super) struct PlanDocument<'a> {
    /// The version of this shape; only additions keep it.
    format_version: u32,
    /// The organization it was made for.
    organization_id: String,
    /// The names the remote API uses.
    contract: Contract,
    /// Made for a part of the files: nothing is deleted by absence.
    partial: bool,
    /// There is something to do, and no guard refuses it.
    applyable: bool,
    /// The counts.
    summary: Summary,
    /// What will be done, in order.
    changes: Vec<Change<'a>>,
    /// What cannot be planned and is left alone.
    blocked: Vec<BlockedEntry<'a>>,
    /// Guards that refuse the plan as a whole.
    refusals: &'a [Refusal],
    /// Secrets whose freshness could not be told; not a change.
    unverified: Vec<UnverifiedEntry<'a>>,
    /// What exists, is not declared and is not touched.
    unmanaged: UnmanagedEntry<'a>,
}

/// One thing that will be done.
#[derive(Serialize, JsonSchema)]
pub(super) struct Change<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The customer's name.
    customer: &'a str,
    /// The connector's name; null for the customer itself.
    connector: Option<&'a str>,
    /// `customer`, or the connector's type.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The remote object as it is now; null for what has yet to be created.
    id: Option<String>,
    /// The kind of action.
    action: Action,
    /// Why, most telling first.
    reasons: &'a [Reason],
    /// The fields concerned.
    fields: &'a [FieldChange],
}

/// What cannot be planned.
#[derive(Serialize, JsonSchema)]
pub(super) struct BlockedEntry<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The stable code, which `airlift explain` knows.
    code: BlockCode,
    /// What is the matter and what to do.
    message: &'a str,
}

/// Secrets whose freshness could not be told.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnverifiedEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// Why.
    why: WhyUnverified,
    /// The fields' paths.
    paths: &'a [String],
}

/// What exists, is not declared and is not touched.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnmanagedEntry<'a> {
    /// Names of undeclared customers.
    customers: &'a [String],
    /// Undeclared connectors of declared customers.
    connectors: Vec<UnmanagedConnectorEntry<'a>>,
    /// Ours, not in the files, kept because the run does not prune.
    kept: Vec<String>,
}

/// An undeclared connector.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnmanagedConnectorEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// Its id.
    id: String,
    /// Its type's name where the server gives one.
    #[serde(rename = "type")]
    kind: Option<&'a str>,
}

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
    done: Counts,
    #[serde(flatten)]
    not_done: Tally,
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
    message: Option<&'a str>,
    /// What a person should know although it succeeded.
    warnings: &'a [String],
}

/// The result of `validate --format json`.
#[derive(Serialize)]
pub(super) struct ValidationDocument<'a> {
    format_version: u32,
    valid: bool,
    findings: Vec<FindingEntry<'a>>,
    omitted: usize,
}

#[derive(Serialize)]
pub(super) struct FindingEntry<'a> {
    severity: Severity,
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    file: &'a str,
    line: u32,
    column: u32,
    end_column: u32,
    path: Option<&'a str>,
}

/// The result of `doctor --format json`.
#[derive(Serialize)]
pub(super) struct DoctorDocument<'a> {
    format_version: u32,
    healthy: bool,
    checks: &'a [HealthCheck],
}

/// The document of what `doctor` found.
pub(super) fn doctor(probes: &[HealthCheck]) -> DoctorDocument<'_> {
    DoctorDocument {
        format_version: FORMAT_VERSION,
        healthy: probes.iter().all(|probe| probe.health != Health::Fail),
        checks: probes,
    }
}

/// The document of a plan.
pub(super) fn plan(plan: &Plan) -> PlanDocument<'_> {
    let blocked = plan.blocked.iter().map(|one| BlockedEntry {
        address: one.address.to_string(),
        code: one.code,
        message: &one.message,
    });
    let unverified = plan.unverified.iter().map(|one| UnverifiedEntry {
        address: one.address.to_string(),
        why: one.why,
        paths: &one.paths,
    });
    PlanDocument {
        format_version: FORMAT_VERSION,
        organization_id: plan.organization_id.to_string(),
        contract: plan.contract,
        partial: plan.partial,
        applyable: plan.has_changes() && plan.refusals.is_empty(),
        summary: plan.summary,
        changes: plan.steps().map(change).collect(),
        blocked: blocked.collect(),
        refusals: &plan.refusals,
        unverified: unverified.collect(),
        unmanaged: unmanaged(&plan.unmanaged),
    }
}

fn unmanaged(unmanaged: &crate::plan::Unmanaged) -> UnmanagedEntry<'_> {
    let connectors = unmanaged.connectors.iter();
    let connectors = connectors.map(|one| UnmanagedConnectorEntry {
        address: one.address.to_string(),
        id: one.id.to_string(),
        kind: one.kind.as_deref(),
    });
    UnmanagedEntry {
        customers: &unmanaged.customers,
        connectors: connectors.collect(),
        kept: unmanaged.kept.iter().map(Address::to_string).collect(),
    }
}

fn change(step: &Step) -> Change<'_> {
    Change {
        address: step.address.to_string(),
        customer: &step.address.customer,
        connector: step.address.connector.as_deref(),
        kind: words::kind(&step.operation),
        id: remote_id(&step.operation),
        action: step.action,
        reasons: &step.reasons,
        fields: &step.changes,
    }
}

fn remote_id(operation: &Operation) -> Option<String> {
    match operation {
        Operation::CreateCustomer { .. } | Operation::CreateConnector { .. } => None,
        Operation::UpdateCustomer { workspace_id, .. } => workspace_id.map(|id| id.to_string()),
        Operation::AdoptCustomer { workspace_id }
        | Operation::DeleteCustomer { workspace_id, .. } => Some(workspace_id.to_string()),
        Operation::AdoptConnector { id, .. }
        | Operation::UpdateConnector { id, .. }
        | Operation::ReplaceConnector { id, .. }
        | Operation::DeleteConnector { id } => Some(id.to_string()),
    }
}

/// The document of a report.
pub(super) fn report(report: &ApplyReport) -> ReportDocument<'_> {
    ReportDocument {
        format_version: FORMAT_VERSION,
        complete: report.is_complete(),
        interrupted: report.interrupted,
        summary: ReportSummary {
            done: report.counts(),
            not_done: report.tally(),
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
        message: operation.message.as_deref(),
        warnings: &operation.warnings,
    }
}

/// The document of what `validate` found.
pub(super) fn validation(report: &Report) -> ValidationDocument<'_> {
    ValidationDocument {
        format_version: FORMAT_VERSION,
        valid: !report.has_errors(),
        findings: report.findings.iter().map(finding).collect(),
        omitted: report.omitted,
    }
}

fn finding(finding: &Finding) -> FindingEntry<'_> {
    let Location {
        file,
        line,
        column,
        end_column,
    } = &finding.location;
    FindingEntry {
        severity: finding.severity,
        code: finding.code.as_str(),
        message: &finding.message,
        help: finding.help.as_deref(),
        file,
        line: *line,
        column: *column,
        end_column: *end_column,
        path: finding.path.as_deref(),
    }
}
