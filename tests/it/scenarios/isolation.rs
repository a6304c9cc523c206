//! Tests of failures that concern one customer: the other customers are planned and applied.

use crate::support::{FaultProxy, PROJECT, ProxyAction, TestEnv, faulty, options};
use airlift::sandbox::Faults;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

const WORKSPACES: &str = "/api/v1/workspaces";
const CONNECTORS: &str = "/api/v1/integrations/connectors";

fn set_faults(env: &TestEnv, faults: &str) {
    let faults = faults.parse::<Faults>().unwrap();
    env.sandbox().set_faults(faults).unwrap();
}

#[test]
fn refused_listing_blocks_only_its_customer() {
    for fault in ["403", "422", "renamed"] {
        let env = TestEnv::applied();
        env.write("stripe-key", "another value");
        set_faults(
            &env,
            &format!("list_integrations_connectors@acme:*:{fault}"),
        );
        let plan = env.run(&["plan"]);
        plan.exits(4).says("[customer_unreadable]");
        plan.says("! globex/Globex Stripe");
        env.run(&["drift"]).exits(4).says("[customer_unreadable]");
        env.run(&["drift", "--target", "acme"])
            .exits(4)
            .says("Drift is not known.");
        let export = env.run(&["export"]);
        export.exits(4).says("- name: globex");
        export.complains("customer acme is left out");
        assert!(!export.stdout.contains("name: acme"), "{export}");
        let (output, _) = env.apply(&[]);
        output.exits(4).says("Blocked: 1.");
        let report = env.run(&["apply", "--auto-approve", "--format", "json"]);
        let report = report.exits(4).json();
        assert_eq!(report["blocked"][0]["address"], "acme");
        assert_eq!(report["blocked"][0]["code"], "customer_unreadable");
        set_faults(&env, "");
        env.assert_converged(&[]);
    }
}

#[test]
fn refused_workspace_of_recorded_customer_is_not_created_again() {
    let mut env = TestEnv::applied();
    let acme = env.world().workspace("acme").unwrap().id.to_string();
    let proxy = FaultProxy::start(&mut env, move |request, _| match request.uri.path() {
        WORKSPACES => ProxyAction::ChangeResponse(Box::new(|body: &mut Value| {
            let rows = body["data"].as_array_mut().unwrap();
            rows.retain(|row| row["name"] != "acme");
        })),
        path if path.ends_with(&acme) => ProxyAction::Respond(403, json!({})),
        _ => ProxyAction::Forward,
    });
    let (output, traffic) = env.apply(&[]);
    output.exits(4).says("[customer_unreadable]");
    traffic.assert_only_reads();
    assert!(proxy.hits() > 1);
}

/// A project with a number of customers with one connector each.
fn fleet(customers: usize) -> String {
    let mut yaml = "version: 1\ncustomers:\n".to_owned();
    for n in 1..=customers {
        // Writing to a string cannot fail.
        let _ = writeln!(
            yaml,
            "  - name: c{n}\n    connectors:\n      - name: GitHub {n}\n        type: github\n        \
             credentials: {{token: \"${{env:ACME_GITHUB}}\"}}"
        );
    }
    yaml
}

#[test]
fn refused_creation_does_not_stop_other_customers() {
    let faults = "create_integrations_connectors:2:403";
    let env = TestEnv::with(&fleet(7), faulty(faults));
    let (output, _) = env.apply(&["--parallelism", "1"]);
    output.exits(4).says("Failed: 1").says("Not attempted: 0.");
    assert_eq!(env.world().connectors().count(), 6);
    let (output, _) = env.converge(&[]);
    output.says("Resources: 1 added");
}

#[test]
fn first_five_customers_refused_end_the_apply() {
    let faults = "create_integrations_connectors:*:403";
    let env = TestEnv::with(&fleet(8), faulty(faults));
    // The customers exist, so that no step succeeds before the refusals.
    for n in 1..=8 {
        env.remote().customer(&format!("c{n}"));
    }
    let (output, traffic) = env.apply(&["--parallelism", "1", "--adopt"]);
    output.exits(3).complains("subscription");
    assert_eq!(traffic.count("create_integrations_connectors"), 5);
}

