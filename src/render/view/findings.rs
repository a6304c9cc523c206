//! Responsible for the view of findings about the files, and their number.
//!
//! Does not mask secrets: `config` masks the source line of a finding.

use super::Phrase;
use super::group::Listing;
use crate::config::diagnostic::{Code, Excerpt, Finding, Report, Severity};
use crate::render::labels::{counted, number};
use crate::render::{Label, Safe};
use std::collections::{BTreeSet, HashMap};

/// Findings.
#[derive(Debug)]
pub(crate) struct FindingsView<'a> {
    pub(crate) findings: Vec<FindingView<'a>>,
    /// What the mask in source lines means, if one is shown.
    pub(crate) mask: Option<&'static str>,
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
    /// The number of further warnings with this code and message, if they are not shown.
    pub(crate) more: Option<Safe>,
}

/// A source line.
#[derive(Debug)]
pub(crate) struct SourceView {
    pub(crate) text: String,
    /// The bytes that the finding concerns.
    pub(crate) span: std::ops::Range<usize>,
}

impl<'a> FindingsView<'a> {
    /// The view of a report. `listing` says which warnings with the same code and message are shown.
    pub(crate) fn new(report: &'a Report, listing: Listing) -> Self {
        let groups = Groups::new(report);
        let (findings, omitted) = if listing == Listing::All {
            let findings = report.findings.iter();
            (findings.map(FindingView::new).collect(), report.omitted)
        } else {
            let omitted = report.omitted - groups.omitted;
            (groups.first_findings(report), omitted)
        };
        Self {
            mask: mask(&findings),
            findings,
            omitted: (omitted > 0)
                .then(|| Safe::new(format_args!("{omitted} more are not listed"))),
            count: count(report),
        }
    }
}

/// The meaning of the mask, if a source line has one.
fn mask(findings: &[FindingView<'_>]) -> Option<&'static str> {
    let is_masked = |finding: &FindingView<'_>| {
        let source = finding.source.as_ref();
        source.is_some_and(|source| source.text.contains("•••"))
    };
    findings
        .iter()
        .any(is_masked)
        .then_some("••• hides a value that may be a secret.")
}

/// The warnings of a report by code and message. The message names what the warning depends on, such as the type of the
/// connector.
struct Groups<'a> {
    sizes: HashMap<(Code, &'a str), usize>,
    /// The number of warnings that the report does not list, but whose group it does.
    omitted: usize,
}

impl<'a> Groups<'a> {
    fn new(report: &'a Report) -> Self {
        let mut sizes: HashMap<(Code, &str), usize> = HashMap::new();
        for finding in &report.findings {
            if finding.severity == Severity::Warning {
                *sizes.entry(group(finding)).or_default() += 1;
            }
        }
        let mut omitted = 0;
        for ((code, message), count) in &report.omitted_alike {
            if let Some(size) = sizes.get_mut(&(*code, message.as_str())) {
                *size += count;
                omitted += count;
            }
        }
        Self { sizes, omitted }
    }

    /// The errors, and the first warning of each group.
    fn first_findings(mut self, report: &'a Report) -> Vec<FindingView<'a>> {
        let mut views = Vec::new();
        for finding in &report.findings {
            let size = match finding.severity {
                Severity::Error => 1,
                Severity::Warning => self.sizes.remove(&group(finding)).unwrap_or(0),
            };
            let more = (size > 1)
                .then(|| Safe::new(format_args!("and {} more; -v lists them", number(size - 1))));
            if size > 0 {
                let view = FindingView::new(finding);
                views.push(FindingView { more, ..view });
            }
        }
        views
    }
}

fn group(finding: &Finding) -> (Code, &str) {
    (finding.code, &finding.message)
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
            more: None,
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
