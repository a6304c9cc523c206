//! Responsible for what happened to the world, request by request, and for the invariants that hold at
//! every moment.

use airlift::sandbox::testing::{Mutation, Object, RecordedEffect, RequestRecord, WorldView};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A customer's id and a connector's name.
type Slot = (Uuid, String);

/// What runs did to the world. That of a run without faults is what every other run is compared
/// with.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Ids that existed before and were changed.
    touched: BTreeSet<Uuid>,
    /// The largest number of connectors with one name at the same time.
    duplicates: usize,
    /// Slots that had a working connector all the time.
    served: BTreeSet<Slot>,
    /// Customers that existed and were active all the time.
    active: BTreeSet<Uuid>,
    /// The number of created connectors.
    created: usize,
}

/// The world as far as effects show it.
struct Scene {
    connectors: BTreeMap<Uuid, (Slot, bool)>,
    customers: BTreeMap<Uuid, bool>,
}

impl Scene {
    fn new(world: &WorldView) -> Self {
        let mut scene = Self {
            connectors: BTreeMap::new(),
            customers: BTreeMap::new(),
        };
        for customer in &world.workspaces {
            scene.customers.insert(customer.id, customer.active);
            let present = customer.connectors.iter();
            for connector in present.filter(|connector| !connector.deleting) {
                let slot = (customer.id, connector.name.clone());
                let entry = (slot, connector.works);
                scene.connectors.insert(connector.id, entry);
            }
        }
        scene
    }

    fn apply(&mut self, effect: &RecordedEffect) {
        let RecordedEffect {
            object,
            id,
            workspace,
            name,
            mutation,
            works,
        } = effect;
        match (object, mutation) {
            (Object::Connector, Mutation::Deleted) => drop(self.connectors.remove(id)),
            (Object::Connector, _) => {
                let slot = (*workspace, name.clone());
                self.connectors.insert(*id, (slot, *works));
            }
            (Object::Workspace, Mutation::Deleted) => {
                self.customers.remove(id);
                self.connectors.retain(|_, ((owner, _), _)| owner != id);
            }
            (Object::Workspace, _) => drop(self.customers.insert(*id, *works)),
        }
    }

    fn duplicates(&self) -> usize {
        let mut counts: BTreeMap<&Slot, usize> = BTreeMap::new();
        for (slot, _) in self.connectors.values() {
            *counts.entry(slot).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    }

    fn served(&self) -> BTreeSet<Slot> {
        let working = self.connectors.values().filter(|(_, works)| *works);
        working.map(|(slot, _)| slot.clone()).collect()
    }

    fn active(&self) -> BTreeSet<Uuid> {
        let active = self.customers.iter().filter(|(_, active)| **active);
        active.map(|(id, _)| *id).collect()
    }
}

impl History {
    /// The history of these requests.
    pub(crate) fn new(before: &WorldView, log: &[RequestRecord]) -> Self {
        let known: BTreeSet<Uuid> = crate::world_state::ids(before).collect();
        let mut scene = Scene::new(before);
        let mut history = Self {
            duplicates: scene.duplicates(),
            served: scene.served(),
            active: scene.active(),
            ..Self::default()
        };
        for effect in log.iter().flat_map(|request| &request.effects) {
            scene.apply(effect);
            if known.contains(&effect.id) {
                history.touched.insert(effect.id);
            }
            let is_new = effect.object == Object::Connector && effect.mutation == Mutation::Created;
            history.created += usize::from(is_new);
            history.duplicates = history.duplicates.max(scene.duplicates());
            let (served, active) = (scene.served(), scene.active());
            history.served.retain(|slot| served.contains(slot));
            history.active.retain(|id| active.contains(id));
        }
        history
    }

    /// The violated invariants, in comparison with a run without faults. `faults` is the number of
    /// faults that were met.
    pub(crate) fn violations_of_one_run(&self, baseline: &Self, faults: usize) -> Vec<String> {
        let mut violations = self.violations(baseline);
        if self.duplicates > baseline.duplicates {
            let duplicates = self.duplicates;
            violations.push(format!("C2: {duplicates} connectors of one name at once"));
        }
        if self.created > baseline.created + faults {
            let (created, expected) = (self.created, baseline.created);
            violations.push(format!(
                "C2: {created} connectors were created instead of {expected}"
            ));
        }
        violations
    }

    /// The violated invariants of one or more concurrent runs.
    pub(crate) fn violations(&self, baseline: &Self) -> Vec<String> {
        let mut violations = Vec::new();
        for id in self.touched.difference(&baseline.touched) {
            violations.push(format!("C4: {id} was changed"));
        }
        for (owner, name) in baseline.served.difference(&self.served) {
            violations.push(format!(
                "C3: {owner}/{name} had no working connector for a while"
            ));
        }
        for id in baseline.active.difference(&self.active) {
            violations.push(format!(
                "C3: customer {id} was inactive or missing for a while"
            ));
        }
        violations
    }
}

/// Creations that were repeated without listing the connectors in between.
pub(crate) fn unverified_repeats(log: &[RequestRecord]) -> Vec<String> {
    let mut open: BTreeSet<&[String]> = BTreeSet::new();
    let mut violations = Vec::new();
    for request in log {
        match request.operation.as_deref() {
            Some("list_integrations_connectors") if request.status == Some(200) => open.clear(),
            Some("create_integrations_connectors") if !request.names.is_empty() => {
                if !open.insert(&request.names) {
                    violations.push(format!(
                        "M10: {:?} was created twice without a list in between",
                        request.names
                    ));
                }
                if matches!(request.status, Some(400..=499)) {
                    open.remove(request.names.as_slice());
                }
            }
            _ => {}
        }
    }
    violations
}
