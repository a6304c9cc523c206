//! Tests of the text and JSON output of whole runs, against golden files.

use crate::support::{TestEnv, golden, normalize, options};
use serde_json::json;

/// A project whose customers need every kind of change; see [`rich`].
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

/// An environment in which a plan has changes of every kind.
fn rich() -> TestEnv {
    let mut env = TestEnv::with(RICH, options());
    env.set("ROTATED", "value-before");
    env.remove_lines("- name: adopted", Some("- name: changed"));
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
    env.edit(
        "name: Code\n",
        "name: Source Code\n        previous_name: Code\n",
    );
    env.edit("{subdomain: moved}", "{subdomain: moved-eu}");
    env.edit("cache: true", "cache: inherit");
    env.edit(
        "- name: kept\n",
        "- name: still-kept\n    previous_name: kept\n",
    );
    env.remove_lines("- name: left", None);
    let new_customer = "  - name: born\n    region: eu\n    status: inactive\n    connectors:\n      - name: \
                New GitHub\n        type: github\n        credentials: {token: \
                \"${env:NOT_SET}\"}\n";
    env.edit("customers:\n", &format!("customers:\n{new_customer}"));
    env
}

#[test]
fn plan_output_matches_goldens() {
    let mut env = rich();
    for columns in ["80", "120"] {
        env.set("COLUMNS", columns);
        let plan = env.run(&["plan", "--prune"]);
        plan.exits(4);
        let widest = plan.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= columns.parse().unwrap(), "{plan}");
        golden(&format!("it/plan-{columns}.txt"), &normalize(&plan.stdout));
    }
    let plan = env.run(&["plan", "--prune", "--format", "json"]);
    plan.exits(4);
    golden("it/plan.json", &normalize(&plan.stdout));
}

#[test]
fn plan_json_with_any_parallelism_is_identical() {
    let env = rich();
    let first = env.run(&["plan", "--format", "json", "--parallelism", "1"]);
    for _ in 0..3 {
        let again = env.run(&["plan", "--format", "json", "--parallelism", "32"]);
        assert_eq!(again.stdout, first.stdout);
    }
}

#[test]
fn apply_report_matches_goldens() {
    let env = rich();
    let (output, traffic) = env.apply(&["--prune", "--allow-replace"]);
    output.exits(11);
    traffic.assert_only_reads();
    let (report, _) = env.apply(&[
        "--prune",
        "--allow-replace",
        "--keep-going",
        "--format",
        "json",
    ]);
    report.exits(4);
    golden("it/report.json", &normalize(&report.stdout));
    // Only blocked steps are left.
    let again = env.run(&["plan", "--prune", "--detailed-exitcode"]);
    again.exits(4);
    golden("it/plan-after.txt", &normalize(&again.stdout));
}

/// An applied project with external changes of every kind.
fn drifted() -> TestEnv {
    let env = TestEnv::with(crate::support::PROJECT, options());
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
    remote.send(reqwest::Method::DELETE, &target, None);
    env
}

#[test]
fn drift_output_matches_goldens() {
    let mut env = drifted();
    for columns in ["80", "120"] {
        env.set("COLUMNS", columns);
        let drift = env.run(&["drift", "--detailed-exitcode"]);
        drift.exits(2);
        let widest = drift.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= columns.parse().unwrap(), "{drift}");
        golden(
            &format!("it/drift-{columns}.txt"),
            &normalize(&drift.stdout),
        );
    }
    let drift = env.run(&["drift", "--format", "json"]);
    drift.exits(0);
    golden("it/drift.json", &normalize(&drift.stdout));
}

#[test]
fn export_output_matches_goldens() {
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

/// Removes the ids from generated variable names, which distinguish equal names.
fn without_ids(env: &TestEnv, text: &str) -> String {
    let mut text = text.to_owned();
    for connector in env.world().connectors() {
        let id = connector.id.simple().to_string();
        text = text.replace(&format!("_{}", id[..8].to_uppercase()), "_ID");
    }
    normalize(&text)
}

/// A project with errors of many kinds.
const INVALID: &str = r#"version: 1
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
fn validate_reports_all_errors() {
    let mut env = TestEnv::with(INVALID, options());
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
    // Commands that load the project print the same on stderr.
    let plan = env.run(&["plan"]);
    plan.exits(1);
    assert_eq!(plan.stdout, "");
    assert!(plan.stderr.starts_with(text.stdout.as_str()), "{plan}");
}
