//! Responsible for the selection by files, types, labels and reports: turns it into targets.

use super::changed_customers::ChangedCustomers;
use super::named_file::{LARGEST, content_of, text_of};
use super::selection::declared_addresses;
use super::{App, Invocation, Planned, Selectable};
use crate::catalog;
use crate::cli::{PlanningArgs, SelectionArgs};
use crate::config::Project;
use crate::failure::Failure;
use crate::model::{Address, DesiredCustomer, Kind, Outcome, Selector};
use crate::plan::Policy;
use crate::render;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The undeclared customers that a note names.
const NAMED: usize = 5;

impl App<'_> {
    /// Plans what the options select.
    pub(crate) async fn plan_selected(&self, args: &PlanningArgs) -> Result<Planned, Failure> {
        let args = with_targets(self.invocation, &self.project, args)?;
        self.plan(&args).await
    }

    /// Names the customers of the ledger that the files no longer declare in a run with `--changed-since`, because a
    /// run with a selection removes nothing.
    pub(super) fn note_undeclared(
        &self,
        planned: &Planned,
        selection: &SelectionArgs,
    ) -> Result<(), Failure> {
        if selection.changed_since.is_none() || !planned.plan.partial {
            return Ok(());
        }
        let declared = &self.project.desired.customers;
        let former = |name: &str| {
            let mut customers = declared.values();
            customers.any(|customer| customer.previous_name.as_deref() == Some(name))
        };
        let recorded = planned.recorded.customers.values();
        let undeclared: BTreeSet<&str> = recorded
            .filter(|entry| !entry.suspended && !declared.contains_key(&entry.name))
            .map(|entry| entry.name.as_str())
            .filter(|name| !former(name))
            .collect();
        if undeclared.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = undeclared.iter().copied().take(NAMED).collect();
        let more = match undeclared.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!(
            "not planned, because the files no longer declare them: {}{more}; a run without a selection and with \
             --prune removes them",
            names.join(", ")
        );
        Ok(render::print_note(self.invocation.ui, &text)?)
    }
}

/// The options with targets in place of the other ways to select. `changed_since` stays for a note about the plan.
pub(crate) fn with_targets(
    invocation: Invocation<'_>,
    project: &Project,
    args: &PlanningArgs,
) -> Result<PlanningArgs, Failure> {
    let resolved = resolved(invocation, project, args)?;
    if selects_nothing(&resolved) {
        let text = "nothing is selected: the report has no failure of what the files declare, no file of a customer \
                    differs from the commit, or the target file is empty";
        render::print_note(invocation.ui, text)?;
    }
    Ok(resolved)
}

fn resolved(
    invocation: Invocation<'_>,
    project: &Project,
    args: &PlanningArgs,
) -> Result<PlanningArgs, Failure> {
    let selection = &args.selection;
    let named = PlanningArgs {
        target: [args.target.clone(), from_files(&selection.target_file)?].concat(),
        exclude: [args.exclude.clone(), from_files(&selection.exclude_file)?].concat(),
        selection: SelectionArgs {
            changed_since: selection.changed_since.clone(),
            ..SelectionArgs::default()
        },
        ..args.clone()
    };
    // Refuses the exclusion of everything, which is what the options of a run that covers nothing look like.
    if selects_nothing(&named) {
        declared_policy(project, &named)?;
    }
    // Without a target, a run covers everything.
    if named.target.is_empty() && !selection.target_file.is_empty() {
        return Ok(nothing(&named));
    }
    let retried = match &selection.retry {
        Some(report) => retried(project, &named, report)?,
        None => named,
    };
    if selects_nothing(&retried) {
        return Ok(retried);
    }
    let changed = match &selection.changed_since {
        Some(revision) => ChangedCustomers::since(invocation, project, revision)?,
        None => ChangedCustomers::All,
    };
    let has_filter = !selection.types.is_empty() || !selection.labels.is_empty();
    match changed {
        ChangedCustomers::All if !has_filter => Ok(retried),
        changed => filtered(project, &retried, selection, &changed),
    }
}

