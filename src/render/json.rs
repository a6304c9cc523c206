//! The versioned JSON of a result, for programs, and its schema.
//!
//! Shapes of their own, apart from the saved plan: what a reader may rely on is decided here.
//! Only additions keep `format_version`; readers ignore what they do not know.

use super::diagnostics::{Diagnostic, Severity};
use super::line::Out;
use super::sanitize;
use super::words;
use crate::apply::{ApplyReport, Counts, OperationReport, Outcome, Tally};
use crate::model::{Address, Contract, WhyUnverified};
use crate::plan::{
    Action, BlockCode, FieldChange, Operation, Plan, Reason, Refusal, Step, Summary,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// The version of these shapes.
pub const FORMAT_VERSION: u32 = 1;

/// The result of `plan --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift plan")]
struct PlanDocument<'a> {
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
struct Change<'a> {
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
struct BlockedEntry<'a> {
    /// `customer` or `customer/connector`.
    address: String,
    /// The stable code, which `airlift explain` knows.
    code: BlockCode,
    /// What is the matter and what to do.
    message: &'a str,
}

/// Secrets whose freshness could not be told.
#[derive(Serialize, JsonSchema)]
struct UnverifiedEntry<'a> {
    /// `customer/connector`.
    address: String,
    /// Why.
    why: WhyUnverified,
    /// The fields' paths.
    paths: &'a [String],
}

/// What exists, is not declared and is not touched.
#[derive(Serialize, JsonSchema)]
struct UnmanagedEntry<'a> {
    /// Names of undeclared customers.
    customers: &'a [String],
    /// Undeclared connectors of declared customers.
    connectors: Vec<UnmanagedConnectorEntry<'a>>,
    /// Ours, not in the files, kept because the run does not prune.
    kept: Vec<String>,
}

/// An undeclared connector.
#[derive(Serialize, JsonSchema)]
struct UnmanagedConnectorEntry<'a> {
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
struct ReportDocument<'a> {
    /// The version of this shape; only additions keep it.
    format_version: u32,
    /// Everything succeeded.
    complete: bool,
    /// A person or a signal stopped the run before its end.
    interrupted: bool,
    /// The counts: objects done, operations not done.
    summary: ReportSummary,
    /// One entry for each operation of the plan, in order.
    operations: Vec<OperationEntry<'a>>,
}

/// The counts of a run.
#[derive(Serialize, JsonSchema)]
struct ReportSummary {
    #[serde(flatten)]
    done: Counts,
    #[serde(flatten)]
    not_done: Tally,
}

/// How one operation went.
#[derive(Serialize, JsonSchema)]
struct OperationEntry<'a> {
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
struct ValidationDocument<'a> {
    format_version: u32,
    valid: bool,
    findings: Vec<FindingEntry<'a>>,
    omitted: usize,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    severity: Severity,
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    file: &'a str,
    line: u32,
    column: u32,
    end_column: u32,
}

/// Writes a plan.
pub fn plan(out: &mut Out<'_>, plan: &Plan) -> io::Result<()> {
    document(out, &plan_document(plan))
}

/// Writes a report.
pub fn report(out: &mut Out<'_>, report: &ApplyReport) -> io::Result<()> {
    document(out, &report_document(report))
}

/// Writes what `validate` found; `omitted` more were found than are listed.
pub fn validation(out: &mut Out<'_>, all: &[Diagnostic<'_>], omitted: usize) -> io::Result<()> {
    let findings = all.iter().map(|one| FindingEntry {
        severity: one.severity,
        code: one.code,
        message: one.message,
        help: one.help,
        file: one.file,
        line: one.line,
        column: one.column,
        end_column: one.end_column,
    });
    let valid = all.iter().all(|one| one.severity != Severity::Error);
    let findings = findings.collect();
    document(
        out,
        &ValidationDocument {
            format_version: FORMAT_VERSION,
            valid,
            findings,
            omitted,
        },
    )
}

