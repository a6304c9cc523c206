//! Tests of pruning: objects that are removed from the files are kept without `--prune`.

use crate::support::{FaultProxy, ProxyAction, TestEnv, options};
use std::fmt::Write as _;

const COMPLETE: &str = "Apply complete! Resources:";

#[test]
fn prune_deletes_removed_connector() {
    let env = TestEnv::applied();
    env.remove_lines("- name: Acme Zendesk", Some("- name: globex"));
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("Kept (1 connector)");
    traffic.assert_only_reads();
    env.connector("Acme Zendesk");
    let (output, traffic) = env.converge(&["--prune"]);
    output.ends_with(&format!("{COMPLETE} 0 added, 0 changed, 1 destroyed."));
    assert_eq!(
        traffic.write_operations(),
        ["delete_integrations_connectors_id"]
    );
    env.assert_converged(&[]);
}

#[test]
fn prune_suspends_or_deletes_removed_customer() {
    let env = TestEnv::applied();
    env.remove_lines("- name: globex", None);
    let (output, traffic) = env.apply(&[]);
    output.exits(0).says("Kept (1 customer)");
    traffic.assert_only_reads();
    assert!(env.world().workspace("globex").unwrap().active);

    let (output, traffic) = env.converge(&["--prune"]);
    output.ends_with(&format!("{COMPLETE} 0 added, 1 changed, 0 destroyed."));
    assert_eq!(
        traffic.write_operations(),
        ["update_workspaces_workspace_id"]
    );
    let globex = env.world().workspace("globex").unwrap().clone();
    assert!(!globex.active && globex.connectors.len() == 1);
    // A suspended customer is not reported as kept.
    let plan = env.run(&["plan"]);
    plan.exits(0);
    assert!(!plan.stdout.contains("Kept"), "{plan}");

    let (output, traffic) = env.converge(&["--prune", "--delete-customers"]);
    output.ends_with(&format!("{COMPLETE} 0 added, 0 changed, 1 destroyed."));
    assert_eq!(
        traffic.write_operations(),
        ["delete_workspaces_workspace_id"]
    );
    assert!(env.world().workspace("globex").is_none());
    env.assert_converged(&["--prune"]);
}

#[test]
fn customer_with_protect_confirm_is_changed_only_by_a_run_that_names_it() {
    let env = TestEnv::applied();
    env.edit("- name: acme\n", "- name: acme\n    protect: confirm\n");
    env.edit("- name: globex\n", "- name: globex\n    protect: confirm\n");
    env.converge(&[]);
    env.run(&["export"]).exits(0).says("    protect: confirm\n");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    let (output, traffic) = env.apply(&["--allow-replace"]);
    output
        .exits(4)
        .says("[confirmation_needed]")
        .says("--confirm CUSTOMER");
    traffic.assert_only_reads();
    env.apply(&["--allow-replace", "--confirm", "globex"])
        .0
        .exits(4);
    env.run(&["plan", "--confirm", "acmee"])
        .exits(64)
        .complains("did you mean acme?");
    // A saved plan keeps the confirmation.
    env.run(&["plan", "--confirm", "acme", "--out", "plan.json"])
        .exits(0);
    env.run(&["apply", "plan.json"]).exits(0);
    env.assert_converged(&[]);
    // The protection outlives the declaration.
    env.remove_lines("- name: globex", None);
    let delete = ["--prune", "--delete-customers"];
    env.apply(&delete).0.exits(4).says("--confirm CUSTOMER");
    let confirmed = [&delete[..], &["--confirm", "globex"]].concat();
    env.apply(&confirmed).0.exits(0);
    env.assert_converged(&delete);
    assert!(env.world().workspace("globex").is_none());
}

#[test]
fn prune_then_declare_again_activates_customer() {
    let env = TestEnv::applied();
    let file = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    let before = env.connector("Globex Stripe");
    env.remove_lines("- name: globex", None);
    env.converge(&["--prune"]);
    env.write("airlift.yaml", &file);
    let (output, traffic) = env.converge(&[]);
    output.ends_with(&format!("{COMPLETE} 0 added, 1 changed, 0 destroyed."));
    assert_eq!(
        traffic.write_operations(),
        ["update_workspaces_workspace_id"]
    );
    assert!(env.world().workspace("globex").unwrap().active);
    assert_eq!(env.connector("Globex Stripe"), before);
    // The customer is declared again, so that its next removal is planned.
    env.remove_lines("- name: globex", None);
    env.converge(&["--prune"]);
    assert!(!env.world().workspace("globex").unwrap().active);
}

