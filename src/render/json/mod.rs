//! Responsible for results as JSON, and for the JSON schemas.
//!
//! Dangerous characters are escaped, so that no terminal and no CI runner executes the text; the
//! values are exact. A new field keeps `format_version`, because readers ignore unknown fields.

mod doctor;
mod drift;
mod failure;
mod findings;
mod oauth_app;
mod plan;
mod report;
mod results;
mod saved;
mod waiting;

pub(super) use drift::{DriftEntry, entry as drift_entry};
pub(super) use failure::{FailureEntry, entry as failure_entry};
pub(super) use plan::{Change, UnverifiedEntry, change, unverified};
pub(super) use report::{ReportSummary, summary as report_summary};
pub(super) use results::help_document;
pub use results::{exported, serving, snapshot, types, written};
pub(crate) use results::{help, topics};
pub(super) use saved::SavedEntry;

use super::ndjson;
use super::sanitize;
use super::{LedgerContents, LedgerCopy, Out, Outputs, PlanChecks, RunHistory, SavedFile};
use crate::apply::ApplyReport;
use crate::config::diagnostic::Report;
use crate::failure::Failure;
use crate::model::HealthCheck;
use crate::plan::{Drift, Plan};
use crate::saved_plan::ReadPlan;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io;

/// The version of the documents.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Writes a plan, and where it was saved.
pub fn plan(out: &mut Out<'_>, plan: &Plan, saved: Option<&SavedFile>) -> io::Result<()> {
    document(out, &plan::document(plan, saved.map(SavedEntry::from)))
}

/// Writes a saved plan.
pub fn saved_plan(out: &mut Out<'_>, saved: &ReadPlan, checks: &PlanChecks) -> io::Result<()> {
    let entry = SavedEntry::new(saved, checks);
    document(out, &plan::document(&saved.content.plan, Some(entry)))
}

/// Writes a drift.
pub fn drift(out: &mut Out<'_>, drift: &Drift) -> io::Result<()> {
    document(out, &drift::document(drift))
}

/// Writes a report.
pub fn report(out: &mut Out<'_>, report: &ApplyReport) -> io::Result<()> {
    document(out, &report::document(report))
}

/// Writes the findings of `validate`.
pub fn validation(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    document(out, &findings::document(report))
}

/// Writes the checks of `doctor`.
pub fn doctor(out: &mut Out<'_>, checks: &[HealthCheck]) -> io::Result<()> {
    document(out, &doctor::document(checks))
}

/// Writes the failure of a command that has no result.
pub fn failure(out: &mut Out<'_>, failure: &Failure) -> io::Result<()> {
    let failure = failure::document(out, failure);
    document(out, &failure)
}

/// Writes the failure of a command whose files have errors.
pub fn invalid_files(out: &mut Out<'_>, failure: &Failure, report: &Report) -> io::Result<()> {
    let failure = failure::of_files(out, failure, report);
    document(out, &failure)
}

/// Writes a result with the version of the documents.
pub fn versioned(out: &mut Out<'_>, result: &impl Serialize) -> io::Result<()> {
    document(
        out,
        &Versioned {
            format_version: FORMAT_VERSION,
            result,
        },
    )
}

/// Writes any document, such as a schema, with dangerous characters escaped.
/// With `--json` it is an event.
pub fn document(out: &mut Out<'_>, document: &impl Serialize) -> io::Result<()> {
    if let Some(stream) = out.events() {
        return stream.result(document);
    }
    let formatter = EscapedFormatter(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(Raw(out), formatter);
    document.serialize(&mut serializer)?;
    out.raw(b"\n")?;
    out.flush()
}

/// A document on one line, with dangerous characters escaped.
pub(super) fn compact(document: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let formatter = EscapedFormatter(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    document.serialize(&mut serializer)?;
    Ok(bytes)
}

/// The schema of an event of `--json`.
pub fn events_schema() -> schemars::Schema {
    ndjson::schema()
}

/// The schema of a plan.
pub fn plan_schema() -> schemars::Schema {
    crate::model::schema_of::<plan::PlanDocument<'static>>()
}

/// The schema of a drift.
pub fn drift_schema() -> schemars::Schema {
    crate::model::schema_of::<drift::DriftDocument<'static>>()
}

/// The schema of a report.
pub fn report_schema() -> schemars::Schema {
    crate::model::schema_of::<report::ReportDocument<'static>>()
}

/// The schema of the state of connectors.
pub fn status_schema() -> schemars::Schema {
    crate::model::schema_of::<crate::render::StatusReport>()
}

/// The schema of outputs.
pub fn outputs_schema() -> schemars::Schema {
    crate::model::schema_of::<Outputs>()
}

/// The schema of the findings of `validate`.
pub fn validation_schema() -> schemars::Schema {
    crate::model::schema_of::<findings::ValidationDocument<'static>>()
}

/// The schema of the checks of `doctor`.
pub fn doctor_schema() -> schemars::Schema {
    crate::model::schema_of::<doctor::DoctorDocument<'static>>()
}

/// The schema of `ledger show`.
pub fn ledger_schema() -> schemars::Schema {
    crate::model::schema_of::<Versioned<LedgerContents>>()
}

/// The schema of `ledger history`.
pub fn history_schema() -> schemars::Schema {
    crate::model::schema_of::<Versioned<RunHistory>>()
}

/// The schema of `ledger copy`.
pub fn copy_schema() -> schemars::Schema {
    crate::model::schema_of::<Versioned<LedgerCopy>>()
}

/// The schema of a failure.
pub fn error_schema() -> schemars::Schema {
    crate::model::schema_of::<failure::FailureDocument<'static>>()
}

#[derive(Serialize, schemars::JsonSchema)]
struct Versioned<T> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    #[serde(flatten)]
    result: T,
}

/// Writes bytes that are known to be safe.
pub(super) struct Raw<'a, 'b>(pub(super) &'a mut Out<'b>);

impl io::Write for Raw<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.raw(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// JSON in which dangerous characters are `\u` escapes.
struct EscapedFormatter<F>(F);

macro_rules! delegate {
    ($($name:ident($($argument:ident)?))*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $argument: bool)?) -> io::Result<()> {
            self.0.$name(writer $(, $argument)?)
        })*
    };
}

