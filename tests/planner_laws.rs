//! Laws of the planner, over generated files, worlds and out-of-band changes.
//!
//! The world here is a model of its own: it carries out a plan on plain maps, so that the laws do
//! not lean on the code that applies plans for real.

use airlift::model::{
    Address, Applied, Cache, Completeness, ConnectorBody, ConnectorId, Contract, DefinitionId,
    Desired, DesiredConnector, DesiredCustomer, Entity, Evidence, Freshness, Guards, Kind, Mode,
    Observed, ObservedConnector, ObservedCustomer, ObservedDetail, ObservedStatus, OrganizationId,
    Recorded, RecordedConnector, RecordedCustomer, Rotation, Sent, Setting, Settings, Status,
    TemplateId, WorkspaceId,
};
use airlift::plan::{self, Action, Inputs, Limit, Operation, Plan, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Clone, Debug)]
struct World {
    observed: Observed,
    recorded: Recorded,
    /// The present value behind each reference.
    secrets: BTreeMap<String, u32>,
    next_id: u128,
}

fn template_of(definition: DefinitionId) -> TemplateId {
    TemplateId(Uuid::from_u128(definition.0.as_u128() + 1_000_000))
}

impl World {
    fn new() -> Self {
        Self {
            observed: Observed {
                organization_id: OrganizationId(Uuid::from_u128(1)),
                customers: BTreeMap::new(),
                completeness: Completeness::Complete,
                kinds: BTreeMap::new(),
            },
            recorded: Recorded::default(),
            secrets: BTreeMap::new(),
            next_id: 100,
        }
    }

    fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    fn value(&self, reference: &str) -> u32 {
        self.secrets.get(reference).copied().unwrap_or(0)
    }

    fn sent(&self, leaves: BTreeMap<String, &Setting>) -> Sent {
        let mut sent = Sent {
            key_id: "key".into(),
            salt: "salt".into(),
            fingerprints: BTreeMap::new(),
            references: BTreeMap::new(),
            at: "now".into(),
        };
        for (path, leaf) in leaves {
            if let Setting::Secret(reference) = leaf {
                sent.references.insert(path.clone(), reference.to_string());
            }
            sent.fingerprints.insert(path, self.fingerprint(leaf));
        }
        sent
    }

    fn fingerprint(&self, leaf: &Setting) -> String {
        match leaf {
            Setting::Secret(reference) => format!("v{}", self.value(&reference.to_string())),
            literal => literal.to_plain().unwrap().to_string(),
        }
    }

    fn evidence(&self, desired: &Desired) -> Evidence {
        let mut evidence = Evidence::default();
        let recorded: BTreeMap<ConnectorId, &RecordedConnector> = self
            .recorded
            .customers
            .values()
            .flat_map(|customer| customer.connectors.values())
            .map(|connector| (connector.id, connector))
            .collect();
        for (address, declared, id) in plan::pairs(desired, &self.observed, &self.recorded) {
            let Some(sent) = &recorded[&id].sent else {
                continue;
            };
            let fields = declared
                .secret_leaves()
                .into_iter()
                .map(|(path, leaf)| {
                    let same = sent.fingerprints.get(&path) == Some(&self.fingerprint(leaf));
                    (
                        path,
                        if same {
                            Freshness::Unchanged
                        } else {
                            Freshness::Changed
                        },
                    )
                })
                .collect();
            evidence.connectors.insert(address, fields);
        }
        evidence
    }

    fn plan(&self, desired: &Desired, policy: &Policy) -> Plan {
        let evidence = self.evidence(desired);
        plan::plan(&Inputs {
            desired,
            observed: &self.observed,
            recorded: &self.recorded,
            evidence: &evidence,
            policy,
        })
    }

    fn apply(&mut self, plan: &Plan) {
        for customer in &plan.customers {
            let mut id = customer.workspace_id;
            if let Some(id) = id
                && let Some(entry) = self.recorded.customers.get_mut(&id)
            {
                let remember = &customer.remember;
                entry.protect = remember.protect.unwrap_or(entry.protect);
                if let Some(name) = &remember.name {
                    entry.name.clone_from(name);
                }
            }
            for connector in &customer.remember.connectors {
                self.remember(id.unwrap(), &connector.body, connector.updated_at.clone());
            }
            for step in &customer.steps {
                self.step(&customer.name, customer.protect, &mut id, &step.operation);
            }
        }
    }

