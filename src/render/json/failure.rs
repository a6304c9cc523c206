//! Responsible for the JSON document of a command that fails before it has a result.

use super::FORMAT_VERSION;
use super::findings::FindingEntry;
use crate::config::diagnostic::Report;
use crate::failure::Failure;
use crate::render::Out;
use schemars::JsonSchema;
use serde::Serialize;

/// The document of a command that fails before it has a result.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "airlift error")]
pub(super) struct FailureDocument<'a> {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// Why the command failed.
    error: FailureEntry<'a>,
    /// What is wrong in the files, with its place; only with the code `invalid_files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<FindingEntry<'a>>>,
    /// How many more findings there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<usize>,
}

/// Why a command failed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(in crate::render) struct FailureEntry<'a> {
    /// The stable code, which `airlift explain` knows.
    code: &'a str,
    /// What is wrong.
    message: &'a str,
    /// What to do, one sentence each.
    hints: Vec<String>,
    /// The exit code of the process.
    exit_code: u8,
}

/// A failure.
pub(in crate::render) fn entry(failure: &Failure) -> FailureEntry<'_> {
    FailureEntry {
        code: failure.code,
        message: &failure.message,
        hints: failure.next_steps(),
        exit_code: failure.exit().number(),
    }
}

/// The document of a failure.
pub(super) fn document<'a>(out: &Out<'_>, failure: &'a Failure) -> FailureDocument<'a> {
    let hints = failure.next_steps().into_iter();
    FailureDocument {
        format_version: FORMAT_VERSION,
        error: FailureEntry {
            hints: hints.map(|hint| out.completed(hint)).collect(),
            ..entry(failure)
        },
        findings: None,
        omitted: None,
    }
}

/// The document of files with errors.
pub(super) fn of_files<'a>(
    out: &Out<'_>,
    failure: &'a Failure,
    report: &'a Report,
) -> FailureDocument<'a> {
    FailureDocument {
        findings: Some(super::findings::entries(report)),
        omitted: Some(report.omitted),
        ..document(out, failure)
    }
}
