//! Secrets of the run are not secrets of customers: references to them are refused before anything is sent.

use crate::support::{CLIENT, TestEnv, options};

/// A project with one connector whose token is the reference.
fn project(reference: &str) -> String {
    format!(
        "version: 1\ncustomers:\n  - name: acme\n    connectors:\n      - {{name: Hub, type: github, \
         credentials: {{token: \"{reference}\"}}, replication_config: {{repositories: [acme/api], start_date: '2026-01-01T00:00:00Z'}}}}\n"
    )
}

fn with_reference(reference: &str) -> TestEnv {
    TestEnv::with(&project(reference), options())
}

/// Neither command accepts the files, and nothing is sent.
fn is_refused(env: &TestEnv, code: &str) {
    env.run(&["validate"]).exits(1).says(code);
    let (output, traffic) = env.apply(&[]);
    output.exits(1).complains(code);
    assert!(traffic.writes().is_empty(), "{output}");
}

#[test]
fn env_reference_to_credentials_of_the_run_is_refused() {
    for name in ["AIRBYTE_CLIENT_SECRET", "AIRLIFT_LEDGER_KEY", "VAULT_TOKEN"] {
        let mut env = with_reference(&format!("${{env:{name}}}"));
        env.set("AIRLIFT_SECRET_ENV", &format!("*:{name}"));
        is_refused(&env, "protected_variable");
    }
}

#[test]
fn env_reference_to_credentials_of_the_runner_needs_its_exact_name() {
    let mut env = with_reference("${env:GITHUB_TOKEN}");
    env.set("GITHUB_TOKEN", "value-of-the-runner");
    is_refused(&env, "protected_variable");
    env.set("AIRLIFT_SECRET_ENV", "*:GITHUB_*");
    is_refused(&env, "protected_variable");
    env.set("AIRLIFT_SECRET_ENV", "GITHUB_TOKEN");
    env.converge(&[]);
}

#[test]
fn env_reference_outside_the_operators_list_is_refused() {
    let mut env = with_reference("${env:ACME_GITHUB}");
    env.set("AIRLIFT_SECRET_ENV", "GLOBEX_*");
    is_refused(&env, "variable_not_allowed");
    env.set("AIRLIFT_SECRET_ENV", "GLOBEX_*:ACME_*");
    env.converge(&[]);
}

#[test]
fn file_reference_below_hidden_directory_is_refused() {
    let env = with_reference("${file:.git/config}");
    env.write(".git/config", "token\n");
    is_refused(&env, "protected_file");
}

#[cfg(unix)]
#[test]
fn file_reference_to_the_client_secret_is_refused_under_another_name() {
    let mut env = with_reference("${file:copy}");
    env.unset("AIRBYTE_CLIENT_SECRET");
    env.write("client-secret", "client-secret-of-tests\n");
    std::fs::hard_link(env.path("client-secret"), env.path("copy")).unwrap();
    let path = env.path("client-secret");
    env.set("AIRBYTE_CLIENT_SECRET_FILE", path.to_str().unwrap());
    is_refused(&env, "protected_file");
}

#[test]
fn client_secret_from_file_is_accepted() {
    let mut env = with_reference("${env:ACME_GITHUB}");
    let secret = CLIENT.1;
    env.write("client-secret", &format!("{secret}\r\n"));
    let path = env.path("client-secret");
    env.set("AIRBYTE_CLIENT_SECRET_FILE", path.to_str().unwrap());
    env.run(&["plan"]).exits(64).complains("two_client_secrets");
    env.unset("AIRBYTE_CLIENT_SECRET");
    env.converge(&[]);
}

#[test]
fn client_secret_file_that_does_not_exist_is_refused() {
    let mut env = with_reference("${env:ACME_GITHUB}");
    env.unset("AIRBYTE_CLIENT_SECRET");
    env.set("AIRBYTE_CLIENT_SECRET_FILE", "/nonexistent/client-secret");
    env.run(&["plan"])
        .exits(3)
        .complains("bad_client_secret_file");
}
