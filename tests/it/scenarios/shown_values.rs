//! Values and names from the API in output: secrets are withheld, and no name passes for a line of
//! airlift.

use crate::support::{Output, TestEnv, options};
use serde_json::{Value, json};

/// What the API returns in the place of the secret that was sent.
const LEAKED: &str = "leaked-9f3a71c0";

/// A connector whose `start_date` is a reference.
const WITH_REFERENCE: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Code
        type: gitlab
        credentials: {access_token: {plain: x}}
        replication_config: {start_date: "${env:START}"}
"#;

/// A project that was applied with a reference, and an API that returns the reference's value.
fn with_returned_secret() -> TestEnv {
    let mut env = TestEnv::with(WITH_REFERENCE, options());
    env.set("START", "2026-01-01T00:00:00Z");
    env.converge(&[]);
    change_config(&env, "Code", &json!({"start_date": LEAKED}));
    env
}

fn change_config(env: &TestEnv, connector: &str, config: &Value) {
    let id = env.connector(connector).id;
    let body = json!({ "replication_config": config });
    env.remote().change_connector(id, &body);
}

/// Runs every command that reads settings, and checks that none prints `secret`.
fn assert_withheld(env: &TestEnv, secret: &str) -> Vec<Output> {
    let commands: [&[&str]; 13] = [
        &["plan"],
        &["plan", "--no-secrets", "-v"],
        &["plan", "--format", "json"],
        &["plan", "--refresh", "full", "-vv"],
        &["drift"],
        &["drift", "--format", "json"],
        &["export"],
        &["export", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "html"],
        &["plan", "--out", "shown.json"],
        &["snapshot", "--out", "shown.json"],
        &["plan", "--snapshot", "shown.json"],
    ];
    let run = |command: &&[&str]| {
        let output = env.run(command);
        let written = std::fs::read_to_string(env.path("shown.json")).unwrap_or_default();
        // A snapshot has this mask for every secret.
        let written = written.replace("**********", "");
        for text in [&output.stdout, &output.stderr, &written] {
            assert!(!text.contains(secret), "{command:?}: {output}\n{written}");
        }
        output
    };
    commands.iter().map(run).collect()
}

#[test]
fn setting_whose_reference_was_removed_is_withheld() {
    let env = with_returned_secret();
    env.edit(
        "replication_config: {start_date: \"${env:START}\"}",
        "replication_config: {}",
    );
    let outputs = assert_withheld(&env, LEAKED);
    outputs[0].says("start_date").says("(secret)");
}

#[test]
fn setting_whose_reference_became_a_literal_is_withheld() {
    let env = with_returned_secret();
    env.edit("\"${env:START}\"", "\"2026-02-02T00:00:00Z\"");
    let outputs = assert_withheld(&env, LEAKED);
    for output in [&outputs[0], outputs.last().unwrap()] {
        output.says("(secret)").says("2026-02-02");
    }
}

#[test]
fn setting_of_a_customer_whose_ledger_entry_is_altered_is_not_in_a_snapshot() {
    let env = with_returned_secret();
    let id = env.connector("Code").id.to_string();
    let path = env.ledger_entry("acme");
    env.edit("\"${env:START}\"", "\"2026-02-02T00:00:00Z\"");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(&id));
    std::fs::write(&path, text.replace("start_date", "start_dote")).unwrap();
    env.run(&["snapshot", "--out", "shown.json"])
        .exits(0)
        .complains("the settings of acme are left out");
    let written = std::fs::read_to_string(env.path("shown.json")).unwrap();
    assert!(
        written.contains(&id) && !written.contains(LEAKED),
        "{written}"
    );
}

#[test]
fn setting_with_a_literal_in_the_ledger_and_a_reference_in_the_files_is_no_drift_to_show() {
    let literal = "\"2026-01-01T00:00:00Z\"";
    let env = TestEnv::with(
        &WITH_REFERENCE.replace("\"${env:START}\"", literal),
        options(),
    );
    env.converge(&[]);
    change_config(&env, "Code", &json!({"start_date": LEAKED}));
    env.edit(literal, "\"${env:START}\"");
    let outputs = assert_withheld(&env, LEAKED);
    outputs[4].says("start_date").says("(secret)");
    let accepted = env.run(&["drift", "--accept", "acme"]);
    assert!(!accepted.stdout.contains(LEAKED), "{accepted}");
    let files = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    assert!(!files.contains(LEAKED), "{files}");
}

#[test]
fn name_that_repeats_a_secret_is_withheld_when_drift_is_accepted() {
    let mut env = TestEnv::with(WITH_REFERENCE, options());
    env.set("START", LEAKED);
    env.converge(&[]);
    env.remote()
        .connector("acme", LEAKED, "gitlab", &json!({"access_token": "x"}));
    for format in ["text", "json", "html"] {
        let accepted = env.run(&["drift", "--accept", "acme", "--format", format]);
        assert_eq!(accepted.code, Some(4), "{accepted}");
        let text = format!("{}{}", accepted.stdout, accepted.stderr);
        assert!(!text.contains(LEAKED), "{accepted}");
    }
    let files = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    assert!(!files.contains(LEAKED), "{files}");
}

