//! Credentials are sent when they changed, and only then.

use crate::support::{ESTATE, TestEnv, Traffic, faulty};
use serde_json::json;

/// What a rotation writes, in this order.
const ROTATION: [&str; 3] = [
    "create_integrations_connectors_check",
    "create_integrations_connectors",
    "delete_integrations_connectors_id",
];

const ROTATED: &str = "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.";

fn rotates(env: &TestEnv, name: &str) -> Traffic {
    let old = env.connector(name).id;
    let (output, traffic) = env.converge(&[]);
    output.ends_with(ROTATED);
    assert_eq!(traffic.written(), ROTATION);
    assert_ne!(env.connector(name).id, old);
    env.wait_for("the old one to be gone", |env| {
        env.world()
            .connectors()
            .all(|connector| connector.id != old)
    });
    traffic
}

#[test]
fn a_new_value_in_the_environment_is_a_rotation() {
    let mut env = TestEnv::applied();
    env.set("ACME_GITHUB", "another-value");
    env.run(&["plan"]).exits(0).says("! acme/Acme GitHub");
    let traffic = rotates(&env, "Acme GitHub");
    // The check and the creation, of this connector alone.
    assert_eq!(traffic.0.iter().filter(|one| one.credentials).count(), 2);
    let id = env.connector("Acme GitHub").id;
    let sent = json!({"token": "another-value"});
    assert!(env.sandbox().holds_credentials(id, &sent));
}

#[test]
fn a_new_value_in_a_file_is_a_rotation() {
    let env = TestEnv::applied();
    env.write("stripe-key", "another-value");
    rotates(&env, "Globex Stripe");
}

#[test]
fn another_reference_to_the_same_value_is_remembered_and_not_sent() {
    let mut env = TestEnv::applied();
    env.set("MOVED", "value-of-acme-github");
    env.edit("${env:ACME_GITHUB}", "${env:MOVED}");
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    assert!(output.stdout.starts_with("No changes."), "{output}");
    traffic.only_reads();
    env.is_converged(&[]);
    // The ledger knows the new spelling: a rename is still recognised by it.
    env.edit("name: Acme GitHub", "name: Acme Code");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), ["update_integrations_connectors_id"]);
}

#[test]
fn a_version_asks_to_send_again() {
    let env = TestEnv::applied();
    let place = "        environment: {subdomain: acme}\n";
    env.edit(place, &format!("{place}        credentials_version: 2\n"));
    rotates(&env, "Acme Zendesk");
    env.edit("credentials_version: 2", "credentials_version: 3");
    rotates(&env, "Acme Zendesk");
    env.edit("        credentials_version: 3\n", "");
    env.apply(&[]).0.exits(0);
    env.is_converged(&[]);
}

#[test]
fn a_readable_field_among_credentials_counts_too() {
    let env = TestEnv::applied();
    env.edit("ops@acme.example", "team@acme.example");
    rotates(&env, "Acme Zendesk");
}

#[test]
fn credentials_that_do_not_work_leave_the_old_connector() {
    let mut env = TestEnv::applied();
    let old = env.connector("Acme GitHub");
    env.set("ACME_GITHUB", "an-invalid-value");
    let (output, traffic) = env.apply(&[]);
    output.exits(4).says("Apply incomplete!");
    assert_eq!(traffic.written(), ["create_integrations_connectors_check"]);
    assert_eq!(env.connector("Acme GitHub"), old);
    env.set("ACME_GITHUB", "a-working-value");
    rotates(&env, "Acme GitHub");
}

#[test]
fn an_inconclusive_check_warns_or_blocks() {
    let mut env = TestEnv::applied();
    env.set("ACME_GITHUB", "inconclusive-check-1");
    let (output, traffic) = env.apply(&["--require-check"]);
    output.exits(4);
    assert_eq!(traffic.written(), ["create_integrations_connectors_check"]);
    let (output, traffic) = env.converge(&[]);
    output.says("unverified").ends_with(ROTATED);
    assert_eq!(traffic.written(), ROTATION);
}

#[test]
fn a_key_that_no_longer_fits_verifies_nothing_and_changes_nothing() {
    let mut env = TestEnv::applied();
    env.set("AIRLIFT_LEDGER_KEY", "a-key-of-its-own");
    env.set("ACME_GITHUB", "another-value");
    let (output, traffic) = env.run_seen(&["plan", "--detailed-exitcode"]);
    output.exits(0).says("Not verified");
    traffic.only_reads();
    env.unset("AIRLIFT_LEDGER_KEY");
    rotates(&env, "Acme GitHub");
}

#[test]
fn a_secret_that_is_not_here_is_not_verified_and_no_change() {
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
fn an_unresolved_secret_stops_before_the_first_write() {
    let mut env = TestEnv::new();
    env.unset("ACME_ZENDESK");
    let (output, traffic) = env.apply(&[]);
    output
        .exits(11)
        .complains("secret_unresolved")
        .complains("${env:ACME_ZENDESK}");
    traffic.only_reads();
    env.set("ACME_ZENDESK", "");
    env.apply(&[]).0.exits(11);
    assert!(env.world().workspace("acme").is_none());
}

#[test]
fn keep_going_does_everything_else() {
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
fn a_rotation_whose_old_connector_stays_is_finished_by_the_next_run() {
    let fault = "delete_integrations_connectors_id:1:400";
    let mut env = TestEnv::with(ESTATE, faulty(fault));
    env.converge(&[]);
    env.set("ACME_GITHUB", "another-value");
    let (output, _) = env.apply(&["--delete-timeout", "0"]);
    output.exits(4);
    assert_eq!(env.world().workspace("acme").unwrap().connectors.len(), 3);
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 0 changed, 1 destroyed.");
    assert_eq!(traffic.written(), ["delete_integrations_connectors_id"]);
    env.wait_for("the old one to be gone", |env| {
        env.world().workspace("acme").unwrap().connectors.len() == 2
    });
}
