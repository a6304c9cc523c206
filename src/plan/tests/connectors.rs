//! Declared connectors: matched, created, adopted, updated, replaced, recognised when renamed.

use super::{OTHER_TEMPLATE, OTHER_TYPE, Scene, TEMPLATE, detail, id, recorded, settings, there};
use crate::model::{DesiredConnector, Entity, Mode};
use crate::plan::Action::{Create, Rename, Replace, Update};
use crate::plan::{BlockCode, Operation};
use serde_json::json;

#[test]
fn one_that_is_missing_or_gone_is_created() {
    let mut scene = Scene::settled();
    scene.listed(1).clear();
    scene.shows(&["acme/git Create [DeletedOutOfBand] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.remembered(1, "acme").connectors.clear();
    scene.shows(&["acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.declare("acme").connectors.clear();
    scene.shows(&[]);
}

#[test]
fn a_creation_carries_the_whole_declaration() {
    let mut scene = Scene::settled();
    scene.listed(1).clear();
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
    scene.shows(&[r#"acme/git Create [DeletedOutOfBand] credentials.token: Absent -> ${env:TOKEN}; entities: Absent -> [{"entity":"e","modes":["read"]}]; environment.host: Absent -> "x"; environment.key: Absent -> ${env:K}; replication_config.a.b: Absent -> 1; replication_config.a.c: Absent -> {}; replication_config.l: Absent -> [1]; replication_config.s[0]: Absent -> ${env:S}; {op:create_connector}"#]);
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
fn one_of_the_name_and_type_is_adopted() {
    let mut scene = Scene::settled();
    scene.remembered(1, "acme").connectors.clear();
    scene.shows(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    scene.git().environment = settings(json!({"host": "x"}));
    scene.git().credentials_version = Some(2);
    scene.shows(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    scene.listed(1).insert(id(11), there("git"));
    scene.shows(&["acme/git blocked: AmbiguousMatch"]);
    scene.policy.targets = ["acme/other".parse().unwrap()].into();
    scene.shows(&["unmanaged acme/git #0a", "unmanaged acme/git #0b"]);
    scene.policy.targets.clear();
    scene.listed(1).get_mut(&id(11)).unwrap().definition_id = OTHER_TYPE;
    scene.shows(&[
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
        "unmanaged acme/git #0b",
    ]);
    // A recorded one is meant, however many carry its name.
    let mut known = Scene::settled();
    known.listed(1).insert(id(11), there("git"));
    known.shows(&["unmanaged acme/git #0b"]);
}

#[test]
fn what_an_update_can_do_is_updated() {
    let mut scene = Scene::settled();
    scene.git().replication_config = settings(json!({"a": 1, "b": {"c": "x"}}));
    scene.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 2, "z": 9}));
    scene.shows(&[r#"acme/git Update [FieldChanged] replication_config.a: 2 -> 1; replication_config.b.c: Absent -> "x"; {op:update_connector,id:#0a,patch:{replication_config:{a:1,b:{c:x}}}}"#]);
    // Where details were left unread, what was applied is what is there.
    scene.listed(1).get_mut(&id(10)).unwrap().detail = None;
    scene.git_recorded().applied.replication_config =
        settings(json!({"a": 1, "b": {"c": "x", "d": 2}, "e": 3}));
    scene.shows(&["acme/git Update [KeyRemoved] replication_config.b.d: 2 -> Absent; replication_config.e: 3 -> Absent; {op:update_connector,id:#0a,patch:{replication_config:{a:1,b:{c:x}},removed:[[b,d],[e]]}}"]);
    scene.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 1, "b": {"c": "x"}}));
    scene.shows(&["acme remembers {connectors:[{body:{name:git,kind:github,definition_id:#a0,credentials:{token:{$secret:${env:TOKEN}}},replication_config:{a:1,b:{c:x}}},updated_at:null}]}"]);
    scene.git_recorded().applied.replication_config = settings(json!({"a": 1, "b": {"c": "x"}}));
    scene.shows(&[]);
    scene.git().replication_config = None;
    scene.shows(&[r#"acme/git Update [KeyRemoved] replication_config.a: 1 -> Absent; replication_config.b: {"c":"x"} -> Absent; {op:update_connector,id:#0a,patch:{replication_config:{},removed:[[a],[b]]}}"#]);
}

#[test]
fn entities_are_updated() {
    let entity = |name: &str, modes| Entity {
        entity: name.into(),
        modes,
    };
    let mut scene = Scene::settled();
    scene.git().entities = Some(vec![entity("a", None)]);
    scene.shows(&[r#"acme/git Update [FieldChanged] entities: [] -> [{"entity":"a"}]; {op:update_connector,id:#0a,patch:{entities:[{entity:a}]}}"#]);
    scene.git_recorded().applied.entities = Some(vec![entity("a", None)]);
    scene.shows(&[]);
    let mut there = detail(json!({})).unwrap();
    there.entities = vec![entity("a", Some(vec![Mode::Read])), entity("b", None)];
    scene.listed(1).get_mut(&id(10)).unwrap().detail = Some(there);
    scene.shows(&[r#"acme/git Update [FieldChanged] entities: [{"entity":"a","modes":["read"]},{"entity":"b"}] -> [{"entity":"a"}]; {op:update_connector,id:#0a,patch:{entities:[{entity:a}]}}"#]);
    scene.git().entities = None;
    scene.shows(&[r#"acme/git Update [KeyRemoved] entities: [{"entity":"a","modes":["read"]},{"entity":"b"}] -> []; {op:update_connector,id:#0a,patch:{entities:[]}}"#]);
    scene.git_recorded().applied.entities = None;
    scene.shows(&[]);
}

#[test]
fn what_no_update_can_do_is_replaced() {
    let mut scene = Scene::settled();
    scene.listed(1).get_mut(&id(10)).unwrap().definition_id = OTHER_TYPE;
    scene.shows(&[r#"acme/git Replace [TypeChanged] credentials.token: Unreadable -> ${env:TOKEN}; type: "github" -> "github"; {op:replace_connector,id:#0a}"#]);
    scene.listed(1).get_mut(&id(10)).unwrap().kind_name = None;
    scene.shows(&[r#"acme/git Replace [TypeChanged] credentials.token: Unreadable -> ${env:TOKEN}; type: "00000000-0000-0000-0000-0000000000a1" -> "github"; {op:replace_connector,id:#0a}"#]);
    scene.declare("acme").protect = true;
    scene.remembered(1, "acme").protect = true;
    scene.shows(&["acme/git blocked: Protected"]);
    let mut template = Scene::settled();
    template.git().template_id = Some(OTHER_TEMPLATE);
    template.shows(&[r#"acme/git Replace [TemplateChanged] credentials.token: Unreadable -> ${env:TOKEN}; template_id: "00000000-0000-0000-0000-0000000000b0" -> "00000000-0000-0000-0000-0000000000b1"; {op:replace_connector,id:#0a}"#]);
    template.git().template_id = Some(TEMPLATE);
    template.shows(&[]);
    let mut environment = Scene::settled();
    environment.git().environment = settings(json!({"host": "y"}));
    environment.git_recorded().applied.environment = settings(json!({"host": "x"}));
    environment.shows(&[r#"acme/git Replace [EnvironmentChanged] credentials.token: Unreadable -> ${env:TOKEN}; environment.host: "x" -> "y"; {op:replace_connector,id:#0a}"#]);
}

#[test]
fn settings_with_secrets_in_them_are_replaced_as_a_whole() {
    let mut scene = Scene::settled();
    scene.git().replication_config = settings(json!({"a": 1}));
    scene.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 2, "password": "****"}));
    scene.shows(&["acme/git Replace [SecretInConfig, FieldChanged] credentials.token: Unreadable -> ${env:TOKEN}; replication_config.a: 2 -> 1; {op:replace_connector,id:#0a}"]);
    let mut own = Scene::settled();
    own.git().replication_config = settings(json!({"a": 1, "key": {"$secret": "${env:K}"}}));
    let sent = own.git_recorded().sent.as_mut().unwrap();
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
    own.shows(&[]);
    own.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({"a": 2, "key": "****"}));
    own.shows(&["acme/git Replace [SecretInConfig, FieldChanged] credentials.token: Unreadable -> ${env:TOKEN}; replication_config.a: 2 -> 1; replication_config.key: Unreadable -> ${env:K}; {op:replace_connector,id:#0a}"]);
    // Without a change in the settings, a mask there is nobody's business.
    let mut masked = Scene::settled();
    masked.listed(1).get_mut(&id(10)).unwrap().detail = detail(json!({"password": "****"}));
    masked.shows(&[]);
    masked.listed(1).get_mut(&id(10)).unwrap().name = "git hub".into();
    masked.shows(&[r#"acme/git Update [FieldChanged] name: "git hub" -> "git"; {op:update_connector,id:#0a,patch:{name:git}}"#]);
}

fn actions(scene: &Scene) -> Vec<String> {
    let plan = scene.plan();
    let told = plan
        .steps()
        .map(|step| format!("{} {:?}", step.address, step.action));
    told.collect()
}

#[test]
fn a_previous_name_is_followed_without_a_ledger() {
    let mut scene = Scene::settled();
    scene.recorded.customers.clear();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    git.credentials = None;
    git.previous_name = Some("git".into());
    let declared = &mut scene.declare("acme").connectors;
    declared.insert("hub".into(), git.clone());
    let found = ["acme Adopt", "acme/hub Adopt", "acme/hub Update"];
    assert_eq!(actions(&scene), found);
    // One of another type is not it, nor one that is called otherwise.
    let mut other = scene.clone();
    other.listed(1).get_mut(&id(10)).unwrap().definition_id = OTHER_TYPE;
    assert_eq!(actions(&other), ["acme Adopt", "acme/hub Create"]);
    let mut other = scene.clone();
    other.listed(1).get_mut(&id(10)).unwrap().name = "gut".into();
    assert_eq!(actions(&other), ["acme Adopt", "acme/hub Create"]);
    // Of two, nobody knows which.
    let mut two = scene.clone();
    two.listed(1).insert(id(11), there("git"));
    assert_eq!(two.plan().blocked[0].code(), BlockCode::AmbiguousMatch);
    // The new name comes first, and a declared one is not taken away.
    let mut both = scene.clone();
    both.listed(1).insert(id(11), there("hub"));
    assert_eq!(actions(&both), ["acme Adopt", "acme/hub Adopt"]);
    let declared = &mut scene.declare("acme").connectors;
    let second = DesiredConnector {
        previous_name: None,
        ..git.clone()
    };
    declared.insert("git".into(), second);
    let apart = ["acme Adopt", "acme/git Adopt", "acme/hub Create"];
    assert_eq!(actions(&scene), apart);
    // What two claim is neither's.
    let declared = &mut scene.declare("acme").connectors;
    declared.remove("git");
    declared.insert("hub2".into(), git);
    let neither = ["acme Adopt", "acme/hub Create", "acme/hub2 Create"];
    assert_eq!(actions(&scene), neither);
}

#[test]
fn a_new_name_is_recognised_or_said() {
    let mut scene = Scene::settled();
    let git = scene.declare("acme").connectors.remove("git").unwrap();
    scene
        .declare("acme")
        .connectors
        .insert("hub".into(), git.clone());
    scene.shows(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#, r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
    // With more than the name, it is an update.
    let mut more = scene.clone();
    let hub = more.declare("acme").connectors.get_mut("hub").unwrap();
    hub.replication_config = settings(json!({"a": 1}));
    more.shows(&[r#"acme/hub Update [Renamed, FieldChanged] name: "git" -> "hub"; replication_config.a: Absent -> 1; {op:update_connector,id:#0a,patch:{name:hub,replication_config:{a:1}}}"#, r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
    // Two that are alike are no rename of either.
    let mut rivals = scene.clone();
    rivals
        .declare("acme")
        .connectors
        .insert("hub2".into(), git.clone());
    rivals.shows(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git"]);
    let second = rivals.declare("acme").connectors.get_mut("hub2").unwrap();
    second.previous_name = Some("git".into());
    rivals.shows(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme/hub2 Rename [Renamed] name: "git" -> "hub2"; {op:update_connector,id:#0a,patch:{name:hub2}}"#, r#"acme/hub2 unverified: NotAsked ["credentials.token"]"#]);
    let first = rivals.declare("acme").connectors.get_mut("hub").unwrap();
    first.previous_name = Some("git".into());
    rivals.shows(&[r#"acme/hub Rename [Renamed] name: "git" -> "hub"; {op:update_connector,id:#0a,patch:{name:hub}}"#, "acme/hub2 Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme/hub unverified: NotAsked ["credentials.token"]"#]);
    // Another that claims it is no likeness, and one that has nothing to do with it is no rival.
    let mut claimed = scene.clone();
    let mut other = git.clone();
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
    // Two recorded ones that are alike: neither is meant.
    let mut twins = scene.clone();
    twins
        .remembered(1, "acme")
        .connectors
        .insert("git2".into(), recorded(11));
    twins.listed(1).insert(id(11), there("git2"));
    twins.shows(&["acme/hub Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", "kept acme/git", "kept acme/git2"]);
}

/// What is planned for a recorded connector that the files declare under another name.
fn moved(
    change: &dyn Fn(&mut super::DesiredConnector, &mut super::RecordedConnector),
) -> crate::plan::Action {
    let mut scene = Scene::settled();
    let mut git = scene.declare("acme").connectors.remove("git").unwrap();
    change(&mut git, scene.git_recorded());
    scene.declare("acme").connectors.insert("hub".into(), git);
    scene.plan().customers[0].steps[0].action
}

fn without_credentials(git: &mut super::DesiredConnector, recorded: &mut super::RecordedConnector) {
    git.credentials = None;
    let sent = recorded.sent.as_mut().unwrap();
    sent.references.clear();
    sent.fingerprints.clear();
}

#[test]
fn likeness_is_type_references_and_environment() {
    assert_eq!(moved(&|_, _| {}), Rename);
    assert_eq!(
        moved(&|git, _| git.kind.definition_id = Some(OTHER_TYPE)),
        Create
    );
    assert_eq!(
        moved(&|git, _| git.environment = settings(json!({"h": 1}))),
        Create
    );
    assert_eq!(
        moved(&|git, _| git.credentials = settings(json!({"token": {"$secret": "${env:X}"}}))),
        Create
    );
    assert_eq!(moved(&|_, recorded| recorded.sent = None), Create);
    assert_eq!(moved(&without_credentials), Create);
}

#[test]
fn previous_name_decides_where_likeness_does_not() {
    assert_eq!(
        moved(&|git, recorded| {
            without_credentials(git, recorded);
            git.previous_name = Some("git".into());
        }),
        Rename
    );
    assert_eq!(
        moved(&|git, _| {
            git.previous_name = Some("git".into());
            git.template_id = Some(OTHER_TEMPLATE);
        }),
        Replace
    );
    assert_eq!(
        moved(&|git, _| {
            git.previous_name = Some("git".into());
            git.entities = Some(vec![Entity {
                entity: "e".into(),
                modes: None,
            }]);
        }),
        Update
    );
    assert_eq!(
        moved(&|git, _| git.previous_name = Some("other".into())),
        Create
    );
}

#[test]
fn a_name_changed_by_others_is_named_back() {
    let mut scene = Scene::settled();
    scene.listed(1).get_mut(&id(10)).unwrap().name = "hub".into();
    scene.shows(&[r#"acme/git Update [FieldChanged] name: "hub" -> "git"; {op:update_connector,id:#0a,patch:{name:git}}"#]);
}
