//! Deletion by absence, and the guards over it.

use super::super::{BlockCode, BlockReason, Refusal};
use super::{CountOrPercent, Scene, declared, id, recorded, there, workspace};
use crate::model::{Completeness, ObservedStatus};

/// The settled scene, and `old` (workspace 2) with two connectors, which nobody declares.
fn with_old() -> Scene {
    let mut scene = Scene::settled();
    let old = scene.own(2, "old");
    old.connectors.insert("a".into(), recorded(20));
    old.connectors.insert("b".into(), recorded(21));
    scene.listed(2).insert(id(20), there("a"));
    scene
}

#[test]
fn without_prune_everything_is_kept() {
    let mut scene = with_old();
    scene.shows(&["kept old"]);
    scene.remembered(2, "old").suspended = true;
    scene.shows(&["kept old"]);
    scene.live(2, "").status = ObservedStatus::Inactive;
    scene.shows(&[]);
    scene.remembered(2, "old").suspended = false;
    scene.shows(&["kept old"]);
    scene.policy.targets = ["acme".parse().unwrap()].into();
    scene.policy.prune = true;
    scene.shows(&[]);
}

#[test]
fn customers_are_suspended_or_deleted() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.shows(&[r#"old Update [NotInConfig] status: "active" -> "inactive"; {op:update_customer,workspace_id:#02,patch:{status:inactive},retire:true} of old"#]);
    scene.policy.delete_customers = true;
    scene.shows(&["old Delete [NotInConfig] {op:delete_customer,workspace_id:#02} of old"]);
    let plan = scene.plan();
    let old = plan.customers.iter().find(|one| one.name == "old").unwrap();
    assert_eq!(old.workspace_id, Some(workspace(2)));
    scene.remembered(2, "old").protect = true;
    scene.shows(&["old blocked: Protected"]);
    scene.remembered(2, "old").protect = false;
    scene.policy.delete_customers = false;
    scene.live(2, "").status = ObservedStatus::Inactive;
    scene.shows(&[]);
    // Whatever it means, it is not written to.
    scene.live(2, "").status = ObservedStatus::Other("hibernating".into());
    scene.shows(&["old blocked: UnknownStatus"]);
    scene.policy.delete_customers = true;
    scene.shows(&["old blocked: UnknownStatus"]);
}

#[test]
fn a_customer_that_carries_another_name_is_not_pruned() {
    let mut scene = with_old();
    scene.live(2, "").name = "somebody".into();
    scene.shows(&["kept old"]);
    scene.policy.prune = true;
    for delete_customers in [false, true] {
        scene.policy.delete_customers = delete_customers;
        scene.shows(&["refused: RecordedIdRenamed"]);
    }
    // Nothing would be done to it.
    scene.policy.delete_customers = false;
    scene.live(2, "").status = ObservedStatus::Inactive;
    scene.shows(&[]);
}

#[test]
fn a_customer_is_not_deleted_with_connectors_of_others() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene.remembered(2, "old").pending_deletion.insert(id(22));
    scene.listed(2).insert(id(22), there("a"));
    scene.shows(&["old Delete [NotInConfig] {op:delete_customer,workspace_id:#02} of old"]);
    for (number, connectors) in [(30, 1), (31, 2)] {
        scene.listed(2).insert(id(number), there("by hand"));
        let blocked = &scene.plan().blocked[0];
        assert_eq!(blocked.code(), BlockCode::HoldsUnmanaged);
        assert_eq!(blocked.reason, BlockReason::HoldsUnmanaged { connectors });
    }
    // To make it inactive deletes nothing.
    scene.policy.delete_customers = false;
    assert_eq!(scene.plan().blocked, []);
}

#[test]
fn connectors_are_deleted() {
    let mut scene = Scene::settled();
    scene
        .remembered(1, "acme")
        .connectors
        .insert("old".into(), recorded(11));
    scene.shows(&[]);
    scene.listed(1).insert(id(11), there("old"));
    scene.shows(&["kept acme/old"]);
    scene.policy.prune = true;
    scene.shows(&["acme/old Delete [NotInConfig] {op:delete_connector,id:#0b}"]);
    scene.declare("acme").protect = true;
    scene.remembered(1, "acme").protect = true;
    scene.shows(&["acme/old blocked: Protected"]);
}

#[test]
fn what_a_replacement_left_over_is_deleted_without_prune() {
    let mut scene = Scene::settled();
    scene.remembered(1, "acme").pending_deletion.insert(id(12));
    scene.shows(&["acme remembers {gone:[#0c]}"]);
    scene.listed(1).insert(id(12), there("git"));
    scene.shows(&["acme/git Delete [Superseded] {op:delete_connector,id:#0c}"]);
    scene.policy.targets = ["acme/other".parse().unwrap()].into();
    scene.shows(&[]);
    let mut undeclared = with_old();
    undeclared
        .remembered(2, "old")
        .pending_deletion
        .insert(id(22));
    undeclared.listed(2).insert(id(22), there("c"));
    undeclared.shows(&[
        "old/c Delete [Superseded] {op:delete_connector,id:#16}",
        "kept old",
    ]);
    assert!(!undeclared.plan().customers[0].protect);
}

#[test]
fn what_was_on_its_way_out_is_forgotten_once_it_is_gone() {
    let gone = |scene: &Scene| -> Vec<_> {
        let customers = scene.plan().customers;
        let gone = customers
            .into_iter()
            .flat_map(|one| one.ledger_updates.gone);
        gone.collect()
    };
    let mut scene = Scene::settled();
    scene.remembered(1, "acme").pending_deletion = [id(12), id(13)].into();
    scene.listed(1).insert(id(12), there("git"));
    assert_eq!(gone(&scene), [id(13)]);
    let mut undeclared = with_old();
    undeclared.remembered(2, "old").pending_deletion = [id(22), id(23)].into();
    undeclared.listed(2).insert(id(23), there("c"));
    assert_eq!(gone(&undeclared), [id(22)]);
    // What was not read tells nothing.
    let unread = undeclared.observed.customers.values_mut();
    unread.for_each(|customer| customer.connectors = None);
    assert_eq!(gone(&undeclared), []);
}

