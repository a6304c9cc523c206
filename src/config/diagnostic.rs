//! Responsible for the types of `validate`'s report: the errors and warnings found in the project's YAML
//! files, with their places. Does not print them: `render` does.

pub use super::code::{Code, Severity};

use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A location in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Serialize)]
pub struct Location {
    /// The file's path as given, or `<stdin>`.
    pub file: String,
    /// The line, or 0 for the whole file.
    pub line: u32,
    /// The first column, counted from 1; 0 for the whole file.
    pub column: u32,
    /// The column after the last one, on the same line.
    pub end_column: u32,
}

impl Location {
    /// The location of a whole file.
    pub(super) fn whole(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..Self::default()
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// A source line. Every value that is not known to be harmless is masked.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize)]
pub struct Excerpt {
    /// The line in the file, counted from 1.
    pub line: u32,
    /// The line with `•••` in place of each masked value.
    pub text: String,
    /// The first character of the finding in `text`, from 0. Differs from the location's column,
    /// because masking moves columns.
    pub start: u32,
    /// The character after the last one.
    pub end: u32,
}

/// One error or warning about the files.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize)]
pub struct Finding {
    /// The kind of finding. Identifiers are stable across versions.
    pub code: Code,
    /// Whether the finding stops a run.
    pub severity: Severity,
    /// The key or value that the finding concerns.
    pub location: Location,
    /// The path of the field, such as `customers[0].connectors[1].type`, if the finding concerns a
    /// field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The sentence for people. Never contains a value that may be secret.
    pub message: String,
    /// The next step, if the message does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The masked source line, if the location has a line.
    pub excerpt: Option<Excerpt>,
    /// The row of a table that the message starts with. Findings of one cause differ in it.
    #[serde(skip)]
    pub row: Option<usize>,
}

impl Finding {
    /// The message without the row that it starts with.
    pub fn cause(&self) -> &str {
        let start = self.row.map(row_label).unwrap_or_default();
        let rest = self.message.strip_prefix(start.as_str());
        rest.unwrap_or(&self.message)
    }
}

/// How a message about a row of a table starts.
pub(super) fn row_label(row: usize) -> String {
    format!("row {row}")
}

/// All findings of one run over the files.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report {
    /// The version of this JSON format.
    pub format_version: u32,
    /// Sorted by file, line, column and code.
    pub findings: Vec<Finding>,
    /// The number of findings that are not listed.
    pub omitted: usize,
    /// The number of errors among the omitted findings.
    #[serde(skip)]
    pub omitted_errors: usize,
    /// The number of omitted warnings with the code and the message of a listed one.
    #[serde(skip)]
    pub omitted_alike: OmittedWarnings,
}

/// The number of omitted warnings, by code and message.
pub type OmittedWarnings = BTreeMap<(Code, String), usize>;

impl Default for Report {
    fn default() -> Self {
        Self {
            format_version: 1,
            findings: Vec::new(),
            omitted: 0,
            omitted_errors: 0,
            omitted_alike: OmittedWarnings::new(),
        }
    }
}

impl Report {
    /// Whether any finding stops a run.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// The number of errors, listed or not.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error) + self.omitted_errors
    }

    /// The number of warnings, listed or not.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning) + self.omitted - self.omitted_errors
    }

    /// The number of listed findings, without the one that says how many are not listed.
    fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .filter(|finding| finding.code != Code::TooManyFindings)
            .count()
    }

    /// The warnings that a reviewer of a plan needs: about files that are not read, or read without effect, and about
    /// deceptive names.
    #[must_use]
    pub fn for_reviewers(&self) -> Self {
        let findings = self.findings.iter();
        let alike = self.omitted_alike.iter();
        let omitted_alike: OmittedWarnings = alike
            .filter(|((code, _), _)| code.is_for_reviewers())
            .map(|(group, count)| (group.clone(), *count))
            .collect();
        Self {
            findings: findings
                .filter(|finding| finding.code.is_for_reviewers())
                .cloned()
                .collect(),
            omitted: omitted_alike.values().sum(),
            omitted_alike,
            ..Self::default()
        }
    }

    pub(super) fn sort(&mut self) {
        self.findings.sort_by(order);
        self.findings.dedup();
    }

    /// Adds the finding that says how many errors are not listed, if any.
    pub(super) fn add_omitted_errors(&mut self) {
        if self.omitted_errors == 0 {
            return;
        }
        let last = self.findings.last();
        let file = last.map_or("", |last| &last.location.file);
        self.findings.push(Finding {
            code: Code::TooManyFindings,
            severity: Code::TooManyFindings.severity(),
            location: Location::whole(file),
            path: None,
            message: format!("{} more errors are not listed", self.omitted_errors),
            help: None,
            excerpt: None,
            row: None,
        });
    }
}

fn order(a: &Finding, b: &Finding) -> Ordering {
    let key = |finding: &Finding| finding.location.clone();
    key(a)
        .cmp(&key(b))
        .then_with(|| a.code.as_str().cmp(b.code.as_str()))
        .then_with(|| a.message.cmp(&b.message))
}
