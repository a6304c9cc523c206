//! Tests of the memory that a run over many customers needs.

use crate::support::{TestEnv, options, peak_memory};
use std::fmt::Write as _;

/// The bytes that a plan without changes needs at most for each byte of the files.
const PLAN: u64 = 14;
/// The memory is read at intervals, so that one run may miss its peak.
const RUNS: usize = 3;
/// Connectors of each customer.
const CONNECTORS: usize = 10;

fn project(customers: usize) -> String {
    let mut text = "version: 1\ncustomers:\n".to_owned();
    for customer in 0..customers {
        writeln!(text, "  - name: customer-{customer:06}\n    connectors:").unwrap();
        for connector in 0..CONNECTORS {
            writeln!(
                text,
                "      - name: Stripe {connector}
        type: stripe
        credentials: {{api_key: \"${{file:stripe-key}}\"}}
        replication_config: {{account_id: acct_{customer:06}_{connector}}}"
            )
            .unwrap();
        }
    }
    text
}

/// The length of the file, and the largest memory of plans without changes, in bytes.
fn measured(customers: usize) -> (u64, u64) {
    let text = project(customers);
    let env = TestEnv::with(&text, options());
    let fast = ["--parallelism", "20", "--connector-token", "application"];
    env.apply(&fast).0.exits(0);
    let plan = |_| {
        let arguments = ["plan", "--detailed-exitcode", "--parallelism", "20"];
        let (code, memory) = peak_memory(&env, &arguments);
        assert_eq!(code, Some(0), "the plan has no changes");
        memory * 1024
    };
    let memory = (0..RUNS).map(plan).max().unwrap();
    (text.len() as u64, memory)
}

#[test]
fn plan_without_changes_needs_memory_in_proportion_to_the_files() {
    let (small, large) = (measured(20), measured(400));
    let files = large.0 - small.0;
    let memory = large.1.saturating_sub(small.1);
    assert!(
        memory <= PLAN * files,
        "{memory} bytes for {files} bytes of files"
    );
}
