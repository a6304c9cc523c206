//! Tests of `drift --accept` and `drift --allow`.

use crate::support::TestEnv;
use reqwest::Method;
use serde_json::json;

const ALLOWED: &str = "{version: 1, allow: [{target: acme, until: DAY, reason: a test}]}";

fn yaml(env: &TestEnv) -> String {
    std::fs::read_to_string(env.path("airlift.yaml")).unwrap()
}

/// Accepts drift, and asserts that neither `drift` nor `plan` has a change then.
fn accept(env: &TestEnv, selector: &str) {
    let output = env.run(&["drift", "--accept", selector]);
    output.exits(0).complains("wrote ");
    env.run(&["drift", "--detailed-exitcode"]).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn accepted_rename_is_in_the_files_and_keeps_comments() {
    let env = TestEnv::applied();
    env.edit("- name: Acme GitHub", "- name: Acme GitHub   # the code");
    let github = env.connector("Acme GitHub").id;
    env.remote()
        .change_connector(github, &json!({"name": "GitHub EU"}));
    let before = yaml(&env);
    accept(&env, "acme/Acme GitHub");
    assert_eq!(yaml(&env), before.replace("Acme GitHub", "GitHub EU"));
    let acme = env.world().workspace("acme").unwrap().id;
    env.remote()
        .change_customer(acme, &json!({"name": "acme-corp"}));
    accept(&env, "acme");
    assert!(yaml(&env).contains("  - name: acme-corp\n"));
}

#[test]
fn accepted_rename_takes_the_name_of_a_deleted_object() {
    let env = TestEnv::applied();
    let remote = env.remote();
    let github = env.connector("Acme GitHub").id;
    remote.delete_connector(github);
    let zendesk = env.connector("Acme Zendesk").id;
    remote.change_connector(zendesk, &json!({"name": "Acme GitHub"}));
    accept(&env, "acme/*");
    assert!(!yaml(&env).contains("Zendesk"), "{}", yaml(&env));
    let acme = env.world().workspace("acme").unwrap().id;
    let globex = env.world().workspace("globex").unwrap().id;
    remote.delete_connector(env.connector("Globex Stripe").id);
    remote.send(
        Method::DELETE,
        &format!("/api/v1/workspaces/{globex}"),
        None,
    );
    remote.change_customer(acme, &json!({"name": "globex"}));
    accept(&env, "*");
    assert!(!yaml(&env).contains("name: acme"), "{}", yaml(&env));
}

/// The project file and the entries of the ledger.
fn stored(env: &TestEnv) -> Vec<String> {
    let paths = env.ledger_entries().into_iter();
    let entries = paths.map(|path| std::fs::read_to_string(path).unwrap());
    entries.chain([yaml(env)]).collect()
}

/// The secrets of one customer must not be sent to the other.
#[test]
fn swapped_names_of_customers_are_not_accepted() {
    let env = TestEnv::applied();
    let world = env.world();
    let [acme, globex] = ["acme", "globex"].map(|name| world.workspace(name).unwrap().id);
    for (id, name) in [(acme, "other"), (globex, "acme"), (acme, "globex")] {
        env.remote().change_customer(id, &json!({"name": name}));
    }
    let before = stored(&env);
    for selectors in [&["*"][..], &["acme"], &["globex"]] {
        let arguments = [&["drift", "--accept"], selectors].concat();
        env.run(&arguments)
            .exits(1)
            .complains("error[drift_not_accepted]")
            .complains("duplicate_customer at ");
        assert_eq!(stored(&env), before);
    }
}

#[test]
fn swapped_names_of_connectors_are_not_accepted() {
    let env = TestEnv::applied();
    let [github, zendesk] = ["Acme GitHub", "Acme Zendesk"].map(|name| env.connector(name).id);
    for (id, name) in [
        (github, "Other"),
        (zendesk, "Acme GitHub"),
        (github, "Acme Zendesk"),
    ] {
        env.remote().change_connector(id, &json!({"name": name}));
    }
    let before = stored(&env);
    let output = env.run(&["drift", "--accept", "acme/*"]);
    output
        .exits(4)
        .complains("acme/Acme GitHub is not accepted: its declaration cannot be edited")
        .complains("acme/Acme Zendesk is not accepted");
    assert_eq!(stored(&env), before);
}

#[test]
fn accepted_name_with_the_mark_of_references_means_the_same_in_the_files() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub").id;
    env.remote()
        .change_connector(github, &json!({"name": "New ${var.n}"}));
    accept(&env, "acme/Acme GitHub");
    assert!(yaml(&env).contains("New $${var.n}"), "{}", yaml(&env));
    let output = env.run(&["export"]);
    let written = &output.exits(0).stdout;
    assert!(written.contains("New $${var.n}"), "{written}");
}

