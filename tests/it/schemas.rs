//! Tests of the schemas: `airlift schema` prints the committed schemas, and documents are valid.

use crate::support::{TestEnv, faulty};
use jsonschema::Validator;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn committed(name: &str) -> PathBuf {
    root().join(format!("schemas/{name}.schema.json"))
}

fn validator(name: &str) -> Validator {
    let text = std::fs::read_to_string(committed(name)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The violations of a schema, without values.
fn violations(validator: &Validator, instance: &Value) -> Vec<String> {
    let describe = |error: jsonschema::ValidationError<'_>| {
        format!("{}: {}", error.instance_path(), error.masked())
    };
    validator.iter_errors(instance).map(describe).collect()
}

#[test]
fn schema_prints_committed_schemas() {
    let env = TestEnv::new();
    for name in [
        "config",
        "policy",
        "plan",
        "report",
        "drift",
        "error",
        "outputs",
        "status",
        "validation",
        "doctor",
        "ledger",
        "ledger-history",
        "ledger-copy",
    ] {
        let output = env.run(&["schema", name]);
        output.exits(0);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(committed(name), &output.stdout).unwrap();
        }
        let text = std::fs::read_to_string(committed(name)).unwrap();
        assert!(text == output.stdout, "{name}: BLESS=1 rewrites it");
        validator(name);
    }
    let plain = env.run(&["schema"]);
    assert_eq!(plain.stdout, env.run(&["schema", "config"]).stdout);
}

#[test]
fn examples_follow_config_schema() {
    let validator = validator("config");
    // The recipes are files of CI systems, and the manifests are those of Kubernetes.
    let others = ["examples/ci", "examples/kubernetes"].map(|name| root().join(name));
    let is_yaml = |path: &Path| {
        path.extension().is_some_and(|end| end == "yaml")
            && !others.iter().any(|other| path.starts_with(other))
    };
    let mut files = crate::support::files(&root().join("examples"), &is_yaml);
    files.extend(crate::support::files(
        &root().join("tests/samples/valid"),
        &is_yaml,
    ));
    files.extend(crate::support::files(
        &root().join("src/app/starter"),
        &is_yaml,
    ));
    assert!(files.len() > 8);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let document: Value = serde_yaml::from_str(&text).unwrap();
        let found_violations = violations(&validator, &document);
        assert_eq!(found_violations, Vec::<String>::new(), "{}", file.display());
    }
    let invalid = serde_json::json!({"version": 1, "customers": [{"nam": "acme"}]});
    assert!(!violations(&validator, &invalid).is_empty());
}

#[test]
fn plan_json_follows_schema() {
    let validator = validator("plan");
    let mut env = TestEnv::new();
    let check = |env: &TestEnv, more: &[&str]| {
        let arguments = [&["plan", "--format", "json"], more].concat();
        let plan = env.run(&arguments).json();
        assert_eq!(violations(&validator, &plan), Vec::<String>::new());
        plan
    };
    assert_eq!(check(&env, &[])["changes"].as_array().unwrap().len(), 5);
    env.converge(&[]);
    assert_eq!(check(&env, &[])["changes"].as_array().unwrap().len(), 0);
    env.set("ACME_GITHUB", "another-value");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.remove_lines("- name: globex", None);
    check(&env, &["--prune", "--no-secrets"]);
    let plan = check(&env, &["--prune"]);
    assert_eq!(plan["changes"].as_array().unwrap().len(), 3);
}

#[test]
fn drift_and_export_json_follow_schemas() {
    let (drifts, files) = (validator("drift"), validator("config"));
    let env = TestEnv::applied();
    for drifted in [false, true] {
        if drifted {
            let id = env.connector("Acme GitHub").id;
            let remote = env.remote();
            remote.change_connector(id, &serde_json::json!({"name": "Someone's"}));
            remote.customer("someone");
        }
        let drift = env.run(&["drift", "--format", "json"]).json();
        assert_eq!(violations(&drifts, &drift), Vec::<String>::new());
        assert_eq!(drift["drifted"], drifted);
        let export = env.run(&["export", "--format", "json"]).json();
        assert_eq!(violations(&files, &export), Vec::<String>::new());
    }
}

#[test]
fn report_json_follows_schema() {
    let validator = validator("report");
    let faults = "create_integrations_connectors:1:403";
    let env = TestEnv::with(crate::support::PROJECT, faulty(faults));
    for code in [None, Some(0)] {
        let (output, _) = env.apply(&["--format", "json"]);
        if let Some(code) = code {
            output.exits(code);
        }
        let report = output.json();
        assert_eq!(violations(&validator, &report), Vec::<String>::new());
        assert_eq!(report["complete"], code.is_some());
    }
    env.assert_converged(&[]);
}

#[test]
fn json_of_other_commands_follows_schemas() {
    let env = TestEnv::applied();
    for (line, schema) in [
        ("validate", "validation"),
        ("doctor", "doctor"),
        ("ledger show", "ledger"),
        ("ledger history", "ledger-history"),
        ("ledger copy .airlift/ledger copied", "ledger-copy"),
    ] {
        let arguments: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
        let document = env.run(&arguments).exits(0).json();
        assert_eq!(violations(&validator(schema), &document), [""; 0], "{line}");
    }
}
