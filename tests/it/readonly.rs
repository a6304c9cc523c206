//! The verbs that only look: `plan`, `drift` and `export` send GETs and the application-token call,
//! `validate` sends nothing at all.

use crate::support::{AIRLIFT, Output, TestEnv, isolate, options};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

#[test]
fn a_plan_reads_and_nothing_else() {
    let mut env = TestEnv::new();
    let reads = |env: &TestEnv| {
        for more in [&[][..], &["--refresh", "full"], &["--prune"], &["-vv"]] {
            let arguments = [&["plan"], more].concat();
            let (output, traffic) = env.run_seen(&arguments);
            assert!(matches!(output.code, Some(0)), "{output}");
            traffic.only_reads();
            assert!(!traffic.0.is_empty());
        }
    };
    reads(&env);
    env.converge(&[]);
    reads(&env);
    // With something of each kind to do, a check of credentials included.
    env.set("ACME_GITHUB", "another-value");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.cut("- name: globex", None);
    reads(&env);
}

#[test]
fn drift_and_export_read_and_nothing_else() {
    let mut env = TestEnv::applied();
    let remote = env.remote();
    remote.customer("somebody");
    let key = serde_json::json!({"api_key": "somebody's"});
    remote.connector("acme", "Manual", "stripe", &key);
    // No secret is asked for, so none has to be there.
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
        &["export", "--out", "estate"],
    ] {
        let (output, traffic) = env.run_seen(arguments);
        assert!(matches!(output.code, Some(0 | 2)), "{output}");
        traffic.only_reads();
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
fn a_plan_leaves_the_ledger_as_it_is() {
    let mut env = TestEnv::applied();
    let before = ledger(&env);
    env.set("ACME_GITHUB", "another-value");
    env.run(&["plan"]).exits(0);
    assert_eq!(ledger(&env), before);
}

/// The address that everything else would call has a queue, which stays empty.
#[test]
fn validation_calls_nobody() {
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
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
    assert!(env.traffic().0.is_empty());
    // Nor does it make anything beside the project.
    assert!(!env.path(".airlift").exists());
}

/// Verbs that work in a network namespace without a network, loopback included. Where the system
/// has no such namespaces, this proves nothing and [`validation_calls_nobody`] stands alone.
#[test]
fn offline_verbs_work_without_a_network() {
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
        Output::of(&mut command, Duration::from_secs(30)).exits(0);
    }
    let mut command = isolated(AIRLIFT, &["plan", "--sandbox"]);
    let plan = Output::of(&mut command, Duration::from_secs(30));
    assert_ne!(plan.code, Some(0), "loopback is missing there: {plan}");
}

#[test]
fn a_starting_project_is_valid_and_never_overwrites() {
    let env = TestEnv::with("version: 1\n", options());
    env.run(&["init", "new"])
        .exits(0)
        .says("wrote new/airlift.yaml");
    env.run(&["validate", "-f", "new"]).exits(0);
    env.run(&["plan", "-f", "new", "--sandbox"]).exits(0);
    env.run(&["init", "new"])
        .exits(1)
        .complains("project_exists");
    env.run(&["init"]).exits(1).complains("project_exists");
}
