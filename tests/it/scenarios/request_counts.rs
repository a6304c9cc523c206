//! Tests of how many requests each kind of run sends, from the sandbox's log.

use crate::support::{FaultProxy, ProxyAction, RecordedRequests, TestEnv, options};
use airlift::sandbox::Options;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

const TOKEN: &str = "create_account_applications_token";
const MINT: &str = "create_account_applications_scoped_token";
const INFO: &str = "get_account_applications_scoped_token_info";
const WORKSPACES: &str = "list_workspaces";
const STATS: &str = "get_workspaces_stats";
const WORKSPACE: &str = "get_workspaces_workspace_id";
const DELETE_WORKSPACE: &str = "delete_workspaces_workspace_id";
const LIST: &str = "list_integrations_connectors";
const LIST_ALL: &str = "list_organizations_credentials";
const GET: &str = "get_integrations_connectors_id";
const CREATE: &str = "create_integrations_connectors";
const CHECK: &str = "create_integrations_connectors_check";
const UPDATE: &str = "update_integrations_connectors_id";
const DELETE: &str = "delete_integrations_connectors_id";

/// A project of customers `c000`, `c001`, … with this many connectors each.
pub(super) fn fleet(customers: usize, connectors: usize) -> String {
    let mut text = "version: 1\ncustomers:\n".to_owned();
    for customer in 0..customers {
        writeln!(text, "  - name: c{customer:03}\n    connectors:").unwrap();
        for connector in 0..connectors {
            writeln!(
                text,
                "      - name: GitHub {connector}\n        type: github\n        credentials: \
                 {{token: \"${{env:ACME_GITHUB}}\"}}\n        replication_config: {{repositories: \
                 [c{customer:03}/a], start_date: 2026-01-01T00:00:00Z}}"
            )
            .unwrap();
        }
    }
    text
}

/// A sandbox that has deleted a connector when it answers.
fn quick() -> Options {
    Options {
        delete_delay: Duration::ZERO,
        ..options()
    }
}

/// The number of requests of each operation.
fn counts(traffic: &RecordedRequests) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for request in &traffic.0 {
        let operation = request.operation.as_deref().unwrap();
        *counts.entry(operation).or_default() += 1;
    }
    counts
}

/// Asserts the number of requests of each operation, beside those that every run sends: one for the
/// application token, one page of workspaces and their statistics.
fn assert_counts(traffic: &RecordedRequests, expected: &[(&str, usize)]) {
    let every_run = [(TOKEN, 1), (WORKSPACES, 1), (STATS, 1)];
    let mut all: BTreeMap<&str, usize> = every_run.into();
    for (operation, count) in expected {
        *all.entry(operation).or_default() += count;
    }
    assert_eq!(counts(traffic), all);
}

/// The pages of workspaces after the plan's: one for each of three batches, or fewer if one listing has the customers of
/// several.
fn pages_of_batches(traffic: &RecordedRequests) -> (&'static str, usize) {
    let pages = counts(traffic)[WORKSPACES] - 1;
    assert!((1..=3).contains(&pages), "{pages}");
    (WORKSPACES, pages)
}

/// A fleet of three customers with two connectors each, applied.
fn applied() -> TestEnv {
    let env = TestEnv::with(&fleet(3, 2), quick());
    env.apply(&[]).0.exits(0);
    env
}

#[test]
fn unchanged_fleet_lists_each_customer_once() {
    let (output, traffic) = applied().apply(&[]);
    output.exits(0);
    assert_counts(&traffic, &[(LIST, 3)]);
}

/// Beside the list of the plan. The GET is the plan's.
#[test]
fn change_in_place_is_one_list_one_get_and_one_put() {
    let env = applied();
    let changed = fleet(3, 2).replace("start_date: 2026-01-01", "start_date: 2026-02-01");
    env.write("airlift.yaml", &changed);
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("6 changed");
    assert_counts(&traffic, &[(LIST, 3 + 3), (GET, 6), (UPDATE, 6)]);
}