#[test]
fn accepted_setting_is_in_the_files_and_pending_changes_stay() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub").id;
    let changed = json!({"replication_config": {"repositories": ["acme/api", "acme/web"], "start_date": "2026-07-01T00:00:00Z"}});
    env.remote().change_connector(github, &changed);
    accept(&env, "acme/*");
    assert!(yaml(&env).contains("repositories: [acme/api, acme/web]"));
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.remote()
        .delete_connector(env.connector("Globex Stripe").id);
    env.run(&["drift", "--accept", "globex"]).exits(0);
    let plan = env.run(&["plan", "--format", "json"]).exits(0).json();
    let steps = plan["changes"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert_eq!(steps[0]["address"], "acme/Acme Zendesk");
}

/// Another person changes the repositories of a connector.
fn change_repositories(env: &TestEnv) {
    let changed = json!({"replication_config": {"repositories": ["acme/web"], "start_date": "2026-01-01T00:00:00Z"}});
    env.remote()
        .change_connector(env.connector("Acme GitHub").id, &changed);
}

#[test]
fn setting_with_an_edit_that_is_not_applied_is_not_accepted() {
    let env = TestEnv::applied();
    change_repositories(&env);
    env.edit("[acme/api]", "[acme/api, acme/ours]");
    let before = stored(&env);
    env.run(&["drift", "--accept", "acme/Acme GitHub"])
        .exits(4)
        .complains("acme/Acme GitHub is not accepted")
        .complains("an edit of replication_config.repositories that is not applied yet");
    assert_eq!(stored(&env), before);
    env.edit("[acme/api, acme/ours]", "[acme/api]");
    accept(&env, "acme/Acme GitHub");
    assert!(yaml(&env).contains("[acme/web]"), "{}", yaml(&env));
}

#[test]
fn setting_that_the_files_want_already_is_accepted() {
    let env = TestEnv::applied();
    change_repositories(&env);
    env.edit("[acme/api]", "[acme/web]");
    let before = yaml(&env);
    env.run(&["drift", "--accept", "acme/Acme GitHub"]).exits(0);
    assert_eq!(yaml(&env), before);
    env.run(&["drift", "--detailed-exitcode"]).exits(0);
    env.assert_converged(&[]);
}

#[test]
fn status_with_an_edit_that_is_not_applied_is_not_accepted() {
    let project =
        crate::support::PROJECT.replace("- name: globex\n", "- name: globex\n    cache: true\n");
    let env = TestEnv::with(&project, crate::support::options());
    env.converge(&[]);
    let globex = env.world().workspace("globex").unwrap().id;
    let changed = json!({"cache_enabled": false});
    env.remote().change_customer(globex, &changed);
    env.edit("cache: true", "cache: inherit");
    env.run(&["drift", "--accept", "globex"])
        .exits(4)
        .complains("an edit of cache that is not applied yet");
    assert!(yaml(&env).contains("cache: inherit"));
}

