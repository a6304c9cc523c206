//! Tests of declared customers: matching, creation, adoption, rename, settings.

use super::{Scene, declared, id, live_connector, recorded, workspace};
use crate::model::{
    Address, AdoptPolicy, Cache, KindLookup, ObservedStatus, Protection, Region, Status,
};
use crate::plan::{BlockReason, PlanWarning, Refusal};

#[test]
fn customer_missing_is_created_with_its_connectors() {
    let mut scene = Scene::empty();
    let acme = scene.declare("acme");
    acme.region = Some(Region::EU);
    acme.cache = Some(Cache::Off);
    acme.status = Status::Inactive;
    acme.connectors.insert("git", declared());
    scene.assert_plan(&[r#"acme Create [MissingRemote] region: Absent -> "eu"; {op:create_customer,region:b9e48d61-f082-4a14-a8d0-799a907938cb}"#, "acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}", r#"acme Update [SetAfterCreation] cache: "inherit" -> false; status: "active" -> "inactive"; {op:update_customer,workspace_id:null,patch:{status:inactive,cache:off},retire:false} of acme"#]);
    let mut inherits = scene.clone();
    let acme = inherits.declare("acme");
    (acme.region, acme.cache, acme.status) = (None, Some(Cache::Inherit), Status::Active);
    acme.connectors.clear();
    inherits.assert_plan(&["acme Create [MissingRemote] {op:create_customer,region:null}"]);
    for (cache, status) in [(Some(Cache::On), Status::Active), (None, Status::Inactive)] {
        let acme = inherits.declare("acme");
        (acme.cache, acme.status) = (cache, status);
        assert_eq!(inherits.plan().customers[0].steps.len(), 2);
    }
    scene.policy.targets = ["acme/git".parse().unwrap()].into();
    scene.assert_plan(&[r#"acme Create [MissingRemote, NeededBySelection] region: Absent -> "eu"; {op:create_customer,region:b9e48d61-f082-4a14-a8d0-799a907938cb}"#, "acme/git Create [MissingRemote] credentials.token: Absent -> ${env:TOKEN}; {op:create_connector}"]);
    scene.policy.targets = ["globex".parse().unwrap()].into();
    scene.assert_plan(&[]);
}

#[test]
fn customer_deleted_out_of_band_is_created_again() {
    let mut scene = Scene::empty();
    scene.declare("acme");
    scene.recorded_customer(1, "acme");
    scene.assert_plan(&["acme Create [DeletedOutOfBand] {op:create_customer,region:null}"]);
    let mut renamed = Scene::empty();
    renamed.declare("acme").previous_name = Some("old".into());
    renamed.recorded_customer(1, "old");
    renamed.assert_plan(&["acme Create [DeletedOutOfBand] {op:create_customer,region:null}"]);
    renamed.recorded.customers.clear();
    renamed.assert_plan(&["acme Create [MissingRemote] {op:create_customer,region:null}"]);
}

#[test]
fn customer_unrecorded_workspace_of_same_name_is_adopted() {
    let mut scene = Scene::empty();
    scene.declare("acme").protect = Protection::Full;
    scene.workspace(1, "acme");
    scene.assert_plan(&["acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}"]);
    assert!(scene.plan().customers[0].protect.is_some());
    assert_eq!(scene.plan().customers[0].workspace_id, Some(workspace(1)));
    scene.workspace(2, "acme");
    scene.assert_plan(&[
        "acme blocked: AmbiguousMatch",
        "unmanaged acme",
        "unmanaged acme",
    ]);
}

#[test]
fn customer_unrecorded_workspace_of_previous_name_is_adopted_and_renamed() {
    let mut scene = Scene::empty();
    scene.policy.adopt = AdoptPolicy::Allow;
    scene.declare("acme").previous_name = Some("old".into());
    scene.workspace(1, "old");
    scene.assert_plan(&["acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}", r#"acme Rename [Renamed] name: "old" -> "acme"; {op:update_customer,workspace_id:#01,patch:{name:acme},retire:false} of old"#]);
    scene.workspace(2, "old");
    scene.assert_plan(&[
        "acme blocked: AmbiguousMatch",
        "unmanaged old",
        "unmanaged old",
    ]);
    scene.workspace(3, "acme");
    scene.assert_plan(&[
        "acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#03}",
        "unmanaged old",
        "unmanaged old",
    ]);
}

#[test]
fn customer_renamed_out_of_band_without_previous_name_is_refused() {
    let mut scene = Scene::applied();
    scene.workspace(1, "").name = "acme inc".into();
    scene.assert_plan(&["refused: RecordedIdRenamed"]);
    let renamed = Refusal::RecordedIdRenamed {
        name: "acme".into(),
        workspace_id: workspace(1),
        carries: "acme inc".into(),
    };
    assert_eq!(scene.plan().refusals, [renamed]);
    scene.declare("acme").previous_name = Some("acme inc".into());
    scene.assert_plan(&[r#"acme Rename [Renamed] name: "acme inc" -> "acme"; {op:update_customer,workspace_id:#01,patch:{name:acme},retire:false} of acme inc"#]);
    scene.workspace(2, "acme");
    scene.assert_plan(&["acme blocked: RenameConflict", "unmanaged acme"]);
}

#[test]
fn customer_previous_name_recorded_is_renamed() {
    let mut scene = Scene::empty();
    scene.declare("new").previous_name = Some("old".into());
    scene.add_recorded(1, "old");
    scene.assert_plan(&[r#"new Rename [Renamed] name: "old" -> "new"; {op:update_customer,workspace_id:#01,patch:{name:new},retire:false} of old"#]);
    // The workspace already has the new name; only the ledger has the old one.
    scene.workspace(1, "").name = "new".into();
    scene.assert_plan(&["new remembers {name:new}"]);
    scene.workspace(1, "").name = "old".into();
    scene.workspace(2, "new");
    scene.assert_plan(&["new blocked: RenameConflict", "unmanaged new"]);
    scene.recorded_customer(2, "new");
    scene.assert_plan(&["new blocked: RenameConflict"]);
    // A `previous_name` may stay in the files after the rename.
    let mut done = Scene::empty();
    done.declare("new").previous_name = Some("old".into());
    done.add_recorded(1, "new");
    done.assert_plan(&[]);
    done.declare("new").previous_name = Some("new".into());
    done.assert_plan(&[]);
    done.workspace(2, "new");
    done.assert_plan(&["new blocked: AmbiguousMatch", "unmanaged new"]);
}

#[test]
fn prune_ambiguous_match_of_declared_customer_is_not_removed() {
    // A second workspace has the name; then a recorded one of another customer has it.
    let mut scene = Scene::applied();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene.workspace(2, "acme");
    scene.assert_plan(&["acme blocked: AmbiguousMatch", "unmanaged acme"]);
    scene.recorded_customer(2, "other");
    scene.assert_plan(&["acme blocked: AmbiguousMatch"]);
    // Both names of a rename.
    let mut scene = Scene::applied();
    scene.policy.prune = true;
    scene.add_recorded(2, "old");
    scene.declare("acme").previous_name = Some("old".into());
    scene.assert_plan(&["acme blocked: RenameConflict"]);
    scene.workspace(2, "").name = "acme".into();
    scene.assert_plan(&["acme blocked: RenameConflict"]);
}

#[test]
fn customer_status_or_cache_differs_is_updated() {
    let mut scene = Scene::applied();
    scene.declare("acme").status = Status::Inactive;
    scene.assert_plan(&[r#"acme Update [FieldChanged] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:false} of acme"#]);
    scene.declare("acme").protect = Protection::Full;
    scene.assert_plan(&["acme remembers {protect:true}", "acme blocked: Protected"]);
    scene.workspace(1, "").status = ObservedStatus::Inactive;
    scene.recorded_customer(1, "acme").protect = Protection::Full;
    scene.assert_plan(&[]);
    scene.declare("acme").status = Status::Active;
    scene.declare("acme").cache = Some(Cache::On);
    scene.assert_plan(&[r#"acme Update [FieldChanged] cache: "inherit" -> true; status: "inactive" -> "active"; {op:update_customer,workspace_id:#01,patch:{status:active,cache:on},retire:false} of acme"#]);
    scene.workspace(1, "").cache = Some(true);
    scene.workspace(1, "").status = ObservedStatus::Active;
    scene.assert_plan(&[]);
    scene.declare("acme").cache = None;
    scene.assert_plan(&[]);
    scene.workspace(1, "").status = ObservedStatus::Other("odd".into());
    scene.git().kind.definition_id = None;
    scene.assert_plan(&["acme blocked: UnknownStatus"]);
}

#[test]
fn customer_only_connector_targeted_is_not_updated() {
    let mut scene = Scene::applied();
    scene.declare("acme").cache = Some(Cache::On);
    scene.declare("acme").status = Status::Inactive;
    scene.policy.targets = ["acme/git".parse().unwrap()].into();
    scene.assert_plan(&[]);
    scene.policy.targets = ["acme".parse().unwrap()].into();
    scene.assert_plan(&[r#"acme Update [FieldChanged] cache: "inherit" -> true; {op:update_customer,workspace_id:#01,patch:{cache:on},retire:false} of acme"#, r#"acme Update [FieldChanged] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:false} of acme"#]);
    assert!(scene.plan().partial);
}

#[test]
fn customer_protect_changed_updates_ledger_only() {
    let mut scene = Scene::applied();
    scene.declare("acme").protect = Protection::Full;
    scene.assert_plan(&["acme remembers {protect:true}"]);
    assert!(!scene.plan().has_changes());
}

#[test]
fn connector_type_not_in_embedded_catalog_uses_lookup() {
    let mut scene = Scene::applied();
    scene.git().kind.definition_id = None;
    scene.git().kind.name = "gitea".into();
    scene.assert_plan(&["acme/git blocked: UnknownType"]);
    let reason = |scene: &Scene| scene.plan().blocked[0].reason.clone();
    let unknown = |similar: &[&str]| BlockReason::UnknownType {
        kind: "gitea".into(),
        similar: similar.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(reason(&scene), unknown(&[]));
    let mut with_lookup = |lookup| {
        scene.observed.kinds.insert("gitea".into(), lookup);
        scene.clone()
    };
    let near = with_lookup(KindLookup::Missing(vec!["github".into(), "gitlab".into()]));
    assert_eq!(reason(&near), unknown(&["github", "gitlab"]));
    let none = with_lookup(KindLookup::Missing(vec![]));
    assert_eq!(reason(&none), unknown(&[]));
    let several = with_lookup(KindLookup::Ambiguous(vec![super::TYPE, super::OTHER_TYPE]));
    let kind = "gitea".into();
    assert_eq!(reason(&several), BlockReason::AmbiguousType { kind });
    let mut elsewhere = several.clone();
    elsewhere.policy.targets = ["acme/other".parse().unwrap()].into();
    elsewhere.assert_plan(&[]);
    with_lookup(KindLookup::Found(super::TYPE)).assert_plan(&[]);
}

#[test]
fn unmanaged_undeclared_unrecorded_objects_are_listed() {
    let mut scene = Scene::applied();
    scene.workspace(3, "zeta");
    scene.workspace(2, "beta");
    scene.recorded_customer(4, "gone");
    scene.add_recorded(5, "recorded");
    scene
        .connectors(1)
        .insert(id(11), live_connector("stray").into());
    scene.assert_plan(&[
        "unmanaged beta",
        "unmanaged zeta",
        "unmanaged acme/stray #0b",
        "kept recorded",
    ]);
    let stray = &scene.plan().unmanaged.connectors[0];
    assert_eq!(stray.kind.as_deref(), Some("github"));
    // A recorded workspace with an unexplained name is not unmanaged.
    let mut renamed = Scene::empty();
    renamed.declare("acme");
    renamed.recorded_customer(1, "acme");
    renamed.workspace(1, "other");
    renamed.policy.prune = true;
    renamed.assert_plan(&["refused: RecordedIdRenamed"]);
    let mut adopted = Scene::empty();
    let acme = adopted.declare("acme");
    acme.connectors.insert("git", declared());
    adopted.workspace(1, "acme");
    adopted
        .connectors(1)
        .insert(id(10), live_connector("git").into());
    adopted.assert_plan(&[
        "acme Adopt [FoundByName] {op:adopt_customer,workspace_id:#01}",
        "acme/git Adopt [FoundByName] {op:adopt_connector,id:#0a}",
        r#"acme/git unverified: NeverSent ["credentials.token"]"#,
    ]);
    let pairs = |scene: &Scene| scene.matches().recorded_connectors().count();
    assert_eq!((pairs(&adopted), pairs(&Scene::applied())), (0, 1));
    adopted
        .recorded_customer(1, "acme")
        .connectors
        .insert("git".into(), recorded(10));
    assert_eq!(pairs(&adopted), 1);
    let mut unknown = Scene::applied();
    unknown.git().kind.definition_id = None;
    assert_eq!(pairs(&unknown), 1);
}

#[test]
fn region_of_created_workspace_is_recorded_and_a_change_is_a_warning() {
    let mut scene = Scene::applied();
    let region = |scene: &Scene| {
        scene.plan().customers[0]
            .ledger_updates
            .applied
            .unwrap()
            .region
    };
    assert_eq!(region(&scene), None);
    scene.recorded_customer(1, "acme").applied.region = Some(Region::EU);
    assert_eq!(region(&scene), Some(Region::EU));
    for (declared, warns) in [
        (None, false),
        (Some(Region::EU), false),
        (Some(Region::US), true),
    ] {
        scene.declare("acme").region = declared;
        let plan = scene.plan();
        let warning = PlanWarning::RegionIgnored {
            address: Address::customer("acme"),
            created_in: "eu".into(),
            declared: "us".into(),
        };
        let expected = if warns { vec![warning] } else { Vec::new() };
        assert_eq!(plan.warnings, expected);
        assert!(!plan.has_changes());
    }
    scene.observed.customers.clear();
    assert_eq!(region(&scene), Some(Region::US));
}