    fn remember(&mut self, id: WorkspaceId, body: &ConnectorBody, updated_at: Option<String>) {
        let references = self.sent(body.secret_leaves()).references;
        let entry = self.recorded.customers.get_mut(&id).unwrap();
        let Some(before) = entry.connectors.get(&body.name).cloned() else {
            return;
        };
        let sent = before.sent.map(|sent| Sent { references, ..sent });
        let after = RecordedConnector {
            sent,
            updated_at,
            ..record(body, before.id, None)
        };
        entry.connectors.insert(body.name.clone(), after);
    }

    fn step(
        &mut self,
        name: &str,
        protect: bool,
        workspace: &mut Option<WorkspaceId>,
        operation: &Operation,
    ) {
        match operation {
            Operation::CreateCustomer { .. } => {
                let id = WorkspaceId(self.id());
                *workspace = Some(id);
                self.observed.customers.insert(id, workspace_named(name));
                self.own(id, name, protect);
            }
            Operation::AdoptCustomer { workspace_id } => self.own(*workspace_id, name, protect),
            Operation::UpdateCustomer {
                workspace_id,
                expected_name,
                patch,
                retire,
            } => {
                let id = workspace_id.or(*workspace).unwrap();
                let there = self.observed.customers.get_mut(&id).unwrap();
                assert_eq!(there.name, *expected_name);
                if let Some(name) = &patch.name {
                    there.name.clone_from(name);
                }
                if let Some(cache) = patch.cache {
                    there.cache = cache.as_remote();
                }
                match patch.status {
                    Some(Status::Active) => there.status = ObservedStatus::Active,
                    Some(Status::Inactive) => there.status = ObservedStatus::Inactive,
                    None => {}
                }
                let entry = self.recorded.customers.get_mut(&id).unwrap();
                entry.name.clone_from(&there.name);
                entry.retired = *retire;
                entry.protect = protect;
            }
            Operation::DeleteCustomer { workspace_id, .. } => {
                self.observed.customers.remove(workspace_id).unwrap();
                self.recorded.customers.remove(workspace_id);
            }
            other => self.connector_step(workspace.unwrap(), other),
        }
    }

    fn own(&mut self, id: WorkspaceId, name: &str, protect: bool) {
        let entry = RecordedCustomer {
            name: name.into(),
            protect,
            ..RecordedCustomer::default()
        };
        self.recorded.customers.insert(id, entry);
    }

    fn connector_step(&mut self, workspace: WorkspaceId, operation: &Operation) {
        match operation {
            Operation::CreateConnector { body } => self.create(workspace, body),
            Operation::AdoptConnector { id, body } => {
                let bare = ConnectorBody {
                    replication_config: None,
                    entities: None,
                    ..body.clone()
                };
                self.enter(workspace, record(&bare, *id, None), &body.name);
            }
            Operation::UpdateConnector { id, patch, body } => {
                let updated = self.id().to_string();
                let there = self.connectors(workspace).get_mut(id).unwrap();
                if let Some(name) = &patch.name {
                    there.name.clone_from(name);
                }
                there.updated_at = Some(updated.clone());
                let detail = there.detail.as_mut().unwrap();
                for (name, setting) in patch.replication_config.iter().flatten() {
                    lay(
                        detail.replication_config.entry(name).or_insert(Value::Null),
                        setting,
                    );
                }
                for place in &patch.removed {
                    remove(&mut detail.replication_config, place);
                }
                if let Some(entities) = &patch.entities {
                    detail.entities.clone_from(entities);
                }
                let entry = &self.recorded.customers[&workspace];
                let before = entry
                    .connectors
                    .values()
                    .find(|connector| connector.id == *id);
                let sent = before.and_then(|before| before.sent.clone());
                let after = RecordedConnector {
                    updated_at: Some(updated),
                    ..record(body, *id, sent)
                };
                self.enter(workspace, after, &body.name);
            }
            Operation::ReplaceConnector { id, body } => {
                self.connectors(workspace).remove(id).unwrap();
                let entry = self.recorded.customers.get_mut(&workspace).unwrap();
                entry.connectors.retain(|_, connector| connector.id != *id);
                self.create(workspace, body);
            }
            Operation::DeleteConnector { id } => {
                self.connectors(workspace).remove(id).unwrap();
                let entry = self.recorded.customers.get_mut(&workspace).unwrap();
                entry.connectors.retain(|_, connector| connector.id != *id);
                entry.leaving.remove(id);
            }
            _ => unreachable!("not an operation on a connector"),
        }
    }

