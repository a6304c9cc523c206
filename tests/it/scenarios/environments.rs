//! Tests of environments: one set of files, a ledger for each environment, and variables.

use crate::support::{TestEnv, options};
use serde_json::Value;

const PROJECT: &str = r#"version: 1
organization_id: 11111111-1111-4111-8111-111111111111
stores: [env]
guards: {max_deletes: 4, max_delete_percent: 50}
environments:
  staging:
    organization_id: 22222222-2222-4222-8222-222222222222
    variables: {suffix: -staging, region: us, repository: acme/test, active: active, protect: true}
  prod:
    organization_id: 33333333-3333-4333-8333-333333333333
    guards: {max_deletes: 0}
    variables: {suffix: "", region: eu, repository: acme/api, active: active, protect: false}
templates:
  bulk:
    parameters: {id: {}}
    customer: {name: "{{ row.id }}${var.suffix}", region: "${var.region}"}
customers_from: [{table: "table${var.suffix}.csv", template: bulk}]
include: [customers/*.yaml]
"#;

const CUSTOMER: &str = r#"customers:
  - name: acme${var.suffix}
    region: ${var.region}
    status: ${var.active}
    protect: ${var.protect}
    connectors:
      - name: GitHub
        type: github
        credentials: {token: "${env:TOKEN}"}
        replication_config: {repositories: ["${var.repository}", "$${var.literal}"], start_date: "2026-01-01T00:00:00Z"}
"#;

fn project() -> TestEnv {
    let mut env = TestEnv::with(PROJECT, options());
    env.set("TOKEN", "a token of the tests");
    std::fs::create_dir(env.path("customers")).unwrap();
    env.write("customers/acme.yaml", CUSTOMER);
    env.write("table.csv", "id\none\n");
    env.write("table-staging.csv", "id\ntwo\n");
    env
}

fn plan(env: &TestEnv, environment: &str) -> Value {
    let plan = env.run(&[
        "plan",
        "--sandbox",
        "--env",
        environment,
        "--format",
        "json",
    ]);
    plan.exits(0).json()
}

/// The codes and locations of the findings.
fn findings(env: &TestEnv, arguments: &[&str]) -> Vec<String> {
    let line = [&["validate", "--format", "json"], arguments].concat();
    let report = env.run(&line).exits(1).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let finding = |finding: &Value| {
        let (code, file, line) = (&finding["code"], &finding["file"], &finding["line"]);
        format!(
            "{} {}:{line}",
            code.as_str().unwrap(),
            file.as_str().unwrap()
        )
    };
    findings.map(finding).collect()
}

#[test]
fn environments_have_organizations_values_and_ledgers_of_their_own() {
    let env = project();
    let (staging, prod) = (plan(&env, "staging"), plan(&env, "prod"));
    assert_eq!(staging["environment"], "staging");
    assert_eq!(prod["environment"], "prod");
    assert_ne!(staging["organization_id"], prod["organization_id"]);
    let addresses = |plan: &Value| -> Vec<Value> {
        let changes = plan["changes"].as_array().unwrap().iter();
        changes.map(|change| change["address"].clone()).collect()
    };
    assert_eq!(
        addresses(&staging),
        ["acme-staging", "acme-staging/GitHub", "two-staging"]
    );
    assert_eq!(addresses(&prod), ["acme", "acme/GitHub", "one"]);
    for environment in ["staging", "prod"] {
        let line = ["apply", "--sandbox", "--auto-approve", "--env", environment];
        env.run(&line)
            .exits(0)
            .says(&format!("Environment: {environment}\n"));
        assert_eq!(plan(&env, environment)["changes"], Value::Array(Vec::new()));
        assert!(env.path(format!(".airlift/sandbox-{environment}")).is_dir());
    }
    let expanded = env.run(&["expand", "--env", "prod", "--format", "json"]);
    expanded.exits(0).says("\"region\": \"eu\"");
}

#[test]
fn ledger_of_another_environment_is_refused() {
    let mut env = project();
    let apply = ["apply", "--sandbox", "--auto-approve", "--env"];
    env.run(&[&apply, ["staging"].as_slice()].concat()).exits(0);
    let wrong = ["--ledger", ".airlift/sandbox-staging", "--format", "json"];
    for command in ["plan", "drift", "apply"] {
        let line = [&[command, "--sandbox", "--env", "prod"], wrong.as_slice()].concat();
        let failure = env.run(&line).exits(3).json();
        assert_eq!(
            failure["error"]["code"], "ledger_of_other_environment",
            "{failure}"
        );
    }
    env.set("AIRLIFT_LEDGER", ".airlift/sandbox-staging");
    env.run(&["plan", "--sandbox", "--env", "staging"])
        .exits(0)
        .says("No changes.");
    env.run(&["plan", "--sandbox", "--env", "prod"])
        .exits(3)
        .complains("error[ledger_of_other_environment]");
}

#[test]
fn environment_without_variables_or_settings_is_valid() {
    let env = TestEnv::with(
        "version: 1\nenvironments:\n  staging: {organization_id: \
         22222222-2222-4222-8222-222222222222}\n  prod: {}\ncustomers: [{name: acme}]\n",
        options(),
    );
    for environment in ["staging", "prod"] {
        assert_eq!(plan(&env, environment)["environment"], environment);
    }
}

#[test]
fn refused_run_does_not_label_the_ledger_of_a_project_without_environments() {
    let mut env = TestEnv::with("", options());
    let organizations = [
        "organization_id: 11111111-1111-4111-8111-111111111111",
        "organization_id: 22222222-2222-4222-8222-222222222222",
    ];
    let [own, other] = organizations;
    let plain = format!("version: 1\n{own}\ncustomers: [{{name: acme}}]\n");
    env.write("airlift.yaml", &plain);
    env.set("AIRLIFT_LEDGER", "ledger");
    let apply = ["apply", "--sandbox", "--auto-approve"];
    env.run(&apply).exits(0);
    env.write(
        "airlift.yaml",
        &format!(
            "version: 1\nenvironments: {{staging: {{{own}}}, prod: {{{other}}}}}\n\
             customers: [{{name: acme}}]\n"
        ),
    );
    env.run(&[&apply[..], &["--env", "staging"]].concat())
        .exits(1)
        .complains("error[ledger_key_changed]");
    env.run(&[&apply[..], &["--env", "prod"]].concat()).exits(0);
    assert!(!env.path("ledger/environment.json").exists());
    env.write("airlift.yaml", &plain);
    env.run(&["plan", "--sandbox"]).exits(0).says("No changes.");
}

#[test]
fn saved_plan_of_another_environment_is_refused() {
    let env = project();
    env.run(&[
        "plan",
        "--sandbox",
        "--env",
        "staging",
        "--out",
        "plan.json",
    ])
    .exits(0);
    env.run(&["show", "plan.json"])
        .exits(0)
        .says("Environment: staging\n");
    env.run(&["apply", "plan.json", "--sandbox", "--env", "prod"])
        .exits(3)
        .complains("error[plan_of_other_target]");
}

#[test]
fn project_with_environments_needs_one_that_exists() {
    let mut env = project();
    env.run(&["plan"])
        .exits(1)
        .complains("the environments `prod`,");
    assert_eq!(
        findings(&env, &["--env", "prd"]),
        ["unknown_environment ./airlift.yaml:5"]
    );
    env.set("AIRLIFT_ENV", "staging");
    env.run(&["validate"]).exits(0);
    env.write("airlift.yaml", "version: 1\ncustomers: [{name: a}]\n");
    env.run(&["validate"])
        .exits(1)
        .says("error[unknown_environment]");
}

#[test]
fn validate_checks_every_environment_and_names_those_of_a_finding() {
    let env = project();
    env.run(&["validate"])
        .exits(0)
        .complains("valid in each environment: prod, staging");
    env.edit("region: eu, ", "");
    let output = env.run(&["validate", "--format", "json"]);
    let report = output.exits(1).json();
    let findings = report["findings"].as_array().unwrap();
    let has = |code: &str, environment: &str| {
        findings.iter().any(|finding| {
            let message = finding["message"].as_str().unwrap();
            finding["code"] == code
                && message.ends_with(&format!("(in the environment `{environment}`)"))
        })
    };
    assert!(has("undefined_variable", "prod"), "{findings:#?}");
    env.write("airlift.yaml", PROJECT);
    env.write(
        "customers/acme.yaml",
        &CUSTOMER.replace("type: github", "typ: github"),
    );
    let report = env.run(&["validate", "--format", "json"]).exits(1).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let of_all: Vec<_> = findings
        .filter(|finding| finding["code"] == "unknown_field")
        .collect();
    assert_eq!(of_all.len(), 1, "{of_all:#?}");
    assert!(
        !of_all[0]["message"]
            .as_str()
            .unwrap()
            .contains("environment")
    );
    env.run(&["validate", "--env", "staging"]).exits(1);
}

#[test]
fn variable_that_is_not_defined_is_named_with_its_place() {
    let env = project();
    env.write(
        "customers/acme.yaml",
        &CUSTOMER.replace("var.region", "var.regoin"),
    );
    let prod = ["--env", "prod"];
    assert_eq!(
        findings(&env, &prod),
        ["undefined_variable customers/acme.yaml:3"]
    );
    let secret = CUSTOMER.replace("${env:TOKEN}", "${var.repository}");
    env.write("customers/acme.yaml", &secret);
    assert_eq!(
        findings(&env, &prod),
        ["literal_secret customers/acme.yaml:9"]
    );
    let reference = CUSTOMER.replace("${env:TOKEN}", "${vault:${var.repository}#a}");
    env.write("customers/acme.yaml", &reference);
    assert_eq!(
        findings(&env, &prod),
        ["store_not_allowed customers/acme.yaml:9"]
    );
}

#[test]
fn settings_of_an_environment_are_checked() {
    let env = project();
    env.edit(
        "staging:\n    organization_id: 2222",
        "staging stage:\n    organization_id: x222",
    );
    env.edit("region: eu", "region: eu, other: '${var.region}'");
    let mut findings = findings(&env, &["--env", "prod"]);
    findings.sort();
    let expected = [
        "invalid_format ./airlift.yaml:7",
        "invalid_name ./airlift.yaml:6",
        "invalid_value ./airlift.yaml:12",
    ];
    assert_eq!(findings, expected);
}
