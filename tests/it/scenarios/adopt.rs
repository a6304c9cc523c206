//! Tests of existing customers and connectors: adopted, unmanaged, or ambiguous.

use crate::support::{PROJECT, TestEnv, options};
use reqwest::Method;
use serde_json::json;

fn stripe() -> serde_json::Value {
    json!({"api_key": "someone's"})
}

#[test]
fn adopt_by_name_leaves_credentials_not_verified() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    let before = env.connector("Globex Stripe");
    let plan = env.run(&["plan"]);
    plan.exits(0)
        .says("= Adopt (2 objects)")
        .says("  globex (customer)")
        .says("  globex/Globex Stripe (stripe)");
    let (output, traffic) = env.converge(&[]);
    output.says("Resources: 3 added, 0 changed, 0 destroyed.");
    output.says("Adopted: 2.");
    assert_eq!(traffic.count("create_integrations_connectors"), 2);
    assert_eq!(env.connector("Globex Stripe"), before);
    env.run(&["plan", "--detailed-exitcode"])
        .exits(0)
        .says("Not verified (1 connector)");
}

#[test]
fn connector_that_others_create_after_an_adoption_is_drift() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    remote.connector("globex", "From before", "stripe", &stripe());
    env.run(&["adopt", "globex", "--auto-approve"]).exits(0);
    env.run(&["drift", "--detailed-exitcode"]).exits(0);
    remote.connector("globex", "From others", "stripe", &stripe());
    let drift = env.run(&["drift", "--detailed-exitcode"]);
    drift.exits(2).says("globex/From others");
    assert!(!drift.stdout.contains("From before"), "{drift}");
}

#[test]
fn adopt_then_new_credentials_version_rotates() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    env.converge(&[]);
    let adopted = env.connector("Globex Stripe").id;
    env.edit(
        "type: stripe\n",
        "type: stripe\n        credentials_version: 1\n",
    );
    env.converge(&[]);
    let created = env.connector("Globex Stripe").id;
    assert_ne!(created, adopted);
    let sent = json!({"api_key": "value-of-globex-stripe"});
    assert!(env.sandbox().holds_credentials(created, &sent));
    let plan = env.run(&["plan"]);
    assert!(!plan.stdout.contains("Not verified"), "{plan}");
}

