//! The programs of `examples/agent` read through a connector of the sandbox, by the id that `outputs` prints.

use crate::support::{Output, TestEnv, isolate};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A Python with the vendor's SDK.
const PYTHON: &str = "AIRLIFT_TEST_AGENT_PYTHON";

fn example(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("examples/agent").join(name)
}

fn with_ids() -> TestEnv {
    let env = TestEnv::applied();
    let outputs = env.run(&["outputs", "--format", "json"]);
    env.write("ids.json", &outputs.exits(0).stdout);
    env
}

/// Runs a program of the examples beside the ids.
fn run(env: &TestEnv, program: &str, arguments: &[&str], stdin: Option<&Path>) -> Output {
    let mut command = Command::new(program);
    let path = std::env::var("PATH").unwrap();
    let api = env.variables["AIRBYTE_API_HOST"].clone();
    isolate(&mut command, env.root(), &env.variables)
        .env("PATH", path)
        // The SDK's own variable for tests against a server of one's own.
        .env("SDK_DEV_ADP_API_HOST", api)
        .args(arguments)
        .args(["acme", "Acme GitHub"]);
    if let Some(file) = stdin {
        command.stdin(Stdio::from(std::fs::File::open(file).unwrap()));
    }
    Output::run(&mut command, Duration::from_mins(1))
}

/// Whether a program exists. The tests of its example run nothing without it.
fn has(program: &str) -> bool {
    let version = Command::new(program).arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

#[test]
fn agent_with_curl_reads_by_id_of_outputs() {
    if !has("curl") || !has("jq") {
        return;
    }
    let env = with_ids();
    let script = example("agent.sh");
    let read = run(&env, "sh", &[script.to_str().unwrap()], None);
    read.exits(0).says("made up by the sandbox");
    // A connector that the ids do not have.
    env.write("ids.json", r#"{"organization_id": "x", "customers": {}}"#);
    let missing = run(&env, "sh", &[script.to_str().unwrap()], None);
    assert_ne!(missing.code, Some(0), "{missing}");
}

#[test]
fn agent_in_typescript_reads_by_id_of_outputs() {
    if !has("node") {
        return;
    }
    let env = with_ids();
    // The program has no type annotations, so that it is a module of JavaScript, too.
    let arguments = ["--input-type=module", "-"];
    let read = run(&env, "node", &arguments, Some(&example("agent.ts")));
    read.exits(0).says("made up by the sandbox");
}

#[test]
#[ignore = "needs a Python with airbyte-agent-sdk in AIRLIFT_TEST_AGENT_PYTHON"]
fn agent_with_sdk_reads_by_id_of_outputs() {
    let python = std::env::var(PYTHON).expect(PYTHON);
    let env = with_ids();
    let script = example("agent.py");
    let read = run(&env, &python, &[script.to_str().unwrap()], None);
    read.exits(0).says("made up by the sandbox");
}
