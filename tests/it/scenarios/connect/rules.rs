//! What a consent may not do: create a second workspace, take one over, or pass a guard.

use super::{INITIATE, PROJECT, Running, connect, connected, count, waiting};
use crate::support::{FaultProxy, ProxyAction, TestEnv, options};
use serde_json::json;

/// Tries to connect a connector, and expects a refusal before anything was started or created.
fn is_refused(env: &TestEnv, arguments: &[&str], code: &str) {
    let before = env.world().workspaces.len();
    let starts = count(env, INITIATE);
    let arguments = [&["connect", "--no-browser", "--timeout", "2"], arguments].concat();
    env.run(&arguments).complains(code);
    assert_eq!(count(env, INITIATE), starts, "{arguments:?}");
    assert_eq!(env.world().workspaces.len(), before, "{arguments:?}");
}

#[test]
fn customer_renamed_or_deleted_by_others_gets_no_second_workspace() {
    let env = waiting();
    let acme = env.world().workspace("acme").unwrap().id;
    env.remote().change_customer(acme, &json!({"name": "emca"}));
    is_refused(&env, &["acme/CRM"], "now named `emca`");
    let globex = env.world().workspace("globex").unwrap().id;
    let target = format!("/api/v1/workspaces/{globex}");
    env.remote().send(reqwest::Method::DELETE, &target, None);
    is_refused(&env, &["globex/CRM"], "consent_needs_customer");
}

#[test]
fn unrecorded_workspace_needs_an_adoption() {
    let env = TestEnv::with(PROJECT, options());
    env.remote().customer("acme");
    is_refused(&env, &["acme/CRM"], "may belong to someone else");
    env.edit("version: 1", "version: 1\nadopt: true");
    let (running, _) = connect(&env, &["acme/CRM"]);
    running.kill();
    let recorded = env.run(&["ledger", "show", "acme", "--format", "json"]);
    recorded.exits(0).says("acme");
}

#[test]
fn new_customer_is_created_as_the_files_declare_it() {
    let env = TestEnv::with(PROJECT, options());
    env.edit("name: globex", "name: globex\n    region: eu");
    // A consent that nobody gives leaves a recorded customer, so the next one can start.
    for _ in 0..2 {
        let (running, _) = connect(&env, &["globex/CRM"]);
        running.kill();
    }
    assert!(env.world().workspace("globex").unwrap().region_id.is_some());
    let history = env.run(&["ledger", "history", "--format", "json"]);
    assert_eq!(history.exits(0).json()["runs"][0]["command"], "connect");
    assert!(env.world().workspace("acme").is_none());
}

#[test]
fn customer_that_is_to_be_renamed_needs_apply_first() {
    let env = waiting();
    env.edit("name: acme", "name: acme-corp\n    previous_name: acme");
    let arguments = ["acme-corp/CRM", "--clone-template"];
    is_refused(&env, &arguments, "airlift apply");
}

#[test]
fn unverified_entry_blocks_consents_and_their_links() {
    let env = waiting();
    let path = env.ledger_entry("acme");
    let entry = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, entry.replace("acme", "emca")).unwrap();
    is_refused(&env, &["acme/CRM"], "ledger_unverified");
    let needed = env.run(&["connect", "--needed", "--format", "json"]).json();
    let links = needed["links"].to_string();
    assert!(
        links.contains("globex") && !links.contains("acme"),
        "{links}"
    );
    let trusted = env.run(&["ledger", "trust", "acme", "--auto-approve"]);
    trusted.exits(4).says("no verified entry");
}

#[test]
fn entry_that_cannot_be_read_blocks_consents_of_new_customers() {
    let env = waiting();
    std::fs::write(env.ledger_entry("acme"), "").unwrap();
    let acme = env.world().workspace("acme").unwrap().id;
    env.remote().change_customer(acme, &json!({"name": "emca"}));
    is_refused(&env, &["acme/CRM"], "ledger_unverified");
    let plan = env.run(&["plan"]);
    plan.exits(4).says("ledger_entry_damaged");
    assert!(!plan.stdout.contains("create"), "{plan}");
}

