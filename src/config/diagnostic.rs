//! Responsible for the report about the files: what was found, where, and what to do.
//!
//! Data: `render` prints it.

pub use super::code::{Code, Severity};

use serde::Serialize;
use std::cmp::Ordering;

/// A place in a file. Lines and columns count from one, columns in characters.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Serialize)]
pub struct Location {
    /// The file as the user would name it; `<stdin>` for standard input.
    pub file: String,
    /// The line, or zero where the finding is about the whole file.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// The column after the last one, on the same line.
    pub end_column: u32,
}

impl Location {
    /// A file as a whole.
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

/// A source line with every value masked that is not known to be harmless.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Excerpt {
    /// The line's number.
    pub line: u32,
    /// The masked text.
    pub text: String,
    /// The first character of the finding in `text`, from zero. Masking moves columns, so this
    /// is not the location's column.
    pub start: u32,
    /// The character after the last one.
    pub end: u32,
}

/// One thing found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing, stable over versions.
    pub code: Code,
    /// Whether it stops a run.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// The field it is about, such as `customers[0].connectors[1].type`, when it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What, in plain words and without any value that may be secret.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The masked source line, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

/// Everything found in one run over the files.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report {
    /// The version of this shape.
    pub format_version: u32,
    /// Sorted by file, line, column and code.
    pub findings: Vec<Finding>,
    /// How many more there are than are listed.
    pub omitted: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            format_version: 1,
            findings: Vec::new(),
            omitted: 0,
        }
    }
}

impl Report {
    /// Whether anything stops a run.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many listed findings stop a run.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many listed findings do not.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(order);
        self.findings.dedup();
    }
}

fn order(a: &Finding, b: &Finding) -> Ordering {
    let key = |finding: &Finding| finding.location.clone();
    key(a)
        .cmp(&key(b))
        .then_with(|| a.code.as_str().cmp(b.code.as_str()))
        .then_with(|| a.message.cmp(&b.message))
}
