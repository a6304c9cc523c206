//! What leaves the files stays, until pruning is asked for and allowed.

use crate::support::{Fate, FaultProxy, TestEnv, options};
use std::fmt::Write as _;

const DONE: &str = "Apply complete! Resources:";

#[test]
fn a_connector_that_left_the_files_is_kept_or_pruned() {
    let env = TestEnv::applied();
    env.cut("- name: Acme Zendesk", Some("- name: globex"));
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("Kept (1 object)");
    traffic.only_reads();
    env.connector("Acme Zendesk");
    let (output, traffic) = env.converge(&["--prune"]);
    output.ends_with(&format!("{DONE} 0 added, 0 changed, 1 destroyed."));
    assert_eq!(traffic.written(), ["delete_integrations_connectors_id"]);
    env.is_converged(&[]);
}

#[test]
fn a_customer_that_left_the_files_is_kept_suspended_or_deleted() {
    let env = TestEnv::applied();
    env.cut("- name: globex", None);
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("Kept (1 object)");
    traffic.only_reads();
    assert!(env.world().workspace("globex").unwrap().active);

    let (output, traffic) = env.converge(&["--prune"]);
    output.ends_with(&format!("{DONE} 0 added, 1 changed, 0 destroyed."));
    assert_eq!(traffic.written(), ["update_workspaces_workspace_id"]);
    let globex = env.world().workspace("globex").unwrap().clone();
    assert!(!globex.active && globex.connectors.len() == 1);
    // Retired: no longer spoken of.
    let plan = env.run(&["plan"]);
    plan.exits(0);
    assert!(!plan.stdout.contains("Kept"), "{plan}");

    let (output, traffic) = env.converge(&["--prune", "--delete-customers"]);
    output.ends_with(&format!("{DONE} 0 added, 0 changed, 1 destroyed."));
    assert_eq!(traffic.written(), ["delete_workspaces_workspace_id"]);
    assert!(env.world().workspace("globex").is_none());
    env.is_converged(&["--prune"]);
}

#[test]
fn a_retired_customer_comes_back_as_it_was() {
    let env = TestEnv::applied();
    let file = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    let before = env.connector("Globex Stripe");
    env.cut("- name: globex", None);
    env.converge(&["--prune"]);
    env.write("airlift.yaml", &file);
    let (output, traffic) = env.converge(&[]);
    output.ends_with(&format!("{DONE} 0 added, 1 changed, 0 destroyed."));
    assert_eq!(traffic.written(), ["update_workspaces_workspace_id"]);
    assert!(env.world().workspace("globex").unwrap().active);
    assert_eq!(env.connector("Globex Stripe"), before);
    // It is declared again, so its next removal is planned again.
    env.cut("- name: globex", None);
    env.converge(&["--prune"]);
    assert!(!env.world().workspace("globex").unwrap().active);
}

#[test]
fn a_pruned_connector_may_be_declared_again() {
    let env = TestEnv::applied();
    let file = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    let before = env.connector("Acme Zendesk").id;
    env.cut("- name: Acme Zendesk", Some("- name: globex"));
    env.converge(&["--prune"]);
    env.write("airlift.yaml", &file);
    let (output, _) = env.converge(&[]);
    output.ends_with(&format!("{DONE} 1 added, 0 changed, 0 destroyed."));
    assert_ne!(env.connector("Acme Zendesk").id, before);
}

#[test]
fn too_many_deletions_are_refused() {
    let env = TestEnv::new();
    env.edit("version: 1\n", "version: 1\nguards: {max_deletes: 1}\n");
    env.converge(&[]);
    env.cut("- name: Acme GitHub", Some("- name: globex"));
    env.edit("    connectors:\n  - name: globex", "  - name: globex");
    let (output, traffic) = env.apply(&["--prune"]);
    output.exits(5).says("too_many_deletes");
    traffic.only_reads();
    env.run(&["plan", "--prune"]).exits(5);
    let (output, _) = env.converge(&["--prune", "--allow-delete", "2"]);
    output.ends_with(&format!("{DONE} 0 added, 0 changed, 2 destroyed."));
}

/// Twelve customers: the percentage counts from ten owned objects up.
fn dozen(without: usize) -> String {
    let mut text =
        "version: 1\nguards: {max_deletes: 9, max_delete_percent: 10}\ncustomers:\n".to_owned();
    for number in without..12 {
        writeln!(text, "  - name: customer-{number:02}").unwrap();
    }
    text
}

#[test]
fn a_percentage_bounds_deletions_of_larger_estates() {
    let env = TestEnv::with(&dozen(0), options());
    env.converge(&[]);
    env.write("airlift.yaml", &dozen(2));
    let (output, traffic) = env.apply(&["--prune"]);
    output.exits(5).says("too_many_deletes");
    traffic.only_reads();
    let (output, _) = env.converge(&["--prune", "--allow-delete", "25%"]);
    output.ends_with(&format!("{DONE} 0 added, 2 changed, 0 destroyed."));
}

#[test]
fn an_empty_project_prunes_nothing() {
    let env = TestEnv::applied();
    env.write("airlift.yaml", "version: 1\ncustomers: []\n");
    let (output, traffic) = env.apply(&["--prune", "--allow-delete", "100%"]);
    output.exits(5).says("empty_desired");
    traffic.only_reads();
    env.apply(&[]).0.exits(0);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn a_listing_that_is_not_whole_prunes_nothing() {
    let mut env = TestEnv::applied();
    env.cut("- name: globex", None);
    let shorter = FaultProxy::start(&mut env, |parts, _| {
        if parts.uri.path() != "/api/v1/workspaces" {
            return Fate::Pass;
        }
        Fate::Change(Box::new(|listing| {
            let workspaces = listing["data"].as_array_mut().unwrap();
            workspaces.retain(|one| one["name"] != "acme");
        }))
    });
    let (refused, traffic) = env.apply(&["--prune"]);
    refused.exits(5).says("incomplete_listing");
    traffic.only_reads();
    assert!(shorter.met() > 1, "it is listed again first");
    assert!(env.world().workspace("globex").unwrap().active);
    // Without pruning nothing is created twice either.
    env.apply(&[]).0.exits(0);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn deleting_customers_needs_pruning() {
    let env = TestEnv::new();
    env.run(&["plan", "--delete-customers"]).exits(64);
}

#[test]
fn what_somebody_else_deleted_is_no_deletion_of_ours() {
    let env = TestEnv::applied();
    let id = env.world().workspace("globex").unwrap().id;
    let target = format!("/api/v1/workspaces/{id}");
    env.remote().ask(reqwest::Method::DELETE, &target, None);
    env.cut("- name: globex", None);
    env.is_converged(&["--prune"]);
    env.converge(&["--prune"]);
}