/// Beside the list of the plan.
#[test]
fn rename_of_connector_is_one_list_one_get_and_one_put() {
    let env = applied();
    let previous = "- name: Code\n        previous_name: GitHub 0";
    let renamed = fleet(3, 2).replace("- name: GitHub 0", previous);
    env.write("airlift.yaml", &renamed);
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("3 changed");
    assert_counts(&traffic, &[(LIST, 3 + 3), (GET, 3), (UPDATE, 3)]);
}

/// The scoped token of a customer that exists: its workspace is read before the request.
const TOKENS_OF_EXISTING: [(&str, usize); 3] = [(WORKSPACE, 3), (MINT, 3), (INFO, 3)];

#[test]
fn rotation_is_check_create_list_delete_and_list() {
    let mut env = applied();
    env.set("ACME_GITHUB", "another-value");
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("6 added, 0 changed, 6 destroyed");
    let rotation = [(LIST, 3 + 2 * 6), (CHECK, 6), (CREATE, 6), (DELETE, 6)];
    assert_counts(&traffic, &[&rotation[..], &TOKENS_OF_EXISTING].concat());
}

#[test]
fn rotation_in_waves_is_check_create_list_delete_and_list() {
    let env = applied();
    let (output, traffic) = env.run_with_traffic(&["rotate", "--all", "--auto-approve"]);
    output.exits(0);
    let rotation = [(LIST, 3 + 2 * 6), (CHECK, 6), (CREATE, 6), (DELETE, 6)];
    let counts = counts(&traffic);
    for (operation, count) in rotation {
        // One more list for a customer whose connectors are in two waves.
        let more = usize::from(operation == LIST);
        assert_eq!(counts[operation], count + more, "{operation}");
    }
}

#[test]
fn creation_in_existing_workspace_is_list_create_and_list() {
    let env = applied();
    env.write("airlift.yaml", &fleet(3, 3));
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("3 added");
    // A list of the plan that lacked a connector by mistake would make a second one.
    let creation = [(LIST, 3 + 2 * 3), (CREATE, 3)];
    assert_counts(&traffic, &[&creation[..], &TOKENS_OF_EXISTING].concat());
}

#[test]
fn deletion_of_connector_is_list_delete_and_list() {
    let env = applied();
    env.write("airlift.yaml", &fleet(3, 1));
    let (output, traffic) = env.apply(&["--prune", "--allow-delete", "100%"]);
    output.exits(0).says("3 destroyed");
    assert_counts(&traffic, &[(LIST, 3 + 2 * 3), (DELETE, 3)]);
}

#[test]
fn deletion_of_customer_reads_what_it_deletes() {
    let env = applied();
    env.write("airlift.yaml", &fleet(2, 2));
    let deletion = ["--prune", "--delete-customers", "--allow-delete", "100%"];
    let (output, traffic) = env.apply(&deletion);
    output.exits(0);
    assert_counts(
        &traffic,
        &[(LIST, 3 + 1), (WORKSPACE, 2), (DELETE_WORKSPACE, 1)],
    );
}

#[test]
fn creation_is_token_info_creates_and_list() {
    let env = TestEnv::with(&fleet(60, 2), quick());
    let (output, traffic) = env.apply(&["--parallelism", "20"]);
    output.exits(0).says("180 added");
    let creation = [(MINT, 60), (INFO, 60), (CREATE, 120), (LIST, 60)];
    assert_counts(
        &traffic,
        &[&creation[..], &[pages_of_batches(&traffic)]].concat(),
    );
}

#[test]
fn creation_with_application_token_is_token_creates_and_list() {
    let env = TestEnv::with(&fleet(60, 2), quick());
    let application = ["--connector-token", "application"];
    let (output, traffic) = env.apply(&[&application[..], &["--parallelism", "20"]].concat());
    output.exits(0).says("180 added");
    let creation = [(MINT, 60), (CREATE, 120), (LIST, 60)];
    assert_counts(
        &traffic,
        &[&creation[..], &[pages_of_batches(&traffic)]].concat(),
    );
}

