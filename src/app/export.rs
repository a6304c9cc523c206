//! Responsible for exporting customers: reads them from the API, and writes them as a project.
//!
//! Does not read secrets.

use super::ledger_access::state_dir;
use super::out_directory::OutDirectory;
use super::project::load_options;
use super::selected::is_cheaper;
use super::{App, Invocation, Selectable};
use crate::cli::{ExportArgs, Format};
use crate::export::{self, Exported, Sources, export};
use crate::failure::{Exit, Failure};
use crate::ledger::recover;
use crate::model::{Address, LedgerState, Observed, Selector, WorkspaceId};
use crate::observed::{Details, Survey};
use crate::render::{self, Safe};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Refuses flags that `export` does not support.
pub(crate) fn check_export(invocation: Invocation<'_>, args: &ExportArgs) -> Result<(), Failure> {
    let writes_document = !matches!(invocation.global.format, Format::Text | Format::Events);
    if (args.out.is_some() || args.update) && writes_document {
        let message = "--out and --update write YAML files and do not support --format json";
        return Err(Failure::usage("usage", message).hint("leave out --format json"));
    }
    if args
        .target
        .iter()
        .any(|target| target.connector().is_some())
    {
        let message = "--target of export names a connector, and export writes whole customers";
        return Err(
            Failure::usage("usage", message).hint("name the customer alone: --target CUSTOMER")
        );
    }
    Ok(())
}

/// What exists, as the files may declare it.
pub(crate) struct Existing {
    pub(crate) exported: Exported,
    /// The ledger after recovery.
    pub(super) recorded: LedgerState,
    /// The selected customers that the files declare and that do not exist. Empty if that is not known.
    pub(super) absent: BTreeSet<String>,
    /// Tells whether the customers could all be read.
    pub(crate) exit: Exit,
}

impl App<'_> {
    /// Reads the customers that the selectors name, or all, and keeps the parts that `validate` accepts. A selector may
    /// name a customer by its name of the last apply.
    pub(crate) async fn export(&self, targets: &[Selector]) -> Result<Existing, Failure> {
        let (recorded, unsettled) = self.read_ledger().await?;
        let names = known_names(targets, &recorded).filter(|_| unsettled.is_empty());
        let extent = Survey {
            customers: &|id, name| {
                let mut names = names_of(id, name, &recorded);
                names.any(|name| self.exports(name, targets))
            },
            details: Details::All,
            names: names.as_ref(),
        };
        let mut surveyed = recorded.clone();
        if let Some(names) = &names {
            surveyed
                .customers
                .retain(|_, entry| names.contains(&entry.name));
        }
        let mut observed = self.survey(&surveyed, &extent).await?;
        let is_complete = self.is_complete(&observed)?;
        let wanted = select(&observed, &recorded, |selectable| {
            selectable.within(&self.project).select_or_all(targets)
        })?;
        refuse_unverified(&observed, &recorded)?;
        let absent = if is_complete {
            self.absent(targets, &observed, &recorded)
        } else {
            BTreeSet::new()
        };
        let is_readable = observed.unreadable.is_empty();
        self.leave_out_unreadable(&mut observed)?;
        let recovered = recover(recorded, &unsettled, &observed);
        let sources = Sources {
            observed: &observed,
            recorded: &recovered.recorded,
            declared: &self.project.desired,
        };
        let mut exported = export(sources, &wanted);
        exported.omit_invalid(&load_options(self.invocation.env));
        Ok(Existing {
            exported,
            recorded: recovered.recorded,
            absent,
            exit: if is_complete && is_readable {
                Exit::Success
            } else {
                Exit::Partial
            },
        })
    }

    /// Whether the export covers a customer of this name.
    fn exports(&self, name: &str, targets: &[Selector]) -> bool {
        let is_target = |target: &Selector| target.names_customer(name);
        let scope = self.project.scope.as_ref();
        scope.is_none_or(|scope| scope.contains(name))
            && (targets.is_empty() || targets.iter().any(is_target))
    }

    /// The selected customers that the files declare, and that exist neither under a declared name nor under a recorded id.
    fn absent(
        &self,
        targets: &[Selector],
        observed: &Observed,
        recorded: &LedgerState,
    ) -> BTreeSet<String> {
        let existing: BTreeSet<&str> = observed
            .customers
            .iter()
            .flat_map(|(id, customer)| names_of(*id, &customer.name, recorded))
            .collect();
        let declared = self.project.desired.customers.iter();
        let absent = declared.filter(|(name, customer)| {
            let mut names = [Some(name.as_str()), customer.previous_name.as_deref()]
                .into_iter()
                .flatten();
            self.exports(name, targets) && !names.any(|name| existing.contains(name))
        });
        absent.map(|(name, _)| name.clone()).collect()
    }

    fn leave_out_unreadable(&self, observed: &mut Observed) -> Result<(), Failure> {
        for (id, error) in &observed.unreadable {
            if let Some(customer) = observed.customers.remove(id) {
                let name = Safe::short_name(&customer.name);
                let text =
                    format!("customer {name} is left out, because it cannot be read: {error}");
                render::print_note(self.invocation.ui, &text)?;
            }
        }
        Ok(())
    }
}

