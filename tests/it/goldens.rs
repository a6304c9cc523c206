//! Texts and documents of whole runs, as people and programs read them.

use crate::support::{TestEnv, golden, normal, options};
use serde_json::json;

/// Customers in every state at once; see [`rich`].
const RICH: &str = r#"version: 1
customers:
  - name: adopted
    connectors:
      - name: Found Stripe
        type: stripe
        credentials: {api_key: "${file:stripe-key}"}
  - name: ambiguous
    connectors:
      - name: Twin
        type: stripe
        credentials: {api_key: "${file:stripe-key}"}
  - name: changed
    cache: true
    connectors:
      - name: Code
        type: github
        credentials: {token: "${env:ACME_GITHUB}"}
        replication_config:
          repositories: [acme/api]
          start_date: 2026-01-01T00:00:00Z
      - name: Moved Zendesk
        type: zendesk-support
        environment: {subdomain: moved}
        credentials: {email: ops@acme.example, api_token: "${env:ACME_ZENDESK}"}
      - name: Rotated Stripe
        type: stripe
        credentials: {api_key: "${env:ROTATED}"}
  - name: kept
    protect: true
  - name: left
    connectors:
      - name: Left Stripe
        type: stripe
        credentials: {api_key: "${file:stripe-key}"}
"#;

/// A project with something of every kind to do.
fn rich() -> TestEnv {
    let mut env = TestEnv::with(RICH, options());
    env.set("ROTATED", "value-before");
    env.cut("- name: adopted", Some("- name: changed"));
    env.converge(&[]);
    let remote = env.remote();
    let key = json!({"api_key": "somebody's"});
    remote.customer("adopted");
    remote.connector("adopted", "Found Stripe", "stripe", &key);
    remote.customer("ambiguous");
    remote.connector("ambiguous", "Twin", "stripe", &key);
    remote.connector("ambiguous", "Twin", "stripe", &key);
    remote.customer("somebody-else");
    remote.connector("changed", "Manual", "stripe", &key);
    env.write("airlift.yaml", RICH);
    env.set("ROTATED", "value-after");
    env.edit("[acme/api]", "[acme/api, acme/web]");
    env.edit("name: Code", "name: Source Code");
    env.edit("{subdomain: moved}", "{subdomain: moved-eu}");
    env.edit("cache: true", "cache: inherit");
    env.edit(
        "- name: kept\n",
        "- name: still-kept\n    previous_name: kept\n",
    );
    env.cut("- name: left", None);
    let born = "  - name: born\n    region: eu\n    status: inactive\n    connectors:\n      - name: \
                New GitHub\n        type: github\n        credentials: {token: \
                \"${env:NOT_SET}\"}\n";
    env.edit("customers:\n", &format!("customers:\n{born}"));
    env
}

#[test]
fn a_rich_plan_at_80_and_120_columns_and_as_json() {
    let mut env = rich();
    for columns in ["80", "120"] {
        env.set("COLUMNS", columns);
        let plan = env.run(&["plan", "--prune"]);
        plan.exits(4);
        let widest = plan.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= columns.parse().unwrap(), "{plan}");
        golden(&format!("it/plan-{columns}.txt"), &normal(&plan.stdout));
    }
    let plan = env.run(&["plan", "--prune", "--format", "json"]);
    plan.exits(4);
    golden("it/plan.json", &normal(&plan.stdout));
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let env = rich();
    let first = env.run(&["plan", "--format", "json", "--parallelism", "1"]);
    for _ in 0..3 {
        let again = env.run(&["plan", "--format", "json", "--parallelism", "32"]);
        assert_eq!(again.stdout, first.stdout);
    }
}

#[test]
fn a_rich_apply_does_what_its_plan_said() {
    let env = rich();
    let (refused, traffic) = env.apply(&["--prune", "--allow-replace"]);
    refused.exits(11);
    traffic.only_reads();
    let (report, _) = env.apply(&[
        "--prune",
        "--allow-replace",
        "--keep-going",
        "--format",
        "json",
    ]);
    report.exits(4);
    golden("it/report.json", &normal(&report.stdout));
    // Only what is blocked is left.
    let again = env.run(&["plan", "--prune", "--detailed-exitcode"]);
    again.exits(4);
    golden("it/plan-after.txt", &normal(&again.stdout));
}

