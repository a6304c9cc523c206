//! Rotations with the binary: faults and kills at every request, waves, refusals, and a changed
//! ledger key.

use super::bench::{self, Bench, HANGS, at_every, clear_faults, explore, share};
use crate::support::slice::Slice;
use airlift::sandbox::Sandbox;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An applied project with a number of customers.
async fn applied(customers: usize) -> Bench {
    let bench = Bench::new(customers);
    let running = bench.serve("").await;
    bench.run(&running, "apply --auto-approve").await.exits(0);
    running.stop().await.unwrap();
    bench
}

fn ids(running: &Sandbox) -> Vec<Uuid> {
    let world = running.world();
    let mut named: Vec<_> = world
        .connectors()
        .map(|connector| (&connector.name, connector.id))
        .collect();
    named.sort();
    named.into_iter().map(|(_, id)| id).collect()
}

fn credential_requests(running: &Sandbox) -> usize {
    let log = running.log();
    log.iter().filter(|request| request.credentials).count()
}

/// Asserts that each customer has exactly one connector, with the expected credentials.
fn assert_one_each(running: &Sandbox, secrets: &[&str], case: &str) {
    let ids = ids(running);
    assert_eq!(ids.len(), secrets.len(), "{case}: {:#?}", running.world());
    for (id, secret) in ids.into_iter().zip(secrets) {
        let has_secret = running.holds_credentials(id, &json!({"token": secret}));
        assert!(has_secret, "{case}: {secret}");
    }
}

async fn assert_no_changes(bench: &Bench, running: &Sandbox, case: &str) {
    let plan = bench.run(running, "plan --detailed-exitcode").await;
    assert_eq!(
        plan.code,
        Some(0),
        "{case}\n{}\n{}",
        plan.stdout,
        plan.stderr
    );
    assert!(
        plan.stdout.starts_with("No changes."),
        "{case}\n{}",
        plan.stdout
    );
}

