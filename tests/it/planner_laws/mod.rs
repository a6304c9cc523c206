//! Properties of the planner over generated declarations, worlds and out-of-band changes.

mod objects;
mod overlay;
mod scaling;
mod strategies;
mod world;

use airlift::model::{Address, ConnectorId, CustomerEntry, DesiredConnector, Setting, WorkspaceId};
use airlift::plan::{Action, BlockReason, Operation, Plan, PlanWarning, Policy, Step, drift};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use strategies::{OutOfBandChange, desired, pruning, world};
use world::World;

/// The ids of the objects that a plan writes.
fn written(plan: &Plan) -> (BTreeSet<WorkspaceId>, BTreeSet<ConnectorId>) {
    let mut customers = BTreeSet::new();
    let mut connectors = BTreeSet::new();
    for step in plan.steps() {
        match &step.operation {
            Operation::UpdateCustomer { workspace_id, .. } => customers.extend(*workspace_id),
            Operation::DeleteCustomer { workspace_id, .. } => {
                customers.insert(*workspace_id);
            }
            Operation::UpdateConnector { id, .. }
            | Operation::ReplaceConnector { id, .. }
            | Operation::DeleteConnector { id } => {
                connectors.insert(*id);
            }
            _ => {}
        }
    }
    (customers, connectors)
}

