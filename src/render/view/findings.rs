//! Responsible for the view of findings about the files, and their number.
//!
//! Does not mask secrets: `config` masks the source line of a finding.

use super::Phrase;
use super::group::Listing;
use crate::config::diagnostic::{Code, Excerpt, Finding, Location, Report, Severity};
use crate::render::labels::{counted, number};
use crate::render::{Label, Safe};
use std::collections::{BTreeSet, HashMap};

/// The places of an error that are named beside its first one.
const NAMED_PLACES: usize = 2;

/// Findings.
#[derive(Debug)]
pub(crate) struct FindingsView<'a> {
    pub(crate) findings: Vec<FindingView<'a>>,
    /// What the mask in source lines means, if one is shown.
    pub(crate) mask: Option<&'static str>,
    /// The number of findings that are not listed.
    pub(crate) omitted: Option<Safe>,
    /// The number of files whose values are not checked, because the files cannot be read.
    pub(crate) unread: Option<Safe>,
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
    /// The places and the number of further findings of this kind, if they are not shown.
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
    /// The view of a report. `listing` says which findings of the same kind are shown.
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
            unread: unread(report),
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

/// What findings of the same kind have in common. The message names what a finding depends on, such as the type of the
/// connector. Warnings differ only in what they say, and errors also in what to write.
type Kind<'a> = (Code, &'a str, Option<&'a str>);

/// The findings of a report by kind.
struct Groups<'a> {
    groups: HashMap<Kind<'a>, FindingGroup<'a>>,
    /// The number of warnings that the report does not list, but whose group it does.
    omitted: usize,
}

/// The findings of one kind.
#[derive(Default)]
struct FindingGroup<'a> {
    size: usize,
    /// The places of the second and the third error.
    places: Vec<&'a Location>,
}

impl<'a> Groups<'a> {
    fn new(report: &'a Report) -> Self {
        let mut groups: HashMap<Kind<'_>, FindingGroup<'_>> = HashMap::new();
        for finding in &report.findings {
            groups.entry(kind(finding)).or_default().add(finding);
        }
        let mut omitted = 0;
        for ((code, message), count) in &report.omitted_alike {
            if let Some(group) = groups.get_mut(&(*code, message.as_str(), None)) {
                group.size += count;
                omitted += count;
            }
        }
        Self { groups, omitted }
    }

    /// The first finding of each group.
    fn first_findings(mut self, report: &'a Report) -> Vec<FindingView<'a>> {
        let mut views = Vec::new();
        for finding in &report.findings {
            if let Some(group) = self.groups.remove(&kind(finding)) {
                let view = FindingView::new(finding);
                let more = group.more();
                views.push(FindingView { more, ..view });
            }
        }
        views
    }
}

impl<'a> FindingGroup<'a> {
    fn add(&mut self, finding: &'a Finding) {
        self.size += 1;
        let is_further = finding.severity == Severity::Error && self.size > 1;
        if is_further && self.places.len() < NAMED_PLACES {
            self.places.push(&finding.location);
        }
    }

    /// The sentence about the findings after the first.
    fn more(&self) -> Option<Safe> {
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        let places = (!places.is_empty()).then(|| format!("also at {}", places.join(" and ")));
        let rest = self.size - 1 - self.places.len();
        let rest = (rest > 0).then(|| format!("and {} more; -v lists them", number(rest)));
        let parts: Vec<String> = places.into_iter().chain(rest).collect();
        (!parts.is_empty()).then(|| Safe::new(parts.join(", ")))
    }
}

fn kind(finding: &Finding) -> Kind<'_> {
    let help = finding.help.as_deref();
    let help = help.filter(|_| finding.severity == Severity::Error);
    (finding.code, finding.cause(), help)
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

fn unread(report: &Report) -> Option<Safe> {
    let files = files(report, |finding| finding.code.stops_reading());
    (files > 0).then(|| {
        Safe::new(format_args!(
            "{} could not be read: values are not checked, and names are not compared with other files. Run \
             `airlift validate` again after the fix.",
            counted(files, "file")
        ))
    })
}

/// The number of files with findings of a kind.
fn files(report: &Report, is_counted: impl Fn(&Finding) -> bool) -> usize {
    let findings = report.findings.iter();
    let files: BTreeSet<&str> = findings
        .filter(|finding| is_counted(finding))
        .map(|finding| finding.location.file.as_str())
        .collect();
    files.len()
}

fn count(report: &Report) -> Phrase {
    let (errors, warnings) = (report.errors(), report.warnings());
    let files = files(report, |_| true);
    let errors_part = (errors > 0 || warnings == 0).then(|| counted(errors, "error"));
    let warnings_part = (warnings > 0).then(|| counted(warnings, "warning"));
    let parts: Vec<String> = errors_part.into_iter().chain(warnings_part).collect();
    let mut text = parts.join(", ");
    if files > 0 {
        text = format!("{text} in {}", counted(files, "file"));
    }
    let label = match (errors, warnings) {
        (0, 0) => Label::Good,
        (0, _) => Label::Warning,
        _ => Label::Error,
    };
    Phrase::new(label, Safe::new(text))
}