impl App<'_> {
    /// The command that plans an exported project with the ledger and the API of this run.
    pub(crate) fn plan_of_export(&self, directory: &Path) -> String {
        let global = self.invocation.global;
        let state = state_dir(&self.project);
        let ledger = match &global.ledger {
            Some(ledger) => Some(ledger.clone()),
            // The state of the embedded API includes its ledger, and is copied.
            None if global.sandbox => None,
            // The exported project has no environments, whose ledgers it cannot use.
            None if self.project.desired.environment.is_some() => None,
            None => Some(state.join("ledger")).filter(|ledger| ledger.exists()),
        };
        let mut command = vec!["airlift".into(), "plan".into(), "-f".into()];
        command.push(directory.display().to_string());
        command.extend(global.sandbox.then(|| "--sandbox".to_owned()));
        let options = [
            ("--ledger", ledger.map(|path| path.display().to_string())),
            (
                "--ca-file",
                global
                    .ca_file
                    .as_ref()
                    .map(|path| path.display().to_string()),
            ),
            (
                "--proxy",
                // The address of a proxy may contain a password.
                global.proxy.clone().filter(|proxy| !proxy.contains('@')),
            ),
        ];
        for (option, value) in options {
            command.extend(
                value
                    .into_iter()
                    .flat_map(|value| [option.to_owned(), value]),
            );
        }
        let command = render::command_line(&command);
        if !global.sandbox {
            return command;
        }
        let copied = [state.display().to_string(), directory.display().to_string()];
        format!("cp -R {} && {command}", render::command_line(&copied))
    }
}

/// The names of the targets, if the ledger knows all of them and a request for each is cheaper than all pages.
fn known_names(targets: &[Selector], recorded: &LedgerState) -> Option<BTreeSet<String>> {
    let known: BTreeSet<&str> = recorded
        .customers
        .values()
        .map(|entry| entry.name.as_str())
        .collect();
    let names = targets.iter().map(|target| &target.as_address().customer);
    let names: BTreeSet<String> = names.cloned().collect();
    let are_known = names.iter().all(|name| known.contains(name.as_str()));
    are_known.then(|| is_cheaper(names, recorded)).flatten()
}

/// The present name of a workspace, and its name in the ledger.
fn names_of<'a>(
    id: WorkspaceId,
    name: &'a str,
    recorded: &'a LedgerState,
) -> impl Iterator<Item = &'a str> {
    let entry = recorded.customers.get(&id);
    [Some(name), entry.map(|entry| entry.name.as_str())]
        .into_iter()
        .flatten()
}

/// The names of the selected customers, and their present names if they are selected by those in the ledger.
fn select(
    observed: &Observed,
    recorded: &LedgerState,
    selection: impl FnOnce(Selectable) -> Result<BTreeSet<Address>, Failure>,
) -> Result<BTreeSet<String>, Failure> {
    let customers = || observed.customers.iter();
    let names = customers().flat_map(|(id, customer)| names_of(*id, &customer.name, recorded));
    let selected = selection(Selectable::in_the_api(names.map(Address::customer)))?;
    let mut selected: BTreeSet<String> = selected
        .into_iter()
        .map(|address| address.customer)
        .collect();
    let renamed: Vec<String> = customers()
        .filter(|(id, customer)| {
            names_of(**id, &customer.name, recorded).any(|name| selected.contains(name))
        })
        .map(|(_, customer)| customer.name.clone())
        .collect();
    selected.extend(renamed);
    Ok(selected)
}

/// Refuses customers whose ledger entries are not verified: only the entry says which of their
/// settings came from references, and the API may return their values.
fn refuse_unverified(observed: &Observed, recorded: &LedgerState) -> Result<(), Failure> {
    let names: Vec<&str> = observed
        .customers
        .iter()
        .filter(|(id, customer)| {
            let is_unverified = recorded.unverified.contains_key(id)
                || recorded.unverified_names.contains(&customer.name);
            is_unverified && customer.connectors.is_some()
        })
        .map(|(_, customer)| customer.name.as_str())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the ledger entries of {} are not verified, so export cannot tell which settings are secret",
        names.join(", ")
    );
    Err(Failure::error("ledger_unverified", message)
        .hint("`airlift doctor` names the entries; export other customers with --target"))
}

/// Writes a project unless one of its files exists. Returns the number of files.
pub(crate) fn write_project(
    invocation: Invocation<'_>,
    directory: &Path,
    exported: &Exported,
) -> Result<usize, Failure> {
    let target = OutDirectory::new(directory);
    let files: Vec<(PathBuf, String)> = export::project(exported)
        .into_iter()
        .map(|(name, text)| (target.path_of(&name), text))
        .collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| target.exists(path)) {
        let path = target.shown(path);
        let message = format!("{} exists; nothing was written", path.display());
        return Err(Failure::error("file_exists", message)
            .hint("export into another directory and compare the files"));
    }
    target.write(&files)?;
    note_file_references(invocation, directory, exported)?;
    Ok(files.len())
}

/// Notes that the new project does not have the files that its references name.
fn note_file_references(
    invocation: Invocation<'_>,
    directory: &Path,
    exported: &Exported,
) -> Result<(), Failure> {
    let references = exported.file_references();
    if references == 0 {
        return Ok(());
    }
    let text = format!(
        "references to files, which are now relative to {}: {references}; copy the files there, or \
         change the references",
        directory.display()
    );
    Ok(render::print_note(invocation.ui, &text)?)
}