/// The existing connector that a step concerns.
fn connector_of(step: &Step) -> Option<ConnectorId> {
    match &step.operation {
        Operation::AdoptConnector { id, .. }
        | Operation::UpdateConnector { id, .. }
        | Operation::ReplaceConnector { id, .. }
        | Operation::DeleteConnector { id } => Some(*id),
        _ => None,
    }
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("AIRLIFT_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(256))
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn plan_after_apply_is_empty(desired in desired(), policy in pruning()) {
        let mut world = World::new();
        world.apply(&world.clone().plan(&desired, &policy));
        let again = world.plan(&desired, &policy);
        prop_assert!(again.customers.is_empty(), "{again:#?}");
        prop_assert!(again.blocked.is_empty() && again.unverified.is_empty());
        let drift = drift(&world.recorded, &world.observed, &policy);
        prop_assert!(!drift.has_changes(), "{drift:#?}");
    }

    #[test]
    fn plan_after_out_of_band_changes_converges_in_one_apply(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        prop_assume!(plan.blocked.is_empty() && plan.refusals.is_empty());
        let mut after = world.clone();
        after.apply(&plan);
        let again = after.plan(&desired, &policy);
        prop_assert!(!again.has_changes(), "{again:#?}");
        // Ledger updates that need the state after the apply take one more run.
        after.apply(&again);
        let third = after.plan(&desired, &policy);
        prop_assert!(third.customers.is_empty(), "{third:#?}");
    }

    #[test]
    fn plan_of_reformatted_settings_converges_in_one_apply(world in world(), desired in desired(), policy in pruning()) {
        let world = world.reformatting();
        let plan = world.plan(&desired, &policy);
        prop_assume!(plan.blocked.is_empty() && plan.refusals.is_empty());
        let mut after = world;
        after.apply(&plan);
        let again = after.plan(&desired, &policy);
        prop_assert!(!again.has_changes(), "{again:#?}");
    }

    #[test]
    fn drift_of_reformatted_settings_is_empty(desired in desired(), policy in pruning()) {
        let mut world = World::new().reformatting();
        world.apply(&world.clone().plan(&desired, &policy));
        let drift = drift(&world.recorded, &world.observed, &policy);
        prop_assert!(!drift.has_changes(), "{drift:#?}");
    }

    #[test]
    fn drift_after_connectors_are_deleted_has_each_once(first in desired(), policy in pruning()) {
        let mut world = World::new();
        world.apply(&world.clone().plan(&first, &policy));
        let before = world.recorded.clone();
        prop_assert!(!drift(&before, &world.observed, &Policy::default()).has_changes());
        let mut deleted = 0;
        for customer in world.observed.customers.values_mut() {
            deleted += customer.connectors.replace(BTreeMap::new()).map_or(0, |all| all.len());
        }
        let drift = drift(&before, &world.observed, &Policy::default());
        prop_assert_eq!(drift.summary.connectors, deleted as u64);
    }

    #[test]
    fn plan_writes_only_recorded_or_adopted_objects(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        let (customers, connectors) = written(&plan);
        let adopted: BTreeSet<ConnectorId> = plan.steps().filter_map(|step| match step.operation {
            Operation::AdoptConnector { id, .. } => Some(id),
            _ => None,
        }).collect();
        let adopted_customers: BTreeSet<WorkspaceId> = plan.steps().filter_map(|step| match step.operation {
            Operation::AdoptCustomer { workspace_id } => Some(workspace_id),
            _ => None,
        }).collect();
        let recorded: BTreeSet<ConnectorId> = world.recorded.customers.values()
            .flat_map(|customer| customer.connectors.values().map(|c| c.id).chain(customer.pending_deletion.clone()))
            .collect();
        for id in connectors {
            prop_assert!(recorded.contains(&id) || adopted.contains(&id));
        }
        for id in customers {
            prop_assert!(world.recorded.customers.contains_key(&id) || adopted_customers.contains(&id));
        }
    }

    #[test]
    fn plan_without_permission_changes_nothing_that_it_adopts(world in world(), desired in desired()) {
        let plan = world.plan(&desired, &Policy::default());
        for customer in &plan.customers {
            let adopted: BTreeSet<&Address> = customer.steps.iter()
                .filter(|step| step.action == Action::Adopt)
                .map(|step| &step.address)
                .collect();
            let is_adopted = |step: &&Step| {
                adopted.contains(&step.address) || adopted.contains(&Address::customer(&customer.name))
            };
            for step in customer.steps.iter().filter(is_adopted) {
                prop_assert_eq!(step.action, Action::Adopt);
            }
        }
    }

    #[test]
    fn plan_warns_of_each_creation_at_most_once(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        let created: BTreeSet<&Address> = plan.steps()
            .filter(|step| step.action == Action::Create)
            .map(|step| &step.address)
            .collect();
        let warned: Vec<&Address> = plan.warnings.iter().filter_map(PlanWarning::created).collect();
        let distinct: BTreeSet<&Address> = warned.iter().copied().collect();
        prop_assert_eq!(distinct.len(), warned.len());
        prop_assert!(distinct.is_subset(&created), "{plan:#?}");
    }

    #[test]
    fn plan_renames_no_connector_to_the_name_of_an_unrecorded_one(
        world in world(), desired in desired(), policy in pruning(),
    ) {
        let plan = world.plan(&desired, &policy);
        for customer in &plan.customers {
            let Some(id) = customer.workspace_id else { continue };
            let owned = world.recorded.customers.get(&id).map(CustomerEntry::owned).unwrap_or_default();
            let live = world.observed.customers[&id].connectors.iter().flatten();
            let unrecorded: Vec<_> = live.filter(|(id, _)| !owned.contains(id)).collect();
            for step in &customer.steps {
                if let Operation::UpdateConnector { id, patch, body } = &step.operation
                    && let Some(name) = &patch.name
                {
                    let is_taken = unrecorded.iter().any(|(other, connector)| {
                        *other != id && connector.name == *name && connector.definition_id == body.definition_id
                    });
                    prop_assert!(!is_taken, "{step:#?}");
                }
            }
        }
    }

    #[test]
    fn plan_has_no_steps_for_customer_with_unverified_entry(
        world in world(), desired in desired(), policy in pruning(), nth in any::<usize>(),
    ) {
        let mut world = world;
        let unverified = world.lose_authentication(nth);
        let plan = world.plan(&desired, &policy);
        for customer in &plan.customers {
            prop_assert!(customer.workspace_id.is_none() || customer.workspace_id != unverified);
            let names = world.recorded.unverified.values().filter_map(|entry| entry.claimed_name.as_ref());
            prop_assert!(names.into_iter().all(|name| *name != customer.name));
        }
        prop_assert_eq!(unverified.is_some(), plan.blocked.iter().any(|blocked| {
            matches!(blocked.reason, BlockReason::LedgerUnverified { .. })
        }));
    }

    #[test]
    fn plan_steps_name_connectors_of_their_own_workspace(
        world in world(), desired in desired(), policy in pruning(), nth in any::<usize>(), other in any::<usize>(),
    ) {
        let mut world = world;
        let foreign = world.record_foreign_connector(nth, other);
        let plan = world.plan(&desired, &policy);
        for customer in &plan.customers {
            let live = customer.workspace_id.and_then(|id| world.observed.customers[&id].connectors.as_ref());
            for id in customer.steps.iter().filter_map(connector_of) {
                prop_assert!(live.is_some_and(|live| live.contains_key(&id)));
            }
            prop_assert!(customer.workspace_id.is_none() || customer.workspace_id != foreign);
        }
    }

    #[test]
    fn plan_without_prune_deletes_nothing(world in world(), desired in desired()) {
        let plan = world.plan(&desired, &Policy::default());
        prop_assert!(plan.steps().all(|step| step.action != Action::Delete));
    }

    #[test]
    fn plan_partial_has_steps_of_its_target_only(world in world(), desired in desired()) {
        let target = Address::customer("w1");
        let policy = Policy {
            prune: true,
            delete_customers: true,
            targets: BTreeSet::from([target.clone()]),
            ..Policy::default()
        };
        let plan = world.plan(&desired, &policy);
        prop_assert!(plan.partial);
        for step in plan.steps() {
            prop_assert!(step.address.is_within(&target));
            prop_assert!(step.action != Action::Delete);
        }
    }

    #[test]
    fn plan_serialized_and_parsed_is_equal(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Plan>(&text).unwrap(), &plan);
        prop_assert_eq!(serde_json::to_string(&world.plan(&desired, &policy)).unwrap(), text);
    }

    #[test]
    fn plan_steps_have_reasons_and_updates_have_fields(world in world(), desired in desired()) {
        for step in world.plan(&desired, &Policy::default()).steps() {
            prop_assert!(!step.reasons.is_empty());
            if matches!(step.action, Action::Update | Action::Rename | Action::Replace) {
                prop_assert!(!step.changes.is_empty(), "{step:#?}");
            }
        }
    }

    #[test]
    fn plan_after_secret_rotation_rotates_its_users_only(desired in desired(), name in 0_u32..3) {
        let mut world = World::new();
        world.apply(&world.clone().plan(&desired, &Policy::default()));
        world.change_out_of_band(OutOfBandChange::RotateSecret(name));
        let reference = format!("${{env:S{name}}}");
        let uses = |connector: &DesiredConnector| connector.secret_leaves().values()
            .any(|leaf| matches!(leaf, Setting::Secret(used) if used.to_string() == reference));
        let expected: Vec<Address> =
            desired.connectors().filter(|(_, c)| uses(c)).map(|(address, _)| address).collect();
        let plan = world.plan(&desired, &Policy::default());
        let rotated: Vec<Address> = plan.steps().map(|step| step.address.clone()).collect();
        prop_assert_eq!(rotated, expected);
        prop_assert!(plan.steps().all(|step| step.action == Action::Rotate));
    }
}
