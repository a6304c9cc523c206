//! Customers are changed in place.

use crate::support::TestEnv;
use serde_json::json;

/// The one workspace write of an edit.
const PUT: [&str; 1] = ["update_workspaces_workspace_id"];

#[test]
fn a_rename_keeps_the_workspace_and_all_it_holds() {
    let env = TestEnv::applied();
    let before = env.world().workspace("acme").unwrap().clone();
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n",
    );
    env.run(&["plan"]).exits(0).says("> acme-corp");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
    let after = env.world().workspace("acme-corp").unwrap().clone();
    assert_eq!((after.id, after.connectors), (before.id, before.connectors));
    // The hint has done its work and may go.
    env.edit("    previous_name: acme\n", "");
    env.is_converged(&[]);
}

#[test]
fn a_customer_is_suspended_and_woken() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    status: inactive\n");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
    assert!(!env.world().workspace("acme").unwrap().active);
    env.edit("    status: inactive\n", "");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    assert!(env.world().workspace("acme").unwrap().active);
}

#[test]
fn the_cache_has_three_states() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    cache: true\n");
    let cache = |env: &TestEnv| env.world().workspace("acme").unwrap().cache_enabled;
    env.converge(&[]);
    assert_eq!(cache(&env), Some(true));
    env.edit("cache: true", "cache: false");
    env.converge(&[]);
    assert_eq!(cache(&env), Some(false));
    env.edit("cache: false", "cache: inherit");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    assert_eq!(cache(&env), None);
    // What is not declared is left alone.
    env.edit("    cache: inherit\n", "");
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"cache_enabled": true}));
    env.is_converged(&[]);
}

#[test]
fn a_name_changed_behind_our_back_is_refused_until_the_files_explain_it() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    env.remote().change_customer(id, &json!({"name": "emca"}));
    let (refused, traffic) = env.apply(&[]);
    refused.exits(5).complains("guard_refused");
    traffic.only_reads();
    env.edit("- name: acme\n", "- name: acme\n    previous_name: emca\n");
    env.converge(&[]);
    assert_eq!(env.world().workspace("acme").unwrap().id, id);
}

#[test]
fn a_rename_onto_a_name_that_is_taken_is_blocked() {
    let env = TestEnv::applied();
    env.remote().customer("acme-corp");
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n",
    );
    let (blocked, traffic) = env.apply(&[]);
    blocked.exits(4).says("rename_conflict");
    traffic.only_reads();
    assert!(env.world().workspace("acme").is_some());
}

#[test]
fn several_changes_of_a_customer_are_one_write() {
    let env = TestEnv::applied();
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n    cache: false\n",
    );
    let (output, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
}

#[test]
fn protection_reaches_the_ledger_without_a_write() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    protect: true\n");
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    traffic.only_reads();
    env.is_converged(&[]);
    // It outlives the customer's removal from the files.
    env.cut("- name: acme", Some("- name: globex"));
    let (blocked, traffic) = env.apply(&["--prune"]);
    blocked.exits(4).says("[protected]");
    traffic.only_reads();
}

#[test]
fn a_suspended_customer_gets_its_connectors_all_the_same() {
    let env = TestEnv::new();
    env.edit("- name: globex\n", "- name: globex\n    status: inactive\n");
    env.converge(&[]);
    let stripe = "        type: stripe\n";
    env.edit(stripe, &format!("{stripe}        credentials_version: 2\n"));
    env.converge(&[]);
    env.edit("name: Globex Stripe", "name: Payments");
    env.converge(&[]);
    assert!(!env.world().workspace("globex").unwrap().active);
}
