//! Tests of how much a run over a few customers of a large ledger reads.

use crate::support::{RecordedRequests, TestEnv, options};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// More customers than two pages of the API have.
const CUSTOMERS: usize = 201;

fn applied() -> TestEnv {
    let mut project = "version: 1\ncustomers:\n".to_owned();
    for number in 0..CUSTOMERS {
        writeln!(
            project,
            "  - {{name: c{number:03}, connectors: [{{name: Stripe, type: stripe, credentials: {{api_key: \"${{file:stripe-key}}\"}}}}]}}"
        )
        .unwrap();
    }
    let env = TestEnv::with(&project, options());
    env.apply(&["--parallelism", "20"]).0.exits(0);
    env
}

fn counts(traffic: &RecordedRequests) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for request in &traffic.0 {
        let operation = request.operation.as_deref().unwrap();
        *counts.entry(operation).or_default() += 1;
    }
    counts
}

#[test]
fn target_of_a_small_ledger_reads_the_selected_customer_only() {
    let env = TestEnv::applied();
    for line in [
        &["plan", "--target", "globex"][..],
        &["drift", "--target", "globex"],
    ] {
        let (output, traffic) = env.run_with_traffic(line);
        output.exits(0);
        assert_eq!(traffic.count("get_workspaces_stats"), 0, "{line:?}");
        assert_eq!(traffic.count("list_workspaces"), 1, "{line:?}");
        assert_eq!(traffic.count("list_integrations_connectors"), 1, "{line:?}");
        let page = traffic
            .0
            .iter()
            .find(|request| request.target.contains("name_contains=globex"));
        assert!(page.is_some(), "{line:?}");
    }
}

#[test]
fn target_that_the_ledger_knows_needs_no_pages_of_other_workspaces() {
    let env = applied();
    let expected = BTreeMap::from([
        ("create_account_applications_token", 1),
        ("list_workspaces", 1),
        ("list_integrations_connectors", 1),
    ]);
    for line in [
        &["plan", "--target", "c100"][..],
        &["drift", "--target", "c100"],
        &["apply", "--auto-approve", "--target", "c100/Stripe"],
    ] {
        let (output, traffic) = env.run_with_traffic(line);
        output.exits(0);
        assert_eq!(counts(&traffic), expected, "{line:?}");
    }
    for line in [
        &["export", "--target", "c100"][..],
        &["rotate", "c100", "--auto-approve"],
    ] {
        let (output, traffic) = env.run_with_traffic(line);
        output.exits(0);
        assert_eq!(traffic.count("list_workspaces"), 1, "{line:?}");
        assert!(
            traffic.count("list_integrations_connectors") < 5,
            "{line:?}"
        );
    }
    let world = env.world();
    let workspace = |name: &str| world.workspace(name).unwrap().id;
    let (first, second) = (workspace("c100"), workspace("c101"));
    let remote = env.remote();
    remote.change_customer(first, &json!({"name": "renamed"}));
    env.run(&["drift", "--target", "c100", "--detailed-exitcode"])
        .exits(2)
        .says("renamed");
    // A workspace that has the name now is found as in a run over everything.
    remote.change_customer(second, &json!({"name": "c100"}));
    for more in [&[][..], &["--target", "c100"]] {
        env.run(&[&["plan"], more].concat())
            .exits(5)
            .says("is recorded as workspace");
    }
}
