//! Tests of `--format json`: every command prints exactly one document on stdout, whether it succeeds
//! or fails, and the document of a failure follows its schema.

use crate::support::{Output, PROJECT, TestEnv, faulty};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

/// Commands that read the project and the API.
const ONLINE: [&str; 17] = [
    "plan",
    "outputs",
    "status",
    "snapshot --out snapshot.json",
    "token app",
    "apply --auto-approve",
    "adopt acme --auto-approve",
    "drift",
    "export",
    "rotate acme --auto-approve",
    "rotate --resume --auto-approve",
    "ledger show",
    "ledger history",
    "ledger copy .airlift/ledger copied",
    "ledger trust acme --auto-approve",
    "ledger rekey",
    "ledger sign --auto-approve",
];

/// Commands that use no network.
const OFFLINE: [&str; 16] = [
    "init new",
    "expand",
    "schema outputs",
    "schema status",
    "validate",
    "types",
    "types github",
    "explain",
    "explain rotation",
    "schema",
    "schema plan",
    "schema report",
    "schema drift",
    "schema policy",
    "schema error",
    "schema events",
];

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/error.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Runs a command line with `--format json`.
fn run(env: &TestEnv, line: &str) -> Output {
    let arguments: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
    env.run(&arguments)
}

/// Asserts that stdout is one document of a failure with this code.
fn assert_fails(output: &Output, code: &str) -> Value {
    let document = output.json();
    assert_eq!(document["error"]["code"], code, "{output}");
    assert_eq!(
        document["error"]["exit_code"],
        json!(output.code),
        "{output}"
    );
    assert!(document["error"]["hints"][0].is_string(), "{output}");
    assert!(schema().is_valid(&document), "{output}");
    output.complains(&format!("error[{code}]"));
    document
}

#[test]
fn json_of_offline_commands_is_one_document() {
    let env = TestEnv::new();
    for line in OFFLINE {
        let output = run(&env, line);
        output.exits(0);
        assert!(output.json().is_object(), "{line}: {output}");
    }
    let types = run(&env, "types github").json();
    assert_eq!(types["types"][0]["connector_type"], "github");
    let topics = run(&env, "explain exit-codes").json();
    assert_eq!(topics["topics"].as_array().unwrap().len(), 11);
    assert_fails(&run(&env, "types nonsense"), "unknown_type");
    assert_fails(&run(&env, "explain nothing-of-the-kind"), "usage");
    assert_fails(&run(&env, "init new"), "project_exists");
}

#[test]
fn json_of_online_commands_is_one_document() {
    let env = TestEnv::applied();
    for line in ONLINE {
        let output = run(&env, line);
        assert!(output.json().is_object(), "{line}: {output}");
    }
    assert!(run(&env, "doctor").json()["checks"].is_array());
}

#[test]
fn json_of_missing_or_wrong_files_names_the_place() {
    let env = TestEnv::new();
    for line in ONLINE {
        let document = assert_fails(&run(&env, &format!("{line} -f nowhere")), "invalid_files");
        assert_eq!(document["findings"][0]["file"], "nowhere", "{line}");
    }
    env.edit("type: stripe", "typ: stripe");
    for line in ONLINE {
        let document = assert_fails(&run(&env, line), "invalid_files");
        let finding = &document["findings"][0];
        assert_eq!(finding["file"], "./airlift.yaml", "{line}");
        assert!(finding["line"].as_u64() > Some(1), "{line}: {finding}");
    }
    // These commands report the files themselves.
    assert_eq!(run(&env, "validate").json()["valid"], false);
    assert_eq!(run(&env, "doctor").json()["healthy"], false);
}

#[test]
fn json_of_missing_credentials_or_wrong_host_is_an_error() {
    let mut env = TestEnv::new();
    let host = env.variables["AIRBYTE_API_HOST"].clone();
    env.set("AIRBYTE_API_HOST", "http://api.example");
    for line in ONLINE {
        assert_fails(&run(&env, line), "bad_api_host");
    }
    env.set("AIRBYTE_API_HOST", &host);
    env.unset("AIRBYTE_CLIENT_ID");
    for line in ONLINE {
        assert_fails(&run(&env, line), "no_credentials");
    }
}

#[test]
fn json_of_api_without_response_is_an_error() {
    let mut env = TestEnv::new();
    // No process listens on the discard port.
    env.set("AIRBYTE_API_HOST", "http://127.0.0.1:9");
    assert_fails(&run(&env, "plan"), "remote_failed");
}

#[test]
fn json_of_refusals_before_execution_is_an_error() {
    let env = TestEnv::applied();
    assert_fails(
        &run(&env, "rotate nobody --auto-approve"),
        "unknown_selector",
    );
    assert_fails(&run(&env, "drift --target nobody"), "unknown_selector");
    assert_fails(&run(&env, "export --target nobody"), "unknown_selector");
    assert_fails(&run(&env, "export --out new"), "usage");
    assert_fails(&run(&env, "rotate acme"), "approval_needed");
    env.edit("name: Globex Stripe", "name: Globex Payments");
    assert_fails(&run(&env, "apply"), "approval_needed");
    let id = env.world().workspace("acme").unwrap().id;
    env.remote().change_customer(id, &json!({"name": "emca"}));
    assert_fails(&run(&env, "apply --auto-approve"), "guard_refused");
    // The plan is the document, and names the guard.
    let output = run(&env, "plan");
    output.exits(5).complains("error[guard_refused]");
    assert_eq!(output.json()["refusals"][0]["code"], "recorded_id_renamed");
}

#[test]
fn json_of_wrong_command_line_is_an_error() {
    let env = TestEnv::new();
    for line in [
        "fly",
        "plan --nonsense",
        "plan --target",
        "init -f x",
        "schema --sandbox",
        "completions bash",
        "apply --delete-customers",
        "sandbox serve",
    ] {
        let output = run(&env, line);
        output.exits(64);
        let document = output.json();
        assert_eq!(document["error"]["code"], "usage", "{output}");
        assert_eq!(document["error"]["exit_code"], 64, "{output}");
        assert!(schema().is_valid(&document), "{output}");
    }
    assert!(run(&env, "--help").json()["help"].is_string());
}

#[test]
#[cfg(unix)]
fn json_of_interrupted_run_is_an_error() {
    for line in ["plan", "drift", "export", "apply --auto-approve"] {
        let env = TestEnv::with(PROJECT, faulty("list_workspaces:*:delay@20000"));
        let arguments: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
        let mut command = env.command(&arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        env.wait_for("the first request", |env| !env.traffic().0.is_empty());
        let kill = std::process::Command::new("kill")
            .arg(child.id().to_string())
            .status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(8), "{line}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["error"]["code"], "cancelled", "{line}");
    }
}
