//! Tests of rotation: credentials are sent only after they changed.

use crate::support::{PROJECT, RecordedRequests, TestEnv, faulty, options};
use serde_json::json;

/// The writes of a rotation, in order.
const ROTATION: [&str; 3] = [
    "create_integrations_connectors_check",
    "create_integrations_connectors",
    "delete_integrations_connectors_id",
];

const ROTATED: &str = "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.";

fn rotates(env: &TestEnv, name: &str) -> RecordedRequests {
    let old = env.connector(name).id;
    let (output, traffic) = env.converge(&[]);
    output.ends_with(ROTATED);
    assert_eq!(traffic.write_operations(), ROTATION);
    assert_ne!(env.connector(name).id, old);
    env.wait_for("the deletion of the old connector", |env| {
        env.world()
            .connectors()
            .all(|connector| connector.id != old)
    });
    traffic
}

#[test]
fn rotation_with_an_old_connector_that_remains_reports_both_ids() {
    let faults = faulty("delete_integrations_connectors_id:*:403");
    let mut env = TestEnv::with(PROJECT, faults);
    env.converge(&[]);
    let old = env.connector("Acme GitHub").id.to_string();
    env.set("ACME_GITHUB", "another-value");
    let (text, _) = env.apply(&[]);
    text.exits(4).says("New ids (1)");
    let outputs = env.run(&["outputs", "--format", "json"]).json();
    let now = &outputs["customers"]["acme"]["connectors"]["Acme GitHub"]["id"];
    assert_ne!(*now, old.as_str());
    assert!(text.stdout.contains(&old), "{text}");
    assert!(text.stdout.contains(now.as_str().unwrap()), "{text}");
}

#[test]
fn credential_changed_in_environment_rotates() {
    let mut env = TestEnv::applied();
    env.set("ACME_GITHUB", "another-value");
    env.run(&["plan"]).exits(0).says("! acme/Acme GitHub");
    let traffic = rotates(&env, "Acme GitHub");
    // The check and the creation of this connector.
    assert_eq!(
        traffic
            .0
            .iter()
            .filter(|request| request.credentials)
            .count(),
        2
    );
    let id = env.connector("Acme GitHub").id;
    let sent = json!({"token": "another-value"});
    assert!(env.sandbox().holds_credentials(id, &sent));
}

#[test]
fn credential_changed_in_file_rotates() {
    let env = TestEnv::applied();
    env.write("stripe-key", "another-value");
    rotates(&env, "Globex Stripe");
}

#[test]
fn credential_with_new_reference_and_same_value_is_not_sent() {
    let mut env = TestEnv::applied();
    env.set("MOVED", "value-of-acme-github");
    env.edit("${env:ACME_GITHUB}", "${env:MOVED}");
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    assert!(output.stdout.starts_with("No changes."), "{output}");
    traffic.assert_only_reads();
    env.assert_converged(&[]);
    // The ledger records the new reference, so that a rename is still recognized.
    env.edit("name: Acme GitHub", "name: Acme Code");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(
        traffic.write_operations(),
        ["update_integrations_connectors_id"]
    );
}

#[test]
fn credentials_version_changed_rotates() {
    let env = TestEnv::applied();
    let anchor = "        environment: {subdomain: acme}\n";
    env.edit(anchor, &format!("{anchor}        credentials_version: 2\n"));
    rotates(&env, "Acme Zendesk");
    env.edit("credentials_version: 2", "credentials_version: 3");
    rotates(&env, "Acme Zendesk");
    env.edit("        credentials_version: 3\n", "");
    env.apply(&[]).0.exits(0);
    env.assert_converged(&[]);
}

#[test]
fn credential_literal_changed_rotates() {
    let env = TestEnv::applied();
    env.edit("ops@acme.example", "team@acme.example");
    rotates(&env, "Acme Zendesk");
}

#[test]
fn credential_check_failed_keeps_old_connector() {
    let mut env = TestEnv::applied();
    let old = env.connector("Acme GitHub");
    env.set("ACME_GITHUB", "an-invalid-value");
    let (output, traffic) = env.apply(&[]);
    output.exits(4).says("Apply incomplete!");
    assert_eq!(
        traffic.write_operations(),
        ["create_integrations_connectors_check"]
    );
    assert_eq!(env.connector("Acme GitHub"), old);
    env.set("ACME_GITHUB", "a-working-value");
    rotates(&env, "Acme GitHub");
}

#[test]
fn credential_check_of_new_connectors_creates_only_those_that_work() {
    let mut env = TestEnv::new();
    env.set("ACME_GITHUB", "an-invalid-value");
    let (output, traffic) = env.apply(&["--check"]);
    output.exits(4).says("[check_failed]");
    assert_eq!(traffic.count("create_integrations_connectors_check"), 3);
    assert_eq!(traffic.count("create_integrations_connectors"), 2);
    env.set("ACME_GITHUB", "inconclusive-check-1");
    env.apply(&["--check", "--require-check"]).0.exits(4);
    let (output, _) = env.converge(&["--check"]);
    output.says("[check_without_verdict]");
}

