//! Responsible for the values that a shell offers for arguments.

use crate::catalog;
use crate::config::{self, LoadOptions};
use crate::explanations;
use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use std::path::PathBuf;

/// The arguments that name customers or connectors.
const ADDRESSES: [&str; 5] = ["target", "targets", "exclude", "selectors", "customer"];

/// Adds the values of arguments to a command and its subcommands.
pub(super) fn add(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let with_values = |arg: Arg| match (name.as_str(), arg.get_id().as_str()) {
        ("types", "name") | ("init", "types") => arg.add(ArgValueCandidates::new(types)),
        ("explain", "name") => arg.add(ArgValueCandidates::new(topics)),
        (_, id) if ADDRESSES.contains(&id) => arg.add(ArgValueCandidates::new(addresses)),
        _ => arg,
    };
    command.mut_args(with_values).mut_subcommands(add)
}

fn types() -> Vec<CompletionCandidate> {
    let types = catalog::all().iter();
    types
        .map(|kind| CompletionCandidate::new(&kind.name))
        .collect()
}

fn topics() -> Vec<CompletionCandidate> {
    let topics = explanations::all().iter();
    topics
        .map(|topic| CompletionCandidate::new(topic.name))
        .collect()
}

/// The customers and connectors of the project in the working directory.
fn addresses() -> Vec<CompletionCandidate> {
    let here = [PathBuf::from(".")];
    let Some(project) = config::load(&here, &LoadOptions::default()).project else {
        return Vec::new();
    };
    let customers = project.desired.customers.keys().cloned();
    let connectors = project.desired.connectors();
    customers
        .chain(connectors.map(|(address, _)| address.to_string()))
        .map(CompletionCandidate::new)
        .collect()
}
