//! Responsible for the view of findings about the files, and their number.
//!
//! Does not mask secrets: `config` masks the source line of a finding.

use super::Phrase;
use crate::config::diagnostic::{Excerpt, Finding, Report, Severity};
use crate::render::labels::counted;
use crate::render::{Label, Safe};
use std::collections::BTreeSet;

/// Findings.
#[derive(Debug)]
pub(crate) struct FindingsView<'a> {
    pub(crate) findings: Vec<FindingView<'a>>,
    /// The number of findings that are not listed.
    pub(crate) omitted: Option<Safe>,
    /// The number of findings.
    pub(crate) count: Phrase,
}

/// One finding.
#[derive(Debug)]
pub(crate) struct FindingView<'a> {
    pub(crate) severity: Severity,
    pub(crate) code: &'a str,
    pub(crate) message: Safe,
    pub(crate) file: Safe,
    /// Counted from one. Zero if the finding concerns the whole file.
    pub(crate) line: usize,
    /// Counted from one, in the line of the file.
    pub(crate) column: usize,
    pub(crate) source: Option<SourceView>,
    /// The field, if no source line can be shown.
    pub(crate) path: Option<Safe>,
    pub(crate) help: Option<Safe>,
}

/// A source line.
#[derive(Debug)]
pub(crate) struct SourceView {
    pub(crate) text: String,
    /// The bytes that the finding concerns.
    pub(crate) span: std::ops::Range<usize>,
}

impl<'a> FindingsView<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        let omitted = report.omitted;
        Self {
            findings: report.findings.iter().map(FindingView::new).collect(),
            omitted: (omitted > 0)
                .then(|| Safe::new(format_args!("{omitted} more are not listed"))),
            count: count(report),
        }
    }
}

impl<'a> FindingView<'a> {
    fn new(finding: &'a Finding) -> Self {
        let source = finding.excerpt.as_ref().map(SourceView::new);
        let path = finding.path.as_ref().filter(|_| source.is_none());
        Self {
            severity: finding.severity,
            code: finding.code.as_str(),
            message: Safe::new(&finding.message),
            file: Safe::new(&finding.location.file),
            line: finding.location.line as usize,
            column: finding.location.column as usize,
            path: path.map(Safe::new),
            source,
            help: finding.help.as_ref().map(Safe::new),
        }
    }
}

impl SourceView {
    fn new(excerpt: &Excerpt) -> Self {
        let byte = |character: u32| {
            excerpt
                .text
                .char_indices()
                .nth(character as usize)
                .map_or(excerpt.text.len(), |(byte, _)| byte)
        };
        let mut positions = [byte(excerpt.start), byte(excerpt.end.max(excerpt.start))];
        let text = Safe::with_positions(&excerpt.text, &mut positions).to_string();
        let [start, end] = positions;
        Self {
            text,
            span: start..end,
        }
    }
}

fn count(report: &Report) -> Phrase {
    let (errors, warnings) = (report.errors(), report.warnings());
    let files: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|finding| finding.location.file.as_str())
        .collect();
    let errors_part = (errors > 0 || warnings == 0).then(|| counted(errors, "error"));
    let warnings_part = (warnings > 0).then(|| counted(warnings, "warning"));
    let parts: Vec<String> = errors_part.into_iter().chain(warnings_part).collect();
    let mut text = parts.join(", ");
    if !files.is_empty() {
        text = format!("{text} in {}", counted(files.len(), "file"));
    }
    let label = match (errors, warnings) {
        (0, 0) => Label::Good,
        (0, _) => Label::Warning,
        _ => Label::Error,
    };
    Phrase::new(label, Safe::new(text))
}
