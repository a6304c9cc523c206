//! What happened to the world, request by request, and what must hold at every moment of it.

use airlift::sandbox::testing::{Mutation, Object, RecordedEffect, RequestRecord, WorldView};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A customer's id and a connector's name.
type Place = (Uuid, String);

/// What a fault-free run does to the world, as the measure of every other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measure {
    /// Ids that were there before and were written to.
    touched: BTreeSet<Uuid>,
    /// Connectors of one name that live at the same time, at most.
    crowd: usize,
    /// Places that had a working connector all the time.
    served: BTreeSet<Place>,
    /// Customers that were there and active all the time.
    active: BTreeSet<Uuid>,
    /// Connectors that were created.
    created: usize,
}

/// The world as it is known from effects.
struct Scene {
    connectors: BTreeMap<Uuid, (Place, bool)>,
    customers: BTreeMap<Uuid, bool>,
}

impl Scene {
    fn of(world: &WorldView) -> Self {
        let mut scene = Self {
            connectors: BTreeMap::new(),
            customers: BTreeMap::new(),
        };
        for customer in &world.workspaces {
            scene.customers.insert(customer.id, customer.active);
            for one in customer.connectors.iter().filter(|one| !one.deleting) {
                let place = (customer.id, one.name.clone());
                scene.connectors.insert(one.id, (place, one.works));
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
                let place = (*workspace, name.clone());
                self.connectors.insert(*id, (place, *works));
            }
            (Object::Workspace, Mutation::Deleted) => {
                self.customers.remove(id);
                self.connectors.retain(|_, ((owner, _), _)| owner != id);
            }
            (Object::Workspace, _) => drop(self.customers.insert(*id, *works)),
        }
    }

    fn crowd(&self) -> usize {
        let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
        for (place, _) in self.connectors.values() {
            *counts.entry(place).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    }

    fn served(&self) -> BTreeSet<Place> {
        let working = self.connectors.values().filter(|(_, works)| *works);
        working.map(|(place, _)| place.clone()).collect()
    }

    fn active(&self) -> BTreeSet<Uuid> {
        let active = self.customers.iter().filter(|(_, active)| **active);
        active.map(|(id, _)| *id).collect()
    }
}

impl Measure {
    /// What these requests did to a world.
    pub(crate) fn of(before: &WorldView, log: &[RequestRecord]) -> Self {
        let known: BTreeSet<Uuid> = crate::world_state::ids(before).collect();
        let mut scene = Scene::of(before);
        let mut measure = Self {
            crowd: scene.crowd(),
            served: scene.served(),
            active: scene.active(),
            ..Self::default()
        };
        for effect in log.iter().flat_map(|one| &one.effects) {
            scene.apply(effect);
            if known.contains(&effect.id) {
                measure.touched.insert(effect.id);
            }
            let is_new = effect.object == Object::Connector && effect.mutation == Mutation::Created;
            measure.created += usize::from(is_new);
            measure.crowd = measure.crowd.max(scene.crowd());
            let (served, active) = (scene.served(), scene.active());
            measure.served.retain(|place| served.contains(place));
            measure.active.retain(|id| active.contains(id));
        }
        measure
    }

    /// What is worse than in a run without faults, where so many were met.
    pub(crate) fn worse_than(&self, fair: &Self, faults: usize) -> Vec<String> {
        let mut found = self.harms(fair);
        if self.crowd > fair.crowd {
            let crowd = self.crowd;
            found.push(format!("C2: {crowd} connectors of one name at once"));
        }
        if self.created > fair.created + faults {
            let (created, usual) = (self.created, fair.created);
            found.push(format!(
                "C2: {created} connectors were created instead of {usual}"
            ));
        }
        found
    }

    /// What no run may do, however many there are at once.
    pub(crate) fn harms(&self, fair: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for id in self.touched.difference(&fair.touched) {
            found.push(format!("C4: {id} was written to"));
        }
        for (owner, name) in fair.served.difference(&self.served) {
            found.push(format!(
                "C3: {owner}/{name} had no working connector for a while"
            ));
        }
        for id in fair.active.difference(&self.active) {
            found.push(format!(
                "C3: customer {id} was inactive or gone for a while"
            ));
        }
        found
    }
}

/// Creations that were repeated without a look at what the one before them did.
pub(crate) fn blind_repeats(log: &[RequestRecord]) -> Vec<String> {
    let mut open: BTreeSet<&[String]> = BTreeSet::new();
    let mut found = Vec::new();
    for one in log {
        match one.operation.as_deref() {
            Some("list_integrations_connectors") if one.status == Some(200) => open.clear(),
            Some("create_integrations_connectors") if !one.names.is_empty() => {
                if !open.insert(&one.names) {
                    found.push(format!(
                        "M10: {:?} was created twice without a look",
                        one.names
                    ));
                }
                if matches!(one.status, Some(400..=499)) {
                    open.remove(one.names.as_slice());
                }
            }
            _ => {}
        }
    }
    found
}
