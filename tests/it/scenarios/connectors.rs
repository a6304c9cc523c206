//! Connectors are changed in place where the API can do that.

use crate::support::{TestEnv, options};
use serde_json::json;

/// The one write of an edit in place.
const PUT: [&str; 1] = ["update_integrations_connectors_id"];

#[test]
fn a_rename_is_inferred_from_the_references() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    env.edit("name: Acme GitHub", "name: Acme Code");
    env.run(&["plan"]).exits(0).says("> acme/Acme Code");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
    assert_eq!(env.connector("Acme Code").id, id);
}

#[test]
fn a_rename_may_be_spelt_out() {
    let env = TestEnv::applied();
    let id = env.connector("Globex Stripe").id;
    env.edit(
        "name: Globex Stripe",
        "name: Payments\n        previous_name: Globex Stripe",
    );
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    assert_eq!(env.connector("Payments").id, id);
    env.edit("        previous_name: Globex Stripe\n", "");
    env.is_converged(&[]);
}

#[test]
fn a_rename_with_another_change_is_still_one_write() {
    let env = TestEnv::applied();
    env.edit("name: Acme GitHub", "name: Acme Code");
    env.edit("[acme/api]", "[acme/web]");
    let (output, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    let config = env.connector("Acme Code").replication_config;
    assert_eq!(config["repositories"], json!(["acme/web"]));
}

#[test]
fn a_name_changed_behind_our_back_is_put_back() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    env.remote()
        .change_connector(id, &json!({"name": "Someone's"}));
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
    assert_eq!(env.connector("Acme GitHub").id, id);
}

#[test]
fn settings_are_changed_and_what_the_server_added_stays() {
    let env = TestEnv::applied();
    let before = env.connector("Acme GitHub");
    let config = |env: &TestEnv| env.connector("Acme GitHub").replication_config;
    let servers_own = before.replication_config["api_url"].clone();

    env.edit("[acme/api]", "[acme/api, acme/web]");
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.repositories");
    assert_eq!(traffic.written(), PUT);
    assert_eq!(
        config(&env)["repositories"],
        json!(["acme/api", "acme/web"])
    );

    let after = env.connector("Acme GitHub");
    assert_eq!(after.id, before.id);
    assert_eq!(after.replication_config["api_url"], servers_own);
}

#[test]
fn keys_are_added_and_removed() {
    let slack = r#"version: 1
customers:
  - name: acme
    connectors:
      - name: Chat
        type: slack
        credentials: {bot_key: "${env:ACME_GITHUB}"}
        replication_config:
          start_date: 2026-01-01T00:00:00Z
          lookback_window: 7
          join_channels: false
"#;
    let env = TestEnv::with(slack, options());
    env.converge(&[]);
    let before = env.connector("Chat");
    let archived = |env: &TestEnv| {
        let config = env.connector("Chat").replication_config;
        config.get("include_archived_channels").cloned()
    };
    let place = "          join_channels: false\n";
    let key = "          include_archived_channels: true\n";
    env.edit(place, &format!("{place}{key}"));
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.include_archived_channels");
    assert_eq!(traffic.written(), PUT);
    assert_eq!(archived(&env), Some(json!(true)));
    env.edit(key, "");
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.include_archived_channels");
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
    assert_eq!(archived(&env), None);
    assert_eq!(env.connector("Chat"), before);
}

#[test]
fn settings_changed_behind_our_back_are_put_back_and_others_left_alone() {
    let env = TestEnv::applied();
    let connector = env.connector("Acme GitHub");
    let mut config = connector.replication_config;
    config.insert("repositories".into(), json!(["other/one"]));
    let declared = json!({"replication_config": {
        "repositories": config["repositories"],
        "start_date": config["start_date"],
        "branches": ["acme/api/main"],
    }});
    env.remote().change_connector(connector.id, &declared);
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    let config = env.connector("Acme GitHub").replication_config;
    assert_eq!(config["repositories"], json!(["acme/api"]));
    assert_eq!(config["branches"], json!(["acme/api/main"]));
}

#[test]
fn entities_are_declared_changed_and_dropped() {
    let env = TestEnv::applied();
    let one = "        entities: [{entity: tickets, modes: [read]}]\n";
    let two = "        entities: [{entity: tickets, modes: [read, write]}]\n";
    let place = "        environment: {subdomain: acme}\n";
    env.edit(place, &format!("{place}{one}"));
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
    env.edit(one, two);
    let (output, traffic) = env.converge(&[]);
    output.says("entities");
    assert_eq!(traffic.written(), PUT);
    let entities = env.connector("Acme Zendesk").entities.unwrap();
    assert_eq!(entities[0]["entity"], "tickets");
    env.edit(two, "");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.written(), PUT);
}

#[test]
fn a_whole_block_of_settings_may_go() {
    let env = TestEnv::applied();
    env.cut("replication_config:", Some("- name: Acme Zendesk"));
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.written(), PUT);
}
