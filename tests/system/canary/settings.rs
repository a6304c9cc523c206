//! Responsible for the canary tests of settings whose reference left the files: no command shows what the server
//! returns for them.

use super::commands::{VERBOSITIES, arguments, formats};
use super::project::CanaryProject;
use super::server::ServerBehavior;
use super::summary::Summary;
use airlift::catalog::ConnectorType;
use serde_json::{Map, Value};

/// Enough connectors for settings with secrets from several stores.
const CONNECTORS: usize = 35;

/// The commands that compare or show settings. `apply` comes last, because it replaces them.
const LINES: [&str; 6] = [
    "plan",
    "plan --no-secrets",
    "plan --refresh full",
    "drift",
    "export",
    "apply --auto-approve --allow-replace",
];

fn is_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("${"),
        Value::Array(items) => items.iter().any(is_reference),
        Value::Object(fields) => fields.values().any(is_reference),
        _ => false,
    }
}

/// Removes the optional settings with references. The required ones keep theirs.
fn remove_references(kind: &ConnectorType, settings: &mut Map<String, Value>) {
    settings.retain(|name, value| kind.replication_config[name].required || !is_reference(value));
}

/// Applies the project, changes its settings, and searches every command against the server.
fn summary(
    seed: u64,
    behavior: ServerBehavior,
    change: fn(&ConnectorType, &mut Map<String, Value>),
) -> Summary {
    let mut project = CanaryProject::new(CONNECTORS, seed);
    let mut summary = Summary::default();
    let verbosity = &VERBOSITIES[2];
    let apply = arguments("apply --auto-approve", "text", verbosity);
    let run = project.harness.run(&apply, &[], ServerBehavior::Normal);
    run.assert_exit_code(0);
    project.change_settings(change);
    for line in LINES {
        for format in formats() {
            let arguments = arguments(line, &format, verbosity);
            let run = project.harness.run(&arguments, &[], behavior);
            run.assert_exit_code(0);
            summary.check(&project.search, &run);
        }
    }
    summary
}

#[test]
fn setting_without_its_reference_is_not_shown_masked() {
    let summary = summary(42, ServerBehavior::MaskedSettings, remove_references);
    summary.assert_clean("masked settings without their references");
}
