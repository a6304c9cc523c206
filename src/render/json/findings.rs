//! Responsible for the JSON document of `validate --format json`.

use super::FORMAT_VERSION;
use crate::config::diagnostic::{Finding, Location, Report, Severity};
use schemars::JsonSchema;
use serde::Serialize;

/// The result of `validate --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift validation")]
pub(super) struct ValidationDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// Whether no finding is an error.
    valid: bool,
    /// The findings, by file and place.
    findings: Vec<FindingEntry<'a>>,
    /// Further findings, which the document leaves out.
    omitted: usize,
}

/// A finding about the files.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(super) struct FindingEntry<'a> {
    /// Only an error stops a run.
    severity: Severity,
    /// The stable code, which `airlift explain` knows.
    code: &'a str,
    /// What is wrong.
    message: &'a str,
    /// What to do.
    help: Option<&'a str>,
    /// The file, as its path was given.
    file: &'a str,
    /// The line, from 1; 0 if the finding concerns the whole file.
    line: u32,
    /// The column, from 1.
    column: u32,
    /// The column after the last one.
    end_column: u32,
    /// The field.
    path: Option<&'a str>,
}

/// The document of the findings.
pub(super) fn document(report: &Report) -> ValidationDocument<'_> {
    ValidationDocument {
        format_version: FORMAT_VERSION,
        valid: !report.has_errors(),
        findings: entries(report),
        omitted: report.omitted,
    }
}

pub(super) fn entries(report: &Report) -> Vec<FindingEntry<'_>> {
    report.findings.iter().map(finding).collect()
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
