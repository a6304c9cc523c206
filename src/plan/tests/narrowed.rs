//! A plan narrowed to a rotation.

use super::{OTHER_TYPE, Scene, declared, id, settings, there, told, workspace};
use crate::model::{Address, Cache, ObservedStatus, SecretStatus};
use crate::plan::{
    Action, BlockReason, Operation, Precondition, Reason, RotationPlan, Step, only_rotations,
};
use serde_json::json;

/// The settled scene with a rotation asked for.
fn asked() -> Scene {
    let mut scene = Scene::settled();
    scene
        .policy
        .rotate
        .insert(Address::connector("acme", "git"));
    scene
}

fn narrowed(scene: &Scene) -> (Vec<String>, Vec<String>) {
    let RotationPlan { plan, deferred } = only_rotations(scene.plan());
    let mut lines = told(&plan);
    lines.extend(plan.blocked.iter().map(|one| format!("{:?}", one.reason)));
    assert!(plan.partial);
    let deferred = deferred
        .iter()
        .map(|(address, action)| format!("{address} {action:?}"));
    (lines, deferred.collect())
}

fn shows(scene: &Scene, lines: &[&str], deferred: &[&str]) {
    let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(narrowed(scene), (owned(lines), owned(deferred)));
}

#[test]
fn a_rotation_stands_alone() {
    let mut scene = asked();
    scene
        .declare("acme")
        .connectors
        .insert("new".into(), declared());
    scene.declare("acme").cache = Some(Cache::On);
    scene.declare("globex");
    scene.live(3, "stray");
    shows(
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
fn reasons_about_secrets_go_along() {
    let mut scene = asked();
    let status = scene.secrets.connectors.values_mut().next().unwrap();
    status.insert("credentials.token".into(), SecretStatus::Changed);
    scene.git().credentials_version = Some(2);
    shows(
        &scene,
        &[
            "acme/git Rotate [Requested, CredentialsVersionChanged, SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}",
        ],
        &[],
    );
    scene.git().replication_config = settings(json!({"a": 1}));
    shows(
        &scene,
        &["acme/git blocked: PendingChanges", "OtherChanges"],
        &[],
    );
    scene.git().replication_config = None;
    scene.git().kind.definition_id = Some(OTHER_TYPE);
    shows(
        &scene,
        &["acme/git blocked: PendingChanges", "OtherChanges"],
        &[],
    );
}

#[test]
fn what_comes_first_is_done_first() {
    let mut named = asked();
    named.declare("acme").previous_name = Some("old".into());
    named.live(1, "").name = "old".into();
    shows(
        &named,
        &["acme/git blocked: PendingChanges", "CustomerChangesFirst"],
        &["acme Rename"],
    );
    let mut suspended = asked();
    suspended.live(1, "").status = ObservedStatus::Inactive;
    shows(
        &suspended,
        &["acme/git blocked: PendingChanges", "CustomerChangesFirst"],
        &["acme Update"],
    );
    let mut adopted = asked();
    adopted.recorded.customers.clear();
    shows(
        &adopted,
        &["acme/git blocked: PendingChanges", "NotRecorded"],
        &["acme Adopt", "acme/git Adopt"],
    );
    let mut unknown = asked();
    unknown.remembered(1, "acme").connectors.clear();
    shows(
        &unknown,
        &["acme/git blocked: PendingChanges", "NotRecorded"],
        &["acme/git Adopt"],
    );
    let mut missing = asked();
    missing.listed(1).clear();
    shows(&missing, &[], &["acme/git Create"]);
}

#[test]
fn leftovers_go_along() {
    let mut scene = asked();
    scene.remembered(1, "acme").pending_deletion.insert(id(12));
    scene.listed(1).insert(id(12), there("git"));
    shows(
        &scene,
        &[
            "acme/git Rotate [Requested] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}",
            "acme/git Delete [Superseded] {op:delete_connector,id:#0c}",
        ],
        &[],
    );
}

#[test]
fn what_the_ledger_learns_is_kept() {
    let mut scene = Scene::settled();
    scene.declare("acme").protect = true;
    shows(&scene, &["acme remembers {protect:true}"], &[]);
}

#[test]
fn a_customer_that_is_adopted_comes_first_although_its_connectors_are_known() {
    let mut plan = asked().plan();
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
