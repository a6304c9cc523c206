//! Rounds of edits and applies while one request in five fails and tokens are valid for 30 s. After
//! each round a run without faults has to reach the declared state. Memory must not grow.
//!
//! `AIRLIFT_SOAK=300` runs for 300 s with 500 customers.

use super::bench::{Bench, clear_faults};
use crate::support::slice::Slice;
use airlift::sandbox::testing::TestOptions;
use airlift::sandbox::{Faults, Options, Sandbox, start};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const SEED: u64 = 7;

/// Together they affect one request in five.
const FAULTS: &str = "*:p4%:503,*:p4%:429@0,*:p4%:reset-before,*:p3%:reset-after,*:p2%:cut,\
                      *:p2%:504-after,*:p1%:500";

const FLAGS: &str = "--settle-timeout 0 --prune --delete-customers --allow-delete 100%";

/// A declared customer with one connector.
#[derive(Clone, Default)]
struct Customer {
    is_declared: bool,
    secret: usize,
    issues: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_of_edits_under_faults_converge() {
    let asked = std::env::var("AIRLIFT_SOAK").ok();
    let seconds = match &asked {
        Some(text) => text.parse().unwrap(),
        None if Slice::from_environment() == Slice::WHOLE => 15,
        // The minimum number of rounds.
        None => 0,
    };
    let mut customers = vec![Customer::default(); if asked.is_some() { 500 } else { 20 }];
    let end = Instant::now() + Duration::from_secs(seconds);
    let bench = Bench::empty();
    let running = start(Options {
        app_token_ttl: Duration::from_secs(30),
        scoped_token_ttl: Duration::from_secs(30),
        delete_delay: Duration::from_millis(20),
        seed: Some(SEED),
        testing: TestOptions {
            log_capacity: 1000,
            ..TestOptions::default()
        },
        ..Options::default()
    });
    let running = running.await.unwrap();
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut peaks: Vec<u64> = Vec::new();
    while peaks.len() < 3 || Instant::now() < end {
        edit(&mut customers, &mut chance, peaks.is_empty());
        write(&bench, &customers);
        running
            .set_faults(FAULTS.parse::<Faults>().unwrap())
            .unwrap();
        let (code, peak) = apply(&bench, &running).await;
        clear_faults(&running);
        converges(&bench, &running, &customers).await;
        peaks.push(peak);
        eprintln!("round {}: exit {code}, peak {peak} kB", peaks.len());
    }
    let (first, last) = (peaks[0], *peaks[peaks.len() - 2..].iter().max().unwrap());
    assert!(last * 5 <= first * 6, "{peaks:?}");
}

/// Declares all customers in the first round and changes one in ten in later rounds.
fn edit(customers: &mut [Customer], chance: &mut fastrand::Rng, first: bool) {
    for customer in customers.iter_mut() {
        match chance.u8(0..30) {
            _ if first => customer.is_declared = true,
            0 => customer.is_declared = !customer.is_declared,
            1 => customer.secret += 1,
            2 => customer.issues = !customer.issues,
            _ => {}
        }
    }
    // A project without customers is refused when pruning.
    customers[0].is_declared = true;
}

fn write(bench: &Bench, customers: &[Customer]) {
    let mut yaml = "version: 1\ncustomers:\n".to_owned();
    for (n, customer) in customers
        .iter()
        .enumerate()
        .filter(|(_, customer)| customer.is_declared)
    {
        bench.secret(n, &secret(n, customer));
        let entities = ["", "\n        entities: [{entity: issues}]"][usize::from(customer.issues)];
        // Writing to a string cannot fail.
        let _ = writeln!(
            yaml,
            "  - name: c{n}\n    connectors:\n      - name: GitHub {n}\n        type: github\n        \
             credentials: {{token: \"${{file:secrets/{n}}}\"}}{entities}"
        );
    }
    bench.write("airlift.yaml", &yaml);
}

fn secret(n: usize, customer: &Customer) -> String {
    format!("secret-{n}-{}", customer.secret)
}

/// A run under faults: its exit code and its peak memory.
async fn apply(bench: &Bench, running: &Sandbox) -> (i32, u64) {
    let log = std::fs::File::create(bench.path("out")).unwrap();
    let mut command = bench.command(running, &format!("apply --auto-approve {FLAGS}"));
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code().unwrap_or(-1);
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let output = std::fs::read_to_string(bench.path("out")).unwrap();
    assert!([0, 1, 4].contains(&code), "{code}: {output}");
    (code, peak)
}

async fn converges(bench: &Bench, running: &Sandbox, customers: &[Customer]) {
    for run in 1..=2 {
        let applied = bench
            .run(running, &format!("apply --auto-approve {FLAGS}"))
            .await;
        let planned = bench
            .run(running, &format!("plan --detailed-exitcode {FLAGS}"))
            .await;
        if (applied.code, planned.code) == (Some(0), Some(0)) {
            break;
        }
        assert!(
            run == 1,
            "{}\n{}\n{}",
            applied.stdout,
            applied.stderr,
            planned.stdout
        );
    }
    let world = running.world();
    let expected = customers
        .iter()
        .filter(|customer| customer.is_declared)
        .count();
    assert_eq!(world.connectors().count(), expected);
    for (n, customer) in customers
        .iter()
        .enumerate()
        .filter(|(_, customer)| customer.is_declared)
    {
        let name = format!("c{n}");
        let named: Vec<_> = world
            .workspaces
            .iter()
            .filter(|workspace| workspace.name == name)
            .collect();
        assert_eq!(
            (named.len(), named[0].connectors.len()),
            (1, 1),
            "{named:#?}"
        );
        let sent = json!({"token": secret(n, customer)});
        let has_secret = running.holds_credentials(named[0].connectors[0].id, &sent);
        assert!(has_secret, "{named:#?}");
    }
}
