//! Tests of what a wrong ledger entry, an unrecorded object and the files cannot do.

use super::{
    CountOrPercent, Scene, block_reasons, declared, detail, id, live_connector, settings, workspace,
};
use crate::model::{AdoptPolicy, PolicyLimits, RecordedGuards, UnverifiedCause, UnverifiedEntry};
use crate::plan::{
    AllowedDeletions, BlockReason, LimitSource, PlanWarning, Refusal, RemovalFlags, drift,
};
use serde_json::json;

/// The applied scene, in which `acme` has `connector` recorded, which exists in workspace 2.
fn with_foreign(connector: u128) -> Scene {
    let mut scene = Scene::applied();
    scene.workspace(2, "globex");
    let foreign = [(id(connector), Some(workspace(2)))];
    scene.observed.foreign.insert(workspace(1), foreign.into());
    scene
}

#[test]
fn foreign_connector_pending_deletion_blocks_customer() {
    let mut scene = with_foreign(12);
    scene
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(12));
    scene.git().replication_config = settings(json!({"a": 1}));
    let reason = BlockReason::ForeignConnector {
        connector: id(12),
        recorded_in: workspace(1),
        found_in: Some(workspace(2)),
    };
    assert_eq!(block_reasons(&scene), [reason]);
    let plan = scene.plan();
    assert!(plan.customers.is_empty(), "{plan:#?}");
}

#[test]
fn foreign_connector_workspace_unknown_blocks_customer() {
    let mut scene = with_foreign(10);
    scene.connectors(1).clear();
    for workspaces in scene.observed.foreign.values_mut() {
        workspaces.insert(id(10), None);
    }
    scene.assert_plan(&["acme blocked: ForeignConnectorId", "unmanaged globex"]);
}

#[test]
fn foreign_connector_undeclared_customer_is_not_pruned() {
    let mut scene = with_foreign(12);
    scene
        .recorded_customer(1, "acme")
        .pending_deletion
        .insert(id(12));
    scene.desired.customers.clear();
    scene.declare("other");
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    assert!(matches!(
        block_reasons(&scene)[..],
        [BlockReason::ForeignConnector { .. }]
    ));
    let plan = scene.plan();
    assert!(
        plan.customers
            .iter()
            .all(|customer| customer.name != "acme")
    );
}

/// The applied scene, in which the ledger entry of `acme` is not authenticated.
fn altered() -> Scene {
    let mut scene = Scene::applied();
    scene.recorded.customers.clear();
    let entry = UnverifiedEntry {
        claimed_name: Some("acme".into()),
        cause: UnverifiedCause::BadMac,
    };
    scene.recorded.unverified.insert(workspace(1), entry);
    scene
}

#[test]
fn ledger_unverified_entry_blocks_declared_customer() {
    let mut scene = altered();
    scene.policy.adopt = AdoptPolicy::Allow;
    scene.declare("acme").connectors.insert("new", declared());
    scene.assert_plan(&["acme blocked: LedgerUnverified"]);
    let reason = BlockReason::LedgerUnverified {
        workspace_id: Some(workspace(1)),
        cause: Some(UnverifiedCause::BadMac),
    };
    assert_eq!(block_reasons(&scene), [reason]);
}

#[test]
fn ledger_without_head_blocks_customers_without_entry() {
    let mut scene = altered();
    scene.policy.adopt = AdoptPolicy::Allow;
    let entry = scene.recorded.unverified.get_mut(&workspace(1)).unwrap();
    entry.cause = UnverifiedCause::HeadMissing;
    scene.declare("other");
    scene.assert_plan(&[
        "acme blocked: LedgerUnverified",
        "other blocked: LedgerUnverified",
    ]);
    let reason = BlockReason::LedgerUnverified {
        workspace_id: None,
        cause: Some(UnverifiedCause::HeadMissing),
    };
    assert_eq!(block_reasons(&scene)[1], reason);
}

#[test]
fn ledger_unverified_entry_claims_other_name_blocks_both() {
    let mut scene = altered();
    scene.declare("other");
    let entry = scene.recorded.unverified.get_mut(&workspace(1)).unwrap();
    entry.claimed_name = Some("other".into());
    scene.assert_plan(&[
        "acme blocked: LedgerUnverified",
        "other blocked: LedgerUnverified",
    ]);
}

