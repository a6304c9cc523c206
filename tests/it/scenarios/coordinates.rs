//! Tests of secrets that Airbyte reads from the organization's own storage.

use crate::support::{TestEnv, options};

fn project(stores: &str, path: &str) -> String {
    format!(
        "version: 1
{stores}customers:
  - name: acme
    connectors:
      - name: Acme GitHub
        type: github
        credentials: {{token: \"${{airbyte:{path}}}\"}}
        replication_config: {{repositories: [acme/api], start_date: 2026-01-01T00:00:00Z}}
"
    )
}

#[test]
fn coordinate_without_its_store_in_the_project_is_refused() {
    let env = TestEnv::with(&project("", "acme/github"), options());
    env.run(&["validate"]).exits(1).says("store_not_allowed");
}

#[test]
fn coordinate_is_sent_once_and_another_one_is_a_rotation() {
    let stores = "stores: [env, airbyte]\n";
    let env = TestEnv::with(&project(stores, "acme/github"), options());
    env.run(&["plan"])
        .exits(0)
        .says("airbyte:acme/github, which Airbyte reads");
    env.converge(&[]);
    env.edit("acme/github", "acme/github-2");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
}

#[test]
fn coordinate_in_another_store_or_as_a_literal_is_refused() {
    let mut env = TestEnv::new();
    env.set("ACME_GITHUB", "secret_coordinate::customers/globex/github");
    let (output, traffic) = env.apply(&[]);
    output.exits(11).complains("names a secret in the storage");
    traffic.assert_only_reads();
    let env = TestEnv::with(&project("stores: [env, airbyte]\n", "a/../b"), options());
    env.run(&["validate"]).exits(1).says("invalid_reference");
}