#[test]
fn credential_check_inconclusive_warns_or_blocks() {
    let mut env = TestEnv::applied();
    env.set("ACME_GITHUB", "inconclusive-check-1");
    let (output, traffic) = env.apply(&["--require-check"]);
    output.exits(4);
    assert_eq!(
        traffic.write_operations(),
        ["create_integrations_connectors_check"]
    );
    let (output, traffic) = env.converge(&[]);
    output.says("[check_without_verdict]").ends_with(ROTATED);
    assert_eq!(traffic.write_operations(), ROTATION);
}

#[test]
fn ledger_key_changed_stops_run_and_changes_nothing() {
    let mut env = TestEnv::applied();
    env.set("AIRLIFT_LEDGER_KEY", "a-key-of-its-own");
    env.set("ACME_GITHUB", "another-value");
    let (output, traffic) = env.run_with_traffic(&["plan", "--detailed-exitcode"]);
    output.exits(1).complains("ledger_key_changed");
    traffic.assert_only_reads();
    env.unset("AIRLIFT_LEDGER_KEY");
    rotates(&env, "Acme GitHub");
}

#[test]
fn secret_not_set_is_not_verified() {
    let mut env = TestEnv::applied();
    env.unset("ACME_GITHUB");
    env.run(&["plan", "--detailed-exitcode"])
        .exits(0)
        .says("Not verified");
    env.run(&["plan", "--detailed-exitcode", "--no-secrets"])
        .exits(0)
        .says("Not verified (3 connectors)");
}

#[test]
fn secret_unresolved_stops_before_first_write() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    let (output, traffic) = env.apply(&[]);
    output
        .exits(11)
        .complains("secret_unresolved")
        .complains("${env:ACME_ZENDESK}");
    traffic.assert_only_reads();
    env.set("ACME_ZENDESK", "");
    env.apply(&[]).0.exits(11);
    assert!(env.world().workspace("acme").is_none());
}

#[test]
fn keep_going_skips_connector_with_unresolved_secret() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    let (output, _) = env.apply(&["--keep-going"]);
    output.exits(4).says("acme/Acme Zendesk");
    output.says("Apply incomplete! Resources: 4 added, 0 changed, 0 destroyed.");
    env.set("ACME_ZENDESK", "value-of-acme-zendesk");
    let (output, _) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
}

#[test]
fn rotation_with_failed_deletion_is_finished_by_next_run() {
    let fault = "delete_integrations_connectors_id:1:400";
    let mut env = TestEnv::with(PROJECT, faulty(fault));
    env.converge(&[]);
    env.set("ACME_GITHUB", "another-value");
    let (output, _) = env.apply(&["--delete-timeout", "0"]);
    output.exits(4);
    assert_eq!(env.world().workspace("acme").unwrap().connectors.len(), 3);
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 0 changed, 1 destroyed.");
    assert_eq!(
        traffic.write_operations(),
        ["delete_integrations_connectors_id"]
    );
    env.wait_for("the deletion of the old connector", |env| {
        env.world().workspace("acme").unwrap().connectors.len() == 2
    });
}

#[test]
fn rotation_of_blocked_connectors_names_the_next_step() {
    let env = TestEnv::applied();
    env.edit("[acme/api]", "[acme/api, acme/web]");
    let output = env.run(&["rotate", "acme/Acme GitHub", "--auto-approve"]);
    output
        .exits(4)
        .says("[pending_changes]")
        .says("Next: Resolve the blocks");
    for text in [&output.stdout, &output.stderr] {
        assert!(!text.contains("Wave 1"), "{output}");
    }
}

#[test]
fn slack_token_of_another_kind_is_refused_before_it_is_sent() {
    let project = "version: 1
customers:
  - name: acme
    connectors:
      - {name: Chat, type: slack, credentials: {bot_key: \"${env:SLACK}\"}}
";
    let mut env = TestEnv::with(project, options());
    env.run(&["types", "slack"]).says("begins with xoxb-");
    env.set("SLACK", "xoxp-2038-token-of-a-user");
    let refused = env.run(&["apply", "--auto-approve"]);
    refused
        .exits(11)
        .complains("secret_unresolved")
        .complains("begin with xoxb-");
    assert!(!refused.stderr.contains("2038"), "{refused}");
    assert_eq!(env.world().connectors().count(), 0);
    env.set("SLACK", "xoxb-2038-token-of-a-bot");
    env.converge(&[]);
}
