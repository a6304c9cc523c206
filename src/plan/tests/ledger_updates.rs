//! Tests of the ledger updates of connectors that need no request.

use super::{Scene, detail, id, settings};
use serde_json::json;
use std::sync::Arc;

/// Whether the plan has no steps and updates the ledger entry of one connector.
fn updates_ledger(scene: &Scene) -> bool {
    let plan = scene.plan();
    assert!(!plan.has_changes());
    plan.customers.len() == 1 && plan.customers[0].ledger_updates.connectors.len() == 1
}

#[test]
fn ledger_update_changed_reference_text_is_recorded() {
    let mut scene = Scene::applied();
    scene.git_recorded().credentials_version = Some(1);
    assert!(updates_ledger(&scene));
    scene.git_recorded().credentials_version = None;
    assert!(!updates_ledger(&scene));
    scene.git_recorded().applied.environment = settings(json!({}));
    scene.git_recorded().applied.replication_config = settings(json!({}));
    assert!(!updates_ledger(&scene));
    scene.git().environment = settings(json!({"k": {"$secret": "${env:A}"}}));
    scene.git_recorded().applied.environment = settings(json!({"k": {"$secret": "${env:B}"}}));
    let sent = Arc::make_mut(scene.git_recorded().sent.as_mut().unwrap());
    sent.fingerprints.insert("environment.k", "f".into());
    sent.references.insert("environment.k", "${env:A}".into());
    assert!(updates_ledger(&scene));
    scene.git_recorded().applied.environment = scene.git().environment.clone();
    assert!(!updates_ledger(&scene));
    let sent = scene.git_recorded().sent.as_mut().unwrap();
    Arc::make_mut(sent).references.clear();
    assert!(updates_ledger(&scene));
}

#[test]
fn ledger_update_new_updated_at_is_recorded() {
    let mut read = Scene::applied();
    read.connectors(1).get_mut(&id(10)).unwrap().updated_at = Some("later".into());
    assert!(!updates_ledger(&read));
    read.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({}));
    assert!(updates_ledger(&read));
    let update = read.plan().customers[0].ledger_updates.connectors[0].clone();
    assert_eq!(update.updated_at.as_deref(), Some("later"));
    read.git_recorded().updated_at = Some("later".into());
    assert!(!updates_ledger(&read));
    let mut config = Scene::applied();
    config.git().replication_config = settings(json!({"a": null}));
    assert!(updates_ledger(&config));
    let mut entities = Scene::applied();
    entities.git().entities = Some(vec![]);
    assert!(updates_ledger(&entities));
    // An adoption writes the whole ledger entry, so it needs no update.
    read.git_recorded().updated_at = None;
    read.recorded_customer(1, "acme").connectors.clear();
    assert!(
        read.plan().customers[0]
            .ledger_updates
            .connectors
            .is_empty()
    );
}
