//! Tests of connectors that the files declare under another name.

use super::{OTHER_TEMPLATE, OTHER_TYPE, Scene, actions, id, live_connector, recorded, settings};
use crate::model::Entity;
use crate::plan::Action::{Create, Rename, Replace, Update};
use serde_json::json;
use std::sync::Arc;

/// The applied scene, with `git` declared as `hub`.
fn renamed_in_files() -> Scene {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    let git = connectors.remove("git").unwrap();
    connectors.insert("hub", git);
    scene
}

#[test]
fn rename_without_another_difference_is_inferred() {
    let scene = renamed_in_files();
    scene.assert_plan(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#]);
    // A declared rename with another change is an update.
    let mut more = scene.clone();
    let hub = more.declare("acme").connectors.get_mut("hub").unwrap();
    hub.replication_config = settings(json!({"a": 1}));
    hub.previous_name = Some("git".into());
    more.assert_plan(&[r#"acme/hub Update [Renamed, FieldChanged] name: "git" -> "hub"; replication_config.a: Absent -> 1; {op:update_connector,id:#0a,patch:{name:hub,replication_config:{a:1}}}"#]);
}

#[test]
fn rename_two_equal_declarations_is_not_inferred() {
    let mut two_declared = renamed_in_files();
    let git = two_declared.declare("acme").connectors["hub"].clone();
    two_declared
        .declare("acme")
        .connectors
        .insert("hub2", git.clone());
    two_declared.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git"]);
    let second = two_declared
        .declare("acme")
        .connectors
        .get_mut("hub2")
        .unwrap();
    second.previous_name = Some("git".into());
    two_declared.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme/hub2 Rename [Renamed] name: "git" -> "hub2"; {op:update_connector,id:#0a,patch:{name:hub2}}"#]);
    let first = two_declared
        .declare("acme")
        .connectors
        .get_mut("hub")
        .unwrap();
    first.previous_name = Some("git".into());
    two_declared.assert_plan(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#, "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
}

#[test]
fn rename_other_declaration_claims_the_connector_is_not_inferred() {
    let mut claimed = renamed_in_files();
    let mut other = claimed.declare("acme").connectors["hub"].clone();
    other.credentials = settings(json!({"token": {"$secret": "${env:OTHER}"}}));
    claimed
        .declare("acme")
        .connectors
        .insert("new", other.clone());
    assert_eq!(actions(&claimed), ["acme/hub Rename", "acme/new Create"]);
    other.previous_name = Some("git".into());
    claimed.declare("acme").connectors.insert("new", other);
    // Whether the other reference has the same value is not known.
    claimed.secrets.unchanged.clear();
    assert_eq!(actions(&claimed), ["acme/hub Create", "acme/new Rotate"]);
}

#[test]
fn rename_two_equal_recorded_connectors_is_not_inferred() {
    let mut two_recorded = renamed_in_files();
    two_recorded
        .recorded_customer(1, "acme")
        .connectors
        .insert("git2".into(), recorded(11));
    two_recorded
        .connectors(1)
        .insert(id(11), live_connector("git2").into());
    two_recorded.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git", "kept acme/git2"]);
}

/// The action for a recorded connector that the files declare under another name.
fn action_after_rename(
    change: &dyn Fn(&mut super::DesiredConnector, &mut super::ConnectorEntry),
) -> crate::plan::Action {
    let mut scene = Scene::applied();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    change(&mut git, scene.git_recorded());
    scene.declare("acme").connectors.insert("hub", git);
    scene.plan().customers[0].steps[0].action
}

fn without_credentials(git: &mut super::DesiredConnector, recorded: &mut super::ConnectorEntry) {
    git.credentials = None;
    let sent = Arc::make_mut(recorded.sent.as_mut().unwrap());
    sent.references.clear();
    sent.fingerprints.clear();
}

#[test]
fn rename_with_another_difference_is_not_inferred() {
    assert_eq!(action_after_rename(&|_, _| {}), Rename);
    assert_eq!(
        action_after_rename(&|git, _| git.kind.definition_id = Some(OTHER_TYPE)),
        Create
    );
    assert_eq!(
        action_after_rename(&|git, _| git.environment = settings(json!({"h": 1}))),
        Create
    );
    // Other settings or entities read other data.
    assert_eq!(
        action_after_rename(&|git, _| git.replication_config = settings(json!({"a": 1}))),
        Create
    );
    let entity = |name: &str| Entity {
        entity: name.into(),
        modes: None,
    };
    let (a, b) = (entity("a"), entity("b"));
    assert_eq!(
        action_after_rename(&|git, _| git.entities = Some(vec![a.clone()])),
        Create
    );
    let reordered = action_after_rename(&|git, recorded| {
        git.entities = Some(vec![a.clone(), b.clone()]);
        recorded.applied.entities = Some(vec![b.clone(), a.clone()]);
    });
    assert!(matches!(reordered, Rename | Update));
    assert_eq!(
        action_after_rename(
            &|git, _| git.credentials = settings(json!({"token": {"$secret": "${env:X}"}}))
        ),
        Create
    );
    assert_eq!(
        action_after_rename(&|_, recorded| recorded.sent = None),
        Create
    );
    assert_eq!(action_after_rename(&without_credentials), Create);
}

#[test]
fn rename_previous_name_other_settings_is_followed() {
    assert_eq!(
        action_after_rename(&|git, recorded| {
            without_credentials(git, recorded);
            git.previous_name = Some("git".into());
        }),
        Rename
    );
    assert_eq!(
        action_after_rename(&|git, _| {
            git.previous_name = Some("git".into());
            git.template_id = Some(OTHER_TEMPLATE);
        }),
        Replace
    );
    assert_eq!(
        action_after_rename(&|git, _| {
            git.previous_name = Some("git".into());
            git.entities = Some(vec![Entity {
                entity: "e".into(),
                modes: None,
            }]);
        }),
        Update
    );
    assert_eq!(
        action_after_rename(&|git, _| git.previous_name = Some("other".into())),
        Create
    );
}

#[test]
fn connector_renamed_out_of_band_is_renamed_back() {
    let mut scene = Scene::applied();
    scene.connectors(1).get_mut(&id(10)).unwrap().name = "hub".into();
    scene.assert_plan(&[r#"acme/git Update [FieldChanged] name: "hub" -> "git"; {op:update_connector,id:#0a,patch:{name:git}}"#]);
}