    fn connectors(
        &mut self,
        workspace: WorkspaceId,
    ) -> &mut BTreeMap<ConnectorId, ObservedConnector> {
        let there = self.observed.customers.get_mut(&workspace).unwrap();
        there.connectors.as_mut().unwrap()
    }

    fn create(&mut self, workspace: WorkspaceId, body: &ConnectorBody) {
        let id = ConnectorId(self.id());
        let mut config = serde_json::Map::from_iter([("filled".to_owned(), json!("by server"))]);
        for (name, setting) in body.replication_config.iter().flatten() {
            lay(config.entry(name).or_insert(Value::Null), setting);
        }
        let mut there = connector_named(&body.name, body.definition_id);
        there.template_id = body.template_id.unwrap_or(there.template_id);
        there.updated_at = Some(id.to_string());
        there.detail = Some(ObservedDetail {
            replication_config: config,
            entities: body.entities.clone().unwrap_or_default(),
        });
        self.connectors(workspace).insert(id, there);
        let sent = self.sent(body.secret_leaves());
        let sent = (!sent.fingerprints.is_empty()).then_some(sent);
        let after = RecordedConnector {
            updated_at: Some(id.to_string()),
            ..record(body, id, sent)
        };
        self.enter(workspace, after, &body.name);
    }

    fn enter(&mut self, workspace: WorkspaceId, record: RecordedConnector, name: &str) {
        let entry = self.recorded.customers.get_mut(&workspace).unwrap();
        entry
            .connectors
            .retain(|_, connector| connector.id != record.id);
        entry.connectors.insert(name.into(), record);
    }
}

fn record(body: &ConnectorBody, id: ConnectorId, sent: Option<Sent>) -> RecordedConnector {
    RecordedConnector {
        id,
        definition_id: body.definition_id,
        template_id: body.template_id,
        sent,
        credentials_version: body.credentials_version,
        applied: Applied {
            environment: body.environment.clone(),
            replication_config: body.replication_config.clone(),
            entities: body.entities.clone(),
        },
        updated_at: None,
    }
}

fn lay(base: &mut Value, setting: &Setting) {
    match (setting, &mut *base) {
        (Setting::Map(fields), Value::Object(inner)) => {
            for (name, field) in fields {
                lay(inner.entry(name).or_insert(Value::Null), field);
            }
        }
        (Setting::Secret(_), base) => *base = json!("*****"),
        (Setting::Map(fields), base) => {
            *base = json!({});
            for (name, field) in fields {
                lay(
                    base.as_object_mut()
                        .unwrap()
                        .entry(name)
                        .or_insert(Value::Null),
                    field,
                );
            }
        }
        (setting, base) => *base = setting.to_plain().unwrap_or_else(|| json!("*****")),
    }
}

fn remove(base: &mut serde_json::Map<String, Value>, place: &[String]) {
    match place {
        [name] => {
            base.remove(name);
        }
        [name, rest @ ..] => remove(base[name].as_object_mut().unwrap(), rest),
        [] => {}
    }
}

fn workspace_named(name: &str) -> ObservedCustomer {
    ObservedCustomer {
        name: name.into(),
        status: ObservedStatus::Active,
        cache: None,
        created_at: "2026-01-01T00:00:00Z".into(),
        connectors: Some(BTreeMap::new()),
    }
}