/// An applied estate that others changed in every way.
fn drifted() -> TestEnv {
    let env = TestEnv::with(crate::support::ESTATE, options());
    env.edit(
        "  - name: globex\n",
        "  - name: gone\n  - name: globex\n    cache: true\n",
    );
    env.converge(&[]);
    let remote = env.remote();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config["repositories"] = json!(["acme/api", "acme/web", "acme/infrastructure", "acme/docs"]);
    config["start_date"] = json!("2026-02-01T00:00:00Z");
    remote.change_connector(
        github.id,
        &json!({"replication_config": config, "entities": [{"entity": "issues", "modes": ["read"]}]}),
    );
    let zendesk = env.connector("Acme Zendesk").id;
    remote.change_connector(zendesk, &json!({"name": "Zendesk \u{1f600} \"EU\""}));
    remote.delete_connector(env.connector("Globex Stripe").id);
    env.wait_for("the deletion", |env| env.world().deleted_connectors == 1);
    let key = json!({"api_key": "somebody's"});
    remote.connector("acme", "Manual", "stripe", &key);
    remote.connector("acme", "Twin", "stripe", &key);
    remote.connector("acme", "Twin", "stripe", &key);
    remote.customer("somebody");
    let world = env.world();
    let id = |name: &str| world.workspace(name).unwrap().id;
    let body = json!({"status": "inactive", "cache_enabled": null});
    remote.change_customer(id("globex"), &body);
    let target = format!("/api/v1/workspaces/{}", id("gone"));
    remote.ask(reqwest::Method::DELETE, &target, None);
    env
}

#[test]
fn a_rich_drift_at_80_and_120_columns_and_as_json() {
    let mut env = drifted();
    for columns in ["80", "120"] {
        env.set("COLUMNS", columns);
        let drift = env.run(&["drift", "--detailed-exitcode"]);
        drift.exits(2);
        let widest = drift.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= columns.parse().unwrap(), "{drift}");
        golden(&format!("it/drift-{columns}.txt"), &normal(&drift.stdout));
    }
    let drift = env.run(&["drift", "--format", "json"]);
    drift.exits(0);
    golden("it/drift.json", &normal(&drift.stdout));
}

#[test]
fn a_rich_export() {
    let env = drifted();
    let known = env.run(&["export"]);
    known.exits(0);
    golden("it/export.yaml", &without_ids(&env, &known.stdout));
    let target: Vec<&str> = known
        .stderr
        .lines()
        .filter(|l| l.starts_with("note"))
        .collect();
    assert_eq!(target.len(), 4, "{known}");
    let unknown = env.run(&["export", "--ledger", "none"]);
    unknown.exits(0);
    golden(
        "it/export-placeholders.yaml",
        &without_ids(&env, &unknown.stdout),
    );
    let json = env.run(&["export", "--format", "json"]);
    json.exits(0);
    golden("it/export.json", &without_ids(&env, &json.stdout));
}

/// A made-up name that is taken goes on with the beginning of an id.
fn without_ids(env: &TestEnv, text: &str) -> String {
    let mut text = text.to_owned();
    for connector in env.world().connectors() {
        let id = connector.id.simple().to_string();
        text = text.replace(&format!("_{}", id[..8].to_uppercase()), "_ID");
    }
    normal(&text)
}

const BROKEN: &str = r#"version: 1
organisation_id: 0b5c6f0e-6a51-4f2f-9d0e-0a8a5f4b7c11
guards: {max_deletes: -1}
customers:
  - name: default
    region: mars
    connectors:
      - name: Code
        type: githup
        credentials: {token: "${env:TOKEN}"}
      - name: Shop
        type: stripe
        credentials: {api_key: sk_live_9f3a71c0, account: x}
      - name: Shop
        type: zendesk-support
        credentials: {email: not-an-address}
  - name: acme
    status: asleep
"#;

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut env = TestEnv::with(BROKEN, options());
    env.set("COLUMNS", "80");
    let text = env.run(&["validate"]);
    text.exits(1);
    golden("it/validate.txt", &text.stdout);
    let json = env.run(&["validate", "--format", "json"]);
    json.exits(1);
    golden("it/validate.json", &json.stdout);
    for output in [&text, &json] {
        assert!(!output.stdout.contains("9f3a71c0"), "{output}");
    }
    // The verbs that need the project say the same on stderr.
    let plan = env.run(&["plan"]);
    plan.exits(1);
    assert_eq!(plan.stdout, "");
    assert!(plan.stderr.starts_with(text.stdout.as_str()), "{plan}");
}