#[test]
fn first_five_customers_refused_end_the_plan() {
    let env = TestEnv::with(&fleet(6), options());
    env.converge(&[]);
    set_faults(&env, "list_integrations_connectors:*:403");
    env.run(&["plan"])
        .exits(3)
        .complains("all_forbidden")
        .complains("subscription");
    // Fewer customers can each lack a permission.
    set_faults(&env, "list_integrations_connectors@c1:*:403");
    env.run(&["plan"]).exits(4);
}

#[test]
fn rejected_credentials_end_the_plan() {
    let env = TestEnv::applied();
    set_faults(&env, "list_integrations_connectors@acme:*:401");
    env.run(&["plan"])
        .exits(3)
        .complains("authentication_failed");
}

#[test]
fn list_that_names_a_workspace_twice_differently_is_refused() {
    let env = TestEnv::applied();
    set_faults(&env, "list_workspaces:*:renamed");
    let (output, traffic) = env.run_with_traffic(&["plan"]);
    output.exits(1).complains("inconsistent_list");
    assert_eq!(traffic.count("list_workspaces"), 3);
    set_faults(&env, "list_workspaces:1:renamed");
    env.assert_converged(&[]);
}

/// Lets a connector of acme leave the workspace after the plan: lists of the connectors no longer
/// have it, and an inspection shows it in another workspace.
fn move_after_plan(env: &mut TestEnv, name: &str) -> FaultProxy {
    let acme = env.world().workspace("acme").unwrap().id.to_string();
    let moved = env.connector(name).id.to_string();
    let inspected = format!("{CONNECTORS}/{moved}/inspect");
    let lists = AtomicUsize::new(0);
    FaultProxy::start(env, move |request, _| {
        let uri = &request.uri;
        let is_list = request.method == Method::GET
            && uri.path() == CONNECTORS
            && uri.query().is_some_and(|query| query.contains(&acme));
        if is_list && lists.fetch_add(1, Ordering::Relaxed) > 0 {
            let moved = moved.clone();
            return ProxyAction::ChangeResponse(Box::new(move |body: &mut Value| {
                let rows = body["data"].as_array_mut().unwrap();
                rows.retain(|row| row["id"] != moved.as_str());
            }));
        }
        if uri.path() == inspected {
            let other = "11111111-2222-4333-8444-555555555555";
            return ProxyAction::Respond(200, json!({"workspace_id": other}));
        }
        ProxyAction::Forward
    })
}

#[test]
fn connector_that_left_the_workspace_is_not_changed() {
    let mut env = TestEnv::applied();
    env.edit("acme/api", "acme/web");
    let proxy = move_after_plan(&mut env, "Acme GitHub");
    let (output, traffic) = env.apply(&[]);
    output
        .exits(4)
        .says("the connector is not in the customer's workspace");
    traffic.assert_only_reads();
    assert!(proxy.hits() > 1);
}

#[test]
fn connector_that_left_the_workspace_is_not_deleted() {
    let mut env = TestEnv::applied();
    env.remove_lines("- name: Acme Zendesk", Some("- name: globex"));
    let _proxy = move_after_plan(&mut env, "Acme Zendesk");
    let (output, traffic) = env.apply(&["--prune"]);
    output
        .exits(4)
        .says("the connector is not in the customer's workspace");
    traffic.assert_only_reads();
    env.connector("Acme Zendesk");
}

#[test]
fn customer_with_refused_token_does_not_stop_other_customers() {
    let env = TestEnv::with(PROJECT, faulty("create_integrations_connectors@acme:*:401"));
    let (output, _) = env.apply(&[]);
    output.exits(4);
    env.connector("Globex Stripe");
    set_faults(&env, "");
    env.converge(&[]);
}
