//! The organization's own OAuth apps: set, changed, removed, and their own approval.

use crate::support::{TestEnv, faulty, options};

const PROJECT: &str = "version: 1
oauth_apps:
  hubspot: {client_id: app-one, client_secret: '${env:APP_SECRET}'}
customers: []
";
const SECRET: &str = "value-of-the-app-secret-1";
const PUT: &str = "update_oauth_credentials";
const DELETE: &str = "delete_oauth_credentials_connector_type_connector_type";
const APPLY: [&str; 3] = ["apply", "--auto-approve", "--allow-oauth-apps"];

fn env() -> TestEnv {
    let mut env = TestEnv::with(PROJECT, options());
    env.set("APP_SECRET", SECRET);
    env
}

/// How often an operation succeeded.
fn count(env: &TestEnv, operation: &str) -> usize {
    let log = env.sandbox().log();
    let of_operation = log
        .iter()
        .filter(|r| r.operation.as_deref() == Some(operation));
    of_operation
        .filter(|r| r.status.is_some_and(|s| s < 300))
        .count()
}

fn converged(env: &TestEnv) {
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(0).says("No changes.");
}

#[test]
fn oauth_app_is_set_changed_and_removed() {
    let mut env = env();
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(2)
        .says("OAuth apps (1 app)")
        .says("set hubspot (client_id, client_secret)");
    assert!(!plan.stdout.contains("Symbols"), "{plan}");
    let json = env.run(&["plan", "--format", "json"]).json();
    assert_eq!(json["oauth_apps"][0]["action"], "set");
    let refused = env.run(&["apply", "--auto-approve"]);
    refused.exits(5).complains("oauth_apps_not_allowed");
    assert_eq!(count(&env, PUT), 0);
    let applied = env.run(&APPLY);
    applied.exits(0);
    assert!(!format!("{applied}").contains(SECRET));
    assert_eq!(count(&env, PUT), 1);
    converged(&env);
    env.set("APP_SECRET", "value-of-the-app-secret-2");
    let changed = env.run(&["plan"]);
    changed.says("change hubspot (client_secret)");
    env.run(&APPLY).exits(0);
    assert_eq!(count(&env, PUT), 2);
    converged(&env);
    env.write("airlift.yaml", "version: 1\ncustomers: []\n");
    env.run(&["plan"]).says("remove hubspot");
    env.run(&APPLY).exits(0);
    assert_eq!(count(&env, DELETE), 1);
    converged(&env);
}

#[test]
fn oauth_app_after_failed_response_converges() {
    let mut env = TestEnv::with(PROJECT, faulty("update_oauth_credentials:1:reset-after"));
    env.set("APP_SECRET", SECRET);
    let _first = env.run(&APPLY);
    env.run(&APPLY).exits(0);
    converged(&env);
}

#[test]
fn oauth_app_with_unknown_outcome_is_sent_again_or_removed() {
    let mut env = TestEnv::with(PROJECT, faulty("update_oauth_credentials:*:reset-after"));
    env.set("APP_SECRET", SECRET);
    let json = env.run(&[&APPLY[..], &["--format", "json"]].concat());
    json.exits(4);
    assert_eq!(json.json()["oauth_apps"][0]["outcome"], "unknown");
    let plan = env.run(&["plan"]);
    plan.says("change hubspot (client_id, client_secret)");
    env.write("airlift.yaml", "version: 1\ncustomers: []\n");
    let plan = env.run(&["plan"]);
    plan.says("remove hubspot\n");
    env.run(&APPLY).exits(0);
    assert_eq!(count(&env, DELETE), 1);
    converged(&env);
}

#[test]
fn oauth_app_that_api_refuses_is_reported_and_customers_go_on() {
    let mut env = TestEnv::with(PROJECT, faulty("update_oauth_credentials:*:422"));
    env.set("APP_SECRET", SECRET);
    env.edit("customers: []", "customers: [{name: acme}]");
    let text = env.run(&APPLY);
    text.exits(4).says("OAuth app of hubspot");
    assert!(env.world().workspace("acme").is_some());
    let json = env.run(&[&APPLY[..], &["--format", "json"]].concat());
    json.exits(4);
    let json = json.json();
    assert_eq!(json["complete"], false);
    assert_eq!(json["summary"]["failed"], 1);
    assert_eq!(json["oauth_apps"][0]["type"], "hubspot");
    assert_eq!(json["oauth_apps"][0]["outcome"], "failed");
    assert_eq!(json["oauth_apps"][0]["code"], "remote_failed");
    assert_eq!(json["oauth_apps"][0]["request"]["status"], 422);
}

#[test]
fn oauth_app_without_secret_is_blocked_and_customers_go_on() {
    let env = TestEnv::with(PROJECT, options());
    env.edit("customers: []", "customers: [{name: acme}]");
    env.run(&APPLY).exits(11).complains("secret_unresolved");
    let json = env.run(&[&APPLY[..], &["--keep-going", "--format", "json"]].concat());
    json.exits(4);
    let json = json.json();
    assert_eq!(json["oauth_apps"][0]["outcome"], "blocked");
    assert_eq!(json["oauth_apps"][0]["code"], "secret_unresolved");
    assert!(env.world().workspace("acme").is_some());
    assert_eq!(count(&env, PUT), 0);
}

#[test]
fn oauth_app_with_literal_secret_or_other_type_is_refused() {
    let env = env();
    for (app, code) in [
        (
            "hubspot: {client_id: a, client_secret: literal}",
            "literal_secret",
        ),
        ("hubspot: {client_id: a}", "missing_credentials"),
        (
            "airtable: {client_id: a, client_secret: '${env:X}'}",
            "no_oauth_method",
        ),
        (
            "hubspot: {client_id: a, client_secret: '${env:X}', x: y}",
            "unknown_credential",
        ),
        (
            "hubspot: {client_id: a, client_secret: '${env:X}'}
  36c891d9-4bd9-43ac-bad2-10e12756272c: {client_id: b, client_secret: '${env:X}'}",
            "duplicate_key",
        ),
    ] {
        let text = format!("version: 1\noauth_apps:\n  {app}\ncustomers: []\n");
        env.write("airlift.yaml", &text);
        let output = env.run(&["validate"]);
        assert_ne!(output.code, Some(0), "{app}");
        assert!(format!("{output}").contains(code), "{app}: {output}");
    }
}
