//! Tests of `--json`: every command that talks to the API writes events, which follow the published
//! schema, and ends with the exit code that it has without the flag.

use crate::support::{Output, PROJECT, TestEnv, faulty, options};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/events.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The events of a run, which are numbered, valid and of one run, from the version to the summary
/// with the exit code.
fn checked(stdout: &str, code: Option<i32>) -> Vec<Value> {
    let schema = schema();
    let read = |line: &str| {
        let event: Value = serde_json::from_str(line).expect(line);
        let errors: Vec<_> = schema.iter_errors(&event).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{line}");
        event
    };
    let events: Vec<Value> = stdout.lines().map(read).collect();
    assert_eq!(events[0]["type"], "version");
    for (number, event) in (1..).zip(&events) {
        assert_eq!(event["seq"], json!(number));
        assert_eq!(event["run_id"], events[0]["run_id"]);
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "summary", "{stdout}");
    assert_eq!(last["exit_code"], json!(code), "{stdout}");
    events
}

fn with_json(env: &TestEnv, line: &str) -> (Output, Vec<Value>) {
    let arguments: Vec<&str> = line.split(' ').chain(["--json"]).collect();
    let output = env.run(&arguments);
    let events = checked(&output.stdout, output.code);
    (output, events)
}

/// Runs a command in two equal environments, with `--json` and without. Returns the events.
fn same_exit(new: impl Fn() -> TestEnv, line: &str, code: i32) -> Vec<Value> {
    let without = new();
    without
        .run(&line.split(' ').collect::<Vec<_>>())
        .exits(code);
    let (output, events) = with_json(&new(), line);
    output.exits(code);
    events
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

fn error(events: &[Value]) -> &Value {
    &events.last().unwrap()["error"]["code"]
}

#[test]
fn events_of_a_plan_have_the_target_the_changes_with_fields_and_the_counts() {
    let events = same_exit(TestEnv::new, "plan --detailed-exitcode", 2);
    assert!(of_type(&events, "target")[0]["organization_id"].is_string());
    assert!(!of_type(&events, "refresh_start").is_empty());
    let changes = of_type(&events, "planned_change");
    assert_eq!(changes.len(), 5);
    let github = changes
        .iter()
        .find(|event| event["change"]["connector"] == "Acme GitHub")
        .unwrap();
    assert_eq!(github["change"]["action"], "create");
    let fields = github["change"]["fields"].as_array().unwrap();
    assert!(
        fields
            .iter()
            .any(|field| field["path"] == "credentials.token")
    );
    let summary = events.last().unwrap();
    assert_eq!(summary["result"], "succeeded");
    assert_eq!(summary["planned"]["add"], 5);
    assert!(of_type(&events, "plan_complete")[0]["changes"]["add"] == 5);
    assert!(events.iter().all(|event| event.get("plan_id").is_none()));
}

#[test]
fn events_of_an_apply_follow_each_step_from_start_to_id() {
    let events = same_exit(TestEnv::new, "apply --auto-approve", 0);
    assert_eq!(of_type(&events, "planned_change").len(), 5);
    assert_eq!(of_type(&events, "apply_start").len(), 5);
    let completed = of_type(&events, "apply_complete");
    assert_eq!(completed.len(), 5);
    assert!(completed.iter().all(|event| event["id"].is_string()));
    assert_eq!(events.last().unwrap()["applied"]["added"], 5);
}

#[test]
fn events_of_a_saved_plan_have_its_id() {
    let env = TestEnv::new();
    let (_, events) = with_json(&env, "plan --out plan.json");
    let id = events.last().unwrap()["plan_id"].clone();
    assert_eq!(of_type(&events, "plan_complete")[0]["saved"]["id"], id);
    let (output, events) = with_json(&env, "apply plan.json");
    output.exits(0);
    assert!(id.is_string());
    assert_eq!(events.last().unwrap()["plan_id"], id);
    let (_, events) = with_json(&env, "show plan.json");
    assert_eq!(of_type(&events, "planned_change").len(), 5);
    let (output, events) = with_json(&env, "apply plan.json --on-stale fail --target acme");
    output.exits(64);
    assert_eq!(error(&events), "options_of_plan");
}

#[test]
fn events_of_a_failed_step_have_its_attempts_and_the_id_of_the_response() {
    let new = || TestEnv::with(PROJECT, faulty("create_integrations_connectors:*:422"));
    let events = same_exit(new, "apply --auto-approve", 4);
    let errored = of_type(&events, "apply_errored");
    assert_eq!(errored.len(), 3);
    for event in errored {
        assert_eq!(event["code"], "remote_failed");
        assert_eq!(event["request"]["status"], 422);
        assert_eq!(event["request"]["attempts"], 1);
        assert!(event["request"]["request_id"].is_string(), "{event}");
    }
    let requests = of_type(&events, "request");
    assert_eq!(requests.len(), 3);
    assert!(requests[0]["request_id"].is_string());
    let summary = events.last().unwrap();
    assert_eq!(summary["result"], "partial");
    assert_eq!(summary["applied"]["failed"], 3);
}

#[test]
fn events_of_a_repeated_request_have_the_wait() {
    let new = || TestEnv::with(PROJECT, faulty("list_workspaces:1:429@2"));
    let events = same_exit(new, "plan", 0);
    let waits = of_type(&events, "wait");
    assert!(waits[0]["seconds"].is_f64(), "{events:?}");
    assert_eq!(of_type(&events, "request")[0]["response"]["status"], 429);
}

#[test]
fn events_of_invalid_files_name_the_places_and_end_with_the_failure() {
    let new = || {
        let env = TestEnv::new();
        env.edit("type: stripe", "typ: stripe");
        env
    };
    for line in ["validate", "plan"] {
        let events = same_exit(new, line, 1);
        assert_eq!(of_type(&events, "diagnostic").len(), 1);
    }
    let events = same_exit(new, "plan", 1);
    let findings = of_type(&events, "diagnostic");
    assert_eq!(findings[0]["location"]["file"], "./airlift.yaml");
    assert_eq!(error(&events), "invalid_files");
}

#[test]
fn events_of_rejected_credentials_end_with_the_failure() {
    let new = || {
        let mut env = TestEnv::new();
        env.set("AIRBYTE_CLIENT_SECRET", "not-the-secret-of-tests");
        env
    };
    let events = same_exit(new, "plan", 3);
    assert_eq!(events.last().unwrap()["result"], "failed");
}

#[test]
fn events_of_a_refused_plan_name_the_guard() {
    let new = || {
        let env = TestEnv::applied();
        let id = env.world().workspace("acme").unwrap().id;
        env.remote().change_customer(id, &json!({"name": "emca"}));
        env
    };
    for line in ["plan", "apply --auto-approve"] {
        let events = same_exit(new, line, 5);
        assert_eq!(
            of_type(&events, "guard_tripped")[0]["code"],
            "recorded_id_renamed"
        );
        assert_eq!(error(&events), "guard_refused");
    }
}

#[test]
fn events_of_an_unresolved_secret_name_it_and_end_with_the_failure() {
    let new = || {
        let mut env = TestEnv::new();
        env.unset("ACME_GITHUB");
        env
    };
    let events = same_exit(new, "apply --auto-approve", 11);
    let unverified = of_type(&events, "secret_unverified");
    assert_eq!(unverified[0]["address"], "acme/Acme GitHub");
    assert_eq!(error(&events), "secret_unresolved");
}

#[test]
fn events_of_a_stale_plan_end_with_the_failure() {
    let new = || {
        let env = TestEnv::new();
        env.run(&["plan", "--out", "plan.json"]).exits(0);
        env.edit(
            "api_key: \"${file:stripe-key}\"",
            "api_key: \"${env:ACME_GITHUB}\"",
        );
        env
    };
    let events = same_exit(new, "apply plan.json --on-stale fail", 10);
    assert_eq!(error(&events), "plan_stale");
}

#[test]
fn events_of_a_wrong_command_line_or_a_missing_approval_are_complete() {
    let env = TestEnv::applied();
    for (line, code) in [
        ("fly", "usage"),
        ("plan --nonsense", "usage"),
        ("plan --format json", "usage"),
        ("types", "usage"),
        ("rotate acme", "approval_needed"),
        ("drift --target nobody", "unknown_selector"),
    ] {
        let (output, events) = with_json(&env, line);
        output.exits(64);
        assert_eq!(error(&events), code, "{line}");
    }
    let (output, events) = with_json(&env, "plan --help");
    output.exits(0);
    assert!(of_type(&events, "result")[0]["document"]["help"].is_string());
}

#[test]
fn events_of_other_commands_have_their_document() {
    for (line, field) in [
        ("doctor", "checks"),
        ("export", "customers"),
        ("export --out new", "directory"),
        ("outputs", "customers"),
        ("status", "connectors"),
        ("snapshot --out snapshot.json", "file"),
        ("ledger show", "customers"),
        ("ledger history", "runs"),
        ("ledger copy .airlift/ledger copied", "customers"),
        ("ledger trust acme --auto-approve", "trusted"),
        ("ledger sign --auto-approve", "format_version"),
    ] {
        let events = same_exit(TestEnv::applied, line, 0);
        let result = of_type(&events, "result");
        assert_eq!(result.len(), 1, "{line}: {events:?}");
        assert!(
            !result[0]["document"][field].is_null(),
            "{line}: {result:?}"
        );
    }
}

#[test]
fn events_of_drift_adoption_and_rotation_name_the_objects() {
    let drifted = || {
        let env = TestEnv::applied();
        let id = env.world().workspace("acme").unwrap().id;
        env.remote().change_customer(id, &json!({"name": "emca"}));
        env
    };
    let events = same_exit(drifted, "drift --detailed-exitcode", 2);
    assert_eq!(
        of_type(&events, "resource_drift")[0]["change"]["change"],
        "renamed_remotely"
    );
    let events = same_exit(TestEnv::applied, "rotate acme --auto-approve", 0);
    assert!(!of_type(&events, "wave_start").is_empty());
    assert_eq!(of_type(&events, "apply_complete").len(), 2);
    let events = same_exit(TestEnv::applied, "adopt acme --auto-approve", 0);
    assert_eq!(events.last().unwrap()["result"], "succeeded");
}

#[test]
#[cfg(unix)]
fn events_of_an_interrupted_run_end_with_the_failure() {
    for line in ["plan", "apply --auto-approve"] {
        let env = TestEnv::with(PROJECT, faulty("list_workspaces:*:delay@20000"));
        let arguments: Vec<&str> = line.split(' ').chain(["--json"]).collect();
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
        let events = checked(&String::from_utf8(output.stdout).unwrap(), Some(8));
        assert_eq!(events.last().unwrap()["result"], "canceled");
        assert_eq!(error(&events), "cancelled");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn events_that_cannot_be_written_are_a_failure() {
    let env = TestEnv::with(PROJECT, options());
    let mut command = env.command(&["plan", "--json"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    command.stdout(full.unwrap()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