#[test]
fn adopt_with_other_settings_updates_in_place() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("acme");
    let token = json!({"token": "someone's"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    let id = env.connector("Acme GitHub").id;
    let (_, traffic) = env.converge(&["--adopt"]);
    assert_eq!(traffic.count("update_integrations_connectors_id"), 1);
    let after = env.connector("Acme GitHub");
    assert_eq!(after.id, id);
    assert_eq!(
        after.replication_config["repositories"],
        json!(["acme/api"])
    );
}

#[test]
fn adopt_with_change_and_without_permission_is_blocked() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("acme");
    let token = json!({"token": "someone's"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    let before = env.connector("Acme GitHub");
    env.run(&["plan"])
        .exits(4)
        .says("acme [adoption_not_allowed]: change acme/Acme GitHub")
        .says("replication_config.repositories")
        .says("acme/Acme Zendesk\n")
        .says("--adopt");
    let (output, _) = env.apply(&[]);
    output.exits(4);
    let world = env.world();
    assert_eq!(world.workspace("acme").unwrap().connectors, [before]);
    env.converge(&["--adopt"]);
    env.assert_converged(&[]);
}

#[test]
fn adopt_with_pending_changes_names_them() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("acme");
    remote.customer("globex");
    let token = json!({"token": "someone's"});
    remote.connector("acme", "Acme GitHub", "github", &token);
    for adopted in [
        "Adopted: 3.",
        "nothing to adopt: the ledger has each of these objects",
    ] {
        let output = env.run(&["adopt", "*", "acme/Acme GitHub", "--auto-approve"]);
        output.exits(0);
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(text.contains(adopted), "{output}");
        assert!(text.contains("change acme/Acme GitHub"), "{output}");
        assert!(text.contains("left for apply"), "{output}");
        assert!(!text.contains("match the files"), "{output}");
    }
}

#[test]
fn blocks_of_one_cause_have_one_explanation() {
    let env = TestEnv::new();
    env.remote().customer("acme");
    env.remote().customer("globex");
    let plan = env.run(&["plan"]);
    plan.exits(4)
        .says("acme [adoption_not_allowed]")
        .says("globex [adoption_not_allowed]");
    assert_eq!(
        plan.stdout.matches("and is not in the ledger").count(),
        1,
        "{plan}"
    );
}

#[test]
fn adopt_with_change_and_project_key_is_allowed() {
    let env = TestEnv::new();
    env.remote().customer("acme");
    env.edit("version: 1\n", "version: 1\nadopt: true\n");
    env.converge(&[]);
    assert_eq!(env.world().connectors().count(), 3);
}

#[test]
fn adopt_after_lost_ledger_writes_nothing() {
    let env = TestEnv::applied();
    std::fs::remove_dir_all(env.path(".airlift")).unwrap();
    let before = env.world();
    let (output, traffic) = env.converge(&[]);
    output.says("Adopted: 5.");
    traffic.assert_only_reads();
    assert_eq!(env.world(), before);
}

#[test]
fn unmanaged_is_reported_and_not_changed() {
    let env = TestEnv::applied();
    let remote = env.remote();
    remote.customer("someone");
    remote.connector("someone", "Someone's", "stripe", &stripe());
    remote.connector("acme", "Manual", "stripe", &stripe());
    let before = env.world();
    let plan = env.run(&["plan", "-v"]);
    plan.exits(0).says("acme/Manual").says("someone");
    env.converge(&["--prune", "--delete-customers"]);
    assert_eq!(env.world(), before);
}

#[test]
fn unmanaged_same_name_of_another_type() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    let token = json!({"token": "someone's"});
    remote.connector("globex", "Globex Stripe", "github", &token);
    env.converge(&["--adopt"]);
    let world = env.world();
    let globex = world.workspace("globex").unwrap();
    let kinds: Vec<_> = globex
        .connectors
        .iter()
        .map(|connector| connector.connector_type.as_str())
        .collect();
    assert_eq!(kinds, ["github", "stripe"]);
    env.run(&["plan"]).says("Unmanaged (1 connector)");
}

#[test]
fn ambiguous_match_blocks_only_its_customer() {
    let env = TestEnv::new();
    let remote = env.remote();
    remote.customer("globex");
    for _ in 0..2 {
        remote.connector("globex", "Globex Stripe", "stripe", &stripe());
    }
    env.run(&["plan"]).exits(4).says("ambiguous_match");
    let (output, _) = env.apply(&[]);
    output.exits(4).says("Resources: 3 added");
    output.says("Apply incomplete!").says("Blocked: 1.");
    let globex = env.world().workspace("globex").unwrap().clone();
    assert_eq!(globex.connectors.len(), 2);
    remote.delete_connector(globex.connectors[1].id);
    env.wait_for("the deletion", |env| env.world().deleted_connectors == 1);
    env.converge(&[]);
    assert_eq!(env.connector("Globex Stripe").id, globex.connectors[0].id);
}

#[test]
fn duplicate_of_recorded_connector_is_unmanaged() {
    let env = TestEnv::applied();
    env.remote()
        .connector("globex", "Globex Stripe", "stripe", &stripe());
    env.assert_converged(&[]);
    env.run(&["plan"]).exits(0).says("Unmanaged (1 connector)");
}

#[test]
fn type_outside_the_catalog_is_accepted_by_definition_id() {
    let env = TestEnv::with(PROJECT, options());
    env.edit("type: stripe", "type: stripee");
    env.run(&["plan"]).exits(4).says("did you mean stripe?");
    let listed = env.remote().send(
        Method::GET,
        "/api/v1/integrations/definitions/sources",
        None,
    );
    assert!(listed.to_string().len() > 100);
    let id = airlift::catalog::find("stripe").unwrap().definition_id;
    env.edit("type: stripee", &format!("type: {id}"));
    env.converge(&[]);
    assert_eq!(env.connector("Globex Stripe").connector_type, "stripe");
}
