//! Properties of plans of one customer with many connectors, and that planning time is linear in
//! their number.

use super::world::World;
use airlift::model::{
    Contract, DefinitionId, Desired, DesiredConnector, DesiredCustomer, Guards, Kind, RotationMode,
    Setting, Settings,
};
use airlift::plan::{Action, Policy};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

fn credentials(number: usize) -> Settings {
    let token = json!({"token": {"$secret": format!("${{env:S{number}}}")}});
    match Setting::from(token) {
        Setting::Map(fields) => fields,
        _ => unreachable!("a mapping"),
    }
}

fn connector(number: usize) -> DesiredConnector {
    DesiredConnector {
        previous_name: None,
        kind: Kind {
            name: "kind".into(),
            definition_id: Some(DefinitionId(Uuid::from_u128(1))),
        },
        auth: None,
        consent: None,
        template_id: None,
        credentials: Some(credentials(number)),
        readable: BTreeSet::new(),
        credentials_version: None,
        rotation: RotationMode::Compare,
        environment: None,
        replication_config: None,
        entities: None,
    }
}

/// One customer whose connectors' names start with `prefix`.
fn desired(connectors: usize, prefix: &str) -> Desired {
    let connectors =
        (0..connectors).map(|number| (format!("{prefix}{number}"), connector(number).into()));
    let customer = DesiredCustomer {
        connectors: connectors.collect(),
        ..DesiredCustomer::default()
    };
    Desired {
        organization_id: None,
        contract: Contract::Workspace,
        guards: Guards {
            max_deletes: 1_000_000,
            max_delete_percent: 100,
            max_id_changes: None,
        },
        customers: BTreeMap::from([("acme".to_owned(), customer)]),
        ..Desired::default()
    }
}

fn applied(desired: &Desired) -> World {
    let mut world = World::new();
    world.apply(&world.clone().plan(desired, &Policy::default()));
    world
}

fn pruning() -> Policy {
    Policy {
        prune: true,
        ..Policy::default()
    }
}

#[test]
fn plan_2000_connectors_applied_is_empty() {
    let desired = desired(2_000, "C");
    let plan = applied(&desired).plan(&desired, &pruning());
    assert!(plan.customers.is_empty() && plan.blocked.is_empty() && plan.unverified.is_empty());
}

#[test]
fn plan_2000_connectors_unrecorded_adopts_all() {
    let desired = desired(2_000, "C");
    let mut world = applied(&desired);
    world.recorded.customers.clear();
    let plan = world.plan(&desired, &pruning());
    assert_eq!(plan.summary.adopt, 2_001);
    assert!(plan.unmanaged.connectors.is_empty());
}

#[test]
fn plan_2000_connectors_renamed_renames_all() {
    let world = applied(&desired(2_000, "C"));
    let plan = world.plan(&desired(2_000, "D"), &pruning());
    assert_eq!(plan.summary.change, 2_000);
    assert!(plan.steps().all(|step| step.action == Action::Rename));
}

/// The ratio of the connectors of the big customer to those of the small one.
const FACTOR: usize = 16;

/// Compares one plan of the big customer with [`FACTOR`] plans of the small one. With linear work they
/// take equally long, and with quadratic work the big plan takes sixteen times as long. The limit of
/// five allows for noise.
#[test]
fn planning_time_many_connectors_is_linear() {
    for change in [unchanged, unrecorded, renamed, removed, resembling] {
        let [(small, to_small), (big, to_big)] = [250, 250 * FACTOR].map(change);
        let (mut of_small, mut of_big) = (Duration::MAX, Duration::MAX);
        for _ in 0..5 {
            of_small = of_small.min(time(FACTOR, || drop(small.plan(&to_small, &pruning()))));
            of_big = of_big.min(time(1, || drop(big.plan(&to_big, &pruning()))));
        }
        assert!(of_big < of_small * 5, "{of_small:?} became {of_big:?}");
    }
}

fn time(plans: usize, plan: impl Fn()) -> Duration {
    let start = now();
    (0..plans).for_each(|_| plan());
    now().saturating_sub(start)
}

/// This thread's CPU time, so that other processes do not affect the measurement; the wall clock where
/// the system does not report it.
fn now() -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(wall_clock, Duration::from_nanos)
}

fn wall_clock() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn unchanged(connectors: usize) -> (World, Desired) {
    let desired = desired(connectors, "C");
    (applied(&desired), desired)
}

fn unrecorded(connectors: usize) -> (World, Desired) {
    let (mut world, desired) = unchanged(connectors);
    world.recorded.customers.clear();
    (world, desired)
}

fn renamed(connectors: usize) -> (World, Desired) {
    (unchanged(connectors).0, desired(connectors, "D"))
}

fn removed(connectors: usize) -> (World, Desired) {
    (unchanged(connectors).0, desired(0, "C"))
}

/// Every declared connector has an unrecorded one with a similar name.
fn resembling(connectors: usize) -> (World, Desired) {
    let mut world = unchanged(connectors).0;
    for customer in world.recorded.customers.values_mut() {
        customer.connectors.clear();
    }
    (world, desired(connectors, "C_"))
}

#[test]
fn plan_2000_connectors_similar_warns_of_each() {
    let (world, desired) = resembling(2_000);
    let plan = world.plan(&desired, &Policy::default());
    assert_eq!(plan.warnings.len(), 2_000);
}
