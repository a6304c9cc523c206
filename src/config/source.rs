//! One file's text and tree, the places in it, and the findings collected there.
//!
//! Every finding passes through here, so every excerpt is masked and the list has an end.

use super::diagnostic::{Code, Excerpt, Finding, Location, Report};
use super::excerpt::Masked;
use super::limits;
use super::tree::{At, Mark, Span, Tree};
use super::visible::NOT_NAMED;
use std::collections::HashMap;

/// One file, read.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// The file as the user would name it.
    pub(crate) name: String,
    /// Without a byte order mark, so that columns are what an editor shows.
    pub(crate) text: String,
    /// Absent where the text could not be read to its end.
    pub(crate) tree: Option<Tree>,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Source {
    pub(crate) fn new(name: String, text: String) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            let lone_return = *byte == b'\r' && bytes.get(index + 1) != Some(&b'\n');
            if *byte == b'\n' || lone_return {
                starts.push(index + 1);
            }
        }
        Self {
            name,
            text,
            tree: None,
            starts,
        }
    }

    /// The character that a byte of the text belongs to.
    pub(crate) fn character(&self, byte: usize) -> Span {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line));
        let before = start.and_then(|start| self.text.get(*start..byte));
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mark = Mark {
            line: narrow(line),
            column: narrow(before.map_or(0, |before| before.chars().count())),
        };
        Span {
            start: mark,
            end: mark,
        }
    }

    /// The location of a span; a span over several lines is told by its beginning.
    pub(crate) fn location(&self, span: Span) -> Location {
        let column = span.start.column.saturating_add(1);
        let end = if span.end.line == span.start.line {
            span.end.column.saturating_add(1)
        } else {
            let line = self.line(span.start.line).chars().count();
            u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1)
        };
        Location {
            file: self.name.clone(),
            line: span.start.line,
            column,
            end_column: end.max(column.saturating_add(1)),
        }
    }

    /// The root as a place, where there is one.
    pub(crate) fn root(&self) -> Place<'_> {
        Place {
            source: self,
            at: self.tree.as_ref().and_then(Tree::root),
        }
    }

    fn line(&self, number: u32) -> &str {
        let index = (number as usize).saturating_sub(1);
        let Some(start) = self.starts.get(index) else {
            return "";
        };
        let end = self
            .starts
            .get(index + 1)
            .copied()
            .unwrap_or(self.text.len());
        let line = self.text.get(*start..end).unwrap_or("");
        line.trim_end_matches(['\n', '\r'])
    }

    fn excerpt(&self, location: &Location) -> Option<Excerpt> {
        // A line of megabytes is no excerpt, and masking it would take its time per finding.
        const LONGEST: usize = 4096;
        let line = self.line(location.line);
        if location.line == 0 || line.is_empty() || line.len() > LONGEST {
            return None;
        }
        let masked = match &self.tree {
            Some(tree) => Masked::by_tree(line, tree, location.line),
            None => Masked::by_key(line),
        };
        Some(masked.excerpt(location))
    }
}

/// A value's place in a file; without a tree, the whole file.
#[derive(Clone, Copy)]
pub(crate) struct Place<'s> {
    pub(crate) source: &'s Source,
    pub(crate) at: Option<At<'s>>,
}

impl<'s> Place<'s> {
    fn to(self, at: Option<At<'s>>) -> Self {
        Self { at, ..self }
    }

    /// The value under a key, or this where there is none.
    pub(crate) fn key(self, name: &str) -> Self {
        self.to(self.at.map(|at| at.key(name)))
    }

    /// An entry of a list, or this where there is none.
    pub(crate) fn index(self, position: usize) -> Self {
        self.to(self.at.map(|at| at.index(position)))
    }

    /// All values of a mapping by their keys: for whoever visits more than a few of them.
    pub(crate) fn fields(self) -> Fields<'s> {
        let entries = self.at.into_iter().flat_map(At::entries);
        Fields {
            whole: self,
            by_name: entries
                .map(|(name, at)| (name, self.to(Some(at))))
                .collect(),
        }
    }

    /// All entries of a list.
    pub(crate) fn items(self) -> Vec<Self> {
        let items = self.at.into_iter().flat_map(At::items);
        items.map(|at| self.to(Some(at))).collect()
    }

    /// Whether the value is null, or there is none.
    pub(crate) fn is_null(self) -> bool {
        self.at.is_none_or(|at| at.to_json().is_null())
    }

    pub(crate) fn location(self) -> Location {
        match self.at {
            Some(at) => self.source.location(at.span()),
            None => whole(&self.source.name),
        }
    }

    fn path(self) -> Option<String> {
        self.at.and_then(At::path)
    }

    /// The field's name for a message, with its position where it is in a list.
    pub(crate) fn label(self) -> String {
        let path = self.path();
        let key = path
            .as_deref()
            .map_or("", |path| match path.rsplit_once('.') {
                Some((_, key)) => key,
                None => path,
            });
        match key {
            "" => "the file".to_owned(),
            key if key.starts_with(NOT_NAMED) => key.to_owned(),
            key => format!("`{key}`"),
        }
    }
}

