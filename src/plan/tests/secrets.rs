//! Tests of secrets in a plan: rotations, unverified secrets, and the values that are shown.

use super::{OTHER_TYPE, Scene, TYPE, detail, id, live_connector, settings, token};
use crate::model::{
    Address, ObservedConnector, Protection, SecretStatus, UnresolvedCause, UnresolvedReference,
    UnverifiedReason,
};
use crate::plan::{
    BlockCode, Blocked, ConnectorPrecondition, FieldValue, Precondition, Resolution, SecretNeed,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn status(scene: &mut Scene, path: &str, status: SecretStatus) {
    let address = Address::connector("acme", "git");
    let paths = scene.secrets.connectors.entry(address).or_default();
    paths.insert(path.into(), status);
}

#[test]
fn secret_value_changed_is_rotated() {
    let mut scene = Scene::applied();
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.assert_plan(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    let plan = scene.plan();
    assert_eq!(
        (plan.summary.secrets, plan.summary.add, plan.summary.destroy),
        (1, 1, 1)
    );
    // `protect` allows rotations.
    scene.declare("acme").protect = Protection::Full;
    scene.recorded_customer(1, "acme").protect = Protection::Full;
    scene.assert_plan(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
}

#[test]
fn secrets_of_unchanged_connector_are_unchanged() {
    let mut scene = Scene::applied();
    scene.secrets.unchanged = [id(11)].into();
    scene.assert_plan(&[r#"acme/git unverified: NotAsked ["credentials.token"]"#]);
    scene.secrets.unchanged.insert(id(10));
    scene.assert_plan(&[]);
    // A status of its own is more than the id.
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    assert!(scene.plan().has_changes());
}

#[test]
fn secret_unverified_is_not_rotated() {
    let mut scene = Scene::applied();
    status(
        &mut scene,
        "credentials.token",
        SecretStatus::Unverified(UnverifiedReason::Unavailable),
    );
    scene.assert_plan(&[r#"acme/git unverified: Unavailable ["credentials.token"]"#]);
    // Another reference than the one last sent is rotated.
    scene.git().credentials = settings(json!({"token": {"$secret": "${env:NEW}"}}));
    scene.assert_plan(&["acme/git Rotate [ReferenceChanged] credentials.token: ${env:TOKEN} -> ${env:NEW}; {op:replace_connector,id:#0a}"]);
    status(&mut scene, "credentials.token", SecretStatus::Unchanged);
    assert!(!scene.plan().has_changes());
    let mut silent = Scene::applied();
    silent.secrets.unchanged.clear();
    silent.assert_plan(&[r#"acme/git unverified: NotAsked ["credentials.token"]"#]);
    let mut never = Scene::applied();
    never.git_recorded().sent = None;
    never.assert_plan(&[r#"acme/git unverified: NeverSent ["credentials.token"]"#]);
    never.git().credentials = None;
    never.assert_plan(&[]);
}

#[test]
fn secret_unresolved_stops_apply_only_if_a_step_sends_it() {
    let unresolved = [UnresolvedReference {
        reference: "${env:TOKEN}".parse().unwrap(),
        cause: UnresolvedCause::SecretMissing,
        problem: "not set".into(),
    }];
    let mut scene = Scene::applied();
    let unavailable = SecretStatus::Unverified(UnverifiedReason::Unavailable);
    status(&mut scene, "credentials.token", unavailable);
    let compared = scene.plan().with_unresolved(&unresolved);
    assert!(!compared.lacks_secrets());
    scene.connectors(1).clear();
    let sent = scene.plan().with_unresolved(&unresolved);
    assert!(sent.lacks_secrets());
    for (plan, need) in [
        (compared, SecretNeed::ToCompare),
        (sent, SecretNeed::ToSend),
    ] {
        assert_eq!(plan.resolution, Resolution::Tried);
        let [entry] = plan.unverified.as_slice() else {
            panic!("{:?}", plan.unverified);
        };
        assert_eq!(entry.cause, Some(UnresolvedCause::SecretMissing));
        assert_eq!(entry.need, need);
        assert_eq!(entry.secrets[0].path, "credentials.token");
        assert_eq!(entry.secrets[0].problem.as_deref(), Some("not set"));
    }
    assert!(!scene.plan().with_unresolved(&[]).lacks_secrets());
}

#[test]
fn secret_field_added_or_removed_is_rotated() {
    let mut scene = Scene::applied();
    scene.git().credentials = settings(json!({
        "token": {"$secret": "${env:TOKEN}"}, "user": "me", "plain": "x", "list": [{"$secret": "${env:L}"}],
    }));
    scene.git().readable.insert("user".into());
    scene.assert_plan(&[r#"acme/git Rotate [SecretRotated, CredentialChanged] credentials.list[0]: Absent -> ${env:L}; credentials.plain: Absent -> Hidden; credentials.token: Unreadable -> ${env:TOKEN}; credentials.user: Absent -> "me"; {op:replace_connector,id:#0a}"#]);
    scene.git().credentials = None;
    scene.assert_plan(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> Absent; {op:replace_connector,id:#0a}"]);
    scene.git().credentials = token();
    let sent = Arc::make_mut(scene.git_recorded().sent.as_mut().unwrap());
    sent.fingerprints.insert("credentials.old", "f".into());
    scene.assert_plan(&["acme/git Rotate [SecretRotated] credentials.old: Unreadable -> Absent; credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
}

#[test]
fn secret_version_changed_or_rotation_requested_is_rotated() {
    let mut scene = Scene::applied();
    scene.git().credentials_version = Some(2);
    scene.git_recorded().credentials_version = Some(2);
    scene.assert_plan(&[]);
    scene.git_recorded().credentials_version = Some(1);
    scene.assert_plan(&["acme/git Rotate [CredentialsVersionChanged] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    scene
        .policy
        .rotate
        .insert(Address::connector("acme", "git"));
    scene.assert_plan(&["acme/git Rotate [Requested, CredentialsVersionChanged] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    scene.git_recorded().credentials_version = Some(2);
    scene.git().credentials = None;
    scene.git_recorded().sent = None;
    // A connector without secrets has nothing to rotate.
    scene.assert_plan(&[]);
}

#[test]
fn replacement_lists_every_secret_it_sends() {
    let mut scene = Scene::applied();
    scene.git().credentials = settings(json!({
        "token": {"$secret": "${env:TOKEN}"}, "more": {"$secret": "${env:MORE}"},
    }));
    let sent = Arc::make_mut(scene.git_recorded().sent.as_mut().unwrap());
    sent.fingerprints.insert("credentials.more", "f".into());
    sent.references
        .insert("credentials.more", "${env:MORE}".into());
    status(&mut scene, "credentials.more", SecretStatus::Unchanged);
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.connectors(1).get_mut(&id(10)).unwrap().name = "hub".into();
    scene.assert_plan(&[r#"acme/git Rotate [SecretRotated, FieldChanged] credentials.more: Unreadable -> ${env:MORE}; credentials.token: ${env:TOKEN} -> ${env:TOKEN}; name: "hub" -> "git"; {op:replace_connector,id:#0a}"#]);
}

#[test]
fn summary_nested_references_are_counted() {
    let mut scene = Scene::applied();
    scene.connectors(1).clear();
    let git = scene.git();
    git.environment = settings(json!({"a": {"b": {"$secret": "${env:B}"}}, "c": 1, "d": true}));
    git.replication_config =
        settings(json!({"l": [{"$secret": "${env:L}"}, {"m": {"$secret": "${env:M}"}}, 2]}));
    let summary = scene.plan().summary;
    assert_eq!(
        (summary.secrets, summary.add, summary.customers_touched),
        (4, 1, 1)
    );
}

#[test]
fn replacement_newer_namesake_exists_is_blocked() {
    let with_namesake = |change: fn(&mut ObservedConnector)| {
        let mut scene = Scene::applied();
        status(&mut scene, "credentials.token", SecretStatus::Changed);
        let at = |time: &str| Some(format!("2026-05-01T{time}Z").into());
        scene.connectors(1).get_mut(&id(10)).unwrap().created_at = at("10:00:00");
        let mut other = live_connector("git");
        other.created_at = at("10:00:01");
        change(&mut other);
        scene.connectors(1).insert(id(11), other.into());
        scene
    };
    let blocked = |scene: &Scene| {
        let plan = scene.plan();
        let codes: Vec<BlockCode> = plan.blocked.iter().map(Blocked::code).collect();
        assert_eq!(codes.is_empty(), plan.steps().count() == 1);
        codes == [BlockCode::ReplacedMeanwhile]
    };
    let same = |_: &mut ObservedConnector| {};
    assert!(blocked(&with_namesake(same)));
    assert!(blocked(&with_namesake(
        |other| other.created_at = Some("2026-05-01T10:00:00Z".into())
    )));
    // An older connector, another name or type, or a recorded connector does not block.
    assert!(!blocked(&with_namesake(
        |other| other.created_at = Some("2026-05-01T09:59:59Z".into())
    )));
    assert!(!blocked(&with_namesake(|other| other.name = "hub".into())));
    assert!(!blocked(&with_namesake(
        |other| other.definition_id = OTHER_TYPE
    )));
    let mut pending_deletion = with_namesake(same);
    pending_deletion
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(11));
    assert!(pending_deletion.plan().blocked.is_empty());
    // Without a replacement nothing is blocked.
    let mut unchanged = with_namesake(same);
    status(&mut unchanged, "credentials.token", SecretStatus::Unchanged);
    assert!(unchanged.plan().blocked.is_empty());
}

#[test]
fn replacement_precondition_has_namesakes_seen_at_plan_time() {
    let mut scene = Scene::applied();
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.connectors(1).get_mut(&id(10)).unwrap().created_at = Some("2026-05-01T10:00:00Z".into());
    scene
        .connectors(1)
        .insert(id(11), live_connector("git").into());
    scene
        .connectors(1)
        .insert(id(12), live_connector("hub").into());
    let plan = scene.plan();
    let allowed = |other| {
        let mut steps = plan.steps();
        steps.all(|step| step.precondition.allows_namesake(id(other)))
    };
    assert_eq!(plan.steps().count(), 1);
    assert!(allowed(11) && !allowed(12) && !allowed(13));
}

#[test]
fn update_precondition_has_observed_values() {
    let mut scene = Scene::applied();
    let git = scene.connectors(1).get_mut(&id(10)).unwrap();
    git.updated_at = Some("then".into());
    git.detail = detail(json!({"a": 1, "other": 2}));
    scene.git().replication_config = settings(json!({"a": 2, "b": 3}));
    let plan = scene.plan();
    let [step] = plan.steps().collect::<Vec<_>>()[..] else {
        panic!("not exactly one step: {plan:#?}");
    };
    let settings = BTreeMap::from([
        ("replication_config.a".into(), FieldValue::Value(json!(1))),
        ("replication_config.b".into(), FieldValue::Absent),
    ]);
    assert_eq!(
        step.precondition,
        Precondition::Connector(Box::new(ConnectorPrecondition {
            id: id(10),
            name: "git".into(),
            definition_id: TYPE,
            updated_at: Some("then".into()),
            settings,
            namesakes: BTreeSet::new(),
        }))
    );
}
