//! Responsible for the canary tests of settings whose reference left the files: a server that returns
//! `replication_config` as it was sent still has the secret, and no command shows it. Each command runs in the slice's formats.

use super::commands::{VERBOSITIES, arguments, chosen_formats};
use super::project::CanaryProject;
use super::server::ServerBehavior;
use super::summary::Summary;
use crate::support::slice::Slice;
use airlift::catalog::ConnectorType;
use serde_json::{Map, Value, json};

/// Enough connectors for settings with secrets from several stores.
const CONNECTORS: usize = 35;

/// The commands that compare, show or store settings. `apply` comes last, because it replaces them.
const LINES: [&str; 9] = [
    "plan",
    "plan --out plan.json",
    "snapshot --out snapshot.json",
    "plan --snapshot snapshot.json",
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

fn replace_references_by_literals(kind: &ConnectorType, settings: &mut Map<String, Value>) {
    for (name, value) in settings.iter_mut().filter(|(_, value)| is_reference(value)) {
        let format = kind.replication_config[name].format.as_deref();
        *value = match (&*value, format) {
            (Value::Array(items), _) if items[0].is_object() => json!([{"x": "literal"}]),
            (Value::Array(_), _) => json!(["literal"]),
            (_, Some("date")) => json!("2026-01-01"),
            (_, Some(_)) => json!("2026-01-01T00:00:00Z"),
            (_, None) => json!("literal"),
        };
    }
}

/// Applies the project, changes its settings, and searches every command. The server behaves the same all the time, so
/// that the ledger keeps its answers to the writes.
fn summary(
    seed: u64,
    behavior: ServerBehavior,
    change: fn(&ConnectorType, &mut Map<String, Value>),
) -> Summary {
    let (slice, mut summary) = (Slice::from_environment(), Summary::default());
    let mut project = CanaryProject::new(CONNECTORS, seed);
    let verbosity = &VERBOSITIES[2];
    let apply = arguments("apply --auto-approve", "text", verbosity);
    let run = project.harness.run(&apply, &[], behavior);
    run.assert_exit_code(0);
    summary.check(&project.search, &run);
    project.change_settings(change);
    for (number, line) in LINES.into_iter().enumerate() {
        for format in chosen_formats(slice, number) {
            let arguments = arguments(line, &format, verbosity);
            let run = project.harness.run(&arguments, &[], behavior);
            run.assert_exit_code(0);
            summary.check(&project.search, &run);
        }
    }
    summary
}

#[test]
fn setting_without_its_reference_is_not_shown_verbatim() {
    let summary = summary(40, ServerBehavior::VerbatimSettings, remove_references);
    summary.assert_clean("settings without their references");
}

#[test]
fn setting_with_literal_in_place_of_reference_is_not_shown_verbatim() {
    let behavior = ServerBehavior::VerbatimSettings;
    let summary = summary(41, behavior, replace_references_by_literals);
    summary.assert_clean("settings with literals in place of references");
}

#[test]
fn setting_without_its_reference_is_not_shown_normalized() {
    let summary = summary(43, ServerBehavior::NormalizedSettings, remove_references);
    summary.assert_clean("normalized settings without their references");
}

#[test]
fn setting_with_literal_in_place_of_reference_is_not_shown_normalized() {
    let behavior = ServerBehavior::NormalizedSettings;
    let summary = summary(44, behavior, replace_references_by_literals);
    summary.assert_clean("normalized settings with literals in place of references");
}

#[test]
fn setting_without_its_reference_is_not_shown_masked() {
    let summary = summary(42, ServerBehavior::MaskedSettings, remove_references);
    summary.assert_clean("masked settings without their references");
}
