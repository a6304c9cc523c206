//! Two runs at once: on one ledger the second is refused; on two machines, which share no lock,
//! both end with the same connectors.

use super::bench::{Bench, ended, explore, fair, share};
use crate::support::tier::Slice;
use airlift::sandbox::{Options, start};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Stdio;

/// How often chance decides who comes first.
const SEEDS: u64 = 20;

const CUSTOMERS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_told_who_holds_the_ledger_and_for_how_long() {
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
    let said: Vec<&str> = second.stderr.split_whitespace().collect();
    let said = said.join(" ");
    let holder = format!("held for less than a minute by process {} on ", first.id());
    assert!(
        said.contains("error[ledger_locked]") && said.contains(&holder),
        "{said}"
    );
    fair(&running);
    bench.run(&running, "apply --auto-approve").await.exits(0);
    assert_eq!(running.world().connectors().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_end_with_one_connector_each() {
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
    let (one, other) = (Bench::new(CUSTOMERS), Bench::new(CUSTOMERS));
    let options = Options {
        seed: Some(seed),
        ..one.options("*:p30%:delay@20,*:p30%:delay@60,*:p20%:delay@150")
    };
    let running = start(options).await.unwrap();
    let apply = "apply --auto-approve --settle-timeout 0";
    let (first, second) = tokio::join!(
        ended(one.command(&running, apply)),
        ended(other.command(&running, apply))
    );
    assert!(
        [first.code, second.code]
            .iter()
            .all(|code| matches!(code, Some(0 | 4))),
        "{seed}"
    );
    fair(&running);
    let plan = "plan --detailed-exitcode";
    for run in 1..=2 {
        let mut codes = BTreeSet::new();
        for bench in [&one, &other] {
            codes.insert(bench.run(&running, apply).await.code);
        }
        for bench in [&one, &other] {
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
