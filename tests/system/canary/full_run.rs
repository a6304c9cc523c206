//! Responsible for the canary test with two hundred connectors of every type: nothing leaks, and a
//! second apply sends no credentials. Each command runs in the slice's formats.

use super::commands::{COMMANDS, CommandKind, VERBOSITIES, arguments, chosen_formats};
use super::echo::ReceivedRequest;
use super::harness::Run;
use super::project::CanaryProject;
use super::server::ServerBehavior;
use super::summary::{Summary, print_figures};
use crate::support::slice::Slice;
use std::collections::BTreeSet;

const CONNECTORS: usize = 200;

/// The total length of the bodies with a connector's canary, and the number of writes.
fn credential_bytes_and_writes(
    project: &CanaryProject,
    received: &[ReceivedRequest],
) -> (usize, usize) {
    let canaries = &project.search.canaries;
    let contains_connector_secret = |request: &&ReceivedRequest| {
        project
            .search
            .canaries_in(&request.body)
            .iter()
            .any(|canary| canaries[*canary].origin.starts_with("customer-"))
    };
    let bytes = received
        .iter()
        .filter(contains_connector_secret)
        .map(|request| request.body.len())
        .sum();
    let writes = received.iter().filter(|request| request.is_write()).count();
    (bytes, writes)
}

/// A body contains only canaries of the connector that it creates or checks.
fn assert_only_own_canaries(project: &CanaryProject, received: &[ReceivedRequest]) {
    for request in received
        .iter()
        .filter(|request| request.carries_credentials())
    {
        let body = request.json();
        let (customer, name) = (&body["workspace_name"], &body["name"]);
        let owner = format!(
            "{}/{}: ",
            customer.as_str().unwrap(),
            name.as_str().unwrap()
        );
        for canary in project.search.canaries_in(&request.body) {
            let origin = &project.search.canaries[canary].origin;
            assert!(origin.starts_with(&owner), "{origin} was sent for {owner}");
        }
    }
}

fn run(project: &CanaryProject, line: &str, format: &str, summary: &mut Summary) -> Run {
    let verbosity = &VERBOSITIES[4];
    let arguments = arguments(line, format, verbosity);
    let run = project
        .harness
        .run(&arguments, verbosity.variables, ServerBehavior::Normal);
    summary.check(&project.search, &run);
    run
}

#[test]
fn apply_two_hundred_connectors_leaks_nothing_and_sends_once() {
    let project = CanaryProject::new(CONNECTORS, 200);
    let mut summary = Summary::default();
    let first = run(&project, "apply --auto-approve", "text", &mut summary);
    first.assert_exit_code(0);
    let received = project.harness.server.take_received();
    assert_only_own_canaries(&project, &received);
    let arrived: BTreeSet<usize> = received
        .iter()
        .filter(|request| request.path().ends_with("/connectors"))
        .flat_map(|request| project.search.canaries_in(&request.body))
        .collect();
    assert_eq!(arrived.len(), project.secrets, "every secret was sent");
    let (bytes, _) = credential_bytes_and_writes(&project, &received);
    assert!(bytes > 100_000, "counted {bytes} bytes");
    let second = run(&project, "apply --auto-approve", "json", &mut summary);
    second.assert_exit_code(0);
    let received = project.harness.server.take_received();
    let repeated = credential_bytes_and_writes(&project, &received);
    assert_eq!(repeated, (0, 0), "{}", second.output());
    let slice = Slice::from_environment();
    let commands = COMMANDS
        .iter()
        .filter(|case| case.kind == CommandKind::Client);
    for (command, case) in commands.enumerate() {
        for format in chosen_formats(slice, command) {
            run(&project, case.lines[0], &format, &mut summary);
        }
    }
    print_figures(&format!(
        "{} connectors, {} secrets: first apply sent {bytes} bytes of bodies with credentials, \
         the second {}",
        project.connectors, project.secrets, repeated.0
    ));
    summary.assert_clean("every command over two hundred connectors");
}