#[test]
fn ledger_unverified_entry_workspace_gone_blocks_creation() {
    let mut scene = altered();
    scene.observed.customers.clear();
    scene.assert_plan(&["acme blocked: LedgerUnverified"]);
}

#[test]
fn ledger_unverified_entry_without_name_and_declared_workspace_blocks_new_customers() {
    let mut scene = altered();
    let entry = scene.recorded.unverified.get_mut(&workspace(1)).unwrap();
    entry.claimed_name = None;
    scene.declare("other");
    // The entry is the one of `acme`, whose workspace still has its name.
    scene.assert_plan(&[
        "other Create [MissingRemote] {op:create_customer,region:null}",
        "acme blocked: LedgerUnverified",
    ]);
    // Somebody renamed the workspace: the entry may be the one of any customer that seems new.
    scene
        .observed
        .customers
        .get_mut(&workspace(1))
        .unwrap()
        .name = "renamed".into();
    scene.assert_plan(&[
        "acme blocked: LedgerUnverified",
        "other blocked: LedgerUnverified",
        "renamed blocked: LedgerUnverified",
    ]);
}

#[test]
fn ledger_unverified_entry_claims_previous_name_blocks_customer() {
    let mut scene = altered();
    let acme = scene.desired.customers.remove("acme").unwrap();
    scene.desired.customers.insert("new".into(), acme);
    scene.declare("new").previous_name = Some("acme".into());
    scene.assert_plan(&[
        "new blocked: LedgerUnverified",
        "acme blocked: LedgerUnverified",
    ]);
}

#[test]
fn ledger_unverified_entry_undeclared_customer_is_blocked_and_not_pruned() {
    let mut scene = altered();
    scene.desired.customers.clear();
    scene.policy.prune = true;
    scene.policy.delete_customers = true;
    scene.assert_plan(&["acme blocked: LedgerUnverified"]);
}

#[test]
fn ledger_unverified_journal_line_blocks_its_customer() {
    let mut scene = Scene::applied();
    scene.recorded.unverified_names = ["acme".into(), "gone".into()].into();
    scene.git().replication_config = settings(json!({"a": 1}));
    scene.assert_plan(&[
        "acme blocked: LedgerUnverified",
        "gone blocked: LedgerUnverified",
    ]);
}

#[test]
fn drift_unverified_entry_is_blocked_and_not_compared() {
    let scene = altered();
    let drift = drift(&scene.recorded, &scene.observed, &scene.policy);
    assert_eq!(drift.blocked.len(), 1);
    assert_eq!(drift.summary.compared, 0);
    assert!(drift.unmanaged.is_empty());
}

#[test]
fn value_below_or_above_an_applied_reference_is_withheld() {
    let mut scene = Scene::applied();
    let applied = json!({"k": {"$secret": "${env:K}"}, "m": {"n": [{"$secret": "${env:N}"}]}});
    scene.git_recorded().applied.replication_config = settings(applied);
    let observed = json!({"k": {"b": "leaked"}, "m": {"n": "leaked", "o": 1}});
    scene.connectors(1).get_mut(&id(10)).unwrap().detail = detail(observed);
    let declared = [
        settings(json!({"k": {"b": "x"}, "m": {"n": ["x"]}})),
        settings(json!({"k": "x", "m": "x"})),
        None,
    ];
    for declared in declared {
        scene.git().replication_config = declared;
        let drift = drift(&scene.recorded, &scene.observed, &scene.policy);
        let plan = scene.plan();
        let step = plan.steps().next().unwrap();
        assert!(!step.changes.is_empty());
        for text in [format!("{drift:?}"), format!("{:?}", step.changes)] {
            assert!(!text.contains("leaked"), "{text}");
        }
    }
}

/// The applied scene with `count` superseded connectors.
fn superseded(count: u128) -> Scene {
    let mut scene = Scene::applied();
    for number in 20..20 + count {
        scene
            .recorded_customer(1, "acme")
            .pending_deletion
            .insert(id(number));
        scene
            .connectors(1)
            .insert(id(number), live_connector("old").into());
    }
    scene
}

#[test]
fn guard_superseded_connectors_count_as_deletions() {
    assert_eq!(superseded(5).plan().refusals, []);
    let refusal = Refusal::TooManyDeletes {
        deletes: 6,
        owned: 8,
        allowed: 5,
        source: LimitSource::Default,
        flags: RemovalFlags::None,
    };
    assert_eq!(superseded(6).plan().refusals, [refusal]);
}

