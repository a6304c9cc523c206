//! Tests of runs that are killed or interrupted, that run at the same time, or that meet faults.

use super::request_counts::fleet;
use crate::support::{PROJECT, TestEnv, faulty, options};
use airlift::sandbox::Options;
use airlift::sandbox::testing::WorldView;
use std::process::Stdio;
use std::time::Duration;

/// Runs until the second call of an operation has its effect and gets no response, then kills the run.
fn killed(operation: &str, reached: impl FnMut(&TestEnv) -> bool) -> TestEnv {
    let env = TestEnv::with(PROJECT, faulty(&format!("{operation}:2:timeout-after")));
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", reached);
    // The run has no response yet when the world shows the effect.
    child.kill().unwrap();
    child.wait().unwrap();
    env
}

fn names(env: &TestEnv) -> Vec<String> {
    let world = env.world();
    let mut names: Vec<_> = world
        .connectors()
        .map(|connector| connector.name.clone())
        .collect();
    names.sort();
    names
}

#[test]
fn killed_run_during_creation_leaves_no_duplicate() {
    let env = killed("create_integrations_connectors", |env| {
        env.world().connectors().count() == 2
    });
    let created = env.connector("Acme Zendesk").id;
    let (output, traffic) = env.converge(&[]);
    // The second connector is recorded, and the third one is created.
    output.says("Resources: 2 added");
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    assert_eq!(env.connector("Acme Zendesk").id, created);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
    let sent =
        serde_json::json!({"email": "ops@acme.example", "api_token": "value-of-acme-zendesk"});
    assert!(env.sandbox().holds_credentials(created, &sent));
    // The credentials are verified, as if the response had arrived.
    let plan = env.run(&["plan"]);
    assert!(!plan.stdout.contains("Not verified"), "{plan}");
}

#[test]
fn killed_run_during_customer_creation_finds_it_again() {
    let env = killed("create_account_applications_scoped_token", |env| {
        env.world().workspace("globex").is_some()
    });
    let created = env.world().workspace("globex").unwrap().id;
    env.converge(&[]);
    assert_eq!(env.world().workspace("globex").unwrap().id, created);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
}

#[test]
fn killed_run_during_rotation_ends_with_one_connector() {
    let faults = "create_integrations_connectors:4:timeout-after";
    let mut env = TestEnv::with(PROJECT, faulty(faults));
    env.converge(&[]);
    let old = env.connector("Acme GitHub").id;
    env.set("ACME_GITHUB", "another-value");
    let mut child = env.spawn(&["apply", "--auto-approve"]);
    env.wait_for("the new connector", |env| {
        env.world().connectors().count() == 4
    });
    child.kill().unwrap();
    child.wait().unwrap();
    env.converge(&[]);
    env.wait_for("the deletion of the old connector", |env| {
        env.world().connectors().count() == 3
    });
    let new = env.connector("Acme GitHub").id;
    assert_ne!(new, old);
    let sent = serde_json::json!({"token": "another-value"});
    assert!(env.sandbox().holds_credentials(new, &sent));
}

#[cfg(unix)]
#[test]
fn signal_before_first_write_stops_at_once() {
    let env = TestEnv::with(PROJECT, faulty("list_workspaces:1:timeout-before"));
    let mut child = env.spawn(&["apply", "--auto-approve"]);
    env.wait_for("the listing", |env| {
        let log = env.sandbox().log();
        log.iter()
            .any(|request| request.operation.as_deref() == Some("list_workspaces"))
    });
    // The signal handler is installed before the first request.
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert_eq!(env.world().connectors().count(), 0);
    env.converge(&[]);
}

#[test]
fn concurrent_run_with_same_ledger_is_rejected() {
    let env = TestEnv::with(
        PROJECT,
        faulty("create_integrations_connectors:1:timeout-before"),
    );
    let mut first = env.spawn(&["apply", "--auto-approve"]);
    let is_creation = |request: &airlift::sandbox::testing::RequestRecord| {
        request.operation.as_deref() == Some("create_integrations_connectors")
    };
    env.wait_for("the first creation", |env| {
        env.sandbox().log().iter().any(is_creation)
    });
    let second = env.run(&["apply", "--auto-approve"]);
    second.exits(1).complains("ledger_locked");
    // Reading needs no lock.
    env.run(&["plan"]).exits(0);
    first.kill().unwrap();
    first.wait().unwrap();
    env.converge(&[]);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
}

