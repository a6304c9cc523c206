//! The lock file of the API's types: written by `types --refresh`, and read by every command offline.

use crate::support::{FaultProxy, ProxyAction, TestEnv, options};
use serde_json::{Value, json};
use std::sync::Arc;

const DEFINITION: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const LIST: &str = "/api/v1/integrations/definitions/sources";
const PROJECT: &str = "version: 1
types_lock: types.json
customers:
  - name: acme
    connectors:
      - name: Warehouse
        type: acme-warehouse
        credentials: {key: '${env:TOKEN}'}
        replication_config: {mode: fast}
      - name: Code
        type: github
        credentials: {token: '${env:TOKEN}'}
        replication_config: {repositories: [a/b], start_date: 2026-01-01T00:00:00Z}
";

/// An API with a type that no catalog has, and with a GitHub that has a new setting.
fn api(env: &mut TestEnv, names: &'static [&'static str]) -> FaultProxy {
    let secret = Arc::new(env.variables["AIRBYTE_CLIENT_SECRET"].clone());
    FaultProxy::start(env, move |parts, _| {
        let path = parts.uri.path();
        if path == LIST {
            return ProxyAction::ChangeResponse(Box::new(|body| {
                let definitions = body["definitions"].as_array_mut().unwrap();
                definitions.extend(names.iter().enumerate().map(|(index, name)| {
                    let last = 0xff - u8::try_from(index).unwrap();
                    let id = format!("{}{last:02x}", &DEFINITION[..34]);
                    json!({"sourceDefinitionId": id, "name": name})
                }));
            }));
        }
        if path.ends_with(DEFINITION) {
            let specification = json!({"connectionSpecification": {"properties": {
                "mode": {"type": "string", "enum": ["fast", "slow"]},
                "passphrase_of_old": {"type": "string", "airbyte_secret": true},
                "pin": {"type": "integer", "airbyte_secret": true},
                (*secret).clone(): {"type": "string"},
            }}});
            let definition = json!({"name": "Acme Warehouse", "spec": specification});
            return ProxyAction::Respond(200, json!({"id": DEFINITION, "definition": definition}));
        }
        if path.starts_with(LIST) {
            return ProxyAction::ChangeResponse(Box::new(|body| {
                let settings =
                    &mut body["definition"]["spec"]["connectionSpecification"]["properties"];
                settings["branches"] =
                    json!({"type": ["null", "array"], "items": {"type": "string"}});
            }));
        }
        ProxyAction::Forward
    })
}

fn env() -> TestEnv {
    let mut env = TestEnv::with(PROJECT, options());
    env.set("TOKEN", "value-of-a-token-of-acme");
    env
}

#[test]
fn refresh_pins_types_and_settings_that_commands_then_know_offline() {
    let mut env = env();
    let before = env.run(&["validate"]);
    before
        .exits(0)
        .says("types_not_locked")
        .says("unknown_type");
    let proxy = api(&mut env, &["Acme Warehouse"]);
    let refreshed = env.run(&["types", "--refresh"]);
    refreshed
        .exits(0)
        .says("types.json has 57 types, 2 with their settings");
    refreshed.says("Acme Warehouse");
    let again = env
        .run(&["types", "--refresh", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(again["outside_catalog"], json!(["Acme Warehouse"]));
    let text = std::fs::read_to_string(env.path("types.json")).unwrap();
    assert!(
        !text.contains(&env.variables["AIRBYTE_CLIENT_SECRET"]),
        "{text}"
    );
    drop(proxy);
    let after = env.run(&["validate"]);
    after.exits(0);
    assert!(!after.stdout.contains("warning"), "{after}");
    env.edit(
        "repositories: [a/b]",
        "repositories: [a/b], branches: [main]",
    );
    env.run(&["validate"]).exits(0);
    env.edit("branches: [main]", "branches: main");
    env.run(&["validate"]).exits(1).says("wrong_type");
    env.edit("branches: main", "branchs: [main]");
    env.run(&["validate"]).exits(1).says("unknown_setting");
    env.edit("branchs: [main]", "branches: [main]");
    env.edit("mode: fast", "mode: fats");
    env.run(&["validate"]).exits(1).says("invalid_value");
    env.edit("mode: fats", "passphrase_of_old: hunter2-of-old");
    env.run(&["validate"])
        .exits(0)
        .says("secret_looking_literal");
}

#[test]
fn plan_with_lock_looks_no_type_up() {
    let mut env = env();
    let proxy = api(&mut env, &["Acme Warehouse"]);
    env.run(&["types", "--refresh"]).exits(0);
    drop(proxy);
    let origin = env.sandbox().origin();
    env.set("AIRBYTE_API_HOST", &origin);
    let (plan, traffic) = env.run_with_traffic(&["plan"]);
    plan.exits(0).says("+ acme/Warehouse");
    assert_eq!(traffic.count("list_integrations_definitions_sources"), 0);
}

#[test]
fn lock_does_not_change_what_a_name_of_the_catalog_means() {
    let mut env = env();
    let proxy = api(
        &mut env,
        &["Acme Warehouse", "GitHub", "S\u{202e}lack", "slack"],
    );
    let refreshed = env.run(&["types", "--refresh"]);
    refreshed.exits(0).says("Left out: 3 types");
    drop(proxy);
    let path = env.path("types.json");
    let text = std::fs::read_to_string(&path).unwrap();
    // Somebody has another name mean a type of the catalog: the catalog checks it.
    let mut lock: Value = serde_json::from_str(&text).unwrap();
    for kind in lock["types"].as_array_mut().unwrap() {
        if kind["name"] == "Github" || kind["name"] == "GitHub" {
            kind["name"] = "Harmless".into();
            kind["settings"] = json!({"token": {"type": "string"}});
        }
    }
    std::fs::write(&path, lock.to_string()).unwrap();
    env.edit("type: github", "type: harmless");
    env.edit("token: '${env:TOKEN}'", "token: ghp_literal-of-a-token");
    let checked = env.run(&["validate"]);
    checked.exits(1).says("literal_secret");
}

#[test]
fn lock_that_is_none_is_an_error_and_is_not_replaced() {
    let mut env = env();
    env.write("types.json", "{\"customers\": []}\n");
    env.run(&["validate"])
        .exits(1)
        .says("lock file of types cannot be used");
    env.edit("types_lock: types.json\n", "");
    env.write("airlift-types.json", "{\"mine\": true}\n");
    let _proxy = api(&mut env, &["Acme Warehouse"]);
    env.run(&["types", "--refresh"])
        .exits(1)
        .complains("airlift-types.json");
    std::fs::remove_file(env.path("airlift-types.json")).unwrap();
    env.run(&["types", "--refresh"])
        .exits(0)
        .says("write `types_lock: airlift-types.json`");
    for outside in ["../types.json", "/etc/hostname", ".git/types.json"] {
        let line = format!("version: 1\ntypes_lock: {outside}\n");
        let text = PROJECT.replace("version: 1\ntypes_lock: types.json\n", &line);
        env.write("airlift.yaml", &text);
        env.run(&["validate"]).exits(1).says("include_outside");
    }
}
