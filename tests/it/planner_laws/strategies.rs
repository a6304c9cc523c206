//! Generators of declarations, policies and worlds with out-of-band changes.

use super::objects::{connector_named, workspace_named};
use super::world::World;
use airlift::model::{
    AdoptPolicy, Cache, ConnectorId, Contract, CountOrPercent, DefinitionId, Desired,
    DesiredConnector, DesiredCustomer, Entity, Guards, Kind, Mode, ObservedStatus, RotationMode,
    Setting, Settings, Status, UnverifiedCause, UnverifiedEntry, WorkspaceId,
};
use airlift::plan::Policy;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

fn settings(value: Value) -> Settings {
    match Setting::from(value) {
        Setting::Map(fields) => fields,
        _ => unreachable!("a mapping"),
    }
}

fn definition() -> impl Strategy<Value = DefinitionId> {
    (1_u128..4).prop_map(|number| DefinitionId(Uuid::from_u128(number)))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(1)),
        Just(json!("text")),
        Just(json!(true)),
        Just(json!([1, "two"]))
    ]
}

fn credentials() -> impl Strategy<Value = Option<Settings>> {
    let reference = (0..3_u32).prop_map(|name| json!({"$secret": format!("${{env:S{name}}}")}));
    let field = prop_oneof![3 => reference, 1 => Just(json!("ops@acme.example"))];
    proptest::option::of(
        proptest::collection::btree_map("[ab]", field, 1..3)
            .prop_map(|fields| settings(json!(fields))),
    )
}

fn block() -> impl Strategy<Value = Option<Settings>> {
    let nested = proptest::collection::btree_map("[xy]", scalar(), 0..2).prop_map(|map| json!(map));
    let field = prop_oneof![3 => scalar(), 1 => nested];
    proptest::option::of(
        proptest::collection::btree_map("[pqr]", field, 0..3).prop_map(|map| settings(json!(map))),
    )
}

fn entities() -> impl Strategy<Value = Option<Vec<Entity>>> {
    let modes = proptest::option::of(prop_oneof![
        Just(vec![Mode::Read]),
        Just(vec![Mode::Read, Mode::Write])
    ]);
    proptest::option::of(
        proptest::collection::btree_map("[mn]", modes, 0..3).prop_map(|map| {
            map.into_iter()
                .map(|(entity, modes)| Entity { entity, modes })
                .collect()
        }),
    )
}

fn connector() -> impl Strategy<Value = DesiredConnector> {
    let version = proptest::option::of(1_u64..3);
    (
        definition(),
        credentials(),
        block(),
        block(),
        entities(),
        version,
    )
        .prop_map(
            |(definition, credentials, environment, replication_config, entities, version)| {
                DesiredConnector {
                    previous_name: None,
                    kind: Kind {
                        name: "kind".into(),
                        definition_id: Some(definition),
                    },
                    auth: None,
                    consent: None,
                    template_id: None,
                    credentials,
                    readable: BTreeSet::new(),
                    credentials_version: version,
                    rotation: RotationMode::Compare,
                    environment,
                    replication_config,
                    entities,
                }
            },
        )
}

fn customer() -> impl Strategy<Value = DesiredCustomer> {
    let cache = proptest::option::of(prop_oneof![
        Just(Cache::Inherit),
        Just(Cache::On),
        Just(Cache::Off)
    ]);
    let status = prop_oneof![4 => Just(Status::Active), 1 => Just(Status::Inactive)];
    let connector = connector().prop_map(Box::new);
    let connectors = proptest::collection::btree_map("C[1-4]", connector, 0..4);
    (status, cache, connectors).prop_map(|(status, cache, connectors)| DesiredCustomer {
        status,
        cache,
        connectors: connectors.into_iter().collect(),
        ..DesiredCustomer::default()
    })
}

pub(crate) fn desired() -> impl Strategy<Value = Desired> {
    proptest::collection::btree_map("w[1-4]", customer(), 0..4).prop_map(|customers| Desired {
        organization_id: None,
        contract: Contract::Workspace,
        guards: Guards {
            max_deletes: 1000,
            max_delete_percent: 100,
            max_id_changes: None,
        },
        customers,
        ..Desired::default()
    })
}

/// A change made by something other than airlift.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OutOfBandChange {
    ForeignConnector(usize),
    DeleteConnector(usize),
    ChangeConfig(usize),
    Suspend(usize),
    DeleteCustomer(usize),
    ForeignCustomer,
    RotateSecret(u32),
    LoseLedger(usize),
    RenameConnector(usize),
}

fn change() -> impl Strategy<Value = OutOfBandChange> {
    let any = 0_usize..8;
    prop_oneof![
        any.clone().prop_map(OutOfBandChange::ForeignConnector),
        any.clone().prop_map(OutOfBandChange::DeleteConnector),
        any.clone().prop_map(OutOfBandChange::ChangeConfig),
        any.clone().prop_map(OutOfBandChange::Suspend),
        any.clone().prop_map(OutOfBandChange::DeleteCustomer),
        Just(OutOfBandChange::ForeignCustomer),
        (0_u32..3).prop_map(OutOfBandChange::RotateSecret),
        any.clone().prop_map(OutOfBandChange::LoseLedger),
        any.prop_map(OutOfBandChange::RenameConnector),
    ]
}