/// The options with what did not succeed according to a report. Leaves out what the files no longer declare, because a
/// run with a selection deletes nothing.
fn retried(project: &Project, args: &PlanningArgs, report: &Path) -> Result<PlanningArgs, Failure> {
    let policy = declared_policy(project, args)?;
    let unsuccessful = unsuccessful(report)?;
    let targets = declared_addresses(&project.desired)
        .into_iter()
        .filter(|address| policy.selects(address) && unsuccessful.contains(&address.to_string()));
    Ok(with_addresses(args, targets.collect()))
}

/// The options with the customers and connectors that the types and labels select of the changed customers.
fn filtered(
    project: &Project,
    args: &PlanningArgs,
    selection: &SelectionArgs,
    changed: &ChangedCustomers,
) -> Result<PlanningArgs, Failure> {
    refuse_undeclared(project, selection)?;
    let policy = declared_policy(project, args)?;
    let customers: BTreeMap<&str, &DesiredCustomer> = project
        .desired
        .customers
        .iter()
        .filter(|(name, customer)| changed.has(name) && has_labels(customer, &selection.labels))
        .map(|(name, customer)| (name.as_str(), customer))
        .collect();
    let targets = targets(&customers, &selection.types, &policy);
    if targets.is_empty() && selection.changed_since.is_none() {
        return Err(nothing_selected(selection));
    }
    Ok(with_addresses(args, targets))
}

/// What the targets and exclusions select of the files.
fn declared_policy(project: &Project, args: &PlanningArgs) -> Result<Policy, Failure> {
    Selectable::declared(&project.desired)
        .within(project)
        .narrow(&args.target, &args.exclude)
}

fn with_addresses(args: &PlanningArgs, targets: BTreeSet<Address>) -> PlanningArgs {
    if targets.is_empty() {
        return nothing(args);
    }
    PlanningArgs {
        target: targets.into_iter().map(Selector::exact).collect(),
        ..args.clone()
    }
}

/// The options of a run that covers nothing.
fn nothing(args: &PlanningArgs) -> PlanningArgs {
    PlanningArgs {
        target: Vec::new(),
        exclude: vec![Selector::all_customers()],
        ..args.clone()
    }
}

/// Whether the options select nothing.
pub(super) fn selects_nothing(args: &PlanningArgs) -> bool {
    args.target.is_empty() && args.exclude == [Selector::all_customers()]
}

fn has_labels(customer: &DesiredCustomer, labels: &[(String, String)]) -> bool {
    labels
        .iter()
        .all(|(key, value)| customer.labels.get(key) == Some(value))
}

/// The addresses of the customers that the policy selects, or of their connectors of some types.
fn targets(
    customers: &BTreeMap<&str, &DesiredCustomer>,
    types: &[String],
    policy: &Policy,
) -> BTreeSet<Address> {
    let mut targets = BTreeSet::new();
    for (name, customer) in customers {
        let connectors = customer.connectors.iter();
        let connectors = connectors.map(|(connector, desired)| {
            let address = Address::connector(*name, connector);
            (address, desired)
        });
        let whole = Address::customer(*name);
        if types.is_empty() && policy.selects(&whole) {
            targets.insert(whole);
            continue;
        }
        let selected = connectors.filter(|(address, desired)| {
            let has_type = types.iter().any(|name| is_type(&desired.kind, name));
            (types.is_empty() || has_type) && policy.selects(address)
        });
        targets.extend(selected.map(|(address, _)| address));
    }
    targets
}

/// Whether a text is the id of a type, or its name in any spelling that the files may have.
fn is_type(kind: &Kind, text: &str) -> bool {
    kind.is_named(text) || catalog::normalized(&kind.name) == catalog::normalized(text)
}

