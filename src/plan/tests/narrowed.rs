//! Tests of plans that are reduced to a rotation.

use super::{OTHER_TYPE, Scene, declared, id, live_connector, plan_lines, settings, workspace};
use crate::model::{Address, AdoptPolicy, Cache, ObservedStatus, Protection};
use crate::plan::{
    Action, BlockReason, Operation, Precondition, Reason, RotationPlan, Step, only_rotations,
};
use serde_json::json;

/// The applied scene with a rotation of `acme/git`.
fn rotating() -> Scene {
    let mut scene = Scene::applied();
    scene.policy.adopt = AdoptPolicy::Allow;
    scene
        .policy
        .rotate
        .insert(Address::connector("acme", "git"));
    scene
}

fn rotation_lines(scene: &Scene) -> (Vec<String>, Vec<String>) {
    let RotationPlan { plan, deferred } = only_rotations(scene.plan());
    let mut lines = plan_lines(&plan);
    let reasons = plan.blocked.iter().map(|blocked| &blocked.reason);
    lines.extend(reasons.map(|reason| format!("{reason:?}")));
    assert!(plan.partial);
    let deferred = deferred
        .iter()
        .map(|(address, action)| format!("{address} {action:?}"));
    (lines, deferred.collect())
}

fn assert_rotation(scene: &Scene, lines: &[&str], deferred: &[&str]) {
    let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(rotation_lines(scene), (owned(lines), owned(deferred)));
}

#[test]
fn only_rotations_other_changes_are_deferred() {
    let mut scene = rotating();
    scene.declare("acme").connectors.insert("new", declared());
    scene.declare("acme").cache = Some(Cache::On);
    scene.declare("globex");
    scene.workspace(3, "stray");
    assert_rotation(
        &scene,
        &[
            "acme/git Rotate [Requested] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}",
        ],
        &["acme Update", "acme/new Create", "globex Create"],
    );
    let RotationPlan { plan, .. } = only_rotations(scene.plan());
    assert_eq!(plan.customers.len(), 1);
    let summary = plan.summary;
    assert_eq!(
        (
            summary.add,
            summary.change,
            summary.destroy,
            summary.customers_touched
        ),
        (1, 0, 1, 1)
    );
    assert_eq!(summary.customers_declared, 2);
}

#[test]
fn only_rotations_secret_reasons_are_included() {
    let mut scene = rotating();
    scene.change_token();
    scene.git().credentials_version = Some(2);
    assert_rotation(
        &scene,
        &[
            "acme/git Rotate [Requested, CredentialsVersionChanged, SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}",
        ],
        &[],
    );
    scene.git().replication_config = settings(json!({"a": 1}));
    assert_rotation(
        &scene,
        &["acme/git blocked: PendingChanges", "OtherChanges"],
        &[],
    );
    scene.git().replication_config = None;
    scene.git().kind.definition_id = Some(OTHER_TYPE);
    assert_rotation(
        &scene,
        &["acme/git blocked: PendingChanges", "OtherChanges"],
        &[],
    );
}

#[test]
fn only_rotations_customer_has_pending_changes_is_blocked() {
    let mut named = rotating();
    named.declare("acme").previous_name = Some("old".into());
    named.workspace(1, "").name = "old".into();
    assert_rotation(
        &named,
        &["acme/git blocked: PendingChanges", "CustomerChangesFirst"],
        &["acme Rename"],
    );
    let mut suspended = rotating();
    suspended.workspace(1, "").status = ObservedStatus::Inactive;
    assert_rotation(
        &suspended,
        &["acme/git blocked: PendingChanges", "CustomerChangesFirst"],
        &["acme Update"],
    );
    let mut adopted = rotating();
    adopted.recorded.customers.clear();
    assert_rotation(
        &adopted,
        &["acme/git blocked: PendingChanges", "NotRecorded"],
        &["acme Adopt", "acme/git Adopt"],
    );
    let mut unknown = rotating();
    unknown.recorded_customer(1, "acme").connectors.clear();
    assert_rotation(
        &unknown,
        &["acme/git blocked: PendingChanges", "NotRecorded"],
        &["acme/git Adopt"],
    );
    let mut missing = rotating();
    missing.connectors(1).clear();
    assert_rotation(&missing, &[], &["acme/git Create"]);
}

#[test]
fn only_rotations_superseded_connector_is_deleted() {
    let mut scene = rotating();
    scene
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(12));
    scene
        .connectors(1)
        .insert(id(12), live_connector("git").into());
    assert_rotation(
        &scene,
        &[
            "acme/git Rotate [Requested] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}",
            "acme/git Delete [Superseded] {op:delete_connector,id:#0c}",
        ],
        &[],
    );
}

#[test]
fn only_rotations_ledger_updates_are_included() {
    let mut scene = Scene::applied();
    scene.declare("acme").protect = Protection::Full;
    assert_rotation(&scene, &["acme remembers {protect:true}"], &[]);
}

#[test]
fn only_rotations_customer_is_adopted_recorded_connector_is_blocked() {
    let mut plan = rotating().plan();
    let adoption = Step {
        address: Address::customer("acme"),
        action: Action::Adopt,
        reasons: vec![Reason::FoundByName],
        changes: Vec::new(),
        precondition: Precondition::Absent,
        operation: Operation::AdoptCustomer {
            workspace_id: workspace(1),
        },
    };
    plan.customers[0].steps.insert(0, adoption);
    let RotationPlan { plan, deferred } = only_rotations(plan);
    assert_eq!((plan.steps().count(), deferred.len()), (0, 1));
    assert_eq!(plan.blocked[0].reason, BlockReason::CustomerChangesFirst);
}
