//! Secrets: sent again for a reason, told as unverified, shown only where that is harmless.

use super::{OTHER_TYPE, Scene, TYPE, detail, id, settings, there, token};
use crate::model::{Address, ObservedConnector, SecretStatus, WhyUnverified};
use crate::plan::{BlockCode, Blocked, FieldValue, Precondition};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn status(scene: &mut Scene, path: &str, status: SecretStatus) {
    let address = Address::connector("acme", "git");
    let paths = scene.secrets.connectors.entry(address).or_default();
    paths.insert(path.into(), status);
}

#[test]
fn a_changed_value_is_sent_again() {
    let mut scene = Scene::settled();
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    let plan = scene.plan();
    assert_eq!(
        (plan.summary.secrets, plan.summary.add, plan.summary.destroy),
        (1, 1, 1)
    );
    // Protection forbids replacing for other reasons only.
    scene.declare("acme").protect = true;
    scene.remembered(1, "acme").protect = true;
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
}

#[test]
fn what_cannot_be_told_is_not_sent() {
    let mut scene = Scene::settled();
    status(
        &mut scene,
        "credentials.token",
        SecretStatus::Unverified(WhyUnverified::Unavailable),
    );
    scene.shows(&[r#"acme/git unverified: Unavailable ["credentials.token"]"#]);
    // Unless it is another reference than the one that was sent.
    scene.git().credentials = settings(json!({"token": {"$secret": "${env:NEW}"}}));
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:NEW}; {op:replace_connector,id:#0a}"]);
    status(&mut scene, "credentials.token", SecretStatus::Unchanged);
    assert!(!scene.plan().has_changes());
    let mut silent = Scene::settled();
    silent.secrets.connectors.clear();
    silent.shows(&[r#"acme/git unverified: NotAsked ["credentials.token"]"#]);
    let mut never = Scene::settled();
    never.git_recorded().sent = None;
    never.shows(&[r#"acme/git unverified: NeverSent ["credentials.token"]"#]);
    never.git().credentials = None;
    never.shows(&[]);
}

#[test]
fn new_and_dropped_fields_count() {
    let mut scene = Scene::settled();
    scene.git().credentials = settings(json!({
        "token": {"$secret": "${env:TOKEN}"}, "user": "me", "plain": "x", "list": [{"$secret": "${env:L}"}],
    }));
    scene.git().readable.insert("user".into());
    scene.shows(&[r#"acme/git Rotate [SecretRotated] credentials.list[0]: Absent -> ${env:L}; credentials.plain: Absent -> Hidden; credentials.token: Unreadable -> ${env:TOKEN}; credentials.user: Absent -> "me"; {op:replace_connector,id:#0a}"#]);
    scene.git().credentials = None;
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> Absent; {op:replace_connector,id:#0a}"]);
    scene.git().credentials = token();
    let sent = scene.git_recorded().sent.as_mut().unwrap();
    sent.fingerprints
        .insert("credentials.old".into(), "f".into());
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.old: Unreadable -> Absent; credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
}

#[test]
fn versions_and_requests_send_again() {
    let mut scene = Scene::settled();
    scene.git().credentials_version = Some(2);
    scene.git_recorded().credentials_version = Some(2);
    scene.shows(&[]);
    scene.git_recorded().credentials_version = Some(1);
    scene.shows(&["acme/git Rotate [CredentialsVersionChanged] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    scene
        .policy
        .rotate
        .insert(Address::connector("acme", "git"));
    scene.shows(&["acme/git Rotate [Requested, CredentialsVersionChanged] credentials.token: Unreadable -> ${env:TOKEN}; {op:replace_connector,id:#0a}"]);
    scene.git_recorded().credentials_version = Some(2);
    scene.git().credentials = None;
    scene.git_recorded().sent = None;
    // There is nothing to send.
    scene.shows(&[]);
}

#[test]
fn a_replacement_shows_every_secret_it_sends() {
    let mut scene = Scene::settled();
    scene.git().credentials = settings(json!({
        "token": {"$secret": "${env:TOKEN}"}, "more": {"$secret": "${env:MORE}"},
    }));
    let sent = scene.git_recorded().sent.as_mut().unwrap();
    sent.fingerprints
        .insert("credentials.more".into(), "f".into());
    sent.references
        .insert("credentials.more".into(), "${env:MORE}".into());
    status(&mut scene, "credentials.more", SecretStatus::Unchanged);
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.listed(1).get_mut(&id(10)).unwrap().name = "hub".into();
    scene.shows(&[r#"acme/git Rotate [SecretRotated, FieldChanged] credentials.more: Unreadable -> ${env:MORE}; credentials.token: ${env:TOKEN} -> ${env:TOKEN}; name: "hub" -> "git"; {op:replace_connector,id:#0a}"#]);
}

#[test]
fn references_are_counted_wherever_they_stand() {
    let mut scene = Scene::settled();
    scene.listed(1).clear();
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
fn beside_a_younger_one_of_its_name_nothing_is_replaced() {
    let found = |change: fn(&mut ObservedConnector)| {
        let mut scene = Scene::settled();
        status(&mut scene, "credentials.token", SecretStatus::Changed);
        let at = |time: &str| Some(format!("2026-05-01T{time}Z"));
        scene.listed(1).get_mut(&id(10)).unwrap().created_at = at("10:00:00");
        let mut other = there("git");
        other.created_at = at("10:00:01");
        change(&mut other);
        scene.listed(1).insert(id(11), other);
        scene
    };
    let blocked = |scene: &Scene| {
        let plan = scene.plan();
        let codes: Vec<BlockCode> = plan.blocked.iter().map(Blocked::code).collect();
        assert_eq!(codes.is_empty(), plan.steps().count() == 1);
        codes == [BlockCode::ReplacedMeanwhile]
    };
    let same = |_: &mut ObservedConnector| {};
    assert!(blocked(&found(same)));
    assert!(blocked(&found(
        |other| other.created_at = Some("2026-05-01T10:00:00Z".into())
    )));
    // An older one, one of another name or type, or one that is ours explains nothing.
    assert!(!blocked(&found(
        |other| other.created_at = Some("2026-05-01T09:59:59Z".into())
    )));
    assert!(!blocked(&found(|other| other.name = "hub".into())));
    assert!(!blocked(&found(|other| other.definition_id = OTHER_TYPE)));
    let mut leaving = found(same);
    leaving
        .remembered(1, "acme")
        .pending_deletion
        .insert(id(11));
    assert!(leaving.plan().blocked.is_empty());
    // Where nothing is replaced, nobody minds.
    let mut calm = found(same);
    status(&mut calm, "credentials.token", SecretStatus::Unchanged);
    assert!(calm.plan().blocked.is_empty());
}

#[test]
fn a_replacement_tells_which_namesakes_it_has_seen() {
    let mut scene = Scene::settled();
    status(&mut scene, "credentials.token", SecretStatus::Changed);
    scene.listed(1).get_mut(&id(10)).unwrap().created_at = Some("2026-05-01T10:00:00Z".into());
    scene.listed(1).insert(id(11), there("git"));
    scene.listed(1).insert(id(12), there("hub"));
    let plan = scene.plan();
    let allowed = |other| {
        let mut steps = plan.steps();
        steps.all(|step| step.precondition.allows_namesake(id(other)))
    };
    assert_eq!(plan.steps().count(), 1);
    assert!(allowed(11) && !allowed(12) && !allowed(13));
}

#[test]
fn a_step_tells_what_it_was_planned_against() {
    let mut scene = Scene::settled();
    let git = scene.listed(1).get_mut(&id(10)).unwrap();
    git.updated_at = Some("then".into());
    git.detail = detail(json!({"a": 1, "other": 2}));
    scene.git().replication_config = settings(json!({"a": 2, "b": 3}));
    let plan = scene.plan();
    let [step] = plan.steps().collect::<Vec<_>>()[..] else {
        panic!("one step: {plan:#?}");
    };
    let settings = BTreeMap::from([
        ("replication_config.a".into(), FieldValue::Value(json!(1))),
        ("replication_config.b".into(), FieldValue::Absent),
    ]);
    assert_eq!(
        step.precondition,
        Precondition::Connector {
            id: id(10),
            name: "git".into(),
            definition_id: TYPE,
            updated_at: Some("then".into()),
            settings,
            namesakes: BTreeSet::new(),
        }
    );
}