#[test]
fn deletion_of_connector_with_an_edit_that_is_not_applied_is_not_accepted() {
    let env = TestEnv::applied();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    env.remote()
        .delete_connector(env.connector("Acme Zendesk").id);
    let before = stored(&env);
    env.run(&["drift", "--accept", "acme/Acme Zendesk"])
        .exits(4)
        .complains("has edits that are not applied yet");
    assert_eq!(stored(&env), before);
}

#[test]
fn accepted_number_that_the_api_answers_as_text_is_a_number_in_the_files() {
    let project = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Chat
        type: slack
        credentials: {bot_key: "${env:ACME_GITHUB}"}
        replication_config: {start_date: 2026-01-01T00:00:00Z, lookback_window: 7, join_channels: false}
"#;
    let options = airlift::sandbox::Options {
        behaviors: vec!["numbers-as-text".parse().unwrap()],
        ..crate::support::options()
    };
    let env = TestEnv::with(project, options);
    env.converge(&[]);
    let changed = json!({"replication_config": {
        "start_date": "2026-01-01T00:00:00Z", "lookback_window": 9, "join_channels": false,
    }});
    env.remote()
        .change_connector(env.connector("Chat").id, &changed);
    accept(&env, "acme/Chat");
    assert!(yaml(&env).contains("lookback_window: 9,"), "{}", yaml(&env));
    let changed = json!({"replication_config": {
        "start_date": "2026-01-02T00:00:00Z", "lookback_window": 9, "join_channels": false,
    }});
    env.remote()
        .change_connector(env.connector("Chat").id, &changed);
    env.run(&["export", "--update"]).exits(0);
    let yaml = yaml(&env);
    assert!(yaml.contains("lookback_window: 9,"), "{yaml}");
    assert!(yaml.contains("2026-01-02"), "{yaml}");
}

#[test]
fn accepted_deletion_is_not_created_again() {
    let env = TestEnv::applied();
    let zendesk = env.connector("Acme Zendesk").id;
    env.remote().delete_connector(zendesk);
    accept(&env, "acme/Acme Zendesk");
    assert!(!yaml(&env).contains("Zendesk"));
}

#[test]
fn accepted_new_connector_is_declared_with_a_placeholder() {
    let env = TestEnv::applied();
    let credentials = json!({"api_key": "a value that nobody else knows"});
    env.remote()
        .connector("acme", "Trial", "stripe", &credentials);
    accept(&env, "acme/Trial");
    let yaml = yaml(&env);
    assert!(
        yaml.contains("      - name: Trial\n        type: stripe\n"),
        "{yaml}"
    );
    assert!(!yaml.contains("nobody else knows"));
}

#[test]
fn acceptance_of_what_did_not_change_is_refused() {
    let env = TestEnv::applied();
    env.run(&["drift", "--accept", "acme"])
        .exits(64)
        .complains("error[unknown_selector]");
}

#[test]
fn allowed_drift_is_left_out_until_its_day() {
    let env = TestEnv::applied();
    let github = env.connector("Acme GitHub").id;
    env.remote()
        .change_connector(github, &json!({"name": "GitHub EU"}));
    let drift = ["drift", "--detailed-exitcode", "--allow", "allowed.json"];
    env.write("allowed.json", &ALLOWED.replace("DAY", "2999-12-31"));
    env.run(&drift).exits(0).complains("allowed by");
    env.write("allowed.json", &ALLOWED.replace("DAY", "2020-12-31"));
    env.run(&drift).exits(2).complains("was allowed until");
    env.write("allowed.json", "{version: 1, allow: [{target: acme}]}");
    env.run(&drift)
        .exits(1)
        .complains("error[drift_list_invalid]")
        .complains("lacks the key `until`");
    for (text, what) in [("", "it is empty"), ("- target: acme\n", "it is a list")] {
        env.write("allowed.json", text);
        env.run(&drift).exits(1).complains(what);
    }
}
