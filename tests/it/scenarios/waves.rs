//! Tests of an apply in waves.

use crate::support::{Output, TestEnv, options};
use serde_json::Value;

const PROJECT: &str = "\
version: 1
templates:
  standard:
    parameters: {id: {}, tier: {default: free}}
    customer:
      name: \"{{ row.id }}\"
      labels: {tier: \"{{ row.tier }}\"}
      connectors:
        - {name: Stripe, type: stripe, credentials: {api_key: \"${file:keys/{{ row.id }}}\"}}
customers_from: [{table: table.csv, template: standard}]
guards: {max_deletes: 100, max_delete_percent: 100, max_id_changes: 100}
";

const CUSTOMERS: usize = 20;

/// Customers from a table, each with a key of its own. Every tenth one is a canary.
fn table() -> TestEnv {
    let env = TestEnv::with(PROJECT, options());
    for number in 0..CUSTOMERS {
        env.write(
            &format!("keys/c{number}"),
            &format!("value-of-key-{number}\n"),
        );
    }
    env.write("table.csv", &rows(|_| true));
    env
}

/// The rows of the customers that the predicate selects.
fn rows(is_declared: impl Fn(&str) -> bool) -> String {
    let row = |number: usize| match number % 10 {
        0 => format!("c{number},canary\n"),
        _ => format!("c{number},\n"),
    };
    let rows = (0..CUSTOMERS).filter(|number| is_declared(&format!("c{number}")));
    let rows: String = rows.map(row).collect();
    format!("id,tier\n{rows}")
}

/// The customers of the waves, in the order of the events of a run.
fn waves_of(output: &Output) -> Vec<Vec<String>> {
    let mut waves: Vec<Vec<String>> = Vec::new();
    for line in output.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["type"].as_str() {
            Some("wave_start") => waves.push(Vec::new()),
            Some("apply_complete") if event["connector"].is_null() => {
                let customer = event["customer"].as_str().unwrap().to_owned();
                waves.last_mut().unwrap().push(customer);
            }
            _ => {}
        }
    }
    for wave in &mut waves {
        wave.sort();
        wave.dedup();
    }
    waves
}

fn sizes(waves: &[Vec<String>]) -> Vec<usize> {
    waves.iter().map(Vec::len).collect()
}

#[test]
fn waves_start_small_and_removals_end_with_the_first_customer() {
    let env = table();
    let (output, traffic) = env.apply(&["--waves", "1,25%,100%", "--json"]);
    output.exits(0);
    let created = waves_of(&output);
    assert_eq!(sizes(&created), [1, 4, 15]);
    // A gate after each wave but the last one.
    assert_eq!(traffic.count("create_integrations_connectors_id_check"), 5);
    env.assert_converged(&[]);

    let staying = &created[1][0];
    env.write("table.csv", &rows(|name| name == staying));
    let removal = [
        "--prune",
        "--delete-customers",
        "--waves",
        "1,25%,100%",
        "--json",
    ];
    let (output, traffic) = env.apply(&removal);
    output.exits(0);
    let removed = waves_of(&output);
    assert_eq!(sizes(&removed), [1, 4, 14]);
    assert!(removed[2].contains(&created[0][0]), "{removed:?}");
    assert!(created[2].contains(&removed[0][0]), "{removed:?}");
    assert_eq!(traffic.count("create_integrations_connectors_id_check"), 0);
}

#[test]
fn failed_gate_ends_the_run_before_the_next_wave_and_a_rerun_continues() {
    let env = table();
    for number in 0..CUSTOMERS {
        env.write(
            &format!("keys/c{number}"),
            &format!("inconclusive-check-{number}\n"),
        );
    }
    let (output, _) = env.apply(&["--waves", "1,100%", "--format", "json"]);
    let report = output.exits(4).json();
    assert_eq!(report["waves"].as_array().unwrap().len(), 1);
    let gate = &report["waves"][0]["gate"];
    assert_eq!(
        (
            &gate["checked"],
            gate["unhealthy"].as_array().unwrap().len()
        ),
        (&1.into(), 1)
    );
    let codes = report["operations"].as_array().unwrap().iter();
    let codes: Vec<&str> = codes
        .filter_map(|operation| operation["code"].as_str())
        .collect();
    assert_eq!(codes.len(), 2 * (CUSTOMERS - 1));
    assert!(codes.iter().all(|code| *code == "waves_ended"), "{codes:?}");

    let canary = gate["unhealthy"][0]["customer"]
        .as_str()
        .unwrap()
        .to_owned();
    for number in 0..CUSTOMERS {
        env.write(
            &format!("keys/c{number}"),
            &format!("value-of-key-{number}\n"),
        );
    }
    let (output, _) = env.apply(&["--waves", "1,100%", "--json"]);
    output.exits(0);
    let mut waves = waves_of(&output);
    // The canary is rotated in the first wave again.
    assert!(!waves[1].contains(&canary));
    assert_eq!(waves.pop().unwrap().len(), CUSTOMERS - 1);
    env.assert_converged(&[]);
}

#[test]
fn wave_failures_allows_failed_customers() {
    let env = table();
    for number in 0..CUSTOMERS {
        env.write(&format!("keys/c{number}"), &format!("invalid-{number}\n"));
    }
    let (output, _) = env.apply(&["--waves", "1,100%", "--wave-failures", "5%"]);
    output.exits(4).complains("--gate check");
    env.assert_converged(&[]);
}

#[test]
fn gate_execute_reads_once_through_each_connector_of_a_wave() {
    let env = table();
    let arguments = ["--waves", "2,100%", "--gate", "execute"];
    let (output, traffic) = env.apply(&arguments);
    output
        .exits(0)
        .complains("which the vendor meters")
        .complains("Wave 2 of 2: 18 connectors\n");
    assert_eq!(
        traffic.count("create_integrations_connectors_id_execute"),
        2
    );
    let env = table();
    let (output, traffic) = env.apply(&["--waves", "2,100%", "--gate", "none"]);
    output.exits(0).complains("--gate none: nothing proves");
    assert_eq!(traffic.count("create_integrations_connectors_id_check"), 0);
}

#[test]
fn waves_by_label_name_the_customers_that_no_wave_selects() {
    let env = table();
    let (output, _) = env.apply(&["--waves", "label:tier=canary", "--format", "json"]);
    let report = output
        .exits(4)
        .complains("In no wave (18 customers): this run does not change them\n")
        .complains(": 2 changes\n")
        .complains("and 13 more; -v lists all")
        .json();
    assert_eq!(report["waves"][0]["customers"], 2);
    let codes = report["operations"].as_array().unwrap().iter();
    let unselected = codes.filter(|operation| operation["code"] == "no_wave");
    assert_eq!(unselected.count(), 2 * 18);
    // The canaries are done, and no other customer takes their place.
    let (output, _) = env.apply(&["--waves", "label:tier=canary,100%", "--json"]);
    output.exits(0);
    assert_eq!(sizes(&waves_of(&output)), [18]);
    env.assert_converged(&[]);
}

#[test]
fn small_change_starts_with_one_customer() {
    let env = table();
    env.apply(&[]).0.exits(0);
    for number in [3, 8, 15] {
        env.write(&format!("keys/c{number}"), "another-value-of-the-key\n");
    }
    let waves = [
        "--waves",
        "1,5%,100%",
        "--wave-pause",
        "1s",
        "--format",
        "json",
    ];
    let report = env.apply(&waves).0.exits(0).json();
    assert_eq!(report["waves"][0]["customers"], 1);
    assert_eq!(report["waves"][1]["customers"], 2);
    env.assert_converged(&[]);
}

#[test]
fn invalid_wave_is_a_usage_error() {
    let env = table();
    for arguments in [
        &["--waves", "0"][..],
        &["--waves", "label:tier"],
        &["--waves", "101%"],
        &["--waves", "25%,5%,100%"],
        &["--waves", "10,5,100%"],
        &["--wave-pause", "5m"],
        &["--waves", "1", "--wave-pause", "-5m"],
        &["--waves", "1", "--wave-pause", "2d"],
    ] {
        let (output, traffic) = env.apply(arguments);
        output.exits(64);
        assert_eq!(traffic.count("list_workspaces"), 0);
    }
}

#[test]
fn wave_of_a_label_that_no_customer_has_is_refused() {
    let env = table();
    env.run(&[
        "apply",
        "--auto-approve",
        "--waves",
        "label:tier=cnary,100%",
    ])
    .exits(64)
    .complains("error[unknown_selector]")
    .complains("label:tier=canary");
}
