//! Tests of read-only commands: `plan`, `drift` and `export` send only GETs and the request for an
//! application token, and `validate` sends nothing.

use crate::support::{AIRLIFT, Output, TestEnv, isolate, options};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

#[test]
fn plan_only_reads() {
    let mut env = TestEnv::new();
    let reads = |env: &TestEnv| {
        for more in [&[][..], &["--refresh", "full"], &["--prune"], &["-vv"]] {
            let arguments = [&["plan"], more].concat();
            let (output, traffic) = env.run_with_traffic(&arguments);
            assert!(matches!(output.code, Some(0)), "{output}");
            traffic.assert_only_reads();
            assert!(!traffic.0.is_empty());
        }
    };
    reads(&env);
    env.converge(&[]);
    reads(&env);
    // With changes of each kind, and credentials to check.
    env.set("ACME_GITHUB", "another-value");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.remove_lines("- name: globex", None);
    reads(&env);
}

#[test]
fn drift_and_export_only_read() {
    let mut env = TestEnv::applied();
    let remote = env.remote();
    remote.customer("someone");
    let key = serde_json::json!({"api_key": "someone's"});
    remote.connector("acme", "Manual", "stripe", &key);
    // No secret is read, so none has to exist.
    for name in ["ACME_GITHUB", "ACME_ZENDESK"] {
        env.unset(name);
    }
    let before = (env.world(), ledger(&env));
    for arguments in [
        &["drift"][..],
        &["drift", "--detailed-exitcode", "-vv"],
        &["drift", "--target", "acme", "--format", "json"],
        &["export"],
        &["export", "--format", "json", "-vv"],
        &["export", "--target", "globex"],
        &["export", "--out", "exported"],
    ] {
        let (output, traffic) = env.run_with_traffic(arguments);
        assert!(matches!(output.code, Some(0 | 2)), "{output}");
        traffic.assert_only_reads();
        assert!(!traffic.0.is_empty());
    }
    assert_eq!((env.world(), ledger(&env)), before);
}

fn ledger(env: &TestEnv) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    crate::support::files(&env.path(".airlift"), &|_| true)
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn plan_does_not_change_the_ledger() {
    let mut env = TestEnv::applied();
    let before = ledger(&env);
    env.set("ACME_GITHUB", "another-value");
    env.run(&["plan"]).exits(0);
    assert_eq!(ledger(&env), before);
}

/// Listens at the configured API address, which gets no connection.
#[test]
fn validate_sends_nothing() {
    let mut env = TestEnv::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    env.set("AIRBYTE_API_HOST", &address);
    for arguments in [
        &["validate"][..],
        &["validate", "--sandbox"],
        &["validate", "-f", "airlift.yaml", "--format", "json"],
    ] {
        env.run(arguments).exits(0);
    }
    let none = listener.accept().unwrap_err();
    assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock);
    assert!(env.traffic().0.is_empty());
    // It creates no files either.
    assert!(!env.path(".airlift").exists());
}

/// Runs the commands in a network namespace without a network, not even loopback. Skipped where the
/// system has no such namespaces.
#[test]
fn offline_commands_work_without_a_network() {
    let env = TestEnv::new();
    let isolated = |program: &str, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--net", "--"]).arg(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        isolate(&mut command, env.root(), [("PATH", path)]).args(arguments);
        command
    };
    let possible = isolated("true", &[]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return;
    }
    for arguments in [
        &["validate"][..],
        &["types", "github"],
        &["explain"],
        &["schema"],
        &["init", "new"],
    ] {
        let mut command = isolated(AIRLIFT, arguments);
        Output::run(&mut command, Duration::from_secs(30)).exits(0);
    }
    let mut command = isolated(AIRLIFT, &["plan", "--sandbox"]);
    let plan = Output::run(&mut command, Duration::from_secs(30));
    assert_ne!(plan.code, Some(0), "loopback is missing there: {plan}");
}

#[test]
fn init_writes_a_valid_project_and_overwrites_nothing() {
    let env = TestEnv::with("version: 1\n", options());
    let written = env.run(&["init", "new"]);
    written.exits(0).says("wrote new/airlift.yaml");
    let steps = written.stdout.lines();
    let steps: Vec<&str> = steps
        .filter_map(|line| line.strip_prefix("Next: airlift "))
        .collect();
    assert_eq!(steps.len(), 3, "{written}");
    for step in steps {
        let arguments: Vec<&str> = step.split(' ').collect();
        env.run(&arguments).exits(0);
    }
    env.run(&["init", "new"])
        .exits(1)
        .complains("project_exists");
    env.run(&["init"]).exits(1).complains("project_exists");
}

#[test]
fn init_beside_other_files_adds_to_gitignore() {
    let env = TestEnv::with("version: 1\n", options());
    std::fs::create_dir(env.path("new")).unwrap();
    let ignored = env.path("new/.gitignore");
    std::fs::write(&ignored, "/target").unwrap();
    env.run(&["init", "new"])
        .exits(0)
        .says("wrote new/.gitignore");
    let text = std::fs::read_to_string(ignored).unwrap();
    assert_eq!(text, "/target\n.airlift/\nsecrets/\n");
}

#[test]
fn apply_in_repository_keeps_ledger_from_git() {
    let git = |env: &TestEnv, arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(arguments).current_dir(env.path(""));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        Output::run(&mut command, Duration::from_secs(30))
            .exits(0)
            .stdout
            .clone()
    };
    let env = TestEnv::new();
    git(&env, &["init", "-q"]);
    env.converge(&[]);
    env.run(&["apply", "--sandbox", "--auto-approve"]).exits(0);
    assert!(env.path(".airlift/ledger").exists());
    let listed = git(&env, &["status", "--porcelain"]);
    assert!(!listed.contains(".airlift"), "{listed}");
}

#[test]
fn init_of_every_type_gives_a_project_that_the_sandbox_applies() {
    let env = TestEnv::with("version: 1\n", options());
    let names: Vec<&str> = airlift::catalog::all()
        .iter()
        .map(|kind| kind.name.as_str())
        .collect();
    let types = names.join(",");
    let init = env.run(&["init", "new", "--type", &types, "--ci", "github"]);
    init.exits(0)
        .says("wrote new/.github/workflows/airlift.yml");
    let valid = env.run(&["validate", "-f", "new", "--format", "json"]);
    assert_eq!(
        valid.exits(0).json()["findings"],
        serde_json::json!([]),
        "{valid}"
    );
    env.run(&["apply", "-f", "new", "--sandbox", "--auto-approve"])
        .exits(0);
    for file in ["airlift.yaml", "customers/acme-corp.yaml"] {
        let path = env.path("new").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let schema = text
            .lines()
            .next()
            .and_then(|line| line.split_once("$schema="));
        let schema = path.parent().unwrap().join(schema.unwrap().1);
        assert!(schema.exists(), "{}", schema.display());
    }
    env.run(&["init", "other", "--type", "zendesk"])
        .exits(64)
        .complains("`zendesk-support` or `zendesk-talk`");
}
