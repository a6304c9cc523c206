//! What no update can do is done by a new connector, and only when that was allowed.

use crate::support::TestEnv;

const REPLACED: &str = "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.";

fn needs_permission(env: &TestEnv, name: &str) {
    let before = env.connector(name);
    env.run(&["plan"]).exits(0).says("+/-");
    let (refused, traffic) = env.apply(&[]);
    refused.exits(5).complains("replace_not_allowed");
    traffic.only_reads();
    assert_eq!(env.connector(name), before);
    let (output, traffic) = env.converge(&["--allow-replace"]);
    output.ends_with(REPLACED);
    assert_eq!(
        traffic.written(),
        [
            "create_integrations_connectors_check",
            "create_integrations_connectors",
            "delete_integrations_connectors_id",
        ]
    );
    assert_ne!(env.connector(name).id, before.id);
}

#[test]
fn another_environment() {
    let env = TestEnv::applied();
    env.edit("subdomain: acme", "subdomain: acme-eu");
    needs_permission(&env, "Acme Zendesk");
}

#[test]
fn another_type() {
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
fn another_template() {
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
    let answer = env.remote().ask(Method::POST, target, Some(&body));
    let id = answer["id"].as_str().unwrap();
    env.edit(
        "type: stripe\n",
        &format!("type: stripe\n        template_id: {id}\n"),
    );
    needs_permission(&env, "Globex Stripe");
    let made = env.connector("Globex Stripe").template_id.to_string();
    assert_eq!(made, id);
}

#[test]
fn protection_forbids_a_replacement_and_allows_a_rotation() {
    let mut env = TestEnv::new();
    env.edit("- name: acme\n", "- name: acme\n    protect: true\n");
    env.converge(&[]);
    let before = env.connector("Acme Zendesk");
    env.edit("subdomain: acme", "subdomain: acme-eu");
    let (blocked, traffic) = env.apply(&["--allow-replace"]);
    blocked.exits(4).says("[protected]");
    traffic.only_reads();
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
    traffic.only_reads();
    assert!(env.world().workspace("acme").unwrap().active);
}
