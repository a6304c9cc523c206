//! Tests of declared connectors: matching, creation, adoption, update, replacement, rename.

use super::{
    OTHER_TEMPLATE, OTHER_TYPE, Scene, TEMPLATE, detail, id, live_connector, recorded, settings,
};
use crate::model::{AdoptPolicy, DesiredConnector, Entity, Mode, Protection};
use crate::plan::Action::{Create, Rename, Replace, Update};
use crate::plan::{BlockCode, Operation};
use serde_json::json;
use std::sync::Arc;

#[test]
fn connector_missing_or_deleted_out_of_band_is_created() {
    let mut scene = Scene::applied();
    scene.connectors(1).clear();
    scene.assert_plan(&["acme/git Create [DeletedOutOfBand] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.recorded_customer(1, "acme").connectors.clear();
    scene.assert_plan(&["acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.declare("acme").connectors.clear();
    scene.assert_plan(&[]);
}

#[test]
fn create_body_has_whole_declaration() {
    let mut scene = Scene::applied();
    scene.connectors(1).clear();
    let git = scene.git();
    git.template_id = Some(TEMPLATE);
    git.credentials_version = Some(3);
    git.environment = settings(json!({"host": "x", "key": {"$secret": "${env:K}"}}));
    git.replication_config =
        settings(json!({"a": {"b": 1, "c": {}}, "l": [1], "s": [{"$secret": "${env:S}"}]}));
    git.entities = Some(vec![Entity {
        entity: "e".into(),
        modes: Some(vec![Mode::Read]),
    }]);
    let git = git.clone();
    scene.assert_plan(&[r#"acme/git Create [DeletedOutOfBand] credentials.token: Absent -> ${env:TOKEN}; entities: Absent -> [{"entity":"e","modes":["read"]}]; environment.host: Absent -> "x"; environment.key: Absent -> ${env:K}; replication_config.a.b: Absent -> 1; replication_config.a.c: Absent -> {}; replication_config.l: Absent -> [1]; replication_config.s[0]: Absent -> ${env:S}; {op:create_connector}"#]);
    let plan = scene.plan();
    let Operation::CreateConnector { body } = &plan.customers[0].steps[0].operation else {
        panic!("no creation");
    };
    assert_eq!((body.name.as_str(), body.kind.as_str()), ("git", "github"));
    assert_eq!(
        (body.definition_id, body.template_id),
        (super::TYPE, git.template_id)
    );
    assert_eq!(
        (&body.credentials, body.credentials_version),
        (&git.credentials, Some(3))
    );
    assert_eq!(
        (&body.environment, &body.entities),
        (&git.environment, &git.entities)
    );
    assert_eq!(body.replication_config, git.replication_config);
}

#[test]
fn connector_unrecorded_of_same_name_and_type_is_adopted() {
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").connectors.clear();
    scene.assert_plan(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    scene.git().environment = settings(json!({"host": "x"}));
    scene.git().credentials_version = Some(2);
    scene.assert_plan(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    scene.connectors(1).insert(id(11), live_connector("git"));
    scene.assert_plan(&["acme/git blocked: AmbiguousMatch"]);
    scene.policy.targets = ["acme/other".parse().unwrap()].into();
    scene.assert_plan(&["unmanaged acme/git #0a", "unmanaged acme/git #0b"]);
    scene.policy.targets.clear();
    scene.connectors(1).get_mut(&id(11)).unwrap().definition_id = OTHER_TYPE;
    scene.assert_plan(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
        "unmanaged acme/git #0b",
    ]);
    // The recorded connector matches, whatever other connectors have its name.
    let mut known = Scene::applied();
    known.connectors(1).insert(id(11), live_connector("git"));
    known.assert_plan(&["unmanaged acme/git #0b"]);
}

#[test]
fn connector_readable_setting_differs_is_updated() {
    let mut scene = Scene::applied();
    scene.git().replication_config = settings(json!({"a": 1, "b": {"c": "x"}}));
    scene.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 2, "z": 9}));
    scene.assert_plan(&[r#"acme/git Update [FieldChanged] replication_config.a: 2 -> 1; replication_config.b.c: Absent -> "x"; {op:update_connector,id:#0a,patch:{replication_config:{a:1,b:{c:x}}}}"#]);
    // Unread details count as applied.
    scene.connectors(1).get_mut(&id(10)).unwrap().detail = None;
    scene.git_recorded().applied.replication_config =
        settings(json!({"a": 1, "b": {"c": "x", "d": 2}, "e": 3}));
    scene.assert_plan(&["acme/git Update [KeyRemoved] replication_config.b.d: 2 -> Absent; replication_config.e: 3 -> Absent; {op:update_connector,id:#0a,patch:{replication_config:{a:1,b:{c:x}},removed:[[b,d],[e]]}}"]);
    scene.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 1, "b": {"c": "x"}}));
    scene.assert_plan(&["acme remembers {connectors:[{body:{name:git,kind:github,definition_id:#a0,credentials:{token:{$secret:${env:TOKEN}}},replication_config:{a:1,b:{c:x}}},updated_at:null}]}"]);
    scene.git_recorded().applied.replication_config = settings(json!({"a": 1, "b": {"c": "x"}}));
    scene.assert_plan(&[]);
    scene.git().replication_config = None;
    scene.assert_plan(&[r#"acme/git Update [KeyRemoved] replication_config.a: 1 -> Absent; replication_config.b: {"c":"x"} -> Absent; {op:update_connector,id:#0a,patch:{replication_config:{},removed:[[a],[b]]}}"#]);
}

#[test]
fn connector_entities_differ_is_updated() {
    let entity = |name: &str, modes| Entity {
        entity: name.into(),
        modes,
    };
    let mut scene = Scene::applied();
    scene.git().entities = Some(vec![entity("a", None)]);
    scene.assert_plan(&[r#"acme/git Update [FieldChanged] entities: [] -> [{"entity":"a"}]; {op:update_connector,id:#0a,patch:{entities:[{entity:a}]}}"#]);
    scene.git_recorded().applied.entities = Some(vec![entity("a", None)]);
    scene.assert_plan(&[]);
    let mut live = detail(json!({})).unwrap();
    live.entities = vec![entity("a", Some(vec![Mode::Read])), entity("b", None)];
    scene.connectors(1).get_mut(&id(10)).unwrap().detail = Some(live);
    scene.assert_plan(&[r#"acme/git Update [FieldChanged] entities: [{"entity":"a","modes":["read"]},{"entity":"b"}] -> [{"entity":"a"}]; {op:update_connector,id:#0a,patch:{entities:[{entity:a}]}}"#]);
    scene.git().entities = None;
    scene.assert_plan(&[r#"acme/git Update [KeyRemoved] entities: [{"entity":"a","modes":["read"]},{"entity":"b"}] -> []; {op:update_connector,id:#0a,patch:{entities:[]}}"#]);
    scene.git_recorded().applied.entities = None;
    scene.assert_plan(&[]);
}

#[test]
fn connector_type_template_or_environment_differs_is_replaced() {
    let mut scene = Scene::applied();
    scene.connectors(1).get_mut(&id(10)).unwrap().definition_id = OTHER_TYPE;
    scene.assert_plan(&[r#"acme/git Replace [TypeChanged] credentials.token: Unreadable -> ${env:TOKEN}; type: "github" -> "github"; {op:replace_connector,id:#0a}"#]);
    scene.connectors(1).get_mut(&id(10)).unwrap().kind_name = None;
    scene.assert_plan(&[r#"acme/git Replace [TypeChanged] credentials.token: Unreadable -> ${env:TOKEN}; type: "00000000-0000-0000-0000-0000000000a1" -> "github"; {op:replace_connector,id:#0a}"#]);
    scene.declare("acme").protect = Protection::Full;
    scene.recorded_customer(1, "acme").protect = Protection::Full;
    scene.assert_plan(&["acme/git blocked: Protected"]);
    let mut template = Scene::applied();
    template.git().template_id = Some(OTHER_TEMPLATE);
    template.assert_plan(&[r#"acme/git Replace [TemplateChanged] credentials.token: Unreadable -> ${env:TOKEN}; template_id: "00000000-0000-0000-0000-0000000000b0" -> "00000000-0000-0000-0000-0000000000b1"; {op:replace_connector,id:#0a}"#]);
    template.git().template_id = Some(TEMPLATE);
    template.assert_plan(&[]);
    let mut environment = Scene::applied();
    environment.git().environment = settings(json!({"host": "y"}));
    environment.git_recorded().applied.environment = settings(json!({"host": "x"}));
    environment.assert_plan(&[r#"acme/git Replace [EnvironmentChanged] credentials.token: Unreadable -> ${env:TOKEN}; environment.host: "x" -> "y"; {op:replace_connector,id:#0a}"#]);
}

#[test]
fn connector_settings_with_secret_differ_is_replaced() {
    let mut scene = Scene::applied();
    scene.git().replication_config = settings(json!({"a": 1}));
    scene.connectors(1).get_mut(&id(10)).unwrap().detail =
        detail(json!({"a": 2, "password": "****"}));
    scene.assert_plan(&["acme/git Replace [SecretInConfig, FieldChanged] credentials.token: Unreadable -> ${env:TOKEN}; replication_config.a: 2 -> 1; {op:replace_connector,id:#0a}"]);
    let mut own = Scene::applied();
    own.git().replication_config = settings(json!({"a": 1, "key": {"$secret": "${env:K}"}}));
    let sent = Arc::make_mut(own.git_recorded().sent.as_mut().unwrap());
    sent.fingerprints
        .insert("replication_config.key".into(), "f".into());
    sent.references
        .insert("replication_config.key".into(), "${env:K}".into());
    let status = own.secrets.connectors.values_mut().next().unwrap();
    status.insert(
        "replication_config.key".into(),
        crate::model::SecretStatus::Unchanged,
    );
    own.git_recorded().applied.replication_config = own.git().replication_config.clone();
    own.assert_plan(&[]);
    own.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 2, "key": "****"}));
    own.assert_plan(&["acme/git Replace [SecretInConfig, FieldChanged] credentials.token: Unreadable -> ${env:TOKEN}; replication_config.a: 2 -> 1; replication_config.key: Unreadable -> ${env:K}; {op:replace_connector,id:#0a}"]);
    // A mask alone does not cause a replacement.
    let mut masked = Scene::applied();
    masked.connectors(1).get_mut(&id(10)).unwrap().detail = detail(json!({"password": "****"}));
    masked.assert_plan(&[]);
    masked.connectors(1).get_mut(&id(10)).unwrap().name = "git hub".into();
    masked.assert_plan(&[r#"acme/git Update [FieldChanged] name: "git hub" -> "git"; {op:update_connector,id:#0a,patch:{name:git}}"#]);
}

fn actions(scene: &Scene) -> Vec<String> {
    let plan = scene.plan();
    plan.steps()
        .map(|step| format!("{} {:?}", step.address, step.action))
        .collect()
}

#[test]
fn connector_previous_name_unrecorded_is_adopted_and_renamed() {
    let mut scene = Scene::applied();
    scene.policy.adopt = AdoptPolicy::Allow;
    scene.recorded.customers.clear();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    git.credentials = None;
    git.previous_name = Some("git".into());
    let declared = &mut scene.declare("acme").connectors;
    declared.insert("hub".into(), git.clone());
    assert_eq!(
        actions(&scene),
        ["acme Adopt", "acme/hub Adopt", "acme/hub Update"]
    );
    // A connector of another type or name does not match.
    let mut other = scene.clone();
    other.connectors(1).get_mut(&id(10)).unwrap().definition_id = OTHER_TYPE;
    assert_eq!(actions(&other), ["acme Adopt", "acme/hub Create"]);
    let mut other = scene.clone();
    other.connectors(1).get_mut(&id(10)).unwrap().name = "gut".into();
    assert_eq!(actions(&other), ["acme Adopt", "acme/hub Create"]);
    // Two connectors of the previous name are ambiguous.
    let mut two = scene.clone();
    two.connectors(1).insert(id(11), live_connector("git"));
    assert_eq!(two.plan().blocked[0].code(), BlockCode::AmbiguousMatch);
    // The new name has precedence, and a declared connector is not renamed.
    let mut both = scene.clone();
    both.connectors(1).insert(id(11), live_connector("hub"));
    assert_eq!(actions(&both), ["acme Adopt", "acme/hub Adopt"]);
    let declared = &mut scene.declare("acme").connectors;
    let second = DesiredConnector {
        previous_name: None,
        ..*git.clone()
    };
    declared.insert("git".into(), second.into());
    let apart = ["acme Adopt", "acme/git Adopt", "acme/hub Create"];
    assert_eq!(actions(&scene), apart);
    // A previous name that two declarations claim is ignored.
    let declared = &mut scene.declare("acme").connectors;
    declared.remove("git");
    declared.insert("hub2".into(), git);
    let neither = ["acme Adopt", "acme/hub Create", "acme/hub2 Create"];
    assert_eq!(actions(&scene), neither);
}

/// The applied scene, with `git` declared as `hub`.
fn renamed_in_files() -> Scene {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    let git = connectors.remove("git").unwrap();
    connectors.insert("hub".into(), git);
    scene
}

#[test]
fn rename_without_another_difference_is_inferred() {
    let scene = renamed_in_files();
    scene.assert_plan(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#, r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
    // A declared rename with another change is an update.
    let mut more = scene.clone();
    let hub = more.declare("acme").connectors.get_mut("hub").unwrap();
    hub.replication_config = settings(json!({"a": 1}));
    hub.previous_name = Some("git".into());
    more.assert_plan(&[r#"acme/hub Update [Renamed, FieldChanged] name: "git" -> "hub"; replication_config.a: Absent -> 1; {op:update_connector,id:#0a,patch:{name:hub,replication_config:{a:1}}}"#, r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
}

#[test]
fn rename_two_equal_declarations_is_not_inferred() {
    let mut two_declared = renamed_in_files();
    let git = two_declared.declare("acme").connectors["hub"].clone();
    two_declared
        .declare("acme")
        .connectors
        .insert("hub2".into(), git.clone());
    two_declared.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git"]);
    let second = two_declared
        .declare("acme")
        .connectors
        .get_mut("hub2")
        .unwrap();
    second.previous_name = Some("git".into());
    two_declared.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme/hub2 Rename [Renamed] name: "git" -> "hub2"; {op:update_connector,id:#0a,patch:{name:hub2}}"#, r#"acme/hub2 unverified: NotAsked ["credentials.token"]"#]);
    let first = two_declared
        .declare("acme")
        .connectors
        .get_mut("hub")
        .unwrap();
    first.previous_name = Some("git".into());
    two_declared.assert_plan(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#, "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
}

#[test]
fn rename_other_declaration_claims_the_connector_is_not_inferred() {
    let mut claimed = renamed_in_files();
    let mut other = claimed.declare("acme").connectors["hub"].clone();
    other.credentials = settings(json!({"token": {"$secret": "${env:OTHER}"}}));
    claimed
        .declare("acme")
        .connectors
        .insert("new".into(), other.clone());
    assert_eq!(actions(&claimed), ["acme/hub Rename", "acme/new Create"]);
    other.previous_name = Some("git".into());
    claimed
        .declare("acme")
        .connectors
        .insert("new".into(), other);
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
        .insert(id(11), live_connector("git2"));
    two_recorded.assert_plan(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git", "kept acme/git2"]);
}

/// The action for a recorded connector that the files declare under another name.
fn action_after_rename(
    change: &dyn Fn(&mut super::DesiredConnector, &mut super::ConnectorEntry),
) -> crate::plan::Action {
    let mut scene = Scene::applied();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    change(&mut git, scene.git_recorded());
    scene.declare("acme").connectors.insert("hub".into(), git);
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
    assert_eq!(
        action_after_rename(&|git, _| git.entities = Some(Vec::new())),
        Create
    );
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
