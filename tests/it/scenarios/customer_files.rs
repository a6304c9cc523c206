//! Tests of runs with some customer files of a project.

use crate::support::{TestEnv, options};

fn customer(name: &str) -> String {
    format!(
        "customers:
  - name: {name}
    connectors:
      - name: GitHub
        type: github
        credentials: {{token: \"${{env:ACME_GITHUB}}\"}}
        replication_config: {{repositories: [{name}/api], start_date: 2026-01-01T00:00:00Z}}
"
    )
}

fn applied() -> TestEnv {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    for name in ["acme", "beta"] {
        env.write(&format!("customers/{name}.yaml"), &customer(name));
    }
    env.converge(&[]);
    env
}

#[test]
fn rotate_of_a_customer_file_leaves_other_customers_alone() {
    let env = applied();
    let line = [
        "rotate",
        "--all",
        "-f",
        "customers/acme.yaml",
        "--auto-approve",
    ];
    let (output, traffic) = env.run_with_traffic(&line);
    output.exits(0);
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    assert_eq!(traffic.count("delete_integrations_connectors_id"), 1);
}

#[test]
fn export_and_ledger_of_a_customer_file_show_this_customer_only() {
    let env = applied();
    for command in [
        &["export"][..],
        &["ledger", "show"],
        &["outputs"],
        &["status"],
    ] {
        let output = env.run(&[command, &["-f", "customers/acme.yaml"]].concat());
        output.exits(0).says("acme");
        assert!(!output.stdout.contains("beta"), "{output}");
    }
}

#[test]
fn validate_of_files_with_the_same_mistake_shows_it_once() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    for number in 100..600 {
        let mistaken = customer(&format!("c{number}")).replace("token:", "tokn:");
        env.write(&format!("customers/c{number}.yaml"), &mistaken);
    }
    let validate = env.run(&["validate"]);
    validate.exits(1).says("did you mean");
    let words: Vec<&str> = validate.stdout.split_whitespace().collect();
    let places = "also at customers/c101.yaml:6:23 and customers/c102.yaml:6:23, and 497 more; -v lists them";
    assert!(words.join(" ").contains(places), "{validate}");
    assert_eq!(
        validate.stdout.matches("error[unknown_credential]").count(),
        1
    );
    let all = env.run(&["validate", "-v"]);
    let listed = all.stdout.matches("error[unknown_credential]").count();
    assert_eq!(listed, 500);
    let json = env.run(&["validate", "--format", "json"]).json();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 500);
}
