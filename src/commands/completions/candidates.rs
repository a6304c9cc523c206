//! Responsible for the values that a shell offers for arguments.

use crate::app;
use crate::catalog;
use crate::explanations;
use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

/// Adds the values of arguments to a command and its subcommands.
pub(super) fn add(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let with_values = |arg: Arg| {
        let value = arg.get_value_names().and_then(|names| names.first());
        let value = value.map(ToString::to_string).unwrap_or_default();
        match (name.as_str(), value.as_str()) {
            ("types", "NAME") | (_, "TYPE") => arg.add(ArgValueCandidates::new(types)),
            ("explain", "NAME") => arg.add(ArgValueCandidates::new(topics)),
            (_, "CUSTOMER") => arg.add(ArgValueCandidates::new(customers)),
            (_, "CUSTOMER/CONNECTOR") => arg.add(ArgValueCandidates::new(connectors)),
            (_, value) if value.contains("SELECTOR") => {
                let both = || customers().into_iter().chain(connectors()).collect();
                arg.add(ArgValueCandidates::new(both))
            }
            _ => arg,
        }
    };
    command.mut_args(with_values).mut_subcommands(add)
}

fn candidates(names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    names.map(CompletionCandidate::new).collect()
}

fn types() -> Vec<CompletionCandidate> {
    candidates(catalog::all().iter().map(|kind| kind.name.clone()))
}

fn topics() -> Vec<CompletionCandidate> {
    candidates(
        explanations::all()
            .iter()
            .map(|topic| topic.name.to_owned()),
    )
}

/// The customers of the project that the line names.
fn customers() -> Vec<CompletionCandidate> {
    candidates(app::completed_customers().into_iter())
}

/// The connectors of the project that the line names.
fn connectors() -> Vec<CompletionCandidate> {
    candidates(app::completed_connectors().into_iter())
}
