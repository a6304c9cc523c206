//! Tests of the state of connectors.

use super::contradictory_responses::handle_first;
use crate::support::{ProxyAction, TestEnv};
use serde_json::{Value, json};

fn states(status: &Value) -> Vec<(&str, &str)> {
    let connectors = status["connectors"].as_array().unwrap();
    connectors
        .iter()
        .map(|row| {
            (
                row["connector"].as_str().unwrap(),
                row["state"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn status_of_a_refused_connector_is_failing_with_its_reason() {
    let mut env = TestEnv::new();
    env.set("ACME_GITHUB", "an-invalid-value");
    env.apply(&["--check"]).0.exits(4);
    let status = env.run(&["status", "--format", "json"]).exits(4).json();
    assert_eq!(
        states(&status),
        [
            ("Acme GitHub", "failing"),
            ("Acme Zendesk", "ok"),
            ("Globex Stripe", "ok")
        ]
    );
    let reason = status["connectors"][0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the credentials do not work"),
        "{reason}"
    );
    env.set("ACME_GITHUB", "a-working-value");
    env.run(&["status"])
        .exits(0)
        .says("waiting")
        .says("3 connectors: 2 ok, 1 waiting.");
    let failing = env.run(&["status", "--state", "failing", "--format", "json"]);
    assert_eq!(failing.exits(0).json()["connectors"], json!([]));
}

#[test]
fn status_reads_and_checks_and_writes_nothing() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub").id;
    env.remote().delete_connector(github);
    let (status, traffic) = env.run_with_traffic(&["status", "acme"]);
    status.exits(4).says("the connector no longer exists");
    assert_eq!(traffic.count("create_integrations_connectors_id_check"), 2);
    assert!(!status.stdout.contains("Globex"), "{status}");
    let (status, traffic) = env.run_with_traffic(&["status", "globex", "--execute"]);
    status.exits(0).says("1 connector: 1 ok.");
    assert_eq!(
        traffic.count("create_integrations_connectors_id_execute"),
        1
    );
    env.run(&["status", "acmee"])
        .exits(64)
        .complains("unknown_selector");
}

#[test]
fn status_of_a_suspended_customer_says_that_apply_resumes_it() {
    let env = TestEnv::applied();
    let project = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    env.remove_lines("- name: globex", None);
    env.apply(&["--prune", "--allow-delete", "100%"]).0.exits(0);
    env.write("airlift.yaml", &project);
    let status = env.run(&["status", "globex"]);
    status.exits(0).says("its customer is suspended");
}

#[test]
fn status_hides_a_secret_that_the_server_repeats() {
    let mut env = TestEnv::new();
    env.set("ACME_ZENDESK", "correct-zebra-lamp-seven-fish");
    env.converge(&[]);
    let _proxy = handle_first(&mut env, "POST", "/check", || {
        ProxyAction::Respond(
            200,
            json!({"id": "1", "status": "failed", "error_message": "rejected correct-zebra-lamp-seven-fish"}),
        )
    });
    let status = env.run(&["status"]);
    status.exits(4).says("failing");
    assert!(!status.stdout.contains("zebra"), "{status}");
}

#[test]
fn status_of_one_refused_connector_shows_the_others() {
    let mut env = TestEnv::applied();
    let _proxy = handle_first(&mut env, "POST", "/check", || {
        ProxyAction::Respond(403, json!({"message": "no"}))
    });
    let status = env.run(&["status"]);
    status
        .exits(4)
        .says("the check could not be made")
        .says("3 connectors: 2 ok, 1 unverified.");
}