/// So that no customer has most of its steps left when the others have ended.
#[test]
fn last_customers_of_a_run_take_turns() {
    let slow = Options {
        latency: Duration::from_millis(5),
        ..quick()
    };
    let env = TestEnv::with(&fleet(40, 4), slow);
    let (output, traffic) = env.apply(&["--parallelism", "20"]);
    output.exits(0);
    let is_creation = |operation: &Option<String>| operation.as_deref() == Some(CREATE);
    let creations = traffic.0.iter().filter(|it| is_creation(&it.operation));
    let is_first: Vec<bool> = creations
        .map(|creation| creation.names.iter().any(|name| name == "GitHub 0"))
        .collect();
    assert_eq!(is_first.len(), 160);
    let last_start = is_first.iter().rposition(|is_first| *is_first).unwrap();
    assert!(last_start < 120, "{last_start}");
}

const BY_ORGANIZATION: [&str; 4] = [
    "--connector-token",
    "application",
    "--listing",
    "organization",
];

#[test]
fn creation_by_organization_is_token_creates_and_one_list_for_all() {
    let env = TestEnv::with(&fleet(60, 2), quick());
    let (output, traffic) = env.apply(&[&BY_ORGANIZATION[..], &["--parallelism", "20"]].concat());
    output.exits(0).says("180 added");
    // One list of the plan, and one after the creations.
    let creation = [(MINT, 60), (CREATE, 120), (LIST_ALL, 2)];
    assert_counts(
        &traffic,
        &[&creation[..], &[pages_of_batches(&traffic)]].concat(),
    );
    let (output, traffic) = env.apply(&BY_ORGANIZATION);
    output.exits(0);
    assert_counts(&traffic, &[(LIST_ALL, 1)]);
}

#[test]
fn creation_by_organization_of_many_customers_is_one_list_in_pages() {
    let env = TestEnv::with(&fleet(300, 1), quick());
    let (output, traffic) = env.apply(&[&BY_ORGANIZATION[..], &["--parallelism", "20"]].concat());
    output.exits(0);
    let counts = counts(&traffic);
    assert_eq!(counts.get(LIST), None);
    // One list of the plan, and two pages after the creations.
    assert_eq!(
        (counts[MINT], counts[CREATE], counts[LIST_ALL]),
        (300, 300, 3)
    );
}

/// The list of the organization has no names, so that it proves nothing for a customer with an unknown connector.
#[test]
fn creation_that_the_list_of_the_organization_does_not_prove_is_listed() {
    let without = |list: &mut Value| {
        list["data"].as_array_mut().unwrap().pop();
        let rows = list["data"].as_array().unwrap().len();
        list["total"] = json!(rows);
    };
    let with_another = |list: &mut Value| {
        let rows = list["data"].as_array_mut().unwrap();
        if let Some(mut row) = rows.last().cloned() {
            row["id"] = json!(uuid::Uuid::from_u128(7));
            rows.push(row);
        }
        let rows = rows.len();
        list["total"] = json!(rows);
    };
    let changes: [fn(&mut Value); 2] = [without, with_another];
    for change in changes {
        let mut env = TestEnv::with(&fleet(4, 1), quick());
        let _proxy = FaultProxy::start(&mut env, move |parts, _| {
            if parts.method == "GET" && parts.uri.path().ends_with("/credentials") {
                ProxyAction::ChangeResponse(Box::new(change))
            } else {
                ProxyAction::Forward
            }
        });
        let (output, traffic) = env.apply(&BY_ORGANIZATION);
        output.exits(0).says("8 added");
        let creation = [(MINT, 4), (WORKSPACES, 1), (CREATE, 4)];
        let lists = [(LIST_ALL, 2), (LIST, 1)];
        assert_counts(&traffic, &[&creation[..], &lists].concat());
    }
}

#[test]
fn creation_of_one_customer_is_token_info_page_creates_and_list() {
    let env = TestEnv::with(&fleet(1, 3), quick());
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("4 added");
    let creation = [
        (MINT, 1),
        (INFO, 1),
        (WORKSPACES, 1),
        (CREATE, 3),
        (LIST, 1),
    ];
    assert_counts(&traffic, &creation);
}