fn connector_named(name: &str, definition_id: DefinitionId) -> ObservedConnector {
    ObservedConnector {
        name: name.into(),
        definition_id,
        kind_name: None,
        template_id: template_of(definition_id),
        created_at: None,
        updated_at: None,
        detail: Some(ObservedDetail {
            replication_config: serde_json::Map::new(),
            entities: Vec::new(),
        }),
    }
}

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
                    template_id: None,
                    credentials,
                    readable: BTreeSet::new(),
                    credentials_version: version,
                    rotation: Rotation::Compare,
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
    let connectors = proptest::collection::btree_map("C[1-4]", connector(), 0..4);
    (status, cache, connectors).prop_map(|(status, cache, connectors)| DesiredCustomer {
        status,
        cache,
        connectors,
        ..DesiredCustomer::default()
    })
}

fn desired() -> impl Strategy<Value = Desired> {
    proptest::collection::btree_map("w[1-4]", customer(), 0..4).prop_map(|customers| Desired {
        organization_id: None,
        contract: Contract::Workspace,
        guards: Guards {
            max_deletes: 1000,
            max_delete_percent: 100,
        },
        customers,
    })
}

/// Something that happens behind the tool's back.
#[derive(Clone, Copy, Debug)]
enum Meddling {
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

fn meddling() -> impl Strategy<Value = Meddling> {
    let any = 0_usize..8;
    prop_oneof![
        any.clone().prop_map(Meddling::ForeignConnector),
        any.clone().prop_map(Meddling::DeleteConnector),
        any.clone().prop_map(Meddling::ChangeConfig),
        any.clone().prop_map(Meddling::Suspend),
        any.clone().prop_map(Meddling::DeleteCustomer),
        Just(Meddling::ForeignCustomer),
        (0_u32..3).prop_map(Meddling::RotateSecret),
        any.clone().prop_map(Meddling::LoseLedger),
        any.prop_map(Meddling::RenameConnector),
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

    fn meddle(&mut self, meddling: Meddling) {
        match meddling {
            Meddling::ForeignConnector(nth) => {
                if let Some(workspace) = self.nth_customer(nth) {
                    let id = ConnectorId(self.id());
                    let foreign = connector_named("foreign", DefinitionId(Uuid::from_u128(1)));
                    self.connectors(workspace).insert(id, foreign);
                }
            }
            Meddling::DeleteConnector(nth) => {
                if let Some((workspace, id)) = self.nth_connector(nth) {
                    self.connectors(workspace).remove(&id);
                }
            }
            Meddling::ChangeConfig(nth) => {
                if let Some((workspace, id)) = self.nth_connector(nth) {
                    let there = self.connectors(workspace).get_mut(&id).unwrap();
                    there.updated_at = None;
                    let detail = there.detail.as_mut().unwrap();
                    detail
                        .replication_config
                        .insert("p".into(), json!("meddled"));
                    detail.entities.clear();
                }
            }
            Meddling::Suspend(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    let there = self.observed.customers.get_mut(&id).unwrap();
                    there.status = ObservedStatus::Inactive;
                }
            }
            Meddling::DeleteCustomer(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    self.observed.customers.remove(&id);
                }
            }
            Meddling::ForeignCustomer => {
                let id = WorkspaceId(self.id());
                self.observed
                    .customers
                    .insert(id, workspace_named("stranger"));
            }
            Meddling::RotateSecret(name) => {
                *self.secrets.entry(format!("${{env:S{name}}}")).or_default() += 1;
            }
            Meddling::LoseLedger(nth) => {
                if let Some(id) = self.nth_customer(nth) {
                    self.recorded.customers.remove(&id);
                }
            }
            Meddling::RenameConnector(nth) => {
                if let Some((workspace, id)) = self.nth_connector(nth) {
                    self.connectors(workspace)
                        .get_mut(&id)
                        .unwrap()
                        .name
                        .push('x');
                }
            }
        }
    }
}

fn pruning() -> impl Strategy<Value = Policy> {
    (any::<bool>(), any::<bool>()).prop_map(|(prune, delete_customers)| Policy {
        prune,
        delete_customers,
        allow_delete: Some(Limit::Percent(100)),
        ..Policy::default()
    })
}

