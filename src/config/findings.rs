//! Responsible for collecting findings with masked excerpts, up to a limit for errors and one for warnings, so that
//! warnings never hide an error.

use super::code::{Code, Severity};
use super::diagnostic::{Finding, Location, OmittedWarnings, Report};
pub(super) use super::finding_site::FindingSite;
use super::limits;
use super::mistakes;
use super::origin::{Origin, PathStep};
use super::source::Source;
use super::yaml::{Defect, Span};
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

/// Findings of one stage, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    errors: Vec<CollectedFinding>,
    warnings: Vec<CollectedFinding>,
    omitted: usize,
    omitted_errors: usize,
    omitted_alike: OmittedWarnings,
    /// The findings about values that many rows have.
    shared: BTreeSet<(Location, Code, String)>,
}

/// A finding, with the steps to its value if the value is not in a file.
#[derive(Debug)]
struct CollectedFinding {
    finding: Finding,
    steps: Vec<PathStep>,
    is_shared: bool,
}

/// The findings of each stage. The stages run file by file; the report lists all findings of a stage
/// before those of the next stage, so that a limited list starts with the causes.
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

    /// Adds the findings of another file.
    pub(super) fn append(&mut self, other: Self) {
        self.load.append(other.load);
        self.project.append(other.project);
        self.connector_names.append(other.connector_names);
        self.customer_names.append(other.customer_names);
        self.policy.append(other.policy);
        self.values.append(other.values);
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

impl Findings {
    /// Adds a finding about a value.
    pub(super) fn at(
        &mut self,
        origin: Origin<'_>,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let message = message.into();
        match origin.row_site() {
            Some(_) => self.at_site(origin.into(), code, message, help),
            None if self.count(code, &message) => self.list(origin.into(), code, message, help),
            None => {}
        }
    }

    /// Adds a finding about a value whose tree is dropped. `site` reads the file again.
    pub(super) fn at_dropped(
        &mut self,
        site: impl FnOnce() -> FindingSite,
        code: Code,
        message: String,
        help: String,
    ) {
        if self.count(code, &message) {
            self.list(site(), code, message, Some(help));
        }
    }

    /// Adds a finding about a value whose tree may be dropped already.
    pub(super) fn at_site(
        &mut self,
        site: FindingSite,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let message = message.into();
        if self.is_new(site.is_shared, &site.location, code, &message) && self.count(code, &message)
        {
            self.list(site, code, message, help);
        }
    }

    /// Whether a finding is not yet reported for another row.
    fn is_new(&mut self, is_shared: bool, location: &Location, code: Code, message: &str) -> bool {
        let key = || (location.clone(), code, message.to_owned());
        !is_shared || self.shared.insert(key())
    }

    /// Adds a defect of a file's text.
    pub(super) fn defect(&mut self, source: &Source, defect: Defect) {
        let Defect {
            code,
            span,
            message,
            path,
        } = defect;
        if self.count(code, &message) {
            let location = source.location(span);
            let site = FindingSite {
                excerpt: source.excerpt(&location, source.tree.as_ref()),
                path,
                ..FindingSite::new(location)
            };
            let help = mistakes::of_defect(code, &message).map(str::to_owned);
            self.list(site, code, message, help);
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
    pub(super) fn file(
        &mut self,
        name: &str,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let message = message.into();
        if self.count(code, &message) {
            let site = FindingSite::new(Location::whole(name));
            self.list(site, code, message, help);
        }
    }

    fn list(&mut self, site: FindingSite, code: Code, message: String, help: Option<String>) {
        let message = site.labeled(message);
        let FindingSite {
            location,
            row,
            is_shared,
            path,
            excerpt,
            steps,
            ..
        } = site;
        let finding = Finding {
            code,
            severity: code.severity(),
            location,
            path,
            message,
            help,
            excerpt,
            row,
        };
        self.push(CollectedFinding {
            finding,
            steps,
            is_shared,
        });
    }

    fn push(&mut self, collected: CollectedFinding) {
        match collected.finding.severity {
            Severity::Error => self.errors.push(collected),
            Severity::Warning => self.warnings.push(collected),
        }
    }

    /// Counts a finding and returns whether the list has space for it.
    fn count(&mut self, code: Code, message: &str) -> bool {
        match code.severity() {
            Severity::Error if self.is_full() => {
                self.omit();
                false
            }
            Severity::Error => true,
            Severity::Warning => self.count_warning(code, message),
        }
    }

    /// Counts a warning. The first of each code and message is listed even if the list is full.
    fn count_warning(&mut self, code: Code, message: &str) -> bool {
        let is_full = self.warnings.len() >= limits::WARNINGS;
        let has_group = self.omitted_alike.len() < limits::GROUPS;
        match self.omitted_alike.entry((code, message.to_owned())) {
            Entry::Vacant(entry) if has_group => {
                entry.insert(0);
                return true;
            }
            Entry::Occupied(mut entry) if is_full => *entry.get_mut() += 1,
            Entry::Vacant(_) | Entry::Occupied(_) => {}
        }
        self.omitted += usize::from(is_full);
        !is_full
    }

    /// Whether the list of errors is full. Callers then skip building messages.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= limits::FINDINGS
    }

    /// Counts an error without listing it.
    pub(super) fn omit(&mut self) {
        self.omitted += 1;
        self.omitted_errors += 1;
    }

    /// Whether any finding, listed or not, stops a run.
    pub(super) fn failed(&self) -> bool {
        !self.errors.is_empty() || self.omitted_errors > 0
    }

    /// Adds the findings of another stage.
    pub(super) fn append(&mut self, other: Self) {
        for collected in other.errors.into_iter().chain(other.warnings) {
            let CollectedFinding {
                finding, is_shared, ..
            } = &collected;
            let Finding {
                location,
                code,
                message,
                ..
            } = finding;
            if self.is_new(*is_shared, location, *code, message)
                && self.count(finding.code, finding.cause())
            {
                self.push(collected);
            }
        }
        self.omitted += other.omitted;
        self.omitted_errors += other.omitted_errors;
        for (group, count) in other.omitted_alike {
            if let Some(omitted) = self.omitted_alike.get_mut(&group) {
                *omitted += count;
            }
        }
    }

    /// The errors, each with the steps to its value.
    pub(super) fn into_errors(self) -> Vec<(Vec<PathStep>, Finding)> {
        self.errors
            .into_iter()
            .map(|collected| (collected.steps, collected.finding))
            .collect()
    }

    /// The sorted report.
    pub(super) fn into_report(self) -> Report {
        let mut report = Report {
            findings: self
                .errors
                .into_iter()
                .chain(self.warnings)
                .map(|collected| collected.finding)
                .collect(),
            omitted: self.omitted,
            omitted_errors: self.omitted_errors,
            omitted_alike: self.omitted_alike,
            ..Report::default()
        };
        report.sort();
        report.add_omitted_errors();
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
        source.tree = parse(text, None).tree;
        let mut findings = Findings::default();
        let mut origin = source.root();
        for key in path {
            origin = key
                .parse()
                .map_or_else(|_| origin.key(key), |index| origin.index(index));
        }
        findings.at(origin, Code::UnknownField, "x", None);
        let excerpt = findings.into_report().findings.remove(0).excerpt.unwrap();
        (excerpt.text, excerpt.start, excerpt.end)
    }

    #[test]
    fn excerpt_of_finding_shows_harmless_values_only() {
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
    fn excerpt_without_tree_shows_first_key_only() {
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
