//! Tests of creating customers and connectors.

use crate::support::{Output, PROJECT, TestEnv, copy, options};
use std::path::Path;
use std::time::Duration;

const EU: &str = "\n    region: eu";

fn quickstart() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    copy(&example, dir.path());
    dir
}

#[test]
fn quickstart_is_applied_once() {
    let dir = quickstart();
    let run = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_airlift"));
        command.env_clear().arg("apply").arg("-f").arg(dir.path());
        command.args(["--sandbox", "--auto-approve"]);
        Output::run(&mut command, Duration::from_secs(30))
    };
    let first = run();
    first.exits(0);
    first.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    let second = run();
    second.exits(0);
    assert!(second.stdout.starts_with("No changes."), "{second}");
}

#[test]
fn apply_again_writes_nothing_and_sends_no_credentials() {
    let env = TestEnv::new();
    let (first, traffic) = env.apply(&[]);
    first.exits(0);
    first.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(traffic.count("create_integrations_connectors"), 3);
    assert_eq!(
        traffic
            .0
            .iter()
            .filter(|request| request.credentials)
            .count(),
        3
    );
    let (second, traffic) = env.apply(&[]);
    second.exits(0);
    assert!(second.stdout.starts_with("No changes."), "{second}");
    traffic.assert_only_reads();
    env.assert_converged(&[]);
}

#[test]
fn create_sends_declared_credentials() {
    let env = TestEnv::applied();
    let assert_credentials = |name: &str, credentials: &serde_json::Value| {
        let id = env.connector(name).id;
        assert!(env.sandbox().holds_credentials(id, credentials), "{name}");
    };
    assert_credentials(
        "Acme GitHub",
        &serde_json::json!({"token": "value-of-acme-github"}),
    );
    assert_credentials(
        "Acme Zendesk",
        &serde_json::json!({"email": "ops@acme.example", "api_token": "value-of-acme-zendesk"}),
    );
    assert_credentials(
        "Globex Stripe",
        &serde_json::json!({"api_key": "value-of-globex-stripe"}),
    );
}

#[test]
fn create_customer_in_region_and_ignores_later_change() {
    let env = TestEnv::new();
    env.edit("- name: globex", &format!("- name: globex{EU}"));
    env.edit("- name: acme\n", "- name: acme\n    cache: true\n");
    env.converge(&[]);
    let world = env.world();
    let globex = world.workspace("globex").unwrap();
    assert!(globex.region_id.is_some());
    assert_eq!(world.workspace("acme").unwrap().region_id, None);
    assert_eq!(world.workspace("acme").unwrap().cache_enabled, Some(true));
    // The API never returns the region, so another one is no change.
    env.edit(EU, "\n    region: us");
    env.assert_converged(&[]);
}

#[test]
fn create_customer_inactive_without_connectors() {
    let env = TestEnv::with(
        "version: 1\ncustomers:\n  - name: quiet\n    status: inactive\n",
        options(),
    );
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert!(!env.world().workspace("quiet").unwrap().active);
}

#[test]
fn create_under_older_contract_uses_its_field_names() {
    let env = TestEnv::new();
    env.edit("version: 1", "version: 1\ncontract: external_user");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(traffic.count("create_account_applications_scoped_token"), 0);
    let creations = traffic.0.iter().filter(|request| request.credentials);
    for creation in creations {
        for field in ["external_user_id", "connector_type", "name", "credentials"] {
            let is_sent = creation.fields.iter().any(|name| name == field);
            assert!(is_sent, "{field}: {creation:?}");
        }
    }
    // The newer contract finds the same objects.
    env.edit("contract: external_user", "contract: workspace");
    env.assert_converged(&[]);
}

#[test]
fn create_connector_uses_selected_token() {
    use airlift::sandbox::testing::TokenKind;
    let token = |more: &[&str]| {
        let env = TestEnv::new();
        let (_, traffic) = env.converge(more);
        let mut creations = traffic.0.into_iter().filter(|request| request.credentials);
        let kind = creations.next().unwrap().token;
        assert!(creations.all(|request| request.token == kind));
        kind
    };
    assert_eq!(token(&[]), TokenKind::Scoped);
    assert_eq!(
        token(&["--connector-token", "application"]),
        TokenKind::Application
    );
}

#[test]
fn create_additional_connector_is_one_write() {
    let env = TestEnv::applied();
    let more = "  - name: globex\n    connectors:\n      - name: Globex GitHub\n        type: \
                github\n        credentials: {token: \"${env:ACME_GITHUB}\"}\n";
    env.edit("  - name: globex\n    connectors:\n", more);
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert_eq!(
        traffic.write_operations(),
        ["create_integrations_connectors"]
    );
}

#[test]
fn project_from_standard_input() {
    let env = TestEnv::applied();
    let mut command = env.command(&["plan", "-f", "-", "--detailed-exitcode"]);
    command.stdin(std::fs::File::open(env.path("airlift.yaml")).unwrap());
    let output = Output::run(&mut command, Duration::from_secs(30));
    output.exits(0);
    env.write("moved/airlift.yaml", PROJECT);
    env.write("moved/stripe-key", "value-of-globex-stripe\n");
    // Another project directory has its own ledger, so that the customers are adopted.
    env.run(&["plan", "-f", "moved"]).exits(0).says("adopt");
}

#[test]
fn detailed_exitcode_is_2_with_changes() {
    let env = TestEnv::new();
    env.run(&["plan"]).exits(0);
    env.run(&["plan", "--detailed-exitcode"])
        .exits(2)
        .says("Plan: 5 to add, 0 to change, 0 to destroy.");
    env.apply(&["--detailed-exitcode"]).0.exits(2);
    env.apply(&["--detailed-exitcode"]).0.exits(0);
    env.assert_converged(&[]);
}

#[test]
fn connector_deleted_out_of_band_is_created_again() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    env.remote().delete_connector(id);
    env.wait_for("the deletion", |env| env.world().deleted_connectors == 1);
    env.run(&["plan", "--format", "json"])
        .says("deleted_out_of_band");
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert_ne!(env.connector("Acme GitHub").id, id);
}