/// Writes any document, such as a schema, so that no terminal and no CI runner obeys it.
pub fn document(out: &mut Out<'_>, document: &impl Serialize) -> io::Result<()> {
    let formatter = Harmless(serde_json::ser::PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(Raw(out), formatter);
    document.serialize(&mut serializer)?;
    out.raw(b"\n")
}

/// The schema of a plan.
pub fn plan_schema() -> schemars::Schema {
    schemars::schema_for!(PlanDocument<'static>)
}

/// The schema of a report.
pub fn report_schema() -> schemars::Schema {
    schemars::schema_for!(ReportDocument<'static>)
}

fn plan_document(plan: &Plan) -> PlanDocument<'_> {
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

fn report_document(report: &ApplyReport) -> ReportDocument<'_> {
    ReportDocument {
        format_version: FORMAT_VERSION,
        complete: report.is_complete(),
        interrupted: report.interrupted,
        summary: ReportSummary {
            done: report.counts(),
            not_done: report.tally(),
        },
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

struct Raw<'a, 'b>(&'a mut Out<'b>);

impl io::Write for Raw<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.raw(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Indented JSON in which dangerous characters stand as `\u` escapes: the value a program reads
/// is exact, and neither a terminal nor a CI runner obeys the text.
struct Harmless(serde_json::ser::PrettyFormatter<'static>);

macro_rules! delegate {
    ($($name:ident($($argument:ident)?))*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $argument: bool)?) -> io::Result<()> {
            self.0.$name(writer $(, $argument)?)
        })*
    };
}

impl serde_json::ser::Formatter for Harmless {
    delegate! {
        begin_array() end_array() begin_array_value(first) end_array_value()
        begin_object() end_object() begin_object_key(first) begin_object_value() end_object_value()
    }

    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let commands = sanitize::commands(fragment);
        let mut written = 0;
        for (at, character) in fragment.char_indices() {
            if sanitize::is_dangerous(character) || commands.contains(&at) {
                writer.write_all(&fragment.as_bytes()[written..at])?;
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at + character.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Out;
    use super::super::sample::{self, golden};
    use crate::apply::ApplyReport;
    use crate::plan::Plan;
    use serde_json::Value;

    fn plan_text(plan: &Plan) -> String {
        let mut bytes = Vec::new();
        super::plan(&mut Out::new(&mut bytes, 80, false), plan).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn report_text(report: &ApplyReport) -> String {
        let mut bytes = Vec::new();
        super::report(&mut Out::new(&mut bytes, 80, false), report).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn check(schema: &schemars::Schema, text: &str) {
        let instance: Value = serde_json::from_str(text).unwrap();
        let validator = jsonschema::validator_for(schema.as_value()).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&instance)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn results_keep_their_schema_and_their_shape() {
        golden("plan.json", &plan_text(&sample::rich()));
        golden("report.json", &report_text(&sample::partial()));
        for plan in [sample::rich(), sample::empty()] {
            check(&super::plan_schema(), &plan_text(&plan));
        }
        for report in [sample::done(), sample::partial()] {
            check(&super::report_schema(), &report_text(&report));
        }
    }

    #[test]
    fn committed_schemas_are_the_generated_ones() {
        for (name, schema) in [
            ("plan", super::plan_schema()),
            ("report", super::report_schema()),
        ] {
            let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
            golden(&format!("../../schemas/{name}.schema.json"), &text);
        }
    }

    #[test]
    fn text_is_harmless_and_values_are_exact() {
        let text = plan_text(&sample::rich());
        assert!(!text.contains("##vso[") && !text.contains('\u{202e}') && !text.contains('\u{9b}'));
        let read: Value = serde_json::from_str(&text).unwrap();
        let names = sample::rich().customers.into_iter().map(|one| one.name);
        for name in names {
            let changes = read["changes"].as_array().unwrap();
            assert!(
                changes
                    .iter()
                    .any(|change| change["customer"] == name.as_str())
            );
        }
    }
}
