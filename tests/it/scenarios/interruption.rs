//! Runs that are killed, that meet each other, and that meet a bad day.

use crate::support::{ESTATE, TestEnv, faulty};
use std::time::Duration;

/// Runs until the creation of the second connector has its effect and no answer, then kills.
fn killed(operation: &str, reached: impl FnMut(&TestEnv) -> bool) -> TestEnv {
    let env = TestEnv::with(ESTATE, faulty(&format!("{operation}:2:timeout-after")));
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", reached);
    // The world shows the effect before the run can have heard of it.
    child.kill().unwrap();
    child.wait().unwrap();
    env
}

fn names(env: &TestEnv) -> Vec<String> {
    let world = env.world();
    let mut names: Vec<_> = world.connectors().map(|one| one.name.clone()).collect();
    names.sort();
    names
}

#[test]
fn a_run_killed_in_a_creation_leaves_no_twin() {
    let env = killed("create_integrations_connectors", |env| {
        env.world().connectors().count() == 2
    });
    let made = env.connector("Acme Zendesk").id;
    let (output, traffic) = env.converge(&[]);
    // The ledger learns of the second connector; the third is created.
    output.says("Resources: 2 added");
    assert_eq!(traffic.count("create_integrations_connectors"), 1);
    assert_eq!(env.connector("Acme Zendesk").id, made);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
    let sent =
        serde_json::json!({"email": "ops@acme.example", "api_token": "value-of-acme-zendesk"});
    assert!(env.sandbox().holds_credentials(made, &sent));
    // It is ours as if its answer had come: its credentials are known to be those sent.
    let plan = env.run(&["plan"]);
    assert!(!plan.stdout.contains("Not verified"), "{plan}");
}

#[test]
fn a_run_killed_in_the_birth_of_a_customer_finds_it_again() {
    let env = killed("create_account_applications_scoped_token", |env| {
        env.world().workspace("globex").is_some()
    });
    let made = env.world().workspace("globex").unwrap().id;
    env.converge(&[]);
    assert_eq!(env.world().workspace("globex").unwrap().id, made);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
}

#[test]
fn a_run_killed_in_a_rotation_ends_with_one_connector() {
    let faults = "create_integrations_connectors:4:timeout-after";
    let mut env = TestEnv::with(ESTATE, faulty(faults));
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
    env.wait_for("the old one to be gone", |env| {
        env.world().connectors().count() == 3
    });
    let new = env.connector("Acme GitHub").id;
    assert_ne!(new, old);
    let sent = serde_json::json!({"token": "another-value"});
    assert!(env.sandbox().holds_credentials(new, &sent));
}

#[cfg(unix)]
#[test]
fn a_signal_before_the_first_write_ends_the_run_at_once() {
    let env = TestEnv::with(ESTATE, faulty("list_workspaces:1:timeout-before"));
    let mut child = env.spawn(&["apply", "--auto-approve"]);
    env.wait_for("the listing", |env| {
        let log = env.sandbox().log();
        log.iter()
            .any(|one| one.operation.as_deref() == Some("list_workspaces"))
    });
    // It listens before it asks for anything.
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert_eq!(env.world().connectors().count(), 0);
    env.converge(&[]);
}

#[test]
fn two_runs_do_not_share_a_ledger_at_once() {
    let env = TestEnv::with(
        ESTATE,
        faulty("create_integrations_connectors:1:timeout-before"),
    );
    let mut first = env.spawn(&["apply", "--auto-approve"]);
    let is_creation = |one: &airlift::sandbox::testing::RequestRecord| {
        one.operation.as_deref() == Some("create_integrations_connectors")
    };
    env.wait_for("the first creation", |env| {
        env.sandbox().log().iter().any(is_creation)
    });
    let second = env.run(&["apply", "--auto-approve"]);
    second.exits(1).complains("ledger_locked");
    // Reading is for everybody.
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
fn a_signal_lets_what_was_begun_finish() {
    let env = TestEnv::with(ESTATE, faulty("create_integrations_connectors:1:delay@700"));
    let arguments = ["apply", "--auto-approve", "--parallelism", "1"];
    let mut child = env.spawn(&arguments);
    let is_creation = |one: &airlift::sandbox::testing::RequestRecord| {
        one.operation.as_deref() == Some("create_integrations_connectors")
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
fn passing_trouble_is_waited_out() {
    let faults = "list_workspaces:1:503,create_integrations_connectors:1:429@0,\
                  create_integrations_connectors:3:reset-before,create_integrations_connectors:4:\
                  504-after,get_workspaces_stats:1:cut";
    let env = TestEnv::with(ESTATE, faulty(faults));
    let (_, traffic) = env.apply(&[]);
    let met = traffic.0.iter().filter(|one| one.fault.is_some()).count();
    assert!(met >= 4, "{traffic:#?}");
    env.apply(&[]);
    env.converge(&[]);
    assert_eq!(
        names(&env),
        ["Acme GitHub", "Acme Zendesk", "Globex Stripe"]
    );
}

#[test]
fn tokens_that_end_early_are_minted_again() {
    let mut options = faulty("create_integrations_connectors:2:expire,list_workspaces:1:expire");
    options.app_token_ttl = Duration::from_mins(10);
    let env = TestEnv::with(ESTATE, options);
    env.converge(&[]);
}

#[test]
fn one_customer_that_fails_does_not_stop_another() {
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
fn what_could_not_be_told_is_no_success() {
    let env = TestEnv::new();
    for verb in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["apply", "--auto-approve", "--format", "json"],
        &["drift"],
        &["drift", "--format", "json"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = env.command(verb);
        command
            .stdout(full.unwrap())
            .stderr(std::process::Stdio::null());
        assert_eq!(command.status().unwrap().code(), Some(1), "{verb:?}");
    }
    // What was done is on record all the same.
    env.is_converged(&[]);
}

#[cfg(unix)]
#[test]
fn a_signal_does_not_wait_long_for_an_answer() {
    let env = TestEnv::with(
        ESTATE,
        faulty("create_integrations_connectors:1:timeout-after"),
    );
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", |env| env.world().connectors().count() == 1);
    let begun = std::time::Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(env.world().connectors().count(), 1);
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.count("create_integrations_connectors"), 2);
}
