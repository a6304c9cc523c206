//! Tests of `ledger copy`.

use crate::support::{PROJECT, TestEnv, faulty, files};
use serde_json::Value;
use std::path::PathBuf;

/// The files of a ledger with their contents, without its lock.
fn contents(env: &TestEnv, place: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let is_content = |path: &std::path::Path| !path.ends_with("lock");
    let paths = files(&env.path(place), &is_content).into_iter();
    paths
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

fn outputs(env: &TestEnv, options: &[&str]) -> Value {
    let output = env.run(&[&["outputs", "--format", "json"], options].concat());
    output.exits(0).json()["customers"].clone()
}

fn copy(env: &TestEnv, arguments: &[&str]) {
    let (output, traffic) = env.run_with_traffic(&[&["ledger", "copy"], arguments].concat());
    output
        .exits(0)
        .says("Copied and compared: 2 customers and 3 connectors");
    traffic.assert_only_reads();
}

#[test]
fn copied_ledger_has_the_entries_and_the_history() {
    let env = TestEnv::applied();
    let ledger = |place| env.run(&["ledger", "history", "--format", "json", "--ledger", place]);
    let before = contents(&env, ".airlift/ledger");
    copy(&env, &[".airlift/ledger", "copied"]);
    assert_eq!(contents(&env, ".airlift/ledger"), before);
    assert_eq!(outputs(&env, &["--ledger", "copied"]), outputs(&env, &[]));
    let runs = |place| ledger(place).exits(0).json()["runs"].clone();
    assert_eq!(runs("copied"), runs(".airlift/ledger"));
    env.assert_converged(&["--ledger", "copied"]);
    env.converge(&["--ledger", "copied"]);
}

#[test]
fn copied_ledger_has_the_saved_plans() {
    let env = TestEnv::applied();
    let saved = env.run(&["plan", "--save", "--format", "json"]);
    let id = saved.exits(0).json()["saved"]["id"].clone();
    let copied = env.run(&["ledger", "copy", ".airlift/ledger", "copied"]);
    copied.exits(0).says("Copied 1 saved plan, too.");
    let id = id.as_str().unwrap();
    let run = env.run(&["apply", "--plan", id, "--ledger", "copied"]);
    run.exits(0);
}

#[test]
fn copied_ledger_is_divided_and_joined_again() {
    let env = TestEnv::applied();
    copy(&env, &[".airlift/ledger", "divided", "--shards", "3"]);
    let mut union = serde_json::Map::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let options = ["--ledger", "divided", "--shard", shard];
        env.assert_converged(&options);
        for (name, customer) in outputs(&env, &options).as_object().unwrap() {
            assert_eq!(union.insert(name.clone(), customer.clone()), None);
        }
    }
    assert_eq!(Value::from(union), outputs(&env, &[]));
    env.run(&["plan", "--ledger", "divided"])
        .exits(1)
        .complains("ledger_of_other_shards");
    copy(&env, &["divided", "joined"]);
    assert_eq!(outputs(&env, &["--ledger", "joined"]), outputs(&env, &[]));
    env.converge(&["--ledger", "joined"]);
}

#[test]
fn copy_to_a_place_with_a_ledger_is_refused() {
    let env = TestEnv::applied();
    copy(&env, &[".airlift/ledger", "copied"]);
    let before = contents(&env, "copied");
    for target in ["copied", ".airlift/ledger"] {
        env.run(&["ledger", "copy", ".airlift/ledger", target])
            .exits(5)
            .complains("ledger_not_empty");
    }
    env.run(&[
        "ledger",
        "copy",
        ".airlift/ledger",
        "copied",
        "--shards",
        "2",
    ])
    .exits(5)
    .complains("ledger_not_empty");
    assert_eq!(contents(&env, "copied"), before);
}

#[test]
fn copy_of_a_place_without_a_ledger_is_refused() {
    let env = TestEnv::applied();
    env.run(&["ledger", "copy", "nowhere", "copied"])
        .exits(1)
        .complains("ledger_not_copied")
        .complains("has no ledger of this organization");
    assert!(!env.path("copied").exists());
}

#[test]
fn copy_of_a_ledger_with_open_writes_is_refused() {
    let faults = faulty("create_integrations_connectors:2:timeout-after");
    let env = TestEnv::with(PROJECT, faults);
    let mut child = env.spawn(&["apply", "--auto-approve", "--parallelism", "1"]);
    env.wait_for("the effect", |env| env.world().connectors().count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    env.run(&["ledger", "copy", ".airlift/ledger", "copied"])
        .exits(1)
        .complains("writes of an interrupted run");
    assert!(!env.path("copied/head.json").exists());
}