/// The values of a mapping by their keys.
pub(crate) struct Fields<'s> {
    whole: Place<'s>,
    by_name: HashMap<&'s str, Place<'s>>,
}

impl<'s> Fields<'s> {
    /// The value under a key, or the mapping where there is none.
    pub(crate) fn key(&self, name: &str) -> Place<'s> {
        self.by_name.get(name).copied().unwrap_or(self.whole)
    }
}

/// The location of a file as a whole.
pub(crate) fn whole(name: &str) -> Location {
    Location {
        file: name.to_owned(),
        ..Location::default()
    }
}

/// Collects findings, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    report: Report,
    failed: bool,
}

impl Findings {
    /// Adds a finding at a place.
    pub(crate) fn at(
        &mut self,
        place: Place<'_>,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.counts(code) {
            let location = place.location();
            self.report.findings.push(Finding {
                code,
                severity: code.severity(),
                excerpt: place.source.excerpt(&location),
                location,
                path: place.path(),
                message: message.into(),
                help,
            });
        }
    }

    /// Adds a finding at a span of a file.
    pub(crate) fn span(
        &mut self,
        source: &Source,
        span: Span,
        code: Code,
        message: impl Into<String>,
        path: Option<String>,
    ) {
        if self.counts(code) {
            let location = source.location(span);
            self.report.findings.push(Finding {
                code,
                severity: code.severity(),
                excerpt: source.excerpt(&location),
                location,
                path,
                message: message.into(),
                help: None,
            });
        }
    }

    /// Adds a finding about a whole file.
    pub(crate) fn file(&mut self, name: &str, code: Code, message: impl Into<String>) {
        if self.counts(code) {
            self.report.findings.push(Finding {
                code,
                severity: code.severity(),
                location: whole(name),
                path: None,
                message: message.into(),
                help: None,
                excerpt: None,
            });
        }
    }

    /// Counts a finding; whether it is listed.
    fn counts(&mut self, code: Code) -> bool {
        self.failed |= code.severity() == super::code::Severity::Error;
        let listed = !self.full();
        self.report.omitted += usize::from(!listed);
        listed
    }

    /// Whether no more findings are listed, so that what only words them can be spared.
    pub(crate) fn full(&self) -> bool {
        self.report.findings.len() >= limits::FINDINGS
    }

    /// Counts an error without listing it.
    pub(crate) fn omit(&mut self) {
        self.failed = true;
        self.report.omitted += 1;
    }

    /// Whether anything found so far stops a run, listed or not.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// The sorted report.
    pub(crate) fn into_report(mut self) -> Report {
        self.report.sort();
        if self.report.omitted > 0 {
            let message = format!("{} more findings are not listed", self.report.omitted);
            let location = self
                .report
                .findings
                .last()
                .map(|last| last.location.clone());
            self.report.findings.push(Finding {
                code: Code::TooManyFindings,
                severity: Code::TooManyFindings.severity(),
                location: whole(&location.unwrap_or_default().file),
                path: None,
                message,
                help: None,
                excerpt: None,
            });
        }
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::{Findings, Source};
    use crate::config::diagnostic::Code;

    fn excerpt(text: &str, path: &[&str]) -> (String, u32, u32) {
        let mut source = Source::new("x.yaml".into(), text.into());
        source.tree = crate::config::events::scan(text).tree;
        let mut findings = Findings::default();
        let mut place = source.root();
        for key in path {
            place = key
                .parse()
                .map_or_else(|_| place.key(key), |index| place.index(index));
        }
        findings.at(place, Code::UnknownField, "x", None);
        let found = findings.into_report().findings.remove(0).excerpt.unwrap();
        (found.text, found.start, found.end)
    }

    #[test]
    fn excerpts_show_what_is_harmless_alone() {
        let text = "customers:\n- name: acme # hunter2\n  connectors:\n  - type: github\n    credentials: {email: \"h, u\", token: hunter2, zz: 1}\n";
        assert_eq!(
            excerpt(text, &["customers", "0", "name"]),
            ("- name: acme •••".into(), 2, 6)
        );
        let path = ["customers", "0", "connectors", "0", "credentials", "zz"];
        assert_eq!(
            excerpt(text, &path),
            (
                "    credentials: {email: •••, token: •••, zz: •••}".into(),
                42,
                44
            )
        );
    }

    #[test]
    fn a_line_that_does_not_parse_shows_its_key() {
        let text = "a:\n  - token: hunter2: x\n  hunter2\n";
        let source = Source::new("x.yaml".into(), text.into());
        let mut findings = Findings::default();
        for line in 2..4 {
            let mark = crate::config::tree::Mark { line, column: 4 };
            let span = crate::config::tree::Span {
                start: mark,
                end: mark,
            };
            findings.span(&source, span, Code::YamlSyntax, "x", None);
        }
        let texts: Vec<_> = findings
            .into_report()
            .findings
            .into_iter()
            .map(|f| f.excerpt.unwrap().text)
            .collect();
        assert_eq!(texts, ["  - token: •••", "  •••"]);
    }
}
