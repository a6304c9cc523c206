//! Drift: what others changed since the last apply, apart from what is pending in the files.

use crate::support::{ESTATE, Output, TestEnv, options};
use reqwest::Method;
use serde_json::{Value, json};

const QUIET: &str = "No drift. 2 customers are as last applied.";

/// `drift --format json`, having exited as it should and sent nothing but reads.
fn drift(env: &TestEnv, code: i32, more: &[&str]) -> Value {
    let arguments = [&["drift", "--format", "json", "--detailed-exitcode"], more].concat();
    let (output, traffic) = env.run_seen(&arguments);
    traffic.only_reads();
    output.exits(code);
    output.json()
}

/// `address change` of every entry.
fn told(document: &Value) -> Vec<String> {
    let changes = document["changes"].as_array().unwrap().iter();
    let told = changes.map(|one| {
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        format!("{} {}", text("address"), text("change"))
    });
    told.collect()
}

fn quiet(output: &Output) {
    output.exits(0);
    assert!(output.stdout.starts_with(QUIET), "{output}");
}

#[test]
fn nothing_drifts_by_itself_and_no_secret_is_needed() {
    let mut env = TestEnv::new();
    env.run(&["drift", "--detailed-exitcode"])
        .exits(0)
        .says("No drift. The ledger knows no customer yet.");
    env.converge(&[]);
    for name in ["ACME_GITHUB", "ACME_ZENDESK"] {
        env.unset(name);
    }
    std::fs::remove_file(env.path("stripe-key")).unwrap();
    quiet(&env.run(&["drift", "--detailed-exitcode"]));
    assert_eq!(told(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn what_is_pending_in_the_files_is_no_drift() {
    let env = TestEnv::applied();
    env.edit("[acme/api]", "[acme/web]");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.edit("- name: globex", "- name: globex-2");
    env.edit("  - name: acme\n", "  - name: acme\n    status: inactive\n");
    env.run(&["plan", "--detailed-exitcode"]).exits(2);
    quiet(&env.run(&["drift", "--detailed-exitcode"]));
}

#[test]
fn changes_of_connectors_show_whatever_the_files_want_by_now() {
    let env = TestEnv::applied();
    let (remote, github) = (env.remote(), env.connector("Acme GitHub"));
    let mut config = github.replication_config.clone();
    config["repositories"] = json!(["acme/web"]);
    config.insert("nobodys".into(), json!("business"));
    remote.change_connector(github.id, &json!({"replication_config": config}));
    let zendesk = env.connector("Acme Zendesk").id;
    remote.change_connector(zendesk, &json!({"name": "Theirs"}));
    remote.delete_connector(env.connector("Globex Stripe").id);
    env.wait_for("the deletion", |env| env.world().deleted_connectors == 1);
    // The files want by now what somebody made of it.
    env.edit("[acme/api]", "[acme/web]");
    let document = drift(&env, 2, &[]);
    let expected = [
        "acme/Acme GitHub changed_remotely",
        "acme/Acme Zendesk renamed_remotely",
        "globex/Globex Stripe gone",
    ];
    assert_eq!(told(&document), expected);
    let fields = &document["changes"][0]["fields"];
    let expected = json!([{
        "path": "replication_config.repositories",
        "before": {"value": ["acme/api"]},
        "after": {"value": ["acme/web"]},
    }]);
    assert_eq!(*fields, expected);
    let text = env.run(&["drift"]);
    text.exits(0)
        .says("Drift: 0 customers, 3 connectors changed out of band.")
        .says("~ acme/Acme GitHub (github): changed")
        .says("> acme/Acme Zendesk (zendesk-support): renamed")
        .says("- globex/Globex Stripe (stripe): gone");
}

#[test]
fn changes_of_customers_show() {
    let env = TestEnv::with(ESTATE, options());
    env.edit("  - name: acme\n", "  - name: acme\n    cache: true\n");
    env.converge(&[]);
    let (remote, world) = (env.remote(), env.world());
    let id = |name: &str| world.workspace(name).unwrap().id;
    let body = json!({"status": "inactive", "cache_enabled": false, "name": "acme-2"});
    remote.change_customer(id("acme"), &body);
    remote.ask(
        Method::DELETE,
        &format!("/api/v1/workspaces/{}", id("globex")),
        None,
    );
    remote.customer("somebody");
    let document = drift(&env, 2, &[]);
    assert_eq!(told(&document), ["acme changed_remotely", "globex gone"]);
    let fields = document["changes"][0]["fields"].as_array().unwrap();
    let paths: Vec<&str> = fields.iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["cache", "name", "status"]);
    assert_eq!(fields[2]["before"], json!({"value": "active"}));
    assert_eq!(document["unmanaged_customers"], json!(["somebody"]));
    assert_eq!(document["summary"]["customers"], 2);
}

#[test]
fn a_cache_that_nobody_declared_is_nobodys_drift() {
    let env = TestEnv::applied();
    let id = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(id, &json!({"cache_enabled": true}));
    assert_eq!(told(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn a_strange_connector_shows_until_an_apply_has_seen_it() {
    let env = TestEnv::applied();
    let key = json!({"api_key": "somebody's"});
    env.remote().connector("acme", "Manual", "stripe", &key);
    assert_eq!(told(&drift(&env, 2, &[])), ["acme/Manual appeared"]);
    env.run(&["drift"])
        .says("+ acme/Manual (stripe): new, not ours");
    env.converge(&[]);
    assert_eq!(told(&drift(&env, 0, &[])), Vec::<String>::new());
}

#[test]
fn a_part_can_be_asked_for() {
    let env = TestEnv::applied();
    let remote = env.remote();
    for name in ["Acme Zendesk", "Globex Stripe"] {
        remote.change_connector(
            env.connector(name).id,
            &json!({"name": format!("{name} 2")}),
        );
    }
    let only = drift(&env, 2, &["--target", "globex"]);
    assert_eq!(told(&only), ["globex/Globex Stripe renamed_remotely"]);
    assert_eq!(only["partial"], true);
    let but = drift(
        &env,
        0,
        &["--exclude", "globex", "--exclude", "acme/Acme Zendesk"],
    );
    assert_eq!(told(&but), Vec::<String>::new());
    env.run(&["drift", "--target", "globexx"])
        .exits(64)
        .complains("unknown_selector");
}

#[test]
fn a_ledger_of_an_older_version_is_compared_as_far_as_it_goes() {
    let env = TestEnv::applied();
    let is_json = |path: &std::path::Path| path.extension().is_some_and(|end| end == "json");
    let ledger = crate::support::files(&env.path(".airlift/ledger"), &is_json);
    assert_eq!(ledger.len(), 2);
    for path in ledger {
        let mut entry: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let fields = entry.as_object_mut().unwrap();
        assert!(fields.remove("applied").is_some() && fields.remove("unmanaged").is_some());
        std::fs::write(path, entry.to_string()).unwrap();
    }
    let acme = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(acme, &json!({"status": "inactive"}));
    assert_eq!(told(&drift(&env, 0, &[])), Vec::<String>::new());
    env.converge(&[]);
    env.remote()
        .change_customer(acme, &json!({"status": "inactive"}));
    assert_eq!(told(&drift(&env, 2, &[])), ["acme changed_remotely"]);
}

#[test]
fn a_secret_that_somebody_left_in_the_settings_is_not_shown() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub");
    let mut config = github.replication_config;
    config["start_date"] = json!("ghp_somebodysToken123");
    env.remote()
        .change_connector(github.id, &json!({"replication_config": config}));
    let output = env.run(&["drift"]);
    output.exits(0).says("(secret) differs");
    assert!(!output.stdout.contains("ghp_"), "{output}");
    assert!(!drift(&env, 2, &[]).to_string().contains("ghp_"));
}