/// Refuses a type or a label that no customer of the files has.
fn refuse_undeclared(project: &Project, selection: &SelectionArgs) -> Result<(), Failure> {
    let customers = || project.desired.customers.values();
    let kinds = || customers().flat_map(|customer| customer.connectors.values().map(|c| &c.kind));
    for name in &selection.types {
        if !kinds().any(|kind| is_type(kind, name)) {
            let declared = kinds().map(|kind| kind.name.to_string());
            return Err(undeclared("--type", name, &declared.collect()));
        }
    }
    let labels = || customers().flat_map(|customer| &customer.labels);
    for (key, value) in &selection.labels {
        if !labels().any(|label| label == (key, value)) {
            let declared = labels().map(|(key, value)| format!("{key}={value}"));
            let label = format!("{key}={value}");
            return Err(undeclared("--label", &label, &declared.collect()));
        }
    }
    Ok(())
}

/// The failure of a value that the files do not declare. Suggests one of those that they declare.
fn undeclared(flag: &str, value: &str, declared: &BTreeSet<String>) -> Failure {
    let message = format!("{flag} {value} selects nothing in the files");
    let failure = Failure::usage("nothing_selected", message);
    let names: Vec<&str> = declared.iter().map(String::as_str).collect();
    match (catalog::closest(value, names.iter().copied()), &names[..]) {
        (Some(near), _) => failure.hint(format!("did you mean {flag} {near}?")),
        (None, []) => failure.hint("the files declare none; labels are in `labels` of a customer"),
        (None, _) => {
            let more = if names.len() > NAMED {
                " and others"
            } else {
                ""
            };
            let listed = names[..names.len().min(NAMED)].join(", ");
            failure.hint(format!("the files declare {listed}{more}"))
        }
    }
}

fn nothing_selected(selection: &SelectionArgs) -> Failure {
    let types = selection.types.iter().map(|kind| format!("--type {kind}"));
    let labels = selection.labels.iter();
    let labels = labels.map(|(key, value)| format!("--label {key}={value}"));
    let flags: Vec<String> = types.chain(labels).collect();
    let message = format!("{} selects nothing in the files", flags.join(" "));
    Failure::usage("nothing_selected", message)
        .hint("correct the value; labels are in `labels` of a customer")
}

/// The selectors of files, one a line.
fn from_files(paths: &[PathBuf]) -> Result<Vec<Selector>, Failure> {
    let mut selectors = Vec::new();
    for path in paths {
        let text = text_of(path).map_err(|error| {
            let message = format!("cannot read {}: {error}", path.display());
            Failure::usage("bad_selection_file", message)
        })?;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let selector = line.parse().map_err(|error| {
                let error: crate::model::AddressError = error;
                let message = format!("{}:{}: {error}", path.display(), index + 1);
                Failure::usage("bad_selection_file", message)
            })?;
            selectors.push(selector);
        }
    }
    Ok(selectors)
}

/// The parts of a report that `--retry` reads.
#[derive(Deserialize)]
struct RetryReport {
    operations: Vec<RetryOperation>,
    #[serde(default)]
    blocked: Vec<RetryBlocked>,
}

#[derive(Deserialize)]
struct RetryOperation {
    address: String,
    outcome: Outcome,
}

#[derive(Deserialize)]
struct RetryBlocked {
    address: String,
}

/// The addresses of what did not succeed according to a report.
fn unsuccessful(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let wrong = |reason: String| {
        let message = format!("cannot read the report {}: {reason}", path.display());
        Failure::usage("bad_report", message)
            .hint("name a file that `airlift apply --format json` wrote")
    };
    let text = content_of(path, LARGEST).map_err(|error| wrong(error.to_string()))?;
    let report: RetryReport = serde_json::from_slice(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!(
            "line {line}, column {column} is not what a report has"
        ))
    })?;
    let operations = report.operations.into_iter();
    let failed = operations
        .filter(|operation| operation.outcome != Outcome::Succeeded)
        .map(|operation| operation.address);
    let blocked = report.blocked.into_iter().map(|blocked| blocked.address);
    Ok(failed.chain(blocked).collect())
}
