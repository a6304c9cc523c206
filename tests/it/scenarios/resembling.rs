//! Tests of what a plan says about a new object that may be an existing one.

use crate::support::{TestEnv, options};
use serde_json::{Value, json};

const CUSTOMER: &str = "version: 1\ncustomers:\n  - name: Acme-Corp\n";

/// The warnings of the plan as JSON.
fn warnings(env: &TestEnv) -> Vec<Value> {
    let plan = env.run(&["plan", "--format", "json"]);
    let document: Value = serde_json::from_str(&plan.stdout).unwrap();
    document["warnings"].as_array().unwrap().clone()
}

#[test]
fn resembles_existing_workspace_says_what_to_write() {
    let env = TestEnv::with(CUSTOMER, options());
    env.remote().customer("acme-corp");
    let plan = env.run(&["plan"]);
    plan.exits(0)
        .says("+ Acme-Corp (customer)")
        .says("warning: similar to \"acme-corp\"")
        .says("write `name: acme-corp`")
        .says("[resembles_existing]")
        .says("Warnings: 1.");
    let [warning] = &warnings(&env)[..] else {
        panic!("not one warning");
    };
    assert_eq!(warning["code"], "resembles_existing");
    assert_eq!(warning["address"], "Acme-Corp");
    env.edit(
        "name: Acme-Corp",
        "name: Acme-Corp\n    previous_name: acme-corp",
    );
    let (output, _) = env.converge(&["--adopt"]);
    output.says("Adopted: 1.");
    assert!(env.world().workspace("acme-corp").is_none());
}

#[test]
fn resembles_existing_workspace_can_be_meant() {
    let env = TestEnv::with(CUSTOMER, options());
    env.remote().customer("acme-corp");
    env.converge(&[]);
    assert!(env.world().workspace("acme-corp").is_some());
    assert_eq!(warnings(&env), [Value::Null; 0]);
}

#[test]
fn adopt_of_another_spelling_names_the_existing_workspace() {
    let env = TestEnv::with(CUSTOMER, options());
    env.remote().customer("acme-corp");
    env.run(&["adopt", "Acme-Corp", "--auto-approve"])
        .exits(1)
        .complains("error[not_adoptable]")
        .complains("similar to \"acme-corp\"");
}

#[test]
fn resembles_existing_connector_says_what_to_write() {
    let env = TestEnv::new();
    env.remote().customer("globex");
    let key = json!({"api_key": "someone's"});
    env.remote()
        .connector("globex", "globex_stripe", "stripe", &key);
    let plan = env.run(&["plan", "--adopt"]);
    plan.exits(0)
        .says("similar to \"globex_stripe\"")
        .says("write `previous_name: globex_stripe`");
}

#[test]
fn probable_rename_of_customer_says_what_to_write() {
    let env = TestEnv::applied();
    let before = env.world();
    env.edit("  - name: globex\n", "  - name: initech\n");
    let plan = env.run(&["plan", "--prune"]);
    plan.says("warning: \"globex\" is no longer in the files")
        .says("write `previous_name: globex`")
        .says("[probable_rename]");
    let [warning] = &warnings(&env)[..] else {
        panic!("not one warning");
    };
    assert_eq!(warning["code"], "probable_rename");
    assert_eq!(warning["address"], "initech");
    env.edit(
        "name: initech\n",
        "name: initech\n    previous_name: globex\n",
    );
    env.converge(&["--prune"]);
    let (before, after) = (before.workspace("globex"), env.world());
    let after = after.workspace("initech");
    assert_eq!(before.unwrap().connectors, after.unwrap().connectors);
}

#[test]
fn probable_rename_of_connector_says_what_to_write() {
    let mut env = TestEnv::applied();
    env.set("OTHER", "value-of-acme-github");
    env.edit("name: Acme GitHub", "name: Repositories");
    env.edit("${env:ACME_GITHUB}", "${env:OTHER}");
    let plan = env.run(&["plan", "--prune"]);
    plan.says("+ acme/Repositories (github)")
        .says("warning: \"Acme GitHub\" is no longer in the files")
        .says("write `previous_name: Acme GitHub`");
}

#[test]
fn rename_onto_existing_connector_is_blocked() {
    let env = TestEnv::applied();
    let token = json!({"token": "someone's"});
    env.remote().connector("acme", "Code", "github", &token);
    env.edit("name: Acme GitHub", "name: Code");
    let before = env.world();
    env.run(&["plan"]).exits(4).says("[rename_conflict]");
    env.apply(&["--adopt"]).0.exits(4);
    assert_eq!(env.world(), before);
}

#[test]
fn guard_loosened_is_told_until_an_apply() {
    let env = TestEnv::applied();
    env.edit("version: 1\n", "version: 1\nguards: {max_deletes: 50}\n");
    env.run(&["plan"]).says("guard_loosened");
    env.run(&["adopt", "acme", "--auto-approve"]).exits(0);
    let rotate = ["rotate", "acme/Acme GitHub", "--auto-approve"];
    env.run(&rotate).exits(0);
    env.run(&["plan"]).says("guard_loosened");
    env.converge(&[]);
    assert_eq!(warnings(&env), [Value::Null; 0]);
}
