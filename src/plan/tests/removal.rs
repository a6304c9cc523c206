//! Tests of prune, of deletions that a replacement left, and of the guards.

use super::super::{BlockCode, BlockReason, Refusal};
use super::{CountOrPercent, Scene, declared, id, live_connector, recorded, workspace};
use crate::model::{AdoptPolicy, Completeness, ObservedStatus, Protection};

/// The applied scene, and an undeclared customer `old` (workspace 2) with two recorded connectors, of
/// which one exists.
fn with_old() -> Scene {
    let mut scene = Scene::applied();
    let old = scene.add_recorded(2, "old");
    old.connectors.insert("a".into(), recorded(20));
    old.connectors.insert("b".into(), recorded(21));
    scene
        .connectors(2)
        .insert(id(20), live_connector("a").into());
    scene
}

#[test]
fn prune_off_undeclared_customer_is_kept() {
    let mut scene = with_old();
    scene.assert_plan(&["kept old"]);
    scene.recorded_customer(2, "old").suspended = true;
    scene.assert_plan(&["kept old"]);
    scene.workspace(2, "").status = ObservedStatus::Inactive;
    scene.assert_plan(&[]);
    scene.recorded_customer(2, "old").suspended = false;
    scene.assert_plan(&["kept old"]);
    scene.policy.targets = ["acme".parse().unwrap()].into();
    scene.policy.prune = true;
    scene.assert_plan(&[]);
}

#[test]
fn prune_undeclared_customer_is_suspended_or_deleted() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.assert_plan(&[r#"old Update [NotInConfig] status: "active" -> "inactive"; {op:update_customer,workspace_id:#02,patch:{status:inactive},retire:true} of old"#]);
    scene.policy.delete_customers = true;
    scene.assert_plan(&["old Delete [NotInConfig] {op:delete_customer,workspace_id:#02} of old"]);
    let plan = scene.plan();
    let old = plan
        .customers
        .iter()
        .find(|customer| customer.name == "old")
        .unwrap();
    assert_eq!(old.workspace_id, Some(workspace(2)));
    scene.recorded_customer(2, "old").protect = Protection::Full;
    scene.assert_plan(&["old blocked: Protected"]);
    scene.recorded_customer(2, "old").protect = Protection::Confirm;
    scene.assert_plan(&["old blocked: ConfirmationNeeded"]);
    scene.policy.confirmed = ["old".to_owned()].into();
    scene.assert_plan(&["old Delete [NotInConfig] {op:delete_customer,workspace_id:#02} of old"]);
    scene.policy.confirmed.clear();
    scene.recorded_customer(2, "old").protect = Protection::None;
    scene.policy.delete_customers = false;
    scene.workspace(2, "").status = ObservedStatus::Inactive;
    scene.assert_plan(&[]);
    // A workspace with an unknown status is not changed.
    scene.workspace(2, "").status = ObservedStatus::Other("hibernating".into());
    scene.assert_plan(&["old blocked: UnknownStatus"]);
    scene.policy.delete_customers = true;
    scene.assert_plan(&["old blocked: UnknownStatus"]);
}

#[test]
fn prune_workspace_renamed_out_of_band_is_refused() {
    let mut scene = with_old();
    scene.workspace(2, "").name = "other".into();
    scene.assert_plan(&["kept old"]);
    scene.policy.prune = true;
    for delete_customers in [false, true] {
        scene.policy.delete_customers = delete_customers;
        scene.assert_plan(&["refused: RecordedIdRenamed"]);
    }
    // An inactive workspace needs no step, so there is nothing to refuse.
    scene.policy.delete_customers = false;
    scene.workspace(2, "").status = ObservedStatus::Inactive;
    scene.assert_plan(&[]);
}

#[test]
fn prune_customer_holds_unmanaged_connectors_is_blocked() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene
        .recorded_customer(2, "old")
        .pending_deletion
        .insert(id(22));
    scene
        .connectors(2)
        .insert(id(22), live_connector("a").into());
    scene.assert_plan(&["old Delete [NotInConfig] {op:delete_customer,workspace_id:#02} of old"]);
    for (number, connectors) in [(30, 1), (31, 2)] {
        scene
            .connectors(2)
            .insert(id(number), live_connector("by hand").into());
        let blocked = &scene.plan().blocked[0];
        assert_eq!(blocked.code(), BlockCode::HoldsUnmanaged);
        assert_eq!(blocked.reason, BlockReason::HoldsUnmanaged { connectors });
    }
    // A suspension deletes no connectors.
    scene.policy.delete_customers = false;
    assert_eq!(scene.plan().blocked, []);
}