impl<F: Formatter> Formatter for EscapedFormatter<F> {
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
    use crate::apply::ApplyReport;
    use crate::config::diagnostic::{Code, Finding, Location, Report, Severity};
    use crate::failure::Failure;
    use crate::plan::Plan;
    use crate::render::sample::{self, golden};
    use crate::render::{Color, Out};
    use serde_json::Value;

    fn written(write: impl FnOnce(&mut Out<'_>) -> std::io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut Out::new(&mut bytes, 80, Color::Off)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn plan_text(plan: &Plan) -> String {
        written(|out| super::plan(out, plan, None))
    }

    fn report_text(report: &ApplyReport) -> String {
        written(|out| super::report(out, report))
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
    fn plan_as_json_matches_its_golden_file_and_schema() {
        golden("plan.json", &plan_text(&sample::rich()));
        for plan in [sample::rich(), sample::empty()] {
            check(&super::plan_schema(), &plan_text(&plan));
        }
    }

    #[test]
    fn report_as_json_matches_its_golden_file_and_schema() {
        golden("report.json", &report_text(&sample::partial()));
        for report in [sample::done(), sample::partial()] {
            check(&super::report_schema(), &report_text(&report));
        }
    }

    #[test]
    fn drift_as_json_matches_its_golden_file_and_schema() {
        let text = written(|out| super::drift(out, &sample::drift()));
        golden("drift.json", &text);
        check(&super::drift_schema(), &text);
    }

    #[test]
    fn failure_as_json_names_code_hints_and_place_as_its_schema_says() {
        let failure = Failure::error("invalid_files", "the files have \u{1b}errors");
        let report = Report {
            findings: vec![Finding {
                code: Code::UnknownField,
                severity: Severity::Error,
                location: Location {
                    file: "airlift.yaml".into(),
                    line: 3,
                    column: 5,
                    end_column: 8,
                },
                path: None,
                message: "unknown field `typ`".into(),
                help: None,
                excerpt: None,
                row: None,
            }],
            ..Report::default()
        };
        let text = written(|out| super::invalid_files(out, &failure, &report));
        check(&super::error_schema(), &text);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["error"]["code"], "invalid_files");
        assert_eq!(document["error"]["exit_code"], 1);
        let hint = document["error"]["hints"][0].as_str().unwrap();
        assert!(hint.contains("airlift explain invalid_files"), "{hint}");
        assert_eq!(document["findings"][0]["line"], 3);
        let text = written(|out| super::failure(out, &failure));
        check(&super::error_schema(), &text);
        assert!(!text.contains("findings"), "{text}");
    }

    #[test]
    fn schemas_match_the_committed_files() {
        for (name, schema) in [
            ("plan", super::plan_schema()),
            ("report", super::report_schema()),
            ("drift", super::drift_schema()),
            ("error", super::error_schema()),
            ("outputs", super::outputs_schema()),
            ("events", super::events_schema()),
            ("status", super::status_schema()),
            ("validation", super::validation_schema()),
            ("doctor", super::doctor_schema()),
            ("ledger", super::ledger_schema()),
            ("ledger-history", super::history_schema()),
            ("ledger-copy", super::copy_schema()),
        ] {
            let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
            golden(&format!("../../schemas/{name}.schema.json"), &text);
        }
    }

    #[test]
    fn plan_as_json_with_hostile_names_is_harmless_and_exact() {
        let text = plan_text(&sample::rich());
        assert!(!text.contains("##vso[") && !text.contains('\u{202e}') && !text.contains('\u{9b}'));
        let document: Value = serde_json::from_str(&text).unwrap();
        let changes = document["changes"].as_array().unwrap();
        for customer in sample::rich().customers {
            let is_named = |change: &Value| change["customer"] == customer.name.as_str();
            assert!(changes.iter().any(is_named), "{}", customer.name);
        }
    }
}
