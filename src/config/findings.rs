//! Responsible for collecting findings: every excerpt is masked, and the list has an end.

use super::code::{Code, Severity};
use super::diagnostic::{Excerpt, Finding, Location, Report};
use super::limits;
use super::origin::{Origin, Step};
use super::source::Source;
use super::yaml::{Defect, Span};

/// Findings of one stage, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: Vec<Found>,
    omitted: usize,
    failed: bool,
}

/// A finding, with the steps to its value if that stands in no file.
#[derive(Debug)]
struct Found {
    finding: Finding,
    steps: Vec<Step>,
}

/// The findings of each stage. The stages take turns file by file, and are listed one after the
/// other.
#[derive(Debug, Default)]
pub(crate) struct StagedFindings {
    pub(super) load: Findings,
    pub(super) project: Findings,
    pub(super) connector_names: Findings,
    pub(super) customer_names: Findings,
    pub(super) policy: Findings,
    pub(super) values: Findings,
}

impl StagedFindings {
    fn into_stages(self) -> [Findings; 6] {
        let Self {
            load,
            project,
            connector_names,
            customer_names,
            policy,
            values,
        } = self;
        [
            load,
            project,
            connector_names,
            customer_names,
            policy,
            values,
        ]
    }

    /// All findings, in the order of the stages.
    pub(super) fn into_findings(self) -> Findings {
        let mut all = Findings::default();
        for stage in self.into_stages() {
            all.append(stage);
        }
        all
    }
}

/// Where a finding is reported whose message is not known yet.
#[derive(Debug)]
pub(super) struct Spot {
    location: Location,
    path: Option<String>,
    excerpt: Option<Excerpt>,
    steps: Vec<Step>,
}

impl From<Origin<'_>> for Spot {
    fn from(origin: Origin<'_>) -> Self {
        let location = origin.location();
        Self {
            excerpt: origin.source().and_then(|source| source.excerpt(&location)),
            location,
            path: origin.path(),
            steps: origin.steps(),
        }
    }
}

impl Findings {
    /// Adds a finding about a value.
    pub(super) fn at(
        &mut self,
        origin: Origin<'_>,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.counts(code) {
            self.list(origin.into(), code, message.into(), help);
        }
    }

    /// Adds a finding about a value whose tree may be gone.
    pub(super) fn at_spot(&mut self, spot: Spot, code: Code, message: String) {
        if self.counts(code) {
            self.list(spot, code, message, None);
        }
    }

    /// Adds a defect of a file's text.
    pub(super) fn defect(&mut self, source: &Source, defect: Defect) {
        let Defect {
            code,
            span,
            message,
            path,
        } = defect;
        if self.counts(code) {
            let location = source.location(span);
            let spot = Spot {
                excerpt: source.excerpt(&location),
                location,
                path,
                steps: Vec::new(),
            };
            self.list(spot, code, message, None);
        }
    }

    /// Adds a finding at a span of a file.
    pub(super) fn span(
        &mut self,
        source: &Source,
        span: Span,
        code: Code,
        message: impl Into<String>,
    ) {
        let defect = Defect {
            code,
            span,
            message: message.into(),
            path: None,
        };
        self.defect(source, defect);
    }

    /// Adds a finding about a whole file.
    pub(super) fn file(&mut self, name: &str, code: Code, message: impl Into<String>) {
        if self.counts(code) {
            let spot = Spot {
                location: Location::whole(name),
                path: None,
                excerpt: None,
                steps: Vec::new(),
            };
            self.list(spot, code, message.into(), None);
        }
    }

    fn list(&mut self, spot: Spot, code: Code, message: String, help: Option<String>) {
        let Spot {
            location,
            path,
            excerpt,
            steps,
        } = spot;
        let finding = Finding {
            code,
            severity: code.severity(),
            location,
            path,
            message,
            help,
            excerpt,
        };
        self.found.push(Found { finding, steps });
    }

    /// Counts a finding; whether it is listed.
    fn counts(&mut self, code: Code) -> bool {
        self.failed |= code.severity() == Severity::Error;
        let listed = !self.full();
        self.omitted += usize::from(!listed);
        listed
    }

    /// Whether no more findings are listed, so that building their messages can be spared.
    pub(super) fn full(&self) -> bool {
        self.found.len() >= limits::FINDINGS
    }

    /// Counts an error without listing it.
    pub(super) fn omit(&mut self) {
        self.failed = true;
        self.omitted += 1;
    }

    /// Whether anything found so far stops a run, listed or not.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// Adds the findings of another stage.
    pub(super) fn append(&mut self, mut other: Self) {
        let room = limits::FINDINGS - self.found.len();
        let listed = room.min(other.found.len());
        self.omitted += other.omitted + other.found.len() - listed;
        self.failed |= other.failed;
        self.found.extend(other.found.drain(..listed));
    }

    /// The errors, with the steps to what each is about.
    pub(super) fn into_errors(self) -> Vec<(Vec<Step>, Finding)> {
        self.found
            .into_iter()
            .filter(|found| found.finding.severity == Severity::Error)
            .map(|Found { finding, steps }| (steps, finding))
            .collect()
    }

    /// The sorted report.
    pub(super) fn into_report(self) -> Report {
        let mut report = Report {
            findings: self.found.into_iter().map(|found| found.finding).collect(),
            omitted: self.omitted,
            ..Report::default()
        };
        report.sort();
        if report.omitted > 0 {
            let last = report.findings.last();
            let file = last.map_or("", |last| &last.location.file);
            let more = Finding {
                code: Code::TooManyFindings,
                severity: Code::TooManyFindings.severity(),
                location: Location::whole(file),
                path: None,
                message: format!("{} more findings are not listed", report.omitted),
                help: None,
                excerpt: None,
            };
            report.findings.push(more);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::Findings;
    use crate::config::diagnostic::Code;
    use crate::config::source::Source;
    use crate::config::yaml::{Mark, Span, parse};

    fn excerpt(text: &str, path: &[&str]) -> (String, u32, u32) {
        let mut source = Source::new("x.yaml".into(), text.into());
        source.tree = parse(text).tree;
        let mut findings = Findings::default();
        let mut origin = source.root();
        for key in path {
            origin = key
                .parse()
                .map_or_else(|_| origin.key(key), |index| origin.index(index));
        }
        findings.at(origin, Code::UnknownField, "x", None);
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
            let mark = Mark { line, column: 4 };
            let span = Span {
                start: mark,
                end: mark,
            };
            findings.span(&source, span, Code::YamlSyntax, "x");
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
