//! Responsible for checking the files of a project in each of its environments, as runs of each would load them.

use super::diagnostic::{Finding, Report};
use super::project::Loaded;
use super::redaction::named;
use super::{LoadOptions, load};
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
    let of_environment = |name: &String| {
        let options = LoadOptions {
            environment: Some(name.clone()),
            ..options.clone()
        };
        (name.clone(), load(arguments, &options))
    };
    merged(loaded.environments.iter().map(of_environment).collect())
}

fn merged(loaded: Vec<(String, Loaded)>) -> Loaded {
    let count = loaded.len();
    let mut findings: Vec<(Finding, Vec<String>)> = Vec::new();
    let mut report = Report::default();
    let mut projects = Vec::new();
    let mut names = Vec::new();
    for (
        name,
        Loaded {
            report: own,
            project,
            ..
        },
    ) in loaded
    {
        for finding in own.findings {
            match findings.iter_mut().find(|(other, _)| *other == finding) {
                Some((_, environments)) => environments.push(name.clone()),
                None => findings.push((finding, vec![name.clone()])),
            }
        }
        report.omitted = report.omitted.max(own.omitted);
        report.omitted_errors = report.omitted_errors.max(own.omitted_errors);
        for (group, count) in own.omitted_alike {
            let most = report.omitted_alike.entry(group).or_default();
            *most = count.max(*most);
        }
        projects.push(project);
        names.push(name);
    }
    report.findings = findings
        .into_iter()
        .map(|(finding, environments)| in_environments(finding, &environments, count))
        .collect();
    report.sort();
    Loaded {
        report,
        project: projects
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .and_then(|projects| projects.into_iter().next()),
        environments: names,
    }
}

/// The finding, with the environments that have it unless all of them do.
fn in_environments(mut finding: Finding, environments: &[String], count: usize) -> Finding {
    if environments.len() < count {
        let names: Vec<String> = environments.iter().map(|name| named(name)).collect();
        let kind = if names.len() == 1 {
            "environment"
        } else {
            "environments"
        };
        finding.message = format!("{} (in the {kind} {})", finding.message, names.join(", "));
    }
    finding
}
