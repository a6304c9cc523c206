//! Names and settings that look like a part of something secret that was sent.

use crate::support::{TestEnv, options};
use serde_json::json;

/// Names that begin as the client secret and a token do, and an account's address as a secret.
const ALIKE: &str = r#"version: 1
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
fn what_the_files_say_is_no_secret_whatever_it_looks_like() {
    let mut env = TestEnv::with(ALIKE, options());
    env.converge(&[]);
    env.set("ACME_GITHUB", "value-of-acme-github-2");
    let old = env.connector("value-of-acme-github").id;
    // The check sends the secret; after that the names are read once more.
    env.converge(&[]);
    assert_ne!(env.connector("value-of-acme-github").id, old);
    env.run(&["drift"]).exits(0);
    // What is no longer declared is known by the ledger.
    env.write("airlift.yaml", "version: 1\ncustomers: [{name: other}]\n");
    env.converge(&["--prune", "--allow-delete", "100%"]);
    let world = env.world();
    assert!(!world.workspace("client-secret-of-acme").unwrap().active);
}

#[test]
fn a_creation_without_an_answer_is_recognized_by_its_name() {
    let faults = "create_integrations_connectors:1:500-after";
    let env = TestEnv::with(ALIKE, crate::support::faulty(faults));
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    assert_eq!(env.world().connectors().count(), 1);
}

#[test]
fn the_servers_own_settings_are_sent_back_as_they_are() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let own = json!(["value-of-acme-github/main"]);
    let mut config = github.replication_config;
    config.insert("branches".into(), own.clone());
    let changed = json!({ "replication_config": config });
    env.remote().change_connector(github.id, &changed);
    // A creation sends a token that looks alike, before the settings are read and sent.
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
        own
    );
}
