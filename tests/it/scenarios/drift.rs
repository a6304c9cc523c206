//! Tests of drift: changes by others since the last apply, without pending changes of the files.

use crate::support::{Output, PROJECT, TestEnv, options};
use reqwest::Method;
use serde_json::{Value, json};

const NO_DRIFT: &str = "No drift. All 2 customers match the last apply.";

/// Runs `drift --format json`, and asserts the exit code and that it only reads.
fn drift(env: &TestEnv, code: i32, more: &[&str]) -> Value {
    let arguments = [&["drift", "--format", "json", "--detailed-exitcode"], more].concat();
    let (output, traffic) = env.run_with_traffic(&arguments);
    traffic.assert_only_reads();
    output.exits(code);
    output.json()
}

/// The address and the kind of every change.
fn changes(document: &Value) -> Vec<String> {
    let entries = document["changes"].as_array().unwrap().iter();
    let described = entries.map(|change| {
        let text = |key: &str| change[key].as_str().unwrap().to_owned();
        format!("{} {}", text("address"), text("change"))
    });
    described.collect()
}

fn assert_no_drift(output: &Output) {
    output.exits(0);
    assert!(output.stdout.starts_with(NO_DRIFT), "{output}");
}

#[test]
fn drift_after_apply_is_empty_without_secrets() {
    let mut env = TestEnv::new();
    env.run(&["drift", "--detailed-exitcode"])
        .exits(0)
        .says("No drift. The ledger holds no customer yet.");
    env.converge(&[]);
    for name in ["ACME_GITHUB", "ACME_ZENDESK"] {
        env.unset(name);
    }
    std::fs::remove_file(env.path("stripe-key")).unwrap();
    assert_no_drift(&env.run(&["drift", "--detailed-exitcode"]));
    assert_eq!(changes(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn drift_ignores_pending_changes_of_files() {
    let env = TestEnv::applied();
    env.edit("[acme/api]", "[acme/web]");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.edit("- name: globex", "- name: globex-2");
    env.edit("  - name: acme\n", "  - name: acme\n    status: inactive\n");
    env.run(&["plan", "--detailed-exitcode"]).exits(2);
    assert_no_drift(&env.run(&["drift", "--detailed-exitcode"]));
}

#[test]
fn drift_of_connectors_ignores_new_values_in_files() {
    let env = TestEnv::applied();
    let (remote, github) = (env.remote(), env.connector("Acme GitHub"));
    let mut config = github.replication_config.clone();
    config["repositories"] = json!(["acme/web"]);
    config.insert("undeclared".into(), json!("ignored"));
    remote.change_connector(github.id, &json!({"replication_config": config}));
    let zendesk = env.connector("Acme Zendesk").id;
    remote.change_connector(zendesk, &json!({"name": "Someone's"}));
    remote.delete_connector(env.connector("Globex Stripe").id);
    env.wait_for("the deletion", |env| env.world().deleted_connectors == 1);
    // The files now declare the changed value.
    env.edit("[acme/api]", "[acme/web]");
    let document = drift(&env, 2, &[]);
    let expected = [
        "acme/Acme GitHub changed_remotely",
        "acme/Acme Zendesk renamed_remotely",
        "globex/Globex Stripe gone",
    ];
    assert_eq!(changes(&document), expected);
    let fields = &document["changes"][0]["fields"];
    let expected = json!([{
        "path": "replication_config.repositories",
        "before": {"value": ["acme/api"]},
        "after": {"value": ["acme/web"]},
    }]);
    assert_eq!(*fields, expected);
    let text = env.run(&["drift"]);
    text.exits(0)
        .says("Drift: 0 customers and 3 connectors changed out of band.")
        .says("~ acme/Acme GitHub (github): changed")
        .says("> acme/Acme Zendesk (zendesk-support): renamed")
        .says("- globex/Globex Stripe (stripe): gone");
}

#[test]
fn drift_of_customers_is_shown() {
    let env = TestEnv::with(PROJECT, options());
    env.edit("  - name: acme\n", "  - name: acme\n    cache: true\n");
    env.converge(&[]);
    let (remote, world) = (env.remote(), env.world());
    let id = |name: &str| world.workspace(name).unwrap().id;
    let body = json!({"status": "inactive", "cache_enabled": false, "name": "acme-2"});
    remote.change_customer(id("acme"), &body);
    remote.send(
        Method::DELETE,
        &format!("/api/v1/workspaces/{}", id("globex")),
        None,
    );
    remote.customer("someone");
    let document = drift(&env, 2, &[]);
    assert_eq!(changes(&document), ["acme changed_remotely", "globex gone"]);
    let fields = document["changes"][0]["fields"].as_array().unwrap();
    let paths: Vec<&str> = fields.iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["cache", "name", "status"]);
    assert_eq!(fields[2]["before"], json!({"value": "active"}));
    assert_eq!(document["unmanaged_customers"], json!(["someone"]));
    assert_eq!(document["summary"]["customers"], 2);
}

#[test]
fn drift_ignores_undeclared_cache() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"cache_enabled": true}));
    assert_eq!(changes(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn drift_shows_unmanaged_connector_until_next_apply() {
    let env = TestEnv::applied();
    let key = json!({"api_key": "someone's"});
    env.remote().connector("acme", "Manual", "stripe", &key);
    assert_eq!(changes(&drift(&env, 2, &[])), ["acme/Manual appeared"]);
    env.run(&["drift"])
        .says("+ acme/Manual (stripe): new, not created by airlift");
    env.converge(&[]);
    assert_eq!(changes(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn drift_of_target_shows_only_the_target() {
    let env = TestEnv::applied();
    let remote = env.remote();
    for name in ["Acme Zendesk", "Globex Stripe"] {
        remote.change_connector(
            env.connector(name).id,
            &json!({"name": format!("{name} 2")}),
        );
    }
    let only = drift(&env, 2, &["--target", "globex"]);
    assert_eq!(changes(&only), ["globex/Globex Stripe renamed_remotely"]);
    assert_eq!(only["partial"], true);
    let excluded = drift(
        &env,
        0,
        &["--exclude", "globex", "--exclude", "acme/Acme Zendesk"],
    );
    assert_eq!(changes(&excluded), Vec::<String>::new());
    env.run(&["drift", "--target", "globexx"])
        .exits(64)
        .complains("unknown_selector");
}

#[test]
fn drift_with_older_ledger_compares_recorded_fields() {
    let env = TestEnv::applied();
    assert_eq!(env.ledger_entries().len(), 2);
    env.rewrite_ledger(|entry| {
        let fields = entry.as_object_mut().unwrap();
        assert!(fields.remove("applied").is_some() && fields.remove("unmanaged").is_some());
    });
    let acme = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(acme, &json!({"status": "inactive"}));
    assert_eq!(changes(&drift(&env, 0, &[])), Vec::<String>::new());
    env.converge(&[]);
    env.remote()
        .change_customer(acme, &json!({"status": "inactive"}));
    assert_eq!(changes(&drift(&env, 2, &[])), ["acme changed_remotely"]);
}

#[test]
fn drift_does_not_show_secret_in_settings() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config["start_date"] = json!("ghp_someonesToken1234");
    env.remote()
        .change_connector(github.id, &json!({"replication_config": config}));
    let output = env.run(&["drift"]);
    output.exits(0).says("(secret) differs");
    assert!(!output.stdout.contains("ghp_"), "{output}");
    assert!(!drift(&env, 2, &[]).to_string().contains("ghp_"));
}
