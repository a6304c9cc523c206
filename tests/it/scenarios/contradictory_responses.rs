//! Tests of responses that contradict each other: nothing is created twice, and no ledger entry is
//! lost.

use crate::support::{FaultProxy, PROJECT, ProxyAction, TestEnv, options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const CONNECTORS: &str = "/api/v1/integrations/connectors";

#[test]
fn connector_list_with_404_blocks_the_customer() {
    let mut env = TestEnv::applied();
    let proxy = FaultProxy::start(&mut env, |parts, _| {
        let is_list = parts.method == "GET" && parts.uri.path() == CONNECTORS;
        if is_list {
            ProxyAction::Respond(404, json!({"message": "no such workspace"}))
        } else {
            ProxyAction::Forward
        }
    });
    let (output, traffic) = env.apply(&[]);
    output
        .exits(4)
        .says("list_integrations_connectors")
        .says("[customer_unreadable]");
    traffic.assert_only_reads();
    assert!(proxy.hits() > 0);
}

#[test]
fn workspace_missing_then_minted_with_recorded_id_keeps_ledger_entry() {
    let mut env = TestEnv::applied();
    let origin = env.sandbox().origin();
    let files = |env: &TestEnv| {
        crate::support::files(&env.path(".airlift"), &|path| {
            path.parent().is_some_and(|dir| dir.ends_with("customers"))
        })
        .into_iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect::<Vec<_>>()
    };
    let before = files(&env);
    let id = env.world().workspace("acme").unwrap().id;
    let is_missing = Arc::new(AtomicBool::new(true));
    let missing = Arc::clone(&is_missing);
    let _proxy = FaultProxy::start(&mut env, move |parts, _| {
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        if path.ends_with("scoped-token") {
            missing.store(false, Ordering::SeqCst);
        }
        let concerns_acme = path.ends_with(&id.to_string())
            || (path == CONNECTORS && parts.method == "GET" && query.contains(&id.to_string()));
        if concerns_acme && missing.load(Ordering::SeqCst) {
            ProxyAction::Respond(404, json!({"message": "no such workspace"}))
        } else {
            ProxyAction::Forward
        }
    });
    let (output, _) = env.apply(&[]);
    output.exits(4).says("plan again");
    assert!(
        !is_missing.load(Ordering::SeqCst),
        "a scoped token was requested"
    );
    assert_eq!(files(&env), before);
    env.set("AIRBYTE_API_HOST", &origin);
    env.converge(&[]);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn older_duplicate_with_failed_read_is_kept() {
    let mut env = TestEnv::with(PROJECT, options());
    let remote = env.remote();
    remote.customer("acme");
    let token = json!({"token": "value-of-acme-github"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    let older = env.connector("Acme GitHub").id;
    let (lists, reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&total);
    let acme = env.world().workspace("acme").unwrap().id.to_string();
    let _proxy = FaultProxy::start(&mut env, move |parts, _| {
        let path = parts.uri.path();
        if parts.method != "GET" {
            return ProxyAction::Forward;
        }
        let query = parts.uri.query().unwrap_or_default();
        // The lists of the plan and before the creation do not show the connector.
        if path == CONNECTORS && query.contains(&acme) && lists.fetch_add(1, Ordering::SeqCst) < 2 {
            return ProxyAction::ChangeResponse(Box::new(without_github));
        }
        if path.ends_with(&older.to_string()) {
            count.fetch_add(1, Ordering::SeqCst);
            if reads.fetch_add(1, Ordering::SeqCst) == 0 {
                return ProxyAction::Respond(200, json!("garbage"));
            }
        }
        ProxyAction::Forward
    });
    let (output, _) = env.apply(&["--adopt", "--parallelism", "1"]);
    output.exits(0).says("[concurrent_run]");
    assert!(total.load(Ordering::SeqCst) > 1);
    env.wait_for("the deletion of the second connector", |env| {
        env.world().connectors().count() == 3
    });
    assert_eq!(env.connector("Acme GitHub").id, older);
}

fn without_github(list: &mut Value) {
    let connectors = list["data"].as_array_mut().unwrap();
    connectors.retain(|connector| connector["name"] != "Acme GitHub");
}

/// A proxy that handles only the first request with this method and end of the path.
pub(super) fn handle_first(
    env: &mut TestEnv,
    method: &'static str,
    path: &str,
    action: impl Fn() -> ProxyAction + Send + Sync + 'static,
) -> FaultProxy {
    let (path, handled) = (path.to_owned(), AtomicBool::new(false));
    FaultProxy::start(env, move |parts, _| {
        let matches = parts.method == method && parts.uri.path().ends_with(&path);
        if matches && !handled.swap(true, Ordering::SeqCst) {
            action()
        } else {
            ProxyAction::Forward
        }
    })
}

#[test]
fn delete_customer_with_false_response_keeps_ledger_entry() {
    for (status, body) in [
        (200, json!("<html>")),
        (404, json!({})),
        (200, json!({"id": 1})),
    ] {
        let mut env = TestEnv::applied();
        env.remove_lines("- name: globex", None);
        let id = env.world().workspace("globex").unwrap().id.to_string();
        let deletion = ["--prune", "--delete-customers", "--allow-delete", "100%"];
        let proxy = handle_first(&mut env, "DELETE", &id, move || {
            ProxyAction::Respond(status, body.clone())
        });
        let more = [&deletion[..], &["--delete-timeout", "1"]].concat();
        let (output, _) = env.apply(&more);
        output.exits(4).says("Unknown: 1.");
        assert_eq!(proxy.hits(), 1);
        env.converge(&deletion);
        assert!(env.world().workspace("globex").is_none());
    }
}

#[test]
fn delete_connector_with_false_response_keeps_ledger_entry() {
    for (status, body) in [
        (200, json!("<html>")),
        (404, json!({})),
        (202, json!({"job_id": 1})),
    ] {
        let mut env = TestEnv::applied();
        let old = env.connector("Acme GitHub").id;
        env.set("ACME_GITHUB", "another value");
        let answer = move || ProxyAction::Respond(status, body.clone());
        let _proxy = handle_first(&mut env, "DELETE", &old.to_string(), answer);
        let short = ["--delete-timeout", "1"];
        env.apply(&short).0.exits(4).says("Unknown: 1.");
        env.converge(&[]);
        env.wait_for("one connector", |env| env.world().connectors().count() == 3);
        assert_ne!(env.connector("Acme GitHub").id, old);
    }
}

#[test]
fn replacement_that_does_not_exist_keeps_old_connector() {
    let mut env = TestEnv::applied();
    let old = env.connector("Acme GitHub").id;
    env.set("ACME_GITHUB", "another value");
    let nonexistent = json!({"id": uuid::Uuid::from_u128(7), "name": "Acme GitHub"});
    let _proxy = handle_first(&mut env, "POST", CONNECTORS, move || {
        ProxyAction::Respond(200, nonexistent.clone())
    });
    let (output, _) = env.apply(&[]);
    output.exits(4).says("the old connector is unchanged");
    assert_eq!(env.connector("Acme GitHub").id, old);
    env.converge(&["--settle-timeout", "1"]);
    env.wait_for("one connector", |env| env.world().connectors().count() == 3);
    assert_ne!(env.connector("Acme GitHub").id, old);
}

#[test]
fn create_with_id_of_another_customer_does_not_own_it() {
    let mut env = TestEnv::new();
    let remote = env.remote();
    remote.customer("legacy");
    let key = json!({"api_key": "someone's"});
    remote.connector("legacy", "Globex Stripe", "stripe", &key);
    let foreign = env.connector("Globex Stripe").id;
    // The response to the creation in globex has the id of the connector in legacy.
    let _proxy = FaultProxy::start(&mut env, move |parts, body| {
        let creates = parts.method == "POST" && parts.uri.path() == CONNECTORS;
        if creates && String::from_utf8_lossy(body).contains("Globex Stripe") {
            ProxyAction::Respond(200, json!({"id": foreign, "name": "Globex Stripe"}))
        } else {
            ProxyAction::Forward
        }
    });
    env.apply(&[]).0.exits(4).says("Unknown: 1.");
    env.remove_lines("- name: Globex Stripe", None);
    env.edit("  - name: globex\n    connectors:\n", "  - name: globex\n");
    let (_, traffic) =
        env.converge(&["--prune", "--allow-delete", "100%", "--settle-timeout", "1"]);
    assert_eq!(traffic.count("delete_integrations_connectors_id"), 0);
    let world = env.world();
    assert_eq!(world.workspace("legacy").unwrap().connectors[0].id, foreign);
}

#[test]
fn mint_with_workspace_of_another_customer_does_not_own_it() {
    let mut env = TestEnv::new();
    env.remote().customer("legacy");
    let legacy = env.world().workspace("legacy").unwrap().id;
    let origin = env.sandbox().origin();
    let _proxy = FaultProxy::start(&mut env, move |parts, _| {
        if parts.uri.path().ends_with("scoped-token/info") {
            // The name is correct.
            ProxyAction::ChangeResponse(Box::new(move |info| info["workspace_id"] = json!(legacy)))
        } else {
            ProxyAction::Forward
        }
    });
    env.apply(&[]).0.exits(4).says("has another name");
    env.set("AIRBYTE_API_HOST", &origin);
    env.converge(&["--prune"]);
    let world = env.world();
    let legacy = world.workspace("legacy").unwrap();
    assert!(legacy.active && legacy.connectors.is_empty());
}

#[test]
fn create_with_unusual_error_after_effect_is_verified() {
    for status in [307, 308, 408, 409, 418] {
        let mut env = TestEnv::applied();
        let old = env.connector("Acme GitHub").id;
        env.set("ACME_GITHUB", "another value");
        let _proxy = handle_first(&mut env, "POST", CONNECTORS, move || {
            ProxyAction::ReplaceStatus(status)
        });
        let (_, traffic) = env.converge(&[]);
        assert_eq!(
            traffic.count("create_integrations_connectors"),
            1,
            "{status}"
        );
        env.wait_for("one connector", |env| env.world().connectors().count() == 3);
        assert_ne!(env.connector("Acme GitHub").id, old);
    }
}

#[test]
fn settings_changed_out_of_band_before_rename_are_restored() {
    let mut env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let listed = |env: &TestEnv| {
        let acme = env.world().workspace("acme").unwrap().id;
        let target = format!("{CONNECTORS}?workspace_id={acme}");
        let list = env.remote().send(reqwest::Method::GET, &target, None);
        let mut connectors = list["data"].as_array().unwrap().iter();
        let github = connectors.find(|connector| connector["name"] == "Acme GitHub");
        github.unwrap()["updated_at"].clone()
    };
    let before = listed(&env);
    let mut config = github.replication_config;
    config.insert("start_date".into(), json!("2020-01-01T00:00:00Z"));
    let changed = json!({ "replication_config": config });
    env.remote().change_connector(github.id, &changed);
    assert_ne!(listed(&env), before);
    env.edit(
        "- name: Acme GitHub\n",
        "- name: Acme Code\n        previous_name: Acme GitHub\n",
    );
    // The list of the plan is from before the change, so that only the name is sent.
    let _proxy = handle_first(&mut env, "GET", CONNECTORS, move || {
        let before = before.clone();
        ProxyAction::ChangeResponse(Box::new(move |list| {
            for connector in list["data"].as_array_mut().unwrap() {
                if connector["name"] == "Acme GitHub" {
                    connector["updated_at"] = before.clone();
                }
            }
        }))
    });
    env.apply(&["--parallelism", "1"])
        .0
        .exits(0)
        .says("1 changed");
    env.converge(&[]);
    let config = env.connector("Acme Code").replication_config;
    assert_eq!(config["start_date"], json!("2026-01-01T00:00:00Z"));
}

#[test]
fn rename_of_connector_after_lost_ledger_uses_previous_name() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    std::fs::remove_dir_all(env.path(".airlift")).unwrap();
    env.edit(
        "- name: Acme GitHub\n",
        "- name: Acme Code\n        previous_name: Acme GitHub\n",
    );
    env.converge(&["--adopt"]);
    assert_eq!(env.connector("Acme Code").id, id);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn update_that_is_accepted_without_effect_is_unknown() {
    let mut env = TestEnv::applied();
    env.remove_lines("- name: globex", None);
    let id = env.world().workspace("globex").unwrap().id.to_string();
    let target = format!("/api/v1/workspaces/{id}");
    let unchanged = env.remote().send(reqwest::Method::GET, &target, None);
    let answer = move || ProxyAction::Respond(200, unchanged.clone());
    let _proxy = handle_first(&mut env, "PUT", &id, answer);
    let prune = ["--prune", "--allow-delete", "100%"];
    env.apply(&prune).0.exits(4).says("Unknown: 1.");
    assert!(env.world().workspace("globex").unwrap().active);
    env.converge(&prune);
    assert!(!env.world().workspace("globex").unwrap().active);
}
