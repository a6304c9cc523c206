//! Responsible for the JSON document of `validate --format json`.

use super::FORMAT_VERSION;
use crate::config::diagnostic::{Finding, Location, Report, Severity};
use serde::Serialize;

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

/// The document of the findings.
pub(super) fn document(report: &Report) -> ValidationDocument<'_> {
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
