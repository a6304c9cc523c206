//! Answers that contradict each other: nothing is made twice, and nothing that is known is lost.

use crate::support::{ESTATE, Fate, FaultProxy, TestEnv, options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const CONNECTORS: &str = "/api/v1/integrations/connectors";

#[test]
fn a_list_that_is_not_found_does_not_make_a_customer_absent() {
    let mut env = TestEnv::applied();
    let lost = FaultProxy::start(&mut env, |parts, _| {
        let is_list = parts.method == "GET" && parts.uri.path() == CONNECTORS;
        if is_list {
            Fate::Answer(404, json!({"message": "no such workspace"}))
        } else {
            Fate::Pass
        }
    });
    let (output, traffic) = env.apply(&[]);
    output.exits(1).complains("list_integrations_connectors");
    traffic.only_reads();
    assert!(lost.met() > 0);
}

#[test]
fn a_workspace_that_turns_out_to_be_the_recorded_one_keeps_its_entry() {
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
    let gone = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&gone);
    let _front = FaultProxy::start(&mut env, move |parts, _| {
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        if path.ends_with("scoped-token") {
            still.store(false, Ordering::SeqCst);
        }
        let about = path.ends_with(&id.to_string())
            || (path == CONNECTORS && parts.method == "GET" && query.contains(&id.to_string()));
        if about && still.load(Ordering::SeqCst) {
            Fate::Answer(404, json!({"message": "no such workspace"}))
        } else {
            Fate::Pass
        }
    });
    let (output, _) = env.apply(&[]);
    output.exits(4).says("plan again");
    assert!(!gone.load(Ordering::SeqCst), "it was minted");
    assert_eq!(files(&env), before);
    env.set("AIRBYTE_API_HOST", &origin);
    env.converge(&[]);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn an_older_twin_counts_also_when_its_id_is_not_answered_at_once() {
    let mut env = TestEnv::with(ESTATE, options());
    let remote = env.remote();
    remote.customer("acme");
    let token = json!({"token": "value-of-acme-github"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    let older = env.connector("Acme GitHub").id;
    let (lists, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let acme = env.world().workspace("acme").unwrap().id.to_string();
    let _front = FaultProxy::start(&mut env, move |parts, _| {
        let path = parts.uri.path();
        if parts.method != "GET" {
            return Fate::Pass;
        }
        let query = parts.uri.query().unwrap_or_default();
        // The plan's list and the look before the creation are from before it.
        if path == CONNECTORS && query.contains(&acme) && lists.fetch_add(1, Ordering::SeqCst) < 2 {
            return Fate::Change(Box::new(without_github));
        }
        if path.ends_with(&older.to_string()) {
            count.fetch_add(1, Ordering::SeqCst);
            if asked.fetch_add(1, Ordering::SeqCst) == 0 {
                return Fate::Answer(200, json!("garbage"));
            }
        }
        Fate::Pass
    });
    let (output, _) = env.apply(&["--parallelism", "1"]);
    output
        .exits(0)
        .says("another run created it at the same time");
    assert!(seen.load(Ordering::SeqCst) > 1);
    env.wait_for("the second one to go", |env| {
        env.world().connectors().count() == 3
    });
    assert_eq!(env.connector("Acme GitHub").id, older);
}

fn without_github(list: &mut Value) {
    let connectors = list["data"].as_array_mut().unwrap();
    connectors.retain(|one| one["name"] != "Acme GitHub");
}

/// The fate of the first request of a method to a path that ends so; the others pass.
fn first(
    env: &mut TestEnv,
    method: &'static str,
    path: &str,
    fate: impl Fn() -> Fate + Send + Sync + 'static,
) -> FaultProxy {
    let (path, met) = (path.to_owned(), AtomicBool::new(false));
    FaultProxy::start(env, move |parts, _| {
        let is_it = parts.method == method && parts.uri.path().ends_with(&path);
        if is_it && !met.swap(true, Ordering::SeqCst) {
            fate()
        } else {
            Fate::Pass
        }
    })
}

#[test]
fn a_customer_that_was_not_deleted_is_not_forgotten() {
    for (status, body) in [
        (200, json!("<html>")),
        (404, json!({})),
        (200, json!({"id": 1})),
    ] {
        let mut env = TestEnv::applied();
        env.cut("- name: globex", None);
        let id = env.world().workspace("globex").unwrap().id.to_string();
        let deletion = ["--prune", "--delete-customers", "--allow-delete", "100%"];
        let proxy = first(&mut env, "DELETE", &id, move || {
            Fate::Answer(status, body.clone())
        });
        let more = [&deletion[..], &["--delete-timeout", "1"]].concat();
        let (output, _) = env.apply(&more);
        output.exits(4).says("Unknown: 1.");
        assert_eq!(proxy.met(), 1);
        env.converge(&deletion);
        assert!(env.world().workspace("globex").is_none());
    }
}

#[test]
fn a_connector_that_was_not_deleted_is_not_forgotten() {
    for (status, body) in [
        (200, json!("<html>")),
        (404, json!({})),
        (202, json!({"job_id": 1})),
    ] {
        let mut env = TestEnv::applied();
        let old = env.connector("Acme GitHub").id;
        env.set("ACME_GITHUB", "another value");
        let answer = move || Fate::Answer(status, body.clone());
        let _front = first(&mut env, "DELETE", &old.to_string(), answer);
        let short = ["--delete-timeout", "1"];
        env.apply(&short).0.exits(4).says("Unknown: 1.");
        env.converge(&[]);
        env.wait_for("one connector", |env| env.world().connectors().count() == 3);
        assert_ne!(env.connector("Acme GitHub").id, old);
    }
}

#[test]
fn a_replacement_that_is_not_there_costs_no_working_connector() {
    let mut env = TestEnv::applied();
    let old = env.connector("Acme GitHub").id;
    env.set("ACME_GITHUB", "another value");
    let phantom = json!({"id": uuid::Uuid::from_u128(7), "name": "Acme GitHub"});
    let _front = first(&mut env, "POST", CONNECTORS, move || {
        Fate::Answer(200, phantom.clone())
    });
    let (output, _) = env.apply(&[]);
    output.exits(4).says("the old connector is untouched");
    assert_eq!(env.connector("Acme GitHub").id, old);
    env.converge(&["--settle-timeout", "1"]);
    env.wait_for("one connector", |env| env.world().connectors().count() == 3);
    assert_ne!(env.connector("Acme GitHub").id, old);
}

#[test]
fn another_customers_objects_are_not_ours_because_an_answer_says_so() {
    let mut env = TestEnv::new();
    let remote = env.remote();
    remote.customer("legacy");
    let key = json!({"api_key": "somebody's"});
    remote.connector("legacy", "Globex Stripe", "stripe", &key);
    let theirs = env.connector("Globex Stripe").id;
    // The creation in globex is answered with the id of the one in legacy.
    let _front = FaultProxy::start(&mut env, move |parts, body| {
        let creates = parts.method == "POST" && parts.uri.path() == CONNECTORS;
        if creates && String::from_utf8_lossy(body).contains("Globex Stripe") {
            Fate::Answer(200, json!({"id": theirs, "name": "Globex Stripe"}))
        } else {
            Fate::Pass
        }
    });
    env.apply(&[]).0.exits(4).says("Unknown: 1.");
    env.cut("- name: Globex Stripe", None);
    env.edit("  - name: globex\n    connectors:\n", "  - name: globex\n");
    let (_, traffic) =
        env.converge(&["--prune", "--allow-delete", "100%", "--settle-timeout", "1"]);
    assert_eq!(traffic.count("delete_integrations_connectors_id"), 0);
    let world = env.world();
    assert_eq!(world.workspace("legacy").unwrap().connectors[0].id, theirs);
}

#[test]
fn a_mint_that_gives_another_customers_workspace_is_not_believed() {
    let mut env = TestEnv::new();
    env.remote().customer("legacy");
    let legacy = env.world().workspace("legacy").unwrap().id;
    let origin = env.sandbox().origin();
    let _front = FaultProxy::start(&mut env, move |parts, _| {
        if parts.uri.path().ends_with("scoped-token/info") {
            // The name is the right one.
            Fate::Change(Box::new(move |info| info["workspace_id"] = json!(legacy)))
        } else {
            Fate::Pass
        }
    });
    env.apply(&[]).0.exits(4).says("carries another name");
    env.set("AIRBYTE_API_HOST", &origin);
    env.converge(&["--prune"]);
    let world = env.world();
    let legacy = world.workspace("legacy").unwrap();
    assert!(legacy.active && legacy.connectors.is_empty());
}

#[test]
fn an_odd_refusal_after_the_effect_is_looked_at() {
    for status in [307, 308, 408, 409, 418] {
        let mut env = TestEnv::applied();
        let old = env.connector("Acme GitHub").id;
        env.set("ACME_GITHUB", "another value");
        let _front = first(&mut env, "POST", CONNECTORS, move || Fate::Hide(status));
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
fn what_others_changed_is_seen_after_a_change_of_ours() {
    let mut env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let listed = |env: &TestEnv| {
        let acme = env.world().workspace("acme").unwrap().id;
        let target = format!("{CONNECTORS}?workspace_id={acme}");
        let list = env.remote().ask(reqwest::Method::GET, &target, None);
        let all = list["data"].as_array().unwrap().clone();
        let found = all.into_iter().find(|one| one["name"] == "Acme GitHub");
        found.unwrap()["updated_at"].clone()
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
    // The plan's list is from before the change, so a name is all that is put.
    let _front = first(&mut env, "GET", CONNECTORS, move || {
        let before = before.clone();
        Fate::Change(Box::new(move |list| {
            for one in list["data"].as_array_mut().unwrap() {
                if one["name"] == "Acme GitHub" {
                    one["updated_at"] = before.clone();
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
fn with_the_ledger_lost_a_renamed_connector_is_found_by_its_previous_name() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    std::fs::remove_dir_all(env.path(".airlift")).unwrap();
    env.edit(
        "- name: Acme GitHub\n",
        "- name: Acme Code\n        previous_name: Acme GitHub\n",
    );
    env.converge(&[]);
    assert_eq!(env.connector("Acme Code").id, id);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn a_change_that_is_accepted_and_not_made_is_unknown() {
    let mut env = TestEnv::applied();
    env.cut("- name: globex", None);
    let id = env.world().workspace("globex").unwrap().id.to_string();
    let target = format!("/api/v1/workspaces/{id}");
    let as_it_was = env.remote().ask(reqwest::Method::GET, &target, None);
    let answer = move || Fate::Answer(200, as_it_was.clone());
    let _front = first(&mut env, "PUT", &id, answer);
    let prune = ["--prune", "--allow-delete", "100%"];
    env.apply(&prune).0.exits(4).says("Unknown: 1.");
    assert!(env.world().workspace("globex").unwrap().active);
    env.converge(&prune);
    assert!(!env.world().workspace("globex").unwrap().active);
}
