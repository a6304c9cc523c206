//! Answers that contradict each other: nothing is made twice, and nothing that is known is lost.

use crate::support::{ESTATE, Fate, Front, TestEnv, options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const CONNECTORS: &str = "/api/v1/integrations/connectors";

#[test]
fn a_list_that_is_not_found_does_not_make_a_customer_absent() {
    let mut env = TestEnv::applied();
    let lost = Front::start(&mut env, |parts, _| {
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
    let _front = Front::start(&mut env, move |parts, _| {
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
    let _front = Front::start(&mut env, move |parts, _| {
        let path = parts.uri.path();
        if parts.method != "GET" {
            return Fate::Pass;
        }
        let query = parts.uri.query().unwrap_or_default();
        // The plan's list and the look before the creation are from before it.
        if path == CONNECTORS && query.contains(&acme) && lists.fetch_add(1, Ordering::SeqCst) < 2 {
            return Fate::Change(without_github);
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
