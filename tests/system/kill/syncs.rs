//! The number of calls that make the ledger durable.

use super::bench::{Bench, ended};
use super::syscalls::{can_trace, strace};
use airlift::sandbox::{Options, start};
use std::collections::BTreeMap;
use std::time::Duration;

const SYNCS: [&str; 3] = ["fsync", "fdatasync", "syncfs"];

/// The number of requests of an apply that creates customers with one connector each, and the number of
/// each call that syncs or renames a file.
async fn creation(customers: usize, parallelism: usize) -> (usize, BTreeMap<&'static str, usize>) {
    let bench = Bench::new(customers);
    let options = Options {
        latency: Duration::from_millis(20),
        ..bench.options("")
    };
    let running = start(options).await.unwrap();
    let log = bench.path("strace.log");
    let what = "trace=fsync,fdatasync,syncfs,renameat,renameat2";
    let strace = strace(&[what], log.to_str().unwrap());
    let line = format!("apply --auto-approve --parallelism {parallelism}");
    ended(bench.under(&strace, &running, &line)).await.exits(0);
    let text = std::fs::read_to_string(log).unwrap();
    let times = |name: &str| text.matches(&format!(" {name}(")).count();
    let mut calls: BTreeMap<_, _> = SYNCS.map(|name| (name, times(name))).into();
    calls.insert("rename", times("renameat") + times("renameat2"));
    (running.log().len(), calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_syncs_once_for_each_intent_of_one_customer_at_a_time() {
    if !can_trace() {
        return;
    }
    let (_, few) = creation(6, 1).await;
    let (_, more) = creation(8, 1).await;
    // Two intents for each customer, and the end of the journal.
    assert_eq!((few["fdatasync"], more["fdatasync"]), (13, 17));
    assert_eq!(more["rename"] - few["rename"], 2);
    // Each of up to 16 entries has a file.
    assert_eq!(more["fsync"] - few["fsync"], 2);
    assert_eq!(more["syncfs"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_with_many_customers_syncs_once_for_eight_requests() {
    if !can_trace() {
        return;
    }
    let (requests, calls) = creation(60, 50).await;
    let syncs: usize = SYNCS.iter().map(|name| calls[name]).sum();
    assert!(syncs * 8 <= requests, "{calls:?} for {requests} requests");
}
