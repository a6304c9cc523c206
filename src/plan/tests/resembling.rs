//! Tests of warnings about created objects that resemble existing ones.

use super::{OTHER_TYPE, Scene, declared, id, live_connector, recorded, settings, workspace};
use crate::model::{Address, Resemblance};
use crate::plan::{ExistingKind, PlanWarning, only_adoptions};
use serde_json::json;
use std::sync::Arc;

/// One line for each warning: the address, and the resembling objects or the old names.
fn warnings(scene: &Scene) -> Vec<String> {
    let line = |warning: PlanWarning| match warning {
        PlanWarning::ResemblesExisting { address, existing } => {
            let objects: Vec<String> = existing
                .iter()
                .map(|object| {
                    let (how, kind) = (object.resemblance, object.kind);
                    format!("{} {how:?} {kind:?}", object.name)
                })
                .collect();
            format!("{address} ~ {}", objects.join(", "))
        }
        PlanWarning::ProbableRename { address, previous } => {
            format!("{address} was {}", previous.join(", "))
        }
        other => panic!("{other:?}"),
    };
    scene.plan().warnings.into_iter().map(line).collect()
}

/// An organization with one unmanaged workspace, and a declared customer.
fn beside(existing: &str, declared: &str) -> Scene {
    let mut scene = Scene::empty();
    scene.workspace(1, existing);
    scene.declare(declared);
    scene
}

#[test]
fn resembles_existing_workspace_is_a_warning() {
    for (existing, declared, how) in [
        ("acme-corp", "Acme-Corp", Resemblance::Case),
        ("default", "Default", Resemblance::Case),
        ("acme-corp", "acme_corp", Resemblance::Separators),
        ("acme-corp", "acmecorp", Resemblance::Separators),
        ("Acme Corp.", "acme-corp", Resemblance::Separators),
        ("acme-corp", "acme-crop", Resemblance::Letter),
        ("acme", "\u{430}cme", Resemblance::Appearance),
        ("\u{430}cme", "acme", Resemblance::Appearance),
        ("modem", "mod\u{435}rn", Resemblance::Appearance),
        ("Zoe\u{308}", "Zo\u{eb}", Resemblance::Normalization),
    ] {
        let line = format!("{declared} ~ {existing} {how:?} Unmanaged");
        assert_eq!(warnings(&beside(existing, declared)), [line]);
    }
}

#[test]
fn distinct_workspace_is_no_warning() {
    for (existing, declared) in [
        ("acme-1", "acme-2"),
        ("acme-1", "acme-l"),
        ("modern", "modem"),
        ("team-O", "team-0"),
        ("Ilium", "llium"),
        ("Zo\u{eb}", "Zoe"),
        ("M\u{fc}ller", "Mueller"),
        ("acme eu", "acme us"),
        ("\u{65e5}\u{672c}", "\u{65e5}\u{672c}\u{8a9e}"),
        ("Se\u{f1}or", "Senior"),
    ] {
        assert_eq!(
            warnings(&beside(existing, declared)),
            [""; 0],
            "{existing} {declared}"
        );
    }
}

#[test]
fn resembles_existing_of_several_workspaces_is_one_warning() {
    let mut scene = beside("acme-corp", "Acme-Corp");
    for (number, name) in [
        (2, "acme_corp"),
        (3, "ACME-CORP"),
        (4, "acme corp"),
        (5, "other"),
    ] {
        scene.workspace(number, name);
    }
    let line = "Acme-Corp ~ acme-corp Case Unmanaged, ACME-CORP Case Unmanaged, \
                acme_corp Separators Unmanaged";
    assert_eq!(warnings(&scene), [line]);
}

