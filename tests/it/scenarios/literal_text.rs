//! Tests of settings with a `${` that the service itself expands.

use crate::support::{TestEnv, options};
use serde_json::json;

const PROJECT: &str = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Stripe
        type: stripe
        credentials: {api_key: "${file:stripe-key}"}
        replication_config: {account_id: "$${ACCOUNT}"}
"#;

#[test]
fn literal_text_is_sent_compared_and_exported() {
    let env = TestEnv::with(PROJECT, options());
    env.converge(&[]);
    let config = env.connector("Stripe").replication_config;
    assert_eq!(config["account_id"], json!("${ACCOUNT}"));
    let export = env.run(&["export"]);
    export.exits(0).says(r#"account_id: "$${ACCOUNT}""#);
    env.write("airlift.yaml", &export.stdout);
    env.assert_converged(&[]);
}

#[test]
fn literal_text_with_the_form_of_a_reference_is_exported_if_the_files_have_it() {
    let text = PROJECT.replace("$${ACCOUNT}", "$${env:ACCOUNT}");
    let env = TestEnv::with(&text, options());
    env.converge(&[]);
    let export = env.run(&["export"]);
    export.says(r#"account_id: "$${env:ACCOUNT}""#);
    let without_ledger = env.run(&["export", "--ledger", "none"]);
    assert!(
        !without_ledger.stdout.contains("account_id:"),
        "{without_ledger}"
    );
    env.write("airlift.yaml", &export.stdout);
    env.assert_converged(&[]);
}
