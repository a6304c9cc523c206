//! Tests of which existing objects a plan takes over, and what it may change in the same run.

use super::{OTHER_TYPE, Scene, block_reasons, declared, id, live_connector, settings};
use crate::model::{Address, AdoptPolicy};
use crate::plan::{Action, BlockReason};
use serde_json::json;

/// The action and the address of each step.
fn steps(scene: &Scene) -> Vec<String> {
    let plan = scene.plan();
    plan.steps()
        .map(|step| format!("{:?} {}", step.action, step.address))
        .collect()
}

#[test]
fn adoption_customer_without_change_needs_no_permission() {
    let mut scene = Scene::applied();
    scene.recorded.customers.clear();
    scene.assert_plan(&[
        "acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}",
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
}

/// Asserts that one object is blocked because of these changes.
fn assert_refused(scene: &Scene, expected: &[&str]) {
    let reasons = block_reasons(scene);
    let [BlockReason::AdoptionNotAllowed { changes }] = reasons.as_slice() else {
        panic!("{reasons:?}");
    };
    let changes: Vec<String> = changes
        .iter()
        .map(|change| format!("{:?} {} {:?}", change.action, change.address, change.paths))
        .collect();
    assert_eq!(changes, expected);
}

#[test]
fn adoption_customer_with_new_connector_is_blocked_without_permission() {
    let mut scene = Scene::applied();
    scene.recorded.customers.clear();
    scene.declare("acme").connectors.insert("new", declared());
    scene.assert_plan(&["acme blocked: AdoptionNotAllowed"]);
    assert_refused(&scene, &["Create acme/new []"]);
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(block_reasons(&scene), []);
    assert_eq!(scene.plan().steps().count(), 3);
}

#[test]
fn adoption_connector_with_change_is_blocked_without_permission() {
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").connectors.clear();
    scene.git().replication_config = settings(json!({"a": 1}));
    scene.declare("acme").connectors.insert("new", declared());
    let plan = scene.plan();
    assert_refused(&scene, &["Update acme/git [\"replication_config.a\"]"]);
    let addresses: Vec<_> = plan.steps().map(|step| step.address.to_string()).collect();
    assert_eq!(addresses, ["acme/new"]);
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(block_reasons(&scene), []);
    assert_eq!(scene.plan().steps().count(), 3);
}

#[test]
fn adoption_connector_of_other_type_is_not_planned() {
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").connectors.clear();
    scene.connectors(1).get_mut(&id(10)).unwrap().definition_id = OTHER_TYPE;
    let actions: Vec<_> = scene.plan().steps().map(|step| step.action).collect();
    assert_eq!(actions, [crate::plan::Action::Create]);
}

#[test]
fn adoption_customer_of_previous_name_is_blocked_without_permission() {
    let mut scene = Scene::applied();
    scene.recorded.customers.clear();
    let acme = scene.desired.customers.remove("acme").unwrap();
    scene.desired.customers.insert("new".into(), acme);
    scene.declare("new").previous_name = Some("acme".into());
    scene.assert_plan(&["new blocked: AdoptionNotAllowed"]);
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(steps(&scene), ["Adopt new", "Rename new", "Adopt new/git"]);
}

#[test]
fn adoption_connector_of_previous_name_is_blocked_without_permission() {
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").connectors.clear();
    let mut renamed = declared();
    renamed.previous_name = Some("git".into());
    let connectors = &mut scene.declare("acme").connectors;
    connectors.clear();
    connectors.insert("new", renamed);
    assert_refused(&scene, &["Update acme/new [\"name\"]"]);
    assert_eq!(steps(&scene), [""; 0]);
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(steps(&scene), ["Adopt acme/new", "Update acme/new"]);
}

#[test]
fn adoption_connector_with_new_template_is_blocked_without_permission() {
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").connectors.clear();
    scene.git().template_id = Some(super::OTHER_TEMPLATE);
    assert_refused(
        &scene,
        &["Replace acme/git [\"credentials.token\", \"template_id\"]"],
    );
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(steps(&scene), ["Adopt acme/git", "Replace acme/git"]);
}

#[test]
fn adoption_with_target_adopts_and_changes_only_the_target() {
    let mut scene = Scene::applied();
    scene.recorded.customers.clear();
    scene.git().replication_config = settings(json!({"a": 1}));
    scene
        .connectors(1)
        .insert(id(11), live_connector("other").into());
    let connectors = &mut scene.declare("acme").connectors;
    connectors.insert("other", declared());
    scene.policy.targets = [Address::connector("acme", "git")].into();
    scene.assert_plan(&[
        "acme blocked: AdoptionNotAllowed",
        "unmanaged acme/other #0b",
    ]);
    scene.policy.adopt = AdoptPolicy::Allow;
    let expected = ["Adopt acme", "Adopt acme/git", "Update acme/git"];
    assert_eq!(steps(&scene), expected);
}

/// The applied scene, in which the files rename `git` to `new`, a name that an unrecorded connector
/// has.
fn renamed_onto_unrecorded() -> Scene {
    let mut scene = Scene::applied();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    git.previous_name = Some("git".into());
    scene.declare("acme").connectors.insert("new", git);
    scene
        .connectors(1)
        .insert(id(20), live_connector("new").into());
    scene
}

#[test]
fn rename_onto_unrecorded_connector_is_blocked_with_and_without_permission() {
    let mut scene = renamed_onto_unrecorded();
    let reason = BlockReason::ConnectorRenameConflict { existing: id(20) };
    assert_eq!(block_reasons(&scene), std::slice::from_ref(&reason));
    assert_eq!(steps(&scene), [""; 0]);
    scene.policy.adopt = AdoptPolicy::Allow;
    assert_eq!(block_reasons(&scene), [reason]);
    scene.connectors(1).get_mut(&id(20)).unwrap().definition_id = OTHER_TYPE;
    assert_eq!(steps(&scene), ["Rename acme/new"]);
}

#[test]
fn rename_onto_unrecorded_connector_of_new_type_is_blocked() {
    let mut scene = renamed_onto_unrecorded();
    let new = scene.declare("acme").connectors.get_mut("new").unwrap();
    new.kind.definition_id = Some(OTHER_TYPE);
    scene.connectors(1).get_mut(&id(20)).unwrap().definition_id = OTHER_TYPE;
    let reason = BlockReason::ConnectorRenameConflict { existing: id(20) };
    assert_eq!(block_reasons(&scene), [reason]);
    assert_eq!(steps(&scene), [""; 0]);
}

#[test]
fn type_change_with_unrecorded_connector_of_the_new_type_leaves_it_alone() {
    let mut scene = Scene::applied();
    scene.git().kind.definition_id = Some(OTHER_TYPE);
    let git = scene.connectors(1).get_mut(&id(10)).unwrap();
    git.created_at = Some("2026-01-02T00:00:00Z".into());
    let mut existing = live_connector("git");
    existing.created_at = Some("2026-01-01T00:00:00Z".into());
    existing.definition_id = OTHER_TYPE;
    scene.connectors(1).insert(id(20), existing.into());
    let plan = scene.plan();
    let [step] = &plan.steps().collect::<Vec<_>>()[..] else {
        panic!("{plan:#?}");
    };
    assert_eq!(step.action, Action::Replace);
    assert_eq!(plan.unmanaged.connectors[0].id, id(20));
}