#[test]
fn signal_finishes_request_in_flight() {
    let env = TestEnv::with(
        PROJECT,
        faulty("create_integrations_connectors:1:delay@700"),
    );
    let arguments = ["apply", "--auto-approve", "--parallelism", "1"];
    let mut child = env.spawn(&arguments);
    let is_creation = |request: &airlift::sandbox::testing::RequestRecord| {
        request.operation.as_deref() == Some("create_integrations_connectors")
    };
    env.wait_for("the first creation", |env| {
        env.sandbox().log().iter().any(is_creation)
    });
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert_eq!(env.world().connectors().count(), 1);
    let (output, _) = env.converge(&[]);
    output.says("Resources: 3 added");
}

#[test]
fn transient_faults_are_retried() {
    let faults = "list_workspaces:1:503,create_integrations_connectors:1:429@0,\
                  create_integrations_connectors:3:reset-before,create_integrations_connectors:4:\
                  504-after,get_workspaces_stats:1:cut";
    let env = TestEnv::with(PROJECT, faulty(faults));
    let (_, traffic) = env.apply(&[]);
    let met = traffic
        .0
        .iter()
        .filter(|request| request.fault.is_some())
        .count();
    assert!(met >= 4, "{traffic:#?}");
    env.apply(&[]);
    env.converge(&[]);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
}

#[test]
fn tokens_that_expire_early_are_replaced() {
    let mut options = faulty("create_integrations_connectors:2:expire,list_workspaces:1:expire");
    options.app_token_ttl = Duration::from_mins(10);
    let env = TestEnv::with(PROJECT, options);
    env.converge(&[]);
}

#[test]
fn failed_customer_does_not_stop_another() {
    let mut env = TestEnv::new();
    env.set("ACME_GITHUB", "value-of-acme-github");
    env.edit(
        "type: stripe\n",
        "type: stripe\n        template_id: 11111111-2222-4333-8444-555555555555\n",
    );
    let output = env.command(&["apply", "--auto-approve"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Resources: 4 added"), "{text}");
    env.edit(
        "        template_id: 11111111-2222-4333-8444-555555555555\n",
        "",
    );
    env.traffic();
    env.converge(&[]);
}

#[cfg(target_os = "linux")]
#[test]
fn output_failure_exits_1() {
    let env = TestEnv::new();
    for arguments in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["apply", "--auto-approve", "--format", "json"],
        &["drift"],
        &["drift", "--format", "json"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = env.command(arguments);
        command.stdout(full.unwrap()).stderr(Stdio::null());
        assert_eq!(command.status().unwrap().code(), Some(1), "{arguments:?}");
    }
    // The ledger is complete.
    env.assert_converged(&[]);
}

#[cfg(unix)]
#[test]
fn signal_waits_less_than_ten_seconds_for_response() {
    let env = TestEnv::with(
        PROJECT,
        faulty("create_integrations_connectors:1:timeout-after"),
    );
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", |env| env.world().connectors().count() == 1);
    let started = std::time::Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(env.world().connectors().count(), 1);
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 2);
}

/// The killed run sent a creation that had no effect, and someone else creates a connector of that name.
#[test]
fn connector_of_others_after_a_killed_creation_has_no_verified_secrets() {
    let faults = faulty("create_integrations_connectors:1:timeout-before");
    let env = TestEnv::with(PROJECT, faults);
    let mut child = env.spawn(&["apply", "--auto-approve", "--target", "acme/Acme GitHub"]);
    env.wait_for("the creation", |env| {
        env.traffic().count("create_integrations_connectors") == 1
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let key = serde_json::json!({"token": "someone's"});
    env.remote()
        .connector("acme", "Acme GitHub", "github", &key);
    let plan = env.run(&["plan", "--target", "acme/Acme GitHub"]);
    plan.says("never_sent").says("replication_config");
    assert!(!plan.stdout.contains("No changes"), "{plan}");
}

#[cfg(unix)]
#[test]
fn signal_after_token_requests_reports_the_empty_workspaces() {
    let slow = Options {
        latency: Duration::from_millis(50),
        ..options()
    };
    let env = TestEnv::with(&fleet(4, 1), slow);
    let mut command = env.command(&["apply", "--auto-approve", "--parallelism", "2"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let child = child.unwrap();
    env.wait_for("two workspaces", |env| {
        env.world().workspace("c001").is_some()
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(8), "{text}");
    let world = env.world();
    let ids = |world: &WorldView| -> Vec<_> {
        let names = ["c000", "c001", "c002", "c003"].into_iter();
        names
            .filter_map(|name| Some((name, world.workspace(name)?.id)))
            .collect()
    };
    let created = ids(&world);
    assert_eq!(world.connectors().count(), 0, "{text}");
    assert!((2..4).contains(&created.len()), "{created:?}");
    let added = format!("{} added", created.len());
    assert!(text.contains(&added), "{text}");
    env.converge(&[]);
    let world = env.world();
    let ids = ids(&world);
    assert!(created.iter().all(|customer| ids.contains(customer)));
    assert_eq!(world.connectors().count(), 4);
}