#[test]
fn resembles_existing_declared_customer_is_no_warning() {
    let mut scene = Scene::applied();
    scene.declare("Acme");
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn resembles_existing_customer_that_left_the_files_is_a_warning() {
    let mut scene = Scene::applied();
    scene.desired.customers.clear();
    scene.declare("a-cme");
    assert_eq!(warnings(&scene), ["a-cme ~ acme Separators NotInConfig"]);
}

#[test]
fn resembles_existing_by_previous_name_is_a_warning() {
    let mut scene = beside("acme-corp", "new");
    scene.declare("new").previous_name = Some("acme_corp".into());
    assert_eq!(warnings(&scene), ["new ~ acme-corp Separators Unmanaged"]);
    let mut scene = Scene::applied();
    let mut connector = declared();
    connector.previous_name = Some("main_repo".into());
    let connectors = &mut scene.declare("acme").connectors;
    connectors.insert("Code", connector);
    scene
        .connectors(1)
        .insert(id(20), live_connector("main-repo").into());
    assert_eq!(
        warnings(&scene),
        ["acme/Code ~ main-repo Separators Unmanaged"]
    );
}

#[test]
fn resembles_existing_without_a_creation_is_no_warning() {
    let mut scene = beside("acme-corp", "Acme-Corp");
    scene.policy.excludes.insert(Address::customer("Acme-Corp"));
    assert_eq!(warnings(&scene), [""; 0]);
    scene.policy.excludes.clear();
    assert_eq!(only_adoptions(scene.plan()).0.warnings, []);
    scene.workspace(2, "Acme-Corp");
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn resembles_existing_connector_is_a_warning() {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    connectors.insert("Main Repo", declared());
    scene
        .connectors(1)
        .insert(id(20), live_connector("main-repo").into());
    let line = "acme/Main Repo ~ main-repo Separators Unmanaged";
    assert_eq!(warnings(&scene), [line]);
}

#[test]
fn resembles_existing_connector_of_other_type_needs_an_equal_name() {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    connectors.insert("Main", declared());
    connectors.insert("Ma-in2", declared());
    for (number, name) in [(20, "Main"), (21, "main2")] {
        let mut connector = live_connector(name);
        connector.definition_id = OTHER_TYPE;
        scene.connectors(1).insert(id(number), connector.into());
    }
    assert_eq!(warnings(&scene), ["acme/Main ~ Main Equal OtherType"]);
}

#[test]
fn resembles_existing_adopted_connector_is_no_warning() {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    connectors.insert("Main", declared());
    connectors.insert("main", declared());
    scene
        .connectors(1)
        .insert(id(20), live_connector("main").into());
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn probable_rename_of_connector_of_its_type_is_a_warning() {
    let mut scene = Scene::applied();
    let connectors = &mut scene.declare("acme").connectors;
    connectors.clear();
    let mut renamed = declared();
    renamed.credentials = settings(json!({"token": {"$secret": "${env:OTHER}"}}));
    connectors.insert("repository", renamed);
    assert_eq!(warnings(&scene), ["acme/repository was git"]);
    let connectors = &mut scene.declare("acme").connectors;
    let second = connectors["repository"].clone();
    connectors.insert("other", second);
    assert_eq!(warnings(&scene), [""; 0]);
}

/// The applied scene, in which `acme` left the files and `new` arrived.
fn replaced() -> Scene {
    let mut scene = Scene::applied();
    let acme = scene.desired.customers.remove("acme").unwrap();
    scene.desired.customers.insert("new".into(), acme);
    scene
}

#[test]
fn probable_rename_of_customer_with_equal_connectors_is_a_warning() {
    let mut scene = replaced();
    assert_eq!(warnings(&scene), ["new was acme"]);
    let git = scene.declare("new").connectors.get_mut("git").unwrap();
    git.credentials = settings(json!({"token": {"$secret": "${env:OTHER}"}}));
    assert_eq!(warnings(&scene), ["new was acme"]);
    scene.declare("new").previous_name = Some("acme".into());
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn probable_rename_of_customer_with_equal_references_ignores_names() {
    let mut scene = replaced();
    let git = scene.declare("new").connectors.remove("git").unwrap();
    scene.declare("new").connectors.insert("repository", git);
    assert_eq!(warnings(&scene), ["new was acme"]);
    scene.declare("new").connectors.clear();
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn probable_rename_prefers_equal_references() {
    let mut scene = replaced();
    let other = scene.add_recorded(2, "beta");
    other.connectors.insert("git".into(), recorded(11));
    let git = Arc::make_mut(other.connectors.get_mut("git").unwrap());
    let sent = git.sent.as_mut();
    Arc::make_mut(sent.unwrap()).references =
        [("credentials.token".into(), "${env:BETA}".into())].into();
    scene
        .connectors(2)
        .insert(id(11), live_connector("git").into());
    assert_eq!(warnings(&scene), ["new was acme"]);
    let git = scene.declare("new").connectors.get_mut("git").unwrap();
    git.credentials = settings(json!({"token": {"$secret": "${env:OTHER}"}}));
    assert_eq!(warnings(&scene), ["new was acme, beta"]);
}

#[test]
fn probable_rename_among_many_customers_is_no_warning() {
    let mut scene = replaced();
    let new = scene.desired.customers["new"].clone();
    for number in 2..6 {
        let name = format!("new {number}");
        scene.desired.customers.insert(name, new.clone());
    }
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn probable_rename_of_suspended_or_deleted_customer_is_no_warning() {
    let mut scene = replaced();
    scene.recorded_customer(1, "acme").suspended = true;
    assert_eq!(warnings(&scene), [""; 0]);
    scene.recorded_customer(1, "acme").suspended = false;
    scene.observed.customers.remove(&workspace(1));
    assert_eq!(warnings(&scene), [""; 0]);
}

#[test]
fn warning_address_is_that_of_a_creation() {
    let scene = beside("acme-corp", "Acme-Corp");
    let plan = scene.plan();
    let [warning] = &plan.warnings[..] else {
        panic!("{plan:#?}");
    };
    assert_eq!(warning.address(), Some(&Address::customer("Acme-Corp")));
    let PlanWarning::ResemblesExisting { existing, .. } = warning else {
        panic!("{warning:?}");
    };
    assert_eq!(existing[0].id, workspace(1).0);
    assert_eq!(existing[0].kind, ExistingKind::Unmanaged);
}