#[test]
fn prune_undeclared_connector_is_deleted() {
    let mut scene = Scene::applied();
    scene
        .recorded_customer(1, "acme")
        .connectors
        .insert("old".into(), recorded(11));
    scene.assert_plan(&[]);
    scene
        .connectors(1)
        .insert(id(11), live_connector("old").into());
    scene.assert_plan(&["kept acme/old"]);
    scene.policy.prune = true;
    scene.assert_plan(&["acme/old Delete [NotInConfig] {op:delete_connector,id:#0b}"]);
    scene.declare("acme").protect = Protection::Full;
    scene.recorded_customer(1, "acme").protect = Protection::Full;
    scene.assert_plan(&["acme/old blocked: Protected"]);
    scene.declare("acme").protect = Protection::Confirm;
    scene.recorded_customer(1, "acme").protect = Protection::Confirm;
    scene.assert_plan(&["acme/old blocked: ConfirmationNeeded"]);
    scene.policy.confirmed = ["acme".to_owned()].into();
    scene.assert_plan(&["acme/old Delete [NotInConfig] {op:delete_connector,id:#0b}"]);
}

#[test]
fn superseded_connector_prune_off_is_deleted() {
    let mut scene = Scene::applied();
    scene
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(12));
    scene.assert_plan(&["acme remembers {gone:[#0c]}"]);
    scene
        .connectors(1)
        .insert(id(12), live_connector("git").into());
    scene.assert_plan(&["acme/git Delete [Superseded] {op:delete_connector,id:#0c}"]);
    scene.policy.targets = ["acme/other".parse().unwrap()].into();
    scene.assert_plan(&[]);
    let mut undeclared = with_old();
    undeclared
        .recorded_customer(2, "old")
        .pending_deletion
        .insert(id(22));
    undeclared
        .connectors(2)
        .insert(id(22), live_connector("c").into());
    undeclared.assert_plan(&[
        "old/c Delete [Superseded] {op:delete_connector,id:#16}",
        "kept old",
    ]);
    assert!(!undeclared.plan().customers[0].protect.is_some());
}

#[test]
fn pending_deletion_connector_no_longer_exists_is_removed_from_ledger() {
    let gone = |scene: &Scene| -> Vec<_> {
        let customers = scene.plan().customers;
        let gone = customers
            .into_iter()
            .flat_map(|customer| customer.ledger_updates.gone);
        gone.collect()
    };
    let mut scene = Scene::applied();
    scene.recorded_customer(1, "acme").pending_deletion = [id(12), id(13)].into();
    scene
        .connectors(1)
        .insert(id(12), live_connector("git").into());
    assert_eq!(gone(&scene), [id(13)]);
    let mut undeclared = with_old();
    undeclared.recorded_customer(2, "old").pending_deletion = [id(22), id(23)].into();
    undeclared
        .connectors(2)
        .insert(id(23), live_connector("c").into());
    assert_eq!(gone(&undeclared), [id(22)]);
    // Connectors that were not read may still exist.
    let unread = undeclared.observed.customers.values_mut();
    unread.for_each(|customer| customer.connectors = None);
    assert_eq!(gone(&undeclared), []);
}

