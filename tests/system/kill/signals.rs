//! Signals: a command that has not written ends at once with exit code 8, and ends what it started.

use super::bench::{Bench, clear_faults};
use airlift::sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);

/// Waits until a file has content, and returns it.
async fn content(path: &Path) -> String {
    let until = Instant::now() + LIMIT;
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < until, "no {}", path.display()),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < until, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Sends a signal, and returns the exit code.
async fn exit_after(child: &mut Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(child), signal).unwrap();
    let until = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < until, "{signal:?} did not end the command");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn has_fault(running: &Sandbox) -> bool {
    let log = running.log();
    log.iter().any(|request| request.fault.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_while_reading_exits_8() {
    let signals = [Signal::HUP, Signal::INT, Signal::TERM, Signal::HUP];
    for (line, signal) in ["plan", "drift", "export", "doctor"].iter().zip(signals) {
        let bench = Bench::new(1);
        let running = bench.serve("*:2:timeout-before").await;
        let mut child = spawn(bench.command(&running, line));
        wait_until("the second request", || has_fault(&running)).await;
        assert_eq!(exit_after(&mut child, signal).await, Some(8), "{line}");
    }
}

/// Signals the command while a command of the `exec` store runs, and asserts that both end.
async fn ends_exec(line: &str, signal: Signal) {
    let mut bench = Bench::new(1);
    let outside = TempDir::new().unwrap();
    let (script, pid) = (outside.path().join("script"), outside.path().join("pid"));
    let slow = outside.path().join("slow");
    let text = format!(
        "#!/bin/sh\n[ -e {} ] || exec echo value-of-the-command\n/bin/sleep 300 &\necho $! > {}\nwait\n",
        slow.display(),
        pid.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o700)).unwrap();
    let config = outside.path().join("config.yaml");
    let argv = script.display();
    let text = format!("exec: {{token: {{argv: [{argv}], timeout_seconds: 300}}}}");
    std::fs::write(&config, text).unwrap();
    std::fs::set_permissions(&config, PermissionsExt::from_mode(0o600)).unwrap();
    bench.set("AIRLIFT_CONFIG", &config.display().to_string());
    bench.edit("${file:secrets/1}", "${exec:token}");
    bench.edit("version: 1\n", "version: 1\nstores: [exec]\n");
    let running = bench.serve("").await;
    bench.run(&running, "apply --auto-approve").await.exits(0);
    std::fs::write(slow, "").unwrap();
    let mut child = spawn(bench.command(&running, line));
    let sleeping: i32 = content(&pid).await.trim().parse().unwrap();
    assert_eq!(exit_after(&mut child, signal).await, Some(8), "{line}");
    let sleeping = Pid::from_raw(sleeping).unwrap();
    wait_until("the end of the command's child", || {
        test_kill_process(sleeping).is_err()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_while_exec_store_runs_ends_its_command() {
    ends_exec("plan", Signal::TERM).await;
    ends_exec("apply --auto-approve", Signal::HUP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hang_up_while_writing_finishes_the_request_in_flight() {
    let bench = Bench::new(3);
    let running = bench
        .serve("create_integrations_connectors:1:delay@700")
        .await;
    let line = "apply --auto-approve --parallelism 1";
    let mut child = spawn(bench.command(&running, line));
    wait_until("the creation", || has_fault(&running)).await;
    assert_eq!(exit_after(&mut child, Signal::HUP).await, Some(8));
    assert_eq!(running.world().connectors().count(), 1);
    clear_faults(&running);
    bench.run(&running, "apply --auto-approve").await.exits(0);
    assert_eq!(running.world().connectors().count(), 3);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn hang_up_under_nohup_is_ignored() {
    let bench = Bench::new(1);
    let running = bench.serve("*:2:delay@700").await;
    // `nohup` becomes the command, with the same process id.
    let mut child = spawn(bench.under(&["nohup"], &running, "apply --auto-approve"));
    wait_until("the second request", || has_fault(&running)).await;
    assert_eq!(exit_after(&mut child, Signal::HUP).await, Some(0));
}
