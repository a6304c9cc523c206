//! Tests of the history of runs.

use crate::support::{PROJECT, TestEnv, faulty};
use serde_json::{Value, json};

fn runs(env: &TestEnv) -> Vec<Value> {
    let history = env.run(&["ledger", "history", "--format", "json"]);
    history.exits(0).json()["runs"].as_array().unwrap().clone()
}

#[test]
fn history_has_each_run_with_its_user_plan_and_counts() {
    let mut env = TestEnv::new();
    env.set("GITHUB_ACTOR", "octocat");
    env.run(&["plan", "--out", "plan.json"]).exits(0);
    let plan = env.run(&["show", "plan.json", "--format", "json"]);
    let id = plan.exits(0).json()["saved"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let report = env.run(&["apply", "plan.json", "--format", "json"]);
    let report = report.exits(0).json();
    let [run] = &runs(&env)[..] else {
        panic!("not one run");
    };
    assert_eq!(run["run_id"], report["run_id"]);
    assert_eq!(run["plan_id"], id);
    assert_eq!(run["command"], "apply");
    assert!(run["by"].as_str().unwrap().starts_with("octocat"), "{run}");
    assert!(run["ended_at"].is_string(), "{run}");
    let counts = json!({"added": 5, "changed": 0, "destroyed": 0, "adopted": 0, "not_done": 0});
    assert_eq!(run["counts"], counts);
    env.write("stripe-key", "another-value-of-globex-stripe\n");
    env.run(&["rotate", "globex", "--auto-approve"]).exits(0);
    let after = runs(&env);
    assert_eq!(after.len(), 2);
    assert_eq!(after[0]["command"], "rotate");
    assert_eq!(after[1], *run);
    env.run(&["ledger", "history"])
        .exits(0)
        .says("apply  by octocat")
        .says("added 5, changed 0, destroyed 0, adopted 0")
        .says(&format!("plan {id}"))
        .says("2 runs.");
}

#[test]
fn history_names_the_run_as_its_events_do() {
    let env = TestEnv::new();
    let output = env.run(&["apply", "--auto-approve", "--json"]);
    output.exits(0);
    let first: Value = serde_json::from_str(output.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(runs(&env)[0]["run_id"], first["run_id"]);
}

#[test]
fn history_has_a_run_that_was_killed() {
    let faults = faulty("create_integrations_connectors:2:timeout-after");
    let env = TestEnv::with(PROJECT, faults);
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", |env| env.world().connectors().count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let [run] = &runs(&env)[..] else {
        panic!("not one run");
    };
    assert_eq!(run["counts"], Value::Null);
    env.run(&["ledger", "history"])
        .exits(0)
        .says("did not reach its end");
}

#[test]
fn history_has_no_run_that_changed_nothing() {
    let env = TestEnv::applied();
    let before = runs(&env);
    env.run(&["apply", "--auto-approve"]).exits(0);
    env.run(&["adopt", "acme", "--auto-approve"]).exits(0);
    assert_eq!(runs(&env), before);
}