#[test]
fn protection_and_limits_of_id_changes_hold_for_another_consent() {
    let mut env = waiting();
    connected(&env, "acme/CRM");
    env.edit("name: acme", "name: acme\n    protect: true");
    is_refused(&env, &["acme/CRM", "--again"], "protect");
    env.edit("    protect: true\n", "");
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, "version: 1\nmax_id_changes: 0\n").unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    is_refused(&env, &["acme/CRM", "--again"], "0 are allowed");
}

#[test]
fn completion_of_a_callback_keeps_the_rules() {
    let mut env = waiting();
    connected(&env, "acme/CRM");
    let credentials = json!({"private_app_token": "someone's"});
    env.remote()
        .connector("globex", "CRM", "hubspot", &credentials);
    let connectors = env.world().workspace("globex").unwrap().connectors.clone();
    let id = connectors[0].id.to_string();
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, "version: 1\nallowed_types: [slack]\n").unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    is_refused(&env, &["globex/CRM", "--complete", &id], "guard_refused");
    env.unset("AIRLIFT_POLICY");
    std::fs::remove_dir_all(env.path(".airlift")).unwrap();
    is_refused(
        &env,
        &["globex/CRM", "--complete", &id],
        "may belong to someone else",
    );
}

#[test]
fn suspended_customer_gets_no_link() {
    let env = waiting();
    env.edit("name: acme", "name: acme\n    status: inactive");
    is_refused(&env, &["acme/CRM"], "suspended");
    let needed = env.run(&["connect", "--needed", "--format", "json"]).json();
    assert!(!needed["links"].to_string().contains("acme"), "{needed}");
}

#[test]
fn links_that_every_click_would_refuse_are_left_out() {
    let mut env = waiting();
    connected(&env, "acme/CRM");
    let proxy = FaultProxy::start(&mut env, |parts, _| {
        if parts.uri.path().ends_with("/check") {
            ProxyAction::ChangeResponse(Box::new(|body| body["status"] = "failed".into()))
        } else {
            ProxyAction::Forward
        }
    });
    let needed = |env: &TestEnv| {
        let needed = env.run(&["connect", "--needed", "--format", "json"]);
        let links = needed.exits(0).json()["links"].to_string();
        (links.contains("acme"), links.contains("globex"), needed)
    };
    let (acme, globex, output) = needed(&env);
    assert!(acme && globex, "{output}");
    env.edit("name: acme", "name: acme\n    protect: true");
    let (acme, globex, output) = needed(&env);
    assert!(!acme && globex, "{output}");
    output.complains("no link for acme/CRM: the files protect the customer");
    env.edit("    protect: true\n", "");
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("policy.yaml");
    std::fs::write(&path, "version: 1\nallowed_types: [slack]\n").unwrap();
    env.set("AIRLIFT_POLICY", path.to_str().unwrap());
    let (acme, globex, output) = needed(&env);
    assert!(!acme && !globex, "{output}");
    output.complains("no link for acme/CRM, globex/CRM: ");
    drop(proxy);
}

#[test]
fn unrecorded_workspace_gets_no_link() {
    let env = TestEnv::with(PROJECT, options());
    env.remote().customer("acme");
    let needed = env.run(&["connect", "--needed", "--format", "json"]);
    let links = needed.exits(0).json()["links"].to_string();
    assert!(
        !links.contains("acme") && links.contains("globex"),
        "{needed}"
    );
    needed.complains("no link for acme/CRM: ");
}

#[cfg(unix)]
#[test]
fn browser_does_not_get_the_secrets_of_the_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut env = waiting();
    let (written, opened) = (env.path("environment"), env.path("opened"));
    let script = format!(
        "#!/bin/sh\nenv > '{}'\necho opened > '{}'\n",
        written.display(),
        opened.display()
    );
    env.write("browser", &script);
    let browser = env.path("browser");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    env.set("BROWSER", browser.to_str().unwrap());
    env.set("CRM_TOKEN", "canary-of-the-run");
    let running = Running::start(&env, &["connect", "--clone-template", "acme/CRM"]);
    running.line_with("/consent/");
    env.wait_for("the browser", |_| opened.exists());
    let variables = std::fs::read_to_string(&written).unwrap();
    assert!(variables.contains("BROWSER="), "{variables}");
    for hidden in ["AIRBYTE_", "AIRLIFT_", "canary-of-the-run"] {
        assert!(!variables.contains(hidden), "{variables}");
    }
}
