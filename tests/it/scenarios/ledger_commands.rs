//! Tests of `adopt`, `ledger show` and `ledger trust`, and of a ledger that git tracks.

use crate::support::{FaultProxy, ProxyAction, TestEnv};
use reqwest::Method;
use serde_json::json;
use std::process::Command;

fn stripe() -> serde_json::Value {
    json!({"api_key": "someone's"})
}

/// A project with an existing workspace `globex` and an existing connector in it.
fn existing() -> TestEnv {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    env
}

/// The same with a second connector of the same name and type.
fn ambiguous() -> TestEnv {
    let env = existing();
    env.remote()
        .connector("globex", "Globex Stripe", "stripe", &stripe());
    env
}

#[test]
fn adopt_customer_records_it_and_writes_nothing_remotely() {
    let env = existing();
    let before = env.world();
    let (output, traffic) = env.run_with_traffic(&["adopt", "globex", "--auto-approve"]);
    output.exits(0).says("Adopted: 2.");
    traffic.assert_only_reads();
    assert_eq!(env.world(), before);
    env.run(&["ledger", "show", "globex"])
        .exits(0)
        .says("Globex Stripe");
}

#[test]
fn adopt_without_approval_records_nothing() {
    let env = existing();
    env.run(&["adopt", "globex"])
        .exits(64)
        .complains("approval is needed");
    env.run(&["ledger", "show", "globex"]).exits(64);
}

#[test]
fn adopt_of_ambiguous_connector_fails_without_id() {
    let env = ambiguous();
    env.run(&["adopt", "globex/Globex Stripe", "--auto-approve"])
        .exits(1)
        .complains("cannot be adopted");
}

#[test]
fn adopt_of_ambiguous_connector_with_id_adopts_that_one() {
    let env = ambiguous();
    let chosen = env.world().workspace("globex").unwrap().connectors[1].id;
    let target = format!("globex/Globex Stripe={chosen}");
    env.run(&["adopt", &target, "--auto-approve"]).exits(0);
    env.run(&["ledger", "show", "globex"])
        .exits(0)
        .says(&chosen.to_string());
}

#[test]
fn adopt_by_id_finds_the_declaration() {
    let env = ambiguous();
    let chosen = env.world().workspace("globex").unwrap().connectors[1]
        .id
        .to_string();
    env.run(&["adopt", &chosen, "--auto-approve"]).exits(0);
    env.run(&["ledger", "show", "globex"]).says(&chosen);
}

#[test]
fn adopt_of_undeclared_customer_is_refused() {
    let env = existing();
    env.run(&["adopt", "initech", "--auto-approve"])
        .exits(64)
        .complains("error[unknown_selector]: initech names nothing in the files");
}

#[test]
fn ledger_show_as_json_has_ids_and_fingerprints() {
    let env = TestEnv::applied();
    let output = env.run(&["ledger", "show", "--format", "json"]);
    let contents: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(contents["format_version"], 1);
    let connector = contents["customers"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|customer| customer["connectors"].as_array().unwrap())
        .find(|connector| connector["name"] == "Acme GitHub")
        .unwrap();
    assert_eq!(connector["id"], env.connector("Acme GitHub").id.to_string());
    assert_eq!(connector["fingerprints"], "current_key");
}

#[test]
fn ledger_show_of_unknown_selector_is_refused() {
    TestEnv::applied()
        .run(&["ledger", "show", "initech"])
        .exits(64)
        .complains("error[unknown_selector]: initech names nothing in the ledger");
}

#[test]
fn ledger_trust_of_adopted_connector_makes_a_later_change_visible() {
    let env = existing();
    env.converge(&[]);
    let before = env.world();
    env.run(&["plan"]).says("Not verified (1 connector)");
    let (output, traffic) = env.run_with_traffic(&["ledger", "trust", "globex", "--auto-approve"]);
    output.exits(0).says("Secrets recorded: 1 connector.");
    traffic.assert_only_reads();
    assert_eq!(env.world(), before);
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(0);
    assert!(!plan.stdout.contains("Not verified"), "{plan}");
    env.write("stripe-key", "another-value");
    env.run(&["plan"]).says("! globex/Globex Stripe");
}

#[test]
fn ledger_trust_of_unresolvable_secret_is_reported() {
    let env = existing();
    env.converge(&[]);
    std::fs::remove_file(env.path("stripe-key")).unwrap();
    env.run(&["ledger", "trust", "globex", "--auto-approve"])
        .exits(4)
        .says("cannot be resolved");
}

#[test]
fn ledger_that_git_tracks_is_refused() {
    let env = TestEnv::applied();
    for arguments in [["init", "-q"].as_slice(), &["add", "-f", ".airlift"]] {
        let status = Command::new("git")
            .args(arguments)
            .current_dir(env.path("."))
            .status()
            .unwrap();
        assert!(status.success());
    }
    env.run(&["plan"])
        .exits(1)
        .complains("git tracks the ledger");
    env.run(&["plan", "--ledger", ".airlift/ledger"])
        .exits(1)
        .complains("git tracks the ledger");
    let doctor = env.run(&["doctor", "--format", "json"]);
    let checks = doctor.exits(1).json()["checks"].clone();
    let subject = |check: &&serde_json::Value| check["subject"] == "ledger";
    let ledger: Vec<_> = checks.as_array().unwrap().iter().filter(subject).collect();
    assert_eq!(ledger.len(), 1, "{doctor}");
    assert!(
        ledger[0].to_string().contains("git tracks the ledger"),
        "{doctor}"
    );
}

#[test]
fn create_customer_of_an_older_hidden_workspace_is_stale() {
    let mut env = TestEnv::new();
    let remote = env.remote();
    remote.customer("acme");
    remote.customer("someone");
    let mut list = remote.send(Method::GET, "/api/v1/workspaces", None);
    let rows = list["data"].as_array_mut().unwrap();
    rows.retain(|row| row["name"] != "acme");
    let before = env.world().workspace("acme").cloned();
    let _proxy = FaultProxy::start(&mut env, move |parts, _| {
        if parts.method == "GET" && parts.uri.path() == "/api/v1/workspaces" {
            ProxyAction::Respond(200, list.clone())
        } else {
            ProxyAction::Forward
        }
    });
    let (output, _) = env.apply(&[]);
    output.exits(4).says("[older_workspace]");
    assert_eq!(env.world().workspace("acme").cloned(), before);
}
