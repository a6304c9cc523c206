//! Kills, disk errors and power losses at every system call that makes the ledger or the journal
//! durable.
//!
//! A kill before a `write` has the same effect as a kill after the previous call, so `write` is not a
//! case. The tests use `strace`, which exists on Linux only. Without `strace` they print that they are
//! skipped, and fail if `CI` is set.

use super::bench::{Bench, ended, explore, share};
use super::scenario::Scenario;
#[cfg(target_os = "linux")]
use super::synced_disk::{CALLS, SyncedDisk, Unsynced};
use crate::support::process::Output;
use airlift::sandbox::Sandbox;
use std::process::Command;
use std::sync::Arc;

/// The calls that make the ledger and the journal durable. Other parts of a run do not use them.
const DURABLE: [&str; 6] = [
    "fsync",
    "fdatasync",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
];
const OTHER: [&str; 5] = ["ftruncate", "flock", "mkdir", "unlink", "unlinkat"];

/// Whether strace exists and is permitted to trace.
pub(super) fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    let can_trace = traced.is_ok_and(|output| output.status.success());
    if !can_trace {
        let skipped = "strace is missing or not permitted to trace";
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        eprintln!("skipped: {skipped}");
    }
    can_trace
}

pub(super) fn strace<'a>(what: &[&'a str], log: &'a str) -> Vec<&'a str> {
    let quiet = ["strace", "-f", "-qq", "-e", "signal=none", "-o", log];
    let what = what.iter().flat_map(|what| ["-e", what]);
    quiet.into_iter().chain(what).collect()
}

/// The command of a scenario. Customers that are executed at the same time share syncs, so the number of
/// syncs would differ from run to run.
fn one_at_a_time(scenario: &Scenario) -> String {
    format!("{} --parallelism 1", scenario.line)
}

/// The calls of an undisturbed run, as name and number. One thread writes all files, so the numbers
/// are the same in every run.
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

/// A run with a signal or an error injected at a call.
async fn tampered(bench: &Bench, running: &Sandbox, line: &str, inject: &str) -> Output {
    let (calls, _) = inject.split_once(':').unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    let strace = strace(&[&trace, &inject], "/dev/null");
    ended(bench.under(&strace, running, line)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_killed_at_every_disk_write_converges() {
    if !can_trace() {
        return;
    }
    let mut kills = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let calls = calls(&scenario, &[&DURABLE[..], &OTHER].concat()).await;
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
                let killed = tampered(&bench, &running, &one_at_a_time(&scenario), &inject).await;
                assert_eq!(killed.code, None, "{inject}\n{}", killed.stderr);
                scenario.converges(&bench, &running, &inject).await;
            }
        })
        .await;
    }
    eprintln!("{kills} kills at writes to disk");
}

/// A run that is killed at a call, on a disk that then has only what was synced, and of the rest what
/// `unsynced` says.
#[cfg(target_os = "linux")]
async fn powered_off(
    bench: &Bench,
    running: &Sandbox,
    line: &str,
    (inject, unsynced): (&str, Unsynced),
) -> Output {
    let ledger = std::fs::canonicalize(bench.path(".airlift/ledger")).unwrap();
    let mut disk = SyncedDisk::new(&ledger);
    let log = bench.path("strace.log");
    let inject = format!("inject={inject}");
    let filter = strace(&[CALLS, &inject], log.to_str().unwrap());
    let paths = ["-y", "-xx", "-s", "10000000"];
    let program: Vec<&str> = filter.into_iter().chain(paths).collect();
    let killed = ended(bench.under(&program, running, line)).await;
    disk.replay(&std::fs::read_to_string(log).unwrap());
    disk.restore(unsynced);
    killed
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn apply_with_power_loss_at_every_disk_write_converges() {
    if !can_trace() {
        return;
    }
    let mut losses = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let calls = calls(&scenario, &DURABLE).await;
        assert!(calls.len() > 8, "{calls:?}");
        let cases = calls.into_iter().flat_map(|(name, n)| {
            let inject = format!("{name}:signal=SIGKILL:when={n}");
            ["Lost", "Names", "Torn"].map(|unsynced| format!("{inject} {unsynced}"))
        });
        let cases = share(cases.collect(), slice, 16);
        losses += cases.len();
        explore(cases, |case| {
            let scenario = Arc::clone(&scenario);
            async move {
                let bench = scenario.bench.copy();
                let running = bench.serve("").await;
                let (inject, unsynced) = case.split_once(' ').unwrap();
                let unsynced = match unsynced {
                    "Lost" => Unsynced::Lost,
                    "Names" => Unsynced::Names,
                    _ => Unsynced::Torn,
                };
                let case = (inject, unsynced);
                let killed = powered_off(&bench, &running, &one_at_a_time(&scenario), case).await;
                assert_eq!(killed.code, None, "{case:?}\n{}", killed.stderr);
                let name = format!("{case:?}");
                scenario.converges(&bench, &running, &name).await;
            }
        })
        .await;
    }
    eprintln!("{losses} power losses");
}

/// The number of sent requests that need an intent on disk before.
fn writes(running: &Sandbox) -> usize {
    let log = running.log();
    let operations = log
        .iter()
        .filter_map(|request| request.operation.as_deref());
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

/// The number of intents in the journal.
fn intents(bench: &Bench) -> usize {
    let organizations = std::fs::read_dir(bench.path(".airlift/ledger")).unwrap();
    let journals = organizations.map(|entry| entry.unwrap().path().join("journal.ndjson"));
    let texts = journals.filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| text.matches("\"intent\":").count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_with_disk_error_fails_and_converges() {
    if !can_trace() {
        return;
    }
    let mut failures = 0;
    let (scenarios, slice) = Scenario::chosen().await;
    for scenario in scenarios {
        let scenario = Arc::new(scenario);
        let calls = calls(&scenario, &DURABLE).await;
        assert!(calls.len() > 8, "{calls:?}");
        // The call fails once, or each call fails from then on.
        let fail = |(name, n): (String, usize)| {
            let failure = |how: &str| format!("{name}:error={how}:when={n}");
            [
                failure("ENOSPC"),
                failure("EIO"),
                failure("ENOSPC") + "+",
                failure("EIO") + "+",
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
                let failed = tampered(&bench, &running, &one_at_a_time(&scenario), &inject).await;
                let (stdout, stderr) = (&failed.stdout, &failed.stderr);
                let output = format!("{}, {inject}\n{stdout}\n{stderr}", scenario.name);
                let words: Vec<&str> = output.split_whitespace().collect();
                let output = words.join(" ");
                assert_eq!(failed.code, Some(1), "{output}");
                let cause = ["No space left on device", "Input/output error"];
                assert!(cause.iter().any(|cause| output.contains(cause)), "{output}");
                assert!(writes(&running) <= intents(&bench), "{output}");
                scenario.converges(&bench, &running, &inject).await;
            }
        })
        .await;
    }
    eprintln!("{failures} failures of the disk");
}
