//! Tests of connector changes that the API can make in place.

use crate::support::{TestEnv, options};
use serde_json::json;

/// The only write of a change in place.
const PUT: [&str; 1] = ["update_integrations_connectors_id"];

#[test]
fn rename_of_connector_is_inferred_from_references() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    env.edit("name: Acme GitHub", "name: Acme Code");
    env.run(&["plan"]).exits(0).says("> acme/Acme Code");
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(env.connector("Acme Code").id, id);
}

#[test]
fn rename_of_connector_by_previous_name() {
    let env = TestEnv::applied();
    let id = env.connector("Globex Stripe").id;
    env.edit(
        "name: Globex Stripe",
        "name: Payments\n        previous_name: Globex Stripe",
    );
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(env.connector("Payments").id, id);
    env.edit("        previous_name: Globex Stripe\n", "");
    env.assert_converged(&[]);
}

#[test]
fn rename_of_connector_with_other_change_is_one_write() {
    let env = TestEnv::applied();
    env.edit(
        "name: Acme GitHub",
        "name: Acme Code\n        previous_name: Acme GitHub",
    );
    env.edit("[acme/api]", "[acme/web]");
    let (output, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    let config = env.connector("Acme Code").replication_config;
    assert_eq!(config["repositories"], json!(["acme/web"]));
}

#[test]
fn connector_renamed_out_of_band_is_renamed_back() {
    let env = TestEnv::applied();
    let id = env.connector("Acme GitHub").id;
    env.remote()
        .change_connector(id, &json!({"name": "Someone's"}));
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(env.connector("Acme GitHub").id, id);
}

#[test]
fn settings_changed_in_files_keep_server_defaults() {
    let env = TestEnv::applied();
    let before = env.connector("Acme GitHub");
    let config = |env: &TestEnv| env.connector("Acme GitHub").replication_config;
    let added_by_server = before.replication_config["api_url"].clone();

    env.edit("[acme/api]", "[acme/api, acme/web]");
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.repositories");
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(
        config(&env)["repositories"],
        json!(["acme/api", "acme/web"])
    );

    let after = env.connector("Acme GitHub");
    assert_eq!(after.id, before.id);
    assert_eq!(after.replication_config["api_url"], added_by_server);
}

#[test]
fn settings_keys_are_added_and_removed() {
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
    let anchor = "          join_channels: false\n";
    let key = "          include_archived_channels: true\n";
    env.edit(anchor, &format!("{anchor}{key}"));
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.include_archived_channels");
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(archived(&env), Some(json!(true)));
    env.edit(key, "");
    let (output, traffic) = env.converge(&[]);
    output.says("replication_config.include_archived_channels");
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
    assert_eq!(archived(&env), None);
    assert_eq!(env.connector("Chat"), before);
}

#[test]
fn settings_changed_out_of_band_are_restored_and_undeclared_kept() {
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
    assert_eq!(traffic.write_operations(), PUT);
    let config = env.connector("Acme GitHub").replication_config;
    assert_eq!(config["repositories"], json!(["acme/api"]));
    assert_eq!(config["branches"], json!(["acme/api/main"]));
}

#[test]
fn entities_are_added_changed_and_removed() {
    let env = TestEnv::applied();
    let read = "        entities: [{entity: tickets, modes: [read]}]\n";
    let read_write = "        entities: [{entity: tickets, modes: [read, write]}]\n";
    let anchor = "        environment: {subdomain: acme}\n";
    env.edit(anchor, &format!("{anchor}{read}"));
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
    env.edit(read, read_write);
    let (output, traffic) = env.converge(&[]);
    output.says("entities");
    assert_eq!(traffic.write_operations(), PUT);
    let entities = env.connector("Acme Zendesk").entities.unwrap();
    assert_eq!(entities[0]["entity"], "tickets");
    env.edit(read_write, "");
    let (_, traffic) = env.converge(&[]);
    assert_eq!(traffic.write_operations(), PUT);
}

#[test]
fn settings_block_can_be_removed() {
    let env = TestEnv::applied();
    env.remove_lines("replication_config:", Some("- name: Acme Zendesk"));
    let (output, traffic) = env.converge(&[]);
    output.ends_with("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.");
    assert_eq!(traffic.write_operations(), PUT);
}