/// The limit that allows five deletions, or refuses them.
fn limit(change: impl Fn(&mut Scene)) -> (bool, u64, LimitSource) {
    let mut scene = superseded(5);
    change(&mut scene);
    let plan = scene.plan();
    match (&plan.refusals[..], plan.deletions) {
        (
            [
                Refusal::TooManyDeletes {
                    allowed, source, ..
                },
            ],
            None,
        ) => (false, *allowed, *source),
        (
            [],
            Some(AllowedDeletions {
                allowed, source, ..
            }),
        ) => (true, allowed, source),
        other => panic!("not one limit: {other:?}"),
    }
}

#[test]
fn guard_limit_names_its_source() {
    assert_eq!(limit(|_| {}), (true, 5, LimitSource::Default));
    let declared = limit(|scene| scene.desired.guards.max_deletes = 6);
    assert_eq!(declared, (true, 6, LimitSource::Files));
    let raised = limit(|scene| scene.policy.allow_delete = Some(CountOrPercent::Count(7)));
    assert_eq!(raised, (true, 7, LimitSource::AllowDelete));
    let lowered = limit(|scene| scene.policy.allow_delete = Some(CountOrPercent::Count(3)));
    assert_eq!(lowered, (false, 3, LimitSource::AllowDelete));
    assert_eq!(Scene::applied().plan().deletions, None);
}

#[test]
fn guard_policy_ceiling_caps_files_and_flag() {
    let ceiling = |scene: &mut Scene| {
        scene.policy.ceiling = PolicyLimits {
            max_allow_delete: Some(CountOrPercent::Count(3)),
            ..PolicyLimits::default()
        };
    };
    assert_eq!(limit(ceiling), (false, 3, LimitSource::Policy));
    let with_flag = limit(|scene| {
        ceiling(scene);
        scene.policy.allow_delete = Some(CountOrPercent::Percent(100));
    });
    assert_eq!(with_flag, (false, 3, LimitSource::Policy));
}

#[test]
fn guard_policy_max_deletes_caps_files_and_flag_without_max_allow_delete() {
    let ceiling = |scene: &mut Scene| {
        scene.desired.guards.max_deletes = 100;
        scene.policy.ceiling.max_deletes = Some(4);
    };
    assert_eq!(limit(ceiling), (false, 4, LimitSource::Policy));
    let with_flag = limit(|scene| {
        ceiling(scene);
        scene.policy.allow_delete = Some(CountOrPercent::Count(6));
    });
    assert_eq!(with_flag, (false, 4, LimitSource::Policy));
    let with_its_own_ceiling = limit(|scene| {
        ceiling(scene);
        scene.policy.allow_delete = Some(CountOrPercent::Count(6));
        scene.policy.ceiling.max_allow_delete = Some(CountOrPercent::Count(8));
    });
    let flag = (true, 6, LimitSource::AllowDelete);
    assert_eq!(with_its_own_ceiling, flag);
}

#[test]
fn guard_policy_max_delete_percent_caps_files_and_flag() {
    let mut scene = superseded(9);
    scene.desired.guards.max_deletes = 100;
    scene.desired.guards.max_delete_percent = 100;
    assert_eq!(scene.plan().refusals, []);
    scene.policy.ceiling.max_delete_percent = Some(50);
    let refusal = Refusal::TooManyDeletes {
        deletes: 9,
        owned: 11,
        allowed: 5,
        source: LimitSource::Policy,
        flags: RemovalFlags::None,
    };
    assert_eq!(scene.plan().refusals, std::slice::from_ref(&refusal));
    scene.policy.allow_delete = Some(CountOrPercent::Percent(100));
    assert_eq!(scene.plan().refusals, [refusal]);
}

#[test]
fn guard_loosened_since_last_apply_is_a_warning() {
    let mut scene = Scene::applied();
    assert_eq!(scene.plan().warnings, []);
    scene.recorded.guards = Some(RecordedGuards {
        max_deletes: 5,
        max_delete_percent: 10,
        max_id_changes: None,
    });
    assert_eq!(scene.plan().warnings, []);
    scene.desired.guards.max_deletes = 4;
    scene.desired.guards.max_delete_percent = 50;
    let warning = PlanWarning::GuardLoosened {
        setting: "max_delete_percent".into(),
        before: 10,
        now: Some(50),
    };
    assert_eq!(scene.plan().warnings, [warning]);
}