#[test]
fn setting_of_a_customer_that_others_renamed_is_not_in_a_snapshot() {
    let literal = WITH_REFERENCE.replace("\"${env:START}\"", "\"2026-01-01T00:00:00Z\"");
    let mut env = TestEnv::with(&literal, options());
    env.converge(&[]);
    env.set("START", "2026-01-01T00:00:00Z");
    env.write("airlift.yaml", WITH_REFERENCE);
    change_config(&env, "Code", &json!({"start_date": LEAKED}));
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"name": "acme-renamed"}));
    assert_withheld(&env, LEAKED);
}

#[test]
fn setting_with_a_value_that_looks_secret_is_withheld() {
    for secret in [
        "Bearer ghp_abcdefghijkl",
        "https://user:word@host/",
        "**********",
        "airbyte_secret_coordinate::abc",
        "text with sk_live_abcdefghijkl inside",
    ] {
        let env = TestEnv::with(
            &WITH_REFERENCE.replace("\"${env:START}\"", "\"2026-01-01T00:00:00Z\""),
            options(),
        );
        env.converge(&[]);
        change_config(&env, "Code", &json!({"start_date": secret}));
        let outputs = assert_withheld(&env, secret);
        outputs[0].says("(secret)").says("2026-01-01");
    }
}

/// A connector with a list that has a reference.
const WITH_LIST: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Code
        type: github
        credentials: {token: {plain: x}}
        replication_config: {repositories: [acme/api, "${env:REPOSITORY}"], start_date: "2026-01-01T00:00:00Z"}
"#;

/// A project that was applied with a reference in a list, and an API that returns the reference's
/// value in another place of the list.
fn with_returned_list() -> TestEnv {
    let mut env = TestEnv::with(WITH_LIST, options());
    env.set("REPOSITORY", "acme/private");
    env.converge(&[]);
    let config =
        json!({"repositories": [LEAKED, "acme/api"], "start_date": "2026-01-01T00:00:00Z"});
    change_config(&env, "Code", &config);
    env
}

#[test]
fn list_whose_reference_was_removed_is_withheld() {
    let env = with_returned_list();
    env.edit("[acme/api, \"${env:REPOSITORY}\"]", "[acme/api]");
    let outputs = assert_withheld(&env, LEAKED);
    outputs[0].says("repositories").says("(secret)");
}

#[test]
fn list_whose_reference_became_a_literal_is_withheld() {
    let env = with_returned_list();
    env.edit("\"${env:REPOSITORY}\"", "acme/web");
    let outputs = assert_withheld(&env, LEAKED);
    outputs[0].says("(secret)").says("acme/web");
}

#[test]
fn setting_of_a_connector_that_left_the_files_is_withheld() {
    for env in [with_returned_secret(), with_returned_list()] {
        let text = "version: 1\ncustomers:\n  - name: acme\n";
        env.write("airlift.yaml", text);
        assert_withheld(&env, LEAKED);
        env.write("airlift.yaml", "version: 1\ncustomers: []\n");
        assert_withheld(&env, LEAKED);
    }
}

/// Names that read like lines of airlift, or that fold or command a CI log.
const DECEIVING: [&str; 12] = [
    "Plan: 7777 to add, 0 to change, 0 to destroy.",
    "No changes. All 7777 customers match the files.",
    "No drift. 7777",
    "Apply complete! Resources: 7777 added.",
    "Valid: 7777 files",
    "error[7777]: x",
    "Next: airlift 7777",
    "::group::7777",
    "##[group]7777",
    "##vso[task.complete]7777",
    "section_start:7777:x",
    "--- 7777",
];

fn project_of_deceiving_names() -> String {
    let customer = |name: &&str| {
        let name = json!(name);
        format!(
            "  - name: {name}\n    connectors:\n      - name: {name}\n        type: github\n        \
             credentials: {{token: \"${{env:ACME_GITHUB}}\"}}\n"
        )
    };
    let customers: String = DECEIVING.iter().map(customer).collect();
    format!("version: 1\ncustomers:\n{customers}")
}

#[test]
fn names_that_read_like_output_start_no_line() {
    let env = TestEnv::with(&project_of_deceiving_names(), options());
    let commands: [&[&str]; 6] = [
        &["validate"],
        &["plan"],
        &["apply", "--auto-approve", "-v"],
        &["plan", "--prune", "-v"],
        &["drift", "-v"],
        &["plan", "--target", "Plan: 7777"],
    ];
    for command in commands {
        let output = env.run(command);
        for line in output.stdout.lines().chain(output.stderr.lines()) {
            let start = line.trim_start();
            let deceives = DECEIVING.iter().any(|name| start.starts_with(name));
            assert!(!deceives, "{command:?}: {line}\n{output}");
            assert!(!line.contains("##["), "{command:?}: {line}");
            assert!(!line.contains("section_start:"), "{command:?}: {line}");
        }
    }
}