#[test]
fn prune_then_declare_again_creates_connector() {
    let env = TestEnv::applied();
    let file = std::fs::read_to_string(env.path("airlift.yaml")).unwrap();
    let before = env.connector("Acme Zendesk").id;
    env.remove_lines("- name: Acme Zendesk", Some("- name: globex"));
    env.converge(&["--prune"]);
    env.write("airlift.yaml", &file);
    let (output, _) = env.converge(&[]);
    output.ends_with(&format!("{COMPLETE} 1 added, 0 changed, 0 destroyed."));
    assert_ne!(env.connector("Acme Zendesk").id, before);
}

#[test]
fn prune_with_too_many_deletions_is_refused() {
    let env = TestEnv::new();
    env.edit("version: 1\n", "version: 1\nguards: {max_deletes: 1}\n");
    env.converge(&[]);
    env.remove_lines("- name: Acme GitHub", Some("- name: globex"));
    env.edit("    connectors:\n  - name: globex", "  - name: globex");
    let (output, traffic) = env.apply(&["--prune"]);
    output.exits(5).says("too_many_deletes");
    traffic.assert_only_reads();
    env.run(&["plan", "--prune"]).exits(5);
    let (output, _) = env.converge(&["--prune", "--allow-delete", "2"]);
    output.ends_with(&format!("{COMPLETE} 0 added, 0 changed, 2 destroyed."));
}

/// Twelve customers, because the percentage applies from ten owned objects on.
fn twelve(without: usize) -> String {
    let mut text =
        "version: 1\nguards: {max_deletes: 9, max_delete_percent: 10}\ncustomers:\n".to_owned();
    for number in without..12 {
        writeln!(text, "  - name: customer-{number:02}").unwrap();
    }
    text
}

#[test]
fn prune_above_percentage_is_refused() {
    let env = TestEnv::with(&twelve(0), options());
    env.converge(&[]);
    env.write("airlift.yaml", &twelve(2));
    let (output, traffic) = env.apply(&["--prune"]);
    output.exits(5).says("too_many_deletes");
    traffic.assert_only_reads();
    let (output, _) = env.converge(&["--prune", "--allow-delete", "25%"]);
    output.ends_with(&format!("{COMPLETE} 0 added, 2 changed, 0 destroyed."));
}

#[test]
fn prune_of_empty_project_is_refused() {
    let env = TestEnv::applied();
    env.write("airlift.yaml", "version: 1\ncustomers: []\n");
    let (output, traffic) = env.apply(&["--prune", "--allow-delete", "100%"]);
    output.exits(5).says("empty_desired");
    traffic.assert_only_reads();
    env.apply(&[]).0.exits(0);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn prune_with_incomplete_listing_is_refused() {
    let mut env = TestEnv::applied();
    env.remove_lines("- name: globex", None);
    let proxy = FaultProxy::start(&mut env, |parts, _| {
        if parts.uri.path() != "/api/v1/workspaces" {
            return ProxyAction::Forward;
        }
        ProxyAction::ChangeResponse(Box::new(|listing| {
            let workspaces = listing["data"].as_array_mut().unwrap();
            workspaces.retain(|connector| connector["name"] != "acme");
        }))
    });
    let (output, traffic) = env.apply(&["--prune"]);
    output.exits(5).says("incomplete_listing");
    traffic.assert_only_reads();
    assert!(proxy.hits() > 1, "the listing is repeated");
    assert!(env.world().workspace("globex").unwrap().active);
    // Without `--prune`, nothing is created twice.
    env.apply(&[]).0.exits(0);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn delete_customers_without_prune_is_a_usage_error() {
    let env = TestEnv::new();
    env.run(&["plan", "--delete-customers"]).exits(64);
}

#[test]
fn prune_ignores_customer_deleted_out_of_band() {
    let env = TestEnv::applied();
    let id = env.world().workspace("globex").unwrap().id;
    let target = format!("/api/v1/workspaces/{id}");
    env.remote().send(reqwest::Method::DELETE, &target, None);
    env.remove_lines("- name: globex", None);
    env.assert_converged(&["--prune"]);
    env.converge(&["--prune"]);
}
