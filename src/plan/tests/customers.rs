//! Declared customers: matched, created, adopted, renamed, changed.

use super::{Scene, declared, id, recorded, there, workspace};
use crate::model::{Cache, KindLookup, ObservedStatus, Region, Status};
use crate::plan::{BlockReason, Refusal};

#[test]
fn a_new_customer_is_created_with_what_is_in_it() {
    let mut scene = Scene::empty();
    let acme = scene.declare("acme");
    acme.region = Some(Region::EU);
    acme.cache = Some(Cache::Off);
    acme.status = Status::Inactive;
    acme.connectors.insert("git".into(), declared());
    scene.shows(&[r#"acme Create [MissingRemote] region: Absent -> "eu"; {op:create_customer,region:b9e48d61-f082-4a14-a8d0-799a907938cb}"#, "acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme Update [SetAfterCreation] cache: "inherit" -> false; status: "active" -> "inactive"; {op:update_customer,workspace_id:null,patch:{status:inactive,cache:off},retire:false} of acme"#]);
    let mut inherits = scene.clone();
    let acme = inherits.declare("acme");
    (acme.region, acme.cache, acme.status) = (None, Some(Cache::Inherit), Status::Active);
    acme.connectors.clear();
    inherits.shows(&["acme Create [MissingRemote] {op:create_customer,region:null}"]);
    for (cache, status) in [(Some(Cache::On), Status::Active), (None, Status::Inactive)] {
        let acme = inherits.declare("acme");
        (acme.cache, acme.status) = (cache, status);
        assert_eq!(inherits.plan().customers[0].steps.len(), 2);
    }
    scene.policy.targets = ["acme/git".parse().unwrap()].into();
    scene.shows(&[r#"acme Create [MissingRemote] region: Absent -> "eu"; {op:create_customer,region:b9e48d61-f082-4a14-a8d0-799a907938cb}"#, "acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.policy.targets = ["globex".parse().unwrap()].into();
    scene.shows(&[]);
}

#[test]
fn a_recorded_customer_that_is_gone_is_created_anew() {
    let mut scene = Scene::empty();
    scene.declare("acme");
    scene.remembered(1, "acme");
    scene.shows(&["acme Create [DeletedOutOfBand] {op:create_customer,region:null}"]);
    let mut renamed = Scene::empty();
    renamed.declare("acme").previous_name = Some("old".into());
    renamed.remembered(1, "old");
    renamed.shows(&["acme Create [DeletedOutOfBand] {op:create_customer,region:null}"]);
    renamed.recorded.customers.clear();
    renamed.shows(&["acme Create [MissingRemote] {op:create_customer,region:null}"]);
}

#[test]
fn a_workspace_of_the_name_is_adopted() {
    let mut scene = Scene::empty();
    scene.declare("acme").protect = true;
    scene.live(1, "acme");
    scene.shows(&["acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}"]);
    assert!(scene.plan().customers[0].protect);
    assert_eq!(scene.plan().customers[0].workspace_id, Some(workspace(1)));
    scene.live(2, "acme");
    scene.shows(&[
        "acme blocked: AmbiguousMatch",
        "unmanaged acme",
        "unmanaged acme",
    ]);
}

#[test]
fn a_workspace_of_the_previous_name_is_adopted_and_renamed() {
    let mut scene = Scene::empty();
    scene.declare("acme").previous_name = Some("old".into());
    scene.live(1, "old");
    scene.shows(&["acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}", r#"acme Rename [Renamed] name: "old" -> "acme"; {op:update_customer,workspace_id:#01,patch:{name:acme},retire:false} of old"#]);
    scene.live(2, "old");
    scene.shows(&[
        "acme blocked: AmbiguousMatch",
        "unmanaged old",
        "unmanaged old",
    ]);
    scene.live(3, "acme");
    scene.shows(&[
        "acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#03}",
        "unmanaged old",
        "unmanaged old",
    ]);
}

#[test]
fn a_rename_needs_its_word() {
    let mut scene = Scene::settled();
    scene.live(1, "").name = "acme inc".into();
    scene.shows(&["refused: RecordedIdRenamed"]);
    let renamed = Refusal::RecordedIdRenamed {
        name: "acme".into(),
        workspace_id: workspace(1),
        carries: "acme inc".into(),
    };
    assert_eq!(scene.plan().refusals, [renamed]);
    scene.declare("acme").previous_name = Some("acme inc".into());
    scene.shows(&[r#"acme Rename [Renamed] name: "acme inc" -> "acme"; {op:update_customer,workspace_id:#01,patch:{name:acme},retire:false} of acme inc"#]);
    scene.live(2, "acme");
    scene.shows(&["acme blocked: RenameConflict", "unmanaged acme"]);
}

#[test]
fn a_rename_in_the_files_is_carried_out() {
    let mut scene = Scene::empty();
    scene.declare("new").previous_name = Some("old".into());
    scene.own(1, "old");
    scene.shows(&[r#"new Rename [Renamed] name: "old" -> "new"; {op:update_customer,workspace_id:#01,patch:{name:new},retire:false} of old"#]);
    // The workspace carries the new name already: only the ledger lags.
    scene.live(1, "").name = "new".into();
    scene.shows(&["new remembers {name:new}"]);
    scene.live(1, "").name = "old".into();
    scene.live(2, "new");
    scene.shows(&["new blocked: RenameConflict", "unmanaged new"]);
    scene.remembered(2, "new");
    scene.shows(&["new blocked: RenameConflict"]);
    // A previous name that stays in the files does no harm once it is history.
    let mut done = Scene::empty();
    done.declare("new").previous_name = Some("old".into());
    done.own(1, "new");
    done.shows(&[]);
    done.declare("new").previous_name = Some("new".into());
    done.shows(&[]);
    done.live(2, "new");
    done.shows(&["new blocked: AmbiguousMatch", "unmanaged new"]);
}

#[test]
fn what_a_declared_customer_may_mean_is_not_pruned() {
    // A second workspace of the name; ours under another name carries it, too.
    let mut scene = Scene::settled();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene.live(2, "acme");
    scene.shows(&["acme blocked: AmbiguousMatch", "unmanaged acme"]);
    scene.remembered(2, "other");
    scene.shows(&["acme blocked: AmbiguousMatch"]);
    // Both names of a rename.
    let mut scene = Scene::settled();
    scene.policy.prune = true;
    scene.own(2, "old");
    scene.declare("acme").previous_name = Some("old".into());
    scene.shows(&["acme blocked: RenameConflict"]);
    scene.live(2, "").name = "acme".into();
    scene.shows(&["acme blocked: RenameConflict"]);
}

#[test]
fn status_and_cache_follow_the_files() {
    let mut scene = Scene::settled();
    scene.declare("acme").status = Status::Inactive;
    scene.shows(&[r#"acme Update [FieldChanged] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:false} of acme"#]);
    scene.declare("acme").protect = true;
    scene.shows(&["acme remembers {protect:true}", "acme blocked: Protected"]);
    scene.live(1, "").status = ObservedStatus::Inactive;
    scene.remembered(1, "acme").protect = true;
    scene.shows(&[]);
    scene.declare("acme").status = Status::Active;
    scene.declare("acme").cache = Some(Cache::On);
    scene.shows(&[r#"acme Update [FieldChanged] cache: "inherit" -> true; status: "inactive" -> "active"; {op:update_customer,workspace_id:#01,patch:{status:active,cache:on},retire:false} of acme"#]);
    scene.live(1, "").cache = Some(true);
    scene.live(1, "").status = ObservedStatus::Active;
    scene.shows(&[]);
    scene.declare("acme").cache = None;
    scene.shows(&[]);
    scene.live(1, "").status = ObservedStatus::Other("odd".into());
    scene.git().kind.definition_id = None;
    scene.shows(&["acme blocked: UnknownStatus"]);
}

#[test]
fn a_partial_run_leaves_the_customer_itself_alone() {
    let mut scene = Scene::settled();
    scene.declare("acme").cache = Some(Cache::On);
    scene.declare("acme").status = Status::Inactive;
    scene.policy.targets = ["acme/git".parse().unwrap()].into();
    scene.shows(&[]);
    scene.policy.targets = ["acme".parse().unwrap()].into();
    scene.shows(&[r#"acme Update [FieldChanged] cache: "inherit" -> true; {op:update_customer,workspace_id:#01,patch:{cache:on},retire:false} of acme"#, r#"acme Update [FieldChanged] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:false} of acme"#]);
    assert!(scene.plan().partial);
}

#[test]
fn protection_is_remembered_without_a_write() {
    let mut scene = Scene::settled();
    scene.declare("acme").protect = true;
    scene.shows(&["acme remembers {protect:true}"]);
    assert!(!scene.plan().has_changes());
}

#[test]
fn types_outside_the_catalog_are_looked_up() {
    let mut scene = Scene::settled();
    scene.git().kind.definition_id = None;
    scene.git().kind.name = "gitea".into();
    scene.shows(&["acme/git blocked: UnknownType"]);
    let reason = |scene: &Scene| scene.plan().blocked[0].reason.clone();
    let unknown = |similar: &[&str]| BlockReason::UnknownType {
        kind: "gitea".into(),
        similar: similar.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(reason(&scene), unknown(&[]));
    let mut look = |lookup| {
        scene.observed.kinds.insert("gitea".into(), lookup);
        scene.clone()
    };
    let near = look(KindLookup::Missing(vec!["github".into(), "gitlab".into()]));
    assert_eq!(reason(&near), unknown(&["github", "gitlab"]));
    let none = look(KindLookup::Missing(vec![]));
    assert_eq!(reason(&none), unknown(&[]));
    let several = look(KindLookup::Ambiguous(vec![super::TYPE, super::OTHER_TYPE]));
    let kind = "gitea".into();
    assert_eq!(reason(&several), BlockReason::AmbiguousType { kind });
    let mut elsewhere = several.clone();
    elsewhere.policy.targets = ["acme/other".parse().unwrap()].into();
    elsewhere.shows(&[]);
    look(KindLookup::Found(super::TYPE)).shows(&[]);
}

#[test]
fn what_nobody_declared_or_remembers_is_only_named() {
    let mut scene = Scene::settled();
    scene.live(3, "zeta");
    scene.live(2, "beta");
    scene.remembered(4, "gone");
    scene.own(5, "ours");
    scene.listed(1).insert(id(11), there("stray"));
    scene.shows(&[
        "unmanaged beta",
        "unmanaged zeta",
        "unmanaged acme/stray #0b",
        "kept ours",
    ]);
    let stray = &scene.plan().unmanaged.connectors[0];
    assert_eq!(stray.kind.as_deref(), Some("github"));
    // The target of a rename that nothing explains is ours all the same.
    let mut renamed = Scene::empty();
    renamed.declare("acme");
    renamed.remembered(1, "acme");
    renamed.live(1, "other");
    renamed.policy.prune = true;
    renamed.shows(&["refused: RecordedIdRenamed"]);
    let mut adopted = Scene::empty();
    let acme = adopted.declare("acme");
    acme.connectors.insert("git".into(), declared());
    adopted.live(1, "acme");
    adopted.listed(1).insert(id(10), there("git"));
    adopted.shows(&[
        "acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}",
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    let pairs = |scene: &Scene| scene.matches().recorded_connectors().count();
    assert_eq!((pairs(&adopted), pairs(&Scene::settled())), (0, 1));
    adopted
        .remembered(1, "acme")
        .connectors
        .insert("git".into(), recorded(10));
    assert_eq!(pairs(&adopted), 1);
    let mut unknown = Scene::settled();
    unknown.git().kind.definition_id = None;
    assert_eq!(pairs(&unknown), 1);
}
