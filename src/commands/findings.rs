//! Findings about the files, from the room that finds to the room that shows.

use crate::config::{Finding, Report, Severity};
use crate::render::{self, Diagnostic, Excerpt, Out, json};
use std::io;

/// Shows a report for people.
pub(super) fn text(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    render::diagnostics(out, &diagnostics(report), report.omitted)
}

/// Writes a report for programs.
pub(super) fn json(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    json::validation(out, &diagnostics(report), report.omitted)
}

fn diagnostics(report: &Report) -> Vec<Diagnostic<'_>> {
    report.findings.iter().map(diagnostic).collect()
}

fn diagnostic(finding: &Finding) -> Diagnostic<'_> {
    let Finding {
        code,
        severity,
        location,
        path,
        message,
        help,
        excerpt,
    } = finding;
    Diagnostic {
        severity: match severity {
            Severity::Error => render::Severity::Error,
            Severity::Warning => render::Severity::Warning,
        },
        code: code.as_str(),
        message,
        file: &location.file,
        line: location.line,
        column: location.column,
        end_column: location.end_column,
        path: path.as_deref(),
        excerpt: excerpt.as_ref().map(|excerpt| Excerpt {
            text: &excerpt.text,
            start: excerpt.start,
            end: excerpt.end,
        }),
        help: help.as_deref(),
    }
}
