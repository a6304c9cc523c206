//! Responsible for checking the files of a project in each of its environments, as runs of each would load them.

use super::diagnostic::{Code, Finding, Report, Severity};
use super::project::{Loaded, Project};
use super::redaction::named;
use super::{LoadOptions, limits, load};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Loads the files, and where no environment is chosen, once for each environment of the project. A finding that only
/// some environments have names them.
pub fn load_every_environment(arguments: &[PathBuf], options: &LoadOptions) -> Loaded {
    let loaded = load(arguments, options);
    if options.environment.is_some() || loaded.environments.is_empty() {
        return Loaded {
            environments: Vec::new(),
            ..loaded
        };
    }
    let environments = loaded.environments;
    // A large project is in memory once or twice, and not once for each environment.
    drop((loaded.report, loaded.project));
    let mut merged = Merged::default();
    for name in &environments {
        let options = LoadOptions {
            environment: Some(name.clone()),
            ..options.clone()
        };
        merged.add(load(arguments, &options));
    }
    merged.finish(environments)
}

/// The results of the environments that are loaded so far.
#[derive(Default)]
struct Merged {
    /// The number of environments.
    count: usize,
    /// The project of the first environment, unless one of them has an error.
    project: Option<Project>,
    /// Each finding, with the positions of the environments that have it.
    findings: BTreeMap<Finding, Vec<usize>>,
    errors: usize,
    warnings: usize,
    /// The largest numbers of findings that an environment does not list.
    most: Report,
    /// The findings beyond the limit of all environments together.
    unlisted: Report,
}

impl Merged {
    fn add(&mut self, loaded: Loaded) {
        let Loaded {
            report, project, ..
        } = loaded;
        self.project = match self.count {
            0 => project,
            _ => self.project.take().filter(|_| project.is_some()),
        };
        let most = &mut self.most;
        most.omitted = most.omitted.max(report.omitted);
        most.omitted_errors = most.omitted_errors.max(report.omitted_errors);
        for (group, count) in report.omitted_alike {
            let most = most.omitted_alike.entry(group).or_default();
            *most = count.max(*most);
        }
        let findings = report.findings.into_iter();
        for finding in findings.filter(|finding| finding.code != Code::TooManyFindings) {
            self.add_finding(finding);
        }
        self.count += 1;
    }

    fn add_finding(&mut self, finding: Finding) {
        if let Some(environments) = self.findings.get_mut(&finding) {
            return environments.push(self.count);
        }
        let is_error = finding.severity == Severity::Error;
        let (listed, limit) = match finding.severity {
            Severity::Error => (&mut self.errors, limits::FINDINGS),
            Severity::Warning => (&mut self.warnings, limits::WARNINGS + limits::GROUPS),
        };
        if *listed >= limit {
            self.unlisted.omitted += 1;
            self.unlisted.omitted_errors += usize::from(is_error);
            return;
        }
        *listed += 1;
        self.findings.insert(finding, vec![self.count]);
    }

    fn finish(self, environments: Vec<String>) -> Loaded {
        let findings = self.findings.into_iter();
        let mut report = Report {
            findings: findings
                .map(|(finding, positions)| in_environments(finding, &positions, &environments))
                .collect(),
            omitted: self.most.omitted + self.unlisted.omitted,
            omitted_errors: self.most.omitted_errors + self.unlisted.omitted_errors,
            ..self.most
        };
        report.sort();
        report.add_omitted_errors();
        Loaded {
            report,
            project: self.project,
            environments,
        }
    }
}

/// The finding, with the names of the environments at the positions unless all of them have it.
fn in_environments(mut finding: Finding, positions: &[usize], environments: &[String]) -> Finding {
    if positions.len() < environments.len() {
        let names: Vec<String> = positions
            .iter()
            .filter_map(|position| environments.get(*position))
            .map(|name| named(name))
            .collect();
        let kind = if names.len() == 1 {
            "environment"
        } else {
            "environments"
        };
        finding.message = format!("{} (in the {kind} {})", finding.message, names.join(", "));
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::{Code, Finding, Loaded, Merged, Report, limits};
    use crate::config::diagnostic::Location;

    fn loaded(messages: impl Iterator<Item = String>) -> Loaded {
        let finding = |message| Finding {
            code: Code::UnknownField,
            severity: Code::UnknownField.severity(),
            location: Location::whole("airlift.yaml"),
            path: None,
            message,
            help: None,
            excerpt: None,
            row: None,
        };
        Loaded {
            report: Report {
                findings: messages.map(finding).collect(),
                ..Report::default()
            },
            project: None,
            environments: Vec::new(),
        }
    }

    #[test]
    fn merged_findings_of_many_environments_stay_below_the_limit() {
        let mut merged = Merged::default();
        let environments: Vec<String> = (0..4).map(|number| format!("e{number}")).collect();
        for environment in &environments {
            let own = (1..limits::FINDINGS).map(|number| format!("{environment} {number}"));
            merged.add(loaded(std::iter::once("of all".to_owned()).chain(own)));
        }
        let report = merged.finish(environments).report;
        assert_eq!(report.findings.len(), limits::FINDINGS + 1);
        assert_eq!(report.errors(), 4 * (limits::FINDINGS - 1) + 1);
        let has = |message: &str| {
            report
                .findings
                .iter()
                .any(|finding| finding.message == message)
        };
        assert!(has("of all") && has("e0 1 (in the environment `e0`)"));
        assert!(has("2997 more errors are not listed"));
    }
}
