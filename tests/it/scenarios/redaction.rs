//! Tests of names and settings that contain a part of a secret.

use crate::support::{TestEnv, options};
use serde_json::json;

/// Names that begin with the same characters as the client secret and a token.
const SIMILAR_NAMES: &str = r#"version: 1
customers:
  - name: client-secret-of-acme
    connectors:
      - name: value-of-acme-github
        type: github
        credentials: {token: "${env:ACME_GITHUB}"}
        replication_config:
          repositories: [value-of-acme/api]
          start_date: 2026-01-01T00:00:00Z
"#;

#[test]
fn redaction_does_not_replace_texts_of_the_files() {
    let mut env = TestEnv::with(SIMILAR_NAMES, options());
    env.converge(&[]);
    env.set("ACME_GITHUB", "value-of-acme-github-2");
    let old = env.connector("value-of-acme-github").id;
    // The check sends the secret, and the names are read after it.
    env.converge(&[]);
    assert_ne!(env.connector("value-of-acme-github").id, old);
    env.run(&["drift"]).exits(0);
    // Names that are no longer declared are in the ledger.
    env.write("airlift.yaml", "version: 1\ncustomers: [{name: other}]\n");
    env.converge(&["--prune", "--allow-delete", "100%"]);
    let world = env.world();
    assert!(!world.workspace("client-secret-of-acme").unwrap().active);
}

#[test]
fn redaction_does_not_prevent_finding_created_connector() {
    let faults = "create_integrations_connectors:1:500-after";
    let env = TestEnv::with(SIMILAR_NAMES, crate::support::faulty(faults));
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    assert_eq!(env.world().connectors().count(), 1);
}

#[test]
fn redaction_does_not_change_settings_that_are_sent_back() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let undeclared = json!(["value-of-acme-github/main"]);
    let mut config = github.replication_config;
    config.insert("branches".into(), undeclared.clone());
    let changed = json!({ "replication_config": config });
    env.remote().change_connector(github.id, &changed);
    // A creation sends a similar token before the settings are read and sent back.
    env.edit(
        "      - name: Acme GitHub\n",
        "      - name: A second one\n        type: github\n        credentials: {token: \"${env:ACME_GITHUB}\"}\n        replication_config: {repositories: [acme/web], start_date: 2026-01-01T00:00:00Z}\n      - name: Acme GitHub\n",
    );
    env.edit(
        "repositories: [acme/api]",
        "repositories: [acme/api, acme/app]",
    );
    let (output, _) = env.converge(&[]);
    output.says("Resources: 1 added, 1 changed");
    assert_eq!(
        env.connector("Acme GitHub").replication_config["branches"],
        undeclared
    );
}

#[test]
fn plan_with_remote_name_that_repeats_a_secret_withholds_the_name() {
    let env = TestEnv::applied();
    let reversed: String = "value-of-acme-github".chars().rev().collect();
    let names = [
        "value-of-acme-github",
        &reversed,
        "dmFsdWUt b2YtYWNt ZS1naXRo dWI=",
    ];
    for name in names {
        env.remote()
            .connector("acme", name, "github", &json!({"token": "value-of-others"}));
    }
    // No request of a plan sends the secret.
    for args in [&["plan", "-vv"][..], &["plan", "--format", "json"]] {
        let output = env.run(args);
        let text = output.exits(0).to_string();
        for name in names {
            assert!(!text.contains(name), "{text}");
        }
    }
}

/// A secret that shares no part with the credentials of the run.
const ECHOED: &str = "correct-zebra-lamp-seven-fish";

/// Two customers. The secret of one is what the API returns as a setting of the other.
const TWO_CUSTOMERS: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Code
        type: github
        credentials: {token: {plain: x}}
        replication_config: {repositories: [acme/api], start_date: "2026-01-01T00:00:00Z"}
  - name: globex
    connectors:
      - name: Other code
        type: github
        credentials: {token: "${env:GLOBEX_TOKEN}"}
        replication_config: {repositories: [globex/api], start_date: "2026-01-01T00:00:00Z"}
"#;

#[test]
fn setting_that_repeats_a_secret_of_another_connector_is_withheld() {
    let mut env = TestEnv::with(TWO_CUSTOMERS, options());
    env.set("GLOBEX_TOKEN", ECHOED);
    env.converge(&[]);
    let echo = json!({"replication_config": {"repositories": [ECHOED], "start_date": "postgres://u:pw@h/d"}});
    env.remote()
        .change_connector(env.connector("Code").id, &echo);
    env.run(&["snapshot", "--out", "snapshot.json"]).exits(0);
    let snapshot = std::fs::read_to_string(env.path("snapshot.json")).unwrap();
    assert!(!snapshot.contains(ECHOED) && !snapshot.contains("u:pw@h"));
    let commands: [&[&str]; 6] = [
        &["plan", "--refresh", "full"],
        &["plan", "--refresh", "full", "--format", "json"],
        &["plan", "--out", "plan.json"],
        &["plan", "--snapshot", "snapshot.json"],
        &["drift"],
        &["drift", "--format", "json"],
    ];
    for command in commands {
        let output = env.run(command).exits(0).says("repositories").to_string();
        assert!(!output.contains(ECHOED), "{command:?}: {output}");
        assert!(!output.contains("u:pw@h"), "{command:?}: {output}");
    }
    let saved = std::fs::read_to_string(env.path("plan.json")).unwrap();
    assert!(!saved.contains(ECHOED));
    env.run(&["plan"]).says("acme/api").says("(secret)");
    // The withheld value does not keep apply from replacing it.
    env.converge(&[]);
}
