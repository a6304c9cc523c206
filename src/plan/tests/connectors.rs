//! Tests of declared connectors: matching, creation, adoption, update, replacement, rename.

use super::{
    OTHER_TEMPLATE, OTHER_TYPE, Scene, TEMPLATE, actions, detail, id, live_connector, settings,
};
use crate::model::{AdoptPolicy, DesiredConnector, Entity, Mode, Protection};
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
    scene
        .connectors(1)
        .insert(id(11), live_connector("git").into());
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
    known
        .connectors(1)
        .insert(id(11), live_connector("git").into());
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
        .insert("replication_config.key", "f".into());
    sent.references
        .insert("replication_config.key", "${env:K}".into());
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

#[test]
fn connector_previous_name_unrecorded_is_adopted_and_renamed() {
    let mut scene = Scene::applied();
    scene.policy.adopt = AdoptPolicy::Allow;
    scene.recorded.customers.clear();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    git.credentials = None;
    git.previous_name = Some("git".into());
    let declared = &mut scene.declare("acme").connectors;
    declared.insert("hub", git.clone());
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
    two.connectors(1)
        .insert(id(11), live_connector("git").into());
    assert_eq!(two.plan().blocked[0].code(), BlockCode::AmbiguousMatch);
    // The new name has precedence, and a declared connector is not renamed.
    let mut both = scene.clone();
    both.connectors(1)
        .insert(id(11), live_connector("hub").into());
    assert_eq!(actions(&both), ["acme Adopt", "acme/hub Adopt"]);
    let declared = &mut scene.declare("acme").connectors;
    let second = DesiredConnector {
        previous_name: None,
        ..*git.clone()
    };
    declared.insert("git", second.into());
    let apart = ["acme Adopt", "acme/git Adopt", "acme/hub Create"];
    assert_eq!(actions(&scene), apart);
    // A previous name that two declarations claim is ignored.
    let declared = &mut scene.declare("acme").connectors;
    declared.remove("git");
    declared.insert("hub2", git);
    let neither = ["acme Adopt", "acme/hub Create", "acme/hub2 Create"];
    assert_eq!(actions(&scene), neither);
}
