//! Secrets: sent again for a reason, told as unverified, shown only where that is harmless.

use super::{Scene, id, settings, token};
use crate::model::{Address, Freshness, WhyUnverified};
use serde_json::json;

fn evidence(scene: &mut Scene, path: &str, freshness: Freshness) {
    let address = Address::connector("acme", "git");
    let paths = scene.evidence.connectors.entry(address).or_default();
    paths.insert(path.into(), freshness);
}

#[test]
fn a_changed_value_is_sent_again() {
    let mut scene = Scene::settled();
    evidence(&mut scene, "credentials.token", Freshness::Changed);
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
    evidence(
        &mut scene,
        "credentials.token",
        Freshness::Unverified(WhyUnverified::Unavailable),
    );
    scene.shows(&[r#"acme/git unverified: Unavailable ["credentials.token"]"#]);
    // Unless it is another reference than the one that was sent.
    scene.git().credentials = settings(json!({"token": {"$secret": "${env:NEW}"}}));
    scene.shows(&["acme/git Rotate [SecretRotated] credentials.token: ${env:TOKEN} -> ${env:NEW}; {op:replace_connector,id:#0a}"]);
    evidence(&mut scene, "credentials.token", Freshness::Unchanged);
    assert!(!scene.plan().has_changes());
    let mut silent = Scene::settled();
    silent.evidence.connectors.clear();
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
    evidence(&mut scene, "credentials.more", Freshness::Unchanged);
    evidence(&mut scene, "credentials.token", Freshness::Changed);
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
