//! What is declared and not there is created.

use crate::support::{ESTATE, Output, TestEnv, copy, options};
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
fn the_quickstart_is_applied_once() {
    let dir = quickstart();
    let run = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_airlift"));
        command.env_clear().arg("apply").arg("-f").arg(dir.path());
        command.args(["--sandbox", "--auto-approve"]);
        Output::of(&mut command, Duration::from_secs(30))
    };
    let first = run();
    first.exits(0);
    first.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    let second = run();
    second.exits(0);
    assert!(second.stdout.starts_with("No changes."), "{second}");
}

#[test]
fn the_second_run_writes_nothing_and_sends_no_credentials() {
    let env = TestEnv::new();
    let (first, traffic) = env.apply(&[]);
    first.exits(0);
    first.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(traffic.count("create_integrations_connectors"), 3);
    assert_eq!(traffic.0.iter().filter(|one| one.credentials).count(), 3);
    let (second, traffic) = env.apply(&[]);
    second.exits(0);
    assert!(second.stdout.starts_with("No changes."), "{second}");
    traffic.only_reads();
    env.is_converged(&[]);
}

#[test]
fn credentials_arrive_as_they_are_declared() {
    let env = TestEnv::applied();
    let held = |name: &str, credentials: &serde_json::Value| {
        let id = env.connector(name).id;
        assert!(env.sandbox().holds_credentials(id, credentials), "{name}");
    };
    held(
        "Acme GitHub",
        &serde_json::json!({"token": "value-of-acme-github"}),
    );
    held(
        "Acme Zendesk",
        &serde_json::json!({"email": "ops@acme.example", "api_token": "value-of-acme-zendesk"}),
    );
    held(
        "Globex Stripe",
        &serde_json::json!({"api_key": "value-of-globex-stripe"}),
    );
}

#[test]
fn a_customer_is_born_where_it_was_asked_for_and_stays_there() {
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
    env.is_converged(&[]);
}

#[test]
fn a_customer_may_be_born_suspended_and_without_connectors() {
    let env = TestEnv::with(
        "version: 1\ncustomers:\n  - name: quiet\n    status: inactive\n",
        options(),
    );
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert!(!env.world().workspace("quiet").unwrap().active);
}

#[test]
fn the_older_contract_does_the_same_by_its_own_names() {
    let env = TestEnv::new();
    env.edit("version: 1", "version: 1\ncontract: external_user");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(traffic.count("create_account_applications_scoped_token"), 0);
    let creations = traffic.0.iter().filter(|one| one.credentials);
    for creation in creations {
        for field in ["external_user_id", "connector_type", "name", "credentials"] {
            let has = creation.fields.iter().any(|given| given == field);
            assert!(has, "{field}: {creation:?}");
        }
    }
    // The other names find the same objects.
    env.edit("contract: external_user", "contract: workspace");
    env.is_converged(&[]);
}

#[test]
fn connectors_are_created_with_the_token_that_was_asked_for() {
    use airlift::sandbox::testing::TokenKind;
    let token = |more: &[&str]| {
        let env = TestEnv::new();
        let (_, traffic) = env.converge(more);
        let mut creations = traffic.0.into_iter().filter(|one| one.credentials);
        let kind = creations.next().unwrap().token;
        assert!(creations.all(|one| one.token == kind));
        kind
    };
    assert_eq!(token(&[]), TokenKind::Scoped);
    assert_eq!(
        token(&["--connector-token", "application"]),
        TokenKind::Application
    );
}

#[test]
fn one_more_connector_is_one_more() {
    let env = TestEnv::applied();
    let more = "  - name: globex\n    connectors:\n      - name: Globex GitHub\n        type: \
                github\n        credentials: {token: \"${env:ACME_GITHUB}\"}\n";
    env.edit("  - name: globex\n    connectors:\n", more);
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
    assert_eq!(traffic.written(), ["create_integrations_connectors"]);
}

#[test]
fn the_project_may_come_from_standard_input() {
    let env = TestEnv::applied();
    let mut command = env.command(&["plan", "-f", "-", "--detailed-exitcode"]);
    command.stdin(std::fs::File::open(env.path("airlift.yaml")).unwrap());
    let output = Output::of(&mut command, Duration::from_secs(30));
    output.exits(0);
    env.write("moved/airlift.yaml", ESTATE);
    env.write("moved/stripe-key", "value-of-globex-stripe\n");
    // Another project directory is another ledger: what is there is adopted.
    env.run(&["plan", "-f", "moved"]).exits(0).says("adopt");
}

#[test]
fn detailed_exit_codes_tell_changes_from_none() {
    let env = TestEnv::new();
    env.run(&["plan"]).exits(0);
    env.run(&["plan", "--detailed-exitcode"])
        .exits(2)
        .says("Plan: 5 to add, 0 to change, 0 to destroy.");
    env.apply(&["--detailed-exitcode"]).0.exits(2);
    env.apply(&["--detailed-exitcode"]).0.exits(0);
    env.is_converged(&[]);
}

#[test]
fn what_was_deleted_behind_our_back_is_created_again() {
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
