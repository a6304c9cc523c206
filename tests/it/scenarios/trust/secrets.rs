//! Tests of secrets in settings, and of remote values that are secret.

use super::{COMMANDS, assert_hides};
use crate::support::TestEnv;
use serde_json::json;

/// A value that the API returns unchanged.
const LEAK: &str = "2026-04-04T04:44:44Z";

/// An applied project whose settings contain a secret.
fn applied_with_secret_in_settings() -> TestEnv {
    let mut env = TestEnv::new();
    env.set("LEAK", LEAK);
    env.edit(
        "start_date: 2026-01-01T00:00:00Z",
        "start_date: \"${env:LEAK}\"",
    );
    env.converge(&[]);
    env
}

#[test]
fn reference_in_settings_that_is_replaced_by_a_literal_is_not_displayed() {
    let env = applied_with_secret_in_settings();
    env.edit("\"${env:LEAK}\"", "2027-01-01T00:00:00Z");
    for arguments in COMMANDS {
        assert_hides(&env.run(arguments), LEAK);
    }
    let (output, _) = env.converge(&[]);
    assert_hides(&output, LEAK);
}

#[test]
fn reference_in_settings_that_is_removed_is_not_displayed() {
    let env = applied_with_secret_in_settings();
    env.remove_lines("replication_config:", Some("- name: Acme Zendesk"));
    for arguments in COMMANDS {
        assert_hides(&env.run(arguments), LEAK);
    }
    let (output, _) = env.converge(&[]);
    assert_hides(&output, LEAK);
}

#[test]
fn reference_in_settings_that_is_new_does_not_display_the_old_value() {
    let mut env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config["start_date"] = json!(LEAK);
    env.remote()
        .change_connector(github.id, &json!({"replication_config": config}));
    env.set("LEAK", "2027-01-01T00:00:00Z");
    env.edit(
        "start_date: 2026-01-01T00:00:00Z",
        "start_date: \"${env:LEAK}\"",
    );
    for arguments in [&["plan"][..], &["plan", "--format", "json"]] {
        assert_hides(&env.run(arguments), LEAK);
    }
}

#[test]
fn remote_value_that_looks_like_a_secret_is_not_displayed() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config["start_date"] = json!("Bearer ghp_canary6abcdefghijkl");
    config["repositories"] = json!(["acme/api", "ghp_canary6abcdefghijkl"]);
    env.remote()
        .change_connector(github.id, &json!({"replication_config": config}));
    for arguments in COMMANDS {
        assert_hides(&env.run(arguments), "canary6");
    }
    env.run(&["plan"]).says("(secret)");
    let (output, _) = env.converge(&[]);
    assert_hides(&output, "canary6");
}
