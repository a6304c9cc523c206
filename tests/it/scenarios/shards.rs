//! Tests of shards: each customer belongs to one shard, whatever happens to its name and to the runs.

use crate::support::{TestEnv, faulty, options};
use airlift::sandbox::Options;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SHARDS: [&str; 4] = ["0/4", "1/4", "2/4", "3/4"];

fn project(names: &[String]) -> String {
    names.iter().fold(
        "version: 1\nguards: {max_deletes: 50, max_delete_percent: 100}\ncustomers:\n".to_owned(),
        |mut project, name| {
            let connector = "{name: Hub, type: stripe, credentials: {api_key: \"${env:KEY}\"}, replication_config: none}";
            writeln!(project, "  - {{name: {name}, connectors: [{connector}]}}").unwrap();
            project
        },
    )
}

fn names() -> Vec<String> {
    (1..=16)
        .map(|number| format!("customer-{number:02}"))
        .collect()
}

fn fleet(options: Options) -> TestEnv {
    let project = project(&names());
    let mut env = TestEnv::with(&project, options);
    env.set("KEY", "a key of the tests");
    env
}

fn apply(env: &TestEnv, shard: &str) {
    env.run(&["apply", "--auto-approve", "--prune", "--shard", shard])
        .exits(0);
}

/// The addresses of the steps of each shard's plan.
fn planned(env: &TestEnv) -> BTreeMap<&'static str, Vec<String>> {
    let plan = |shard: &'static str| {
        let line = ["plan", "--prune", "--format", "json", "--shard", shard];
        let plan = env.run(&line).exits(0).json();
        let steps = plan["changes"].as_array().unwrap().iter();
        let address = |step: &Value| {
            let (action, address) = (&step["action"], &step["address"]);
            format!("{} {}", action.as_str().unwrap(), address.as_str().unwrap())
        };
        (shard, steps.map(address).collect::<Vec<_>>())
    };
    let plans = SHARDS.into_iter().map(plan);
    plans.filter(|(_, steps)| !steps.is_empty()).collect()
}

/// Asserts that each customer exists once, with its connector, and that no shard has a change.
fn assert_complete(env: &TestEnv) {
    let world = env.world();
    let mut existing: Vec<String> = world
        .workspaces
        .iter()
        .map(|workspace| workspace.name.clone())
        .collect();
    existing.retain(|name| name != "default");
    existing.sort();
    assert_eq!(existing, names());
    assert_eq!(world.connectors().count(), names().len());
    assert_eq!(planned(env), BTreeMap::new());
}

#[test]
fn shards_at_the_same_time_cover_each_customer_once() {
    let env = fleet(options());
    let runs = SHARDS.map(|shard| env.spawn(&["apply", "--auto-approve", "--shard", shard]));
    for mut run in runs {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    assert_complete(&env);
    for (arguments, part) in [
        (&["plan"][..], "--shard INDEX/4"),
        (&["plan", "--shard", "0/2"], "divided into 4 shards"),
        (
            &["apply", "--shard", "1/5", "--auto-approve"],
            "divided into 4 shards",
        ),
    ] {
        let output = env.run(arguments);
        output
            .exits(1)
            .complains("error[ledger_of_other_shards]")
            .complains(part);
    }
    env.run(&["plan", "--shard", "4/4"])
        .exits(64)
        .complains("INDEX/COUNT");
}

#[test]
fn killed_shard_is_completed_by_its_next_run_while_others_finish() {
    let env = fleet(faulty("create_integrations_connectors:2:timeout-after"));
    let mut first = env.spawn(&[
        "apply",
        "--auto-approve",
        "--parallelism",
        "1",
        "--shard",
        "2/4",
    ]);
    env.wait_for("the second connector", |env| {
        env.world().connectors().count() == 2
    });
    first.kill().unwrap();
    first.wait().unwrap();
    let others = ["0/4", "1/4", "3/4"];
    let others = others.map(|shard| env.spawn(&["apply", "--auto-approve", "--shard", shard]));
    for mut run in others {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    apply(&env, "2/4");
    assert_complete(&env);
}

#[test]
fn renamed_customer_stays_with_its_shard() {
    let env = fleet(options());
    for shard in SHARDS {
        apply(&env, shard);
    }
    let old = env.world().workspace("customer-01").unwrap().id;
    // The hashes of the names choose several shards.
    for number in 0..3 {
        let (from, to) = match number {
            0 => ("customer-01".to_owned(), "renamed-0".to_owned()),
            _ => (
                format!("renamed-{}", number - 1),
                format!("renamed-{number}"),
            ),
        };
        env.edit(
            &format!("{{name: {from},"),
            &format!("{{name: {to}, previous_name: {from},"),
        );
        let plans = planned(&env);
        assert_eq!(plans.len(), 1, "{plans:?}");
        let (shard, _) = plans.first_key_value().unwrap();
        apply(&env, shard);
        assert_eq!(planned(&env), BTreeMap::new());
        env.edit(&format!(" previous_name: {from},"), "");
        assert_eq!(planned(&env), BTreeMap::new());
    }
    assert_eq!(env.world().workspace("renamed-2").unwrap().id, old);
    // The organization has a workspace `default`.
    assert_eq!(env.world().workspaces.len(), names().len() + 1);
}

#[test]
fn removed_and_unmanaged_customers_belong_to_one_shard() {
    let env = fleet(options());
    for shard in SHARDS {
        apply(&env, shard);
    }
    env.remote().customer("by-hand");
    let unmanaged = |shard: &&'static str| {
        let line = ["plan", "--format", "json", "--shard", shard];
        let plan = env.run(&line).exits(0).json();
        let customers = plan["unmanaged"]["customers"].as_array().unwrap().clone();
        customers.contains(&Value::from("by-hand")) && customers.len() == 1
    };
    assert_eq!(SHARDS.into_iter().filter(unmanaged).count(), 1);
    env.remove_lines("{name: customer-05", Some("{name: customer-06"));
    let plans = planned(&env);
    assert_eq!(plans.len(), 1, "{plans:?}");
    let (shard, steps) = plans.first_key_value().unwrap();
    assert!(
        steps.iter().all(|step| step.contains("customer-05")),
        "{steps:?}"
    );
    apply(&env, shard);
    assert_eq!(planned(&env), BTreeMap::new());
}

#[test]
fn ledger_of_all_customers_is_not_divided() {
    let env = fleet(options());
    env.apply(&[]).0.exits(0);
    env.run(&["plan", "--shard", "0/4"])
        .exits(1)
        .complains("error[ledger_of_other_shards]");
}

#[test]
fn unverified_outputs_of_shards_need_the_shard() {
    let env = fleet(options());
    for shard in SHARDS {
        apply(&env, shard);
    }
    let outputs = |shard: &[&str]| env.run(&[&["outputs", "--unverified"], shard].concat());
    let shown = SHARDS.map(|shard| outputs(&["--shard", shard]).exits(0).stdout.clone());
    for name in names() {
        let shards = shown.iter().filter(|shard| shard.contains(&name));
        assert_eq!(shards.count(), 1, "{name}");
    }
    for shard in [&[][..], &["--shard", "0/2"], &["--shard", "1/5"]] {
        let refused = outputs(shard);
        refused.exits(1).complains("error[ledger_of_other_shards]");
        refused.complains("divided into 4 shards");
    }
    let undivided = TestEnv::applied();
    let line = ["outputs", "--unverified", "--shard", "0/4"];
    let refused = undivided.run(&line);
    refused.exits(1).complains("one for all customers");
}