#[test]
fn an_empty_declaration_is_refused_under_prune() {
    let mut scene = Scene::settled();
    scene.desired.customers.clear();
    scene.shows(&["kept acme"]);
    scene.policy.prune = true;
    scene.shows(&[r#"acme Update [NotInConfig] status: "active" -> "inactive"; {op:update_customer,workspace_id:#01,patch:{status:inactive},retire:true} of acme"#, "refused: EmptyDesired"]);
    assert_eq!(scene.plan().refusals, [Refusal::EmptyDesired { owned: 2 }]);
    scene.observed.customers.clear();
    scene.shows(&[]);
}

#[test]
fn a_list_that_is_not_whole_is_refused_under_prune() {
    let mut scene = Scene::settled();
    scene.observed.completeness = Completeness::Incomplete("a page is missing".into());
    scene.shows(&[]);
    scene.policy.prune = true;
    scene.shows(&["refused: IncompleteListing"]);
    let problem = "a page is missing".into();
    assert_eq!(
        scene.plan().refusals,
        [Refusal::IncompleteListing { problem }]
    );
}

/// `count` customers that are ours, of which the last `gone` are not declared.
fn estate(count: u128, gone: u128) -> Scene {
    let mut scene = Scene::empty();
    for number in 1..=count {
        let name = format!("c{number}");
        scene.own(number, &name);
        if number <= count - gone {
            scene.declare(&name);
        }
    }
    scene.policy.prune = true;
    scene
}

/// Deletions that were refused, and owned objects.
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
fn few_objects_are_guarded_by_their_count() {
    assert!(!refused(&estate(9, 5)));
    assert!(refused(&estate(9, 6)));
    let refusal = Refusal::TooManyDeletes {
        deletes: 6,
        owned: 9,
        allowed: 5,
    };
    assert_eq!(estate(9, 6).plan().refusals, [refusal]);
}

#[test]
fn many_objects_are_guarded_by_their_share_too() {
    assert!(!refused(&estate(10, 1)) && refused(&estate(10, 2)));
    assert!(!refused(&estate(29, 2)) && refused(&estate(29, 3)));
    // The count holds where a tenth is more.
    assert!(!refused(&estate(90, 5)) && refused(&estate(90, 6)));
    let mut none = estate(10, 1);
    none.desired.guards.max_delete_percent = 9;
    assert!(refused(&none));
}

#[test]
fn a_run_may_raise_the_limits_and_never_lower_them() {
    let with = |limit: CountOrPercent, gone: u128| {
        let mut scene = estate(20, gone);
        scene.policy.allow_delete = Some(limit);
        refused(&scene)
    };
    assert!(!with(CountOrPercent::Count(4), 4) && with(CountOrPercent::Count(4), 5));
    assert!(!with(CountOrPercent::Count(0), 2) && with(CountOrPercent::Count(0), 3));
    assert!(!with(CountOrPercent::Percent(30), 6) && with(CountOrPercent::Percent(30), 7));
    assert!(!with(CountOrPercent::Percent(0), 2) && with(CountOrPercent::Percent(0), 3));
}

#[test]
fn objects_are_weighed() {
    // Deleting a customer takes its connectors along: those that are still there.
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.desired.guards.max_deletes = 1;
    assert!(!refused(&scene));
    scene.policy.delete_customers = true;
    assert!(refused(&scene));
    assert_eq!(deletes(&scene), (2, 4));
    scene.desired.guards.max_deletes = 2;
    assert!(!refused(&scene));
    // Connectors that were not listed may all be there.
    scene.live(2, "").connectors = None;
    assert!(refused(&scene));
    assert_eq!(deletes(&scene), (3, 5));
    let mut connectors = Scene::settled();
    connectors
        .remembered(1, "acme")
        .connectors
        .insert("old".into(), recorded(11));
    connectors.listed(1).insert(id(11), there("old"));
    connectors.policy.prune = true;
    connectors.desired.guards.max_deletes = 0;
    assert!(refused(&connectors));
    // What is replaced, or left over by a replacement, is no deletion by absence.
    let mut other = Scene::settled();
    other.git().kind.definition_id = Some(super::OTHER_TYPE);
    other.remembered(1, "acme").pending_deletion.insert(id(12));
    other.listed(1).insert(id(12), there("git"));
    other
        .declare("acme")
        .connectors
        .insert("new".into(), declared());
    other.desired.guards.max_deletes = 0;
    other.policy.prune = true;
    assert!(other.plan().has_changes() && !refused(&other));
}

#[test]
fn what_goes_is_counted_apart_from_what_stays() {
    let mut scene = with_old();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene.remembered(1, "acme").pending_deletion.insert(id(12));
    scene.listed(1).insert(id(12), there("git"));
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
    // An update of one connector, the deletion of its namesake and that of a customer, who is
    // none of those declared.
    assert_eq!(counts(&scene), [0, 1, 2, 0, 1]);
    let mut renamed = Scene::empty();
    renamed.declare("new").previous_name = Some("old".into());
    renamed.declare("other").previous_name = Some("older".into());
    renamed.live(1, "old");
    renamed.own(2, "older");
    assert_eq!(counts(&renamed), [0, 2, 0, 1, 2]);
}