/// A world with a history: one set of files applied, then other hands in it.
fn world() -> impl Strategy<Value = World> {
    (desired(), proptest::collection::vec(meddling(), 0..6)).prop_map(|(before, meddlings)| {
        let mut world = World::new();
        let plan = world.plan(&before, &Policy::default());
        world.apply(&plan);
        for meddling in meddlings {
            world.meddle(meddling);
        }
        world
    })
}

/// Every id that a plan writes to.
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
    fn what_was_applied_needs_nothing(desired in desired(), policy in pruning()) {
        let mut world = World::new();
        world.apply(&world.clone().plan(&desired, &policy));
        let again = world.plan(&desired, &policy);
        prop_assert!(again.customers.is_empty(), "{again:#?}");
        prop_assert!(again.blocked.is_empty() && again.unverified.is_empty());
    }

    #[test]
    fn every_plan_converges_in_one_run(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        prop_assume!(plan.blocked.is_empty() && plan.refusals.is_empty());
        let mut after = world.clone();
        after.apply(&plan);
        let again = after.plan(&desired, &policy);
        prop_assert!(!again.has_changes(), "{again:#?}");
        // What only the ledger learns is learnt in one further run.
        after.apply(&again);
        let third = after.plan(&desired, &policy);
        prop_assert!(third.customers.is_empty(), "{third:#?}");
    }

    #[test]
    fn nothing_unowned_is_written(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        let (customers, connectors) = written(&plan);
        let adopted: BTreeSet<ConnectorId> = plan.steps().filter_map(|step| match step.operation {
            Operation::AdoptConnector { id, .. } => Some(id),
            _ => None,
        }).collect();
        let taken: BTreeSet<WorkspaceId> = plan.steps().filter_map(|step| match step.operation {
            Operation::AdoptCustomer { workspace_id } => Some(workspace_id),
            _ => None,
        }).collect();
        let ours: BTreeSet<ConnectorId> = world.recorded.customers.values()
            .flat_map(|customer| customer.connectors.values().map(|c| c.id).chain(customer.leaving.clone()))
            .collect();
        for id in connectors {
            prop_assert!(ours.contains(&id) || adopted.contains(&id));
        }
        for id in customers {
            prop_assert!(world.recorded.customers.contains_key(&id) || taken.contains(&id));
        }
    }

    #[test]
    fn without_prune_nothing_is_deleted(world in world(), desired in desired()) {
        let plan = world.plan(&desired, &Policy::default());
        prop_assert!(plan.steps().all(|step| step.action != Action::Delete));
    }

    #[test]
    fn a_partial_plan_stays_inside_its_target(world in world(), desired in desired()) {
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
    fn a_plan_survives_its_file_format(world in world(), desired in desired(), policy in pruning()) {
        let plan = world.plan(&desired, &policy);
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Plan>(&text).unwrap(), &plan);
        prop_assert_eq!(serde_json::to_string(&world.plan(&desired, &policy)).unwrap(), text);
    }

    #[test]
    fn every_step_has_a_reason_and_every_update_a_field(world in world(), desired in desired()) {
        for step in world.plan(&desired, &Policy::default()).steps() {
            prop_assert!(!step.reasons.is_empty());
            if matches!(step.action, Action::Update | Action::Rename | Action::Replace) {
                prop_assert!(!step.changes.is_empty(), "{step:#?}");
            }
        }
    }

    #[test]
    fn a_rotated_secret_is_sent_again_and_no_other(desired in desired(), name in 0_u32..3) {
        let mut world = World::new();
        world.apply(&world.clone().plan(&desired, &Policy::default()));
        world.meddle(Meddling::RotateSecret(name));
        let reference = format!("${{env:S{name}}}");
        let uses = |connector: &DesiredConnector| connector.secret_leaves().values()
            .any(|leaf| matches!(leaf, Setting::Secret(one) if one.to_string() == reference));
        let expected: Vec<Address> =
            desired.connectors().filter(|(_, c)| uses(c)).map(|(address, _)| address).collect();
        let plan = world.plan(&desired, &Policy::default());
        let rotated: Vec<Address> = plan.steps().map(|step| step.address.clone()).collect();
        prop_assert_eq!(rotated, expected);
        prop_assert!(plan.steps().all(|step| step.action == Action::Rotate));
    }
}
