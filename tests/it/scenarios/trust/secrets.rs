//! Tests of secrets: credentials of the runner, and remote values that are secret.

use super::{COMMANDS, assert_hides};
use crate::support::{Output, TestEnv, options};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

/// A GitHub connector for each reference.
fn project(references: &[&str]) -> String {
    let mut text =
        "version: 1\nstores: [env, file]\ncustomers:\n  - name: acme\n    connectors:\n".to_owned();
    for (number, reference) in references.iter().enumerate() {
        let line = format!(
            "- {{name: Hub {number}, type: github, credentials: {{token: \"{reference}\"}}}}"
        );
        text += "      ";
        text += &line;
        text.push('\n');
    }
    text
}

/// The findings of `validate`.
fn findings(env: &TestEnv) -> (Output, Vec<(String, u64)>) {
    let output = env.run(&["validate", "--format", "json"]);
    let document = output.json();
    let findings = document["findings"].as_array().unwrap().iter();
    let codes = findings
        .map(|finding| {
            let code = finding["code"].as_str().unwrap().to_owned();
            (code, finding["line"].as_u64().unwrap())
        })
        .collect();
    (output, codes)
}

/// Credentials of a CI runner, which no customer may get.
const OF_THE_RUNNER: [&str; 16] = [
    "AIRBYTE_CLIENT_SECRET",
    "AIRBYTE_CLIENT_ID",
    "AIRLIFT_LEDGER_KEY",
    "AIRLIFT_ANYTHING",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "CI_JOB_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "VAULT_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
];

#[test]
fn reference_to_credential_of_the_runner_is_rejected() {
    let references = OF_THE_RUNNER.map(|name| format!("${{env:{name}}}"));
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let mut env = TestEnv::with(&project(&references), options());
    for name in OF_THE_RUNNER {
        if !name.starts_with("AIRBYTE_") {
            env.set(name, "canary-of-the-runner");
        }
    }
    let (output, codes) = findings(&env);
    output.exits(1);
    let lines: Vec<u64> = codes
        .iter()
        .filter(|(code, _)| code == "protected_variable")
        .map(|(_, line)| *line)
        .collect();
    let expected: Vec<u64> = (6..6 + OF_THE_RUNNER.len() as u64).collect();
    assert_eq!(lines, expected, "{output}");
    assert_hides(&output, "canary-of-the-runner");
    let apply = env.run(&["apply", "--auto-approve", "--keep-going"]);
    apply.exits(1);
    assert_hides(&apply, "canary-of-the-runner");
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn reference_to_hidden_directory_is_rejected() {
    let references = [
        "${file:.git/config}",
        "${file:.airlift/ledger/key}",
        "${file:sub/.hidden/token}",
    ];
    let env = TestEnv::with(&project(&references), options());
    env.write(".git/config", "canary-of-git");
    env.write("sub/.hidden/token", "canary-of-git");
    let (output, codes) = findings(&env);
    output.exits(1);
    let protected = codes.iter().filter(|(code, _)| code == "protected_file");
    assert_eq!(protected.count(), 3, "{output}");
    assert_hides(&output, "canary-of-git");
    assert_eq!(env.world().connectors().count(), 0);
}

#[test]
fn reference_to_file_of_client_secret_is_rejected_by_any_name() {
    let mut env = TestEnv::with(&project(&["${file:token}"]), options());
    let secrets = tempfile::tempdir_in(env.root()).unwrap();
    let file = secrets.path().join("client-secret");
    std::fs::write(&file, crate::support::CLIENT.1).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::hard_link(&file, env.path("token")).unwrap();
    env.unset("AIRBYTE_CLIENT_SECRET");
    env.set("AIRBYTE_CLIENT_SECRET_FILE", file.to_str().unwrap());
    let output = env.run(&["apply", "--auto-approve"]);
    output.exits(1).complains("protected_file");
    assert_hides(&output, crate::support::CLIENT.1);
    assert_eq!(env.world().connectors().count(), 0);
}

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

#[test]
fn credential_of_the_run_under_another_name_is_not_sent() {
    let references = [
        "${env:ACME_COPY}",
        "${file:acme/deploy.cfg}",
        "${file:acme.json#token}",
    ];
    let mut env = TestEnv::with(&project(&references), options());
    let (secret, key) = (
        env.variables["AIRBYTE_CLIENT_SECRET"].clone(),
        "k".repeat(32),
    );
    env.set("AIRLIFT_LEDGER_KEY", &key);
    env.set("ACME_COPY", &secret);
    env.write("acme/deploy.cfg", &format!("REGION=eu\nOTHER='{key}'\n"));
    env.write(
        "acme.json",
        &json!({"token": format!("Bearer {secret}")}).to_string(),
    );
    for arguments in [&["plan"][..], &["apply", "--auto-approve"], &["doctor"]] {
        let output = env.run(arguments);
        assert_hides(&output, &secret);
        assert_hides(&output, &key);
        output.says("a credential of the run");
        for reference in references {
            output.says(reference.trim_matches(['$', '{', '}']));
        }
    }
    env.run(&["apply", "--auto-approve"]).says("secret_denied");
    assert_eq!(env.traffic().count("create_integrations_connectors"), 0);
}
