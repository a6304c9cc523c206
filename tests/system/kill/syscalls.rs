//! A kill, or an error of the disk, at every call by which ledger and journal reach the disk.
//!
//! A kill before a `write` leaves what the call before it left, so those are not cases of their own.
//! `strace` does it, which only Linux has. Without it these tests say that they were skipped, and
//! fail where `CI` is set.

use super::bench::{Bench, ended, explore, share};
use super::scenario::Scenario;
use crate::support::process::Output;
use airlift::sandbox::Sandbox;
use std::process::Command;
use std::sync::Arc;

/// By what ledger and journal reach the disk: nothing else of a run calls these.
const DURABLE: [&str; 5] = ["fsync", "fdatasync", "rename", "renameat", "renameat2"];
const OTHER: [&str; 5] = ["ftruncate", "flock", "mkdir", "unlink", "unlinkat"];

/// Whether there is an strace that may trace.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    let can = traced.is_ok_and(|output| output.status.success());
    if !can {
        let skipped = "there is no strace here, or it may not trace";
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        eprintln!("skipped: {skipped}");
    }
    can
}

fn strace<'a>(what: &[&'a str], log: &'a str) -> Vec<&'a str> {
    let quiet = ["strace", "-f", "-qq", "-e", "signal=none", "-o", log];
    let what = what.iter().flat_map(|what| ["-e", what]);
    quiet.into_iter().chain(what).collect()
}

/// Every one of these calls of a run that goes through, as a name and a number. Files are
/// written on one thread, so the numbers mean the same in another run.
async fn calls(scenario: &Scenario, of: &[&str]) -> Vec<(String, usize)> {
    let bench = scenario.bench.copy();
    let running = bench.serve("").await;
    let log = bench.path("strace.log");
    let (trace, log) = (format!("trace={}", of.join(",")), log.to_str().unwrap());
    let strace = strace(&[&trace], log);
    ended(bench.under(&strace, &running, scenario.line))
        .await
        .exits(0);
    let text = std::fs::read_to_string(log).unwrap();
    let times = |name: &str| text.matches(&format!(" {name}(")).count();
    let each = |name: &&str| (1..=times(name)).map(|n| ((*name).to_owned(), n)).collect();
    of.iter().flat_map::<Vec<_>, _>(each).collect()
}

/// One run, with something done to it at a call.
async fn tampered(bench: &Bench, running: &Sandbox, line: &str, inject: &str) -> Output {
    let (calls, _) = inject.split_once(':').unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    let strace = strace(&[&trace, &inject], "/dev/null");
    ended(bench.under(&strace, running, line)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_is_settled_after_a_kill_at_every_write_to_disk() {
    if !can_trace() {
        return;
    }
    let mut kills = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let calls = calls(&scenario, &[DURABLE, OTHER].concat()).await;
        assert!(calls.len() > 8, "{calls:?}");
        let kill = |(name, n): (String, usize)| format!("{name}:signal=SIGKILL:when={n}");
        let cases = calls.into_iter().map(kill).collect();
        let cases = share(cases, slice, 6);
        kills += cases.len();
        explore(cases, |inject| {
            let scenario = Arc::clone(&scenario);
            async move {
                let bench = scenario.bench.copy();
                let running = bench.serve("").await;
                let killed = tampered(&bench, &running, scenario.line, &inject).await;
                assert_eq!(killed.code, None, "{inject}\n{}", killed.stderr);
                scenario.converges(&bench, &running, &inject).await;
            }
        })
        .await;
    }
    eprintln!("{kills} kills at writes to disk");
}

/// Requests that need an intent on disk before they are sent.
fn writes(running: &Sandbox) -> usize {
    let log = running.log();
    let operations = log.iter().filter_map(|one| one.operation.as_deref());
    let needs = |name: &&str| {
        matches!(
            *name,
            "create_integrations_connectors"
                | "update_integrations_connectors_id"
                | "delete_integrations_connectors_id"
                | "update_workspaces"
                | "delete_workspaces"
        )
    };
    operations.filter(needs).count()
}

/// Lines of the journal that announce something.
fn announced(bench: &Bench) -> usize {
    let organizations = std::fs::read_dir(bench.path(".airlift/ledger")).unwrap();
    let journals = organizations.map(|entry| entry.unwrap().path().join("journal.ndjson"));
    let texts = journals.filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| text.matches("\"intent\":").count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_ends_the_run_and_loses_nothing() {
    if !can_trace() {
        return;
    }
    let mut failures = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let calls = calls(&scenario, &DURABLE).await;
        assert!(calls.len() > 8, "{calls:?}");
        // Once, and from then on.
        let fail = |(name, n): (String, usize)| {
            let one = |how: &str| format!("{name}:error={how}:when={n}");
            [
                one("ENOSPC"),
                one("EIO"),
                one("ENOSPC") + "+",
                one("EIO") + "+",
            ]
        };
        let cases = calls.into_iter().flat_map(fail).collect();
        let cases = share(cases, slice, 16);
        failures += cases.len();
        explore(cases, |inject| {
            let scenario = Arc::clone(&scenario);
            async move {
                let bench = scenario.bench.copy();
                let running = bench.serve("").await;
                let failed = tampered(&bench, &running, scenario.line, &inject).await;
                let (out, talk) = (&failed.stdout, &failed.stderr);
                let said = format!("{}, {inject}\n{out}\n{talk}", scenario.name);
                let said: Vec<&str> = said.split_whitespace().collect();
                let said = said.join(" ");
                assert_eq!(failed.code, Some(1), "{said}");
                let cause = ["No space left on device", "Input/output error"];
                assert!(cause.iter().any(|cause| said.contains(cause)), "{said}");
                assert!(writes(&running) <= announced(&bench), "{said}");
                scenario.converges(&bench, &running, &inject).await;
            }
        })
        .await;
    }
    eprintln!("{failures} failures of the disk");
}