impl World {
    fn nth_customer(&self, nth: usize) -> Option<WorkspaceId> {
        let count = self.observed.customers.len();
        self.observed
            .customers
            .keys()
            .nth(nth.checked_rem(count)?)
            .copied()
    }

    fn nth_connector(&mut self, nth: usize) -> Option<(WorkspaceId, ConnectorId)> {
        let all: Vec<_> = self
            .observed
            .customers
            .iter()
            .flat_map(|(id, customer)| customer.connectors.iter().flatten().map(|(c, _)| (*id, *c)))
            .collect();
        all.get(nth.checked_rem(all.len())?).copied()
    }

    pub(crate) fn change_out_of_band(&mut self, change: OutOfBandChange) {
        match change {
            OutOfBandChange::ForeignConnector(nth) => {
                if let Some(workspace) = self.nth_customer(nth) {
                    let id = ConnectorId(self.id());
                    let foreign = connector_named("foreign", DefinitionId(Uuid::from_u128(1)));
                    self.connectors(workspace).insert(id, foreign.into());
                }
            }
            OutOfBandChange::DeleteConnector(nth) => {
                if let Some((workspace, id)) = self.nth_connector(nth) {
                    self.connectors(workspace).remove(&id);
                }
            }
            OutOfBandChange::ChangeConfig(nth) => self.change_config(nth),
            OutOfBandChange::Suspend(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    let live = self.observed.customers.get_mut(&id).unwrap();
                    live.status = ObservedStatus::Inactive;
                }
            }
            OutOfBandChange::DeleteCustomer(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    self.observed.customers.remove(&id);
                }
            }
            OutOfBandChange::ForeignCustomer => {
                let id = WorkspaceId(self.id());
                self.observed
                    .customers
                    .insert(id, workspace_named("foreign"));
            }
            OutOfBandChange::RotateSecret(name) => {
                *self.secrets.entry(format!("${{env:S{name}}}")).or_default() += 1;
            }
            OutOfBandChange::LoseLedger(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    self.recorded.customers.remove(&id);
                }
            }
            OutOfBandChange::RenameConnector(nth) => {
                if let Some((workspace, id)) = self.nth_connector(nth) {
                    let connector = self.connectors(workspace).get_mut(&id).unwrap();
                    connector.name = format!("{}x", connector.name).into();
                }
            }
        }
    }

    /// Makes one ledger entry unauthenticated.
    pub(crate) fn lose_authentication(&mut self, nth: usize) -> Option<WorkspaceId> {
        let count = self.recorded.customers.len();
        let id = *self
            .recorded
            .customers
            .keys()
            .nth(nth.checked_rem(count)?)?;
        let entry = self.recorded.customers.remove(&id)?;
        let unverified = UnverifiedEntry {
            claimed_name: Some(entry.name),
            cause: UnverifiedCause::BadMac,
        };
        self.recorded.unverified.insert(id, unverified);
        Some(id)
    }

    /// Records a connector of one workspace for the customer of another one, as a forged ledger entry
    /// does, and observes it as foreign. Returns the wrongly recorded workspace.
    pub(crate) fn record_foreign_connector(
        &mut self,
        nth: usize,
        other: usize,
    ) -> Option<WorkspaceId> {
        let (owner, connector) = self.nth_connector(nth)?;
        let recorded = self.recorded.customers.len();
        let (workspace, entry) = self
            .recorded
            .customers
            .iter_mut()
            .nth(other.checked_rem(recorded)?)?;
        if *workspace == owner {
            return None;
        }
        entry.pending_deletion.insert(connector);
        let foreign = self.observed.foreign.entry(*workspace).or_default();
        foreign.insert(connector, Some(owner));
        Some(*workspace)
    }

    fn change_config(&mut self, nth: usize) {
        let Some((workspace, id)) = self.nth_connector(nth) else {
            return;
        };
        let connector = self.connectors(workspace).get_mut(&id).unwrap();
        connector.updated_at = None;
        let detail = connector.detail.as_mut().unwrap();
        detail
            .replication_config
            .insert("p".into(), json!("changed"));
        detail.entities.clear();
    }
}

pub(crate) fn pruning() -> impl Strategy<Value = Policy> {
    let adopt = prop_oneof![3 => Just(AdoptPolicy::Allow), 1 => Just(AdoptPolicy::Refuse)];
    (any::<bool>(), any::<bool>(), adopt).prop_map(|(prune, delete_customers, adopt)| Policy {
        prune,
        delete_customers,
        adopt,
        allow_delete: Some(CountOrPercent::Percent(100)),
        ..Policy::default()
    })
}

/// A world in which one set of files was applied, followed by out-of-band changes.
pub(crate) fn world() -> impl Strategy<Value = World> {
    (desired(), proptest::collection::vec(change(), 0..6)).prop_map(|(before, changes)| {
        let mut world = World::new();
        let plan = world.plan(&before, &Policy::default());
        world.apply(&plan);
        for change in changes {
            world.change_out_of_band(change);
        }
        world
    })
}