#[test]
fn creation_of_one_customer_in_a_large_organization_looks_its_workspace_up() {
    let env = TestEnv::with(&fleet(1, 3), quick());
    let remote = env.remote();
    for number in 0..150 {
        remote.customer(&format!("another {number}"));
    }
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("4 added");
    let look_ups = [(WORKSPACE, 1), (LIST, 2)];
    let creation = [(MINT, 1), (INFO, 1), (CREATE, 3)];
    // The listing of the plan has two pages, of which the ledger knows nothing: the statistics are read beside the first
    // one, and again after the last one.
    let all = [&look_ups[..], &creation, &[(WORKSPACES, 1), (STATS, 1)]].concat();
    assert_counts(&traffic, &all);
}

#[test]
fn creation_without_connectors_is_token() {
    let env = TestEnv::with("version: 1\ncustomers: [{name: a}, {name: b}]\n", quick());
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("2 added");
    assert_counts(&traffic, &[(MINT, 2), (WORKSPACES, 1)]);
}

/// A listing that lacks a new workspace, or has its name twice, proves nothing.
#[test]
fn creation_that_no_listing_proves_looks_the_workspace_up() {
    let without = |list: &mut Value| {
        let rows = list["data"].as_array_mut().unwrap();
        rows.retain(|row| row["name"] != "c000");
    };
    let twice = |list: &mut Value| {
        let rows = list["data"].as_array_mut().unwrap();
        let row = rows.iter().find(|row| row["name"] == "c000").cloned();
        if let Some(mut row) = row {
            row["id"] = json!(uuid::Uuid::from_u128(7));
            rows.push(row);
        }
    };
    let changes: [fn(&mut Value); 2] = [without, twice];
    for change in changes {
        let mut env = TestEnv::with(&fleet(2, 1), quick());
        let _proxy = FaultProxy::start(&mut env, move |parts, _| {
            if parts.method == "GET" && parts.uri.path() == "/api/v1/workspaces" {
                ProxyAction::ChangeResponse(Box::new(change))
            } else {
                ProxyAction::Forward
            }
        });
        let (output, traffic) = env.apply(&["--connector-token", "application"]);
        output.exits(0).says("4 added");
        let proven = [(MINT, 2), (WORKSPACES, 1), (CREATE, 2), (LIST, 2)];
        let look_up = [(INFO, 1), (WORKSPACE, 1), (LIST, 1)];
        assert_counts(&traffic, &[&proven[..], &look_up].concat());
    }
}

#[test]
fn create_more_customers_than_cached_tokens_mints_each_once() {
    let env = TestEnv::with(&fleet(300, 2), options());
    let (output, traffic) = env.apply(&["--parallelism", "20"]);
    output.exits(0);
    let counts = counts(&traffic);
    assert_eq!((counts[MINT], counts[INFO]), (300, 300));
}

#[test]
fn forecast_of_a_plan_is_near_the_requests_of_its_execution() {
    let env = TestEnv::with(&fleet(5, 3), quick());
    let (plan, reads) = env.run_with_traffic(&["plan", "--format", "json", "--max-rps", "1"]);
    let forecast = plan.exits(0).json()["summary"]["forecast"].clone();
    assert_eq!(
        (&forecast["requests"], &forecast["tokens"]),
        (&json!(30), &json!(5))
    );
    assert_eq!(forecast["metered_operations"], 0);
    assert_eq!(forecast["seconds"], 30);
    let (output, traffic) = env.apply(&["--verbose"]);
    output
        .exits(0)
        .says("Forecast: about 30 requests, 5 tokens");
    let sent = traffic.0.len() - reads.0.len();
    assert!(sent.abs_diff(30) < 10, "{sent}");
    // Of each customer: the token, a list, the creation and a list.
    env.write("airlift.yaml", &fleet(5, 4));
    let plan = env.run(&["plan", "--format", "json"]).exits(0).json();
    assert_eq!(plan["summary"]["forecast"]["requests"], 5 * 4);
}