/// The number of requests of a run without faults.
async fn requests(bench: &Bench, line: &str) -> usize {
    let bench = bench.copy();
    let running = bench.serve("").await;
    bench.run(&running, line).await.exits(0);
    running.log().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_secret_with_fault_at_every_request_is_applied() {
    let bench = applied(1).await;
    bench.secret(1, "second-1");
    let apply = "apply --auto-approve";
    let requests = requests(&bench, apply).await;
    let kinds = ["reset-before", "reset-after", "cut", "badjson", "504-after"];
    let cases = share(at_every(&kinds, requests), Slice::from_environment(), 8);
    explore(cases, |fault| {
        let bench = bench.copy();
        async move {
            let running = bench.serve(&fault).await;
            let first = bench.run(&running, apply).await;
            assert!(
                matches!(first.code, Some(0 | 1 | 4)),
                "{fault}: {}",
                first.stderr
            );
            clear_faults(&running);
            bench.run(&running, apply).await.exits(0);
            assert_one_each(&running, &["second-1"], &fault);
            assert_no_changes(&bench, &running, &fault).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_secret_with_kill_at_every_request_is_applied() {
    let bench = applied(1).await;
    bench.secret(1, "second-1");
    let apply = "apply --auto-approve";
    let requests = requests(&bench, apply).await;
    let cases = share(at_every(&HANGS, requests), Slice::from_environment(), 8);
    explore(cases, |fault| {
        let bench = bench.copy();
        async move {
            let running = bench.serve(&fault).await;
            bench.run_until_fault(&running, apply).await;
            clear_faults(&running);
            let count = running.world().connectors().count();
            assert!(count >= 1, "{fault}: no working connector is left");
            bench.run(&running, apply).await.exits(0);
            assert_one_each(&running, &["second-1"], &fault);
            assert_no_changes(&bench, &running, &fault).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_killed_at_every_request_is_resumed() {
    let bench = applied(2).await;
    let rotate = "rotate --all --auto-approve --waves 1";
    let requests = requests(&bench, rotate).await;
    let cases = share(at_every(&HANGS, requests), Slice::from_environment(), 8);
    explore(cases, |fault| {
        let bench = bench.copy();
        async move {
            let running = bench.serve(&fault).await;
            let before = ids(&running);
            bench.run_until_fault(&running, rotate).await;
            clear_faults(&running);
            let sent = credential_requests(&running);
            let next = if bench.has_open_rotation() {
                "rotate --resume --auto-approve"
            } else if ids(&running) == before {
                rotate
            } else {
                "apply --auto-approve"
            };
            bench.run(&running, next).await.exits(0);
            let case = format!("{fault}, {sent} sent, then {next}");
            assert_one_each(&running, &["first-1", "first-2"], &case);
            // Two checks and two creations, and a repeat of the interrupted ones.
            assert!(credential_requests(&running) <= 6, "{case}");
            assert!(!bench.has_open_rotation(), "{case}");
            assert_no_changes(&bench, &running, &case).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_over_failure_budget_stops_and_is_resumed() {
    let bench = applied(4).await;
    bench.secret(2, "invalid");
    let running = bench.serve("").await;
    let before = ids(&running);
    let rotate = "rotate --all --auto-approve --waves 1,50% --format json";
    let report = bench.run(&running, rotate).await.exits(4).json();
    let outcomes = |report: &serde_json::Value| -> Vec<String> {
        let operations = report["operations"].as_array().unwrap();
        let outcome =
            |operation: &serde_json::Value| operation["outcome"].as_str().unwrap().to_owned();
        operations.iter().map(outcome).collect()
    };
    let expected = ["done", "failed", "not_attempted", "not_attempted"];
    assert_eq!(outcomes(&report), expected);
    let waves = json!([
        {"number": 1, "of": 3, "connectors": 1, "done": 1},
        {"number": 2, "of": 3, "connectors": 1, "done": 0},
    ]);
    assert_eq!(report["waves"], waves);
    // The connector whose check failed is unchanged and has no replacement.
    let after = ids(&running);
    assert_eq!(after.len(), 4);
    assert_eq!(after[1..], before[1..]);
    assert!(after[0] != before[0] && bench.has_open_rotation());

    bench.secret(2, "second-2");
    let resume = "rotate --resume --auto-approve --format json";
    let report = bench.run(&running, resume).await.exits(0).json();
    assert_eq!(outcomes(&report), ["done", "done", "done"]);
    assert_eq!(ids(&running)[0], after[0]);
    let different: BTreeSet<_> = ids(&running).into_iter().chain(before).collect();
    assert_eq!(different.len(), 8);
    assert_no_changes(&bench, &running, "resumed").await;
    let nothing = bench.run(&running, resume).await;
    nothing.exits(64);
    nothing.complains("nothing_to_resume");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_within_failure_budget_continues() {
    let bench = applied(4).await;
    bench.secret(1, "invalid");
    let running = bench.serve("").await;
    let before = ids(&running);
    let rotate = "rotate --all --auto-approve --max-failures 25%";
    let ran = bench.run(&running, rotate).await;
    ran.exits(4);
    assert!(
        ran.stdout.contains("c1/GitHub 1") && ran.stdout.contains("rotate --resume"),
        "{}",
        ran.stdout
    );
    ran.says("Wave 1 of 2: 1 connector, 0 rotated\n");
    ran.complains("Wave 2 of 2: 3 connectors");
    let after = ids(&running);
    assert_eq!(after[0], before[0]);
    assert!((1..4).all(|n| after[n] != before[n]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_with_pending_changes_leaves_them_for_apply() {
    let bench = applied(2).await;
    let yaml = std::fs::read_to_string(bench.path("airlift.yaml")).unwrap();
    let pending = yaml.replace(
        "${file:secrets/1}\"}\n",
        "${file:secrets/1}\"}\n        entities: [{entity: issues}]\n",
    );
    bench.write("airlift.yaml", &(pending + "    cache: true\n"));
    let running = bench.serve("").await;
    let before = ids(&running);
    let ran = bench
        .run(&running, "rotate c1 c2/GitHub\u{a0}2 --auto-approve")
        .await;
    ran.exits(64);
    let ran = bench.run(&running, "rotate c1 c2 --auto-approve").await;
    ran.exits(4);
    ran.says("c1/GitHub 1 [pending_changes]");
    ran.complains("1 pending change left for apply: change c2");
    let after = ids(&running);
    assert!(after[0] == before[0] && after[1] != before[1]);
    assert!(
        running
            .world()
            .workspaces
            .iter()
            .all(|workspace| workspace.cache_enabled.is_none())
    );
    bench.run(&running, "apply --auto-approve").await.exits(0);
    bench
        .run(&running, "rotate --resume --auto-approve")
        .await
        .exits(0);
    assert_ne!(ids(&running)[0], before[0]);
    assert_no_changes(&bench, &running, "applied").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rekey_moves_fingerprints_of_unchanged_secrets() {
    let bench = applied(3).await;
    let running = bench.serve("").await;
    bench.secret(2, "second-2");
    std::fs::remove_file(bench.path("secrets/3")).unwrap();
    let with_key = |line: &str| {
        let mut command = bench.command(&running, line);
        command.env("AIRLIFT_LEDGER_KEY", "new-key");
        bench::ended(command)
    };
    let plan = with_key("plan --detailed-exitcode").await;
    plan.exits(1);
    plan.complains("error[ledger_key_changed]");
    let writes = || {
        running
            .log()
            .iter()
            .filter(|request| request.method != "GET")
            .count()
    };
    let written = writes();
    let rekeyed = with_key("ledger rekey --format json").await.exits(4).json();
    // The only write is the request for the application token.
    assert_eq!(writes(), written + 1);
    assert_eq!(
        (&rekeyed["moved"], &rekeyed["already"]),
        (&json!(1), &json!(0))
    );
    let left = |n: usize| rekeyed["left"][n]["why"].as_str().unwrap().to_owned();
    assert!(
        left(0).contains("is not the value that was last sent"),
        "{rekeyed}"
    );
    assert!(left(1).contains("cannot be resolved here"), "{rekeyed}");
    bench.secret(2, "first-2");
    bench.secret(3, "first-3");
    let text = with_key("ledger rekey").await;
    text.exits(0);
    assert_eq!(
        text.stdout,
        "Moved to the new key: 2 connectors. Already there: 1.\n"
    );
    let plan = with_key("plan --detailed-exitcode").await;
    plan.exits(0);
    assert!(!plan.stdout.contains("verified"), "{}", plan.stdout);
    bench.secret(2, "second-2");
    let plan = with_key("plan --detailed-exitcode").await;
    plan.exits(2);
    plan.says("c2/GitHub 2");
    let same = bench.run(&running, "ledger rekey").await;
    same.exits(64);
    same.complains("same_key");
}
