//! Tests of replacements: a change that the API cannot make in place needs a new connector and
//! `--allow-replace`.

use crate::support::TestEnv;

const REPLACED: &str = "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.";

fn needs_permission(env: &TestEnv, name: &str) {
    let before = env.connector(name);
    env.run(&["plan"]).exits(0).says("+/-");
    let (output, traffic) = env.apply(&[]);
    output.exits(5).complains("replace_not_allowed");
    traffic.assert_only_reads();
    assert_eq!(env.connector(name), before);
    let (output, traffic) = env.converge(&["--allow-replace"]);
    output.ends_with(REPLACED);
    assert_eq!(
        traffic.write_operations(),
        [
            "create_integrations_connectors_check",
            "create_integrations_connectors",
            "delete_integrations_connectors_id",
        ]
    );
    assert_ne!(env.connector(name).id, before.id);
}

#[test]
fn replacement_for_environment_needs_permission() {
    let env = TestEnv::applied();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    needs_permission(&env, "Acme Zendesk");
}

#[test]
fn replacement_for_type_needs_permission() {
    let env = TestEnv::applied();
    env.edit("type: stripe", "type: gong");
    env.edit(
        "{api_key: \"${file:stripe-key}\"}",
        "{access_key: \"${file:stripe-key}\", access_key_secret: \"${env:ACME_GITHUB}\"}",
    );
    needs_permission(&env, "Globex Stripe");
    assert_eq!(env.connector("Globex Stripe").connector_type, "gong");
}

#[test]
fn replacement_for_template_needs_permission() {
    use reqwest::Method;
    let env = TestEnv::applied();
    let stripe = airlift::catalog::find("stripe").unwrap().definition_id;
    let body = serde_json::json!({
        "name": "Stripe for us",
        "actor_definition_id": stripe,
        "mode": "DIRECT",
        "partial_default_config": {},
    });
    let target = "/api/v1/integrations/templates/sources";
    let template = env.remote().send(Method::POST, target, Some(&body));
    let id = template["id"].as_str().unwrap();
    env.edit(
        "type: stripe\n",
        &format!("type: stripe\n        template_id: {id}\n"),
    );
    needs_permission(&env, "Globex Stripe");
    let template_id = env.connector("Globex Stripe").template_id;
    assert_eq!(template_id.to_string(), id);
}

#[test]
fn protection_forbids_replacement_and_allows_rotation() {
    let mut env = TestEnv::new();
    env.edit("- name: acme\n", "- name: acme\n    protect: true\n");
    env.converge(&[]);
    let before = env.connector("Acme Zendesk");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    let (blocked, traffic) = env.apply(&["--allow-replace"]);
    blocked.exits(4).says("[protected]");
    traffic.assert_only_reads();
    assert_eq!(env.connector("Acme Zendesk"), before);
    env.edit("subdomain: acme-eu", "subdomain: acme");
    env.set("ACME_GITHUB", "another-value");
    env.converge(&[]).0.ends_with(REPLACED);
}

#[test]
fn protection_forbids_suspension() {
    let env = TestEnv::applied();
    env.edit(
        "- name: acme\n",
        "- name: acme\n    protect: true\n    status: inactive\n",
    );
    let (blocked, traffic) = env.apply(&[]);
    assert_ne!(blocked.code, Some(0), "{blocked}");
    traffic.assert_only_reads();
    assert!(env.world().workspace("acme").unwrap().active);
}