#[test]
fn guard_empty_desired_prune_is_refused() {
    let mut scene = Scene::applied();
    scene.desired.customers.clear();
    scene.assert_plan(&["kept acme"]);
    scene.policy.prune = true;
    scene.assert_plan(&[r#"acme Update [NotInConfig] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:true} of acme"#, "refused: EmptyDesired"]);
    assert_eq!(scene.plan().refusals, [Refusal::EmptyDesired { owned: 2 }]);
    scene.observed.customers.clear();
    scene.assert_plan(&[]);
}

#[test]
fn guard_incomplete_listing_prune_is_refused() {
    let mut scene = Scene::applied();
    scene.observed.completeness = Completeness::Incomplete("a page is missing".into());
    scene.assert_plan(&[]);
    scene.policy.prune = true;
    scene.assert_plan(&["refused: IncompleteListing"]);
    let problem = "a page is missing".into();
    assert_eq!(
        scene.plan().refusals,
        [Refusal::IncompleteListing { problem }]
    );
}

/// `count` recorded customers, of which the last `undeclared` are not declared.
fn fleet(count: u128, undeclared: u128) -> Scene {
    let mut scene = Scene::empty();
    for number in 1..=count {
        let name = format!("c{number}");
        scene.add_recorded(number, &name);
        if number <= count - undeclared {
            scene.declare(&name);
        }
    }
    scene.policy.prune = true;
    scene
}

/// The refused deletions and the owned objects.
fn deletes(scene: &Scene) -> (u64, u64) {
    match scene.plan().refusals[..] {
        [Refusal::TooManyDeletes { deletes, owned, .. }] => (deletes, owned),
        ref other => panic!("not the guard on deletions: {other:?}"),
    }
}

fn refused(scene: &Scene) -> bool {
    !scene.plan().refusals.is_empty()
}

#[test]
fn guard_too_many_deletes_fewer_than_ten_owned_uses_count() {
    assert!(!refused(&fleet(9, 5)));
    assert!(refused(&fleet(9, 6)));
    let refusal = Refusal::TooManyDeletes {
        deletes: 6,
        owned: 9,
        allowed: 5,
        source: crate::plan::LimitSource::Default,
        flags: crate::plan::RemovalFlags::Prune,
    };
    assert_eq!(fleet(9, 6).plan().refusals, [refusal]);
}

#[test]
fn guard_too_many_deletes_ten_owned_uses_percentage() {
    assert!(!refused(&fleet(10, 1)) && refused(&fleet(10, 2)));
    assert!(!refused(&fleet(29, 2)) && refused(&fleet(29, 3)));
    // The count is the limit if it is below ten percent.
    assert!(!refused(&fleet(90, 5)) && refused(&fleet(90, 6)));
    let mut none = fleet(10, 1);
    none.desired.guards.max_delete_percent = 9;
    assert!(refused(&none));
}

#[test]
fn guard_allow_delete_replaces_the_limit_of_the_files() {
    let with = |limit: CountOrPercent, gone: u128| {
        let mut scene = fleet(20, gone);
        scene.policy.allow_delete = Some(limit);
        refused(&scene)
    };
    assert!(!with(CountOrPercent::Count(4), 4) && with(CountOrPercent::Count(4), 5));
    assert!(!with(CountOrPercent::Count(0), 0) && with(CountOrPercent::Count(0), 1));
    assert!(!with(CountOrPercent::Count(1), 1) && with(CountOrPercent::Count(1), 2));
    assert!(!with(CountOrPercent::Percent(30), 6) && with(CountOrPercent::Percent(30), 7));
    assert!(!with(CountOrPercent::Percent(0), 0) && with(CountOrPercent::Percent(0), 1));
    assert!(!with(CountOrPercent::Percent(5), 1) && with(CountOrPercent::Percent(5), 2));
}

#[test]
fn guard_deleted_customer_counts_its_connectors() {
    // The deletion of a customer counts its existing connectors.
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.desired.guards.max_deletes = 1;
    assert!(!refused(&scene));
    scene.policy.delete_customers = true;
    assert!(refused(&scene));
    assert_eq!(deletes(&scene), (2, 4));
    scene.desired.guards.max_deletes = 2;
    assert!(!refused(&scene));
    // Connectors that were not read count as existing.
    scene.workspace(2, "").connectors = None;
    assert!(refused(&scene));
    assert_eq!(deletes(&scene), (3, 5));
    let mut connectors = Scene::applied();
    connectors
        .recorded_customer(1, "acme")
        .connectors
        .insert("old".into(), recorded(11));
    connectors
        .connectors(1)
        .insert(id(11), live_connector("old").into());
    connectors.policy.prune = true;
    connectors.desired.guards.max_deletes = 0;
    assert!(refused(&connectors));
    // Replacements do not count.
    let mut other = Scene::applied();
    other.git().kind.definition_id = Some(super::OTHER_TYPE);
    other.declare("acme").connectors.insert("new", declared());
    other.desired.guards.max_deletes = 0;
    other.policy.prune = true;
    assert!(other.plan().has_changes() && !refused(&other));
}

#[test]
fn summary_deleted_namesake_is_counted_separately() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(12));
    scene
        .connectors(1)
        .insert(id(12), live_connector("git").into());
    scene.git().replication_config = super::settings(serde_json::json!({"a": 1}));
    let counts = |scene: &Scene| {
        let summary = scene.plan().summary;
        [
            summary.add,
            summary.change,
            summary.destroy,
            summary.adopt,
            summary.customers_touched,
        ]
    };
    // One connector is updated. Its superseded namesake and an undeclared customer are deleted.
    assert_eq!(counts(&scene), [0, 1, 2, 0, 1]);
    let mut renamed = Scene::empty();
    renamed.policy.adopt = AdoptPolicy::Allow;
    renamed.declare("new").previous_name = Some("old".into());
    renamed.declare("other").previous_name = Some("older".into());
    renamed.workspace(1, "old");
    renamed.add_recorded(2, "older");
    assert_eq!(counts(&renamed), [0, 2, 0, 1, 2]);
}
