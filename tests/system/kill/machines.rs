//! Two concurrent runs: on one ledger the second run is refused. On two machines without a shared
//! lock both runs end with the same connectors.

use super::bench::{Bench, clear_faults, ended, explore, share};
use crate::support::slice::Slice;
use airlift::sandbox::{Options, start};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Stdio;

/// The number of seeds, which decide the order of the requests.
const SEEDS: u64 = 20;

const CUSTOMERS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn lock_held_by_other_run_is_reported_with_holder_and_age() {
    let bench = Bench::new(1);
    let running = bench
        .serve("create_integrations_connectors:1:timeout-after")
        .await;
    let mut first = bench.command(&running, "apply --auto-approve");
    first.stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = first.spawn().unwrap();
    while running.world().connectors().count() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let second = bench.run(&running, "apply --auto-approve").await;
    second.exits(1);
    first.kill().unwrap();
    first.wait().unwrap();
    let words: Vec<&str> = second.stderr.split_whitespace().collect();
    let message = words.join(" ");
    let holder = format!("held for less than a minute by process {} on ", first.id());
    assert!(
        message.contains("error[ledger_locked]") && message.contains(&holder),
        "{message}"
    );
    clear_faults(&running);
    bench.run(&running, "apply --auto-approve").await.exits(0);
    assert_eq!(running.world().connectors().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_without_shared_ledger_create_no_duplicates() {
    let seeds = (0..SEEDS).map(|seed| seed.to_string()).collect();
    explore(
        share(seeds, Slice::from_environment(), 4),
        |seed| async move {
            two_machines(seed.parse().unwrap()).await;
        },
    )
    .await;
}

async fn two_machines(seed: u64) {
    let (here, elsewhere) = (Bench::new(CUSTOMERS), Bench::new(CUSTOMERS));
    let options = Options {
        seed: Some(seed),
        ..here.options("*:p30%:delay@20,*:p30%:delay@60,*:p20%:delay@150")
    };
    let running = start(options).await.unwrap();
    let apply = "apply --auto-approve --settle-timeout 0";
    let (first, second) = tokio::join!(
        ended(here.command(&running, apply)),
        ended(elsewhere.command(&running, apply))
    );
    assert!(
        [first.code, second.code]
            .iter()
            .all(|code| matches!(code, Some(0 | 4))),
        "{seed}"
    );
    clear_faults(&running);
    let plan = "plan --detailed-exitcode";
    for run in 1..=2 {
        let mut codes = BTreeSet::new();
        for bench in [&here, &elsewhere] {
            codes.insert(bench.run(&running, apply).await.code);
        }
        for bench in [&here, &elsewhere] {
            codes.insert(bench.run(&running, plan).await.code);
        }
        assert!(
            run == 1 || codes == BTreeSet::from([Some(0)]),
            "{seed}: {codes:?}"
        );
    }
    let world = running.world();
    let connectors: Vec<_> = world.connectors().collect();
    assert_eq!(connectors.len(), CUSTOMERS, "{seed}: {world:#?}");
    for connector in connectors {
        let n = connector.name.rsplit(' ').next().unwrap();
        let secret = json!({"token": format!("first-{n}")});
        assert!(
            running.holds_credentials(connector.id, &secret),
            "{seed}: {world:#?}"
        );
    }
}
