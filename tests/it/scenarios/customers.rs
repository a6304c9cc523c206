//! Tests of customer changes in place.

use crate::support::{TestEnv, options};
use serde_json::json;

/// The only write of a change.
const PUT: [&str; 1] = ["update_workspaces_workspace_id"];

#[test]
fn rename_of_customer_keeps_workspace_and_connectors() {
    let env = TestEnv::applied();
    let before = env.world().workspace("acme").unwrap().clone();
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n",
    );
    env.run(&["plan"]).exits(0).says("> acme-corp");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
    let after = env.world().workspace("acme-corp").unwrap().clone();
    assert_eq!((after.id, after.connectors), (before.id, before.connectors));
    // `previous_name` can be removed after the rename.
    env.edit("    previous_name: acme\n", "");
    env.assert_converged(&[]);
}

#[test]
fn customer_is_suspended_and_activated() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    status: inactive\n");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
    assert!(!env.world().workspace("acme").unwrap().active);
    env.edit("    status: inactive\n", "");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
    assert!(env.world().workspace("acme").unwrap().active);
}

#[test]
fn customers_suspended_by_the_files_count_as_removed() {
    let env = TestEnv::applied();
    env.edit("version: 1", "version: 1\nguards: {max_deletes: 1}");
    env.edit("- name: acme", "- name: acme\n    status: inactive");
    env.run(&["plan"]).exits(0).says("Impact: 1 removed");
    env.edit("- name: globex", "- name: globex\n    status: inactive");
    let (refused, traffic) = env.apply(&[]);
    refused.exits(5).complains("too_many_deletes");
    traffic.assert_only_reads();
    env.apply(&["--allow-delete", "2"]).0.exits(0);
    let status = env.run(&["status"]);
    status.exits(0).says("its customer is suspended");
    env.assert_converged(&[]);
}

#[test]
fn customer_cache_has_three_states() {
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
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(cache(&env), None);
    // An undeclared setting is not changed.
    env.edit("    cache: inherit\n", "");
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"cache_enabled": true}));
    env.assert_converged(&[]);
}

#[test]
fn customer_renamed_out_of_band_is_refused_without_previous_name() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    env.remote().change_customer(id, &json!({"name": "emca"}));
    let (output, traffic) = env.apply(&[]);
    output.exits(5).complains("guard_refused");
    traffic.assert_only_reads();
    env.edit("- name: acme\n", "- name: acme\n    previous_name: emca\n");
    env.converge(&[]);
    assert_eq!(env.world().workspace("acme").unwrap().id, id);
}

#[test]
fn rename_of_customer_to_existing_name_is_blocked() {
    let env = TestEnv::applied();
    env.remote().customer("acme-corp");
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n",
    );
    let (blocked, traffic) = env.apply(&[]);
    blocked.exits(4).says("rename_conflict");
    traffic.assert_only_reads();
    assert!(env.world().workspace("acme").is_some());
}

#[test]
fn customer_with_several_changes_is_one_write() {
    let env = TestEnv::applied();
    env.edit(
        "- name: acme\n",
        "- name: acme-corp\n    previous_name: acme\n    cache: false\n",
    );
    let (output, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
}

#[test]
fn protection_is_recorded_without_a_write() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    protect: true\n");
    let (output, traffic) = env.apply(&[]);
    output.exits(0);
    traffic.assert_only_reads();
    env.assert_converged(&[]);
    // The protection remains after the customer is removed from the files.
    env.remove_lines("- name: acme", Some("- name: globex"));
    let (blocked, traffic) = env.apply(&["--prune"]);
    blocked.exits(4).says("[protected]");
    traffic.assert_only_reads();
}

#[test]
fn suspended_customer_gets_connector_changes() {
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

#[test]
fn region_changed_in_the_files_is_a_warning() {
    let env = TestEnv::with(
        "version: 1\ncustomers:\n  - name: acme\n    region: eu\n",
        options(),
    );
    env.converge(&[]);
    env.edit("region: eu", "region: us");
    let plan = env.run(&["plan", "--detailed-exitcode"]);
    plan.exits(0)
        .says("region_ignored")
        .says("write `region: eu`");
    assert!(!plan.stdout.contains("matches the files"), "{plan}");
}

#[test]
fn customer_in_file_that_is_not_read_is_reported_before_it_is_pruned() {
    let env = TestEnv::with("version: 1\ninclude: [customers/*.yaml]\n", options());
    env.write("customers/acme.yaml", "customers: [{name: acme}]\n");
    env.write("customers/globex.yaml", "customers: [{name: globex}]\n");
    env.converge(&[]);
    let from = env.path("customers/globex.yaml");
    std::fs::rename(from, env.path("customers/globex.yml")).unwrap();
    let output = env.run(&["plan", "--prune"]);
    output
        .exits(0)
        .complains("warning[file_not_included]")
        .complains("customers/globex.yml")
        .says("globex");
}
