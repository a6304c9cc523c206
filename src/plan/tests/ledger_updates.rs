//! What the ledger learns of a connector without a remote write.

use super::{Scene, detail, id, settings};
use serde_json::json;

/// Whether the plan writes nothing remotely and corrects the ledger's record of one connector.
fn learns(scene: &Scene) -> bool {
    let plan = scene.plan();
    assert!(!plan.has_changes());
    plan.customers.len() == 1 && plan.customers[0].ledger_updates.connectors.len() == 1
}

#[test]
fn the_ledger_learns_a_new_spelling_without_a_write() {
    let mut scene = Scene::settled();
    scene.git_recorded().credentials_version = Some(1);
    assert!(learns(&scene));
    scene.git_recorded().credentials_version = None;
    assert!(!learns(&scene));
    scene.git_recorded().applied.environment = settings(json!({}));
    scene.git_recorded().applied.replication_config = settings(json!({}));
    assert!(!learns(&scene));
    scene.git().environment = settings(json!({"k": {"$secret": "${env:A}"}}));
    scene.git_recorded().applied.environment = settings(json!({"k": {"$secret": "${env:B}"}}));
    let sent = scene.git_recorded().sent.as_mut().unwrap();
    sent.fingerprints.insert("environment.k".into(), "f".into());
    sent.references
        .insert("environment.k".into(), "${env:A}".into());
    let status = scene.secrets.connectors.values_mut().next().unwrap();
    status.insert(
        "environment.k".into(),
        crate::model::SecretStatus::Unchanged,
    );
    assert!(learns(&scene));
    scene.git_recorded().applied.environment = scene.git().environment.clone();
    assert!(!learns(&scene));
    scene
        .git_recorded()
        .sent
        .as_mut()
        .unwrap()
        .references
        .clear();
    assert!(learns(&scene));
}

#[test]
fn the_ledger_learns_when_a_connector_was_found_as_declared() {
    let mut read = Scene::settled();
    read.listed(1).get_mut(&id(10)).unwrap().updated_at = Some("later".into());
    assert!(!learns(&read));
    read.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({}));
    assert!(learns(&read));
    let remembered = read.plan().customers[0].ledger_updates.connectors[0].clone();
    assert_eq!(remembered.updated_at.as_deref(), Some("later"));
    read.git_recorded().updated_at = Some("later".into());
    assert!(!learns(&read));
    let mut config = Scene::settled();
    config.git().replication_config = settings(json!({"a": null}));
    assert!(learns(&config));
    let mut entities = Scene::settled();
    entities.git().entities = Some(vec![]);
    assert!(learns(&entities));
    // What is being adopted is written as a whole anyway.
    read.git_recorded().updated_at = None;
    read.remembered(1, "acme").connectors.clear();
    assert!(
        read.plan().customers[0]
            .ledger_updates
            .connectors
            .is_empty()
    );
}
